//! Rows on the lengths of texts: sinks whose cost grows with them, and functions that say something about them.

use rustc_hash::FxHashMap;

use super::row::{Row, RowError};

/// How the cost of a sink grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// With the third power.
    Cubic,
    /// With the product of both lengths.
    Quadratic,
    /// With the length, and the result with it.
    Linear,
    /// With the length, at little cost for each character.
    Scan,
}

/// What an unbounded input of a sink is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the ordinary severities")]
pub enum SinkSeverity {
    Note,
    Warning,
    Error,
}

/// A function whose input must be bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LengthSink {
    /// The row.
    pub id: String,
    /// Positions of the arguments.
    pub args: Vec<usize>,
    /// Characters; none for the project's limit.
    pub limit: Option<u32>,
    /// What an unbounded input is.
    pub severity: SinkSeverity,
    /// How the cost grows.
    pub cost: Cost,
}

/// What a function does to a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthEffect {
    /// Gives the length of its argument; true for bytes.
    Measure(bool),
    /// Cuts its first argument to the number in an argument.
    Cut,
    /// Gives at most so many characters.
    Short(u32),
    /// Gives no more characters than an argument has.
    Keep,
    /// Gives pieces, each no longer than an argument.
    Pieces,
}

/// A function with what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LengthRow {
    /// The row.
    pub id: String,
    /// What it does.
    pub effect: LengthEffect,
    /// The position of the argument that matters.
    pub argument: usize,
}

/// All rows on lengths.
#[derive(Debug, Default)]
pub struct Lengths {
    sinks: FxHashMap<String, LengthSink>,
    sql: Vec<(String, LengthSink)>,
    functions: FxHashMap<String, LengthRow>,
}

impl Lengths {
    /// The sink of a function, by its symbol in lower case.
    #[must_use]
    pub fn sink(&self, symbol: &str) -> Option<&LengthSink> {
        self.sinks.get(symbol)
    }

    /// The sink that a piece of SQL calls, if any.
    #[must_use]
    pub fn sql_sink(&self, sql: &str) -> Option<&LengthSink> {
        // Most texts call nothing.
        if !sql.contains('(') {
            return None;
        }
        let sql = sql.to_ascii_lowercase();
        let calls = |name: &str| {
            sql.match_indices(name).any(|(at, _)| {
                let starts = !sql[..at].ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
                starts && sql[at + name.len()..].trim_start().starts_with('(')
            })
        };
        self.sql.iter().find(|(name, _)| calls(name)).map(|(_, sink)| sink)
    }

    /// What a function does to a length, by its symbol in lower case.
    #[must_use]
    pub fn function(&self, symbol: &str) -> Option<&LengthRow> {
        self.functions.get(symbol)
    }

    /// The names of all sinks, sorted.
    #[must_use]
    pub fn sink_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.sinks.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn add_sink(&mut self, row: &Row) -> Result<(), RowError> {
        let severity = match row.severity.as_deref() {
            None | Some("error") => SinkSeverity::Error,
            Some("warning") => SinkSeverity::Warning,
            Some("note") => SinkSeverity::Note,
            Some(_) => return Err(row.error("`severity` must be error, warning or note")),
        };
        let cost = match row.cost.as_deref() {
            Some("cubic") => Cost::Cubic,
            Some("quadratic") => Cost::Quadratic,
            None | Some("linear") => Cost::Linear,
            Some("scan") => Cost::Scan,
            Some(_) => return Err(row.error("`cost` must be cubic, quadratic, linear or scan")),
        };
        let sink = LengthSink { id: row.id.clone(), args: row.args.clone(), limit: row.limit, severity, cost };
        for symbol in &row.symbols {
            let name = symbol.to_ascii_lowercase();
            match row.kind.as_str() {
                "length" => {
                    self.sinks.insert(name, sink.clone());
                }
                "sql" => self.sql.push((name, sink.clone())),
                _ => return Err(row.unknown_kind()),
            }
        }
        Ok(())
    }

    pub(super) fn add_function(&mut self, row: &Row) -> Result<(), RowError> {
        let effect = match row.kind.as_str() {
            "measure" => LengthEffect::Measure(row.unit.as_deref() == Some("bytes")),
            "cut" => LengthEffect::Cut,
            "short" => LengthEffect::Short(row.limit.ok_or_else(|| row.error("`limit` is missing"))?),
            "keep" => LengthEffect::Keep,
            "pieces" => LengthEffect::Pieces,
            _ => return Err(row.unknown_kind()),
        };
        let argument = row.args.first().copied().unwrap_or_default();
        for symbol in &row.symbols {
            let entry = LengthRow { id: row.id.clone(), effect, argument };
            // What is measured is short, too; the measure says more.
            let is_known = matches!(self.functions.get(&symbol.to_ascii_lowercase()), Some(known) if matches!(known.effect, LengthEffect::Measure(_)));
            if !is_known {
                self.functions.insert(symbol.to_ascii_lowercase(), entry);
            }
        }
        Ok(())
    }
}
