//! A row as the file has it.

use serde::Deserialize;

/// One `[[spec]]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Unique id, `laravel/query#where`.
    pub id: String,
    /// What the row is about: query-method, value, query-entry, control, type, context, vocabulary, unresolved-site.
    pub role: String,
    /// The kind within the role.
    #[serde(default)]
    pub kind: String,
    /// One symbol; an alternative to `symbols`.
    #[serde(default)]
    symbol: Option<String>,
    /// The names that the row is about.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Of a sink: what of its code is written.
    #[serde(default)]
    pub form: Option<String>,
    /// Positions of arguments, from 0.
    #[serde(default)]
    pub args: Vec<usize>,
    /// What a call gives.
    #[serde(default)]
    pub returns: Option<String>,
    /// `or` where a builder method opens a new alternative.
    #[serde(default)]
    pub connective: Option<String>,
    /// Parent classes and interfaces (contexts).
    #[serde(default)]
    pub extends: Vec<String>,
    /// Folders (contexts).
    #[serde(default)]
    pub folders: Vec<String>,
    /// Parts of class names (contexts).
    #[serde(default)]
    pub names: Vec<String>,
    /// Characters: of a sink the limit, of a function the most that it gives.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Of a sink: what an unbounded input is.
    #[serde(default)]
    pub severity: Option<String>,
    /// Of a sink: how the cost grows.
    #[serde(default)]
    pub cost: Option<String>,
    /// Of a measure: characters or bytes.
    #[serde(default)]
    pub unit: Option<String>,
    /// Why the row is as it is.
    #[serde(default)]
    pub why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    spec: Vec<Row>,
}

/// A row that cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RowError {
    /// The file is no table of rows.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// The row is incomplete or unknown.
    #[error("spec row `{id}`: {reason}")]
    Row {
        /// The row.
        id: String,
        /// What is wrong.
        reason: String,
    },
}

impl Row {
    /// The rows of a file.
    ///
    /// # Errors
    /// Where the text is no TOML of the expected form.
    pub fn parse_file(file: &str, text: &str) -> Result<Vec<Self>, RowError> {
        let parsed: File =
            toml::from_str(text).map_err(|error| RowError::File { file: file.to_owned(), reason: error.message().to_owned() })?;
        Ok(parsed
            .spec
            .into_iter()
            .map(|mut row| {
                row.symbols.extend(row.symbol.take());
                row
            })
            .collect())
    }

    /// A row from a table of a configuration file, its id apart.
    ///
    /// # Errors
    /// Where the table has an unknown key or a value of a wrong type.
    pub fn from_table(id: &str, mut table: toml::Table) -> Result<Self, RowError> {
        table.insert("id".to_owned(), toml::Value::String(id.to_owned()));
        let mut row: Self = table
            .try_into()
            .map_err(|error: toml::de::Error| RowError::Row { id: id.to_owned(), reason: error.message().to_owned() })?;
        row.symbols.extend(row.symbol.take());
        Ok(row)
    }

    pub(super) fn error(&self, reason: &str) -> RowError {
        RowError::Row { id: self.id.clone(), reason: reason.to_owned() }
    }

    pub(super) fn unknown_kind(&self) -> RowError {
        self.error(&format!("unknown kind `{}` for the role `{}`", self.kind, self.role))
    }
}
