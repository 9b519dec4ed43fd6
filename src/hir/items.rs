//! Declarations: imports, classes with their members, functions.

use serde::{Deserialize, Serialize};

use super::{BodyId, ExprId, Symbol, TypeHint};
use crate::finding::Span;

/// A class of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClassId(pub u32);

/// An expression in a body of the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExprRef {
    /// The body whose arena holds it.
    pub body: BodyId,
    /// The expression.
    pub expr: ExprId,
}

/// A class name as written and as resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct NameRef {
    /// Fully qualified, without a leading backslash, in the case of the source.
    pub name: Symbol,
    /// Where it is written.
    pub span: Span,
}

/// A function name. PHP tries the namespaced name first, then the global one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FunctionName {
    /// The fully qualified name, without a leading backslash.
    pub name: Symbol,
    /// The global name that PHP falls back to, for unqualified names inside a namespace.
    pub fallback: Option<Symbol>,
    /// Where it is written.
    pub span: Span,
}

/// What an import brings in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ImportKind {
    /// A class, interface, trait, enum or namespace.
    Class,
    /// `use function`
    Function,
    /// `use const`
    Constant,
}

/// One imported name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// What is imported.
    pub kind: ImportKind,
    /// Fully qualified, without a leading backslash.
    pub name: Symbol,
    /// The name it has in this file.
    pub alias: Symbol,
    /// The clause.
    pub span: Span,
}

/// `public`, `protected` or `private`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Visibility {
    /// Also where nothing is written.
    #[default]
    Public,
    /// Seen by subclasses.
    Protected,
    /// Seen by the class alone.
    Private,
}

/// `#[Name(arguments)]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// The attribute's class.
    pub name: NameRef,
    /// Its arguments: name, if any, and value.
    pub arguments: Vec<(Option<Symbol>, ExprRef)>,
    /// The whole attribute, without the brackets.
    pub span: Span,
}

/// The kind of a class-like declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClassKind {
    /// `class`
    Class,
    /// `interface`
    Interface,
    /// `trait`
    Trait,
    /// `enum`
    Enum,
    /// `new class`
    Anonymous,
}

/// A class, interface, trait, enum or anonymous class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Class {
    /// Its kind.
    pub kind: ClassKind,
    /// Fully qualified name, without a leading backslash; none for anonymous classes.
    pub name: Option<Symbol>,
    /// The declaration from its first modifier to its closing brace.
    pub span: Span,
    /// The name; for an anonymous class the word `class`.
    pub name_span: Span,
    /// `abstract`
    pub is_abstract: bool,
    /// `extends`; for an interface its first parent.
    pub parent: Option<NameRef>,
    /// `implements`; for an interface all its parents.
    pub interfaces: Vec<NameRef>,
    /// `use` in the class body.
    pub trait_uses: Vec<TraitUse>,
    /// Constants.
    pub constants: Vec<ClassConstant>,
    /// Properties, promoted constructor parameters included.
    pub properties: Vec<Property>,
    /// Methods.
    pub methods: Vec<Method>,
    /// Cases of an enum.
    pub cases: Vec<EnumCase>,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// `@property`, `@property-read`, `@property-write`
    pub doc_properties: Vec<DocProperty>,
    /// `@mixin`
    pub mixins: Vec<TypeHint>,
    /// True where the region holds a syntax error outside its methods.
    pub has_errors: bool,
}

/// `use A, B { … }` in a class body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitUse {
    /// The traits.
    pub traits: Vec<NameRef>,
    /// What the braces say.
    pub adaptations: Vec<TraitAdaptation>,
    /// The whole declaration.
    pub span: Span,
}

/// A rule in the braces of a trait use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraitAdaptation {
    /// `A::method insteadof B, C`
    InsteadOf {
        /// The trait that wins.
        used: NameRef,
        /// The method.
        method: Symbol,
        /// The traits that lose.
        instead_of: Vec<NameRef>,
    },
    /// `A::method as protected alias`, `method as final`
    Alias {
        /// The trait, where it is named.
        of: Option<NameRef>,
        /// The method.
        method: Symbol,
        /// The new name, if any.
        alias: Option<Symbol>,
        /// The new visibility, if any.
        visibility: Option<Visibility>,
    },
}

/// An initial value.
pub type Initializer = Option<ExprRef>;

/// `const NAME = value` of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassConstant {
    /// The name.
    pub name: Symbol,
    /// The value.
    pub value: Initializer,
    /// The element, name to value.
    pub span: Span,
}

/// A property, or a promoted constructor parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Name without `$`.
    pub name: Symbol,
    /// Declared type.
    pub hint: Option<TypeHint>,
    /// Type of `@var`; for a promoted one of `@param`.
    pub doc_type: Option<TypeHint>,
    /// Default value.
    pub default: Initializer,
    /// `static`
    pub is_static: bool,
    /// Visibility.
    pub visibility: Visibility,
    /// True for a constructor parameter.
    pub promoted: bool,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// The element.
    pub span: Span,
    /// Bodies of its hooks (`get`, `set`), PHP 8.4.
    pub hooks: Vec<Function>,
}

/// `@property` of a doc comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocProperty {
    /// Name without `$`.
    pub name: Symbol,
    /// Its type.
    pub doc_type: TypeHint,
}

/// A case of an enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumCase {
    /// The name.
    pub name: Symbol,
    /// The value of a backed case.
    pub value: Initializer,
    /// The case.
    pub span: Span,
}

/// A parameter of a function, method or closure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Name without `$`.
    pub name: Symbol,
    /// Declared type.
    pub hint: Option<TypeHint>,
    /// Type of `@param`.
    pub doc_type: Option<TypeHint>,
    /// Default value; in the arena of the function's own body.
    pub default: Option<ExprId>,
    /// `&$x`
    pub by_reference: bool,
    /// `...$x`
    pub variadic: bool,
    /// A promoted constructor parameter.
    pub promoted: bool,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// The parameter.
    pub span: Span,
}

/// Parameters and return type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Parameters in order.
    pub parameters: Vec<Parameter>,
    /// Declared return type.
    pub return_hint: Option<TypeHint>,
    /// Type of `@return`.
    pub doc_return: Option<TypeHint>,
    /// Returns a reference.
    pub by_reference: bool,
}

/// A function outside a class, or a property hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Fully qualified name, without a leading backslash.
    pub name: Symbol,
    /// The name.
    pub name_span: Span,
    /// The whole declaration.
    pub span: Span,
    /// Parameters and return type.
    pub signature: Signature,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// The code.
    pub body: BodyId,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Method {
    /// Name as written.
    pub name: Symbol,
    /// The name.
    pub name_span: Span,
    /// The whole declaration.
    pub span: Span,
    /// Visibility.
    pub visibility: Visibility,
    /// `static`
    pub is_static: bool,
    /// `abstract`, or declared in an interface.
    pub is_abstract: bool,
    /// Parameters and return type.
    pub signature: Signature,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// The code; an empty body where the method is abstract.
    pub body: BodyId,
}
