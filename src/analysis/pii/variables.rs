//! Variables: what the definitions that reach a read give.

use super::definitions::{Def, NOTHING, Part};
use super::evaluator::Unit;
use super::types::is_plain;
use super::value::{Given, Mark, Value, What};
use crate::finding::{Location, Message};
use crate::hir::{BinaryOp, ExprId, Symbol};
use crate::index::BodyKey;
use crate::specs::Kind;

impl Unit<'_, '_> {
    pub(super) fn variable(&mut self, body: BodyKey, expr: ExprId, name: Symbol) -> Value {
        let text = self.text(body, name);
        let at = self.at(body, expr);
        match text {
            "this" => return Value::default(),
            "_POST" | "_GET" | "_REQUEST" | "_FILES" => {
                return Value::of(Mark::new(Kind::FreeText, What::Request, text, at));
            }
            "_SERVER" | "_COOKIE" => return Value::of(Mark::new(Kind::Identifier, What::Headers, text, at)),
            _ => {}
        }
        let flow = self.evaluator.flow(body);
        let Some(defs) = flow.reads.get(&expr) else {
            return Value::unknown(Message::new("pii.reason.variable").text("name", text), at);
        };
        let mut value = self.defined(body, defs);
        if defs.is_empty() {
            value = Value::unknown(Message::new("pii.reason.variable").text("name", text), at);
        }
        let mut value = self.with_types(value, body, expr);
        if let Some(unknown) = &mut value.unknown {
            unknown.word = Some(text.into());
        }
        value
    }

    pub(super) fn defined(&mut self, body: BodyKey, defs: &[u32]) -> Value {
        let mut values = defs.iter();
        let mut value = values.next().map_or_else(Value::default, |first| self.def(body, *first));
        for def in values {
            value.join(&self.def(body, *def));
        }
        value
    }

    pub(super) fn def(&mut self, body: BodyKey, number: u32) -> Value {
        let key = (body, number);
        if let Some(value) = self.defs.get(&key) {
            return value.clone();
        }
        if let Some(place) = self.active.iter().position(|active| *active == key) {
            self.lowest = self.lowest.min(place);
            return self.assumed.get(&key).cloned().unwrap_or_default();
        }
        let (place, made) = (self.active.len(), self.made.len());
        let outer = std::mem::replace(&mut self.lowest, usize::MAX);
        self.active.push(key);
        let flow = self.evaluator.flow(body);
        let (name, def) = &flow.defs[number as usize];
        let mut value = self.definition(body, *name, def);
        if self.lowest == place {
            // The definition needs itself, through a loop: once more around, with what the first round found.
            self.assumed.insert(key, value.clone());
            for made in self.made.split_off(made) {
                self.defs.remove(&made);
            }
            value = self.definition(body, *name, def);
            self.lowest = usize::MAX;
        }
        self.active.pop();
        self.lowest = self.lowest.min(outer);
        if self.is_fixed(body) {
            self.defs.insert(key, value.clone());
            self.made.push(key);
        }
        value
    }

