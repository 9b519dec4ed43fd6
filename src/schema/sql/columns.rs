//! Columns: types, defaults, generated ones.

use super::ast::{ColumnDefinition, Position};
use super::keys;
use super::parser::{Parsed, Parser};
use super::token::TokenKind;
use crate::schema::DataType;

/// A column with its name.
pub(super) fn column(parser: &mut Parser<'_>) -> Parsed<ColumnDefinition> {
    let name = parser.name()?;
    definition(parser, name)
}

/// The definition of a column behind its name.
pub(super) fn definition(parser: &mut Parser<'_>, name: String) -> Parsed<ColumnDefinition> {
    let mut column = ColumnDefinition { name, data_type: data_type(parser)?, ..ColumnDefinition::default() };
    if column.data_type.name == "serial" {
        column.data_type = DataType { name: "bigint".to_owned(), unsigned: true, ..DataType::default() };
        (column.nullable, column.auto_increment, column.unique) = (Some(false), true, true);
    }
    while let Some(token) = parser.peek() {
        if token.is_sign(',') || token.is_sign(')') || token.is_sign(';') {
            break;
        }
        attribute(parser, &mut column)?;
    }
    Ok(column)
}

fn data_type(parser: &mut Parser<'_>) -> Parsed<DataType> {
    let Some(token) = parser.peek().filter(|token| token.kind == TokenKind::Word) else { return parser.refuse("a type") };
    let mut name = token.text.to_ascii_lowercase();
    parser.skip();
    if name == "double" {
        parser.take("precision");
    } else if name == "long" {
        parser.take_any(&["varchar", "varbinary"]);
        "mediumtext".clone_into(&mut name);
    } else if name == "national" || name == "character" || name == "char" {
        if name == "national" {
            parser.take_any(&["char", "character"]);
        }
        "char".clone_into(&mut name);
        if parser.take_any(&["varying", "varchar"]) {
            "varchar".clone_into(&mut name);
        }
    }
    let mut data_type = DataType { name: canonical(&name).to_owned(), ..DataType::default() };
    if parser.is_sign('(') {
        arguments(parser, &mut data_type);
    }
    if data_type.arguments.is_empty() && name == "boolean" || name == "bool" {
        data_type.arguments.push("1".to_owned());
    }
    Ok(data_type)
}

fn arguments(parser: &mut Parser<'_>, data_type: &mut DataType) {
    parser.skip();
    while let Some(token) = parser.next() {
        if token.is_sign(')') {
            return;
        }
        if !token.is_sign(',') {
            data_type.arguments.push(token.text.clone());
        }
    }
}

/// One name for each type.
fn canonical(name: &str) -> &str {
    match name {
        "integer" | "int4" => "int",
        "boolean" | "bool" | "int1" => "tinyint",
        "int2" => "smallint",
        "int3" | "middleint" => "mediumint",
        "int8" => "bigint",
        "dec" | "numeric" | "fixed" => "decimal",
        "float4" => "float",
        "float8" | "real" => "double",
        "json" => "longtext",
        "nvarchar" => "varchar",
        "nchar" => "char",
        "geomcollection" => "geometrycollection",
        other => other,
    }
}

fn attribute(parser: &mut Parser<'_>, column: &mut ColumnDefinition) -> Parsed<()> {
    if parser.take_all(&["NOT", "NULL"]) {
        column.nullable = Some(false);
    } else if parser.take("NULL") {
        column.nullable = Some(true);
    } else if parser.take("UNSIGNED") {
        column.data_type.unsigned = true;
    } else if parser.take("ZEROFILL") {
        (column.data_type.zerofill, column.data_type.unsigned) = (true, true);
    } else if parser.take("AUTO_INCREMENT") {
        column.auto_increment = true;
    } else if parser.take("DEFAULT") {
        column.default = Some(default(parser));
    } else if parser.take_all(&["ON", "UPDATE"]) {
        default(parser);
    } else if parser.take("PRIMARY") {
        parser.take("KEY");
        column.primary = true;
    } else if parser.take("UNIQUE") {
        parser.take("KEY");
        column.unique = true;
    } else if parser.take("KEY") {
        column.primary = true;
    } else if parser.take("COMMENT") {
        column.comment = parser.next().map(|token| token.text.clone());
    } else if parser.take("COLLATE") {
        parser.take_sign('=');
        column.data_type.collation = parser.next().map(|token| token.text.to_ascii_lowercase());
    } else if parser.take_all(&["CHARACTER", "SET"]) || parser.take_any(&["CHARSET", "CHARACTER"]) {
        parser.take_sign('=');
        column.data_type.charset = parser.next().map(|token| token.text.to_ascii_lowercase());
    } else if parser.is("REFERENCES") {
        column.references = Some(Box::new(keys::references(parser)?));
    } else if parser.take("FIRST") {
        column.position = Position::First;
    } else if parser.take("AFTER") {
        column.position = Position::After(parser.name()?);
    } else if parser.take_all(&["GENERATED", "ALWAYS", "AS", "ROW"]) {
        parser.skip();
    } else if parser.take_all(&["GENERATED", "ALWAYS", "AS"]) || parser.take("AS") {
        column.generated = Some(parser.skip_parentheses());
    } else if parser.take_any(&["STORED", "PERSISTENT"]) {
        column.stored = true;
    } else if parser.take("CONSTRAINT") {
        if !parser.is("CHECK") {
            parser.name()?;
        }
    } else if parser.is_sign('(') {
        parser.skip_parentheses();
    } else {
        // VIRTUAL, INVISIBLE, SRID 4326, REF_SYSTEM_ID=4326, CHECK (…), COMPRESSED, and what servers may learn.
        parser.skip();
    }
    Ok(())
}

/// The value behind `DEFAULT` as text; a function with its arguments.
fn default(parser: &mut Parser<'_>) -> String {
    let start = parser.position();
    if parser.is_sign('(') {
        return format!("({})", parser.skip_parentheses());
    }
    parser.take_sign('-');
    parser.take_sign('+');
    let Some(token) = parser.next() else { return String::new() };
    if parser.is_sign('(') {
        parser.skip_parentheses();
        return parser.text_from(start);
    }
    if parser.is_sign('.') && token.kind == TokenKind::Number {
        parser.skip();
    }
    match token.kind {
        TokenKind::Text if parser.position() - start == 1 => token.text.clone(),
        TokenKind::Word if parser.peek().is_some_and(|next| next.kind == TokenKind::Text) && token.text.starts_with('_') => {
            parser.next().map(|next| next.text.clone()).unwrap_or_default()
        }
        _ => parser.text_from(start),
    }
}
