//! What runs when a model boots: the static calls that register its global scopes and listeners, in PHP's order.
//!
//! `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (bootIfNotBooted, boot, bootTraits, booted)`

use super::external::external_scopes;
use super::values::Place;
use super::walk::{Guard, walk};
use super::{BodyKey, ClassKey, Index, MethodRef, ScopeRoute, class_basename};
use crate::finding::Location;
use crate::hir::{Callee, ClassRef, Expr, ExprId, Statement, Symbol};

/// Helpers called by helpers are followed to this depth.
const MAX_DEPTH: usize = 6;

/// Static methods of a model that register something.
const REGISTRARS: &[&str] = &["addglobalscope", "addglobalscopes", "creating", "saving", "observe", "registermodelevent"];

/// Something that the boot of a model does.
#[derive(Clone, Debug)]
pub(super) enum BootEvent {
    /// A call of a method that registers something.
    Call(BootCall),
    /// The attributes of the class are read.
    Attributes,
    /// A trait that is not on disk adds a scope.
    ExternalScope {
        /// Where the trait is used.
        at: Location,
        /// The scope's class.
        scope: String,
    },
}

/// A registering call.
#[derive(Clone, Debug)]
pub(super) struct BootCall {
    pub(super) body: BodyKey,
    pub(super) call: ExprId,
    pub(super) route: ScopeRoute,
    pub(super) conditional: bool,
    /// The variable and the value that it has in this round of a `foreach` over constants.
    pub(super) bound: Option<(Symbol, String)>,
}

/// The events of a model's boot, in order.
pub(super) fn boot_events(index: &Index, model: ClassKey) -> Vec<BootEvent> {
    let mut boot = Boot { index, model, events: Vec::new(), active: Vec::new(), late: Vec::new() };
    boot.entry("booting", ScopeRoute::Boot);
    if !boot.entry("boot", ScopeRoute::Boot) {
        boot.traits();
    }
    boot.entry("booted", ScopeRoute::Booted);
    for (body, route, conditional) in std::mem::take(&mut boot.late) {
        boot.run(body, model, route, conditional);
    }
    boot.events
}

struct Boot<'i> {
    index: &'i Index,
    model: ClassKey,
    events: Vec<BootEvent>,
    /// Bodies being walked.
    active: Vec<BodyKey>,
    /// Closures given to `whenBooted`.
    late: Vec<(BodyKey, ScopeRoute, bool)>,
}

impl Boot<'_> {
    /// Runs a hook that a class of the project declares; false where only the framework's is there.
    fn entry(&mut self, name: &str, route: ScopeRoute) -> bool {
        let Some(method) = self.index.find_method(self.model, name) else { return false };
        self.method(method, route, false);
        true
    }

    fn method(&mut self, method: MethodRef, route: ScopeRoute, conditional: bool) {
        let route = if self.index.is_trait(method.declaring) { ScopeRoute::Trait(method.declaring) } else { route };
        self.run(self.index.method_body(method), self.host(method.declaring), route, conditional);
    }

    /// The class of the model's line whose text or traits hold the method.
    fn host(&self, declaring: ClassKey) -> ClassKey {
        let holds = |class: ClassKey| {
            let inherited = self.index.parent(class).map_or(&[][..], |parent| self.index.trait_slice(parent));
            class == declaring || (self.index.trait_slice(class).contains(&declaring) && !inherited.contains(&declaring))
        };
        let mut line = std::iter::once(self.model).chain(self.index.parent_slice(self.model).iter().copied());
        line.find(|&class| holds(class)).unwrap_or(self.model)
    }

    fn run(&mut self, body: BodyKey, host: ClassKey, route: ScopeRoute, conditional: bool) {
        if self.active.contains(&body) || self.active.len() > MAX_DEPTH {
            return;
        }
        self.active.push(body);
        let place = Place::new(self.index, body, Some(self.model));
        let mut calls = Vec::new();
        walk(place.item(), |expr, guards| {
            if let Expr::Call { callee: Callee::Static { .. }, first_class: false, .. } = place.item().expr(expr) {
                calls.push((expr, guards.to_vec()));
            }
        });
        for (call, guards) in calls {
            self.static_call(place, host, call, &guards, route, conditional);
        }
        self.active.pop();
    }

    fn static_call(
        &mut self,
        place: Place<'_>,
        host: ClassKey,
        call: ExprId,
        guards: &[Guard],
        route: ScopeRoute,
        conditional: bool,
    ) {
        let Expr::Call { callee: Callee::Static { class, name }, arguments, .. } = place.item().expr(call) else { return };
        let Some(name) = place.fixed(*name).map(str::to_ascii_lowercase) else { return };
        if !self.is_own(place, *class) {
            return;
        }
        let rounds = rounds(place, guards);
        let conditional = conditional || rounds.conditional;
        if REGISTRARS.contains(&name.as_str()) {
            for bound in rounds.bound {
                self.events.push(BootEvent::Call(BootCall { body: place.body, call, route, conditional, bound }));
            }
            return;
        }
        if name == "whenbooted" {
            let closure = arguments.first().and_then(|argument| place.callable(argument.value));
            self.late.extend(closure.map(|body| (body, route, conditional)));
            return;
        }
        let method = match class {
            ClassRef::ParentClass => self.index.parent_method(host, &name),
            ClassRef::SelfClass => self.index.find_method(host, &name),
            _ => self.index.find_method(self.model, &name),
        };
        match method {
            Some(method) => self.method(method, route, conditional),
            None if name == "boot" || name == "boottraits" => self.traits(),
            None => {}
        }
    }

    /// True for a class reference that leaves `static` what it is, or that names the model.
    fn is_own(&self, place: Place<'_>, class: ClassRef) -> bool {
        match class {
            ClassRef::SelfClass | ClassRef::StaticClass | ClassRef::ParentClass => true,
            ClassRef::Named(name) => self.index.resolve_class(place.text(name.name)) == Some(self.model),
            ClassRef::Dynamic(_) | ClassRef::Anonymous(_) => false,
        }
    }

    /// The boot methods of all traits, and of the framework's own: the attributes.
    fn traits(&mut self) {
        self.events.push(BootEvent::Attributes);
        for (at, scopes) in external_trait_scopes(self.index, self.model) {
            self.events.extend(scopes.into_iter().map(|scope| BootEvent::ExternalScope { at, scope }));
        }
        let mut run = Vec::new();
        for used in self.index.traits(self.model) {
            let name = format!("boot{}", class_basename(self.index.class_name(used)));
            if let Some(method) = self.index.find_method(self.model, &name)
                && self.index.method(method).is_static
                && !run.contains(&method)
            {
                run.push(method);
            }
        }
        for method in self.boot_attributes() {
            if !run.contains(&method) {
                run.push(method);
            }
        }
        for method in run {
            self.method(method, ScopeRoute::Boot, false);
        }
    }

    /// Static methods with `#[Boot]`, from 12.22 on.
    fn boot_attributes(&self) -> Vec<MethodRef> {
        if self.index.options().laravel < super::Version::new(12, 22, 0) {
            return Vec::new();
        }
        let methods = self.index.all_methods(self.model).into_iter().map(|(_, method)| method);
        methods.filter(|&method| self.index.method(method).is_static && has_attribute(self.index, method, BOOT)).collect()
    }
}

