//! Keys that a query compares with keys of rows at hand.

use super::{Protection, Tables, looks_like_key};
use crate::analysis::tenancy::query::{Column, Operand, Operator, Subject};
use crate::flow::{Origin, Root};
use crate::index::RelationKind;

impl Tables<'_, '_> {
    /// A primary or foreign key compared with a key that was read from a row at hand.
    pub(super) fn row_key(&self, column: &Column, operator: Operator, operand: &Operand) -> Option<Protection> {
        let is_pivot = column.qualifier.as_deref() == Some("pivot");
        if !is_pivot && !self.is_limiting_table(column.qualifier.as_deref()) {
            return None;
        }
        let own_key = self.primary_key();
        let is_own = column.name.eq_ignore_ascii_case(own_key);
        let is_key = is_own
            || looks_like_key(&column.name)
            || self.row_class().is_some_and(|class| self.is_foreign_key(class, &column.name));
        if !is_pivot && !is_key {
            return None;
        }
        if !operand.origins.all(|origin| self.is_row_key(origin)) {
            if self.is_own(column, operator, operand) {
                return Some(Protection::Member);
            }
            return self.has_passed(column, operator, operand);
        }
        let same_model = |origin: &Origin| {
            origin.is_column(own_key)
                && origin
                    .column_of
                    .as_deref()
                    .is_some_and(|theirs| self.row_class().is_some_and(|mine| mine.eq_ignore_ascii_case(theirs)))
        };
        if is_own && operand.origins.all(same_model) {
            return Some(Protection::OwnKey(operand.clone()));
        }
        Some(Protection::RowKey(operand.clone()))
    }

    /// What a row of the subject is called: its model's class, else its table.
    pub(super) fn row_class(&self) -> Option<&str> {
        match self.subject {
            Subject::Model(class) => Some(class),
            Subject::Table(table, _) => {
                Some(self.reader.index.model_for_table(table).map_or(&**table, |model| model.name.as_str()))
            }
            Subject::Unknown(_) => None,
        }
    }

    /// A column that a relation or the schema makes a foreign key, whatever it is called: `assigned_to`.
    fn is_foreign_key(&self, class: &str, column: &str) -> bool {
        let Some(model) = self.reader.index.model_named(class) else { return false };
        let table = model.table.as_ref().and_then(|table| self.reader.index.tables().get(table));
        table.is_some_and(|table| table.foreign_keys.contains_key(column))
            || model
                .relations
                .values()
                .any(|relation| relation.kind == RelationKind::BelongsTo && relation.foreign_key.as_deref() == Some(column))
    }

    pub(super) fn primary_key(&self) -> &str {
        let index = self.reader.index;
        let model = match self.subject {
            Subject::Model(class) => index.resolve_class(class).and_then(|key| index.model(key)),
            Subject::Table(table, _) => index.model_for_table(table),
            Subject::Unknown(_) => None,
        };
        model.map_or("id", |model| model.primary_key.as_str())
    }

    /// A key of a row of a tenant, of the tenant itself or of the logged-in user.
    fn is_row_key(&self, origin: &Origin) -> bool {
        let is_key = |name: &str| name == "getKey()" || looks_like_key(name);
        match (&origin.root, &origin.column_of, origin.last()) {
            (Root::User, _, last) => last.is_some_and(is_key),
            (Root::Request, ..) => false,
            (_, Some(class), Some(name)) => (is_key(name) || self.is_foreign_key(class, name)) && self.reader.is_anchor(class),
            // A key of the row by which a relation holds two rows together: `$vault->pivot->contact_id`.
            (Root::Row(_) | Root::This | Root::Parameter(_), None, Some(name)) => {
                is_key(name) && matches!(origin.path.as_slice(), [.., pivot, _] if **pivot == *"pivot")
            }
            // Rows as a list of values: of their keys, which alone were selected.
            (Root::Row(class), None, None) => self.reader.is_anchor(class),
            _ => false,
        }
    }
}
