//! What functions of PHP leave of a text: pieces, and what patterns replace.

use super::calls::CallSite;
use super::evaluator::Unit;
use super::value::{Glimpse, Treatment, Value};
use crate::hir::{BinaryOp, Expr, ExprId, Literal, UnaryOp};
use crate::specs::Kind;

impl<'p> Unit<'_, 'p> {
    /// `substr` and its like: a short piece is what a mask leaves.
    pub(super) fn cut(&mut self, site: &CallSite<'p>) -> Value {
        let Some(first) = site.arguments.first() else { return Value::default() };
        let value = self.eval(site.body, first.value);
        if value.treatment == Some(Treatment::Pseudonym) && value.marks.is_empty() {
            return value;
        }
        let number = |unit: &Self, position: usize| {
            site.arguments.get(position).and_then(|argument| unit.number(site.body, argument.value))
        };
        let start = number(self, 1);
        let length = site.arguments.get(2).map(|_| number(self, 2));
        let (leading, other) = match (start, length) {
            (Some(0), Some(Some(length))) if length > 0 => (u32::try_from(length).unwrap_or(u32::MAX), 0),
            (Some(start), None) if start < 0 => (0, u32::try_from(-start).unwrap_or(u32::MAX)),
            (Some(_), Some(Some(length))) if length > 0 => (0, u32::try_from(length).unwrap_or(u32::MAX)),
            _ => return value,
        };
        let mut cut = Value { is_text: true, treatment: value.treatment, unknown: value.unknown.clone(), ..Value::default() };
        for mark in value.marks {
            // Of a dump or a text nothing says where the personal data stand.
            let glimpse = Glimpse { mark, leading, other };
            if leading + other > 12 || glimpse.mark.what.is_dump() && leading + other > 4 {
                cut.add(glimpse.mark);
            } else {
                cut.glimpses.push(glimpse);
            }
        }
        if leading + other > 6 {
            cut.given = value.given;
        } else {
            cut.treatment = cut.treatment.max(Some(Treatment::Mask));
            if leading + other <= 4 {
                cut.unknown = None;
            }
        }
        cut
    }

    /// The number that an expression is.
    fn number(&self, body: crate::index::BodyKey, expr: ExprId) -> Option<i64> {
        match self.project().index.body(body).expr(expr) {
            Expr::Literal(Literal::Int(number)) => Some(*number),
            Expr::Unary(UnaryOp::Negate, operand) => self.number(body, *operand).map(|number| -number),
            Expr::Binary(BinaryOp::Add, left, right) => Some(self.number(body, *left)? + self.number(body, *right)?),
            _ => None,
        }
    }

    /// `preg_replace` and its like: a mask where every letter or digit is replaced, else the same value.
    pub(super) fn replaced(&mut self, site: &CallSite<'p>, name: &str) -> Value {
        let Some(subject) = site.arguments.get(2) else { return Value::default() };
        let value = self.eval(site.body, subject.value);
        let text =
            |unit: &Self, position: usize| site.arguments.get(position).and_then(|argument| unit.key(site.body, argument.value));
        let (pattern, with) = (text(self, 0), text(self, 1));
        let (Some(pattern), Some(with)) = (pattern.filter(|_| name == "preg_replace"), with) else { return value };
        if !with.contains(['*', 'x', 'X', '#', '•']) {
            return value;
        }
        if is_total_mask(&pattern) {
            return Self::treated(&value, Treatment::Mask);
        }
        let covered = super::sanitizer::kinds_of_pattern(&pattern);
        if covered.contains(&Kind::Contact) { Self::without(value, Kind::Contact) } else { value }
    }
}

/// A pattern that leaves at most four characters: `/\d(?=\d{4})/`, `/./`, `/(?<=.{2})./`.
fn is_total_mask(pattern: &str) -> bool {
    let inner = pattern.trim_matches(|sign: char| matches!(sign, '/' | '#' | '~' | 'u' | 'i' | 's'));
    let left = |count: &str| count.parse::<u32>().is_ok_and(|count| count <= 4);
    let look = [("(?=", ")"), ("(?<=.{", "}"), ("(?<=^.{", "}")].iter().any(|(open, _)| inner.contains(open));
    if matches!(inner, "." | "\\d" | "\\w" | "[0-9]" | "[a-zA-Z]" | "\\S") {
        return true;
    }
    let number = inner.split('{').nth(1).and_then(|rest| rest.split([',', '}']).next());
    look && number.is_some_and(left)
}
