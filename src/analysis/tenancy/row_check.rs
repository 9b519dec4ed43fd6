//! Checks of one row at hand: policies that compare its key, and comparisons in the code.

use super::policy;
use crate::analysis::tenancy::binding::BoundRow;
use crate::finding::Location;
use crate::flow::Project;
use crate::hir::{Argument, BinaryOp, Callee, Expr, ExprId, Literal, MemberNameKind};
use crate::index::{BodyKey, ClassKey, Constant, Index, Locals};

/// What checks a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowCheck {
    /// A policy that compares the key: its method, and where it is asked.
    Policy(Location, Location),
    /// A comparison in the action.
    Compared(Location),
    /// A policy is asked, and it does not compare the key.
    PolicyWithoutKey(Location, Location),
    /// A policy is asked that could not be found.
    Unknown(Location),
}

/// Methods that ask for an ability.
const ASKING: [&str; 12] = [
    "authorize",
    "authorizeforuser",
    "can",
    "cannot",
    "cant",
    "canany",
    "allows",
    "denies",
    "check",
    "any",
    "inspect",
    "allowif",
];

/// The best check of a bound row, by the order of protection.
#[must_use]
pub fn check_of_row(project: Project<'_>, row: &BoundRow, key: &str) -> Option<RowCheck> {
    let index = project.index;
    let mut found = Vec::new();
    if let Some(at) = compared_in(project, row, key) {
        return Some(RowCheck::Compared(at));
    }
    for route in &row.routes {
        found.extend(route.abilities.iter().map(|ability| policy_check(index, &row.model, ability, key, route.at)));
    }
    for (ability, at) in asked_in(index, row) {
        found.push(policy_check(index, &row.model, &ability, key, at));
    }
    let is_policy = |check: &RowCheck| matches!(check, RowCheck::Policy(..));
    found.iter().copied().find(is_policy).or_else(|| found.first().copied())
}

/// The abilities that the action, its form requests and its controller ask for the row.
fn asked_in(index: &Index, row: &BoundRow) -> Vec<(String, Location)> {
    let mut asked = Vec::new();
    let variable = |body: BodyKey, expr: ExprId| match index.body(body).expr(expr) {
        Expr::Variable(name) => index.hir(body.file).text(*name) == row.name,
        _ => false,
    };
    let mut bodies = index.closures_within(row.body);
    bodies.push(row.body);
    for body in bodies {
        abilities_in(index, body, &variable, &mut asked);
    }
    let class = index.body_class(row.body);
    for request in form_requests(index, row.body) {
        if let Some(method) = index.find_method(request, "authorize") {
            let by_route = |body: BodyKey, expr: ExprId| names_path(index, body, expr, &row.in_path);
            abilities_in(index, index.method_body(method), &by_route, &mut asked);
        }
    }
    if let Some(constructor) = class.and_then(|class| index.find_method(class, "__construct")) {
        asked.extend(resource_ability(index, index.method_body(constructor), row));
    }
    asked
}

fn abilities_in(index: &Index, body: BodyKey, is_row: &dyn Fn(BodyKey, ExprId) -> bool, asked: &mut Vec<(String, Location)>) {
    let code = index.body(body);
    let hir = index.hir(body.file);
    for (id, expr) in code.exprs() {
        let Expr::Call { callee, arguments, .. } = expr else { continue };
        let (Callee::Method { name, .. } | Callee::Static { name, .. }) = callee else { continue };
        let MemberNameKind::Fixed(name) = name.kind else { continue };
        if !ASKING.contains(&hir.text(name).to_ascii_lowercase().as_str()) {
            continue;
        }
        let passes = |argument: &Argument| match code.expr(argument.value) {
            Expr::Array(items) => items.iter().filter_map(|item| item.value).any(|item| is_row(body, item)),
            _ => is_row(body, argument.value),
        };
        let ability = arguments.iter().find_map(|argument| text_of(index, body, argument.value));
        if let Some(ability) = ability.filter(|_| arguments.iter().skip(1).any(passes)) {
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

fn form_requests(index: &Index, body: BodyKey) -> Vec<ClassKey> {
    let hir = index.hir(body.file);
    let class = index.body_class(body);
    let reader = crate::flow::HintReader { index, hir, class };
    let parameters = index.signature(body).map(|signature| signature.parameters.as_slice()).unwrap_or_default();
    let hints = parameters.iter().filter_map(|parameter| parameter.hint.as_ref());
    hints
        .flat_map(|hint| reader.read(hint).classes().filter_map(|class| index.resolve_class(class)).collect::<Vec<_>>())
        .collect()
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
fn policy_check(index: &Index, model: &str, ability: &str, key: &str, asked: Location) -> RowCheck {
    let Some(method) = policy::answers(index, model, ability) else { return RowCheck::Unknown(asked) };
    let at = index.declaration_of(method);
    if policy::guarantee(index, model, ability).columns.contains(key) {
        RowCheck::Policy(at, asked)
    } else {
        RowCheck::PolicyWithoutKey(at, asked)
    }
}

/// A comparison of the row's key in the action, before anything else is done with the row.
fn compared_in(project: Project<'_>, row: &BoundRow, key: &str) -> Option<Location> {
    let index = project.index;
    let code = index.body(row.body);
    let hir = index.hir(row.body.file);
    let is_row = |expr: ExprId| matches!(code.expr(expr), Expr::Variable(name) if hir.text(*name) == row.name);
    let reads_key = |expr: ExprId| match code.expr(expr) {
        Expr::Property { receiver, name, .. } => {
            is_row(*receiver) && matches!(name.kind, MemberNameKind::Fixed(name) if hir.text(name).eq_ignore_ascii_case(key))
        }
        _ => false,
    };
    let check = code.exprs().find_map(|(id, expr)| match expr {
        Expr::Binary(BinaryOp::Equal | BinaryOp::Identical | BinaryOp::NotEqual | BinaryOp::NotIdentical, left, right) => {
            let other = if reads_key(*left) {
                *right
            } else if reads_key(*right) {
                *left
            } else {
                return None;
            };
            let is_trusted = super::validation::is_trusted(project, row.body, other);
            is_trusted.then(|| code.expr_span(id))
        }
        _ => None,
    })?;
    let first_use = code.exprs().filter(|(id, _)| is_row(*id)).map(|(id, _)| code.expr_span(id).start).min()?;
    (first_use >= check.start && first_use <= check.end).then(|| Location::new(row.body.file, check))
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
