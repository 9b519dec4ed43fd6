//! One trial per case of `fixtures/rules` and `fixtures/apps`: every expectation is met, and every finding is expected.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "test code: what is missing fails the test"
)]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use support::case::Case;
use support::{case, expect, run};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let trials = case::all().into_iter().map(|case| Trial::test(case.name.clone(), move || examine(&case))).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn examine(case: &Case) -> Result<(), Failed> {
    let wrong = expect::compare(case, &run::run(case));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}
