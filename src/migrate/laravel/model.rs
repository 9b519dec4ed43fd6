//! Eloquent models, as far as migrations ask for them.

use crate::migrate::php::{ClassTarget, Machine, Object, Outcome, Value};

/// What the key of a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Integer,
    Uuid,
    Ulid,
}

/// A model's table and key.
#[derive(Clone, Debug)]
pub(crate) struct ModelFacts {
    pub table: String,
    pub key_name: String,
    pub foreign_key: String,
    pub key: KeyKind,
    pub connection: Option<String>,
}

impl Machine<'_> {
    /// The facts of a model that is given by class or object.
    pub(crate) fn model_facts(&mut self, model: &Value) -> Outcome<ModelFacts> {
        let class = match model {
            Value::Object(id) => match self.object(*id) {
                Object::Instance { class, .. } => Some(*class),
                _ => None,
            },
            value => {
                let name = self.known_text(value, "the class of a model")?;
                match self.named_class(&name) {
                    ClassTarget::Project(class) => Some(class),
                    ClassTarget::Named(name) => return Self::stuck(format!("the class {name} is not here")),
                }
            }
        };
        let Some(model) = class.and_then(|class| self.index.model(class)) else {
            return Self::stuck("a class is used as a model, and is none");
        };
        let Some(table) = model.table.clone() else { return Self::stuck(format!("the table of {} is not known", model.name)) };
        let uses = |name: &str| self.index.uses_trait(model.class, &format!("Illuminate\\Database\\Eloquent\\Concerns\\{name}"));
        let is_text = self.index.find_property(model.class, "keyType").is_some();
        let key = if uses("HasUlids") {
            KeyKind::Ulid
        } else if uses("HasUuids") || uses("HasVersion4Uuids") || is_text {
            KeyKind::Uuid
        } else {
            KeyKind::Integer
        };
        let base = crate::index::class_basename(&model.name);
        Ok(ModelFacts {
            table,
            key_name: model.primary_key.clone(),
            foreign_key: format!("{}_{}", crate::index::inflect::snake(base), model.primary_key),
            key,
            connection: model.connection.clone(),
        })
    }
}
