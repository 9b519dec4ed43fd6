//! Relations that are loaded without a relation method: `with('customer')`, `$row->load('customer')`,
//! `$row->customer`. Each is a query of its own, limited by the keys of the rows around it.

use std::sync::Arc;

use super::calls::{model_facts, relation_condition, subject_model};
use super::client::{QueryEvent, QueryMachine, QueryState, QueryValue, record};
use super::conditions::nested;
use super::execution::{Execution, SentBy};
use super::query::{Entry, EntryKind, Operation, Query, Subject};
use super::state::QueryFact;
use crate::finding::Location;
use crate::flow::{Given, Origins, Root, Types, Value};
use crate::hir::{Expr, ExprId, Literal};
use crate::index::{ConstantKey, Model};

/// The spec row of an eager load.
pub const EAGER_LOAD: &str = "laravel/eloquent#eager-load";
/// The spec row of a relation that is read as a property.
pub const LAZY_LOAD: &str = "laravel/eloquent#lazy-load";

/// The relations that a call names, each with the place and the constraint of its own.
struct Named {
    path: String,
    expr: ExprId,
    constraint: Option<QueryValue>,
}

/// The relations among the arguments of `with(…)`, `load(…)`, `withCount(…)`.
fn named(machine: &QueryMachine<'_>, arguments: &[Given<QueryFact>]) -> Vec<Named> {
    let code = machine.project.index.body(machine.body);
    let mut relations = Vec::new();
    for (position, given) in arguments.iter().enumerate() {
        if let Some(path) = given.value.text() {
            let constraint = arguments.get(position + 1).filter(|next| !next.value.closures.is_empty());
            relations.push(Named {
                path: path.to_owned(),
                expr: given.expr,
                constraint: constraint.map(|next| next.value.clone()),
            });
            continue;
        }
        let Some(shape) = &given.value.shape else { continue };
        let written = match code.expr(given.expr) {
            Expr::Array(items) => items.iter().filter_map(|item| item.value.map(|value| item.key.unwrap_or(value))).collect(),
            _ => Vec::new(),
        };
        for (number, (key, item)) in shape.items.iter().enumerate() {
            let expr = if written.len() == shape.items.len() { place_of(machine, &written, key, number) } else { given.expr };
            match (key, item.text()) {
                (ConstantKey::String(path), _) => {
                    let constraint = Some(item.clone()).filter(|item| !item.closures.is_empty());
                    relations.push(Named { path: path.clone(), expr, constraint });
                }
                (ConstantKey::Int(_), Some(path)) => {
                    relations.push(Named { path: path.to_owned(), expr, constraint: None });
                }
                _ => {}
            }
        }
    }
    relations
}

/// The expression of an item: by its key, else by its number. Items of a shape are sorted by key.
fn place_of(machine: &QueryMachine<'_>, written: &[ExprId], key: &ConstantKey, number: usize) -> ExprId {
    let code = machine.project.index.body(machine.body);
    let is_it = |expr: &&ExprId| match (code.expr(**expr), key) {
        (Expr::Literal(Literal::String(text)), ConstantKey::String(key)) => machine.hir().text(*text) == key,
        _ => false,
    };
    written.iter().find(is_it).or_else(|| written.get(number)).copied().unwrap_or(ExprId(0))
}

/// The rows around a load: their model, and what is known of them.
struct Around<'p> {
    model: &'p Model,
    origins: Origins,
    rows: Vec<Entry>,
}

/// `Customer::with('appointments')`: with the rows of the query around it.
pub(super) fn eager(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    subject: &Subject,
    entry: &Entry,
) {
    let Some(model) = subject_model(machine, subject) else { return };
    let origins = Origins::one(Root::Row(model.name.as_str().into()));
    load(machine, state, event, &Around { model, origins, rows: vec![entry.clone()] });
}

