//! **tenant/binding**: can the path of a request name a row of another tenant?

use super::query_verdict::{QueryJudgement, QueryVerdict, judge};
use super::{NotRunReason, Question, QuestionContext, Site, explain, root_cause, tenant_not_run};
use crate::analysis::tenancy::{
    BoundRow, Column, Entry, EntryKind, Execution, Operand, Operation, Operator, Predicate, Query, RowCheck, Subject,
    TenantFacts, check_of_row, short_name, tenant_word,
};
use crate::finding::{
    Confidence, Evidence, EvidenceRole, Location, LookedFor, Message, Outcome, QuestionId, Severity, Violation,
};
use crate::flow::{Origins, Root};
use crate::hir::ExprId;
use crate::specs::{Connective, QueryMethodKind};

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
        let words = Words { facts, row };
        if !row.routes.is_empty()
            && row.routes.iter().all(|route| route.through.as_ref().is_some_and(|parent| facts.models.contains(parent.as_str())))
        {
            return words.proven("parent-relation", words.route(), "tenant.binding.proof.parent");
        }
        let check = check_of_row(context.tenancy.project, row, &facts.key);
        match check {
            Some(RowCheck::Compared(at)) => return words.proven("ownership-check", at, "tenant.proof.ownership"),
            Some(RowCheck::Policy(at, _)) => return words.proven("policy", at, "tenant.binding.proof.policy"),
            _ => {}
        }
        let subject = Subject::Model(row.model.as_str().into());
        let judgement = judge(context, facts, &look_up(row, &subject), &subject);
        let outcome = match &judgement.verdict {
            QueryVerdict::AlwaysScoped { at, discharged } => explain::always_scoped(context, &judgement, *at, discharged),
            QueryVerdict::Undetermined(unknown) => Outcome::Undetermined(explain::unknown(*unknown)),
            QueryVerdict::ClientChosen(at) => {
                Outcome::Undetermined(Message::new("undetermined.client-chosen").text("key", &facts.key).place("at", *at))
            }
            _ if row.routes.is_empty() => Outcome::Undetermined(Message::new("undetermined.route")),
            _ if matches!(check, Some(RowCheck::Unknown(_))) => Outcome::Undetermined(Message::new("undetermined.policy")),
            QueryVerdict::Guarded(guard) => explain::proof_of_guard(facts, guard, &judgement.execution.query),
            QueryVerdict::FailOpen(paths) => words.conditional(&judgement, check, explain::assumption(facts, paths)),
            QueryVerdict::Identity(_) => words.conditional(&judgement, check, words.message("tenant.assumption.identity")),
            _ => Outcome::Violated(Box::new(words.violation(&judgement, check))),
        };
        root_cause::add(outcome, root_cause::of_all(context, facts, std::slice::from_ref(&judgement)))
    }
}

/// The query that the framework sends for a binding.
fn look_up(row: &BoundRow, subject: &Subject) -> Execution {
    let spec: std::sync::Arc<str> = "laravel/routing#implicit-binding".into();
    let entry = Entry { body: row.body, expr: ExprId(0), at: row.at, kind: EntryKind::Model, spec: spec.clone() };
    let mut query = Query::new(entry, subject.clone());
    let column = Column { qualifier: None, name: row.column.as_str().into() };
    let operand = Operand { origins: Origins::one(Root::Request), ..Operand::default() };
    query.push(Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal, operand), row.at));
    Execution {
        query,
        method: "first".into(),
        kind: QueryMethodKind::Find,
        at: row.at,
        function: row.body,
        spec,
        search: None,
        writes: false,
        through_call: Vec::new(),
        is_dead: false,
    }
}

struct Words<'w> {
    facts: &'w TenantFacts,
    row: &'w BoundRow,
}

impl Words<'_> {
    fn message(&self, template: &'static str) -> Message {
        Message::new(template)
            .text("model", short_name(&self.row.model).as_ref())
            .text("key", &self.facts.key)
            .text("tenant", tenant_word(self.facts))
    }

    fn route(&self) -> Location {
        self.row.routes.first().map_or(self.row.at, |route| route.at)
    }

    fn proven(&self, proof: &'static str, at: Location, template: &'static str) -> Outcome {
        let evidence = Evidence { role: EvidenceRole::Guard, at, note: self.message(template) };
        Outcome::Proven { proof, note: self.message(template), evidence: vec![evidence] }
    }

    fn conditional(&self, judgement: &QueryJudgement, check: Option<RowCheck>, assumption: Message) -> Outcome {
        let mut violation = self.violation(judgement, check);
        violation.severity = Severity::Note;
        Outcome::Conditional { violation: Box::new(violation), assumption }
    }

    fn violation(&self, judgement: &QueryJudgement, check: Option<RowCheck>) -> Violation {
        let row = self.row;
        let mut evidence = vec![
            Evidence { role: EvidenceRole::MissingGuard, at: row.at, note: self.message("tenant.binding.label") },
            Evidence { role: EvidenceRole::Context, at: self.route(), note: self.message("tenant.binding.label.route") },
        ];
        let mut policy = Message::new("looked-for.none");
        if let Some(RowCheck::PolicyWithoutKey(at, asked)) = check {
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
            rewrite: vec![format!("abort_unless(${}->{key} === $request->user()->{key}, 404);", row.name, key = self.facts.key)],
            sql: None,
            root: None,
        }
    }
}
