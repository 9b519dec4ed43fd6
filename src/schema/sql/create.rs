//! `CREATE TABLE`, `CREATE INDEX`, `CREATE VIEW` and the others.

use super::ast::{AlterOperation, CreateTable, Statement, TableItem, TableOptions};
use super::keys::{Constraint, constraint};
use super::parser::{Parsed, Parser};
use super::token::TokenKind;
use super::{columns, keys};
use crate::schema::IndexKind;

pub(super) fn create(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.skip();
    let or_replace = parser.take_all(&["OR", "REPLACE"]);
    let temporary = parser.take("TEMPORARY");
    // ALGORITHM=UNDEFINED DEFINER=`a`@`b` SQL SECURITY DEFINER, ONLINE, AGGREGATE
    while let Some(token) = parser.peek() {
        let is_kind = ["TABLE", "VIEW", "INDEX", "UNIQUE", "FULLTEXT", "SPATIAL", "SEQUENCE", "DATABASE", "SCHEMA", "TRIGGER"]
            .iter()
            .chain(&["PROCEDURE", "FUNCTION", "EVENT", "USER", "ROLE", "SERVER", "PACKAGE"])
            .any(|kind| token.is(kind));
        if is_kind {
            break;
        }
        parser.skip();
    }
    let Some(kind) = parser.next().map(|token| token.text.to_ascii_uppercase()) else { return parser.refuse("TABLE or INDEX") };
    match kind.as_str() {
        "TABLE" => create_table(parser, or_replace, temporary),
        "INDEX" => create_index(parser, IndexKind::Plain, or_replace),
        "UNIQUE" | "FULLTEXT" | "SPATIAL" => {
            if !parser.take("INDEX") {
                return parser.refuse("INDEX");
            }
            let kind = match kind.as_str() {
                "UNIQUE" => IndexKind::Unique,
                "FULLTEXT" => IndexKind::Fulltext,
                _ => IndexKind::Spatial,
            };
            create_index(parser, kind, or_replace)
        }
        "VIEW" => {
            let optional = parser.take_all(&["IF", "NOT", "EXISTS"]);
            Ok(Statement::CreateView(parser.table_name()?, or_replace || optional))
        }
        "SEQUENCE" => {
            let optional = parser.take_all(&["IF", "NOT", "EXISTS"]);
            Ok(Statement::CreateSequence(parser.table_name()?, or_replace || optional))
        }
        "DATABASE" | "SCHEMA" => {
            let optional = parser.take_all(&["IF", "NOT", "EXISTS"]);
            Ok(Statement::CreateDatabase(parser.name()?, optional))
        }
        kind => Ok(Statement::Other(format!("CREATE {kind}"))),
    }
}

fn create_index(parser: &mut Parser<'_>, kind: IndexKind, or_replace: bool) -> Parsed<Statement> {
    let if_not_exists = parser.take_all(&["IF", "NOT", "EXISTS"]);
    let name = parser.name()?;
    let mut key = super::KeyDefinition {
        kind,
        name: Some(name),
        parts: Vec::new(),
        algorithm: None,
        if_not_exists,
        or_replace,
        ignored: false,
        without_overlaps: None,
    };
    keys::algorithm(parser, &mut key);
    if !parser.take("ON") {
        return parser.refuse("ON");
    }
    let table = parser.table_name()?;
    keys::parts(parser, &mut key)?;
    keys::options(parser, &mut key);
    Ok(Statement::AlterTable(table, vec![AlterOperation::AddKey(key)], false))
}

fn create_table(parser: &mut Parser<'_>, or_replace: bool, temporary: bool) -> Parsed<Statement> {
    let if_not_exists = parser.take_all(&["IF", "NOT", "EXISTS"]);
    let mut table =
        CreateTable { name: Some(parser.table_name()?), temporary, or_replace, if_not_exists, ..CreateTable::default() };
    if parser.take("LIKE") {
        table.like = Some(parser.table_name()?);
        return Ok(Statement::CreateTable(Box::new(table)));
    }
    if parser.take_sign('(') {
        if parser.take("LIKE") {
            table.like = Some(parser.table_name()?);
            return Ok(Statement::CreateTable(Box::new(table)));
        }
        loop {
            if parser.is("SELECT") {
                table.from_query = true;
                break;
            }
            item(parser, &mut table)?;
            if !parser.take_sign(',') {
                break;
            }
        }
        if !table.from_query && !parser.take_sign(')') {
            return parser.refuse("`,` or `)`");
        }
    }
    table.options = options(parser);
    if parser.is("AS") || parser.is("SELECT") || parser.is("WITH") {
        parser.take("AS");
        table.from_query = true;
        table.query = query(parser);
    }
    Ok(Statement::CreateTable(Box::new(table)))
}

