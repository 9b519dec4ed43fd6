//! `mandant phonetic verify`: runs the project's own encoder, shows what is wrong, keeps the result.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::args::Common;
use super::super::diagnostics::Failure;
use super::super::environment::{self, Environment};
use super::super::pipeline::{self, Prepared};
use super::super::{Outcome, check, known};
use super::args::Verify;
use super::summary;
use crate::config::Silent;
use crate::engine::{self, CheckOptions, Declared};
use crate::finding::Message;
use crate::phonetic::vectors::{self, Vector};
use crate::report::Format;
use crate::verify::{self, Stop, Target, Verification};

pub(super) fn run(arguments: &Verify, common: &Common, environment: &Environment) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let (class, method) = named(arguments)?;
    let (rules, questions) = (known::rules(), known::questions());
    let paths = vec![arguments.file.clone().unwrap_or_else(|| PathBuf::from("."))];
    let options = CheckOptions { paths, ..CheckOptions::new(environment::today()) };
    let mut prepared = pipeline::prepare(&options, known::known(&rules, &questions), &Silent)?;
    let (place, declared) = find(arguments, &prepared, class)?;
    let project = prepared.swap_remove(place);
    let set = if arguments.full { vectors::full() } else { vectors::compact() };
    let mut result = run_php(arguments, environment, &project, (&declared, method), &set)?;
    result.file.clone_from(&declared.path);
    result.file_hash.clone_from(&declared.hash);
    let saved = save(arguments, &project, &result)?;
    let wants_reports = arguments.format.is_some() || !arguments.outputs.is_empty();
    if arguments.format.is_none() {
        let text = summary::drawn(&result, &project.loaded.workspace, common.lang, saved.as_ref());
        super::print(&text)?;
    }
    let report_options = CheckOptions {
        rules: vec!["phonetic/conformance".to_owned()],
        format: arguments.format.unwrap_or(Format::Concise),
        outputs: arguments.outputs.clone(),
        language: common.lang,
        verified: vec![result],
        ..options
    };
    let project = Prepared { verified: report_options.verified.clone(), ..project };
    let report = check::report_of(&project, &report_options, &Silent)?;
    if wants_reports {
        check::write_all(&report, &project.loaded.workspace, &report_options, started, arguments.format.is_some())?;
    }
    Ok(check::ended(&report, &report_options))
}

/// Class and method as the arguments name them.
fn named(arguments: &Verify) -> Result<(&str, &str), Failure> {
    if let Some(encoder) = &arguments.encoder {
        let (class, method) = encoder.rsplit_once("::").unwrap_or((encoder, "encode"));
        return Ok((super::class_name(class)?, method));
    }
    let class = super::class_name(arguments.class.as_deref().unwrap_or_default())?;
    Ok((class, arguments.method.as_deref().unwrap_or("encode")))
}

/// The project that declares the class.
fn find(arguments: &Verify, prepared: &[Prepared], class: &str) -> Result<(usize, Declared), Failure> {
    for (place, project) in prepared.iter().enumerate() {
        let path = arguments.file.as_deref().and_then(|file| relative(file, project.project.root()));
        if let Some(declared) = engine::declared(&project.loaded, class, path.as_deref()) {
            return Ok((place, declared));
        }
    }
    let told = match &arguments.file {
        Some(file) => format!("`{}` declares no class `{class}`", file.display()),
        None => format!("No file of this project declares a class `{class}`"),
    };
    let help = "Name the class in full, as in 'App\\Matching\\NameCode::encode', and its file with --file".to_owned();
    Err(Failure::usage(told, Some(help)))
}

fn relative(file: &Path, root: &Path) -> Option<String> {
    let file = environment::real_path(file)?;
    let root = environment::real_path(root)?;
    Some(file.strip_prefix(root).ok()?.to_str()?.replace('\\', "/"))
}

