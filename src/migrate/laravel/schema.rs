//! `Illuminate\Database\Schema\Builder`.
//!
//! `laravel/framework:src/Illuminate/Database/Schema/Builder.php`, `MySqlBuilder.php`

use super::blueprint::Blueprint;
use crate::migrate::php::{Arguments, Array, Machine, Object, ObjectId, Outcome, Value, operators};
use crate::schema::{Column, Index, IndexKind, Table, same_name};

pub(super) const METHODS: &[&str] = &[
    "hastable",
    "hasview",
    "gettables",
    "gettablelisting",
    "getviews",
    "hascolumn",
    "hascolumns",
    "whentablehascolumn",
    "whentabledoesnthavecolumn",
    "getcolumntype",
    "getcolumnlisting",
    "getcolumns",
    "getindexes",
    "getindexlisting",
    "hasindex",
    "getforeignkeys",
    "table",
    "create",
    "drop",
    "dropifexists",
    "dropcolumns",
    "rename",
    "enableforeignkeyconstraints",
    "disableforeignkeyconstraints",
    "withoutforeignkeyconstraints",
    "getconnection",
    "connection",
    "defaultstringlength",
    "defaultmorphkeytype",
    "morphusinguuids",
    "morphusingulids",
    "dropalltables",
    "blueprintresolver",
];

