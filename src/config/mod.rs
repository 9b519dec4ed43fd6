//! The configuration: `mandant.toml` as validated [`Settings`], and what the command line asks for.
//!
//! Reads no files and knows no analysis: the text comes in, plain data or a list of all mistakes goes out.

mod check;
mod error;
mod globs;
mod options;
mod schema;
mod settings;
mod shape;
mod version;

pub use error::{ConfigError, nearest};
pub use globs::Globs;
pub use options::{Phase, Progress, Silent, SourceChoice};
pub use schema::json_schema;
pub use settings::{
    Deploy, FlagValue, Level, Migration, Phonetic, Pii, Project, Settings, SpecRow, Suppress, Suppressions, Tenant,
};
pub use version::Version;

/// A day without a time, `2027-01-31`.
pub type Date = jiff::civil::Date;

/// The ids that a configuration may name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Ids of the rules, `tenant/unscoped-query`.
    pub rules: &'a [&'a str],
    /// Ids of the questions, `tenant/query`.
    pub questions: &'a [&'a str],
}

impl<'a> Known<'a> {
    /// The words before the slash in the ids of the questions, each once.
    #[must_use]
    pub fn families(self) -> Vec<&'a str> {
        let mut families: Vec<&str> = self.questions.iter().filter_map(|id| id.split('/').next()).collect();
        families.sort_unstable();
        families.dedup();
        families
    }

    /// True for the id of a rule or a question.
    #[must_use]
    pub fn has(self, id: &str) -> bool {
        self.rules.contains(&id) || self.questions.contains(&id)
    }
}

#[cfg(test)]
mod tests;
