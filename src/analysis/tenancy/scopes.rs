//! Global scopes, judged by their own code: on which paths do they limit by the tenant key, and on
//! which do they add nothing?

use std::collections::BTreeMap;

use super::client::QueryClient;
use super::guard::{Guard, GuardReader, Reading};
use super::query::{Alternative, Assumption, Column, Entry, EntryKind, ObjectId, Operation, Predicate, Query, Subject};
use crate::analysis::contexts::is_role_question;
use crate::finding::Location;
use crate::flow::{Evaluator, Known, Origin, Project, Root, SummaryTable, paths};
use crate::hir::{Callee, Expr, ExprRef, MemberNameKind, Statement};
use crate::index::{BodyKey, Constant, GlobalScope, Index, Model, ScopeCode, called_name};

/// Why a scope adds nothing on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenKind {
    /// Nobody is logged in.
    NoUser,
    /// The user has a role that sees everything.
    Role,
    /// The user's own key is null.
    UserWithoutKey,
    /// The current tenant, from elsewhere than the user, is null.
    NoTenant,
    /// The tenant that a package holds is null: no panel of tenants is at work.
    NoTenantContext,
    /// The code that registers the scope has not run: a middleware.
    NotRegistered,
    /// The query has a condition on the key already.
    AlreadyLimited,
    /// Another condition.
    Flag,
}

/// A path on which a scope adds nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenPath {
    /// Why.
    pub kind: OpenKind,
    /// The condition, or the scope where there is none.
    pub at: Location,
}

/// What a scope does for one model.
#[derive(Clone, Debug, PartialEq)]
pub enum ScopeBehaviour {
    /// Limits by the key on every path; the place of the comparison.
    Always(Location),
    /// Limits by the key on every path, on one at least by a value that the client chooses.
    ClientChosen(Guard),
    /// Limits on some paths only.
    FailOpen {
        /// The other paths.
        open: Vec<OpenPath>,
        /// The comparison on those that limit.
        limits_at: Location,
    },
    /// Does not compare the key.
    Unrelated,
    /// Not on disk, or not understood.
    Unknown,
}

/// A global scope and what it does for a model.
pub type ScopeEffect<'p> = (&'p GlobalScope, ScopeBehaviour);

/// A path through a scope: what is assumed, and what it tells the builder.
#[derive(Clone, Debug)]
pub(super) struct ScopePath {
    /// The assumptions, oldest first.
    pub(super) when: Vec<Assumption>,
    /// What the builder is told.
    pub(super) operations: Vec<Operation>,
}

/// Helpers that hand the builder on to the next one.
const DELEGATIONS: usize = 3;

/// Paths followed through one scope.
const PATH_LIMIT: usize = 128;

/// The paths through every scope's code.
#[derive(Debug, Default)]
pub(super) struct ScopeTable {
    paths: BTreeMap<BodyKey, Option<Vec<ScopePath>>>,
}

/// The code that a scope runs on a builder, if it is on disk.
#[must_use]
pub fn scope_body(index: &Index, code: &ScopeCode) -> Option<BodyKey> {
    match code {
        ScopeCode::Class(class) => index.find_method(*class, "apply").map(|method| index.method_body(method)),
        ScopeCode::Closure(body) => Some(*body),
        ScopeCode::External(_) | ScopeCode::Unknown => None,
    }
}

impl ScopeTable {
    /// Follows the code of all global scopes of a project.
    #[must_use]
    pub(super) fn build(project: Project<'_>, summaries: &SummaryTable<QueryClient>) -> Self {
        let mut table = Self::default();
        let scopes = project.index.models().flat_map(|model| &model.global_scopes);
        for body in scopes.filter_map(|scope| scope_body(project.index, &scope.code)) {
            table.paths.entry(body).or_insert_with(|| scope_paths(project, summaries, body));
        }
        table
    }

    /// The paths through a scope's code; `None` where they are too many.
    #[must_use]
    pub(super) fn paths(&self, body: BodyKey) -> Option<&[ScopePath]> {
        self.paths.get(&body)?.as_deref()
    }

