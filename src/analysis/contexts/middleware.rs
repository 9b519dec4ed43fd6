//! Which code a middleware's name means, and what holds behind a list of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gates::found_behind;
use super::membership::{Member, Membership, close, of_user};
use super::passage::PassageReader;
use super::registering::registers_scopes;
use crate::analysis::routes::chain::{Code, Link};
use crate::analysis::routes::{MiddlewareName, Route};
use crate::flow::Project;
use crate::hir::ExprId;
use crate::index::{BodyKey, ClassKey, Constant, ConstantKey, Index};
use crate::specs::MiddlewareKind;

/// Whether somebody is logged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Presence {
    /// Nothing asks for it.
    #[default]
    NotAsked,
    /// Something stands there that is not known.
    Unknown,
    /// On every path.
    Certain,
}

/// What holds behind a list of middleware.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Passage {
    pub(super) user: Presence,
    /// Values of the request that are among the user's own.
    pub(super) members: BTreeSet<Member>,
    /// Values of the request that are among what belongs to other values of it.
    links: BTreeSet<Membership>,
    /// Questions about the user's role that were answered with a yes.
    pub(super) roles: BTreeSet<Arc<str>>,
    /// Middleware that registers global scopes whenever it passes a request on.
    pub(super) registers: BTreeSet<ClassKey>,
}

impl Passage {
    pub(super) fn add(&mut self, other: &Self) {
        self.user = self.user.max(other.user);
        self.members.extend(other.members.iter().cloned());
        self.links.extend(other.links.iter().cloned());
        self.roles.extend(other.roles.iter().cloned());
        self.registers.extend(other.registers.iter().copied());
    }
}

/// The names of middleware in an application.
#[derive(Debug, Default)]
struct Names {
    aliases: BTreeMap<String, String>,
    /// Those of a kernel that the application leaves unused.
    stale: BTreeMap<String, String>,
    groups: BTreeMap<String, Vec<MiddlewareName>>,
    /// What stands before every route.
    global: Vec<MiddlewareName>,
}

/// Groups inside groups that are followed.
const DEPTH: usize = 8;

/// Judges middleware.
pub(super) struct Middleware<'p> {
    project: Project<'p>,
    names: Names,
    reader: PassageReader<'p>,
    known: BTreeMap<MiddlewareName, Passage>,
}

impl<'p> Middleware<'p> {
    pub(super) fn new(project: Project<'p>, paths: &[String]) -> Self {
        let names = Names::build(project.index, paths);
        Self { project, names, reader: PassageReader::new(project), known: BTreeMap::new() }
    }

    /// What holds where a route's action begins; `more` is the controller's own middleware.
    pub(super) fn behind(&mut self, route: &Route, more: &[MiddlewareName]) -> Passage {
        let is_kept = |name: &&MiddlewareName| match name {
            MiddlewareName::Named(text) => !route.without.contains(text),
            _ => true,
        };
        let mut passage = Passage::default();
        let global = self.names.global.clone();
        for name in global.iter().chain(&route.middleware).chain(more).filter(is_kept) {
            passage.add(&self.of(name, 0));
        }
        if !route.is_certain {
            passage.user = passage.user.max(Presence::Unknown);
        }
        close(&mut passage.members, &passage.links);
        passage
    }

    /// The middleware among some classes that registers global scopes whenever it passes a request on.
    pub(super) fn registering(&mut self, names: &[String]) -> BTreeSet<ClassKey> {
        self.own(&named(names.to_vec())).registers
    }

    /// What holds behind a list alone.
    pub(super) fn own(&mut self, names: &[MiddlewareName]) -> Passage {
        let mut passage = Passage::default();
        for name in names {
            passage.add(&self.of(name, 0));
        }
        passage
    }

    fn of(&mut self, name: &MiddlewareName, depth: usize) -> Passage {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let passage = match name {
            MiddlewareName::Named(text) => self.named(text, depth),
            MiddlewareName::Code(body) => self.code(*body),
            MiddlewareName::Unknown => Passage { user: Presence::Unknown, ..Passage::default() },
        };
        self.known.insert(name.clone(), passage.clone());
        passage
    }

