//! Indexes that another one makes superfluous.

use super::Found;
use crate::finding::{Evidence, EvidenceRole, LookedFor, Message, Severity, Violation};
use crate::migrate::{Change, RedundantIndex};
use crate::rules::QuestionContext;
use crate::schema::redundant::RedundancyKind;
use crate::schema::{Index, Origin, same_name};

/// What an operation adds that serves nothing, or makes superfluous; the first of several.
pub(super) fn violation(_: QuestionContext<'_>, found: Found<'_>) -> Option<Violation> {
    let number = u32::try_from(found.position).ok()?;
    let is_own = |index: &Index| index.origin == Origin::Migration(number);
    let adds = |table: &str, index: &Index| {
        found.operation.changes.iter().any(|change| match change {
            Change::IndexAdded(of, added) => of == table && same_name(&added.name, &index.name),
            _ => false,
        })
    };
    let all = &found.run.evaluation.redundant_after;
    let own = |row: &&RedundantIndex| is_own(&row.index) && adds(&row.table, &row.index);
    // One that was there before, and that the new one covers; unless the new one is itself superfluous.
    let other = |row: &&RedundantIndex| !is_own(&row.index) && is_own(&row.of) && adds(&row.table, &row.of);
    match (all.iter().find(own), all.iter().find(other)) {
        (Some(row), _) => Some(told(found, row, true)),
        (None, Some(row)) => Some(told(found, row, false)),
        (None, None) => None,
    }
}

fn told(found: Found<'_>, row: &RedundantIndex, is_new: bool) -> Violation {
    let (rule, severity) = match row.kind {
        _ if row.may_be_implicit => ("migration/prefix-redundant-index", Severity::Note),
        RedundancyKind::ExactDuplicate => ("migration/redundant-index", Severity::Warning),
        RedundancyKind::LeftPrefix => ("migration/prefix-redundant-index", Severity::Note),
    };
    let template = if is_new { "migration.redundant.new.headline" } else { "migration.redundant.old.headline" };
    let message = Message::new(template).text("index", row.index.name.clone()).text("of", row.of.name.clone());
    let at = found.operation.at;
    let label = if is_new { "migration.redundant.new.label" } else { "migration.redundant.old.label" };
    let evidence = vec![Evidence { role: EvidenceRole::Schema, at, note: Message::new(label) }];
    let line = |what: &'static str, index: &Index| LookedFor {
        what: Message::new(what),
        found: Message::new("migration.text").text("text", index.to_string()),
        detail: origin(found, index),
    };
    let looked_for = vec![line("migration.row.superfluous", &row.index), line("migration.row.covered-by", &row.of)];
    let help = match (is_new, row.may_be_implicit) {
        (_, true) => Message::new("migration.redundant.implicit.help"),
        (true, false) => Message::new("migration.redundant.new.help"),
        (false, false) => Message::new("migration.redundant.old.help"),
    };
    let rewrite = if is_new || row.may_be_implicit {
        Vec::new()
    } else {
        let table = table_in_code(found, &row.table);
        let name = &row.index.name;
        vec![
            format!("Schema::table('{table}', function (Blueprint $table) {{"),
            format!("    $table->dropIndex('{name}');"),
            "});".to_owned(),
        ]
    };
    Violation { looked_for, help: Some(help), rewrite, ..super::violation(rule, severity, message, evidence) }
}

/// Where an index comes from.
fn origin(found: Found<'_>, index: &Index) -> Option<Message> {
    match index.origin {
        Origin::Snapshot(number, line) => {
            let name = found.run.names.get(usize::try_from(number).ok()?)?.clone();
            Some(Message::new("migration.text").text("text", format!("{name}:{line}")))
        }
        Origin::Migration(number) => {
            let migration = found.run.evaluation.migrations.get(usize::try_from(number).ok()?)?;
            Some(Message::new("migration.text").text("text", migration.file.path.clone()))
        }
        Origin::Unknown => None,
    }
}

/// The name of a table as migrations write it.
pub(super) fn table_in_code(found: Found<'_>, table: &str) -> String {
    let prefix = found.run.evaluation.migrations_table.strip_suffix("migrations").unwrap_or_default();
    table.strip_prefix(prefix).unwrap_or(table).to_owned()
}
