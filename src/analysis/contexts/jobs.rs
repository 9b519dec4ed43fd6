//! In whose name a queued job runs: an operator's, where nothing but commands and schedules hands it to the queue.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::class_named;
use crate::hir::{Callee, Expr, Symbol};
use crate::index::{BodyKey, ClassKey, Index, called_name};

/// Who names the jobs of a project.
#[derive(Debug, Default)]
pub(super) struct Dispatchers {
    by_class: BTreeMap<ClassKey, Dispatched>,
}

/// The code that names a job.
#[derive(Debug, Default)]
struct Dispatched {
    /// The bodies, those of the job itself left out.
    by: BTreeSet<BodyKey>,
    /// Some of them make the job, or hand it over: `new Job`, `Job::dispatch()`, `Schedule::job(Job::class)`.
    is_made: bool,
}

impl Dispatchers {
    /// Reads who names the classes of some functions.
    pub(super) fn build(index: &Index, jobs: &[BodyKey]) -> Self {
        let mut by_class: BTreeMap<ClassKey, Dispatched> =
            jobs.iter().filter_map(|body| index.body_class(*body)).map(|class| (class, Dispatched::default())).collect();
        if by_class.is_empty() {
            return Self::default();
        }
        for (key, body) in index.bodies() {
            for expr in &body.exprs {
                let (class, makes) = match expr {
                    Expr::Call { arguments, .. } if called_name(expr).is_some_and(|name| is_scheduling(index, key, name)) => {
                        match arguments.first().map(|given| body.expr(given.value)) {
                            Some(Expr::ClassConstant(class, _)) => (*class, true),
                            _ => continue,
                        }
                    }
                    Expr::Call { callee: Callee::New(class) | Callee::Static { class, .. }, .. } => (*class, true),
                    Expr::ClassConstant(class, _) => (*class, false),
                    _ => continue,
                };
                let named = class_named(index, key, class).filter(|class| index.body_class(key) != Some(*class));
                if let Some(dispatched) = named.and_then(|class| by_class.get_mut(&class)) {
                    dispatched.by.insert(key);
                    dispatched.is_made |= makes;
                }
            }
        }
        Self { by_class }
    }

    /// True for a job that is handed to the queue, and only by code of which each is an operator's.
    pub(super) fn are_operators(&self, job: ClassKey, is_operators: &dyn Fn(BodyKey) -> bool) -> bool {
        let known = self.by_class.get(&job).filter(|dispatched| dispatched.is_made);
        known.is_some_and(|dispatched| dispatched.by.iter().all(|body| is_operators(*body)))
    }
}

/// `laravel/framework:src/Illuminate/Console/Scheduling/Schedule.php (job)`
fn is_scheduling(index: &Index, body: BodyKey, name: Symbol) -> bool {
    index.hir(body.file).text(name).eq_ignore_ascii_case("job")
}
