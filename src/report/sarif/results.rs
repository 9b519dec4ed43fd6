//! Sites as results.

use std::collections::BTreeMap;

use serde_json::json;
use serde_sarif::sarif::{
    CodeFlow, Location as SarifLocation, LogicalLocation, Message, Result as SarifResult, ResultKind, ResultLevel, Suppression,
    ThreadFlow, ThreadFlowLocation,
};

use super::{bag, driver, place};
use crate::catalog::safe;
use crate::finding::{Evidence, Finding, Proven, Severity, SiteFacts, Status, SuppressionUse, Undetermined};
use crate::report::ReportOptions;
use crate::report::view::{self, View};

/// Findings, then undetermined sites, then proven ones where they are asked for.
pub(super) fn all(view: &View<'_>, options: &ReportOptions) -> Vec<SarifResult> {
    let report = view.report;
    // A state stands on every result or on none.
    let with_baseline = report.ledger.iter().any(|row| row.baselined > 0);
    let findings = report.findings.iter().filter(|finding| finding.shown).map(|finding| {
        let mut result = finding_result(view, finding);
        result.baseline_state = with_baseline.then(|| baseline_state(finding.status));
        result
    });
    let undetermined = report.undetermined.iter().map(|site| {
        let mut result = undetermined_result(view, site);
        result.baseline_state = with_baseline.then(|| baseline_state(site.status));
        result
    });
    let proven = report.proven.iter().filter(|_| options.proven).map(|site| {
        let mut result = proven_result(view, site);
        result.baseline_state = with_baseline.then(|| baseline_state(Status::Baselined));
        result
    });
    findings.chain(undetermined).chain(proven).collect()
}

fn baseline_state(status: Status) -> serde_json::Value {
    json!(if status == Status::Baselined { "unchanged" } else { "new" })
}

fn site_result(view: &View<'_>, site: &SiteFacts, id: &str, text: &str) -> SarifResult {
    let mut location = place::location(view, site.at);
    if !site.symbol.is_empty() {
        let symbol = LogicalLocation::builder().fully_qualified_name(site.symbol.clone()).build();
        location.logical_locations = Some(vec![symbol]);
    }
    let fingerprints = BTreeMap::from([("mandant/v1".to_owned(), format!("{:016x}", site.fingerprint.0))]);
    let mut result = SarifResult::builder()
        .rule_id(id)
        .message(Message::from(text))
        .locations(vec![location])
        .partial_fingerprints(fingerprints)
        .build();
    result.rule_index = driver::index(view.catalogue, id);
    result
}

fn finding_result(view: &View<'_>, finding: &Finding) -> SarifResult {
    let violation = &finding.violation;
    let mut result = site_result(view, &finding.site, violation.rule, &text(view, finding));
    result.kind = Some(ResultKind::Fail);
    result.level = Some(match violation.severity {
        Severity::Error => ResultLevel::Error,
        Severity::Warning => ResultLevel::Warning,
        Severity::Note => ResultLevel::Note,
    });
    result.code_flows = code_flow(view, finding).map(|flow| vec![flow]);
    result.related_locations = related(view, finding);
    result.suppressions = suppression(view, finding.status, &finding.site, violation.rule);
    result.properties = Some(bag([
        ("question", json!(finding.site.question)),
        ("verdict", json!(view::verdict(finding.verdict))),
        ("confidence", json!(view::confidence(violation.confidence))),
        ("subject", json!(finding.site.subject)),
        ("assumption", json!(finding.assumption.as_ref().map(|assumption| view.say(assumption)))),
        ("root", json!(finding.root.map(|root| root.to_string()))),
        ("controls", json!(view.controls(finding))),
        ("specs", json!(violation.specs)),
    ]));
    result
}

/// Headline, assumption, advice and the code to write.
fn text(view: &View<'_>, finding: &Finding) -> String {
    let violation = &finding.violation;
    let mut lines = vec![view.say(&violation.message)];
    if let Some(assumption) = &finding.assumption {
        lines.push(format!("{}: {}", view.word("finding.assumes"), view.say(assumption)));
    }
    lines.extend(violation.help.as_ref().map(|help| view.say(help)));
    lines.extend(violation.rewrite.iter().map(|line| safe::text(line)));
    lines.join("\n")
}

