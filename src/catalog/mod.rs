//! The catalogue: questions, rules, proofs, controls and the words for them, embedded from `rules/`.
//!
//! Code decides, the catalogue explains. A judgement names ids; severity, references, documentation
//! and every sentence come from here. Nothing here reads a file at run time.

mod doc;
pub mod safe;
mod texts;
mod words;

use std::sync::OnceLock;

use serde::Deserialize;

use crate::finding::{Confidence, Severity, Verdict};

pub use doc::{Block, Doc, Section};
pub use words::{Language, Words};

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    english: String,
    german: Option<String>,
}

impl Text {
    /// The text in a language; English where there is no German one.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::German => self.german.as_deref().unwrap_or(&self.english),
            Language::English => &self.english,
        }
    }
}

/// A group of questions: the word before the slash in their ids.
#[derive(Clone, Debug)]
pub struct Family {
    /// `tenant`
    pub id: String,
    /// What it is about.
    pub title: Text,
}

/// A question and the rules that name its outcomes.
#[derive(Clone, Debug)]
pub struct Question {
    /// `tenant/query`
    pub id: String,
    /// Id of its family.
    pub family: String,
    /// The question as a sentence.
    pub title: Text,
    /// What its sites are.
    pub sites: Text,
    /// Ids of its rules, in order of precedence.
    pub rules: Vec<String>,
}

/// A rule's metadata and page.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `tenant/unscoped-query`
    pub id: String,
    /// One sentence: what is wrong.
    pub title: Text,
    /// Id of the question whose outcome it is.
    pub question: String,
    /// The verdict that its findings have.
    pub verdict: Verdict,
    /// Severity unless the configuration or a judgement says otherwise.
    pub severity: Severity,
    /// Usual confidence.
    pub confidence: Confidence,
    /// Version that brought it.
    pub since: String,
    /// `CWE-639`, the most fitting first.
    pub cwe: Vec<String>,
    /// Ids of controls, the most fitting first.
    pub controls: Vec<String>,
    /// Ids of OWASP categories, which are controls, too.
    pub owasp: Vec<String>,
    /// Its page.
    pub doc: Doc,
}

/// A reason why a site is safe.
#[derive(Clone, Debug)]
pub struct Proof {
    /// `explicit-constraint`
    pub id: String,
    /// In words.
    pub text: Text,
}

/// A clause of a law or standard on which rules give evidence.
#[derive(Clone, Debug)]
pub struct Control {
    /// `GDPR-32-1-b`
    pub id: String,
    /// As people cite it, `GDPR 32(1)(b)`.
    pub reference: String,
    /// What it is about, in our words.
    pub title: Text,
}

/// Everything that is embedded.
#[derive(Debug)]
pub struct Catalogue {
    families: Vec<Family>,
    questions: Vec<Question>,
    rules: Vec<Rule>,
    proofs: Vec<Proof>,
    controls: Vec<Control>,
    rules_hash: String,
    faults: Vec<String>,
}

impl Catalogue {
    /// The embedded catalogue, parsed once.
    #[must_use]
    pub fn load() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(Self::parse)
    }

    /// A rule by its id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// A question by its id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id == id)
    }

    /// A family by its id.
    #[must_use]
    pub fn family(&self, id: &str) -> Option<&Family> {
        self.families.iter().find(|family| family.id == id)
    }

    /// A proof by its id.
    #[must_use]
    pub fn proof(&self, id: &str) -> Option<&Proof> {
        self.proofs.iter().find(|proof| proof.id == id)
    }

    /// A control by its id.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id == id)
    }

    /// All rules: by question, then by precedence.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// All questions.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// All families.
    #[must_use]
    pub fn families(&self) -> &[Family] {
        &self.families
    }

    /// All proofs.
    #[must_use]
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }

    /// All controls.
    #[must_use]
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// Hash over every embedded text of the catalogue, in hexadecimal.
    #[must_use]
    pub fn rules_hash(&self) -> &str {
        &self.rules_hash
    }

    /// What is wrong with the embedded texts. Empty, as a test sees to.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The place of a rule in its question's order of precedence; 0 is the first.
    #[must_use]
    pub fn precedence(&self, rule: &str) -> Option<usize> {
        self.questions.iter().find_map(|question| question.rules.iter().position(|id| id == rule))
    }

    fn parse() -> Self {
        let mut faults = Vec::new();
        let questions: RawQuestions = read("questions.toml", texts::QUESTIONS, &mut faults);
        let proofs: RawProofs = read("proofs.toml", texts::PROOFS, &mut faults);
        let controls: Vec<RawControls> = texts::CONTROLS.iter().map(|(path, text)| read(path, text, &mut faults)).collect();
        let rules = texts::RULES.iter().filter_map(|rule| parse_rule(rule, &mut faults)).collect();
        Self {
            families: questions.family.into_iter().map(Family::from).collect(),
            questions: questions.question.into_iter().map(Question::from).collect(),
            rules,
            proofs: proofs.proof.into_iter().map(Proof::from).collect(),
            controls: controls.into_iter().flat_map(|file| file.control).map(Control::from).collect(),
            rules_hash: hash(),
            faults,
        }
    }
}

