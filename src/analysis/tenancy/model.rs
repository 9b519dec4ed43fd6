//! Everything that the tenant questions ask: queries by their entry point, scopes, contexts, the key.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::attributes::AttributeRows;
use super::binding::{BoundRow, bound_parameters, bound_rows, bound_tenants};
use super::client::QueryClient;
use super::creations::{Creation, KeyWrite};
use super::guard::{Guard, GuardReader, Known, Observations, Reading};
use super::infer::{NotInferred, TenantFacts, TenantOptions, infer};
use super::kept::leave_out_told;
use super::lift::{CallSites, settle};
use super::ownership::{RowUse, rows_in};
use super::query::{Entry, EntryKind, EntryQueries, Operation, Query, RawSql, Subject, UnresolvedQuery};
use super::scopes::{OpenKind, ScopeBehaviour, ScopeEffect, ScopeTable};
use super::stored::CacheUse;
use super::validation::{
    RuleValue, RuleValues, ValidationRule, Validations, ValuePlace, of_form_requests, rules_of, validating, validation_rules,
    watched,
};
use crate::analysis::contexts::{ContextTable, role_asked};
use crate::analysis::routes::{Action, Route, RouteTable};
use crate::finding::Location;
use crate::flow::{CallGraph, HintReader, Origin, Project, Root, SummaryTable};
use crate::index::{BodyKey, ClassKey, Model};

/// The model of all queries of a project.
#[derive(Debug)]
pub struct Tenancy<'p> {
    /// The project.
    pub project: Project<'p>,
    /// The routes.
    pub routes: RouteTable,
    /// The contexts of functions.
    pub contexts: ContextTable,
    /// The key, or why there is none.
    pub facts: Result<TenantFacts, Box<NotInferred>>,
    scopes: ScopeTable,
    /// What the global scopes of each model do, by the model's name.
    behaviours: BTreeMap<&'p str, Vec<ScopeEffect<'p>>>,
    /// The models whose scopes limit every query.
    always_scoped: BTreeSet<&'p str>,
    queries: BTreeMap<Entry, EntryQueries>,
    raw_sql: Vec<RawSql>,
    unresolved: Vec<UnresolvedQuery>,
    written: BTreeSet<Entry>,
    /// Queries whose rows a function gives back.
    given_back: BTreeSet<Entry>,
    pub(super) row_uses: BTreeMap<Entry, RowUse>,
    creations: Vec<Creation>,
    key_writes: Vec<KeyWrite>,
    unresolved_calls: usize,
    cache: CacheUse,
    attribute_rows: AttributeRows,
    /// The queries whose rows methods of a class put into a property.
    property_rows: BTreeMap<(ClassKey, Arc<str>), BTreeSet<Entry>>,
    bound: Vec<BoundRow>,
    /// Parameters that routes fill with the row of a tenant itself.
    bound_tenants: Vec<BoundRow>,
    validation: Vec<ValidationRule>,
    rule_values: RuleValues,
    validations: Validations,
    exempt_roles: BTreeSet<Arc<str>>,
}

