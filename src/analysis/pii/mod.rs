//! Personal data: which kinds of it reach which log, and how.
//!
//! The domain knows kinds, not rules. It is asked by need: sinks are found by name, and only what their arguments are
//! made of is followed, through assignments, callees and callers, each within a limit of depth.

mod callables;
mod calls;
mod channels;
mod definitions;
mod effects;
mod eval;
mod evaluator;
mod exposures;
mod facts;
mod masks;
mod names;
mod places;
mod sanitizer;
mod sanitizing;
mod sink_names;
mod sinks;
mod summaries;
mod types;
mod value;
mod variables;
mod written;

pub use channels::{Channel, channel_named, default_channel};
pub use evaluator::{Evaluator, Unit};
pub use exposures::Exposure;
pub use sinks::{SinkSite, sites};
pub use value::{Failure, Given, Glimpse, Mark, Shape, Step, Treatment, Unknown, Value, What, kind_words};
