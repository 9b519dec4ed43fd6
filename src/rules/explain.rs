//! The words and the evidence of the tenant questions: what, why, what to do.

use std::collections::BTreeSet;

use super::QuestionContext;
use super::context_words::{context_note, symbol_of};
use super::query_verdict::{Fault, QueryJudgement, QueryVerdict};
use crate::analysis::tenancy::{
    Check, Doubt, EntryKind, Guard, OpenKind, OpenPath, Operation, Predicate, Protection, Query, ScopeBehaviour, Subject,
    TenantFacts, Unknown, short_name, subject_name, tenant_word,
};
use crate::finding::{Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, Severity, Violation};
use crate::index::ScopeIdentifier;
use crate::specs::{ContextKind, QueryMethodKind};

/// What could not be resolved, in words.
pub(super) fn unknown(unknown: Unknown) -> Message {
    Message::new(match unknown {
        Unknown::Class => "undetermined.class",
        Unknown::Table => "undetermined.table",
        Unknown::Relation => "undetermined.relation",
        Unknown::Code => "undetermined.code",
        Unknown::Kept => "undetermined.kept",
        Unknown::Package => "undetermined.package",
        Unknown::Method => "undetermined.method",
        Unknown::Sql => "undetermined.sql",
        Unknown::Array => "undetermined.array",
        Unknown::Size => "undetermined.size",
        Unknown::Syntax => "undetermined.syntax",
        Unknown::Argument => "undetermined.argument",
        Unknown::Owner => "undetermined.owner",
    })
}

/// A sentence about a model's rows, the key and the tenant.
pub(super) fn words(facts: &TenantFacts, model: &str, template: &'static str) -> Message {
    let name = short_name(model);
    Message::new(template).text("model", name.as_ref()).text("key", &facts.key).text("tenant", tenant_word(facts))
}

/// The client chooses the tenant, and whether that is checked is not known.
pub(super) fn client_chosen(facts: &TenantFacts, at: Location) -> Outcome {
    Outcome::Undetermined(Message::new("undetermined.client-chosen").text("key", &facts.key).place("at", at))
}

/// A comparison stands before every use of the rows, and what it is worth is not known.
pub(super) fn uncertain_check(facts: &TenantFacts, (check, doubt): (Check, Doubt)) -> Outcome {
    match doubt {
        Doubt::None | Doubt::Asked => client_chosen(facts, check.at),
        Doubt::Source => Outcome::Undetermined(Message::new("undetermined.compared").place("at", check.at)),
    }
}

/// A proof from a condition of the query.
pub(super) fn proof_of_guard(facts: &TenantFacts, guard: &Guard, query: &Query) -> Outcome {
    let first = query.operations.first();
    let is_relations = query.entry.kind == EntryKind::Relation
        && matches!(first, Some(Operation::Where(_, Predicate::Compare(..), at)) if *at == guard.at);
    let (proof, template) = match &guard.protection {
        _ if is_relations => ("parent-relation", "tenant.proof.parent"),
        Protection::Key(_) => ("explicit-constraint", "tenant.proof.key"),
        Protection::Shared => ("explicit-constraint", "tenant.proof.shared"),
        Protection::Raw => ("explicit-constraint", "tenant.proof.raw"),
        Protection::Nothing => ("matches-no-row", "tenant.proof.nothing"),
        Protection::Correlated => ("key-of-trusted-row", "tenant.proof.correlated"),
        Protection::Member => ("policy", "tenant.proof.member"),
        Protection::Passed(_) => ("scoped-rule", "tenant.proof.passed"),
        Protection::Found(_) => ("key-of-trusted-row", "tenant.proof.found"),
        Protection::Unique => ("explicit-constraint", "tenant.proof.raw"),
        Protection::Exists(_) => ("explicit-constraint", "tenant.proof.exists"),
        Protection::RowKey(_) => ("key-of-trusted-row", "tenant.proof.row-key"),
        Protection::OwnKey(_) => ("own-key-reload", "tenant.proof.own-key"),
    };
    let at = if let Protection::Passed(by) | Protection::Found(by) = guard.protection { by } else { guard.at };
    let evidence = Evidence { role: EvidenceRole::Guard, at, note: Message::new(template).text("key", &facts.key) };
    Outcome::Proven { proof, note: Message::new(template).text("key", &facts.key), evidence: vec![evidence] }
}

