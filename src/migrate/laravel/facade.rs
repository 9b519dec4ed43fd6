//! Static calls on classes that are not here, and methods of objects that the framework made.

use crate::index::{ClassKey, class_basename};
use crate::migrate::php::{Arguments, Cause, Machine, Object, ObjectId, Outcome, Value, operators};

impl Machine<'_> {
    /// `Schema::table(…)`, `DB::statement(…)`, `Log::info(…)`
    pub(crate) fn call_facade(&mut self, class: &str, name: &str, arguments: Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        let connection = self.world.default.clone();
        match class.to_ascii_lowercase().as_str() {
            "illuminate\\support\\facades\\schema" | "schema" => self.call_schema(&connection, name, &arguments),
            "illuminate\\support\\facades\\db" | "db" => self.call_connection(&connection, name, &arguments),
            "illuminate\\database\\schema\\builder" => self.call_schema(&connection, name, &arguments),
            "illuminate\\database\\schema\\blueprint" => Ok(Value::Null),
            "illuminate\\support\\facades\\config" | "config" => self.call_foreign("config", name, &arguments),
            "illuminate\\support\\facades\\app" | "app" | "illuminate\\container\\container" => {
                if method == "getinstance" {
                    return Ok(self.make(Object::Foreign { class: "app".to_owned() }));
                }
                self.call_foreign("app", name, &arguments)
            }
            "illuminate\\support\\str" | "str" => self.call_str(name, &arguments),
            "illuminate\\support\\arr" | "arr" => self.call_arr(name, &arguments),
            "illuminate\\support\\collection" | "illuminate\\support\\lazycollection" => {
                let items = self.items(&arguments.value(0, "items"))?.unwrap_or_default();
                Ok(self.collection(items))
            }
            "illuminate\\support\\facades\\file" | "file" => match method.as_str() {
                "get" | "sharedget" => self.helper("file_get_contents", &arguments).map(Option::unwrap_or_default),
                "exists" => self.helper("file_exists", &arguments).map(Option::unwrap_or_default),
                _ => Ok(Value::opaque(format!("File::{name}"))),
            },
            "illuminate\\support\\facades\\artisan" | "artisan" => {
                let command = operators::text(&arguments.value(0, "command").likely()).unwrap_or_default();
                if command.starts_with("migrate") || command.starts_with("db:wipe") || command.starts_with("schema:") {
                    return Self::stuck(format!("artisan {command} is called"));
                }
                Ok(Value::Int(0))
            }
            "carbon\\carbon" | "illuminate\\support\\carbon" | "carbon\\carbonimmutable" | "carbon" | "datetime" => {
                Ok(self.make(Object::Foreign { class: "Carbon\\Carbon".to_owned() }))
            }
            "closure" if method == "fromcallable" || method == "bind" => Ok(arguments.value(0, "callback")),
            _ if class.to_ascii_lowercase().starts_with("illuminate\\support\\facades\\") || is_quiet(class) => {
                self.touch_closures(&arguments)?;
                Ok(Value::opaque(format!("{}::{name}", class_basename(class))))
            }
            _ => {
                self.touch_closures(&arguments)?;
                Ok(Value::opaque(format!("{class}::{name}")))
            }
        }
    }

    /// `new X(…)` of a class that is not here.
    pub(crate) fn construct_named(&mut self, class: &str, arguments: &Arguments) -> Outcome<Value> {
        if self.is_exception(class, "Throwable") {
            return Ok(self.new_exception(class, arguments));
        }
        Ok(match class {
            "Illuminate\\Database\\Query\\Expression" => self.make(Object::Expression(arguments.value(0, "value"))),
            "Illuminate\\Support\\Collection" => {
                let items = self.items(&arguments.value(0, "items"))?.unwrap_or_default();
                self.collection(items)
            }
            "Illuminate\\Support\\Stringable" => {
                let text = self.known_text(&arguments.value(0, "value"), "a text")?;
                self.make(Object::Stringable(text))
            }
            "Illuminate\\Support\\Fluent" | "stdClass" => {
                let fields = self.items(&arguments.value(0, "attributes"))?.unwrap_or_default();
                self.make(Object::Row(fields))
            }
            "Illuminate\\Database\\Schema\\Blueprint" => return Self::stuck("a Blueprint is made by hand"),
            other => self.make(Object::Foreign { class: other.to_owned() }),
        })
    }

    /// A method of an object that is no instance of a class of the project.
    pub(crate) fn call_native(&mut self, id: ObjectId, name: &str, arguments: Arguments) -> Outcome<Value> {
        match self.object(id).clone() {
            Object::Blueprint(_) => self.call_blueprint(id, name, &arguments),
            Object::Fluent { kind, .. } => self.call_fluent(id, kind, name, &arguments),
            Object::Schema { connection } => self.call_schema(&connection, name, &arguments),
            Object::Connection { name: connection } => self.call_connection(&connection, name, &arguments),
            Object::Query(_) => self.call_query(id, name, &arguments),
            Object::Collection(_) => self.call_collection(id, name, &arguments),
            Object::Stringable(text) => self.call_stringable(&text, name, &arguments),
            Object::Expression(value) => Ok(value),
            Object::Row(_) => Ok(Value::opaque(format!("the method {name} of a row"))),
            Object::Exception(exception) => Ok(match name.to_ascii_lowercase().as_str() {
                "getmessage" => Value::text(&exception.message),
                "getcode" => exception.code.clone(),
                "getprevious" => exception.previous.clone(),
                "getsql" => exception.statement.as_ref().map_or(Value::Null, Value::text),
                "gettraceasstring" | "getfile" => Value::text(""),
                "getline" => Value::Int(0),
                _ => Value::opaque(format!("the method {name} of an exception")),
            }),
            Object::Foreign { class } => self.call_foreign(&class, name, &arguments),
            Object::Instance { .. } => Ok(Value::Null),
        }
    }

    /// A method that an object of the project inherits from the framework.
    pub(crate) fn call_inherited(&mut self, id: ObjectId, class: ClassKey, name: &str, arguments: Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        if let Object::Exception(_) = self.object(id) {
            return self.call_native(id, name, arguments);
        }
        if self.index.model(class).is_some() {
            return self.call_model_object(id, class, &method);
        }
        match method.as_str() {
            "getconnection" => Ok(self.migration_connection(id)),
            "__construct" | "down" | "up" => Ok(Value::Null),
            _ => match self.index.external_parent(class) {
                Some(parent) if parent.ends_with("Migrations\\Migration") => {
                    self.throw("Error", format!("Call to undefined method {}::{name}()", self.index.class_name(class)))
                }
                Some(_) => {
                    self.touch_closures(&arguments)?;
                    Ok(Value::opaque(format!("the method {name}, which the project does not have")))
                }
                None => self.throw("Error", format!("Call to undefined method {}::{name}()", self.index.class_name(class))),
            },
        }
    }

    /// `$this->connection` of a migration; null where it names none.
    fn migration_connection(&self, id: ObjectId) -> Value {
        match self.object(id) {
            Object::Instance { properties, .. } => properties.get("connection").cloned().unwrap_or_default(),
            _ => Value::Null,
        }
    }

    fn call_model_object(&mut self, id: ObjectId, class: ClassKey, method: &str) -> Outcome<Value> {
        let facts = self.model_facts(&Value::Object(id))?;
        match method {
            "gettable" => Ok(Value::text(facts.table)),
            "getkeyname" => Ok(Value::text(facts.key_name)),
            "getforeignkey" => Ok(Value::text(facts.foreign_key)),
            "getconnectionname" => Ok(facts.connection.map_or(Value::Null, Value::text)),
            "getconnection" => {
                let name = facts.connection.unwrap_or_else(|| self.world.default.clone());
                Ok(self.make(Object::Connection { name }))
            }
            "getqualifiedkeyname" => Ok(Value::text(format!("{}.{}", facts.table, facts.key_name))),
            "newquery" | "newmodelquery" | "newquerywithoutscopes" => {
                self.call_static_inherited(class, "query", Arguments::default())
            }
            "save" | "update" | "delete" | "push" | "savequietly" | "forcedelete" | "touch" | "fill" | "forcefill"
            | "setattribute" | "refresh" | "load" => Ok(Value::Object(id)),
            _ => Ok(Value::unknown(Cause::Rows(facts.table), Value::Null)),
        }
    }

    /// A static method that a class of the project inherits: of a model it is a query.
    pub(crate) fn call_static_inherited(&mut self, class: ClassKey, name: &str, arguments: Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        if self.index.model(class).is_some() {
            let own = Value::text(self.index.class_name(class));
            let facts = self.model_facts(&own)?;
            let connection = facts.connection.clone().unwrap_or_else(|| self.world.default.clone());
            if matches!(method.as_str(), "withoutevents" | "unguarded" | "withoutscoping" | "withouttimestamps") {
                return self.call_value(&arguments.value(0, "callback"), Vec::new());
            }
            if matches!(method.as_str(), "unguard" | "reguard" | "disablesearchsyncing" | "flusheventlisteners" | "observe") {
                return Ok(Value::Null);
            }
            let query = self.query_on(&connection, &Value::text(facts.table))?;
            let is_scoped = !matches!(method.as_str(), "withtrashed" | "withoutglobalscopes" | "withoutglobalscope");
            if is_scoped && self.index.model(class).is_some_and(|model| model.soft_deletes) {
                self.call_on(&query, "whereNull", vec![Value::text("deleted_at")].into())?;
            }
            if matches!(method.as_str(), "query" | "on" | "newquery" | "withtrashed" | "withoutglobalscopes") {
                return Ok(query);
            }
            return self.call_on(&query, name, arguments);
        }
        if self.index.class(class).kind == crate::hir::ClassKind::Enum {
            return self.enum_method(class, &method, &arguments);
        }
        self.touch_closures(&arguments)?;
        Ok(Value::opaque(format!("{}::{name}", self.index.class_name(class))))
    }

    fn enum_method(&mut self, class: ClassKey, method: &str, arguments: &Arguments) -> Outcome<Value> {
        let hir = self.index.hir(class.file);
        let mut cases = Vec::new();
        for case in &self.index.class(class).cases {
            let value = case.value.map(|value| self.initial(class, value, class)).transpose()?.unwrap_or_default();
            let properties = [("name".into(), Value::text(hir.text(case.name))), ("value".into(), value.clone())];
            cases.push((value, Object::Instance { class, properties: properties.into_iter().collect() }));
        }
        match method {
            "cases" => {
                let mut objects = Vec::new();
                for (_, case) in cases {
                    objects.push(self.make(case));
                }
                Ok(Value::list(objects))
            }
            "from" | "tryfrom" => {
                let wanted = arguments.value(0, "value").likely();
                match cases.into_iter().find(|(value, _)| operators::loosely_equal(value, &wanted)) {
                    Some((_, case)) => Ok(self.make(case)),
                    None if method == "tryfrom" => Ok(Value::Null),
                    None => self.throw("ValueError", "no such case"),
                }
            }
            _ => Ok(Value::opaque(format!("the method {method} of an enum"))),
        }
    }

    /// A property that an object of the project does not declare.
    pub(crate) fn inherited_property(&mut self, id: ObjectId, name: &str) -> Outcome<Value> {
        let Object::Instance { class, .. } = self.object(id) else { return Ok(Value::Null) };
        let class = *class;
        if self.index.model(class).is_some() {
            return Ok(Value::opaque(format!("the attribute {name} of a model")));
        }
        match (self.index.external_parent(class), name) {
            (Some(parent), "withinTransaction") if parent.ends_with("Migration") => Ok(Value::Bool(true)),
            (Some(parent), _) if parent.ends_with("Migration") => Ok(Value::Null),
            (Some(_), _) => Ok(Value::opaque(format!("the property {name}"))),
            (None, _) => Ok(Value::Null),
        }
    }
}

/// Classes whose methods change no schema, whatever they do.
fn is_quiet(class: &str) -> bool {
    matches!(
        class_basename(class),
        "Log" | "Cache" | "Event" | "Hash" | "Storage" | "Auth" | "Queue" | "Bus" | "Mail" | "Http" | "Redis"
    )
}
