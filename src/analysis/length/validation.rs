//! Validation rules as bounds: of `validate()`, of validators and of form requests.

use super::bound::{Length, Most, Value};
use super::eval::Walk;
use super::trace::State;
use crate::finding::{Location, Message};
use crate::hir::{Argument, Callee, ClassRef, Expr, ExprId, MemberNameKind, Statement};
use crate::index::{BodyKey, ClassKey, Constant, Index, Locals};

/// The bound that the rules of one field give, if any: a type that is fixed, and a size.
fn of_rules(rules: &[String]) -> Option<u32> {
    let names: Vec<(&str, &str)> = rules.iter().map(|rule| rule.split_once(':').unwrap_or((rule, ""))).collect();
    let has = |wanted: &[&str]| names.iter().any(|(name, _)| wanted.contains(name));
    // The size of a number is its value, that of an array the number of its elements.
    let is_sized_text =
        has(&["string", "email", "url", "alpha", "alpha_num", "alpha_dash", "regex", "uuid", "ulid", "date_format"])
            && !has(&["numeric", "decimal", "array", "file", "image"]);
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let bound = |(name, argument): &(&str, &str)| match *name {
        "max" | "size" if is_sized_text => number(argument),
        "between" if is_sized_text => argument.split_once(',').and_then(|(_, most)| number(most)),
        "digits" | "max_digits" => number(argument),
        "digits_between" => argument.split_once(',').and_then(|(_, most)| number(most)),
        "uuid" => Some(36),
        "ulid" => Some(26),
        "boolean" | "hex_color" => Some(9),
        "integer" => Some(24),
        "mac_address" => Some(17),
        "ip" | "ipv4" | "ipv6" => Some(45),
        "timezone" | "date_format" => Some(64),
        "in" => argument.split(',').map(|value| u32::try_from(value.trim_matches('"').chars().count()).unwrap_or(u32::MAX)).max(),
        _ => None,
    };
    names.iter().filter_map(bound).min()
}

/// The longest text that a pattern matches: anchored at both ends, every quantifier finite. Otherwise none.
pub(super) fn pattern_length(pattern: &str) -> Option<u32> {
    let delimiter = pattern.chars().next()?;
    let end = pattern.rfind(delimiter).filter(|end| *end > 0)?;
    let (body, flags) = (pattern.get(delimiter.len_utf8()..end)?, &pattern[end + delimiter.len_utf8()..]);
    if flags.contains('m') {
        return None;
    }
    let body = body.strip_prefix('^').or_else(|| body.strip_prefix("\\A"))?;
    let (body, newline) = match body.strip_suffix("\\z") {
        Some(body) => (body, 0),
        // `$` admits a newline at the very end.
        None => (body.strip_suffix('$')?, u32::from(!flags.contains('D'))),
    };
    let mut total: u32 = newline;
    let mut rest = body.chars().peekable();
    while let Some(sign) = rest.next() {
        match sign {
            '\\' => {
                let class = rest.next()?;
                if matches!(class, 'p' | 'P') && rest.peek() == Some(&'{') {
                    rest.by_ref().find(|sign| *sign == '}')?;
                }
            }
            '[' => {
                let mut is_escaped = false;
                let mut is_first = true;
                loop {
                    let inner = rest.next()?;
                    let ends = inner == ']' && !is_escaped && !is_first;
                    is_first = is_first && inner == '^';
                    is_escaped = inner == '\\' && !is_escaped;
                    if ends {
                        break;
                    }
                }
            }
            // Groups and alternatives are more than is worth reading.
            '(' | ')' | '|' | '*' | '+' | '{' => return None,
            _ => {}
        }
        let most = match rest.peek() {
            Some('*' | '+') => return None,
            Some('?') => {
                rest.next();
                1
            }
            Some('{') => {
                rest.next();
                let inside: String = rest.by_ref().take_while(|sign| *sign != '}').collect();
                let most = inside.split_once(',').map_or(inside.as_str(), |(_, most)| most);
                if matches!(rest.peek(), Some('?' | '+')) {
                    rest.next();
                }
                most.trim().parse::<u32>().ok()?
            }
            _ => 1,
        };
        total = total.saturating_add(most);
    }
    Some(total)
}

