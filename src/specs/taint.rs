//! Rows on personal data: where it comes from, where it must not go, what makes it harmless.

use rustc_hash::FxHashMap;

use super::row::{Row, RowError};
use super::vocabulary::Kind;

/// Where a sink writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SinkKind {
    /// A log.
    Log,
    /// Data that is added to every later line of a log.
    Context,
    /// The text of a command.
    Console,
    /// A tracker of errors, in the hands of others.
    Tracker,
    /// The output of a debugging aid.
    Debug,
    /// A log of activities in the database.
    Activity,
    /// An exception that is handed to the handler.
    Report,
}

impl SinkKind {
    /// The name in specs and reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Context => "context",
            Self::Console => "console",
            Self::Tracker => "tracker",
            Self::Debug => "debug",
            Self::Activity => "activity",
            Self::Report => "report",
        }
    }

    fn parse(id: &str) -> Option<Self> {
        [Self::Log, Self::Context, Self::Console, Self::Tracker, Self::Debug, Self::Activity, Self::Report]
            .into_iter()
            .find(|kind| kind.id() == id)
    }
}

/// What of a sink's code is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SinkForm {
    /// The arguments of a call.
    Called,
    /// What the callback returns that a call is given.
    Callback,
    /// The columns of the class's own rows that the arguments of a call name; all of them without arguments.
    Columns,
    /// The columns that may be filled, of the class's own rows.
    FillableColumns,
    /// The text of the exception that a call throws, which its second argument makes or names.
    Throws,
    /// The message of an exception of the class that is thrown.
    Thrown,
    /// What is echoed or printed in the class.
    Printed,
    /// What a method returns; where the symbol is a class alone, what a function returns that takes an object of it.
    Returned,
}

impl SinkForm {
    const ALL: [Self; 8] = [
        Self::Called,
        Self::Callback,
        Self::Columns,
        Self::FillableColumns,
        Self::Throws,
        Self::Thrown,
        Self::Printed,
        Self::Returned,
    ];

    const fn id(self) -> &'static str {
        match self {
            Self::Called => "called",
            Self::Callback => "callback",
            Self::Columns => "columns",
            Self::FillableColumns => "fillable-columns",
            Self::Throws => "throws",
            Self::Thrown => "thrown",
            Self::Printed => "printed",
            Self::Returned => "returned",
        }
    }

    const fn is_call(self) -> bool {
        matches!(self, Self::Called | Self::Callback | Self::Columns | Self::FillableColumns | Self::Throws)
    }

    fn parse(row: &Row) -> Result<Self, RowError> {
        let Some(id) = &row.form else { return Ok(Self::Called) };
        let known = Self::ALL.into_iter().find(|form| form.id() == id);
        known.ok_or_else(|| row.error(&format!("unknown form `{id}` of a sink")))
    }
}

/// Code that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkRow {
    /// The row.
    pub id: String,
    /// Where it writes to.
    pub kind: SinkKind,
    /// What is written.
    pub form: SinkForm,
    /// Positions of the arguments; empty for all.
    pub args: Vec<usize>,
}

/// What a source gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceKind {
    /// Everything that a client sent.
    Request,
    /// One part of it, named by the first argument; all of it without one.
    RequestField,
    /// The headers, or the one that the first argument names.
    Headers,
    /// What another server answered, or the part that the first argument names.
    Response,
    /// The attributes of an object.
    Attributes,
    /// The text of an exception.
    Exception,
    /// Something of which nothing says whether it is personal.
    Open,
    /// A value of a kind.
    Value(Kind),
}

impl SourceKind {
    fn parse(id: &str) -> Option<Self> {
        Some(match id {
            "request" => Self::Request,
            "request-field" => Self::RequestField,
            "headers" => Self::Headers,
            "response" => Self::Response,
            "attributes" => Self::Attributes,
            "exception" => Self::Exception,
            "open" => Self::Open,
            kind => Self::Value(Kind::parse(kind)?),
        })
    }
}

/// What a function makes of what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Personal data comes out, whatever went in.
    Source(SourceKind),
    /// Nothing personal comes out.
    Clean,
    /// A pseudonym comes out: a hash, a key.
    Pseudonym,
    /// What comes out is masked.
    Mask,
    /// These kinds do not come out; none for all of them.
    Sanitize(Option<Kind>),
    /// What comes out is what went in at these positions; all of them where there are none.
    Pass(Vec<usize>),
    /// The elements of an argument come out.
    Elements(usize),
    /// Something made of all that went in.
    Through,
    /// An array of what went in, in the same shape.
    Keep,
    /// A text of what went in.
    Text,
    /// The argument without some keys, or with some keys alone.
    Select(bool),
    /// One element, by a path in dots.
    Lookup,
    /// The arrays put together.
    Merge,
    /// What a callback makes of the elements.
    Map,
    /// What a callback makes of all elements, one after the other.
    Fold,
    /// The keys.
    Keys,
    /// The same elements, numbered.
    Values,
    /// The values as keys, and the keys as values.
    Flip,
    /// The elements, with the value under a key of each as their key.
    Group,
    /// A text of the elements, or of the value under a key of each.
    Join,
}

