//! Text from other people's sources, made fit to be shown: nothing that steers a terminal, nothing that is a secret.
//!
//! Everything works on characters one by one, so that columns stay where they are.

use std::ops::Range;

/// What stands for a character of a masked literal.
pub const MASK: char = '•';

/// A text for one line of output: control and direction characters replaced, secrets masked.
#[must_use]
pub fn text(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut characters: Vec<char> = text.chars().collect();
    mask(&mut characters);
    characters.into_iter().map(visible).collect()
}

/// Nothing to replace and nothing to mask: no sign that steers, no address, no literal, and too few digits for a number.
fn is_plain(text: &str) -> bool {
    let is_ordinary = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'@' | b'\'' | b'"');
    text.as_bytes().iter().all(is_ordinary) && text.bytes().filter(u8::is_ascii_digit).count() < 8
}

/// A name or a path: control and direction characters replaced, nothing masked.
#[must_use]
pub fn name(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A character that shows itself instead of steering the terminal or hiding.
#[must_use]
pub const fn visible(character: char) -> char {
    match character {
        // The control pictures have the same order as the controls.
        '\0'..='\x1f' => match char::from_u32(0x2400 + character as u32) {
            Some(picture) => picture,
            None => char::REPLACEMENT_CHARACTER,
        },
        '\x7f' => '␡',
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// Masks e-mail addresses, telephone numbers and secret literals in a line of code or prose.
pub fn mask(line: &mut [char]) {
    let mut ranges = addresses(line);
    ranges.extend(numbers(line));
    ranges.extend(literals(line).filter(|(at, _)| is_secret(line, at.clone())).map(|(at, _)| at));
    for range in ranges {
        line[range].fill(MASK);
    }
}

fn is_local(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '_' | '%' | '+' | '-')
}

fn is_domain(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '.' | '-')
}

fn addresses(line: &[char]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in line.iter().enumerate().filter(|(_, character)| **character == '@') {
        let floor = found.last().map_or(0, |range| range.end);
        let local = line[floor..at].iter().rev().take_while(|character| is_local(**character)).count();
        let domain = line[at + 1..].iter().take_while(|character| is_domain(**character)).count();
        let host = &line[at + 1..at + 1 + domain];
        let dot = host.iter().position(|character| *character == '.');
        if local > 0 && dot.is_some_and(|dot| dot > 0 && dot + 1 < domain) {
            found.push(at - local..at + 1 + domain);
        }
    }
    found
}

/// Telephone numbers: a plus or a leading zero, and at least eight digits with the usual separators between them.
fn numbers(line: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let before = at.checked_sub(1).map(|index| line[index]);
        let starts = matches!(line[at], '+' | '0'..='9');
        if !starts || before.is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '.' | '-' | '/')) {
            at += 1;
            continue;
        }
        let (end, digits) = number_end(line, at);
        let quoted = before.is_some_and(|before| matches!(before, '\'' | '"'))
            && line.get(end).is_some_and(|after| matches!(after, '\'' | '"'));
        let next = line.get(at + 1).copied().unwrap_or_default();
        let dialled = match line[at] {
            '+' => next.is_ascii_digit() || next == '(',
            '0' => next != '.',
            _ => false,
        };
        let plain = quoted && digits >= 10 && line[at..end].iter().all(char::is_ascii_digit);
        if ((8..=20).contains(&digits) && dialled) || plain {
            found.push(at..end);
        }
        at = end.max(at + 1);
    }
    found
}

/// The end behind the last digit, and the number of digits.
fn number_end(line: &[char], start: usize) -> (usize, usize) {
    let (mut end, mut digits, mut gap) = (start + 1, usize::from(line[start].is_ascii_digit()), 0);
    for (index, character) in line.iter().enumerate().skip(start + 1) {
        if character.is_ascii_digit() {
            (end, gap) = (index + 1, 0);
            digits += 1;
        } else if matches!(character, ' ' | '-' | '/' | '(' | ')' | '.') && gap < 3 {
            gap += 1;
        } else {
            break;
        }
    }
    (end, digits)
}

/// String literals of a line: the range between the quotes and the quote.
fn literals(line: &[char]) -> impl Iterator<Item = (Range<usize>, char)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < line.len() && !matches!(line[at], '\'' | '"') {
            at += 1;
        }
        let quote = *line.get(at)?;
        let start = at + 1;
        let mut end = start;
        while end < line.len() && line[end] != quote {
            end += if line[end] == '\\' { 2 } else { 1 };
        }
        let end = end.min(line.len());
        at = end + 1;
        Some((start..end, quote))
    })
}

const PREFIXES: [&str; 16] = [
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "whsec_",
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AIza",
    "eyJ",
    "base64:",
    "-----BEGIN",
];

const KEYS: [&str; 10] =
    ["password", "passwd", "passphrase", "secret", "token", "apikey", "api_key", "private_key", "access_key", "credential"];

/// Words that stand where a secret could stand, and are none: casts and validation rules.
const HARMLESS: [&str; 10] =
    ["required", "string", "hashed", "encrypted", "nullable", "confirmed", "current_password", "sometimes", "array", "min"];

fn is_secret(line: &[char], at: Range<usize>) -> bool {
    let literal = &line[at.clone()];
    if literal.len() < 4 || literal.len() > 4096 {
        return literal.len() > 4096;
    }
    let word: String = literal.iter().collect();
    if PREFIXES.iter().any(|prefix| word.starts_with(prefix)) || is_random(literal) {
        return true;
    }
    let harmless = HARMLESS.contains(&word.split(['|', ':', ',']).next().unwrap_or_default());
    !harmless && named_by(line, at.start.saturating_sub(1)).is_some_and(|name| KEYS.iter().any(|key| name.ends_with(key)))
}

/// No words: long, without spaces, letters and digits in turn.
fn is_random(literal: &[char]) -> bool {
    let token = |character: &char| character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '_' | '-');
    if literal.len() < 20 || !literal.iter().all(token) {
        return false;
    }
    let turns = literal.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let hexadecimal = literal.len() >= 32 && literal.iter().all(char::is_ascii_hexdigit);
    turns >= 6 || hexadecimal
}

/// The lower-case name before `=`, `=>`, `:` or `,`, without quotes.
fn named_by(line: &[char], quote: usize) -> Option<String> {
    let mut before = line[..quote].iter().rev().copied().skip_while(|character| character.is_whitespace()).peekable();
    let mut separated = false;
    while before.next_if(|character| matches!(character, '=' | '>' | ',' | ':' | '?' | ' ')).is_some() {
        separated = true;
    }
    if !separated {
        return None;
    }
    let _ = before.next_if(|character| matches!(character, '\'' | '"' | ']'));
    let _ = before.next_if(|character| matches!(character, '\'' | '"'));
    let name: Vec<char> = before.take_while(|character| character.is_alphanumeric() || *character == '_').take(64).collect();
    Some(name.into_iter().rev().collect::<String>().to_lowercase())
}
