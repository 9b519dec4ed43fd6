#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use super::*;

const KNOWN: Known<'static> = Known {
    rules: &["tenant/unscoped-query", "tenant/model-without-scope", "pii/logged"],
    questions: &["tenant/query", "tenant/model", "pii/log-call"],
};

/// The example of the handbook.
const FULL: &str = r#"
[project]
laravel = "11"
php = "8.2"
exclude = ["app/Legacy/**"]
max_file_size = "4 MiB"
require = ["tenant"]
spec_files = ["specs/ours.toml"]
[rules]
"tenant/model-without-scope" = "off"
[tenant]
key = "company_id"
models = ["App\\Models\\Customer"]
shared = true
[pii]
sanitizers = ["App\\Helpers\\LogSanitizer::sanitize"]
[phonetic]
encoders = ["App\\Services\\PhoneticMatcher::encode"]
max_length = 80
[migration]
snapshot = "database/schema/mysql-schema.sql"
required_indexes = { customers = [["company_id", "phone"]] }
[deploy]
flags = { FEATURE_PHONETIC = false, THRESHOLD = 0.65, LIMIT = 3, NAME = "x" }
tests = { "Phonetic" = 22 }
[[spec]]
id = "our-log-helper"
role = "sink"
kind = "log"
symbol = "App\\Support\\audit"
args = [0, 1]
channel = "audit"
[[spec]]
id = "laravel/session#get"
disable = true
reason = "we have our own session"
[[suppress]]
rule = "tenant/unscoped-query"
path = "app/Exports/**"
reason = "nightly export for all companies"
owner = "platform team"
until = 2027-01-31
[suppressions]
strict = true
"#;

fn mistakes(text: &str) -> String {
    let errors = Settings::parse(text, KNOWN).unwrap_err();
    let mut told = String::new();
    for error in errors {
        let line = text[..error.span.start].matches('\n').count() + 1;
        write!(told, "{line}: {} | {} | {}", error.message, &text[error.span], error.label).unwrap();
        told.push_str(&error.help.map_or("\n".to_owned(), |help| format!(" | {help}\n")));
    }
    told
}

#[test]
fn every_key_is_read() {
    let settings = Settings::parse(FULL, KNOWN).unwrap();
    assert_eq!(settings.project.laravel, Some(Version(11, 0, 0)));
    assert_eq!(settings.project.max_file_size, 4 << 20);
    assert_eq!(settings.project.spec_files, ["specs/ours.toml"]);
    assert_eq!(settings.rules["tenant/model-without-scope"], Level::Off);
    assert_eq!((settings.tenant.key.as_deref(), settings.tenant.shared), (Some("company_id"), Some(true)));
    assert_eq!(settings.phonetic.max_length, 80);
    assert_eq!(settings.migration.required_indexes["customers"], [["company_id", "phone"]]);
    assert_eq!(settings.deploy.flags["THRESHOLD"], FlagValue::Float(0.65));
    assert_eq!(settings.deploy.flags["LIMIT"], FlagValue::Integer(3));
    assert_eq!(settings.deploy.tests["Phonetic"], 22);
    let [added, disabled] = settings.specs.as_slice() else { panic!("two rows") };
    assert_eq!(added.table["channel"].as_str(), Some("audit"));
    assert!(FULL[added.span.clone()].starts_with("[[spec]]"));
    assert_eq!(disabled.disabled.as_deref(), Some("we have our own session"));
    assert_eq!(disabled.table.keys().collect::<Vec<_>>(), ["id"]);
    assert_eq!(settings.suppress[0].until, Some(Date::constant(2027, 1, 31)));
    assert!(settings.suppressions.strict);
}

#[test]
fn no_file_and_an_empty_file_are_the_same() {
    let empty = Settings::parse("", KNOWN).unwrap();
    assert_eq!(empty, Settings::default());
    assert_eq!(empty.config_hash(), Settings::default().config_hash());
    assert_eq!((empty.project.max_file_size, empty.phonetic.max_length), (1 << 20, 100));
}

