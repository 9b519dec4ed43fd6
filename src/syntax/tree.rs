//! The parser's tree, flattened in one pass without recursion.
//!
//! Lowering works on this copy: children are found by index, so that no depth of nesting costs stack, and no node is
//! asked for its parent. Punctuation is left out.

use tree_sitter::Tree;

use super::kinds::{Field, GRAMMAR, Kind};
use crate::finding::Span;

/// A node of a [`FlatTree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct At(u32);

#[derive(Clone, Copy)]
struct FlatNode {
    kind: Kind,
    field: Field,
    broken: bool,
    span: Span,
    /// Index behind the last node below this one.
    next: u32,
}

/// The nodes in the order of the text, each before what is below it.
#[derive(Default)]
pub(super) struct FlatTree {
    nodes: Vec<FlatNode>,
    open: Vec<u32>,
    comments: Vec<At>,
    /// Tokens that the parser supplied.
    pub(super) missing: Vec<Span>,
    /// Regions that the parser could not place.
    pub(super) errors: Vec<Span>,
}

/// The direct children of a node.
#[derive(Clone)]
pub(super) struct Children<'t> {
    nodes: &'t [FlatNode],
    at: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = At;

    fn next(&mut self) -> Option<At> {
        if self.at >= self.end {
            return None;
        }
        let at = At(self.at);
        self.at = self.nodes[self.at as usize].next;
        Some(at)
    }
}

fn offset(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
}

impl FlatTree {
    /// The root.
    pub(super) const ROOT: At = At(0);

    /// Replaces the contents by a copy of `tree`.
    pub(super) fn read(&mut self, tree: &Tree) {
        self.nodes.clear();
        self.open.clear();
        self.comments.clear();
        self.missing.clear();
        self.errors.clear();
        let grammar = &*GRAMMAR;
        let broken_file = tree.root_node().has_error();
        let mut cursor = tree.walk();
        loop {
            let node = cursor.node();
            let kind = grammar.kind(node.kind_id());
            let broken = broken_file && node.has_error();
            let mut descend = !kind.is_leaf() || broken;
            let span = || Span::new(offset(node.start_byte()), offset(node.end_byte()));
            if broken {
                let span = span();
                if kind == Kind::Error {
                    self.errors.push(span);
                } else if node.is_missing() {
                    self.missing.push(span);
                }
            }
            let mut kept = false;
            if !kind.is_dropped() {
                // `A::{expr}`: the grammar calls the whole expression a name.
                if kind == Kind::Name && self.nodes.last().is_some_and(|last| last.kind == Kind::OpenBrace) {
                    descend = true;
                }
                let field = cursor.field_id().map_or(Field::None, |id| grammar.field(id.get()));
                let index = offset(self.nodes.len());
                if kind == Kind::Comment {
                    self.comments.push(At(index));
                }
                self.nodes.push(FlatNode { kind, field, broken, span: span(), next: index + 1 });
                kept = true;
            }
            if descend && cursor.goto_first_child() {
                // A dropped node has no entry of its own: its children count as its parent's.
                let index = offset(self.nodes.len());
                self.open.push(if kept { index - 1 } else { u32::MAX });
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return;
                }
                let end = offset(self.nodes.len());
                if let Some(index) = self.open.pop()
                    && let Some(open) = self.nodes.get_mut(index as usize)
                {
                    open.next = end;
                }
            }
        }
    }

    fn node(&self, at: At) -> &FlatNode {
        &self.nodes[at.0 as usize]
    }

    /// The kind of a node.
    pub(super) fn kind(&self, at: At) -> Kind {
        self.node(at).kind
    }

    /// The role of a node in the node around it.
    pub(super) fn field(&self, at: At) -> Field {
        self.node(at).field
    }

    /// True where something at or below the node does not parse.
    pub(super) fn is_broken(&self, at: At) -> bool {
        self.node(at).broken
    }

    /// The bytes of a node.
    pub(super) fn span(&self, at: At) -> Span {
        self.node(at).span
    }

    /// The direct children, tokens and comments among them.
    pub(super) fn children(&self, at: At) -> Children<'_> {
        Children { nodes: &self.nodes, at: at.0 + 1, end: self.node(at).next }
    }

    /// The first child in a role.
    pub(super) fn child(&self, at: At, field: Field) -> Option<At> {
        self.children(at).find(|&child| self.field(child) == field)
    }

    /// The first child of a kind.
    pub(super) fn child_of(&self, at: At, kind: Kind) -> Option<At> {
        self.children(at).find(|&child| self.kind(child) == kind)
    }

    /// The children that are expressions.
    pub(super) fn operands(&self, at: At) -> impl Iterator<Item = At> + Clone + '_ {
        self.children(at).filter(|&child| self.kind(child).is_expression())
    }

    /// The first child that is an expression.
    pub(super) fn operand(&self, at: At) -> Option<At> {
        self.operands(at).next()
    }

    /// The regions below a node that do not parse, without those in statements and members of their own.
    pub(super) fn errors_below(&self, at: At, found: &mut Vec<At>) {
        let end = self.node(at).next;
        let mut index = at.0 + 1;
        while index < end {
            let node = &self.nodes[index as usize];
            let has_own = node.kind.is_statement()
                || matches!(node.kind, Kind::ColonBlock | Kind::DeclarationList | Kind::EnumDeclarationList | Kind::SwitchBlock);
            if node.kind == Kind::Error {
                found.push(At(index));
            }
            index = if has_own || node.kind == Kind::Error || !node.broken { node.next } else { index + 1 };
        }
    }

    /// The comments of the file.
    pub(super) fn comments(&self) -> impl Iterator<Item = At> + '_ {
        self.comments.iter().copied()
    }
}
