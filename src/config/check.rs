//! Checks a file against its [`Shape`] and collects every mistake, each with its place.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::nearest;
use super::settings::{parse_size, to_date};
use super::shape::{Key, ROOT, SPEC_FILE, Shape};
use super::{ConfigError, Globs, Known, Version};

/// A parsed file.
pub(super) type Document<'a> = Spanned<DeTable<'a>>;

const LEVELS: [&str; 4] = ["off", "note", "warning", "error"];
const LARGEST_FILE: u64 = 1 << 30;

/// Parses and checks `mandant.toml`.
pub(super) fn settings<'a>(text: &'a str, known: Known<'_>) -> Result<Document<'a>, Vec<ConfigError>> {
    check(text, ROOT, known)
}

/// Parses and checks a file of spec rows.
pub(super) fn spec_file(text: &str) -> Result<Document<'_>, Vec<ConfigError>> {
    check(text, SPEC_FILE, Known::default())
}

fn check<'a>(text: &'a str, keys: &'static [Key], known: Known<'_>) -> Result<Document<'a>, Vec<ConfigError>> {
    let (document, faults) = DeTable::parse_recoverable(text);
    if !faults.is_empty() {
        return Err(faults.iter().map(|fault| syntax(fault, text)).collect());
    }
    let mut checker = Checker { known, errors: Vec::new() };
    checker.table(document.get_ref(), document.span(), keys, false, "");
    checker.spec_rows(document.get_ref());
    checker.strictness(document.get_ref());
    checker.errors.sort_by_key(|error| (error.span.start, error.span.end));
    if checker.errors.is_empty() { Ok(document) } else { Err(checker.errors) }
}

fn syntax(fault: &toml::de::Error, text: &str) -> ConfigError {
    let span = fault.span().unwrap_or_default();
    let (mut start, mut end) = (span.start.min(text.len()), span.end.min(text.len()));
    if start == end {
        // A place between two characters cannot be pointed at: take the one before it, or the one behind.
        let before = text[..start].chars().next_back().filter(|sign| *sign != '\n');
        let behind = text[start..].chars().next().filter(|sign| *sign != '\n');
        match (before, behind) {
            (Some(sign), _) => start -= sign.len_utf8(),
            (None, Some(sign)) => end += sign.len_utf8(),
            (None, None) => {}
        }
    }
    ConfigError { message: format!("No TOML: {}", fault.message()), span: start..end, label: "here".to_owned(), help: None }
}

struct Checker<'k> {
    known: Known<'k>,
    errors: Vec<ConfigError>,
}

