//! A project that was found, and its texts once they are read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::discover::{InputError, not_utf8};
use super::listing::Part;
use super::source::{Read, ReadFailure, Source};
use super::versions::{self, Versions};
use super::{FileKind, SourceFile, Workspace, disk, paths};
use crate::config::{self, Globs, Phase, Progress};
use crate::finding::{Message, SkipKind, Skipped};

/// The configuration as the project has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigText {
    /// Its path, for messages.
    pub path: String,
    /// The text.
    pub text: String,
}

/// A project: its files are listed, not read.
#[derive(Debug)]
pub struct ProjectInput {
    name: String,
    root: PathBuf,
    /// The root relative to the source's base.
    prefix: String,
    source: Arc<dyn Source>,
    config: Option<ConfigText>,
    php: BTreeMap<String, bool>,
    blade: BTreeSet<String>,
    tests: BTreeSet<String>,
    skipped: Vec<Skipped>,
}

/// Files that were left out without a word of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Tests, factories and seeders.
    pub tests: usize,
    /// Blade templates that hold no query and no log call.
    pub templates: usize,
    /// Files that `[project] exclude` covers.
    pub excluded: usize,
}

/// A project's texts.
#[derive(Debug)]
pub struct Loaded {
    /// The files.
    pub workspace: Workspace,
    /// What the project runs on.
    pub versions: Versions,
    /// Inputs left out or read with a reservation, in order of their paths.
    pub skipped: Vec<Skipped>,
    /// Counts of what was left out silently.
    pub left_out: LeftOut,
}

impl ProjectInput {
    pub(super) fn new(base: &Path, source: &Arc<dyn Source>, part: Part) -> Result<Self, InputError> {
        let root = if part.root.is_empty() { base.to_path_buf() } else { base.join(&part.root) };
        let mut project = Self {
            name: told(&root),
            root,
            prefix: part.root,
            source: Arc::clone(source),
            config: None,
            php: part.php,
            blade: part.blade,
            tests: part.tests,
            skipped: part.skipped,
        };
        if let Some(text) = project.read_text(paths::CONFIG)? {
            let path = if project.name == "." { paths::CONFIG.to_owned() } else { format!("{}/{}", project.name, paths::CONFIG) };
            project.config = Some(ConfigText { path, text });
        }
        Ok(project)
    }

    /// The root as people write it: relative to the working folder, `.` for that itself.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The absolute root; never printed.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `mandant.toml`, from the source of the run.
    #[must_use]
    pub fn config(&self) -> Option<&ConfigText> {
        self.config.as_ref()
    }

    /// Number of files that [`Self::load`] reads if nothing is excluded.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.php.len() + self.blade.len()
    }

    /// Reads a text of the project, `None` where there is no such file. The path is relative to the root.
    ///
    /// # Errors
    /// Where it cannot be read, is no UTF-8 or larger than 64 MiB.
    pub fn read_text(&self, path: &str) -> Result<Option<String>, InputError> {
        const LIMIT: u64 = 64 << 20;
        let fail = |failure| Err(InputError::Unreadable { path: path.to_owned(), failure });
        let Some(path) = paths::normal(&paths::join(&self.prefix, path)) else {
            return fail(ReadFailure::Failed("it lies outside the project".to_owned()));
        };
        match self.source.read(&path, LIMIT) {
            Ok(bytes) => String::from_utf8(bytes).map_or_else(|_| fail(not_utf8()), |text| Ok(Some(text))),
            Err(ReadFailure::Missing) => Ok(None),
            Err(failure) => fail(failure),
        }
    }

    /// Reads the project's files, in parallel.
    #[must_use]
    pub fn load(&self, settings: &config::Project, progress: &dyn Progress) -> Loaded {
        let (mut skipped, mut left_out) = (self.skipped.clone(), LeftOut::default());
        let mut filter = Exclusion::new(&settings.exclude);
        let php: Vec<&String> = self.php.keys().filter(|path| filter.keeps(path)).collect();
        let blade: Vec<&String> = self.blade.iter().filter(|path| filter.keeps(path)).collect();
        left_out.tests = self.tests.iter().filter(|path| filter.keeps(path)).count();
        left_out.excluded = filter.report(&settings.exclude, &mut skipped);
        progress.begin(Phase::Read, php.len() + blade.len());
        let texts =
            || self.read_all(&php, settings.max_file_size, progress, |path, read| accept(path, read, settings.max_file_size));
        let beside = || {
            let matters = self.read_all(&blade, settings.max_file_size, progress, |_, read| may_matter(&read));
            (matters, versions::read(self, settings))
        };
        let (texts, (matters, (versions, broken))) = rayon::join(texts, beside);
        let mut files = Vec::with_capacity(php.len());
        for (path, (text, reservation)) in php.iter().zip(texts) {
            let examined = self.php.get(*path).copied().unwrap_or_default();
            files.extend(text.map(|text| SourceFile { path: (*path).clone(), text, kind: FileKind::Php, examined }));
            skipped.extend(reservation);
        }
        for (path, _) in blade.iter().zip(&matters).filter(|(_, matters)| **matters) {
            skipped.push(Skipped { path: (*path).clone(), kind: SkipKind::ByDesign, reason: Message::new("skip.blade") });
        }
        left_out.templates = matters.iter().filter(|matters| !**matters).count();
        skipped.extend(broken);
        skipped.sort_by(|a, b| (&a.path, a.kind, &a.reason).cmp(&(&b.path, b.kind, &b.reason)));
        skipped.dedup();
        Loaded { workspace: Workspace::from_files(files), versions, skipped, left_out }
    }

    /// In chunks, so that the progress moves and no more than one chunk of bytes waits for what is made of it.
    fn read_all<T: Send>(
        &self,
        files: &[&String],
        limit: u64,
        progress: &dyn Progress,
        made: impl Fn(&str, Read) -> T + Sync,
    ) -> Vec<T> {
        const CHUNK: usize = 512;
        let mut all = Vec::with_capacity(files.len());
        for files in files.chunks(CHUNK) {
            let paths: Vec<String> = files.iter().map(|path| paths::join(&self.prefix, path)).collect();
            let reads = self.source.read_all(&paths.iter().map(String::as_str).collect::<Vec<_>>(), limit);
            all.par_extend(files.par_iter().zip(reads).map(|(path, read)| made(path, read)));
            progress.advance(files.len());
        }
        all
    }

    /// Takes over what another run of the search found in the same project.
    pub(super) fn merge(&mut self, other: Self) {
        for (path, examined) in other.php {
            *self.php.entry(path).or_default() |= examined;
        }
        self.blade.extend(other.blade);
        self.tests.extend(other.tests);
        self.tests.retain(|path| !self.php.contains_key(path));
        self.skipped.extend(other.skipped);
    }

    /// Limits what is examined to the given files, which are relative to the source's base.
    pub(super) fn examine_only(&mut self, files: &BTreeSet<String>) {
        let is_in = |path: &String| files.contains(&paths::join(&self.prefix, path));
        for (path, examined) in &mut self.php {
            *examined &= is_in(path);
        }
        self.blade.retain(is_in);
        self.tests.retain(is_in);
    }

    /// True without any file of PHP.
    pub(super) fn is_empty(&self) -> bool {
        self.php.is_empty() && self.blade.is_empty() && self.tests.is_empty() && self.skipped.is_empty()
    }

    /// True where something that belongs to the project is or lies below an absolute path.
    pub(super) fn holds_something_at(&self, path: &Path) -> bool {
        let skipped = self.skipped.iter().map(|skipped| &skipped.path);
        let mut all = self.php.keys().chain(&self.blade).chain(&self.tests).chain(skipped);
        match (paths::relative(&self.root, path), paths::relative(path, &self.root)) {
            (Some(within), _) => all.any(|file| paths::below(&within, file).is_some()),
            (None, Some(_)) => all.next().is_some(),
            (None, None) => false,
        }
    }
}

