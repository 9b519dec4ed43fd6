//! What code asks about the role of a user, in one spelling for all who ask the same.

use std::sync::Arc;

use crate::flow::Project;
use crate::hir::{BinaryOp, Callee, Expr, ExprId, MemberName, MemberNameKind, Statement};
use crate::index::{BodyKey, Constant, Index, Locals};

/// Methods that ask for others, and are followed.
const DEPTH: usize = 4;

/// The question that a condition is: `hasRole(super_admin)` of `$user->hasRole('super_admin')` and of
/// `$user->isSuperAdmin()`, of which that is the code.
#[must_use]
pub fn role_asked(project: Project<'_>, body: BodyKey, condition: ExprId) -> Option<Arc<str>> {
    asked(project, body, condition, 0).map(Arc::from)
}

fn asked(project: Project<'_>, body: BodyKey, expr: ExprId, depth: usize) -> Option<String> {
    let index = project.index;
    match index.body(body).expr(expr) {
        Expr::Property { name, .. } => is_role_question(&fixed(index, body, *name)?).then(|| fixed(index, body, *name))?,
        Expr::Cast(_, inner) => asked(project, body, *inner, depth),
        Expr::Binary(BinaryOp::Equal | BinaryOp::Identical, left, right) => {
            let of = |side: ExprId, other: ExprId| {
                Some(format!("{}={}", asked(project, body, side, depth)?, plain(index, body, other)?))
            };
            of(*left, *right).or_else(|| of(*right, *left))
        }
        Expr::Call { callee: Callee::Method { name, .. }, arguments, .. } => {
            let targets = project.resolution.call(body, expr).map_or(&[][..], |call| call.targets.as_slice());
            if let ([target], true) = (targets, depth < DEPTH)
                && let Some(answer) = answered_with(index, *target)
                && let Some(question) = asked(project, *target, answer, depth + 1)
            {
                return Some(question);
            }
            let name = fixed(index, body, *name).filter(|name| is_role_question(name))?;
            let given: Option<Vec<String>> = arguments.iter().map(|given| plain(index, body, given.value)).collect();
            Some(format!("{name}({})", given?.join(",")))
        }
        _ => None,
    }
}

/// The one value that a function gives back.
fn answered_with(index: &Index, function: BodyKey) -> Option<ExprId> {
    let mut returned = index.body(function).statements.iter().filter_map(|statement| match statement {
        Statement::Return(value) => Some(*value),
        _ => None,
    });
    let only = returned.next()?;
    only.filter(|_| returned.next().is_none())
}

/// A text or a number, also as the only item of a list.
fn plain(index: &Index, body: BodyKey, expr: ExprId) -> Option<String> {
    let text = |constant: &Constant| match constant {
        Constant::String(text) => Some(text.clone()),
        Constant::Int(number) => Some(number.to_string()),
        _ => None,
    };
    match index.constant_with(body, expr, index.body_class(body), &Locals::new())? {
        Constant::Array(items) => match &items[..] {
            [(_, only)] => text(only),
            _ => None,
        },
        constant => text(&constant),
    }
}

fn fixed(index: &Index, body: BodyKey, name: MemberName) -> Option<String> {
    match name.kind {
        MemberNameKind::Fixed(name) => Some(index.hir(body.file).text(name).to_owned()),
        MemberNameKind::Dynamic(_) => None,
    }
}

/// `hasRole()`, `isAdmin()`, `is_super_admin`, `role`
#[must_use]
pub fn is_role_question(member: &str) -> bool {
    let member = member.to_ascii_lowercase();
    ["role", "admin", "permission", "can(", "is_super", "issuper", "type"].iter().any(|word| member.contains(word))
}

/// True for a question about a role of the one who runs the application for all tenants, by its name:
/// `hasRole(super-admin)`, `isInstanceAdmin()`. An `admin` may well be one tenant's.
#[must_use]
pub fn names_operator(role: &str) -> bool {
    let plain: String = role.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let of_all = ["super", "instance", "system", "sys", "platform", "global", "root"];
    of_all.iter().any(|scope| plain.contains(&format!("{scope}admin"))) || plain.contains("superuser")
}
