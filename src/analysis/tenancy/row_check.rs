//! Policies that are asked about the row of a route-model binding.

use super::binding::{BoundRoute, BoundRow};
use super::ownership::Check;
use super::policy;
use crate::finding::Location;
use crate::flow::{HintReader, Project};
use crate::hir::{Argument, BinaryOp, Body, Callee, Expr, ExprId, Literal, MemberNameKind, Statement};
use crate::index::{BodyKey, ClassKey, Constant, Index, Locals};

/// What a policy says about a bound row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCheck {
    /// It compares the key wherever it allows.
    Verified(Check),
    /// It is asked, and does not compare the key: its method, and where it is asked.
    WithoutKey(Location, Location),
    /// It is asked, and could not be found.
    Unknown(Location),
}

/// Methods that ask for an ability, and whose yes allows.
const ALLOWING: [&str; 4] = ["authorize", "authorizeforuser", "can", "allows"];
/// All methods that ask for one.
const ASKING: [&str; 10] =
    ["authorize", "authorizeforuser", "can", "cannot", "cant", "canany", "allows", "denies", "check", "inspect"];

/// What is asked about a bound row before its action runs: by middleware on every route, by the form requests among the
/// action's parameters, by the controller's constructor.
pub(super) fn asked_before(project: Project<'_>, row: &BoundRow, key: &str) -> Option<RowCheck> {
    let index = project.index;
    let on_route =
        |route: &BoundRoute| best(route.abilities.iter().map(|name| policy_check(project, &row.model, name, key, route.at)));
    let by_routes: Option<Vec<RowCheck>> = row.routes.iter().map(on_route).collect();
    let worst_route = by_routes.into_iter().flatten().max_by_key(rank);
    let mut asked = Vec::new();
    for request in form_requests(index, row.body) {
        if let Some(method) = index.find_method(request, "authorize") {
            asked.extend(required_by(index, index.method_body(method), &row.in_path));
        }
    }
    let constructor = index.body_class(row.body).and_then(|class| index.find_method(class, "__construct"));
    asked.extend(constructor.and_then(|constructor| resource_ability(index, index.method_body(constructor), row)));
    let others = asked.into_iter().map(|(ability, at)| policy_check(project, &row.model, &ability, key, at));
    best(worst_route.into_iter().chain(others))
}

/// A policy that the action asks, where its answer guarantees nothing.
pub(super) fn asked_in(project: Project<'_>, row: &BoundRow, key: &str) -> Option<RowCheck> {
    let index = project.index;
    let variable = |body: BodyKey, expr: ExprId| match index.body(body).expr(expr) {
        Expr::Variable(name) => index.hir(body.file).text(*name) == row.name,
        _ => false,
    };
    let mut asked = Vec::new();
    let mut bodies = index.closures_within(row.body);
    bodies.push(row.body);
    for body in bodies {
        abilities_in(index, body, &ASKING, &variable, &mut asked);
    }
    let checks = asked.into_iter().map(|(ability, at)| policy_check(project, &row.model, &ability, key, at));
    best(checks.filter(|check| !matches!(check, RowCheck::Verified(_))))
}

/// Better checks are smaller.
const fn rank(check: &RowCheck) -> u8 {
    match check {
        RowCheck::Verified(Check { role: None, .. }) => 0,
        RowCheck::Verified(_) => 1,
        RowCheck::Unknown(_) => 2,
        RowCheck::WithoutKey(..) => 3,
    }
}

fn best(checks: impl Iterator<Item = RowCheck>) -> Option<RowCheck> {
    checks.min_by_key(rank)
}

/// The abilities without which a form request does not authorize: every answer that may be yes asks for them.
fn required_by(index: &Index, authorize: BodyKey, in_path: &str) -> Vec<(String, Location)> {
    let code = index.body(authorize);
    let is_row = |body: BodyKey, expr: ExprId| names_path(index, body, expr, in_path);
    let mut asked = Vec::new();
    abilities_in(index, authorize, &ALLOWING, &is_row, &mut asked);
    let returned = code.statements.iter().filter_map(|statement| match statement {
        Statement::Return(Some(value)) => Some(*value),
        _ => None,
    });
    let open: Vec<ExprId> =
        returned.filter(|value| !matches!(code.expr(*value), Expr::Literal(Literal::Bool(false) | Literal::Null))).collect();
    let is_required = |at: Location| !open.is_empty() && open.iter().all(|value| requires(code, *value, at));
    asked.retain(|(_, at)| is_required(*at));
    asked
}

/// True where an expression is true only if the one at a place is: the expression itself, or a part of an `&&`.
fn requires(code: &Body, expr: ExprId, at: Location) -> bool {
    match code.expr(expr) {
        Expr::Binary(BinaryOp::And, left, right) => requires(code, *left, at) || requires(code, *right, at),
        Expr::Cast(_, inner) => requires(code, *inner, at),
        _ => code.expr_span(expr) == at.span,
    }
}

