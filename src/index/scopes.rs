//! Global and local scopes of models.

use std::collections::BTreeMap;

use super::boot::{BootCall, BootEvent, has_attribute};
use super::model::{GlobalScope, ScopeCode, ScopeIdentifier, ScopeRoute};
use super::outside::outside_calls;
use super::values::{ClassValue, Place};
use super::{BodyKey, ClassKey, Constant, ConstantKey, Index, MethodRef, Version};
use crate::finding::Location;
use crate::hir::{Argument, Attribute, Callee, ClassRef, Expr, ExprId, Visibility};

const SCOPED_BY: &str = "Illuminate\\Database\\Eloquent\\Attributes\\ScopedBy";
const LOCAL_SCOPE: &str = "Illuminate\\Database\\Eloquent\\Attributes\\Scope";

/// The global scopes that a model's boot registers, in order; of the same identifier the last one counts.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/HasGlobalScopes.php (addGlobalScope, addGlobalScopes)`
pub(super) fn booted_scopes(index: &Index, model: ClassKey, events: &[BootEvent]) -> Vec<GlobalScope> {
    let mut scopes = Vec::new();
    for event in events {
        match event {
            BootEvent::Attributes => scoped_by(index, model, 0).into_iter().for_each(|scope| register(&mut scopes, scope)),
            BootEvent::ExternalScope { at, scope } => {
                let scope = GlobalScope {
                    identifier: ScopeIdentifier::Class(scope.clone()),
                    registered: *at,
                    code: ScopeCode::External(scope.clone()),
                    route: ScopeRoute::ExternalTrait,
                    conditional: false,
                    registered_in: Vec::new(),
                };
                register(&mut scopes, scope);
            }
            BootEvent::Call(call) => {
                let place = Place::new(index, call.body, Some(model));
                for scope in added(place, call) {
                    register(&mut scopes, scope);
                }
            }
        }
    }
    scopes
}

/// Adds a scope; one of the same identifier is replaced. It stays unconditional if it was registered without a condition before.
fn register(scopes: &mut Vec<GlobalScope>, mut scope: GlobalScope) {
    if scope.identifier != ScopeIdentifier::Anonymous
        && let Some(at) = scopes.iter().position(|known| known.identifier == scope.identifier)
    {
        if scope.conditional && scopes[at].code == scope.code {
            scope.conditional = scopes[at].conditional;
            scope.registered_in.extend(scopes[at].registered_in.iter().copied());
        }
        scopes.remove(at);
    }
    scopes.push(scope);
}

/// What one call of `addGlobalScope` or `addGlobalScopes` adds.
fn added(place: Place<'_>, call: &BootCall) -> Vec<GlobalScope> {
    let Expr::Call { callee: Callee::Static { name, .. }, arguments, .. } = place.item().expr(call.call) else {
        return Vec::new();
    };
    let found = match place.fixed(*name).map(str::to_ascii_lowercase).as_deref() {
        Some("addglobalscope") => vec![single(place, arguments, call)],
        Some("addglobalscopes") => several(place, arguments),
        _ => return Vec::new(),
    };
    let registered = Location::new(place.body.file, place.item().expr_span(call.call));
    let registered_in = if call.route == ScopeRoute::Provider { vec![call.body] } else { Vec::new() };
    let (route, conditional) = (call.route, call.conditional);
    let scope = |(identifier, code)| {
        let registered_in = registered_in.clone();
        GlobalScope { identifier, registered, code, route, conditional, registered_in }
    };
    found.into_iter().map(scope).collect()
}

type Named = (ScopeIdentifier, ScopeCode);

/// `addGlobalScope(new S)`, `(S::class)`, `('name', closure)`, `('name', new S)`, `(closure)`
fn single(place: Place<'_>, arguments: &[Argument], call: &BootCall) -> Named {
    let Some(first) = place.argument(arguments, 0, "scope") else { return (ScopeIdentifier::Anonymous, ScopeCode::Unknown) };
    let name = bound_text(place, first, call).or_else(|| place.constant(first));
    match (place.argument(arguments, 1, "implementation"), name) {
        (None, name) => unnamed(place, first, name.as_ref()),
        (Some(second), Some(name)) => {
            let code = code(place, second);
            match name {
                Constant::Class(name) => (ScopeIdentifier::Class(name), code),
                name => (ScopeIdentifier::Named(name.as_str().unwrap_or_default().to_owned()), code),
            }
        }
        (Some(second), None) => (ScopeIdentifier::Anonymous, code(place, second)),
    }
}

/// The value of a loop's variable in this round.
fn bound_text(place: Place<'_>, expr: ExprId, call: &BootCall) -> Option<Constant> {
    let (variable, value) = call.bound.as_ref()?;
    let mentions = |expr: ExprId| matches!(place.item().expr(expr), Expr::Variable(name) if name == variable);
    match place.item().expr(expr) {
        Expr::Call { callee: Callee::New(ClassRef::Dynamic(class)), .. } if mentions(*class) => {
            Some(Constant::Class(value.clone()))
        }
        Expr::Variable(_) if mentions(expr) => Some(Constant::Class(value.clone())),
        _ => None,
    }
}

/// A scope that is named by its own class, or by nothing.
fn unnamed(place: Place<'_>, expr: ExprId, name: Option<&Constant>) -> Named {
    if let Some(body) = place.callable(expr) {
        return (ScopeIdentifier::Anonymous, ScopeCode::Closure(body));
    }
    let class = name.and_then(Constant::as_str).map(|name| place.named(name)).or_else(|| place.object(expr));
    match class {
        Some(class) => (ScopeIdentifier::Class(class.name.clone()), class_code(class)),
        None => (ScopeIdentifier::Anonymous, ScopeCode::Unknown),
    }
}

