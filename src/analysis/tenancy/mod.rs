//! Tenant isolation: the model of queries and what it says about them.

mod attributes;
mod binding;
mod cached;
mod calls;
mod checks;
mod client;
mod comparisons;
mod conditions;
mod creations;
mod derived;
mod execution;
mod given_rows;
mod guard;
mod infer;
mod kept;
mod lift;
mod listed;
mod loads;
mod macros;
mod model;
mod ownership;
mod policy;
mod prune;
mod query;
mod row_check;
mod scopes;
mod sql;
mod standing;
mod state;
mod statements;
mod stored;
mod validation;

pub use binding::{BoundRoute, BoundRow, may_limit_by_itself};
pub use cached::{CacheCall, CachePrefix};
pub use checks::Doubt;
pub use client::QueryClient;
pub use comparisons::comparisons;
pub use creations::{Creation, KeyWrite, WrittenBy, is_unguarded};
pub use derived::Owner;
pub use execution::{Execution, SentBy};
pub use guard::{Guard, Known, Observations, Protection, Reading, is_fixed, looks_like_key};
pub use infer::{NotInferred, TenantFacts, TenantOptions};
pub use loads::{EAGER_LOAD, LAZY_LOAD};
pub use model::{Tenancy, short_name, subject_name, tenant_word};
pub use ownership::Check;
pub use query::{
    Alternative, Assumption, Column, Entry, EntryKind, EntryQueries, ObjectId, Operand, Operation, Operator, Predicate, Query,
    RawSql, Removed, Subject, Unknown, UnresolvedQuery,
};
pub use row_check::RowCheck;
pub use scopes::{OpenKind, OpenPath, ScopeBehaviour, ScopeEffect, scope_body};
pub use standing::{Standing, StandingReader, is_client_written, names_tenant};
pub use state::{Builders, QueryEffects, QueryFact};
pub use statements::{RawStatement, read_statement};
pub use stored::{CacheUse, CachedQuery};
pub use validation::{
    FoundKey, PassedCheck, PassedChecks, PassedField, RuleKind, RuleLimit, RuleValue, TestedValue, ValidationRule, ValuePlace,
    is_ruled,
};
