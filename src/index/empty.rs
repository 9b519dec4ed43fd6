//! Conditions that ask whether a column of a row is still empty.

use super::hooks::column_of;
use super::values::Place;
use super::walk::Guard;
use crate::hir::{BinaryOp, Callee, Expr, ExprId, Literal, UnaryOp};

/// Longer chains of conditions are not taken apart.
const MAX_DEPTH: u32 = 32;

/// What the guards of an assignment ask.
pub(super) struct Emptiness {
    /// That the column is empty.
    pub(super) empty: bool,
    /// Something else.
    pub(super) other: bool,
}

/// Splits the guards of an assignment to a column into questions for its emptiness and others.
pub(super) fn emptiness(place: Place<'_>, row: &str, column: &str, guards: &[Guard]) -> Emptiness {
    let mut result = Emptiness { empty: false, other: false };
    for guard in guards {
        match guard {
            Guard::If(condition) => split(place, row, column, (*condition, true), 0, &mut result),
            Guard::IfNot(condition) => split(place, row, column, (*condition, false), 0, &mut result),
            Guard::Each(_) | Guard::Sometimes => result.other = true,
        }
    }
    result
}

/// Splits a condition and whether it holds.
fn split(place: Place<'_>, row: &str, column: &str, (condition, holds): (ExprId, bool), depth: u32, result: &mut Emptiness) {
    match place.item().expr(condition) {
        _ if depth > MAX_DEPTH => result.other = true,
        Expr::Binary(op, left, right) if *op == if holds { BinaryOp::And } else { BinaryOp::Or } => {
            split(place, row, column, (*left, holds), depth + 1, result);
            split(place, row, column, (*right, holds), depth + 1, result);
        }
        Expr::Unary(UnaryOp::Not, inner) if !is_column(place, row, column, *inner) => {
            split(place, row, column, (*inner, !holds), depth + 1, result);
        }
        _ if asks_for_empty(place, row, column, condition) == Some(holds) => result.empty = true,
        _ => result.other = true,
    }
}

fn is_column(place: Place<'_>, row: &str, column: &str, expr: ExprId) -> bool {
    column_of(place, row, expr).is_some_and(|found| found == column)
}

/// `Some(true)` where a true condition means that the column is empty, `Some(false)` where it means that it is not.
fn asks_for_empty(place: Place<'_>, row: &str, column: &str, condition: ExprId) -> Option<bool> {
    let is_this = |expr: ExprId| is_column(place, row, column, expr);
    let is_null = |expr: ExprId| matches!(place.item().expr(expr), Expr::Literal(Literal::Null));
    match place.item().expr(condition) {
        Expr::Unary(UnaryOp::Not, inner) if is_this(*inner) => Some(true),
        Expr::Empty(inner) if is_this(*inner) => Some(true),
        Expr::Isset(operands) if operands.iter().all(|&operand| is_this(operand)) => Some(false),
        Expr::Binary(op, left, right) if (is_this(*left) && is_null(*right)) || (is_null(*left) && is_this(*right)) => match op {
            BinaryOp::Equal | BinaryOp::Identical => Some(true),
            BinaryOp::NotEqual | BinaryOp::NotIdentical => Some(false),
            _ => None,
        },
        Expr::Call { callee: Callee::Function(name), arguments, .. } => {
            arguments.first().filter(|first| is_this(first.value))?;
            match place.text(name.fallback.unwrap_or(name.name)) {
                "is_null" | "blank" => Some(true),
                "filled" => Some(false),
                _ => None,
            }
        }
        _ if is_this(condition) => Some(false),
        _ => None,
    }
}
