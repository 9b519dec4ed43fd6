//! Which assignments reach which reads of a variable, in one body.
//!
//! Assignments to elements and properties are definitions of the whole variable that refer to what reached them, so
//! that a later one of the same key hides an earlier one.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::flow::{Action, Block, BlockId, Cfg, Domain, Exit, solve, step};
use crate::hir::{
    BinaryOp, Body, BodyId, BodyKind, Callee, Expr, ExprId, FileHir, Literal, MemberNameKind, Signature, Statement, Symbol,
    UnaryOp,
};
use crate::specs::Specs;

/// Definitions by number.
pub(super) type Defs = SmallVec<[u32; 2]>;

/// In the place of a value: there is none any more.
pub(super) const NOTHING: ExprId = ExprId(u32::MAX);

/// A part of an array or object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `[$key]`, `[]`
    Index(Option<ExprId>),
    /// `->name`
    Property(Symbol),
    /// The item of a pattern without keys.
    Position(u32),
    /// Any element.
    Any,
}

/// What gives a variable its value.
#[derive(Clone, Debug)]
pub(super) enum Def {
    /// A parameter.
    Parameter(u16),
    /// A variable around a closure.
    Captured,
    /// A part of an expression's value; all of it where there are no parts.
    Assigned(ExprId, SmallVec<[Part; 2]>),
    /// A part of the variable is assigned to; the rest stays.
    Part(Defs, SmallVec<[Part; 2]>, ExprId),
    /// `.=`, `??=`, `+=`
    Compound(Defs, BinaryOp, ExprId),
    /// The key of an iteration over an expression.
    Key(ExprId),
    /// `catch`
    Exception,
    /// A call changes it: what it was, the call, and the position of the argument.
    Changed(Defs, ExprId, usize),
    /// A closure that took it by reference changes it.
    ChangedBy(Defs, BodyId),
    /// It holds nothing.
    Nothing,
    /// Something else decides.
    Open,
}

/// The definitions of one body, and where they are read.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    /// By number.
    pub(super) defs: Vec<(Symbol, Def)>,
    /// What reaches each read.
    pub(super) reads: FxHashMap<ExprId, Defs>,
    /// What reaches the names that `compact()` gives.
    pub(super) named: FxHashMap<(ExprId, Symbol), Defs>,
    /// What reaches each closure, by variable.
    pub(super) around: FxHashMap<BodyId, Vec<(Symbol, Defs)>>,
    /// The calls that closures are given to, and the position.
    pub(super) consumers: FxHashMap<BodyId, (ExprId, usize)>,
    /// Values that are returned.
    pub(super) returns: Vec<ExprId>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    variables: Vec<Defs>,
}

struct Reaching<'b> {
    hir: &'b FileHir,
    body: &'b Body,
    numbers: FxHashMap<Symbol, u32>,
    names: Vec<Symbol>,
    known: FxHashMap<(u32, u32), u32>,
    found: Definitions,
    is_arrow: bool,
    /// The lists of variables that are references to their elements.
    lists: FxHashMap<Symbol, Symbol>,
}

