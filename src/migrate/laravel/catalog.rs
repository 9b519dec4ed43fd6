//! The tables of `information_schema`, and what `SHOW` prints.

use crate::migrate::php::Value;
use crate::schema::{IndexKind, Server, Table};

/// Rows with named fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }
}

fn number(value: usize) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

fn yes(value: bool) -> Value {
    Value::text(if value { "YES" } else { "NO" })
}

fn optional(text: Option<&String>) -> Value {
    text.map_or(Value::Null, Value::text)
}

/// Which index a column is part of: `PRI`, `UNI`, `MUL`.
fn column_key(table: &Table, column: &str) -> &'static str {
    let leads = |kind: IndexKind| {
        table.indexes.iter().any(|index| index.kind == kind && index.columns().next().is_some_and(|first| first == column))
    };
    if table.primary().is_some_and(|primary| primary.columns().any(|found| found == column)) {
        "PRI"
    } else if leads(IndexKind::Unique) {
        "UNI"
    } else if leads(IndexKind::Plain) || leads(IndexKind::Fulltext) || leads(IndexKind::Spatial) {
        "MUL"
    } else {
        ""
    }
}

/// A table of `information_schema`.
pub(super) fn table(server: &Server, name: &str) -> Option<Rows> {
    Some(match name.to_ascii_lowercase().as_str() {
        "statistics" => statistics(server),
        "columns" => columns(server),
        "tables" => tables(server),
        "views" => views(server),
        "schemata" => {
            let mut rows = Rows::new(&["schema_name", "default_character_set_name"]);
            rows.rows = server.databases.keys().map(|name| vec![Value::text(name), Value::text("utf8mb4")]).collect();
            rows
        }
        "table_constraints" => table_constraints(server),
        "key_column_usage" => key_column_usage(server),
        "referential_constraints" => referential_constraints(server),
        _ => return None,
    })
}

fn statistics(server: &Server) -> Rows {
    let mut rows = Rows::new(&[
        "table_schema",
        "table_name",
        "non_unique",
        "index_schema",
        "index_name",
        "seq_in_index",
        "column_name",
        "collation",
        "sub_part",
        "nullable",
        "index_type",
        "ignored",
        "cardinality",
    ]);
    for (database, table) in all_tables(server) {
        for index in &table.indexes {
            for (place, part) in index.parts.iter().enumerate() {
                let nullable = table.column(&part.column).is_some_and(|column| column.nullable);
                rows.rows.push(vec![
                    Value::text(database),
                    Value::text(&table.name),
                    Value::Int(i64::from(!index.kind.is_unique())),
                    Value::text(database),
                    Value::text(&index.name),
                    number(place + 1),
                    Value::text(&part.column),
                    Value::text(if part.descending { "D" } else { "A" }),
                    part.length.map_or(Value::Null, |length| Value::Int(i64::from(length))),
                    Value::text(if nullable { "YES" } else { "" }),
                    Value::text(index.index_type()),
                    yes(index.ignored),
                    Value::Int(0),
                ]);
            }
        }
    }
    rows
}

fn all_tables(server: &Server) -> impl Iterator<Item = (&String, &Table)> {
    server.databases.iter().flat_map(|(name, database)| database.tables.values().map(move |table| (name, table)))
}

fn columns(server: &Server) -> Rows {
    let mut rows = Rows::new(&[
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
        "data_type",
        "column_type",
        "column_key",
        "extra",
        "column_comment",
        "character_maximum_length",
        "collation_name",
        "generation_expression",
    ]);
    for (database, table) in all_tables(server) {
        for (place, column) in table.columns.iter().enumerate() {
            let is_text = matches!(column.data_type.name.as_str(), "char" | "varchar");
            let length = column.data_type.length().filter(|_| is_text);
            rows.rows.push(vec![
                Value::text(database),
                Value::text(&table.name),
                Value::text(&column.name),
                number(place + 1),
                optional(column.default.as_ref()),
                yes(column.nullable),
                Value::text(&column.data_type.name),
                Value::text(column.data_type.display()),
                Value::text(column_key(table, &column.name)),
                Value::text(if column.auto_increment { "auto_increment" } else { "" }),
                Value::text(column.comment.as_deref().unwrap_or_default()),
                length.map_or(Value::Null, |length| Value::Int(i64::from(length))),
                optional(column.data_type.collation.as_ref().or(table.collation.as_ref())),
                optional(column.generated.as_ref()),
            ]);
        }
    }
    rows
}

fn tables(server: &Server) -> Rows {
    let mut rows = Rows::new(&["table_schema", "table_name", "table_type", "engine", "table_rows", "table_collation"]);
    for (database, table) in all_tables(server) {
        rows.rows.push(vec![
            Value::text(database),
            Value::text(&table.name),
            Value::text("BASE TABLE"),
            Value::text("InnoDB"),
            Value::Int(0),
            optional(table.collation.as_ref()),
        ]);
    }
    for (name, database) in &server.databases {
        for view in &database.views {
            let kind = Value::text("VIEW");
            rows.rows.push(vec![Value::text(name), Value::text(view), kind, Value::Null, Value::Null, Value::Null]);
        }
    }
    rows
}

