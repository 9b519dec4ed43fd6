//! Runs migrations one after the other, each on what the one before left behind.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::{Change, between};
use super::files::{MigrationFile, class_of};
use super::operations::{Operation, Unreversed};
use super::php::{Cause, Decision, Halt, Machine, Object, ObjectId, Scope, Trace, Value};
use super::world::{Connection, ConnectionConfig, Files, Step, StepOutcome, World};
use crate::finding::Location;
use crate::index::{ClassKey, Index, Version};
use crate::schema::apply::{Demand, end_session};
use crate::schema::redundant::{RedundancyKind, redundant};
use crate::schema::{ErrorClass, Origin, Server, SqlError};

mod details;

/// Runs of one migration; where more ways are open, the likely one stands for the rest.
const MAX_PATHS: usize = 96;
/// States that are kept beside each other.
const MAX_WORLDS: usize = 6;

/// Which migrations have run, by the rows of the migrations table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The names in the table.
    Rows(BTreeSet<String>),
    /// The snapshot does not say: nothing counts as run, as for `artisan migrate`.
    Unknown,
}

/// A connection and its schema.
#[derive(Clone, Debug, Default)]
pub struct ConnectionInput {
    /// The schema; none where no snapshot was given.
    pub server: Option<Server>,
    /// Overrides what the project's configuration says.
    pub config: Option<ConnectionConfig>,
}

/// What is evaluated.
#[derive(Debug)]
pub struct Input<'i> {
    /// The project's code.
    pub index: &'i Index,
    /// What its files hold besides.
    pub files: Files,
    /// The migrations in the order in which they run.
    pub migrations: Vec<MigrationFile>,
    /// The name of the default connection.
    pub default: String,
    /// Connections by name.
    pub connections: BTreeMap<String, ConnectionInput>,
    /// Which migrations have run.
    pub recorded: Recorded,
    /// Each operation is judged by itself, and `down()` is run, too.
    pub details: bool,
}

/// How a migration ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It works.
    Ok,
    /// It fails.
    Fails,
    /// It has run before.
    Recorded,
    /// It could not be decided.
    Undetermined,
}

/// Why a migration fails.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationError {
    /// What went wrong.
    pub class: ErrorClass,
    /// The server's error, where it is one.
    pub sql: Option<SqlError>,
    /// The words of the exception, without values of rows.
    pub message: String,
    /// The statement that the server refused.
    pub statement: Option<String>,
    /// The call.
    pub at: Option<Location>,
}

/// What a verdict takes for granted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// The environment, the configuration or rows are as is likely.
    Likely(Cause),
    /// Rows fulfil what a statement asks of them.
    Rows(Demand),
}

/// What could not be decided inside a migration.
pub type Gap = (Option<Location>, String);

/// The verdict on one migration.
#[derive(Clone, Debug, PartialEq)]
pub struct MigrationResult {
    /// The file.
    pub file: MigrationFile,
    /// How it ends.
    pub status: Status,
    /// Why it fails.
    pub error: Option<MigrationError>,
    /// The statements that it runs.
    pub steps: Vec<Step>,
    /// What it changes, partial effects included.
    pub changes: Vec<Change>,
    /// What the verdict takes for granted.
    pub assumptions: Vec<Assumption>,
    /// What could not be decided, and why.
    pub gaps: Vec<Gap>,
    /// What it does, place by place; only where [`Input::details`] asks for it.
    pub operations: Vec<Operation>,
    /// What `down()` does not undo; only where [`Input::details`] asks for it.
    pub unreversed: Option<Unreversed>,
    /// Where it stops when it is run again after its failure; only where [`Input::details`] asks for it.
    pub second_run: Option<Location>,
}

/// An index that another one makes superfluous, after all migrations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedundantIndex {
    /// The table.
    pub table: String,
    /// The superfluous index.
    pub index: crate::schema::Index,
    /// The one that covers it.
    pub of: crate::schema::Index,
    /// Why.
    pub kind: RedundancyKind,
    /// The server may have made it for a foreign key, and then drops it by itself.
    pub may_be_implicit: bool,
}

/// All verdicts.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// One for each migration, in order.
    pub migrations: Vec<MigrationResult>,
    /// The default connection's schema before.
    pub before: Server,
    /// And after.
    pub after: Server,
    /// The superfluous indexes that were there before.
    pub redundant_before: Vec<RedundantIndex>,
    /// And those that are there after.
    pub redundant_after: Vec<RedundantIndex>,
    /// The name of the default connection.
    pub default: String,
    /// The driver of the default connection.
    pub driver: String,
    /// Names of the migrations table on the default connection.
    pub migrations_table: String,
}

