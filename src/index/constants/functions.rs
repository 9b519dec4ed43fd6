//! PHP functions without effect, on constants.

use super::convert::list;
use super::strings;
use super::{Constant, ConstantKey};
use crate::index::constants::convert::ArrayBuilder;

type Arguments<'a> = &'a [Constant];

/// The result of a function of PHP, by lower-cased name.
pub(super) fn call(name: &str, arguments: Arguments<'_>) -> Option<Constant> {
    strings::call(name, arguments).or_else(|| array(name, arguments)).or_else(|| scalar(name, arguments))
}

fn scalar(name: &str, arguments: Arguments<'_>) -> Option<Constant> {
    let first = arguments.first()?;
    match name {
        "is_null" => Some(Constant::Bool(*first == Constant::Null)),
        "is_string" => Some(Constant::Bool(first.as_str().is_some())),
        "is_array" => Some(Constant::Bool(first.as_array().is_some())),
        "is_int" | "is_integer" => Some(Constant::Bool(matches!(first, Constant::Int(_)))),
        "is_bool" => Some(Constant::Bool(matches!(first, Constant::Bool(_)))),
        "intval" if arguments.len() == 1 => first.to_int().map(Constant::Int),
        "floatval" => first.to_float().map(Constant::Float),
        "strval" => first.to_text().map(Constant::String),
        "boolval" => Some(Constant::Bool(first.truthy())),
        "abs" => match first {
            Constant::Int(value) => value.checked_abs().map(Constant::Int),
            Constant::Float(value) => Some(Constant::Float(value.abs())),
            _ => None,
        },
        "min" => extreme(arguments, std::cmp::Ordering::Less),
        "max" => extreme(arguments, std::cmp::Ordering::Greater),
        "class_basename" => Some(Constant::String(crate::index::class_basename(first.as_str()?).to_owned())),
        _ => None,
    }
}

fn extreme(arguments: Arguments<'_>, wanted: std::cmp::Ordering) -> Option<Constant> {
    let values: Vec<_> = match arguments {
        [Constant::Array(items)] => items.iter().map(|(_, value)| value).collect(),
        _ => arguments.iter().collect(),
    };
    let mut values = values.into_iter();
    let mut best = values.next()?;
    for value in values {
        if super::operators::order(value, best)? == wanted {
            best = value;
        }
    }
    Some(best.clone())
}

fn array(name: &str, arguments: Arguments<'_>) -> Option<Constant> {
    match (name, arguments) {
        ("count" | "sizeof", [Constant::Array(items)]) => Some(Constant::Int(i64::try_from(items.len()).ok()?)),
        ("array_merge", _) => {
            let mut merged = ArrayBuilder::default();
            for argument in arguments {
                merged.merge(argument.as_array()?)?;
            }
            Some(merged.finish())
        }
        ("array_keys", [Constant::Array(items)]) => list(items.iter().map(|(key, _)| key.clone().into())),
        ("array_values", [Constant::Array(items)]) => list(items.iter().map(|(_, value)| value.clone())),
        ("array_reverse", [Constant::Array(items)]) => {
            let mut reversed = ArrayBuilder::default();
            let items: Vec<_> = items.iter().rev().cloned().collect();
            reversed.merge(&items)?;
            Some(reversed.finish())
        }
        ("array_flip", [Constant::Array(items)]) => {
            let mut flipped = ArrayBuilder::default();
            for (key, value) in items {
                flipped.insert(value.to_key()?, key.clone().into())?;
            }
            Some(flipped.finish())
        }
        ("array_combine", [Constant::Array(keys), Constant::Array(values)]) if keys.len() == values.len() => {
            let mut combined = ArrayBuilder::default();
            for ((_, key), (_, value)) in keys.iter().zip(values) {
                combined.insert(key.to_key()?, value.clone())?;
            }
            Some(combined.finish())
        }
        ("array_fill_keys", [Constant::Array(keys), value]) => {
            let mut filled = ArrayBuilder::default();
            for (_, key) in keys {
                filled.insert(key.to_key()?, value.clone())?;
            }
            Some(filled.finish())
        }
        ("array_unique", [Constant::Array(items)]) => {
            let mut unique: Vec<(ConstantKey, Constant)> = Vec::new();
            for item in items {
                if unique.iter().all(|(_, known)| *known != item.1) {
                    unique.push(item.clone());
                }
            }
            Some(Constant::Array(unique))
        }
        ("array_filter", [Constant::Array(items)]) => {
            Some(Constant::Array(items.iter().filter(|(_, value)| value.truthy()).cloned().collect()))
        }
        ("array_diff", [Constant::Array(items), others @ ..]) => {
            let mut kept = items.clone();
            for other in others {
                let other = other.as_array()?;
                kept.retain(|(_, value)| other.iter().all(|(_, removed)| removed != value));
            }
            Some(Constant::Array(kept))
        }
        ("range", [Constant::Int(from), Constant::Int(to)]) if to.checked_sub(*from)?.abs() < 1_000 => {
            if from <= to {
                list((*from..=*to).map(Constant::Int))
            } else {
                list((*to..=*from).rev().map(Constant::Int))
            }
        }
        ("compact" | "extract", _) => None,
        _ => search(name, arguments),
    }
}

fn search(name: &str, arguments: Arguments<'_>) -> Option<Constant> {
    match (name, arguments) {
        ("in_array", [needle, Constant::Array(items)]) => {
            let mut found = false;
            for (_, value) in items {
                found |= super::operators::loosely_equal(needle, value)?;
            }
            Some(Constant::Bool(found))
        }
        ("in_array", [needle, Constant::Array(items), Constant::Bool(true)]) => {
            Some(Constant::Bool(items.iter().any(|(_, value)| value == needle)))
        }
        ("array_key_exists" | "key_exists", [key, Constant::Array(items)]) => {
            let key = key.to_key()?;
            Some(Constant::Bool(items.iter().any(|(known, _)| *known == key)))
        }
        ("array_key_first", [Constant::Array(items)]) => {
            Some(items.first().map_or(Constant::Null, |(key, _)| key.clone().into()))
        }
        ("array_key_last", [Constant::Array(items)]) => Some(items.last().map_or(Constant::Null, |(key, _)| key.clone().into())),
        _ => None,
    }
}

/// A static method of `Illuminate\Support\Str`, by lower-cased name.
///
/// `laravel/framework:src/Illuminate/Support/Str.php`
pub(super) fn str_helper(name: &str, arguments: Arguments<'_>) -> Option<Constant> {
    use crate::index::inflect;
    let [Constant::String(text) | Constant::Class(text)] = arguments else { return None };
    Some(Constant::String(match name {
        "snake" => inflect::snake(text),
        "plural" => inflect::plural(text),
        "singular" => inflect::singular(text),
        "pluralstudly" => inflect::plural_studly(text),
        "lower" => text.to_lowercase(),
        "upper" => text.to_uppercase(),
        "kebab" => inflect::snake(text).replace('_', "-"),
        "studly" => inflect::studly(text),
        "camel" => inflect::camel(text),
        _ => return None,
    }))
}
