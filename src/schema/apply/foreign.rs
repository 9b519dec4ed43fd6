//! Foreign keys.

use super::{Demand, Failure, MAX_NAME, Mode, Work, too_long};
use crate::schema::sql::{ForeignDefinition, TableName};
use crate::schema::{Column, ErrorClass, ForeignKey, RowFacts, SqlError, Table, same_name};

pub(super) fn on_partitioned(table: &str) -> SqlError {
    let message = "Partitioned tables do not support FOREIGN KEY";
    SqlError::new(ErrorClass::ForeignKeyOnPartitioned, 1506, message).on(table)
}

impl Work<'_> {
    fn malformed(&self, table: &TableName, constraint: &str) -> SqlError {
        let name = self.full_name(table).replace('.', "`.`");
        let message = format!("Can't create table `{name}` (errno: 150 \"Foreign key constraint is incorrectly formed\")");
        SqlError::new(ErrorClass::ForeignKeyError, 1005, message).on(&table.name).index(constraint)
    }

    /// Adds a foreign key whose index is there.
    pub(super) fn add_foreign(&mut self, table: &mut Table, name: &TableName, key: &ForeignDefinition) -> Result<(), Failure> {
        let constraint = match &key.name {
            Some(name) => name.clone(),
            None => free_name(table),
        };
        if constraint.chars().count() > MAX_NAME {
            return Err(too_long(&constraint).on(&table.name).into());
        }
        if !holds_foreign(table) {
            return Ok(());
        }
        if self.mode == Mode::Live {
            if self.is_name_taken(table, name, &constraint) {
                let full = self.full_name(name).replace('.', "`.`");
                let message = format!("Can't create table `{full}` (errno: 121 \"Duplicate key on write or update\")");
                let error = SqlError::new(ErrorClass::DuplicateForeignKeyName, 1005, message);
                return Err(error.on(&table.name).index(&constraint).into());
            }
            self.check_foreign(table, name, key, &constraint)?;
        }
        let spelt = |column: &String| table.column(column).map_or_else(|| column.clone(), |found| found.name.clone());
        let columns = key.columns.iter().map(spelt).collect();
        let database = key.table.database.clone().filter(|database| *database != self.database_name(name));
        table.foreign_keys.push(ForeignKey {
            name: constraint,
            columns,
            database,
            table: key.table.name.clone(),
            references: key.references.clone(),
            on_delete: key.on_delete.clone(),
            on_update: key.on_update.clone(),
            origin: self.origin,
        });
        Ok(())
    }

    /// Names of foreign keys are unique in a database.
    fn is_name_taken(&self, table: &Table, name: &TableName, constraint: &str) -> bool {
        let is_same = |key: &ForeignKey| same_name(&key.name, constraint);
        let others = self.database(name).into_iter().flat_map(|database| database.tables.values());
        table.foreign_keys.iter().any(is_same)
            || others.filter(|other| other.name != table.name).any(|other| other.foreign_keys.iter().any(is_same))
    }

    fn check_foreign(
        &mut self,
        table: &Table,
        name: &TableName,
        key: &ForeignDefinition,
        constraint: &str,
    ) -> Result<(), Failure> {
        let malformed = || Err(Failure::Server(self.malformed(name, constraint)));
        let sets_null = |action: &Option<String>| action.as_deref() == Some("set null");
        for column in &key.columns {
            let Some(found) = table.column(column) else { return malformed() };
            if let Some(clause) = clause_on_generated(found, key) {
                let message = format!("Cannot define foreign key with {clause} clause on a generated column");
                return Err(SqlError::new(ErrorClass::ForeignKeyError, 1905, message).on(&table.name).column(column).into());
            }
            if !found.nullable && (sets_null(&key.on_delete) || sets_null(&key.on_update)) {
                return malformed();
            }
        }
        let is_own = key.table.name == table.name && key.table.database.is_none();
        let other_database = key.table.database.clone().or_else(|| name.database.clone());
        let other_name = TableName { database: other_database, name: key.table.name.clone() };
        let other = if is_own { Some(table) } else { self.table(&other_name) };
        let Some(other) = other else {
            if !self.server.foreign_key_checks {
                return Ok(());
            }
            if self.database(&other_name).is_none() {
                return Err(Failure::Unknown(format!("the database of `{}` is not in the snapshot", key.table.name)));
            }
            return malformed();
        };
        if other.partition_columns.is_some() || !holds_foreign(other) {
            return malformed();
        }
        if !fits(table, other, key) {
            return malformed();
        }
        if table.rows != RowFacts::Empty && self.server.foreign_key_checks {
            self.demands.push(Demand::NoOrphans {
                table: table.name.clone(),
                constraint: constraint.to_owned(),
                columns: key.columns.clone(),
            });
        }
        Ok(())
    }

    pub(super) fn drop_foreign(&self, table: &mut Table, name: &str, optional: bool) -> Result<(), Failure> {
        match table.foreign_keys.iter().position(|key| same_name(&key.name, name)) {
            Some(at) => {
                table.foreign_keys.remove(at);
                Ok(())
            }
            None if optional || self.mode == Mode::Restore => Ok(()),
            None => {
                let message = format!("Can't DROP FOREIGN KEY `{name}`; check that it exists");
                Err(SqlError::new(ErrorClass::IndexMissing, 1091, message).on(&table.name).index(name).into())
            }
        }
    }

    /// Every foreign key keeps an index on its own columns and on those that it refers to.
    pub(super) fn check_support(&self, before: &Table, after: &Table, name: &TableName) -> Result<(), Failure> {
        if self.mode == Mode::Restore || !self.server.foreign_key_checks {
            return Ok(());
        }
        let gone: Vec<_> = before
            .indexes
            .iter()
            .filter(|index| !after.indexes.iter().any(|kept| same_name(&kept.name, &index.name) && kept.parts == index.parts))
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        let needed = |columns: &[String]| {
            let had = gone.iter().find(|index| super::keys::covers(index, columns));
            let has = after.indexes.iter().any(|index| super::keys::covers(index, columns));
            had.filter(|_| !has)
        };
        let own = after.foreign_keys.iter().map(|key| (&key.columns, &key.name));
        let others = self.database(name).into_iter().flat_map(|database| database.tables.values());
        let others = others.filter(|other| other.name != before.name).flat_map(|other| &other.foreign_keys);
        let referring = others.filter(|key| key.table == before.name && key.database.is_none());
        let own_referring = after.foreign_keys.iter().filter(|key| key.table == before.name && key.database.is_none());
        let referred = referring.chain(own_referring).map(|key| (&key.references, &key.name));
        for (columns, _) in own.chain(referred) {
            if let Some(index) = needed(columns) {
                let message = format!("Cannot drop index '{}': needed in a foreign key constraint", index.name);
                let error = SqlError::new(ErrorClass::IndexNeededByForeignKey, 1553, message);
                return Err(error.on(&before.name).index(&index.name).into());
            }
        }
        Ok(())
    }

    /// The type of a column of a foreign key cannot be changed.
    pub(super) fn refuse_change_of_foreign(&self, table: &Table, before: &Column, after: &Column) -> Result<(), Failure> {
        let is_same = same_type(table, before, table, after);
        if is_same {
            return Ok(());
        }
        if let Some(key) = table.foreign_keys.iter().find(|key| key.columns.iter().any(|column| same_name(column, &before.name)))
        {
            let message = format!("Cannot change column '{}': used in a foreign key constraint '{}'", before.name, key.name);
            let error = SqlError::new(ErrorClass::ForeignKeyError, 1832, message);
            return Err(error.on(&table.name).column(&before.name).index(&key.name).into());
        }
        for other in self.server.databases.values().flat_map(|database| database.tables.values()) {
            let refers = |key: &&ForeignKey| {
                key.table == table.name && key.references.iter().any(|column| same_name(column, &before.name))
            };
            if let Some(key) = other.foreign_keys.iter().find(refers) {
                let message = format!(
                    "Cannot change column '{}': used in a foreign key constraint '{}' of table '{}'",
                    before.name, key.name, other.name
                );
                let error = SqlError::new(ErrorClass::ForeignKeyError, 1833, message);
                return Err(error.on(&table.name).column(&before.name).index(&key.name).into());
            }
        }
        Ok(())
    }
}

