//! Methods that send the query.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::subject_model;
use crate::analysis::contexts::role_asked;
use crate::analysis::tenancy::client::{QueryEvent, QueryMachine, QueryState, QueryValue, record};
use crate::analysis::tenancy::conditions;
use crate::analysis::tenancy::creations::create;
use crate::analysis::tenancy::execution::{Execution, SentBy};
use crate::analysis::tenancy::ownership;
use crate::analysis::tenancy::query::{ObjectId, Operand, Query, Subject};
use crate::analysis::tenancy::state::QueryFact;
use crate::analysis::tenancy::validation::PassedCheck;
use crate::flow::{Origins, Root, Value};
use crate::index::{Constant, ConstantKey};
use crate::specs::{QueryMethod, QueryMethodKind, Returns};

pub(super) fn execution(
    machine: &QueryMachine<'_>,
    query: Query,
    method: &str,
    kind: QueryMethodKind,
    event: &QueryEvent<'_>,
    spec: &str,
) -> Execution {
    let writes = matches!(
        kind,
        QueryMethodKind::Write
            | QueryMethodKind::WriteUnscoped
            | QueryMethodKind::Destroy
            | QueryMethodKind::FindOrWrite
            | QueryMethodKind::FindOrWriteUnscoped
            | QueryMethodKind::Upsert
    );
    let by = SentBy { method: method.into(), kind, spec: spec.into() };
    Execution { writes, ..Execution::new(query, by, event.at, machine.function) }
}

/// A method that sends the query.
pub(super) fn terminal(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    method: &QueryMethod,
) -> QueryValue {
    let name = event.name.unwrap_or_default();
    let mut rows = QueryFact::default();
    let mut model = None;
    if method.kind == QueryMethodKind::Insert {
        let subject = objects.first().and_then(|object| state.store.queries.get(object)).map(|query| query.subject.clone());
        let class = subject.as_ref().and_then(|subject| subject_model(machine, subject));
        let class: Option<Arc<str>> = class.map(|model| model.name.as_str().into());
        return match (subject, class) {
            (Some(subject), Some(class)) => create(machine, event, subject, class),
            _ => Value::unknown(),
        };
    }
    for object in objects {
        let Some(mut query) = state.store.queries.get(object).cloned() else { continue };
        for operation in conditions::terminal_conditions(machine, event, &query, method.kind) {
            query.push(operation);
        }
        model = model.or_else(|| row_class(machine, &query.subject));
        crate::flow::Fact::join(&mut rows, &QueryFact::row(&query.entry));
        let mut sent = execution(machine, query, name, method.kind, event, &method.id);
        sent.passed.clone_from(&state.store.passed);
        sent.roles = roles_asked(machine, state);
        sent.is_dead = state.store.assumptions.iter().any(|assumption| assumption.is_impossible);
        if matches!(method.kind, QueryMethodKind::FindOrWrite | QueryMethodKind::FindOrWriteUnscoped) {
            sent.search = event.argument(0, "attributes").and_then(|given| search_array(&given.value));
        }
        if method.kind == QueryMethodKind::Upsert {
            sent.search = event.argument(1, "uniqueBy").and_then(|given| unique_columns(&given.value));
        }
        let found = throws_without_row(name)
            .then(|| PassedCheck::found(&sent.query, subject_model(machine, &sent.query.subject)?.primary_key.as_str()))
            .flatten();
        state.store.sent.insert(sent.query.entry.clone());
        if throws_without_row(name) {
            ownership::owner_found(machine, &mut state.store, &sent.query, event.at);
        }
        record(machine, sent);
        state.store.passed.extend(found.filter(|_| objects.len() == 1));
    }
    let row = || {
        let origins = model.as_ref().map_or_else(Origins::unknown, |model| Origins::one(Root::Row(Arc::clone(model))));
        Value { fact: rows.clone(), ..Value::from_origins(origins) }
    };
    let closures: Vec<_> = event.arguments.iter().flat_map(|given| given.value.closures.clone()).collect();
    match method.kind {
        QueryMethodKind::RunEach | QueryMethodKind::RunChunk => {
            for closure in closures {
                machine.run_closure_maybe(state, &closure, &[row()]);
            }
            Value::unknown()
        }
        _ => match method.returns {
            Returns::Row | Returns::Rows | Returns::Query => row(),
            Returns::Value => {
                let column = event.arguments.first().and_then(|given| given.value.text());
                let origins = column.map_or_else(Origins::unknown, |column| row().origins.member(column, model.as_ref()));
                Value { fact: rows, ..Value::from_origins(origins) }
            }
            Returns::Number | Returns::Boolean | Returns::Nothing => Value::unknown(),
        },
    }
}

/// `laravel/framework:src/Illuminate/Database/Eloquent/Builder.php (findOrFail, firstOrFail, sole)`
fn throws_without_row(method: &str) -> bool {
    ["findOrFail", "firstOrFail", "sole"].iter().any(|name| name.eq_ignore_ascii_case(method))
}

/// What every path that leads here has asked about the user's role, and got a yes to.
fn roles_asked(machine: &QueryMachine<'_>, state: &QueryState) -> BTreeSet<Arc<str>> {
    let asked = state.store.assumptions.iter().filter(|assumption| {
        assumption.holds && (assumption.is_comparison || assumption.origins.any(|origin| origin.root == Root::User))
    });
    asked.filter_map(|assumption| role_asked(machine.project, assumption.expr.0, assumption.expr.1)).collect()
}

/// What a row is called: its model's class, else its table.
fn row_class(machine: &QueryMachine<'_>, subject: &Subject) -> Option<Arc<str>> {
    let model = subject_model(machine, subject).map(|model| Arc::from(model.name.as_str()));
    model.or_else(|| match subject {
        Subject::Table(table, _) if !table.is_empty() => Some(Arc::clone(table)),
        _ => None,
    })
}

/// The columns that a find-or-create method searches by.
pub(super) fn search_array(value: &QueryValue) -> Option<Vec<(Arc<str>, Operand)>> {
    let shape = value.shape.as_ref()?;
    if shape.rest.is_some() {
        return None;
    }
    let columns = shape.items.iter().filter_map(|(key, item)| match key {
        ConstantKey::String(column) => Some((column.as_str().into(), conditions::operand(item))),
        ConstantKey::Int(_) => None,
    });
    Some(columns.collect())
}

/// The columns of `upsert`'s second argument.
pub(super) fn unique_columns(value: &QueryValue) -> Option<Vec<(Arc<str>, Operand)>> {
    if let Some(text) = value.text() {
        return Some(vec![(text.into(), Operand::default())]);
    }
    match value.constant.as_deref() {
        Some(Constant::Array(items)) => {
            let columns = items.iter().filter_map(|(_, item)| match item {
                Constant::String(column) => Some((column.as_str().into(), Operand::default())),
                _ => None,
            });
            Some(columns.collect())
        }
        _ => {
            let shape = value.shape.as_ref()?;
            shape.items.values().map(|item| item.text().map(|column| (column.into(), Operand::default()))).collect()
        }
    }
}
