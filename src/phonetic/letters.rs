//! From text to letters: what the first step of the procedure calls upper case, fold, remove.
//!
//! The letters of a text are those of its upper case in composed form (NFC), so that both forms of a name
//! give the same code: A to Z as they are, Ä Ö Ü as A O U, ß and ẞ as SS. Every other sign is no letter.

use unicode_normalization::char::{canonical_combining_class, compose, decompose_canonical};

use super::variants::{Accented, CapitalEszett, Variants};

/// What a text consists of, as far as its code is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A letter from `A` to `Z`.
    Letter(u8),
    /// Ä, Ö or Ü, by the letter without its dots.
    Umlaut(u8),
    /// ß
    Eszett,
    /// White space: the next letter is the first of a word.
    Space,
    /// Anything else.
    Other,
}

/// No combining mark has a smaller number.
const FIRST_MARK: char = '\u{300}';

/// Calls `put` with each sign of a text. No allocation, and linear in the text's length.
#[inline]
pub(super) fn for_each_sign(text: &str, variants: Variants, mut put: impl FnMut(Sign)) {
    let mut rest = text.chars();
    while let Some(sign) = rest.next() {
        let behind = rest.as_str();
        let marks = marks_in_front_of(behind);
        if marks == 0 {
            match sign {
                'A'..='Z' => put(Sign::Letter(sign as u8)),
                'a'..='z' => put(Sign::Letter(sign as u8 - 32)),
                'ä' | 'Ä' => put(Sign::Umlaut(b'A')),
                'ö' | 'Ö' => put(Sign::Umlaut(b'O')),
                'ü' | 'Ü' => put(Sign::Umlaut(b'U')),
                'ß' => put(Sign::Eszett),
                _ if sign.is_whitespace() => put(Sign::Space),
                _ if sign.is_ascii() => put(Sign::Other),
                _ => upper(sign, "", variants, &mut put),
            }
        } else {
            upper(sign, &behind[..marks], variants, &mut put);
            rest = behind[marks..].chars();
        }
    }
}

/// The bytes of the combining marks that a text begins with.
#[inline]
fn marks_in_front_of(text: &str) -> usize {
    // Marks have two bytes at least, of which the first is not below that of U+0300.
    if text.as_bytes().first().is_none_or(|byte| *byte < 0xcc) {
        return 0;
    }
    let is_mark = |sign: char| sign >= FIRST_MARK && canonical_combining_class(sign) != 0;
    text.find(|sign| !is_mark(sign)).unwrap_or(text.len())
}

/// A sign that is not plain, with the marks behind it: upper case first, then composed.
#[cold]
fn upper(sign: char, marks: &str, variants: Variants, put: &mut impl FnMut(Sign)) {
    if sign == 'ß' && marks.is_empty() {
        return put(Sign::Eszett);
    }
    // The upper case of one sign may be several letters (ﬁ), or a letter with a mark (ẖ).
    let mut letter = None;
    let mut own = [None; OWN_MARKS];
    for part in sign.to_uppercase() {
        if canonical_combining_class(part) != 0 {
            add(&mut own, part);
        } else if let Some(letter) = letter.replace(part) {
            composed(letter, std::mem::take(&mut own), "", variants, put);
        }
    }
    if let Some(letter) = letter {
        composed(letter, own, marks, variants, put);
    }
}

/// Marks that one sign brings along, decomposed; there are four at most.
const OWN_MARKS: usize = 6;

fn add(marks: &mut [Option<char>; OWN_MARKS], mark: char) {
    if let Some(free) = marks.iter_mut().find(|place| place.is_none()) {
        *free = Some(mark);
    }
}

fn composed(sign: char, own: [Option<char>; OWN_MARKS], marks: &str, variants: Variants, put: &mut impl FnMut(Sign)) {
    let sign = compose_with(sign, own, marks);
    match sign {
        'A'..='Z' => put(Sign::Letter(sign as u8)),
        'Ä' => put(Sign::Umlaut(b'A')),
        'Ö' => put(Sign::Umlaut(b'O')),
        'Ü' => put(Sign::Umlaut(b'U')),
        'ẞ' if variants.capital_eszett == CapitalEszett::Dropped => put(Sign::Other),
        'ẞ' => put(Sign::Eszett),
        _ if sign.is_whitespace() => put(Sign::Space),
        _ if variants.accented == Accented::Folded => folded(sign, put),
        _ => put(Sign::Other),
    }
}

/// The composed form of a sign and the marks behind it, as NFC has it, without the marks that remain.
///
/// Marks are taken by their combining class, whatever their order; of a class only the first that does not
/// compose is seen, since it stands between the sign and the others. There are about 50 classes.
fn compose_with(sign: char, after: [Option<char>; OWN_MARKS], marks: &str) -> char {
    let mut base = None;
    let mut own = [None; OWN_MARKS];
    decompose_canonical(sign, |part| match base {
        None => base = Some(part),
        Some(_) => add(&mut own, part),
    });
    after.into_iter().flatten().for_each(|mark| add(&mut own, mark));
    let mut letter = base.unwrap_or(sign);
    if !letter.is_ascii() {
        return sign;
    }
    let each_mark = |visit: &mut dyn FnMut(char)| {
        own.iter().flatten().for_each(|mark| visit(*mark));
        marks.chars().for_each(|mark| decompose_canonical(mark, &mut *visit));
    };
    let mut done = 0;
    loop {
        let mut class = u8::MAX;
        each_mark(&mut |mark| {
            let own = canonical_combining_class(mark);
            if own > done {
                class = class.min(own);
            }
        });
        if class == u8::MAX {
            return letter;
        }
        let mut is_blocked = false;
        each_mark(&mut |mark| {
            if canonical_combining_class(mark) == class && !is_blocked {
                match compose(letter, mark) {
                    Some(whole) => letter = whole,
                    None => is_blocked = true,
                }
            }
        });
        done = class;
    }
}

/// The letter below an accent, where the variant asks for it.
fn folded(sign: char, put: &mut impl FnMut(Sign)) {
    let letters = match sign {
        'Æ' => "AE",
        'Œ' => "OE",
        'Ø' => "O",
        'Đ' | 'Ð' => "D",
        'Ħ' => "H",
        'Ł' => "L",
        _ => {
            let mut base = None;
            decompose_canonical(sign, |part| base = base.or(Some(part)));
            return put(match base {
                Some(letter @ 'A'..='Z') => Sign::Letter(letter as u8),
                _ => Sign::Other,
            });
        }
    };
    letters.bytes().for_each(|letter| put(Sign::Letter(letter)));
}
