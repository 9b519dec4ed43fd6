//! What the calls on a Blueprint do to a table.
//!
//! `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php`

use std::collections::BTreeMap;

use super::migration::Link;
use super::{Column, Table};
use crate::finding::Location;
use crate::hir::{Argument, ExprId};
use crate::index::inflect::plural;
use crate::index::relations::foreign_key;
use crate::index::values::Place;
use crate::index::{Constant, Locals};

/// Methods that add one column, whose name is their first argument.
const COLUMNS: &[&str] = &[
    "bigInteger",
    "bigIncrements",
    "binary",
    "boolean",
    "char",
    "computed",
    "date",
    "dateTime",
    "dateTimeTz",
    "decimal",
    "double",
    "enum",
    "float",
    "foreignId",
    "foreignUlid",
    "foreignUuid",
    "geography",
    "geometry",
    "increments",
    "integer",
    "integerIncrements",
    "ipAddress",
    "json",
    "jsonb",
    "lineString",
    "longText",
    "macAddress",
    "mediumIncrements",
    "mediumInteger",
    "mediumText",
    "multiLineString",
    "multiPoint",
    "multiPolygon",
    "point",
    "polygon",
    "set",
    "smallIncrements",
    "smallInteger",
    "string",
    "text",
    "time",
    "timeTz",
    "timestamp",
    "timestampTz",
    "tinyIncrements",
    "tinyInteger",
    "tinyText",
    "ulid",
    "unsignedBigInteger",
    "unsignedDecimal",
    "unsignedDouble",
    "unsignedFloat",
    "unsignedInteger",
    "unsignedMediumInteger",
    "unsignedSmallInteger",
    "unsignedTinyInteger",
    "uuid",
    "vector",
    "year",
];

/// `Illuminate\Database\Schema\Builder::$defaultStringLength`
const DEFAULT_LENGTH: u32 = 255;

impl Table {
    pub(super) fn drop_column(&mut self, column: &str) {
        self.columns.remove(column);
        self.foreign_keys.remove(column);
        self.unique.retain(|_, columns| columns.iter().all(|known| known != column));
    }

    fn rename_column(&mut self, from: &str, to: String) {
        if let Some(key) = self.foreign_keys.remove(from) {
            self.foreign_keys.insert(to.clone(), key);
        }
        for column in self.unique.values_mut().flatten().filter(|column| *column == from) {
            column.clone_from(&to);
        }
        if let Some(column) = self.columns.remove(from) {
            self.columns.insert(to, column);
        }
    }
}

/// A chain of calls at one table.
struct Chain<'a> {
    place: Place<'a>,
    locals: &'a Locals,
    links: &'a [Link<'a>],
    at: Location,
    /// The table's name.
    table: &'a str,
}

