//! The module map of `src/lib.rs` as a test: which module may use which, and what stands in one place only.
//!
//! The sources are read as text: an arrow is a path that begins with `crate::`, or with as many `super::` as lead
//! to the root. Tests inside the modules may use whatever they like.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads the sources")]

use std::collections::BTreeSet;
use std::path::Path;

/// The modules from top to bottom, and what each may use. A row names rows below it only, so there are no cycles.
const ALLOWED: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "engine",
            "triage",
            "report",
            "migrate",
            "schema",
            "specs",
            "catalog",
            "workspace",
            "verify",
            "logs",
            "phonetic",
            "rules",
            "finding",
            "config",
        ],
    ),
    (
        "engine",
        &[
            "triage",
            "report",
            "rules",
            "analysis",
            "migrate",
            "schema",
            "flow",
            "index",
            "specs",
            "syntax",
            "hir",
            "catalog",
            "workspace",
            "verify",
            "finding",
            "config",
        ],
    ),
    ("triage", &["index", "hir", "workspace", "finding", "config"]),
    ("report", &["migrate", "schema", "logs", "catalog", "workspace", "finding", "config"]),
    ("rules", &["analysis", "migrate", "schema", "flow", "index", "specs", "hir", "workspace", "verify", "phonetic", "finding"]),
    ("analysis", &["flow", "index", "specs", "hir", "finding"]),
    ("migrate", &["schema", "index", "hir", "finding"]),
    ("schema", &[]),
    ("flow", &["index", "specs", "hir", "finding"]),
    ("index", &["specs", "hir", "finding"]),
    ("logs", &["specs", "workspace", "config"]),
    ("specs", &["finding"]),
    ("syntax", &["hir", "finding"]),
    ("hir", &["finding"]),
    ("catalog", &["workspace", "finding"]),
    ("workspace", &["git", "finding", "config"]),
    ("git", &[]),
    ("verify", &["phonetic"]),
    ("phonetic", &[]),
    ("finding", &[]),
    ("config", &[]),
];

/// Arrows that the table does not allow and that stand for now, each with the reason. One that is gone is taken out.
const TOLERATED: &[(&str, &str, &str)] = &[];

/// Files in `src/rules` that are no question: what several questions share.
const SHARED_BY_RULES: &[&str] = &[
    "context_words",
    "executions",
    "cache_key",
    "explain",
    "explain_derived",
    "explain_other",
    "explain_write",
    "fingerprint",
    "length",
    "passed_rules",
    "picked_tenant",
    "query_verdict",
    "root_cause",
    "row_verdict",
    "rule_tenant",
    "tested_value",
    "selection",
    "write_of_key",
];

/// Uses of one question by another, each with the reason.
const RULES_TOLERATED: &[(&str, &str, &str)] = &[];

/// Lines above which a file ought to be divided.
const LONG: usize = 600;

/// Files above [`LONG`], with the lines they may not exceed and the reason.
const LONG_FILES: &[(&str, usize, &str)] = &[];

/// A Rust file under `src`.
struct Source {
    /// `src/flow/cfg.rs`
    path: String,
    text: String,
}

impl Source {
    /// The module at the top: `flow`.
    fn module(&self) -> &str {
        let path = self.path.trim_start_matches("src/");
        path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// How many `super::` lead from here to the root of the crate.
    fn depth(&self) -> usize {
        let below = self.path.trim_start_matches("src/").trim_end_matches("/mod.rs").trim_end_matches(".rs");
        if matches!(below, "lib" | "main") { 0 } else { below.split('/').count() }
    }

    /// The code without comments and without what only tests see.
    fn code(&self) -> String {
        let code = self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    }

    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// The modules that this file uses.
    fn uses(&self) -> BTreeSet<String> {
        let code = self.code();
        let mut found = BTreeSet::new();
        let supers = "super::".repeat(self.depth());
        let mut prefixes = vec!["crate::"];
        if self.depth() > 0 {
            prefixes.push(&supers);
        }
        if self.module() == "main" {
            prefixes.push("mandant::");
        }
        for prefix in prefixes {
            for (at, _) in code.match_indices(prefix) {
                let is_whole =
                    !code[..at].ends_with(|sign: char| sign.is_alphanumeric() || sign == '_' || sign == ':' || sign == '$');
                if is_whole {
                    found.extend(heads(&code[at + prefix.len()..]));
                }
            }
        }
        found.retain(|head| head != self.module() && head.starts_with(char::is_lowercase) && head != "super");
        found
    }
}

/// The first names of a path or of a group of paths: `a::b` gives a, `{a::b, c}` gives a and c.
fn heads(rest: &str) -> Vec<String> {
    let name =
        |text: &str| text.trim_start().chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let mut depth = 0;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.push(name(&group[start..at]));
                start = at + 1;
                if sign == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found.retain(|head| !head.is_empty());
    found
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(root.join("src")).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            found.push(Source { path, text: std::fs::read_to_string(entry.path()).unwrap() });
        }
    }
    assert!(found.len() > 50, "the sources are not where they were");
    found
}

/// The arrows of the sources that neither list allows.
fn forbidden(sources: &[Source], allowed: &[(&str, &[&str])]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test() && source.module() != "lib") {
        let module = source.module();
        let Some((_, may)) = allowed.iter().find(|(from, _)| *from == module) else {
            found.push(format!("{}: the module `{module}` has no row in the table", source.path));
            continue;
        };
        for used in source.uses() {
            let is_tolerated = TOLERATED.iter().any(|(from, to, _)| *from == module && *to == used);
            if !may.contains(&used.as_str()) && !is_tolerated {
                found.push(format!("{}: {module} → {used}", source.path));
            }
        }
    }
    found
}

