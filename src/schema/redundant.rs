//! Indexes that another index makes superfluous.

use super::{Index, IndexKind, Table, same_name};

/// Why an index is superfluous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedundancyKind {
    /// The same columns in the same order.
    ExactDuplicate,
    /// The first columns of a longer one.
    LeftPrefix,
}

impl RedundancyKind {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ExactDuplicate => "exact-duplicate",
            Self::LeftPrefix => "left-prefix",
        }
    }
}

/// A superfluous index and the one that covers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy<'t> {
    /// The table.
    pub table: &'t Table,
    /// The superfluous one.
    pub index: &'t Index,
    /// The one that covers it.
    pub of: &'t Index,
    /// Why.
    pub kind: RedundancyKind,
    /// It is named like a foreign key on the same columns: in a database that was never restored from a dump the server may
    /// have made it, and then drops it by itself.
    pub may_be_implicit: bool,
}

/// The superfluous indexes of a table, in order.
#[must_use]
pub fn redundant(table: &Table) -> Vec<Redundancy<'_>> {
    let mut found = Vec::new();
    for (place, index) in table.indexes.iter().enumerate() {
        let exact = table.indexes.iter().enumerate().find(|(other, by)| *other != place && gives_way(index, place, by, *other));
        let prefix = || {
            let by = table.indexes.iter().filter(|by| is_prefix(index, by));
            // The longest says most; of several equal ones the first.
            by.fold(
                None::<&Index>,
                |best, by| if best.is_some_and(|best| best.parts.len() <= by.parts.len()) { best } else { Some(by) },
            )
        };
        let (of, kind) = match exact {
            Some((_, by)) => (by, RedundancyKind::ExactDuplicate),
            None => match prefix() {
                Some(by) => (by, RedundancyKind::LeftPrefix),
                None => continue,
            },
        };
        let columns: Vec<&str> = index.columns().collect();
        let may_be_implicit = table
            .foreign_keys
            .iter()
            .any(|key| same_name(&key.name, &index.name) && key.columns.iter().map(String::as_str).eq(columns.iter().copied()));
        found.push(Redundancy { table, index, of, kind, may_be_implicit });
    }
    found
}

const fn rank(index: &Index) -> u8 {
    match index.kind {
        IndexKind::Primary => 2,
        IndexKind::Unique => 1,
        _ => 0,
    }
}

fn is_tree(index: &Index) -> bool {
    !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) && index.algorithm.is_none()
}

/// True where two indexes have the same columns and the first one is the superfluous one.
fn gives_way(index: &Index, place: usize, by: &Index, other: usize) -> bool {
    let same_columns = match (index.kind, by.kind) {
        (IndexKind::Fulltext, IndexKind::Fulltext) => {
            let sorted = |index: &Index| {
                let mut columns: Vec<String> = index.columns().map(str::to_lowercase).collect();
                columns.sort();
                columns
            };
            sorted(index) == sorted(by)
        }
        (IndexKind::Spatial, IndexKind::Spatial) => same_parts(index, by),
        _ => is_tree(index) && is_tree(by) && index.without_overlaps == by.without_overlaps && same_parts(index, by),
    };
    same_columns && (rank(index) < rank(by) || (rank(index) == rank(by) && place > other))
}

fn same_parts(left: &Index, right: &Index) -> bool {
    left.parts.len() == right.parts.len() && starts_with(right, left)
}

fn starts_with(index: &Index, prefix: &Index) -> bool {
    prefix.parts.iter().zip(&index.parts).all(|(left, right)| {
        same_name(&left.column, &right.column) && left.length == right.length && left.descending == right.descending
    })
}

/// True where a plain index holds the first columns of a longer one.
fn is_prefix(index: &Index, by: &Index) -> bool {
    index.kind == IndexKind::Plain
        && is_tree(index)
        && is_tree(by)
        && index.parts.len() < by.parts.len()
        && starts_with(by, index)
}
