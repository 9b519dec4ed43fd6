//! Builders that an object keeps in its own properties: its methods hand them to each other by these.

use std::collections::{BTreeMap, BTreeSet};

use super::client::{QueryClient, QueryEvent, QueryMachine, QueryState, QueryValue, is_own_call, record};
use super::execution::Execution;
use super::lift::CallSites;
use super::prune::Passed;
use super::query::{Entry, EntryKind, EntryQueries, ObjectId, Operation, Query, Subject, Unknown, substitute_all};
use super::state::{Builders, QueryFact};
use crate::analysis::contexts::ContextTable;
use crate::finding::Location;
use crate::flow::{Root, Summary, Type, actual_of};
use crate::hir::ExprId;

/// Before the property's name in the row that opens a kept builder.
const SPEC: &str = "php/property#";

/// The builder of a property of `$this` that the method has not assigned: what other methods told it is not known.
pub(super) fn open(
    machine: &QueryMachine<'_>,
    store: &mut Builders,
    receiver: &QueryValue,
    name: &str,
    at: (ExprId, Location),
) -> Option<QueryFact> {
    if !receiver.origins.all(|origin| origin.root == Root::This && origin.path.is_empty()) {
        return None;
    }
    let subject = machine.types(at.0).iter().find_map(|one| match one {
        Type::Query(Some(model)) => Some(Subject::Model(model.clone())),
        Type::Query(None) => Some(Subject::Unknown(Unknown::Kept)),
        _ => None,
    })?;
    let object = opened(machine, store, name, subject, at);
    Some(QueryFact::object(object))
}

fn opened(
    machine: &QueryMachine<'_>,
    store: &mut Builders,
    name: &str,
    subject: Subject,
    (expr, at): (ExprId, Location),
) -> ObjectId {
    let object = ObjectId::Property(name.into());
    if !store.queries.contains_key(&object) {
        let spec = format!("{SPEC}{name}").into();
        let entry = Entry { body: machine.body, expr, at, kind: EntryKind::Kept, spec };
        let mut query = Query::new(entry, subject);
        query.push(Operation::Opaque(Unknown::Kept, at));
        store.queries.insert(object.clone(), query);
    }
    object
}

/// What this method told a kept builder; none where it told nothing.
pub(super) fn told(query: &Query) -> Option<Query> {
    let (first, told) = query.operations.split_first()?;
    let is_kept = matches!(first, Operation::Opaque(Unknown::Kept, _)) && !told.is_empty();
    is_kept.then(|| Query { operations: told.to_vec(), ..query.clone() })
}

/// The builders that the caller's object keeps under a name, for a call of a method of the same object.
pub(super) fn objects(
    machine: &QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    (name, query): (&str, &Query),
) -> Vec<ObjectId> {
    let hir = machine.project.index.hir(machine.body.file);
    if let Some(value) = state.own_property(hir, name) {
        return value.fact.objects.clone();
    }
    vec![opened(machine, &mut state.store, name, query.subject.clone(), (event.expr, event.at))]
}

/// Brings what a method of the same object does to kept builders to its caller.
pub(super) fn apply(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    summary: &Summary<QueryClient>,
) {
    if !is_own_call(machine, event, summary) {
        return;
    }
    for execution in &summary.effects.executions {
        let Some(name) = execution.query.entry.spec.strip_prefix(SPEC) else { continue };
        let query = Query { operations: execution.query.operations.iter().skip(1).cloned().collect(), ..execution.query.clone() };
        for object in objects(machine, state, event, (name, &query)) {
            if matches!(object, ObjectId::Property(_)) {
                continue;
            }
            let Some(known) = state.store.queries.get(&object) else { continue };
            let mut sent = Execution { query: known.clone(), function: machine.function, ..execution.clone() };
            operations(machine, event, summary, &query).into_iter().for_each(|operation| sent.query.push(operation));
            sent.through_call.push(event.at);
            record(machine, sent);
        }
    }
    for (name, query) in &summary.effects.kept {
        let told = operations(machine, event, summary, query);
        for object in objects(machine, state, event, (name, query)) {
            if let Some(known) = state.store.queries.get_mut(&object) {
                told.iter().for_each(|operation| known.push(operation.clone()));
            }
        }
    }
}

fn operations(
    machine: &QueryMachine<'_>,
    event: &QueryEvent<'_>,
    summary: &Summary<QueryClient>,
    query: &Query,
) -> Vec<Operation> {
    let told = Passed { machine, event, callee: summary.function }.prune(&query.operations);
    substitute_all(&told, &|origin| actual_of(event, origin))
}

/// Leaves out kept builders that a method sends, where each call of the method tells which builder it is.
pub(super) fn leave_out_told(queries: &mut BTreeMap<Entry, EntryQueries>, sites: &CallSites, contexts: &ContextTable) {
    let sent = queries.values().flat_map(|queries| &queries.executions);
    let told: BTreeSet<(Location, Location)> = sent.filter_map(|sent| Some((*sent.through_call.last()?, sent.at))).collect();
    let is_told = |sent: &Execution| {
        let calls = sites.of(sent.function).filter(|_| !contexts.is_entry_point(sent.function));
        calls.is_some_and(|calls| calls.iter().all(|call| told.contains(&(*call, sent.at))))
    };
    for (_, kept) in queries.iter_mut().filter(|(entry, _)| entry.kind == EntryKind::Kept) {
        kept.executions.retain(|sent| !is_told(sent));
    }
    queries.retain(|entry, kept| entry.kind != EntryKind::Kept || !kept.executions.is_empty());
}
