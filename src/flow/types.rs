//! The types that expressions may have: what resolving a call needs, and no more.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

/// One type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// An object of a class, on disk or not.
    Instance(Arc<str>),
    /// The name of a class as a value.
    ClassName(Arc<str>),
    /// A builder or relation of a model; none where the model is not known.
    Query(Option<Arc<str>>),
    /// A builder without a model.
    TableQuery,
    /// An array, collection or paginator whose elements have a type.
    Many(Box<Self>),
    /// An array of anything.
    Array,
    /// A closure.
    Closure,
    /// A string, number or boolean.
    Scalar,
    /// `null`
    Null,
}

/// The types that an expression may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Types {
    // Nearly every expression has one type at most.
    known: SmallVec<[Type; 1]>,
    open: bool,
}

/// Beyond this many alternatives an expression counts as unknown.
const LIMIT: usize = 12;

impl Types {
    /// Nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self { known: SmallVec::new(), open: true }
    }

    /// No value at all: an expression that has not been reached.
    #[must_use]
    pub fn none() -> Self {
        Self { known: SmallVec::new(), open: false }
    }

    /// Exactly one type.
    #[must_use]
    pub fn one(only: Type) -> Self {
        Self { known: smallvec![only], open: false }
    }

    /// An object of a class.
    #[must_use]
    pub fn instance(class: &str) -> Self {
        Self::one(Type::Instance(class.into()))
    }

    /// Adds the alternatives of another set.
    pub fn join(&mut self, other: &Self) {
        self.open |= other.open;
        for one in &other.known {
            self.insert(one.clone());
        }
    }

    /// Adds one alternative.
    pub fn insert(&mut self, one: Type) {
        if let Err(place) = self.known.binary_search(&one) {
            if self.known.len() >= LIMIT {
                self.open = true;
            } else {
                self.known.insert(place, one);
            }
        }
    }

    /// The known alternatives, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Type> {
        self.known.iter()
    }

    /// True where the value may be of a type that is not listed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// True where nothing useful is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.known.iter().all(|one| *one == Type::Null)
    }

    /// Classes of the objects that it may be.
    pub fn classes(&self) -> impl Iterator<Item = &Arc<str>> {
        self.known.iter().filter_map(|one| match one {
            Type::Instance(class) => Some(class),
            _ => None,
        })
    }

    /// Classes whose names it may be.
    pub fn class_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.known.iter().filter_map(|one| match one {
            Type::ClassName(class) => Some(class),
            _ => None,
        })
    }

    /// The element's types, for arrays and collections.
    #[must_use]
    pub fn elements(&self) -> Self {
        let mut elements = Self::none();
        for one in &self.known {
            match one {
                Type::Many(element) => elements.insert((**element).clone()),
                Type::Null => {}
                _ => elements.open = true,
            }
        }
        elements.open |= self.open || elements.known.is_empty();
        elements
    }

    /// Collections of these types.
    #[must_use]
    pub fn many(&self) -> Self {
        let mut many = Self::none();
        for one in &self.known {
            many.insert(Type::Many(Box::new(one.clone())));
        }
        if many.known.is_empty() {
            many.insert(Type::Array);
        }
        many
    }
}

impl FromIterator<Type> for Types {
    fn from_iter<I: IntoIterator<Item = Type>>(iter: I) -> Self {
        let mut types = Self::none();
        for one in iter {
            types.insert(one);
        }
        types
    }
}
