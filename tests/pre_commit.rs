//! The hook as pre-commit runs it: what is staged decides.
//!
//! Where `CI` is set, a missing `pre-commit` fails; elsewhere the test is reported as skipped.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test lays out folders and starts programs"
)]

use std::path::Path;
use std::process::{Command, Output};

const BAD: &str = "<?php

namespace App\\Http\\Controllers;

use App\\Models\\Customer;

class CallController
{
    public function find(string $phone): ?Customer
    {
        return Customer::where('phone', $phone)->first();
    }
}
";

const GOOD: &str = "<?php

namespace App\\Http\\Controllers;

use App\\Models\\Customer;
use Illuminate\\Support\\Facades\\Auth;

class CallController
{
    public function find(string $phone): ?Customer
    {
        return Customer::where('company_id', Auth::user()->company_id)->where('phone', $phone)->first();
    }
}
";

const MODEL: &str = "<?php

namespace App\\Models;

use Illuminate\\Database\\Eloquent\\Model;

class Customer extends Model
{
    protected $fillable = ['company_id', 'phone'];
}
";

/// A program in a folder, with an environment that git and pre-commit do not read the user's settings from.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_mandant")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let paths = std::iter::once(binary.to_owned()).chain(std::env::split_paths(&path));
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("PATH", std::env::join_paths(paths).unwrap())
        .env("PRE_COMMIT_HOME", folder.join("../cache"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap()
}

fn done(folder: &Path, program: &str, arguments: &[&str]) {
    let output = run(folder, program, arguments);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn commit(folder: &Path) -> (bool, String) {
    let output = run(folder, "git", &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-m", "x"]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), told)
}

/// The hook as the repository declares it, run by the program that this build made: a pre-commit that builds the
/// crate anew would take minutes.
fn local_hook() -> String {
    let declared = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    assert!(declared.contains("language: rust"), "{declared}");
    let hook = declared.replace("language: rust", "language: system");
    let indented: Vec<String> = hook.lines().map(|line| format!("      {line}")).collect();
    format!("repos:\n  - repo: local\n    hooks:\n{}\n", indented.join("\n"))
}

#[test]
fn what_is_staged_decides() {
    if Command::new("pre-commit").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "pre-commit is not installed");
        eprintln!("SKIPPED: pre-commit is not installed");
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("project");
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let controller = "app/Http/Controllers/CallController.php";
    write("composer.json", "{\"require\": {\"laravel/framework\": \"^11.0\"}}");
    write("mandant.toml", "[tenant]\nkey = \"company_id\"\nmodels = [\"App\\\\Models\\\\Customer\"]\n");
    write(".pre-commit-config.yaml", &local_hook());
    write("app/Models/Customer.php", MODEL);
    write(controller, BAD);
    done(&folder, "git", &["init", "-q"]);
    done(&folder, "pre-commit", &["install"]);
    done(&folder, "git", &["add", "."]);

    let (passed, told) = commit(&folder);
    assert!(!passed && told.contains("tenant/unscoped-query"), "a bad query is refused:\n{told}");

    // Mended in the work tree, and not staged: the index still holds the bad query.
    write(controller, GOOD);
    let (passed, told) = commit(&folder);
    assert!(!passed && told.contains("tenant/unscoped-query"), "what is not staged does not count:\n{told}");

    done(&folder, "git", &["add", "."]);
    // And the other way round: a bad work tree does not matter where the index is clean.
    write(controller, BAD);
    let (passed, told) = commit(&folder);
    assert!(passed, "a clean index passes:\n{told}");
}
