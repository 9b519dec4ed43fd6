//! The abstract interpreter: runs one function over abstract values and tells a client what happens.
//!
//! The interpreter knows PHP: variables, arrays, closures, short circuits, calls. What a call of the
//! framework means is the client's business. Closures run where they are consumed, with what their
//! consumer gives them; those that nothing consumes run at the end of the function.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cfg::{Action, Block, BlockId, Cfg, Exit};
use super::dataflow::{Domain, solve, step};
use super::origin::{Origins, Root};
use super::resolve::{Call, Resolution};
use super::types::{Type, Types};
use super::value::{ClosureValue, Fact, Value};
use crate::finding::Location;
use crate::hir::{
    ArrayItem, BinaryOp, Body, BodyKind, Callee, ClosureKind, Expr, ExprId, ExprRef, FileHir, Literal, MemberName,
    MemberNameKind, Symbol, UnaryOp,
};
use crate::index::{BodyKey, ClassKey, Constant, ConstantKey, Index};
use crate::specs::{Specs, ValueKind};

/// What every client reads.
#[derive(Clone, Copy, Debug)]
pub struct Project<'p> {
    /// Declarations.
    pub index: &'p Index,
    /// Types and calls.
    pub resolution: &'p Resolution,
    /// Rows in force.
    pub specs: &'p Specs,
}

/// What is known at a point of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct State<C: Client> {
    /// Shared between the states of paths until one of them assigns.
    variables: Arc<BTreeMap<Symbol, Value<C::Fact>>>,
    this_properties: Arc<BTreeMap<Symbol, Value<C::Fact>>>,
    /// The client's part.
    pub store: C::Store,
}

/// What a function does, in terms of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<C: Client> {
    /// What it returns.
    pub returns: Value<C::Fact>,
    /// What by-reference parameters hold in the end.
    pub by_reference: Vec<(u16, Value<C::Fact>)>,
    /// The client's part.
    pub effects: C::Effects,
    /// False where the function was too large to be followed to its end.
    pub complete: bool,
}

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
    fn parameter(&self, machine: &Machine<'_, Self>, store: &mut Self::Store, position: u16, types: &Types) -> Self::Fact;

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

    /// A copy of an object is made.
    fn copy(
        &self,
        machine: &mut Machine<'_, Self>,
        state: &mut State<Self>,
        value: &Value<Self::Fact>,
        expr: ExprId,
    ) -> Self::Fact;

    /// A condition without `&&`, `||` and `!` is assumed to hold, or not.
    fn assume(&self, machine: &Machine<'_, Self>, state: &mut State<Self>, condition: &Condition<'_, Self::Fact>);

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
    /// Whether it holds.
    pub holds: bool,
}

/// Expressions evaluated for one function before it counts as too large.
const FUEL: u32 = 400_000;
/// Parts of one condition that are assumed one by one.
const CONDITION_PARTS: usize = 32;
/// Closures within closures that are followed.
const CLOSURE_DEPTH: u32 = 24;
/// The same where each closure is looked at once.
const CLOSURE_DEPTH_ONCE: u32 = 128;

/// Where the summaries of callees are found.
pub trait Summaries<C: Client>: Sync {
    /// The summary of a function, if it is known yet.
    fn get(&self, key: BodyKey) -> Option<Arc<Summary<C>>>;
}

/// The interpreter of one function.
#[derive(Debug)]
pub struct Machine<'m, C: Client> {
    /// The project.
    pub project: Project<'m>,
    /// The client.
    pub client: &'m C,
    /// The function under analysis; closures keep it.
    pub function: BodyKey,
    /// What the client collects.
    pub effects: C::Effects,
    /// False while a fixed point is sought: effects are not to be collected.
    pub recording: bool,
    /// The body that runs: the function or a closure in it.
    pub body: BodyKey,
    summaries: SummariesRef<'m, C>,
    fuel: u32,
    depth: u32,
    /// Loops run once, without a fixed point: to see what a function holds that is too large.
    once: bool,
    /// Nothing was left out so far.
    complete: bool,
    /// Closures that ran while effects were collected.
    consumed: BTreeSet<BodyKey>,
    /// Closures in the order in which they ran; a call looks here for what its own handling ran.
    ran: Vec<BodyKey>,
    pending: BTreeMap<BodyKey, ClosureValue<C::Fact>>,
}

struct SummariesRef<'m, C: Client>(&'m dyn Summaries<C>);

impl<C: Client> std::fmt::Debug for SummariesRef<'_, C> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("summaries")
    }
}

struct Activation<'a, 'm, C: Client> {
    machine: &'a mut Machine<'m, C>,
    returned: Option<Value<C::Fact>>,
    exit: Option<State<C>>,
}

