//! Rules as objects, `Rule::exists('customers', 'id')->where('company_id', …)`, and on the fields of Filament's forms.

use rustc_hash::FxHashSet;

use super::values::ValuePlace;
use super::{RuleKind, RuleLimit, RuleReader, ValidationRule, field, subject_of};
use crate::analysis::tenancy::infer::TenantFacts;
use crate::analysis::tenancy::query::{Subject, Unknown};
use crate::finding::{Location, Span};
use crate::flow::Project;
use crate::hir::{Argument, Body, Callee, ClassRef, Expr, ExprId, MemberNameKind, Statement};
use crate::index::{BodyKey, Constant, Index, Locals};

/// A call of a chain, the first one the innermost.
#[derive(Clone, Copy, Debug)]
struct Link<'c> {
    expr: ExprId,
    name: &'c str,
    arguments: &'c [Argument],
}

/// A call that makes a rule, or puts one on the field of a form.
#[derive(Clone, Copy, Debug)]
struct Made {
    body: BodyKey,
    expr: ExprId,
    kind: RuleKind,
    on_form: bool,
}

/// The expressions in chains and closures that may say which tenant is meant.
pub(super) fn watch(project: Project<'_>, watched: &mut FxHashSet<ValuePlace>) {
    for made in all(project) {
        let code = project.index.body(made.body);
        if made.on_form {
            let Expr::Call { arguments, .. } = code.expr(made.expr) else { continue };
            watch_arguments(project.index, made.body, arguments, watched);
        } else {
            for link in links_onto(project, made.body, made.expr) {
                watch_arguments(project.index, made.body, link.arguments, watched);
            }
        }
    }
}

fn watch_arguments(index: &Index, body: BodyKey, arguments: &[Argument], watched: &mut FxHashSet<ValuePlace>) {
    for argument in arguments {
        watched.insert(ValuePlace { body, expr: argument.value });
        match index.body(body).expr(argument.value) {
            Expr::Array(items) => {
                watched.extend(items.iter().filter_map(|item| item.value).map(|expr| ValuePlace { body, expr }));
            }
            Expr::Closure(inner) => {
                let inner = BodyKey::new(body.file, *inner);
                for (_, expr) in index.body(inner).exprs() {
                    if let Expr::Call { arguments, .. } = expr {
                        watch_arguments(index, inner, arguments, watched);
                    }
                }
            }
            _ => {}
        }
    }
}

pub(super) fn rules(reader: RuleReader<'_>) -> Vec<ValidationRule> {
    let rule = |made: Made| if made.on_form { form_rule(reader, made) } else { rule_object(reader, made) };
    all(reader.project).into_iter().filter_map(rule).collect()
}

/// All calls that make a rule.
fn all(project: Project<'_>) -> Vec<Made> {
    let mut found = Vec::new();
    for (name, kind) in [("exists", RuleKind::Exists), ("unique", RuleKind::Unique)] {
        for site in project.index.calls_named(name) {
            let made = Made { body: site.body, expr: site.expr, kind, on_form: false };
            if is_rule(project, site.body, site.expr) {
                found.push(made);
            } else if form_of(project, site.body, site.expr).is_some() {
                found.push(Made { on_form: true, ..made });
            }
        }
    }
    for (file, hir) in project.index.files() {
        if !hir.interface.strings.may_hold("Illuminate\\Validation\\Rules\\") {
            continue;
        }
        for (id, code) in hir.bodies() {
            let body = BodyKey::new(file, id);
            for (expr, _) in code.exprs().filter(|(_, expr)| matches!(expr, Expr::Call { callee: Callee::New(_), .. })) {
                let kind = made_kind(project, body, expr);
                found.extend(kind.map(|kind| Made { body, expr, kind, on_form: false }));
            }
        }
    }
    found
}

/// `Rule::exists(…)`, `Rule::unique(…)`
fn is_rule(project: Project<'_>, body: BodyKey, expr: ExprId) -> bool {
    let symbol = project.resolution.call(body, expr).and_then(|call| call.symbol.as_deref());
    let class = symbol.and_then(|symbol| symbol.rsplit_once("::")).map(|(class, _)| class);
    class.is_some_and(|class| class.eq_ignore_ascii_case("Illuminate\\Validation\\Rule"))
}

