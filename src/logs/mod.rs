//! Stored log files: where personal data stands in them, of what kind, and how long it is. Never what it is.
//!
//! ```text
//! files ─→ blocks ─→ window ─→ pairs, patterns ─→ hits ─→ parts ─→ report
//!           1 MiB    + context   what it means             sums, in order
//! ```
//!
//! A file is read in blocks, several at once, each with as much around it as a finding may reach (`window`). What is
//! found does not depend on where blocks end: a finding belongs to the block in which its value begins, and what lies
//! within another finding is none of its own. Memory is a block for each thread, however long a file or a line is.
//!
//! Two things are looked for: values of fields and pairs whose names the vocabulary has for personal data
//! (`fields`), and telephone numbers and e-mail addresses wherever they stand (`patterns`). What is masked or hashed
//! is no finding (`values`).

mod fields;
mod pair;
mod part;
mod patterns;
mod read;
mod scan;
mod values;
mod window;

#[cfg(test)]
mod tests;

pub use crate::specs::Kind;
pub use part::Totals;
pub use scan::{ScanOptions, scan};

/// By what a value was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// The value of a field of JSON or of a PHP array.
    Field,
    /// The value of a pair, as in `phone=…`.
    Pair,
    /// `+` and 10 or more digits.
    TelephoneNumber,
    /// An e-mail address.
    EmailAddress,
    /// User and password in a URL.
    Credentials,
}

impl Form {
    /// The name in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Pair => "pair",
            Self::TelephoneNumber => "telephone-number",
            Self::EmailAddress => "email-address",
            Self::Credentials => "credentials",
        }
    }
}

/// Where a value stands. The value itself is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
    /// What it is.
    pub kind: Kind,
    /// By what it was recognised.
    pub form: Form,
    /// Its characters.
    pub length: usize,
    /// True where it is longer than what is looked at: `length` is a part of it.
    pub is_longer: bool,
}

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scanned<'f> {
    /// Its path as the user wrote it, or below what the user wrote.
    pub path: &'f str,
    /// The first places, up to the limit.
    pub places: Vec<Place>,
    /// How often each kind was found, beyond the limit, too.
    pub totals: Totals,
    /// Lines of the text.
    pub lines: u64,
    /// Bytes of the text, unpacked.
    pub bytes: u64,
    /// Why it was not read to its end.
    pub failure: Option<Failure>,
}

/// Why a file was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The system refused; the words are its own.
    Unreadable(String),
    /// The compressed data are damaged or cut off.
    Damaged,
    /// A form that is not unpacked, by its name.
    Packed(&'static str),
    /// Text in UTF-16.
    Utf16,
}
