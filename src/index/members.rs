//! Methods, properties and constants of a class, inherited ones included.

use super::keys::id;
use super::{BodyKey, ClassKey, Index, MethodRef};
use crate::hir::{Class, ClassConstant, ClassKind, FileHir, Method, Property, TraitAdaptation, TypeHint};

/// Traits may use each other in a cycle; PHP refuses that, the index must not hang.
const MAX_TRAIT_DEPTH: u32 = 16;

impl Index {
    /// A method by what [`Index::find_method`] gave.
    #[must_use]
    pub fn method(&self, method: MethodRef) -> &Method {
        &self.class(method.declaring).methods[method.index as usize]
    }

    /// The name of a method where it is declared; an alias of a trait's method has another one where it is used.
    #[must_use]
    pub fn method_name(&self, method: MethodRef) -> &str {
        self.hir(method.declaring.file).text(self.method(method).name)
    }

    /// The code of a method.
    #[must_use]
    pub fn method_body(&self, method: MethodRef) -> BodyKey {
        BodyKey::new(method.declaring.file, self.method(method).body)
    }

    /// A method that the class itself declares.
    #[must_use]
    pub fn own_method(&self, class: ClassKey, name: &str) -> Option<MethodRef> {
        let hir = self.hir(class.file);
        let index = self.class(class).methods.iter().position(|method| hir.text(method.name).eq_ignore_ascii_case(name))?;
        Some(MethodRef { declaring: class, index: id(index) })
    }

    /// The method that a call of `name` on an instance of the class runs: its own, else of its traits (with `insteadof`
    /// and `as`), else of its parents. Last, for calls on abstract types, the declaration of an interface.
    #[must_use]
    pub fn find_method(&self, class: ClassKey, name: &str) -> Option<MethodRef> {
        std::iter::once(class)
            .chain(self.parent_slice(class).iter().copied())
            .find_map(|class| self.method_here(class, name, 0))
            .or_else(|| self.interface_method(class, name))
    }

    /// The method that `parent::name()` runs in a method whose text stands in `class`.
    #[must_use]
    pub fn parent_method(&self, class: ClassKey, name: &str) -> Option<MethodRef> {
        self.parent_slice(class).iter().find_map(|&parent| self.method_here(parent, name, 0))
    }

    fn method_here(&self, class: ClassKey, name: &str, depth: u32) -> Option<MethodRef> {
        if let Some(method) = self.own_method(class, name) {
            return Some(method);
        }
        if self.class(class).trait_uses.is_empty() || depth > MAX_TRAIT_DEPTH {
            return None;
        }
        self.alias(class, name, depth).or_else(|| {
            self.used_traits(class)
                .into_iter()
                .filter(|&used| !self.is_excluded(class, used, name))
                .find_map(|used| self.method_here(used, name, depth + 1))
        })
    }

    /// The traits on disk that the text of the class names, in order.
    #[must_use]
    pub fn used_traits(&self, class: ClassKey) -> Vec<ClassKey> {
        let names = self.class(class).trait_uses.iter().flat_map(|uses| &uses.traits);
        names.filter_map(|name| self.resolve_class(self.hir(class.file).text(name.name))).collect()
    }

    fn adaptations(&self, class: ClassKey) -> impl Iterator<Item = &TraitAdaptation> {
        self.class(class).trait_uses.iter().flat_map(|uses| &uses.adaptations)
    }

    /// `T::method as name`
    fn alias(&self, class: ClassKey, name: &str, depth: u32) -> Option<MethodRef> {
        let hir = self.hir(class.file);
        self.adaptations(class).find_map(|adaptation| match adaptation {
            TraitAdaptation::Alias { of, method, alias: Some(alias), .. } if hir.text(*alias).eq_ignore_ascii_case(name) => {
                let method = hir.text(*method);
                match of {
                    Some(of) => self.method_here(self.resolve_class(hir.text(of.name))?, method, depth + 1),
                    None => self.used_traits(class).into_iter().find_map(|used| self.method_here(used, method, depth + 1)),
                }
            }
            _ => None,
        })
    }

    /// `A::name insteadof used`
    fn is_excluded(&self, class: ClassKey, used: ClassKey, name: &str) -> bool {
        let hir = self.hir(class.file);
        self.adaptations(class).any(|adaptation| match adaptation {
            TraitAdaptation::InsteadOf { method, instead_of, .. } => {
                hir.text(*method).eq_ignore_ascii_case(name)
                    && instead_of.iter().any(|loser| self.resolve_class(hir.text(loser.name)) == Some(used))
            }
            TraitAdaptation::Alias { .. } => false,
        })
    }

