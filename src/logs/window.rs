//! A block of a text with what stands around it.

use std::ops::Range;

use super::Form;
use super::fields::{self, Words};
use super::patterns;
use crate::specs::Kind;

/// Bytes of a value at most; of a longer one the first are the finding, and what follows is looked at by itself.
pub(super) const LONGEST: usize = 16 << 10;

/// Bytes around a block. In front: a value that reaches into the block, its name, and the object around it. Behind: a
/// value and what ends it.
pub(super) const CONTEXT: usize = LONGEST + (4 << 10);

/// A value in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) value: Range<usize>,
    pub(super) kind: Kind,
    pub(super) form: Form,
}

/// A block of a text with up to [`CONTEXT`] bytes on both sides.
#[derive(Clone, Debug)]
pub(super) struct Window<'t> {
    pub(super) text: &'t [u8],
    /// The block itself.
    pub(super) block: Range<usize>,
}

impl Window<'_> {
    /// What begins in the block, in order.
    pub(super) fn hits(&self, words: &mut Words<'_>) -> Vec<Hit> {
        let mut hits = Vec::new();
        fields::find(self.text, words, &mut hits);
        patterns::find(self.text, &mut hits);
        hits.sort_by_key(|hit| (hit.value.start, usize::MAX - hit.value.end, hit.form));
        // Those in front of the block count here, too: they may hold one that begins in it.
        let mut covered = 0;
        hits.retain(|hit| {
            let is_new = hit.value.end > covered;
            covered = covered.max(hit.value.end);
            is_new && self.block.contains(&hit.value.start)
        });
        hits
    }
}
