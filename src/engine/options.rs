//! What `mandant check` was asked to do, as plain data.

use std::path::PathBuf;

use crate::catalog::Language;
use crate::config::{Date, SourceChoice};
use crate::finding::{Confidence, Severity};
use crate::report::Format;
use crate::verify::Verification;

/// A report that goes to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it is written.
    pub format: Format,
    /// Where to.
    pub file: PathBuf,
}

/// What `mandant check` was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an independent switch of the command line")]
pub struct CheckOptions {
    /// Files and folders; `.` where none was named.
    pub paths: Vec<PathBuf>,
    /// Where the texts come from.
    pub source: SourceChoice,
    /// The revision against which only new findings count.
    pub diff_base: Option<String>,
    /// In place of the project's `mandant.toml`.
    pub config: Option<PathBuf>,
    /// Dumps of the database; empty: what the configuration or the convention names.
    pub snapshots: Vec<PathBuf>,
    /// Ids of rules or questions, or families as `tenant/`, to which the run is limited; empty: all.
    pub rules: Vec<String>,
    /// Open findings of this severity and above make the run fail.
    pub fail_on: Severity,
    /// Undetermined sites make the run fail.
    pub fail_on_undetermined: bool,
    /// Findings of less confidence are hidden.
    pub min_confidence: Confidence,
    /// Proven sites are listed.
    pub proven: bool,
    /// Format of standard output.
    pub format: Format,
    /// More reports of the same run.
    pub outputs: Vec<Output>,
    /// Language of the sentences.
    pub language: Language,
    /// Number of threads; none: as many as there are cores.
    pub threads: Option<usize>,
    /// Only findings, what was not done, and totals.
    pub quiet: bool,
    /// Everything that is known.
    pub verbose: bool,
    /// Standard output may be coloured.
    pub color: bool,
    /// Columns of standard output.
    pub width: usize,
    /// The day on which suppressions are judged.
    pub today: Date,
    /// Saved results of `mandant phonetic verify`.
    pub verified: Vec<Verification>,
}

impl CheckOptions {
    /// The options of a plain `mandant check` on a pipe, on a given day.
    #[must_use]
    pub fn new(today: Date) -> Self {
        Self {
            paths: vec![PathBuf::from(".")],
            source: SourceChoice::WorkTree,
            diff_base: None,
            config: None,
            snapshots: Vec::new(),
            rules: Vec::new(),
            fail_on: Severity::Error,
            fail_on_undetermined: false,
            min_confidence: Confidence::Low,
            proven: false,
            format: Format::Concise,
            outputs: Vec::new(),
            language: Language::English,
            threads: None,
            quiet: false,
            verbose: false,
            color: false,
            width: 100,
            today,
            verified: Vec::new(),
        }
    }

    /// True where `--rule` leaves the question on migrations in.
    #[must_use]
    pub fn asks_migrations(&self) -> bool {
        super::is_asked("migration/operation", self)
    }

    /// True where `--rule` includes a rule of a question.
    #[must_use]
    pub fn wants(&self, question: &str, rule: &str) -> bool {
        let named = |wanted: &String| {
            wanted == rule || wanted == question || (wanted.ends_with('/') && rule.starts_with(wanted.as_str()))
        };
        self.rules.is_empty() || self.rules.iter().any(named)
    }
}