    fn interface_method(&self, class: ClassKey, name: &str) -> Option<MethodRef> {
        self.interfaces(class).into_iter().find_map(|interface| self.own_method(interface, name))
    }

    /// The interfaces on disk of a class and of its parents, and theirs; nearest first.
    #[must_use]
    pub fn interfaces(&self, class: ClassKey) -> Vec<ClassKey> {
        let mut found = Vec::new();
        let mut open: Vec<_> = std::iter::once(class).chain(self.parent_slice(class).iter().copied()).collect();
        let mut next = 0;
        while let Some(&current) = open.get(next) {
            next += 1;
            let hir = self.hir(current.file);
            for name in &self.class(current).interfaces {
                if let Some(interface) = self.resolve_class(hir.text(name.name))
                    && !found.contains(&interface)
                    && interface != class
                {
                    found.push(interface);
                    open.push(interface);
                }
            }
        }
        found
    }

    /// The classes in whose texts a property of the class may stand: itself with its traits, then each parent with its own.
    fn property_holders(&self, class: ClassKey) -> Vec<ClassKey> {
        let mut holders = Vec::new();
        for class in std::iter::once(class).chain(self.parent_slice(class).iter().copied()) {
            self.push_with_traits(class, &mut holders);
        }
        holders
    }

    fn push_with_traits(&self, class: ClassKey, holders: &mut Vec<ClassKey>) {
        if !holders.contains(&class) {
            holders.push(class);
            for used in self.used_traits(class) {
                self.push_with_traits(used, holders);
            }
        }
    }

    /// A property: the class's own, else of its traits, else of its parents.
    #[must_use]
    pub fn find_property(&self, class: ClassKey, name: &str) -> Option<(ClassKey, &Property)> {
        self.find_in(class, &|hir, class| class.properties.iter().find(|property| hir.text(property.name) == name))
    }

    /// A constant of the class, of its traits, parents or interfaces. Cases of an enum are none.
    #[must_use]
    pub fn find_constant<'i>(&'i self, class: ClassKey, name: &str) -> Option<(ClassKey, &'i ClassConstant)> {
        let own = |hir: &FileHir, class: &'i Class| class.constants.iter().find(|constant| hir.text(constant.name) == name);
        self.find_in(class, &own).or_else(|| {
            let holder = |interface: ClassKey| own(self.hir(interface.file), self.class(interface)).map(|found| (interface, found));
            self.interfaces(class).into_iter().find_map(holder)
        })
    }

    /// The type of an `@property` of the class, of its traits or parents.
    #[must_use]
    pub fn doc_property(&self, class: ClassKey, name: &str) -> Option<(ClassKey, &TypeHint)> {
        self.property_holders(class).into_iter().find_map(|holder| {
            let hir = self.hir(holder.file);
            let found = self.class(holder).doc_properties.iter().find(|property| hir.text(property.name) == name)?;
            Some((holder, &found.doc_type))
        })
    }

    fn find_in<'i, T>(
        &'i self,
        class: ClassKey,
        find: &dyn Fn(&'i FileHir, &'i Class) -> Option<&'i T>,
    ) -> Option<(ClassKey, &'i T)> {
        self.property_holders(class)
            .into_iter()
            .find_map(|holder| find(self.hir(holder.file), self.class(holder)).map(|found| (holder, found)))
    }

    /// The names of all methods that an instance of the class has, each once, as declared, nearest first. Methods that only
    /// an `as` names are among them under their alias.
    #[must_use]
    pub fn method_names(&self, class: ClassKey) -> Vec<&str> {
        let mut seen = std::collections::BTreeSet::new();
        let mut names = Vec::new();
        for holder in self.property_holders(class) {
            let hir = self.hir(holder.file);
            let own = self.class(holder).methods.iter().map(|method| method.name);
            let aliases = self.adaptations(holder).filter_map(|adaptation| match adaptation {
                TraitAdaptation::Alias { alias, .. } => *alias,
                TraitAdaptation::InsteadOf { .. } => None,
            });
            for name in own.chain(aliases).map(|name| hir.text(name)) {
                if seen.insert(name.to_ascii_lowercase()) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// True for a trait.
    #[must_use]
    pub fn is_trait(&self, class: ClassKey) -> bool {
        self.class(class).kind == ClassKind::Trait
    }
}