#[test]
fn modules_use_only_what_stands_below_them() {
    let found = forbidden(&sources(), ALLOWED);
    assert!(found.is_empty(), "arrows that are not in the table:\n{}", found.join("\n"));
}

#[test]
fn the_table_has_no_cycle_and_no_empty_promise() {
    let sources = sources();
    for (place, (module, may)) in ALLOWED.iter().enumerate() {
        let below: Vec<&str> = ALLOWED[place + 1..].iter().map(|(name, _)| *name).collect();
        for used in *may {
            assert!(below.contains(used), "{module} → {used} leads upwards");
        }
        assert!(sources.iter().any(|source| source.module() == *module), "there is no module `{module}`");
    }
    for (from, to, reason) in TOLERATED {
        let is_used = sources.iter().any(|source| source.module() == *from && !source.is_test() && source.uses().contains(*to));
        assert!(is_used && !reason.is_empty(), "{from} → {to} is gone: take it out of the list");
    }
}

#[test]
fn a_forbidden_arrow_is_found_in_every_form() {
    let of = |path: &str, text: &str| forbidden(&[Source { path: path.to_owned(), text: text.to_owned() }], ALLOWED);
    for text in [
        "use crate::report::Format;",
        "use crate::{finding::Span, report};",
        "use crate::{\n    finding::{Span, FileId},\n    report::{self, Format},\n};",
        "fn f(format: crate::report::Format) {}",
        "use super::super::report::Format;",
    ] {
        assert_eq!(of("src/flow/cfg.rs", text), ["src/flow/cfg.rs: flow → report"], "{text}");
    }
    assert_eq!(of("src/flow/mod.rs", "use super::report::Format;"), ["src/flow/mod.rs: flow → report"]);
    assert_eq!(of("src/novelty.rs", ""), ["src/novelty.rs: the module `novelty` has no row in the table"]);
    for text in [
        "use crate::hir::Expr;\nuse super::super::finding::Span;",
        "use super::report::Format;",
        "// use crate::report::Format;",
        "#[cfg(test)]\nmod tests {\n    use crate::report::Format;\n}",
        "use crate::flow::Project;",
    ] {
        assert_eq!(of("src/flow/cfg.rs", text), [""; 0], "{text}");
    }
}

#[test]
fn questions_do_not_use_each_other() {
    let sources: Vec<Source> = sources().into_iter().filter(|source| source.module() == "rules").collect();
    let name = |source: &Source| source.path.trim_start_matches("src/rules/").split(['/', '.']).next().unwrap().to_owned();
    let names: BTreeSet<String> = sources.iter().map(name).filter(|name| name != "mod" && name != "tests").collect();
    let mut seen = BTreeSet::new();
    for source in &sources {
        let from = name(source);
        // The list of all questions is in `mod.rs`.
        if from == "mod" || source.is_test() {
            continue;
        }
        let code = source.code();
        for to in names.iter().filter(|to| **to != from && !SHARED_BY_RULES.contains(&to.as_str())) {
            let is_used = code
                .match_indices(to.as_str())
                .any(|(at, _)| code[at + to.len()..].starts_with("::") && code[..at].ends_with("::"));
            if is_used {
                let pair = (from.clone(), to.clone());
                let is_tolerated = RULES_TOLERATED.iter().any(|(a, b, _)| *a == pair.0 && *b == pair.1);
                assert!(is_tolerated, "{} uses the question `{to}`: what both need belongs into a file of its own", source.path);
                seen.insert(pair);
            }
        }
    }
    assert_eq!(seen.len(), RULES_TOLERATED.len(), "an exception is no longer needed: take it out of the list");
}

/// A misspelt kind compiles and matches nothing; the one place where kinds stand is checked against the grammar.
#[test]
fn kinds_of_nodes_are_spelt_in_one_place() {
    let language = tree_sitter::Language::new(tree_sitter_php::LANGUAGE_PHP);
    // Kinds of one word (`name`, `string`, `array`) are words of the language, too.
    let kinds: BTreeSet<&str> = (0..language.node_kind_count())
        .filter_map(|id| u16::try_from(id).ok())
        .filter(|id| language.node_kind_is_named(*id))
        .filter_map(|id| language.node_kind_for_id(id))
        .filter(|kind| kind.contains('_') && !kind.starts_with('_'))
        .collect();
    assert!(kinds.contains("function_definition"));
    for source in sources().iter().filter(|source| source.path != "src/syntax/kinds.rs" && !source.is_test()) {
        let code = source.code();
        let spelt = code.split('"').skip(1).step_by(2).find(|text| kinds.contains(text));
        assert!(spelt.is_none(), "{}: the kind {spelt:?} belongs into src/syntax/kinds.rs", source.path);
    }
}

#[test]
fn no_file_grows_silently() {
    for source in sources().iter().filter(|source| !source.is_test()) {
        let lines = source.text.lines().count();
        let most = LONG_FILES.iter().find(|(path, ..)| *path == source.path).map_or(LONG, |(_, most, _)| *most);
        assert!(lines <= most, "{} has {lines} lines, and {most} are the limit: divide it", source.path);
    }
    for (path, _, reason) in LONG_FILES {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let lines = std::fs::read_to_string(source).map_or(0, |text| text.lines().count());
        assert!(lines > LONG && !reason.is_empty(), "{path} has {lines} lines: take it out of the list");
    }
}