    fn named(&mut self, text: &str, depth: usize) -> Passage {
        let unknown = Passage { user: Presence::Unknown, ..Passage::default() };
        if depth > DEPTH {
            return unknown;
        }
        let name = text.split(':').next().unwrap_or(text);
        let specs = self.project.specs.middleware();
        let of_framework = || specs.group(name).map(|group| group.iter().cloned().map(MiddlewareName::Named).collect::<Vec<_>>());
        if let Some(members) = self.names.groups.get(name).cloned().or_else(of_framework) {
            let mut passage = Passage::default();
            for member in &members {
                passage.add(&self.of(member, depth + 1));
            }
            return passage;
        }
        let registered = self.names.aliases.get(name).map(String::as_str).or_else(|| specs.alias(name));
        let stale = || self.names.stale.get(name).map(String::as_str);
        let class = registered.or_else(stale).unwrap_or(name).to_owned();
        match self.project.index.resolve_class(&class) {
            Some(class) => self.class(class),
            None => self.of_package(&class, text),
        }
    }

    /// Middleware of the framework or of a package, by what the specs say.
    fn of_package(&self, class: &str, text: &str) -> Passage {
        let passage = match self.project.specs.middleware().kind(class) {
            Some(MiddlewareKind::Authenticates) => Passage { user: Presence::Certain, ..Passage::default() },
            Some(MiddlewareKind::Neutral) => Passage::default(),
            Some(MiddlewareKind::Authorizes) => {
                let parameters = text.split_once(':').map_or("", |(_, parameters)| parameters);
                let links = found_behind(self.project.index, &self.reader, parameters);
                Passage { user: Presence::Certain, members: of_user(&links), links, ..Passage::default() }
            }
            None => Passage { user: Presence::Unknown, ..Passage::default() },
        };
        Passage { roles: required_role(class, text).into_iter().collect(), ..passage }
    }

    fn class(&self, class: ClassKey) -> Passage {
        let index = self.project.index;
        if let Some(handle) = index.find_method(class, "handle") {
            let registers = registers_scopes(index, class, index.method_body(handle)).then_some(class).into_iter().collect();
            return Passage { registers, ..self.code(index.method_body(handle)) };
        }
        let inherited = index.parents(class).last().copied().unwrap_or(class);
        let parent = index.external_parent(inherited);
        let user = match parent.map(|parent| self.project.specs.middleware().kind(parent)) {
            Some(Some(MiddlewareKind::Authenticates | MiddlewareKind::Authorizes)) => Presence::Certain,
            Some(Some(MiddlewareKind::Neutral)) => Presence::NotAsked,
            _ => Presence::Unknown,
        };
        Passage { user, ..Passage::default() }
    }

    fn code(&self, handle: BodyKey) -> Passage {
        match self.reader.passed(handle) {
            Some(passed) => {
                let user = if passed.user { Presence::Certain } else { Presence::NotAsked };
                Passage { user, members: passed.members, links: passed.memberships, roles: passed.roles, ..Passage::default() }
            }
            // It passes the request on by other means, or never.
            None => Passage { user: Presence::Unknown, ..Passage::default() },
        }
    }
}

impl Names {
    fn build(index: &Index, paths: &[String]) -> Self {
        let mut names = Self::default();
        let kernels = index.classes().filter(|class| index.is_a(*class, "Illuminate\\Foundation\\Http\\Kernel"));
        for kernel in kernels.collect::<Vec<_>>() {
            names.kernel(index, kernel);
        }
        names.registered(index);
        let is_bootstrap = |path: &&String| path.as_str() == "bootstrap/app.php";
        if let Some(place) = paths.iter().position(|path| is_bootstrap(&path)).and_then(|place| u32::try_from(place).ok()) {
            names.bootstrap(index, crate::finding::FileId(place));
        }
        names
    }

