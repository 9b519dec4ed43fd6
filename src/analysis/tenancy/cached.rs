//! Calls that store a value in the cache: under which key, and what.

use super::client::{QueryClient, QueryEvent, QueryMachine, QueryState, QueryValue};
use crate::finding::Location;
use crate::flow::{CallGraph, Given, Origin, Origins, Root, Summary, Value, actual_of};
use crate::hir::{Expr, ExprId};
use crate::index::BodyKey;
use crate::specs::CacheMethod;

/// A call that stores a value in the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheCall {
    /// The call.
    pub at: Location,
    /// The key's expression.
    pub key_at: Location,
    /// Where the parts of the key come from, tags included.
    pub key: Origins,
    /// The function that the parts are told of: the one that holds the call, or one of its callers.
    pub function: BodyKey,
    /// What is stored: expressions, among them closures.
    pub stored: Vec<(BodyKey, ExprId)>,
    /// The parameter that is stored, or called for what is stored.
    pub parameter: Option<u16>,
    /// The spec row of the method.
    pub spec: String,
    /// The calls through which it was told to a caller, the innermost first.
    pub through: Vec<Location>,
}

/// A prefix that is put before all keys of the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct CachePrefix {
    /// Where it is set.
    pub at: Location,
    /// The function that sets it.
    pub function: BodyKey,
    /// Where its parts come from.
    pub value: Origins,
}

/// Calls through which a cache call is followed to its callers.
const DEPTH: usize = 3;
/// Stores that live no longer than the request.
const SHORT_LIVED: [&str; 2] = ["array", "null"];
/// What marks a store that lives no longer than the request, and one that does; neither says anything about a tenant.
const SHORT: Root = Root::Runtime;
const LASTING: Root = Root::Environment;

/// A call as it concerns the cache; `None` where it does not.
pub(super) fn call(machine: &mut QueryMachine<'_>, state: &QueryState, event: &QueryEvent<'_>) -> Option<QueryValue> {
    let symbol = event.call.symbol.as_deref()?;
    note_prefix(machine, symbol, event);
    let caches = machine.project.specs.caches();
    let Some((method, spec)) = caches.method(symbol) else {
        if symbol == "cache" && !event.arguments.is_empty() {
            store_array(machine, state, event);
        }
        return None;
    };
    match method {
        CacheMethod::Tags => {
            let mut origins = told_by_receiver(machine, event);
            event.arguments.iter().for_each(|given| {
                origins.join(&given.value.origins);
            });
            Some(Value::from_origins(origins))
        }
        CacheMethod::Select => {
            let is_short = event.arguments.first().and_then(|given| given.value.text());
            let is_short = is_short.is_some_and(|name| SHORT_LIVED.contains(&name));
            let mut origins = told_by_receiver(machine, event);
            origins.insert(Origin::of(if is_short { SHORT } else { LASTING }));
            Some(Value::from_origins(origins))
        }
        CacheMethod::Store { key, stored } => {
            let spec = spec.to_owned();
            let mut origins = told_by_receiver(machine, event);
            // On one path at least the value stays.
            if origins.any(|origin| origin.root == SHORT) && !origins.any(|origin| origin.root == LASTING) {
                return None;
            }
            let key = event.argument(key, "key")?;
            let stored = event.argument(stored, "value").or_else(|| named(event, &["callback", "values"]))?;
            origins.join(&key.value.origins);
            let key_at = machine.location(key.expr);
            note(machine, event, origins, key_at, stored, spec);
            None
        }
    }
}

fn named<'e>(event: &'e QueryEvent<'_>, names: &[&str]) -> Option<&'e Given<super::state::QueryFact>> {
    event.arguments.iter().find(|given| given.name.as_deref().is_some_and(|name| names.contains(&name)))
}

