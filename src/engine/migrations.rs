//! From a project and its snapshots to the evaluation of its migrations.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::index::Index;
use crate::migrate::{
    Assumption, ConnectionConfig, ConnectionInput, Disagreement, Evaluation, Files, Input, MigrationFile, Recorded, SchemaRun,
    connections, evaluate,
};
use crate::schema::apply::Demand;
use crate::schema::read::{Duplicates, Problem, ProblemKind, Snapshot, SnapshotKind, UniqueCheck, check_uniques};
use crate::schema::{RowFacts, Server};

/// Evaluations, until no new collision of rows comes up.
const MAX_ROUNDS: usize = 8;

/// Opens a snapshot again, by its position among those of a connection.
pub type Reopen<'r> = &'r dyn Fn(&str, usize) -> io::Result<Box<dyn io::Read>>;

/// The snapshots of a run: of the default connection, and of others by name.
#[derive(Debug, Default)]
pub struct Snapshots {
    /// Those of the default connection, in the order in which they were named.
    pub default: Vec<Snapshot>,
    /// Of other connections.
    pub others: BTreeMap<String, Snapshot>,
}

/// Evaluates the migrations of a project.
///
/// # Errors
/// Where a dump cannot be read a second time.
pub fn migrations(
    index: &Index,
    files: Files,
    migrations: Vec<MigrationFile>,
    snapshots: &Snapshots,
    details: bool,
    reopen: Reopen<'_>,
) -> io::Result<SchemaRun> {
    let (default, mut configured) = connections(index, &files);
    let has_configuration = files.configuration.contains_key("database");
    let from_scratch = snapshots.default.is_empty();
    let mut problems = Vec::new();
    for snapshot in snapshots.default.iter().chain(snapshots.others.values()) {
        problems.extend(snapshot.problems.iter().map(|problem| (snapshot.name.clone(), problem.clone())));
    }
    let names: Vec<String> = snapshots.default.iter().map(|snapshot| snapshot.name.clone()).collect();
    let server_version = snapshots.default.iter().find_map(|snapshot| snapshot.server_version.clone());
    let (server, disagreements) = merged(&snapshots.default);
    if !has_configuration {
        let config = configured.entry(default.clone()).or_default();
        config.prefix = inferred_prefix(&server).unwrap_or_default();
    }
    let prefix = configured.get(&default).map(|config| config.prefix.clone()).unwrap_or_default();
    let rows = recorded_rows(&snapshots.default, &server, &prefix);
    let knows_recorded = from_scratch || rows.is_some();
    let recorded_count = rows.as_ref().map_or(0, BTreeSet::len);
    let mut inputs: BTreeMap<String, ConnectionInput> = configured
        .iter()
        .map(|(name, config)| (name.clone(), ConnectionInput { server: None, config: Some(config.clone()) }))
        .collect();
    inputs.entry(default.clone()).or_default().server = Some(server);
    for (name, snapshot) in &snapshots.others {
        let mut server = snapshot.server.clone();
        choose_database(snapshot, &mut server);
        let config = configured.get(name).or_else(|| configured.get(&default)).cloned().unwrap_or_default();
        inputs.insert(name.clone(), ConnectionInput { server: Some(server), config: Some(ConnectionConfig { ..config }) });
    }
    let found = migrations.iter().map(|migration| migration.path.clone()).collect();
    let mut input = Input {
        index,
        files,
        migrations,
        default,
        connections: inputs,
        recorded: rows.map_or(Recorded::Unknown, Recorded::Rows),
        details,
    };
    let evaluation = with_rows(&mut input, snapshots, reopen)?;
    Ok(SchemaRun {
        evaluation,
        knows_recorded,
        from_scratch,
        recorded: recorded_count,
        found,
        problems,
        disagreements,
        names,
        server_version,
    })
}

/// Evaluates, looks at the rows of the dump where a new unique needs it, and evaluates again where rows collide.
fn with_rows(input: &mut Input<'_>, snapshots: &Snapshots, reopen: Reopen<'_>) -> io::Result<Evaluation> {
    let mut known: BTreeMap<(String, Demand), Duplicates> = BTreeMap::new();
    let mut evaluation = evaluate(input);
    for _ in 0..MAX_ROUNDS {
        let mut found = false;
        let steps = evaluation.migrations.iter().flat_map(|migration| &migration.steps);
        let demands: BTreeSet<(String, Demand)> =
            steps.flat_map(|step| step.demands.iter().map(|demand| (step.connection.clone(), demand.clone()))).collect();
        for key in demands {
            if known.contains_key(&key) {
                continue;
            }
            let answer = check(input, snapshots, &key, reopen)?;
            if answer == Duplicates::Found {
                input.files.violated.insert(key.clone());
                found = true;
            }
            known.insert(key, answer);
        }
        if !found {
            break;
        }
        evaluation = evaluate(input);
    }
    // What was looked up needs no assumption.
    let is_proven = |demand: &Demand| known.iter().any(|((_, asked), answer)| asked == demand && *answer == Duplicates::None);
    for migration in &mut evaluation.migrations {
        migration.assumptions.retain(|assumption| !matches!(assumption, Assumption::Rows(demand) if is_proven(demand)));
    }
    Ok(evaluation)
}

