//! **tenant/scope**: does every path through a tenant scope limit the query?

use std::collections::BTreeMap;

use super::{NotRunReason, Question, QuestionContext, Site, explain_other, tenant_not_run};
use crate::analysis::tenancy::{OpenKind, OpenPath, ScopeBehaviour, scope_body};
use crate::finding::{Location, Message, Outcome, QuestionId};
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
            for (scope, behaviour) in tenancy.scopes_of(facts, model) {
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
                });
                site.models += 1;
                match behaviour {
                    ScopeBehaviour::Always(at) => site.limits_at = Some(at),
                    ScopeBehaviour::ClientChosen(guard) => site.chosen_at = Some(guard.at),
                    ScopeBehaviour::FailOpen { open, .. } => site.open.extend(open),
                    ScopeBehaviour::Unknown => site.is_unknown = true,
                    ScopeBehaviour::Unrelated => {}
                }
            }
        }
        for site in sites.values_mut() {
            // A scope that looks whether the key is limited already adds nothing that is missing.
            site.open.retain(|path| path.kind != OpenKind::AlreadyLimited);
            site.open.sort_by_key(|path| (path.at, path.kind));
            site.open.dedup();
        }
        sites.into_values().collect()
    }

    fn place(_: QuestionContext<'_>, site: &ScopeSite) -> Site {
        Site { at: site.at, body: site.body, expr: None, subject: site.subject.clone() }
    }

    fn judge(context: QuestionContext<'_>, site: &ScopeSite) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        if site.is_unknown {
            return Outcome::Undetermined(Message::new("undetermined.scope-paths"));
        }
        if let Some(at) = site.chosen_at.filter(|_| site.open.is_empty()) {
            return Outcome::Undetermined(Message::new("undetermined.client-chosen").text("key", &facts.key).place("at", at));
        }
        if site.open.is_empty() {
            return explain_other::scope_always_limits(facts, site.limits_at.unwrap_or(site.at), site.models);
        }
        Outcome::Violated(Box::new(explain_other::fail_open_scope(facts, site.at, &site.open, site.models)))
    }
}
