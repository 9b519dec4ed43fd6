//! The pipeline: texts → trees → index → engines → questions → triage → report.
//!
//! Parallel only over independent units; the same bytes in give the same report out.

mod locate;
mod migrations;
mod options;
mod pending;
mod sources;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use locate::{Declared, declared};
pub use migrations::{Reopen, Snapshots, is_grave, migrations};
pub use options::{CheckOptions, Output};
pub use pending::Databases;
pub use sources::{FolderFile, MigrationSources, migration_context, migration_sources, named_texts, own_migrations};

use rayon::prelude::*;

use crate::analysis::tenancy::{Tenancy, TenantFacts, TenantOptions};
use crate::catalog::Catalogue;
use crate::config::{Phase, Progress, Settings, SpecRow, Version};
use crate::finding::{
    FileId, Finding, Inference, LedgerRow, Location, Message, NotRun, Outcome, ProjectFacts, Proven, RunReport, Status,
    Undetermined, Verdict,
};
use crate::flow::{CallGraph, Project, Resolution};
use crate::hir::FileHir;
use crate::index::{Index, IndexOptions};
use crate::migrate::SchemaRun;
use crate::rules::{FoundQueries, Judged, LengthInput, NotRunReason, PiiInput, QUESTIONS, QuestionContext};
use crate::specs::{Row, RowError, Specs};
use crate::syntax::Lowerer;
use crate::triage;
use crate::workspace::{Loaded, Workspace};

/// Lowers all files of a workspace, in order of their ids.
pub fn lower_all(workspace: &Workspace, progress: &dyn Progress) -> Vec<FileHir> {
    let files: Vec<(FileId, &str)> = workspace.files().map(|(id, file)| (id, file.text.as_str())).collect();
    progress.begin(Phase::Parse, files.len());
    // The largest first: a long one that starts last would keep one thread busy alone.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|position| std::cmp::Reverse(files[*position].1.len()));
    let next = AtomicUsize::new(0);
    let threads = rayon::broadcast(|_| {
        let mut lowerer = Lowerer::new();
        let mut trees = Vec::new();
        while let Some(&position) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            trees.push((position, lowerer.lower(files[position].1)));
            progress.advance(1);
        }
        trees
    });
    let mut lowered: Vec<(usize, FileHir)> = threads.into_iter().flatten().collect();
    lowered.sort_unstable_by_key(|(position, _)| *position);
    lowered.into_iter().map(|(_, tree)| tree).collect()
}

/// The rows in force: the embedded ones and the user's.
///
/// # Errors
/// Where a row of the user cannot be used.
pub fn specs(settings: &Settings, from_files: &[SpecRow]) -> Result<Specs, RowError> {
    let rows = || settings.specs.iter().chain(from_files);
    let disabled: Vec<String> = rows().filter(|row| row.disabled.is_some()).map(|row| row.id.clone()).collect();
    let mut added = Vec::new();
    for row in rows().filter(|row| row.disabled.is_none()) {
        added.push(Row::from_table(&row.id, row.table.clone())?);
    }
    Specs::with_user_rows(&added, &disabled)
}