fn check(
    input: &Input<'_>,
    snapshots: &Snapshots,
    (connection, demand): &(String, Demand),
    reopen: Reopen<'_>,
) -> io::Result<Duplicates> {
    let Demand::NoDuplicates { table, columns, .. } = demand else { return Ok(Duplicates::Unknown) };
    let of_connection: Vec<&Snapshot> = if *connection == input.default {
        snapshots.default.iter().collect()
    } else {
        snapshots.others.get(connection).into_iter().collect()
    };
    let Some(server) = input.connections.get(connection).and_then(|found| found.server.as_ref()) else {
        return Ok(Duplicates::Unknown);
    };
    for (place, snapshot) in of_connection.into_iter().enumerate() {
        // The dump's own name of the database: the empty one where the dump names none.
        for (database, tables) in &snapshot.server.databases {
            let is_current = *database == server.current || snapshot.server.databases.len() == 1;
            let Some(found) = tables.tables.get(table).filter(|_| is_current) else { continue };
            if !matches!(found.rows, RowFacts::AtLeast(_)) || columns.iter().any(|column| found.column(column).is_none()) {
                continue;
            }
            let checks = [UniqueCheck { database: database.clone(), table: found, columns: columns.clone() }];
            let answers = check_uniques(&checks, || reopen(connection, place))?;
            return Ok(answers.first().copied().unwrap_or(Duplicates::Unknown));
        }
    }
    Ok(Duplicates::Unknown)
}

/// Makes the application's database the current one: the one of the dump's head, else the one with a migrations table.
fn choose_database(snapshot: &Snapshot, server: &mut Server) {
    let filled: Vec<String> = server
        .databases
        .iter()
        .filter(|(_, database)| !database.tables.is_empty() || !database.views.is_empty())
        .map(|(name, _)| name.clone())
        .collect();
    let header = snapshot.header_database.clone();
    let has_rows = |name: &&String| snapshot.migrations.keys().any(|(database, _)| database == *name);
    let has_table = |name: &&String| snapshot.migration_tables.iter().any(|(database, _)| database == *name);
    let chosen = match filled.as_slice() {
        [] => server.current.clone(),
        [only] => only.clone(),
        _ => header
            .clone()
            .filter(|name| filled.contains(name))
            .or_else(|| filled.iter().find(has_rows).cloned())
            .or_else(|| filled.iter().find(has_table).cloned())
            .unwrap_or_else(|| filled[0].clone()),
    };
    server.current.clone_from(&chosen);
    if chosen.is_empty()
        && let Some(name) = header
        && let Some(database) = server.databases.remove("")
    {
        server.databases.insert(name.clone(), database);
        server.current = name;
    }
}

/// One schema from all snapshots of a connection. Of two that disagree the first one counts.
fn merged(snapshots: &[Snapshot]) -> (Server, Vec<Disagreement>) {
    let mut disagreements = Vec::new();
    let Some((first, rest)) = snapshots.split_first() else { return (Server::default(), disagreements) };
    let mut server = first.server.clone();
    choose_database(first, &mut server);
    for snapshot in rest {
        let mut other = snapshot.server.clone();
        choose_database(snapshot, &mut other);
        let Some(tables) = other.database().map(|database| database.tables.clone()) else { continue };
        let current = server.current.clone();
        let own = server.databases.entry(current).or_default();
        for (name, table) in tables.iter() {
            let Some(known) = own.tables.get(name) else {
                own.tables.insert(name.clone(), table.clone());
                continue;
            };
            let mut add = |index: Option<&str>| {
                disagreements.push(Disagreement {
                    table: name.clone(),
                    index: index.map(str::to_owned),
                    first: first.name.clone(),
                    second: snapshot.name.clone(),
                });
            };
            let missing = |left: &crate::schema::Table, right: &crate::schema::Table| -> Vec<String> {
                let same = |a: &crate::schema::Index, b: &crate::schema::Index| a.name == b.name && a.parts == b.parts;
                let gone = left.indexes.iter().filter(|index| !right.indexes.iter().any(|other| same(index, other)));
                gone.map(|index| index.name.clone()).collect()
            };
            let differing: BTreeSet<String> = missing(known, table).into_iter().chain(missing(table, known)).collect();
            differing.iter().for_each(|index| add(Some(index)));
            let columns = |table: &crate::schema::Table| -> BTreeSet<String> {
                table.columns.iter().map(|column| column.name.to_lowercase()).collect()
            };
            if snapshot.kind == SnapshotKind::Dump && first.kind == SnapshotKind::Dump && columns(known) != columns(table) {
                add(None);
            }
        }
    }
    (server, disagreements)
}

/// `app_` where the one migrations table is called `app_migrations`.
fn inferred_prefix(server: &Server) -> Option<String> {
    let tables = &server.database()?.tables;
    if tables.contains_key("migrations") {
        return None;
    }
    let is_migrations = |name: &&String| name.ends_with("_migrations");
    let mut found = tables.keys().filter(is_migrations);
    let only = found.next().filter(|_| found.next().is_none())?;
    let prefix = only.strip_suffix("migrations")?;
    tables.keys().all(|name| name.starts_with(prefix)).then(|| prefix.to_owned())
}

/// The rows of the migrations table; none where no snapshot holds any.
fn recorded_rows(snapshots: &[Snapshot], server: &Server, prefix: &str) -> Option<BTreeSet<String>> {
    let table = format!("{prefix}migrations");
    let mut rows = BTreeSet::new();
    for snapshot in snapshots {
        let single = snapshot.server.databases.values().filter(|database| !database.tables.is_empty()).count() <= 1;
        for ((database, name), names) in &snapshot.migrations {
            if *name == table && (single || *database == server.current) {
                rows.extend(names.iter().cloned());
            }
        }
    }
    (!rows.is_empty()).then_some(rows)
}

/// True for a problem after which a snapshot says less than it should.
#[must_use]
pub fn is_grave(problem: &Problem) -> bool {
    !matches!(problem.kind, ProblemKind::Encoding)
}
