//! Rows on the cache.

use super::row::{Row, RowError};

/// What a method of a cache does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CacheMethod {
    /// Stores a value, or what a callback gives.
    Store {
        /// The position of the key.
        key: usize,
        /// The position of what is stored.
        stored: usize,
    },
    /// The same cache, with tags that become part of every key.
    Tags,
    /// Another store of the cache.
    Select,
}

/// What is known about caches.
#[derive(Clone, Debug, Default)]
pub struct CacheRows {
    classes: Vec<String>,
    methods: Vec<(String, CacheMethod, String)>,
    prefixes: Vec<String>,
}

impl CacheRows {
    pub(super) fn add(&mut self, row: &Row) -> Result<(), RowError> {
        let method = match row.kind.as_str() {
            "class" => {
                self.classes.extend(row.symbols.iter().cloned());
                return Ok(());
            }
            "prefix" => {
                self.prefixes.extend(row.symbols.iter().cloned());
                return Ok(());
            }
            "tags" => CacheMethod::Tags,
            "select" => CacheMethod::Select,
            "store" => match row.args.as_slice() {
                [key, stored] => CacheMethod::Store { key: *key, stored: *stored },
                _ => return Err(row.error("`args` needs the positions of the key and of what is stored")),
            },
            _ => return Err(row.unknown_kind()),
        };
        for symbol in &row.symbols {
            self.methods.push((symbol.clone(), method, row.id.clone()));
        }
        Ok(())
    }

    /// What a call `Class::method` does with a cache, and the row that says so.
    #[must_use]
    pub fn method(&self, symbol: &str) -> Option<(CacheMethod, &str)> {
        let (class, method) = symbol.rsplit_once("::")?;
        let (_, method, id) = self.methods.iter().find(|(name, ..)| name.eq_ignore_ascii_case(method))?;
        self.classes.iter().any(|known| known.eq_ignore_ascii_case(class)).then_some((*method, id.as_str()))
    }

    /// True for a configuration key of which the value stands before every key of a cache.
    #[must_use]
    pub fn is_prefix(&self, key: &str) -> bool {
        self.prefixes.iter().any(|known| known == key)
    }
}