/// From where the data comes to where it ends; a site without a sink of its own is the end.
fn code_flow(view: &View<'_>, finding: &Finding) -> Option<CodeFlow> {
    let steps: Vec<&Evidence> = finding.violation.evidence.iter().filter(|it| view::is_flow(it.role)).collect();
    if steps.is_empty() {
        return None;
    }
    let mut locations: Vec<SarifLocation> = steps.iter().map(|step| place::told(view, step.at, &view.say(&step.note))).collect();
    if steps.iter().all(|step| step.at != finding.site.at) && view::flow(finding).is_empty() {
        locations.push(place::told(view, finding.site.at, &view.say(&finding.violation.message)));
    }
    let steps = locations.into_iter().map(|location| ThreadFlowLocation::builder().location(location).build());
    let thread = ThreadFlow::builder().locations(steps.collect::<Vec<_>>()).build();
    Some(CodeFlow::builder().thread_flows(vec![thread]).build())
}

/// Evidence that is no part of the flow, and the lesser rules.
fn related(view: &View<'_>, finding: &Finding) -> Option<Vec<SarifLocation>> {
    let violation = &finding.violation;
    let evidence = violation.evidence.iter().filter(|evidence| !view::is_flow(evidence.role));
    let evidence = evidence.map(|evidence| place::told(view, evidence.at, &view.say(&evidence.note)));
    let also = violation.also.iter();
    let also = also.map(|also| place::told(view, also.at, &format!("{}: {}", also.rule, view.say(&also.message))));
    let mut related: Vec<SarifLocation> = evidence.chain(also).collect();
    for (id, location) in (1..).zip(&mut related) {
        location.id = Some(id);
    }
    if related.is_empty() { None } else { Some(related) }
}

fn undetermined_result(view: &View<'_>, undetermined: &Undetermined) -> SarifResult {
    let site = &undetermined.site;
    let mut result = site_result(view, site, site.question, &view.say(&undetermined.reason));
    result.kind = Some(ResultKind::Open);
    result.level = Some(ResultLevel::None);
    result.suppressions = suppression(view, undetermined.status, site, site.question);
    result.properties =
        Some(bag([("question", json!(site.question)), ("verdict", json!("undetermined")), ("subject", json!(site.subject))]));
    result
}

fn proven_result(view: &View<'_>, proven: &Proven) -> SarifResult {
    let site = &proven.site;
    let mut result = site_result(view, site, site.question, &view.say(&proven.note));
    result.kind = Some(ResultKind::Pass);
    result.level = Some(ResultLevel::None);
    let evidence = proven.evidence.iter().map(|evidence| place::told(view, evidence.at, &view.say(&evidence.note)));
    let evidence: Vec<SarifLocation> = evidence.collect();
    result.related_locations = (!evidence.is_empty()).then_some(evidence);
    result.properties = Some(bag([
        ("question", json!(site.question)),
        ("verdict", json!("proven")),
        ("proof", json!(proven.proof)),
        ("subject", json!(site.subject)),
    ]));
    result
}

/// The suppression of a site. Its reason is given only where no other one could be meant.
fn suppression(view: &View<'_>, status: Status, site: &SiteFacts, rule: &str) -> Option<Vec<Suppression>> {
    if status != Status::Suppressed {
        return None;
    }
    let names = |it: &&SuppressionUse| it.rule == rule || it.rule == site.question;
    let in_file: Vec<&SuppressionUse> =
        view.report.suppressions.iter().filter(names).filter(|it| it.at.is_some_and(|at| at.file == site.at.file)).collect();
    let external: Vec<&SuppressionUse> = view.report.suppressions.iter().filter(names).filter(|it| it.at.is_none()).collect();
    let kind = if in_file.is_empty() { "external" } else { "inSource" };
    let mut suppression = Suppression::builder().kind(json!(kind)).status(json!("accepted")).build();
    if let ([only], []) | ([], [only]) = (in_file.as_slice(), external.as_slice()) {
        suppression.justification = Some(safe::text(&only.reason));
        suppression.location = only.at.map(|at| place::location(view, at));
    }
    Some(vec![suppression])
}
