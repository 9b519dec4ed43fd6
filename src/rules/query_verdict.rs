//! The verdict on one query that is sent, in one context. Shared by the questions on queries and writes.
//!
//! Order of protection: a condition that holds on every path, the key of a row at hand, a global scope
//! that always limits, a fail-open scope by kind and context, none.

mod operators;
mod parents;

use super::passed_rules::PassedFields;
use super::selection::{Selection, is_pinned_by_unknown};
use super::{QuestionContext, picked_tenant};
use crate::analysis::contexts::{Context, PanelKind, Place, asked_before_all};
use crate::analysis::tenancy::{
    Column, EntryKind, Execution, Guard, Known, Observations, OpenKind, OpenPath, Operation, Operator, Predicate, Protection,
    Reading, Removed, ScopeBehaviour, ScopeEffect, Subject, TenantFacts, Unknown, looks_like_key,
};
use crate::finding::Location;
use crate::flow::Origin;
use crate::index::{GlobalScope, ScopeIdentifier};
use crate::specs::{Connective, ContextKind, QueryMethodKind};

/// Why a query is not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Compares the key so that it points away from one tenant.
    Foreign,
    /// Names a fixed tenant.
    FixedTenant,
    /// An `or` leads past the limit.
    OrEscapes,
    /// The scope that would limit is removed.
    ScopeRemoved,
    /// The limit stands on some paths only.
    Optional,
    /// The client names the tenant, there, and nothing holds that against what belongs to the user.
    Untrusted(Location),
    /// The row that its key comes from was loaded without a limit, there.
    Parent(Location),
    /// No limit at all.
    Unscoped,
}

/// The verdict in the terms of the analysis.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum QueryVerdict {
    /// Limited by what the builder was told.
    Guarded(Guard),
    /// Limited by a scope on every path; open paths that the context excludes are listed.
    AlwaysScoped {
        /// The comparison in the scope.
        at: Location,
        /// Paths that cannot be taken here, since somebody is logged in.
        discharged: Vec<OpenPath>,
    },
    /// Limited by a scope, provided that its open paths are not taken.
    FailOpen(Vec<OpenPath>),
    /// An operator's tool that looks at all tenants.
    Operator(Fault),
    /// Looked up by an id that is unique over all tenants, and only read.
    Identity(Location),
    /// The rows that belong to no tenant, and no others.
    Nobody(Location),
    /// Limited by the key of a row that was loaded, there, without a limit.
    OfOpenRow(Location),
    /// Not limited.
    Violated {
        /// Why.
        fault: Fault,
        /// The scope that does not help, with its open paths.
        open: Option<Vec<OpenPath>>,
        /// Less than certain.
        is_uncertain: bool,
    },
    /// Not decided.
    Undetermined(Unknown),
    /// The key's value is chosen by the client; whether it is checked is not known.
    ClientChosen(Location),
}

impl QueryVerdict {
    /// Worse verdicts are greater.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Guarded(_) => 0,
            Self::AlwaysScoped { .. } => 1,
            Self::Identity(_) | Self::Nobody(_) => 2,
            Self::Operator(_) => 3,
            Self::FailOpen(_) | Self::OfOpenRow(_) => 4,
            Self::ClientChosen(_) => 5,
            Self::Undetermined(_) => 6,
            Self::Violated { is_uncertain: true, .. } => 7,
            Self::Violated { .. } => 8,
        }
    }

    /// The worst one.
    pub(super) fn worst(verdicts: impl Iterator<Item = Self>) -> Option<Self> {
        verdicts.max_by_key(Self::rank)
    }
}

/// A verdict with all that explains it.
#[derive(Clone, Debug)]
pub(super) struct QueryJudgement {
    /// The verdict.
    pub(super) verdict: QueryVerdict,
    /// What the builder was told.
    pub(super) seen: Observations,
    /// The execution.
    pub(super) execution: Execution,
    /// The subject that belongs to a tenant.
    pub(super) subject: Subject,
    /// The context; none where no caller is found.
    pub(super) context: Option<Context>,
    /// The scopes that concern the key.
    pub(super) scopes: Vec<(ScopeIdentifier, Location, ScopeBehaviour)>,
    /// The column that selects a person, if any.
    pub(super) person: Option<String>,
}

