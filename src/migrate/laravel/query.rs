//! `Illuminate\Database\Query\Builder`, also that of models: as far as schemas depend on it.

use super::catalog;
use crate::migrate::php::{Arguments, Array, Cause, Machine, Object, ObjectId, Outcome, Value, count, operators};
use crate::schema::RowFacts;

/// A query.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Query {
    pub connection: String,
    /// The table with its prefix, as it is written.
    pub table: String,
    /// Rows of `information_schema` that are left; none for a table with rows of its own.
    pub rows: Option<Vec<Array>>,
    /// A condition was added.
    pub is_limited: bool,
    /// A condition on `information_schema` is not understood.
    pub is_unclear: bool,
    /// Columns that it names.
    pub columns: Vec<String>,
    /// Other tables take part: which table a column belongs to is not looked up.
    pub is_joined: bool,
}

impl Machine<'_> {
    /// `DB::table('x')`
    pub(crate) fn query_on(&mut self, connection: &str, table: &Value) -> Outcome<Value> {
        let mut query = Query { connection: connection.to_owned(), ..Query::default() };
        if !table.is_null() {
            match self.known(table, "the table of a query") {
                Ok(Value::Object(_)) | Err(_) => return Ok(Value::opaque("a query on a table that is not known")),
                Ok(name) => query.table = self.table_of_query(connection, &self.to_text_of(&name))?,
            }
            self.start_query(&mut query)?;
        }
        Ok(self.make(Object::Query(Box::new(query))))
    }

    fn to_text_of(&self, value: &Value) -> String {
        operators::text(value).unwrap_or_default().to_string()
    }

    fn table_of_query(&mut self, connection: &str, written: &str) -> Outcome<String> {
        let name = written.split_whitespace().next().unwrap_or_default();
        let prefix = self.world.config(connection).prefix;
        Ok(if name.contains('.') { name.to_owned() } else { format!("{prefix}{name}") })
    }

    fn start_query(&mut self, query: &mut Query) -> Outcome<()> {
        self.require(&query.connection)?;
        let lower = query.table.to_ascii_lowercase();
        if let Some(name) = lower.strip_prefix("information_schema.")
            && let Some(server) = self.world.server(&query.connection)
        {
            let found = catalog::table(server, name);
            query.is_unclear = found.is_none();
            let rows = found.unwrap_or_default();
            let upper: Vec<String> = rows.columns.iter().map(|name| name.to_ascii_uppercase()).collect();
            let to_array = |row: Vec<Value>| Array::map(upper.iter().map(String::as_str).zip(row));
            query.rows = Some(rows.rows.into_iter().map(to_array).collect());
        }
        Ok(())
    }

    fn query(&mut self, id: ObjectId) -> Query {
        match self.object(id) {
            Object::Query(query) => (**query).clone(),
            _ => Query::default(),
        }
    }

    /// A method of a query.
    pub(crate) fn call_query(&mut self, id: ObjectId, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        let mut query = self.query(id);
        if query.rows.is_some() {
            return self.call_catalog_query(id, query, &method, arguments);
        }
        match method.as_str() {
            "from" => {
                let table = self.known_text(&arguments.value(0, "table"), "the table of a query")?;
                query.table = self.table_of_query(&query.connection, &table)?;
                self.start_query(&mut query)?;
                *self.object_mut(id) = Object::Query(Box::new(query));
                return Ok(Value::Object(id));
            }
            "when" | "unless" => {
                let condition = self.truth(&arguments.value(0, "value"))?;
                let callback = arguments.value(if condition == (method == "when") { 1 } else { 2 }, "callback");
                if !callback.is_null() {
                    self.call_value(&callback, vec![Value::Object(id)])?;
                }
                return Ok(Value::Object(id));
            }
            _ => {}
        }
        query.is_joined |= method.contains("join") || method.contains("from") || method.contains("union");
        self.note_columns(&mut query, &method, arguments);
        if let Some(value) = self.terminal(&query, &method, arguments)? {
            return Ok(value);
        }
        // Everything else limits or orders the query.
        query.is_limited |= !matches!(method.as_str(), "select" | "orderby" | "latest" | "with" | "withouteagerloads" | "tobase");
        *self.object_mut(id) = Object::Query(Box::new(query));
        Ok(Value::Object(id))
    }

    /// The columns that a method names.
    fn note_columns(&self, query: &mut Query, method: &str, arguments: &Arguments) {
        let keys = |value: &Value| -> Vec<String> {
            let rows = value.as_array().filter(|array| array.is_list() && array.len() > 0);
            let row = rows.and_then(|rows| rows.values().next()?.as_array()).or_else(|| value.as_array());
            let named = row.into_iter().flat_map(|row| &row.entries).filter_map(|(key, _)| match key {
                crate::migrate::php::Key::Text(name) => Some(name.to_string()),
                crate::migrate::php::Key::Int(_) => None,
            });
            named.collect()
        };
        let first = arguments.value(0, "column");
        match method {
            "where" | "orwhere" if matches!(first, Value::Array(_)) => query.columns.extend(keys(&first)),
            "where" | "orwhere" | "wherein" | "wherenotin" | "wherenull" | "wherenotnull" | "wherebetween" | "wheredate"
            | "orwherenull" | "orwherenotnull" | "orderby" | "orderbydesc" | "groupby" | "pluck" | "value" | "max" | "min"
            | "sum" | "avg" | "increment" | "decrement" => query.columns.extend(first.as_str().map(str::to_owned)),
            "update" | "insert" | "insertorignore" | "insertgetid" => query.columns.extend(keys(&first)),
            "updateorinsert" => {
                query.columns.extend(keys(&first));
                query.columns.extend(keys(&arguments.value(1, "values")));
            }
            _ => {}
        }
    }

    /// A column that the table does not have is an error of the server.
    fn check_columns(&mut self, query: &Query) -> Outcome<()> {
        let Some(table) = self.world.server(&query.connection).and_then(|server| server.table(None, &query.table)) else {
            return Ok(());
        };
        if query.is_joined {
            return Ok(());
        }
        let is_missing = |name: &&String| {
            let name = name.split("->").next().unwrap_or_default();
            let own = match name.rsplit_once('.') {
                Some((table, column)) if table == query.table => column,
                Some(_) => return false,
                None => name,
            };
            let is_plain = !own.is_empty() && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            is_plain && table.column(own).is_none()
        };
        let Some(missing) = query.columns.iter().find(is_missing).cloned() else { return Ok(()) };
        let sql = format!("select * from `{}` where `{missing}`", query.table);
        self.unknown_column(&query.connection, &query.table, &missing, &sql)
    }

    /// A method that runs the query.
    fn terminal(&mut self, query: &Query, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let cause = || Cause::Rows(query.table.clone());
        let likely = match method {
            "get" | "pluck" | "all" | "cursor" | "lazy" | "lazybyid" | "paginate" | "getmodels" | "modelkeys" => {
                let empty = self.collection(Array::default());
                return self.rows_result(query, empty).map(Some);
            }
            "count" | "sum" => Value::Int(0),
            "exists" => Value::Bool(false),
            "doesntexist" => Value::Bool(true),
            "first" | "value" | "find" | "max" | "min" | "avg" | "sole" | "firstwhere" => Value::Null,
            "chunk" | "chunkbyid" | "each" | "eachbyid" => {
                return self.each_chunk(query, method, arguments).map(Some);
            }
            "update" | "delete" | "increment" | "decrement" | "updateorinsert" | "forcedelete" | "touch" | "restore"
            | "upsert" | "insert" | "insertorignore" | "insertgetid" | "insertusing" | "truncate" | "create"
            | "firstorcreate" | "updateorcreate" | "firstornew" | "forcecreate" => {
                return self.write(query, method).map(Some);
            }
            "tosql" | "torawsql" => return Ok(Some(Value::text("…"))),
            "gettable" | "getquery" | "getmodel" | "getconnection" => {
                return Ok(Some(Value::opaque(format!("the method {method}"))));
            }
            "firstorfail" | "findorfail" => Value::Null,
            _ => return Ok(None),
        };
        let rows = self.rows_of(&query.connection, &query.table)?;
        self.check_columns(query)?;
        let is_plain = !query.is_limited;
        Ok(Some(match (rows, method) {
            (RowFacts::Empty, _) => likely,
            (RowFacts::AtLeast(_), "exists") if is_plain => Value::Bool(true),
            (RowFacts::AtLeast(_), "doesntexist") if is_plain => Value::Bool(false),
            (RowFacts::AtLeast(least), "count") if is_plain => {
                Value::unknown(cause(), Value::Int(i64::try_from(least).unwrap_or(i64::MAX)))
            }
            _ => Value::unknown(cause(), likely),
        }))
    }

    fn rows_result(&mut self, query: &Query, empty: Value) -> Outcome<Value> {
        self.check_columns(query)?;
        match self.rows_of(&query.connection, &query.table)? {
            RowFacts::Empty => Ok(empty),
            _ => Ok(Value::unknown(Cause::Rows(query.table.clone()), Value::list([]))),
        }
    }

    fn each_chunk(&mut self, query: &Query, method: &str, arguments: &Arguments) -> Outcome<Value> {
        let rows = self.rows_of(&query.connection, &query.table)?;
        self.check_columns(query)?;
        let cause = Cause::Rows(query.table.clone());
        let callback = arguments.value(usize::from(method.starts_with("chunk")), "callback");
        if rows != RowFacts::Empty && self.decide(cause.clone(), false) {
            let row = Value::unknown(cause.clone(), Value::Null);
            let given = if method.starts_with("chunk") { self.collection(Array::list([row])) } else { row };
            self.call_value(&callback, vec![given])?;
        }
        Ok(Value::Bool(true))
    }

    fn write(&mut self, query: &Query, method: &str) -> Outcome<Value> {
        let rows = self.rows_of(&query.connection, &query.table)?;
        self.check_columns(query)?;
        if method == "truncate" {
            let sql = format!("truncate table `{}`", query.table.replace('`', "``"));
            return self.statement(&query.connection, &sql).map(|()| Value::Null);
        }
        let inserts = method.starts_with("insert") || method.contains("create") || method.starts_with("up") && method != "update";
        if let Some(connection) = self.world.connections.get_mut(&query.connection)
            && let Some(server) = connection.server.as_mut()
        {
            let current = server.current.clone();
            if let Some(table) = server.databases.get_mut(&current).and_then(|database| database.tables.get_mut(&query.table)) {
                table.rows = match rows {
                    RowFacts::Empty if inserts => RowFacts::AtLeast(1),
                    rows => rows,
                };
            }
        }
        let likely = if rows == RowFacts::Empty { Value::Int(i64::from(inserts)) } else { Value::Int(0) };
        Ok(Value::unknown(Cause::Rows(query.table.clone()), likely))
    }

    /// A query on `information_schema`, whose rows are known.
    fn call_catalog_query(&mut self, id: ObjectId, mut query: Query, method: &str, arguments: &Arguments) -> Outcome<Value> {
        let rows = query.rows.clone().unwrap_or_default();
        if method.starts_with("where") || method == "orwhere" {
            match self.catalog_condition(&rows, method, arguments)? {
                Some(kept) => query.rows = Some(kept),
                None => query.is_unclear = true,
            }
            *self.object_mut(id) = Object::Query(Box::new(query));
            return Ok(Value::Object(id));
        }
        let is_terminal =
            ["exists", "doesntexist", "count", "get", "first", "value", "pluck", "all", "max", "min"].contains(&method);
        if !is_terminal {
            query.is_unclear |= ["join", "leftjoin", "having", "groupbyraw"].contains(&method);
            *self.object_mut(id) = Object::Query(Box::new(query));
            return Ok(Value::Object(id));
        }
        if query.is_unclear {
            return Ok(Value::opaque("a query of information_schema that is not understood"));
        }
        let field = |row: &Array, name: &Value| -> Value {
            let name = operators::text(name).unwrap_or_default();
            let name = name.rsplit('.').next().unwrap_or_default();
            row.entries
                .iter()
                .find(|(key, _)| matches!(key, crate::migrate::php::Key::Text(found) if found.eq_ignore_ascii_case(name)))
                .map(|(_, value)| value.clone())
                .unwrap_or_default()
        };
        Ok(match method {
            "exists" => Value::Bool(!rows.is_empty()),
            "doesntexist" => Value::Bool(rows.is_empty()),
            "count" => count(&Array::list(rows.iter().map(|_| Value::Null))),
            "value" => rows.first().map_or(Value::Null, |row| field(row, &arguments.value(0, "column"))),
            "pluck" => {
                let values = rows.iter().map(|row| field(row, &arguments.value(0, "column")));
                self.collection(Array::list(values))
            }
            "first" => match rows.first() {
                Some(row) => self.make(Object::Row(row.clone())),
                None => Value::Null,
            },
            _ => {
                let mut objects = Vec::new();
                for row in rows {
                    objects.push(self.make(Object::Row(row)));
                }
                self.collection(Array::list(objects))
            }
        })
    }

    /// The rows that a condition keeps. None where it is not understood.
    fn catalog_condition(&mut self, rows: &[Array], method: &str, arguments: &Arguments) -> Outcome<Option<Vec<Array>>> {
        let column = arguments.value(0, "column");
        let keep = |wanted: &dyn Fn(&Value) -> bool, column: &str| -> Option<Vec<Array>> {
            let name = column.rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
            let known = rows.first().is_none_or(|row| row.at(&name).is_some());
            known.then(|| rows.iter().filter(|row| row.at(&name).is_some_and(wanted)).cloned().collect())
        };
        if let Value::Array(conditions) = &column {
            let mut kept = rows.to_vec();
            for (key, value) in &conditions.entries {
                let arguments = match (key, value) {
                    (crate::migrate::php::Key::Text(name), value) => vec![Value::Text(std::rc::Rc::clone(name)), value.clone()],
                    (_, Value::Array(parts)) => parts.values().cloned().collect(),
                    _ => return Ok(None),
                };
                match self.catalog_condition(&kept, "where", &arguments.into())? {
                    Some(rows) => kept = rows,
                    None => return Ok(None),
                }
            }
            return Ok(Some(kept));
        }
        let Some(name) = operators::text(&column.likely()) else { return Ok(None) };
        match method {
            "where" => {
                let (operator, value) = match arguments.get(2, "value") {
                    Some(value) => (self.known_text(&arguments.value(1, "operator"), "an operator")?, value.clone()),
                    None => ("=".into(), arguments.value(1, "value")),
                };
                let value = match self.known(&value, "a value of a condition")? {
                    Value::Object(id) => match self.object(id).clone() {
                        Object::Expression(text) => {
                            let text = self.text_value(&text)?;
                            let is_database = text.to_ascii_lowercase().starts_with("database()")
                                || text.to_ascii_lowercase().starts_with("schema()");
                            if !is_database {
                                return Ok(None);
                            }
                            let current = self.world.server(&self.world.default).map(|server| server.current.clone());
                            Value::text(current.unwrap_or_default())
                        }
                        _ => return Ok(None),
                    },
                    value => value,
                };
                let same = |found: &Value| match (found, &value) {
                    (Value::Text(left), Value::Text(right)) => left.to_lowercase() == right.to_lowercase(),
                    _ => operators::loosely_equal(found, &value),
                };
                let pattern = operators::text(&value).unwrap_or_default();
                Ok(match operator.to_ascii_lowercase().as_str() {
                    "=" => keep(&same, &name),
                    "!=" | "<>" => keep(&|found| !same(found), &name),
                    "like" => keep(
                        &|found| operators::text(found).is_some_and(|text| super::select::like_matches(&text, &pattern)),
                        &name,
                    ),
                    _ => None,
                })
            }
            "wherein" | "wherenotin" => {
                let values = self.column_list(&arguments.value(1, "values"))?;
                let is_in = |found: &Value| {
                    values.iter().any(|value| match (found, value) {
                        (Value::Text(left), Value::Text(right)) => left.to_lowercase() == right.to_lowercase(),
                        _ => operators::loosely_equal(found, value),
                    })
                };
                Ok(if method == "wherein" { keep(&is_in, &name) } else { keep(&|found| !is_in(found), &name) })
            }
            "wherenull" => Ok(keep(&|found| found.is_null(), &name)),
            "wherenotnull" => Ok(keep(&|found| !found.is_null(), &name)),
            "whereraw" => {
                let lower = name.to_ascii_lowercase().replace(' ', "");
                if lower == "table_schema=database()" || lower == "constraint_schema=database()" {
                    let current = self.world.server(&self.world.default).map(|server| server.current.clone());
                    let current = current.unwrap_or_default();
                    let column = lower.split('=').next().unwrap_or_default().to_owned();
                    return Ok(keep(&|found| found.as_str() == Some(current.as_str()), &column));
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}
