//! Rows that a form of an admin panel offers to choose from: `Select::make('customer_id')->relationship('customer', 'name')`
//! lists the related model's rows, not the record's. The model's global scopes hold, and what a closure adds.
//!
//! `filamentphp/filament:packages/forms/src/Components/Select.php (relationship)`

use std::sync::Arc;

use crate::analysis::tenancy::client::{QueryEvent, QueryMachine, QueryState, record};
use crate::analysis::tenancy::execution::{Execution, SentBy};
use crate::analysis::tenancy::query::{Entry, EntryKind, ObjectId, Query, Subject, Unknown};
use crate::analysis::tenancy::state::QueryFact;
use crate::analysis::tenancy::validation::form_model;
use crate::flow::{ClosureValue, Value};
use crate::hir::{Callee, ClassRef, Expr, ExprId};
use crate::index::BodyKey;
use crate::specs::EntryKind as SpecEntry;

/// The parameter of a closure that Filament fills with the query, by its name.
const QUERY: &str = "query";

/// Remembers the query of a field that offers rows; false for another call.
pub(super) fn offered(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) -> bool {
    let Some(spec) = spec_of(machine, event) else { return false };
    let Some(relation) = event.argument(0, "name").or_else(|| event.argument(0, "relationship")) else { return false };
    let subject = relation.value.text().map_or(Subject::Unknown(Unknown::Relation), |name| related(machine, event.body, name));
    let entry = Entry { body: event.body, expr: event.expr, at: event.link(), kind: EntryKind::Model, spec: Arc::clone(&spec) };
    if machine.recording && !machine.effects.entries.iter().any(|(known, _)| *known == entry) {
        machine.effects.entries.push((entry.clone(), subject.clone()));
    }
    let object = ObjectId::Made(event.body, event.expr);
    state.store.queries.insert(object.clone(), Query::new(entry, subject));
    let modifier = event.argument(2, "modifyQueryUsing").map(|given| given.value.closures.clone()).unwrap_or_default();
    for closure in &modifier {
        run_modifier(machine, state, closure, &object);
    }
    let Some(query) = state.store.queries.remove(&object) else { return true };
    let execution = Execution::new(query, SentBy::loading(event.name.unwrap_or_default(), spec), event.at, machine.function);
    record(machine, execution);
    true
}

/// Gives the builder to the closure's parameter of that name, wherever it stands.
fn run_modifier(machine: &mut QueryMachine<'_>, state: &mut QueryState, closure: &ClosureValue<QueryFact>, object: &ObjectId) {
    let index = machine.project.index;
    let hir = index.hir(closure.body.file);
    let parameters = index.signature(closure.body).map(|signature| signature.parameters.as_slice()).unwrap_or_default();
    let place = parameters.iter().position(|parameter| hir.text(parameter.name) == QUERY).unwrap_or(0);
    let mut given = vec![Value::unknown(); place];
    given.push(Value { fact: QueryFact::object(object.clone()), ..Value::unknown() });
    machine.run_closure(state, closure, &given);
}

/// The row of the specs that says that the component offers rows.
fn spec_of(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<Arc<str>> {
    let specs = machine.project.specs;
    let row = |class: &str| match specs.entry(&format!("{class}::{}", event.name?))? {
        (SpecEntry::Offered, id) => Some(id.into()),
        _ => None,
    };
    let typed = event.receiver_types.and_then(|types| types.classes().find_map(|class| row(class)));
    typed.or_else(|| row(component(machine, event)?))
}

/// The class at the beginning of a chain: `Select::make('customer_id')->label('…')->relationship(…)`.
fn component<'m>(machine: &QueryMachine<'m>, event: &QueryEvent<'_>) -> Option<&'m str> {
    let index = machine.project.index;
    let code = index.body(event.body);
    let mut at: ExprId = event.expr;
    loop {
        let Expr::Call { callee, .. } = code.expr(at) else { return None };
        match callee {
            Callee::Method { receiver, .. } => at = *receiver,
            Callee::Static { class: ClassRef::Named(class), .. } => return Some(index.hir(event.body.file).text(class.name)),
            _ => return None,
        }
    }
}

/// The model to which a relation leads: of the model of the resource around the form; elsewhere of all models that have a
/// relation of that name, if they agree.
fn related(machine: &QueryMachine<'_>, body: BodyKey, name: &str) -> Subject {
    let index = machine.project.index;
    let leads_to = |class: &str| index.model_named(class)?.relations.get(name)?.related.as_deref();
    let own = match form_model(machine.project, body) {
        Subject::Model(class) => leads_to(&class),
        _ => None,
    };
    let mut named = index.models().filter_map(|model| model.relations.get(name)).map(|relation| relation.related.as_deref());
    let agreed = named.next().flatten().filter(|first| named.all(|other| other == Some(*first)));
    own.or(agreed).map_or(Subject::Unknown(Unknown::Relation), |class| Subject::Model(class.into()))
}
