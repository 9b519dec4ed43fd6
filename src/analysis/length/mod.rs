//! How long texts may be: a small domain over the engines, asked for by need.
//!
//! A function is traced where a question looks at a call in it. What its parameters are comes from its callers, what a
//! call gives from the callee's code, both within a limit of depth; a whole-project pass would cost more than all the
//! other questions together, for a handful of calls.

mod aliases;
mod bound;
mod calls;
mod columns;
mod encoders;
mod eval;
mod guard;
mod trace;
mod validation;
mod walk;

pub use bound::{Length, Most, Value};
pub use encoders::{Encoder, Guard, encoders, unresolved_classes};
pub use trace::{State, Trace, Tracer};
