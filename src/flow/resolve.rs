//! Call resolution: which code and which framework symbol each call may reach.
//!
//! A function is read together with the closures inside it, without regard to the order of
//! statements: a variable has the union of the types assigned to it. What the types leave open stays
//! open; nothing is guessed from a method's name.

mod callbacks;
mod calls;
mod expressions;
mod members;

use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::hints::HintReader;
use super::types::{Type, Types};
use crate::finding::FileId;
use crate::hir::{Body, BodyId, BodyKind, Expr, ExprId, FileHir, MemberNameKind, Statement, Symbol};
use crate::index::{BodyKey, ClassKey, Index};
use crate::specs::Specs;

/// What a call may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Code of the project, sorted.
    pub targets: Vec<BodyKey>,
    /// The framework's or a package's symbol, `Class::method` or `function`.
    pub symbol: Option<Arc<str>>,
    /// The model whose builder the call opens or extends.
    pub model: Option<Arc<str>>,
    /// The local scope among the targets is called through a builder.
    pub is_scope: bool,
    /// A relation method of a loaded row.
    pub relation: Option<Arc<str>>,
    /// The receiver or the callee could not be resolved.
    pub unresolved: bool,
}

/// The types of a body's expressions, and its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyTypes {
    types: Vec<Types>,
    /// In order of the expressions.
    calls: Vec<(ExprId, Call)>,
}

impl BodyTypes {
    /// The types of an expression.
    #[must_use]
    pub fn of(&self, expr: ExprId) -> &Types {
        &self.types[expr.0 as usize]
    }

    /// What a call may reach.
    #[must_use]
    pub fn call(&self, expr: ExprId) -> Option<&Call> {
        let place = self.calls.binary_search_by_key(&expr, |(at, _)| *at).ok()?;
        self.calls.get(place).map(|(_, call)| call)
    }

    /// The calls in order.
    pub fn calls(&self) -> impl Iterator<Item = (ExprId, &Call)> {
        self.calls.iter().map(|(expr, call)| (*expr, call))
    }
}

/// The types and calls of every body of a project.
#[derive(Debug, Default)]
pub struct Resolution {
    files: Vec<Vec<BodyTypes>>,
    empty: BodyTypes,
}

/// The class of all models: `class-string<Model>` names none.
const MODEL: &str = "Illuminate\\Database\\Eloquent\\Model";

/// Rounds after the first: a fact travels through as many functions without types.
const LATER_ROUNDS: usize = 2;

/// What the rounds learnt about code without type hints.
#[derive(Debug, Default)]
struct Learnt {
    returns: BTreeMap<BodyKey, Types>,
    properties: BTreeMap<(ClassKey, String), Types>,
    /// What callers pass to functions with parameters without a type.
    parameters: BTreeMap<BodyKey, Vec<Types>>,
}

/// What a file would like to learn from others.
#[derive(Debug, Default)]
struct Asked {
    returns: BTreeSet<BodyKey>,
    properties: BTreeSet<(ClassKey, String)>,
    parameters: BTreeSet<BodyKey>,
}

/// The answers that a round changed.
#[derive(Debug, Default)]
struct News {
    returns: BTreeSet<BodyKey>,
    properties: BTreeSet<(ClassKey, String)>,
    parameters: BTreeSet<BodyKey>,
}

impl Asked {
    /// True where the answers are others now.
    fn is_answered_by(&self, news: &News) -> bool {
        !self.returns.is_disjoint(&news.returns)
            || !self.properties.is_disjoint(&news.properties)
            || !self.parameters.is_disjoint(&news.parameters)
    }
}

impl Learnt {
    /// Adds what files learnt; gives what is new.
    fn add(&mut self, other: Self) -> News {
        let mut news = News::default();
        for (key, types) in other.returns {
            if !types.is_unknown() && self.returns.get(&key) != Some(&types) {
                self.returns.insert(key, types);
                news.returns.insert(key);
            }
        }
        for (key, types) in other.properties {
            let known = self.properties.entry(key.clone()).or_insert_with(Types::none);
            let before = known.clone();
            known.join(&types);
            if *known != before {
                news.properties.insert(key);
            }
        }
        for (key, given) in other.parameters {
            let known = self.parameters.entry(key).or_insert_with(|| vec![Types::none(); given.len()]);
            let before = known.clone();
            known.iter_mut().zip(&given).for_each(|(known, given)| known.join(given));
            if *known != before {
                news.parameters.insert(key);
            }
        }
        news
    }
}

/// A file after a round.
#[derive(Debug, Default)]
struct FileRound {
    bodies: Vec<BodyTypes>,
    learnt: Learnt,
    asked: Asked,
}

