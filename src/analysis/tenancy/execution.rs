//! A query that is sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::query::{Operand, Query};
use super::validation::PassedChecks;
use crate::finding::Location;
use crate::index::BodyKey;
use crate::specs::QueryMethodKind;

/// A query that is sent to the database.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// The builder as it is then.
    pub query: Query,
    /// The method that sends it.
    pub method: Arc<str>,
    /// What the method does.
    pub kind: QueryMethodKind,
    /// The whole call, from the chain's start to the method's closing parenthesis.
    pub at: Location,
    /// The function that sends it.
    pub function: BodyKey,
    /// The spec row of the method.
    pub spec: Arc<str>,
    /// The array that a find-or-create method searches by; none where it is built at run time.
    pub search: Option<Vec<(Arc<str>, Operand)>>,
    /// The method writes rows, or its result is written to.
    pub writes: bool,
    /// It stands on a path that is never taken.
    pub is_dead: bool,
    /// The calls through which it was followed, from the query outwards.
    pub through_call: Vec<Location>,
    /// The rules that the request's input has passed before.
    pub passed: PassedChecks,
    /// What was asked about the user's role before, and answered with a yes.
    pub roles: BTreeSet<Arc<str>>,
}

/// What sends a query.
#[derive(Clone, Debug)]
pub struct SentBy {
    /// The method.
    pub method: Arc<str>,
    /// What the method does.
    pub kind: QueryMethodKind,
    /// The spec row of the method.
    pub spec: Arc<str>,
}

impl SentBy {
    /// A method that loads rows.
    pub fn loading(method: impl Into<Arc<str>>, spec: impl Into<Arc<str>>) -> Self {
        Self { method: method.into(), kind: QueryMethodKind::Run, spec: spec.into() }
    }
}

impl Execution {
    /// A query that a function sends at a place, of which nothing else is known.
    #[must_use]
    pub fn new(query: Query, by: SentBy, at: Location, function: BodyKey) -> Self {
        let SentBy { method, kind, spec } = by;
        Self {
            query,
            method,
            kind,
            at,
            function,
            spec,
            search: None,
            writes: false,
            is_dead: false,
            through_call: Vec::new(),
            passed: PassedChecks::new(),
            roles: BTreeSet::new(),
        }
    }
}
