//! The schema of a database: read from dumps and listings, changed by SQL as `MariaDB` changes it.
//!
//! Three parts: [`read`] turns files into a [`Server`], [`sql`] turns text into statements, [`apply`] runs statements on a
//! server. The reader and the migration evaluator use the same statements and the same rules.

pub mod apply;
mod error;
mod model;
pub mod read;
pub mod redundant;
pub mod sql;
mod tables;

pub use error::{ErrorClass, SqlError};
pub use model::{
    Column, DataType, Database, ForeignKey, Index, IndexKind, IndexPart, Origin, RowFacts, Server, Table, same_name,
};
pub use tables::Tables;