/// What a foreign key does to its column that a generated one does not take.
fn clause_on_generated(column: &Column, key: &ForeignDefinition) -> Option<&'static str> {
    column.generated.as_ref()?;
    match (key.on_update.as_deref(), key.on_delete.as_deref()) {
        (Some("set null"), _) => Some("ON UPDATE SET NULL"),
        (Some("cascade"), _) => Some("ON UPDATE CASCADE"),
        (_, Some("set null")) => Some("ON DELETE SET NULL"),
        _ => None,
    }
}

/// Other engines pass over foreign keys in silence.
fn holds_foreign(table: &Table) -> bool {
    let others = ["myisam", "mrg_myisam", "merge", "aria", "memory", "heap", "csv", "archive", "blackhole"];
    !table.engine.as_deref().is_some_and(|engine| others.contains(&engine))
}

/// True where the other table has the columns, their types are the same, and an index leads with them.
fn fits(table: &Table, other: &Table, key: &ForeignDefinition) -> bool {
    if key.columns.len() != key.references.len() {
        return false;
    }
    let columns_fit = key.columns.iter().zip(&key.references).all(|(column, reference)| {
        match (table.column(column), other.column(reference)) {
            (Some(own), Some(referred)) => same_type(table, own, other, referred),
            _ => false,
        }
    });
    columns_fit && other.indexes.iter().any(|index| super::keys::covers(index, &key.references))
}

/// Types that `InnoDB` takes for each other in a foreign key.
fn same_type(table: &Table, left: &Column, other: &Table, right: &Column) -> bool {
    let (own, referred) = (&left.data_type, &right.data_type);
    let is_text = |name: &str| matches!(name, "char" | "varchar");
    if is_text(&own.name) && is_text(&referred.name) {
        return collation(table, left) == collation(other, right);
    }
    if own.name != referred.name || own.unsigned != referred.unsigned {
        return false;
    }
    match own.name.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "binary" | "varbinary" => true,
        _ => own.arguments == referred.arguments,
    }
}

fn collation(table: &Table, column: &Column) -> Option<String> {
    let named = column.data_type.collation.clone().or_else(|| column.data_type.charset.clone());
    named.or_else(|| table.collation.clone()).or_else(|| table.charset.clone()).map(|name| default_collation(&name).to_owned())
}

/// A character set stands for its collation.
fn default_collation(name: &str) -> &str {
    match name {
        "utf8mb4" => "utf8mb4_general_ci",
        "utf8" | "utf8mb3" => "utf8mb3_general_ci",
        "latin1" => "latin1_swedish_ci",
        "ascii" => "ascii_general_ci",
        other => other,
    }
}

/// `table_ibfk_1`, …: the name of a foreign key without one.
fn free_name(table: &Table) -> String {
    let prefix = format!("{}_ibfk_", table.name);
    let last = table.foreign_keys.iter().filter_map(|key| key.name.strip_prefix(&prefix)?.parse::<u32>().ok()).max();
    format!("{prefix}{}", last.unwrap_or_default() + 1)
}
