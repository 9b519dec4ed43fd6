//! Who chooses the tenant that a rule compares with.

use crate::finding::Location;
use crate::flow::{Origin, Project, Root};
use crate::hir::{BinaryOp, Callee, Expr, ExprId, Literal, MemberName, MemberNameKind, Symbol};
use crate::index::{BodyKey, Locals, class_basename};
use crate::specs::ValueKind;

/// Who chooses a value; worse ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Choice {
    /// The application.
    Trusted,
    /// The code, once and for all.
    Fixed,
    /// Nobody: `null`.
    Nobody,
    /// The client.
    Client,
}

/// Assignments followed.
const DEPTH: u8 = 4;

/// Who chooses the value of an expression.
pub(super) fn choice(project: Project<'_>, body: BodyKey, expr: ExprId) -> Choice {
    choice_at(project, body, expr, DEPTH)
}

fn choice_at(project: Project<'_>, body: BodyKey, expr: ExprId, depth: u8) -> Choice {
    let code = project.index.body(body);
    if depth == 0 {
        return Choice::Trusted;
    }
    let of = |operand: &ExprId| choice_at(project, body, *operand, depth);
    match code.expr(expr) {
        Expr::Literal(Literal::Null) => Choice::Nobody,
        Expr::Literal(_) | Expr::ClassConstant(..) => Choice::Fixed,
        Expr::Variable(name) => variable(project, body, *name, depth - 1),
        Expr::Cast(_, operand) => of(operand),
        Expr::Binary(BinaryOp::Coalesce, left, right) => {
            of(left).max(if of(right) == Choice::Nobody { Choice::Trusted } else { of(right) })
        }
        Expr::Ternary(condition, then, otherwise) => of(then.as_ref().unwrap_or(condition)).max(of(otherwise)),
        Expr::Concat(parts) | Expr::Interpolation(parts) => {
            let told = parts.iter().map(of).filter(|choice| *choice != Choice::Fixed);
            told.max().unwrap_or(Choice::Fixed)
        }
        Expr::Property { receiver, name, .. } => member(project, body, *receiver, *name, depth),
        Expr::Index(base, _) => of(base),
        Expr::Call { callee, arguments, .. } => {
            call(project, body, expr, *callee, arguments.first().map(|first| first.value), depth)
        }
        _ => Choice::Trusted,
    }
}

/// A variable, by all that is assigned to it here or around the closure; a parameter is the caller's word.
fn variable(project: Project<'_>, body: BodyKey, name: Symbol, depth: u8) -> Choice {
    let index = project.index;
    let mut at = Some(body);
    while let Some(here) = at {
        let code = index.body(here);
        let values = code.exprs().filter_map(|(_, expr)| match expr {
            Expr::Assign { target, value, .. } if matches!(code.expr(*target), Expr::Variable(own) if *own == name) => {
                Some(*value)
            }
            _ => None,
        });
        if let Some(worst) = values.map(|value| choice_at(project, here, value, depth)).max() {
            return worst;
        }
        at = index.closure_parent(here);
    }
    Choice::Trusted
}

fn fixed(project: Project<'_>, body: BodyKey, name: MemberName) -> Option<&str> {
    match name.kind {
        MemberNameKind::Fixed(symbol) => Some(project.index.hir(body.file).text(symbol)),
        MemberNameKind::Dynamic(_) => None,
    }
}

/// `$request->company_id` is input; `$request->user()->company_id` is not.
fn member(project: Project<'_>, body: BodyKey, receiver: ExprId, name: MemberName, depth: u8) -> Choice {
    if is_request(project, body, receiver) {
        let declared = fixed(project, body, name).is_some_and(|name| {
            let class = project.index.body_class(body).filter(|_| is_this(project, body, receiver));
            class.is_some_and(|class| project.index.find_property(class, name).is_some())
        });
        return if declared { Choice::Trusted } else { Choice::Client };
    }
    match choice_at(project, body, receiver, depth) {
        Choice::Client => Choice::Client,
        _ => Choice::Trusted,
    }
}

