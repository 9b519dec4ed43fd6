//! `Illuminate\Support\Collection`.

use crate::migrate::php::{Arguments, Array, Cause, Key, Machine, ObjectId, Outcome, Value, count, operators};

impl Machine<'_> {
    pub(super) fn call_collection(&mut self, id: ObjectId, name: &str, arguments: &Arguments) -> Outcome<Value> {
        let items = self.items(&Value::Object(id))?.unwrap_or_default();
        let method = name.to_ascii_lowercase();
        if let Some(value) = self.collection_loop(id, &items, &method, arguments)? {
            return Ok(value);
        }
        if let Some(value) = self.collection_question(&items, &method, arguments)? {
            return Ok(value);
        }
        let changed = match method.as_str() {
            "values" => Array::list(items.values().cloned()),
            "keys" => Array::list(items.entries.iter().map(|(key, _)| key.value())),
            "toarray" | "all" | "tobase" => {
                return Ok(Value::array(items));
            }
            "collect" => items,
            "pluck" => {
                let (column, by) = (arguments.value(0, "value"), arguments.value(1, "key"));
                let mut found = Array::default();
                for item in items.values() {
                    let value = self.data_get(item, &column)?;
                    match operators::key(&self.data_get(item, &by)?.likely()).filter(|_| !by.is_null()) {
                        Some(key) => found.set(key, value),
                        None => found.push(value),
                    }
                }
                found
            }
            "unique" => {
                let by = arguments.value(0, "key");
                let mut seen: Vec<Value> = Vec::new();
                let mut found = Array::default();
                for (key, item) in items.entries {
                    let value = if by.is_null() { item.clone() } else { self.data_get(&item, &by)? };
                    if !seen.iter().any(|other| operators::loosely_equal(other, &value)) {
                        seen.push(value);
                        found.set(key, item);
                    }
                }
                found
            }
            "flip" => items.entries.iter().filter_map(|(key, value)| Some((operators::key(value)?, key.value()))).collect(),
            "push" | "add" | "prepend" => {
                let mut items = items;
                items.push(arguments.value(0, "value"));
                *self.object_mut(id) = crate::migrate::php::Object::Collection(items);
                return Ok(Value::Object(id));
            }
            "merge" | "concat" => {
                let mut all = items;
                for (key, value) in self.items(&arguments.value(0, "items"))?.unwrap_or_default().entries {
                    match key {
                        Key::Int(_) => all.push(value),
                        key @ Key::Text(_) => all.set(key, value),
                    }
                }
                all
            }
            "diff" | "intersect" => {
                let other = self.items(&arguments.value(0, "items"))?.unwrap_or_default();
                let has = |value: &Value| other.values().any(|found| operators::loosely_equal(found, value));
                let wants = method == "intersect";
                items.entries.into_iter().filter(|(_, value)| has(value) == wants).collect()
            }
            "where" | "wherein" | "wherenotin" | "wherenull" | "wherenotnull" => {
                self.collection_where(items, &method, arguments)?
            }
            "sort" | "sortby" | "sortbydesc" | "reverse" => items,
            "flatten" => {
                let mut flat = Array::default();
                for value in items.values() {
                    match self.items(value)? {
                        Some(inner) if !matches!(value, Value::Object(_)) => {
                            inner.values().for_each(|item| flat.push(item.clone()));
                        }
                        _ => flat.push(value.clone()),
                    }
                }
                flat
            }
            "filter" | "reject" if arguments.positional.is_empty() => {
                items.entries.into_iter().filter(|(_, value)| operators::truth(value)).collect()
            }
            _ => return Ok(Value::unknown(Cause::Code(format!("the method {name} of a collection")), Value::list([]))),
        };
        Ok(self.collection(changed))
    }

    /// A field of a row, array or object.
    fn data_get(&mut self, item: &Value, name: &Value) -> Outcome<Value> {
        match name {
            Value::Null => Ok(Value::Null),
            Value::Closure(_) => self.call_value(name, vec![item.clone()]),
            name => match item {
                Value::Object(id) if matches!(self.object(*id), crate::migrate::php::Object::Instance { .. }) => {
                    let name = self.known_text(name, "the name of a field")?;
                    self.call_on(item, "getAttribute", vec![Value::text(name)].into())
                }
                item => self.item(item, name),
            },
        }
    }

    fn collection_loop(&mut self, id: ObjectId, items: &Array, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let callback = arguments.value(0, "callback");
        if !matches!(callback, Value::Closure(_)) && !matches!(method, "tap" | "pipe" | "when" | "unless") {
            return Ok(None);
        }
        match method {
            "each" => {
                for (key, item) in &items.entries {
                    let result = self.call_value(&callback, vec![item.clone(), key.value()])?;
                    if result == Value::Bool(false) {
                        break;
                    }
                }
                Ok(Some(Value::Object(id)))
            }
            "map" | "mapwithkeys" | "flatmap" => {
                let mut mapped = Array::default();
                for (key, item) in &items.entries {
                    let result = self.call_value(&callback, vec![item.clone(), key.value()])?;
                    if method == "map" {
                        mapped.set(key.clone(), result);
                        continue;
                    }
                    for (key, value) in self.items(&result)?.unwrap_or_default().entries {
                        if method == "flatmap" { mapped.push(value) } else { mapped.set(key, value) }
                    }
                }
                Ok(Some(self.collection(mapped)))
            }
            "filter" | "reject" => {
                let mut kept = Array::default();
                for (key, item) in &items.entries {
                    let result = self.call_value(&callback, vec![item.clone(), key.value()])?;
                    if self.truth(&result)? == (method == "filter") {
                        kept.set(key.clone(), item.clone());
                    }
                }
                Ok(Some(self.collection(kept)))
            }
            "contains" | "some" | "doesntcontain" | "every" | "first" | "last" => {
                let wanted = method != "every";
                for (key, item) in &items.entries {
                    let result = self.call_value(&callback, vec![item.clone(), key.value()])?;
                    if self.truth(&result)? == wanted {
                        return Ok(Some(match method {
                            "first" | "last" => item.clone(),
                            "every" | "doesntcontain" => Value::Bool(false),
                            _ => Value::Bool(true),
                        }));
                    }
                }
                Ok(Some(match method {
                    "first" | "last" => Value::Null,
                    "every" | "doesntcontain" => Value::Bool(true),
                    _ => Value::Bool(false),
                }))
            }
            "reduce" => {
                let mut carry = arguments.value(1, "initial");
                for item in items.values() {
                    carry = self.call_value(&callback, vec![carry, item.clone()])?;
                }
                Ok(Some(carry))
            }
            "tap" => {
                self.call_value(&callback, vec![Value::Object(id)])?;
                Ok(Some(Value::Object(id)))
            }
            "pipe" => self.call_value(&callback, vec![Value::Object(id)]).map(Some),
            "keyby" | "groupby" | "sortby" | "unique" => Ok(None),
            _ => Ok(None),
        }
    }

    fn collection_question(&mut self, items: &Array, method: &str, arguments: &Arguments) -> Outcome<Option<Value>> {
        let first = arguments.value(0, "key");
        Ok(Some(match method {
            "count" => count(items),
            "isempty" => Value::Bool(items.len() == 0),
            "isnotempty" => Value::Bool(items.len() > 0),
            "first" => items.values().next().cloned().unwrap_or_default(),
            "last" => items.values().last().cloned().unwrap_or_default(),
            "get" => {
                let found = operators::key(&first.likely()).and_then(|key| items.get(&key).cloned());
                found.unwrap_or_else(|| arguments.value(1, "default"))
            }
            "has" => Value::Bool(operators::key(&first.likely()).is_some_and(|key| items.get(&key).is_some())),
            "contains" | "doesntcontain" | "containsstrict" => {
                let found = if arguments.positional.len() > 1 {
                    let found = self.collection_where(items.clone(), "where", arguments)?;
                    found.len() > 0
                } else {
                    items.values().any(|item| operators::loosely_equal(item, &first))
                };
                Value::Bool(found == (method != "doesntcontain"))
            }
            "search" => {
                let found = items.entries.iter().find(|(_, item)| operators::loosely_equal(item, &first));
                found.map_or(Value::Bool(false), |(key, _)| key.value())
            }
            "implode" | "join" => {
                let glue = if arguments.positional.len() > 1 { arguments.value(1, "glue") } else { first.clone() };
                let mut texts = Vec::new();
                for item in items.values() {
                    let item = if arguments.positional.len() > 1 { self.data_get(item, &first)? } else { item.clone() };
                    texts.push(self.text_value(&item.likely())?);
                }
                Value::text(texts.join(&operators::text(&glue).unwrap_or_default()))
            }
            "firstwhere" => {
                let found = self.collection_where(items.clone(), "where", arguments)?;
                found.values().next().cloned().unwrap_or_default()
            }
            "sum" | "max" | "min" | "avg" => Value::unknown(Cause::Code(format!("the method {method}")), Value::Int(0)),
            _ => return Ok(None),
        }))
    }

    fn collection_where(&mut self, items: Array, method: &str, arguments: &Arguments) -> Outcome<Array> {
        let name = arguments.value(0, "key");
        let mut kept = Array::default();
        for (key, item) in items.entries {
            let field = self.data_get(&item, &name)?;
            let keeps = match method {
                "wherenull" => field.is_null(),
                "wherenotnull" => !field.is_null(),
                "wherein" | "wherenotin" => {
                    let list = self.items(&arguments.value(1, "values"))?.unwrap_or_default();
                    let found = list.values().any(|value| operators::loosely_equal(value, &field));
                    found == (method == "wherein")
                }
                _ => match (arguments.get(1, "operator"), arguments.get(2, "value")) {
                    (Some(value), None) => operators::loosely_equal(&field, value),
                    (Some(operator), Some(value)) => match operator.as_str().unwrap_or_default() {
                        "!=" | "<>" | "!==" => !operators::loosely_equal(&field, value),
                        ">" => operators::compare(&field, value).is_gt(),
                        "<" => operators::compare(&field, value).is_lt(),
                        ">=" => operators::compare(&field, value).is_ge(),
                        "<=" => operators::compare(&field, value).is_le(),
                        _ => operators::loosely_equal(&field, value),
                    },
                    _ => operators::truth(&field),
                },
            };
            if keeps {
                kept.set(key, item);
            }
        }
        Ok(kept)
    }
}
