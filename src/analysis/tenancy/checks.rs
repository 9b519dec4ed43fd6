//! Which comparisons of a loaded row say whose it is: with the tenant of the user, of a tenant package, or of a row that
//! is trusted itself.

use super::comparisons::comparisons;
use super::guard::{Known, Reading};
use super::infer::TenantFacts;
use super::model::Tenancy;
use super::ownership::{Check, ComparedWith, Comparison};
use super::policy::WHOLE_ROW;
use super::query::{Entry, EntryQueries, Operand, Operation, Predicate, Query, Subject};
use super::row_check::RowCheck;
use super::scopes::ScopeBehaviour;
use super::standing::{Standing, StandingReader, is_beyond_scalar, names_tenant};
use crate::analysis::contexts::{Context, Place, key_or_row};
use crate::finding::Location;
use crate::flow::{Origin, Root};
use crate::index::{BodyKey, Model, RelationKind, class_basename};

/// What it takes to trust the other side of a comparison.
#[derive(Clone, Copy)]
struct Trust {
    /// Rows that are compared with rows that are compared with rows: so many are followed.
    depth: u8,
    /// What may be left open.
    doubt: Doubt,
}

/// Why it is not known what a comparison is worth; what is further down includes what stands above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Nothing is left open.
    None,
    /// The client chooses the tenant that it compares with, and the code asks whether it is the user's.
    Asked,
    /// It compares with a value of unknown source.
    Source,
}

impl Trust {
    const fn with(doubt: Doubt) -> Self {
        Self { depth: 3, doubt }
    }

    fn below(self) -> Self {
        Self { depth: self.depth.saturating_sub(1), ..self }
    }
}

