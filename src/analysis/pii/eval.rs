//! What personal data an expression holds, asked for by need.

use std::sync::Arc;

use super::evaluator::{Owner, Unit};
use super::types::is_bag;
use super::value::{Mark, Treatment, Unknown, Value, What};
use crate::finding::{Location, Message};
use crate::flow::Type;
use crate::hir::{ArrayItem, BinaryOp, CastKind, Expr, ExprId, Literal, UnaryOp};
use crate::index::BodyKey;
use crate::specs::Kind;

/// Expressions within expressions that are followed.
const NESTING: u32 = 120;

impl<'p> Unit<'_, 'p> {
    /// What an expression holds.
    pub fn eval(&mut self, body: BodyKey, expr: ExprId) -> Value {
        if self.nesting >= NESTING || self.fuel == 0 {
            return Value::unknown(Message::new("pii.reason.deep"), self.at(body, expr));
        }
        self.fuel -= 1;
        self.nesting += 1;
        let value = self.expression(body, expr);
        self.nesting -= 1;
        value
    }

    fn expression(&mut self, body: BodyKey, expr: ExprId) -> Value {
        let code = self.project().index.body(body);
        match code.expr(expr) {
            Expr::Variable(name) => self.variable(body, expr, *name),
            Expr::Interpolation(parts) | Expr::Concat(parts) => self.concat(body, parts),
            Expr::Array(items) => self.array(body, items),
            Expr::Binary(BinaryOp::Coalesce, left, right) => {
                let mut value = self.eval(body, *left);
                value.join(&self.eval(body, *right));
                value
            }
            Expr::Binary(BinaryOp::Add, left, right) => {
                let mut value = self.eval(body, *right);
                let other = self.eval(body, *left);
                if value.shape.is_none() && other.shape.is_none() {
                    return Value::default();
                }
                Self::spread(&mut value, &other);
                value
            }
            Expr::Unary(UnaryOp::Clone | UnaryOp::Silence, operand) | Expr::Cast(CastKind::Array | CastKind::Object, operand) => {
                self.eval(body, *operand)
            }
            Expr::Cast(CastKind::String, operand) => {
                let value = self.eval(body, *operand);
                self.as_text(&value, self.at(body, expr))
            }
            Expr::Assign { value, .. } => self.eval(body, *value),
            Expr::CompoundAssign(BinaryOp::Coalesce | BinaryOp::Concat, left, right) => {
                let mut value = self.eval(body, *left);
                value.append(&self.eval(body, *right));
                value
            }
            Expr::Ternary(condition, then, otherwise) => {
                let mut value = self.eval(body, then.unwrap_or(*condition));
                value.join(&self.eval(body, *otherwise));
                value
            }
            Expr::Match(_, arms) => {
                let mut value = Value::default();
                for arm in arms {
                    value.join(&self.eval(body, arm.result));
                }
                value
            }
            Expr::Call { .. } => self.called(body, expr),
            Expr::Property { receiver, name, .. } => match self.fixed(body, *name) {
                Some(name) => self.member(body, *receiver, name, expr),
                None => {
                    let base = self.eval(body, *receiver);
                    self.element(&base, None, None, self.at(body, expr))
                }
            },
            Expr::StaticProperty(_, name) => {
                let at = self.at(body, expr);
                let known = self.fixed(body, *name).and_then(|name| self.by_name(name, Owner::Open, at));
                known.unwrap_or_default()
            }
            Expr::Index(base, key) => self.index(body, *base, *key, expr),
            Expr::DynamicVariable(_) | Expr::Error(_) | Expr::Yield(..) | Expr::YieldFrom(_) | Expr::Include(..) => {
                Value::unknown(Message::new("pii.reason.dynamic"), self.at(body, expr))
            }
            // Literals, numbers, truth values, closures, names of classes.
            _ => Value::default(),
        }
    }

    /// True where a value does not depend on what a closure is given at the moment.
    pub(super) fn is_fixed(&self, body: BodyKey) -> bool {
        self.elements.is_empty() || self.project().index.closure_parent(body).is_none()
    }

    fn called(&mut self, body: BodyKey, expr: ExprId) -> Value {
        if let Some(value) = self.calls.get(&(body, expr)) {
            return value.clone();
        }
        let value = self.call(body, expr);
        let value = self.with_types(value, body, expr);
        if self.lowest == usize::MAX && self.is_fixed(body) {
            self.calls.insert((body, expr), value.clone());
        }
        value
    }

    pub(super) fn concat(&mut self, body: BodyKey, parts: &[ExprId]) -> Value {
        let mut text = Value { is_text: true, ..Value::default() };
        for part in parts {
            let value = self.eval(body, *part);
            if !value.is_clean() || value.treatment.is_some() {
                let value = self.as_text(&value, self.at(body, *part));
                text.append(&value);
            }
        }
        text
    }

    fn array(&mut self, body: BodyKey, items: &[ArrayItem]) -> Value {
        let mut array = Value::default();
        let mut next = 0_u32;
        for item in items {
            let Some(expr) = item.value else { continue };
            let value = self.eval(body, expr);
            if item.spread {
                Self::spread(&mut array, &value);
                continue;
            }
            let key = match item.key {
                Some(key) => {
                    let constant = self.key(body, key);
                    if constant.is_none() {
                        let held = self.eval(body, key);
                        array.add_key(&held);
                    }
                    constant
                }
                None => {
                    next += 1;
                    Some((next - 1).to_string())
                }
            };
            array.set(key.as_deref(), value);
        }
        array.shape.get_or_insert_with(Arc::default);
        array
    }

    /// Puts the items of another array over those that are there.
    pub(super) fn spread(array: &mut Value, other: &Value) {
        let shape = array.shape.take();
        let mut whole = other.clone();
        whole.shape = None;
        array.join(&whole);
        array.shape = shape;
        let Some(other) = &other.shape else { return };
        for (key, value) in &other.items {
            array.set(Some(key), value.clone());
        }
        if let Some(rest) = &other.rest {
            array.set(None, rest.clone());
        }
        if let Some(keys) = &other.keys {
            array.add_key(keys);
        }
    }

    /// The constant key that an expression gives.
    pub(super) fn key(&self, body: BodyKey, expr: ExprId) -> Option<String> {
        let index = self.project().index;
        match index.body(body).expr(expr) {
            Expr::Literal(Literal::String(text)) => Some(self.text(body, *text).to_owned()),
            Expr::Literal(Literal::Int(number)) => Some(number.to_string()),
            Expr::ClassConstant(..) | Expr::Constant(_) => {
                let value = index.constant_with(body, expr, index.body_class(body), &crate::index::Locals::new())?;
                value.as_str().map(str::to_owned)
            }
            _ => None,
        }
    }

    fn index(&mut self, body: BodyKey, base: ExprId, key: Option<ExprId>, expr: ExprId) -> Value {
        let at = self.at(body, expr);
        let key = key.and_then(|key| self.key(body, key));
        let word = self.word(body, base);
        let value = self.eval(body, base);
        self.element(&value, key.as_deref(), word, at)
    }

    /// The name by which an expression goes.
    pub(super) fn word(&self, body: BodyKey, expr: ExprId) -> Option<&'p str> {
        match self.project().index.body(body).expr(expr) {
            Expr::Variable(name) => Some(self.text(body, *name)),
            Expr::Property { name, .. } => self.fixed(body, *name),
            Expr::Index(base, Some(key)) => match self.project().index.body(body).expr(*key) {
                Expr::Literal(Literal::String(text)) => Some(self.text(body, *text)),
                _ => self.word(body, *base),
            },
            Expr::Index(base, None) => self.word(body, *base),
            Expr::Binary(BinaryOp::Coalesce, left, _) => self.word(body, *left),
            Expr::Call { callee: crate::hir::Callee::Method { name, .. } | crate::hir::Callee::Static { name, .. }, .. } => {
                let name = self.fixed(body, *name)?;
                Some(name.strip_prefix("get").filter(|rest| rest.starts_with(char::is_uppercase)).unwrap_or(name))
            }
            _ => None,
        }
    }

    /// What the static types say of a value: rows of models, exceptions, numbers.
    pub(super) fn with_types(&mut self, mut value: Value, body: BodyKey, expr: ExprId) -> Value {
        if !value.marks.is_empty() || value.shape.is_some() || value.treatment.is_some() {
            return value;
        }
        for one in self.types(body, expr).iter() {
            let class = match one {
                Type::Instance(class) => class,
                Type::Many(element) => match &**element {
                    Type::Instance(class) => class,
                    _ => continue,
                },
                _ => continue,
            };
            let index = self.project().index;
            let key = index.resolve_class(class);
            let is_written_as_text = value.is_text;
            if key.is_some_and(|key| index.is_model(key)) && !is_written_as_text {
                value.given.retain(|given| !given.path.is_empty());
                value.unknown = None;
                if !value.objects.contains(class) {
                    value.objects.push(Arc::clone(class));
                }
            } else if self.is_throwable(class) {
                // What it says is known where it was made here.
                if value.is_text {
                    return value;
                }
                let at = self.at(body, expr);
                let word = self.word(body, expr).unwrap_or("exception");
                return Value::of(Mark::new(Kind::FreeText, What::Exception, word, at));
            } else if self.is_request(class) {
                let at = self.at(body, expr);
                return Value::of(Mark::new(Kind::FreeText, What::Request, self.word(body, expr).unwrap_or("request"), at));
            } else if self.project().index.name_is_a(class, "Illuminate\\Http\\Client\\Response") {
                let at = self.at(body, expr);
                return Value::of(Mark::new(Kind::FreeText, What::Response, self.word(body, expr).unwrap_or("response"), at));
            } else if key.is_none() && !is_bag(class) {
                // An object of a package: a date, a client, a service.
                return Value::default();
            }
        }
        value
    }

    pub(super) fn is_throwable(&self, class: &str) -> bool {
        let index = self.project().index;
        let is_named = index.resolve_class(class).is_none() && (class.ends_with("Exception") || class.ends_with("Error"));
        let named = index.type_named(class);
        is_named || named.is_a("Throwable") || named.is_a("Exception")
    }

    pub(super) fn is_request(&self, class: &str) -> bool {
        let named = self.project().index.type_named(class);
        ["Illuminate\\Http\\Request", "Symfony\\Component\\HttpFoundation\\Request", "Illuminate\\Foundation\\Http\\FormRequest"]
            .iter()
            .any(|request| named.is_a(request))
    }

    /// A value as a text: the rows of models with all that they show.
    pub(super) fn as_text(&mut self, value: &Value, at: Location) -> Value {
        let mut text = Value { is_text: true, treatment: value.treatment, ..Value::default() };
        let mut keyed: Vec<(Option<String>, Value)> = Vec::new();
        value.visit(None, 0, &mut |key, part| {
            let part = Value { shape: None, ..part.clone() };
            keyed.push((key.map(str::to_owned), part));
        });
        for (key, mut part) in keyed {
            for class in std::mem::take(&mut part.objects) {
                if let Some(mark) = self.whole_model(&class, false, at) {
                    part.add(mark);
                }
            }
            part.given.iter_mut().for_each(|given| given.as_text = true);
            if let Some(unknown) = &mut part.unknown
                && unknown.word.is_none()
            {
                unknown.word = key.as_deref().map(Arc::from);
            }
            text.append(&part);
        }
        text
    }

    /// A property of an object.
    fn member(&mut self, body: BodyKey, receiver: ExprId, name: &str, expr: ExprId) -> Value {
        let at = self.at(body, expr);
        let base = self.eval(body, receiver);
        if let Some(item) = base.shape.as_ref().and_then(|shape| shape.items.get(name)) {
            return item.clone();
        }
        let word = self.word(body, receiver);
        let types = self.types(body, receiver);
        let mut found: Option<Value> = None;
        for class in types.classes() {
            if self.is_throwable(class) && self.project().index.resolve_class(class).is_none() {
                continue;
            }
            if self.is_request(class) {
                let whole = Value::of(Mark::new(Kind::FreeText, What::Request, word.unwrap_or("request"), at));
                return self.element(&whole, Some(name), word, at);
            }
            let value = match self.member_of_class(class, name, at) {
                Some(value) => Some(value),
                None => self.property(class, name, at),
            };
            match (&mut found, value) {
                (Some(found), Some(value)) => found.join(&value),
                (found @ None, Some(value)) => *found = Some(value),
                _ => {}
            }
        }
        let found = found.unwrap_or_else(|| {
            if base.marks.is_empty() && base.given.is_empty() && base.unknown.is_none() && base.objects.is_empty() {
                let owner = word.map_or(Owner::Open, |word| self.owner_named(word));
                self.by_name(name, owner, at).unwrap_or_else(|| {
                    let why = Message::new("pii.reason.property").text("name", name);
                    let unknown = Unknown { why, at, word: Some(name.into()), through: false };
                    Value { unknown: Some(unknown), ..Value::default() }
                })
            } else {
                let whole = Value { shape: None, ..base };
                self.element(&whole, Some(name), word, at)
            }
        });
        self.with_types(found, body, expr)
    }

    /// A value that a treatment made harmless, where there was something in it.
    pub(super) fn treated(value: &Value, treatment: Treatment) -> Value {
        if value.is_clean() { Value { treatment: value.treatment, ..Value::default() } } else { Value::treated(treatment) }
    }
}
