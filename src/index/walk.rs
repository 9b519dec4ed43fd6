//! The expressions of a body in order, each with the conditions under which it runs.

use crate::hir::{BinaryOp, Body, Expr, ExprId, Statement, StatementId};

/// Why an expression may not run, or runs several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
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
pub(super) fn walk(body: &Body, mut visit: impl FnMut(ExprId, &[Guard])) {
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
                finally.iter().for_each(|block| self.block(block));
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

    fn expr(&mut self, id: ExprId) {
        let body = self.body;
        match body.expr(id) {
            Expr::Ternary(condition, then, otherwise) => {
                self.expr(*condition);
                then.iter().for_each(|&then| self.guarded_expr(Guard::If(*condition), then));
                self.guarded_expr(Guard::IfNot(*condition), *otherwise);
            }
            Expr::Binary(BinaryOp::And, left, right) => {
                self.expr(*left);
                self.guarded_expr(Guard::If(*left), *right);
            }
            Expr::Binary(BinaryOp::Or, left, right) => {
                self.expr(*left);
                self.guarded_expr(Guard::IfNot(*left), *right);
            }
            Expr::Binary(BinaryOp::Coalesce, left, right) => {
                self.expr(*left);
                self.guarded_expr(Guard::Sometimes, *right);
            }
            Expr::Match(subject, arms) => {
                self.expr(*subject);
                for arm in arms {
                    arm.conditions.iter().for_each(|&condition| self.expr(condition));
                    self.guarded_expr(Guard::Sometimes, arm.result);
                }
            }
            expr => expr.for_each_operand(|operand| self.expr(operand)),
        }
        (self.visit)(id, &self.guards);
    }

    fn guarded_expr(&mut self, guard: Guard, expr: ExprId) {
        self.guards.push(guard);
        self.expr(expr);
        self.guards.pop();
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