    /// What a scope does for a model.
    #[must_use]
    pub(super) fn behaviour(
        &self,
        index: &Index,
        scope: &GlobalScope,
        model: &Model,
        reader: &GuardReader<'_>,
    ) -> ScopeBehaviour {
        let Some(body) = scope_body(index, &scope.code) else {
            return match scope.code {
                ScopeCode::External(_)
                    if !crate::index::class_basename(&external_name(&scope.code)).to_ascii_lowercase().contains("tenant") =>
                {
                    ScopeBehaviour::Unrelated
                }
                _ => ScopeBehaviour::Unknown,
            };
        };
        let Some(paths) = self.paths(body) else { return ScopeBehaviour::Unknown };
        let mut open = Vec::new();
        let mut limits = None;
        let mut chosen = None;
        for path in paths {
            if is_excluded_for(index, body, model, reader.key, &path.when) {
                continue;
            }
            let query = Query {
                entry: Entry {
                    body,
                    expr: crate::hir::ExprId(0),
                    at: Location::new(body.file, index.body(body).span),
                    kind: EntryKind::Parameter(0),
                    spec: "php/parameter".into(),
                },
                subject: Subject::Model(model.name.as_str().into()),
                operations: path.operations.clone(),
            };
            let (guard, _) = reader.read(&query, Reading::default());
            match guard {
                Some(guard) => {
                    if guard.is_client_chosen() {
                        chosen = chosen.or_else(|| Some(guard.clone()));
                    }
                    limits = limits.or(Some(guard.at));
                }
                None => open.push(open_path(index, body, path, query.entry.at)),
            }
        }
        let Some(limits_at) = limits else { return ScopeBehaviour::Unrelated };
        if let Some(guard) = chosen {
            return ScopeBehaviour::ClientChosen(guard);
        }
        if scope.conditional {
            let kind = if scope.registered_in.is_empty() { OpenKind::Flag } else { OpenKind::NotRegistered };
            open.push(OpenPath { kind, at: scope.registered });
        }
        if open.is_empty() {
            return ScopeBehaviour::Always(limits_at);
        }
        open.sort_by_key(|path| (path.kind, path.at));
        open.dedup();
        ScopeBehaviour::FailOpen { open, limits_at }
    }
}

fn external_name(code: &ScopeCode) -> String {
    match code {
        ScopeCode::External(name) => name.clone(),
        _ => String::new(),
    }
}

fn scope_paths(project: Project<'_>, summaries: &SummaryTable<QueryClient>, body: BodyKey) -> Option<Vec<ScopePath>> {
    // A helper's paths are told apart as the scope's own would be, where the scope is nothing but the call of it.
    let mut code = (body, 0);
    for _ in 0..DELEGATIONS {
        let Some(helper) = delegate(project, code) else { break };
        code = helper;
    }
    let (code, position) = code;
    let ends = paths(project, &QueryClient::default(), summaries, code, PATH_LIMIT)?;
    let mut found = Vec::new();
    for end in ends {
        let store = end.state.store;
        let told = store.queries.get(&ObjectId::Parameter(position)).map(|query| query.operations.as_slice()).unwrap_or_default();
        spread(told, &store.assumptions, &mut Vec::new(), &mut found)?;
    }
    for path in &mut found {
        path.operations.iter_mut().for_each(|told| name_columns(project.index, code, told));
    }
    Some(found)
}

/// `return Company::limit($builder)` as all that a function does with the builder at a position: the helper, and the
/// position of the builder there.
fn delegate(project: Project<'_>, (body, position): (BodyKey, u16)) -> Option<(BodyKey, u16)> {
    let code = project.index.body(body);
    let only = match code.statements.as_slice() {
        [Statement::Return(Some(expr)) | Statement::Expr(expr)] => *expr,
        _ => return None,
    };
    let builder = project.index.signature(body)?.parameters.get(usize::from(position))?.name;
    let (Expr::Call { arguments, .. }, Some(call)) = (code.expr(only), project.resolution.call(body, only)) else { return None };
    let [given] = &arguments[..] else { return None };
    let [helper] = call.targets.as_slice() else { return None };
    let is_builder = matches!(code.expr(given.value), Expr::Variable(name) if *name == builder);
    (is_builder && given.name.is_none() && !given.spread).then_some((*helper, 0))
}

/// Names the columns that a parameter names to which nothing is passed: by its default value.
fn name_columns(index: &Index, function: BodyKey, told: &mut Operation) {
    let column = match told {
        Operation::Where(_, Predicate::Compare(column, ..), _) => column,
        Operation::Group { operations, .. } | Operation::Scope { operations, .. } | Operation::Repeat(operations) => {
            return operations.iter_mut().for_each(|told| name_columns(index, function, told));
        }
        _ => return,
    };
    let Some(position) = column.parameter.filter(|position| *position > 0) else { return };
    let parameters = index.signature(function).map(|signature| signature.parameters.as_slice()).unwrap_or_default();
    let default = parameters.get(usize::from(position)).and_then(|parameter| parameter.default);
    let at = |expr| ExprRef { body: function.body, expr };
    let named = default.and_then(|expr| index.constant_value(function.file, at(expr), None));
    if let Some(name) = named.as_ref().and_then(Constant::as_str) {
        let qualifier = column.qualifier.take();
        *column = Column { qualifier, ..Column::parse(name) };
    }
}

/// Takes alternatives inside a path apart, so that each has its own assumptions.
fn spread(operations: &[Operation], when: &[Assumption], told: &mut Vec<Operation>, found: &mut Vec<ScopePath>) -> Option<()> {
    if found.len() > PATH_LIMIT {
        return None;
    }
    let Some((first, rest)) = operations.split_first() else {
        found.push(ScopePath { when: when.to_vec(), operations: told.clone() });
        return Some(());
    };
    let Operation::Either(alternatives) = first else {
        told.push(first.clone());
        let done = spread(rest, when, told, found);
        told.pop();
        return done;
    };
    for Alternative { when: inner, operations } in alternatives {
        let assumed: Vec<Assumption> = when.iter().chain(inner).cloned().collect();
        let following: Vec<Operation> = operations.iter().chain(rest).cloned().collect();
        spread(&following, &assumed, told, found)?;
    }
    Some(())
}

