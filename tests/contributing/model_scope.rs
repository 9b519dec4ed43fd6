//! **tenant/model**: does every model of a tenant's rows carry a scope?

use mandant::analysis::tenancy::ScopeBehaviour;
use mandant::finding::{Confidence, Evidence, EvidenceRole, Location, Message, Outcome, QuestionId, Severity, Violation};
use mandant::index::{BodyKey, Model};
use mandant::rules::{NotRunReason, Question, QuestionContext, Site};

/// The question.
#[derive(Debug)]
pub(super) struct TenantModel;

/// A model whose table has the key.
#[derive(Debug)]
pub(super) struct ModelSite<'p> {
    model: &'p Model,
    body: BodyKey,
    at: Location,
}

impl Question for TenantModel {
    const ID: QuestionId = "tenant/model";
    type Site<'p> = ModelSite<'p>;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        let missing = context.tenancy.facts.as_ref().err()?;
        Some(NotRunReason { reason: missing.reason.clone(), looked_for: missing.looked_for.clone() })
    }

    // Every place where the question arises, also those that are fine: the ledger counts them.
    fn sites(context: QuestionContext<'_>) -> Vec<ModelSite<'_>> {
        let Ok(facts) = &context.tenancy.facts else { return Vec::new() };
        let owned = context.index.models().filter(|model| facts.models.contains(model.name.as_str()));
        let site = |model| site_of(context, model);
        owned.filter_map(site).collect()
    }

    fn place(_: QuestionContext<'_>, site: &ModelSite<'_>) -> Site {
        Site { at: site.at, body: site.body, expr: None, subject: Some(site.model.name.clone()) }
    }

    // One verdict for each; what is not understood is undetermined, never silence.
    fn judge(context: QuestionContext<'_>, site: &ModelSite<'_>) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        let scopes = context.tenancy.scopes_of(site.model);
        if scopes.iter().any(|(_, behaviour)| matches!(behaviour, ScopeBehaviour::Always(_))) {
            let note = Message::new("tenant.proof.model").text("model", &site.model.name);
            return Outcome::Proven { proof: "always-on-scope", note, evidence: Vec::new() };
        }
        if scopes.iter().any(|(_, behaviour)| matches!(behaviour, ScopeBehaviour::Unknown)) {
            return Outcome::Undetermined(Message::new("undetermined.scope-paths"));
        }
        let words = |template| Message::new(template).text("model", &site.model.name).text("key", &facts.key);
        Outcome::Violated(Box::new(Violation {
            rule: "tenant/model-without-scope",
            severity: Severity::Warning,
            confidence: Confidence::Medium,
            message: words("tenant.model.headline"),
            evidence: vec![Evidence { role: EvidenceRole::MissingGuard, at: site.at, note: words("tenant.model.label") }],
            looked_for: Vec::new(),
            also: Vec::new(),
            specs: Vec::new(),
            help: Some(words("tenant.model.help")),
            rewrite: Vec::new(),
            sql: None,
            root: None,
        }))
    }
}

fn site_of<'p>(context: QuestionContext<'p>, model: &'p Model) -> Option<ModelSite<'p>> {
    let body = context.index.top_level(model.class.file).next()?;
    Some(ModelSite { model, body, at: Location::new(model.class.file, context.index.class(model.class).span) })
}
