//! The interned strings of one file.

use serde::{Deserialize, Serialize};

/// A string of one file's [`Strings`]. Symbols of different files are not comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Symbol(pub u32);

impl Symbol {
    /// `this`, the name of the variable that is the object of a method: the first string of every file.
    pub const THIS: Self = Self(0);
}

/// The strings of one file, each stored once: [`Symbol::THIS`], then in order of first appearance.
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

    /// True where some string holds a text; never wrong where it says no.
    #[must_use]
    pub fn may_hold(&self, part: &str) -> bool {
        self.text.contains(part)
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
#[derive(Debug)]
pub struct Interner {
    strings: Strings,
    hashes: Vec<u64>,
    /// Open addressing: symbol + 1, or 0 where free. The length is a power of two.
    table: Vec<u32>,
}

fn hash(text: &str) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut chunks = text.as_bytes().chunks_exact(8);
    let mut state = text.len() as u64;
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        state = (state.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    let mut word = [0; 8];
    word[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    state = (state.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    state ^ (state >> 32)
}

impl Interner {
    /// An interner for a text of `bytes` bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        let symbols = bytes / 32 + 8;
        let mut interner = Self {
            strings: Strings { text: String::with_capacity(bytes / 2), ends: Vec::with_capacity(symbols) },
            hashes: Vec::with_capacity(symbols),
            table: vec![0; (symbols * 2).next_power_of_two()],
        };
        interner.intern("this");
        interner
    }

    /// The symbol of a text, new or known.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if (self.strings.ends.len() + 1) * 4 > self.table.len() * 3 {
            self.grow();
        }
        let hash = hash(text);
        let mut slot = self.first_slot(hash);
        while self.table[slot] != 0 {
            let symbol = Symbol(self.table[slot] - 1);
            if self.hashes[symbol.0 as usize] == hash && self.strings.get(symbol) == text {
                return symbol;
            }
            slot = (slot + 1) & (self.table.len() - 1);
        }
        let symbol = Symbol(u32::try_from(self.strings.ends.len()).unwrap_or(u32::MAX));
        self.strings.text.push_str(text);
        self.strings.ends.push(u32::try_from(self.strings.text.len()).unwrap_or(u32::MAX));
        self.hashes.push(hash);
        self.table[slot] = symbol.0 + 1;
        symbol
    }

    fn first_slot(&self, hash: u64) -> usize {
        usize::try_from(hash & (self.table.len() as u64 - 1)).unwrap_or(0)
    }

    fn grow(&mut self) {
        self.table = vec![0; (self.table.len() * 2).max(16)];
        for index in 0..self.hashes.len() {
            let mut slot = self.first_slot(self.hashes[index]);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (self.table.len() - 1);
            }
            self.table[slot] = u32::try_from(index + 1).unwrap_or(u32::MAX);
        }
    }

    /// The text of a symbol of this interner.
    #[must_use]
    pub fn get(&self, symbol: Symbol) -> &str {
        self.strings.get(symbol)
    }

    /// The finished strings.
    #[must_use]
    pub fn finish(mut self) -> Strings {
        self.strings.text.shrink_to_fit();
        self.strings.ends.shrink_to_fit();
        self.strings
    }
}