/// A proof from a check behind the query: by a comparison or a policy, which may let users of a role pass.
pub(super) fn ownership_check(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    check: Check,
) -> Outcome {
    if let Some(role) = check.role {
        return relies_on_scope(context, facts, judgement, &[OpenPath { kind: OpenKind::Role, at: role }]);
    }
    proof_of_check(facts, check)
}

/// A proof from a comparison of a row, or from a policy that compares it.
pub(super) fn proof_of_check(facts: &TenantFacts, check: Check) -> Outcome {
    let (proof, template) =
        if check.by_policy { ("policy", "tenant.proof.policy") } else { ("ownership-check", "tenant.proof.ownership") };
    let note = || Message::new(template).text("key", &facts.key);
    let evidence = Evidence { role: EvidenceRole::Guard, at: check.at, note: note() };
    Outcome::Proven { proof, note: note(), evidence: vec![evidence] }
}

/// A proof from a scope.
pub(super) fn always_scoped(
    context: QuestionContext<'_>,
    judgement: &QueryJudgement,
    at: Location,
    discharged: &[OpenPath],
) -> Outcome {
    let mut evidence = vec![Evidence { role: EvidenceRole::Scope, at, note: Message::new("tenant.proof.scope.label") }];
    let has = |kind| discharged.iter().any(|path| path.kind == kind);
    let by_context = match () {
        () if has(OpenKind::NotRegistered) => Some("tenant.proof.scope-registered"),
        () if has(OpenKind::NoTenantContext) => Some("tenant.proof.scope-in-panel"),
        () => has(OpenKind::NoUser).then_some("tenant.proof.scope-logged-in"),
    };
    let note = match judgement.context.as_ref().zip(by_context) {
        Some((place, template)) => {
            let symbol = symbol_of(context, place);
            evidence.push(Evidence { role: EvidenceRole::Context, at: place.at, note: context_note(context, place) });
            Message::new(template).text("symbol", symbol)
        }
        None => Message::new("tenant.proof.scope"),
    };
    Outcome::Proven { proof: "always-on-scope", note, evidence }
}

/// The words of one judgement.
pub(super) struct Words<'w, 'p> {
    pub(super) context: QuestionContext<'p>,
    pub(super) facts: &'w TenantFacts,
    pub(super) judgement: &'w QueryJudgement,
}

impl Words<'_, '_> {
    fn name(&self) -> String {
        subject_name(self.context.tenancy, &self.judgement.subject).unwrap_or_default()
    }

    fn model(&self) -> String {
        short_name(&self.name()).to_string()
    }

    pub(super) fn message(&self, template: &'static str) -> Message {
        words(self.facts, &self.name(), template)
    }

    fn entry(&self) -> Location {
        self.judgement.execution.query.entry.at
    }

    fn is_write(&self) -> bool {
        matches!(
            self.judgement.execution.kind,
            QueryMethodKind::Write | QueryMethodKind::WriteUnscoped | QueryMethodKind::Destroy
        )
    }

    /// A table with personal data gives errors, another one warnings.
    fn severity(&self) -> Severity {
        if self.facts.personal.contains(self.name().as_str()) { Severity::Error } else { Severity::Warning }
    }

    /// A path that is never taken is worth a word, and no more; so is a batch that no entry point reaches. Other code that
    /// nothing reaches as far as is known may be dead, or called from where nobody looked.
    fn confidence(&self) -> Confidence {
        let is_reached = self.judgement.context.is_some();
        let is_batch = !is_reached && matches!(self.judgement.verdict, QueryVerdict::Operator(_));
        match (self.judgement.execution.is_dead || is_batch, is_reached) {
            (true, _) => Confidence::Low,
            (false, false) => Confidence::Medium,
            (false, true) => Confidence::High,
        }
    }

