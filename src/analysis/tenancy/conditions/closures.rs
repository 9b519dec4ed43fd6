//! Closures among the arguments of conditions: nested queries, and branches that are taken or not.

use crate::analysis::tenancy::client::{QueryEvent, QueryMachine, QueryState, QueryValue, record};
use crate::analysis::tenancy::execution::{Execution, SentBy};
use crate::analysis::tenancy::query::{Assumption, Entry, EntryKind, ObjectId, Operation, Query, Subject, Unknown};
use crate::analysis::tenancy::state::QueryFact;
use crate::finding::Location;
use crate::flow::{ClosureValue, Given, Value};
use crate::specs::QueryMethodKind;

/// Runs the constraint of a relation on a builder of its own; gives what it was told.
pub(in crate::analysis::tenancy) fn nested(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    closure: &ClosureValue<QueryFact>,
    subject: &Subject,
) -> Vec<Operation> {
    nested_in(machine, state, event, closure, (subject.clone(), subject))
}

/// Runs a closure on a builder of its own; gives what it was told. `own` is what the query around it is about.
pub(super) fn nested_in(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    closure: &ClosureValue<QueryFact>,
    (subject, own): (Subject, &Subject),
) -> Vec<Operation> {
    let entry = Entry {
        body: closure.body,
        expr: crate::hir::ExprId(0),
        at: event.link(),
        kind: EntryKind::Nested,
        spec: "laravel/query#nested".into(),
    };
    let object = ObjectId::Copy(closure.body, crate::hir::ExprId(u32::MAX));
    let is_given = matches!(subject, Subject::Table(..));
    state.store.queries.insert(object.clone(), Query::new(entry, subject));
    let builder = Value { fact: QueryFact::object(object.clone()), ..Value::unknown() };
    let assumptions = state.store.assumptions.clone();
    machine.run_closure(state, closure, &[builder]);
    state.store.assumptions = assumptions;
    let Some(query) = state.store.queries.remove(&object) else { return Vec::new() };
    let operations = query.operations.clone();
    if *own != query.subject && matches!(query.subject, Subject::Table(..)) && !is_given {
        sub_select(machine, query, closure);
    }
    operations
}

/// A closure that chose a table of its own is a query within the query.
fn sub_select(machine: &mut QueryMachine<'_>, mut query: Query, closure: &ClosureValue<QueryFact>) {
    let span = machine.project.index.body(closure.body).span;
    let at = Location::new(closure.body.file, span);
    query.entry = Entry { at, kind: EntryKind::Table, spec: "laravel/query#sub-query".into(), ..query.entry };
    let function = machine.function;
    record(machine, Execution::new(query, SentBy::loading("sub-query", "laravel/query#sub-query"), at, function));
}

/// `when($value, $callback, $default)`, `unless(…)`
pub(in crate::analysis::tenancy) fn when(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    kind: QueryMethodKind,
) -> QueryValue {
    let builder = Value { fact: QueryFact { objects: objects.to_vec(), ..QueryFact::default() }, ..Value::unknown() };
    let Some(tested) = event.argument(0, "value") else {
        return builder;
    };
    let holds = kind == QueryMethodKind::When;
    let assumption = |holds| Assumption {
        at: machine.location(tested.expr),
        origins: tested.value.origins.clone(),
        holds,
        is_comparison: false,
        is_impossible: tested.value.truth().is_some_and(|truth| truth != holds),
        expr: (event.body, tested.expr),
    };
    let (on_true, on_false) = (assumption(holds), assumption(!holds));
    let base = state.store.assumptions.clone();
    let mut other = state.clone();
    state.store.assumptions.push(on_true);
    other.store.assumptions.push(on_false);
    let callback = event.argument(1, "callback");
    let fallback = event.argument(2, "default");
    run_branch(machine, state, event, objects, callback, &tested.value);
    run_branch(machine, &mut other, event, objects, fallback, &tested.value);
    let client = machine.client;
    crate::flow::Client::join_stores(client, &mut state.store, &other.store);
    state.store.assumptions = base;
    builder
}

fn run_branch(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    callback: Option<&Given<QueryFact>>,
    tested: &QueryValue,
) {
    let Some(callback) = callback else { return };
    if callback.value.is_null() {
        return;
    }
    if callback.value.closures.is_empty() {
        for object in objects {
            if let Some(query) = state.store.queries.get_mut(object) {
                query.push(Operation::Opaque(Unknown::Argument, event.link()));
            }
        }
    }
    let builder = Value { fact: QueryFact { objects: objects.to_vec(), ..QueryFact::default() }, ..Value::unknown() };
    for closure in callback.value.closures.clone() {
        machine.run_closure(state, &closure, &[builder.clone(), tested.clone()]);
    }
}
