//! The control-flow graph of one body.
//!
//! Conditions are taken apart at `&&`, `||` and `!`, so that every branch assumes one atom. A block
//! inside a `try` may leave to its handlers before or after each of its actions.

use crate::hir::{Argument, BinaryOp, Body, Callee, Expr, ExprId, FileHir, LoopKind, Statement, StatementId, Symbol, UnaryOp};
use crate::specs::{Control, Specs};

/// A block of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

/// One step of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Evaluates an expression for its effect.
    Evaluate(ExprId),
    /// Binds the next element of a `foreach`.
    BindElement {
        /// What is iterated.
        subject: ExprId,
        /// The target of the key.
        key: Option<ExprId>,
        /// The target of the value.
        value: ExprId,
    },
    /// Binds the exception of a `catch`.
    BindException(Symbol),
    /// Forgets what a variable or element holds.
    Unset(ExprId),
    /// A `static` variable, with its first value.
    BindStatic(Symbol, Option<ExprId>),
    /// A variable of the global scope.
    BindGlobal(Symbol),
}

/// How control leaves a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// To one block.
    Goto(BlockId),
    /// By a condition that is no `&&`, `||` or `!`.
    Branch {
        /// The condition.
        condition: ExprId,
        /// Where it holds.
        holds: BlockId,
        /// Where it does not.
        fails: BlockId,
    },
    /// By a comparison of a `switch`.
    Case {
        /// The subject of the `switch`.
        subject: ExprId,
        /// The value of the case.
        value: ExprId,
        /// Where they are equal.
        equal: BlockId,
        /// Where they are not.
        different: BlockId,
    },
    /// Into a loop over elements, or past it.
    Iterate {
        /// What is iterated.
        subject: ExprId,
        /// The loop's block.
        body: BlockId,
        /// Behind the loop.
        done: BlockId,
    },
    /// Returns a value.
    Return(Option<ExprId>),
    /// The end of the body.
    End,
    /// Never returns: an exception, `exit`, `abort()`.
    Diverge,
}

/// A straight piece of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The steps.
    pub actions: Vec<Action>,
    /// How control leaves.
    pub exit: Exit,
    /// `catch` and `finally` blocks that an exception leads to.
    pub handlers: Vec<BlockId>,
}

/// The control-flow graph of a body. The entry is block 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cfg {
    blocks: Vec<Block>,
    order: Vec<BlockId>,
    is_cyclic: bool,
}

impl Cfg {
    /// The graph of a body.
    #[must_use]
    pub fn build(hir: &FileHir, body: &Body, specs: &Specs) -> Self {
        let mut builder =
            Builder { hir, body, specs, blocks: Vec::new(), loops: Vec::new(), handlers: Vec::new(), current: BlockId(0) };
        builder.current = builder.open();
        builder.block(&body.block);
        builder.close(Exit::End);
        let (order, is_cyclic) = reverse_postorder(&builder.blocks);
        Self { blocks: builder.blocks, order, is_cyclic }
    }

    /// A block.
    #[must_use]
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }

    /// The number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// True for a graph without blocks; there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The reachable blocks, each before the blocks that it leads to, back edges apart.
    #[must_use]
    pub fn order(&self) -> &[BlockId] {
        &self.order
    }

    /// True where a loop makes a block reach itself.
    #[must_use]
    pub const fn is_cyclic(&self) -> bool {
        self.is_cyclic
    }
}

/// The blocks that an exit leads to.
pub(crate) fn successors(block: &Block) -> Vec<BlockId> {
    let mut next = match block.exit {
        Exit::Goto(to) => vec![to],
        Exit::Branch { holds, fails, .. } => vec![holds, fails],
        Exit::Case { equal, different, .. } => vec![equal, different],
        Exit::Iterate { body, done, .. } => vec![body, done],
        Exit::Return(_) | Exit::End | Exit::Diverge => Vec::new(),
    };
    next.extend(&block.handlers);
    next
}

