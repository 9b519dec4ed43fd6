//! Rules as objects, `Rule::exists('customers', 'id')->where('company_id', …)`, and on the fields of Filament's forms.

use super::value::{Choice, choice};
use super::{RuleKind, RuleLimit, ValidationRule, field, subject_of};
use crate::analysis::tenancy::infer::TenantFacts;
use crate::analysis::tenancy::model::is_owned;
use crate::analysis::tenancy::query::{Subject, Unknown};
use crate::finding::{Location, Span};
use crate::flow::Project;
use crate::hir::{Argument, Body, Callee, ClassRef, Expr, ExprId, MemberNameKind, Statement};
use crate::index::{BodyKey, Constant, Locals};

/// A call of a chain, the first one the innermost.
#[derive(Clone, Copy, Debug)]
struct Link<'c> {
    expr: ExprId,
    name: &'c str,
    arguments: &'c [Argument],
}

pub(super) fn rules(project: Project<'_>, facts: &TenantFacts) -> Vec<ValidationRule> {
    let mut rules = Vec::new();
    for (name, kind) in [("exists", RuleKind::Exists), ("unique", RuleKind::Unique)] {
        for site in project.index.calls_named(name) {
            rules.extend(static_rule(project, facts, site.body, site.expr, kind));
            rules.extend(form_rule(project, facts, site.body, site.expr, kind));
        }
    }
    for (file, hir) in project.index.files() {
        if !hir.interface.strings.may_hold("Illuminate\\Validation\\Rules\\") {
            continue;
        }
        for (id, code) in hir.bodies() {
            let body = BodyKey::new(file, id);
            for (expr, _) in code.exprs().filter(|(_, expr)| matches!(expr, Expr::Call { callee: Callee::New(_), .. })) {
                rules.extend(new_rule(project, facts, body, expr));
            }
        }
    }
    rules
}

/// `Rule::exists(…)`, `Rule::unique(…)`
fn static_rule(project: Project<'_>, facts: &TenantFacts, body: BodyKey, expr: ExprId, kind: RuleKind) -> Option<ValidationRule> {
    let call = project.resolution.call(body, expr)?;
    let symbol = call.symbol.as_deref()?;
    let class = symbol.rsplit_once("::")?.0;
    if !class.eq_ignore_ascii_case("Illuminate\\Validation\\Rule") {
        return None;
    }
    rule_object(project, facts, body, expr, kind)
}

/// `new Exists(…)`, `new Unique(…)`
fn new_rule(project: Project<'_>, facts: &TenantFacts, body: BodyKey, expr: ExprId) -> Option<ValidationRule> {
    let symbol = project.resolution.call(body, expr)?.symbol.as_deref()?;
    let kind = match symbol.strip_suffix("::__construct")? {
        "Illuminate\\Validation\\Rules\\Exists" => RuleKind::Exists,
        "Illuminate\\Validation\\Rules\\Unique" => RuleKind::Unique,
        _ => return None,
    };
    rule_object(project, facts, body, expr, kind)
}

fn rule_object(project: Project<'_>, facts: &TenantFacts, body: BodyKey, expr: ExprId, kind: RuleKind) -> Option<ValidationRule> {
    let code = project.index.body(body);
    let Expr::Call { arguments, .. } = code.expr(expr) else { return None };
    let subject = table_of(project, body, argument(project, body, arguments, 0, "table")?);
    let links = links_onto(project, body, expr);
    let end = links.last().map_or(code.expr_span(expr), |link| code.expr_span(link.expr));
    let at = Location::new(body.file, Span::new(code.expr_span(expr).start.min(end.start), end.end));
    let column = argument(project, body, arguments, 1, "column").and_then(|expr| text_of(project, body, expr));
    let named = field::of(project, body, at.span);
    let reader = LimitReader { project, facts, body };
    let rule = ValidationRule {
        at,
        body,
        expr,
        kind,
        limit: reader.of_links(&links),
        column: column.filter(|column| column != "NULL").or_else(|| named.clone()),
        field: named,
        spec: "laravel/validation#rule-object",
        subject,
    };
    is_site(facts, &rule.subject).then_some(rule)
}

fn is_site(facts: &TenantFacts, subject: &Subject) -> bool {
    matches!(subject, Subject::Unknown(_)) || is_owned(facts, subject)
}

