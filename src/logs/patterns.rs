//! Telephone numbers and e-mail addresses, wherever they stand.

use std::ops::Range;

use memchr::memchr3_iter;

use super::Form;
use super::values;
use super::window::Hit;
use crate::specs::Kind;

/// Bytes of one side of an e-mail address that are looked at.
const SIDE: usize = 256;

/// Digits of a number that a telephone can dial (E.164).
const DIALLED: usize = 15;

/// Digits from which on a `+` makes a telephone number.
const FEWEST: usize = 10;

/// Adds what is found, in order.
pub(super) fn find(text: &[u8], hits: &mut Vec<Hit>) {
    for at in memchr3_iter(b'@', b'+', b'%', text) {
        let found = match &text[at..text.len().min(at + 3)] {
            [b'@', ..] => address(text, at, at + 1),
            [b'+', ..] => telephone(text, at, at + 1),
            // As they stand in a URL.
            b"%40" => address(text, at, at + 3),
            b"%2B" | b"%2b" => telephone(text, at, at + 3),
            _ => None,
        };
        hits.extend(found);
    }
}

/// `+` and 10 or more digits, with spaces and the like between groups of them or without.
fn telephone(text: &[u8], start: usize, behind: usize) -> Option<Hit> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let first = digits(behind);
    let hit = |end: usize| Some(Hit { value: start..end, kind: Kind::Contact, form: Form::TelephoneNumber });
    if first >= FEWEST {
        return hit(behind + first);
    }
    let is_part_of_word = start > 0 && text[start - 1].is_ascii_alphanumeric();
    if first == 0 || text[behind] == b'0' || is_part_of_word || is_offset(&text[behind..behind + first]) {
        return None;
    }
    let (mut end, mut count) = (behind + first, first);
    loop {
        let gap = text[end..].iter().take(2).take_while(|byte| matches!(byte, b' ' | b'-' | b'/' | b'(' | b')')).count();
        let group = digits(end + gap);
        if gap == 0 || group == 0 || count + group > DIALLED {
            break;
        }
        end += gap + group;
        count += group;
    }
    if count >= FEWEST { hit(end) } else { None }
}

/// The offset of a time zone, or a year: other numbers stand behind.
fn is_offset(digits: &[u8]) -> bool {
    matches!(digits, [b'1', b'0'..=b'4', b'0' | b'3' | b'4', b'0' | b'5'] | [b'1' | b'2', b'9' | b'0', _, _])
}

const fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'')
}

const fn is_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-')
}

/// The address around an `@`, or the user and password before it.
fn address(text: &[u8], at: usize, behind: usize) -> Option<Hit> {
    if let Some(value) = credentials(text, at) {
        return Some(Hit { value, kind: Kind::Secret, form: Form::Credentials });
    }
    let mut start = at - text[..at].iter().rev().take(SIDE).take_while(|byte| is_local(**byte)).count();
    let before = start.checked_sub(1).map(|before| text[before]);
    // `\n` in a string of JSON.
    if before == Some(b'\\') && matches!(text[start], b'n' | b't' | b'r') {
        start += 1;
    }
    start += text[start..at].iter().take_while(|byte| matches!(byte, b'.' | b'\'' | b'-')).count();
    let local = &text[start..at];
    if matches!(before, Some(b'*' | b'#')) || !local.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80) {
        return None;
    }
    let end = behind + domain(&text[behind..text.len().min(behind + SIDE)])?;
    if local == b"git" || values::is_masked(&String::from_utf8_lossy(local)) {
        return None;
    }
    Some(Hit { value: start..end, kind: Kind::Contact, form: Form::EmailAddress })
}

/// The length of the domain that a text begins with.
fn domain(text: &[u8]) -> Option<usize> {
    /// What files end with that have an `@` in their names.
    const FILES: [&[u8]; 12] =
        [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"php", b"html", b"map", b"json"];
    let length = text.iter().take_while(|byte| is_domain(**byte)).count();
    let length = text[..length].trim_ascii_end().len();
    let text = &text[..length - text[..length].iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count()];
    let last = text.iter().rposition(|byte| *byte == b'.')?;
    let top = &text[last + 1..];
    let is_top =
        top.len() >= 2 && (top.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80) || top.starts_with(b"xn--"));
    let is_file = FILES.iter().any(|file| top.eq_ignore_ascii_case(file));
    let has_empty_part = text.starts_with(b".") || text.windows(2).any(|two| two == b"..");
    (is_top && !is_file && !has_empty_part).then_some(text.len())
}

/// User and password before the `@` of `scheme://user:password@host`.
fn credentials(text: &[u8], at: usize) -> Option<Range<usize>> {
    let is_part = |byte: &&u8| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'"' | b'\'' | b'@' | b'<' | b'>');
    let start = at - text[..at].iter().rev().take(SIDE).take_while(is_part).count();
    let colon = text[start..at].iter().position(|byte| *byte == b':')?;
    let password = &text[start + colon + 1..at];
    let is_masked = password.is_empty() || values::is_masked(&String::from_utf8_lossy(password));
    (text[..start].ends_with(b"://") && !is_masked).then_some(start..at)
}