    fn headline(&self, fault: Fault) -> Message {
        match fault {
            Fault::Foreign => self.message("tenant.query.foreign.headline"),
            Fault::FixedTenant => self.message("tenant.query.fixed.headline"),
            Fault::OrEscapes => self.message("tenant.query.or.headline"),
            Fault::ScopeRemoved => self.message("tenant.query.removed.headline"),
            Fault::Optional => self.message("tenant.query.optional.headline"),
            Fault::Parent(_) => self.message("tenant.query.parent.headline"),
            Fault::Untrusted(_) if self.facts.root.as_deref() == Some(self.name().as_str()) => {
                self.message("tenant.query.picked.headline")
            }
            Fault::Untrusted(_) => self.message("tenant.query.untrusted.headline"),
            Fault::Unscoped => match (&self.judgement.person, self.judgement.execution.kind) {
                (Some(column), _) if !self.is_write() => self.message("tenant.query.person.headline").text("column", column),
                (_, QueryMethodKind::Find | QueryMethodKind::Destroy) => self.message("tenant.query.find.headline"),
                (_, QueryMethodKind::Aggregate) => self.message("tenant.query.aggregate.headline"),
                _ if self.is_write() => self.message("tenant.query.write.headline"),
                _ => self.message("tenant.query.unscoped.headline"),
            },
        }
    }

    pub(super) fn evidence(&self, fault: Fault, open: Option<&[OpenPath]>) -> Vec<Evidence> {
        let seen = &self.judgement.seen;
        let mut evidence = vec![Evidence {
            role: EvidenceRole::MissingGuard,
            at: self.entry(),
            note: match fault {
                Fault::Unscoped => self.owner_label().unwrap_or_else(|| self.message("tenant.label.no-key")),
                Fault::Parent(_) => self.message("tenant.label.of-parent"),
                _ => self.message("tenant.label.reaches-all"),
            },
        }];
        let mut add = |role, at, note| evidence.push(Evidence { role, at, note });
        match fault {
            Fault::Foreign | Fault::FixedTenant => {
                for (at, fixed) in seen.foreign.iter().take(2) {
                    let note = if *fixed { "tenant.label.fixed" } else { "tenant.label.not-equal" };
                    add(EvidenceRole::NearMiss, *at, self.message(note));
                }
            }
            Fault::OrEscapes => {
                for guard in seen.guards.iter().take(1) {
                    add(EvidenceRole::Guard, guard.at, self.message("tenant.label.this-limit"));
                }
                for at in seen.alternatives.iter().chain(&seen.raw_or).take(2) {
                    add(EvidenceRole::NearMiss, *at, self.message("tenant.label.escapes"));
                }
            }
            Fault::ScopeRemoved => {
                for (_, at) in seen.removals.iter().take(1) {
                    add(EvidenceRole::NearMiss, *at, self.message("tenant.label.scope-removed"));
                }
                if let Some(at) = &seen.unscoped {
                    add(EvidenceRole::NearMiss, *at, self.message("tenant.label.below-scopes"));
                }
            }
            Fault::Optional => {
                for guard in seen.guards.iter().take(1) {
                    add(EvidenceRole::NearMiss, guard.at, self.message("tenant.label.only-here"));
                }
                for assumption in seen.unguarded_paths.iter().filter_map(|path| path.last()).take(1) {
                    add(EvidenceRole::MissingGuard, assumption.at, self.message("tenant.label.no-limit-otherwise"));
                }
            }
            Fault::Parent(at) => add(EvidenceRole::Source, at, self.message("tenant.label.parent")),
            Fault::Untrusted(at) => add(EvidenceRole::NearMiss, at, self.message("tenant.label.untrusted")),
            Fault::Unscoped => {}
        }
        if let Some(path) = open.and_then(|paths| self.relevant(paths)) {
            add(EvidenceRole::Scope, path.at, open_label(path.kind));
        }
        if let Some(place) = &self.judgement.context
            && place.at.file != self.entry().file
        {
            // The call that passes the value, where the query was followed to its callers.
            let at = self.judgement.execution.through_call.last().copied().unwrap_or(place.at);
            add(EvidenceRole::Context, at, context_note(self.context, place));
        }
        evidence
    }