/// Applies a chain of calls on the Blueprint of a table.
pub(super) fn apply(
    place: Place<'_>,
    tables: &mut BTreeMap<String, Table>,
    table: &str,
    links: &[Link<'_>],
    expr: ExprId,
    locals: &Locals,
) {
    let Some((name, arguments)) = links.first() else { return };
    let at = Location::new(place.body.file, place.item().expr_span(expr));
    let chain = Chain { place, locals, links, at, table };
    match *name {
        "drop" | "dropIfExists" => {
            tables.remove(table);
        }
        "rename" => {
            if let Some(to) = chain.text(arguments, 0)
                && let Some(moved) = tables.remove(table)
            {
                tables.insert(to, moved);
            }
        }
        name if name.starts_with("drop") => chain.drop(tables.entry(table.to_owned()).or_default(), name, arguments),
        name => chain.add(tables.entry(table.to_owned()).or_default(), name, arguments),
    }
}

impl Chain<'_> {
    fn constant(&self, arguments: &[Argument], position: usize) -> Option<Constant> {
        let value = arguments.get(position).filter(|argument| !argument.spread)?.value;
        self.place.index.configured_value(self.place.body, value, self.place.class, self.locals)
    }

    fn text(&self, arguments: &[Argument], position: usize) -> Option<String> {
        self.constant(arguments, position)?.as_str().map(str::to_owned)
    }

    /// The texts of all arguments, arrays flattened.
    fn texts(&self, arguments: &[Argument]) -> Vec<String> {
        (0..arguments.len()).filter_map(|position| self.constant(arguments, position)?.strings()).flatten().collect()
    }

    /// A later call of the chain.
    fn link(&self, name: &str) -> Option<&[Argument]> {
        self.links.iter().skip(1).find(|(found, _)| *found == name).map(|(_, arguments)| *arguments)
    }

    fn drop(&self, table: &mut Table, name: &str, arguments: &[Argument]) {
        let first = || self.text(arguments, 0);
        let columns = match name {
            "dropColumn" | "dropConstrainedForeignId" => self.texts(arguments),
            "dropTimestamps" | "dropTimestampsTz" | "dropDatetimes" => vec!["created_at".to_owned(), "updated_at".to_owned()],
            "dropSoftDeletes" | "dropSoftDeletesTz" => vec![first().unwrap_or_else(|| "deleted_at".to_owned())],
            "dropRememberToken" => vec!["remember_token".to_owned()],
            "dropMorphs" => first().map(|name| vec![format!("{name}_type"), format!("{name}_id")]).unwrap_or_default(),
            "dropConstrainedForeignIdFor" => self.model_key(arguments).map(|(column, _)| column).into_iter().collect(),
            "dropForeign" => {
                if let Some(Constant::Array(columns)) = self.constant(arguments, 0) {
                    columns.iter().filter_map(|(_, column)| column.as_str()).for_each(|column| {
                        table.foreign_keys.remove(column);
                    });
                }
                Vec::new()
            }
            "dropUnique" => {
                let name = match self.constant(arguments, 0) {
                    Some(Constant::Array(_)) => Some(self.unique_name(&self.texts(arguments))),
                    _ => first(),
                };
                name.and_then(|name| table.unique.remove(&name));
                Vec::new()
            }
            _ => Vec::new(),
        };
        for column in &columns {
            table.drop_column(column);
        }
    }

    fn add(&self, table: &mut Table, name: &str, arguments: &[Argument]) {
        let first = |default: &str| if arguments.is_empty() { Some(default.to_owned()) } else { self.text(arguments, 0) };
        match name {
            "id" => self.named(table, first("id"), "id", false),
            "timestamps" | "nullableTimestamps" => {
                self.pair(table, ["created_at", "updated_at"], ["timestamp", "timestamp"], true);
            }
            "timestampsTz" | "nullableTimestampsTz" => {
                self.pair(table, ["created_at", "updated_at"], ["timestampTz", "timestampTz"], true);
            }
            "datetimes" => self.pair(table, ["created_at", "updated_at"], ["dateTime", "dateTime"], true),
            "softDeletes" => self.named(table, first("deleted_at"), "timestamp", true),
            "softDeletesTz" => self.named(table, first("deleted_at"), "timestampTz", true),
            "softDeletesDatetime" => self.named(table, first("deleted_at"), "dateTime", true),
            "rememberToken" => {
                self.column(table, "remember_token".to_owned(), "string", true, Some(100));
            }
            "renameColumn" => {
                if let Some((from, to)) = self.text(arguments, 0).zip(self.text(arguments, 1)) {
                    table.rename_column(&from, to);
                }
            }
            "foreign" => self.foreign(table, arguments),
            "unique" => {
                let columns = self.constant(arguments, 0).and_then(|columns| columns.strings()).unwrap_or_default();
                let name = self.text(arguments, 1).unwrap_or_else(|| self.unique_name(&columns));
                table.unique.insert(name, columns);
            }
            "foreignIdFor" => {
                if let Some((column, related)) = self.model_key(arguments) {
                    self.column(table, column.clone(), "foreignId", false, None);
                    self.references(table, &column, related);
                }
            }
            "addColumn" => {
                if let Some((kind, column)) = self.text(arguments, 0).zip(self.text(arguments, 1)) {
                    self.column(table, column, &kind, false, None);
                }
            }
            _ if name.ends_with("orphs") => self.morphs(table, name, arguments),
            _ if COLUMNS.contains(&name) => self.typed(table, name, arguments),
            _ => {}
        }
    }

    fn typed(&self, table: &mut Table, kind: &str, arguments: &[Argument]) {
        let default = match kind {
            "uuid" => Some("uuid"),
            "ulid" => Some("ulid"),
            "ipAddress" => Some("ip_address"),
            "macAddress" => Some("mac_address"),
            _ => None,
        };
        let name = if arguments.is_empty() { default.map(str::to_owned) } else { self.text(arguments, 0) };
        let Some(name) = name else { return };
        let length = matches!(kind, "string" | "char").then(|| match self.constant(arguments, 1) {
            Some(Constant::Int(length)) => u32::try_from(length).ok(),
            Some(Constant::Null) | None if arguments.len() < 2 => Some(DEFAULT_LENGTH),
            Some(Constant::Null) => Some(DEFAULT_LENGTH),
            _ => None,
        });
        self.column(table, name.clone(), kind, false, length.flatten());
        self.references(table, &name, None);
    }

    fn named(&self, table: &mut Table, name: Option<String>, kind: &str, nullable: bool) {
        if let Some(name) = name {
            self.column(table, name, kind, nullable, None);
        }
    }

    fn pair(&self, table: &mut Table, names: [&str; 2], kinds: [&str; 2], nullable: bool) {
        for (name, kind) in names.into_iter().zip(kinds) {
            let length = (kind == "string").then_some(DEFAULT_LENGTH);
            self.column(table, name.to_owned(), kind, nullable, length);
        }
    }

    /// `morphs('owner')` and its kin: `owner_type` and `owner_id`.
    fn morphs(&self, table: &mut Table, method: &str, arguments: &[Argument]) {
        let Some(name) = self.text(arguments, 0) else { return };
        let id = match method.trim_start_matches("nullable").to_ascii_lowercase().as_str() {
            "uuidmorphs" => "uuid",
            "ulidmorphs" => "ulid",
            "morphs" | "numericmorphs" => "unsignedBigInteger",
            _ => return,
        };
        let columns = [format!("{name}_type"), format!("{name}_id")];
        self.pair(table, [&columns[0], &columns[1]], ["string", id], method.starts_with("nullable"));
    }

    /// Adds a column, or changes one where `change()` follows.
    fn column(&self, table: &mut Table, name: String, kind: &str, nullable: bool, length: Option<u32>) {
        let nullable = match self.link("nullable") {
            Some(arguments) => self.constant(arguments, 0) != Some(Constant::Bool(false)),
            None => nullable,
        };
        if let Some(arguments) = self.link("unique") {
            let columns = vec![name.clone()];
            table.unique.insert(self.text(arguments, 0).unwrap_or_else(|| self.unique_name(&columns)), columns);
        }
        table.columns.insert(name, Column { nullable, kind: kind.to_owned(), length, at: self.at });
    }

    /// `laravel/framework:src/Illuminate/Database/Schema/Blueprint.php (createIndexName)`
    fn unique_name(&self, columns: &[String]) -> String {
        format!("{}_{}_unique", self.table, columns.join("_")).to_lowercase().replace(['-', '.'], "_")
    }

    /// `constrained()`, `references('id')->on('companies')`
    fn references(&self, table: &mut Table, column: &str, related: Option<String>) {
        let key = if let Some(arguments) = self.link("constrained") {
            let target = self.text(arguments, 1).unwrap_or_else(|| "id".to_owned());
            let named = self.constant(arguments, 0).and_then(|name| name.as_str().map(str::to_owned));
            let guessed = || plural(column.strip_suffix(&format!("_{target}")).unwrap_or(column));
            Some((named.or(related).unwrap_or_else(guessed), target))
        } else {
            self.named_target()
        };
        table.foreign_keys.extend(key.map(|key| (column.to_owned(), key)));
    }

    /// `->references('id')->on('companies')`
    fn named_target(&self) -> Option<(String, String)> {
        let column = self.link("references").and_then(|arguments| self.texts(arguments).into_iter().next())?;
        Some((self.text(self.link("on")?, 0)?, column))
    }

    /// `foreign('company_id')->references('id')->on('companies')`
    fn foreign(&self, table: &mut Table, arguments: &[Argument]) {
        let columns = self.constant(arguments, 0).and_then(|columns| columns.strings()).unwrap_or_default();
        let targets = self.link("references").map(|arguments| self.texts(arguments)).unwrap_or_default();
        if let Some(on) = self.link("on").and_then(|arguments| self.text(arguments, 0)) {
            for (column, target) in columns.into_iter().zip(targets) {
                table.foreign_keys.insert(column, (on.clone(), target));
            }
        }
    }

    /// The column of `foreignIdFor(Company::class)` and the table of the model.
    fn model_key(&self, arguments: &[Argument]) -> Option<(String, Option<String>)> {
        let index = self.place.index;
        let named = self.constant(arguments, 0).and_then(|name| index.resolve_class(name.as_str()?));
        let class = named.or_else(|| self.place.object(arguments.first()?.value)?.key)?;
        let table = index.model(class).and_then(|model| model.table.clone());
        Some((self.text(arguments, 1).unwrap_or_else(|| foreign_key(index, class)), table))
    }
}