impl Resolution {
    /// Resolves the calls of a project in rounds: the later ones know what functions without a declared type
    /// return, what callers pass to parameters without one, and what constructors put into untyped properties.
    /// They visit only the files that asked for such a fact.
    #[must_use]
    pub fn build(index: &Index, specs: &Specs) -> Self {
        let mut learnt = Learnt::default();
        let ids: Vec<FileId> = index.files().map(|(id, _)| id).collect();
        let mut files: Vec<FileRound> =
            ids.par_iter().with_max_len(1).map(|file| resolve_file(index, specs, &learnt, *file)).collect();
        for _ in 0..LATER_ROUNDS {
            let mut round = Learnt::default();
            for file in &mut files {
                round.add(std::mem::take(&mut file.learnt));
            }
            let news = learnt.add(round);
            let visited = files.par_iter_mut().zip(&ids).with_max_len(1).map(|(round, file)| {
                let is_answered = round.asked.is_answered_by(&news);
                if is_answered {
                    *round = resolve_file(index, specs, &learnt, *file);
                }
                usize::from(is_answered)
            });
            if visited.sum::<usize>() == 0 {
                break;
            }
        }
        Self { files: files.into_iter().map(|round| round.bodies).collect(), empty: BodyTypes::default() }
    }

    /// The types and calls of a body.
    #[must_use]
    pub fn body(&self, key: BodyKey) -> &BodyTypes {
        self.files.get(key.file.0 as usize).and_then(|file| file.get(key.body.0 as usize)).unwrap_or(&self.empty)
    }

    /// What a call may reach.
    #[must_use]
    pub fn call(&self, key: BodyKey, expr: ExprId) -> Option<&Call> {
        self.body(key).call(expr)
    }
}

fn resolve_file(index: &Index, specs: &Specs, learnt: &Learnt, file: FileId) -> FileRound {
    let hir = index.hir(file);
    let mut resolver = FileResolver {
        index,
        specs,
        learnt,
        hir,
        file,
        bodies: hir.bodies.iter().map(|_| BodyTypes::default()).collect(),
        done: vec![false; hir.bodies.len()],
        out: Learnt::default(),
        asked: RefCell::default(),
    };
    for (id, body) in hir.bodies() {
        if !matches!(body.kind, BodyKind::Closure { .. }) {
            resolver.function(id);
        }
    }
    // Closures in initializers and in code that was never reached.
    for (id, _) in hir.bodies() {
        if !resolver.done[id.0 as usize] {
            resolver.body(id, &mut Variables::default(), &[]);
        }
    }
    FileRound { bodies: resolver.bodies, learnt: resolver.out, asked: resolver.asked.into_inner() }
}

type Variables = FxHashMap<Symbol, Types>;

struct FileResolver<'p> {
    index: &'p Index,
    specs: &'p Specs,
    learnt: &'p Learnt,
    hir: &'p FileHir,
    file: FileId,
    bodies: Vec<BodyTypes>,
    done: Vec<bool>,
    out: Learnt,
    asked: RefCell<Asked>,
}

impl<'p> FileResolver<'p> {
    fn key(&self, body: BodyId) -> BodyKey {
        BodyKey { file: self.file, body }
    }

    fn class_of(&self, body: &Body) -> Option<ClassKey> {
        body.class.map(|class| ClassKey { file: self.file, class })
    }

