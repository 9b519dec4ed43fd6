//! From the text of a PHP file to its [`FileHir`]: the only module that knows the parser and its grammar.
//!
//! Lowering never fails. Where the text does not parse, the region is recorded and everything around it is kept.
//! The parser's tree is first flattened (module `tree`), so that only the nesting of PHP itself costs stack; that is
//! limited to [`MAX_DEPTH`] levels. Chains of calls, of operators and of parentheses are walked in loops.

mod allocator;
mod calls;
mod classes;
mod doc;
mod errors;
mod expressions;
mod functions;
mod items;
mod kinds;
mod literals;
mod members;
mod mend;
mod names;
mod operators;
mod salvage;
mod statements;
mod tree;
mod types;

use std::borrow::Cow;

use tree_sitter::{Parser, Tree};

use crate::finding::Span;
use crate::hir::{
    Body, BodyId, BodyKind, ClassId, Comment, ErrorReason, Expr, ExprId, FileHir, Interface, Interner, ParseError, Statement,
    StatementId, Symbol,
};
use errors::Region;
use kinds::{GRAMMAR, Kind};
use tree::{At, FlatTree};

/// Levels of nesting that lowering follows.
pub const MAX_DEPTH: u32 = 500;

/// The levels that a function or a class counts for: they take more of the stack than an expression.
const HEAVY: u32 = 4;

/// Lowers files one after the other, with one parser and the same buffers. One for each thread.
pub struct Lowerer {
    parser: Parser,
    tree: FlatTree,
    mended: Option<String>,
    scratch: Scratch,
}

impl Default for Lowerer {
    fn default() -> Self {
        Self::new()
    }
}

impl Lowerer {
    /// A lowerer with empty buffers.
    #[must_use]
    pub fn new() -> Self {
        // The grammar comes first: reading it installs the allocator.
        let language = &GRAMMAR.language;
        let mut parser = Parser::new();
        // Fails only for a grammar of another ABI, which a test would show.
        let _ = parser.set_language(language);
        Self { parser, tree: FlatTree::default(), mended: None, scratch: Scratch::default() }
    }

    /// The lowered tree of a file's text.
    #[must_use]
    pub fn lower(&mut self, text: &str) -> FileHir {
        if u32::try_from(text.len()).is_err() || !self.parse(text) {
            return unreadable(text);
        }
        let scratch = std::mem::take(&mut self.scratch);
        let mut lowering = Lowering::new(text, self.mended.as_deref().unwrap_or(text), &self.tree, scratch);
        lowering.program();
        let (hir, scratch) = lowering.finish();
        self.scratch = scratch;
        hir
    }

    /// Parses into the flat tree.
    fn parse(&mut self, text: &str) -> bool {
        for halt in mend::halts(text) {
            let code = text.get(..halt.end).unwrap_or(text);
            let Some(tree) = self.parser.parse(code, None) else { return false };
            let word = tree.root_node().descendant_for_byte_range(halt.start, halt.start + 1);
            // Otherwise it stands in a string or a comment.
            if word.is_some_and(|word| GRAMMAR.kind(word.kind_id()) == Kind::Name) {
                return self.keep(code, tree);
            }
        }
        match self.parser.parse(text, None) {
            Some(tree) => self.keep(text, tree),
            None => false,
        }
    }

    /// Flattens a tree. A text that does not parse is tried again, with PHP mended that the grammar does not know.
    fn keep(&mut self, code: &str, mut tree: Tree) -> bool {
        self.mended = None;
        if tree.root_node().has_error()
            && let Cow::Owned(mended) = mend::mend(code)
            && let Some(better) = self.parser.parse(&mended, None)
        {
            tree = better;
            self.mended = Some(mended);
        }
        self.tree.read(&tree);
        true
    }
}

/// The lowered tree of a file's text. For many files, keep a [`Lowerer`].
#[must_use]
pub fn lower(text: &str) -> FileHir {
    Lowerer::new().lower(text)
}

fn unreadable(text: &str) -> FileHir {
    let span = Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
    let mut body = Body::new(BodyKind::TopLevel, None, span);
    body.has_errors = true;
    let errors = vec![ParseError { span, reason: ErrorReason::Syntax }];
    FileHir { interface: Interface { top_level: vec![BodyId(0)], errors, ..Interface::default() }, bodies: vec![body] }
}

