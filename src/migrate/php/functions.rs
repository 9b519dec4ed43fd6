//! Functions of PHP.

use super::calls::Arguments;
use super::expressions::map;
use super::machine::{Machine, Outcome};
use super::objects::Object;
use super::operators::{self, compare, int};
use super::pure::{pure, renumbered};
use super::value::{Array, Cause, Key, Value};

impl Machine<'_> {
    /// Functions that change their first argument: the result and what the argument becomes.
    pub(super) fn call_by_reference(&mut self, name: &str, arguments: &Arguments) -> Outcome<Option<(Value, Value)>> {
        let known =
            ["array_push", "array_pop", "array_shift", "array_unshift", "sort", "rsort", "ksort", "usort", "asort", "settype"];
        if !known.contains(&name) {
            return Ok(None);
        }
        let mut array = match arguments.value(0, "array") {
            Value::Array(array) => (*array).clone(),
            Value::Unknown(unknown) => {
                let value = Value::Unknown(unknown);
                return Ok(Some((value.clone(), value)));
            }
            _ => Array::default(),
        };
        let rest = arguments.positional.get(1..).unwrap_or_default();
        let result = match name {
            "array_push" => {
                rest.iter().for_each(|value| array.push(value.clone()));
                count(&array)
            }
            "array_pop" => array.entries.pop().map(|(_, value)| value).unwrap_or_default(),
            "array_shift" => {
                let first = if array.len() > 0 { array.entries.remove(0).1 } else { Value::default() };
                array = renumbered(array.entries);
                first
            }
            "array_unshift" => {
                let all = rest.iter().map(|value| (Key::Int(0), value.clone())).chain(array.entries).collect();
                array = renumbered(all);
                count(&array)
            }
            "ksort" => {
                array.entries.sort_by(|left, right| left.0.cmp(&right.0));
                Value::Bool(true)
            }
            _ => {
                let mut values: Vec<Value> = array.values().cloned().collect();
                if name == "usort" {
                    return Ok(Some((Value::Bool(true), Value::unknown(Cause::Code("usort".to_owned()), Value::list(values)))));
                }
                values.sort_by(compare);
                if name == "rsort" {
                    values.reverse();
                }
                array = Array::list(values);
                Value::Bool(true)
            }
        };
        Ok(Some((result, Value::array(array))))
    }

    /// A function that is no function of the project.
    pub(crate) fn call_function(&mut self, name: &str, arguments: Arguments) -> Outcome<Value> {
        if let Some(result) = self.array_function(name, &arguments)? {
            return Ok(result);
        }
        if let Some(result) = self.helper(name, &arguments)? {
            return Ok(result);
        }
        // What remains works on values alone: with one that is not known the result is not known either.
        let cause = arguments.positional.iter().find_map(|value| value.cause().cloned());
        let mut known = Vec::with_capacity(arguments.positional.len());
        for value in &arguments.positional {
            let value = value.likely();
            known.push(match &value {
                Value::Object(id) if matches!(self.object(*id), Object::Stringable(_) | Object::Expression(_)) => {
                    Value::Text(self.text_value(&value)?)
                }
                _ => value,
            });
        }
        let Some(result) = pure(name, &known) else {
            self.touch_closures(&arguments)?;
            return Ok(Value::opaque(format!("the function {name}")));
        };
        Ok(match cause {
            Some(cause) => Value::unknown(cause, result),
            None => result,
        })
    }

    fn array_function(&mut self, name: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.value(0, "array");
        Ok(Some(match name {
            "count" | "sizeof" => match &first {
                Value::Object(id) if matches!(self.object(*id), Object::Collection(_) | Object::Row(_)) => {
                    count(&self.items(&first)?.unwrap_or_default())
                }
                Value::Unknown(_) => map(&first, |value| value.as_array().map_or(Value::Int(0), count)),
                value => value.as_array().map_or(Value::Int(1), count),
            },
            "array_map" => {
                let callback = first;
                let Some(items) = self.items(&arguments.value(1, "array"))? else { return Ok(Some(Value::list([]))) };
                let mut mapped = Array::default();
                for (key, item) in items.entries {
                    let item = if callback.is_null() { item } else { self.call_value(&callback, vec![item])? };
                    mapped.set(key, item);
                }
                Value::array(mapped)
            }
            "array_filter" => {
                let callback = arguments.value(1, "callback");
                let mode = int(&arguments.value(2, "mode").likely());
                let Some(items) = self.items(&first)? else { return Ok(Some(Value::list([]))) };
                let mut kept = Array::default();
                for (key, item) in items.entries {
                    let tested = match (&callback, mode) {
                        (Value::Null, _) => item.clone(),
                        (_, 2) => self.call_value(&callback, vec![key.value()])?,
                        (_, 1) => self.call_value(&callback, vec![item.clone(), key.value()])?,
                        _ => self.call_value(&callback, vec![item.clone()])?,
                    };
                    if self.truth(&tested)? {
                        kept.set(key, item);
                    }
                }
                Value::array(kept)
            }
            "array_walk" | "iterator_to_array" => {
                let items = self.items(&first)?.unwrap_or_default();
                if name == "array_walk" {
                    for (key, item) in items.entries {
                        self.call_value(&arguments.value(1, "callback"), vec![item, key.value()])?;
                    }
                    return Ok(Some(Value::Bool(true)));
                }
                Value::array(items)
            }
            "array_reduce" => {
                let mut carry = arguments.value(2, "initial");
                for (_, item) in self.items(&first)?.unwrap_or_default().entries {
                    carry = self.call_value(&arguments.value(1, "callback"), vec![carry, item])?;
                }
                carry
            }
            _ => return self.callable_function(name, arguments),
        }))
    }

    /// Functions that call others, or ask about classes and objects.
    fn callable_function(&mut self, name: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.value(0, "array");
        Ok(Some(match name {
            "call_user_func" => {
                let rest = arguments.positional.get(1..).unwrap_or_default().to_vec();
                self.call_value(&first, rest)?
            }
            "call_user_func_array" => {
                let items = self.items(&arguments.value(1, "args"))?.unwrap_or_default();
                let values: Vec<Value> = items.values().cloned().collect();
                self.call_value(&arguments.value(0, "callback"), values)?
            }
            "array_column" => {
                let wanted = arguments.value(1, "column_key");
                let by = arguments.value(2, "index_key");
                let mut column = Array::default();
                for (_, row) in self.items(&first)?.unwrap_or_default().entries {
                    let value = if wanted.is_null() { row.clone() } else { self.item(&row, &wanted)? };
                    match operators::key(&self.item(&row, &by)?).filter(|_| !by.is_null()) {
                        Some(key) => column.set(key, value),
                        None => column.push(value),
                    }
                }
                Value::array(column)
            }
            "method_exists" | "property_exists" | "class_exists" | "function_exists" | "interface_exists" | "trait_exists" => {
                self.exists(name, arguments)
            }
            "get_class" => match &first {
                Value::Object(id) => Value::text(self.class_of(*id)),
                _ => Value::opaque("the class of a value"),
            },
            "is_object" => Value::Bool(matches!(first, Value::Object(_) | Value::Closure(_))),
            "is_callable" => Value::Bool(matches!(first, Value::Closure(_))),
            "class_basename" => {
                let name = match &first {
                    Value::Object(id) => self.class_of(*id),
                    value => operators::text(&value.likely()).unwrap_or_default().to_string(),
                };
                Value::text(crate::index::class_basename(&name))
            }
            _ => return Ok(None),
        }))
    }

    fn exists(&mut self, name: &str, arguments: &Arguments) -> Value {
        let first = arguments.value(0, "class").likely();
        let class = match &first {
            Value::Object(id) => self.class_of(*id),
            value => operators::text(value).unwrap_or_default().to_string(),
        };
        let key = self.index.resolve_class(&class);
        let member = operators::text(&arguments.value(1, "method").likely()).unwrap_or_default();
        match (name, key) {
            ("function_exists", _) => Value::Bool(self.index.function_named(&class).is_some()),
            ("method_exists", Some(key)) => Value::Bool(self.index.find_method(key, &member).is_some()),
            ("property_exists", Some(key)) => Value::Bool(self.index.find_property(key, &member).is_some()),
            ("method_exists", None) if class.starts_with("Illuminate\\Database") => {
                Value::Bool(crate::migrate::laravel::has_method(&class, &member))
            }
            ("class_exists" | "interface_exists" | "trait_exists", Some(_)) => Value::Bool(true),
            ("class_exists", None) if class.starts_with("Illuminate\\") => Value::Bool(true),
            _ => Value::opaque(format!("whether {class} exists")),
        }
    }
}

pub(crate) fn count(array: &Array) -> Value {
    Value::Int(i64::try_from(array.len()).unwrap_or(i64::MAX))
}
