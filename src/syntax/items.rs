//! The file as a whole: namespaces and imports.

use super::kinds::{Field, Kind};
use super::tree::{At, FlatTree};
use super::{Lowering, OpenBody};
use crate::finding::Span;
use crate::hir::{BodyKind, Import, ImportKind, Statement, Symbol};

impl Lowering<'_> {
    /// The whole file.
    pub(super) fn program(&mut self) {
        self.statements(FlatTree::ROOT);
        let block = self.take_statements(0);
        self.current.body.block = block;
    }

    /// `namespace A;`, `namespace A { … }`: a new body for the code outside functions.
    pub(super) fn namespace(&mut self, at: At, parent: At) {
        let tree = self.tree;
        let block = tree.child(at, Field::Body);
        let is_outermost = parent == FlatTree::ROOT;
        let name = tree.child(at, Field::Name).map_or("", |name| self.text_of(name));
        let around = std::mem::replace(&mut self.namespace, name);
        let imports_from = std::mem::replace(&mut self.imports_from, self.interface.imports.len());
        self.imports_open = self.interface.import_block.is_none();
        if !is_outermost {
            // Nested by a syntax error.
            if let Some(block) = block {
                self.statements(block);
                self.namespace = around;
                self.imports_from = imports_from;
            }
            return;
        }
        // What stands before the first namespace (a shebang, `declare`) does not make a block of its own.
        let is_code = |statement: &Statement| *statement != Statement::InlineHtml;
        if !self.current.body.exprs.is_empty() || self.current.body.statements.iter().any(is_code) || self.namespaced {
            self.next_top_level(at);
        }
        self.namespaced = true;
        if let Some(block) = block {
            self.current.body.span = self.span(block);
            self.statements(block);
            self.namespace = "";
            self.imports_from = self.interface.imports.len();
        }
    }

    /// Ends the body of a namespace block and begins that of the next one.
    fn next_top_level(&mut self, at: At) {
        let block = self.take_statements(0);
        self.current.body.block = block;
        let end = self.tree.span(FlatTree::ROOT).end;
        let start = self.span(at).start;
        self.current.body.span.end = self.current.body.span.end.min(start);
        let open = self.open(BodyKind::TopLevel, Span::new(start, end));
        self.interface.top_level.push(open.id);
        let last: OpenBody = std::mem::replace(&mut self.current, open);
        self.close(last);
    }

    /// `use A, B as C;`, `use A\{B, C};`
    pub(super) fn imports(&mut self, at: At) {
        let tree = self.tree;
        let span = self.span(at);
        if self.imports_open {
            let block = self.interface.import_block.get_or_insert(span);
            *block = block.to(span);
        }
        let kind = self.import_kind(at).unwrap_or(ImportKind::Class);
        let group = tree.child_of(at, Kind::NamespaceUseGroup);
        let prefix = group.and_then(|_| tree.child_of(at, Kind::NamespaceName)).map(|prefix| self.text_of(prefix));
        for clause in tree.children(group.unwrap_or(at)).filter(|&child| tree.kind(child) == Kind::NamespaceUseClause) {
            self.import_clause(clause, kind, prefix);
        }
    }

    fn import_kind(&self, at: At) -> Option<ImportKind> {
        self.tree.children(at).find_map(|child| match self.kind(child) {
            Kind::FunctionKeyword => Some(ImportKind::Function),
            Kind::ConstKeyword => Some(ImportKind::Constant),
            _ => None,
        })
    }

    fn import_clause(&mut self, at: At, kind: ImportKind, prefix: Option<&str>) {
        let tree = self.tree;
        let kind = self.import_kind(at).unwrap_or(kind);
        let Some(name_at) = tree.children(at).find(|&child| tree.kind(child).is_name()) else { return };
        let text = self.text_of(name_at).trim_start_matches('\\');
        if text.is_empty() {
            return;
        }
        let name = match prefix {
            Some(prefix) => self.import_name(prefix.trim_matches('\\'), text),
            None => self.interner.intern(text),
        };
        let alias = match tree.child(at, Field::Alias) {
            Some(alias) => self.symbol_of(alias),
            None => self.interner.intern(text.rsplit('\\').next().unwrap_or(text)),
        };
        self.interface.imports.push(Import { kind, name, alias, span: self.span(at) });
    }

    fn import_name(&mut self, prefix: &str, text: &str) -> Symbol {
        self.interner.intern(&format!("{prefix}\\{text}"))
    }
}
