//! Fields and pairs whose names the vocabulary has for personal data.

use std::ops::Range;

use memchr::memchr2_iter;
use rustc_hash::FxHashMap;

use super::Form;
use super::pair::{Name, NameEnd};
use super::values;
use super::window::Hit;
use crate::specs::{Kind, Meaning, Vocabulary};

/// What the vocabulary says about the names that were met.
#[derive(Debug)]
pub(super) struct Words<'v> {
    vocabulary: &'v Vocabulary,
    endings: Endings,
    known: FxHashMap<Box<[u8]>, Option<Meaning>>,
}

impl<'v> Words<'v> {
    pub(super) fn new(vocabulary: &'v Vocabulary) -> Self {
        Self { vocabulary, endings: Endings::of(vocabulary), known: FxHashMap::default() }
    }

    fn meaning(&mut self, name: &[u8]) -> Option<Meaning> {
        /// A log may be full of names that are different each time.
        const MOST: usize = 1 << 12;
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let meaning = self.vocabulary.meaning(&String::from_utf8_lossy(name));
        let meaning = meaning.filter(|meaning| matches!(meaning, Meaning::Personal(_) | Meaning::Maybe(_)));
        if self.known.len() < MOST {
            self.known.insert(name.into(), meaning);
        }
        meaning
    }
}

/// The last three letters of all words for personal data: most names of a log end in another way.
#[derive(Debug)]
struct Endings(Vec<bool>);

/// A place in [`Endings`]: five bits for each letter, whatever its case.
const fn ending(letters: [u8; 3]) -> usize {
    let [first, second, third] = letters;
    ((first & 31) as usize) << 10 | ((second & 31) as usize) << 5 | (third & 31) as usize
}

/// The letters that may stand at a place from the end of a name that ends with a word. A name may be divided by a hump
/// where the word is by an underscore, and before a short word any letter may stand.
fn letters(word: &str, place: usize) -> Range<u8> {
    let word = word.as_bytes();
    let from_end = |place: usize| word.len().checked_sub(place).map(|at| word[at]);
    if (1..=place).any(|place| from_end(place).is_none_or(|letter| letter == b'_')) {
        return 0..32;
    }
    let letter = from_end(place).unwrap_or_default() & 31;
    letter..letter + 1
}

impl Endings {
    fn of(vocabulary: &Vocabulary) -> Self {
        let mut endings = vec![false; 1 << 15];
        for word in vocabulary.words() {
            for first in letters(word, 3) {
                for second in letters(word, 2) {
                    for third in letters(word, 1) {
                        endings[ending([first, second, third])] = true;
                    }
                }
            }
        }
        Self(endings)
    }

    /// False where no word ends like the name that ends at a place.
    #[inline]
    fn may_end(&self, text: &[u8], end: usize) -> bool {
        match text[..end].last_chunk::<3>() {
            Some(letters) if letters.iter().all(u8::is_ascii_alphabetic) => self.0[ending(*letters)],
            _ => true,
        }
    }
}

/// Adds the values of fields and pairs, in the order of their names.
pub(super) fn find(text: &[u8], words: &mut Words<'_>, hits: &mut Vec<Hit>) {
    for sign in memchr2_iter(b':', b'=', text) {
        let Some(end) = NameEnd::before(text, sign).filter(|end| words.endings.may_end(text, end.at)) else { continue };
        let Some(name) = end.name(text) else { continue };
        let Some(meaning) = words.meaning(&text[name.at.clone()]) else { continue };
        let Some((value, look)) = name.value(text) else { continue };
        let kind = match meaning {
            Meaning::Personal(kind) => {
                Some(kind).filter(|kind| values::is_personal(*kind, name.binding, look, &text[value.clone()]))
            }
            Meaning::Maybe(kind) if name.is_field() && values::is_personal(kind, name.binding, look, &text[value.clone()]) => {
                Some(kind).filter(|kind| is_of_a_person(text, &name, *kind, &text[value.clone()], words.vocabulary))
            }
            _ => None,
        };
        if let Some(kind) = kind {
            hits.push(Hit { value, kind, form: if name.is_field() { Form::Field } else { Form::Pair } });
        }
    }
}

/// Whether a field such as `name`, which may be of anything, is of a person: by the object that holds it.
fn is_of_a_person(text: &[u8], name: &Name, kind: Kind, value: &[u8], vocabulary: &Vocabulary) -> bool {
    let holder = holder(text, name.at.start).map(String::from_utf8_lossy);
    match holder {
        Some(holder) if vocabulary.is_thing(&holder) => false,
        Some(holder) if vocabulary.is_person(&holder) => true,
        _ => match kind {
            Kind::PersonName => !values::is_identifier(value),
            Kind::Contact => values::has_contact(value),
            _ => false,
        },
    }
}

/// The name of the object or array in which a place lies.
fn holder(text: &[u8], place: usize) -> Option<&[u8]> {
    /// An object that begins further in front has no name here.
    const REACH: usize = 1 << 10;
    let mut closed = 0_u32;
    let mut opened = None;
    for at in (place.saturating_sub(REACH)..place).rev() {
        match text[at] {
            b'}' | b']' => closed += 1,
            b'{' | b'[' if closed > 0 => closed -= 1,
            // A list of objects has the name.
            b'{' | b'[' => opened = Some(at),
            b'\n' if opened.is_some() => break,
            byte if opened.is_some() && !byte.is_ascii_whitespace() => {
                return match byte {
                    b':' | b'=' => NameEnd::before(text, at),
                    b'>' => at.checked_sub(1).and_then(|at| NameEnd::before(text, at)),
                    _ => None,
                }
                .and_then(|end| end.name(text))
                .map(|name| &text[name.at]);
            }
            _ => {}
        }
    }
    None
}
