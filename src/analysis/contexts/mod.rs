//! Who runs a piece of code: the routes that lead to it with what stands before them, else its class's parents,
//! interfaces and folder; then through the callers.

mod edges;
mod gates;
mod jobs;
mod membership;
mod middleware;
mod panels;
mod passage;
mod registering;
mod roles;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::routes::{Action, MiddlewareName, Route, RouteTable};
use crate::finding::{FileId, Location};
use crate::flow::{CallGraph, Origin, Project, Root};
use crate::hir::{Expr, Literal};
use crate::index::walk::walk;
use crate::index::{BodyKey, ClassKey, Constant, Index, class_basename};
use crate::specs::{ContextKind, ContextRow, Specs};

use edges::ImpliedCalls;
pub use gates::{asked_before_all, defined_ability};
use jobs::Dispatchers;
pub use membership::{Among, Member, key_or_row};
use middleware::{Middleware, Presence, of_controller};
pub use panels::PanelKind;
use panels::Panels;
use passage::{Checks, PassageReader};
pub use roles::{is_role_question, names_operator, role_asked};

/// One way in which a function may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Who runs it.
    pub kind: ContextKind,
    /// The function or closure that gives the context: the entry point.
    pub entry: BodyKey,
    /// Where the entry point is named: the registration of its route, else its declaration.
    pub at: Location,
    /// A route leads there.
    pub is_routed: bool,
    /// Values of the request that a middleware has found among the user's own.
    pub members: Arc<BTreeSet<Member>>,
    /// What a middleware has asked about the user's role, and got a yes to.
    pub roles: Arc<BTreeSet<Arc<str>>>,
    /// The panel of which this is a page.
    pub panel: Option<PanelKind>,
    /// Middleware before it that registers global scopes whenever it passes a request on.
    pub registers: Arc<BTreeSet<ClassKey>>,
}

impl Context {
    /// A way that no route leads.
    fn unrouted(kind: ContextKind, entry: BodyKey, at: Location) -> Self {
        Self {
            kind,
            entry,
            at,
            is_routed: false,
            members: Arc::default(),
            roles: Arc::default(),
            panel: None,
            registers: Arc::default(),
        }
    }

    /// True where a middleware has found a value of the request among the tenants of the user: `key` is their key in other
    /// tables, `root` their class.
    #[must_use]
    pub fn is_member(&self, value: &Origin, key: &str, root: Option<&str>) -> bool {
        self.members.iter().any(|member| member.is_tenant(value, key, root))
    }

    /// Two contexts that no verdict can tell apart.
    fn is_like(&self, other: &Self) -> bool {
        let is_same_way = self.kind == other.kind && self.is_routed == other.is_routed && self.panel == other.panel;
        is_same_way && self.members == other.members && self.roles == other.roles && self.registers == other.registers
    }
}

/// A function that runs in a context.
#[derive(Clone, Copy, Debug)]
pub struct Place<'c> {
    /// The context.
    pub context: &'c Context,
    /// The function.
    pub function: BodyKey,
}

impl Place<'_> {
    /// True where a middleware has found a value, as the function knows it, among the keys of the user's own rows of a class.
    #[must_use]
    pub fn is_own_row(&self, value: &Origin, class: &str) -> bool {
        // What a parameter holds is known where the way begins.
        let is_known = self.context.entry == self.function || !matches!(value.root, Root::Parameter(_));
        let is_of = |among: &Among| matches!(among, Among::RowsOf(of) if of.eq_ignore_ascii_case(class));
        is_known && self.context.members.iter().any(|member| member.value == *value && is_of(&member.among))
    }
}

/// The contexts of all functions, and of closures that are entry points.
#[derive(Debug, Default)]
pub struct ContextTable {
    contexts: FxHashMap<BodyKey, Vec<Context>>,
    /// Closures with contexts of their own, by the function around them.
    closures: FxHashMap<BodyKey, Vec<BodyKey>>,
    /// Functions that log somebody in on every path, there, and what they run in from there on.
    logged_in: FxHashMap<BodyKey, (Location, Vec<Context>)>,
    /// Every route's action is known: a controller's method without one is not reached.
    knows_routes: bool,
    /// What functions ask and find, for those that were looked at.
    checks: Mutex<FxHashMap<BodyKey, Arc<Checks>>>,
}

