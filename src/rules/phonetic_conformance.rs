//! **phonetic/conformance**: does every encoder that `verify` has run compute Kölner Phonetik right?

use super::{NotRunReason, Question, QuestionContext, Site};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::index::BodyKey;
use crate::phonetic::Fault;
use crate::verify::{BugClass, CheckKind, FailedCheck, Verification, rules_hash};

/// The question.
#[derive(Debug)]
pub(super) struct PhoneticConformance;

/// An encoder and the saved result of its run, which is of this text and these rules.
#[derive(Debug)]
pub(super) struct VerifiedEncoder<'p> {
    result: &'p Verification,
    body: BodyKey,
    at: Location,
}

impl Question for PhoneticConformance {
    const ID: QuestionId = "phonetic/conformance";
    type Site<'p> = VerifiedEncoder<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        let reason = if context.verified.is_empty() {
            "phonetic.not-run.no-result"
        } else if Self::sites(context).is_empty() {
            "phonetic.not-run.stale"
        } else {
            return None;
        };
        Some(NotRunReason { reason: Message::new(reason), looked_for: Vec::new() })
    }

    fn sites(context: QuestionContext<'_>) -> Vec<VerifiedEncoder<'_>> {
        if context.verified.is_empty() {
            return Vec::new();
        }
        let rules = rules_hash();
        context.verified.iter().filter(|result| result.rules_hash == rules).filter_map(|result| of(context, result)).collect()
    }

    fn place(_: QuestionContext<'_>, site: &VerifiedEncoder<'_>) -> Site {
        let subject = Some(format!("{}::{}", site.result.class, site.result.method));
        Site { at: site.at, body: site.body, expr: None, subject }
    }

    fn judge(_: QuestionContext<'_>, site: &VerifiedEncoder<'_>) -> Outcome {
        let result = site.result;
        if result.conforms() {
            let note = Message::new("phonetic.proof.conforms").count("vectors", result.vectors).count("names", result.names);
            return Outcome::Proven { proof: "conforms", note, evidence: Vec::new() };
        }
        let words = |template| {
            Message::new(template)
                .text("encoder", &result.method)
                .count("wrong", result.wrong)
                .count("vectors", result.vectors)
                .count("checks", result.checks.len())
        };
        let is_code = result.wrong > 0 || result.wrong_names > 0;
        let headline = if is_code { "phonetic.conformance.headline" } else { "phonetic.conformance.checks.headline" };
        let found = result.classes.iter().map(|class| of_class(class, result.names));
        Outcome::Violated(Box::new(Violation {
            rule: "phonetic/nonconforming",
            severity: Severity::Error,
            confidence: Confidence::High,
            message: words(headline),
            evidence: vec![Evidence {
                role: EvidenceRole::Sink,
                at: site.at,
                note: words(if is_code { "phonetic.conformance.label" } else { "phonetic.conformance.checks.label" }),
            }],
            looked_for: found.chain(result.checks.iter().map(of_check)).collect(),
            also: Vec::new(),
            specs: Vec::new(),
            help: Some(Message::new("phonetic.conformance.help")),
            rewrite: Vec::new(),
            sql: None,
            root: None,
        }))
    }
}

/// The encoder's method in the index, where its file is as it was.
fn of<'p>(context: QuestionContext<'p>, result: &'p Verification) -> Option<VerifiedEncoder<'p>> {
    let class = context.index.resolve_class(&result.class)?;
    let hash = blake3::hash(context.workspace.file(class.file).text.as_bytes());
    if hash.to_hex().as_str() != result.file_hash {
        return None;
    }
    let hir = context.index.hir(class.file);
    let declaration = context.index.class(class);
    let method = declaration.methods.iter().find(|method| hir.text(method.name).eq_ignore_ascii_case(&result.method));
    let (body, span) = match method {
        Some(method) => (BodyKey { file: class.file, body: method.body }, method.name_span),
        // An inherited method: the class that was run is the place.
        None => (context.index.top_level(class.file).next()?, declaration.name_span),
    };
    Some(VerifiedEncoder { result, body, at: Location::new(class.file, span) })
}

/// What a bug class is about, as a sentence.
#[must_use]
pub fn what(class: &BugClass) -> Message {
    let fault = class.fault.as_ref().and_then(|id| Fault::ALL.into_iter().find(|fault| fault.id() == *id));
    match fault {
        Some(fault) => Message::new(fault.template()),
        None if class.rule == "error" => Message::new("phonetic.fault.error"),
        None => Message::new("phonetic.fault.unknown").text("rule", &class.rule),
    }
}

fn of_class(class: &BugClass, names: usize) -> LookedFor {
    let found = Message::new("phonetic.conformance.example")
        .text("input", &class.input)
        .text("got", &class.got)
        .text("right", &class.right);
    let detail = Message::new("phonetic.conformance.share")
        .count("vectors", class.vectors)
        .count("wrong", class.names)
        .count("names", names);
    LookedFor { what: what(class), found, detail: Some(detail) }
}

/// What a check is about, as a sentence.
#[must_use]
pub fn of_kind(kind: CheckKind) -> Message {
    Message::new(match kind {
        CheckKind::LongName => "phonetic.check.long-name",
        CheckKind::Symmetry => "phonetic.check.symmetry",
        CheckKind::Identity => "phonetic.check.identity",
        CheckKind::Range => "phonetic.check.range",
        CheckKind::Threshold => "phonetic.check.threshold",
        CheckKind::ReturnType => "phonetic.check.return-type",
        CheckKind::Error => "phonetic.check.error",
    })
}

fn of_check(check: &FailedCheck) -> LookedFor {
    let found = Message::new("phonetic.check.call").text("call", &check.call).text("got", &check.got);
    LookedFor { what: of_kind(check.kind), found, detail: None }
}
