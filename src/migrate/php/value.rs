//! Values of PHP, and those that are not known.

use std::rc::Rc;

use crate::index::{BodyKey, ClassKey};

/// Why a value is not known here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// Depends on the rows of a table.
    Rows(String),
    /// A variable of the environment.
    Environment(String),
    /// A key of the configuration.
    Configuration(String),
    /// The time, or chance.
    Clock,
    /// A class or function whose code is not here.
    Code(String),
}

impl Cause {
    /// True where a listed assumption settles it.
    pub(crate) const fn is_assumable(&self) -> bool {
        !matches!(self, Self::Code(_))
    }
}

/// A value that is not known: why, and the one that it most likely has.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unknown {
    pub cause: Cause,
    /// Known throughout; null where nothing is likely.
    pub likely: Value,
}

/// A key of an array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    Int(i64),
    Text(Rc<str>),
}

impl Key {
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Text(text) => Value::Text(Rc::clone(text)),
        }
    }
}

impl From<&str> for Key {
    /// A text that spells an integer is one.
    fn from(text: &str) -> Self {
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Self::Int(number),
            _ => Self::Text(text.into()),
        }
    }
}

/// An array: a list or a map, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Array {
    pub entries: Vec<(Key, Value)>,
    next: i64,
}

impl Array {
    pub(crate) fn list(values: impl IntoIterator<Item = Value>) -> Self {
        let mut array = Self::default();
        for value in values {
            array.push(value);
        }
        array
    }

    pub(crate) fn map<'k>(entries: impl IntoIterator<Item = (&'k str, Value)>) -> Self {
        let mut array = Self::default();
        for (key, value) in entries {
            array.set(key.into(), value);
        }
        array
    }

    pub(crate) fn push(&mut self, value: Value) {
        self.entries.push((Key::Int(self.next), value));
        self.next = self.next.saturating_add(1);
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Value> {
        self.entries.iter().find(|(found, _)| found == key).map(|(_, value)| value)
    }

    pub(crate) fn at(&self, key: &str) -> Option<&Value> {
        self.get(&key.into())
    }

    pub(crate) fn set(&mut self, key: Key, value: Value) {
        if let Some((_, found)) = self.entries.iter_mut().find(|(found, _)| *found == key) {
            *found = value;
            return;
        }
        if let Key::Int(number) = key {
            self.next = self.next.max(number.saturating_add(1));
        }
        self.entries.push((key, value));
    }

    pub(crate) fn remove(&mut self, key: &Key) {
        self.entries.retain(|(found, _)| found != key);
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Value> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_list(&self) -> bool {
        (0..).zip(&self.entries).all(|(place, (key, _))| *key == Key::Int(place))
    }
}

impl FromIterator<(Key, Value)> for Array {
    fn from_iter<T: IntoIterator<Item = (Key, Value)>>(entries: T) -> Self {
        let mut array = Self::default();
        for (key, value) in entries {
            array.set(key, value);
        }
        array
    }
}

/// The place of a variable; several names may share one.
pub(crate) type Slot = Rc<std::cell::RefCell<Value>>;

/// Variables by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scope {
    slots: std::collections::BTreeMap<Rc<str>, Slot>,
}

impl Scope {
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.slots.get(name).map(|slot| slot.borrow().clone())
    }

    pub(crate) fn set(&mut self, name: &str, value: Value) {
        match self.slots.get(name) {
            Some(slot) => {
                slot.replace(value);
            }
            None => {
                self.slots.insert(name.into(), Slot::new(value.into()));
            }
        }
    }

    /// The place of a variable, made where there is none.
    pub(crate) fn slot(&mut self, name: &str) -> Slot {
        Rc::clone(self.slots.entry(name.into()).or_default())
    }

    /// Lets a name stand for a place.
    pub(crate) fn share(&mut self, name: &str, slot: Slot) {
        self.slots.insert(name.into(), slot);
    }

    pub(crate) fn unset(&mut self, name: &str) {
        self.slots.remove(name);
    }

    /// The same variables at places of their own.
    pub(crate) fn copy(&self) -> Self {
        let copied = |(name, slot): (&Rc<str>, &Slot)| (Rc::clone(name), Slot::new(slot.borrow().clone().into()));
        Self { slots: self.slots.iter().map(copied).collect() }
    }
}

/// A closure or a method as a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Closure {
    pub body: BodyKey,
    pub this: Option<ObjectId>,
    pub class: Option<ClassKey>,
    /// The variables that it captured by value, or all around an arrow function.
    pub captured: Scope,
    /// `fn`
    pub is_arrow: bool,
}

/// A place on the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectId(pub u32);

/// A value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    Array(Rc<Array>),
    Object(ObjectId),
    Closure(Rc<Closure>),
    /// A class by its name, from `X::class`: a text in every respect.
    Unknown(Rc<Unknown>),
}

impl Value {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Rc::from(text.as_ref()))
    }

    pub(crate) fn array(array: Array) -> Self {
        Self::Array(Rc::new(array))
    }

    pub(crate) fn list(values: impl IntoIterator<Item = Self>) -> Self {
        Self::array(Array::list(values))
    }

    pub(crate) fn unknown(cause: Cause, likely: Self) -> Self {
        let likely = likely.likely();
        Self::Unknown(Rc::new(Unknown { cause, likely }))
    }

    /// A value of code that is not here.
    pub(crate) fn opaque(what: impl Into<String>) -> Self {
        Self::unknown(Cause::Code(what.into()), Self::Null)
    }

    /// The value that it most likely has.
    pub(crate) fn likely(&self) -> Self {
        match self {
            Self::Unknown(unknown) => unknown.likely.clone(),
            Self::Array(array) if array.values().any(|value| value.cause().is_some()) => {
                Self::array(array.entries.iter().map(|(key, value)| (key.clone(), value.likely())).collect())
            }
            known => known.clone(),
        }
    }

    /// Why it is not known, or an item of it.
    pub(crate) fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Unknown(unknown) => Some(&unknown.cause),
            Self::Array(array) => array.values().find_map(Self::cause),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    pub(crate) const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
