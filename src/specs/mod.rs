//! Typed rows that say what the framework's names mean: data, not code.
//!
//! The rows of `rules/specs` are embedded; a user's `mandant.toml` adds rows of the same form and may
//! disable one by its id. The analysis asks [`Specs`] by name and role and never spells a framework's
//! method itself.

mod cache;
mod folded;
mod length;
mod lists;
mod middleware;
mod query;
mod row;
mod taint;
#[cfg(test)]
mod tests;
mod vocabulary;

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

pub use cache::{CacheMethod, CacheRows};
use folded::lower;
pub(crate) use folded::{Folded, folded};
pub use length::{Cost, LengthEffect, LengthRow, LengthSink, Lengths, SinkSeverity};
pub use lists::{FunctionResult, ListCallback, RowMethod};
pub use middleware::{MiddlewareKind, MiddlewareRows};
pub use query::{Connective, QueryMethod, QueryMethodKind, Returns};
pub use row::{Row, RowError};
pub use taint::{Effect, SinkForm, SinkKind, SinkRow, SourceKind, Taints};
pub use vocabulary::{Kind, Meaning, Vocabulary};

/// The embedded files, in the order in which they are read.
const EMBEDDED: [(&str, &str); 16] = [
    ("laravel/query-methods.toml", include_str!("../../rules/specs/laravel/query-methods.toml")),
    ("laravel/values.toml", include_str!("../../rules/specs/laravel/values.toml")),
    ("packages/filament.toml", include_str!("../../rules/specs/packages/filament.toml")),
    ("laravel/types.toml", include_str!("../../rules/specs/laravel/types.toml")),
    ("laravel/rows.toml", include_str!("../../rules/specs/laravel/rows.toml")),
    ("php/lists.toml", include_str!("../../rules/specs/php/lists.toml")),
    ("laravel/database.toml", include_str!("../../rules/specs/laravel/database.toml")),
    ("php/vocabulary.toml", include_str!("../../rules/specs/php/vocabulary.toml")),
    ("php/length.toml", include_str!("../../rules/specs/php/length.toml")),
    ("pii/vocabulary.toml", include_str!("../../rules/specs/pii/vocabulary.toml")),
    ("pii/sinks.toml", include_str!("../../rules/specs/pii/sinks.toml")),
    // What is said of a function elsewhere, is said after this.
    ("php/functions.toml", include_str!("../../rules/specs/php/functions.toml")),
    ("pii/flows.toml", include_str!("../../rules/specs/pii/flows.toml")),
    ("laravel/contexts.toml", include_str!("../../rules/specs/laravel/contexts.toml")),
    ("laravel/cache.toml", include_str!("../../rules/specs/laravel/cache.toml")),
    ("laravel/middleware.toml", include_str!("../../rules/specs/laravel/middleware.toml")),
];

/// What a value of the framework stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// The logged-in user.
    User,
    /// The logged-in user's primary key.
    UserKey,
    /// Whether somebody is logged in.
    UserPresence,
    /// Whether nobody is logged in.
    UserAbsence,
    /// Chosen by the client.
    Request,
    /// The current tenant of a tenancy package.
    TenantContext,
    /// A configuration value.
    Configuration,
    /// The session.
    Session,
    /// An environment variable.
    Environment,
    /// How the code runs (console, tests).
    Runtime,
    /// SQL as an expression.
    RawExpression,
}

impl ValueKind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "user" => Self::User,
            "user-key" => Self::UserKey,
            "user-presence" => Self::UserPresence,
            "user-absence" => Self::UserAbsence,
            "request" => Self::Request,
            "tenant-context" => Self::TenantContext,
            "configuration" => Self::Configuration,
            "session" => Self::Session,
            "environment" => Self::Environment,
            "runtime" => Self::Runtime,
            "raw-expression" => Self::RawExpression,
            _ => return None,
        })
    }
}

