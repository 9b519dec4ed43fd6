//! Triage: severities of the configuration, thresholds, suppressions, the base of a comparison. It
//! relabels and never deletes.

mod suppression;

use std::collections::BTreeSet;

use crate::config::{Date, Level, Settings};
use crate::finding::{Confidence, Fingerprint, RunReport, Severity, Status, Verdict};
use crate::index::Index;
use crate::workspace::Workspace;

/// What a run asks of triage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriageOptions {
    /// Findings of less confidence are hidden.
    pub min_confidence: Confidence,
    /// The day on which suppressions are judged.
    pub today: Date,
}

/// Relabels the findings of a run, and sorts them.
pub fn apply(report: &mut RunReport, index: &Index, workspace: &Workspace, settings: &Settings, options: TriageOptions) {
    for finding in &mut report.findings {
        match settings.rules.get(finding.violation.rule) {
            Some(Level::Off) => finding.shown = false,
            Some(Level::Note) => finding.violation.severity = Severity::Note,
            // A conditional finding is a note whatever the rule's severity.
            Some(Level::Warning) if finding.verdict == Verdict::Violated => finding.violation.severity = Severity::Warning,
            Some(Level::Error) if finding.verdict == Verdict::Violated => finding.violation.severity = Severity::Error,
            _ => {}
        }
        if finding.violation.confidence < options.min_confidence {
            finding.shown = false;
        }
    }
    suppression::apply(report, index, workspace, settings, options);
    report.findings.sort_by(|a, b| {
        (a.site.at, a.violation.rule, a.site.fingerprint).cmp(&(b.site.at, b.violation.rule, b.site.fingerprint))
    });
    report.undetermined.sort_by_key(|site| (site.site.at, site.site.question, site.site.fingerprint));
    report.proven.sort_by_key(|site| (site.site.at, site.site.question, site.site.fingerprint));
    count(report);
}

/// Findings that an earlier state had already, no less severe, do not count.
pub fn compare(report: &mut RunReport, base: &RunReport) {
    let known: BTreeSet<(Fingerprint, Verdict, Severity)> =
        base.findings.iter().map(|finding| (finding.site.fingerprint, finding.verdict, finding.violation.severity)).collect();
    for finding in report.findings.iter_mut().filter(|finding| finding.status == Status::Open) {
        let was_there = known.iter().any(|(fingerprint, verdict, severity)| {
            *fingerprint == finding.site.fingerprint && *verdict == finding.verdict && *severity >= finding.violation.severity
        });
        if was_there {
            finding.status = Status::Baselined;
        }
    }
    count(report);
}

/// The ledger's columns of what triage covered.
fn count(report: &mut RunReport) {
    for row in &mut report.ledger {
        let of = |status| {
            report.findings.iter().filter(|finding| finding.site.question == row.question && finding.status == status).count()
        };
        let undetermined =
            report.undetermined.iter().filter(|site| site.site.question == row.question && site.status == Status::Suppressed);
        row.suppressed = of(Status::Suppressed) + undetermined.count();
        row.baselined = of(Status::Baselined);
    }
}
