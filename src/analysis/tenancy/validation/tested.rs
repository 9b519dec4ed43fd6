//! The values that rules test, as the callers of what validates make them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::ValidationRule;
use super::handed::{Handed, Taker, is_of, member, substituted};
use super::place::{Holder, RulesAt};
use crate::analysis::contexts::ContextTable;
use crate::analysis::tenancy::client::{QueryClient, QueryValue};
use crate::analysis::tenancy::conditions::operand;
use crate::analysis::tenancy::lift::CallSites;
use crate::analysis::tenancy::query::Operand;
use crate::finding::Location;
use crate::flow::{Project, Root, Shape, SummaryTable};
use crate::hir::{Expr, MemberNameKind};
use crate::index::{BodyKey, ClassKey, ConstantKey, Index};
use crate::specs::ContextKind;

/// The value that a rule tests, as one caller makes it.
#[derive(Clone, Debug, PartialEq)]
pub struct TestedValue {
    /// The call that gives it: the outermost one.
    pub at: Location,
    /// The function that the value is told of.
    pub function: BodyKey,
    /// The value.
    pub value: Operand,
    /// The call gives no array of which the keys are known: the value is one of many.
    pub is_one_of_many: bool,
}

/// What validations get, by the class of the object that validates and the places of the rules.
#[derive(Debug, Default)]
pub(in crate::analysis::tenancy) struct Validations {
    groups: BTreeMap<(Option<ClassKey>, Vec<RulesAt>), Vec<Handed>>,
    sites: Arc<CallSites>,
}

impl Validations {
    pub(in crate::analysis::tenancy) fn build(
        project: Project<'_>,
        summaries: &SummaryTable<QueryClient>,
        sites: Arc<CallSites>,
        contexts: &ContextTable,
    ) -> Self {
        let mut handed = Vec::new();
        let mut made = Vec::new();
        for (_, summary) in summaries.iter() {
            for told in &summary.effects.handed {
                if told.to == Taker::Constructor { made.push(told.clone()) } else { handed.push(told.clone()) }
            }
        }
        let told = Told { index: project.index, sites: &sites, contexts };
        told.settle(&mut handed);
        if !handed.is_empty() {
            told.settle(&mut made);
        }
        let objects = Objects::new(project.index, &made);
        let mut groups: BTreeMap<_, Vec<Handed>> = BTreeMap::new();
        for told in handed.iter().flat_map(|told| objects.by_constructor(told)) {
            let Taker::Validator(places) = &told.to else { continue };
            groups.entry((told.object, places.clone())).or_default().push(told);
        }
        Self { groups, sites }
    }

    /// The values that a rule tests; none where it is not known who takes it, or all that do.
    pub(super) fn tested(&self, index: &Index, rule: &ValidationRule) -> Vec<TestedValue> {
        let Some(field) = &rule.field else { return Vec::new() };
        let holder = Holder::new(index, rule.body, rule.at);
        let is_request = |class| index.is_a(class, "Illuminate\\Foundation\\Http\\FormRequest");
        if holder.class.is_some_and(is_request) {
            return Vec::new();
        }
        let mut tested = Vec::new();
        let mut by_method = false;
        for ((object, places), handed) in &self.groups {
            let Some(place) = places.iter().find(|place| holder.is_at(place, *object)) else { continue };
            by_method |= matches!(place, RulesAt::Method(_));
            tested.extend(handed.iter().filter_map(|told| told.tested(field)));
        }
        if by_method && !self.takes_all(holder.function) {
            return Vec::new();
        }
        tested.sort_by_key(|value| (value.at, value.function));
        tested
    }

    /// True where no call of a method that gives rules stands elsewhere than in a validation.
    fn takes_all(&self, function: BodyKey) -> bool {
        let is_known = |call: &Location| {
            self.groups.keys().flat_map(|(_, places)| places).any(|place| match place {
                RulesAt::Written(at) => at.file == call.file && at.span.start <= call.span.start && call.span.end <= at.span.end,
                _ => false,
            })
        };
        self.sites.of(function).is_none_or(|calls| calls.iter().all(is_known))
    }
}

impl Handed {
    /// The value of a field.
    fn tested(&self, field: &str) -> Option<TestedValue> {
        let array = self.values.first()?;
        let mut value = array.clone();
        for part in field.split('.') {
            value = if part == "*" { value.element(None) } else { member(&value, part) };
        }
        Some(TestedValue {
            at: self.through.last().copied().unwrap_or(self.at),
            function: self.function,
            is_one_of_many: array.shape.is_none(),
            value: operand(&value),
        })
    }
}

/// Which values the callers tell.
struct Told<'t> {
    index: &'t Index,
    sites: &'t CallSites,
    contexts: &'t ContextTable,
}

