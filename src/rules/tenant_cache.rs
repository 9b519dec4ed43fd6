//! **tenant/cache**: is what one tenant sees served to another one from the cache?

use super::cache_key::{KeyPart, KeyReader};
use super::executions::{executions_of, is_find_or_write, site_span};
use super::query_verdict::{active_scopes, contexts};
use super::{NotRunReason, Question, QuestionContext, Site, explain, tenant_not_run};
use crate::analysis::tenancy::{
    CacheCall, CachePrefix, CachedQuery, Entry, Execution, Guard, Protection, Reading, ScopeBehaviour, Subject, TenantFacts,
    subject_name,
};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::flow::{Origins, Root};
use crate::specs::{ContextKind, QueryMethodKind};

/// The question.
#[derive(Debug)]
pub(super) struct TenantCache;

/// A query that is limited to one tenant, and a cache call that stores its result.
#[derive(Debug)]
pub(super) struct CacheSite<'p> {
    entry: &'p Entry,
    calls: &'p [CacheCall],
    executions: Vec<Execution>,
    subject: Subject,
    /// What limits the query.
    limits: Vec<Limit>,
}

/// What limits a query to one tenant.
#[derive(Debug)]
struct Limit {
    at: Location,
    /// The values that it compares with; none where a scope limits.
    by: Origins,
    /// Nothing says who runs it.
    is_context_unknown: bool,
}

impl Question for TenantCache {
    const ID: QuestionId = "tenant/cache";
    type Site<'p> = CacheSite<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<CacheSite<'_>> {
        let Ok(facts) = &context.tenancy.facts else { return Vec::new() };
        let site = |pair| site_of(context, facts, pair);
        context.tenancy.cache().pairs.iter().filter_map(site).collect()
    }

    fn place(context: QuestionContext<'_>, site: &CacheSite<'_>) -> Site {
        Site {
            at: site_span(site.entry, &site.executions),
            body: site.entry.body,
            expr: Some(site.entry.expr),
            subject: subject_name(context.tenancy, &site.subject),
        }
    }

    fn judge(context: QuestionContext<'_>, site: &CacheSite<'_>) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        let reader = |call| KeyReader { context, facts, call };
        // A prefix counts for the calls behind it in its own function; what runs before other calls is not followed.
        let of_tenant = |prefix: &&CachePrefix| {
            site.calls.first().is_some_and(|call| reader(call).read(&prefix.value, &[]) == KeyPart::Tenant)
        };
        let mut prefixes = context.tenancy.cache().prefixes.iter().filter(of_tenant).peekable();
        let stands_before = |prefix: &&CachePrefix| {
            let precedes = |call: &CacheCall| prefix.at.file == call.at.file && prefix.at.span.end <= call.at.span.start;
            site.calls.iter().all(|call| prefix.function == call.function && precedes(call))
        };
        let elsewhere = prefixes.peek().map(|prefix| prefix.at);
        if let Some(prefix) = prefixes.find(stands_before) {
            return proven(facts, prefix.at, "tenant.cache.proof.prefix");
        }
        let limits: Vec<&Origins> = site.limits.iter().map(|limit| &limit.by).collect();
        let parts = site.calls.iter().map(|call| (reader(call).read(&call.key, &limits), call));
        match parts.max_by_key(|(part, _)| *part) {
            Some((KeyPart::Tenant, call)) => proven(facts, call.key_at, "tenant.cache.proof.key"),
            Some((KeyPart::Unknown, call)) => {
                Outcome::Undetermined(Message::new("undetermined.cache-key").place("at", call.key_at))
            }
            Some((KeyPart::Tenantless, call)) => match elsewhere {
                Some(at) => Outcome::Undetermined(Message::new("undetermined.cache-prefix").place("at", at)),
                None => Outcome::Violated(Box::new(violation(context, facts, site, call))),
            },
            None => Outcome::Undetermined(Message::new("undetermined.code")),
        }
    }
}

fn site_of<'p>(context: QuestionContext<'p>, facts: &TenantFacts, pair: &'p CachedQuery) -> Option<CacheSite<'p>> {
    let tenancy = context.tenancy;
    let executions: Vec<Execution> =
        executions_of(tenancy.entry(&pair.entry)?).into_iter().filter(|execution| !is_find_or_write(execution.kind)).collect();
    let subject = executions.iter().find_map(|execution| tenancy.owned_subject(facts, &execution.query))?;
    let limits: Vec<Limit> = executions.iter().filter_map(|execution| limit_of(context, facts, execution, &subject)).collect();
    if limits.is_empty() {
        return None;
    }
    Some(CacheSite { entry: &pair.entry, calls: &pair.calls, executions, subject, limits })
}

