//! Declarations by name. PHP's class and function names do not depend on the case of ASCII letters.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::keys::id;
use super::{ClassKey, FunctionKey};
use crate::finding::FileId;
use crate::hir::{ClassId, FileHir};
use crate::specs::folded;

/// A class name that several declarations have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateClass {
    /// The name, as the first declaration writes it.
    pub name: String,
    /// The declarations in order of files; the first one counts.
    pub declared: Vec<ClassKey>,
}

/// The part of a class name behind its last backslash.
///
/// `laravel/framework:src/Illuminate/Support/helpers.php (class_basename)`
#[must_use]
pub fn class_basename(name: &str) -> &str {
    name.rsplit('\\').next().unwrap_or(name)
}

/// Classes and functions by folded name.
#[derive(Debug, Default)]
pub(super) struct Names {
    classes: FxHashMap<Box<str>, ClassKey>,
    functions: FxHashMap<Box<str>, FunctionKey>,
    duplicates: Vec<DuplicateClass>,
}

impl Names {
    pub(super) fn build(hirs: &[FileHir]) -> Self {
        let mut names = Self::default();
        let mut again: BTreeMap<String, Vec<ClassKey>> = BTreeMap::new();
        for (file, hir) in (0..).map(FileId).zip(hirs) {
            for (index, class) in hir.interface.classes.iter().enumerate() {
                let Some(name) = class.name else { continue };
                let key = ClassKey::new(file, ClassId(id(index)));
                let folded = folded(hir.text(name)).into_owned();
                match names.classes.entry(folded.as_str().into()) {
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(key);
                    }
                    std::collections::hash_map::Entry::Occupied(first) => {
                        again.entry(folded).or_insert_with(|| vec![*first.get()]).push(key);
                    }
                }
            }
            for (index, function) in hir.interface.functions.iter().enumerate() {
                let name = folded(hir.text(function.name)).into_owned().into_boxed_str();
                names.functions.entry(name).or_insert(FunctionKey { file, index: id(index) });
            }
        }
        names.duplicates = again.into_values().map(|declared| duplicate(hirs, declared)).collect();
        names
    }

    pub(super) fn class(&self, name: &str) -> Option<ClassKey> {
        self.classes.get(&*folded(name)).copied()
    }

    pub(super) fn function(&self, name: &str) -> Option<FunctionKey> {
        self.functions.get(&*folded(name)).copied()
    }

    pub(super) fn duplicates(&self) -> &[DuplicateClass] {
        &self.duplicates
    }
}

fn duplicate(hirs: &[FileHir], declared: Vec<ClassKey>) -> DuplicateClass {
    let name = declared.first().and_then(|key| {
        let hir = &hirs[key.file.0 as usize];
        hir.class(key.class).name.map(|name| hir.text(name).to_owned())
    });
    DuplicateClass { name: name.unwrap_or_default(), declared }
}
