//! Whether a value is personal data of its kind, or a mask, a hash, a sentence about it.

use super::pair::{Binding, Look};
use crate::specs::Kind;

/// Bytes of a value that are judged.
const JUDGED: usize = 512;

/// Words that stand for no value, and for one that was taken out.
const NO_VALUES: [&str; 36] = [
    "null",
    "nil",
    "none",
    "n/a",
    "na",
    "true",
    "false",
    "yes",
    "no",
    "ja",
    "nein",
    "unknown",
    "unbekannt",
    "undefined",
    "empty",
    "leer",
    "missing",
    "fehlt",
    "anonymous",
    "anonym",
    "redacted",
    "masked",
    "filtered",
    "hidden",
    "removed",
    "protected",
    "anonymized",
    "anonymised",
    "anonymisiert",
    "maskiert",
    "entfernt",
    "encrypted",
    "string",
    "array",
    "object",
    "-",
];

/// True for a value of a field or pair that is personal data of the kind that its name says.
pub(super) fn is_personal(kind: Kind, binding: Binding, look: Look, value: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&value[..value.len().min(JUDGED)]);
    let text = text.trim_matches(|sign: char| sign.is_whitespace() || matches!(sign, '"' | '\'' | '\\'));
    if text.is_empty() || is_no_value(text) || is_masked(text) || is_pseudonym(kind, text) {
        return false;
    }
    match look {
        Look::Number => is_number_of(kind, text),
        Look::Text | Look::List if binding != Binding::Colon => is_plausible(kind, text),
        Look::Bare if binding == Binding::Equals => is_plausible(kind, text),
        _ => is_plausible(kind, text) && is_certain(kind, text),
    }
}

fn is_no_value(text: &str) -> bool {
    let is_placeholder = |open: char, close: char| text.starts_with(open) && text.ends_with(close);
    NO_VALUES.iter().any(|word| word.eq_ignore_ascii_case(text))
        // `[redacted]`, `<email>`, `{{ name }}`, `(hidden)`, `:email`, `%s`
        || is_placeholder('[', ']') || is_placeholder('<', '>') || is_placeholder('{', '}') || is_placeholder('(', ')')
        || text.starts_with(':') || text.starts_with('%') && text.len() < 4
}

/// True where a mask covers all but a few characters: four at most, of a telephone number six in front and four at the
/// end. Of an e-mail address what stands before the `@` is counted.
pub(super) fn is_masked(text: &str) -> bool {
    const SIGNS: [char; 5] = ['*', '•', '█', '#', '…'];
    let own = if text.contains('@') { text.split('@').next().unwrap_or_default() } else { text };
    let is_mask = |sign: char| SIGNS.contains(&sign) || matches!(sign, 'x' | 'X');
    // An x is a letter, too: of those it takes more.
    let longest = |is_one: &dyn Fn(char) -> bool| own.split(|sign| !is_one(sign)).map(str::len).max().unwrap_or_default();
    if longest(&|sign| SIGNS.contains(&sign)) < 2 && longest(&|sign| matches!(sign, 'x' | 'X')) < 3 {
        return false;
    }
    let is_shown = |sign: &char| sign.is_alphanumeric() && !is_mask(*sign);
    let shown = own.chars().filter(is_shown).count();
    let in_front = own.chars().take_while(|sign| !is_mask(*sign)).filter(char::is_ascii_digit).count();
    let is_number = !own.chars().any(|sign| sign.is_alphabetic() && !is_mask(sign));
    shown <= 4 || is_number && in_front <= 6 && shown - in_front.min(shown) <= 4
}

/// True for a hash or a cipher text, of which nobody reads the value. Of a secret it may be the secret.
fn is_pseudonym(kind: Kind, text: &str) -> bool {
    let starts = ["$2y$", "$2a$", "$2b$", "$argon2", "sha256:", "sha1:", "sha512:", "md5:", "hash:", "hmac:"];
    if starts.iter().any(|start| text.starts_with(start)) {
        return true;
    }
    // As short as a hash that was cut may be, unless numbers of the kind look the same.
    let shortest = match kind {
        Kind::Secret => return false,
        Kind::Financial => 32,
        Kind::Identifier => 16,
        _ => 8,
    };
    let is_hex = text.len() >= shortest && text.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'.'));
    let has = |is_one: fn(&u8) -> bool| text.bytes().any(|byte| is_one(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let is_base64 = text.len() >= 40
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_'));
    is_hex && is_mixed && !text.contains(':') || is_base64 && is_mixed
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn is_number_of(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Contact | Kind::Identifier | Kind::Secret => digits(text) >= 5,
        Kind::Financial => text.bytes().any(|byte| matches!(byte, b'1'..=b'9')),
        Kind::PersonName | Kind::Address | Kind::Health | Kind::FreeText => false,
    }
}

/// True unless the value is a sentence about the field (`The email field is required.`) or a name in code.
fn is_plausible(kind: Kind, text: &str) -> bool {
    let is_sentence = words(text) > 3 && text.ends_with(['.', '!', '?']);
    match kind {
        Kind::FreeText | Kind::Health => true,
        Kind::Contact => {
            has_contact(text.as_bytes()) || words(text) <= 3 && !is_identifier(text.as_bytes()) && begins_like_a_name(text)
        }
        Kind::PersonName => !is_sentence && !is_class(text) && text.chars().any(char::is_alphabetic),
        Kind::Identifier => !is_sentence && !is_own_address(text),
        Kind::Address | Kind::Financial | Kind::Secret => !is_sentence && !text.contains('|'),
    }
}

/// What a value behind `name: ` must have besides: there a sentence may begin.
fn is_certain(kind: Kind, text: &str) -> bool {
    let first = text.chars().next().unwrap_or_default();
    match kind {
        Kind::Contact => has_contact(text.as_bytes()),
        Kind::PersonName | Kind::Address => words(text) <= 5 && begins_like_a_name(text),
        Kind::Financial => digits(text) >= 8,
        Kind::Identifier => digits(text) >= 4,
        Kind::Secret => text.len() >= 8 && digits(text) > 0 && words(text) == 1,
        Kind::Health | Kind::FreeText => first.is_uppercase() && words(text) > 1,
    }
}

fn begins_like_a_name(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.chars().next().is_some_and(char::is_uppercase))
}

/// True where the value holds an e-mail address or the digits of a telephone number.
pub(super) fn has_contact(value: &[u8]) -> bool {
    value.contains(&b'@') || value.iter().filter(|byte| byte.is_ascii_digit()).count() >= 5
}

/// True for what code names so: `App\Jobs\Send`, `users/index`, `send_mail`, `booking.created`, `customer-42`.
pub(super) fn is_identifier(value: &[u8]) -> bool {
    let is_one_word = !value.contains(&b' ');
    value.iter().any(|byte| matches!(byte, b'\\' | b'/' | b'_' | b':' | b'{' | b'=' | b'|'))
        || is_one_word && value.iter().any(u8::is_ascii_digit)
        || is_one_word
            && value.iter().any(|byte| matches!(byte, b'.' | b'-'))
            && value.first().is_some_and(u8::is_ascii_lowercase)
}

/// `App\Models\User`, as it is or in JSON.
fn is_class(text: &str) -> bool {
    text.split('\\').skip(1).any(|part| part.is_empty() || part.starts_with(|sign: char| sign.is_ascii_uppercase()))
}

/// The address of the machine itself.
fn is_own_address(text: &str) -> bool {
    text.starts_with("127.") || matches!(text, "::1" | "0.0.0.0" | "localhost")
}
