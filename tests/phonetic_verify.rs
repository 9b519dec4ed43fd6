//! `mandant phonetic verify` with a real PHP: what is wrong with an encoder, and code that does not want to be run.
//!
//! Without PHP the tests are skipped with a word; in CI, where `.ci/run` installs it, they fail.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests lay out projects and say what they skip"
)]

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;

/// The bundled encoders as a project of their own, or nothing where PHP is missing.
fn project() -> Option<TempDir> {
    if std::process::Command::new("php").arg("-v").output().is_err() {
        assert!(std::env::var("CI").is_err(), "php is not installed, and CI must have it");
        eprintln!("SKIPPED: php is not installed");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/phonetic");
    for entry in walkdir::WalkDir::new(&from) {
        let entry = entry.unwrap();
        let to = folder.path().join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
    Some(folder)
}

fn verify(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.current_dir(folder).env("TMPDIR", folder.join("tmp")).args(["phonetic", "verify"]).args(arguments);
    std::fs::create_dir_all(folder.join("tmp")).unwrap();
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A result under another name is read where the configuration names it.
#[test]
fn the_configuration_names_the_kept_result() {
    let Some(folder) = project() else { return };
    let check = || {
        let mut command = Command::cargo_bin("mandant").unwrap();
        command.current_dir(folder.path()).args(["check", "app/Matching", "--rule", "phonetic/conformance"]).assert()
    };
    verify(folder.path(), &["NameCode", "--save", "kept.json"]).assert().code(1).stdout(contains("name it as `verified`"));
    check().code(0).stdout(contains("not run[phonetic/conformance]"));
    std::fs::write(folder.path().join("mandant.toml"), "[phonetic]\nverified = \"kept.json\"\n").unwrap();
    check().code(1).stdout(contains("phonetic/nonconforming"));
    // Without --save it goes there, too, beside what is there already.
    verify(folder.path(), &["RightCode"]).assert().code(0).stdout(contains("saved in kept.json: check reads it"));
    check().code(1).stdout(contains("2 examined: 1 proven, 0 conditional, 1 violated"));
    assert!(!folder.path().join("mandant-verify.json").exists());
}

#[test]
fn the_usual_mistakes_are_named_with_smallest_inputs() {
    let Some(folder) = project() else { return };
    let output = verify(folder.path(), &["App\\Matching\\NameCode::encode"]).assert().code(1).get_output().stdout.clone();
    let shown = text(&output);
    let rows: Vec<Vec<&str>> =
        shown.lines().map(|line| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()).collect();
    let row = |what: &str| rows.iter().find(|row| row.first() == Some(&what)).unwrap_or_else(|| panic!("{what}\n{shown}"));
    assert_eq!(row("equal codes around a vowel are merged")[2..5], ["BAB", "1", "not 11"]);
    assert_eq!(row("a leading 0 is lost behind H")[2..5], ["HA", "–", "not 0"]);
    assert_eq!(row("C before K, not at the start, is coded 8")[2..5], ["HCK", "84", "not 4"]);
    assert_eq!(row("the 4 of X is not merged with a 4 before it")[2..5], ["GX", "448", "not 48"]);
    assert!(shown.contains(
        "a long name raises an error: encode(a name of 101 characters): Error: Class \"App\\Matching\\Log\" not found"
    ));
    assert!(shown.contains("a similarity is below 0 or above 1: similarity('"), "{shown}");
    assert!(!shown.contains("another deviation"), "{shown}");
    assert!(shown.contains("of 1,685 German surnames (22 %) get a wrong code"), "{shown}");
}

/// The result is kept, and a check reads it as long as the file is the same.
#[test]
fn the_result_is_read_by_check() {
    let Some(folder) = project() else { return };
    let check = |code: i32| {
        let mut command = Command::cargo_bin("mandant").unwrap();
        let output = command
            .current_dir(folder.path())
            .args(["check", "app/Matching", "--rule", "phonetic/conformance", "--proven", "--format", "json"])
            .assert()
            .code(code);
        serde_json::from_str::<serde_json::Value>(&text(&output.get_output().stdout)).unwrap()
    };
    assert_eq!(check(0)["not_run"][0]["question"], "phonetic/conformance");
    verify(folder.path(), &["NameCode"]).assert().code(1);
    verify(folder.path(), &["RightCode"]).assert().code(0).stdout(contains("CONFORMS").and(contains("542 right, 0 wrong")));
    let report = check(1);
    assert_eq!(report["ledger"][0]["violated"], 1);
    assert_eq!(report["ledger"][0]["proven"], 1);
    assert_eq!(report["findings"][0]["rule"], "phonetic/nonconforming");
    assert_eq!(report["findings"][0]["symbol"], "App\\Matching\\NameCode::encode");
    assert_eq!(report["proven"][0]["proof"], "conforms");
    let file = folder.path().join("app/Matching/NameCode.php");
    let changed = std::fs::read_to_string(&file).unwrap() + "\n// mended\n";
    std::fs::write(&file, changed).unwrap();
    let report = check(0);
    assert_eq!(report["ledger"][0]["violated"], 0);
    std::fs::write(folder.path().join("mandant-verify.json"), "{}").unwrap();
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.current_dir(folder.path()).arg("check").assert().code(2).stderr(contains("is no saved result"));
}

#[test]
fn every_format_of_a_report_can_be_written() {
    let Some(folder) = project() else { return };
    for format in ["pretty", "concise", "json", "sarif", "github"] {
        let output = verify(folder.path(), &["NameCode", "--no-save", "--format", format]).assert().code(1).get_output().clone();
        assert!(text(&output.stdout).contains("nonconforming"), "{format}: {}", text(&output.stdout));
    }
    verify(folder.path(), &["NameCode", "--no-save", "--output", "sarif=x.sarif"])
        .assert()
        .code(1)
        .stdout(contains("NOT CONFORMING"));
    assert!(std::fs::read_to_string(folder.path().join("x.sarif")).unwrap().contains("phonetic/nonconforming"));
    assert!(!folder.path().join("mandant-verify.json").exists());
}

#[test]
fn code_that_does_not_want_to_be_run_is_told_and_leaves_nothing() {
    let Some(folder) = project() else { return };
    let told = |class: &str, code: i32, words: &str| {
        let output =
            verify(folder.path(), &[class, "--no-save", "--time-limit", "4", "--memory-limit", "128"]).assert().code(code);
        let output = output.get_output();
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(all.contains(words), "{class}: {all}");
        let left: Vec<_> = std::fs::read_dir(folder.path().join("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{class} left {left:?}");
    };
    told("Loops", 3, "`App\\Hostile\\Loops::encode` did not end within 4 s in encode(''): PHP was stopped");
    told("Exits", 3, "`App\\Hostile\\Exits::encode` calls exit() in encode('CH')");
    told("Fatal", 3, "ends PHP with a fatal error in encode(''): Allowed memory size");
    told("Floods", 3, "`App\\Hostile\\Floods::encode` prints without end: PHP was stopped");
    told("Parentless", 3, "cannot be loaded: Error: Class \"App\\Hostile\\Missing\" not found");
    told("Kills", 1, "Call to undefined function");
    told("Spawns", 1, "Call to undefined function");
    told("Typed", 1, "array  not 015");
    // What the code prints, in the driver's form, too, is no answer.
    told("Noisy", 0, "the encoder printed");
    told("Noisy::encod", 2, "`App\\Hostile\\Noisy` has no method `encod`");
    told("App\\Hostile\\Nowhere", 2, "No file of this project declares a class");
}

#[test]
fn without_php_there_is_a_way_out() {
    let Some(folder) = project() else { return };
    verify(folder.path(), &["NameCode", "--php", "no-such-php"]).assert().code(2).stderr(
        contains("There is no program `no-such-php`").and(contains("vectors --format phpunit --class 'App\\Matching\\NameCode'")),
    );
}
