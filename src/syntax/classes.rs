//! Classes, interfaces, traits and enums.

use super::kinds::{Field, Kind};
use super::tree::At;
use super::{HEAVY, Lowering, errors};
use crate::finding::Span;
use crate::hir::{Class, ClassId, ClassKind, NameRef};

impl Lowering<'_> {
    /// A class of this file.
    pub(super) fn class_mut(&mut self, id: ClassId) -> &mut Class {
        &mut self.interface.classes[id.0 as usize]
    }

    /// A new class without members.
    pub(super) fn new_class(&mut self, kind: ClassKind, span: Span) -> ClassId {
        let id = ClassId(u32::try_from(self.interface.classes.len()).unwrap_or(u32::MAX));
        self.interface.classes.push(Class {
            kind,
            name: None,
            span,
            name_span: Span::new(span.start, span.start),
            is_abstract: false,
            parent: None,
            interfaces: Vec::new(),
            trait_uses: Vec::new(),
            constants: Vec::new(),
            properties: Vec::new(),
            methods: Vec::new(),
            cases: Vec::new(),
            attributes: Vec::new(),
            doc_properties: Vec::new(),
            mixins: Vec::new(),
            has_errors: false,
        });
        self.initializers.push(None);
        self.region(span, errors::Owner::Class(id));
        id
    }

    /// A class-like declaration with its members.
    pub(super) fn class_like(&mut self, at: At, kind: ClassKind, comment: Option<Span>) -> ClassId {
        let tree = self.tree;
        let id = self.new_class(kind, self.span(at));
        let around = self.class.replace(id);
        self.depth += HEAVY;
        let mark = self.templates.len();
        let doc = self.doc(comment);
        let attributes = self.attributes(at);
        let mut interfaces = Vec::new();
        for child in tree.children(at) {
            match tree.kind(child) {
                Kind::AbstractModifier => self.class_mut(id).is_abstract = true,
                Kind::ClassKeyword if kind == ClassKind::Anonymous => self.class_mut(id).name_span = tree.span(child),
                Kind::Name if tree.field(child) == Field::Name => {
                    let name = self.declared(self.text_of(child));
                    let class = self.class_mut(id);
                    class.name = Some(name);
                    class.name_span = tree.span(child);
                }
                Kind::BaseClause => {
                    let parents = self.names(child);
                    self.class_mut(id).parent = parents.first().copied();
                    if kind == ClassKind::Interface {
                        interfaces = parents;
                    }
                }
                Kind::ClassInterfaceClause => interfaces = self.names(child),
                _ => {}
            }
        }
        let class = self.class_mut(id);
        class.interfaces = interfaces;
        class.attributes = attributes;
        class.doc_properties = doc.properties;
        class.mixins = doc.mixins;
        if let Some(body) = tree.child(at, Field::Body) {
            self.members(body, id);
        }
        self.templates.truncate(mark);
        self.depth -= HEAVY;
        self.class = around;
        id
    }

    /// The class names directly below a node.
    pub(super) fn names(&mut self, at: At) -> Vec<NameRef> {
        let tree = self.tree;
        tree.children(at).filter(|&child| tree.kind(child).is_name()).map(|name| self.name_ref(name)).collect()
    }
}
