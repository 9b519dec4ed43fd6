//! PHP's operators on constants.

use super::{Constant, ConstantKey};
use crate::hir::{BinaryOp, CastKind, UnaryOp};

/// A binary operator whose operands are both known. `&&`, `||` and `??` are the evaluator's.
pub(super) fn binary(op: BinaryOp, left: &Constant, right: &Constant) -> Option<Constant> {
    match op {
        BinaryOp::Add => match (left, right) {
            (Constant::Array(left), Constant::Array(right)) => Some(union(left, right)),
            _ => arithmetic(left, right, i64::checked_add, |a, b| a + b),
        },
        BinaryOp::Subtract => arithmetic(left, right, i64::checked_sub, |a, b| a - b),
        BinaryOp::Multiply => arithmetic(left, right, i64::checked_mul, |a, b| a * b),
        BinaryOp::Divide => divide(left, right),
        BinaryOp::Modulo => left.to_int()?.checked_rem(right.to_int()?).map(Constant::Int),
        BinaryOp::Power => power(left, right),
        BinaryOp::BitAnd => integers(left, right, |a, b| Some(a & b)),
        BinaryOp::BitOr => integers(left, right, |a, b| Some(a | b)),
        BinaryOp::BitXor => integers(left, right, |a, b| Some(a ^ b)),
        BinaryOp::ShiftLeft => integers(left, right, |a, b| a.checked_shl(u32::try_from(b).ok()?)),
        BinaryOp::ShiftRight => integers(left, right, |a, b| a.checked_shr(u32::try_from(b).ok()?)),
        BinaryOp::Identical => Some(Constant::Bool(left == right)),
        BinaryOp::NotIdentical => Some(Constant::Bool(left != right)),
        BinaryOp::Equal => loosely_equal(left, right).map(Constant::Bool),
        BinaryOp::NotEqual => loosely_equal(left, right).map(|equal| Constant::Bool(!equal)),
        BinaryOp::Less => order(left, right).map(|order| Constant::Bool(order.is_lt())),
        BinaryOp::LessEqual => order(left, right).map(|order| Constant::Bool(order.is_le())),
        BinaryOp::Greater => order(left, right).map(|order| Constant::Bool(order.is_gt())),
        BinaryOp::GreaterEqual => order(left, right).map(|order| Constant::Bool(order.is_ge())),
        BinaryOp::Spaceship => order(left, right).map(|order| Constant::Int(order as i64)),
        BinaryOp::Xor => Some(Constant::Bool(left.truthy() != right.truthy())),
        BinaryOp::And => Some(Constant::Bool(left.truthy() && right.truthy())),
        BinaryOp::Or => Some(Constant::Bool(left.truthy() || right.truthy())),
        BinaryOp::Concat => Some(Constant::String(left.to_text()? + &right.to_text()?)),
        BinaryOp::Coalesce | BinaryOp::Pipe => None,
    }
}

/// A unary operator without effect.
pub(super) fn unary(op: UnaryOp, value: &Constant) -> Option<Constant> {
    match op {
        UnaryOp::Not => Some(Constant::Bool(!value.truthy())),
        UnaryOp::Negate => arithmetic(&Constant::Int(0), value, i64::checked_sub, |a, b| a - b),
        UnaryOp::Plus => value.to_number(),
        UnaryOp::BitNot => match value {
            Constant::Int(value) => Some(Constant::Int(!value)),
            _ => None,
        },
        UnaryOp::Silence => Some(value.clone()),
        UnaryOp::PreIncrement
        | UnaryOp::PreDecrement
        | UnaryOp::PostIncrement
        | UnaryOp::PostDecrement
        | UnaryOp::Clone
        | UnaryOp::Print => None,
    }
}

