//! The words about tables without the key: their rows belong to a tenant by the rows that theirs belong to.

use super::explain::Words;
use crate::analysis::tenancy::{Owner, Subject, TenantFacts, tenant_word};
use crate::finding::{LookedFor, Message};
use crate::index::{Index, RelationKind};

/// Tables between a row and the one that has the key.
const DEPTH: usize = 6;

impl Words<'_, '_> {
    /// The table, and the row that each of its rows belongs to; none for a table that has the key.
    fn derived(&self) -> Option<(&str, &Owner)> {
        let table = match &self.judgement.subject {
            Subject::Model(_) => self.context.tenancy.model(&self.judgement.subject)?.table.as_deref()?,
            Subject::Table(table, _) => table,
            Subject::Unknown(_) => return None,
        };
        Some((table, self.facts.owner_of(table)?))
    }

    /// What is missing at the query.
    pub(super) fn owner_label(&self) -> Option<Message> {
        let (_, owner) = self.derived()?;
        Some(self.message("tenant.label.no-owner").text("column", &owner.column).text("table", &owner.table))
    }

    /// Why the rows belong to a tenant at all.
    pub(super) fn owner_looked_for(&self) -> Option<LookedFor> {
        let (table, owner) = self.derived()?;
        let detail = self.message("tenant.look.owner-detail").text("column", &owner.column).text("owner", &owner.table);
        Some(LookedFor {
            what: self.message("tenant.look.owner"),
            found: Message::new("looked-for.none"),
            detail: Some(detail.text("table", table)),
        })
    }

    /// The condition to write instead: `whereHas('invoice', fn ($query) => $query->where('company_id', $company->id))`.
    pub(super) fn limit_by_owner(&self) -> Option<String> {
        let (table, _) = self.derived()?;
        let (relations, key) = way_to_key(self.context.index, self.facts, table)?;
        let word = tenant_word(self.facts).replace(' ', "_");
        Some(format!("whereHas('{}', fn ($query) => $query->where('{key}', ${word}->id))", relations.join(".")))
    }
}

/// The relations that lead from a row of a table without the key to the row that has it, and the column there; none where
/// a relation is missing, or the table has the key itself.
pub(super) fn way_to_key<'f>(index: &'f Index, facts: &'f TenantFacts, table: &str) -> Option<(Vec<String>, &'f str)> {
    let (mut table, mut relations) = (table.to_owned(), Vec::new());
    while let Some(owner) = facts.owner_of(&table).filter(|_| relations.len() < DEPTH) {
        let model = index.model_for_table(&table)?;
        let relation = model.relations.values().find(|relation| {
            relation.kind == RelationKind::BelongsTo && relation.foreign_key.as_deref() == Some(owner.column.as_str())
        })?;
        relations.push(relation.name.clone());
        table.clone_from(&owner.table);
    }
    let owner = index.model_for_table(&table)?;
    let is_root = facts.root.as_deref() == Some(owner.name.as_str());
    let key = if is_root { owner.primary_key.as_str() } else { facts.key.as_str() };
    (!relations.is_empty()).then_some((relations, key))
}
