//! The part of **tenant/write** on rows that are created or filled with the tenant key.

use super::QuestionContext;
use crate::analysis::tenancy::{Dropped, FilledRow, Operand, TenantFacts, is_dropped, is_unguarded, short_name, tenant_word};
use crate::finding::{Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, Severity, Violation};
use crate::flow::{Origin, Root};
use crate::index::{Constant, Model};

/// The rows that are filled with the key, of models that belong to tenants.
pub(super) fn sites<'p>(context: QuestionContext<'p>, facts: &TenantFacts) -> Vec<&'p FilledRow> {
    let rows = context.tenancy.filled_rows().iter();
    rows.filter(|row| facts.models.contains(&row.model) && key_of(facts, row).is_some()).collect()
}

fn key_of<'r>(facts: &TenantFacts, row: &'r FilledRow) -> Option<&'r Operand> {
    row.columns.iter().find(|(column, _)| **column == *facts.key).map(|(_, value)| value)
}

/// The verdict on one.
pub(super) fn judge(context: QuestionContext<'_>, facts: &TenantFacts, row: &FilledRow) -> Outcome {
    let (Some(value), Some(model)) = (key_of(facts, row), context.index.model_named(&row.model)) else {
        return Outcome::Undetermined(Message::new("undetermined.class"));
    };
    let words = |template| {
        Message::new(template)
            .text("model", short_name(&row.model).as_ref())
            .text("key", &facts.key)
            .text("tenant", tenant_word(facts))
    };
    let is_kept = !row.is_mass_assigned() || is_unguarded(context.index, row.at);
    let is_new = !row.method.to_ascii_lowercase().contains("update") && !row.method.to_ascii_lowercase().contains("fill");
    if let Some(hook) = model.creating.iter().find(|hook| hook.column == facts.key && !hook.conditional && is_new) {
        return proven(hook.at, words("tenant.fill.proof.hook"));
    }
    if let Some(dropped) = is_dropped(model, &facts.key).filter(|_| !is_kept) {
        return Outcome::Conditional {
            violation: Box::new(dropped_key(context, row, model, dropped, &words)),
            assumption: words("tenant.assumption.key-filled"),
        };
    }
    let is_literal = |origin: &Origin| origin.root == Root::Literal && origin.path.is_empty();
    let is_fixed = match value.constant.as_deref() {
        Some(constant) => matches!(constant, Constant::Int(1..) | Constant::String(_)),
        None => value.origins.any(is_literal),
    };
    if is_fixed {
        return Outcome::Violated(Box::new(fixed_tenant(row, &words)));
    }
    if value.origins.any(|origin| origin.root == Root::Request) {
        return Outcome::Undetermined(Message::new("undetermined.client-chosen").text("key", &facts.key).place("at", row.at));
    }
    proven(row.at, words("tenant.fill.proof"))
}

fn proven(at: Location, note: Message) -> Outcome {
    let evidence = Evidence { role: EvidenceRole::Guard, at, note: note.clone() };
    Outcome::Proven { proof: "key-assigned", note, evidence: vec![evidence] }
}

fn dropped_key(
    context: QuestionContext<'_>,
    row: &FilledRow,
    model: &Model,
    dropped: Dropped,
    words: &dyn Fn(&'static str) -> Message,
) -> Violation {
    let property = match dropped {
        Dropped::NotFillable => "fillable",
        Dropped::Guarded => "guarded",
    };
    let mut evidence = vec![Evidence { role: EvidenceRole::MissingGuard, at: row.at, note: words("tenant.fill.label.dropped") }];
    if let Some((declaring, declared)) = context.index.find_property(model.class, property) {
        let at = Location::new(declaring.file, declared.span);
        evidence.push(Evidence {
            role: EvidenceRole::NearMiss,
            at,
            note: words("tenant.fill.label.guard").text("property", property),
        });
    }
    violation(
        "tenant/guarded-key-dropped",
        Severity::Note,
        words("tenant.fill.dropped.headline"),
        evidence,
        words("tenant.fill.dropped.help"),
        words("tenant.look.creating"),
    )
}

fn fixed_tenant(row: &FilledRow, words: &dyn Fn(&'static str) -> Message) -> Violation {
    let evidence = vec![Evidence { role: EvidenceRole::MissingGuard, at: row.at, note: words("tenant.label.fixed") }];
    violation(
        "tenant/hard-coded-tenant",
        Severity::Error,
        words("tenant.fill.fixed.headline"),
        evidence,
        words("tenant.query.fixed.help"),
        words("tenant.look.key-value"),
    )
}

fn violation(
    rule: &'static str,
    severity: Severity,
    message: Message,
    evidence: Vec<Evidence>,
    help: Message,
    what: Message,
) -> Violation {
    Violation {
        rule,
        severity,
        confidence: Confidence::High,
        message,
        evidence,
        looked_for: vec![LookedFor { what, found: Message::new("looked-for.none"), detail: None }],
        also: Vec::new(),
        specs: vec!["laravel/eloquent#mass-assignment".to_owned()],
        help: Some(help),
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}