fn abilities_in(
    index: &Index,
    body: BodyKey,
    names: &[&str],
    is_row: &dyn Fn(BodyKey, ExprId) -> bool,
    asked: &mut Vec<(String, Location)>,
) {
    let code = index.body(body);
    let hir = index.hir(body.file);
    for (id, expr) in code.exprs() {
        let Expr::Call { callee, arguments, .. } = expr else { continue };
        let (Callee::Method { name, .. } | Callee::Static { name, .. }) = callee else { continue };
        let MemberNameKind::Fixed(name) = name.kind else { continue };
        if !names.contains(&hir.text(name).to_ascii_lowercase().as_str()) {
            continue;
        }
        // Of several subjects the first one is what the ability's code is about.
        let is_about = |argument: &Argument| match code.expr(argument.value) {
            Expr::Array(items) => items.first().and_then(|item| item.value).is_some_and(|item| is_row(body, item)),
            _ => is_row(body, argument.value),
        };
        let text = |argument: &Argument| text_of(index, body, argument.value);
        let ability = arguments.iter().enumerate().find_map(|(place, argument)| Some((place, text(argument)?)));
        if let Some((place, ability)) = ability
            && arguments.get(place + 1).is_some_and(is_about)
        {
            asked.push((ability, Location::new(body.file, code.expr_span(id))));
        }
    }
}

/// `$this->route('customer')`, `$this->customer`
fn names_path(index: &Index, body: BodyKey, expr: ExprId, in_path: &str) -> bool {
    let hir = index.hir(body.file);
    match index.body(body).expr(expr) {
        Expr::Property { name, .. } => matches!(name.kind, MemberNameKind::Fixed(name) if hir.text(name) == in_path),
        Expr::Call { arguments, .. } => {
            arguments.first().and_then(|first| text_of(index, body, first.value)).is_some_and(|text| text == in_path)
        }
        _ => false,
    }
}

/// The form requests among an action's parameters.
pub(super) fn form_requests(index: &Index, body: BodyKey) -> Vec<ClassKey> {
    let reader = HintReader { index, hir: index.hir(body.file), class: index.body_class(body) };
    let parameters = index.signature(body).map(|signature| signature.parameters.as_slice()).unwrap_or_default();
    let types = parameters.iter().filter_map(|parameter| parameter.hint.as_ref()).map(|hint| reader.read(hint));
    let classes = types.flat_map(|types| types.classes().filter_map(|class| index.resolve_class(class)).collect::<Vec<_>>());
    classes.filter(|class| index.is_a(*class, "Illuminate\\Foundation\\Http\\FormRequest")).collect()
}

/// `$this->authorizeResource(Customer::class, 'customer')`
fn resource_ability(index: &Index, constructor: BodyKey, row: &BoundRow) -> Option<(String, Location)> {
    let code = index.body(constructor);
    let hir = index.hir(constructor.file);
    let call = code.exprs().find_map(|(id, expr)| {
        let Expr::Call { arguments, .. } = expr else { return None };
        let name = crate::index::called_name(expr)?;
        let model = arguments.first().and_then(|first| text_of(index, constructor, first.value))?;
        (hir.text(name).eq_ignore_ascii_case("authorizeResource") && model == row.model).then_some(id)
    })?;
    let action = index.symbol(row.body);
    let ability = match action.rsplit("::").next()? {
        "show" => "view",
        "edit" | "update" => "update",
        "destroy" => "delete",
        _ => return None,
    };
    Some((ability.to_owned(), Location::new(constructor.file, code.expr_span(call))))
}

/// What the policy of a model says to an ability.
fn policy_check(project: Project<'_>, model: &str, ability: &str, key: &str, asked: Location) -> RowCheck {
    let index = project.index;
    let Some(method) = policy::answers(index, model, ability) else { return RowCheck::Unknown(asked) };
    let guarantee = policy::guarantee(project, model, ability);
    if guarantee.covers(key) {
        RowCheck::Verified(Check { at: asked, by_policy: true, role: guarantee.role })
    } else {
        RowCheck::WithoutKey(index.declaration_of(method), asked)
    }
}

fn text_of(index: &Index, body: BodyKey, expr: ExprId) -> Option<String> {
    if let Expr::Literal(Literal::String(text)) = index.body(body).expr(expr) {
        return Some(index.hir(body.file).text(*text).to_owned());
    }
    match index.constant_with(body, expr, index.body_class(body), &Locals::new())? {
        Constant::String(text) | Constant::Class(text) => Some(text),
        _ => None,
    }
}