/// What limits a query in a context in which somebody asks; a query without it gives everybody the same.
fn limit_of(context: QuestionContext<'_>, facts: &TenantFacts, execution: &Execution, subject: &Subject) -> Option<Limit> {
    let (guard, seen) = context.tenancy.read(facts, &execution.query, Reading::default());
    let places = contexts(context, execution);
    let is_context_unknown = places.iter().all(Option::is_none);
    if let Some(Guard { protection, at }) = guard {
        let by = match protection {
            Protection::Key(operand) | Protection::RowKey(operand) | Protection::OwnKey(operand) => operand.origins,
            Protection::Exists(_)
            | Protection::Raw
            | Protection::Unique
            | Protection::Correlated
            | Protection::Member
            | Protection::Passed(_)
            | Protection::Found(_) => Origins::none(),
            Protection::Shared | Protection::Nothing => return None,
        };
        return Some(Limit { at, by, is_context_unknown });
    }
    let is_asked = places.iter().any(|place| {
        !place.is_some_and(|place| matches!(place.kind, ContextKind::Console | ContextKind::Queue | ContextKind::Public))
    });
    let at =
        active_scopes(context, facts, execution, subject, &seen).0.into_iter().find_map(|(_, behaviour)| match behaviour {
            ScopeBehaviour::Always(at) => Some(at),
            ScopeBehaviour::ClientChosen(guard) => Some(guard.at),
            ScopeBehaviour::FailOpen { limits_at, .. } if is_asked => Some(limits_at),
            _ => None,
        })?;
    Some(Limit { at, by: Origins::none(), is_context_unknown })
}

fn proven(facts: &TenantFacts, at: Location, template: &'static str) -> Outcome {
    let note = || Message::new(template).text("key", &facts.key);
    let evidence = Evidence { role: EvidenceRole::Guard, at, note: note() };
    Outcome::Proven { proof: "tenant-in-cache-key", note: note(), evidence: vec![evidence] }
}

fn violation(context: QuestionContext<'_>, facts: &TenantFacts, site: &CacheSite<'_>, call: &CacheCall) -> Violation {
    let model = subject_name(context.tenancy, &site.subject).unwrap_or_default();
    let words = |template: &'static str| explain::words(facts, &model, template);
    let counts = site.executions.iter().all(|execution| execution.kind == QueryMethodKind::Aggregate);
    let mut evidence = vec![
        Evidence { role: EvidenceRole::Source, at: site.entry.at, note: words("tenant.cache.label.query") },
        Evidence { role: EvidenceRole::MissingGuard, at: call.key_at, note: words("tenant.cache.label.key") },
    ];
    if let Some(limit) = site.limits.first() {
        evidence.push(Evidence { role: EvidenceRole::Scope, at: limit.at, note: words("tenant.cache.label.limit") });
    }
    let client = call.key.iter().any(|origin| origin.root == Root::Request);
    let is_uncertain = site.limits.iter().all(|limit| limit.is_context_unknown);
    Violation {
        rule: "tenant/tenantless-cache-key",
        severity: Severity::Warning,
        confidence: if is_uncertain { Confidence::Medium } else { Confidence::High },
        message: words(if counts { "tenant.cache.aggregate.headline" } else { "tenant.cache.headline" }),
        evidence,
        looked_for: vec![
            LookedFor {
                what: words("tenant.look.cache-key"),
                found: Message::new("looked-for.none"),
                detail: Some(
                    words(if client { "tenant.look.cache-client" } else { "tenant.look.cache-parts" }).place("at", call.key_at),
                ),
            },
            LookedFor { what: words("tenant.look.cache-prefix"), found: Message::new("looked-for.none"), detail: None },
        ],
        also: Vec::new(),
        specs: vec![call.spec.clone(), site.entry.spec.to_string()],
        help: Some(words("tenant.cache.help")),
        rewrite: vec![format!("\"….{{$user->{}}}\"", facts.key)],
        sql: None,
        root: None,
    }
}
