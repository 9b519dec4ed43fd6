//! SQL as `MariaDB` reads it: from text to statements.
//!
//! Only what changes a schema is read in full. What a reader of schemas need not know (an unknown option after a key or behind the
//! closing parenthesis of a table) is passed over, never the statement around it.

mod alter;
mod ast;
mod columns;
mod create;
mod keys;
mod parser;
mod token;
mod values;

pub use ast::{
    AlterOperation, ColumnDefinition, CreateTable, ForeignDefinition, KeyDefinition, KeyPart, Position, Statement, TableItem,
    TableName, TableOptions,
};
pub use parser::{ParseError, parse};
pub use token::{Dialect, Token, TokenKind, tokenize};
pub use values::{RowReader, insert_target};

#[cfg(test)]
mod tests;
