//! **phonetic/call**: is the input of every encoder and edit distance bounded?

use std::collections::BTreeMap;

use super::{NotRunReason, Question, QuestionContext, Site, length};
use crate::analysis::length::{Encoder, Length, Most, Tracer, Value};
use crate::finding::{
    Also, Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::hir::{Callee, Expr, ExprId, Literal};
use crate::index::BodyKey;
use crate::specs::{Cost, LengthSink, SinkSeverity};

/// The question.
#[derive(Debug)]
pub(super) struct PhoneticCall;

/// A call with its verdict: the calls of one project share a tracer.
#[derive(Debug)]
pub(super) struct CallSite {
    body: BodyKey,
    expr: ExprId,
    at: Location,
    name: String,
    outcome: Outcome,
}

impl Question for PhoneticCall {
    const ID: QuestionId = "phonetic/call";
    type Site<'p> = CallSite;

    fn not_run(_: QuestionContext<'_>) -> Option<NotRunReason> {
        None
    }

    fn sites(context: QuestionContext<'_>) -> Vec<CallSite> {
        let input = context.lengths;
        let encoders = input.encoders();
        let mut tracer = Tracer::new(input.project, input.graph);
        let bounded: BTreeMap<BodyKey, bool> = encoders
            .iter()
            .map(|encoder| {
                (encoder.body, length::walked(&mut tracer, context, encoder).is_some_and(|length| length.is_within(input.limit)))
            })
            .collect();
        let mut sites = Vec::new();
        for (body, code) in context.index.bodies() {
            for (expr, _) in code.exprs().filter(|(_, expr)| matches!(expr, Expr::Call { .. })) {
                let Some(call) = sink_of(context, body, expr, encoders) else { continue };
                let at = Location::new(body.file, code.expr_span(expr));
                let outcome = match call.encoder {
                    Some(encoder) if bounded.get(&encoder) == Some(&true) => Outcome::Proven {
                        proof: "bounded",
                        note: Message::new("phonetic.proof.encoder").text("encoder", &call.name),
                        evidence: Vec::new(),
                    },
                    _ => judged(context, &mut tracer, (body, expr, at), &call),
                };
                sites.push(CallSite { body, expr, at, name: call.name, outcome });
            }
        }
        sites
    }

    fn place(_: QuestionContext<'_>, site: &CallSite) -> Site {
        Site { at: site.at, body: site.body, expr: Some(site.expr), subject: Some(site.name.clone()) }
    }

    fn judge(_: QuestionContext<'_>, site: &CallSite) -> Outcome {
        site.outcome.clone()
    }
}

/// A call of a sink.
struct SinkCall {
    name: String,
    row: LengthSink,
    encoder: Option<BodyKey>,
    is_sql: bool,
}

/// The sink that a call calls, if any.
fn sink_of(context: QuestionContext<'_>, body: BodyKey, expr: ExprId, encoders: &[Encoder]) -> Option<SinkCall> {
    let index = context.index;
    let (hir, code) = (index.hir(body.file), index.body(body));
    let Expr::Call { callee, arguments, first_class } = code.expr(expr) else { return None };
    let lengths = context.lengths.project.specs.lengths();
    if let Callee::Function(name) = callee {
        let name = hir.text(name.fallback.unwrap_or(name.name));
        let short = name.rsplit('\\').next().unwrap_or(name).to_ascii_lowercase();
        if let Some(row) =
            lengths.sink(&name.to_ascii_lowercase()).or_else(|| lengths.sink(&short).filter(|_| !name.contains('\\')))
        {
            return (!first_class).then(|| SinkCall { name: name.to_owned(), row: row.clone(), encoder: None, is_sql: false });
        }
        let text = |expr: ExprId| match code.expr(expr) {
            Expr::Literal(Literal::String(text)) => Some(hir.text(*text)),
            _ => None,
        };
        if let Some(called) = called_by_name(&short, arguments.len(), |position| text(arguments.get(position)?.value))
            && let Some(row) = lengths.sink(&called.name.to_ascii_lowercase())
        {
            let row = LengthSink { args: called.texts, ..row.clone() };
            return Some(SinkCall { name: called.name, row, encoder: None, is_sql: false });
        }
    }
    let call = context.lengths.project.resolution.call(body, expr);
    if let Some(encoder) = call.and_then(|call| encoders.iter().find(|encoder| call.targets.contains(&encoder.body))) {
        let row = LengthSink {
            id: "phonetic/encoder".to_owned(),
            args: vec![0],
            limit: None,
            severity: SinkSeverity::Error,
            cost: Cost::Linear,
        };
        return Some(SinkCall { name: encoder.symbol.clone(), row, encoder: Some(encoder.body), is_sql: false });
    }
    if let Some(symbol) = call.and_then(|call| call.symbol.as_deref())
        && let Some(row) = lengths.sink(&symbol.to_ascii_lowercase())
    {
        return Some(SinkCall { name: symbol.to_owned(), row: row.clone(), encoder: None, is_sql: false });
    }
    if !matches!(callee, Callee::Method { .. } | Callee::Static { .. }) {
        return None;
    }
    let of_text = |expr: ExprId| match code.expr(expr) {
        Expr::Literal(Literal::String(text)) => lengths.sql_sink(hir.text(*text)),
        _ => None,
    };
    let in_argument = |expr: ExprId| match code.expr(expr) {
        Expr::Concat(parts) | Expr::Interpolation(parts) => parts.iter().find_map(|part| of_text(*part)),
        _ => of_text(expr),
    };
    let row = arguments.iter().find_map(|argument| in_argument(argument.value))?;
    Some(SinkCall { name: "SOUNDEX".to_owned(), row: row.clone(), encoder: None, is_sql: true })
}

/// A function that PHP's own functions call by its name.
struct CalledByName {
    name: String,
    /// The arguments with the texts that it gets, or with arrays of them.
    texts: Vec<usize>,
}

/// `array_map('soundex', $names)`, `call_user_func('levenshtein', $a, $b)`.
fn called_by_name<'h>(caller: &str, arguments: usize, text: impl Fn(usize) -> Option<&'h str>) -> Option<CalledByName> {
    let (position, texts) = match caller {
        "array_map" | "call_user_func" | "call_user_func_array" => (0, 1..arguments),
        "array_walk" | "array_filter" | "array_reduce" | "usort" | "uasort" => (1, 0..1),
        "array_udiff" | "array_uintersect" => (arguments.checked_sub(1)?, 0..arguments - 1),
        _ => return None,
    };
    let name = text(position)?.trim_start_matches('\\').to_owned();
    Some(CalledByName { name, texts: texts.collect() })
}