impl QueryJudgement {
    /// True where nothing in the query itself keeps it to one tenant.
    pub(super) const fn is_open(&self) -> bool {
        matches!(
            self.verdict,
            QueryVerdict::Violated { .. }
                | QueryVerdict::FailOpen(_)
                | QueryVerdict::Operator(_)
                | QueryVerdict::Identity(_)
                | QueryVerdict::Nobody(_)
        )
    }

    /// Worse verdicts are greater.
    pub(super) const fn rank(&self) -> u8 {
        self.verdict.rank()
    }
}

/// The contexts in which an execution may run; `None` stands for an unknown one.
pub(super) fn contexts<'p>(context: QuestionContext<'p>, execution: &Execution) -> Vec<Option<&'p Context>> {
    // A query that is told with a caller's argument runs where that caller calls.
    let at = execution.through_call.last().copied().unwrap_or(execution.at);
    match context.tenancy.contexts.of(context.index, execution.function, at) {
        [] => vec![None],
        known => known.iter().map(Some).collect(),
    }
}

/// Limits of one query that are tried.
const LIMITS: usize = 4;

/// Rows that were loaded by rows that were loaded by rows.
pub(super) const PARENTS: u8 = 3;

/// The worst verdict on a query over the contexts in which it is sent.
pub(super) fn judge(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    execution: &Execution,
    subject: &Subject,
) -> QueryJudgement {
    judge_at(context, facts, execution, subject, PARENTS)
}

pub(super) fn judge_at(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    execution: &Execution,
    subject: &Subject,
    depth: u8,
) -> QueryJudgement {
    let mut worst: Option<QueryJudgement> = None;
    for place in contexts(context, execution) {
        let judgement = judge_in(context, facts, execution, subject, (place, depth));
        if worst.as_ref().is_none_or(|known| judgement.rank() > known.rank()) {
            worst = Some(judgement);
        }
    }
    // There is at least one context, the unknown one.
    worst.unwrap_or_else(|| judge_in(context, facts, execution, subject, (None, depth)))
}

fn judge_in(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    execution: &Execution,
    subject: &Subject,
    (place, depth): (Option<&Context>, u8),
) -> QueryJudgement {
    let tenancy = context.tenancy;
    let sent_at = place.map(|context| Place { context, function: execution.function });
    let passed = PassedFields::before(context, facts, execution, (place, depth));
    let known = Known { place: sent_at, passed: &passed.known, spoilt: &[] };
    let (guard, seen) = tenancy.read_at(facts, &execution.query, Reading::default(), known);
    let model = tenancy.model(subject);
    let scopes = model.map(|model| tenancy.scopes_of(model)).unwrap_or_default();
    let judge = Judge { context, facts, execution, subject, place, depth, passed: &passed, seen: &seen, scopes };
    let verdict = judge.verdict(guard);
    let person = judge.selection().person_column();
    QueryJudgement {
        verdict,
        person,
        execution: execution.clone(),
        subject: subject.clone(),
        context: place.cloned(),
        scopes: scopes.iter().map(|(scope, behaviour)| (scope.identifier.clone(), scope.registered, behaviour.clone())).collect(),
        seen,
    }
}

/// The global scopes that are applied to a query, with what they do; and how many concern the key at all.
pub(super) fn active_scopes<'p>(
    context: QuestionContext<'p>,
    facts: &TenantFacts,
    execution: &Execution,
    subject: &Subject,
    seen: &Observations,
) -> (Vec<ScopeEffect<'p>>, usize) {
    let model = context.tenancy.model(subject);
    let scopes = model.map(|model| context.tenancy.scopes_of(model)).unwrap_or_default();
    let passed = PassedFields::default();
    let judge = Judge { context, facts, execution, subject, place: None, depth: 0, passed: &passed, seen, scopes };
    let active = scopes.iter().filter(|(scope, _)| judge.is_active(scope)).cloned().collect();
    (active, scopes.len())
}