    fn hints(&self, class: Option<ClassKey>) -> HintReader<'p> {
        HintReader { index: self.index, hir: self.hir, class }
    }

    fn function(&mut self, id: BodyId) {
        self.body(id, &mut Variables::default(), &[]);
        let body = self.hir.body(id);
        let mut returned = Types::none();
        let mut returns_value = false;
        for statement in &body.statements {
            if let Statement::Return(Some(value)) = statement {
                returned.join(self.bodies[id.0 as usize].of(*value));
                returns_value = true;
            }
        }
        if returns_value {
            self.out.returns.insert(self.key(id), returned);
        }
    }

    /// Types the expressions of a body; `given` are the types that a caller knows for its parameters.
    fn body(&mut self, id: BodyId, variables: &mut Variables, given: &[Types]) {
        let hir = self.hir;
        let body = hir.body(id);
        let class = self.class_of(body);
        self.done[id.0 as usize] = true;
        self.bind_parameters(id, class, variables, given);
        for (_, name, hint) in &body.doc_variables {
            let types = self.hints(class).read(hint);
            if !types.is_unknown() {
                variables.insert(*name, types);
            }
        }
        // What a loop assigns late is read early in its next round.
        let rounds = usize::from(has_loop(body));
        for round in 0..=rounds {
            self.bodies[id.0 as usize] = BodyTypes { types: vec![Types::none(); body.exprs.len()], calls: Vec::new() };
            for (expr, _) in body.exprs() {
                let types = self.expr(id, expr, class, variables, round == rounds);
                self.bodies[id.0 as usize].types[expr.0 as usize] = types;
            }
            for statement in &body.statements {
                self.bind_statement(id, class, statement, variables);
            }
        }
        for value in &body.exprs {
            if let Expr::Closure(closure) = value
                && !self.done[closure.0 as usize]
            {
                self.closure(*closure, variables, &[]);
            }
        }
    }

    fn closure(&mut self, closure: BodyId, variables: &Variables, given: &[Types]) -> Types {
        let mut inner = variables.clone();
        self.body(closure, &mut inner, given);
        let body = self.hir.body(closure);
        let mut returned = Types::none();
        for statement in &body.statements {
            if let Statement::Return(Some(value)) = statement {
                returned.join(self.bodies[closure.0 as usize].of(*value));
            }
        }
        returned
    }

    fn bind_parameters(&self, id: BodyId, class: Option<ClassKey>, variables: &mut Variables, given: &[Types]) {
        let body = self.hir.body(id);
        if let Some(class) = class {
            variables.entry(Symbol::THIS).or_insert_with(|| Types::instance(self.index.class_name(class)));
        }
        let Some(signature) = self.index.signature(self.key(id)) else { return };
        let scope_model = self.scope_model(id, class);
        let is_closure = matches!(body.kind, BodyKind::Closure { .. });
        for (position, parameter) in signature.parameters.iter().enumerate() {
            let mut types = self.hints(class).read_both(parameter.hint.as_ref(), parameter.doc_type.as_ref());
            if let Some(known) = given.get(position)
                && !known.is_unknown()
                && !matches!(types.iter().next(), Some(Type::Instance(_)))
            {
                types = known.clone();
            }
            if position == 0
                && let Some(model) = &scope_model
            {
                types = Types::one(Type::Query(Some(Arc::clone(model))));
            }
            let names_any = types.iter().all(|one| match one {
                Type::Scalar | Type::Null => true,
                Type::ClassName(class) => **class == *MODEL,
                _ => false,
            });
            if (types.is_unknown() || names_any) && !parameter.variadic && !is_closure {
                self.asked.borrow_mut().parameters.insert(self.key(id));
                let given = self.learnt.parameters.get(&self.key(id)).and_then(|given| given.get(position));
                types = given.filter(|given| !given.is_unknown()).cloned().unwrap_or(types);
            }
            if parameter.variadic {
                types = types.many();
            }
            variables.insert(parameter.name, types);
        }
    }

    /// The model of a local scope's first parameter.
    fn scope_model(&self, id: BodyId, class: Option<ClassKey>) -> Option<Arc<str>> {
        let class = class?;
        let BodyKind::Method(_, index) = self.hir.body(id).kind else { return None };
        let method = &self.index.class(class).methods[index as usize];
        let name = self.hir.text(method.name);
        let is_scope = name.len() > 5 && name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("scope"))
            || method.attributes.iter().any(|attribute| {
                self.hir.text(attribute.name.name).eq_ignore_ascii_case("Illuminate\\Database\\Eloquent\\Attributes\\Scope")
            });
        (is_scope && self.index.is_model(class)).then(|| self.index.class_name(class).into())
    }

    fn bind_statement(&mut self, id: BodyId, class: Option<ClassKey>, statement: &Statement, variables: &mut Variables) {
        match statement {
            Statement::Foreach { subject, value, .. } => {
                let elements = self.bodies[id.0 as usize].of(*subject).elements();
                self.assign(id, class, *value, &elements, variables);
            }
            Statement::Try { catches, .. } => {
                for clause in catches {
                    let Some(variable) = clause.variable else { continue };
                    let types: Types = clause.types.iter().map(|name| Type::Instance(self.hir.text(name.name).into())).collect();
                    variables.entry(variable).or_insert_with(Types::none).join(&types);
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, id: BodyId, class: Option<ClassKey>, target: ExprId, types: &Types, variables: &mut Variables) {
        let hir = self.hir;
        let body = hir.body(id);
        match body.expr(target) {
            Expr::Variable(name) => variables.entry(*name).or_insert_with(Types::none).join(types),
            Expr::Property { receiver, name, .. } => {
                if let (Expr::Variable(this), MemberNameKind::Fixed(property), Some(class)) =
                    (body.expr(*receiver), name.kind, class)
                    && *this == Symbol::THIS
                    && !types.is_unknown()
                {
                    let key = (class, hir.text(property).to_owned());
                    self.out.properties.entry(key).or_insert_with(Types::none).join(types);
                }
            }
            Expr::Array(items) => {
                let elements = types.elements();
                for item in items.iter().filter_map(|item| item.value) {
                    self.assign(id, class, item, &elements, variables);
                }
            }
            _ => {}
        }
    }
}

fn has_loop(body: &Body) -> bool {
    body.statements
        .iter()
        .any(|statement| matches!(statement, Statement::Loop(..) | Statement::For { .. } | Statement::Foreach { .. }))
}
