//! What middleware puts into the attributes of a request: `$request->attributes->set('project', $project)`.
//!
//! `symfony/http-foundation:Request.php (get)`: an attribute goes before an input of the same name.

use std::collections::BTreeMap;

use super::{BodyKey, Index};
use crate::hir::{Callee, Expr, ExprId, Literal, MemberNameKind};

/// The names of all attributes that some code of the project sets, with the values that it sets.
pub(super) type RequestAttributes = BTreeMap<String, Vec<(BodyKey, ExprId)>>;

pub(super) fn request_attributes(index: &Index) -> RequestAttributes {
    let mut attributes = RequestAttributes::new();
    for call in ["add", "set"].into_iter().flat_map(|name| index.calls_named(name)) {
        let (hir, code) = (index.hir(call.body.file), index.body(call.body));
        let Expr::Call { callee: Callee::Method { receiver, .. }, arguments, .. } = code.expr(call.expr) else { continue };
        let Expr::Property { name, .. } = code.expr(*receiver) else { continue };
        let is_bag = matches!(name.kind, MemberNameKind::Fixed(name) if hir.text(name) == "attributes");
        let Some(first) = arguments.first().filter(|_| is_bag) else { continue };
        let mut set = |name, value| {
            if let (Expr::Literal(Literal::String(text)), Some(value)) = (code.expr(name), value) {
                attributes.entry(hir.text(*text).to_owned()).or_default().push((call.body, value));
            }
        };
        match code.expr(first.value) {
            Expr::Array(items) => items.iter().for_each(|item| {
                if let Some(key) = item.key {
                    set(key, item.value);
                }
            }),
            _ => set(first.value, arguments.get(1).map(|given| given.value)),
        }
    }
    attributes
}
