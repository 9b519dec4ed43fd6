//! What each class is: parents, interfaces, traits, and who stands below it.

use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

use super::external::Externals;
use super::names::Names;
use super::{ClassKey, Index};
use crate::finding::FileId;
use crate::hir::{Class, ClassId, ClassKind, FileHir, Symbol};
use crate::specs::{Folded, folded};

/// Longer lines of parents, and traits nested deeper, are cut off.
const MAX_PARENTS: usize = 128;
/// Supertypes of one class.
const MAX_SUPERTYPES: usize = 2_048;

/// Folded type names as numbers.
#[derive(Debug, Default)]
struct TypeIds {
    ids: FxHashMap<Box<str>, u32>,
}

impl TypeIds {
    fn intern(&mut self, folded: &str) -> u32 {
        if let Some(&id) = self.ids.get(folded) {
            return id;
        }
        let id = super::keys::id(self.ids.len());
        self.ids.insert(folded.into(), id);
        id
    }
}

/// What one class is.
#[derive(Debug, Default)]
struct Lineage {
    /// Parent classes on disk, nearest first.
    parents: Vec<ClassKey>,
    /// The first ancestor class that is not on disk, by the file that names it.
    external: Option<(FileId, Symbol)>,
    /// Traits on disk, recursively, in PHP's order.
    traits: Vec<ClassKey>,
    /// Everything that the class is, itself included; sorted.
    supertypes: Box<[u32]>,
    /// Every trait that the class uses; sorted.
    trait_names: Box<[u32]>,
}

/// The lineages of all classes.
#[derive(Debug, Default)]
pub(super) struct Hierarchy {
    /// Position of a file's first class in the vectors.
    offsets: Vec<usize>,
    lineages: Vec<Lineage>,
    descendants: Vec<Vec<ClassKey>>,
    ids: TypeIds,
}

impl Hierarchy {
    pub(super) fn build(hirs: &[FileHir], names: &Names) -> Self {
        let mut builder = Builder { hirs, names, ids: TypeIds::default() };
        let keys = all_classes(hirs);
        let mut offsets = Vec::with_capacity(hirs.len());
        let mut next = 0;
        for hir in hirs {
            offsets.push(next);
            next += hir.interface.classes.len();
        }
        let mut hierarchy = Self { offsets, ..Self::default() };
        hierarchy.descendants.resize_with(next, Vec::new);
        for &key in &keys {
            let lineage = builder.lineage(key, &mut |ancestor| {
                let slot = hierarchy.offsets[ancestor.file.0 as usize] + ancestor.class.0 as usize;
                hierarchy.descendants[slot].push(key);
            });
            hierarchy.lineages.push(lineage);
        }
        hierarchy.ids = builder.ids;
        hierarchy
    }

    fn slot(&self, key: ClassKey) -> usize {
        self.offsets[key.file.0 as usize] + key.class.0 as usize
    }

    fn lineage(&self, key: ClassKey) -> &Lineage {
        &self.lineages[self.slot(key)]
    }
}

/// Every class of every file, in order.
pub(super) fn all_classes(hirs: &[FileHir]) -> Vec<ClassKey> {
    (0..)
        .map(FileId)
        .zip(hirs)
        .flat_map(|(file, hir)| {
            (0..super::keys::id(hir.interface.classes.len())).map(move |class| ClassKey::new(file, ClassId(class)))
        })
        .collect()
}

struct Builder<'h> {
    hirs: &'h [FileHir],
    names: &'h Names,
    ids: TypeIds,
}

impl<'h> Builder<'h> {
    fn class(&self, key: ClassKey) -> (&'h FileHir, &'h Class) {
        let hir = &self.hirs[key.file.0 as usize];
        (hir, hir.class(key.class))
    }

    fn resolve(&self, file: FileId, name: Symbol) -> Option<ClassKey> {
        self.names.class(self.hirs[file.0 as usize].text(name))
    }

    fn lineage(&mut self, key: ClassKey, ancestor: &mut impl FnMut(ClassKey)) -> Lineage {
        let (parents, external) = self.parents(key);
        let (traits, trait_names) = self.traits(key, &parents);
        let supertypes = self.supertypes(key, ancestor);
        for &used in &traits {
            ancestor(used);
        }
        Lineage { parents, external, traits, supertypes, trait_names }
    }

