//! The command line: arguments to options, mistakes to diagnostics, outcomes to exit codes.
//!
//! The only part that looks at the environment, the clock, terminals and standard input, and that prints.

mod args;
mod check;
mod diagnostics;
mod environment;
mod known;
mod logs;
mod options;
mod phonetic;
mod pipeline;
mod progress;
mod schema;
mod snapshots;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use diagnostics::Failure;
use environment::Environment;

use crate::catalog::Language;
use crate::report::{self, ReportOptions};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Nothing to complain about.
    Clear,
    /// Something could not be examined; findings win over it.
    Incomplete,
    /// Findings at or above `--fail-on`.
    Findings,
    /// The arguments or the configuration cannot be used.
    Usage,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Clear => 0,
            Outcome::Findings => 1,
            Outcome::Usage => 2,
            Outcome::Incomplete => 3,
        })
    }
}

/// Runs the program with its arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(message) => {
            // Help and version come this way, too, and go to standard output. If nobody listens, nobody is told.
            let _ = message.print();
            return if message.use_stderr() { Outcome::Usage } else { Outcome::Clear }.into();
        }
    };
    let environment = Environment::read();
    let ended = match &arguments.command {
        Command::Check(check) => check::run(check, &arguments.common, &environment),
        Command::Schema(schema) => schema::run(schema, &arguments.common, &environment),
        Command::Logs(logs) => logs::run(logs, &arguments.common, &environment),
        Command::Explain(explain) => explain_rule(&explain.rule, arguments.common.lang),
        Command::Rules => list_rules(arguments.common.lang),
        Command::Phonetic(command) => phonetic::run(command, &arguments.common, &environment),
    };
    match ended {
        Ok(outcome) => outcome.into(),
        Err(failure) => {
            let color = arguments.common.color.resolve(environment.stderr_is_terminal, environment.colors_wanted);
            let _ = io::stderr().lock().write_all(diagnostics::render(&failure, color).as_bytes());
            failure.outcome().into()
        }
    }
}

fn list_rules(language: Language) -> Result<Outcome, Failure> {
    let options = ReportOptions { language, ..ReportOptions::default() };
    report::rules(&options, &mut io::stdout().lock()).map_err(|error| Failure::from_output(&error))?;
    Ok(Outcome::Clear)
}

fn explain_rule(id: &str, language: Language) -> Result<Outcome, Failure> {
    let (rules, questions) = (known::rules(), known::questions());
    if !rules.contains(&id) {
        return Err(Failure::no_rule(id, known::known(&rules, &questions)));
    }
    let options = ReportOptions { language, ..ReportOptions::default() };
    report::explain(id, &options, &mut io::stdout().lock()).map_err(|error| Failure::from_output(&error))?;
    Ok(Outcome::Clear)
}
