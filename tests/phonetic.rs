//! `mandant phonetic` as a user runs it, and the table of wrong encoders in the documents.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, reason = "tests lay out files and read them")]

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty, starts_with};

fn phonetic(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.arg("phonetic").args(arguments);
    command
}

fn printed(arguments: &[&str]) -> String {
    let output = phonetic(arguments).assert().success().stderr(is_empty()).get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

#[test]
fn codes_of_names() {
    assert_eq!(printed(&["encode", "Müller-Lüdenscheidt"]), "65752682\n");
    assert_eq!(printed(&["encode", "Heinz Classen", "Hoffmann"]), "068 4586\n0366\n");
    assert_eq!(printed(&["encode", "Ott", "--format", "tsv"]), "name\tcode\nOtt\t02\n");
    let json: serde_json::Value = serde_json::from_str(&printed(&["encode", "O\"x", "42", "--format", "json"])).unwrap();
    assert_eq!(json, serde_json::json!([{"name": "O\"x", "code": "048"}, {"name": "42", "code": ""}]));
}

#[test]
fn names_from_standard_input() {
    let coded = |input: &[u8]| phonetic(&["encode", "-"]).write_stdin(input).assert();
    coded("Müller\n42\n\nBecker\r\nHans".as_bytes()).code(0).stdout("657\n\n\n147\n068\n");
    coded(b"").code(0).stdout("");
    coded(b"Ott\nM\xfcller\n").code(2).stdout("02\n").stderr(starts_with("error: Line 2 of standard input is not UTF-8"));
}

#[test]
fn steps_of_a_name() {
    let shown = printed(&["encode", "Müller-Lüdenscheidt", "--steps"]);
    assert_eq!(
        shown,
        "  letters    M  U  L  L  E  R  L  U  D  E  N  S  C  H  E  I  D  T    fold, upper case, other signs out
  1. encode  6  0  5  5  0  7  5  0  2  0  6  8  8  –  0  0  2  2    C behind S or Z is 8; H has no digit
  2. merge   6  0  5     0  7  5  0  2  0  6  8        0     2       equal neighbours become one
  3. drop 0  6     5        7  5     2     6  8              2       0 stays only in front
  65752682
"
    );
    assert_eq!(printed(&["encode", "42", "--steps"]), "  –\n");
}

#[test]
fn two_names() {
    assert_eq!(printed(&["compare", "Meyer", "Maier"]), "same  67  67\n");
    assert_eq!(printed(&["compare", "Meyer", "42"]), "different  67  –\n");
}

#[test]
fn vectors_in_tables() {
    let tsv = printed(&["vectors"]);
    assert!(tsv.starts_with("input\tcode\trule\twhy\n"));
    assert!(tsv.lines().all(|line| line.split('\t').count() == 4));
    assert!(tsv.contains("\nHoffmann\t0366\t"));
    let csv = printed(&["vectors", "--format", "csv"]);
    assert!(csv.starts_with("input,code,rule,why\n") && csv.contains("\nSCA,8,"));
    let json: serde_json::Value = serde_json::from_str(&printed(&["vectors", "--format", "json"])).unwrap();
    assert_eq!(json["vectors"].as_array().unwrap().len(), tsv.lines().count() - 1);
    let full = printed(&["vectors", "--full", "--format", "csv"]);
    assert!(full.lines().count() > 3000);
    assert_eq!(full, printed(&["vectors", "--full", "--format", "csv"]));
    let arguable = printed(&["vectors", "--arguable"]);
    assert!(arguable.starts_with("input\tcode\tother\tpoint\n") && arguable.contains("bißchen\t186\t1846\teszett-as-own-letter"));
    phonetic(&["vectors", "--arguable", "--format", "pest"]).assert().code(2).stderr(contains("take json, csv or tsv"));
    phonetic(&["vectors", "--format", "pest", "--class", "A b"]).assert().code(2).stderr(contains("is no class name"));
}

/// PHP reads what is written for it. `php` is installed by `.ci/run`.
#[test]
fn tests_of_php_are_valid_php() {
    let Some(folder) = with_php() else { return };
    for (format, class) in [("phpunit", "App\\Matching\\NameCode"), ("pest", "\\NameCode")] {
        let file = folder.path().join(format!("{format}.php"));
        std::fs::write(&file, printed(&["vectors", "--format", format, "--class", class])).unwrap();
        let checked = std::process::Command::new("php").arg("-l").arg(&file).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
}

/// A folder, where PHP can be run. Without PHP the test is skipped, with a word; in CI it fails.
fn with_php() -> Option<tempfile::TempDir> {
    if std::process::Command::new("php").arg("-v").output().is_ok() {
        return Some(tempfile::tempdir().unwrap());
    }
    assert!(std::env::var("CI").is_err(), "php is not installed, and CI must have it");
    eprintln!("SKIPPED: php is not installed");
    None
}

/// The document holds what the program prints: run with `MANDANT_BLESS=1` to write it anew.
#[test]
fn the_table_of_wrong_encoders_is_current() {
    let table = printed(&["vectors", "--faults"]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/phonetic.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text.split_once("<!-- table -->\n").unwrap();
    let (shown, tail) = rest.split_once("<!-- end of table -->").unwrap();
    if std::env::var_os("MANDANT_BLESS").is_some() {
        std::fs::write(&path, format!("{head}<!-- table -->\n{table}<!-- end of table -->{tail}")).unwrap();
    } else {
        assert_eq!(shown, table, "MANDANT_BLESS=1 cargo test --test phonetic writes the table anew");
    }
    phonetic(&["vectors", "--faults", "--full"]).assert().code(2).stderr(contains("cannot be used with").and(contains("--full")));
}
