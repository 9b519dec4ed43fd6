//! **tenant/scope**: does every path through a tenant scope limit the query?

use std::collections::BTreeMap;

use super::{NotRunReason, Question, QuestionContext, Site, explain, explain_other, tenant_not_run};
use crate::analysis::tenancy::{OpenKind, OpenPath, ScopeBehaviour, TenantFacts, scope_body, short_name};
use crate::finding::{Confidence, Evidence, EvidenceRole, Location, Message, Outcome, QuestionId, Violation};
use crate::index::BodyKey;

/// The question.
#[derive(Debug)]
pub(super) struct TenantScope;

/// A global scope that names the key, and what it does for the models that carry it.
#[derive(Debug)]
pub(super) struct ScopeSite {
    body: BodyKey,
    at: Location,
    models: usize,
    open: Vec<OpenPath>,
    limits_at: Option<Location>,
    /// Where it does so by a value that the client chooses.
    chosen_at: Option<Location>,
    is_unknown: bool,
    subject: Option<String>,
    /// What the schema says against it.
    absent: Option<Absent>,
}

/// A column that the scope needs, and that migrations never create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    /// The key of the table that it limits.
    OfTable,
    /// The key of the user that it limits by.
    OfUser,
}

impl Question for TenantScope {
    const ID: QuestionId = "tenant/scope";
    type Site<'p> = ScopeSite;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<ScopeSite> {
        let tenancy = context.tenancy;
        let Ok(facts) = &tenancy.facts else { return Vec::new() };
        let mut sites: BTreeMap<BodyKey, ScopeSite> = BTreeMap::new();
        for model in context.index.models().filter(|model| facts.models.contains(model.name.as_str())) {
            for (scope, behaviour) in tenancy.scopes_of(model) {
                let Some(body) = scope_body(context.index, &scope.code) else { continue };
                let site = sites.entry(body).or_insert_with(|| ScopeSite {
                    body,
                    at: context.index.declaration_of(body),
                    models: 0,
                    open: Vec::new(),
                    limits_at: None,
                    chosen_at: None,
                    is_unknown: false,
                    subject: context.index.body_class(body).map(|class| context.index.class_name(class).to_owned()),
                    absent: None,
                });
                site.models += 1;
                match behaviour {
                    ScopeBehaviour::Always(at) => site.limits_at = Some(*at),
                    ScopeBehaviour::ClientChosen(guard) => site.chosen_at = Some(guard.at),
                    ScopeBehaviour::FailOpen { open, limits_at } => {
                        site.open.extend(open.iter().cloned());
                        site.limits_at = Some(*limits_at);
                    }
                    ScopeBehaviour::Unknown => site.is_unknown = true,
                    ScopeBehaviour::Unrelated => {}
                }
            }
        }
        for site in sites.values_mut() {
            let asks_user = site.open.iter().any(|path| path.kind == OpenKind::UserWithoutKey);
            site.absent = (facts.users_lack_key && asks_user).then_some(Absent::OfUser);
            // A scope that looks whether the key is limited already adds nothing that is missing. Where a middleware has to run
            // first, each query says whether it has.
            site.open.retain(|path| !matches!(path.kind, OpenKind::AlreadyLimited | OpenKind::NotRegistered));
            site.open.sort_by_key(|path| (path.at, path.kind));
            site.open.dedup();
        }
        let mut sites: Vec<ScopeSite> = sites.into_values().collect();
        sites.extend(facts.lacking.iter().filter_map(|class| site_of_lacking(context, class)));
        sites
    }

    fn place(_: QuestionContext<'_>, site: &ScopeSite) -> Site {
        Site { at: site.at, body: site.body, expr: None, subject: site.subject.clone() }
    }

    fn judge(context: QuestionContext<'_>, site: &ScopeSite) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        if let Some(absent) = site.absent {
            return Outcome::Violated(Box::new(absent_column(facts, site, absent)));
        }
        if site.is_unknown {
            return Outcome::Undetermined(Message::new("undetermined.scope-paths"));
        }
        if let Some(at) = site.chosen_at.filter(|_| site.open.is_empty()) {
            return explain::client_chosen(facts, at);
        }
        if site.open.is_empty() {
            return explain_other::scope_always_limits(facts, site.limits_at.unwrap_or(site.at), site.models);
        }
        Outcome::Violated(Box::new(explain_other::fail_open_scope(facts, site.at, &site.open, site.models)))
    }
}

/// A model that carries a scope on a column that its table lacks.
fn site_of_lacking(context: QuestionContext<'_>, class: &str) -> Option<ScopeSite> {
    let index = context.index;
    let model = index.model_named(class)?;
    // A scope that leaves this model out asks for no column of it.
    if context.tenancy.scopes_of(model).is_empty() {
        return None;
    }
    Some(ScopeSite {
        body: index.top_level(model.class.file).next()?,
        at: Location::new(model.class.file, index.class(model.class).name_span),
        models: 1,
        open: Vec::new(),
        limits_at: None,
        chosen_at: None,
        is_unknown: false,
        subject: Some(model.name.clone()),
        absent: Some(Absent::OfTable),
    })
}

fn absent_column(facts: &TenantFacts, site: &ScopeSite, absent: Absent) -> Violation {
    let mut violation = explain_other::fail_open_scope(facts, site.at, &site.open, site.models);
    let model = site.subject.as_deref().map(short_name).unwrap_or_default();
    let words = |template: &'static str| Message::new(template).text("key", &facts.key).text("model", model.as_ref());
    let (headline, label, help) = match absent {
        Absent::OfTable => ("tenant.scope.no-column.headline", "tenant.scope.no-column.label", "tenant.scope.no-column.help"),
        Absent::OfUser => {
            ("tenant.scope.no-user-column.headline", "tenant.scope.no-user-column.label", "tenant.scope.no-user-column.help")
        }
    };
    violation.rule = "tenant/scope-without-column";
    violation.confidence = Confidence::Medium;
    violation.message = words(headline);
    violation.help = Some(words(help));
    violation.rewrite = Vec::new();
    violation.evidence.insert(0, Evidence { role: EvidenceRole::Schema, at: site.at, note: words(label) });
    violation
}
