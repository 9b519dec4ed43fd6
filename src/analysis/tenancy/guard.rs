//! Does a query hold to one tenant on every path? Reads the operations of a builder as the framework
//! turns them into SQL: a flat list of conditions in which `and` binds tighter than `or`, with
//! parentheses only where the framework writes them.
//!
//! Facts: `laravel/framework:src/Illuminate/Database/Query/Grammars/Grammar.php (compileWheres)` and
//! `Eloquent/Builder.php (callScope, applyScopes)`.

mod flat;
mod found;
mod joins;
mod row_keys;

use std::collections::BTreeSet;
use std::sync::Arc;

use flat::Flat;
use joins::joined_tables;

use super::query::{Assumption, Column, Entry, Operand, Operation, Operator, Predicate, Query, Removed, Subject, Unknown};
use super::sql::{RawCondition, key_binding, raw_condition};
use super::validation::PassedField;
use crate::analysis::contexts::Place;
use crate::finding::Location;
use crate::flow::{Origin, Origins, Root};
use crate::index::{Constant, Index};
use crate::specs::Connective;

/// What keeps a query to one tenant.
#[derive(Clone, Debug, PartialEq)]
pub enum Protection {
    /// A comparison of the tenant key with a value.
    Key(Operand),
    /// `key is null`: rows that belong to nobody.
    Shared,
    /// The primary key of a row that is at hand, or a foreign key read from one.
    RowKey(Operand),
    /// The same row is read again by its own key.
    OwnKey(Operand),
    /// A row of a limited relation must exist; where the value that limits it comes from.
    Exists(Origins),
    /// SQL that compares the key with a bound value.
    Raw,
    /// `1 = 0`: no row at all.
    Nothing,
    /// A value that is unique over all tenants, where that is asked for.
    Unique,
    /// The sub-query follows a key of the query around it.
    Correlated,
    /// A key that was found among the user's own before.
    Member,
    /// Input that a rule has found among the rows of the tenant before, there.
    Passed(Location),
    /// A value that a limited query has found before, there.
    Found(Location),
}

/// A protection and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    /// What protects.
    pub protection: Protection,
    /// The condition.
    pub at: Location,
}

impl Guard {
    /// True where the client chooses the tenant.
    #[must_use]
    pub fn is_client_chosen(&self) -> bool {
        self.chosen().next().is_some()
    }

    /// The values of the request that choose the tenant.
    pub fn chosen(&self) -> impl Iterator<Item = &Origin> {
        self.values().filter(|origin| origin.root == Root::Request)
    }

    /// The values that name the tenant.
    pub fn values(&self) -> impl Iterator<Item = &Origin> {
        let origins = match &self.protection {
            Protection::Key(operand) => Some(&operand.origins),
            Protection::Exists(origins) => Some(origins),
            _ => None,
        };
        origins.into_iter().flat_map(Origins::iter)
    }
}

/// How a reading treats what a builder was told; the strict one decides, the others tell why it failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Of several paths the best one counts.
    pub best_path: bool,
    /// Every `or` counts as `and`.
    pub ignore_or: bool,
}

/// What a reading saw on its way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observations {
    /// Calls that open an alternative behind a protection, in order.
    pub alternatives: Vec<Location>,
    /// Protections on some path.
    pub guards: Vec<Guard>,
    /// Paths on which the protection is missing, by what is assumed on them.
    pub unguarded_paths: Vec<Vec<Assumption>>,
    /// Comparisons of the key that point away from one tenant, or to a fixed one.
    pub foreign: Vec<(Location, bool)>,
    /// The key, of whatever table, stands in a condition.
    pub names_key: bool,
    /// A comparison whose column a parameter names may be one of the key.
    pub is_by_parameter: bool,
    /// Code that may have told the builder anything.
    pub opaque: Vec<(Unknown, Location)>,
    /// Code that may have told a group anything that must hold besides the other conditions: it can narrow them only.
    pub narrowing: Vec<(Unknown, Location)>,
    /// Conditions that were read.
    pub conditions: Vec<Location>,
    /// Raw SQL holds an `or` outside parentheses, which no scope groups.
    pub raw_or: Option<Location>,
    /// Where global scopes are removed.
    pub removals: Vec<(Removed, Location)>,
    /// Where the query is taken below its global scopes.
    pub unscoped: Option<Location>,
    /// The rows are those whose key is null, and no others.
    pub nobody: Option<Location>,
}

