//! Functions of PHP whose result depends on known values alone.

use super::operators::{self, compare, float, identical, int, loosely_equal, truth};
use super::value::{Array, Cause, Key, Value};
use crate::hir::CastKind;

pub(super) fn renumbered(entries: Vec<(Key, Value)>) -> Array {
    let mut array = Array::default();
    for (key, value) in entries {
        match key {
            Key::Int(_) => array.push(value),
            key @ Key::Text(_) => array.set(key, value),
        }
    }
    array
}

/// A function of known values. None where it is not modelled.
pub(super) fn pure(name: &str, values: &[Value]) -> Option<Value> {
    pure_text(name, values).or_else(|| pure_array(name, values)).or_else(|| pure_other(name, values))
}

fn pure_other(name: &str, values: &[Value]) -> Option<Value> {
    let first = values.first().cloned().unwrap_or_default();
    Some(match name {
        "is_null" => Value::Bool(first.is_null()),
        "is_array" => Value::Bool(matches!(first, Value::Array(_))),
        "is_string" => Value::Bool(matches!(first, Value::Text(_))),
        "is_int" | "is_integer" => Value::Bool(matches!(first, Value::Int(_))),
        "is_bool" => Value::Bool(matches!(first, Value::Bool(_))),
        "is_numeric" => Value::Bool(match &first {
            Value::Int(_) | Value::Float(_) => true,
            Value::Text(text) => operators::is_numeric(text),
            _ => false,
        }),
        "intval" => Value::Int(int(&first)),
        "floatval" => Value::Float(float(&first)),
        "boolval" => Value::Bool(truth(&first)),
        "strval" => operators::cast(CastKind::String, &first),
        "max" | "min" => {
            let list: Vec<Value> = match &first {
                Value::Array(array) if values.len() == 1 => array.values().cloned().collect(),
                _ => values.to_vec(),
            };
            if name == "max" { list.into_iter().max_by(compare)? } else { list.into_iter().min_by(compare)? }
        }
        "abs" => match first {
            Value::Int(number) => Value::Int(number.abs()),
            other => Value::Float(float(&other).abs()),
        },
        "round" | "floor" | "ceil" => {
            let number = float(&first);
            let places = i32::try_from(int(&values.get(1).cloned().unwrap_or(Value::Int(0)))).ok()?;
            let scale = 10_f64.powi(places);
            Value::Float(match name {
                "floor" => number.floor(),
                "ceil" => number.ceil(),
                _ => (number * scale).round() / scale,
            })
        }
        "json_encode" | "serialize" | "var_export" | "print_r" => Value::text("…"),
        "microtime" | "time" | "memory_get_usage" | "memory_get_peak_usage" | "hrtime" => {
            Value::unknown(Cause::Clock, Value::Int(0))
        }
        "date" => Value::unknown(Cause::Clock, Value::text("2025-01-01")),
        "rand" | "mt_rand" | "random_int" | "uniqid" => Value::unknown(Cause::Clock, Value::Int(1)),
        "usleep" | "sleep" | "set_time_limit" | "ini_set" | "error_log" | "var_dump" | "printf" | "flush" | "ob_start"
        | "fwrite" | "trigger_error" | "error_reporting" | "gc_collect_cycles" => Value::Null,
        "php_sapi_name" => Value::text("cli"),
        "version_compare" => return version_compare(values),
        "defined" => Value::Bool(false),
        _ => return None,
    })
}

fn version_compare(values: &[Value]) -> Option<Value> {
    let numbers = |value: &Value| -> Vec<i64> {
        let text = operators::text(value).unwrap_or_default();
        let head: String = text.chars().take_while(|sign| sign.is_ascii_digit() || *sign == '.').collect();
        head.split('.').filter_map(|part| part.parse().ok()).collect()
    };
    let order = numbers(values.first()?).cmp(&numbers(values.get(1)?));
    let Some(operator) = values.get(2).and_then(Value::as_str) else { return Some(Value::Int(order as i64)) };
    Some(Value::Bool(match operator {
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        "==" | "eq" => order.is_eq(),
        "!=" | "ne" | "<>" => order.is_ne(),
        _ => return None,
    }))
}

