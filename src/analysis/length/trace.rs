//! Traces: one run over a function, with the lengths of what every call in it is given.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::aliases::Aliases;
use super::bound::{Length, Most, Value};
use super::eval::Walk;
use crate::finding::{Location, Message};
use crate::flow::{CallGraph, Cfg, Domain, Project, solve, step};
use crate::hir::{Argument, BodyId, BodyKind, BuiltinType, ClassKind, Expr, ExprId, Parameter, TypeHint};
use crate::index::{BodyKey, ClassKey};

/// Functions within functions that are traced for one answer.
const DEPTH: usize = 6;
/// Expressions that are evaluated for one project before the rest counts as unknown.
const FUEL: u32 = 4_000_000;

/// What is known at a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// Values by variable, `$name` or `self::$name`.
    pub(super) values: BTreeMap<String, Value>,
    /// Variables that hold the length of another one: its path.
    pub(super) measures: BTreeMap<String, Vec<String>>,
}

/// What a run over a function showed.
#[derive(Debug, Default)]
pub struct Trace {
    /// The arguments of each call that was reached, in order.
    pub(super) arguments: HashMap<ExprId, Vec<Value>>,
    /// The state where each closure is made.
    pub(super) closures: HashMap<BodyId, State>,
    /// The values of other expressions, the worst over all paths.
    pub(super) values: HashMap<ExprId, Value>,
    /// What is returned.
    pub(super) returned: Option<Value>,
}

impl Trace {
    /// The arguments of a call. `None` where no path reaches it.
    #[must_use]
    pub fn arguments(&self, call: ExprId) -> Option<&[Value]> {
        self.arguments.get(&call).map(Vec::as_slice)
    }

    /// The value of an expression. `None` where no path reaches it.
    #[must_use]
    pub fn value(&self, expr: ExprId) -> Option<&Value> {
        self.values.get(&expr)
    }
}

/// Traces functions, each once.
#[derive(Debug)]
pub struct Tracer<'p> {
    pub(super) project: Project<'p>,
    graph: &'p CallGraph,
    traces: HashMap<BodyKey, Rc<Trace>>,
    pub(super) active: Vec<BodyKey>,
    pub(super) fuel: u32,
}

impl<'p> Tracer<'p> {
    /// A tracer of a project.
    #[must_use]
    pub fn new(project: Project<'p>, graph: &'p CallGraph) -> Self {
        Self { project, graph, traces: HashMap::new(), active: Vec::new(), fuel: FUEL }
    }

    /// The trace of a function or closure, with what its callers give it.
    pub fn trace(&mut self, body: BodyKey) -> Rc<Trace> {
        if let Some(trace) = self.traces.get(&body) {
            return Rc::clone(trace);
        }
        let entry = self.entry(body);
        let trace = Rc::new(self.run(body, entry));
        // Inside a recursion the parameters are not known in full.
        if self.active.is_empty() {
            self.traces.insert(body, Rc::clone(&trace));
        }
        trace
    }

    /// The trace of a function whose parameters have given values.
    pub fn trace_with(&mut self, body: BodyKey, given: &[Value]) -> Trace {
        let entry = self.bound(body, given);
        self.run(body, entry)
    }

    /// What a call of a function gives.
    pub(super) fn returned(&mut self, body: BodyKey, given: &[Value]) -> Value {
        if self.active.len() >= DEPTH || self.active.contains(&body) {
            return Value::text(Length::unknown(Message::new("length.deep"), None));
        }
        self.active.push(body);
        let entry = self.bound(body, given);
        let trace = self.run(body, entry);
        self.active.pop();
        trace.returned.unwrap_or_else(|| Value::text(Length::characters(0, "length.literal", None)))
    }