/// `TextInput::make('email')->unique(modifyRuleUsing: fn (Unique $rule) => …)`
fn form_rule(project: Project<'_>, facts: &TenantFacts, body: BodyKey, expr: ExprId, kind: RuleKind) -> Option<ValidationRule> {
    let code = project.index.body(body);
    let Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } = code.expr(expr) else { return None };
    let field = form_field(project, body, *receiver)?;
    let named = argument(project, body, arguments, 0, "table");
    let subject = match named.filter(|expr| !matches!(code.expr(*expr), Expr::Literal(crate::hir::Literal::Null))) {
        Some(expr) => table_of(project, body, expr),
        None => form_model(project, body),
    };
    let modifier = if kind == RuleKind::Exists { 2 } else { 4 };
    let modifier = argument(project, body, arguments, modifier, "modifyRuleUsing")
        .or_else(|| argument(project, body, arguments, usize::MAX, "callback"));
    let reader = LimitReader { project, facts, body };
    let limit = modifier.map_or(RuleLimit::None, |expr| reader.of_closure(expr));
    let column = argument(project, body, arguments, 1, "column").and_then(|expr| text_of(project, body, expr));
    let start = match name.kind {
        MemberNameKind::Fixed(_) => name.span.start,
        MemberNameKind::Dynamic(_) => code.expr_span(expr).start,
    };
    let rule = ValidationRule {
        at: Location::new(body.file, Span::new(start, code.expr_span(expr).end)),
        body,
        expr,
        kind,
        subject,
        column: column.or_else(|| field.clone()),
        field,
        limit,
        spec: "filament/forms#rule",
    };
    is_site(facts, &rule.subject).then_some(rule)
}

/// The name of a field of a form at the beginning of a chain; the outer `None` where it is no such chain.
#[expect(clippy::option_option, reason = "a field without a known name is a field")]
fn form_field(project: Project<'_>, body: BodyKey, receiver: ExprId) -> Option<Option<String>> {
    let code = project.index.body(body);
    let mut at = receiver;
    loop {
        let Expr::Call { callee, arguments, .. } = code.expr(at) else { return None };
        match callee {
            Callee::Method { receiver, .. } => at = *receiver,
            Callee::Static { class: ClassRef::Named(class), .. } => {
                let class = project.index.hir(body.file).text(class.name);
                let is_field = class.starts_with("Filament\\Forms\\");
                return is_field.then(|| arguments.first().and_then(|first| text_of(project, body, first.value)));
            }
            _ => return None,
        }
    }
}

/// The model of the resource around a form.
fn form_model(project: Project<'_>, body: BodyKey) -> Subject {
    let index = project.index;
    let unknown = Subject::Unknown(Unknown::Class);
    let Some(class) = index.body_class(body) else { return unknown };
    let Some((declaring, property)) = index.find_property(class, "model") else { return unknown };
    let value = property.default.and_then(|default| index.constant_value(declaring.file, default, Some(class)));
    match value {
        Some(Constant::Class(name) | Constant::String(name)) => subject_of(project, &name),
        _ => unknown,
    }
}

fn table_of(project: Project<'_>, body: BodyKey, expr: ExprId) -> Subject {
    if let Some(text) = text_of(project, body, expr) {
        return subject_of(project, &text);
    }
    // `(new Customer)->getTable()`
    let code = project.index.body(body);
    if let Expr::Call { callee: Callee::Method { receiver, .. }, .. } = code.expr(expr) {
        let mut classes = project.resolution.body(body).of(*receiver).classes();
        if let Some(model) = classes.find_map(|class| project.index.model_named(class)) {
            return Subject::Model(model.name.as_str().into());
        }
    }
    Subject::Unknown(Unknown::Table)
}

fn text_of(project: Project<'_>, body: BodyKey, expr: ExprId) -> Option<String> {
    match project.index.constant_with(body, expr, project.index.body_class(body), &Locals::new())? {
        Constant::String(text) | Constant::Class(text) => Some(text),
        _ => None,
    }
}

fn argument(project: Project<'_>, body: BodyKey, arguments: &[Argument], position: usize, name: &str) -> Option<ExprId> {
    let hir = project.index.hir(body.file);
    let named = arguments.iter().find(|argument| argument.name.is_some_and(|own| hir.text(own) == name));
    named.or_else(|| arguments.get(position).filter(|argument| argument.name.is_none())).map(|argument| argument.value)
}

