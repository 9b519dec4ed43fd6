//! Paths of a callee that the arguments of a call exclude: `if ($filters['status'])` where the caller's array has no
//! such key, `if ($company)` where it passes `null` or nothing.

use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::query::{Alternative, Assumption, Operation};
use crate::flow::Root;
use crate::hir::{BinaryOp, Callee, Expr, ExprRef};
use crate::index::{BodyKey, Constant, ConstantKey};
use crate::specs::CollectionMethod;

/// What a call passes to a function.
pub(super) struct Passed<'a, 'm> {
    /// The project.
    pub(super) machine: &'a QueryMachine<'m>,
    /// The call, the builder of a local scope among its arguments.
    pub(super) event: &'a QueryEvent<'a>,
    /// The function.
    pub(super) callee: BodyKey,
}

/// What is known of a value's truth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Null,
    False,
    True,
}

impl Passed<'_, '_> {
    /// Leaves out the paths that cannot be taken.
    pub(super) fn prune(&self, operations: Vec<Operation>) -> Vec<Operation> {
        let mut kept = Vec::with_capacity(operations.len());
        for operation in operations {
            match operation {
                Operation::Either(paths) => kept.extend(self.paths(paths)),
                Operation::Group { connective, negated, operations, at } => {
                    kept.push(Operation::Group { connective, negated, operations: self.prune(operations), at });
                }
                Operation::Scope { name, operations, at } => {
                    kept.push(Operation::Scope { name, operations: self.prune(operations), at });
                }
                Operation::Repeat(operations) => kept.push(Operation::Repeat(self.prune(operations))),
                other => kept.push(other),
            }
        }
        kept
    }

    fn paths(&self, paths: Vec<Alternative>) -> Vec<Operation> {
        let possible: Vec<Alternative> =
            paths.iter().filter(|path| !path.when.iter().any(|assumption| self.excludes(assumption))).cloned().collect();
        let possible = if possible.is_empty() { paths } else { possible };
        if let [only] = possible.as_slice() {
            return self.prune(only.operations.clone());
        }
        let pruned = possible.into_iter().map(|path| Alternative { when: path.when, operations: self.prune(path.operations) });
        vec![Operation::Either(pruned.collect())]
    }

    /// True where an assumption contradicts what the call passes.
    fn excludes(&self, assumption: &Assumption) -> bool {
        if assumption.is_comparison {
            return false;
        }
        let code = self.machine.project.index.body(assumption.expr.0);
        let condition = code.expr(assumption.expr.1);
        let reads = match condition {
            Expr::Variable(_) | Expr::Index(..) | Expr::Isset(_) | Expr::Empty(_) | Expr::Binary(BinaryOp::Coalesce, ..) => true,
            Expr::Call { callee: Callee::Method { name, .. }, .. } => self.reads_element(assumption.expr.0, name.kind),
            _ => false,
        };
        let Some(truth) = reads.then(|| self.truth(assumption)).flatten() else { return false };
        let holds = match condition {
            Expr::Isset(_) if truth == Truth::False => return false,
            Expr::Isset(_) => truth != Truth::Null,
            Expr::Empty(_) => truth != Truth::True,
            _ => truth == Truth::True,
        };
        holds != assumption.holds
    }

    /// `$filters->get('status')`
    fn reads_element(&self, body: BodyKey, name: crate::hir::MemberNameKind) -> bool {
        let crate::hir::MemberNameKind::Fixed(name) = name else { return false };
        let text = self.machine.project.index.hir(body.file).text(name);
        text == "get" && self.machine.project.specs.collection_method(text) == Some(CollectionMethod::Element)
    }

    /// What the call says about the value that is asked.
    fn truth(&self, assumption: &Assumption) -> Option<Truth> {
        let mut origins = assumption.origins.iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
        let Root::Parameter(position) = origin.root else { return None };
        let Some(given) = self.event.arguments.get(position as usize) else {
            return if origin.path.is_empty() { self.default_of(position) } else { None };
        };
        if given.spread || given.name.is_some() {
            return None;
        }
        let mut value: QueryValue = given.value.clone();
        for name in &origin.path {
            if name.ends_with("()") {
                return None;
            }
            let shape = value.shape.as_ref()?;
            value = match shape.items.get(&ConstantKey::String(name.to_string())) {
                Some(item) => item.clone(),
                None if shape.rest.is_none() => return Some(Truth::Null),
                None => return None,
            };
        }
        truth_of(value.constant.as_deref()?)
    }

    /// The truth of a parameter's default value, for a call that passes nothing.
    fn default_of(&self, position: u16) -> Option<Truth> {
        let index = self.machine.project.index;
        if self.event.arguments.iter().any(|given| given.spread || given.name.is_some()) {
            return None;
        }
        let default = index.signature(self.callee)?.parameters.get(position as usize)?.default?;
        truth_of(&index.constant_value(self.callee.file, ExprRef { body: self.callee.body, expr: default }, None)?)
    }
}

fn truth_of(constant: &Constant) -> Option<Truth> {
    Some(match constant {
        Constant::Null => Truth::Null,
        Constant::Bool(value) if !value => Truth::False,
        Constant::Int(0) => Truth::False,
        Constant::String(text) if text.is_empty() || text == "0" => Truth::False,
        Constant::Array(items) if items.is_empty() => Truth::False,
        Constant::Float(_) => return None,
        _ => Truth::True,
    })
}