impl Evaluation {
    /// Pairs of pending migrations of which the later one runs into what the earlier one makes, by their positions.
    #[must_use]
    pub fn collisions(&self) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        for (later, migration) in self.migrations.iter().enumerate() {
            for step in &migration.steps {
                if let Some(Origin::Migration(earlier)) = step.obstacle.as_ref().map(|obstacle| obstacle.origin) {
                    let earlier = usize::try_from(earlier).unwrap_or(usize::MAX);
                    if earlier < later && migration.status == Status::Fails {
                        pairs.insert((earlier, later));
                    }
                }
            }
        }
        pairs
    }

    /// The migration at which `artisan migrate` stops.
    #[must_use]
    pub fn first_failure(&self) -> Option<&MigrationResult> {
        self.migrations.iter().find(|migration| migration.status == Status::Fails)
    }
}

/// One way through a migration.
struct Path {
    world: World,
    end: End,
    steps: Vec<Step>,
    gaps: Vec<Gap>,
    decisions: Vec<Decision>,
    assumed: BTreeSet<Cause>,
    trace: Trace,
}

#[derive(Clone, Debug, PartialEq)]
enum End {
    Done,
    Failed(Box<MigrationError>),
}

impl Path {
    fn is_likely(&self) -> bool {
        self.decisions.iter().all(|decision| decision.taken == decision.likely)
    }

    /// True where only conditions on code that is not here went another way than the likely one.
    fn differs_by_code(&self) -> bool {
        self.decisions.iter().all(|decision| decision.taken == decision.likely || !decision.cause.is_assumable())
    }

    fn same_end(&self, other: &Self) -> bool {
        let key = |end: &End| match end {
            End::Done => None,
            End::Failed(error) => Some((error.class, error.sql.clone())),
        };
        key(&self.end) == key(&other.end) && self.gaps.is_empty() == other.gaps.is_empty() && self.world == other.world
    }
}

/// Evaluates migrations.
#[must_use]
pub fn evaluate(input: &Input<'_>) -> Evaluation {
    let mut worlds = vec![start(input)];
    let default = worlds[0].default.clone();
    let before = worlds[0].server(&default).cloned().unwrap_or_default();
    let mut migrations = Vec::new();
    for (position, file) in input.migrations.iter().enumerate() {
        if let Recorded::Rows(names) = &input.recorded
            && names.contains(&file.name)
        {
            migrations.push(without_run(file, Status::Recorded, Vec::new()));
            continue;
        }
        let number = u32::try_from(position).unwrap_or(u32::MAX);
        let (result, next) = run_in(input, file, number, &worlds);
        worlds = next;
        migrations.push(result);
    }
    let after = worlds[0].server(&default).cloned().unwrap_or_default();
    let config = worlds[0].config(&default);
    let migrations_table = format!("{}migrations", config.prefix);
    Evaluation {
        redundant_before: redundant_of(&before, &migrations_table),
        redundant_after: redundant_of(&after, &migrations_table),
        migrations,
        before,
        after,
        default,
        driver: config.driver,
        migrations_table,
    }
}

/// The superfluous indexes of a server's database.
fn redundant_of(server: &Server, migrations_table: &str) -> Vec<RedundantIndex> {
    let tables = server.database().into_iter().flat_map(|database| database.tables.values());
    tables
        .filter(|table| table.name != migrations_table && !table.temporary)
        .flat_map(|table| {
            redundant(table).into_iter().map(|found| RedundantIndex {
                table: table.name.clone(),
                index: found.index.clone(),
                of: found.of.clone(),
                kind: found.kind,
                may_be_implicit: found.may_be_implicit,
            })
        })
        .collect()
}

/// The state before the first migration: connections as the configuration has them.
fn start(input: &Input<'_>) -> World {
    let mut world = World {
        connections: BTreeMap::new(),
        default: input.default.clone(),
        configured_default: input.default.clone(),
        string_length: 255,
        morph_key: "int".to_owned(),
        migration: 0,
    };
    for (name, connection) in &input.connections {
        let config = connection.config.clone().unwrap_or_default();
        let server = connection.server.clone();
        world.connections.insert(name.clone(), Connection { config, server, ..Connection::default() });
    }
    world
}

fn without_run(file: &MigrationFile, status: Status, gaps: Vec<Gap>) -> MigrationResult {
    MigrationResult {
        file: file.clone(),
        status,
        error: None,
        steps: Vec::new(),
        changes: Vec::new(),
        assumptions: Vec::new(),
        gaps,
        operations: Vec::new(),
        unreversed: None,
        second_run: None,
    }
}

