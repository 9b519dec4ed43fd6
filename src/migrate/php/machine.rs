//! The machine: heap, world, trace, decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::objects::{Exception, Object};
use super::operators;
use super::value::{Array, Cause, ObjectId, Scope, Value};
use crate::finding::Location;
use crate::hir::ExprId;
use crate::index::{BodyKey, ClassKey, Index};
use crate::migrate::world::{Files, Step, World};

/// Expressions and statements that one run takes at most.
const FUEL: u32 = 2_000_000;
/// Calls within calls.
const MAX_DEPTH: u32 = 64;

/// Why code does not go on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Halt {
    /// An exception is on its way.
    Throw(ObjectId),
    /// `exit`
    Exit,
    /// What happens next cannot be known; why.
    Stuck(String),
}

pub(crate) type Outcome<T> = Result<T, Halt>;

/// Where control goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Flow {
    Next,
    Break(u32),
    Continue(u32),
    Return(Value),
}

/// A condition that was decided for one run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Decision {
    pub cause: Cause,
    /// The way it was decided.
    pub taken: bool,
    /// The way that is likely.
    pub likely: bool,
}

/// Conditions that depend on what is not known: given ones first, the likely way after them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decisions {
    pub given: Vec<bool>,
    pub made: Vec<Decision>,
}

/// What a run passed by, beside its statements.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// The calls that ran.
    pub visited: BTreeSet<(BodyKey, ExprId)>,
    /// The code asked what the schema holds.
    pub asked: bool,
}

/// One run of a migration.
pub(crate) struct Machine<'i> {
    pub index: &'i Index,
    pub files: &'i Files,
    pub world: World,
    pub heap: Vec<Object>,
    pub decisions: Decisions,
    /// Values that were taken as likely, and why they are not known.
    pub assumed: BTreeSet<Cause>,
    /// What was done to databases.
    pub steps: Vec<Step>,
    /// What could not be followed, and why.
    pub gaps: Vec<(Option<Location>, String)>,
    /// Where the code being run stands: the innermost call.
    pub at: Vec<Location>,
    /// The calls that asked for columns and commands of Blueprints.
    pub places: BTreeMap<ObjectId, Location>,
    pub trace: Trace,
    /// A statement that the server refuses is told and passed over, as if it were not there.
    pub mends: bool,
    /// `try` blocks around the code being run.
    pub tries: u32,
    pub statics: BTreeMap<(ClassKey, Rc<str>), Value>,
    pub configuration: BTreeMap<String, Value>,
    pub overridden: BTreeMap<String, Value>,
    fuel: u32,
    pub depth: u32,
}

/// A body at work.
pub(crate) struct Frame {
    pub body: BodyKey,
    pub this: Option<ObjectId>,
    /// What `static` means.
    pub class: Option<ClassKey>,
    pub scope: Scope,
    /// The arguments, for `func_get_args`.
    pub arguments: Vec<Value>,
}

impl<'i> Machine<'i> {
    pub(crate) fn new(index: &'i Index, files: &'i Files, world: World, given: Vec<bool>) -> Self {
        Self {
            index,
            files,
            world,
            heap: Vec::new(),
            decisions: Decisions { given, made: Vec::new() },
            assumed: BTreeSet::new(),
            steps: Vec::new(),
            gaps: Vec::new(),
            at: Vec::new(),
            places: BTreeMap::new(),
            trace: Trace::default(),
            mends: false,
            tries: 0,
            statics: BTreeMap::new(),
            configuration: BTreeMap::new(),
            overridden: BTreeMap::new(),
            fuel: FUEL,
            depth: 0,
        }
    }

    pub(super) fn burn(&mut self) -> Outcome<()> {
        match self.fuel.checked_sub(1) {
            Some(fuel) => {
                self.fuel = fuel;
                Ok(())
            }
            None => Err(Halt::Stuck("the code runs for too long".to_owned())),
        }
    }

