//! `Illuminate\Database\Connection` and the facade `DB`.
//!
//! `laravel/framework:src/Illuminate/Database/Connection.php`

use crate::migrate::changes;
use crate::migrate::php::{Arguments, Cause, Exception, Halt, Machine, Object, Outcome, Value, operators};
use crate::migrate::world::{Obstacle, Step, StepOutcome};
use crate::schema::apply::{Failure, Mode, execute};
use crate::schema::sql::{Dialect, Statement, parse};
use crate::schema::{ErrorClass, Index, Origin, RowFacts, Server, SqlError};

impl Machine<'_> {
    /// The name of a connection; the default one where none is given.
    pub(crate) fn connection_name(&mut self, name: &Value) -> Outcome<String> {
        if name.is_null() {
            return Ok(self.world.default.clone());
        }
        Ok(self.known_text(name, "the name of a connection")?.to_string())
    }

    /// The database of a connection must be known.
    pub(crate) fn require(&mut self, connection: &str) -> Outcome<()> {
        match self.world.server(connection) {
            Some(_) => Ok(()),
            None => Self::stuck(format!("no snapshot of the connection {connection} was given")),
        }
    }

    /// Runs a statement, and throws where the server refuses it.
    pub(crate) fn statement(&mut self, connection: &str, sql: &str) -> Outcome<()> {
        let before = self.steps.len();
        let result = self.run_sql(connection, sql);
        let is_refusal = matches!(&result, Err(Halt::Throw(_)));
        if !(is_refusal && self.mends && self.tries == 0) {
            return result;
        }
        self.steps.iter_mut().skip(before).for_each(|step| step.passed_over = true);
        Ok(())
    }

    fn run_sql(&mut self, connection: &str, sql: &str) -> Outcome<()> {
        self.require(connection)?;
        let dialect = Dialect::default();
        let mut step = self.step(connection, sql);
        let statement = match parse(sql, dialect) {
            Ok(Some(statement)) => statement,
            Ok(None) => {
                let error = SqlError::new(ErrorClass::SqlError, 1065, "Query was empty");
                return self.refused(step, error);
            }
            Err(error) if error.is_certain => {
                let message = format!(
                    "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for \
                     the right syntax to use near '{}' at line {}",
                    error.near,
                    1 + sql[..error.at].matches('\n').count()
                );
                let refused = SqlError::new(ErrorClass::SyntaxError, 1064, message);
                let refused = if error.near.starts_with('.') {
                    SqlError::new(ErrorClass::SqlError, 1103, "Incorrect table name")
                } else {
                    refused
                };
                return self.refused(step, with_table(refused, sql));
            }
            Err(error) => {
                let reason = format!("the statement could not be read: {} was expected", error.expected);
                step.outcome = StepOutcome::Unknown(reason.clone());
                self.steps.push(step);
                return Self::stuck(reason);
            }
        };
        self.run_statement(step, statement)
    }

    fn run_statement(&mut self, mut step: Step, statement: Statement) -> Outcome<()> {
        let origin = Origin::Migration(self.world.migration);
        let connection = step.connection.clone();
        let touched = tables_of(&statement);
        let Some(entry) = self.world.connections.get_mut(&connection) else { return Ok(()) };
        if entry.level > 0 && commits(&statement) {
            entry.committed = true;
        }
        if let Some(reason) = touched.iter().find_map(|table| entry.uncertain.get(*table)).cloned() {
            step.outcome = StepOutcome::Unknown(reason.clone());
            step.statement = Some(statement);
            self.steps.push(step);
            return Self::stuck(reason);
        }
        let Some(server) = entry.server.as_mut() else { return Ok(()) };
        let before = server.clone();
        match execute(server, &statement, origin, Mode::Live) {
            Ok(demands) => {
                step.changes = changes::between(&before, server);
                step.demands = demands;
                step.statement = Some(statement);
                self.check_rows(step, before)
            }
            Err(Failure::Server(error)) => {
                step.statement = Some(statement);
                self.refused(step, with_table(error, ""))
            }
            Err(Failure::Unknown(reason)) => {
                step.outcome = StepOutcome::Unknown(reason.clone());
                let names: Vec<String> = touched.iter().map(|table| (*table).to_owned()).collect();
                for name in names {
                    entry.uncertain.insert(name, reason.clone());
                }
                step.statement = Some(statement);
                self.steps.push(step);
                Self::stuck(reason)
            }
        }
    }

    /// What a statement asks of rows that the dump holds was looked up before; a collision is an error of the statement.
    fn check_rows(&mut self, step: Step, before: crate::schema::Server) -> Outcome<()> {
        let key = |demand: &crate::schema::apply::Demand| (step.connection.clone(), demand.clone());
        let violated = step.demands.iter().find(|demand| self.files.violated.contains(&key(demand))).cloned();
        let Some(demand) = violated else {
            self.steps.push(step);
            return Ok(());
        };
        let crate::schema::apply::Demand::NoDuplicates { table, index, .. } = demand else {
            self.steps.push(step);
            return Ok(());
        };
        // The statement did nothing after all.
        let error = SqlError::new(ErrorClass::DuplicateRow, 1062, format!("Duplicate entry '…' for key '{index}'"));
        if let Some(entry) = self.world.connections.get_mut(&step.connection) {
            entry.server = Some(before);
        }
        let mut step = step;
        step.changes.clear();
        self.refused(step, error.on(&table).index(&index))
    }

    /// The server does not know a column of a query.
    pub(crate) fn unknown_column<T>(&mut self, connection: &str, table: &str, column: &str, sql: &str) -> Outcome<T> {
        let error = SqlError::new(ErrorClass::ColumnMissing, 1054, format!("Unknown column '{column}' in 'where clause'"));
        let step = self.step(connection, sql);
        self.refused(step, error.on(table).column(column))
    }

    fn step(&self, connection: &str, sql: &str) -> Step {
        Step {
            connection: connection.to_owned(),
            sql: sql.to_owned(),
            statement: None,
            at: self.own_place(),
            outcome: StepOutcome::Done,
            demands: Vec::new(),
            changes: Vec::new(),
            obstacle: None,
            passed_over: false,
        }
    }

    /// Columns of a statement on one table, where it has one that the table does not have.
    fn check_raw_columns(&mut self, connection: &str, sql: &str) -> Outcome<()> {
        let Some(server) = self.world.server(connection) else { return Ok(()) };
        match super::select::missing_column(server, sql) {
            Some((table, column)) => self.unknown_column(connection, &table, &column, sql),
            None => Ok(()),
        }
    }

    /// The exception that the framework throws for an error of the server.
    pub(crate) fn refused<T>(&mut self, mut step: Step, error: SqlError) -> Outcome<T> {
        let class = if error.errno == 1062 {
            "Illuminate\\Database\\UniqueConstraintViolationException"
        } else {
            "Illuminate\\Database\\QueryException"
        };
        let message = format!("{} (Connection: {}, SQL: {})", error.pdo_message(), step.connection, step.sql);
        let exception = Exception {
            class: class.to_owned(),
            message,
            code: Value::text(error.state),
            previous: Value::Null,
            sql: Some(error.clone()),
            statement: Some(step.sql.clone()),
        };
        step.obstacle = self.world.server(&step.connection).and_then(|server| obstacle(server, &error)).map(Box::new);
        step.outcome = StepOutcome::Failed(Box::new(error));
        self.steps.push(step);
        Err(Halt::Throw(self.new_object(Object::Exception(Box::new(exception)))))
    }

    /// A statement with its bindings put in.
    fn bound_sql(&mut self, arguments: &Arguments) -> Outcome<String> {
        let query = arguments.value(0, "query");
        let sql = self.known_text(&query, "a statement")?;
        let bindings = arguments.value(1, "bindings");
        let Some(bindings) = bindings.as_array().filter(|bindings| bindings.len() > 0) else { return Ok(sql.to_string()) };
        let mut result = String::new();
        let mut values = bindings.values();
        let mut quote = None;
        for sign in sql.chars() {
            match (quote, sign) {
                (None, '?') => {
                    let value = values.next().cloned().unwrap_or_default();
                    result.push_str(&self.sql_literal(&value)?);
                    continue;
                }
                (None, '\'' | '"' | '`') => quote = Some(sign),
                (Some(open), sign) if open == sign => quote = None,
                _ => {}
            }
            result.push(sign);
        }
        for (key, value) in &bindings.entries {
            if let crate::migrate::php::Key::Text(name) = key {
                let literal = self.sql_literal(value)?;
                result = result.replace(&format!(":{}", name.trim_start_matches(':')), &literal);
            }
        }
        Ok(result)
    }

    pub(crate) fn sql_literal(&mut self, value: &Value) -> Outcome<String> {
        let value = self.known(value, "a binding")?;
        Ok(match &value {
            Value::Null => "null".to_owned(),
            Value::Int(_) | Value::Float(_) => operators::text(&value).unwrap_or_default().to_string(),
            Value::Bool(value) => i32::from(*value).to_string(),
            other => format!("'{}'", self.text_value(other)?.replace('\\', "\\\\").replace('\'', "\\'")),
        })
    }

    /// A method of a connection.
    pub(crate) fn call_connection(&mut self, connection: &str, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        if let Some(value) = self.transaction_method(connection, &method, arguments)? {
            return Ok(value);
        }
        match method.as_str() {
            "connection" => {
                let name = self.connection_name(&arguments.value(0, "name"))?;
                Ok(self.make(Object::Connection { name }))
            }
            "statement" | "unprepared" | "affectingstatement" | "update" | "insert" | "delete" => {
                let sql = self.bound_sql(arguments)?;
                let statements = if method == "unprepared" { split(&sql) } else { vec![sql] };
                for sql in statements {
                    self.raw_statement(connection, &sql)?;
                }
                Ok(if method == "statement" || method == "insert" || method == "unprepared" {
                    Value::Bool(true)
                } else {
                    Value::unknown(Cause::Rows(String::new()), Value::Int(0))
                })
            }
            "select" | "selectone" | "scalar" | "selectfromwriteconnection" | "selectresultsets" | "cursor" => {
                let sql = self.bound_sql(arguments)?;
                let rows = self.select(connection, &sql)?;
                self.selected(rows, &method)
            }
            "table" => {
                let table = arguments.value(0, "table");
                self.query_on(connection, &table)
            }
            "query" => self.query_on(connection, &Value::Null),
            "raw" => Ok(self.make(Object::Expression(arguments.value(0, "value")))),
            "getdrivername" => Ok(Value::text(self.world.driver(connection))),
            "getdrivertitle" => Ok(Value::text("MariaDB")),
            "getserverversion" => Ok(Value::text("10.11.11")),
            "ismaria" => Ok(Value::Bool(true)),
            "getname" => Ok(Value::text(connection)),
            "getdatabasename" => Ok(self.database_name(connection)),
            "gettableprefix" => Ok(Value::text(self.world.config(connection).prefix)),
            "settableprefix" => Self::stuck("the prefix of tables is set while the migration runs"),
            "getdefaultconnection" => Ok(Value::text(&self.world.default)),
            "setdefaultconnection" => {
                self.world.default = self.known_text(&arguments.value(0, "name"), "the name of a connection")?.to_string();
                Ok(Value::Null)
            }
            "getschemabuilder" => Ok(self.make(Object::Schema { connection: connection.to_owned() })),
            "getconfig" => {
                let key = arguments.value(0, "option");
                let path = format!("database.connections.{connection}.{}", operators::text(&key.likely()).unwrap_or_default());
                self.configured(&path, &Value::Null)
            }
            "getpdo" | "getreadpdo" => Ok(self.make(Object::Foreign { class: format!("PDO:{connection}") })),
            "getquerygrammar" | "getschemagrammar" | "getpostprocessor" | "geteventdispatcher" => {
                Ok(self.make(Object::Foreign { class: name.to_owned() }))
            }
            "enablequerylog"
            | "disablequerylog"
            | "flushquerylog"
            | "listen"
            | "purge"
            | "reconnect"
            | "disconnect"
            | "registerdoctrinetype"
            | "whenqueryingforlongerthan" => Ok(Value::Null),
            "pretend" | "withoutpretending" => self.call_value(&arguments.value(0, "callback"), Vec::new()),
            _ => {
                let message = format!("Method Illuminate\\Database\\MySqlConnection::{name} does not exist.");
                self.throw("BadMethodCallException", message)
            }
        }
    }

    pub(crate) fn database_name(&mut self, connection: &str) -> Value {
        let name = self.world.server(connection).map(|server| server.current.clone()).unwrap_or_default();
        if name.is_empty() {
            let likely = Value::text("laravel");
            return Value::unknown(Cause::Environment("DB_DATABASE".to_owned()), likely);
        }
        Value::text(name)
    }

    /// A statement of any kind: rows are read and thrown away.
    fn raw_statement(&mut self, connection: &str, sql: &str) -> Outcome<()> {
        let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        if matches!(first.as_str(), "SELECT" | "SHOW" | "EXPLAIN" | "DESCRIBE") {
            return self.select(connection, sql).map(drop);
        }
        if matches!(first.as_str(), "UPDATE" | "DELETE" | "INSERT") {
            self.check_raw_columns(connection, sql)?;
        }
        self.statement(connection, sql)
    }

    fn selected(&mut self, rows: Value, method: &str) -> Outcome<Value> {
        let first = |machine: &mut Self| machine.item(&rows, &Value::Int(0));
        Ok(match method {
            "selectone" => first(self)?,
            "scalar" => {
                let row = first(self)?;
                self.items(&row)?.and_then(|row| row.values().next().cloned()).unwrap_or_default()
            }
            _ => rows,
        })
    }

    fn transaction_method(&mut self, connection: &str, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        match method {
            "transaction" => {
                self.begin(connection);
                let own = self.make(Object::Connection { name: connection.to_owned() });
                match self.call_value(&arguments.value(0, "callback"), vec![own]) {
                    Ok(value) => {
                        self.commit(connection)?;
                        return Ok(Some(value));
                    }
                    Err(halt) => {
                        self.roll_back(connection);
                        return Err(halt);
                    }
                }
            }
            "begintransaction" => self.begin(connection),
            "commit" => self.commit(connection)?,
            "rollback" => self.roll_back(connection),
            "transactionlevel" => {
                let level = self.world.connections.get(connection).map_or(0, |found| found.level);
                return Ok(Some(Value::Int(i64::from(level))));
            }
            _ => return Ok(None),
        }
        Ok(Some(Value::Null))
    }

    fn begin(&mut self, connection: &str) {
        if let Some(found) = self.world.connections.get_mut(connection) {
            if found.level == 0 {
                found.committed = false;
            }
            found.level += 1;
        }
    }

    fn roll_back(&mut self, connection: &str) {
        if let Some(found) = self.world.connections.get_mut(connection) {
            found.level = found.level.saturating_sub(1);
        }
    }

    /// Statements that change a schema end the transaction by themselves; PHP then finds none to commit.
    fn commit(&mut self, connection: &str) -> Outcome<()> {
        let Some(found) = self.world.connections.get_mut(connection) else { return Ok(()) };
        let is_gone = found.level == 1 && found.committed;
        found.level = found.level.saturating_sub(1);
        if is_gone {
            return self.throw("PDOException", "There is no active transaction");
        }
        Ok(())
    }

    /// Rows of a table are counted, changed or deleted: the table must be there.
    pub(crate) fn rows_of(&mut self, connection: &str, table: &str) -> Outcome<RowFacts> {
        self.require(connection)?;
        let (database, name) = match table.split_once('.') {
            Some((database, name)) => (Some(database.to_owned()), name.to_owned()),
            None => (None, table.to_owned()),
        };
        let server = self.world.server(connection);
        let found = server.and_then(|server| server.table(database.as_deref(), &name)).map(|table| table.rows);
        let is_view = server.and_then(|server| server.database()).is_some_and(|database| database.views.contains(&name));
        match found {
            Some(rows) => Ok(rows),
            None if is_view => Ok(RowFacts::Unknown),
            None => {
                let full = match (&database, server.map(|server| server.current.as_str())) {
                    (None, Some(current)) if !current.is_empty() => format!("{current}.{name}"),
                    _ => table.to_owned(),
                };
                let error = SqlError::new(ErrorClass::TableMissing, 1146, format!("Table '{full}' doesn't exist")).on(&name);
                let step = self.step(connection, &format!("select * from `{table}`"));
                self.refused(step, error)
            }
        }
    }
}

