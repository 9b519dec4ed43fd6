//! What the command line asks for, as plain data for the parts below it.

use std::path::PathBuf;

use super::Date;
use crate::finding::{Confidence, Severity};

/// Where the texts come from; chosen once for a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// The files on disk.
    #[default]
    WorkTree,
    /// The index of git: what a commit would hold.
    Index {
        /// The index of the commit in progress, where git runs the program.
        file: Option<PathBuf>,
    },
    /// A revision of git.
    Revision(String),
    /// The files on disk, and one text in place of a file that need not exist.
    Text {
        /// Path of the file.
        path: PathBuf,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal.
    Pretty,
    /// One line for each site.
    Concise,
    /// The contract for programs.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
}

/// A report that goes to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How it is written.
    pub format: Format,
    /// Where to.
    pub file: PathBuf,
}

/// Language of the sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "languages")]
pub enum Language {
    #[default]
    English,
    German,
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
        }
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

/// A part of a run that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Files are read.
    Read,
    /// Files are parsed.
    Parse,
    /// The project is indexed.
    Index,
    /// Sites are judged.
    Judge,
}

/// Is told how far a run is; the implementation decides whether anybody sees it.
pub trait Progress: Sync {
    /// A part begins and has this many steps.
    fn begin(&self, phase: Phase, steps: usize);
    /// So many steps more are done. Called from any thread.
    fn advance(&self, steps: usize);
    /// All parts are done; nothing may stay on the screen.
    fn finish(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Phase, _: usize) {}
    fn advance(&self, _: usize) {}
    fn finish(&self) {}
}
