//! **tenant/validation**: does a validation rule look at the rows of other tenants?

use super::{NotRunReason, Question, QuestionContext, Site, tenant_not_run};
use crate::analysis::tenancy::{
    RuleKind, RuleLimit, Subject, TenantFacts, ValidationRule, short_name, subject_name, tenant_word,
};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::index::BodyKey;
use crate::specs::ColumnKind;

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
            return Outcome::Undetermined(super::explain::unknown(unknown));
        }
        let words = Words { context, facts, rule };
        match rule.limit {
            RuleLimit::Key(at) => words.proven(at),
            RuleLimit::ClientChosen(at) if is_checked(context, facts, rule) => words.proven(at),
            RuleLimit::ClientChosen(at) => {
                Outcome::Undetermined(Message::new("undetermined.client-chosen").text("key", &facts.key).place("at", at))
            }
            RuleLimit::Unknown(_) => Outcome::Undetermined(Message::new("undetermined.argument")),
            _ if words.is_global() => words.conditional(),
            _ => Outcome::Violated(Box::new(words.violation())),
        }
    }
}

/// True where every way to the rule has held the client's value against what belongs to the user.
fn is_checked(context: QuestionContext<'_>, facts: &TenantFacts, rule: &ValidationRule) -> bool {
    let values = rule.request_values(context.tenancy.project);
    let contexts = context.tenancy.contexts.of(context.index, context.index.enclosing(rule.body), rule.at);
    let is_member = |value| contexts.iter().all(|place| place.is_member(value, &facts.key, facts.root.as_deref()));
    !values.is_empty() && !contexts.is_empty() && values.iter().all(is_member)
}

struct Words<'w, 'p> {
    context: QuestionContext<'p>,
    facts: &'w TenantFacts,
    rule: &'w ValidationRule,
}

impl Words<'_, '_> {
    fn message(&self, template: &'static str) -> Message {
        let name = subject_name(self.context.tenancy, &self.rule.subject).unwrap_or_default();
        Message::new(template)
            .text("model", short_name(&name).as_ref())
            .text("key", &self.facts.key)
            .text("tenant", tenant_word(self.facts))
    }

    fn proven(&self, at: Location) -> Outcome {
        let note = || self.message("tenant.validation.proof");
        let evidence = Evidence { role: EvidenceRole::Guard, at, note: note() };
        Outcome::Proven { proof: "scoped-rule", note: note(), evidence: vec![evidence] }
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
            _ => None,
        };
        let mut evidence = vec![missing];
        if let Some((near_at, note)) = near.filter(|(near_at, _)| *near_at != at) {
            evidence.push(Evidence { role: EvidenceRole::NearMiss, at: near_at, note: self.message(note) });
        }
        let name = subject_name(self.context.tenancy, &self.rule.subject).unwrap_or_default();
        let is_personal = self.facts.personal.contains(name.as_str());
        let headline = match self.rule.kind {
            RuleKind::Exists => "tenant.validation.exists.headline",
            RuleKind::Unique => "tenant.validation.unique.headline",
        };
        Violation {
            rule: "tenant/unscoped-validation",
            severity: if is_personal { Severity::Error } else { Severity::Warning },
            confidence: if self.has_caller() { Confidence::High } else { Confidence::Medium },
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
