//! `mandant logs`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::Common;
use super::diagnostics::Failure;
use super::environment::{self, Environment};
use super::{Outcome, known, progress};
use crate::config::{Progress, Settings, Silent, SpecRow};
use crate::engine;
use crate::logs::{self, ScanOptions};
use crate::report::{LogsFormat, LogsReport, ReportOptions};
use crate::specs::Specs;
use crate::workspace::{self, InputError, StoredFiles};

const CONFIG: &str = "mandant.toml";

#[derive(Debug, Args)]
pub(super) struct Logs {
    /// Log files, and folders of which all files are scanned; .gz is unpacked
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,

    /// Format of standard output [default: pretty on a terminal, else concise]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    format: Option<LogsFormat>,
    /// Write another report of the same run, such as json=logs.json; may be repeated
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = output, help_heading = "Output")]
    outputs: Vec<(LogsFormat, PathBuf)>,
    /// List at most so many places of each file; all are counted
    #[arg(long, value_name = "N", default_value_t = 1000, help_heading = "Output")]
    limit: usize,
    /// Show no progress
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,

    /// Read this file instead of mandant.toml in the working folder: its rows add words, or take some away
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    config: Option<PathBuf>,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// `json=logs.json`
fn output(text: &str) -> Result<(LogsFormat, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("must be FORMAT=FILE, such as json=logs.json")?;
    if file.is_empty() {
        return Err("names no file".to_owned());
    }
    let format =
        LogsFormat::from_str(format, false).map_err(|_| format!("no format `{format}`; formats: pretty, concise, json"))?;
    Ok((format, PathBuf::from(file)))
}

pub(super) fn run(arguments: &Logs, common: &Common, environment: &Environment) -> Result<Outcome, Failure> {
    let threads = arguments.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Failure::usage(format!("The threads cannot be started: {error}"), None))?;
    if environment.stderr_is_terminal && !arguments.quiet {
        let bar = progress::Bar::of_bytes(common.lang);
        pool.install(|| examine(arguments, common, environment, &bar))
    } else {
        pool.install(|| examine(arguments, common, environment, &Silent))
    }
}

fn examine(arguments: &Logs, common: &Common, environment: &Environment, progress: &dyn Progress) -> Result<Outcome, Failure> {
    let specs = specs(arguments)?;
    let listed = StoredFiles::list(&arguments.paths)?;
    let mut reports = reports(arguments, common, environment)?;
    let (mut found, mut is_complete) = (0, listed.unreadable.is_empty());
    let options = ScanOptions { limit: arguments.limit, ..ScanOptions::default() };
    // Which report failed tells its name: standard output has none.
    let mut failed = None;
    let ended = logs::scan(&listed.files, specs.vocabulary(), options, progress, &mut |file| {
        found += file.totals.sum();
        is_complete &= file.failure.is_none();
        reports.iter_mut().try_for_each(|(name, report)| report.add(&file).inspect_err(|_| failed.clone_from(name)))
    });
    progress.finish();
    ended.map_err(|error| unwritable(failed.as_ref(), &error))?;
    for (name, report) in reports {
        report.finish(&listed.unreadable).map_err(|error| unwritable(name.as_ref(), &error))?;
    }
    Ok(match (found, is_complete) {
        (1.., _) => Outcome::Findings,
        (0, true) => Outcome::Clear,
        (0, false) => Outcome::Incomplete,
    })
}

type NamedReport = (Option<PathBuf>, LogsReport<'static>);

fn reports(arguments: &Logs, common: &Common, environment: &Environment) -> Result<Vec<NamedReport>, Failure> {
    let mut files = BTreeSet::new();
    if let Some((_, twice)) = arguments.outputs.iter().find(|(_, file)| !files.insert(file)) {
        return Err(Failure::usage(format!("Two outputs go to `{}`", twice.display()), None));
    }
    let standard = if environment.stdout_is_terminal { LogsFormat::Pretty } else { LogsFormat::Concise };
    let options = ReportOptions { language: common.lang, ..ReportOptions::default() };
    let begin = |format: LogsFormat, name: Option<PathBuf>, out: Box<dyn Write>| {
        let report = LogsReport::new(format, &options, out);
        report.map_err(|error| unwritable(name.as_ref(), &error)).map(|report| (name.clone(), report))
    };
    let out = Box::new(io::BufWriter::new(io::stdout()));
    let mut reports = vec![begin(arguments.format.unwrap_or(standard), None, out)?];
    for (format, file) in &arguments.outputs {
        let out = environment::create(file).map_err(|error| unwritable(Some(file), &error))?;
        reports.push(begin(*format, Some(file.clone()), Box::new(out))?);
    }
    Ok(reports)
}

fn unwritable(file: Option<&PathBuf>, error: &io::Error) -> Failure {
    match file {
        None => Failure::from_output(error),
        Some(file) => Failure::usage(
            format!("`{}` cannot be written: {}", file.display(), error.kind()),
            Some("Name a file in a folder that exists".to_owned()),
        ),
    }
}

/// The words in force.
fn specs(arguments: &Logs) -> Result<Specs, Failure> {
    let path = arguments.config.clone().unwrap_or_else(|| PathBuf::from(CONFIG));
    let text = match workspace::read_text(&path) {
        Err(InputError::NoSuchPath(_)) if arguments.config.is_none() => String::new(),
        read => read?,
    };
    let refused =
        |path: &PathBuf, text: &str, errors| Failure::Config { path: path.display().to_string(), text: text.to_owned(), errors };
    let (rules, questions) = (known::rules(), known::questions());
    let settings = Settings::parse(&text, known::known(&rules, &questions));
    let settings = settings.map_err(|errors| refused(&path, &text, errors))?;
    let mut rows = Vec::new();
    for named in &settings.project.spec_files {
        let file = path.parent().unwrap_or(&path).join(named);
        let text = workspace::read_text(&file)?;
        rows.extend(SpecRow::parse_file(&text).map_err(|errors| refused(&file, &text, errors))?);
    }
    engine::specs(&settings, &rows)
        .map_err(|error| Failure::usage(error.to_string(), Some(format!("Mend the row in {}", path.display()))))
}
