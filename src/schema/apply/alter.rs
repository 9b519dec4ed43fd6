//! `ALTER TABLE`: all of it or nothing.

use super::{Demand, Failure, Mode, Work, table_exists, too_long};
use crate::schema::sql::{AlterOperation, ColumnDefinition, ForeignDefinition, KeyDefinition, TableName, TableOptions};
use crate::schema::{ErrorClass, RowFacts, SqlError, Table, same_name};

/// The parts of a statement, in the order in which the server takes them.
#[derive(Default)]
struct Parts<'o> {
    dropped_columns: Vec<&'o str>,
    dropped_keys: Vec<&'o str>,
    keys: Vec<KeyDefinition>,
    foreign: Vec<ForeignDefinition>,
    renamed: Option<&'o TableName>,
}

impl Work<'_> {
    pub(super) fn alter_table(&mut self, name: &TableName, operations: &[AlterOperation], optional: bool) -> Result<(), Failure> {
        let Some(table) = self.table(name) else {
            if self.is_view(name) {
                if operations.iter().all(|operation| *operation == AlterOperation::Other) {
                    return Ok(());
                }
                let message = format!("'{}' is not of type 'BASE TABLE'", self.full_name(name));
                return Err(SqlError::new(ErrorClass::NotBaseTable, 1347, message).on(&name.name).into());
            }
            if optional {
                return Ok(());
            }
            self.database_mut(name)?;
            return Err(self.missing(name).into());
        };
        let (before, mut after) = (table.clone(), table.clone());
        let demands = self.demands.len();
        match self.altered(&before, &mut after, name, operations) {
            Ok(renamed) => {
                let key = if after.temporary { super::temporary_key(&name.name) } else { name.name.clone() };
                self.database_mut(name)?.tables.insert(key, after);
                renamed.map_or(Ok(()), |to| self.rename_table(name, to))
            }
            Err(failure) => {
                self.demands.truncate(demands);
                Err(failure)
            }
        }
    }

    fn altered<'o>(
        &mut self,
        before: &Table,
        table: &mut Table,
        name: &TableName,
        operations: &'o [AlterOperation],
    ) -> Result<Option<&'o TableName>, Failure> {
        let mut parts = Parts::default();
        for operation in operations {
            self.collect(before, operation, &mut parts)?;
        }
        // What is dropped goes first, then columns change and come, then keys.
        for key in &parts.dropped_keys {
            self.drop_key(table, key, false)?;
        }
        self.column_operations(before, table, operations, &parts)?;
        Self::drop_columns(table, &parts.dropped_columns)?;
        for operation in operations {
            self.late_operation(table, operation)?;
        }
        if let Some(to) = parts.renamed
            && self.exists(to)
            && to.name != name.name
        {
            return Err(table_exists(&to.name).into());
        }
        if table.partition_columns.is_some() && !parts.foreign.is_empty() && self.mode == Mode::Live {
            return Err(super::foreign::on_partitioned(&table.name).into());
        }
        let defined: Vec<&str> = operations.iter().flat_map(defined_columns).collect();
        self.check_functions(table, &defined, |name| {
            super::keys::are_on(&parts.keys, name)
                || table.indexes.iter().any(|index| index.columns().any(|column| same_name(column, name)))
        })?;
        self.add_keys(table, &parts.keys, &parts.foreign)?;
        self.check_sources(table, &defined)?;
        self.check_dropped(table, &parts.dropped_columns)?;
        self.check_auto_increment(table)?;
        self.check_columns_of_foreign(before, table, &parts)?;
        self.check_support(before, table, name)?;
        for key in &parts.foreign {
            self.add_foreign(table, name, key)?;
        }
        Ok(parts.renamed)
    }

    fn collect<'o>(&self, before: &Table, operation: &'o AlterOperation, parts: &mut Parts<'o>) -> Result<(), Failure> {
        match operation {
            AlterOperation::AddColumn(column, optional) => {
                if *optional && before.column(&column.name).is_some() {
                    return Ok(());
                }
                parts.keys.extend(super::create::keys_of_column(column));
                parts.foreign.extend(references_of(column));
            }
            AlterOperation::ChangeColumn(_, column, _) => parts.keys.extend(super::create::keys_of_column(column)),
            AlterOperation::DropColumn(column, optional) => match before.column(column) {
                Some(_) => parts.dropped_columns.push(column),
                None if *optional || self.mode == Mode::Restore => {}
                None => {
                    let message = format!("Can't DROP COLUMN `{column}`; check that it exists");
                    let error = SqlError::new(ErrorClass::ColumnMissing, 1091, message);
                    return Err(error.on(&before.name).column(column).into());
                }
            },
            AlterOperation::AddKey(key) => {
                let existing = key.name.as_deref().and_then(|name| before.index(name));
                if existing.is_some() && key.if_not_exists {
                    return Ok(());
                }
                if existing.is_some() && key.or_replace {
                    parts.dropped_keys.extend(key.name.as_deref());
                }
                parts.keys.push(key.clone());
            }
            AlterOperation::DropKey(key, optional) if (before.index(key).is_some() || !optional) => {
                parts.dropped_keys.push(key);
            }
            AlterOperation::DropPrimary => match before.primary() {
                Some(_) => parts.dropped_keys.push("PRIMARY"),
                None => return Err(super::keys::missing_key("PRIMARY", before).into()),
            },
            AlterOperation::AddForeign(key) => {
                let exists = |name: &String| before.foreign_keys.iter().any(|found| same_name(&found.name, name));
                if !(key.if_not_exists && key.name.as_ref().or(key.index.as_ref()).is_some_and(exists)) {
                    parts.foreign.push(key.clone());
                }
            }
            AlterOperation::RenameTable(to) => {
                parts.renamed = Some(to);
            }
            _ => {}
        }
        Ok(())
    }

    fn column_operations(
        &mut self,
        before: &Table,
        table: &mut Table,
        operations: &[AlterOperation],
        parts: &Parts<'_>,
    ) -> Result<(), Failure> {
        for operation in operations {
            match operation {
                AlterOperation::AddColumn(column, optional) => {
                    if *optional && before.column(&column.name).is_some() {
                        continue;
                    }
                    // A column that is dropped in the same statement makes room for one of the same name.
                    if parts.dropped_columns.iter().any(|gone| same_name(gone, &column.name)) {
                        table.columns.retain(|found| !same_name(&found.name, &column.name));
                    }
                    self.add_column(table, column)?;
                }
                AlterOperation::ChangeColumn(from, column, optional) => {
                    if *optional && before.column(from).is_none() {
                        continue;
                    }
                    self.change_column(table, from, column)?;
                }
                AlterOperation::RenameColumn(from, to) => self.rename_column(table, from, to)?,
                AlterOperation::ColumnDefault(name, value) => {
                    let Some(column) = table.columns.iter_mut().find(|column| same_name(&column.name, name)) else {
                        return Err(super::columns::unknown_column(name, table).into());
                    };
                    column.default.clone_from(value);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn late_operation(&self, table: &mut Table, operation: &AlterOperation) -> Result<(), Failure> {
        match operation {
            AlterOperation::RenameKey(from, to) => rename_key(table, from, to)?,
            AlterOperation::IgnoreKey(name, ignored) => {
                let Some(at) = table.indexes.iter().position(|index| same_name(&index.name, name)) else {
                    return Err(key_missing(name, table).into());
                };
                table.indexes[at].ignored = *ignored;
            }
            AlterOperation::DropForeign(name, optional) => self.drop_foreign(table, name, *optional)?,
            AlterOperation::DropConstraint(name, optional) => self.drop_constraint(table, name, *optional)?,
            AlterOperation::AddCheck(name) => table.checks.extend(name.clone()),
            AlterOperation::AddPeriod(name, start, end) => table.periods.push((name.clone(), start.clone(), end.clone())),
            AlterOperation::RemovePartitioning => table.partition_columns = None,
            AlterOperation::Options(options) => {
                set_options(table, options);
                if options.engine.is_some() && self.mode == Mode::Live {
                    let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
                    for column in columns {
                        self.measure_again(table, &column)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn drop_constraint(&self, table: &mut Table, name: &str, optional: bool) -> Result<(), Failure> {
        if let Some(at) = table.checks.iter().position(|check| same_name(check, name)) {
            table.checks.remove(at);
            return Ok(());
        }
        if table.foreign_keys.iter().any(|key| same_name(&key.name, name)) {
            return self.drop_foreign(table, name, optional);
        }
        if table.index(name).is_some_and(|index| index.kind.is_unique()) {
            return self.drop_key(table, name, optional);
        }
        if optional || self.mode == Mode::Restore {
            return Ok(());
        }
        let message = format!("Can't DROP CONSTRAINT `{name}`; check that it exists");
        Err(SqlError::new(ErrorClass::IndexMissing, 1091, message).on(&table.name).index(name).into())
    }

    /// A column that a foreign key stands on cannot go while the foreign key stays.
    fn check_columns_of_foreign(&mut self, before: &Table, table: &Table, parts: &Parts<'_>) -> Result<(), Failure> {
        if self.mode == Mode::Restore || !self.server.foreign_key_checks {
            return Ok(());
        }
        for column in &parts.dropped_columns {
            let refers = |key: &&crate::schema::ForeignKey| {
                key.table == before.name && key.references.iter().any(|reference| same_name(reference, column))
            };
            let mut tables = self.server.databases.values().flat_map(|database| database.tables.values());
            let referring =
                tables.find_map(|other| Some((other.name.clone(), other.foreign_keys.iter().find(refers)?.name.clone())));
            if let Some((other, key)) = referring {
                let message =
                    format!("Cannot drop column '{column}': needed in a foreign key constraint '{key}' of table '{other}'");
                let error = SqlError::new(ErrorClass::ForeignKeyError, 1829, message);
                return Err(error.on(&before.name).column(column).into());
            }
            let Some(key) = table.foreign_keys.iter().find(|key| key.columns.iter().any(|own| same_name(own, column))) else {
                continue;
            };
            let message = match before.indexes.iter().find(|index| super::keys::covers(index, &key.columns)) {
                Some(index) => {
                    let message = format!("Cannot drop index '{}': needed in a foreign key constraint", index.name);
                    SqlError::new(ErrorClass::IndexNeededByForeignKey, 1553, message).on(&before.name).index(&index.name)
                }
                None => {
                    let message = format!("Cannot drop column '{column}': needed in a foreign key constraint '{}'", key.name);
                    SqlError::new(ErrorClass::ForeignKeyError, 1828, message).on(&before.name).column(column)
                }
            };
            return Err(message.into());
        }
        let is_new = |name: &str| before.column(name).is_none();
        if before.rows != RowFacts::Empty {
            // Rows get the same default in a new column: a unique on such columns alone has duplicates from the second row on.
            let fills = |column: &str| {
                is_new(column) && table.column(column).is_some_and(|found| !found.nullable && !found.auto_increment)
            };
            for demand in &mut self.demands {
                if let Demand::NoDuplicates { columns, .. } = demand
                    && columns.iter().all(|column| is_new(column) && !fills(column))
                {
                    columns.clear();
                }
            }
            self.demands.retain(|demand| !matches!(demand, Demand::NoDuplicates { columns, .. } if columns.is_empty()));
        }
        Ok(())
    }
}

/// The columns that an operation defines or puts into an index.
fn defined_columns(operation: &AlterOperation) -> Vec<&str> {
    match operation {
        AlterOperation::AddColumn(column, _) | AlterOperation::ChangeColumn(_, column, _) => vec![&column.name],
        AlterOperation::AddKey(key) => key.parts.iter().map(|part| part.column.as_str()).collect(),
        _ => Vec::new(),
    }
}

fn references_of(column: &ColumnDefinition) -> Option<ForeignDefinition> {
    let mut references = column.references.as_deref()?.clone();
    references.columns.push(column.name.clone());
    Some(references)
}

fn key_missing(name: &str, table: &Table) -> SqlError {
    let message = format!("Key '{name}' doesn't exist in table '{}'", table.name);
    SqlError::new(ErrorClass::IndexMissing, 1176, message).on(&table.name).index(name)
}

fn rename_key(table: &mut Table, from: &str, to: &str) -> Result<(), SqlError> {
    let refuse = |name: &str| {
        let message = format!("Incorrect index name '{name}'");
        Err(SqlError::new(ErrorClass::SqlError, 1280, message).on(&table.name).index(name))
    };
    if from.eq_ignore_ascii_case("PRIMARY") {
        return refuse(from);
    }
    let Some(at) = table.indexes.iter().position(|index| same_name(&index.name, from)) else {
        return Err(key_missing(from, table));
    };
    if to.is_empty() || to.eq_ignore_ascii_case("PRIMARY") {
        return refuse(to);
    }
    if to.chars().count() > super::MAX_NAME {
        return Err(too_long(to).on(&table.name));
    }
    if !same_name(from, to) && table.index(to).is_some() {
        let message = format!("Duplicate key name '{to}'");
        return Err(SqlError::new(ErrorClass::DuplicateKeyName, 1061, message).on(&table.name).index(to));
    }
    to.clone_into(&mut table.indexes[at].name);
    Ok(())
}

fn set_options(table: &mut Table, options: &TableOptions) {
    let set = |old: &mut Option<String>, new: &Option<String>| {
        if new.is_some() {
            old.clone_from(new);
        }
    };
    set(&mut table.engine, &options.engine);
    set(&mut table.row_format, &options.row_format);
    set(&mut table.charset, &options.charset);
    set(&mut table.collation, &options.collation);
    if options.partition_columns.is_some() {
        table.partition_columns.clone_from(&options.partition_columns);
    }
}