fn reverse_postorder(blocks: &[Block]) -> (Vec<BlockId>, bool) {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; blocks.len()];
    let mut order = Vec::new();
    let mut is_cyclic = false;
    let mut stack = vec![(BlockId(0), 0_usize)];
    marks[0] = Mark::Open;
    while let Some((id, next)) = stack.pop() {
        let following = successors(&blocks[id.0 as usize]);
        match following.get(next) {
            None => {
                marks[id.0 as usize] = Mark::Done;
                order.push(id);
            }
            Some(successor) => {
                stack.push((id, next + 1));
                match marks[successor.0 as usize] {
                    Mark::New => {
                        marks[successor.0 as usize] = Mark::Open;
                        stack.push((*successor, 0));
                    }
                    Mark::Open => is_cyclic = true,
                    Mark::Done => {}
                }
            }
        }
    }
    order.reverse();
    (order, is_cyclic)
}

/// Conditions within conditions that are taken apart.
const CONDITION_DEPTH: u32 = 64;

struct LoopTargets {
    on_break: BlockId,
    on_continue: BlockId,
}

struct Builder<'b> {
    hir: &'b FileHir,
    body: &'b Body,
    specs: &'b Specs,
    blocks: Vec<Block>,
    loops: Vec<LoopTargets>,
    handlers: Vec<Vec<BlockId>>,
    current: BlockId,
}

