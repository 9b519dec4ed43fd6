//! `mandant check`.

use std::io::{self, Write};

use super::args::{Check, Common};
use super::diagnostics::Failure;
use super::environment::Environment;
use super::{Outcome, known, options, pipeline, progress};
use crate::config::{CheckOptions, Known, Progress, Silent};

/// Deep code is analysed recursively, within limits that fit this stack.
const STACK: usize = 16 << 20;

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

/// The seam to the engine: what follows the reading is not there yet, and the outcome says so.
fn examine(options: &CheckOptions, known: Known<'_>, progress: &dyn Progress) -> Result<Outcome, Failure> {
    let prepared = pipeline::prepare(options, known, progress)?;
    let mut out = io::stdout().lock();
    for project in &prepared {
        let (files, name) = (project.loaded.workspace.len(), project.project.name());
        let told =
            writeln!(out, "{name:?}: {files} files read, not examined (configuration {})", &project.settings.config_hash()[..8]);
        told.map_err(|error| Failure::from_output(&error))?;
    }
    Ok(Outcome::Incomplete)
}
