//! **tenant/write**: can a write find or change a row of another tenant?

use super::executions::{is_find_or_write, site_span};
use super::explain::{self, proof_of_guard};
use super::query_verdict::{QueryJudgement, QueryVerdict, judge};
use super::write_of_key::{self, KeySite};
use super::{NotRunReason, Question, QuestionContext, Site, explain_write, root_cause, tenant_not_run};
use crate::analysis::tenancy::{
    Column, Entry, Execution, Operation, Operator, Predicate, Subject, TenantFacts, Unknown, subject_name,
};
use crate::finding::{Message, Outcome, QuestionId};
use crate::index::Constant;
use crate::specs::{Connective, QueryMethodKind};

/// The question.
#[derive(Debug)]
pub(super) struct TenantWrite;

/// A write to a table that tenants share.
#[derive(Debug)]
pub(super) enum WriteSite<'p> {
    /// A find-or-create or upsert.
    Search {
        /// Where it begins.
        entry: &'p Entry,
        /// The calls that search and write.
        executions: Vec<Execution>,
        /// The table.
        subject: Subject,
    },
    /// The key is written.
    Key(KeySite<'p>),
}

impl Question for TenantWrite {
    const ID: QuestionId = "tenant/write";
    type Site<'p> = WriteSite<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<WriteSite<'_>> {
        let tenancy = context.tenancy;
        let Ok(facts) = &tenancy.facts else { return Vec::new() };
        let mut sites = Vec::new();
        for (entry, queries) in tenancy.queries() {
            let executions: Vec<Execution> =
                queries.executions.iter().filter(|execution| is_find_or_write(execution.kind)).cloned().collect();
            let owned = executions.iter().find_map(|execution| tenancy.owned_subject(facts, &execution.query));
            if let Some(subject) = owned {
                sites.push(WriteSite::Search { entry, executions, subject });
            }
        }
        sites.extend(write_of_key::sites(tenancy, facts).into_iter().map(WriteSite::Key));
        sites
    }

    fn place(context: QuestionContext<'_>, site: &WriteSite<'_>) -> Site {
        match site {
            WriteSite::Search { entry, executions, subject } => Site {
                at: site_span(entry, executions),
                body: entry.body,
                expr: Some(entry.expr),
                subject: subject_name(context.tenancy, subject),
            },
            WriteSite::Key(key) => {
                Site { at: key.at, body: key.body, expr: Some(key.expr), subject: subject_name(context.tenancy, &key.subject) }
            }
        }
    }

    fn judge(context: QuestionContext<'_>, site: &WriteSite<'_>) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        let (executions, subject) = match site {
            WriteSite::Search { executions, subject, .. } => (executions, subject),
            WriteSite::Key(key) => return write_of_key::judge(context, facts, key),
        };
        let judged: Vec<QueryJudgement> =
            executions.iter().map(|execution| judge(context, facts, &with_search(facts, execution), subject)).collect();
        let worst = judged.iter().zip(executions).max_by_key(|(judgement, _)| judgement.rank());
        let Some((worst, execution)) = worst else { return Outcome::Undetermined(Message::new("undetermined.code")) };
        let said = outcome(context, facts, worst, execution.search.is_none());
        root_cause::add(said, root_cause::of_all(context, facts, &judged))
    }
}

/// The search array limits as conditions do. `upsert` has none: the database's unique index decides.
fn with_search(facts: &TenantFacts, execution: &Execution) -> Execution {
    let mut searched = execution.clone();
    for (column, operand) in execution.search.iter().flatten() {
        let mut operand = operand.clone();
        if execution.kind == QueryMethodKind::Upsert && **column == *facts.key {
            operand.origins = crate::flow::Origins::unknown();
        }
        let is_null = operand.constant.as_deref() == Some(&Constant::Null);
        let operator = if is_null { Operator::IsNull } else { Operator::Equal };
        let predicate = Predicate::Compare(Column::plain(column), operator, operand);
        searched.query.operations.push(Operation::Where(Connective::And, predicate, execution.at));
    }
    searched
}

fn outcome(context: QuestionContext<'_>, facts: &TenantFacts, judgement: &QueryJudgement, is_unknown: bool) -> Outcome {
    match &judgement.verdict {
        QueryVerdict::Guarded(guard) => proof_of_guard(facts, guard, &judgement.execution.query),
        QueryVerdict::AlwaysScoped { at, discharged } => explain::always_scoped(context, judgement, *at, discharged),
        QueryVerdict::Undetermined(unknown) => Outcome::Undetermined(explain::unknown(*unknown)),
        QueryVerdict::ClientChosen(at) => explain::client_chosen(facts, *at),
        QueryVerdict::FailOpen(paths) => explain_write::write_relies_on_scope(context, facts, judgement, paths),
        QueryVerdict::OfOpenRow(at) if !is_unknown => {
            explain::of_open_row(context, facts, judgement, "tenant/unscoped-write", *at)
        }
        QueryVerdict::Operator(_) | QueryVerdict::Identity(_) if !is_unknown => {
            explain_write::operator_write(context, facts, judgement)
        }
        _ if is_unknown => Outcome::Undetermined(explain::unknown(Unknown::Array)),
        _ => Outcome::Violated(Box::new(explain_write::unscoped_write(context, facts, judgement))),
    }
}
