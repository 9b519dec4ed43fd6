//! What a path says about a file. All paths are relative, with `/`.

use std::path::{Component, Path};

/// Files that make a folder the root of a project.
pub(super) const ROOT_FILES: [&str; 2] = [COMPOSER, CONFIG];

/// The name of the configuration.
pub(super) const CONFIG: &str = "mandant.toml";

/// Names the packages that a folder of PHP needs.
const COMPOSER: &str = "composer.json";

/// Beside a `composer.json`, these tell an application from a module or a component of the one around it.
const APPLICATION_FILES: [&str; 2] = ["composer.lock", "artisan"];

/// True for a folder that is a project of its own even inside another one, by the files that it holds.
pub(super) fn is_application(holds: impl Fn(&str) -> bool) -> bool {
    holds(CONFIG) || holds(COMPOSER) && APPLICATION_FILES.into_iter().any(holds)
}

/// A path below a folder; empty for the folder itself.
pub(super) fn relative(base: &Path, path: &Path) -> Option<String> {
    let mut text = String::new();
    for part in path.strip_prefix(base).ok()?.components() {
        if let Component::Normal(name) = part {
            if !text.is_empty() {
                text.push('/');
            }
            text.push_str(&name.to_string_lossy());
        }
    }
    Some(text)
}

/// The folder of a path; empty for the top.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Joins a folder, which may be empty, and a path in it.
pub(super) fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The rest of a path below a folder; the folder itself has an empty rest.
pub(super) fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() || path == folder {
        return Some(path.strip_prefix(folder).unwrap_or(path));
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// Resolves `.` and `..` without looking at the disk; none for a path that leaves the top.
pub(super) fn normal(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// PHP, templates included.
pub(super) fn is_php(path: &str) -> bool {
    name(path).rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && extension.eq_ignore_ascii_case("php"))
}

/// A Blade template.
pub(super) fn is_blade(path: &str) -> bool {
    name(path).to_ascii_lowercase().ends_with(".blade.php")
}

/// Worth listing.
pub(super) fn is_of_interest(path: &str) -> bool {
    is_php(path) || ROOT_FILES.contains(&name(path)) || APPLICATION_FILES.contains(&name(path))
}

/// Folders of source in which `vendor` and `tests` are ordinary words: a marketplace has vendors, a laboratory has tests.
fn is_source(part: &str) -> bool {
    part.eq_ignore_ascii_case("app") || part.eq_ignore_ascii_case("src") || part == "routes"
}

/// True for a folder of installed packages. `beside` and `holds` tell whether a name exists beside the folder or in it.
pub(super) fn is_dependencies(folder: &str, beside: impl Fn(&str) -> bool, holds: impl Fn(&str) -> bool) -> bool {
    match name(folder) {
        "node_modules" => true,
        "vendor" => !parent(folder).split('/').any(is_source) || beside("composer.json") || holds("autoload.php"),
        _ => false,
    }
}

/// True for a folder of generated files.
pub(super) fn is_generated(folder: &str) -> bool {
    const GENERATED: [&str; 3] = ["storage/framework", "bootstrap/cache", "public/build"];
    GENERATED
        .iter()
        .any(|generated| folder == *generated || folder.strip_suffix(generated).is_some_and(|rest| rest.ends_with('/')))
}

/// Why a file is left out by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeftOutAs {
    /// Tests, factories, seeders.
    Test,
    /// Language files, generated and hidden files, helpers for editors.
    NoCode,
}

/// Whether a file is left out by default, and the part of the path that says so: to name that part, or a path below it,
/// brings the file back. `path` is relative to the project's root.
pub(super) fn left_out(path: &str) -> Option<(LeftOutAs, &str)> {
    let parts: Vec<&str> = path.split('/').collect();
    let (file, folders) = parts.split_last()?;
    let in_app = folders.first().is_some_and(|first| first.eq_ignore_ascii_case("app"));
    let mut end = 0;
    for (depth, folder) in folders.iter().enumerate() {
        end += folder.len() + usize::from(depth > 0);
        let previous = depth.checked_sub(1).map_or("", |previous| folders[previous]);
        if let Some(class) = folder_class(previous, folder, depth, in_app) {
            return Some((class, &path[..end]));
        }
        if folder.starts_with('.') || is_generated(&path[..end]) {
            return Some((LeftOutAs::NoCode, &path[..end]));
        }
    }
    if file.starts_with('.') || file.starts_with("_ide_helper") {
        return Some((LeftOutAs::NoCode, path));
    }
    let is_test = file.len() > "Test.php".len() && file.ends_with("Test.php");
    (is_test && !in_app).then_some((LeftOutAs::Test, path))
}

fn folder_class(previous: &str, folder: &str, depth: usize, in_app: bool) -> Option<LeftOutAs> {
    let is = |word: &str| folder.eq_ignore_ascii_case(word);
    if is("lang") && (depth == 0 || previous.eq_ignore_ascii_case("resources")) {
        return Some(LeftOutAs::NoCode);
    }
    if is("tests") && !in_app {
        return Some(LeftOutAs::Test);
    }
    let in_database = previous.eq_ignore_ascii_case("database");
    (in_database && (is("factories") || is("seeders") || is("seeds"))).then_some(LeftOutAs::Test)
}
