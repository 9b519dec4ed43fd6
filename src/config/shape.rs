//! The form of `mandant.toml`: one table from which both the check of a file and the JSON schema come.

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
    /// One sentence for editors.
    pub(super) about: &'static str,
}

/// What a value must be.
#[derive(Debug)]
pub(super) enum Shape {
    /// Text that is not empty.
    Text,
    /// Text with one to three numbers.
    Version,
    Bool,
    /// A whole number, at least as large as this.
    Count(u32),
    /// Bytes, or text with a unit.
    Size,
    /// A pattern of paths.
    Glob,
    /// A day.
    Day,
    /// Id of a rule or a question.
    RuleOrQuestion,
    /// The first part of questions' ids.
    Family,
    /// `off`, `note`, `warning`, `error`
    Level,
    /// Truth value, number or text.
    Flag,
    List(&'static Shape),
    /// A table with names of the user's choice.
    Map(&'static Shape),
    /// A table whose keys are ids of rules.
    ByRule(&'static Shape),
    Table(&'static [Key]),
    /// `[[name]]`; `open` tables may have further keys.
    Tables {
        keys: &'static [Key],
        open: bool,
    },
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: false, about }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, required: true, about }
}

pub(super) const ROOT: &[Key] = &[
    key("project", Shape::Table(PROJECT), "What belongs to the project, and what it runs on."),
    key("rules", Shape::ByRule(&Shape::Level), "Severities by rule; off hides the rule's findings."),
    key("tenant", Shape::Table(TENANT), "How tenants are kept apart."),
    key("pii", Shape::Table(PII), "Personal data."),
    key("phonetic", Shape::Table(PHONETIC), "Phonetic matching."),
    key("migration", Shape::Table(MIGRATION), "The database."),
    key("deploy", Shape::Table(DEPLOY), "What a deployment needs."),
    key("spec", Shape::Tables { keys: SPEC, open: true }, "Rows that say what a piece of code is."),
    key("suppress", Shape::Tables { keys: SUPPRESS, open: false }, "Findings that are accepted, with a reason."),
    key("suppressions", Shape::Table(SUPPRESSIONS), "What every suppression must have."),
];

/// A file that `spec_files` names.
pub(super) const SPEC_FILE: &[Key] = &[key("spec", Shape::Tables { keys: SPEC, open: true }, "Rows.")];

const PROJECT: &[Key] = &[
    key("laravel", Shape::Version, "Laravel's version; default: composer.lock."),
    key("php", Shape::Version, "PHP's version; default: composer.lock, composer.json."),
    key("exclude", Shape::List(&Shape::Glob), "Patterns of paths that are left out, relative to the root."),
    key("max_file_size", Shape::Size, "Files above this size are not read: bytes, or text as in \"4 MiB\". Default: 1 MiB."),
    key("require", Shape::List(&Shape::Family), "Families that must run; otherwise the run is incomplete."),
    key("spec_files", Shape::List(&Shape::Text), "Files with more [[spec]] rows."),
];

const TENANT: &[Key] = &[
    key("key", Shape::Text, "The column that separates tenants; inferred by default."),
    key("models", Shape::List(&Shape::Text), "Classes of tenant-owned models beside the inferred ones."),
    key("shared", Shape::Bool, "false: no table is shared by tenants."),
];

const PII: &[Key] = &[key(
    "sanitizers",
    Shape::List(&Shape::Text),
    "Functions that take personal data out of a value: Class::method or function.",
)];

const PHONETIC: &[Key] = &[
    key("encoders", Shape::List(&Shape::Text), "Encoders of the project: Class::method or function."),
    key("max_length", Shape::Count(1), "Characters above which an input is unbounded. Default: 100."),
    key("verified", Shape::Text, "File in which mandant phonetic verify keeps its results. Default: mandant-verify.json."),
];

const MIGRATION: &[Key] = &[
    key("snapshot", Shape::Text, "Dump of the schema."),
    key(
        "required_indexes",
        Shape::Map(&Shape::List(&Shape::List(&Shape::Text))),
        "Indexes that must exist: lists of columns by table.",
    ),
];

const DEPLOY: &[Key] = &[
    key("flags", Shape::Map(&Shape::Flag), "Feature flags and the values that they must have."),
    key("tests", Shape::Map(&Shape::Count(0)), "How many tests must match a filter."),
];

const SPEC: &[Key] = &[
    required("id", Shape::Text, "Unique id of the row."),
    key("role", Shape::Text, "What the row is about."),
    key("kind", Shape::Text, "The kind within the role."),
    key("symbol", Shape::Text, "The name that the row is about: Class::method or function."),
    key("symbols", Shape::List(&Shape::Text), "The names that the row is about."),
    key("args", Shape::List(&Shape::Count(0)), "Positions of arguments, from 0."),
    key("disable", Shape::Bool, "true: the embedded row of this id does not hold."),
    key("reason", Shape::Text, "Why it does not hold."),
];

const SUPPRESS: &[Key] = &[
    required("rule", Shape::RuleOrQuestion, "Id of a rule, or of a question for its undetermined sites."),
    required("path", Shape::Glob, "Pattern of paths, relative to the root."),
    required("reason", Shape::Text, "Why it is accepted."),
    key("owner", Shape::Text, "Who answers for it."),
    key("until", Shape::Day, "The last day on which it holds: 2027-01-31."),
];

const SUPPRESSIONS: &[Key] = &[key("strict", Shape::Bool, "true: owner and until are required.")];
