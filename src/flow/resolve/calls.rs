//! Calls by the form of their callee: functions, values, objects, classes.

use std::sync::Arc;

use super::{Call, FileResolver, Variables};
use crate::flow::types::{Type, Types};
use crate::hir::{Argument, BodyId, BuiltinType, Callee, ClassRef, ExprId, FunctionName, MemberName, MemberNameKind, TypeHint};
use crate::index::ClassKey;
use crate::specs::{CollectionMethod, FunctionResult};

/// The configuration key that names the class of those who log in.
const USER_MODEL: &str = "auth.providers.users.model";

impl<'p> FileResolver<'p> {
    pub(super) fn call(
        &mut self,
        id: BodyId,
        class: Option<ClassKey>,
        callee: Callee,
        arguments: &[Argument],
        variables: &Variables,
        last: bool,
    ) -> (Call, Types) {
        let (call, mut types) = match callee {
            Callee::Function(name) => self.function_call(id, name, arguments),
            Callee::Value(value) => self.value_call(id, value),
            Callee::Method { receiver, name, .. } => self.method_call(id, receiver, name, arguments),
            Callee::Static { class: named, name } => self.static_call(id, class, named, name, arguments),
            Callee::New(named) => self.instantiation(id, class, named),
        };
        let given = self.callback_parameters(id, callee, &call, arguments);
        // Once for each closure: a second round over nested closures would cost 2^depth.
        if last {
            self.note_arguments(id, &call, arguments);
            let bound = self.macro_variables(callee, variables);
            let variables = bound.as_ref().unwrap_or(variables);
            let is_mapping = matches!(callee, Callee::Method { name, .. } if self.fixed_name(name).is_some_and(|name| self.specs.collection_method(name) == Some(CollectionMethod::Mapped)));
            let is_passing = self.passes_result_on(&call);
            for argument in arguments {
                match self.callback(id, argument.value, &given, variables) {
                    Some(returned) if is_mapping => types = returned.many(),
                    Some(returned) if is_passing && types.is_unknown() => types = returned,
                    _ => {}
                }
            }
        }
        (call, types)
    }

    /// True where the result of a call is that of its callback: `once(fn () => …)`.
    fn passes_result_on(&self, call: &Call) -> bool {
        call.symbol.as_deref().is_some_and(|symbol| self.specs.function_result(symbol) == Some(FunctionResult::OfCallback))
    }

    /// Remembers what a call passes to functions with parameters without a type.
    fn note_arguments(&mut self, id: BodyId, call: &Call, arguments: &[Argument]) {
        for target in &call.targets {
            let Some(signature) = self.index.signature(*target) else { continue };
            let is_typed = |parameter: &crate::hir::Parameter| {
                let is_typed = parameter.hint.is_some() || parameter.doc_type.is_some();
                is_typed && !parameter.hint.as_ref().is_some_and(may_name_class)
            };
            if signature.parameters.iter().all(is_typed) {
                continue;
            }
            let mut given = vec![Types::none(); signature.parameters.len()];
            // A local scope is called without the builder that is its first parameter.
            let before = usize::from(call.is_scope);
            for (position, argument) in arguments.iter().enumerate() {
                if argument.spread {
                    break;
                }
                let hir = self.index.hir(target.file);
                let named = argument.name.map(|name| self.hir.text(name));
                let place = match named {
                    Some(name) => signature.parameters.iter().position(|parameter| hir.text(parameter.name) == name),
                    None => Some(position + before),
                };
                let is_telling = |one: &&Type| !matches!(one, Type::Scalar | Type::Null | Type::Array);
                if let Some(types) = place.and_then(|place| given.get_mut(place)) {
                    *types = self.bodies[id.0 as usize].of(argument.value).iter().filter(is_telling).cloned().collect();
                }
            }
            let known = self.out.parameters.entry(*target).or_insert_with(|| vec![Types::none(); given.len()]);
            known.iter_mut().zip(&given).for_each(|(known, given)| known.join(given));
        }
    }

