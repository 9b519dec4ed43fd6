//! The `mandant` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The analysis makes many small values on several threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[expect(clippy::disallowed_methods, reason = "the arguments go to `cli` from here")]
fn main() -> ExitCode {
    mandant::cli::run(std::env::args_os())
}
