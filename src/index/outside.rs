//! What code outside the models registers on them: `Customer::addGlobalScope(…)`, `Customer::observe(…)` in a provider.

use std::collections::BTreeMap;

use super::boot::{BootCall, rounds};
use super::model::ScopeRoute;
use super::values::Place;
use super::walk::{Guard, walk};
use super::{BodyKey, CallSite, ClassKey, Index};
use crate::hir::{Callee, ClassRef, Expr, ExprId};

const PROVIDER: &str = "Illuminate\\Support\\ServiceProvider";

/// The calls of some names on models, from outside of them. They count for that very class, and only after the line has run;
/// outside a provider that is a condition.
pub(super) fn outside_calls(index: &Index, names: &[&str]) -> Vec<(ClassKey, BootCall)> {
    let mut bodies: BTreeMap<BodyKey, BTreeMap<ExprId, Vec<Guard>>> = BTreeMap::new();
    for site in names.iter().flat_map(|name| index.calls_named(name)) {
        if class_of(index, *site).is_some_and(|class| may_be_model(index, *site, class)) {
            bodies.entry(site.body).or_default().insert(site.expr, Vec::new());
        }
    }
    let mut found = Vec::new();
    for (body, mut wanted) in bodies {
        walk(index.body(body), |expr, guards| {
            if let Some(known) = wanted.get_mut(&expr) {
                *known = guards.to_vec();
            }
        });
        for (expr, guards) in wanted {
            found.extend(calls(index, CallSite { body, expr }, &guards));
        }
    }
    found
}

/// The class of a static call that names it.
fn class_of(index: &Index, site: CallSite) -> Option<ClassRef> {
    match index.body(site.body).expr(site.expr) {
        Expr::Call { callee: Callee::Static { class, .. }, first_class: false, .. } => {
            Some(*class).filter(|class| matches!(class, ClassRef::Named(_) | ClassRef::Dynamic(_)))
        }
        _ => None,
    }
}

fn may_be_model(index: &Index, site: CallSite, class: ClassRef) -> bool {
    match class {
        ClassRef::Named(name) => {
            index.resolve_class(index.hir(site.body.file).text(name.name)).is_some_and(|class| index.is_model(class))
        }
        _ => true,
    }
}

/// The models on which a static call outside of them registers something, one for each round of a `foreach` over classes.
fn calls(index: &Index, site: CallSite, guards: &[Guard]) -> Vec<(ClassKey, BootCall)> {
    let place = Place::new(index, site.body, index.body_class(site.body));
    let Some(class) = class_of(index, site) else { return Vec::new() };
    let rounds = rounds(place, guards);
    let conditional = rounds.conditional || place.class.is_none_or(|class| !index.is_a(class, PROVIDER));
    let model = |bound: &Option<(crate::hir::Symbol, String)>| match (class, bound) {
        (ClassRef::Dynamic(expr), Some((variable, value))) if matches!(place.item().expr(expr), Expr::Variable(name) if name == variable) => {
            index.resolve_class(value)
        }
        _ => place.class_ref(class).and_then(|class| class.key),
    };
    let models = rounds.bound.iter().filter_map(model);
    let models = models.filter(|&model| index.is_model(model) && !is_inside(index, place.class, model));
    let call =
        |model| (model, BootCall { body: site.body, call: site.expr, route: ScopeRoute::Provider, conditional, bound: None });
    models.map(call).collect()
}

/// True where code of that class runs in the model's own boot, if at all.
fn is_inside(index: &Index, class: Option<ClassKey>, model: ClassKey) -> bool {
    class.is_some_and(|class| class == model || index.descendants(class).binary_search(&model).is_ok())
}
