//! What the query that loaded a row says about the row's keys: nothing, or why they are not to be trusted.

use super::executions::{executions_of, is_find_or_write};
use super::query_verdict::{Fault, QueryJudgement, QueryVerdict, judge_at};
use super::{QuestionContext, picked_tenant, selection};
use crate::analysis::contexts::Context;
use crate::analysis::tenancy::{Check, Entry, Execution, Operation, Predicate, Protection, Reading, TenantFacts};
use crate::flow::{Origin, Root};
use crate::index::BodyKey;
use crate::specs::ContextKind;

/// True where the client picks the row: by a value of the request, or by an argument of the entry point.
fn chooses_row(judgement: &QueryJudgement) -> bool {
    let execution = &judgement.execution;
    let is_entry_point = judgement.context.as_ref().is_some_and(|context| {
        let faces_clients = matches!(context.kind, ContextKind::Http | ContextKind::Public | ContextKind::Authenticated);
        faces_clients && context.entry == execution.function
    });
    let is_chosen = |origin: &Origin| is_choice(origin, is_entry_point);
    execution.query.operations.iter().any(|operation| {
        matches!(operation, Operation::Where(_, Predicate::Compare(_, _, operand), _) if operand.origins.any(is_chosen))
    })
}

/// A value of the request, or an argument of the entry point.
fn is_choice(origin: &Origin, is_entry_point: bool) -> bool {
    match origin.root {
        Root::Request => true,
        Root::Parameter(_) => is_entry_point && origin.path.is_empty(),
        _ => false,
    }
}

/// How rows are followed to the queries that loaded them.
pub(super) struct LoadedRow<'r, 'p> {
    pub(super) context: QuestionContext<'p>,
    pub(super) facts: &'r TenantFacts,
    /// The function that has the row at hand.
    pub(super) function: BodyKey,
    /// What is to be said of the row is said where it is chosen.
    pub(super) is_said_elsewhere: bool,
    /// A property of the row is read, no query built on it.
    pub(super) is_load: bool,
    /// Rows that were loaded by rows: so many are followed.
    pub(super) depth: u8,
}

impl LoadedRow<'_, '_> {
    /// What the query says that loaded the row at hand, where it spoils the key.
    pub(super) fn verdict(&self, row: &Entry) -> Option<QueryVerdict> {
        let tenancy = self.context.tenancy;
        if self.depth == 0 {
            return None;
        }
        if let Some(verdict) = picked_tenant::verdict_on(self.context, self.facts, (row, self.function), self.depth) {
            return Some(verdict);
        }
        if let Some(rows) = tenancy.rows_of_attribute(row) {
            // What is to be said of the row is said where the middleware loads it.
            let function = self.context.index.enclosing(row.body);
            let of_middleware = Self { function, is_said_elsewhere: true, depth: self.depth - 1, ..*self };
            return QueryVerdict::worst(rows.iter().filter_map(|row| of_middleware.verdict(row)));
        }
        let executions = match tenancy.bound_row(row) {
            Some(bound) => match tenancy.bound_parent(bound) {
                Some(parent) => return self.verdict(&parent.entry()),
                None => vec![bound.look_up()],
            },
            None => executions_of(tenancy.entry(row)?),
        };
        match tenancy.ownership_check(self.facts, row) {
            Some(Check { role: None, .. }) => return None,
            Some(_) => return Some(QueryVerdict::OfOpenRow(row.at)),
            // Compared with a tenant of which it is not known whether it is the user's: that is said where the row is loaded.
            None if tenancy.uncertain_check(self.facts, row).is_some() => return Some(QueryVerdict::OfOpenRow(row.at)),
            None => {}
        }
        if let Some(verdict) = self.chosen_user(row, &executions).or_else(|| self.of_users_row(row, &executions)) {
            return Some(verdict);
        }
        let verdicts = executions.iter().filter(|execution| !is_find_or_write(execution.kind)).filter_map(|execution| {
            let subject = tenancy.owned_subject(self.facts, &execution.query)?;
            Some(judge_at(self.context, self.facts, execution, &subject, self.depth - 1))
        });
        let worst = verdicts.max_by_key(QueryJudgement::rank)?;
        match worst.verdict {
            QueryVerdict::Violated { ref open, is_uncertain, .. } if chooses_row(&worst) && !self.is_said_elsewhere => {
                Some(QueryVerdict::Violated { fault: Fault::Parent(row.at), open: open.clone(), is_uncertain })
            }
            QueryVerdict::Violated { .. } | QueryVerdict::Undetermined(_) => Some(QueryVerdict::OfOpenRow(row.at)),
            QueryVerdict::ClientChosen(at) => Some(QueryVerdict::ClientChosen(at)),
            // What is safe under an assumption only is no better a row further on.
            QueryVerdict::Operator(fault) => Some(QueryVerdict::Operator(fault)),
            QueryVerdict::FailOpen(_) | QueryVerdict::Identity(_) | QueryVerdict::Nobody(_) => {
                Some(QueryVerdict::OfOpenRow(row.at))
            }
            QueryVerdict::OfOpenRow(at) => Some(QueryVerdict::OfOpenRow(at)),
            QueryVerdict::Guarded(_) | QueryVerdict::AlwaysScoped { .. } => None,
        }
    }