/// `$customer->load('appointments')`, `$customers->loadMissing(…)`
pub(super) fn of_rows(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) {
    let (Some(receiver), Some(types)) = (event.receiver, event.receiver_types) else { return };
    let Some(model) = model_of(machine, types) else { return };
    let (origins, rows) = (receiver.origins.clone(), receiver.fact.rows.clone());
    load(machine, state, event, &Around { model, origins, rows });
}

fn model_of<'p>(machine: &QueryMachine<'p>, types: &Types) -> Option<&'p Model> {
    let index = machine.project.index;
    let elements = types.elements();
    types.classes().chain(elements.classes()).find_map(|class| model_facts(index, class))
}

fn load(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>, around: &Around<'_>) {
    for Named { path, expr, constraint } in named(machine, event.arguments) {
        let path = path.split(" as ").next().unwrap_or_default();
        let mut model = around.model;
        let mut origins = around.origins.clone();
        let steps: Vec<&str> = path.split('.').map(|step| step.split(':').next().unwrap_or(step)).collect();
        for (number, step) in steps.iter().enumerate() {
            let Some(relation) = model.relations.get(*step) else { break };
            let Some(class) = relation.related.as_deref() else { break };
            let subject = Subject::Model(class.into());
            let parent = Value { fact: QueryFact::rows(&around.rows), ..Value::from_origins(origins) };
            let at = machine.location(expr);
            let mut operations = vec![relation_condition(relation, model, &parent, at)];
            if let Some(constraint) = constraint.as_ref().filter(|_| number + 1 == steps.len()) {
                for closure in constraint.closures.clone() {
                    operations.extend(nested(machine, state, event, &closure, &subject));
                }
            }
            let entry = Entry { body: machine.body, expr, at, kind: EntryKind::Relation, spec: EAGER_LOAD.into() };
            note(machine, entry, subject, operations, event.name.unwrap_or_default());
            let Some(next) = model_facts(machine.project.index, class) else { break };
            model = next;
            origins = Origins::one(Root::Row(class.into()));
        }
    }
}

/// `$row->customer`, the first time in a function and unless it was loaded with the row.
pub(super) fn lazy(machine: &mut QueryMachine<'_>, row: (&QueryValue, &Types), name: &str, at: (ExprId, Location)) {
    let (row, types) = row;
    let is_reachable = !row.fact.rows.is_empty() || row.origins.any(|origin| matches!(origin.root, Root::Parameter(_)));
    if !machine.recording || !is_reachable || !row.fact.objects.is_empty() {
        return;
    }
    let index = machine.project.index;
    let Some(model) = types.classes().find_map(|class| model_facts(index, class)) else { return };
    let Some(relation) = model.relations.get(name) else { return };
    let Some(class) = relation.related.as_deref() else { return };
    let subject = Subject::Model(class.into());
    let condition = relation_condition(relation, model, row, at.1);
    let is_known = |known: &Execution| {
        let is_load = *known.query.entry.spec == *EAGER_LOAD || *known.query.entry.spec == *LAZY_LOAD;
        is_load
            && known.query.subject == subject
            && matches!((known.query.operations.first(), &condition),
                (Some(Operation::Where(_, told, _)), Operation::Where(_, new, _)) if told == new)
    };
    if machine.effects.executions.iter().any(is_known) {
        return;
    }
    let entry = Entry { body: machine.body, expr: at.0, at: at.1, kind: EntryKind::Relation, spec: LAZY_LOAD.into() };
    note(machine, entry, subject, vec![condition], name);
}

fn note(machine: &mut QueryMachine<'_>, entry: Entry, subject: Subject, operations: Vec<Operation>, method: &str) {
    let at = entry.at;
    let spec = Arc::clone(&entry.spec);
    let mut query = Query::new(entry, subject);
    operations.into_iter().for_each(|operation| query.push(operation));
    let function = machine.function;
    let execution = Execution::new(query, SentBy::loading(method, spec), at, function);
    record(machine, execution);
}
