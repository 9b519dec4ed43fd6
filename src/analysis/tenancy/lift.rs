//! Queries of a callee as its callers' arguments make them: who passes a tenant of the request, a fixed one, or a row
//! that was loaded without a limit, is told at the query.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::client::{QueryClient, QueryEvent, QueryMachine, QueryState, QueryValue, is_own_call, record};
use super::comparisons::{comparisons, comparisons_mut};
use super::execution::Execution;
use super::guard::looks_like_key;
use super::loads::LAZY_LOAD;
use super::prune::Passed;
use super::query::{Column, EntryKind, Operand, Operation, Predicate, substitute_all};
use super::validation::PassedChecks;
use crate::analysis::contexts::ContextTable;
use crate::finding::Location;
use crate::flow::{Actual, Origin, Project, Root, Substitution, Summary, actual_of, part_of};
use crate::index::BodyKey;

/// Calls through which a query is followed to its callers.
const DEPTH: usize = 4;

/// Tells the queries of a callee once more, with what this call passes.
pub(super) fn lift(
    machine: &mut QueryMachine<'_>,
    passed: &PassedChecks,
    (event, actual): (&QueryEvent<'_>, Substitution<'_>),
    summary: &Summary<QueryClient>,
) {
    if !machine.recording {
        return;
    }
    for execution in &summary.effects.executions {
        let is_own = !matches!(execution.query.entry.kind, EntryKind::Parameter(_));
        // A row that is handed on and on is judged where it is chosen, not wherever a property of it is read.
        let depth = if *execution.spec == *LAZY_LOAD { 1 } else { DEPTH };
        if !is_own || execution.through_call.len() >= depth {
            continue;
        }
        let pruned = Passed { machine, event, callee: summary.function }.prune(&execution.query.operations);
        let is_telling = |(column, operand, _): (&Column, &Operand, Location)| {
            looks_like_key(&column.name) && (matters(operand, event) || is_found(operand, passed, actual))
        };
        if matches!(pruned, Cow::Borrowed(_)) && !comparisons(&pruned).into_iter().any(is_telling) {
            continue;
        }
        let mut sent = execution.clone();
        sent.query.operations = substitute_all(&pruned, actual);
        let told = comparisons_mut(&mut sent.query.operations).into_iter().zip(comparisons(&pruned));
        for ((_, operand), (_, before, _)) in told.filter(|((column, _), _)| looks_like_key(&column.name)) {
            for given in given_to(before, event) {
                operand.rows.extend(given.fact.rows);
            }
            operand.rows.sort();
            operand.rows.dedup();
        }
        sent.function = machine.function;
        sent.through_call.push(event.at);
        sent.passed = execution.passed.iter().filter_map(|check| check.of_caller(actual)).collect();
        sent.passed.extend(passed.iter().cloned());
        record(machine, sent);
    }
}

/// What a caller knows of a callee's parameters, of `$this`, and of what it has put into its own properties before.
pub(super) fn actual_in<'e>(
    machine: &QueryMachine<'_>,
    state: &QueryState,
    event: &'e QueryEvent<'e>,
    summary: &Summary<QueryClient>,
) -> impl Fn(&Origin) -> Option<Actual> + use<'e> {
    let own = if is_own_call(machine, event, summary) { state.own_properties(machine.hir()) } else { Vec::new() };
    move |origin| {
        let of_property = || {
            let (first, path) = origin.path.split_first().filter(|_| origin.root == Root::This)?;
            let (_, value) = own.iter().find(|(name, _)| name == first)?;
            let (part, members) = part_of(value, path);
            Some(Actual { origins: part.origins, members: members + 1 })
        };
        of_property().or_else(|| actual_of(event, origin))
    }
}

/// True where a key is compared with what the object keeps, which the caller has found before.
fn is_found(operand: &Operand, passed: &PassedChecks, actual: Substitution<'_>) -> bool {
    let is_kept = |origin: &Origin| origin.root == Root::This && !origin.path.is_empty();
    if !operand.origins.any(is_kept) {
        return false;
    }
    let known = operand.origins.substitute(actual);
    passed.iter().any(|check| check.found_value().is_some_and(|found| known.any(|value| value == found)))
}

/// True where a key is compared with an argument that says more than the callee knows.
fn matters(operand: &Operand, event: &QueryEvent<'_>) -> bool {
    let is_telling = |value: QueryValue| {
        let is_known = |root: &Root| !matches!(root, Root::Unknown | Root::Call(_));
        !value.is_void() && (!value.fact.rows.is_empty() || value.origins.any(|origin| is_known(&origin.root)))
    };
    given_to(operand, event).any(is_telling)
}

/// True for a comparison whose column a parameter names.
fn names_by_argument(told: &Operation) -> bool {
    matches!(told, Operation::Where(_, Predicate::Compare(column, ..), _) if column.parameter.is_some())
}

/// The arguments, or the elements of them, that an operand is made from.
fn given_to<'e>(operand: &'e Operand, event: &'e QueryEvent<'_>) -> impl Iterator<Item = QueryValue> + 'e {
    operand.origins.iter().filter_map(|origin| match origin.root {
        Root::Parameter(position) => event.arguments.get(position as usize).map(|given| part_of(&given.value, &origin.path).0),
        _ => None,
    })
}

/// Where each function of the project is called.
#[derive(Debug, Default)]
pub(super) struct CallSites(FxHashMap<BodyKey, Vec<Location>>);

impl CallSites {
    /// The calls of a function, if there are any.
    pub(super) fn of(&self, function: BodyKey) -> Option<&[Location]> {
        self.0.get(&function).map(Vec::as_slice)
    }

    pub(super) fn build(project: Project<'_>) -> Self {
        let mut sites: FxHashMap<BodyKey, Vec<Location>> = FxHashMap::default();
        for (key, body) in project.index.bodies() {
            for (expr, call) in project.resolution.body(key).calls() {
                for target in &call.targets {
                    sites.entry(*target).or_default().push(Location::new(key.file, body.expr_span(expr)));
                }
            }
        }
        Self(sites)
    }
}

/// Leaves out queries by an argument, where each call of the function tells what it passes.
pub(super) fn settle(executions: &mut Vec<Execution>, sites: &CallSites, contexts: &ContextTable) {
    let is_told = |execution: &Execution| {
        let is_told = |origin: &Origin| match origin.root {
            Root::Parameter(_) => true,
            Root::This => !origin.path.is_empty(),
            _ => false,
        };
        let by_argument = || {
            let told = comparisons(&execution.query.operations);
            told.into_iter().any(|(column, operand, _)| looks_like_key(&column.name) && operand.origins.any(is_told))
        };
        let Some(calls) = sites.of(execution.function) else { return false };
        (by_argument() || execution.query.operations.iter().any(names_by_argument))
            && !contexts.is_entry_point(execution.function)
            && calls.iter().all(|call| {
                executions.iter().any(|told| {
                    told.through_call.split_last().is_some_and(|(last, before)| last == call && before == execution.through_call)
                })
            })
    };
    let keep: Vec<bool> = executions.iter().map(|execution| !is_told(execution)).collect();
    let mut keep = keep.into_iter();
    executions.retain(|_| keep.next().unwrap_or(true));
}
