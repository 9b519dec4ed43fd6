//! From the paths that the user named to projects.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{self, PathKind};
use super::listing::{Link, LinkTarget, Listing, Named};
use super::paths;
use super::project::ProjectInput;
use super::source::{Objects, Overlay, ReadFailure, Source};
use crate::config::SourceChoice;
use crate::git::{EntryKind, GitError, ObjectId, Repository};

/// Why there is nothing to examine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A path does not exist.
    #[error("there is no file or folder `{0}`")]
    NoSuchPath(String),
    /// A named file is no PHP.
    #[error("`{0}` is no PHP file")]
    NotPhp(String),
    /// A named folder holds no PHP.
    #[error("`{0}` holds no PHP file; folders that .gitignore names, vendor and node_modules do not count")]
    NoPhp(String),
    /// A path is not in the index.
    #[error("git's index holds nothing at `{0}`")]
    NotInIndex(String),
    /// A path lies outside the repository of the first one.
    #[error("`{0}` lies outside the git repository")]
    OutsideRepository(String),
    /// A file that the run needs cannot be read.
    #[error("`{path}` cannot be read: {failure}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        failure: ReadFailure,
    },
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// Finds the projects that files and folders on disk belong to; see [`discover_in`].
///
/// # Errors
/// Where a path does not exist or holds no PHP.
pub fn discover(paths: &[PathBuf]) -> Result<Vec<ProjectInput>, InputError> {
    discover_in(&SourceChoice::WorkTree, paths)
}

/// Finds the projects that the named paths belong to, in order of their roots.
///
/// A project's root is the nearest folder, upwards, with a `mandant.toml`, or a `composer.json` and a `composer.lock` or
/// `artisan` beside it; such roots below a named folder are projects of their own. Without one it is the outermost folder
/// with a `composer.json`: modules and components belong to what is around them. Without that, too, the named folder. The whole project is listed, but only
/// what lies below the named paths is examined.
///
/// # Errors
/// Where a path does not exist or holds no PHP, and where git is needed and fails.
pub fn discover_in(source: &SourceChoice, paths: &[PathBuf]) -> Result<Vec<ProjectInput>, InputError> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    match source {
        SourceChoice::WorkTree => on_disk(paths),
        SourceChoice::Index { file } => in_index(file.as_deref(), paths),
        SourceChoice::Revision(revision) => in_revision(revision, paths),
        SourceChoice::Text { path, bytes } => with_text(path, bytes),
    }
}

/// Reads a text file that the user named, such as the file of `--config`.
///
/// # Errors
/// Where it cannot be read or is no UTF-8.
pub fn read_text(path: &Path) -> Result<String, InputError> {
    const LIMIT: u64 = 1 << 24;
    let told = path.display().to_string();
    match disk::read(path, LIMIT) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| InputError::Unreadable { path: told, failure: not_utf8() }),
        Err(ReadFailure::Missing) => Err(InputError::NoSuchPath(told)),
        Err(failure) => Err(InputError::Unreadable { path: told, failure }),
    }
}

pub(super) fn not_utf8() -> ReadFailure {
    ReadFailure::Failed("it is no UTF-8".to_owned())
}

/// A named path on disk.
struct Target {
    told: String,
    path: PathBuf,
    kind: PathKind,
}

impl Target {
    fn new(path: &Path) -> Self {
        let real = disk::absolute(path);
        let kind = disk::kind(&real);
        Self { told: path.display().to_string(), path: real, kind }
    }

    fn folder(&self) -> &Path {
        if self.kind == PathKind::Folder { &self.path } else { self.path.parent().unwrap_or(&self.path) }
    }

    fn named(&self, base: &Path) -> Option<Named> {
        Some(Named { path: paths::relative(base, &self.path)?, is_folder: self.kind == PathKind::Folder })
    }
}

fn on_disk(paths: &[PathBuf]) -> Result<Vec<ProjectInput>, InputError> {
    let targets: Vec<Target> = paths.iter().map(|path| Target::new(path)).collect();
    let mut bases: BTreeMap<PathBuf, Vec<Named>> = BTreeMap::new();
    for target in &targets {
        match target.kind {
            PathKind::Missing => return Err(InputError::NoSuchPath(target.told.clone())),
            PathKind::File if !paths::is_php(&target.path.to_string_lossy()) => {
                return Err(InputError::NotPhp(target.told.clone()));
            }
            PathKind::File | PathKind::Folder => {}
        }
        let base = disk::root_above(target.folder()).unwrap_or_else(|| target.folder().to_path_buf());
        let named = target.named(&base).into_iter();
        bases.entry(base).or_default().extend(named);
    }
    let mut projects: BTreeMap<PathBuf, ProjectInput> = BTreeMap::new();
    for (base, mut named) in bases {
        named.sort_unstable();
        named.dedup();
        let (listing, tree) = disk::list(&base, named);
        let source: Arc<dyn Source> = Arc::new(tree);
        for part in listing.parts() {
            let project = ProjectInput::new(&base, &source, part)?;
            match projects.entry(project.root().to_path_buf()) {
                std::collections::btree_map::Entry::Vacant(vacant) => {
                    vacant.insert(project);
                }
                std::collections::btree_map::Entry::Occupied(mut known) => known.get_mut().merge(project),
            }
        }
    }
    let empty = |target: &&Target| !projects.values().any(|project| project.holds_something_at(&target.path));
    if let Some(target) = targets.iter().find(empty) {
        return Err(InputError::NoPhp(target.told.clone()));
    }
    Ok(projects.into_values().filter(|project| !project.is_empty()).collect())
}