/// The definitions of a body.
pub(super) fn definitions(hir: &FileHir, body: &Body, signature: Option<&Signature>, specs: &Specs) -> Definitions {
    let is_arrow = matches!(&body.kind, BodyKind::Closure { kind: crate::hir::ClosureKind::Arrow, .. });
    let mut reaching = Reaching {
        hir,
        body,
        numbers: FxHashMap::default(),
        names: Vec::new(),
        known: FxHashMap::default(),
        found: Definitions::default(),
        is_arrow,
        lists: lists_by_reference(body),
    };
    let mut entry = State::default();
    for (position, parameter) in signature.into_iter().flat_map(|signature| &signature.parameters).enumerate() {
        let number = u16::try_from(position).unwrap_or(u16::MAX);
        reaching.define(&mut entry, parameter.name, (u32::MAX - 1, u32::from(number)), Def::Parameter(number));
    }
    if let BodyKind::Closure { captures, .. } = &body.kind {
        for (position, capture) in captures.iter().enumerate() {
            let place = u32::try_from(position).unwrap_or(u32::MAX);
            reaching.define(&mut entry, capture.name, (u32::MAX, place), Def::Captured);
        }
    }
    let cfg = Cfg::build(hir, body, specs);
    if cfg.is_cyclic() {
        // Every visit adds what it sees to the reads: the last one has seen all.
        solve(&cfg, entry, &mut reaching);
    } else {
        let mut entries: Vec<Option<State>> = (0..cfg.len()).map(|_| None).collect();
        entries[0] = Some(entry);
        for id in cfg.order() {
            let Some(state) = entries[id.0 as usize].take() else { continue };
            for (next, state) in step(&cfg, *id, state, &mut reaching) {
                match &mut entries[next.0 as usize] {
                    Some(known) => {
                        reaching.join(known, &state);
                    }
                    empty @ None => *empty = Some(state),
                }
            }
        }
    }
    reaching.found
}

