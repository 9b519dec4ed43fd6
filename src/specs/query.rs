//! What the methods of builders do.

use super::{Row, RowError};

/// How a clause joins the clauses before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Connective {
    /// Narrows.
    #[default]
    And,
    /// Opens an alternative.
    Or,
}

/// What a builder's method does to the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the kinds are described in rules/specs/laravel/query-methods.toml")]
pub enum QueryMethodKind {
    Where,
    WhereNot,
    WhereIn,
    WhereNotIn,
    WhereNull,
    WhereOther,
    WhereBetween,
    WhereRowValues,
    WhereKey,
    WhereAll,
    WhereColumn,
    WhereEquals,
    WhereBelongsTo,
    WhereExists,
    WhereHas,
    WhereDoesntHave,
    WhereHasMorph,
    WhereRelation,
    WhereRaw,
    When,
    Unless,
    Tap,
    Pipe,
    Scopes,
    WithoutGlobalScope,
    WithoutGlobalScopes,
    WithoutGlobalScopesExcept,
    Join,
    OuterJoin,
    On,
    JoinSub,
    From,
    FromSub,
    FromRaw,
    Union,
    EagerLoad,
    WithAttributes,
    Copy,
    ToBase,
    GetQuery,
    Replace,
    Neutral,
    Inspect,
    Run,
    RunUnscoped,
    RunEach,
    RunChunk,
    FirstWhere,
    Find,
    Destroy,
    Aggregate,
    Write,
    WriteUnscoped,
    FindOrWrite,
    FindOrWriteUnscoped,
    Upsert,
    Insert,
}

/// What a method gives that runs the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Returns {
    /// The builder itself.
    Query,
    /// One model, or null.
    Row,
    /// A collection of models.
    Rows,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// A column's value, or several.
    Value,
    /// Nothing of interest.
    Nothing,
}

/// A method of Eloquent's or the database's builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryMethod {
    /// The row's id.
    pub id: String,
    /// What it does.
    pub kind: QueryMethodKind,
    /// How what it adds joins the clauses before.
    pub connective: Connective,
    /// What it gives.
    pub returns: Returns,
}

impl QueryMethodKind {
    /// True for methods that say which rows are meant, or send the query; not for those that other classes have as well:
    /// `Status::from('open')`, `make()`.
    #[must_use]
    pub const fn concerns_rows(self) -> bool {
        use QueryMethodKind as Kind;
        !matches!(
            self,
            Kind::Insert
                | Kind::Inspect
                | Kind::Neutral
                | Kind::From
                | Kind::FromSub
                | Kind::FromRaw
                | Kind::Tap
                | Kind::Pipe
                | Kind::When
                | Kind::Unless
                | Kind::Copy
                | Kind::On
                | Kind::Union
                | Kind::ToBase
                | Kind::GetQuery
                | Kind::Replace
                | Kind::Scopes
                | Kind::WithAttributes
        )
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "where" => Self::Where,
            "where-not" => Self::WhereNot,
            "where-in" => Self::WhereIn,
            "where-not-in" => Self::WhereNotIn,
            "where-null" => Self::WhereNull,
            "where-other" => Self::WhereOther,
            "where-between" => Self::WhereBetween,
            "where-row-values" => Self::WhereRowValues,
            "where-key" => Self::WhereKey,
            "where-all" => Self::WhereAll,
            "where-column" => Self::WhereColumn,
            "where-equals" => Self::WhereEquals,
            "where-belongs-to" => Self::WhereBelongsTo,
            "where-exists" => Self::WhereExists,
            "where-has" => Self::WhereHas,
            "where-doesnt-have" => Self::WhereDoesntHave,
            "where-has-morph" => Self::WhereHasMorph,
            "where-relation" => Self::WhereRelation,
            "where-raw" => Self::WhereRaw,
            "when" => Self::When,
            "unless" => Self::Unless,
            "tap" => Self::Tap,
            "pipe" => Self::Pipe,
            "scopes" => Self::Scopes,
            "without-global-scope" => Self::WithoutGlobalScope,
            "without-global-scopes" => Self::WithoutGlobalScopes,
            "without-global-scopes-except" => Self::WithoutGlobalScopesExcept,
            "join" => Self::Join,
            "outer-join" => Self::OuterJoin,
            "on" => Self::On,
            "join-sub" => Self::JoinSub,
            "from" => Self::From,
            "from-sub" => Self::FromSub,
            "from-raw" => Self::FromRaw,
            "union" => Self::Union,
            "eager-load" => Self::EagerLoad,
            "with-attributes" => Self::WithAttributes,
            "copy" => Self::Copy,
            "to-base" => Self::ToBase,
            "get-query" => Self::GetQuery,
            "replace" => Self::Replace,
            "neutral" => Self::Neutral,
            "inspect" => Self::Inspect,
            "run" => Self::Run,
            "run-unscoped" => Self::RunUnscoped,
            "run-each" => Self::RunEach,
            "run-chunk" => Self::RunChunk,
            "first-where" => Self::FirstWhere,
            "find" => Self::Find,
            "destroy" => Self::Destroy,
            "aggregate" => Self::Aggregate,
            "write" => Self::Write,
            "write-unscoped" => Self::WriteUnscoped,
            "find-or-write" => Self::FindOrWrite,
            "find-or-write-unscoped" => Self::FindOrWriteUnscoped,
            "upsert" => Self::Upsert,
            "insert" => Self::Insert,
            _ => return None,
        })
    }

    /// True where the method sends the query to the database.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Run
                | Self::RunUnscoped
                | Self::RunEach
                | Self::RunChunk
                | Self::FirstWhere
                | Self::Find
                | Self::Destroy
                | Self::Aggregate
                | Self::Write
                | Self::WriteUnscoped
                | Self::FindOrWrite
                | Self::FindOrWriteUnscoped
                | Self::Upsert
                | Self::Insert
        )
    }
}

impl QueryMethod {
    pub(super) fn from_row(row: &Row) -> Result<Self, RowError> {
        let kind = QueryMethodKind::parse(&row.kind).ok_or_else(|| row.unknown_kind())?;
        let connective = match row.connective.as_deref() {
            None | Some("and") => Connective::And,
            Some("or") => Connective::Or,
            Some(_) => return Err(row.error("`connective` is `and` or `or`")),
        };
        let returns = match row.returns.as_deref() {
            None => Returns::Query,
            Some("row") => Returns::Row,
            Some("rows") => Returns::Rows,
            Some("number") => Returns::Number,
            Some("boolean") => Returns::Boolean,
            Some("value") => Returns::Value,
            Some("nothing") => Returns::Nothing,
            Some(_) => return Err(row.error("`returns` is row, rows, number, boolean, value or nothing")),
        };
        Ok(Self { id: row.id.clone(), kind, connective, returns })
    }
}
