//! Who runs a piece of code: the routes that lead to it with what stands before them, else its class's parents,
//! interfaces and folder; then through the callers.

mod edges;
mod middleware;
mod passage;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::routes::{Action, MiddlewareName, Route, RouteTable};
use crate::finding::{FileId, Location};
use crate::flow::{CallGraph, Origin, Project};
use crate::hir::{Expr, Literal};
use crate::index::{BodyKey, ClassKey, Constant, Index, class_basename};
use crate::specs::{ContextKind, ContextRow, Specs};

use edges::ImpliedCalls;
use middleware::{Middleware, Presence, of_controller};
use passage::PassageReader;

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
    pub members: Arc<BTreeSet<Origin>>,
}

impl Context {
    /// Two contexts that no verdict can tell apart.
    fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind && self.is_routed == other.is_routed && self.members == other.members
    }
}

/// The contexts of all functions, and of closures that are entry points.
#[derive(Debug, Default)]
pub struct ContextTable {
    contexts: FxHashMap<BodyKey, Vec<Context>>,
    /// Closures with contexts of their own, by the function around them.
    closures: FxHashMap<BodyKey, Vec<BodyKey>>,
    /// Every route's action is known: a controller's method without one is not reached.
    knows_routes: bool,
}

impl ContextTable {
    /// Reads the contexts of a project; `paths` are the files' paths by their id.
    #[must_use]
    pub fn build(project: Project<'_>, graph: &CallGraph, routes: &RouteTable, paths: &[String]) -> Self {
        let index = project.index;
        let knows_routes = routes.iter().next().is_some() && routes.unresolved().is_empty();
        let mut builder = Builder {
            index,
            callees: graph.callees_by_caller(),
            implied: ImpliedCalls::build(project, graph, paths),
            table: Self { knows_routes, ..Self::default() },
            fixed: FxHashSet::default(),
            waiting: VecDeque::new(),
        };
        builder.routes(project, routes, paths);
        builder.classes(project.specs, paths, Strength::Certain);
        builder.spread(project);
        builder.classes(project.specs, paths, Strength::Fallback);
        builder.spread(project);
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
        let reader = PassageReader::new(project);
        [context.entry, function].into_iter().any(|body| asks_policy(project.index, body) || reader.asks(body, value))
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
    /// Functions that take no context from callers.
    fixed: FxHashSet<BodyKey>,
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

    fn routes(&mut self, project: Project<'_>, routes: &RouteTable, paths: &[String]) {
        let index = self.index;
        let mut middleware = Middleware::new(project, paths);
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
            let members = Arc::new(passage.members);
            for entry in self.entries(route) {
                let members = Arc::clone(&members);
                self.add(entry, Context { kind, entry, at: route.at, is_routed: true, members });
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

    fn classes(&mut self, specs: &Specs, paths: &[String], strength: Strength) {
        let index = self.index;
        for (key, _) in index.bodies() {
            if index.enclosing(key) != key || self.table.contexts.contains_key(&key) {
                continue;
            }
            let Some((kind, own)) = own_context(index, specs, key, paths) else { continue };
            if own != strength || strength == Strength::Fallback && self.is_unreached_controller(key) {
                continue;
            }
            let at = index.declaration_of(key);
            self.add(key, Context { kind, entry: key, at, is_routed: false, members: Arc::default() });
            if strength == Strength::Certain {
                self.fixed.insert(key);
            }
        }
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
            for callee in called.into_iter().chain(implied).filter(|callee| *callee != caller) {
                if !self.fixed.contains(&callee) {
                    given.iter().for_each(|context| self.add(callee, context.clone()));
                }
            }
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
        let by_folder = row.folders.iter().any(|folder| is_in_folder(path, folder));
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