/// `new Exists(…)`, `new Unique(…)`
fn made_kind(project: Project<'_>, body: BodyKey, expr: ExprId) -> Option<RuleKind> {
    let symbol = project.resolution.call(body, expr)?.symbol.as_deref()?;
    match symbol.strip_suffix("::__construct")? {
        "Illuminate\\Validation\\Rules\\Exists" => Some(RuleKind::Exists),
        "Illuminate\\Validation\\Rules\\Unique" => Some(RuleKind::Unique),
        _ => None,
    }
}

fn rule_object(reader: RuleReader<'_>, made: Made) -> Option<ValidationRule> {
    let Made { body, expr, kind, .. } = made;
    let project = reader.project;
    let code = project.index.body(body);
    let Expr::Call { arguments, .. } = code.expr(expr) else { return None };
    let subject = table_of(project, body, argument(project, body, arguments, 0, "table")?);
    let links = links_onto(project, body, expr);
    let end = links.last().map_or(code.expr_span(expr), |link| code.expr_span(link.expr));
    let at = Location::new(body.file, Span::new(code.expr_span(expr).start.min(end.start), end.end));
    let column = argument(project, body, arguments, 1, "column").and_then(|expr| text_of(project, body, expr));
    let named = field::of(project, body, at.span);
    let rule = ValidationRule {
        at,
        body,
        expr,
        kind,
        limit: LimitReader { rules: reader, body }.of_links(&links),
        column: column.filter(|column| column != "NULL").or_else(|| named.clone()),
        field: named,
        tested: Vec::new(),
        spec: "laravel/validation#rule-object",
        subject,
    };
    is_site(reader.facts, &rule.subject).then_some(rule)
}

fn is_site(facts: &TenantFacts, subject: &Subject) -> bool {
    matches!(subject, Subject::Unknown(_)) || facts.has_key(subject)
}

/// `TextInput::make('email')->unique(modifyRuleUsing: fn (Unique $rule) => …)`
fn form_rule(reader: RuleReader<'_>, made: Made) -> Option<ValidationRule> {
    let Made { body, expr, kind, .. } = made;
    let project = reader.project;
    let code = project.index.body(body);
    let Expr::Call { callee: Callee::Method { name, .. }, arguments, .. } = code.expr(expr) else { return None };
    let field = form_of(project, body, expr)?;
    let named = argument(project, body, arguments, 0, "table");
    let subject = match named.filter(|expr| !matches!(code.expr(*expr), Expr::Literal(crate::hir::Literal::Null))) {
        Some(expr) => table_of(project, body, expr),
        None => form_model(project, body),
    };
    let modifier = if kind == RuleKind::Exists { 2 } else { 4 };
    let modifier = argument(project, body, arguments, modifier, "modifyRuleUsing")
        .or_else(|| argument(project, body, arguments, usize::MAX, "callback"));
    let limit = modifier.map_or(RuleLimit::None, |expr| LimitReader { rules: reader, body }.of_closure(expr));
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
        tested: Vec::new(),
        spec: "filament/forms#rule",
    };
    is_site(reader.facts, &rule.subject).then_some(rule)
}

