//! The methods that each class brings itself: its own and those of its traits, with `insteadof` and `as` applied.

use rustc_hash::FxHashMap;

use super::hierarchy::all_classes;
use super::keys::id;
use super::names::Names;
use super::{ClassKey, MethodRef};
use crate::finding::FileId;
use crate::hir::{FileHir, Symbol, TraitAdaptation};

/// Traits nested deeper are not followed.
const MAX_DEPTH: u32 = 128;

/// A method under the name by which it is called.
#[derive(Clone, Copy, Debug)]
pub(super) struct NamedMethod {
    /// The lower-cased name, as a number.
    id: u32,
    /// The file that writes the name.
    file: FileId,
    /// The name as written.
    name: Symbol,
    /// The method.
    pub(super) method: MethodRef,
}

/// The methods of all classes.
#[derive(Debug, Default)]
pub(super) struct MethodTables {
    ids: FxHashMap<Box<str>, u32>,
    /// Position of a file's first class in `tables`.
    offsets: Vec<usize>,
    /// By class, sorted by name.
    tables: Vec<Box<[NamedMethod]>>,
}

impl MethodTables {
    pub(super) fn build(hirs: &[FileHir], names: &Names) -> Self {
        let mut offsets = Vec::with_capacity(hirs.len());
        let mut count = 0;
        for hir in hirs {
            offsets.push(count);
            count += hir.interface.classes.len();
        }
        let mut builder = Builder { hirs, names, ids: FxHashMap::default(), offsets, tables: vec![State::Open; count] };
        for class in all_classes(hirs) {
            builder.table(class, 0);
        }
        let tables = builder.tables.into_iter().map(|state| if let State::Done(table) = state { table } else { Box::default() });
        Self { ids: builder.ids, offsets: builder.offsets, tables: tables.collect() }
    }

    /// The method of that name that the class brings itself.
    pub(super) fn find(&self, class: ClassKey, name: &str) -> Option<MethodRef> {
        let table = self.table(class);
        let id = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.ids.get(name.to_ascii_lowercase().as_str())
        } else {
            self.ids.get(name)
        };
        let at = table.binary_search_by_key(id?, |entry| entry.id).ok()?;
        Some(table[at].method)
    }

    fn table(&self, class: ClassKey) -> &[NamedMethod] {
        &self.tables[self.offsets[class.file.0 as usize] + class.class.0 as usize]
    }

    /// The methods of a line of classes, the first one first, each name once, with the names as written.
    pub(super) fn of_line<'h>(&self, hirs: &'h [FileHir], line: impl Iterator<Item = ClassKey>) -> Vec<(&'h str, MethodRef)> {
        let mut seen = std::collections::BTreeSet::new();
        let entries = line.flat_map(|class| self.table(class)).filter(|entry| seen.insert(entry.id));
        entries.map(|entry| (hirs[entry.file.0 as usize].text(entry.name), entry.method)).collect()
    }
}

#[derive(Clone)]
enum State {
    Open,
    /// A trait that uses itself through others; PHP refuses that.
    Busy,
    Done(Box<[NamedMethod]>),
}

struct Builder<'h> {
    hirs: &'h [FileHir],
    names: &'h Names,
    ids: FxHashMap<Box<str>, u32>,
    offsets: Vec<usize>,
    tables: Vec<State>,
}

impl<'h> Builder<'h> {
    fn table(&mut self, class: ClassKey, depth: u32) -> Box<[NamedMethod]> {
        let slot = self.offsets[class.file.0 as usize] + class.class.0 as usize;
        match &self.tables[slot] {
            State::Done(table) => return table.clone(),
            State::Busy => return Box::default(),
            State::Open if depth > MAX_DEPTH => return Box::default(),
            State::Open => {}
        }
        self.tables[slot] = State::Busy;
        let hir: &'h FileHir = &self.hirs[class.file.0 as usize];
        let item = hir.class(class.class);
        let mut methods = Vec::with_capacity(item.methods.len());
        for (index, method) in item.methods.iter().enumerate() {
            let method_ref = MethodRef { declaring: class, index: id(index) };
            methods.push(self.named(class.file, method.name, method_ref));
        }
        if !item.trait_uses.is_empty() {
            self.traits(class, &mut methods, depth);
        }
        // Sorting is stable: of the same name the first one stays, the class's own before an alias before a trait's.
        methods.sort_by_key(|entry| entry.id);
        methods.dedup_by_key(|entry| entry.id);
        let table = methods.into_boxed_slice();
        self.tables[slot] = State::Done(table.clone());
        table
    }

    fn named(&mut self, file: FileId, name: Symbol, method: MethodRef) -> NamedMethod {
        let lower = self.hirs[file.0 as usize].text(name).to_ascii_lowercase().into_boxed_str();
        let next = id(self.ids.len());
        NamedMethod { id: *self.ids.entry(lower).or_insert(next), file, name, method }
    }

    fn traits(&mut self, class: ClassKey, methods: &mut Vec<NamedMethod>, depth: u32) {
        let hir: &'h FileHir = &self.hirs[class.file.0 as usize];
        let clauses = &hir.class(class.class).trait_uses;
        let names = clauses.iter().flat_map(|uses| &uses.traits).filter_map(|name| self.names.class(hir.text(name.name)));
        let used: Vec<_> = names.collect::<Vec<_>>().into_iter().map(|used| (used, self.table(used, depth + 1))).collect();
        let find = |used: &[NamedMethod], id: u32| used.iter().find(|entry| entry.id == id).map(|entry| entry.method);
        let mut excluded = Vec::new();
        for adaptation in clauses.iter().flat_map(|uses| &uses.adaptations) {
            match adaptation {
                TraitAdaptation::Alias { of, method, alias: Some(alias), .. } => {
                    let id = self.id_of(hir.text(*method));
                    let of = of.map(|of| self.names.class(hir.text(of.name)));
                    let mut sources = used.iter().filter(|(used, _)| of.is_none_or(|of| of == Some(*used)));
                    let found = id.and_then(|id| sources.find_map(|(_, table)| find(table, id)));
                    if let Some(found) = found {
                        methods.push(self.named(class.file, *alias, found));
                    }
                }
                TraitAdaptation::Alias { .. } => {}
                TraitAdaptation::InsteadOf { method, instead_of, .. } => {
                    let losers = instead_of.iter().filter_map(|loser| self.names.class(hir.text(loser.name)));
                    excluded.extend(losers.map(|loser| (loser, self.id_of(hir.text(*method)))));
                }
            }
        }
        for (used, table) in &used {
            methods.extend(table.iter().filter(|entry| !excluded.contains(&(*used, Some(entry.id)))));
        }
    }

    fn id_of(&self, name: &str) -> Option<u32> {
        self.ids.get(name.to_ascii_lowercase().as_str()).copied()
    }
}
