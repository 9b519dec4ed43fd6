//! Methods of builders: of the project, of the framework, and those that nobody lists.

use std::sync::Arc;

use super::terminals::{execution, terminal};
use super::{subject_model, table_subject};
use crate::analysis::tenancy::client::{QueryEvent, QueryMachine, QueryState, QueryValue, apply_summary, objects_in, record};
use crate::analysis::tenancy::query::{self, Column, ObjectId, Operation, Operator, Predicate, Removed, Subject, Unknown};
use crate::analysis::tenancy::state::QueryFact;
use crate::analysis::tenancy::{conditions, macros};
use crate::flow::{CallEvent, Given, Type, Value};
use crate::specs::{Connective, QueryMethod, QueryMethodKind};

/// A method of a builder.
pub(super) fn builder_call(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
) -> QueryValue {
    let Some(name) = event.name else {
        tell(state, objects, &Operation::Opaque(Unknown::Method, event.link()));
        return value_of(objects);
    };
    if !event.call.targets.is_empty() {
        return project_method(machine, state, event, objects, name);
    }
    let specs = machine.project.specs;
    run_argument_queries(machine, state, event);
    match specs.query_method(name) {
        Some(method) => framework_method(machine, state, event, objects, method),
        None => unlisted_method(machine, state, event, objects, name),
    }
}

pub(super) fn value_of(objects: &[ObjectId]) -> QueryValue {
    Value { fact: QueryFact { objects: objects.to_vec(), ..QueryFact::default() }, ..Value::unknown() }
}

pub(super) fn tell(state: &mut QueryState, objects: &[ObjectId], operation: &Operation) {
    let certain = objects.len() == 1;
    for object in objects {
        let Some(query) = state.store.queries.get_mut(object) else { continue };
        if certain {
            query.push(operation.clone());
        } else {
            let paths = [vec![operation.clone()], Vec::new()];
            let paths = paths.into_iter().map(|operations| query::Alternative { when: Vec::new(), operations });
            query.push(Operation::Either(paths.collect()));
        }
    }
}

/// A local scope, or a method of the project's own builder class.
pub(super) fn project_method(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    name: &str,
) -> QueryValue {
    let builder = value_of(objects);
    let mut arguments = Vec::with_capacity(event.arguments.len() + 1);
    if event.call.is_scope {
        arguments.push(Given { name: None, value: builder.clone(), spread: false, expr: event.expr });
    }
    arguments.extend(event.arguments.iter().cloned());
    let ordered = event.call.targets.first().and_then(|target| machine.in_order(*target, &arguments));
    let arguments = ordered.unwrap_or(arguments);
    let inner: QueryEvent<'_> = CallEvent { receiver: Some(&builder), arguments: &arguments, ..*event };
    let mut result = builder.clone();
    for target in &event.call.targets {
        let Some(summary) = machine.summary(*target) else {
            tell(state, objects, &Operation::Opaque(Unknown::Size, event.link()));
            continue;
        };
        let value = apply_summary(machine, state, &inner, &summary, event.call.is_scope.then_some(name));
        let gives_rows =
            value.fact.objects.is_empty() && !machine.types(event.expr).iter().any(|one| matches!(one, Type::Query(_)));
        if gives_rows || !value.fact.objects.is_empty() {
            result = value;
        }
    }
    result
}

/// Builders among the arguments run as part of this query.
pub(super) fn run_argument_queries(machine: &mut QueryMachine<'_>, state: &QueryState, event: &QueryEvent<'_>) {
    for object in event.arguments.iter().flat_map(|given| objects_in(&given.value)) {
        if let Some(query) = state.store.queries.get(&object) {
            let execution =
                execution(machine, query.clone(), "sub-query", QueryMethodKind::Run, event, "laravel/query#sub-query");
            record(machine, execution);
        }
    }
}

/// A method that no builder of the framework has: a dynamic `whereX`, a macro of a scope, a package's.
pub(super) fn unlisted_method(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    name: &str,
) -> QueryValue {
    if let Some(removed) = macro_of_scope(machine, state, objects, name) {
        tell(state, objects, &Operation::Remove(Removed::ScopeOf(removed.0), event.link()));
        if let (true, Some(given)) = (removed.1, event.arguments.first()) {
            let operand = conditions::operand(&given.value);
            let column = Column::plain(&removed.2);
            tell(
                state,
                objects,
                &Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal, operand), event.link()),
            );
        }
        return value_of(objects);
    }
    if let Some(columns) = dynamic_where(name) {
        for (position, (connective, column)) in columns.into_iter().enumerate() {
            let operand = event.arguments.get(position).map(|given| conditions::operand(&given.value)).unwrap_or_default();
            let predicate = Predicate::Compare(Column::plain(&column), Operator::Equal, operand);
            tell(state, objects, &Operation::Where(connective, predicate, event.link()));
        }
        return value_of(objects);
    }
    if let Some(closure) = macros::of_builders(machine.project.index, name) {
        let given: Vec<QueryValue> = event.arguments.iter().map(|given| given.value.clone()).collect();
        let returned = machine.run_bound(state, closure, value_of(objects), &given);
        return if returned.fact.objects.is_empty() { value_of(objects) } else { returned };
    }
    tell(state, objects, &Operation::Opaque(Unknown::Package, event.link()));
    value_of(objects)
}

