//! Rows that are looked for in a list: among the user's own rows, or their keys among those of rows at hand.

use std::sync::Arc;

use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::conditions::operand;
use super::ownership::{ComparedWith, column_of_row};
use super::policy::{Asked, WHOLE_ROW};
use super::query::{Entry, Operand};
use crate::flow::{Origin, Origins, Root};

/// What a list is asked.
pub(super) fn asked(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<Asked> {
    among_own_rows(machine, event).or_else(|| among_keys(machine, event))
}

/// `$user->companies->contains($company)`, `$user->company->is($company)`: the row is looked up among the user's own.
fn among_own_rows(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<Asked> {
    let receiver = event.receiver.filter(|_| matches!(event.name, Some("contains" | "containsStrict" | "is")))?;
    let [row] = event.arguments else { return None };
    let index = machine.project.index;
    let user = index.model(index.user_model()?)?;
    let class = machine.types(row.expr).classes().next()?;
    let is_own = |origin: &Origin| match origin.path.as_slice() {
        [relation] if origin.root == Root::User => {
            let related = user.relations.get(&**relation).and_then(|relation| relation.related.as_deref());
            related.is_some_and(|related| related.eq_ignore_ascii_case(class))
        }
        _ => false,
    };
    let columns = || row.value.fact.rows.iter().map(|entry| (entry.clone(), Arc::from(WHOLE_ROW))).collect();
    let with = || ComparedWith::OneOf(operand(receiver));
    receiver.origins.all(is_own).then(|| Asked { columns: columns(), role: None, with: with(), answer: Some(true) })
}

/// `in_array($note->folder_id, $ids)`, `$folders->contains($note->folder_id)`, `$folders->contains('id', $note->folder_id)`:
/// the column equals one of the keys.
fn among_keys(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<Asked> {
    let (list, key, needle) = match (event.name?, event.receiver, event.arguments) {
        ("in_array", None, [needle, list, ..]) => (&list.value, None, needle),
        ("contains" | "containsStrict" | "doesntContain", Some(list), [needle]) => (list, None, needle),
        ("contains" | "containsStrict" | "doesntContain", Some(list), [key, needle]) => (list, Some(key.value.text()?), needle),
        _ => return None,
    };
    let column = column_of_row(&needle.value, list).or_else(|| key_of_row(machine, &needle.value))?;
    let with = ComparedWith::OneOf(keys_of(machine, list, key));
    Some(Asked { columns: vec![column], role: None, with, answer: Some(event.name != Some("doesntContain")) })
}

/// The key of a row that is looked for itself.
fn key_of_row(machine: &QueryMachine<'_>, needle: &QueryValue) -> Option<(Entry, Arc<str>)> {
    let [entry] = needle.fact.rows.as_slice() else { return None };
    let mut origins = needle.origins.iter();
    let (Some(Origin { root: Root::Row(class), path, .. }), None) = (origins.next(), origins.next()) else { return None };
    let key = &machine.project.index.model_named(class)?.primary_key;
    path.is_empty().then(|| (entry.clone(), key.as_str().into()))
}

/// The keys of the rows of a list, or the values that it holds.
fn keys_of(machine: &QueryMachine<'_>, list: &QueryValue, key: Option<&str>) -> Operand {
    let index = machine.project.index;
    let mut origins = Origins::none();
    for origin in list.origins.iter() {
        origins.insert(match (row_class(machine, origin), key) {
            (Some(class), _) => {
                let own = index.model_named(&class).map_or("id", |model| model.primary_key.as_str());
                origin.member(key.unwrap_or(own), Some(&class))
            }
            (None, Some(key)) => origin.member(key, None),
            (None, None) => origin.clone(),
        });
    }
    Operand { origins, ..operand(list) }
}

/// The class of the rows that a value is: of a query, or of relations of a row.
fn row_class(machine: &QueryMachine<'_>, origin: &Origin) -> Option<Arc<str>> {
    let index = machine.project.index;
    let first = match &origin.root {
        Root::Row(class) => Arc::clone(class),
        Root::User => index.model(index.user_model()?)?.name.as_str().into(),
        _ => return None,
    };
    origin
        .path
        .iter()
        .try_fold(first, |class, member| index.model_named(&class)?.relations.get(&**member)?.related.as_deref().map(Arc::from))
}