/// How a call opens a query without a builder before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// `DB::table('t')`
    Table,
    /// `DB::query()`
    Query,
    /// `Model::query()` and the like.
    Model,
    /// SQL as text.
    RawSql,
    /// A field that offers the rows of a relation's model.
    Offered,
}

/// How a function changes the flow of control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// Never returns.
    Diverges,
    /// Does not return where its first argument holds.
    DivergesIf,
    /// Does not return where its first argument does not hold.
    DivergesUnless,
}

/// Who runs a piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContextKind {
    /// An operator's tool: nobody is logged in, no outsider reaches it.
    Console,
    /// A worker: nobody is logged in.
    Queue,
    /// Open to everybody.
    Public,
    /// A web request; whether somebody is logged in is not known here.
    Http,
    /// Somebody is logged in.
    Authenticated,
}

/// A row that gives code a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextRow {
    /// The row's id.
    pub id: String,
    /// The context.
    pub kind: ContextKind,
    /// Parent classes and interfaces.
    pub extends: Vec<String>,
    /// Folders, relative to the root, with a slash at the end; or files.
    pub folders: Vec<String>,
    /// Parts of class names.
    pub names: Vec<String>,
}

/// The class that a call returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnRow {
    /// The class; `{0}` is named by the first argument, `{user}` the class of the logged-in user.
    pub class: String,
    /// Only where the call has no arguments.
    pub without_arguments: bool,
}

/// What a method of a collection gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CollectionMethod {
    /// One element.
    Element,
    /// A collection of the same elements.
    Same,
    /// A collection of collections of the same elements.
    Groups,
    /// A collection of what its callback gives.
    Mapped,
    /// A collection of its elements and of those that it is given.
    Merged,
    /// The values of a column of its elements.
    Column,
    /// The primary keys of its elements.
    Keys,
}

impl CollectionMethod {
    /// The kind of that name in spec rows.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "element" => Self::Element,
            "same" => Self::Same,
            "groups" => Self::Groups,
            "mapped" => Self::Mapped,
            "merged" => Self::Merged,
            "column" => Self::Column,
            "keys" => Self::Keys,
            _ => return None,
        })
    }
}

/// What a column holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKind {
    /// Something about a person that is no key: a telephone number, a name.
    Person,
    /// An id that is unique over all tenants.
    ExternalId,
}

/// All rows in force, ready to be asked.
#[derive(Debug, Default)]
pub struct Specs {
    query_methods: FxHashMap<String, QueryMethod>,
    values: FxHashMap<String, (ValueKind, String)>,
    wildcard_values: Vec<(String, ValueKind, String)>,
    entries: FxHashMap<String, (EntryKind, String)>,
    controls: FxHashMap<String, Control>,
    returns: FxHashMap<String, Vec<ReturnRow>>,
    aliases: FxHashMap<String, String>,
    collection_methods: FxHashMap<String, CollectionMethod>,
    row_methods: FxHashMap<String, RowMethod>,
    function_results: FxHashMap<String, FunctionResult>,
    list_callbacks: FxHashMap<String, ListCallback>,
    callback_classes: FxHashMap<String, String>,
    bound_classes: FxHashMap<String, String>,
    columns: FxHashMap<String, ColumnKind>,
    column_endings: Vec<(String, ColumnKind)>,
    contexts: Vec<ContextRow>,
    middleware: MiddlewareRows,
    builder_only: FxHashMap<String, String>,
    lengths: Lengths,
    vocabulary: Vocabulary,
    taints: Taints,
    caches: CacheRows,
    ids: BTreeMap<String, &'static str>,
}

impl Specs {
    /// The embedded rows.
    ///
    /// # Errors
    /// Where an embedded row is malformed, which a test excludes.
    pub fn embedded() -> Result<Self, RowError> {
        Self::with_user_rows(&[], &[])
    }