impl ContextTable {
    /// Reads the contexts of a project; `paths` are the files' paths by their id.
    #[must_use]
    pub fn build(project: Project<'_>, graph: &CallGraph, routes: &RouteTable, paths: &[String]) -> Self {
        let index = project.index;
        let knows_routes = routes.iter().any(|route| !route.is_channel) && routes.unresolved().is_empty();
        let mut builder = Builder {
            index,
            callees: graph.callees_by_caller(),
            implied: ImpliedCalls::build(project, graph, paths),
            table: Self { knows_routes, ..Self::default() },
            panels: Panels::read(index),
            fixed: FxHashSet::default(),
            queued: Vec::new(),
            logins: logins(project),
            waiting: VecDeque::new(),
        };
        let mut middleware = Middleware::new(project, paths);
        builder.routes(&mut middleware, routes);
        for strength in [Strength::Certain, Strength::Fallback] {
            builder.classes(project.specs, paths, strength, &mut middleware);
            builder.spread(project);
            builder.jobs(project);
        }
        builder.behind_logins();
        builder.table
    }

    /// The contexts of code at a place inside a function; none where no caller is found.
    #[must_use]
    pub fn of(&self, index: &Index, function: BodyKey, at: Location) -> &[Context] {
        let around = self.closures.get(&function).into_iter().flatten().filter(|closure| {
            let span = index.body(**closure).span;
            closure.file == at.file && span.start <= at.span.start && at.span.end <= span.end
        });
        let innermost = around.max_by_key(|closure| index.body(**closure).span.start);
        if let Some((login, contexts)) = self.logged_in.get(&function)
            && login.file == at.file
            && login.span.end <= at.span.start
        {
            return contexts;
        }
        let of_closure = innermost.and_then(|closure| self.contexts.get(closure));
        of_closure.or_else(|| self.contexts.get(&function)).map_or(&[], Vec::as_slice)
    }

    /// True for a function that an entry point is.
    #[must_use]
    pub fn is_entry_point(&self, function: BodyKey) -> bool {
        self.contexts.get(&function).is_some_and(|contexts| contexts.iter().any(|context| context.entry == function))
    }

    /// True where code of the function, or of the entry point that leads there, may hold a value of the request against
    /// what belongs to the user: it compares it, or asks a policy.
    #[must_use]
    pub fn may_check(&self, project: Project<'_>, context: &Context, function: BodyKey, value: &Origin) -> bool {
        let asks = |body| asks_policy(project.index, body) || self.checks(project, body).may_ask(value);
        [context.entry, function].into_iter().any(asks)
    }

    /// True where code of the function has found a value of the request or of a parameter among the tenants of the user
    /// wherever it ends: `key` is their key in other tables, `root` their class.
    #[must_use]
    pub fn is_checked(&self, project: Project<'_>, function: BodyKey, value: &Origin, (key, root): (&str, Option<&str>)) -> bool {
        self.checks(project, function).members.iter().any(|member| member.is_tenant(value, key, root))
    }

    fn checks(&self, project: Project<'_>, function: BodyKey) -> Arc<Checks> {
        let known = || self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(checks) = known().get(&function) {
            return Arc::clone(checks);
        }
        // A reader of its own: what it finds does not depend on what was asked before.
        let checks = Arc::new(PassageReader::new(project).checks(function));
        known().insert(function, Arc::clone(&checks));
        checks
    }

    /// True where every route's action is known.
    #[must_use]
    pub const fn knows_routes(&self) -> bool {
        self.knows_routes
    }
}

/// How much the place of a class says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    /// It runs so, whoever calls it.
    Certain,
    /// It runs so where nothing else is known.
    Fallback,
}

struct Builder<'p> {
    index: &'p Index,
    callees: FxHashMap<BodyKey, Vec<BodyKey>>,
    implied: ImpliedCalls,
    table: ContextTable,
    panels: Panels,
    /// Functions that take no context from callers.
    fixed: FxHashSet<BodyKey>,
    /// Functions of classes that a worker runs, in whose name is not decided yet.
    queued: Vec<BodyKey>,
    logins: BTreeMap<BodyKey, Location>,
    waiting: VecDeque<BodyKey>,
}