/// What is known where a query is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'k> {
    /// The function and its context.
    pub place: Option<Place<'k>>,
    /// Input that was found among rows of the tenant before.
    pub passed: &'k [PassedField],
    /// Conditions of which the value is not to be trusted.
    pub spoilt: &'k [Location],
}

/// The facts that reading needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct GuardReader<'g> {
    /// The project.
    pub(super) index: &'g Index,
    /// The tenant key.
    pub(super) key: &'g str,
    /// Whether a table has the key, or is owned through one that has.
    pub(super) owned: &'g dyn OwnedTables,
    /// The class of the tenant itself.
    pub(super) tenant_root: Option<&'g str>,
    /// Columns whose values are unique over all tenants, where such a comparison counts as a limit.
    pub(super) unique: &'g [String],
    /// What is known where the query is sent.
    pub(super) known: Known<'g>,
    /// Models whose global scopes limit every query; none while the scopes themselves are judged.
    pub(super) always_scoped: &'g BTreeSet<&'g str>,
}

/// Which classes and tables belong to a tenant.
pub(super) trait OwnedTables: Sync + std::fmt::Debug {
    /// True for a model whose table has the key, or whose rows belong to rows that have it.
    fn is_owned_model(&self, class: &str) -> bool;
    /// True for a table that has the key, or whose rows belong to rows that have it.
    fn is_owned_table(&self, table: &str) -> bool;
    /// True for a model whose rows belong to one who logs in.
    fn is_of_user(&self, class: &str) -> bool;
}

impl GuardReader<'_> {
    /// The protection of a query without its global scopes, and what was seen.
    #[must_use]
    pub(super) fn read(&self, query: &Query, reading: Reading) -> (Option<Guard>, Observations) {
        let mut seen = Observations::default();
        let mut flat = Flat::new();
        let tables = Tables { reader: self, subject: &query.subject, joined: joined_tables(&query.operations) };
        tables.list(&query.operations, &mut flat, reading, &mut seen);
        // `key is null` names nobody: it is harmless beside a limit, and no limit by itself.
        let limits = seen.guards.iter().any(|guard| guard.protection != Protection::Shared);
        let guard = flat.guard();
        seen.nobody = guard.as_ref().filter(|guard| guard.protection == Protection::Shared && !limits).map(|guard| guard.at);
        let guard = guard.filter(|guard| guard.protection != Protection::Shared || limits);
        (guard.filter(|_| self.open_join(query, reading).is_none()), seen)
    }

    fn owned_subject(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Model(class) => self.owned.is_owned_model(class),
            Subject::Table(table, _) => self.owned.is_owned_table(table),
            Subject::Unknown(_) => false,
        }
    }

    fn is_tenant_root(&self, class: &str) -> bool {
        self.tenant_root.is_some_and(|root| root.eq_ignore_ascii_case(class))
    }

    /// True for a row whose keys lead to rows of the same tenant.
    fn is_anchor(&self, class: &str) -> bool {
        self.is_tenant_root(class)
            || self.owned.is_owned_model(class)
            || self.owned.is_owned_table(class)
            || self.index.name_is_a(class, "Illuminate\\Contracts\\Auth\\Authenticatable")
            || self.owned.is_of_user(class)
    }
}

struct Tables<'t, 'g> {
    reader: &'t GuardReader<'g>,
    subject: &'t Subject,
    joined: Vec<Arc<str>>,
}

impl Tables<'_, '_> {
    fn list(&self, operations: &[Operation], flat: &mut Flat, reading: Reading, seen: &mut Observations) {
        for operation in operations {
            self.operation(operation, flat, reading, seen);
        }
    }

    fn connective(connective: Connective, reading: Reading) -> Connective {
        if reading.ignore_or { Connective::And } else { connective }
    }

