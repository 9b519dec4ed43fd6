//! What surrounds a run, looked at once.
#![expect(clippy::disallowed_methods, reason = "the one place that looks at the environment, the clock and standard input")]

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::Date;

/// What surrounds a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    pub(super) stdout_is_terminal: bool,
    pub(super) stderr_is_terminal: bool,
    /// Neither `NO_COLOR` nor a dumb terminal.
    pub(super) colors_wanted: bool,
    /// Columns of the terminal.
    pub(super) width: Option<usize>,
    /// `SOURCE_DATE_EPOCH`
    pub(super) source_date: Option<String>,
    /// `PATH`
    pub(super) search_path: Option<std::ffi::OsString>,
    /// `GIT_INDEX_FILE`, absolute: git sets it for its hooks.
    pub(super) git_index: Option<PathBuf>,
}

impl Environment {
    pub(super) fn read() -> Self {
        let text = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let git_index = text("GIT_INDEX_FILE").map(PathBuf::from);
        Self {
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            colors_wanted: text("NO_COLOR").is_none() && text("TERM").is_none_or(|term| term != "dumb"),
            width: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
            source_date: text("SOURCE_DATE_EPOCH").map(|value| value.to_string_lossy().into_owned()),
            search_path: text("PATH"),
            git_index: git_index.and_then(|file| std::path::absolute(file).ok()),
        }
    }
}

/// The day by the clock, in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Everything that comes through standard input.
pub(super) fn standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Standard input, to be read line by line.
pub(super) fn standard_input_lines() -> impl BufRead {
    io::stdin().lock()
}

/// The absolute path of a file or folder, links resolved. `None` where there is none.
pub(super) fn real_path(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// True for a file.
pub(super) fn is_file(path: &Path) -> bool {
    path.is_file()
}

/// Opens a file of `--output` for writing.
pub(super) fn create(path: &Path) -> io::Result<impl Write + use<>> {
    File::create(path).map(io::BufWriter::new)
}
