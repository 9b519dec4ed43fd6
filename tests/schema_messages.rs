//! What `mandant schema` and `mandant check` say of snapshots and migrations that are not as they should be.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const HEAD: &str = "-- MariaDB dump 10.19\n-- Server version\t10.11.14-MariaDB\n/*!40101 SET NAMES utf8mb4 */;\n";
const TABLE: &str = "CREATE TABLE `users` (`id` bigint unsigned NOT NULL, `email` varchar(255), PRIMARY KEY (`id`), KEY `users_email` (`email`));\n";
const ROWS: &str = "CREATE TABLE `migrations` (`id` int, `migration` varchar(255), `batch` int);\n\
    INSERT INTO `migrations` VALUES (1,'2026_01_01_000000_create_users',1);\n";
const END: &str = "-- Dump completed on 2026-11-23\n";

/// A project with one migration, which works.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("database/migrations")).unwrap();
    fs::write(folder.path().join("composer.json"), "{}").unwrap();
    migration(folder.path(), "2026_02_01_000000_change", &class("return new class", "level"));
    folder
}

/// A class that adds a column.
fn class(start: &str, column: &str) -> String {
    format!(
        "<?php\n\nuse Illuminate\\Database\\Migrations\\Migration;\nuse Illuminate\\Support\\Facades\\Schema;\n\n{start} extends Migration\n{{\n    \
         public function up()\n    {{\n        Schema::table('users', fn ($table) => $table->string('{column}')->nullable());\n    }}\n\n    \
         public function down()\n    {{\n        Schema::dropColumns('users', '{column}');\n    }}\n}}{}\n",
        if start.starts_with("return") { ";" } else { "" }
    )
}

fn migration(folder: &Path, name: &str, code: &str) {
    fs::write(folder.join(format!("database/migrations/{name}.php")), code).unwrap();
}

/// Exit code and standard output.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.current_dir(folder).env_clear().args(arguments);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text)
}

fn both(folder: &Path, snapshots: &[&str]) -> [(i32, String); 2] {
    let named: Vec<&str> = snapshots.iter().flat_map(|name| ["--snapshot", name]).collect();
    let check = ["check", "--rule", "migration/", "--format", "pretty"];
    [run(folder, &[&["schema"][..], &named].concat()), run(folder, &[&check[..], &named].concat())]
}

/// Both commands tell it; `wanted` are their exit codes.
fn assert_told(folder: &Path, snapshots: &[&str], wanted: [i32; 2], words: &str) {
    for ((code, text), wanted) in both(folder, snapshots).into_iter().zip(wanted) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(code == wanted && text.contains(words), "exit {code}, wanted {wanted} and `{words}`:\n{text}");
    }
}

#[test]
fn a_whole_dump_is_no_reason_to_complain() {
    let folder = project();
    fs::write(folder.path().join("whole.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    for (code, text) in both(folder.path(), &["whole.sql"]) {
        assert_eq!(code, 0, "{text}");
    }
    let (_, text) = run(folder.path(), &["check", "--rule", "migration/", "--format", "pretty", "--snapshot", "whole.sql"]);
    assert!(text.contains("snapshot whole.sql: 0 of 1 migration") || text.contains("1 pending"), "{text}");
}

#[test]
fn a_cut_dump_makes_the_run_incomplete() {
    let folder = project();
    fs::write(folder.path().join("cut.sql"), format!("{HEAD}{TABLE}{ROWS}")).unwrap();
    assert_told(folder.path(), &["cut.sql"], [3, 3], "the dump is cut off: it lacks its end");
    // Nothing says which migrations have run: `schema` does as artisan would, `check` predicts nothing.
    fs::write(folder.path().join("empty.sql"), "").unwrap();
    assert_told(folder.path(), &["empty.sql"], [1, 3], "the dump is cut off: it lacks its end");
}

#[test]
fn a_file_of_the_wrong_encoding_is_named() {
    let folder = project();
    let text = format!("{HEAD}{TABLE}{ROWS}{END}");
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("wide.sql"), wide).unwrap();
    assert_told(folder.path(), &["wide.sql"], [1, 3], "the file is UTF-16");
    let mut latin = text.replace(END, "").into_bytes();
    latin.extend_from_slice(b"ALTER TABLE `users` COMMENT 'gr\xfcn';\n");
    latin.extend_from_slice(END.as_bytes());
    fs::write(folder.path().join("latin.sql"), latin).unwrap();
    for (code, text) in both(folder.path(), &["latin.sql"]) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(code == 0 && text.contains("read as Latin-1"), "exit {code}:\n{text}");
    }
}

