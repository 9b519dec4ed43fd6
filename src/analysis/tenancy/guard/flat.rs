//! The flat list of conditions, as the framework joins them: `and` binds tighter than `or`.

use super::Guard;
use crate::specs::Connective;

/// The flat list, condensed: the alternatives read so far, and the one that is open.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says another thing about the list")]
pub(super) struct Flat {
    /// The alternatives that an `or` has closed.
    pub(super) closed: Closed,
    /// The protection of the open alternative.
    pub(super) current: Option<Guard>,
    pub(super) has_or: bool,
    pub(super) starts_with_or: bool,
    /// Nothing was added on any path.
    pub(super) is_empty: bool,
    /// Nothing was added on some path.
    pub(super) may_be_empty: bool,
}

/// The alternatives that an `or` has closed.
#[derive(Clone, Debug)]
pub(super) enum Closed {
    /// There was no `or` yet.
    None,
    /// All of them hold to one tenant, by this protection among others.
    Protected(Guard),
    /// One of them does not.
    Open,
}

impl Closed {
    pub(super) fn of(guard: Option<Guard>) -> Self {
        guard.map_or(Self::Open, Self::Protected)
    }

    /// What they and an alternative behind them hold to.
    pub(super) fn or(self, current: Option<&Guard>) -> Option<Guard> {
        match self {
            Self::None => current.cloned(),
            Self::Protected(guard) => Some(guard),
            Self::Open => None,
        }
    }
}

impl Flat {
    pub(super) const fn new() -> Self {
        Self { closed: Closed::None, current: None, has_or: false, starts_with_or: false, is_empty: true, may_be_empty: true }
    }

    /// The protection that holds on every alternative.
    pub(super) fn guard(&self) -> Option<Guard> {
        match self.closed {
            Closed::None | Closed::Protected(_) => self.current.clone(),
            Closed::Open => None,
        }
    }

    pub(super) fn add(&mut self, connective: Connective, guard: Option<Guard>) {
        if connective == Connective::Or {
            self.starts_with_or |= self.may_be_empty;
            if !self.is_empty {
                self.closed = Closed::of(self.guard());
                self.current = None;
            }
            self.has_or = true;
        }
        self.is_empty = false;
        self.may_be_empty = false;
        if self.current.is_none() {
            self.current = guard;
        }
    }

    /// What stands so far is put in parentheses.
    pub(super) fn close_group(&mut self) {
        if self.has_or {
            self.current = self.guard();
            self.closed = Closed::None;
            self.has_or = false;
        }
    }

    pub(super) fn merge(&mut self, other: &Self, best: bool) {
        let pick = |left: Option<Guard>, right: Option<Guard>| if best { left.or(right) } else { left.and(right) };
        let closed = std::mem::replace(&mut self.closed, Closed::None);
        self.closed = match (closed, other.closed.clone()) {
            (Closed::None, Closed::None) => Closed::None,
            (left, right) => Closed::of(pick(left.or(self.current.as_ref()), right.or(other.current.as_ref()))),
        };
        self.current = pick(self.current.take(), other.current.clone());
        self.has_or |= other.has_or;
        self.starts_with_or |= other.starts_with_or;
        self.is_empty &= other.is_empty;
        self.may_be_empty |= other.may_be_empty;
    }
}
