//! Tenant isolation: the model of queries and what it says about them.

mod calls;
mod client;
mod conditions;
mod guard;
mod macros;
mod query;
mod sql;

pub use client::{Builders, QueryClient, QueryEffects, QueryFact};
pub use query::{
    Alternative, Assumption, Column, Entry, EntryKind, Execution, ObjectId, Operand, Operation, Operator, Predicate, Query, RawSql, Removed,
    Subject, Unknown, UnresolvedQuery,
};
