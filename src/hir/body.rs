//! Bodies: statements and expressions in arenas.

use serde::{Deserialize, Serialize};

use super::{ClassId, ErrorReason, FunctionName, NameRef, Signature, Symbol, TypeHint};
use crate::finding::Span;

/// A body of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BodyId(pub u32);

/// An expression of one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExprId(pub u32);

/// A statement of one body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StatementId(pub u32);

/// How a closure sees the variables around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClosureKind {
    /// `function () use (…) {}`
    Closure,
    /// `fn () => …`: reads every variable around it, by value.
    Arrow,
}

/// `use ($x, &$y)` of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Capture {
    /// Name without `$`.
    pub name: Symbol,
    /// `&$y`
    pub by_reference: bool,
}

/// What a body belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodyKind {
    /// Code outside functions, of one namespace block.
    TopLevel,
    /// A function; index into the file's functions.
    Function(u32),
    /// A method; index into its class's methods.
    Method(ClassId, u32),
    /// A property hook; indices of the property and of the hook.
    Hook(ClassId, u32, u32),
    /// Initial values of constants and properties, and attribute arguments.
    Initializers,
    /// A closure; it has a signature of its own.
    Closure {
        /// The body around it.
        parent: BodyId,
        /// Closure or arrow function.
        kind: ClosureKind,
        /// `static fn`
        is_static: bool,
        /// What `use (…)` names.
        captures: Box<[Capture]>,
        /// Parameters and return type.
        signature: Box<Signature>,
    },
}

/// The code of a function, method, closure or of a file's top level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// What it belongs to.
    pub kind: BodyKind,
    /// The class around it, if any; closures inherit it.
    pub class: Option<ClassId>,
    /// The code with its braces; for an arrow function the expression.
    pub span: Span,
    /// The statements of the outermost block. An arrow function is one `return`.
    pub block: Box<[StatementId]>,
    /// Contains `yield`.
    pub is_generator: bool,
    /// The region holds a syntax error, or a token that the parser supplied.
    pub has_errors: bool,
    /// Expressions, by [`ExprId`].
    pub exprs: Vec<Expr>,
    /// Their spans.
    pub expr_spans: Vec<Span>,
    /// Statements, by [`StatementId`].
    pub statements: Vec<Statement>,
    /// Their spans.
    pub statement_spans: Vec<Span>,
    /// `/** @var X $name */` before a statement: the comment, the variable without `$`, the type.
    pub doc_variables: Vec<(Span, Symbol, TypeHint)>,
}

impl Body {
    /// A body without code.
    #[must_use]
    pub fn new(kind: BodyKind, class: Option<ClassId>, span: Span) -> Self {
        Self {
            kind,
            class,
            span,
            block: Box::default(),
            is_generator: false,
            has_errors: false,
            exprs: Vec::new(),
            expr_spans: Vec::new(),
            statements: Vec::new(),
            statement_spans: Vec::new(),
            doc_variables: Vec::new(),
        }
    }

    /// An expression.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// The span of an expression.
    #[must_use]
    pub fn expr_span(&self, id: ExprId) -> Span {
        self.expr_spans[id.0 as usize]
    }

    /// A statement.
    #[must_use]
    pub fn statement(&self, id: StatementId) -> &Statement {
        &self.statements[id.0 as usize]
    }

    /// The span of a statement.
    #[must_use]
    pub fn statement_span(&self, id: StatementId) -> Span {
        self.statement_spans[id.0 as usize]
    }

    /// The expressions with their ids, operands before what uses them.
    pub fn exprs(&self) -> impl Iterator<Item = (ExprId, &Expr)> {
        self.exprs.iter().enumerate().map(|(index, expr)| (ExprId(u32::try_from(index).unwrap_or(u32::MAX)), expr))
    }
}

/// A literal value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer; beyond 64 bits PHP makes it a float, and so does lowering.
    Int(i64),
    /// A float, by its bits.
    Float(u64),
    /// A string, escapes resolved.
    String(Symbol),
}

/// A class in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClassRef {
    /// A name.
    Named(NameRef),
    /// `self`
    SelfClass,
    /// `static`
    StaticClass,
    /// `parent`
    ParentClass,
    /// `$class::`, `new $class`
    Dynamic(ExprId),
    /// `new class …`
    Anonymous(ClassId),
}

