//! Route-model bindings: parameters of a route's action that the framework fills with a row found by the path.
//!
//! A typed parameter without a parameter of that name in the path is made empty by the container: no row is looked up.
//! `laravel/framework:src/Illuminate/Routing/ImplicitRouteBinding.php`

use std::collections::{BTreeMap, BTreeSet};

use super::execution::{Execution, SentBy};
use super::guard::OwnedTables;
use super::infer::TenantFacts;
use super::query::{Column, Entry, EntryKind, Operand, Operation, Operator, Predicate, Query, Subject};
use super::row_check::{RowCheck, asked_before, asked_in};
use crate::analysis::routes::{Action, MiddlewareName, Route, RouteTable};
use crate::finding::Location;
use crate::flow::{HintReader, Origin, Origins, Project, Root};
use crate::hir::{Callee, ClassRef, Expr, ExprId, Literal, Parameter, Visibility};
use crate::index::inflect::snake;
use crate::index::{BodyKey, ClassKey, Index, class_basename};
use crate::specs::{Connective, QueryMethodKind};

/// A parameter that is filled with a row of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundRow {
    /// The parameter.
    pub at: Location,
    /// The action, which holds it.
    pub body: BodyKey,
    /// Its position among the parameters.
    pub position: u16,
    /// Its name without `$`.
    pub name: String,
    /// Its name in the path.
    pub in_path: String,
    /// The model's class.
    pub model: String,
    /// The column that is looked up, on every route.
    pub column: String,
    /// The routes that lead here.
    pub routes: Vec<BoundRoute>,
    /// What is asked about the row before the action runs, on every route.
    pub before: Option<RowCheck>,
    /// A policy that the action asks without a guarantee.
    pub asked: Option<RowCheck>,
}

/// The look-up that fills a parameter.
pub(super) fn bound_entry(index: &Index, body: BodyKey, position: u16) -> Option<Entry> {
    let parameter = index.signature(body)?.parameters.get(usize::from(position))?;
    let at = Location::new(body.file, parameter.span);
    Some(Entry { body, expr: ExprId(0), at, kind: EntryKind::Bound, spec: SPEC.into() })
}

const SPEC: &str = "laravel/routing#implicit-binding";

impl BoundRow {
    /// Where the row is loaded.
    #[must_use]
    pub fn entry(&self) -> Entry {
        Entry { body: self.body, expr: ExprId(0), at: self.at, kind: EntryKind::Bound, spec: SPEC.into() }
    }

    /// A policy that is asked about it, and guarantees nothing.
    #[must_use]
    pub fn policy(&self) -> Option<RowCheck> {
        let before = self.before.filter(|check| !matches!(check, RowCheck::Verified(_)));
        before.or(self.asked)
    }

    /// The class of the parameter before it in every path, through which the row is found.
    #[must_use]
    pub fn through(&self) -> Option<&str> {
        let (first, others) = self.routes.split_first()?;
        let parent = first.through.as_deref()?;
        others.iter().all(|route| route.through.as_deref() == Some(parent)).then_some(parent)
    }

    /// The query that the framework sends.
    #[must_use]
    pub fn look_up(&self) -> Execution {
        let mut query = Query::new(self.entry(), Subject::Model(self.model.as_str().into()));
        let column = Column::plain(&self.column);
        let mut origins = Origins::none();
        origins.insert(Origin::of(Root::Request).member("route()", None).member(&self.in_path, None));
        let operand = Operand { origins, ..Operand::default() };
        query.push(Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal, operand), self.at));
        Execution::new(
            query,
            SentBy { method: "first".into(), kind: QueryMethodKind::Find, spec: SPEC.into() },
            self.at,
            self.body,
        )
    }
}

/// A route that fills a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundRoute {
    /// Where it is registered.
    pub at: Location,
    /// The model of the path's parameter before it, through which the row is found; none where it is found alone.
    pub through: Option<String>,
    /// The abilities that a middleware asks for the row: `can:view,customer`.
    pub abilities: Vec<String>,
}

/// The parameters that routes fill with rows of models.
pub(super) fn bound_parameters(project: Project<'_>, routes: &RouteTable) -> BTreeSet<(BodyKey, u16)> {
    let explicit = explicit_names(project.index);
    let mut found = BTreeSet::new();
    for route in routes.iter() {
        let Some((class, body)) = action_body(project.index, route.action) else { continue };
        let bound = parameters_of(project, route, class, body).into_iter();
        let is_implicit =
            |bound: &BoundParameter<'_>| !explicit.contains(&bound.in_path) && !resolves_itself(project.index, &bound.model);
        found.extend(bound.filter(is_implicit).map(|bound| (body, bound.position)));
    }
    found
}

