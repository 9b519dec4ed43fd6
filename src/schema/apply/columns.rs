//! Columns of a table: added, changed, renamed, dropped.

use super::definitions::check_row_size;
use super::{Demand, Failure, MAX_NAME, Mode, Work, too_long};
use crate::schema::sql::{ColumnDefinition, Position};
use crate::schema::{Column, DataType, ErrorClass, ForeignKey, IndexKind, RowFacts, SqlError, Table, same_name};

pub(super) fn unknown_column(column: &str, table: &Table) -> SqlError {
    let message = format!("Unknown column '{column}' in '{}'", table.name);
    SqlError::new(ErrorClass::ColumnMissing, 1054, message).on(&table.name).column(column)
}

fn duplicate_column(column: &str, table: &Table) -> SqlError {
    let message = format!("Duplicate column name '{column}'");
    SqlError::new(ErrorClass::DuplicateColumn, 1060, message).on(&table.name).column(column)
}

impl Work<'_> {
    fn column_of(&self, definition: &ColumnDefinition) -> Column {
        let mut data_type = definition.data_type.clone();
        fill_length(&mut data_type);
        Column {
            name: definition.name.clone(),
            nullable: definition.nullable.unwrap_or(!definition.primary && !definition.auto_increment),
            default: definition.default.clone(),
            auto_increment: definition.auto_increment,
            generated: definition.generated.clone(),
            stored: definition.stored,
            comment: definition.comment.clone(),
            data_type,
            origin: self.origin,
        }
    }

    pub(super) fn add_column(&self, table: &mut Table, definition: &ColumnDefinition) -> Result<(), Failure> {
        if definition.name.chars().count() > MAX_NAME {
            return Err(too_long(&definition.name).on(&table.name).into());
        }
        if table.column(&definition.name).is_some() {
            return Err(duplicate_column(&definition.name, table).into());
        }
        self.check_definition(table, definition)?;
        if definition.auto_increment && table.columns.iter().any(|column| column.auto_increment) && self.mode == Mode::Live {
            let message = "Incorrect table definition; there can be only one auto column and it must be defined as a key";
            return Err(SqlError::new(ErrorClass::AutoIncrementNeedsKey, 1075, message).on(&table.name).into());
        }
        let column = self.column_of(definition);
        let place = place(table, &definition.position, table.columns.len())?;
        table.columns.insert(place, column);
        if self.mode == Mode::Live { check_row_size(table).map_err(Failure::from) } else { Ok(()) }
    }

    pub(super) fn change_column(&mut self, table: &mut Table, from: &str, definition: &ColumnDefinition) -> Result<(), Failure> {
        let Some(at) = table.columns.iter().position(|column| same_name(&column.name, from)) else {
            return Err(unknown_column(from, table).into());
        };
        if !same_name(from, &definition.name) && table.column(&definition.name).is_some() {
            return Err(duplicate_column(&definition.name, table).into());
        }
        self.check_definition(table, definition)?;
        let before = table.columns[at].clone();
        let after = self.column_of(definition);
        let has_rows = table.rows != RowFacts::Empty && self.mode == Mode::Live;
        if before.nullable && !after.nullable && has_rows {
            self.demands.push(Demand::NoNulls { table: table.name.clone(), column: before.name.clone() });
        }
        if has_rows && narrows(&before.data_type, &after.data_type) {
            self.demands.push(Demand::ValuesFit { table: table.name.clone(), column: before.name.clone() });
        }
        if self.mode == Mode::Live && self.server.foreign_key_checks {
            self.refuse_change_of_foreign(table, &before, &after)?;
        }
        if before.name != after.name {
            rename_everywhere(table, &before.name, &after.name);
            self.rename_references(table, &before.name, &after.name);
        }
        let is_retyped = before.data_type != after.data_type;
        table.columns.remove(at);
        let place = place(table, &definition.position, at)?;
        table.columns.insert(place, after);
        if is_retyped && self.mode == Mode::Live {
            self.measure_again(table, &definition.name)?;
        }
        Ok(())
    }

    pub(super) fn rename_column(&mut self, table: &mut Table, from: &str, to: &str) -> Result<(), Failure> {
        let Some(at) = table.columns.iter().position(|column| same_name(&column.name, from)) else {
            return Err(unknown_column(from, table).into());
        };
        if !same_name(from, to) && table.column(to).is_some() {
            return Err(duplicate_column(to, table).into());
        }
        if to.chars().count() > MAX_NAME {
            return Err(too_long(to).on(&table.name).into());
        }
        let before = std::mem::replace(&mut table.columns[at].name, to.to_owned());
        rename_everywhere(table, &before, to);
        self.rename_references(table, &before, to);
        Ok(())
    }

    /// Foreign keys of other tables follow a column that is renamed.
    fn rename_references(&mut self, table: &Table, from: &str, to: &str) {
        for database in self.server.databases.values_mut() {
            let is_meant = |key: &ForeignKey| key.table == table.name;
            database.tables.change_foreign_keys(is_meant, |key| {
                key.references.iter_mut().filter(|column| same_name(column, from)).for_each(|column| to.clone_into(column));
            });
        }
    }

    /// Takes columns out, and out of the indexes that hold them.
    pub(super) fn drop_columns(table: &mut Table, dropped: &[&str]) -> Result<(), Failure> {
        if dropped.is_empty() {
            return Ok(());
        }
        if let Some((_, twice)) =
            dropped.iter().enumerate().find(|(place, name)| dropped[..*place].iter().any(|other| same_name(other, name)))
        {
            let message = format!("Can't DROP COLUMN `{twice}`; check that it exists");
            return Err(SqlError::new(ErrorClass::ColumnMissing, 1091, message).on(&table.name).column(twice).into());
        }
        let is_dropped = |name: &str| dropped.iter().any(|gone| same_name(gone, name));
        if table.columns.iter().all(|column| is_dropped(&column.name)) {
            let message = "You can't delete all columns with ALTER TABLE; use DROP TABLE instead";
            return Err(SqlError::new(ErrorClass::SqlError, 1090, message).on(&table.name).into());
        }
        for index in table.indexes.iter().filter(|index| index.kind.is_unique()) {
            let gone: Vec<&str> = index.columns().filter(|column| is_dropped(column)).collect();
            if let Some(column) = gone.last().filter(|_| gone.len() < index.parts.len()) {
                let message = format!("Key column '{column}' doesn't exist in table");
                let error = SqlError::new(ErrorClass::KeyColumnMissing, 1072, message);
                return Err(error.on(&table.name).index(&index.name).column(column).into());
            }
        }
        table.columns.retain(|column| !is_dropped(&column.name));
        for index in &mut table.indexes {
            index.parts.retain(|part| !is_dropped(&part.column));
        }
        table.indexes.retain(|index| !index.parts.is_empty());
        Ok(())
    }

    pub(super) fn check_auto_increment(&self, table: &Table) -> Result<(), Failure> {
        if self.mode == Mode::Restore {
            return Ok(());
        }
        let columns: Vec<&Column> = table.columns.iter().filter(|column| column.auto_increment).collect();
        let leads = |column: &&Column| {
            table.indexes.iter().any(|index| {
                !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial)
                    && index.columns().next().is_some_and(|first| same_name(first, &column.name))
            })
        };
        if columns.len() > 1 || !columns.iter().all(leads) {
            let message = "Incorrect table definition; there can be only one auto column and it must be defined as a key";
            let error = SqlError::new(ErrorClass::AutoIncrementNeedsKey, 1075, message);
            return Err(error.on(&table.name).into());
        }
        Ok(())
    }
}

