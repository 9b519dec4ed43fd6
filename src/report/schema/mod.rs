//! `mandant schema`: a schema, what pending migrations do to it, and superfluous indexes.

mod json;
mod pretty;

use std::io::{self, Write};

use super::ReportOptions;
use crate::catalog::safe;
use crate::finding::Message;
use crate::migrate::SchemaRun;
use crate::schema::read::{Problem, ProblemKind};
use crate::workspace::Workspace;

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchemaView {
    /// The schema after the pending migrations, not before.
    pub after: bool,
    /// What the pending migrations change.
    pub diff: bool,
}

/// What in a snapshot could not be used.
#[must_use]
pub fn problem_message(problem: &Problem) -> Message {
    match &problem.kind {
        ProblemKind::Unreadable { expected, statement } => Message::new("schema.problem.unreadable")
            .text("expected", safe::text(expected))
            .text("statement", safe::text(statement)),
        ProblemKind::Refused { message } => Message::new("schema.problem.refused").text("message", safe::text(message)),
        ProblemKind::Truncated => Message::new("schema.problem.truncated"),
        ProblemKind::Encoding => Message::new("schema.problem.encoding"),
        ProblemKind::Utf16 => Message::new("schema.problem.utf16"),
        ProblemKind::TooLong => Message::new("schema.problem.too-long"),
        ProblemKind::Compression { message } => Message::new("schema.problem.compression").text("message", safe::text(message)),
        ProblemKind::Columns { missing } => Message::new("schema.problem.columns").text("missing", safe::text(missing)),
    }
}

/// Writes the schema for programs.
///
/// # Errors
/// Where the writer fails.
pub fn schema_json(run: &SchemaRun, workspace: &Workspace, view: SchemaView, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &json::document(run, workspace, view))?;
    writeln!(out)
}

/// Writes the schema for people.
///
/// # Errors
/// Where the writer fails.
pub fn schema_pretty(
    run: &SchemaRun,
    workspace: &Workspace,
    view: SchemaView,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    pretty::write(run, workspace, view, options, out)
}
