//! Which queries a cache call stores: those that run in its callback, or that its value was computed from, over one or
//! two method calls.

use std::collections::{BTreeMap, BTreeSet};

use super::cached::{CacheCall, CachePrefix, settle};
use super::client::QueryClient;
use super::query::{Entry, EntryQueries};
use crate::finding::{FileId, Location};
use crate::flow::{CallGraph, Project, SummaryTable};
use crate::hir::{Body, Callee, ClassRef, Expr, ExprId, Statement, Symbol};
use crate::index::{BodyKey, Index};

/// Methods followed from a callback to the query.
const CALLS: usize = 3;

/// A query and a cache call that stores its result.
#[derive(Clone, Debug, PartialEq)]
pub struct CachedQuery {
    /// Where the query begins.
    pub entry: Entry,
    /// The cache call, once for each caller that tells more of its key.
    pub calls: Vec<CacheCall>,
}

/// What is known about the cache of a project.
#[derive(Clone, Debug, Default)]
pub struct CacheUse {
    /// Queries and the cache calls that store them, in order of their places.
    pub pairs: Vec<CachedQuery>,
    /// Where a prefix of all keys is set, and to what.
    pub prefixes: Vec<CachePrefix>,
}

impl CacheUse {
    /// Pairs the cache calls of a project with its queries.
    pub(super) fn build(
        project: Project<'_>,
        graph: &CallGraph,
        summaries: &SummaryTable<QueryClient>,
        queries: &BTreeMap<Entry, EntryQueries>,
    ) -> Self {
        let mut calls: BTreeMap<Location, Vec<CacheCall>> = BTreeMap::new();
        let mut prefixes = Vec::new();
        for (_, summary) in summaries.iter() {
            for call in &summary.effects.cache_calls {
                calls.entry(call.at).or_default().push(call.clone());
            }
            prefixes.extend(summary.effects.cache_prefixes.iter().cloned());
        }
        if calls.is_empty() {
            return Self { pairs: Vec::new(), prefixes };
        }
        let places = Places::of(queries);
        let mut pairs: BTreeMap<(Entry, Location), Vec<CacheCall>> = BTreeMap::new();
        for (at, mut told) in calls {
            settle(&mut told, graph);
            for call in told {
                for entry in entries_in(project, &call, &places) {
                    pairs.entry((entry.clone(), at)).or_default().push(call.clone());
                }
            }
        }
        let pairs = pairs.into_iter().map(|((entry, _), calls)| CachedQuery { entry, calls }).collect();
        Self { pairs, prefixes }
    }
}

/// The places at which queries begin or are sent, by file.
struct Places<'q>(BTreeMap<FileId, Vec<(Location, &'q Entry)>>);

impl<'q> Places<'q> {
    fn of(queries: &'q BTreeMap<Entry, EntryQueries>) -> Self {
        let mut places: BTreeMap<FileId, Vec<(Location, &Entry)>> = BTreeMap::new();
        for (entry, queries) in queries {
            let sent =
                queries.executions.iter().flat_map(|sent| std::iter::once(sent.at).chain(sent.through_call.iter().copied()));
            for at in std::iter::once(entry.at).chain(sent) {
                places.entry(at.file).or_default().push((at, entry));
            }
        }
        Self(places)
    }

    fn within(&self, region: Location, found: &mut BTreeSet<&'q Entry>) {
        let inside = |at: &Location| at.span.start >= region.span.start && at.span.end <= region.span.end;
        found.extend(self.0.get(&region.file).into_iter().flatten().filter(|(at, _)| inside(at)).map(|(_, entry)| *entry));
    }
}

/// The queries that run for what a call stores.
fn entries_in<'q>(project: Project<'_>, call: &CacheCall, places: &Places<'q>) -> BTreeSet<&'q Entry> {
    let mut found = BTreeSet::new();
    let mut functions: BTreeSet<BodyKey> = BTreeSet::new();
    let mut next: BTreeSet<BodyKey> = BTreeSet::new();
    for (body, expr) in &call.stored {
        for part in slice(project.index, *body, *expr) {
            let region = Location::new(body.file, project.index.body(*body).expr_span(part));
            places.within(region, &mut found);
            called_in(project, *body, region, &mut next);
            array_callable(project.index, *body, part, &mut next);
        }
    }
    for _ in 0..CALLS {
        let round: Vec<BodyKey> = next.iter().copied().filter(|function| functions.insert(*function)).collect();
        next.clear();
        for function in round {
            let region = Location::new(function.file, project.index.body(function).span);
            places.within(region, &mut found);
            called_in(project, function, region, &mut next);
        }
    }
    found
}

