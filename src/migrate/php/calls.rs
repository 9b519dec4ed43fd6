//! Calls: functions, methods, closures, constructors.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::machine::{Flow, Frame, Machine, Outcome};
use super::objects::{Exception, Object};
use super::value::{Array, Closure, Key, ObjectId, Scope, Value};
use crate::hir::{Argument, Callee, ClassRef, ExprId, FunctionName};
use crate::index::{BodyKey, ClassKey, MethodRef};

/// The arguments of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub positional: Vec<Value>,
    pub named: Vec<(Rc<str>, Value)>,
}

impl Arguments {
    /// An argument by its place or its name.
    pub(crate) fn get(&self, place: usize, name: &str) -> Option<&Value> {
        self.positional.get(place).or_else(|| self.named.iter().find(|(found, _)| **found == *name).map(|(_, value)| value))
    }

    /// An argument that is not null.
    pub(crate) fn given(&self, place: usize, name: &str) -> Option<&Value> {
        self.get(place, name).filter(|value| !value.is_null())
    }

    /// An argument; null where there is none.
    pub(crate) fn value(&self, place: usize, name: &str) -> Value {
        self.get(place, name).cloned().unwrap_or_default()
    }
}

impl From<Vec<Value>> for Arguments {
    fn from(positional: Vec<Value>) -> Self {
        Self { positional, named: Vec::new() }
    }
}

/// A class in an expression: of the project, or a name.
pub(crate) enum ClassTarget {
    Project(ClassKey),
    Named(String),
}

