//! The verdict on a tenant key that is written: by whom was it chosen?

use super::QuestionContext;
use super::explain_other::{self as explain, KeyFault};
use crate::analysis::tenancy::{Creation, KeyWrite, Operand, Subject, Tenancy, TenantFacts, is_dropped, is_fixed, is_unguarded};
use crate::finding::{Evidence, EvidenceRole, Location, Message, Outcome};
use crate::flow::{Origin, Root};
use crate::index::BodyKey;
use crate::specs::ContextKind;

/// A tenant key that is written, with all values that it gets.
#[derive(Debug)]
pub(super) struct KeySite<'p> {
    pub(super) at: Location,
    pub(super) body: BodyKey,
    pub(super) expr: crate::hir::ExprId,
    pub(super) subject: Subject,
    function: BodyKey,
    /// The values, and where each is written.
    values: Vec<(&'p Operand, Location)>,
    /// The model does not take the key from an array, and nothing writes it later.
    is_dropped: bool,
    /// A hook fills the key of every row that is created.
    hook: Option<Location>,
}

/// The sites: rows created with the key or given it afterwards, and rows of which it is changed.
pub(super) fn sites<'p>(tenancy: &'p Tenancy<'p>, facts: &TenantFacts) -> Vec<KeySite<'p>> {
    let is_key = |column: &str| column.eq_ignore_ascii_case(&facts.key);
    let mut sites = Vec::new();
    for creation in tenancy.creations() {
        if !crate::analysis::tenancy::is_owned(facts, &creation.subject) {
            continue;
        }
        let later: Vec<&KeyWrite> =
            tenancy.key_writes().iter().filter(|write| is_key(&write.column) && write.rows.contains(&creation.entry)).collect();
        let model = tenancy.model(&creation.subject);
        let is_open = creation.is_forced || is_unguarded(tenancy.project.index, creation.entry.at);
        let is_guarded = !is_open && model.is_some_and(|model| is_dropped(model, &facts.key).is_some());
        let hooks = model.into_iter().flat_map(|model| &model.creating);
        let hook = hooks.into_iter().find(|hook| hook.column == facts.key && !hook.conditional).map(|hook| hook.at);
        let given = creation.keys.iter().find(|(column, _)| is_key(column));
        let mut values: Vec<(&Operand, Location)> = later.iter().map(|write| (&write.value, write.at)).collect();
        if let Some((_, value)) = given.filter(|_| !is_guarded || later.is_empty()) {
            values.push((value, creation.entry.at));
        }
        if values.is_empty() {
            continue;
        }
        sites.push(KeySite { hook, ..of_creation(creation, values, is_guarded && later.is_empty()) });
    }
    for write in tenancy.key_writes().iter().filter(|write| is_key(&write.column)) {
        let is_of_creation = write.rows.iter().any(|row| tenancy.creations().iter().any(|creation| creation.entry == *row));
        let subject = Subject::Model(write.class.clone());
        if !is_of_creation && crate::analysis::tenancy::is_owned(facts, &subject) {
            sites.push(KeySite {
                at: write.at,
                body: write.body,
                expr: write.expr,
                subject,
                function: write.function,
                values: vec![(&write.value, write.at)],
                is_dropped: false,
                hook: None,
            });
        }
    }
    sites
}

fn of_creation<'p>(creation: &'p Creation, values: Vec<(&'p Operand, Location)>, is_dropped: bool) -> KeySite<'p> {
    KeySite {
        at: creation.entry.at,
        body: creation.entry.body,
        expr: creation.entry.expr,
        subject: creation.subject.clone(),
        function: creation.function,
        values,
        is_dropped,
        hook: None,
    }
}

/// The verdict: a tenant written into the code, one that the client chooses, or a trusted one.
pub(super) fn judge(context: QuestionContext<'_>, facts: &TenantFacts, site: &KeySite<'_>) -> Outcome {
    if let Some(at) = site.hook {
        let note = || Message::new("tenant.fill.proof.hook").text("key", &facts.key);
        let evidence = vec![Evidence { role: EvidenceRole::Guard, at, note: note() }];
        return Outcome::Proven { proof: "key-assigned", note: note(), evidence };
    }
    if site.is_dropped {
        return explain::key_write(context, facts, (&site.subject, site.at), KeyFault::Dropped);
    }
    let written: Vec<&(&Operand, Location)> = site.values.iter().filter(|(value, _)| !is_null(value)).collect();
    if let Some((_, at)) = written.iter().find(|(value, _)| is_fixed(value)) {
        let contexts = context.tenancy.contexts.of(context.index, site.function, site.at);
        let is_operators = !contexts.is_empty() && contexts.iter().all(|context| context.kind == ContextKind::Console);
        let fault = if is_operators { KeyFault::OperatorsFixed(*at) } else { KeyFault::Fixed(*at) };
        return explain::key_write(context, facts, (&site.subject, site.at), fault);
    }
    if let Some((_, at)) =
        written.iter().find(|(value, _)| value.origins.any(|origin| is_unchecked(context, facts, site, origin)))
    {
        return Outcome::Undetermined(Message::new("undetermined.client-chosen").text("key", &facts.key).place("at", *at));
    }
    explain::key_written(facts, written.first().map_or(site.at, |(_, at)| *at), written.is_empty())
}

/// A value of the request that some way to this place has not held against what belongs to the user.
fn is_unchecked(context: QuestionContext<'_>, facts: &TenantFacts, site: &KeySite<'_>, origin: &Origin) -> bool {
    let contexts = context.tenancy.contexts.of(context.index, site.function, site.at);
    let is_member =
        !contexts.is_empty() && contexts.iter().all(|place| place.is_member(origin, &facts.key, facts.root.as_deref()));
    origin.root == Root::Request && !is_member
}

fn is_null(value: &Operand) -> bool {
    value.constant.as_deref() == Some(&crate::index::Constant::Null)
}