/// A cast.
pub(super) fn cast(kind: CastKind, value: Constant) -> Option<Constant> {
    match kind {
        CastKind::Int => value.to_int().map(Constant::Int),
        CastKind::Float => value.to_float().map(Constant::Float),
        CastKind::String => value.to_text().map(Constant::String),
        CastKind::Bool => Some(Constant::Bool(value.truthy())),
        CastKind::Array => match value {
            Constant::Array(_) => Some(value),
            Constant::Null => Some(Constant::Array(Vec::new())),
            _ => Some(Constant::Array(vec![(ConstantKey::Int(0), value)])),
        },
        CastKind::Object | CastKind::Unset | CastKind::Void => None,
    }
}

fn union(left: &[(ConstantKey, Constant)], right: &[(ConstantKey, Constant)]) -> Constant {
    let added = right.iter().filter(|(key, _)| left.iter().all(|(known, _)| known != key));
    Constant::Array(left.iter().chain(added).cloned().collect())
}

fn arithmetic(
    left: &Constant,
    right: &Constant,
    int: fn(i64, i64) -> Option<i64>,
    float: fn(f64, f64) -> f64,
) -> Option<Constant> {
    let (left, right) = (left.to_number()?, right.to_number()?);
    if let (Constant::Int(a), Constant::Int(b)) = (&left, &right)
        && let Some(result) = int(*a, *b)
    {
        return Some(Constant::Int(result));
    }
    Some(Constant::Float(float(left.to_float()?, right.to_float()?)))
}

fn divide(left: &Constant, right: &Constant) -> Option<Constant> {
    let (left, right) = (left.to_number()?, right.to_number()?);
    if let (Constant::Int(a), Constant::Int(b)) = (&left, &right)
        && a.checked_rem(*b) == Some(0)
    {
        return a.checked_div(*b).map(Constant::Int);
    }
    let divisor = right.to_float()?;
    if divisor == 0.0 { None } else { Some(Constant::Float(left.to_float()? / divisor)) }
}

fn power(left: &Constant, right: &Constant) -> Option<Constant> {
    let (left, right) = (left.to_number()?, right.to_number()?);
    if let (Constant::Int(a), Constant::Int(b)) = (&left, &right)
        && let Some(result) = u32::try_from(*b).ok().and_then(|b| a.checked_pow(b))
    {
        return Some(Constant::Int(result));
    }
    Some(Constant::Float(left.to_float()?.powf(right.to_float()?)))
}

fn integers(left: &Constant, right: &Constant, op: fn(i64, i64) -> Option<i64>) -> Option<Constant> {
    match (left, right) {
        (Constant::Int(a), Constant::Int(b)) => op(*a, *b).map(Constant::Int),
        _ => None,
    }
}

/// `==` of PHP 8, where it needs no more than numbers, texts, booleans and null.
pub(super) fn loosely_equal(left: &Constant, right: &Constant) -> Option<bool> {
    use Constant::{Array, Bool, Class, Null, String};
    match (left, right) {
        (Bool(_) | Null, Bool(_)) | (Bool(_), Null) => Some(left.truthy() == right.truthy()),
        (Bool(value), other) | (other, Bool(value)) => Some(other.truthy() == *value),
        (Null, String(text) | Class(text)) | (String(text) | Class(text), Null) => Some(text.is_empty()),
        (Null, other) | (other, Null) => Some(!other.truthy()),
        (Array(a), Array(b)) if a == b => Some(true),
        (Array(_), Array(_)) => None,
        (Array(_), _) | (_, Array(_)) => Some(false),
        _ => match (left.to_number(), right.to_number()) {
            (Some(_), Some(_)) => Some(order(left, right)?.is_eq()),
            _ => Some(left.to_text()? == right.to_text()?),
        },
    }
}

/// `<=>` of two numbers or two texts.
pub(super) fn order(left: &Constant, right: &Constant) -> Option<std::cmp::Ordering> {
    match (left.to_number(), right.to_number()) {
        (Some(Constant::Int(a)), Some(Constant::Int(b))) => Some(a.cmp(&b)),
        (Some(a), Some(b)) => a.to_float()?.partial_cmp(&b.to_float()?),
        _ => Some(left.as_str()?.cmp(right.as_str()?)),
    }
}
