//! Dumps: `mysqldump`, `mariadb-dump`, `artisan schema:dump`, phpMyAdmin.

use std::io::{self, BufRead};

use super::{Problem, ProblemKind, ReadOptions, Snapshot, Splitter};
use crate::schema::apply::{Failure, Mode, execute};
use crate::schema::sql::{Dialect, RowReader, Statement, TableName, insert_target, parse};
use crate::schema::{Origin, RowFacts};

pub(super) fn read(input: impl BufRead, snapshot: &mut Snapshot, options: ReadOptions) -> io::Result<()> {
    let mut splitter = Splitter::new(input);
    let mut reader = Reader { snapshot, options, is_complete: false, is_dump: false };
    loop {
        let piece = splitter.next(is_wanted);
        let piece = match piece {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::InvalidInput => {
                reader.problem(0, ProblemKind::Compression { message: error.to_string() });
                break;
            }
            Err(error) => return Err(error),
        };
        if piece.too_long {
            reader.problem(piece.line, ProblemKind::TooLong);
        }
        let is_code = !is_all_comment(piece.text);
        if piece.unfinished && (piece.skipped || is_code && !Reader::ends_well(piece.text)) {
            reader.problem(piece.line, ProblemKind::Truncated);
        }
        reader.statement(piece.text, piece.line, piece.skipped);
        // What stands behind the end was written by hand.
        splitter.rows_are_plain = reader.is_dump && !reader.is_complete;
    }
    let bytes = splitter.bytes;
    reader.snapshot.bytes = bytes;
    reader.finish();
    Ok(())
}

/// True for all statements but `INSERT`s into tables whose rows nobody asked for.
fn is_wanted(head: &[u8]) -> bool {
    let code = without_leading_comments(head);
    let is_insert = [b"INSERT".as_slice(), b"REPLACE"].iter().any(|word| {
        code.len() > word.len() && code[..word.len()].eq_ignore_ascii_case(word) && code[word.len()].is_ascii_whitespace()
    });
    !is_insert || insert_target(code).is_none_or(|target| is_migrations(&target.name))
}

/// A migrations table, with or without a prefix.
fn is_migrations(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("migrations")
}

/// The text behind comments and blanks.
fn without_leading_comments(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        let end = if rest.starts_with(b"--") || rest.starts_with(b"#") {
            memchr::memchr(b'\n', rest)
        } else if rest.starts_with(b"/*") && !rest.starts_with(b"/*!") && !rest.starts_with(b"/*M!1") {
            memchr::memmem::find(rest, b"*/").map(|found| found + 1)
        } else {
            return rest;
        };
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return &[],
        }
    }
}

fn is_all_comment(text: &[u8]) -> bool {
    without_leading_comments(text).is_empty()
}

struct Reader<'r> {
    snapshot: &'r mut Snapshot,
    options: ReadOptions,
    /// `-- Dump completed` was seen.
    is_complete: bool,
    /// The file was written by a dump program, which ends it with that line.
    is_dump: bool,
}