    /// The open path that matters in this context.
    fn relevant<'o>(&self, paths: &'o [OpenPath]) -> Option<&'o OpenPath> {
        let has_user = self.judgement.context.as_ref().is_some_and(|place| place.kind == ContextKind::Authenticated);
        paths.iter().find(|path| has_user != (path.kind == OpenKind::NoUser)).or_else(|| paths.first())
    }

    /// Why no context is known: a controller that no route names, or a function that nothing calls.
    fn no_caller(&self) -> &'static str {
        let index = self.context.index;
        let class = index.body_class(self.judgement.execution.function);
        let is_controller = class.is_some_and(|class| index.class_name(class).ends_with("Controller"));
        if is_controller && self.context.tenancy.contexts.knows_routes() {
            "tenant.context.no-route"
        } else {
            "tenant.context.no-caller"
        }
    }

    fn looked_for(&self, open: Option<&[OpenPath]>) -> Vec<LookedFor> {
        let none = || Message::new("looked-for.none");
        let seen = &self.judgement.seen;
        let chain = match seen.guards.first() {
            Some(guard) => LookedFor {
                what: self.message("tenant.look.chain"),
                found: Message::new("looked-for.not-always"),
                detail: Some(Message::new("looked-for.at").place("at", guard.at)),
            },
            None => LookedFor {
                what: self.message("tenant.look.chain"),
                found: none(),
                detail: Some(Message::new("tenant.look.conditions").count("conditions", written_conditions(&seen.conditions))),
            },
        };
        let scope = match (self.judgement.scopes.first(), open) {
            (None, _) => LookedFor { what: self.message("tenant.look.scope"), found: none(), detail: None },
            (Some((identifier, registered, _)), _) if !seen.removals.is_empty() => LookedFor {
                what: self.message("tenant.look.scope"),
                found: Message::new("looked-for.removed"),
                detail: Some(scope_detail(identifier, *registered)),
            },
            (Some((identifier, registered, behaviour)), _) => LookedFor {
                what: self.message("tenant.look.scope"),
                found: match behaviour {
                    ScopeBehaviour::FailOpen { .. } => Message::new("looked-for.fail-open"),
                    _ => Message::new("looked-for.not-applied"),
                },
                detail: Some(scope_detail(identifier, *registered)),
            },
        };
        let user = match &self.judgement.context {
            Some(place) => LookedFor {
                what: Message::new("tenant.look.user"),
                found: Message::new(match place.kind {
                    ContextKind::Authenticated => "looked-for.yes",
                    ContextKind::Http => "looked-for.unknown",
                    _ => "looked-for.none",
                }),
                detail: Some(context_note(self.context, place)),
            },
            None => LookedFor {
                what: Message::new("tenant.look.user"),
                found: Message::new("looked-for.unknown"),
                detail: Some(Message::new(self.no_caller())),
            },
        };
        self.owner_looked_for().into_iter().chain([chain, scope, user]).collect()
    }

    pub(super) fn violation(
        &self,
        rule: &'static str,
        message: Message,
        evidence: Vec<Evidence>,
        open: Option<&[OpenPath]>,
    ) -> Violation {
        let mut specs = vec![self.judgement.execution.query.entry.spec.to_string()];
        let method = self.judgement.execution.spec.to_string();
        if !specs.contains(&method) {
            specs.push(method);
        }
        Violation {
            rule,
            severity: self.severity(),
            confidence: self.confidence(),
            message,
            evidence,
            looked_for: self.looked_for(open),
            also: Vec::new(),
            specs,
            help: None,
            rewrite: Vec::new(),
            sql: None,
            root: None,
        }
    }

    pub(super) fn conditional(
        &self,
        rule: &'static str,
        message: Message,
        evidence: Vec<Evidence>,
        open: Option<&[OpenPath]>,
        assumption: Message,
    ) -> Outcome {
        let mut violation = self.violation(rule, message, evidence, open);
        violation.severity = Severity::Note;
        Outcome::Conditional { violation: Box::new(violation), assumption }
    }
}

impl Words<'_, '_> {
    /// What limits is a scope that some paths leave open.
    pub(super) fn relies(&self, rule: &'static str, headline: &'static str, paths: &[OpenPath]) -> Outcome {
        let only = Evidence { role: EvidenceRole::MissingGuard, at: self.entry(), note: self.message("tenant.label.only-scope") };
        let open = |path: &OpenPath| Evidence { role: EvidenceRole::Scope, at: path.at, note: open_label(path.kind) };
        let evidence = std::iter::once(only).chain(paths.iter().map(open)).collect();
        self.conditional(rule, self.message(headline), evidence, Some(paths), assumption(self.facts, paths))
    }
}

