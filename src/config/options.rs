//! Where the texts of a run come from, and who is told how far it is.

use std::path::PathBuf;

/// Where the texts come from; chosen once for a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceChoice {
    /// The files on disk.
    #[default]
    WorkTree,
    /// The index of git: what a commit would hold.
    Index {
        /// The index of the commit in progress, where git runs the program.
        file: Option<PathBuf>,
    },
    /// A revision of git.
    Revision(String),
    /// The files on disk, and one text in place of a file that need not exist.
    Text {
        /// Path of the file.
        path: PathBuf,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// A part of a run that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Files are read.
    Read,
    /// Files are parsed.
    Parse,
    /// The project is indexed.
    Index,
    /// Sites are judged.
    Judge,
}

/// Is told how far a run is; the implementation decides whether anybody sees it.
pub trait Progress: Sync {
    /// A part begins and has this many steps.
    fn begin(&self, phase: Phase, steps: usize);
    /// So many steps more are done. Called from any thread.
    fn advance(&self, steps: usize);
    /// All parts are done; nothing may stay on the screen.
    fn finish(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Phase, _: usize) {}
    fn advance(&self, _: usize) {}
    fn finish(&self) {}
}
