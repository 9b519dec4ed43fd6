//! The program as a user runs it: exit codes, standard output and standard error.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::{contains, is_empty, starts_with};
use tempfile::TempDir;

/// The program in a folder, without what surrounds the test.
fn mandant(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.current_dir(folder).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("app")).unwrap();
    std::fs::write(folder.path().join("composer.json"), "{}").unwrap();
    std::fs::write(folder.path().join("app/A.php"), "<?php\n").unwrap();
    folder
}

#[test]
fn arguments_that_cannot_be_used_exit_with_2() {
    let folder = project();
    let told = |arguments: &[&str], words: &str| {
        mandant(folder.path()).args(arguments).assert().code(2).stdout(is_empty()).stderr(contains(words));
    };
    told(&[], "Usage: mandant");
    told(&["chekc"], "unrecognized subcommand");
    told(&["check", "--formt", "json"], "a similar argument exists");
    told(&["check", "--format", "yaml"], "possible values: pretty");
    told(&["check", "--output", "report.html"], "must be FORMAT=FILE");
    told(&["check", "--output", "yaml=x"], "no format `yaml`; formats: pretty, concise, json");
    told(&["check", "--output", "json=x", "--output", "sarif=x"], "error: Two outputs go to `x`");
    told(&["check", "--quiet", "--verbose"], "cannot be used with");
    told(&["check", "--stdin-path", "app/A.php", "--staged"], "cannot be used with");
    told(&["check", "--threads", "0"], "0 is not in 1..=1024");
    told(&["check", "--today", "soon"], "invalid value");
    told(&["check", "--rule", "tenant/unscoped-querys"], "Did you mean `tenant/unscoped-query`? All ");
    told(
        &["explain", "tenant/unscoped-writ"],
        "error: No rule `tenant/unscoped-writ`. Did you mean `tenant/unscoped-write`? All ",
    );
}

#[test]
fn inputs_that_cannot_be_used_exit_with_2() {
    let folder = project();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "").unwrap();
    let told = |arguments: &[&str], words: &str| {
        mandant(folder.path()).arg("check").args(arguments).assert().code(2).stdout(is_empty()).stderr(starts_with(words));
    };
    told(&["missing"], "error: There is no file or folder `missing`\n");
    told(&["empty"], "error: `empty` holds no PHP file");
    told(&["notes.txt"], "error: `notes.txt` is no PHP file");
    told(&["--config", "none.toml"], "error: There is no file or folder `none.toml`\n");
    told(&["--staged"], "error: `");
    told(&["--stdin-path", "notes.txt"], "error: `notes.txt` is no PHP file");
}

#[test]
fn without_git_its_options_say_so() {
    let folder = project();
    let mut command = mandant(folder.path());
    let told = "error: The command `git` was not found; it is needed for --staged and --diff-base\n";
    command.env("PATH", folder.path()).args(["check", "--staged"]).assert().code(2).stderr(told);
}

#[test]
fn a_configuration_with_mistakes_exits_with_2() {
    let folder = project();
    std::fs::write(folder.path().join("mandant.toml"), "[pii]\nsanitisers = []\n[tenant]\nkey = 1\n").unwrap();
    let both = contains("[mandant.toml:2:1]").and(contains("did you mean `sanitizers`?")).and(contains("`key` in [tenant]"));
    mandant(folder.path()).args(["check", "app"]).assert().code(2).stdout(is_empty()).stderr(both);
    std::fs::write(folder.path().join("good.toml"), "[tenant]\nkey = \"team_id\"\n").unwrap();
    mandant(folder.path()).args(["check", "--config", "good.toml"]).assert().stderr(is_empty());
    let colored = contains("\u{1b}[1;31merror");
    mandant(folder.path()).args(["check", "--color", "always"]).assert().code(2).stderr(colored);
    let mut below = mandant(&folder.path().join("app"));
    below.arg("check").assert().code(2).stderr(contains("[../mandant.toml:2:1]"));
}

#[test]
fn help_and_version_exit_with_0() {
    let folder = project();
    mandant(folder.path()).arg("--version").assert().code(0).stdout(contains("mandant "));
    let told = contains("Exit codes:").and(contains("--today").not());
    mandant(folder.path()).args(["check", "--help"]).assert().code(0).stdout(told).stderr(is_empty());
    mandant(folder.path()).arg("rules").assert().code(0).stdout(contains("tenant/unscoped-query"));
}

#[test]
fn a_pipe_shows_neither_progress_nor_colour() {
    let folder = project();
    mandant(folder.path()).arg("check").assert().stdout(contains("\u{1b}").not()).stderr(is_empty());
}

#[test]
fn standard_input_is_read_as_the_file_it_is_named() {
    let folder = project();
    let config = "[tenant]\nkey = \"team_id\"\nmodels = [\"A\"]\n";
    std::fs::write(folder.path().join("mandant.toml"), config).unwrap();
    let model = "<?php\nclass A extends Illuminate\\Database\\Eloquent\\Model {}\n";
    std::fs::write(folder.path().join("app/A.php"), model).unwrap();
    let told = contains("app/B.php:2:1: warning[tenant/unscoped-query]");
    mandant(folder.path())
        .args(["check", "--stdin-path", "app/B.php"])
        .write_stdin("<?php\nA::where('a', 1)->get();\n")
        .assert()
        .stdout(told)
        .stderr(is_empty());
}

#[test]
fn a_hook_may_run_it_in_a_commit() {
    let folder = project();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        std::process::Command::new("git").current_dir(folder.path()).args(identity).args(arguments).output().unwrap()
    };
    git(&["init", "-q"]);
    let hook = format!("#!/bin/sh\n{} check --staged >out.txt 2>err.txt\nexit 1\n", env!("CARGO_BIN_EXE_mandant"));
    let path = folder.path().join(".git/hooks/pre-commit");
    std::fs::write(&path, hook).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    git(&["add", "composer.json", "app/A.php"]);
    git(&["commit", "-am", "x"]);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("err.txt"), "");
    assert!(read("out.txt").contains("not run[tenant/query]"), "{}", read("out.txt"));
}
