//! What a call means for queries: entry points, builder methods, relations, raw SQL.

use std::sync::Arc;

use super::client::{
    QueryEvent, QueryFact, QueryMachine, QueryState, QueryValue, apply_summary, objects_in, record, record_row_write,
};
use super::conditions;
use super::query::{
    Column, Entry, EntryKind, Execution, ObjectId, Operand, Operation, Operator, Predicate, Query, RawSql, Removed, Subject,
    Unknown,
};
use crate::flow::{CallEvent, Given, Machine, Origins, Root, Type, Value};
use crate::index::{ClassKey, Constant, ConstantKey, Index, Model, RelationKind};
use crate::specs::{Connective, EntryKind as SpecEntry, QueryMethod, QueryMethodKind, Returns};

/// A call as it concerns queries; `None` where it does not.
pub(super) fn call(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) -> Option<QueryValue> {
    if event.name.is_some_and(|name| name.eq_ignore_ascii_case("qualifyColumn")) {
        // The column with its table before it, whatever that is.
        let column = event.argument(0, "column").and_then(|given| given.value.text())?;
        return Some(Value { known_end: Some(format!(".{column}").into()), ..Value::unknown() });
    }
    if let Some(symbol) = &event.call.symbol {
        if let Some(row_method) = symbol.strip_prefix("Illuminate\\Database\\Eloquent\\Model::") {
            return row_call(machine, event, row_method);
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
    if !objects.is_empty() {
        return Some(builder_call(machine, state, event, &objects));
    }
    if let Some(model) = &event.call.model {
        return model_call(machine, state, event, model);
    }
    foreign_builder_call(machine, state, event)
}

fn model_facts<'p>(index: &'p Index, class: &str) -> Option<&'p Model> {
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
    // A row's own property or relation that the index does not know is no query.
    if event.receiver.is_some() && machine.project.specs.query_method(name).is_none() && event.call.targets.is_empty() {
        return None;
    }
    if let Some(method) = machine.project.specs.query_method(name)
        && method.kind == QueryMethodKind::Insert
    {
        return Some(Value { origins: Origins::one(Root::Row(Arc::clone(model))), ..Value::default() });
    }
    let object = open(machine, state, event, EntryKind::Model, subject, "laravel/eloquent#static-forward".into());
    Some(builder_call(machine, state, event, &[object]))
}

fn is_unscoped_entry(name: &str) -> bool {
    ["newmodelquery", "newquerywithoutscopes", "newqueryforrestoration"].contains(&name.to_ascii_lowercase().as_str())
}

/// A builder of unknown making: its class is known, what it was told is not.
fn foreign_builder_call(machine: &mut QueryMachine<'_>, state: &mut QueryState, event: &QueryEvent<'_>) -> Option<QueryValue> {
    let types = event.receiver_types?;
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
        SpecEntry::Query | SpecEntry::Model => {
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
    let text = event.argument(0, "query").and_then(|given| given.value.text()).map(Arc::from);
    let bindings = event.argument(1, "bindings").map(|given| conditions::elements(&given.value)).unwrap_or_default();
    let sql = RawSql { at: event.at, body: event.body, expr: event.expr, text, bindings, spec };
    if machine.recording && !machine.effects.raw_sql.contains(&sql) {
        machine.effects.raw_sql.push(sql);
    }
    Value::unknown()
}

/// A method of a loaded row that the framework declares.
fn row_call(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>, method: &str) -> Option<QueryValue> {
    let receiver = event.receiver?;
    let writes = [
        "save",
        "savequietly",
        "saveorfail",
        "update",
        "updatequietly",
        "updateorfail",
        "delete",
        "deletequietly",
        "deleteorfail",
        "forcedelete",
        "restore",
        "push",
        "pushquietly",
        "touch",
        "increment",
        "decrement",
    ];
    if writes.contains(&method.to_ascii_lowercase().as_str()) {
        record_row_write(machine, &receiver.fact.rows, &receiver.origins);
    }
    let gives_row = !machine.types(event.expr).is_unknown();
    let origins = if gives_row { receiver.origins.clone() } else { receiver.origins.member(&format!("{method}()"), None) };
    Some(Value { fact: QueryFact { objects: Vec::new(), rows: receiver.fact.rows.clone() }, ..Value::from_origins(origins) })
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
    let (column, read) = relation_columns(relation, parent);
    let parent_class: Arc<str> = parent.name.as_str().into();
    let operand = Operand {
        origins: receiver.origins.member(&read, Some(&parent_class)),
        rows: receiver.fact.rows.clone(),
        ..Operand::default()
    };
    if let Some(query) = state.store.queries.get_mut(&object) {
        query.push(Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal, operand), event.link()));
    }
    Some(builder_value(object))
}

/// The related column that a relation compares, and the column of the parent that it is compared with.
pub(super) fn relation_columns(relation: &crate::index::Relation, parent: &Model) -> (Column, String) {
    let foreign = relation.foreign_key.clone();
    match relation.kind {
        RelationKind::BelongsTo | RelationKind::MorphTo => {
            let owner = relation.local_key.clone().unwrap_or_else(|| "id".to_owned());
            (Column { qualifier: None, name: owner.into() }, foreign.unwrap_or_else(|| format!("{}_id", relation.name)))
        }
        RelationKind::HasOne | RelationKind::HasMany => {
            let column = foreign.unwrap_or_default();
            (
                Column { qualifier: None, name: column.into() },
                relation.local_key.clone().unwrap_or_else(|| parent.primary_key.clone()),
            )
        }
        _ => {
            // Through a pivot, an intermediate table or a morph: limited by the parent's key elsewhere.
            let column = Column { qualifier: Some("pivot".into()), name: foreign.unwrap_or_default().into() };
            (column, parent.primary_key.clone())
        }
    }
}

