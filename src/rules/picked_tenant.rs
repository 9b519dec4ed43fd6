//! Tenants that the client picks: the row of the tenant itself, by a value of the request or of the path.

use super::QuestionContext;
use super::executions::executions_of;
use super::query_verdict::{Fault, QueryJudgement, QueryVerdict, judge_at};
use crate::analysis::tenancy::{
    Check, Entry, EntryKind, Execution, Operation, Operator, Predicate, Reading, Subject, TenantFacts, is_client_written,
};
use crate::finding::Location;
use crate::flow::{Origin, Root};
use crate::index::BodyKey;
use crate::specs::QueryMethodKind;

/// True for rows of the tenant's own table.
pub(super) fn is_tenant(context: QuestionContext<'_>, facts: &TenantFacts, subject: &Subject) -> bool {
    let model = context.tenancy.model(subject).filter(|_| !facts.owns(subject));
    model.is_some_and(|model| facts.root.as_deref() == Some(model.name.as_str()))
}

/// True for what the client writes: into the request, into the path that fills a parameter of the action, into a property
/// of a component.
pub(super) fn is_chosen(context: QuestionContext<'_>, execution: &Execution, value: &Origin) -> bool {
    let is_property = || {
        let class = context.index.body_class(execution.function).filter(|_| value.root == Root::This);
        let [property] = value.path.as_slice() else { return false };
        class.is_some_and(|class| is_client_written(context.index, class, property))
    };
    value.root == Root::Request || context.tenancy.is_in_path(execution.function, value) || is_property()
}

/// The condition by which a query picks the tenant's row, and the values of the client in it.
pub(super) fn picked_by(context: QuestionContext<'_>, execution: &Execution) -> Option<(Location, Vec<Origin>)> {
    let key = context.tenancy.model(&execution.query.subject)?.primary_key.as_str();
    if let Some(bound) = context.tenancy.bound_tenant(&execution.query.entry) {
        let is_by_key = bound.column == key;
        return is_by_key.then(|| (bound.at, vec![Origin::of(Root::Parameter(bound.position))]));
    }
    execution.query.operations.iter().find_map(|told| {
        let Operation::Where(_, Predicate::Compare(column, Operator::Equal | Operator::In, operand), at) = told else {
            return None;
        };
        let chosen: Vec<Origin> = operand.origins.iter().filter(|value| is_chosen(context, execution, value)).cloned().collect();
        (column.name.eq_ignore_ascii_case(key) && !chosen.is_empty()).then_some((*at, chosen))
    })
}

/// What the query says that loaded a tenant's row which a function has at hand, where the client picks it; `depth` rows
/// are followed still.
pub(super) fn verdict_on(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    (row, function): (&Entry, BodyKey),
    depth: u8,
) -> Option<QueryVerdict> {
    let tenancy = context.tenancy;
    let below = depth.checked_sub(1)?;
    let executions = match tenancy.bound_tenant(row) {
        Some(bound) => vec![bound.look_up()],
        None => executions_of(tenancy.entry(row)?),
    };
    // What another caller passes to the code that loads the row is no concern of this one.
    let is_of_function = |execution: &&Execution| execution.through_call.is_empty() || execution.function == function;
    let picks =
        |execution: &&Execution| is_tenant(context, facts, &execution.query.subject) && picked_by(context, execution).is_some();
    let judged = executions.iter().filter(is_of_function).filter(picks).map(|execution| {
        let subject = execution.query.subject.clone();
        judge_at(context, facts, execution, &subject, below)
    });
    let worst = judged.max_by_key(QueryJudgement::rank)?;
    match tenancy.ownership_check(facts, row) {
        Some(Check { role: None, .. }) => return None,
        Some(_) => return Some(QueryVerdict::OfOpenRow(row.at)),
        None => {}
    }
    match worst.verdict {
        QueryVerdict::Violated { .. } => {
            Some(QueryVerdict::Violated { fault: Fault::Parent(row.at), open: None, is_uncertain: true })
        }
        QueryVerdict::ClientChosen(at) => Some(QueryVerdict::ClientChosen(at)),
        _ => None,
    }
}

/// True where a query goes over the rows of all tenants: `Company::with('customers')->get()`.
pub(super) fn goes_over_all(context: QuestionContext<'_>, facts: &TenantFacts, row: &Entry) -> bool {
    let is_list = |kind| matches!(kind, QueryMethodKind::Run | QueryMethodKind::RunEach | QueryMethodKind::RunChunk);
    let is_open = |execution: &Execution| {
        let guard = || context.tenancy.read(facts, &execution.query, Reading::default()).0;
        is_list(execution.kind)
            && execution.query.entry.kind == EntryKind::Model
            && is_tenant(context, facts, &execution.query.subject)
            && guard().is_none()
    };
    context.tenancy.entry(row).is_some_and(|queries| executions_of(queries).iter().any(is_open))
}
