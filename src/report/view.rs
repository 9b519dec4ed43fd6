//! What the reporters have in common: words, places and names in the forms that they print.

use crate::catalog::{Catalogue, Language, Rule, Words, safe};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, FileId, Finding, LedgerRow, Location, Message, RunReport, Severity, SkipKind, Skipped,
    Status, Undetermined, Verdict,
};
use crate::workspace::{Position, Workspace};

/// A report with what is needed to put it into words.
pub(super) struct View<'a> {
    pub(super) report: &'a RunReport,
    pub(super) workspace: &'a Workspace,
    pub(super) catalogue: &'static Catalogue,
    pub(super) words: Words,
}

impl<'a> View<'a> {
    pub(super) fn new(report: &'a RunReport, workspace: &'a Workspace, language: Language) -> Self {
        Self { report, workspace, catalogue: Catalogue::load(), words: Words::new(language) }
    }

    /// A message as a sentence.
    pub(super) fn say(&self, message: &Message) -> String {
        self.words.render(message, self.workspace)
    }

    /// A template without arguments.
    pub(super) fn word(&self, template: &'static str) -> String {
        self.say(&Message { template, arguments: Vec::new() })
    }

    /// A template with the one argument `n`.
    pub(super) fn counted(&self, template: &'static str, n: usize) -> String {
        self.say(&Message { template, arguments: Vec::new() }.count("n", n))
    }

    /// The path of a file as it is.
    pub(super) fn path(&self, file: FileId) -> &'a str {
        &self.workspace.file(file).path
    }

    /// The path of a file for people.
    pub(super) fn shown_path(&self, file: FileId) -> String {
        safe::name(self.path(file))
    }

    pub(super) fn start(&self, at: Location) -> Position {
        self.workspace.position(at.file, at.span.start)
    }

    /// `path:line:column`
    pub(super) fn place(&self, at: Location) -> String {
        let start = self.start(at);
        format!("{}:{}:{}", self.shown_path(at.file), start.line, start.column)
    }

    /// Open findings, in the report's order.
    pub(super) fn open(&self) -> impl Iterator<Item = &'a Finding> {
        self.report.findings.iter().filter(|finding| super::is_open(finding))
    }

    /// Open sites that could not be decided.
    pub(super) fn undecided(&self) -> impl Iterator<Item = &'a Undetermined> {
        self.report.undetermined.iter().filter(|site| site.status == Status::Open)
    }

    pub(super) fn rule(&self, finding: &Finding) -> Option<&'static Rule> {
        self.catalogue.rule(finding.violation.rule)
    }

    /// Controls on which a rule gives evidence, OWASP last.
    pub(super) fn controls(&self, finding: &Finding) -> Vec<&'static str> {
        let rule = self.rule(finding);
        rule.into_iter().flat_map(|rule| rule.controls.iter().chain(&rule.owasp)).map(String::as_str).collect()
    }

    pub(super) fn skipped(&self, kind: SkipKind) -> impl Iterator<Item = &'a Skipped> {
        self.report.skipped.iter().filter(move |skipped| skipped.kind == kind)
    }
}

/// Pieces of evidence that show where data flows, in its order. Empty unless they lead on from where it comes from.
pub(super) fn flow(finding: &Finding) -> Vec<&Evidence> {
    let steps: Vec<&Evidence> = finding.violation.evidence.iter().filter(|evidence| is_flow(evidence.role)).collect();
    let leads_on = steps.iter().any(|evidence| evidence.role != EvidenceRole::Source);
    if leads_on && steps.len() > 1 { steps } else { Vec::new() }
}

pub(super) const fn is_flow(role: EvidenceRole) -> bool {
    matches!(role, EvidenceRole::Source | EvidenceRole::Step | EvidenceRole::Sink)
}

/// The sum of all rows.
pub(super) fn total(rows: &[LedgerRow]) -> LedgerRow {
    let mut sum = LedgerRow::new("all");
    for row in rows {
        sum.proven += row.proven;
        sum.conditional += row.conditional;
        sum.violated += row.violated;
        sum.undetermined += row.undetermined;
        sum.suppressed += row.suppressed;
        sum.baselined += row.baselined;
    }
    sum
}

pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

pub(super) const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}

pub(super) const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conditional => "conditional",
        Verdict::Violated => "violated",
    }
}

pub(super) const fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "open",
        Status::Suppressed => "suppressed",
        Status::Baselined => "baselined",
    }
}

pub(super) const fn role(role: EvidenceRole) -> &'static str {
    match role {
        EvidenceRole::Source => "source",
        EvidenceRole::Step => "step",
        EvidenceRole::Sink => "sink",
        EvidenceRole::Guard => "guard",
        EvidenceRole::MissingGuard => "missing-guard",
        EvidenceRole::NearMiss => "near-miss",
        EvidenceRole::Context => "context",
        EvidenceRole::Scope => "scope",
        EvidenceRole::Schema => "schema",
        EvidenceRole::Spec => "spec",
    }
}
