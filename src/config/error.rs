//! Mistakes in a configuration file.

use std::ops::Range;

/// A mistake and its place. Texts follow one form: `message` says what is wrong, `label` stands under the place,
/// `help` says what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// The bytes of the file.
    pub span: Range<usize>,
    /// What stands under the place.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

/// The candidate that a misspelt word most likely means.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.7;
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::normalized_damerau_levenshtein(word, candidate);
        if likeness >= ALIKE && best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}