    fn run(&mut self, body: BodyKey, entry: State) -> Trace {
        let index = self.project.index;
        let hir = index.hir(body.file);
        let code = index.body(body);
        let cfg = Cfg::build(hir, code, self.project.specs);
        let aliases = Aliases::of(index, body);
        let mut walk = Walk { tracer: self, body, hir, code, aliases, recording: false, trace: Trace::default(), depth: 0 };
        let entries = if cfg.is_cyclic() {
            solve(&cfg, entry, &mut walk)
        } else {
            let mut entries: Vec<Option<State>> = (0..cfg.len()).map(|_| None).collect();
            entries[0] = Some(entry);
            entries
        };
        walk.recording = true;
        let mut entries = entries;
        for id in cfg.order() {
            let Some(state) = entries[id.0 as usize].take() else { continue };
            let left = step(&cfg, *id, state, &mut walk);
            if cfg.is_cyclic() {
                continue;
            }
            for (next, state) in left {
                match &mut entries[next.0 as usize] {
                    Some(known) => {
                        walk.join(known, &state);
                    }
                    empty @ None => *empty = Some(state),
                }
            }
        }
        walk.trace
    }

    /// The state at the start of a function or closure.
    fn entry(&mut self, body: BodyKey) -> State {
        let index = self.project.index;
        let mut state = match index.closure_parent(body) {
            Some(parent) if !self.active.contains(&parent) && self.active.len() < DEPTH => {
                self.active.push(body);
                let trace = self.trace(parent);
                self.active.pop();
                trace.closures.get(&body.body).cloned().unwrap_or_default()
            }
            _ => State::default(),
        };
        let Some(signature) = index.signature(body) else { return state };
        let is_closure = matches!(index.body(body).kind, BodyKind::Closure { .. });
        for (position, parameter) in signature.parameters.iter().enumerate() {
            let name = format!("${}", index.hir(body.file).text(parameter.name));
            let value = match self.by_type(body, parameter) {
                Some(value) => value,
                None if is_closure => {
                    let at = Location::new(body.file, parameter.span);
                    Value::text(Length::unknown(Message::new("length.closure-parameter").text("name", &name), Some(at)))
                }
                None => self.given_by_callers(body, position, parameter),
            };
            state.values.insert(name, value);
        }
        state
    }

    /// The state at the start of a function that is called with given values.
    fn bound(&mut self, body: BodyKey, given: &[Value]) -> State {
        let mut state = State::default();
        let index = self.project.index;
        let Some(signature) = index.signature(body) else { return state };
        for (position, parameter) in signature.parameters.iter().enumerate() {
            let name = format!("${}", index.hir(body.file).text(parameter.name));
            let value = match (self.by_type(body, parameter), given.get(position)) {
                (Some(value), None) => value,
                (Some(value), Some(given)) if value.length.most <= given.length.most && given.elements.is_none() => value,
                (_, Some(given)) => given.clone(),
                (None, None) => self.default(body, parameter),
            };
            state.values.insert(name, value);
        }
        state
    }

    fn default(&self, body: BodyKey, parameter: &Parameter) -> Value {
        let constant = parameter.default.and_then(|expr| {
            self.project.index.constant_with(body, expr, self.project.index.body_class(body), &crate::index::Locals::new())
        });
        let length = constant.as_ref().and_then(super::eval::constant_length);
        Value::text(match length {
            Some(most) => Length::characters(most, "length.literal", None),
            None => Length::unknown(Message::new("length.missing-argument"), None),
        })
    }

    /// What the declared type says by itself: numbers, booleans, enums and objects.
    fn by_type(&self, body: BodyKey, parameter: &Parameter) -> Option<Value> {
        let at = Location::new(body.file, parameter.span);
        self.of_hint(body, parameter.hint.as_ref()?, at).map(Value::text)
    }