fn pure_array(name: &str, values: &[Value]) -> Option<Value> {
    let array = |place: usize| values.get(place).and_then(Value::as_array);
    Some(match name {
        "in_array" => {
            let (needle, items) = (values.first()?, array(1)?);
            let is_strict = values.get(2).is_some_and(truth);
            Value::Bool(items.values().any(|item| if is_strict { identical(item, needle) } else { loosely_equal(item, needle) }))
        }
        "array_search" => {
            let (needle, items) = (values.first()?, array(1)?);
            let found = items.entries.iter().find(|(_, item)| loosely_equal(item, needle));
            found.map_or(Value::Bool(false), |(key, _)| key.value())
        }
        "array_key_exists" | "key_exists" => {
            let key = operators::key(values.first()?)?;
            Value::Bool(array(1)?.get(&key).is_some())
        }
        "array_keys" => Value::list(array(0)?.entries.iter().map(|(key, _)| key.value())),
        "array_values" => Value::list(array(0)?.values().cloned()),
        "array_merge" => {
            let all = values.iter().filter_map(Value::as_array).flat_map(|array| array.entries.clone()).collect();
            Value::array(renumbered(all))
        }
        "array_unique" => {
            let mut kept = Array::default();
            for (key, value) in &array(0)?.entries {
                if !kept.values().any(|found| loosely_equal(found, value)) {
                    kept.set(key.clone(), value.clone());
                }
            }
            Value::array(kept)
        }
        "array_diff" | "array_intersect" => {
            let wants = name == "array_intersect";
            let others: Vec<&Array> = values.iter().skip(1).filter_map(Value::as_array).collect();
            let is_in = |value: &Value, array: &&Array| {
                let text = operators::text(value);
                array.values().any(|other| operators::text(other) == text)
            };
            let keeps = |value: &Value| {
                if wants {
                    others.iter().all(|array| is_in(value, array))
                } else {
                    !others.iter().any(|array| is_in(value, array))
                }
            };
            Value::array(array(0)?.entries.iter().filter(|(_, value)| keeps(value)).cloned().collect())
        }
        "array_diff_key" | "array_intersect_key" => {
            let wants = name == "array_intersect_key";
            let other = array(1)?;
            Value::array(array(0)?.entries.iter().filter(|(key, _)| other.get(key).is_some() == wants).cloned().collect())
        }
        "array_combine" => {
            let pairs = array(0)?.values().zip(array(1)?.values());
            Value::array(pairs.filter_map(|(key, value)| Some((operators::key(key)?, value.clone()))).collect())
        }
        "array_flip" => Value::array(
            array(0)?.entries.iter().filter_map(|(key, value)| Some((operators::key(value)?, key.value()))).collect(),
        ),
        "array_reverse" => Value::array(renumbered(array(0)?.entries.iter().rev().cloned().collect())),
        _ => return pure_list(name, values),
    })
}

/// Functions on arrays that take parts of them, or make new ones.
fn pure_list(name: &str, values: &[Value]) -> Option<Value> {
    let array = |place: usize| values.get(place).and_then(Value::as_array);
    Some(match name {
        "array_slice" => {
            let items = array(0)?;
            let length = i64::try_from(items.len()).ok()?;
            let (start, end) = slice_bounds(length, values)?;
            Value::array(renumbered(items.entries[start..end].to_vec()))
        }
        "array_fill_keys" => {
            let value = values.get(1)?.clone();
            Value::array(array(0)?.values().filter_map(|key| Some((operators::key(key)?, value.clone()))).collect())
        }
        "array_sum" => array(0)?
            .values()
            .fold(Value::Int(0), |sum, value| operators::binary(crate::hir::BinaryOp::Add, &sum, value).unwrap_or_default()),
        "array_key_first" => array(0)?.entries.first().map_or(Value::Null, |(key, _)| key.value()),
        "array_key_last" => array(0)?.entries.last().map_or(Value::Null, |(key, _)| key.value()),
        "reset" | "current" => array(0)?.values().next().cloned().unwrap_or(Value::Bool(false)),
        "end" => array(0)?.values().last().cloned().unwrap_or(Value::Bool(false)),
        "range" => {
            let (from, to) = (int(values.first()?), int(values.get(1)?));
            let step = values.get(2).map_or(1, int).max(1);
            if (to - from).abs() > 10_000 {
                return None;
            }
            let mut items = Vec::new();
            let mut at = from;
            while if from <= to { at <= to } else { at >= to } {
                items.push(Value::Int(at));
                at += if from <= to { step } else { -step };
            }
            Value::list(items)
        }
        "array_is_list" => Value::Bool(array(0)?.is_list()),
        "array_chunk" => {
            let size = usize::try_from(int(values.get(1)?)).ok().filter(|size| *size > 0)?;
            let values: Vec<Value> = array(0)?.values().cloned().collect();
            Value::list(values.chunks(size).map(|chunk| Value::list(chunk.to_vec())))
        }
        _ => return None,
    })
}

