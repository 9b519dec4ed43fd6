//! The work tree: the only code that reads files.
#![expect(clippy::disallowed_methods, reason = "the one place that reads files")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::listing::{Link, LinkTarget, Listing, Named};
use super::paths;
use super::source::{Read, ReadFailure, Source};

/// The files below a folder.
#[derive(Debug)]
pub(super) struct WorkTree {
    base: PathBuf,
    /// Paths whose names are no UTF-8, by the text that stands for them.
    odd: BTreeMap<String, PathBuf>,
}

impl Source for WorkTree {
    fn read_all(&self, paths: &[&str], limit: u64) -> Vec<Read> {
        paths.par_iter().map(|path| self.read(path, limit)).collect()
    }

    fn read(&self, path: &str, limit: u64) -> Read {
        let path = self.odd.get(path).cloned().unwrap_or_else(|| self.base.join(path));
        read(&path, limit)
    }
}

/// Reads a file of at most so many bytes.
pub(super) fn read(path: &Path, limit: u64) -> Read {
    // Not opened before it is known to be a file: opening a pipe waits for its other end.
    let size = match fs::metadata(path) {
        Ok(facts) if facts.is_file() => facts.len(),
        Ok(_) => return Err(ReadFailure::Failed("it is no file".to_owned())),
        Err(error) => return Err(failure(&error)),
    };
    if size > limit {
        return Err(ReadFailure::TooLarge(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    let file = File::open(path).map_err(|error| failure(&error))?;
    // The file may grow meanwhile.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| failure(&error))?;
    let size = bytes.len() as u64;
    if size > limit { Err(ReadFailure::TooLarge(size)) } else { Ok(bytes) }
}

fn failure(error: &io::Error) -> ReadFailure {
    match error.kind() {
        io::ErrorKind::NotFound => ReadFailure::Missing,
        kind => ReadFailure::Failed(kind.to_string()),
    }
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathKind {
    File,
    Folder,
    Missing,
}

/// What a path is, links followed.
pub(super) fn kind(path: &Path) -> PathKind {
    match fs::metadata(path) {
        Ok(facts) if facts.is_dir() => PathKind::Folder,
        Ok(_) => PathKind::File,
        Err(_) => PathKind::Missing,
    }
}

/// The absolute form of a path, links resolved as far as the path exists.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    // A working directory that was deleted has no absolute form.
    if path == Path::new(".") {
        return path.to_path_buf();
    }
    let parent = absolute(path.parent().unwrap_or(Path::new("/")));
    match path.components().next_back() {
        Some(Component::ParentDir) => parent.parent().map_or_else(|| parent.clone(), Path::to_path_buf),
        Some(Component::Normal(name)) => parent.join(name),
        _ => parent,
    }
}

/// The nearest application, upwards; without one the outermost folder with a `composer.json`, for those below are its
/// parts. The search ends at the top of a git work tree.
pub(super) fn root_above(folder: &Path) -> Option<PathBuf> {
    let mut outermost = None;
    for folder in folder.ancestors() {
        let holds = |name: &str| folder.join(name).is_file();
        if paths::is_application(holds) {
            return Some(folder.to_path_buf());
        }
        if paths::ROOT_FILES.into_iter().any(holds) {
            outermost = Some(folder);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    outermost.map(Path::to_path_buf)
}

/// Lists what may matter below a folder. What the ignore files leave out is listed only where the user named it.
pub(super) fn list(base: &Path, named: Vec<Named>) -> (Listing, WorkTree) {
    let mut walk = Walk { base, listing: Listing::default(), odd: BTreeMap::new() };
    walk.folder(base);
    for path in named.iter().filter(|named| !walk.listing.holds(named)).map(|named| &named.path).collect::<Vec<_>>() {
        match kind(&base.join(path)) {
            PathKind::Folder => walk.folder(&base.join(path)),
            PathKind::File => walk.listing.files.push(path.clone()),
            PathKind::Missing => {}
        }
    }
    let Walk { mut listing, odd, .. } = walk;
    listing.named = named;
    listing.sort();
    (listing, WorkTree { base: base.to_path_buf(), odd })
}

struct Walk<'a> {
    base: &'a Path,
    listing: Listing,
    odd: BTreeMap<String, PathBuf>,
}

impl Walk<'_> {
    fn folder(&mut self, start: &Path) {
        // Inside a git work tree its rules hold, up to its top. Elsewhere a .gitignore counts, too, but none above the
        // start: someone's home folder may ignore everything.
        let in_git = start == self.base && start.ancestors().any(|folder| folder.join(".git").exists());
        let base = self.base.to_path_buf();
        let walk = WalkBuilder::new(start)
            .follow_links(false)
            .git_global(false)
            .git_exclude(false)
            .parents(in_git)
            .require_git(in_git)
            .filter_entry(move |entry| entry.depth() == 0 || !is_pruned(&base, entry))
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => self.entry(&entry),
                Err(error) => self.error(&error),
            }
        }
    }

    fn entry(&mut self, entry: &DirEntry) {
        let Some(path) = paths::relative(self.base, entry.path()) else { return };
        if entry.path_is_symlink() {
            if entry.depth() > 0 {
                self.link(path, entry.path());
            }
        } else if entry.file_type().is_some_and(|kind| kind.is_file()) && paths::is_of_interest(&path) {
            if entry.path().to_str().is_none() {
                self.odd.insert(path.clone(), entry.path().to_path_buf());
            }
            self.listing.files.push(path);
        }
    }

    fn link(&mut self, path: String, link: &Path) {
        let target = match fs::canonicalize(link) {
            Ok(target) if link.starts_with(&target) => LinkTarget::Loop,
            Ok(target) => match paths::relative(self.base, &target) {
                Some(inside) => LinkTarget::Inside(inside),
                None if target.is_dir() || paths::is_php(&path) => LinkTarget::Outside,
                None => return,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => LinkTarget::Nothing,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => LinkTarget::Outside,
            Err(_) => LinkTarget::Loop,
        };
        self.listing.links.push(Link { path, target });
    }

    fn error(&mut self, error: &ignore::Error) {
        let reason = error.io_error().map_or_else(|| "it cannot be listed".to_owned(), |error| error.kind().to_string());
        let path = path_of(error).and_then(|path| paths::relative(self.base, path)).unwrap_or_default();
        self.listing.unreadable.push((path, reason));
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        _ => None,
    }
}

/// Folders that never hold code of the project need not be listed.
fn is_pruned(base: &Path, entry: &DirEntry) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir() || kind.is_symlink());
    let Some(path) = is_folder.then(|| paths::relative(base, entry.path())).flatten() else { return false };
    let beside = |name: &str| entry.path().parent().is_some_and(|parent| parent.join(name).exists());
    let holds = |name: &str| entry.path().join(name).exists();
    paths::is_generated(&path) || paths::is_dependencies(&path, beside, holds)
}
