//! The domain: how long a text may be, and what is known of the texts inside an array.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::finding::{Location, Message};

/// The most characters that a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Most {
    /// A number. A bound in bytes bounds the characters, too.
    Characters(u32),
    /// Not known, since something could not be resolved.
    Unknown,
    /// Anything: a client, a file or a column of text decides.
    Unbounded,
}

/// A bound with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Length {
    /// The bound.
    pub most: Most,
    /// Why, in words; for a bound what sets it, else what leaves it open.
    pub why: Message,
    /// Where.
    pub at: Option<Location>,
}

impl Length {
    /// At most so many characters.
    #[must_use]
    pub fn characters(most: u32, why: &'static str, at: Option<Location>) -> Self {
        Self { most: Most::Characters(most), why: Message::new(why).count("most", most as usize), at }
    }

    /// Nothing bounds it.
    #[must_use]
    pub const fn unbounded(why: Message, at: Option<Location>) -> Self {
        Self { most: Most::Unbounded, why, at }
    }

    /// It could not be found out.
    #[must_use]
    pub const fn unknown(why: Message, at: Option<Location>) -> Self {
        Self { most: Most::Unknown, why, at }
    }

    /// The worse of two.
    #[must_use]
    pub fn worse(self, other: &Self) -> Self {
        if other.most > self.most { other.clone() } else { self }
    }

    /// The better of two.
    #[must_use]
    pub fn better(self, other: Self) -> Self {
        if other.most < self.most { other } else { self }
    }
}

/// A value: the length of its text, or of the longest text in it, and its elements as far as they are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Of the text, or of the longest element that is not listed.
    pub length: Length,
    /// Elements by key; properties of an object have keys with `->`.
    pub elements: Option<Rc<BTreeMap<String, Self>>>,
}

impl Value {
    /// A text.
    #[must_use]
    pub const fn text(length: Length) -> Self {
        Self { length, elements: None }
    }

    /// What is known of an element, if anything.
    #[must_use]
    pub fn element(&self, key: &str) -> Option<&Self> {
        self.elements.as_ref()?.get(key)
    }

    /// The longest text in it.
    #[must_use]
    pub fn longest(&self) -> Length {
        let elements = self.elements.iter().flat_map(|elements| elements.values());
        elements.fold(self.length.clone(), |length, value| length.worse(&value.longest()))
    }

    /// Puts a value under the keys of a path.
    pub fn set(&mut self, keys: &[String], value: Self) {
        let Some((key, rest)) = keys.split_first() else {
            *self = value;
            return;
        };
        let mut elements = self.elements.take().map(Rc::unwrap_or_clone).unwrap_or_default();
        let inner = elements.entry(key.clone()).or_insert_with(|| Self::text(self.length.clone()));
        inner.set(rest, value);
        self.elements = Some(Rc::new(elements));
    }

    /// What two paths know together.
    pub fn join(&mut self, other: &Self) {
        self.length = self.length.clone().worse(&other.length);
        let merged = match (self.elements.take(), &other.elements) {
            (Some(mine), Some(theirs)) => {
                let both = mine.iter().filter_map(|(key, value)| {
                    let mut value = value.clone();
                    value.join(theirs.get(key)?);
                    Some((key.clone(), value))
                });
                Some(Rc::new(both.collect()))
            }
            _ => None,
        };
        self.elements = merged;
    }
}
