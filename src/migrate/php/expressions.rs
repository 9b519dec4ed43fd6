//! Expressions.

use std::rc::Rc;

use super::machine::{Frame, Halt, Machine, Outcome};
use super::objects::Object;
use super::operators;
use super::value::{Array, Cause, Closure, Key, Scope, Value};
use crate::hir::{
    ArrayItem, BinaryOp, BodyId, BodyKind, ClosureKind, Expr, ExprId, Literal, MatchArm, MemberName, MemberNameKind, UnaryOp,
};
use crate::index::{BodyKey, ClassKey};

impl Machine<'_> {
    pub(super) fn eval(&mut self, frame: &mut Frame, expr: ExprId) -> Outcome<Value> {
        self.burn()?;
        let body = self.index.body(frame.body);
        match body.expr(expr) {
            Expr::Literal(literal) => Ok(self.literal(frame.body, *literal)),
            Expr::Variable(name) => Ok(self.variable(frame, self.text_of(frame.body, *name))),
            Expr::Interpolation(parts) | Expr::Concat(parts) => self.concat(frame, parts),
            Expr::Array(items) => self.array_literal(frame, items),
            Expr::Binary(op, left, right) => self.binary(frame, *op, *left, *right),
            Expr::Unary(op, operand) => self.unary(frame, *op, *operand),
            Expr::Cast(kind, operand) => {
                let value = self.eval(frame, *operand)?;
                self.cast(*kind, value)
            }
            Expr::Assign { target, value, by_reference } => {
                let value = if *by_reference { self.reference(frame, *target, *value)? } else { self.eval(frame, *value)? };
                if !by_reference {
                    self.assign(frame, *target, value.clone())?;
                }
                Ok(value)
            }
            Expr::CompoundAssign(op, target, value) => self.compound(frame, *op, *target, *value),
            Expr::Ternary(condition, then, otherwise) => {
                let tested = self.eval(frame, *condition)?;
                match (self.truth(&tested)?, then) {
                    (true, Some(then)) => self.eval(frame, *then),
                    (true, None) => Ok(tested),
                    (false, _) => self.eval(frame, *otherwise),
                }
            }
            Expr::Match(subject, arms) => self.matched(frame, *subject, arms),
            Expr::Call { callee, arguments, first_class } => {
                self.at.push(self.location(frame.body, expr));
                self.trace.visited.insert((frame.body, expr));
                let result = self.call_expr(frame, callee, arguments, *first_class);
                if result.is_ok() {
                    self.at.pop();
                }
                result
            }
            Expr::Property { receiver, name, null_safe } => {
                let receiver = self.eval(frame, *receiver)?;
                if *null_safe && receiver.is_null() {
                    return Ok(Value::Null);
                }
                let name = self.member_name(frame, *name)?;
                self.property(&receiver, &name)
            }
            Expr::StaticProperty(class, name) => {
                let name = self.member_name(frame, *name)?;
                self.static_property(frame, *class, &name)
            }
            Expr::ClassConstant(class, name) => self.class_constant(frame, *class, *name),
            Expr::Constant(name) => Ok(self.global_constant(frame, name)),
            Expr::Index(base, index) => self.index_value(frame, *base, *index),
            Expr::Closure(closure) => Ok(self.closure(frame, *closure)),
            Expr::Isset(operands) => self.isset(frame, operands),
            Expr::Empty(operand) => {
                let value = self.eval_quietly(frame, *operand)?;
                Ok(not(&value))
            }
            Expr::InstanceOf(operand, class) => {
                let value = self.eval(frame, *operand)?;
                self.instance_of(frame, &value, *class)
            }
            Expr::Exit(_) => Err(Halt::Exit),
            Expr::Throw(operand) => {
                let value = self.eval(frame, *operand)?;
                match value {
                    Value::Object(id) => Err(Halt::Throw(id)),
                    _ => Self::stuck("what is thrown is not known"),
                }
            }
            Expr::Include(_, path) => {
                let path = self.eval(frame, *path)?;
                Ok(Value::unknown(Cause::Code(format!("the file {} is included", self.shown(&path))), Value::Null))
            }
            Expr::Error(_) => Self::stuck("the code does not parse"),
            Expr::DynamicVariable(name) => {
                let name = self.eval(frame, *name)?;
                let name = self.known_text(&name, "the name of a variable")?;
                Ok(self.variable(frame, &name))
            }
            Expr::Yield(..) | Expr::YieldFrom(_) => Self::stuck("generators are not followed"),
        }
    }

    fn isset(&mut self, frame: &mut Frame, operands: &[ExprId]) -> Outcome<Value> {
        for operand in operands {
            let value = self.eval_quietly(frame, *operand)?;
            if let Value::Unknown(unknown) = &value {
                let likely = Value::Bool(!unknown.likely.is_null());
                return Ok(Value::unknown(unknown.cause.clone(), likely));
            }
            if value.is_null() {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }

    /// An operand of `isset`, `empty` or `??`: what is missing is null.
    fn eval_quietly(&mut self, frame: &mut Frame, expr: ExprId) -> Outcome<Value> {
        self.eval(frame, expr)
    }

    fn shown(&mut self, value: &Value) -> String {
        self.text_value(&value.likely()).map(|text| text.to_string()).unwrap_or_default()
    }

    fn literal(&self, body: BodyKey, literal: Literal) -> Value {
        match literal {
            Literal::Null => Value::Null,
            Literal::Bool(value) => Value::Bool(value),
            Literal::Int(value) => Value::Int(value),
            Literal::Float(bits) => Value::Float(f64::from_bits(bits)),
            Literal::String(text) => Value::text(self.text_of(body, text)),
        }
    }

    fn variable(&self, frame: &Frame, name: &str) -> Value {
        if name == "this"
            && let Some(this) = frame.this
        {
            return Value::Object(this);
        }
        frame.scope.get(name).unwrap_or_default()
    }

    fn concat(&mut self, frame: &mut Frame, parts: &[ExprId]) -> Outcome<Value> {
        let mut text = String::new();
        let mut cause = None;
        for part in parts {
            let value = self.eval(frame, *part)?;
            cause = cause.or_else(|| value.cause().cloned());
            text.push_str(&self.text_value(&value.likely())?);
        }
        let text = Value::text(text);
        Ok(match cause {
            Some(cause) => Value::unknown(cause, text),
            None => text,
        })
    }

    fn array_literal(&mut self, frame: &mut Frame, items: &[ArrayItem]) -> Outcome<Value> {
        let mut array = Array::default();
        for item in items {
            let Some(value) = item.value else { continue };
            if item.spread {
                let value = self.eval(frame, value)?;
                for (key, value) in self.items(&value)?.unwrap_or_default().entries {
                    match key {
                        Key::Int(_) => array.push(value),
                        key @ Key::Text(_) => array.set(key, value),
                    }
                }
                continue;
            }
            let key = item.key.map(|key| self.eval(frame, key)).transpose()?;
            let value = self.eval(frame, value)?;
            match key {
                Some(key) => {
                    let key = self.known(&key, "the key of an array")?;
                    let Some(key) = operators::key(&key) else { return Self::stuck("the key of an array is no text") };
                    array.set(key, value);
                }
                None => array.push(value),
            }
        }
        Ok(Value::array(array))
    }

    fn binary(&mut self, frame: &mut Frame, op: BinaryOp, left: ExprId, right: ExprId) -> Outcome<Value> {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let value = self.eval(frame, left)?;
                let decides = op == BinaryOp::Or;
                if let Value::Unknown(unknown) = &value {
                    // Both sides are looked at only where the other one does not settle it.
                    let cause = unknown.cause.clone();
                    let likely = operators::truth(&unknown.likely);
                    if self.decide(cause, likely) == decides {
                        return Ok(Value::Bool(decides));
                    }
                } else if operators::truth(&value) == decides {
                    return Ok(Value::Bool(decides));
                }
                let value = self.eval(frame, right)?;
                Ok(map(&value, |value| Value::Bool(operators::truth(value))))
            }
            BinaryOp::Coalesce => {
                let value = self.eval_quietly(frame, left)?;
                if let Value::Unknown(unknown) = &value {
                    let is_set = !unknown.likely.is_null();
                    return if self.decide(unknown.cause.clone(), is_set) { Ok(value) } else { self.eval(frame, right) };
                }
                if value.is_null() { self.eval(frame, right) } else { Ok(value) }
            }
            _ => {
                let left = self.eval(frame, left)?;
                let right = self.eval(frame, right)?;
                self.binary_values(op, &left, &right)
            }
        }
    }

    pub(super) fn binary_values(&mut self, op: BinaryOp, left: &Value, right: &Value) -> Outcome<Value> {
        let cause = left.cause().or_else(|| right.cause()).cloned();
        let (mut known_left, mut known_right) = (left.likely(), right.likely());
        if matches!(op, BinaryOp::Concat) {
            (known_left, known_right) = (Value::Text(self.text_value(&known_left)?), Value::Text(self.text_value(&known_right)?));
        }
        if matches!(known_left, Value::Object(_)) && matches!(known_right, Value::Text(_)) {
            known_left = Value::Text(self.text_value(&known_left)?);
        }
        let Some(result) = operators::binary(op, &known_left, &known_right) else {
            return Ok(Value::opaque("an operator on values of these types"));
        };
        Ok(match cause {
            Some(cause) => Value::unknown(cause, result),
            None => result,
        })
    }

    fn unary(&mut self, frame: &mut Frame, op: UnaryOp, operand: ExprId) -> Outcome<Value> {
        let value = self.eval(frame, operand)?;
        Ok(match op {
            UnaryOp::Not => not(&value),
            UnaryOp::Negate => {
                map(&value, |value| operators::binary(BinaryOp::Subtract, &Value::Int(0), value).unwrap_or_default())
            }
            UnaryOp::Plus => map(&value, operators::number),
            UnaryOp::BitNot => map(&value, |value| Value::Int(!operators::int(value))),
            UnaryOp::Silence | UnaryOp::Print => value,
            UnaryOp::Clone => match value {
                Value::Object(id) => {
                    let copy = self.object(id).clone();
                    self.make(copy)
                }
                other => other,
            },
            UnaryOp::PreIncrement | UnaryOp::PostIncrement | UnaryOp::PreDecrement | UnaryOp::PostDecrement => {
                let is_up = matches!(op, UnaryOp::PreIncrement | UnaryOp::PostIncrement);
                let by = if is_up { BinaryOp::Add } else { BinaryOp::Subtract };
                let next = self.binary_values(by, &value, &Value::Int(1))?;
                self.assign(frame, operand, next.clone())?;
                if matches!(op, UnaryOp::PreIncrement | UnaryOp::PreDecrement) { next } else { value }
            }
        })
    }

    fn cast(&mut self, kind: crate::hir::CastKind, value: Value) -> Outcome<Value> {
        use crate::hir::CastKind;
        match (&value, kind) {
            (Value::Object(id), CastKind::Array) => Ok(match self.object(*id) {
                Object::Row(fields) | Object::Collection(fields) => Value::array(fields.clone()),
                Object::Instance { properties, .. } => {
                    Value::array(properties.iter().map(|(name, value)| (name.as_ref().into(), value.clone())).collect())
                }
                _ => Value::list([value]),
            }),
            (Value::Object(_), CastKind::String) => Ok(Value::Text(self.text_value(&value)?)),
            (Value::Array(fields), CastKind::Object) => {
                let fields = (**fields).clone();
                Ok(self.make(Object::Row(fields)))
            }
            _ => Ok(map(&value, |value| operators::cast(kind, value))),
        }
    }

    fn reference(&mut self, frame: &mut Frame, target: ExprId, value: ExprId) -> Outcome<Value> {
        let body = self.index.body(frame.body);
        if let (Expr::Variable(alias), Expr::Variable(name)) = (body.expr(target), body.expr(value)) {
            let slot = frame.scope.slot(self.text_of(frame.body, *name));
            let value = slot.borrow().clone();
            frame.scope.share(self.text_of(frame.body, *alias), slot);
            return Ok(value);
        }
        let value = self.eval(frame, value)?;
        self.assign(frame, target, value.clone())?;
        Ok(value)
    }

    fn compound(&mut self, frame: &mut Frame, op: BinaryOp, target: ExprId, value: ExprId) -> Outcome<Value> {
        let before = self.eval_quietly(frame, target)?;
        if op == BinaryOp::Coalesce {
            if !before.is_null() {
                return Ok(before);
            }
            let value = self.eval(frame, value)?;
            self.assign(frame, target, value.clone())?;
            return Ok(value);
        }
        let value = self.eval(frame, value)?;
        let result = self.binary_values(op, &before, &value)?;
        self.assign(frame, target, result.clone())?;
        Ok(result)
    }

    /// Writes to a variable, item, property or pattern.
    pub(super) fn assign(&mut self, frame: &mut Frame, target: ExprId, value: Value) -> Outcome<()> {
        let body = self.index.body(frame.body);
        match body.expr(target) {
            Expr::Variable(name) => frame.scope.set(self.text_of(frame.body, *name), value),
            Expr::Index(base, index) => {
                let index = index.map(|index| self.eval(frame, index)).transpose()?;
                let current = self.eval_quietly(frame, *base)?;
                let key = match index {
                    Some(index) => {
                        let index = self.known(&index, "the key of an array")?;
                        operators::key(&index)
                    }
                    None => None,
                };
                self.assign_item(frame, *base, &current, key, value)?;
            }
            Expr::Property { receiver, name, .. } => {
                let receiver = self.eval(frame, *receiver)?;
                let name = self.member_name(frame, *name)?;
                self.set_property(&receiver, &name, value)?;
            }
            Expr::StaticProperty(class, name) => {
                let name = self.member_name(frame, *name)?;
                self.set_static_property(frame, *class, &name, value)?;
            }
            Expr::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    let Some(target) = item.value else { continue };
                    let key = match item.key {
                        Some(key) => self.eval(frame, key)?,
                        None => Value::Int(i64::try_from(place).unwrap_or_default()),
                    };
                    let found = self.item(&value, &key)?;
                    self.assign(frame, target, found)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn assign_item(&mut self, frame: &mut Frame, base: ExprId, current: &Value, key: Option<Key>, value: Value) -> Outcome<()> {
        if let Value::Object(id) = current {
            match self.object_mut(*id) {
                Object::Collection(items) | Object::Row(items) => match key {
                    Some(key) => items.set(key, value),
                    None => items.push(value),
                },
                Object::Fluent { attributes, .. } => {
                    if let Some(key) = key {
                        attributes.set(key, value);
                    }
                }
                _ => {}
            }
            return Ok(());
        }
        let mut array = match current {
            Value::Array(array) => (**array).clone(),
            Value::Unknown(_) => return Ok(()),
            _ => Array::default(),
        };
        match key {
            Some(key) => array.set(key, value),
            None => array.push(value),
        }
        self.assign(frame, base, Value::array(array))
    }

    fn matched(&mut self, frame: &mut Frame, subject: ExprId, arms: &[MatchArm]) -> Outcome<Value> {
        let subject = self.eval(frame, subject)?;
        for arm in arms {
            for condition in &arm.conditions {
                let condition = self.eval(frame, *condition)?;
                let equal = self.binary_values(BinaryOp::Identical, &subject, &condition)?;
                if self.truth(&equal)? {
                    return self.eval(frame, arm.result);
                }
            }
        }
        match arms.iter().find(|arm| arm.conditions.is_empty()) {
            Some(default) => self.eval(frame, default.result),
            None => self.throw("UnhandledMatchError", "Unhandled match case"),
        }
    }

    pub(super) fn member_name(&mut self, frame: &mut Frame, name: MemberName) -> Outcome<Rc<str>> {
        match name.kind {
            MemberNameKind::Fixed(name) => Ok(self.text_of(frame.body, name).into()),
            MemberNameKind::Dynamic(expr) => {
                let name = self.eval(frame, expr)?;
                self.known_text(&name, "the name of a member")
            }
        }
    }

    fn index_value(&mut self, frame: &mut Frame, base: ExprId, index: Option<ExprId>) -> Outcome<Value> {
        let base = self.eval_quietly(frame, base)?;
        let Some(index) = index else { return Ok(Value::Null) };
        let index = self.eval(frame, index)?;
        self.item(&base, &index)
    }

    /// An item of an array, collection, row or text.
    pub(crate) fn item(&mut self, base: &Value, index: &Value) -> Outcome<Value> {
        let Some(key) = operators::key(&index.likely()) else { return Ok(Value::Null) };
        if let (Some(cause), Value::Array(_)) = (index.cause(), base) {
            let likely = self.item(base, &index.likely())?;
            return Ok(Value::unknown(cause.clone(), likely));
        }
        Ok(match base {
            Value::Array(array) => array.get(&key).cloned().unwrap_or_default(),
            Value::Text(text) => match key {
                Key::Int(at) => {
                    let length = i64::try_from(text.len()).unwrap_or_default();
                    let at = usize::try_from(if at < 0 { length + at } else { at }).unwrap_or(usize::MAX);
                    text.get(at..at + 1).map_or(Value::Null, Value::text)
                }
                Key::Text(_) => Value::Null,
            },
            Value::Object(id) => match self.object(*id) {
                Object::Collection(items) | Object::Row(items) => items.get(&key).cloned().unwrap_or_default(),
                Object::Fluent { attributes, .. } => attributes.get(&key).cloned().unwrap_or_default(),
                _ => Value::opaque("an item of an object"),
            },
            Value::Unknown(unknown) => {
                let likely = self.item(&unknown.likely.clone(), index)?;
                Value::unknown(unknown.cause.clone(), likely)
            }
            _ => Value::Null,
        })
    }

    fn closure(&mut self, frame: &mut Frame, closure: BodyId) -> Value {
        let body = BodyKey::new(frame.body.file, closure);
        let BodyKind::Closure { kind, captures, .. } = &self.index.body(body).kind else { return Value::Null };
        let is_arrow = *kind == ClosureKind::Arrow;
        let mut captured = if is_arrow { frame.scope.copy() } else { Scope::default() };
        for capture in captures {
            let name = self.text_of(frame.body, capture.name);
            if capture.by_reference {
                captured.share(name, frame.scope.slot(name));
            } else {
                captured.set(name, frame.scope.get(name).unwrap_or_default());
            }
        }
        Value::Closure(Rc::new(Closure { body, this: frame.this, class: frame.class, captured, is_arrow }))
    }

    /// The class that `self` means: the one around the text; inside a trait the one that uses it.
    pub(super) fn self_class(&self, frame: &Frame) -> Option<ClassKey> {
        match self.index.body_class(frame.body) {
            Some(class) if self.index.is_trait(class) => frame.class.or(Some(class)),
            Some(class) => Some(class),
            None => frame.class,
        }
    }
}

/// Applies a function to a value; what it makes of one that is not known is not known.
pub(crate) fn map(value: &Value, apply: impl FnOnce(&Value) -> Value) -> Value {
    match value {
        Value::Unknown(unknown) => Value::unknown(unknown.cause.clone(), apply(&unknown.likely)),
        known => apply(known),
    }
}

fn not(value: &Value) -> Value {
    map(value, |value| Value::Bool(!operators::truth(value)))
}
