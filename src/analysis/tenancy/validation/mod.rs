//! Validation rules that ask the database: `exists` and `unique`, as text, as objects, and on form fields.
//!
//! The framework asks the table itself: no global scope applies, even where a model is named.
//! `laravel/framework:src/Illuminate/Validation/DatabasePresenceVerifier.php`

mod chain;
mod field;
mod handed;
mod passed;
mod place;
mod tested;
mod text;
mod values;

pub(super) use chain::form_model;
pub use field::is_ruled;
pub(super) use handed::{Handed, handed, lift as lift_handed, merged, validating};
pub use passed::{FoundKey, PassedCheck, PassedChecks, PassedField};
pub(super) use passed::{call, of_form_requests, passed_by, rules_of};
pub use tested::TestedValue;
pub(super) use tested::Validations;
pub(super) use values::RuleValues;
pub(super) use values::{Inputs, lift, meet, note, watched, written};
pub use values::{RuleValue, ValuePlace};

use super::infer::TenantFacts;
use super::query::Subject;
use super::standing::{Standing, StandingReader};
use crate::finding::Location;
use crate::flow::Project;
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

/// What keeps a rule to one tenant; worse ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleLimit {
    /// A condition on the key, and the value that it compares with.
    Key(Location, ValuePlace),
    /// A condition, or the value that it compares the key with, is not known.
    Unknown(Location, Option<ValuePlace>),
    /// The client chooses the tenant.
    ClientChosen(Location, ValuePlace),
    /// A condition on the key, on some paths only.
    Optional(Location),
    /// The same, and an `or` beside it.
    OrEscapes(Location),
    /// Points away from one tenant.
    Negated(Location),
    /// A tenant that is written into the code.
    Fixed(Location),
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
    /// The values that it tests, where the callers that give them are known.
    pub tested: Vec<TestedValue>,
    /// How it is written.
    pub spec: &'static str,
}

/// All such rules of a project, in order of their places.
pub(super) fn validation_rules(
    project: Project<'_>,
    facts: &TenantFacts,
    values: &RuleValues,
    validations: &Validations,
) -> Vec<ValidationRule> {
    let reader = RuleReader { project, facts, values };
    let mut rules = text::rules(reader);
    rules.extend(chain::rules(reader));
    rules.sort_by_key(|rule| (rule.at, rule.kind));
    rules.dedup_by_key(|rule| (rule.at, rule.kind));
    for rule in &mut rules {
        rule.tested = validations.tested(project.index, rule);
    }
    rules
}

/// What reading a rule needs.
#[derive(Clone, Copy, Debug)]
struct RuleReader<'r> {
    project: Project<'r>,
    facts: &'r TenantFacts,
    values: &'r RuleValues,
}

impl RuleReader<'_> {
    /// What a comparison of the key with a value is worth.
    fn compared(&self, place: ValuePlace, at: Location) -> RuleLimit {
        let told = self.values.of(place);
        let standing = |value: &RuleValue| {
            StandingReader { project: self.project, facts: self.facts, function: value.function }.of(&value.value)
        };
        match told.iter().map(standing).max() {
            Some(Standing::Tenant) => RuleLimit::Key(at, place),
            Some(Standing::Unknown) | None => RuleLimit::Unknown(at, Some(place)),
            Some(Standing::Client) => RuleLimit::ClientChosen(at, place),
            Some(Standing::Nobody) => RuleLimit::None,
            Some(Standing::Fixed) => RuleLimit::Fixed(at),
        }
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
