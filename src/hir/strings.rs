//! The interned strings of one file.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// A string of one file's [`Strings`]. Symbols of different files are not comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Symbol(pub u32);

/// The strings of one file, each stored once, in order of first appearance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// The text of a symbol.
    #[must_use]
    pub fn get(&self, symbol: Symbol) -> &str {
        let index = symbol.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.text[start..self.ends[index] as usize]
    }

    /// The number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True where nothing was interned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// Builds [`Strings`], giving equal texts the same symbol.
#[derive(Debug, Default)]
pub struct Interner {
    strings: Strings,
    known: HashMap<Box<str>, Symbol>,
}

impl Interner {
    /// The symbol of a text, new or known.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.known.get(text) {
            return symbol;
        }
        let symbol = Symbol(u32::try_from(self.strings.ends.len()).unwrap_or(u32::MAX));
        self.strings.text.push_str(text);
        self.strings.ends.push(u32::try_from(self.strings.text.len()).unwrap_or(u32::MAX));
        self.known.insert(text.into(), symbol);
        symbol
    }

    /// The text of a symbol of this interner.
    #[must_use]
    pub fn get(&self, symbol: Symbol) -> &str {
        self.strings.get(symbol)
    }

    /// The finished strings.
    #[must_use]
    pub fn finish(self) -> Strings {
        self.strings
    }
}