    fn parents(&self, key: ClassKey) -> (Vec<ClassKey>, Option<(FileId, Symbol)>) {
        let mut parents = Vec::new();
        let mut current = key;
        loop {
            let (_, class) = self.class(current);
            let Some(parent) = class.parent.filter(|_| is_class(class.kind)) else { return (parents, None) };
            let Some(next) = self.resolve(current.file, parent.name) else {
                return (parents, Some((current.file, parent.name)));
            };
            if next == key || parents.len() >= MAX_PARENTS || parents.contains(&next) {
                return (parents, None);
            }
            parents.push(next);
            current = next;
        }
    }

    /// The traits of a class and of its parents, the farthest parent's first, each with those that it uses itself.
    ///
    /// `laravel/framework:src/Illuminate/Support/helpers.php (class_uses_recursive, trait_uses_recursive)`
    fn traits(&mut self, key: ClassKey, parents: &[ClassKey]) -> (Vec<ClassKey>, Box<[u32]>) {
        let mut on_disk = Vec::new();
        let mut names = BTreeSet::new();
        for &class in parents.iter().rev().chain([&key]) {
            self.traits_of(class, &mut on_disk, &mut names, 0);
        }
        let external = parents.last().copied().unwrap_or(key);
        let (hir, class) = self.class(external);
        if let Some(parent) = class.parent
            && let Some(traits) = Externals::known().traits(&folded(hir.text(parent.name)))
        {
            names.extend(traits.iter().map(|name| self.ids.intern(name)));
        }
        on_disk.retain(|&used| used != key);
        (on_disk, names.into_iter().collect())
    }

    fn traits_of(&mut self, class: ClassKey, on_disk: &mut Vec<ClassKey>, names: &mut BTreeSet<u32>, depth: usize) {
        if depth > MAX_PARENTS {
            return;
        }
        let (hir, class_item) = self.class(class);
        let used: Vec<_> = class_item.trait_uses.iter().flat_map(|uses| &uses.traits).map(|used| hir.text(used.name)).collect();
        let mut nested = Vec::new();
        for name in used {
            let name = folded(name);
            names.insert(self.ids.intern(&name));
            if let Some(key) = self.names.class(&name) {
                if !on_disk.contains(&key) {
                    on_disk.push(key);
                    nested.push(key);
                }
            } else if let Some(traits) = Externals::known().traits(&name) {
                names.extend(traits.iter().map(|name| self.ids.intern(name)));
            }
        }
        for key in nested {
            self.traits_of(key, on_disk, names, depth + 1);
        }
    }

    /// Parents and interfaces of all kinds, and on through the known classes that are not on disk.
    fn supertypes(&mut self, key: ClassKey, ancestor: &mut impl FnMut(ClassKey)) -> Box<[u32]> {
        let mut seen = BTreeSet::from([key]);
        let mut types = BTreeSet::new();
        let mut open = vec![key];
        while let Some(current) = open.pop() {
            let (hir, class) = self.class(current);
            if let Some(name) = class.name {
                types.insert(self.ids.intern(&folded(hir.text(name))));
            }
            if class.kind == ClassKind::Enum {
                self.external("UnitEnum", &mut types);
                if class.cases.iter().any(|case| case.value.is_some()) {
                    self.external("BackedEnum", &mut types);
                }
            }
            for name in class.parent.iter().chain(&class.interfaces) {
                let name = hir.text(name.name);
                match self.names.class(name) {
                    Some(parent) if seen.len() < MAX_SUPERTYPES && seen.insert(parent) => {
                        ancestor(parent);
                        open.push(parent);
                    }
                    Some(_) => {}
                    None => self.external(name, &mut types),
                }
            }
        }
        types.into_iter().collect()
    }

    fn external(&mut self, name: &str, types: &mut BTreeSet<u32>) {
        let name = folded(name);
        types.insert(self.ids.intern(&name));
        if let Some(supertypes) = Externals::known().supertypes(&name) {
            types.extend(supertypes.iter().map(|name| self.ids.intern(name)));
        }
    }
}

/// True for what can be extended as a class: `class` and `new class`.
pub(super) fn is_class(kind: ClassKind) -> bool {
    matches!(kind, ClassKind::Class | ClassKind::Anonymous)
}

