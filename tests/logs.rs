//! `mandant logs` as a user runs it: places, exit codes, and never a value.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::fs;
use std::io::Write;
use std::path::Path;

use assert_cmd::Command;
use flate2::Compression;
use flate2::write::GzEncoder;
use predicates::str::{contains, is_empty, starts_with};
use serde_json::Value;
use tempfile::TempDir;

fn mandant(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.current_dir(folder).env_clear().arg("logs").args(arguments);
    command
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn json(folder: &Path, arguments: &[&str], code: i32) -> Value {
    let output = mandant(folder, arguments).args(["--format", "json"]).assert().code(code).get_output().stdout.clone();
    let report: Value = serde_json::from_slice(&output).unwrap();
    let schema: Value = serde_json::from_str(mandant::report::LOGS_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert_eq!(errors, [] as [String; 0]);
    report
}

/// `path:line:column kind length` of all findings.
fn places(report: &Value) -> Vec<String> {
    let files = report["files"].as_array().unwrap();
    let all = files.iter().flat_map(|file| file["findings"].as_array().unwrap().iter().map(move |found| (file, found)));
    let place = |(file, found): (&Value, &Value)| {
        let path = file["path"].as_str().unwrap();
        let kind = found["kind"].as_str().unwrap();
        format!("{path}:{}:{} {kind} {}", found["line"], found["column"], found["length"])
    };
    all.map(place).collect()
}

/// Values of all kinds and forms, of which nothing may come out.
const SEEDED: [&str; 12] = [
    "+4915198765432",
    "0171 5566778",
    "wilhelmine@bergzoll.invalid",
    "Wilhelmine Bergzoll",
    "Quastenflosserweg",
    "Kniearthrose",
    "Bitte morgens klingeln",
    "DE12500105170648489890",
    "1977-05-23",
    "zugbruck99",
    "rootuser:hexenwerk7",
    "Trautwin",
];

fn seeded_log() -> String {
    let [plus, phone, email, name, street, health, text, iban, born, secret, credentials, first] = SEEDED;
    format!(
        "[2025-01-31 10:00:00] production.INFO: Anruf von {plus}, Mail an {email} {{\"phone\":\"{phone}\",\"name\":\"{name}\"}} []\n\
         {{\"street\":\"{street}\",\"diagnose\":\"{health}\",\"notizen\":\"{text}\",\"iban\":\"{iban}\",\"geburtsdatum\":\"{born}\"}}\r\n\
         array ('password' => '{secret}', 'vorname' => '{first}')\n\
         connect mysql://{credentials}@db.bergzoll.invalid/app customer_name=\"{name}\"\n\
         {{\"payload\":\"{{\\\"telefon\\\":\\\"{phone}\\\"}}\"}}\n"
    )
}

/// No four characters in a row of a value come out, unless they are words of the report itself.
fn assert_nothing_leaks(output: &str) {
    for value in SEEDED {
        let signs: Vec<char> = value.chars().collect();
        for part in signs.windows(4) {
            let part: String = part.iter().collect();
            assert!(!output.contains(&part), "`{part}` of `{value}` in:\n{output}");
        }
    }
}

#[test]
fn no_value_comes_out_in_any_format_and_language() {
    let log = seeded_log();
    let folder = folder(&[("a.log", log.as_bytes()), ("b.log.1", log.as_bytes()), ("c.log.gz", &gzip(log.as_bytes()))]);
    for format in ["pretty", "concise", "json"] {
        for language in ["en", "de"] {
            let output =
                mandant(folder.path(), &[".", "--format", format, "--lang", language]).assert().code(1).get_output().clone();
            assert_nothing_leaks(&String::from_utf8(output.stdout).unwrap());
            assert_nothing_leaks(&String::from_utf8(output.stderr).unwrap());
        }
    }
    let report = json(folder.path(), &["."], 1);
    let places = places(&report);
    let of_a: Vec<&str> = places.iter().filter_map(|place| place.strip_prefix("a.log:")).collect();
    assert_eq!(
        of_a,
        [
            "1:50 contact 14",
            "1:74 contact 27",
            "1:112 contact 12",
            "1:134 person-name 19",
            "2:12 address 17",
            "2:43 health 12",
            "2:68 free-text 22",
            "2:100 financial 22",
            "2:140 identifier 10",
            "3:23 secret 10",
            "3:50 person-name 8",
            "4:17 secret 19",
            "4:76 person-name 19",
            "5:28 contact 12",
        ]
    );
    // The same text gives the same, however it is stored.
    assert_eq!(places.len(), 3 * of_a.len());
    assert_eq!(report["totals"]["contact"], 12);
    assert_eq!(report["files"][2]["found"], 14);
}

#[test]
fn what_is_clear_exits_with_0() {
    let folder = folder(&[
        ("empty.log", b""),
        ("logs/a.log", b"[2025-01-31T10:00:00+02:00] local.INFO: done {\"id\":4915112345678901,\"phone\":\"***\"} []\n"),
        ("logs/deep/b.log", b"f47ac10b-58cc-4372-a567-0e02b2c3d479 d41d8cd98f00b204e9800998ecf8427e\n"),
    ]);
    mandant(folder.path(), &["empty.log", "logs"])
        .assert()
        .code(0)
        .stdout(starts_with("total[all] 0 in 3 files"))
        .stderr(is_empty());
    mandant(folder.path(), &["logs", "--format", "pretty"]).assert().code(0).stdout(starts_with("CLEAR"));
    mandant(folder.path(), &["logs", "--format", "pretty", "--lang", "de"]).assert().code(0).stdout(starts_with("FREI"));
    assert_eq!(json(folder.path(), &["."], 0)["complete"], true);
}

#[test]
fn arguments_that_cannot_be_used_exit_with_2() {
    let folder = folder(&[("a.log", b"+4915112345678\n")]);
    let told = |arguments: &[&str], words: &str| {
        mandant(folder.path(), arguments).assert().code(2).stdout(is_empty()).stderr(contains(words));
    };
    told(&[], "<PATH>...");
    told(&["b.log"], "b.log");
    told(&["a.log", "--format", "sarif"], "possible values: pretty, concise, json");
    told(&["a.log", "--output", "json"], "must be FORMAT=FILE");
    told(&["a.log", "--output", "xml=x"], "no format `xml`");
    told(&["a.log", "--output", "json=x", "--output", "concise=x"], "Two outputs go to `x`");
    told(&["a.log", "--output", "json=no/such/folder.json"], "cannot be written");
    told(&["a.log", "--threads", "0"], "0 is not in 1..=1024");
    told(&["a.log", "--config", "none.toml"], "none.toml");
}

#[test]
fn what_cannot_be_read_to_its_end_exits_with_3_unless_something_is_found() {
    let clean = gzip(&b"nothing to see here, {\"id\":7}\n".repeat(5000));
    let found = gzip(&[&b"+4915112345678\n"[..], &b"x{}y\n".repeat(100_000)].concat());
    let folder = folder(&[
        ("cut.gz", &clean[..clean.len() / 2]),
        ("cut-found.gz", &found[..found.len() - 8]),
        ("not.gz", &[&clean[..], b"garbage"].concat()),
        ("other.log.xz", b"\xfd7zXZ\0rest"),
        ("windows.log", b"\xff\xfea\0b\0"),
    ]);
    for (name, words) in
        [("cut.gz", "damaged or cut off"), ("not.gz", "damaged"), ("other.log.xz", "with xz"), ("windows.log", "UTF-16")]
    {
        mandant(folder.path(), &[name]).assert().code(3).stdout(contains(words)).stdout(contains("incomplete"));
        mandant(folder.path(), &[name, "--format", "pretty"]).assert().code(3).stdout(starts_with("INCOMPLETE"));
    }
    mandant(folder.path(), &["cut-found.gz"])
        .assert()
        .code(1)
        .stdout(starts_with("cut-found.gz:1:1: contact[telephone-number] 14 characters"));
    let report = json(folder.path(), &["."], 1);
    assert_eq!((&report["complete"], report["incomplete"].as_array().unwrap().len()), (&Value::Bool(false), 5));
}

#[cfg(unix)]
#[test]
fn links_are_followed_once_and_loops_end() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("logs/laravel-1.log", b"+4915112345678\n"), ("elsewhere/far.log", b"+4915112345678\n")]);
    let logs = folder.path().join("logs");
    symlink("laravel-1.log", logs.join("current.log")).unwrap();
    symlink("../elsewhere/far.log", logs.join("far.log")).unwrap();
    symlink("..", logs.join("up")).unwrap();
    let report = json(folder.path(), &["logs"], 1);
    assert_eq!(places(&report), ["logs/far.log:1:1 contact 14", "logs/laravel-1.log:1:1 contact 14"]);
    assert_eq!(places(&json(folder.path(), &["logs/current.log"], 1)), ["logs/current.log:1:1 contact 14"]);
    // What nobody can open, not even root.
    symlink("gone.log", logs.join("broken.log")).unwrap();
    symlink("circle.log", logs.join("circle.log")).unwrap();
    let report = json(folder.path(), &["logs"], 1);
    let incomplete: Vec<&str> =
        report["incomplete"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(incomplete, ["logs/broken.log", "logs/circle.log"]);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_incomplete() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder(&[("a.log", b"+4915112345678\n")]);
    let path = folder.path().join("a.log");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads it all the same.
    let is_readable = fs::File::open(&path).is_ok();
    mandant(folder.path(), &["."]).assert().code(if is_readable { 1 } else { 3 });
}

