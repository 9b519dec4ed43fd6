//! The tables of a database. Copies share what they have in common, so that a state is kept at no cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{ForeignKey, Table};

/// Tables by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tables(Arc<BTreeMap<String, Arc<Table>>>);

impl Tables {
    /// A table.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Table> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// A table to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Table> {
        if !self.0.contains_key(name) {
            return None;
        }
        Arc::make_mut(&mut self.0).get_mut(name).map(Arc::make_mut)
    }

    /// A table to be changed; an empty one, where there is none.
    pub fn get_or_default(&mut self, name: &str) -> &mut Table {
        Arc::make_mut(Arc::make_mut(&mut self.0).entry(name.to_owned()).or_default())
    }

    /// Puts a table in; one of the same name is replaced.
    pub fn insert(&mut self, name: String, table: Table) {
        Arc::make_mut(&mut self.0).insert(name, Arc::new(table));
    }

    /// Takes a table out.
    pub fn remove(&mut self, name: &str) -> Option<Table> {
        if !self.0.contains_key(name) {
            return None;
        }
        Arc::make_mut(&mut self.0).remove(name).map(Arc::unwrap_or_clone)
    }

    /// True where there is such a table.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }

    /// Tables, in order of their names.
    pub fn values(&self) -> impl Iterator<Item = &Table> {
        self.0.values().map(AsRef::as_ref)
    }

    /// Names and tables, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Table)> {
        self.0.iter().map(|(name, table)| (name, table.as_ref()))
    }

    /// Changes every table.
    pub fn for_each_mut(&mut self, mut change: impl FnMut(&mut Table)) {
        Arc::make_mut(&mut self.0).values_mut().for_each(|table| change(Arc::make_mut(table)));
    }

    /// Changes the foreign keys that fulfil a condition.
    pub fn change_foreign_keys(&mut self, is_meant: impl Fn(&ForeignKey) -> bool, change: impl Fn(&mut ForeignKey)) {
        let concerns = |table: &Table| table.foreign_keys.iter().any(&is_meant);
        if !self.values().any(concerns) {
            return;
        }
        for table in Arc::make_mut(&mut self.0).values_mut().filter(|table| concerns(table)) {
            Arc::make_mut(table).foreign_keys.iter_mut().filter(|key| is_meant(key)).for_each(&change);
        }
    }

    /// Keeps the tables that fulfil a condition.
    pub fn retain(&mut self, keeps: impl Fn(&Table) -> bool) {
        if !self.values().all(&keeps) {
            Arc::make_mut(&mut self.0).retain(|_, table| keeps(table));
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of tables that are not the same in both, or in one of them only, in order.
    #[must_use]
    pub fn differing<'t>(&'t self, other: &'t Self) -> Vec<&'t str> {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Vec::new();
        }
        let differs = |name: &&String| match (self.0.get(*name), other.0.get(*name)) {
            (Some(left), Some(right)) => !Arc::ptr_eq(left, right) && left != right,
            _ => true,
        };
        let only_there = other.0.keys().filter(|name| !self.0.contains_key(*name));
        let mut names: Vec<&str> = self.0.keys().chain(only_there).filter(differs).map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
