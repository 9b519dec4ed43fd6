//! The abstract interpreter: runs one function over abstract values and tells a client what happens.
//!
//! The interpreter knows PHP: variables, arrays, closures, short circuits, calls. What a call of the
//! framework means is the client's business. Closures run where they are consumed, with what their
//! consumer gives them; those that nothing consumes run at the end of the function.

mod activation;
mod calls;
mod closures;
mod contract;
mod expressions;

pub use closures::closures_in;
pub use contract::{CallEvent, Client, Condition, Given, ParameterAt, actual, actual_of, part_of};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cfg::{Action, Block, BlockId, Cfg, Exit};
use super::dataflow::{Domain, solve, step};
use super::origin::{Origins, Root};
use super::resolve::{Call, Resolution};
use super::types::{Type, Types};
use super::value::{ClosureValue, Fact, Value};
use super::variables::Variables;
use crate::finding::Location;
use crate::hir::{
    ArrayItem, BinaryOp, Body, BodyKind, Callee, ClosureKind, Expr, ExprId, ExprRef, FileHir, Literal, MemberName,
    MemberNameKind, Symbol, UnaryOp,
};
use crate::index::{BodyKey, ClassKey, Constant, ConstantKey, Index};
use crate::specs::{CollectionMethod, Specs, ValueKind};

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
    variables: Variables<C::Fact>,
    this_properties: Variables<C::Fact>,
    /// The client's part.
    pub store: C::Store,
}

impl<C: Client> Default for State<C> {
    fn default() -> Self {
        Self { variables: Variables::default(), this_properties: Variables::default(), store: C::Store::default() }
    }
}

impl<C: Client> State<C> {
    /// What the code has assigned to properties of `$this`; `hir` is the file of the code that runs.
    #[must_use]
    pub fn own_properties(&self, hir: &FileHir) -> Vec<(Arc<str>, Value<C::Fact>)> {
        self.this_properties.iter().map(|(name, value)| (hir.text(name).into(), value.clone())).collect()
    }

    /// The value of one of them.
    #[must_use]
    pub fn own_property(&self, hir: &FileHir, name: &str) -> Option<&Value<C::Fact>> {
        self.this_properties.iter().find(|(known, _)| hir.text(*known) == name).map(|(_, value)| value)
    }
}

/// What a function does, in terms of its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<C: Client> {
    /// The function.
    pub function: BodyKey,
    /// What it returns.
    pub returns: Value<C::Fact>,
    /// What by-reference parameters hold in the end.
    pub by_reference: Vec<(u16, Value<C::Fact>)>,
    /// The client's part.
    pub effects: C::Effects,
    /// False where the function was too large to be followed to its end.
    pub complete: bool,
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
    let mut state = State::default();
    machine.bind_parameters(function, &mut state, None);
    machine.bind_this(&mut state);
    let (returned, mut exit) = machine.run(state);
    machine.run_pending(&mut exit);
    client.finish(&mut machine, &exit.store, &returned);
    let by_reference = machine.by_reference(function, &exit);
    let complete = machine.complete && machine.fuel > 0;
    Summary { function, returns: returned, by_reference, effects: machine.effects, complete }
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
    let mut state = State::default();
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
                    let at = ParameterAt { body, position: number, is_foreign: false };
                    let fact = self.client.parameter(self, &mut state.store, at, &types);
                    let mut origins = Origins::one(Root::Parameter(number));
                    if let Some(kind) = types.classes().find_map(|class| self.instance_kind(class)) {
                        origins = Origins::one(root_of(kind));
                    }
                    Value { fact, ..Value::from_origins(origins) }
                }
                Some(values) => values
                    .get(position)
                    .cloned()
                    .unwrap_or_else(|| parameter.default.map_or_else(Value::unknown, |_| Value::of(Root::Literal))),
            };
            state.variables.set(parameter.name, value);
        }
    }

    fn bind_this(&mut self, state: &mut State<C>) {
        if self.class().is_none() {
            return;
        }
        let Some(fact) = self.client.this(self, &mut state.store) else { return };
        state.variables.set(Symbol::THIS, Value { fact, ..Value::of(Root::This) });
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

    /// What an object of a class stands for: of one that the specs name, or that extends it.
    pub(super) fn instance_kind(&self, class: &str) -> Option<ValueKind> {
        let (index, specs) = (self.project.index, self.project.specs);
        if let Some((kind, _)) = specs.instance_value(class) {
            return Some(kind);
        }
        index.resolve_class(class)?;
        let named = index.type_named(class);
        specs.instance_classes().find(|(known, _)| named.is_a(known)).map(|(_, kind)| kind)
    }

    fn by_reference(&self, function: BodyKey, exit: &State<C>) -> Vec<(u16, Value<C::Fact>)> {
        let Some(signature) = self.project.index.signature(function) else { return Vec::new() };
        let numbered = signature.parameters.iter().enumerate().filter(|(_, parameter)| parameter.by_reference);
        numbered
            .filter_map(|(position, parameter)| {
                let value = exit.variables.get(parameter.name)?;
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

    /// The summary of a function, if it is known yet.
    #[must_use]
    pub fn summary(&self, key: BodyKey) -> Option<Arc<Summary<C>>> {
        self.summaries.0.get(key)
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
            let value = if expr == condition { value.clone() } else { self.look_at(state, expr) };
            let operands = match code.expr(expr) {
                Expr::Binary(
                    BinaryOp::Equal | BinaryOp::Identical | BinaryOp::NotEqual | BinaryOp::NotIdentical,
                    left,
                    right,
                ) => Some([self.look_at(state, *left), self.look_at(state, *right)]),
                _ => None,
            };
            let at = self.location(expr);
            let client = self.client;
            client.assume(self, state, &Condition { expr, at, value: &value, operands: operands.as_ref(), holds });
        }
    }

    /// The value of an expression once more, without what evaluating it does.
    fn look_at(&mut self, state: &State<C>, expr: ExprId) -> Value<C::Fact> {
        let recording = std::mem::replace(&mut self.recording, false);
        let value = self.eval(&mut state.clone(), expr);
        self.recording = recording;
        value
    }

    fn join_states(&self, into: &mut State<C>, from: &State<C>) -> bool {
        let mut changed = self.client.join_stores(&mut into.store, &from.store);
        changed |= into.variables.join(&from.variables);
        changed | into.this_properties.join(&from.this_properties)
    }
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
