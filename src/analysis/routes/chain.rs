//! Chains of calls as registration code writes them: `Route::middleware('auth')->prefix('api')->group(…)`.

use rustc_hash::FxHashSet;

use crate::finding::Location;
use crate::hir::{Argument, Body, Callee, ClassRef, Expr, ExprId, FileHir, MemberName, MemberNameKind};
use crate::index::{BodyKey, Constant, Index, Locals};

/// One call of a chain.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Link<'i> {
    /// The method, in the case of the source.
    pub(in crate::analysis) name: &'i str,
    /// Its arguments.
    pub(in crate::analysis) arguments: &'i [Argument],
    /// The call.
    pub(in crate::analysis) expr: ExprId,
}

/// What a chain begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) enum ChainRoot<'i> {
    /// A static call of a class, by its full name.
    Class(&'i str),
    /// A variable, without `$`.
    Variable(&'i str),
    /// `$this`, or a property of it.
    Other,
}

/// A chain from its root on.
#[derive(Clone, Debug)]
pub(in crate::analysis) struct Chain<'i> {
    /// What it begins with.
    pub(in crate::analysis) root: ChainRoot<'i>,
    /// The calls, first to last.
    pub(in crate::analysis) links: Vec<Link<'i>>,
}

/// Reads the code of one body.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Code<'i> {
    /// The project.
    pub(in crate::analysis) index: &'i Index,
    /// The body.
    pub(in crate::analysis) key: BodyKey,
}

impl<'i> Code<'i> {
    pub(in crate::analysis) fn body(self) -> &'i Body {
        self.index.body(self.key)
    }

    pub(in crate::analysis) fn hir(self) -> &'i FileHir {
        self.index.hir(self.key.file)
    }

    pub(in crate::analysis) fn location(self, expr: ExprId) -> Location {
        Location::new(self.key.file, self.body().expr_span(expr))
    }

    /// The whole chains of a body, in order: calls that no other call is made on.
    pub(in crate::analysis) fn chains(self) -> Vec<Chain<'i>> {
        let body = self.body();
        let receivers: FxHashSet<ExprId> = body
            .exprs
            .iter()
            .filter_map(|expr| match expr {
                Expr::Call { callee: Callee::Method { receiver, .. }, .. } => Some(*receiver),
                _ => None,
            })
            .collect();
        let is_head = |(id, expr): &(ExprId, &Expr)| matches!(expr, Expr::Call { .. }) && !receivers.contains(id);
        body.exprs().filter(is_head).filter_map(|(id, _)| self.chain(id)).collect()
    }

    /// The chain that ends with a call.
    pub(in crate::analysis) fn chain(self, end: ExprId) -> Option<Chain<'i>> {
        let body = self.body();
        let mut links = Vec::new();
        let mut at = end;
        let root = loop {
            match body.expr(at) {
                Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } => {
                    links.push(Link { name: self.fixed(*name)?, arguments, expr: at });
                    at = *receiver;
                }
                Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), name }, arguments, .. } => {
                    links.push(Link { name: self.fixed(*name)?, arguments, expr: at });
                    break ChainRoot::Class(self.hir().text(class.name));
                }
                Expr::Variable(name) => break ChainRoot::Variable(self.hir().text(*name)),
                _ => break ChainRoot::Other,
            }
        };
        if links.is_empty() {
            return None;
        }
        links.reverse();
        Some(Chain { root, links })
    }

    pub(in crate::analysis) fn fixed(self, name: MemberName) -> Option<&'i str> {
        match name.kind {
            MemberNameKind::Fixed(name) => Some(self.hir().text(name)),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    /// The argument of that name, else at that position.
    pub(in crate::analysis) fn argument(self, arguments: &[Argument], position: usize, name: &str) -> Option<ExprId> {
        let named = arguments.iter().find(|argument| argument.name.is_some_and(|found| self.hir().text(found) == name));
        named.or_else(|| arguments.get(position).filter(|argument| argument.name.is_none())).map(|argument| argument.value)
    }

    /// The value of an expression, where it is the same in every run; `config()` counts by its default.
    pub(in crate::analysis) fn constant(self, expr: ExprId) -> Option<Constant> {
        self.index.configured_value(self.key, expr, self.index.body_class(self.key), &Locals::new())
    }

    pub(in crate::analysis) fn text(self, expr: ExprId) -> Option<String> {
        self.constant(expr)?.as_str().map(str::to_owned)
    }

    /// The constant items of an array, or the one value; what is not constant is left out, and told by `false`.
    pub(in crate::analysis) fn values(self, expr: ExprId) -> (Vec<Constant>, bool) {
        match self.constant(expr) {
            Some(Constant::Array(items)) => (items.into_iter().map(|(_, value)| value).collect(), true),
            Some(Constant::Null) => (Vec::new(), true),
            Some(value) => (vec![value], true),
            None => match self.body().expr(expr) {
                Expr::Array(items) => {
                    let values: Vec<Option<Constant>> =
                        items.iter().filter_map(|item| item.value).map(|value| self.constant(value)).collect();
                    let is_whole = values.iter().all(Option::is_some);
                    (values.into_iter().flatten().collect(), is_whole)
                }
                _ => (Vec::new(), false),
            },
        }
    }

    /// The closure that an expression is.
    pub(in crate::analysis) fn closure(self, expr: ExprId) -> Option<BodyKey> {
        match self.body().expr(expr) {
            Expr::Closure(body) => Some(BodyKey::new(self.key.file, *body)),
            _ => None,
        }
    }

    /// The files that a body includes, as far as their names end in a text.
    pub(in crate::analysis) fn includes(self) -> impl Iterator<Item = ExprId> {
        self.body().exprs.iter().filter_map(|expr| match expr {
            Expr::Include(_, file) => Some(*file),
            _ => None,
        })
    }

    /// The text that an expression ends with: `/auth.php` of `__DIR__.'/auth.php'`, `routes/api.php` of `base_path('routes/api.php')`.
    pub(in crate::analysis) fn ending(self, expr: ExprId) -> Option<String> {
        match self.body().expr(expr) {
            Expr::Concat(parts) => self.ending(*parts.last()?),
            Expr::Call { arguments, .. } => self.ending(arguments.last()?.value),
            _ => self.text(expr),
        }
    }
}
