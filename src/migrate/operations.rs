//! What a pending migration does to schemas, place by place.
//!
//! The places that a run passed come from its statements. The others are found in the code: what a guard left out, and what stands
//! behind a failure. A failing statement is passed over in a second run, so that what follows it gets a verdict of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::Change;
use super::evaluate::{Gap, MigrationError, MigrationResult};
use super::laravel::{commits, has_method};
use super::php::Trace;
use super::world::{Obstacle, Step, StepOutcome};
use crate::finding::{FileId, Location, Span};
use crate::hir::{Callee, ClassRef, Expr, ExprId, Literal, MemberNameKind};
use crate::index::{BodyKey, ClassKey, Index};
use crate::schema::apply::Demand;
use crate::schema::sql::Statement;

/// A place that changes a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The call, or the class where no call is to blame.
    pub at: Location,
    /// The body around it.
    pub body: BodyKey,
    /// The call as an expression.
    pub expr: Option<ExprId>,
    /// The table.
    pub table: Option<String>,
    /// What becomes of it.
    pub outcome: OperationOutcome,
    /// What it changes.
    pub changes: Vec<Change>,
    /// What it asks of rows.
    pub demands: Vec<Demand>,
}

/// What becomes of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum OperationOutcome {
    /// It works.
    Succeeds,
    /// It works or is left out, and would be left out where it has been done before.
    Guarded,
    /// The code does not run it on this database.
    NotRun,
    /// The server refuses it, or PHP does.
    Fails(Box<OperationFailure>),
    /// It could not be decided, and why.
    Unknown(String),
    /// What stands before it stops the migration.
    Unreached,
}

/// A failure.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationFailure {
    /// The error.
    pub error: MigrationError,
    /// The statement as it was read.
    pub statement: Option<Statement>,
    /// What is in the way.
    pub obstacle: Option<Obstacle>,
    /// The failure of the same migration that comes before it.
    pub earlier: Option<Location>,
}

/// What `down()` leaves as `up()` made it.
#[derive(Clone, Debug, PartialEq)]
pub enum Unreversed {
    /// There is no `down()`.
    Missing,
    /// It leaves this; the first of several.
    Leaves(Change),
    /// The server refuses one of its statements.
    Fails(Box<MigrationError>),
}

/// What is known of the runs of one migration.
pub(super) struct Runs<'r> {
    pub index: &'r Index,
    pub class: Option<ClassKey>,
    pub file: FileId,
    /// The statements; behind a failure, those of the run that passes it over.
    pub steps: &'r [Step],
    pub trace: &'r Trace,
    pub gaps: &'r [Gap],
    /// The statements of a second run on what the first one left behind.
    pub again: Option<(&'r [Step], &'r Trace)>,
    pub result: &'r MigrationResult,
    /// The code was not run to its end.
    pub is_cut_off: bool,
}

/// The operations of a migration, in order of their places.
pub(super) fn operations(runs: &Runs<'_>) -> Vec<Operation> {
    let calls = Calls::new(runs.index, runs.file);
    let mut found = of_steps(runs, &calls);
    let known: BTreeSet<Location> = found.iter().map(|operation| operation.at).collect();
    for (at, reason) in runs.gaps {
        let at = at.filter(|at| at.file == runs.file).or_else(|| class_place(runs)).filter(|at| !known.contains(at));
        if let Some(at) = at
            && !found.iter().any(|operation| operation.at == at)
        {
            found.push(calls.operation(at, None, OperationOutcome::Unknown(reason.clone())));
        }
    }
    if let Some(error) = &runs.result.error
        && !found.iter().any(|operation| matches!(operation.outcome, OperationOutcome::Fails(_)))
        && let Some(at) = error.at.filter(|at| at.file == runs.file).or_else(|| class_place(runs))
    {
        let failure = OperationFailure { error: error.clone(), statement: None, obstacle: None, earlier: None };
        found.retain(|operation| operation.at != at);
        found.push(calls.operation(at, None, OperationOutcome::Fails(Box::new(failure))));
    }
    found.extend(left_out(runs, &calls));
    found.sort_by_key(|operation| operation.at);
    found.dedup_by_key(|operation| operation.at);
    found
}

