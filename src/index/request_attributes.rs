//! What middleware puts into the attributes of a request: `$request->attributes->set('project', $project)`.
//!
//! `symfony/http-foundation:Request.php (get)`: an attribute goes before an input of the same name.

use std::collections::BTreeSet;

use super::Index;
use crate::hir::{Callee, Expr, Literal, MemberNameKind};

/// The names of all attributes that some code of the project sets.
pub(super) fn request_attributes(index: &Index) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for call in ["add", "set"].into_iter().flat_map(|name| index.calls_named(name)) {
        let (hir, code) = (index.hir(call.body.file), index.body(call.body));
        let Expr::Call { callee: Callee::Method { receiver, .. }, arguments, .. } = code.expr(call.expr) else { continue };
        let Expr::Property { name, .. } = code.expr(*receiver) else { continue };
        let is_bag = matches!(name.kind, MemberNameKind::Fixed(name) if hir.text(name) == "attributes");
        let Some(first) = arguments.first().filter(|_| is_bag) else { continue };
        let mut name_of = |expr| {
            if let Expr::Literal(Literal::String(text)) = code.expr(expr) {
                names.insert(hir.text(*text).to_owned());
            }
        };
        match code.expr(first.value) {
            Expr::Array(items) => items.iter().filter_map(|item| item.key).for_each(name_of),
            _ => name_of(first.value),
        }
    }
    names
}