/// Analyses one function. One that is too large is walked once more without fixed points, so that the client sees
/// what it holds.
#[must_use]
pub fn analyse<C: Client>(project: Project<'_>, client: &C, summaries: &dyn Summaries<C>, function: BodyKey) -> Summary<C> {
    let summary = interpret(Machine::new(project, client, summaries, function));
    if summary.complete {
        return summary;
    }
    let mut seen = interpret(Machine { once: true, ..Machine::new(project, client, summaries, function) });
    client.abandon(&mut seen.effects);
    Summary { complete: false, ..seen }
}

fn interpret<C: Client>(mut machine: Machine<'_, C>) -> Summary<C> {
    let (client, function) = (machine.client, machine.function);
    let mut state = State { variables: Arc::default(), this_properties: Arc::default(), store: C::Store::default() };
    machine.bind_parameters(function, &mut state, None);
    machine.bind_this(&mut state);
    let (returned, mut exit) = machine.run(state);
    machine.run_pending(&mut exit);
    client.finish(&mut machine, &exit.store, &returned);
    let by_reference = machine.by_reference(function, &exit);
    let complete = machine.complete && machine.fuel > 0;
    Summary { returns: returned, by_reference, effects: machine.effects, complete }
}

/// The end of one path through a function.
#[derive(Debug)]
pub struct PathEnd<C: Client> {
    /// The state in which it ends.
    pub state: State<C>,
}

/// Follows every path through a function or closure apart, each loop at most once around. `None`
/// where there are more paths than the limit.
#[must_use]
pub fn paths<C: Client>(
    project: Project<'_>,
    client: &C,
    summaries: &dyn Summaries<C>,
    body: BodyKey,
    limit: usize,
) -> Option<Vec<PathEnd<C>>> {
    let mut machine = Machine::new(project, client, summaries, body);
    machine.recording = false;
    let mut state = State { variables: Arc::default(), this_properties: Arc::default(), store: C::Store::default() };
    machine.bind_parameters(body, &mut state, None);
    let cfg = Cfg::build(machine.hir(), machine.code(), project.specs);
    let mut waiting = vec![(BlockId(0), state, Vec::new())];
    let mut ends = Vec::new();
    while let Some((block, state, mut visited)) = waiting.pop() {
        if visited.iter().filter(|known| **known == block).count() > 1 {
            continue;
        }
        if ends.len() + waiting.len() > limit {
            return None;
        }
        visited.push(block);
        let mut activation = Activation { machine: &mut machine, returned: None, exit: None };
        let mut next = step(&cfg, block, state, &mut activation);
        if let Some(exit) = activation.exit {
            ends.push(PathEnd { state: exit });
        }
        // The first successor first: paths come out in the order of the source.
        next.reverse();
        waiting.extend(next.into_iter().map(|(block, state)| (block, state, visited.clone())));
    }
    Some(ends)
}

impl<'m, C: Client> Machine<'m, C> {
    fn new(project: Project<'m>, client: &'m C, summaries: &'m dyn Summaries<C>, function: BodyKey) -> Self {
        Self {
            project,
            client,
            function,
            effects: C::Effects::default(),
            recording: true,
            body: function,
            summaries: SummariesRef(summaries),
            fuel: FUEL,
            depth: 0,
            once: false,
            complete: true,
            consumed: BTreeSet::new(),
            ran: Vec::new(),
            pending: BTreeMap::new(),
        }
    }

