//! From a Blueprint to statements.
//!
//! `laravel/framework:src/Illuminate/Database/Schema/Grammars/MySqlGrammar.php`

use super::blueprint::Command;
use crate::finding::Location;
use crate::migrate::php::{Machine, Object, ObjectId, Outcome, Value, operators};

const SERIALS: &[&str] = &["bigInteger", "integer", "mediumInteger", "smallInteger", "tinyInteger"];

pub(crate) fn quoted(name: &str) -> String {
    if name == "*" { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

impl Machine<'_> {
    /// The statements of a Blueprint, in order.
    /// Each with the call that asked for it.
    pub(crate) fn compile(&mut self, id: ObjectId) -> Outcome<Vec<(String, Option<Location>)>> {
        self.add_fluent_indexes(id)?;
        let columns = self.blueprint(id).columns.clone();
        for column in columns {
            let attributes = crate::migrate::php::Array::map([("column", Value::Object(column))]);
            let command = self.add_command(id, "AutoIncrementStartingValues", attributes);
            self.note_place_of(&command, column);
        }
        let creates = self.creates(id);
        let mut statements = Vec::new();
        let mut at = 0;
        // The primary key of a new table stands inside its definition.
        let skipped = if creates { self.first_command(id, "primary") } else { None };
        while let Some(command) = self.blueprint(id).commands.get(at).cloned() {
            at += 1;
            if skipped == Some(command.object) && command.name == "primary" {
                continue;
            }
            if let Some(sql) = self.compile_command(id, &command)? {
                statements.push((sql, self.places.get(&command.object).copied()));
            }
        }
        Ok(statements)
    }

    fn creates(&mut self, id: ObjectId) -> bool {
        self.blueprint(id).commands.iter().any(|command| command.name == "create")
    }

    fn first_command(&mut self, id: ObjectId, name: &str) -> Option<ObjectId> {
        self.blueprint(id).commands.iter().find(|command| command.name == name).map(|command| command.object)
    }

    /// `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php (addFluentIndexes)`
    fn add_fluent_indexes(&mut self, id: ObjectId) -> Outcome<()> {
        for column in self.blueprint(id).columns.clone() {
            let is_change = operators::truth(&self.attribute(column, "change").likely());
            for kind in ["primary", "unique", "index", "fulltext", "fullText", "spatialIndex"] {
                let increments = operators::truth(&self.attribute(column, "autoIncrement").likely());
                if kind == "primary" && increments && is_change {
                    break;
                }
                let value = self.attribute(column, kind);
                if value.is_null() {
                    continue;
                }
                let value = self.known(&value, "the index of a column")?;
                let name = self.attribute(column, "name");
                let command = match kind {
                    "fullText" => "fulltext",
                    other => other,
                };
                if value == Value::Bool(false) && is_change {
                    let method = format!("drop{kind}");
                    let made = self.call_blueprint(id, &method, &vec![Value::list([name])].into())?;
                    self.note_place_of(&made, column);
                } else {
                    let index = if value == Value::Bool(true) { Value::Null } else { value };
                    let made = self.index_command(id, command, &name, index, Value::Null)?;
                    self.note_place_of(&made, column);
                }
                self.set_attribute(column, kind, Value::Null);
                break;
            }
        }
        Ok(())
    }

    /// A command that a column brings with it stands where the column does.
    fn note_place_of(&mut self, command: &Value, column: ObjectId) {
        if let (Value::Object(command), Some(at)) = (command, self.places.get(&column).copied()) {
            self.places.insert(*command, at);
        }
    }

    pub(crate) fn wrap_table(&mut self, id: ObjectId, table: &str) -> String {
        let connection = self.blueprint(id).connection.clone();
        let prefix = self.world.config(&connection).prefix.clone();
        match table.rsplit_once('.') {
            Some((schema, table)) => {
                let schema: Vec<String> = schema.split('.').map(quoted).collect();
                format!("{}.{}", schema.join("."), quoted(&format!("{prefix}{table}")))
            }
            None => quoted(&format!("{prefix}{table}")),
        }
    }

    fn own_table(&mut self, id: ObjectId) -> String {
        let table = self.blueprint(id).table.clone();
        self.wrap_table(id, &table)
    }

    /// A name in backticks; each part of one with dots.
    fn wrap(&mut self, id: ObjectId, value: &Value) -> Outcome<String> {
        let value = self.known(value, "a name")?;
        if let Value::Object(object) = &value
            && let Object::Expression(text) = self.object(*object).clone()
        {
            return Ok(self.known_text(&text, "a raw expression")?.to_string());
        }
        let text = self.text_value(&value)?;
        let parts: Vec<&str> = text.split('.').collect();
        let connection = self.blueprint(id).connection.clone();
        let prefix = self.world.config(&connection).prefix;
        let wrapped = parts
            .iter()
            .enumerate()
            .map(|(place, part)| if place == 0 && parts.len() > 1 { quoted(&format!("{prefix}{part}")) } else { quoted(part) });
        Ok(wrapped.collect::<Vec<_>>().join("."))
    }

    fn columnize(&mut self, id: ObjectId, columns: &Value) -> Outcome<String> {
        let mut names = Vec::new();
        for column in self.column_list(columns)? {
            names.push(self.wrap(id, &column)?);
        }
        Ok(names.join(", "))
    }

    fn compile_command(&mut self, id: ObjectId, command: &Command) -> Outcome<Option<String>> {
        let table = self.own_table(id);
        let index = |machine: &mut Self| {
            let index = machine.attribute(command.object, "index");
            machine.wrap(id, &index)
        };
        Ok(Some(match command.name.as_str() {
            "create" => self.compile_create(id)?,
            "column" => {
                let is_change = operators::truth(&self.attribute(command.object, "change").likely());
                if is_change {
                    self.compile_change(id, &table, command.object)?
                } else {
                    format!("alter table {table} add {}", self.column(id, command.object)?)
                }
            }
            "AutoIncrementStartingValues" => return self.compile_starting_value(&table, command.object),
            "primary" => {
                let columns = self.columnize(id, &self.attribute(command.object, "columns"))?;
                let algorithm = self.algorithm(command.object, "using ")?;
                format!("alter table {table} add primary key {algorithm}({columns})")
            }
            "unique" | "index" | "fulltext" | "spatialIndex" => {
                let kind = if command.name == "spatialIndex" { "spatial index" } else { command.name.as_str() };
                let name = index(self)?;
                let columns = self.columnize(id, &self.attribute(command.object, "columns"))?;
                let algorithm = self.algorithm(command.object, " using ")?;
                format!("alter table {table} add {kind} {name}{algorithm}({columns})")
            }
            "foreign" => self.compile_foreign(id, &table, command.object)?,
            "drop" => format!("drop table {table}"),
            "dropIfExists" => format!("drop table if exists {table}"),
            "dropColumn" => {
                let mut drops = Vec::new();
                for column in self.column_list(&self.attribute(command.object, "columns"))? {
                    drops.push(format!("drop {}", self.wrap(id, &column)?));
                }
                format!("alter table {table} {}", drops.join(", "))
            }
            "dropPrimary" => format!("alter table {table} drop primary key"),
            "dropUnique" | "dropIndex" | "dropFullText" | "dropSpatialIndex" => {
                format!("alter table {table} drop index {}", index(self)?)
            }
            "dropForeign" => format!("alter table {table} drop foreign key {}", index(self)?),
            "rename" => {
                let to = self.known_text(&self.attribute(command.object, "to"), "the new name of a table")?;
                format!("rename table {table} to {}", self.wrap_table(id, &to))
            }
            "renameIndex" | "renameColumn" => {
                let from = self.wrap(id, &self.attribute(command.object, "from"))?;
                let to = self.wrap(id, &self.attribute(command.object, "to"))?;
                let what = if command.name == "renameIndex" { "index" } else { "column" };
                format!("alter table {table} rename {what} {from} to {to}")
            }
            "tableComment" => {
                let comment = self.known_text(&self.attribute(command.object, "comment"), "a comment")?;
                format!("alter table {table} comment = '{}'", comment.replace('\'', "''"))
            }
            _ => return Ok(None),
        }))
    }

    fn algorithm(&mut self, object: ObjectId, before: &str) -> Outcome<String> {
        let algorithm = self.attribute(object, "algorithm");
        let algorithm = self.known(&algorithm, "the algorithm of an index")?;
        Ok(operators::text(&algorithm).filter(|text| !text.is_empty()).map_or(String::new(), |text| format!("{before}{text}")))
    }

    fn compile_starting_value(&mut self, table: &str, object: ObjectId) -> Outcome<Option<String>> {
        let Value::Object(column) = self.attribute(object, "column") else { return Ok(None) };
        let increments = self.attribute(column, "autoIncrement");
        let start =
            [self.attribute(column, "startingValue"), self.attribute(column, "from")].into_iter().find(|value| !value.is_null());
        let Some(start) = start.filter(|_| operators::truth(&increments.likely())) else { return Ok(None) };
        Ok(Some(format!("alter table {table} auto_increment = {}", self.known_text(&start, "the first value")?)))
    }

    fn compile_create(&mut self, id: ObjectId) -> Outcome<String> {
        let mut items = Vec::new();
        for column in self.blueprint(id).columns.clone() {
            if !operators::truth(&self.attribute(column, "change").likely()) {
                items.push(self.column(id, column)?);
            }
        }
        if let Some(primary) = self.first_command(id, "primary") {
            let columns = self.columnize(id, &self.attribute(primary, "columns"))?;
            let algorithm = self.algorithm(primary, "using ")?;
            items.push(format!("primary key {algorithm}({columns})"));
        }
        let table = self.own_table(id);
        let blueprint = self.blueprint(id).clone();
        let config = self.world.config(&blueprint.connection);
        let mut sql =
            format!("create{} table {table} ({})", if blueprint.temporary { " temporary" } else { "" }, items.join(", "));
        if let Some(charset) = blueprint.charset.or_else(|| config.charset.clone()) {
            sql.push_str(&format!(" default character set {charset}"));
        }
        if let Some(collation) = blueprint.collation.or_else(|| config.collation.clone()) {
            sql.push_str(&format!(" collate '{collation}'"));
        }
        if let Some(engine) = blueprint.engine.or_else(|| config.engine.clone()) {
            sql.push_str(&format!(" engine = {engine}"));
        }
        Ok(sql)
    }

    fn compile_change(&mut self, id: ObjectId, table: &str, column: ObjectId) -> Outcome<String> {
        let name = self.wrap(id, &self.attribute(column, "name"))?;
        let to = self.attribute(column, "renameTo");
        let kind = self.column_type(id, column)?;
        let modifiers = self.modifiers(id, column)?;
        if to.is_null() {
            return Ok(format!("alter table {table} modify {name} {kind}{modifiers}"));
        }
        let to = self.wrap(id, &to)?;
        Ok(format!("alter table {table} change {name} {to} {kind}{modifiers}"))
    }

    fn compile_foreign(&mut self, id: ObjectId, table: &str, command: ObjectId) -> Outcome<String> {
        let name = self.wrap(id, &self.attribute(command, "index"))?;
        let columns = self.columnize(id, &self.attribute(command, "columns"))?;
        let on = self.known_text(&self.attribute(command, "on"), "the table of a foreign key")?;
        let references = self.columnize(id, &self.attribute(command, "references"))?;
        let other = self.wrap_table(id, &on);
        let mut sql =
            format!("alter table {table} add constraint {name} foreign key ({columns}) references {other} ({references})");
        for (attribute, words) in [("onDelete", " on delete "), ("onUpdate", " on update ")] {
            let action = self.attribute(command, attribute);
            if !action.is_null() {
                sql.push_str(words);
                sql.push_str(&self.known_text(&action, "the action of a foreign key")?);
            }
        }
        Ok(sql)
    }

    fn column(&mut self, id: ObjectId, column: ObjectId) -> Outcome<String> {
        let name = self.wrap(id, &self.attribute(column, "name"))?;
        let kind = self.column_type(id, column)?;
        let modifiers = self.modifiers(id, column)?;
        Ok(format!("{name} {kind}{modifiers}"))
    }

    fn column_type(&mut self, id: ObjectId, column: ObjectId) -> Outcome<String> {
        let kind = self.known_text(&self.attribute(column, "type"), "the type of a column")?;
        let get = |machine: &mut Self, name: &str| -> Outcome<String> {
            let value = machine.attribute(column, name);
            Ok(machine.known_text(&value, "an attribute of a column")?.to_string())
        };
        let connection = self.blueprint(id).connection.clone();
        let is_mariadb = self.world.driver(&connection) == "mariadb";
        Ok(match &*kind {
            "char" => format!("char({})", get(self, "length")?),
            "string" => format!("varchar({})", get(self, "length")?),
            "tinyText" | "text" | "mediumText" | "longText" | "json" | "date" | "year" | "double" => kind.to_lowercase(),
            "jsonb" => "json".to_owned(),
            "bigInteger" => "bigint".to_owned(),
            "integer" => "int".to_owned(),
            "mediumInteger" => "mediumint".to_owned(),
            "tinyInteger" => "tinyint".to_owned(),
            "smallInteger" => "smallint".to_owned(),
            "boolean" => "tinyint(1)".to_owned(),
            "float" => match get(self, "precision")?.as_str() {
                "" | "0" => "float".to_owned(),
                precision => format!("float({precision})"),
            },
            "decimal" => format!("decimal({}, {})", get(self, "total")?, get(self, "places")?),
            "enum" | "set" => {
                let allowed = self.attribute(column, "allowed");
                let mut values = Vec::new();
                for value in allowed.as_array().cloned().unwrap_or_default().values() {
                    values.push(format!("'{}'", self.text_value(value)?));
                }
                format!("{kind}({})", values.join(", "))
            }
            "dateTime" | "dateTimeTz" | "timestamp" | "timestampTz" | "time" | "timeTz" => {
                let base = kind.trim_end_matches("Tz").to_lowercase();
                self.moment(column, &base)?
            }
            "binary" => match (get(self, "length")?.as_str(), operators::truth(&self.attribute(column, "fixed").likely())) {
                ("" | "0", _) => "blob".to_owned(),
                (length, true) => format!("binary({length})"),
                (length, false) => format!("varbinary({length})"),
            },
            "uuid" => if is_mariadb { "uuid" } else { "char(36)" }.to_owned(),
            "ipAddress" => "varchar(45)".to_owned(),
            "macAddress" => "varchar(17)".to_owned(),
            "geometry" | "geography" => {
                let subtype = get(self, "subtype")?.to_lowercase();
                let known =
                    ["point", "linestring", "polygon", "geometrycollection", "multipoint", "multilinestring", "multipolygon"];
                let subtype = if known.contains(&subtype.as_str()) { subtype } else { "geometry".to_owned() };
                match get(self, "srid")?.as_str() {
                    "" | "0" => subtype,
                    // The server is a MariaDB, whichever driver speaks to it.
                    srid => format!("{subtype} ref_system_id={srid}"),
                }
            }
            "raw" => get(self, "definition")?,
            "vector" => "vector".to_owned(),
            "computed" => {
                let message = "This database driver requires a type, see the virtualAs / storedAs modifiers.";
                return self.throw("RuntimeException", message);
            }
            other => {
                let method = format!("type{}{}", other[..1].to_uppercase(), &other[1..]);
                let message = format!("Method Illuminate\\Database\\Schema\\Grammars\\MySqlGrammar::{method} does not exist.");
                return self.throw("BadMethodCallException", message);
            }
        })
    }

    fn moment(&mut self, column: ObjectId, base: &str) -> Outcome<String> {
        let precision = self.attribute(column, "precision");
        let precision = self.known(&precision, "the precision of a column")?;
        let suffix = if operators::truth(&precision) { format!("({})", self.text_value(&precision)?) } else { String::new() };
        if base != "time" {
            let current = Value::text(format!("CURRENT_TIMESTAMP{suffix}"));
            for (flag, attribute) in [("useCurrent", "default"), ("useCurrentOnUpdate", "onUpdate")] {
                if operators::truth(&self.attribute(column, flag).likely()) {
                    let expression = self.make(Object::Expression(current.clone()));
                    self.set_attribute(column, attribute, expression);
                }
            }
        }
        Ok(format!("{base}{suffix}"))
    }

    fn is_set(&self, column: ObjectId, name: &str) -> bool {
        !self.attribute(column, name).is_null()
    }

    /// `laravel/framework:src/Illuminate/Database/Schema/Grammars/MySqlGrammar.php (modify*)`
    fn modifiers(&mut self, id: ObjectId, column: ObjectId) -> Outcome<String> {
        let mut sql = String::new();
        let flag = |machine: &Self, name: &str| operators::truth(&machine.attribute(column, name).likely());
        if flag(self, "unsigned") {
            sql.push_str(" unsigned");
        }
        for (attribute, before, after) in [("charset", " character set ", ""), ("collation", " collate '", "'")] {
            if self.is_set(column, attribute) {
                let value = self.known_text(&self.attribute(column, attribute), "a character set")?;
                sql.push_str(&format!("{before}{value}{after}"));
            }
        }
        let mut generated = false;
        for (attribute, stored) in [("virtualAsJson", false), ("virtualAs", false), ("storedAsJson", true), ("storedAs", true)] {
            if self.is_set(column, attribute) {
                let expression = self.known_text(&self.attribute(column, attribute), "the expression of a column")?;
                let expression = json_selector(&expression, attribute.ends_with("Json"));
                sql.push_str(&format!(" as ({expression}){}", if stored { " stored" } else { "" }));
                generated = true;
            }
        }
        let nullable = self.attribute(column, "nullable");
        let is_nullable = self.truth(&nullable)?;
        if !generated {
            sql.push_str(if is_nullable { " null" } else { " not null" });
        } else if nullable == Value::Bool(false) {
            sql.push_str(" not null");
        }
        if self.is_set(column, "default") {
            sql.push_str(" default ");
            sql.push_str(&self.default_value(column)?);
        }
        if self.is_set(column, "onUpdate") {
            sql.push_str(&format!(" on update {}", self.known_text(&self.attribute(column, "onUpdate"), "a default")?));
        }
        if self.is_set(column, "invisible") {
            sql.push_str(" invisible");
        }
        let kind = self.attribute(column, "type");
        if flag(self, "autoIncrement") && kind.as_str().is_some_and(|kind| SERIALS.contains(&kind)) {
            let has_primary = self.first_command(id, "primary").is_some();
            let is_change = flag(self, "change") && !flag(self, "primary");
            sql.push_str(if has_primary || is_change { " auto_increment" } else { " auto_increment primary key" });
        }
        if self.is_set(column, "comment") {
            let comment = self.known(&self.attribute(column, "comment"), "a comment")?;
            let comment = self.text_value(&comment)?;
            sql.push_str(&format!(" comment '{}'", comment.replace('\\', "\\\\").replace('\'', "\\'").replace('"', "\\\"")));
        }
        if self.is_set(column, "after") {
            let after = self.wrap(id, &self.attribute(column, "after"))?;
            sql.push_str(&format!(" after {after}"));
        }
        if self.is_set(column, "first") {
            sql.push_str(" first");
        }
        Ok(sql)
    }

    fn default_value(&mut self, column: ObjectId) -> Outcome<String> {
        let value = self.attribute(column, "default");
        // Which value a column has by default changes no index.
        let Ok(value) = self.known(&value, "a default") else { return Ok("''".to_owned()) };
        Ok(match &value {
            Value::Object(object) => match self.object(*object).clone() {
                Object::Expression(text) => self.text_value(&text)?.to_string(),
                Object::Instance { properties, .. } => {
                    let value = properties.get("value").cloned().unwrap_or_default();
                    format!("'{}'", self.text_value(&value)?)
                }
                _ => format!("'{}'", self.text_value(&value)?),
            },
            Value::Bool(value) => format!("'{}'", i32::from(*value)),
            other => format!("'{}'", self.text_value(other)?),
        })
    }
}

/// `meta->name` selects from JSON.
fn json_selector(expression: &str, is_json: bool) -> String {
    match expression.split_once("->").filter(|_| is_json) {
        Some((field, path)) => {
            let path: Vec<String> = path.split("->").map(|part| format!("\"{part}\"")).collect();
            format!("json_unquote(json_extract({}, '$.{}'))", quoted(field), path.join("."))
        }
        None => expression.to_owned(),
    }
}
