//! What the project runs on, from `composer.lock` and `composer.json`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::project::ProjectInput;
use crate::config;
pub use crate::config::Version;
use crate::finding::{Message, SkipKind, Skipped};

const LOCK: &str = "composer.lock";
const COMPOSER: &str = "composer.json";

/// Versions of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// Laravel's; the newest known one where nothing says.
    pub laravel: Option<Version>,
    /// PHP's; the newest known one where nothing says.
    pub php: Option<Version>,
    /// The file that told Laravel's version, or PHP's where none told Laravel's.
    pub from: Option<String>,
    /// Packages by name: the version of the lock file, or the constraint where there is none.
    pub packages: BTreeMap<String, String>,
}

/// Reads the versions; settings win. Beside them the files that could not be read.
pub(super) fn read(project: &ProjectInput, settings: &config::Project) -> (Versions, Vec<Skipped>) {
    let mut skipped = Vec::new();
    let lock = json(project, LOCK, &mut skipped);
    let composer = json(project, COMPOSER, &mut skipped);
    let packages = packages(&lock, &composer);
    let mut from = None;
    let mut pick = |candidates: [(Option<Version>, &'static str); 4]| {
        let (version, file) = candidates.into_iter().find_map(|(version, file)| Some((version?, file)))?;
        from.get_or_insert(file);
        Some(version)
    };
    let laravel = ["laravel/framework", "illuminate/support", "illuminate/database"];
    let locked = laravel.iter().find_map(|name| locked_version(&lock, name));
    let required = laravel.iter().find_map(|name| constraint(&composer["require"][name]));
    let laravel = pick([(settings.laravel, super::paths::CONFIG), (locked, LOCK), (required, COMPOSER), (None, "")]);
    let php = pick([
        (settings.php, super::paths::CONFIG),
        (constraint(&lock["platform-overrides"]["php"]), LOCK),
        (constraint(&composer["config"]["platform"]["php"]), COMPOSER),
        (constraint(&composer["require"]["php"]).or_else(|| constraint(&lock["platform"]["php"])), COMPOSER),
    ]);
    let versions = Versions {
        laravel: Some(laravel.unwrap_or(Version::NEWEST_LARAVEL)),
        php: Some(php.unwrap_or(Version::NEWEST_PHP)),
        from: from.map(str::to_owned),
        packages,
    };
    (versions, skipped)
}

/// A file as JSON; nothing where there is none. One that is broken is told, since it may name the versions.
fn json(project: &ProjectInput, path: &str, skipped: &mut Vec<Skipped>) -> Value {
    let failure = match project.read_text(path) {
        Ok(None) => return Value::Null,
        Ok(Some(text)) => match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => return value,
            Err(error) => format!("no JSON at line {}, column {}", error.line(), error.column()),
        },
        Err(super::InputError::Unreadable { failure, .. }) => failure.to_string(),
        Err(error) => error.to_string(),
    };
    let reason = Message::new("skip.versions").text("error", failure);
    skipped.push(Skipped { path: path.to_owned(), kind: SkipKind::Reservation, reason });
    Value::Null
}

fn packages(lock: &Value, composer: &Value) -> BTreeMap<String, String> {
    let mut packages = BTreeMap::new();
    if let Some(required) = composer["require"].as_object() {
        let pairs = required.iter().filter(|(name, _)| name.contains('/'));
        packages.extend(pairs.filter_map(|(name, version)| Some((name.clone(), version.as_str()?.to_owned()))));
    }
    for package in lock["packages"].as_array().into_iter().flatten() {
        if let (Some(name), Some(version)) = (package["name"].as_str(), package["version"].as_str()) {
            packages.insert(name.to_owned(), version.to_owned());
        }
    }
    packages
}

fn locked_version(lock: &Value, name: &str) -> Option<Version> {
    let package = lock["packages"].as_array()?.iter().find(|package| package["name"] == name)?;
    package["version"].as_str()?.parse().ok()
}

/// The highest version that a constraint names as a lower bound: `^10.0|^11.0` is 11, `>=10 <12` is 10.
fn constraint(value: &Value) -> Option<Version> {
    let text = value.as_str()?.replace("||", "|").replace("< ", "<").replace("<= ", "<=");
    let words = text.split(['|', ',', ' ']).filter(|word| !word.starts_with(['<', '!']) && !word.is_empty());
    words.filter_map(|word| word.trim_start_matches(['^', '~', '>', '=']).parse().ok()).max()
}