fn php_error(message: impl Into<String>) -> MigrationError {
    let message = message.into();
    let class = if message == "There is no active transaction" { ErrorClass::NoActiveTransaction } else { ErrorClass::PhpError };
    MigrationError { class, sql: None, message, statement: None, at: None }
}

/// Runs a migration in every state that is possible, on every way that is open.
fn run_in(input: &Input<'_>, file: &MigrationFile, number: u32, worlds: &[World]) -> (MigrationResult, Vec<World>) {
    let mut paths = Vec::new();
    for world in worlds {
        let mut given: Vec<bool> = Vec::new();
        loop {
            let path = run_path(input, file, number, world.clone(), Run { given: given.clone(), ..Run::default() });
            let made: Vec<bool> = path.decisions.iter().map(|decision| decision.taken).collect();
            let likely: Vec<bool> = path.decisions.iter().map(|decision| decision.likely).collect();
            paths.push(path);
            // The next way: the last condition that has not gone both ways yet.
            let next = (0..made.len()).rev().find(|&place| made[place] == likely[place]);
            let Some(place) = next.filter(|_| paths.len() < MAX_PATHS * worlds.len()) else { break };
            given = made[..place].to_vec();
            given.push(!likely[place]);
        }
    }
    let main = paths.iter().position(Path::is_likely).unwrap_or_default();
    let details = input.details.then(|| details::Main::of(&paths[main]));
    let (mut result, next) = join(file, &worlds[0], paths);
    if let Some(main) = details {
        details::add(input, number, &worlds[0], &main, &mut result);
    }
    (result, next)
}

/// How a migration is run.
#[derive(Default)]
struct Run {
    /// The ways that conditions take, as far as they are given.
    given: Vec<bool>,
    /// Refused statements are passed over.
    mends: bool,
    /// `down()` in place of `up()`.
    backwards: bool,
}

fn run_path(input: &Input<'_>, file: &MigrationFile, number: u32, world: World, run: Run) -> Path {
    let mut world = world;
    world.migration = number;
    let mut machine = Machine::new(input.index, &input.files, world, run.given);
    machine.mends = run.mends;
    let end = run_method(&mut machine, input, file, if run.backwards { "down" } else { "up" });
    machine.world.default.clone_from(&machine.world.configured_default);
    for connection in machine.world.connections.values_mut() {
        // Each file is run by itself, in a session of its own.
        (connection.level, connection.committed) = (0, false);
        if let Some(server) = connection.server.as_mut() {
            end_session(server);
        }
    }
    let mut gaps = std::mem::take(&mut machine.gaps);
    let end = match end {
        Ok(()) => End::Done,
        Err(Halt::Exit) => End::Done,
        Err(Halt::Stuck(reason)) => {
            gaps.push((machine.at.last().copied(), reason));
            End::Done
        }
        Err(Halt::Throw(id)) => End::Failed(Box::new(thrown(&machine, id))),
    };
    Path {
        world: machine.world,
        end,
        steps: machine.steps,
        gaps,
        decisions: machine.decisions.made,
        assumed: machine.assumed,
        trace: machine.trace,
    }
}

fn thrown(machine: &Machine<'_>, id: super::php::ObjectId) -> MigrationError {
    let Object::Exception(exception) = machine.object(id) else {
        return php_error(format!("an exception of the class {}", machine.class_of(id)));
    };
    match &exception.sql {
        Some(error) => MigrationError {
            class: error.class,
            message: error.pdo_message(),
            sql: Some(error.clone()),
            statement: exception.statement.clone(),
            at: machine.steps.iter().rev().find(|step| matches!(step.outcome, StepOutcome::Failed(_))).and_then(|step| step.at),
        },
        None => MigrationError { at: machine.at.first().copied(), ..php_error(exception.message.clone()) },
    }
}