impl Reaching<'_> {
    fn number(&mut self, name: Symbol) -> usize {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        number as usize
    }

    /// What a variable holds at this point.
    fn reaching(&mut self, state: &mut State, name: Symbol) -> Defs {
        let number = self.number(name);
        if state.variables.len() <= number {
            state.variables.resize(number + 1, Defs::new());
        }
        if state.variables[number].is_empty() && self.is_arrow {
            let place = (u32::MAX, u32::MAX - u32::try_from(number).unwrap_or_default());
            self.define(state, name, place, Def::Captured);
        }
        state.variables[number].clone()
    }

    fn define(&mut self, state: &mut State, name: Symbol, place: (u32, u32), def: Def) {
        let number = self.number(name);
        let next = u32::try_from(self.found.defs.len()).unwrap_or(u32::MAX);
        let id = *self.known.entry(place).or_insert(next);
        if id == next {
            self.found.defs.push((name, def));
        } else if let (
            Def::Part(known, ..) | Def::Compound(known, ..) | Def::Changed(known, ..) | Def::ChangedBy(known, _),
            Def::Part(seen, ..) | Def::Compound(seen, ..) | Def::Changed(seen, ..) | Def::ChangedBy(seen, _),
        ) = (&mut self.found.defs[id as usize].1, &def)
        {
            merge(known, seen);
        }
        if state.variables.len() <= number {
            state.variables.resize(number + 1, Defs::new());
        }
        state.variables[number] = SmallVec::from_slice(&[id]);
    }

    fn evaluate(&mut self, state: &mut State, expr: ExprId) {
        let body = self.body;
        match body.expr(expr) {
            Expr::Variable(name) => {
                let defs = self.reaching(state, *name);
                merge(self.found.reads.entry(expr).or_default(), &defs);
            }
            Expr::Assign { target, value, .. } => {
                self.evaluate(state, *value);
                self.assign(state, *target, *value, &SmallVec::new(), expr);
            }
            Expr::CompoundAssign(op, target, value) => {
                self.evaluate(state, *target);
                self.evaluate(state, *value);
                match body.expr(*target) {
                    Expr::Variable(name) => {
                        let before = self.reaching(state, *name);
                        self.define(state, *name, (expr.0, 0), Def::Compound(before, *op, *value));
                    }
                    _ => self.assign(state, *target, expr, &SmallVec::new(), expr),
                }
            }
            Expr::Unary(
                UnaryOp::PreIncrement | UnaryOp::PreDecrement | UnaryOp::PostIncrement | UnaryOp::PostDecrement,
                operand,
            ) => {
                self.evaluate(state, *operand);
            }
            Expr::Closure(closure) => self.closure(state, *closure, expr),
            Expr::Call { callee, arguments, .. } => {
                body.expr(expr).for_each_operand(|operand| self.evaluate(state, operand));
                for (position, argument) in arguments.iter().enumerate() {
                    if let Expr::Closure(closure) = body.expr(argument.value) {
                        self.found.consumers.insert(*closure, (expr, position));
                    }
                }
                self.call(state, expr, *callee);
            }
            other => other.for_each_operand(|operand| self.evaluate(state, operand)),
        }
    }

    /// What a call does to variables: `compact()` reads them, arguments may be taken by reference.
    fn call(&mut self, state: &mut State, expr: ExprId, callee: Callee) {
        let Expr::Call { arguments, .. } = self.body.expr(expr) else { return };
        let function = match callee {
            Callee::Function(name) => Some(self.hir.text(name.fallback.unwrap_or(name.name))),
            _ => None,
        };
        if function.is_some_and(|name| name.eq_ignore_ascii_case("compact")) {
            for argument in arguments {
                for name in compacted(self.body, argument.value).unwrap_or_default() {
                    let defs = self.reaching(state, name);
                    merge(self.found.named.entry((expr, name)).or_default(), &defs);
                }
            }
            return;
        }
        for (position, argument) in arguments.iter().enumerate() {
            // Functions of PHP take few things by reference; whether a method does is seen when its summary is asked for.
            let may_change = function.is_none_or(|name| takes_by_reference(name, position));
            if let (Expr::Variable(name), true) = (self.body.expr(argument.value), may_change && !argument.spread)
                && self.hir.text(*name) != "this"
            {
                let before = self.reaching(state, *name);
                let place = (expr.0, 1 + u32::try_from(position).unwrap_or_default());
                self.define(state, *name, place, Def::Changed(before, expr, position));
            }
        }
    }

    fn closure(&mut self, state: &mut State, closure: BodyId, expr: ExprId) {
        let mut around: Vec<(Symbol, Defs)> = Vec::new();
        let number = self.found.around.get(&closure).cloned().unwrap_or_default();
        for (position, defs) in state.variables.iter().enumerate() {
            if !defs.is_empty() {
                around.push((self.names[position], defs.clone()));
            }
        }
        for (name, before) in number {
            match around.iter_mut().find(|(known, _)| *known == name) {
                Some((_, defs)) => {
                    merge(defs, &before);
                }
                None => around.push((name, before)),
            }
        }
        if self.is_arrow {
            // What an arrow function inside an arrow function reads comes from outside of both.
            if let BodyKind::Closure { .. } = self.hir.body(closure).kind {
                for inner in &self.hir.body(closure).exprs {
                    if let Expr::Variable(name) = inner
                        && !around.iter().any(|(known, _)| known == name)
                    {
                        let defs = self.reaching(state, *name);
                        around.push((*name, defs));
                    }
                }
            }
        }
        self.found.around.insert(closure, around);
        if let BodyKind::Closure { captures, .. } = &self.hir.body(closure).kind {
            for (position, capture) in captures.iter().enumerate().filter(|(_, capture)| capture.by_reference) {
                let before = self.reaching(state, capture.name);
                let place = (expr.0, 1 + u32::try_from(position).unwrap_or_default());
                self.define(state, capture.name, place, Def::ChangedBy(before, closure));
            }
        }
    }

    /// Assigns a part of a value to a target.
    fn assign(&mut self, state: &mut State, target: ExprId, value: ExprId, parts: &SmallVec<[Part; 2]>, at: ExprId) {
        let body = self.body;
        match body.expr(target) {
            Expr::Variable(name) => {
                self.define(state, *name, (at.0, target.0 + 64), Def::Assigned(value, parts.clone()));
                // `foreach ($list as &$one)`: what is assigned to the element is in the list.
                if let Some(list) = self.lists.get(name).copied().filter(|_| at != target) {
                    let before = self.reaching(state, list);
                    let path = SmallVec::from_slice(&[Part::Any]);
                    self.define(state, list, (at.0, u32::MAX - 2), Def::Part(before, path, value));
                }
            }
            Expr::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    let Some(inner) = item.value else { continue };
                    let mut path = parts.clone();
                    path.push(match item.key {
                        Some(key) => Part::Index(Some(key)),
                        None => Part::Position(u32::try_from(position).unwrap_or_default()),
                    });
                    self.assign(state, inner, value, &path, at);
                }
            }
            Expr::Index(..) | Expr::Property { .. } => {
                let mut path: SmallVec<[Part; 2]> = SmallVec::new();
                let mut inner = target;
                loop {
                    match body.expr(inner) {
                        Expr::Index(base, key) => {
                            key.iter().for_each(|key| self.evaluate(state, *key));
                            path.push(Part::Index(*key));
                            inner = *base;
                        }
                        Expr::Property { receiver, name, .. } => {
                            path.push(match name.kind {
                                MemberNameKind::Fixed(name) => Part::Property(name),
                                MemberNameKind::Dynamic(_) => Part::Any,
                            });
                            inner = *receiver;
                        }
                        _ => break,
                    }
                }
                path.reverse();
                match body.expr(inner) {
                    Expr::Variable(name) if self.hir.text(*name) != "this" => {
                        let before = self.reaching(state, *name);
                        self.define(state, *name, (at.0, target.0 + 64), Def::Part(before, path, value));
                    }
                    _ => self.evaluate(state, inner),
                }
            }
            _ => self.evaluate(state, target),
        }
    }

    fn empty(&mut self, state: &mut State, condition: ExprId, name: Symbol) {
        self.define(state, name, (condition.0, u32::MAX), Def::Nothing);
    }

    /// The variable that holds nothing where a condition holds, or where it does not.
    fn emptied(&self, condition: ExprId, holds: bool) -> Option<Symbol> {
        let variable = |expr: ExprId| match self.body.expr(expr) {
            Expr::Variable(name) => Some(*name),
            Expr::Assign { target, .. } => match self.body.expr(*target) {
                Expr::Variable(name) => Some(*name),
                _ => None,
            },
            _ => None,
        };
        let is_null = |expr: ExprId| {
            matches!(self.body.expr(expr), Expr::Literal(Literal::Null))
                || matches!(self.body.expr(expr), Expr::Literal(Literal::String(text)) if self.hir.text(*text).is_empty())
        };
        match self.body.expr(condition) {
            Expr::Variable(_) | Expr::Assign { .. } if !holds => variable(condition),
            Expr::Isset(parts) if !holds && parts.len() == 1 => variable(parts[0]),
            Expr::Empty(operand) if holds => variable(*operand),
            Expr::Binary(BinaryOp::Identical | BinaryOp::Equal, left, right) if holds => {
                if is_null(*right) {
                    variable(*left)
                } else {
                    variable(*right).filter(|_| is_null(*left))
                }
            }
            Expr::Binary(BinaryOp::NotIdentical | BinaryOp::NotEqual, left, right) if !holds => {
                if is_null(*right) {
                    variable(*left)
                } else {
                    variable(*right).filter(|_| is_null(*left))
                }
            }
            Expr::Call { callee: Callee::Function(name), arguments, .. } if arguments.len() == 1 => {
                let name = self.hir.text(name.fallback.unwrap_or(name.name));
                let is_test = holds && matches!(name, "is_null" | "blank") || !holds && name == "filled";
                variable(arguments[0].value).filter(|_| is_test)
            }
            _ => None,
        }
    }
}

