//! Rows that a middleware puts into the attributes of a request, and the queries that loaded them.

use std::collections::BTreeMap;

use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::query::{Entry, EntryKind};
use super::state::QueryFact;
use super::validation::ValuePlace;
use crate::finding::Location;
use crate::flow::Value;
use crate::index::Index;

/// What was put into the attributes of requests: the queries that loaded the rows, by the expression.
pub(super) type AttributeRows = BTreeMap<ValuePlace, Vec<Entry>>;

/// The row that an attribute holds stands for those that code of the project has put there.
pub(super) fn read(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<QueryValue> {
    let set = machine.attribute_read(event)?;
    let value = machine.attribute(set);
    let rows: Vec<Entry> =
        set.iter().map(|(body, expr)| entry(machine.project.index, ValuePlace { body: *body, expr: *expr })).collect();
    Some(Value { fact: QueryFact::rows(&rows), ..value })
}

fn entry(index: &Index, ValuePlace { body, expr }: ValuePlace) -> Entry {
    let at = Location::new(body.file, index.body(body).expr_span(expr));
    Entry { body, expr, at, kind: EntryKind::Attribute, spec: "laravel/request#attribute".into() }
}

/// Remembers the rows that are put into an attribute.
pub(super) fn note(machine: &mut QueryMachine<'_>, place: ValuePlace, value: &QueryValue) {
    let known = machine.effects.attribute_rows.entry(place).or_default();
    for row in &value.fact.rows {
        if !known.contains(row) {
            known.push(row.clone());
        }
    }
}
