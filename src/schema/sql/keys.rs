//! Keys and foreign keys.

use super::ast::{ForeignDefinition, KeyDefinition, KeyPart};
use super::parser::{Parsed, Parser};
use super::token::TokenKind;
use crate::schema::IndexKind;

/// What an item of a table or an `ADD` begins with.
pub(super) enum Constraint {
    Key(KeyDefinition),
    Foreign(ForeignDefinition),
    Check(Option<String>),
}

/// A key, foreign key or check, where one begins here.
pub(super) fn constraint(parser: &mut Parser<'_>) -> Parsed<Option<Constraint>> {
    let mut name = None;
    if parser.take("CONSTRAINT") {
        parser.take_all(&["IF", "NOT", "EXISTS"]);
        let is_kind = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK"].iter().any(|kind| parser.is(kind));
        if !is_kind {
            name = Some(parser.name()?);
        }
    }
    if parser.take("CHECK") {
        parser.skip_parentheses();
        parser.skip_item();
        return Ok(Some(Constraint::Check(name)));
    }
    if parser.take_all(&["FOREIGN", "KEY"]) {
        return foreign(parser, name).map(Constraint::Foreign).map(Some);
    }
    let kind = if parser.take_all(&["PRIMARY", "KEY"]) {
        IndexKind::Primary
    } else if parser.is("UNIQUE") && starts_key(parser, 1) {
        parser.skip();
        parser.take_any(&["INDEX", "KEY"]);
        IndexKind::Unique
    } else if parser.is("FULLTEXT") && starts_key(parser, 1) {
        parser.skip();
        parser.take_any(&["INDEX", "KEY"]);
        IndexKind::Fulltext
    } else if parser.is("SPATIAL") && starts_key(parser, 1) {
        parser.skip();
        parser.take_any(&["INDEX", "KEY"]);
        IndexKind::Spatial
    } else if (parser.is("KEY") || parser.is("INDEX")) && starts_key(parser, 1) {
        parser.skip();
        IndexKind::Plain
    } else {
        return Ok(None);
    };
    key(parser, kind, name).map(Constraint::Key).map(Some)
}

/// `KEY` and `INDEX` begin a key, `key varchar(10)` a column.
fn starts_key(parser: &Parser<'_>, ahead: usize) -> bool {
    let Some(next) = parser.ahead(ahead) else { return false };
    if next.is_sign('(') || next.is("KEY") || next.is("INDEX") || next.is("IF") || next.is("USING") {
        return true;
    }
    matches!(next.kind, TokenKind::Word | TokenKind::Quoted | TokenKind::Text)
        && parser.ahead(ahead + 1).is_some_and(|token| {
            let is_list = !parser.ahead(ahead + 2).is_some_and(|inner| inner.kind == TokenKind::Number);
            (token.is_sign('(') && is_list) || token.is("USING") || (token.is_sign('.') && next.kind == TokenKind::Quoted)
        })
}

/// The rest of a key: `IF NOT EXISTS name USING BTREE (a, b(10) DESC) options`
pub(super) fn key(parser: &mut Parser<'_>, kind: IndexKind, constraint: Option<String>) -> Parsed<KeyDefinition> {
    let mut key = KeyDefinition {
        kind,
        name: None,
        parts: Vec::new(),
        algorithm: None,
        if_not_exists: parser.take_all(&["IF", "NOT", "EXISTS"]),
        or_replace: false,
        ignored: false,
        without_overlaps: None,
    };
    if !parser.is_sign('(') && !parser.is("USING") {
        key.name = Some(parser.name()?);
    }
    if parser.is_sign('.') {
        return parser.refuse("`(`");
    }
    key.name = key.name.or(constraint);
    algorithm(parser, &mut key);
    parts(parser, &mut key)?;
    options(parser, &mut key);
    Ok(key)
}

