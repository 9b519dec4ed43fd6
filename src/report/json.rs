//! The JSON report: a contract with a version. Its words are English in every language.

use std::io::{self, Write};

use rayon::prelude::*;
use serde::Serialize;

use super::ReportOptions;
use super::view::{self, View};
use crate::catalog::{Language, safe};
use crate::finding::{Also, Evidence, Finding, Location, LookedFor, NotRun, Proven, RunReport, SiteFacts, Undetermined};
use crate::workspace::Workspace;

/// Raised where a key changes its meaning or goes away, not where one is added.
const SCHEMA_VERSION: u32 = 1;

pub(super) fn write(report: &RunReport, workspace: &Workspace, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(report, workspace, Language::English);
    // In one piece: thousands of small writes cost more than the memory.
    let mut text = serde_json::to_vec_pretty(&document(&view, options))?;
    text.push(b'\n');
    out.write_all(&text)
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    tool: Tool<'a>,
    project: Project<'a>,
    complete: bool,
    inferred: Inferred<'a>,
    ledger: Vec<Row<'a>>,
    findings: Vec<FindingDto<'a>>,
    not_run: Vec<NotRunDto<'a>>,
    undetermined: Vec<UndeterminedDto<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proven: Option<Vec<ProvenDto<'a>>>,
    unresolved_calls: usize,
    inventory: Vec<Inventory<'a>>,
    suppressions: Vec<Suppression<'a>>,
    skipped: Vec<SkippedDto<'a>>,
    unparsed: Vec<Region<'a>>,
    faults: Vec<String>,
    files: usize,
    left_out_tests: usize,
}

#[derive(Serialize)]
struct Inventory<'a> {
    kind: &'a str,
    sink: &'a str,
    channel: Option<&'a str>,
    symbol: &'a str,
    sanitized: bool,
    third_party: Option<&'a str>,
    retention_days: Option<i64>,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'static str,
    version: &'static str,
    rules_hash: &'a str,
}

#[derive(Serialize)]
struct Project<'a> {
    root: &'a str,
    laravel: Option<&'a str>,
    php: Option<&'a str>,
    commit: Option<&'a str>,
    tree: &'a str,
    config_hash: &'a str,
}

#[derive(Serialize)]
struct Inferred<'a> {
    tenant_key: Option<&'a str>,
    tenant_models: &'a [String],
    why: Option<String>,
    schema: Option<String>,
}

#[derive(Serialize)]
struct Row<'a> {
    question: &'a str,
    examined: usize,
    proven: usize,
    conditional: usize,
    violated: usize,
    undetermined: usize,
    suppressed: usize,
    baselined: usize,
}

#[derive(Serialize)]
struct Point {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Region<'a> {
    path: &'a str,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Site<'a> {
    #[serde(flatten)]
    region: Region<'a>,
    symbol: &'a str,
    subject: Option<&'a str>,
    fingerprint: String,
}

#[derive(Serialize)]
struct FindingDto<'a> {
    question: &'a str,
    rule: &'a str,
    verdict: &'static str,
    severity: &'static str,
    confidence: &'static str,
    status: &'static str,
    root: Option<String>,
    assumption: Option<String>,
    message: String,
    #[serde(flatten)]
    site: Site<'a>,
    evidence: Vec<EvidenceDto<'a>>,
    looked_for: Vec<LookedForDto>,
    also: Vec<AlsoDto<'a>>,
    sql: Option<String>,
    specs: &'a [String],
    controls: Vec<&'a str>,
    cwe: &'a [String],
    help: Option<String>,
    rewrite: Vec<String>,
}

#[derive(Serialize)]
struct EvidenceDto<'a> {
    role: &'static str,
    path: &'a str,
    line: usize,
    column: usize,
    note: String,
}

#[derive(Serialize)]
struct LookedForDto {
    what: String,
    found: String,
    detail: Option<String>,
}

#[derive(Serialize)]
struct AlsoDto<'a> {
    rule: &'a str,
    path: &'a str,
    line: usize,
    column: usize,
    message: String,
}

