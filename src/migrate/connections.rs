//! Connections as the project's configuration has them.

use std::collections::BTreeMap;

use super::php::{Machine, Value, operators};
use super::world::{ConnectionConfig, Files, World};
use crate::index::Index;

/// The name of the default connection, and all connections to a `MySQL` or `MariaDB` server, by name.
///
/// Without `config/database.php` there is one connection, `mysql`, as the framework ships it.
#[must_use]
pub fn connections(index: &Index, files: &Files) -> (String, BTreeMap<String, ConnectionConfig>) {
    let world = World {
        connections: BTreeMap::new(),
        default: String::new(),
        configured_default: String::new(),
        string_length: 255,
        morph_key: "int".to_owned(),
        migration: 0,
    };
    let mut machine = Machine::new(index, files, world, Vec::new());
    let database = machine.configuration_file("database").ok().flatten().unwrap_or_default().likely();
    let get = |value: &Value, key: &str| value.as_array().and_then(|array| array.at(key)).cloned().unwrap_or_default();
    let text = |value: &Value| operators::text(value).filter(|text| !text.is_empty()).map(|text| text.to_string());
    let mut found = BTreeMap::new();
    for (key, entry) in get(&database, "connections").as_array().cloned().unwrap_or_default().entries {
        let Some(name) = text(&key.value()) else { continue };
        let driver = text(&get(&entry, "driver")).unwrap_or_default();
        if driver != "mysql" && driver != "mariadb" {
            continue;
        }
        let config = ConnectionConfig {
            driver,
            prefix: text(&get(&entry, "prefix")).unwrap_or_default(),
            prefix_indexes: operators::truth(&get(&entry, "prefix_indexes")),
            charset: text(&get(&entry, "charset")),
            collation: text(&get(&entry, "collation")),
            engine: text(&get(&entry, "engine")),
        };
        found.insert(name, config);
    }
    let default = text(&get(&database, "default")).filter(|name| found.contains_key(name));
    let default = default.or_else(|| ["mysql", "mariadb"].into_iter().map(str::to_owned).find(|name| found.contains_key(name)));
    let default = default.or_else(|| found.keys().next().cloned()).unwrap_or_else(|| "mysql".to_owned());
    found.entry(default.clone()).or_default();
    (default, found)
}
