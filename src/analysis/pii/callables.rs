//! Functions that are values: closures, names, methods that are handed on; what they are given, and what they return.

use super::calls::CallSite;
use super::definitions::Def;
use super::evaluator::Unit;
use super::value::{Treatment, Value};
use crate::finding::{Location, Message};
use crate::flow::Type;
use crate::hir::{Callee, Expr, ExprId, Literal};
use crate::index::BodyKey;
use crate::specs::Effect;

/// Closures within closures that are followed.
const CLOSURES: usize = 8;

/// A function that is a value.
pub(super) enum Callable {
    /// A closure.
    Closure(BodyKey),
    /// A function or method of the project.
    Code(BodyKey),
    /// Another function, by its name.
    Named(String),
}

impl<'p> Unit<'_, 'p> {
    /// The function that an expression is.
    pub(super) fn callable(&mut self, body: BodyKey, expr: ExprId) -> Option<Callable> {
        let index = self.project().index;
        match index.body(body).expr(expr) {
            Expr::Closure(closure) => Some(Callable::Closure(BodyKey { file: body.file, body: *closure })),
            Expr::Literal(Literal::String(name)) => {
                let name = self.text(body, *name);
                match (name.split_once("::"), index.function_named(name)) {
                    (Some((class, method)), _) => self.method_of(class, method),
                    (None, Some(function)) => Some(Callable::Code(index.function_body(function))),
                    (None, None) => Some(Callable::Named(name.to_owned())),
                }
            }
            // `[$this, 'name']`
            Expr::Array(items) => {
                let [object, method] = &**items else { return None };
                let method = self.key(body, method.value?)?;
                let types = self.types(body, object.value?);
                types.classes().chain(types.class_names()).find_map(|class| self.method_of(class, &method))
            }
            Expr::Call { callee, first_class: true, .. } => {
                let target = self.project().resolution.call(body, expr).and_then(|call| call.targets.first().copied());
                match (target, callee) {
                    (Some(target), _) => Some(Callable::Code(target)),
                    (None, Callee::Function(name)) => {
                        Some(Callable::Named(self.text(body, name.fallback.unwrap_or(name.name)).to_owned()))
                    }
                    _ => None,
                }
            }
            Expr::Variable(_) if self.is_only_closure(body, expr).is_some() => {
                self.is_only_closure(body, expr).map(Callable::Closure)
            }
            _ => {
                let types = self.types(body, expr);
                types.classes().find_map(|class| self.method_of(class, "__invoke"))
            }
        }
    }

    fn method_of(&self, class: &str, method: &str) -> Option<Callable> {
        let index = self.project().index;
        let method = index.find_method(index.resolve_class(class)?, method)?;
        Some(Callable::Code(index.method_body(method)))
    }

    /// The closure that a variable holds, where it holds nothing else.
    fn is_only_closure(&mut self, body: BodyKey, variable: ExprId) -> Option<BodyKey> {
        let flow = self.evaluator.flow(body);
        let [definition] = flow.reads.get(&variable)?.as_slice() else { return None };
        let (_, Def::Assigned(value, parts)) = &flow.defs[*definition as usize] else { return None };
        match self.project().index.body(body).expr(*value) {
            Expr::Closure(closure) if parts.is_empty() => Some(BodyKey { file: body.file, body: *closure }),
            _ => None,
        }
    }

    /// What a function returns where it is given these values.
    pub(super) fn applied(&mut self, callable: &Callable, given: Vec<Value>, at: Location) -> Value {
        match callable {
            Callable::Closure(closure) => self.closure_returns(*closure, given, at),
            Callable::Code(target) => {
                if let Some(facts) = self.evaluator.sanitizer(*target) {
                    return self.sanitized(given.into_iter().next().unwrap_or_default(), &facts, at);
                }
                let Some(summary) = self.evaluator.summary(*target, self.depth) else {
                    return Value::unknown(Message::new("pii.reason.deep"), at);
                };
                self.substitute(&summary.returns, &mut |unit, parameter| {
                    let actual = given.get(usize::from(parameter.position)).cloned().unwrap_or_default();
                    unit.follow(actual, parameter)
                })
            }
            Callable::Named(name) => {
                let mut whole = Value::default();
                given.iter().for_each(|value| whole.join(value));
                let name = name.trim_start_matches('\\').to_ascii_lowercase();
                match self.project().specs.taints().effect(&name).map(|(effect, _)| effect) {
                    Some(Effect::Clean) => Value::default(),
                    Some(Effect::Pseudonym) => Self::treated(&whole, Treatment::Pseudonym),
                    Some(Effect::Mask) => Self::treated(&whole, Treatment::Mask),
                    Some(Effect::Sanitize(None)) => Self::treated(&whole, Treatment::Sanitizer),
                    _ => whole.after(at, &Message::new("pii.step.through").text("name", name)),
                }
            }
        }
    }

    /// What a closure returns where it is given these values.
    pub(super) fn closure_returns(&mut self, closure: BodyKey, given: Vec<Value>, at: Location) -> Value {
        if self.elements.len() >= CLOSURES {
            return Value::unknown(Message::new("pii.reason.deep"), at);
        }
        let flow = self.evaluator.flow(closure);
        let has_given = !given.is_empty();
        if has_given {
            self.elements.push((closure.body, given));
        }
        let mut value = Value::default();
        for returned in &flow.returns {
            value.join(&self.eval(closure, *returned));
        }
        if has_given {
            self.elements.pop();
        }
        value
    }

    /// What the closures return that a call is given of which nothing else is known: `DB::transaction(fn () => …)`.
    pub(super) fn of_closures(&mut self, site: &CallSite<'p>) -> Option<Value> {
        let code = self.project().index.body(site.body);
        let mut found: Option<Value> = None;
        for argument in site.arguments {
            if let Expr::Closure(closure) = code.expr(argument.value) {
                let closure = BodyKey { file: site.body.file, body: *closure };
                let returned = self.closure_returns(closure, Vec::new(), site.at);
                found.get_or_insert_with(Value::default).join(&returned);
            }
        }
        found
    }

    /// `call_user_func($f, $x)`, `value($f)`, `with($x, $f)`
    pub(super) fn called_by_function(&mut self, site: &CallSite<'p>, name: &str) -> Option<Value> {
        let first = site.arguments.first()?.value;
        let is_behind = matches!(name, "with" | "transform");
        let function = if is_behind { site.arguments.get(1).map(|function| function.value) } else { Some(first) };
        let callable = function.and_then(|function| self.callable(site.body, function));
        let Some(callable) = callable else {
            return matches!(name, "with" | "value").then(|| self.eval(site.body, first));
        };
        if let (Callable::Named(_), "value") = (&callable, name) {
            return Some(Value::default());
        }
        let given: Vec<Value> = match name {
            "with" | "transform" => vec![self.eval(site.body, first)],
            "call_user_func_array" => {
                let list = site.arguments.get(1).map_or_else(Value::default, |list| self.eval(site.body, list.value));
                let count = list.shape.as_ref().map_or(1, |shape| shape.items.len().max(1));
                (0..count).map(|position| self.element(&list, Some(&position.to_string()), None, site.at)).collect()
            }
            _ => site.arguments.iter().skip(1).map(|argument| self.eval(site.body, argument.value)).collect(),
        };
        Some(self.applied(&callable, given, site.at))
    }

    /// The callback and the list of a call: of a method the object, of a function by their positions.
    fn callback_and_list(&mut self, site: &CallSite<'p>) -> (Option<Callable>, Value) {
        let is_callback_first = site.name.is_some_and(|name| name.eq_ignore_ascii_case("array_map"));
        let (function, list) = match site.receiver {
            Some(receiver) => (site.arguments.first(), Some(receiver)),
            None if is_callback_first => (site.arguments.first(), site.arguments.get(1).map(|list| list.value)),
            None => (site.arguments.get(1), site.arguments.first().map(|list| list.value)),
        };
        let callable = function.and_then(|function| self.callable(site.body, function.value));
        let whole = list.map_or_else(Value::default, |list| self.eval(site.body, list));
        (callable, whole)
    }

    /// What the callback of a call makes of each element.
    pub(super) fn mapped(&mut self, site: &CallSite<'p>) -> Value {
        let (callable, whole) = self.callback_and_list(site);
        let elements = self.element(&whole, None, None, site.at);
        let mut value = Value::default();
        match callable {
            Some(callable) => {
                let returned = self.applied(&callable, vec![elements], site.at);
                value.set(None, returned);
            }
            None => value.set(None, elements),
        }
        value
    }

    /// What the callback of a call makes of all elements, one after the other.
    pub(super) fn folded(&mut self, site: &CallSite<'p>) -> Value {
        let (callable, whole) = self.callback_and_list(site);
        let elements = self.element(&whole, None, None, site.at);
        let first = site.arguments.get(if site.receiver.is_some() { 1 } else { 2 });
        let mut value = first.map_or_else(Value::default, |first| self.eval(site.body, first.value));
        let Some(callable) = callable else {
            value.join(&elements);
            return value;
        };
        // Twice, so that what the first element leaves goes in beside the second.
        for _ in 0..2 {
            let next = self.applied(&callable, vec![value.clone(), elements.clone()], site.at);
            value.join(&next);
        }
        value
    }

    /// What a closure is given by the call that takes it.
    pub(super) fn consumed(&mut self, closure: BodyKey, position: u16, at: Location) -> Value {
        let index = self.project().index;
        let unknown = || Value::unknown(Message::new("pii.reason.closure"), at);
        let Some(parent) = index.closure_parent(closure) else { return unknown() };
        let flow = self.evaluator.flow(parent);
        let Some((call, _)) = flow.consumers.get(&closure.body).copied() else { return unknown() };
        let Some(site) = self.site(parent, call) else { return unknown() };
        let whole = match (site.receiver, site.name.map(str::to_ascii_lowercase).as_deref()) {
            (Some(receiver), _) => self.eval(parent, receiver),
            (None, Some("array_map")) => site.arguments.get(1).map_or_else(Value::default, |list| self.eval(parent, list.value)),
            (None, Some("array_filter" | "array_walk" | "array_walk_recursive" | "tap" | "with" | "usort")) => {
                site.arguments.first().map_or_else(Value::default, |list| self.eval(parent, list.value))
            }
            _ => return unknown(),
        };
        let is_whole = matches!(site.name, Some("tap" | "with" | "pipe" | "when" | "unless"));
        let is_row =
            self.types(parent, site.receiver.unwrap_or(call)).iter().any(|one| matches!(one, Type::Query(_) | Type::TableQuery));
        if position > 0 || is_row {
            return unknown();
        }
        if is_whole { whole } else { self.element(&whole, None, None, at) }
    }
}