/// The fields of an array of rules, by their dotted names.
fn fields(index: &Index, body: BodyKey, class: Option<ClassKey>, rules: ExprId) -> Option<Value> {
    let code = index.body(body);
    let Expr::Array(items) = code.expr(rules) else { return None };
    let open = Length::unbounded(Message::new("length.no-rule"), Some(Location::new(body.file, code.expr_span(rules))));
    let mut all = Value::text(open);
    for item in items {
        let (Some(key), Some(value)) = (item.key, item.value) else { continue };
        let constant = |expr: ExprId| index.configured_value(body, expr, class, &Locals::new());
        let Some(Constant::String(name)) = constant(key) else { continue };
        let list: Vec<String> = match code.expr(value) {
            Expr::Array(rules) => {
                rules.iter().filter_map(|rule| rule.value).filter_map(|rule| one_rule(index, body, class, rule)).collect()
            }
            _ => constant(value)?.as_str()?.split('|').map(str::to_owned).collect(),
        };
        let at = Location::new(body.file, code.expr_span(value));
        let length = of_rules(&list).map_or_else(
            || Length::unbounded(Message::new("length.rule-open").text("field", &name), Some(at)),
            |most| Length::characters(most, "length.rule", Some(at)),
        );
        let keys: Vec<String> = name.split('.').map(|key| format!("->{key}")).collect();
        let plain: Vec<String> = name.split('.').map(str::to_owned).collect();
        let is_list = name.split('.').any(|key| key == "*");
        if is_list {
            // The elements of a list have one length: that of the list as a whole.
            let before: Vec<String> = plain.iter().take_while(|key| *key != "*").cloned().collect();
            all.set(&before, Value::text(length.clone()));
            all.set(&before.iter().map(|key| format!("->{key}")).collect::<Vec<_>>(), Value::text(length));
        } else {
            all.set(&keys, Value::text(length.clone()));
            all.set(&plain, Value::text(length));
        }
    }
    Some(all)
}

/// A rule of a list: a string, `Rule::in([…])`, `Rule::enum(…)` or an object that stands for one.
fn one_rule(index: &Index, body: BodyKey, class: Option<ClassKey>, rule: ExprId) -> Option<String> {
    if let Some(Constant::String(text)) = index.configured_value(body, rule, class, &Locals::new()) {
        return Some(text);
    }
    let hir = index.hir(body.file);
    match index.body(body).expr(rule) {
        Expr::Call { callee: Callee::Static { name, .. }, arguments, .. } => {
            let MemberNameKind::Fixed(symbol) = name.kind else { return None };
            match hir.text(symbol).to_ascii_lowercase().as_str() {
                "in" => {
                    let list = index.configured_value(body, arguments.first()?.value, class, &Locals::new())?;
                    Some(format!("in:{}", list.strings()?.join(",")))
                }
                // An enum's values are short texts of the code.
                "enum" => Some("digits:64".to_owned()),
                _ => None,
            }
        }
        Expr::Call { callee: Callee::New(ClassRef::Named(name)), .. } if hir.text(name.name).ends_with("Enum") => {
            Some("digits:64".to_owned())
        }
        _ => None,
    }
}

/// The fields that the rules of a form request bound.
pub(super) fn of_form_request(index: &Index, class: ClassKey) -> Option<Value> {
    let method = index.find_method(class, "rules")?;
    let body = index.method_body(method);
    let code = index.body(body);
    let mut returned = code.statements.iter().filter_map(|statement| match statement {
        Statement::Return(Some(value)) => Some(*value),
        _ => None,
    });
    let rules = returned.next()?;
    if returned.next().is_some() {
        return None;
    }
    // Keys as of an object's properties and as of an array's elements.
    fields(index, body, Some(class), rules)
}

