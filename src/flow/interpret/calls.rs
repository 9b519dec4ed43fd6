//! Calls: what the client makes of them, the project's code behind them, and what is left where neither is known.

use super::{
    Arc, Call, CallEvent, Callee, Client, CollectionMethod, Expr, ExprId, Fact, Given, Location, Machine, Origins, Root, State,
    Summary, Type, Value, ValueKind, actual, closures_in, root_of,
};

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
            self.escape_closures(state, event.arguments, ran_before);
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
        let mut result: Option<Value<C::Fact>> = None;
        let mut followed = true;
        for target in &event.call.targets {
            match self.summaries.0.get(*target) {
                Some(summary) => {
                    let value = client.enter(self, state, event, &summary);
                    self.write_back(state, event, &summary);
                    match &mut result {
                        Some(known) => {
                            known.join(&value);
                        }
                        None => result = Some(value),
                    }
                }
                None => followed = false,
            }
        }
        if event.call.targets.is_empty() || !followed {
            client.escape(self, state, event);
        }
        let returned = self.escape_closures(state, event.arguments, ran_before);
        if matches!(callee, Callee::New(_)) {
            return Value::from_origins(Origins::one(Root::Unknown));
        }
        result.unwrap_or_else(|| self.derived(event, returned))
    }

    pub(super) fn write_back(&mut self, state: &mut State<C>, event: &CallEvent<'_, C::Fact>, summary: &Summary<C>) {
        for (position, value) in &summary.by_reference {
            if let Some(given) = event.arguments.get(*position as usize) {
                let value = value.substitute(&|root| actual(event, root), &Clone::clone);
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
    ) -> Option<Value<C::Fact>> {
        let mut returned: Option<Value<C::Fact>> = None;
        for closure in arguments.iter().flat_map(|given| closures_in(&given.value)) {
            if self.consumed.contains(&closure.body) || self.ran[ran_before..].contains(&closure.body) {
                continue;
            }
            let given = self.unknown_arguments(closure.body, &mut state.store);
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

    /// The result of a call that is not followed: what the specs say, else a function of its operands.
    pub(super) fn derived(&self, event: &CallEvent<'_, C::Fact>, returned: Option<Value<C::Fact>>) -> Value<C::Fact> {
        if let Some(symbol) = &event.call.symbol
            && let Some((kind, _)) = self.project.specs.value(symbol)
        {
            let mut origins = Origins::one(root_of(kind));
            if kind == ValueKind::UserKey {
                origins = origins.member("id", None);
            }
            if kind == ValueKind::Request
                && let Some(key) = event.arguments.first().and_then(|given| given.value.text())
            {
                // A header and an input of one name are two values.
                if let Some(bag @ ("header" | "cookie" | "route" | "server")) = event.name {
                    origins = origins.member(&format!("{bag}()"), None);
                }
                origins = origins.member(key, None);
            }
            return Value::from_origins(origins);
        }
        let mut origins = Origins::none();
        let mut fact = C::Fact::default();
        if let Some(receiver) = event.receiver {
            let name = event.name.unwrap_or_default();
            let keeps =
                matches!(self.project.specs.collection_method(name), Some(CollectionMethod::Same | CollectionMethod::Element));
            // `->pluck('id')->filter()->all()` are the same values of a column still.
            if keeps && receiver.origins.all(|origin| origin.column_of.is_some()) {
                origins.join(&receiver.origins);
                fact.join(&receiver.fact);
            } else {
                origins.join(&receiver.origins.member(&format!("{name}()"), None));
            }
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