    /// `$middlewareAliases`, `$middlewareGroups` and `$middleware` of a kernel.
    fn kernel(&mut self, index: &Index, kernel: ClassKey) {
        let value = |name: &str| {
            let (class, property) = index.find_property(kernel, name)?;
            index.constant_value(class.file, property.default?, Some(kernel))
        };
        for property in ["routeMiddleware", "middlewareAliases"] {
            self.add_aliases(value(property).as_ref());
        }
        let groups = value("middlewareGroups");
        for (key, members) in groups.as_ref().and_then(Constant::as_array).unwrap_or_default() {
            if let ConstantKey::String(group) = key {
                self.groups.insert(group.clone(), named(members.strings().unwrap_or_default()));
            }
        }
        self.global = named(value("middleware").and_then(|global| global.strings()).unwrap_or_default());
    }

    fn add_aliases(&mut self, aliases: Option<&Constant>) {
        for (key, class) in aliases.and_then(Constant::as_array).unwrap_or_default() {
            if let (ConstantKey::String(alias), Some(class)) = (key, class.as_str()) {
                self.aliases.insert(alias.clone(), class.to_owned());
            }
        }
    }

    /// `$router->aliasMiddleware('x', C::class)`, `pushMiddlewareToGroup('web', C::class)` of providers.
    fn registered(&mut self, index: &Index) {
        for method in ["aliasMiddleware", "pushMiddlewareToGroup", "prependMiddlewareToGroup", "middlewareGroup"] {
            for call in index.calls_named(method) {
                let code = Code { index, key: call.body };
                let Some(link) = code.chain(call.expr).and_then(|chain| chain.links.last().copied()) else { continue };
                let Some(name) = link.arguments.first().and_then(|name| code.text(name.value)) else { continue };
                let Some(given) = link.arguments.get(1) else { continue };
                let given = all_named(code, given.value);
                match (method, &given[..]) {
                    ("aliasMiddleware", [MiddlewareName::Named(class)]) => {
                        self.aliases.insert(name, class.clone());
                    }
                    ("aliasMiddleware", _) => {}
                    ("middlewareGroup", _) => {
                        self.groups.insert(name, given);
                    }
                    _ => self.groups.entry(name).or_default().extend(given),
                }
            }
        }
    }

    /// `->withMiddleware(function (Middleware $middleware) { … })`
    fn bootstrap(&mut self, index: &Index, file: crate::finding::FileId) {
        let bodies: Vec<BodyKey> = index.top_level(file).collect();
        let code = |key| Code { index, key };
        let links = bodies.into_iter().flat_map(|key| code(key).chains().into_iter().map(move |chain| (key, chain)));
        let mut closures = Vec::new();
        let mut is_configured = false;
        for (key, chain) in links {
            for link in &chain.links {
                is_configured |= link.name.eq_ignore_ascii_case("configure");
                if link.name.eq_ignore_ascii_case("withMiddleware")
                    && let Some(closure) = link.arguments.first().and_then(|given| code(key).closure(given.value))
                {
                    closures.push(closure);
                }
            }
        }
        if is_configured {
            // The kernel in app/Http is not asked; what its short names meant is the best guess at what they were to mean.
            self.stale = std::mem::take(&mut self.aliases);
            self.groups.clear();
            self.global.clear();
            self.registered(index);
        }
        for closure in closures {
            let code = code(closure);
            for chain in code.chains() {
                for link in &chain.links {
                    self.configured(code, link);
                }
            }
        }
    }

    fn configured(&mut self, code: Code<'_>, link: &Link<'_>) {
        let first = || link.arguments.first().map(|given| given.value);
        let added = |given: Option<ExprId>| given.map(|given| all_named(code, given)).unwrap_or_default();
        match link.name.to_ascii_lowercase().as_str() {
            "alias" => self.add_aliases(first().and_then(|aliases| code.constant(aliases)).as_ref()),
            "group" | "appendtogroup" | "prependtogroup" => {
                let Some(name) = first().and_then(|name| code.text(name)) else { return };
                let members = added(link.arguments.get(1).map(|given| given.value));
                self.groups.entry(name).or_default().extend(members);
            }
            group @ ("web" | "api") => {
                let lists = [(0, "append"), (1, "prepend")];
                let members = lists.iter().flat_map(|(place, name)| added(code.argument(link.arguments, *place, name)));
                self.groups.entry(group.to_owned()).or_default().extend(members.collect::<Vec<_>>());
            }
            "append" | "prepend" | "use" => self.global.extend(added(first())),
            _ => {}
        }
    }
}

