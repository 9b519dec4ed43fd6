//! Annotations of a GitHub workflow: `::error file=…,line=…::message`.
//!
//! GitHub shows ten annotations of each level for a step and drops the others, so errors come first, sites that could
//! not be decided are gathered by question, and the log below the annotations repeats the ledger.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::view::View;
use super::{ReportOptions, concise};
use crate::catalog::safe;
use crate::finding::{Finding, RunReport, Severity, SkipKind};
use crate::workspace::Workspace;

/// Characters of a message, far below GitHub's limit of 64 KB for an annotation.
const MESSAGE: usize = 4_000;
/// Characters of a title; GitHub's limit is 255.
const TITLE: usize = 200;

pub(super) fn write(report: &RunReport, workspace: &Workspace, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, workspace, options.language);
    let mut findings: Vec<&Finding> = view.open().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.violation.severity));
    for finding in findings {
        writeln!(out, "{}", annotation(&view, finding))?;
    }
    for question in &report.not_run {
        writeln!(out, "{}", command("warning", &format!("{} not run", question.question), &view.say(&question.reason)))?;
    }
    for skipped in view.skipped(SkipKind::Incomplete) {
        let message = format!("{}: {}", safe::name(&skipped.path), view.say(&skipped.reason));
        writeln!(out, "{}", command("error", "incomplete", &message))?;
    }
    for fault in &report.faults {
        writeln!(out, "{}", command("error", "incomplete", &view.say(fault)))?;
    }
    write_undetermined(&view, out)?;
    concise::write_rest(&view, options, out)
}

fn write_undetermined(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut questions: Vec<&str> = view.undecided().map(|site| site.site.question).collect();
    questions.sort_unstable();
    questions.dedup();
    for question in questions {
        let sites: Vec<_> = view.undecided().filter(|site| site.site.question == question).collect();
        let mut message = view.counted("list.undetermined", sites.len());
        for site in sites {
            // Writing to a String cannot fail.
            let _ = write!(message, "\n{}: {}", view.place(site.site.at), view.say(&site.reason));
        }
        writeln!(out, "{}", command("notice", &format!("{question} undetermined"), &message))?;
    }
    Ok(())
}

fn annotation(view: &View<'_>, finding: &Finding) -> String {
    let violation = &finding.violation;
    let level = match violation.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = view.workspace.range(finding.site.at);
    let mut properties =
        format!("file={},line={},endLine={}", safe::name(&property(view.path(finding.site.at.file))), start.line, end.line);
    if start.line == end.line {
        let _ = write!(properties, ",col={},endColumn={}", start.column, end.column);
    }
    let title = property(&cut(violation.rule, TITLE));
    format!("::{level} {properties},title={title}::{}", data(&cut(&message(view, finding), MESSAGE)))
}

fn message(view: &View<'_>, finding: &Finding) -> String {
    let violation = &finding.violation;
    let mut lines = vec![view.say(&violation.message)];
    if let Some(assumption) = &finding.assumption {
        lines.push(format!("{}: {}", view.word("finding.assumes"), view.say(assumption)));
    }
    lines.extend(violation.help.as_ref().map(|help| view.say(help)));
    lines.extend(violation.rewrite.iter().map(|line| safe::text(line)));
    for evidence in &violation.evidence {
        let near = evidence.at.file == finding.site.at.file;
        let place = if near { view.start(evidence.at).line.to_string() } else { view.place(evidence.at) };
        lines.push(format!("{} ({place})", view.say(&evidence.note)));
    }
    lines.join("\n")
}

fn command(level: &str, title: &str, message: &str) -> String {
    format!("::{level} title={}::{}", property(&cut(title, TITLE)), data(&cut(message, MESSAGE)))
}

fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

/// Escapes the text behind `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