impl Builder<'_> {
    fn add(&mut self, body: BodyKey, context: Context) {
        let known = self.table.contexts.entry(body).or_default();
        if !known.iter().any(|other| other.is_like(&context)) {
            known.push(context);
            self.waiting.push_back(body);
        }
    }

    fn routes(&mut self, middleware: &mut Middleware<'_>, routes: &RouteTable) {
        let index = self.index;
        let mut of_controllers: FxHashMap<(ClassKey, BodyKey), Vec<MiddlewareName>> = FxHashMap::default();
        for route in routes.iter() {
            let more = match route.action {
                Action::Method(class, body) => {
                    of_controllers.entry((class, body)).or_insert_with(|| of_controller(index, class, body)).as_slice()
                }
                Action::Closure(_) | Action::Component(_) => &[],
            };
            let passage = middleware.behind(route, more);
            let kind = match passage.user {
                Presence::Certain => ContextKind::Authenticated,
                Presence::Unknown => ContextKind::Http,
                Presence::NotAsked => ContextKind::Public,
            };
            let (roles, registers) = (Arc::new(passage.roles.clone()), Arc::new(passage.registers.clone()));
            for entry in self.entries(route) {
                let mut members = passage.members.clone();
                members.extend(gates::of_parameters(index, route, entry, &passage.members));
                let members = Arc::new(members);
                let way = Context { is_routed: true, members, ..Context::unrouted(kind, entry, route.at) };
                self.add(entry, Context { roles: Arc::clone(&roles), registers: Arc::clone(&registers), ..way });
            }
        }
    }

    /// The code that a route runs. What a closure runs belongs to the closure, not to the file around it.
    fn entries(&mut self, route: &Route) -> Vec<BodyKey> {
        match route.action {
            Action::Method(_, body) => vec![body],
            Action::Closure(body) => {
                let around = self.table.closures.entry(self.index.enclosing(body)).or_default();
                if !around.contains(&body) {
                    around.push(body);
                }
                vec![body]
            }
            Action::Component(class) => {
                let methods = self.index.class(class).methods.iter();
                methods.filter(|method| !method.is_abstract).map(|method| BodyKey::new(class.file, method.body)).collect()
            }
        }
    }

    fn classes(&mut self, specs: &Specs, paths: &[String], strength: Strength, middleware: &mut Middleware<'_>) {
        let index = self.index;
        for (key, _) in index.bodies() {
            if index.enclosing(key) != key || self.table.contexts.contains_key(&key) {
                continue;
            }
            let Some((mut kind, own)) = own_context(index, specs, key, paths) else { continue };
            if own != strength || strength == Strength::Fallback && self.is_unreached_controller(key) {
                continue;
            }
            // No route is known that leads to the method: what the controller itself puts before it counts.
            if let Some(class) = index.body_class(key).filter(|_| kind == ContextKind::Http)
                && middleware.own(&of_controller(index, class, key)).user == Presence::Certain
            {
                kind = ContextKind::Authenticated;
            }
            if kind == ContextKind::Queue && strength == Strength::Certain {
                self.fixed.insert(key);
                self.queued.push(key);
                continue;
            }
            let at = index.declaration_of(key);
            let class = index.body_class(key).filter(|_| kind == ContextKind::Authenticated);
            let name = class.map(|class| index.class_name(class));
            let panel = name.and_then(|name| self.panels.kind_of(name));
            let before = name.map(|name| self.panels.middleware_of(name)).unwrap_or_default();
            let registers = Arc::new(middleware.registering(&before));
            self.add(key, Context { panel, registers, ..Context::unrouted(kind, key, at) });
            if strength == Strength::Certain {
                self.fixed.insert(key);
            }
        }
    }

    /// What a worker runs: in an operator's name where only operators hand it to the queue, else in nobody's.
    fn jobs(&mut self, project: Project<'_>) {
        let mut waiting = std::mem::take(&mut self.queued);
        let dispatchers = Dispatchers::build(self.index, &waiting);
        loop {
            // In whose name a job runs that is not decided yet, what it reaches runs, too.
            let undecided = self.reached_from(&waiting);
            let is_operators = |body: &BodyKey| {
                let by = |by| !undecided.contains(&self.index.enclosing(by)) && self.is_operators(by);
                self.index.body_class(*body).is_some_and(|class| dispatchers.are_operators(class, &by))
            };
            let (operators, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_operators);
            waiting = others;
            if operators.is_empty() {
                break;
            }
            self.run_as(&operators, ContextKind::Console);
            self.spread(project);
        }
        self.run_as(&waiting, ContextKind::Queue);
        self.spread(project);
    }

    /// Some functions, and all that they call.
    fn reached_from(&self, functions: &[BodyKey]) -> FxHashSet<BodyKey> {
        let mut reached: FxHashSet<BodyKey> = functions.iter().copied().collect();
        let mut waiting = functions.to_vec();
        while let Some(caller) = waiting.pop() {
            let called = self.callees.get(&caller).into_iter().flatten().chain(self.implied.of(caller));
            waiting.extend(called.copied().filter(|callee| reached.insert(*callee)));
        }
        reached
    }

    fn run_as(&mut self, bodies: &[BodyKey], kind: ContextKind) {
        for body in bodies {
            let at = self.index.declaration_of(*body);
            self.add(*body, Context::unrouted(kind, *body, at));
        }
    }

    /// True for code that nobody but an operator runs.
    fn is_operators(&self, body: BodyKey) -> bool {
        let of_closure = self.table.contexts.get(&body);
        let known = of_closure.or_else(|| self.table.contexts.get(&self.index.enclosing(body)));
        known.is_some_and(|contexts| contexts.iter().all(|context| context.kind == ContextKind::Console))
    }

    /// A method of a controller that no route names, where all routes are known.
    fn is_unreached_controller(&self, key: BodyKey) -> bool {
        let is_controller = |class: ClassKey| {
            let name = class_basename(self.index.class_name(class));
            name.ends_with("Controller") || self.index.is_a(class, "Illuminate\\Routing\\Controller")
        };
        self.table.knows_routes && self.index.body_class(key).is_some_and(is_controller)
    }

    fn spread(&mut self, project: Project<'_>) {
        while let Some(caller) = self.waiting.pop_front() {
            let given = self.table.contexts.get(&caller).cloned().unwrap_or_default();
            let called = if self.index.enclosing(caller) == caller {
                self.callees.get(&caller).cloned().unwrap_or_default()
            } else {
                self.called_in_closure(project, caller)
            };
            let implied = self.implied.of(caller).to_vec();
            let behind = self.logins.get(&caller).map(|login| called_before(project, caller, *login));
            for callee in called.into_iter().chain(implied).filter(|callee| *callee != caller) {
                if self.fixed.contains(&callee) {
                    continue;
                }
                let is_logged_in = behind.as_ref().is_some_and(|before| !before.contains(&callee));
                for context in &given {
                    let context = if is_logged_in { logged_in(context) } else { context.clone() };
                    self.add(callee, context);
                }
            }
        }
    }

    /// What functions that log somebody in run in from there on.
    fn behind_logins(&mut self) {
        for (function, login) in std::mem::take(&mut self.logins) {
            let contexts = self.table.contexts.get(&function).into_iter().flatten().map(logged_in).collect();
            self.table.logged_in.insert(function, (login, contexts));
        }
    }

    fn called_in_closure(&self, project: Project<'_>, closure: BodyKey) -> Vec<BodyKey> {
        let within = std::iter::once(closure).chain(self.index.closures_within(closure));
        let mut called = Vec::new();
        for body in within {
            for (_, call) in project.resolution.body(body).calls() {
                called.extend_from_slice(&call.targets);
            }
            called.extend_from_slice(self.implied.of(body));
        }
        called.sort_unstable();
        called.dedup();
        called
    }
}