fn place(table: &Table, position: &Position, otherwise: usize) -> Result<usize, SqlError> {
    match position {
        Position::First => Ok(0),
        Position::Last => Ok(otherwise),
        Position::After(column) => match table.columns.iter().position(|found| same_name(&found.name, column)) {
            Some(at) => Ok(at + 1),
            None => Err(unknown_column(column, table)),
        },
    }
}

fn rename_everywhere(table: &mut Table, from: &str, to: &str) {
    let names = table.indexes.iter_mut().flat_map(|index| &mut index.parts).map(|part| &mut part.column);
    let foreign = table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns);
    let partition = table.partition_columns.iter_mut().flatten();
    for expression in table.columns.iter_mut().filter_map(|column| column.generated.as_mut()) {
        *expression = super::generated::renamed(expression, from, to);
    }
    names.chain(foreign).chain(partition).filter(|name| same_name(name, from)).for_each(|name| to.clone_into(name));
}

/// Display widths that the server fills in.
fn fill_length(data_type: &mut DataType) {
    if !data_type.arguments.is_empty() {
        return;
    }
    let width = match (data_type.name.as_str(), data_type.unsigned) {
        ("bigint", _) => "20",
        ("int", true) => "10",
        ("int", false) => "11",
        ("mediumint", true) => "8",
        ("mediumint", false) => "9",
        ("smallint", true) => "5",
        ("smallint", false) => "6",
        ("tinyint", true) => "3",
        ("tinyint", false) => "4",
        ("year", _) => "4",
        ("char" | "binary" | "bit", _) => "1",
        ("decimal", _) => {
            data_type.arguments = vec!["10".to_owned(), "0".to_owned()];
            return;
        }
        _ => return,
    };
    data_type.arguments.push(width.to_owned());
}

/// True where values may not fit the new type.
fn narrows(before: &DataType, after: &DataType) -> bool {
    const NUMBERS: [&str; 5] = ["tinyint", "smallint", "mediumint", "int", "bigint"];
    const TEXTS: [&str; 4] = ["tinytext", "text", "mediumtext", "longtext"];
    let rank = |list: &[&str], name: &str| list.iter().position(|found| *found == name);
    if let (Some(old), Some(new)) = (rank(&NUMBERS, &before.name), rank(&NUMBERS, &after.name)) {
        return new < old || (after.unsigned && !before.unsigned) || (before.unsigned && !after.unsigned && new == old);
    }
    if let (Some(old), Some(new)) = (rank(&TEXTS, &before.name), rank(&TEXTS, &after.name)) {
        return new < old;
    }
    match (before.name.as_str(), after.name.as_str()) {
        ("char" | "varchar", "char" | "varchar") => after.length() < before.length(),
        ("char" | "varchar", "text" | "mediumtext" | "longtext") => false,
        ("enum", "enum") | ("set", "set") => !before.arguments.iter().all(|value| after.arguments.contains(value)),
        ("enum", "varchar" | "text" | "char") => false,
        _ if before.name == after.name => before.arguments != after.arguments,
        _ => true,
    }
}
