//! Abilities that a gate answers by code of its own, and what they say about the values that they are asked about.
//!
//! Facts: `laravel/framework:src/Illuminate/Auth/Access/Gate.php (define, raw, callBeforeCallbacks)`,
//! `Auth/Middleware/Authorize.php (handle, getGateArguments)`.

use std::collections::BTreeSet;

use super::membership::{Member, Membership, Owner};
use super::passage::PassageReader;
use crate::analysis::routes::Route;
use crate::finding::Location;
use crate::flow::{HintReader, Origin, Project, Root};
use crate::hir::Expr;
use crate::index::inflect::snake;
use crate::index::{BodyKey, Constant, Index, Locals};

/// The code that answers an ability of its own: `Gate::define('edit-customer', fn (User $user, Customer $customer) => …)`
#[must_use]
pub fn defined_ability(index: &Index, ability: &str) -> Option<BodyKey> {
    index.calls_named("define").iter().find_map(|call| {
        let Expr::Call { arguments, .. } = index.body(call.body).expr(call.expr) else { return None };
        let [name, code, ..] = &**arguments else { return None };
        let text = |expr| index.constant_with(call.body, expr, index.body_class(call.body), &Locals::new());
        if text(name.value)?.as_str()? != ability {
            return None;
        }
        match index.body(call.body).expr(code.value) {
            Expr::Closure(body) => Some(BodyKey::new(call.body.file, *body)),
            _ => match text(code.value)? {
                Constant::Array(items) => {
                    let [(_, class), (_, method)] = &items[..] else { return None };
                    method_body(index, class.as_str()?, method.as_str()?)
                }
                constant => {
                    let (class, method) = constant.as_str()?.split_once('@')?;
                    method_body(index, class, method)
                }
            },
        }
    })
}

fn method_body(index: &Index, class: &str, method: &str) -> Option<BodyKey> {
    let class = index.resolve_class(class)?;
    index.find_method(class, method).map(|method| index.method_body(method))
}

/// `Gate::before(…)`, which may allow everything to some users.
#[must_use]
pub fn asked_before_all(project: Project<'_>) -> Option<Location> {
    let index = project.index;
    index.calls_named("before").iter().find_map(|call| {
        let symbol = project.resolution.body(call.body).call(call.expr)?.symbol.as_deref()?;
        let is_gate = symbol.starts_with("Illuminate\\") && symbol.ends_with("Gate::before");
        is_gate.then(|| Location::new(call.body.file, index.body(call.body).expr_span(call.expr)))
    })
}

/// What a middleware like `can:view-folder,folder` finds about values of the path: among the user's own, or among what
/// belongs to another value of the path.
pub(super) fn found_behind(index: &Index, reader: &PassageReader<'_>, parameters: &str) -> BTreeSet<Membership> {
    let mut parts = parameters.split(',').map(str::trim);
    let code = parts.next().and_then(|ability| defined_ability(index, ability));
    let Some(code) = code else { return BTreeSet::new() };
    let subjects: Vec<&str> = parts.collect();
    let in_path = |value: &Origin| match (&value.root, value.path.as_slice()) {
        // The user comes before what is asked about.
        (Root::Parameter(position), []) => subjects.get(usize::from(*position).checked_sub(1)?).map(|name| of_route(name)),
        _ => None,
    };
    let of_path = |found: Membership| {
        let owner = if found.owner.is_user_of_ability() {
            Owner::user()
        } else {
            Owner { value: in_path(&found.owner.value)?, among: found.owner.among }
        };
        Some(Membership { value: in_path(&found.value)?, owner, among: found.among })
    };
    reader.granted(code).into_iter().filter_map(of_path).collect()
}

/// `$request->route('folder')`
fn of_route(name: &str) -> Origin {
    Origin::of(Root::Request).member("route()", None).member(name, None)
}

/// What is known of the path's values holds for the action's parameters that take them: those that nothing else fills, in
/// the order of the path.
/// `laravel/framework:src/Illuminate/Routing/ResolvesRouteDependencies.php (resolveMethodDependencies)`
pub(super) fn of_parameters(index: &Index, route: &Route, action: BodyKey, members: &BTreeSet<Member>) -> Vec<Member> {
    let Some(signature) = index.signature(action).filter(|_| !members.is_empty()) else { return Vec::new() };
    let hir = index.hir(action.file);
    let reader = HintReader { index, hir, class: index.body_class(action) };
    let in_path: Vec<&str> = route.parameters().map(|parameter| parameter.name).collect();
    let is_bound = |name: &str| in_path.iter().any(|known| *known == name || *known == snake(name));
    let taking = (0_u16..).zip(&signature.parameters).filter(|(_, parameter)| {
        let is_object = parameter.hint.as_ref().is_some_and(|hint| reader.read(hint).classes().next().is_some());
        !is_object || is_bound(hir.text(parameter.name))
    });
    taking
        .zip(&in_path)
        .flat_map(|((position, _), name)| {
            let value = of_route(name);
            let known = members.iter().filter(move |member| member.value == value);
            known.map(move |member| Member { value: Origin::of(Root::Parameter(position)), among: member.among.clone() })
        })
        .collect()
}
