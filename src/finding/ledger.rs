//! The ledger: how many sites a question examined and what became of them.

use super::QuestionId;

/// One question's row. `examined` is the sum of the four verdicts by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// The question.
    pub question: QuestionId,
    /// Sites shown to be safe.
    pub proven: usize,
    /// Sites safe under a named assumption.
    pub conditional: usize,
    /// Sites with a path on which they are not safe.
    pub violated: usize,
    /// Sites that could not be decided.
    pub undetermined: usize,
    /// Findings among them that a suppression covers.
    pub suppressed: usize,
    /// Findings among them that the baseline covers.
    pub baselined: usize,
}

impl LedgerRow {
    /// A row of zeroes.
    #[must_use]
    pub const fn new(question: QuestionId) -> Self {
        Self { question, proven: 0, conditional: 0, violated: 0, undetermined: 0, suppressed: 0, baselined: 0 }
    }

    /// The number of sites.
    #[must_use]
    pub const fn examined(&self) -> usize {
        self.proven + self.conditional + self.violated + self.undetermined
    }
}