impl Builder<'_> {
    fn open(&mut self) -> BlockId {
        let id = BlockId(u32::try_from(self.blocks.len()).unwrap_or(u32::MAX));
        let handlers = self.handlers.last().cloned().unwrap_or_default();
        self.blocks.push(Block { actions: Vec::new(), exit: Exit::Diverge, handlers });
        id
    }

    fn act(&mut self, action: Action) {
        self.blocks[self.current.0 as usize].actions.push(action);
    }

    /// Ends the current block; what follows without a label is unreachable.
    fn close(&mut self, exit: Exit) {
        self.blocks[self.current.0 as usize].exit = exit;
    }

    fn jump(&mut self, to: BlockId) {
        self.close(Exit::Goto(to));
        self.current = to;
    }

    fn block(&mut self, statements: &[StatementId]) {
        for statement in statements {
            self.statement(*statement);
        }
    }

    fn statement(&mut self, id: StatementId) {
        let body = self.body;
        match body.statement(id) {
            Statement::Expr(expr) => self.effect(*expr),
            Statement::Echo(values) => values.iter().for_each(|value| self.act(Action::Evaluate(*value))),
            Statement::Block(block) => self.block(block),
            Statement::If { branches, otherwise } => self.conditional(branches, otherwise.as_deref()),
            Statement::Loop(kind, condition, block) => self.condition_loop(*kind, *condition, block),
            Statement::For { init, conditions, steps, block } => self.for_loop(init, conditions, steps, block),
            Statement::Foreach { subject, key, value, block, .. } => self.foreach(*subject, *key, *value, block),
            Statement::Switch(subject, cases) => self.switch(*subject, cases),
            Statement::Return(value) => {
                if let Some(value) = value
                    && matches!(body.expr(*value), Expr::Throw(_))
                {
                    self.effect(*value);
                    return;
                }
                self.close(Exit::Return(*value));
                self.current = self.open();
            }
            Statement::Break(levels) => self.leave(*levels, |targets| targets.on_break),
            Statement::Continue(levels) => self.leave(*levels, |targets| targets.on_continue),
            Statement::Try { block, catches, finally } => self.guarded(block, catches, finally.as_deref()),
            Statement::Global(names) => names.iter().for_each(|name| self.act(Action::BindGlobal(*name))),
            Statement::StaticVariables(variables) => {
                variables.iter().for_each(|(name, value)| self.act(Action::BindStatic(*name, *value)));
            }
            Statement::Unset(targets) => targets.iter().for_each(|target| self.act(Action::Unset(*target))),
            Statement::Constants(constants) => constants.iter().for_each(|(_, value)| self.act(Action::Evaluate(*value))),
            Statement::InlineHtml | Statement::Declaration | Statement::Error(_) => {}
        }
    }

    /// An expression statement: `a or b`, `abort_if(a)`, `throw` and `exit` change the flow.
    fn effect(&mut self, expr: ExprId) {
        let body = self.body;
        match body.expr(expr) {
            Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) => {
                let (run, after) = (self.open(), self.open());
                let (holds, fails) = if *op == BinaryOp::And { (run, after) } else { (after, run) };
                self.condition(*left, holds, fails);
                self.current = run;
                self.effect(*right);
                self.jump(after);
            }
            Expr::Throw(_) | Expr::Exit(_) => {
                self.act(Action::Evaluate(expr));
                self.close(Exit::Diverge);
                self.current = self.open();
            }
            Expr::Call { callee, arguments, first_class: false } => self.call_effect(expr, *callee, arguments),
            _ => self.act(Action::Evaluate(expr)),
        }
    }

    fn call_effect(&mut self, expr: ExprId, callee: Callee, arguments: &[Argument]) {
        let control = match callee {
            Callee::Function(name) => self.specs.control(self.hir.text(name.fallback.unwrap_or(name.name))),
            _ => None,
        };
        self.act(Action::Evaluate(expr));
        let diverging = match (control, arguments.first()) {
            (Some(Control::Diverges), _) => {
                self.close(Exit::Diverge);
                self.current = self.open();
                return;
            }
            (Some(Control::DivergesIf), Some(argument)) => (argument.value, true),
            (Some(Control::DivergesUnless), Some(argument)) => (argument.value, false),
            _ => return,
        };
        let (gone, after) = (self.open(), self.open());
        let (holds, fails) = if diverging.1 { (gone, after) } else { (after, gone) };
        self.condition(diverging.0, holds, fails);
        self.current = after;
    }

    /// Takes a condition apart; leaves no current block.
    fn condition(&mut self, condition: ExprId, holds: BlockId, fails: BlockId) {
        self.condition_at(condition, holds, fails, 0);
    }

    /// A row of `&&` or of `||` is taken apart in a loop: it may be long. What is nested deeper than
    /// the limit stays whole.
    fn condition_at(&mut self, condition: ExprId, holds: BlockId, fails: BlockId, depth: u32) {
        match self.body.expr(condition) {
            Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), ..) if depth < CONDITION_DEPTH => {
                let terms = self.row(condition, *op);
                let last = terms.len() - 1;
                for (position, term) in terms.into_iter().enumerate() {
                    if position == last {
                        self.condition_at(term, holds, fails, depth + 1);
                        return;
                    }
                    let next = self.open();
                    let (on_true, on_false) = if *op == BinaryOp::And { (next, fails) } else { (holds, next) };
                    self.condition_at(term, on_true, on_false, depth + 1);
                    self.current = next;
                }
            }
            Expr::Unary(UnaryOp::Not, operand) if depth < CONDITION_DEPTH => self.condition_at(*operand, fails, holds, depth + 1),
            _ => self.close(Exit::Branch { condition, holds, fails }),
        }
    }

    /// The terms of `a && b && c` in order.
    fn row(&self, condition: ExprId, op: BinaryOp) -> Vec<ExprId> {
        let mut terms = Vec::new();
        let mut at = condition;
        while let Expr::Binary(known, left, right) = self.body.expr(at)
            && *known == op
        {
            terms.push(*right);
            at = *left;
        }
        terms.push(at);
        terms.reverse();
        terms
    }

    fn conditional(&mut self, branches: &[(ExprId, Box<[StatementId]>)], otherwise: Option<&[StatementId]>) {
        let after = self.open();
        for (condition, block) in branches {
            let (then, next) = (self.open(), self.open());
            self.condition(*condition, then, next);
            self.current = then;
            self.block(block);
            self.close(Exit::Goto(after));
            self.current = next;
        }
        self.block(otherwise.unwrap_or_default());
        self.jump(after);
    }

    fn in_loop(&mut self, on_break: BlockId, on_continue: BlockId, block: &[StatementId]) {
        self.loops.push(LoopTargets { on_break, on_continue });
        self.block(block);
        self.loops.pop();
    }

    fn condition_loop(&mut self, kind: LoopKind, condition: ExprId, block: &[StatementId]) {
        let (head, inside, after) = (self.open(), self.open(), self.open());
        self.close(Exit::Goto(if kind == LoopKind::While { head } else { inside }));
        self.current = head;
        self.condition(condition, inside, after);
        self.current = inside;
        self.in_loop(after, head, block);
        self.close(Exit::Goto(head));
        self.current = after;
    }

    fn for_loop(&mut self, init: &[ExprId], conditions: &[ExprId], steps: &[ExprId], block: &[StatementId]) {
        init.iter().for_each(|expr| self.act(Action::Evaluate(*expr)));
        let (head, inside, next, after) = (self.open(), self.open(), self.open(), self.open());
        self.jump(head);
        match conditions.split_last() {
            Some((last, before)) => {
                before.iter().for_each(|expr| self.act(Action::Evaluate(*expr)));
                self.condition(*last, inside, after);
            }
            None => self.close(Exit::Goto(inside)),
        }
        self.current = inside;
        self.in_loop(after, next, block);
        self.jump(next);
        steps.iter().for_each(|expr| self.act(Action::Evaluate(*expr)));
        self.close(Exit::Goto(head));
        self.current = after;
    }

    fn foreach(&mut self, subject: ExprId, key: Option<ExprId>, value: ExprId, block: &[StatementId]) {
        self.act(Action::Evaluate(subject));
        let (head, inside, after) = (self.open(), self.open(), self.open());
        self.jump(head);
        self.close(Exit::Iterate { subject, body: inside, done: after });
        self.current = inside;
        self.act(Action::BindElement { subject, key, value });
        self.in_loop(after, head, block);
        self.close(Exit::Goto(head));
        self.current = after;
    }

    fn switch(&mut self, subject: ExprId, cases: &[crate::hir::SwitchCase]) {
        self.act(Action::Evaluate(subject));
        let after = self.open();
        let bodies: Vec<BlockId> = cases.iter().map(|_| self.open()).collect();
        let mut default = after;
        for (case, body) in cases.iter().zip(&bodies) {
            match case.value {
                None => default = *body,
                Some(value) => {
                    let next = self.open();
                    self.close(Exit::Case { subject, value, equal: *body, different: next });
                    self.current = next;
                }
            }
        }
        self.close(Exit::Goto(default));
        self.loops.push(LoopTargets { on_break: after, on_continue: after });
        for (position, case) in cases.iter().enumerate() {
            self.current = bodies[position];
            self.block(&case.block);
            self.close(Exit::Goto(bodies.get(position + 1).copied().unwrap_or(after)));
        }
        self.loops.pop();
        self.current = after;
    }

    fn leave(&mut self, levels: u32, target: impl Fn(&LoopTargets) -> BlockId) {
        let depth = self.loops.len().checked_sub(levels.max(1) as usize);
        let exit = depth.map_or(Exit::Diverge, |depth| Exit::Goto(target(&self.loops[depth])));
        self.close(exit);
        self.current = self.open();
    }

    fn guarded(&mut self, block: &[StatementId], catches: &[crate::hir::CatchClause], finally: Option<&[StatementId]>) {
        let after = self.open();
        let last = if finally.is_some() { self.open() } else { after };
        let entries: Vec<BlockId> = catches.iter().map(|_| self.open()).collect();
        let mut handlers = entries.clone();
        if finally.is_some() {
            handlers.push(last);
        }
        self.handlers.push(handlers);
        let inside = self.open();
        self.jump(inside);
        self.block(block);
        // A block of its own behind the guarded code: leaving it normally is no exception.
        self.handlers.pop();
        self.close(Exit::Goto(last));
        for (clause, entry) in catches.iter().zip(entries) {
            self.current = entry;
            if let Some(variable) = clause.variable {
                self.act(Action::BindException(variable));
            }
            self.block(&clause.block);
            self.close(Exit::Goto(last));
        }
        self.current = last;
        if let Some(finally) = finally {
            self.block(finally);
            self.jump(after);
        }
    }
}