impl<'p> Tenancy<'p> {
    /// Analyses the queries of a project. `paths` are the files' paths by their id.
    #[must_use]
    pub fn build(project: Project<'p>, graph: &CallGraph, paths: &[String], options: &TenantOptions) -> Self {
        let routes = RouteTable::build(project.index, paths);
        let client = QueryClient {
            bound: bound_parameters(project, &routes),
            watched: watched(project),
            attributes: project.index.set_attributes().map(|(body, expr)| ValuePlace { body, expr }).collect(),
            validating: validating(project, graph),
        };
        let (summaries, contexts) =
            rayon::join(|| SummaryTable::build(project, &client, graph), || ContextTable::build(project, graph, &routes, paths));
        let scopes = ScopeTable::build(project, &summaries);
        let facts = infer(project.index, project.specs, &scopes, &summaries, options);
        let mut tenancy = Self {
            project,
            routes,
            contexts,
            facts,
            scopes,
            behaviours: BTreeMap::new(),
            always_scoped: BTreeSet::new(),
            queries: BTreeMap::new(),
            raw_sql: Vec::new(),
            unresolved: Vec::new(),
            written: BTreeSet::new(),
            given_back: BTreeSet::new(),
            row_uses: BTreeMap::new(),
            creations: Vec::new(),
            key_writes: Vec::new(),
            unresolved_calls: 0,
            cache: CacheUse::default(),
            attribute_rows: AttributeRows::new(),
            property_rows: BTreeMap::new(),
            bound: Vec::new(),
            bound_tenants: Vec::new(),
            validation: Vec::new(),
            rule_values: RuleValues::default(),
            validations: Validations::default(),
            exempt_roles: BTreeSet::new(),
        };
        tenancy.collect(&summaries);
        tenancy.behaviours = tenancy.facts.as_ref().map(|facts| tenancy.behaviours(facts)).unwrap_or_default();
        let is_always = |(_, effect): &ScopeEffect<'p>| matches!(effect, ScopeBehaviour::Always(_));
        let limited = tenancy.behaviours.iter().filter(|(_, effects)| effects.iter().any(is_always));
        tenancy.always_scoped = limited.map(|(model, _)| *model).collect();
        tenancy.exempt_roles = tenancy.facts.as_ref().map(|facts| tenancy.roles_of_scopes(facts)).unwrap_or_default();
        let of_rules = || {
            let rules = |facts| validation_rules(project, facts, &tenancy.rule_values, &tenancy.validations);
            let validation = tenancy.facts.as_ref().map(rules).unwrap_or_default();
            let bound = tenancy.facts.as_ref().map(|facts| bound_rows(project, facts, &tenancy.routes)).unwrap_or_default();
            let tenants = tenancy.facts.as_ref().map(|facts| bound_tenants(project, facts, &tenancy.routes)).unwrap_or_default();
            (validation, bound, tenants)
        };
        let (cache, (validation, bound, tenants)) =
            rayon::join(|| CacheUse::build(project, graph, &summaries, &tenancy.queries), of_rules);
        (tenancy.cache, tenancy.validation) = (cache, validation);
        (tenancy.bound, tenancy.bound_tenants) = (bound, tenants);
        // To free the summaries takes as long as a question: nobody waits for it.
        rayon::spawn(move || drop(summaries));
        tenancy
    }

    fn collect(&mut self, summaries: &SummaryTable<QueryClient>) {
        let project = self.project;
        let (sites, ()) = rayon::join(|| Arc::new(CallSites::build(project)), || self.gather(summaries));
        let Self { queries, contexts, .. } = &mut *self;
        let settled = || {
            leave_out_told(queries, &sites, contexts);
            queries.values_mut().for_each(|queries| settle(&mut queries.executions, &sites, contexts));
        };
        let of_rules = || {
            let values = RuleValues::build(project, summaries, &sites, contexts);
            (values, Validations::build(project, summaries, Arc::clone(&sites), contexts))
        };
        let ((), (rule_values, validations)) = rayon::join(settled, of_rules);
        (self.rule_values, self.validations) = (rule_values, validations);
    }

    /// Adds what each function does.
    fn gather(&mut self, summaries: &SummaryTable<QueryClient>) {
        for (function, summary) in summaries.iter() {
            let effects = &summary.effects;
            for (entry, subject) in &effects.entries {
                self.queries.entry(entry.clone()).or_default().subject = Some(subject.clone());
            }
            for execution in &effects.executions {
                if is_site(&execution.query.entry) {
                    let queries = self.queries.entry(execution.query.entry.clone()).or_default();
                    queries.subject.get_or_insert_with(|| execution.query.subject.clone());
                    queries.executions.push(execution.clone());
                }
            }
            // A kept builder that a method gives back is sent by its object, or by who asks for it.
            for query in effects.returned.values().filter(|query| is_site(&query.entry) && query.entry.kind != EntryKind::Kept) {
                self.queries.entry(query.entry.clone()).or_default().handed_out.push((query.clone(), function));
            }
            for (entry, row_use) in &effects.row_uses {
                self.row_uses.entry(entry.clone()).or_default().join(row_use);
            }
            self.attribute_rows.extend(effects.attribute_rows.iter().map(|(place, rows)| (*place, rows.clone())));
            let class = self.project.index.body_class(function);
            for (class, (name, rows)) in
                class.into_iter().flat_map(|class| effects.own_writes.iter().map(move |own| (class, own)))
            {
                self.property_rows.entry((class, Arc::clone(name))).or_default().extend(rows.iter().cloned());
            }
            self.raw_sql.extend(effects.raw_sql.iter().cloned());
            self.unresolved.extend(effects.unresolved_queries.iter().cloned());
            self.written.extend(effects.written_rows.iter().cloned());
            self.given_back.extend(rows_in(&summary.returns));
            self.creations.extend(effects.creations.iter().cloned());
            self.key_writes.extend(effects.key_writes.iter().cloned());
            self.unresolved_calls += effects.unresolved_calls;
        }
        self.raw_sql.sort_by_key(|sql| sql.at);
        self.unresolved.sort();
        self.unresolved.dedup();
    }

