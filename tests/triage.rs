//! Suppressions and comparisons, through the program.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "[tenant]\nkey = \"company_id\"\nmodels = [\"App\\\\Models\\\\Customer\"]\n";
const MODEL: &str = "<?php\nnamespace App\\Models;\nuse Illuminate\\Database\\Eloquent\\Model;\nclass Customer extends Model { protected $fillable = ['company_id', 'name', 'phone']; }\n";
const RULE: &str = "tenant/unscoped-query";

struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("composer.json", "{}");
        project.write("mandant.toml", CONFIG);
        project.write("app/Models/Customer.php", MODEL);
        project
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::cargo_bin("mandant").unwrap();
        command.current_dir(self.0.path()).env_clear().args(["check", "--today", "2027-01-15"]);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        let output = command.args(arguments).output().unwrap();
        assert!(!matches!(output.status.code(), Some(2) | None), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, text) = self.run(&[&["--format", "json"], arguments].concat());
        (code, serde_json::from_str(&text).unwrap())
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let folder: &Path = self.0.path();
        assert!(
            std::process::Command::new("git")
                .arg("-C")
                .arg(folder)
                .args(identity)
                .args(arguments)
                .output()
                .unwrap()
                .status
                .success()
        );
    }
}

/// Three queries; the comments go above the class, the method, the statement and behind its line.
fn code(class: &str, method: &str, statement: &str, line: &str) -> String {
    format!(
        "<?php\nnamespace App;\nuse App\\Models\\Customer;\n{class}\nclass Finder\n{{\n    {method}\n    public function find($p)\n    {{\n        {statement}\n        \
         $a = Customer::where('phone', $p)->first(); {line}\n        $b = Customer::where('name', $p)->first();\n        return [$a, $b];\n    }}\n    \
         public function other($p)\n    {{\n        return Customer::where('name', $p)->first();\n    }}\n}}\n"
    )
}

fn statuses(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["status"].as_str().unwrap()).collect()
}

#[test]
fn a_comment_covers_what_it_stands_at() {
    let ignore = format!("// mandant-ignore {RULE}: seen by the data officer (anna, until 2027-01-31)");
    for (name, text, expected, exit) in [
        ("none", code("", "", "", ""), ["open", "open", "open"], 1),
        ("line", code("", "", "", &ignore), ["suppressed", "open", "open"], 1),
        ("statement", code("", "", &ignore, ""), ["suppressed", "open", "open"], 1),
        ("method", code("", &ignore, "", ""), ["suppressed", "suppressed", "open"], 1),
        ("class", code(&ignore, "", "", ""), ["suppressed"; 3], 0),
    ] {
        let project = Project::new();
        project.write("app/Finder.php", &text);
        let (code, report) = project.json(&[]);
        assert_eq!((statuses(&report), code), (expected.to_vec(), exit), "{name}");
        let count = expected.iter().filter(|status| **status == "suppressed").count();
        assert_eq!(report["ledger"][0]["suppressed"], count, "{name}");
        if count > 0 {
            let row = &report["suppressions"][0];
            assert_eq!(
                (&row["owner"], &row["until"], &row["matches"]),
                (&"anna".into(), &"2027-01-31".into(), &count.into()),
                "{name}"
            );
        }
    }
}

#[test]
fn what_is_expired_without_reason_or_of_another_rule_covers_nothing() {
    for comment in [
        format!("// mandant-ignore {RULE}: it was once (anna, until 2027-01-14)"),
        format!("// mandant-ignore {RULE}"),
        format!("// mandant-ignore {RULE}:"),
        format!("// mandant-ignore {RULE}: (anna)"),
        "// mandant-ignore tenant/or-escapes-scope: another rule".to_owned(),
        "// mandant-ignore: no rule".to_owned(),
    ] {
        let project = Project::new();
        project.write("app/Finder.php", &code(&comment, "", "", ""));
        let (code, report) = project.json(&[]);
        assert_eq!((statuses(&report), code), (vec!["open"; 3], 1), "{comment}");
    }
}

#[test]
fn a_question_covers_its_undetermined_sites() {
    let project = Project::new();
    let text =
        |comment: &str| format!("<?php\n{comment}\nfunction f($any) {{\n    return $any->whereHas('x')->paginate();\n}}\n");
    project.write("app/X.php", &text(""));
    assert_eq!(project.run(&["--fail-on-undetermined"]).0, 1);
    project.write("app/X.php", &text("// mandant-ignore tenant/query: the caller names its own tables"));
    let (code, report) = project.json(&["--fail-on-undetermined"]);
    assert_eq!((code, &report["ledger"][0]["suppressed"], &report["ledger"][0]["undetermined"]), (0, &1.into(), &1.into()));
}

#[test]
fn the_configuration_covers_paths_and_sarif_says_so() {
    let project = Project::new();
    project.write("app/Exports/Finder.php", &code("", "", "", ""));
    let entry = format!(
        "{CONFIG}[[suppress]]\nrule = \"{RULE}\"\npath = \"app/Exports/**\"\nreason = \"nightly export\"\nowner = \"platform\"\n"
    );
    project.write("mandant.toml", &entry);
    let (code, text) = project.run(&["--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!((code, results.len()), (0, 3));
    for result in results {
        assert_eq!(result["suppressions"][0]["kind"], "external");
        assert_eq!(result["suppressions"][0]["justification"], "nightly export");
    }
    project.write("mandant.toml", &entry.replace("Exports", "Imports"));
    assert_eq!(project.run(&[]).0, 1);
}

#[test]
fn only_what_is_new_counts_against_a_base() {
    let project = Project::new();
    project.write("app/Finder.php", &code("", "", "", ""));
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    project.git(&["commit", "-qm", "x"]);
    let (code_, report) = project.json(&["--diff-base", "HEAD"]);
    assert_eq!((statuses(&report), code_), (vec!["baselined"; 3], 0));
    // Moved, not new.
    project.write("app/Finder.php", &code("// moved\n\n", "", "", ""));
    assert_eq!(project.run(&["--diff-base", "HEAD"]).0, 0);
    project.write(
        "app/More.php",
        "<?php\nuse App\\Models\\Customer;\nfunction more($p) { return Customer::where('phone', $p)->first(); }\n",
    );
    let (code_, report) = project.json(&["--diff-base", "HEAD"]);
    assert_eq!((statuses(&report), code_), (vec!["baselined", "baselined", "baselined", "open"], 1));
}

#[test]
fn an_escalation_is_new() {
    let project = Project::new();
    project.write("app/Finder.php", &code("", "", "", ""));
    project.write("mandant.toml", &format!("{CONFIG}[rules]\n\"{RULE}\" = \"note\"\n"));
    project.git(&["init", "-q"]);
    project.git(&["add", "-A"]);
    project.git(&["commit", "-qm", "x"]);
    assert_eq!(project.run(&["--diff-base", "HEAD"]).0, 0);
    project.write("mandant.toml", CONFIG);
    assert_eq!(project.run(&["--diff-base", "HEAD"]).0, 1);
}
