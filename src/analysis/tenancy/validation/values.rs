//! The values that validation rules compare the tenant key with, as the interpreter sees them: where they come from,
//! in the function that holds the rule and in its callers.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::chain;
use super::text;
use crate::analysis::contexts::ContextTable;
use crate::analysis::tenancy::client::{QueryClient, QueryEvent, QueryMachine, QueryValue};
use crate::analysis::tenancy::conditions::operand;
use crate::analysis::tenancy::lift::CallSites;
use crate::analysis::tenancy::query::Operand;
use crate::finding::Location;
use crate::flow::{Origin, Origins, Project, Root, Summary, SummaryTable, actual_of};
use crate::hir::{Expr, ExprId};
use crate::index::{BodyKey, ClassKey, Index, called_name};

/// The expression of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValuePlace {
    /// The body that holds it.
    pub body: BodyKey,
    /// The expression.
    pub expr: ExprId,
}

impl ValuePlace {
    /// The value as the code writes it, as far as it has a name: `$companyId`, `current_company()`.
    #[must_use]
    pub fn name(&self, index: &Index) -> Option<String> {
        let hir = index.hir(self.body.file);
        match index.body(self.body).expr(self.expr) {
            Expr::Variable(name) => Some(format!("${}", hir.text(*name))),
            expr => called_name(expr).map(|name| format!("{}()", hir.text(name))),
        }
    }
}

/// What an expression of a rule is.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleValue {
    /// The expression.
    pub place: ValuePlace,
    /// Where it stands.
    pub at: Location,
    /// The function that the value is told of: the one that holds the rule, or one of its callers.
    pub function: BodyKey,
    /// The value.
    pub value: Operand,
    /// The calls through which it was told to a caller, the innermost first.
    pub through: Vec<Location>,
}

/// Calls through which a value is followed to the callers.
const DEPTH: usize = 4;

/// The expressions in rules that may say which tenant is meant.
pub(in crate::analysis::tenancy) fn watched(project: Project<'_>) -> FxHashSet<ValuePlace> {
    let mut watched = FxHashSet::default();
    text::watch(project, &mut watched);
    chain::watch(project, &mut watched);
    watched
}

/// Remembers what an expression of a rule is.
pub(in crate::analysis::tenancy) fn note(machine: &mut QueryMachine<'_>, place: ValuePlace, value: &QueryValue) {
    let told = RuleValue {
        place,
        at: machine.location(place.expr),
        function: machine.function,
        value: operand(value),
        through: Vec::new(),
    };
    add(machine, told);
}

fn add(machine: &mut QueryMachine<'_>, told: RuleValue) {
    if machine.recording && !machine.effects.rule_values.contains(&told) {
        machine.effects.rule_values.push(told);
    }
}

/// Tells the values of a callee once more, with what this call passes.
pub(in crate::analysis::tenancy) fn lift(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>, summary: &Summary<QueryClient>) {
    for known in &summary.effects.rule_values {
        if !is_open(known) || known.through.len() >= DEPTH {
            continue;
        }
        let mut told = known.clone();
        for origin in known.value.origins.iter() {
            if let Root::Parameter(position) = origin.root
                && let Some(given) = event.arguments.get(position as usize)
            {
                told.value.rows.extend(given.value.fact.rows.iter().cloned());
                if origin.path.is_empty() && known.value.origins.iter().count() == 1 {
                    told.value.constant.clone_from(&given.value.constant);
                }
            }
        }
        told.value.rows.sort();
        told.value.rows.dedup();
        told.value.origins = known.value.origins.substitute(&|origin| match origin.root {
            Root::Parameter(_) => actual_of(event, origin),
            _ => None,
        });
        told.function = machine.function;
        told.through.push(event.at);
        add(machine, told);
    }
}

/// A value by an argument, of which a caller may tell more.
fn is_open(told: &RuleValue) -> bool {
    told.value.origins.any(|origin| matches!(origin.root, Root::Parameter(_)))
}

/// The values of all rules.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis::tenancy) struct RuleValues(BTreeMap<ValuePlace, Vec<RuleValue>>);

impl RuleValues {
    pub(in crate::analysis::tenancy) fn build(
        project: Project<'_>,
        summaries: &SummaryTable<QueryClient>,
        sites: &CallSites,
        contexts: &ContextTable,
    ) -> Self {
        let mut values: BTreeMap<ValuePlace, Vec<RuleValue>> = BTreeMap::new();
        for (_, summary) in summaries.iter() {
            for told in &summary.effects.rule_values {
                values.entry(told.place).or_default().push(told.clone());
            }
        }
        for told in values.values_mut() {
            settle(told, sites, contexts);
            told.iter_mut().for_each(|value| overwrite_input(project, summaries, value));
        }
        Self(values)
    }

