//! Conditions: what is known about lengths where one holds, and where it does not.

use super::bound::{Length, Most, Value};
use super::eval::Walk;
use super::trace::State;
use crate::finding::Location;
use crate::hir::{BinaryOp, Callee, Expr, ExprId, UnaryOp};
use crate::specs::LengthEffect;

impl Walk<'_, '_> {
    /// Assumes that a condition holds, or does not.
    pub(super) fn assume(&mut self, state: &mut State, condition: ExprId, holds: bool) {
        let code = self.code;
        match code.expr(condition) {
            Expr::Unary(UnaryOp::Not, operand) => self.assume(state, *operand, !holds),
            Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) if (*op == BinaryOp::And) == holds => {
                self.assume(state, *left, holds);
                self.assume(state, *right, holds);
            }
            Expr::Binary(op, left, right) => self.compare(state, (*op, *left, *right), holds, condition),
            // `isset($name[100])` says that there are more than 100 bytes.
            Expr::Isset(operands) if !holds => {
                if let [one] = &**operands
                    && let Expr::Index(base, Some(key)) = code.expr(*one)
                    && let (Some(path), Some(number)) = (self.path(*base), self.number(*key))
                {
                    self.limit(state, &path, number, condition);
                }
            }
            Expr::Call { callee: Callee::Function(name), arguments, .. } if holds => {
                match self.hir.text(name.fallback.unwrap_or(name.name)).to_ascii_lowercase().as_str() {
                    "in_array" => {
                        if let [needle, list, ..] = &**arguments
                            && let (Some(path), Some(most)) = (self.path(needle.value), self.longest_of(list.value))
                        {
                            self.limit(state, &path, i64::from(most), condition);
                        }
                    }
                    "preg_match" => {
                        if let [pattern, subject, ..] = &**arguments
                            && let Some(path) = self.path(subject.value)
                            && let Some(most) =
                                self.text(pattern.value).and_then(|pattern| super::validation::pattern_length(&pattern))
                        {
                            self.limit(state, &path, i64::from(most), condition);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A comparison: of a length with a number, or of a text with a constant.
    fn compare(&mut self, state: &mut State, (op, left, right): (BinaryOp, ExprId, ExprId), holds: bool, at: ExprId) {
        if matches!(op, BinaryOp::Equal | BinaryOp::Identical) && holds
            || matches!(op, BinaryOp::NotEqual | BinaryOp::NotIdentical) && !holds
        {
            for (one, other) in [(left, right), (right, left)] {
                if let (Some(path), Some(text)) = (self.path(one), self.text(other)) {
                    self.limit(state, &path, i64::try_from(text.chars().count()).unwrap_or(i64::MAX), at);
                }
            }
        }
        let sides = [(op, left, right), (mirrored(op), right, left)];
        for (op, measured, number) in sides {
            let (Some(path), Some(number)) = (self.measured(state, measured), self.number(number)) else { continue };
            let most = match (op, holds) {
                (BinaryOp::Greater, false) | (BinaryOp::LessEqual, true) => number,
                (BinaryOp::GreaterEqual, false) | (BinaryOp::Less, true) => number.saturating_sub(1),
                (BinaryOp::Equal | BinaryOp::Identical, true) | (BinaryOp::NotEqual | BinaryOp::NotIdentical, false) => number,
                _ => continue,
            };
            self.limit(state, &path, most, at);
        }
    }

    /// The path whose length an expression gives.
    pub(super) fn measured(&self, state: &State, expr: ExprId) -> Option<Vec<String>> {
        match self.code.expr(expr) {
            Expr::Variable(name) => state.measures.get(&format!("${}", self.hir.text(*name))).cloned(),
            Expr::Assign { value, .. } => self.measured(state, *value),
            Expr::Call { arguments, .. } => {
                let row = self.function_row(expr)?;
                let LengthEffect::Measure(_) = row.effect else { return None };
                self.path(self.argument(arguments, row.argument)?)
            }
            _ => None,
        }
    }

    fn limit(&mut self, state: &mut State, path: &[String], most: i64, at: ExprId) {
        let most = u32::try_from(most.max(0)).unwrap_or(u32::MAX);
        let bound = Length::characters(most, "length.guard", Some(self.location(at)));
        let known = Self::read(state, path).map_or(Most::Unbounded, |value| value.length.most);
        if Most::Characters(most) < known {
            Self::write(state, path, Value::text(bound));
        }
    }

    /// The place of an expression.
    pub(super) fn location(&self, expr: ExprId) -> Location {
        Location::new(self.body.file, self.code.expr_span(expr))
    }
}

const fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}