    /// The embedded rows without the disabled ones, and the user's rows.
    ///
    /// # Errors
    /// Where a row has no id, an unknown role or kind, or lacks what its role needs.
    pub fn with_user_rows(user: &[Row], disabled: &[String]) -> Result<Self, RowError> {
        let mut specs = Self::default();
        for (file, text) in EMBEDDED {
            for row in Row::parse_file(file, text)? {
                if !disabled.contains(&row.id) {
                    specs.add(&row, "embedded")?;
                }
            }
        }
        for row in user {
            specs.add(row, "user")?;
        }
        Ok(specs)
    }

    fn add(&mut self, row: &Row, origin: &'static str) -> Result<(), RowError> {
        if self.ids.insert(row.id.clone(), origin).is_some() {
            return Err(row.error("this id is taken"));
        }
        match row.role.as_str() {
            "query-method" => {
                let method = QueryMethod::from_row(row)?;
                for symbol in &row.symbols {
                    self.query_methods.insert(symbol.to_ascii_lowercase(), method.clone());
                }
            }
            "value" => self.add_value(row)?,
            "query-entry" => {
                let kind = match row.kind.as_str() {
                    "table" => EntryKind::Table,
                    "query" => EntryKind::Query,
                    "model" => EntryKind::Model,
                    "raw-sql" => EntryKind::RawSql,
                    "offered" => EntryKind::Offered,
                    _ => return Err(row.unknown_kind()),
                };
                self.add_symbols(row, |specs, key| {
                    specs.entries.insert(key, (kind, row.id.clone()));
                });
            }
            "control" => {
                let control = match row.kind.as_str() {
                    "diverges" => Control::Diverges,
                    "diverges-if" => Control::DivergesIf,
                    "diverges-unless" => Control::DivergesUnless,
                    _ => return Err(row.unknown_kind()),
                };
                self.add_symbols(row, |specs, key| {
                    specs.controls.insert(key, control);
                });
            }
            "type" => {
                let class = row.returns.clone().ok_or_else(|| row.error("`returns` is missing"))?;
                let without_arguments = match row.kind.as_str() {
                    "returns" => false,
                    "returns-without-arguments" => true,
                    "callback" | "callback-this" => {
                        let is_this = row.kind == "callback-this";
                        self.add_symbols(row, |specs, key| {
                            let classes = if is_this { &mut specs.bound_classes } else { &mut specs.callback_classes };
                            classes.insert(key, class.clone());
                        });
                        return Ok(());
                    }
                    "alias" => {
                        self.add_symbols(row, |specs, key| {
                            specs.aliases.insert(key, class.clone());
                        });
                        return Ok(());
                    }
                    _ => return Err(row.unknown_kind()),
                };
                self.add_symbols(row, |specs, key| {
                    specs.returns.entry(key).or_default().push(ReturnRow { class: class.clone(), without_arguments });
                });
            }
            "collection-method" => {
                let kind = CollectionMethod::named(&row.kind).ok_or_else(|| row.unknown_kind())?;
                self.add_symbols(row, |specs, key| {
                    specs.collection_methods.insert(key, kind);
                });
            }
            "row-method" | "list-function" | "list-callback" => self.add_list(row)?,
            "column" => self.add_column(row)?,
            "sink" if matches!(row.kind.as_str(), "length" | "sql") => self.lengths.add_sink(row)?,
            "sink" => self.taints.add_sink(row)?,
            "source" | "sanitizer" | "propagator" => self.taints.add_effect(row)?,
            "length" => self.lengths.add_function(row)?,
            "vocabulary" => self.vocabulary.add(row)?,
            "cache" => self.caches.add(row)?,
            "context" => self.add_context(row)?,
            "middleware" => self.middleware.add(row)?,
            "unresolved-site" => self.add_symbols(row, |specs, key| {
                specs.builder_only.insert(key, row.id.clone());
            }),
            _ => return Err(row.error("unknown role")),
        }
        Ok(())
    }