/// The same way, with somebody logged in.
fn logged_in(context: &Context) -> Context {
    Context { kind: ContextKind::Authenticated, ..context.clone() }
}

/// What a function calls before it logs somebody in.
fn called_before(project: Project<'_>, function: BodyKey, login: Location) -> FxHashSet<BodyKey> {
    let code = project.index.body(function);
    let calls = project.resolution.body(function).calls();
    let before = calls.filter(|(expr, _)| code.expr_span(*expr).start < login.span.start);
    before.flat_map(|(_, call)| call.targets.iter().copied()).collect()
}

/// Functions that log somebody in on every path: `Auth::loginUsingId($id)`.
/// `laravel/framework:src/Illuminate/Auth/SessionGuard.php (login, loginUsingId, onceUsingId, setUser)`
fn logins(project: Project<'_>) -> BTreeMap<BodyKey, Location> {
    let index = project.index;
    let mut found: BTreeMap<BodyKey, Location> = BTreeMap::new();
    for name in ["login", "loginUsingId", "onceUsingId", "setUser"] {
        for site in index.calls_named(name) {
            let symbol = project.resolution.body(site.body).call(site.expr).and_then(|call| call.symbol.as_deref());
            let is_guard = symbol.is_some_and(|symbol| symbol.starts_with("Illuminate\\") && symbol.contains("Auth"));
            if !is_guard || index.enclosing(site.body) != site.body {
                continue;
            }
            let mut is_certain = false;
            walk(index.body(site.body), |expr, guards| is_certain |= expr == site.expr && guards.is_empty());
            if is_certain {
                let at = Location::new(site.body.file, index.body(site.body).expr_span(site.expr));
                found.entry(site.body).and_modify(|known| *known = (*known).min(at)).or_insert(at);
            }
        }
    }
    found
}