    fn definition(&mut self, body: BodyKey, name: Symbol, def: &Def) -> Value {
        match def {
            Def::Parameter(position) => self.parameter(body, *position),
            Def::Captured => self.captured(body, name),
            Def::Assigned(value, parts) => {
                let word = self.word(body, *value);
                let found = self.eval(body, *value);
                let at = self.at(body, *value);
                let found = self.walk(body, found, parts, word, at);
                let note = Message::new("pii.step.assigned").text("name", self.text(body, name));
                found.after(at, &note)
            }
            Def::Part(before, parts, value) => {
                let mut whole = self.defined(body, before);
                let part = if *value == NOTHING { Value::default() } else { self.eval(body, *value) };
                self.put(body, &mut whole, parts, part);
                whole
            }
            Def::Compound(before, op, value) => {
                let mut whole = self.defined(body, before);
                let added = self.eval(body, *value);
                match op {
                    BinaryOp::Concat => {
                        let added = self.as_text(&added, self.at(body, *value));
                        whole.append(&added);
                    }
                    BinaryOp::Coalesce => whole.join(&added),
                    BinaryOp::Add => Self::spread(&mut whole, &added),
                    _ => return Value::default(),
                }
                whole
            }
            Def::Exception => {
                let at = Location::new(body.file, self.project().index.body(body).span);
                Value::of(Mark::new(Kind::FreeText, What::Exception, self.text(body, name), at))
            }
            Def::Changed(before, call, position) => {
                let mut value = self.defined(body, before);
                if let Some(changed) = self.changed(body, *call, *position) {
                    value.join(&changed);
                }
                value
            }
            Def::ChangedBy(before, closure) => {
                let mut value = self.defined(body, before);
                let inner = BodyKey { file: body.file, body: *closure };
                let flow = self.evaluator.flow(inner);
                for (number, (assigned, def)) in flow.defs.iter().enumerate() {
                    if *assigned == name && !matches!(def, Def::Captured | Def::Nothing) {
                        value.join(&self.def(inner, u32::try_from(number).unwrap_or(u32::MAX)));
                    }
                }
                value
            }
            Def::Key(subject) => {
                let whole = self.eval(body, *subject);
                whole.shape.as_ref().and_then(|shape| shape.keys.clone()).unwrap_or_default()
            }
            Def::Nothing => Value::default(),
            Def::Open => {
                let at = Location::new(body.file, self.project().index.body(body).span);
                Value::unknown(Message::new("pii.reason.variable").text("name", self.text(body, name)), at)
            }
        }
    }

    fn walk(&mut self, body: BodyKey, value: Value, parts: &[Part], word: Option<&str>, at: Location) -> Value {
        let mut value = value;
        for part in parts {
            let key = self.part_key(body, *part);
            value = self.element(&value, key.as_deref(), word, at);
        }
        value
    }

    fn part_key(&self, body: BodyKey, part: Part) -> Option<String> {
        match part {
            Part::Index(key) => self.key(body, key?),
            Part::Property(name) => Some(self.text(body, name).to_owned()),
            Part::Position(position) => Some(position.to_string()),
            Part::Any => None,
        }
    }

    fn put(&mut self, body: BodyKey, whole: &mut Value, parts: &[Part], value: Value) {
        let Some((first, rest)) = parts.split_first() else { return };
        let key = self.part_key(body, *first);
        if let (Part::Index(Some(expr)), None) = (first, &key) {
            let held = self.eval(body, *expr);
            whole.add_key(&held);
        }
        if rest.is_empty() {
            whole.set(key.as_deref(), value);
            return;
        }
        let held = whole.shape.as_ref().and_then(|shape| key.as_deref().and_then(|key| shape.items.get(key)).cloned());
        let mut inner = held.unwrap_or_default();
        self.put(body, &mut inner, rest, value);
        whole.set(key.as_deref(), inner);
    }

    fn captured(&mut self, body: BodyKey, name: Symbol) -> Value {
        let index = self.project().index;
        let Some(parent) = index.closure_parent(body) else { return Value::default() };
        let flow = self.evaluator.flow(parent);
        let around = flow.around.get(&body.body).and_then(|around| around.iter().find(|(known, _)| *known == name));
        match around {
            Some((_, defs)) if !defs.is_empty() => self.defined(parent, &defs.clone()),
            _ => {
                let at = Location::new(body.file, index.body(body).span);
                Value::unknown(Message::new("pii.reason.variable").text("name", self.text(body, name)), at)
            }
        }
    }

    fn parameter(&mut self, body: BodyKey, position: u16) -> Value {
        let index = self.project().index;
        let Some(parameter) = index.signature(body).and_then(|signature| signature.parameters.get(position as usize)) else {
            return Value::default();
        };
        if parameter.hint.as_ref().is_some_and(is_plain) {
            return Value::default();
        }
        let at = Location::new(body.file, parameter.span);
        if index.closure_parent(body).is_some() {
            let given = self.elements.iter().rev().find(|(closure, _)| *closure == body.body);
            if let Some(value) = given.and_then(|(_, values)| values.get(position as usize)) {
                return value.clone();
            }
            return self.consumed(body, position, at);
        }
        Value {
            given: vec![Given { position, path: Vec::new(), as_text: false, sanitizers: Vec::new(), at }],
            ..Value::default()
        }
    }
}
