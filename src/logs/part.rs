//! What was found in a part of a file, and how parts become one.

use memchr::{memchr_iter, memrchr};

use super::window::{Hit, LONGEST, Window};
use super::{Form, Place};
use crate::specs::Kind;

/// How often each kind was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals([u64; Kind::ALL.len()]);

impl Totals {
    /// The kinds that were found, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u64)> {
        Kind::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0)
    }

    /// How often anything was found.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds those of another file.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }

    fn count(&mut self, kind: Kind) {
        if let Some(at) = Kind::ALL.iter().position(|other| *other == kind) {
            self.0[at] += 1;
        }
    }
}

/// A part of a file. Lines and columns of its places count from where it begins.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Line feeds.
    pub(super) breaks: u64,
    /// Characters behind the last of them.
    pub(super) tail: u64,
    pub(super) bytes: u64,
    pub(super) totals: Totals,
    /// The first places.
    pub(super) places: Vec<Place>,
}

/// Characters; of text that is no UTF-8, bytes that begin one.
fn characters(text: &[u8]) -> u64 {
    text.iter().map(|byte| u64::from(*byte & 0xc0 != 0x80)).sum()
}

impl Part {
    /// What was found in a window, with the first places up to a limit.
    pub(super) fn of(window: &Window<'_>, hits: &[Hit], limit: usize) -> Self {
        let mut part = Self { bytes: window.block.len() as u64, ..Self::default() };
        let mut at = window.block.start;
        for hit in hits {
            if part.places.len() < limit {
                part.pass(&window.text[at..hit.value.start]);
                at = hit.value.start;
                part.places.push(part.place(window, hit));
            }
            part.totals.count(hit.kind);
        }
        part.pass(&window.text[at..window.block.end]);
        part
    }

    fn place(&self, window: &Window<'_>, hit: &Hit) -> Place {
        let value = &window.text[hit.value.clone()];
        Place {
            line: self.breaks + 1,
            column: self.tail + 1,
            kind: hit.kind,
            form: hit.form,
            length: usize::try_from(characters(value)).unwrap_or(usize::MAX),
            is_longer: value.len() >= LONGEST && matches!(hit.form, Form::Field | Form::Pair),
        }
    }

    /// Goes over text.
    fn pass(&mut self, text: &[u8]) {
        match memrchr(b'\n', text) {
            Some(last) => {
                self.breaks += memchr_iter(b'\n', text).count() as u64;
                self.tail = characters(&text[last + 1..]);
            }
            None => self.tail += characters(text),
        }
    }

    /// Adds the part behind this one, with the first places up to a limit.
    pub(super) fn append(&mut self, next: Self, limit: usize) {
        let room = limit.saturating_sub(self.places.len());
        for mut place in next.places.into_iter().take(room) {
            if place.line == 1 {
                place.column += self.tail;
            }
            place.line += self.breaks;
            self.places.push(place);
        }
        self.tail = if next.breaks == 0 { self.tail + next.tail } else { next.tail };
        self.breaks += next.breaks;
        self.bytes += next.bytes;
        self.totals.add(&next.totals);
    }
}
