//! A statement that the server refuses: its answer, what is in the way, and what is left behind.

use super::{Found, help, words};
use crate::finding::{Confidence, Evidence, EvidenceRole, LookedFor, Message, Severity, Violation};
use crate::migrate::{Assumption, Change, Operation, OperationFailure, OperationOutcome, SchemaRun};
use crate::rules::QuestionContext;
use crate::schema::read::ProblemKind;
use crate::schema::{ErrorClass, Origin, same_name};

/// Operations before the failure that are shown.
const MOST_SHOWN: usize = 3;

fn headline(found: Found<'_>, failure: &OperationFailure) -> Message {
    let stops = found.run.evaluation.first_failure().is_some_and(|first| first.file == found.migration.file);
    let template = match (stops && failure.earlier.is_none(), found.run.from_scratch) {
        (true, false) => "migration.fails.headline.stops",
        (true, true) => "migration.fails.headline.stops-from-scratch",
        (false, _) => "migration.fails.headline",
    };
    Message::new(template).message("why", words::why(&failure.error))
}

pub(super) fn violation(context: QuestionContext<'_>, found: Found<'_>, failure: &OperationFailure) -> Violation {
    let at = found.operation.at;
    let label = match &failure.error.sql {
        Some(sql) => Message::new("migration.label.fails").text("errno", sql.errno.to_string()),
        None => Message::new("migration.label.fails-in-php"),
    };
    let mut evidence = vec![Evidence { role: EvidenceRole::Sink, at, note: label }];
    if let Some(earlier) = failure.earlier {
        evidence.push(Evidence { role: EvidenceRole::Context, at: earlier, note: Message::new("migration.label.earlier") });
    }
    let maker = maker(found.run, failure);
    if let Some(maker) = maker {
        evidence.push(Evidence { role: EvidenceRole::NearMiss, at: maker.at, note: Message::new("migration.label.maker") });
    }
    // Behind another failure nothing runs.
    let done = found.migration.operations.iter().filter(|operation| failure.earlier.is_none() && operation.at < at);
    let done = done.filter(|operation| is_left_behind(operation) && maker.is_none_or(|maker| maker.at != operation.at));
    let done: Vec<_> = done.collect();
    for operation in done.iter().rev().take(MOST_SHOWN).rev() {
        evidence.push(Evidence { role: EvidenceRole::Context, at: operation.at, note: Message::new("migration.label.stays") });
    }
    let assumes = found.migration.assumptions.iter().any(|assumption| matches!(assumption, Assumption::Likely(_)));
    let (help, rewrite) = help::of(context, found, failure);
    Violation {
        confidence: if found.run.from_scratch || assumes || is_partial(found.run) {
            Confidence::Medium
        } else {
            Confidence::High
        },
        looked_for: looked_for(context, found, failure),
        help,
        rewrite,
        sql: failure.error.sql.as_ref().and_then(|_| failure.error.statement.clone()).filter(|sql| is_shown(sql)),
        ..super::violation("migration/will-fail", Severity::Error, headline(found, failure), evidence)
    }
}

/// True where something of a snapshot could not be used.
fn is_partial(run: &SchemaRun) -> bool {
    !run.disagreements.is_empty() || run.problems.iter().any(|(_, problem)| problem.kind != ProblemKind::Encoding)
}

fn is_left_behind(operation: &Operation) -> bool {
    !operation.changes.is_empty() && !matches!(operation.outcome, OperationOutcome::Fails(_))
}

/// Statements on rows may hold values, and are not shown.
fn is_shown(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    matches!(first.as_str(), "alter" | "create" | "drop" | "rename") && sql.len() <= 200
}

fn looked_for(context: QuestionContext<'_>, found: Found<'_>, failure: &OperationFailure) -> Vec<LookedFor> {
    let row = |what: &'static str, found: Message| LookedFor { what: Message::new(what), found, detail: None };
    let answer = Message::new("migration.text").text("text", words::answer(&failure.error));
    let mut rows = vec![row("migration.row.answer", answer)];
    if let Some(obstacle) = &failure.obstacle {
        let index = obstacle.index.as_ref().map(ToString::to_string).unwrap_or_default();
        let there = match obstacle.origin {
            Origin::Snapshot(number, line) => {
                let name = usize::try_from(number).ok().and_then(|place| found.run.names.get(place)).cloned().unwrap_or_default();
                Some(Message::new("migration.there-since.snapshot").text("snapshot", name).text("line", line.to_string()))
            }
            Origin::Migration(number) => {
                let place = usize::try_from(number).unwrap_or(usize::MAX);
                let maker = found.run.evaluation.migrations.get(place);
                maker.map(|maker| Message::new("migration.there-since.migration").text("file", maker.file.path.clone()))
            }
            Origin::Unknown => None,
        };
        rows.extend(there.map(|there| row("migration.row.in-the-way", there.text("index", index))));
    }
    if failure.earlier.is_none() {
        rows.push(row("migration.row.left-behind", left_behind(context, found)));
    }
    rows
}

/// What the failing migration has changed until then: `MySQL` takes no definition back.
fn left_behind(context: QuestionContext<'_>, found: Found<'_>) -> Message {
    let changes = &found.migration.changes;
    let Some(first) = changes.iter().find(|change| is_telling(change, changes)) else {
        return Message::new("migration.left-behind.nothing");
    };
    let telling = changes.iter().filter(|change| is_telling(change, changes)).count();
    let message = match found.migration.second_run {
        Some(at) => {
            let line = context.workspace.position(at.file, at.span.start).line;
            Message::new("migration.left-behind.stops-again").count("line", line)
        }
        None => Message::new("migration.left-behind"),
    };
    message.message("what", words::change(first)).count("more", telling - 1)
}

/// Of a new table only the table is told.
fn is_telling(change: &Change, all: &[Change]) -> bool {
    matches!(change, Change::TableAdded(_))
        || !all.iter().any(|other| matches!(other, Change::TableAdded(table) if table == change.table()))
}

/// The operation of a pending migration that makes what is in the way.
pub(super) fn maker<'r>(run: &'r SchemaRun, failure: &OperationFailure) -> Option<&'r Operation> {
    let obstacle = failure.obstacle.as_ref()?;
    let Origin::Migration(number) = obstacle.origin else { return None };
    let migration = run.evaluation.migrations.get(usize::try_from(number).ok()?)?;
    let error = failure.error.sql.as_ref()?;
    let is = |wanted: Option<&String>, name: &str| wanted.is_some_and(|wanted| same_name(wanted, name));
    let makes = |change: &Change| match (error.class, change) {
        (ErrorClass::TableExists, Change::TableAdded(table)) => is(error.table.as_ref(), table),
        (ErrorClass::DuplicateColumn, Change::ColumnAdded(table, column, _)) => {
            is(error.table.as_ref(), table) && is(error.column.as_ref(), column)
        }
        (ErrorClass::DuplicateColumn, Change::TableAdded(table)) => is(error.table.as_ref(), table),
        (ErrorClass::DuplicateForeignKeyName, Change::ForeignAdded(_, key)) => is(error.index.as_ref(), &key.name),
        (ErrorClass::DuplicateKeyName | ErrorClass::MultiplePrimaryKey, Change::IndexAdded(table, index)) => {
            let wanted = obstacle.index.as_ref();
            is(error.table.as_ref(), table) && wanted.is_some_and(|wanted| same_name(&wanted.name, &index.name))
        }
        _ => false,
    };
    migration.operations.iter().find(|operation| operation.changes.iter().any(makes))
}