/// Code that was not followed; a package's is trusted to leave the limits alone.
fn first_unread(opaque: &[(Unknown, Location)]) -> Option<Unknown> {
    opaque.iter().find(|(unknown, _)| *unknown != Unknown::Package).map(|(unknown, _)| *unknown)
}

struct Judge<'j, 'p> {
    context: QuestionContext<'p>,
    facts: &'j TenantFacts,
    execution: &'j Execution,
    subject: &'j Subject,
    place: Option<&'j Context>,
    /// How many rows are followed to the queries that loaded them.
    depth: u8,
    passed: &'j PassedFields,
    seen: &'j Observations,
    scopes: &'j [ScopeEffect<'p>],
}

impl Judge<'_, '_> {
    fn kind(&self) -> Option<ContextKind> {
        self.place.map(|context| context.kind)
    }

    fn verdict(&self, guard: Option<Guard>) -> QueryVerdict {
        if picked_tenant::is_tenant(self.context, self.facts, self.subject) {
            return self.of_tenant(guard);
        }
        let guard = guard.or_else(|| self.correlation());
        let blind = first_unread(&self.seen.opaque);
        if let Some(guard) = guard {
            if let Some(unknown) = blind {
                return QueryVerdict::Undetermined(unknown);
            }
            return self.guarded_by_any(guard);
        }
        let (active, removed): (Vec<_>, Vec<_>) = self.scopes.iter().partition(|(scope, _)| self.is_active(scope));
        if let Some(verdict) = self.by_scopes(&active) {
            return verdict;
        }
        if let Some(unknown) = blind.or_else(|| first_unread(&self.seen.narrowing)) {
            return QueryVerdict::Undetermined(unknown);
        }
        let open = active.iter().find_map(|(_, behaviour)| match behaviour {
            ScopeBehaviour::FailOpen { open, .. } => Some(open.clone()),
            _ => None,
        });
        if active.iter().any(|(_, behaviour)| *behaviour == ScopeBehaviour::Unknown) {
            return QueryVerdict::Undetermined(Unknown::Class);
        }
        // A table has no scopes that could be removed.
        let has_scopes = self.execution.query.entry.kind != EntryKind::Table;
        let fault = self.fault(has_scopes && !removed.is_empty());
        if let Some(verdict) = self.nobody() {
            return verdict;
        }
        if self.is_load() && fault == Fault::Unscoped {
            return QueryVerdict::OfOpenRow(self.execution.query.entry.at);
        }
        if let Some(at) = self.selection().unique_id(self.kind() != Some(ContextKind::Authenticated)) {
            return QueryVerdict::Identity(at);
        }
        if fault == Fault::Unscoped && self.place.is_none() && self.selection().is_by_unknown_object() {
            return QueryVerdict::Undetermined(Unknown::Argument);
        }
        if fault == Fault::Unscoped && (self.seen.is_by_parameter || self.may_have_passed()) {
            return QueryVerdict::Undetermined(Unknown::Argument);
        }
        // A table without the key is limited by the rows that its own belong to, and by nothing else.
        if fault == Fault::Unscoped
            && !self.facts.has_key(self.subject)
            && is_pinned_by_unknown(self.execution, self.place.is_some())
        {
            return QueryVerdict::Undetermined(Unknown::Owner);
        }
        if self.is_operators() || self.is_batch(fault) {
            return QueryVerdict::Operator(fault);
        }
        let is_uncertain = open.is_some() && matches!(self.kind(), None | Some(ContextKind::Http | ContextKind::Authenticated));
        QueryVerdict::Violated { fault, open, is_uncertain }
    }