    /// What is known of an expression, once for each caller that tells more; none where nothing runs it.
    #[must_use]
    pub(in crate::analysis::tenancy) fn of(&self, place: ValuePlace) -> &[RuleValue] {
        self.0.get(&place).map_or(&[], Vec::as_slice)
    }
}

/// Leaves out values by an argument, where each call of the function tells what it passes.
fn settle(values: &mut Vec<RuleValue>, sites: &CallSites, contexts: &ContextTable) {
    let is_told = |value: &RuleValue| {
        is_open(value)
            && !contexts.is_entry_point(value.function)
            && sites.of(value.function).is_some_and(|calls| {
                calls.iter().all(|call| {
                    values.iter().any(|told| {
                        told.through.split_last().is_some_and(|(last, before)| last == call && before == value.through)
                    })
                })
            })
    };
    let keep: Vec<bool> = values.iter().map(|value| !is_told(value)).collect();
    let mut keep = keep.into_iter();
    values.retain(|_| keep.next().unwrap_or(true));
}

/// Input that the form request itself writes before its rules are read is what it writes.
/// `laravel/framework:src/Illuminate/Validation/ValidatesWhenResolvedTrait.php (validateResolved)`
fn overwrite_input(project: Project<'_>, summaries: &SummaryTable<QueryClient>, value: &mut RuleValue) {
    let Some(class) = project.index.body_class(value.function) else { return };
    let Some(prepared) = prepared(project, class) else { return };
    let Some(summary) = crate::flow::Summaries::get(summaries, prepared) else { return };
    let inputs = &summary.effects.inputs;
    let written = |origin: &Origin| match origin.path.as_slice() {
        [key] if origin.root == Root::Request => inputs.get(key),
        _ => None,
    };
    if !value.value.origins.any(|origin| written(origin).is_some()) {
        return;
    }
    let mut origins = Origins::none();
    for origin in value.value.origins.iter() {
        match written(origin) {
            Some(input) => {
                origins.join(&input.origins);
                value.value.rows.extend(input.rows.iter().cloned());
                value.value.constant.clone_from(&input.constant);
            }
            None => origins.insert(origin.clone()),
        }
    }
    value.value.origins = origins;
}

/// `prepareForValidation` of a form request, where all its children share it.
fn prepared(project: Project<'_>, class: ClassKey) -> Option<BodyKey> {
    let index = project.index;
    if !index.is_a(class, "Illuminate\\Foundation\\Http\\FormRequest") {
        return None;
    }
    let own = index.find_method(class, "prepareForValidation").map(|method| index.method_body(method))?;
    let name = index.class_name(class);
    let is_shared = |child: ClassKey| {
        !index.is_a(child, name)
            || index.find_method(child, "prepareForValidation").is_some_and(|method| index.method_body(method) == own)
    };
    index.classes().all(is_shared).then_some(own)
}

/// What a form request writes into its own input: on every path that leads here.
pub(in crate::analysis::tenancy) type Inputs = BTreeMap<Arc<str>, Operand>;

/// `$this->merge(['company_id' => …])` in a form request.
pub(in crate::analysis::tenancy) fn written(machine: &QueryMachine<'_>, event: &QueryEvent<'_>, inputs: &mut Inputs) {
    if !event.receiver.is_some_and(|receiver| receiver.origins.all(|origin| origin.root == Root::This && origin.path.is_empty()))
    {
        return;
    }
    let is_request = |class| machine.project.index.is_a(class, "Illuminate\\Foundation\\Http\\FormRequest");
    if !machine.class().is_some_and(is_request) {
        return;
    }
    match event.name {
        Some("merge") => {}
        Some("replace" | "setJson" | "initialize" | "offsetSet" | "offsetUnset") => return inputs.clear(),
        _ => return,
    }
    let shape = event.arguments.first().and_then(|given| given.value.shape.as_ref());
    let Some(shape) = shape.filter(|shape| shape.rest.is_none()) else { return inputs.clear() };
    for (key, value) in &shape.items {
        if let crate::index::ConstantKey::String(key) = key {
            inputs.insert(key.as_str().into(), operand(value));
        }
    }
}

/// What two paths both write.
pub(in crate::analysis::tenancy) fn meet(into: &mut Inputs, from: &Inputs) -> bool {
    let before = into.clone();
    into.retain(|key, _| from.contains_key(key));
    for (key, value) in into.iter_mut() {
        let other = &from[key];
        if value != other {
            value.origins.join(&other.origins);
            value.constant = None;
            value.rows.extend(other.rows.iter().cloned());
            value.rows.sort();
            value.rows.dedup();
        }
    }
    *into != before
}
