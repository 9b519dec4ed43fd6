//! Classes that are not on disk: what is known of the framework and of common packages, as data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::specs::folded;

/// What a name of [`ExternalClass`] declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExternalKind {
    /// A class.
    #[default]
    Class,
    /// An interface.
    Interface,
    /// A trait.
    Trait,
}

/// A class, interface or trait of a package: a row of `rules/specs/{php,laravel,packages}/classes.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalClass {
    /// Fully qualified name.
    pub name: String,
    /// Id of the row.
    pub id: String,
    /// Class, interface or trait.
    #[serde(default)]
    pub kind: ExternalKind,
    /// Parent class.
    pub extends: Option<String>,
    /// Interfaces; for an interface its parents.
    #[serde(default)]
    pub implements: Vec<String>,
    /// Traits.
    #[serde(default)]
    pub traits: Vec<String>,
    /// For a model: its table, where the package fixes one.
    pub table: Option<String>,
    /// For a trait of models: the global scopes that its boot method adds.
    #[serde(default)]
    pub scopes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(rename = "class")]
    classes: Vec<ExternalClass>,
}

/// The rows by folded name, with the closure of what each name is.
#[derive(Debug, Default)]
pub(super) struct Externals {
    rows: BTreeMap<String, ExternalClass>,
    supertypes: FxHashMap<String, BTreeSet<String>>,
    traits: FxHashMap<String, BTreeSet<String>>,
}

const FILES: &[&str] = &[
    include_str!("../../rules/specs/php/classes.toml"),
    include_str!("../../rules/specs/laravel/classes.toml"),
    include_str!("../../rules/specs/packages/classes.toml"),
];

static KNOWN: LazyLock<Externals> = LazyLock::new(|| Externals::parse(FILES).unwrap_or_default());

impl Externals {
    /// The embedded rows.
    pub(super) fn known() -> &'static Self {
        &KNOWN
    }

    fn parse(files: &[&str]) -> Result<Self, toml::de::Error> {
        let mut rows = BTreeMap::new();
        for text in files {
            let parsed: Rows = toml::from_str(text)?;
            rows.extend(parsed.classes.into_iter().map(|row| (folded(&row.name).into_owned(), row)));
        }
        let supertypes = rows.keys().map(|name| (name.clone(), closure(name, &rows))).collect();
        let traits = rows.keys().map(|name| (name.clone(), used_traits(name, &rows))).collect();
        Ok(Self { rows, supertypes, traits })
    }

    /// The row of a folded name.
    pub(super) fn row(&self, folded: &str) -> Option<&ExternalClass> {
        self.rows.get(folded)
    }

    /// The folded names of what a folded name is, itself included where it is known.
    pub(super) fn supertypes(&self, folded: &str) -> Option<&BTreeSet<String>> {
        self.supertypes.get(folded)
    }

    /// The folded names of the traits that a folded name uses, itself, through its parents and through traits.
    pub(super) fn traits(&self, folded: &str) -> Option<&BTreeSet<String>> {
        self.traits.get(folded)
    }

    /// A known ancestor's table, nearest first.
    pub(super) fn table(&self, name: &str) -> Option<&str> {
        let mut name = folded(name).into_owned();
        for _ in 0..self.rows.len() {
            let row = self.rows.get(&name)?;
            if let Some(table) = &row.table {
                return Some(table);
            }
            name = folded(row.extends.as_deref()?).into_owned();
        }
        None
    }
}

/// The global scopes that a class or trait that is not on disk adds to a model, through its traits and parents as well.
pub(super) fn external_scopes(name: &str) -> Vec<String> {
    let known = Externals::known();
    let name = folded(name);
    let traits = known.traits(&name).into_iter().flatten().map(String::as_str);
    traits.chain([&*name]).filter_map(|name| known.row(name)).flat_map(|row| row.scopes.iter().cloned()).collect()
}

fn closure(name: &str, rows: &BTreeMap<String, ExternalClass>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if let Some(row) = rows.get(&name) {
            open.extend(row.extends.iter().chain(&row.implements).map(|parent| folded(parent).into_owned()));
            open.retain(|name| !seen.contains(name));
        }
        seen.insert(name);
    }
    seen
}

fn used_traits(name: &str, rows: &BTreeMap<String, ExternalClass>) -> BTreeSet<String> {
    let mut traits = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        let Some(row) = rows.get(&name) else { continue };
        if !seen.insert(name) {
            continue;
        }
        for used in &row.traits {
            traits.insert(folded(used).into_owned());
            open.push(folded(used).into_owned());
        }
        open.extend(row.extends.iter().map(|parent| folded(parent).into_owned()));
    }
    traits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_embedded_rows_parse_and_their_ids_and_names_are_unique() {
        let rows: Vec<_> = FILES.iter().flat_map(|text| toml::from_str::<Rows>(text).unwrap().classes).collect();
        let ids: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
        let names: BTreeSet<_> = rows.iter().map(|row| folded(&row.name).into_owned()).collect();
        assert_eq!(ids.len(), rows.len());
        assert_eq!(names.len(), rows.len());
    }

    #[test]
    fn every_name_that_a_row_refers_to_within_illuminate_has_a_row() {
        let known = Externals::known();
        for row in known.rows.values() {
            for name in row.extends.iter().chain(&row.implements).chain(&row.traits) {
                assert!(
                    !name.starts_with("Illuminate\\") || known.row(&folded(name)).is_some(),
                    "{} refers to {name}, which has no row",
                    row.name
                );
            }
        }
    }

    #[test]
    fn the_closure_survives_a_cycle() {
        let text = "[[class]]\nname='A'\nid='a'\nextends='B'\n[[class]]\nname='B'\nid='b'\nextends='A'\n";
        let rows = Externals::parse(&[text]).unwrap();
        assert_eq!(rows.supertypes("a").unwrap().len(), 2);
        assert_eq!(rows.table("A"), None);
    }
}
