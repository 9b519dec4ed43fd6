//! The fields that rules validate: the key of the array item that holds a rule.

use crate::finding::Span;
use crate::flow::Project;
use crate::hir::{Expr, Literal};
use crate::index::{BodyKey, Index};

/// The innermost text key under which an array gets what holds a place of a body: `['name' => …]`, `$rules['name'] = …`.
pub(super) fn of(project: Project<'_>, body: BodyKey, at: Span) -> Option<String> {
    let code = project.index.body(body);
    let hir = project.index.hir(body.file);
    let mut found: Option<(Span, String)> = None;
    let mut pairs = Vec::new();
    for (_, expr) in code.exprs() {
        match expr {
            Expr::Array(items) => pairs.extend(items.iter().filter_map(|item| item.key.zip(item.value))),
            Expr::Assign { target, value, .. } | Expr::CompoundAssign(_, target, value) => {
                if let Expr::Index(_, Some(key)) = code.expr(*target) {
                    pairs.push((*key, *value));
                }
            }
            _ => {}
        }
    }
    for (key, value) in pairs {
        let span = code.expr_span(value);
        let holds = span.start <= at.start && at.end <= span.end;
        if let Expr::Literal(Literal::String(name)) = code.expr(key)
            && holds
            && found.as_ref().is_none_or(|(known, _)| span.end - span.start < known.end - known.start)
        {
            found = Some((span, hir.text(*name).to_owned()));
        }
    }
    found.map(|(_, name)| name)
}

/// True where a rule other than a plain text stands on a field, or one that looks its value up.
#[must_use]
pub fn is_ruled(index: &Index, function: BodyKey, field: &str) -> bool {
    let hir = index.hir(function.file);
    let code = index.body(function);
    let looks_up = |text: &str| ["in:", "exists:"].iter().any(|rule| text.contains(rule));
    let is_open = |expr| {
        let mut waiting = vec![expr];
        while let Some(expr) = waiting.pop() {
            match code.expr(expr) {
                Expr::Literal(Literal::String(text)) if !looks_up(hir.text(*text)) => {}
                Expr::Array(items) => waiting.extend(items.iter().filter_map(|item| item.value)),
                _ => return true,
            }
        }
        false
    };
    code.exprs().any(|(_, expr)| {
        let Expr::Array(items) = expr else { return false };
        items.iter().any(|item| match (item.key.map(|key| code.expr(key)), item.value) {
            (Some(Expr::Literal(Literal::String(name))), Some(value)) => hir.text(*name) == field && is_open(value),
            _ => false,
        })
    })
}