/// The names that `compact()` is given; none where they are computed.
pub(super) fn compacted(code: &Body, names: ExprId) -> Option<Vec<Symbol>> {
    match code.expr(names) {
        Expr::Literal(Literal::String(name)) => Some(vec![*name]),
        Expr::Array(items) => {
            let parts = items.iter().map(|item| compacted(code, item.value?));
            Some(parts.collect::<Option<Vec<_>>>()?.concat())
        }
        _ => None,
    }
}

fn lists_by_reference(body: &Body) -> FxHashMap<Symbol, Symbol> {
    let list = |statement: &Statement| match statement {
        Statement::Foreach { subject, value, by_reference: true, .. } => match (body.expr(*value), body.expr(*subject)) {
            (Expr::Variable(element), Expr::Variable(list)) => Some((*element, *list)),
            _ => None,
        },
        _ => None,
    };
    body.statements.iter().filter_map(list).collect()
}

/// Functions of PHP that change an argument.
fn takes_by_reference(function: &str, position: usize) -> bool {
    match position {
        0 => matches!(
            function.to_ascii_lowercase().as_str(),
            "array_push"
                | "array_unshift"
                | "array_walk"
                | "array_walk_recursive"
                | "settype"
                | "data_set"
                | "data_fill"
                | "parse_str"
        ),
        1 => function.eq_ignore_ascii_case("parse_str"),
        2 => matches!(function.to_ascii_lowercase().as_str(), "preg_match" | "preg_match_all"),
        _ => false,
    }
}

