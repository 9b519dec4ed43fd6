//! Tables that belong to a tenant by the rows that theirs belong to: each row of theirs must have an owner.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::infer::TenantFacts;
use crate::index::{Index, Model, RelationKind};

/// The row that each row of a table belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The foreign key, which is never null.
    pub column: String,
    /// The table of the owner.
    pub table: String,
}

/// Tables without the key whose rows belong to rows of tenants, and the models of such tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Derived {
    /// By the table's name.
    pub(super) tables: BTreeMap<String, Owner>,
    /// The models' classes.
    pub(super) models: BTreeSet<Arc<str>>,
    /// Models whose rows belong to those who log in, who may work for several tenants.
    pub(super) of_users: BTreeSet<Arc<str>>,
}

impl Derived {
    /// Reads them off the schema, and off the relations of models.
    pub(super) fn read(index: &Index, facts: &TenantFacts) -> Self {
        let keyed = &facts.tables;
        let table_of = |class: &str| index.model_named(class).and_then(|model| model.table.clone());
        // A scope asks for the key that migrations do not create: the table may have it after all.
        let doubtful: BTreeSet<String> = facts.lacking.iter().filter_map(|class| table_of(class)).collect();
        let users: BTreeSet<String> = index
            .models()
            .filter(|model| index.name_is_a(&model.name, "Illuminate\\Contracts\\Auth\\Authenticatable"))
            .filter_map(|model| model.table.clone())
            .collect();
        let root = facts.root.as_deref().and_then(table_of);
        let owners = owners(index);
        let is_own = |table: &String| {
            keyed.contains(table) || root.as_ref() == Some(table) || users.contains(table) || doubtful.contains(table)
        };
        let owners: BTreeMap<&String, &Vec<Owner>> = owners.iter().filter(|(table, _)| !is_own(table)).collect();
        let tables = spread(&owners, &|table| keyed.contains(table) || root.as_deref() == Some(table));
        let of_users = spread(&owners, &|table| users.contains(table) || tables.contains_key(table));
        let models_of = |is_meant: &dyn Fn(&String) -> bool| {
            let models = index.models().filter(|model| !model.is_abstract && model.table.as_ref().is_some_and(is_meant));
            models.map(|model| model.name.as_str().into()).collect()
        };
        Self {
            models: models_of(&|table| tables.contains_key(table)),
            of_users: models_of(&|table| of_users.contains_key(table) && !tables.contains_key(table)),
            tables,
        }
    }
}

/// The tables from which foreign keys lead to some tables, with the first step of the shortest way.
fn spread(owners: &BTreeMap<&String, &Vec<Owner>>, is_start: &dyn Fn(&str) -> bool) -> BTreeMap<String, Owner> {
    let mut found: BTreeMap<String, Owner> = BTreeMap::new();
    loop {
        let step = |(table, owners): (&&String, &&Vec<Owner>)| {
            let owner = owners.iter().find(|owner| is_start(&owner.table) || found.contains_key(&owner.table))?;
            (!found.contains_key(*table)).then(|| ((*table).clone(), owner.clone()))
        };
        let new: Vec<(String, Owner)> = owners.iter().filter_map(step).collect();
        if new.is_empty() {
            return found;
        }
        found.extend(new);
    }
}

/// The owners of each table's rows.
fn owners(index: &Index) -> BTreeMap<String, Vec<Owner>> {
    let mut owners: BTreeMap<String, Vec<Owner>> = BTreeMap::new();
    let must_be = |table: &str, column: &str| {
        index.tables().get(table).and_then(|table| table.columns.get(column)).is_some_and(|column| !column.nullable)
    };
    for (name, table) in index.tables() {
        let keys = table.foreign_keys.iter().filter(|(column, (owner, _))| owner != name && must_be(name, column));
        let keys = keys.map(|(column, (owner, _))| Owner { column: column.clone(), table: owner.clone() });
        owners.entry(name.clone()).or_default().extend(keys);
    }
    for model in index.models() {
        let Some(table) = &model.table else { continue };
        let by_relation = parents(index, model).filter(|owner| owner.table != *table && must_be(table, &owner.column));
        owners.entry(table.clone()).or_default().extend(by_relation);
    }
    owners
}

/// The rows that a model's relations say its rows belong to.
fn parents<'m>(index: &'m Index, model: &'m Model) -> impl Iterator<Item = Owner> + 'm {
    let belongs = model.relations.values().filter(|relation| relation.kind == RelationKind::BelongsTo);
    belongs.filter_map(|relation| {
        let table = index.model_named(relation.related.as_deref()?)?.table.clone()?;
        Some(Owner { column: relation.foreign_key.clone()?, table })
    })
}
