#![expect(clippy::disallowed_methods, reason = "what is missing fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use minijinja::Environment;

use super::*;
use crate::finding::{FileId, Location, Message, Span};
use crate::workspace::Workspace;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn every_embedded_text_parses() {
    assert_eq!(Catalogue::load().faults().to_vec(), Vec::<String>::new());
}

#[test]
fn folders_and_registry_are_the_same() {
    let catalogue = root().join("rules/catalog");
    let mut on_disk = BTreeSet::new();
    for family in folders(&catalogue).iter().filter(|path| !path.ends_with("messages")) {
        for rule in folders(family) {
            let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            on_disk.insert(format!("{}/{}", name(family), name(&rule)));
        }
    }
    let registered: BTreeSet<String> = Catalogue::load().rules().iter().map(|rule| rule.id.clone()).collect();
    assert_eq!(on_disk, registered);
    let controls = std::fs::read_dir(root().join("rules/controls")).unwrap().count();
    assert_eq!(controls, texts::CONTROLS.len());
}

#[test]
fn ids_are_unique_and_lead_somewhere() {
    let catalogue = Catalogue::load();
    let unique = |ids: Vec<&String>| assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    unique(catalogue.rules().iter().map(|rule| &rule.id).collect());
    unique(catalogue.questions().iter().map(|question| &question.id).collect());
    unique(catalogue.proofs().iter().map(|proof| &proof.id).collect());
    unique(catalogue.controls().iter().map(|control| &control.id).collect());
    unique(catalogue.questions().iter().flat_map(|question| &question.rules).collect());
    for question in catalogue.questions() {
        assert!(catalogue.family(&question.family).is_some(), "{}", question.id);
        for rule in &question.rules {
            assert_eq!(catalogue.rule(rule).unwrap().question, question.id);
        }
    }
    for rule in catalogue.rules() {
        assert!(catalogue.question(&rule.question).unwrap().rules.contains(&rule.id), "{}", rule.id);
        for control in rule.controls.iter().chain(&rule.owasp) {
            assert!(catalogue.control(control).is_some(), "{}: {control}", rule.id);
        }
    }
}

#[test]
fn rules_come_in_order_of_precedence() {
    let catalogue = Catalogue::load();
    let listed: Vec<&String> = catalogue.questions().iter().flat_map(|question| &question.rules).collect();
    let rules: Vec<&String> = catalogue.rules().iter().map(|rule| &rule.id).collect();
    assert_eq!(listed, rules);
    assert_eq!(catalogue.precedence("tenant/or-escapes-scope"), Some(1));
}

#[test]
fn metadata_and_pages_are_complete() {
    for rule in Catalogue::load().rules() {
        assert!(!rule.cwe.is_empty() && rule.cwe.iter().all(|cwe| cwe.starts_with("CWE-")), "{}", rule.id);
        assert!(!rule.controls.is_empty(), "{}", rule.id);
        assert!(rule.verdict != Verdict::Conditional || rule.severity == Severity::Note, "{}", rule.id);
        let title = rule.title.get(Language::English);
        assert!(!title.ends_with('.') && title.chars().count() <= 85, "{}", rule.id);
        let headings: Vec<&str> = rule.doc.sections.iter().map(|section| section.heading.as_str()).collect();
        assert_eq!(headings, Doc::HEADINGS, "{}", rule.id);
        for heading in ["Bad", "Good"] {
            let files: Vec<_> = rule.doc.files(heading).collect();
            assert!(!files.is_empty(), "{}: {heading}", rule.id);
            assert!(files.iter().all(|(path, text)| text.starts_with("<?php\n") && Path::new(path).extension().is_some()));
        }
        let decides = rule.doc.section("How it decides").unwrap();
        let terms: BTreeSet<&str> = decides.blocks.iter().filter_map(item_term).collect();
        assert_eq!(terms, BTreeSet::from(["conditional", "proven", "undetermined", "violated"]), "{}", rule.id);
        assert!(rule.doc.text.contains(&format!("mandant-ignore {}:", rule.id)), "{}", rule.id);
    }
}

fn item_term(block: &Block) -> Option<&str> {
    match block {
        Block::Item { term, .. } => Some(term),
        _ => None,
    }
}

fn table(text: &str) -> BTreeMap<String, String> {
    toml::from_str(text).unwrap()
}

fn arguments(text: &str) -> BTreeSet<String> {
    let environment = Environment::new();
    environment.template_from_str(text).unwrap().undeclared_variables(false).into_iter().collect()
}

#[test]
fn both_languages_have_the_same_templates_and_german_takes_no_arguments_of_its_own() {
    let (english, german) = (table(texts::ENGLISH), table(texts::GERMAN));
    let ids = |templates: &BTreeMap<String, String>| templates.keys().cloned().collect::<BTreeSet<String>>();
    assert_eq!(ids(&english), ids(&german));
    for (id, text) in german {
        // German says "Mandant" where English needs the application's own word for a tenant.
        assert!(arguments(&text).is_subset(&arguments(&english[&id])), "{id}");
    }
}

