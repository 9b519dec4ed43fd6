//! Reading of git repositories through the `git` command: the index, revisions, and what is staged.
//!
//! Nothing here changes a repository, and no hook, filter or file-system monitor of it runs.

mod command;
mod objects;

use std::fmt;
use std::path::{Path, PathBuf};

#[cfg(test)]
pub(crate) use command::scrubbed_variables;
pub use objects::Blob;

/// What went wrong with git.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is no `git` command.
    #[error("the command `git` was not found; it is needed for --staged and --diff-base")]
    Missing,
    /// The folder lies in no repository.
    #[error("`{0}` lies in no git repository")]
    NotARepository(String),
    /// Git refuses, because somebody else owns the repository.
    #[error(
        "git does not trust `{0}`, because somebody else owns it: git config --global --add safe.directory <its absolute path>"
    )]
    NotTrusted(String),
    /// The revision does not exist.
    #[error("the repository has no revision `{0}` (a shallow clone may lack it: git fetch origin {0})")]
    UnknownRevision(String),
    /// Any other failure, in git's words.
    #[error("git {command} failed: {message}")]
    Failed {
        /// The sub-command.
        command: &'static str,
        /// The first line that git wrote.
        message: String,
    },
}

/// Name of an object: hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(String);

impl fmt::Display for ObjectId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What kind of thing an entry of a tree is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A file.
    File,
    /// A symbolic link; the object holds its target.
    Link,
    /// A commit of another repository (submodule).
    Submodule,
}

/// A path of the index or of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the top of the work tree, with `/`.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its object.
    pub object: ObjectId,
}

/// A repository with a work tree.
#[derive(Clone, Debug)]
pub struct Repository {
    top: PathBuf,
    index_file: Option<PathBuf>,
}

impl Repository {
    /// Opens the repository that `folder` lies in. `index_file` is the index that a commit in progress uses
    /// (`GIT_INDEX_FILE`); it counts only if it belongs to this repository.
    ///
    /// # Errors
    /// Where git is missing, or the folder lies in no work tree.
    pub fn open(folder: &Path, index_file: Option<&Path>) -> Result<Self, GitError> {
        let output = command::run(folder, None, "rev-parse", &["--show-toplevel", "--absolute-git-dir"])?;
        let text = String::from_utf8_lossy(&output);
        let mut lines = text.lines();
        let (Some(top), Some(git_dir)) = (lines.next(), lines.next()) else {
            return Err(GitError::NotARepository(folder.display().to_string()));
        };
        let index_file = index_file.filter(|file| file.starts_with(git_dir)).map(Path::to_path_buf);
        Ok(Self { top: PathBuf::from(top), index_file })
    }

    /// The top folder of the work tree, absolute.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// All paths of the index. A path in conflict comes once.
    ///
    /// # Errors
    /// Where git fails.
    pub fn index(&self) -> Result<Vec<Entry>, GitError> {
        let output = self.run("ls-files", &["-s", "-z"])?;
        let mut entries: Vec<Entry> = records(&output).filter_map(|record| index_entry(&record)).collect();
        entries.dedup_by(|later, first| later.path == first.path);
        Ok(entries)
    }

    /// All paths of a commit, as [`Repository::commit`] names it.
    ///
    /// # Errors
    /// Where git fails.
    pub fn tree(&self, commit: &ObjectId) -> Result<Vec<Entry>, GitError> {
        let output = self.run("ls-tree", &["-r", "-z", "--full-tree", &commit.0])?;
        Ok(records(&output).filter_map(|record| tree_entry(&record)).collect())
    }

    /// The paths whose content in the index differs from the last commit; deleted ones are not among them.
    ///
    /// # Errors
    /// Where git fails.
    pub fn staged(&self) -> Result<Vec<String>, GitError> {
        let options = ["--cached", "--no-ext-diff", "--no-textconv", "--no-renames", "--diff-filter=d", "--name-only", "-z"];
        Ok(records(&self.run("diff", &options)?).collect())
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// Where the repository has no such commit.
    pub fn commit(&self, revision: &str) -> Result<ObjectId, GitError> {
        let name = format!("{revision}^{{commit}}");
        match self.run("rev-parse", &["--verify", "--quiet", "--end-of-options", &name]) {
            Ok(output) => Ok(ObjectId(String::from_utf8_lossy(&output).trim().to_owned())),
            Err(GitError::Failed { .. }) => Err(GitError::UnknownRevision(revision.to_owned())),
            Err(other) => Err(other),
        }
    }

    /// The last commit; none in a repository without commits.
    #[must_use]
    pub fn head(&self) -> Option<ObjectId> {
        self.commit("HEAD").ok()
    }

    /// The contents of objects, in the order asked for. Larger ones than `limit` are not kept.
    ///
    /// # Errors
    /// Where git fails.
    pub fn read(&self, objects: &[&ObjectId], limit: u64) -> Result<Vec<Blob>, GitError> {
        objects::read(command::start(&self.top, "cat-file", &["--batch"])?, objects, limit)
    }

    fn run(&self, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        command::run(&self.top, self.index_file.as_deref(), name, arguments)
    }
}

fn records(output: &[u8]) -> impl Iterator<Item = String> {
    output.split(|byte| *byte == 0).filter(|record| !record.is_empty()).map(|record| String::from_utf8_lossy(record).into_owned())
}

/// `100644 <object> 0\t<path>`
fn index_entry(record: &str) -> Option<Entry> {
    let (facts, path) = record.split_once('\t')?;
    let mut facts = facts.split(' ');
    entry(facts.next()?, facts.next()?, path)
}

/// `100644 blob <object>\t<path>`
fn tree_entry(record: &str) -> Option<Entry> {
    let (facts, path) = record.split_once('\t')?;
    let mut facts = facts.split(' ');
    let mode = facts.next()?;
    entry(mode, facts.nth(1)?, path)
}

fn entry(mode: &str, object: &str, path: &str) -> Option<Entry> {
    let kind = match mode {
        "100644" | "100755" | "100664" => EntryKind::File,
        "120000" => EntryKind::Link,
        "160000" => EntryKind::Submodule,
        _ => return None,
    };
    Some(Entry { path: path.to_owned(), kind, object: ObjectId(object.to_owned()) })
}