impl Reader<'_> {
    fn problem(&mut self, line: u64, kind: ProblemKind) {
        self.snapshot.problems.push(Problem { line, kind });
    }

    /// A last statement may lack its delimiter where a comment follows it.
    fn ends_well(text: &[u8]) -> bool {
        let trimmed = text.trim_ascii_end();
        trimmed.ends_with(b"*/") || trimmed.ends_with(b")")
    }

    fn statement(&mut self, text: &[u8], line: u64, skipped: bool) {
        self.comments(text);
        let code = without_leading_comments(text);
        // The line of the statement, not of the comments before it.
        let line = line + memchr::memchr_iter(b'\n', &text[..text.len() - code.len()]).count() as u64;
        if code.is_empty() && !skipped {
            return;
        }
        if let Some(target) = insert_target(code) {
            self.insert(&target, code, skipped);
            return;
        }
        if skipped {
            return;
        }
        let text = match std::str::from_utf8(code) {
            Ok(text) => std::borrow::Cow::Borrowed(text),
            Err(_) => {
                self.problem(line, ProblemKind::Encoding);
                // Old dumps are Latin-1, which every byte is a letter of.
                std::borrow::Cow::Owned(code.iter().map(|&byte| char::from(byte)).collect())
            }
        };
        let server = &self.snapshot.server;
        let dialect = Dialect { ansi_quotes: server.ansi_quotes, ..Dialect::default() };
        match parse(&text, dialect) {
            Ok(Some(statement)) => self.run(&statement, line),
            Ok(None) => {}
            Err(error) => {
                let statement = text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
                self.problem(line, ProblemKind::Unreadable { expected: error.expected, statement });
            }
        }
    }

    fn run(&mut self, statement: &Statement, line: u64) {
        let origin = Origin::Snapshot(self.options.number, line);
        match execute(&mut self.snapshot.server, statement, origin, Mode::Restore) {
            Ok(_) => {}
            Err(Failure::Server(error)) => self.problem(line, ProblemKind::Refused { message: error.message }),
            Err(Failure::Unknown(message)) => self.problem(line, ProblemKind::Refused { message }),
        }
    }

    /// What the comments of a dump tell: program, server, database, completeness.
    fn comments(&mut self, text: &[u8]) {
        if !text.starts_with(b"-- ") && !text.starts_with(b"/*") && memchr::memmem::find(text, b"\n--").is_none() {
            return;
        }
        for line in text.split(|&byte| byte == b'\n').take_while(|line| {
            let line = line.trim_ascii();
            line.is_empty() || line.starts_with(b"--") || line.starts_with(b"/*") || line.starts_with(b"#")
        }) {
            let line = String::from_utf8_lossy(line);
            let line = line.trim();
            if line.starts_with("-- MariaDB dump") || line.starts_with("-- MySQL dump") {
                self.is_dump = true;
            } else if let Some(version) = line.strip_prefix("-- Server version") {
                self.snapshot.server_version = Some(version.trim().to_owned());
            } else if line.starts_with("-- Dump completed") {
                self.is_complete = true;
            } else if let Some((_, name)) = line.strip_prefix("-- Host:").and_then(|rest| rest.split_once("Database:")) {
                let name = name.trim();
                if !name.is_empty() && self.snapshot.header_database.is_none() {
                    self.snapshot.header_database = Some(name.to_owned());
                }
            }
        }
    }

    fn insert(&mut self, target: &TableName, code: &[u8], skipped: bool) {
        let database = target.database.clone().unwrap_or_else(|| self.snapshot.server.current.clone());
        if skipped || !is_migrations(&target.name) {
            *self.snapshot.data.entry((database, target.name.clone())).or_default() += 1;
            return;
        }
        let mut rows = RowReader::new(code);
        let place = match rows.columns() {
            Some(columns) => columns.iter().position(|column| column.eq_ignore_ascii_case("migration")),
            None => self
                .snapshot
                .server
                .table(Some(&database), &target.name)
                .and_then(|table| table.columns.iter().position(|column| column.name.eq_ignore_ascii_case("migration")))
                .or(Some(1)),
        };
        let Some(place) = place else { return };
        let names = self.snapshot.migrations.entry((database, target.name.clone())).or_default();
        while let Some(row) = rows.next_row() {
            if let Some(Some(name)) = row.get(place) {
                names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }

    fn finish(&mut self) {
        if self.snapshot.bytes == 0 {
            self.problem(u64::MAX, ProblemKind::Truncated);
        }
        if self.is_dump
            && !self.is_complete
            && !self.snapshot.problems.iter().any(|problem| problem.kind == ProblemKind::Truncated)
        {
            // Compact dumps (`--skip-comments`) have no head either; one with a head and without an end was cut.
            self.problem(u64::MAX, ProblemKind::Truncated);
        }
        let has_data = !self.snapshot.data.is_empty();
        let data = &self.snapshot.data;
        for (name, database) in &mut self.snapshot.server.databases {
            database.tables.for_each_mut(|table| {
                table.rows = match data.get(&(name.clone(), table.name.clone())) {
                    Some(count) => RowFacts::AtLeast(*count),
                    None if has_data => RowFacts::Empty,
                    None => RowFacts::Unknown,
                };
            });
            for table in database.tables.values() {
                let names = ["id", "migration", "batch"];
                if names.iter().all(|column| table.column(column).is_some()) && table.columns.len() == names.len() {
                    self.snapshot.migration_tables.insert((name.clone(), table.name.clone()));
                }
            }
        }
        self.snapshot.server.foreign_key_checks = true;
        self.snapshot.server.ansi_quotes = false;
    }
}
