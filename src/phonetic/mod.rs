//! Kölner Phonetik: the reference encoder, its vectors, and the known ways to get it wrong.
//!
//! The rules are those of H. J. Postel, *Die Kölner Phonetik. Ein Verfahren zur Identifizierung von
//! Personennamen auf der Grundlage der Gestaltanalyse*, IBM-Nachrichten 19 (1969) 925–931: a table
//! ([`TABLE`]) and three steps. Step 1 encodes each letter by the table, looking at the letters beside it;
//! step 2 makes one of equal neighbouring digits; step 3 drops every 0 but one in front. Points that the
//! paper leaves open are [`Variants`].
//!
//! ```
//! use mandant::phonetic::encode;
//!
//! assert_eq!(encode("Müller-Lüdenscheidt"), "65752682");
//! assert_eq!(encode("Breschnew"), "17863");
//! // H has no digit, and the 0 stays in front of the code, not of the name.
//! assert_eq!(encode("Hoffmann"), "0366");
//! // Each word has its code.
//! assert_eq!(encode("Heinz Classen"), "068 4586");
//! assert_eq!(encode("42"), "");
//! ```
//!
//! The module knows nothing else of the crate.

mod automaton;
mod encoder;
mod faults;
mod letters;
mod stages;
mod steps;
mod surnames;
mod table;
mod variants;
pub mod vectors;

#[cfg(test)]
mod tests;

pub use faults::{Fault, Faults};
pub use stages::encode_with;
pub use steps::{Step, steps};
pub use surnames::surnames;
pub use table::{Place, Row, TABLE};
pub use variants::{Accented, CapitalEszett, Eszett, FirstC, OtherSigns, Umlaut, Variants, Words};

/// A code. One of up to 24 digits, as that of nearly any name, lies in the value itself, without a heap.
pub type Code = compact_str::CompactString;

/// The code of a name: digits, and a space between the codes of words.
///
/// Any text is a name. Letters are those of its upper case in composed form, with Ä Ö Ü as A O U and ß as
/// SS; what is no letter then is left out, so that a text without letters, or of H alone, has an empty code.
/// White space divides words, a hyphen does not.
///
/// One pass, time linear in the length of the text; the result is the only thing that may be allocated.
///
/// ```
/// # use mandant::phonetic::encode;
/// assert_eq!(encode("Meyer"), encode("Maier"));
/// assert_eq!(encode("u\u{308}ber"), encode("über"));
/// ```
#[must_use]
pub fn encode(name: &str) -> Code {
    encoder::encode(name)
}