const BOOT: &str = "Illuminate\\Database\\Eloquent\\Attributes\\Boot";

/// True where a method has an attribute of exactly that class.
pub(super) fn has_attribute(index: &Index, method: MethodRef, class: &str) -> bool {
    let hir = index.hir(method.declaring.file);
    index.method(method).attributes.iter().any(|attribute| hir.text(attribute.name.name).eq_ignore_ascii_case(class))
}

/// The rounds in which a call runs.
pub(super) struct Rounds {
    pub(super) conditional: bool,
    /// One entry for each round, with the loop's variable where its value is a constant.
    pub(super) bound: Vec<Option<(Symbol, String)>>,
}

/// What the guards of a call mean: a `foreach` over constant texts is unrolled, everything else makes it conditional.
pub(super) fn rounds(place: Place<'_>, guards: &[Guard]) -> Rounds {
    let mut rounds = Rounds { conditional: false, bound: vec![None] };
    for guard in guards {
        let unrolled = match guard {
            Guard::Each(statement) => unroll(place, *statement),
            _ => None,
        };
        match unrolled {
            Some(bound) if rounds.bound == [None] && !bound.is_empty() => rounds.bound = bound,
            _ => rounds.conditional = true,
        }
    }
    rounds
}

fn unroll(place: Place<'_>, statement: crate::hir::StatementId) -> Option<Vec<Option<(Symbol, String)>>> {
    let Statement::Foreach { subject, value, .. } = place.item().statement(statement) else { return None };
    let Expr::Variable(variable) = *place.item().expr(*value) else { return None };
    let items = place.constant(*subject)?;
    items.as_array()?.iter().map(|(_, item)| Some(Some((variable, item.as_str()?.to_owned())))).collect()
}

/// Scopes of traits that are not on disk, with the place that names the trait, in PHP's order.
fn external_trait_scopes(index: &Index, model: ClassKey) -> Vec<(Location, Vec<String>)> {
    let mut found: Vec<(Location, Vec<String>)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let line = index.parent_slice(model).iter().rev().copied().chain([model]);
    let holders: Vec<_> = line.chain(index.traits(model)).collect();
    for holder in holders {
        let hir = index.hir(holder.file);
        for name in index.class(holder).trait_uses.iter().flat_map(|uses| &uses.traits) {
            let text = hir.text(name.name);
            if index.resolve_class(text).is_some() || !seen.insert(text.to_ascii_lowercase()) {
                continue;
            }
            let scopes = external_scopes(text);
            if !scopes.is_empty() {
                found.push((Location::new(holder.file, name.span), scopes));
            }
        }
    }
    if let Some(parent) = index.external_parent(model) {
        let scopes = external_scopes(parent);
        if !scopes.is_empty() {
            found.push((Location::new(model.file, index.class(model).name_span), scopes));
        }
    }
    found
}
