//! The routes of an application: which code answers a request, and what stands before it.
//!
//! Facts: `laravel/framework:src/Illuminate/Foundation/Configuration/ApplicationBuilder.php (buildRoutingCallback)`,
//! `Routing/RouteRegistrar.php`, `Routing/ResourceRegistrar.php`, `Routing/Router.php`.

mod attributes;
pub(in crate::analysis) mod chain;
mod register;
mod resources;

pub(in crate::analysis) use attributes::middleware_in;

use crate::finding::Location;
use crate::index::{BodyKey, ClassKey, Index};

/// A middleware as a route names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MiddlewareName {
    /// An alias, a group or a class; with parameters behind a colon.
    Named(String),
    /// A closure.
    Code(BodyKey),
    /// Not constant.
    Unknown,
}

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// A controller's method, with the class that the route names.
    Method(ClassKey, BodyKey),
    /// A closure.
    Closure(BodyKey),
    /// A component that renders a page.
    Component(ClassKey),
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// The path with its prefixes, without a slash at its ends: `api/customers/{customer}`.
    pub uri: String,
    /// What answers.
    pub action: Action,
    /// What stands before it, outermost first.
    pub middleware: Vec<MiddlewareName>,
    /// Middleware that is taken off.
    pub without: Vec<String>,
    /// Where it is registered.
    pub at: Location,
    /// `scopeBindings()`, `withoutScopedBindings()`
    pub scopes_bindings: Option<bool>,
    /// What surrounds it is known.
    pub is_certain: bool,
    /// A broadcast channel: asked who may listen.
    pub is_channel: bool,
}

/// A parameter of a route's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteParameter<'r> {
    /// `customer` of `{customer:slug}` and `{customer?}`.
    pub name: &'r str,
    /// `slug` of `{customer:slug}`.
    pub field: Option<&'r str>,
}

impl Route {
    /// The parameters of the path, in order.
    pub fn parameters(&self) -> impl Iterator<Item = RouteParameter<'_>> {
        self.uri.split('{').skip(1).filter_map(|part| {
            let inner = part.split_once('}')?.0.trim_end_matches('?');
            Some(match inner.split_once(':') {
                Some((name, field)) => RouteParameter { name, field: Some(field) },
                None => RouteParameter { name: inner, field: None },
            })
        })
    }
}

/// All routes of a project, in the order of their places.
#[derive(Debug, Default)]
pub struct RouteTable {
    routes: Vec<Route>,
    /// Registrations whose action could not be read.
    unresolved: Vec<Location>,
}

impl RouteTable {
    /// Reads the routes of a project. `paths` are the files' paths by their id.
    #[must_use]
    pub fn build(index: &Index, paths: &[String]) -> Self {
        register::Registrar::new(index, paths).run()
    }

    /// The routes.
    pub fn iter(&self) -> impl Iterator<Item = &Route> {
        self.routes.iter()
    }

    /// Registrations whose action could not be read: any controller may answer them.
    #[must_use]
    pub fn unresolved(&self) -> &[Location] {
        &self.unresolved
    }
}
