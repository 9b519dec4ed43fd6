//! What is well-formed inside a region that does not parse.

use super::kinds::Kind;
use super::tree::At;
use super::{Lowering, MAX_DEPTH};
use crate::hir::{ClassId, ClassKind, ErrorReason, Statement};

impl Lowering<'_> {
    /// A region among statements: an error, and the statements and expressions in it.
    pub(super) fn salvage(&mut self, at: At) {
        self.current.body.has_errors = true;
        self.push_statement(Statement::Error(ErrorReason::Syntax), self.span(at));
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        self.statements(at);
        self.stray_expressions(at);
        self.depth -= 1;
    }

    /// The regions in a statement or member that was lowered around them.
    pub(super) fn salvage_below(&mut self, at: At) {
        let mut regions = Vec::new();
        self.tree.errors_below(at, &mut regions);
        for region in regions {
            self.salvage(region);
        }
    }

    /// Expressions directly in the region. Bare names are more often debris than constants.
    fn stray_expressions(&mut self, at: At) {
        let tree = self.tree;
        for child in tree.operands(at).filter(|&child| !tree.kind(child).is_name()) {
            let value = self.expr(child);
            self.push_statement(Statement::Expr(value), tree.span(child));
        }
        for list in tree.children(at).filter(|&child| matches!(tree.kind(child), Kind::Arguments | Kind::Argument)) {
            let (arguments, _) = self.arguments(list);
            for argument in arguments {
                self.push_statement(Statement::Expr(argument.value), argument.span);
            }
        }
    }

    /// A region among the members of a class. Its statements go to the initial values, the only body that a class has.
    pub(super) fn salvage_members(&mut self, at: At, class: ClassId) {
        let tree = self.tree;
        let mut comment = None;
        for child in tree.children(at) {
            let kind = tree.kind(child);
            if kind == Kind::Comment {
                comment = Some(tree.span(child));
            } else if kind == Kind::Error && self.depth < MAX_DEPTH {
                self.depth += 1;
                self.salvage_members(child, class);
                self.depth -= 1;
            } else if kind.is_member() || kind == Kind::ConstDeclaration {
                self.member(child, class, comment.take());
            }
        }
        self.among_initializers(|lowering| {
            lowering.stray_statements(at);
            lowering.stray_expressions(at);
        });
    }

    /// The regions in a member that was lowered around them.
    pub(super) fn salvage_in_member(&mut self, at: At) {
        let mut regions = Vec::new();
        self.tree.errors_below(at, &mut regions);
        if !regions.is_empty() {
            self.among_initializers(|lowering| regions.into_iter().for_each(|region| lowering.salvage(region)));
        }
    }

    /// Adds the statements that `fill` pushes to those of the class's initial values.
    fn among_initializers(&mut self, fill: impl FnOnce(&mut Self)) {
        self.in_initializers(|lowering| {
            let mark = lowering.scratch.statements.len();
            fill(lowering);
            let mut block = lowering.current.body.block.to_vec();
            block.extend(lowering.take_statements(mark));
            lowering.current.body.block = block.into();
        });
    }

    fn stray_statements(&mut self, at: At) {
        let tree = self.tree;
        let is_stray = |child: &At| tree.kind(*child).is_statement() && tree.kind(*child) != Kind::ConstDeclaration;
        self.statement_run(at, tree.children(at).filter(is_stray));
    }

    /// A member outside a class: the class's head did not parse. Gives it a class without more than the name, which
    /// the other members of the same region share.
    pub(super) fn stray_member(&mut self, region: At, member: At) {
        let span = self.span(region);
        let known = self.interface.classes.iter().rposition(|class| class.has_errors && class.span == span);
        let class = match known {
            Some(index) => ClassId(u32::try_from(index).unwrap_or(u32::MAX)),
            None => self.headless_class(region),
        };
        let around = self.class.replace(class);
        self.member(member, class, None);
        self.class = around;
    }

    fn headless_class(&mut self, region: At) -> ClassId {
        let tree = self.tree;
        let id = self.new_class(ClassKind::Class, self.span(region));
        let mut behind = tree.children(region).skip_while(|&child| tree.kind(child) != Kind::ClassKeyword);
        let name = behind.nth(1).filter(|&name| tree.kind(name) == Kind::Name);
        let name = name.map(|name| (self.declared(self.text_of(name)), self.span(name)));
        self.current.body.has_errors = true;
        let class = self.class_mut(id);
        class.has_errors = true;
        if let Some((name, span)) = name {
            class.name = Some(name);
            class.name_span = span;
        }
        id
    }
}
