//! Reads registration code: files, groups, verbs, resources.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::attributes::{
    Group, attribute, can_middleware, channel, is_php, is_registration, is_route_file, join, joined_namespace, middleware_in,
    names_class,
};
use super::chain::{Chain, Code, Link};
use super::resources::{ResourceKind, actions};
use super::{Action, MiddlewareName, Route, RouteTable};
use crate::finding::{FileId, Location};
use crate::hir::{Expr, ExprId};
use crate::index::{BodyKey, ClassKey, Constant, ConstantKey, Index};

/// A route of the chain in work, with the action of its resource.
struct Pending {
    place: usize,
    method: Option<&'static str>,
}

/// Groups inside groups that are followed.
const DEPTH: usize = 24;
/// The namespace of controllers that a route names by a text alone, up to Laravel 7.
const CONTROLLERS: &str = "App\\Http\\Controllers\\";

pub(super) struct Registrar<'i> {
    index: &'i Index,
    paths: &'i [String],
    files: FxHashMap<&'i str, FileId>,
    table: RouteTable,
    loaded: BTreeSet<FileId>,
    visited: BTreeSet<BodyKey>,
}

impl<'i> Registrar<'i> {
    pub(super) fn new(index: &'i Index, paths: &'i [String]) -> Self {
        let files = paths.iter().map(String::as_str).zip((0..).map(FileId)).collect();
        Self { index, paths, files, table: RouteTable::default(), loaded: BTreeSet::new(), visited: BTreeSet::new() }
    }

    pub(super) fn run(mut self) -> RouteTable {
        self.bootstrap();
        self.providers();
        let files = (0..).map(FileId).zip(self.paths);
        let routes: Vec<FileId> = files
            .filter(|(_, path)| is_route_file(path))
            .map(|(file, _)| file)
            .filter(|file| !self.loaded.contains(file))
            .collect();
        for file in routes {
            self.file(file, &Group::default(), 0);
        }
        let mut routes = self.table.routes;
        routes.sort_by(|left, right| (left.at, &left.uri, left.action).cmp(&(right.at, &right.uri, right.action)));
        self.table.unresolved.sort_unstable();
        RouteTable { routes, unresolved: self.table.unresolved }
    }

    /// `Application::configure()->withRouting(web: …, api: …, then: …)` of Laravel 11 and later.
    fn bootstrap(&mut self) {
        let Some(file) = self.file_of("bootstrap/app.php") else { return };
        let bodies: Vec<BodyKey> = self.index.top_level(file).collect();
        for key in bodies {
            let code = Code { index: self.index, key };
            let links: Vec<Link<'i>> = code.chains().into_iter().flat_map(|chain| chain.links).collect();
            for link in links.iter().filter(|link| link.name.eq_ignore_ascii_case("withRouting")) {
                self.with_routing(code, link);
            }
        }
    }

    fn with_routing(&mut self, code: Code<'i>, link: &Link<'i>) {
        let prefix = code.argument(link.arguments, 7, "apiPrefix").and_then(|prefix| code.text(prefix));
        let named = |name: &str| code.argument(link.arguments, usize::MAX, name);
        for (name, group) in [("web", "web"), ("api", "api")] {
            let Some(files) = named(name) else { continue };
            let mut around = Group::certain();
            around.middleware.push(MiddlewareName::Named(group.to_owned()));
            if name == "api" {
                around.add_prefix(prefix.as_deref().unwrap_or("api"));
            }
            let files: Vec<ExprId> = match code.body().expr(files) {
                Expr::Array(items) => items.iter().filter_map(|item| item.value).collect(),
                _ => vec![files],
            };
            for file in files.into_iter().filter_map(|file| self.named_file(code, file)).collect::<Vec<_>>() {
                self.file(file, &around, 0);
            }
        }
        for name in ["using", "then"] {
            if let Some(closure) = named(name).and_then(|expr| code.closure(expr)) {
                self.body(closure, &Group::certain(), 0);
            }
        }
        if let Some(file) = named("channels").and_then(|file| self.named_file(code, file)) {
            self.file(file, &Group::certain(), 0);
        }
        if let Some(file) = named("commands").and_then(|file| self.named_file(code, file)) {
            self.loaded.insert(file);
        }
    }