    fn operation(&self, operation: &Operation, flat: &mut Flat, reading: Reading, seen: &mut Observations) {
        match operation {
            Operation::Where(connective, predicate, at) => {
                seen.conditions.push(*at);
                self.condition(Self::connective(*connective, reading), predicate, *at, flat, reading, seen);
            }
            Operation::Group { connective, negated, operations, at } => {
                let (raw_or_before, opaque_before) = (seen.raw_or, seen.opaque.len());
                let mut inner = Flat::new();
                self.list(operations, &mut inner, reading, seen);
                seen.raw_or = raw_or_before;
                let is_blind = seen.opaque.len() > opaque_before;
                if *connective == Connective::And {
                    seen.narrowing.extend(seen.opaque.drain(opaque_before..));
                }
                let connective = Self::connective(*connective, reading);
                Self::note_alternative(connective, flat, *at, seen);
                flat.add(connective, if *negated || is_blind { None } else { inner.guard() });
            }
            Operation::Scope { operations, at, .. } => self.scope(operations, *at, flat, reading, seen),
            Operation::Either(alternatives) => {
                let before = flat.clone();
                let mut merged: Option<Flat> = None;
                for path in alternatives {
                    let mut on_path = before.clone();
                    self.list(&path.operations, &mut on_path, reading, seen);
                    if on_path.guard().is_none() {
                        seen.unguarded_paths.push(path.when.clone());
                    }
                    match &mut merged {
                        Some(merged) => merged.merge(&on_path, reading.best_path),
                        None => merged = Some(on_path),
                    }
                }
                if let Some(merged) = merged {
                    *flat = merged;
                }
            }
            Operation::Repeat(operations) => {
                // Never, once, or many times: the state before and after two rounds bound them all.
                let mut rounds = flat.clone();
                for _ in 0..2 {
                    self.list(operations, &mut rounds, reading, seen);
                    flat.merge(&rounds, reading.best_path);
                }
            }
            Operation::Remove(removed, at) => seen.removals.push((removed.clone(), *at)),
            Operation::Unscope(at) => {
                seen.unscoped.get_or_insert(*at);
            }
            Operation::ApplyScopes(_) => {}
            Operation::Join { on, outer, at, .. } => {
                // The condition of an inner join limits the rows as a condition of the query does.
                if !outer {
                    let mut inner = Flat::new();
                    self.list(on, &mut inner, reading, seen);
                    if let Some(guard) = inner.guard() {
                        seen.conditions.push(*at);
                        flat.add(Connective::And, Some(guard));
                    }
                }
            }
            Operation::Union(query, at) => {
                // Every branch of a union needs its own protection.
                let (guard, inner) = self.reader.read(query, reading);
                seen.opaque.extend(inner.opaque);
                if guard.is_none() {
                    seen.alternatives.push(*at);
                    flat.close_group();
                    flat.current = None;
                }
            }
            Operation::Opaque(unknown, at) => seen.opaque.push((*unknown, *at)),
        }
    }

    fn note_alternative(connective: Connective, flat: &Flat, at: Location, seen: &mut Observations) {
        if connective == Connective::Or && flat.guard().is_some() {
            seen.alternatives.push(at);
        }
    }

    /// A local scope: what stands before it and what it adds are put in parentheses where they hold `or`.
    fn scope(&self, operations: &[Operation], at: Location, flat: &mut Flat, reading: Reading, seen: &mut Observations) {
        let mut inner = Flat::new();
        self.list(operations, &mut inner, reading, seen);
        if inner.is_empty {
            return;
        }
        flat.close_group();
        // The group keeps the connective of its first clause.
        let connective = if inner.starts_with_or { Connective::Or } else { Connective::And };
        Self::note_alternative(connective, flat, at, seen);
        flat.add(connective, inner.guard());
    }

