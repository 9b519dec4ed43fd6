//! Where the rules of a validation are written: in the call, in a variable, a method, a property, or by an argument.

use std::sync::Arc;

use super::handed::is_of;
use crate::finding::Location;
use crate::flow::{Origins, Project, Root};
use crate::hir::{BodyKind, Callee, ClassRef, Expr, ExprId, MemberName, MemberNameKind, Symbol};
use crate::index::{BodyKey, ClassKey, Index};

/// A place of rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis::tenancy) enum RulesAt {
    /// An expression.
    Written(Location),
    /// A method of the object that validates, or of its class.
    Method(Arc<str>),
    /// A property or constant of it.
    Member(Arc<str>),
    /// An argument of the function.
    Parameter(u16),
}

/// True for `$this` itself.
pub(super) fn is_this(origins: &Origins) -> bool {
    origins.all(|origin| origin.root == Root::This && origin.path.is_empty())
}

/// Reads expressions that give rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'r> {
    pub(super) project: Project<'r>,
    pub(super) function: BodyKey,
}

impl Reader<'_> {
    /// The places that an expression takes rules from.
    pub(super) fn places(&self, body: BodyKey, rules: ExprId) -> Vec<RulesAt> {
        let index = self.project.index;
        let code = index.body(body);
        let mut found = Vec::new();
        let mut waiting = vec![rules];
        while let Some(next) = waiting.pop() {
            let span = code.expr_span(next);
            let written = RulesAt::Written(Location::new(body.file, span));
            if found.contains(&written) {
                continue;
            }
            found.push(written);
            for (id, expr) in code.exprs() {
                let inner = code.expr_span(id);
                if inner.start < span.start || inner.end > span.end {
                    continue;
                }
                match expr {
                    Expr::Variable(name) => {
                        found.extend(self.parameter(*name).map(RulesAt::Parameter));
                        waiting.extend(assigned_to(index, body, *name));
                    }
                    Expr::Call { callee, .. } => found.extend(self.of_call(body, *callee)),
                    Expr::Property { receiver, name, .. } if is_variable_this(index, body, *receiver) => {
                        found.extend(self.name(body, *name).map(RulesAt::Member));
                    }
                    Expr::StaticProperty(ClassRef::SelfClass | ClassRef::StaticClass, name)
                    | Expr::ClassConstant(ClassRef::SelfClass | ClassRef::StaticClass, name) => {
                        found.extend(self.name(body, *name).map(RulesAt::Member));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The same places as a caller sees them, who gives the arguments.
    pub(super) fn given(&self, places: &[RulesAt], body: BodyKey, argument: &dyn Fn(u16) -> Option<ExprId>) -> Vec<RulesAt> {
        let mut found = Vec::new();
        for place in places {
            match place {
                RulesAt::Parameter(position) => {
                    found.extend(argument(*position).into_iter().flat_map(|expr| self.places(body, expr)));
                }
                other => found.push(other.clone()),
            }
        }
        found
    }

    fn of_call(&self, body: BodyKey, callee: Callee) -> Option<RulesAt> {
        let name = match callee {
            Callee::Method { receiver, name, .. } if is_variable_this(self.project.index, body, receiver) => name,
            Callee::Static { class: ClassRef::SelfClass | ClassRef::StaticClass, name } => name,
            _ => return None,
        };
        self.name(body, name).map(RulesAt::Method)
    }

    fn name(&self, body: BodyKey, name: MemberName) -> Option<Arc<str>> {
        match name.kind {
            MemberNameKind::Fixed(name) => Some(self.project.index.hir(body.file).text(name).into()),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    fn parameter(&self, name: Symbol) -> Option<u16> {
        let signature = self.project.index.signature(self.function)?;
        let position = signature.parameters.iter().position(|parameter| parameter.name == name)?;
        u16::try_from(position).ok()
    }
}

fn is_variable_this(index: &Index, body: BodyKey, expr: ExprId) -> bool {
    matches!(index.body(body).expr(expr), Expr::Variable(name) if *name == Symbol::THIS)
}

/// What a body assigns to a variable, or to an element of it.
fn assigned_to(index: &Index, body: BodyKey, name: Symbol) -> Vec<ExprId> {
    let code = index.body(body);
    let is_it = |target: ExprId| {
        let mut at = target;
        while let Expr::Index(base, _) = code.expr(at) {
            at = *base;
        }
        matches!(code.expr(at), Expr::Variable(other) if *other == name)
    };
    let assigned = code.exprs().filter_map(|(_, expr)| match expr {
        Expr::Assign { target, value, .. } if is_it(*target) => Some(*value),
        _ => None,
    });
    assigned.collect()
}

/// Where a rule stands: what a place of rules must name to mean it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder<'h> {
    pub(super) index: &'h Index,
    pub(super) at: Location,
    pub(super) function: BodyKey,
    pub(super) class: Option<ClassKey>,
}

impl<'h> Holder<'h> {
    pub(super) fn new(index: &'h Index, body: BodyKey, at: Location) -> Self {
        let function = index.enclosing(body);
        Self { index, at, function, class: index.body_class(function) }
    }

    /// True where the rules of a place, for an object of a class, hold the rule.
    pub(super) fn is_at(&self, place: &RulesAt, object: Option<ClassKey>) -> bool {
        match place {
            RulesAt::Written(written) => self.is_in(*written),
            RulesAt::Method(name) => object.is_some_and(|object| self.is_of_method(object, name)),
            RulesAt::Member(name) => object.is_some_and(|object| self.is_of_member(object, name)),
            RulesAt::Parameter(_) => false,
        }
    }

    fn is_in(&self, written: Location) -> bool {
        written.file == self.at.file && written.span.start <= self.at.span.start && self.at.span.end <= written.span.end
    }

    /// The rule stands in a method that objects of the class, or of one that extends it, have under that name.
    fn is_of_method(&self, object: ClassKey, name: &str) -> bool {
        let BodyKind::Method(_, _) = self.index.body(self.function).kind else { return false };
        let Some(class) = self.class else { return false };
        let has =
            |class| self.index.find_method(class, name).is_some_and(|method| self.index.method_body(method) == self.function);
        has(object) || is_of(self.index, class, object) && has(class)
    }

    /// The rule stands in the initial value of a property or constant.
    fn is_of_member(&self, object: ClassKey, name: &str) -> bool {
        let Some(class) = self.class.filter(|class| is_of(self.index, object, *class) || is_of(self.index, *class, object))
        else {
            return false;
        };
        let property = self.index.find_property(class, name).and_then(|(holder, property)| Some((holder, property.default?)));
        let constant = || self.index.find_constant(class, name).and_then(|(holder, constant)| Some((holder, constant.value?)));
        property.or_else(constant).is_some_and(|(holder, value)| {
            let code = self.index.body(BodyKey::new(holder.file, value.body));
            self.is_in(Location::new(holder.file, code.expr_span(value.expr)))
        })
    }
}