/// `SELECT * FROM t`, `SELECT a, b FROM t`: the table and the columns.
fn query(parser: &mut Parser<'_>) -> Option<(super::TableName, Vec<String>)> {
    parser.take_sign('(');
    if !parser.take("SELECT") {
        return None;
    }
    let mut columns = Vec::new();
    if !parser.take_sign('*') {
        loop {
            columns.push(parser.name().ok()?);
            if !parser.take_sign(',') {
                break;
            }
        }
    }
    if !parser.take("FROM") {
        return None;
    }
    let table = parser.table_name().ok()?;
    let is_single = parser.is_done() || parser.is("WHERE") || parser.is("LIMIT") || parser.is("ORDER") || parser.is_sign(')');
    is_single.then_some((table, columns))
}

fn item(parser: &mut Parser<'_>, table: &mut CreateTable) -> Parsed<()> {
    match constraint(parser)? {
        Some(Constraint::Key(key)) => table.items.push(TableItem::Key(key)),
        Some(Constraint::Foreign(foreign)) => table.items.push(TableItem::Foreign(foreign)),
        Some(Constraint::Check(name)) => table.items.push(TableItem::Check(name)),
        None if parser.are(&["PERIOD", "FOR"]) => {
            let (name, start, end) = period(parser)?;
            table.items.push(TableItem::Period(name, start, end));
        }
        None => table.items.push(TableItem::Column(Box::new(columns::column(parser)?))),
    }
    Ok(())
}

/// `PERIOD FOR name (start, end)`
pub(super) fn period(parser: &mut Parser<'_>) -> Parsed<(String, String, String)> {
    parser.skip();
    parser.skip();
    let name = parser.name()?;
    let mut columns = parser.names_in_parentheses()?.into_iter();
    let (Some(start), Some(end)) = (columns.next(), columns.next()) else { return parser.refuse("two columns") };
    Ok((name, start, end))
}

/// Options of a table. What is not known is passed over.
pub(super) fn options(parser: &mut Parser<'_>) -> TableOptions {
    let mut options = TableOptions::default();
    while let Some(token) = parser.peek() {
        if token.is("SELECT") || token.is("AS") || token.is_sign(',') && parser.ahead(1).is_none() {
            break;
        }
        if !option(parser, &mut options) {
            if token.is_sign('(') {
                parser.skip_parentheses();
            } else {
                parser.skip();
            }
        }
    }
    options
}

/// An option that matters, where one stands here.
pub(super) fn option(parser: &mut Parser<'_>, options: &mut TableOptions) -> bool {
    let value = |parser: &mut Parser<'_>| {
        parser.take_sign('=');
        parser.next().map(|token| token.text.to_ascii_lowercase())
    };
    if parser.take_any(&["ENGINE", "TYPE"]) {
        options.engine = value(parser);
    } else if parser.take("ROW_FORMAT") {
        options.row_format = value(parser);
    } else if parser.take_all(&["CHARACTER", "SET"]) || parser.take("CHARSET") {
        options.charset = value(parser);
    } else if parser.take("COLLATE") {
        options.collation = value(parser);
    } else if parser.take("COMMENT") || parser.take("AUTO_INCREMENT") {
        value(parser);
    } else if parser.take_all(&["PARTITION", "BY"]) {
        options.partition_columns = Some(partition(parser));
    } else {
        return false;
    }
    true
}

/// The columns that partitions and their parts depend on. `KEY ()` depends on the primary key.
fn partition(parser: &mut Parser<'_>) -> Vec<String> {
    let mut columns = Vec::new();
    while let Some(token) = parser.peek() {
        if token.is("SYSTEM_TIME") {
            return columns;
        }
        if token.is_sign('(') {
            break;
        }
        parser.skip();
    }
    columns.extend(parser.words_in_parentheses());
    parser.take("PARTITIONS");
    if parser.peek().is_some_and(|token| token.kind == TokenKind::Number) {
        parser.skip();
    }
    if parser.take_all(&["SUBPARTITION", "BY"]) {
        while parser.peek().is_some_and(|token| !token.is_sign('(')) {
            parser.skip();
        }
        columns.extend(parser.words_in_parentheses());
    }
    columns
}