/// The calls that follow on an expression in one chain.
fn links_onto(project: Project<'_>, body: BodyKey, first: ExprId) -> Vec<Link<'_>> {
    let code = project.index.body(body);
    let hir = project.index.hir(body.file);
    let mut links = Vec::new();
    let mut at = first;
    while let Some((expr, name, arguments)) = code.exprs().find_map(|(expr, outer)| match outer {
        Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } if *receiver == at => {
            let MemberNameKind::Fixed(name) = name.kind else { return None };
            Some((expr, hir.text(name), arguments))
        }
        _ => None,
    }) {
        links.push(Link { expr, name, arguments });
        at = expr;
    }
    links
}

struct LimitReader<'r> {
    project: Project<'r>,
    facts: &'r TenantFacts,
    body: BodyKey,
}

impl LimitReader<'_> {
    /// The best that a chain says: its conditions are all joined by `and`.
    fn of_links(&self, links: &[Link<'_>]) -> RuleLimit {
        links.iter().map(|link| self.of_link(link)).min().unwrap_or(RuleLimit::None)
    }

    fn of_link(&self, link: &Link<'_>) -> RuleLimit {
        let at = Location::new(self.body.file, self.project.index.body(self.body).expr_span(link.expr));
        let Some(first) = link.arguments.first() else { return RuleLimit::None };
        let code = self.project.index.body(self.body);
        let is_closure = |expr: ExprId| matches!(code.expr(expr), Expr::Closure(_));
        match link.name.to_ascii_lowercase().as_str() {
            "where" | "using" if is_closure(first.value) => self.of_closure(first.value),
            "where" | "wherein" => {
                if !self.is_key(self.body, first.value) {
                    let is_known = text_of(self.project, self.body, first.value).is_some();
                    return if is_known { RuleLimit::None } else { RuleLimit::Unknown(at) };
                }
                link.arguments.last().map_or(RuleLimit::None, |value| self.compared(self.body, value.value, at))
            }
            "wherenot" | "wherenotin" if self.is_key(self.body, first.value) => RuleLimit::Negated(at),
            "when" | "unless" => {
                let inner = link.arguments.iter().skip(1).map(|argument| self.of_closure(argument.value));
                match inner.min() {
                    Some(RuleLimit::Key(at)) => RuleLimit::Optional(at),
                    _ => RuleLimit::None,
                }
            }
            "using" => RuleLimit::Unknown(at),
            _ => RuleLimit::None,
        }
    }

    fn is_key(&self, body: BodyKey, expr: ExprId) -> bool {
        text_of(self.project, body, expr)
            .is_some_and(|text| text.rsplit('.').next().is_some_and(|column| column.eq_ignore_ascii_case(&self.facts.key)))
    }

    fn compared(&self, body: BodyKey, value: ExprId, at: Location) -> RuleLimit {
        match choice(self.project, body, value) {
            Choice::Trusted => RuleLimit::Key(at),
            Choice::Fixed => RuleLimit::Fixed(at),
            Choice::Client => RuleLimit::ClientChosen(at),
            Choice::Nobody => RuleLimit::None,
        }
    }

    /// A closure that gets the query, or the rule.
    fn of_closure(&self, expr: ExprId) -> RuleLimit {
        let index = self.project.index;
        let outer = index.body(self.body);
        let at = Location::new(self.body.file, outer.expr_span(expr));
        let Expr::Closure(inner) = outer.expr(expr) else { return RuleLimit::Unknown(at) };
        let closure = BodyKey::new(self.body.file, *inner);
        let code = index.body(closure);
        let hir = index.hir(self.body.file);
        let mut best = RuleLimit::None;
        let mut alternative = None;
        for (id, expr) in code.exprs() {
            let Expr::Call { callee: Callee::Method { name, .. }, arguments, .. } = expr else { continue };
            let MemberNameKind::Fixed(name) = name.kind else { continue };
            let here = Location::new(self.body.file, code.expr_span(id));
            let found = self.condition(closure, hir.text(name), arguments, here);
            let is_alternative = hir.text(name).starts_with("orWhere");
            if is_alternative && found == RuleLimit::None && !hir.text(name).ends_with("Null") {
                alternative = Some(here);
            }
            let found = match found {
                RuleLimit::Key(at) if is_conditional(code, code.expr_span(id)) => RuleLimit::Optional(at),
                found => found,
            };
            best = best.min(found);
        }
        for nested in index.closures_of(closure) {
            let span = index.body(*nested).span;
            let inner = LimitReader { body: closure, ..*self };
            let holder = code.exprs().find(|(id, expr)| {
                matches!(expr, Expr::Closure(own) if *own == nested.body) && code.expr_span(*id).start <= span.start
            });
            if let Some((id, _)) = holder {
                let found = inner.of_closure(id);
                best = best.min(if is_conditional(code, span) { optional(found) } else { found });
            }
        }
        match (best, alternative) {
            (RuleLimit::Key(_), Some(at)) => RuleLimit::OrEscapes(at),
            (best, _) => best,
        }
    }

    /// A condition on the key, in whatever spelling.
    fn condition(&self, body: BodyKey, name: &str, arguments: &[Argument], at: Location) -> RuleLimit {
        let lower = name.to_ascii_lowercase();
        let Some(first) = arguments.first() else { return RuleLimit::None };
        let dynamic = format!("where{}", self.facts.key.replace('_', ""));
        match lower.trim_start_matches("or") {
            name if name == dynamic => self.compared(body, first.value, at),
            "where" | "wherein" if self.is_key(body, first.value) => {
                let operator =
                    arguments.get(1).filter(|_| arguments.len() > 2).and_then(|second| text_of(self.project, body, second.value));
                match operator.as_deref() {
                    None | Some("=") => arguments.last().map_or(RuleLimit::None, |value| self.compared(body, value.value, at)),
                    Some(_) => RuleLimit::Negated(at),
                }
            }
            "where" => self.pairs(body, first.value, at),
            "wherebelongsto" => RuleLimit::Key(at),
            "wherenot" | "wherenotin" if self.is_key(body, first.value) => RuleLimit::Negated(at),
            _ => RuleLimit::None,
        }
    }

    /// `where(['company_id' => …])`
    fn pairs(&self, body: BodyKey, expr: ExprId, at: Location) -> RuleLimit {
        let Expr::Array(items) = self.project.index.body(body).expr(expr) else { return RuleLimit::None };
        let of_item = |item: &crate::hir::ArrayItem| match (item.key, item.value) {
            (Some(key), Some(value)) if self.is_key(body, key) => self.compared(body, value, at),
            _ => RuleLimit::None,
        };
        items.iter().map(of_item).min().unwrap_or(RuleLimit::None)
    }
}