    fn providers(&mut self) {
        let index = self.index;
        let providers = index.classes().filter(|class| index.is_a(*class, "Illuminate\\Support\\ServiceProvider"));
        for class in providers.collect::<Vec<_>>() {
            for (_, method) in index.all_methods(class) {
                let body = index.method_body(method);
                if self.visited.insert(body) {
                    self.body(body, &Group::certain(), 0);
                }
            }
        }
    }

    fn file(&mut self, file: FileId, group: &Group, depth: usize) {
        if depth > DEPTH || !self.loaded.insert(file) && depth > 0 {
            return;
        }
        let bodies: Vec<BodyKey> = self.index.top_level(file).collect();
        for body in bodies {
            self.body(body, group, depth);
        }
    }

    fn body(&mut self, key: BodyKey, group: &Group, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let code = Code { index: self.index, key };
        let mut grouped = BTreeSet::new();
        for chain in code.chains() {
            if is_registration(&chain) {
                self.chain(code, &chain, group, depth, &mut grouped);
            } else if let Some(link) = channel(&chain) {
                self.channel(code, link, &mut grouped);
            } else if let Some(last) = chain.links.last()
                && last.name.eq_ignore_ascii_case("loadRoutesFrom")
                && let Some(file) = last.arguments.first().and_then(|argument| self.named_file(code, argument.value))
            {
                self.file(file, group, depth + 1);
            }
        }
        for include in code.includes().collect::<Vec<_>>() {
            if let Some(file) = self.included_file(code, include) {
                self.file(file, group, depth + 1);
            }
        }
        for closure in self.index.closures_of(key) {
            if !grouped.contains(closure) {
                self.body(*closure, group, depth + 1);
            }
        }
    }

    fn chain(&mut self, code: Code<'i>, chain: &Chain<'i>, around: &Group, depth: usize, grouped: &mut BTreeSet<BodyKey>) {
        let mut group = around.clone();
        let mut pending: Vec<Pending> = Vec::new();
        for link in &chain.links {
            let name = link.name.to_ascii_lowercase();
            if let Some(kind) = ResourceKind::of_method(&name) {
                self.resources(code, link, kind, &group, &mut pending);
                continue;
            }
            match name.as_str() {
                "group" => self.group(code, link, &group, depth, grouped),
                "get" | "post" | "put" | "patch" | "delete" | "options" | "any" | "livewire" => {
                    self.verb(code, link, 0, &group, &mut pending, grouped);
                }
                "match" => self.verb(code, link, 1, &group, &mut pending, grouped),
                "fallback" => self.fallback(code, link, &group, &mut pending, grouped),
                _ if pending.is_empty() => attribute(code, &name, link, &mut group),
                _ => self.afterwards(code, &name, link, &mut pending),
            }
        }
    }

    /// `Broadcast::channel('orders.{order}', fn (User $user, Order $order) => …)`: asked for a user who is logged in.
    /// `laravel/framework:src/Illuminate/Broadcasting/Broadcasters/Broadcaster.php (verifyUserCanAccessChannel)`
    fn channel(&mut self, code: Code<'i>, link: &Link<'i>, grouped: &mut BTreeSet<BodyKey>) {
        let [name, callback, ..] = link.arguments else { return };
        let mut around = Group::certain();
        around.middleware.push(MiddlewareName::Named("auth".to_owned()));
        let action = match code.closure(callback.value) {
            Some(closure) => {
                grouped.insert(closure);
                Some(Action::Closure(closure))
            }
            None => code
                .text(callback.value)
                .and_then(|class| self.index.resolve_class(&class))
                .and_then(|class| self.method(class, "join")),
        };
        if let Some(action) = action {
            let name = code.text(name.value).unwrap_or_default();
            self.add(&name, action, code.location(link.expr), &around, None, &mut Vec::new());
            self.table.routes.iter_mut().rev().take(1).for_each(|route| route.is_channel = true);
        }
    }