/// The name of a member in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MemberName {
    /// The name.
    pub kind: MemberNameKind,
    /// Where it is written.
    pub span: Span,
}

/// A fixed or computed member name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MemberNameKind {
    /// A name, without `$`.
    Fixed(Symbol),
    /// `->{$expr}`, `->$name`
    Dynamic(ExprId),
}

/// An argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Argument {
    /// The name of a named argument.
    pub name: Option<Symbol>,
    /// The value.
    pub value: ExprId,
    /// `...$x`
    pub spread: bool,
    /// The whole argument.
    pub span: Span,
}

/// What a call calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Callee {
    /// `f()`
    Function(FunctionName),
    /// `$f()`, `($this->f)()`
    Value(ExprId),
    /// `$x->m()`, `$x?->m()`
    Method {
        /// The object.
        receiver: ExprId,
        /// The method.
        name: MemberName,
        /// `?->`
        null_safe: bool,
    },
    /// `C::m()`
    Static {
        /// The class.
        class: ClassRef,
        /// The method.
        name: MemberName,
    },
    /// `new C()`
    New(ClassRef),
}

/// An item of an array literal or of a destructuring pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ArrayItem {
    /// The key, if written.
    pub key: Option<ExprId>,
    /// The value; none for a skipped item of a pattern (`[, $b]`).
    pub value: Option<ExprId>,
    /// `&$x`
    pub by_reference: bool,
    /// `...$x`
    pub spread: bool,
}

/// An arm of a `match`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MatchArm {
    /// The conditions; empty for `default`.
    pub conditions: Box<[ExprId]>,
    /// The result.
    pub result: ExprId,
}

/// A binary operator, without assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are PHP's own")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
    /// `&&`, `and`
    And,
    /// `||`, `or`
    Or,
    /// `xor`
    Xor,
    Equal,
    Identical,
    NotEqual,
    NotIdentical,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Spaceship,
    Coalesce,
    /// `.`, only as `.=`; a concatenation is [`Expr::Concat`].
    Concat,
    /// `|>`
    Pipe,
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are PHP's own")]
pub enum UnaryOp {
    Not,
    Negate,
    Plus,
    BitNot,
    PreIncrement,
    PreDecrement,
    PostIncrement,
    PostDecrement,
    /// `@`
    Silence,
    /// `clone`
    Clone,
    /// `print`
    Print,
}

/// The target of a cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are PHP's own")]
pub enum CastKind {
    Int,
    Float,
    String,
    Bool,
    Array,
    Object,
    Unset,
    Void,
}

/// `include` and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are PHP's own")]
pub enum IncludeKind {
    Include,
    IncludeOnce,
    Require,
    RequireOnce,
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Expr {
    /// A literal.
    Literal(Literal),
    /// `$name`, without `$`; `$this` is `this`.
    Variable(Symbol),
    /// `$$name`, `${expr}`
    DynamicVariable(ExprId),
    /// `"a {$b} c"`, heredocs, backticks: literal parts are string literals.
    Interpolation(Box<[ExprId]>),
    /// `a . b . c`, flattened.
    Concat(Box<[ExprId]>),
    /// An array literal; in a pattern the targets.
    Array(Box<[ArrayItem]>),
    /// Any operator but `.` and assignments.
    Binary(BinaryOp, ExprId, ExprId),
    /// A unary operator.
    Unary(UnaryOp, ExprId),
    /// `(int) $x`
    Cast(CastKind, ExprId),
    /// `$a = b`, `[$a, $b] = c`, `$a = &$b`
    Assign {
        /// What is assigned to.
        target: ExprId,
        /// The value.
        value: ExprId,
        /// `=&`
        by_reference: bool,
    },
    /// `$a .= b`, `$a ??= b`
    CompoundAssign(BinaryOp, ExprId, ExprId),
    /// `a ? b : c`; without `b` the short form.
    Ternary(ExprId, Option<ExprId>, ExprId),
    /// `match (x) { … }`
    Match(ExprId, Box<[MatchArm]>),
    /// A call or `new`.
    Call {
        /// What is called.
        callee: Callee,
        /// The arguments.
        arguments: Box<[Argument]>,
        /// `f(...)`: makes a closure instead of calling.
        first_class: bool,
    },
    /// `$x->name`
    Property {
        /// The object.
        receiver: ExprId,
        /// The property.
        name: MemberName,
        /// `?->`
        null_safe: bool,
    },
    /// `C::$name`
    StaticProperty(ClassRef, MemberName),
    /// `C::NAME`; `C::class` has the name `class`.
    ClassConstant(ClassRef, MemberName),
    /// `NAME`
    Constant(FunctionName),
    /// `$x[i]`, `$x[]`
    Index(ExprId, Option<ExprId>),
    /// A closure.
    Closure(BodyId),
    /// `isset(…)`
    Isset(Box<[ExprId]>),
    /// `empty(…)`
    Empty(ExprId),
    /// `x instanceof C`
    InstanceOf(ExprId, ClassRef),
    /// `exit`, `die`
    Exit(Option<ExprId>),
    /// `throw x`
    Throw(ExprId),
    /// `yield k => v`
    Yield(Option<ExprId>, Option<ExprId>),
    /// `yield from x`
    YieldFrom(ExprId),
    /// `include x`
    Include(IncludeKind, ExprId),
    /// No meaning here.
    Error(ErrorReason),
}

/// The kind of a loop with a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LoopKind {
    /// `while`
    While,
    /// `do … while`
    DoWhile,
}

