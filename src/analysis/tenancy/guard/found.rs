//! Keys that were found among the user's own rows, or the rows of the tenant, before a query is sent.

use super::{Protection, Tables};
use crate::analysis::tenancy::query::{Column, Operand, Operator, Subject};
use crate::analysis::tenancy::validation::PassedField;
use crate::flow::{Origin, Root};
use crate::index::Model;

impl Tables<'_, '_> {
    /// True where a middleware has found the key of the row, or of the row that it belongs to, among the user's own:
    /// `Folder::findOrFail($id)` behind `can:view-folder,folder`.
    pub(super) fn is_own(&self, column: &Column, operator: Operator, operand: &Operand) -> bool {
        let Some((place, class)) = self.reader.known.place.zip(self.row_class()) else { return false };
        // Input may be a list, of which the check has seen one item only.
        let is_one = |value: &Origin| {
            operator == Operator::Equal
                || value.root != Root::Request
                || value.path.first().is_some_and(|source| source.ends_with("()"))
        };
        let is_own_row = |class: &str| operand.origins.all(|value| is_one(value) && place.is_own_row(value, class));
        column.name.eq_ignore_ascii_case(self.primary_key()) && is_own_row(class)
            || self.owner_by(column).is_some_and(|owner| is_own_row(&owner.name))
    }

    /// The model whose rows a foreign key of the subject's rows leads to: by a relation, else by the schema.
    fn owner_by(&self, column: &Column) -> Option<&Model> {
        let index = self.reader.index;
        if let Some(model) = self.row_class().and_then(|mine| index.model_named(mine)) {
            return index.parent_by(model, &column.name);
        }
        let Subject::Table(table, _) = self.subject else { return None };
        let (owner, _) = index.tables().get(&**table)?.foreign_keys.get(&*column.name)?;
        index.model_for_table(owner)
    }

    /// The rule or the query that has found the key of the row, or of the row that it belongs to, among the rows of the
    /// tenant.
    pub(super) fn has_passed(&self, column: &Column, operator: Operator, operand: &Operand) -> Option<Protection> {
        if self.reader.known.passed.is_empty() || operand.constant.is_some() {
            return None;
        }
        let index = self.reader.index;
        let looked_up = |field: &&PassedField| {
            let of_field = match &field.subject {
                Subject::Model(class) => index.model_named(class),
                Subject::Table(table, _) => index.model_for_table(table),
                Subject::Unknown(_) => None,
            };
            let is_row = || match (self.subject, of_field) {
                (Subject::Table(table, _), None) => matches!(&field.subject, Subject::Table(theirs, _) if theirs == table),
                (_, theirs) => theirs.is_some_and(|model| self.row_class() == Some(model.name.as_str())),
            };
            let is_parent =
                || of_field.is_some_and(|model| field.column == model.primary_key && self.points_to(column, &model.name));
            let is_own = column.name.eq_ignore_ascii_case(self.primary_key()) && field.column.eq_ignore_ascii_case(&column.name);
            (is_own && is_row() || is_parent()) && (!field.is_list || operator == Operator::In)
        };
        let rules: Vec<&PassedField> = self.reader.known.passed.iter().filter(looked_up).collect();
        let is_found = operand.origins.all(|value| rules.iter().any(|field| field.is(value)));
        let by = rules.iter().find(|field| operand.origins.any(|value| field.is(value))).filter(|_| is_found)?;
        Some(if by.is_of_query { Protection::Found(by.at) } else { Protection::Passed(by.at) })
    }

    /// True for a foreign key of the subject's rows that leads to rows of a class.
    fn points_to(&self, column: &Column, class: &str) -> bool {
        self.owner_by(column).is_some_and(|owner| owner.name.eq_ignore_ascii_case(class))
    }
}
