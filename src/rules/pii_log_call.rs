//! **pii/log-call**: does personal data reach a log, a console, a tracker of errors or a debugging aid in clear?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::{NotRunReason, Question, QuestionContext, Site};
use crate::analysis::pii::{
    Channel, Exposure, Mark, SinkSite, Treatment, What, channel_named, default_channel, kind_words, sites,
};
use crate::finding::{
    Also, Confidence, Evidence, EvidenceRole, InventoryRow, Message, Outcome, QuestionId, RuleId, Severity, Violation,
};
use crate::flow::{CallGraph, Project};
use crate::specs::{Kind, SinkKind};

/// The rules from the one with precedence down.
const RULES: [RuleId; 5] =
    ["pii/secret-logged", "pii/object-dumped", "pii/ineffective-sanitizer", "pii/logged", "pii/debug-output"];
/// Kinds that one sentence names.
const NAMED: usize = 3;

/// What the question on personal data asks, and the answer once it was asked.
#[derive(Debug)]
pub struct PiiInput<'p> {
    /// Declarations, calls and rows.
    pub project: Project<'p>,
    /// Who calls whom.
    pub graph: &'p CallGraph,
    /// Sanitizers that the configuration names.
    pub sanitizers: &'p [String],
    found: OnceLock<Answer>,
}

#[derive(Debug, Default)]
struct Answer {
    sites: Vec<SinkSite>,
    /// The channels of `config/logging.php` that the sites write to, by the name that a call gives.
    channels: BTreeMap<Option<String>, Channel>,
}

impl<'p> PiiInput<'p> {
    /// The input of a question that was not asked yet.
    #[must_use]
    pub const fn new(project: Project<'p>, graph: &'p CallGraph, sanitizers: &'p [String]) -> Self {
        Self { project, graph, sanitizers, found: OnceLock::new() }
    }

    fn answer(&self) -> &Answer {
        self.found.get_or_init(|| {
            let sites = sites(self.project, self.graph, self.sanitizers);
            let index = self.project.index;
            let default = default_channel(index);
            let mut channels = BTreeMap::new();
            for name in sites.iter().filter(|site| is_log(site)).map(|site| &site.channel) {
                let named = || channel_named(index, name.as_deref().unwrap_or(&default));
                channels.entry(name.clone()).or_insert_with(named);
            }
            Answer { sites, channels }
        })
    }

    /// Which kinds of data are written where, if the question was asked; sorted.
    #[must_use]
    pub fn inventory(&self) -> Vec<InventoryRow> {
        let Some(answer) = self.found.get() else { return Vec::new() };
        let mut rows = BTreeSet::new();
        for site in &answer.sites {
            let channel = answer.channels.get(&site.channel).filter(|_| is_log(site));
            let row = |kind: Kind, sanitized| InventoryRow {
                kind: kind.id(),
                sink: site.row.kind.id(),
                channel: channel.map(|channel| channel.name.clone()),
                symbol: self.project.index.symbol(site.body),
                sanitized,
                third_party: channel.and_then(|channel| channel.third_party.clone()),
                retention_days: channel.and_then(|channel| channel.days),
            };
            let written = site.exposures.iter().filter(|exposure| exposure.mark.what != What::Exception);
            rows.extend(written.map(|exposure| row(exposure.mark.kind, false)));
            rows.extend(site.treated.iter().map(|kind| row(*kind, true)));
        }
        rows.into_iter().collect()
    }
}

/// True for what goes through a channel of the log.
const fn is_log(site: &SinkSite) -> bool {
    matches!(site.row.kind, SinkKind::Log | SinkKind::Context | SinkKind::Report)
}

/// The question.
#[derive(Debug)]
pub(super) struct PiiLogCall;

impl Question for PiiLogCall {
    const ID: QuestionId = "pii/log-call";
    type Site<'p> = &'p SinkSite;

    fn not_run(_: QuestionContext<'_>) -> Option<NotRunReason> {
        None
    }

    fn sites(context: QuestionContext<'_>) -> Vec<&SinkSite> {
        context.pii.answer().sites.iter().collect()
    }

    fn place(_: QuestionContext<'_>, site: &&SinkSite) -> Site {
        Site { at: site.at, body: site.body, expr: Some(site.expr), subject: Some(site.name.clone()) }
    }

    fn judge(context: QuestionContext<'_>, site: &&SinkSite) -> Outcome {
        let channel = context.pii.answer().channels.get(&site.channel).filter(|_| is_log(site));
        judged(site, channel)
    }
}

fn judged(site: &SinkSite, channel: Option<&Channel>) -> Outcome {
    let (texts, data): (Vec<&Exposure>, Vec<&Exposure>) =
        site.exposures.iter().partition(|exposure| exposure.mark.what == What::Exception);
    let mut found: Vec<(usize, &Exposure)> = data.into_iter().map(|exposure| (rule_of(site, &exposure.mark), exposure)).collect();
    found.sort_by_key(|(rule, exposure)| (*rule, std::cmp::Reverse(exposure.mark.confidence)));
    if let Some((rule, _)) = found.first().copied() {
        return Outcome::Violated(Box::new(violated(site, channel, rule, &found)));
    }
    if let Some(text) = texts.first() {
        let message = Message::new("pii.exception.headline").text("sink", &site.name);
        let mut violation = violation(site, channel, "pii/exception-text", Severity::Note, message, &[text]);
        violation.help = Some(Message::new("pii.exception.help"));
        return Outcome::Conditional { violation: Box::new(violation), assumption: Message::new("pii.exception.assumption") };
    }
    if let Some(open) = &site.open {
        return Outcome::Undetermined(open.clone());
    }
    let (proof, note) = match site.treatment {
        Some(Treatment::Sanitizer) => ("sanitized", "pii.proof.sanitized"),
        Some(Treatment::Mask) => ("masked", "pii.proof.masked"),
        Some(Treatment::Pseudonym) => ("pseudonymous", "pii.proof.pseudonymous"),
        Some(Treatment::Thing) | None => ("no-personal-data", "pii.proof.none"),
    };
    Outcome::Proven { proof, note: Message::new(note), evidence: Vec::new() }
}

