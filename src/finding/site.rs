//! Verdicts on sites and the findings that they become.

use super::{FileId, Message, Span};

/// Id of a question, `tenant/query`.
pub type QuestionId = &'static str;
/// Id of a rule, `tenant/unscoped-query`.
pub type RuleId = &'static str;
/// Id of a proof, `explicit-constraint`; the list is in the catalogue.
pub type ProofId = &'static str;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Advice; every conditional finding.
    Note,
    /// To be mended.
    Warning,
    /// Data of others is within reach.
    Error,
}

/// How sure the analysis is; independent of [`Severity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "an ordinary scale")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// What became of a finding after triage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Counts.
    Open,
    /// A comment or the configuration accepts it, with a reason.
    Suppressed,
    /// Was there before.
    Baselined,
}

/// The verdict of a finding. Proven and undetermined sites have types of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Safe only under a named assumption.
    Conditional,
    /// A path exists on which it is not safe.
    Violated,
}

/// A place in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

impl Location {
    /// A place from its parts.
    #[must_use]
    pub const fn new(file: FileId, span: Span) -> Self {
        Self { file, span }
    }
}

/// The part that a piece of evidence plays in the argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the roles of the report's contract")]
pub enum EvidenceRole {
    Source,
    Step,
    Sink,
    Guard,
    MissingGuard,
    NearMiss,
    Context,
    Scope,
    Schema,
    Spec,
}

/// A place and what it shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// Its part in the argument.
    pub role: EvidenceRole,
    /// The place.
    pub at: Location,
    /// What it shows; at most 40 characters when rendered, since it becomes a label.
    pub note: Message,
}

/// A row of the table *looked for / found*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedFor {
    /// What would have been a protection.
    pub what: Message,
    /// What was there instead: `none`, `fail-open`, `not here`.
    pub found: Message,
    /// Details: the place of the near miss, what the chain holds.
    pub detail: Option<Message>,
}

/// Another rule that the same site breaks; the primary rule has precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// The rule.
    pub rule: RuleId,
    /// Where.
    pub at: Location,
    /// What is wrong there.
    pub message: Message,
}

/// Stable identity of a site over edits elsewhere: question, path, symbol, lowered code, ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "1:{:016x}", self.0)
    }
}

/// What a judgement says against a site, in the rule's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: RuleId,
    /// Severity before the configuration.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence: subject and harm.
    pub message: Message,
    /// The argument, the first piece first; never empty.
    pub evidence: Vec<Evidence>,
    /// What was looked for and not found.
    pub looked_for: Vec<LookedFor>,
    /// Lesser rules that the site breaks, too.
    pub also: Vec<Also>,
    /// Ids of the spec rows that fired.
    pub specs: Vec<String>,
    /// What to do.
    pub help: Option<Message>,
    /// Code to write instead.
    pub rewrite: Vec<String>,
    /// The shape of the SQL that runs, where it shows the fault.
    pub sql: Option<String>,
    /// The place of the site that causes this one.
    pub root: Option<Location>,
}

/// The verdict on a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Safe, and why.
    Proven {
        /// Id of the proof.
        proof: ProofId,
        /// The proof in words.
        note: Message,
        /// Its places.
        evidence: Vec<Evidence>,
    },
    /// Safe only under an assumption.
    Conditional {
        /// What is said against it.
        violation: Box<Violation>,
        /// The assumption under which it is safe.
        assumption: Message,
    },
    /// Not safe on some path.
    Violated(Box<Violation>),
    /// Could not be decided, and why.
    Undetermined(Message),
}

/// What every site has, whatever its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteFacts {
    /// The question.
    pub question: QuestionId,
    /// The entry point.
    pub at: Location,
    /// The enclosing symbol, `App\X::method`; empty for top-level code.
    pub symbol: String,
    /// What it is about: the model's class name, or the table.
    pub subject: Option<String>,
    /// Identity over edits.
    pub fingerprint: Fingerprint,
}

/// A site with a violation or a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The site.
    pub site: SiteFacts,
    /// Conditional or violated.
    pub verdict: Verdict,
    /// What is said against it. `severity` in it is final after triage.
    pub violation: Violation,
    /// Set for conditional findings.
    pub assumption: Option<Message>,
    /// After triage.
    pub status: Status,
    /// The finding that causes this one.
    pub root: Option<Fingerprint>,
    /// False where the configuration or `--min-confidence` hides it; it stays in the ledger.
    pub shown: bool,
}

/// A site that is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The site.
    pub site: SiteFacts,
    /// Id of the proof.
    pub proof: ProofId,
    /// The proof in words.
    pub note: Message,
    /// Its places.
    pub evidence: Vec<Evidence>,
}

/// A site that could not be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undetermined {
    /// The site.
    pub site: SiteFacts,
    /// What could not be resolved.
    pub reason: Message,
    /// After triage.
    pub status: Status,
}