    /// A row that belongs to one who logs in: its query is no site, so what it selects by is looked at here.
    fn of_users_row(&self, row: &Entry, executions: &[Execution]) -> Option<QueryVerdict> {
        let tenancy = self.context.tenancy;
        executions.iter().find_map(|execution| {
            let model = tenancy.model(&execution.query.subject)?;
            if tenancy.owned_subject(self.facts, &execution.query).is_some() || !self.facts.is_of_user(&model.name) {
                return None;
            }
            match tenancy.read(self.facts, &execution.query, Reading::default()).0.map(|guard| guard.protection) {
                Some(Protection::RowKey(operand) | Protection::OwnKey(operand)) => {
                    let before = Self { depth: self.depth - 1, ..*self };
                    QueryVerdict::worst(operand.rows.iter().filter(|before| *before != row).filter_map(|row| before.verdict(row)))
                }
                Some(_) => None,
                None => Some(self.unlimited(row, execution)),
            }
        })
    }

    /// A row that nothing limits: a fault where the client picks it.
    fn unlimited(&self, row: &Entry, execution: &Execution) -> QueryVerdict {
        let contexts = super::query_verdict::contexts(self.context, execution);
        let faces_clients = |context: &&Context| {
            let of_client = matches!(context.kind, ContextKind::Http | ContextKind::Public | ContextKind::Authenticated);
            of_client && context.entry == execution.function
        };
        let is_entry_point = contexts.iter().flatten().any(faces_clients);
        let is_chosen = execution.query.operations.iter().any(|told| {
            matches!(told, Operation::Where(_, Predicate::Compare(_, _, operand), _)
                if operand.origins.any(|origin| is_choice(origin, is_entry_point)))
        });
        if is_chosen && !selection::is_pinned_by_unknown(execution, true) && !self.is_said_elsewhere && !self.is_load {
            return QueryVerdict::Violated { fault: Fault::Parent(row.at), open: None, is_uncertain: true };
        }
        QueryVerdict::OfOpenRow(row.at)
    }

    /// A user whom the client picks is no anchor, though the table of users may have no key.
    fn chosen_user(&self, row: &Entry, executions: &[Execution]) -> Option<QueryVerdict> {
        let tenancy = self.context.tenancy;
        let picked = executions.iter().find(|execution| {
            let is_user = |model: &crate::index::Model| {
                self.context.index.name_is_a(&model.name, "Illuminate\\Contracts\\Auth\\Authenticatable")
            };
            tenancy.owned_subject(self.facts, &execution.query).is_none()
                && tenancy.model(&execution.query.subject).is_some_and(is_user)
                && execution.query.operations.iter().any(|told| {
                    matches!(told, Operation::Where(_, Predicate::Compare(_, _, operand), _)
                        if operand.origins.any(|origin| origin.root == Root::Request))
                })
        })?;
        let (guard, _) = tenancy.read(self.facts, &picked.query, Reading::default());
        let is_limited = guard.is_some_and(|guard| !matches!(guard.protection, Protection::RowKey(_) | Protection::OwnKey(_)));
        (!is_limited).then_some(QueryVerdict::Violated { fault: Fault::Parent(row.at), open: None, is_uncertain: true })
    }
}
