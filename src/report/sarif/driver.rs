//! The tool's description: every rule and every question of the catalogue.

use serde_json::{Value, json};
use serde_sarif::sarif::{MultiformatMessageString, ReportingConfiguration, ReportingDescriptor, ToolComponent};

use super::bag;
use crate::catalog::{Catalogue, Language, Question, Rule};
use crate::finding::Severity;
use crate::report::ReportOptions;
use crate::report::view::{self, View};

pub(super) fn component(view: &View<'_>, options: &ReportOptions) -> ToolComponent {
    let catalogue = view.catalogue;
    let rules = catalogue.rules().iter().map(|rule| rule_descriptor(rule, options));
    let questions = catalogue.questions().iter().map(question_descriptor);
    ToolComponent::builder()
        .name("mandant")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules.chain(questions).collect::<Vec<_>>())
        .build()
}

/// The place of a rule's or a question's descriptor in the driver.
pub(super) fn index(catalogue: &Catalogue, id: &str) -> Option<i64> {
    let rule = catalogue.rules().iter().position(|rule| rule.id == id);
    let question = || catalogue.questions().iter().position(|question| question.id == id);
    let index = rule.or_else(|| question().map(|index| catalogue.rules().len() + index));
    index.and_then(|index| i64::try_from(index).ok())
}

fn rule_descriptor(rule: &Rule, options: &ReportOptions) -> ReportingDescriptor {
    let title = rule.title.get(Language::English);
    let mut tags: Vec<String> = vec!["security".to_owned()];
    tags.extend(rule.cwe.iter().map(|cwe| format!("external/cwe/{}", cwe.to_lowercase())));
    tags.extend(rule.controls.iter().chain(&rule.owasp).cloned());
    let help = MultiformatMessageString::builder().text(rule.doc.text).markdown(rule.doc.text).build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(rule.id.clone())
        .name(camel_case(&rule.id))
        .short_description(text(title))
        .full_description(text(&full(rule)))
        .help(help)
        .default_configuration(ReportingConfiguration::builder().level(json!(view::severity(rule.severity))).build())
        .properties(bag([
            ("tags", json!(tags)),
            ("precision", json!(view::confidence(rule.confidence))),
            ("security-severity", security_severity(rule.severity)),
            ("problem.severity", json!(problem_severity(rule.severity))),
            ("question", json!(rule.question)),
            ("verdict", json!(view::verdict(rule.verdict))),
            ("cwe", json!(rule.cwe)),
            ("controls", json!(rule.controls)),
            ("owasp", json!(rule.owasp)),
        ]))
        .build();
    descriptor.help_uri = options.rule_pages.as_ref().map(|pages| format!("{pages}/{}", rule.id));
    descriptor
}

fn question_descriptor(question: &Question) -> ReportingDescriptor {
    let title = question.title.get(Language::English);
    ReportingDescriptor::builder()
        .id(question.id.clone())
        .name(camel_case(&question.id))
        .short_description(text(title))
        .full_description(text(&format!("{title} Sites: {}.", question.sites.get(Language::English))))
        .default_configuration(ReportingConfiguration::builder().level(json!("none")).build())
        .properties(bag([("family", json!(question.family)), ("rules", json!(question.rules))]))
        .build()
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

/// The first paragraph of *Why*, behind the title.
fn full(rule: &Rule) -> String {
    let title = rule.title.get(Language::English);
    let why = rule.doc.section("Why").and_then(|section| section.blocks.first());
    match why {
        Some(crate::catalog::Block::Paragraph(why)) => format!("{title}. {why}"),
        _ => format!("{title}."),
    }
}

/// GitHub sorts alerts by it: from 7 on high, from 4 on medium.
fn security_severity(severity: Severity) -> Value {
    json!(match severity {
        Severity::Error => "8.1",
        Severity::Warning => "5.4",
        Severity::Note => "2.0",
    })
}

const fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    }
}

/// `tenant/or-escapes-scope` → `TenantOrEscapesScope`
fn camel_case(id: &str) -> String {
    let words = id.split(['/', '-']).filter_map(|word| word.split_at_checked(1));
    words.map(|(first, rest)| first.to_uppercase() + rest).collect()
}