impl Checker<'_> {
    fn error(&mut self, span: Range<usize>, message: String, label: impl Into<String>, help: Option<String>) {
        self.errors.push(ConfigError { message, span, label: label.into(), help });
    }

    /// `place` is how the file writes the table: `[pii]`, `[[suppress]]`; empty for the whole file.
    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>, keys: &'static [Key], open: bool, place: &str) {
        for (name, value) in table {
            match keys.iter().find(|key| key.name == name.get_ref()) {
                Some(key) => self.value(value, &key.shape, key.name, place),
                None if open => {}
                None => self.unknown_key(name, keys, place),
            }
        }
        for key in keys.iter().filter(|key| key.required && !table.contains_key(key.name)) {
            let message = format!("`{}` is missing in {place}", key.name);
            self.error(span.clone(), message, "in this table", Some(key.about.to_owned()));
        }
    }

    fn unknown_key(&mut self, name: &Spanned<impl AsRef<str>>, keys: &'static [Key], place: &str) {
        let (word, where_) = (name.get_ref().as_ref(), if place.is_empty() { "at the top level" } else { place });
        let message =
            if place.is_empty() { format!("Unknown key `{word}` {where_}") } else { format!("Unknown key `{word}` in {place}") };
        let label = match nearest(word, keys.iter().map(|key| key.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "no such key".to_owned(),
        };
        let all: Vec<&str> = keys.iter().map(|key| key.name).collect();
        self.error(name.span(), message, label, Some(format!("Known keys: {}", all.join(", "))));
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, shape: &'static Shape, name: &str, place: &str) {
        let span = value.span();
        match (shape, value.get_ref()) {
            (Shape::Text, DeValue::String(text)) => {
                if text.trim().is_empty() {
                    self.error(span, format!("`{name}` is empty"), "needs a text", None);
                }
            }
            (Shape::Version, DeValue::String(text)) => {
                if text.parse::<Version>().is_err() {
                    self.error(span, format!("`{name}` is no version: `{text}`"), "as in \"11\" or \"8.2\"", None);
                }
            }
            (Shape::Bool, DeValue::Boolean(_))
            | (Shape::Flag, DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_) | DeValue::String(_)) => {}
            (Shape::Count(least), DeValue::Integer(number)) => {
                let read = u32::from_str_radix(number.as_str(), number.radix());
                if read.as_ref().map_or(true, |number| number < least) {
                    let message = format!("`{name}` is out of range: `{}`", number.as_str());
                    let is_large = read.is_err() && !number.as_str().starts_with('-');
                    let label = if is_large { format!("at most {}", u32::MAX) } else { format!("at least {least}") };
                    self.error(span, message, label, None);
                }
            }
            (Shape::Size, DeValue::Integer(number)) => self.size(span, number.as_str(), name),
            (Shape::Size, DeValue::String(text)) => self.size(span, text, name),
            (Shape::Glob, DeValue::String(text)) => self.glob(span, text, name),
            (Shape::Day, DeValue::Datetime(day)) => self.day(span, day, name),
            (Shape::RuleOrQuestion, DeValue::String(id)) => self.rule(span, id, true),
            (Shape::Family, DeValue::String(word)) => self.family(span, word),
            (Shape::Level, DeValue::String(word)) => self.level(span, word, name),
            (Shape::List(item), DeValue::Array(items)) => {
                for value in items {
                    self.value(value, item, name, place);
                }
            }
            (Shape::Map(item), DeValue::Table(table)) => {
                for (key, value) in table {
                    self.value(value, item, key.get_ref(), place);
                }
            }
            (Shape::ByRule(item), DeValue::Table(table)) => {
                for (key, value) in table {
                    self.rule(key.span(), key.get_ref(), false);
                    self.value(value, item, key.get_ref(), place);
                }
            }
            (Shape::Table(keys), DeValue::Table(table)) => self.table(table, span, keys, false, &format!("[{name}]")),
            (Shape::Tables { keys, open }, DeValue::Array(items)) if items.iter().all(|item| item.get_ref().is_table()) => {
                for item in items {
                    if let DeValue::Table(table) = item.get_ref() {
                        self.table(table, item.span(), keys, *open, &format!("[[{name}]]"));
                    }
                }
            }
            (shape, other) => self.wrong_type(span, shape, other, name, place),
        }
    }

    fn wrong_type(&mut self, span: Range<usize>, shape: &Shape, value: &DeValue<'_>, name: &str, place: &str) {
        let within = if place.is_empty() { String::new() } else { format!(" in {place}") };
        let message = format!("`{name}`{within} must be {}", wanted(shape, name));
        let help = match (shape, value) {
            (Shape::Version, DeValue::Integer(_) | DeValue::Float(_)) => Some("Write the version in quotes".to_owned()),
            (Shape::Day, DeValue::String(_)) => Some("Write the day without quotes: until = 2027-01-31".to_owned()),
            (Shape::List(_), DeValue::String(text)) => Some(format!("Write it as a list: [{text:?}]")),
            (Shape::Tables { .. }, DeValue::Table(table)) if name == "suppress" && table.contains_key("strict") => {
                Some("`strict` stands in [suppressions]".to_owned())
            }
            (Shape::Tables { .. }, DeValue::Table(_)) => Some(format!("Write [[{name}]] with two brackets")),
            _ => None,
        };
        self.error(span, message, format!("this is {}", described(value)), help);
    }

    fn size(&mut self, span: Range<usize>, text: &str, name: &str) {
        if parse_size(text).is_none_or(|bytes| bytes == 0 || bytes > LARGEST_FILE) {
            let message = format!("`{name}` is no usable size: `{text}`");
            self.error(span, message, "bytes, or text as in \"4 MiB\"; at most 1024 MiB", None);
        }
    }

    fn glob(&mut self, span: Range<usize>, pattern: &str, name: &str) {
        if pattern.trim().is_empty() {
            self.error(span, format!("`{name}` is empty"), "needs a pattern", None);
        } else if let Err(reason) = Globs::new([pattern]) {
            self.error(span, format!("`{pattern}` is no pattern"), reason, None);
        }
    }

    fn day(&mut self, span: Range<usize>, day: &toml::value::Datetime, name: &str) {
        if day.time.is_some() || day.date.and_then(to_date).is_none() {
            self.error(span, format!("`{name}` is no day: `{day}`"), "as in 2027-01-31, without a time", None);
        }
    }

    fn rule(&mut self, span: Range<usize>, id: &str, or_question: bool) {
        if self.known.rules.contains(&id) || (or_question && self.known.questions.contains(&id)) {
            return;
        }
        if self.known.questions.contains(&id) {
            let help = Some("Severities are set for rules; `mandant rules` lists them by question".to_owned());
            return self.error(span, format!("`{id}` is a question, not a rule"), "needs a rule", help);
        }
        let questions = if or_question { self.known.questions } else { &[] };
        let label = match nearest(id, self.known.rules.iter().chain(questions).copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "no such rule".to_owned(),
        };
        let help = Some(format!("All {}: mandant rules", self.known.rules.len()));
        self.error(span, format!("No rule `{id}`"), label, help);
    }

    fn family(&mut self, span: Range<usize>, word: &str) {
        let families = self.known.families();
        if families.contains(&word) {
            return;
        }
        let label = match nearest(word, families.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "no such family".to_owned(),
        };
        self.error(span, format!("No family `{word}`"), label, Some(format!("Known families: {}", families.join(", "))));
    }

    fn level(&mut self, span: Range<usize>, word: &str, name: &str) {
        if LEVELS.contains(&word) {
            return;
        }
        let label = match nearest(word, LEVELS) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "not a severity".to_owned(),
        };
        let message = format!("`{name}` has no severity `{word}`");
        self.error(span, message, label, Some(format!("Severities: {}", LEVELS.join(", "))));
    }

    /// Ids of rows are unique, added rows say what they are about, disabled ones say why.
    fn spec_rows(&mut self, root: &DeTable<'_>) {
        let mut seen = BTreeSet::new();
        for row in tables(root, "spec") {
            let Some(id) = row.get_ref().get("id") else { continue };
            let Some(name) = id.get_ref().as_str() else { continue };
            if !seen.insert(name.to_owned()) {
                self.error(id.span(), format!("Two rows have the id `{name}`"), "taken above", None);
            }
            let has = |key: &str| row.get_ref().contains_key(key);
            let disabled = row.get_ref().get("disable").and_then(|value| value.get_ref().as_bool()) == Some(true);
            if disabled && !has("reason") {
                let help = Some("Add: reason = \"…\"".to_owned());
                self.error(id.span(), format!("`{name}` is disabled without a reason"), "needs `reason`", help);
            }
            if !disabled && !has("role") {
                let help = Some(
                    "A row that is added needs role, kind and symbol; one of ours is disabled with disable = true".to_owned(),
                );
                self.error(id.span(), format!("The row `{name}` has no role"), "needs `role`", help);
            }
        }
    }

    fn strictness(&mut self, root: &DeTable<'_>) {
        let strict = root.get("suppressions").and_then(|table| table.get_ref().get("strict"));
        if strict.and_then(|value| value.get_ref().as_bool()) != Some(true) {
            return;
        }
        for row in tables(root, "suppress") {
            for key in ["owner", "until"].into_iter().filter(|key| !row.get_ref().contains_key(*key)) {
                let help = Some("[suppressions] strict = true asks for owner and until".to_owned());
                self.error(row.span(), format!("`{key}` is missing in [[suppress]]"), "in this table", help);
            }
        }
    }
}