/// Statements of one text, divided at semicolons.
fn split(sql: &str) -> Vec<String> {
    let mut splitter = crate::schema::read::Splitter::new(sql.as_bytes());
    let mut found = Vec::new();
    while let Ok(Some(piece)) = splitter.next(|_| true) {
        let text = String::from_utf8_lossy(piece.text).trim().to_owned();
        if !crate::schema::sql::tokenize(&text, Dialect::default()).is_empty() {
            found.push(text);
        }
    }
    found
}

/// Errors name the table of the statement where the server does not.
fn with_table(error: SqlError, sql: &str) -> SqlError {
    if error.table.is_some() || sql.is_empty() {
        return error;
    }
    let tokens = crate::schema::sql::tokenize(sql, Dialect::default());
    let place = tokens.iter().position(|token| token.is("TABLE") || token.is("ON"));
    match place.and_then(|place| tokens.get(place + 1)) {
        Some(token) => error.on(&token.text),
        None => error,
    }
}

/// What a statement ran into.
fn obstacle(server: &Server, error: &SqlError) -> Option<Obstacle> {
    let table = || server.table(None, error.table.as_deref()?);
    let of_index = |index: &Index| Obstacle { origin: index.origin, index: Some(index.clone()) };
    match error.class {
        ErrorClass::DuplicateKeyName => table()?.index(error.index.as_deref()?).map(of_index),
        ErrorClass::MultiplePrimaryKey => table()?.primary().map(of_index),
        ErrorClass::DuplicateColumn => {
            let origin = table()?.column(error.column.as_deref()?)?.origin;
            Some(Obstacle { origin, index: None })
        }
        ErrorClass::TableExists => Some(Obstacle { origin: table()?.origin, index: None }),
        ErrorClass::DuplicateForeignKeyName => {
            let name = error.index.as_deref()?;
            let mut keys = server.database()?.tables.values().flat_map(|table| &table.foreign_keys);
            let origin = keys.find(|key| crate::schema::same_name(&key.name, name))?.origin;
            Some(Obstacle { origin, index: None })
        }
        _ => None,
    }
}

