//! Conversions and operators of PHP, on values that are known.

use std::cmp::Ordering;
use std::rc::Rc;

use super::value::{Key, Value};
use crate::hir::{BinaryOp, CastKind};

/// The truth of a value.
pub(crate) fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Int(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        Value::Text(text) => !text.is_empty() && &**text != "0",
        Value::Array(array) => array.len() > 0,
        Value::Object(_) | Value::Closure(_) => true,
        Value::Unknown(unknown) => truth(&unknown.likely),
    }
}

/// The text of a value; none for arrays and objects.
pub(crate) fn text(value: &Value) -> Option<Rc<str>> {
    Some(match value {
        Value::Null | Value::Bool(false) => "".into(),
        Value::Bool(true) => "1".into(),
        Value::Int(number) => number.to_string().into(),
        Value::Float(number) => float_text(*number).into(),
        Value::Text(text) => Rc::clone(text),
        Value::Unknown(unknown) => return text(&unknown.likely),
        Value::Array(_) | Value::Object(_) | Value::Closure(_) => return None,
    })
}

fn float_text(number: f64) -> String {
    if number.fract().abs() < f64::EPSILON && number.abs() < 1e15 { format!("{number:.0}") } else { format!("{number}") }
}

/// A number as PHP reads it from the beginning of a value.
pub(crate) fn number(value: &Value) -> Value {
    match value {
        Value::Int(_) | Value::Float(_) => value.clone(),
        Value::Null => Value::Int(0),
        Value::Bool(value) => Value::Int(i64::from(*value)),
        Value::Text(text) => leading_number(text),
        Value::Array(array) => Value::Int(i64::from(array.len() > 0)),
        Value::Object(_) | Value::Closure(_) => Value::Int(1),
        Value::Unknown(unknown) => number(&unknown.likely),
    }
}

fn leading_number(text: &str) -> Value {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(at, sign)| !(sign.is_ascii_digit() || *sign == '.' || (*at == 0 && matches!(sign, '-' | '+'))))
        .map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    match head.parse::<i64>() {
        Ok(number) => Value::Int(number),
        Err(_) => head.parse::<f64>().map_or(Value::Int(0), Value::Float),
    }
}

/// True where the whole text is a number.
pub(crate) fn is_numeric(text: &str) -> bool {
    let trimmed = text.trim();
    !trimmed.is_empty()
        && trimmed.parse::<f64>().is_ok()
        && !trimmed.chars().any(|sign| sign.is_ascii_alphabetic() && sign != 'e' && sign != 'E')
}

pub(crate) fn int(value: &Value) -> i64 {
    match number(value) {
        Value::Int(number) => number,
        Value::Float(number) => float_to_int(number),
        _ => 0,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "PHP cuts the fraction; what lies outside the range is cut by the cast")]
fn float_to_int(number: f64) -> i64 {
    number.trunc() as i64
}

#[expect(clippy::cast_precision_loss, reason = "PHP converts in the same way")]
pub(crate) fn float(value: &Value) -> f64 {
    match number(value) {
        Value::Int(number) => number as f64,
        Value::Float(number) => number,
        _ => 0.0,
    }
}

/// A value as the key of an array.
pub(crate) fn key(value: &Value) -> Option<Key> {
    Some(match value {
        Value::Null => Key::Text("".into()),
        Value::Bool(value) => Key::Int(i64::from(*value)),
        Value::Int(number) => Key::Int(*number),
        Value::Float(number) => Key::Int(float_to_int(*number)),
        Value::Text(text) => Key::from(&**text),
        Value::Unknown(unknown) => return key(&unknown.likely),
        Value::Array(_) | Value::Object(_) | Value::Closure(_) => return None,
    })
}

/// `==`
pub(crate) fn loosely_equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Unknown(unknown), other) | (other, Value::Unknown(unknown)) => loosely_equal(&unknown.likely, other),
        (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) => text.is_empty(),
        (Value::Bool(_) | Value::Null, _) | (_, Value::Bool(_) | Value::Null) => truth(left) == truth(right),
        (Value::Text(left), Value::Text(right)) => {
            if is_numeric(left) && is_numeric(right) {
                float(&Value::Text(Rc::clone(left))).total_cmp(&float(&Value::Text(Rc::clone(right)))).is_eq()
            } else {
                left == right
            }
        }
        (Value::Int(_) | Value::Float(_), Value::Text(text)) if !is_numeric(text) => {
            self::text(left).is_some_and(|left| left == *text)
        }
        (Value::Text(text), Value::Int(_) | Value::Float(_)) if !is_numeric(text) => {
            self::text(right).is_some_and(|right| right == *text)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.entries.iter().all(|(key, value)| right.get(key).is_some_and(|other| loosely_equal(value, other)))
        }
        (Value::Int(_) | Value::Float(_) | Value::Text(_), Value::Int(_) | Value::Float(_) | Value::Text(_)) => {
            float(left).total_cmp(&float(right)).is_eq()
        }
        _ => left == right,
    }
}

