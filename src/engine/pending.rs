//! The migrations of a project that is examined: evaluated only where the question is asked and something is pending.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::migrations::{Snapshots, is_grave, migrations};
use super::sources::{FOLDER, migration_context, own_migrations};
use crate::finding::{Message, SkipKind, Skipped};
use crate::index::Index;
use crate::migrate::{SchemaRun, Status, migration_files};
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
    let taken = found.iter().map(|migration| migration.path.clone()).collect();
    if !found.iter().any(|migration| workspace.file(migration.file).examined) {
        found.clear();
    }
    let files = migration_context(index, paths, databases.texts.clone());
    let run = migrations(index, files, found, &databases.snapshots, true, &*databases.reopen)?;
    Ok(Some(SchemaRun { found: taken, ..run }))
}

/// What the report says of the schema that the verdicts stand on.
pub(super) fn stands_on(run: &SchemaRun) -> Option<Message> {
    if run.evaluation.migrations.is_empty() {
        return None;
    }
    let all = run.found.len();
    let pending = run.evaluation.migrations.iter().filter(|migration| migration.status != Status::Recorded).count();
    if run.from_scratch {
        return Some(Message::new("migration.inferred.from-scratch").count("n", all));
    }
    let snapshot = run.names.join(", ");
    if run.knows_recorded {
        let message = Message::new("migration.inferred.snapshot").text("snapshot", snapshot);
        return Some(message.count("recorded", all.saturating_sub(pending)).count("n", all).count("pending", pending));
    }
    Some(Message::new("migration.inferred.unknown").text("snapshot", snapshot))
}

/// Folders below a folder of migrations that `artisan migrate` does not take: those for the databases of single tenants.
pub(super) fn left_out(workspace: &Workspace, run: Option<&SchemaRun>) -> Vec<Skipped> {
    let taken: BTreeSet<&str> = run.iter().flat_map(|run| &run.found).map(String::as_str).collect();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, file) in workspace.files().filter(|(_, file)| !taken.contains(file.path.as_str())) {
        let Some((folder, name)) = file.path.rsplit_once('/') else { continue };
        let is_below = folder.strip_prefix(FOLDER).is_some_and(|rest| rest.starts_with('/'));
        if is_below && !migration_files(&[name.to_owned()]).0.is_empty() {
            *folders.entry(folder).or_default() += 1;
        }
    }
    let reason = |folder: &str, count| Message::new("migration.left-out.folder").count("n", count).text("folder", folder);
    let skipped = folders.into_iter().map(|(folder, count)| Skipped {
        path: folder.to_owned(),
        kind: SkipKind::ByDesign,
        reason: reason(folder, count),
    });
    skipped.collect()
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
