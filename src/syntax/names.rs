//! Namespaces, imports and what names mean under them.

use super::Lowering;
use super::tree::At;
use crate::hir::{ClassRef, FunctionName, ImportKind, NameRef, Symbol};

/// The keyword of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RelativeClass {
    SelfClass,
    Static,
    Parent,
}

/// `self`, `static` and `parent` in any case.
pub(super) fn relative_class(text: &str) -> Option<RelativeClass> {
    match text.len() {
        4 if text.eq_ignore_ascii_case("self") => Some(RelativeClass::SelfClass),
        6 if text.eq_ignore_ascii_case("static") => Some(RelativeClass::Static),
        6 if text.eq_ignore_ascii_case("parent") => Some(RelativeClass::Parent),
        _ => None,
    }
}

/// The rest of `namespace\name`.
fn strip_relative(text: &str) -> Option<&str> {
    let (head, rest) = text.split_at_checked(10)?;
    head.eq_ignore_ascii_case("namespace\\").then_some(rest)
}

fn is_magic_constant(text: &str) -> bool {
    const NAMES: [&str; 9] = [
        "__LINE__",
        "__FILE__",
        "__DIR__",
        "__FUNCTION__",
        "__CLASS__",
        "__TRAIT__",
        "__METHOD__",
        "__NAMESPACE__",
        "__PROPERTY__",
    ];
    text.starts_with("__") && NAMES.iter().any(|name| text.eq_ignore_ascii_case(name))
}

impl Lowering<'_> {
    fn import(&self, kind: ImportKind, alias: &str) -> Option<Symbol> {
        let same = |known: &str| {
            known.len() == alias.len()
                && if kind == ImportKind::Constant { known == alias } else { known.eq_ignore_ascii_case(alias) }
        };
        let imports = self.interface.imports.get(self.imports_from..).unwrap_or_default();
        imports.iter().rfind(|import| import.kind == kind && same(self.interner.get(import.alias))).map(|import| import.name)
    }

    fn joined(&mut self, parts: [&str; 2]) -> Symbol {
        let mut name = std::mem::take(&mut self.scratch.name);
        name.clear();
        name.push_str(parts[0]);
        name.push('\\');
        name.push_str(parts[1]);
        let symbol = self.interner.intern(&name);
        self.scratch.name = name;
        symbol
    }

    /// The fully qualified name of something that is declared here.
    pub(super) fn declared(&mut self, name: &str) -> Symbol {
        if self.namespace.is_empty() { self.interner.intern(name) } else { self.joined([self.namespace, name]) }
    }

    /// The name after an import's own name.
    fn under_import(&mut self, import: Symbol, rest: &str) -> Symbol {
        let mut name = std::mem::take(&mut self.scratch.name);
        name.clear();
        name.push_str(self.interner.get(import));
        name.push('\\');
        name.push_str(rest);
        let symbol = self.interner.intern(&name);
        self.scratch.name = name;
        symbol
    }

    /// A class name, fully qualified.
    pub(super) fn class_name(&mut self, text: &str) -> Symbol {
        if let Some(absolute) = text.strip_prefix('\\') {
            return self.interner.intern(absolute);
        }
        match text.split_once('\\') {
            None => match self.import(ImportKind::Class, text) {
                Some(name) => name,
                None => self.declared(text),
            },
            Some((first, rest)) => {
                if let Some(rest) = strip_relative(text) {
                    return self.declared(rest);
                }
                match self.import(ImportKind::Class, first) {
                    Some(import) => self.under_import(import, rest),
                    None => self.declared(text),
                }
            }
        }
    }

    /// A class name at a node.
    pub(super) fn name_ref(&mut self, at: At) -> NameRef {
        let name = self.class_name(self.text_of(at));
        NameRef { name, span: self.span(at) }
    }

    /// A class at a name or a keyword.
    pub(super) fn class_ref(&mut self, at: At) -> ClassRef {
        match relative_class(self.text_of(at)) {
            Some(RelativeClass::SelfClass) => ClassRef::SelfClass,
            Some(RelativeClass::Static) => ClassRef::StaticClass,
            Some(RelativeClass::Parent) => ClassRef::ParentClass,
            None => ClassRef::Named(self.name_ref(at)),
        }
    }

    /// A function or constant at a node.
    pub(super) fn function_name(&mut self, at: At, kind: ImportKind) -> FunctionName {
        let text = self.text_of(at);
        let span = self.span(at);
        if kind == ImportKind::Constant && is_magic_constant(text) {
            let name = self.interner.intern(&text.to_ascii_uppercase());
            return FunctionName { name, fallback: None, span };
        }
        if text.contains('\\') {
            // Qualified names of functions start with a namespace, and those are imported like classes.
            return FunctionName { name: self.class_name(text), fallback: None, span };
        }
        if let Some(name) = self.import(kind, text) {
            return FunctionName { name, fallback: None, span };
        }
        let global = self.interner.intern(text);
        if self.namespace.is_empty() {
            return FunctionName { name: global, fallback: None, span };
        }
        FunctionName { name: self.declared(text), fallback: Some(global), span }
    }
}
