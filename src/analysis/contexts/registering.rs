//! Middleware that adds global scopes to models: behind it the scopes hold, elsewhere they do not.

use crate::hir::{Callee, Expr, ExprId};
use crate::index::walk::{Guard, walk};
use crate::index::{BodyKey, CallSite, ClassKey, Index, called_name};

/// True where the code that answers a request adds global scopes to models before it passes the request on, itself or by a
/// method of its class, on every way.
pub(super) fn registers_scopes(index: &Index, class: ClassKey, handle: BodyKey) -> bool {
    let registering = registering_calls(index, class);
    if registering.is_empty() {
        return false;
    }
    let code = index.body(handle);
    let is_registering = |id: ExprId, expr: &Expr| {
        registering.iter().any(|site| site.body == handle && site.expr == id)
            || method_called(index, class, handle, expr).is_some_and(|method| {
                registering.iter().any(|site| site.body == method && is_certain(index, site.body, site.expr))
            })
    };
    let passed = first_passed_on(index, handle);
    let is_before = |id: ExprId| passed.is_none_or(|passed| code.expr_span(id).start < passed);
    code.exprs().any(|(id, expr)| is_registering(id, expr) && is_before(id) && is_certain(index, handle, id))
}

fn registering_calls(index: &Index, class: ClassKey) -> Vec<CallSite> {
    let calls = ["addGlobalScope", "addGlobalScopes"].into_iter().flat_map(|name| index.calls_named(name));
    calls.filter(|site| index.body_class(site.body) == Some(class)).copied().collect()
}

/// The code of the method of a class that an expression calls.
fn method_called(index: &Index, class: ClassKey, body: BodyKey, expr: &Expr) -> Option<BodyKey> {
    let name = called_name(expr)?;
    index.find_method(class, index.hir(body.file).text(name)).map(|method| index.method_body(method))
}

/// Where `$next($request)` is called first.
fn first_passed_on(index: &Index, handle: BodyKey) -> Option<u32> {
    let code = index.body(handle);
    let next = index.signature(handle)?.parameters.get(1)?.name;
    let passes_on = |expr: &Expr| match expr {
        Expr::Call { callee: Callee::Value(value), .. } => matches!(code.expr(*value), Expr::Variable(name) if *name == next),
        _ => false,
    };
    code.exprs().filter(|(_, expr)| passes_on(expr)).map(|(id, _)| code.expr_span(id).start).min()
}

/// True for an expression that runs on every way through a body that does not leave it before, once or for each of a list.
fn is_certain(index: &Index, body: BodyKey, wanted: ExprId) -> bool {
    let mut is_certain = false;
    walk(index.body(body), |expr, guards| {
        is_certain |= expr == wanted && guards.iter().all(|guard| matches!(guard, Guard::IfNot(_) | Guard::Each(_)));
    });
    is_certain
}
