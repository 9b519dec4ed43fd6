//! The members of classes.

use super::Lowering;
use super::functions::visibility;
use super::kinds::{Field, Kind};
use super::tree::At;
use crate::finding::Span;
use crate::hir::{
    BodyId, BodyKind, ClassConstant, ClassId, ClassKind, EnumCase, ExprRef, Function, Method, Property, Signature,
    TraitAdaptation, TraitUse,
};

impl Lowering<'_> {
    /// The members between the braces of a class.
    pub(super) fn members(&mut self, list: At, class: ClassId) {
        let tree = self.tree;
        let mut comment = None;
        for child in tree.children(list) {
            match tree.kind(child) {
                Kind::Comment => comment = Some(tree.span(child)),
                Kind::Error => self.salvage_members(child, class),
                _ => self.member(child, class, comment.take()),
            }
        }
    }

    /// One member.
    pub(super) fn member(&mut self, at: At, class: ClassId, comment: Option<Span>) {
        match self.kind(at) {
            Kind::MethodDeclaration => self.method(at, class, comment),
            Kind::PropertyDeclaration => self.property_declaration(at, class, comment),
            Kind::ConstDeclaration => self.constants(at, class),
            Kind::UseDeclaration => self.trait_use(at, class),
            Kind::EnumCase => self.case(at, class),
            _ => return,
        }
        if self.tree.is_broken(at) {
            self.salvage_in_member(at);
        }
    }

    /// A doc comment before a declaration, or between its attributes and its modifiers.
    fn comment_of(&self, at: At, before: Option<Span>) -> Option<Span> {
        let inner = self.tree.child_of(at, Kind::Comment).map(|comment| self.span(comment));
        let is_doc = |comment: &Span| self.slice(*comment).starts_with("/**");
        inner.filter(is_doc).or(before).filter(is_doc)
    }

    fn method(&mut self, at: At, class: ClassId, comment: Option<Span>) {
        let tree = self.tree;
        let span = self.span(at);
        let Some(name_at) = tree.child(at, Field::Name) else { return };
        let modifiers = self.modifiers(at);
        let index = self.class_mut(class).methods.len();
        let is_abstract = modifiers.is_abstract || self.class_mut(class).kind == ClassKind::Interface;
        let method = Method {
            name: self.symbol_of(name_at),
            name_span: self.span(name_at),
            span,
            visibility: modifiers.visibility,
            is_static: modifiers.is_static,
            is_abstract,
            signature: Signature::default(),
            attributes: Vec::new(),
            body: BodyId(u32::MAX),
        };
        self.class_mut(class).methods.push(method);
        let attributes = self.attributes(at);
        let kind = BodyKind::Method(class, u32::try_from(index).unwrap_or(u32::MAX));
        let mark = self.templates.len();
        let doc = self.doc(self.comment_of(at, comment));
        let (signature, body) = self.code(at, kind, &doc);
        self.templates.truncate(mark);
        let method = &mut self.class_mut(class).methods[index];
        method.signature = signature;
        method.attributes = attributes;
        method.body = body;
    }

    fn property_declaration(&mut self, at: At, class: ClassId, comment: Option<Span>) {
        let tree = self.tree;
        let modifiers = self.modifiers(at);
        let hint = tree.child(at, Field::Type).map(|hint| self.type_hint(hint));
        let attributes = self.attributes(at);
        let doc = self.doc(self.comment_of(at, comment));
        for element in tree.children(at).filter(|&child| tree.kind(child) == Kind::PropertyElement) {
            let Some(name) = tree.child(element, Field::Name) else { continue };
            let name = self.variable_symbol(name);
            let property = Property {
                name,
                hint: hint.clone(),
                doc_type: doc.variable(name),
                default: self.initial_value(element, Field::DefaultValue),
                is_static: modifiers.is_static,
                visibility: modifiers.visibility,
                promoted: false,
                attributes: attributes.clone(),
                span: self.span(element),
                hooks: Vec::new(),
            };
            self.class_mut(class).properties.push(property);
        }
        if let Some(hooks) = tree.child_of(at, Kind::PropertyHookList) {
            self.hooks(hooks, class);
        }
    }

    /// An expression in a role, among the initial values of the class.
    fn initial_value(&mut self, at: At, field: Field) -> Option<ExprRef> {
        let tree = self.tree;
        let value = tree.children(at).find(|&child| tree.field(child) == field && tree.kind(child).is_expression())?;
        let (body, expr) = self.in_initializers(|lowering| lowering.expr(value));
        Some(ExprRef { body, expr })
    }

    /// The hooks of the class's last property.
    pub(super) fn hooks(&mut self, list: At, class: ClassId) {
        let tree = self.tree;
        let Some(property) = self.class_mut(class).properties.len().checked_sub(1) else { return };
        for hook in tree.children(list).filter(|&child| tree.kind(child) == Kind::PropertyHook) {
            let Some(name_at) = tree.children(hook).find(|&child| tree.kind(child) == Kind::Name) else { continue };
            let name = self.symbol_of(name_at);
            let index = self.class_mut(class).properties[property].hooks.len();
            let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
            let attributes = self.attributes(hook);
            let kind = BodyKind::Hook(class, number(property), number(index));
            let (signature, body) = self.code(hook, kind, &super::doc::Doc::default());
            let (name_span, span) = (self.span(name_at), self.span(hook));
            let hook = Function { name, name_span, span, signature, attributes, body };
            self.class_mut(class).properties[property].hooks.push(hook);
        }
    }

    fn constants(&mut self, at: At, class: ClassId) {
        let tree = self.tree;
        for element in tree.children(at).filter(|&child| tree.kind(child) == Kind::ConstElement) {
            let Some((name, value)) = self.const_element(element) else { continue };
            let name = self.symbol_of(name);
            let value = value.map(|value| {
                let (body, expr) = self.in_initializers(|lowering| lowering.expr(value));
                ExprRef { body, expr }
            });
            let span = self.span(element);
            self.class_mut(class).constants.push(ClassConstant { name, value, span });
        }
    }

    /// Name and value of a constant.
    pub(super) fn const_element(&self, at: At) -> Option<(At, Option<At>)> {
        let mut operands = self.tree.operands(at);
        Some((operands.next()?, operands.next()))
    }

    fn case(&mut self, at: At, class: ClassId) {
        let Some(name) = self.tree.child(at, Field::Name) else { return };
        let name = self.symbol_of(name);
        let value = self.initial_value(at, Field::Value);
        let span = self.span(at);
        self.class_mut(class).cases.push(EnumCase { name, value, span });
    }

    fn trait_use(&mut self, at: At, class: ClassId) {
        let tree = self.tree;
        let traits = self.names(at);
        let rules = tree.child_of(at, Kind::UseList).into_iter().flat_map(|list| tree.children(list));
        let adaptations = rules.filter_map(|rule| self.adaptation(rule)).collect();
        let span = self.span(at);
        self.class_mut(class).trait_uses.push(TraitUse { traits, adaptations, span });
    }

    fn adaptation(&mut self, at: At) -> Option<TraitAdaptation> {
        let tree = self.tree;
        let mut names = tree.operands(at);
        let first = names.next()?;
        let (of, method) = if tree.kind(first) == Kind::ClassConstantAccess {
            let mut parts = tree.operands(first);
            let (of, method) = (parts.next()?, parts.next()?);
            (Some(self.name_ref(of)), self.symbol_of(method))
        } else {
            (None, self.symbol_of(first))
        };
        match (tree.kind(at), of) {
            (Kind::UseInsteadOfClause, Some(used)) => {
                let instead_of = names.map(|name| self.name_ref(name)).collect();
                Some(TraitAdaptation::InsteadOf { used, method, instead_of })
            }
            (Kind::UseAsClause, of) => {
                let alias = names.next().filter(|&alias| !self.text_of(alias).eq_ignore_ascii_case("final"));
                let alias = alias.map(|alias| self.symbol_of(alias));
                let visibility = tree.child_of(at, Kind::VisibilityModifier).and_then(|word| visibility(self.code_of(word)));
                Some(TraitAdaptation::Alias { of, method, alias, visibility })
            }
            _ => None,
        }
    }
}