/// True where the model alone decides against a path: a list of tables, a property that opts out.
pub(super) fn is_excluded_for(index: &Index, body: BodyKey, model: &Model, key: &str, when: &[Assumption]) -> bool {
    let is_contradicted = |assumption: &Assumption| has_column(index, model, key, assumption) == Some(!assumption.holds);
    if when.iter().any(is_contradicted) {
        return true;
    }
    let Some(signature) = index.signature(body) else { return false };
    let hir = index.hir(body.file);
    let Some(parameter) = signature.parameters.get(1) else { return false };
    let known = [(hir.text(parameter.name), Known::Object(model.class))];
    when.iter().any(|assumption| {
        let holds = Evaluator::new(index).holds(assumption.expr.0, assumption.expr.1, &known);
        holds.is_some_and(|holds| holds != assumption.holds)
    })
}

/// The answer to `Schema::hasColumn($model->getTable(), 'company_id')`, where migrations create the table.
fn has_column(index: &Index, model: &Model, key: &str, assumption: &Assumption) -> Option<bool> {
    let (body, expr) = assumption.expr;
    let asked = index.body(body).expr(expr);
    let Expr::Call { arguments, .. } = asked else { return None };
    let name = called_name(asked).map(|name| index.hir(body.file).text(name))?;
    let table = model.table.as_ref().and_then(|table| index.tables().get(table)).filter(|table| table.created)?;
    let column = arguments.get(1).filter(|_| name.eq_ignore_ascii_case("hasColumn"))?;
    let at = ExprRef { body: body.body, expr: column.value };
    let named = index.constant_value(body.file, at, None);
    Some(table.columns.contains_key(named.as_ref().and_then(Constant::as_str).unwrap_or(key)))
}

/// Why a path is open: the last assumption on it decided.
fn open_path(index: &Index, body: BodyKey, path: &ScopePath, scope: Location) -> OpenPath {
    let Some(last) = path.when.last() else { return OpenPath { kind: OpenKind::Flag, at: scope } };
    if asks_builder(index, body, last) {
        return OpenPath { kind: OpenKind::AlreadyLimited, at: last.at };
    }
    let kind = if asks_role_of_user(index, last) { OpenKind::Role } else { kind_of(last) };
    OpenPath { kind, at: last.at }
}

/// `auth()->user()->isSuperUser()`: the method that is asked tells, whatever its code makes of the user.
fn asks_role_of_user(index: &Index, assumption: &Assumption) -> bool {
    let (key, expr) = assumption.expr;
    let (hir, code) = (index.hir(key.file), index.body(key));
    let Expr::Call { callee: Callee::Method { receiver, name, .. }, .. } = code.expr(expr) else { return false };
    let MemberNameKind::Fixed(name) = name.kind else { return false };
    let is_user = match code.expr(*receiver) {
        Expr::Variable(name) => hir.text(*name).eq_ignore_ascii_case("user"),
        call => called_name(call).is_some_and(|name| hir.text(name).eq_ignore_ascii_case("user")),
    };
    is_user && is_role_question(hir.text(name))
}

/// The condition passes the builder to a helper: it asks what the query holds already.
fn asks_builder(index: &Index, body: BodyKey, assumption: &Assumption) -> bool {
    let (key, expr) = assumption.expr;
    let hir = index.hir(key.file);
    let code = index.body(key);
    let builder = index.signature(body).and_then(|signature| signature.parameters.first()).map(|parameter| parameter.name);
    let is_builder =
        |expr| matches!(code.expr(expr), Expr::Variable(name) if Some(*name) == builder && !hir.text(*name).is_empty());
    match code.expr(expr) {
        Expr::Call { arguments, callee, .. } => {
            arguments.iter().any(|argument| is_builder(argument.value))
                || matches!(callee, Callee::Method { receiver, .. } if is_builder(*receiver))
        }
        _ => false,
    }
}

fn kind_of(assumption: &Assumption) -> OpenKind {
    let origins = &assumption.origins;
    if origins.any(|origin| matches!(origin.root, Root::UserPresence(_) | Root::Runtime)) {
        return OpenKind::NoUser;
    }
    let user: Vec<&Origin> = origins.iter().filter(|origin| origin.root == Root::User).collect();
    if let Some(origin) = user.first() {
        return match origin.last() {
            None => OpenKind::NoUser,
            Some("id") => OpenKind::NoUser,
            Some(member) if is_role_question(member) || assumption.holds => OpenKind::Role,
            Some(_) => OpenKind::UserWithoutKey,
        };
    }
    let is_context = |origin: &Origin| {
        matches!(origin.root, Root::TenantContext | Root::Session | Root::Request | Root::Call(_) | Root::Row(_))
    };
    if origins.any(is_context) && !assumption.holds {
        let is_held = origins.any(|origin| origin.root == Root::TenantContext);
        return if is_held { OpenKind::NoTenantContext } else { OpenKind::NoTenant };
    }
    OpenKind::Flag
}