impl Tenancy<'_> {
    /// How the rows of a query are compared with a tenant, if that stands before every use of them.
    #[must_use]
    pub fn ownership_check(&self, facts: &TenantFacts, entry: &Entry) -> Option<Check> {
        self.check_within(facts, entry, Trust::with(Doubt::None))
    }

    /// How the rows of a query are compared before every use of them with something of which it is not known whose it is.
    #[must_use]
    pub fn uncertain_check(&self, facts: &TenantFacts, entry: &Entry) -> Option<(Check, Doubt)> {
        let within = |doubt| self.check_within(facts, entry, Trust::with(doubt)).map(|check| (check, doubt));
        within(Doubt::Asked).or_else(|| within(Doubt::Source))
    }

    fn check_within(&self, facts: &TenantFacts, entry: &Entry, trust: Trust) -> Option<Check> {
        let counts = |column: &str, comparison: &Comparison| self.counts(facts, (entry, column, comparison), trust);
        let by_use = self.row_uses.get(entry).and_then(|uses| uses.check(&counts));
        by_use.or_else(|| match self.bound_row(entry).or_else(|| self.bound_tenant(entry))?.before {
            Some(RowCheck::Verified(check)) => Some(check),
            _ => None,
        })
    }

    /// True for a comparison that says whose the row is: of the key, of the key of a row that it belongs to, or of a foreign
    /// key that leads to one: `$note->folder_id === $folder->id`.
    fn counts(&self, facts: &TenantFacts, (entry, column, comparison): (&Entry, &str, &Comparison), trust: Trust) -> bool {
        let with = match &comparison.with {
            ComparedWith::Value(with) => Some(with),
            ComparedWith::OneOf(with) if with.rows.iter().all(|row| self.loads_only_limited(facts, row)) => Some(with),
            ComparedWith::OneOf(_) => return false,
            ComparedWith::RowsOf(query) => return trust.depth > 0 && self.is_limited_besides(facts, query, entry),
            ComparedWith::Policy => None,
        };
        if column == WHOLE_ROW {
            return true;
        }
        let (row, column) = self.reached_by(entry, column);
        let is_root = |model: &Model| facts.root.as_deref() == Some(model.name.as_str());
        let is_key = column == self.key_of(facts, entry)
            || row.is_some_and(|row| is_root(row) && row.primary_key == column && !facts.models.contains(row.name.as_str()));
        if is_key {
            return with.is_none_or(|with| self.names_tenant(facts, with, comparison.function, trust));
        }
        let owner = row.and_then(|row| self.owner_by(facts, (entry, row), column).or_else(|| self.itself(entry, row, column)));
        owner.is_some_and(|owner| with.is_none_or(|with| self.names_owner(facts, owner, with, comparison.function, trust)))
    }

    /// The row that relations lead to from a row, and the column that is compared there; the row itself where they are no
    /// relations.
    fn reached_by<'c>(&self, entry: &Entry, column: &'c str) -> (Option<&Model>, &'c str) {
        let own = self.model_of_entry(entry);
        let Some((relations, last)) = column.rsplit_once('.') else { return (own, column) };
        let step = |row: Option<&Model>, name: &str| {
            let relation = row?.relations.get(name).filter(|relation| relation.kind == RelationKind::BelongsTo)?;
            self.project.index.model_named(relation.related.as_deref()?)
        };
        let mut row = own;
        for name in relations.split('.') {
            row = match step(row, name) {
                Some(owner) => Some(owner),
                None => return (own, last),
            };
        }
        (row, last)
    }

    fn model_of_entry(&self, entry: &Entry) -> Option<&Model> {
        match self.bound_row(entry).or_else(|| self.bound_tenant(entry)) {
            Some(bound) => self.project.index.model_named(&bound.model),
            None => self.model(self.entry(entry)?.subject.as_ref()?),
        }
    }

    /// The row that a comparison of a column says a row to belong to: one that belongs to a tenant, or to the user.
    fn owner_by<'m>(&'m self, facts: &TenantFacts, (entry, row): (&Entry, &'m Model), column: &str) -> Option<&'m Model> {
        let index = self.project.index;
        let is_itself = self.model_of_entry(entry).is_some_and(|own| own.name == row.name);
        let owner =
            if column == row.primary_key && !is_itself { index.model_named(&row.name) } else { index.parent_by(row, column) };
        owner.filter(|owner| {
            let subject = Subject::Model(owner.name.as_str().into());
            index.user_model() == Some(owner.class) || facts.owns(&subject) || facts.root.as_deref() == Some(owner.name.as_str())
        })
    }

    /// The row's own class, where its own key is compared: `$folders->contains($folder)`.
    fn itself<'m>(&self, entry: &Entry, row: &'m Model, column: &str) -> Option<&'m Model> {
        (column == row.primary_key && self.model_of_entry(entry).is_some_and(|own| own.name == row.name)).then_some(row)
    }

    /// True for the key of a row of the owner's class that a request cannot pick from all.
    fn names_owner(&self, facts: &TenantFacts, owner: &Model, with: &Operand, function: BodyKey, trust: Trust) -> bool {
        let is_of_owner = |class: &str| class.eq_ignore_ascii_case(&owner.name);
        let contexts = self.contexts.of(self.project.index, function, self.project.index.declaration_of(function));
        let is_trusted = |origin: &Origin| {
            // `$note->user_id === auth()->id()`
            if origin.root == Root::User && self.project.index.user_model() == Some(owner.class) {
                return matches!(origin.path.as_slice(), [key] if **key == *owner.primary_key || **key == *"getKey()");
            }
            let is_key = origin.column_of.as_deref().is_some_and(is_of_owner) && origin.is_column(&owner.primary_key);
            let is_own = |context: &Context| Place { context, function }.is_own_row(&key_or_row(origin), &owner.name);
            is_key && origin.root != Root::Request
                || !contexts.is_empty() && contexts.iter().all(is_own)
                || trust.doubt == Doubt::Source && is_of_unknown_source(origin)
        };
        with.origins.all(is_trusted) && with.rows.iter().all(|row| self.is_trusted_row(facts, row, trust))
    }

    /// The column of a row that names its tenant: of the tenant's own row, its key.
    fn key_of<'f>(&'f self, facts: &'f TenantFacts, entry: &Entry) -> &'f str {
        let root = facts.root.as_deref().filter(|root| !facts.models.contains(*root));
        let model = root.and_then(|root| self.project.index.model_named(root));
        let subject = self.entry(entry).and_then(|queries| queries.subject.as_ref());
        let is_of = |model: &&crate::index::Model| {
            let of_query = subject.and_then(|subject| self.model(subject)).is_some_and(|of_query| of_query.name == model.name);
            of_query || self.bound_tenant(entry).is_some()
        };
        model.filter(is_of).map_or(&facts.key, |model| &model.primary_key)
    }

    /// True for a value that names a tenant which the client has not chosen.
    fn names_tenant(&self, facts: &TenantFacts, with: &Operand, function: BodyKey, trust: Trust) -> bool {
        let reader = StandingReader { project: self.project, facts, function };
        let is_trusted = |origin: &Origin| match (reader.of_origin(origin), &origin.root) {
            (Standing::Tenant, _) => true,
            // As in a query, an argument counts as the right tenant's where no route fills it.
            (Standing::Unknown, Root::Parameter(_)) => {
                let is_argument = match origin.path.as_slice() {
                    [] => true,
                    // `$data['company_id']`
                    [only] => origin.column_of.is_none() && names_tenant(&facts.key, only),
                    _ => false,
                };
                let is_passed = is_argument && !self.contexts.is_entry_point(self.project.index.enclosing(function));
                is_passed || self.is_of_user(facts, function, origin, trust)
            }
            (Standing::Unknown, Root::Call(symbol)) => {
                let name = symbol.rsplit("::").next().unwrap_or(symbol);
                names_tenant(&facts.key, class_basename(name))
            }
            (Standing::Unknown, Root::This) => origin.path.iter().any(|member| names_tenant(&facts.key, member)),
            _ => self.is_of_user(facts, function, origin, trust),
        };
        let is_trusted = |origin: &Origin| is_trusted(origin) || trust.doubt == Doubt::Source && is_of_unknown_source(origin);
        with.origins.all(is_trusted) && with.rows.iter().all(|row| self.is_trusted_row(facts, row, trust))
    }

    /// True for a value of the client that code before the function, or its own, has found among the user's tenants.
    fn is_of_user(&self, facts: &TenantFacts, function: BodyKey, value: &Origin, trust: Trust) -> bool {
        if !matches!(value.root, Root::Request | Root::Parameter(_)) {
            return false;
        }
        let value = &key_or_row(value);
        let (key, root) = (facts.key.as_str(), facts.root.as_deref());
        let contexts = self.contexts.of(self.project.index, function, self.project.index.declaration_of(function));
        let is_passed = !contexts.is_empty() && contexts.iter().all(|context| context.is_member(value, key, root));
        let may_pass = || contexts.iter().any(|context| self.contexts.may_check(self.project, context, function, value));
        is_passed
            || self.contexts.is_checked(self.project, function, value, (key, root))
            || trust.doubt >= Doubt::Asked && may_pass()
    }

    /// True for a row that a request cannot pick from all: it is limited, checked itself, or nothing from outside selects it.
    fn is_trusted_row(&self, facts: &TenantFacts, row: &Entry, trust: Trust) -> bool {
        if trust.depth == 0 {
            return false;
        }
        if self.check_within(facts, row, trust.below()).is_some() {
            return true;
        }
        if let Some(rows) = self.rows_of_attribute(row) {
            return rows.iter().all(|row| self.is_trusted_row(facts, row, trust.below()));
        }
        if let Some(bound) = self.bound_tenant(row) {
            return self.is_of_user(facts, bound.body, &Origin::of(Root::Parameter(bound.position)), trust);
        }
        if let Some(bound) = self.bound_row(row) {
            return self.is_limited(facts, &bound.look_up().query);
        }
        let mut queries = self.entry(row).into_iter().flat_map(queries_of).peekable();
        queries.peek().is_some() && queries.all(|query| self.is_limited(facts, query) || !is_selected_from_outside(query))
    }

    /// True where all that a query may find is limited by something else than the key of a row.
    fn is_limited_besides(&self, facts: &TenantFacts, query: &Entry, row: &Entry) -> bool {
        let besides = |query: &Query| {
            let of_row = comparisons(&query.operations).into_iter().filter(|(_, operand, _)| operand.rows.contains(row));
            let of_row: Vec<Location> = of_row.map(|(.., at)| at).collect();
            self.is_limited_without(facts, query, &of_row)
        };
        let mut queries = self.entry(query).into_iter().flat_map(queries_of).peekable();
        queries.peek().is_some() && queries.all(besides)
    }

    /// True where every query that loads the rows is limited: a list of all rows holds any row.
    fn loads_only_limited(&self, facts: &TenantFacts, rows: &Entry) -> bool {
        let mut queries = self.entry(rows).into_iter().flat_map(queries_of).peekable();
        queries.peek().is_some() && queries.all(|query| self.is_limited(facts, query))
    }

    fn is_limited(&self, facts: &TenantFacts, query: &Query) -> bool {
        self.is_limited_without(facts, query, &[])
    }

    /// The same, where some conditions are worth nothing.
    fn is_limited_without(&self, facts: &TenantFacts, query: &Query, spoilt: &[Location]) -> bool {
        let (guard, seen) = self.read_at(facts, query, Reading::default(), Known { spoilt, ..Known::default() });
        let scoped = self.model(&query.subject).is_some_and(|model| {
            let scopes = self.scopes_of(model);
            scopes.iter().any(|(_, behaviour)| matches!(behaviour, ScopeBehaviour::Always(_)))
        });
        guard.is_some_and(|guard| !guard.is_client_chosen()) || scoped && seen.removals.is_empty() && seen.unscoped.is_none()
    }
}

/// True for a value that code gives which is not read, or a place that anybody may write: a cache, the session.
fn is_of_unknown_source(origin: &Origin) -> bool {
    matches!(origin.root, Root::Unknown | Root::Call(_) | Root::Session) || is_beyond_scalar(origin)
}

/// The queries that begin at an entry.
fn queries_of(known: &EntryQueries) -> impl Iterator<Item = &Query> {
    let sent = known.executions.iter().map(|execution| &execution.query);
    sent.chain(known.handed_out.iter().map(|(query, _)| query))
}

/// True where a condition compares with a value of the request, of a caller, or of an unknown source.
fn is_selected_from_outside(query: &Query) -> bool {
    let is_outside = |origin: &Origin| match origin.root {
        Root::Request | Root::Unknown => true,
        // An element of an array is as good as an argument; a column of a row that was handed over is not.
        Root::Parameter(_) => origin.column_of.is_none(),
        _ => false,
    };
    query.operations.iter().any(|told| match told {
        Operation::Where(_, Predicate::Compare(_, _, operand), _) => operand.origins.any(is_outside),
        Operation::Opaque(..) => true,
        _ => false,
    })
}
