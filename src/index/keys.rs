//! Names of declarations across files.

use crate::finding::FileId;
use crate::hir::{BodyId, ClassId, ExprId};

/// A class, interface, trait, enum or anonymous class of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassKey {
    /// The file.
    pub file: FileId,
    /// The class in it.
    pub class: ClassId,
}

/// A function, method, closure or top-level code of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyKey {
    /// The file.
    pub file: FileId,
    /// The body in it.
    pub body: BodyId,
}

/// A method where it is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodRef {
    /// The class or trait whose text holds it.
    pub declaring: ClassKey,
    /// Index into that class's methods.
    pub index: u32,
}

/// A function outside classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionKey {
    /// The file.
    pub file: FileId,
    /// Index into that file's functions.
    pub index: u32,
}

/// A call in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallSite {
    /// The body.
    pub body: BodyKey,
    /// The call expression.
    pub expr: ExprId,
}

impl ClassKey {
    /// A key from its parts.
    #[must_use]
    pub const fn new(file: FileId, class: ClassId) -> Self {
        Self { file, class }
    }
}

impl BodyKey {
    /// A key from its parts.
    #[must_use]
    pub const fn new(file: FileId, body: BodyId) -> Self {
        Self { file, body }
    }
}

/// The index of an element as the `u32` that keys hold.
pub(super) fn id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
