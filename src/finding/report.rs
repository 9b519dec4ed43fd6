//! The whole result of a run: what every reporter reads.

use super::{Finding, LedgerRow, Location, LookedFor, Message, Proven, QuestionId, Undetermined};

/// Facts about the project that the report repeats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFacts {
    /// The root as the user named it, `.` for the working folder.
    pub root: String,
    /// Laravel's version and where it is from.
    pub laravel: Option<String>,
    /// PHP's version.
    pub php: Option<String>,
    /// The file that told the versions.
    pub versions_from: Option<String>,
    /// Commit of the work tree, if it is a git checkout.
    pub commit: Option<String>,
    /// Hash over the examined sources.
    pub tree: String,
    /// Hash over the effective configuration.
    pub config_hash: String,
    /// Hash over the embedded catalogue and specs.
    pub rules_hash: String,
}

/// What was inferred instead of configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inference {
    /// The column that separates tenants.
    pub tenant_key: Option<String>,
    /// Classes of the models that have it, sorted.
    pub tenant_models: Vec<String>,
    /// Why.
    pub why: Option<Message>,
    /// The schema that verdicts on migrations stand on.
    pub schema: Option<Message>,
}

/// A question that could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// The question.
    pub question: QuestionId,
    /// Why.
    pub reason: Message,
    /// What would have made it possible.
    pub looked_for: Vec<LookedFor>,
    /// True where `[project] require` names its family: the run is incomplete.
    pub required: bool,
}

/// Whether a skipped input makes the run incomplete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipKind {
    /// By design or by configuration.
    ByDesign,
    /// Could not be read or is too large: the run is incomplete.
    Incomplete,
    /// Read, but with a reservation that the user should know (bytes that are no UTF-8).
    Reservation,
}

/// An input that was not examined, or not wholly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Path relative to the root.
    pub path: String,
    /// Whether it matters for the exit code.
    pub kind: SkipKind,
    /// Why.
    pub reason: Message,
}

/// A suppression and how many sites it covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionUse {
    /// Rule or question that it names.
    pub rule: String,
    /// Path of the comment, or the pattern of the configuration.
    pub path: String,
    /// Place of the comment.
    pub at: Option<Location>,
    /// The reason.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// `YYYY-MM-DD`
    pub until: Option<String>,
    /// Sites that it covers.
    pub matches: usize,
}

/// A kind of personal data that is written somewhere: a row of the data inventory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InventoryRow {
    /// The kind of data, by the name that specs use.
    pub kind: &'static str,
    /// The kind of sink, by the name that specs use.
    pub sink: &'static str,
    /// The channel of a log.
    pub channel: Option<String>,
    /// The function that writes.
    pub symbol: String,
    /// True where it was made harmless before.
    pub sanitized: bool,
    /// The service outside of the application that gets it.
    pub third_party: Option<String>,
    /// Days for which the channel keeps it.
    pub retention_days: Option<i64>,
}

/// The result of a run. Lists are sorted by path and place, then by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunReport {
    /// The project.
    pub project: ProjectFacts,
    /// What was inferred.
    pub inferred: Inference,
    /// A row for every question that ran.
    pub ledger: Vec<LedgerRow>,
    /// Violated and conditional sites.
    pub findings: Vec<Finding>,
    /// Sites that could not be decided.
    pub undetermined: Vec<Undetermined>,
    /// Safe sites.
    pub proven: Vec<Proven>,
    /// Questions that could not be asked.
    pub not_run: Vec<NotRun>,
    /// Calls whose receiver has no known class and that are no sites.
    pub unresolved_calls: usize,
    /// Personal data by the place that it is written to.
    pub inventory: Vec<InventoryRow>,
    /// Suppressions in force.
    pub suppressions: Vec<SuppressionUse>,
    /// Inputs left out.
    pub skipped: Vec<Skipped>,
    /// Tests, factories and seeders left out by default.
    pub left_out_tests: usize,
    /// Files examined.
    pub files: usize,
    /// Regions that do not parse.
    pub unparsed: Vec<Location>,
    /// Questions stopped by a fault of the tool, with what it was doing.
    pub faults: Vec<Message>,
}

impl RunReport {
    /// False where input could not be read, a question stopped, or a required one did not run.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.faults.is_empty()
            && !self.skipped.iter().any(|skipped| skipped.kind == SkipKind::Incomplete)
            && !self.not_run.iter().any(|question| question.required)
    }
}