    /// The longest text that a value of a type may be; none where the type says nothing.
    pub(super) fn of_hint(&self, body: BodyKey, hint: &TypeHint, at: Location) -> Option<Length> {
        match hint {
            TypeHint::Builtin(
                BuiltinType::Int | BuiltinType::Float | BuiltinType::Bool | BuiltinType::False | BuiltinType::True,
            ) => Some(Length::characters(24, "length.type", Some(at))),
            TypeHint::Builtin(BuiltinType::Null) => Some(Length::characters(0, "length.type", Some(at))),
            TypeHint::Union(parts) => {
                let mut worst = Length::characters(0, "length.type", Some(at));
                for part in parts {
                    worst = worst.worse(&self.of_hint(body, part, at)?);
                }
                Some(worst)
            }
            TypeHint::Named(name) => {
                let name = self.project.index.hir(body.file).text(*name);
                let class = self.project.index.resolve_class(name);
                Some(
                    class
                        .and_then(|class| self.of_enum(class, at))
                        .unwrap_or_else(|| Length::unknown(Message::new("length.object").text("class", name), Some(at))),
                )
            }
            _ => None,
        }
    }

    /// The longest value of an enum.
    pub(super) fn of_enum(&self, class: ClassKey, at: Location) -> Option<Length> {
        let index = self.project.index;
        let declaration = index.class(class);
        if declaration.kind != ClassKind::Enum {
            return None;
        }
        let mut most = 0;
        for case in &declaration.cases {
            let length = case.value.and_then(|value| index.constant_value(class.file, value, Some(class)));
            most = most.max(length.as_ref().and_then(super::eval::constant_length).unwrap_or(24));
        }
        Some(Length::characters(most, "length.enum", Some(at)))
    }

    /// The worst of what all callers give; without callers anybody may call.
    fn given_by_callers(&mut self, body: BodyKey, position: usize, parameter: &Parameter) -> Value {
        let index = self.project.index;
        let name = index.hir(body.file).text(parameter.name);
        let at = Location::new(body.file, parameter.span);
        let open = || Value::text(Length::unbounded(Message::new("length.parameter").text("name", name), Some(at)));
        let callers: Vec<BodyKey> = self.graph.callers(body).collect();
        if callers.is_empty() {
            return open();
        }
        if self.active.len() >= DEPTH {
            return Value::text(Length::unknown(Message::new("length.deep"), Some(at)));
        }
        self.active.push(body);
        let mut found: Option<Value> = None;
        for caller in callers {
            let within = std::iter::once(caller).chain(index.closures_within(caller));
            for caller in within.filter(|caller| !self.active.contains(caller)).collect::<Vec<_>>() {
                for value in self.given_by(caller, body, position, name) {
                    match &mut found {
                        Some(known) => known.join(&value),
                        None => found = Some(value),
                    }
                }
            }
        }
        self.active.pop();
        found.unwrap_or_else(open)
    }

    /// What the calls in one function give for a parameter of another.
    fn given_by(&mut self, caller: BodyKey, target: BodyKey, position: usize, name: &str) -> Vec<Value> {
        let calls = self.project.resolution.body(caller).calls().filter(|(_, call)| call.targets.contains(&target));
        let calls: Vec<ExprId> = calls.map(|(expr, _)| expr).collect();
        if calls.is_empty() {
            return Vec::new();
        }
        let trace = self.trace(caller);
        let index = self.project.index;
        let (hir, code) = (index.hir(caller.file), index.body(caller));
        let given = calls.into_iter().filter_map(|call| {
            let values = trace.arguments(call)?;
            let Expr::Call { arguments, .. } = code.expr(call) else { return None };
            let is_it = |(at, argument): &(usize, &Argument)| match argument.name {
                Some(named) => hir.text(named) == name,
                None => *at == position || argument.spread && *at <= position,
            };
            let place = arguments.iter().enumerate().find(is_it).map(|(at, _)| at);
            place.and_then(|at| values.get(at).cloned())
        });
        given.collect()
    }
}

/// True where a length is within a limit.
impl Length {
    /// True for a bound of at most so many characters.
    #[must_use]
    pub fn is_within(&self, limit: u32) -> bool {
        matches!(self.most, Most::Characters(most) if most <= limit)
    }
}
