//! Validation rules that ask the database: `exists` and `unique`, as text, as objects, and on form fields.
//!
//! The framework asks the table itself: no global scope applies, even where a model is named.
//! `laravel/framework:src/Illuminate/Validation/DatabasePresenceVerifier.php`

mod chain;
mod field;
mod text;
mod value;

use super::infer::TenantFacts;
use super::query::Subject;
use crate::finding::Location;
use crate::flow::{Origin, Project};
use crate::hir::ExprId;
use crate::index::BodyKey;

/// Which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// A row must exist.
    Exists,
    /// No row may exist.
    Unique,
}

/// What keeps a rule to one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleLimit {
    /// A condition on the key.
    Key(Location),
    /// The same, on some paths only.
    Optional(Location),
    /// The same, and an `or` beside it.
    OrEscapes(Location),
    /// Points away from one tenant.
    Negated(Location),
    /// A tenant that is written into the code.
    Fixed(Location),
    /// The client chooses the tenant.
    ClientChosen(Location),
    /// A condition that is not known.
    Unknown(Location),
    /// Nothing.
    None,
}

/// A rule that asks a table that tenants share, or one that is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidationRule {
    /// The rule: the text, or the chain that makes the object.
    pub at: Location,
    /// The body that holds it.
    pub body: BodyKey,
    /// Its expression.
    pub expr: ExprId,
    /// Which rule.
    pub kind: RuleKind,
    /// The table.
    pub subject: Subject,
    /// The column that is looked at; the field's name where none is named.
    pub column: Option<String>,
    /// The field that is validated.
    pub field: Option<String>,
    /// What limits it.
    pub limit: RuleLimit,
    /// How it is written.
    pub spec: &'static str,
}

/// All such rules of a project, in order of their places.
pub(super) fn validation_rules(project: Project<'_>, facts: &TenantFacts) -> Vec<ValidationRule> {
    let mut rules = text::rules(project, facts);
    rules.extend(chain::rules(project, facts));
    rules.sort_by_key(|rule| (rule.at, rule.kind));
    rules.dedup_by_key(|rule| (rule.at, rule.kind));
    rules
}

impl ValidationRule {
    /// The values of the request that the rule is limited by.
    #[must_use]
    pub fn request_values(&self, project: Project<'_>) -> Vec<Origin> {
        value::request_values(project, self.body, self.at)
    }
}

/// The table that a rule names: a table, `connection.table`, or the class of a model.
fn subject_of(project: Project<'_>, name: &str) -> Subject {
    let class = name.trim_start_matches('\\');
    if let Some(model) = project.index.resolve_class(class).and_then(|class| project.index.model(class)) {
        return Subject::Model(model.name.as_str().into());
    }
    let table = name.rsplit('.').next().unwrap_or(name);
    Subject::Table(table.into(), None)
}
