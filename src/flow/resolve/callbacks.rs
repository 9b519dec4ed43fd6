//! What calls give to the closures among their arguments.

use std::sync::Arc;

use super::{Call, FileResolver, Variables};
use crate::flow::hints::builder_type;
use crate::flow::types::{Type, Types};
use crate::hir::{Argument, BodyId, Callee, ClassRef, Expr, ExprId, Literal, Symbol};
use crate::specs::{ListCallback, QueryMethodKind};

impl<'p> FileResolver<'p> {
    /// In a macro of a builder `$this` is the builder; in the closure of `Artisan::command()` it is the command.
    pub(super) fn macro_variables(&self, callee: Callee, variables: &Variables) -> Option<Variables> {
        let Callee::Static { class: ClassRef::Named(named), name } = callee else { return None };
        let (class, name) = (self.hir.text(named.name), self.fixed_name(name)?);
        let command = || {
            let class = self.specs.alias(class).unwrap_or(class);
            self.specs.bound_class(&format!("{class}::{name}")).map(Types::instance)
        };
        let types = match builder_type(self.index, class) {
            Some(kind) if name.eq_ignore_ascii_case("macro") => Types::one(kind),
            _ => command()?,
        };
        let mut bound = variables.clone();
        bound.insert(Symbol::THIS, types);
        Some(bound)
    }

    pub(super) fn callback(&mut self, id: BodyId, value: ExprId, given: &Callback, variables: &Variables) -> Option<Types> {
        let hir = self.hir;
        match hir.body(id).expr(value) {
            Expr::Closure(closure) => Some(self.closure(*closure, variables, &given.positional)),
            Expr::Array(items) => {
                for item in items {
                    let Some(Expr::Closure(closure)) = item.value.map(|value| hir.body(id).expr(value)) else { continue };
                    let key = item.key.and_then(|key| self.string_literal(id, key));
                    let types = key.and_then(|key| given.by_relation.as_ref().map(|model| self.relation_query(model, key)));
                    self.closure(*closure, variables, types.as_slice());
                }
                None
            }
            _ => None,
        }
    }

    pub(super) fn string_literal(&self, id: BodyId, expr: ExprId) -> Option<&'p str> {
        match self.hir.body(id).expr(expr) {
            Expr::Literal(Literal::String(text)) => Some(self.hir.text(*text)),
            _ => None,
        }
    }

    /// The builder type of a relation path (`appointments.staff as x`) of a model.
    pub(super) fn relation_query(&self, model: &str, path: &str) -> Types {
        let mut class: Arc<str> = model.into();
        for step in path.split(" as ").next().unwrap_or(path).split('.') {
            let name = step.split(':').next().unwrap_or(step);
            let related = self
                .index
                .resolve_class(&class)
                .and_then(|key| self.index.model(key))
                .and_then(|model| model.relations.get(name))
                .and_then(|relation| relation.related.as_deref());
            match related {
                Some(related) => class = related.into(),
                None => return Types::one(Type::Query(None)),
            }
        }
        Types::one(Type::Query(Some(class)))
    }

    /// What the framework gives to the closures among a call's arguments.
    pub(super) fn callback_parameters(&self, id: BodyId, callee: Callee, call: &Call, arguments: &[Argument]) -> Callback {
        let receiver = match callee {
            Callee::Method { receiver, .. } => self.bodies[id.0 as usize].of(receiver).clone(),
            Callee::Static { .. } => call.model.iter().map(|model| Type::Query(Some(Arc::clone(model)))).collect(),
            _ => return self.function_callback(id, callee, arguments),
        };
        let (Callee::Method { name, .. } | Callee::Static { name, .. }) = callee else { return Callback::default() };
        let Some(name) = self.fixed_name(name) else { return Callback::default() };
        if name.eq_ignore_ascii_case("addGlobalScope") {
            let model = self.bodies_class(id);
            return Callback { positional: vec![Types::one(Type::Query(model))], by_relation: None };
        }
        let query = receiver.iter().find(|one| matches!(one, Type::Query(_) | Type::TableQuery));
        let query = query.cloned().or_else(|| call.model.as_ref().map(|model| Type::Query(Some(Arc::clone(model)))));
        if let (Some(query), Some(method)) = (query, self.specs.query_method(name)) {
            let first = arguments.first().and_then(|argument| self.string_literal(id, argument.value));
            return self.builder_callback(&query, method.kind, first);
        }
        let elements = receiver.elements();
        if receiver.iter().any(|one| matches!(one, Type::Many(_))) {
            let positional = if name.eq_ignore_ascii_case("reduce") { vec![Types::unknown(), elements] } else { vec![elements] };
            return Callback { positional, by_relation: None };
        }
        Callback::default()
    }

    pub(super) fn bodies_class(&self, id: BodyId) -> Option<Arc<str>> {
        self.class_of(self.hir.body(id)).map(|class| self.index.class_name(class).into())
    }

    pub(super) fn builder_callback(&self, query: &Type, kind: QueryMethodKind, first: Option<&str>) -> Callback {
        let model = match query {
            Type::Query(model) => model.clone(),
            _ => None,
        };
        let row = || model.as_ref().map_or_else(Types::unknown, |model| Types::instance(model));
        let positional = match kind {
            QueryMethodKind::WhereHas | QueryMethodKind::WhereDoesntHave | QueryMethodKind::WhereRelation => {
                match (&model, first) {
                    (Some(model), Some(path)) => vec![self.relation_query(model, path)],
                    _ => vec![Types::one(Type::Query(None))],
                }
            }
            QueryMethodKind::WhereHasMorph => vec![Types::one(Type::Query(None))],
            QueryMethodKind::WhereExists | QueryMethodKind::Join | QueryMethodKind::OuterJoin | QueryMethodKind::WhereIn => {
                vec![Types::one(Type::TableQuery)]
            }
            QueryMethodKind::RunEach => vec![row()],
            QueryMethodKind::RunChunk => vec![row().many()],
            QueryMethodKind::EagerLoad => {
                let named = model.as_ref().zip(first).map(|(model, path)| self.relation_query(model, path));
                return Callback { positional: vec![named.unwrap_or_else(|| Types::one(Type::Query(None)))], by_relation: model };
            }
            _ => vec![Types::one(query.clone())],
        };
        Callback { positional, by_relation: model }
    }

    pub(super) fn function_callback(&self, id: BodyId, callee: Callee, arguments: &[Argument]) -> Callback {
        let Callee::Function(name) = callee else { return Callback::default() };
        if let Some(class) = self.specs.callback_class(self.hir.text(name.name)) {
            return Callback { positional: vec![Types::instance(class)], by_relation: None };
        }
        let name = self.hir.text(name.fallback.unwrap_or(name.name));
        let Some(callback) = self.specs.list_callback(name) else { return Callback::default() };
        let list = match callback {
            ListCallback::ElementsOfSecond => arguments.get(1),
            ListCallback::ElementsOfFirst | ListCallback::First => arguments.first(),
        };
        let Some(list) = list else { return Callback::default() };
        let types = self.bodies[id.0 as usize].of(list.value);
        let positional = if callback == ListCallback::First { types.clone() } else { types.elements() };
        Callback { positional: vec![positional], by_relation: None }
    }
}

/// What a call gives to the closures among its arguments.
#[derive(Debug, Default)]
pub(super) struct Callback {
    pub(super) positional: Vec<Types>,
    pub(super) by_relation: Option<Arc<str>>,
}
