//! Names and their values, in the forms in which logs have them: JSON, also within strings of JSON, PHP arrays as
//! `var_export`, `print_r` and `var_dump` write them, `name=value`, `name: value`.

use std::ops::Range;

use memchr::{memchr, memchr2};

use super::window::LONGEST;

/// How a name is bound to its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    /// `"name": …`
    Json,
    /// `'name' => …`, `[name] => …`
    Array,
    /// `name=…`
    Equals,
    /// `name: …`
    Colon,
}

/// The end of a name before a sign that may bind it to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameEnd {
    /// Behind its last letter.
    pub(super) at: usize,
    pub(super) binding: Binding,
    /// What must stand before the first letter, if anything must.
    opening: Option<u8>,
    /// Where the value may begin.
    behind: usize,
}

/// A name and what binds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) at: Range<usize>,
    pub(super) binding: Binding,
    behind: usize,
    /// True for `[name]`, of which the value may have no quotes.
    is_bracketed: bool,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A text in quotes, or the rest of a line.
    Text,
    /// A text that ends at a space or a sign.
    Bare,
    Number,
    /// What stands between `[` and `]`.
    List,
}

/// Names are shorter.
const LONGEST_NAME: usize = 64;
/// White space between a name, its sign and its value.
const WIDEST_GAP: usize = 64;

/// Letters, digits, and what divides words.
const fn is_part_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'_' | b'-' | b'.')
}

impl NameEnd {
    /// The name that the `:` or `=` at a place may bind.
    #[inline]
    pub(super) fn before(text: &[u8], sign: usize) -> Option<Self> {
        let last = *text.get(sign.checked_sub(1)?)?;
        let next = text.get(sign + 1).copied().unwrap_or_default();
        if text[sign] == b':' {
            return match last {
                b'"' | b'\'' => Self::quoted(text, sign, Binding::Json, sign + 1),
                b' ' => Self::quoted(text, end_of_words(text, sign), Binding::Json, sign + 1),
                // A time, a place in a class, an address.
                b':' | b'0'..=b'9' => None,
                _ if matches!(next, b':' | b'/') => None,
                _ => Some(Self::bare(sign, Binding::Colon, sign + 1)),
            };
        }
        if next == b'>' {
            let end = end_of_words(text, sign);
            return Self::quoted(text, end, Binding::Array, sign + 2).or_else(|| Self::bracketed(text, end, sign + 2));
        }
        if next == b'=' || matches!(last, b'=' | b'!' | b'<' | b'>' | b':') {
            return None;
        }
        let end = if last == b' ' { sign - 1 } else { sign };
        match *text.get(end.checked_sub(1)?)? {
            b'"' | b'\'' | b'`' => Self::quoted(text, end, Binding::Equals, sign + 1),
            // `user[email]=…` of an address.
            b']' => Some(Self::bare(end - 1, Binding::Equals, sign + 1)),
            _ => Some(Self::bare(end, Binding::Equals, sign + 1)),
        }
    }

    /// A name in quotes, which may be escaped, that ends at a place.
    #[inline]
    fn quoted(text: &[u8], end: usize, binding: Binding, behind: usize) -> Option<Self> {
        let quote = *text.get(end.checked_sub(1)?)?;
        if !matches!(quote, b'"' | b'\'' | b'`') {
            return None;
        }
        let at = end_of(text, end - 1, |byte| byte == b'\\');
        Some(Self { at, binding, opening: Some(quote), behind })
    }

    /// `[name]` or `["name"]` that ends at a place.
    fn bracketed(text: &[u8], end: usize, behind: usize) -> Option<Self> {
        let at = end.checked_sub(1).filter(|at| text[*at] == b']')?;
        let inner = Self::quoted(text, at, Binding::Array, behind);
        Some(inner.unwrap_or(Self { at, binding: Binding::Array, opening: Some(b'['), behind }))
    }

    const fn bare(at: usize, binding: Binding, behind: usize) -> Self {
        Self { at, binding, opening: None, behind }
    }

    /// The whole name.
    pub(super) fn name(self, text: &[u8]) -> Option<Name> {
        let start = start_of_name(text, self.at);
        let is_opened = self.opening.is_none_or(|opening| start > 0 && text[start - 1] == opening);
        let is_bracketed = self.opening == Some(b'[');
        (is_opened && start < self.at).then_some(Name {
            at: start..self.at,
            binding: self.binding,
            behind: self.behind,
            is_bracketed,
        })
    }
}

impl Name {
    /// Its value; none where it is `null`, a truth value or an object.
    pub(super) fn value(&self, text: &[u8]) -> Option<(Range<usize>, Look)> {
        let start = self.start_of_value(text)?;
        let quote = start + text[start..].iter().take_while(|byte| **byte == b'\\').count();
        match *text.get(quote)? {
            sign @ (b'"' | b'\'') => Some((quoted_value(text, quote + 1, sign, quote - start), Look::Text)),
            _ if self.is_bracketed => Some((line(text, start), Look::Text)),
            b'[' if self.is_field() => list(text, start + 1),
            b'0'..=b'9' | b'-' | b'+' if self.is_field() => Some((number(text, start), Look::Number)),
            _ if self.is_field() => None,
            _ => Some((bare_value(text, start), Look::Bare)),
        }
    }