#[test]
fn the_hash_is_of_the_settings_and_not_of_the_text() {
    let hash = |text: &str| Settings::parse(text, KNOWN).unwrap().config_hash();
    assert_eq!(hash("[phonetic]\nmax_length = 100"), hash("# a comment\n"));
    assert_ne!(hash("[phonetic]\nmax_length = 99"), hash(""));
    let (first, moved) = ("[[spec]]\nid = 'a'\nrole = 'sink'", "\n\n[[spec]]\nrole = 'sink'\nid = 'a'");
    assert_eq!(hash(first), hash(moved));
}

#[test]
fn all_mistakes_of_a_file_are_told() {
    let text = r#"[pii]
sanitisers = ["App\\Support\\LogScrubber::clean"]
[phonetic]
max_length = "100"
[rules]
"tenant/unscoped-querys" = "error"
"tenant/query" = "off"
"pii/logged" = "fatal"
[project]
php = 8.2
exclude = ["app/{a", ""]
require = ["tenants"]
max_file_size = "4 XB"
[tenants]
"#;
    insta::assert_snapshot!(mistakes(text), @r#"
    2: Unknown key `sanitisers` in [pii] | sanitisers | did you mean `sanitizers`? | Known keys: sanitizers
    4: `max_length` in [phonetic] must be a whole number | "100" | this is text
    6: No rule `tenant/unscoped-querys` | "tenant/unscoped-querys" | did you mean `tenant/unscoped-query`? | All 3: mandant rules
    7: `tenant/query` is a question, not a rule | "tenant/query" | needs a rule | Severities are set for rules; `mandant rules` lists them by question
    8: `pii/logged` has no severity `fatal` | "fatal" | not a severity | Severities: off, note, warning, error
    10: `php` in [project] must be a version as text, as in "8.2" | 8.2 | this is a number | Write the version in quotes
    11: `app/{a` is no pattern | "app/{a" | unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
    11: `exclude` is empty | "" | needs a pattern
    12: No family `tenants` | "tenants" | did you mean `tenant`? | Known families: pii, tenant
    13: `max_file_size` is no usable size: `4 XB` | "4 XB" | bytes, or text as in "4 MiB"; at most 1024 MiB
    14: Unknown key `tenants` at the top level | tenants | did you mean `tenant`? | Known keys: project, rules, tenant, pii, phonetic, migration, deploy, spec, suppress, suppressions
    "#);
}

#[test]
fn lists_of_tables() {
    let text = r#"[[spec]]
id = "a"
role = "sink"
[[spec]]
id = "a"
[[spec]]
role = "sink"
[[spec]]
id = "b"
disable = true
[[suppress]]
rule = "tenant/query"
path = "app/**"
until = "2027-01-31"
extra = 1
[[suppress]]
rule = "pii/log"
path = "app/**"
reason = " "
until = 2027-01-31T10:00:00
"#;
    insta::assert_snapshot!(mistakes(text), @r#"
    5: Two rows have the id `a` | "a" | taken above
    5: The row `a` has no role | "a" | needs `role` | A row that is added needs role, kind and symbol; one of ours is disabled with disable = true
    6: `id` is missing in [[spec]] | [[spec]] | in this table | Unique id of the row.
    9: `b` is disabled without a reason | "b" | needs `reason` | Add: reason = "…"
    11: `reason` is missing in [[suppress]] | [[suppress]] | in this table | Why it is accepted.
    14: `until` in [[suppress]] must be a day, as in 2027-01-31 | "2027-01-31" | this is text | Write the day without quotes: until = 2027-01-31
    15: Unknown key `extra` in [[suppress]] | extra | no such key | Known keys: rule, path, reason, owner, until
    17: No rule `pii/log` | "pii/log" | did you mean `pii/logged`? | All 3: mandant rules
    19: `reason` is empty | " " | needs a text
    20: `until` is no day: `2027-01-31T10:00:00` | 2027-01-31T10:00:00 | as in 2027-01-31, without a time
    "#);
}

#[test]
fn strict_suppressions_have_owner_and_day() {
    let text = "[suppressions]\nstrict = true\n[[suppress]]\nrule = \"pii/logged\"\npath = \"a.php\"\nreason = \"r\"\n";
    insta::assert_snapshot!(mistakes(text), @r"
    3: `owner` is missing in [[suppress]] | [[suppress]] | in this table | [suppressions] strict = true asks for owner and until
    3: `until` is missing in [[suppress]] | [[suppress]] | in this table | [suppressions] strict = true asks for owner and until
    ");
    let text = "[suppress]\nstrict = true\n";
    insta::assert_snapshot!(mistakes(text), @"1: `suppress` must be a list of tables: [[suppress]] | [suppress] | this is a table | `strict` stands in [suppressions]");
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    insta::assert_snapshot!(mistakes("[project\nlaravel = 11\"\n[tenant]\nkey = \"a\"\nkey = \"b\"\n"), @r"
    1: No TOML: unclosed table, expected `]` | t | here
    5: No TOML: duplicate key | key | here
    ");
    insta::assert_snapshot!(mistakes("[[suppress]]\nuntil = 2027-02-31\n"), @"2: No TOML: invalid date, expected day between 01 and 28 | 2027-02-31 | here");
}

#[test]
fn patterns_cover_folders_and_names() {
    let globs = Globs::new(["app/Legacy", "*.gen.php", "routes/**", "database/*.php", "./top.php"]).unwrap();
    assert_eq!(globs.matched("app/Legacy/deep/A.php"), Some(0));
    assert_eq!(globs.matched("app/X/a.gen.php"), Some(1));
    assert_eq!(globs.matched("routes/web.php"), Some(2));
    assert_eq!(globs.matched("database/a.php"), Some(3));
    assert!(!globs.is_match("database/sub/a.php") && !globs.is_match("app/LegacyOther/A.php"));
    assert!(globs.is_match("top.php") && !globs.is_match("app/top.php"));
}

#[test]
fn versions_are_read_from_what_composer_writes() {
    let read = |text: &str| text.parse::<Version>().map(|version| version.to_string());
    assert_eq!(read("v11.46.0"), Ok("11.46".to_owned()));
    assert_eq!(read("8.2.10"), Ok("8.2.10".to_owned()));
    assert_eq!(read("12"), Ok("12".to_owned()));
    assert_eq!(read("11.x-dev"), Ok("11".to_owned()));
    assert_eq!(read("dev-main"), Err(version::NoVersion));
    assert!(Version(11, 9, 0) < Version(11, 46, 0));
}

#[test]
fn the_schema_accepts_what_the_check_accepts() {
    let schema = json_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut document: serde_json::Value = serde_json::to_value(toml::from_str::<toml::Table>(FULL).unwrap()).unwrap();
    document["suppress"][0]["until"] = serde_json::json!("2027-01-31");
    let faults: Vec<String> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
    document["pii"]["sanitisers"] = serde_json::json!([]);
    assert!(!validator.is_valid(&document));
}

/// The shapes and the types describe the same keys: what serialises is accepted, and what is accepted changes the settings.
#[test]
fn shapes_and_types_agree() {
    let written = serde_json::to_value(Settings::parse(FULL, KNOWN).unwrap()).unwrap();
    let schema = json_schema();
    for (section, keys) in written.as_object().unwrap() {
        let known = &schema["properties"][section];
        assert!(known.is_object(), "{section}");
        let Some(properties) = known["properties"].as_object() else { continue };
        let fields: Vec<&String> = keys.as_object().unwrap().keys().collect();
        assert_eq!(fields, properties.keys().collect::<Vec<_>>(), "[{section}]");
    }
}
