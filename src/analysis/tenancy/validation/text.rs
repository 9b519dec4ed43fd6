//! Rules as text: `exists:customers,id`, `unique:customers,email,NULL,id,company_id,7`, alone or between pipes, written as
//! one literal or put together from parts.

use rustc_hash::FxHashSet;

use super::values::ValuePlace;
use super::{RuleKind, RuleLimit, RuleReader, ValidationRule, field, subject_of};
use crate::analysis::tenancy::query::{Subject, Unknown};
use crate::finding::Location;
use crate::flow::Project;
use crate::hir::{Body, Expr, ExprId, FileHir, Literal};
use crate::index::BodyKey;

/// A rule as it is written: text, and the expressions in it.
#[derive(Clone, Debug, Default)]
struct Piece {
    text: String,
    parts: Vec<ExprId>,
}

/// Stands in the text for an expression.
const PART: char = '\u{1}';

/// The expressions in the texts of rules.
pub(super) fn watch(project: Project<'_>, watched: &mut FxHashSet<ValuePlace>) {
    for (body, _, piece) in all(project) {
        watched.extend(piece.parts.iter().map(|expr| ValuePlace { body, expr: *expr }));
    }
}

pub(super) fn rules(reader: RuleReader<'_>) -> Vec<ValidationRule> {
    all(reader.project).into_iter().flat_map(|(body, expr, written)| read(reader, body, expr, &written)).collect()
}

/// All texts that hold a rule.
fn all(project: Project<'_>) -> Vec<(BodyKey, ExprId, Piece)> {
    let mut found = Vec::new();
    for (file, hir) in project.index.files() {
        let strings = &hir.interface.strings;
        if !strings.may_hold("exists:") && !strings.may_hold("unique:") {
            continue;
        }
        for (id, code) in hir.bodies() {
            let body = BodyKey::new(file, id);
            found.extend(written_rules(project, body, hir, code).into_iter().map(|(expr, written)| (body, expr, written)));
        }
    }
    found
}

/// The literals and concatenations of a body that hold a rule, those inside a longer one left out.
fn written_rules(project: Project<'_>, body: BodyKey, hir: &FileHir, code: &Body) -> Vec<(ExprId, Piece)> {
    let mut inner = std::collections::BTreeSet::new();
    for (_, expr) in code.exprs() {
        if let Expr::Concat(parts) | Expr::Interpolation(parts) = expr {
            inner.extend(parts.iter().copied());
        }
    }
    let mut found = Vec::new();
    for (_, expr) in code.exprs() {
        // A text that is looked for in another one.
        if let Expr::Call { arguments, .. } = expr
            && crate::index::called_name(expr).is_some_and(|name| works_on_text(hir.text(name)))
        {
            inner.extend(arguments.iter().map(|argument| argument.value));
        }
    }
    for (id, expr) in code.exprs() {
        let is_text = matches!(expr, Expr::Literal(Literal::String(_)) | Expr::Concat(_) | Expr::Interpolation(_));
        if !is_text || inner.contains(&id) {
            continue;
        }
        let mut piece = Piece::default();
        flatten(project, body, hir, code, id, &mut piece);
        if piece.text.contains("exists:") || piece.text.contains("unique:") {
            found.push((id, piece));
        }
    }
    found
}

/// `Str::replaceFirst`, `str_contains`, `preg_match`
fn works_on_text(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["replace", "str_", "str", "preg_", "contains", "starts", "ends", "explode", "is"].iter().any(|start| name.starts_with(start))
}

fn flatten(project: Project<'_>, body: BodyKey, hir: &FileHir, code: &Body, expr: ExprId, piece: &mut Piece) {
    match code.expr(expr) {
        Expr::Literal(Literal::String(text)) => piece.text.push_str(hir.text(*text)),
        Expr::Concat(parts) | Expr::Interpolation(parts) => {
            parts.iter().for_each(|part| flatten(project, body, hir, code, *part, piece));
        }
        _ => {
            let class = project.index.body_class(body);
            let at = crate::hir::ExprRef { body: body.body, expr };
            match project.index.constant_value(body.file, at, class) {
                Some(crate::index::Constant::String(text) | crate::index::Constant::Class(text)) => piece.text.push_str(&text),
                Some(crate::index::Constant::Int(number)) => piece.text.push_str(&number.to_string()),
                _ => {
                    piece.text.push(PART);
                    piece.parts.push(expr);
                }
            }
        }
    }
}

