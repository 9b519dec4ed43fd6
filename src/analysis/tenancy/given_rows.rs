//! Checks of rows that a function is given: `ensureOwn($tag)` compares a column on every path to its end, and its caller
//! may rely on that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::client::{QueryClient, QueryEvent, QueryMachine, QueryState, QueryValue};
use super::conditions::operand;
use super::guard::looks_like_key;
use super::ownership::{Check, Compared, ComparedWith, column_at, note_compared};
use super::query::Operand;
use super::state::{Builders, QueryFact};
use crate::finding::Location;
use crate::flow::{Condition, Origin, Root, Summary, actual_of};
use crate::hir::{BinaryOp, Expr};
use crate::index::BodyKey;

/// What was compared of a parameter.
#[derive(Clone, Debug, PartialEq)]
enum GivenCheck {
    /// No row was given: there is nothing to compare.
    Absent,
    /// Columns of the row, each with its comparisons: one of them on each path.
    Compared(BTreeMap<Arc<str>, BTreeSet<Location>>),
}

/// What a function has compared of the rows among its parameters, on every path to a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GivenChecks(BTreeMap<u16, GivenCheck>);

/// The other sides of comparisons, by parameter, column and place.
pub(super) type GivenOperands = BTreeMap<(u16, Arc<str>, Location), Operand>;

impl GivenChecks {
    /// What two paths have both compared. A path on which no row was given has nothing to compare.
    pub(super) fn meet(&self, other: &Self) -> Self {
        let of_both = self.0.iter().filter_map(|(position, one)| {
            let met = match (one, other.0.get(position)?) {
                (GivenCheck::Absent, check) | (check, GivenCheck::Absent) => check.clone(),
                (GivenCheck::Compared(left), GivenCheck::Compared(right)) => {
                    let columns = left.iter().filter_map(|(column, at)| {
                        let both: BTreeSet<Location> = at.union(right.get(column)?).copied().collect();
                        Some((Arc::clone(column), both))
                    });
                    GivenCheck::Compared(columns.collect())
                }
            };
            Some((*position, met))
        });
        Self(of_both.collect())
    }

    fn add(&mut self, position: u16, column: &Arc<str>, at: Location) {
        let check = self.0.entry(position).or_insert_with(|| GivenCheck::Compared(BTreeMap::new()));
        if let GivenCheck::Compared(columns) = check {
            columns.entry(Arc::clone(column)).or_default().insert(at);
        }
    }

    /// True where a column of a parameter's row is compared.
    fn checks(&self, position: u16) -> bool {
        matches!(self.0.get(&position), Some(GivenCheck::Compared(columns)) if !columns.is_empty())
    }
}

/// The parameter that a value is, or of which it is a member.
fn given(value: &QueryValue) -> Option<(u16, &[Arc<str>])> {
    let mut origins = value.origins.iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
    let Root::Parameter(position) = origin.root else { return None };
    Some((position, &origin.path))
}

/// Remembers what a condition says about the row of a parameter: `$tag->company_id === $company->id`, `$tag === null`.
pub(super) fn assume(machine: &mut QueryMachine<'_>, store: &mut Builders, condition: &Condition<'_, QueryFact>) {
    let Some([left, right]) = condition.operands else {
        if let Some((position, [])) = given(condition.value).filter(|_| !condition.holds) {
            store.given.0.insert(position, GivenCheck::Absent);
        }
        return;
    };
    let Expr::Binary(operator, ..) = machine.project.index.body(machine.body).expr(condition.expr) else { return };
    let are_equal = match operator {
        BinaryOp::Equal | BinaryOp::Identical => condition.holds,
        BinaryOp::NotEqual | BinaryOp::NotIdentical => !condition.holds,
        _ => return,
    };
    for (one, other) in [(left, right), (right, left)].into_iter().filter(|_| are_equal) {
        match given(one) {
            Some((position, [])) if other.is_null() => {
                store.given.0.insert(position, GivenCheck::Absent);
            }
            // Of a row, or of the row that it belongs to: `$line->invoice->company_id`.
            Some((position, path @ [_, ..])) if other.constant.is_none() && given(other).is_none_or(|(of, _)| of != position) => {
                let column = column_at(path);
                store.given.add(position, &column, condition.at);
                if machine.recording {
                    machine.effects.given_with.insert((position, column, condition.at), operand(other));
                }
            }
            _ => {}
        }
    }
}