/// The class; where there is none, the start of the file.
fn class_place(runs: &Runs<'_>) -> Option<Location> {
    match runs.class {
        Some(class) if class.file == runs.file => {
            let up = runs.index.find_method(class, "up").map(|method| runs.index.method_body(method));
            let up = up.filter(|body| body.file == runs.file).map(|body| runs.index.declaration_of(body));
            Some(up.unwrap_or_else(|| Location::new(runs.file, runs.index.class(class).span)))
        }
        _ => Some(Location::new(runs.file, Span::new(0, 0))),
    }
}

fn of_steps(runs: &Runs<'_>, calls: &Calls<'_>) -> Vec<Operation> {
    let mut by_place: BTreeMap<Location, Vec<&Step>> = BTreeMap::new();
    let first_failure = runs.result.error.as_ref().and_then(|error| error.at);
    for step in runs.steps.iter().filter(|step| is_operation(step)) {
        if let Some(at) = step.at.or_else(|| class_place(runs)) {
            by_place.entry(at).or_default().push(step);
        }
    }
    let mut found = Vec::new();
    for (at, steps) in by_place {
        let outcome = outcome_of(runs, at, &steps, first_failure);
        let table = steps.iter().find_map(|step| table_of(step));
        let mut operation = calls.operation(at, table, outcome);
        operation.changes = steps.iter().flat_map(|step| step.changes.clone()).collect();
        operation.demands = steps.iter().flat_map(|step| step.demands.clone()).collect();
        found.push(operation);
    }
    found
}

/// True for a statement that changes a schema, and for any other one that does not work.
fn is_operation(step: &Step) -> bool {
    match (&step.outcome, &step.statement) {
        (StepOutcome::Failed(_), _) | (StepOutcome::Unknown(_), None) => true,
        (_, Some(Statement::Empty(_) | Statement::Other(_))) | (StepOutcome::Done, None) => false,
        (_, Some(statement)) => commits(statement),
    }
}

fn table_of(step: &Step) -> Option<String> {
    if let StepOutcome::Failed(error) = &step.outcome
        && let Some(table) = &error.table
    {
        return Some(table.clone());
    }
    match step.statement.as_ref()? {
        Statement::CreateTable(create) => create.name.as_ref().map(|name| name.name.clone()),
        Statement::AlterTable(name, ..) | Statement::CreateView(name, _) => Some(name.name.clone()),
        Statement::RenameTables(pairs) => pairs.first().map(|(from, _)| from.name.clone()),
        Statement::DropTables(names, _) | Statement::DropViews(names, _) => names.first().map(|name| name.name.clone()),
        _ => None,
    }
}

/// The worst of what the statements of one place come to.
fn outcome_of(runs: &Runs<'_>, at: Location, steps: &[&Step], first_failure: Option<Location>) -> OperationOutcome {
    let throws = runs.is_cut_off.then(|| runs.steps.iter().rposition(|step| matches!(step.outcome, StepOutcome::Failed(_))));
    let uncaught = throws.flatten().and_then(|place| runs.steps.get(place));
    for step in steps {
        let StepOutcome::Failed(error) = &step.outcome else { continue };
        if step.passed_over || uncaught.is_some_and(|last| std::ptr::eq(last, *step)) {
            let error = MigrationError {
                class: error.class,
                sql: Some((**error).clone()),
                message: error.pdo_message(),
                statement: Some(step.sql.clone()),
                at: Some(at),
            };
            let obstacle = step.obstacle.as_deref().cloned();
            let earlier = first_failure.filter(|first| *first != at);
            return OperationOutcome::Fails(Box::new(OperationFailure {
                error,
                statement: step.statement.clone(),
                obstacle,
                earlier,
            }));
        }
    }
    for step in steps {
        if let StepOutcome::Unknown(reason) = &step.outcome {
            return OperationOutcome::Unknown(reason.clone());
        }
    }
    if is_guarded(runs, at, steps) { OperationOutcome::Guarded } else { OperationOutcome::Succeeds }
}

