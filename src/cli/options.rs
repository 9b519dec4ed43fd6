//! From the arguments and the surroundings to the options of a run.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::args::{Check, Common};
use super::diagnostics::Failure;
use super::environment::{self, Environment};
use crate::config::{Date, Known, SourceChoice};
use crate::engine::CheckOptions;
use crate::report::Format;

const WIDTH: usize = 100;
const NARROWEST: usize = 60;
const WIDEST: usize = 120;

/// The options that the arguments mean here.
pub(super) fn of(check: &Check, common: &Common, known: Known<'_>, environment: &Environment) -> Result<CheckOptions, Failure> {
    if let Some(id) = check.rules.iter().find(|id| !is_known(id, known)) {
        return Err(Failure::no_rule(id, known));
    }
    let mut files = BTreeSet::new();
    if let Some(twice) = check.outputs.iter().find(|output| !files.insert(&output.file)) {
        return Err(Failure::usage(format!("Two outputs go to `{}`", twice.file.display()), None));
    }
    let standard = if environment.stdout_is_terminal { Format::Pretty } else { Format::Concise };
    let default = CheckOptions::new(today(check.today, environment.source_date.as_deref())?);
    Ok(CheckOptions {
        paths: if check.paths.is_empty() { vec![PathBuf::from(".")] } else { check.paths.clone() },
        source: source(check, environment)?,
        diff_base: check.diff_base.clone(),
        config: check.config.clone(),
        snapshots: check.snapshots.clone(),
        rules: check.rules.clone(),
        fail_on: check.fail_on,
        fail_on_undetermined: check.fail_on_undetermined,
        min_confidence: check.min_confidence,
        proven: check.proven,
        format: check.format.unwrap_or(standard),
        outputs: check.outputs.clone(),
        language: common.lang,
        threads: check.threads.map(usize::from),
        quiet: check.quiet,
        verbose: check.verbose,
        color: common.color.resolve(environment.stdout_is_terminal, environment.colors_wanted),
        width: environment.width.filter(|_| environment.stdout_is_terminal).map_or(WIDTH, |width| width.clamp(NARROWEST, WIDEST)),
        ..default
    })
}

/// A rule, a question, or a family as `tenant/`.
fn is_known(id: &str, known: Known<'_>) -> bool {
    known.has(id) || id.strip_suffix('/').is_some_and(|family| known.families().contains(&family))
}

fn source(check: &Check, environment: &Environment) -> Result<SourceChoice, Failure> {
    if let Some(path) = &check.stdin_path {
        let bytes = environment::standard_input()
            .map_err(|error| Failure::usage(format!("Standard input cannot be read: {}", error.kind()), None))?;
        return Ok(SourceChoice::Text { path: path.clone(), bytes });
    }
    if check.staged {
        return Ok(SourceChoice::Index { file: environment.git_index.clone() });
    }
    Ok(SourceChoice::WorkTree)
}

/// The day is an input: an argument, or the variable for reproducible output, or the clock.
fn today(named: Option<Date>, source_date: Option<&str>) -> Result<Date, Failure> {
    let Some(seconds) = source_date.filter(|_| named.is_none()) else {
        return Ok(named.unwrap_or_else(environment::today));
    };
    let moment = seconds.trim().parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let help = "It holds seconds since 1970, or nothing".to_owned();
    moment
        .map(|moment| moment.to_zoned(TimeZone::UTC).date())
        .ok_or_else(|| Failure::usage(format!("SOURCE_DATE_EPOCH is no time: `{seconds}`"), Some(help)))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::{Arguments, Command};
    use super::*;
    use crate::catalog::Language;
    use crate::engine::Output;
    use crate::finding::{Confidence, Severity};

    const KNOWN: Known<'static> = Known { rules: &["tenant/unscoped-query"], questions: &["tenant/query"] };

    fn options(arguments: &str, environment: &Environment) -> Result<CheckOptions, Failure> {
        let words = format!("mandant check --today 2026-11-22 {arguments}");
        let arguments = Arguments::try_parse_from(words.split_whitespace()).unwrap();
        let Command::Check(check) = &arguments.command else { panic!("no check") };
        of(check, &arguments.common, KNOWN, environment)
    }

    #[test]
    fn a_plain_run_on_a_pipe() {
        let options = options("", &Environment { colors_wanted: true, width: Some(200), ..Environment::default() }).unwrap();
        assert_eq!(options, CheckOptions::new(Date::constant(2026, 11, 22)));
    }

    #[test]
    fn a_terminal_is_coloured_pretty_and_as_wide_as_it_is() {
        let terminal = Environment { stdout_is_terminal: true, colors_wanted: true, width: Some(90), ..Environment::default() };
        let found = options("", &terminal).unwrap();
        assert_eq!((found.format, found.color, found.width), (Format::Pretty, true, 90));
        let no_color = Environment { colors_wanted: false, width: Some(9), ..terminal };
        let found = options("--format json", &no_color).unwrap();
        assert_eq!((found.format, found.color, found.width), (Format::Json, false, 60));
        assert!(options("--color always", &no_color).unwrap().color);
    }

    #[test]
    fn every_option_arrives() {
        let arguments = "app routes --output sarif=a.sarif --output json=b=c.json --staged --diff-base main --proven \
            --rule tenant/,tenant/query --rule tenant/unscoped-query --fail-on warning --fail-on-undetermined \
            --min-confidence high --config c.toml --snapshot a.sql --snapshot b.sql.gz --lang de --threads 3 -q";
        let found = options(arguments, &Environment { git_index: Some("/x/index".into()), ..Environment::default() }).unwrap();
        let expected = CheckOptions {
            paths: vec!["app".into(), "routes".into()],
            source: SourceChoice::Index { file: Some("/x/index".into()) },
            diff_base: Some("main".to_owned()),
            config: Some("c.toml".into()),
            snapshots: vec!["a.sql".into(), "b.sql.gz".into()],
            rules: ["tenant/", "tenant/query", "tenant/unscoped-query"].map(str::to_owned).to_vec(),
            fail_on: Severity::Warning,
            fail_on_undetermined: true,
            min_confidence: Confidence::High,
            proven: true,
            outputs: vec![
                Output { format: Format::Sarif, file: "a.sarif".into() },
                Output { format: Format::Json, file: "b=c.json".into() },
            ],
            language: Language::German,
            threads: Some(3),
            quiet: true,
            ..CheckOptions::new(Date::constant(2026, 11, 22))
        };
        assert_eq!(found, expected);
        assert!(found.wants("tenant/query", "tenant/unscoped-query") && !found.wants("pii/log-call", "pii/logged"));
    }

    #[test]
    fn the_day_comes_from_the_first_that_says() {
        let day = |day: i8| Date::constant(1970, 1, day);
        assert_eq!(today(Some(day(3)), Some("86400")).unwrap(), day(3));
        assert_eq!(today(None, Some("86400")).unwrap(), day(2));
        assert!(today(None, Some("soon")).is_err());
        assert!(today(None, None).unwrap() > day(1));
    }

    #[test]
    fn the_arguments_are_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