impl Machine<'_> {
    pub(super) fn call_schema(&mut self, connection: &str, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        if let Some(value) = self.schema_question(connection, &method, arguments)? {
            return Ok(value);
        }
        if let Some(value) = self.schema_command(connection, &method, arguments)? {
            return Ok(value);
        }
        match method.as_str() {
            "connection" => {
                let name = self.connection_name(&arguments.value(0, "name"))?;
                Ok(self.make(Object::Schema { connection: name }))
            }
            "getconnection" => Ok(self.make(Object::Connection { name: connection.to_owned() })),
            "enableforeignkeyconstraints" | "disableforeignkeyconstraints" => {
                let on = i32::from(method.starts_with("enable"));
                self.statement(connection, &format!("SET FOREIGN_KEY_CHECKS={on};"))?;
                Ok(Value::Bool(true))
            }
            "withoutforeignkeyconstraints" => {
                self.statement(connection, "SET FOREIGN_KEY_CHECKS=0;")?;
                let result = self.call_value(&arguments.value(0, "callback"), Vec::new());
                self.statement(connection, "SET FOREIGN_KEY_CHECKS=1;")?;
                result
            }
            "defaultstringlength" => {
                self.world.string_length = operators::int(&arguments.value(0, "length").likely());
                Ok(Value::Null)
            }
            "defaultmorphkeytype" | "morphusinguuids" | "morphusingulids" => {
                self.world.morph_key = match method.as_str() {
                    "morphusinguuids" => "uuid".to_owned(),
                    "morphusingulids" => "ulid".to_owned(),
                    _ => self.known_text(&arguments.value(0, "type"), "the type of a key")?.to_string(),
                };
                Ok(Value::Null)
            }
            "blueprintresolver" => Self::stuck("the project makes Blueprints of its own"),
            _ => {
                let message = format!("Method Illuminate\\Database\\Schema\\MySqlBuilder::{name} does not exist.");
                self.throw("BadMethodCallException", message)
            }
        }
    }

    /// The prefixed name of a table that a question is about.
    fn asked_table(&mut self, connection: &str, arguments: &Arguments, name: &str) -> Outcome<String> {
        let table = self.known_text(&arguments.value(0, name), "the name of a table")?;
        Ok(format!("{}{table}", self.world.config(connection).prefix))
    }

    fn schema_question(&mut self, connection: &str, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let is_question = method.starts_with("has") || method.starts_with("get") || method.starts_with("whentable");
        if !is_question || method == "getconnection" || !METHODS.contains(&method) && method != "whentablehasindex" {
            return Ok(None);
        }
        self.require(connection)?;
        self.trace.asked = true;
        match method {
            "gettables" | "getviews" | "gettablelisting" => return Ok(Some(self.listing(connection, method))),
            _ => {}
        }
        let name = self.asked_table(connection, arguments, if method == "hasview" { "view" } else { "table" })?;
        // Questions name the database's tables as they are written: `db.table` is no name of a table.
        let table = self.world.server(connection).and_then(|server| server.table(None, &name)).cloned();
        let table = table.as_ref();
        Ok(Some(match method {
            "hastable" => Value::Bool(table.is_some()),
            "hasview" => {
                let database = self.world.server(connection).and_then(|server| server.database());
                Value::Bool(database.is_some_and(|database| database.views.iter().any(|view| same_name(view, &name))))
            }
            "hascolumn" => {
                let column = self.known_text(&arguments.value(1, "column"), "the name of a column")?;
                Value::Bool(table.is_some_and(|table| table.column(&column).is_some()))
            }
            "hascolumns" => {
                let columns = self.column_list(&arguments.value(1, "columns"))?;
                let has = |column: &Value| {
                    table.is_some_and(|table| operators::text(column).is_some_and(|name| table.column(&name).is_some()))
                };
                Value::Bool(columns.iter().all(has))
            }
            "whentablehascolumn" | "whentabledoesnthavecolumn" => {
                let column = self.known_text(&arguments.value(1, "column"), "the name of a column")?;
                let has = table.is_some_and(|table| table.column(&column).is_some());
                if has == (method == "whentablehascolumn") {
                    let written = arguments.value(0, "table");
                    self.build(connection, &written, |machine, id| {
                        machine.call_value(&arguments.value(2, "callback"), vec![Value::Object(id)]).map(drop)
                    })?;
                }
                Value::Null
            }
            "getcolumntype" => {
                let column = self.known_text(&arguments.value(1, "column"), "the name of a column")?;
                let full = operators::truth(&arguments.value(2, "fullDefinition"));
                match table.and_then(|table| table.column(&column)) {
                    Some(found) => Value::text(if full { found.data_type.display() } else { found.data_type.name.clone() }),
                    None => {
                        let message = format!("There is no column with name '{column}' on table '{name}'.");
                        return self.throw("InvalidArgumentException", message);
                    }
                }
            }
            "getcolumnlisting" => {
                Value::list(table.into_iter().flat_map(|table| &table.columns).map(|column| Value::text(&column.name)))
            }
            "getcolumns" => Value::list(table.into_iter().flat_map(|table| &table.columns).map(column_row)),
            "getindexes" => Value::list(table.into_iter().flat_map(|table| &table.indexes).map(index_row)),
            "getindexlisting" => {
                let indexes = table.into_iter().flat_map(|table| &table.indexes);
                Value::list(indexes.map(|index| Value::text(index.name.to_ascii_lowercase())))
            }
            "hasindex" => self.has_index(table, arguments)?,
            "getforeignkeys" => Value::list(table.into_iter().flat_map(foreign_rows)),
            _ => return Ok(None),
        }))
    }

    fn listing(&mut self, connection: &str, method: &str) -> Value {
        let database = self.world.server(connection).and_then(|server| server.database());
        let Some(database) = database else { return Value::list([]) };
        if method == "getviews" {
            return Value::list(database.views.iter().map(|view| Value::array(Array::map([("name", Value::text(view))]))));
        }
        let names = database.tables.keys();
        if method == "gettablelisting" {
            return Value::list(names.map(Value::text));
        }
        Value::list(names.map(|name| Value::array(Array::map([("name", Value::text(name)), ("schema", Value::Null)]))))
    }

    /// `laravel/framework:src/Illuminate/Database/Schema/Builder.php (hasIndex)`
    fn has_index(&mut self, table: Option<&Table>, arguments: &Arguments) -> Outcome<Value> {
        let wanted = self.known(&arguments.value(1, "index"), "an index")?;
        let kind = arguments.given(2, "type").cloned();
        let kind = kind.map(|kind| self.known_text(&kind, "the type of an index")).transpose()?.map(|kind| kind.to_lowercase());
        let found = table.is_some_and(|table| {
            table.indexes.iter().any(|index| {
                let fits = kind.as_deref().is_none_or(|kind| {
                    (kind == "primary" && index.kind == IndexKind::Primary)
                        || (kind == "unique" && index.kind.is_unique())
                        || kind == index.index_type().to_ascii_lowercase()
                });
                let row = index_row(index);
                let field = |name: &str| row.as_array().and_then(|row| row.at(name)).cloned().unwrap_or_default();
                fits && (operators::identical(&field("name"), &wanted) || operators::identical(&field("columns"), &wanted))
            })
        });
        Ok(Value::Bool(found))
    }

    fn schema_command(&mut self, connection: &str, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let table = arguments.value(0, if method == "rename" { "from" } else { "table" });
        match method {
            "table" => {
                let callback = arguments.value(1, "callback");
                self.build(connection, &table, |machine, id| machine.call_value(&callback, vec![Value::Object(id)]).map(drop))?;
            }
            "create" => {
                let callback = arguments.value(1, "callback");
                self.build(connection, &table, |machine, id| {
                    machine.add_command(id, "create", Array::default());
                    machine.call_value(&callback, vec![Value::Object(id)]).map(drop)
                })?;
            }
            "drop" | "dropifexists" => {
                let command = if method == "drop" { "drop" } else { "dropIfExists" };
                self.build(connection, &table, |machine, id| {
                    machine.add_command(id, command, Array::default());
                    Ok(())
                })?;
            }
            "rename" => {
                let to = arguments.value(1, "to");
                self.build(connection, &table, |machine, id| {
                    machine.add_command(id, "rename", Array::map([("to", to)]));
                    Ok(())
                })?;
            }
            "dropcolumns" => {
                let columns = arguments.value(1, "columns");
                self.build(connection, &table, |machine, id| {
                    machine.call_blueprint(id, "dropColumn", &vec![columns].into()).map(drop)
                })?;
            }
            "dropalltables" => {
                self.require(connection)?;
                let names: Vec<String> = self
                    .world
                    .server(connection)
                    .and_then(|server| server.database())
                    .map(|database| database.tables.keys().map(|name| super::grammar::quoted(name)).collect())
                    .unwrap_or_default();
                if !names.is_empty() {
                    self.statement(connection, "SET FOREIGN_KEY_CHECKS=0;")?;
                    self.statement(connection, &format!("drop table {}", names.join(",")))?;
                    self.statement(connection, "SET FOREIGN_KEY_CHECKS=1;")?;
                }
            }
            _ => return Ok(None),
        }
        Ok(Some(Value::Null))
    }

    /// Fills a Blueprint, then runs its statements.
    fn build(&mut self, connection: &str, table: &Value, fill: impl FnOnce(&mut Self, ObjectId) -> Outcome<()>) -> Outcome<()> {
        let table = self.known_text(table, "the name of a table")?;
        let config = self.world.config(connection);
        let prefix = if config.prefix_indexes { config.prefix.clone() } else { String::new() };
        let blueprint = Blueprint { connection: connection.to_owned(), table: table.to_string(), prefix, ..Blueprint::default() };
        let id = self.new_object(Object::Blueprint(Box::new(blueprint)));
        fill(self, id)?;
        for (sql, at) in self.compile(id)? {
            let depth = self.at.len();
            self.at.extend(at);
            let result = self.statement(connection, &sql);
            if result.is_ok() {
                self.at.truncate(depth);
            }
            result?;
        }
        Ok(())
    }
}

