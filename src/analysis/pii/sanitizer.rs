//! Sanitizers of the project, judged by their own code: the keys they list, the patterns they replace, the types they
//! handle, the condition under which they work.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::eval::{Evaluator, Unit};
use super::value::{Failure, Mark, Treatment, Value, What};
use crate::finding::{Location, Message};
use crate::hir::{Argument, BinaryOp, Callee, Expr, ExprId, Literal, MemberNameKind, UnaryOp};
use crate::index::{BodyKey, Constant, ConstantKey};
use crate::specs::{Kind, Meaning};

/// Functions of one sanitizer that are read.
const FUNCTIONS: usize = 32;

/// What the code of a sanitizer does.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its code.
    pub(super) at: Option<Location>,
    body: Option<BodyKey>,
    /// Keys that are replaced, compared as a whole.
    equal: BTreeSet<String>,
    /// Keys that are replaced where they are part of a key.
    parts: BTreeSet<String>,
    /// Kinds that patterns find in texts.
    patterns: BTreeSet<Kind>,
    /// It replaces whatever it is given.
    masks_everything: bool,
    /// It works under a condition of the environment, and not where the application runs in production.
    only_elsewhere: bool,
    /// The configuration says that it is one, and its code is not understood.
    trusted: bool,
}

impl Facts {
    fn covers_key(&self, key: &str) -> bool {
        let key = key.to_ascii_lowercase();
        self.equal.contains(&key) || self.parts.iter().any(|part| key.contains(part.as_str()))
    }

    fn knows_nothing(&self) -> bool {
        self.equal.is_empty() && self.parts.is_empty() && self.patterns.is_empty() && !self.masks_everything
    }
}

/// Words in the names of functions that say what they do.
const WORDS: [&str; 16] = [
    "sanitiz",
    "sanitis",
    "redact",
    "mask",
    "scrub",
    "anonymi",
    "pseudonymi",
    "obfuscat",
    "censor",
    "cleanse",
    "filtersensitive",
    "hidesensitive",
    "removesensitive",
    "stripsensitive",
    "maskpii",
    "hidepii",
];

