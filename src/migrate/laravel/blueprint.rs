//! `Illuminate\Database\Schema\Blueprint`: what its methods put on the list of commands.
//!
//! `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php`

use crate::migrate::php::{Arguments, Array, Attributes, FluentKind, Machine, Object, ObjectId, Outcome, Value, operators};

/// A Blueprint being filled.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Blueprint {
    pub connection: String,
    pub table: String,
    /// The prefix in the names of indexes.
    pub prefix: String,
    pub columns: Vec<ObjectId>,
    pub commands: Vec<Command>,
    pub engine: Option<String>,
    pub charset: Option<String>,
    pub collation: Option<String>,
    pub temporary: bool,
    pub after: Option<String>,
}

/// A command; for a column that is added to a table that exists the column itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Command {
    pub name: String,
    pub object: ObjectId,
}

/// Methods that only a list of commands has; those of columns are in `columns.rs`.
const COMMANDS: &[&str] = &[
    "create",
    "drop",
    "dropifexists",
    "dropcolumn",
    "renamecolumn",
    "dropprimary",
    "dropunique",
    "dropindex",
    "dropfulltext",
    "dropspatialindex",
    "dropforeign",
    "dropconstrainedforeignid",
    "dropforeignidfor",
    "dropconstrainedforeignidfor",
    "renameindex",
    "droptimestamps",
    "droptimestampstz",
    "dropsoftdeletes",
    "dropsoftdeletestz",
    "dropremembertoken",
    "dropmorphs",
    "rename",
    "primary",
    "unique",
    "index",
    "fulltext",
    "spatialindex",
    "rawindex",
    "foreign",
    "comment",
    "engine",
    "innodb",
    "charset",
    "collation",
    "temporary",
    "after",
    "removecolumn",
    "gettable",
    "getprefix",
    "getcolumns",
    "getcommands",
    "getaddedcolumns",
    "getchangedcolumns",
    "addcolumn",
];

/// True for a method of the framework's schema classes.
pub(crate) fn has_method(class: &str, method: &str) -> bool {
    let method = method.to_ascii_lowercase();
    match class.rsplit('\\').next().unwrap_or_default() {
        "Blueprint" => COMMANDS.contains(&method.as_str()) || super::columns::is_column_method(&method),
        "Builder" | "MySqlBuilder" => super::schema::METHODS.contains(&method.as_str()),
        "Connection" | "MySqlConnection" => method != "getdoctrineschemamanager" && method != "getdoctrineconnection",
        _ => false,
    }
}

