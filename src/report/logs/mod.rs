//! `mandant logs`: where personal data stands in stored log files. A report is written file by file, so that its size
//! does not matter.

mod concise;
mod json;
mod pretty;

use std::io::{self, Write};

use super::ReportOptions;
use crate::catalog::Words;
use crate::finding::Message;
use crate::logs::{Failure, Form, Kind, Scanned, Totals};
use crate::workspace::Workspace;

/// JSON schema of the JSON form.
pub static LOGS_SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/schema/logs.schema.json"));

/// A form of the report on log files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogsFormat {
    /// For people at a terminal.
    Pretty,
    /// One line for each place.
    Concise,
    /// For programs.
    Json,
}

/// A report in the making.
pub struct LogsReport<'o> {
    format: LogsFormat,
    words: Words,
    /// Only for [`Words`], which can name places in sources: there are none here.
    sources: Workspace,
    out: Box<dyn Write + 'o>,
    seen: Seen,
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Seen {
    files: u64,
    bytes: u64,
    totals: Totals,
    /// Files that were not read to their end, and why.
    incomplete: Vec<(String, Message)>,
}

impl<'o> LogsReport<'o> {
    /// Begins a report.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn new(format: LogsFormat, options: &ReportOptions, out: Box<dyn Write + 'o>) -> io::Result<Self> {
        let words = Words::new(options.language);
        let sources = Workspace::from_texts(std::iter::empty::<(String, String)>());
        let mut report = Self { format, words, sources, out, seen: Seen::default() };
        if format == LogsFormat::Json {
            json::begin(&mut report.out)?;
        }
        Ok(report)
    }

    /// Adds a file.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn add(&mut self, file: &Scanned<'_>) -> io::Result<()> {
        match self.format {
            LogsFormat::Pretty => pretty::file(self, file)?,
            LogsFormat::Concise => concise::file(self, file)?,
            LogsFormat::Json => json::file(self, file)?,
        }
        self.seen.files += 1;
        self.seen.bytes += file.bytes;
        self.seen.totals.add(&file.totals);
        let failure = file.failure.as_ref().map(|failure| (file.path.to_owned(), reason(failure)));
        self.seen.incomplete.extend(failure);
        Ok(())
    }

    /// Ends it, with the paths that could not be looked at.
    ///
    /// # Errors
    /// Where the writer fails.
    pub fn finish(mut self, unreadable: &[(String, String)]) -> io::Result<()> {
        let more = unreadable.iter().map(|(path, words)| (path.clone(), reason(&Failure::Unreadable(words.clone()))));
        self.seen.incomplete.extend(more);
        match self.format {
            LogsFormat::Pretty => pretty::end(&mut self)?,
            LogsFormat::Concise => concise::end(&mut self)?,
            LogsFormat::Json => json::end(&mut self)?,
        }
        self.out.flush()
    }

    fn say(&self, message: &Message) -> String {
        self.words.render(message, &self.sources)
    }
}

fn reason(failure: &Failure) -> Message {
    match failure {
        Failure::Unreadable(words) => Message::new("logs.unreadable").text("reason", words.clone()),
        Failure::Damaged => Message::new("logs.damaged"),
        Failure::Packed(name) => Message::new("logs.packed").text("format", *name),
        Failure::Utf16 => Message::new("logs.utf16"),
    }
}

const fn kind(kind: Kind) -> Message {
    match kind {
        Kind::PersonName => Message::new("logs.kind.person-name"),
        Kind::Contact => Message::new("logs.kind.contact"),
        Kind::Address => Message::new("logs.kind.address"),
        Kind::Health => Message::new("logs.kind.health"),
        Kind::FreeText => Message::new("logs.kind.free-text"),
        Kind::Financial => Message::new("logs.kind.financial"),
        Kind::Identifier => Message::new("logs.kind.identifier"),
        Kind::Secret => Message::new("logs.kind.secret"),
    }
}

const fn form(form: Form) -> Message {
    match form {
        Form::Field => Message::new("logs.form.field"),
        Form::Pair => Message::new("logs.form.pair"),
        Form::TelephoneNumber => Message::new("logs.form.telephone-number"),
        Form::EmailAddress => Message::new("logs.form.email-address"),
        Form::Credentials => Message::new("logs.form.credentials"),
    }
}

/// A number as the templates take it.
fn counted(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
