//! Character sets and collations of `MariaDB` 10.11.

use crate::schema::{Column, ErrorClass, Server, SqlError};

/// Character sets, and what the names of their collations go on with.
const COLLATIONS: &[(&str, &str)] = &[
    (
        "armscii8 ascii cp1256 cp850 cp852 cp866 geostd8 greek hebrew keybcs2 koi8r koi8u macce macroman utf16le",
        "bin general_ci general_nopad_ci nopad_bin",
    ),
    ("big5 gb2312 gbk", "bin chinese_ci chinese_nopad_ci nopad_bin"),
    ("binary", ""),
    ("cp1250", "bin croatian_ci czech_cs general_ci general_nopad_ci nopad_bin polish_ci"),
    ("cp1251", "bin bulgarian_ci general_ci general_cs general_nopad_ci nopad_bin ukrainian_ci"),
    ("cp1257", "bin general_ci general_nopad_ci lithuanian_ci nopad_bin"),
    ("cp932 eucjpms sjis ujis", "bin japanese_ci japanese_nopad_ci nopad_bin"),
    ("dec8 swe7", "bin nopad_bin swedish_ci swedish_nopad_ci"),
    ("euckr", "bin korean_ci korean_nopad_ci nopad_bin"),
    ("hp8", "bin english_ci english_nopad_ci nopad_bin"),
    ("latin1", "bin danish_ci general_ci general_cs german1_ci german2_ci nopad_bin spanish_ci swedish_ci swedish_nopad_ci"),
    ("latin2", "bin croatian_ci czech_cs general_ci general_nopad_ci hungarian_ci nopad_bin"),
    ("latin5", "bin nopad_bin turkish_ci turkish_nopad_ci"),
    ("latin7", "bin estonian_cs general_ci general_cs general_nopad_ci nopad_bin"),
    ("tis620", "bin nopad_bin thai_ci thai_nopad_ci"),
    (
        "ucs2 utf16 utf32 utf8mb3 utf8mb4",
        "bin croatian_ci croatian_mysql561_ci czech_ci danish_ci esperanto_ci estonian_ci general_ci general_nopad_ci german2_ci hungarian_ci icelandic_ci latvian_ci lithuanian_ci myanmar_ci nopad_bin persian_ci polish_ci roman_ci romanian_ci sinhala_ci slovak_ci slovenian_ci spanish2_ci spanish_ci swedish_ci thai_520_w2 turkish_ci unicode_520_ci unicode_520_nopad_ci unicode_ci unicode_nopad_ci vietnamese_ci",
    ),
];
/// Collations of two sets that look like one of Unicode's.
const SINGLE: [&str; 2] = ["utf8mb3_general_mysql500_ci", "ucs2_general_mysql500_ci"];
/// Sets that have the collations of version 14 of Unicode, whose names need not begin with the set's.
const UNICODE: [&str; 5] = ["ucs2", "utf16", "utf32", "utf8mb3", "utf8mb4"];
/// The languages of those.
const LANGUAGES: &str = "croatian czech danish esperanto estonian german2 hungarian icelandic latvian lithuanian persian polish roman \
                         romanian sinhala slovak slovenian spanish spanish2 swedish turkish vietnamese";

/// A name in its present spelling.
fn canonical(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.strip_prefix("utf8").filter(|rest| rest.is_empty() || rest.starts_with('_')) {
        Some(rest) => format!("utf8mb3{rest}"),
        None => name,
    }
}

fn is_charset(name: &str) -> bool {
    COLLATIONS.iter().any(|(sets, _)| sets.split(' ').any(|set| set == name))
}

/// What a collation belongs to.
enum Family<'c> {
    Set(&'c str),
    /// Any of Unicode's sets.
    Unicode,
    Unknown,
}

fn family(collation: &str) -> Family<'_> {
    if is_unicode(collation) {
        return Family::Unicode;
    }
    let (set, rest) = collation.split_once('_').unwrap_or((collation, ""));
    let is_known = SINGLE.contains(&collation)
        || UNICODE.contains(&set) && is_unicode(rest)
        || COLLATIONS.iter().any(|(sets, names)| {
            let is_name = if rest.is_empty() { names.is_empty() } else { names.split(' ').any(|name| name == rest) };
            is_name && sets.split(' ').any(|known| known == set)
        });
    if is_known { Family::Set(set) } else { Family::Unknown }
}

/// `uca1400_german2_nopad_ai_ci`
fn is_unicode(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("uca1400_") else { return false };
    let Some(rest) = ["ai_ci", "ai_cs", "as_ci", "as_cs"].iter().find_map(|end| rest.strip_suffix(end)) else { return false };
    let language = rest.strip_suffix("nopad_").unwrap_or(rest);
    language.is_empty() || language.strip_suffix('_').is_some_and(|name| LANGUAGES.split(' ').any(|known| known == name))
}

/// A name that a table of the server has is known to it, whichever server it is.
fn is_used(server: &Server, is_meant: impl Fn(&Option<String>) -> bool) -> bool {
    let mut tables = server.databases.values().flat_map(|database| database.tables.values());
    let of_column = |column: &Column| is_meant(&column.data_type.charset) || is_meant(&column.data_type.collation);
    tables.any(|table| is_meant(&table.charset) || is_meant(&table.collation) || table.columns.iter().any(of_column))
}

/// Refuses what the server does not know, and a collation of another set.
pub(super) fn check(server: &Server, charset: Option<&str>, collation: Option<&str>) -> Result<(), SqlError> {
    let refuse = |errno, message| Err(SqlError::new(ErrorClass::SqlError, errno, message));
    let used = |name: &str| is_used(server, |found| found.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(name)));
    let charset = charset.filter(|name| !name.eq_ignore_ascii_case("default"));
    let collation = collation.filter(|name| !name.eq_ignore_ascii_case("default"));
    if let Some(name) = charset
        && !is_charset(&canonical(name))
        && !used(name)
    {
        return refuse(1115, format!("Unknown character set: '{name}'"));
    }
    let Some(name) = collation else { return Ok(()) };
    let full = canonical(name);
    let charset = charset.map(canonical);
    let is_valid = match (family(&full), &charset) {
        (Family::Unknown, _) if used(name) => true,
        (Family::Unknown, _) => return refuse(1273, format!("Unknown collation: '{name}'")),
        (_, None) => true,
        (Family::Set(set), Some(charset)) => set == charset,
        (Family::Unicode, Some(charset)) => UNICODE.contains(&charset.as_str()),
    };
    if is_valid {
        return Ok(());
    }
    refuse(1253, format!("COLLATION '{full}' is not valid for CHARACTER SET '{}'", charset.unwrap_or_default()))
}
