//! Who may look at all tenants: operators at their tools, and batches that nobody outside steers.

use super::{Fault, Judge};
use crate::analysis::contexts::{PanelKind, names_operator};
use crate::analysis::tenancy::subject_name;
use crate::hir::BodyKind;
use crate::specs::{ContextKind, QueryMethodKind};

impl Judge<'_, '_> {
    /// An operator's tool may look at all tenants, unless it picks a person by something that is no key.
    pub(super) fn is_operators(&self) -> bool {
        if self.kind() != Some(ContextKind::Console) && !self.is_operators_page() {
            return false;
        }
        let uses_row = !matches!(self.execution.kind, QueryMethodKind::Aggregate);
        // The name of a type or a label is no person's.
        let is_about_people =
            subject_name(self.context.tenancy, self.subject).is_none_or(|subject| self.facts.personal.contains(subject.as_str()));
        !(is_about_people && self.selection().person_column().is_some() && uses_row)
    }

    /// A page of an operators' panel, or behind a question about a role that is an operator's: by its name, or since the scopes
    /// let it see the rows of all tenants.
    pub(super) fn is_operators_page(&self) -> bool {
        if self.place.is_some_and(|place| place.panel == Some(PanelKind::Operators)) {
            return true;
        }
        let exempt = self.context.tenancy.exempt_roles();
        let of_place = self.place.into_iter().flat_map(|place| place.roles.iter());
        of_place.chain(&self.execution.roles).any(|role| exempt.contains(role) || names_operator(role))
    }

    /// Nothing from outside selects, no entry point is known, and no row leaves: a batch, a number of the whole platform.
    pub(super) fn is_batch(&self, fault: Fault) -> bool {
        let stays = match self.execution.kind {
            QueryMethodKind::Aggregate => true,
            QueryMethodKind::Run | QueryMethodKind::RunEach | QueryMethodKind::RunChunk => {
                let entry = &self.execution.query.entry;
                *self.execution.spec != *"php/return" && !self.context.tenancy.is_given_back(entry)
            }
            _ => false,
        };
        let selection = self.selection();
        let is_function = !matches!(self.context.index.body(self.execution.function).kind, BodyKind::TopLevel);
        self.place.is_none()
            && is_function
            && stays
            && fault == Fault::Unscoped
            && !selection.is_from_outside()
            && selection.person_column().is_none()
    }
}
