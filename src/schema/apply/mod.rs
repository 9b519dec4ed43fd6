//! Statements on a server, with the rules and errors of `MariaDB` 10.11.
//!
//! A statement works as a whole or leaves everything as it was. What depends on rows is not decided here: it is told as a
//! [`Demand`], and who runs the statement says what is known of the rows.

mod alter;
mod charsets;
mod columns;
mod create;
mod definitions;
mod foreign;
mod generated;
mod keys;
mod refusals;

use super::sql::{Statement, TableName};
use super::{Database, ErrorClass, ForeignKey, Origin, RowFacts, Server, SqlError, Table};

/// What the rows of a table must be like for a statement to work.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// No two rows are equal in the columns of a new unique.
    NoDuplicates {
        /// The table.
        table: String,
        /// The index.
        index: String,
        /// Its columns.
        columns: Vec<String>,
    },
    /// Every value has its row in the other table.
    NoOrphans {
        /// The table.
        table: String,
        /// The constraint.
        constraint: String,
        /// Its columns.
        columns: Vec<String>,
    },
    /// No value of a column is null.
    NoNulls {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// All values fit the new type.
    ValuesFit {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
}

/// Why a statement did not work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The server refuses it.
    Server(SqlError),
    /// What the server does with it depends on what is not known here; why.
    Unknown(String),
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Server(error)
    }
}

/// How strictly statements are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// As a server with rows takes them.
    Live,
    /// As a restore takes them: a second `CREATE` replaces the first one, foreign keys are not checked.
    Restore,
}

/// Longer names are refused.
pub(super) const MAX_NAME: usize = 64;

/// A statement at work.
struct Work<'s> {
    server: &'s mut Server,
    origin: Origin,
    mode: Mode,
    demands: Vec<Demand>,
}

/// Runs a statement.
///
/// # Errors
/// Where the server refuses it, or where it cannot be known whether it does.
pub fn execute(server: &mut Server, statement: &Statement, origin: Origin, mode: Mode) -> Result<Vec<Demand>, Failure> {
    let mut work = Work { server, origin, mode, demands: Vec::new() };
    work.run(statement)?;
    Ok(work.demands)
}

