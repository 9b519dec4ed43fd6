//! Checks of a loaded row: a column compared with a value, and uses of the row that come before it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::guard::looks_like_key;
use super::policy::Asked;
use super::policy::WHOLE_ROW;
use super::query::Entry;
use super::state::{Builders, QueryFact};
use crate::finding::Location;
use crate::flow::{Condition, Given, Origin, Root};
use crate::hir::{BinaryOp, Expr};

/// A column of the rows of a query that equals a value at hand.
pub(super) type Compared = (Entry, Arc<str>);

/// What a function does with the rows of one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowUse {
    /// The columns that were compared before each use; none where a use came first.
    pub checked: Option<BTreeSet<Arc<str>>>,
    /// Where each column was compared.
    pub compared_at: BTreeMap<Arc<str>, Check>,
}

/// A comparison of a column of a loaded row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The condition, or the question to a policy.
    pub at: Location,
    /// A policy compares.
    pub by_policy: bool,
    /// Where users of a role pass without the comparison.
    pub role: Option<Location>,
}

impl RowUse {
    /// A use, and what was compared before it.
    fn note(&mut self, checked: BTreeSet<Arc<str>>) {
        self.checked = Some(match self.checked.take() {
            Some(known) => known.intersection(&checked).cloned().collect(),
            None => checked,
        });
    }

    /// Adds what another function does with the same rows.
    pub fn join(&mut self, other: &Self) {
        if let Some(checked) = &other.checked {
            self.note(checked.clone());
        }
        self.compared_at.extend(other.compared_at.iter().map(|(column, check)| (Arc::clone(column), *check)));
    }

    /// How a column was compared, or the row found among the user's own, if that stands before every use.
    #[must_use]
    pub fn check_of(&self, column: &str) -> Option<Check> {
        let stands = |column: &str| {
            let check = *self.compared_at.get(column)?;
            self.checked.as_ref().is_none_or(|checked| checked.contains(column)).then_some(check)
        };
        stands(column).or_else(|| stands(WHOLE_ROW))
    }
}

/// What a condition that is assumed says about a row: `$row->company_id === $user->company_id`.
pub(super) fn compared(machine: &QueryMachine<'_>, condition: &Condition<'_, QueryFact>) -> Option<Compared> {
    let code = machine.project.index.body(machine.body);
    let Expr::Binary(op, ..) = code.expr(condition.expr) else { return None };
    let is_equality = match op {
        BinaryOp::Equal | BinaryOp::Identical => condition.holds,
        BinaryOp::NotEqual | BinaryOp::NotIdentical => !condition.holds,
        _ => false,
    };
    let [left, right] = condition.operands.filter(|_| is_equality)?;
    column_of_row(left, right).or_else(|| column_of_row(right, left))
}

/// The row's query and column, where the other side is chosen neither by the client nor by the row itself.
fn column_of_row(side: &QueryValue, other: &QueryValue) -> Option<Compared> {
    let [entry] = side.fact.rows.as_slice() else { return None };
    let mut columns: Vec<&str> = side.origins.iter().filter_map(Origin::last).collect();
    columns.dedup();
    let [column] = columns.as_slice() else { return None };
    let is_trusted = |origin: &Origin| !matches!(origin.root, Root::Request | Root::Literal | Root::Unknown);
    let is_other = !other.fact.rows.contains(entry) && other.constant.is_none() && other.origins.all(is_trusted);
    is_other.then(|| (entry.clone(), Arc::from(*column)))
}

/// Remembers a check.
pub(super) fn note_compared(machine: &mut QueryMachine<'_>, (entry, column): &Compared, check: Check) {
    if machine.recording {
        machine.effects.row_uses.entry(entry.clone()).or_default().compared_at.insert(Arc::clone(column), check);
    }
}

/// The rows of a value are used: whatever was compared before counts, and nothing else.
pub(super) fn note_use(machine: &mut QueryMachine<'_>, checked: &BTreeSet<Compared>, value: &QueryValue) {
    if !machine.recording || is_key_of_row(value) {
        return;
    }
    for entry in rows_in(value) {
        let columns = checked.iter().filter(|(row, _)| *row == entry).map(|(_, column)| Arc::clone(column)).collect();
        machine.effects.row_uses.entry(entry).or_default().note(columns);
    }
}

/// The rows among the arguments of a call.
pub(super) fn note_arguments(machine: &mut QueryMachine<'_>, checked: &BTreeSet<Compared>, arguments: &[Given<QueryFact>]) {
    for given in arguments {
        note_use(machine, checked, &given.value);
    }
}

/// A key says nothing about a person: `Log::info('not ours', ['id' => $row->id])`.
fn is_key_of_row(value: &QueryValue) -> bool {
    value.origins.all(|origin| origin.last().is_some_and(looks_like_key))
}

/// The queries whose rows a value holds, other than by their keys.
pub(super) fn rows_in(value: &QueryValue) -> BTreeSet<Entry> {
    let mut rows: BTreeSet<Entry> = value.fact.rows.iter().cloned().collect();
    if let Some(shape) = &value.shape {
        rows.clear();
        for item in shape.items.values().chain(&shape.rest).filter(|item| !is_key_of_row(item)) {
            rows.extend(rows_in(item));
        }
    }
    rows
}

/// Remembers what a policy was asked; where a `no` is an exception, what follows may rely on the answer.
pub(super) fn note_asked(machine: &mut QueryMachine<'_>, store: &mut Builders, asked: Asked, event: &QueryEvent<'_>) {
    if asked.answer.is_some() {
        store.asked.insert((event.body, event.expr), asked);
        return;
    }
    note_answered(machine, store, &asked, event.at);
}

/// The answer of a policy was yes.
pub(super) fn note_answered(machine: &mut QueryMachine<'_>, store: &mut Builders, asked: &Asked, at: Location) {
    for compared in &asked.compared {
        note_compared(machine, compared, Check { at, by_policy: true, role: asked.role });
        store.checked.insert(compared.clone());
    }
}
