//! Tables that belong to a tenant by the rows that theirs belong to: each row of theirs must have an owner.

use super::guard::OwnedTables;
use crate::index::{Index, Model, RelationKind};

/// Tables between a row and the one that has the key.
const DEPTH: usize = 4;

/// True for a model each of whose rows belongs to a row of a tenant, of a user, or to the tenant's own, by a foreign key
/// that is never null.
pub(super) fn is_derived(index: &Index, owned: &dyn OwnedTables, root: Option<&str>, class: &str) -> bool {
    let mut seen = vec![class.to_owned()];
    let mut waiting = vec![(class.to_owned(), 0)];
    while let Some((class, depth)) = waiting.pop() {
        let Some(model) = index.model_named(&class) else { continue };
        for owner in owners(index, model) {
            let is_anchor = owned.is_owned_model(&owner)
                || root.is_some_and(|root| root.eq_ignore_ascii_case(&owner))
                || index.name_is_a(&owner, "Illuminate\\Contracts\\Auth\\Authenticatable");
            if is_anchor {
                return true;
            }
            if depth < DEPTH && !seen.contains(&owner) {
                seen.push(owner.clone());
                waiting.push((owner, depth + 1));
            }
        }
    }
    false
}

/// The models to whose rows each row of a model belongs.
fn owners(index: &Index, model: &Model) -> Vec<String> {
    let Some(table) = model.table.as_ref().and_then(|table| index.tables().get(table)) else { return Vec::new() };
    let must_be = |column: &str| table.columns.get(column).is_some_and(|column| !column.nullable);
    let by_schema = table.foreign_keys.iter().filter(|(column, _)| must_be(column));
    let by_schema = by_schema.filter_map(|(_, (owner, _))| index.model_for_table(owner)).map(|owner| owner.name.clone());
    let by_relation = model
        .relations
        .values()
        .filter(|relation| relation.kind == RelationKind::BelongsTo && relation.foreign_key.as_deref().is_some_and(must_be));
    by_schema.chain(by_relation.filter_map(|relation| relation.related.as_deref().map(str::to_owned))).collect()
}
