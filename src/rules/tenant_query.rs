//! **tenant/query**: can a query reach rows of another tenant?

use super::executions::{executions_of, is_find_or_write, site_span};
use super::explain::{self, proof_of_guard};
use super::explain_other;
use super::picked_tenant::{is_tenant, picked_by};
use super::query_verdict::{QueryJudgement, QueryVerdict, judge};
use super::{NotRunReason, Question, QuestionContext, Site, root_cause, tenant_not_run};
use crate::analysis::tenancy::{
    Entry, Execution, RawSql, RawStatement, Subject, TenantFacts, Unknown, UnresolvedQuery, read_statement, subject_name,
};
use crate::finding::{Message, Outcome, QuestionId};
use crate::specs::{ContextKind, QueryMethodKind};

/// The question.
#[derive(Debug)]
pub(super) struct TenantQuery;

/// A query on a table that tenants share.
#[derive(Debug)]
pub(super) enum QuerySite<'p> {
    /// A builder.
    Builder {
        /// Where it begins.
        entry: &'p Entry,
        /// Where it is sent, or handed out.
        executions: Vec<Execution>,
        /// The owned table.
        subject: Subject,
    },
    /// SQL as text; none of the tables where it is not known.
    RawSql(&'p RawSql, RawStatement),
    /// A builder of which the table or the relation is not known.
    UnknownSubject(&'p Entry, Unknown),
    /// A call that only builders have, on an unknown receiver.
    Unresolved(&'p UnresolvedQuery),
}

impl Question for TenantQuery {
    const ID: QuestionId = "tenant/query";
    type Site<'p> = QuerySite<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<QuerySite<'_>> {
        let tenancy = context.tenancy;
        let Ok(facts) = &tenancy.facts else { return Vec::new() };
        let mut sites = Vec::new();
        for (entry, queries) in tenancy.queries() {
            let executions: Vec<Execution> =
                executions_of(queries).into_iter().filter(|execution| !is_find_or_write(execution.kind)).collect();
            let owned = executions.iter().find_map(|execution| tenancy.owned_subject(facts, &execution.query));
            match (owned, executions.first().map(|execution| &execution.query.subject)) {
                (Some(subject), _) => sites.push(QuerySite::Builder { entry, executions, subject }),
                (None, Some(subject)) if executions.iter().any(|execution| picks_tenant(context, facts, execution)) => {
                    let subject = subject.clone();
                    sites.push(QuerySite::Builder { entry, executions, subject });
                }
                (None, Some(Subject::Unknown(unknown @ (Unknown::Table | Unknown::Relation)))) => {
                    sites.push(QuerySite::UnknownSubject(entry, *unknown));
                }
                _ => {}
            }
        }
        for sql in tenancy.raw_sql() {
            let statement = read_statement(sql, facts);
            if statement.concerns_tenants() {
                sites.push(QuerySite::RawSql(sql, statement));
            }
        }
        sites.extend(tenancy.unresolved_queries().iter().map(QuerySite::Unresolved));
        sites
    }

    fn place(context: QuestionContext<'_>, site: &QuerySite<'_>) -> Site {
        match site {
            QuerySite::Builder { entry, executions, subject } => Site {
                at: site_span(entry, executions),
                body: entry.body,
                expr: Some(entry.expr),
                subject: subject_name(context.tenancy, subject),
            },
            QuerySite::RawSql(sql, statement) => {
                Site { at: sql.at, body: sql.body, expr: Some(sql.expr), subject: statement.subject(context.tenancy) }
            }
            QuerySite::UnknownSubject(entry, _) => Site { at: entry.at, body: entry.body, expr: Some(entry.expr), subject: None },
            QuerySite::Unresolved(call) => Site { at: call.at, body: call.body, expr: Some(call.expr), subject: None },
        }
    }

    fn judge(context: QuestionContext<'_>, site: &QuerySite<'_>) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        match site {
            QuerySite::Builder { entry, executions, subject } => {
                let judged: Vec<QueryJudgement> =
                    executions.iter().map(|execution| judge(context, facts, execution, subject)).collect();
                match judged.iter().max_by_key(|judgement| judgement.rank()) {
                    Some(worst) => by_check(context, facts, (entry, executions), worst).unwrap_or_else(|| {
                        root_cause::add(outcome(context, facts, worst), root_cause::of_all(context, facts, &judged))
                    }),
                    None => Outcome::Undetermined(Message::new("undetermined.code")),
                }
            }
            QuerySite::RawSql(sql, statement) => raw_sql(context, facts, sql, statement),
            QuerySite::UnknownSubject(_, unknown) => Outcome::Undetermined(explain::unknown(*unknown)),
            QuerySite::Unresolved(call) => {
                Outcome::Undetermined(Message::new("undetermined.receiver").text("method", call.method.as_ref()))
            }
        }
    }
}

/// True where the client picks the tenant's own row.
fn picks_tenant(context: QuestionContext<'_>, facts: &TenantFacts, execution: &Execution) -> bool {
    is_tenant(context, facts, &execution.query.subject) && picked_by(context, execution).is_some()
}

/// What comparisons say that stand before everything that is done with the loaded rows.
fn by_check(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    (entry, executions): (&Entry, &[Execution]),
    worst: &QueryJudgement,
) -> Option<Outcome> {
    let only_loads = executions
        .iter()
        .all(|execution| matches!(execution.kind, QueryMethodKind::Run | QueryMethodKind::Find | QueryMethodKind::FirstWhere));
    let is_picked = matches!(worst.verdict, QueryVerdict::ClientChosen(_)) && is_tenant(context, facts, &worst.subject);
    if !only_loads || !worst.is_open() && !is_picked {
        return None;
    }
    if let Some(check) = context.tenancy.ownership_check(facts, entry) {
        return Some(explain::ownership_check(context, facts, worst, check));
    }
    let is_violated = matches!(worst.verdict, QueryVerdict::Violated { .. });
    let uncertain = context.tenancy.uncertain_check(facts, entry).filter(|_| is_violated);
    uncertain.map(|check| explain::uncertain_check(facts, check))
}

fn outcome(context: QuestionContext<'_>, facts: &TenantFacts, judgement: &QueryJudgement) -> Outcome {
    let is_of_some_model = || context.tenancy.stand_in(facts, &judgement.execution.query.subject).is_some();
    match &judgement.verdict {
        QueryVerdict::Guarded(guard) => proof_of_guard(facts, guard, &judgement.execution.query),
        QueryVerdict::Operator(fault) => explain::operator_query(context, facts, judgement, *fault),
        // Scopes differ from model to model.
        _ if is_of_some_model() => Outcome::Undetermined(explain::unknown(Unknown::Class)),
        QueryVerdict::AlwaysScoped { at, discharged } => explain::always_scoped(context, judgement, *at, discharged),
        QueryVerdict::Undetermined(unknown) => Outcome::Undetermined(explain::unknown(*unknown)),
        QueryVerdict::ClientChosen(at) => explain::client_chosen(facts, *at),
        QueryVerdict::FailOpen(paths) => explain::relies_on_scope(context, facts, judgement, paths),
        QueryVerdict::OfOpenRow(at) => explain::of_open_row(context, facts, judgement, "tenant/unscoped-relation", *at),
        QueryVerdict::Identity(at) => explain::identity_lookup(context, facts, judgement, *at),
        QueryVerdict::Nobody(at) => explain::rows_of_nobody(context, facts, judgement, *at),
        QueryVerdict::Violated { fault, open, is_uncertain } => {
            Outcome::Violated(Box::new(explain::unlimited(context, facts, judgement, *fault, open.as_deref(), *is_uncertain)))
        }
    }
}

fn raw_sql(context: QuestionContext<'_>, facts: &TenantFacts, sql: &RawSql, statement: &RawStatement) -> Outcome {
    match statement {
        RawStatement::Unknown => Outcome::Undetermined(explain::unknown(Unknown::Sql)),
        RawStatement::Unreadable(_) => Outcome::Undetermined(Message::new("undetermined.sql-unreadable")),
        RawStatement::ClientChosen(_) => explain::client_chosen(facts, sql.at),
        RawStatement::Limited(_) => explain_other::raw_sql_limited(facts, sql),
        RawStatement::Elsewhere => Outcome::Undetermined(explain::unknown(Unknown::Sql)),
        RawStatement::Unlimited(_) => {
            let contexts = context.tenancy.contexts.of(context.index, context.index.enclosing(sql.body), sql.at);
            let is_operators = !contexts.is_empty() && contexts.iter().all(|context| context.kind == ContextKind::Console);
            explain_other::raw_sql(context, facts, sql, statement, is_operators)
        }
    }
}
