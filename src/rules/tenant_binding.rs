//! **tenant/binding**: can the path of a request name a row of another tenant?

use super::explain_derived::way_to_key;
use super::query_verdict::{QueryJudgement, QueryVerdict, judge};
use super::{NotRunReason, Question, QuestionContext, Site, explain, root_cause, tenant_not_run};
use crate::analysis::tenancy::{
    BoundRow, OpenKind, OpenPath, RowCheck, Subject, TenantFacts, Unknown, may_limit_by_itself, tenant_word,
};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::index::Index;

/// The question.
#[derive(Debug)]
pub(super) struct TenantBinding;

impl Question for TenantBinding {
    const ID: QuestionId = "tenant/binding";
    type Site<'p> = &'p BoundRow;

    fn not_run(context: QuestionContext<'_>) -> Option<NotRunReason> {
        tenant_not_run(context)
    }

    fn sites(context: QuestionContext<'_>) -> Vec<&BoundRow> {
        context.tenancy.bound_rows().iter().collect()
    }

    fn place(_: QuestionContext<'_>, row: &&BoundRow) -> Site {
        Site { at: row.at, body: row.body, expr: None, subject: Some(row.model.clone()) }
    }

    fn judge(context: QuestionContext<'_>, row: &&BoundRow) -> Outcome {
        let Ok(facts) = &context.tenancy.facts else { return Outcome::Undetermined(Message::new("undetermined.class")) };
        let words = Words { index: context.index, facts, row };
        if let Some(parent) = context.tenancy.bound_parent(row) {
            return words.of_parent(parent, &Self::judge(context, &parent));
        }
        let subject = Subject::Model(row.model.as_str().into());
        let judgement = judge(context, facts, &row.look_up(), &subject);
        if let Some(check) = context.tenancy.ownership_check(facts, &row.entry()).filter(|_| judgement.is_open()) {
            return match check.role {
                Some(at) => {
                    let path = OpenPath { kind: OpenKind::Role, at };
                    words.conditional(&judgement, explain::assumption(facts, &[path]))
                }
                None => explain::proof_of_check(facts, check),
            };
        }
        if let Some(check) = context.tenancy.uncertain_check(facts, &row.entry()).filter(|_| judgement.is_open()) {
            return explain::uncertain_check(facts, check);
        }
        let outcome = match &judgement.verdict {
            QueryVerdict::AlwaysScoped { at, discharged } => explain::always_scoped(context, &judgement, *at, discharged),
            QueryVerdict::Undetermined(unknown) => Outcome::Undetermined(explain::unknown(*unknown)),
            QueryVerdict::ClientChosen(at) => explain::client_chosen(facts, *at),
            _ if row.routes.is_empty() => Outcome::Undetermined(Message::new("undetermined.route")),
            _ if row.policy().is_some_and(|check| matches!(check, RowCheck::Unknown(_))) => {
                Outcome::Undetermined(Message::new("undetermined.policy"))
            }
            QueryVerdict::Guarded(guard) => explain::proof_of_guard(facts, guard, &judgement.execution.query),
            QueryVerdict::FailOpen(paths) => words.conditional(&judgement, explain::assumption(facts, paths)),
            QueryVerdict::Identity(_) => words.conditional(&judgement, words.message("tenant.assumption.identity")),
            _ if may_limit_by_itself(context.index, &row.model, &facts.key) => {
                Outcome::Undetermined(explain::unknown(Unknown::Code))
            }
            _ => Outcome::Violated(Box::new(words.violation(&judgement))),
        };
        root_cause::add(outcome, root_cause::of_all(context, facts, std::slice::from_ref(&judgement)))
    }
}

struct Words<'w> {
    index: &'w Index,
    facts: &'w TenantFacts,
    row: &'w BoundRow,
}