impl Effect {
    fn parse(row: &Row) -> Option<Self> {
        Some(match (row.role.as_str(), row.kind.as_str()) {
            ("source", kind) => Self::Source(SourceKind::parse(kind)?),
            ("sanitizer", "" | "all") => Self::Sanitize(None),
            ("sanitizer", "hash") => Self::Pseudonym,
            ("sanitizer", "mask") => Self::Mask,
            ("sanitizer", kind) => Self::Sanitize(Some(Kind::parse(kind)?)),
            ("propagator", "clean") => Self::Clean,
            ("propagator", "pass") => Self::Pass(row.args.clone()),
            ("propagator", "through") => Self::Through,
            ("propagator", "elements") => Self::Elements(row.args.first().copied().unwrap_or_default()),
            ("propagator", "keep") => Self::Keep,
            ("propagator", "text") => Self::Text,
            ("propagator", "only") => Self::Select(true),
            ("propagator", "except") => Self::Select(false),
            ("propagator", "lookup") => Self::Lookup,
            ("propagator", "merge") => Self::Merge,
            ("propagator", "map") => Self::Map,
            ("propagator", "fold") => Self::Fold,
            ("propagator", "keys") => Self::Keys,
            ("propagator", "values") => Self::Values,
            ("propagator", "flip") => Self::Flip,
            ("propagator", "group") => Self::Group,
            ("propagator", "join") => Self::Join,
            _ => return None,
        })
    }
}

/// All rows on personal data.
#[derive(Debug, Default)]
pub struct Taints {
    /// Calls by their symbol; none for one that only looks like a sink.
    calls: FxHashMap<String, Option<SinkRow>>,
    /// What else writes, by form and symbol.
    others: FxHashMap<(SinkForm, String), Option<SinkRow>>,
    effects: FxHashMap<String, (Effect, String)>,
}

impl Taints {
    /// The sink that a call is, by the first of its symbols that a row knows. Symbols are in lower case, the most exact
    /// first: `class::method` or `function`.
    pub fn sink<'s>(&self, symbols: impl IntoIterator<Item = &'s str>) -> Option<&SinkRow> {
        symbols.into_iter().find_map(|symbol| self.calls.get(symbol))?.as_ref()
    }

    /// The sink of another form, by the first symbol that a row knows.
    pub fn sink_of_form<'s>(&self, form: SinkForm, symbols: impl IntoIterator<Item = &'s str>) -> Option<&SinkRow> {
        symbols.into_iter().find_map(|symbol| self.others.get(&(form, symbol.to_owned())))?.as_ref()
    }

    /// The last parts of the symbols of all calls that are sinks, in lower case, sorted.
    #[must_use]
    pub fn sink_names(&self) -> Vec<&str> {
        sorted(self.calls.keys().map(|symbol| last_part(symbol)))
    }

    /// The names of the methods that write what they return, in lower case, sorted.
    #[must_use]
    pub fn returning_methods(&self) -> Vec<&str> {
        let is_it = |(form, symbol): &&(SinkForm, String)| *form == SinkForm::Returned && symbol.contains("::");
        sorted(self.others.keys().filter(is_it).map(|(_, symbol)| last_part(symbol)))
    }

    /// What a function makes of its arguments, by its symbol in lower case, and the row that says so. A method of any
    /// class has the symbol `*::name`.
    #[must_use]
    pub fn effect(&self, symbol: &str) -> Option<(&Effect, &str)> {
        self.effects.get(symbol).map(|(effect, id)| (effect, id.as_str()))
    }

    pub(super) fn add_sink(&mut self, row: &Row) -> Result<(), RowError> {
        let form = SinkForm::parse(row)?;
        let sink = match row.kind.as_str() {
            "none" => None,
            kind => {
                let kind = SinkKind::parse(kind).ok_or_else(|| row.unknown_kind())?;
                Some(SinkRow { id: row.id.clone(), kind, form, args: row.args.clone() })
            }
        };
        for symbol in expanded(&row.symbols) {
            if form.is_call() {
                self.calls.insert(symbol, sink.clone());
            } else {
                self.others.insert((form, symbol), sink.clone());
            }
        }
        Ok(())
    }

    pub(super) fn add_effect(&mut self, row: &Row) -> Result<(), RowError> {
        let effect = Effect::parse(row).ok_or_else(|| row.unknown_kind())?;
        for symbol in expanded(&row.symbols) {
            self.effects.insert(symbol, (effect.clone(), row.id.clone()));
        }
        Ok(())
    }
}

fn last_part(symbol: &str) -> &str {
    &symbol[symbol.rfind(['\\', ':']).map_or(0, |at| at + 1)..]
}

fn sorted<'s>(names: impl Iterator<Item = &'s str>) -> Vec<&'s str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The symbols in lower case, without a leading backslash; `A::{x,y}` stands for `A::x` and `A::y`.
fn expanded(symbols: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for symbol in symbols {
        let symbol = symbol.trim_start_matches('\\').to_ascii_lowercase();
        match symbol.split_once('{').and_then(|(head, rest)| Some((head, rest.strip_suffix('}')?))) {
            Some((head, names)) => all.extend(names.split(',').map(|name| format!("{head}{}", name.trim()))),
            None => all.push(symbol),
        }
    }
    all
}
