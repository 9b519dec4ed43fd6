//! The owned, lowered tree of one PHP file: the only thing that analysis reads.
//!
//! A [`FileHir`] knows neither its path nor any configuration nor another file, so that it can be
//! kept by the hash of the file's content. Names are resolved as far as one file allows: class
//! names are fully qualified, functions carry the global name that PHP falls back to.
//!
//! Expressions and statements live in arenas, one pair for each [`Body`]. Children are always
//! allocated before their parents: an [`ExprId`] is greater than the ids of its operands.

mod body;
mod dump;
mod items;
mod storage;
mod strings;
mod types;
mod walk;

use serde::{Deserialize, Serialize};

pub use body::{
    Argument, ArrayItem, BinaryOp, Body, BodyId, BodyKind, Callee, Capture, CastKind, CatchClause, ClassRef, ClosureKind, Expr,
    ExprId, IncludeKind, Literal, LoopKind, MatchArm, MemberName, MemberNameKind, Statement, StatementId, SwitchCase, UnaryOp,
};
pub use dump::dump;
pub use items::{
    Attribute, Class, ClassConstant, ClassId, ClassKind, DocProperty, EnumCase, ExprRef, Function, FunctionName, Import,
    ImportKind, Initializer, Method, NameRef, Parameter, Property, Signature, TraitAdaptation, TraitUse, Visibility,
};
pub use storage::{HIR_VERSION, StorageError};
pub use strings::{Interner, Strings, Symbol};
pub use types::{BuiltinType, TypeHint};

use crate::finding::Span;

/// A comment of the source, kept for suppressions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Where the comment stands, delimiters included.
    pub span: Span,
    /// Its text, delimiters included.
    pub text: Symbol,
}

/// A region that the parser had to mend or that lowering gave up on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseError {
    /// The region.
    pub span: Span,
    /// What is wrong with it.
    pub reason: ErrorReason,
}

/// Why a region of the source has no meaning here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ErrorReason {
    /// The text is no PHP that the parser understands.
    Syntax,
    /// A token is missing; the parser supplied it.
    MissingToken,
    /// Nested deeper than lowering follows.
    TooDeep,
    /// A construct without meaning for analysis (`goto`).
    Unsupported,
}

/// What a file declares: everything that another file can see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// The file's strings.
    pub strings: Strings,
    /// Imports, in order of appearance, group imports spread out.
    pub imports: Vec<Import>,
    /// Span of the block of `use` declarations, if any: where a new import belongs.
    pub import_block: Option<Span>,
    /// Classes, interfaces, traits, enums and anonymous classes.
    pub classes: Vec<Class>,
    /// Functions outside classes, also those declared inside other bodies.
    pub functions: Vec<Function>,
    /// Body of the top-level code of each namespace block; one entry for an ordinary file.
    pub top_level: Vec<BodyId>,
    /// Comments in order of appearance.
    pub comments: Vec<Comment>,
    /// Regions without meaning, in order of appearance.
    pub errors: Vec<ParseError>,
}

/// The lowered tree of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHir {
    /// The declarations.
    pub interface: Interface,
    /// The bodies, indexed by [`BodyId`].
    pub bodies: Vec<Body>,
}

impl FileHir {
    /// The text of a symbol of this file.
    #[must_use]
    pub fn text(&self, symbol: Symbol) -> &str {
        self.interface.strings.get(symbol)
    }

    /// A body.
    #[must_use]
    pub fn body(&self, id: BodyId) -> &Body {
        &self.bodies[id.0 as usize]
    }

    /// A class.
    #[must_use]
    pub fn class(&self, id: ClassId) -> &Class {
        &self.interface.classes[id.0 as usize]
    }

    /// The bodies with their ids, in order of allocation.
    pub fn bodies(&self) -> impl Iterator<Item = (BodyId, &Body)> {
        self.bodies.iter().enumerate().map(|(index, body)| (BodyId(u32::try_from(index).unwrap_or(u32::MAX)), body))
    }
}
