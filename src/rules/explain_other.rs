//! The words and the evidence of the tenant questions where there is no builder: keys that are written, SQL as text,
//! global scopes.

use super::QuestionContext;
use super::explain::open_label;
use crate::analysis::tenancy::{
    OpenKind, OpenPath, RawSql, RawStatement, Subject, TenantFacts, short_name, subject_name, tenant_word,
};
use crate::finding::{Also, Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, Severity, Violation};
use crate::index::Dropped;

/// What is wrong with a key that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyFault {
    /// A tenant is written into the code, there.
    Fixed(Location),
    /// The same in an operator's tool.
    OperatorsFixed(Location),
    /// The model does not take it from an array, for that reason.
    Dropped(Dropped),
}

/// A key that is written with a value that is trusted, or with null.
pub(super) fn key_written(facts: &TenantFacts, at: Location, is_null: bool) -> Outcome {
    let template = if is_null { "tenant.proof.shared" } else { "tenant.proof.key-written" };
    let note = || Message::new(template).text("key", &facts.key);
    let evidence = vec![Evidence { role: EvidenceRole::Guard, at, note: note() }];
    Outcome::Proven { proof: "explicit-constraint", note: note(), evidence }
}

/// A key that is written with a fixed value, or dropped.
pub(super) fn key_write(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    (subject, at): (&Subject, Location),
    fault: KeyFault,
) -> Outcome {
    let name = subject_name(context.tenancy, subject).unwrap_or_default();
    let words = |template: &'static str| {
        Message::new(template)
            .text("model", short_name(&name).as_ref())
            .text("key", &facts.key)
            .text("tenant", tenant_word(facts))
    };
    let (rule, headline, label, help, place) = match fault {
        KeyFault::Fixed(place) | KeyFault::OperatorsFixed(place) => {
            ("tenant/hard-coded-tenant", "tenant.write.fixed.headline", "tenant.label.fixed", "tenant.query.fixed.help", place)
        }
        KeyFault::Dropped(_) => (
            "tenant/guarded-key-dropped",
            "tenant.write.dropped.headline",
            "tenant.label.dropped",
            "tenant.write.dropped.help",
            at,
        ),
    };
    let mut violation = Violation {
        rule,
        severity: if facts.personal.contains(name.as_str()) { Severity::Error } else { Severity::Warning },
        confidence: Confidence::High,
        message: words(headline),
        evidence: vec![Evidence { role: EvidenceRole::NearMiss, at: place, note: words(label) }],
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: vec!["laravel/query#insert".to_owned()],
        help: Some(words(help)),
        rewrite: Vec::new(),
        sql: None,
        root: None,
    };
    if let KeyFault::Dropped(dropped) = fault
        && let Some(model) = context.tenancy.model(subject)
        && let Some((declaring, declared)) = context.index.find_property(model.class, dropped.property())
    {
        let note = words("tenant.label.guard").text("property", dropped.property());
        let at = Location::new(declaring.file, declared.span);
        violation.evidence.push(Evidence { role: EvidenceRole::NearMiss, at, note });
    }
    let assumption = match fault {
        KeyFault::Fixed(_) => return Outcome::Violated(Box::new(violation)),
        KeyFault::OperatorsFixed(_) => words("tenant.assumption.operator"),
        KeyFault::Dropped(_) => words("tenant.assumption.dropped"),
    };
    violation.severity = Severity::Note;
    Outcome::Conditional { violation: Box::new(violation), assumption }
}

/// SQL that compares the key.
pub(super) fn raw_sql_limited(facts: &TenantFacts, sql: &RawSql) -> Outcome {
    let note = Message::new("tenant.proof.raw").text("key", &facts.key);
    let evidence = Evidence { role: EvidenceRole::Guard, at: sql.at, note: note.clone() };
    Outcome::Proven { proof: "explicit-constraint", note, evidence: vec![evidence] }
}

/// SQL that does not compare the key.
pub(super) fn raw_sql(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    sql: &RawSql,
    statement: &RawStatement,
    is_operators: bool,
) -> Outcome {
    let subject = statement.subject(context.tenancy).unwrap_or_default();
    let words = |template: &'static str| {
        Message::new(template)
            .text("model", short_name(&subject).as_ref())
            .text("key", &facts.key)
            .text("tenant", tenant_word(facts))
    };
    let violation = Violation {
        rule: if is_operators { "tenant/operator-query" } else { "tenant/unscoped-raw-sql" },
        severity: match (is_operators, facts.personal.contains(subject.as_str())) {
            (true, _) => Severity::Note,
            (false, true) => Severity::Error,
            (false, false) => Severity::Warning,
        },
        confidence: Confidence::High,
        message: words(if is_operators { "tenant.query.operator.headline" } else { "tenant.query.raw.headline" }),
        evidence: vec![Evidence { role: EvidenceRole::MissingGuard, at: sql.at, note: words("tenant.label.sql-no-key") }],
        looked_for: vec![LookedFor { what: words("tenant.look.sql"), found: Message::new("looked-for.none"), detail: None }],
        also: Vec::<Also>::new(),
        specs: vec![sql.spec.to_string()],
        help: Some(words("tenant.query.raw.help")),
        rewrite: vec![format!("… where {} = ?", facts.key)],
        sql: None,
        root: None,
    };
    if is_operators {
        return Outcome::Conditional { violation: Box::new(violation), assumption: words("tenant.assumption.operator") };
    }
    Outcome::Violated(Box::new(violation))
}

/// A scope that limits on every path.
pub(super) fn scope_always_limits(facts: &TenantFacts, at: Location, models: usize) -> Outcome {
    let note = Message::new("tenant.proof.scope-itself").text("key", &facts.key).count("models", models);
    let evidence = Evidence { role: EvidenceRole::Guard, at, note: Message::new("tenant.proof.scope.label") };
    Outcome::Proven { proof: "always-on-scope", note, evidence: vec![evidence] }
}

/// A scope with open paths.
pub(super) fn fail_open_scope(facts: &TenantFacts, at: Location, open: &[OpenPath], models: usize) -> Violation {
    let evidence =
        open.iter().map(|path| Evidence { role: EvidenceRole::MissingGuard, at: path.at, note: open_label(path.kind) });
    let worst = open.iter().map(|path| path.kind).min().unwrap_or(OpenKind::Flag);
    let headline = match worst {
        OpenKind::NoUser => "tenant.scope.no-user.headline",
        OpenKind::Role => "tenant.scope.role.headline",
        OpenKind::UserWithoutKey => "tenant.scope.user-without-key.headline",
        _ => "tenant.scope.open.headline",
    };
    let words = |template: &'static str| Message::new(template).text("key", &facts.key).count("models", models);
    Violation {
        rule: "tenant/fail-open-scope",
        severity: Severity::Warning,
        confidence: Confidence::High,
        message: words(headline),
        evidence: std::iter::once(Evidence { role: EvidenceRole::Scope, at, note: words("tenant.scope.label") })
            .chain(evidence)
            .collect(),
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: vec!["laravel/eloquent#global-scope".to_owned()],
        help: Some(words("tenant.scope.help")),
        rewrite: vec!["$query->whereRaw('1 = 0');".to_owned()],
        sql: None,
        root: None,
    }
}
