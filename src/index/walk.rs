//! The expressions of a body in order, each with the conditions under which it runs.

use crate::hir::{BinaryOp, Body, Expr, ExprId, Statement, StatementId};

/// Why an expression may not run, or runs several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Runs where the expression is true.
    If(ExprId),
    /// Runs where the expression is false: in an `else`, or behind an `if` that leaves.
    IfNot(ExprId),
    /// Runs for each item of a `foreach`.
    Each(StatementId),
    /// Runs in some cases: a loop, a `case`, a handler.
    Sometimes,
}

/// Calls `visit` with every expression of the body, operands before what uses them, and its guards, outermost first.
pub(crate) fn walk(body: &Body, mut visit: impl FnMut(ExprId, &[Guard])) {
    let mut walker = Walker { body, guards: Vec::new(), visit: &mut visit };
    walker.block(&body.block);
}

struct Walker<'b, 'v> {
    body: &'b Body,
    guards: Vec<Guard>,
    visit: &'v mut dyn FnMut(ExprId, &[Guard]),
}

impl Walker<'_, '_> {
    /// Walks a block. What follows an `if` that leaves the function is guarded to the block's end.
    fn block(&mut self, block: &[StatementId]) {
        let guards = self.guards.len();
        for &statement in block {
            self.statement(statement);
            if leaves(self.body, statement) {
                break;
            }
        }
        self.guards.truncate(guards);
    }

    fn guarded(&mut self, guard: Guard, block: &[StatementId]) {
        self.guards.push(guard);
        self.block(block);
        self.guards.pop();
    }

    fn statement(&mut self, id: StatementId) {
        let body = self.body;
        match body.statement(id) {
            Statement::Expr(expr) | Statement::Return(Some(expr)) => self.expr(*expr),
            Statement::Echo(exprs) | Statement::Unset(exprs) => exprs.iter().for_each(|&expr| self.expr(expr)),
            Statement::Block(block) => self.block(block),
            Statement::If { branches, otherwise } => self.branches(branches, otherwise.as_deref()),
            Statement::Loop(_, condition, block) => {
                self.expr(*condition);
                self.guarded(Guard::Sometimes, block);
            }
            Statement::For { init, conditions, steps, block } => {
                init.iter().chain(conditions).chain(steps).for_each(|&expr| self.expr(expr));
                self.guarded(Guard::Sometimes, block);
            }
            Statement::Foreach { subject, block, .. } => {
                self.expr(*subject);
                self.guarded(Guard::Each(id), block);
            }
            Statement::Switch(subject, cases) => {
                self.expr(*subject);
                cases.iter().for_each(|case| self.guarded(Guard::Sometimes, &case.block));
            }
            Statement::Try { block, catches, finally } => {
                self.block(block);
                catches.iter().for_each(|clause| self.guarded(Guard::Sometimes, &clause.block));
                if let Some(block) = finally {
                    self.block(block);
                }
            }
            Statement::StaticVariables(variables) => {
                variables.iter().filter_map(|(_, value)| *value).for_each(|value| self.expr(value));
            }
            _ => {}
        }
    }

    fn branches(&mut self, branches: &[(ExprId, Box<[StatementId]>)], otherwise: Option<&[StatementId]>) {
        let outer = self.guards.len();
        let mut remain = Vec::new();
        for (condition, block) in branches {
            self.expr(*condition);
            self.guarded(Guard::If(*condition), block);
            if block.iter().any(|&statement| leaves(self.body, statement)) {
                remain.push(Guard::IfNot(*condition));
            }
            self.guards.push(Guard::IfNot(*condition));
        }
        if let Some(block) = otherwise {
            self.block(block);
            if block.iter().any(|&statement| leaves(self.body, statement)) {
                remain.push(Guard::Sometimes);
            }
        }
        self.guards.truncate(outer);
        self.guards.extend(remain);
    }

    /// Walks an expression with a stack of its own: chains of calls may be as long as they like.
    fn expr(&mut self, root: ExprId) {
        let body = self.body;
        let mut steps = vec![Step::Enter(root)];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(id) => {
                    steps.push(Step::Visit(id));
                    let from = steps.len();
                    enter(body.expr(id), &mut steps);
                    steps[from..].reverse();
                }
                Step::Visit(id) => (self.visit)(id, &self.guards),
                Step::Guard(guard) => self.guards.push(guard),
                Step::Release => {
                    self.guards.pop();
                }
            }
        }
    }
}

/// A step of the walk through an expression.
#[derive(Clone, Copy)]
enum Step {
    Enter(ExprId),
    Visit(ExprId),
    Guard(Guard),
    Release,
}

/// The steps through the operands of an expression, in order.
fn enter(expr: &Expr, steps: &mut Vec<Step>) {
    let guarded = |guard, operand| [Step::Guard(guard), Step::Enter(operand), Step::Release];
    match expr {
        Expr::Ternary(condition, then, otherwise) => {
            steps.push(Step::Enter(*condition));
            steps.extend(then.iter().flat_map(|&then| guarded(Guard::If(*condition), then)));
            steps.extend(guarded(Guard::IfNot(*condition), *otherwise));
        }
        Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce), left, right) => {
            let guard = match op {
                BinaryOp::And => Guard::If(*left),
                BinaryOp::Or => Guard::IfNot(*left),
                _ => Guard::Sometimes,
            };
            steps.push(Step::Enter(*left));
            steps.extend(guarded(guard, *right));
        }
        Expr::Match(subject, arms) => {
            steps.push(Step::Enter(*subject));
            for arm in arms {
                steps.extend(arm.conditions.iter().map(|&condition| Step::Enter(condition)));
                steps.extend(guarded(Guard::Sometimes, arm.result));
            }
        }
        expr => expr.for_each_operand(|operand| steps.push(Step::Enter(operand))),
    }
}

/// True where the statement always leaves the function or the round of the loop.
fn leaves(body: &Body, statement: StatementId) -> bool {
    match body.statement(statement) {
        Statement::Return(_) | Statement::Break(_) | Statement::Continue(_) => true,
        Statement::Expr(expr) => matches!(body.expr(*expr), Expr::Throw(_) | Expr::Exit(_)),
        Statement::Block(block) => block.iter().any(|&inner| leaves(body, inner)),
        _ => false,
    }
}

/// The statements of a body, inner ones included, in order.
pub(super) fn statements(body: &Body) -> Vec<StatementId> {
    fn collect(body: &Body, block: &[StatementId], found: &mut Vec<StatementId>) {
        for &id in block {
            found.push(id);
            body.statement(id).for_each_block(|block| collect(body, block, found));
        }
    }
    let mut found = Vec::new();
    collect(body, &body.block, &mut found);
    found
}