impl Work<'_> {
    fn run(&mut self, statement: &Statement) -> Result<(), Failure> {
        if self.mode == Mode::Live {
            self.check_statement(statement)?;
        }
        match statement {
            Statement::CreateTable(create) => self.create_table(create),
            Statement::AlterTable(table, operations, optional) => self.alter_table(table, operations, *optional),
            Statement::RenameTables(pairs) => self.rename_tables(pairs),
            Statement::DropTables(tables, optional) => self.drop_tables(tables, *optional),
            Statement::CreateView(view, replaces) => self.create_view(view, *replaces),
            Statement::DropViews(views, optional) => {
                for view in views {
                    let name = self.full_name(view);
                    if !self.database_mut(view)?.views.remove(&view.name) && !optional {
                        return Err(SqlError::new(ErrorClass::SqlError, 4092, format!("Unknown VIEW: '{name}'")).into());
                    }
                }
                Ok(())
            }
            Statement::CreateSequence(sequence, optional) => {
                if self.exists(sequence) && !optional && self.mode == Mode::Live {
                    return Err(table_exists(&sequence.name).into());
                }
                self.database_mut(sequence)?.sequences.insert(sequence.name.clone());
                Ok(())
            }
            Statement::DropSequences(sequences, _) => {
                for sequence in sequences {
                    self.database_mut(sequence)?.sequences.remove(&sequence.name);
                }
                Ok(())
            }
            Statement::CreateDatabase(name, _) => {
                self.server.databases.entry(name.clone()).or_default();
                Ok(())
            }
            Statement::DropDatabase(name, _) => {
                self.server.databases.remove(name);
                Ok(())
            }
            Statement::Use(name) => {
                if self.mode == Mode::Restore {
                    self.server.databases.entry(name.clone()).or_default();
                } else if !self.server.databases.contains_key(name) {
                    return Err(Failure::Unknown(format!("the database `{name}` is not in the snapshot")));
                }
                self.server.current.clone_from(name);
                Ok(())
            }
            Statement::ForeignKeyChecks(on) => {
                self.server.foreign_key_checks = *on;
                Ok(())
            }
            Statement::SqlMode { ansi_quotes } => {
                self.server.ansi_quotes = *ansi_quotes;
                Ok(())
            }
            Statement::Insert(table) => self.touch_rows(table, |rows| match rows {
                RowFacts::Empty => RowFacts::AtLeast(1),
                RowFacts::AtLeast(count) => RowFacts::AtLeast(count + 1),
                RowFacts::Unknown => RowFacts::Unknown,
            }),
            Statement::Empty(table) => {
                self.refuse_truncate(table)?;
                self.touch_rows(table, |_| RowFacts::Empty)
            }
            Statement::Other(_) => Ok(()),
        }
    }

    fn touch_rows(&mut self, table: &TableName, change: impl FnOnce(RowFacts) -> RowFacts) -> Result<(), Failure> {
        if self.mode == Mode::Restore {
            return Ok(());
        }
        let missing = self.missing(table);
        let Some(found) = self.database_mut(table)?.tables.get_mut(&table.name) else { return Err(missing.into()) };
        found.rows = change(found.rows);
        Ok(())
    }

    /// `crm.customers`, as errors name it.
    fn full_name(&self, table: &TableName) -> String {
        let database = table.database.as_deref().unwrap_or(&self.server.current);
        if database.is_empty() { table.name.clone() } else { format!("{database}.{}", table.name) }
    }

    fn database_name(&self, table: &TableName) -> String {
        table.database.clone().unwrap_or_else(|| self.server.current.clone())
    }

    fn database_mut(&mut self, table: &TableName) -> Result<&mut Database, Failure> {
        let name = self.database_name(table);
        if self.mode == Mode::Restore {
            return Ok(self.server.databases.entry(name).or_default());
        }
        match self.server.databases.get_mut(&name) {
            Some(database) => Ok(database),
            None => Err(Failure::Unknown(format!("the database `{name}` is not in the snapshot"))),
        }
    }

    fn database(&self, table: &TableName) -> Option<&Database> {
        self.server.databases.get(table.database.as_deref().unwrap_or(&self.server.current))
    }

    /// A temporary table hides one of the same name.
    fn table(&self, table: &TableName) -> Option<&Table> {
        let tables = &self.database(table)?.tables;
        tables.get(&temporary_key(&table.name)).or_else(|| tables.get(&table.name))
    }

    fn missing(&self, table: &TableName) -> SqlError {
        let message = format!("Table '{}' doesn't exist", self.full_name(table));
        SqlError::new(ErrorClass::TableMissing, 1146, message).on(&table.name)
    }

    fn is_view(&self, table: &TableName) -> bool {
        self.database(table).is_some_and(|database| database.views.contains(&table.name))
    }

    fn exists(&self, table: &TableName) -> bool {
        self.database(table).is_some_and(|database| {
            database.tables.contains_key(&table.name)
                || database.views.contains(&table.name)
                || database.sequences.contains(&table.name)
        })
    }

    fn create_view(&mut self, view: &TableName, replaces: bool) -> Result<(), Failure> {
        if self.mode == Mode::Restore {
            let database = self.database_mut(view)?;
            database.tables.remove(&view.name);
            database.views.insert(view.name.clone());
            return Ok(());
        }
        let is_table = self.table(view).is_some();
        if is_table && replaces {
            let message = format!("'{}' is not of type 'VIEW'", self.full_name(view));
            return Err(SqlError::new(ErrorClass::NotBaseTable, 1347, message).on(&view.name).into());
        }
        if self.exists(view) && !replaces {
            return Err(table_exists(&view.name).into());
        }
        self.database_mut(view)?.views.insert(view.name.clone());
        Ok(())
    }

    fn drop_tables(&mut self, tables: &[TableName], optional: bool) -> Result<(), Failure> {
        let mut missing = Vec::new();
        for table in tables {
            if self.table(table).is_none() {
                if self.is_view(table) && self.mode == Mode::Live {
                    let message = format!("'{}' is a view", self.full_name(table));
                    if optional {
                        continue;
                    }
                    return Err(SqlError::new(ErrorClass::NotBaseTable, 1965, message).on(&table.name).into());
                }
                missing.push(self.full_name(table));
                continue;
            }
            if self.mode == Mode::Live && self.server.foreign_key_checks {
                self.refuse_where_referenced(table, tables)?;
            }
            let tables = &mut self.database_mut(table)?.tables;
            if tables.remove(&temporary_key(&table.name)).is_none() {
                tables.remove(&table.name);
            }
        }
        if missing.is_empty() || optional || self.mode == Mode::Restore {
            return Ok(());
        }
        let name = tables.first().map_or("", |table| table.name.as_str());
        let message = format!("Unknown table '{}'", missing.join(","));
        Err(SqlError::new(ErrorClass::TableMissing, 1051, message).on(name).into())
    }

    fn refuse_where_referenced(&self, table: &TableName, dropped: &[TableName]) -> Result<(), SqlError> {
        let Some(database) = self.database(table) else { return Ok(()) };
        for other in database.tables.values().filter(|other| !dropped.iter().any(|gone| gone.name == other.name)) {
            let Some(key) = other.foreign_keys.iter().find(|key| key.database.is_none() && key.table == table.name) else {
                continue;
            };
            let message = "Cannot delete or update a parent row: a foreign key constraint fails".to_owned();
            return Err(SqlError::new(ErrorClass::ForeignKeyError, 1451, message).on(&table.name).index(&key.name));
        }
        Ok(())
    }

    /// Rows of a table that others refer to are not thrown away together.
    fn refuse_truncate(&self, table: &TableName) -> Result<(), SqlError> {
        if self.mode == Mode::Restore || !self.server.foreign_key_checks {
            return Ok(());
        }
        let is_meant = |key: &&ForeignKey| key.database.is_none() && key.table == table.name;
        let others = self.database(table).into_iter().flat_map(|database| database.tables.values());
        for other in others.filter(|other| other.name != table.name) {
            if let Some(key) = other.foreign_keys.iter().find(is_meant) {
                let message = format!(
                    "Cannot truncate a table referenced in a foreign key constraint (`{}`, CONSTRAINT `{}`)",
                    other.name, key.name
                );
                return Err(SqlError::new(ErrorClass::ForeignKeyError, 1701, message).on(&table.name).index(&key.name));
            }
        }
        Ok(())
    }

    fn rename_tables(&mut self, pairs: &[(TableName, TableName)]) -> Result<(), Failure> {
        let before = self.server.clone();
        for (from, to) in pairs {
            if let Err(failure) = self.rename_table(from, to) {
                *self.server = before;
                return Err(failure);
            }
        }
        Ok(())
    }

    fn rename_table(&mut self, from: &TableName, to: &TableName) -> Result<(), Failure> {
        if self.is_view(from) {
            let database = self.database_mut(from)?;
            database.views.remove(&from.name);
            database.views.insert(to.name.clone());
            return Ok(());
        }
        if self.table(from).is_none() {
            return Err(self.missing(from).into());
        }
        if self.exists(to) {
            return Err(table_exists(&to.name).into());
        }
        let Some(mut table) = self.database_mut(from)?.tables.remove(&from.name) else { return Ok(()) };
        table.name.clone_from(&to.name);
        // Names that InnoDB gave begin with the table's.
        let given = format!("{}_ibfk_", from.name);
        for key in &mut table.foreign_keys {
            if let Some(number) = key.name.strip_prefix(&given) {
                key.name = format!("{}_ibfk_{number}", to.name);
            }
            if key.table == from.name && key.database.is_none() {
                key.table.clone_from(&to.name);
            }
        }
        let database = self.database_mut(to)?;
        database.tables.insert(to.name.clone(), table);
        let is_meant = |key: &ForeignKey| key.table == from.name && key.database.is_none();
        database.tables.change_foreign_keys(is_meant, |key| key.table.clone_from(&to.name));
        Ok(())
    }
}

/// Where a temporary table is kept: no name of a table begins like this.
pub(super) fn temporary_key(name: &str) -> String {
    format!("\u{0}{name}")
}

/// Takes away the temporary tables: the session ended.
pub fn end_session(server: &mut Server) {
    for database in server.databases.values_mut() {
        database.tables.retain(|table| !table.temporary);
    }
    server.foreign_key_checks = true;
}

fn table_exists(name: &str) -> SqlError {
    SqlError::new(ErrorClass::TableExists, 1050, format!("Table '{name}' already exists")).on(name)
}

fn too_long(name: &str) -> SqlError {
    let shown: String = name.chars().take(100).collect();
    SqlError::new(ErrorClass::IdentifierTooLong, 1059, format!("Identifier name '{shown}' is too long")).index(name)
}

#[cfg(test)]
mod tests;
