//! The tenant that a validation rule names: was it checked, which row was it read from, and what is it called?

use super::QuestionContext;
use super::executions::executions_of;
use super::query_verdict::{PARENTS, QueryVerdict};
use super::row_verdict::LoadedRow;
use crate::analysis::contexts::Context;
use crate::analysis::tenancy::{
    Entry, Execution, Operation, Predicate, RuleValue, Standing, StandingReader, TenantFacts, ValuePlace, is_ruled,
};
use crate::flow::{Origin, Root};
use crate::index::BodyKey;
use crate::specs::ContextKind;

/// Whether a tenant of the request is held against what belongs to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Membership {
    /// It is, before the rule asks.
    Checked,
    /// It may be.
    Unknown,
    /// The way to the rule is known, and nothing on it asks.
    Unchecked,
}

/// The value of a rule that names a tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleTenant<'r, 'p> {
    pub(super) context: QuestionContext<'p>,
    pub(super) facts: &'r TenantFacts,
    pub(super) place: ValuePlace,
}

impl RuleTenant<'_, '_> {
    fn values(&self) -> &[RuleValue] {
        self.context.tenancy.rule_values(self.place)
    }

    /// The worst that is known of the values of a request.
    pub(super) fn membership(&self) -> Membership {
        self.values().iter().map(|value| self.membership_of(value)).max().unwrap_or(Membership::Unknown)
    }

    fn membership_of(&self, value: &RuleValue) -> Membership {
        let function = self.context.index.enclosing(value.function);
        let at = value.through.last().copied().unwrap_or(value.at);
        let contexts = self.context.tenancy.contexts.of(self.context.index, function, at);
        let reader = StandingReader { project: self.context.tenancy.project, facts: self.facts, function: value.function };
        let chosen: Vec<&Origin> =
            value.value.origins.iter().filter(|origin| reader.of_origin(origin) == Standing::Client).collect();
        let in_context = |place: &Context| {
            let is_member = |origin: &&Origin| place.is_member(origin, &self.facts.key, self.facts.root.as_deref());
            if chosen.iter().all(is_member) {
                return Membership::Checked;
            }
            let is_known = place.is_routed && matches!(place.kind, ContextKind::Public | ContextKind::Authenticated);
            let may_check = chosen.iter().any(|origin| self.may_check(place, function, origin));
            if is_known && !may_check { Membership::Unchecked } else { Membership::Unknown }
        };
        contexts.iter().map(in_context).max().unwrap_or(Membership::Unknown)
    }

    /// True where some code on the way, or a rule on the field itself, may ask whether the tenant is the user's.
    fn may_check(&self, place: &Context, function: BodyKey, origin: &Origin) -> bool {
        let index = self.context.index;
        let tenancy = self.context.tenancy;
        let of_request = |name| {
            let class = index.body_class(function)?;
            index.find_method(class, name).map(|method| index.method_body(method))
        };
        let also = ["authorize", "prepareForValidation", "withValidator", "after", "passedValidation"];
        let bodies = also.into_iter().filter_map(of_request).chain([function]);
        bodies.into_iter().any(|body| tenancy.contexts.may_check(tenancy.project, place, body, origin))
            || origin.last().is_some_and(|field| is_ruled(self.context.index, function, field))
    }

    /// What spoils the rows that the tenant was read from.
    pub(super) fn by_rows(&self) -> Option<QueryVerdict> {
        self.by_rows_within(PARENTS)
    }

    /// The same, where so many rows are followed.
    pub(super) fn by_rows_within(&self, depth: u8) -> Option<QueryVerdict> {
        let of_value = |value: &RuleValue| {
            let function = value.function;
            let rows =
                LoadedRow { context: self.context, facts: self.facts, function, is_said_elsewhere: false, is_load: false, depth };
            let of_row = |row| rows.verdict(row).or_else(|| self.chosen_root(value.function, row));
            QueryVerdict::worst(value.value.rows.iter().filter_map(of_row))
        };
        QueryVerdict::worst(self.values().iter().filter_map(of_value))
    }

    /// The row of a tenant that the client picks is no anchor: where the function loads it, or passes the key by which it
    /// is loaded.
    fn chosen_root(&self, function: BodyKey, row: &Entry) -> Option<QueryVerdict> {
        let tenancy = self.context.tenancy;
        let index = self.context.index;
        let is_chosen = |told: &Operation| {
            matches!(told, Operation::Where(_, Predicate::Compare(_, _, operand), _)
                if operand.origins.any(|origin| origin.root == Root::Request))
        };
        let class = index.body_class(function);
        let is_of_function = |execution: &&Execution| {
            let other = index.body_class(execution.function);
            let inherits = class.zip(other).is_some_and(|(class, other)| index.is_a(class, index.class_name(other)));
            execution.through_call.is_empty() || execution.function == function || inherits
        };
        let executions = executions_of(tenancy.entry(row)?);
        let picked = executions.iter().filter(is_of_function).find(|execution| {
            let model = tenancy.model(&execution.query.subject);
            model.is_some_and(|model| Some(&*model.name) == self.facts.root.as_deref())
                && execution.query.operations.iter().any(is_chosen)
        })?;
        Some(QueryVerdict::ClientChosen(picked.at))
    }

    /// The value as the code names it: `$companyId`, `$this->companyId`, `current_company()`.
    pub(super) fn name(&self) -> String {
        let reader = |value: &RuleValue| StandingReader {
            project: self.context.tenancy.project,
            facts: self.facts,
            function: value.function,
        };
        let unknown = self.values().iter().find_map(|value| {
            let origin = value.value.origins.iter().find(|origin| reader(value).of_origin(origin) == Standing::Unknown)?;
            self.name_of(value, origin)
        });
        unknown.or_else(|| self.place.name(self.context.index)).unwrap_or_else(|| "the value".to_owned())
    }

    fn name_of(&self, value: &RuleValue, origin: &Origin) -> Option<String> {
        let index = self.context.index;
        let start = match &origin.root {
            Root::Parameter(position) => {
                let parameter = index.signature(value.function)?.parameters.get(usize::from(*position))?;
                format!("${}", index.hir(value.function.file).text(parameter.name))
            }
            Root::This => "$this".to_owned(),
            Root::User => "$user".to_owned(),
            Root::Call(symbol) => format!("{symbol}()"),
            Root::Configuration => "config()".to_owned(),
            Root::Environment => "env()".to_owned(),
            Root::Session => "session()".to_owned(),
            Root::Row(class) => crate::analysis::tenancy::short_name(class).to_string(),
            _ => return None,
        };
        Some(origin.path.iter().fold(start, |name, member| format!("{name}->{member}")))
    }
}
