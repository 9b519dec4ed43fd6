//! **migration/operation**: will a pending migration fail, or make an index that serves nothing?

mod failure;
mod help;
mod redundancy;
mod words;

use super::{NotRunReason, Question, QuestionContext, Site};
use crate::finding::{
    Also, Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::migrate::{Assumption, MigrationResult, Operation, OperationOutcome, SchemaRun, Status, Unreversed};

/// The question.
#[derive(Debug)]
pub(super) struct MigrationOperation;

/// An operation of a pending migration; or the one site that says that nothing tells which are pending.
#[derive(Debug)]
pub(super) struct OperationSite<'p> {
    site: Site,
    found: Option<Found<'p>>,
}

/// An operation with what surrounds it.
#[derive(Clone, Copy, Debug)]
struct Found<'p> {
    run: &'p SchemaRun,
    /// The position of the migration.
    position: usize,
    migration: &'p MigrationResult,
    operation: &'p Operation,
    /// The first one of its migration that changes something.
    is_first: bool,
}

impl Question for MigrationOperation {
    const ID: QuestionId = "migration/operation";
    type Site<'p> = OperationSite<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        if context.migrations.is_some() {
            return None;
        }
        let folder =
            LookedFor { what: Message::new("migration.looked-for.files"), found: Message::new("looked-for.none"), detail: None };
        Some(NotRunReason { reason: Message::new("migration.not-run"), looked_for: vec![folder] })
    }

    fn sites(context: QuestionContext<'_>) -> Vec<OperationSite<'_>> {
        let Some(run) = context.migrations else { return Vec::new() };
        if !run.knows_recorded {
            return pending_unknown(context, run).into_iter().collect();
        }
        let mut sites = Vec::new();
        for (position, migration) in run.evaluation.migrations.iter().enumerate() {
            let first = migration.operations.iter().position(|operation| !operation.changes.is_empty());
            for (place, operation) in migration.operations.iter().enumerate() {
                let site =
                    Site { at: operation.at, body: operation.body, expr: operation.expr, subject: operation.table.clone() };
                let found = Found { run, position, migration, operation, is_first: first == Some(place) };
                sites.push(OperationSite { site, found: Some(found) });
            }
        }
        sites
    }

    fn place(_: QuestionContext<'_>, site: &OperationSite<'_>) -> Site {
        site.site.clone()
    }

    fn judge(context: QuestionContext<'_>, site: &OperationSite<'_>) -> Outcome {
        match &site.found {
            None => Outcome::Violated(Box::new(unknown(site.site.at))),
            Some(found) => judged(context, *found),
        }
    }
}

/// Where the snapshot does not say what has run, nothing is predicted: one note at the last file.
fn pending_unknown<'p>(context: QuestionContext<'p>, run: &SchemaRun) -> Option<OperationSite<'p>> {
    let examined = |migration: &&MigrationResult| context.workspace.file(migration.file.file).examined;
    let last = run.evaluation.migrations.iter().rfind(examined)?;
    let body = context.index.top_level(last.file.file).next()?;
    let class = context.index.classes().find(|class| class.file == last.file.file);
    let up = class.and_then(|class| context.index.find_method(class, "up")).map(|method| context.index.method_body(method));
    let body = up.filter(|body| body.file == last.file.file).unwrap_or(body);
    let site = Site { at: context.index.declaration_of(body), body, expr: None, subject: None };
    Some(OperationSite { site, found: None })
}

fn unknown(at: Location) -> Violation {
    let note = Message::new("migration.pending-unknown.label");
    let evidence = vec![Evidence { role: EvidenceRole::Context, at, note }];
    let rows =
        LookedFor { what: Message::new("migration.looked-for.rows"), found: Message::new("looked-for.none"), detail: None };
    Violation {
        looked_for: vec![rows],
        help: Some(Message::new("migration.pending-unknown.help")),
        ..violation("migration/pending-unknown", Severity::Note, Message::new("migration.pending-unknown.headline"), evidence)
    }
}