/// A class given by name, on disk or not.
pub struct NamedType<'i> {
    index: &'i Index,
    name: Folded,
    class: Option<ClassKey>,
    /// What a class that is not on disk is.
    external: Option<&'static BTreeSet<String>>,
}

impl NamedType<'_> {
    /// Its name in lower case, without a leading backslash.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.name
    }

    /// True for the class of that name itself.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.strip_prefix('\\').unwrap_or(name))
    }

    /// [`Index::is_a`]. A name is itself even where nothing is known of it.
    #[must_use]
    pub fn is_a(&self, of: &str) -> bool {
        if self.is_named(of) {
            return true;
        }
        match self.class {
            Some(class) => self.index.is_a(class, of),
            None => self.external.is_some_and(|types| types.contains(&*folded(of))),
        }
    }
}

impl Index {
    /// The parent classes on disk, nearest first. Ends at the first one that is not on disk, or before a cycle.
    #[must_use]
    pub fn parents(&self, class: ClassKey) -> Vec<ClassKey> {
        self.parent_slice(class).to_vec()
    }

    /// [`Index::parents`] without a copy.
    #[must_use]
    pub fn parent_slice(&self, class: ClassKey) -> &[ClassKey] {
        &self.hierarchy.lineage(class).parents
    }

    /// The direct parent, where it is on disk.
    #[must_use]
    pub fn parent(&self, class: ClassKey) -> Option<ClassKey> {
        self.parent_slice(class).first().copied()
    }

    /// The first ancestor class that is not on disk.
    #[must_use]
    pub fn external_parent(&self, class: ClassKey) -> Option<&str> {
        self.hierarchy.lineage(class).external.map(|(file, name)| self.hir(file).text(name))
    }

    /// True where the class is `name` or has it among its parents and interfaces, through the known classes that
    /// are not on disk as well.
    #[must_use]
    pub fn is_a(&self, class: ClassKey, name: &str) -> bool {
        let id = self.hierarchy.ids.ids.get(&*folded(name));
        id.is_some_and(|id| self.hierarchy.lineage(class).supertypes.binary_search(id).is_ok())
    }

    /// [`Index::is_a`] for a class given by name, on disk or not. A name is itself even where nothing is known of it.
    #[must_use]
    pub fn name_is_a(&self, name: &str, of: &str) -> bool {
        self.type_named(name).is_a(of)
    }

    /// The type of a name, to be asked several times what it is.
    #[must_use]
    pub fn type_named(&self, name: &str) -> NamedType<'_> {
        let name = folded(name);
        let class = self.resolve_class(&name);
        let external = if class.is_none() { Externals::known().supertypes(&name) } else { None };
        NamedType { index: self, name, class, external }
    }

    /// True where the class, one of its parents or one of its traits uses the trait, on disk or not.
    ///
    /// `laravel/framework:src/Illuminate/Support/helpers.php (class_uses_recursive)`
    #[must_use]
    pub fn uses_trait(&self, class: ClassKey, name: &str) -> bool {
        let id = self.hierarchy.ids.ids.get(&*folded(name));
        id.is_some_and(|id| self.hierarchy.lineage(class).trait_names.binary_search(id).is_ok())
    }

    /// The traits on disk that the class uses, itself, through its parents and through traits, in PHP's order:
    /// those of the farthest parent first.
    #[must_use]
    pub fn traits(&self, class: ClassKey) -> Vec<ClassKey> {
        self.trait_slice(class).to_vec()
    }

    /// [`Index::traits`] without a copy.
    #[must_use]
    pub fn trait_slice(&self, class: ClassKey) -> &[ClassKey] {
        &self.hierarchy.lineage(class).traits
    }

    /// All subclasses, implementers and users of a class, interface or trait, through any number of steps; sorted.
    #[must_use]
    pub fn descendants(&self, class: ClassKey) -> &[ClassKey] {
        &self.hierarchy.descendants[self.hierarchy.slot(class)]
    }

    /// The concrete classes that are a `name`, on disk or not; sorted.
    #[must_use]
    pub fn implementers_of(&self, name: &str) -> Vec<ClassKey> {
        self.classes().filter(|&class| self.is_concrete(class) && self.is_a(class, name)).collect()
    }

    /// True for a class that can be instantiated.
    #[must_use]
    pub fn is_concrete(&self, class: ClassKey) -> bool {
        let class = self.class(class);
        is_class(class.kind) && !class.is_abstract
    }
}