    fn group(&mut self, code: Code<'i>, link: &Link<'i>, group: &Group, depth: usize, grouped: &mut BTreeSet<BodyKey>) {
        let mut group = group.clone();
        let Some(last) = link.arguments.last() else { return };
        if link.arguments.len() > 1 {
            self.array_attributes(code, link.arguments[0].value, &mut group);
        }
        if let Some(closure) = code.closure(last.value) {
            grouped.insert(closure);
            self.body(closure, &group, depth + 1);
        } else if let Some(file) = self.named_file(code, last.value) {
            self.file(file, &group, depth + 1);
        }
    }

    /// `Route::group(['middleware' => …, 'prefix' => …], …)`
    fn array_attributes(&self, code: Code<'i>, attributes: ExprId, group: &mut Group) {
        let Expr::Array(items) = code.body().expr(attributes) else { return };
        for item in items {
            let (Some(key), Some(value)) = (item.key.and_then(|key| code.text(key)), item.value) else { continue };
            match key.as_str() {
                "middleware" => group.middleware.extend(middleware_in(code, value)),
                "prefix" => group.add_prefix(&code.text(value).unwrap_or_default()),
                "namespace" => group.namespace = joined_namespace(&group.namespace, &code.text(value).unwrap_or_default()),
                "controller" => group.controller = code.text(value).and_then(|name| self.index.resolve_class(&name)),
                _ => {}
            }
        }
    }

    fn verb(
        &mut self,
        code: Code<'i>,
        link: &Link<'i>,
        first: usize,
        group: &Group,
        pending: &mut Vec<Pending>,
        grouped: &mut BTreeSet<BodyKey>,
    ) {
        let Some(uri) = code.argument(link.arguments, first, "uri") else { return };
        let uri = code.text(uri).unwrap_or_default();
        let Some(action) = code.argument(link.arguments, first + 1, "action") else { return };
        self.register(code, link, &uri, action, group, pending, grouped);
    }