fn merge(into: &mut Defs, from: &Defs) -> bool {
    let before = into.len();
    for def in from {
        if let Err(place) = into.binary_search(def) {
            into.insert(place, *def);
        }
    }
    into.len() != before
}

impl Domain for Reaching<'_> {
    type State = State;

    fn join(&mut self, into: &mut State, from: &State) -> bool {
        if into.variables.len() < from.variables.len() {
            into.variables.resize(from.variables.len(), Defs::new());
        }
        let mut changed = false;
        for (into, from) in into.variables.iter_mut().zip(&from.variables) {
            changed |= merge(into, from);
        }
        changed
    }

    fn run(&mut self, state: &mut State, block: &Block) {
        for action in &block.actions {
            match action {
                Action::Evaluate(expr) => self.evaluate(state, *expr),
                Action::BindElement { subject, key, value } => {
                    let parts = SmallVec::from_slice(&[Part::Any]);
                    self.assign(state, *value, *subject, &parts, *value);
                    if let Some(Expr::Variable(name)) = key.map(|key| self.body.expr(key)) {
                        self.define(state, *name, (value.0, u32::MAX - 1), Def::Key(*subject));
                    }
                }
                Action::BindException(name) => self.define(state, *name, (u32::MAX - 2, name.0), Def::Exception),
                Action::BindGlobal(name) | Action::BindStatic(name, _) => {
                    self.define(state, *name, (u32::MAX - 3, name.0), Def::Open);
                }
                Action::Unset(target) => match self.body.expr(*target) {
                    Expr::Variable(name) => self.define(state, *name, (target.0, u32::MAX), Def::Nothing),
                    Expr::Index(..) => self.assign(state, *target, NOTHING, &SmallVec::new(), *target),
                    _ => {}
                },
            }
        }
    }

    fn leave(&mut self, mut state: State, exit: Exit) -> Vec<(BlockId, State)> {
        match exit {
            Exit::Goto(next) => vec![(next, state)],
            Exit::Branch { condition, holds, fails } => {
                self.evaluate(&mut state, condition);
                let mut other = state.clone();
                if let Some(name) = self.emptied(condition, true) {
                    self.empty(&mut state, condition, name);
                }
                if let Some(name) = self.emptied(condition, false) {
                    self.empty(&mut other, condition, name);
                }
                vec![(holds, state), (fails, other)]
            }
            Exit::Case { value, equal, different, .. } => {
                self.evaluate(&mut state, value);
                vec![(equal, state.clone()), (different, state)]
            }
            Exit::Iterate { subject, body, done } => {
                self.evaluate(&mut state, subject);
                vec![(body, state.clone()), (done, state)]
            }
            Exit::Return(value) => {
                if let Some(value) = value {
                    self.evaluate(&mut state, value);
                    if !self.found.returns.contains(&value) {
                        self.found.returns.push(value);
                    }
                }
                Vec::new()
            }
            Exit::End | Exit::Diverge => Vec::new(),
        }
    }

    /// The sets are finite: nothing has to be widened.
    fn widen(&mut self, _: &State, _: &mut State) {}
}
