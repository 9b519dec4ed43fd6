//! What `mandant.toml` says, validated and with the defaults filled in.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Deserializer, Serialize};

use super::{ConfigError, Date, Known, Version, check};

/// The settings of a project. `Settings::default()` are those of a project without a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `[project]`
    pub project: Project,
    /// `[rules]`: levels by the rules' ids.
    pub rules: BTreeMap<String, Level>,
    /// `[tenant]`
    pub tenant: Tenant,
    /// `[pii]`
    pub pii: Pii,
    /// `[phonetic]`
    pub phonetic: Phonetic,
    /// `[migration]`
    pub migration: Migration,
    /// `[deploy]`
    pub deploy: Deploy,
    /// `[[spec]]`
    #[serde(rename = "spec", deserialize_with = "spec_rows")]
    pub specs: Vec<SpecRow>,
    /// `[[suppress]]`
    #[serde(rename = "suppress")]
    pub suppress: Vec<Suppress>,
    /// `[suppressions]`
    pub suppressions: Suppressions,
}

/// What belongs to the project, and what it runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Project {
    /// Overrides the version of composer.lock.
    pub laravel: Option<Version>,
    /// Overrides the version of composer.lock and composer.json.
    pub php: Option<Version>,
    /// Patterns of paths that are left out; see [`super::Globs`].
    pub exclude: Vec<String>,
    /// Bytes above which a file is too large.
    #[serde(deserialize_with = "size")]
    pub max_file_size: u64,
    /// Families that must run; one that does not makes the run incomplete.
    pub require: Vec<String>,
    /// Files with more rows of specs, relative to the root.
    pub spec_files: Vec<String>,
}

impl Default for Project {
    fn default() -> Self {
        Self {
            laravel: None,
            php: None,
            exclude: Vec::new(),
            max_file_size: 1 << 20,
            require: Vec::new(),
            spec_files: Vec::new(),
        }
    }
}

/// What a rule's findings count as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Hidden; the ledger still counts them.
    Off,
    /// Severity note.
    Note,
    /// Severity warning.
    Warning,
    /// Severity error.
    Error,
}

/// How tenants are kept apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tenant {
    /// The column that separates tenants; inferred where it is not given.
    pub key: Option<String>,
    /// Classes of tenant-owned models beside the inferred ones.
    pub models: Vec<String>,
    /// `false` says that no table is shared by tenants.
    pub shared: Option<bool>,
}

/// Personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pii {
    /// Functions that take personal data out of a value, `Class::method` or `function`.
    pub sanitizers: Vec<String>,
}

/// Phonetic matching.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Phonetic {
    /// Encoders of the project, `Class::method` or `function`.
    pub encoders: Vec<String>,
    /// Characters above which an input is unbounded.
    pub max_length: u32,
    /// The file with the results of `mandant phonetic verify`, from the project's root.
    pub verified: Option<String>,
}

impl Default for Phonetic {
    fn default() -> Self {
        Self { encoders: Vec::new(), max_length: 100, verified: None }
    }
}

/// The database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Migration {
    /// Dump of the schema, relative to the root.
    pub snapshot: Option<String>,
    /// Lists of columns by table, for each of which an index must begin with exactly these columns.
    pub required_indexes: BTreeMap<String, Vec<Vec<String>>>,
}

/// What a deployment needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deploy {
    /// Feature flags and the values that they must have.
    pub flags: BTreeMap<String, FlagValue>,
    /// How many tests must match a filter.
    pub tests: BTreeMap<String, u32>,
}

/// Value of a feature flag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the plain types of a value")]
pub enum FlagValue {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

/// A row that says what a piece of code is: added, or an embedded one disabled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpecRow {
    /// Its id.
    pub id: String,
    /// Why the embedded row of this id does not hold; then the other keys are absent.
    pub disabled: Option<String>,
    /// All keys of the row but `disable` and `reason`, as the specs read them.
    pub table: toml::Table,
    /// Its place in the file.
    #[serde(skip)]
    pub span: Range<usize>,
}

impl SpecRow {
    /// The rows of a file that `[project] spec_files` names.
    ///
    /// # Errors
    /// All mistakes in the file.
    pub fn parse_file(text: &str) -> Result<Vec<Self>, Vec<ConfigError>> {
        let document = check::spec_file(text)?;
        Ok(read::<SpecFile>(document)?.spec)
    }
}

#[derive(Deserialize)]
struct SpecFile {
    #[serde(default, deserialize_with = "spec_rows")]
    spec: Vec<SpecRow>,
}

/// An accepted kind of finding in a part of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppress {
    /// Id of a rule, or of a question for its undetermined sites.
    pub rule: String,
    /// Pattern of paths; see [`super::Globs`].
    pub path: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// The last day on which it holds.
    #[serde(default, deserialize_with = "day")]
    pub until: Option<Date>,
}

/// What every suppression must have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suppressions {
    /// Owner and last day are required, in code, too.
    pub strict: bool,
}

impl Settings {
    /// Reads a configuration.
    ///
    /// # Errors
    /// All mistakes, in order of their places.
    pub fn parse(text: &str, known: Known<'_>) -> Result<Self, Vec<ConfigError>> {
        read(check::settings(text, known)?)
    }

    /// Hash over the effective settings, defaults included: equal settings have equal hashes.
    #[must_use]
    pub fn config_hash(&self) -> String {
        // Maps are ordered and every type serialises: the text is a function of the settings.
        let text = serde_json::to_vec(self).unwrap_or_default();
        blake3::hash(&text).to_hex().to_string()
    }
}

/// What the check let through deserialises; were it otherwise, the first mistake is told like the others.
fn read<T: serde::de::DeserializeOwned>(document: check::Document<'_>) -> Result<T, Vec<ConfigError>> {
    T::deserialize(toml::Deserializer::from(document)).map_err(|error| {
        let span = error.span().unwrap_or_default();
        vec![ConfigError { message: error.message().to_owned(), span, label: "here".to_owned(), help: None }]
    })
}

fn spec_rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<SpecRow>, D::Error> {
    let rows = Vec::<toml::Spanned<toml::Table>>::deserialize(deserializer)?;
    Ok(rows.into_iter().map(spec_row).collect())
}

fn spec_row(row: toml::Spanned<toml::Table>) -> SpecRow {
    let span = row.span();
    let mut table = row.into_inner();
    let mut take = |key: &str| table.remove(key).and_then(|value| value.as_str().map(str::to_owned));
    let reason = take("reason");
    let disabled = table.remove("disable").and_then(|value| value.as_bool()).filter(|disable| *disable);
    let id = table.get("id").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    SpecRow { id, disabled: disabled.and(reason), table, span }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Size {
    Bytes(u64),
    Text(String),
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Size::deserialize(deserializer)? {
        Size::Bytes(bytes) => Ok(bytes),
        Size::Text(text) => parse_size(&text).ok_or_else(|| serde::de::Error::custom("no size")),
    }
}

/// Bytes of `4 MiB`, `512 kB`, `1048576`.
pub(super) fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "kib" => 1 << 10,
        "mb" => 1_000_000,
        "mib" => 1 << 20,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let Some(date) = Option::<toml::value::Datetime>::deserialize(deserializer)?.and_then(|day| day.date) else {
        return Ok(None);
    };
    to_date(date).map(Some).ok_or_else(|| serde::de::Error::custom("no day"))
}

pub(super) fn to_date(date: toml::value::Date) -> Option<Date> {
    Date::new(i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?).ok()
}