/// `addGlobalScopes([S::class, new S, 'name' => closure])`
fn several(place: Place<'_>, arguments: &[Argument]) -> Vec<Named> {
    let Some(list) = place.argument(arguments, 0, "scopes") else { return Vec::new() };
    let Expr::Array(items) = place.item().expr(place.settled(list)) else {
        return vec![(ScopeIdentifier::Anonymous, ScopeCode::Unknown)];
    };
    let mut found = Vec::new();
    for item in items.iter().filter(|item| !item.spread) {
        let Some(value) = item.value else { continue };
        match item.key.map(|key| place.constant(key)) {
            None => found.push(unnamed(place, value, place.constant(value).as_ref())),
            Some(Some(Constant::Class(name))) => found.push((ScopeIdentifier::Class(name), code(place, value))),
            Some(Some(name)) => {
                let name = name.as_str().unwrap_or_default().to_owned();
                found.push((ScopeIdentifier::Named(name), code(place, value)));
            }
            Some(None) => found.push((ScopeIdentifier::Anonymous, code(place, value))),
        }
    }
    found
}

/// What a closure or a scope object runs.
fn code(place: Place<'_>, expr: ExprId) -> ScopeCode {
    match place.callable(expr) {
        Some(body) => ScopeCode::Closure(body),
        None => place.object(expr).or_else(|| place.named_value(expr)).map_or(ScopeCode::Unknown, class_code),
    }
}

fn class_code(class: ClassValue) -> ScopeCode {
    class.key.map_or(ScopeCode::External(class.name), ScopeCode::Class)
}

/// The scopes of `#[ScopedBy]`: of the class; of the traits that it names from 12.32.1 on; of its parents from 13.2 on.
/// Subclasses of the attribute count from 12 on.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/HasGlobalScopes.php (resolveGlobalScopeAttributes)`
fn scoped_by(index: &Index, class: ClassKey, depth: u32) -> Vec<GlobalScope> {
    let laravel = index.options().laravel;
    if laravel < Version::new(10, 44, 0) || depth > 64 {
        return Vec::new();
    }
    let mut scopes = Vec::new();
    if laravel >= Version::new(13, 2, 0)
        && let Some(parent) = index.parent(class)
    {
        scopes.extend(scoped_by(index, parent, depth + 1));
    }
    let traits = if laravel >= Version::new(12, 32, 1) { index.used_traits(class) } else { Vec::new() };
    for holder in std::iter::once(class).chain(traits) {
        for (attribute, value) in attribute_values(index, holder, SCOPED_BY, laravel >= Version::new(12, 0, 0)) {
            let class = Place::new(index, value.0, Some(class)).named(&value.1);
            scopes.push(GlobalScope {
                identifier: ScopeIdentifier::Class(class.name.clone()),
                registered: Location::new(holder.file, attribute.span),
                code: class_code(class),
                route: ScopeRoute::Attribute,
                conditional: false,
                registered_in: Vec::new(),
            });
        }
    }
    scopes
}

/// The class names in the arguments of a class's attributes of a kind, arrays flattened.
pub(super) fn attribute_values<'i>(
    index: &'i Index,
    class: ClassKey,
    attribute: &str,
    subclasses: bool,
) -> Vec<(&'i Attribute, (BodyKey, String))> {
    let hir = index.hir(class.file);
    let is_wanted = |name: &str| name.eq_ignore_ascii_case(attribute) || (subclasses && index.name_is_a(name, attribute));
    let mut found = Vec::new();
    for item in index.class(class).attributes.iter().filter(|item| is_wanted(hir.text(item.name.name))) {
        for (_, value) in &item.arguments {
            let body = BodyKey::new(class.file, value.body);
            let mut names = Vec::new();
            if let Some(value) = index.constant_value(class.file, *value, Some(class)) {
                flatten(value, &mut names);
            }
            found.extend(names.into_iter().map(|name| (item, (body, name))));
        }
    }
    found
}

fn flatten(value: Constant, names: &mut Vec<String>) {
    match value {
        Constant::Array(items) => items.into_iter().for_each(|(_, item): (ConstantKey, _)| flatten(item, names)),
        Constant::String(name) | Constant::Class(name) => names.push(name),
        _ => {}
    }
}

/// The scopes that code outside the models registers.
pub(super) fn scopes_from_outside(index: &Index) -> BTreeMap<ClassKey, Vec<GlobalScope>> {
    let mut found: BTreeMap<ClassKey, Vec<GlobalScope>> = BTreeMap::new();
    for (model, call) in outside_calls(index, &["addglobalscope", "addglobalscopes"]) {
        let place = Place::new(index, call.body, index.body_class(call.body));
        let scopes = found.entry(model).or_default();
        for scope in added(place, &call) {
            register(scopes, scope);
        }
    }
    found
}

/// The local scopes of a model by the lower-cased name under which they are called: `scopeXxx`, and `#[Scope]` from 12.4 on.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (hasNamedScope, isScopeMethodWithAttribute)`
pub(super) fn local_scopes(index: &Index, model: ClassKey) -> BTreeMap<String, MethodRef> {
    let mut scopes = BTreeMap::new();
    let attributes = index.options().laravel >= Version::new(12, 4, 0);
    for (name, method) in index.all_methods(model) {
        let lower = name.to_ascii_lowercase();
        if let Some(called) = lower.strip_prefix("scope").filter(|called| !called.is_empty()) {
            scopes.insert(called.to_owned(), method);
        }
        let is_private = index.method(method).visibility == Visibility::Private;
        if attributes && !is_private && has_attribute(index, method, LOCAL_SCOPE) {
            scopes.entry(lower).or_insert(method);
        }
    }
    scopes
}
