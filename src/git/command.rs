//! Starts git, cut off from what the environment and the repository could make it do.
#![expect(clippy::disallowed_methods, reason = "the one place that starts git")]

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::GitError;

/// Variables that point git to another repository or make it run or print something else. `GIT_CONFIG_COUNT` and its
/// pairs stay: CI systems set `safe.directory` with them.
const SCRUBBED: [&str; 23] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_REPLACE_REF_BASE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
];

/// Settings of the repository that would run a program or change what is printed.
const OVERRIDES: [&str; 10] = [
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.quotePath=false",
    "-c",
    "diff.relative=false",
    "-c",
    "diff.ignoreSubmodules=all",
];

fn git(folder: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-optional-locks").arg("--no-pager").args(OVERRIDES).arg("-C").arg(folder).arg(name).args(arguments);
    for variable in SCRUBBED {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1").env("GIT_NO_REPLACE_OBJECTS", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs git to its end and returns what it printed.
pub(super) fn run(folder: &Path, index: Option<&Path>, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
    let mut command = git(folder, name, arguments);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    let output = command.output().map_err(|error| not_started(name, &error))?;
    if output.status.success() { Ok(output.stdout) } else { Err(failed(folder, name, &output.stderr)) }
}

/// Starts git with pipes on its standard input and output.
pub(super) fn start(folder: &Path, name: &'static str, arguments: &[&str]) -> Result<Child, GitError> {
    let mut command = git(folder, name, arguments);
    command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(|error| not_started(name, &error))
}

fn not_started(name: &'static str, error: &std::io::Error) -> GitError {
    match error.kind() {
        std::io::ErrorKind::NotFound => GitError::Missing,
        kind => GitError::Failed { command: name, message: kind.to_string() },
    }
}

fn failed(folder: &Path, name: &'static str, stderr: &[u8]) -> GitError {
    let text = String::from_utf8_lossy(stderr);
    if text.contains("not a git repository") || text.contains("must be run in a work tree") {
        return GitError::NotARepository(folder.display().to_string());
    }
    if text.contains("dubious ownership") {
        return GitError::NotTrusted(folder.display().to_string());
    }
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    GitError::Failed { command: name, message: line.trim_start_matches("fatal: ").to_owned() }
}

/// For the test that compares them with git's own list.
#[cfg(test)]
pub(crate) fn scrubbed_variables() -> &'static [&'static str] {
    &SCRUBBED
}