fn with_text(path: &Path, bytes: &[u8]) -> Result<Vec<ProjectInput>, InputError> {
    let target = Target::new(path);
    if !paths::is_php(&target.path.to_string_lossy()) {
        return Err(InputError::NotPhp(target.told));
    }
    let base = disk::root_above(target.folder()).unwrap_or_else(|| target.folder().to_path_buf());
    let named = Named { path: paths::relative(&base, &target.path).unwrap_or_default(), is_folder: false };
    let path = named.path.clone();
    let (mut listing, tree) = disk::list(&base, vec![named]);
    listing.files.push(path.clone());
    listing.sort();
    let source: Arc<dyn Source> = Arc::new(Overlay { below: Arc::new(tree), path, bytes: bytes.to_vec() });
    listing.parts().into_iter().map(|part| ProjectInput::new(&base, &source, part)).collect()
}

fn in_index(index_file: Option<&Path>, paths: &[PathBuf]) -> Result<Vec<ProjectInput>, InputError> {
    let targets: Vec<Target> = paths.iter().map(|path| Target::new(path)).collect();
    let index_file = index_file.map(disk::absolute);
    let repository = open(&targets, index_file.as_deref())?;
    let staged: BTreeSet<String> = repository.staged()?.into_iter().collect();
    let entries = repository.index()?;
    let (listing, source) = from_git(repository.clone(), entries, &targets)?;
    for (named, target) in listing.named.iter().zip(&targets) {
        // What a commit deletes may be named; what was never added is a mistake.
        if target.kind != PathKind::Missing && !named.path.is_empty() && !source.holds(&named.path) {
            return Err(InputError::NotInIndex(target.told.clone()));
        }
    }
    let mut projects = git_projects(&disk::absolute(repository.top()), &listing, source)?;
    for project in &mut projects {
        project.examine_only(&staged);
    }
    Ok(projects)
}

fn in_revision(revision: &str, paths: &[PathBuf]) -> Result<Vec<ProjectInput>, InputError> {
    let targets: Vec<Target> = paths.iter().map(|path| Target::new(path)).collect();
    let repository = open(&targets, None)?;
    let entries = repository.tree(&repository.commit(revision)?)?;
    let (listing, source) = from_git(repository.clone(), entries, &targets)?;
    git_projects(&disk::absolute(repository.top()), &listing, source)
}

/// The repository of the first path, or of the nearest folder above it that exists.
fn open(targets: &[Target], index_file: Option<&Path>) -> Result<Repository, InputError> {
    let first = targets.first().map_or_else(|| disk::absolute(Path::new(".")), |target| target.folder().to_path_buf());
    let folder = first.ancestors().find(|folder| disk::kind(folder) == PathKind::Folder).unwrap_or(&first);
    Ok(Repository::open(folder, index_file)?)
}

impl Objects {
    fn holds(&self, path: &str) -> bool {
        self.objects.range(path.to_owned()..).next().is_some_and(|(found, _)| paths::below(path, found).is_some())
            || self.objects.keys().any(|found| paths::below(path, found).is_some())
    }
}

fn from_git(
    repository: Repository,
    entries: Vec<crate::git::Entry>,
    targets: &[Target],
) -> Result<(Listing, Objects), InputError> {
    let top = disk::absolute(repository.top());
    let mut listing = Listing::default();
    let (mut objects, mut links) = (BTreeMap::new(), Vec::new());
    for entry in entries {
        match entry.kind {
            EntryKind::File => {
                if paths::is_of_interest(&entry.path) {
                    listing.files.push(entry.path.clone());
                }
                objects.insert(entry.path, entry.object);
            }
            EntryKind::Link => links.push((entry.path, entry.object)),
            EntryKind::Submodule => listing.submodules.push(entry.path),
        }
    }
    listing.links = git_links(&repository, links)?;
    for target in targets {
        let Some(path) = paths::relative(&top, &target.path) else {
            return Err(InputError::OutsideRepository(target.told.clone()));
        };
        let is_folder = !objects.contains_key(&path);
        listing.named.push(Named { path, is_folder });
    }
    listing.sort();
    Ok((listing, Objects { repository, objects }))
}

/// Links are read: their objects hold the targets.
fn git_links(repository: &Repository, links: Vec<(String, ObjectId)>) -> Result<Vec<Link>, InputError> {
    const LONGEST_TARGET: u64 = 4096;
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&ObjectId> = links.iter().map(|(_, object)| object).collect();
    let targets = repository.read(&ids, LONGEST_TARGET)?;
    let link = |((path, _), target): ((String, ObjectId), crate::git::Blob)| {
        let crate::git::Blob::Bytes(target) = target else { return Link { path, target: LinkTarget::Outside } };
        let target = String::from_utf8_lossy(&target);
        let inside = paths::normal(&paths::join(paths::parent(&path), &target)).filter(|_| !target.starts_with('/'));
        let target = match inside {
            Some(inside) if paths::below(&inside, &path).is_some() => LinkTarget::Loop,
            Some(inside) => LinkTarget::Inside(inside),
            None => LinkTarget::Outside,
        };
        Link { path, target }
    };
    Ok(links.into_iter().zip(targets).map(link).collect())
}

fn git_projects(top: &Path, listing: &Listing, source: Objects) -> Result<Vec<ProjectInput>, InputError> {
    let source: Arc<dyn Source> = Arc::new(source);
    let parts = listing.parts().into_iter();
    let projects: Result<Vec<ProjectInput>, InputError> = parts.map(|part| ProjectInput::new(top, &source, part)).collect();
    Ok(projects?.into_iter().filter(|project| !project.is_empty()).collect())
}
