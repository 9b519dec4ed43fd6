//! The questions and rules that arguments and configuration may name, in order of precedence.
//!
//! Stands in for the catalogue.

use crate::config::Known;

type Rule = (&'static str, &'static str);

pub(super) const QUESTIONS: &[(&str, &[Rule])] = &[
    (
        "tenant/query",
        &[
            ("tenant/foreign-tenant", "error"),
            ("tenant/or-escapes-scope", "error"),
            ("tenant/scope-removed", "error"),
            ("tenant/optional-scope", "error"),
            ("tenant/untrusted-tenant-id", "error"),
            ("tenant/unscoped-relation", "error"),
            ("tenant/unscoped-raw-sql", "error"),
            ("tenant/unscoped-query", "error"),
            ("tenant/relies-on-fail-open-scope", "note"),
            ("tenant/operator-query", "note"),
            ("tenant/identity-lookup", "note"),
        ],
    ),
    (
        "tenant/write",
        &[("tenant/unscoped-write", "error"), ("tenant/hard-coded-tenant", "error"), ("tenant/guarded-key-dropped", "note")],
    ),
    ("tenant/validation", &[("tenant/unscoped-validation", "error")]),
    ("tenant/binding", &[("tenant/unscoped-binding", "error")]),
    ("tenant/cache", &[("tenant/tenantless-cache-key", "warning")]),
    ("tenant/scope", &[("tenant/fail-open-scope", "warning")]),
    ("tenant/model", &[("tenant/model-without-scope", "warning")]),
    (
        "pii/log-call",
        &[
            ("pii/secret-logged", "error"),
            ("pii/object-dumped", "error"),
            ("pii/ineffective-sanitizer", "error"),
            ("pii/logged", "error"),
            ("pii/debug-output", "warning"),
            ("pii/exception-text", "note"),
        ],
    ),
    (
        "phonetic/call",
        &[("phonetic/unbounded-input", "error"), ("phonetic/loose-bound", "warning"), ("phonetic/amplified", "warning")],
    ),
    ("phonetic/encoder", &[("phonetic/broken-guard", "error"), ("phonetic/unbounded-encoder", "error")]),
    ("phonetic/conformance", &[("phonetic/nonconforming", "error")]),
    (
        "migration/operation",
        &[
            ("migration/will-fail", "error"),
            ("migration/redundant-index", "warning"),
            ("migration/prefix-redundant-index", "note"),
            ("migration/unreversed", "note"),
            ("migration/pending-unknown", "note"),
        ],
    ),
    (
        "suppression/entry",
        &[("suppression/unused", "warning"), ("suppression/expired", "warning"), ("suppression/without-reason", "warning")],
    ),
];

pub(super) fn questions() -> Vec<&'static str> {
    QUESTIONS.iter().map(|(question, _)| *question).collect()
}

pub(super) fn rules() -> Vec<&'static str> {
    QUESTIONS.iter().flat_map(|(_, rules)| rules.iter().map(|(rule, _)| *rule)).collect()
}

pub(super) const fn known<'a>(rules: &'a [&'a str], questions: &'a [&'a str]) -> Known<'a> {
    Known { rules, questions }
}