    /// The file of the body that runs.
    #[must_use]
    pub fn hir(&self) -> &'m FileHir {
        self.project.index.hir(self.body.file)
    }

    fn code(&self) -> &'m Body {
        self.project.index.body(self.body)
    }

    /// The class around the code.
    #[must_use]
    pub fn class(&self) -> Option<ClassKey> {
        self.code().class.map(|class| ClassKey { file: self.body.file, class })
    }

    /// The place of an expression of the body that runs.
    #[must_use]
    pub fn location(&self, expr: ExprId) -> Location {
        Location::new(self.body.file, self.code().expr_span(expr))
    }

    /// The types of an expression of the body that runs.
    #[must_use]
    pub fn types(&self, expr: ExprId) -> &'m Types {
        self.project.resolution.body(self.body).of(expr)
    }

    fn bind_parameters(&mut self, body: BodyKey, state: &mut State<C>, given: Option<&[Value<C::Fact>]>) {
        let index = self.project.index;
        let hir = index.hir(body.file);
        let Some(signature) = index.signature(body) else { return };
        for (position, parameter) in signature.parameters.iter().enumerate() {
            let number = u16::try_from(position).unwrap_or(u16::MAX);
            let value = match given {
                None => {
                    let types = self.parameter_types(body, hir, parameter);
                    let fact = self.client.parameter(self, &mut state.store, number, &types);
                    let mut origins = Origins::one(Root::Parameter(number));
                    if let Some((kind, _)) = types.classes().find_map(|class| self.project.specs.instance_value(class)) {
                        origins = Origins::one(root_of(kind));
                    }
                    Value { fact, ..Value::from_origins(origins) }
                }
                Some(values) => values
                    .get(position)
                    .cloned()
                    .unwrap_or_else(|| parameter.default.map_or_else(Value::unknown, |_| Value::of(Root::Literal))),
            };
            Arc::make_mut(&mut state.variables).insert(parameter.name, value);
        }
    }

    fn bind_this(&mut self, state: &mut State<C>) {
        if self.class().is_none() {
            return;
        }
        let Some(fact) = self.client.this(self, &mut state.store) else { return };
        if let Some(this) = self.this_symbol(self.body) {
            Arc::make_mut(&mut state.variables).insert(this, Value { fact, ..Value::of(Root::This) });
        }
    }

    /// The symbol of `$this`, where a body or a closure in it names it.
    fn this_symbol(&self, body: BodyKey) -> Option<Symbol> {
        let hir = self.project.index.hir(body.file);
        self.names_in(body).into_iter().find(|name| hir.text(*name) == "this")
    }

    /// Runs a closure that another class registered, on an object: `$this` in it is that object.
    pub fn run_bound(
        &mut self,
        state: &mut State<C>,
        closure: BodyKey,
        this: Value<C::Fact>,
        given: &[Value<C::Fact>],
    ) -> Value<C::Fact> {
        let captured = self.this_symbol(closure).map(|symbol| (symbol, this)).into_iter().collect();
        self.run_closure(state, &ClosureValue { body: closure, captured: Arc::new(captured) }, given)
    }

    fn parameter_types(&self, body: BodyKey, hir: &FileHir, parameter: &crate::hir::Parameter) -> Types {
        let class = self.project.index.body(body).class.map(|class| ClassKey { file: body.file, class });
        let reader = super::hints::HintReader { index: self.project.index, hir, class };
        let declared = reader.read_both(parameter.hint.as_ref(), parameter.doc_type.as_ref());
        // The resolver may know more: the first parameter of a local scope, of a callback.
        let code = self.project.index.body(body);
        let seen = code.exprs().find_map(|(id, expr)| match expr {
            Expr::Variable(name) if *name == parameter.name => Some(self.project.resolution.body(body).of(id).clone()),
            _ => None,
        });
        seen.filter(|types| !types.is_unknown()).unwrap_or(declared)
    }

    fn by_reference(&self, function: BodyKey, exit: &State<C>) -> Vec<(u16, Value<C::Fact>)> {
        let Some(signature) = self.project.index.signature(function) else { return Vec::new() };
        let numbered = signature.parameters.iter().enumerate().filter(|(_, parameter)| parameter.by_reference);
        numbered
            .filter_map(|(position, parameter)| {
                let value = exit.variables.get(&parameter.name)?;
                Some((u16::try_from(position).unwrap_or(u16::MAX), value.clone()))
            })
            .collect()
    }

    /// Runs the current body from a state; gives what it returns and the state in which it ends.
    fn run(&mut self, state: State<C>) -> (Value<C::Fact>, State<C>) {
        let cfg = Cfg::build(self.hir(), self.code(), self.project.specs);
        let fallback = state.clone();
        let follows_loops = cfg.is_cyclic() && !self.once;
        let entries = if follows_loops {
            let recording = std::mem::replace(&mut self.recording, false);
            let mut search = Activation { machine: self, returned: None, exit: None };
            let entries = solve(&cfg, state, &mut search);
            self.recording = recording;
            entries
        } else {
            let mut entries: Vec<Option<State<C>>> = (0..cfg.len()).map(|_| None).collect();
            entries[0] = Some(state);
            entries
        };
        let mut activation = Activation { machine: self, returned: None, exit: None };
        let mut entries = entries;
        for id in cfg.order() {
            let Some(state) = entries[id.0 as usize].take() else { continue };
            let left = step(&cfg, *id, state, &mut activation);
            if follows_loops {
                continue;
            }
            for (next, state) in left {
                match &mut entries[next.0 as usize] {
                    Some(known) => {
                        activation.join(known, &state);
                    }
                    empty @ None => *empty = Some(state),
                }
            }
        }
        let (returned, exit) = (activation.returned, activation.exit);
        (returned.unwrap_or_else(|| Value::constant(Constant::Null)), exit.unwrap_or(fallback))
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
            variables: Arc::clone(&closure.captured),
            this_properties: Arc::clone(&state.this_properties),
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
                if let Some(value) = exit.variables.get(&capture.name) {
                    Arc::make_mut(&mut state.variables).insert(capture.name, value.clone());
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
        join_variables(&mut state.variables, &before.variables);
        returned
    }

    /// The summary of a function, if it is known yet.
    #[must_use]
    pub fn summary(&self, key: BodyKey) -> Option<Arc<Summary<C>>> {
        self.summaries.0.get(key)
    }

    /// Runs the closures that nothing consumed: the framework calls them some day.
    fn run_pending(&mut self, state: &mut State<C>) {
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
        for parameter in &signature.parameters {
            let types = self.parameter_types(closure, hir, parameter);
            let origins = types.classes().find_map(|class| self.project.specs.instance_value(class)).map_or_else(
                || {
                    types
                        .classes()
                        .find(|class| self.is_model(class))
                        .map_or_else(Origins::unknown, |class| Origins::one(Root::Row(Arc::clone(class))))
                },
                |(kind, _)| Origins::one(root_of(kind)),
            );
            let fact = self.client.parameter(self, store, u16::MAX, &types);
            given.push(Value { fact, ..Value::from_origins(origins) });
        }
        given
    }

    fn is_model(&self, class: &str) -> bool {
        self.project.index.resolve_class(class).is_some_and(|key| self.project.index.is_model(key))
    }

    fn fixed_name(&self, name: MemberName) -> Option<&'m str> {
        match name.kind {
            MemberNameKind::Fixed(symbol) => Some(self.hir().text(symbol)),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    /// Evaluates an expression. Chains are followed without recursion.
    pub fn eval(&mut self, state: &mut State<C>, expr: ExprId) -> Value<C::Fact> {
        let code = self.code();
        let mut outer = Vec::new();
        let mut at = expr;
        while let Some(inner) = leading_operand(code.expr(at)) {
            outer.push(at);
            at = inner;
        }
        let mut value = self.eval_leaf(state, at);
        while let Some(next) = outer.pop() {
            value = self.eval_onto(state, next, value);
        }
        value
    }

    fn spend(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0
    }

    /// An expression without a leading operand.
    fn eval_leaf(&mut self, state: &mut State<C>, expr: ExprId) -> Value<C::Fact> {
        if !self.spend() {
            return Value::unknown();
        }
        let code = self.code();
        match code.expr(expr) {
            Expr::Literal(literal) => Value::constant(self.literal(*literal)),
            Expr::Variable(name) => self.variable(state, *name),
            Expr::Interpolation(parts) | Expr::Concat(parts) => self.concatenation(state, parts),
            Expr::Array(items) => self.array(state, items),
            Expr::Assign { target, value, .. } => {
                let value = self.eval(state, *value);
                self.assign(state, *target, value.clone());
                value
            }
            Expr::CompoundAssign(op, target, value) => self.compound_assign(state, *op, *target, *value),
            Expr::Ternary(condition, then, otherwise) => self.ternary(state, *condition, *then, *otherwise),
            Expr::Match(subject, arms) => {
                let subject = self.eval(state, *subject);
                self.match_arms(state, &subject, arms)
            }
            Expr::Call { .. } => self.call(state, expr, None),
            Expr::StaticProperty(_, name) => self.static_property(state, *name),
            Expr::Closure(body) => self.closure_value(state, BodyKey { file: self.body.file, body: *body }),
            Expr::ClassConstant(..) | Expr::Constant(_) => self.constant(expr),
            Expr::Isset(operands) => {
                let mut value = Value::from_origins(Origins::none());
                for operand in operands {
                    value.origins.join(&self.eval(state, *operand).origins);
                }
                value
            }
            Expr::Empty(operand)
            | Expr::InstanceOf(operand, _)
            | Expr::Throw(operand)
            | Expr::YieldFrom(operand)
            | Expr::Include(_, operand) => Value::from_origins(self.eval(state, *operand).origins),
            Expr::Exit(operand) => {
                if let Some(operand) = operand {
                    self.eval(state, *operand);
                }
                Value::unknown()
            }
            Expr::Yield(key, value) => {
                for operand in key.iter().chain(value) {
                    self.eval(state, *operand);
                }
                Value::unknown()
            }
            _ => Value::unknown(),
        }
    }

    /// An expression whose leading operand has been evaluated.
    fn eval_onto(&mut self, state: &mut State<C>, expr: ExprId, first: Value<C::Fact>) -> Value<C::Fact> {
        if !self.spend() {
            return Value::unknown();
        }
        let code = self.code();
        match code.expr(expr) {
            Expr::Call { .. } => self.call(state, expr, Some(first)),
            Expr::Property { receiver, name, .. } => self.property(state, expr, *receiver, *name, &first),
            Expr::Index(_, key) => {
                let key = key.map(|key| self.eval(state, key));
                first.element(key.as_ref().and_then(constant_key).as_ref())
            }
            Expr::Binary(op, _, right) => self.binary(state, *op, first, *right),
            Expr::Unary(UnaryOp::Clone, _) => {
                let fact = self.client.copy(self, state, &first, expr);
                Value { fact, ..first }
            }
            Expr::Unary(UnaryOp::Silence, _) => first,
            Expr::Unary(UnaryOp::Not, _) => Value::from_origins(first.origins),
            Expr::Unary(..) | Expr::Cast(..) => Value { fact: first.fact, ..Value::from_origins(first.origins) },
            _ => Value::unknown(),
        }
    }

    fn literal(&self, literal: Literal) -> Constant {
        match literal {
            Literal::Null => Constant::Null,
            Literal::Bool(value) => Constant::Bool(value),
            Literal::Int(value) => Constant::Int(value),
            Literal::Float(bits) => Constant::Float(f64::from_bits(bits)),
            Literal::String(text) => Constant::String(self.hir().text(text).to_owned()),
        }
    }

    fn constant(&self, expr: ExprId) -> Value<C::Fact> {
        let at = ExprRef { body: self.body.body, expr };
        match self.project.index.constant_value(self.body.file, at, self.class()) {
            Some(constant) => Value::constant(constant),
            None => Value::of(Root::Literal),
        }
    }

    fn variable(&self, state: &State<C>, name: Symbol) -> Value<C::Fact> {
        if let Some(value) = state.variables.get(&name) {
            return value.clone();
        }
        let text = self.hir().text(name);
        if text == "this" {
            return Value::of(Root::This);
        }
        match self.project.specs.value(&format!("${text}")) {
            Some((kind, _)) => Value::of(root_of(kind)),
            None => Value::unknown(),
        }
    }

    fn concatenation(&mut self, state: &mut State<C>, parts: &[ExprId]) -> Value<C::Fact> {
        let mut result: Value<C::Fact> = Value::from_origins(Origins::none());
        let mut text = Some(String::new());
        for part in parts {
            let value = self.eval(state, *part);
            result.origins.join_operand(&value.origins);
            result.fact.join(&value.fact);
            let piece = value.constant.as_deref().and_then(constant_text);
            text = text.zip(piece).map(|(text, piece)| text + &piece);
            result.known_end = value.text().map(Arc::from).or_else(|| value.known_end.clone());
        }
        result.constant = text.map(|text| Arc::new(Constant::String(text)));
        result
    }

    fn array(&mut self, state: &mut State<C>, items: &[ArrayItem]) -> Value<C::Fact> {
        let mut array: Value<C::Fact> = Value { shape: Some(Arc::default()), ..Value::default() };
        let mut next = 0_i64;
        for item in items {
            let Some(value) = item.value else { continue };
            let key = item.key.map(|key| self.eval(state, key));
            let value = self.eval(state, value);
            array.fact.join(&value.fact);
            if item.spread {
                spread_into(&mut array, &value);
                continue;
            }
            let key = match &key {
                Some(key) => constant_key(key),
                None => {
                    next += 1;
                    Some(ConstantKey::Int(next - 1))
                }
            };
            array.set_element(key, value);
        }
        array
    }

    fn compound_assign(&mut self, state: &mut State<C>, op: BinaryOp, target: ExprId, value: ExprId) -> Value<C::Fact> {
        let mut before = self.eval(state, target);
        if op == BinaryOp::Coalesce {
            let mut other = state.clone();
            let value = self.eval(&mut other, value);
            self.join_states(state, &other);
            before.join(&value);
            before.may_be_null = value.may_be_null;
        } else {
            let value = self.eval(state, value);
            before.origins.join_operand(&value.origins);
            before.fact.join(&value.fact);
            before.constant =
                match (op, before.constant.as_deref().and_then(constant_text), value.constant.as_deref().and_then(constant_text))
                {
                    (BinaryOp::Concat, Some(left), Some(right)) => Some(Arc::new(Constant::String(left + &right))),
                    _ => None,
                };
        }
        self.assign(state, target, before.clone());
        before
    }

    fn ternary(&mut self, state: &mut State<C>, condition: ExprId, then: Option<ExprId>, otherwise: ExprId) -> Value<C::Fact> {
        let tested = self.eval(state, condition);
        let mut other = state.clone();
        self.assume(state, condition, &tested, true);
        self.assume(&mut other, condition, &tested, false);
        let mut value = match then {
            Some(then) => self.eval(state, then),
            None => tested,
        };
        value.join(&self.eval(&mut other, otherwise));
        self.join_states(state, &other);
        value
    }

    fn match_arms(&mut self, state: &mut State<C>, subject: &Value<C::Fact>, arms: &[crate::hir::MatchArm]) -> Value<C::Fact> {
        let mut result: Option<Value<C::Fact>> = None;
        let mut joined: Option<State<C>> = None;
        for arm in arms {
            let mut inner = state.clone();
            for condition in &arm.conditions {
                let tested = self.eval(&mut inner, *condition);
                if subject.constant.as_deref() == Some(&Constant::Bool(true)) {
                    self.assume(&mut inner, *condition, &tested, true);
                }
            }
            let value = self.eval(&mut inner, arm.result);
            match &mut result {
                Some(known) => {
                    known.join(&value);
                }
                None => result = Some(value),
            }
            match &mut joined {
                Some(known) => {
                    self.join_states(known, &inner);
                }
                None => joined = Some(inner),
            }
        }
        if let Some(joined) = joined {
            *state = joined;
        }
        result.unwrap_or_else(Value::unknown)
    }

    fn binary(&mut self, state: &mut State<C>, op: BinaryOp, left: Value<C::Fact>, right: ExprId) -> Value<C::Fact> {
        if matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce) {
            let mut other = state.clone();
            let right = self.eval(&mut other, right);
            self.join_states(state, &other);
            if op == BinaryOp::Coalesce {
                let mut value = left;
                value.join(&right);
                value.may_be_null = right.may_be_null;
                return value;
            }
            let mut origins = left.origins;
            origins.join(&right.origins);
            return Value::from_origins(origins);
        }
        let right = self.eval(state, right);
        let mut value = Value::from_origins(left.origins);
        value.origins.join_operand(&right.origins);
        value.fact = left.fact;
        value.fact.join(&right.fact);
        value
    }

    fn property(
        &mut self,
        state: &mut State<C>,
        expr: ExprId,
        receiver: ExprId,
        name: MemberName,
        object: &Value<C::Fact>,
    ) -> Value<C::Fact> {
        let Some(text) = self.fixed_name(name) else {
            return Value { fact: object.fact.clone(), ..Value::from_origins(object.origins.clone()) };
        };
        let code = self.code();
        if let (Expr::Variable(variable), MemberNameKind::Fixed(symbol)) = (code.expr(receiver), name.kind)
            && self.hir().text(*variable) == "this"
            && let Some(value) = state.this_properties.get(&symbol)
        {
            return value.clone();
        }
        let types = self.types(receiver);
        let model = types.classes().find(|class| self.is_model(class));
        let origins = object.origins.member(text, model);
        let at = (expr, self.location(expr));
        let fact = self.client.property(self, state, (object, types), text, at).unwrap_or_default();
        Value { fact, ..Value::from_origins(origins) }
    }

    /// A static property: what was assigned on this path, else what its class assigns anywhere.
    fn static_property(&mut self, state: &State<C>, name: MemberName) -> Value<C::Fact> {
        let MemberNameKind::Fixed(symbol) = name.kind else { return Value::unknown() };
        if let Some(value) = state.this_properties.get(&symbol) {
            return value.clone();
        }
        let Some(class) = self.code().class.filter(|_| self.depth < CLOSURE_DEPTH) else { return Value::unknown() };
        let hir = self.hir();
        let mut assigned: Option<Value<C::Fact>> = None;
        for (id, body) in hir.bodies().filter(|(_, body)| body.class == Some(class)) {
            for expr in &body.exprs {
                let Expr::Assign { target, value, .. } = expr else { continue };
                let is_it = matches!(body.expr(*target), Expr::StaticProperty(_, target) if target.kind == name.kind);
                if !is_it || matches!(body.expr(*value), Expr::Literal(Literal::Null)) {
                    continue;
                }
                let value = self.eval_elsewhere(BodyKey { file: self.body.file, body: id }, *value);
                match &mut assigned {
                    Some(known) => {
                        known.join(&value);
                    }
                    None => assigned = Some(value),
                }
            }
        }
        assigned.unwrap_or_else(Value::unknown)
    }

    /// Evaluates an expression of another body, where nothing is known.
    fn eval_elsewhere(&mut self, body: BodyKey, expr: ExprId) -> Value<C::Fact> {
        let outer = std::mem::replace(&mut self.body, body);
        let recording = std::mem::replace(&mut self.recording, false);
        self.depth += 1;
        let mut state = State { variables: Arc::default(), this_properties: Arc::default(), store: C::Store::default() };
        let value = self.eval(&mut state, expr);
        self.depth -= 1;
        self.recording = recording;
        self.body = outer;
        value
    }

    /// Assigns to a variable, a property of `$this`, an element or a pattern.
    pub fn assign(&mut self, state: &mut State<C>, target: ExprId, value: Value<C::Fact>) {
        let code = self.code();
        match code.expr(target) {
            Expr::Variable(name) => {
                Arc::make_mut(&mut state.variables).insert(*name, value);
            }
            Expr::Property { receiver, name, .. } => {
                if let (Expr::Variable(this), MemberNameKind::Fixed(symbol)) = (code.expr(*receiver), name.kind)
                    && self.hir().text(*this) == "this"
                {
                    Arc::make_mut(&mut state.this_properties).insert(symbol, value);
                } else {
                    self.eval(state, *receiver);
                }
            }
            Expr::StaticProperty(_, name) => {
                if let MemberNameKind::Fixed(symbol) = name.kind {
                    Arc::make_mut(&mut state.this_properties).insert(symbol, value);
                }
            }
            Expr::Index(base, key) => {
                let key = key.map(|key| self.eval(state, key));
                let key = key.as_ref().and_then(constant_key);
                let mut array = match code.expr(*base) {
                    Expr::Variable(_) | Expr::Property { .. } | Expr::Index(..) => self.eval(state, *base),
                    _ => return,
                };
                array.set_element(key, value);
                self.assign(state, *base, array);
            }
            Expr::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    let key = match item.key {
                        Some(key) => constant_key(&self.eval(state, key)),
                        None => Some(ConstantKey::Int(i64::try_from(position).unwrap_or(i64::MAX))),
                    };
                    if let Some(target) = item.value {
                        let element = value.element(key.as_ref());
                        self.assign(state, target, element);
                    }
                }
            }
            _ => {}
        }
    }

    fn closure_value(&mut self, state: &State<C>, body: BodyKey) -> Value<C::Fact> {
        let code = self.project.index.body(body);
        let BodyKind::Closure { kind, captures, .. } = &code.kind else { return Value::unknown() };
        let names: BTreeSet<Symbol> = match kind {
            ClosureKind::Closure => captures.iter().map(|capture| capture.name).chain(self.this_symbol(body)).collect(),
            ClosureKind::Arrow => self.names_in(body),
        };
        let captured = names.into_iter().filter_map(|name| Some((name, state.variables.get(&name)?.clone()))).collect();
        let closure = ClosureValue { body, captured: Arc::new(captured) };
        if self.recording && !self.consumed.contains(&body) {
            self.pending.insert(body, closure.clone());
        }
        Value { closures: vec![closure], ..Value::of(Root::Literal) }
    }

    /// The variables that an arrow function and the ones inside it name.
    fn names_in(&self, body: BodyKey) -> BTreeSet<Symbol> {
        let mut names = BTreeSet::new();
        let mut waiting = vec![body];
        while let Some(next) = waiting.pop() {
            for expr in &self.project.index.body(next).exprs {
                match expr {
                    Expr::Variable(name) => {
                        names.insert(*name);
                    }
                    Expr::Closure(inner) => waiting.push(BodyKey { file: body.file, body: *inner }),
                    _ => {}
                }
            }
        }
        names
    }

    fn call(&mut self, state: &mut State<C>, expr: ExprId, first: Option<Value<C::Fact>>) -> Value<C::Fact> {
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

    fn dispatch(&mut self, state: &mut State<C>, event: &CallEvent<'_, C::Fact>, callee: Callee) -> Value<C::Fact> {
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

    fn write_back(&mut self, state: &mut State<C>, event: &CallEvent<'_, C::Fact>, summary: &Summary<C>) {
        for (position, value) in &summary.by_reference {
            if let Some(given) = event.arguments.get(*position as usize) {
                let value = value.substitute(&|root| actual(event, root), &Clone::clone);
                self.assign(state, given.expr, value);
            }
        }
    }

    /// Closures passed to code that is not followed may run, with anything.
    fn escape_closures(
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
    fn derived(&self, event: &CallEvent<'_, C::Fact>, returned: Option<Value<C::Fact>>) -> Value<C::Fact> {
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
                origins = origins.member(key, None);
            }
            return Value::from_origins(origins);
        }
        let mut origins = Origins::none();
        let mut fact = C::Fact::default();
        if let Some(receiver) = event.receiver {
            origins.join(&receiver.origins.member(&format!("{}()", event.name.unwrap_or_default()), None));
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

    /// Assumes a condition and its parts. Of a longer one nothing is assumed, which is always right.
    fn assume(&mut self, state: &mut State<C>, condition: ExprId, value: &Value<C::Fact>, holds: bool) {
        let code = self.code();
        let mut waiting = vec![(condition, holds)];
        let mut atoms = Vec::new();
        while let Some((expr, holds)) = waiting.pop() {
            match code.expr(expr) {
                Expr::Unary(UnaryOp::Not, operand) => waiting.push((*operand, !holds)),
                Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) if (*op == BinaryOp::And) == holds => {
                    waiting.extend([(*right, holds), (*left, holds)]);
                }
                _ => atoms.push((expr, holds)),
            }
            if waiting.len() + atoms.len() > CONDITION_PARTS {
                return;
            }
        }
        for (expr, holds) in atoms {
            let value = if expr == condition {
                value.clone()
            } else {
                let recording = std::mem::replace(&mut self.recording, false);
                let value = self.eval(&mut state.clone(), expr);
                self.recording = recording;
                value
            };
            let at = self.location(expr);
            let client = self.client;
            client.assume(self, state, &Condition { expr, at, value: &value, holds });
        }
    }

    fn join_states(&self, into: &mut State<C>, from: &State<C>) -> bool {
        let mut changed = self.client.join_stores(&mut into.store, &from.store);
        changed |= join_variables(&mut into.variables, &from.variables);
        changed | join_variables(&mut into.this_properties, &from.this_properties)
    }
}

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
                    Arc::make_mut(&mut state.variables).insert(*name, Value::unknown());
                }
                Action::Unset(target) => {
                    if let Expr::Variable(name) = self.machine.code().expr(*target) {
                        Arc::make_mut(&mut state.variables).remove(name);
                    }
                }
                Action::BindStatic(name, value) => {
                    let mut bound = Value::unknown();
                    if let Some(value) = value {
                        bound.join(&self.machine.eval(state, *value));
                    }
                    Arc::make_mut(&mut state.variables).insert(*name, bound);
                }
                Action::BindGlobal(name) => {
                    Arc::make_mut(&mut state.variables).insert(*name, Value::unknown());
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
        match &mut self.exit {
            Some(known) => {
                self.machine.join_states(known, &state);
            }
            None => self.exit = Some(state),
        }
    }
}