/// Buffers that are kept from file to file.
#[derive(Default)]
struct Scratch {
    /// Statements of the blocks that are open, the innermost last.
    statements: Vec<StatementId>,
    /// Operands of the expressions that are open.
    operands: Vec<ExprId>,
    /// The nodes around the leftmost operand of the expressions that are open.
    spine: Vec<At>,
    /// Room for a name or a decoded string.
    name: String,
    /// Arenas for bodies that are open.
    arenas: Vec<Arena>,
}

#[derive(Default)]
struct Arena {
    exprs: Vec<Expr>,
    expr_spans: Vec<Span>,
    statements: Vec<Statement>,
    statement_spans: Vec<Span>,
}

/// A body that is being filled.
struct OpenBody {
    id: BodyId,
    body: Body,
    /// The last doc comment that gives the type of a variable without naming it.
    unnamed: Option<usize>,
}

/// The lowering of one file.
struct Lowering<'t> {
    text: &'t str,
    /// The text as it was parsed; differs where it was mended.
    code: &'t str,
    tree: &'t FlatTree,
    interner: Interner,
    interface: Interface,
    bodies: Vec<Body>,
    current: OpenBody,
    class: Option<ClassId>,
    /// Open bodies of initial values, by class.
    initializers: Vec<Option<OpenBody>>,
    /// The same outside classes.
    file_initializers: Option<OpenBody>,
    namespace: &'t str,
    /// True behind the first namespace declaration.
    namespaced: bool,
    /// Index of the first import of the present namespace block.
    imports_from: usize,
    /// True while the import block may still grow.
    imports_open: bool,
    /// Type parameters of the doc comments around.
    templates: Vec<&'t str>,
    depth: u32,
    regions: Vec<Region>,
    scratch: Scratch,
}

impl<'t> Lowering<'t> {
    fn new(text: &'t str, code: &'t str, tree: &'t FlatTree, mut scratch: Scratch) -> Self {
        let span = Span::new(0, u32::try_from(text.len()).unwrap_or(u32::MAX));
        let body = Self::with_arena(Body::new(BodyKind::TopLevel, None, span), &mut scratch);
        let mut lowering = Self {
            text,
            code,
            tree,
            interner: Interner::with_capacity(text.len()),
            interface: Interface::default(),
            bodies: Vec::new(),
            current: OpenBody { id: BodyId(0), body, unnamed: None },
            class: None,
            initializers: Vec::new(),
            file_initializers: None,
            namespace: "",
            namespaced: false,
            imports_from: 0,
            imports_open: true,
            templates: Vec::new(),
            depth: 0,
            regions: Vec::new(),
            scratch,
        };
        lowering.bodies.push(Body::new(BodyKind::TopLevel, None, span));
        lowering.interface.top_level.push(BodyId(0));
        lowering.region(span, errors::Owner::Body(BodyId(0)));
        for at in tree.comments() {
            let span = tree.span(at);
            let text = lowering.interner.intern(lowering.slice(span));
            lowering.interface.comments.push(Comment { span, text });
        }
        lowering
    }

    fn finish(mut self) -> (FileHir, Scratch) {
        let last = std::mem::replace(&mut self.current, OpenBody::none());
        self.close(last);
        for open in std::mem::take(&mut self.initializers).into_iter().flatten() {
            self.close(open);
        }
        if let Some(open) = self.file_initializers.take() {
            self.close(open);
        }
        self.place_errors();
        let mut interface = self.interface;
        interface.strings = self.interner.finish();
        (FileHir { interface, bodies: self.bodies }, self.scratch)
    }

    /// The text of a span.
    fn slice(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The text of a node.
    fn text_of(&self, at: At) -> &'t str {
        self.slice(self.tree.span(at))
    }

    /// The text of a node as it was parsed.
    fn code_of(&self, at: At) -> &'t str {
        let span = self.tree.span(at);
        self.code.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The symbol of a node's text.
    fn symbol_of(&mut self, at: At) -> Symbol {
        self.interner.intern(self.text_of(at))
    }

    /// The symbol of a variable's name, without `$`.
    fn variable_symbol(&mut self, at: At) -> Symbol {
        let text = self.text_of(at);
        self.interner.intern(text.strip_prefix('$').unwrap_or(text).trim_start())
    }

    fn push(&mut self, expr: Expr, span: Span) -> ExprId {
        let body = &mut self.current.body;
        let id = ExprId(u32::try_from(body.exprs.len()).unwrap_or(u32::MAX));
        body.exprs.push(expr);
        body.expr_spans.push(span);
        id
    }

    fn push_statement(&mut self, statement: Statement, span: Span) {
        let body = &mut self.current.body;
        let id = StatementId(u32::try_from(body.statements.len()).unwrap_or(u32::MAX));
        body.statements.push(statement);
        body.statement_spans.push(span);
        self.scratch.statements.push(id);
    }