pub(super) fn index_row(index: &Index) -> Value {
    let name = index.name.to_ascii_lowercase();
    let is_primary = name == "primary";
    Value::array(Array::map([
        ("name", Value::text(name)),
        ("columns", Value::list(index.columns().map(Value::text))),
        ("type", Value::text(index.index_type().to_ascii_lowercase())),
        ("unique", Value::Bool(index.kind.is_unique())),
        ("primary", Value::Bool(is_primary)),
    ]))
}

fn column_row(column: &Column) -> Value {
    let optional = |text: &Option<String>| text.as_ref().map_or(Value::Null, Value::text);
    Value::array(Array::map([
        ("name", Value::text(&column.name)),
        ("type_name", Value::text(&column.data_type.name)),
        ("type", Value::text(column.data_type.display())),
        ("collation", optional(&column.data_type.collation)),
        ("nullable", Value::Bool(column.nullable)),
        ("default", optional(&column.default)),
        ("auto_increment", Value::Bool(column.auto_increment)),
        ("comment", optional(&column.comment)),
    ]))
}

fn foreign_rows(table: &Table) -> impl Iterator<Item = Value> + '_ {
    table.foreign_keys.iter().map(|key| {
        Value::array(Array::map([
            ("name", Value::text(&key.name)),
            ("columns", Value::list(key.columns.iter().map(Value::text))),
            ("foreign_schema", key.database.as_ref().map_or(Value::Null, Value::text)),
            ("foreign_table", Value::text(&key.table)),
            ("foreign_columns", Value::list(key.references.iter().map(Value::text))),
            ("on_update", Value::text(key.on_update.as_deref().unwrap_or("restrict"))),
            ("on_delete", Value::text(key.on_delete.as_deref().unwrap_or("restrict"))),
        ]))
    })
}
