//! What an expression is, where constants are not enough: local variables, objects, callables.

use super::{BodyKey, ClassKey, Index, Locals};
use crate::hir::{Argument, Body, BodyKind, Callee, ClassRef, Expr, ExprId, MemberName, MemberNameKind, Statement, Symbol};

/// A class by key or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClassValue {
    /// Its key, where it is on disk.
    pub(super) key: Option<ClassKey>,
    /// Its name.
    pub(super) name: String,
}

/// How often a variable may be looked up through another one.
const MAX_ALIASES: u32 = 8;
/// In larger bodies variables are not looked up: each look-up reads the whole body.
const MAX_EXPRS: usize = 10_000;

/// A body with what `static` means in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'i> {
    pub(super) index: &'i Index,
    pub(super) body: BodyKey,
    pub(super) class: Option<ClassKey>,
}

impl<'i> Place<'i> {
    pub(super) fn new(index: &'i Index, body: BodyKey, class: Option<ClassKey>) -> Self {
        Self { index, body, class }
    }

    pub(super) fn item(&self) -> &'i Body {
        self.index.body(self.body)
    }

    pub(super) fn text(&self, symbol: Symbol) -> &'i str {
        self.index.hir(self.body.file).text(symbol)
    }

    pub(super) fn fixed(&self, name: MemberName) -> Option<&'i str> {
        match name.kind {
            MemberNameKind::Fixed(name) => Some(self.text(name)),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    /// The value of an expression, with local variables that are assigned once, and with configured values.
    pub(super) fn constant(&self, expr: ExprId) -> Option<super::Constant> {
        self.index.configured_value(self.body, self.settled(expr), self.class, &Locals::new())
    }

    /// An expression; for a variable that is assigned exactly once, what is assigned.
    pub(super) fn settled(&self, expr: ExprId) -> ExprId {
        let mut expr = expr;
        if self.item().exprs.len() > MAX_EXPRS {
            return expr;
        }
        for _ in 0..MAX_ALIASES {
            let Expr::Variable(name) = *self.item().expr(expr) else { break };
            match self.assigned_once(name) {
                Some(value) => expr = value,
                None => break,
            }
        }
        expr
    }

    /// What is assigned to a local variable, where nothing else can give it a value.
    fn assigned_once(&self, name: Symbol) -> Option<ExprId> {
        let body = self.item();
        if self.comes_from_outside(name) {
            return None;
        }
        let mut value = None;
        for (_, expr) in body.exprs() {
            match expr {
                Expr::Assign { target, value: assigned, by_reference: false }
                    if value.is_none() && self.is_variable(*target, name) =>
                {
                    value = Some(*assigned);
                }
                Expr::Assign { target, .. } | Expr::CompoundAssign(_, target, _) if self.writes(*target, name) => return None,
                _ => {}
            }
        }
        value.filter(|_| !self.is_bound_by_loop(name))
    }

    fn is_variable(&self, expr: ExprId, name: Symbol) -> bool {
        matches!(self.item().expr(expr), Expr::Variable(other) if *other == name)
    }

    /// True where a target is the variable or a pattern that holds it directly.
    fn writes(&self, target: ExprId, name: Symbol) -> bool {
        match self.item().expr(target) {
            Expr::Array(items) => items.iter().filter_map(|item| item.value).any(|value| self.is_variable(value, name)),
            _ => self.is_variable(target, name),
        }
    }

    fn comes_from_outside(&self, name: Symbol) -> bool {
        let is_parameter = self
            .index
            .signature(self.body)
            .is_some_and(|signature| signature.parameters.iter().any(|parameter| parameter.name == name));
        let is_captured = match &self.item().kind {
            BodyKind::Closure { captures, .. } => captures.iter().any(|capture| capture.name == name),
            _ => false,
        };
        is_parameter || is_captured
    }

    fn is_bound_by_loop(&self, name: Symbol) -> bool {
        self.item().statements.iter().any(|statement| match statement {
            Statement::Foreach { key, value, .. } => self.writes(*value, name) || key.is_some_and(|key| self.writes(key, name)),
            Statement::Global(names) => names.contains(&name),
            Statement::StaticVariables(variables) => variables.iter().any(|(variable, _)| *variable == name),
            _ => false,
        })
    }

    /// The class that a class reference names.
    pub(super) fn class_ref(&self, class: ClassRef) -> Option<ClassValue> {
        let own = self.index.body_class(self.body);
        let self_class = own.filter(|&class| !self.index.is_trait(class)).or(self.class).or(own);
        let key = match class {
            ClassRef::Named(name) => return Some(self.named(self.text(name.name))),
            ClassRef::SelfClass => self_class?,
            ClassRef::StaticClass => self.class.or(self_class)?,
            ClassRef::ParentClass => {
                let class = self_class?;
                match self.index.parent(class) {
                    Some(parent) => parent,
                    None => return self.index.external_parent(class).map(|name| self.named(name)),
                }
            }
            ClassRef::Dynamic(expr) => return self.named_value(expr),
            ClassRef::Anonymous(class) => ClassKey::new(self.body.file, class),
        };
        Some(ClassValue { key: Some(key), name: self.index.class_name(key).to_owned() })
    }

    pub(super) fn named(&self, name: &str) -> ClassValue {
        let key = self.index.resolve_class(name);
        let name = key.map_or(name.strip_prefix('\\').unwrap_or(name), |key| self.index.class_name(key));
        ClassValue { key, name: name.to_owned() }
    }

    /// The class that a constant names: `X::class`, `'App\X'`.
    pub(super) fn named_value(&self, expr: ExprId) -> Option<ClassValue> {
        if let Expr::Variable(name) = self.item().expr(expr)
            && *name == Symbol::THIS
        {
            return self.class_ref(ClassRef::StaticClass);
        }
        let value = self.constant(expr)?;
        value.as_str().filter(|name| !name.is_empty()).map(|name| self.named(name))
    }

    /// The class of the object that an expression makes: `new X`, `app(X::class)`, `resolve()`, `->make()`.
    pub(super) fn object(&self, expr: ExprId) -> Option<ClassValue> {
        let Expr::Call { callee, arguments, .. } = self.item().expr(self.settled(expr)) else { return None };
        let made = |name: &str| matches!(name, "app" | "resolve" | "make" | "makeWith");
        let name = match *callee {
            Callee::New(class) => return self.class_ref(class),
            Callee::Function(name) => self.text(name.fallback.unwrap_or(name.name)),
            Callee::Method { name, .. } | Callee::Static { name, .. } => self.fixed(name)?,
            Callee::Value(_) => return None,
        };
        self.named_value(arguments.first().filter(|_| made(name))?.value)
    }

    /// The body that a closure, an arrow function or a first-class callable of the class runs.
    pub(super) fn callable(&self, expr: ExprId) -> Option<BodyKey> {
        match self.item().expr(self.settled(expr)) {
            Expr::Closure(body) => Some(BodyKey::new(self.body.file, *body)),
            Expr::Call { callee, first_class: true, .. } => match *callee {
                Callee::Static { class, name } => self.method_body(self.class_ref(class)?.key?, self.fixed(name)?),
                Callee::Function(name) => {
                    let function = self.index.function(self.index.hir(self.body.file), &name)?;
                    Some(self.index.function_body(function))
                }
                _ => None,
            },
            Expr::Array(items) => match &**items {
                [class, method] => {
                    let class = class.value?;
                    let class = self.named_value(class).or_else(|| self.object(class))?.key?;
                    self.method_body(class, self.constant(method.value?)?.as_str()?)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn method_body(&self, class: ClassKey, name: &str) -> Option<BodyKey> {
        self.index.find_method(class, name).map(|method| self.index.method_body(method))
    }

    /// An argument by name, else by position.
    pub(super) fn argument(&self, arguments: &[Argument], position: usize, name: &str) -> Option<ExprId> {
        let named = |argument: &&Argument| argument.name.is_some_and(|found| self.text(found) == name);
        arguments.iter().find(named).map(|argument| argument.value).or_else(|| {
            let argument = arguments.get(position).filter(|argument| argument.name.is_none())?;
            arguments[..=position].iter().all(|argument| !argument.spread).then_some(argument.value)
        })
    }
}