#[derive(Serialize)]
struct NotRunDto<'a> {
    question: &'a str,
    reason: String,
    required: bool,
    looked_for: Vec<LookedForDto>,
}

#[derive(Serialize)]
struct UndeterminedDto<'a> {
    question: &'a str,
    #[serde(flatten)]
    site: Site<'a>,
    reason: String,
    status: &'static str,
}

#[derive(Serialize)]
struct ProvenDto<'a> {
    question: &'a str,
    #[serde(flatten)]
    site: Site<'a>,
    proof: &'a str,
    note: String,
    evidence: Vec<EvidenceDto<'a>>,
}

#[derive(Serialize)]
struct Suppression<'a> {
    rule: &'a str,
    path: &'a str,
    line: Option<usize>,
    reason: String,
    owner: Option<&'a str>,
    until: Option<&'a str>,
    matches: usize,
}

#[derive(Serialize)]
struct SkippedDto<'a> {
    path: &'a str,
    reason: String,
    kind: &'static str,
}

fn document<'a>(view: &View<'a>, options: &ReportOptions) -> Document<'a> {
    let report = view.report;
    let proven = || report.proven.par_iter().map(|site| proven(view, site)).collect();
    Document {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: "mandant", version: env!("CARGO_PKG_VERSION"), rules_hash: &report.project.rules_hash },
        project: Project {
            root: &report.project.root,
            laravel: report.project.laravel.as_deref(),
            php: report.project.php.as_deref(),
            commit: report.project.commit.as_deref(),
            tree: &report.project.tree,
            config_hash: &report.project.config_hash,
        },
        complete: report.is_complete(),
        inferred: Inferred {
            tenant_key: report.inferred.tenant_key.as_deref(),
            tenant_models: &report.inferred.tenant_models,
            why: report.inferred.why.as_ref().map(|why| view.say(why)),
            schema: report.inferred.schema.as_ref().map(|schema| view.say(schema)),
        },
        ledger: ledger(report),
        findings: report.findings.par_iter().filter(|finding| finding.shown).map(|it| finding(view, it)).collect(),
        not_run: report.not_run.iter().map(|question| not_run(view, question)).collect(),
        undetermined: report.undetermined.par_iter().map(|site| undetermined(view, site)).collect(),
        proven: options.proven.then(proven),
        unresolved_calls: report.unresolved_calls,
        inventory: report.inventory.iter().map(inventory).collect(),
        suppressions: suppressions(view),
        skipped: skipped(view),
        unparsed: report.unparsed.iter().map(|at| region(view, *at)).collect(),
        faults: report.faults.iter().map(|fault| view.say(fault)).collect(),
        files: report.files,
        left_out_tests: report.left_out_tests,
    }
}

fn inventory(row: &crate::finding::InventoryRow) -> Inventory<'_> {
    Inventory {
        kind: row.kind,
        sink: row.sink,
        channel: row.channel.as_deref(),
        symbol: &row.symbol,
        sanitized: row.sanitized,
        third_party: row.third_party.as_deref(),
        retention_days: row.retention_days,
    }
}

/// The ledger as the SARIF report repeats it.
pub(super) fn ledger_value(report: &RunReport) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(ledger(report))
}

fn ledger(report: &RunReport) -> Vec<Row<'_>> {
    let row = |row: &crate::finding::LedgerRow| Row {
        question: row.question,
        examined: row.examined(),
        proven: row.proven,
        conditional: row.conditional,
        violated: row.violated,
        undetermined: row.undetermined,
        suppressed: row.suppressed,
        baselined: row.baselined,
    };
    report.ledger.iter().map(row).collect()
}

fn region<'a>(view: &View<'a>, at: Location) -> Region<'a> {
    let (start, end) = view.workspace.range(at);
    Region {
        path: view.path(at.file),
        start: Point { line: start.line, column: start.column },
        end: Point { line: end.line, column: end.column },
    }
}

fn site<'a>(view: &View<'a>, site: &'a SiteFacts) -> Site<'a> {
    Site {
        region: region(view, site.at),
        symbol: &site.symbol,
        subject: site.subject.as_deref(),
        fingerprint: site.fingerprint.to_string(),
    }
}