    fn add_symbols(&mut self, row: &Row, mut add: impl FnMut(&mut Self, String)) {
        for symbol in &row.symbols {
            add(self, symbol.to_ascii_lowercase());
        }
    }

    fn add_list(&mut self, row: &Row) -> Result<(), RowError> {
        match row.role.as_str() {
            "row-method" => {
                let kind = RowMethod::parse(row)?;
                self.add_symbols(row, |specs, key| {
                    specs.row_methods.insert(key, kind);
                });
            }
            "list-function" => {
                let kind = FunctionResult::parse(row)?;
                self.add_symbols(row, |specs, key| {
                    specs.function_results.insert(key, kind);
                });
            }
            _ => {
                let kind = ListCallback::parse(row)?;
                self.add_symbols(row, |specs, key| {
                    specs.list_callbacks.insert(key, kind);
                });
            }
        }
        Ok(())
    }

    fn add_value(&mut self, row: &Row) -> Result<(), RowError> {
        let kind = ValueKind::parse(&row.kind).ok_or_else(|| row.unknown_kind())?;
        for symbol in &row.symbols {
            match symbol.strip_suffix("::*") {
                Some(class) => self.wildcard_values.push((class.to_ascii_lowercase(), kind, row.id.clone())),
                None => {
                    self.values.insert(symbol.to_ascii_lowercase(), (kind, row.id.clone()));
                }
            }
        }
        Ok(())
    }

    fn add_column(&mut self, row: &Row) -> Result<(), RowError> {
        let kind = match row.kind.as_str() {
            "person" => ColumnKind::Person,
            "external-id" => ColumnKind::ExternalId,
            _ => return Err(row.unknown_kind()),
        };
        for symbol in &row.symbols {
            match symbol.strip_prefix('*') {
                Some(ending) => self.column_endings.push((ending.to_ascii_lowercase(), kind)),
                None => {
                    self.columns.insert(symbol.to_ascii_lowercase(), kind);
                }
            }
        }
        Ok(())
    }

    fn add_context(&mut self, row: &Row) -> Result<(), RowError> {
        let kind = match row.kind.as_str() {
            "console" => ContextKind::Console,
            "queue" => ContextKind::Queue,
            "public" => ContextKind::Public,
            "http" => ContextKind::Http,
            "authenticated" => ContextKind::Authenticated,
            _ => return Err(row.unknown_kind()),
        };
        self.contexts.push(ContextRow {
            id: row.id.clone(),
            kind,
            extends: row.extends.clone(),
            folders: row.folders.clone(),
            names: row.names.clone(),
        });
        Ok(())
    }

