//! Statements.

use super::kinds::{Field, Kind};
use super::tree::At;
use super::{Lowering, MAX_DEPTH};
use crate::finding::Span;
use crate::hir::{CatchClause, ClassKind, ErrorReason, Expr, ExprId, Literal, LoopKind, Statement, StatementId, SwitchCase};

type Block = Box<[StatementId]>;

impl Lowering<'_> {
    /// The statements of a block, a single statement among them.
    pub(super) fn block(&mut self, at: At) -> Block {
        let mark = self.scratch.statements.len();
        match self.kind(at) {
            Kind::CompoundStatement | Kind::ColonBlock => self.statements(at),
            _ => self.statement(at, None),
        }
        self.take_statements(mark)
    }

    fn too_deep(&mut self, at: At) {
        self.error(self.span(at), ErrorReason::TooDeep);
        self.push_statement(Statement::Error(ErrorReason::TooDeep), self.span(at));
    }

    /// Pushes the statements among the children of a node.
    pub(super) fn statements(&mut self, parent: At) {
        let tree = self.tree;
        self.statement_run(parent, tree.children(parent));
    }

    pub(super) fn statement_run(&mut self, parent: At, children: impl Iterator<Item = At>) {
        let tree = self.tree;
        let mut comment = None;
        let mut echoes = false;
        for child in children {
            let kind = tree.kind(child);
            match kind {
                Kind::Comment => {
                    self.inline_doc(child);
                    comment = Some(tree.span(child));
                    continue;
                }
                Kind::PhpTag => echoes = self.text_of(child) == "<?=",
                Kind::Text => self.push_statement(Statement::InlineHtml, tree.span(child)),
                Kind::TextInterpolation => {
                    echoes = tree.child_of(child, Kind::PhpTag).is_some_and(|tag| self.text_of(tag) == "<?=");
                    if let Some(text) = tree.child_of(child, Kind::Text) {
                        self.push_statement(Statement::InlineHtml, tree.span(text));
                    }
                }
                Kind::Error => self.salvage(child),
                Kind::NamespaceDefinition => self.namespace(child, parent),
                Kind::ExpressionStatement if echoes => {
                    echoes = false;
                    let value = self.only_operand(child);
                    self.push_statement(Statement::Echo([value].into()), tree.span(child));
                }
                _ if kind.is_statement() => {
                    self.statement(child, comment);
                }
                _ if kind.is_member() => self.stray_member(parent, child),
                _ => {}
            }
            comment = None;
        }
    }

    /// A statement with what survives of the errors in it.
    fn statement(&mut self, at: At, comment: Option<Span>) {
        if self.depth >= MAX_DEPTH {
            self.too_deep(at);
            return;
        }
        self.depth += 1;
        if self.kind(at) != Kind::NamespaceUseDeclaration {
            self.imports_open &= self.interface.import_block.is_none();
        }
        self.control_flow(at, comment);
        if self.tree.is_broken(at) {
            self.salvage_below(at);
        }
        self.current.unnamed = None;
        self.depth -= 1;
    }

    fn control_flow(&mut self, at: At, comment: Option<Span>) {
        let statement = match self.kind(at) {
            Kind::ExpressionStatement => return self.expression_statement(at),
            Kind::CompoundStatement => Statement::Block(self.block(at)),
            Kind::IfStatement => self.if_statement(at),
            Kind::WhileStatement => {
                let condition = self.expr_in(at, Field::Condition);
                Statement::Loop(LoopKind::While, condition, self.body(at))
            }
            Kind::DoStatement => {
                let block = self.body(at);
                Statement::Loop(LoopKind::DoWhile, self.expr_in(at, Field::Condition), block)
            }
            Kind::ForStatement => self.for_statement(at),
            Kind::ForeachStatement => self.foreach_statement(at),
            Kind::SwitchStatement => self.switch_statement(at),
            Kind::TryStatement => self.try_statement(at),
            Kind::ReturnStatement => {
                let value = self.tree.operand(at);
                Statement::Return(value.map(|value| self.expr(value)))
            }
            Kind::BreakStatement => Statement::Break(self.levels(at)),
            Kind::ContinueStatement => Statement::Continue(self.levels(at)),
            Kind::GotoStatement | Kind::NamedLabelStatement => {
                self.error(self.span(at), ErrorReason::Unsupported);
                Statement::Error(ErrorReason::Unsupported)
            }
            _ => match self.declaration(at, comment) {
                Some(statement) => statement,
                None => return,
            },
        };
        self.push_statement(statement, self.span(at));
    }

    fn declaration(&mut self, at: At, comment: Option<Span>) -> Option<Statement> {
        let tree = self.tree;
        let doc = comment.filter(|comment| self.slice(*comment).starts_with("/**"));
        Some(match self.kind(at) {
            Kind::EchoStatement => Statement::Echo(self.sequence(tree.children(at))),
            Kind::UnsetStatement => Statement::Unset(self.sequence(tree.children(at))),
            Kind::ExitStatement => {
                let value = tree.operand(at).map(|value| self.expr(value));
                Statement::Expr(self.push(Expr::Exit(value), self.span(at)))
            }
            Kind::GlobalDeclaration => {
                let names = tree.children(at).filter(|&child| tree.kind(child) == Kind::VariableName);
                Statement::Global(names.map(|name| self.variable_symbol(name)).collect())
            }
            Kind::FunctionStaticDeclaration => self.static_variables(at),
            Kind::ConstDeclaration => self.global_constants(at),
            Kind::DeclareStatement => {
                self.statement_run(
                    at,
                    tree.children(at).filter(|&child| !matches!(tree.kind(child), Kind::DeclareDirective | Kind::Error)),
                );
                return None;
            }
            Kind::NamespaceUseDeclaration => {
                self.imports(at);
                return None;
            }
            Kind::FunctionDefinition => {
                self.function(at, doc);
                Statement::Declaration
            }
            Kind::ClassDeclaration => self.class_declaration(at, ClassKind::Class, doc),
            Kind::InterfaceDeclaration => self.class_declaration(at, ClassKind::Interface, doc),
            Kind::TraitDeclaration => self.class_declaration(at, ClassKind::Trait, doc),
            Kind::EnumDeclaration => self.class_declaration(at, ClassKind::Enum, doc),
            _ => return None,
        })
    }

    fn class_declaration(&mut self, at: At, kind: ClassKind, doc: Option<Span>) -> Statement {
        self.class_like(at, kind, doc);
        Statement::Declaration
    }

    fn expression_statement(&mut self, at: At) {
        let value = self.only_operand(at);
        if let Some(doc) = self.current.unnamed.take()
            && let Expr::Assign { target, .. } = self.current.body.expr(value)
            && let Expr::Variable(name) = *self.current.body.expr(*target)
            && let Some(entry) = self.current.body.doc_variables.get_mut(doc)
        {
            entry.1 = name;
        }
        self.push_statement(Statement::Expr(value), self.span(at));
    }

    /// `/** @var X $name */`; without a name it is that of the assignment behind it.
    fn inline_doc(&mut self, at: At) {
        let span = self.span(at);
        let text = self.slice(span);
        if !text.starts_with("/**") || !text.contains("@var") && !text.contains("-var") {
            return;
        }
        let mark = self.templates.len();
        let doc = self.doc(Some(span));
        self.templates.truncate(mark);
        for (name, hint) in doc.variables {
            if name.is_none() {
                self.current.unnamed = Some(self.current.body.doc_variables.len());
            }
            let name = name.unwrap_or_else(|| self.interner.intern(""));
            self.current.body.doc_variables.push((span, name, hint));
        }
    }

    /// Expressions separated by commas.
    fn sequence(&mut self, children: impl Iterator<Item = At>) -> Box<[ExprId]> {
        let mark = self.scratch.operands.len();
        let tree = self.tree;
        for child in children {
            let mut next = Some(child);
            // `a, b, c` nests to the right.
            while let Some(at) = next.take() {
                if tree.kind(at) == Kind::SequenceExpression {
                    for part in tree.children(at) {
                        if tree.kind(part) == Kind::SequenceExpression {
                            next = Some(part);
                        } else if tree.kind(part).is_expression() {
                            let value = self.expr(part);
                            self.scratch.operands.push(value);
                        }
                    }
                } else if tree.kind(at).is_expression() {
                    let value = self.expr(at);
                    self.scratch.operands.push(value);
                }
            }
        }
        self.take_operands(mark)
    }

    /// The block in the role of a body.
    fn body(&mut self, at: At) -> Block {
        match self.tree.child(at, Field::Body) {
            Some(body) => self.block(body),
            None => Box::default(),
        }
    }

    /// `if`, with `else if` as one more branch.
    fn if_statement(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut next = Some(at);
        while let Some(at) = next.take() {
            let condition = self.expr_in(at, Field::Condition);
            let block = self.body(at);
            branches.push((condition, block));
            for child in tree.children(at) {
                match tree.kind(child) {
                    Kind::ElseIfClause => {
                        let condition = self.expr_in(child, Field::Condition);
                        let block = self.body(child);
                        branches.push((condition, block));
                    }
                    Kind::ElseClause => match tree.child(child, Field::Body) {
                        Some(body) if tree.kind(body) == Kind::IfStatement => next = Some(body),
                        Some(body) => otherwise = Some(self.block(body)),
                        None => otherwise = Some(Box::default()),
                    },
                    _ => {}
                }
            }
        }
        Statement::If { branches: branches.into(), otherwise }
    }

    fn for_statement(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let is_head = |child: &At| {
            tree.kind(*child) == Kind::Error || matches!(tree.field(*child), Field::Initialize | Field::Condition | Field::Update)
        };
        let part = |field: Field| tree.children(at).filter(move |&child| tree.field(child) == field);
        let init = self.sequence(part(Field::Initialize));
        let conditions = self.sequence(part(Field::Condition));
        let bodies = part(Field::Body).count();
        let block = match tree.child(at, Field::Body) {
            Some(body) if bodies == 1 && tree.child_of(at, Kind::TextInterpolation).is_none() => self.block(body),
            _ => {
                let mark = self.scratch.statements.len();
                self.statement_run(at, tree.children(at).filter(|child| !is_head(child)));
                self.take_statements(mark)
            }
        };
        let steps = self.sequence(part(Field::Update));
        Statement::For { init, conditions, steps, block }
    }

    fn foreach_statement(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let mut parts = tree.children(at).filter(|&child| {
            let kind = tree.kind(child);
            tree.field(child) != Field::Body && (kind.is_expression() || matches!(kind, Kind::ByRef | Kind::Pair))
        });
        let subject = match parts.next() {
            Some(subject) => self.expr(subject),
            None => self.absent(at),
        };
        let mut target = parts.next();
        let mut key = None;
        if let Some(pair) = target.filter(|&target| tree.kind(target) == Kind::Pair) {
            let mut parts =
                tree.children(pair).filter(|&child| tree.kind(child).is_expression() || tree.kind(child) == Kind::ByRef);
            key = parts.next().map(|key| self.expr(key));
            target = parts.next();
        }
        let by_reference = target.is_some_and(|target| tree.kind(target) == Kind::ByRef);
        let value = match target {
            Some(target) => self.expr(target),
            None => self.absent(at),
        };
        let block = self.body(at);
        Statement::Foreach { subject, key, value, by_reference, block }
    }

    fn switch_statement(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let subject = self.expr_in(at, Field::Condition);
        let mut cases = Vec::new();
        let outer = self.scratch.statements.len();
        for child in tree.child(at, Field::Body).into_iter().flat_map(|block| tree.children(block)) {
            let value = match tree.kind(child) {
                Kind::CaseStatement => Some(self.expr_in(child, Field::Value)),
                Kind::DefaultStatement => None,
                Kind::Error => {
                    self.salvage(child);
                    continue;
                }
                _ => continue,
            };
            let mark = self.scratch.statements.len();
            self.statement_run(child, tree.children(child).filter(|&part| tree.field(part) != Field::Value));
            let block = self.take_statements(mark);
            cases.push(SwitchCase { value, block });
        }
        let stray = self.take_statements(outer);
        if !stray.is_empty() {
            cases.push(SwitchCase { value: None, block: stray });
        }
        Statement::Switch(subject, cases.into())
    }

    fn try_statement(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let block = self.body(at);
        let mut catches = Vec::new();
        let mut finally: Option<Block> = None;
        for child in tree.children(at) {
            match tree.kind(child) {
                Kind::CatchClause => {
                    let types = tree.child(child, Field::Type).into_iter().flat_map(|list| tree.children(list));
                    let types = types.filter(|&name| tree.kind(name) == Kind::NamedType);
                    let types = types.map(|name| self.name_ref(name)).collect();
                    let variable = tree.child(child, Field::Name).map(|name| self.variable_symbol(name));
                    let block = self.body(child);
                    catches.push(CatchClause { types, variable, block, span: tree.span(child) });
                }
                Kind::FinallyClause => {
                    // The grammar takes more than one.
                    let block = self.body(child);
                    finally = Some(finally.into_iter().flatten().chain(block).collect());
                }
                _ => {}
            }
        }
        Statement::Try { block, catches: catches.into(), finally }
    }

    /// The number behind `break` or `continue`.
    fn levels(&mut self, at: At) -> u32 {
        let number = self.tree.operand(at).filter(|&number| self.kind(number) == Kind::Integer);
        match number.map(|number| super::literals::integer(self.text_of(number))) {
            Some(Literal::Int(levels)) => u32::try_from(levels).unwrap_or(1).max(1),
            _ => 1,
        }
    }

    fn static_variables(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let mut variables = Vec::new();
        for child in tree.children(at).filter(|&child| tree.kind(child) == Kind::StaticVariableDeclaration) {
            let Some(name) = tree.child(child, Field::Name) else { continue };
            let name = self.variable_symbol(name);
            let value = tree.child(child, Field::Value).filter(|&value| tree.kind(value).is_expression());
            variables.push((name, value.map(|value| self.expr(value))));
        }
        Statement::StaticVariables(variables.into())
    }

    fn global_constants(&mut self, at: At) -> Statement {
        let tree = self.tree;
        let mut constants = Vec::new();
        for element in tree.children(at).filter(|&child| tree.kind(child) == Kind::ConstElement) {
            let Some((name, Some(value))) = self.const_element(element) else { continue };
            let name = self.declared(self.text_of(name));
            constants.push((name, self.expr(value)));
        }
        Statement::Constants(constants.into())
    }
}
