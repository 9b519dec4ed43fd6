//! Tenant isolation: the model of queries and what it says about them.

mod calls;
mod client;
mod conditions;
mod creations;
mod guard;
mod infer;
mod lift;
mod loads;
mod macros;
mod model;
mod ownership;
mod policy;
mod prune;
mod query;
mod scopes;
mod sql;
mod statements;

pub use client::{Builders, QueryClient, QueryEffects, QueryFact};
pub use creations::{Creation, KeyWrite};
pub use guard::{Guard, Observations, Protection, Reading, is_fixed};
pub use infer::{NotInferred, TenantFacts, TenantOptions};
pub use loads::{EAGER_LOAD, LAZY_LOAD};
pub use model::{EntryQueries, Tenancy, is_owned, short_name, subject_name};
pub use ownership::Check;
pub use query::{
    Alternative, Assumption, Column, Entry, EntryKind, Execution, ObjectId, Operand, Operation, Operator, Predicate, Query,
    RawSql, Removed, Subject, Unknown, UnresolvedQuery,
};
pub use scopes::{OpenKind, OpenPath, ScopeBehaviour, scope_body};
pub use statements::{RawStatement, read_statement};
