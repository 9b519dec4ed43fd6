//! What the conditional methods of builders add, argument by argument.
//!
//! Facts: `laravel/framework:src/Illuminate/Database/Query/Builder.php (where, prepareValueAndOperator,
//! addArrayOfWheres, whereIn)` and `Eloquent/Concerns/QueriesRelationships.php (has)`.

mod closures;

use std::sync::Arc;

use closures::nested_in;
pub(super) use closures::{nested, when};

use super::calls::{relation_columns, scope_name, subject_model};
use super::client::{QueryEvent, QueryMachine, QueryState, QueryValue};
use super::query::{Column, Entry, ObjectId, Operand, Operation, Operator, Predicate, Query, Removed, Subject, Unknown};
use super::state::QueryFact;
use crate::finding::Location;
use crate::flow::{ClosureValue, Given, KnownEnd, Root};
use crate::index::{Constant, ConstantKey};
use crate::specs::{Connective, QueryMethod, QueryMethodKind};

/// The column that an argument names. Of `$table . '.company_id'` the table stays open: `*`.
pub(super) fn column_of(value: &QueryValue) -> Option<Column> {
    if let Some(text) = value.text() {
        return Some(Column::parse(text));
    }
    match &value.known_end {
        Some(KnownEnd::Text(end)) => Some(Column { qualifier: Some("*".into()), ..Column::plain(end.strip_prefix('.')?) }),
        Some(KnownEnd::Parameter(position)) => Some(Column::of_parameter(Some("*"), *position)),
        None => value.as_parameter().map(|position| Column::of_parameter(None, position)),
    }
}

/// A value as the right side of a comparison.
pub(super) fn operand(value: &QueryValue) -> Operand {
    Operand {
        origins: value.origins.clone(),
        constant: value.constant.clone(),
        rows: value.fact.rows.clone(),
        is_query: !value.fact.objects.is_empty() || !value.closures.is_empty(),
        query: None,
        may_be_null: value.may_be_null,
    }
}

/// The elements of an array as right sides.
pub(super) fn elements(value: &QueryValue) -> Vec<Operand> {
    match &value.shape {
        Some(shape) => shape.items.values().map(operand).collect(),
        None => Vec::new(),
    }
}

/// The operations that a method adds, closures among its arguments run.
pub(super) fn operations(
    machine: &mut QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
    objects: &[ObjectId],
    method: &QueryMethod,
) -> Vec<Operation> {
    let query = objects.first().and_then(|object| state.store.queries.get(object));
    let (subject, entry) = query.map(|query| (query.subject.clone(), query.entry.clone())).unzip();
    let mut reader = Reader {
        machine,
        state,
        event,
        entry,
        subject: subject.unwrap_or(Subject::Unknown(Unknown::Code)),
        connective: method.connective,
    };
    match method.kind {
        QueryMethodKind::Where => reader.conditions(false),
        QueryMethodKind::WhereNot => reader.conditions(true),
        QueryMethodKind::WhereEquals => reader.compare(Operator::Equal),
        QueryMethodKind::WhereIn => reader.compare_in(Operator::In),
        QueryMethodKind::WhereNotIn => reader.compare_in(Operator::NotIn),
        QueryMethodKind::WhereNull => reader.compare(Operator::IsNull),
        QueryMethodKind::WhereKey => reader.key(),
        QueryMethodKind::WhereAll => reader.all_columns(),
        QueryMethodKind::WhereBetween => reader.between(),
        QueryMethodKind::WhereRowValues => reader.row_values(),
        QueryMethodKind::WhereColumn | QueryMethodKind::On => reader.columns(),
        QueryMethodKind::WhereBelongsTo => reader.belongs_to(),
        QueryMethodKind::WhereRaw => reader.raw(),
        QueryMethodKind::WhereHas => reader.exists(false),
        QueryMethodKind::WhereDoesntHave => reader.exists(true),
        QueryMethodKind::WhereHasMorph | QueryMethodKind::WhereExists => reader.exists_elsewhere(),
        QueryMethodKind::WhereRelation => reader.relation(),
        QueryMethodKind::Scopes => vec![Operation::Opaque(Unknown::Argument, event.link())],
        QueryMethodKind::WithoutGlobalScope
        | QueryMethodKind::WithoutGlobalScopes
        | QueryMethodKind::WithoutGlobalScopesExcept => {
            vec![Operation::Remove(reader.removed(method.kind), event.link())]
        }
        QueryMethodKind::Join => reader.join(false),
        QueryMethodKind::OuterJoin => reader.join(true),
        QueryMethodKind::Union => reader.union(),
        QueryMethodKind::EagerLoad => reader.eager_loads(),
        QueryMethodKind::WithAttributes => reader.attributes(),
        QueryMethodKind::ToBase => vec![Operation::ApplyScopes(event.link())],
        QueryMethodKind::GetQuery => vec![Operation::Unscope(event.link())],
        QueryMethodKind::Replace => vec![Operation::Opaque(Unknown::Code, event.link())],
        QueryMethodKind::WhereOther => vec![Operation::Where(method.connective, Predicate::Other, event.link())],
        _ => Vec::new(),
    }
}