#[test]
fn files_of_many_blocks_are_one_text() {
    let line = b"nothing, nothing at all {\"id\":7}\n";
    let mut text = line.repeat(100_000);
    let at = text.len() - 15;
    text.truncate(at);
    text.extend(b"\"phone\":\"0151 1234567\"\n");
    let mut long = vec![b'a'; 5 << 20];
    long.extend(b" +4915112345678 ");
    long.extend(vec![b'b'; 3 << 20]);
    let folder = folder(&[("many.log", &text), ("many.log.gz", &gzip(&text)), ("one-line.log", &long)]);
    let report = json(folder.path(), &[".", "--threads", "2"], 1);
    assert_eq!(
        places(&report),
        ["many.log:100000:28 contact 12", "many.log.gz:100000:28 contact 12", "one-line.log:1:5242882 contact 14"]
    );
    assert_eq!(report["files"][0]["lines"], 100_000);
    assert_eq!(report["files"][2]["lines"], 1);
    assert_eq!(report["bytes"], text.len() * 2 + long.len());
}

#[test]
fn places_beyond_the_limit_are_counted() {
    let folder = folder(&[("a.log", &b"+4915112345678\n".repeat(30)), ("b.log", b"+4915112345678\n")]);
    let report = json(folder.path(), &[".", "--limit", "2"], 1);
    assert_eq!((places(&report).len(), &report["found"]), (3, &Value::from(31)));
    mandant(folder.path(), &[".", "--limit", "2"]).assert().code(1).stdout(contains("a.log: 28 more\n"));
    mandant(folder.path(), &[".", "--format", "pretty"]).assert().code(1).stdout(contains("and 10 more"));
}