impl Evaluator<'_> {
    /// What a function does as a sanitizer. `None` where it is none.
    pub(super) fn sanitizer(&mut self, body: BodyKey) -> Option<Rc<Facts>> {
        if let Some(facts) = self.sanitizers.get(&body) {
            return facts.clone();
        }
        let facts = self.read_sanitizer(body).map(Rc::new);
        self.sanitizers.insert(body, facts.clone());
        facts
    }

    fn read_sanitizer(&self, body: BodyKey) -> Option<Facts> {
        let index = self.project.index;
        let symbol = index.symbol(body);
        let name = symbol.rsplit([':', '\\']).next().unwrap_or(&symbol).to_ascii_lowercase();
        let is_named = self.named_sanitizers.iter().any(|named| named.trim_start_matches('\\').eq_ignore_ascii_case(&symbol));
        if !is_named && !WORDS.iter().any(|word| name.contains(word)) {
            return None;
        }
        let at = Location::new(body.file, index.body(body).span);
        let mut facts = Facts { name: symbol.as_str().into(), at: Some(at), body: Some(body), ..Facts::default() };
        for function in self.functions_of(body) {
            let mut reader = Reader { evaluator: self, body: function, facts: &mut facts };
            reader.read();
        }
        facts.only_elsewhere = self.works_elsewhere(body);
        if facts.knows_nothing() {
            facts.trusted = is_named;
            return is_named.then_some(facts);
        }
        Some(facts)
    }

    /// The function and those of its class that it calls, closures included.
    fn functions_of(&self, body: BodyKey) -> Vec<BodyKey> {
        let index = self.project.index;
        let mut functions = vec![body];
        let mut at = 0;
        while let Some(function) = functions.get(at).copied() {
            let within: Vec<BodyKey> = index.closures_within(function);
            for inner in std::iter::once(function).chain(within) {
                if !functions.contains(&inner) {
                    functions.push(inner);
                }
                for (_, call) in self.project.resolution.body(inner).calls() {
                    for target in &call.targets {
                        if target.file == body.file && !functions.contains(target) && functions.len() < FUNCTIONS {
                            functions.push(*target);
                        }
                    }
                }
            }
            at += 1;
        }
        functions
    }

    /// True where the value comes back as it was in production: `if (app()->environment('production')) return $data;`.
    fn works_elsewhere(&self, body: BodyKey) -> bool {
        let index = self.project.index;
        let code = index.body(body);
        code.statements.iter().any(|statement| {
            let crate::hir::Statement::If { branches, .. } = statement else { return false };
            branches.iter().any(|(condition, block)| {
                let returns_argument = block.iter().any(|statement| match code.statement(*statement) {
                    crate::hir::Statement::Return(Some(value)) => self.is_parameter(body, *value),
                    _ => false,
                });
                returns_argument && self.holds_in_production(body, *condition)
            })
        })
    }

    fn is_parameter(&self, body: BodyKey, expr: ExprId) -> bool {
        let index = self.project.index;
        let Expr::Variable(name) = index.body(body).expr(expr) else { return false };
        index.signature(body).is_some_and(|signature| signature.parameters.iter().any(|one| one.name == *name))
    }

    /// True for a condition on the environment that holds in production.
    fn holds_in_production(&self, body: BodyKey, condition: ExprId) -> bool {
        let index = self.project.index;
        let (hir, code) = (index.hir(body.file), index.body(body));
        match code.expr(condition) {
            Expr::Unary(UnaryOp::Not, operand) => {
                matches!(code.expr(*operand), Expr::Call { .. })
                    && self.environment_named(body, *operand).is_some_and(|name| name != "production")
                    || self.flag(body, *operand) == Some(false)
            }
            Expr::Call { callee: Callee::Method { name, .. } | Callee::Static { name, .. }, .. } => {
                let is = |wanted: &str| matches!(name.kind, MemberNameKind::Fixed(symbol) if hir.text(symbol).eq_ignore_ascii_case(wanted));
                is("isProduction") || self.environment_named(body, condition).as_deref() == Some("production")
            }
            _ => self.flag(body, condition) == Some(true),
        }
    }

    fn environment_named(&self, body: BodyKey, expr: ExprId) -> Option<String> {
        let index = self.project.index;
        let (hir, code) = (index.hir(body.file), index.body(body));
        let Expr::Call { callee: Callee::Method { name, .. } | Callee::Static { name, .. }, arguments, .. } = code.expr(expr)
        else {
            return None;
        };
        let MemberNameKind::Fixed(symbol) = name.kind else { return None };
        match hir.text(symbol).to_ascii_lowercase().as_str() {
            "environment" => match code.expr(arguments.first()?.value) {
                Expr::Literal(Literal::String(text)) => Some(hir.text(*text).to_owned()),
                _ => None,
            },
            "islocal" => Some("local".to_owned()),
            "isproduction" => Some("production".to_owned()),
            "runningunittests" => Some("testing".to_owned()),
            _ => None,
        }
    }

    /// The default of a flag of the configuration.
    fn flag(&self, body: BodyKey, expr: ExprId) -> Option<bool> {
        let index = self.project.index;
        match index.configured_value(body, expr, index.body_class(body), &crate::index::Locals::new())? {
            Constant::Bool(flag) => Some(flag),
            _ => None,
        }
    }
}

