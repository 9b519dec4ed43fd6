//! The tables that a query joins: limited together with its own, by themselves, or not at all.

use std::sync::Arc;

use super::flat::Flat;
use super::{GuardReader, Observations, Reading, Tables, looks_like_key};
use crate::analysis::tenancy::query::{Operation, Operator, Predicate, Query, Subject};
use crate::finding::Location;
use crate::specs::Connective;

/// Tables that an inner join by keys limits together with the subject's.
pub(super) fn joined_tables(operations: &[Operation]) -> Vec<Arc<str>> {
    let mut tables = Vec::new();
    for operation in operations {
        if let Operation::Join { subject: Subject::Table(table, alias), on, outer: false, .. } = operation
            && pairs(on).any(is_by_keys)
        {
            tables.push(Arc::clone(table));
            tables.extend(alias.clone());
        }
    }
    tables
}

/// The columns that a join holds against each other.
fn pairs(on: &[Operation]) -> impl Iterator<Item = (&str, &str)> {
    on.iter().filter_map(|condition| match condition {
        Operation::Where(Connective::And, Predicate::Columns(left, Operator::Equal, right), _) => {
            Some((&*left.name, &*right.name))
        }
        _ => None,
    })
}

fn is_by_keys((left, right): (&str, &str)) -> bool {
    looks_like_key(left) && looks_like_key(right)
}

impl GuardReader<'_> {
    /// A join of a table that tenants share, by columns that are no keys, of which nothing limits the rows.
    pub(super) fn open_join(&self, query: &Query, reading: Reading) -> Option<Location> {
        query.operations.iter().find_map(|operation| {
            let Operation::Join { subject, on, at, .. } = operation else { return None };
            let is_open = self.owned_subject(subject) && pairs(on).next().is_some() && !pairs(on).any(is_by_keys);
            (is_open && !self.is_limited_by_itself(subject, on, &query.operations, reading)).then_some(*at)
        })
    }

    fn is_limited_by_itself(&self, subject: &Subject, on: &[Operation], operations: &[Operation], reading: Reading) -> bool {
        let tables = Tables { reader: self, subject, joined: Vec::new() };
        let limits = |operations: &[Operation]| {
            let mut flat = Flat::new();
            tables.list(operations, &mut flat, reading, &mut Observations::default());
            flat.guard().is_some()
        };
        limits(on) || limits(operations)
    }
}
