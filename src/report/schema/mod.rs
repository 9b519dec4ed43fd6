//! `mandant schema`: a schema, what pending migrations do to it, and superfluous indexes.

mod json;
mod pretty;

use std::io::{self, Write};

use super::ReportOptions;
use crate::migrate::SchemaRun;
use crate::workspace::Workspace;

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SchemaView {
    /// The schema after the pending migrations, not before.
    pub after: bool,
    /// What the pending migrations change.
    pub diff: bool,
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
