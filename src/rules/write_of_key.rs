//! The verdict on a tenant key that is written: by whom was it chosen?

use super::QuestionContext;
use super::explain_other::{self as explain, KeyFault};
use crate::analysis::tenancy::{Creation, KeyWrite, Operand, Subject, Tenancy, TenantFacts, WrittenBy, is_fixed, is_unguarded};
use crate::finding::{Evidence, EvidenceRole, Location, Message, Outcome};
use crate::flow::{Origin, Root};
use crate::index::{BodyKey, Dropped};
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
    /// Why the model does not take the key from the array; none where something writes it later.
    dropped: Option<Dropped>,
    /// A hook fills the key of every row that is created.
    hook: Option<Location>,
}

/// The sites: rows created with the key or given it afterwards, and rows of which it is changed.
pub(super) fn sites<'p>(tenancy: &'p Tenancy<'p>, facts: &TenantFacts) -> Vec<KeySite<'p>> {
    let is_key = |column: &str| column.eq_ignore_ascii_case(&facts.key);
    let writes: Vec<&KeyWrite> = tenancy.key_writes().iter().filter(|write| is_key(&write.column)).collect();
    let owned = |creation: &&Creation| facts.has_key(&creation.subject);
    let created = tenancy.creations().iter().filter(owned);
    let mut sites: Vec<KeySite<'_>> = created.filter_map(|creation| of_creation(tenancy, facts, creation, &writes)).collect();
    let is_of_creation =
        |write: &KeyWrite| write.rows.iter().any(|row| tenancy.creations().iter().any(|creation| creation.entry == *row));
    let others = writes.iter().filter(|write| !is_of_creation(write));
    sites.extend(others.filter_map(|write| of_write(tenancy, facts, write)));
    sites
}

/// A row that is created: by its array, and by what is written to it later.
fn of_creation<'p>(
    tenancy: &'p Tenancy<'p>,
    facts: &TenantFacts,
    creation: &'p Creation,
    writes: &[&'p KeyWrite],
) -> Option<KeySite<'p>> {
    let later: Vec<&KeyWrite> = writes.iter().copied().filter(|write| write.rows.contains(&creation.entry)).collect();
    let model = tenancy.model(&creation.subject);
    let is_open = creation.is_forced || is_unguarded(tenancy.project.index, creation.entry.at);
    let dropped = model.filter(|_| !is_open).and_then(|model| model.drops(&facts.key));
    let given = creation.keys.iter().find(|(column, _)| column.eq_ignore_ascii_case(&facts.key));
    let mut values: Vec<(&Operand, Location)> = later.iter().map(|write| (&write.value, write.at)).collect();
    if let Some((_, value)) = given.filter(|_| dropped.is_none() || later.is_empty()) {
        values.push((value, creation.entry.at));
    }
    let hook = model.and_then(|model| model.filling_hook(&facts.key)).map(|hook| hook.at);
    (!values.is_empty()).then(|| KeySite {
        at: creation.entry.at,
        body: creation.entry.body,
        expr: creation.entry.expr,
        subject: creation.subject.clone(),
        function: creation.function,
        values,
        dropped: dropped.filter(|_| later.is_empty()),
        hook,
    })
}

/// A row at hand of which the key is written.
fn of_write<'p>(tenancy: &'p Tenancy<'p>, facts: &TenantFacts, write: &'p KeyWrite) -> Option<KeySite<'p>> {
    let subject = Subject::Model(write.class.clone());
    if !facts.has_key(&subject) {
        return None;
    }
    let model = tenancy.model(&subject);
    let is_guarded = matches!(write.by, WrittenBy::Array | WrittenBy::NewRow);
    let is_open = is_unguarded(tenancy.project.index, write.at);
    let dropped = model.filter(|_| is_guarded && !is_open).and_then(|model| model.drops(&facts.key));
    let hook = model.filter(|_| write.by == WrittenBy::NewRow).and_then(|model| model.filling_hook(&facts.key));
    Some(KeySite {
        at: write.at,
        body: write.body,
        expr: write.expr,
        subject,
        function: write.function,
        values: vec![(&write.value, write.at)],
        dropped,
        hook: hook.map(|hook| hook.at),
    })
}

/// The verdict: a tenant written into the code, one that the client chooses, or a trusted one.
pub(super) fn judge(context: QuestionContext<'_>, facts: &TenantFacts, site: &KeySite<'_>) -> Outcome {
    if let Some(at) = site.hook {
        let note = || Message::new("tenant.proof.key-hook").text("key", &facts.key);
        let evidence = vec![Evidence { role: EvidenceRole::Guard, at, note: note() }];
        return Outcome::Proven { proof: "key-assigned", note: note(), evidence };
    }
    if let Some(dropped) = site.dropped {
        return explain::key_write(context, facts, (&site.subject, site.at), KeyFault::Dropped(dropped));
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
        return super::explain::client_chosen(facts, *at);
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