    fn error(&mut self, span: Span, reason: ErrorReason) {
        self.interface.errors.push(ParseError { span, reason });
    }

    fn error_expr(&mut self, span: Span, reason: ErrorReason) -> ExprId {
        if reason != ErrorReason::MissingToken && reason != ErrorReason::Syntax {
            self.error(span, reason);
        }
        self.push(Expr::Error(reason), span)
    }

    /// The statements that were pushed since there were `mark` of them.
    fn take_statements(&mut self, mark: usize) -> Box<[StatementId]> {
        let block = self.scratch.statements[mark..].into();
        self.scratch.statements.truncate(mark);
        block
    }

    /// The operands that were pushed since there were `mark` of them.
    fn take_operands(&mut self, mark: usize) -> Box<[ExprId]> {
        let operands = self.scratch.operands[mark..].into();
        self.scratch.operands.truncate(mark);
        operands
    }

    fn with_arena(mut body: Body, scratch: &mut Scratch) -> Body {
        if let Some(arena) = scratch.arenas.pop() {
            body.exprs = arena.exprs;
            body.expr_spans = arena.expr_spans;
            body.statements = arena.statements;
            body.statement_spans = arena.statement_spans;
        }
        body
    }

    /// A new body of the present class, with the next id.
    fn open(&mut self, kind: BodyKind, span: Span) -> OpenBody {
        let id = BodyId(u32::try_from(self.bodies.len()).unwrap_or(u32::MAX));
        self.bodies.push(Body::new(BodyKind::TopLevel, None, span));
        if kind != BodyKind::Initializers {
            self.region(span, errors::Owner::Body(id));
        }
        let body = Self::with_arena(Body::new(kind, self.class, span), &mut self.scratch);
        OpenBody { id, body, unnamed: None }
    }

    /// Puts a finished body in its place, its arenas cut to size.
    fn close(&mut self, open: OpenBody) {
        let Some(place) = self.bodies.get_mut(open.id.0 as usize) else { return };
        let mut body = open.body;
        let mut arena = Arena {
            exprs: std::mem::take(&mut body.exprs),
            expr_spans: std::mem::take(&mut body.expr_spans),
            statements: std::mem::take(&mut body.statements),
            statement_spans: std::mem::take(&mut body.statement_spans),
        };
        body.exprs = arena.exprs.drain(..).collect();
        body.expr_spans = arena.expr_spans.drain(..).collect();
        body.statements = arena.statements.drain(..).collect();
        body.statement_spans = arena.statement_spans.drain(..).collect();
        self.scratch.arenas.push(arena);
        *place = body;
    }

    /// Runs `fill` on a new body; gives its id.
    fn in_body(&mut self, kind: BodyKind, span: Span, fill: impl FnOnce(&mut Self)) -> BodyId {
        let open = self.open(kind, span);
        let id = open.id;
        let around = std::mem::replace(&mut self.current, open);
        fill(self);
        let open = std::mem::replace(&mut self.current, around);
        self.close(open);
        id
    }

    /// Runs `fill` on the body of initial values of the present class, or of the file outside classes.
    fn in_initializers<T>(&mut self, fill: impl FnOnce(&mut Self) -> T) -> (BodyId, T) {
        if self.current.body.kind == BodyKind::Initializers && self.current.body.class == self.class {
            return (self.current.id, fill(self));
        }
        let open = if let Some(open) = self.initializer_slot().take() {
            open
        } else {
            let span = self.class.map_or(self.tree.span(FlatTree::ROOT), |class| self.class_mut(class).span);
            self.open(BodyKind::Initializers, span)
        };
        let id = open.id;
        let around = std::mem::replace(&mut self.current, open);
        let value = fill(self);
        let open = std::mem::replace(&mut self.current, around);
        let slot = self.initializer_slot();
        if slot.is_none() {
            *slot = Some(open);
        } else {
            self.close(open);
        }
        (id, value)
    }

    fn initializer_slot(&mut self) -> &mut Option<OpenBody> {
        match self.class {
            Some(class) => &mut self.initializers[class.0 as usize],
            None => &mut self.file_initializers,
        }
    }

    fn kind(&self, at: At) -> Kind {
        self.tree.kind(at)
    }

    fn span(&self, at: At) -> Span {
        self.tree.span(at)
    }
}

impl OpenBody {
    fn none() -> Self {
        Self { id: BodyId(u32::MAX), body: Body::new(BodyKind::TopLevel, None, Span::default()), unnamed: None }
    }
}