impl Machine<'_> {
    pub(crate) fn blueprint(&mut self, id: ObjectId) -> &mut Blueprint {
        // Only ids of Blueprints come here; another object is replaced by an empty one.
        let slot = self.object_mut(id);
        if !matches!(slot, Object::Blueprint(_)) {
            *slot = Object::Blueprint(Box::default());
        }
        match slot {
            Object::Blueprint(blueprint) => blueprint,
            _ => unreachable!("the object was made a Blueprint above"),
        }
    }

    pub(crate) fn add_command(&mut self, id: ObjectId, name: &str, attributes: Attributes) -> Value {
        let object = self.new_object(Object::Fluent { kind: FluentKind::Command, attributes });
        self.note_place(object);
        self.blueprint(id).commands.push(Command { name: name.to_owned(), object });
        Value::Object(object)
    }

    /// A method of a Blueprint.
    pub(crate) fn call_blueprint(&mut self, id: ObjectId, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        if let Some(value) = self.blueprint_macro(id, &method, arguments)? {
            return Ok(value);
        }
        if let Some(value) = self.column_method(id, &method, arguments)? {
            return Ok(value);
        }
        if let Some(value) = self.drop_command(id, &method, arguments)? {
            return Ok(value);
        }
        match method.as_str() {
            "primary" | "unique" | "index" | "fulltext" | "spatialindex" => {
                let kind = match method.as_str() {
                    "spatialindex" => "spatialIndex",
                    other => other,
                };
                let name = arguments.value(1, "name");
                let algorithm = if kind == "spatialIndex" { Value::Null } else { arguments.value(2, "algorithm") };
                self.index_command(id, kind, &arguments.value(0, "columns"), name, algorithm)
            }
            "rawindex" => {
                let expression = self.make(Object::Expression(arguments.value(0, "expression")));
                self.index_command(id, "index", &Value::list([expression]), arguments.value(1, "name"), Value::Null)
            }
            "foreign" => self.foreign(id, &arguments.value(0, "columns"), arguments.value(1, "name")),
            "renamecolumn" | "renameindex" => {
                let command = if method == "renamecolumn" { "renameColumn" } else { "renameIndex" };
                let pair = [("from", arguments.value(0, "from")), ("to", arguments.value(1, "to"))];
                Ok(self.add_command(id, command, Array::map(pair)))
            }
            "rename" => Ok(self.add_command(id, "rename", Array::map([("to", arguments.value(0, "to"))]))),
            "create" | "drop" => Ok(self.add_command(id, &method, Array::default())),
            "dropifexists" => Ok(self.add_command(id, "dropIfExists", Array::default())),
            "comment" => Ok(self.add_command(id, "tableComment", Array::map([("comment", arguments.value(0, "comment"))]))),
            "engine" | "charset" | "collation" => {
                self.set_blueprint_property(id, &method, &arguments.value(0, &method))?;
                Ok(Value::Null)
            }
            "innodb" => {
                self.blueprint(id).engine = Some("InnoDB".to_owned());
                Ok(Value::Null)
            }
            "temporary" => {
                self.blueprint(id).temporary = true;
                Ok(Value::Null)
            }
            "after" => {
                let column = self.known_text(&arguments.value(0, "column"), "the column of after()")?;
                self.blueprint(id).after = Some(column.to_string());
                self.call_value(&arguments.value(1, "callback"), vec![Value::Object(id)])?;
                self.blueprint(id).after = None;
                Ok(Value::Null)
            }
            "removecolumn" => {
                let name = self.known_text(&arguments.value(0, "name"), "the name of a column")?;
                self.remove_column(id, &name);
                Ok(Value::Object(id))
            }
            "gettable" => Ok(Value::text(&self.blueprint(id).table)),
            "getprefix" => Ok(Value::text(&self.blueprint(id).prefix)),
            "getcolumns" | "getaddedcolumns" => {
                let columns = self.blueprint(id).columns.clone();
                Ok(Value::list(columns.into_iter().map(Value::Object)))
            }
            "getcommands" => {
                let commands = self.blueprint(id).commands.clone();
                Ok(Value::list(commands.into_iter().map(|command| Value::Object(command.object))))
            }
            "when" | "unless" => {
                let condition = self.truth(&arguments.value(0, "value"))?;
                let callback = arguments.value(if condition == (method == "when") { 1 } else { 2 }, "callback");
                if !callback.is_null() {
                    self.call_value(&callback, vec![Value::Object(id), Value::Bool(condition)])?;
                }
                Ok(Value::Object(id))
            }
            "tap" => {
                self.call_value(&arguments.value(0, "callback"), vec![Value::Object(id)])?;
                Ok(Value::Object(id))
            }
            _ => {
                let message = format!("Method Illuminate\\Database\\Schema\\Blueprint::{name} does not exist.");
                self.throw("BadMethodCallException", message)
            }
        }
    }

    fn remove_column(&mut self, id: ObjectId, name: &str) {
        let columns = self.blueprint(id).columns.clone();
        for column in columns {
            if self.attribute(column, "name").as_str() == Some(name) {
                let blueprint = self.blueprint(id);
                blueprint.columns.retain(|found| *found != column);
                blueprint.commands.retain(|command| command.object != column);
            }
        }
    }

    pub(crate) fn set_blueprint_property(&mut self, id: ObjectId, name: &str, value: &Value) -> Outcome<()> {
        let value = self.known(value, "an option of a table")?;
        let text = operators::text(&value).filter(|text| !text.is_empty()).map(|text| text.to_string());
        let blueprint = self.blueprint(id);
        match name {
            "engine" => blueprint.engine = text,
            "charset" => blueprint.charset = text,
            "collation" => blueprint.collation = text,
            "temporary" => blueprint.temporary = operators::truth(&value),
            _ => {}
        }
        Ok(())
    }

    /// An attribute of a fluent object; null where it is not set.
    pub(crate) fn attribute(&self, id: ObjectId, name: &str) -> Value {
        match self.object(id) {
            Object::Fluent { attributes, .. } => attributes.at(name).cloned().unwrap_or_default(),
            _ => Value::Null,
        }
    }

    pub(crate) fn set_attribute(&mut self, id: ObjectId, name: &str, value: Value) {
        if let Object::Fluent { attributes, .. } = self.object_mut(id) {
            attributes.set(name.into(), value);
        }
    }

    /// `(array) $columns` with what must be known in it.
    pub(crate) fn column_list(&mut self, columns: &Value) -> Outcome<Vec<Value>> {
        let columns = self.known(columns, "the columns of an index")?;
        Ok(match columns {
            Value::Array(array) => array.values().cloned().collect(),
            Value::Null => Vec::new(),
            Value::Object(id) => match self.object(id) {
                Object::Collection(items) => items.values().cloned().collect(),
                _ => vec![columns],
            },
            other => vec![other],
        })
    }

    /// `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php (indexCommand)`
    pub(crate) fn index_command(
        &mut self,
        id: ObjectId,
        kind: &str,
        columns: &Value,
        name: Value,
        algorithm: Value,
    ) -> Outcome<Value> {
        let columns = self.column_list(columns)?;
        let name = self.known(&name, "the name of an index")?;
        let name = if operators::truth(&name) { name } else { Value::text(self.index_name(id, kind, &columns)?) };
        let attributes = [("index", name), ("columns", Value::list(columns)), ("algorithm", algorithm)];
        Ok(self.add_command(id, kind, Array::map(attributes)))
    }

    /// `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php (createIndexName)`
    pub(crate) fn index_name(&mut self, id: ObjectId, kind: &str, columns: &[Value]) -> Outcome<String> {
        let mut parts = Vec::with_capacity(columns.len());
        for column in columns {
            parts.push(self.text_value(column)?);
        }
        let blueprint = self.blueprint(id);
        let table = match blueprint.table.rsplit_once('.') {
            Some((schema, table)) => format!("{schema}.{}{table}", blueprint.prefix),
            None => format!("{}{}", blueprint.prefix, blueprint.table),
        };
        Ok(format!("{table}_{}_{kind}", parts.join("_")).to_ascii_lowercase().replace(['-', '.'], "_"))
    }

    pub(crate) fn foreign(&mut self, id: ObjectId, columns: &Value, name: Value) -> Outcome<Value> {
        let value = self.index_command(id, "foreign", columns, name, Value::Null)?;
        if let Value::Object(object) = value
            && let Object::Fluent { kind, .. } = self.object_mut(object)
        {
            *kind = FluentKind::ForeignKey;
        }
        Ok(value)
    }

    fn drop_index(&mut self, id: ObjectId, command: &str, kind: &str, index: &Value) -> Outcome<Value> {
        let index = self.known(index, "the name of an index")?;
        let (name, columns) = match &index {
            Value::Array(array) => {
                let columns: Vec<Value> = array.values().cloned().collect();
                (Value::text(self.index_name(id, kind, &columns)?), columns)
            }
            _ => (index, Vec::new()),
        };
        self.index_command(id, command, &Value::list(columns), name, Value::Null)
    }

    fn drop_columns(&mut self, id: ObjectId, columns: Vec<Value>) -> Value {
        self.add_command(id, "dropColumn", Array::map([("columns", Value::list(columns))]))
    }

    fn drop_command(&mut self, id: ObjectId, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.positional.first().or_else(|| arguments.named.first().map(|(_, value)| value)).cloned();
        let first = first.unwrap_or_default();
        Ok(Some(match method {
            "dropcolumn" => {
                let columns = match &first {
                    Value::Array(_) => self.column_list(&first)?,
                    _ => arguments.positional.clone(),
                };
                self.drop_columns(id, columns)
            }
            "dropprimary" => self.drop_index(id, "dropPrimary", "primary", &first)?,
            "dropunique" => self.drop_index(id, "dropUnique", "unique", &first)?,
            "dropindex" => self.drop_index(id, "dropIndex", "index", &first)?,
            "dropfulltext" => self.drop_index(id, "dropFullText", "fulltext", &first)?,
            "dropspatialindex" => self.drop_index(id, "dropSpatialIndex", "spatialIndex", &first)?,
            "dropforeign" => self.drop_index(id, "dropForeign", "foreign", &first)?,
            "dropconstrainedforeignid" => {
                self.drop_index(id, "dropForeign", "foreign", &Value::list([first.clone()]))?;
                self.drop_columns(id, vec![first])
            }
            "dropforeignidfor" | "dropconstrainedforeignidfor" => {
                let model = self.model_facts(&first)?;
                let column = arguments.given(1, "column").cloned().unwrap_or_else(|| Value::text(&model.foreign_key));
                let dropped = self.drop_index(id, "dropForeign", "foreign", &Value::list([column.clone()]))?;
                if method == "dropforeignidfor" { dropped } else { self.drop_columns(id, vec![column]) }
            }
            "droptimestamps" | "droptimestampstz" => {
                self.drop_columns(id, vec![Value::text("created_at"), Value::text("updated_at")])
            }
            "dropsoftdeletes" | "dropsoftdeletestz" => {
                let column = if first.is_null() { Value::text("deleted_at") } else { first };
                self.drop_columns(id, vec![column])
            }
            "dropremembertoken" => self.drop_columns(id, vec![Value::text("remember_token")]),
            "dropmorphs" => {
                let name = self.known_text(&first, "the name of a relation")?;
                let columns = [Value::text(format!("{name}_type")), Value::text(format!("{name}_id"))];
                let index = match arguments.given(1, "indexName") {
                    Some(index) => index.clone(),
                    None => Value::text(self.index_name(id, "index", &columns)?),
                };
                self.drop_index(id, "dropIndex", "index", &index)?;
                self.drop_columns(id, columns.to_vec())
            }
            _ => return Ok(None),
        }))
    }

    /// A macro that the project registers: `Blueprint::macro('name', function () { … })`.
    fn blueprint_macro(&mut self, id: ObjectId, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let Some(body) = self.files.blueprint_macros.get(method).copied() else { return Ok(None) };
        let scope = crate::migrate::php::Scope::default();
        self.run_body(body, Some(id), None, scope, arguments.clone()).map(Some)
    }
}
