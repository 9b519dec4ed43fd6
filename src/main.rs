//! The `mandant` command.

use std::process::ExitCode;

#[expect(clippy::disallowed_methods, reason = "the arguments go to `cli` from here")]
fn main() -> ExitCode {
    mandant::cli::run(std::env::args_os())
}