pub(super) fn algorithm(parser: &mut Parser<'_>, key: &mut KeyDefinition) {
    if parser.take_any(&["USING", "TYPE"]) {
        key.algorithm = parser.next().map(|token| token.text.to_ascii_uppercase());
    }
}

pub(super) fn parts(parser: &mut Parser<'_>, key: &mut KeyDefinition) -> Parsed<()> {
    if !parser.take_sign('(') {
        return parser.refuse("`(`");
    }
    loop {
        if parser.is_sign('(') {
            // An expression is a key of MySQL 8, and an error in MariaDB.
            return parser.refuse("a column");
        }
        let column = parser.name()?;
        if parser.take_all(&["WITHOUT", "OVERLAPS"]) {
            key.without_overlaps = Some(column);
        } else {
            let mut length = None;
            if parser.take_sign('(') {
                let Some(token) = parser.next().filter(|token| token.kind == TokenKind::Number) else {
                    return parser.refuse("a length");
                };
                length = token.text.parse().ok();
                parser.expect_sign(')')?;
            }
            let descending = parser.take("DESC");
            parser.take("ASC");
            key.parts.push(KeyPart { column, length, descending });
        }
        if !parser.take_sign(',') {
            break;
        }
    }
    if parser.take_sign(')') { Ok(()) } else { parser.refuse("`,` or `)`") }
}

/// What stands behind the columns of a key. What is not known is passed over.
pub(super) fn options(parser: &mut Parser<'_>, key: &mut KeyDefinition) {
    while let Some(token) = parser.peek() {
        if token.is_sign(',') || token.is_sign(')') || token.is_sign(';') {
            return;
        }
        if token.is("USING") {
            algorithm(parser, key);
            continue;
        }
        if parser.take_all(&["NOT", "IGNORED"]) {
            key.ignored = false;
            continue;
        }
        if token.is("IGNORED") || token.is("INVISIBLE") {
            key.ignored = true;
        }
        if token.is_sign('(') {
            parser.skip_parentheses();
        } else {
            parser.skip();
        }
    }
}

/// The rest of a foreign key, behind `FOREIGN KEY`.
pub(super) fn foreign(parser: &mut Parser<'_>, name: Option<String>) -> Parsed<ForeignDefinition> {
    let if_not_exists = parser.take_all(&["IF", "NOT", "EXISTS"]);
    let index = if parser.is_sign('(') { None } else { Some(parser.name()?) };
    let columns = parser.names_in_parentheses()?;
    let mut foreign = references(parser)?;
    foreign.name = name;
    foreign.index = index;
    foreign.columns = columns;
    foreign.if_not_exists = if_not_exists;
    Ok(foreign)
}

/// `REFERENCES t (a) ON DELETE …`
pub(super) fn references(parser: &mut Parser<'_>) -> Parsed<ForeignDefinition> {
    if !parser.take("REFERENCES") {
        return parser.refuse("REFERENCES");
    }
    let table = parser.table_name()?;
    let references = if parser.is_sign('(') { parser.names_in_parentheses()? } else { Vec::new() };
    let mut foreign = ForeignDefinition {
        name: None,
        index: None,
        columns: Vec::new(),
        table,
        references,
        on_delete: None,
        on_update: None,
        if_not_exists: false,
    };
    loop {
        if parser.take("MATCH") {
            parser.skip();
        } else if parser.take_all(&["ON", "DELETE"]) {
            foreign.on_delete = Some(action(parser));
        } else if parser.take_all(&["ON", "UPDATE"]) {
            foreign.on_update = Some(action(parser));
        } else {
            return Ok(foreign);
        }
    }
}

fn action(parser: &mut Parser<'_>) -> String {
    let first = parser.next().map(|token| token.text.to_ascii_lowercase()).unwrap_or_default();
    match first.as_str() {
        "set" | "no" => {
            let second = parser.next().map(|token| token.text.to_ascii_lowercase()).unwrap_or_default();
            format!("{first} {second}")
        }
        _ => first,
    }
}
