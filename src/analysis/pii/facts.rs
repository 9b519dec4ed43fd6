//! What is known about a sanitizer of the project.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::finding::Location;
use crate::index::BodyKey;
use crate::specs::Kind;

/// What the code of a sanitizer is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was read, and is judged by what it does.
    #[default]
    Read,
    /// It works under a condition of the environment, and not where the application runs in production.
    OnlyElsewhere,
    /// The configuration says that it is one, and its code is not understood.
    Trusted,
}

/// What the code of a sanitizer does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its code.
    pub(super) at: Option<Location>,
    pub(super) body: Option<BodyKey>,
    /// Keys that are replaced, compared as a whole.
    pub(super) equal: BTreeSet<String>,
    /// Keys that are replaced where they are part of a key.
    pub(super) parts: BTreeSet<String>,
    /// Kinds that patterns find in texts.
    pub(super) patterns: BTreeSet<Kind>,
    /// It goes into arrays within arrays.
    pub(super) is_deep: bool,
    /// It replaces whatever it is given.
    pub(super) masks_everything: bool,
    /// What its code is worth.
    pub(super) standing: Standing,
}

impl Facts {
    /// True for a key that is replaced.
    pub(super) fn covers_key(&self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        self.equal.contains(&key) || self.parts.iter().any(|part| key.contains(part.as_str()))
    }

    /// True where nothing is known to be replaced.
    pub(super) fn knows_nothing(&self) -> bool {
        self.equal.is_empty() && self.parts.is_empty() && self.patterns.is_empty() && !self.masks_everything
    }
}
