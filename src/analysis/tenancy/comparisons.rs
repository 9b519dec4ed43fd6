//! The comparisons that a query is told, wherever they stand: in groups, sub-queries, joins and unions, too.

use super::query::{Column, Operand, Operation, Predicate};
use crate::finding::Location;

/// The columns that are compared with values, the values, and where that is told.
#[must_use]
pub fn comparisons(operations: &[Operation]) -> Vec<(&Column, &Operand, Location)> {
    let mut found = Vec::new();
    for told in operations {
        match told {
            Operation::Where(_, Predicate::Compare(column, _, operand), at) => found.push((column, operand, *at)),
            Operation::Where(_, Predicate::Exists { operations, .. }, _)
            | Operation::Group { operations, .. }
            | Operation::Scope { operations, .. }
            | Operation::Join { on: operations, .. }
            | Operation::Repeat(operations) => found.extend(comparisons(operations)),
            Operation::Either(paths) => found.extend(paths.iter().flat_map(|path| comparisons(&path.operations))),
            Operation::Union(query, _) => found.extend(comparisons(&query.operations)),
            _ => {}
        }
    }
    found
}

/// The same columns and values in the same order, the values to be changed.
#[must_use]
pub(super) fn comparisons_mut(operations: &mut [Operation]) -> Vec<(&Column, &mut Operand)> {
    let mut found = Vec::new();
    for told in operations {
        match told {
            Operation::Where(_, Predicate::Compare(column, _, operand), _) => found.push((&*column, operand)),
            Operation::Where(_, Predicate::Exists { operations, .. }, _)
            | Operation::Group { operations, .. }
            | Operation::Scope { operations, .. }
            | Operation::Join { on: operations, .. }
            | Operation::Repeat(operations) => found.extend(comparisons_mut(operations)),
            Operation::Either(paths) => {
                found.extend(paths.iter_mut().flat_map(|path| comparisons_mut(&mut path.operations)));
            }
            Operation::Union(query, _) => found.extend(comparisons_mut(&mut query.operations)),
            _ => {}
        }
    }
    found
}
