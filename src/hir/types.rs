//! Types as the source writes them, in declarations and in doc comments.

use serde::{Deserialize, Serialize};

use super::Symbol;

/// A type of PHP itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BuiltinType {
    /// `int`, and `positive-int` and the like in doc comments.
    Int,
    /// `float`
    Float,
    /// `string`, and `class-string` without an argument.
    String,
    /// `bool`
    Bool,
    /// `false`
    False,
    /// `true`
    True,
    /// `null`
    Null,
    /// `array`, `list`, shapes.
    Array,
    /// `iterable`
    Iterable,
    /// `callable`
    Callable,
    /// `object`
    Object,
    /// `mixed`
    Mixed,
    /// `void`
    Void,
    /// `never`
    Never,
}

/// A type hint or doc type. Class names are fully qualified, without a leading backslash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TypeHint {
    /// A type of PHP itself.
    Builtin(BuiltinType),
    /// A class, interface, trait or enum.
    Named(Symbol),
    /// `self`
    SelfClass,
    /// `static`, `$this`
    StaticClass,
    /// `parent`
    ParentClass,
    /// `A|B`, `?A` (with [`BuiltinType::Null`])
    Union(Vec<Self>),
    /// `A&B`
    Intersection(Vec<Self>),
    /// `A<B, C>` in a doc comment.
    Generic(Box<Self>, Vec<Self>),
    /// `A[]`, `array<A>`, `list<A>`, `iterable<K, A>` in a doc comment.
    ArrayOf(Box<Self>),
    /// `class-string<A>` in a doc comment.
    ClassString(Box<Self>),
    /// A doc type that is not understood.
    Unknown,
}
