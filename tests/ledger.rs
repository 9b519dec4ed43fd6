//! The ledger adds up, and the lists agree with it, in every format and whatever is hidden.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::collections::BTreeMap;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "[tenant]\nkey = \"company_id\"\nmodels = [\"App\\\\Models\\\\Customer\"]\n";

/// Sites of all verdicts.
fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("app/Models")).unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    write("composer.json", "{}");
    write("mandant.toml", CONFIG);
    write(
        "app/Models/Customer.php",
        "<?php\nnamespace App\\Models;\nuse Illuminate\\Database\\Eloquent\\Model;\nclass Customer extends Model { protected $fillable = ['company_id', 'name']; }\n",
    );
    write(
        "app/Finder.php",
        "<?php\nnamespace App;\nuse App\\Models\\Customer;\nuse Illuminate\\Http\\Request;\nuse Illuminate\\Support\\Facades\\DB;\nclass Finder\n{\n\
         function open($p) { return Customer::where('phone', $p)->first(); }\n\
         function or() { return Customer::where('company_id', auth()->user()->company_id)->orWhere('name', 'x')->get(); }\n\
         function unlike() { return Customer::where('company_id', '!=', auth()->user()->company_id)->get(); }\n\
         function sure() { return Customer::where('company_id', auth()->user()->company_id)->get(); }\n\
         function chosen(Request $r) { return Customer::where('company_id', $r->input('company'))->get(); }\n\
         function table($t) { return DB::table($t)->get(); }\n\
         function make($n) { return Customer::firstOrCreate(['name' => $n]); }\n}\n",
    );
    write(
        "app/Sweep.php",
        "<?php\nnamespace App\\Console\\Commands;\nuse App\\Models\\Customer;\nclass Sweep extends \\Illuminate\\Console\\Command { public function handle() { return Customer::count(); } }\n",
    );
    folder
}

fn run(folder: &TempDir, arguments: &[&str]) -> String {
    let mut command = Command::cargo_bin("mandant").unwrap();
    let output =
        command.current_dir(folder.path()).env_clear().args(["check", "--today", "2027-01-15"]).args(arguments).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap()
}

/// `examined` and the verdicts of each question in JSON; they add up and agree with the lists.
fn json(folder: &TempDir, arguments: &[&str]) -> BTreeMap<String, [u64; 5]> {
    let report: Value = serde_json::from_str(&run(folder, &[&["--format", "json", "--proven"], arguments].concat())).unwrap();
    let list = |name: &str, question: &str, field: &str, value: &str| {
        let holds = |site: &&Value| site["question"] == question && (field.is_empty() || site[field] == value);
        report[name].as_array().unwrap().iter().filter(holds).count() as u64
    };
    let mut rows = BTreeMap::new();
    for row in report["ledger"].as_array().unwrap() {
        let question = row["question"].as_str().unwrap();
        let [examined, proven, conditional, violated, undetermined] =
            ["examined", "proven", "conditional", "violated", "undetermined"].map(|key| number(row, key));
        assert_eq!(examined, proven + conditional + violated + undetermined, "{row}");
        assert_eq!(list("proven", question, "", ""), proven, "{row}");
        assert_eq!(list("undetermined", question, "", ""), undetermined, "{row}");
        assert!(list("findings", question, "verdict", "violated") <= violated, "{row}");
        assert!(list("findings", question, "verdict", "conditional") <= conditional, "{row}");
        assert!(list("findings", question, "status", "suppressed") + undetermined >= number(row, "suppressed"), "{row}");
        rows.insert(question.to_owned(), [examined, proven, conditional, violated, undetermined]);
    }
    rows
}

/// The same from the lines of the ledger for people.
fn pretty(folder: &TempDir, arguments: &[&str]) -> BTreeMap<String, [u64; 5]> {
    let text = run(folder, &[&["--format", "pretty"], arguments].concat());
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let question = words.next()?.to_owned();
        let numbers: Vec<u64> = words.map_while(|word| word.parse().ok()).collect();
        Some((question, [*numbers.first()?, *numbers.get(1)?, *numbers.get(2)?, *numbers.get(3)?, *numbers.get(4)?]))
    };
    text.lines().filter_map(row).filter(|(question, _)| question.contains('/')).collect()
}

#[test]
fn the_ledger_adds_up_and_agrees_with_the_lists() {
    let folder = project();
    let all = json(&folder, &[]);
    assert!(
        all["tenant/query"][0] >= 6 && all["tenant/query"].iter().skip(1).filter(|count| **count > 0).count() >= 3,
        "{all:?}"
    );
    assert_eq!(pretty(&folder, &[]), all);
    for confidence in ["medium", "high"] {
        assert_eq!(json(&folder, &["--min-confidence", confidence]), all);
        assert_eq!(pretty(&folder, &["--min-confidence", confidence]), all);
    }
    let one = json(&folder, &["--rule", "tenant/unscoped-query"]);
    assert_eq!(one.keys().collect::<Vec<_>>(), ["tenant/query"]);
    assert_eq!(one["tenant/query"], all["tenant/query"]);
    assert_eq!(pretty(&folder, &["--rule", "tenant/unscoped-query"]), one);
    std::fs::write(folder.path().join("off.toml"), format!("{CONFIG}[rules]\n\"tenant/unscoped-query\" = \"off\"\n")).unwrap();
    assert_eq!(json(&folder, &["--config", "off.toml"]), all);
    assert_eq!(pretty(&folder, &["--config", "off.toml"]), all);
    let suppress = "[[suppress]]\nrule = \"tenant/unscoped-query\"\npath = \"app/**\"\nreason = \"a reason\"\n[[suppress]]\nrule = \"tenant/query\"\npath = \"app/**\"\nreason = \"a reason\"\n";
    std::fs::write(folder.path().join("suppress.toml"), format!("{CONFIG}{suppress}")).unwrap();
    assert_eq!(json(&folder, &["--config", "suppress.toml"]), all);
}

#[test]
fn sarif_has_a_result_for_each_site_that_is_not_proven() {
    let folder = project();
    let all = json(&folder, &[]);
    let sarif: Value = serde_json::from_str(&run(&folder, &["--format", "sarif"])).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let of = |kind: &str| results.iter().filter(|result| result["kind"] == kind).count() as u64;
    assert_eq!(of("open"), all.values().map(|row| row[4]).sum::<u64>());
    assert_eq!(of("fail"), all.values().map(|row| row[2] + row[3]).sum::<u64>());
}
