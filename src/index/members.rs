//! Methods, properties and constants of a class, inherited ones included.

use super::keys::id;
use super::{BodyKey, ClassKey, Index, MethodRef};
use crate::hir::{Class, ClassConstant, ClassKind, FileHir, Method, Property, TypeHint};

/// Traits nested deeper are not followed.
const MAX_DEPTH: u32 = 128;

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
        self.methods
            .find(class, name)
            .or_else(|| self.parent_method(class, name))
            .or_else(|| self.interfaces(class).into_iter().find_map(|interface| self.own_method(interface, name)))
    }

    /// The method that `parent::name()` runs in a method of the class.
    #[must_use]
    pub fn parent_method(&self, class: ClassKey, name: &str) -> Option<MethodRef> {
        self.parent_slice(class).iter().find_map(|&parent| self.methods.find(parent, name))
    }

    /// All methods that an instance of the class has, with the names under which they are called, nearest class first.
    #[must_use]
    pub fn all_methods(&self, class: ClassKey) -> Vec<(&str, MethodRef)> {
        let line = std::iter::once(class).chain(self.parent_slice(class).iter().copied());
        self.methods.of_line(&self.hirs, line)
    }

    /// The traits on disk that the text of the class names, in order.
    #[must_use]
    pub fn used_traits(&self, class: ClassKey) -> Vec<ClassKey> {
        let names = self.class(class).trait_uses.iter().flat_map(|uses| &uses.traits);
        names.filter_map(|name| self.resolve_class(self.hir(class.file).text(name.name))).collect()
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
            self.push_with_traits(class, &mut holders, 0);
        }
        holders
    }

    fn push_with_traits(&self, class: ClassKey, holders: &mut Vec<ClassKey>, depth: u32) {
        if depth <= MAX_DEPTH && !holders.contains(&class) {
            holders.push(class);
            for used in self.used_traits(class) {
                self.push_with_traits(used, holders, depth + 1);
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
            let holder =
                |interface: ClassKey| own(self.hir(interface.file), self.class(interface)).map(|found| (interface, found));
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

    /// True for a trait.
    #[must_use]
    pub fn is_trait(&self, class: ClassKey) -> bool {
        self.class(class).kind == ClassKind::Trait
    }
}
