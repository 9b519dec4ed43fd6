//! What a call means for queries: entry points, builder methods, relations, raw SQL.

mod methods;
mod offered;
mod terminals;

use std::sync::Arc;

use methods::builder_call;

use super::client::{QueryEvent, QueryMachine, QueryState, QueryValue, record_row_write};
use super::conditions;
use super::query::{
    Column, Entry, EntryKind, ObjectId, Operand, Operation, Operator, Predicate, Query, RawSql, Subject, Unknown,
};
use super::state::QueryFact;
use crate::finding::Location;
use crate::flow::{Given, KnownEnd, Type, Value};
use crate::index::{ClassKey, Index, Model, Relation, RelationKind};
use crate::specs::{Connective, EntryKind as SpecEntry, QueryMethodKind, RowMethod};

/// Methods of collections that a builder has as well, and that make no sense on one row.
const OF_ROWS: [&str; 8] = ["each", "pluck", "count", "first", "sum", "avg", "max", "min"];

/// A call as it concerns queries; `None` where it does not.
pub(super) fn call(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) -> Option<QueryValue> {
    if event.name.is_some_and(|name| name.eq_ignore_ascii_case("qualifyColumn")) {
        // The column with its table before it, whatever that is.
        let column = &event.argument(0, "column")?.value;
        let of_parameter = || column.as_parameter().map(KnownEnd::Parameter);
        let end = column.text().map(|column| KnownEnd::Text(format!(".{column}").into())).or_else(of_parameter)?;
        return Some(Value { known_end: Some(end), ..Value::unknown() });
    }
    if event.name == Some("relationship") && offered::offered(machine, state, event) {
        return None;
    }
    if let Some(symbol) = &event.call.symbol {
        if let Some(row_method) = symbol.strip_prefix("Illuminate\\Database\\Eloquent\\Model::") {
            return row_call(machine, state, event, row_method);
        }
        if let Some((kind, spec)) = machine.project.specs.entry(symbol) {
            return Some(database_call(machine, state, event, kind, spec.into()));
        }
    }
    if let Some(relation) = &event.call.relation
        && let Some(receiver) = event.receiver
    {
        return relation_call(machine, state, event, relation, receiver);
    }
    let objects = event.receiver.map(|receiver| receiver.fact.objects.clone()).unwrap_or_default();
    if objects.is_empty() && event.name.is_some_and(|name| machine.project.specs.row_method(name) == Some(RowMethod::Loads)) {
        super::loads::of_rows(machine, state, event);
        return None;
    }
    if !objects.is_empty() {
        return Some(builder_call(machine, state, event, &objects));
    }
    // A builder that was not followed here is no new query.
    let is_builder = event.receiver.is_some()
        && event.receiver_types.is_some_and(|types| types.iter().any(|one| matches!(one, Type::Query(Some(_)))));
    if let Some(model) = event.call.model.as_ref().filter(|_| !is_builder) {
        return model_call(machine, state, event, model);
    }
    foreign_builder_call(machine, state, event)
}

pub(super) fn model_facts<'p>(index: &'p Index, class: &str) -> Option<&'p Model> {
    index.resolve_class(class).and_then(|key| index.model(key))
}

/// The facts of the model that a query is about.
pub(super) fn subject_model<'p>(machine: &QueryMachine<'p>, subject: &Subject) -> Option<&'p Model> {
    match subject {
        Subject::Model(class) => model_facts(machine.project.index, class),
        Subject::Table(table, _) => machine.project.index.model_for_table(table),
        Subject::Unknown(_) => None,
    }
}

/// Makes a builder and remembers where the query begins.
fn open(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    kind: EntryKind,
    subject: Subject,
    spec: Arc<str>,
) -> ObjectId {
    let entry = Entry { body: event.body, expr: event.expr, at: event.at, kind, spec };
    let object = ObjectId::Made(event.body, event.expr);
    if machine.recording && !machine.effects.entries.iter().any(|(known, _)| *known == entry) {
        machine.effects.entries.push((entry.clone(), subject.clone()));
    }
    state.store.queries.insert(object.clone(), Query::new(entry, subject));
    object
}

fn builder_value(object: ObjectId) -> QueryValue {
    Value { fact: QueryFact::object(object), ..Value::unknown() }
}

