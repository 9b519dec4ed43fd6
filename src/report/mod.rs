//! Reporters: each reads one [`RunReport`] and writes one format. They add nothing, drop nothing and decide nothing.
//!
//! A finding that is not `shown` is left out of every list and stays in the ledger. Findings that are suppressed or
//! baselined stand, marked, in JSON and SARIF; the formats for people draw the open ones.

mod concise;
mod explain;
mod github;
mod json;
mod logs;
mod pretty;
mod sarif;
mod schema;
mod view;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::time::Duration;

use crate::catalog::Language;
use crate::finding::{Finding, RunReport, Severity, Status};
use crate::workspace::Workspace;

pub use explain::{explain, rules};
pub use logs::{LOGS_SCHEMA, LogsFormat, LogsReport};
pub use schema::{SchemaView, problem_message, schema_json, schema_pretty};

/// JSON schema of the JSON report.
pub static JSON_SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema/report.schema.json"));

/// A format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// For people at a terminal.
    Pretty,
    /// One line for each site, for pipes and editors.
    Concise,
    /// The contract for programs.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
}

/// How to write a report. What is a program's format does not depend on language, width or colour.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct ReportOptions {
    /// Language of the sentences.
    pub language: Language,
    /// Columns of the terminal.
    pub width: usize,
    /// Colours may be used.
    pub color: bool,
    /// The terminal knows hyperlinks.
    pub hyperlinks: bool,
    /// Notes, all places and all frames are shown.
    pub verbose: bool,
    /// Only findings, what was not done and the totals are shown.
    pub quiet: bool,
    /// Proven sites are listed.
    pub proven: bool,
    /// How long the run took, where that may be printed.
    pub elapsed: Option<Duration>,
    /// Address of the rules' pages, without a slash at the end: `<address>/tenant/unscoped-query`.
    pub rule_pages: Option<String>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            language: Language::English,
            width: 100,
            color: false,
            hyperlinks: false,
            verbose: false,
            quiet: false,
            proven: false,
            elapsed: None,
            rule_pages: None,
        }
    }
}

/// Writes a report.
///
/// # Errors
///
/// Where the writer fails, or a document cannot be serialised.
pub fn write(
    format: Format,
    report: &RunReport,
    workspace: &Workspace,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::write(report, workspace, options, out),
        Format::Concise => concise::write(report, workspace, options, out),
        Format::Json => json::write(report, workspace, options, out),
        Format::Sarif => sarif::write(report, workspace, options, out),
        Format::Github => github::write(report, workspace, options, out),
    }
}

/// Open findings that are shown, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Counts the findings of a report.
    #[must_use]
    pub fn of(report: &RunReport) -> Self {
        let mut counts = Self::default();
        for finding in report.findings.iter().filter(|finding| is_open(finding)) {
            match finding.violation.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }

    /// How many are at least this severe.
    #[must_use]
    pub const fn at_least(self, severity: Severity) -> usize {
        match severity {
            Severity::Error => self.errors,
            Severity::Warning => self.errors + self.warnings,
            Severity::Note => self.errors + self.warnings + self.notes,
        }
    }
}

fn is_open(finding: &Finding) -> bool {
    finding.shown && finding.status == Status::Open
}