/// The rule that a mark breaks, by its place in [`RULES`].
fn rule_of(site: &SinkSite, mark: &Mark) -> usize {
    if mark.kind == Kind::Secret && !mark.what.is_dump() {
        0
    } else if site.row.kind == SinkKind::Debug {
        4
    } else if mark.failure.is_some() {
        2
    } else if mark.what.is_dump() {
        1
    } else {
        3
    }
}

fn severity(site: &SinkSite, rule: usize) -> Severity {
    match (rule, site.row.kind) {
        (4, _) | (_, SinkKind::Console) => Severity::Warning,
        _ => Severity::Error,
    }
}

fn violated(site: &SinkSite, channel: Option<&Channel>, rule: usize, found: &[(usize, &Exposure)]) -> Violation {
    let primary: Vec<&Exposure> = found.iter().filter(|(other, _)| *other == rule).map(|(_, exposure)| *exposure).collect();
    let first = &primary[0].mark;
    let message = match rule {
        0 => Message::new("pii.secret.headline").text("sink", &site.name).text("name", &*first.word),
        1 => Message::new("pii.dump.headline").text("sink", &site.name).message("what", whole(first)),
        2 => {
            let name = first.failure.as_ref().map_or_else(String::new, |failure| short(&failure.name).to_owned());
            Message::new("pii.ineffective.headline").text("sanitizer", name).message("what", what(first))
        }
        _ => Message::new("pii.logged.headline").text("sink", &site.name).message("what", kinds(&primary)),
    };
    let mut violation = violation(site, channel, RULES[rule], severity(site, rule), message, &primary);
    violation.help = Some(Message::new(match rule {
        0 => "pii.secret.help",
        1 => "pii.dump.help",
        2 => "pii.ineffective.help",
        4 => "pii.debug.help",
        _ => "pii.logged.help",
    }));
    for (position, id) in RULES.iter().enumerate().skip(rule + 1) {
        if let Some((_, exposure)) = found.iter().find(|(other, _)| *other == position) {
            violation.also.push(Also { rule: id, at: exposure.mark.trace.at, message: what(&exposure.mark) });
        }
    }
    violation
}

fn violation(
    site: &SinkSite,
    channel: Option<&Channel>,
    rule: RuleId,
    severity: Severity,
    message: Message,
    exposures: &[&Exposure],
) -> Violation {
    let mark = &exposures[0].mark;
    let mut evidence: Vec<Evidence> =
        mark.steps().iter().map(|step| Evidence { role: step.role, at: step.at, note: step.note.clone() }).collect();
    if let Some(failure) = &mark.failure {
        evidence.push(Evidence { role: EvidenceRole::NearMiss, at: failure.at, note: failure.why.clone() });
    }
    let third_party = channel.and_then(|channel| Some((channel, channel.third_party.as_ref()?)));
    let note = match (third_party, &site.channel) {
        (Some((channel, party)), _) => Message::new("pii.sink.third-party").text("channel", &channel.name).text("party", party),
        (None, Some(channel)) => Message::new("pii.sink.channel").text("channel", channel),
        (None, None) => Message::new("pii.sink.default").message("kind", Message::new(sink_words(site.row.kind))),
    };
    evidence.push(Evidence { role: EvidenceRole::Sink, at: site.at, note });
    evidence.dedup_by(|next, before| next.at == before.at && next.role == before.role);
    Violation {
        rule,
        severity,
        confidence: mark.confidence.max(Confidence::Medium),
        message,
        evidence,
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: vec![site.row.id.clone()],
        help: None,
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}

const fn sink_words(kind: SinkKind) -> &'static str {
    match kind {
        SinkKind::Log => "pii.sink.log",
        SinkKind::Context => "pii.sink.context",
        SinkKind::Console => "pii.sink.console",
        SinkKind::Tracker => "pii.sink.tracker",
        SinkKind::Debug => "pii.sink.debug",
        SinkKind::Activity => "pii.sink.activity",
        SinkKind::Report => "pii.sink.report",
    }
}

/// A dump or a datum in words.
fn what(mark: &Mark) -> Message {
    if mark.what.is_dump() { whole(mark) } else { Message::new(kind_words(mark.kind)) }
}

fn whole(mark: &Mark) -> Message {
    match &mark.what {
        What::Request => Message::new("pii.whole.request"),
        What::Headers => Message::new("pii.whole.headers"),
        What::Response => Message::new("pii.whole.response"),
        What::Model(class) => Message::new("pii.whole.model").text("class", short(class)),
        _ => Message::new("pii.whole.named").text("name", &*mark.word),
    }
}

/// The kinds of several data in words.
fn kinds(exposures: &[&Exposure]) -> Message {
    let mut kinds: Vec<Kind> = exposures.iter().map(|exposure| exposure.mark.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut words = kinds.iter().take(NAMED).map(|kind| Message::new(kind_words(*kind)));
    let first = words.next().unwrap_or_else(|| Message::new("pii.kind.free-text"));
    words.fold(first, |all, next| Message::new("pii.kind.and").message("first", all).message("second", next))
}

fn short(name: &str) -> &str {
    name.rsplit('\\').next().unwrap_or(name)
}
