//! What calls give: by the rows of the specs, by the project's own code, by name.

use std::rc::Rc;
use std::sync::Arc;

use super::definitions::compacted;
use super::evaluator::{Owner, Unit};
use super::summaries::{Taken, taken};
use super::value::{Mark, Treatment, Unknown, Value, What};
use crate::finding::{Location, Message};
use crate::flow::Type;
use crate::hir::{Argument, Callee, ClassRef, Expr, ExprId};
use crate::index::{BodyKey, ClassKey};
use crate::specs::{Effect, Kind, Meaning};

/// Code that one call may reach and that is still followed.
const TARGETS: usize = 8;

/// A call, as the rows see it.
pub(super) struct CallSite<'p> {
    pub(super) body: BodyKey,
    pub(super) expr: ExprId,
    pub(super) at: Location,
    pub(super) receiver: Option<ExprId>,
    pub(super) name: Option<&'p str>,
    pub(super) arguments: &'p [Argument],
}

impl<'p> Unit<'_, 'p> {
    pub(super) fn site(&self, body: BodyKey, expr: ExprId) -> Option<CallSite<'p>> {
        let code = self.project().index.body(body);
        let Expr::Call { callee, arguments, .. } = code.expr(expr) else { return None };
        let (receiver, name) = match callee {
            Callee::Method { receiver, name, .. } => (Some(*receiver), self.fixed(body, *name)),
            Callee::Static { name, .. } => (None, self.fixed(body, *name)),
            Callee::Function(name) => (None, Some(self.text(body, name.fallback.unwrap_or(name.name)))),
            Callee::Value(_) | Callee::New(_) => (None, None),
        };
        Some(CallSite { body, expr, at: self.at(body, expr), receiver, name, arguments })
    }

    /// The symbols under which rows may know a call, the most exact first.
    pub(super) fn symbols(&mut self, site: &CallSite<'p>) -> Vec<String> {
        let code = self.project().index.body(site.body);
        let Expr::Call { callee, .. } = code.expr(site.expr) else { return Vec::new() };
        let resolved = self.project().resolution.call(site.body, site.expr);
        let mut symbols = Vec::new();
        if let Some(symbol) = resolved.and_then(|call| call.symbol.as_deref()) {
            symbols.push(symbol.to_ascii_lowercase());
        }
        match callee {
            Callee::Function(name) => {
                symbols.push(self.text(site.body, name.name).to_ascii_lowercase());
                if let Some(fallback) = name.fallback {
                    symbols.push(self.text(site.body, fallback).to_ascii_lowercase());
                }
            }
            Callee::Method { receiver, .. } => {
                let Some(name) = site.name.map(str::to_ascii_lowercase) else { return symbols };
                let classes: Vec<Arc<str>> = self.types(site.body, *receiver).classes().cloned().collect();
                for class in classes {
                    symbols.extend(self.evaluator.lineage(&class).iter().map(|class| format!("{class}::{name}")));
                }
                symbols.extend(self.symbols_of_property(site.body, *receiver, &name));
                symbols.push(format!("*::{name}"));
            }
            Callee::Static { class: ClassRef::Named(class), .. } => {
                let Some(name) = site.name.map(str::to_ascii_lowercase) else { return symbols };
                let written = self.text(site.body, class.name);
                let class = self.project().specs.alias(written).filter(|_| self.project().index.resolve_class(written).is_none());
                let lineage = self.evaluator.lineage(&Arc::from(class.unwrap_or(written)));
                symbols.extend(lineage.iter().map(|class| format!("{class}::{name}")));
            }
            _ => {}
        }
        symbols
    }

    /// `$this->output->writeln()`: the method of an object that a parent class keeps.
    fn symbols_of_property(&mut self, body: BodyKey, receiver: ExprId, method: &str) -> Vec<String> {
        let Expr::Property { receiver, name, .. } = self.project().index.body(body).expr(receiver) else { return Vec::new() };
        let Some(property) = self.fixed(body, *name) else { return Vec::new() };
        let classes: Vec<Arc<str>> = self.types(body, *receiver).classes().cloned().collect();
        let property = property.to_ascii_lowercase();
        let mut symbols = Vec::new();
        for class in classes {
            symbols.extend(self.evaluator.lineage(&class).iter().map(|class| format!("{class}::${property}::{method}")));
        }
        symbols
    }

    /// What a call gives.
    pub(super) fn call(&mut self, body: BodyKey, expr: ExprId) -> Value {
        let Some(site) = self.site(body, expr) else { return Value::default() };
        let code = self.project().index.body(body);
        let Expr::Call { callee, first_class, arguments } = code.expr(expr) else { return Value::default() };
        if *first_class {
            return Value::default();
        }
        if let Callee::New(_) = callee {
            return self.instance(&site);
        }
        if let Callee::Value(function) = callee {
            let given: Vec<Value> = arguments.iter().map(|argument| self.eval(body, argument.value)).collect();
            if let Some(callable) = self.callable(body, *function) {
                return self.applied(&callable, given, site.at);
            }
        }
        if let Some(value) = self.native(&site) {
            return value;
        }
        let symbols = self.symbols(&site);
        let taints = self.project().specs.taints();
        let exact = symbols.iter().filter(|symbol| !symbol.starts_with('*')).find_map(|symbol| taints.effect(symbol));
        if let Some((effect, _)) = exact {
            return self.effect(&site, effect);
        }
        if self.asks_for_things(&site) {
            return Value::treated(Treatment::Thing);
        }
        let resolved = self.project().resolution.call(body, expr);
        let targets: Vec<BodyKey> = resolved.map(|call| call.targets.clone()).unwrap_or_default();
        if !targets.is_empty() && !resolved.is_some_and(|call| call.is_scope || call.relation.is_some()) {
            return self.reached(&site, &targets);
        }
        let open = symbols.iter().find(|symbol| symbol.starts_with('*')).and_then(|symbol| taints.effect(symbol));
        if let Some((effect, _)) = open {
            return self.effect(&site, effect);
        }
        self.unresolved(&site, *callee)
    }

    /// True for a request to another server whose address or method names a thing: `/event-types`, `updateService()`.
    fn asks_for_things(&self, site: &CallSite<'p>) -> bool {
        let gives_answer = |class: &Arc<str>| self.project().index.name_is_a(class, "Illuminate\\Http\\Client\\Response");
        if !self.types(site.body, site.expr).classes().any(gives_answer) {
            return false;
        }
        let Some(name) = site.name else { return false };
        let mut words: Vec<String> = Vec::new();
        if matches!(name, "get" | "post" | "put" | "patch" | "delete" | "head") {
            let code = self.project().index.body(site.body);
            let parts: Vec<ExprId> = match site.arguments.first().map(|first| code.expr(first.value)) {
                Some(Expr::Concat(parts) | Expr::Interpolation(parts)) => parts.to_vec(),
                Some(_) => vec![site.arguments[0].value],
                None => Vec::new(),
            };
            for part in parts {
                let text = self.key(site.body, part).unwrap_or_default();
                let path = text.split('?').next().unwrap_or_default();
                let path = path.split_once("://").map_or(path, |(_, rest)| rest.split_once('/').map_or("", |(_, path)| path));
                words.extend(path.split('/').filter(|word| !word.is_empty()).map(str::to_owned));
            }
        } else if let Some(at) = name.find(char::is_uppercase) {
            words.push(name[at..].to_owned());
        }
        let vocabulary = self.vocabulary();
        let is_person = |word: &String| vocabulary.is_person(word) || vocabulary.possible_kind_of(word).is_some();
        words.iter().any(|word| vocabulary.is_thing(word)) && !words.iter().any(is_person)
    }

    /// What the code that a call reaches gives.
    fn reached(&mut self, site: &CallSite<'p>, targets: &[BodyKey]) -> Value {
        let mut value: Option<Value> = None;
        for target in targets.iter().take(TARGETS) {
            let one = self.target(site, *target);
            match &mut value {
                Some(value) => value.join(&one),
                None => value = Some(one),
            }
        }
        let mut value = value.unwrap_or_default();
        if value.unknown.is_some() && value.marks.is_empty() {
            value = self.named(site).unwrap_or(value);
        }
        let note = Message::new("pii.step.returned").text("name", site.name.unwrap_or("call"));
        value.after(site.at, &note)
    }

    fn target(&mut self, site: &CallSite<'p>, target: BodyKey) -> Value {
        if let Some(facts) = self.evaluator.sanitizer(target) {
            let value = site.arguments.first().map_or_else(Value::default, |first| self.eval(site.body, first.value));
            return self.sanitized(value, &facts, site.at);
        }
        let Some(summary) = self.evaluator.summary(target, self.depth) else {
            let why = Message::new("pii.reason.deep");
            let mut value = Value::unknown(why, site.at);
            let through = site.arguments.iter().any(|argument| !self.eval(site.body, argument.value).marks.is_empty());
            if let Some(unknown) = &mut value.unknown {
                unknown.through = through;
            }
            return value;
        };
        self.bind(site, target, &summary.returns)
    }

    /// Puts the arguments of a call in the place of the parameters of what is called.
    fn bind(&mut self, site: &CallSite<'p>, target: BodyKey, value: &Value) -> Value {
        self.substitute(value, &mut |unit, given| {
            let actual = unit.argument(site, target, given.position);
            unit.follow(actual, given)
        })
    }

    /// What a call gives for a parameter.
    fn argument(&mut self, site: &CallSite<'p>, target: BodyKey, position: u16) -> Value {
        let index = self.project().index;
        let Some(signature) = index.signature(target) else { return Value::default() };
        let Some(parameter) = signature.parameters.get(position as usize) else { return Value::default() };
        let name = self.text(target, parameter.name);
        let named = |argument: &Argument| argument.name.map(|named| self.text(site.body, named));
        let taken = taken(site.arguments, named, name, usize::from(position), parameter.variadic);
        let given: Vec<(Taken, Value)> =
            taken.into_iter().map(|taken| (taken, self.eval(site.body, site.arguments[taken.argument].value))).collect();
        self.parameter_of(&given, name, parameter.variadic, site.at)
    }

    /// A new object: what its constructor keeps.
    fn instance(&mut self, site: &CallSite<'p>) -> Value {
        let resolved = self.project().resolution.call(site.body, site.expr);
        if self.types(site.body, site.expr).classes().any(|class| self.is_throwable(class)) {
            let constructor = resolved.and_then(|call| call.targets.first().copied());
            return self.exception_made(site, constructor);
        }
        let Some(target) = resolved.and_then(|call| call.targets.first().copied()) else { return Value::default() };
        let Some(signature) = self.project().index.signature(target) else { return Value::default() };
        let mut object = Value::default();
        for (position, parameter) in signature.parameters.iter().enumerate() {
            if parameter.promoted {
                let value = self.argument(site, target, u16::try_from(position).unwrap_or(u16::MAX));
                if !value.is_clean() {
                    object.set(Some(self.text(target, parameter.name)), value);
                }
            }
        }
        object
    }

    /// The text of a new exception: its arguments, or what its own constructor hands on.
    fn exception_made(&mut self, site: &CallSite<'p>, constructor: Option<BodyKey>) -> Value {
        let mut text = Value { is_text: true, ..Value::default() };
        let Some(constructor) = constructor.filter(|_| self.depth > 0) else {
            for argument in site.arguments {
                let given = self.eval(site.body, argument.value);
                text.append(&self.as_text(&given, site.at));
            }
            return text;
        };
        let code = self.project().index.body(constructor);
        let mut parts: Vec<ExprId> = Vec::new();
        for (_, expr) in code.exprs() {
            match expr {
                Expr::Call { callee: Callee::Static { class: ClassRef::ParentClass, name }, arguments, .. }
                    if self.fixed(constructor, *name).is_some_and(|name| name.eq_ignore_ascii_case("__construct")) =>
                {
                    let is_message =
                        |argument: &&Argument| argument.name.is_none_or(|name| self.text(constructor, name) == "message");
                    parts.extend(arguments.first().filter(is_message).map(|argument| argument.value));
                }
                Expr::Assign { target, value, .. } if self.word(constructor, *target) == Some("message") => parts.push(*value),
                _ => {}
            }
        }
        let depth = self.depth - 1;
        for part in parts {
            let value = Unit::new(self.evaluator, depth).eval(constructor, part);
            let bound = self.bind(site, constructor, &value);
            text.append(&self.as_text(&bound, site.at));
        }
        // The handler writes the exceptions before it, too.
        for argument in site.arguments {
            let given = self.eval(site.body, argument.value);
            given.marks.into_iter().filter(|mark| mark.what == What::Exception).for_each(|mark| text.add(mark));
        }
        text
    }

    /// Functions of PHP that need more than a row.
    fn native(&mut self, site: &CallSite<'p>) -> Option<Value> {
        if site.receiver.is_some() {
            return None;
        }
        let name = site.name?.to_ascii_lowercase();
        match name.as_str() {
            "compact" => Some(self.compact(site)),
            "call_user_func" | "call_user_func_array" | "value" | "with" | "transform" => self.called_by_function(site, &name),
            "file_get_contents" if self.key(site.body, site.arguments.first()?.value)?.eq_ignore_ascii_case("php://input") => {
                let mark = Mark::new(Kind::FreeText, What::Request, "php://input", site.at);
                Some(Value::of(mark))
            }
            "substr" | "mb_substr" | "str_limit" => Some(self.cut(site)),
            "get_defined_vars" | "func_get_args" => {
                let mark = Mark::new(Kind::FreeText, What::Named, &name, site.at);
                Some(Value::of(mark))
            }
            "print_r" | "var_export" => {
                let value = self.eval(site.body, site.arguments.first()?.value);
                Some(self.as_text(&value, site.at))
            }
            "filter_var" | "preg_replace_callback" => {
                let at = usize::from(name != "filter_var") * 2;
                Some(self.eval(site.body, site.arguments.get(at)?.value))
            }
            "preg_replace" | "str_replace" | "str_ireplace" => {
                let mut value = self.replaced(site, &name);
                // What is put in, comes out, too.
                let put_in = self.eval(site.body, site.arguments.get(1)?.value);
                value.append(&self.as_text(&put_in, site.at));
                Some(value)
            }
            "explode" | "preg_split" => Some(self.eval(site.body, site.arguments.get(1)?.value)),
            "array_fill_keys" | "array_fill" => Some(self.eval(site.body, site.arguments.last()?.value)),
            _ => None,
        }
    }

    fn compact(&mut self, site: &CallSite<'p>) -> Value {
        let flow = self.evaluator.flow(site.body);
        let mut array = Value::default();
        for argument in site.arguments {
            let code = self.project().index.body(site.body);
            let Some(names) = compacted(code, argument.value) else {
                let unknown = Value::unknown(Message::new("pii.reason.dynamic"), site.at);
                array.set(None, unknown);
                continue;
            };
            for name in names {
                let text = self.text(site.body, name);
                let defs = flow.named.get(&(site.expr, name)).cloned().unwrap_or_default();
                let mut value = self.defined(site.body, &defs);
                if let Some(unknown) = &mut value.unknown {
                    unknown.word = Some(text.into());
                }
                array.set(Some(text), value);
            }
        }
        array
    }

    /// A call of which nothing is known: its name may say what it gives, or what went in.
    fn unresolved(&mut self, site: &CallSite<'p>, callee: Callee) -> Value {
        if let Some(value) = self.of_closures(site) {
            return value;
        }
        if let Callee::Function(_) = callee {
            // A function of a package: what goes in may come out, and something else as well.
            let value = self.made_of_arguments(site);
            return if value.is_personal() || !value.given.is_empty() {
                value
            } else {
                self.named(site).unwrap_or_else(|| Self::of_unknown(site, false))
            };
        }
        if self.is_query_or_request(site, callee) {
            return Value::default();
        }
        if let Some(value) = self.named(site) {
            return value;
        }
        let mut through = false;
        for argument in site.arguments {
            let given = self.eval(site.body, argument.value);
            through |= given.is_personal();
        }
        if let Some(receiver) = site.receiver {
            let base = self.eval(site.body, receiver);
            if site.name == Some("getResponse") && base.marks.iter().any(|mark| mark.what == What::Exception) {
                return self.element(&base, Some("response"), None, site.at);
            }
            let key = site.arguments.first().and_then(|first| self.key(site.body, first.value));
            if matches!(site.name, Some("json" | "header")) && key.is_some() && base.marks.iter().all(|mark| mark.what.is_dump())
            {
                return self.element(&base, key.as_deref(), None, site.at);
            }
            // What a text or a collection makes of itself is still it.
            if !base.marks.is_empty() || !base.given.is_empty() && base.is_text {
                let note = Message::new("pii.step.through").text("name", site.name.unwrap_or("call"));
                return base.after(site.at, &note);
            }
            // `collect($row)->get('name')`
            if base.shape.is_some() && matches!(site.name, Some("get" | "pull")) && !site.arguments.is_empty() {
                return self.looked_up(site);
            }
            through |= base.is_personal();
        }
        Self::of_unknown(site, through)
    }

    fn of_unknown(site: &CallSite<'p>, through: bool) -> Value {
        let why = Message::new("pii.reason.call").text("name", site.name.unwrap_or("call"));
        let word = site.name.map(Arc::from);
        Value { unknown: Some(Unknown { why, at: site.at, word, through }), ..Value::default() }
    }

    /// A method of a builder gives a builder or rows, which types tell; one of a request that no row knows tells nothing
    /// that a client sent.
    fn is_query_or_request(&self, site: &CallSite<'p>, callee: Callee) -> bool {
        let is_query_method = site.name.is_some_and(|name| self.project().specs.query_method(name).is_some());
        match (site.receiver, callee) {
            (Some(receiver), _) => {
                let types = self.types(site.body, receiver);
                let is_query = types.iter().any(|one| matches!(one, Type::Query(_) | Type::TableQuery));
                is_query || types.classes().any(|class| self.is_request(class))
            }
            // `Str::limit()` is no query.
            (None, Callee::Static { class, .. }) => is_query_method && self.is_queried(site.body, class),
            _ => false,
        }
    }

    /// True for a class on which queries are begun: a model, a facade of the database, or the class around the call.
    fn is_queried(&self, body: BodyKey, class: ClassRef) -> bool {
        let index = self.project().index;
        let ClassRef::Named(named) = class else { return true };
        let written = self.text(body, named.name);
        let name = self.project().specs.alias(written).unwrap_or(written);
        let is_model = index.resolve_class(name).is_some_and(|key| index.is_model(key));
        let bases =
            ["Illuminate\\Support\\Facades\\DB", "Illuminate\\Support\\Facades\\Schema", "Illuminate\\Database\\Eloquent\\Model"];
        let named = index.type_named(name);
        is_model || bases.iter().any(|base| named.is_a(base))
    }

    /// What the name of a method says that it gives: `getCustomerName()`.
    fn named(&self, site: &CallSite<'p>) -> Option<Value> {
        let name = site.name?;
        let verbs = ["get", "fetch", "extract", "resolve", "normalize", "format", "find", "build", "read", "parse", "clean"];
        let noun = verbs.iter().find_map(|verb| {
            let rest = name.strip_prefix(verb)?;
            rest.starts_with(|sign: char| sign.is_uppercase() || sign == '_').then_some(rest)
        })?;
        let owner = site.receiver.and_then(|receiver| {
            let class = self.types(site.body, receiver).classes().next().cloned();
            let named = self.word(site.body, receiver).map(|word| self.owner_named(word));
            class.map(|class| self.owner_of_class(&class)).or(named)
        });
        match self.meaning(noun)? {
            Meaning::Dump | Meaning::Decoy => None,
            _ => self.by_name(noun, owner.unwrap_or(Owner::Open), site.at),
        }
    }

    /// What a call leaves in a variable that it takes by reference.
    pub(super) fn changed(&mut self, body: BodyKey, call: ExprId, position: usize) -> Option<Value> {
        let site = self.site(body, call)?;
        if site.receiver.is_none() {
            let name = site.name.map(str::to_ascii_lowercase);
            match name.as_deref() {
                Some("preg_match" | "preg_match_all") if position == 2 => {
                    return Some(self.eval(body, site.arguments.get(1)?.value));
                }
                Some("parse_str") if position == 1 => return Some(self.eval(body, site.arguments.first()?.value)),
                Some("array_push" | "array_unshift" | "data_set") if position == 0 => {
                    let mut value = Value::default();
                    for argument in site.arguments.iter().skip(1) {
                        let one = self.eval(body, argument.value);
                        value.set(None, one);
                    }
                    return Some(value);
                }
                _ => {}
            }
        }
        let targets: Vec<BodyKey> = self.project().resolution.call(body, call)?.targets.clone();
        let mut changed: Option<Value> = None;
        for target in targets.into_iter().take(TARGETS) {
            let signature = self.project().index.signature(target)?;
            if !signature.parameters.get(position).is_some_and(|parameter| parameter.by_reference) {
                continue;
            }
            let summary: Rc<super::evaluator::Summary> = self.evaluator.summary(target, self.depth)?;
            let held = summary.by_reference.iter().find(|(at, _)| *at == position).map(|(_, value)| value.clone())?;
            // The parameter itself is what the variable held before.
            let mut held = held;
            held.given.retain(|given| usize::from(given.position) != position);
            let value = self.bind(&site, target, &held);
            match &mut changed {
                Some(changed) => changed.join(&value),
                None => changed = Some(value),
            }
        }
        changed
    }

    /// A declared property of a class of the project.
    pub(super) fn property(&mut self, class: &str, name: &str, at: Location) -> Option<Value> {
        let index = self.project().index;
        let key: ClassKey = index.resolve_class(class)?;
        if index.is_model(key) {
            return None;
        }
        let (declaring, property) = index.find_property(key, name)?;
        if property.hint.as_ref().is_some_and(super::types::is_plain) {
            return Some(Value::default());
        }
        let value = self.evaluator.property(declaring, name, self.depth);
        Some(value.unwrap_or_else(|| {
            let why = Message::new("pii.reason.property").text("name", name);
            Value { unknown: Some(Unknown { why, at, word: Some(name.into()), through: false }), ..Value::default() }
        }))
    }

    /// What a row says of a call.
    fn effect(&mut self, site: &CallSite<'p>, effect: &Effect) -> Value {
        match effect {
            Effect::Clean => Value::default(),
            Effect::Pseudonym => Self::treated(&self.operands(site), Treatment::Pseudonym),
            Effect::Mask => Self::treated(&self.operands(site), Treatment::Mask),
            Effect::Sanitize(kind) => self.cleared(site, *kind),
            Effect::Source(kind) => self.source(site, *kind),
            _ => self.passed(site, effect),
        }
    }
}
