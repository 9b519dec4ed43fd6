//! Functions, closures and their signatures.

use super::doc::Doc;
use super::kinds::{Field, Kind};
use super::tree::At;
use super::{HEAVY, Lowering};
use crate::finding::Span;
use crate::hir::{
    Attribute, BodyId, BodyKind, Capture, ClosureKind, Expr, ExprId, ExprRef, Function, Parameter, Property, Signature,
    Statement, Visibility,
};

impl Lowering<'_> {
    /// The attributes of a declaration. Their arguments stand among the initial values.
    pub(super) fn attributes(&mut self, declaration: At) -> Vec<Attribute> {
        let tree = self.tree;
        let Some(list) = tree.child_of(declaration, Kind::AttributeList) else { return Vec::new() };
        let groups = tree.children(list).filter(|&group| tree.kind(group) == Kind::AttributeGroup);
        let attributes = groups.flat_map(|group| tree.children(group)).filter(|&at| tree.kind(at) == Kind::Attribute);
        attributes.map(|at| self.attribute(at)).collect()
    }

    fn attribute(&mut self, at: At) -> Attribute {
        let tree = self.tree;
        let span = self.span(at);
        let name = tree.children(at).find(|&child| tree.kind(child).is_name()).unwrap_or(at);
        let name = self.name_ref(name);
        let arguments = match tree.child_of(at, Kind::Arguments) {
            Some(list) => {
                let (body, (arguments, _)) = self.in_initializers(|lowering| lowering.arguments(list));
                arguments.iter().map(|argument| (argument.name, ExprRef { body, expr: argument.value })).collect()
            }
            None => Vec::new(),
        };
        Attribute { name, arguments, span }
    }

    /// Parameters and return type; default values go into the present body.
    pub(super) fn signature(&mut self, function: At, doc: &Doc) -> Signature {
        let tree = self.tree;
        let by_reference = tree.child_of(function, Kind::ReferenceModifier).is_some();
        let return_hint = tree.child(function, Field::ReturnType).map(|hint| self.type_hint(hint));
        let mut parameters = Vec::new();
        let mut comment = None;
        for child in tree.child(function, Field::Parameters).into_iter().flat_map(|list| tree.children(list)) {
            match tree.kind(child) {
                Kind::Comment => comment = Some(self.span(child)),
                Kind::SimpleParameter | Kind::VariadicParameter | Kind::PropertyPromotionParameter => {
                    let parameter = self.parameter(child, doc, comment.take());
                    parameters.push(parameter);
                }
                _ => {}
            }
        }
        Signature { parameters, return_hint, doc_return: doc.returns.clone(), by_reference }
    }

    fn parameter(&mut self, at: At, doc: &Doc, comment: Option<Span>) -> Parameter {
        let tree = self.tree;
        let span = self.span(at);
        let attributes = self.attributes(at);
        let hint = tree.child(at, Field::Type).map(|hint| self.type_hint(hint));
        let mut by_reference = tree.child(at, Field::ReferenceModifier).is_some();
        let name = match tree.child(at, Field::Name) {
            Some(name) if tree.kind(name) == Kind::ByRef => {
                by_reference = true;
                let name = tree.operand(name).unwrap_or(name);
                self.variable_symbol(name)
            }
            Some(name) => self.variable_symbol(name),
            None => self.interner.intern(""),
        };
        let mut doc_type = doc.parameter(name);
        if doc_type.is_none() && comment.is_some() {
            let own = self.doc(comment);
            doc_type = own.variable(name).or_else(|| own.parameter(name));
        }
        let default =
            tree.children(at).find(|&child| tree.field(child) == Field::DefaultValue && tree.kind(child).is_expression());
        let default = default.map(|default| self.expr(default));
        let promoted = tree.kind(at) == Kind::PropertyPromotionParameter;
        let variadic = tree.kind(at) == Kind::VariadicParameter;
        if promoted {
            self.promoted(at, name, hint.as_ref(), doc_type.as_ref(), default, &attributes);
        }
        Parameter { name, hint, doc_type, default, by_reference, variadic, promoted, attributes, span }
    }

    fn promoted(
        &mut self,
        at: At,
        name: crate::hir::Symbol,
        hint: Option<&crate::hir::TypeHint>,
        doc_type: Option<&crate::hir::TypeHint>,
        default: Option<ExprId>,
        attributes: &[Attribute],
    ) {
        let Some(class) = self.class else { return };
        let body = self.current.id;
        let property = Property {
            name,
            hint: hint.cloned(),
            doc_type: doc_type.cloned(),
            default: default.map(|expr| ExprRef { body, expr }),
            is_static: false,
            visibility: self.modifiers(at).visibility,
            promoted: true,
            attributes: attributes.to_vec(),
            span: self.span(at),
            hooks: Vec::new(),
        };
        self.class_mut(class).properties.push(property);
        if let Some(hooks) = self.tree.child_of(at, Kind::PropertyHookList) {
            self.hooks(hooks, class);
        }
    }

    /// `function f() { … }` outside classes.
    pub(super) fn function(&mut self, at: At, comment: Option<Span>) {
        let tree = self.tree;
        let span = self.span(at);
        let index = self.interface.functions.len();
        let Some(name_at) = tree.child(at, Field::Name) else { return };
        let name = self.declared(self.text_of(name_at));
        let name_span = self.span(name_at);
        let body = BodyId(u32::MAX);
        let signature = Signature::default();
        self.interface.functions.push(Function { name, name_span, span, signature, attributes: Vec::new(), body });
        let class = self.class.take();
        let attributes = self.attributes(at);
        let kind = BodyKind::Function(u32::try_from(index).unwrap_or(u32::MAX));
        let mark = self.templates.len();
        let doc = self.doc(comment);
        let (signature, body) = self.code(at, kind, &doc);
        self.templates.truncate(mark);
        self.class = class;
        self.interface.functions[index] = Function { name, name_span, span, signature, attributes, body };
    }

    /// The signature and code of a function, method or hook in a body of its own.
    pub(super) fn code(&mut self, at: At, kind: BodyKind, doc: &Doc) -> (Signature, BodyId) {
        self.depth += HEAVY;
        let code = self.tree.child(at, Field::Body);
        let whole = self.span(at);
        let mut signature = Signature::default();
        let id = self.in_body(kind, whole, |lowering| {
            let end = whole.end;
            lowering.current.body.span = code.map_or(Span::new(end, end), |code| lowering.span(code));
            signature = lowering.signature(at, doc);
            if let Some(code) = code {
                let block = if lowering.kind(code).is_expression() { lowering.returned(code) } else { lowering.block(code) };
                lowering.current.body.block = block;
            }
        });
        self.depth -= HEAVY;
        (signature, id)
    }

    /// A block that returns an expression.
    fn returned(&mut self, at: At) -> Box<[crate::hir::StatementId]> {
        let mark = self.scratch.statements.len();
        let value = self.expr(at);
        self.push_statement(Statement::Return(Some(value)), self.span(at));
        self.take_statements(mark)
    }

    /// `function () use (…) { … }`
    pub(super) fn closure(&mut self, at: At) -> ExprId {
        let tree = self.tree;
        let uses = tree.child_of(at, Kind::AnonymousFunctionUseClause);
        let captures = uses.into_iter().flat_map(|clause| tree.children(clause)).filter_map(|child| match tree.kind(child) {
            Kind::VariableName => Some(Capture { name: self.variable_symbol(child), by_reference: false }),
            Kind::ByRef => {
                let name = tree.operand(child)?;
                Some(Capture { name: self.variable_symbol(name), by_reference: true })
            }
            _ => None,
        });
        let captures = captures.collect();
        self.closure_of(at, ClosureKind::Closure, captures)
    }

    /// `fn () => …`
    pub(super) fn arrow_function(&mut self, at: At) -> ExprId {
        self.closure_of(at, ClosureKind::Arrow, Box::default())
    }

    fn closure_of(&mut self, at: At, kind: ClosureKind, captures: Box<[Capture]>) -> ExprId {
        let is_static = self.tree.child(at, Field::StaticModifier).is_some();
        let parent = self.current.id;
        self.attributes(at);
        let body_kind = |signature| BodyKind::Closure { parent, kind, is_static, captures, signature: Box::new(signature) };
        let (signature, body) = self.code(at, BodyKind::TopLevel, &Doc::default());
        self.bodies[body.0 as usize].kind = body_kind(signature);
        self.push(Expr::Closure(body), self.span(at))
    }
}

/// What stands before a declaration.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Modifiers {
    pub(super) visibility: Visibility,
    pub(super) is_static: bool,
    pub(super) is_abstract: bool,
}

impl Lowering<'_> {
    /// The modifiers of a declaration.
    pub(super) fn modifiers(&self, at: At) -> Modifiers {
        let mut modifiers = Modifiers::default();
        for child in self.tree.children(at) {
            match self.kind(child) {
                Kind::StaticModifier => modifiers.is_static = true,
                Kind::AbstractModifier => modifiers.is_abstract = true,
                Kind::VisibilityModifier => {
                    if let Some(visibility) = visibility(self.code_of(child)) {
                        modifiers.visibility = visibility;
                    }
                }
                _ => {}
            }
        }
        modifiers
    }
}

/// The visibility for reading; `private(set)` says nothing about it.
pub(super) fn visibility(text: &str) -> Option<Visibility> {
    match text.as_bytes().get(2).map(u8::to_ascii_lowercase) {
        _ if text.contains('(') => None,
        Some(b'b') => Some(Visibility::Public),
        Some(b'o') => Some(Visibility::Protected),
        Some(b'i') => Some(Visibility::Private),
        _ => None,
    }
}
