//! **tenant/validation**: does a validation rule look at the rows of other tenants?

use super::query_verdict::{Fault, QueryVerdict};
use super::rule_tenant::{Membership, RuleTenant};
use super::tested_value::{Tested, TestedReader};
use super::{NotRunReason, Question, QuestionContext, Site, explain, tenant_not_run};
use crate::analysis::tenancy::{RuleKind, RuleLimit, Subject, TenantFacts, ValidationRule, ValuePlace, subject_name};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::index::BodyKey;
use crate::specs::ColumnKind;

/// Callers that a proof names.
const EXAMPLES: usize = 3;

/// The question.
#[derive(Debug)]
pub(super) struct TenantValidation;

impl Question for TenantValidation {
    const ID: QuestionId = "tenant/validation";
    type Site<'p> = &'p ValidationRule;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<&ValidationRule> {
        context.tenancy.validation_rules().iter().collect()
    }

    fn place(context: QuestionContext<'_>, site: &&ValidationRule) -> Site {
        Site { at: site.at, body: site.body, expr: Some(site.expr), subject: subject_name(context.tenancy, &site.subject) }
    }

    fn judge(context: QuestionContext<'_>, rule: &&ValidationRule) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        if let Subject::Unknown(unknown) = rule.subject {
            return Outcome::Undetermined(explain::unknown(unknown));
        }
        let words = Words { context, facts, rule };
        match words.of_rule() {
            Outcome::Violated(violation) => words.of_value(violation),
            outcome => outcome,
        }
    }
}

struct Words<'w, 'p> {
    context: QuestionContext<'p>,
    facts: &'w TenantFacts,
    rule: &'w ValidationRule,
}

impl Words<'_, '_> {
    /// What the rule itself says: whose rows it looks at.
    fn of_rule(&self) -> Outcome {
        let Self { context, facts, rule } = *self;
        match rule.limit {
            RuleLimit::Key(at, place) => {
                RuleTenant { context, facts, place }.by_rows().map_or_else(|| self.proven(at), |row| self.of_row(&row))
            }
            RuleLimit::Unknown(at, place) => self.unknown(at, place),
            RuleLimit::ClientChosen(at, place) => match (RuleTenant { context, facts, place }).membership() {
                Membership::Checked => self.proven(at),
                Membership::Unknown => explain::client_chosen(facts, at),
                Membership::Unchecked => Outcome::Violated(Box::new(self.violation())),
            },
            _ if self.is_global() => self.conditional(),
            _ => Outcome::Violated(Box::new(self.violation())),
        }
    }

    /// What is left of a violation by the values that the rule tests: who chose them, and whether one can be guessed.
    fn of_value(&self, mut violation: Box<Violation>) -> Outcome {
        match (TestedReader { context: self.context, rule: self.rule }).read() {
            Tested::Own(places) => return self.own(&places),
            Tested::Unresolved(value, at) => {
                return Outcome::Undetermined(self.message("undetermined.tested-value").text("value", value).place("at", at));
            }
            Tested::Chosen(at) => {
                let note = self.message("tenant.validation.chosen");
                violation.evidence.push(Evidence { role: EvidenceRole::Source, at, note });
                violation.confidence = Confidence::High;
            }
            Tested::NotKnown => {}
        }
        match self.random_key() {
            Some((column, at)) => {
                violation.severity = Severity::Note;
                violation.evidence.push(Evidence {
                    role: EvidenceRole::Schema,
                    at,
                    note: self.message("tenant.validation.random"),
                });
                let assumption = self.message("tenant.assumption.random-key").text("column", column);
                Outcome::Conditional { violation, assumption }
            }
            None => Outcome::Violated(violation),
        }
    }

    /// The application chose the value, wherever the rule is asked.
    fn own(&self, places: &[Location]) -> Outcome {
        let field = self.rule.field.as_deref().unwrap_or_default();
        let note = self.message("tenant.validation.own").text("field", field).count("n", places.len());
        let label = |at: &Location| {
            let note = self.message("tenant.validation.own-here");
            Evidence { role: EvidenceRole::Guard, at: *at, note }
        };
        Outcome::Proven { proof: "own-value", note, evidence: places.iter().take(EXAMPLES).map(label).collect() }
    }

    /// The column of random keys that an `exists` rule looks at: nobody guesses one.
    fn random_key(&self) -> Option<(String, Location)> {
        if self.rule.kind != RuleKind::Exists {
            return None;
        }
        let model = self.context.tenancy.model(&self.rule.subject);
        let table = match &self.rule.subject {
            Subject::Table(table, _) => Some(&**table),
            _ => model?.table.as_deref(),
        };
        let name = self.rule.column.as_deref().or(model.map(|model| model.primary_key.as_str())).unwrap_or("id");
        let column = self.context.index.tables().get(table?)?.columns.get(name)?;
        let is_random = matches!(column.kind.as_str(), "uuid" | "ulid" | "foreignUuid" | "foreignUlid");
        is_random.then(|| (name.to_owned(), column.at))
    }

    fn message(&self, template: &'static str) -> Message {
        let name = subject_name(self.context.tenancy, &self.rule.subject).unwrap_or_default();
        explain::words(self.facts, &name, template)
    }

    fn proven(&self, at: Location) -> Outcome {
        let note = || self.message("tenant.validation.proof");
        let evidence = Evidence { role: EvidenceRole::Guard, at, note: note() };
        Outcome::Proven { proof: "scoped-rule", note: note(), evidence: vec![evidence] }
    }