fn call(project: Project<'_>, body: BodyKey, expr: ExprId, callee: Callee, first: Option<ExprId>, depth: u8) -> Choice {
    let symbol = project.resolution.call(body, expr).and_then(|call| call.symbol.as_deref());
    if let Some((kind, _)) = symbol.and_then(|symbol| project.specs.value(symbol)) {
        return if kind == ValueKind::Request { Choice::Client } else { Choice::Trusted };
    }
    let of = |operand: ExprId| choice_at(project, body, operand, depth - 1);
    match callee {
        Callee::Method { receiver, name, .. } => {
            let is_user = fixed(project, body, name).is_some_and(|name| name.eq_ignore_ascii_case("user"));
            if is_request(project, body, receiver) {
                return if is_user { Choice::Trusted } else { Choice::Client };
            }
            if of(receiver) == Choice::Client { Choice::Client } else { Choice::Trusted }
        }
        Callee::Function(name) => {
            let name = project.index.hir(body.file).text(name.fallback.unwrap_or(name.name));
            let passes = matches!(name, "intval" | "trim" | "strval" | "abs" | "head" | "current");
            first.filter(|_| passes).map_or(Choice::Trusted, of)
        }
        _ => Choice::Trusted,
    }
}

fn is_this(project: Project<'_>, body: BodyKey, expr: ExprId) -> bool {
    matches!(project.index.body(body).expr(expr), Expr::Variable(name) if project.index.hir(body.file).text(*name) == "this")
}

/// `$request`, `request()`, `$this` of a form request, and its bags.
fn is_request(project: Project<'_>, body: BodyKey, expr: ExprId) -> bool {
    let types = project.resolution.body(body).of(expr);
    let is_input = |class: &str| {
        project.index.name_is_a(class, "Illuminate\\Http\\Request")
            || project.index.name_is_a(class, "Illuminate\\Foundation\\Http\\FormRequest")
            || project.index.name_is_a(class, "Symfony\\Component\\HttpFoundation\\Request")
    };
    if types.classes().any(|class| is_input(class)) {
        return true;
    }
    // `$this->request->get('company_id')`
    match project.index.body(body).expr(expr) {
        Expr::Property { receiver, name, .. } => {
            let bag = fixed(project, body, *name)
                .is_some_and(|name| ["request", "query", "headers", "attributes", "json"].contains(&name));
            bag && is_request(project, body, *receiver)
        }
        Expr::Variable(name) => class_basename(project.index.hir(body.file).text(*name)) == "request" && types.is_unknown(),
        _ => false,
    }
}

/// The values of the request that stand at a place of a body: `$this->header('company')` is a header of that name.
pub(super) fn request_values(project: Project<'_>, body: BodyKey, at: Location) -> Vec<Origin> {
    let index = project.index;
    let code = index.body(body);
    let hir = index.hir(body.file);
    let is_inside = |expr: ExprId| {
        let span = code.expr_span(expr);
        at.span.start <= span.start && span.end <= at.span.end
    };
    let read = |(id, expr): (ExprId, &Expr)| {
        let Expr::Call { arguments, .. } = expr else { return None };
        let name = hir.text(crate::index::called_name(expr)?);
        let first = arguments.first().filter(|_| is_inside(id))?;
        let key = index.constant_with(body, first.value, index.body_class(body), &Locals::new())?;
        let request = Origin::of(Root::Request);
        Some(match name {
            "header" | "cookie" | "route" | "server" => request.member(&format!("{name}()"), None).member(key.as_str()?, None),
            "input" | "get" | "query" | "post" | "string" | "integer" | "request" => request.member(key.as_str()?, None),
            _ => return None,
        })
    };
    code.exprs().filter_map(read).collect()
}