/// `Model::where(…)`, `Model::query()`, a named scope, `$model->newQuery()`
fn model_call(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    model: &Arc<str>,
) -> Option<QueryValue> {
    let subject = Subject::Model(Arc::clone(model));
    let name = event.name.unwrap_or_default();
    if let Some((kind, spec)) = machine.project.specs.entry(name) {
        let spec: Arc<str> = spec.into();
        return Some(match kind {
            SpecEntry::RawSql => raw_sql(machine, event, spec),
            _ => {
                let kind = if is_unscoped_entry(name) { EntryKind::UnscopedModel } else { EntryKind::Model };
                builder_value(open(machine, state, event, kind, subject, spec))
            }
        });
    }
    // `find($ids)` gives rows where the ids are many, and what is asked of rows nobody asks of a row.
    if event.receiver.is_some_and(|receiver| !receiver.fact.rows.is_empty()) && OF_ROWS.contains(&name) {
        return None;
    }
    // A row's own property or relation that the index does not know is no query.
    if event.receiver.is_some() && machine.project.specs.query_method(name).is_none() && event.call.targets.is_empty() {
        return None;
    }
    if let Some(method) = machine.project.specs.query_method(name)
        && method.kind == QueryMethodKind::Insert
    {
        return Some(super::creations::create(machine, event, subject, Arc::clone(model)));
    }
    let object = open(machine, state, event, EntryKind::Model, subject, "laravel/eloquent#static-forward".into());
    Some(builder_call(machine, state, event, &[object]))
}

fn is_unscoped_entry(name: &str) -> bool {
    ["newmodelquery", "newquerywithoutscopes", "newqueryforrestoration"].contains(&name.to_ascii_lowercase().as_str())
}

/// A builder of unknown making: its class is known, what it was told is not.
fn foreign_builder_call(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) -> Option<QueryValue> {
    // `$rows = $rows->get()`: a variable's types are those of all that it ever holds, its value tells what it holds here.
    let holds_rows = event.receiver.is_some_and(|receiver| !receiver.fact.rows.is_empty());
    let types = event.receiver_types.filter(|_| !holds_rows)?;
    let subject = types.iter().find_map(|one| match one {
        Type::Query(Some(model)) => Some(Subject::Model(Arc::clone(model))),
        _ => None,
    })?;
    let object = open(machine, state, event, EntryKind::Foreign, subject, "php/type".into());
    if let Some(query) = state.store.queries.get_mut(&object) {
        query.push(Operation::Opaque(Unknown::Code, event.link()));
    }
    Some(builder_call(machine, state, event, &[object]))
}

/// `DB::table(…)`, `DB::select(…)`
fn database_call(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    kind: SpecEntry,
    spec: Arc<str>,
) -> QueryValue {
    match kind {
        SpecEntry::RawSql => raw_sql(machine, event, spec),
        SpecEntry::Table => {
            let subject = table_subject(event.argument(0, "table"), event.argument(1, "as"));
            builder_value(open(machine, state, event, EntryKind::Table, subject, spec))
        }
        SpecEntry::Query | SpecEntry::Model | SpecEntry::Offered => {
            builder_value(open(machine, state, event, EntryKind::Table, Subject::Unknown(Unknown::Table), spec))
        }
    }
}

fn table_subject(table: Option<&Given<QueryFact>>, alias: Option<&Given<QueryFact>>) -> Subject {
    let Some(text) = table.and_then(|given| given.value.text()) else { return Subject::Unknown(Unknown::Table) };
    let (name, alias_in_text) = split_alias(text);
    let alias = alias.and_then(|given| given.value.text()).map(Arc::from).or(alias_in_text);
    Subject::Table(name, alias)
}

/// `customers as c`
fn split_alias(text: &str) -> (Arc<str>, Option<Arc<str>>) {
    let mut words = text.split_whitespace();
    let table = words.next().unwrap_or_default();
    let table = table.rsplit('.').next().unwrap_or(table).trim_matches(['`', '"']);
    let alias = match (words.next(), words.next()) {
        (Some(word), Some(alias)) if word.eq_ignore_ascii_case("as") => Some(alias),
        (Some(alias), None) => Some(alias),
        _ => None,
    };
    (table.into(), alias.map(Arc::from))
}

