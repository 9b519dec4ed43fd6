//! Sanitizers of the project, judged by their own code: the keys they list, the patterns they replace, the types they
//! handle, the condition under which they work.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::evaluator::Evaluator;
use super::facts::{Facts, Standing};
use crate::finding::Location;
use crate::hir::{Argument, BinaryOp, Callee, Expr, ExprId, Literal, MemberNameKind, UnaryOp};
use crate::index::{BodyKey, Constant, ConstantKey};
use crate::specs::Kind;

/// Functions of one sanitizer that are read.
const FUNCTIONS: usize = 32;

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
        let functions = self.functions_of(body);
        facts.is_deep = functions.iter().any(|function| self.goes_deep(body, *function, &name));
        for function in functions {
            let mut reader = Reader { evaluator: self, body: function, facts: &mut facts };
            reader.read();
        }
        if self.works_elsewhere(body) {
            facts.standing = Standing::OnlyElsewhere;
        }
        if facts.knows_nothing() {
            facts.standing = Standing::Trusted;
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

    /// True where a function of a sanitizer calls the sanitizer or itself again, or names it as a callback.
    fn goes_deep(&self, sanitizer: BodyKey, function: BodyKey, name: &str) -> bool {
        let index = self.project.index;
        let hir = index.hir(function.file);
        let outer = index.enclosing(function);
        let again =
            |(_, call): (ExprId, &crate::flow::Call)| call.targets.iter().any(|target| *target == sanitizer || *target == outer);
        let names_it = |expr: &Expr| match expr {
            Expr::Literal(Literal::String(text)) => hir.text(*text).to_ascii_lowercase().ends_with(name),
            Expr::Call { callee: Callee::Function(called), .. } => {
                hir.text(called.fallback.unwrap_or(called.name)).eq_ignore_ascii_case("array_walk_recursive")
            }
            _ => false,
        };
        self.project.resolution.body(function).calls().any(again) || index.body(function).exprs.iter().any(names_it)
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
