//! The builder lattice as a client of the interpreter: which builders exist, what they were told, and
//! where they are sent to the database.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::attributes;
use super::binding::bound_entry;
use super::cached;
use super::creations;
use super::execution::{Execution, SentBy};
use super::given_rows;
use super::kept;
use super::listed;
use super::ownership::{self, Check, ComparedWith};
use super::policy;
use super::prune::Passed;
use super::query::{
    Assumption, Entry, EntryKind, ObjectId, Operand, Operation, Query, Subject, Unknown, UnresolvedQuery, substitute_all,
};
use super::state::{Builders, QueryEffects, QueryFact, insert_sorted};
use super::validation::{self, PassedCheck, ValuePlace};
use crate::finding::Location;
use crate::flow::{
    CallEvent, Client, Condition, Fact, Given, Machine, Origin, Origins, ParameterAt, Root, State, Summary, Type, Types, Value,
    actual_of,
};
use crate::hir::{BinaryOp, Expr, ExprId};
use crate::index::{BodyKey, ClassKey};
use crate::specs::{Connective, QueryMethodKind};

/// Assumptions kept for one path.
const ASSUMPTION_LIMIT: usize = 24;
/// Executions kept for one function.
const EXECUTION_LIMIT: usize = 2_000;
/// The parameter of a closure that unknown code calls.
pub(super) const FOREIGN_PARAMETER: u16 = u16::MAX;
/// `$this` in a builder class of the project.
const THIS_PARAMETER: u16 = u16::MAX - 1;

/// The client of the tenant family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryClient {
    /// Parameters that the framework fills with a row of the path.
    pub(super) bound: BTreeSet<(BodyKey, u16)>,
    /// Expressions in validation rules of which the value is asked for.
    pub(super) watched: FxHashSet<ValuePlace>,
    /// Expressions whose values become attributes of requests.
    pub(super) attributes: FxHashSet<ValuePlace>,
    /// Classes whose objects may hold what a validator gets.
    pub(super) validating: FxHashSet<ClassKey>,
}

pub(super) type QueryMachine<'m> = Machine<'m, QueryClient>;
pub(super) type QueryState = State<QueryClient>;
pub(super) type QueryValue = Value<QueryFact>;
pub(super) type QueryEvent<'e> = CallEvent<'e, QueryFact>;

impl Client for QueryClient {
    type Fact = QueryFact;
    type Store = Builders;
    type Effects = QueryEffects;

    fn join_stores(&self, into: &mut Builders, from: &Builders) -> bool {
        into.join(from)
    }

    fn widen_stores(&self, previous: &Builders, next: &mut Builders) {
        next.widen(previous);
    }

    fn parameter(&self, machine: &QueryMachine<'_>, store: &mut Builders, at: ParameterAt, types: &Types) -> QueryFact {
        if self.bound.contains(&(at.body, at.position)) {
            return bound_entry(machine.project.index, at.body, at.position)
                .map_or_else(QueryFact::default, |entry| QueryFact::row(&entry));
        }
        let position = if at.is_foreign { FOREIGN_PARAMETER } else { at.position };
        let subject = types.iter().find_map(|one| match one {
            Type::Query(Some(model)) => Some(Subject::Model(Arc::clone(model))),
            Type::Query(None) | Type::TableQuery => Some(Subject::Unknown(Unknown::Code)),
            _ => None,
        });
        subject.map_or_else(QueryFact::default, |subject| open_parameter(machine, store, position, subject))
    }

    fn this(&self, machine: &QueryMachine<'_>, store: &mut Builders) -> Option<QueryFact> {
        let index = machine.project.index;
        let class = machine.class().filter(|class| crate::flow::is_builder(index, index.class_name(*class)))?;
        let model =
            index.models().find(|model| model.builder.as_deref().and_then(|builder| index.resolve_class(builder)) == Some(class));
        let subject = model.map_or(Subject::Unknown(Unknown::Code), |model| Subject::Model(model.name.as_str().into()));
        Some(open_parameter(machine, store, THIS_PARAMETER, subject))
    }

