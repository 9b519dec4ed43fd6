//! The schema as JSON.

use serde_json::{Map, Value, json};

use super::SchemaView;
use crate::finding::Location;
use crate::migrate::SchemaRun;
use crate::migrate::{
    Assumption, Cause, Evaluation, MigrationError, MigrationResult, RedundantIndex, Status, StepOutcome, origin_name,
};
use crate::schema::apply::Demand;
use crate::schema::read::{Problem, ProblemKind};
use crate::schema::{ErrorClass, ForeignKey, Index, Server};
use crate::workspace::Workspace;

pub(super) fn document(run: &SchemaRun, workspace: &Workspace, view: SchemaView) -> Value {
    let evaluation = &run.evaluation;
    let shown = if view.after || view.diff { &evaluation.after } else { &evaluation.before };
    let steps = evaluation.migrations.iter().flat_map(|migration| &migration.steps);
    let (mut statements, mut undetermined) = (0, 0);
    for step in steps {
        statements += 1;
        undetermined += usize::from(matches!(step.outcome, StepOutcome::Unknown(_)));
    }
    undetermined += evaluation.migrations.iter().map(|migration| migration.gaps.len()).sum::<usize>();
    let redundant = if view.after || view.diff { &evaluation.redundant_after } else { &evaluation.redundant_before };
    json!({
        "schema_version": 1,
        "snapshots": run.names,
        "server": run.server_version,
        "from_scratch": run.from_scratch,
        "driver": evaluation.driver,
        "connection": evaluation.default,
        "recorded": run.recorded,
        "pending_unknown": !run.knows_recorded,
        "problems": run.problems.iter().map(|(name, found)| problem(name, found)).collect::<Vec<_>>(),
        "disagreements": run.disagreements.iter().map(|found| json!({
            "table": found.table, "index": found.index, "first": found.first, "second": found.second,
        })).collect::<Vec<_>>(),
        "statements": { "total": statements, "undetermined": undetermined },
        "migrations": migrations_json(evaluation, workspace),
        "first_failure": evaluation.first_failure().map(|migration| format!("{}.php", migration.file.name)),
        if view.after || view.diff { "after" } else { "before" }: indexes(shown, &evaluation.migrations_table),
        if view.after || view.diff { "foreign_keys_after" } else { "foreign_keys_before" }: foreign_keys(shown),
        "redundant": redundant.iter().map(|found| redundant_json(run, found)).collect::<Vec<_>>(),
    })
}

fn place(workspace: &Workspace, at: Location) -> Value {
    let position = workspace.position(at.file, at.span.start);
    json!({ "path": workspace.file(at.file).path, "line": position.line, "column": position.column })
}

fn migrations_json(evaluation: &Evaluation, workspace: &Workspace) -> Vec<Value> {
    let collisions = evaluation.collisions();
    let name = |place: usize| evaluation.migrations.get(place).map(|migration| format!("{}.php", migration.file.name));
    let row = |(place, migration): (usize, &MigrationResult)| {
        let of = |&(earlier, later): &(usize, usize)| match (earlier == place, later == place) {
            (true, _) => name(later),
            (_, true) => name(earlier),
            _ => None,
        };
        let others: Vec<String> = collisions.iter().filter_map(of).collect();
        let mut row = migration_json(migration, workspace);
        if let (Value::Object(fields), false) = (&mut row, others.is_empty()) {
            fields.insert("collides_with".to_owned(), json!(others));
        }
        row
    };
    evaluation.migrations.iter().enumerate().map(row).collect()
}

fn migration_json(migration: &MigrationResult, workspace: &Workspace) -> Value {
    let mut fields = Map::new();
    fields.insert("file".to_owned(), json!(format!("{}.php", migration.file.name)));
    let status = match migration.status {
        Status::Ok => "ok",
        Status::Fails => "fails",
        Status::Recorded => "recorded",
        Status::Undetermined => "undetermined",
    };
    fields.insert("status".to_owned(), json!(status));
    if migration.status == Status::Recorded {
        return Value::Object(fields);
    }
    if let Some(error) = &migration.error {
        fields.insert("error".to_owned(), error_json(error, workspace));
    }
    let done = migration.steps.iter().filter(|step| step.outcome == StepOutcome::Done);
    fields.insert("statements".to_owned(), json!(done.map(|step| &step.sql).collect::<Vec<_>>()));
    fields.insert("assumes".to_owned(), json!(migration.assumptions.iter().map(assumption).collect::<Vec<_>>()));
    if migration.status == Status::Undetermined {
        let reasons =
            migration.gaps.iter().map(|(at, reason)| json!({ "reason": reason, "at": at.map(|at| place(workspace, at)) }));
        fields.insert("reasons".to_owned(), json!(reasons.collect::<Vec<_>>()));
    }
    Value::Object(fields)
}

fn error_json(error: &MigrationError, workspace: &Workspace) -> Value {
    let mut fields = Map::new();
    fields.insert("class".to_owned(), json!(error.class.name()));
    if let Some(sql) = &error.sql {
        fields.insert("sqlstate".to_owned(), json!(sql.state));
        fields.insert("errno".to_owned(), json!(sql.errno));
        if let Some(table) = &sql.table {
            fields.insert("table".to_owned(), json!(table));
        }
        // Only what the server's own words name.
        let names_index =
            matches!(error.class, ErrorClass::DuplicateKeyName | ErrorClass::IndexMissing | ErrorClass::IndexNeededByForeignKey);
        if let Some(index) = sql.index.as_ref().filter(|_| names_index) {
            fields.insert("index".to_owned(), json!(index));
        }
        if let Some(column) = &sql.column {
            fields.insert("column".to_owned(), json!(column));
        }
    }
    fields.insert("message".to_owned(), json!(error.message));
    if let Some(statement) = &error.statement {
        fields.insert("sql".to_owned(), json!(statement));
    }
    if let Some(at) = error.at {
        fields.insert("at".to_owned(), place(workspace, at));
    }
    Value::Object(fields)
}