/// The row of a parameter is used: where nothing of it was compared before, its caller may not rely on a later check.
pub(super) fn note_use(machine: &mut QueryMachine<'_>, checks: &GivenChecks, value: &QueryValue) {
    let Some((position, path)) = given(value).filter(|_| machine.recording) else { return };
    let is_key = path.last().is_some_and(|member| looks_like_key(member));
    if !is_key && !checks.0.contains_key(&position) {
        machine.effects.given_used.insert(position);
    }
}

/// True for an argument of which every method that the call reaches compares a column.
pub(super) fn is_checked_by_callee(machine: &QueryMachine<'_>, event: &QueryEvent<'_>, position: usize) -> bool {
    if event.call.targets.is_empty() || event.arguments.iter().any(|given| given.spread) {
        return false;
    }
    event.call.targets.iter().all(|target| {
        let Some(position) = parameter_of(machine, event, position, *target) else { return false };
        let checks = |summary: Arc<Summary<QueryClient>>| {
            summary.effects.given.checks(position) && !summary.effects.given_used.contains(&position)
        };
        machine.summary(*target).is_some_and(checks)
    })
}

/// The parameter that takes an argument: the one of its name, or at its place.
fn parameter_of(machine: &QueryMachine<'_>, event: &QueryEvent<'_>, position: usize, target: BodyKey) -> Option<u16> {
    let index = machine.project.index;
    let place = match &event.arguments.get(position)?.name {
        None => position,
        Some(name) => {
            let hir = index.hir(target.file);
            index.signature(target)?.parameters.iter().position(|parameter| hir.text(parameter.name) == &**name)?
        }
    };
    u16::try_from(place).ok()
}

/// Brings the checks of a callee to its caller.
pub(super) fn apply(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    summary: &Summary<QueryClient>,
) {
    for (position, check) in &summary.effects.given.0 {
        let (GivenCheck::Compared(columns), Some(argument)) = (check, event.arguments.get(usize::from(*position))) else {
            continue;
        };
        let places = columns.iter().flat_map(|(column, places)| places.iter().map(move |at| (column, *at)));
        for (column, at) in places {
            let with = summary.effects.given_with.get(&(*position, Arc::clone(column), at));
            let Some(with) = with.map(|with| of_caller(event, with)) else { continue };
            for entry in &argument.value.fact.rows {
                let compared = Compared::one(entry, column, at);
                note_compared(machine, &compared, Check { at, by_policy: false, role: None }, ComparedWith::Value(with.clone()));
                state.store.checked.insert(compared);
            }
            if let Some((own, [])) = given(&argument.value) {
                state.store.given.add(own, column, at);
                if machine.recording {
                    machine.effects.given_with.insert((own, Arc::clone(column), at), with);
                }
            }
        }
    }
}

/// The other side of a comparison in the terms of the caller.
fn of_caller(event: &QueryEvent<'_>, with: &Operand) -> Operand {
    let of_parameter = |origin: &Origin| match origin.root {
        Root::Parameter(position) => event.arguments.get(usize::from(position)),
        _ => None,
    };
    let mut rows = with.rows.clone();
    rows.extend(with.origins.iter().filter_map(of_parameter).flat_map(|given| given.value.fact.rows.iter().cloned()));
    rows.sort();
    rows.dedup();
    Operand { origins: with.origins.substitute(&|origin| actual_of(event, origin)), rows, ..with.clone() }
}