    fn call(&self, machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) -> Option<QueryValue> {
        if let Some(asked) = policy::asked(machine, event).or_else(|| listed::asked(machine, event)) {
            ownership::note_asked(machine, &mut state.store, asked, event);
        } else if !is_condition_of_control(machine, event) {
            ownership::note_arguments(machine, &state.store, event);
        }
        if let Some(receiver) = event.receiver.filter(|receiver| receiver.fact.objects.is_empty()) {
            ownership::note_use(machine, &state.store.checked, receiver);
            given_rows::note_use(machine, &state.store.given, receiver);
        }
        creations::filled(machine, event);
        validation::written(machine, event, &mut state.store.inputs);
        validation::handed(machine, event);
        if let Some(value) = validation::call(machine, state, event) {
            return Some(value);
        }
        if let Some(value) = cached::call(machine, state, event) {
            return Some(value);
        }
        if let Some(value) = attributes::read(machine, event) {
            return Some(value);
        }
        if let Some(value) = validation::merged(event) {
            return Some(value);
        }
        super::calls::call(machine, state, event)
    }

    fn leave(&self, machine: &mut QueryMachine<'_>, state: &QueryState, value: &QueryValue) {
        ownership::note_use(machine, &state.store.checked, value);
        given_rows::note_use(machine, &state.store.given, value);
    }

    fn enter(
        &self,
        machine: &mut QueryMachine<'_>,
        state: &mut QueryState,
        event: &QueryEvent<'_>,
        summary: &Summary<Self>,
    ) -> QueryValue {
        apply_summary(machine, state, event, summary, None)
    }

    fn escape(&self, machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) {
        let is_native = event.receiver.is_none() && event.call.symbol.as_deref().is_some_and(|symbol| !symbol.contains("::"));
        if event.call.unresolved && machine.recording {
            note_unresolved(machine, event);
        }
        if is_native {
            return;
        }
        let unknown = if event.call.symbol.is_some() { Unknown::Package } else { Unknown::Code };
        let objects: Vec<ObjectId> = event.arguments.iter().flat_map(|given| objects_in(&given.value)).collect();
        for object in objects {
            let Some(query) = state.store.queries.get_mut(&object) else { continue };
            query.push(Operation::Opaque(unknown, event.at));
            let query = query.clone();
            record(machine, escaping(query, event.name.unwrap_or_default(), event.at, machine.function));
        }
    }

    fn property(
        &self,
        machine: &mut QueryMachine<'_>,
        state: &mut QueryState,
        receiver: (&QueryValue, &Types),
        name: &str,
        at: (ExprId, Location),
    ) -> Option<QueryFact> {
        super::loads::lazy(machine, receiver, name, at);
        let proxied = machine.project.specs.query_method(name).filter(|_| !receiver.0.fact.objects.is_empty());
        if let Some(method) = proxied.filter(|method| method.kind == QueryMethodKind::Where) {
            if method.connective == Connective::Or {
                state.store.or_next.extend(receiver.0.fact.objects.iter().cloned());
            }
            return Some(QueryFact { objects: receiver.0.fact.objects.clone(), ..QueryFact::default() });
        }
        let kept = kept::open(machine, &mut state.store, receiver.0, name, at);
        Some(kept.unwrap_or_else(|| QueryFact::rows(&receiver.0.fact.rows)))
    }

    fn assigned(
        &self,
        machine: &mut QueryMachine<'_>,
        object: (&QueryValue, &Types),
        name: &str,
        value: &QueryValue,
        at: (ExprId, Location),
    ) {
        creations::assigned(machine, object, name, value, at);
    }

    fn assigned_own(&self, machine: &mut QueryMachine<'_>, name: &str, value: &QueryValue) {
        if machine.recording {
            let rows = machine.effects.own_writes.entry(name.into()).or_default();
            rows.extend(value.fact.rows.iter().cloned());
        }
    }