/// What `find($id)`, `firstWhere(…)` and the like add before they send the query.
pub(super) fn terminal_conditions(
    machine: &QueryMachine<'_>,
    event: &QueryEvent<'_>,
    query: &Query,
    kind: QueryMethodKind,
) -> Vec<Operation> {
    let Some(first) = event.arguments.first() else { return Vec::new() };
    match kind {
        QueryMethodKind::Find | QueryMethodKind::Destroy => {
            let column = primary_key(machine, &query.subject);
            let predicate = Predicate::Compare(column, Operator::In, operand(&first.value));
            vec![Operation::Where(Connective::And, predicate, event.link())]
        }
        QueryMethodKind::FirstWhere => {
            if event.arguments.len() == 1
                && let Some(conditions) = array_of_conditions(&first.value, Connective::And, event.link())
            {
                return conditions;
            }
            let Some(column) = column_of(&first.value) else {
                return vec![Operation::Where(Connective::And, Predicate::Other, event.link())];
            };
            let predicate = comparison(column, &event.arguments[1..]);
            vec![Operation::Where(Connective::And, predicate, event.link())]
        }
        _ => Vec::new(),
    }
}

fn primary_key(machine: &QueryMachine<'_>, subject: &Subject) -> Column {
    let name = subject_model(machine, subject).map_or("id", |model| model.primary_key.as_str());
    Column::plain(name)
}

/// A comparison from a column and the arguments behind it: value, or operator and value.
fn comparison(column: Column, rest: &[Given<QueryFact>]) -> Predicate {
    match rest {
        [] => Predicate::Compare(column, Operator::IsNull, Operand::default()),
        [value] => {
            let operator = if value.value.is_null() { Operator::IsNull } else { equality(&value.value) };
            Predicate::Compare(column, operator, operand(&value.value))
        }
        [operator, value, ..] => {
            let operator = operator.value.text().map_or(Operator::Other, |text| parse_operator(text, &value.value));
            Predicate::Compare(column, operator, operand(&value.value))
        }
    }
}

/// `where('c', [1, 2])` compares with the first element alone.
fn equality(value: &QueryValue) -> Operator {
    if value.shape.is_some() { Operator::Other } else { Operator::Equal }
}

fn parse_operator(text: &str, value: &QueryValue) -> Operator {
    match text.trim().to_ascii_lowercase().as_str() {
        "=" if value.is_null() => Operator::IsNull,
        "=" => equality(value),
        "<=>" if !value.is_null() => Operator::Equal,
        "!=" | "<>" if !value.is_null() => Operator::NotEqual,
        _ => Operator::Other,
    }
}

struct Reader<'r, 'm, 'e> {
    machine: &'r mut QueryMachine<'m>,
    state: &'r mut QueryState,
    event: &'r QueryEvent<'e>,
    /// Where the query begins.
    entry: Option<Entry>,
    subject: Subject,
    connective: Connective,
}

