//! Tables and their columns, as far as migrations give them.

mod blueprint;
mod migration;

use std::collections::BTreeMap;

pub(super) use migration::tables;

use crate::finding::Location;

/// A table after all migrations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// A migration creates it. Otherwise it comes from elsewhere, and has columns besides those that migrations add.
    pub created: bool,
    /// Columns by name.
    pub columns: BTreeMap<String, Column>,
    /// Foreign keys: column to the table and the column that it refers to.
    pub foreign_keys: BTreeMap<String, (String, String)>,
    /// Unique indexes: name to columns.
    pub unique: BTreeMap<String, Vec<String>>,
}

impl Table {
    /// True where no two rows have the same value in a column, whatever their other columns hold.
    #[must_use]
    pub fn is_unique(&self, column: &str) -> bool {
        self.unique.values().any(|columns| matches!(columns.as_slice(), [only] if only == column))
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Takes null.
    pub nullable: bool,
    /// Its type by the name of the Blueprint method that gives it: `string`, `unsignedBigInteger`, `timestamp`.
    pub kind: String,
    /// Its length, for `string` and `char`.
    pub length: Option<u32>,
    /// The call that declares it.
    pub at: Location,
}