    fn evaluated(&self, machine: &mut QueryMachine<'_>, expr: ExprId, value: &QueryValue) {
        let place = ValuePlace { body: machine.body, expr };
        if machine.recording && self.watched.contains(&place) {
            validation::note(machine, place, value);
        }
        if machine.recording && self.attributes.contains(&place) {
            attributes::note(machine, place, value);
        }
    }

    fn copy(&self, machine: &mut QueryMachine<'_>, state: &mut QueryState, value: &QueryValue, expr: ExprId) -> QueryFact {
        let mut fact = QueryFact::rows(&value.fact.rows);
        // One copy stands for all that the value may be: the join of what they were told.
        let copy = ObjectId::Copy(machine.body, expr);
        let mut joined: Option<Query> = None;
        for object in &value.fact.objects {
            let Some(query) = state.store.queries.get(object) else { continue };
            match &mut joined {
                Some(known) => {
                    known.join(query, &[], &[]);
                }
                None => joined = Some(query.clone()),
            }
        }
        if let Some(query) = joined {
            state.store.queries.insert(copy.clone(), query);
            fact.objects.push(copy);
        }
        fact
    }

    fn assume(&self, machine: &mut QueryMachine<'_>, state: &mut QueryState, condition: &Condition<'_, QueryFact>) {
        given_rows::assume(machine, &mut state.store, condition);
        if let Some((compared, with)) = ownership::compared(machine, condition) {
            let check = Check { at: condition.at, by_policy: false, role: None };
            ownership::note_compared(machine, &compared, check, ComparedWith::Value(with));
            state.store.checked.insert(compared);
        }
        if let Some(asked) = state.store.asked.get(&(machine.body, condition.expr)).cloned()
            && asked.answer == Some(condition.holds)
        {
            ownership::note_answered(machine, &mut state.store, &asked, condition.at);
        }
        if let Some((rules, answer)) = state.store.tested.get(&(machine.body, condition.expr)).copied()
            && answer == condition.holds
        {
            state.store.passed.insert(PassedCheck::Rules(rules));
        }
        if state.store.assumptions.len() >= ASSUMPTION_LIMIT {
            return;
        }
        let code = machine.project.index.body(machine.body);
        let is_comparison = matches!(
            code.expr(condition.expr),
            Expr::Binary(
                BinaryOp::Equal
                    | BinaryOp::Identical
                    | BinaryOp::NotEqual
                    | BinaryOp::NotIdentical
                    | BinaryOp::Less
                    | BinaryOp::LessEqual
                    | BinaryOp::Greater
                    | BinaryOp::GreaterEqual,
                ..
            )
        );
        state.store.assumptions.push(Assumption {
            at: condition.at,
            origins: condition.value.origins.clone(),
            holds: condition.holds,
            is_comparison,
            is_impossible: condition.value.truth().is_some_and(|truth| truth != condition.holds),
            expr: (machine.body, condition.expr),
        });
    }

    fn abandon(&self, effects: &mut QueryEffects) {
        let opaque = |query: &mut Query| query.operations.push(Operation::Opaque(Unknown::Size, query.entry.at));
        effects.executions.iter_mut().for_each(|execution| opaque(&mut execution.query));
        effects.returned.values_mut().for_each(opaque);
        let mut unsent = Vec::new();
        for (entry, subject) in &effects.entries {
            let is_known = effects.executions.iter().map(|sent| &sent.query).chain(effects.returned.values());
            if !is_known.into_iter().any(|query| query.entry == *entry) {
                let mut query = Query::new(entry.clone(), subject.clone());
                opaque(&mut query);
                unsent.push(escaping(query, "", entry.at, entry.body));
            }
        }
        effects.executions.append(&mut unsent);
    }

