//! What the interpreter tells a client, and what it asks of one.

use std::sync::Arc;

use super::{Machine, State, Summary};
use crate::finding::Location;
use crate::flow::origin::{Actual, Origin, Origins, Root};
use crate::flow::resolve::Call;
use crate::flow::types::Types;
use crate::flow::value::{Fact, Value};
use crate::hir::BinaryOp;
use crate::hir::ExprId;
use crate::index::{BodyKey, Constant, ConstantKey};

/// An argument of a call.
#[derive(Clone, Debug)]
pub struct Given<F> {
    /// The name of a named argument.
    pub name: Option<Arc<str>>,
    /// The value.
    pub value: Value<F>,
    /// `...$x`
    pub spread: bool,
    /// The expression.
    pub expr: ExprId,
}

/// A call as the client sees it.
#[derive(Debug)]
pub struct CallEvent<'e, F> {
    /// The call.
    pub expr: ExprId,
    /// The body that holds it.
    pub body: BodyKey,
    /// Where it stands.
    pub at: Location,
    /// Where the name of what is called stands; for a chain this is the link.
    pub name_at: Location,
    /// What it may reach.
    pub call: &'e Call,
    /// The name of the method or function; none for computed names.
    pub name: Option<&'e str>,
    /// The object, for method calls.
    pub receiver: Option<&'e Value<F>>,
    /// The types of the object.
    pub receiver_types: Option<&'e Types>,
    /// The arguments.
    pub arguments: &'e [Given<F>],
}

impl<F> Clone for CallEvent<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for CallEvent<'_, F> {}

impl<F> CallEvent<'_, F> {
    /// The link of a chain: from the method's name to its closing parenthesis.
    #[must_use]
    pub fn link(&self) -> Location {
        let start = self.name_at.span.start.max(self.at.span.start);
        Location::new(self.at.file, crate::finding::Span::new(start, self.at.span.end))
    }

    /// The argument at a position, or of that name.
    #[must_use]
    pub fn argument(&self, position: usize, name: &str) -> Option<&Given<F>> {
        let named = self.arguments.iter().find(|given| given.name.as_deref() == Some(name));
        named.or_else(|| self.arguments.get(position).filter(|given| given.name.is_none()))
    }
}

/// A parameter at the start of a function, or of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterAt {
    /// The function or closure.
    pub body: BodyKey,
    /// Its position.
    pub position: u16,
    /// Code that is not known calls the closure.
    pub is_foreign: bool,
}

/// What a client computes.
pub trait Client: Sync + Sized + Clone + PartialEq + std::fmt::Debug {
    /// What it knows about a value.
    type Fact: Fact;
    /// What it knows at a point, beside the variables.
    type Store: Clone + PartialEq + Default + Send + std::fmt::Debug;
    /// What a function does, in terms of its parameters.
    type Effects: Clone + PartialEq + Default + Send + Sync + std::fmt::Debug;

    /// Joins the stores of two paths; true where `into` changed.
    fn join_stores(&self, into: &mut Self::Store, from: &Self::Store) -> bool;

    /// Brings a store at the head of a loop to a fixed height.
    fn widen_stores(&self, previous: &Self::Store, next: &mut Self::Store);

    /// What is known about a parameter at the start of a function.
    fn parameter(
        &self,
        machine: &Machine<'_, Self>,
        store: &mut Self::Store,
        parameter: ParameterAt,
        types: &Types,
    ) -> Self::Fact;

