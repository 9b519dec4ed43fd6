//! Where cases come from: single files with virtual files inside, and folders.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A file of a case.
#[derive(Clone, Debug)]
pub(crate) struct CaseFile {
    /// Relative to the project's root.
    pub(crate) path: String,
    /// The text.
    pub(crate) text: String,
    /// Where the reader finds it: the fixture's path and the line of the text's first line.
    pub(crate) told: (String, usize),
    /// True for a file of the base project, whose expectations are checked once and for all.
    pub(crate) is_base: bool,
}

/// A project in memory.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `tenant-query/bad_where_null`
    pub(crate) name: String,
    /// Its PHP files, by path.
    pub(crate) files: BTreeMap<String, CaseFile>,
    /// Text of its `mandant.toml`.
    pub(crate) config: String,
    /// Text of its `snapshot.sql`.
    pub(crate) snapshot: Option<String>,
}

/// What a case's own configuration says about the harness.
#[derive(Debug, Default)]
struct CaseOptions {
    without_base: bool,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// All cases under `fixtures/rules`, and the applications of `fixtures/apps`.
pub(crate) fn all() -> Vec<Case> {
    let root = fixtures();
    let mut cases = vec![base_case()];
    for question in folders(&root.join("rules")).iter().filter(|folder| name_of(folder) != "base") {
        for entry in entries(question) {
            let name = format!("{}/{}", name_of(question), name_of(&entry).trim_end_matches(".php"));
            if is_folder(&entry) {
                cases.push(folder_case(name, &entry));
            } else if is_php(&entry) {
                cases.push(file_case(name, &entry));
            }
        }
    }
    for app in folders(&root.join("apps")) {
        cases.push(folder_case(format!("apps/{}", name_of(&app)), &app));
    }
    cases
}

fn base_case() -> Case {
    let mut case = Case { name: "base".to_owned(), files: base_files(), config: String::new(), snapshot: None };
    for file in case.files.values_mut() {
        file.is_base = false;
    }
    case
}

fn base_files() -> BTreeMap<String, CaseFile> {
    let mut files = BTreeMap::new();
    read_folder(&fixtures().join("rules/base"), &mut files, &mut String::new(), true);
    files
}

/// A folder as a project of its own.
pub(crate) fn folder_case(name: String, folder: &Path) -> Case {
    let text = read(&folder.join("case.toml"));
    let options = CaseOptions { without_base: text.is_some_and(|text| text.lines().any(|line| line.trim() == "base = false")) };
    let mut files = if options.without_base { BTreeMap::new() } else { base_files() };
    let mut config = String::new();
    read_folder(folder, &mut files, &mut config, false);
    Case { name, files, config, snapshot: read(&folder.join("snapshot.sql")) }
}

fn read_folder(folder: &Path, files: &mut BTreeMap<String, CaseFile>, config: &mut String, is_base: bool) {
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(next) = waiting.pop() {
        for entry in entries(&next) {
            let path = relative(&entry, folder);
            if is_folder(&entry) {
                waiting.push(entry);
            } else if path == "mandant.toml" {
                *config = read(&entry).unwrap_or_default();
            } else if is_php(&entry) {
                let text = read(&entry).unwrap_or_default();
                let told = (relative(&entry, &fixtures()), 1);
                files.insert(path.clone(), CaseFile { path, text, told, is_base });
            }
        }
    }
}

/// A single PHP file: parts headed by `//- path` are files of their own.
pub(crate) fn file_case(name: String, path: &Path) -> Case {
    let text = read(path).unwrap_or_default();
    let told = relative(path, &fixtures());
    let mut case = Case { name, files: base_files(), config: String::new(), snapshot: None };
    let mut parts: Vec<(String, usize, Vec<&str>)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(header) = line.strip_prefix("//- ") {
            parts.push((header.trim().to_owned(), number + 1, Vec::new()));
        } else if let Some((_, _, lines)) = parts.last_mut() {
            lines.push(line);
        }
    }
    if parts.is_empty() {
        let name = format!("app/Services/{}.php", studly(&name_of(path)));
        parts.push((name, 0, text.lines().skip(1).collect()));
    }
    for (path, line, lines) in parts {
        if path == "mandant.toml" {
            case.config = uncommented(&lines);
            continue;
        }
        if path == "snapshot.sql" {
            case.snapshot = Some(uncommented(&lines));
            continue;
        }
        // The opening tag takes the header's line, so that the positions stay those of the fixture.
        let text = format!("<?php\n{}\n", lines.join("\n"));
        case.files.insert(path.clone(), CaseFile { path, text, told: (told.clone(), line.max(1)), is_base: false });
    }
    case
}

fn uncommented(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim_start_matches("// ").to_owned() + "\n").collect()
}

fn studly(name: &str) -> String {
    let words = name.trim_end_matches(".php").split('_');
    words.map(|word| word.get(..1).map(str::to_uppercase).unwrap_or_default() + word.get(1..).unwrap_or_default()).collect()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    entries(of).into_iter().filter(|path| is_folder(path)).collect()
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are read from disk")]
fn entries(of: &Path) -> Vec<PathBuf> {
    let Ok(list) = std::fs::read_dir(of) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = list.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are read from disk")]
fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

#[expect(clippy::disallowed_methods, reason = "the fixtures are read from disk")]
pub(crate) fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

fn is_php(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "php")
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
