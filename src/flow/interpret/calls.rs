//! Calls: what the client makes of them, the project's code behind them, and what is left where neither is known.

use super::{
    Arc, Call, CallEvent, Callee, Client, CollectionMethod, Expr, ExprId, Fact, Given, Location, Machine, Origins, Root, State,
    Summary, Type, Types, Value, ValueKind, actual_of, closures_in, constant_key, root_of,
};
use crate::flow::hints::is_collection;
use crate::flow::origin::Origin;
use crate::flow::value::Shape;
use crate::hir::ExprRef;
use crate::index::{BodyKey, ConstantKey};
use crate::specs::{FunctionResult, ListCallback, QueryMethodKind};

impl<C: Client> Machine<'_, C> {
    pub(super) fn call(&mut self, state: &mut State<C>, expr: ExprId, first: Option<Value<C::Fact>>) -> Value<C::Fact> {
        let code = self.code();
        let Expr::Call { callee, arguments, first_class } = code.expr(expr) else { return Value::unknown() };
        let mut given = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = self.eval(state, argument.value);
            let name = argument.name.map(|name| self.hir().text(name).into());
            given.push(Given { name, value, spread: argument.spread, expr: argument.value });
        }
        if *first_class {
            return first.unwrap_or_else(Value::unknown);
        }
        let no_call = Call::default();
        let resolution = self.project.resolution;
        let call = resolution.call(self.body, expr).unwrap_or(&no_call);
        let (name, name_at, receiver_types) = match callee {
            Callee::Function(function) => {
                (Some(self.hir().text(function.fallback.unwrap_or(function.name))), function.span, None)
            }
            Callee::Method { receiver, name, .. } => (self.fixed_name(*name), name.span, Some(self.types(*receiver))),
            Callee::Static { name, .. } => (self.fixed_name(*name), name.span, None),
            Callee::Value(_) | Callee::New(_) => (None, code.expr_span(expr), None),
        };
        let at = self.location(expr);
        let event = CallEvent {
            expr,
            body: self.body,
            at,
            name_at: Location::new(at.file, name_at),
            call,
            name,
            receiver: first.as_ref(),
            receiver_types,
            arguments: &given,
        };
        self.dispatch(state, &event, *callee)
    }

    pub(super) fn dispatch(&mut self, state: &mut State<C>, event: &CallEvent<'_, C::Fact>, callee: Callee) -> Value<C::Fact> {
        let client = self.client;
        let ran_before = self.ran.len();
        if let Some(value) = client.call(self, state, event) {
            self.escape_closures(state, event.arguments, ran_before, None);
            return value;
        }
        if let (Callee::Value(_), Some(receiver)) = (callee, event.receiver)
            && !receiver.closures.is_empty()
        {
            let values: Vec<Value<C::Fact>> = event.arguments.iter().map(|given| given.value.clone()).collect();
            let mut result: Option<Value<C::Fact>> = None;
            for closure in &receiver.closures {
                let value = self.run_closure_maybe(state, closure, &values);
                match &mut result {
                    Some(known) => {
                        known.join(&value);
                    }
                    None => result = Some(value),
                }
            }
            return result.unwrap_or_else(Value::unknown);
        }
        let (result, followed) = self.enter_targets(state, event);
        if !followed {
            client.escape(self, state, event);
        }
        let has_callback = event.arguments.iter().any(|given| given.value.holds_closure());
        let element = if has_callback { self.element_given(event) } else { None };
        let returned = self.escape_closures(state, event.arguments, ran_before, element.as_ref());
        if matches!(callee, Callee::New(_)) {
            return Value::from_origins(Origins::one(Root::Unknown));
        }
        result.unwrap_or_else(|| self.derived(event, returned))
    }

    /// Enters the code that a call reaches. Of several targets one runs: each is a path of its own. The second part is
    /// false where some code, or all of it, is not known.
    fn enter_targets(&mut self, state: &mut State<C>, event: &CallEvent<'_, C::Fact>) -> (Option<Value<C::Fact>>, bool) {
        let client = self.client;
        if let Some(arguments) = event.call.targets.first().and_then(|target| self.in_order(*target, event.arguments)) {
            let ordered = CallEvent { arguments: &arguments, ..*event };
            return self.enter_targets(state, &ordered);
        }
        let summaries: Vec<_> = event.call.targets.iter().map(|target| self.summaries.0.get(*target)).collect();
        let followed = !summaries.is_empty() && summaries.iter().all(Option::is_some);
        let mut known = summaries.into_iter().flatten();
        let Some(first) = known.next() else { return (None, followed) };
        let others: Vec<_> = known.collect();
        let before = (!others.is_empty()).then(|| state.clone());
        let mut result = client.enter(self, state, event, &first);
        self.write_back(state, event, &first);
        for (summary, before) in others.iter().zip(before.iter().cycle()) {
            let mut path = before.clone();
            result.join(&client.enter(self, &mut path, event, summary));
            self.write_back(&mut path, event, summary);
            self.join_states(state, &path);
        }
        (Some(result), followed)
    }

    /// Arguments with names in the order of a function's parameters; `None` where none has a name.
    #[must_use]
    pub fn in_order(&self, function: BodyKey, arguments: &[Given<C::Fact>]) -> Option<Vec<Given<C::Fact>>> {
        if arguments.iter().all(|given| given.name.is_none()) || arguments.iter().any(|given| given.spread) {
            return None;
        }
        let index = self.project.index;
        let hir = index.hir(function.file);
        let parameters = &index.signature(function)?.parameters;
        let place = |position: usize, given: &Given<C::Fact>| match &given.name {
            None => Some(position),
            Some(name) => parameters.iter().position(|parameter| hir.text(parameter.name) == &**name),
        };
        let places: Vec<usize> = arguments.iter().enumerate().map(|(at, given)| place(at, given)).collect::<Option<_>>()?;
        let last = places.iter().copied().max()?;
        let ordered = (0..=last).map(|position| match places.iter().position(|place| *place == position) {
            Some(given) => Given { name: None, ..arguments[given].clone() },
            None => {
                let default = parameters.get(position).and_then(|parameter| parameter.default);
                let at = |expr| ExprRef { body: function.body, expr };
                let constant = default.and_then(|expr| index.constant_value(function.file, at(expr), None));
                let value = constant.map_or_else(|| Value::of(Root::Literal), Value::constant);
                Given { name: None, value, spread: false, expr: arguments[0].expr }
            }
        });
        Some(ordered.collect())
    }

    pub(super) fn write_back(&mut self, state: &mut State<C>, event: &CallEvent<'_, C::Fact>, summary: &Summary<C>) {
        for (position, value) in &summary.by_reference {
            if let Some(given) = event.arguments.get(*position as usize) {
                let value = value.substitute(&|origin| actual_of(event, origin), &|part| part.fact.clone());
                self.assign(state, given.expr, value);
            }
        }
    }

    /// Closures passed to code that is not followed may run, with anything.
    pub(super) fn escape_closures(
        &mut self,
        state: &mut State<C>,
        arguments: &[Given<C::Fact>],
        ran_before: usize,
        element: Option<&Value<C::Fact>>,
    ) -> Option<Value<C::Fact>> {
        let mut returned: Option<Value<C::Fact>> = None;
        for closure in arguments.iter().flat_map(|given| closures_in(&given.value)) {
            if self.consumed.contains(&closure.body) || self.ran[ran_before..].contains(&closure.body) {
                continue;
            }
            let mut given = self.unknown_arguments(closure.body, &mut state.store);
            if let (Some(first), Some(element)) = (given.first_mut(), element)
                && !element.origins.all(|origin| origin.root == Root::Unknown)
            {
                *first = element.clone();
            }
            let value = self.run_closure_maybe(state, &closure, &given);
            match &mut returned {
                Some(known) => {
                    known.join(&value);
                }
                None => returned = Some(value),
            }
        }
        returned
    }

    /// What a callback is given by a method of a collection or a function of lists.
    fn element_given(&self, event: &CallEvent<'_, C::Fact>) -> Option<Value<C::Fact>> {
        let specs = self.project.specs;
        if let Some(receiver) = event.receiver {
            let name = event.name.unwrap_or_default();
            let is_list = specs.collection_method(name).is_some() && self.is_list(receiver, event.receiver_types);
            let is_whole = specs.query_method(name).is_some_and(|method| {
                matches!(method.kind, QueryMethodKind::When | QueryMethodKind::Unless | QueryMethodKind::Tap)
            });
            return is_list.then(|| if is_whole { receiver.clone() } else { receiver.element(None) });
        }
        let list = |position: usize| event.arguments.get(position).map(|given| given.value.element(None));
        match specs.list_callback(event.call.symbol.as_deref()?)? {
            ListCallback::ElementsOfFirst => list(0),
            ListCallback::ElementsOfSecond => list(1),
            ListCallback::First => event.arguments.first().map(|given| given.value.clone()),
        }
    }

    /// True for arrays and collections, and for values that were built as one.
    fn is_list(&self, value: &Value<C::Fact>, types: Option<&Types>) -> bool {
        let index = self.project.index;
        let listed = |one: &Type| match one {
            Type::Many(_) | Type::Array | Type::Null => true,
            Type::Instance(class) => is_collection(index, class),
            _ => false,
        };
        match types {
            Some(types) if types.iter().any(|one| *one != Type::Null) => types.iter().all(listed),
            // `pluck('id')`: the values of a column.
            _ => value.shape.is_some() || value.origins.all(|origin| origin.column_of.is_some()),
        }
    }

    /// The result of a method of a collection: the same elements, one of them, or what its callback gives.
    fn derived_of_list(&self, event: &CallEvent<'_, C::Fact>, returned: Option<&Value<C::Fact>>) -> Option<Value<C::Fact>> {
        if event.receiver.is_none() {
            let symbol = event.call.symbol.as_deref()?;
            let first = &event.arguments.first()?.value;
            return match self.project.specs.function_result(symbol)? {
                FunctionResult::First if event.arguments.len() == 1 || first.shape.is_none() => {
                    Some(Value { constant: None, ..first.clone() }).filter(|_| !first.origins.is_empty())
                }
                FunctionResult::ElementOfFirst => Some(first.element(None)),
                _ => None,
            };
        }
        let method = self.project.specs.collection_method(event.name?)?;
        let receiver = event.receiver.filter(|receiver| self.is_list(receiver, event.receiver_types))?;
        let key = event.arguments.first().and_then(|given| constant_key(&given.value));
        match method {
            CollectionMethod::Element => Some(receiver.element(key.filter(|_| event.name == Some("get")).as_ref())),
            CollectionMethod::Same => Some(Value { constant: None, ..receiver.clone() }),
            CollectionMethod::Mapped => {
                let returned = returned?;
                let shape = Shape { rest: Some(returned.clone()), ..Shape::default() };
                Some(Value {
                    shape: Some(Arc::new(shape)),
                    fact: returned.fact.clone(),
                    ..Value::from_origins(returned.origins.clone())
                })
            }
            CollectionMethod::Merged => {
                let mut merged = Value { constant: None, shape: None, ..receiver.clone() };
                for given in event.arguments {
                    merged.origins.join_operand(&given.value.origins);
                    merged.fact.join(&given.value.fact);
                }
                Some(merged)
            }
            CollectionMethod::Groups => None,
            CollectionMethod::Column => {
                let column = event.arguments.first()?.value.text()?;
                self.column_of_elements(receiver, event.receiver_types, column)
            }
            CollectionMethod::Keys => {
                let model = event.receiver_types.and_then(|types| self.model_of_elements(types))?;
                let key = self.project.index.model_named(model)?.primary_key.as_str();
                self.column_of_elements(receiver, event.receiver_types, key)
            }
        }
    }

    /// `$folder->notes->pluck('id')`: a column of the rows of a list, where their model is known.
    fn column_of_elements(&self, list: &Value<C::Fact>, types: Option<&Types>, column: &str) -> Option<Value<C::Fact>> {
        let model = types.and_then(|types| self.model_of_elements(types))?;
        let fact = list.fact.clone();
        Some(Value { fact, ..Value::from_origins(list.origins.property(column, Some(model))) })
    }

    fn model_of_elements<'t>(&self, types: &'t Types) -> Option<&'t Arc<str>> {
        let mut models = types.iter().filter_map(|one| match one {
            Type::Many(element) => match &**element {
                Type::Instance(class) if self.is_model(class) => Some(class),
                _ => None,
            },
            _ => None,
        });
        models.next().filter(|_| models.next().is_none())
    }

    /// The expressions that set the attribute of a request that a call reads: `$request->get('project')`,
    /// `$request->attributes->get('project')`.
    #[must_use]
    pub fn attribute_read(&self, event: &CallEvent<'_, C::Fact>) -> Option<&[(BodyKey, ExprId)]> {
        let is_bag =
            |origin: &Origin| origin.root == Root::Request && matches!(origin.path.as_slice(), [bag] if **bag == *"attributes");
        let of_bag = || event.receiver.is_some_and(|receiver| receiver.origins.all(is_bag));
        let kind = || self.project.specs.value(event.call.symbol.as_ref()?).map(|(kind, _)| kind);
        if event.name != Some("get") || !of_bag() && kind() != Some(ValueKind::Request) {
            return None;
        }
        self.project.index.request_attribute(event.arguments.first()?.value.text()?)
    }

    /// An attribute of a request, from the expressions that set it: a row of the one model that all of them are.
    #[must_use]
    pub fn attribute(&self, set: &[(BodyKey, ExprId)]) -> Value<C::Fact> {
        let model_of = |(body, expr): &(BodyKey, ExprId)| {
            let mut classes = self.project.resolution.body(*body).of(*expr).classes();
            classes.next().filter(|class| self.is_model(class) && classes.next().is_none())
        };
        let mut models = set.iter().map(model_of);
        match models.next().flatten() {
            Some(model) if models.all(|other| other == Some(model)) => Value::of(Root::Row(Arc::clone(model))),
            _ => Value::unknown(),
        }
    }

    /// The result of a call that is not followed: what the specs say, else a function of its operands.
    pub(super) fn derived(&self, event: &CallEvent<'_, C::Fact>, returned: Option<Value<C::Fact>>) -> Value<C::Fact> {
        if let Some(set) = self.attribute_read(event) {
            return self.attribute(set);
        }
        if let Some(symbol) = &event.call.symbol
            && let Some((kind, _)) = self.project.specs.value(symbol)
        {
            let key = event.arguments.first().and_then(|given| given.value.text());
            let mut origins = Origins::one(root_of(kind));
            if kind == ValueKind::UserKey {
                origins = origins.member("id", None);
            }
            if matches!(kind, ValueKind::Request | ValueKind::Session)
                && let Some(key) = key
            {
                // A header and an input of one name are two values.
                if let Some(bag @ ("header" | "cookie" | "route" | "server")) = event.name {
                    origins = origins.member(&format!("{bag}()"), None);
                }
                origins = origins.member(key, None);
            } else if let Some(part @ ("route" | "bearerToken")) = event.name.filter(|_| event.arguments.is_empty()) {
                origins = origins.member(&format!("{part}()"), None);
            }
            let chosen = (self.project.specs.function_result(symbol) == Some(FunctionResult::KeysOfFirst))
                .then(|| keys_of(event.arguments.first(), &origins))
                .flatten();
            return Value { shape: chosen, ..Value::from_origins(origins) };
        }
        if let Some(origins) = from_bag(event) {
            return Value::from_origins(origins);
        }
        let passes_on = |symbol: &Arc<str>| self.project.specs.function_result(symbol) == Some(FunctionResult::OfCallback);
        if let Some(returned) = returned.as_ref().filter(|_| event.call.symbol.as_ref().is_some_and(passes_on)) {
            return returned.clone();
        }
        if let Some(value) = self.derived_of_list(event, returned.as_ref()) {
            return value;
        }
        let mut origins = Origins::none();
        let mut fact = C::Fact::default();
        if let Some(receiver) = event.receiver {
            let name = event.name.unwrap_or_default();
            origins.join(&receiver.origins.member(&format!("{name}()"), None));
        }
        for given in event.arguments {
            origins.join_operand(&given.value.origins);
            fact.join(&given.value.fact);
        }
        if let Some(returned) = returned {
            origins.join(&returned.origins);
            fact.join(&returned.fact);
        }
        if origins.is_empty() || event.receiver.is_none() && origins.all(|origin| origin.root == Root::Literal) {
            origins = match &event.call.symbol {
                Some(symbol) => Origins::one(Root::Call(Arc::clone(symbol))),
                None => Origins::unknown(),
            };
        }
        // A number or a text made from a builder is no builder.
        let is_scalar = self.types(event.expr).iter().all(|one| *one == Type::Scalar) && !self.types(event.expr).is_open();
        Value { fact: if is_scalar { C::Fact::default() } else { fact }, ..Value::from_origins(origins) }
    }
}

