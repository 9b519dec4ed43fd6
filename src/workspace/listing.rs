//! What a source holds, and how it divides into projects.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{self, LeftOutAs};
use crate::finding::{Message, SkipKind, Skipped};

/// A path that the user named, relative to the base; empty for the base.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) path: String,
    pub(super) is_folder: bool,
}

/// A symbolic link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Link {
    pub(super) path: String,
    pub(super) target: LinkTarget,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LinkTarget {
    /// To a path below the base.
    Inside(String),
    /// Out of the base.
    Outside,
    /// To a folder that holds it, or round in a circle.
    Loop,
    /// To nothing.
    Nothing,
}

/// What a source holds below its base. All paths are relative to the base.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// PHP files and those that make a folder a project or an application.
    pub(super) files: Vec<String>,
    pub(super) links: Vec<Link>,
    /// Folders and files that could not be listed, and why.
    pub(super) unreadable: Vec<(String, String)>,
    /// Repositories within the repository, of whose files git knows nothing.
    pub(super) submodules: Vec<String>,
    /// What the user named.
    pub(super) named: Vec<Named>,
}

/// The part of a listing that belongs to one project. All paths but `root` are relative to the root.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Relative to the base.
    pub(super) root: String,
    /// PHP files and whether they are examined.
    pub(super) php: BTreeMap<String, bool>,
    /// Blade templates that would be examined.
    pub(super) blade: BTreeSet<String>,
    /// Tests that would be examined.
    pub(super) tests: BTreeSet<String>,
    pub(super) skipped: Vec<Skipped>,
}

impl Listing {
    /// Each path once, in order.
    pub(super) fn sort(&mut self) {
        self.files.sort_unstable();
        self.files.dedup();
        self.links.sort_unstable();
        self.links.dedup();
        self.unreadable.sort_unstable();
        self.unreadable.dedup();
    }

    /// True where a file of the listing is or lies below the named path.
    pub(super) fn holds(&self, named: &Named) -> bool {
        self.files.iter().any(|file| paths::below(&named.path, file).is_some())
    }

    /// Divides the listing into the projects that the named paths touch.
    pub(super) fn parts(&self) -> Vec<Part> {
        let roots = self.roots();
        let mut selected: BTreeSet<&str> = BTreeSet::new();
        for named in &self.named {
            selected.extend(nearest(&roots, &named.path, named.is_folder));
            selected.extend(roots.iter().filter(|root| paths::below(&named.path, root).is_some()).map(String::as_str));
        }
        let mut parts: BTreeMap<&str, Part> =
            selected.iter().map(|root| (*root, Part { root: (*root).to_owned(), ..Part::default() })).collect();
        for file in &self.files {
            if let Some(part) = nearest(&roots, file, false).and_then(|root| parts.get_mut(root)) {
                self.add(part, file);
            }
        }
        for (path, skipped) in self.skips(&roots) {
            if let Some(part) = nearest(&roots, &path, false).and_then(|root| parts.get_mut(root)) {
                part.skipped.push(Skipped { path: paths::below(&part.root, &path).unwrap_or(&path).to_owned(), ..skipped });
            }
        }
        parts.into_values().collect()
    }

    /// Applications, folders with a root file and none above them, and for named paths without either the paths themselves.
    fn roots(&self) -> BTreeSet<String> {
        let is_root_file = |file: &&String| paths::ROOT_FILES.contains(&paths::name(file));
        let candidates: BTreeSet<&str> = self.files.iter().filter(is_root_file).map(|file| paths::parent(file)).collect();
        let mut roots: BTreeSet<String> = BTreeSet::new();
        // Outer ones come first: a root in the tests or dependencies of an outer one is a part of these, and so is a module
        // or component with a `composer.json` of its own.
        for candidate in candidates {
            let around = nearest(&roots, candidate, true);
            let holds = |name: &str| self.files.binary_search(&paths::join(candidate, name)).is_ok();
            if around.is_some() && !paths::is_application(holds) {
                continue;
            }
            let outer = around.unwrap_or_default();
            let within = paths::below(outer, candidate).unwrap_or(candidate);
            let is_part = !within.is_empty()
                && (self.in_dependencies(outer, candidate) || self.left_out(outer, &format!("{candidate}/x.php")).is_some());
            if !is_part {
                roots.insert(candidate.to_owned());
            }
        }
        for named in &self.named {
            if nearest(&roots, &named.path, named.is_folder).is_none() {
                roots.insert(if named.is_folder { named.path.clone() } else { paths::parent(&named.path).to_owned() });
            }
        }
        roots
    }

