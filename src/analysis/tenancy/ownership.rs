//! Checks of a loaded row: a column compared with a value, and uses of the row that come before it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::calls::subject_model;
use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::conditions::operand;
use super::given_rows::{self, is_checked_by_callee};
use super::guard::looks_like_key;
use super::policy::Asked;
use super::policy::WHOLE_ROW;
use super::query::{Entry, Operand, Operation, Operator, Predicate, Query};
use super::state::{Builders, QueryFact};
use crate::finding::Location;
use crate::flow::{Condition, Origin, Root};
use crate::hir::{BinaryOp, Expr};
use crate::index::{BodyKey, RelationKind};
use crate::specs::Connective;

/// A column of a row, with the relations that lead there from the row, and where it is compared: `invoice.company_id`.
pub(super) type ComparedColumn = (Arc<str>, Location);

/// The rows of a query of which columns equal values at hand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Compared {
    /// The query that loaded the rows.
    pub entry: Entry,
    /// The comparisons: one of them on each path.
    pub at: BTreeSet<ComparedColumn>,
}

impl Compared {
    pub(super) fn one(entry: &Entry, column: &Arc<str>, at: Location) -> Self {
        Self { entry: entry.clone(), at: BTreeSet::from([(Arc::clone(column), at)]) }
    }
}

/// Comparisons that may stand in for one another on different paths; of more, nothing is known.
const ALTERNATIVES: usize = 6;

/// What two paths have both compared, whether at the same place or each for itself.
pub(super) fn meet(left: &Builders, right: &Builders) -> BTreeSet<Compared> {
    if left.checked == right.checked {
        return left.checked.clone();
    }
    let mut both: BTreeSet<Compared> = left.checked.intersection(&right.checked).cloned().collect();
    for one in left.checked.difference(&right.checked) {
        let others = right.checked.iter().filter(|other| other.entry == one.entry);
        let alternatives =
            others.map(|other| Compared { entry: one.entry.clone(), at: one.at.union(&other.at).cloned().collect() });
        both.extend(alternatives.filter(|compared| compared.at.len() <= ALTERNATIVES));
    }
    for (here, there) in [(left, right), (right, left)] {
        // A row that this path alone has loaded, itself: there is nothing to compare on the other one.
        let is_here_alone = |compared: &&Compared| here.sent.contains(&compared.entry) && !there.sent.contains(&compared.entry);
        both.extend(here.checked.iter().filter(is_here_alone).cloned());
    }
    both
}

/// What a function does with the rows of one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowUse {
    /// What was compared before each use, one of several on each path; nothing where a use came first.
    pub uses: BTreeSet<BTreeSet<BTreeSet<ComparedColumn>>>,
    /// The comparisons of each column.
    pub compared: BTreeMap<ComparedColumn, Comparison>,
}

/// A comparison of a column of a loaded row with a value, or a policy's answer to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The check, if the value is a tenant's.
    pub check: Check,
    /// The other side.
    pub with: ComparedWith,
    /// The function that compares.
    pub function: BodyKey,
}

/// What a loaded row is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum ComparedWith {
    /// A value.
    Value(Operand),
    /// The values of a list, one of which it equals.
    OneOf(Operand),
    /// The rows of another query, which throws where it does not find the row's owner.
    RowsOf(Entry),
    /// What a policy knows.
    Policy,
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
    /// Adds what another function does with the same rows.
    pub fn join(&mut self, other: &Self) {
        self.uses.extend(other.uses.iter().cloned());
        self.compared.extend(other.compared.iter().map(|(place, comparison)| (place.clone(), comparison.clone())));
    }

    /// How the row was compared with a value that counts, or found among the user's own, if that stands before every use.
    #[must_use]
    pub fn check(&self, counts: &dyn Fn(&str, &Comparison) -> bool) -> Option<Check> {
        let counting =
            |column: &ComparedColumn| self.compared.get(column).is_some_and(|comparison| counts(&column.0, comparison));
        let first = self.compared.keys().find(|column| counting(column))?;
        let on_each_path = |alternatives: &BTreeSet<ComparedColumn>| alternatives.iter().all(counting);
        let is_before_all = self.uses.iter().all(|compared| compared.iter().any(on_each_path));
        is_before_all.then(|| self.compared[first].check)
    }
}

/// What a condition that is assumed says about a row: `$row->company_id === $user->company_id`.
pub(super) fn compared(machine: &QueryMachine<'_>, condition: &Condition<'_, QueryFact>) -> Option<(Compared, Operand)> {
    let code = machine.project.index.body(machine.body);
    let Expr::Binary(op, ..) = code.expr(condition.expr) else { return None };
    let is_equality = match op {
        BinaryOp::Equal | BinaryOp::Identical => condition.holds,
        BinaryOp::NotEqual | BinaryOp::NotIdentical => !condition.holds,
        _ => false,
    };
    let [left, right] = condition.operands.filter(|_| is_equality)?;
    let of = |side, other| {
        let (entry, column) = column_of_row(side, other)?;
        Some((Compared::one(&entry, &column, condition.at), operand(other)))
    };
    of(left, right).or_else(|| of(right, left))
}

