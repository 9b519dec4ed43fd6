//! Methods of classes, rows, builders and collections.

use std::sync::Arc;

use super::calls::has_query;
use super::expressions::is_vague;
use super::{Call, FileResolver};
use crate::flow::hints::{HintReader, builder_of, is_collection_of};
use crate::flow::types::{Type, Types};
use crate::hir::{Argument, BodyId, ClassKind};
use crate::index::{BodyKey, ClassKey, MethodRef, RelationKind};
use crate::specs::{CollectionMethod, EntryKind, QueryMethodKind, Returns, RowMethod};

impl FileResolver<'_> {
    /// A method of a class: code of the project, a forward to a model's builder, or a framework symbol.
    pub(super) fn member_call(
        &self,
        id: BodyId,
        class: &Arc<str>,
        name: &str,
        arguments: &[Argument],
        is_static: bool,
        call: &mut Call,
    ) -> Types {
        let Some(key) = self.index.resolve_class(class) else {
            return self.external_call(id, class, name, arguments, call);
        };
        if let Some(method) = self.index.find_method(key, name) {
            return self.project_call(key, class, method, call);
        }
        if self.index.is_model(key) {
            return self.model_call(class, name, is_static, call);
        }
        let implementations = self.implementations(key, name);
        if !implementations.is_empty() {
            let mut types = Types::none();
            for method in implementations {
                call.targets.push(self.index.method_body(method));
                types.join(&self.returned_by_method(method, class));
            }
            return types;
        }
        if self.stands_for_models(key) {
            return self.model_call(class, name, is_static, call);
        }
        match self.index.external_parent(key) {
            Some(parent) => {
                let parent: Arc<str> = parent.into();
                self.external_call(id, &parent, name, arguments, call)
            }
            None => {
                call.symbol = Some(format!("{class}::{name}").into());
                Types::unknown()
            }
        }
    }

    pub(super) fn project_call(&self, key: ClassKey, class: &Arc<str>, method: MethodRef, call: &mut Call) -> Types {
        let declared = self.index.method(method);
        let mut types = self.returned_by_method(method, class);
        if declared.is_abstract {
            for implementation in self.implementations(key, self.index.hir(method.declaring.file).text(declared.name)) {
                call.targets.push(self.index.method_body(implementation));
                let returned = self.returned_by_method(implementation, class);
                if is_vague(&types) {
                    types = returned;
                } else if returned.class_names().next().is_some() {
                    // `abstract function modelClass(): string`: each implementation names a class of its own.
                    types.join(&returned);
                }
            }
        } else {
            call.targets.push(self.index.method_body(method));
        }
        let name = self.index.hir(method.declaring.file).text(declared.name);
        if let Some(relation) = self.index.model(key).and_then(|model| model.relations.get(name)) {
            call.relation = Some(name.into());
            return Types::one(Type::Query(relation.related.as_deref().map(Arc::from)));
        }
        types
    }

    /// A trait of models: `static::query()` is a query of the model that uses it.
    fn stands_for_models(&self, key: ClassKey) -> bool {
        let is_trait = self.index.class(key).kind == ClassKind::Trait;
        is_trait && self.index.descendants(key).iter().any(|class| self.index.is_model(*class))
    }

    /// Methods of that name in the classes below an interface or abstract class.
    pub(super) fn implementations(&self, key: ClassKey, name: &str) -> Vec<MethodRef> {
        let below = self.index.descendants(key).iter();
        let mut methods: Vec<MethodRef> = below
            .filter_map(|class| self.index.find_method(*class, name))
            .filter(|method| !self.index.method(*method).is_abstract)
            .collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    pub(super) fn external_call(
        &self,
        id: BodyId,
        class: &Arc<str>,
        name: &str,
        arguments: &[Argument],
        call: &mut Call,
    ) -> Types {
        let symbol: Arc<str> = format!("{class}::{name}").into();
        let types = self.symbol_type(id, &symbol, arguments);
        let opens_table = self.specs.entry(&symbol).is_some_and(|(kind, _)| matches!(kind, EntryKind::Table | EntryKind::Query));
        call.symbol = Some(symbol);
        if opens_table {
            return Types::one(Type::TableQuery);
        }
        let named = self.index.type_named(class);
        if builder_of(&named).is_some() {
            return Types::one(Type::Query(None));
        }
        if is_collection_of(&named) {
            return Types::one(Type::Array);
        }
        types
    }

    /// A method that a model does not declare: its builder's, or the framework model's own.
    pub(super) fn model_call(&self, class: &Arc<str>, name: &str, is_static: bool, call: &mut Call) -> Types {
        let model = Some(Arc::clone(class));
        let of_row = self.specs.row_method(name);
        if let Some(method) = of_row.filter(|method| !is_static || *method == RowMethod::OfModel) {
            call.symbol = Some(format!("Illuminate\\Database\\Eloquent\\Model::{name}").into());
            return if matches!(method, RowMethod::Same | RowMethod::Loads) { Types::instance(class) } else { Types::unknown() };
        }
        if RelationKind::of_method(&name.to_ascii_lowercase()).is_some() {
            // The relation of a model that its method declares; a query on that model, never on this one.
            return Types::one(Type::Query(None));
        }
        call.model.clone_from(&model);
        if self.specs.entry(name).is_some_and(|(kind, _)| kind == EntryKind::Model) {
            return Types::one(Type::Query(model));
        }
        let types = self.query_call(model.as_ref(), name, call);
        let is_builders =
            is_static || !call.targets.is_empty() || self.specs.query_method(name).is_some() || starts_with_where(name);
        if !is_builders {
            // A method of a package's trait, most likely: `$user->currentAccessToken()`.
            call.model = None;
            return Types::unknown();
        }
        types
    }

    /// A method of a model's builder.
    pub(super) fn query_call(&self, model: Option<&Arc<str>>, name: &str, call: &mut Call) -> Types {
        call.model = model.cloned();
        let key = model.and_then(|model| self.index.resolve_class(model));
        if let Some(facts) = key.and_then(|key| self.index.model(key)) {
            if let Some(builder) = facts.builder.as_deref().and_then(|builder| self.index.resolve_class(builder))
                && let Some(method) = self.index.find_method(builder, name)
            {
                call.targets.push(self.index.method_body(method));
                return Types::one(Type::Query(model.cloned()));
            }
            if let Some(scope) = facts.local_scopes.get(&name.to_ascii_lowercase()) {
                call.targets.push(self.index.method_body(*scope));
                call.is_scope = true;
                let returned = self.returned_by_method(*scope, model.map_or("", |model| model));
                let ends_query = returned.iter().any(|one| matches!(one, Type::Many(_) | Type::Instance(_) | Type::Array));
                return if ends_query && !has_query(&returned) { returned } else { Types::one(Type::Query(model.cloned())) };
            }
        }
        let Some(method) = self.specs.query_method(name) else {
            return if starts_with_where(name) || model.is_none() || key.is_some() {
                Types::one(Type::Query(model.cloned()))
            } else {
                Types::unknown()
            };
        };
        let row = || model.map_or_else(Types::unknown, |model| Types::instance(model));
        match (method.kind, method.returns) {
            (QueryMethodKind::ToBase | QueryMethodKind::GetQuery, _) => Types::one(Type::Query(model.cloned())),
            (QueryMethodKind::Inspect, _)
                if matches!(name.to_ascii_lowercase().as_str(), "getmodel" | "make" | "getrelated" | "newmodelinstance") =>
            {
                row()
            }
            (_, Returns::Query) => Types::one(Type::Query(model.cloned())),
            (_, Returns::Row) => row(),
            (_, Returns::Rows) => row().many(),
            (_, Returns::Number | Returns::Boolean) => Types::one(Type::Scalar),
            (_, Returns::Value | Returns::Nothing) => Types::unknown(),
        }
    }

    pub(super) fn table_query_call(&self, name: &str) -> Types {
        match self.specs.query_method(name).map(|method| method.returns) {
            Some(Returns::Query) => Types::one(Type::TableQuery),
            Some(Returns::Rows) => Types::one(Type::Array),
            Some(Returns::Number | Returns::Boolean) => Types::one(Type::Scalar),
            None if starts_with_where(name) => Types::one(Type::TableQuery),
            _ => Types::unknown(),
        }
    }

    pub(super) fn collection_call(&self, element: &Type, name: &str) -> Types {
        match self.specs.collection_method(name) {
            Some(CollectionMethod::Element) => Types::one(element.clone()),
            Some(CollectionMethod::Same | CollectionMethod::Merged) => Types::one(Type::Many(Box::new(element.clone()))),
            Some(CollectionMethod::Groups) => Types::one(Type::Many(Box::new(Type::Many(Box::new(element.clone()))))),
            Some(CollectionMethod::Mapped | CollectionMethod::Column | CollectionMethod::Keys) | None => Types::unknown(),
        }
    }

    pub(super) fn returned_by_method(&self, method: MethodRef, class: &str) -> Types {
        self.returned(self.index.method_body(method), Some(class))
    }

    /// What a function returns: as declared, else as the first round saw it.
    pub(super) fn returned(&self, body: BodyKey, called_on: Option<&str>) -> Types {
        let Some(signature) = self.index.signature(body) else { return Types::unknown() };
        let class = self.index.body(body).class.map(|class| ClassKey { file: body.file, class });
        let called = called_on.and_then(|class| self.index.resolve_class(class));
        let hir = self.index.hir(body.file);
        let reader = HintReader { index: self.index, hir, class: called.or(class) };
        let declared = reader.read_both(signature.return_hint.as_ref(), signature.doc_return.as_ref());
        if !is_vague(&declared) {
            return declared;
        }
        self.asked.borrow_mut().returns.insert(body);
        match self.learnt.returns.get(&body) {
            Some(learnt) if !learnt.is_unknown() => learnt.clone(),
            _ => declared,
        }
    }
}

fn starts_with_where(name: &str) -> bool {
    name.len() > 5 && name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("where"))
}