impl Walk<'_, '_> {
    /// `$request->validate([...])` and its kin: the result holds the fields, and those of the request are bounded.
    pub(super) fn validated(&mut self, state: &mut State, expr: ExprId, callee: Callee, arguments: &[Argument]) -> Option<Value> {
        let index = self.tracer.project.index;
        let class = self.code.class.map(|class| ClassKey { file: self.body.file, class });
        let name = match callee {
            Callee::Method { name, .. } | Callee::Static { name, .. } => match name.kind {
                MemberNameKind::Fixed(symbol) => self.hir.text(symbol).to_ascii_lowercase(),
                MemberNameKind::Dynamic(_) => return None,
            },
            _ => return None,
        };
        if let Callee::Static { class: ClassRef::Named(validator), .. } = callee {
            // What it holds comes out by `validated()`, which throws where a rule does not hold.
            let rules = arguments.get(1).filter(|_| name == "make" && self.hir.text(validator.name).ends_with("Validator"))?;
            return fields(index, self.body, class, rules.value);
        }
        let Callee::Method { receiver, .. } = callee else { return None };
        if matches!(name.as_str(), "validated" | "safe" | "all") && arguments.is_empty() && self.is_request(receiver) {
            let classes = self.tracer.project.resolution.body(self.body).of(receiver).classes();
            let of_class = classes.filter_map(|class| index.resolve_class(class)).find_map(|class| of_form_request(index, class));
            // After `validate()` the request holds the fields with their bounds.
            let known =
                self.path(receiver).and_then(|path| Self::read(state, &path).cloned()).filter(|value| value.elements.is_some());
            let value = of_class.or(known);
            return value.map(|value| if name == "all" { unruled_is_open(value) } else { value });
        }
        if matches!(name.as_str(), "validated" | "validate") && arguments.is_empty() {
            let validator = self.eval(state, receiver);
            return Some(validator).filter(|value| value.elements.is_some());
        }
        if !matches!(name.as_str(), "validate" | "validatewithbag") {
            return None;
        }
        let rules = arguments.iter().find(|argument| matches!(self.code.expr(argument.value), Expr::Array(_)))?;
        let value = fields(index, self.body, class, rules.value)?;
        let request = if self.is_request(receiver) {
            Some(receiver)
        } else {
            // `$this->validate($request, [...])`
            arguments.first().map(|argument| argument.value).filter(|first| self.is_request(*first))
        };
        if let Some(request) = request {
            let path = self.path(request).unwrap_or_else(|| vec!["request()".to_owned()]);
            Self::write(state, &path, unruled_is_open(value.clone()));
        }
        let _ = expr;
        Some(value)
    }
}

/// The request after validation: fields without a rule are what the client chose.
fn unruled_is_open(mut value: Value) -> Value {
    if value.length.most != Most::Unbounded {
        value.length = Length::unbounded(Message::new("length.request"), value.length.at);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_a_field() {
        let bound = |rules: &str| of_rules(&rules.split('|').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(bound("required|string|max:100"), Some(100));
        assert_eq!(bound("max:100"), None);
        assert_eq!(bound("numeric|max:100"), None);
        assert_eq!(bound("array|max:10"), None);
        assert_eq!(bound("string|between:2,80"), Some(80));
        assert_eq!(bound("string|size:5"), Some(5));
        assert_eq!(bound("digits_between:3,12"), Some(12));
        assert_eq!(bound("in:a,bcd"), Some(3));
        assert_eq!(bound("string|min:3"), None);
        assert_eq!(bound("email"), None);
        assert_eq!(bound("uuid"), Some(36));
    }

    #[test]
    fn patterns_with_an_end() {
        assert_eq!(pattern_length("/^[a-z]{1,50}$/"), Some(51));
        assert_eq!(pattern_length("/^[a-z]{1,50}\\z/"), Some(50));
        assert_eq!(pattern_length("/^\\p{L}{2,40}$/uD"), Some(40));
        assert_eq!(pattern_length("/^[a-z]+$/"), None);
        assert_eq!(pattern_length("/[a-z]{1,50}$/"), None);
        assert_eq!(pattern_length("/^a{1,5}$/m"), None);
        assert_eq!(pattern_length("/^a|b$/"), None);
    }
}
