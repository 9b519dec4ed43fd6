//! The statements of a body as a dataflow problem.

use super::{Action, Activation, Block, BlockId, Client, Constant, Domain, Exit, Expr, Literal, Origins, Root, State, Value};

impl<C: Client> Domain for Activation<'_, '_, C> {
    type State = State<C>;

    fn join(&mut self, into: &mut State<C>, from: &State<C>) -> bool {
        self.machine.join_states(into, from)
    }

    fn run(&mut self, state: &mut State<C>, block: &Block) {
        for action in &block.actions {
            match action {
                Action::Evaluate(expr) => {
                    self.machine.eval(state, *expr);
                }
                Action::BindElement { subject, key, value } => {
                    let recording = std::mem::replace(&mut self.machine.recording, false);
                    let subject_value = self.machine.eval(&mut state.clone(), *subject);
                    self.machine.recording = recording;
                    let mut element = subject_value.element(None);
                    let rows = self.machine.types(*subject).elements();
                    if let Some(model) = rows.classes().find(|class| self.machine.is_model(class)).cloned()
                        && element.origins.all(|origin| origin.root == Root::Unknown)
                    {
                        element.origins = Origins::one(Root::Row(model));
                    }
                    self.machine.assign(state, *value, element);
                    if let Some(key) = key {
                        self.machine.assign(state, *key, Value::from_origins(subject_value.origins));
                    }
                }
                Action::BindException(name) => {
                    state.variables.set(*name, Value::unknown());
                }
                Action::Unset(target) => {
                    if let Expr::Variable(name) = self.machine.code().expr(*target) {
                        state.variables.remove(*name);
                    }
                }
                Action::BindStatic(name, value) => {
                    let mut bound = Value::unknown();
                    if let Some(value) = value {
                        bound.join(&self.machine.eval(state, *value));
                    }
                    state.variables.set(*name, bound);
                }
                Action::BindGlobal(name) => {
                    state.variables.set(*name, Value::unknown());
                }
            }
        }
    }

    fn leave(&mut self, mut state: State<C>, exit: Exit) -> Vec<(BlockId, State<C>)> {
        match exit {
            Exit::Goto(next) => vec![(next, state)],
            Exit::Branch { condition, holds, fails } => {
                let value = self.machine.eval(&mut state, condition);
                let mut other = state.clone();
                self.machine.assume(&mut state, condition, &value, true);
                self.machine.assume(&mut other, condition, &value, false);
                match value.constant.as_deref() {
                    Some(Constant::Bool(true)) => vec![(holds, state)],
                    Some(Constant::Bool(false)) => vec![(fails, other)],
                    _ => vec![(holds, state), (fails, other)],
                }
            }
            Exit::Case { subject, value, equal, different } => {
                let tested = self.machine.eval(&mut state, value);
                let mut other = state.clone();
                let is_true = matches!(self.machine.code().expr(subject), Expr::Literal(Literal::Bool(true)));
                if is_true {
                    self.machine.assume(&mut state, value, &tested, true);
                    self.machine.assume(&mut other, value, &tested, false);
                } else {
                    let subject_value = Value::from_origins(tested.origins);
                    self.machine.assume(&mut state, subject, &subject_value, true);
                    self.machine.assume(&mut other, subject, &subject_value, false);
                }
                vec![(equal, state), (different, other)]
            }
            Exit::Iterate { body, done, .. } => vec![(body, state.clone()), (done, state)],
            Exit::Return(value) => {
                let value = value.map(|value| self.machine.eval(&mut state, value));
                let value = value.unwrap_or_else(|| Value::constant(Constant::Null));
                let client = self.machine.client;
                client.leave(self.machine, &state, &value);
                match &mut self.returned {
                    Some(known) => {
                        known.join(&value);
                    }
                    None => self.returned = Some(value),
                }
                self.end(state);
                Vec::new()
            }
            Exit::End => {
                self.end(state);
                Vec::new()
            }
            Exit::Diverge => Vec::new(),
        }
    }

    fn widen(&mut self, previous: &State<C>, next: &mut State<C>) {
        self.machine.client.widen_stores(&previous.store, &mut next.store);
    }
}

impl<C: Client> Activation<'_, '_, C> {
    fn end(&mut self, state: State<C>) {
        let client = self.machine.client;
        for (_, value) in state.this_properties.iter() {
            client.leave(self.machine, &state, value);
        }
        match &mut self.exit {
            Some(known) => {
                self.machine.join_states(known, &state);
            }
            None => self.exit = Some(state),
        }
    }
}
