//! Rows that are created, and keys that are written to rows: with which values.

use std::sync::Arc;

use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::conditions::operand;
use super::guard::looks_like_key;
use super::query::{Entry, EntryKind, Operand, Subject};
use super::state::QueryFact;
use crate::finding::Location;
use crate::flow::{Origins, Root, Type, Types, Value};
use crate::hir::ExprId;
use crate::index::{BodyKey, CallSite, ConstantKey, Index};

/// A row that is created from an array, as far as it holds keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Creation {
    /// The call.
    pub entry: Entry,
    /// The table.
    pub subject: Subject,
    /// The keys among the attributes.
    pub keys: Vec<(Arc<str>, Operand)>,
    /// What the model guards is written, too.
    pub is_forced: bool,
    /// The function that creates it.
    pub function: BodyKey,
}

/// A key that is written to a row: `$row->company_id = …`
#[derive(Clone, Debug, PartialEq)]
pub struct KeyWrite {
    /// The assignment.
    pub at: Location,
    /// The body that holds it.
    pub body: BodyKey,
    /// The expression that is written to.
    pub expr: ExprId,
    /// The class of the row.
    pub class: Arc<str>,
    /// The calls that created the row, or the queries that loaded it.
    pub rows: Vec<Entry>,
    /// The column.
    pub column: Arc<str>,
    /// The value.
    pub value: Operand,
    /// The function that writes.
    pub function: BodyKey,
    /// How it is written.
    pub by: WrittenBy,
}

/// How a key is written to a row at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrittenBy {
    /// `$row->company_id = …`
    Assignment,
    /// An array that is written as it is: `forceFill`.
    ForcedArray,
    /// An array through `$fillable` and `$guarded`: `fill`, `update`.
    Array,
    /// The same, for a row that is made: `new Customer([…])`.
    NewRow,
}

/// `Customer::create(['company_id' => …])`. Gives the row.
pub(super) fn create(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>, subject: Subject, class: Arc<str>) -> QueryValue {
    let entry =
        Entry { body: event.body, expr: event.expr, at: event.at, kind: EntryKind::Created, spec: "laravel/query#insert".into() };
    let method = event.name.unwrap_or_default().to_ascii_lowercase();
    let shape = event.arguments.first().and_then(|given| given.value.shape.as_ref());
    let keys = shape.into_iter().flat_map(|shape| &shape.items).filter_map(|(key, item)| match key {
        ConstantKey::String(column) if looks_like_key(column) => Some((column.as_str().into(), operand(item))),
        _ => None,
    });
    let creation = Creation {
        entry: entry.clone(),
        subject,
        keys: keys.collect(),
        is_forced: !matches!(method.as_str(), "create" | "createquietly"),
        function: machine.function,
    };
    if machine.recording && !machine.effects.creations.contains(&creation) {
        machine.effects.creations.push(creation);
    }
    Value { fact: QueryFact::row(&entry), ..Value::from_origins(Origins::one(Root::Row(class))) }
}

/// `$customer->company_id = …`
pub(super) fn assigned(
    machine: &mut QueryMachine<'_>,
    (object, types): (&QueryValue, &Types),
    column: &str,
    value: &QueryValue,
    (expr, at): (ExprId, Location),
) {
    let index = machine.project.index;
    let model = types.classes().find(|class| index.resolve_class(class).is_some_and(|class| index.is_model(class)));
    let Some(class) = model.filter(|_| machine.recording && looks_like_key(column)).cloned() else { return };
    let write = KeyWrite {
        at,
        body: machine.body,
        expr,
        class,
        rows: object.fact.rows.clone(),
        column: column.into(),
        value: operand(value),
        function: machine.function,
        by: WrittenBy::Assignment,
    };
    if !machine.effects.key_writes.contains(&write) {
        machine.effects.key_writes.push(write);
    }
}

/// `new Customer(['company_id' => …])`, `$customer->fill([…])`
pub(super) fn filled(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>) {
    let shape = event.arguments.first().and_then(|given| given.value.shape.as_ref());
    let Some(shape) = shape.filter(|_| machine.recording) else { return };
    let Some((by, class)) = filled_model(machine, event) else { return };
    for (key, value) in &shape.items {
        let ConstantKey::String(column) = key else { continue };
        if !looks_like_key(column) {
            continue;
        }
        let write = KeyWrite {
            at: event.at,
            body: event.body,
            expr: event.expr,
            class: Arc::clone(&class),
            rows: event.receiver.map(|receiver| receiver.fact.rows.clone()).unwrap_or_default(),
            column: column.as_str().into(),
            value: operand(value),
            function: machine.function,
            by,
        };
        if !machine.effects.key_writes.contains(&write) {
            machine.effects.key_writes.push(write);
        }
    }
}

/// The class of the row that an array is written to.
/// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (fill, forceFill, update)`
fn filled_model(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<(WrittenBy, Arc<str>)> {
    let index = machine.project.index;
    let is_model = |class: &str| index.resolve_class(class).is_some_and(|key| index.is_model(key));
    if let Some(class) = event.call.symbol.as_deref().and_then(|symbol| symbol.strip_suffix("::__construct")) {
        return is_model(class).then(|| (WrittenBy::NewRow, class.into()));
    }
    let by = match event.name?.to_ascii_lowercase().as_str() {
        "fill" | "update" | "updatequietly" | "updateorfail" => WrittenBy::Array,
        "forcefill" => WrittenBy::ForcedArray,
        _ => return None,
    };
    let types = event.receiver_types?;
    let class = types.iter().find_map(|one| match one {
        Type::Instance(class) if is_model(class) => Some(Arc::clone(class)),
        _ => None,
    })?;
    Some((by, class))
}

/// True where the application turns the guard of mass assignment off, or off around a place.
#[must_use]
pub fn is_unguarded(index: &Index, at: Location) -> bool {
    let around = |site: &CallSite| {
        let span = index.body(site.body).expr_span(site.expr);
        site.body.file == at.file && span.start <= at.span.start && at.span.end <= span.end
    };
    !index.calls_named("unguard").is_empty() || index.calls_named("unguarded").iter().any(around)
}
