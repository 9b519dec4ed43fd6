//! The JSON schema of `mandant.toml`, for editors.

use serde_json::{Map, Value, json};

use super::shape::{Key, ROOT, Shape};

/// The schema, draft 2020-12. It comes from the table against which files are checked.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = table(ROOT, false);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("mandant.toml");
    schema
}

fn table(keys: &[Key], open: bool) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": open});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = value(&key.shape);
    schema["description"] = json!(key.about);
    schema
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Text | Shape::Glob => json!({"type": "string", "minLength": 1}),
        Shape::Version => json!({"type": "string", "pattern": r"^[vV]?\d+(\.(\d+|x|\*)){0,2}"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Count(least) => json!({"type": "integer", "minimum": least, "maximum": u32::MAX}),
        Shape::Size => json!({"anyOf": [
            {"type": "integer", "minimum": 1, "maximum": 1 << 30},
            {"type": "string", "pattern": r"^\d+ *([kKmM]?[iI]?[bB])?$"},
        ]}),
        // Editors see TOML's dates as text.
        Shape::Day => json!({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}),
        Shape::RuleOrQuestion => json!({"type": "string", "pattern": "^[a-z]+/[a-z-]+$"}),
        Shape::Family => json!({"type": "string", "pattern": "^[a-z]+$"}),
        Shape::Level => json!({"enum": ["off", "note", "warning", "error"]}),
        Shape::Flag => json!({"type": ["boolean", "number", "string"]}),
        Shape::List(item) => json!({"type": "array", "items": value(item)}),
        Shape::Map(item) => json!({"type": "object", "additionalProperties": value(item)}),
        Shape::ByRule(item) => {
            json!({"type": "object", "propertyNames": {"pattern": "^[a-z]+/[a-z-]+$"}, "additionalProperties": value(item)})
        }
        Shape::Table(keys) => table(keys, false),
        Shape::Tables { keys, open } => json!({"type": "array", "items": table(keys, *open)}),
    }
}