/// Examines a project that has been read, without a snapshot of its database.
#[must_use]
pub fn check(
    loaded: &Loaded,
    name: &str,
    settings: &Settings,
    specs: &Specs,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> RunReport {
    check_with(loaded, name, settings, specs, options, &Databases::default(), progress)
}

/// Examines a project that has been read.
#[must_use]
pub fn check_with(
    loaded: &Loaded,
    name: &str,
    settings: &Settings,
    specs: &Specs,
    options: &CheckOptions,
    databases: &Databases,
    progress: &dyn Progress,
) -> RunReport {
    let workspace = &loaded.workspace;
    let trees = lower_all(workspace, progress);
    progress.begin(Phase::Index, 1);
    let unparsed = unparsed(workspace, &trees);
    let paths: Vec<String> = workspace.files().map(|(_, file)| file.path.clone()).collect();
    let laravel = settings.project.laravel.or(loaded.versions.laravel).unwrap_or(Version::NEWEST_LARAVEL);
    let laravel_version = crate::index::Version::new(laravel.0, laravel.1, laravel.2);
    let index = Index::build_with(trees, IndexOptions { laravel: laravel_version, paths: paths.clone() });
    let calls = || {
        let resolution = Resolution::build(&index, specs);
        let graph = CallGraph::build(&index, &resolution);
        (resolution, graph)
    };
    let is_due = is_asked("migration/operation", options);
    let ((resolution, graph), pending) =
        rayon::join(calls, || if is_due { Pending::of(&index, workspace, databases) } else { Pending::default() });
    let project = Project { index: &index, resolution: &resolution, specs };
    let tenant = TenantOptions {
        key: settings.tenant.key.clone(),
        models: settings.tenant.models.clone(),
        shared: settings.tenant.shared,
    };
    let tenancy = Tenancy::build(project, &graph, &paths, &tenant);
    progress.begin(Phase::Judge, QUESTIONS.len());
    let phonetic = &settings.phonetic;
    let lengths = LengthInput::new(project, &graph, &phonetic.encoders, phonetic.max_length);
    let pii = PiiInput::new(project, &graph, &settings.pii.sanitizers);
    let found = FoundQueries::default();
    let context = QuestionContext {
        index: &index,
        tenancy: &tenancy,
        workspace,
        verified: &options.verified,
        lengths: &lengths,
        pii: &pii,
        found: &found,
        migrations: pending.run.as_ref(),
    };
    let mut report = RunReport {
        project: facts(loaded, name, settings, laravel, specs),
        inferred: inference(tenancy.facts.as_ref().ok()),
        unresolved_calls: tenancy.unresolved_calls(),
        skipped: loaded.skipped.clone(),
        left_out_tests: loaded.left_out.tests,
        files: workspace.files().filter(|(_, file)| file.examined).count(),
        unparsed,
        ..RunReport::default()
    };
    pending.tell(workspace, &mut report);
    // Questions do not use each other: they are asked side by side, and their answers told in the order of reports.
    let asked: Vec<_> = QUESTIONS
        .par_iter()
        .filter(|question| is_asked(question.id, options))
        .filter(|question| question.id != "migration/operation" || !pending.is_stopped)
        .map(|question| {
            let answer = catch_unwind(AssertUnwindSafe(|| (question.ask)(context)));
            progress.advance(1);
            (question, answer)
        })
        .collect();
    for (question, answer) in asked {
        match answer {
            Ok(Ok(judged)) => add_judged(&mut report, question.id, judged, options),
            Ok(Err(NotRunReason { reason, looked_for })) => {
                let family = question.id.split('/').next().unwrap_or_default();
                let required = settings.project.require.iter().any(|named| named == family || named == question.id);
                report.not_run.push(NotRun { question: question.id, reason, looked_for, required });
            }
            Err(_) => report.faults.push(Message::new("fault.question").text("question", question.id)),
        }
    }
    report.inventory = pii.inventory();
    let asked = triage::TriageOptions { min_confidence: options.min_confidence, today: options.today };
    // To free what the questions asked takes as long as one of them: it happens beside what is left to do.
    rayon::scope(|scope| {
        scope.spawn(|_| drop((pii, lengths)));
        scope.spawn(|_| drop(tenancy));
        report.link_roots();
        triage::apply(&mut report, &index, workspace, settings, asked);
    });
    // The report is written while these are freed.
    rayon::spawn(move || drop((graph, resolution, index)));
    report
}

/// True where the options leave a rule of the question in.
fn is_asked(question: &str, options: &CheckOptions) -> bool {
    Catalogue::load().rules().iter().any(|rule| rule.question == question && options.wants(question, &rule.id))
}

/// What became of the evaluation of migrations.
#[derive(Default)]
struct Pending {
    run: Option<SchemaRun>,
    /// A fault of the tool, or a snapshot that could be read but once.
    is_stopped: bool,
    /// The question is part of the run.
    was_asked: bool,
}

impl Pending {
    fn of(index: &Index, workspace: &Workspace, databases: &Databases) -> Self {
        match catch_unwind(AssertUnwindSafe(|| pending::evaluated(index, workspace, databases))) {
            Ok(Ok(run)) => Self { run, is_stopped: false, was_asked: true },
            Ok(Err(_)) | Err(_) => Self { run: None, is_stopped: true, was_asked: true },
        }
    }

    fn tell(&self, workspace: &Workspace, report: &mut RunReport) {
        if self.is_stopped {
            report.faults.push(Message::new("fault.question").text("question", "migration/operation"));
        }
        if let Some(run) = &self.run {
            report.inferred.schema = pending::stands_on(run);
            report.skipped.extend(pending::reservations(run));
        }
        if self.was_asked {
            report.skipped.extend(pending::left_out(workspace, self.run.as_ref()));
        }
    }
}

fn facts(loaded: &Loaded, name: &str, settings: &Settings, laravel: Version, specs: &Specs) -> ProjectFacts {
    let php = settings.project.php.or(loaded.versions.php).unwrap_or(Version::NEWEST_PHP);
    let mut rules = blake3::Hasher::new();
    rules.update(Catalogue::load().rules_hash().as_bytes());
    rules.update(specs.hash().as_bytes());
    ProjectFacts {
        root: name.to_owned(),
        laravel: Some(laravel.to_string()),
        php: Some(php.to_string()),
        versions_from: loaded.versions.from.clone(),
        commit: None,
        tree: loaded.workspace.tree_hash(),
        config_hash: settings.config_hash(),
        rules_hash: rules.finalize().to_hex().to_string(),
    }
}

fn inference(facts: Option<&TenantFacts>) -> Inference {
    let Some(facts) = facts else { return Inference::default() };
    Inference {
        tenant_key: Some(facts.key.clone()),
        tenant_models: facts.models.iter().map(ToString::to_string).collect(),
        why: Some(facts.why.clone()),
        schema: None,
    }
}

fn unparsed(workspace: &Workspace, trees: &[FileHir]) -> Vec<Location> {
    let examined = workspace.files().zip(trees).filter(|((_, file), _)| file.examined);
    examined.flat_map(|((id, _), tree)| tree.interface.errors.iter().map(move |error| Location::new(id, error.span))).collect()
}

fn add_judged(report: &mut RunReport, question: &'static str, judged: Vec<Judged>, options: &CheckOptions) {
    let mut row = LedgerRow::new(question);
    for Judged { site, outcome } in judged {
        match outcome {
            Outcome::Proven { proof, note, evidence } => {
                row.proven += 1;
                report.proven.push(Proven { site, proof, note, evidence });
            }
            Outcome::Undetermined(reason) => {
                row.undetermined += 1;
                report.undetermined.push(Undetermined { site, reason, status: Status::Open });
            }
            Outcome::Conditional { violation, assumption } => {
                row.conditional += 1;
                let shown = options.wants(question, violation.rule);
                let verdict = Verdict::Conditional;
                report.findings.push(Finding {
                    site,
                    verdict,
                    violation: *violation,
                    assumption: Some(assumption),
                    status: Status::Open,
                    root: None,
                    shown,
                });
            }
            Outcome::Violated(violation) => {
                row.violated += 1;
                let shown = options.wants(question, violation.rule);
                let verdict = Verdict::Violated;
                report.findings.push(Finding {
                    site,
                    verdict,
                    violation: *violation,
                    assumption: None,
                    status: Status::Open,
                    root: None,
                    shown,
                });
            }
        }
    }
    report.ledger.push(row);
}
