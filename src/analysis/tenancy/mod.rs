//! Tenant isolation: the model of queries and what it says about them.

mod calls;
mod client;
mod conditions;
mod guard;
mod infer;
mod macros;
mod query;
mod scopes;
mod sql;

pub use client::{Builders, QueryClient, QueryEffects, QueryFact};
pub use query::{
    Alternative, Assumption, Column, Entry, EntryKind, Execution, ObjectId, Operand, Operation, Operator, Predicate, Query, RawSql, Removed,
    Subject, Unknown, UnresolvedQuery,
};
