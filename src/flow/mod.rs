//! The engines: call resolution, control flow, dataflow, provenance, summaries. They know PHP and the
//! specs, and no question; a question's knowledge is a [`Client`].

mod call_graph;
mod cfg;
mod dataflow;
mod evaluate;
mod hints;
mod interpret;
mod origin;
mod resolve;
mod summaries;
mod types;
mod value;
mod variables;

pub use call_graph::CallGraph;
pub use cfg::{Action, Block, BlockId, Cfg, Exit};
pub use dataflow::{Domain, solve, step};
pub use evaluate::{Evaluator, Known};
pub(crate) use hints::HintReader;
pub use hints::is_builder;
pub use interpret::{
    CallEvent, Client, Condition, Given, Machine, ParameterAt, PathEnd, Project, State, Summaries, Summary, actual, actual_of,
    analyse, closures_in, constant_key, part_of, paths,
};
pub use origin::{Actual, Origin, Origins, Root, Substitution};
pub use resolve::{BodyTypes, Call, Resolution};
pub use summaries::SummaryTable;
pub use types::{Type, Types};
pub use value::{ClosureValue, Fact, KnownEnd, Shape, Value};
pub use variables::Variables;