/// What tags and selected stores said; a cache at hand says nothing.
fn told_by_receiver(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Origins {
    let Some(receiver) = event.receiver else { return Origins::none() };
    let code = machine.project.index.body(machine.body);
    let is_chain = match code.expr(event.expr) {
        Expr::Call { callee: crate::hir::Callee::Method { receiver, .. }, .. } => {
            matches!(code.expr(*receiver), Expr::Call { .. })
        }
        _ => false,
    };
    let mut origins = Origins::none();
    let is_told = |origin: &&Origin| is_chain || !matches!(origin.root, Root::This | Root::Parameter(_));
    let is_known = |origin: &&Origin| !matches!(origin.root, Root::Unknown | Root::Call(_));
    receiver.origins.iter().filter(is_told).filter(is_known).for_each(|origin| origins.insert(origin.clone()));
    origins
}

/// `cache(['key' => $value], $seconds)`
fn store_array(machine: &mut QueryMachine<'_>, state: &QueryState, event: &QueryEvent<'_>) {
    let Some(given) = event.arguments.first() else { return };
    let code = machine.project.index.body(machine.body);
    let Expr::Array(items) = code.expr(given.expr) else { return };
    let recording = std::mem::replace(&mut machine.recording, false);
    let keys: Vec<ExprId> = items.iter().filter_map(|item| item.key).collect();
    let mut origins = Origins::none();
    for key in &keys {
        origins.join(&machine.eval(&mut state.clone(), *key).origins);
    }
    machine.recording = recording;
    if let Some(first) = keys.first() {
        let key_at = machine.location(*first);
        note(machine, event, origins, key_at, given, "laravel/cache#values".to_owned());
    }
}

fn note(
    machine: &mut QueryMachine<'_>,
    event: &QueryEvent<'_>,
    key: Origins,
    key_at: Location,
    stored: &Given<super::state::QueryFact>,
    spec: String,
) {
    if !machine.recording {
        return;
    }
    let (exprs, parameter) = what_is_stored(machine, event.body, stored);
    let parameter = parameter.filter(|position| !key.any(|origin| origin.root == Root::Parameter(*position)));
    let call =
        CacheCall { at: event.at, key_at, key, function: machine.function, stored: exprs, parameter, spec, through: Vec::new() };
    if !machine.effects.cache_calls.contains(&call) {
        machine.effects.cache_calls.push(call);
    }
}

/// A parameter counts as what is stored where it stands there itself: what is only computed from it may be as much a
/// function of the key.
fn what_is_stored(
    machine: &QueryMachine<'_>,
    body: BodyKey,
    stored: &Given<super::state::QueryFact>,
) -> (Vec<(BodyKey, ExprId)>, Option<u16>) {
    let index = machine.project.index;
    let named = match index.body(body).expr(stored.expr) {
        Expr::Variable(name) => index.signature(index.enclosing(body)).and_then(|signature| {
            let position = signature.parameters.iter().position(|parameter| parameter.name == *name)?;
            u16::try_from(position).ok()
        }),
        _ => None,
    };
    let parameter = named.filter(|position| {
        stored.value.origins.any(|origin| origin.path.is_empty() && origin.root == Root::Parameter(*position))
    });
    (vec![(body, stored.expr)], parameter)
}

/// Tells the cache calls of a callee once more, with what this call passes.
pub(super) fn lift(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>, summary: &Summary<QueryClient>) {
    if !machine.recording {
        return;
    }
    for known in &summary.effects.cache_calls {
        let is_open = known.parameter.is_some() || known.key.any(|origin| matches!(origin.root, Root::Parameter(_)));
        if !is_open || known.through.len() >= DEPTH {
            continue;
        }
        let mut told = known.clone();
        told.key = told.key.substitute(&|origin| match origin.root {
            Root::Parameter(_) => actual_of(event, origin),
            _ => None,
        });
        if let Some(given) = known.parameter.and_then(|position| event.arguments.get(position as usize)) {
            let (exprs, parameter) = what_is_stored(machine, event.body, given);
            told.stored.extend(exprs);
            told.parameter = parameter;
        }
        told.function = machine.function;
        told.through.push(event.at);
        if !machine.effects.cache_calls.contains(&told) {
            machine.effects.cache_calls.push(told);
        }
    }
}

/// `config(['cache.prefix' => …])`, `Config::set('cache.prefix', …)`, `Cache::setPrefix(…)`
fn note_prefix(machine: &mut QueryMachine<'_>, symbol: &str, event: &QueryEvent<'_>) {
    let caches = machine.project.specs.caches();
    let Some(first) = event.arguments.first().filter(|_| machine.recording) else { return };
    let value = if symbol.ends_with("::setPrefix") {
        Some(&first.value)
    } else if symbol.ends_with("::set") && first.value.text().is_some_and(|key| caches.is_prefix(key)) {
        event.arguments.get(1).map(|given| &given.value)
    } else if symbol == "config" {
        let items = first.value.shape.as_ref().map(|shape| &shape.items);
        items.into_iter().flatten().find_map(|(key, value)| match key {
            crate::index::ConstantKey::String(key) if caches.is_prefix(key) => Some(value),
            _ => None,
        })
    } else {
        None
    };
    if let Some(value) = value {
        let prefix = CachePrefix { at: event.at, function: machine.function, value: value.origins.clone() };
        machine.effects.cache_prefixes.push(prefix);
    }
}

/// Leaves out calls by an argument where every call of their function tells what it passes.
pub(super) fn settle(calls: &mut Vec<CacheCall>, graph: &CallGraph) {
    let is_told = |call: &CacheCall| {
        let is_open = call.parameter.is_some() || call.key.any(|origin| matches!(origin.root, Root::Parameter(_)));
        let mut callers = graph.callers(call.function).peekable();
        is_open
            && callers.peek().is_some()
            && callers.all(|caller| {
                calls.iter().any(|told| {
                    told.function == caller
                        && told.at == call.at
                        && told.through.len() == call.through.len() + 1
                        && told.through[..call.through.len()] == call.through[..]
                })
            })
    };
    let keep: Vec<bool> = calls.iter().map(|call| !is_told(call)).collect();
    let mut keep = keep.into_iter();
    calls.retain(|_| keep.next().unwrap_or(true));
}