/// The field on which a call stands, as [`form_field`] tells it.
#[expect(clippy::option_option, reason = "a field without a known name is a field")]
fn form_of(project: Project<'_>, body: BodyKey, expr: ExprId) -> Option<Option<String>> {
    match project.index.body(body).expr(expr) {
        Expr::Call { callee: Callee::Method { receiver, .. }, .. } => form_field(project, body, *receiver),
        _ => None,
    }
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
pub(in crate::analysis::tenancy) fn form_model(project: Project<'_>, body: BodyKey) -> Subject {
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
    rules: RuleReader<'r>,
    body: BodyKey,
}

impl LimitReader<'_> {
    fn index(&self) -> &Index {
        self.rules.project.index
    }

    /// The best that a chain says: its conditions are all joined by `and`.
    fn of_links(&self, links: &[Link<'_>]) -> RuleLimit {
        links.iter().map(|link| self.of_link(link)).min().unwrap_or(RuleLimit::None)
    }

    fn of_link(&self, link: &Link<'_>) -> RuleLimit {
        let code = self.index().body(self.body);
        let at = Location::new(self.body.file, code.expr_span(link.expr));
        let Some(first) = link.arguments.first() else { return RuleLimit::None };
        match link.name.to_ascii_lowercase().as_str() {
            "where" | "using" if matches!(code.expr(first.value), Expr::Closure(_)) => self.of_closure(first.value),
            "where" | "wherein" => {
                if !self.is_key(first.value) {
                    let is_known = text_of(self.rules.project, self.body, first.value).is_some();
                    return if is_known { RuleLimit::None } else { RuleLimit::Unknown(at, None) };
                }
                link.arguments.last().map_or(RuleLimit::None, |value| self.compared(value.value, at))
            }
            "wherenot" | "wherenotin" if self.is_key(first.value) => RuleLimit::Negated(at),
            "when" | "unless" => {
                let inner = link.arguments.iter().skip(1).map(|argument| self.of_closure(argument.value));
                inner.min().map_or(RuleLimit::None, optional)
            }
            "using" => RuleLimit::Unknown(at, None),
            _ => RuleLimit::None,
        }
    }

    fn is_key(&self, expr: ExprId) -> bool {
        let key = &self.rules.facts.key;
        text_of(self.rules.project, self.body, expr)
            .is_some_and(|text| text.rsplit('.').next().is_some_and(|column| column.eq_ignore_ascii_case(key)))
    }

    fn compared(&self, expr: ExprId, at: Location) -> RuleLimit {
        self.rules.compared(ValuePlace { body: self.body, expr }, at)
    }

    /// A closure that gets the query, or the rule.
    fn of_closure(&self, expr: ExprId) -> RuleLimit {
        let outer = self.index().body(self.body);
        match outer.expr(expr) {
            Expr::Closure(inner) => Self { body: BodyKey::new(self.body.file, *inner), ..*self }.of_conditions(),
            _ => RuleLimit::Unknown(Location::new(self.body.file, outer.expr_span(expr)), None),
        }
    }

    /// What the conditions in a closure say together: the best of those that an `and` joins, the worst of the alternatives.
    fn of_conditions(&self) -> RuleLimit {
        let code = self.index().body(self.body);
        let hir = self.index().hir(self.body.file);
        let mut best = RuleLimit::None;
        let mut worst_alternative = None;
        for (id, expr) in code.exprs() {
            let here = Location::new(self.body.file, code.expr_span(id));
            let Expr::Call { callee, arguments, .. } = expr else { continue };
            let fixed = match callee {
                Callee::Method { name, .. } => match name.kind {
                    MemberNameKind::Fixed(name) => Some(hir.text(name)),
                    MemberNameKind::Dynamic(_) => None,
                },
                _ => None,
            };
            let hands_on = arguments.iter().any(|argument| self.is_query(argument.value));
            let Some(name) = fixed.filter(|name| !hands_on && self.is_condition(name)) else {
                if hands_on || self.is_on_query(*callee) {
                    best = best.min(RuleLimit::Unknown(here, None));
                }
                continue;
            };
            let found = self.condition(name, arguments, here);
            let found = if is_conditional(code, code.expr_span(id)) { optional(found) } else { found };
            if !name.to_ascii_lowercase().starts_with("or") {
                best = best.min(found);
            } else if let Some(found) = self.alternative(name, arguments, found, here) {
                worst_alternative = worst_alternative.max(Some(found));
            }
        }
        worst_alternative.map_or(best, |worst| best.max(worst))
    }

    /// What an alternative leaves of the limits beside it; none for rows that belong to nobody.
    fn alternative(&self, name: &str, arguments: &[Argument], found: RuleLimit, here: Location) -> Option<RuleLimit> {
        let is_nobodys =
            name.eq_ignore_ascii_case("orWhereNull") && arguments.first().is_some_and(|first| self.is_key(first.value));
        let is_condition = name.to_ascii_lowercase().starts_with("orwhere");
        (is_condition && !is_nobodys).then_some(if found == RuleLimit::None { RuleLimit::OrEscapes(here) } else { found })
    }

    /// True for what is known to do to a query, or to the rule, what its name says.
    fn is_condition(&self, name: &str) -> bool {
        let of_rule = ["ignore", "ignoreModel", "withoutTrashed", "onlyTrashed"];
        self.rules.project.specs.query_method(name).is_some() || self.is_dynamic(name) || of_rule.contains(&name)
    }

    /// `whereCompanyId($id)`, `orWhereCompanyId($id)`
    fn is_dynamic(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let plain = name.strip_prefix("or").unwrap_or(&name);
        plain.strip_prefix("where") == Some(&self.rules.facts.key.replace('_', ""))
    }

    /// The query that the closure gets.
    fn is_query(&self, expr: ExprId) -> bool {
        let signature = self.index().signature(self.body);
        let query = signature.and_then(|signature| signature.parameters.first()).map(|first| first.name);
        matches!(self.index().body(self.body).expr(expr), Expr::Variable(name) if Some(*name) == query)
    }

    /// True for a link of a chain on the closure's query.
    fn is_on_query(&self, callee: Callee) -> bool {
        let code = self.index().body(self.body);
        let Callee::Method { receiver: mut start, .. } = callee else { return false };
        while let Expr::Call { callee: Callee::Method { receiver, .. }, .. } = code.expr(start) {
            start = *receiver;
        }
        self.is_query(start)
    }

    /// A condition on the key, in whatever spelling.
    fn condition(&self, name: &str, arguments: &[Argument], at: Location) -> RuleLimit {
        let lower = name.to_ascii_lowercase();
        let Some(first) = arguments.first() else { return RuleLimit::None };
        let code = self.index().body(self.body);
        match lower.strip_prefix("or").unwrap_or(&lower) {
            _ if self.is_dynamic(name) => self.compared(first.value, at),
            "where" | "wherein" if self.is_key(first.value) => {
                let operator = arguments
                    .get(1)
                    .filter(|_| arguments.len() > 2)
                    .and_then(|second| text_of(self.rules.project, self.body, second.value));
                match operator.as_deref() {
                    None | Some("=") => arguments.last().map_or(RuleLimit::None, |value| self.compared(value.value, at)),
                    Some(_) => RuleLimit::Negated(at),
                }
            }
            "where" if matches!(code.expr(first.value), Expr::Closure(_)) => self.of_closure(first.value),
            "where" => self.pairs(first.value, at),
            "wherenot" | "wherenotin" if self.is_key(first.value) => RuleLimit::Negated(at),
            "whereraw" | "whereexists" => {
                let sql = text_of(self.rules.project, self.body, first.value);
                let is_about_others = sql.is_some_and(|sql| !sql.contains(&self.rules.facts.key));
                if is_about_others { RuleLimit::None } else { RuleLimit::Unknown(at, None) }
            }
            "when" | "unless" | "tap" | "each" => {
                let closures = arguments.iter().filter(|argument| matches!(code.expr(argument.value), Expr::Closure(_)));
                closures.map(|closure| self.of_closure(closure.value)).min().map_or(RuleLimit::None, optional)
            }
            _ => RuleLimit::None,
        }
    }

    /// `where(['company_id' => …])`
    fn pairs(&self, expr: ExprId, at: Location) -> RuleLimit {
        let code = self.index().body(self.body);
        let Expr::Array(items) = code.expr(expr) else {
            let is_known = text_of(self.rules.project, self.body, expr).is_some();
            return if is_known { RuleLimit::None } else { RuleLimit::Unknown(at, None) };
        };
        let of_item = |item: &crate::hir::ArrayItem| match (item.key, item.value) {
            (Some(key), Some(value)) if self.is_key(key) => self.compared(value, at),
            (None, Some(_)) => RuleLimit::Unknown(at, None),
            _ => RuleLimit::None,
        };
        items.iter().map(of_item).min().unwrap_or(RuleLimit::None)
    }
}

/// A limit that stands on some paths only.
const fn optional(limit: RuleLimit) -> RuleLimit {
    match limit {
        RuleLimit::Key(at, _) | RuleLimit::ClientChosen(at, _) | RuleLimit::Unknown(at, Some(_)) => RuleLimit::Optional(at),
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
        || code.exprs().any(|(_, expr)| match expr {
            Expr::Ternary(_, then, otherwise) => {
                then.is_some_and(|then| holds(code.expr_span(then))) || holds(code.expr_span(*otherwise))
            }
            Expr::Binary(crate::hir::BinaryOp::And | crate::hir::BinaryOp::Or, _, right) => holds(code.expr_span(*right)),
            _ => false,
        })
}
