//! Arrays that are handed to a validator together with rules, and arguments of which objects are made, as the callers
//! give them.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::place::{Reader, RulesAt, is_this};
use crate::analysis::tenancy::client::{QueryClient, QueryEvent, QueryMachine, QueryState, QueryValue};
use crate::analysis::tenancy::state::QueryFact;
use crate::finding::Location;
use crate::flow::{CallGraph, Fact, Origins, Project, Root, Shape, Summary};
use crate::hir::{Callee, ClassRef, Expr};
use crate::index::{BodyKey, CallSite, ClassKey, Constant, ConstantKey, Index};

/// What values are handed to.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis::tenancy) enum Taker {
    /// A validator, with the rules of these places.
    Validator(Vec<RulesAt>),
    /// The constructor of a class.
    Constructor,
}

/// Values that are handed over: the array under test, or the arguments of a constructor.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis::tenancy) struct Handed {
    /// The call that hands them over.
    pub(super) at: Location,
    /// To whom.
    pub(super) to: Taker,
    /// The class of the object that validates, or is made: as far as the way here tells.
    pub(super) object: Option<ClassKey>,
    /// The function that the values are told of: the one that holds the call, or one of its callers.
    pub(super) function: BodyKey,
    /// The class of `$this` there, as far as the way tells.
    pub(super) this: Option<ClassKey>,
    /// The values.
    pub(super) values: Vec<QueryValue>,
    /// The calls through which they were told to a caller, the innermost first.
    pub(super) through: Vec<Location>,
}

/// Calls through which values are followed to the callers.
const DEPTH: usize = 6;
/// Validations kept for one function.
const LIMIT: usize = 256;

/// Functions and methods that get an array and the rules for it.
const VALIDATING: [&str; 7] = [
    "validator",
    "Illuminate\\Support\\Facades\\Validator::make",
    "Illuminate\\Support\\Facades\\Validator::validate",
    "Illuminate\\Contracts\\Validation\\Factory::make",
    "Illuminate\\Validation\\Factory::make",
    "Illuminate\\Validation\\Factory::validate",
    "Validator::make",
];

/// The classes whose objects may hold what a validator gets: whose methods validate, or call what does.
pub(in crate::analysis::tenancy) fn validating(project: Project<'_>, graph: &CallGraph) -> FxHashSet<ClassKey> {
    let index = project.index;
    let is_validating = |call: &&CallSite| {
        let symbol = project.resolution.call(call.body, call.expr).and_then(|call| call.symbol.as_deref());
        symbol.is_some_and(|symbol| VALIDATING.contains(&symbol))
    };
    let calls = ["validator", "make", "validate"].into_iter().flat_map(|name| index.calls_named(name)).filter(is_validating);
    let functions = graph.reaching(calls.map(|call| index.enclosing(call.body)));
    let mut classes = FxHashSet::default();
    for class in functions.into_iter().filter_map(|function| index.body_class(function)) {
        if classes.insert(class) {
            classes.extend(index.descendants(class));
        }
    }
    classes
}

/// Static methods that make an object of their class and hand it to a worker, and the arguments that are not its own.
/// `laravel/framework:src/Illuminate/Foundation/Bus/Dispatchable.php`
const DISPATCHING: [(&str, usize); 7] = [
    ("dispatch", 0),
    ("dispatchSync", 0),
    ("dispatchNow", 0),
    ("dispatchAfterResponse", 0),
    ("withChain", 0),
    ("dispatchIf", 1),
    ("dispatchUnless", 1),
];

