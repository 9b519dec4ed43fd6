//! What the rows of the specs make of values: sources, sanitizers of packages, and what passes values on.

use std::sync::Arc;

use super::calls::CallSite;
use super::evaluator::Unit;
use super::value::{Mark, Shape, Treatment, Unknown, Value, What};
use crate::finding::Message;
use crate::hir::{ArrayItem, Callee, Expr, ExprId, Statement};
use crate::specs::{Effect, Kind, SourceKind};

impl<'p> Unit<'_, 'p> {
    /// Everything that goes into a call, the object included.
    pub(super) fn operands(&mut self, site: &CallSite<'p>) -> Value {
        let mut value = site.receiver.map_or_else(Value::default, |receiver| self.eval(site.body, receiver));
        for argument in site.arguments {
            value.join(&self.eval(site.body, argument.value));
        }
        value
    }

    /// What a function makes of its arguments.
    pub(super) fn made_of_arguments(&mut self, site: &CallSite<'p>) -> Value {
        let mut value = Value::default();
        for argument in site.arguments {
            value.join(&self.eval(site.body, argument.value));
        }
        value.after(site.at, &Message::new("pii.step.through").text("name", site.name.unwrap_or("call")))
    }

    /// The value that a method or function works on: the object, or the first argument.
    fn subject(&mut self, site: &CallSite<'p>) -> Value {
        match (site.receiver, site.arguments.first()) {
            (Some(receiver), _) => self.eval(site.body, receiver),
            (None, Some(first)) => self.eval(site.body, first.value),
            (None, None) => Value::default(),
        }
    }

    /// A sanitizer that a row names: it takes a kind out of its first argument, or all kinds.
    pub(super) fn cleared(&mut self, site: &CallSite<'p>, kind: Option<Kind>) -> Value {
        let value = site.arguments.first().map_or_else(Value::default, |first| self.eval(site.body, first.value));
        let Some(kind) = kind else { return Self::treated(&value, Treatment::Sanitizer) };
        Self::without(value, kind)
    }

    pub(super) fn without(mut value: Value, kind: Kind) -> Value {
        let before = value.marks.len();
        value.marks.retain(|mark| mark.kind != kind || mark.what.is_dump());
        if value.marks.len() != before {
            value.treatment = Some(Treatment::Sanitizer);
        }
        if let Some(shape) = &mut value.shape {
            let shape = Arc::make_mut(shape);
            for item in shape.items.values_mut().chain(&mut shape.rest).chain(&mut shape.keys) {
                *item = Self::without(std::mem::take(item), kind);
            }
        }
        value
    }

    pub(super) fn source(&mut self, site: &CallSite<'p>, kind: SourceKind) -> Value {
        let word = site.name.unwrap_or("value");
        // `filter_input(INPUT_POST, 'name')`
        let place = usize::from(word == "filter_input");
        let key = site.arguments.get(place).and_then(|first| self.key(site.body, first.value));
        let dump = |kind, what| Value::of(Mark::new(kind, what, word, site.at));
        match kind {
            SourceKind::Request => {
                let whole = dump(Kind::FreeText, What::Request);
                match self.ruled_keys(site) {
                    Some(keys) => self.ruled(site, &whole, &keys),
                    None => whole,
                }
            }
            // The route itself, not a parameter of it.
            SourceKind::RequestField if site.arguments.is_empty() && matches!(word, "route" | "file" | "cookie") => {
                Value::default()
            }
            SourceKind::RequestField => {
                let whole = dump(Kind::FreeText, What::Request);
                self.field_of(site, whole, key.as_deref())
            }
            SourceKind::Headers => {
                let whole = dump(Kind::Identifier, What::Headers);
                self.field_of(site, whole, key.as_deref())
            }
            SourceKind::Response => {
                let asked = site.receiver.map(|receiver| self.eval(site.body, receiver));
                if asked.is_some_and(|value| value.treatment == Some(Treatment::Thing) && value.marks.is_empty()) {
                    return Value::treated(Treatment::Thing);
                }
                let whole = dump(Kind::FreeText, What::Response);
                if site.receiver.is_none() {
                    return whole;
                }
                self.field_of(site, whole, key.as_deref())
            }
            SourceKind::Attributes => self.attributes(site),
            SourceKind::Exception => self.exception_text(site),
            SourceKind::Open => {
                let why = Message::new("pii.reason.open").text("name", word);
                Value { unknown: Some(Unknown { why, at: site.at, word: None, through: true }), ..Value::default() }
            }
            SourceKind::Value(kind) => Value::of(Mark::new(kind, What::Field, word, site.at)),
        }
    }

    /// The keys that validation lets through: of the rules that are given, or of the form request.
    fn ruled_keys(&self, site: &CallSite<'p>) -> Option<Vec<String>> {
        let name = site.name?.to_ascii_lowercase();
        match name.as_str() {
            "validate" | "validatewithbag" => {
                let rules = site.arguments.get(usize::from(name != "validate"))?;
                self.keys(site.body, rules.value)
            }
            "validated" | "safe" if site.arguments.is_empty() => {
                let index = self.project().index;
                let class = self.types(site.body, site.receiver?).classes().find_map(|class| index.resolve_class(class))?;
                let body = index.method_body(index.find_method(class, "rules")?);
                let mut keys = Vec::new();
                for statement in &index.body(body).statements {
                    if let Statement::Return(Some(rules)) = statement {
                        keys.extend(self.keys(body, *rules)?);
                    }
                }
                Some(keys)
            }
            _ => None,
        }
    }

    /// What validation lets through of a request, by key.
    fn ruled(&self, site: &CallSite<'p>, whole: &Value, keys: &[String]) -> Value {
        let mut ruled = Value { shape: Some(Arc::default()), ..Value::default() };
        for key in keys {
            let mut value = whole.clone();
            for part in key.split('.').filter(|part| *part != "*") {
                value = self.element(&value, Some(part), None, site.at);
            }
            let path: Vec<&str> = key.split('.').collect();
            nest(&mut ruled, &path, &value);
        }
        ruled
    }

    /// A part of a dump by a path in dots, or several parts.
    fn field_of(&mut self, site: &CallSite<'p>, whole: Value, key: Option<&str>) -> Value {
        let Some(first) = site.arguments.first() else { return whole };
        let keyed = site.arguments.get(1).filter(|_| site.name == Some("filter_input")).unwrap_or(first);
        if let Some(keys) = self.keys(site.body, keyed.value) {
            let mut parts = Value::default();
            for key in keys {
                let part = self.element(&whole, Some(&key), None, site.at);
                parts.set(Some(&key), part);
            }
            return parts;
        }
        let Some(key) = key else {
            // A key that is not known here: anything may come out.
            let mut value = whole;
            value.marks.iter_mut().for_each(|mark| mark.inert = true);
            return value;
        };
        let mut value = whole;
        for part in key.split('.').filter(|part| *part != "*") {
            value = self.element(&value, Some(part), None, site.at);
        }
        value
    }

    /// The constant keys of an array literal.
    pub(super) fn keys(&self, body: crate::index::BodyKey, expr: ExprId) -> Option<Vec<String>> {
        let items = match self.project().index.body(body).expr(expr) {
            Expr::Array(items) => items,
            // `array_flip(['name'])`
            Expr::Call { callee: Callee::Function(name), arguments, .. }
                if self.text(body, name.fallback.unwrap_or(name.name)).eq_ignore_ascii_case("array_flip") =>
            {
                return self.keys(body, arguments.first()?.value);
            }
            _ => return None,
        };
        let key = |item: &ArrayItem| item.key.or(item.value).and_then(|value| self.key(body, value));
        Some(items.iter().filter_map(key).collect())
    }

    /// What an object shows of itself.
    fn attributes(&mut self, site: &CallSite<'p>) -> Value {
        let Some(receiver) = site.receiver else { return Value::default() };
        let base = self.eval(site.body, receiver);
        let name = site.name.unwrap_or_default().to_ascii_lowercase();
        let named = site.arguments.first().filter(|_| name != "tojson" && name != "jsonserialize");
        if name.starts_with("get")
            && let Some(column) = named.and_then(|first| self.key(site.body, first.value))
        {
            return self.element(&base, Some(&column), None, site.at);
        }
        if name == "makehidden" || name == "makevisible" {
            let columns = named
                .and_then(|first| self.keys(site.body, first.value).or_else(|| Some(vec![self.key(site.body, first.value)?])));
            if let Some(columns) = columns {
                return self.shown_otherwise(base, &columns, name == "makehidden", site.at);
            }
        }
        let with_hidden = matches!(
            name.as_str(),
            "getattributes" | "getoriginal" | "getdirty" | "getchanges" | "makevisible" | "getraworiginal"
        );
        let mut value = Value { objects: Vec::new(), ..base.clone() };
        for class in &base.objects {
            if let Some(mark) = self.whole_model(class, with_hidden, site.at) {
                value.add(mark);
            }
        }
        if name.starts_with("make") || name.starts_with("set") {
            value.objects.clone_from(&base.objects);
        }
        value
    }

    /// Rows that show other columns than their class says.
    fn shown_otherwise(&self, rows: Value, columns: &[String], hides: bool, at: crate::finding::Location) -> Value {
        let mut value = Value { objects: Vec::new(), ..rows };
        for class in &rows.objects {
            let Some(all) = self.project().index.resolve_class(class).and_then(|key| self.personal_columns(key)) else {
                value.objects.push(Arc::clone(class));
                continue;
            };
            let is_named = |column: &String| columns.contains(column);
            let shows = |(column, _): &(String, Kind)| {
                if hides { self.shows(class, column) && !is_named(column) } else { self.shows(class, column) || is_named(column) }
            };
            if let Some((_, kind)) = all.into_iter().find(shows) {
                value.add(Mark::new(kind, What::Model(Arc::clone(class)), class.rsplit('\\').next().unwrap_or(class), at));
            }
        }
        if value.is_clean() {
            return Value::treated(Treatment::Thing);
        }
        value
    }

    fn exception_text(&mut self, site: &CallSite<'p>) -> Value {
        let word = site.receiver.and_then(|receiver| self.word(site.body, receiver)).unwrap_or("exception");
        let is_other = site.receiver.is_some_and(|receiver| {
            self.types(site.body, receiver).classes().next().is_some_and(|class| !self.is_throwable(class))
        });
        if is_other {
            return Value::default();
        }
        Value::of(Mark::new(Kind::FreeText, What::Exception, word, site.at))
    }

    /// What a propagator makes of values.
    pub(super) fn passed(&mut self, site: &CallSite<'p>, effect: &Effect) -> Value {
        match effect {
            Effect::Pass(positions) => {
                let mut value = Value::default();
                for (position, argument) in site.arguments.iter().enumerate() {
                    if positions.is_empty() || positions.contains(&position) {
                        value.join(&self.eval(site.body, argument.value));
                    }
                }
                value
            }
            Effect::Elements(position) => {
                let whole = match site.receiver {
                    Some(receiver) => self.eval(site.body, receiver),
                    None => site.arguments.get(*position).map_or_else(Value::default, |list| self.eval(site.body, list.value)),
                };
                let objects = whole.objects.clone();
                let mut element = self.element(&whole, None, None, site.at);
                element.objects = objects;
                element
            }
            Effect::Text => {
                let mut text = Value { is_text: true, ..Value::default() };
                for argument in site.arguments {
                    let value = self.eval(site.body, argument.value);
                    text.append(&self.as_text(&value, site.at));
                }
                text.after(site.at, &Message::new("pii.step.text"))
            }
            Effect::Through => self.made_of_arguments(site),
            Effect::Keys => {
                let whole = self.subject(site);
                let mut keys = Value::default();
                if let Some(held) = whole.shape.as_ref().and_then(|shape| shape.keys.clone()) {
                    keys.set(None, held);
                }
                keys
            }
            Effect::Flip => {
                let whole = self.subject(site);
                let held = self.element(&whole, None, None, site.at);
                let mut flipped = Value::default();
                if let Some(keys) = whole.shape.as_ref().and_then(|shape| shape.keys.clone()) {
                    flipped.set(None, keys);
                }
                flipped.add_key(&held);
                flipped
            }
            Effect::Group => {
                let mut whole = self.subject(site);
                let held = self.looked_up(site);
                whole.add_key(&held);
                whole
            }
            Effect::Values => {
                let mut whole = self.subject(site);
                if let Some(shape) = &mut whole.shape {
                    Arc::make_mut(shape).keys = None;
                }
                whole
            }
            Effect::Fold => self.folded(site),
            Effect::Join if site.arguments.len() > 1 && site.receiver.is_some() => {
                let column = self.looked_up(site);
                self.as_text(&column, site.at)
            }
            Effect::Join => {
                let whole = self.subject(site);
                self.as_text(&whole, site.at)
            }
            Effect::Select(keeps) => self.selected(site, *keeps),
            Effect::Lookup => self.looked_up(site),
            Effect::Merge => {
                let mut whole = site.receiver.map_or_else(Value::default, |receiver| self.eval(site.body, receiver));
                for argument in site.arguments {
                    let value = self.eval(site.body, argument.value);
                    Self::spread(&mut whole, &value);
                }
                whole
            }
            Effect::Map => self.mapped(site),
            _ => self.subject(site),
        }
    }

    /// `only` and `except`: the keys that are named, or the others.
    fn selected(&mut self, site: &CallSite<'p>, keeps: bool) -> Value {
        let whole = self.subject(site);
        let skip = usize::from(site.receiver.is_none());
        let mut keys = Vec::new();
        for argument in site.arguments.iter().skip(skip) {
            match self.keys(site.body, argument.value) {
                Some(found) => keys.extend(found),
                None => match self.key(site.body, argument.value) {
                    Some(key) => keys.push(key),
                    None => return whole,
                },
            }
        }
        if keeps {
            let mut parts = Value::default();
            for key in keys {
                let part = self.element(&whole, Some(&key), None, site.at);
                parts.set(Some(&key), part);
            }
            return parts;
        }
        let mut rest = whole;
        if let Some(shape) = &mut rest.shape {
            Arc::make_mut(shape).items.retain(|key, _| !keys.iter().any(|taken| **taken == **key));
        }
        rest
    }

    /// `data_get($array, 'a.b')`, `->pluck('name')`, `->getAttribute('name')`.
    pub(super) fn looked_up(&mut self, site: &CallSite<'p>) -> Value {
        let whole = self.subject(site);
        let place = usize::from(site.receiver.is_none());
        let key = site.arguments.get(place).and_then(|key| self.key(site.body, key.value));
        let Some(key) = key else { return self.element(&whole, None, None, site.at) };
        let word = site.receiver.or(site.arguments.first().map(|first| first.value)).and_then(|expr| self.word(site.body, expr));
        let mut value = whole;
        // The elements of a list have the key.
        let is_list = |shape: &Shape| {
            let is_number = |name: &Arc<str>| name.bytes().all(|byte| byte.is_ascii_digit());
            shape.items.keys().all(is_number) && (shape.rest.is_some() || !shape.items.is_empty())
        };
        if value.shape.as_deref().is_some_and(is_list) && key.bytes().any(|byte| !byte.is_ascii_digit()) {
            value = self.element(&value, None, None, site.at);
        }
        for part in key.split('.').filter(|part| *part != "*") {
            value = self.element(&value, Some(part), word, site.at);
        }
        let is_row = value.is_clean() && site.receiver.is_some();
        if is_row && let Some(model) = self.query_model(site) {
            return self.member_of_class(&model, &key, site.at).unwrap_or_default();
        }
        value
    }

    /// The model whose query a method is called on.
    fn query_model(&self, site: &CallSite<'p>) -> Option<Arc<str>> {
        let receiver = site.receiver?;
        self.types(site.body, receiver).iter().find_map(|one| match one {
            crate::flow::Type::Query(model) => model.clone(),
            crate::flow::Type::Many(element) => match &**element {
                crate::flow::Type::Instance(class) => Some(class.clone()),
                _ => None,
            },
            _ => None,
        })
    }
}

/// Puts a value under a path of keys; `*` is any key.
fn nest(into: &mut Value, path: &[&str], value: &Value) {
    let Some((first, rest)) = path.split_first() else {
        into.join(value);
        return;
    };
    let key = (*first != "*").then_some(*first);
    let held = into.shape.as_ref().and_then(|shape| match key {
        Some(key) => shape.items.get(key).cloned(),
        None => shape.rest.clone(),
    });
    let mut inner = held.unwrap_or_default();
    nest(&mut inner, rest, value);
    into.set(key, inner);
}