    /// The queries in order of their entry points.
    pub fn queries(&self) -> impl Iterator<Item = (&Entry, &EntryQueries)> {
        self.queries.iter()
    }

    /// What happens to the queries that begin at a place.
    #[must_use]
    pub fn entry(&self, entry: &Entry) -> Option<&EntryQueries> {
        self.queries.get(entry)
    }

    /// Which queries the cache stores.
    #[must_use]
    pub const fn cache(&self) -> &CacheUse {
        &self.cache
    }

    /// Parameters that routes fill with rows of tenants.
    #[must_use]
    pub fn bound_rows(&self) -> &[BoundRow] {
        &self.bound
    }

    /// Validation rules on tables that tenants share.
    #[must_use]
    pub fn validation_rules(&self) -> &[ValidationRule] {
        &self.validation
    }

    /// What an expression of a validation rule is, once for each caller that tells more.
    #[must_use]
    pub fn rule_values(&self, place: ValuePlace) -> &[RuleValue] {
        self.rule_values.of(place)
    }

    /// The rules that the input of a request has passed when a function runs that has form requests as parameters.
    #[must_use]
    pub fn form_rules(&self, function: BodyKey) -> Vec<ValuePlace> {
        of_form_requests(self.project.index, function)
    }

    /// The rules on the fields that an expression gives to a validator, by the fields' names.
    #[must_use]
    pub fn rules_of(&self, given: ValuePlace) -> Vec<(String, &ValidationRule)> {
        rules_of(self.project, &self.validation, given)
    }

    /// SQL as text.
    #[must_use]
    pub fn raw_sql(&self) -> &[RawSql] {
        &self.raw_sql
    }

    /// Calls that only builders have, on receivers of unknown class.
    #[must_use]
    pub fn unresolved_queries(&self) -> &[UnresolvedQuery] {
        &self.unresolved
    }

    /// Rows that are created.
    #[must_use]
    pub fn creations(&self) -> &[Creation] {
        &self.creations
    }

    /// Keys that are written to rows.
    #[must_use]
    pub fn key_writes(&self) -> &[KeyWrite] {
        &self.key_writes
    }

    /// Other calls without a known receiver.
    #[must_use]
    pub const fn unresolved_calls(&self) -> usize {
        self.unresolved_calls
    }

    /// True where a row that the query loaded is written to later.
    #[must_use]
    pub fn is_written(&self, entry: &Entry) -> bool {
        self.written.contains(entry)
    }

    /// True where a function gives back rows of the query, or something made of them.
    #[must_use]
    pub fn is_given_back(&self, entry: &Entry) -> bool {
        self.given_back.contains(entry)
    }

    /// The queries whose rows a property of the object may hold, as far as methods of its class, of its parents and of its
    /// traits put them there: `$this->customer` of `$this->customer->id`.
    pub fn rows_of_property<'t>(&'t self, function: BodyKey, value: &'t Origin) -> impl Iterator<Item = &'t Entry> {
        let index = self.project.index;
        let property = value.path.first().filter(|_| value.root == Root::This && value.path.len() > 1);
        let class = property.and_then(|_| index.body_class(index.enclosing(function)));
        let line = class.into_iter().flat_map(|class| std::iter::once(class).chain(index.parent_slice(class).iter().copied()));
        let classes = line.flat_map(|class| std::iter::once(class).chain(index.used_traits(class)));
        let places = classes.zip(property.into_iter().cycle());
        places.filter_map(|(class, name)| self.property_rows.get(&(class, Arc::clone(name)))).flatten()
    }

