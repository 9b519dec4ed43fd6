//! What the variables of a function hold at one point.

use std::sync::Arc;

use super::value::{Fact, Value};
use crate::hir::Symbol;

/// The values of names. The states of paths share them until one assigns, and then still share each value that stays.
#[derive(Clone, Debug)]
pub struct Variables<F>(Arc<Vec<Named<F>>>);

/// A name and what it holds.
type Named<F> = (Symbol, Arc<Value<F>>);

impl<F> Default for Variables<F> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<F: PartialEq> PartialEq for Variables<F> {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |(mine, theirs): (&Named<F>, &Named<F>)| mine.0 == theirs.0 && is_equal(&mine.1, &theirs.1);
        Arc::ptr_eq(&self.0, &other.0) || self.0.len() == other.0.len() && self.0.iter().zip(other.0.iter()).all(is_same)
    }
}

/// Copies of one value are equal without a look at them.
fn is_equal<F: PartialEq>(one: &Arc<Value<F>>, other: &Arc<Value<F>>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}

impl<F: Fact> Variables<F> {
    /// What a name holds.
    #[must_use]
    pub fn get(&self, name: Symbol) -> Option<&Value<F>> {
        self.place(name).ok().map(|place| &*self.0[place].1)
    }

    /// Names and their values in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (Symbol, &Value<F>)> {
        self.0.iter().map(|(name, value)| (*name, &**value))
    }

    /// Puts a value under a name.
    pub fn set(&mut self, name: Symbol, value: Value<F>) {
        self.share(name, Arc::new(value));
    }

    /// Forgets a name.
    pub fn remove(&mut self, name: Symbol) {
        if let Ok(place) = self.place(name) {
            Arc::make_mut(&mut self.0).remove(place);
        }
    }

    /// The part of some names.
    #[must_use]
    pub fn of(&self, names: impl IntoIterator<Item = Symbol>) -> Self {
        let mut part = Self::default();
        for name in names {
            if let Ok(place) = self.place(name) {
                part.share(name, Arc::clone(&self.0[place].1));
            }
        }
        part
    }

    /// Adds what another path knows; true where something changed.
    pub fn join(&mut self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return false;
        }
        let mut changed = false;
        for (name, theirs) in other.0.iter() {
            match self.place(*name) {
                Ok(place) if is_equal(&self.0[place].1, theirs) => {}
                Ok(place) => changed |= Arc::make_mut(&mut Arc::make_mut(&mut self.0)[place].1).join(theirs),
                Err(_) => {
                    self.share(*name, Arc::clone(theirs));
                    changed = true;
                }
            }
        }
        changed
    }

    fn share(&mut self, name: Symbol, value: Arc<Value<F>>) {
        match self.place(name) {
            Ok(place) => Arc::make_mut(&mut self.0)[place].1 = value,
            Err(place) => Arc::make_mut(&mut self.0).insert(place, (name, value)),
        }
    }

    fn place(&self, name: Symbol) -> Result<usize, usize> {
        self.0.binary_search_by_key(&name, |(known, _)| *known)
    }
}

impl<F: Fact> FromIterator<(Symbol, Value<F>)> for Variables<F> {
    fn from_iter<I: IntoIterator<Item = (Symbol, Value<F>)>>(items: I) -> Self {
        let mut variables = Self::default();
        items.into_iter().for_each(|(name, value)| variables.set(name, value));
        variables
    }
}
