//! Statements.

use crate::schema::{DataType, IndexKind};

/// The name of a table, view or sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The database, where it is written.
    pub database: Option<String>,
    /// The name.
    pub name: String,
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// The column.
    pub column: String,
    /// `(10)`
    pub length: Option<u32>,
    /// `DESC`
    pub descending: bool,
}

/// A key, primary key or index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDefinition {
    /// Its kind.
    pub kind: IndexKind,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its columns.
    pub parts: Vec<KeyPart>,
    /// `USING`
    pub algorithm: Option<String>,
    /// `IF NOT EXISTS`
    pub if_not_exists: bool,
    /// `OR REPLACE`
    pub or_replace: bool,
    /// `IGNORED`, `INVISIBLE`
    pub ignored: bool,
    /// `period WITHOUT OVERLAPS`
    pub without_overlaps: Option<String>,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignDefinition {
    /// The constraint's name, if it has one.
    pub name: Option<String>,
    /// The name behind `FOREIGN KEY`: that of the index.
    pub index: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
    /// The other table.
    pub table: TableName,
    /// The other table's columns.
    pub references: Vec<String>,
    /// `ON DELETE`, in lower case.
    pub on_delete: Option<String>,
    /// `ON UPDATE`, in lower case.
    pub on_update: Option<String>,
    /// `IF NOT EXISTS`
    pub if_not_exists: bool,
}

/// Where a column goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Position {
    /// To the end; a changed one stays where it is.
    #[default]
    Last,
    /// `FIRST`
    First,
    /// `AFTER x`
    After(String),
}

/// A column as it is defined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the definition that may be there or not")]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// `NULL`, `NOT NULL`; nothing where neither is written.
    pub nullable: Option<bool>,
    /// `DEFAULT`
    pub default: Option<String>,
    /// `AUTO_INCREMENT`
    pub auto_increment: bool,
    /// `PRIMARY KEY`
    pub primary: bool,
    /// `UNIQUE`
    pub unique: bool,
    /// `AS (…)`
    pub generated: Option<String>,
    /// `STORED`, `PERSISTENT`
    pub stored: bool,
    /// `COMMENT`
    pub comment: Option<String>,
    /// `REFERENCES`
    pub references: Option<Box<ForeignDefinition>>,
    /// Where it goes.
    pub position: Position,
}

/// What stands in the parentheses of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableItem {
    /// A column.
    Column(Box<ColumnDefinition>),
    /// A key.
    Key(KeyDefinition),
    /// A foreign key.
    Foreign(ForeignDefinition),
    /// A check, with its name.
    Check(Option<String>),
    /// `PERIOD FOR name (start, end)`
    Period(String, String, String),
}

/// Options of a table that matter to its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// `ENGINE`
    pub engine: Option<String>,
    /// `ROW_FORMAT`
    pub row_format: Option<String>,
    /// `CHARSET`
    pub charset: Option<String>,
    /// `COLLATE`
    pub collation: Option<String>,
    /// Columns in the expression of `PARTITION BY`.
    pub partition_columns: Option<Vec<String>>,
}

/// `CREATE TABLE`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the statement that may be there or not")]
pub struct CreateTable {
    /// Its name.
    pub name: Option<TableName>,
    /// `TEMPORARY`
    pub temporary: bool,
    /// `OR REPLACE`
    pub or_replace: bool,
    /// `IF NOT EXISTS`
    pub if_not_exists: bool,
    /// `LIKE`
    pub like: Option<TableName>,
    /// Columns come from a query, too: the table and the columns that it selects (none: all of them), where it is that simple.
    pub from_query: bool,
    /// The query, where it selects plain columns of one table.
    pub query: Option<(TableName, Vec<String>)>,
    /// What stands in the parentheses.
    pub items: Vec<TableItem>,
    /// Behind them.
    pub options: TableOptions,
}

/// A part of `ALTER TABLE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlterOperation {
    /// `ADD COLUMN`
    AddColumn(Box<ColumnDefinition>, bool),
    /// `DROP COLUMN`, with `IF EXISTS`
    DropColumn(String, bool),
    /// `MODIFY` and `CHANGE`: the old name, the definition, `IF EXISTS`
    ChangeColumn(String, Box<ColumnDefinition>, bool),
    /// `RENAME COLUMN`
    RenameColumn(String, String),
    /// `ALTER COLUMN … SET DEFAULT`, `DROP DEFAULT`
    ColumnDefault(String, Option<String>),
    /// `ADD INDEX` and its kin
    AddKey(KeyDefinition),
    /// `DROP INDEX`, with `IF EXISTS`
    DropKey(String, bool),
    /// `DROP PRIMARY KEY`
    DropPrimary,
    /// `RENAME INDEX`
    RenameKey(String, String),
    /// `ALTER INDEX … IGNORED`, `NOT IGNORED`
    IgnoreKey(String, bool),
    /// `ADD FOREIGN KEY`
    AddForeign(ForeignDefinition),
    /// `DROP FOREIGN KEY`, with `IF EXISTS`
    DropForeign(String, bool),
    /// `ADD CHECK`, with the constraint's name
    AddCheck(Option<String>),
    /// `DROP CONSTRAINT`, with `IF EXISTS`
    DropConstraint(String, bool),
    /// `ADD PERIOD FOR`
    AddPeriod(String, String, String),
    /// `RENAME TO`
    RenameTable(TableName),
    /// Options, `PARTITION BY`, `CONVERT TO`
    Options(Box<TableOptions>),
    /// `REMOVE PARTITIONING`
    RemovePartitioning,
    /// Nothing that a schema holds: `DISABLE KEYS`, `ORDER BY`, `ALGORITHM`
    Other,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// `CREATE TABLE`
    CreateTable(Box<CreateTable>),
    /// `ALTER TABLE`, `CREATE INDEX`, `DROP INDEX`; with `IF EXISTS`
    AlterTable(TableName, Vec<AlterOperation>, bool),
    /// `RENAME TABLE`
    RenameTables(Vec<(TableName, TableName)>),
    /// `DROP TABLE`, with `IF EXISTS`
    DropTables(Vec<TableName>, bool),
    /// `CREATE VIEW`, with `OR REPLACE` or `IF NOT EXISTS`
    CreateView(TableName, bool),
    /// `DROP VIEW`, with `IF EXISTS`
    DropViews(Vec<TableName>, bool),
    /// `CREATE SEQUENCE`, with `IF NOT EXISTS` or `OR REPLACE`
    CreateSequence(TableName, bool),
    /// `DROP SEQUENCE`, with `IF EXISTS`
    DropSequences(Vec<TableName>, bool),
    /// `CREATE DATABASE`, with `IF NOT EXISTS`
    CreateDatabase(String, bool),
    /// `DROP DATABASE`, with `IF EXISTS`
    DropDatabase(String, bool),
    /// `USE`
    Use(String),
    /// `SET FOREIGN_KEY_CHECKS`
    ForeignKeyChecks(bool),
    /// `SET sql_mode`: whether double quotes enclose names.
    SqlMode {
        /// `ANSI_QUOTES` or `ANSI`
        ansi_quotes: bool,
    },
    /// `INSERT`, `REPLACE`
    Insert(TableName),
    /// `TRUNCATE`, `DELETE`
    Empty(TableName),
    /// `UPDATE`, `SELECT` and all that leaves schemas alone: its first word.
    Other(String),
}
