//! What stands around routes: attributes of groups and of chains.

use super::MiddlewareName;
use super::chain::{Chain, ChainRoot, Code, Link};
use crate::hir::{Argument, ExprId};
use crate::index::{ClassKey, Constant};

/// What the groups around a registration say.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) prefix: String,
    pub(super) middleware: Vec<MiddlewareName>,
    pub(super) without: Vec<String>,
    pub(super) namespace: String,
    pub(super) controller: Option<ClassKey>,
    pub(super) scopes_bindings: Option<bool>,
    /// False for a file of which it is not known who loads it.
    pub(super) is_certain: bool,
}

impl Group {
    pub(super) fn certain() -> Self {
        Self { is_certain: true, ..Self::default() }
    }

    pub(super) fn add_prefix(&mut self, prefix: &str) {
        self.prefix = join(&self.prefix, prefix);
    }
}

pub(super) fn join(prefix: &str, uri: &str) -> String {
    let (prefix, uri) = (prefix.trim_matches('/'), uri.trim_matches('/'));
    match (prefix.is_empty(), uri.is_empty()) {
        (true, _) => uri.to_owned(),
        (_, true) => prefix.to_owned(),
        _ => format!("{prefix}/{uri}"),
    }
}

/// A file of routes by its folder.
pub(super) fn is_route_file(path: &str) -> bool {
    let is_in_routes = path.starts_with("routes/") || path.contains("/routes/") || path.contains("/Routes/");
    let name = path.rsplit('/').next().unwrap_or(path);
    is_in_routes && is_php(path) && name != "console.php"
}

pub(super) fn is_php(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "php")
}

pub(super) fn channel<'c, 'i>(chain: &'c Chain<'i>) -> Option<&'c Link<'i>> {
    let is_broadcast = matches!(chain.root, ChainRoot::Class("Broadcast" | "Illuminate\\Support\\Facades\\Broadcast"));
    chain.links.first().filter(|link| is_broadcast && link.name.eq_ignore_ascii_case("channel"))
}

pub(super) fn is_registration(chain: &Chain<'_>) -> bool {
    match chain.root {
        ChainRoot::Class(class) => {
            matches!(class, "Route" | "Illuminate\\Support\\Facades\\Route" | "Livewire\\Volt\\Volt")
        }
        ChainRoot::Variable(name) => name == "router",
        ChainRoot::Other => false,
    }
}

/// The class is named, and it or its method is not on disk: a package's code answers.
pub(super) fn names_class(code: Code<'_>, expr: ExprId) -> bool {
    match code.constant(expr) {
        Some(Constant::Array(items)) => {
            matches!(&items[..], [(_, class), (_, method)] if class.as_str().is_some() && method.as_str().is_some())
        }
        Some(constant) => constant.as_str().is_some(),
        None => false,
    }
}

pub(super) fn attribute(code: Code<'_>, name: &str, link: &Link<'_>, group: &mut Group) {
    let first = || link.arguments.first().and_then(|argument| code.text(argument.value));
    match name {
        "middleware" => {
            group.middleware.extend(link.arguments.iter().flat_map(|argument| middleware_in(code, argument.value)));
        }
        "can" => group.middleware.extend(can_middleware(code, link.arguments)),
        "withoutmiddleware" => {
            let values = link.arguments.iter().flat_map(|argument| code.values(argument.value).0);
            group.without.extend(values.filter_map(|value| value.as_str().map(str::to_owned)));
        }
        "prefix" => group.add_prefix(&first().unwrap_or_default()),
        "namespace" => group.namespace = joined_namespace(&group.namespace, &first().unwrap_or_default()),
        "controller" => group.controller = first().and_then(|name| code.index.resolve_class(&name)),
        "scopebindings" => group.scopes_bindings = Some(true),
        "withoutscopedbindings" => group.scopes_bindings = Some(false),
        _ => {}
    }
}

pub(super) fn joined_namespace(outer: &str, inner: &str) -> String {
    if outer.is_empty() || inner.starts_with('\\') {
        return inner.trim_matches('\\').to_owned();
    }
    format!("{}\\{}", outer.trim_matches('\\'), inner.trim_matches('\\'))
}

/// The middleware that an argument names: a text, a class, an array of them, a closure.
pub(in crate::analysis) fn middleware_in(code: Code<'_>, expr: ExprId) -> Vec<MiddlewareName> {
    if let Some(closure) = code.closure(expr) {
        return vec![MiddlewareName::Code(closure)];
    }
    let (values, is_whole) = code.values(expr);
    let mut names: Vec<MiddlewareName> = values
        .iter()
        .map(|value| value.as_str().map_or(MiddlewareName::Unknown, |name| MiddlewareName::Named(name.to_owned())))
        .collect();
    if !is_whole {
        names.push(MiddlewareName::Unknown);
    }
    names
}

/// `->can('view', 'customer')` is the middleware `can:view,customer`.
pub(super) fn can_middleware(code: Code<'_>, arguments: &[Argument]) -> Option<MiddlewareName> {
    let ability = code.text(arguments.first()?.value)?;
    let models = arguments.get(1).map(|models| code.values(models.value).0).unwrap_or_default();
    let models: Vec<&str> = models.iter().filter_map(Constant::as_str).collect();
    Some(MiddlewareName::Named(format!("can:{}", [&[ability.as_str()], &models[..]].concat().join(","))))
}