/// A builder macro that a global scope of the model registers in `extend()`: its class, whether it
/// limits again, and by which column.
pub(super) fn macro_of_scope(
    machine: &QueryMachine<'_>,
    state: &QueryState,
    objects: &[ObjectId],
    name: &str,
) -> Option<(Arc<str>, bool, Arc<str>)> {
    let subject = &state.store.queries.get(objects.first()?)?.subject;
    let model = subject_model(machine, subject)?;
    let index = machine.project.index;
    model.global_scopes.iter().find_map(|scope| {
        let crate::index::ScopeCode::Class(class) = scope.code else { return None };
        let found = macros::find(index, class, name)?;
        Some((index.class_name(class).into(), found.limits_by.is_some(), found.limits_by.unwrap_or_else(|| "".into())))
    })
}

/// `whereCompanyIdAndName` → columns. `laravel/framework:src/Illuminate/Database/Query/Builder.php (dynamicWhere)`
pub(super) fn dynamic_where(name: &str) -> Option<Vec<(Connective, String)>> {
    let rest = name.strip_prefix("where").filter(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))?;
    let mut columns = Vec::new();
    let mut connective = Connective::And;
    let mut word = String::new();
    let mut rest = rest;
    while let Some(first) = rest.chars().next() {
        let separator = [("And", Connective::And), ("Or", Connective::Or)].into_iter().find(|(separator, _)| {
            !word.is_empty()
                && rest.strip_prefix(separator).is_some_and(|after| after.starts_with(|next: char| next.is_ascii_uppercase()))
        });
        if let Some((separator, next)) = separator {
            columns.push((connective, std::mem::take(&mut word)));
            connective = next;
            rest = &rest[separator.len()..];
            continue;
        }
        if first.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(first.to_ascii_lowercase());
        rest = &rest[first.len_utf8()..];
    }
    columns.push((connective, word));
    Some(columns)
}

/// A method of the framework's builders.
pub(super) fn framework_method(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    method: &QueryMethod,
) -> QueryValue {
    if method.kind.is_terminal() {
        return terminal(machine, state, event, objects, method);
    }
    match method.kind {
        QueryMethodKind::When | QueryMethodKind::Unless => conditions::when(machine, state, event, objects, method.kind),
        QueryMethodKind::Tap | QueryMethodKind::Pipe => {
            let closures = event.arguments.first().map(|given| given.value.closures.clone()).unwrap_or_default();
            if closures.is_empty() {
                tell(state, objects, &Operation::Opaque(Unknown::Argument, event.link()));
            }
            let mut result = value_of(objects);
            for closure in closures {
                let returned = machine.run_closure(state, &closure, &[value_of(objects)]);
                if method.kind == QueryMethodKind::Pipe {
                    result = returned;
                }
            }
            result
        }
        QueryMethodKind::Copy => {
            let receiver = value_of(objects);
            let client = machine.client;
            let fact = crate::flow::Client::copy(client, machine, state, &receiver, event.expr);
            Value { fact, ..Value::unknown() }
        }
        QueryMethodKind::From => {
            let subject = table_subject(event.argument(0, "table"), event.argument(1, "as"));
            for object in objects {
                if let Some(query) = state.store.queries.get_mut(object) {
                    query.subject = subject.clone();
                }
            }
            value_of(objects)
        }
        QueryMethodKind::FromSub | QueryMethodKind::FromRaw => {
            for object in objects {
                if let Some(query) = state.store.queries.get_mut(object) {
                    let is_sub = method.kind == QueryMethodKind::FromSub;
                    query.subject = if is_sub { Subject::Table("".into(), None) } else { Subject::Unknown(Unknown::Sql) };
                }
            }
            value_of(objects)
        }
        QueryMethodKind::Inspect => Value::unknown(),
        _ => {
            for operation in conditions::operations(machine, state, event, objects, method) {
                tell(state, objects, &operation);
            }
            value_of(objects)
        }
    }
}