/// True where the operation would do no harm where it has been done before: it is left out, asks the server for the same, or its
/// error is caught.
fn is_guarded(runs: &Runs<'_>, at: Location, steps: &[&Step]) -> bool {
    if steps.iter().any(|step| matches!(step.outcome, StepOutcome::Failed(_))) {
        return true;
    }
    let asks_server = |step: &&Step| {
        let text = step.sql.to_ascii_lowercase();
        text.contains("if exists") || text.contains("if not exists")
    };
    let Some((again, trace)) = runs.again else { return steps.iter().all(asks_server) };
    let mut repeated = again.iter().filter(|step| step.at == Some(at)).peekable();
    if repeated.peek().is_none() {
        return trace.asked;
    }
    repeated.all(|step| match step.outcome {
        StepOutcome::Failed(_) => !step.passed_over,
        _ => asks_server(&step),
    })
}

/// The operations in the code that no run reached.
fn left_out(runs: &Runs<'_>, calls: &Calls<'_>) -> Vec<Operation> {
    let Some(class) = runs.class else { return Vec::new() };
    let outcome = if runs.is_cut_off {
        OperationOutcome::Unreached
    } else if let Some((_, reason)) = runs.gaps.first() {
        OperationOutcome::Unknown(reason.clone())
    } else if runs.trace.asked {
        OperationOutcome::Guarded
    } else {
        OperationOutcome::NotRun
    };
    let mut found = Vec::new();
    for body in reachable(runs.index, class, runs.file) {
        let code = runs.index.body(body);
        for (expr, call) in code.exprs() {
            if runs.trace.visited.contains(&(body, expr)) {
                continue;
            }
            let at = Location::new(body.file, code.expr_span(expr));
            if calls.is_schema_call(body, call) || calls.is_blueprint_call(runs.trace, body, call) {
                found.push(calls.operation(at, None, outcome.clone()));
            }
        }
    }
    // Of calls within calls the outermost one.
    let outer: Vec<Location> = found.iter().map(|operation| operation.at).collect();
    let is_inner = |at: Location| {
        outer.iter().any(|other| *other != at && other.span.start <= at.span.start && at.span.end <= other.span.end)
    };
    found.retain(|operation| !is_inner(operation.at));
    found
}

/// The bodies that `up()` may run: its own, those of closures, and those of methods of the file's class that it names.
fn reachable(index: &Index, class: ClassKey, file: FileId) -> Vec<BodyKey> {
    let Some(up) = index.find_method(class, "up") else { return Vec::new() };
    let mut found = vec![index.method_body(up)];
    let mut next = 0;
    while let Some(&body) = found.get(next) {
        next += 1;
        let hir = index.hir(body.file);
        let mut more = index.closures_of(body).to_vec();
        for (_, expr) in index.body(body).exprs() {
            let Expr::Call { callee: Callee::Method { name, .. } | Callee::Static { name, .. }, .. } = expr else { continue };
            let MemberNameKind::Fixed(name) = name.kind else { continue };
            let method = index.find_method(class, hir.text(name)).map(|method| index.method_body(method));
            more.extend(method);
        }
        for body in more {
            if body.file == file && !found.contains(&body) {
                found.push(body);
            }
        }
    }
    found.retain(|body| body.file == file);
    found
}

/// The calls of a file.
struct Calls<'i> {
    index: &'i Index,
    file: FileId,
    by_span: BTreeMap<Span, (BodyKey, ExprId)>,
}

impl<'i> Calls<'i> {
    fn new(index: &'i Index, file: FileId) -> Self {
        let mut by_span = BTreeMap::new();
        for (id, body) in index.hir(file).bodies() {
            for (expr, call) in body.exprs() {
                if matches!(call, Expr::Call { .. }) {
                    by_span.insert(body.expr_span(expr), (BodyKey::new(file, id), expr));
                }
            }
        }
        Self { index, file, by_span }
    }