/// The tables of an array of tables, as far as they are some.
fn tables<'t, 'a>(root: &'t DeTable<'a>, name: &str) -> Vec<Spanned<&'t DeTable<'a>>> {
    let items = root.get(name).and_then(|value| value.get_ref().as_array());
    let tables = items.into_iter().flat_map(|items| items.iter());
    tables.filter_map(|item| Some(Spanned::new(item.span(), item.get_ref().as_table()?))).collect()
}

fn wanted(shape: &Shape, name: &str) -> String {
    match shape {
        Shape::Text | Shape::RuleOrQuestion | Shape::Family => "text",
        Shape::Version => "a version as text, as in \"8.2\"",
        Shape::Bool => "true or false",
        Shape::Count(_) => "a whole number",
        Shape::Size => "a number of bytes, or text as in \"4 MiB\"",
        Shape::Glob => "a pattern of paths",
        Shape::Day => "a day, as in 2027-01-31",
        Shape::Level => "\"off\", \"note\", \"warning\" or \"error\"",
        Shape::Flag => "true, false, a number or text",
        Shape::List(_) => "a list",
        Shape::Map(_) | Shape::ByRule(_) => "a table",
        Shape::Table(_) => return format!("a table: [{name}]"),
        Shape::Tables { .. } => return format!("a list of tables: [[{name}]]"),
    }
    .to_owned()
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
