//! Summaries of all functions, callees first: parallel over components, sequential inside one.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::call_graph::CallGraph;
use super::interpret::{Client, Project, Summaries, Summary, analyse};
use crate::index::BodyKey;

/// Rounds over a component of functions that call each other before its summaries count as partial.
const ROUNDS: usize = 4;

/// The summaries of a project's functions.
#[derive(Debug)]
pub struct SummaryTable<C: Client> {
    files: Vec<Vec<OnceLock<Arc<Summary<C>>>>>,
}

impl<C: Client> Summaries<C> for SummaryTable<C> {
    fn get(&self, key: BodyKey) -> Option<Arc<Summary<C>>> {
        self.files.get(key.file.0 as usize)?.get(key.body.0 as usize)?.get().cloned()
    }
}

/// The summaries of a component in work, and the finished ones behind them.
struct InWork<'t, C: Client> {
    members: Vec<(BodyKey, Option<Arc<Summary<C>>>)>,
    finished: &'t SummaryTable<C>,
}

impl<C: Client> Summaries<C> for InWork<'_, C> {
    fn get(&self, key: BodyKey) -> Option<Arc<Summary<C>>> {
        match self.members.binary_search_by_key(&key, |(member, _)| *member) {
            Ok(place) => self.members[place].1.clone(),
            Err(_) => self.finished.get(key),
        }
    }
}

impl<C: Client> SummaryTable<C> {
    /// Analyses every function of a project.
    #[must_use]
    pub fn build(project: Project<'_>, client: &C, graph: &CallGraph) -> Self
    where
        C::Store: Sync,
    {
        let files = project.index.files().map(|(_, hir)| hir.bodies.iter().map(|_| OnceLock::new()).collect()).collect();
        let table = Self { files };
        for level in graph.levels() {
            level.par_iter().with_max_len(1).for_each(|component| table.component(project, client, component));
        }
        table
    }

    fn component(&self, project: Project<'_>, client: &C, component: &[BodyKey]) {
        let mut work = InWork { members: component.iter().map(|key| (*key, None)).collect(), finished: self };
        work.members.sort_unstable_by_key(|(key, _)| *key);
        let is_recursive = component.len() > 1 || calls_itself(project, component[0]);
        let rounds = if is_recursive { ROUNDS } else { 1 };
        for round in 1..=rounds {
            let mut changed = false;
            for place in 0..work.members.len() {
                let mut summary = analyse(project, client, &work, work.members[place].0);
                if is_recursive && round == rounds && work.members[place].1.as_deref() != Some(&summary) {
                    summary.complete = false;
                }
                if work.members[place].1.as_deref() != Some(&summary) {
                    work.members[place].1 = Some(Arc::new(summary));
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        for (key, summary) in work.members {
            if let Some(summary) = summary {
                // Each function belongs to one component, so the cell is empty.
                let _ = self.files[key.file.0 as usize][key.body.0 as usize].set(summary);
            }
        }
    }

    /// All summaries in order of their functions' places.
    pub fn iter(&self) -> impl Iterator<Item = (BodyKey, &Arc<Summary<C>>)> {
        self.files.iter().enumerate().flat_map(|(file, bodies)| {
            bodies.iter().enumerate().filter_map(move |(body, cell)| {
                let key = BodyKey {
                    file: crate::finding::FileId(u32::try_from(file).unwrap_or(u32::MAX)),
                    body: crate::hir::BodyId(u32::try_from(body).unwrap_or(u32::MAX)),
                };
                cell.get().map(|summary| (key, summary))
            })
        })
    }
}

fn calls_itself(project: Project<'_>, key: BodyKey) -> bool {
    let hir = project.index.hir(key.file);
    hir.bodies().any(|(id, _)| {
        let inner = BodyKey { file: key.file, body: id };
        project.index.enclosing(inner) == key
            && project.resolution.body(inner).calls().any(|(_, call)| call.targets.contains(&key))
    })
}
