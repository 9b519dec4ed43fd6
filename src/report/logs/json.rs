//! The report for programs; `rules/schema/logs.schema.json` describes it.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::LogsReport;
use crate::catalog::Language;
use crate::catalog::Words;
use crate::logs::{Place, Scanned, Totals};

pub(super) fn begin(out: &mut dyn Write) -> io::Result<()> {
    let tool = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    write!(out, "{{\"schema_version\":1,\"tool\":{tool},\"files\":[")
}

pub(super) fn file(report: &mut LogsReport<'_>, file: &Scanned<'_>) -> io::Result<()> {
    let document = json!({
        "path": file.path,
        "bytes": file.bytes,
        "lines": file.lines,
        "complete": file.failure.is_none(),
        "found": file.totals.sum(),
        "totals": totals(&file.totals),
        "findings": file.places.iter().map(place).collect::<Vec<_>>(),
    });
    let comma = if report.seen.files == 0 { "" } else { "," };
    write!(report.out, "{comma}\n{document}")
}

fn place(place: &Place) -> Value {
    json!({
        "line": place.line,
        "column": place.column,
        "kind": place.kind.id(),
        "form": place.form.id(),
        "length": place.length,
        "longer": place.is_longer,
    })
}

fn totals(totals: &Totals) -> Value {
    Value::Object(totals.iter().map(|(kind, count)| (kind.id().to_owned(), Value::from(count))).collect::<Map<_, _>>())
}

pub(super) fn end(report: &mut LogsReport<'_>) -> io::Result<()> {
    // A format for programs is English whatever people read.
    let english = Words::new(Language::English);
    let incomplete = report.seen.incomplete.iter();
    let incomplete: Vec<Value> =
        incomplete.map(|(path, reason)| json!({ "path": path, "reason": english.render(reason, &report.sources) })).collect();
    let (found, complete) = (report.seen.totals.sum(), incomplete.is_empty());
    let (totals, incomplete) = (totals(&report.seen.totals), Value::Array(incomplete));
    writeln!(
        report.out,
        "\n],\"bytes\":{},\"found\":{found},\"totals\":{totals},\"complete\":{complete},\"incomplete\":{incomplete}}}",
        report.seen.bytes,
    )
}
