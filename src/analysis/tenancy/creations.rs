//! Rows that are created, and keys that are written to rows: with which values.

use std::sync::Arc;

use super::client::{QueryEvent, QueryFact, QueryMachine, QueryValue};
use super::conditions::operand;
use super::guard::looks_like_key;
use super::query::{Entry, EntryKind, Operand, Subject};
use crate::finding::Location;
use crate::flow::{Origins, Root, Types, Value};
use crate::hir::ExprId;
use crate::index::{BodyKey, ConstantKey};

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
    };
    if !machine.effects.key_writes.contains(&write) {
        machine.effects.key_writes.push(write);
    }
}
