//! The further runs of a migration that tell what becomes of each of its operations.

use super::{End, Input, MigrationResult, Path, Run, World, class_of, run_path};
use crate::migrate::changes::{Change, between};
use crate::migrate::operations::{Runs, Unreversed, operations};
use crate::migrate::php::Trace;
use crate::migrate::world::{Step, StepOutcome};

/// What the further runs need to know of the likely way.
pub(super) struct Main {
    world: World,
    trace: Trace,
    failed: bool,
    /// A statement of SQL made it fail.
    by_statement: bool,
    gaps: Vec<super::Gap>,
}

impl Main {
    pub(super) fn of(path: &Path) -> Self {
        let by_statement = matches!(&path.end, End::Failed(error) if error.sql.is_some());
        Self {
            world: path.world.clone(),
            trace: path.trace.clone(),
            failed: path.end != End::Done,
            by_statement,
            gaps: path.gaps.clone(),
        }
    }
}

/// Adds the operations of a migration to its verdict, and what its `down()` leaves.
pub(super) fn add(input: &Input<'_>, number: u32, before: &World, main: &Main, result: &mut MigrationResult) {
    let file = result.file.clone();
    let mends = || Run { mends: true, ..Run::default() };
    let mended = main.by_statement.then(|| run_path(input, &file, number, before.clone(), mends()));
    let mut gaps = result.gaps.clone();
    if result.status == super::Status::Undetermined && gaps.is_empty() {
        gaps.push((None, "what an earlier migration does could not be decided".to_owned()));
    }
    let (steps, trace, is_cut_off) = match &mended {
        Some(path) => {
            gaps.extend(path.gaps.iter().filter(|gap| !main.gaps.contains(gap)).cloned());
            (&path.steps, &path.trace, path.end != End::Done)
        }
        None => (&result.steps, &main.trace, main.failed),
    };
    let asks = trace.asked || steps.iter().any(|step| matches!(step.outcome, StepOutcome::Failed(_)));
    let again = (asks && !main.failed).then(|| run_path(input, &file, number, main.world.clone(), mends()));
    let runs = Runs {
        index: input.index,
        class: class_of(input.index, &file),
        file: file.file,
        steps,
        trace,
        gaps: &gaps,
        again: again.as_ref().map(|path| (path.steps.as_slice(), &path.trace)),
        result,
        is_cut_off,
    };
    let found = operations(&runs);
    if !main.failed && gaps.is_empty() && result.steps.iter().any(|step| !step.changes.is_empty()) {
        result.unreversed = unreversed(input, number, before, main, result);
    }
    if main.by_statement && !result.changes.is_empty() {
        let path = run_path(input, &file, number, main.world.clone(), Run::default());
        result.second_run = match path.end {
            End::Failed(error) => error.at,
            End::Done => None,
        };
    }
    result.operations = found;
}

fn unreversed(input: &Input<'_>, number: u32, before: &World, main: &Main, result: &MigrationResult) -> Option<Unreversed> {
    let class = class_of(input.index, &result.file)?;
    if input.index.find_method(class, "down").is_none() {
        return Some(Unreversed::Missing);
    }
    let run = Run { backwards: true, ..Run::default() };
    let path = run_path(input, &result.file, number, main.world.clone(), run);
    match path.end {
        End::Failed(error) if error.sql.is_some() => return Some(Unreversed::Fails(error)),
        // It says itself that there is no way back.
        End::Failed(_) => return None,
        End::Done => {}
    }
    if !path.gaps.is_empty() {
        return None;
    }
    let is_made = |change: &Change| result.steps.iter().flat_map(|step: &Step| &step.changes).any(|made| made.same_place(change));
    let left = before.connections.iter().flat_map(|(name, connection)| {
        let after = path.world.server(name);
        match (&connection.server, after) {
            (Some(before), Some(after)) => between(before, after),
            _ => Vec::new(),
        }
    });
    left.into_iter().find(is_made).map(Unreversed::Leaves)
}
