//! The questions: each enumerates its sites and gives every site exactly one verdict.
//!
//! A rule looks at no syntax and at no file: the layers below answer in the field's terms.

mod cache_key;
mod context_words;
mod executions;
mod explain;
mod explain_derived;
mod explain_other;
mod explain_write;
mod fingerprint;
mod length;
mod migration_operation;
mod passed_rules;
mod phonetic_call;
mod phonetic_conformance;
mod phonetic_encoder;
mod picked_tenant;
mod pii_log_call;
mod query_verdict;
mod root_cause;
mod row_verdict;
mod rule_tenant;
mod selection;
mod tenant_binding;
mod tenant_cache;
mod tenant_model;
mod tenant_query;
mod tenant_scope;
mod tenant_validation;
mod tenant_write;
mod tested_value;
mod write_of_key;

use crate::analysis::tenancy::Tenancy;
use crate::finding::{Location, Message, Outcome, QuestionId, SiteFacts};
use crate::index::Index;
use crate::migrate::SchemaRun;
use crate::verify::Verification;
use crate::workspace::Workspace;

pub use fingerprint::{Content, Fingerprints};
pub use length::LengthInput;
pub use passed_rules::FoundQueries;
pub use phonetic_conformance::{of_kind as check_in_words, what as bug_in_words};
pub use pii_log_call::PiiInput;

/// What questions may ask.
#[derive(Clone, Copy, Debug)]
pub struct QuestionContext<'p> {
    /// Declarations.
    pub index: &'p Index,
    /// Queries, scopes, contexts.
    pub tenancy: &'p Tenancy<'p>,
    /// Paths and positions.
    pub workspace: &'p Workspace,
    /// Saved results of `mandant phonetic verify`.
    pub verified: &'p [Verification],
    /// What the questions on lengths ask.
    pub lengths: &'p LengthInput<'p>,
    /// What the question on personal data asks.
    pub pii: &'p PiiInput<'p>,
    /// What is known of queries by which keys were found.
    pub found: &'p FoundQueries,
    /// The migrations, evaluated; none where the project has none.
    pub migrations: Option<&'p SchemaRun>,
}

/// A site before its identity is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Where it stands: from the entry point to the end of the chain.
    pub at: Location,
    /// The body that holds it.
    pub body: crate::index::BodyKey,
    /// The expression that the identity is made of; none for declarations.
    pub expr: Option<crate::hir::ExprId>,
    /// What it is about.
    pub subject: Option<String>,
}

/// A site with its verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The site.
    pub site: SiteFacts,
    /// The verdict.
    pub outcome: Outcome,
}

/// A question: enumerates sites, judges each.
pub trait Question: Send + Sync + 'static {
    /// Its id.
    const ID: QuestionId;
    /// What it enumerates.
    type Site<'p>: Send + Sync;

    /// Why it cannot be asked of this project, if so.
    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason>;

    /// Its sites, in order of their places.
    fn sites(context: QuestionContext<'_>) -> Vec<Self::Site<'_>>;

    /// Place and subject of a site.
    fn place(context: QuestionContext<'_>, site: &Self::Site<'_>) -> Site;

    /// The verdict on a site.
    fn judge(context: QuestionContext<'_>, site: &Self::Site<'_>) -> Outcome;
}

/// Why a question was not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRunReason {
    /// The reason.
    pub reason: Message,
    /// What would have made it possible.
    pub looked_for: Vec<crate::finding::LookedFor>,
}

/// A question with its types erased.
#[derive(Clone, Copy, Debug)]
pub struct ErasedQuestion {
    /// Its id.
    pub id: QuestionId,
    /// Asks it.
    pub ask: for<'p> fn(QuestionContext<'p>) -> Result<Vec<Judged>, NotRunReason>,
}

/// All questions, in the order of reports.
pub const QUESTIONS: [ErasedQuestion; 12] = [
    erased::<tenant_query::TenantQuery>(),
    erased::<tenant_write::TenantWrite>(),
    erased::<tenant_validation::TenantValidation>(),
    erased::<tenant_binding::TenantBinding>(),
    erased::<tenant_cache::TenantCache>(),
    erased::<tenant_scope::TenantScope>(),
    erased::<tenant_model::TenantModel>(),
    erased::<pii_log_call::PiiLogCall>(),
    erased::<phonetic_call::PhoneticCall>(),
    erased::<phonetic_encoder::PhoneticEncoder>(),
    erased::<phonetic_conformance::PhoneticConformance>(),
    erased::<migration_operation::MigrationOperation>(),
];

const fn erased<Q: Question>() -> ErasedQuestion {
    ErasedQuestion { id: Q::ID, ask: ask::<Q> }
}

fn ask<Q: Question>(context: QuestionContext<'_>) -> Result<Vec<Judged>, NotRunReason> {
    use rayon::prelude::*;
    if let Some(reason) = Q::not_run(context) {
        return Err(reason);
    }
    let sites = Q::sites(context);
    let of_site = |site| {
        let place = Q::place(context, site);
        let is_examined = context.workspace.file(place.at.file).examined;
        is_examined.then(|| {
            let identity = Content::of(Q::ID, &place, context.index, context.workspace);
            (identity, judged(context, place, Q::judge(context, site)))
        })
    };
    let mut judged: Vec<(Content, (Site, Outcome))> = sites.par_iter().with_max_len(8).filter_map(of_site).collect();
    judged.sort_by(|(_, (a, _)), (_, (b, _))| a.at.cmp(&b.at).then_with(|| a.subject.cmp(&b.subject)));
    let mut fingerprints = Fingerprints::default();
    let identified = judged.into_iter().map(|(identity, (site, outcome))| Judged {
        site: SiteFacts {
            question: Q::ID,
            at: site.at,
            symbol: context.index.symbol(site.body),
            fingerprint: fingerprints.next(identity),
            subject: site.subject,
        },
        outcome,
    });
    Ok(identified.collect())
}

/// Code that the parser had to mend is never proven safe.
fn judged(context: QuestionContext<'_>, site: Site, outcome: Outcome) -> (Site, Outcome) {
    let is_mended = |body| context.index.body(body).has_errors;
    let is_broken = is_mended(site.body) || is_mended(context.index.enclosing(site.body));
    match outcome {
        Outcome::Proven { .. } if is_broken => (site, Outcome::Undetermined(Message::new("undetermined.syntax"))),
        outcome => (site, outcome),
    }
}

/// Why the tenant family cannot be asked, if so.
fn tenant_not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
    let missing = context.tenancy.facts.as_ref().err()?;
    Some(NotRunReason { reason: missing.reason.clone(), looked_for: missing.looked_for.clone() })
}