    /// Of several limits the first one counts whose value is to be trusted.
    fn guarded_by_any(&self, guard: Guard) -> QueryVerdict {
        let mut spoilt = vec![guard.at];
        let verdict = self.guarded(guard);
        let is_spoilt = |verdict: &QueryVerdict| {
            use QueryVerdict::{ClientChosen, OfOpenRow, Operator, Violated};
            matches!(verdict, Violated { .. } | OfOpenRow(_) | ClientChosen(_) | Operator(_))
        };
        while is_spoilt(&verdict) && spoilt.len() <= LIMITS {
            let Some(other) = self.read(Reading::default(), &spoilt) else { break };
            spoilt.push(other.at);
            let by_other = self.guarded(other);
            if !is_spoilt(&by_other) {
                return by_other;
            }
        }
        verdict
    }

    /// What limits the query, those conditions left out of which the value is not to be trusted.
    fn read(&self, reading: Reading, spoilt: &[Location]) -> Option<Guard> {
        let place = self.place.map(|context| Place { context, function: self.execution.function });
        let known = Known { place, passed: &self.passed.known, spoilt };
        self.context.tenancy.read_at(self.facts, &self.execution.query, reading, known).0
    }

    fn guarded(&self, guard: Guard) -> QueryVerdict {
        let chosen = self.chosen(&guard);
        if !chosen.iter().all(|value| self.is_member(value)) {
            return self.client_chosen(guard.at, &chosen);
        }
        if let Some(verdict) = self.loaded_with_all_tenants(&guard) {
            return verdict;
        }
        if let Protection::Key(operand) = &guard.protection
            && let Some(verdict) = QueryVerdict::worst(operand.rows.iter().filter_map(|row| self.picked_tenant(row)))
        {
            return verdict;
        }
        if guard.protection == Protection::Member
            && let Some(at) = asked_before_all(self.context.tenancy.project)
        {
            return QueryVerdict::FailOpen(vec![OpenPath { kind: OpenKind::Role, at }]);
        }
        if let Protection::RowKey(operand) | Protection::OwnKey(operand) = &guard.protection
            && let Some(verdict) = QueryVerdict::worst(operand.rows.iter().filter_map(|row| self.parent(row)))
                .or_else(|| self.parent_in_property(operand))
        {
            return verdict;
        }
        QueryVerdict::Guarded(guard)
    }

    /// A query on the tenant's own table: is it the user's tenant, or one that the client picks?
    fn of_tenant(&self, guard: Option<Guard>) -> QueryVerdict {
        if let Some(guard) = guard {
            return self.guarded(guard);
        }
        match picked_tenant::picked_by(self.context, self.execution) {
            Some((at, chosen)) if chosen.iter().all(|value| self.is_member(value)) => {
                QueryVerdict::Guarded(Guard { protection: Protection::Member, at })
            }
            Some((at, chosen)) => self.client_chosen(at, &chosen),
            None => QueryVerdict::Identity(self.execution.query.entry.at),
        }
    }

    /// The values of the client that choose the tenant.
    fn chosen(&self, guard: &Guard) -> Vec<Origin> {
        guard.values().filter(|value| picked_tenant::is_chosen(self.context, self.execution, value)).cloned().collect()
    }

    /// True where a middleware, or the code of the function itself, has found the value among the user's own.
    fn is_member(&self, slot: &Origin) -> bool {
        let (key, root) = (self.facts.key.as_str(), self.facts.root.as_deref());
        let tenancy = self.context.tenancy;
        self.place.is_some_and(|place| place.is_member(slot, key, root))
            || tenancy.contexts.is_checked(tenancy.project, self.execution.function, slot, (key, root))
    }

    /// A tenant of the request: a fault where the route is known with all that stands before it, and nothing there or in
    /// the code on the way asks whether it is the user's.
    fn client_chosen(&self, at: Location, chosen: &[Origin]) -> QueryVerdict {
        if self.is_operators_page() {
            return QueryVerdict::Operator(Fault::Untrusted(at));
        }
        let tenancy = self.context.tenancy;
        let is_unchecked = self.place.is_some_and(|place| {
            let is_known = place.is_routed && matches!(place.kind, ContextKind::Public | ContextKind::Authenticated);
            let function = self.execution.function;
            is_known && !chosen.iter().any(|value| tenancy.contexts.may_check(tenancy.project, place, function, value))
        });
        if is_unchecked {
            return QueryVerdict::Violated { fault: Fault::Untrusted(at), open: None, is_uncertain: true };
        }
        QueryVerdict::ClientChosen(at)
    }