fn judged(
    context: QuestionContext<'_>,
    tracer: &mut Tracer<'_>,
    (body, expr, at): (BodyKey, ExprId, Location),
    call: &SinkCall,
) -> Outcome {
    let limit = call.row.limit.unwrap_or(context.lengths.limit);
    let trace = tracer.trace(body);
    let code = context.index.body(body);
    let Expr::Call { arguments, .. } = code.expr(expr) else {
        return Outcome::Undetermined(Message::new("length.nothing-known"));
    };
    let Some(given) = trace.arguments(expr) else {
        return Outcome::Proven { proof: "bounded", note: Message::new("phonetic.proof.unreached"), evidence: Vec::new() };
    };
    let matters = |(position, _): &(usize, &Value)| {
        let is_text_of_sql = call.is_sql && matches!(code.expr(arguments[*position].value), Expr::Literal(_));
        (call.is_sql || call.row.args.is_empty() || call.row.args.contains(position)) && !is_text_of_sql
    };
    let nothing = Length::characters(0, "length.literal", Some(at));
    let lengths: Vec<Length> = given.iter().enumerate().filter(matters).map(|(_, value)| value.longest()).collect();
    // An edit distance costs the product of both lengths: one bounded text does not bound the other.
    let worst = lengths.into_iter().fold(nothing, |worst, length| worst.worse(&length));
    let rows = length::over_rows(context, body, expr);
    match worst.most {
        Most::Unknown => Outcome::Undetermined(worst.why),
        Most::Unbounded => Outcome::Violated(Box::new(unbounded(context, call, at, &worst, limit, rows))),
        Most::Characters(most) if most > limit && !call.is_sql => {
            Outcome::Violated(Box::new(loose(call, at, &worst, (most, limit), rows)))
        }
        Most::Characters(most) => match rows.filter(|_| is_costly(call)) {
            Some(rows) => Outcome::Violated(Box::new(amplified(call, at, rows, most))),
            None => {
                let note = Message::new("phonetic.proof.bounded").count("most", most as usize).message("why", worst.why);
                let evidence =
                    worst.at.map(|at| Evidence { role: EvidenceRole::Guard, at, note: Message::new("phonetic.call.bound-here") });
                Outcome::Proven { proof: "bounded", note, evidence: evidence.into_iter().collect() }
            }
        },
    }
}

