//! From declared types and doc types to the types that calls are resolved with.

use std::sync::Arc;

use super::types::{Type, Types};
use crate::hir::{BuiltinType, FileHir, TypeHint};
use crate::index::{ClassKey, Index, NamedType};

/// The framework's classes whose objects have a type of their own here.
mod framework {
    pub(super) const ELOQUENT_BUILDER: &str = "Illuminate\\Database\\Eloquent\\Builder";
    pub(super) const RELATION: &str = "Illuminate\\Database\\Eloquent\\Relations\\Relation";
    pub(super) const BASE_BUILDER: &str = "Illuminate\\Database\\Query\\Builder";
    pub(super) const COLLECTIONS: [&str; 4] = [
        "Illuminate\\Support\\Enumerable",
        "Illuminate\\Support\\Collection",
        "Illuminate\\Contracts\\Pagination\\Paginator",
        "Illuminate\\Pagination\\AbstractPaginator",
    ];
}

/// Whether a class is one of the framework's builders, and which.
pub(crate) fn builder_type(index: &Index, class: &str) -> Option<Type> {
    builder_of(&index.type_named(class))
}

/// [`builder_type`] of a class that was looked up.
pub(crate) fn builder_of(named: &NamedType<'_>) -> Option<Type> {
    if named.is_a(framework::ELOQUENT_BUILDER) || named.is_a(framework::RELATION) {
        return Some(Type::Query(None));
    }
    let is_base = named.is_a(framework::BASE_BUILDER)
        || named.is_named("Illuminate\\Contracts\\Database\\Query\\Builder")
        || named.is_named("Illuminate\\Contracts\\Database\\Eloquent\\Builder");
    is_base.then(|| if named.folded().contains("eloquent") { Type::Query(None) } else { Type::TableQuery })
}

/// True for the framework's builders and relations, and for classes that extend them.
#[must_use]
pub fn is_builder(index: &Index, class: &str) -> bool {
    builder_type(index, class).is_some()
}

/// True for the framework's collections and paginators.
pub(crate) fn is_collection(index: &Index, class: &str) -> bool {
    is_collection_of(&index.type_named(class))
}

/// [`is_collection`] of a class that was looked up.
pub(crate) fn is_collection_of(named: &NamedType<'_>) -> bool {
    framework::COLLECTIONS.iter().any(|collection| named.is_a(collection))
}

/// Reads type hints of one file in the context of a class.
pub(crate) struct HintReader<'p> {
    /// The project.
    pub(crate) index: &'p Index,
    /// The file that the hint is written in.
    pub(crate) hir: &'p FileHir,
    /// The class around it.
    pub(crate) class: Option<ClassKey>,
}

impl HintReader<'_> {
    /// The types that a declared hint and a doc type together allow: the doc type refines the hint.
    pub(crate) fn read_both(&self, hint: Option<&TypeHint>, doc: Option<&TypeHint>) -> Types {
        let declared = hint.map_or_else(Types::unknown, |hint| self.read(hint));
        let documented = doc.map_or_else(Types::unknown, |hint| self.read(hint));
        if documented.is_unknown() || is_precise(&declared) { declared } else { documented }
    }

    /// The types of one hint.
    pub(crate) fn read(&self, hint: &TypeHint) -> Types {
        match hint {
            TypeHint::Builtin(builtin) => Self::builtin(*builtin),
            TypeHint::Named(name) => self.named(self.hir.text(*name), &[]),
            TypeHint::SelfClass | TypeHint::StaticClass => {
                self.class.map_or_else(Types::unknown, |class| Types::instance(self.index.class_name(class)))
            }
            TypeHint::ParentClass => self
                .class
                .and_then(|class| self.index.class(class).parent)
                .map_or_else(Types::unknown, |parent| Types::instance(self.hir.text(parent.name))),
            TypeHint::Union(parts) => {
                let mut types = Types::none();
                parts.iter().for_each(|part| types.join(&self.read(part)));
                collapse_builders(types)
            }
            TypeHint::Intersection(parts) => {
                let mut types = Types::none();
                parts.iter().map(|part| self.read(part)).filter(|part| !part.is_unknown()).for_each(|part| types.join(&part));
                if types.is_unknown() { Types::unknown() } else { types }
            }
            TypeHint::Generic(base, arguments) => match &**base {
                TypeHint::Named(name) => self.named(self.hir.text(*name), arguments),
                other => self.read(other),
            },
            TypeHint::ArrayOf(element) => self.read(element).many(),
            TypeHint::ClassString(class) => self.read(class).classes().map(|class| Type::ClassName(Arc::clone(class))).collect(),
            TypeHint::Unknown => Types::unknown(),
        }
    }

    fn builtin(builtin: BuiltinType) -> Types {
        match builtin {
            BuiltinType::Int
            | BuiltinType::Float
            | BuiltinType::String
            | BuiltinType::Bool
            | BuiltinType::False
            | BuiltinType::True => Types::one(Type::Scalar),
            BuiltinType::Null | BuiltinType::Void => Types::one(Type::Null),
            BuiltinType::Array | BuiltinType::Iterable => Types::one(Type::Array),
            BuiltinType::Callable | BuiltinType::Object | BuiltinType::Mixed => Types::unknown(),
            BuiltinType::Never => Types::none(),
        }
    }

    fn named(&self, class: &str, arguments: &[TypeHint]) -> Types {
        if let Some(builder) = builder_type(self.index, class) {
            let model = arguments.first().map(|argument| self.read(argument));
            let model = model.as_ref().and_then(|types| types.classes().next().cloned());
            return Types::one(match (builder, model) {
                (Type::Query(None), Some(model)) => Type::Query(Some(model)),
                (builder, _) => builder,
            });
        }
        if is_collection(self.index, class) {
            let Some(element) = arguments.last() else { return Types::one(Type::Array) };
            return self.read(element).many();
        }
        if class.eq_ignore_ascii_case("Closure") {
            return Types::one(Type::Closure);
        }
        Types::instance(class)
    }
}

/// `Builder|Relation` of unknown model beside `Builder<Customer>` says nothing more.
fn collapse_builders(types: Types) -> Types {
    let has_model = types.iter().any(|one| matches!(one, Type::Query(Some(_))));
    if !has_model {
        return types;
    }
    let is_open = types.is_open();
    let mut kept: Types = types.iter().filter(|one| **one != Type::Query(None)).cloned().collect();
    if is_open {
        kept.join(&Types::unknown());
    }
    kept
}

fn is_precise(types: &Types) -> bool {
    let vague = |one: &Type| matches!(one, Type::Array | Type::Query(None) | Type::Null);
    !types.is_open() && types.iter().any(|one| !vague(one))
}