impl Reader<'_, '_, '_> {
    fn at(&self) -> Location {
        self.event.link()
    }

    fn single(&self, predicate: Predicate) -> Vec<Operation> {
        vec![Operation::Where(self.connective, predicate, self.at())]
    }

    fn nested(&mut self, closure: &ClosureValue<QueryFact>, subject: Subject) -> Vec<Operation> {
        let own = self.subject.clone();
        nested_in(self.machine, self.state, self.event, closure, (subject, &own))
    }

    fn conditions(&mut self, negated: bool) -> Vec<Operation> {
        let Some(first) = self.event.arguments.first() else { return Vec::new() };
        let connective = self.event.argument(3, "boolean").and_then(|given| given.value.text()).map_or(self.connective, |text| {
            if text.trim().to_ascii_lowercase().starts_with("or") { Connective::Or } else { self.connective }
        });
        self.connective = connective;
        let value = first.value.clone();
        if let [closure] = value.closures.as_slice()
            && self.event.arguments.len() == 1
        {
            let closure = closure.clone();
            let subject = self.subject.clone();
            let operations = self.nested(&closure, subject);
            if operations.is_empty() {
                return Vec::new();
            }
            return vec![Operation::Group { connective, negated, operations, at: self.at() }];
        }
        if let Some(operations) = array_of_conditions(&value, self.connective, self.at()) {
            return vec![Operation::Group { connective, negated, operations, at: self.at() }];
        }
        let Some(column) = column_of(&value) else { return self.single(Predicate::Other) };
        let rest: Vec<Given<QueryFact>> = self.event.arguments[1..].to_vec();
        let rest = if rest.len() > 2 { &rest[..2] } else { &rest[..] };
        let predicate = if rest.is_empty() { Predicate::Other } else { comparison(column, rest) };
        self.run_closure_operands();
        let predicate = if negated { negate(predicate) } else { predicate };
        self.single(predicate)
    }

    fn compare(&self, operator: Operator) -> Vec<Operation> {
        let Some(column) = self.event.argument(0, "column").or_else(|| self.event.argument(0, "columns")) else {
            return Vec::new();
        };
        let Some(column) = column_of(&column.value) else { return self.single(Predicate::Other) };
        let operand = self.event.argument(1, "value").map(|given| operand(&given.value)).unwrap_or_default();
        self.single(Predicate::Compare(column, operator, operand))
    }

    fn compare_in(&mut self, operator: Operator) -> Vec<Operation> {
        let Some(column) = self.event.argument(0, "column").and_then(|given| column_of(&given.value)) else {
            return self.single(Predicate::Other);
        };
        let Some(values) = self.event.argument(1, "values").map(|given| given.value.clone()) else { return Vec::new() };
        let mut operand = operand(&values);
        if let [object] = values.fact.objects.as_slice() {
            operand.query = self.state.store.queries.get(object).map(|query| Box::new(query.clone()));
        }
        if let [closure] = values.closures.as_slice() {
            let closure = closure.clone();
            self.nested(&closure, Subject::Unknown(Unknown::Table));
            operand.is_query = true;
        }
        self.single(Predicate::Compare(column, operator, operand))
    }

    /// Closures given as a value are sub-queries.
    fn run_closure_operands(&mut self) {
        let closures: Vec<_> = self.event.arguments[1..].iter().flat_map(|given| given.value.closures.clone()).collect();
        for closure in closures {
            self.nested(&closure, Subject::Unknown(Unknown::Table));
        }
    }

    fn key(&self) -> Vec<Operation> {
        let Some(given) = self.event.argument(0, "id") else { return Vec::new() };
        let column = primary_key(self.machine, &self.subject);
        self.single(Predicate::Compare(column, Operator::In, operand(&given.value)))
    }

    fn all_columns(&self) -> Vec<Operation> {
        let columns = self.event.argument(0, "columns").map(|given| given.value.clone()).unwrap_or_default();
        let rest = self.event.arguments.get(1..).unwrap_or_default();
        let Some(shape) = &columns.shape else { return self.single(Predicate::Other) };
        let names = shape.items.values().filter_map(column_of);
        names.map(|column| Operation::Where(self.connective, comparison(column, rest), self.at())).collect()
    }

    /// A range of one value is an equality.
    fn between(&self) -> Vec<Operation> {
        let column = self.event.argument(0, "column").and_then(|given| column_of(&given.value));
        let range = self.event.argument(1, "values").and_then(|given| given.value.shape.as_ref());
        let ends: Vec<&QueryValue> = range.iter().flat_map(|range| range.items.values()).collect();
        match (column, ends.as_slice()) {
            (Some(column), [low, high]) if low.constant == high.constant && low.origins == high.origins && is_stable(low) => {
                self.single(Predicate::Compare(column, Operator::Equal, operand(low)))
            }
            (Some(column), [low, ..]) => self.single(Predicate::Compare(column, Operator::Other, operand(low))),
            _ => self.single(Predicate::Other),
        }
    }

    /// `whereRowValues(['company_id', 'phone'], '=', [$company, $phone])`
    fn row_values(&self) -> Vec<Operation> {
        let part = |position: usize| self.event.arguments.get(position).and_then(|given| given.value.shape.as_ref());
        let is_equality = self.event.arguments.get(1).and_then(|given| given.value.text()) == Some("=");
        let (Some(columns), Some(values), true) = (part(0), part(2), is_equality) else { return self.single(Predicate::Other) };
        let pairs = columns.items.values().zip(values.items.values()).map(|(column, value)| {
            let predicate = column_of(column).map_or(Predicate::Other, |column| {
                Predicate::Compare(column, if value.is_null() { Operator::IsNull } else { Operator::Equal }, operand(value))
            });
            Operation::Where(Connective::And, predicate, self.at())
        });
        vec![Operation::Group { connective: self.connective, negated: false, operations: pairs.collect(), at: self.at() }]
    }

    fn columns(&self) -> Vec<Operation> {
        let texts: Option<Vec<&str>> = self.event.arguments.iter().take(3).map(|given| given.value.text()).collect();
        let predicate = match texts.as_deref() {
            Some([first, second]) => Predicate::Columns(Column::parse(first), Operator::Equal, Column::parse(second)),
            Some([first, operator, second]) => {
                let operator = match *operator {
                    "=" => Operator::Equal,
                    "!=" | "<>" => Operator::NotEqual,
                    _ => Operator::Other,
                };
                Predicate::Columns(Column::parse(first), operator, Column::parse(second))
            }
            _ => Predicate::Other,
        };
        self.single(predicate)
    }

    /// `whereBelongsTo($company)`: the foreign key of the relation named after the class.
    fn belongs_to(&self) -> Vec<Operation> {
        let Some(given) = self.event.arguments.first() else { return Vec::new() };
        let types = self.machine.types(given.expr);
        let class = types.classes().next().cloned().or_else(|| types.elements().classes().next().cloned());
        let named = self.event.argument(1, "relationshipName").and_then(|given| given.value.text().map(str::to_owned));
        let relation_name =
            named.or_else(|| class.as_deref().map(|class| lower_first(class.rsplit('\\').next().unwrap_or(class))));
        let model = subject_model(self.machine, &self.subject);
        let relation = relation_name.as_deref().and_then(|name| model?.relations.get(name));
        let column = match (relation, model, relation_name) {
            (Some(relation), Some(model), _) => Some(relation_columns(relation, model).1),
            (None, _, Some(name)) => Some(format!("{}_id", snake(&name))),
            _ => None,
        };
        let Some(column) = column else { return self.single(Predicate::Other) };
        let mut operand = operand(&given.value);
        operand.origins = operand.origins.member("id", class.as_ref());
        self.single(Predicate::Compare(Column::plain(&column), Operator::Equal, operand))
    }

    fn raw(&self) -> Vec<Operation> {
        let text = self.event.argument(0, "sql").and_then(|given| given.value.text()).map(Arc::from);
        let bindings = self.event.argument(1, "bindings").map(|given| elements(&given.value)).unwrap_or_default();
        self.single(Predicate::Raw(text, bindings))
    }

    /// The subject at the end of a relation path.
    fn related(&self, path: &str) -> Subject {
        let mut subject = self.subject.clone();
        for step in path.split('.') {
            let related = subject_model(self.machine, &subject)
                .and_then(|model| model.relations.get(step))
                .and_then(|relation| relation.related.as_deref().map(Arc::from));
            match related {
                Some(class) => subject = Subject::Model(class),
                None => return Subject::Unknown(Unknown::Relation),
            }
        }
        subject
    }

    fn exists(&mut self, always_negated: bool) -> Vec<Operation> {
        let relation = self
            .event
            .argument(0, "relation")
            .and_then(|given| given.value.text())
            .map(|path| path.split(':').next().unwrap_or(path).to_owned());
        let subject = relation.as_deref().map_or(Subject::Unknown(Unknown::Relation), |path| self.related(path));
        let closures: Vec<_> = self.event.arguments.iter().skip(1).flat_map(|given| given.value.closures.clone()).collect();
        let mut operations = Vec::new();
        for closure in &closures {
            operations.extend(self.nested(closure, subject.clone()));
        }
        let negated = always_negated || self.accepts_zero();
        self.single(Predicate::Exists { relation: relation.map(Arc::from), subject, negated, operations })
    }

    /// `has('r', '<', 1)`, `has('r', '>=', 0)`
    fn accepts_zero(&self) -> bool {
        self.event.arguments.iter().skip(1).any(|given| {
            matches!(given.value.text(), Some("<" | "<=" | "!=")) || given.value.constant.as_deref() == Some(&Constant::Int(0))
        })
    }

    fn exists_elsewhere(&mut self) -> Vec<Operation> {
        let closures: Vec<_> = self.event.arguments.iter().flat_map(|given| given.value.closures.clone()).collect();
        for closure in &closures {
            self.nested(closure, Subject::Unknown(Unknown::Table));
        }
        self.single(Predicate::Other)
    }

    fn relation(&self) -> Vec<Operation> {
        let Some(path) = self.event.argument(0, "relation").and_then(|given| given.value.text()) else {
            return self.single(Predicate::Other);
        };
        let column = self.event.argument(1, "column").and_then(|given| given.value.text());
        let operations = column.map(|column| {
            let rest = self.event.arguments.get(2..).unwrap_or_default();
            Operation::Where(Connective::And, comparison(Column::parse(column), rest), self.at())
        });
        let subject = self.related(path);
        self.single(Predicate::Exists {
            relation: Some(path.into()),
            subject,
            negated: false,
            operations: operations.into_iter().collect(),
        })
    }

    fn removed(&self, kind: QueryMethodKind) -> Removed {
        let Some(first) = self.event.arguments.first() else { return Removed::All };
        let names: Option<Vec<Arc<str>>> = match &first.value.shape {
            None => scope_name(self.machine, first).map(|name| vec![name]),
            Some(shape) => shape.items.values().map(|item| item.text().map(Arc::from)).collect(),
        };
        match (names, kind) {
            (None, _) if first.value.is_null() => Removed::All,
            (None, _) => Removed::Unknown,
            (Some(names), QueryMethodKind::WithoutGlobalScopesExcept) => Removed::AllBut(names),
            (Some(names), _) => Removed::These(names),
        }
    }

    fn join(&mut self, outer: bool) -> Vec<Operation> {
        let Some(first) = self.event.arguments.first() else { return Vec::new() };
        let subject = match first.value.text() {
            Some(text) => {
                let mut words = text.split_whitespace();
                let table = words.next().unwrap_or_default().trim_matches('`');
                Subject::Table(table.into(), words.last().map(Arc::from))
            }
            None => Subject::Unknown(Unknown::Table),
        };
        let closures = self.event.arguments.get(1).map(|given| given.value.closures.clone()).unwrap_or_default();
        let mut on = Vec::new();
        for closure in &closures {
            on.extend(self.nested(closure, subject.clone()));
        }
        let texts: Vec<Option<&str>> = self.event.arguments.iter().skip(1).map(|given| given.value.text()).collect();
        let pair = match texts.as_slice() {
            [Some(left), Some(operator), Some(right), ..] if *operator == "=" => Some((left, right)),
            [Some(left), Some(right)] => Some((left, right)),
            _ => None,
        };
        if let Some((left, right)) = pair {
            let predicate = Predicate::Columns(Column::parse(left), Operator::Equal, Column::parse(right));
            on.push(Operation::Where(Connective::And, predicate, self.at()));
        }
        vec![Operation::Join { subject, on, outer, at: self.at() }]
    }

    fn union(&self) -> Vec<Operation> {
        let objects = self.event.arguments.first().map(|given| given.value.fact.objects.clone()).unwrap_or_default();
        let queries = objects.iter().filter_map(|object| self.state.store.queries.get(object));
        let unions: Vec<Operation> = queries.map(|query| Operation::Union(Box::new(query.clone()), self.at())).collect();
        if unions.is_empty() { vec![Operation::Opaque(Unknown::Argument, self.at())] } else { unions }
    }

    /// Eager loads are queries of their own.
    fn eager_loads(&mut self) -> Vec<Operation> {
        let subject = self.subject.clone();
        if let Some(entry) = self.entry.clone() {
            super::loads::eager(self.machine, self.state, self.event, &subject, &entry);
        }
        Vec::new()
    }

    fn attributes(&self) -> Vec<Operation> {
        let value = self.event.arguments.first().map(|given| given.value.clone()).unwrap_or_default();
        array_of_conditions(&value, self.connective, self.at()).unwrap_or_default()
    }
}

