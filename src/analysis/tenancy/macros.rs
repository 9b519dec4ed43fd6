//! Builder macros: those that the project registers for all builders, and those that a global scope registers in
//! `extend()`: which of them remove the scope, and which limit again by a column.

use std::sync::Arc;

use crate::flow::is_builder;
use crate::hir::{Argument, Callee, ClassRef, Expr, ExprId, Literal, MemberNameKind};
use crate::index::{BodyKey, ClassKey, Index};

/// A macro that removes the scope it belongs to.
pub(super) struct ScopeMacro {
    /// The column that it compares with its argument.
    pub(super) limits_by: Option<Arc<str>>,
}

/// The macro of that name, where it removes the scope of its class.
pub(super) fn find(index: &Index, class: ClassKey, name: &str) -> Option<ScopeMacro> {
    let hir = index.hir(class.file);
    for method in &index.class(class).methods {
        let body = hir.body(method.body);
        for (_, expr) in body.exprs() {
            let Some((called, arguments)) = method_call(expr) else { continue };
            if !hir.text(called).eq_ignore_ascii_case("macro") {
                continue;
            }
            let [label, code, ..] = arguments else { continue };
            let Expr::Literal(Literal::String(text)) = body.expr(label.value) else { continue };
            let Expr::Closure(closure) = body.expr(code.value) else { continue };
            if hir.text(*text).eq_ignore_ascii_case(name) {
                return removal(index, BodyKey { file: class.file, body: *closure });
            }
        }
    }
    None
}

/// The code of a macro that the project registers for all builders, `Builder::macro('name', function () {})`.
/// `laravel/framework:src/Illuminate/Database/Eloquent/Builder.php (__callStatic)`
pub(super) fn of_builders(index: &Index, name: &str) -> Option<BodyKey> {
    index.calls_named("macro").iter().find_map(|site| {
        let hir = index.hir(site.body.file);
        let body = index.body(site.body);
        let Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), .. }, arguments, .. } = body.expr(site.expr)
        else {
            return None;
        };
        let [label, code, ..] = &**arguments else { return None };
        let Expr::Literal(Literal::String(text)) = body.expr(label.value) else { return None };
        let Expr::Closure(closure) = body.expr(code.value) else { return None };
        let is_it = hir.text(*text).eq_ignore_ascii_case(name) && is_builder(index, hir.text(class.name));
        is_it.then_some(BodyKey { file: site.body.file, body: *closure })
    })
}

fn method_call(expr: &Expr) -> Option<(crate::hir::Symbol, &[Argument])> {
    match expr {
        Expr::Call { callee: Callee::Method { name, .. }, arguments, .. } => match name.kind {
            MemberNameKind::Fixed(symbol) => Some((symbol, arguments)),
            MemberNameKind::Dynamic(_) => None,
        },
        _ => None,
    }
}

fn removal(index: &Index, closure: BodyKey) -> Option<ScopeMacro> {
    let hir = index.hir(closure.file);
    let body = index.body(closure);
    let calls: Vec<(&str, &[Argument])> =
        body.exprs.iter().filter_map(method_call).map(|(name, arguments)| (hir.text(name), arguments)).collect();
    let removes = calls
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("withoutGlobalScope") || name.eq_ignore_ascii_case("withoutGlobalScopes"));
    let column = |expr: ExprId| match body.expr(expr) {
        Expr::Literal(Literal::String(text)) => Some(Arc::<str>::from(hir.text(*text))),
        _ => None,
    };
    let limits_by = calls
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("where"))
        .find_map(|(_, arguments)| arguments.first().and_then(|first| column(first.value)));
    removes.then_some(ScopeMacro { limits_by })
}
