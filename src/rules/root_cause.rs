//! What causes a finding: judged again with the cause mended, it would be gone.
//!
//! Three causes: a row that was loaded without a limit, a fail-open scope, a model that lacks the scope of its siblings.
//! With a scope that always limits, a query is limited by it wherever that scope is applied and no raw `or` escapes it:
//! that is the whole judgement, so that nothing has to be analysed again.

use super::QuestionContext;
use super::query_verdict::{QueryJudgement, QueryVerdict, active_scopes};
use crate::analysis::tenancy::{EntryKind, ScopeBehaviour, TenantFacts, scope_body};
use crate::finding::{Location, Outcome};

/// The place of the site that causes all that is said against a query, where there is one.
pub(super) fn of_all(context: QuestionContext<'_>, facts: &TenantFacts, judged: &[QueryJudgement]) -> Option<Location> {
    let said_against = judged.iter().filter(|judgement| !is_fine(judgement));
    let mut causes = said_against.map(|judgement| of(context, facts, judgement));
    let first = causes.next()??;
    causes.all(|cause| cause.is_some()).then_some(first)
}

/// Adds the cause to an outcome.
pub(super) fn add(mut outcome: Outcome, cause: Option<Location>) -> Outcome {
    if let Outcome::Violated(violation) | Outcome::Conditional { violation, .. } = &mut outcome {
        violation.root = cause;
    }
    outcome
}

const fn is_fine(judgement: &QueryJudgement) -> bool {
    matches!(judgement.verdict, QueryVerdict::Guarded(_) | QueryVerdict::AlwaysScoped { .. })
}

fn of(context: QuestionContext<'_>, facts: &TenantFacts, judgement: &QueryJudgement) -> Option<Location> {
    match &judgement.verdict {
        QueryVerdict::OfOpenRow(at) => Some(*at),
        QueryVerdict::Violated { fault: super::query_verdict::Fault::Parent(at), .. } => Some(*at),
        QueryVerdict::Violated { .. } | QueryVerdict::FailOpen(_) | QueryVerdict::Operator(_) | QueryVerdict::Identity(_) => {
            scope_of(context, facts, judgement)
        }
        _ => None,
    }
}

/// The scope that would limit the query if it always did, else the model that should carry one.
fn scope_of(context: QuestionContext<'_>, facts: &TenantFacts, judgement: &QueryJudgement) -> Option<Location> {
    if judgement.seen.raw_or.is_some() {
        return None;
    }
    let index = context.index;
    let model = context.tenancy.model(&judgement.subject)?;
    let (active, all) = active_scopes(context, facts, &judgement.execution, &judgement.subject, &judgement.seen);
    let open = active.iter().find(|(_, behaviour)| matches!(behaviour, ScopeBehaviour::FailOpen { .. }));
    if let Some((scope, _)) = open {
        return scope_body(index, &scope.code).map(|body| index.declaration_of(body));
    }
    let is_plain = all == 0
        && matches!(judgement.execution.query.entry.kind, EntryKind::Model | EntryKind::Bound | EntryKind::Relation)
        && judgement.seen.removals.is_empty()
        && judgement.seen.unscoped.is_none();
    is_plain.then(|| Location::new(model.class.file, index.class(model.class).name_span))
}
