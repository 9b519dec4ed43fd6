//! Values of expressions that need nothing but the code: PHP's constant expressions and a little beyond.

mod convert;
mod eval;
mod functions;
mod operators;
mod strings;

use std::collections::BTreeMap;

use super::{BodyKey, ClassKey, Index};
use crate::finding::FileId;
use crate::hir::{ExprId, ExprRef};

/// A value that is the same in every run.
#[derive(Clone, Debug)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(String),
    /// An array in its order.
    Array(Vec<(ConstantKey, Constant)>),
    /// `X::class`, fully qualified. As a value it equals the string of its name.
    Class(String),
}

/// A key of a constant array.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConstantKey {
    /// An integer.
    Int(i64),
    /// A string that is no decimal integer.
    String(String),
}

/// Values of local variables, by name without `$`.
pub type Locals = BTreeMap<String, Constant>;

impl PartialEq for Constant {
    /// PHP's `===`, where a class name is a string.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::String(a) | Self::Class(a), Self::String(b) | Self::Class(b)) => a == b,
            _ => false,
        }
    }
}

impl Constant {
    /// The text of a string or class name.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Class(text) => Some(text),
            _ => None,
        }
    }

    /// The items of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[(ConstantKey, Self)]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key of an array.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let is_key = |item: &&(ConstantKey, Self)| matches!(&item.0, ConstantKey::String(text) if text == key);
        self.as_array()?.iter().find(is_key).map(|(_, value)| value)
    }

    /// The texts of an array of strings, or of one string.
    #[must_use]
    pub fn strings(&self) -> Option<Vec<String>> {
        match self {
            Self::String(text) | Self::Class(text) => Some(vec![text.clone()]),
            Self::Array(items) => items.iter().map(|(_, value)| value.as_str().map(str::to_owned)).collect(),
            _ => None,
        }
    }
}

impl Index {
    /// The value of an expression, where it needs nothing but the code. `class` is what `static` means; `self` is the class
    /// whose text holds the expression, inside a trait `class`.
    ///
    /// A case of an enum is its backing value.
    #[must_use]
    pub fn constant_value(&self, file: FileId, expr: ExprRef, class: Option<ClassKey>) -> Option<Constant> {
        self.constant_with(BodyKey::new(file, expr.body), expr.expr, class, &Locals::new())
    }

    /// [`Index::constant_value`] where some local variables are known.
    #[must_use]
    pub fn constant_with(&self, body: BodyKey, expr: ExprId, class: Option<ClassKey>, locals: &Locals) -> Option<Constant> {
        eval::Evaluator::new(self, false).value(&eval::Frame::new(body, class, locals), expr)
    }

    /// [`Index::constant_with`], where `config()` has the value that the configuration files give it by default.
    #[must_use]
    pub fn configured_value(&self, body: BodyKey, expr: ExprId, class: Option<ClassKey>, locals: &Locals) -> Option<Constant> {
        eval::Evaluator::new(self, true).value(&eval::Frame::new(body, class, locals), expr)
    }
}

#[cfg(test)]
mod tests;