/// Where a method of an object looks its first argument up, if it answers yes only for what it finds there:
/// `$user->belongsToCompany($id)`.
#[must_use]
pub fn membership(project: Project<'_>, method: BodyKey) -> Option<Among> {
    PassageReader::new(project).membership(method)
}

/// The parameters of an ability's code that are among the user's own wherever it says yes.
#[must_use]
pub fn granted(project: Project<'_>, code: BodyKey) -> Vec<(u16, Among)> {
    let granted = PassageReader::new(project).granted(code);
    let of_user = granted.into_iter().filter(|membership| membership.owner.is_user_of_ability());
    let parameters = of_user.filter_map(|membership| match (&membership.value.root, membership.value.path.as_slice()) {
        (Root::Parameter(position), []) => Some((*position, membership.among)),
        _ => None,
    });
    parameters.collect()
}

/// `$this->authorize('view', $company)`, `Gate::authorize(…)`, `$user->can(…)`, or a form request that authorizes.
fn asks_policy(index: &Index, function: BodyKey) -> bool {
    let asks = ["authorize", "authorizeForUser", "can", "cannot", "allows", "denies", "inspect", "authorizeResource"];
    let is_asked = asks.iter().any(|name| index.calls_named(name).iter().any(|call| index.enclosing(call.body) == function));
    is_asked
        || index.signature(function).is_some_and(|signature| {
            let hints = signature.parameters.iter().filter_map(|parameter| parameter.hint.as_ref());
            hints.filter_map(|hint| edges::named_class(index, function, hint)).any(|class| {
                index.is_a(class, "Illuminate\\Foundation\\Http\\FormRequest")
                    && index
                        .find_method(class, "authorize")
                        .is_some_and(|method| index.returned_constant(method, class) != Some(Constant::Bool(true)))
            })
        })
}

fn own_context(index: &Index, specs: &Specs, key: BodyKey, paths: &[String]) -> Option<(ContextKind, Strength)> {
    let class = index.body_class(key);
    let path = paths.get(key.file.0 as usize).map_or("", String::as_str);
    if is_script(index, key.file, path) {
        return Some((ContextKind::Console, Strength::Certain));
    }
    let fits = |row: &ContextRow| {
        let by_class = class.is_some_and(|class| row.extends.iter().any(|parent| index.is_a(class, parent)));
        let by_name = class.is_some_and(|class| {
            let name = class_basename(index.class_name(class)).to_ascii_lowercase();
            row.names.iter().any(|part| name.contains(&part.to_ascii_lowercase()))
        });
        // What the web server hands out is nobody's tool, whatever its folder is called.
        let is_served = row.kind == ContextKind::Console && is_in_folder(path, "public/");
        let by_folder = !is_served && row.folders.iter().any(|folder| is_in_folder(path, folder));
        // What a worker runs, or a request, is told by who dispatches it or routes to it, where that is known.
        let strength = match row.kind {
            ContextKind::Http => Strength::Fallback,
            ContextKind::Queue if !by_class => Strength::Fallback,
            _ => Strength::Certain,
        };
        (by_class || by_name || by_folder).then_some((row.kind, strength))
    };
    specs.contexts().iter().find_map(fits)
}

/// A file that starts the application by itself, and is not the web's entry: somebody runs it at the command line.
fn is_script(index: &Index, file: FileId, path: &str) -> bool {
    let hir = index.hir(file);
    let starts = |text: &str| text.ends_with("vendor/autoload.php") || text.ends_with("bootstrap/app.php");
    let names_start = |expr: &Expr| matches!(expr, Expr::Literal(Literal::String(text)) if starts(hir.text(*text)));
    !is_in_folder(path, "public/")
        && index.top_level(file).any(|body| {
            let body = index.body(body);
            body.exprs.iter().any(|expr| matches!(expr, Expr::Include(..))) && body.exprs.iter().any(names_start)
        })
}

/// A folder at the root or of a module: `app/Jobs/` fits `Modules/Billing/app/Jobs/Send.php`.
fn is_in_folder(path: &str, folder: &str) -> bool {
    path.starts_with(folder) || path.split_once(folder).is_some_and(|(before, _)| before.ends_with('/'))
}
