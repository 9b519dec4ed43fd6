//! What a migration can see and change: databases by connection, and the files of the project.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Location;
use crate::index::BodyKey;
use crate::schema::apply::Demand;
use crate::schema::sql::Statement;
use crate::schema::{Index, Origin, Server, SqlError};

/// How a connection is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionConfig {
    /// `mysql` or `mariadb`
    pub driver: String,
    /// The prefix of tables.
    pub prefix: String,
    /// The prefix stands in names of indexes, too.
    pub prefix_indexes: bool,
    /// `charset`
    pub charset: Option<String>,
    /// `collation`
    pub collation: Option<String>,
    /// `engine`
    pub engine: Option<String>,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            driver: "mysql".to_owned(),
            prefix: String::new(),
            prefix_indexes: true,
            charset: Some("utf8mb4".to_owned()),
            collation: Some("utf8mb4_unicode_ci".to_owned()),
            engine: None,
        }
    }
}

/// A connection and its database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Connection {
    pub config: ConnectionConfig,
    /// The schema; none where no snapshot of it was given.
    pub server: Option<Server>,
    /// Transactions that were begun.
    pub level: u32,
    /// A statement ended the transaction without being asked to.
    pub committed: bool,
    /// Tables whose state is not known any more, and why.
    pub uncertain: BTreeMap<String, String>,
}

/// All that migrations change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct World {
    pub connections: BTreeMap<String, Connection>,
    pub default: String,
    /// The connection that the configuration calls the default one.
    pub configured_default: String,
    /// `Schema::defaultStringLength`
    pub string_length: i64,
    /// `Schema::morphUsingUuids`
    pub morph_key: String,
    /// The position of the migration that runs.
    pub migration: u32,
}

impl World {
    pub(crate) fn config(&self, connection: &str) -> ConnectionConfig {
        self.connections.get(connection).map(|found| found.config.clone()).unwrap_or_default()
    }

    pub(crate) fn driver(&self, connection: &str) -> String {
        self.config(connection).driver
    }

    pub(crate) fn server(&self, connection: &str) -> Option<&Server> {
        self.connections.get(connection)?.server.as_ref()
    }
}

/// How a statement ended.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutcome {
    /// It worked.
    Done,
    /// The server refused it.
    Failed(Box<SqlError>),
    /// Whether it worked is not known, and why.
    Unknown(String),
}

/// A statement that a migration ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The connection.
    pub connection: String,
    /// The statement.
    pub sql: String,
    /// The statement as it was read; none where it was not.
    pub statement: Option<Statement>,
    /// The call that ran it.
    pub at: Option<Location>,
    /// How it ended.
    pub outcome: StepOutcome,
    /// What it asks of the rows.
    pub demands: Vec<Demand>,
    /// What it changed.
    pub changes: Vec<super::changes::Change>,
    /// What the server found in the way, where it refused the statement for that.
    pub obstacle: Option<Box<Obstacle>>,
    /// It was refused, and what follows ran as if it were not there.
    pub passed_over: bool,
}

/// What is in the way of a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Obstacle {
    /// What it comes from.
    pub origin: Origin,
    /// The index, where it is one.
    pub index: Option<Index>,
}

/// What the project's files hold besides code.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// Texts by path relative to the root: what `file_get_contents(base_path('…'))` finds.
    pub texts: BTreeMap<String, String>,
    /// Paths of migrations that exist.
    pub migrations: BTreeSet<String>,
    /// `Blueprint::macro('name', …)`: the closure by the name in lower case.
    pub blueprint_macros: BTreeMap<String, BodyKey>,
    /// Top-level code of the files of the folder `config`, by their name.
    pub configuration: BTreeMap<String, BodyKey>,
    /// Paths by file.
    pub paths: Vec<String>,
    /// What the rows of a dump do not fulfil, by connection.
    pub violated: BTreeSet<(String, Demand)>,
}
