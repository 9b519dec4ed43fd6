//! The words and the evidence of find-or-create methods.

use super::QuestionContext;
use super::explain::Words;
use super::query_verdict::{Fault, QueryJudgement, QueryVerdict};
use crate::analysis::tenancy::{OpenPath, TenantFacts, tenant_word};
use crate::finding::{Confidence, Outcome, Violation};
use crate::specs::QueryMethodKind;

/// A find-or-create that a fail-open scope limits.
pub(super) fn write_relies_on_scope(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    paths: &[OpenPath],
) -> Outcome {
    Words { context, facts, judgement }.relies("tenant/unscoped-write", "tenant.write.relies.headline", paths)
}

/// A find-or-create of an operator's tool.
pub(super) fn operator_write(context: QuestionContext<'_>, facts: &TenantFacts, judgement: &QueryJudgement) -> Outcome {
    let words = Words { context, facts, judgement };
    let message = words.message("tenant.write.operator.headline");
    words.conditional(
        "tenant/unscoped-write",
        message,
        words.evidence(Fault::Unscoped, None),
        None,
        words.message("tenant.assumption.operator"),
    )
}

/// A find-or-create that searches all tenants.
pub(super) fn unscoped_write(context: QuestionContext<'_>, facts: &TenantFacts, judgement: &QueryJudgement) -> Violation {
    let words = Words { context, facts, judgement };
    let (open, is_uncertain) = match &judgement.verdict {
        QueryVerdict::Violated { open, is_uncertain, .. } => (open.clone(), *is_uncertain),
        _ => (None, false),
    };
    let is_upsert = judgement.execution.kind == QueryMethodKind::Upsert;
    let headline = if is_upsert { "tenant.write.upsert.headline" } else { "tenant.write.headline" };
    let mut evidence = words.evidence(Fault::Unscoped, open.as_deref());
    if let Some(first) = evidence.first_mut() {
        first.note = words.message(if is_upsert { "tenant.label.upsert" } else { "tenant.label.search-array" });
    }
    let mut violation = words.violation("tenant/unscoped-write", words.message(headline), evidence, open.as_deref());
    if is_uncertain {
        violation.confidence = Confidence::Medium;
    }
    violation.help = Some(words.message(if is_upsert { "tenant.write.upsert.help" } else { "tenant.write.help" }));
    let word = tenant_word(facts).replace(' ', "_");
    violation.rewrite = vec![format!("['{}' => ${word}->id, …]", facts.key)];
    violation
}