/// The rules in one text.
fn read(reader: RuleReader<'_>, body: BodyKey, expr: ExprId, written: &Piece) -> Vec<ValidationRule> {
    let project = reader.project;
    let mut rules = Vec::new();
    let mut parts_before = 0;
    for rule in written.text.split('|') {
        let first_part = parts_before;
        parts_before += rule.matches(PART).count();
        let kind = match rule.split_once(':') {
            Some(("exists", _)) => RuleKind::Exists,
            Some(("unique", _)) => RuleKind::Unique,
            _ => continue,
        };
        let parameters: Vec<&str> = rule[7..].split(',').map(str::trim).collect();
        let table = parameters[0];
        let span = project.index.body(body).expr_span(expr);
        let at = Location::new(body.file, span);
        let subject = if table.contains(PART) { Subject::Unknown(Unknown::Table) } else { subject_of(project, table) };
        let named = field::of(project, body, span);
        let is_site = match subject {
            // Any text may begin so; in a list of rules it is one.
            Subject::Unknown(_) => named.is_some() && table.chars().all(|sign| sign == PART),
            _ => is_name(table) && reader.facts.has_key(&subject),
        };
        if !is_site {
            continue;
        }
        let column = parameters.get(1).filter(|column| !matches!(**column, "" | "NULL")).map(|column| (*column).to_owned());
        let limit = limit_of(reader, body, at, &Parameters { kind, list: &parameters, parts: &written.parts[first_part..] });
        rules.push(ValidationRule {
            at,
            body,
            expr,
            kind,
            subject,
            column: column.or_else(|| named.clone()),
            field: named,
            limit,
            tested: Vec::new(),
            spec: if kind == RuleKind::Exists { "laravel/validation#exists" } else { "laravel/validation#unique" },
        });
    }
    rules
}

/// A table, `connection.table`, or a class.
fn is_name(table: &str) -> bool {
    !table.is_empty() && table.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.' | '\\'))
}

struct Parameters<'p> {
    kind: RuleKind,
    list: &'p [&'p str],
    parts: &'p [ExprId],
}

/// The extra conditions behind the table and the column: pairs of a column and a value.
/// `laravel/framework:src/Illuminate/Validation/Concerns/ValidatesAttributes.php (getExtraConditions)`
fn limit_of(reader: RuleReader<'_>, body: BodyKey, at: Location, parameters: &Parameters<'_>) -> RuleLimit {
    let start = if parameters.kind == RuleKind::Exists { 2 } else { 4 };
    let mut limit = RuleLimit::None;
    let extra = parameters.list.get(start..).unwrap_or_default();
    for pair in extra.chunks(2) {
        let [column, value] = pair else {
            // A part that may hold further pairs: `…,id` . $extra
            if pair[0].contains(PART) {
                limit = limit.min(RuleLimit::Unknown(at, None));
            }
            continue;
        };
        if !column.eq_ignore_ascii_case(&reader.facts.key) {
            continue;
        }
        let seen_before = parameters.list.iter().take_while(|known| !std::ptr::eq(known.as_ptr(), value.as_ptr()));
        let before: usize = seen_before.map(|known| known.matches(PART).count()).sum();
        let part = parameters.parts.get(before).filter(|_| value.contains(PART));
        limit = limit.min(match (*value, part) {
            // Text beside the expression makes another value of it.
            (value, Some(_)) if value.chars().any(|sign| sign != PART) => RuleLimit::Unknown(at, None),
            (_, Some(part)) => reader.compared(ValuePlace { body, expr: *part }, at),
            (value, None) if value.starts_with('!') || value == "NOT_NULL" => RuleLimit::Negated(at),
            ("" | "NULL", None) => RuleLimit::None,
            (_, None) => RuleLimit::Fixed(at),
        });
    }
    limit
}
