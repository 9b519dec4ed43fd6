//! Every place that writes, with the personal data that reaches it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::evaluator::{Evaluator, Unit};
use super::exposures::{Exposed, Exposure};
use super::places::{Candidate, Place, candidates};
use super::summaries::{DOWN, UP};
use super::value::Treatment;
use crate::finding::{Location, Message};
use crate::flow::{CallGraph, Project};
use crate::hir::ExprId;
use crate::index::BodyKey;
use crate::specs::{Kind, SinkRow};

/// A place that writes.
#[derive(Clone, Debug)]
pub struct SinkSite {
    /// The body that holds it.
    pub body: BodyKey,
    /// The call, or what else writes.
    pub expr: ExprId,
    /// Where it stands.
    pub at: Location,
    /// The row that says so.
    pub row: SinkRow,
    /// What is called, as a reader names it: `Log::info`.
    pub name: String,
    /// The channel that the call names.
    pub channel: Option<String>,
    /// What reaches it.
    pub exposures: Vec<Exposure>,
    /// What was made harmless on the way.
    pub treatment: Option<Treatment>,
    /// The kinds that were made harmless, by the keys.
    pub treated: Vec<Kind>,
    /// What could not be decided.
    pub open: Option<Message>,
}

/// All places that write, in order.
#[must_use]
pub fn sites(project: Project<'_>, graph: &CallGraph, sanitizers: &[String]) -> Vec<SinkSite> {
    let candidates = candidates(project);
    let files: Vec<&[(BodyKey, Candidate)]> = candidates.chunk_by(|a, b| a.0.file == b.0.file).collect();
    let next = AtomicUsize::new(0);
    let found = rayon::broadcast(|_| {
        let mut evaluator = Evaluator::new(project, graph, sanitizers);
        let mut sites = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            for candidates in file.chunk_by(|a, b| a.0 == b.0) {
                sites.extend(of_body(&mut evaluator, candidates));
            }
        }
        sites
    });
    let mut sites: Vec<SinkSite> = found.into_iter().flatten().collect();
    sites.sort_by_key(|site| (site.body, site.expr, site.at));
    sites
}

fn of_body(evaluator: &mut Evaluator<'_>, candidates: &[(BodyKey, Candidate)]) -> Vec<SinkSite> {
    let body = candidates[0].0;
    // All sinks of a body are one purpose: they are asked together, always in the same order.
    let mut unit = Unit::new(evaluator, DOWN);
    let places: Vec<Place<'_>> = candidates.iter().flat_map(|(_, candidate)| unit.places(body, *candidate)).collect();
    let mut is_prepared = false;
    let mut written = Vec::new();
    for place in &places {
        let is_plain = unit.is_plain(place);
        if !is_plain && !is_prepared {
            unit.prepare(body);
            is_prepared = true;
        }
        written.push(if is_plain { Vec::new() } else { unit.written(place) });
    }
    let mut found = Vec::new();
    for (place, values) in places.into_iter().zip(written) {
        let mut exposed = Exposed::default();
        for (key, value, at) in values {
            let settled = evaluator.settle(body, &value, UP);
            let unit = Unit::new(evaluator, DOWN);
            exposed.collect(&unit, key.as_deref(), &settled, at);
        }
        let unit = Unit::new(evaluator, 1);
        found.push(SinkSite {
            body,
            expr: place.expr,
            at: place.at,
            name: unit.readable(&place),
            channel: unit.channel(&place),
            row: place.row,
            exposures: exposed.found,
            treatment: exposed.treatment,
            treated: exposed.treated,
            open: exposed.open,
        });
    }
    found
}