    fn operation(&self, at: Location, table: Option<String>, outcome: OperationOutcome) -> Operation {
        let call = self.by_span.get(&at.span).filter(|_| at.file == self.file).copied();
        let body = call.map_or_else(|| self.body_around(at), |(body, _)| body);
        let expr = call.map(|(_, expr)| expr);
        Operation { at, body, expr, table, outcome, changes: Vec::new(), demands: Vec::new() }
    }

    /// The innermost body around a place.
    fn body_around(&self, at: Location) -> BodyKey {
        let bodies = self.index.hir(at.file).bodies();
        let around = bodies.filter(|(_, body)| body.span.start <= at.span.start && at.span.end <= body.span.end);
        let innermost = around.min_by_key(|(_, body)| body.span.end.saturating_sub(body.span.start));
        let found = innermost.map(|(id, _)| BodyKey::new(at.file, id));
        found.or_else(|| self.index.top_level(at.file).next()).unwrap_or_else(|| BodyKey::new(at.file, crate::hir::BodyId(0)))
    }

    /// `Schema::table(…)`, `Schema::connection(…)->create(…)`, `DB::statement('alter …')`
    fn is_schema_call(&self, body: BodyKey, call: &Expr) -> bool {
        let hir = self.index.hir(body.file);
        let code = self.index.body(body);
        let facade = |class: ClassRef, name: &str| match class {
            ClassRef::Named(named) => hir.text(named.name).rsplit('\\').next() == Some(name),
            _ => false,
        };
        let Expr::Call { callee, arguments, .. } = call else { return false };
        let (class, name) = match *callee {
            Callee::Static { class, name } => (Some(class), name),
            Callee::Method { receiver, name, .. } => match code.expr(receiver) {
                Expr::Call { callee: Callee::Static { class, name: of }, .. } if matches!(of.kind, MemberNameKind::Fixed(of) if hir.text(of) == "connection") => {
                    (Some(*class), name)
                }
                _ => (None, name),
            },
            _ => return false,
        };
        let (Some(class), MemberNameKind::Fixed(name)) = (class, name.kind) else { return false };
        let name = hir.text(name).to_ascii_lowercase();
        if facade(class, "Schema") {
            return CHANGING.contains(&name.as_str());
        }
        let runs_text = facade(class, "DB") && matches!(name.as_str(), "statement" | "unprepared");
        runs_text
            && arguments.first().is_some_and(|argument| match code.expr(argument.value) {
                Expr::Literal(Literal::String(text)) => is_definition(hir.text(*text)),
                _ => true,
            })
    }

    /// `$table->…` in a closure that ran, without the call itself having run.
    fn is_blueprint_call(&self, trace: &Trace, body: BodyKey, call: &Expr) -> bool {
        let hir = self.index.hir(body.file);
        let code = self.index.body(body);
        let Expr::Call { callee: Callee::Method { receiver, name, .. }, .. } = call else { return false };
        let (Expr::Variable(variable), MemberNameKind::Fixed(name)) = (code.expr(*receiver), name.kind) else { return false };
        let Some(signature) = self.index.signature(body) else { return false };
        let is_parameter = signature.parameters.iter().any(|parameter| hir.text(parameter.name) == hir.text(*variable));
        let ran = trace.visited.iter().any(|(visited, _)| *visited == body);
        is_parameter && ran && has_method("Blueprint", hir.text(name)) && !hir.text(name).to_ascii_lowercase().starts_with("get")
    }
}

/// Methods of `Schema` that change a schema.
const CHANGING: &[&str] =
    &["create", "table", "drop", "dropifexists", "dropcolumns", "rename", "whentablehascolumn", "whentabledoesnthavecolumn"];

fn is_definition(sql: &str) -> bool {
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    matches!(first.as_str(), "ALTER" | "CREATE" | "DROP" | "RENAME" | "TRUNCATE")
}