fn is_costly(call: &SinkCall) -> bool {
    matches!(call.row.cost, Cost::Cubic | Cost::Quadratic)
}

fn cost(call: &SinkCall) -> Message {
    Message::new(match call.row.cost {
        Cost::Cubic => "phonetic.cost.cubic",
        Cost::Quadratic => "phonetic.cost.quadratic",
        Cost::Linear => "phonetic.cost.linear",
        Cost::Scan => "phonetic.cost.scan",
    })
}

fn violation(rule: &'static str, severity: Severity, message: Message, evidence: Vec<Evidence>, call: &SinkCall) -> Violation {
    Violation {
        rule,
        severity,
        confidence: Confidence::High,
        message,
        evidence,
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: if call.encoder.is_some() { Vec::new() } else { vec![call.row.id.clone()] },
        help: None,
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}

fn sink_evidence(call: &SinkCall, at: Location) -> Evidence {
    Evidence { role: EvidenceRole::Sink, at, note: cost(call) }
}

fn also(call: &SinkCall, rows: Option<Location>) -> Vec<Also> {
    let rows = rows.filter(|_| is_costly(call));
    rows.map(|at| Also { rule: "phonetic/amplified", at, message: Message::new("phonetic.call.amplified.label") })
        .into_iter()
        .collect()
}

fn unbounded(
    context: QuestionContext<'_>,
    call: &SinkCall,
    at: Location,
    length: &Length,
    limit: u32,
    rows: Option<Location>,
) -> Violation {
    let severity = match call.row.severity {
        SinkSeverity::Error => Severity::Error,
        SinkSeverity::Warning => Severity::Warning,
        SinkSeverity::Note => Severity::Note,
    };
    let mut evidence = vec![sink_evidence(call, at)];
    evidence.extend(length.at.map(|at| Evidence { role: EvidenceRole::Source, at, note: length.why.clone() }));
    let headline = Message::new("phonetic.call.unbounded.headline").text("sink", &call.name);
    let mut violation = violation("phonetic/unbounded-input", severity, headline, evidence, call);
    // Nobody calls the function in this project: somebody may.
    let is_open_parameter = length.why.template == "length.parameter";
    violation.confidence = if is_open_parameter { Confidence::Medium } else { Confidence::High };
    let none = || Message::new("looked-for.none");
    violation.looked_for = ["phonetic.looked-for.guard", "phonetic.looked-for.cut", "phonetic.looked-for.rule"]
        .map(|what| LookedFor { what: Message::new(what), found: none(), detail: None })
        .to_vec();
    violation.help = Some(Message::new("phonetic.call.unbounded.help").count("limit", limit as usize));
    violation.also = also(call, rows);
    let _ = context;
    violation
}

fn loose(call: &SinkCall, at: Location, length: &Length, (most, limit): (u32, u32), rows: Option<Location>) -> Violation {
    let words =
        |template| Message::new(template).text("sink", &call.name).count("most", most as usize).count("limit", limit as usize);
    let mut evidence = vec![sink_evidence(call, at)];
    evidence.extend(length.at.map(|at| Evidence { role: EvidenceRole::NearMiss, at, note: words("phonetic.call.loose.label") }));
    let mut violation =
        violation("phonetic/loose-bound", Severity::Warning, words("phonetic.call.loose.headline"), evidence, call);
    violation.help = Some(Message::new("phonetic.call.unbounded.help").count("limit", limit as usize));
    violation.also = also(call, rows);
    violation
}

fn amplified(call: &SinkCall, at: Location, rows: Location, most: u32) -> Violation {
    let words = |template| Message::new(template).text("sink", &call.name).count("most", most as usize);
    let evidence = vec![
        sink_evidence(call, at),
        Evidence { role: EvidenceRole::Step, at: rows, note: Message::new("phonetic.call.amplified.label") },
    ];
    let mut violation =
        violation("phonetic/amplified", Severity::Warning, words("phonetic.call.amplified.headline"), evidence, call);
    violation.help = Some(Message::new("phonetic.call.amplified.help"));
    violation
}
