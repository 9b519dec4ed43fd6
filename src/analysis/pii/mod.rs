//! Personal data: which kinds of it reach which log, and how.
//!
//! The domain knows kinds, not rules. It is asked by need: sinks are found by name, and only what their arguments are
//! made of is followed, through assignments, callees and callers, each within a limit of depth.

mod calls;
mod channels;
mod definitions;
mod effects;
mod eval;
mod names;
mod sanitizer;
mod sinks;
mod summaries;
mod value;
mod variables;

pub use channels::{Channel, channel_named, default_channel};
pub use eval::{Evaluator, Unit};
pub use sinks::{Exposure, SinkSite, sites};
pub use value::{Failure, Given, Glimpse, Mark, Shape, Step, Treatment, Unknown, Value, What, kind_words};