impl Machine<'_> {
    pub(super) fn call_expr(
        &mut self,
        frame: &mut Frame,
        callee: &Callee,
        arguments: &[Argument],
        first_class: bool,
    ) -> Outcome<Value> {
        if first_class {
            return Ok(Value::opaque("a function is taken as a value"));
        }
        match callee {
            Callee::Function(name) => self.call_function_expr(frame, name, arguments),
            Callee::Value(callee) => {
                let callee = self.eval(frame, *callee)?;
                let arguments = self.arguments(frame, arguments)?;
                self.call_value(&callee, arguments)
            }
            Callee::Method { receiver, name, null_safe } => {
                let receiver = self.eval(frame, *receiver)?;
                if receiver.is_null() && *null_safe {
                    return Ok(Value::Null);
                }
                let name = self.member_name(frame, *name)?;
                let arguments = self.arguments(frame, arguments)?;
                self.call_on(&receiver, &name, arguments)
            }
            Callee::Static { class, name } => {
                let target = self.class_target(frame, *class)?;
                let is_parent = matches!(class, ClassRef::ParentClass);
                let name = self.member_name(frame, *name)?;
                let arguments = self.arguments(frame, arguments)?;
                self.call_static(frame, target, is_parent, &name, arguments)
            }
            Callee::New(class) => {
                let target = self.class_target(frame, *class)?;
                let arguments = self.arguments(frame, arguments)?;
                self.construct(target, arguments)
            }
        }
    }

    fn arguments(&mut self, frame: &mut Frame, arguments: &[Argument]) -> Outcome<Arguments> {
        let mut found = Arguments::default();
        for argument in arguments {
            let value = self.eval(frame, argument.value)?;
            if argument.spread {
                for (key, value) in self.items(&value)?.unwrap_or_default().entries {
                    match key {
                        Key::Int(_) => found.positional.push(value),
                        Key::Text(name) => found.named.push((name, value)),
                    }
                }
            } else if let Some(name) = argument.name {
                found.named.push((self.text_of(frame.body, name).into(), value));
            } else {
                found.positional.push(value);
            }
        }
        Ok(found)
    }

    fn call_function_expr(&mut self, frame: &mut Frame, name: &FunctionName, arguments: &[Argument]) -> Outcome<Value> {
        let hir = self.index.hir(frame.body.file);
        if let Some(function) = self.index.function(hir, name) {
            let body = self.index.function_body(function);
            let arguments = self.arguments(frame, arguments)?;
            return self.run_body(body, None, None, Scope::default(), arguments);
        }
        let name = self.text_of(frame.body, name.fallback.unwrap_or(name.name)).to_ascii_lowercase();
        match name.as_str() {
            "func_get_args" => return Ok(Value::list(frame.arguments.clone())),
            "get_class" if arguments.is_empty() => {
                let class = self.self_class(frame).map(|class| self.index.class_name(class).to_owned());
                return Ok(class.map_or(Value::Null, Value::text));
            }
            "compact" => return self.compact(frame, arguments),
            _ => {}
        }
        let values = self.arguments(frame, arguments)?;
        if let Some(first) = arguments.first()
            && let Some((result, changed)) = self.call_by_reference(&name, &values)?
        {
            self.assign_argument(frame, first.value, changed)?;
            return Ok(result);
        }
        self.call_function(&name, values)
    }

    fn assign_argument(&mut self, frame: &mut Frame, target: ExprId, value: Value) -> Outcome<()> {
        self.assign(frame, target, value)
    }

    fn compact(&mut self, frame: &mut Frame, arguments: &[Argument]) -> Outcome<Value> {
        let mut array = Array::default();
        for name in self.arguments(frame, arguments)?.positional {
            let name = self.known_text(&name, "the name of a variable")?;
            array.set(name.as_ref().into(), frame.scope.get(&name).unwrap_or_default());
        }
        Ok(Value::array(array))
    }

    /// Calls a value: a closure, an object with `__invoke`, the name of a function, `[$object, 'method']`.
    pub(crate) fn call_value(&mut self, callee: &Value, arguments: impl Into<Arguments>) -> Outcome<Value> {
        let arguments = arguments.into();
        match callee {
            Value::Closure(closure) => {
                let closure: Rc<Closure> = Rc::clone(closure);
                let scope = if closure.is_arrow { closure.captured.copy() } else { closure.captured.clone() };
                self.run_body(closure.body, closure.this, closure.class, scope, arguments)
            }
            Value::Object(_) => self.call_on(callee, "__invoke", arguments),
            Value::Text(name) => {
                let name = name.to_ascii_lowercase();
                match self.index.function_named(&name) {
                    Some(function) => {
                        let body = self.index.function_body(function);
                        self.run_body(body, None, None, Scope::default(), arguments)
                    }
                    None => self.call_function(&name, arguments),
                }
            }
            Value::Array(pair) if pair.len() == 2 => {
                let (object, method) = (self.item(callee, &Value::Int(0))?, self.item(callee, &Value::Int(1))?);
                let method = self.known_text(&method, "the name of a method")?;
                self.call_on(&object, &method, arguments)
            }
            other => Ok(other
                .cause()
                .cloned()
                .map_or_else(|| Value::opaque("what is called is no function"), |cause| Value::unknown(cause, Value::Null))),
        }
    }

    /// Runs the code of a function, method or closure.
    pub(crate) fn run_body(
        &mut self,
        body: BodyKey,
        this: Option<ObjectId>,
        class: Option<ClassKey>,
        scope: Scope,
        arguments: Arguments,
    ) -> Outcome<Value> {
        self.enter()?;
        let mut frame = Frame { body, this, class, scope, arguments: arguments.positional.clone() };
        self.bind(&mut frame, arguments)?;
        let block = &self.index.body(body).block;
        let flow = self.block(&mut frame, block)?;
        self.leave();
        Ok(match flow {
            Flow::Return(value) => value,
            _ => Value::Null,
        })
    }

    fn bind(&mut self, frame: &mut Frame, arguments: Arguments) -> Outcome<()> {
        let Some(signature) = self.index.signature(frame.body) else { return Ok(()) };
        for (place, parameter) in signature.parameters.iter().enumerate() {
            let name = self.text_of(frame.body, parameter.name);
            if parameter.variadic {
                let rest = arguments.positional.get(place..).unwrap_or_default().to_vec();
                frame.scope.set(name, Value::list(rest));
                break;
            }
            // A parameter is a variable of its own, also where the closure captured one of the same name.
            frame.scope.unset(name);
            match (arguments.get(place, name), parameter.default) {
                (Some(value), _) => frame.scope.set(name, value.clone()),
                (None, Some(default)) => {
                    let value = self.eval(frame, default)?;
                    frame.scope.set(name, value);
                }
                (None, None) => {
                    return self.throw("ArgumentCountError", format!("Too few arguments to function: ${name} is missing"));
                }
            }
            if parameter.promoted
                && let Some(this) = frame.this
            {
                let value = frame.scope.get(name).unwrap_or_default();
                self.set_property(&Value::Object(this), name, value)?;
            }
        }
        Ok(())
    }

    /// Calls a method of a value.
    pub(crate) fn call_on(&mut self, receiver: &Value, name: &str, arguments: Arguments) -> Outcome<Value> {
        match receiver {
            Value::Object(id) => self.call_method(*id, name, arguments),
            Value::Closure(closure) => match name.to_ascii_lowercase().as_str() {
                "call" => {
                    let mut arguments = arguments;
                    let this = if arguments.positional.is_empty() { Value::Null } else { arguments.positional.remove(0) };
                    self.call_value(&bound(closure, &this), arguments)
                }
                "bindto" | "bind" => Ok(bound(closure, &arguments.value(0, "newThis"))),
                _ => self.call_value(receiver, arguments),
            },
            Value::Unknown(unknown) => {
                let cause = unknown.cause.clone();
                self.touch_closures(&arguments)?;
                Ok(Value::unknown(cause, Value::Null))
            }
            Value::Null => self.throw("Error", format!("Call to a member function {name}() on null")),
            _ => self.throw("Error", format!("Call to a member function {name}() on a value that is no object")),
        }
    }

    /// Code that is handed to what is not known may or may not run.
    pub(crate) fn touch_closures(&mut self, arguments: &Arguments) -> Outcome<()> {
        for value in arguments.positional.iter().chain(arguments.named.iter().map(|(_, value)| value)) {
            if let Value::Closure(closure) = value
                && self.touches_schema(closure.body)
            {
                return Self::stuck("a closure that changes the schema is handed to code that is not here");
            }
        }
        Ok(())
    }

    fn touches_schema(&self, body: BodyKey) -> bool {
        let is_schema = |body: BodyKey| {
            self.index.body(body).exprs().any(|(_, expr)| match expr {
                crate::hir::Expr::Call { callee: Callee::Static { class: ClassRef::Named(name), .. }, .. } => {
                    let name = self.text_of(body, name.name);
                    name.ends_with("Schema") || name == "DB" || name.ends_with("Facades\\DB")
                }
                _ => false,
            })
        };
        is_schema(body) || self.index.closures_within(body).into_iter().any(is_schema)
    }

    /// Calls a method of an object.
    pub(crate) fn call_method(&mut self, id: ObjectId, name: &str, arguments: impl Into<Arguments>) -> Outcome<Value> {
        let arguments = arguments.into();
        if let Object::Instance { class, .. } = self.object(id) {
            let class = *class;
            if let Some(method) = self.index.find_method(class, name) {
                return self.run_method(method, class, Some(id), arguments);
            }
            return self.call_inherited(id, class, name, arguments);
        }
        self.call_native(id, name, arguments)
    }

    pub(crate) fn run_method(
        &mut self,
        method: MethodRef,
        class: ClassKey,
        this: Option<ObjectId>,
        arguments: Arguments,
    ) -> Outcome<Value> {
        let this = this.filter(|_| !self.index.method(method).is_static);
        let body = self.index.method_body(method);
        if self.index.method(method).is_abstract {
            return Ok(Value::opaque(format!("{} is abstract", self.index.method_name(method))));
        }
        self.run_body(body, this, Some(class), Scope::default(), arguments)
    }

    pub(super) fn class_target(&mut self, frame: &mut Frame, class: ClassRef) -> Outcome<ClassTarget> {
        Ok(match class {
            ClassRef::Named(name) => self.named_class(self.text_of(frame.body, name.name)),
            ClassRef::SelfClass => match self.self_class(frame) {
                Some(class) => ClassTarget::Project(class),
                None => ClassTarget::Named("self".to_owned()),
            },
            ClassRef::StaticClass => match frame.class.or_else(|| self.self_class(frame)) {
                Some(class) => ClassTarget::Project(class),
                None => ClassTarget::Named("static".to_owned()),
            },
            ClassRef::ParentClass => {
                let class = self.self_class(frame);
                match class.and_then(|class| self.index.parent(class)) {
                    Some(parent) => ClassTarget::Project(parent),
                    None => ClassTarget::Named(
                        class.and_then(|class| self.index.external_parent(class)).unwrap_or("parent").to_owned(),
                    ),
                }
            }
            ClassRef::Anonymous(class) => ClassTarget::Project(ClassKey::new(frame.body.file, class)),
            ClassRef::Dynamic(expr) => {
                let value = self.eval(frame, expr)?;
                match &value {
                    Value::Object(id) => match self.object(*id) {
                        Object::Instance { class, .. } => ClassTarget::Project(*class),
                        _ => ClassTarget::Named(self.class_of(*id)),
                    },
                    value => {
                        let name = self.known_text(value, "the name of a class")?;
                        self.named_class(&name)
                    }
                }
            }
        })
    }

    pub(crate) fn named_class(&self, name: &str) -> ClassTarget {
        match self.index.resolve_class(name) {
            Some(class) => ClassTarget::Project(class),
            None => ClassTarget::Named(name.trim_start_matches('\\').to_owned()),
        }
    }

    fn call_static(
        &mut self,
        frame: &mut Frame,
        target: ClassTarget,
        is_parent: bool,
        name: &str,
        arguments: Arguments,
    ) -> Outcome<Value> {
        match target {
            ClassTarget::Project(class) => {
                if let Some(method) = self.index.find_method(class, name) {
                    // `parent::up()` and `self::helper()` keep the object.
                    let of_this = frame.this.filter(|this| match self.object(*this) {
                        Object::Instance { class: own, .. } => *own == class || self.index.parents(*own).contains(&class),
                        _ => false,
                    });
                    let class = if of_this.is_some() { frame.class.unwrap_or(class) } else { class };
                    return self.run_method(method, class, of_this, arguments);
                }
                if is_parent && let Some(this) = frame.this {
                    return self.call_inherited(this, class, name, arguments);
                }
                self.call_static_inherited(class, name, arguments)
            }
            ClassTarget::Named(class) if is_parent => match frame.this {
                Some(this) => {
                    let own = frame.class.or_else(|| self.self_class(frame));
                    match own {
                        Some(own) => self.call_inherited(this, own, name, arguments),
                        None => self.call_facade(&class, name, arguments),
                    }
                }
                None => self.call_facade(&class, name, arguments),
            },
            ClassTarget::Named(class) => self.call_facade(&class, name, arguments),
        }
    }

    pub(crate) fn construct(&mut self, target: ClassTarget, arguments: Arguments) -> Outcome<Value> {
        match target {
            ClassTarget::Project(class) => {
                if self.index.is_a(class, "Throwable") {
                    return Ok(self.new_exception(self.index.class_name(class), &arguments));
                }
                let value = self.instance(class)?;
                let Value::Object(id) = value else { return Ok(value) };
                if let Some(method) = self.index.find_method(class, "__construct") {
                    self.run_method(method, class, Some(id), arguments)?;
                }
                Ok(value)
            }
            ClassTarget::Named(class) => self.construct_named(&class, &arguments),
        }
    }

    /// An object of a class of the project, with the initial values of its properties.
    pub(crate) fn instance(&mut self, class: ClassKey) -> Outcome<Value> {
        let id = self.new_object(Object::Instance { class, properties: BTreeMap::new() });
        let mut lineage = self.index.parents(class);
        lineage.reverse();
        lineage.extend(self.index.traits(class));
        lineage.push(class);
        for owner in lineage {
            for property in &self.index.class(owner).properties {
                if property.is_static || property.promoted {
                    continue;
                }
                let name: Rc<str> = self.index.hir(owner.file).text(property.name).into();
                let value = match property.default {
                    Some(default) => self.initial(owner, default, class)?,
                    None => Value::Null,
                };
                if let Object::Instance { properties, .. } = self.object_mut(id) {
                    properties.insert(name, value);
                }
            }
        }
        Ok(Value::Object(id))
    }

    /// An initial value of a property or constant.
    pub(crate) fn initial(&mut self, owner: ClassKey, value: crate::hir::ExprRef, class: ClassKey) -> Outcome<Value> {
        self.enter()?;
        let mut frame = Frame {
            body: BodyKey::new(owner.file, value.body),
            this: None,
            class: Some(class),
            scope: Scope::default(),
            arguments: Vec::new(),
        };
        let value = self.eval(&mut frame, value.expr);
        self.leave();
        value
    }

    pub(crate) fn new_exception(&mut self, class: &str, arguments: &Arguments) -> Value {
        let message = arguments.value(0, "message").likely();
        let message = super::operators::text(&message).unwrap_or_default().to_string();
        self.make(Object::Exception(Box::new(Exception {
            class: class.trim_start_matches('\\').to_owned(),
            message,
            code: arguments.get(1, "code").cloned().unwrap_or(Value::Int(0)),
            previous: arguments.value(2, "previous"),
            sql: None,
            statement: None,
        })))
    }
}

/// A closure with another `$this`.
fn bound(closure: &Closure, this: &Value) -> Value {
    let mut closure = closure.clone();
    if let Value::Object(id) = this {
        closure.this = Some(*id);
    }
    Value::Closure(Rc::new(closure))
}