/// `role:super_admin` of the package for roles; of several roles any will do.
fn required_role(class: &str, text: &str) -> Option<Arc<str>> {
    let (_, role) = text.split_once(':')?;
    let is_one = crate::index::class_basename(class) == "RoleMiddleware" && !role.contains(['|', ',']);
    is_one.then(|| format!("hasRole({role})").into())
}

fn named(names: Vec<String>) -> Vec<MiddlewareName> {
    names.into_iter().map(MiddlewareName::Named).collect()
}

fn all_named(code: Code<'_>, expr: ExprId) -> Vec<MiddlewareName> {
    crate::analysis::routes::middleware_in(code, expr)
}

/// The middleware that a controller puts before a method: in its constructors, by `HasMiddleware`, by attributes.
pub(super) fn of_controller(index: &Index, class: ClassKey, action: BodyKey) -> Vec<MiddlewareName> {
    let method = index.symbol(action);
    let method = method.rsplit("::").next().unwrap_or_default();
    let mut found = Vec::new();
    for owner in std::iter::once(class).chain(index.parents(class)) {
        if let Some(constructor) = index.own_method(owner, "__construct") {
            constructed(Code { index, key: index.method_body(constructor) }, method, &mut found);
        }
    }
    if index.is_a(class, "Illuminate\\Routing\\Controllers\\HasMiddleware")
        && let Some(declared) = index.find_method(class, "middleware")
    {
        declared_in(Code { index, key: index.method_body(declared) }, method, &mut found);
    }
    found
}

/// `$this->middleware('auth')->only('show')`
fn constructed(code: Code<'_>, method: &str, found: &mut Vec<MiddlewareName>) {
    for chain in code.chains() {
        let Some(first) = chain.links.first().filter(|link| link.name.eq_ignore_ascii_case("middleware")) else { continue };
        let listed = |name: &str| {
            let link = chain.links.iter().find(|link| link.name.eq_ignore_ascii_case(name));
            let of_link = link.map(|link| texts(code, link.arguments.iter().map(|argument| argument.value)));
            let options = code.argument(first.arguments, 1, "options").and_then(|options| code.constant(options));
            of_link.or_else(|| options?.get(name).and_then(strings))
        };
        if applies(method, listed("only"), listed("except"))
            && let Some(given) = first.arguments.first()
        {
            found.extend(all_named(code, given.value));
        }
    }
}

/// `return ['auth', new Middleware('can:edit', only: ['update'])];`
fn declared_in(code: Code<'_>, method: &str, found: &mut Vec<MiddlewareName>) {
    use crate::hir::{Callee, Expr, Statement};
    let returned = code.body().statements.iter().filter_map(|statement| match statement {
        Statement::Return(Some(value)) => Some(*value),
        _ => None,
    });
    for list in returned {
        let Expr::Array(items) = code.body().expr(list) else { continue };
        for value in items.iter().filter_map(|item| item.value) {
            match code.body().expr(value) {
                Expr::Call { callee: Callee::New(_), arguments, .. } => {
                    let listed = |place, name| {
                        let given = code.argument(arguments, place, name)?;
                        Some(texts(code, std::iter::once(given)))
                    };
                    if applies(method, listed(1, "only"), listed(2, "except"))
                        && let Some(given) = arguments.first()
                    {
                        found.extend(all_named(code, given.value));
                    }
                }
                _ => found.extend(all_named(code, value)),
            }
        }
    }
}

fn texts(code: Code<'_>, exprs: impl Iterator<Item = ExprId>) -> Vec<String> {
    exprs.flat_map(|expr| code.values(expr).0).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn strings(value: &Constant) -> Option<Vec<String>> {
    value.strings().or_else(|| value.as_str().map(|one| vec![one.to_owned()]))
}

fn applies(method: &str, only: Option<Vec<String>>, except: Option<Vec<String>>) -> bool {
    let names = |list: &[String]| list.iter().any(|name| name.eq_ignore_ascii_case(method));
    only.is_none_or(|only| names(&only)) && !except.is_some_and(|except| names(&except))
}