    fn add(&self, part: &mut Part, file: &str) {
        let Some(path) = paths::below(&part.root, file).filter(|path| paths::is_php(path)) else { return };
        let examined = self.named.iter().any(|named| paths::below(&named.path, file).is_some());
        if self.in_dependencies(&part.root, file) {
            return;
        }
        match self.left_out(&part.root, file) {
            Some(LeftOutAs::NoCode) => {}
            Some(LeftOutAs::Test) => {
                if examined {
                    part.tests.insert(path.to_owned());
                }
            }
            None if paths::is_blade(path) => {
                if examined {
                    part.blade.insert(path.to_owned());
                }
            }
            None => {
                part.php.insert(path.to_owned(), examined);
            }
        }
    }

    /// Why a file is left out by default, unless the user named what leaves it out.
    fn left_out(&self, root: &str, file: &str) -> Option<LeftOutAs> {
        let (class, by) = paths::left_out(paths::below(root, file)?)?;
        let by = paths::join(root, by);
        let is_named = self.named.iter().any(|named| paths::below(&by, &named.path).is_some());
        (!is_named).then_some(class)
    }

    fn in_dependencies(&self, root: &str, file: &str) -> bool {
        let has = |path: String| self.files.binary_search(&path).is_ok();
        let within = paths::below(root, file).unwrap_or(file);
        let ends = within.match_indices('/').map(|(end, _)| &within[..end]).chain([within]);
        ends.into_iter().any(|folder| {
            let at = |path: &str| paths::join(root, path);
            let beside = |name: &str| has(at(&paths::join(paths::parent(folder), name)));
            let holds = |name: &str| has(at(&paths::join(folder, name)));
            paths::is_dependencies(folder, beside, holds)
        })
    }

    fn skips(&self, roots: &BTreeSet<String>) -> Vec<(String, Skipped)> {
        let skipped = |kind, reason| Skipped { path: String::new(), kind, reason };
        let mut skips = Vec::new();
        for link in &self.links {
            let template = match &link.target {
                LinkTarget::Loop => Some("skip.symlink-loop"),
                LinkTarget::Outside => Some("skip.link-outside"),
                LinkTarget::Inside(target) => {
                    (nearest(roots, target, true) != nearest(roots, &link.path, false)).then_some("skip.link-outside")
                }
                LinkTarget::Nothing => None,
            };
            if let Some(template) = template {
                skips.push((link.path.clone(), skipped(SkipKind::ByDesign, Message::new(template))));
            } else if link.target == LinkTarget::Nothing && paths::is_php(&link.path) {
                let reason = Message::new("skip.unreadable").text("error", "the link leads to nothing");
                skips.push((link.path.clone(), skipped(SkipKind::Incomplete, reason)));
            }
        }
        for (path, error) in &self.unreadable {
            let reason = Message::new("skip.unreadable").text("error", error.as_str());
            skips.push((path.clone(), skipped(SkipKind::Incomplete, reason)));
        }
        for path in self.named.iter().map(|named| &named.path) {
            let root = nearest(roots, path, true).unwrap_or_default();
            if path != root && self.in_dependencies(root, path) {
                skips.push((path.clone(), skipped(SkipKind::ByDesign, Message::new("skip.dependency"))));
            }
        }
        for path in &self.submodules {
            skips.push((path.clone(), skipped(SkipKind::ByDesign, Message::new("skip.submodule"))));
        }
        skips
    }
}

/// The innermost root that holds a path; a folder may be one itself.
fn nearest<'r>(roots: &'r BTreeSet<String>, path: &str, is_folder: bool) -> Option<&'r str> {
    let mut folder = if is_folder { path } else { paths::parent(path) };
    loop {
        if let Some(root) = roots.get(folder) {
            return Some(root);
        }
        if folder.is_empty() {
            return None;
        }
        folder = paths::parent(folder);
    }
}