/// Remembers what a call hands over.
pub(in crate::analysis::tenancy) fn handed(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>) {
    if !machine.recording {
        return;
    }
    if let Some(rules) = validated(event) {
        let Some(data) = event.arguments.first() else { return };
        let places = Reader { project: machine.project, function: machine.function }.places(event.body, rules);
        let told = Handed {
            at: event.at,
            to: Taker::Validator(places),
            object: machine.class(),
            function: machine.function,
            this: machine.class(),
            values: vec![plain(&data.value)],
            through: Vec::new(),
        };
        return add(machine, told);
    }
    let Some((class, before)) = made(machine, event).filter(|(class, _)| machine.client.validating.contains(class)) else {
        return;
    };
    let values = || event.arguments.iter().skip(before).map(|given| &given.value);
    if values().any(|value| value.shape.is_some() || is_open(value)) {
        let told = Handed {
            at: event.at,
            to: Taker::Constructor,
            object: Some(class),
            function: machine.function,
            this: machine.class(),
            values: values().map(plain).collect(),
            through: Vec::new(),
        };
        add(machine, told);
    }
}

/// The rules of a call that tests an array.
fn validated(event: &QueryEvent<'_>) -> Option<crate::hir::ExprId> {
    let symbol = event.call.symbol.as_deref()?;
    VALIDATING.contains(&symbol).then(|| event.argument(1, "rules").map(|given| given.expr))?
}

