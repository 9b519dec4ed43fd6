//! Variables whose value may change behind the back of the code that names them.

use std::collections::BTreeSet;

use crate::hir::{BodyKind, Callee, Expr, FileHir, Statement};
use crate::index::{BodyKey, Index};

/// The variables of a function that something else may change.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    names: BTreeSet<String>,
    /// `$$name`, `extract()`: any of them.
    all: bool,
}

impl Aliases {
    /// Looks at references, closures that take variables by reference, and computed names.
    pub(super) fn of(index: &Index, key: BodyKey) -> Self {
        let hir = index.hir(key.file);
        let mut aliases = Self::default();
        for body in std::iter::once(key).chain(index.closures_within(key)) {
            aliases.read(hir, index, body);
        }
        aliases
    }

    fn read(&mut self, hir: &FileHir, index: &Index, key: BodyKey) {
        let body = index.body(key);
        let mut add = |expr| {
            if let Expr::Variable(name) = body.expr(expr) {
                self.names.insert(format!("${}", hir.text(*name)));
            }
        };
        for expr in &body.exprs {
            match expr {
                Expr::Assign { target, value, by_reference: true } => {
                    add(*target);
                    add(*value);
                }
                Expr::Array(items) => {
                    items.iter().filter(|item| item.by_reference).filter_map(|item| item.value).for_each(&mut add);
                }
                _ => {}
            }
        }
        for statement in &body.statements {
            if let Statement::Foreach { subject, value, by_reference: true, .. } = statement {
                add(*subject);
                add(*value);
            }
        }
        if let BodyKind::Closure { captures, .. } = &body.kind {
            let by_reference = captures.iter().filter(|capture| capture.by_reference);
            self.names.extend(by_reference.map(|capture| format!("${}", hir.text(capture.name))));
        }
        self.all |= body.exprs.iter().any(|expr| match expr {
            Expr::DynamicVariable(_) => true,
            Expr::Call { callee: Callee::Function(name), .. } => {
                hir.text(name.fallback.unwrap_or(name.name)).eq_ignore_ascii_case("extract")
            }
            _ => false,
        });
    }

    /// True where a variable may change unseen.
    pub(super) fn hold(&self, variable: &str) -> bool {
        variable != "$this" && (self.all || self.names.contains(variable))
    }
}
