//! Calls that the framework makes on a function's behalf: a listener of an event that it fires, the job that it
//! dispatches, the form request among its parameters, what it makes and hands over.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::flow::{CallGraph, Project};
use crate::hir::{Callee, ClassRef, Expr, TypeHint};
use crate::index::{BodyKey, ClassKey, Constant, ConstantKey, Index};

/// Calls that stand in no code, by their caller.
#[derive(Debug, Default)]
pub(super) struct ImpliedCalls {
    calls: BTreeMap<BodyKey, Vec<BodyKey>>,
}

impl ImpliedCalls {
    pub(super) fn build(project: Project<'_>, graph: &CallGraph, paths: &[String]) -> Self {
        let reader = Reader { project, graph, listeners: listeners(project.index, paths), uncalled: FxHashMap::default() };
        reader.run()
    }

    pub(super) fn of(&self, caller: BodyKey) -> &[BodyKey] {
        self.calls.get(&caller).map_or(&[], Vec::as_slice)
    }
}

struct Reader<'p> {
    project: Project<'p>,
    graph: &'p CallGraph,
    listeners: FxHashMap<ClassKey, Vec<BodyKey>>,
    /// The methods of a class that no code calls.
    uncalled: FxHashMap<ClassKey, Vec<BodyKey>>,
}

impl Reader<'_> {
    fn run(mut self) -> ImpliedCalls {
        let index = self.project.index;
        let mut implied = ImpliedCalls::default();
        for (key, body) in index.bodies() {
            let mut called = Vec::new();
            if let Some(signature) = index.signature(key) {
                let hints = signature.parameters.iter().filter_map(|parameter| parameter.hint.as_ref());
                for class in hints.filter_map(|hint| named_class(index, key, hint)) {
                    if index.is_a(class, "Illuminate\\Foundation\\Http\\FormRequest") {
                        called.extend(index.all_methods(class).into_iter().map(|(_, method)| index.method_body(method)));
                    }
                }
            }
            for expr in &body.exprs {
                let Expr::Call { callee, .. } = expr else { continue };
                let class = match callee {
                    Callee::New(class) => class_named(index, key, *class),
                    Callee::Static { class, .. } => class_named(index, key, *class).filter(|class| hands_over(index, *class)),
                    _ => None,
                };
                if let Some(class) = class {
                    called.extend_from_slice(self.listeners.get(&class).map_or(&[], Vec::as_slice));
                    called.extend_from_slice(self.uncalled(class));
                }
            }
            if !called.is_empty() {
                called.sort_unstable();
                called.dedup();
                implied.calls.entry(key).or_default().extend(called.iter().copied());
                let function = index.enclosing(key);
                if function != key {
                    implied.calls.entry(function).or_default().append(&mut called);
                }
            }
        }
        implied
    }

    /// What is made and handed over is called by who takes it: methods that no code of the project calls.
    fn uncalled(&mut self, class: ClassKey) -> &[BodyKey] {
        let index = self.project.index;
        let graph = self.graph;
        self.uncalled.entry(class).or_insert_with(|| {
            let is_queued = index.is_a(class, "Illuminate\\Contracts\\Queue\\ShouldQueue");
            if is_queued || index.is_model(class) {
                return Vec::new();
            }
            let methods = index.class(class).methods.iter();
            let bodies = methods.filter(|method| !method.is_abstract).map(|method| BodyKey::new(class.file, method.body));
            bodies.filter(|body| graph.callers(*body).next().is_none()).collect()
        })
    }
}

/// The class that a body names.
pub(super) fn class_named(index: &Index, key: BodyKey, class: ClassRef) -> Option<ClassKey> {
    match class {
        ClassRef::Named(name) => index.resolve_class(index.hir(key.file).text(name.name)),
        ClassRef::Anonymous(class) => Some(ClassKey::new(key.file, class)),
        _ => None,
    }
}

/// A class whose static methods make an object of it and hand it over: `SendReminder::dispatch()`, `CustomerResource::make()`.
fn hands_over(index: &Index, class: ClassKey) -> bool {
    const TRAITS: [&str; 2] = ["Illuminate\\Foundation\\Bus\\Dispatchable", "Illuminate\\Foundation\\Events\\Dispatchable"];
    index.is_a(class, "Illuminate\\Http\\Resources\\Json\\JsonResource")
        || TRAITS.iter().any(|name| index.uses_trait(class, name))
}

pub(super) fn named_class(index: &Index, key: BodyKey, hint: &TypeHint) -> Option<ClassKey> {
    match hint {
        TypeHint::Named(name) => index.resolve_class(index.hir(key.file).text(*name)),
        TypeHint::Union(hints) | TypeHint::Intersection(hints) => hints.iter().find_map(|hint| named_class(index, key, hint)),
        _ => None,
    }
}

/// The methods that answer each event: by `$listen` of providers, `Event::listen`, and the type of their parameter.
fn listeners(index: &Index, paths: &[String]) -> FxHashMap<ClassKey, Vec<BodyKey>> {
    let mut found: FxHashMap<ClassKey, FxHashSet<BodyKey>> = FxHashMap::default();
    let mut add = |event: ClassKey, listener: ClassKey, method: &str| {
        if index.is_a(listener, "Illuminate\\Contracts\\Queue\\ShouldQueue") {
            return;
        }
        let method = index.find_method(listener, method).or_else(|| index.find_method(listener, "__invoke"));
        if let Some(method) = method {
            found.entry(event).or_default().insert(index.method_body(method));
        }
    };
    for class in index.classes() {
        if let Some((_, property)) = index.find_property(class, "listen").filter(|_| is_event_provider(index, class))
            && let Some(map) = property.default.and_then(|map| index.constant_value(class.file, map, Some(class)))
        {
            for (event, listener) in listed(index, &map) {
                add(event, listener, "handle");
            }
        }
        let path = paths.get(class.file.0 as usize).map_or("", String::as_str);
        if !path.contains("Listeners/") {
            continue;
        }
        for method in &index.class(class).methods {
            let name = index.hir(class.file).text(method.name);
            let parameter = method.signature.parameters.first().and_then(|parameter| parameter.hint.as_ref());
            let body = BodyKey::new(class.file, method.body);
            if (name.starts_with("handle") || name == "__invoke")
                && let Some(event) = parameter.and_then(|hint| named_class(index, body, hint))
            {
                add(event, class, name);
            }
        }
    }
    found
        .into_iter()
        .map(|(event, bodies)| {
            let mut bodies: Vec<BodyKey> = bodies.into_iter().collect();
            bodies.sort_unstable();
            (event, bodies)
        })
        .collect()
}

fn is_event_provider(index: &Index, class: ClassKey) -> bool {
    index.is_a(class, "Illuminate\\Foundation\\Support\\Providers\\EventServiceProvider")
}

fn listed(index: &Index, map: &Constant) -> Vec<(ClassKey, ClassKey)> {
    let mut pairs = Vec::new();
    for (key, value) in map.as_array().unwrap_or_default() {
        let ConstantKey::String(event) = key else { continue };
        let Some(event) = index.resolve_class(event) else { continue };
        let named = value.strings().unwrap_or_default();
        pairs.extend(named.iter().filter_map(|name| index.resolve_class(name)).map(|listener| (event, listener)));
    }
    pairs
}