/// True for values that are the same each time they are read: columns, keys, arguments.
fn is_stable(value: &QueryValue) -> bool {
    value.constant.is_some() || value.origins.all(|origin| !matches!(origin.root, Root::Unknown | Root::Call(_)))
}

/// `where(['a' => 1])`, `where([['a', '=', 1]])`. With `orWhere` the parts are joined by `or`.
fn array_of_conditions(value: &QueryValue, connective: Connective, at: Location) -> Option<Vec<Operation>> {
    let shape = value.shape.as_ref()?;
    let mut operations = Vec::new();
    for (key, item) in &shape.items {
        let predicate = match key {
            ConstantKey::String(column) => {
                let operator = if item.is_null() { Operator::IsNull } else { equality(item) };
                Predicate::Compare(Column::parse(column), operator, operand(item))
            }
            ConstantKey::Int(_) => listed_condition(item),
        };
        operations.push(Operation::Where(connective, predicate, at));
    }
    if shape.rest.is_some() {
        operations.push(Operation::Where(connective, Predicate::Other, at));
    }
    Some(operations)
}

fn listed_condition(item: &QueryValue) -> Predicate {
    let Some(shape) = &item.shape else { return Predicate::Other };
    let parts: Vec<&QueryValue> = shape.items.values().collect();
    let given = |value: &QueryValue| Given { name: None, value: value.clone(), spread: false, expr: crate::hir::ExprId(0) };
    match parts.as_slice() {
        [column, rest @ ..] => match column.text() {
            Some(column) => {
                let rest: Vec<Given<QueryFact>> = rest.iter().take(2).map(|value| given(value)).collect();
                if rest.is_empty() { Predicate::Other } else { comparison(Column::parse(column), &rest) }
            }
            None => Predicate::Other,
        },
        [] => Predicate::Other,
    }
}

fn negate(predicate: Predicate) -> Predicate {
    match predicate {
        Predicate::Compare(column, Operator::Equal, operand) => Predicate::Compare(column, Operator::NotEqual, operand),
        Predicate::Compare(column, Operator::In, operand) => Predicate::Compare(column, Operator::NotIn, operand),
        Predicate::Compare(column, _, operand) => Predicate::Compare(column, Operator::Other, operand),
        _ => Predicate::Other,
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_lowercase().to_string() + characters.as_str()).unwrap_or_default()
}

/// `laravel/framework:src/Illuminate/Support/Str.php (snake)` for names of classes and relations.
fn snake(text: &str) -> String {
    let mut snake = String::with_capacity(text.len() + 4);
    for (position, character) in text.chars().enumerate() {
        if character.is_ascii_uppercase() && position > 0 {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