/// A method of a builder.
fn builder_call(
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

fn value_of(objects: &[ObjectId]) -> QueryValue {
    Value { fact: QueryFact { objects: objects.to_vec(), rows: Vec::new() }, ..Value::unknown() }
}

fn tell(state: &mut QueryState, objects: &[ObjectId], operation: &Operation) {
    let certain = objects.len() == 1;
    for object in objects {
        let Some(query) = state.store.queries.get_mut(object) else { continue };
        if certain {
            query.push(operation.clone());
        } else {
            let paths = [vec![operation.clone()], Vec::new()];
            let paths = paths.into_iter().map(|operations| super::query::Alternative { when: Vec::new(), operations });
            query.push(Operation::Either(paths.collect()));
        }
    }
}

/// A local scope, or a method of the project's own builder class.
fn project_method(
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
    let inner: QueryEvent<'_> = CallEvent { receiver: Some(&builder), arguments: &arguments, ..copy_event(event) };
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

fn copy_event<'e>(event: &QueryEvent<'e>) -> QueryEvent<'e> {
    CallEvent {
        expr: event.expr,
        body: event.body,
        at: event.at,
        name_at: event.name_at,
        call: event.call,
        name: event.name,
        receiver: event.receiver,
        receiver_types: event.receiver_types,
        arguments: event.arguments,
    }
}

/// Builders among the arguments run as part of this query.
fn run_argument_queries(machine: &mut QueryMachine<'_>, state: &QueryState, event: &QueryEvent<'_>) {
    for object in event.arguments.iter().flat_map(|given| objects_in(&given.value)) {
        if let Some(query) = state.store.queries.get(&object) {
            let execution =
                execution(machine, query.clone(), "sub-query", QueryMethodKind::Run, event, "laravel/query#sub-query");
            record(machine, execution);
        }
    }
}

fn execution(
    machine: &Machine<'_, super::client::QueryClient>,
    query: Query,
    method: &str,
    kind: QueryMethodKind,
    event: &QueryEvent<'_>,
    spec: &str,
) -> Execution {
    Execution {
        query,
        method: method.into(),
        kind,
        at: event.at,
        function: machine.function,
        spec: spec.into(),
        search: None,
        writes: matches!(
            kind,
            QueryMethodKind::Write
                | QueryMethodKind::WriteUnscoped
                | QueryMethodKind::Destroy
                | QueryMethodKind::FindOrWrite
                | QueryMethodKind::FindOrWriteUnscoped
                | QueryMethodKind::Upsert
        ),
        through_call: Vec::new(),
    }
}

/// A method that no builder of the framework has: a dynamic `whereX`, a macro of a scope, a package's.
fn unlisted_method(
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
            let column = Column { qualifier: None, name: removed.2 };
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
            let predicate = Predicate::Compare(Column { qualifier: None, name: column.into() }, Operator::Equal, operand);
            tell(state, objects, &Operation::Where(connective, predicate, event.link()));
        }
        return value_of(objects);
    }
    if let Some(closure) = super::macros::of_builders(machine.project.index, name) {
        let given: Vec<QueryValue> = event.arguments.iter().map(|given| given.value.clone()).collect();
        let returned = machine.run_bound(state, closure, value_of(objects), &given);
        return if returned.fact.objects.is_empty() { value_of(objects) } else { returned };
    }
    tell(state, objects, &Operation::Opaque(Unknown::Package, event.link()));
    value_of(objects)
}

/// A builder macro that a global scope of the model registers in `extend()`: its class, whether it
/// limits again, and by which column.
fn macro_of_scope(
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
        let found = super::macros::find(index, class, name)?;
        Some((index.class_name(class).into(), found.limits_by.is_some(), found.limits_by.unwrap_or_else(|| "".into())))
    })
}

/// `whereCompanyIdAndName` → columns. `laravel/framework:src/Illuminate/Database/Query/Builder.php (dynamicWhere)`
fn dynamic_where(name: &str) -> Option<Vec<(Connective, String)>> {
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
fn framework_method(
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

/// A method that sends the query.
fn terminal(
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
        let class = subject.and_then(|subject| subject_model(machine, &subject)).map(|model| Arc::from(model.name.as_str()));
        return class.map_or_else(Value::unknown, |class| Value::of(Root::Row(class)));
    }
    for object in objects {
        let Some(mut query) = state.store.queries.get(object).cloned() else { continue };
        for operation in conditions::terminal_conditions(machine, event, &query, method.kind) {
            query.push(operation);
        }
        model = model.or_else(|| subject_model(machine, &query.subject).map(|model| Arc::<str>::from(model.name.as_str())));
        crate::flow::Fact::join(&mut rows, &QueryFact::row(&query.entry));
        let mut sent = execution(machine, query, name, method.kind, event, &method.id);
        if matches!(method.kind, QueryMethodKind::FindOrWrite | QueryMethodKind::FindOrWriteUnscoped) {
            sent.search = event.argument(0, "attributes").and_then(|given| search_array(&given.value));
        }
        if method.kind == QueryMethodKind::Upsert {
            sent.search = event.argument(1, "uniqueBy").and_then(|given| unique_columns(&given.value));
        }
        record(machine, sent);
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

/// The columns that a find-or-create method searches by.
fn search_array(value: &QueryValue) -> Option<Vec<(Arc<str>, Operand)>> {
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
fn unique_columns(value: &QueryValue) -> Option<Vec<(Arc<str>, Operand)>> {
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