impl Words<'_> {
    fn message(&self, template: &'static str) -> Message {
        explain::words(self.facts, &self.row.model, template)
    }

    fn route(&self) -> Location {
        self.row.routes.first().map_or(self.row.at, |route| route.at)
    }

    /// A row that is found through another row of the path is as safe as that one.
    fn of_parent(&self, parent: &BoundRow, verdict: &Outcome) -> Outcome {
        let label = |role, at, template| Evidence { role, at, note: self.message(template) };
        match verdict {
            Outcome::Proven { .. } => Outcome::Proven {
                proof: "parent-relation",
                note: self.message("tenant.binding.proof.parent"),
                evidence: vec![label(EvidenceRole::Guard, self.route(), "tenant.binding.proof.parent")],
            },
            Outcome::Undetermined(reason) => Outcome::Undetermined(reason.clone()),
            Outcome::Violated(cause) | Outcome::Conditional { violation: cause, .. } => {
                let evidence = vec![
                    label(EvidenceRole::MissingGuard, self.row.at, "tenant.label.of-parent"),
                    label(EvidenceRole::Source, parent.at, "tenant.binding.label"),
                ];
                let message = self.message("tenant.query.of-open-row.headline");
                let assumption = Message::new("tenant.assumption.parent").text("tenant", tenant_word(self.facts));
                let violation = Violation { severity: Severity::Note, message, evidence, root: None, ..(**cause).clone() };
                Outcome::Conditional { violation: Box::new(violation), assumption }
            }
        }
    }

    /// The comparison to write before the row is used.
    fn rewrite(&self) -> String {
        let table = self.index.model_named(&self.row.model).and_then(|model| model.table.as_deref());
        let way = table.and_then(|table| way_to_key(self.index, self.facts, table));
        let key = &self.facts.key;
        let of_row = way.map_or_else(|| key.clone(), |(relations, column)| format!("{}->{column}", relations.join("->")));
        format!("abort_unless(${}->{of_row} === $request->user()->{key}, 404);", self.row.name)
    }

    fn conditional(&self, judgement: &QueryJudgement, assumption: Message) -> Outcome {
        let mut violation = self.violation(judgement);
        violation.severity = Severity::Note;
        Outcome::Conditional { violation: Box::new(violation), assumption }
    }

    fn violation(&self, judgement: &QueryJudgement) -> Violation {
        let row = self.row;
        let mut evidence = vec![
            Evidence { role: EvidenceRole::MissingGuard, at: row.at, note: self.message("tenant.binding.label") },
            Evidence { role: EvidenceRole::Context, at: self.route(), note: self.message("tenant.binding.label.route") },
        ];
        let mut policy = Message::new("looked-for.none");
        if let Some(RowCheck::WithoutKey(at, asked)) = row.policy() {
            evidence.push(Evidence { role: EvidenceRole::NearMiss, at, note: self.message("tenant.binding.label.policy") });
            evidence.push(Evidence { role: EvidenceRole::Step, at: asked, note: self.message("tenant.binding.label.asked") });
            policy = Message::new("looked-for.not-always");
        }
        let open = match &judgement.verdict {
            QueryVerdict::FailOpen(open) | QueryVerdict::Violated { open: Some(open), .. } => open.first(),
            _ => None,
        };
        let scope = if let Some(path) = open {
            evidence.push(Evidence { role: EvidenceRole::Scope, at: path.at, note: explain::open_label(path.kind) });
            "looked-for.fail-open"
        } else {
            "looked-for.none"
        };
        let is_uncertain = matches!(judgement.verdict, QueryVerdict::Violated { is_uncertain: true, .. });
        let is_personal = self.facts.personal.contains(row.model.as_str());
        let look = |what: &'static str, found: Message| LookedFor { what: self.message(what), found, detail: None };
        Violation {
            rule: "tenant/unscoped-binding",
            severity: if is_personal { Severity::Error } else { Severity::Warning },
            confidence: if is_uncertain { Confidence::Medium } else { Confidence::High },
            message: self.message("tenant.binding.headline"),
            evidence,
            looked_for: vec![
                look("tenant.look.scope", Message::new(scope)),
                look("tenant.look.parent-binding", Message::new("looked-for.none")),
                look("tenant.look.policy", policy),
                look("tenant.look.compared", Message::new("looked-for.none")),
            ],
            also: Vec::new(),
            specs: vec!["laravel/routing#implicit-binding".to_owned()],
            help: Some(self.message("tenant.binding.help")),
            rewrite: vec![self.rewrite()],
            sql: None,
            root: None,
        }
    }
}