const fn optional(limit: RuleLimit) -> RuleLimit {
    match limit {
        RuleLimit::Key(at) => RuleLimit::Optional(at),
        other => other,
    }
}

/// True where a place of a body is not reached on every path.
fn is_conditional(code: &Body, span: Span) -> bool {
    let holds = |outer: Span| outer.start <= span.start && span.end <= outer.end;
    let in_statement = code.statements.iter().any(|statement| {
        let is_branch = matches!(
            statement,
            Statement::If { .. }
                | Statement::Switch(..)
                | Statement::Try { .. }
                | Statement::Loop(..)
                | Statement::Foreach { .. }
        );
        let mut inside = false;
        if is_branch {
            statement.for_each_block(|block| inside |= block.iter().any(|inner| holds(code.statement_span(*inner))));
        }
        inside
    });
    in_statement
        || code.exprs().any(|(id, expr)| match expr {
            Expr::Ternary(_, then, otherwise) => {
                then.is_some_and(|then| holds(code.expr_span(then))) || holds(code.expr_span(*otherwise))
            }
            Expr::Binary(crate::hir::BinaryOp::And | crate::hir::BinaryOp::Or, _, right) => holds(code.expr_span(*right)),
            Expr::Call { callee: Callee::Method { name, .. }, arguments, .. } => {
                let hides = matches!(name.kind, MemberNameKind::Fixed(_))
                    && arguments.len() > 1
                    && code.expr_span(id).start <= span.start;
                hides
                    && arguments
                        .iter()
                        .skip(1)
                        .any(|argument| matches!(code.expr(argument.value), Expr::Closure(_)) && holds(argument.span))
            }
            _ => false,
        })
}