/// Conditions as they are written: one in a loop or on several paths counts once.
fn written_conditions(conditions: &[Location]) -> usize {
    conditions.iter().collect::<BTreeSet<_>>().len()
}

fn scope_detail(identifier: &ScopeIdentifier, registered: Location) -> Message {
    let name = match identifier {
        ScopeIdentifier::Class(class) => short_name(class).to_string(),
        ScopeIdentifier::Named(name) => name.clone(),
        ScopeIdentifier::Anonymous => String::new(),
    };
    Message::new("tenant.look.scope-detail").text("scope", name).place("at", registered)
}

pub(super) fn open_label(kind: OpenKind) -> Message {
    Message::new(match kind {
        OpenKind::NoUser => "tenant.open.no-user",
        OpenKind::Role => "tenant.open.role",
        OpenKind::UserWithoutKey => "tenant.open.user-without-key",
        OpenKind::NoTenant | OpenKind::NoTenantContext => "tenant.open.no-tenant",
        OpenKind::NotRegistered => "tenant.open.not-registered",
        OpenKind::AlreadyLimited => "tenant.open.already-limited",
        OpenKind::Flag => "tenant.open.flag",
    })
}

const fn rule_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Foreign | Fault::FixedTenant => "tenant/foreign-tenant",
        Fault::OrEscapes => "tenant/or-escapes-scope",
        Fault::ScopeRemoved => "tenant/scope-removed",
        Fault::Optional => "tenant/optional-scope",
        Fault::Parent(_) => "tenant/unscoped-relation",
        Fault::Untrusted(_) => "tenant/untrusted-tenant-id",
        Fault::Unscoped => "tenant/unscoped-query",
    }
}

const fn help_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Foreign => "tenant.query.foreign.help",
        Fault::FixedTenant => "tenant.query.fixed.help",
        Fault::OrEscapes => "tenant.query.or.help",
        Fault::ScopeRemoved => "tenant.query.removed.help",
        Fault::Optional => "tenant.query.optional.help",
        Fault::Parent(_) => "tenant.query.parent.help",
        Fault::Untrusted(_) => "tenant.query.untrusted.help",
        Fault::Unscoped => "tenant.query.unscoped.help",
    }
}

/// A query that is not limited.
pub(super) fn unlimited(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    fault: Fault,
    open: Option<&[OpenPath]>,
    is_uncertain: bool,
) -> Violation {
    let words = Words { context, facts, judgement };
    let mut violation = words.violation(rule_of(fault), words.headline(fault), words.evidence(fault, open), open);
    if is_uncertain {
        violation.confidence = violation.confidence.min(Confidence::Medium);
    }
    violation.help = Some(words.message(help_of(fault)));
    violation.rewrite = words.rewrite(fault);
    violation.sql = words.sql(fault);
    violation
}

impl Words<'_, '_> {
    /// The code to write instead, from the project's own names.
    fn rewrite(&self, fault: Fault) -> Vec<String> {
        let key = &self.facts.key;
        let word = tenant_word(self.facts).replace(' ', "_");
        match fault {
            Fault::OrEscapes => vec!["->where(fn ($query) => $query->where(…)->orWhere(…))".to_owned()],
            Fault::Parent(_) | Fault::Untrusted(_) => Vec::new(),
            Fault::Optional => vec![format!("->where('{key}', ${word}->id)")],
            Fault::Foreign | Fault::FixedTenant | Fault::Unscoped | Fault::ScopeRemoved => {
                vec![self.limited(key, &word)]
            }
        }
    }