    /// A tenant that was read from a row, of which the query that loaded it says this.
    fn of_row(&self, verdict: &QueryVerdict) -> Outcome {
        let (source, is_chosen) = match verdict {
            QueryVerdict::Violated { fault: Fault::Parent(at), .. } => (*at, true),
            QueryVerdict::OfOpenRow(at) => (*at, false),
            QueryVerdict::ClientChosen(at) => return explain::client_chosen(self.facts, *at),
            _ => return Outcome::Undetermined(Message::new("undetermined.argument")),
        };
        let mut violation = self.violation();
        let note = self.message("tenant.label.parent");
        violation.evidence.push(Evidence { role: EvidenceRole::Source, at: source, note });
        violation.confidence = Confidence::Medium;
        if is_chosen {
            return Outcome::Violated(Box::new(violation));
        }
        violation.severity = Severity::Note;
        Outcome::Conditional { violation: Box::new(violation), assumption: self.message("tenant.assumption.parent") }
    }

    /// Why it is not known which tenant the rule looks at.
    fn unknown(&self, at: Location, place: Option<ValuePlace>) -> Outcome {
        let Some(place) = place else { return Outcome::Undetermined(Message::new("undetermined.argument")) };
        let value = RuleTenant { context: self.context, facts: self.facts, place }.name();
        Outcome::Undetermined(self.message("undetermined.rule-value").text("value", value).place("at", at))
    }

    /// A name to log in with, or a token, is unique over all tenants: the rule says what the application means.
    fn is_global(&self) -> bool {
        if self.rule.kind != RuleKind::Unique || self.rule.limit != RuleLimit::None {
            return false;
        }
        let index = self.context.index;
        let column = self.rule.column.as_deref().unwrap_or_default();
        let model = self.context.tenancy.model(&self.rule.subject);
        let logs_in = model.is_some_and(|model| {
            index.is_a(model.class, "Illuminate\\Contracts\\Auth\\Authenticatable") || index.user_model() == Some(model.class)
        });
        logs_in && matches!(column, "" | "email" | "username" | "user_name" | "login" | "phone")
            || self.context.tenancy.project.specs.column(column) == Some(ColumnKind::ExternalId)
    }

    fn violation(&self) -> Violation {
        let at = self.rule.at;
        let missing = Evidence { role: EvidenceRole::MissingGuard, at, note: self.message("tenant.validation.label") };
        let near = match self.rule.limit {
            RuleLimit::Optional(at) => Some((at, "tenant.label.only-here")),
            RuleLimit::OrEscapes(at) => Some((at, "tenant.label.escapes")),
            RuleLimit::Negated(at) => Some((at, "tenant.label.not-equal")),
            RuleLimit::Fixed(at) => Some((at, "tenant.label.fixed")),
            RuleLimit::ClientChosen(at, _) => Some((at, "tenant.label.untrusted")),
            _ => None,
        };
        let mut evidence = vec![missing];
        let is_clients = matches!(self.rule.limit, RuleLimit::ClientChosen(..));
        if let Some((near_at, note)) = near.filter(|(near_at, _)| *near_at != at || is_clients) {
            evidence.push(Evidence { role: EvidenceRole::NearMiss, at: near_at, note: self.message(note) });
        }
        let name = subject_name(self.context.tenancy, &self.rule.subject).unwrap_or_default();
        let is_personal = self.facts.personal.contains(name.as_str());
        let headline = match self.rule.kind {
            _ if is_clients => "tenant.validation.client.headline",
            RuleKind::Exists => "tenant.validation.exists.headline",
            RuleKind::Unique => "tenant.validation.unique.headline",
        };
        Violation {
            rule: "tenant/unscoped-validation",
            severity: if is_personal { Severity::Error } else { Severity::Warning },
            confidence: if self.has_caller() && !is_clients { Confidence::High } else { Confidence::Medium },
            message: self.message(headline),
            evidence,
            looked_for: vec![LookedFor {
                what: self.message("tenant.look.rule"),
                found: Message::new(if near.is_some() { "looked-for.not-always" } else { "looked-for.none" }),
                detail: Some(self.message("tenant.look.rule-scopes")),
            }],
            also: Vec::new(),
            specs: vec![self.rule.spec.to_owned()],
            help: Some(self.message("tenant.validation.help")),
            rewrite: vec![self.rewrite()],
            sql: None,
            root: None,
        }
    }

    fn rewrite(&self) -> String {
        let table = self.context.tenancy.model(&self.rule.subject).and_then(|model| model.table.clone());
        let table = table.unwrap_or_else(|| match &self.rule.subject {
            Subject::Table(table, _) => table.to_string(),
            _ => "…".to_owned(),
        });
        let rule = if self.rule.kind == RuleKind::Exists { "exists" } else { "unique" };
        let column = self.rule.column.as_deref().unwrap_or("id");
        format!("Rule::{rule}('{table}', '{column}')->where('{key}', $user->{key})", key = self.facts.key)
    }

    /// A form request, a controller or a component is reached by somebody.
    fn has_caller(&self) -> bool {
        let function: BodyKey = self.context.index.enclosing(self.rule.body);
        !self.context.tenancy.contexts.of(self.context.index, function, self.rule.at).is_empty()
    }

    fn conditional(&self) -> Outcome {
        let mut violation = self.violation();
        violation.severity = Severity::Note;
        violation.message = self.message("tenant.validation.global.headline");
        let column = self.rule.column.as_deref().unwrap_or("email");
        let assumption = self.message("tenant.assumption.global-column").text("column", column);
        Outcome::Conditional { violation: Box::new(violation), assumption }
    }
}
