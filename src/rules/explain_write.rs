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
    let (fault, open, is_uncertain) = match &judgement.verdict {
        QueryVerdict::Violated { fault, open, is_uncertain } => (*fault, open.clone(), *is_uncertain),
        _ => (Fault::Unscoped, None, false),
    };
    let is_upsert = judgement.execution.kind == QueryMethodKind::Upsert;
    let is_named = judgement.execution.search.iter().flatten().any(|(column, _)| **column == *facts.key);
    let (headline, label, help) = match (is_upsert, is_named) {
        (true, _) => ("tenant.write.upsert.headline", "tenant.label.upsert", "tenant.write.upsert.help"),
        (false, true) => ("tenant.write.headline", "tenant.label.search-array-named", "tenant.query.untrusted.help"),
        (false, false) => ("tenant.write.headline", "tenant.label.search-array", "tenant.write.help"),
    };
    let mut evidence = words.evidence(fault, open.as_deref());
    if let Some(first) = evidence.first_mut() {
        first.note = words.message(label);
    }
    let mut violation = words.violation("tenant/unscoped-write", words.message(headline), evidence, open.as_deref());
    if is_uncertain {
        violation.confidence = Confidence::Medium;
    }
    violation.help = Some(words.message(help));
    if is_named && !is_upsert {
        return violation;
    }
    let word = tenant_word(facts).replace(' ', "_");
    violation.rewrite = vec![format!("['{}' => ${word}->id, …]", facts.key)];
    violation
}