    pub(super) fn fixed_name(&self, name: MemberName) -> Option<&'p str> {
        match name.kind {
            MemberNameKind::Fixed(name) => Some(self.hir.text(name)),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    pub(super) fn function_call(&self, id: BodyId, name: FunctionName, arguments: &[Argument]) -> (Call, Types) {
        if let Some(function) = self.index.function(self.hir, &name) {
            let target = self.index.function_body(function);
            let types = self.returned(target, None);
            return (Call { targets: vec![target], ..Call::default() }, types);
        }
        let symbol = self.hir.text(name.fallback.unwrap_or(name.name));
        if symbol == "config" && arguments.first().and_then(|key| self.string_literal(id, key.value)) == Some(USER_MODEL) {
            let user = self.index.user_model().map(|class| Type::ClassName(self.index.class_name(class).into()));
            let call = Call { symbol: Some(symbol.into()), ..Call::default() };
            return (call, user.map_or_else(Types::unknown, Types::one));
        }
        let passed_on = self.native_type(id, symbol, arguments);
        let is_list = passed_on.iter().any(|one| matches!(one, Type::Many(_)));
        let declared = self.symbol_type(id, symbol, arguments);
        let types = if is_list || declared.is_unknown() { passed_on } else { declared };
        (Call { symbol: Some(symbol.into()), ..Call::default() }, types)
    }

    pub(super) fn native_type(&self, id: BodyId, symbol: &str, arguments: &[Argument]) -> Types {
        let argument =
            |position: usize| arguments.get(position).map(|argument| self.bodies[id.0 as usize].of(argument.value).clone());
        match self.specs.function_result(symbol) {
            Some(FunctionResult::First) => argument(0).unwrap_or_else(Types::unknown),
            Some(FunctionResult::ElementOfFirst) => argument(0).map_or_else(Types::unknown, |types| types.elements()),
            Some(FunctionResult::ClassOfFirst) => argument(0)
                .map_or_else(Types::unknown, |types| types.classes().map(|class| Type::ClassName(Arc::clone(class))).collect()),
            Some(FunctionResult::KeysOfFirst | FunctionResult::OfCallback) | None => Types::unknown(),
        }
    }

    /// The type of a framework call by the specs.
    pub(super) fn symbol_type(&self, id: BodyId, symbol: &str, arguments: &[Argument]) -> Types {
        match self.specs.returned_class(symbol, !arguments.is_empty()) {
            Some("{0}") => {
                let Some(first) = arguments.first() else { return Types::unknown() };
                // `app('log')`: the container knows what the facades stand for by short names.
                if let Some(facade) = self.string_literal(id, first.value).and_then(|name| self.specs.alias(name)) {
                    return Types::instance(facade);
                }
                let types = self.bodies[id.0 as usize].of(first.value);
                let named: Types = types.class_names().map(|class| Type::Instance(Arc::clone(class))).collect();
                if named.is_unknown() { Types::unknown() } else { named }
            }
            Some("{user}") => self.user_type(),
            Some(class) => Types::instance(class),
            None => Types::unknown(),
        }
    }

    pub(super) fn user_type(&self) -> Types {
        self.index.user_model().map_or_else(Types::unknown, |class| Types::instance(self.index.class_name(class)))
    }

    pub(super) fn value_call(&self, id: BodyId, value: ExprId) -> (Call, Types) {
        let types = self.bodies[id.0 as usize].of(value);
        let mut call = Call { unresolved: true, ..Call::default() };
        let mut returned = Types::none();
        for class in types.classes() {
            let method = self.index.resolve_class(class).and_then(|class| self.index.find_method(class, "__invoke"));
            if let Some(method) = method {
                call.targets.push(self.index.method_body(method));
                call.unresolved = false;
                returned.join(&self.returned_by_method(method, class));
            }
        }
        if types.iter().any(|one| *one == Type::Closure) {
            call.unresolved = false;
        }
        (call, if returned.is_unknown() { Types::unknown() } else { returned })
    }

    pub(super) fn instantiation(&self, id: BodyId, class: Option<ClassKey>, named: ClassRef) -> (Call, Types) {
        let types = self.class_ref(id, class, named);
        let mut call = Call { unresolved: types.is_unknown(), ..Call::default() };
        for class in types.classes() {
            match self.index.resolve_class(class).and_then(|class| self.index.find_method(class, "__construct")) {
                Some(constructor) => call.targets.push(self.index.method_body(constructor)),
                None => call.symbol = Some(format!("{class}::__construct").into()),
            }
        }
        (call, types)
    }

    pub(super) fn static_call(
        &self,
        id: BodyId,
        class: Option<ClassKey>,
        named: ClassRef,
        name: MemberName,
        arguments: &[Argument],
    ) -> (Call, Types) {
        let owner = self.class_ref(id, class, named);
        let Some(name) = self.fixed_name(name) else {
            return (Call { unresolved: true, model: self.only_model(&owner), ..Call::default() }, Types::unknown());
        };
        let mut call = Call { unresolved: owner.is_unknown(), ..Call::default() };
        let mut types = Types::none();
        for class in owner.classes() {
            types.join(&self.member_call(id, class, name, arguments, true, &mut call));
        }
        if call.model.is_some() {
            call.model = self.only_model(&owner).or(call.model);
        }
        call.targets.sort_unstable();
        call.targets.dedup();
        (call, if types.is_unknown() { Types::unknown() } else { types })
    }

    pub(super) fn only_model(&self, owner: &Types) -> Option<Arc<str>> {
        // Of several the one with the fewest scopes counts.
        let scopes = |class: &&Arc<str>| {
            let key = self.index.resolve_class(class).filter(|key| self.index.is_model(*key))?;
            Some(self.index.model(key).map_or(0, |model| model.global_scopes.len()))
        };
        owner.classes().filter(|class| scopes(class).is_some()).min_by_key(scopes).cloned()
    }

    pub(super) fn method_call(&self, id: BodyId, receiver: ExprId, name: MemberName, arguments: &[Argument]) -> (Call, Types) {
        let receiver = self.bodies[id.0 as usize].of(receiver).clone();
        let Some(name) = self.fixed_name(name) else {
            return (
                Call { unresolved: true, ..Call::default() },
                if has_query(&receiver) { receiver } else { Types::unknown() },
            );
        };
        let mut call = Call::default();
        let mut types = Types::none();
        let mut is_known = false;
        for one in receiver.iter() {
            match one {
                Type::Instance(class) => types.join(&self.member_call(id, class, name, arguments, false, &mut call)),
                Type::Query(model) => types.join(&self.query_call(model.as_ref(), name, &mut call)),
                Type::TableQuery => types.join(&self.table_query_call(name)),
                Type::Many(element) => types.join(&self.collection_call(element, name)),
                Type::Closure | Type::Array | Type::Scalar | Type::ClassName(_) => {}
                Type::Null => continue,
            }
            is_known = true;
        }
        call.unresolved |= !is_known;
        call.targets.sort_unstable();
        call.targets.dedup();
        (call, if types.is_unknown() { Types::unknown() } else { types })
    }
}

/// `string $class` is as good as no type: a class may be named.
fn may_name_class(hint: &TypeHint) -> bool {
    match hint {
        TypeHint::Builtin(builtin) => *builtin == BuiltinType::String,
        TypeHint::Union(hints) => hints.iter().any(may_name_class),
        _ => false,
    }
}

pub(super) fn has_query(types: &Types) -> bool {
    types.iter().any(|one| matches!(one, Type::Query(_) | Type::TableQuery))
}
