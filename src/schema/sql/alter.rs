//! `ALTER TABLE`.

use super::ast::{AlterOperation, Statement, TableOptions};
use super::keys::{Constraint, constraint};
use super::parser::{Parsed, Parser};
use super::{columns, create};

pub(super) fn alter(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.skip();
    parser.take_any(&["ONLINE", "OFFLINE"]);
    parser.take("IGNORE");
    if !parser.take("TABLE") {
        let kind = parser.next().map(|token| token.text.to_ascii_uppercase()).unwrap_or_default();
        return Ok(Statement::Other(format!("ALTER {kind}")));
    }
    let optional = parser.take_all(&["IF", "EXISTS"]);
    let table = parser.table_name()?;
    if parser.take("WAIT") {
        parser.skip();
    }
    parser.take("NOWAIT");
    let mut operations = Vec::new();
    while !parser.is_done() && !parser.is_sign(';') {
        operation(parser, &mut operations)?;
        if !parser.take_sign(',') && !parser.is_done() && !parser.is_sign(';') && !starts_option(parser) {
            return parser.refuse("`,` or the end of the statement");
        }
    }
    Ok(Statement::AlterTable(table, operations, optional))
}

/// Options of a table follow each other without commas.
fn starts_option(parser: &Parser<'_>) -> bool {
    let words = ["ENGINE", "ROW_FORMAT", "CHARACTER", "CHARSET", "COLLATE", "DEFAULT", "COMMENT", "AUTO_INCREMENT", "PARTITION"];
    words
        .iter()
        .chain(&["REMOVE", "KEY_BLOCK_SIZE", "PAGE_CHECKSUM", "TRANSACTIONAL", "STATS_PERSISTENT"])
        .any(|word| parser.is(word))
}

fn operation(parser: &mut Parser<'_>, operations: &mut Vec<AlterOperation>) -> Parsed<()> {
    if parser.take("ADD") {
        return add(parser, operations);
    }
    if parser.take("DROP") {
        operations.push(drop(parser)?);
    } else if parser.take("MODIFY") {
        parser.take("COLUMN");
        let optional = parser.take_all(&["IF", "EXISTS"]);
        let column = columns::column(parser)?;
        operations.push(AlterOperation::ChangeColumn(column.name.clone(), Box::new(column), optional));
    } else if parser.take("CHANGE") {
        parser.take("COLUMN");
        let optional = parser.take_all(&["IF", "EXISTS"]);
        let from = parser.name()?;
        operations.push(AlterOperation::ChangeColumn(from, Box::new(columns::column(parser)?), optional));
    } else if parser.take("RENAME") {
        operations.push(rename(parser)?);
    } else if parser.take("ALTER") {
        operations.push(alter_part(parser)?);
    } else if parser.take_all(&["CONVERT", "TO"]) {
        let mut options = TableOptions::default();
        while create::option(parser, &mut options) {}
        operations.push(AlterOperation::Options(Box::new(options)));
    } else if parser.take_all(&["REMOVE", "PARTITIONING"]) {
        operations.push(AlterOperation::RemovePartitioning);
    } else {
        parser.take("DEFAULT");
        let mut options = TableOptions::default();
        if create::option(parser, &mut options) {
            operations.push(AlterOperation::Options(Box::new(options)));
        } else {
            // DISABLE KEYS, FORCE, ORDER BY, ALGORITHM=…, LOCK=…, DISCARD TABLESPACE, …
            parser.skip_item();
            operations.push(AlterOperation::Other);
        }
    }
    Ok(())
}

fn add(parser: &mut Parser<'_>, operations: &mut Vec<AlterOperation>) -> Parsed<()> {
    if parser.take("PARTITION") || parser.are(&["SYSTEM", "VERSIONING"]) {
        parser.skip_item();
        operations.push(AlterOperation::Other);
        return Ok(());
    }
    if parser.are(&["PERIOD", "FOR"]) {
        let (name, start, end) = create::period(parser)?;
        operations.push(AlterOperation::AddPeriod(name, start, end));
        return Ok(());
    }
    match constraint(parser)? {
        Some(Constraint::Key(key)) => operations.push(AlterOperation::AddKey(key)),
        Some(Constraint::Foreign(foreign)) => operations.push(AlterOperation::AddForeign(foreign)),
        Some(Constraint::Check(name)) => operations.push(AlterOperation::AddCheck(name)),
        None => {
            parser.take("COLUMN");
            let optional = parser.take_all(&["IF", "NOT", "EXISTS"]);
            if !parser.take_sign('(') {
                operations.push(AlterOperation::AddColumn(Box::new(columns::column(parser)?), optional));
                return Ok(());
            }
            loop {
                match constraint(parser)? {
                    Some(Constraint::Key(key)) => operations.push(AlterOperation::AddKey(key)),
                    Some(Constraint::Foreign(foreign)) => operations.push(AlterOperation::AddForeign(foreign)),
                    Some(Constraint::Check(name)) => operations.push(AlterOperation::AddCheck(name)),
                    None => operations.push(AlterOperation::AddColumn(Box::new(columns::column(parser)?), optional)),
                }
                if !parser.take_sign(',') {
                    break;
                }
            }
            parser.expect_sign(')')?;
        }
    }
    Ok(())
}