/// Makes the migration and calls its `up()` or `down()`.
fn run_method(machine: &mut Machine<'_>, input: &Input<'_>, file: &MigrationFile, name: &str) -> Result<(), Halt> {
    let hir = input.index.hir(file.file);
    if !hir.interface.errors.is_empty() {
        return machine.throw("ParseError", "the file has a syntax error");
    }
    let earlier = input.migrations.iter().take_while(|other| other.name != file.name);
    let Some(class) = class_of(input.index, file) else {
        return machine.throw("Error", "the class that the file's name asks for is not in it");
    };
    if let Some(name) = input.index.class(class).name {
        let name = hir.text(name);
        let is_recorded = |other: &MigrationFile| matches!(&input.recorded, Recorded::Rows(names) if names.contains(&other.name));
        for other in earlier.filter(|other| !is_recorded(other)) {
            let declared = class_of(input.index, other).and_then(|class| input.index.class(class).name);
            if declared.is_some_and(|declared| input.index.hir(other.file).text(declared).eq_ignore_ascii_case(name)) {
                let message = format!("Cannot declare class {name}, because the name is already in use: {}", other.path);
                return machine.throw("Error", message);
            }
        }
    }
    let value = machine.instance(class)?;
    let Value::Object(id) = value else { return Ok(()) };
    if let Some(method) = input.index.find_method(class, "__construct") {
        machine.run_method(method, class, Some(id), Vec::new().into())?;
    }
    let connection = machine.call_method(id, "getConnection", Vec::new())?;
    if !connection.is_null() {
        machine.world.default = machine.connection_name(&connection)?;
    }
    if name == "up" && is_declined(machine, input, class, id)? {
        return Ok(());
    }
    let Some(method) = input.index.find_method(class, name) else { return Ok(()) };
    let body = input.index.method_body(method);
    if input.index.method(method).is_static {
        return Ok(());
    }
    machine.run_body(body, Some(id), Some(class), Scope::default(), Vec::new().into()).map(drop)
}

/// True where the migration itself says that it is not to run; it stays pending then.
///
/// `laravel/framework:src/Illuminate/Database/Migrations/Migrator.php (runUp)`, since Laravel 12
fn is_declined(machine: &mut Machine<'_>, input: &Input<'_>, class: ClassKey, id: ObjectId) -> Result<bool, Halt> {
    let asks = input.index.options().laravel >= Version::new(12, 0, 0) && input.index.find_method(class, "shouldRun").is_some();
    if !asks {
        return Ok(false);
    }
    let answer = machine.call_method(id, "shouldRun", Vec::new())?;
    machine.truth(&answer).map(|runs| !runs)
}

/// One verdict from all ways.
fn join(file: &MigrationFile, before: &World, paths: Vec<Path>) -> (MigrationResult, Vec<World>) {
    let mut assumptions: BTreeSet<Assumption> = BTreeSet::new();
    let likely = paths.iter().position(Path::is_likely).unwrap_or_default();
    let main = &paths[likely];
    assumptions.extend(main.assumed.iter().cloned().map(Assumption::Likely));
    let mut is_open = !main.gaps.is_empty();
    let mut gaps = main.gaps.clone();
    let mut others: Vec<&Path> = Vec::new();
    for path in paths.iter().filter(|path| !path.same_end(main)) {
        if path.differs_by_code() {
            // Nothing settles which way the code goes.
            is_open = true;
            let reasons = path.decisions.iter().filter(|decision| decision.taken != decision.likely);
            gaps.extend(reasons.filter_map(|decision| match &decision.cause {
                Cause::Code(reason) => Some((None, reason.clone())),
                _ => None,
            }));
            if !others.iter().any(|other| other.world == path.world) && path.world != main.world {
                others.push(path);
            }
        } else {
            let causes = path.decisions.iter().filter(|decision| decision.taken != decision.likely);
            let causes = causes.map(|decision| &decision.cause).filter(|cause| cause.is_assumable());
            assumptions.extend(causes.cloned().map(Assumption::Likely));
        }
    }
    gaps.sort();
    gaps.dedup();
    for demand in main.steps.iter().flat_map(|step| &step.demands) {
        assumptions.insert(Assumption::Rows(demand.clone()));
    }
    let (status, error) = match (&main.end, is_open) {
        (_, true) => (Status::Undetermined, None),
        (End::Done, false) => (Status::Ok, None),
        (End::Failed(error), false) => (Status::Fails, Some((**error).clone())),
    };
    let changes = match (before.server(&before.default), main.world.server(&before.default)) {
        (Some(old), Some(new)) => between(old, new),
        _ => Vec::new(),
    };
    let result = MigrationResult {
        file: file.clone(),
        status,
        error,
        steps: main.steps.clone(),
        changes,
        assumptions: assumptions.into_iter().collect(),
        gaps,
        operations: Vec::new(),
        unreversed: None,
        second_run: None,
    };
    let mut worlds = vec![main.world.clone()];
    worlds.extend(others.iter().take(MAX_WORLDS - 1).map(|path| path.world.clone()));
    (result, worlds)
}

/// The name of what an index comes from: `snapshot`, or the file of a migration.
#[must_use]
pub fn origin_name(evaluation: &Evaluation, origin: Origin) -> String {
    match origin {
        Origin::Migration(number) => {
            let place = usize::try_from(number).unwrap_or(usize::MAX);
            evaluation.migrations.get(place).map(|migration| format!("{}.php", migration.file.name)).unwrap_or_default()
        }
        Origin::Snapshot(..) | Origin::Unknown => "snapshot".to_owned(),
    }
}