/// The bindings of rows that belong to tenants, in order of their places.
pub(super) fn bound_rows(project: Project<'_>, facts: &TenantFacts, routes: &RouteTable) -> Vec<BoundRow> {
    let mut rows = routed(project, &|model| facts.is_owned_model(model), routes);
    if routes.iter().next().is_none() || !routes.unresolved().is_empty() {
        unrouted(project, facts, routes, &mut rows);
    }
    asked(project, &facts.key, rows)
}

/// The bindings of the tenants' own rows.
pub(super) fn bound_tenants(project: Project<'_>, facts: &TenantFacts, routes: &RouteTable) -> Vec<BoundRow> {
    let Some(root) = facts.root.as_deref().filter(|root| !facts.models.contains(*root)) else { return Vec::new() };
    let key = project.index.model_named(root).map_or("id", |model| model.primary_key.as_str());
    asked(project, key, routed(project, &|model| model == root, routes))
}

/// Adds what policies say of the rows.
fn asked(project: Project<'_>, key: &str, rows: BTreeMap<Location, BoundRow>) -> Vec<BoundRow> {
    let mut rows: Vec<BoundRow> = rows.into_values().collect();
    for row in &mut rows {
        row.before = asked_before(project, row, key);
        row.asked = asked_in(project, row, key);
    }
    rows
}

/// The parameters that known routes fill with rows of some models.
fn routed(project: Project<'_>, is_meant: &dyn Fn(&str) -> bool, routes: &RouteTable) -> BTreeMap<Location, BoundRow> {
    let explicit = explicit_names(project.index);
    let mut rows: BTreeMap<Location, BoundRow> = BTreeMap::new();
    for route in routes.iter() {
        let Some((class, body)) = action_body(project.index, route.action) else { continue };
        for parameter in parameters_of(project, route, class, body) {
            let BoundParameter { declared, position, in_path, model, through, field } = parameter;
            if !is_meant(&model) || explicit.contains(&in_path) || resolves_itself(project.index, &model) {
                continue;
            }
            let at = Location::new(body.file, declared.span);
            let name = project.index.hir(body.file).text(declared.name).to_owned();
            let column = field.unwrap_or_else(|| route_key(project.index, &model));
            let abilities = abilities_of(route, &in_path);
            let new =
                || BoundRow { at, body, position, name, in_path, model, column, routes: Vec::new(), before: None, asked: None };
            let row = rows.entry(at).or_insert_with(new);
            let bound = BoundRoute { at: route.at, through, abilities };
            if !row.routes.contains(&bound) {
                row.routes.push(bound);
            }
        }
    }
    rows
}

/// Parameters of controllers' actions to which no known route leads, where some registrations could not be read.
fn unrouted(project: Project<'_>, facts: &TenantFacts, routes: &RouteTable, rows: &mut BTreeMap<Location, BoundRow>) {
    let index = project.index;
    let known: BTreeSet<BodyKey> =
        routes.iter().filter_map(|route| action_body(index, route.action)).map(|(_, body)| body).collect();
    for class in index.classes().filter(|class| {
        class_basename(index.class_name(*class)).ends_with("Controller") || index.is_a(*class, "Illuminate\\Routing\\Controller")
    }) {
        let hir = index.hir(class.file);
        for method in
            index.class(class).methods.iter().filter(|method| method.visibility == Visibility::Public && !method.is_static)
        {
            let body = BodyKey::new(class.file, method.body);
            if known.contains(&body) || hir.text(method.name).starts_with("__") && hir.text(method.name) != "__invoke" {
                continue;
            }
            let reader = HintReader { index, hir, class: Some(class) };
            for (position, parameter) in (0..).zip(&method.signature.parameters) {
                let types = parameter.hint.as_ref().map(|hint| reader.read(hint));
                let model = types
                    .and_then(|types| types.classes().find_map(|class| index.model_named(class)).map(|model| model.name.clone()));
                let Some(model) = model.filter(|model| facts.is_owned_model(model)) else { continue };
                let at = Location::new(class.file, parameter.span);
                let name = hir.text(parameter.name).to_owned();
                let column = route_key(index, &model);
                let (in_path, routes) = (name.clone(), Vec::new());
                rows.insert(at, BoundRow { at, body, position, in_path, name, model, column, routes, before: None, asked: None });
            }
        }
    }
}