/// What a caller knows of a callee's parameter or `$this`.
#[must_use]
pub fn actual<F: Fact>(event: &CallEvent<'_, F>, root: &Root) -> Option<Origins> {
    match root {
        Root::Parameter(position) => {
            let given = event.arguments.get(*position as usize);
            // The parameter's default, which stands with the callee.
            Some(given.map_or_else(Origins::unknown, |given| given.value.origins.clone()))
        }
        Root::This => event.receiver.map(|receiver| receiver.origins.clone()),
        _ => None,
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

/// The key that a constant value makes.
#[must_use]
pub fn constant_key<F: Fact>(value: &Value<F>) -> Option<ConstantKey> {
    match value.constant.as_deref()? {
        Constant::String(text) | Constant::Class(text) => Some(ConstantKey::String(text.clone())),
        Constant::Int(number) => Some(ConstantKey::Int(*number)),
        _ => None,
    }
}

fn constant_text(constant: &Constant) -> Option<String> {
    match constant {
        Constant::String(text) | Constant::Class(text) => Some(text.clone()),
        Constant::Int(number) => Some(number.to_string()),
        Constant::Null => Some(String::new()),
        _ => None,
    }
}

fn spread_into<F: Fact>(array: &mut Value<F>, value: &Value<F>) {
    match &value.shape {
        Some(shape) => {
            for (key, item) in &shape.items {
                let key = matches!(key, ConstantKey::String(_)).then(|| key.clone());
                array.set_element(key, item.clone());
            }
            if let Some(rest) = &shape.rest {
                array.set_element(None, rest.clone());
            }
        }
        None => array.set_element(None, value.clone()),
    }
}

fn join_variables<F: Fact>(into: &mut Arc<BTreeMap<Symbol, Value<F>>>, from: &Arc<BTreeMap<Symbol, Value<F>>>) -> bool {
    if Arc::ptr_eq(into, from) {
        return false;
    }
    let differing: Vec<&Symbol> =
        from.iter().filter(|(name, value)| into.get(name) != Some(value)).map(|(name, _)| name).collect();
    if differing.is_empty() {
        return false;
    }
    let mut changed = false;
    let into = Arc::make_mut(into);
    for name in differing {
        let value = &from[name];
        match into.get_mut(name) {
            Some(known) => changed |= known.join(value),
            None => {
                into.insert(*name, value.clone());
                changed = true;
            }
        }
    }
    changed
}

/// The operand that is evaluated first and may be a long chain.
fn leading_operand(expr: &Expr) -> Option<ExprId> {
    match expr {
        Expr::Call { callee: Callee::Method { receiver, .. } | Callee::Value(receiver), .. }
        | Expr::Property { receiver, .. } => Some(*receiver),
        Expr::Index(base, _) => Some(*base),
        Expr::Binary(_, left, _) => Some(*left),
        Expr::Unary(_, operand) | Expr::Cast(_, operand) => Some(*operand),
        _ => None,
    }
}

/// The source that a row of the specs names.
fn root_of(kind: ValueKind) -> Root {
    match kind {
        ValueKind::User | ValueKind::UserKey => Root::User,
        ValueKind::UserPresence => Root::UserPresence(true),
        ValueKind::UserAbsence => Root::UserPresence(false),
        ValueKind::Request => Root::Request,
        ValueKind::TenantContext => Root::TenantContext,
        ValueKind::Configuration => Root::Configuration,
        ValueKind::Session => Root::Session,
        ValueKind::Environment => Root::Environment,
        ValueKind::Runtime => Root::Runtime,
        ValueKind::RawExpression => Root::Literal,
    }
}
