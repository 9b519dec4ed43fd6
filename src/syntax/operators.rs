//! Operator tokens.

use super::kinds::Kind;
use crate::hir::{BinaryOp, UnaryOp};

/// The binary operator of a token, also of its assignment.
pub(super) const fn binary(kind: Kind) -> Option<BinaryOp> {
    Some(match kind {
        Kind::Plus | Kind::PlusAssign => BinaryOp::Add,
        Kind::Minus | Kind::MinusAssign => BinaryOp::Subtract,
        Kind::Star | Kind::StarAssign => BinaryOp::Multiply,
        Kind::Slash | Kind::SlashAssign => BinaryOp::Divide,
        Kind::Percent | Kind::PercentAssign => BinaryOp::Modulo,
        Kind::Power | Kind::PowerAssign => BinaryOp::Power,
        Kind::Amp | Kind::AmpAssign => BinaryOp::BitAnd,
        Kind::Pipe | Kind::PipeAssign => BinaryOp::BitOr,
        Kind::Caret | Kind::CaretAssign => BinaryOp::BitXor,
        Kind::ShiftLeft | Kind::ShiftLeftAssign => BinaryOp::ShiftLeft,
        Kind::ShiftRight | Kind::ShiftRightAssign => BinaryOp::ShiftRight,
        Kind::AndAnd | Kind::And => BinaryOp::And,
        Kind::OrOr | Kind::Or => BinaryOp::Or,
        Kind::Xor => BinaryOp::Xor,
        Kind::EqualEqual => BinaryOp::Equal,
        Kind::Identical => BinaryOp::Identical,
        Kind::NotEqual | Kind::NotEqualAngle => BinaryOp::NotEqual,
        Kind::NotIdentical => BinaryOp::NotIdentical,
        Kind::Less => BinaryOp::Less,
        Kind::LessEqual => BinaryOp::LessEqual,
        Kind::Greater => BinaryOp::Greater,
        Kind::GreaterEqual => BinaryOp::GreaterEqual,
        Kind::Spaceship => BinaryOp::Spaceship,
        Kind::Coalesce | Kind::CoalesceAssign => BinaryOp::Coalesce,
        Kind::Dot | Kind::DotAssign => BinaryOp::Concat,
        Kind::PipeArrow => BinaryOp::Pipe,
        _ => return None,
    })
}

/// The unary operator of a token.
pub(super) const fn unary(kind: Kind) -> Option<UnaryOp> {
    Some(match kind {
        Kind::Bang => UnaryOp::Not,
        Kind::Minus => UnaryOp::Negate,
        Kind::Plus => UnaryOp::Plus,
        Kind::Tilde => UnaryOp::BitNot,
        _ => return None,
    })
}
