//! SQL as text, read for the tables that tenants share.

use super::infer::TenantFacts;
use super::model::{Tenancy, subject_name};
use super::query::{Operand, RawSql, Subject};
use super::sql::{key_binding, statement};
use crate::flow::Root;

/// What a statement does with tables that tenants share. The name is the first such table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawStatement {
    /// The text is built at run time.
    Unknown,
    /// The parser does not know the statement, and it names such a table.
    Unreadable(String),
    /// No such table, or no rows: definitions, session settings.
    Elsewhere,
    /// Compares the key with a bound value everywhere.
    Limited(String),
    /// Does so with a value that the client chooses.
    ClientChosen(String),
    /// Does not.
    Unlimited(String),
}

/// Reads a statement.
#[must_use]
pub fn read_statement(sql: &RawSql, facts: &TenantFacts) -> RawStatement {
    let Some(text) = &sql.text else {
        let is_definition = sql.start.as_deref().is_some_and(changes_schema);
        return if is_definition { RawStatement::Elsewhere } else { RawStatement::Unknown };
    };
    match statement(text, &facts.key, &|table| facts.tables.contains(table)) {
        Some(read) => match read.tables.into_iter().find(|table| facts.tables.contains(table)) {
            None => RawStatement::Elsewhere,
            Some(_) if read.is_definition => RawStatement::Elsewhere,
            Some(table) if read.limits_key && is_client_chosen(sql, text, &facts.key) => RawStatement::ClientChosen(table),
            Some(table) if read.limits_key => RawStatement::Limited(table),
            Some(table) => RawStatement::Unlimited(table),
        },
        None => {
            let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
            let mut tables = words.map(str::to_ascii_lowercase).filter(|word| facts.tables.contains(word));
            match tables.next() {
                Some(table) if !changes_schema(text) => RawStatement::Unreadable(table),
                _ => RawStatement::Elsewhere,
            }
        }
    }
}

/// True for statements that reach no row: definitions, settings, maintenance. The first word may stand alone.
fn changes_schema(text: &str) -> bool {
    const WORDS: [&str; 9] = ["alter", "create", "drop", "show", "set", "explain", "describe", "optimize", "analyze"];
    let mut words = text.split_whitespace();
    words.next().is_some_and(|first| WORDS.iter().any(|word| first.eq_ignore_ascii_case(word)))
        && !text.to_ascii_lowercase().contains(" select ")
}

/// The value that the key is compared with comes from the request. Where the binding cannot be told
/// (named placeholders), any such binding counts.
fn is_client_chosen(sql: &RawSql, text: &str, key: &str) -> bool {
    let from_request = |operand: &Operand| operand.origins.any(|origin| origin.root == Root::Request);
    match key_binding(text, key, &sql.bindings) {
        Some(operand) => from_request(operand),
        None => sql.bindings.iter().any(from_request),
    }
}

impl RawStatement {
    /// True where the statement is a site.
    #[must_use]
    pub const fn concerns_tenants(&self) -> bool {
        !matches!(self, Self::Elsewhere)
    }

    /// The model of the table, or the table.
    #[must_use]
    pub fn subject(&self, tenancy: &Tenancy<'_>) -> Option<String> {
        match self {
            Self::Unreadable(table) | Self::Limited(table) | Self::ClientChosen(table) | Self::Unlimited(table) => {
                subject_name(tenancy, &Subject::Table(table.as_str().into(), None))
            }
            Self::Unknown | Self::Elsewhere => None,
        }
    }
}
