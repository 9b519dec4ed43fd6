//! What the builder lattice keeps: the facts of values, the builders alive at a point, and what a
//! function does with queries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::attributes::AttributeRows;
use super::cached::{CacheCall, CachePrefix};
use super::creations::{Creation, KeyWrite};
use super::execution::Execution;
use super::given_rows::{GivenChecks, GivenOperands};
use super::ownership::{self, Compared, RowUse};
use super::policy::Asked;
use super::query::{Assumption, Entry, ObjectId, Operation, Query, RawSql, Subject, UnresolvedQuery};
use super::validation::{Handed, Inputs, PassedChecks, RuleValue, ValuePlace, meet};
use crate::flow::Fact;
use crate::hir::ExprId;
use crate::index::BodyKey;

/// What is known about a value: the builders that it may be, and the queries that loaded it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryFact {
    /// Builders, sorted.
    pub objects: Vec<ObjectId>,
    /// Entries of the queries whose rows it holds or was read from, sorted.
    pub rows: Vec<Entry>,
    /// The rules of the validators that it may be, sorted.
    pub validators: Vec<ValuePlace>,
}

/// Builders or queries kept for one value.
const FACT_LIMIT: usize = 8;

/// Adds an item while there is room. True where it is new.
pub(super) fn insert_sorted<T: Ord + Clone>(list: &mut Vec<T>, item: &T) -> bool {
    match list.binary_search(item) {
        Err(place) if list.len() < FACT_LIMIT => {
            list.insert(place, item.clone());
            true
        }
        _ => false,
    }
}

impl Fact for QueryFact {
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for object in &other.objects {
            changed |= insert_sorted(&mut self.objects, object);
        }
        for row in &other.rows {
            changed |= insert_sorted(&mut self.rows, row);
        }
        for rules in &other.validators {
            changed |= insert_sorted(&mut self.validators, rules);
        }
        changed
    }
}

impl QueryFact {
    /// The fact of one builder.
    #[must_use]
    pub fn object(object: ObjectId) -> Self {
        Self { objects: vec![object], ..Self::default() }
    }

    /// The fact of rows that a query loaded.
    #[must_use]
    pub fn row(entry: &Entry) -> Self {
        Self { rows: vec![entry.clone()], ..Self::default() }
    }

    /// The fact of rows that some queries loaded.
    #[must_use]
    pub fn rows(rows: &[Entry]) -> Self {
        Self { rows: rows.to_vec(), ..Self::default() }
    }
}

/// The builders alive at a point, and what is assumed there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Builders {
    /// The builders.
    pub queries: BTreeMap<ObjectId, Query>,
    /// The assumptions of the path, oldest first.
    pub assumptions: Vec<Assumption>,
    /// Builders whose next scope opens an alternative: `->orWhere->active()`.
    pub or_next: BTreeSet<ObjectId>,
    /// Columns of loaded rows that were compared on every path.
    pub checked: BTreeSet<Compared>,
    /// Queries whose rows were loaded on some path.
    pub(super) sent: BTreeSet<Entry>,
    /// What was compared of rows among the parameters.
    pub(super) given: GivenChecks,
    /// Questions to policies, by the call that asks.
    pub(super) asked: BTreeMap<(BodyKey, ExprId), Asked>,
    /// What a form request has written into its own input on every path.
    pub(super) inputs: Inputs,
    /// Rules that the request's input has passed on every path.
    pub(super) passed: PassedChecks,
    /// Questions whether input passes rules, by the call that asks, with the answer that says so.
    pub(super) tested: BTreeMap<(BodyKey, ExprId), (ValuePlace, bool)>,
}

