//! Closures: run where they are consumed, bound to an object, or in the end where nothing consumed them.

use super::{
    Arc, BodyKey, BodyKind, CLOSURE_DEPTH, CLOSURE_DEPTH_ONCE, Client, ClosureValue, Fact, Machine, Origins, ParameterAt, Root,
    State, Value, root_of,
};
use crate::hir::{BinaryOp, Expr, Statement, Symbol};

impl<C: Client> Machine<'_, C> {
    /// Runs a closure that another class registered, on an object: `$this` in it is that object.
    pub fn run_bound(
        &mut self,
        state: &mut State<C>,
        closure: BodyKey,
        this: Value<C::Fact>,
        given: &[Value<C::Fact>],
    ) -> Value<C::Fact> {
        let captured = std::iter::once((Symbol::THIS, this)).collect();
        self.run_closure(state, &ClosureValue { body: closure, captured }, given)
    }

    /// Runs a closure with the given arguments in the current store. The variables that it takes by
    /// reference are written back.
    pub fn run_closure(
        &mut self,
        state: &mut State<C>,
        closure: &ClosureValue<C::Fact>,
        given: &[Value<C::Fact>],
    ) -> Value<C::Fact> {
        self.ran.push(closure.body);
        if self.recording {
            self.consumed.insert(closure.body);
            self.pending.remove(&closure.body);
        }
        let limit = if self.once { CLOSURE_DEPTH_ONCE } else { CLOSURE_DEPTH };
        if self.depth >= limit || self.fuel == 0 {
            self.complete = false;
            return Value::unknown();
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.body, closure.body);
        let mut inner = State {
            variables: closure.captured.clone(),
            this_properties: state.this_properties.clone(),
            store: std::mem::take(&mut state.store),
        };
        self.bind_parameters(closure.body, &mut inner, Some(given));
        let (returned, exit) = self.run(inner);
        self.body = outer;
        self.depth -= 1;
        state.store = exit.store;
        state.this_properties = exit.this_properties;
        if let BodyKind::Closure { captures, .. } = &self.project.index.body(closure.body).kind {
            for capture in captures.iter().filter(|capture| capture.by_reference) {
                if let Some(value) = exit.variables.get(capture.name) {
                    state.variables.set(capture.name, value.clone());
                }
            }
        }
        returned
    }

    /// Runs a closure that may run or not: what it does to the store holds on one path only.
    pub fn run_closure_maybe(
        &mut self,
        state: &mut State<C>,
        closure: &ClosureValue<C::Fact>,
        given: &[Value<C::Fact>],
    ) -> Value<C::Fact> {
        let before = state.clone();
        let returned = self.run_closure(state, closure, given);
        self.client.join_stores(&mut state.store, &before.store);
        state.variables.join(&before.variables);
        returned
    }

    /// The two sides that a closure holds against each other, where its answer is that they are equal.
    pub fn compared_by(
        &mut self,
        state: &State<C>,
        closure: &ClosureValue<C::Fact>,
        given: &[Value<C::Fact>],
    ) -> Option<[Value<C::Fact>; 2]> {
        let code = self.project.index.body(closure.body);
        let [Statement::Return(Some(answer))] = code.statements.as_slice() else { return None };
        let Expr::Binary(BinaryOp::Equal | BinaryOp::Identical, left, right) = code.expr(*answer) else { return None };
        let outer = std::mem::replace(&mut self.body, closure.body);
        let mut inner = State { variables: closure.captured.clone(), ..state.clone() };
        self.bind_parameters(closure.body, &mut inner, Some(given));
        let sides = [self.look_at(&inner, *left), self.look_at(&inner, *right)];
        self.body = outer;
        Some(sides)
    }

    /// Runs the closures that nothing consumed: the framework calls them some day.
    pub(super) fn run_pending(&mut self, state: &mut State<C>) {
        while let Some((_, closure)) = self.pending.pop_first() {
            if self.consumed.contains(&closure.body) {
                continue;
            }
            let given = self.unknown_arguments(closure.body, &mut state.store);
            self.run_closure_maybe(state, &closure, &given);
        }
    }

    /// Arguments of which only the types are known.
    pub fn unknown_arguments(&mut self, closure: BodyKey, store: &mut C::Store) -> Vec<Value<C::Fact>> {
        let index = self.project.index;
        let hir = index.hir(closure.file);
        let Some(signature) = index.signature(closure) else { return Vec::new() };
        let mut given = Vec::with_capacity(signature.parameters.len());
        for (position, parameter) in (0..).zip(&signature.parameters) {
            let types = self.parameter_types(closure, hir, parameter);
            let origins = types.classes().find_map(|class| self.instance_kind(class)).map_or_else(
                || {
                    types
                        .classes()
                        .find(|class| self.is_model(class))
                        .map_or_else(Origins::unknown, |class| Origins::one(Root::Row(Arc::clone(class))))
                },
                |kind| Origins::one(root_of(kind)),
            );
            let at = ParameterAt { body: closure, position, is_foreign: true };
            let fact = self.client.parameter(self, store, at, &types);
            given.push(Value { fact, ..Value::from_origins(origins) });
        }
        given
    }
}

/// The closures that a value is or holds.
#[must_use]
pub fn closures_in<F: Fact>(value: &Value<F>) -> Vec<ClosureValue<F>> {
    let mut closures = value.closures.clone();
    if let Some(shape) = &value.shape {
        shape.items.values().chain(&shape.rest).for_each(|item| closures.extend(closures_in(item)));
    }
    closures
}