fn evidence<'a>(view: &View<'a>, evidence: &[Evidence]) -> Vec<EvidenceDto<'a>> {
    let piece = |piece: &Evidence| {
        let start = view.start(piece.at);
        EvidenceDto {
            role: view::role(piece.role),
            path: view.path(piece.at.file),
            line: start.line,
            column: start.column,
            note: view.say(&piece.note),
        }
    };
    evidence.iter().map(piece).collect()
}

fn looked_for(view: &View<'_>, rows: &[LookedFor]) -> Vec<LookedForDto> {
    let row = |row: &LookedFor| LookedForDto {
        what: view.say(&row.what),
        found: view.say(&row.found),
        detail: row.detail.as_ref().map(|detail| view.say(detail)),
    };
    rows.iter().map(row).collect()
}

fn also<'a>(view: &View<'a>, also: &Also) -> AlsoDto<'a> {
    let start = view.start(also.at);
    AlsoDto {
        rule: also.rule,
        path: view.path(also.at.file),
        line: start.line,
        column: start.column,
        message: view.say(&also.message),
    }
}

fn finding<'a>(view: &View<'a>, finding: &'a Finding) -> FindingDto<'a> {
    let violation = &finding.violation;
    FindingDto {
        question: finding.site.question,
        rule: violation.rule,
        verdict: view::verdict(finding.verdict),
        severity: view::severity(violation.severity),
        confidence: view::confidence(violation.confidence),
        status: view::status(finding.status),
        root: finding.root.map(|root| root.to_string()),
        assumption: finding.assumption.as_ref().map(|assumption| view.say(assumption)),
        message: view.say(&violation.message),
        site: site(view, &finding.site),
        evidence: evidence(view, &violation.evidence),
        looked_for: looked_for(view, &violation.looked_for),
        also: violation.also.iter().map(|it| also(view, it)).collect(),
        sql: violation.sql.as_deref().map(safe::text),
        specs: &violation.specs,
        controls: view.controls(finding),
        cwe: view.rule(finding).map_or(&[], |rule| rule.cwe.as_slice()),
        help: violation.help.as_ref().map(|help| view.say(help)),
        rewrite: violation.rewrite.iter().map(|line| safe::text(line)).collect(),
    }
}

fn not_run<'a>(view: &View<'a>, question: &'a NotRun) -> NotRunDto<'a> {
    NotRunDto {
        question: question.question,
        reason: view.say(&question.reason),
        required: question.required,
        looked_for: looked_for(view, &question.looked_for),
    }
}

fn undetermined<'a>(view: &View<'a>, undecided: &'a Undetermined) -> UndeterminedDto<'a> {
    UndeterminedDto {
        question: undecided.site.question,
        site: site(view, &undecided.site),
        reason: view.say(&undecided.reason),
        status: view::status(undecided.status),
    }
}

fn proven<'a>(view: &View<'a>, proven: &'a Proven) -> ProvenDto<'a> {
    ProvenDto {
        question: proven.site.question,
        site: site(view, &proven.site),
        proof: proven.proof,
        note: view.say(&proven.note),
        evidence: evidence(view, &proven.evidence),
    }
}

fn suppressions<'a>(view: &View<'a>) -> Vec<Suppression<'a>> {
    let suppressions = view.report.suppressions.iter().map(|suppression| Suppression {
        rule: &suppression.rule,
        path: &suppression.path,
        line: suppression.at.map(|at| view.start(at).line),
        reason: safe::text(&suppression.reason),
        owner: suppression.owner.as_deref(),
        until: suppression.until.as_deref(),
        matches: suppression.matches,
    });
    suppressions.collect()
}

fn skipped<'a>(view: &View<'a>) -> Vec<SkippedDto<'a>> {
    use crate::finding::SkipKind;
    let skipped = view.report.skipped.iter().map(|skipped| SkippedDto {
        path: &skipped.path,
        reason: view.say(&skipped.reason),
        kind: match skipped.kind {
            SkipKind::ByDesign => "by-design",
            SkipKind::Incomplete => "incomplete",
            SkipKind::Reservation => "reservation",
        },
    });
    skipped.collect()
}
