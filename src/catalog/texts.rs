//! The registration of the embedded texts: the one place that names the files of `rules/`.

/// Makes a static list of `(path, text)` from files below `rules/`.
macro_rules! embed {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/", $path)))),*]
    };
}

/// Makes the static list of the rules' folders from their ids.
macro_rules! register_rules {
    ($($id:literal),* $(,)?) => {
        &[$(RuleTexts {
            id: $id,
            meta: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog/", $id, "/rule.toml")),
            doc: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog/", $id, "/doc.md")),
        }),*]
    };
}

/// The two files of a rule's folder.
pub(super) struct RuleTexts {
    /// Id, which is also the folder below `rules/catalog`.
    pub(super) id: &'static str,
    /// `rule.toml`
    pub(super) meta: &'static str,
    /// `doc.md`
    pub(super) doc: &'static str,
}

/// Every rule. A test compares this list with the folders.
pub(super) static RULES: &[RuleTexts] = register_rules![
    "tenant/foreign-tenant",
    "tenant/or-escapes-scope",
    "tenant/scope-removed",
    "tenant/optional-scope",
    "tenant/untrusted-tenant-id",
    "tenant/unscoped-relation",
    "tenant/unscoped-raw-sql",
    "tenant/unscoped-query",
    "tenant/relies-on-fail-open-scope",
    "tenant/operator-query",
    "tenant/identity-lookup",
    "tenant/unscoped-write",
    "tenant/hard-coded-tenant",
    "tenant/guarded-key-dropped",
    "tenant/unscoped-validation",
    "tenant/unscoped-binding",
    "tenant/tenantless-cache-key",
    "tenant/scope-without-column",
    "tenant/fail-open-scope",
    "tenant/model-without-scope",
    "pii/secret-logged",
    "pii/object-dumped",
    "pii/ineffective-sanitizer",
    "pii/logged",
    "pii/debug-output",
    "pii/exception-text",
    "phonetic/unbounded-input",
    "phonetic/loose-bound",
    "phonetic/amplified",
    "phonetic/broken-guard",
    "phonetic/unbounded-encoder",
    "phonetic/nonconforming",
    "migration/will-fail",
    "migration/redundant-index",
    "migration/prefix-redundant-index",
    "migration/unreversed",
    "migration/pending-unknown",
];

/// Questions and families.
pub(super) static QUESTIONS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog/questions.toml"));

/// Proofs.
pub(super) static PROOFS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog/proofs.toml"));

/// Controls.
pub(super) static CONTROLS: &[(&str, &str)] = embed!["controls/gdpr.toml", "controls/iso27001.toml", "controls/owasp.toml"];

/// Templates in English, which is complete.
pub(super) static ENGLISH: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog/messages/en.toml"));

/// Templates in German, one for each English one.
pub(super) static GERMAN: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/catalog/messages/de.toml"));

/// Templates that only tests use.
#[cfg(test)]
pub(super) static TEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/reports/messages.toml"));
