//! Every case of `fixtures/migrations` gives what a real Laravel on a real server gave.
//!
//! `expected.json` beside each case holds what they did. The evaluator is held against it always; the oracle itself is run again where
//! it is installed, with Debian's Laravel for the cases that this one runs in the same way, or with the sources that
//! `MANDANT_LARAVEL` names for all of them. `MANDANT_RECORD=1` writes what the oracle did.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests start programs and read folders"
)]

#[path = "support/database.rs"]
mod database;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

/// Where Debian's packages put the framework.
const DEBIAN: &str = "/usr/share/php";

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/migrations/cases");
    let mut cases: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 150, "cases are missing");
    cases
}

/// What the evaluator says, in the form of the oracle.
fn evaluated(case: &Path) -> Value {
    let own = case.join("snapshot.sql").exists();
    let snapshot = if own { "snapshot.sql" } else { "../../base.sql" };
    let mut command = Command::new(env!("CARGO_BIN_EXE_mandant"));
    command.current_dir(case).args([
        "schema",
        "--snapshot",
        snapshot,
        "--migrations",
        "migrations",
        "--after",
        "--format",
        "json",
    ]);
    if case.join("snapshot_other.sql").exists() {
        command.args(["--connection", "other=snapshot_other.sql"]);
    }
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{}: {error}\n{}", case.display(), String::from_utf8_lossy(&output.stderr)));
    let migrations: Map<String, Value> = report["migrations"].as_array().unwrap().iter().map(verdict).collect();
    json!({ "migrations": migrations, "after": indexes(&report["after"]), "foreign_keys": foreign_keys(&report["foreign_keys_after"]) })
}

fn verdict(migration: &Value) -> (String, Value) {
    let file = migration["file"].as_str().unwrap().to_owned();
    let mut verdict = json!({ "status": migration["status"] });
    if migration["status"] == "fails" {
        verdict["errno"] = migration["error"]["errno"].clone();
        verdict["sqlstate"] = migration["error"]["sqlstate"].clone();
    }
    (file, verdict)
}

fn indexes(tables: &Value) -> Value {
    let column = |index: &Value, place: usize| {
        let length = index["prefix_lengths"][place].as_u64().map(|length| format!("({length})")).unwrap_or_default();
        let descending = if index["desc"][place] == true { " desc" } else { "" };
        format!("{}{length}{descending}", index["columns"][place].as_str().unwrap())
    };
    let mut found: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (table, rows) in tables.as_object().unwrap() {
        for index in rows.as_array().unwrap() {
            let columns: Vec<String> =
                (0..index["columns"].as_array().unwrap().len()).map(|place| column(index, place)).collect();
            let row = json!({ "unique": index["unique"], "type": index["type"], "columns": columns });
            found.entry(table.clone()).or_default().insert(index["name"].as_str().unwrap().to_owned(), row);
        }
    }
    json!(found)
}

fn foreign_keys(tables: &Value) -> Value {
    let mut found: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (table, rows) in tables.as_object().unwrap() {
        for key in rows.as_array().unwrap() {
            let row = json!({ "columns": key["columns"], "references": key["references"], "ref_columns": key["ref_columns"] });
            found.entry(table.clone()).or_default().insert(key["name"].as_str().unwrap().to_owned(), row);
        }
    }
    json!(found)
}

/// The oracle's answer in the same form: the class of an exception of PHP is not compared.
fn normal(answer: &Value) -> Value {
    let mut migrations = Map::new();
    for (file, verdict) in answer["migrations"].as_object().into_iter().flatten() {
        let mut row = json!({ "status": verdict["status"] });
        if verdict["status"] == "fails" {
            row["errno"] = verdict["errno"].clone();
            row["sqlstate"] = verdict["sqlstate"].clone();
        }
        migrations.insert(file.clone(), row);
    }
    let object = |name: &str| if answer[name].is_object() { answer[name].clone() } else { json!({}) };
    json!({ "migrations": migrations, "after": object("after"), "foreign_keys": object("foreign_keys") })
}

fn recorded(case: &Path) -> Value {
    let text = fs::read_to_string(case.join("expected.json"));
    serde_json::from_str(&text.unwrap_or_else(|_| panic!("{} has no expected.json", case.display()))).unwrap()
}

/// Runs cases through a framework.
fn oracle(server: &database::Server, framework: &str, cases: &[PathBuf]) -> BTreeMap<PathBuf, Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/migrate.php");
    let output = Command::new("php").arg(script).arg(server.socket()).arg(framework).args(cases).output().unwrap();
    let answers: BTreeMap<PathBuf, Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
    answers
}

#[test]
fn the_evaluator_agrees_with_what_the_server_did() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (own, expected) = (evaluated(&case), normal(&recorded(&case)));
        if own != expected {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            wrong.push(format!("{name}\n  evaluated {own}\n  recorded  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_recorded_is_what_the_server_does() {
    let has_php = Command::new("php").args(["-r", "exit(extension_loaded('pdo_mysql') ? 0 : 1);"]).status();
    let framework = std::env::var("MANDANT_LARAVEL").ok();
    let has_framework = framework.is_some() || Path::new(DEBIAN).join("Illuminate/Database").is_dir();
    if !has_php.is_ok_and(|status| status.success()) || !has_framework {
        assert!(!database::is_required(), "php with pdo_mysql or Laravel is not installed");
        eprintln!("SKIPPED: php with pdo_mysql or Laravel is not installed");
        return;
    }
    let Some(server) = database::Server::start() else { return };
    if std::env::var_os("MANDANT_RECORD").is_some() {
        record(&server, framework.as_deref().unwrap());
        return;
    }
    let chosen: Vec<PathBuf> =
        cases().into_iter().filter(|case| framework.is_some() || recorded(case)["debian"] == true).collect();
    assert!(chosen.len() >= 100, "too few cases for this framework");
    let answers = oracle(&server, framework.as_deref().unwrap_or(DEBIAN), &chosen);
    let differs = |case: &&PathBuf| normal(&answers[*case]) != normal(&recorded(case));
    let wrong: Vec<String> = chosen.iter().filter(differs).map(|case| format!("{}: {}", case.display(), answers[case])).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), chosen.len(), wrong.join("\n"));
}

/// Writes what a framework did, and whether Debian's does the same.
fn record(server: &database::Server, framework: &str) {
    let cases = cases();
    let (answers, debian) = (oracle(server, framework, &cases), oracle(server, DEBIAN, &cases));
    for case in &cases {
        let mut answer = answers[case].clone();
        assert!(answer["broken"].is_null(), "{}: {}", case.display(), answer["broken"]);
        answer["debian"] = json!(normal(&answer) == normal(&debian[case]));
        let text = serde_json::to_string_pretty(&answer).unwrap();
        fs::write(case.join("expected.json"), text + "\n").unwrap();
    }
}
