//! `mandant check`.

use std::io::{self, Write};
use std::time::Instant;

use super::args::{Check, Common};
use super::diagnostics::Failure;
use super::environment::Environment;
use super::pipeline::{self, Prepared};
use super::snapshots::SnapshotFiles;
use super::{Outcome, environment, known, options, progress};
use crate::config::{Known, Progress, Silent, SourceChoice};
use crate::engine::{CheckOptions, Databases};
use crate::finding::{RunReport, Status};
use crate::report::{self, Counts, Format, ReportOptions};
use crate::workspace::Workspace;
use crate::{engine, triage};

/// Deep code is analysed recursively, within limits that fit this stack.
const STACK: usize = 64 << 20;

pub(super) fn run(check: &Check, common: &Common, environment: &Environment) -> Result<Outcome, Failure> {
    let (rules, questions) = (known::rules(), known::questions());
    let known = known::known(&rules, &questions);
    let options = options::of(check, common, known, environment)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads.unwrap_or_default()).stack_size(STACK).build();
    let pool = pool.map_err(|error| Failure::usage(format!("The threads cannot be started: {error}"), None))?;
    let shows_progress = environment.stderr_is_terminal && !options.quiet;
    if shows_progress {
        let bar = progress::Bar::new(options.language);
        pool.install(|| examine(&options, known, &bar))
    } else {
        pool.install(|| examine(&options, known, &Silent))
    }
}

fn examine(options: &CheckOptions, known: Known<'_>, progress: &dyn Progress) -> Result<Outcome, Failure> {
    let prepared = pipeline::prepare(options, known, progress)?;
    let base = match &options.diff_base {
        Some(revision) => {
            let source = SourceChoice::Revision(revision.clone());
            pipeline::prepare(&CheckOptions { source, ..options.clone() }, known, progress)?
        }
        None => Vec::new(),
    };
    refuse_many(options, &prepared)?;
    let mut outcome = Outcome::Clear;
    for project in &prepared {
        let started = Instant::now();
        let mut report = report_of(project, options, progress)?;
        if let Some(before) = base.iter().find(|before| before.project.name() == project.project.name()) {
            triage::compare(&mut report, &report_of(before, options, progress)?);
        } else if let Some(revision) = &options.diff_base {
            let message = format!("The revision `{revision}` does not hold this project");
            return Err(Failure::usage(message, Some("Name a revision that does, or leave --diff-base out".to_owned())));
        }
        progress.finish();
        write_all(&report, &project.loaded.workspace, options, started, true)?;
        outcome = outcome.max(ended(&report, options));
    }
    Ok(outcome)
}

/// What snapshots tell of a project's databases, where a question asks for it.
fn databases(project: &Prepared, options: &CheckOptions) -> Result<Databases, Failure> {
    if !options.asks_migrations() {
        return Ok(Databases::default());
    }
    SnapshotFiles::new(&options.snapshots, &[], &project.project, &project.settings)?.databases(&project.project, &project.loaded)
}

pub(super) fn report_of(project: &Prepared, options: &CheckOptions, progress: &dyn Progress) -> Result<RunReport, Failure> {
    let databases = databases(project, options)?;
    let options = CheckOptions { verified: project.verified.clone(), ..options.clone() };
    let name = project.project.name();
    Ok(engine::check_with(&project.loaded, name, &project.settings, &project.specs, &options, &databases, progress))
}

/// A format for programs holds one project.
fn refuse_many(options: &CheckOptions, prepared: &[Prepared]) -> Result<(), Failure> {
    let formats = std::iter::once(options.format).chain(options.outputs.iter().map(|output| output.format));
    let single = formats.into_iter().any(|format| matches!(format, Format::Json | Format::Sarif));
    if !single || prepared.len() < 2 {
        return Ok(());
    }
    let names: Vec<&str> = prepared.iter().map(|project| project.project.name()).collect();
    let help = format!("Name one of them: {}", names.join(", "));
    Err(Failure::usage(format!("These paths hold {} projects, and this format holds one", prepared.len()), Some(help)))
}

/// Writes standard output, where it is wanted, and the files of `--output`.
pub(super) fn write_all(
    report: &RunReport,
    workspace: &Workspace,
    options: &CheckOptions,
    started: Instant,
    to_standard_output: bool,
) -> Result<(), Failure> {
    let mut shown = ReportOptions {
        language: options.language,
        width: options.width,
        color: options.color,
        verbose: options.verbose,
        quiet: options.quiet,
        proven: options.proven,
        // Where a person looks, and only there: everything else is a function of the input.
        elapsed: (options.format == Format::Pretty).then(|| started.elapsed()),
        ..ReportOptions::default()
    };
    if to_standard_output {
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written = report::write(options.format, report, workspace, &shown, &mut out).and_then(|()| out.flush());
        written.map_err(|error| Failure::from_output(&error))?;
    }
    shown.color = false;
    shown.elapsed = None;
    for output in &options.outputs {
        let fails = |error: io::Error| {
            Failure::usage(
                format!("`{}` cannot be written: {}", output.file.display(), error.kind()),
                Some("Name a file in a folder that exists".to_owned()),
            )
        };
        let mut file = environment::create(&output.file).map_err(fails)?;
        report::write(output.format, report, workspace, &shown, &mut file).and_then(|()| file.flush()).map_err(fails)?;
    }
    Ok(())
}

/// The exit code depends on the findings and the options alone, never on the format.
pub(super) fn ended(report: &RunReport, options: &CheckOptions) -> Outcome {
    let undetermined = options.fail_on_undetermined && report.undetermined.iter().any(|site| site.status == Status::Open);
    if Counts::of(report).at_least(options.fail_on) > 0 || undetermined {
        Outcome::Findings
    } else if report.is_complete() {
        Outcome::Clear
    } else {
        Outcome::Incomplete
    }
}
