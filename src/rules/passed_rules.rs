//! Values that a rule or a query has found among the rows of the user's tenant, before a query is sent.

use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::QuestionContext;
use super::executions::executions_of;
use super::query_verdict::{QueryVerdict, judge_at};
use super::rule_tenant::{Membership, RuleTenant};
use crate::analysis::contexts::Context;
use crate::analysis::tenancy::{
    Entry, Execution, FoundKey, Operation, PassedCheck, PassedField, RuleLimit, TenantFacts, ValidationRule, ValuePlace,
    comparisons,
};
use crate::flow::Origin;

/// The fields that rules have looked up.
#[derive(Clone, Debug, Default)]
pub(super) struct PassedFields {
    /// Among the rows of a tenant that is the user's.
    pub(super) known: Vec<PassedField>,
    /// The same, and those of which it is not known whose tenant the rule looks at.
    pub(super) all: Vec<PassedField>,
}

impl PassedFields {
    /// The fields that rules have looked up before a query is sent; `depth` is how many rows are followed still.
    pub(super) fn before(
        context: QuestionContext<'_>,
        facts: &TenantFacts,
        execution: &Execution,
        (place, depth): (Option<&Context>, u8),
    ) -> Self {
        let mut fields = Self::default();
        let Some(below) = depth.checked_sub(1) else { return fields };
        let functions = place.map(|place| place.entry).into_iter().chain([execution.function]);
        let of_requests = functions.flat_map(|function| context.tenancy.form_rules(function));
        let found = execution.passed.iter().filter_map(|check| match check {
            // Whether a key was found among the tenant's takes a judgement of its own: it is asked where the key is used.
            PassedCheck::Found(found) if compares(&execution.query.operations, &found.value) => {
                field_of(context, facts, found, below)
            }
            PassedCheck::Found(_) => None,
            PassedCheck::Rules(_) => None,
        });
        for field in found {
            fields.known.push(field.clone());
            fields.all.push(field);
        }
        let by_rules = execution.passed.iter().filter_map(|check| match check {
            PassedCheck::Rules(place) => Some(*place),
            PassedCheck::Found(_) => None,
        });
        let given: Vec<ValuePlace> = by_rules.chain(of_requests).collect();
        for (name, rule) in given.into_iter().flat_map(|given| context.tenancy.rules_of(given)) {
            let Some(field) = PassedField::of(&name, rule) else { continue };
            match is_users(context, facts, rule, below) {
                Some(true) => {
                    fields.known.push(field.clone());
                    fields.all.push(field);
                }
                Some(false) => {}
                None => fields.all.push(field),
            }
        }
        fields
    }
}

/// Whether queries by which keys were found are limited: many queries behind one of them ask that.
#[derive(Debug, Default)]
pub struct FoundQueries {
    known: Mutex<FxHashMap<(Entry, u8), bool>>,
}

impl FoundQueries {
    fn is_limited(&self, query: &Entry, depth: u8, judge: impl FnOnce() -> bool) -> bool {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = (query.clone(), depth);
        if let Some(answer) = known().get(&asked) {
            return *answer;
        }
        // Not locked meanwhile: the judgement may ask about other queries.
        let answer = judge();
        known().insert(asked, answer);
        answer
    }
}

/// The key that a query has found, where all that the query may find is the user's tenant's.
fn field_of(context: QuestionContext<'_>, facts: &TenantFacts, found: &FoundKey, depth: u8) -> Option<PassedField> {
    let tenancy = context.tenancy;
    let executions = executions_of(tenancy.entry(&found.query)?);
    let subject = tenancy.owned_subject(facts, &executions.first()?.query)?;
    let is_limited = |execution: &Execution| {
        let verdict = judge_at(context, facts, execution, &subject, depth).verdict;
        matches!(verdict, QueryVerdict::Guarded(_) | QueryVerdict::AlwaysScoped { .. })
    };
    let column = tenancy.model(&subject)?.primary_key.clone();
    let are_limited = context.found.is_limited(&found.query, depth, || executions.iter().all(is_limited));
    are_limited.then(|| PassedField::of_row(&found.value, subject.clone(), &column, found.query.at))
}

/// Whether a rule looks at the rows of the user's tenant alone, where that is known.
fn is_users(context: QuestionContext<'_>, facts: &TenantFacts, rule: &ValidationRule, depth: u8) -> Option<bool> {
    match rule.limit {
        RuleLimit::Key(_, place) => Some((RuleTenant { context, facts, place }).by_rows_within(depth).is_none()),
        RuleLimit::ClientChosen(_, place) => match (RuleTenant { context, facts, place }).membership() {
            Membership::Checked => Some(true),
            Membership::Unknown => None,
            Membership::Unchecked => Some(false),
        },
        RuleLimit::Unknown(..) => None,
        _ => Some(false),
    }
}

/// True where a condition compares something with a value.
fn compares(operations: &[Operation], value: &Origin) -> bool {
    comparisons(operations).into_iter().any(|(_, operand, _)| operand.origins.any(|origin| origin == value))
}