fn slice_bounds(length: i64, values: &[Value]) -> Option<(usize, usize)> {
    let offset = int(values.get(1)?);
    let start = if offset < 0 { (length + offset).max(0) } else { offset.min(length) };
    let end = match values.get(2) {
        None | Some(Value::Null) => length,
        Some(count) => {
            let count = int(count);
            if count < 0 { (length + count).max(start) } else { (start + count).min(length) }
        }
    };
    Some((usize::try_from(start).ok()?, usize::try_from(end).ok()?))
}

fn pure_text(name: &str, values: &[Value]) -> Option<Value> {
    let text = |place: usize| values.get(place).and_then(operators::text);
    Some(match name {
        "str_replace" => replaced(values, false)?,
        "str_ireplace" => replaced(values, true)?,
        "strtolower" | "mb_strtolower" => Value::text(text(0)?.to_lowercase()),
        "strtoupper" | "mb_strtoupper" => Value::text(text(0)?.to_uppercase()),
        "ucfirst" => Value::text(first_letter(&text(0)?, true)),
        "lcfirst" => Value::text(first_letter(&text(0)?, false)),
        "trim" | "ltrim" | "rtrim" => {
            let signs: Vec<char> = text(1).map_or_else(|| " \t\n\r\0\u{b}".chars().collect(), |list| list.chars().collect());
            let text = text(0)?;
            Value::text(match name {
                "trim" => text.trim_matches(signs.as_slice()),
                "ltrim" => text.trim_start_matches(signs.as_slice()),
                _ => text.trim_end_matches(signs.as_slice()),
            })
        }
        "strlen" => Value::Int(i64::try_from(text(0)?.len()).ok()?),
        "mb_strlen" => Value::Int(i64::try_from(text(0)?.chars().count()).ok()?),
        "str_contains" => Value::Bool(text(0)?.contains(&*text(1)?)),
        "str_starts_with" => Value::Bool(text(0)?.starts_with(&*text(1)?)),
        "str_ends_with" => Value::Bool(text(0)?.ends_with(&*text(1)?)),
        "strpos" | "mb_strpos" => position(text(0)?.find(&*text(1)?)),
        "stripos" => position(text(0)?.to_lowercase().find(&text(1)?.to_lowercase())),
        "strrpos" => position(text(0)?.rfind(&*text(1)?)),
        "strcmp" => Value::Int(text(0)?.cmp(&text(1)?) as i64),
        "strcasecmp" => Value::Int(text(0)?.to_lowercase().cmp(&text(1)?.to_lowercase()) as i64),
        "substr" | "mb_substr" => {
            let signs: Vec<char> = text(0)?.chars().collect();
            let (start, end) = slice_bounds(i64::try_from(signs.len()).ok()?, values)?;
            Value::text(signs[start..end].iter().collect::<String>())
        }
        "strstr" => {
            let (text, needle) = (text(0)?, text(1)?);
            text.find(&*needle).map_or(Value::Bool(false), |at| Value::text(&text[at..]))
        }
        _ => return pure_made_text(name, values),
    })
}

/// `str_replace` and `str_ireplace`
fn replaced(values: &[Value], insensitive: bool) -> Option<Value> {
    let list = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(array) => array.values().filter_map(operators::text).map(|text| text.to_string()).collect(),
            value => operators::text(value).map(|text| text.to_string()).into_iter().collect(),
        }
    };
    let (search, replace) = (list(values.first()?), values.get(1)?);
    let mut result = operators::text(values.get(2)?)?.to_string();
    for (place, search) in search.iter().enumerate().filter(|(_, search)| !search.is_empty()) {
        let by = match replace {
            Value::Array(array) => array.values().nth(place).and_then(operators::text).unwrap_or_default().to_string(),
            value => operators::text(value)?.to_string(),
        };
        result = if insensitive { replace_in_any_case(&result, search, &by) } else { result.replace(search.as_str(), &by) };
    }
    Some(Value::text(result))
}

