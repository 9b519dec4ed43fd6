//! An evaluation, and what it stands on.

use super::evaluate::Evaluation;
use crate::schema::read::Problem;

/// Where two snapshots of one database say different things.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Disagreement {
    /// The table.
    pub table: String,
    /// The index, where one differs.
    pub index: Option<String>,
    /// The snapshot that counts.
    pub first: String,
    /// The other one.
    pub second: String,
}

/// An evaluation, and what it stands on.
#[derive(Debug)]
pub struct SchemaRun {
    /// The verdicts.
    pub evaluation: Evaluation,
    /// True where the migrations table has rows, or where there is no snapshot at all.
    pub knows_recorded: bool,
    /// No snapshot: the migrations, from the first on, are the schema.
    pub from_scratch: bool,
    /// Names in the migrations table that no file has.
    pub recorded: usize,
    /// Paths of the migrations of the project, those included that were not evaluated.
    pub found: Vec<String>,
    /// What in the snapshots could not be used, by their names.
    pub problems: Vec<(String, Problem)>,
    /// Where snapshots disagree.
    pub disagreements: Vec<Disagreement>,
    /// The names of the snapshots.
    pub names: Vec<String>,
    /// The version of the server, as the first dump tells it.
    pub server_version: Option<String>,
}