impl Builders {
    /// What holds on one of two paths. True where it changed.
    pub(super) fn join(&mut self, from: &Self) -> bool {
        let common = self.assumptions.iter().zip(&from.assumptions).take_while(|(left, right)| left == right).count();
        let mut changed = self.assumptions.len() != common;
        let checked = ownership::meet(self, from);
        changed |= checked != self.checked;
        self.checked = checked;
        let sent = self.sent.len();
        self.sent.extend(from.sent.iter().cloned());
        changed |= self.sent.len() != sent;
        let given = self.given.meet(&from.given);
        changed |= given != self.given;
        self.given = given;
        for (place, asked) in &from.asked {
            self.asked.entry(*place).or_insert_with(|| asked.clone());
        }
        changed |= meet(&mut self.inputs, &from.inputs);
        let passed = self.passed.len();
        self.passed.retain(|rules| from.passed.contains(rules));
        changed |= self.passed.len() != passed;
        self.tested.extend(from.tested.iter().map(|(place, test)| (*place, *test)));
        self.or_next.extend(from.or_next.iter().cloned());
        let when = self.assumptions.split_off(common);
        for (id, query) in &from.queries {
            match self.queries.get_mut(id) {
                Some(known) => changed |= known.join(query, &when, &from.assumptions[common..]),
                None => {
                    self.queries.insert(id.clone(), query.clone());
                    changed = true;
                }
            }
        }
        changed
    }

    /// Ends growth in loops.
    pub(super) fn widen(&mut self, previous: &Self) {
        for (id, query) in &mut self.queries {
            if let Some(before) = previous.queries.get(id) {
                query.widen(before);
            }
        }
    }
}

/// What a function does with queries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryEffects {
    /// Queries that begin here, whether they run or not.
    pub entries: Vec<(Entry, Subject)>,
    /// Queries that it sends.
    pub executions: Vec<Execution>,
    /// What it tells the builders among its parameters.
    pub parameters: BTreeMap<u16, Vec<Operation>>,
    /// What it tells the builders that its object keeps, by the property's name.
    pub kept: BTreeMap<Arc<str>, Query>,
    /// The builders that it returns.
    pub returned: BTreeMap<ObjectId, Query>,
    /// SQL as text that it sends.
    pub raw_sql: Vec<RawSql>,
    /// Calls that only builders have, on receivers of unknown class.
    pub unresolved_queries: Vec<UnresolvedQuery>,
    /// Entries of queries whose rows it writes to, one by one.
    pub written_rows: Vec<Entry>,
    /// Parameters whose rows it writes to.
    pub written_parameters: Vec<u16>,
    /// What it does with the rows of queries.
    pub row_uses: BTreeMap<Entry, RowUse>,
    /// Columns of rows that were compared on every path to its end.
    pub checked: BTreeSet<Compared>,
    /// What was compared of rows among the parameters, on every path to its end.
    pub(super) given: GivenChecks,
    /// Parameters of which the row is used before anything of it was compared.
    pub(super) given_used: BTreeSet<u16>,
    /// What these rows were compared with.
    pub(super) given_with: GivenOperands,
    /// Rows that it creates.
    pub creations: Vec<Creation>,
    /// Keys that it writes to rows.
    pub key_writes: Vec<KeyWrite>,
    /// Calls that store a value in the cache.
    pub cache_calls: Vec<CacheCall>,
    /// Where a prefix of all keys of the cache is set, and to what.
    pub cache_prefixes: Vec<CachePrefix>,
    /// Values in validation rules that may say which tenant is meant.
    pub rule_values: Vec<RuleValue>,
    /// Arrays that it hands to validators, and what it makes objects of.
    pub(super) handed: Vec<Handed>,
    /// What a form request writes into its own input.
    pub inputs: Inputs,
    /// Rules that the request's input has passed on every path to its end.
    pub passed: PassedChecks,
    /// Rows that it puts into the attributes of requests.
    pub(super) attribute_rows: AttributeRows,
    /// Properties of its object that it writes, itself or through other methods of the object, and the queries whose rows it
    /// puts there.
    pub(super) own_writes: BTreeMap<Arc<str>, BTreeSet<Entry>>,
    /// Other calls without a known receiver.
    pub unresolved_calls: usize,
}
