//! Input that a rule has found among the rows of the user's tenant, before a query is sent.

use super::QuestionContext;
use super::rule_tenant::{Membership, RuleTenant};
use crate::analysis::contexts::Context;
use crate::analysis::tenancy::{Execution, PassedField, RuleLimit, TenantFacts, ValidationRule, ValuePlace};

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
        let given: Vec<ValuePlace> = execution.passed.iter().copied().chain(of_requests).collect();
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
