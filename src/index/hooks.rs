//! Columns that a model fills in by itself before it is written: listeners and observers of `creating` and `saving`.

use std::collections::BTreeMap;

use super::boot::{BootCall, BootEvent};
use super::empty::{Emptiness, emptiness};
use super::model::{CreatingHook, Relation};
use super::outside::outside_calls;
use super::scopes::attribute_values;
use super::values::Place;
use super::walk::{Guard, walk};
use super::{BodyKey, ClassKey, Constant, Index, Version};
use crate::finding::Location;
use crate::hir::{Argument, BinaryOp, Callee, Expr, ExprId};

const OBSERVED_BY: &str = "Illuminate\\Database\\Eloquent\\Attributes\\ObservedBy";
const EVENT_PROVIDER: &str = "Illuminate\\Foundation\\Support\\Providers\\EventServiceProvider";
/// Events before the row is written.
const EVENTS: &[&str] = &["creating", "saving"];
/// Methods that the listener calls are followed this deep.
const MAX_DEPTH: u32 = 2;

/// What a listener is attached to.
pub(super) struct Subject<'i> {
    pub(super) index: &'i Index,
    pub(super) model: ClassKey,
    pub(super) relations: &'i BTreeMap<String, Relation>,
}

impl Subject<'_> {
    /// The hooks that the model's own boot registers.
    pub(super) fn booted_hooks(&self, events: &[BootEvent]) -> Vec<CreatingHook> {
        let mut hooks = Vec::new();
        for event in events {
            match event {
                BootEvent::Attributes => {
                    for observer in observed_by(self.index, self.model) {
                        self.observer(observer, false, &mut hooks);
                    }
                }
                BootEvent::Call(call) => self.registered(call, &mut hooks),
                BootEvent::ExternalScope { .. } => {}
            }
        }
        hooks
    }

    /// What one registering call adds.
    pub(super) fn registered(&self, call: &BootCall, hooks: &mut Vec<CreatingHook>) {
        let place = Place::new(self.index, call.body, Some(self.model));
        let Expr::Call { callee: Callee::Static { name, .. }, arguments, .. } = place.item().expr(call.call) else { return };
        let Some(name) = place.fixed(*name).map(str::to_ascii_lowercase) else { return };
        match name.as_str() {
            "observe" => {
                for observer in arguments.first().map(|first| observers(place, first.value)).unwrap_or_default() {
                    self.observer(observer, call.conditional, hooks);
                }
            }
            "registermodelevent" => {
                let event = place.argument(arguments, 0, "event").and_then(|event| place.constant(event));
                if event.as_ref().and_then(Constant::as_str).is_some_and(|event| EVENTS.contains(&event)) {
                    self.listener(place, place.argument(arguments, 1, "callback"), call.conditional, hooks);
                }
            }
            event if EVENTS.contains(&event) => {
                self.listener(place, place.argument(arguments, 0, "callback"), call.conditional, hooks);
            }
            _ => {}
        }
    }

    fn listener(&self, place: Place<'_>, callback: Option<ExprId>, conditional: bool, hooks: &mut Vec<CreatingHook>) {
        if let Some(body) = callback.and_then(|callback| place.callable(callback)) {
            self.body(body, conditional, hooks);
        }
    }

    pub(super) fn observer(&self, observer: ClassKey, conditional: bool, hooks: &mut Vec<CreatingHook>) {
        for event in EVENTS {
            if let Some(method) = self.index.find_method(observer, event) {
                self.body(self.index.method_body(method), conditional, hooks);
            }
        }
    }

    /// The hooks of a listener, whose first parameter is the model.
    fn body(&self, body: BodyKey, conditional: bool, hooks: &mut Vec<CreatingHook>) {
        let parameter = self.index.signature(body).and_then(|signature| signature.parameters.first());
        if let Some(parameter) = parameter {
            let name = self.index.hir(body.file).text(parameter.name).to_owned();
            self.assignments(body, &name, conditional, hooks, 0);
        }
    }

    fn assignments(&self, body: BodyKey, row: &str, conditional: bool, hooks: &mut Vec<CreatingHook>, depth: u32) {
        let place = Place::new(self.index, body, Some(self.model));
        let mut calls = Vec::new();
        walk(place.item(), |expr, guards| {
            for set in self.set(place, row, expr) {
                let Emptiness { other, empty } = emptiness(place, row, &set.column, guards);
                hooks.push(CreatingHook {
                    column: set.column,
                    at: Location::new(body.file, place.item().expr_span(expr)),
                    body,
                    value: set.value,
                    conditional: conditional || other,
                    only_if_empty: empty || set.coalesces,
                });
            }
            if let Some((body, row)) = self.called(place, row, expr) {
                calls.push((body, row, guards.iter().any(|guard| !matches!(guard, Guard::Each(_)))));
            }
        });
        for (body, row, guarded) in calls {
            if depth < MAX_DEPTH {
                self.assignments(body, &row, conditional || guarded, hooks, depth + 1);
            }
        }
    }

    /// A method of the row, or one that gets the row.
    fn called(&self, place: Place<'_>, row: &str, expr: ExprId) -> Option<(BodyKey, String)> {
        let Expr::Call { callee, arguments, first_class: false } = place.item().expr(expr) else { return None };
        match *callee {
            Callee::Method { receiver, name, .. } if is_variable(place, receiver, row) => {
                let method = self.index.find_method(self.model, place.fixed(name)?)?;
                Some((self.index.method_body(method), "this".to_owned()))
            }
            Callee::Method { receiver, name, .. } if is_variable(place, receiver, "this") => {
                let class = self.index.body_class(place.body)?;
                self.passed(place, class, place.fixed(name)?, row, arguments)
            }
            Callee::Static { class, name } => {
                self.passed(place, place.class_ref(class)?.key?, place.fixed(name)?, row, arguments)
            }
            _ => None,
        }
    }

    fn passed(
        &self,
        place: Place<'_>,
        class: ClassKey,
        name: &str,
        row: &str,
        arguments: &[Argument],
    ) -> Option<(BodyKey, String)> {
        let position = arguments.iter().position(|argument| is_variable(place, argument.value, row))?;
        let method = self.index.find_method(class, name)?;
        let parameter = self.index.method(method).signature.parameters.get(position)?;
        let name = self.index.hir(method.declaring.file).text(parameter.name).to_owned();
        Some((self.index.method_body(method), name))
    }

    /// The columns that one expression sets on the row.
    fn set(&self, place: Place<'_>, row: &str, expr: ExprId) -> Vec<Set> {
        match place.item().expr(expr) {
            Expr::Assign { target, value, .. } => {
                column_of(place, row, *target).map(|column| Set::new(column, *value)).into_iter().collect()
            }
            Expr::CompoundAssign(BinaryOp::Coalesce, target, value) => {
                let set = column_of(place, row, *target).map(|column| Set { coalesces: true, ..Set::new(column, *value) });
                set.into_iter().collect()
            }
            Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } => {
                let name = place.fixed(*name).unwrap_or_default().to_ascii_lowercase();
                self.set_by_call(place, row, *receiver, &name, arguments)
            }
            _ => Vec::new(),
        }
    }

    fn set_by_call(&self, place: Place<'_>, row: &str, receiver: ExprId, name: &str, arguments: &[Argument]) -> Vec<Set> {
        let argument = |position, name| place.argument(arguments, position, name);
        match name {
            "setattribute" | "offsetset" if is_variable(place, receiver, row) => {
                let column = argument(0, "key").and_then(|key| text(place, key));
                column.zip(argument(1, "value")).map(|(column, value)| Set::new(column, value)).into_iter().collect()
            }
            "fill" | "forcefill" if is_variable(place, receiver, row) => {
                let Some(Expr::Array(items)) = argument(0, "attributes").map(|list| place.item().expr(place.settled(list)))
                else {
                    return Vec::new();
                };
                items.iter().filter_map(|item| Some(Set::new(text(place, item.key?)?, item.value?))).collect()
            }
            "associate" => self
                .associated(place, row, receiver)
                .zip(argument(0, "model"))
                .map(|(column, value)| Set::new(column, value))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The foreign key of `$row->relation()`.
    fn associated(&self, place: Place<'_>, row: &str, relation: ExprId) -> Option<String> {
        let Expr::Call { callee: Callee::Method { receiver, name, .. }, .. } = place.item().expr(relation) else { return None };
        let name = place.fixed(*name).filter(|_| is_variable(place, *receiver, row))?;
        self.relations.get(name)?.foreign_key.clone()
    }
}

/// A column, its value, and whether `??=` sets it.
struct Set {
    column: String,
    value: ExprId,
    coalesces: bool,
}

impl Set {
    fn new(column: String, value: ExprId) -> Self {
        Self { column, value, coalesces: false }
    }
}

fn text(place: Place<'_>, expr: ExprId) -> Option<String> {
    place.constant(expr)?.as_str().map(str::to_owned)
}

pub(super) fn is_variable(place: Place<'_>, expr: ExprId, name: &str) -> bool {
    matches!(place.item().expr(expr), Expr::Variable(found) if place.text(*found) == name)
}

/// The column of `$row->column`, `$row->{'column'}`, `$row['column']`, `$row->getAttribute('column')`.
pub(super) fn column_of(place: Place<'_>, row: &str, expr: ExprId) -> Option<String> {
    match place.item().expr(expr) {
        Expr::Property { receiver, name, .. } if is_variable(place, *receiver, row) => match name.kind {
            crate::hir::MemberNameKind::Fixed(name) => Some(place.text(name).to_owned()),
            crate::hir::MemberNameKind::Dynamic(name) => text(place, name),
        },
        Expr::Index(base, Some(key)) if is_variable(place, *base, row) => text(place, *key),
        Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. }
            if is_variable(place, *receiver, row) && place.fixed(*name) == Some("getAttribute") =>
        {
            text(place, arguments.first()?.value)
        }
        _ => None,
    }
}

