//! JSON and SARIF keep their contracts, and the ledger is the same everywhere.

use serde_json::Value;

use super::*;

fn parsed(format: Format, options: &ReportOptions) -> Value {
    serde_json::from_str(&said(format, options)).unwrap()
}

#[test]
fn the_ledger_adds_up_in_every_format() {
    let json = parsed(Format::Json, &options());
    let sarif = parsed(Format::Sarif, &options());
    assert_eq!(json["ledger"], sarif["runs"][0]["properties"]["ledger"]);
    let pretty = said(Format::Pretty, &options()).replace(',', "");
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
    let keys = ["examined", "proven", "conditional", "violated", "undetermined", "suppressed", "baselined"];
    let mut total = [0; 7];
    for row in json["ledger"].as_array().unwrap() {
        let numbers: Vec<u64> = keys.iter().map(|key| number(row, key)).collect();
        assert_eq!(numbers[0], numbers[1..5].iter().sum::<u64>());
        let question = row["question"].as_str().unwrap();
        assert!(table_row(&pretty, question) == numbers, "{question}");
        for (sum, number) in total.iter_mut().zip(numbers) {
            *sum += number;
        }
    }
    assert_eq!(table_row(&pretty, "all"), total);
}

fn table_row(text: &str, question: &str) -> Vec<u64> {
    let starts = |line: &&str| line.strip_prefix(question).is_some_and(|rest| rest.starts_with("  "));
    let line = text.lines().find(starts).unwrap();
    line[question.len()..].split_whitespace().map(|number| number.parse().unwrap()).collect()
}

#[test]
fn json_has_the_keys_of_the_contract() {
    let report = parsed(Format::Json, &ReportOptions { proven: true, ..options() });
    let has = |value: &Value, keys: &[&str]| {
        for key in keys {
            assert!(value.get(key).is_some(), "{key}");
        }
    };
    has(
        &report,
        &[
            "schema_version",
            "tool",
            "project",
            "complete",
            "inferred",
            "ledger",
            "findings",
            "not_run",
            "undetermined",
            "proven",
            "unresolved_calls",
            "inventory",
            "suppressions",
            "skipped",
            "unparsed",
        ],
    );
    has(&report["tool"], &["name", "version", "rules_hash"]);
    has(&report["project"], &["root", "laravel", "php", "commit", "tree", "config_hash"]);
    has(
        &report["findings"][0],
        &[
            "question",
            "rule",
            "verdict",
            "severity",
            "confidence",
            "status",
            "root",
            "assumption",
            "message",
            "path",
            "start",
            "end",
            "symbol",
            "subject",
            "fingerprint",
            "evidence",
            "specs",
            "controls",
            "cwe",
            "help",
        ],
    );
    has(&report["findings"][0]["evidence"][0], &["role", "path", "line", "column", "note"]);
    has(&report["undetermined"][0], &["question", "path", "start", "end", "symbol", "subject", "fingerprint", "reason"]);
    has(&report["proven"][0], &["question", "path", "start", "end", "symbol", "subject", "fingerprint", "proof", "note"]);
    has(&report["suppressions"][0], &["rule", "path", "reason", "owner", "until", "matches"]);
    assert_eq!(parsed(Format::Json, &options()).get("proven"), None);
}

#[test]
fn hidden_findings_are_in_no_list() {
    let json = parsed(Format::Json, &options());
    assert!(json["findings"].as_array().unwrap().iter().all(|finding| finding["fingerprint"] != "1:0000000000000006"));
    let sarif = parsed(Format::Sarif, &options());
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["partialFingerprints"]["mandant/v1"] != "0000000000000006"));
}

#[test]
fn sarif_results() {
    let sarif = parsed(Format::Sarif, &ReportOptions { proven: true, ..options() });
    insta::assert_snapshot!(serde_json::to_string_pretty(&sarif["runs"][0]["results"]).unwrap());
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    // Every rule, and the pseudo-rules for what is no finding.
    assert!(rules.len() > crate::catalog::Catalogue::load().rules().len());
    insta::assert_snapshot!("sarif_rule", serde_json::to_string_pretty(&rules[1]).unwrap());
}

/// The schema that the crate `serde-sarif` carries.
#[expect(clippy::disallowed_methods, reason = "cargo knows where the crate lies")]
fn schema() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = std::process::Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest])
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").unwrap();
    let folder = std::path::Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap();
    let schema = std::fs::read_to_string(folder.join("src/schema.json")).unwrap();
    // A bracket too many in the pattern of language tags is no regular expression.
    serde_json::from_str(&schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap()
}

#[test]
fn sarif_is_valid() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let workspace = workspace();
    let hostile = super::hostile::hostile();
    for (workspace, report) in [
        (&workspace, report(&workspace)),
        (&workspace, incomplete(&workspace)),
        (&hostile, super::hostile::hostile_report(&hostile)),
    ] {
        let options = ReportOptions { proven: true, rule_pages: Some("https://example.org".to_owned()), ..options() };
        let document: Value = serde_json::from_str(&written(Format::Sarif, &report, workspace, &options)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
        let invocation = &document["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], report.is_complete());
    }
}

#[test]
fn json_is_valid() {
    let validator = jsonschema::validator_for(&serde_json::from_str(JSON_SCHEMA).unwrap()).unwrap();
    let workspace = workspace();
    let hostile = super::hostile::hostile();
    for (workspace, report) in [
        (&workspace, report(&workspace)),
        (&workspace, incomplete(&workspace)),
        (&hostile, super::hostile::hostile_report(&hostile)),
    ] {
        let options = ReportOptions { proven: true, ..options() };
        let document: Value = serde_json::from_str(&written(Format::Json, &report, workspace, &options)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}
