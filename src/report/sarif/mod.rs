//! SARIF 2.1.0.
//!
//! Violated and conditional sites are results of kind `fail`, undetermined ones of kind `open` under their question's
//! id, proven ones (where asked for) of kind `pass`. The driver lists every rule, also those that found nothing.

mod driver;
mod place;
mod results;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use serde_sarif::sarif::{Invocation, Message, Notification, PropertyBag, Run, SCHEMA_URL, Sarif, Tool};

use super::view::View;
use super::{ReportOptions, json as report_json};
use crate::catalog::{Language, safe};
use crate::finding::{RunReport, SkipKind};
use crate::workspace::Workspace;

pub(super) fn write(report: &RunReport, workspace: &Workspace, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, workspace, Language::English);
    let document = Sarif::builder().schema(SCHEMA_URL).version(json!("2.1.0")).runs(vec![run(&view, options)?]).build();
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn run(view: &View<'_>, options: &ReportOptions) -> io::Result<Run> {
    let driver = driver::component(view, options);
    let run = Run::builder()
        .tool(Tool::from(driver))
        .column_kind(json!("utf16CodeUnits"))
        .default_encoding("UTF-8")
        .language("en-US")
        .invocations(vec![invocation(view)])
        .results(results::all(view, options))
        .properties(properties(view)?)
        .build();
    Ok(run)
}

fn properties(view: &View<'_>) -> io::Result<PropertyBag> {
    let report = view.report;
    let not_run: Vec<Value> = report
        .not_run
        .iter()
        .map(|question| json!({"question": question.question, "reason": view.say(&question.reason), "required": question.required}))
        .collect();
    Ok(bag([
        ("ledger", report_json::ledger_value(report)?),
        ("notRun", Value::Array(not_run)),
        ("unresolvedCalls", json!(report.unresolved_calls)),
        ("files", json!(report.files)),
        ("leftOutTests", json!(report.left_out_tests)),
        ("tenantKey", json!(report.inferred.tenant_key)),
        ("rulesHash", json!(report.project.rules_hash)),
        ("configHash", json!(report.project.config_hash)),
        ("commit", json!(report.project.commit)),
        ("tree", json!(report.project.tree)),
    ]))
}

fn bag<const N: usize>(entries: [(&str, Value); N]) -> PropertyBag {
    let entries: BTreeMap<String, Value> = entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    PropertyBag::builder().additional_properties(entries).build()
}

fn invocation(view: &View<'_>) -> Invocation {
    let report = view.report;
    let mut notifications = Vec::new();
    for skipped in &report.skipped {
        let level = match skipped.kind {
            SkipKind::ByDesign => "note",
            SkipKind::Reservation => "warning",
            SkipKind::Incomplete => "error",
        };
        let text = format!("{}: {}", safe::name(&skipped.path), view.say(&skipped.reason));
        let mut notification = notification(level, &text);
        notification.locations = Some(vec![place::file(&skipped.path)]);
        notifications.push(notification);
    }
    for region in &report.unparsed {
        let mut notification = notification("warning", &view.counted("summary.unparsed", 1));
        notification.locations = Some(vec![place::location(view, *region)]);
        notifications.push(notification);
    }
    for question in &report.not_run {
        let level = if question.required { "error" } else { "warning" };
        notifications.push(notification(level, &format!("{} not run: {}", question.question, view.say(&question.reason))));
    }
    notifications.extend(report.faults.iter().map(|fault| notification("error", &view.say(fault))));
    Invocation::builder().execution_successful(report.is_complete()).tool_execution_notifications(notifications).build()
}

fn notification(level: &str, text: &str) -> Notification {
    Notification::builder().level(json!(level)).message(Message::from(text)).build()
}