impl Told<'_> {
    /// True for an entry point whose arguments come from elsewhere. A worker gives none but services.
    fn is_called_by_others(&self, function: BodyKey) -> bool {
        let at = Location::new(function.file, self.index.body(function).span);
        let contexts = self.contexts.of(self.index, function, at);
        contexts.iter().any(|context| context.entry == function && context.kind != ContextKind::Queue)
    }

    /// Leaves out values by an argument, where each call of the function tells what it passes.
    fn settle(&self, handed: &mut Vec<Handed>) {
        let mut by_call: FxHashMap<Location, Vec<(usize, Location)>> = FxHashMap::default();
        for (number, told) in handed.iter().enumerate() {
            if let Some(last) = told.through.last() {
                by_call.entry(told.at).or_default().push((number, *last));
            }
        }
        let tells = |told: &Handed, call: &Location| {
            by_call.get(&told.at).is_some_and(|known| {
                known.iter().any(|(number, last)| {
                    last == call && handed[*number].through.split_last().is_some_and(|(_, before)| before == told.through)
                })
            })
        };
        let is_told = |told: &Handed| {
            told.is_open()
                && !is_constructor(self.index, told.function)
                && !self.is_called_by_others(told.function)
                && self.sites.of(told.function).is_some_and(|calls| calls.iter().all(|call| tells(told, call)))
        };
        let keep: Vec<bool> = handed.iter().map(|told| !is_told(told)).collect();
        let mut keep = keep.into_iter();
        handed.retain(|_| keep.next().unwrap_or(true));
    }
}

fn is_constructor(index: &Index, function: BodyKey) -> bool {
    index.body_class(function).and_then(|class| index.find_method(class, "__construct")).map(|method| index.method_body(method))
        == Some(function)
}

/// What objects are made of.
struct Objects<'o> {
    index: &'o Index,
    made: FxHashMap<BodyKey, Vec<&'o Handed>>,
}

impl<'o> Objects<'o> {
    fn new(index: &'o Index, all: &'o [Handed]) -> Self {
        let mut made: FxHashMap<BodyKey, Vec<&Handed>> = FxHashMap::default();
        for told in all {
            let constructor = told.object.and_then(|class| index.find_method(class, "__construct"));
            if let Some(constructor) = constructor {
                made.entry(index.method_body(constructor)).or_default().push(told);
            }
        }
        Self { index, made }
    }

    /// The same values, once for each place where an object is made that holds them.
    fn by_constructor(&self, told: &Handed) -> Vec<Handed> {
        let unchanged = || vec![told.clone()];
        let Some(class) = told.this else { return unchanged() };
        let index = self.index;
        let Some(constructor) = index.find_method(class, "__construct").map(|method| index.method_body(method)) else {
            return unchanged();
        };
        let by_argument = told.function == constructor && told.is_by_argument();
        let properties = told.held();
        let positions: Vec<(&str, usize)> =
            properties.iter().filter_map(|name| Some((*name, self.position(class, constructor, name)?))).collect();
        if !by_argument && positions.is_empty() {
            return unchanged();
        }
        let makers = self.made.get(&constructor).map_or(&[][..], Vec::as_slice);
        let of_class = makers.iter().filter(|made| made.object.is_some_and(|object| is_of(index, object, class)));
        let told_by = of_class.map(|made| {
            let given = |root: &Root| match root {
                Root::Parameter(position) if by_argument => made.values.get(usize::from(*position)).cloned(),
                Root::This => Some(object_of(&positions, &made.values)),
                _ => None,
            };
            let mut through = told.through.clone();
            through.push(made.through.last().copied().unwrap_or(made.at));
            Handed {
                values: told.values.iter().map(|value| substituted(value, &given)).collect(),
                object: made.object.filter(|made| told.object.is_some_and(|known| is_of(index, *made, known))).or(told.object),
                this: made.this,
                function: made.function,
                through,
                ..told.clone()
            }
        });
        let all: Vec<Handed> = told_by.collect();
        if all.is_empty() { unchanged() } else { all }
    }

    /// The argument of the constructor that a property holds, and nothing else.
    fn position(&self, class: ClassKey, constructor: BodyKey, property: &str) -> Option<usize> {
        let index = self.index;
        let (declaring, declared) = index.find_property(class, property)?;
        let parameters = &index.signature(constructor)?.parameters;
        let hir = index.hir(constructor.file);
        let mut found = parameters.iter().position(|known| declared.promoted && hir.text(known.name) == property);
        for holder in [declaring, class] {
            let file = index.hir(holder.file);
            for (id, code) in file.bodies().filter(|(_, code)| code.class == Some(holder.class)) {
                for (_, expr) in code.exprs() {
                    let Expr::Assign { target, value, .. } = expr else { continue };
                    let is_it = matches!(code.expr(*target), Expr::Property { name, .. }
                        if matches!(name.kind, MemberNameKind::Fixed(name) if file.text(name) == property));
                    if !is_it {
                        continue;
                    }
                    let Expr::Variable(variable) = code.expr(*value) else { return None };
                    if BodyKey::new(holder.file, id) != constructor {
                        return None;
                    }
                    let position = parameters.iter().position(|known| hir.text(known.name) == file.text(*variable));
                    if found.is_some() && found != position {
                        return None;
                    }
                    found = position;
                }
            }
        }
        found
    }
}

/// An object as far as its constructor's arguments tell.
fn object_of(positions: &[(&str, usize)], values: &[QueryValue]) -> QueryValue {
    let held = positions
        .iter()
        .filter_map(|(name, position)| Some((ConstantKey::String((*name).to_owned()), values.get(*position)?.clone())));
    let shape = Shape { items: held.collect(), rest: Some(QueryValue::of(Root::Unknown)) };
    QueryValue { shape: Some(shape.into()), ..QueryValue::of(Root::This) }
}
