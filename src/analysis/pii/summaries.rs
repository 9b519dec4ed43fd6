//! Across functions: what a callee returns, what callers give, what a class keeps in its properties.

use std::rc::Rc;
use std::sync::Arc;

use super::definitions::Def;
use super::eval::{Evaluator, Summary, Unit, is_plain};
use super::value::{Given, Shape, Unknown, Value};
use crate::finding::{Location, Message};
use crate::hir::{Argument, Expr, ExprId, MemberNameKind};
use crate::index::{BodyKey, ClassKey};

/// Callers that are asked for one parameter.
const CALLERS: usize = 64;
/// Callers of callers that are asked.
pub(super) const UP: u8 = 3;
/// Functions within functions that are followed from a sink.
pub(super) const DOWN: u8 = 4;

impl Evaluator<'_> {
    /// What a function does in terms of its parameters. `None` where it is too deep.
    pub(super) fn summary(&mut self, body: BodyKey, depth: u8) -> Option<Rc<Summary>> {
        let index = self.project.index;
        let signature = index.signature(body)?;
        if signature.return_hint.as_ref().is_some_and(is_plain) && !signature.parameters.iter().any(|one| one.by_reference) {
            return Some(Rc::default());
        }
        if depth == 0 {
            return None;
        }
        if let Some(summary) = self.summaries.get(&(body, depth)) {
            return Some(Rc::clone(summary));
        }
        let mut unit = Unit::new(self, depth - 1);
        unit.prepare(body);
        let summary = Rc::new(unit.summarize(body));
        self.summaries.insert((body, depth), Rc::clone(&summary));
        Some(summary)
    }

    /// What the calls of a function give for a parameter; unknown where nobody calls it.
    pub(super) fn given_by_callers(&mut self, body: BodyKey, position: u16, up: u8) -> Value {
        if let Some(value) = self.given.get(&(body, position, up)) {
            return value.clone();
        }
        let value = self.asked_callers(body, position, up);
        self.given.insert((body, position, up), value.clone());
        value
    }

    fn asked_callers(&mut self, body: BodyKey, position: u16, up: u8) -> Value {
        let index = self.project.index;
        let Some(parameter) = index.signature(body).and_then(|signature| signature.parameters.get(position as usize)) else {
            return Value::default();
        };
        let at = Location::new(body.file, parameter.span);
        let name = index.hir(body.file).text(parameter.name);
        let open = |template| {
            let unknown = Unknown { why: Message::new(template).text("name", name), at, word: Some(name.into()), through: false };
            Value { unknown: Some(unknown), ..Value::default() }
        };
        let callers: Vec<BodyKey> = self.graph.callers(body).take(CALLERS + 1).collect();
        if callers.is_empty() {
            return open("pii.reason.no-caller");
        }
        if callers.len() > CALLERS || up == 0 {
            return open("pii.reason.many-callers");
        }
        let mut found: Option<Value> = None;
        for caller in callers {
            let within: Vec<BodyKey> = std::iter::once(caller).chain(index.closures_within(caller)).collect();
            for inner in within {
                let calls = self.project.resolution.body(inner).calls();
                let calls: Vec<ExprId> = calls.filter(|(_, call)| call.targets.contains(&body)).map(|(expr, _)| expr).collect();
                for call in calls {
                    let Some(value) = self.given_by(inner, call, body, position, up) else { continue };
                    match &mut found {
                        Some(found) => found.join(&value),
                        None => found = Some(value),
                    }
                }
            }
        }
        let mut value = found.unwrap_or_else(|| open("pii.reason.no-caller"));
        // A part of a dump of which nothing else says what it is: the parameter's name may.
        if let Some(part) = value.marks.iter_mut().find(|mark| mark.inert)
            && let Some(kind) = self.project.specs.vocabulary().kind_of(name)
        {
            *part = super::value::Mark { kind, what: super::value::What::Field, word: name.into(), inert: false, ..part.clone() };
        }
        value
    }

    /// What one call gives, the caller's own parameters followed to its callers.
    fn given_by(&mut self, caller: BodyKey, call: ExprId, target: BodyKey, position: u16, up: u8) -> Option<Value> {
        let index = self.project.index;
        let code = index.body(caller);
        let Expr::Call { arguments, .. } = code.expr(call) else { return None };
        let parameter = index.signature(target)?.parameters.get(position as usize)?;
        let name = index.hir(target.file).text(parameter.name);
        let hir = index.hir(caller.file);
        let is_it = |(at, argument): &(usize, &Argument)| match argument.name {
            Some(named) => hir.text(named) == name,
            None => *at == usize::from(position),
        };
        let Some(place) = arguments.iter().enumerate().find(is_it).map(|(at, _)| at) else {
            // Left out: it has its default, which stands in the code.
            let is_spread = arguments.iter().any(|argument| argument.spread);
            return (parameter.default.is_some() && !is_spread).then(Value::default);
        };
        let values = self.call_arguments(caller, call, 2);
        let value = values.get(place)?.clone();
        let at = Location::new(caller.file, code.expr_span(call));
        let value = value.after(at, &Message::new("pii.step.passed").text("name", name));
        Some(self.settle(caller, &value, up - 1))
    }

    fn call_arguments(&mut self, body: BodyKey, call: ExprId, depth: u8) -> Rc<Vec<Value>> {
        if let Some(values) = self.arguments.get(&(body, call, depth)) {
            return Rc::clone(values);
        }
        let code = self.project.index.body(body);
        let arguments: &[Argument] = match code.expr(call) {
            Expr::Call { arguments, .. } => arguments,
            _ => &[],
        };
        let mut unit = Unit::new(self, depth);
        unit.prepare(body);
        let values: Rc<Vec<Value>> = Rc::new(arguments.iter().map(|argument| unit.eval(body, argument.value)).collect());
        self.arguments.insert((body, call, depth), Rc::clone(&values));
        values
    }

    /// A value with what callers give in the place of the parameters of a function.
    pub fn settle(&mut self, body: BodyKey, value: &Value, up: u8) -> Value {
        let function = self.project.index.enclosing(body);
        let mut unit = Unit::new(self, 2);
        unit.substitute(value, &mut |unit, given| {
            let actual = unit.evaluator.given_by_callers(function, given.position, up);
            unit.follow(actual, given)
        })
    }

    /// What a class puts into a property that no type explains. `None` where nothing is seen to be put there.
    pub(super) fn property(&mut self, class: ClassKey, name: &str, depth: u8) -> Option<Value> {
        if depth == 0 {
            return None;
        }
        let key = (class, name.to_owned(), depth);
        if let Some(value) = self.properties.get(&key) {
            return Some(value.clone());
        }
        // While it is being found out it is empty: a property that is made of itself adds nothing.
        self.properties.insert(key.clone(), Value::default());
        let value = self.kept(class, name, depth - 1);
        match &value {
            Some(value) => self.properties.insert(key, value.clone()),
            None => self.properties.remove(&key),
        };
        value
    }

    fn kept(&mut self, class: ClassKey, name: &str, depth: u8) -> Option<Value> {
        let index = self.project.index;
        let hir = index.hir(class.file);
        let mut found: Option<Value> = None;
        for method in &index.class(class).methods {
            let body = BodyKey { file: class.file, body: method.body };
            for (position, parameter) in method.signature.parameters.iter().enumerate() {
                if parameter.promoted && hir.text(parameter.name) == name {
                    let position = u16::try_from(position).unwrap_or(u16::MAX);
                    let value = self.given_by_callers(body, position, UP.min(depth));
                    join(&mut found, value);
                }
            }
            for (_, expr) in index.body(body).exprs() {
                let Expr::Assign { target, value, .. } = expr else { continue };
                let Expr::Property { receiver, name: member, .. } = index.body(body).expr(*target) else { continue };
                let is_this = matches!(index.body(body).expr(*receiver), Expr::Variable(this) if hir.text(*this) == "this");
                let is_it = matches!(member.kind, MemberNameKind::Fixed(symbol) if hir.text(symbol) == name);
                if is_this && is_it {
                    let mut unit = Unit::new(self, depth.min(2));
                    unit.prepare(body);
                    let value = unit.eval(body, *value);
                    let value = self.settle(body, &value, depth.min(2));
                    join(&mut found, value);
                }
            }
        }
        found
    }

    /// A class and everything that it is, nearest first, in lower case.
    pub(super) fn lineage(&mut self, class: &Arc<str>) -> Rc<[String]> {
        if let Some(lineage) = self.lineages.get(class) {
            return Rc::clone(lineage);
        }
        let index = self.project.index;
        let mut names = vec![class.to_ascii_lowercase()];
        let mut external: Vec<String> = Vec::new();
        match index.resolve_class(class) {
            Some(key) => {
                for parent in std::iter::once(key).chain(index.parent_slice(key).iter().copied()) {
                    names.push(index.class_name(parent).to_ascii_lowercase());
                    let hir = index.hir(parent.file);
                    external.extend(index.class(parent).interfaces.iter().map(|name| hir.text(name.name).to_owned()));
                }
                external.extend(index.external_parent(key).map(str::to_owned));
            }
            None => external.push(class.to_string()),
        }
        let mut at = 0;
        while let Some(name) = external.get(at).cloned() {
            names.push(name.to_ascii_lowercase());
            if let Some(row) = index.external_class(&name).filter(|_| external.len() < 64) {
                external.extend(row.extends.iter().chain(&row.implements).cloned());
            }
            at += 1;
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let lineage: Rc<[String]> = names.into();
        self.lineages.insert(Arc::clone(class), Rc::clone(&lineage));
        lineage
    }
}