fn rust_files(path: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn every_template_that_code_names_exists() {
    let mut english = table(texts::ENGLISH);
    english.extend(table(texts::TEST));
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    let needles = [concat!("Message", "::new("), concat!("view.", "word("), concat!("view.", "counted(")];
    let mut named = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let calls = needles.iter().flat_map(|needle| text.match_indices(needle));
        for (at, needle) in calls {
            let Some(rest) = text[at + needle.len()..].trim_start().strip_prefix('"') else { continue };
            let id = rest.split('"').next().unwrap();
            assert!(english.contains_key(id) || id.starts_with("no."), "{}: {id}", path.display());
            named += 1;
        }
    }
    assert!(named > 20);
}

fn workspace() -> Workspace {
    Workspace::from_texts([("app/Models/Song.php", "<?php\n  song();\n")])
}

fn at(start: u32, end: u32) -> Location {
    Location::new(FileId(0), Span::new(start, end))
}

#[test]
fn words_take_numbers_places_and_messages() {
    let (english, german) = (Words::new(Language::English), Words::new(Language::German));
    let say = |words: &Words, message: &Message| words.render(message, &workspace());
    let one = Message::new("summary.files").count("n", 1);
    let many = Message::new("summary.files").count("n", 2_164);
    assert_eq!(say(&english, &one), "1 file");
    assert_eq!(say(&english, &many), "2,164 files");
    assert_eq!(say(&german, &many), "2.164 Dateien");
    let size = Message::new("skip.too-large").count("size", 9_600_000).count("limit", 1 << 20);
    assert_eq!(say(&english, &size), "9.1 MB, the limit is 1 MB");
    assert_eq!(say(&german, &size), "9,1 MB, die Grenze ist 1 MB");
    let nested = Message::new("not-run.headline").text("what", "X").message("reason", Message::new("skip.blade"));
    assert_eq!(say(&english, &nested), "X WAS NOT EXAMINED: Blade templates are not examined yet");
    let place = Message::new("skip.unreadable").place("error", at(8, 12));
    assert_eq!(say(&english, &place), "app/Models/Song.php:2:3");
}

#[test]
fn short_places_are_file_and_line() {
    let english = Words::new(Language::English);
    let near = Message::new("no.such.template").place("at", at(8, 12)).count("n", 3);
    assert_eq!(english.render(&near, &workspace()), "no.such.template at=app/Models/Song.php:2:3 n=3");
}

#[test]
fn a_companion_is_optional() {
    let english = Words::new(Language::English);
    let message = Message::new("not-run.no-tenant-key");
    assert!(english.companion(&message, "advice", &workspace()).unwrap().contains("[tenant] key"));
    assert_eq!(english.companion(&message, "because", &workspace()), None);
}

#[test]
fn the_hash_covers_the_texts() {
    let hash = Catalogue::load().rules_hash();
    assert_eq!(hash.len(), 64);
    assert_eq!(hash, super::hash());
}

#[test]
fn secrets_are_masked_in_place() {
    for (line, masked) in [
        ("to('anna.huber@example.org')", "to('••••••••••••••••••••••')"),
        ("call('+49 151 2345678');", "call('•••••••••••••••');"),
        ("call('030/1234567')", "call('•••••••••••')"),
        ("'password' => 'hunter2',", "'password' => '•••••••',"),
        ("$apiToken = 'abcdefgh';", "$apiToken = '••••••••';"),
        ("env('API_KEY', 'fallback')", "env('API_KEY', '••••••••')"),
        ("['k' => 'a1b2c3d4e5f6a7b8c9d0']", "['k' => '••••••••••••••••••••']"),
    ] {
        assert_eq!(safe::text(line), masked);
        assert_eq!(line.chars().count(), masked.chars().count());
    }
}

#[test]
fn ordinary_code_is_not_masked() {
    for line in [
        "'password' => 'required|min:8',",
        "->where('token', $token)",
        "Schema::table('customers_workshop_phone_index', fn () => 1);",
        "2026_11_20_090000_add_phone_code.php and 2026-11-20 09:00:00",
        "$ratio = 0.1234567891; $limit = 3600000;",
        "$sum = $a + 10000000; $b +12;",
        "@$this->call(); /** @param int $x */",
        "use App\\Models\\Concerns\\BelongsToWorkshop;",
    ] {
        assert_eq!(safe::text(line), line);
    }
}

#[test]
fn control_and_direction_characters_are_shown() {
    assert_eq!(safe::name("a\u{1b}[31mb\u{202e}c\nd\u{9b}"), "a␛[31mb\u{fffd}c␊d\u{fffd}");
}