fn action_body(index: &Index, action: Action) -> Option<(Option<ClassKey>, BodyKey)> {
    match action {
        Action::Method(class, body) => Some((Some(class), body)),
        Action::Closure(body) => Some((index.body_class(body), body)),
        Action::Component(class) => index.find_method(class, "mount").map(|method| (Some(class), index.method_body(method))),
    }
}

struct BoundParameter<'p> {
    declared: &'p Parameter,
    position: u16,
    in_path: String,
    model: String,
    through: Option<String>,
    field: Option<String>,
}

/// The parameters of an action that are models and stand in the path.
fn parameters_of<'p>(project: Project<'p>, route: &Route, class: Option<ClassKey>, body: BodyKey) -> Vec<BoundParameter<'p>> {
    let index = project.index;
    let hir = index.hir(body.file);
    let Some(signature) = index.signature(body) else { return Vec::new() };
    let reader = HintReader { index, hir, class };
    let model_of = |parameter: &Parameter| {
        let types = parameter.hint.as_ref().map(|hint| reader.read(hint))?;
        types.classes().find_map(|class| index.model_named(class)).map(|model| model.name.clone())
    };
    let mut found = Vec::new();
    let mut parent: Option<String> = None;
    for in_path in route.parameters() {
        let declared = (0..).zip(&signature.parameters).find(|(_, parameter)| {
            let name = hir.text(parameter.name);
            name == in_path.name || snake(name) == in_path.name
        });
        let Some((position, declared)) = declared else { continue };
        let Some(model) = model_of(declared) else { continue };
        let is_scoped = route.scopes_bindings.unwrap_or(in_path.field.is_some());
        let through = parent.take().filter(|_| is_scoped);
        parent = Some(model.clone());
        found.push(BoundParameter {
            declared,
            position,
            in_path: in_path.name.to_owned(),
            model,
            through,
            field: in_path.field.map(str::to_owned),
        });
    }
    found
}

/// Names that `Route::bind` and `Route::model` resolve in code of their own.
fn explicit_names(index: &Index) -> Vec<String> {
    let mut names = Vec::new();
    for site in index.calls_named("bind") {
        let code = index.body(site.body);
        let hir = index.hir(site.body.file);
        if let Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), .. }, arguments, .. } = code.expr(site.expr)
            && matches!(hir.text(class.name), "Route" | "Illuminate\\Support\\Facades\\Route")
            && let Some(first) = arguments.first()
            && let Expr::Literal(Literal::String(name)) = code.expr(first.value)
        {
            names.push(hir.text(*name).to_owned());
        }
    }
    names
}

/// The model looks its row up by code of its own, of which the queries are sites. What it inherits is no site of this model.
fn resolves_itself(index: &Index, model: &str) -> bool {
    let class = index.resolve_class(model);
    let method = class.and_then(|class| index.find_method(class, "resolveRouteBinding"));
    method.is_some_and(|method| Some(method.declaring) == class)
}

/// True where the code that looks the row up is inherited and names the key: what it does with it is not known.
#[must_use]
pub fn may_limit_by_itself(index: &Index, model: &str, key: &str) -> bool {
    let inherited = index.resolve_class(model).and_then(|class| index.find_method(class, "resolveRouteBinding"));
    inherited.is_some_and(|method| {
        let body = index.method_body(method);
        let hir = index.hir(body.file);
        let names_key = |expr: &Expr| matches!(expr, Expr::Literal(Literal::String(text)) if hir.text(*text).contains(key));
        std::iter::once(body).chain(index.closures_within(body)).any(|body| index.body(body).exprs.iter().any(names_key))
    })
}

fn route_key(index: &Index, model: &str) -> String {
    let Some(facts) = index.model_named(model) else { return "id".to_owned() };
    let named = index.find_method(facts.class, "getRouteKeyName");
    match named.map(|method| index.returned_constant(method, facts.class)) {
        Some(Some(crate::index::Constant::String(column))) => column,
        _ => facts.primary_key.clone(),
    }
}

/// `can:view,customer`: of several subjects the first one is what the ability's code is about.
fn abilities_of(route: &Route, in_path: &str) -> Vec<String> {
    let of_name = |name: &MiddlewareName| {
        let MiddlewareName::Named(text) = name else { return None };
        let rest = text.strip_prefix("can:").or_else(|| text.strip_prefix("Illuminate\\Auth\\Middleware\\Authorize:"))?;
        let (ability, subject) = rest.split_once(',')?;
        (subject.split(',').next()?.trim() == in_path).then(|| ability.to_owned())
    };
    route.middleware.iter().filter_map(of_name).collect()
}