    /// True for a name that code has written, not a person.
    pub(super) const fn is_field(&self) -> bool {
        matches!(self.binding, Binding::Json | Binding::Array)
    }

    fn start_of_value(&self, text: &[u8]) -> Option<usize> {
        let widest = if self.is_field() { WIDEST_GAP } else { 1 };
        let is_space = |byte: u8| if self.is_bracketed { byte == b' ' } else { byte.is_ascii_whitespace() };
        let gap = text.get(self.behind..)?.iter().take(widest).take_while(|byte| is_space(**byte)).count();
        let start = self.behind + gap;
        // `string(5) "…"` of var_dump.
        let declared = text[start..].strip_prefix(b"string(").unwrap_or_default();
        let digits = declared.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_declared = digits > 0 && declared[digits..].starts_with(b") \"");
        let start = if is_declared { start + b"string(".len() + digits + b") ".len() } else { start };
        (start < text.len()).then_some(start)
    }
}

/// Where spaces before a place begin.
fn end_of_words(text: &[u8], before: usize) -> usize {
    end_of(text, before, |byte| byte.is_ascii_whitespace())
}

/// Where bytes of a kind before a place begin.
fn end_of(text: &[u8], before: usize, is_one: impl Fn(u8) -> bool) -> usize {
    let count = text[..before].iter().rev().take(WIDEST_GAP).take_while(|byte| is_one(**byte)).count();
    before - count
}

fn start_of_name(text: &[u8], end: usize) -> usize {
    let count = text[..end].iter().rev().take(LONGEST_NAME).take_while(|byte| is_part_of_name(**byte)).count();
    end - count
}

/// The end of the text that may belong to a value.
fn reach(text: &[u8], start: usize) -> usize {
    text.len().min(start + LONGEST)
}

/// From behind a quote to the one that closes it: the one with as many backslashes before it as the first had.
fn quoted_value(text: &[u8], start: usize, quote: u8, escapes: usize) -> Range<usize> {
    let end = reach(text, start);
    let mut at = start;
    // A string in double quotes ends with the line at the latest: the line may be cut off.
    while let Some(found) = text.get(at..end).and_then(|rest| memchr2(quote, if quote == b'"' { b'\n' } else { quote }, rest)) {
        at += found;
        let before = text[start..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        let closes = before < escapes || before % (2 * (escapes + 1)) == escapes;
        if text[at] == b'\n' || closes {
            return start..at - before.min(escapes);
        }
        at += 1;
    }
    start..end
}

fn line(text: &[u8], start: usize) -> Range<usize> {
    let end = reach(text, start);
    let end = memchr(b'\n', &text[start..end]).map_or(end, |length| start + length);
    trimmed(text, start..end)
}

fn trimmed(text: &[u8], at: Range<usize>) -> Range<usize> {
    at.start..at.start + text[at].trim_ascii_end().len()
}

fn list(text: &[u8], start: usize) -> Option<(Range<usize>, Look)> {
    let first = text[start..].iter().take(WIDEST_GAP).find(|byte| !byte.is_ascii_whitespace() && **byte != b'\\')?;
    if !matches!(first, b'"' | b'\'') {
        return None;
    }
    let end = reach(text, start);
    let end = memchr(b']', &text[start..end]).map_or(end, |length| start + length);
    Some((start..end, Look::List))
}

fn number(text: &[u8], start: usize) -> Range<usize> {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    start..start + text[start..].iter().take(WIDEST_GAP).take_while(is_part).count()
}

/// Up to a space or a sign; over spaces between groups of digits, and between words that begin with a capital letter.
fn bare_value(text: &[u8], start: usize) -> Range<usize> {
    let is_end = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b'&' | b',' | b';' | b')' | b'}' | b']' | b'"' | b'\'' | b'|' | b'<' | b'>' | b'`' | b'\\')
    };
    let end = reach(text, start);
    let mut at = start;
    loop {
        let word = at;
        at += text[at..end].iter().take_while(|byte| !is_end(**byte)).count();
        let next = match text.get(at..end) {
            Some([b' ', next, ..]) => *next,
            _ => return start..at,
        };
        let is_number = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'(' | b'/');
        let goes_on =
            is_number(text[word]) && next.is_ascii_digit() || text[word].is_ascii_uppercase() && next.is_ascii_uppercase();
        let word_behind = &text[at + 1..end];
        let length = word_behind.iter().take_while(|byte| !is_end(**byte)).count();
        let is_name = word_behind[..length].iter().any(|byte| matches!(byte, b'=' | b':'));
        if !goes_on || is_name {
            return start..at;
        }
        at += 1;
    }
}