    /// The rows that an attribute of a request holds; none for a row that comes from elsewhere.
    #[must_use]
    pub fn rows_of_attribute(&self, entry: &Entry) -> Option<&[Entry]> {
        let place = ValuePlace { body: entry.body, expr: entry.expr };
        (entry.kind == EntryKind::Attribute).then(|| self.attribute_rows.get(&place).map_or(&[][..], Vec::as_slice))
    }

    /// The binding that loads a row.
    #[must_use]
    pub fn bound_row(&self, entry: &Entry) -> Option<&BoundRow> {
        let place = self.bound.binary_search_by_key(&entry.at, |row| row.at).ok()?;
        self.bound.get(place).filter(|_| entry.kind == EntryKind::Bound)
    }

    /// The binding that loads the row of a tenant itself.
    #[must_use]
    pub fn bound_tenant(&self, entry: &Entry) -> Option<&BoundRow> {
        self.bound_tenants.iter().find(|row| entry.kind == EntryKind::Bound && row.at == entry.at)
    }

    /// True for a parameter of an action that the path of a request fills with a plain value.
    #[must_use]
    pub fn is_in_path(&self, function: BodyKey, value: &Origin) -> bool {
        let Root::Parameter(position) = value.root else { return false };
        let index = self.project.index;
        let signature = index.signature(function).filter(|_| value.path.is_empty());
        let Some(declared) = signature.and_then(|signature| signature.parameters.get(usize::from(position))) else {
            return false;
        };
        let is_plain = declared.hint.as_ref().is_none_or(|hint| {
            HintReader { index, hir: index.hir(function.file), class: index.body_class(function) }
                .read(hint)
                .classes()
                .next()
                .is_none()
        });
        let leads_here = |route: &Route| match route.action {
            Action::Method(_, body) | Action::Closure(body) => body == function,
            Action::Component(_) => false,
        };
        is_plain && self.routes.iter().any(|route| leads_here(route) && route.parameters().next().is_some())
    }

    /// The row that a bound row is found through: the parameter before it in every path.
    #[must_use]
    pub fn bound_parent(&self, row: &BoundRow) -> Option<&BoundRow> {
        let parent = row.through()?;
        self.bound.iter().find(|other| other.body == row.body && other.model == parent)
    }

