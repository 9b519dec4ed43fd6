//! PHP's string functions, on constants.

use super::convert::list;
use super::{Constant, ConstantKey};

/// Longer results are no constants here.
const MAX_RESULT: usize = 1 << 16;

/// The result of a string function, by lower-cased name.
pub(super) fn call(name: &str, arguments: &[Constant]) -> Option<Constant> {
    let result = one(name, arguments).map(Constant::String).or_else(|| several(name, arguments))?;
    result.as_str().is_none_or(|text| text.len() <= MAX_RESULT).then_some(result)
}

/// Functions of one text that give a text.
fn one(name: &str, arguments: &[Constant]) -> Option<String> {
    let text = arguments.first()?.as_str()?;
    let plain = arguments.len() == 1;
    match name {
        "strtolower" => Some(text.to_ascii_lowercase()),
        "strtoupper" => Some(text.to_ascii_uppercase()),
        "mb_strtolower" => Some(text.to_lowercase()),
        "mb_strtoupper" => Some(text.to_uppercase()),
        "ucfirst" => Some(first_changed(text, u8::to_ascii_uppercase)),
        "lcfirst" => Some(first_changed(text, u8::to_ascii_lowercase)),
        "ucwords" if plain => Some(words_changed(text)),
        "trim" => Some(trimmed(text, arguments.get(1), true, true)?.to_owned()),
        "ltrim" => Some(trimmed(text, arguments.get(1), true, false)?.to_owned()),
        "rtrim" | "chop" => Some(trimmed(text, arguments.get(1), false, true)?.to_owned()),
        "strrev" if text.is_ascii() => Some(text.chars().rev().collect()),
        "basename" if plain => Some(text.trim_end_matches('/').rsplit('/').next()?.to_owned()),
        _ => None,
    }
}

fn several(name: &str, arguments: &[Constant]) -> Option<Constant> {
    match (name, arguments) {
        ("strlen", [text]) => Some(Constant::Int(i64::try_from(text.as_str()?.len()).ok()?)),
        ("mb_strlen", [text]) => Some(Constant::Int(i64::try_from(text.as_str()?.chars().count()).ok()?)),
        ("implode" | "join", [Constant::Array(items)]) => implode("", items),
        ("implode" | "join", [glue, Constant::Array(items)]) => implode(glue.as_str()?, items),
        ("explode", [separator, text]) => {
            let (separator, text) = (separator.as_str().filter(|separator| !separator.is_empty())?, text.as_str()?);
            list(text.split(separator).map(|part| Constant::String(part.to_owned())))
        }
        ("str_replace", [from, to, text]) => {
            let (from, to, text) = (from.as_str().filter(|from| !from.is_empty())?, to.as_str()?, text.as_str()?);
            Some(Constant::String(text.replace(from, to)))
        }
        ("str_repeat", [text, times]) => {
            let (text, times) = (text.as_str()?, usize::try_from(times.to_int()?).ok()?);
            (text.len().checked_mul(times)? <= MAX_RESULT).then(|| Constant::String(text.repeat(times)))
        }
        ("substr", [text, rest @ ..]) => substr(text.as_str()?, rest),
        ("mb_substr", [text, rest @ ..]) => mb_substr(text.as_str()?, rest),
        ("str_contains", [text, part]) => Some(Constant::Bool(text.as_str()?.contains(part.as_str()?))),
        ("str_starts_with", [text, part]) => Some(Constant::Bool(text.as_str()?.starts_with(part.as_str()?))),
        ("str_ends_with", [text, part]) => Some(Constant::Bool(text.as_str()?.ends_with(part.as_str()?))),
        ("sprintf", [format, rest @ ..]) => sprintf(format.as_str()?, rest),
        ("vsprintf", [format, Constant::Array(items)]) => {
            let values: Vec<_> = items.iter().map(|(_, value)| value.clone()).collect();
            sprintf(format.as_str()?, &values)
        }
        _ => None,
    }
}

fn first_changed(text: &str, change: fn(&u8) -> u8) -> String {
    match text.as_bytes().first() {
        Some(first) if first.is_ascii() => format!("{}{}", char::from(change(first)), &text[1..]),
        _ => text.to_owned(),
    }
}

/// `ucwords` with its default delimiters.
fn words_changed(text: &str) -> String {
    let mut start = true;
    let change = |char: char| {
        let changed = if start { char.to_ascii_uppercase() } else { char };
        start = matches!(char, ' ' | '\t' | '\r' | '\n' | '\u{c}' | '\u{b}');
        changed
    };
    text.chars().map(change).collect()
}

fn trimmed<'t>(text: &'t str, characters: Option<&Constant>, left: bool, right: bool) -> Option<&'t str> {
    let characters = match characters {
        None => " \n\r\t\u{b}\0",
        Some(characters) => characters.as_str().filter(|characters| !characters.contains(".."))?,
    };
    let mut text = text;
    if left {
        text = text.trim_start_matches(|char| characters.contains(char));
    }
    if right {
        text = text.trim_end_matches(|char| characters.contains(char));
    }
    Some(text)
}

fn implode(glue: &str, items: &[(ConstantKey, Constant)]) -> Option<Constant> {
    let parts: Option<Vec<_>> = items.iter().map(|(_, value)| value.to_text()).collect();
    Some(Constant::String(parts?.join(glue)))
}

/// Start and end of `substr` in units.
fn range(length: usize, rest: &[Constant]) -> Option<(usize, usize)> {
    let length = i64::try_from(length).ok()?;
    let start = match rest.first()?.to_int()? {
        start if start < 0 => (length + start).max(0),
        start => start.min(length),
    };
    let end = match rest.get(1) {
        None | Some(Constant::Null) => length,
        Some(count) => match count.to_int()? {
            count if count < 0 => (length + count).max(start),
            count => start.saturating_add(count).min(length),
        },
    };
    Some((usize::try_from(start).ok()?, usize::try_from(end).ok()?))
}

fn substr(text: &str, rest: &[Constant]) -> Option<Constant> {
    let (start, end) = range(text.len(), rest)?;
    Some(Constant::String(text.get(start..end)?.to_owned()))
}

fn mb_substr(text: &str, rest: &[Constant]) -> Option<Constant> {
    let (start, end) = range(text.chars().count(), rest)?;
    Some(Constant::String(text.chars().skip(start).take(end - start).collect()))
}

/// `sprintf` with `%s`, `%d`, `%u`, `%%`, zero padding and numbered arguments.
fn sprintf(format: &str, values: &[Constant]) -> Option<Constant> {
    let mut result = String::new();
    let mut next = 0;
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            result.push('%');
            rest = after;
            continue;
        }
        let mut digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        let mut position = next;
        if digits > 0 && rest[digits..].starts_with('$') {
            position = rest[..digits].parse::<usize>().ok()?.checked_sub(1)?;
            rest = &rest[digits + 1..];
            digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        } else {
            next += 1;
        }
        let (zero, width) = (rest.starts_with('0'), rest[..digits].parse::<usize>().unwrap_or(0));
        let value = values.get(position)?;
        let text = match rest[digits..].chars().next()? {
            's' => value.to_text()?,
            'd' | 'u' => value.to_int()?.to_string(),
            _ => return None,
        };
        if width > MAX_RESULT || result.len() > MAX_RESULT {
            return None;
        }
        let padding = width.saturating_sub(text.len());
        result.extend(std::iter::repeat_n(if zero { '0' } else { ' ' }, padding));
        result.push_str(&text);
        rest = &rest[digits + 1..];
    }
    result.push_str(rest);
    Some(Constant::String(result))
}
