//! `Illuminate\Support\Str`, `Stringable` and `Arr`.

use crate::index::inflect;
use crate::migrate::php::{Arguments, Array, Cause, Machine, Object, Outcome, Value, operators};

/// What becomes of a text. None where the method is not modelled.
fn text_method(method: &str, text: &str, rest: &[Value]) -> Option<Value> {
    let argument = |place: usize| rest.get(place).and_then(operators::text);
    let contains_any = |test: &dyn Fn(&str) -> bool| match rest.first() {
        Some(Value::Array(list)) => list.values().filter_map(operators::text).any(|needle| test(&needle)),
        Some(value) => operators::text(value).is_some_and(|needle| test(&needle)),
        None => false,
    };
    Some(match method {
        "plural" => Value::text(inflect::plural(text)),
        "singular" => Value::text(inflect::singular(text)),
        "snake" => Value::text(inflect::snake(text)),
        "studly" | "pascal" => Value::text(inflect::studly(text)),
        "camel" => Value::text(inflect::camel(text)),
        "kebab" => Value::text(inflect::snake(text).replace('_', "-")),
        "lower" => Value::text(text.to_lowercase()),
        "upper" => Value::text(text.to_uppercase()),
        "slug" => {
            let by = argument(0).unwrap_or_else(|| "-".into());
            let words: Vec<String> = text
                .to_lowercase()
                .split(|sign: char| !sign.is_ascii_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect();
            Value::text(words.join(&by))
        }
        "contains" => Value::Bool(contains_any(&|needle| text.contains(needle))),
        "startswith" => Value::Bool(contains_any(&|needle| text.starts_with(needle))),
        "endswith" => Value::Bool(contains_any(&|needle| text.ends_with(needle))),
        "replace" => Value::text(text.replace(&*argument(0)?, &argument(1)?)),
        "append" => Value::text(format!("{text}{}", argument(0)?)),
        "prepend" => Value::text(format!("{}{text}", argument(0)?)),
        "after" => Value::text(text.split_once(&*argument(0)?).map_or(text, |(_, rest)| rest)),
        "afterlast" => Value::text(text.rsplit_once(&*argument(0)?).map_or(text, |(_, rest)| rest)),
        "before" => Value::text(text.split_once(&*argument(0)?).map_or(text, |(rest, _)| rest)),
        "beforelast" => Value::text(text.rsplit_once(&*argument(0)?).map_or(text, |(rest, _)| rest)),
        "finish" => {
            let cap = argument(0)?;
            Value::text(if text.ends_with(&*cap) { text.to_owned() } else { format!("{text}{cap}") })
        }
        "limit" | "substr" => {
            let length = rest.get(usize::from(method == "substr")).map_or(100, operators::int);
            let start = if method == "substr" { rest.first().map_or(0, operators::int) } else { 0 };
            let signs = text.chars().skip(usize::try_from(start).ok()?);
            Value::text(signs.take(usize::try_from(length).ok()?).collect::<String>())
        }
        "length" => Value::Int(i64::try_from(text.chars().count()).ok()?),
        "trim" => Value::text(text.trim()),
        "is" => Value::Bool(
            rest.first()
                .and_then(operators::text)
                .is_some_and(|pattern| super::select::like_matches(&pattern, &text.replace('*', "%"))),
        ),
        "ucfirst" => {
            let mut signs = text.chars();
            let first: String = signs.next().map(|sign| sign.to_uppercase().collect()).unwrap_or_default();
            Value::text(first + signs.as_str())
        }
        "tostring" | "value" => Value::text(text),
        "isempty" => Value::Bool(text.is_empty()),
        "isnotempty" => Value::Bool(!text.is_empty()),
        "exactly" => Value::Bool(argument(0)?.as_ref() == text),
        _ => return None,
    })
}

impl Machine<'_> {
    /// `Str::method($text, …)`
    pub(super) fn call_str(&mut self, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        if matches!(method.as_str(), "random" | "uuid" | "ulid" | "ordereduuid" | "password") {
            return Ok(Value::unknown(Cause::Clock, Value::text("x".repeat(16))));
        }
        if method == "of" {
            let text = self.known_text(&arguments.value(0, "string"), "a text")?;
            return Ok(self.make(Object::Stringable(text)));
        }
        // These take the text last.
        let subject_at = if method == "replace" { 2 } else { 0 };
        let subject = arguments.value(subject_at, "subject");
        let cause = arguments.positional.iter().find_map(|value| value.cause().cloned());
        let rest: Vec<Value> = arguments
            .positional
            .iter()
            .enumerate()
            .filter(|(place, _)| *place != subject_at)
            .map(|(_, value)| value.likely())
            .collect();
        let text = self.text_value(&subject.likely())?;
        let result = text_method(&method, &text, &rest);
        Ok(match (result, cause) {
            (Some(result), None) => result,
            (Some(result), Some(cause)) => Value::unknown(cause, result),
            (None, _) => Value::opaque(format!("Str::{name}")),
        })
    }

    pub(super) fn call_stringable(&mut self, text: &str, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let method = name.to_ascii_lowercase();
        let rest: Vec<Value> = arguments.positional.iter().map(Value::likely).collect();
        match text_method(&method, text, &rest) {
            Some(Value::Text(text)) if !matches!(method.as_str(), "tostring" | "value") => {
                Ok(self.make(Object::Stringable(text)))
            }
            Some(value) => Ok(value),
            None if method == "explode" => {
                let separator = rest.first().and_then(operators::text).unwrap_or_default();
                Ok(self.collection(Array::list(text.split(&*separator).map(Value::text))))
            }
            None => Ok(Value::opaque(format!("Stringable::{name}"))),
        }
    }

    /// `Arr::method($array, …)`
    pub(super) fn call_arr(&mut self, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let first = arguments.value(0, "array");
        match name.to_ascii_lowercase().as_str() {
            "wrap" => Ok(match first {
                Value::Array(_) => first,
                Value::Null => Value::list([]),
                other => Value::list([other]),
            }),
            "first" if arguments.positional.len() == 1 => {
                Ok(self.items(&first)?.and_then(|items| items.values().next().cloned()).unwrap_or_default())
            }
            "get" => {
                let mut value = first;
                let path = self.known_text(&arguments.value(1, "key"), "a key")?;
                for part in path.split('.') {
                    value = self.item(&value, &Value::text(part))?;
                }
                Ok(if value.is_null() { arguments.value(2, "default") } else { value })
            }
            "only" | "except" => {
                let keys = self.column_list(&arguments.value(1, "keys"))?;
                let wants = name.eq_ignore_ascii_case("only");
                let has = |key: &crate::migrate::php::Key| keys.iter().any(|found| operators::key(found).as_ref() == Some(key));
                let items = self.items(&first)?.unwrap_or_default();
                Ok(Value::array(items.entries.into_iter().filter(|(key, _)| has(key) == wants).collect()))
            }
            "flatten" => {
                let collection = self.collection(self_items(&first));
                let flat = self.call_on(&collection, "flatten", Arguments::default())?;
                Ok(Value::array(self.items(&flat)?.unwrap_or_default()))
            }
            "pluck" => {
                let rows = self.items(&first)?.unwrap_or_default();
                let collection = self.collection(rows);
                let rest = arguments.positional.get(1..).unwrap_or_default().to_vec();
                let plucked = self.call_on(&collection, "pluck", rest.into())?;
                Ok(Value::array(self.items(&plucked)?.unwrap_or_default()))
            }
            _ => Ok(Value::opaque(format!("Arr::{name}"))),
        }
    }
}

fn self_items(value: &Value) -> Array {
    value.as_array().cloned().unwrap_or_default()
}