fn drop(parser: &mut Parser<'_>) -> Parsed<AlterOperation> {
    if parser.take_all(&["PRIMARY", "KEY"]) {
        return Ok(AlterOperation::DropPrimary);
    }
    if parser.take_all(&["FOREIGN", "KEY"]) {
        let optional = parser.take_all(&["IF", "EXISTS"]);
        return Ok(AlterOperation::DropForeign(parser.name()?, optional));
    }
    if parser.take_any(&["CONSTRAINT", "CHECK"]) {
        let optional = parser.take_all(&["IF", "EXISTS"]);
        return Ok(AlterOperation::DropConstraint(parser.name()?, optional));
    }
    if parser.take("PARTITION") || parser.take_all(&["SYSTEM", "VERSIONING"]) || parser.take_all(&["PERIOD", "FOR"]) {
        parser.skip_item();
        return Ok(AlterOperation::Other);
    }
    let is_key =
        (parser.is("INDEX") || parser.is("KEY")) && parser.ahead(1).is_some_and(|next| !next.is_sign(',') && !next.is_sign(';'));
    if is_key {
        parser.skip();
        let optional = parser.take_all(&["IF", "EXISTS"]);
        let name = parser.name()?;
        if parser.is_sign('.') {
            return parser.refuse("the end of the name");
        }
        if name.eq_ignore_ascii_case("PRIMARY") {
            return Ok(AlterOperation::DropPrimary);
        }
        return Ok(AlterOperation::DropKey(name, optional));
    }
    parser.take("COLUMN");
    let optional = parser.take_all(&["IF", "EXISTS"]);
    let name = parser.name()?;
    parser.take_any(&["RESTRICT", "CASCADE"]);
    Ok(AlterOperation::DropColumn(name, optional))
}

fn rename(parser: &mut Parser<'_>) -> Parsed<AlterOperation> {
    let to = |parser: &mut Parser<'_>| if parser.take("TO") { parser.name() } else { parser.refuse("TO") };
    if parser.take("COLUMN") {
        let optional = parser.take_all(&["IF", "EXISTS"]);
        let from = parser.name()?;
        let to = to(parser)?;
        return Ok(if optional && from == to { AlterOperation::Other } else { AlterOperation::RenameColumn(from, to) });
    }
    if parser.take_any(&["INDEX", "KEY"]) {
        parser.take_all(&["IF", "EXISTS"]);
        let from = parser.name()?;
        return Ok(AlterOperation::RenameKey(from, to(parser)?));
    }
    if !parser.take_any(&["TO", "AS"]) {
        parser.take_sign('=');
    }
    Ok(AlterOperation::RenameTable(parser.table_name()?))
}

/// Behind `ALTER` inside `ALTER TABLE`.
fn alter_part(parser: &mut Parser<'_>) -> Parsed<AlterOperation> {
    if parser.take_any(&["INDEX", "KEY"]) {
        parser.take_all(&["IF", "EXISTS"]);
        let name = parser.name()?;
        let ignored = if parser.take("NOT") { false } else { !parser.is("VISIBLE") };
        parser.skip();
        return Ok(AlterOperation::IgnoreKey(name, ignored));
    }
    parser.take("COLUMN");
    parser.take_all(&["IF", "EXISTS"]);
    let name = parser.name()?;
    if parser.take_all(&["SET", "DEFAULT"]) {
        let value = if parser.is_sign('(') {
            parser.skip_parentheses()
        } else {
            parser.next().map(|token| token.text.clone()).unwrap_or_default()
        };
        return Ok(AlterOperation::ColumnDefault(name, Some(value)));
    }
    parser.skip_item();
    Ok(AlterOperation::ColumnDefault(name, None))
}
