//! Schemas and errors in words.

use crate::finding::Message;
use crate::migrate::{Assumption, Cause, Change, MigrationError};
use crate::schema::ErrorClass;
use crate::schema::apply::Demand;

/// `column customers.level`
pub(super) fn change(change: &Change) -> Message {
    let told = |kind: &'static str, name: String| Message::new(kind).text("name", name);
    match change {
        Change::TableAdded(table) | Change::TableDropped(table) => told("migration.thing.table", table.clone()),
        Change::ColumnAdded(table, column, _) | Change::ColumnDropped(table, column) | Change::ColumnChanged(table, column) => {
            told("migration.thing.column", format!("{table}.{column}"))
        }
        Change::IndexAdded(_, index) | Change::IndexDropped(_, index) => told("migration.thing.index", index.name.clone()),
        Change::ForeignAdded(_, key) => told("migration.thing.foreign", key.name.clone()),
        Change::ForeignDropped(_, name) => told("migration.thing.foreign", name.clone()),
    }
}

/// `42000 1061 Duplicate key name 'x'`
pub(super) fn answer(error: &MigrationError) -> String {
    match &error.sql {
        Some(sql) => format!("SQLSTATE[{}]: {} {}", sql.state, sql.errno, sql.message),
        None => error.message.clone(),
    }
}

/// Why a statement fails, in few words.
pub(super) fn why(error: &MigrationError) -> Message {
    let sql = error.sql.as_ref();
    let field = |name: Option<&String>| name.cloned().unwrap_or_default();
    let (table, index, column) = (
        field(sql.and_then(|sql| sql.table.as_ref())),
        field(sql.and_then(|sql| sql.index.as_ref())),
        field(sql.and_then(|sql| sql.column.as_ref())),
    );
    let thing = |template: &'static str, name: String| Message::new(template).text("name", name);
    match error.class {
        ErrorClass::DuplicateKeyName => thing("migration.why.index-exists", index),
        ErrorClass::DuplicateColumn => thing("migration.why.column-exists", format!("{table}.{column}")),
        ErrorClass::TableExists => thing("migration.why.table-exists", table),
        ErrorClass::IndexMissing => thing("migration.why.index-missing", index),
        ErrorClass::KeyColumnMissing | ErrorClass::ColumnMissing if !column.is_empty() => {
            thing("migration.why.column-missing", format!("{table}.{column}"))
        }
        ErrorClass::TableMissing => thing("migration.why.table-missing", table),
        ErrorClass::DuplicateForeignKeyName => thing("migration.why.foreign-exists", index),
        ErrorClass::IndexNeededByForeignKey => thing("migration.why.index-needed", index),
        ErrorClass::MultiplePrimaryKey => thing("migration.why.primary-exists", table),
        ErrorClass::IdentifierTooLong => Message::new("migration.why.name-too-long"),
        ErrorClass::KeyTooLong => Message::new("migration.why.key-too-long"),
        ErrorClass::NoActiveTransaction => Message::new("migration.why.transaction"),
        ErrorClass::SyntaxError => Message::new("migration.why.syntax"),
        ErrorClass::PhpError => Message::new("migration.why.php"),
        class => Message::new("migration.why.other")
            .text("class", class.name())
            .text("errno", sql.map_or_else(String::new, |sql| sql.errno.to_string())),
    }
}

/// What must hold.
pub(super) fn assumption(assumption: &Assumption) -> Message {
    let columns = |table: &str, columns: &[String]| format!("{table}({})", columns.join(", "));
    match assumption {
        Assumption::Likely(Cause::Environment(name)) if name == "APP_ENV" => Message::new("migration.assumes.production"),
        Assumption::Likely(Cause::Environment(name)) => Message::new("migration.assumes.environment").text("name", name.clone()),
        Assumption::Likely(Cause::Configuration(key)) => {
            Message::new("migration.assumes.configuration").text("name", key.clone())
        }
        Assumption::Likely(Cause::Rows(table)) => Message::new("migration.assumes.no-row").text("name", table.clone()),
        Assumption::Likely(Cause::Clock) => Message::new("migration.assumes.clock"),
        Assumption::Likely(Cause::Code(what)) => Message::new("migration.text").text("text", what.clone()),
        Assumption::Rows(Demand::NoDuplicates { table, columns: of, .. }) => {
            Message::new("migration.assumes.no-duplicates").text("name", columns(table, of))
        }
        Assumption::Rows(Demand::NoOrphans { table, columns: of, .. }) => {
            Message::new("migration.assumes.no-orphans").text("name", columns(table, of))
        }
        Assumption::Rows(Demand::NoNulls { table, column }) => {
            Message::new("migration.assumes.no-nulls").text("name", format!("{table}.{column}"))
        }
        Assumption::Rows(Demand::ValuesFit { table, column }) => {
            Message::new("migration.assumes.values-fit").text("name", format!("{table}.{column}"))
        }
    }
}

/// How to find out whether it holds.
pub(super) fn help_of(assumption: &Assumption) -> Message {
    match assumption {
        Assumption::Likely(_) => Message::new("migration.conditional.help"),
        Assumption::Rows(Demand::NoDuplicates { table, columns, .. }) => {
            let columns = columns.join(", ");
            let query = format!("select {columns}, count(*) from {table} group by {columns} having count(*) > 1");
            Message::new("migration.conditional.query").text("query", query)
        }
        Assumption::Rows(Demand::NoNulls { table, column }) => Message::new("migration.conditional.query")
            .text("query", format!("select count(*) from {table} where {column} is null")),
        Assumption::Rows(_) => Message::new("migration.conditional.rows"),
    }
}