    /// What is known about `$this` at the start of a method; `None` where it is like any other object.
    fn this(&self, machine: &Machine<'_, Self>, store: &mut Self::Store) -> Option<Self::Fact>;

    /// A call. `None` where it means nothing to the client: then the project's code behind it is
    /// followed, or its result derived from its operands.
    fn call(
        &self,
        machine: &mut Machine<'_, Self>,
        state: &mut State<Self>,
        event: &CallEvent<'_, Self::Fact>,
    ) -> Option<Value<Self::Fact>>;

    /// A call of project code: brings the effects of the callee to the caller, and gives its result.
    fn enter(
        &self,
        machine: &mut Machine<'_, Self>,
        state: &mut State<Self>,
        event: &CallEvent<'_, Self::Fact>,
        summary: &Summary<Self>,
    ) -> Value<Self::Fact>;

    /// A call that leads nowhere known, or reading a builder by code that is not followed: what is
    /// passed to it may be changed or run.
    fn escape(&self, machine: &mut Machine<'_, Self>, state: &mut State<Self>, event: &CallEvent<'_, Self::Fact>);

    /// A property of an object is read.
    fn property(
        &self,
        machine: &mut Machine<'_, Self>,
        state: &mut State<Self>,
        receiver: (&Value<Self::Fact>, &Types),
        name: &str,
        at: (ExprId, Location),
    ) -> Option<Self::Fact>;

    /// A property of an object other than `$this` is written.
    fn assigned(
        &self,
        machine: &mut Machine<'_, Self>,
        object: (&Value<Self::Fact>, &Types),
        name: &str,
        value: &Value<Self::Fact>,
        at: (ExprId, Location),
    );

    /// What a comparison of two values says where it is true.
    fn comparison(
        &self,
        _machine: &Machine<'_, Self>,
        _operator: BinaryOp,
        _sides: (&Value<Self::Fact>, &Value<Self::Fact>),
    ) -> Self::Fact {
        Self::Fact::default()
    }

    /// A property of `$this` is written.
    fn assigned_own(&self, _machine: &mut Machine<'_, Self>, _name: &str, _value: &Value<Self::Fact>) {}

    /// An expression has been evaluated, with all operands that lead it.
    fn evaluated(&self, _machine: &mut Machine<'_, Self>, _expr: ExprId, _value: &Value<Self::Fact>) {}

    /// A copy of an object is made.
    fn copy(
        &self,
        machine: &mut Machine<'_, Self>,
        state: &mut State<Self>,
        value: &Value<Self::Fact>,
        expr: ExprId,
    ) -> Self::Fact;

    /// A value leaves the function: it is returned, or stays in a property of the object.
    fn leave(&self, machine: &mut Machine<'_, Self>, state: &State<Self>, value: &Value<Self::Fact>);

    /// A condition without `&&`, `||` and `!` is assumed to hold, or not.
    fn assume(&self, machine: &mut Machine<'_, Self>, state: &mut State<Self>, condition: &Condition<'_, Self::Fact>);

    /// The function was too large to be followed to its end: what was seen of it holds no longer.
    fn abandon(&self, effects: &mut Self::Effects);

    /// The function ends: what its store says in terms of its parameters.
    fn finish(&self, machine: &mut Machine<'_, Self>, store: &Self::Store, returned: &Value<Self::Fact>);
}

/// A condition that is assumed.
#[derive(Debug)]
pub struct Condition<'c, F> {
    /// The condition.
    pub expr: ExprId,
    /// Where it stands.
    pub at: Location,
    /// Its value.
    pub value: &'c Value<F>,
    /// The two sides, where it tests for equality.
    pub operands: Option<&'c [Value<F>; 2]>,
    /// Whether it holds.
    pub holds: bool,
}

/// What a caller knows of what a callee reads from a parameter, or from `$this`: of an array with known keys, the element.
#[must_use]
pub fn actual_of<F: Fact>(event: &CallEvent<'_, F>, origin: &Origin) -> Option<Actual> {
    if let Root::Parameter(position) = origin.root
        && let Some(given) = event.arguments.get(position as usize)
        && given.value.shape.is_some()
    {
        let (part, members) = part_of(&given.value, &origin.path);
        return Some(Actual { origins: if part.is_void() { Origins::none() } else { part.origins }, members });
    }
    actual(event, &origin.root).map(|origins| Actual { origins, members: 0 })
}

/// The part of a value to which a path leads, as far as it leads through known keys, and how far that is.
#[must_use]
pub fn part_of<F: Fact>(value: &Value<F>, path: &[Arc<str>]) -> (Value<F>, usize) {
    let mut part = value;
    for (members, name) in path.iter().enumerate() {
        let Some(shape) = &part.shape else { return (part.clone(), members) };
        match shape.items.get(&ConstantKey::String(name.to_string())) {
            Some(item) => part = item,
            None if shape.rest.is_none() && part.base().is_empty() => return (Value::constant(Constant::Null), path.len()),
            None => return (part.clone(), members),
        }
    }
    (part.clone(), path.len())
}

/// What a caller knows of a callee's parameter or `$this`.
#[must_use]
pub fn actual<F: Fact>(event: &CallEvent<'_, F>, root: &Root) -> Option<Origins> {
    match root {
        Root::Parameter(position) => {
            let given = event.arguments.get(*position as usize);
            Some(match given {
                Some(given) if given.value.is_void() => Origins::none(),
                Some(given) => given.value.origins.clone(),
                // The parameter's default, which stands with the callee.
                None => Origins::unknown(),
            })
        }
        Root::This => event.receiver.map(|receiver| receiver.origins.clone()),
        _ => None,
    }
}
