//! **tenant/model**: does every model of a tenant's rows carry the scope that its siblings carry?

use super::{NotRunReason, Question, QuestionContext, Site, explain, tenant_not_run};
use crate::analysis::tenancy::ScopeBehaviour;
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::index::{BodyKey, Model};

/// The question.
#[derive(Debug)]
pub(super) struct TenantModel;

/// A model whose table has the key.
#[derive(Debug)]
pub(super) struct ModelSite<'p> {
    model: &'p Model,
    body: BodyKey,
    at: Location,
    /// Where its scope is registered, if it carries one.
    scope: Option<Location>,
    is_unknown: bool,
    /// Siblings that carry a scope, and where one of them registers it.
    siblings: usize,
    example: Option<Location>,
    /// Carrying a scope is what this application does.
    is_custom: bool,
    /// It is, if the scopes count that could not be read.
    may_be_custom: bool,
}

/// Of so many models one at least carries a scope, where that is what the application does.
const SHARE: usize = 3;

impl Question for TenantModel {
    const ID: QuestionId = "tenant/model";
    type Site<'p> = ModelSite<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<ModelSite<'_>> {
        let Ok(facts) = &context.tenancy.facts else { return Vec::new() };
        let owned = context.index.models().filter(|model| !model.is_abstract && facts.models.contains(model.name.as_str()));
        let mut sites: Vec<ModelSite<'_>> = owned.filter_map(|model| site_of(context, model)).collect();
        let carrying = sites.iter().filter(|site| site.scope.is_some()).count();
        let unknown = sites.iter().filter(|site| site.scope.is_none() && site.is_unknown).count();
        let is_custom = |carrying: usize, count: usize| carrying >= 2 && carrying * SHARE >= count;
        let example = sites.iter().find_map(|site| site.scope);
        let count = sites.len();
        for site in &mut sites {
            site.siblings = carrying;
            site.example = example;
            site.is_custom = is_custom(carrying, count);
            site.may_be_custom = is_custom(carrying + unknown, count);
        }
        sites
    }

    fn place(_: QuestionContext<'_>, site: &ModelSite<'_>) -> Site {
        Site { at: site.at, body: site.body, expr: None, subject: Some(site.model.name.clone()) }
    }

    fn judge(context: QuestionContext<'_>, site: &ModelSite<'_>) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        let words = |template| explain::words(facts, &site.model.name, template).count("models", site.siblings);
        if let Some(at) = site.scope {
            let evidence = Evidence { role: EvidenceRole::Scope, at, note: words("tenant.model.proof") };
            return Outcome::Proven { proof: "carries-scope", note: words("tenant.model.proof"), evidence: vec![evidence] };
        }
        if site.is_unknown || site.may_be_custom && !site.is_custom {
            return Outcome::Undetermined(Message::new("undetermined.scope-paths"));
        }
        if !site.is_custom {
            return Outcome::Proven { proof: "no-scope-custom", note: words("tenant.model.proof.custom"), evidence: Vec::new() };
        }
        let violation = Box::new(violation(site, &words));
        if context.index.is_a(site.model.class, "Illuminate\\Contracts\\Auth\\Authenticatable") {
            let violation = Box::new(Violation { severity: Severity::Note, ..*violation });
            return Outcome::Conditional { violation, assumption: words("tenant.assumption.logs-in") };
        }
        Outcome::Violated(violation)
    }
}

fn site_of<'p>(context: QuestionContext<'p>, model: &'p Model) -> Option<ModelSite<'p>> {
    let body = context.index.top_level(model.class.file).next()?;
    let class = context.index.class(model.class);
    let scopes = context.tenancy.scopes_of(model);
    let scope = scopes.iter().find(|(_, behaviour)| *behaviour != ScopeBehaviour::Unknown).map(|(scope, _)| scope.registered);
    Some(ModelSite {
        model,
        body,
        at: Location::new(model.class.file, class.name_span),
        scope,
        is_unknown: !scopes.is_empty(),
        siblings: 0,
        example: None,
        is_custom: false,
        may_be_custom: false,
    })
}

fn violation(site: &ModelSite<'_>, words: &dyn Fn(&'static str) -> Message) -> Violation {
    let mut evidence = vec![Evidence { role: EvidenceRole::MissingGuard, at: site.at, note: words("tenant.model.label") }];
    if let Some(at) = site.example {
        evidence.push(Evidence { role: EvidenceRole::NearMiss, at, note: words("tenant.model.sibling") });
    }
    Violation {
        rule: "tenant/model-without-scope",
        severity: Severity::Warning,
        confidence: Confidence::Medium,
        message: words("tenant.model.headline"),
        evidence,
        looked_for: vec![LookedFor {
            what: words("tenant.look.scope"),
            found: Message::new("looked-for.none"),
            detail: Some(words("tenant.look.siblings")),
        }],
        also: Vec::new(),
        specs: vec!["laravel/eloquent#global-scope".to_owned()],
        help: Some(words("tenant.model.help")),
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}
