//! The migrations of a project that is examined: evaluated only where the question is asked and something is pending.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::migrations::{Snapshots, is_grave, migrations, recorded_names};
use super::sources::{migration_context, own_migrations};
use crate::finding::{Message, SkipKind, Skipped};
use crate::index::Index;
use crate::migrate::{MigrationFile, SchemaRun, Status};
use crate::report::problem_message;
use crate::workspace::Workspace;

/// Opens a snapshot again, by its connection and its position there.
type Reopen = dyn Fn(&str, usize) -> io::Result<Box<dyn io::Read>> + Send + Sync;

/// The databases of a project, as far as snapshots tell of them, and what its migrations read beside code.
pub struct Databases {
    snapshots: Snapshots,
    texts: BTreeMap<String, String>,
    reopen: Box<Reopen>,
}

impl Databases {
    /// Databases from what was read of them. `reopen` reads a snapshot once more, where rows must be looked at.
    #[must_use]
    pub fn new(snapshots: Snapshots, texts: BTreeMap<String, String>, reopen: Box<Reopen>) -> Self {
        Self { snapshots, texts, reopen }
    }
}

impl Default for Databases {
    fn default() -> Self {
        Self::new(Snapshots::default(), BTreeMap::new(), Box::new(|_, _| Err(io::Error::from(io::ErrorKind::NotFound))))
    }
}

impl std::fmt::Debug for Databases {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Databases").field("snapshots", &self.snapshots).finish_non_exhaustive()
    }
}

/// The migrations of a project; none where it has none.
///
/// # Errors
/// Where a snapshot cannot be read a second time.
pub(super) fn evaluated(index: &Index, workspace: &Workspace, databases: &Databases) -> io::Result<Option<SchemaRun>> {
    let paths: Vec<String> = workspace.files().map(|(_, file)| file.path.clone()).collect();
    let mut found = own_migrations(index, &paths);
    if found.is_empty() {
        return Ok(None);
    }
    if !is_due(workspace, &found, &databases.snapshots) {
        found.clear();
    }
    let files = migration_context(index, paths, databases.texts.clone());
    migrations(index, files, found, &databases.snapshots, true, &*databases.reopen).map(Some)
}

/// True where a migration that is examined may be pending.
fn is_due(workspace: &Workspace, found: &[MigrationFile], snapshots: &Snapshots) -> bool {
    let names: BTreeSet<&str> = recorded_names(snapshots);
    found.iter().any(|migration| workspace.file(migration.file).examined && !names.contains(migration.name.as_str()))
}

/// What the report says of the schema that the verdicts stand on.
pub(super) fn stands_on(run: &SchemaRun) -> Message {
    let all = run.evaluation.migrations.len();
    let recorded = run.evaluation.migrations.iter().filter(|migration| migration.status == Status::Recorded).count();
    if run.from_scratch {
        return Message::new("migration.inferred.from-scratch").count("n", all);
    }
    let snapshot = run.names.join(", ");
    if run.knows_recorded {
        let message = Message::new("migration.inferred.snapshot").text("snapshot", snapshot);
        return message.count("recorded", recorded).count("n", all).count("pending", all - recorded);
    }
    Message::new("migration.inferred.unknown").text("snapshot", snapshot)
}

/// What in the snapshots could not be used.
pub(super) fn reservations(run: &SchemaRun) -> Vec<Skipped> {
    let mut found = Vec::new();
    for (name, problem) in &run.problems {
        let kind = if is_grave(problem) { SkipKind::Incomplete } else { SkipKind::Reservation };
        let path = if problem.line == u64::MAX { name.clone() } else { format!("{name}:{}", problem.line) };
        found.push(Skipped { path, kind, reason: problem_message(problem) });
    }
    for disagreement in &run.disagreements {
        let reason = Message::new("schema.disagreement")
            .text("table", disagreement.table.clone())
            .text("index", disagreement.index.clone().unwrap_or_default())
            .text("first", disagreement.first.clone())
            .text("second", disagreement.second.clone());
        found.push(Skipped { path: disagreement.second.clone(), kind: SkipKind::Incomplete, reason });
    }
    found
}
