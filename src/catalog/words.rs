//! From a [`Message`] to a sentence in a language.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, OnceLock};

use minijinja::value::{Object, ObjectRepr, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::{safe, texts};
use crate::finding::{Argument, Location, Message};
use crate::workspace::Workspace;

/// A language of the output. Ids, JSON, SARIF and exit codes are the same in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English, which has every template.
    #[default]
    English,
    /// German, as complete as English.
    German,
}

/// The templates of a language.
///
/// A template is minijinja with the message's arguments by name, and these filters: `plural(one, other)` picks a
/// word by a number, `short` writes a place as `File.php:12` instead of `path/File.php:12:5`, `kilo` writes bytes.
/// Numbers are written with the language's separator of thousands.
pub struct Words {
    language: Language,
    environment: Environment<'static>,
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Words").field("language", &self.language).finish_non_exhaustive()
    }
}

type Table = BTreeMap<String, String>;

fn tables() -> &'static (Table, Table) {
    static TABLES: OnceLock<(Table, Table)> = OnceLock::new();
    TABLES.get_or_init(|| {
        let table = |text| toml::from_str::<Table>(text).unwrap_or_default();
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests add their own"))]
        let mut english = table(texts::ENGLISH);
        #[cfg(test)]
        english.extend(table(texts::TEST));
        (english, table(texts::GERMAN))
    })
}

fn source(language: Language, id: &str) -> Option<&'static str> {
    let (english, german) = tables();
    let own = if language == Language::German { german.get(id) } else { None };
    own.or_else(|| english.get(id)).map(String::as_str)
}

impl Words {
    /// The words of a language. Templates are compiled when they are first used.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let mut environment = Environment::new();
        environment.set_loader(move |id| Ok(source(language, id).map(str::to_owned)));
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("plural", |count: u64, one: String, other: String| if count == 1 { one } else { other });
        environment.add_filter("article", |noun: String| article(&noun));
        environment.add_filter("short", short);
        environment.add_filter("kilo", move |bytes: u64| kilo(bytes, language));
        environment.set_formatter(move |out, state, value| {
            if value.is_integer() {
                let grouped = value.as_i64().map(|number| grouped(number.unsigned_abs(), language));
                return out.write_str(&grouped.unwrap_or_default()).map_err(Error::from);
            }
            minijinja::escape_formatter(out, state, value)
        });
        Self { language, environment }
    }

    /// The language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// True where a template of this id exists.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        source(self.language, id).is_some()
    }

    /// The sentence. It holds no control and no direction characters, and literals that look like secrets, telephone
    /// numbers or e-mail addresses are masked. A template that does not exist gives its id and the arguments.
    #[must_use]
    pub fn render(&self, message: &Message, workspace: &Workspace) -> String {
        self.template(message.template, message, workspace).unwrap_or_else(|_| self.unknown(message, workspace))
    }

    /// A companion text: the template `<id>.<suffix>` with the same arguments, if there is one.
    ///
    /// `because` says a piece of evidence as a sentence, `group` names a reason without its details,
    /// `advice` says what would help.
    #[must_use]
    pub fn companion(&self, message: &Message, suffix: &str, workspace: &Workspace) -> Option<String> {
        let id = format!("{}.{suffix}", message.template);
        if self.has(&id) { self.template(&id, message, workspace).ok() } else { None }
    }

    /// A number with the language's separator of thousands.
    #[must_use]
    pub fn number(&self, number: usize) -> String {
        grouped(number as u64, self.language)
    }

    fn template(&self, id: &str, message: &Message, workspace: &Workspace) -> Result<String, Error> {
        let arguments: BTreeMap<&str, Value> =
            message.arguments.iter().map(|(name, argument)| (*name, self.value(argument, workspace))).collect();
        let text = self.environment.get_template(id)?.render(Value::from(arguments))?;
        Ok(safe::text(&text))
    }

    fn value(&self, argument: &Argument, workspace: &Workspace) -> Value {
        match argument {
            Argument::Text(text) => Value::from(text.as_str()),
            Argument::Count(count) => Value::from(*count),
            Argument::Message(message) => Value::from(self.render(message, workspace)),
            Argument::Place(at) => Value::from_object(Place::new(*at, workspace)),
        }
    }

    fn unknown(&self, message: &Message, workspace: &Workspace) -> String {
        let mut text = message.template.to_owned();
        for (name, argument) in &message.arguments {
            // Writing to a String cannot fail.
            let _ = write!(text, " {name}={}", self.value(argument, workspace));
        }
        safe::text(&text)
    }
}

/// A place as a template sees it.
#[derive(Debug)]
struct Place {
    path: String,
    line: String,
    column: String,
}

impl Place {
    fn new(at: Location, workspace: &Workspace) -> Self {
        let start = workspace.position(at.file, at.span.start);
        let path = workspace.file(at.file).path.clone();
        Self { path, line: start.line.to_string(), column: start.column.to_string() }
    }
}

impl Object for Place {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        match key {
            "path" => Some(Value::from(self.path.as_str())),
            "line" => Some(Value::from(self.line.as_str())),
            "column" => Some(Value::from(self.column.as_str())),
            _ => None,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// The English article before a noun, by its first letter: `an Appointment`.
fn article(noun: &str) -> &'static str {
    let is_vowel = noun.chars().next().is_some_and(|first| "aeioAEIO".contains(first));
    if is_vowel { "an" } else { "a" }
}

#[expect(clippy::needless_pass_by_value, reason = "minijinja calls filters with values")]
fn short(value: Value) -> Result<String, Error> {
    let place =
        value.downcast_object_ref::<Place>().ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "`short` is for places"))?;
    let name = place.path.rsplit('/').next().unwrap_or_default();
    Ok(format!("{name}:{}", place.line))
}

fn grouped(number: u64, language: Language) -> String {
    let digits = number.to_string();
    let separator = match language {
        Language::English => ',',
        Language::German => '.',
    };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

fn kilo(bytes: u64, language: Language) -> String {
    let (unit, size) = if bytes >= 1 << 20 { ("MB", 1 << 20) } else { ("KB", 1 << 10) };
    let tenths = bytes.saturating_mul(10) / size;
    let point = if language == Language::German { ',' } else { '.' };
    if tenths.is_multiple_of(10) {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}{point}{} {unit}", tenths / 10, tenths % 10)
    }
}
