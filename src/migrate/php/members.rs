//! Properties, constants and classes of values.

use std::rc::Rc;

use super::calls::ClassTarget;
use super::machine::{Frame, Machine, Outcome};
use super::objects::Object;
use super::value::{Cause, ObjectId, Value};
use crate::hir::{ClassRef, FunctionName, MemberName, MemberNameKind};
use crate::index::ClassKey;

impl Machine<'_> {
    pub(super) fn property(&mut self, receiver: &Value, name: &str) -> Outcome<Value> {
        let Value::Object(id) = receiver else {
            return Ok(match receiver {
                Value::Unknown(unknown) => Value::unknown(unknown.cause.clone(), Value::Null),
                _ => Value::Null,
            });
        };
        Ok(match self.object(*id) {
            Object::Instance { properties, .. } => match properties.get(name) {
                Some(value) => value.clone(),
                None => return self.inherited_property(*id, name),
            },
            Object::Row(fields) => fields.at(name).cloned().unwrap_or_default(),
            Object::Fluent { attributes, .. } => attributes.at(name).cloned().unwrap_or_default(),
            Object::Exception(exception) => match name {
                "errorInfo" => match &exception.sql {
                    Some(error) => {
                        Value::list([Value::text(error.state), Value::Int(i64::from(error.errno)), Value::text(&error.message)])
                    }
                    None => Value::Null,
                },
                "message" => Value::text(&exception.message),
                "code" => exception.code.clone(),
                _ => Value::Null,
            },
            Object::Collection(_) | Object::Query(_) => Value::opaque(format!("the property {name}")),
            Object::Foreign { class } => Value::unknown(Cause::Code(format!("the property {name} of {class}")), Value::Null),
            _ => Value::Null,
        })
    }

    pub(super) fn set_property(&mut self, receiver: &Value, name: &str, value: Value) -> Outcome<()> {
        let Value::Object(id) = receiver else { return Ok(()) };
        match self.object_mut(*id) {
            Object::Instance { properties, .. } => {
                properties.insert(name.into(), value);
            }
            Object::Row(fields) => fields.set(name.into(), value),
            Object::Fluent { attributes, .. } => attributes.set(name.into(), value),
            Object::Blueprint(_) => return self.set_blueprint_property(*id, name, &value),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn static_property(&mut self, frame: &mut Frame, class: ClassRef, name: &str) -> Outcome<Value> {
        let ClassTarget::Project(class) = self.class_target(frame, class)? else {
            return Ok(Value::opaque(format!("the static property {name}")));
        };
        let Some((owner, property)) = self.index.find_property(class, name) else { return Ok(Value::Null) };
        if let Some(value) = self.statics.get(&(owner, Rc::from(name))) {
            return Ok(value.clone());
        }
        property.default.map_or(Ok(Value::Null), |default| self.initial(owner, default, class))
    }

    pub(super) fn set_static_property(&mut self, frame: &mut Frame, class: ClassRef, name: &str, value: Value) -> Outcome<()> {
        if let ClassTarget::Project(class) = self.class_target(frame, class)? {
            let owner = self.index.find_property(class, name).map_or(class, |(owner, _)| owner);
            self.statics.insert((owner, name.into()), value);
        }
        Ok(())
    }

    pub(super) fn class_constant(&mut self, frame: &mut Frame, class: ClassRef, name: MemberName) -> Outcome<Value> {
        let MemberNameKind::Fixed(name) = name.kind else { return Ok(Value::opaque("a constant with a computed name")) };
        let name = self.text_of(frame.body, name);
        let target = self.class_target(frame, class)?;
        if name.eq_ignore_ascii_case("class") {
            return Ok(Value::text(match &target {
                ClassTarget::Project(class) => self.index.class_name(*class),
                ClassTarget::Named(name) => name,
            }));
        }
        match target {
            ClassTarget::Project(class) => self.constant_of(class, name),
            ClassTarget::Named(class) => Ok(named_constant(&class, name)),
        }
    }

    fn constant_of(&mut self, class: ClassKey, name: &str) -> Outcome<Value> {
        if let Some((owner, constant)) = self.index.find_constant(class, name)
            && let Some(value) = constant.value
        {
            return self.initial(owner, value, class);
        }
        let hir = self.index.hir(class.file);
        if let Some(case) = self.index.class(class).cases.iter().find(|case| hir.text(case.name) == name) {
            let value = case.value.map(|value| self.initial(class, value, class)).transpose()?;
            let properties = [("name".into(), Value::text(name)), ("value".into(), value.unwrap_or_default())];
            return Ok(self.make(Object::Instance { class, properties: properties.into_iter().collect() }));
        }
        if self.index.external_parent(class).is_some() {
            return Ok(Value::opaque(format!("the constant {name}")));
        }
        self.throw("Error", format!("Undefined constant {}::{name}", self.index.class_name(class)))
    }

    pub(super) fn global_constant(&self, frame: &Frame, name: &FunctionName) -> Value {
        match self.text_of(frame.body, name.fallback.unwrap_or(name.name)) {
            "__DIR__" | "__FILE__" => {
                let path = self.files.paths.get(frame.body.file.0 as usize).map_or("", String::as_str);
                let is_file = self.text_of(frame.body, name.name).ends_with("FILE__");
                Value::text(if is_file { path } else { path.rsplit_once('/').map_or("", |(folder, _)| folder) })
            }
            "PHP_EOL" => Value::text("\n"),
            "PHP_INT_MAX" => Value::Int(i64::MAX),
            "DIRECTORY_SEPARATOR" => Value::text("/"),
            "PHP_OS" | "PHP_OS_FAMILY" => Value::text("Linux"),
            "PHP_VERSION" => Value::text("8.2.0"),
            "PHP_VERSION_ID" => Value::Int(80_200),
            "SORT_REGULAR" | "COUNT_NORMAL" | "FILE_IGNORE_NEW_LINES" => Value::Int(0),
            "ARRAY_FILTER_USE_KEY" => Value::Int(2),
            "ARRAY_FILTER_USE_BOTH" => Value::Int(1),
            "JSON_THROW_ON_ERROR" | "JSON_UNESCAPED_UNICODE" | "JSON_PRETTY_PRINT" | "JSON_UNESCAPED_SLASHES" => Value::Int(0),
            name => Value::opaque(format!("the constant {name}")),
        }
    }

    /// The class of an object, as `get_class` gives it.
    pub(crate) fn class_of(&self, id: ObjectId) -> String {
        match self.object(id) {
            Object::Instance { class, .. } => self.index.class_name(*class).to_owned(),
            Object::Blueprint(_) => "Illuminate\\Database\\Schema\\Blueprint".to_owned(),
            Object::Fluent { .. } => "Illuminate\\Database\\Schema\\ColumnDefinition".to_owned(),
            Object::Schema { .. } => "Illuminate\\Database\\Schema\\MySqlBuilder".to_owned(),
            Object::Connection { name } => {
                let is_mariadb = self.world.driver(name) == "mariadb";
                format!("Illuminate\\Database\\{}Connection", if is_mariadb { "MariaDb" } else { "MySql" })
            }
            Object::Query(_) => "Illuminate\\Database\\Query\\Builder".to_owned(),
            Object::Collection(_) => "Illuminate\\Support\\Collection".to_owned(),
            Object::Stringable(_) => "Illuminate\\Support\\Stringable".to_owned(),
            Object::Expression(_) => "Illuminate\\Database\\Query\\Expression".to_owned(),
            Object::Row(_) => "stdClass".to_owned(),
            Object::Exception(exception) => exception.class.clone(),
            Object::Foreign { class } => class.clone(),
        }
    }

    pub(super) fn instance_of(&mut self, frame: &mut Frame, value: &Value, class: ClassRef) -> Outcome<Value> {
        let name = match self.class_target(frame, class)? {
            ClassTarget::Project(class) => self.index.class_name(class).to_owned(),
            ClassTarget::Named(name) => name,
        };
        Ok(match value {
            Value::Object(id) => {
                let class = self.class_of(*id);
                let is_connection = matches!(self.object(*id), Object::Connection { .. });
                let is_parent = is_connection
                    && ["Connection", "ConnectionInterface", "MySqlConnection"].iter().any(|end| name.ends_with(end));
                Value::Bool(is_parent || self.is_exception(&class, &name))
            }
            Value::Closure(_) => Value::Bool(name.eq_ignore_ascii_case("Closure")),
            Value::Unknown(unknown) => Value::unknown(unknown.cause.clone(), Value::Bool(false)),
            _ => Value::Bool(false),
        })
    }
}

fn named_constant(class: &str, name: &str) -> Value {
    match (class.rsplit('\\').next().unwrap_or_default(), name) {
        ("PDO", "FETCH_ASSOC" | "ATTR_SERVER_VERSION" | "FETCH_COLUMN" | "FETCH_OBJ" | "ATTR_DRIVER_NAME") => Value::text(name),
        _ => Value::opaque(format!("the constant {class}::{name}")),
    }
}