    fn finish(&self, machine: &mut QueryMachine<'_>, store: &Builders, returned: &QueryValue) {
        for (object, query) in &store.queries {
            if let ObjectId::Parameter(position) = object
                && *position != FOREIGN_PARAMETER
                && !query.operations.is_empty()
            {
                machine.effects.parameters.insert(*position, query.operations.clone());
            }
        }
        for (object, query) in &store.queries {
            if let ObjectId::Property(name) = object
                && let Some(told) = kept::told(query)
            {
                machine.effects.kept.insert(Arc::clone(name), told);
            }
        }
        machine.effects.inputs.clone_from(&store.inputs);
        machine.effects.checked.clone_from(&store.checked);
        machine.effects.given.clone_from(&store.given);
        machine.effects.passed.clone_from(&store.passed);
        for object in objects_in(returned) {
            if let Some(query) = store.queries.get(&object) {
                machine.effects.returned.insert(object, query.clone());
            }
        }
    }
}

/// `abort_if($row->company_id !== …)`, `is_null($row)`: the question is no use.
fn is_condition_of_control(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> bool {
    let Some(symbol) = event.call.symbol.as_deref().filter(|_| event.receiver.is_none()) else { return false };
    let test = ["is_null", "is_object", "filled", "blank", "optional", "get_class", "method_exists"];
    machine.project.specs.control(symbol).is_some() || test.contains(&symbol)
}

/// The builder that a parameter, or `$this`, stands for.
fn open_parameter(machine: &QueryMachine<'_>, store: &mut Builders, position: u16, subject: Subject) -> QueryFact {
    let object = ObjectId::Parameter(position);
    let entry = Entry {
        body: machine.body,
        expr: ExprId(0),
        at: Location::new(machine.body.file, machine.project.index.body(machine.body).span),
        kind: EntryKind::Parameter(position),
        spec: "php/parameter".into(),
    };
    store.queries.insert(object.clone(), Query::new(entry, subject));
    QueryFact::object(object)
}

/// The builders that a value is or holds.
pub(super) fn objects_in(value: &QueryValue) -> Vec<ObjectId> {
    let mut objects = value.fact.objects.clone();
    if let Some(shape) = &value.shape {
        for item in shape.items.values().chain(&shape.rest) {
            objects.extend(objects_in(item));
        }
    }
    objects.sort();
    objects.dedup();
    objects
}

/// A builder that reaches code which is not followed: it may be sent there.
fn escaping(query: Query, method: &str, at: Location, function: BodyKey) -> Execution {
    Execution::new(query, SentBy::loading(method, "php/escape"), at, function)
}

/// Remembers a query that is sent.
pub(super) fn record(machine: &mut QueryMachine<'_>, execution: Execution) {
    let entry = &execution.query.entry;
    let is_nobodys = entry.kind == EntryKind::Kept && matches!(execution.query.subject, Subject::Unknown(_));
    if !machine.recording || is_nobodys || entry.kind == EntryKind::Parameter(FOREIGN_PARAMETER) {
        return;
    }
    let executions = &mut machine.effects.executions;
    if executions.len() < EXECUTION_LIMIT && !executions.iter().rev().take(64).any(|known| *known == execution) {
        executions.push(execution);
    }
}

/// Remembers that rows are written to, one by one.
pub(super) fn record_row_write(machine: &mut QueryMachine<'_>, rows: &[Entry], origins: &Origins) {
    if !machine.recording {
        return;
    }
    for entry in rows {
        if !machine.effects.written_rows.contains(entry) {
            machine.effects.written_rows.push(entry.clone());
        }
    }
    for origin in origins.iter() {
        if let Origin { root: Root::Parameter(position), path, .. } = origin
            && path.is_empty()
            && !machine.effects.written_parameters.contains(position)
        {
            machine.effects.written_parameters.push(*position);
        }
    }
}

fn note_unresolved(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>) {
    let specs = machine.project.specs;
    let is_site = event.name.is_some_and(|name| match event.receiver {
        Some(_) => specs.is_builder_only(name),
        // `$class::query()`, `$class::where(…)`: what no class but a model has as a static method.
        None => specs.entry(name).is_some() || specs.query_method(name).is_some_and(|method| method.kind.concerns_rows()),
    });
    if is_site {
        machine.effects.unresolved_queries.push(UnresolvedQuery {
            at: event.at,
            body: event.body,
            expr: event.expr,
            method: event.name.unwrap_or_default().into(),
        });
    } else {
        machine.effects.unresolved_calls += 1;
    }
}

/// Brings what a callee does to queries to its caller. A local scope's additions are put in
/// parentheses; everything else is told flat.
pub(super) fn apply_summary(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    summary: &Summary<QueryClient>,
    scope: Option<&str>,
) -> QueryValue {
    let actual = super::lift::actual_in(machine, state, event, summary);
    let substitution = |origin: &Origin| actual_of(event, origin);
    for execution in &summary.effects.executions {
        let EntryKind::Parameter(position) = execution.query.entry.kind else { continue };
        for object in argument_objects(event, position) {
            let Some(query) = state.store.queries.get(&object) else { continue };
            let mut query = query.clone();
            let told = Passed { machine, event, callee: summary.function }.prune(&execution.query.operations);
            push_told(&mut query, substitute_all(&told, &substitution), scope, event.at);
            let mut sent = execution.clone();
            sent.query = query;
            sent.function = machine.function;
            sent.through_call.push(event.at);
            sent.passed = execution.passed.iter().filter_map(|check| check.of_caller(&actual)).collect();
            sent.passed.extend(state.store.passed.iter().cloned());
            sent.search = sent.search.map(|search| {
                let substitute = |(column, mut operand): (Arc<str>, super::query::Operand)| {
                    operand.origins = operand.origins.substitute(&substitution);
                    (column, operand)
                };
                search.into_iter().map(substitute).collect()
            });
            record(machine, sent);
        }
    }
    super::lift::lift(machine, &state.store.passed, (event, &actual), summary);
    cached::lift(machine, event, summary);
    validation::lift(machine, event, summary);
    validation::lift_handed(machine, state, event, summary);
    state.store.checked.extend(summary.effects.checked.iter().cloned());
    given_rows::apply(machine, state, event, summary);
    validation::passed_by(machine, &mut state.store.passed, (event, &actual), summary);
    state.store.inputs.extend(inputs_of(machine, event, summary));
    for (position, operations) in &summary.effects.parameters {
        let objects = argument_objects(event, *position);
        let told = Passed { machine, event, callee: summary.function }.prune(operations);
        let operations = substitute_all(&told, &substitution);
        for object in &objects {
            let is_alternative = scope.is_some() && state.store.or_next.remove(object);
            let Some(query) = state.store.queries.get_mut(object) else { continue };
            if is_alternative {
                let operations = operations.clone();
                query.push(Operation::Group { connective: Connective::Or, negated: false, operations, at: event.at });
            } else {
                push_told(query, operations.clone(), scope, event.at);
            }
        }
    }
    kept::apply(machine, state, event, summary);
    for position in &summary.effects.written_parameters {
        if let Some(given) = event.arguments.get(*position as usize) {
            let (rows, origins) = (given.value.fact.rows.clone(), given.value.origins.clone());
            record_row_write(machine, &rows, &origins);
        }
    }
    if !summary.complete {
        for object in event.arguments.iter().flat_map(|given| objects_in(&given.value)) {
            let Some(query) = state.store.queries.get_mut(&object) else { continue };
            query.push(Operation::Opaque(Unknown::Size, event.at));
            let sent = escaping(query.clone(), event.name.unwrap_or_default(), event.at, machine.function);
            record(machine, sent);
        }
    }
    returned_value(machine, state, event, summary)
}

/// True for a call of a method of the same object: `$this->limit()`, `parent::limit()`.
pub(super) fn is_own_call(machine: &QueryMachine<'_>, event: &QueryEvent<'_>, summary: &Summary<QueryClient>) -> bool {
    match event.receiver {
        Some(receiver) => receiver.origins.all(|origin| origin.root == Root::This && origin.path.is_empty()),
        None => {
            let index = machine.project.index;
            let parent = index.body_class(summary.function).map(|class| index.class_name(class));
            machine.class().zip(parent).is_some_and(|(class, parent)| index.is_a(class, parent))
        }
    }
}

/// What a callee writes into the input of the form request that calls it.
fn inputs_of(machine: &QueryMachine<'_>, event: &QueryEvent<'_>, summary: &Summary<QueryClient>) -> Vec<(Arc<str>, Operand)> {
    let is_own = is_own_call(machine, event, summary);
    let told = |(key, value): (&Arc<str>, &Operand)| {
        let origins = value.origins.substitute(&|origin| actual_of(event, origin));
        (Arc::clone(key), Operand { origins, ..value.clone() })
    };
    summary.effects.inputs.iter().filter(|_| is_own).map(told).collect()
}

fn push_told(query: &mut Query, operations: Vec<Operation>, scope: Option<&str>, at: Location) {
    if operations.is_empty() {
        return;
    }
    match scope {
        Some(name) => query.push(Operation::Scope { name: name.into(), operations, at }),
        None => operations.into_iter().for_each(|operation| query.push(operation)),
    }
}

fn argument_objects(event: &QueryEvent<'_>, position: u16) -> Vec<ObjectId> {
    if position == THIS_PARAMETER {
        return event.receiver.map(|receiver| receiver.fact.objects.clone()).unwrap_or_default();
    }
    event.arguments.get(position as usize).map(|given: &Given<QueryFact>| given.value.fact.objects.clone()).unwrap_or_default()
}

/// The queries that loaded a part of what a callee returns: its own, and those of its arguments.
fn rows_of_part(event: &QueryEvent<'_>, part: &QueryValue) -> Vec<Entry> {
    let mut rows = part.fact.rows.clone();
    for origin in part.origins.iter() {
        if let Root::Parameter(position) = origin.root
            && let Some(given) = event.arguments.get(position as usize)
        {
            given.value.fact.rows.iter().for_each(|row| {
                insert_sorted(&mut rows, row);
            });
        }
    }
    rows
}

fn returned_value(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    summary: &Summary<QueryClient>,
) -> QueryValue {
    let substitution = |origin: &Origin| actual_of(event, origin);
    let mut fact = QueryFact::rows(&summary.returns.fact.rows);
    for origin in summary.returns.origins.iter() {
        if let Root::Parameter(position) = origin.root
            && let Some(given) = event.arguments.get(position as usize)
        {
            fact.join(&QueryFact::rows(&given.value.fact.rows));
        }
    }
    for (number, (object, query)) in summary.effects.returned.iter().enumerate() {
        if let ObjectId::Property(name) = object
            && is_own_call(machine, event, summary)
        {
            fact.join(&QueryFact { objects: kept::objects(machine, state, event, (name, query)), ..QueryFact::default() });
            continue;
        }
        if let ObjectId::Parameter(position) = object {
            fact.join(&QueryFact { objects: argument_objects(event, *position), ..QueryFact::default() });
            continue;
        }
        let id = ObjectId::Returned(event.body, event.expr, u16::try_from(number).unwrap_or(u16::MAX));
        let operations = Passed { machine, event, callee: summary.function }.prune(&query.operations);
        let operations = substitute_all(&operations, &substitution);
        state.store.queries.insert(id.clone(), Query { operations, ..query.clone() });
        fact.join(&QueryFact::object(id));
    }
    let rows = |part: &QueryValue| QueryFact::rows(&rows_of_part(event, part));
    let mut value = summary.returns.substitute(&substitution, &rows);
    value.fact = fact;
    let types = machine.types(event.expr);
    if value.origins.all(|origin| origin.root == Root::Unknown)
        && let Some(model) = types
            .classes()
            .find(|class| machine.project.index.resolve_class(class).is_some_and(|key| machine.project.index.is_model(key)))
    {
        value.origins = Origins::one(Root::Row(Arc::clone(model)));
    }
    value
}
