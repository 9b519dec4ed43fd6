//! The field that a rule validates: the key of the array item that holds it.

use crate::finding::Span;
use crate::flow::Project;
use crate::hir::{Expr, Literal};
use crate::index::BodyKey;

/// The innermost text key of an array of which the value holds a place of a body.
pub(super) fn of(project: Project<'_>, body: BodyKey, at: Span) -> Option<String> {
    let code = project.index.body(body);
    let hir = project.index.hir(body.file);
    let mut found: Option<(Span, String)> = None;
    for (_, expr) in code.exprs() {
        let Expr::Array(items) = expr else { continue };
        for item in items {
            let (Some(key), Some(value)) = (item.key, item.value) else { continue };
            let span = code.expr_span(value);
            let holds = span.start <= at.start && at.end <= span.end;
            if let Expr::Literal(Literal::String(name)) = code.expr(key)
                && holds
                && found.as_ref().is_none_or(|(known, _)| span.end - span.start < known.end - known.start)
            {
                found = Some((span, hir.text(*name).to_owned()));
            }
        }
    }
    found.map(|(_, name)| name)
}