/// The functions of the project that are called inside a region of a body, closures included.
fn called_in(project: Project<'_>, body: BodyKey, region: Location, found: &mut BTreeSet<BodyKey>) {
    let mut bodies = project.index.closures_within(body);
    bodies.push(body);
    for key in bodies {
        let code = project.index.body(key);
        for (expr, call) in project.resolution.body(key).calls() {
            let span = code.expr_span(expr);
            let inside = span.start >= region.span.start && span.end <= region.span.end;
            let builds = matches!(code.expr(expr), Expr::Call { callee: Callee::New(_), .. });
            if inside && !builds {
                found.extend(call.targets.iter().copied());
            }
        }
    }
}

/// `[$this, 'compute']`
fn array_callable(index: &Index, body: BodyKey, expr: ExprId, found: &mut BTreeSet<BodyKey>) {
    let code = index.body(body);
    let hir = index.hir(body.file);
    let Expr::Array(items) = code.expr(expr) else { return };
    let [object, method] = &**items else { return };
    let (Some(object), Some(method)) = (object.value, method.value) else { return };
    let is_own = match code.expr(object) {
        Expr::Variable(name) => *name == Symbol::THIS,
        Expr::ClassConstant(class, _) => matches!(class, ClassRef::SelfClass | ClassRef::StaticClass),
        _ => false,
    };
    let Expr::Literal(crate::hir::Literal::String(name)) = code.expr(method) else { return };
    let class = index.body_class(body).filter(|_| is_own);
    let method = class.and_then(|class| index.find_method(class, hir.text(*name)));
    found.extend(method.map(|method| index.method_body(method)));
}

/// An expression and those that its variables were assigned from before it, backwards.
fn slice(index: &Index, body: BodyKey, expr: ExprId) -> Vec<ExprId> {
    let code = index.body(body);
    let before = code.expr_span(expr).start;
    let mut parts = vec![expr];
    let mut names: BTreeSet<Symbol> = BTreeSet::new();
    let mut next = 0;
    while let Some(part) = parts.get(next).copied() {
        next += 1;
        for name in variables_in(index, body, part) {
            if names.insert(name) {
                assigned_to(code, name, before, &mut parts);
            }
        }
    }
    parts
}

fn assigned_to(code: &Body, name: Symbol, before: u32, parts: &mut Vec<ExprId>) {
    for (id, expr) in code.exprs() {
        let (target, value) = match expr {
            Expr::Assign { target, value, .. } | Expr::CompoundAssign(_, target, value) => (*target, *value),
            _ => continue,
        };
        if code.expr_span(id).start < before && is_target(code, target, name) && !parts.contains(&value) {
            parts.push(value);
        }
    }
    for statement in &code.statements {
        if let Statement::Foreach { subject, value, .. } = statement
            && is_target(code, *value, name)
            && !parts.contains(subject)
        {
            parts.push(*subject);
        }
    }
}

fn is_target(code: &Body, target: ExprId, name: Symbol) -> bool {
    match code.expr(target) {
        Expr::Variable(own) => *own == name,
        Expr::Index(base, _) => is_target(code, *base, name),
        Expr::Array(items) => items.iter().filter_map(|item| item.value).any(|item| is_target(code, item, name)),
        _ => false,
    }
}

/// The variables that an expression names, those of the closures in it included; `$this` is none.
fn variables_in(index: &Index, body: BodyKey, expr: ExprId) -> BTreeSet<Symbol> {
    let hir = index.hir(body.file);
    let mut names = BTreeSet::new();
    let mut waiting = vec![(body, expr)];
    while let Some((key, expr)) = waiting.pop() {
        let code = index.body(key);
        match code.expr(expr) {
            Expr::Variable(name) if hir.text(*name) != "this" => {
                names.insert(*name);
            }
            Expr::Closure(inner) => {
                let inner = BodyKey::new(body.file, *inner);
                let all = index.body(inner).exprs();
                waiting.extend(
                    all.filter(|(_, expr)| matches!(expr, Expr::Variable(_) | Expr::Closure(_))).map(|(id, _)| (inner, id)),
                );
            }
            other => other.for_each_operand(|operand| waiting.push((key, operand))),
        }
    }
    names
}