fn join(found: &mut Option<Value>, value: Value) {
    match found {
        Some(found) => found.join(&value),
        None => *found = Some(value),
    }
}

impl Unit<'_, '_> {
    fn summarize(&mut self, body: BodyKey) -> Summary {
        let flow = self.evaluator.flow(body);
        let mut returns: Option<Value> = None;
        for returned in &flow.returns {
            let value = self.eval(body, *returned);
            join(&mut returns, value);
        }
        let signature = self.project().index.signature(body);
        let mut by_reference = Vec::new();
        for (position, parameter) in signature.into_iter().flat_map(|signature| &signature.parameters).enumerate() {
            if !parameter.by_reference {
                continue;
            }
            let mut value = Value::default();
            for (number, (name, def)) in flow.defs.iter().enumerate() {
                if *name == parameter.name && !matches!(def, Def::Parameter(_) | Def::Nothing) {
                    value.join(&self.defined(body, &[u32::try_from(number).unwrap_or(u32::MAX)]));
                }
            }
            by_reference.push((position, value));
        }
        Summary { returns: returns.unwrap_or_default(), by_reference }
    }

    /// A value with something in the place of each parameter.
    pub(super) fn substitute(&mut self, value: &Value, actual: &mut dyn FnMut(&mut Self, &Given) -> Value) -> Value {
        if value.given.is_empty() && value.shape.is_none() {
            return value.clone();
        }
        let mut whole = Value { given: Vec::new(), shape: None, ..value.clone() };
        for given in &value.given {
            let found = actual(self, given);
            whole.join(&found);
        }
        if let Some(shape) = &value.shape {
            let mut mine = Shape::default();
            for (key, item) in &shape.items {
                mine.items.insert(Arc::clone(key), self.substitute(item, actual));
            }
            mine.rest = shape.rest.as_ref().map(|rest| self.substitute(rest, actual));
            let mine = Value { shape: Some(Arc::new(mine)), ..Value::default() };
            whole.join(&mine);
        }
        whole.is_text = value.is_text;
        whole
    }

    /// What was read from a parameter, read from its value.
    pub(super) fn follow(&mut self, actual: Value, given: &Given) -> Value {
        let mut value = actual;
        let mut word: Option<Arc<str>> = None;
        for key in &given.path {
            let name = (&**key != "*").then_some(&**key);
            value = self.element(&value, name, word.as_deref(), given.at);
            word = Some(Arc::clone(key));
        }
        for sanitizer in &given.sanitizers {
            if let Some(facts) = self.evaluator.sanitizer(*sanitizer) {
                value = self.sanitized(value, &facts, given.at);
            }
        }
        if given.as_text { self.as_text(&value, given.at) } else { value }
    }
}