    /// A hash over the rows in force: the embedded texts and the ids.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (file, text) in EMBEDDED {
            hasher.update(file.as_bytes());
            hasher.update(text.as_bytes());
        }
        for (id, origin) in &self.ids {
            hasher.update(id.as_bytes());
            hasher.update(origin.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// What a builder's method does; `None` for a method that no builder of the framework has.
    #[must_use]
    pub fn query_method(&self, name: &str) -> Option<&QueryMethod> {
        self.query_methods.get(&*lower(name))
    }

    /// What the value of a function, a static call or a member stands for, and the row that says so.
    #[must_use]
    pub fn value(&self, symbol: &str) -> Option<(ValueKind, &str)> {
        let symbol = lower(symbol);
        if let Some((kind, id)) = self.values.get(&*symbol) {
            return Some((*kind, id));
        }
        let (class, _) = symbol.split_once("::")?;
        self.wildcard_values.iter().find(|(known, ..)| known == class).map(|(_, kind, id)| (*kind, id.as_str()))
    }

    /// What an instance of a class stands for, where every method of it gives such a value.
    #[must_use]
    pub fn instance_value(&self, class: &str) -> Option<(ValueKind, &str)> {
        self.wildcard_values
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(class))
            .map(|(_, kind, id)| (*kind, id.as_str()))
    }

    /// The classes of which every method gives a value of one kind.
    pub fn instance_classes(&self) -> impl Iterator<Item = (&str, ValueKind)> {
        self.wildcard_values.iter().map(|(class, kind, _)| (class.as_str(), *kind))
    }

    /// How a call opens a query, and the row that says so.
    #[must_use]
    pub fn entry(&self, symbol: &str) -> Option<(EntryKind, &str)> {
        self.entries.get(&*lower(symbol)).map(|(kind, id)| (*kind, id.as_str()))
    }

    /// How a function changes the flow of control.
    #[must_use]
    pub fn control(&self, symbol: &str) -> Option<Control> {
        self.controls.get(&*lower(symbol)).copied()
    }

    /// The class that a call returns.
    #[must_use]
    pub fn returned_class(&self, symbol: &str, has_arguments: bool) -> Option<&str> {
        let rows = self.returns.get(&*lower(symbol))?;
        let fitting = rows.iter().filter(|row| if has_arguments { !row.without_arguments } else { row.class != "{0}" });
        fitting.map(|row| row.class.as_str()).next()
    }

    /// What a column holds, by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<ColumnKind> {
        let name = lower(name);
        let whole = self.columns.get(&*name).copied();
        whole.or_else(|| self.column_endings.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, kind)| *kind))
    }

    /// The class behind a facade's name in the root namespace.
    #[must_use]
    pub fn alias(&self, name: &str) -> Option<&str> {
        self.aliases.get(&*lower(name)).map(String::as_str)
    }

    /// What a method of a collection gives, as far as it is known.
    #[must_use]
    pub fn collection_method(&self, name: &str) -> Option<CollectionMethod> {
        self.collection_methods.get(&*lower(name)).copied()
    }

    /// What a method of a loaded row does that the framework's model declares.
    #[must_use]
    pub fn row_method(&self, name: &str) -> Option<RowMethod> {
        self.row_methods.get(&*lower(name)).copied()
    }

    /// What a function makes of the list that is its first argument.
    #[must_use]
    pub fn function_result(&self, name: &str) -> Option<FunctionResult> {
        self.function_results.get(&*lower(name)).copied()
    }

    /// What a function gives to the callback among its arguments.
    #[must_use]
    pub fn list_callback(&self, name: &str) -> Option<ListCallback> {
        self.list_callbacks.get(&*lower(name)).copied()
    }

    /// The class of the object that a function or static method gives to its callback.
    #[must_use]
    pub fn callback_class(&self, symbol: &str) -> Option<&str> {
        self.callback_classes.get(&*lower(symbol)).map(String::as_str)
    }

    /// The class of `$this` in the callback that a static method is given.
    #[must_use]
    pub fn bound_class(&self, symbol: &str) -> Option<&str> {
        self.bound_classes.get(&*lower(symbol)).map(String::as_str)
    }

    /// What is known about lengths.
    #[must_use]
    pub const fn lengths(&self) -> &Lengths {
        &self.lengths
    }

    /// What names say about the data behind them.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Sources, sinks and sanitizers of personal data.
    #[must_use]
    pub const fn taints(&self) -> &Taints {
        &self.taints
    }

    /// What is known about caches.
    #[must_use]
    pub const fn caches(&self) -> &CacheRows {
        &self.caches
    }

    /// The rows that give code a context, in order.
    #[must_use]
    pub fn contexts(&self) -> &[ContextRow] {
        &self.contexts
    }

    /// What is known of middleware that is not on disk.
    #[must_use]
    pub const fn middleware(&self) -> &MiddlewareRows {
        &self.middleware
    }

    /// True for a method that only builders have: a call of it is a site even if its receiver is unknown.
    #[must_use]
    pub fn is_builder_only(&self, method: &str) -> bool {
        self.builder_only.contains_key(&*lower(method))
    }
}