/// Statements that change schemas; they end a transaction.
pub(crate) fn commits(statement: &Statement) -> bool {
    match statement {
        Statement::CreateTable(create) => !create.temporary,
        Statement::AlterTable(..)
        | Statement::RenameTables(_)
        | Statement::DropTables(..)
        | Statement::CreateView(..)
        | Statement::DropViews(..)
        | Statement::CreateSequence(..)
        | Statement::DropSequences(..)
        | Statement::CreateDatabase(..)
        | Statement::DropDatabase(..) => true,
        Statement::Empty(_) => true,
        Statement::Other(word) => {
            ["CREATE", "DROP", "ALTER", "GRANT", "LOCK", "ANALYZE", "OPTIMIZE"].iter().any(|start| word.starts_with(start))
        }
        _ => false,
    }
}

fn tables_of(statement: &Statement) -> Vec<&str> {
    match statement {
        Statement::CreateTable(create) => create.name.iter().map(|name| name.name.as_str()).collect(),
        Statement::AlterTable(name, ..) | Statement::Insert(name) | Statement::Empty(name) => vec![name.name.as_str()],
        Statement::RenameTables(pairs) => pairs.iter().map(|(from, _)| from.name.as_str()).collect(),
        Statement::DropTables(names, _) => names.iter().map(|name| name.name.as_str()).collect(),
        _ => Vec::new(),
    }
}
