//! Functions of the framework.

use super::config::is_production;
use crate::migrate::php::{Arguments, Array, Cause, ClassTarget, Machine, Object, Outcome, Value, operators};

impl Machine<'_> {
    /// A function of the framework, or of PHP where it has to do with files and time.
    pub(crate) fn helper(&mut self, name: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.value(0, "value");
        Ok(Some(match name {
            "config" => match &first {
                Value::Array(pairs) => {
                    for (key, value) in &pairs.entries {
                        if let Some(key) = operators::text(&key.value()) {
                            self.overridden.insert(key.to_string(), value.clone());
                        }
                    }
                    Value::Null
                }
                Value::Null => self.make(Object::Foreign { class: "config".to_owned() }),
                path => {
                    let path = self.known_text(path, "the key of the configuration")?;
                    self.configured(&path, &arguments.value(1, "default"))?
                }
            },
            "env" => {
                let name = self.known_text(&first, "the name of a variable of the environment")?;
                self.environment(&name, &arguments.value(1, "default"))?
            }
            "getenv" => {
                let name = operators::text(&first.likely()).unwrap_or_default();
                self.environment(&name, &Value::Bool(false))?
            }
            "app" | "resolve" if first.is_null() => self.make(Object::Foreign { class: "app".to_owned() }),
            "app" | "resolve" => {
                let class = self.known_text(&first, "the name of a service")?;
                match self.named_class(&class) {
                    ClassTarget::Project(class) if self.index.is_concrete(class) => {
                        self.construct(ClassTarget::Project(class), Arguments::default())?
                    }
                    _ => match &*class {
                        "db" => {
                            let name = self.world.default.clone();
                            self.make(Object::Connection { name })
                        }
                        "db.schema" => {
                            let connection = self.world.default.clone();
                            self.make(Object::Schema { connection })
                        }
                        other => self.make(Object::Foreign { class: other.to_owned() }),
                    },
                }
            }
            "collect" => {
                let items = self.items(&first)?;
                match (items, &first) {
                    (None, Value::Unknown(_)) => first,
                    (items, _) => self.collection(items.unwrap_or_default()),
                }
            }
            "str" if !first.is_null() => {
                let text = self.known_text(&first, "a text")?;
                self.make(Object::Stringable(text))
            }
            _ => return self.flow_helper(name, arguments),
        }))
    }

    /// Helpers that pass a value on, or throw.
    fn flow_helper(&mut self, name: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.value(0, "value");
        Ok(Some(match name {
            "tap" => {
                let callback = arguments.value(1, "callback");
                if !callback.is_null() {
                    self.call_value(&callback, vec![first.clone()])?;
                }
                first
            }
            "value" | "with" => match first {
                Value::Closure(_) => self.call_value(&first, Vec::new())?,
                other => other,
            },
            "optional" => first,
            "blank" => Value::Bool(!operators::truth(&first.likely())),
            "filled" => Value::Bool(operators::truth(&first.likely())),
            "data_get" => {
                let mut value = first;
                let path = self.known_text(&arguments.value(1, "key"), "a key")?;
                for part in path.split('.') {
                    value = self.item(&value, &Value::text(part))?;
                }
                if value.is_null() { arguments.value(2, "default") } else { value }
            }
            "throw_if" | "throw_unless" => {
                let condition = self.truth(&first)?;
                if condition == (name == "throw_if") {
                    return self.throw_argument(arguments).map(Some);
                }
                first
            }
            "abort" | "abort_if" | "abort_unless" => {
                let holds = name == "abort" || self.truth(&first)? == (name == "abort_if");
                if holds {
                    return self.throw("Symfony\\Component\\HttpKernel\\Exception\\HttpException", "abort");
                }
                Value::Null
            }
            "rescue" => {
                let before = (self.depth, self.at.len());
                match self.call_value(&first, Vec::new()) {
                    Err(crate::migrate::php::Halt::Throw(_)) => {
                        self.depth = before.0;
                        self.at.truncate(before.1);
                        Value::Null
                    }
                    other => other?,
                }
            }
            "retry" => self.call_value(&arguments.value(1, "callback"), vec![Value::Int(1)])?,
            _ => return self.file_helper(name, arguments),
        }))
    }

    /// Helpers about files and times, and those that change no schema.
    fn file_helper(&mut self, name: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.value(0, "value");
        Ok(Some(match name {
            "now" | "today" | "carbon" => self.make(Object::Foreign { class: "Carbon\\Carbon".to_owned() }),
            "base_path" | "database_path" | "app_path" | "storage_path" | "resource_path" | "config_path" | "public_path" => {
                let folder = match name {
                    "base_path" => String::new(),
                    other => other.trim_end_matches("_path").replace("resource", "resources"),
                };
                let path = operators::text(&first.likely()).unwrap_or_default();
                Value::text(
                    [folder.as_str(), path.trim_start_matches('/')]
                        .into_iter()
                        .filter(|part| !part.is_empty())
                        .collect::<Vec<_>>()
                        .join("/"),
                )
            }
            "file_get_contents" => self.file_text(&first)?,
            "file_exists" | "is_file" | "is_dir" | "is_readable" => {
                let path = self.file_path(&first);
                if self.files.texts.contains_key(&path) {
                    Value::Bool(true)
                } else {
                    Value::opaque(format!("whether {path} is there"))
                }
            }
            "dirname" => {
                let path = operators::text(&first.likely()).unwrap_or_default();
                Value::text(path.rsplit_once('/').map_or("", |(folder, _)| folder))
            }
            "logger" | "info" | "report" | "dump" | "event" | "dispatch" | "broadcast" | "activity" => Value::Null,
            "array_key_exists" | "array_walk_recursive" => return Ok(None),
            "is_iterable" => Value::Bool(matches!(first, Value::Array(_))),
            "array_flatten" => Value::array(Array::default()),
            _ => return Ok(None),
        }))
    }

    fn throw_argument(&mut self, arguments: &Arguments) -> Outcome<Value> {
        match arguments.value(1, "exception") {
            Value::Object(id) => Err(crate::migrate::php::Halt::Throw(id)),
            Value::Text(class) if class.contains('\\') || self.index.resolve_class(&class).is_some() => {
                self.throw(&class, operators::text(&arguments.value(2, "message").likely()).unwrap_or_default().to_string())
            }
            Value::Text(message) => self.throw("RuntimeException", message.to_string()),
            _ => self.throw("RuntimeException", ""),
        }
    }

    /// A path relative to the project's root.
    fn file_path(&self, path: &Value) -> String {
        let path = operators::text(&path.likely()).unwrap_or_default();
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        parts.join("/")
    }

    fn file_text(&mut self, path: &Value) -> Outcome<Value> {
        let path = self.file_path(path);
        Ok(match self.files.texts.get(&path) {
            Some(text) => Value::text(text),
            None => Value::opaque(format!("the text of {path}")),
        })
    }

    /// A method of a class that is not here.
    pub(super) fn call_foreign(&mut self, class: &str, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        let first = arguments.value(0, "value");
        match (class, method.as_str()) {
            ("app", "environment") => {
                let environment = self.environment("APP_ENV", &Value::Null)?;
                if first.is_null() {
                    return Ok(environment);
                }
                let names: Vec<Value> = match &first {
                    Value::Array(list) => list.values().cloned().collect(),
                    _ => arguments.positional.clone(),
                };
                let likely = names.iter().any(is_production);
                Ok(Value::unknown(Cause::Environment("APP_ENV".to_owned()), Value::Bool(likely)))
            }
            ("app", "isproduction") => Ok(Value::unknown(Cause::Environment("APP_ENV".to_owned()), Value::Bool(true))),
            ("app", "islocal" | "runningunittests") => {
                Ok(Value::unknown(Cause::Environment("APP_ENV".to_owned()), Value::Bool(false)))
            }
            ("app", "runninginconsole") => Ok(Value::Bool(true)),
            ("app", "version") => Ok(Value::text("11.0.0")),
            ("app", "basepath" | "databasepath") => self
                .helper(if method == "basepath" { "base_path" } else { "database_path" }, arguments)
                .map(Option::unwrap_or_default),
            ("app", "make" | "makewith" | "get") => self.helper("app", arguments).map(Option::unwrap_or_default),
            ("config", "get") => self.helper("config", arguments).map(Option::unwrap_or_default),
            ("config", "set") => {
                if let Some(key) = operators::text(&first.likely()) {
                    self.overridden.insert(key.to_string(), arguments.value(1, "value"));
                }
                Ok(Value::Null)
            }
            _ if class.starts_with("PDO:") => self.call_pdo(class.trim_start_matches("PDO:"), &method, arguments),
            ("Carbon\\Carbon", "format" | "todatetimestring" | "todatestring") => {
                Ok(Value::unknown(Cause::Clock, Value::text("2025-01-01 00:00:00")))
            }
            ("Carbon\\Carbon", _) => Ok(self.make(Object::Foreign { class: class.to_owned() })),
            _ => {
                self.touch_closures(arguments)?;
                Ok(Value::opaque(format!("{class}::{name}")))
            }
        }
    }

    fn call_pdo(&mut self, connection: &str, method: &str, arguments: &Arguments) -> Outcome<Value> {
        match method {
            "exec" => {
                let sql = arguments.value(0, "statement");
                self.call_connection(connection, "unprepared", &vec![sql].into())?;
                Ok(Value::Int(0))
            }
            "quote" => {
                let text = self.known_text(&arguments.value(0, "string"), "a text")?;
                Ok(Value::text(format!("'{}'", text.replace('\'', "\\'"))))
            }
            "intransaction" => {
                let found = self.world.connections.get(connection);
                Ok(Value::Bool(found.is_some_and(|found| found.level > 0 && !found.committed)))
            }
            "getattribute" => Ok(Value::text(if arguments.value(0, "attribute").as_str() == Some("ATTR_DRIVER_NAME") {
                "mysql"
            } else {
                "10.11.11-MariaDB"
            })),
            _ => Ok(Value::opaque(format!("PDO::{method}"))),
        }
    }
}