fn run_php(
    arguments: &Verify,
    environment: &Environment,
    project: &Prepared,
    (declared, method): (&Declared, &str),
    set: &[Vector],
) -> Result<Verification, Failure> {
    let root = environment::real_path(project.project.root()).unwrap_or_else(|| project.project.root().to_path_buf());
    let autoload = Some(root.join("vendor/autoload.php")).filter(|file| !arguments.alone && environment::is_file(file));
    let target = Target {
        class: declared.class.clone(),
        method: method.to_owned(),
        file: root.join(&declared.path),
        autoload,
        root,
        php: arguments.php.clone(),
        search_path: environment.search_path.clone(),
        time_limit: Duration::from_secs(arguments.time_limit),
        memory_mib: arguments.memory_limit,
    };
    verify::verify(&target, set).map_err(|stop| told(&stop, &target))
}

/// Why there is no result, and what to do.
fn told(stop: &Stop, target: &Target) -> Failure {
    let encoder = format!("{}::{}", target.class, target.method);
    let at = |at: &Option<String>| at.as_ref().map_or_else(String::new, |at| format!(" in {at}"));
    let way_out = format!(
        "Or test it where PHP is: mandant phonetic vectors --format phpunit --class '{}' --method {} > tests/Unit/CologneConformanceTest.php",
        target.class, target.method
    );
    match stop {
        Stop::NoPhp => Failure::usage(
            format!("There is no program `{}`: install PHP, or name it with --php", target.php.display()),
            Some(way_out),
        ),
        Stop::Start(reason) => Failure::usage(format!("`{}` cannot be started: {reason}", target.php.display()), Some(way_out)),
        Stop::NoClass => Failure::usage(format!("The file does not declare `{}` when PHP loads it", target.class), None),
        Stop::NoMethod { methods } => {
            let help = format!("Its public methods: {}", if methods.is_empty() { "none".to_owned() } else { methods.join(", ") });
            Failure::usage(format!("`{}` has no method `{}`", target.class, target.method), Some(help))
        }
        Stop::Load { message } => {
            let help = "Install the project's packages, so that vendor/autoload.php finds what the class needs".to_owned();
            Failure::incomplete(format!("`{}` cannot be loaded: {message}", target.class), Some(help))
        }
        Stop::Fatal { message, at: call } => {
            Failure::incomplete(format!("`{encoder}` ends PHP with a fatal error{}: {message}", at(call)), None)
        }
        Stop::Exit { at: call } => {
            let help = "An encoder returns a code; one that calls exit() ends the request that asked".to_owned();
            Failure::incomplete(format!("`{encoder}` calls exit(){}", at(call)), Some(help))
        }
        Stop::Time { seconds, at: call } => {
            let help = "--time-limit allows more".to_owned();
            Failure::incomplete(format!("`{encoder}` did not end within {seconds} s{}: PHP was stopped", at(call)), Some(help))
        }
        Stop::TooMuchOutput => Failure::incomplete(format!("`{encoder}` prints without end: PHP was stopped"), None),
        Stop::Ended { at: call } => {
            let help = "A crash of PHP, or a limit of the system".to_owned();
            Failure::incomplete(format!("PHP ended without a word{}", at(call)), Some(help))
        }
    }
}

/// Keeps the result for the other commands; says where.
fn save(arguments: &Verify, project: &Prepared, result: &Verification) -> Result<Option<Message>, Failure> {
    if arguments.no_save {
        return Ok(None);
    }
    let read = pipeline::verified_file(&project.settings);
    let file = arguments.save.clone().unwrap_or_else(|| project.project.root().join(read));
    let mut results = project.verified.clone();
    results.retain(|known| known.class != result.class || known.method != result.method);
    results.push(result.clone());
    let fails = |error: std::io::Error| {
        let told = format!("`{}` cannot be written: {}", file.display(), error.kind());
        Failure::usage(told, Some("Name another file with --save, or keep no result with --no-save".to_owned()))
    };
    let mut out = environment::create(&file).map_err(fails)?;
    out.write_all(Verification::print_all(results).as_bytes()).and_then(|()| out.flush()).map_err(fails)?;
    let is_read = environment::real_path(&file) == environment::real_path(&project.project.root().join(read));
    let told = if is_read { Message::new("phonetic.verify.saved") } else { Message::new("phonetic.verify.saved-elsewhere") };
    Ok(Some(told.text("file", arguments.save.as_ref().map_or_else(|| read.to_owned(), |file| file.display().to_string()))))
}
