//! Where the bytes of a run come from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::git::{Blob, ObjectId, Repository};

/// Why bytes could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFailure {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// The file has this many bytes, more than was asked for.
    #[error("it is too large: {0} bytes")]
    TooLarge(u64),
    /// The reason in the system's words, without the path.
    #[error("{0}")]
    Failed(String),
}

/// Bytes, or why there are none.
pub type Read = Result<Vec<u8>, ReadFailure>;

/// The one place that a run reads from. Paths are relative to the source's base, with `/`.
pub trait Source: fmt::Debug + Send + Sync {
    /// Reads files, in the order asked for. Files with more bytes than `limit` are not read.
    fn read_all(&self, paths: &[&str], limit: u64) -> Vec<Read>;

    /// Reads a file.
    ///
    /// # Errors
    /// Where it does not exist, is too large or cannot be read.
    fn read(&self, path: &str, limit: u64) -> Read {
        self.read_all(&[path], limit).pop().unwrap_or(Err(ReadFailure::Missing))
    }
}

/// The files of an index or a revision of git.
#[derive(Debug)]
pub(super) struct Objects {
    pub(super) repository: Repository,
    pub(super) objects: BTreeMap<String, ObjectId>,
}

impl Source for Objects {
    fn read_all(&self, paths: &[&str], limit: u64) -> Vec<Read> {
        let wanted: Vec<Option<&ObjectId>> = paths.iter().map(|path| self.objects.get(*path)).collect();
        let known: Vec<&ObjectId> = wanted.iter().copied().flatten().collect();
        if known.is_empty() {
            return wanted.iter().map(|_| Err(ReadFailure::Missing)).collect();
        }
        let blobs = match self.repository.read(&known, limit) {
            Ok(blobs) => blobs,
            Err(error) => return wanted.iter().map(|_| Err(ReadFailure::Failed(error.to_string()))).collect(),
        };
        let mut blobs = blobs.into_iter();
        let mut next = |wanted: Option<&ObjectId>| match wanted.and_then(|_| blobs.next()) {
            Some(Blob::Bytes(bytes)) => Ok(bytes),
            Some(Blob::TooLarge(size)) => Err(ReadFailure::TooLarge(size)),
            Some(Blob::Missing) => Err(ReadFailure::Failed("the repository lacks this object".to_owned())),
            None => Err(ReadFailure::Missing),
        };
        wanted.iter().copied().map(&mut next).collect()
    }
}

/// A source with one text in place of a file.
#[derive(Debug)]
pub(super) struct Overlay {
    pub(super) below: Arc<dyn Source>,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

impl Source for Overlay {
    fn read_all(&self, paths: &[&str], limit: u64) -> Vec<Read> {
        let mut all = self.below.read_all(paths, limit);
        for (read, _) in all.iter_mut().zip(paths).filter(|(_, path)| **path == self.path) {
            let size = self.bytes.len() as u64;
            *read = if size > limit { Err(ReadFailure::TooLarge(size)) } else { Ok(self.bytes.clone()) };
        }
        all
    }
}