    fn fallback(
        &mut self,
        code: Code<'i>,
        link: &Link<'i>,
        group: &Group,
        pending: &mut Vec<Pending>,
        grouped: &mut BTreeSet<BodyKey>,
    ) {
        if let Some(action) = code.argument(link.arguments, 0, "action") {
            self.register(code, link, "{fallback}", action, group, pending, grouped);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the place, the route and what surrounds it")]
    fn register(
        &mut self,
        code: Code<'i>,
        link: &Link<'i>,
        uri: &str,
        action: ExprId,
        group: &Group,
        pending: &mut Vec<Pending>,
        grouped: &mut BTreeSet<BodyKey>,
    ) {
        let at = code.location(link.expr);
        if let Some(closure) = code.closure(action) {
            grouped.insert(closure);
        }
        let mut group = group.clone();
        // `['uses' => 'C@m', 'middleware' => 'auth']`
        self.array_attributes(code, action, &mut group);
        match self.action(code, action, &group) {
            Some(action) => self.add(uri, action, at, &group, None, pending),
            None if names_class(code, action) => {}
            None => self.table.unresolved.push(at),
        }
    }

    fn add(
        &mut self,
        uri: &str,
        action: Action,
        at: Location,
        group: &Group,
        method: Option<&'static str>,
        pending: &mut Vec<Pending>,
    ) {
        pending.push(Pending { place: self.table.routes.len(), method });
        self.table.routes.push(Route {
            uri: join(&group.prefix, uri),
            action,
            middleware: group.middleware.clone(),
            without: group.without.clone(),
            at,
            scopes_bindings: group.scopes_bindings,
            is_certain: group.is_certain,
            is_channel: false,
        });
    }

    fn resources(&mut self, code: Code<'i>, link: &Link<'i>, kind: ResourceKind, group: &Group, pending: &mut Vec<Pending>) {
        let at = code.location(link.expr);
        let pairs: Vec<(String, String)> = match code.argument(link.arguments, 1, "controller") {
            Some(controller) => {
                let name = link.arguments.first().and_then(|name| code.text(name.value));
                name.zip(code.text(controller)).into_iter().collect()
            }
            None => {
                let map = link.arguments.first().and_then(|map| code.constant(map.value));
                let items = map.as_ref().and_then(Constant::as_array).unwrap_or_default();
                items
                    .iter()
                    .filter_map(|(key, value)| match key {
                        ConstantKey::String(name) => Some((name.clone(), value.as_str()?.to_owned())),
                        ConstantKey::Int(_) => None,
                    })
                    .collect()
            }
        };
        if pairs.is_empty() {
            self.table.unresolved.push(at);
        }
        let options = code.argument(link.arguments, 2, "options");
        let mut group = group.clone();
        if let Some(options) = options {
            group.middleware.extend(middleware_option(code, options));
        }
        let group = &group;
        for (name, controller) in pairs {
            let Some(class) = self.controller(&controller, group) else { continue };
            for action in actions(&name, kind) {
                if let Some(method) = self.index.find_method(class, action.method) {
                    let body = self.index.method_body(method);
                    self.add(&action.uri, Action::Method(class, body), at, group, Some(action.method), pending);
                }
            }
        }
        if let Some(options) = options.and_then(|options| code.constant(options)) {
            for (name, keep) in [("only", true), ("except", false)] {
                if let Some(names) = options.get(name).and_then(Constant::strings) {
                    self.narrow(&names, keep, pending);
                }
            }
        }
    }

    /// What is said of routes behind their registration.
    fn afterwards(&mut self, code: Code<'i>, name: &str, link: &Link<'i>, pending: &mut Vec<Pending>) {
        match name {
            "middleware" => {
                let added: Vec<MiddlewareName> =
                    link.arguments.iter().flat_map(|argument| middleware_in(code, argument.value)).collect();
                for route in pending.iter() {
                    self.table.routes[route.place].middleware.extend(added.iter().cloned());
                }
            }
            "can" => {
                let Some(name) = can_middleware(code, link.arguments) else { return };
                for route in pending.iter() {
                    self.table.routes[route.place].middleware.push(name.clone());
                }
            }
            "middlewarefor" => {
                let (methods, _) = link.arguments.first().map(|methods| code.values(methods.value)).unwrap_or_default();
                let Some(added) = link.arguments.get(1).map(|added| middleware_in(code, added.value)) else { return };
                let is_named = |route: &&Pending| methods.iter().any(|method| method.as_str() == route.method);
                for route in pending.iter().filter(is_named) {
                    self.table.routes[route.place].middleware.extend(added.iter().cloned());
                }
            }
            "withoutmiddleware" => {
                let (removed, _) = link.arguments.first().map(|removed| code.values(removed.value)).unwrap_or_default();
                let removed: Vec<String> = removed.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
                for route in pending.iter() {
                    self.table.routes[route.place].without.extend(removed.iter().cloned());
                }
            }
            "scopebindings" | "scoped" | "withoutscopedbindings" => {
                for route in pending.iter() {
                    self.table.routes[route.place].scopes_bindings = Some(name != "withoutscopedbindings");
                }
            }
            "prefix" => {
                let prefix = link.arguments.first().and_then(|prefix| code.text(prefix.value)).unwrap_or_default();
                for route in pending.iter() {
                    let route = &mut self.table.routes[route.place];
                    route.uri = join(&prefix, &route.uri);
                }
            }
            "only" | "except" => {
                let values = link.arguments.iter().flat_map(|argument| code.values(argument.value).0);
                let names: Vec<String> = values.filter_map(|value| value.as_str().map(str::to_owned)).collect();
                self.narrow(&names, name == "only", pending);
            }
            _ => {}
        }
    }

    /// Takes the actions of a resource away that are not wanted.
    fn narrow(&mut self, names: &[String], keep: bool, pending: &mut Vec<Pending>) {
        let is_wanted = |route: &Pending| route.method.is_none_or(|method| names.iter().any(|name| name == method) == keep);
        // From the end, so that places before stay what they are.
        for place in (0..pending.len()).rev() {
            if !is_wanted(&pending[place]) {
                let gone = pending.remove(place).place;
                self.table.routes.remove(gone);
                for route in pending.iter_mut().filter(|route| route.place > gone) {
                    route.place -= 1;
                }
            }
        }
    }

    fn action(&self, code: Code<'i>, expr: ExprId, group: &Group) -> Option<Action> {
        if let Some(closure) = code.closure(expr) {
            return Some(Action::Closure(closure));
        }
        let value = code.constant(expr)?;
        if let Some(uses) = value.get("uses") {
            return self.named_action(uses.as_str()?, group);
        }
        match value {
            Constant::Array(items) => {
                let [(_, class), (_, method)] = &items[..] else { return None };
                self.method(self.controller(class.as_str()?, group)?, method.as_str()?)
            }
            Constant::String(text) | Constant::Class(text) => self.named_action(&text, group),
            _ => None,
        }
    }

    /// `C@method`, an invokable class, a component, or a method of the group's controller.
    fn named_action(&self, text: &str, group: &Group) -> Option<Action> {
        if let Some((class, method)) = text.split_once('@') {
            return self.method(self.controller(class, group)?, method);
        }
        if let Some(class) = group.controller
            && let Some(action) = self.method(class, text)
        {
            return Some(action);
        }
        let class = self.controller(text, group)?;
        if self.index.is_a(class, "Livewire\\Component") {
            return Some(Action::Component(class));
        }
        self.method(class, "__invoke").or(Some(Action::Component(class)))
    }

    fn method(&self, class: ClassKey, name: &str) -> Option<Action> {
        let method = self.index.find_method(class, name)?;
        Some(Action::Method(class, self.index.method_body(method)))
    }

    fn controller(&self, name: &str, group: &Group) -> Option<ClassKey> {
        let name = name.trim_start_matches('\\');
        let within = |namespace: &str| self.index.resolve_class(&format!("{}\\{name}", namespace.trim_matches('\\')));
        let of_group = (!group.namespace.is_empty()).then(|| within(&group.namespace)).flatten();
        of_group.or_else(|| self.index.resolve_class(name)).or_else(|| self.index.resolve_class(&format!("{CONTROLLERS}{name}")))
    }

    /// The file that an expression ends with, at the root before others.
    fn named_file(&self, code: Code<'i>, expr: ExprId) -> Option<FileId> {
        let ending = code.ending(expr)?;
        let wanted = ending.trim_start_matches(['.', '/']);
        if !is_php(wanted) {
            return None;
        }
        self.included_file(code, expr).or_else(|| self.file_of(wanted)).or_else(|| {
            let behind = format!("/{wanted}");
            let place = self.paths.iter().position(|path| path.ends_with(&behind))?;
            u32::try_from(place).ok().map(FileId)
        })
    }

    /// The file that an expression names from the folder of its own file: `__DIR__.'/auth.php'`.
    fn included_file(&self, code: Code<'i>, expr: ExprId) -> Option<FileId> {
        let ending = code.ending(expr)?;
        let own = self.paths.get(code.key.file.0 as usize)?;
        let mut folder: Vec<&str> = own.split('/').collect();
        folder.pop();
        for part in ending.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    folder.pop();
                }
                part => folder.push(part),
            }
        }
        self.file_of(&folder.join("/")).or_else(|| self.file_of(ending.trim_start_matches('/')))
    }

    fn file_of(&self, path: &str) -> Option<FileId> {
        self.files.get(path).copied()
    }
}

/// `Route::resource('photos', PhotoController::class, ['middleware' => ['auth']])`
///
/// `laravel/framework:src/Illuminate/Routing/ResourceRegistrar.php (getResourceAction)`
fn middleware_option(code: Code<'_>, options: ExprId) -> Vec<MiddlewareName> {
    let Expr::Array(items) = code.body().expr(options) else { return Vec::new() };
    let is_middleware = |key: Option<ExprId>| key.and_then(|key| code.text(key)).as_deref() == Some("middleware");
    items
        .iter()
        .filter(|item| is_middleware(item.key))
        .filter_map(|item| item.value)
        .flat_map(|value| middleware_in(code, value))
        .collect()
}
