//! A small interpreter for the PHP that migrations are made of.
//!
//! It runs code as PHP does, on values that are known. A value that is not known carries its cause and the value that it most
//! likely has. Where a condition depends on it, the machine asks its `Decisions`, and the caller runs the code once for each way.

mod calls;
mod expressions;
mod functions;
mod machine;
mod members;
mod objects;
pub(crate) mod operators;
mod pure;
mod statements;
pub(crate) mod value;

pub(crate) use calls::{Arguments, ClassTarget};
pub(crate) use expressions::map;
pub(crate) use functions::count;
pub(crate) use machine::{Decision, Halt, Machine, Outcome, Trace};
pub(crate) use objects::{Attributes, Exception, FluentKind, Object};
pub use value::Cause;
pub(crate) use value::{Array, Key, ObjectId, Scope, Value};
