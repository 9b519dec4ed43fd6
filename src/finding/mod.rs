//! What a run says: verdicts, findings, evidence, the ledger. No IO, no serialisation, no words:
//! texts are [`Message`]s that the catalogue turns into a language.

mod ledger;
mod message;
mod report;
mod site;
mod span;

pub use ledger::LedgerRow;
pub use message::{Argument, Message};
pub use report::{Inference, InventoryRow, NotRun, ProjectFacts, RunReport, SkipKind, Skipped, SuppressionUse};
pub use site::{
    Also, Confidence, Evidence, EvidenceRole, Finding, Fingerprint, Location, LookedFor, Outcome, ProofId, Proven, QuestionId,
    RuleId, Severity, SiteFacts, Status, Undetermined, Verdict, Violation,
};
pub use span::Span;

/// A file of the workspace; the workspace gives the path and the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);