/// `$request->request->get('name')` is the input `name`, `$request->headers->get('name')` the header, and
/// `$request->route()->parameter('name')` a part of the path.
fn from_bag<F: Fact>(event: &CallEvent<'_, F>) -> Option<Origins> {
    let name = event.name.filter(|name| matches!(*name, "get" | "parameter"))?;
    let key = event.arguments.first()?.value.text()?;
    let mut origins = Origins::none();
    for origin in event.receiver?.origins.iter() {
        let [bag] = origin.path.as_slice() else { return None };
        let request = Origin::of(Root::Request);
        origins.insert(match &**bag {
            _ if origin.root != Root::Request || (name == "parameter") != (**bag == *"route()") => return None,
            "route()" => origin.member(key, None),
            // What code of the application put there.
            "attributes" => Origin::of(Root::Unknown),
            "request" | "query" | "json" => request.member(key, None),
            "headers" => request.member("header()", None).member(key, None),
            "cookies" => request.member("cookie()", None).member(key, None),
            _ => return None,
        });
    }
    Some(origins).filter(|origins| !origins.is_empty())
}

/// `$request->only(['name', 'email'])`: these keys and no others.
fn keys_of<F: Fact>(list: Option<&Given<F>>, origins: &Origins) -> Option<Arc<Shape<F>>> {
    let names = list?.value.shape.as_ref().filter(|names| names.rest.is_none())?;
    let mut shape = Shape::default();
    for (key, name) in &names.items {
        let name = match key {
            ConstantKey::Int(_) => name.text()?,
            ConstantKey::String(rules) => rules,
        };
        let name = name.split('.').next().unwrap_or(name);
        shape.items.insert(ConstantKey::String(name.to_owned()), Value::from_origins(origins.member(name, None)));
    }
    Some(Arc::new(shape))
}