/// An assumption in the words of programs.
pub(super) fn assumption(assumption: &Assumption) -> String {
    match assumption {
        Assumption::Likely(Cause::Environment(name)) => match name.as_str() {
            "APP_ENV" => "env APP_ENV production".to_owned(),
            name => format!("env {name} unset"),
        },
        Assumption::Likely(Cause::Configuration(key)) => format!("config {key} not set"),
        Assumption::Likely(Cause::Rows(table)) => format!("queries on {table} find no row"),
        Assumption::Likely(Cause::Clock) => "time and chance do not matter".to_owned(),
        Assumption::Likely(Cause::Code(what)) => what.clone(),
        Assumption::Rows(Demand::NoDuplicates { table, columns, .. }) => {
            format!("no duplicate rows in {table}({})", columns.join(", "))
        }
        Assumption::Rows(Demand::NoOrphans { table, columns, .. }) => {
            format!("no orphaned rows in {table}({})", columns.join(", "))
        }
        Assumption::Rows(Demand::NoNulls { table, column }) => format!("no null in {table}({column})"),
        Assumption::Rows(Demand::ValuesFit { table, column }) => format!("all values of {table}({column}) fit"),
    }
}

fn index_json(index: &Index) -> Value {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), json!(index.name));
    fields.insert("columns".to_owned(), json!(index.columns().collect::<Vec<_>>()));
    fields.insert("unique".to_owned(), json!(index.kind.is_unique()));
    fields.insert("type".to_owned(), json!(index.index_type()));
    // The server prints a length of 32 for a column of a spatial index.
    if index.parts.iter().any(|part| part.length.is_some()) {
        fields.insert("prefix_lengths".to_owned(), json!(index.parts.iter().map(|part| part.length).collect::<Vec<_>>()));
    }
    if index.parts.iter().any(|part| part.descending) {
        fields.insert("desc".to_owned(), json!(index.parts.iter().map(|part| part.descending).collect::<Vec<_>>()));
    }
    if index.ignored {
        fields.insert("ignored".to_owned(), json!(true));
    }
    Value::Object(fields)
}

fn indexes(server: &Server, migrations_table: &str) -> Value {
    let mut tables = Map::new();
    for table in server.database().into_iter().flat_map(|database| database.tables.values()) {
        if table.name != migrations_table && !table.temporary {
            tables.insert(table.name.clone(), json!(table.indexes.iter().map(index_json).collect::<Vec<_>>()));
        }
    }
    Value::Object(tables)
}

fn foreign_key(key: &ForeignKey) -> Value {
    json!({ "name": key.name, "columns": key.columns, "references": key.table, "ref_columns": key.references })
}

fn foreign_keys(server: &Server) -> Value {
    let mut tables = Map::new();
    for table in server.database().into_iter().flat_map(|database| database.tables.values()) {
        if !table.foreign_keys.is_empty() && !table.temporary {
            tables.insert(table.name.clone(), json!(table.foreign_keys.iter().map(foreign_key).collect::<Vec<_>>()));
        }
    }
    Value::Object(tables)
}

fn redundant_json(run: &SchemaRun, found: &RedundantIndex) -> Value {
    json!({
        "table": found.table,
        "index": found.index.name,
        "columns": found.index.columns().collect::<Vec<_>>(),
        "unique": found.index.kind.is_unique(),
        "of": found.of.name,
        "of_columns": found.of.columns().collect::<Vec<_>>(),
        "of_unique": found.of.kind.is_unique(),
        "kind": found.kind.name(),
        "index_from": origin_name(&run.evaluation, found.index.origin),
        "of_from": origin_name(&run.evaluation, found.of.origin),
        "may_be_implicit": found.may_be_implicit,
        "drop": drop_statement(found),
    })
}

/// The statement that drops a superfluous index.
pub(super) fn drop_statement(found: &RedundantIndex) -> String {
    let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
    format!("ALTER TABLE {} DROP INDEX {};", quoted(&found.table), quoted(&found.index.name))
}

fn problem(name: &str, problem: &Problem) -> Value {
    let (kind, what) = match &problem.kind {
        ProblemKind::Unreadable { expected, statement } => ("unreadable", format!("{statement} …: {expected} was expected")),
        ProblemKind::Refused { message } => ("refused", message.clone()),
        ProblemKind::Truncated => ("truncated", String::new()),
        ProblemKind::Encoding => ("encoding", String::new()),
        ProblemKind::Utf16 => ("utf-16", String::new()),
        ProblemKind::TooLong => ("too-long", String::new()),
        ProblemKind::Compression { message } => ("compression", message.clone()),
        ProblemKind::Columns { missing } => ("columns", missing.clone()),
    };
    let line = (problem.line != u64::MAX).then_some(problem.line);
    json!({ "snapshot": name, "line": line, "kind": kind, "what": what })
}
