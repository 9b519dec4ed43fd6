//! `config()` and `env()`.

use crate::migrate::php::{Cause, Machine, Outcome, Scope, Value, operators};

impl Machine<'_> {
    /// A key of the configuration: from the project's files, where the environment sets nothing.
    pub(crate) fn configured(&mut self, path: &str, default: &Value) -> Outcome<Value> {
        if let Some(value) = self.overridden.get(path) {
            return Ok(value.clone());
        }
        let mut parts = path.split('.');
        let file = parts.next().unwrap_or_default().to_owned();
        if path == "database.default" {
            return Ok(Value::text(&self.world.default));
        }
        if let Some(rest) = path.strip_prefix("database.connections.")
            && let Some((connection, "database")) = rest.split_once('.')
        {
            let connection = connection.to_owned();
            return Ok(self.database_name(&connection));
        }
        let Some(value) = self.configuration_file(&file)? else {
            if file == "database" {
                return Ok(self.connection_setting(path).unwrap_or_else(|| default.clone()));
            }
            return Ok(match framework_default(path) {
                Some(value) => Value::unknown(Cause::Configuration(path.to_owned()), value),
                None => Value::unknown(Cause::Configuration(path.to_owned()), default.likely()),
            });
        };
        let mut value = value;
        for part in parts {
            value = self.item(&value, &Value::text(part))?;
        }
        Ok(if value.is_null() { default.clone() } else { value })
    }

    /// The driver and prefix of a connection, where the project has no `config/database.php`.
    fn connection_setting(&self, path: &str) -> Option<Value> {
        let (connection, setting) = path.strip_prefix("database.connections.")?.split_once('.')?;
        let config = self.world.config(connection);
        Some(match setting {
            "driver" => Value::text(config.driver),
            "prefix" => Value::text(config.prefix),
            "prefix_indexes" => Value::Bool(config.prefix_indexes),
            "charset" => Value::text(config.charset.unwrap_or_default()),
            "collation" => Value::text(config.collation.unwrap_or_default()),
            _ => return None,
        })
    }

    /// What a file of the folder `config` returns.
    pub(crate) fn configuration_file(&mut self, name: &str) -> Outcome<Option<Value>> {
        if let Some(value) = self.configuration.get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(&body) = self.files.configuration.get(name) else { return Ok(None) };
        let value = self.run_body(body, None, None, Scope::default(), Vec::new().into())?;
        self.configuration.insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }

    /// `env('NAME', default)`: unset, unless something says otherwise.
    pub(super) fn environment(&mut self, name: &str, default: &Value) -> Outcome<Value> {
        let likely = match name {
            "APP_ENV" => Value::text("production"),
            "APP_DEBUG" => Value::Bool(false),
            "DB_DATABASE" if !self.world.default.is_empty() => {
                let connection = self.world.default.clone();
                return Ok(self.database_name(&connection));
            }
            "DB_CONNECTION" if !self.world.default.is_empty() => return Ok(Value::text(&self.world.default)),
            "DB_PREFIX" | "DB_TABLE_PREFIX" if default.is_null() => Value::text(""),
            _ => default.likely(),
        };
        Ok(Value::unknown(Cause::Environment(name.to_owned()), likely))
    }
}

/// Keys that every application has.
fn framework_default(path: &str) -> Option<Value> {
    Some(match path {
        "app.env" => Value::text("production"),
        "app.debug" => Value::Bool(false),
        "app.locale" | "app.fallback_locale" => Value::text("en"),
        "app.timezone" => Value::text("UTC"),
        _ => return None,
    })
}

/// True for what a condition can be on.
pub(super) fn is_production(value: &Value) -> bool {
    operators::text(&value.likely()).is_some_and(|name| &*name == "production")
}
