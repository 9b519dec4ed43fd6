//! One line for each place, then the totals in words that do not depend on the language.

use std::io;

use super::LogsReport;
use crate::catalog::safe;
use crate::logs::Scanned;

pub(super) fn file(report: &mut LogsReport<'_>, file: &Scanned<'_>) -> io::Result<()> {
    let path = safe::name(file.path);
    for place in &file.places {
        let more = if place.is_longer { "+" } else { "" };
        writeln!(
            report.out,
            "{path}:{}:{}: {}[{}] {}{more} characters",
            place.line,
            place.column,
            place.kind.id(),
            place.form.id(),
            place.length,
        )?;
    }
    let left = file.totals.sum() - file.places.len() as u64;
    if left > 0 {
        writeln!(report.out, "{path}: {left} more")?;
    }
    Ok(())
}

pub(super) fn end(report: &mut LogsReport<'_>) -> io::Result<()> {
    for (path, reason) in &report.seen.incomplete {
        let reason = report.words.render(reason, &report.sources);
        writeln!(report.out, "{}: incomplete {}", safe::name(path), safe::text(&reason))?;
    }
    for (kind, count) in report.seen.totals.iter() {
        writeln!(report.out, "total[{}] {count}", kind.id())?;
    }
    let seen = &report.seen;
    writeln!(report.out, "total[all] {} in {} files, {} bytes", seen.totals.sum(), seen.files, seen.bytes)
}
