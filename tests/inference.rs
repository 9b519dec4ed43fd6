//! Which column separates tenants, where nothing but the tables' columns says so.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// The tenant key that is inferred for tables with these columns.
fn inferred(tables: &[(&str, &[&str])], code: &str) -> Option<String> {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: String| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let columns = |columns: &[&str]| -> String {
        columns.iter().map(|column| format!("$table->unsignedBigInteger('{column}');\n")).collect::<Vec<_>>().concat()
    };
    let created: Vec<String> = tables
        .iter()
        .map(|(table, names)| {
            format!("Schema::create('{table}', function (Blueprint $table) {{ $table->id();\n{} }});\n", columns(names))
        })
        .collect();
    write("composer.json", "{}".to_owned());
    write(
        "database/migrations/2030_01_01_000000_tables.php",
        format!(
            "<?php\nuse Illuminate\\Database\\Migrations\\Migration;\nuse Illuminate\\Database\\Schema\\Blueprint;\nuse Illuminate\\Support\\Facades\\Schema;\nreturn new class extends Migration {{ public function up() {{\n{}}} }};\n",
            created.concat()
        ),
    );
    write("app/Code.php", format!("<?php\nnamespace App;\nclass Code {{ function run($context) {{ {code} }} }}\n"));
    let mut command = Command::cargo_bin("mandant").unwrap();
    let output = command.current_dir(folder.path()).env_clear().args(["check", "--format", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["inferred"]["tenant_key"].as_str().map(str::to_owned)
}

const OF_THE_SERVICE: &[(&str, &[&str])] = &[
    ("users", &[]),
    ("accounts", &[]),
    ("posts", &["user_id"]),
    ("tags", &[]),
    ("metrics", &["account_id"]),
    ("audiences", &["account_id"]),
    ("imports", &["account_id"]),
];

#[test]
fn a_column_that_no_user_is_tied_to_is_no_tenant_key() {
    assert_eq!(inferred(OF_THE_SERVICE, ""), None);
}

#[test]
fn the_same_column_is_one_where_users_have_it_or_are_joined_to_it() {
    let mut tables = OF_THE_SERVICE.to_vec();
    tables[0] = ("users", &["account_id"]);
    assert_eq!(inferred(&tables, "").as_deref(), Some("account_id"));
    tables[0] = ("users", &["current_account_id"]);
    assert_eq!(inferred(&tables, "").as_deref(), Some("account_id"));
    tables[0] = ("users", &[]);
    tables.push(("account_user", &["account_id", "user_id"]));
    assert_eq!(inferred(&tables, "").as_deref(), Some("account_id"));
}

#[test]
fn the_same_column_is_one_where_code_asks_for_the_current_one() {
    assert_eq!(inferred(OF_THE_SERVICE, "return $context->currentAccountId();").as_deref(), Some("account_id"));
}

#[test]
fn a_column_of_half_the_tables_needs_no_tie() {
    let tables: &[(&str, &[&str])] =
        &[("people", &[]), ("parcels", &["company_id"]), ("letters", &["company_id"]), ("stamps", &["company_id"])];
    assert_eq!(inferred(tables, "").as_deref(), Some("company_id"));
}