    fn condition(
        &self,
        connective: Connective,
        predicate: &Predicate,
        at: Location,
        flat: &mut Flat,
        reading: Reading,
        seen: &mut Observations,
    ) {
        Self::note_alternative(connective, flat, at, seen);
        let protection = match predicate {
            Predicate::Compare(column, operator, operand) => self.comparison(column, *operator, operand, at, seen),
            Predicate::Exists { subject, negated: false, operations, .. } => self.existence(subject, operations, reading),
            Predicate::Raw(Some(sql), bindings) => {
                let raw = raw_condition(sql, self.reader.key);
                if raw == RawCondition::Alternatives && !reading.ignore_or {
                    Self::raw_alternatives(connective, at, flat, seen);
                    return;
                }
                match raw {
                    RawCondition::LimitsKey => Some(match key_binding(sql, self.reader.key, bindings) {
                        Some(operand) => Protection::Key(operand.clone()),
                        None => Protection::Raw,
                    }),
                    RawCondition::Never => Some(Protection::Nothing),
                    _ => None,
                }
            }
            Predicate::Raw(None, _) => {
                seen.opaque.push((Unknown::Sql, at));
                None
            }
            _ => None,
        };
        let is_trusted = !self.reader.known.spoilt.contains(&at);
        let guard = protection.filter(|_| is_trusted).map(|protection| Guard { protection, at });
        seen.guards.extend(guard.clone());
        flat.add(connective, guard);
    }

    /// `whereRaw('a = 1 or b = 2')` is never put in parentheses.
    fn raw_alternatives(connective: Connective, at: Location, flat: &mut Flat, seen: &mut Observations) {
        flat.add(connective, None);
        if flat.guard().is_some() {
            seen.alternatives.push(at);
        }
        flat.add(Connective::Or, None);
        seen.raw_or.get_or_insert(at);
    }

    fn comparison(
        &self,
        column: &Column,
        operator: Operator,
        operand: &Operand,
        at: Location,
        seen: &mut Observations,
    ) -> Option<Protection> {
        if column.parameter.is_some() && matches!(operator, Operator::Equal | Operator::In) {
            seen.is_by_parameter = true;
            return None;
        }
        seen.names_key |= column.name.eq_ignore_ascii_case(self.reader.key);
        if self.is_key(column) {
            return match operator {
                Operator::IsNull => Some(Protection::Shared),
                Operator::NotEqual | Operator::NotIn => {
                    seen.foreign.push((at, false));
                    None
                }
                Operator::Equal | Operator::In => {
                    if operand.is_query {
                        seen.opaque.push((Unknown::Argument, at));
                        return None;
                    }
                    if is_fixed(operand) {
                        seen.foreign.push((at, true));
                        return None;
                    }
                    Some(Protection::Key(operand.clone()))
                }
                Operator::Other => None,
            };
        }
        if let Some(query) = operand.query.as_deref().filter(|_| operator == Operator::In) {
            return self.of_limited_query(column, query);
        }
        if !matches!(operator, Operator::Equal | Operator::In) || operand.is_query {
            return None;
        }
        let is_unique = self.reader.unique.iter().any(|unique| unique.eq_ignore_ascii_case(&column.name));
        if is_unique && operand.constant.is_none() {
            return Some(Protection::Unique);
        }
        self.row_key(column, operator, operand)
    }

    /// `whereIn('customer_id', Customer::where('company_id', …)->select('id'))`
    fn of_limited_query(&self, column: &Column, query: &Query) -> Option<Protection> {
        if !looks_like_key(&column.name) || !self.reader.owned_subject(&query.subject) {
            return None;
        }
        let (guard, seen) = self.reader.read(query, Reading::default());
        if !seen.opaque.is_empty() {
            return None;
        }
        match guard?.protection {
            Protection::Key(Operand { origins, .. }) | Protection::Exists(origins) => Some(Protection::Exists(origins)),
            Protection::RowKey(operand) | Protection::OwnKey(operand) => Some(Protection::RowKey(operand)),
            _ => Some(Protection::Exists(Origins::none())),
        }
    }

    fn is_key(&self, column: &Column) -> bool {
        column.name.eq_ignore_ascii_case(self.reader.key) && self.is_limiting_table(column.qualifier.as_deref())
    }

