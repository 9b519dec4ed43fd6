//! Abstract values: provenance, constants, arrays by key, closures, and what a client adds.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use super::origin::{Origin, Origins, Root, Substitution};
use super::variables::Variables;
use crate::index::{BodyKey, Constant, ConstantKey};

/// What a client knows about a value.
pub trait Fact: Clone + PartialEq + Default + Debug + Send + Sync {
    /// Adds what another path knows; true where something changed.
    fn join(&mut self, other: &Self) -> bool;
}

/// A closure and the variables that it took along.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosureValue<F> {
    /// Its code.
    pub body: BodyKey,
    /// The variables around it, as far as it names them.
    pub captured: Variables<F>,
}

/// An array whose keys are known, wholly or in part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape<F> {
    /// Values by key; string and integer keys alike.
    pub items: BTreeMap<ConstantKey, Value<F>>,
    /// Other keys may exist, with such values.
    pub rest: Option<Value<F>>,
}

/// How a text ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownEnd {
    /// `.company_id` of `$table . '.company_id'`.
    Text(Arc<str>),
    /// A dot and a parameter of the function under analysis, by its position: `$table . '.' . $column`.
    Parameter(u16),
}

/// An abstract value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value<F> {
    /// Where it comes from.
    pub origins: Origins,
    /// Its constant value, where it has one on every path.
    pub constant: Option<Arc<Constant>>,
    /// How its text ends, where only that is known.
    pub known_end: Option<KnownEnd>,
    /// How its text begins, where only that is known: `ALTER TABLE calls DROP INDEX ` of an interpolated string.
    pub known_start: Option<Arc<str>>,
    /// What it holds, where it is an array literal or was built from one.
    pub shape: Option<Arc<Shape<F>>>,
    /// The closures that it may be.
    pub closures: Vec<ClosureValue<F>>,
    /// True where `null` is among its values.
    pub may_be_null: bool,
    /// What the client adds.
    pub fact: F,
}

/// Array items kept by key; a larger literal is known by its rest alone.
const SHAPE_LIMIT: usize = 256;

impl<F: Fact> Value<F> {
    /// A value of one source.
    #[must_use]
    pub fn of(root: Root) -> Self {
        Self { origins: Origins::one(root), ..Self::default() }
    }

    /// A value of given sources.
    #[must_use]
    pub fn from_origins(origins: Origins) -> Self {
        Self { origins, ..Self::default() }
    }