    pub(super) fn enter(&mut self) -> Outcome<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Halt::Stuck("calls are nested too deeply".to_owned()));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn text_of(&self, body: BodyKey, symbol: crate::hir::Symbol) -> &'i str {
        self.index.hir(body.file).text(symbol)
    }

    pub(super) fn location(&self, body: BodyKey, expr: ExprId) -> Location {
        Location::new(body.file, self.index.body(body).expr_span(expr))
    }

    /// The innermost call in the migration's own file.
    pub(crate) fn own_place(&self) -> Option<Location> {
        let file = self.at.first()?.file;
        self.at.iter().rev().find(|at| at.file == file).copied()
    }

    /// Notes which call asked for a column or a command; of a chain the last one, which spans it.
    pub(crate) fn note_place(&mut self, id: ObjectId) {
        if let Some(at) = self.own_place() {
            self.places.insert(id, at);
        }
    }

    // Objects

    pub(crate) fn new_object(&mut self, object: Object) -> ObjectId {
        let id = ObjectId(u32::try_from(self.heap.len()).unwrap_or(u32::MAX));
        self.heap.push(object);
        id
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        &self.heap[id.0 as usize]
    }

    pub(crate) fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        &mut self.heap[id.0 as usize]
    }

    pub(crate) fn make(&mut self, object: Object) -> Value {
        Value::Object(self.new_object(object))
    }

    pub(crate) fn collection(&mut self, array: Array) -> Value {
        self.make(Object::Collection(array))
    }

    // Errors

    pub(crate) fn throw<T>(&mut self, class: &str, message: impl Into<String>) -> Outcome<T> {
        let exception = Exception {
            class: class.to_owned(),
            message: message.into(),
            code: Value::Int(0),
            previous: Value::Null,
            sql: None,
            statement: None,
        };
        Err(Halt::Throw(self.new_object(Object::Exception(Box::new(exception)))))
    }

    pub(crate) fn stuck<T>(reason: impl Into<String>) -> Outcome<T> {
        Err(Halt::Stuck(reason.into()))
    }

    // What is not known

    /// The truth of a value. Where it is not known it is decided.
    pub(crate) fn truth(&mut self, value: &Value) -> Outcome<bool> {
        match value {
            Value::Unknown(unknown) => {
                let likely = operators::truth(&unknown.likely);
                Ok(self.decide(unknown.cause.clone(), likely))
            }
            known => Ok(operators::truth(known)),
        }
    }

    pub(crate) fn decide(&mut self, cause: Cause, likely: bool) -> bool {
        let taken = self.decisions.given.get(self.decisions.made.len()).copied().unwrap_or(likely);
        self.decisions.made.push(Decision { cause, taken, likely });
        taken
    }

    /// A value that is needed. One that is not known is taken as it likely is, where an assumption may say so.
    pub(crate) fn known(&mut self, value: &Value, what: &str) -> Outcome<Value> {
        match value.cause() {
            None => Ok(value.clone()),
            Some(cause) if cause.is_assumable() => {
                self.assumed.insert(cause.clone());
                Ok(value.likely())
            }
            Some(Cause::Code(reason)) => Err(Halt::Stuck(format!("{what}: {reason}"))),
            Some(_) => Ok(value.likely()),
        }
    }

    /// A text that is needed.
    pub(crate) fn known_text(&mut self, value: &Value, what: &str) -> Outcome<Rc<str>> {
        let value = self.known(value, what)?;
        self.text_value(&value)
    }

    /// The text of a value, objects that have one included.
    pub(crate) fn text_value(&mut self, value: &Value) -> Outcome<Rc<str>> {
        if let Some(text) = operators::text(value) {
            return Ok(text);
        }
        match value {
            Value::Object(id) => match self.object(*id).clone() {
                Object::Stringable(text) => Ok(text),
                Object::Expression(inner) => self.text_value(&inner),
                Object::Exception(exception) => Ok(exception.message.as_str().into()),
                Object::Instance { class, .. } if self.index.find_method(class, "__toString").is_some() => {
                    let text = self.call_method(*id, "__toString", Vec::new())?;
                    self.text_value(&text)
                }
                _ => Self::stuck("an object is used as a text"),
            },
            Value::Array(_) => Ok("Array".into()),
            _ => Self::stuck("a closure is used as a text"),
        }
    }
}
