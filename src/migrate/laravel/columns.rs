//! Methods that define columns, and what follows them in a chain.
//!
//! `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php`, `ForeignIdColumnDefinition.php`

use super::blueprint::Command;
use crate::migrate::php::{Arguments, Array, FluentKind, Machine, Object, ObjectId, Outcome, Value, operators};

/// Integers: the method, the type, unsigned, auto increment.
const INTEGERS: &[(&str, &str, bool, bool)] = &[
    ("id", "bigInteger", true, true),
    ("increments", "integer", true, true),
    ("integerincrements", "integer", true, true),
    ("tinyincrements", "tinyInteger", true, true),
    ("smallincrements", "smallInteger", true, true),
    ("mediumincrements", "mediumInteger", true, true),
    ("bigincrements", "bigInteger", true, true),
    ("integer", "integer", false, false),
    ("tinyinteger", "tinyInteger", false, false),
    ("smallinteger", "smallInteger", false, false),
    ("mediuminteger", "mediumInteger", false, false),
    ("biginteger", "bigInteger", false, false),
    ("unsignedinteger", "integer", true, false),
    ("unsignedtinyinteger", "tinyInteger", true, false),
    ("unsignedsmallinteger", "smallInteger", true, false),
    ("unsignedmediuminteger", "mediumInteger", true, false),
    ("unsignedbiginteger", "bigInteger", true, false),
];

/// Types without arguments of their own: the method, the type, the name of the column by default.
const PLAIN: &[(&str, &str, &str)] = &[
    ("tinytext", "tinyText", ""),
    ("text", "text", ""),
    ("mediumtext", "mediumText", ""),
    ("longtext", "longText", ""),
    ("double", "double", ""),
    ("boolean", "boolean", ""),
    ("json", "json", ""),
    ("jsonb", "jsonb", ""),
    ("date", "date", ""),
    ("year", "year", ""),
    ("uuid", "uuid", "uuid"),
    ("ipaddress", "ipAddress", "ip_address"),
    ("macaddress", "macAddress", "mac_address"),
];

/// A type with arguments: the method, the type, the arguments with their defaults.
type TypeRow = (&'static str, &'static str, &'static [(&'static str, i64)]);

const WITH_ARGUMENTS: &[TypeRow] = &[
    ("float", "float", &[("precision", 53)]),
    ("decimal", "decimal", &[("total", 8), ("places", 2)]),
    ("datetime", "dateTime", &[("precision", 0)]),
    ("datetimetz", "dateTimeTz", &[("precision", 0)]),
    ("time", "time", &[("precision", 0)]),
    ("timetz", "timeTz", &[("precision", 0)]),
    ("timestamp", "timestamp", &[("precision", 0)]),
    ("timestamptz", "timestampTz", &[("precision", 0)]),
];

/// Methods that are none of the above.
const OTHERS: &[&str] = &[
    "char",
    "string",
    "enum",
    "set",
    "binary",
    "ulid",
    "geometry",
    "geography",
    "vector",
    "computed",
    "rawcolumn",
    "foreignid",
    "foreignuuid",
    "foreignulid",
    "foreignidfor",
    "timestamps",
    "nullabletimestamps",
    "timestampstz",
    "datetimes",
    "softdeletes",
    "softdeletestz",
    "softdeletesdatetime",
    "remembertoken",
    "morphs",
    "nullablemorphs",
    "numericmorphs",
    "nullablenumericmorphs",
    "uuidmorphs",
    "nullableuuidmorphs",
    "ulidmorphs",
    "nullableulidmorphs",
    "addcolumn",
];

pub(super) fn is_column_method(method: &str) -> bool {
    INTEGERS.iter().any(|row| row.0 == method)
        || PLAIN.iter().any(|row| row.0 == method)
        || WITH_ARGUMENTS.iter().any(|row| row.0 == method)
        || OTHERS.contains(&method)
}