/// The class of which a call makes an object, and how many arguments stand before the constructor's.
fn made(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<(ClassKey, usize)> {
    let index = machine.project.index;
    let Expr::Call { callee, .. } = index.body(event.body).expr(event.expr) else { return None };
    let (class, before) = match callee {
        Callee::New(class) => (class, 0),
        Callee::Static { class, .. } => {
            (class, DISPATCHING.iter().find(|(name, _)| event.name == Some(*name)).map(|(_, before)| *before)?)
        }
        _ => return None,
    };
    let class = match class {
        ClassRef::Named(named) => index.resolve_class(index.hir(event.body.file).text(named.name))?,
        ClassRef::SelfClass | ClassRef::StaticClass => machine.class()?,
        _ => return None,
    };
    index.find_method(class, "__construct").map(|_| (class, before))
}

fn add(machine: &mut QueryMachine<'_>, told: Handed) {
    let known = &mut machine.effects.handed;
    if known.len() < LIMIT && !known.contains(&told) {
        known.push(told);
    }
}

/// Tells what a callee hands over once more, with what this call passes, and what the object holds here.
pub(in crate::analysis::tenancy) fn lift(
    machine: &mut QueryMachine<'_>,
    state: &QueryState,
    event: &QueryEvent<'_>,
    summary: &Summary<QueryClient>,
) {
    if !machine.recording {
        return;
    }
    let is_own = event.receiver.is_some_and(|receiver| is_this(&receiver.origins));
    for known in &summary.effects.handed {
        if known.through.len() >= DEPTH || !(known.is_by_argument() || is_own && known.is_held()) {
            continue;
        }
        let mut told = known.clone();
        let held = object(machine, state, event, &known.held());
        let given = |root: &Root| match root {
            Root::Parameter(position) => Some(match event.arguments.get(usize::from(*position)) {
                Some(given) => plain(&given.value),
                None => QueryValue::of(Root::Literal),
            }),
            Root::This => held.clone(),
            _ => None,
        };
        told.values = known.values.iter().map(|value| substituted(value, &given)).collect();
        told.object = narrowed(machine, callee_class(machine, event), known.object);
        told.this = machine.class();
        if is_own && let (Some(this), Some(class)) = (known.this, machine.class()) {
            told.this = Some(if is_of(machine.project.index, this, class) { this } else { class });
        }
        if let Taker::Validator(places) = &known.to {
            let reader = Reader { project: machine.project, function: machine.function };
            let given = |position: u16| event.arguments.get(usize::from(position)).map(|given| given.expr);
            told.to = Taker::Validator(reader.given(places, event.body, &given));
        }
        told.function = machine.function;
        told.through.push(event.at);
        add(machine, told);
    }
}

/// The object that a method runs on, as far as this code has written the properties that are read of it.
fn object(machine: &QueryMachine<'_>, state: &QueryState, event: &QueryEvent<'_>, held: &[&str]) -> Option<QueryValue> {
    let receiver = event.receiver?;
    let mut value = QueryValue::from_origins(receiver.origins.clone());
    if is_this(&receiver.origins) && !held.is_empty() {
        let of = |name: &&str| match state.own_property(machine.hir(), name) {
            Some(value) => plain(value),
            None => QueryValue::from_origins(receiver.origins.member(name, None)),
        };
        let items = held.iter().map(|name| (ConstantKey::String((*name).to_owned()), of(name))).collect();
        value.shape = Some(Arc::new(Shape { items, rest: None }));
    }
    Some(value)
}

impl Handed {
    /// Values or rules of which a caller may tell more.
    pub(super) fn is_open(&self) -> bool {
        self.is_by_argument() || self.is_held()
    }

    /// Values or rules by an argument.
    pub(super) fn is_by_argument(&self) -> bool {
        let by_rules = matches!(&self.to, Taker::Validator(places)
            if places.iter().any(|place| matches!(place, RulesAt::Parameter(_))));
        by_rules || self.values.iter().any(is_open)
    }

    fn is_held(&self) -> bool {
        !self.held().is_empty()
    }

    /// The properties of the object that values are read from.
    pub(super) fn held(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for value in &self.values {
            let parts = value.shape.iter().flat_map(|shape| shape.items.values().chain(&shape.rest)).chain([value]);
            for origin in parts.flat_map(|part| part.origins.iter()) {
                if let (Root::This, Some(first)) = (&origin.root, origin.path.first())
                    && !names.contains(&&**first)
                {
                    names.push(first);
                }
            }
        }
        names
    }
}

/// True for a value that is made from an argument.
fn is_open(value: &QueryValue) -> bool {
    value.origins.any(|origin| matches!(origin.root, Root::Parameter(_)))
}

/// The class of the object on which a callee runs, as this call tells it.
fn callee_class(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<ClassKey> {
    if let Some(class) = named(machine, event) {
        return Some(class);
    }
    match event.receiver {
        Some(receiver) if is_this(&receiver.origins) => machine.class(),
        Some(_) => {
            let mut classes = event.receiver_types?.classes();
            let class = classes.next()?;
            classes.next().is_none().then(|| machine.project.index.resolve_class(class))?
        }
        None => made(machine, event).map_or_else(|| machine.class(), |(class, _)| Some(class)),
    }
}

/// The nearer one of two classes of an object.
fn narrowed(machine: &QueryMachine<'_>, here: Option<ClassKey>, known: Option<ClassKey>) -> Option<ClassKey> {
    match (here, known) {
        (Some(here), Some(known)) if is_of(machine.project.index, here, known) => Some(here),
        _ => known,
    }
}

/// `Child::check($data)`
fn named(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<ClassKey> {
    let index = machine.project.index;
    match index.body(event.body).expr(event.expr) {
        Expr::Call { callee: Callee::Static { class: ClassRef::Named(named), .. }, .. } => {
            index.resolve_class(index.hir(event.body.file).text(named.name))
        }
        _ => None,
    }
}

/// True where a class is another one, extends it, or uses it.
pub(super) fn is_of(index: &Index, class: ClassKey, of: ClassKey) -> bool {
    let name = index.class_name(of);
    class == of || index.is_a(class, name) || index.uses_trait(class, name)
}

/// A value without the builders and closures that it may hold.
fn plain(value: &QueryValue) -> QueryValue {
    value.substitute(&|_| None, &|part| QueryFact::rows(&part.fact.rows))
}

/// What a caller knows of a callee's value, element by element.
pub(super) fn substituted(value: &QueryValue, given: &dyn Fn(&Root) -> Option<QueryValue>) -> QueryValue {
    let mut whole = of_origins(&value.origins, value, given);
    whole.fact.join(&value.fact);
    whole.may_be_null |= value.may_be_null;
    if let Some(shape) = &value.shape {
        // `$data['name'] = …` on an array of the caller: its other elements are what they were.
        let before = of_origins(&value.base(), value, given).shape;
        let mut items = before.as_ref().map(|before| before.items.clone()).unwrap_or_default();
        items.extend(shape.items.iter().map(|(key, item)| (key.clone(), substituted(item, given))));
        let mut rest = shape.rest.as_ref().map(|rest| substituted(rest, given));
        if let Some(other) = before.and_then(|before| before.rest.clone()) {
            match &mut rest {
                Some(rest) => {
                    rest.join(&other);
                }
                None => rest = Some(other),
            }
        }
        whole.shape = Some(Arc::new(Shape { items, rest }));
        whole.constant = None;
    }
    whole
}

/// What the sources of a value are to a caller.
fn of_origins(origins: &Origins, value: &QueryValue, given: &dyn Fn(&Root) -> Option<QueryValue>) -> QueryValue {
    let mut whole: Option<QueryValue> = None;
    for origin in origins.iter() {
        let mut part = match given(&origin.root) {
            Some(given) => origin.path.iter().fold(given, |value, name| member(&value, name)),
            None => {
                let mut origins = Origins::none();
                origins.insert(origin.clone());
                QueryValue { constant: value.constant.clone(), ..QueryValue::from_origins(origins) }
            }
        };
        if origin.column_of.is_some() && part.shape.is_none() {
            part.origins = Origins::none();
            part.origins.insert(origin.clone());
        }
        match &mut whole {
            Some(whole) => {
                whole.join(&part);
            }
            None => whole = Some(part),
        }
    }
    whole.unwrap_or_else(|| QueryValue::from_origins(origins.clone()))
}

/// The element of an array, or a member of what is none; `null` for an element that is not there.
pub(super) fn member(value: &QueryValue, name: &str) -> QueryValue {
    let key = ConstantKey::String(name.to_owned());
    let Some(shape) = value.shape.as_ref().filter(|shape| !shape.items.contains_key(&key)) else {
        return value.element(Some(&key));
    };
    let mut found = match &shape.rest {
        // `[...$data, 'name' => …]`
        Some(rest) if rest.shape.is_some() => member(rest, name),
        Some(rest) => rest.clone(),
        None => QueryValue::constant(Constant::Null),
    };
    let base = value.base();
    if !base.is_empty() {
        found.join(&QueryValue::from_origins(base.member(name, None)));
        found.constant = None;
    }
    found
}

/// `array_merge($data, ['name' => …])`: later elements in the place of earlier ones.
pub(in crate::analysis::tenancy) fn merged(event: &QueryEvent<'_>) -> Option<QueryValue> {
    if !matches!(event.call.symbol.as_deref(), Some("array_merge" | "array_replace")) || event.receiver.is_some() {
        return None;
    }
    if event.arguments.iter().any(|given| given.spread) || event.arguments.iter().all(|given| given.value.shape.is_none()) {
        return None;
    }
    let mut all = QueryValue { shape: Some(Arc::default()), ..QueryValue::default() };
    for given in event.arguments {
        let value = &given.value;
        all.fact.join(&value.fact);
        let Some(shape) = &value.shape else {
            let known = all.shape.take().map(Arc::unwrap_or_clone).unwrap_or_default();
            for (key, mut item) in known.items {
                item.join(&value.element(Some(&key)));
                all.set_element(Some(key), item);
            }
            known.rest.into_iter().chain([value.clone()]).for_each(|rest| all.set_element(None, rest));
            continue;
        };
        for (key, item) in &shape.items {
            all.set_element(Some(key.clone()).filter(|key| matches!(key, ConstantKey::String(_))), item.clone());
        }
        shape.rest.iter().for_each(|rest| all.set_element(None, rest.clone()));
        value.base().iter().for_each(|origin| all.origins.insert(origin.clone()));
    }
    Some(all)
}
