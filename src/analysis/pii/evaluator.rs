//! What is asked of one project, and what was answered so far.
//!
//! A [`Unit`] answers for one purpose: the sinks of a function, what it returns, what one call gives. It never depends
//! on what was asked before, so that answers are equal whoever asks, in whatever order and on however many threads.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::definitions::{Definitions, definitions};
use super::facts::Facts;
use super::value::Value;
use crate::finding::Location;
use crate::flow::{CallGraph, Project, Types};
use crate::hir::{BodyId, ExprId, MemberName, MemberNameKind, Symbol};
use crate::index::{BodyKey, ClassKey};
use crate::specs::{Meaning, Vocabulary};

/// Expressions evaluated for one purpose before the rest counts as unknown.
const FUEL: u32 = 200_000;
/// Definitions above which those of a body are evaluated in order, so that no chain of them is deep.
const MANY_DEFINITIONS: usize = 150;

/// What a function does, in terms of its parameters.
#[derive(Debug, Default)]
pub(super) struct Summary {
    /// What it returns.
    pub(super) returns: Value,
    /// What parameters that are taken by reference hold in the end.
    pub(super) by_reference: Vec<(usize, Value)>,
}

/// What is asked of one project, with all answers so far.
#[derive(Debug)]
pub struct Evaluator<'p> {
    pub(super) project: Project<'p>,
    pub(super) graph: &'p CallGraph,
    /// Sanitizers that the configuration names, in lower case.
    pub(super) named_sanitizers: &'p [String],
    flows: FxHashMap<BodyKey, Rc<Definitions>>,
    pub(super) summaries: FxHashMap<(BodyKey, u8), Rc<Summary>>,
    pub(super) recursion: Recursion,
    pub(super) arguments: FxHashMap<(BodyKey, ExprId, u8), Rc<Vec<Value>>>,
    pub(super) given: FxHashMap<(BodyKey, u16, u8), Value>,
    pub(super) properties: FxHashMap<(ClassKey, String, u8), Value>,
    pub(super) sanitizers: FxHashMap<BodyKey, Option<Rc<Facts>>>,
    pub(super) lineages: FxHashMap<Arc<str>, Rc<[String]>>,
    /// What names say, and who goes by them: the same few are asked for again and again.
    pub(super) names: RefCell<NameCache>,
}

/// Who owns a property or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A person.
    Person,
    /// No person.
    Thing,
    /// Not known.
    Open,
}

/// Functions that are being read, so that those that call themselves and each other come to an end.
#[derive(Debug)]
pub(super) struct Recursion {
    /// From the outermost, each with what is assumed of it.
    pub(super) active: Vec<(BodyKey, Rc<Summary>)>,
    /// The outermost of which something was assumed.
    pub(super) lowest: usize,
    /// What was found with the help of assumptions.
    pub(super) provisional: FxHashMap<(BodyKey, u8), Rc<Summary>>,
}

impl Default for Recursion {
    fn default() -> Self {
        Self { active: Vec::new(), lowest: usize::MAX, provisional: FxHashMap::default() }
    }
}

/// What is known of names and classes.
#[derive(Debug, Default)]
pub(super) struct NameCache {
    pub(super) meanings: FxHashMap<Box<str>, Option<Meaning>>,
    pub(super) owners: FxHashMap<Box<str>, Owner>,
    pub(super) classes: FxHashMap<Box<str>, Owner>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that has not been asked yet.
    #[must_use]
    pub fn new(project: Project<'p>, graph: &'p CallGraph, named_sanitizers: &'p [String]) -> Self {
        Self {
            project,
            graph,
            named_sanitizers,
            flows: FxHashMap::default(),
            summaries: FxHashMap::default(),
            recursion: Recursion::default(),
            arguments: FxHashMap::default(),
            given: FxHashMap::default(),
            properties: FxHashMap::default(),
            sanitizers: FxHashMap::default(),
            lineages: FxHashMap::default(),
            names: RefCell::default(),
        }
    }

    pub(super) fn flow(&mut self, body: BodyKey) -> Rc<Definitions> {
        if let Some(flow) = self.flows.get(&body) {
            return Rc::clone(flow);
        }
        let index = self.project.index;
        let flow = Rc::new(definitions(index.hir(body.file), index.body(body), index.signature(body), self.project.specs));
        self.flows.insert(body, Rc::clone(&flow));
        flow
    }
}

/// The answers for one purpose.
#[derive(Debug)]
pub struct Unit<'e, 'p> {
    pub(super) evaluator: &'e mut Evaluator<'p>,
    /// Functions within functions that are still followed.
    pub(super) depth: u8,
    pub(super) calls: FxHashMap<(BodyKey, ExprId), Value>,
    pub(super) defs: FxHashMap<(BodyKey, u32), Value>,
    pub(super) active: Vec<(BodyKey, u32)>,
    /// What definitions that need themselves were found to hold in the first round.
    pub(super) assumed: FxHashMap<(BodyKey, u32), Value>,
    /// Definitions whose values are kept, in order.
    pub(super) made: Vec<(BodyKey, u32)>,
    /// The outermost definition that was needed for itself.
    pub(super) lowest: usize,
    pub(super) nesting: u32,
    pub(super) fuel: u32,
    /// What closures are given, innermost last.
    pub(super) elements: Vec<(BodyId, Vec<Value>)>,
}

impl<'e, 'p> Unit<'e, 'p> {
    /// A unit that follows so many functions within functions.
    #[must_use]
    pub fn new(evaluator: &'e mut Evaluator<'p>, depth: u8) -> Self {
        Self {
            evaluator,
            depth,
            calls: FxHashMap::default(),
            defs: FxHashMap::default(),
            active: Vec::new(),
            assumed: FxHashMap::default(),
            made: Vec::new(),
            lowest: usize::MAX,
            nesting: 0,
            fuel: FUEL,
            elements: Vec::new(),
        }
    }

    /// Makes long bodies harmless: no chain of their definitions is deep afterwards.
    pub fn prepare(&mut self, body: BodyKey) {
        let flow = self.evaluator.flow(body);
        if flow.defs.len() > MANY_DEFINITIONS {
            for number in 0..flow.defs.len() {
                self.def(body, u32::try_from(number).unwrap_or(u32::MAX));
            }
        }
    }

    pub(super) fn project(&self) -> Project<'p> {
        self.evaluator.project
    }

    pub(super) fn vocabulary(&self) -> &'p Vocabulary {
        self.evaluator.project.specs.vocabulary()
    }

    pub(super) fn text(&self, body: BodyKey, symbol: Symbol) -> &'p str {
        self.project().index.hir(body.file).text(symbol)
    }

    pub(super) fn at(&self, body: BodyKey, expr: ExprId) -> Location {
        Location::new(body.file, self.project().index.body(body).expr_span(expr))
    }

    pub(super) fn types(&self, body: BodyKey, expr: ExprId) -> &'p Types {
        self.project().resolution.body(body).of(expr)
    }

    pub(super) fn fixed(&self, body: BodyKey, name: MemberName) -> Option<&'p str> {
        match name.kind {
            MemberNameKind::Fixed(symbol) => Some(self.text(body, symbol)),
            MemberNameKind::Dynamic(_) => None,
        }
    }
}