/// A folder relative to the working folder.
fn told(root: &Path) -> String {
    let here = disk::absolute(Path::new("."));
    let shared = root.components().zip(here.components()).take_while(|(root, here)| root == here).count();
    let up = here.components().skip(shared).map(|_| "..".to_owned());
    let down = root.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let told = up.chain(down).collect::<Vec<_>>().join("/");
    if told.is_empty() { ".".to_owned() } else { told }
}

/// `[project] exclude` and how many files each pattern covered.
struct Exclusion {
    globs: Globs,
    covered: Vec<usize>,
}

impl Exclusion {
    fn new(patterns: &[String]) -> Self {
        // The configuration was validated; a pattern that is none covers nothing.
        Self { globs: Globs::new(patterns).unwrap_or_default(), covered: vec![0; patterns.len()] }
    }

    fn keeps(&mut self, path: &str) -> bool {
        let Some(pattern) = self.globs.matched(path) else { return true };
        self.covered[pattern] += 1;
        false
    }

    /// One row for each pattern that covered something.
    fn report(&self, patterns: &[String], skipped: &mut Vec<Skipped>) -> usize {
        for (pattern, count) in patterns.iter().zip(&self.covered).filter(|(_, count)| **count > 0) {
            let reason = Message::new("skip.excluded").count("files", *count);
            skipped.push(Skipped { path: pattern.clone(), kind: SkipKind::ByDesign, reason });
        }
        self.covered.iter().sum()
    }
}

/// The text of a file, or a row that says why there is none; both where bytes had to be replaced.
fn accept(path: &str, read: Read, limit: u64) -> (Option<String>, Option<Skipped>) {
    let skip = |kind, reason| Some(Skipped { path: path.to_owned(), kind, reason });
    match read.map(String::from_utf8) {
        Ok(Ok(text)) => (Some(text), None),
        Ok(Err(error)) => {
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            (Some(text), skip(SkipKind::Reservation, Message::new("skip.not-utf8")))
        }
        Err(ReadFailure::TooLarge(size)) => {
            let count = |bytes| usize::try_from(bytes).unwrap_or(usize::MAX);
            let reason = Message::new("skip.too-large").count("size", count(size)).count("limit", count(limit));
            (None, skip(SkipKind::Incomplete, reason))
        }
        Err(failure) => {
            let reason = Message::new("skip.unreadable").text("error", failure.to_string());
            (None, skip(SkipKind::Incomplete, reason))
        }
    }
}

/// True where a template holds a word of a query or a log call, or could not be looked at.
fn may_matter(read: &Read) -> bool {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let words = [
            "::where",
            "::query(",
            "::find",
            "::all(",
            "::first",
            "::with(",
            "::create(",
            "::update",
            "::get(",
            "::count(",
            "DB::",
            "->where",
            "->orWhere",
            "->get()",
            "->paginate(",
            "->first()",
            "->pluck(",
            "Log::",
            "logger(",
            "error_log(",
            "info(",
            "extends Component",
            "@dd(",
            "@dump(",
        ];
        AhoCorasick::new(words).ok()
    });
    let Ok(bytes) = read else { return true };
    WORDS.as_ref().is_none_or(|words| words.is_match(bytes))
}