    /// True for the query's own table, and for those that an inner join limits with it.
    fn is_limiting_table(&self, qualifier: Option<&str>) -> bool {
        let Some(qualifier) = qualifier else { return true };
        if qualifier == "*" || self.joined.iter().any(|table| table.eq_ignore_ascii_case(qualifier)) {
            return true;
        }
        match self.subject {
            Subject::Model(class) => {
                let model = self.reader.index.resolve_class(class).and_then(|key| self.reader.index.model(key));
                model.and_then(|model| model.table.as_deref()).is_none_or(|table| table.eq_ignore_ascii_case(qualifier))
            }
            Subject::Table(table, alias) => {
                table.eq_ignore_ascii_case(qualifier)
                    || alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(qualifier))
            }
            Subject::Unknown(_) => true,
        }
    }

    /// `whereHas('customer', fn ($q) => $q->where('company_id', …))`
    fn existence(&self, subject: &Subject, operations: &[Operation], reading: Reading) -> Option<Protection> {
        let is_root = matches!(subject, Subject::Model(class) if self.reader.is_tenant_root(class));
        if !is_root && !self.reader.owned_subject(subject) {
            return None;
        }
        let entry = Entry { kind: super::query::EntryKind::Nested, ..Self::placeholder() };
        let query = Query { entry, subject: subject.clone(), operations: operations.to_vec() };
        if is_root {
            return operations.iter().find_map(|operation| match operation {
                Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal | Operator::In, operand), _)
                    if self.names_root(column) && !operand.is_query && !is_fixed(operand) =>
                {
                    Some(Protection::Exists(operand.origins.clone()))
                }
                _ => None,
            });
        }
        let (guard, seen) = self.reader.read(&query, reading);
        let by_guard = guard.map(|guard| match guard.protection {
            Protection::Key(Operand { origins, .. }) | Protection::Exists(origins) => Protection::Exists(origins),
            // Worth what the query is worth that loaded the row.
            Protection::RowKey(operand) | Protection::OwnKey(operand) => Protection::RowKey(operand),
            _ => Protection::Exists(Origins::none()),
        });
        by_guard.or_else(|| self.is_always_scoped(subject, &seen).then(|| Protection::Exists(Origins::none())))
    }

    /// The global scopes of a related model hold in the sub-query, too.
    /// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/QueriesRelationships.php (has)`
    fn is_always_scoped(&self, subject: &Subject, seen: &Observations) -> bool {
        let is_kept = seen.removals.is_empty() && seen.unscoped.is_none() && seen.raw_or.is_none() && seen.opaque.is_empty();
        is_kept && matches!(subject, Subject::Model(class) if self.reader.always_scoped.contains(&**class))
    }

    /// The tenant's own key, or the key that a pivot holds of it.
    fn names_root(&self, column: &Column) -> bool {
        column.name.eq_ignore_ascii_case("id") || column.name.eq_ignore_ascii_case(self.reader.key)
    }

    fn placeholder() -> Entry {
        let body = crate::index::BodyKey { file: crate::finding::FileId(0), body: crate::hir::BodyId(0) };
        let at = Location::new(body.file, crate::finding::Span::default());
        Entry { body, expr: crate::hir::ExprId(0), at, kind: super::query::EntryKind::Nested, spec: "".into() }
    }
}

/// `id`, `customer_id`, `uuid`
#[must_use]
pub fn looks_like_key(name: &str) -> bool {
    // A path in a JSON column is no key.
    !name.contains("->")
        && (name.eq_ignore_ascii_case("id")
            || name.ends_with("_id")
            || name.ends_with("_ids")
            || name.eq_ignore_ascii_case("uuid"))
}

/// A tenant that the code names itself, at least on one path: `$user->company_id ?? 1`.
#[must_use]
pub fn is_fixed(operand: &Operand) -> bool {
    let literal = |constant: &Constant| matches!(constant, Constant::Int(_) | Constant::String(_));
    let on_one_path = |origin: &Origin| origin.root == Root::Literal && origin.path.is_empty();
    match operand.constant.as_deref() {
        Some(constant) => literal(constant),
        None => operand.origins.any(on_one_path),
    }
}