    /// True where a scope is applied to this query.
    fn is_active(&self, scope: &GlobalScope) -> bool {
        let query = &self.execution.query;
        let applies = matches!(query.entry.kind, EntryKind::Model | EntryKind::Bound | EntryKind::Relation | EntryKind::Foreign);
        let unscoped_terminal = matches!(
            self.execution.kind,
            QueryMethodKind::RunUnscoped | QueryMethodKind::WriteUnscoped | QueryMethodKind::FindOrWriteUnscoped
        );
        let applied_before = query.operations.iter().any(|operation| matches!(operation, Operation::ApplyScopes(_)));
        if !applies || (unscoped_terminal && !applied_before) || self.seen.unscoped.is_some_and(|_| !applied_before) {
            return false;
        }
        !self.seen.removals.iter().any(|(removed, _)| removes(removed, scope))
    }

    fn by_scopes(&self, active: &[&ScopeEffect<'_>]) -> Option<QueryVerdict> {
        let always = active.iter().find_map(|(_, behaviour)| match behaviour {
            ScopeBehaviour::Always(at) => Some(*at),
            _ => None,
        });
        if let Some(at) = always {
            return self.seen.raw_or.is_none().then_some(QueryVerdict::AlwaysScoped { at, discharged: Vec::new() });
        }
        let chosen = active.iter().find_map(|(_, behaviour)| match behaviour {
            ScopeBehaviour::ClientChosen(guard) => Some(guard),
            _ => None,
        });
        if let Some(guard) = chosen.filter(|_| self.seen.raw_or.is_none()) {
            let chosen = self.chosen(guard);
            return Some(if chosen.iter().all(|value| self.is_member(value)) {
                QueryVerdict::AlwaysScoped { at: guard.at, discharged: Vec::new() }
            } else {
                self.client_chosen(guard.at, &chosen)
            });
        }
        let (scope, open, limits_at) = active.iter().find_map(|(scope, behaviour)| match behaviour {
            ScopeBehaviour::FailOpen { open, limits_at } => Some((scope, open, *limits_at)),
            _ => None,
        })?;
        if self.seen.raw_or.is_some() {
            return None;
        }
        let names_key = self.seen.names_key;
        let remaining: Vec<OpenPath> = open
            .iter()
            .filter(|path| match path.kind {
                OpenKind::NoUser => self.kind() != Some(ContextKind::Authenticated),
                OpenKind::NoTenantContext => self.place.is_none_or(|context| context.panel != Some(PanelKind::Tenant)),
                OpenKind::NotRegistered => !self.is_registered(scope),
                OpenKind::AlreadyLimited => names_key,
                _ => true,
            })
            .cloned()
            .collect();
        if remaining.is_empty() {
            return Some(QueryVerdict::AlwaysScoped { at: limits_at, discharged: open.clone() });
        }
        let assumed = |path: &OpenPath| matches!(path.kind, OpenKind::Role | OpenKind::UserWithoutKey);
        (self.kind() == Some(ContextKind::Authenticated) && remaining.iter().all(assumed))
            .then_some(QueryVerdict::FailOpen(remaining))
    }

    /// True where middleware that stands before the code registers the scope.
    fn is_registered(&self, scope: &GlobalScope) -> bool {
        let by =
            |place: &Context, body| self.context.index.body_class(body).is_some_and(|class| place.registers.contains(&class));
        self.place.is_some_and(|place| scope.registered_in.iter().any(|body| by(place, *body)))
    }

    fn fault(&self, is_removed: bool) -> Fault {
        if let Some((_, fixed)) = self.seen.foreign.first() {
            return if *fixed { Fault::FixedTenant } else { Fault::Foreign };
        }
        let read = |reading| self.read(reading, &[]).is_some();
        if read(Reading { ignore_or: true, best_path: false }) || self.seen.raw_or.is_some() && !self.scopes.is_empty() {
            return Fault::OrEscapes;
        }
        if is_removed {
            return Fault::ScopeRemoved;
        }
        if read(Reading { ignore_or: false, best_path: true }) {
            return Fault::Optional;
        }
        if read(Reading { ignore_or: true, best_path: true }) {
            return Fault::OrEscapes;
        }
        Fault::Unscoped
    }

    /// True where a rule has found the key among the rows of a tenant, and it is not known whose that is.
    fn may_have_passed(&self) -> bool {
        let all = &self.passed.all;
        let known = Known { passed: all, ..Known::default() };
        let read = || self.context.tenancy.read_at(self.facts, &self.execution.query, Reading::default(), known).0.is_some();
        all.len() > self.passed.known.len() && read()
    }

    /// A sub-query that follows the rows of the query around it: `whereColumn('customer_id', 'customers.id')`.
    fn correlation(&self) -> Option<Guard> {
        if *self.execution.spec != *"laravel/query#sub-query" {
            return None;
        }
        let operations = &self.execution.query.operations;
        let has_or = operations.iter().any(|told| {
            matches!(told, Operation::Where(Connective::Or, ..) | Operation::Group { connective: Connective::Or, .. })
        });
        let table = self.context.tenancy.model(self.subject).and_then(|model| model.table.as_deref()).unwrap_or_default();
        let is_outer = |column: &Column| {
            looks_like_key(&column.name) && column.qualifier.as_deref().is_some_and(|name| !name.eq_ignore_ascii_case(table))
        };
        let is_own = |column: &Column| {
            looks_like_key(&column.name) && column.qualifier.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(table))
        };
        let at = operations.iter().find_map(|told| match told {
            Operation::Where(Connective::And, Predicate::Columns(left, Operator::Equal, right), at)
                if is_own(left) && is_outer(right) || is_outer(left) && is_own(right) =>
            {
                Some(*at)
            }
            _ => None,
        });
        at.filter(|_| !has_or).map(|at| Guard { protection: Protection::Correlated, at })
    }

