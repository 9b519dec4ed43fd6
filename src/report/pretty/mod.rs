//! The report for people at a terminal.
//!
//! Findings in full, then what could not be decided, what was not asked, the ledger, and how it ends.

mod ending;
mod finding;
mod frame;
pub(super) mod layout;
mod ledger;
mod sites;
mod snippet;

use std::io::{self, Write};

use super::ReportOptions;
use super::view::View;
use crate::finding::{LookedFor, RunReport, Severity};
use crate::workspace::Workspace;
use layout::{Paint, Style, pad, width, wrap};

/// No terminal is narrower than this to us.
const NARROWEST: usize = 40;

pub(super) fn write(report: &RunReport, workspace: &Workspace, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Page {
        view: View::new(report, workspace, options.language),
        options,
        paint: Paint::new(options.color),
        columns: options.width.max(NARROWEST),
    };
    for finding in page.view.open() {
        if options.verbose || finding.violation.severity > Severity::Note {
            page.finding(finding, out)?;
        }
    }
    page.undetermined(out)?;
    page.proven(out)?;
    page.not_run(out)?;
    if !options.quiet {
        page.ledger(out)?;
        page.facts(out)?;
        page.suppressions(out)?;
    }
    page.incomplete(out)?;
    page.totals(out)?;
    if options.quiet { Ok(()) } else { page.next(out) }
}

/// Where the report is written: what it says and how.
struct Page<'a> {
    view: View<'a>,
    options: &'a ReportOptions,
    paint: Paint,
    columns: usize,
}

impl Page<'_> {
    /// `head: text`, broken with an indent, in two columns from the left.
    fn told(&self, head: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let lines = wrap(&format!("{head}: {text}"), self.columns - 2);
        for (index, line) in lines.iter().enumerate() {
            let line =
                if index == 0 { line.replacen(head, &self.paint.apply(Style::Bold, head), 1) } else { format!("  {line}") };
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }

    /// The table *looked for / found*.
    fn looked_for(&self, rows: &[LookedFor], out: &mut dyn Write) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let view = &self.view;
        let cells: Vec<[String; 3]> = rows
            .iter()
            .map(|row| {
                let detail = row.detail.as_ref().map(|detail| view.say(detail));
                [view.say(&row.what), view.say(&row.found), detail.unwrap_or_default()]
            })
            .collect();
        let (what, found) = (view.word("finding.looked-for"), view.word("finding.found"));
        let column = |index: usize| cells.iter().map(|row| width(&row[index])).max().unwrap_or_default();
        let first = (column(0) + 2).max(width(&what)) + 2;
        let second = column(1).max(width(&found)) + 2;
        writeln!(out, "  {}{}", self.paint.apply(Style::Dim, &pad(&what, first)), self.paint.apply(Style::Dim, &found))?;
        let indent = 2 + first + second;
        for [what, found, detail] in &cells {
            let head = format!("    {}{}", pad(what, first - 2), pad(found, second));
            let room = self.columns.saturating_sub(indent);
            if room >= 20 {
                let lines = wrap(detail, room);
                let text = lines.join(&format!("\n{}", " ".repeat(indent)));
                writeln!(out, "{}", format!("{head}{text}").trim_end())?;
            } else {
                writeln!(out, "{}", head.trim_end())?;
                for line in wrap(detail, self.columns - 6).iter().filter(|line| !line.is_empty()) {
                    writeln!(out, "      {line}")?;
                }
            }
        }
        Ok(())
    }

    /// A text that leads to a page, where the terminal knows hyperlinks.
    fn linked(&self, rule: &str, text: &str) -> String {
        match &self.options.rule_pages {
            Some(pages) if self.options.hyperlinks => {
                format!("\u{1b}]8;;{pages}/{rule}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
            }
            _ => text.to_owned(),
        }
    }

    fn severity(&self, severity: Severity) -> String {
        let word = match severity {
            Severity::Error => self.view.word("word.error"),
            Severity::Warning => self.view.word("word.warning"),
            Severity::Note => self.view.word("word.note"),
        };
        self.paint.apply(Style::of(severity), &word)
    }
}
