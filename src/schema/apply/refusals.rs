//! What the server refuses in a statement before it looks at any table: names, character sets, engines.

use super::charsets;
use super::{Failure, MAX_NAME, Work};
use crate::schema::sql::{AlterOperation, ColumnDefinition, CreateTable, Statement, TableItem, TableOptions};
use crate::schema::{ErrorClass, SqlError};

/// Engines that the server is built with.
const ENGINES: [&str; 10] =
    ["innodb", "myisam", "aria", "memory", "heap", "csv", "merge", "mrg_myisam", "sequence", "performance_schema"];
/// Engines that a server may have or not.
const PLUGINS: [&str; 16] = [
    "archive",
    "blackhole",
    "columnstore",
    "connect",
    "example",
    "federated",
    "federatedx",
    "mroonga",
    "ndb",
    "ndbcluster",
    "oqgraph",
    "rocksdb",
    "s3",
    "sphinx",
    "spider",
    "tokudb",
];

impl Work<'_> {
    pub(super) fn check_statement(&self, statement: &Statement) -> Result<(), Failure> {
        check_names(statement)?;
        match statement {
            Statement::CreateTable(create) => self.check_create(create),
            Statement::AlterTable(_, operations, _) => {
                // The server takes options that stand apart together.
                let mut together = TableOptions::default();
                for operation in operations {
                    match operation {
                        AlterOperation::AddColumn(column, _) | AlterOperation::ChangeColumn(_, column, _) => {
                            self.check_column(column)?;
                        }
                        AlterOperation::Options(options) => {
                            together.charset = options.charset.clone().or(together.charset);
                            together.collation = options.collation.clone().or(together.collation);
                            together.engine = options.engine.clone().or(together.engine);
                        }
                        _ => {}
                    }
                }
                self.check_options(&together)
            }
            _ => Ok(()),
        }
    }

    fn check_create(&self, create: &CreateTable) -> Result<(), Failure> {
        for item in &create.items {
            if let TableItem::Column(column) = item {
                self.check_column(column)?;
            }
        }
        self.check_options(&create.options)
    }

    fn check_column(&self, column: &ColumnDefinition) -> Result<(), SqlError> {
        let kind = &column.data_type;
        charsets::check(self.server, kind.charset.as_deref(), kind.collation.as_deref())?;
        // Each of these words belongs to columns that are no others' result.
        let word = match column.nullable {
            _ if column.generated.is_none() => return Ok(()),
            Some(false) => "not null",
            Some(true) => "null",
            None if column.default.is_some() => "default",
            None if column.auto_increment => "auto_increment",
            None if column.primary => "primary key",
            None => return Ok(()),
        };
        let message = format!(
            "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for the right \
             syntax to use near '{word}': column `{}` is generated",
            column.name
        );
        Err(SqlError::new(ErrorClass::SyntaxError, 1064, message).column(&column.name))
    }

    fn check_options(&self, options: &TableOptions) -> Result<(), Failure> {
        charsets::check(self.server, options.charset.as_deref(), options.collation.as_deref())?;
        let Some(engine) = &options.engine else { return Ok(()) };
        let is_named = |name: &&str| name.eq_ignore_ascii_case(engine);
        let mut tables = self.server.databases.values().flat_map(|database| database.tables.values());
        if ENGINES.iter().any(is_named) || tables.any(|table| table.engine.as_deref().is_some_and(|name| is_named(&name))) {
            return Ok(());
        }
        if PLUGINS.iter().any(is_named) {
            return Err(Failure::Unknown(format!("the storage engine `{engine}` is a plugin, which the server may have or not")));
        }
        Err(SqlError::new(ErrorClass::SqlError, 1286, format!("Unknown storage engine '{engine}'")).into())
    }
}

/// Names of tables, wherever they stand.
fn check_names(statement: &Statement) -> Result<(), SqlError> {
    let mut names: Vec<&str> = Vec::new();
    match statement {
        Statement::CreateTable(create) => {
            names.extend(create.name.iter().chain(&create.like).map(|name| name.name.as_str()));
            for item in &create.items {
                match item {
                    TableItem::Foreign(key) => names.push(&key.table.name),
                    TableItem::Column(column) => names.extend(column.references.iter().map(|key| key.table.name.as_str())),
                    _ => {}
                }
            }
        }
        Statement::AlterTable(table, operations, _) => {
            names.push(&table.name);
            for operation in operations {
                match operation {
                    AlterOperation::RenameTable(to) => names.push(&to.name),
                    AlterOperation::AddForeign(key) => names.push(&key.table.name),
                    _ => {}
                }
            }
        }
        Statement::RenameTables(pairs) => {
            names.extend(pairs.iter().flat_map(|(from, to)| [from, to]).map(|name| name.name.as_str()));
        }
        Statement::DropTables(tables, _) => names.extend(tables.iter().map(|table| table.name.as_str())),
        Statement::Insert(table) | Statement::Empty(table) => names.push(&table.name),
        _ => {}
    }
    match names.into_iter().find(|name| name.is_empty() || name.ends_with(' ') || name.chars().count() > MAX_NAME) {
        None => Ok(()),
        Some(name) => {
            let class = if name.chars().count() > MAX_NAME { ErrorClass::IdentifierTooLong } else { ErrorClass::SqlError };
            Err(SqlError::new(class, 1103, format!("Incorrect table name '{name}'")).on(name))
        }
    }
}
