//! Paths of a callee that the arguments of a call exclude: `if ($filters['status'])` where the caller's array has no
//! such key, `if ($company)` where it passes `null` or nothing. Columns that they name: `where($column, $value)`.

use std::borrow::Cow;

use super::client::{QueryEvent, QueryMachine, QueryValue};
use super::conditions::column_of;
use super::query::{Alternative, Assumption, Column, Operation, Predicate};
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
    pub(super) fn prune<'o>(&self, operations: &'o [Operation]) -> Cow<'o, [Operation]> {
        if self.affects(operations) { Cow::Owned(self.pruned(operations.to_vec())) } else { Cow::Borrowed(operations) }
    }

    /// True where the call excludes some path.
    fn affects(&self, operations: &[Operation]) -> bool {
        operations.iter().any(|operation| match operation {
            Operation::Either(paths) => paths
                .iter()
                .any(|path| path.when.iter().any(|assumption| self.excludes(assumption)) || self.affects(&path.operations)),
            Operation::Group { operations, .. } | Operation::Scope { operations, .. } | Operation::Repeat(operations) => {
                self.affects(operations)
            }
            Operation::Where(_, predicate, _) => is_named_by_caller(predicate),
            _ => false,
        })
    }

    fn pruned(&self, operations: Vec<Operation>) -> Vec<Operation> {
        let mut kept = Vec::with_capacity(operations.len());
        for operation in operations {
            match operation {
                Operation::Either(paths) => kept.extend(self.paths(paths)),
                Operation::Group { connective, negated, operations, at } => {
                    kept.push(Operation::Group { connective, negated, operations: self.pruned(operations), at });
                }
                Operation::Scope { name, operations, at } => {
                    kept.push(Operation::Scope { name, operations: self.pruned(operations), at });
                }
                Operation::Repeat(operations) => kept.push(Operation::Repeat(self.pruned(operations))),
                Operation::Where(connective, predicate, at) => {
                    kept.push(Operation::Where(connective, self.named(predicate), at));
                }
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
            return self.pruned(only.operations.clone());
        }
        let pruned = possible.into_iter().map(|path| Alternative { when: path.when, operations: self.pruned(path.operations) });
        vec![Operation::Either(pruned.collect())]
    }

    /// A comparison whose column the call names.
    fn named(&self, predicate: Predicate) -> Predicate {
        match predicate {
            Predicate::Compare(Column { qualifier, parameter: Some(position), .. }, operator, operand) => {
                let column = self.column(position).map(|column| Column { qualifier: column.qualifier.or(qualifier), ..column });
                column.map_or(Predicate::Other, |column| Predicate::Compare(column, operator, operand))
            }
            Predicate::Exists { relation, subject, negated, operations } => {
                Predicate::Exists { relation, subject, negated, operations: self.pruned(operations) }
            }
            other => other,
        }
    }

    /// The column that an argument names, or the default value of its parameter.
    fn column(&self, position: u16) -> Option<Column> {
        match self.event.arguments.get(position as usize) {
            Some(given) if given.spread || given.name.is_some() => None,
            Some(given) => column_of(&given.value),
            None => self.default_of(position)?.as_str().map(Column::parse),
        }
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
            return if origin.path.is_empty() { truth_of(&self.default_of(position)?) } else { None };
        };
        if given.spread || given.name.is_some() {
            return None;
        }
        let mut value: &QueryValue = &given.value;
        for name in &origin.path {
            if name.ends_with("()") {
                return None;
            }
            let shape = value.shape.as_ref()?;
            value = match shape.items.get(&ConstantKey::String(name.to_string())) {
                Some(item) => item,
                None if shape.rest.is_none() => return Some(Truth::Null),
                None => return None,
            };
        }
        truth_of(value.constant.as_deref()?)
    }

    /// A parameter's default value, for a call that passes nothing.
    fn default_of(&self, position: u16) -> Option<Constant> {
        let index = self.machine.project.index;
        if self.event.arguments.iter().any(|given| given.spread || given.name.is_some()) {
            return None;
        }
        let default = index.signature(self.callee)?.parameters.get(position as usize)?.default?;
        index.constant_value(self.callee.file, ExprRef { body: self.callee.body, expr: default }, None)
    }
}

/// True where some column is named by a parameter.
fn is_named_by_caller(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::Compare(column, ..) => column.parameter.is_some(),
        Predicate::Exists { operations, .. } => operations
            .iter()
            .any(|operation| matches!(operation, Operation::Where(_, predicate, _) if is_named_by_caller(predicate))),
        _ => false,
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
