//! Middleware of the framework and of packages: does it let only logged-in users through?

use rustc_hash::FxHashMap;

use super::row::{Row, RowError};

/// What a middleware does to who may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MiddlewareKind {
    /// Nobody passes who is not logged in.
    Authenticates,
    /// It does not ask who it is.
    Neutral,
    /// It asks the gate for the ability that its parameters name, about values of the path; no guest passes.
    Authorizes,
}

/// The rows on middleware.
#[derive(Debug, Default)]
pub struct MiddlewareRows {
    classes: FxHashMap<String, MiddlewareKind>,
    /// Namespaces all of whose classes are of a kind, where no row names the class itself.
    namespaces: Vec<(String, MiddlewareKind)>,
    aliases: FxHashMap<String, String>,
    /// The members of groups of the framework.
    groups: FxHashMap<String, Vec<String>>,
}

impl MiddlewareRows {
    pub(super) fn add(&mut self, row: &Row) -> Result<(), RowError> {
        let kind = match row.kind.as_str() {
            "authenticates" => MiddlewareKind::Authenticates,
            "neutral" => MiddlewareKind::Neutral,
            "authorizes" => MiddlewareKind::Authorizes,
            "alias" => {
                let class = row.returns.clone().ok_or_else(|| row.error("`returns` is missing"))?;
                self.aliases.extend(row.symbols.iter().map(|alias| (alias.clone(), class.clone())));
                return Ok(());
            }
            "group" => {
                self.groups.extend(row.symbols.iter().map(|group| (group.clone(), row.extends.clone())));
                return Ok(());
            }
            _ => return Err(row.unknown_kind()),
        };
        for symbol in &row.symbols {
            match symbol.strip_suffix('*') {
                Some(namespace) => self.namespaces.push((namespace.to_ascii_lowercase(), kind)),
                None => {
                    self.classes.insert(symbol.to_ascii_lowercase(), kind);
                }
            }
        }
        Ok(())
    }

    /// What a class that is not on disk does; `None` where no row knows it.
    #[must_use]
    pub fn kind(&self, class: &str) -> Option<MiddlewareKind> {
        let class = class.trim_start_matches('\\').to_ascii_lowercase();
        let by_namespace = || self.namespaces.iter().find(|(namespace, _)| class.starts_with(namespace.as_str()));
        self.classes.get(&class).copied().or_else(|| by_namespace().map(|(_, kind)| *kind))
    }

    /// The class behind a short name that the framework or a package registers.
    #[must_use]
    pub fn alias(&self, name: &str) -> Option<&str> {
        self.aliases.get(name).map(String::as_str)
    }

    /// The members of a group that the framework defines.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&[String]> {
        self.groups.get(name).map(Vec::as_slice)
    }
}