fn hash() -> String {
    let mut hasher = blake3::Hasher::new();
    let rules = texts::RULES.iter().flat_map(|rule| [rule.id, rule.meta, rule.doc]);
    let rest = [texts::QUESTIONS, texts::PROOFS, texts::ENGLISH, texts::GERMAN];
    let controls = texts::CONTROLS.iter().map(|(_, text)| *text);
    for text in rules.chain(rest).chain(controls) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn read<T: Default + for<'de> Deserialize<'de>>(name: &str, text: &str, faults: &mut Vec<String>) -> T {
    toml::from_str(text).unwrap_or_else(|error| {
        faults.push(format!("{name}: {error}"));
        T::default()
    })
}

fn parse_rule(texts: &texts::RuleTexts, faults: &mut Vec<String>) -> Option<Rule> {
    match toml::from_str::<RawRule>(texts.meta) {
        Ok(raw) if raw.id == texts.id => Some(raw.with(Doc::parse(texts.doc))),
        Ok(raw) => {
            faults.push(format!("{}: rule.toml says {}", texts.id, raw.id));
            None
        }
        Err(error) => {
            faults.push(format!("{}: {error}", texts.id));
            None
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestions {
    family: Vec<RawFamily>,
    question: Vec<RawQuestion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFamily {
    id: String,
    title: String,
    title_de: Option<String>,
}

impl From<RawFamily> for Family {
    fn from(raw: RawFamily) -> Self {
        Self { id: raw.id, title: Text { english: raw.title, german: raw.title_de } }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawQuestion {
    id: String,
    family: String,
    title: String,
    title_de: Option<String>,
    sites: String,
    sites_de: Option<String>,
    rules: Vec<String>,
}

impl From<RawQuestion> for Question {
    fn from(raw: RawQuestion) -> Self {
        Self {
            id: raw.id,
            family: raw.family,
            title: Text { english: raw.title, german: raw.title_de },
            sites: Text { english: raw.sites, german: raw.sites_de },
            rules: raw.rules,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    title: String,
    title_de: Option<String>,
    question: String,
    verdict: RawVerdict,
    severity: RawSeverity,
    confidence: RawConfidence,
    since: String,
    cwe: Vec<String>,
    controls: Vec<String>,
    owasp: Vec<String>,
}

impl RawRule {
    fn with(self, doc: Doc) -> Rule {
        Rule {
            id: self.id,
            title: Text { english: self.title, german: self.title_de },
            question: self.question,
            verdict: match self.verdict {
                RawVerdict::Conditional => Verdict::Conditional,
                RawVerdict::Violated => Verdict::Violated,
            },
            severity: match self.severity {
                RawSeverity::Note => Severity::Note,
                RawSeverity::Warning => Severity::Warning,
                RawSeverity::Error => Severity::Error,
            },
            confidence: match self.confidence {
                RawConfidence::Low => Confidence::Low,
                RawConfidence::Medium => Confidence::Medium,
                RawConfidence::High => Confidence::High,
            },
            since: self.since,
            cwe: self.cwe,
            controls: self.controls,
            owasp: self.owasp,
            doc,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawVerdict {
    Conditional,
    Violated,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawSeverity {
    Note,
    Warning,
    Error,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawConfidence {
    Low,
    Medium,
    High,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProofs {
    proof: Vec<RawProof>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProof {
    id: String,
    text: String,
    text_de: Option<String>,
}

impl From<RawProof> for Proof {
    fn from(raw: RawProof) -> Self {
        Self { id: raw.id, text: Text { english: raw.text, german: raw.text_de } }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawControls {
    control: Vec<RawControl>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawControl {
    id: String,
    reference: String,
    title: String,
    title_de: Option<String>,
}

impl From<RawControl> for Control {
    fn from(raw: RawControl) -> Self {
        Self { id: raw.id, reference: raw.reference, title: Text { english: raw.title, german: raw.title_de } }
    }
}

#[cfg(test)]
mod tests;
