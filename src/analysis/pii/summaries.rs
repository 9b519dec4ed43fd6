//! Across functions: what a callee returns, what callers give, what a class keeps in its properties.

use std::rc::Rc;
use std::sync::Arc;

use super::definitions::Def;
use super::evaluator::{Evaluator, Summary, Unit};
use super::types::is_plain;
use super::value::{Given, Shape, Unknown, Value};
use crate::finding::{Location, Message};
use crate::hir::{Argument, Expr, ExprId, MemberNameKind, Symbol};
use crate::index::{BodyKey, ClassKey};

/// Callers that are asked for one parameter.
const CALLERS: usize = 64;
/// Rounds in which a function that calls itself is read again.
const ROUNDS: usize = 3;
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
        let key = (body, depth);
        if let Some(summary) = self.summaries.get(&key).or_else(|| self.recursion.provisional.get(&key)) {
            return Some(Rc::clone(summary));
        }
        if let Some(place) = self.recursion.active.iter().position(|(active, _)| *active == body) {
            self.recursion.lowest = self.recursion.lowest.min(place);
            return Some(Rc::clone(&self.recursion.active[place].1));
        }
        if depth == 0 {
            return None;
        }
        let place = self.recursion.active.len();
        let outer = std::mem::replace(&mut self.recursion.lowest, usize::MAX);
        self.recursion.active.push((body, Rc::default()));
        let mut summary = self.summarized(body, depth);
        if self.recursion.lowest <= place {
            // The function needs itself: again, with what was found so far in the place of its own calls.
            for _ in 0..ROUNDS {
                self.recursion.provisional.clear();
                self.recursion.active[place].1 = summary;
                summary = self.summarized(body, depth);
            }
        }
        self.recursion.active.pop();
        if self.recursion.lowest < place {
            // It holds only for what is assumed of a function that is not done yet.
            self.recursion.lowest = self.recursion.lowest.min(outer);
            self.recursion.provisional.insert(key, Rc::clone(&summary));
        } else {
            self.recursion.lowest = outer;
            if self.recursion.active.is_empty() {
                self.recursion.provisional.clear();
            }
            self.summaries.insert(key, Rc::clone(&summary));
        }
        Some(summary)
    }

    fn summarized(&mut self, body: BodyKey, depth: u8) -> Rc<Summary> {
        let mut unit = Unit::new(self, depth - 1);
        unit.prepare(body);
        Rc::new(unit.summarize(body))
    }

    /// What the calls of a function give for a parameter; unknown where nobody calls it.
    pub(super) fn given_by_callers(&mut self, body: BodyKey, position: u16, up: u8) -> Value {
        if let Some(value) = self.given.get(&(body, position, up)) {
            return value.clone();
        }
        // What callers give is asked on its own: no function is half done there.
        let recursion = std::mem::take(&mut self.recursion);
        let value = self.asked_callers(body, position, up);
        self.recursion = recursion;
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
        let named = |argument: &Argument| argument.name.map(|named| hir.text(named));
        let taken = taken(arguments, named, name, usize::from(position), parameter.variadic);
        if taken.is_empty() {
            // Left out: it has its default, which stands in the code.
            return (parameter.default.is_some() || parameter.variadic).then(Value::default);
        }
        let values = self.call_arguments(caller, call, 2);
        let unit = Unit::new(self, 1);
        let given: Vec<(Taken, Value)> =
            taken.into_iter().filter_map(|taken| Some((taken, values.get(taken.argument)?.clone()))).collect();
        let value = unit.parameter_of(&given, name, parameter.variadic, Location::new(caller.file, code.expr_span(call)));
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
        let recursion = std::mem::take(&mut self.recursion);
        let value = self.kept(class, name, depth - 1);
        self.recursion = recursion;
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
                let is_this = matches!(index.body(body).expr(*receiver), Expr::Variable(this) if *this == Symbol::THIS);
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

/// An argument that a parameter takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// Its position.
    pub(super) argument: usize,
    /// The first element that the parameter takes, where the argument is a list that is spread.
    from: Option<usize>,
}

/// The arguments that a parameter takes.
pub(super) fn taken<'n>(
    arguments: &[Argument],
    named: impl Fn(&Argument) -> Option<&'n str>,
    name: &str,
    position: usize,
    is_variadic: bool,
) -> Vec<Taken> {
    let mut taken = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        match named(argument) {
            Some(other) if other != name => {}
            None if argument.spread && at <= position => taken.push(Taken { argument: at, from: Some(position - at) }),
            None if argument.spread && is_variadic => taken.push(Taken { argument: at, from: Some(0) }),
            None if argument.spread || at < position || at > position && !is_variadic => {}
            _ => taken.push(Taken { argument: at, from: None }),
        }
    }
    taken
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

    /// What a parameter holds that takes these arguments; a variadic one holds a list.
    pub(super) fn parameter_of(&self, given: &[(Taken, Value)], name: &str, is_variadic: bool, at: Location) -> Value {
        let mut parameter = Value::default();
        for (taken, value) in given {
            let one = match taken.from {
                None => value.clone(),
                Some(_) if value.shape.as_ref().is_some_and(|shape| shape.items.contains_key(name)) => {
                    self.element(value, Some(name), None, at)
                }
                Some(first) if is_variadic => self.elements_from(value, first, at),
                Some(position) => self.element(value, Some(&position.to_string()), None, at),
            };
            if is_variadic {
                parameter.set(None, one);
            } else {
                parameter.join(&one);
            }
        }
        parameter
    }

    /// The elements of a list from a position on.
    fn elements_from(&self, list: &Value, first: usize, at: Location) -> Value {
        let mut later = list.clone();
        if let Some(shape) = &mut later.shape {
            let is_later = |key: &Arc<str>| key.parse::<usize>().is_ok_and(|number| number >= first);
            Arc::make_mut(shape).items.retain(|key, _| is_later(key));
        }
        self.element(&later, None, None, at)
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
            mine.keys = shape.keys.as_ref().map(|keys| self.substitute(keys, actual));
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
            if name.is_some_and(|name| name.bytes().any(|byte| !byte.is_ascii_digit())) {
                word = Some(Arc::clone(key));
            }
        }
        for sanitizer in &given.sanitizers {
            if let Some(facts) = self.evaluator.sanitizer(*sanitizer) {
                value = self.sanitized(value, &facts, given.at);
            }
        }
        if given.as_text { self.as_text(&value, given.at) } else { value }
    }
}
