//! The walk as a domain of the dataflow: blocks, exits, joins.

use std::collections::BTreeMap;

use super::bound::{Length, Most, Value};
use super::eval::Walk;
use super::trace::State;
use crate::finding::Message;
use crate::flow::{Action, Block, BlockId, Domain, Exit};
use crate::hir::Expr;

/// Joins the states of two paths; true where something changed.
pub(super) fn join(into: &mut State, from: &State) -> bool {
    let before = into.clone();
    let mut values = BTreeMap::new();
    for (name, value) in &into.values {
        let mut value = value.clone();
        match from.values.get(name) {
            Some(other) => value.join(other),
            // Not assigned on the other path: reading it there gives null.
            None if name.starts_with('$') => {}
            None => continue,
        }
        values.insert(name.clone(), value);
    }
    for (name, value) in &from.values {
        values.entry(name.clone()).or_insert_with(|| value.clone());
    }
    into.values = values;
    into.measures.retain(|variable, path| from.measures.get(variable) == Some(path));
    *into != before
}

impl Domain for Walk<'_, '_> {
    type State = State;

    fn join(&mut self, into: &mut State, from: &State) -> bool {
        join(into, from)
    }

    fn run(&mut self, state: &mut State, block: &Block) {
        for action in &block.actions {
            match action {
                Action::Evaluate(expr) => {
                    self.eval(state, *expr);
                }
                Action::BindElement { subject, key, value } => {
                    let recording = std::mem::replace(&mut self.recording, false);
                    let array = self.eval(&mut state.clone(), *subject);
                    self.recording = recording;
                    self.assign(state, *value, &Value::text(array.longest()));
                    if let Some(key) = key {
                        let open = self.unknown(Message::new("length.nothing-known"), *key);
                        self.assign(state, *key, &open);
                    }
                }
                Action::BindException(name) | Action::BindGlobal(name) | Action::BindStatic(name, _) => {
                    state.values.remove(&format!("${}", self.hir.text(*name)));
                }
                Action::Unset(target) => {
                    if let Expr::Variable(name) = self.code.expr(*target) {
                        state.values.remove(&format!("${}", self.hir.text(*name)));
                    }
                }
            }
        }
    }

    fn leave(&mut self, mut state: State, exit: Exit) -> Vec<(BlockId, State)> {
        match exit {
            Exit::Goto(next) => vec![(next, state)],
            Exit::Branch { condition, holds, fails } => {
                self.eval(&mut state, condition);
                let mut other = state.clone();
                self.assume(&mut state, condition, true);
                self.assume(&mut other, condition, false);
                vec![(holds, state), (fails, other)]
            }
            Exit::Case { value, equal, different, .. } => {
                self.eval(&mut state, value);
                vec![(equal, state.clone()), (different, state)]
            }
            Exit::Iterate { body, done, .. } => vec![(body, state.clone()), (done, state)],
            Exit::Return(value) => {
                if let Some(value) = value {
                    let value = self.eval(&mut state, value);
                    if self.recording {
                        match &mut self.trace.returned {
                            Some(known) => known.join(&value),
                            None => self.trace.returned = Some(value),
                        }
                    }
                }
                Vec::new()
            }
            Exit::End | Exit::Diverge => Vec::new(),
        }
    }

    /// What still grows at the head of a loop grows without end.
    fn widen(&mut self, previous: &State, next: &mut State) {
        for (name, value) in &mut next.values {
            let grows = previous.values.get(name).is_some_and(|before| before.length.most < value.length.most);
            if grows && matches!(value.length.most, Most::Characters(_)) {
                value.length = Length::unbounded(Message::new("length.loop").text("name", name), None);
                value.elements = None;
            }
        }
    }
}
