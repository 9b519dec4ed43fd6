//! Every call that writes, with the personal data that reaches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::calls::CallSite;
use super::eval::{Evaluator, Unit};
use super::names::Owner;
use super::summaries::{DOWN, UP};
use super::value::{Mark, Treatment, Value, What};
use crate::finding::{Location, Message};
use crate::flow::{CallGraph, Project};
use crate::hir::{Argument, Callee, ClassRef, Expr, ExprId, Literal, MemberNameKind};
use crate::index::BodyKey;
use crate::specs::{Kind, Meaning, SinkKind, SinkRow};

/// Methods that write, on an object of which only the name is known.
const LEVELS: [&str; 8] = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];

/// Personal data at a sink.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// The data.
    pub mark: Mark,
    /// The key under which it is written.
    pub key: Option<String>,
}

/// A call that writes.
#[derive(Clone, Debug)]
pub struct SinkSite {
    /// The body that holds it.
    pub body: BodyKey,
    /// The call.
    pub expr: ExprId,
    /// Where it stands.
    pub at: Location,
    /// The row that says so.
    pub row: SinkRow,
    /// What is called, as a reader names it: `Log::info`.
    pub name: String,
    /// The channel that the call names.
    pub channel: Option<String>,
    /// What reaches it.
    pub exposures: Vec<Exposure>,
    /// What was made harmless on the way.
    pub treatment: Option<Treatment>,
    /// The kinds that were made harmless, by the keys.
    pub treated: Vec<Kind>,
    /// What could not be decided.
    pub open: Option<Message>,
}

/// All calls that write, in order of their places.
#[must_use]
pub fn sites(project: Project<'_>, graph: &CallGraph, sanitizers: &[String]) -> Vec<SinkSite> {
    let candidates = candidates(project);
    let files: Vec<&[(BodyKey, ExprId)]> = candidates.chunk_by(|a, b| a.0.file == b.0.file).collect();
    let next = AtomicUsize::new(0);
    let found = rayon::broadcast(|_| {
        let mut evaluator = Evaluator::new(project, graph, sanitizers);
        let mut sites = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            for calls in file.chunk_by(|a, b| a.0 == b.0) {
                sites.extend(of_body(&mut evaluator, calls));
            }
        }
        sites
    });
    let mut sites: Vec<SinkSite> = found.into_iter().flatten().collect();
    sites.sort_by_key(|site| (site.body, site.expr));
    sites
}

/// Calls by a name that some sink has, and calls of a logger by a computed name.
fn candidates(project: Project<'_>) -> Vec<(BodyKey, ExprId)> {
    let mut calls = Vec::new();
    for name in project.specs.taints().sink_names() {
        calls.extend(project.index.calls_named(name).iter().map(|call| (call.body, call.expr)));
    }
    for (file, hir) in project.index.files() {
        let uses_logs = hir.interface.imports.iter().any(|import| hir.text(import.name).to_ascii_lowercase().contains("log"));
        if !uses_logs {
            continue;
        }
        for (id, body) in hir.bodies() {
            for (expr, call) in body.exprs() {
                if let Expr::Call { callee: Callee::Static { name, .. } | Callee::Method { name, .. }, .. } = call
                    && matches!(name.kind, MemberNameKind::Dynamic(_))
                {
                    calls.push((BodyKey { file, body: id }, expr));
                }
            }
        }
    }
    calls.sort_unstable();
    calls.dedup();
    calls
}