fn views(server: &Server) -> Rows {
    let mut rows = Rows::new(&["table_schema", "table_name"]);
    for (name, database) in &server.databases {
        rows.rows.extend(database.views.iter().map(|view| vec![Value::text(name), Value::text(view)]));
    }
    rows
}

fn table_constraints(server: &Server) -> Rows {
    let mut rows = Rows::new(&["constraint_schema", "constraint_name", "table_schema", "table_name", "constraint_type"]);
    for (database, table) in all_tables(server) {
        let mut add = |name: &str, kind: &str| {
            let database = || Value::text(database);
            rows.rows.push(vec![database(), Value::text(name), database(), Value::text(&table.name), Value::text(kind)]);
        };
        for index in table.indexes.iter().filter(|index| index.kind.is_unique()) {
            add(&index.name, if index.kind == IndexKind::Primary { "PRIMARY KEY" } else { "UNIQUE" });
        }
        table.foreign_keys.iter().for_each(|key| add(&key.name, "FOREIGN KEY"));
        table.checks.iter().for_each(|check| add(check, "CHECK"));
    }
    rows
}

fn key_column_usage(server: &Server) -> Rows {
    let mut rows = Rows::new(&[
        "constraint_schema",
        "constraint_name",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "referenced_table_schema",
        "referenced_table_name",
        "referenced_column_name",
    ]);
    for (database, table) in all_tables(server) {
        for index in table.indexes.iter().filter(|index| index.kind.is_unique()) {
            for (place, column) in index.columns().enumerate() {
                rows.rows.push(vec![
                    Value::text(database),
                    Value::text(&index.name),
                    Value::text(database),
                    Value::text(&table.name),
                    Value::text(column),
                    number(place + 1),
                    Value::Null,
                    Value::Null,
                    Value::Null,
                ]);
            }
        }
        for key in &table.foreign_keys {
            for (place, (column, reference)) in key.columns.iter().zip(&key.references).enumerate() {
                rows.rows.push(vec![
                    Value::text(database),
                    Value::text(&key.name),
                    Value::text(database),
                    Value::text(&table.name),
                    Value::text(column),
                    number(place + 1),
                    Value::text(key.database.as_ref().unwrap_or(database)),
                    Value::text(&key.table),
                    Value::text(reference),
                ]);
            }
        }
    }
    rows
}

fn referential_constraints(server: &Server) -> Rows {
    let mut rows = Rows::new(&[
        "constraint_schema",
        "constraint_name",
        "table_name",
        "referenced_table_name",
        "update_rule",
        "delete_rule",
        "unique_constraint_schema",
    ]);
    let rule = |action: &Option<String>| Value::text(action.as_deref().unwrap_or("restrict").to_ascii_uppercase());
    for (database, table) in all_tables(server) {
        for key in &table.foreign_keys {
            rows.rows.push(vec![
                Value::text(database),
                Value::text(&key.name),
                Value::text(&table.name),
                Value::text(&key.table),
                rule(&key.on_update),
                rule(&key.on_delete),
                Value::text(database),
            ]);
        }
    }
    rows
}

/// `SHOW INDEX FROM table`
pub(super) fn show_index(table: &Table) -> Rows {
    let mut rows = Rows::new(&[
        "Table",
        "Non_unique",
        "Key_name",
        "Seq_in_index",
        "Column_name",
        "Collation",
        "Cardinality",
        "Sub_part",
        "Packed",
        "Null",
        "Index_type",
        "Comment",
        "Index_comment",
        "Ignored",
    ]);
    for index in &table.indexes {
        for (place, part) in index.parts.iter().enumerate() {
            let nullable = table.column(&part.column).is_some_and(|column| column.nullable);
            rows.rows.push(vec![
                Value::text(&table.name),
                Value::Int(i64::from(!index.kind.is_unique())),
                Value::text(&index.name),
                number(place + 1),
                Value::text(&part.column),
                Value::text(if part.descending { "D" } else { "A" }),
                Value::Int(0),
                part.length.map_or(Value::Null, |length| Value::Int(i64::from(length))),
                Value::Null,
                Value::text(if nullable { "YES" } else { "" }),
                Value::text(index.index_type()),
                Value::text(""),
                Value::text(""),
                yes(index.ignored),
            ]);
        }
    }
    rows
}

/// `SHOW COLUMNS FROM table`
pub(super) fn show_columns(table: &Table) -> Rows {
    let mut rows = Rows::new(&["Field", "Type", "Null", "Key", "Default", "Extra"]);
    for column in &table.columns {
        rows.rows.push(vec![
            Value::text(&column.name),
            Value::text(column.data_type.display()),
            yes(column.nullable),
            Value::text(column_key(table, &column.name)),
            optional(column.default.as_ref()),
            Value::text(if column.auto_increment { "auto_increment" } else { "" }),
        ]);
    }
    rows
}