/// The row's query and column, where the other side is not of the row itself.
pub(super) fn column_of_row(side: &QueryValue, other: &QueryValue) -> Option<(Entry, Arc<str>)> {
    let [entry] = side.fact.rows.as_slice() else { return None };
    let mut columns: Vec<&[Arc<str>]> = side.origins.iter().map(|origin| origin.path.as_slice()).collect();
    columns.dedup();
    let [path @ [_, ..]] = columns.as_slice() else { return None };
    let is_other = !other.fact.rows.contains(entry) && other.constant.is_none();
    is_other.then(|| (entry.clone(), column_at(path)))
}

/// A column with the relations that lead there.
pub(super) fn column_at(path: &[Arc<str>]) -> Arc<str> {
    path.join(".").into()
}

/// Remembers a check.
pub(super) fn note_compared(machine: &mut QueryMachine<'_>, compared: &Compared, check: Check, with: ComparedWith) {
    if machine.recording {
        let comparison = Comparison { check, with, function: machine.function };
        let uses = machine.effects.row_uses.entry(compared.entry.clone()).or_default();
        for column in &compared.at {
            uses.compared.insert(column.clone(), comparison.clone());
        }
    }
}

/// The rows of a value are used: whatever was compared before counts, and nothing else.
pub(super) fn note_use(machine: &mut QueryMachine<'_>, checked: &BTreeSet<Compared>, value: &QueryValue) {
    if !machine.recording || is_key_of_row(value) {
        return;
    }
    for entry in rows_in(value) {
        let of_row = checked.iter().filter(|compared| compared.entry == entry);
        let before = of_row.map(|compared| compared.at.clone()).collect();
        machine.effects.row_uses.entry(entry).or_default().uses.insert(before);
    }
}

/// The rows among the arguments of a call, but for those that the callee checks.
pub(super) fn note_arguments(machine: &mut QueryMachine<'_>, store: &Builders, event: &QueryEvent<'_>) {
    for (position, given) in event.arguments.iter().enumerate() {
        if !is_checked_by_callee(machine, event, position) {
            note_use(machine, &store.checked, &given.value);
            given_rows::note_use(machine, &store.given, &given.value);
        }
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

/// Remembers what a policy, or a list, was asked; where a `no` is an exception, what follows may rely on the answer.
pub(super) fn note_asked(machine: &mut QueryMachine<'_>, store: &mut Builders, asked: Asked, event: &QueryEvent<'_>) {
    if asked.answer.is_some() {
        store.asked.insert((event.body, event.expr), asked);
        return;
    }
    note_answered(machine, store, &asked, event.at);
}

/// The answer was the one that lets pass.
pub(super) fn note_answered(machine: &mut QueryMachine<'_>, store: &mut Builders, asked: &Asked, at: Location) {
    let check = Check { at, by_policy: asked.with == ComparedWith::Policy, role: asked.role };
    for (entry, column) in &asked.columns {
        let compared = Compared::one(entry, column, at);
        note_compared(machine, &compared, check, asked.with.clone());
        store.checked.insert(compared);
    }
}

/// `Folder::where('company_id', …)->findOrFail($note->folder_id)`: a limited query finds the row that the note belongs to, or
/// throws.
pub(super) fn owner_found(machine: &mut QueryMachine<'_>, store: &mut Builders, query: &Query, at: Location) {
    let Some(key) = subject_model(machine, &query.subject).map(|model| model.primary_key.clone()) else { return };
    let by_key = query.operations.iter().find_map(|told| match told {
        Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal | Operator::In, operand), _)
            if column.name.eq_ignore_ascii_case(&key) =>
        {
            Some(operand)
        }
        _ => None,
    });
    let Some(Operand { origins, rows, .. }) = by_key else { return };
    let [entry] = rows.as_slice() else { return };
    let child = |origin: &Origin| match &origin.root {
        Root::Row(class) => machine.project.index.model_named(class),
        _ => None,
    };
    let leads_there = |origin: &Origin| {
        let Some(child) = child(origin) else { return false };
        match origin.path.as_slice() {
            [column] => machine.project.index.parent_by(child, column).is_some(),
            [relation, last] => {
                let relation = child.relations.get(&**relation).filter(|relation| relation.kind == RelationKind::BelongsTo);
                relation.is_some() && **last == *key
            }
            _ => false,
        }
    };
    if *entry == query.entry || !origins.all(leads_there) {
        return;
    }
    let found = Compared::one(entry, &WHOLE_ROW.into(), at);
    let check = Check { at, by_policy: false, role: None };
    note_compared(machine, &found, check, ComparedWith::RowsOf(query.entry.clone()));
    store.checked.insert(found);
}