impl Machine<'_> {
    fn add_column(&mut self, id: ObjectId, kind: &str, name: Value, attributes: Vec<(&str, Value)>) -> ObjectId {
        let mut all = vec![("type", Value::text(kind)), ("name", name.clone())];
        all.extend(attributes);
        self.add_definition(id, FluentKind::Column { blueprint: id }, Array::map(all), name)
    }

    fn add_definition(&mut self, id: ObjectId, kind: FluentKind, attributes: Array, name: Value) -> ObjectId {
        let column = self.new_object(Object::Fluent { kind, attributes });
        self.note_place(column);
        let blueprint = self.blueprint(id);
        blueprint.columns.push(column);
        // While a table is created, its columns are no commands.
        if !blueprint.commands.iter().any(|command| command.name == "create") {
            blueprint.commands.push(Command { name: "column".to_owned(), object: column });
        }
        if let Some(after) = blueprint.after.clone() {
            blueprint.after = operators::text(&name).map(|name| name.to_string());
            self.set_attribute(column, "after", Value::text(after));
        }
        column
    }

    fn nullable(&mut self, column: ObjectId) -> Value {
        self.set_attribute(column, "nullable", Value::Bool(true));
        Value::Object(column)
    }

    /// A method that adds columns.
    pub(super) fn column_method(&mut self, id: ObjectId, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let name = arguments.value(0, "column");
        if let Some(&(_, kind, unsigned, increments)) = INTEGERS.iter().find(|row| row.0 == method) {
            let name = if method == "id" && name.is_null() { Value::text("id") } else { name };
            let starts_unsigned = method.starts_with("unsigned");
            let increments =
                arguments.get(1, "autoIncrement").filter(|_| !increments).cloned().unwrap_or(Value::Bool(increments));
            let unsigned =
                arguments.get(2, "unsigned").filter(|_| !starts_unsigned && !unsigned).cloned().unwrap_or(Value::Bool(unsigned));
            let column = self.add_column(id, kind, name, vec![("autoIncrement", increments), ("unsigned", unsigned)]);
            return Ok(Some(Value::Object(column)));
        }
        if let Some(&(_, kind, default)) = PLAIN.iter().find(|row| row.0 == method) {
            let name = if name.is_null() { Value::text(default) } else { name };
            return Ok(Some(Value::Object(self.add_column(id, kind, name, Vec::new()))));
        }
        if let Some(&(_, kind, parameters)) = WITH_ARGUMENTS.iter().find(|row| row.0 == method) {
            let attributes = parameters
                .iter()
                .enumerate()
                .map(|(place, (key, default))| (*key, arguments.get(place + 1, key).cloned().unwrap_or(Value::Int(*default))))
                .collect();
            return Ok(Some(Value::Object(self.add_column(id, kind, name, attributes))));
        }
        if let Some(value) = self.group_method(id, method, arguments)? {
            return Ok(Some(value));
        }
        self.special_column(id, method, name, arguments)
    }

    fn special_column(&mut self, id: ObjectId, method: &str, name: Value, arguments: &Arguments) -> Outcome<Option<Value>> {
        let column = match method {
            "char" | "string" => {
                let length = arguments.given(1, "length").cloned().unwrap_or(Value::Int(self.world.string_length));
                self.add_column(id, method, name, vec![("length", length)])
            }
            "enum" | "set" => {
                let allowed = self.known(&arguments.value(1, "allowed"), "the values of an enum")?;
                self.add_column(id, method, name, vec![("allowed", allowed)])
            }
            "binary" => {
                let attributes = vec![("length", arguments.value(1, "length")), ("fixed", arguments.value(2, "fixed"))];
                self.add_column(id, "binary", name, attributes)
            }
            "ulid" => {
                let name = if name.is_null() { Value::text("ulid") } else { name };
                let length = arguments.given(1, "length").cloned().unwrap_or(Value::Int(26));
                self.add_column(id, "char", name, vec![("length", length)])
            }
            "geometry" | "geography" => {
                let srid = if method == "geometry" { 0 } else { 4326 };
                let srid = arguments.get(2, "srid").cloned().unwrap_or(Value::Int(srid));
                self.add_column(id, method, name, vec![("subtype", arguments.value(1, "subtype")), ("srid", srid)])
            }
            "vector" => self.add_column(id, "vector", name, vec![("dimensions", arguments.value(1, "dimensions"))]),
            "computed" => self.add_column(id, "computed", name, vec![("expression", arguments.value(1, "expression"))]),
            "rawcolumn" => self.add_column(id, "raw", name, vec![("definition", arguments.value(1, "definition"))]),
            "addcolumn" => {
                let kind = self.known_text(&arguments.value(0, "type"), "the type of a column")?;
                let parameters = self.known(&arguments.value(2, "parameters"), "the attributes of a column")?;
                let mut attributes = Array::map([("type", Value::text(kind)), ("name", arguments.value(1, "name"))]);
                for (key, value) in parameters.as_array().cloned().unwrap_or_default().entries {
                    attributes.set(key, value);
                }
                self.add_definition(id, FluentKind::Column { blueprint: id }, attributes, arguments.value(1, "name"))
            }
            "foreignid" | "foreignuuid" | "foreignulid" => {
                let length = arguments.given(1, "length").cloned();
                self.foreign_id(id, method, name, length)
            }
            "foreignidfor" => return self.foreign_id_for(id, arguments).map(Some),
            _ => return Ok(None),
        };
        Ok(Some(Value::Object(column)))
    }

    fn foreign_id(&mut self, id: ObjectId, method: &str, name: Value, length: Option<Value>) -> ObjectId {
        let attributes = match method {
            "foreignid" => vec![
                ("type", Value::text("bigInteger")),
                ("name", name.clone()),
                ("autoIncrement", Value::Bool(false)),
                ("unsigned", Value::Bool(true)),
            ],
            "foreignuuid" => vec![("type", Value::text("uuid")), ("name", name.clone())],
            _ => vec![("type", Value::text("char")), ("name", name.clone()), ("length", length.unwrap_or(Value::Int(26)))],
        };
        self.add_definition(id, FluentKind::ForeignIdColumn { blueprint: id }, Array::map(attributes), name)
    }

    fn foreign_id_for(&mut self, id: ObjectId, arguments: &Arguments) -> Outcome<Value> {
        let model = self.model_facts(&arguments.value(0, "model"))?;
        let name = arguments.given(1, "column").cloned().unwrap_or_else(|| Value::text(&model.foreign_key));
        let method = match model.key {
            super::model::KeyKind::Integer => "foreignid",
            super::model::KeyKind::Ulid => "foreignulid",
            super::model::KeyKind::Uuid => "foreignuuid",
        };
        let column = self.foreign_id(id, method, name, None);
        self.set_attribute(column, "table", Value::text(&model.table));
        self.set_attribute(column, "referencesModelColumn", Value::text(&model.key_name));
        Ok(Value::Object(column))
    }

    /// Methods that add several columns.
    fn group_method(&mut self, id: ObjectId, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let moments = |machine: &mut Self, kind: &str| {
            let precision = arguments.get(0, "precision").cloned().unwrap_or(Value::Int(0));
            for name in ["created_at", "updated_at"] {
                let column = machine.add_column(id, kind, Value::text(name), vec![("precision", precision.clone())]);
                machine.nullable(column);
            }
            Some(Value::Null)
        };
        let deleted = |machine: &mut Self, kind: &str| {
            let name = arguments.given(0, "column").cloned().unwrap_or_else(|| Value::text("deleted_at"));
            let precision = arguments.get(1, "precision").cloned().unwrap_or(Value::Int(0));
            let column = machine.add_column(id, kind, name, vec![("precision", precision)]);
            Some(machine.nullable(column))
        };
        Ok(match method {
            "timestamps" | "nullabletimestamps" => moments(self, "timestamp"),
            "timestampstz" => moments(self, "timestampTz"),
            "datetimes" => moments(self, "dateTime"),
            "softdeletes" => deleted(self, "timestamp"),
            "softdeletestz" => deleted(self, "timestampTz"),
            "softdeletesdatetime" => deleted(self, "dateTime"),
            "remembertoken" => {
                let column = self.add_column(id, "string", Value::text("remember_token"), vec![("length", Value::Int(100))]);
                Some(self.nullable(column))
            }
            _ if method.ends_with("morphs") && !method.starts_with("drop") => {
                self.morphs(id, method, arguments)?;
                Some(Value::Null)
            }
            _ => None,
        })
    }

    fn morphs(&mut self, id: ObjectId, method: &str, arguments: &Arguments) -> Outcome<()> {
        let name = self.known_text(&arguments.value(0, "name"), "the name of a relation")?;
        let is_nullable = method.starts_with("nullable");
        let kind = method.trim_start_matches("nullable").trim_end_matches("morphs");
        let kind = match kind {
            "" => self.world.morph_key.clone(),
            "numeric" => "int".to_owned(),
            other => other.to_owned(),
        };
        let length = Value::Int(self.world.string_length);
        let (type_name, id_name) = (Value::text(format!("{name}_type")), Value::text(format!("{name}_id")));
        let type_column = self.add_column(id, "string", type_name.clone(), vec![("length", length)]);
        let id_column = match kind.as_str() {
            "uuid" => self.add_column(id, "uuid", id_name.clone(), Vec::new()),
            "ulid" => self.add_column(id, "char", id_name.clone(), vec![("length", Value::Int(26))]),
            _ => {
                let attributes = vec![("autoIncrement", Value::Bool(false)), ("unsigned", Value::Bool(true))];
                self.add_column(id, "bigInteger", id_name.clone(), attributes)
            }
        };
        if is_nullable {
            self.nullable(type_column);
            self.nullable(id_column);
        }
        let columns = Value::list([type_name, id_name]);
        self.index_command(id, "index", &columns, arguments.value(1, "indexName"), Value::Null)?;
        Ok(())
    }

    /// A method in the chain of a column, foreign key or command.
    pub(crate) fn call_fluent(
        &mut self,
        object: ObjectId,
        kind: FluentKind,
        name: &str,
        arguments: &Arguments,
    ) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        self.note_place(object);
        match (kind, method.as_str()) {
            (FluentKind::ForeignIdColumn { blueprint }, "constrained") => {
                let key = self.attribute(object, "referencesModelColumn");
                let key = if key.is_null() { Value::text("id") } else { key };
                let key = arguments.given(1, "column").cloned().unwrap_or(key);
                let own_table = self.attribute(object, "table");
                let table = match (arguments.given(0, "table"), own_table) {
                    (Some(table), _) => table.clone(),
                    (None, Value::Null) => Value::text(self.table_of_key(object, &key)?),
                    (None, table) => table,
                };
                let foreign = self.foreign(blueprint, &self.attribute(object, "name"), arguments.value(2, "indexName"))?;
                if let Value::Object(foreign) = foreign {
                    self.set_attribute(foreign, "references", key);
                    self.set_attribute(foreign, "on", table);
                }
                return Ok(foreign);
            }
            (FluentKind::ForeignIdColumn { blueprint }, "references") => {
                let foreign = self.foreign(blueprint, &self.attribute(object, "name"), arguments.value(1, "indexName"))?;
                if let Value::Object(foreign) = foreign {
                    self.set_attribute(foreign, "references", arguments.value(0, "column"));
                }
                return Ok(foreign);
            }
            (FluentKind::ForeignKey, _) => {
                let action = match method.as_str() {
                    _ if method.starts_with("cascadeon") => Some("cascade"),
                    _ if method.starts_with("restricton") => Some("restrict"),
                    _ if method.starts_with("nullon") => Some("set null"),
                    _ if method.starts_with("noactionon") => Some("no action"),
                    _ => None,
                };
                if let Some(action) = action {
                    let attribute = if method.ends_with("update") { "onUpdate" } else { "onDelete" };
                    self.set_attribute(object, attribute, Value::text(action));
                    return Ok(Value::Object(object));
                }
            }
            _ => {}
        }
        match method.as_str() {
            "getattributes" | "toarray" => {
                return Ok(match self.object(object) {
                    Object::Fluent { attributes, .. } => Value::array(attributes.clone()),
                    _ => Value::Null,
                });
            }
            "get" => {
                let key = self.known_text(&arguments.value(0, "key"), "the name of an attribute")?;
                let value = self.attribute(object, &key);
                return Ok(if value.is_null() { arguments.value(1, "default") } else { value });
            }
            "tap" | "when" | "unless" if !arguments.positional.is_empty() => {
                return self.conditional_chain(object, &method, arguments);
            }
            _ => {}
        }
        // `Fluent::__call`: the method's name is the attribute.
        let value = arguments.positional.first().or_else(|| arguments.named.first().map(|(_, value)| value));
        let value = value.cloned().unwrap_or(Value::Bool(true));
        self.set_attribute(object, name, value);
        Ok(Value::Object(object))
    }

    fn conditional_chain(&mut self, object: ObjectId, method: &str, arguments: &Arguments) -> Outcome<Value> {
        if method == "tap" {
            self.call_value(&arguments.value(0, "callback"), vec![Value::Object(object)])?;
            return Ok(Value::Object(object));
        }
        let condition = self.truth(&arguments.value(0, "value"))?;
        let callback = arguments.value(if condition == (method == "when") { 1 } else { 2 }, "callback");
        if !callback.is_null() {
            let result = self.call_value(&callback, vec![Value::Object(object), Value::Bool(condition)])?;
            if !result.is_null() {
                return Ok(result);
            }
        }
        Ok(Value::Object(object))
    }

    /// `user_id` belongs to `users`.
    fn table_of_key(&mut self, column: ObjectId, key: &Value) -> Outcome<String> {
        let name = self.known_text(&self.attribute(column, "name"), "the name of a column")?;
        let key = self.known_text(key, "the key of a foreign key")?;
        let ending = format!("_{key}");
        let stem = name.rfind(&ending).map_or(&*name, |at| &name[..at]);
        Ok(crate::index::inflect::plural(stem))
    }
}