    /// `whereNull(key)` and nothing else that limits: rows of nobody, or none at all.
    fn nobody(&self) -> Option<QueryVerdict> {
        let at = self.seen.nobody?;
        let table = match self.subject {
            Subject::Model(_) => self.context.tenancy.model(self.subject)?.table.as_deref()?,
            Subject::Table(table, _) => table,
            Subject::Unknown(_) => return None,
        };
        let column = self.context.index.tables().get(table).and_then(|table| table.columns.get(&self.facts.key));
        if column.is_some_and(|column| !column.nullable) {
            return Some(QueryVerdict::Guarded(Guard { protection: Protection::Nothing, at }));
        }
        Some(QueryVerdict::Nobody(at))
    }

    const fn selection(&self) -> Selection<'_, '_> {
        Selection { context: self.context, facts: self.facts, execution: self.execution, subject: self.subject }
    }
}

fn removes(removed: &Removed, scope: &GlobalScope) -> bool {
    let is_named = |names: &[std::sync::Arc<str>]| {
        names.iter().any(|name| match &scope.identifier {
            ScopeIdentifier::Class(class) => class.eq_ignore_ascii_case(name.trim_start_matches('\\')),
            ScopeIdentifier::Named(own) => **own == **name,
            ScopeIdentifier::Anonymous => false,
        })
    };
    match removed {
        Removed::All | Removed::Unknown => true,
        Removed::These(names) => is_named(names),
        Removed::AllBut(names) => !is_named(names),
        Removed::ScopeOf(class) => matches!(&scope.identifier, ScopeIdentifier::Class(own) if own.eq_ignore_ascii_case(class)),
    }
}
