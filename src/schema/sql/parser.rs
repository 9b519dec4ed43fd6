//! The reader's tools, and the statements that need no file of their own.

use super::ast::{Statement, TableName};
use super::token::{Dialect, Token, TokenKind, tokenize};
use super::{alter, create};

/// Why a statement could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// What was expected.
    pub expected: String,
    /// The bytes before the place.
    pub at: usize,
    /// The statement's text from there on, cut.
    pub near: String,
    /// The server does not read it either: it is no gap of this reader.
    pub is_certain: bool,
}

/// Reads a statement. None for one that is empty or all comment.
///
/// # Errors
/// Where a statement that changes a schema is not understood.
pub fn parse(text: &str, dialect: Dialect) -> Result<Option<Statement>, ParseError> {
    let tokens = tokenize(text, dialect);
    let mut parser = Parser { text, tokens: &tokens, at: 0 };
    while parser.take_sign(';') {}
    if parser.is_done() { Ok(None) } else { statement(&mut parser).map(Some) }
}

/// A place in the tokens of a statement.
pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
}

pub(super) type Parsed<T> = Result<T, ParseError>;

impl<'t> Parser<'t> {
    pub(super) fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn ahead(&self, count: usize) -> Option<&'t Token> {
        self.tokens.get(self.at + count)
    }

    pub(super) fn next(&mut self) -> Option<&'t Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is(word))
    }

    pub(super) fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.ahead(ahead).is_some_and(|token| token.is(word)))
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.peek().is_some_and(|token| token.is_sign(sign))
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(word))
    }

    pub(super) fn take_all(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        self.at += if found { words.len() } else { 0 };
        found
    }

    pub(super) fn take_sign(&mut self, sign: char) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn fail<T>(&self, expected: &str) -> Parsed<T> {
        self.error(expected, false)
    }

    /// An error that the server gives, too.
    pub(super) fn refuse<T>(&self, expected: &str) -> Parsed<T> {
        self.error(expected, true)
    }

    fn error<T>(&self, expected: &str, is_certain: bool) -> Parsed<T> {
        let at = self.peek().map_or(self.text.len(), |token| token.at);
        let near = self.text[at..].chars().take(80).collect();
        Err(ParseError { expected: expected.to_owned(), at, near, is_certain })
    }

    pub(super) fn expect_sign(&mut self, sign: char) -> Parsed<()> {
        if self.take_sign(sign) { Ok(()) } else { self.fail(&format!("`{sign}`")) }
    }

    /// A name. Double quotes enclose one wherever a name must stand.
    pub(super) fn name(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(token)
                if matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
                    || (token.kind == TokenKind::Text && token.double_quoted) =>
            {
                self.at += 1;
                Ok(token.text.clone())
            }
            _ => self.refuse("a name"),
        }
    }

    pub(super) fn table_name(&mut self) -> Parsed<TableName> {
        let first = self.name()?;
        if self.take_sign('.') {
            return Ok(TableName { database: Some(first), name: self.name()? });
        }
        Ok(TableName { database: None, name: first })
    }

    /// `(a, b)`, lengths and directions passed over.
    pub(super) fn names_in_parentheses(&mut self) -> Parsed<Vec<String>> {
        self.expect_sign('(')?;
        let mut names = Vec::new();
        loop {
            names.push(self.name()?);
            if self.is_sign('(') {
                self.skip_parentheses();
            }
            self.take_any(&["ASC", "DESC"]);
            if !self.take_sign(',') {
                break;
            }
        }
        self.expect_sign(')')?;
        Ok(names)
    }

    /// Passes over a group in parentheses, and gives its text without them.
    pub(super) fn skip_parentheses(&mut self) -> String {
        let start = self.peek().map_or(self.text.len(), |token| token.end);
        let mut depth = 0;
        while let Some(token) = self.next() {
            if token.is_sign('(') {
                depth += 1;
            } else if token.is_sign(')') {
                depth -= 1;
                if depth == 0 {
                    return self.text.get(start..token.at).unwrap_or_default().to_owned();
                }
            }
        }
        self.text.get(start..).unwrap_or_default().to_owned()
    }

    /// The names inside a group in parentheses that is passed over: those that are no function.
    pub(super) fn words_in_parentheses(&mut self) -> Vec<String> {
        let start = self.at;
        self.skip_parentheses();
        let tokens = &self.tokens[start.min(self.tokens.len())..self.at.min(self.tokens.len())];
        let is_name = |(place, token): &(usize, &Token)| {
            matches!(token.kind, TokenKind::Word | TokenKind::Quoted)
                && !tokens.get(place + 1).is_some_and(|next| next.is_sign('('))
        };
        tokens.iter().enumerate().filter(is_name).map(|(_, token)| token.text.clone()).collect()
    }

    /// The text between two tokens.
    pub(super) fn text_from(&self, start: usize) -> String {
        let from = self.tokens.get(start).map_or(self.text.len(), |token| token.at);
        let to = self.tokens.get(self.at.saturating_sub(1)).map_or(self.text.len(), |token| token.end);
        self.text.get(from..to).unwrap_or_default().to_owned()
    }

    pub(super) const fn position(&self) -> usize {
        self.at
    }

    pub(super) fn names(&mut self) -> Parsed<Vec<TableName>> {
        let mut names = vec![self.table_name()?];
        while self.take_sign(',') {
            names.push(self.table_name()?);
        }
        Ok(names)
    }

    /// Passes over the rest of an item: up to a comma or closing parenthesis of this level.
    pub(super) fn skip_item(&mut self) {
        while let Some(token) = self.peek() {
            if token.is_sign('(') {
                self.skip_parentheses();
            } else if token.is_sign(',') || token.is_sign(')') {
                return;
            } else {
                self.at += 1;
            }
        }
    }
}