#[test]
fn a_report_is_saved_beside_the_one_that_is_shown() {
    let folder = folder(&[("logs/a.log", b"+4915112345678\n")]);
    mandant(folder.path(), &["logs", "--output", "json=logs.json"])
        .assert()
        .code(1)
        .stdout(starts_with("logs/a.log:1:1: contact"));
    let saved: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("logs.json")).unwrap()).unwrap();
    assert_eq!(places(&saved), ["logs/a.log:1:1 contact 14"]);
    assert_eq!(saved, json(folder.path(), &["logs"], 1));
}

#[test]
fn words_of_the_configuration_count() {
    let log = br#"{"kundenkennung":"K-1007","phone":"0151 1234567"}"#;
    let folder = folder(&[("a.log", log)]);
    assert_eq!(places(&json(folder.path(), &["a.log"], 1)), ["a.log:1:36 contact 12"]);
    let row = "[[spec]]\nid = \"own\"\nrole = \"vocabulary\"\nkind = \"identifier\"\nsymbols = [\"kundenkennung\"]\n";
    fs::write(folder.path().join("mandant.toml"), row).unwrap();
    assert_eq!(places(&json(folder.path(), &["a.log"], 1)), ["a.log:1:19 identifier 6", "a.log:1:36 contact 12"]);
    fs::write(folder.path().join("mandant.toml"), "[[spec]]\nid = 7\n").unwrap();
    mandant(folder.path(), &["a.log"]).assert().code(2);
}

#[test]
fn a_path_that_steers_terminals_is_made_harmless() {
    let folder = folder(&[("a\u{1b}[31m.log", b"+4915112345678\n")]);
    for format in ["pretty", "concise"] {
        let output = mandant(folder.path(), &[".", "--format", format]).assert().code(1).get_output().stdout.clone();
        assert!(!output.contains(&0x1b));
    }
}