fn violation(rule: &'static str, severity: Severity, message: Message, evidence: Vec<Evidence>) -> Violation {
    Violation {
        rule,
        severity,
        confidence: Confidence::High,
        message,
        evidence,
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: Vec::new(),
        help: None,
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}

fn judged(context: QuestionContext<'_>, found: Found<'_>) -> Outcome {
    match &found.operation.outcome {
        OperationOutcome::Fails(failure) => {
            let mut violation = failure::violation(context, found, failure);
            violation.also.extend(redundancy::violation(context, found).map(also(found.operation.at)));
            Outcome::Violated(Box::new(violation))
        }
        OperationOutcome::Unknown(reason) => {
            Outcome::Undetermined(Message::new("migration.undetermined.code").text("reason", reason.clone()))
        }
        OperationOutcome::Unreached => Outcome::Undetermined(Message::new("migration.undetermined.unreached")),
        OperationOutcome::NotRun => settled(found, None, || ("not-run", Message::new("migration.proof.not-run"))),
        OperationOutcome::Guarded => {
            let is_left_out = found.operation.changes.is_empty();
            let words = if is_left_out { "migration.proof.left-out" } else { "migration.proof.guarded" };
            standing(context, found, || ("guarded-operation", Message::new(words)))
        }
        OperationOutcome::Succeeds => standing(context, found, || {
            let words = if found.run.from_scratch { "migration.proof.succeeds-from-scratch" } else { "migration.proof.succeeds" };
            ("succeeds", Message::new(words))
        }),
    }
}

/// An operation that works may still make what serves nothing, or what nothing takes back.
fn standing(context: QuestionContext<'_>, found: Found<'_>, proof: impl FnOnce() -> (&'static str, Message)) -> Outcome {
    let superfluous = redundancy::violation(context, found);
    let left = unreversed(found);
    match (superfluous, left) {
        (Some(mut violation), left) => {
            violation.also.extend(left.map(also(found.operation.at)));
            Outcome::Violated(Box::new(violation))
        }
        (None, left) => settled(found, left, proof),
    }
}

fn also(at: Location) -> impl FnOnce(Violation) -> Also {
    move |violation| Also { rule: violation.rule, at, message: violation.message }
}

/// What takes nothing for granted is proven; the rest stands under its assumptions.
fn settled(found: Found<'_>, left: Option<Violation>, proof: impl FnOnce() -> (&'static str, Message)) -> Outcome {
    if let Some(assumption) = assumed(found) {
        let note = Message::new("migration.conditional.label");
        let evidence = vec![Evidence { role: EvidenceRole::Context, at: found.operation.at, note }];
        let message = Message::new("migration.conditional.headline").text("table", table_of(found));
        let mut violation = violation("migration/will-fail", Severity::Note, message, evidence);
        violation.confidence = Confidence::Medium;
        violation.help = Some(words::help_of(&assumption));
        violation.also.extend(left.map(also(found.operation.at)));
        return Outcome::Conditional { violation: Box::new(violation), assumption: words::assumption(&assumption) };
    }
    if let Some(left) = left {
        return Outcome::Violated(Box::new(left));
    }
    let (proof, note) = proof();
    Outcome::Proven { proof, note, evidence: collided(found) }
}

fn table_of(found: Found<'_>) -> String {
    found.operation.table.clone().unwrap_or_else(|| found.migration.file.name.clone())
}

/// What the verdict on an operation takes for granted, the first of several.
fn assumed(found: Found<'_>) -> Option<Assumption> {
    let mut all = found.migration.assumptions.iter();
    let is_own = |assumption: &&Assumption| match assumption {
        Assumption::Likely(_) => true,
        Assumption::Rows(demand) => found.operation.demands.contains(demand),
    };
    all.find(is_own).cloned()
}

/// A later migration that runs into what this operation makes.
fn collided(found: Found<'_>) -> Vec<Evidence> {
    let migrations = &found.run.evaluation.migrations;
    let mut evidence = Vec::new();
    for later in migrations.iter().skip(found.position + 1).filter(|later| later.status == Status::Fails) {
        for operation in &later.operations {
            let OperationOutcome::Fails(failure) = &operation.outcome else { continue };
            if failure::maker(found.run, failure).is_some_and(|maker| maker.at == found.operation.at) {
                let note = Message::new("migration.label.collides");
                evidence.push(Evidence { role: EvidenceRole::NearMiss, at: operation.at, note });
            }
        }
    }
    evidence
}

fn unreversed(found: Found<'_>) -> Option<Violation> {
    let left = found.migration.unreversed.as_ref().filter(|_| found.is_first)?;
    let (message, help) = match left {
        Unreversed::Missing => (Message::new("migration.unreversed.missing.headline"), "migration.unreversed.missing.help"),
        Unreversed::Leaves(change) => (
            Message::new("migration.unreversed.leaves.headline").message("what", words::change(change)),
            "migration.unreversed.leaves.help",
        ),
        Unreversed::Fails(error) => (
            Message::new("migration.unreversed.fails.headline").text("answer", words::answer(error)),
            "migration.unreversed.fails.help",
        ),
    };
    let note = Message::new("migration.unreversed.label");
    let mut evidence = vec![Evidence { role: EvidenceRole::Context, at: found.operation.at, note }];
    if let Unreversed::Fails(error) = left
        && let Some(at) = error.at
    {
        evidence.push(Evidence { role: EvidenceRole::NearMiss, at, note: Message::new("migration.unreversed.fails.label") });
    }
    let mut violation = violation("migration/unreversed", Severity::Note, message, evidence);
    violation.help = Some(Message::new(help));
    Some(violation)
}