#[test]
fn snapshots_that_disagree_are_told() {
    let folder = project();
    fs::write(folder.path().join("a.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    fs::write(folder.path().join("b.sql"), format!("{HEAD}{}{ROWS}{END}", TABLE.replace("users_email", "email_index"))).unwrap();
    assert_told(
        folder.path(),
        &["a.sql", "b.sql"],
        [3, 3],
        "the snapshots disagree on users.email_index: a.sql counts, not b.sql",
    );
    fs::copy(folder.path().join("a.sql"), folder.path().join("c.sql")).unwrap();
    for (code, text) in both(folder.path(), &["a.sql", "c.sql"]) {
        assert!(code == 0 && !text.contains("disagree"), "exit {code}:\n{text}");
    }
}

#[test]
fn a_migration_that_does_not_parse_fails() {
    let folder = project();
    fs::write(folder.path().join("a.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    migration(
        folder.path(),
        "2026_03_01_000000_broken",
        &class("return new class", "rank").replace("->nullable());", "->nullable("),
    );
    for (code, text) in both(folder.path(), &["a.sql"]) {
        assert!(code == 1 && text.contains("the file has a syntax error"), "exit {code}:\n{text}");
    }
}

#[test]
fn a_class_that_is_declared_twice_fails() {
    let folder = project();
    fs::write(folder.path().join("a.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    migration(folder.path(), "2026_03_01_000000_add_rank", &class("class AddRank", "rank"));
    migration(folder.path(), "2026_03_02_000000_add_rank", &class("class AddRank", "rank_again"));
    for (code, text) in both(folder.path(), &["a.sql"]) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = "Cannot declare class AddRank, because the name is already in use: database/migrations/2026_03_01_000000_add_rank.php";
        assert!(code == 1 && text.contains(words), "exit {code}:\n{text}");
    }
}

#[test]
fn a_migration_that_declines_is_not_run() {
    let folder = project();
    fs::write(folder.path().join("a.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    // Run, each of the first two would add a column that is there.
    let declines = |condition: &str, column: &str| {
        let asks = format!(
            "{{\n    public function shouldRun(): bool\n    {{\n        return {condition};\n    }}\n\n    public function up()"
        );
        class("return new class", column).replacen("{\n    public function up()", &asks, 1)
    };
    migration(folder.path(), "2026_03_01_000000_never", &declines("false", "email"));
    migration(folder.path(), "2026_03_02_000000_unless", &declines("! Schema::hasColumn('users', 'email')", "email"));
    migration(folder.path(), "2026_03_03_000000_then", &declines("Schema::hasColumn('users', 'level')", "rank"));
    let statuses = |version: &str| {
        let manifest = format!("{{\"require\": {{\"laravel/framework\": \"{version}\"}}}}");
        fs::write(folder.path().join("composer.json"), manifest).unwrap();
        let (code, text) = run(folder.path(), &["schema", "--snapshot", "a.sql", "--format", "json"]);
        let report: Value = serde_json::from_str(&text).unwrap();
        let of = |migration: &Value| migration["status"].as_str().unwrap().to_owned();
        (code, report["migrations"].as_array().unwrap().iter().map(of).collect::<Vec<_>>())
    };
    assert_eq!(statuses("^12.0"), (0, ["ok", "ok", "ok", "ok"].map(str::to_owned).to_vec()));
    // Before that version nobody asks.
    assert_eq!(statuses("^11.0"), (1, ["ok", "fails", "fails", "ok"].map(str::to_owned).to_vec()));
}

#[test]
fn migrations_that_collide_name_each_other() {
    let folder = project();
    fs::write(folder.path().join("a.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    migration(folder.path(), "2026_03_01_000000_again", &class("return new class", "level"));
    let (code, text) = run(folder.path(), &["schema", "--snapshot", "a.sql", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let of = |place: usize| report["migrations"][place]["collides_with"][0].as_str().unwrap().to_owned();
    assert_eq!((code, of(0), of(1)), (1, "2026_03_01_000000_again.php".to_owned(), "2026_02_01_000000_change.php".to_owned()));
}

#[test]
fn a_snapshot_is_found_by_convention_and_by_configuration() {
    let folder = project();
    let check = ["check", "--rule", "migration/", "--format", "pretty"];
    let told = |words: &str| {
        let (_, text) = run(folder.path(), &check);
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(words), "wanted `{words}`:\n{text}");
    };
    told("no snapshot: the 1 migration, from the first on, are the schema");
    fs::create_dir(folder.path().join("database/schema")).unwrap();
    fs::write(folder.path().join("database/schema/mysql-schema.sql"), format!("{HEAD}{TABLE}{ROWS}{END}")).unwrap();
    told("snapshot database/schema/mysql-schema.sql");
    fs::write(folder.path().join("dump.sql"), format!("{HEAD}{TABLE}{END}")).unwrap();
    fs::write(folder.path().join("mandant.toml"), "[migration]\nsnapshot = \"dump.sql\"\n").unwrap();
    told("snapshot dump.sql, without rows of the migrations table");
    let (code, text) = run(folder.path(), &[&check[..], &["--snapshot", "none.sql"]].concat());
    assert!(code == 2 && text.contains("none.sql"), "exit {code}:\n{text}");
}

#[test]
fn folders_for_single_tenants_are_left_out_and_told() {
    let folder = project();
    fs::create_dir(folder.path().join("database/migrations/tenant")).unwrap();
    migration(folder.path(), "tenant/2026_01_01_000000_create_things", &class("return new class", "thing"));
    let (_, text) = run(folder.path(), &["check", "--rule", "migration/", "--format", "pretty", "--verbose"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("`mandant schema --migrations database/migrations/tenant` evaluates it"), "{text}");
}

#[test]
fn without_migrations_the_question_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("composer.json"), "{}").unwrap();
    fs::write(folder.path().join("index.php"), "<?php\n").unwrap();
    let (code, text) = run(folder.path(), &["check", "--rule", "migration/", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, report["not_run"][0]["question"].as_str()), (0, Some("migration/operation")));
    assert_eq!(report["ledger"], Value::Array(Vec::new()));
}