fn raw_sql(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>, spec: Arc<str>) -> QueryValue {
    let statement = event.argument(0, "query");
    let text = statement.and_then(|given| given.value.text()).map(Arc::from);
    let start = statement.and_then(|given| given.value.known_start.clone());
    let bindings = event.argument(1, "bindings").map(|given| conditions::elements(&given.value)).unwrap_or_default();
    let sql = RawSql { at: event.at, body: event.body, expr: event.expr, text, start, bindings, spec };
    if machine.recording && !machine.effects.raw_sql.contains(&sql) {
        machine.effects.raw_sql.push(sql);
    }
    Value::unknown()
}

/// A method of a loaded row that the framework declares.
fn row_call(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>, method: &str) -> Option<QueryValue> {
    let receiver = event.receiver?;
    let kind = machine.project.specs.row_method(method);
    if kind == Some(RowMethod::Loads) {
        super::loads::of_rows(machine, state, event);
    }
    if kind == Some(RowMethod::Writes) {
        record_row_write(machine, &receiver.fact.rows, &receiver.origins);
    }
    let gives_row = !machine.types(event.expr).is_unknown();
    let model =
        event.receiver_types.and_then(|types| types.classes().find(|class| model_facts(machine.project.index, class).is_some()));
    let key = model.filter(|_| method == "getKey").and_then(|class| model_facts(machine.project.index, class));
    let origins = match key {
        Some(facts) => receiver.origins.property(&facts.primary_key, model),
        None if gives_row => receiver.origins.clone(),
        None => receiver.origins.member(&format!("{method}()"), None),
    };
    Some(Value { fact: QueryFact::rows(&receiver.fact.rows), ..Value::from_origins(origins) })
}

/// `$row->appointments()`: limited to the row from the start.
fn relation_call(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    name: &Arc<str>,
    receiver: &QueryValue,
) -> Option<QueryValue> {
    let index = machine.project.index;
    let types = event.receiver_types?;
    let parent = types.classes().find_map(|class| model_facts(index, class))?;
    let relation = parent.relations.get(&**name)?;
    // Inside the model itself `$this->company()` in a boot hook is the same relation of the same row.
    let subject = relation.related.as_deref().map_or(Subject::Unknown(Unknown::Relation), |class| Subject::Model(class.into()));
    let object = open(machine, state, event, EntryKind::Relation, subject, "laravel/eloquent#relation".into());
    let condition = relation_condition(relation, parent, receiver, event.link());
    if let Some(query) = state.store.queries.get_mut(&object) {
        query.push(condition);
    }
    Some(builder_value(object))
}

/// The condition that a relation of a row adds.
pub(super) fn relation_condition(relation: &Relation, parent: &Model, row: &QueryValue, at: Location) -> Operation {
    let (column, read) = relation_columns(relation, parent);
    let parent_class: Arc<str> = parent.name.as_str().into();
    let operand =
        Operand { origins: row.origins.member(&read, Some(&parent_class)), rows: row.fact.rows.clone(), ..Operand::default() };
    Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal, operand), at)
}

/// The related column that a relation compares, and the column of the parent that it is compared with.
pub(super) fn relation_columns(relation: &Relation, parent: &Model) -> (Column, String) {
    let foreign = relation.foreign_key.clone();
    match relation.kind {
        RelationKind::BelongsTo | RelationKind::MorphTo => {
            let owner = relation.local_key.clone().unwrap_or_else(|| "id".to_owned());
            (Column::plain(&owner), foreign.unwrap_or_else(|| format!("{}_id", relation.name)))
        }
        RelationKind::HasOne | RelationKind::HasMany => {
            let column = foreign.unwrap_or_default();
            (Column::plain(&column), relation.local_key.clone().unwrap_or_else(|| parent.primary_key.clone()))
        }
        _ => {
            // Through a pivot, an intermediate table or a morph: limited by the parent's key elsewhere.
            let column = Column { qualifier: Some("pivot".into()), ..Column::plain(&foreign.unwrap_or_default()) };
            (column, parent.primary_key.clone())
        }
    }
}

/// The class of a scope removal's argument, by constant or by type.
pub(super) fn scope_name(machine: &QueryMachine<'_>, given: &Given<QueryFact>) -> Option<Arc<str>> {
    if let Some(text) = given.value.text() {
        let index = machine.project.index;
        let class: Option<ClassKey> = index.resolve_class(text);
        return Some(class.map_or(text, |class| index.class_name(class)).into());
    }
    let types = machine.types(given.expr);
    types.classes().chain(types.class_names()).next().cloned()
}
