//! Runs the pipeline over texts.
#![expect(clippy::expect_used, reason = "a case that cannot be run is a mistake of its author")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;
use std::sync::OnceLock;

use mandant::catalog::{Catalogue, Language, Words};
use mandant::config::{Date, Known, Settings, Silent};
use mandant::engine::{self, CheckOptions, Databases, Snapshots};
use mandant::finding::{Fingerprint, Location, Message, Severity, SiteFacts, Verdict};
use mandant::schema::read::{self as schema, ReadOptions};
use mandant::specs::Specs;
use mandant::workspace::{LeftOut, Loaded, Versions, Workspace};

use super::case::Case;

/// What became of one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Violated,
    Conditional,
    Undetermined,
    Proven,
}

/// A site with its verdict, as the fixtures speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) path: String,
    /// Line of its start.
    pub(crate) line: usize,
    pub(crate) question: &'static str,
    pub(crate) found: Found,
    /// The rule, the proof, or the question of an undetermined site.
    pub(crate) id: &'static str,
    pub(crate) symbol: String,
    pub(crate) subject: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) severity: Option<Severity>,
    /// Every sentence about it.
    pub(crate) text: String,
}

/// The sites of a run, and what kept it from being whole.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) sites: Vec<Site>,
    pub(crate) faults: Vec<String>,
    pub(crate) not_run: Vec<&'static str>,
    pub(crate) unparsed: usize,
}

fn specs() -> &'static Specs {
    static SPECS: OnceLock<Specs> = OnceLock::new();
    SPECS.get_or_init(|| Specs::embedded().expect("the embedded rows"))
}

/// Examines a case.
pub(crate) fn run(case: &Case) -> Answer {
    let texts = case.files.values().map(|file| (file.path.clone(), file.text.clone())).collect();
    run_texts(texts, &case.config, case.snapshot.as_deref())
}

/// The database that a snapshot shows.
fn databases(snapshot: Option<&str>) -> Databases {
    let Some(text) = snapshot.map(str::to_owned) else { return Databases::default() };
    let read =
        schema::read("snapshot.sql", Cursor::new(text.clone()), ReadOptions { number: 0 }).expect("the case's snapshot.sql");
    assert!(read.problems.is_empty(), "the case's snapshot.sql: {:?}", read.problems);
    let snapshots = Snapshots { default: vec![read], ..Snapshots::default() };
    Databases::new(snapshots, BTreeMap::new(), Box::new(move |_, _| Ok(Box::new(Cursor::new(text.clone())))))
}

/// Examines texts, in the order given.
pub(crate) fn run_texts(texts: Vec<(String, String)>, config: &str, snapshot: Option<&str>) -> Answer {
    let catalogue = Catalogue::load();
    let rules: Vec<&str> = catalogue.rules().iter().map(|rule| rule.id.as_str()).collect();
    let questions: Vec<&str> = catalogue.questions().iter().map(|question| question.id.as_str()).collect();
    let settings = Settings::parse(config, Known { rules: &rules, questions: &questions }).expect("the case's mandant.toml");
    let loaded = Loaded {
        workspace: Workspace::from_texts(texts),
        versions: Versions::default(),
        skipped: Vec::new(),
        left_out: LeftOut::default(),
    };
    let options = CheckOptions { proven: true, ..CheckOptions::new(Date::constant(2026, 11, 1)) };
    // Rows of a case are in force for it alone.
    let own = (!settings.specs.is_empty()).then(|| engine::specs(&settings, &[]).expect("the case's rows"));
    let specs = own.as_ref().unwrap_or_else(|| specs());
    let report = engine::check_with(&loaded, ".", &settings, specs, &options, &databases(snapshot), &Silent);
    let words = Words::new(Language::English);
    let teller = Teller { workspace: &loaded.workspace, words: &words };
    let mut sites = Vec::new();
    for finding in &report.findings {
        let violation = &finding.violation;
        let notes = violation.evidence.iter().map(|evidence| &evidence.note);
        let looked =
            violation.looked_for.iter().flat_map(|row| [Some(&row.what), Some(&row.found), row.detail.as_ref()]).flatten();
        let texts = std::iter::once(&violation.message).chain(notes).chain(looked).chain(finding.assumption.as_ref());
        let texts = texts.chain(violation.also.iter().map(|also| &also.message));
        let found = if finding.verdict == Verdict::Violated { Found::Violated } else { Found::Conditional };
        let mut site = teller.site(&finding.site, found, violation.rule, texts);
        for also in &violation.also {
            site.text.push_str(also.rule);
        }
        let root = finding.root.and_then(|root| report.findings.iter().find(|other| other.site.fingerprint == root));
        site.text.push_str(" | follows from ");
        site.text.push_str(root.map_or("nothing", |root| root.violation.rule));
        let confidence = format!("{:?}", violation.confidence).to_lowercase();
        let _ = write!(site.text, "\n{confidence} confidence");
        site.severity = Some(violation.severity);
        sites.push(site);
    }
    for undetermined in &report.undetermined {
        let site = &undetermined.site;
        sites.push(teller.site(site, Found::Undetermined, site.question, std::iter::once(&undetermined.reason)));
    }
    for proven in &report.proven {
        let texts = std::iter::once(&proven.note).chain(proven.evidence.iter().map(|evidence| &evidence.note));
        sites.push(teller.site(&proven.site, Found::Proven, proven.proof, texts));
    }
    sites.sort_by(|a, b| (&a.path, a.line, a.question, a.id).cmp(&(&b.path, b.line, b.question, b.id)));
    Answer {
        sites,
        faults: report.faults.iter().map(|fault| words.render(fault, &loaded.workspace)).collect(),
        not_run: report.not_run.iter().map(|question| question.question).collect(),
        unparsed: report.unparsed.len(),
    }
}

struct Teller<'t> {
    workspace: &'t Workspace,
    words: &'t Words,
}

impl Teller<'_> {
    fn site<'m>(&self, site: &SiteFacts, found: Found, id: &'static str, texts: impl Iterator<Item = &'m Message>) -> Site {
        let (path, line) = self.place(site.at);
        Site {
            path,
            line,
            question: site.question,
            found,
            id,
            symbol: site.symbol.clone(),
            subject: site.subject.clone().unwrap_or_default(),
            fingerprint: site.fingerprint,
            severity: None,
            text: texts.map(|text| self.words.render(text, self.workspace)).collect::<Vec<_>>().join("\n"),
        }
    }

    fn place(&self, at: Location) -> (String, usize) {
        (self.workspace.file(at.file).path.clone(), self.workspace.position(at.file, at.span.start).line)
    }
}