/// `===`
pub(crate) fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Unknown(unknown), other) | (other, Value::Unknown(unknown)) => identical(&unknown.likely, other),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left
                    .entries
                    .iter()
                    .zip(&right.entries)
                    .all(|((left_key, left), (right_key, right))| left_key == right_key && identical(left, right))
        }
        _ => left == right,
    }
}

/// `<=>`
pub(crate) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) if !(is_numeric(left) && is_numeric(right)) => left.cmp(right),
        (Value::Array(left), Value::Array(right)) => left.len().cmp(&right.len()),
        (Value::Bool(_) | Value::Null, _) | (_, Value::Bool(_) | Value::Null) => truth(left).cmp(&truth(right)),
        _ => float(left).total_cmp(&float(right)),
    }
}

fn arithmetic(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    if let (Value::Array(left), Value::Array(right), BinaryOp::Add) = (left, right, op) {
        let mut sum = (**left).clone();
        for (key, value) in &right.entries {
            if sum.get(key).is_none() {
                sum.set(key.clone(), value.clone());
            }
        }
        return Some(Value::array(sum));
    }
    let (left, right) = (number(left), number(right));
    if let (Value::Int(a), Value::Int(b)) = (&left, &right) {
        let whole = match op {
            BinaryOp::Add => a.checked_add(*b),
            BinaryOp::Subtract => a.checked_sub(*b),
            BinaryOp::Multiply => a.checked_mul(*b),
            BinaryOp::Divide if *b != 0 && a % b == 0 => a.checked_div(*b),
            BinaryOp::Modulo if *b != 0 => a.checked_rem(*b),
            BinaryOp::Power => u32::try_from(*b).ok().and_then(|exponent| a.checked_pow(exponent)),
            _ => None,
        };
        if let Some(whole) = whole {
            return Some(Value::Int(whole));
        }
    }
    let (a, b) = (float(&left), float(&right));
    Some(Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide if b != 0.0 => a / b,
        BinaryOp::Power => a.powf(b),
        _ => return None,
    }))
}

/// A binary operator without short circuit.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Option<Value> {
    Some(match op {
        BinaryOp::Equal => Value::Bool(loosely_equal(left, right)),
        BinaryOp::NotEqual => Value::Bool(!loosely_equal(left, right)),
        BinaryOp::Identical => Value::Bool(identical(left, right)),
        BinaryOp::NotIdentical => Value::Bool(!identical(left, right)),
        BinaryOp::Less => Value::Bool(compare(left, right).is_lt()),
        BinaryOp::LessEqual => Value::Bool(compare(left, right).is_le()),
        BinaryOp::Greater => Value::Bool(compare(left, right).is_gt()),
        BinaryOp::GreaterEqual => Value::Bool(compare(left, right).is_ge()),
        BinaryOp::Spaceship => Value::Int(compare(left, right) as i64),
        BinaryOp::Xor => Value::Bool(truth(left) != truth(right)),
        BinaryOp::Concat => Value::text(format!("{}{}", text(left)?, text(right)?)),
        BinaryOp::BitAnd => Value::Int(int(left) & int(right)),
        BinaryOp::BitOr => Value::Int(int(left) | int(right)),
        BinaryOp::BitXor => Value::Int(int(left) ^ int(right)),
        BinaryOp::ShiftLeft => Value::Int(int(left).checked_shl(u32::try_from(int(right)).ok()?)?),
        BinaryOp::ShiftRight => Value::Int(int(left).checked_shr(u32::try_from(int(right)).ok()?)?),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce | BinaryOp::Pipe => return None,
        arithmetic_op => return arithmetic(arithmetic_op, left, right),
    })
}

pub(crate) fn cast(kind: CastKind, value: &Value) -> Value {
    match kind {
        CastKind::Int => Value::Int(int(value)),
        CastKind::Float => Value::Float(float(value)),
        CastKind::String => text(value).map_or(Value::Null, Value::Text),
        CastKind::Bool => Value::Bool(truth(value)),
        CastKind::Array => match value {
            Value::Array(_) => value.clone(),
            Value::Null => Value::list([]),
            other => Value::list([other.clone()]),
        },
        CastKind::Object => value.clone(),
        CastKind::Unset | CastKind::Void => Value::Null,
    }
}
