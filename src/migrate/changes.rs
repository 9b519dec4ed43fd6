//! What became of a schema.

use crate::schema::{Database, ForeignKey, Index, Server, Table, same_name};

/// One difference between two states.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A table is there.
    TableAdded(String),
    /// A table is gone.
    TableDropped(String),
    /// A column is there: table, column, type.
    ColumnAdded(String, String, String),
    /// A column is gone.
    ColumnDropped(String, String),
    /// A column is another one.
    ColumnChanged(String, String),
    /// An index is there.
    IndexAdded(String, Box<Index>),
    /// An index is gone, or is another one now.
    IndexDropped(String, Box<Index>),
    /// A foreign key is there.
    ForeignAdded(String, Box<ForeignKey>),
    /// A foreign key is gone.
    ForeignDropped(String, String),
}

impl Change {
    /// The table.
    #[must_use]
    pub fn table(&self) -> &str {
        match self {
            Self::TableAdded(table)
            | Self::TableDropped(table)
            | Self::ColumnAdded(table, ..)
            | Self::ColumnDropped(table, _)
            | Self::ColumnChanged(table, _)
            | Self::IndexAdded(table, _)
            | Self::IndexDropped(table, _)
            | Self::ForeignAdded(table, _)
            | Self::ForeignDropped(table, _) => table,
        }
    }

    /// True for two changes of the same kind to the same thing.
    #[must_use]
    pub fn same_place(&self, other: &Self) -> bool {
        let thing = |change: &Self| match change {
            Self::TableAdded(_) | Self::TableDropped(_) => String::new(),
            Self::ColumnAdded(_, name, _)
            | Self::ColumnDropped(_, name)
            | Self::ColumnChanged(_, name)
            | Self::ForeignDropped(_, name) => name.to_lowercase(),
            Self::IndexAdded(_, index) | Self::IndexDropped(_, index) => index.name.to_lowercase(),
            Self::ForeignAdded(_, key) => key.name.to_lowercase(),
        };
        std::mem::discriminant(self) == std::mem::discriminant(other)
            && self.table() == other.table()
            && thing(self) == thing(other)
    }
}

/// The differences between two states of a server.
#[must_use]
pub fn between(before: &Server, after: &Server) -> Vec<Change> {
    let mut changes = Vec::new();
    let empty = Database::default();
    let names = before.databases.keys().chain(after.databases.keys().filter(|name| !before.databases.contains_key(*name)));
    for name in names {
        let old = before.databases.get(name).unwrap_or(&empty);
        let new = after.databases.get(name).unwrap_or(&empty);
        for name in new.tables.differing(&old.tables) {
            match new.tables.get(name) {
                Some(table) => table_changes(old.tables.get(name), table, &mut changes),
                None => changes.push(Change::TableDropped(name.to_owned())),
            }
        }
    }
    changes
}

fn table_changes(before: Option<&Table>, after: &Table, changes: &mut Vec<Change>) {
    let name = &after.name;
    let empty = Table::default();
    let before = before.unwrap_or_else(|| {
        changes.push(Change::TableAdded(name.clone()));
        &empty
    });
    for column in &after.columns {
        match before.column(&column.name) {
            None => changes.push(Change::ColumnAdded(name.clone(), column.name.clone(), column.data_type.display())),
            Some(was) if was.data_type != column.data_type || was.nullable != column.nullable || was.name != column.name => {
                changes.push(Change::ColumnChanged(name.clone(), column.name.clone()));
            }
            Some(_) => {}
        }
    }
    let gone = before.columns.iter().filter(|column| after.column(&column.name).is_none());
    changes.extend(gone.map(|column| Change::ColumnDropped(name.clone(), column.name.clone())));
    let is_same =
        |left: &Index, right: &Index| same_name(&left.name, &right.name) && left.parts == right.parts && left.kind == right.kind;
    for index in before.indexes.iter().filter(|index| !after.indexes.iter().any(|other| is_same(index, other))) {
        changes.push(Change::IndexDropped(name.clone(), Box::new(index.clone())));
    }
    for index in after.indexes.iter().filter(|index| !before.indexes.iter().any(|other| is_same(index, other))) {
        changes.push(Change::IndexAdded(name.clone(), Box::new(index.clone())));
    }
    let has = |table: &Table, key: &ForeignKey| table.foreign_keys.iter().any(|other| same_name(&other.name, &key.name));
    let added = after.foreign_keys.iter().filter(|key| !has(before, key));
    changes.extend(added.map(|key| Change::ForeignAdded(name.clone(), Box::new(key.clone()))));
    let dropped = before.foreign_keys.iter().filter(|key| !has(after, key));
    changes.extend(dropped.map(|key| Change::ForeignDropped(name.clone(), key.name.clone())));
}