    /// The query with its limit, in its own form: a model's, a table's, a relation's; a find stays one.
    fn limited(&self, key: &str, word: &str) -> String {
        let execution = &self.judgement.execution;
        let limit = self.limit_by_owner().unwrap_or_else(|| format!("where('{key}', ${word}->id)"));
        let end = match execution.kind {
            QueryMethodKind::Find => format!("->{}(…)", execution.method),
            QueryMethodKind::Destroy => "->whereKey(…)->delete()".to_owned(),
            _ => String::new(),
        };
        match (execution.query.entry.kind, &execution.query.subject) {
            (EntryKind::Table, Subject::Table(table, _)) if !self.is_joined() => {
                format!("DB::table('{table}')->{limit}{end}")
            }
            (EntryKind::Model | EntryKind::UnscopedModel, Subject::Model(_)) if !self.is_joined() => {
                format!("{}::{limit}{end}", self.model())
            }
            _ if self.is_joined() => {
                let name = subject_name(self.context.tenancy, &self.judgement.subject).unwrap_or_default();
                let table = self.context.index.model_named(&name).and_then(|model| model.table.clone()).unwrap_or(name);
                format!("->where('{table}.{key}', ${word}->id){end}")
            }
            _ => format!("->{limit}{end}"),
        }
    }

    /// The owned table is joined to another one.
    fn is_joined(&self) -> bool {
        self.judgement.subject != self.judgement.execution.query.subject
    }

    /// The shape of the SQL, where it shows how an `or` binds.
    fn sql(&self, fault: Fault) -> Option<String> {
        (fault == Fault::OrEscapes && self.judgement.seen.raw_or.is_none())
            .then(|| format!("… where `{}` = ? and … or …", self.facts.key))
    }
}

/// A query that a fail-open scope limits for the logged-in user.
pub(super) fn relies_on_scope(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    paths: &[OpenPath],
) -> Outcome {
    let rule = "tenant/relies-on-fail-open-scope";
    Words { context, facts, judgement }.relies(rule, "tenant.query.relies.headline", paths)
}

/// A query by the key of a row whose own query is reported.
pub(super) fn of_open_row(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    rule: &'static str,
    row: Location,
) -> Outcome {
    let words = Words { context, facts, judgement };
    let evidence = vec![
        Evidence { role: EvidenceRole::MissingGuard, at: words.entry(), note: words.message("tenant.label.of-parent") },
        Evidence { role: EvidenceRole::Source, at: row, note: words.message("tenant.label.open-parent") },
    ];
    let assumption = Message::new("tenant.assumption.parent").text("tenant", tenant_word(facts));
    words.conditional(rule, words.message("tenant.query.of-open-row.headline"), evidence, None, assumption)
}

/// Under which assumption open paths are not taken.
pub(super) fn assumption(facts: &TenantFacts, paths: &[OpenPath]) -> Message {
    let has = |kind| paths.iter().any(|path| path.kind == kind);
    let template = match (has(OpenKind::Role), has(OpenKind::UserWithoutKey)) {
        (true, true) => "tenant.assumption.role-and-key",
        (true, false) => "tenant.assumption.role",
        _ => "tenant.assumption.key",
    };
    Message::new(template).text("key", &facts.key)
}

/// An operator's tool.
pub(super) fn operator_query(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    fault: Fault,
) -> Outcome {
    let words = Words { context, facts, judgement };
    let evidence = words.evidence(fault, None);
    if judgement.context.is_none() {
        let message = words.message("tenant.query.batch.headline");
        return words.conditional("tenant/operator-query", message, evidence, None, words.message("tenant.assumption.batch"));
    }
    let message = words.message("tenant.query.operator.headline");
    words.conditional("tenant/operator-query", message, evidence, None, words.message("tenant.assumption.operator"))
}

/// A look-up by an id that is unique over all tenants.
pub(super) fn identity_lookup(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    at: Location,
) -> Outcome {
    let words = Words { context, facts, judgement };
    let mut evidence = words.evidence(Fault::Unscoped, None);
    evidence.push(Evidence { role: EvidenceRole::NearMiss, at, note: words.message("tenant.label.identity") });
    let message = words.message("tenant.query.identity.headline");
    words.conditional("tenant/identity-lookup", message, evidence, None, words.message("tenant.assumption.identity"))
}

/// Rows whose key is null.
pub(super) fn rows_of_nobody(
    context: QuestionContext<'_>,
    facts: &TenantFacts,
    judgement: &QueryJudgement,
    at: Location,
) -> Outcome {
    let words = Words { context, facts, judgement };
    let evidence = vec![Evidence { role: EvidenceRole::NearMiss, at, note: words.message("tenant.proof.shared") }];
    let message = words.message("tenant.query.nobody.headline");
    words.conditional("tenant/unscoped-query", message, evidence, None, words.message("tenant.assumption.nobody"))
}
