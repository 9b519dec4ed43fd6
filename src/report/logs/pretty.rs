//! The report for people: the places of each file under its name, then what it comes to.

use std::io;

use super::{LogsReport, counted, form, kind};
use crate::catalog::safe;
use crate::finding::Message;
use crate::logs::{Place, Scanned};

/// Places of a file that are drawn; nobody reads more.
const DRAWN: usize = 20;

pub(super) fn file(report: &mut LogsReport<'_>, file: &Scanned<'_>) -> io::Result<()> {
    if file.places.is_empty() {
        return Ok(());
    }
    let head = Message::new("logs.file").text("path", safe::name(file.path));
    let head = head.count("n", counted(file.totals.sum())).count("lines", counted(file.lines));
    let head = report.say(&head);
    writeln!(report.out, "{head}")?;
    let drawn = &file.places[..file.places.len().min(DRAWN)];
    let rows: Vec<[String; 4]> = drawn.iter().map(|place| row(report, place)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let [at, what, how] = [width(0), width(1), width(2)];
    for [place, kind, form, length] in &rows {
        writeln!(report.out, "  {place:at$}  {kind:what$}  {form:how$}  {length}")?;
    }
    let left = file.totals.sum() - drawn.len() as u64;
    if left > 0 {
        let more = report.say(&Message::new("logs.more").count("n", counted(left)));
        writeln!(report.out, "  {more}")?;
    }
    writeln!(report.out)
}

fn row(report: &LogsReport<'_>, place: &Place) -> [String; 4] {
    let length = if place.is_longer { Message::new("logs.length.longer") } else { Message::new("logs.length") };
    [
        format!("{}:{}", place.line, place.column),
        report.say(&kind(place.kind)),
        report.say(&form(place.form)),
        report.say(&length.count("n", place.length)),
    ]
}

pub(super) fn end(report: &mut LogsReport<'_>) -> io::Result<()> {
    let mut lines = Vec::new();
    for (path, reason) in &report.seen.incomplete {
        let incomplete = Message::new("logs.incomplete").text("path", safe::name(path)).message("reason", reason.clone());
        lines.push(report.say(&incomplete));
    }
    let seen = &report.seen;
    let files = Message::new("logs.files").count("n", counted(seen.files)).count("bytes", counted(seen.bytes));
    let files = report.say(&files);
    if seen.totals.sum() == 0 {
        lines.push(report.say(&Message::new("logs.clear").text("files", files)));
    } else {
        let kinds: Vec<String> = seen
            .totals
            .iter()
            .map(|(what, count)| report.say(&Message::new("logs.count").message("kind", kind(what)).count("n", counted(count))))
            .collect();
        let found = Message::new("logs.found").count("n", counted(seen.totals.sum())).text("files", files);
        lines.push(report.say(&found.text("kinds", kinds.join(", "))));
        lines.push(report.say(&Message::new("logs.help")));
    }
    for line in lines {
        writeln!(report.out, "{line}")?;
    }
    Ok(())
}