    /// The model that a query is about.
    #[must_use]
    pub fn model(&self, subject: &Subject) -> Option<&'p Model> {
        match subject {
            Subject::Model(class) => self.project.index.model_named(class),
            Subject::Table(table, _) => self.project.index.model_for_table(table),
            Subject::Unknown(_) => None,
        }
    }

    /// The owned subject of a query: its own table, else an owned one that it joins.
    #[must_use]
    pub fn owned_subject(&self, facts: &TenantFacts, query: &Query) -> Option<Subject> {
        if facts.owns(&query.subject) {
            return Some(query.subject.clone());
        }
        if let Some(model) = self.stand_in(facts, &query.subject) {
            return Some(model);
        }
        query.operations.iter().find_map(|operation| match operation {
            Operation::Join { subject, .. } if facts.owns(subject) => Some(subject.clone()),
            _ => None,
        })
    }

    /// An owned model that stands for those that a class or trait is of which none is known: `static::query()` in a base
    /// class or a trait of models.
    #[must_use]
    pub fn stand_in(&self, facts: &TenantFacts, subject: &Subject) -> Option<Subject> {
        let Subject::Model(name) = subject else { return None };
        if facts.owns(subject) {
            return None;
        }
        let index = self.project.index;
        let class = index.resolve_class(name).filter(|class| !index.is_concrete(*class))?;
        let below = index.descendants(class).iter().map(|class| Subject::Model(index.class_name(*class).into()));
        below.into_iter().find(|subject| facts.owns(subject))
    }

    /// Reads the protection of a query without its global scopes.
    #[must_use]
    pub fn read(&self, facts: &TenantFacts, query: &Query, reading: Reading) -> (Option<Guard>, Observations) {
        self.reader(facts, &[]).read(query, reading)
    }

    /// The same, with what is known where it is sent.
    #[must_use]
    pub fn read_at(
        &self,
        facts: &TenantFacts,
        query: &Query,
        reading: Reading,
        known: Known<'_>,
    ) -> (Option<Guard>, Observations) {
        GuardReader { known, ..self.reader(facts, &[]) }.read(query, reading)
    }

    /// Where every alternative of a query compares the key or one of the columns that are unique over all tenants.
    #[must_use]
    pub fn read_unique(&self, facts: &TenantFacts, query: &Query, unique: &[String]) -> Option<Guard> {
        self.reader(facts, unique).read(query, Reading::default()).0
    }

    fn reader<'r>(&'r self, facts: &'r TenantFacts, unique: &'r [String]) -> GuardReader<'r> {
        GuardReader {
            index: self.project.index,
            key: &facts.key,
            owned: facts,
            tenant_root: facts.root.as_deref(),
            unique,
            known: Known::default(),
            always_scoped: &self.always_scoped,
        }
    }

    /// What the global scopes of a model do, those that do not concern the key left out.
    #[must_use]
    pub fn scopes_of(&self, model: &Model) -> &[ScopeEffect<'p>] {
        self.behaviours.get(model.name.as_str()).map_or(&[], Vec::as_slice)
    }

    /// A model's scopes are asked for with each of its queries, so they are judged once for each model.
    fn behaviours(&self, facts: &TenantFacts) -> BTreeMap<&'p str, Vec<ScopeEffect<'p>>> {
        let reader = self.reader(facts, &[]);
        let scoped: Vec<&'p Model> = self.project.index.models().filter(|model| !model.global_scopes.is_empty()).collect();
        let judged = scoped.into_par_iter().map(|model| {
            let behaviour = |scope| self.scopes.behaviour(self.project.index, scope, model, &reader);
            let effects = model.global_scopes.iter().map(|scope| (scope, behaviour(scope)));
            (model.name.as_str(), effects.filter(|(_, effect)| *effect != ScopeBehaviour::Unrelated).collect())
        });
        judged.collect()
    }

    /// Questions about a user's role that the scopes let see the rows of all tenants.
    #[must_use]
    pub const fn exempt_roles(&self) -> &BTreeSet<Arc<str>> {
        &self.exempt_roles
    }

    fn roles_of_scopes(&self, facts: &TenantFacts) -> BTreeSet<Arc<str>> {
        let index = self.project.index;
        let models = facts.models.iter().filter_map(|model| index.model_named(model));
        let behaviours = models.flat_map(|model| self.scopes_of(model)).map(|(_, behaviour)| behaviour);
        let open = behaviours.filter_map(|behaviour| match behaviour {
            ScopeBehaviour::FailOpen { open, .. } => Some(open),
            _ => None,
        });
        let places: BTreeSet<Location> = open.flatten().filter(|path| path.kind == OpenKind::Role).map(|path| path.at).collect();
        let conditions = index.bodies().flat_map(|(key, body)| body.exprs().map(move |(expr, _)| (key, body, expr)));
        let asked = conditions
            .filter(|(key, body, expr)| !places.is_empty() && places.contains(&Location::new(key.file, body.expr_span(*expr))));
        asked.filter_map(|(key, _, expr)| role_asked(self.project, key, expr)).collect()
    }

    /// The place of the function around a body, for messages.
    #[must_use]
    pub fn symbol(&self, body: BodyKey) -> String {
        self.project.index.symbol(body)
    }
}

/// The class of the model that a subject is, or the table's name.
#[must_use]
pub fn subject_name(tenancy: &Tenancy<'_>, subject: &Subject) -> Option<String> {
    match subject {
        Subject::Model(class) => Some(class.to_string()),
        Subject::Table(table, _) => Some(tenancy.model(subject).map_or_else(|| table.to_string(), |model| model.name.clone())),
        Subject::Unknown(_) => None,
    }
}

/// The word for a tenant: `company` of `company_id`.
#[must_use]
pub fn tenant_word(facts: &TenantFacts) -> String {
    let stem = facts.key.strip_suffix("_id").or_else(|| facts.key.strip_suffix("_uuid")).unwrap_or(&facts.key);
    stem.replace('_', " ")
}

/// The class's own name for messages.
#[must_use]
pub fn short_name(name: &str) -> Arc<str> {
    crate::index::class_basename(name).into()
}

const fn is_site(entry: &Entry) -> bool {
    !matches!(
        entry.kind,
        EntryKind::Parameter(_) | EntryKind::Nested | EntryKind::Created | EntryKind::Bound | EntryKind::Attribute
    )
}
