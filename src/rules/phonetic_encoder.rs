//! **phonetic/encoder**: does every encoder bound its own input?

use super::{NotRunReason, Question, QuestionContext, Site, length};
use crate::analysis::length::{Encoder, Length, Most, Tracer};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};

/// The question.
#[derive(Debug)]
pub(super) struct PhoneticEncoder;

/// An encoder with its verdict.
#[derive(Debug)]
pub(super) struct EncoderSite {
    encoder: Encoder,
    at: Location,
    outcome: Outcome,
}

impl Question for PhoneticEncoder {
    const ID: QuestionId = "phonetic/encoder";
    type Site<'p> = EncoderSite;

    fn not_run(_: QuestionContext<'_>) -> Option<NotRunReason> {
        None
    }

    fn sites(context: QuestionContext<'_>) -> Vec<EncoderSite> {
        let input = context.lengths;
        let mut tracer = Tracer::new(input.project, input.graph);
        let site = |encoder: Encoder| {
            let at = context.index.declaration_of(encoder.body);
            let length = length::walked(&mut tracer, context, &encoder);
            let outcome = judged(input.limit, &encoder, at, length);
            EncoderSite { encoder, at, outcome }
        };
        input.encoders().iter().cloned().map(site).collect()
    }

    fn place(_: QuestionContext<'_>, site: &EncoderSite) -> Site {
        Site { at: site.at, body: site.encoder.body, expr: None, subject: Some(site.encoder.symbol.clone()) }
    }

    fn judge(_: QuestionContext<'_>, site: &EncoderSite) -> Outcome {
        site.outcome.clone()
    }
}

fn judged(limit: u32, encoder: &Encoder, at: Location, length: Option<Length>) -> Outcome {
    let name = encoder.symbol.as_str();
    if let Some((guard, (class, place))) = encoder.guards.iter().find_map(|guard| Some((guard, guard.unresolved.as_ref()?))) {
        let message = Message::new("phonetic.encoder.unresolved.headline").text("class", class);
        let evidence = vec![
            Evidence { role: EvidenceRole::Guard, at: guard.at, note: Message::new("phonetic.encoder.guard") },
            Evidence {
                role: EvidenceRole::NearMiss,
                at: *place,
                note: Message::new("phonetic.encoder.unresolved.label").text("class", class),
            },
        ];
        let help = Message::new("phonetic.encoder.unresolved.help").text("class", class);
        return Outcome::Violated(Box::new(violation("phonetic/broken-guard", message, evidence, help)));
    }
    let Some(length) = length else {
        return Outcome::Undetermined(Message::new("phonetic.undetermined.walk").text("encoder", name));
    };
    let help = || Message::new("phonetic.encoder.help").count("limit", limit as usize);
    let here = Evidence { role: EvidenceRole::Sink, at, note: Message::new("phonetic.encoder.label") };
    match (length.most, encoder.guards.first()) {
        (Most::Characters(most), _) if most <= limit => {
            let note = Message::new("phonetic.proof.bounded").count("most", most as usize).message("why", length.why);
            Outcome::Proven { proof: "bounded", note, evidence: Vec::new() }
        }
        (Most::Unknown, _) => Outcome::Undetermined(length.why),
        (Most::Characters(most), _) => {
            let message =
                Message::new("phonetic.encoder.loose.headline").count("most", most as usize).count("limit", limit as usize);
            let near =
                length.at.map(|at| Evidence { role: EvidenceRole::NearMiss, at, note: Message::new("phonetic.encoder.guard") });
            let evidence = std::iter::once(here).chain(near).collect();
            Outcome::Violated(Box::new(violation("phonetic/broken-guard", message, evidence, help())))
        }
        (Most::Unbounded, Some(guard)) => {
            let message = Message::new("phonetic.encoder.open.headline").text("encoder", name);
            let near = Evidence { role: EvidenceRole::NearMiss, at: guard.at, note: Message::new("phonetic.encoder.open.label") };
            Outcome::Violated(Box::new(violation("phonetic/broken-guard", message, vec![near, here], help())))
        }
        (Most::Unbounded, None) => {
            let message = Message::new("phonetic.encoder.unbounded.headline").text("encoder", name);
            let mut violation = violation("phonetic/unbounded-encoder", message, vec![here], help());
            violation.looked_for = ["phonetic.looked-for.guard", "phonetic.looked-for.cut"]
                .map(|what| LookedFor { what: Message::new(what), found: Message::new("looked-for.none"), detail: None })
                .to_vec();
            Outcome::Violated(Box::new(violation))
        }
    }
}

fn violation(rule: &'static str, message: Message, evidence: Vec<Evidence>, help: Message) -> Violation {
    Violation {
        rule,
        severity: Severity::Error,
        confidence: Confidence::High,
        message,
        evidence,
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: Vec::new(),
        help: Some(help),
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}