/// Reads one function of a sanitizer.
struct Reader<'r, 'p> {
    evaluator: &'r Evaluator<'p>,
    body: BodyKey,
    facts: &'r mut Facts,
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        let index = self.evaluator.project.index;
        let code = index.body(self.body);
        let mut has_part_test = false;
        let mut lists: Vec<String> = Vec::new();
        for (_, expr) in code.exprs() {
            match expr {
                Expr::Call { callee: Callee::Function(name), arguments, .. } => {
                    let name = index.hir(self.body.file).text(name.fallback.unwrap_or(name.name)).to_ascii_lowercase();
                    has_part_test |= self.function(&name, arguments);
                }
                Expr::Call { callee: Callee::Static { name, .. }, arguments, .. } => {
                    let MemberNameKind::Fixed(name) = name.kind else { continue };
                    match index.hir(self.body.file).text(name).to_ascii_lowercase().as_str() {
                        "contains" | "startswith" | "endswith" | "is" => {
                            has_part_test = true;
                            self.words(arguments.get(1), true);
                        }
                        "except" => self.words(arguments.get(1), false),
                        "mask" => self.facts.masks_everything = true,
                        _ => {}
                    }
                }
                Expr::Isset(parts) => {
                    for part in parts {
                        if let Expr::Index(base, Some(_)) = code.expr(*part) {
                            let keys = self.keys_of(*base);
                            self.facts.equal.extend(keys);
                        }
                    }
                }
                Expr::Assign { target, value, .. } => self.replacement(*target, *value),
                Expr::Binary(BinaryOp::Identical | BinaryOp::Equal, left, right) => {
                    for side in [left, right] {
                        lists.extend(self.strings(*side));
                    }
                }
                _ => {}
            }
        }
        self.loops(has_part_test);
        let vocabulary = self.evaluator.project.specs.vocabulary();
        self.facts.equal.extend(lists.into_iter().filter(|word| vocabulary.possible_kind_of(word).is_some()));
    }

    /// `foreach (self::KEYS as $word) { if (str_contains($key, $word)) … }`, `foreach ($fields as $field) $data[$field] = '***'`
    fn loops(&mut self, has_part_test: bool) {
        let code = self.evaluator.project.index.body(self.body);
        for statement in &code.statements {
            let crate::hir::Statement::Foreach { subject, .. } = statement else { continue };
            let words = self.strings(*subject);
            if has_part_test {
                self.facts.parts.extend(words);
            } else {
                self.facts.equal.extend(words);
            }
        }
    }

    /// True for a test of a part of a key.
    fn function(&mut self, name: &str, arguments: &[Argument]) -> bool {
        match name {
            "in_array" => self.words(arguments.get(1), false),
            "array_key_exists" => {
                let keys = arguments.get(1).map(|list| self.keys_of(list.value)).unwrap_or_default();
                self.facts.equal.extend(keys);
                self.words(arguments.first(), false);
            }
            "array_diff_key" | "array_intersect_key" => {
                let keys = arguments.get(1).map(|list| self.keys_of(list.value)).unwrap_or_default();
                self.facts.equal.extend(keys);
            }
            "str_contains" | "stripos" | "strpos" | "str_starts_with" | "str_ends_with" | "mb_strpos" | "mb_stripos" => {
                self.words(arguments.get(1), true);
                return true;
            }
            "preg_match" => {
                self.key_pattern(arguments.first());
                return true;
            }
            "preg_replace" | "preg_replace_callback" => {
                let patterns = arguments.first().map(|list| self.strings(list.value)).unwrap_or_default();
                for pattern in patterns {
                    self.facts.patterns.extend(kinds_of_pattern(&pattern));
                }
            }
            "str_repeat" => self.facts.masks_everything = true,
            _ => {}
        }
        false
    }

    /// `preg_match('/phone|email/i', $key)`
    fn key_pattern(&mut self, argument: Option<&Argument>) {
        let patterns = argument.map(|list| self.strings(list.value)).unwrap_or_default();
        for pattern in patterns {
            let words = pattern.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').filter(|word| word.len() > 2);
            self.facts.parts.extend(words.map(str::to_ascii_lowercase));
        }
    }

    fn words(&mut self, argument: Option<&Argument>, as_parts: bool) {
        let words = argument.map(|list| self.strings(list.value)).unwrap_or_default();
        if as_parts {
            self.facts.parts.extend(words);
        } else {
            self.facts.equal.extend(words);
        }
    }

    /// `$data['phone'] = '***'`
    fn replacement(&mut self, target: ExprId, value: ExprId) {
        let code = self.evaluator.project.index.body(self.body);
        let Expr::Index(_, Some(key)) = code.expr(target) else { return };
        if matches!(code.expr(value), Expr::Literal(_) | Expr::Call { .. } | Expr::Concat(_)) {
            let words = self.strings(*key);
            self.facts.equal.extend(words);
        }
    }

    /// The constant strings that an expression gives, in lower case; patterns as they are.
    fn strings(&self, expr: ExprId) -> Vec<String> {
        match self.constant(expr) {
            Some(Constant::String(text)) => vec![lowered(&text)],
            Some(Constant::Array(items)) => {
                let mut words = Vec::new();
                for (key, item) in items {
                    match (item, key) {
                        (Constant::String(text), ConstantKey::Int(_)) => words.push(lowered(&text)),
                        (_, ConstantKey::String(text)) => words.push(lowered(&text)),
                        _ => {}
                    }
                }
                words
            }
            _ => Vec::new(),
        }
    }

    fn keys_of(&self, expr: ExprId) -> Vec<String> {
        match self.constant(expr) {
            Some(Constant::Array(items)) => items
                .into_iter()
                .map(|(key, value)| match (key, value) {
                    (ConstantKey::String(text), _) | (ConstantKey::Int(_), Constant::String(text)) => lowered(&text),
                    (ConstantKey::Int(number), _) => number.to_string(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A constant, the default of a property, or the only array that a variable is assigned.
    fn constant(&self, expr: ExprId) -> Option<Constant> {
        let index = self.evaluator.project.index;
        let class = index.body_class(self.body);
        let code = index.body(self.body);
        if let Some(value) = index.configured_value(self.body, expr, class, &crate::index::Locals::new()) {
            return Some(value);
        }
        match code.expr(expr) {
            Expr::Property { name, .. } | Expr::StaticProperty(_, name) => {
                let MemberNameKind::Fixed(name) = name.kind else { return None };
                let (holder, property) = index.find_property(class?, index.hir(self.body.file).text(name))?;
                index.constant_value(holder.file, property.default?, Some(holder))
            }
            Expr::Variable(name) => {
                let mut values = code.exprs.iter().filter_map(|expr| match expr {
                    Expr::Assign { target, value, .. } if matches!(code.expr(*target), Expr::Variable(other) if other == name) => Some(*value),
                    _ => None,
                });
                let value = values.next().filter(|_| values.next().is_none())?;
                index.configured_value(self.body, value, class, &crate::index::Locals::new())
            }
            Expr::Call { callee: Callee::Function(_), arguments, .. } => self.constant(arguments.first()?.value),
            _ => None,
        }
    }
}

fn lowered(text: &str) -> String {
    if text.contains(['\\', '[']) { text.to_owned() } else { text.to_ascii_lowercase() }
}

/// The kinds of data that a pattern finds in a text.
pub(super) fn kinds_of_pattern(pattern: &str) -> BTreeSet<Kind> {
    let mut kinds = BTreeSet::new();
    let finds_mail = pattern.contains('@');
    let digits = pattern.matches("\\d").count() + pattern.matches("[0-9").count();
    let repeats = pattern.contains('{') || pattern.contains('+') || pattern.contains('*');
    if finds_mail || digits > 0 && repeats && !pattern.contains("[^") {
        kinds.insert(Kind::Contact);
    }
    let lower = pattern.to_ascii_lowercase();
    if ["bearer", "token", "a-f0-9", "sk_", "key", "secret", "password"].iter().any(|word| lower.contains(word)) {
        kinds.insert(Kind::Secret);
    }
    if lower.contains("de\\d") || lower.contains("[a-z]{2}\\d{2}") {
        kinds.insert(Kind::Financial);
    }
    kinds
}

impl Unit<'_, '_> {
    /// What a sanitizer of the project leaves of a value.
    pub(super) fn sanitized(&self, value: Value, facts: &Facts, at: Location) -> Value {
        if facts.trusted {
            return Self::treated(&value, Treatment::Sanitizer);
        }
        if facts.only_elsewhere {
            return Self::failed(value, facts, at, &Message::new("pii.sanitizer.environment"));
        }
        self.cleaned(&value, facts, None, at)
    }

    fn failed(mut value: Value, facts: &Facts, at: Location, why: &Message) -> Value {
        let place = facts.at.unwrap_or(at);
        for mark in &mut value.marks {
            let failure = Failure { name: Arc::clone(&facts.name), at: place, why: why.clone() };
            *mark = mark.after(
                at,
                Message::new("pii.step.sanitizer").text("name", facts.name.rsplit('\\').next().unwrap_or(&facts.name)),
            );
            mark.failure = Some(Arc::new(failure));
        }
        if let Some(shape) = &mut value.shape {
            let shape = Arc::make_mut(shape);
            for item in shape.items.values_mut().chain(&mut shape.rest) {
                *item = Self::failed(std::mem::take(item), facts, at, why);
            }
        }
        value
    }

    fn cleaned(&self, value: &Value, facts: &Facts, key: Option<&str>, at: Location) -> Value {
        if key.is_some_and(|key| facts.covers_key(key)) {
            return Self::treated(value, Treatment::Sanitizer);
        }
        let mut left = Value {
            treatment: Some(Treatment::Sanitizer),
            is_text: value.is_text,
            unknown: value.unknown.clone(),
            ..Value::default()
        };
        if facts.masks_everything && key.is_none() && value.shape.is_none() && !value.marks.iter().any(|mark| mark.what.is_dump())
        {
            left.unknown = None;
            return left;
        }
        for mark in &value.marks {
            if let Some(why) = self.slips(mark, facts, value.is_text || mark_is_text(mark)) {
                let one = Self::failed(Value::of(mark.clone()), facts, at, &why);
                one.marks.into_iter().for_each(|mark| left.add(mark));
            }
        }
        for class in &value.objects {
            let mark = self.whole_model(class, false, at);
            if let Some(mark) = mark
                && let Some(why) = self.slips(&mark, facts, false)
            {
                Self::failed(Value::of(mark), facts, at, &why).marks.into_iter().for_each(|mark| left.add(mark));
            }
        }
        left.given = value
            .given
            .iter()
            .cloned()
            .map(|mut given| {
                given.sanitizers.extend(facts.body);
                given
            })
            .collect();
        if let Some(shape) = &value.shape {
            for (name, item) in &shape.items {
                left.set(Some(name), self.cleaned(item, facts, Some(name), at));
            }
            if let Some(rest) = &shape.rest {
                left.set(None, self.cleaned(rest, facts, key, at));
            }
        }
        // What is not known, was cleaned as far as the sanitizer goes.
        if left
            .unknown
            .as_ref()
            .is_some_and(|unknown| !value.is_text && unknown.word.as_deref().is_none_or(|word| self.vocabulary().is_dump(word)))
            && self.covers_dump(facts, &What::Named).is_none()
        {
            left.unknown = None;
        }
        left
    }

    /// Why a mark gets through; `None` where it does not.
    fn slips(&self, mark: &Mark, facts: &Facts, is_text: bool) -> Option<Message> {
        match (&mark.what, is_text) {
            (What::Exception, _) => (!facts.patterns.contains(&Kind::Contact)).then(|| Message::new("pii.sanitizer.text")),
            (what, true) if what.is_dump() => Some(Message::new("pii.sanitizer.text")),
            (what, false) if what.is_dump() => self.covers_dump(facts, what),
            _ if facts.patterns.contains(&mark.kind) => None,
            _ => Some(Message::new("pii.sanitizer.field").message("kind", Message::new(super::value::kind_words(mark.kind)))),
        }
    }

    /// The kind that a sanitizer forgets in an array of any content.
    fn covers_dump(&self, facts: &Facts, what: &What) -> Option<Message> {
        let wanted: &[(&str, Kind)] = match what {
            What::Headers => &[("authorization", Kind::Secret)],
            _ => &[("name", Kind::PersonName), ("phone", Kind::Contact), ("email", Kind::Contact)],
        };
        let vocabulary = self.vocabulary();
        let knows = |word: &str, kind: Kind| {
            facts.covers_key(word)
                || facts.patterns.contains(&kind)
                || facts.equal.iter().chain(&facts.parts).any(|key| matches!(vocabulary.meaning(key), Some(Meaning::Personal(found)) if found == kind && kind == Kind::PersonName))
        };
        let missing = wanted.iter().find(|(word, kind)| !knows(word, *kind));
        missing.map(|(word, _)| Message::new("pii.sanitizer.key").text("name", *word))
    }
}

/// True for the body of a request or an answer as it came.
fn mark_is_text(mark: &Mark) -> bool {
    let word = mark.word.to_ascii_lowercase();
    mark.what.is_dump()
        && matches!(
            word.as_str(),
            "getcontent" | "body" | "getbody" | "getcontents" | "rawbody" | "raw_body" | "getpayload" | "__tostring"
        )
}