/// Functions that take texts apart, or put them together.
fn pure_made_text(name: &str, values: &[Value]) -> Option<Value> {
    let text = |place: usize| values.get(place).and_then(operators::text);
    Some(match name {
        "explode" => {
            let (separator, subject) = (text(0)?, text(1)?);
            match values.get(2).map(int) {
                Some(limit) if limit > 0 => {
                    Value::list(subject.splitn(usize::try_from(limit).ok()?, &*separator).map(Value::text))
                }
                _ => Value::list(subject.split(&*separator).map(Value::text)),
            }
        }
        "implode" | "join" => {
            let (glue, items) = match (values.first()?, values.get(1)) {
                (Value::Array(items), None) => ("".into(), items),
                (Value::Array(items), Some(glue)) => (operators::text(glue)?, items),
                (glue, Some(Value::Array(items))) => (operators::text(glue)?, items),
                _ => return None,
            };
            let texts: Option<Vec<_>> = items.values().map(operators::text).collect();
            Value::text(texts?.join(&*glue))
        }
        "sprintf" => Value::text(sprintf(values)?),
        "vsprintf" => {
            let mut all = vec![values.first()?.clone()];
            all.extend(values.get(1)?.as_array()?.values().cloned());
            Value::text(sprintf(&all)?)
        }
        "str_repeat" => Value::text(text(0)?.repeat(usize::try_from(int(values.get(1)?)).ok().filter(|times| *times < 10_000)?)),
        "str_pad" => {
            let (subject, length) = (text(0)?, usize::try_from(int(values.get(1)?)).ok()?);
            let pad = text(2).unwrap_or_else(|| " ".into());
            let mut result = subject.to_string();
            while result.len() < length.min(10_000) && !pad.is_empty() {
                result.push_str(&pad);
            }
            Value::text(result)
        }
        "ucwords" => Value::text(text(0)?.split(' ').map(|word| first_letter(word, true)).collect::<Vec<_>>().join(" ")),
        "nl2br" | "htmlspecialchars" | "addslashes" => Value::text(text(0)?),
        "md5" | "sha1" | "crc32" | "hash" => {
            let hash = blake3::hash(text(usize::from(name == "hash"))?.as_bytes()).to_hex();
            let length = if name == "sha1" { 40 } else { 32 };
            // The value is not PHP's; its length is.
            Value::unknown(Cause::Code(format!("the function {name}")), Value::text(&hash.as_str()[..length]))
        }
        "substr_count" => Value::Int(i64::try_from(text(0)?.matches(&*text(1)?).count()).ok()?),
        "basename" => {
            let path = text(0)?;
            let base = path.rsplit('/').next().unwrap_or_default();
            Value::text(text(1).map_or(base, |suffix| base.strip_suffix(&*suffix).unwrap_or(base)))
        }
        _ => return None,
    })
}

fn position(found: Option<usize>) -> Value {
    found.and_then(|at| i64::try_from(at).ok()).map_or(Value::Bool(false), Value::Int)
}

fn first_letter(text: &str, upper: bool) -> String {
    let mut signs = text.chars();
    let Some(first) = signs.next() else { return String::new() };
    let first: String = if upper { first.to_uppercase().collect() } else { first.to_lowercase().collect() };
    first + signs.as_str()
}

fn replace_in_any_case(text: &str, search: &str, by: &str) -> String {
    let (lower, search) = (text.to_ascii_lowercase(), search.to_ascii_lowercase());
    let mut result = String::new();
    let mut at = 0;
    while let Some(found) = lower[at..].find(&search) {
        result.push_str(&text[at..at + found]);
        result.push_str(by);
        at += found + search.len();
    }
    result + &text[at..]
}

/// `sprintf` with `%s`, `%d`, `%05d`, `%.2f`, `%1$s`, `%%`.
fn sprintf(values: &[Value]) -> Option<String> {
    let format = operators::text(values.first()?)?;
    let mut result = String::new();
    let mut next = 1;
    let mut signs = format.chars().peekable();
    while let Some(sign) = signs.next() {
        if sign != '%' {
            result.push(sign);
            continue;
        }
        let mut spec = String::new();
        while let Some(part) = signs.peek().filter(|part| part.is_ascii_digit() || matches!(part, '$' | '.' | '-' | '+' | '\'')) {
            spec.push(*part);
            signs.next();
        }
        let kind = signs.next()?;
        if kind == '%' {
            result.push('%');
            continue;
        }
        let (place, spec) = match spec.split_once('$') {
            Some((place, rest)) => (place.parse::<usize>().ok()?, rest.to_owned()),
            None => {
                next += 1;
                (next - 1, spec)
            }
        };
        let value = values.get(place)?;
        let (width, precision) = spec.split_once('.').map_or((spec.as_str(), None), |(width, digits)| (width, Some(digits)));
        let text = match kind {
            's' => operators::text(value)?.to_string(),
            'd' | 'u' => int(value).to_string(),
            'f' | 'F' => format!("{:.*}", precision.and_then(|digits| digits.parse().ok()).unwrap_or(6), float(value)),
            'x' => format!("{:x}", int(value)),
            _ => return None,
        };
        let zero = width.starts_with('0');
        let width: usize = width.trim_start_matches(['0', '+']).parse().unwrap_or_default();
        let missing = width.min(1_000).saturating_sub(text.chars().count());
        result.extend(std::iter::repeat_n(if zero { '0' } else { ' ' }, missing));
        result.push_str(&text);
    }
    Some(result)
}