fn statement(parser: &mut Parser<'_>) -> Parsed<Statement> {
    let Some(first) = parser.peek() else { return parser.fail("a statement") };
    let word = first.text.to_ascii_uppercase();
    match word.as_str() {
        "CREATE" => create::create(parser),
        "ALTER" => alter::alter(parser),
        "DROP" => drop(parser),
        "RENAME" => rename(parser),
        "USE" => {
            parser.skip();
            Ok(Statement::Use(parser.name()?))
        }
        "SET" => Ok(set(parser)),
        "INSERT" | "REPLACE" => {
            parser.skip();
            while parser.take_any(&["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"]) {}
            Ok(Statement::Insert(parser.table_name()?))
        }
        "TRUNCATE" => {
            parser.skip();
            parser.take("TABLE");
            Ok(Statement::Empty(parser.table_name()?))
        }
        _ => Ok(Statement::Other(word)),
    }
}

fn drop(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.skip();
    parser.take("TEMPORARY");
    let kind = parser.next().map(|token| token.text.to_ascii_uppercase()).unwrap_or_default();
    let is_optional = |parser: &mut Parser<'_>| parser.take_all(&["IF", "EXISTS"]);
    match kind.as_str() {
        "TABLE" | "TABLES" => {
            let optional = is_optional(parser);
            Ok(Statement::DropTables(parser.names()?, optional))
        }
        "VIEW" => {
            let optional = is_optional(parser);
            Ok(Statement::DropViews(parser.names()?, optional))
        }
        "SEQUENCE" => {
            let optional = is_optional(parser);
            Ok(Statement::DropSequences(parser.names()?, optional))
        }
        "DATABASE" | "SCHEMA" => {
            let optional = is_optional(parser);
            Ok(Statement::DropDatabase(parser.name()?, optional))
        }
        "INDEX" => {
            let optional = is_optional(parser);
            let name = parser.name()?;
            if !parser.take("ON") {
                return parser.refuse("ON");
            }
            let table = parser.table_name()?;
            let operation = if name.eq_ignore_ascii_case("PRIMARY") {
                super::AlterOperation::DropPrimary
            } else {
                super::AlterOperation::DropKey(name, optional)
            };
            Ok(Statement::AlterTable(table, vec![operation], false))
        }
        kind => Ok(Statement::Other(format!("DROP {kind}"))),
    }
}

fn rename(parser: &mut Parser<'_>) -> Parsed<Statement> {
    parser.skip();
    if !parser.take_any(&["TABLE", "TABLES"]) {
        return Ok(Statement::Other("RENAME".to_owned()));
    }
    parser.take_all(&["IF", "EXISTS"]);
    let mut pairs = Vec::new();
    loop {
        let from = parser.table_name()?;
        if !parser.take("TO") {
            return parser.fail("TO");
        }
        pairs.push((from, parser.table_name()?));
        if !parser.take_sign(',') {
            return Ok(Statement::RenameTables(pairs));
        }
    }
}

/// `SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI'`, `SET FOREIGN_KEY_CHECKS=0`
fn set(parser: &mut Parser<'_>) -> Statement {
    parser.skip();
    let mut found = Statement::Other("SET".to_owned());
    while let Some(token) = parser.next() {
        parser.take_sign(':');
        if token.kind != TokenKind::Word || !parser.take_sign('=') {
            continue;
        }
        let Some(value) = parser.peek() else { continue };
        let name = token.text.trim_start_matches("@@").to_ascii_lowercase();
        match name.as_str() {
            "foreign_key_checks" if value.kind != TokenKind::Word || value.is("on") || value.is("off") => {
                found = Statement::ForeignKeyChecks(value.text == "1" || value.is("on"));
            }
            // `@OLD_FOREIGN_KEY_CHECKS` of a dump gives back what was before: checks are on again.
            "foreign_key_checks" => found = Statement::ForeignKeyChecks(true),
            "sql_mode" => {
                let mode = value.text.to_ascii_uppercase();
                found = Statement::SqlMode { ansi_quotes: value.kind == TokenKind::Text && mode.contains("ANSI") };
            }
            _ => {}
        }
    }
    found
}