/// The classes given to `observe()`: an object, a class name, or an array of these.
fn observers(place: Place<'_>, expr: ExprId) -> Vec<ClassKey> {
    let one = |expr| place.named_value(expr).or_else(|| place.object(expr)).and_then(|class| class.key);
    match place.item().expr(place.settled(expr)) {
        Expr::Array(items) => items.iter().filter_map(|item| one(item.value?)).collect(),
        _ => one(expr).into_iter().collect(),
    }
}

/// `#[ObservedBy]` of the parents and of the class, from 10.44 on.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/HasEvents.php (resolveObserveAttributes)`
fn observed_by(index: &Index, class: ClassKey) -> Vec<ClassKey> {
    if index.options().laravel < Version::new(10, 44, 0) {
        return Vec::new();
    }
    let line = index.parent_slice(class).iter().rev().copied().chain([class]);
    line.flat_map(|class| attribute_values(index, class, OBSERVED_BY, false))
        .filter_map(|(_, (_, name))| index.resolve_class(&name))
        .collect()
}

/// Observers and listeners that code outside the models attaches, in order of files.
pub(super) fn attached_outside(index: &Index) -> BTreeMap<ClassKey, Vec<Attached>> {
    let mut found: BTreeMap<ClassKey, Vec<Attached>> = BTreeMap::new();
    for (model, call) in outside_calls(index, &["observe", "creating", "saving", "registermodelevent"]) {
        found.entry(model).or_default().push(Attached::Call(call));
    }
    for provider in index.classes().filter(|&class| index.is_a(class, EVENT_PROVIDER)) {
        for (model, observer) in listed_observers(index, provider) {
            found.entry(model).or_default().push(Attached::Observer(observer));
        }
    }
    found
}

/// What is attached to a model from outside.
pub(super) enum Attached {
    Call(BootCall),
    Observer(ClassKey),
}

/// `protected $observers = [Customer::class => [CustomerObserver::class]]`
fn listed_observers(index: &Index, provider: ClassKey) -> Vec<(ClassKey, ClassKey)> {
    let super::attributes::Setting::Known(value) = super::attributes::property(index, provider, "observers") else {
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for (model, observers) in value.as_array().unwrap_or_default() {
        let super::ConstantKey::String(model) = model else { continue };
        let Some(model) = index.resolve_class(model).filter(|&model| index.is_model(model)) else { continue };
        for observer in observers.strings().unwrap_or_default() {
            pairs.extend(index.resolve_class(&observer).map(|observer| (model, observer)));
        }
    }
    pairs
}
