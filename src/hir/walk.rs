//! Visiting the operands of an expression and the parts of a statement.

use super::{Callee, ClassRef, Expr, ExprId, MemberName, MemberNameKind, Statement, StatementId};

fn visit_class(class: ClassRef, visit: &mut impl FnMut(ExprId)) {
    if let ClassRef::Dynamic(expr) = class {
        visit(expr);
    }
}

fn visit_name(name: MemberName, visit: &mut impl FnMut(ExprId)) {
    if let MemberNameKind::Dynamic(expr) = name.kind {
        visit(expr);
    }
}

impl Expr {
    /// Calls `visit` with each direct operand in order of evaluation. Bodies of closures are no operands.
    pub fn for_each_operand(&self, mut visit: impl FnMut(ExprId)) {
        let visit = &mut visit;
        match self {
            Self::Literal(_) | Self::Variable(_) | Self::Constant(_) | Self::Closure(_) | Self::Error(_) => {}
            Self::DynamicVariable(operand)
            | Self::Unary(_, operand)
            | Self::Cast(_, operand)
            | Self::Empty(operand)
            | Self::Throw(operand)
            | Self::YieldFrom(operand)
            | Self::Include(_, operand) => visit(*operand),
            Self::Interpolation(parts) | Self::Concat(parts) | Self::Isset(parts) => parts.iter().copied().for_each(visit),
            Self::Array(items) => {
                for item in items {
                    item.key.into_iter().chain(item.value).for_each(&mut *visit);
                }
            }
            Self::Binary(_, left, right) | Self::CompoundAssign(_, left, right) => [*left, *right].into_iter().for_each(visit),
            Self::Assign { target, value, .. } => [*value, *target].into_iter().for_each(visit),
            Self::Ternary(condition, then, otherwise) => {
                std::iter::once(*condition).chain(*then).chain([*otherwise]).for_each(visit);
            }
            Self::Match(subject, arms) => {
                visit(*subject);
                for arm in arms {
                    arm.conditions.iter().copied().chain([arm.result]).for_each(&mut *visit);
                }
            }
            Self::Call { callee, arguments, .. } => {
                visit_callee(*callee, visit);
                arguments.iter().for_each(|argument| visit(argument.value));
            }
            Self::Property { receiver, name, .. } => {
                visit(*receiver);
                visit_name(*name, visit);
            }
            Self::StaticProperty(class, name) | Self::ClassConstant(class, name) => {
                visit_class(*class, visit);
                visit_name(*name, visit);
            }
            Self::Index(base, index) => std::iter::once(*base).chain(*index).for_each(visit),
            Self::InstanceOf(operand, class) => {
                visit(*operand);
                visit_class(*class, visit);
            }
            Self::Exit(operand) => operand.iter().copied().for_each(visit),
            Self::Yield(key, value) => key.iter().chain(value).copied().for_each(visit),
        }
    }
}

fn visit_callee(callee: Callee, visit: &mut impl FnMut(ExprId)) {
    match callee {
        Callee::Function(_) => {}
        Callee::Value(operand) => visit(operand),
        Callee::Method { receiver, name, .. } => {
            visit(receiver);
            visit_name(name, visit);
        }
        Callee::Static { class, name } => {
            visit_class(class, visit);
            visit_name(name, visit);
        }
        Callee::New(class) => visit_class(class, visit),
    }
}

impl Statement {
    /// Calls `visit` with each block directly inside this statement.
    pub fn for_each_block<'s>(&'s self, mut visit: impl FnMut(&'s [StatementId])) {
        match self {
            Self::Block(block) | Self::Loop(_, _, block) | Self::For { block, .. } | Self::Foreach { block, .. } => visit(block),
            Self::If { branches, otherwise } => {
                branches.iter().for_each(|(_, block)| visit(block));
                if let Some(block) = otherwise {
                    visit(block);
                }
            }
            Self::Switch(_, cases) => cases.iter().for_each(|case| visit(&case.block)),
            Self::Try { block, catches, finally } => {
                visit(block);
                catches.iter().for_each(|clause| visit(&clause.block));
                if let Some(block) = finally {
                    visit(block);
                }
            }
            _ => {}
        }
    }
}