/// A case of a `switch`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SwitchCase {
    /// The value; none for `default`.
    pub value: Option<ExprId>,
    /// The statements up to the next case.
    pub block: Box<[StatementId]>,
}

/// `catch (A|B $e) { … }`
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CatchClause {
    /// The classes.
    pub types: Box<[NameRef]>,
    /// The variable, without `$`.
    pub variable: Option<Symbol>,
    /// The statements.
    pub block: Box<[StatementId]>,
    /// The clause.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Statement {
    /// An expression for its effect.
    Expr(ExprId),
    /// `echo a, b`, `<?= a ?>`
    Echo(Box<[ExprId]>),
    /// Text outside PHP tags.
    InlineHtml,
    /// `{ … }`
    Block(Box<[StatementId]>),
    /// `if`, `elseif`, `else`
    If {
        /// Condition and block of `if` and of each `elseif`.
        branches: Box<[(ExprId, Box<[StatementId]>)]>,
        /// The block of `else`.
        otherwise: Option<Box<[StatementId]>>,
    },
    /// `while`, `do … while`
    Loop(LoopKind, ExprId, Box<[StatementId]>),
    /// `for (init; conditions; steps)`
    For {
        /// Before the loop.
        init: Box<[ExprId]>,
        /// Before each round; the last one decides.
        conditions: Box<[ExprId]>,
        /// After each round.
        steps: Box<[ExprId]>,
        /// The block.
        block: Box<[StatementId]>,
    },
    /// `foreach (subject as key => value)`
    Foreach {
        /// What is iterated.
        subject: ExprId,
        /// The target of keys.
        key: Option<ExprId>,
        /// The target of values; may be a pattern.
        value: ExprId,
        /// `&$value`
        by_reference: bool,
        /// The block.
        block: Box<[StatementId]>,
    },
    /// `switch`
    Switch(ExprId, Box<[SwitchCase]>),
    /// `return x`
    Return(Option<ExprId>),
    /// `break n`
    Break(u32),
    /// `continue n`
    Continue(u32),
    /// `try`, `catch`, `finally`
    Try {
        /// The guarded block.
        block: Box<[StatementId]>,
        /// The handlers.
        catches: Box<[CatchClause]>,
        /// The `finally` block.
        finally: Option<Box<[StatementId]>>,
    },
    /// `global $a, $b`
    Global(Box<[Symbol]>),
    /// `static $a = 1`
    StaticVariables(Box<[(Symbol, Option<ExprId>)]>),
    /// `unset($a)`
    Unset(Box<[ExprId]>),
    /// `const A = 1`
    Constants(Box<[(Symbol, ExprId)]>),
    /// A function or class declared here; it is among the file's items.
    Declaration,
    /// No meaning here.
    Error(ErrorReason),
}