fn of_body(evaluator: &mut Evaluator<'_>, calls: &[(BodyKey, ExprId)]) -> Vec<SinkSite> {
    let body = calls[0].0;
    // All sinks of a body are one purpose: they are asked together, always in the same order.
    let mut unit = Unit::new(evaluator, DOWN);
    let sinks: Vec<(CallSite<'_>, SinkRow)> = calls.iter().filter_map(|(_, expr)| unit.sink(body, *expr)).collect();
    let mut is_prepared = false;
    let mut given = Vec::new();
    for (site, row) in &sinks {
        let is_plain = is_plain(&unit, site, row);
        if !is_plain && !is_prepared {
            unit.prepare(body);
            is_prepared = true;
        }
        given.push(if is_plain { Vec::new() } else { unit.written(site, row) });
    }
    let mut found = Vec::new();
    for ((site, row), arguments) in sinks.into_iter().zip(given) {
        let mut exposed = Exposed::default();
        for (key, value, at) in arguments {
            let settled = evaluator.settle(body, &value, UP);
            let unit = Unit::new(evaluator, DOWN);
            exposed.collect(&unit, key.as_deref(), &settled, at);
        }
        let unit = Unit::new(evaluator, 1);
        found.push(SinkSite {
            body,
            expr: site.expr,
            at: site.at,
            name: unit.readable(&site),
            channel: unit.channel(&site),
            row,
            exposures: exposed.found,
            treatment: exposed.treatment,
            treated: exposed.treated,
            open: exposed.open,
        });
    }
    found
}

/// True where all that is written are literals.
fn is_plain(unit: &Unit<'_, '_>, site: &CallSite<'_>, row: &SinkRow) -> bool {
    let code = unit.project().index.body(site.body);
    let matters = |(position, _): &(usize, &Argument)| row.args.is_empty() || row.args.contains(position);
    site.arguments.iter().enumerate().filter(matters).all(|(_, argument)| matches!(code.expr(argument.value), Expr::Literal(_)))
}

#[derive(Default)]
struct Exposed {
    found: Vec<Exposure>,
    treatment: Option<Treatment>,
    treated: Vec<Kind>,
    open: Option<Message>,
}

impl Exposed {
    fn add(&mut self, mark: Mark, key: Option<&str>) {
        let is_known = |known: &Exposure| {
            known.mark.kind == mark.kind
                && known.mark.what == mark.what
                && known.mark.word == mark.word
                && known.key.as_deref() == key
        };
        if !self.found.iter().any(is_known) {
            self.found.push(Exposure { mark, key: key.map(str::to_owned) });
        }
    }

    fn collect(&mut self, unit: &Unit<'_, '_>, key: Option<&str>, value: &Value, at: Location) {
        let mut parts: Vec<(Option<String>, Value)> = Vec::new();
        value.visit(key, 0, &mut |key, part| {
            parts.push((key.map(str::to_owned), Value { shape: None, ..part.clone() }));
        });
        for (key, part) in parts {
            self.part(unit, key.as_deref(), part, at);
        }
    }

    fn part(&mut self, unit: &Unit<'_, '_>, key: Option<&str>, value: Value, at: Location) {
        let vocabulary = unit.vocabulary();
        if value.treatment.is_some_and(|treatment| treatment != Treatment::Thing) {
            self.treatment = self.treatment.max(value.treatment);
            if let Some(kind) = key.and_then(|key| vocabulary.possible_kind_of(key)) {
                self.treated.push(kind);
            }
        }
        let inert = value.marks.iter().find(|mark| mark.inert).cloned();
        // `'type' => strtolower($parts[0])`: the key says that something harmless was made of it.
        let is_harmless = key.is_some_and(|key| vocabulary.meaning(key) == Some(Meaning::Decoy));
        for mark in value.marks.into_iter().filter(|mark| !mark.inert && (!is_harmless || !mark.is_derived())) {
            self.add(mark, key);
        }
        // A part of a dump of which nothing else says what it is: the key under which it is written may.
        if let Some(part) = inert
            && let Some(named) = key.and_then(|key| unit.by_name(key, Owner::Open, at))
        {
            for mark in named.marks.into_iter().filter(|mark| mark.what == What::Field) {
                self.add(Mark { trace: Arc::clone(&part.trace), ..mark }, key);
            }
        }
        for glimpse in value.glimpses {
            if glimpse.is_masked() {
                self.treatment = self.treatment.max(Some(Treatment::Mask));
                self.treated.push(glimpse.mark.kind);
            } else {
                self.add(glimpse.mark, key);
            }
        }
        for class in &value.objects {
            if let Some(mark) = unit.whole_model(class, false, at) {
                self.add(mark, key);
            }
        }
        let given = value.given.first().map(|given| (Message::new("pii.reason.no-caller").text("name", "parameter"), given.at));
        let Some((why, place, word, through)) = value
            .unknown
            .map(|unknown| (unknown.why, unknown.at, unknown.word, unknown.through))
            .or_else(|| given.map(|(why, at)| (why, at, None, false)))
        else {
            return;
        };
        let by_word = word.as_deref().and_then(|word| unit.by_name(word, Owner::Open, place));
        let owner = word.as_deref().map_or(Owner::Open, |word| unit.owner_named(word));
        let by_key = || key.and_then(|key| unit.by_name(key, owner, at));
        let named = match by_word {
            Some(named) if !named.marks.is_empty() => Some(named),
            Some(clean) => by_key().filter(|named| named.marks.iter().any(|mark| mark.what == What::Field)).or(Some(clean)),
            None => by_key(),
        };
        match named {
            Some(named) => named.marks.into_iter().for_each(|mark| self.add(mark.unsure(), key)),
            None => {
                let is_ambiguous = [word.as_deref(), key].into_iter().flatten().any(|name| {
                    matches!(vocabulary.meaning(name), Some(Meaning::Maybe(Kind::PersonName | Kind::Contact | Kind::Address)))
                });
                let is_neutral = [word.as_deref(), key].into_iter().flatten().all(|name| vocabulary.meaning(name).is_none());
                if through || is_ambiguous {
                    self.open.get_or_insert(why);
                } else if is_neutral {
                    self.open.get_or_insert(
                        Message::new("pii.reason.neutral").text("name", word.as_deref().or(key).unwrap_or("value")),
                    );
                }
            }
        }
    }
}

impl<'p> Unit<'_, 'p> {
    /// The sink that a call is, if any.
    fn sink(&mut self, body: BodyKey, expr: ExprId) -> Option<(CallSite<'p>, SinkRow)> {
        let site = self.site(body, expr)?;
        let code = self.project().index.body(body);
        let Expr::Call { callee, first_class, .. } = code.expr(expr) else { return None };
        if *first_class || site.arguments.is_empty() && site.receiver.is_none() {
            return None;
        }
        let taints = self.project().specs.taints();
        let symbols = match site.name {
            Some(_) => self.symbols(&site),
            None => self.dynamic_symbols(&site, *callee),
        };
        let has_code = self.project().resolution.call(body, expr).is_some_and(|call| !call.targets.is_empty());
        // A function or method of the project is a sink where a row names it; one that has a sink's name alone is none.
        let is_function = matches!(callee, Callee::Function(_));
        let known =
            symbols.iter().filter(|symbol| !has_code || !symbol.starts_with('*')).enumerate().find_map(|(place, symbol)| {
                let is_fallback = has_code && is_function && place > 0;
                taints.sink(symbol).filter(|_| !is_fallback)
            });
        let row = known.cloned().or_else(|| self.by_receiver(&site))?;
        let returns = matches!(site.name, Some("print_r" | "var_export")) && site.arguments.len() > 1;
        let is_elsewhere = match row.id.as_str() {
            "php/console-stream" => !self.is_console_stream(&site),
            "php/log-file" => !self.names_log(body, site.arguments.first()?.value, 0),
            _ => false,
        };
        (!returns && !is_elsewhere).then_some((site, row))
    }

    fn is_console_stream(&self, site: &CallSite<'p>) -> bool {
        let code = self.project().index.body(site.body);
        let stream = site.arguments.first().map(|first| code.expr(first.value));
        matches!(stream, Some(Expr::Constant(name)) if {
            let name = self.text(site.body, name.fallback.unwrap_or(name.name));
            matches!(name, "STDERR" | "STDOUT")
        })
    }

    /// True for a path of which a literal part names a log.
    fn names_log(&self, body: BodyKey, path: ExprId, depth: u32) -> bool {
        let code = self.project().index.body(body);
        match code.expr(path) {
            Expr::Literal(Literal::String(text)) => {
                let text = self.text(body, *text).to_ascii_lowercase();
                std::path::Path::new(&text).extension().is_some_and(|kind| kind == "log") || text.contains("logs/")
            }
            expr if depth < 8 => {
                let mut found = false;
                expr.for_each_operand(|operand| found |= self.names_log(body, operand, depth + 1));
                found
            }
            _ => false,
        }
    }

    /// `Log::{$level}()`: what every level is.
    fn dynamic_symbols(&mut self, site: &CallSite<'p>, callee: Callee) -> Vec<String> {
        let classes: Vec<Arc<str>> = match callee {
            Callee::Static { class: ClassRef::Named(class), .. } => {
                let written = self.text(site.body, class.name);
                let alias = self.project().specs.alias(written).filter(|_| self.project().index.resolve_class(written).is_none());
                vec![alias.unwrap_or(written).into()]
            }
            Callee::Method { receiver, .. } => self.types(site.body, receiver).classes().cloned().collect(),
            _ => Vec::new(),
        };
        let mut symbols = Vec::new();
        for class in classes {
            symbols.extend(
                self.evaluator
                    .lineage(&class)
                    .iter()
                    .filter(|class| !class.contains("command"))
                    .map(|class| format!("{class}::info")),
            );
        }
        symbols
    }

    /// `$this->logger->info()` where the class of the logger is not known.
    fn by_receiver(&self, site: &CallSite<'p>) -> Option<SinkRow> {
        let receiver = site.receiver?;
        let name = site.name?.to_ascii_lowercase();
        if !LEVELS.contains(&name.as_str()) || !self.types(site.body, receiver).is_unknown() {
            return None;
        }
        let word = self.word(site.body, receiver)?.to_ascii_lowercase();
        let is_logger = word == "log" || word.ends_with("logger");
        is_logger.then(|| self.project().specs.taints().sink("psr\\log\\loggerinterface::info").cloned()).flatten()
    }

    /// What is written: the key, where there is one, and the value.
    fn written(&mut self, site: &CallSite<'p>, row: &SinkRow) -> Vec<(Option<String>, Value, Location)> {
        let mut written = Vec::new();
        let mut key = None;
        for (position, argument) in site.arguments.iter().enumerate() {
            let is_written = row.args.is_empty() || row.args.contains(&position) || argument.name.is_some();
            if !is_written {
                continue;
            }
            let at = self.at(site.body, argument.value);
            let value = self.eval(site.body, argument.value);
            written.push((key.take(), value, at));
            if matches!(row.kind, SinkKind::Context | SinkKind::Activity | SinkKind::Tracker) && position == 0 {
                key = self.key(site.body, argument.value);
            }
        }
        if row.args.is_empty()
            && site.arguments.is_empty()
            && let Some(receiver) = site.receiver
        {
            let at = self.at(site.body, receiver);
            let value = self.eval(site.body, receiver);
            written.push((None, value, at));
        }
        written
    }

    fn readable(&self, site: &CallSite<'p>) -> String {
        let code = self.project().index.body(site.body);
        let name = site.name.unwrap_or("{…}");
        match code.expr(site.expr) {
            Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), .. }, .. } => {
                let class = self.text(site.body, class.name);
                format!("{}::{name}", class.rsplit('\\').next().unwrap_or(class))
            }
            Expr::Call { callee: Callee::Method { receiver, .. }, .. } => match self.root_class(site, *receiver) {
                Some(class) => format!("{class}::{name}"),
                None => match self.word(site.body, *receiver) {
                    Some(word) => format!("{word}->{name}"),
                    None => format!("->{name}"),
                },
            },
            _ => name.rsplit('\\').next().unwrap_or(name).to_owned(),
        }
    }

    /// The class at which a chain begins.
    fn root_class(&self, site: &CallSite<'p>, receiver: ExprId) -> Option<&'p str> {
        let code = self.project().index.body(site.body);
        let mut at = receiver;
        for _ in 0..8 {
            match code.expr(at) {
                Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), .. }, .. } => {
                    let class = self.text(site.body, class.name);
                    return Some(class.rsplit('\\').next().unwrap_or(class));
                }
                Expr::Call { callee: Callee::Method { receiver, .. }, .. } => at = *receiver,
                _ => return None,
            }
        }
        None
    }

    /// The channel that a chain names: `Log::channel('calls')->info()`.
    fn channel(&self, site: &CallSite<'p>) -> Option<String> {
        let code = self.project().index.body(site.body);
        let mut at = site.receiver?;
        for _ in 0..8 {
            let Expr::Call { callee, arguments, .. } = code.expr(at) else { return None };
            let name = match callee {
                Callee::Static { name, .. } | Callee::Method { name, .. } => self.fixed(site.body, *name)?,
                Callee::Function(name) => self.text(site.body, name.fallback.unwrap_or(name.name)),
                _ => return None,
            };
            if matches!(name.to_ascii_lowercase().as_str(), "channel" | "driver" | "logs")
                && let Some(first) = arguments.first()
                && let Expr::Literal(Literal::String(channel)) = code.expr(first.value)
            {
                return Some(self.text(site.body, *channel).to_owned());
            }
            match callee {
                Callee::Method { receiver, .. } => at = *receiver,
                _ => return None,
            }
        }
        None
    }
}
