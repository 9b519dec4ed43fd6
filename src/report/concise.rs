//! One line for each site, `path:line:column: severity[rule] message`, then the ledger in a few lines.

use std::io::{self, Write};

use super::view::{self, View};
use super::{Counts, ReportOptions};
use crate::catalog::safe;
use crate::finding::{LedgerRow, RunReport, SkipKind};
use crate::workspace::Workspace;

pub(super) fn write(report: &RunReport, workspace: &Workspace, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, workspace, options.language);
    for finding in view.open() {
        let violation = &finding.violation;
        let (place, severity) = (view.place(finding.site.at), view::severity(violation.severity));
        writeln!(out, "{place}: {severity}[{}] {}", violation.rule, view.say(&violation.message))?;
    }
    for site in view.undecided() {
        let place = view.place(site.site.at);
        writeln!(out, "{place}: undetermined[{}] {}", site.site.question, view.say(&site.reason))?;
    }
    for site in report.proven.iter().filter(|_| options.proven) {
        let place = view.place(site.site.at);
        writeln!(out, "{place}: proven[{}] {}: {}", site.site.question, site.proof, view.say(&site.note))?;
    }
    write_rest(&view, options, out)
}

/// What is said about the run as a whole. GitHub's log ends with the same lines.
pub(super) fn write_rest(view: &View<'_>, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    for question in &view.report.not_run {
        writeln!(out, "not run[{}] {}", question.question, view.say(&question.reason))?;
    }
    for skipped in view.skipped(SkipKind::Incomplete) {
        writeln!(out, "{}: incomplete {}", safe::name(&skipped.path), view.say(&skipped.reason))?;
    }
    for fault in &view.report.faults {
        writeln!(out, "incomplete {}", view.say(fault))?;
    }
    if options.quiet {
        return Ok(());
    }
    for row in &view.report.ledger {
        writeln!(out, "ledger[{}] {}", row.question, ledger_line(row))?;
    }
    writeln!(out, "ledger[all] {}", ledger_line(&view::total(&view.report.ledger)))?;
    let counts = Counts::of(view.report);
    writeln!(
        out,
        "{}, {}, {}",
        view.counted("summary.errors", counts.errors),
        view.counted("summary.warnings", counts.warnings),
        view.counted("summary.notes", counts.notes),
    )
}

/// `187 examined: 161 proven, …` in words that do not depend on the language.
pub(super) fn ledger_line(row: &LedgerRow) -> String {
    format!(
        "{} examined: {} proven, {} conditional, {} violated, {} undetermined; {} suppressed, {} baselined",
        row.examined(),
        row.proven,
        row.conditional,
        row.violated,
        row.undetermined,
        row.suppressed,
        row.baselined,
    )
}