    /// A value of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::of(Root::Unknown)
    }

    /// A constant.
    #[must_use]
    pub fn constant(constant: Constant) -> Self {
        let may_be_null = constant == Constant::Null;
        Self { origins: Origins::one(Root::Literal), constant: Some(Arc::new(constant)), may_be_null, ..Self::default() }
    }

    /// How its text ends, as far as that is known.
    #[must_use]
    pub fn end(&self) -> Option<KnownEnd> {
        self.text().map(|text| KnownEnd::Text(text.into())).or_else(|| self.known_end.clone())
    }

    /// The parameter that it is, by its position.
    #[must_use]
    pub fn as_parameter(&self) -> Option<u16> {
        let mut origins = self.origins.iter();
        match (origins.next(), origins.next()) {
            (Some(Origin { root: Root::Parameter(position), path, .. }), None) if path.is_empty() && self.constant.is_none() => {
                Some(*position)
            }
            _ => None,
        }
    }

    /// The text of a constant string or class name.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.constant.as_deref() {
            Some(Constant::String(text) | Constant::Class(text)) => Some(text),
            _ => None,
        }
    }

    /// True for the constant `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.constant.as_deref() == Some(&Constant::Null)
    }

    /// The truth of a constant value.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match self.constant.as_deref()? {
            Constant::Float(_) => None,
            Constant::String(text) => Some(!text.is_empty() && text != "0"),
            Constant::Array(items) => Some(!items.is_empty()),
            constant => Some(!matches!(constant, Constant::Null | Constant::Bool(false) | Constant::Int(0))),
        }
    }

    /// Adds what another path knows; true where something changed.
    pub fn join(&mut self, other: &Self) -> bool {
        // `return null` beside `return ['id' => …]`: of the element, the array tells all there is.
        if self.is_null() && other.shape.is_some() {
            self.shape.clone_from(&other.shape);
        }
        let keeps_shape = other.is_null();
        let mut changed = self.join_origins(other);
        changed |= self.fact.join(&other.fact);
        if self.constant.is_some() && self.constant != other.constant {
            self.constant = None;
            changed = true;
        }
        if self.known_end != other.known_end {
            self.known_end = None;
        }
        if self.known_start != other.known_start {
            self.known_start = None;
        }
        if other.may_be_null && !self.may_be_null {
            self.may_be_null = true;
            changed = true;
        }
        if !keeps_shape {
            changed |= self.join_shape(other.shape.as_ref());
        }
        for closure in &other.closures {
            if !self.closures.iter().any(|known| known.body == closure.body) {
                self.closures.push(closure.clone());
                changed = true;
            }
        }
        changed
    }

    /// `$key ?? null` and `$key ?? 0` bring no source of their own.
    fn join_origins(&mut self, other: &Self) -> bool {
        match (self.is_void(), other.is_void()) {
            (false, true) => false,
            (true, false) => {
                self.origins.clone_from(&other.origins);
                true
            }
            _ => self.origins.join(&other.origins),
        }
    }

    /// True for the constants that stand for nothing: `null`, `false`, `0`, `-1` and the empty string.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.constant.as_deref().is_some_and(|constant| match constant {
            Constant::Null | Constant::Bool(false) | Constant::Int(0 | -1) => true,
            Constant::String(text) => text.is_empty(),
            _ => false,
        })
    }

    fn join_shape(&mut self, other: Option<&Arc<Shape<F>>>) -> bool {
        match (&mut self.shape, other) {
            (None, _) => false,
            (shape @ Some(_), None) => {
                *shape = None;
                true
            }
            (Some(mine), Some(other)) => {
                if Arc::ptr_eq(mine, other) || mine == other {
                    return false;
                }
                let mut merged = Shape { items: BTreeMap::new(), rest: mine.rest.clone() };
                for (key, value) in &mine.items {
                    match other.items.get(key) {
                        Some(theirs) => {
                            let mut value = value.clone();
                            value.join(theirs);
                            merged.items.insert(key.clone(), value);
                        }
                        None => merged.add_rest(value),
                    }
                }
                for (key, value) in &other.items {
                    if !mine.items.contains_key(key) {
                        merged.add_rest(value);
                    }
                }
                if let Some(rest) = &other.rest {
                    merged.add_rest(rest);
                }
                let changed = merged != **mine;
                *mine = Arc::new(merged);
                changed
            }
        }
    }

    /// What an element under a key is.
    #[must_use]
    pub fn element(&self, key: Option<&ConstantKey>) -> Self {
        let Some(shape) = &self.shape else {
            let origins = match key {
                Some(ConstantKey::String(name)) => self.origins.member(name, None),
                _ => self.origins.clone(),
            };
            return Self { origins, fact: self.fact.clone(), ..Self::default() };
        };
        if let Some(value) = key.and_then(|key| shape.items.get(key)) {
            return value.clone();
        }
        let mut all = shape.rest.clone().unwrap_or_default();
        if key.is_none() {
            shape.items.values().for_each(|value| {
                all.join(value);
            });
        }
        if all.origins.is_empty() {
            all.origins = Origins::unknown();
        }
        all.constant = None;
        all
    }

    /// The sources of an array beside those of its known elements: what it was before they were put into it.
    #[must_use]
    pub fn base(&self) -> Origins {
        let Some(shape) = &self.shape else { return self.origins.clone() };
        let mut elements: Vec<&Origin> = shape.items.values().chain(&shape.rest).flat_map(|item| item.origins.iter()).collect();
        elements.sort_unstable();
        elements.dedup();
        let mut base = Origins::none();
        for origin in self.origins.iter() {
            // Of more sources than are kept, one that is not known stands for the others.
            let stands_for_others = origin.root == Root::Unknown && elements.len() >= self.origins.iter().count();
            if elements.binary_search(&origin).is_err() && !stands_for_others {
                base.insert(origin.clone());
            }
        }
        base
    }

    /// True where it may be a closure or an array that holds one.
    #[must_use]
    pub fn holds_closure(&self) -> bool {
        let is_in = |shape: &Arc<Shape<F>>| shape.items.values().chain(&shape.rest).any(Self::holds_closure);
        !self.closures.is_empty() || self.shape.as_ref().is_some_and(is_in)
    }

    /// Puts a value under a key, or at the end.
    pub fn set_element(&mut self, key: Option<ConstantKey>, value: Self) {
        self.constant = None;
        self.origins.join(&value.origins);
        let mut shape = match self.shape.take() {
            Some(shape) => Arc::unwrap_or_clone(shape),
            None => Shape { items: BTreeMap::new(), rest: None },
        };
        match key {
            Some(key) if shape.items.len() < SHAPE_LIMIT => {
                shape.items.insert(key, value);
            }
            _ => shape.add_rest(&value),
        }
        self.shape = Some(Arc::new(shape));
    }

    /// Puts what a caller knows in the place of parameters and `$this`; `fact` tells what the client knows of a part.
    #[must_use]
    pub fn substitute(&self, actual: Substitution<'_>, fact: &dyn Fn(&Self) -> F) -> Self {
        let shape = self.shape.as_ref().map(|shape| {
            let items = shape.items.iter().map(|(key, value)| (key.clone(), value.substitute(actual, fact))).collect();
            Arc::new(Shape { items, rest: shape.rest.as_ref().map(|rest| rest.substitute(actual, fact)) })
        });
        Self {
            origins: self.origins.substitute(actual),
            constant: self.constant.clone(),
            known_end: self.known_end.clone().filter(|end| matches!(end, KnownEnd::Text(_))),
            known_start: self.known_start.clone(),
            shape,
            closures: Vec::new(),
            may_be_null: self.may_be_null,
            fact: fact(self),
        }
    }
}

impl<F: Fact> Shape<F> {
    fn add_rest(&mut self, value: &Value<F>) {
        match &mut self.rest {
            Some(rest) => {
                rest.join(value);
            }
            None => self.rest = Some(value.clone()),
        }
    }
}
