//! Evaluation of expressions.

use std::cell::Cell;

use super::convert::ArrayBuilder;
use super::{Constant, ConstantKey, Locals, functions, operators};
use crate::hir::{
    Argument, ArrayItem, BinaryOp, Body, Callee, ClassRef, Expr, ExprId, FunctionName, Literal, MatchArm, MemberName,
    MemberNameKind, Statement, Symbol,
};
use crate::index::{BodyKey, ClassKey, Index, MethodRef};

/// Expressions nested deeper, through constants of classes as well, have no value.
const MAX_DEPTH: u32 = 64;
/// Steps of one evaluation; a chain of constants that double each other ends here.
const MAX_STEPS: u32 = 20_000;
/// Longer texts are no constants here.
const MAX_TEXT: usize = 1 << 16;

/// Where an expression stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'f> {
    body: BodyKey,
    /// What `static` means.
    class: Option<ClassKey>,
    locals: &'f Locals,
    depth: u32,
}

impl<'f> Frame<'f> {
    pub(super) const fn new(body: BodyKey, class: Option<ClassKey>, locals: &'f Locals) -> Self {
        Self { body, class, locals, depth: 0 }
    }
}

/// One evaluation.
#[derive(Debug)]
pub(super) struct Evaluator<'i> {
    index: &'i Index,
    steps: Cell<u32>,
    /// `config()` has the value of the configuration files.
    configured: bool,
}

/// A class in an expression: on disk or a name.
enum ClassTarget {
    OnDisk(ClassKey),
    Named(String),
}

impl<'i> Evaluator<'i> {
    pub(super) const fn new(index: &'i Index, configured: bool) -> Self {
        Self { index, steps: Cell::new(0), configured }
    }

    fn body(&self, frame: &Frame<'_>) -> &'i Body {
        self.index.body(frame.body)
    }

    fn text(&self, frame: &Frame<'_>, symbol: crate::hir::Symbol) -> &'i str {
        self.index.hir(frame.body.file).text(symbol)
    }

    /// The value of an expression.
    pub(super) fn value(&self, frame: &Frame<'_>, expr: ExprId) -> Option<Constant> {
        let frame = &Frame { depth: frame.depth + 1, ..*frame };
        self.steps.set(self.steps.get() + 1);
        if frame.depth > MAX_DEPTH || self.steps.get() > MAX_STEPS {
            return None;
        }
        match self.body(frame).expr(expr) {
            Expr::Literal(literal) => Some(self.literal(frame, *literal)),
            Expr::Variable(name) => frame.locals.get(self.text(frame, *name)).cloned(),
            Expr::Interpolation(parts) | Expr::Concat(parts) => self.concat(frame, parts),
            Expr::Array(items) => self.array(frame, items),
            Expr::Binary(op, left, right) => self.binary(frame, *op, *left, *right),
            Expr::Unary(op, operand) => operators::unary(*op, &self.value(frame, *operand)?),
            Expr::Cast(kind, operand) => operators::cast(*kind, self.value(frame, *operand)?),
            Expr::Ternary(condition, then, otherwise) => {
                let condition = self.value(frame, *condition)?;
                match (condition.truthy(), then) {
                    (true, Some(then)) => self.value(frame, *then),
                    (true, None) => Some(condition),
                    (false, _) => self.value(frame, *otherwise),
                }
            }
            Expr::Match(subject, arms) => self.matched(frame, *subject, arms),
            Expr::ClassConstant(class, name) => self.class_constant(frame, *class, *name),
            Expr::Constant(name) => self.global_constant(frame, name),
            Expr::Index(base, Some(index)) => self.item(frame, *base, *index),
            Expr::Property { receiver, name, .. } => self.case_property(frame, *receiver, *name),
            Expr::Call { callee, arguments, first_class: false } => self.call(frame, *callee, arguments),
            Expr::Isset(operands) => {
                let mut set = true;
                for operand in operands {
                    set &= self.value(frame, *operand)? != Constant::Null;
                }
                Some(Constant::Bool(set))
            }
            Expr::Empty(operand) => Some(Constant::Bool(!self.value(frame, *operand)?.truthy())),
            _ => None,
        }
    }

    fn literal(&self, frame: &Frame<'_>, literal: Literal) -> Constant {
        match literal {
            Literal::Null => Constant::Null,
            Literal::Bool(value) => Constant::Bool(value),
            Literal::Int(value) => Constant::Int(value),
            Literal::Float(bits) => Constant::Float(f64::from_bits(bits)),
            Literal::String(text) => Constant::String(self.text(frame, text).to_owned()),
        }
    }

    fn concat(&self, frame: &Frame<'_>, parts: &[ExprId]) -> Option<Constant> {
        let mut text = String::new();
        for part in parts {
            text.push_str(&self.value(frame, *part)?.to_text()?);
            if text.len() > MAX_TEXT {
                return None;
            }
        }
        Some(Constant::String(text))
    }

    fn array(&self, frame: &Frame<'_>, items: &[ArrayItem]) -> Option<Constant> {
        let mut array = ArrayBuilder::default();
        for item in items {
            let value = self.value(frame, item.value?)?;
            match (item.spread, item.key) {
                (true, _) => {
                    self.charge(value.as_array()?.len())?;
                    array.merge(value.as_array()?)?;
                }
                (false, Some(key)) => array.insert(self.value(frame, key)?.to_key()?, value)?,
                (false, None) => array.push(value)?,
            }
        }
        Some(array.finish())
    }

    /// Counts work that is not an expression of its own.
    fn charge(&self, work: usize) -> Option<()> {
        self.steps.set(self.steps.get().saturating_add(crate::index::keys::id(work)));
        (self.steps.get() <= MAX_STEPS).then_some(())
    }

    fn binary(&self, frame: &Frame<'_>, op: BinaryOp, left: ExprId, right: ExprId) -> Option<Constant> {
        if op == BinaryOp::Coalesce {
            let value = self.value(frame, left)?;
            return if value == Constant::Null { self.value(frame, right) } else { Some(value) };
        }
        if compares(op) && (self.is_case(frame, left) || self.is_case(frame, right)) {
            return None;
        }
        let value = self.value(frame, left)?;
        match op {
            BinaryOp::And if !value.truthy() => Some(Constant::Bool(false)),
            BinaryOp::Or if value.truthy() => Some(Constant::Bool(true)),
            _ => {
                let result = operators::binary(op, &value, &self.value(frame, right)?)?;
                result.as_str().is_none_or(|text| text.len() <= MAX_TEXT).then_some(result)
            }
        }
    }

    fn matched(&self, frame: &Frame<'_>, subject: ExprId, arms: &[MatchArm]) -> Option<Constant> {
        let value = self.value(frame, subject)?;
        if self.is_case(frame, subject) {
            return None;
        }
        for arm in arms {
            for condition in &arm.conditions {
                if self.is_case(frame, *condition) {
                    return None;
                }
                if self.value(frame, *condition)? == value {
                    return self.value(frame, arm.result);
                }
            }
        }
        let default = arms.iter().find(|arm| arm.conditions.is_empty())?;
        self.value(frame, default.result)
    }

    fn item(&self, frame: &Frame<'_>, base: ExprId, index: ExprId) -> Option<Constant> {
        let base = self.value(frame, base)?;
        let key = self.value(frame, index)?.to_key()?;
        match base {
            Constant::Array(items) => {
                Some(items.into_iter().find(|(known, _)| *known == key).map_or(Constant::Null, |(_, value)| value))
            }
            Constant::Null => Some(Constant::Null),
            Constant::String(text) => match key {
                ConstantKey::Int(at) if text.is_ascii() => {
                    let byte = *text.as_bytes().get(usize::try_from(at).ok()?)?;
                    Some(Constant::String(char::from(byte).to_string()))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The class that `self` means: the one around the text; inside a trait the one that uses it.
    fn self_class(&self, frame: &Frame<'_>) -> Option<ClassKey> {
        match self.index.body_class(frame.body) {
            Some(class) if self.index.is_trait(class) => frame.class.or(Some(class)),
            Some(class) => Some(class),
            None => frame.class,
        }
    }

    fn target(&self, frame: &Frame<'_>, class: ClassRef) -> Option<ClassTarget> {
        let named = |name: &str| match self.index.resolve_class(name) {
            Some(class) => ClassTarget::OnDisk(class),
            None => ClassTarget::Named(name.strip_prefix('\\').unwrap_or(name).to_owned()),
        };
        match class {
            ClassRef::Named(name) => Some(named(self.text(frame, name.name))),
            ClassRef::SelfClass => self.self_class(frame).map(ClassTarget::OnDisk),
            ClassRef::StaticClass => frame.class.or_else(|| self.self_class(frame)).map(ClassTarget::OnDisk),
            ClassRef::ParentClass => {
                let class = self.self_class(frame)?;
                match self.index.parent(class) {
                    Some(parent) => Some(ClassTarget::OnDisk(parent)),
                    None => self.index.external_parent(class).map(|name| ClassTarget::Named(name.to_owned())),
                }
            }
            ClassRef::Dynamic(expr) => match self.body(frame).expr(expr) {
                Expr::Variable(name) if *name == Symbol::THIS => frame.class.map(ClassTarget::OnDisk),
                _ => Some(named(self.value(frame, expr)?.as_str()?)),
            },
            ClassRef::Anonymous(class) => Some(ClassTarget::OnDisk(ClassKey::new(frame.body.file, class))),
        }
    }

    fn class_constant(&self, frame: &Frame<'_>, class: ClassRef, name: MemberName) -> Option<Constant> {
        let MemberNameKind::Fixed(name) = name.kind else { return None };
        let name = self.text(frame, name);
        let target = self.target(frame, class)?;
        if name.eq_ignore_ascii_case("class") {
            return Some(Constant::Class(match target {
                ClassTarget::OnDisk(class) => self.index.class_name(class).to_owned(),
                ClassTarget::Named(name) => name,
            }));
        }
        let ClassTarget::OnDisk(class) = target else { return None };
        self.constant_of(frame, class, name).or_else(|| self.case_value(frame, class, name))
    }

    fn constant_of(&self, frame: &Frame<'_>, class: ClassKey, name: &str) -> Option<Constant> {
        let (holder, constant) = self.index.find_constant(class, name)?;
        let value = constant.value?;
        let locals = Locals::new();
        let inner =
            Frame { body: BodyKey::new(holder.file, value.body), class: Some(class), locals: &locals, depth: frame.depth };
        self.value(&inner, value.expr)
    }

    fn case_value(&self, frame: &Frame<'_>, class: ClassKey, name: &str) -> Option<Constant> {
        let hir = self.index.hir(class.file);
        let case = self.index.class(class).cases.iter().find(|case| hir.text(case.name) == name)?;
        let value = case.value?;
        let locals = Locals::new();
        let inner = Frame { body: BodyKey::new(class.file, value.body), class: Some(class), locals: &locals, depth: frame.depth };
        self.value(&inner, value.expr)
    }

    /// True for an expression that is a case of an enum: an object, whose comparison with a text is false.
    fn is_case(&self, frame: &Frame<'_>, expr: ExprId) -> bool {
        let Expr::ClassConstant(class, MemberName { kind: MemberNameKind::Fixed(name), .. }) = self.body(frame).expr(expr) else {
            return false;
        };
        let Some(ClassTarget::OnDisk(class)) = self.target(frame, *class) else { return false };
        let hir = self.index.hir(class.file);
        let name = self.text(frame, *name);
        self.index.class(class).cases.iter().any(|case| hir.text(case.name) == name)
    }

    /// `Status::Active->value`, `Status::Active->name`
    fn case_property(&self, frame: &Frame<'_>, receiver: ExprId, name: MemberName) -> Option<Constant> {
        let MemberNameKind::Fixed(name) = name.kind else { return None };
        if !self.is_case(frame, receiver) {
            return None;
        }
        match (self.text(frame, name), self.body(frame).expr(receiver)) {
            ("value", _) => self.value(frame, receiver),
            ("name", Expr::ClassConstant(_, MemberName { kind: MemberNameKind::Fixed(case), .. })) => {
                Some(Constant::String(self.text(frame, *case).to_owned()))
            }
            _ => None,
        }
    }

    fn global_constant(&self, frame: &Frame<'_>, name: &FunctionName) -> Option<Constant> {
        match self.text(frame, name.fallback.unwrap_or(name.name)) {
            "PHP_EOL" => Some(Constant::String("\n".to_owned())),
            "PHP_INT_MAX" => Some(Constant::Int(i64::MAX)),
            "PHP_INT_MIN" => Some(Constant::Int(i64::MIN)),
            "PHP_INT_SIZE" => Some(Constant::Int(8)),
            "DIRECTORY_SEPARATOR" => Some(Constant::String("/".to_owned())),
            _ => None,
        }
    }

    fn call(&self, frame: &Frame<'_>, callee: Callee, arguments: &[Argument]) -> Option<Constant> {
        match callee {
            Callee::Function(name) => self.function(frame, &name, arguments),
            Callee::Static { class, name } => {
                let MemberNameKind::Fixed(name) = name.kind else { return None };
                let name = self.text(frame, name);
                match self.target(frame, class)? {
                    ClassTarget::OnDisk(class) => self.method(frame, class, name, arguments),
                    ClassTarget::Named(class) if class.eq_ignore_ascii_case("Illuminate\\Support\\Str") => {
                        functions::str_helper(&name.to_ascii_lowercase(), &self.arguments(frame, arguments)?)
                    }
                    ClassTarget::Named(_) => None,
                }
            }
            Callee::Method { receiver, name, .. } => {
                let MemberNameKind::Fixed(name) = name.kind else { return None };
                let class = self.object_class(frame, receiver)?;
                self.method(frame, class, self.text(frame, name), arguments)
            }
            Callee::Value(_) | Callee::New(_) => None,
        }
    }

    fn function(&self, frame: &Frame<'_>, name: &FunctionName, arguments: &[Argument]) -> Option<Constant> {
        let hir = self.index.hir(frame.body.file);
        if let Some(function) = self.index.function(hir, name) {
            return if arguments.is_empty() { self.returned(frame, None, self.index.function_body(function)) } else { None };
        }
        let name = self.text(frame, name.fallback.unwrap_or(name.name)).to_ascii_lowercase();
        if name == "config" && self.configured {
            return self.index.config_default(self.value(frame, arguments.first()?.value)?.as_str()?);
        }
        functions::call(&name, &self.arguments(frame, arguments)?)
    }

    fn arguments(&self, frame: &Frame<'_>, arguments: &[Argument]) -> Option<Vec<Constant>> {
        let mut values = Vec::new();
        for argument in arguments {
            let value = self.value(frame, argument.value)?;
            if argument.name.is_some() {
                return None;
            }
            if argument.spread {
                values.extend(value.as_array()?.iter().map(|(_, value)| value.clone()));
            } else {
                values.push(value);
            }
        }
        Some(values)
    }

    /// The class of `$this`, `new X` and `app(X::class)`.
    fn object_class(&self, frame: &Frame<'_>, expr: ExprId) -> Option<ClassKey> {
        match self.body(frame).expr(expr) {
            Expr::Variable(name) if *name == Symbol::THIS => frame.class,
            Expr::Call { callee: Callee::New(class), .. } => match self.target(frame, *class)? {
                ClassTarget::OnDisk(class) => Some(class),
                ClassTarget::Named(_) => None,
            },
            Expr::Call { callee: Callee::Function(name), arguments, .. } => {
                let function = self.text(frame, name.fallback.unwrap_or(name.name));
                let first = arguments.first().filter(|_| matches!(function, "app" | "resolve"))?;
                self.index.resolve_class(self.value(frame, first.value)?.as_str()?)
            }
            _ => None,
        }
    }

    /// A method without parameters that returns a constant, and the table of a model.
    fn method(&self, frame: &Frame<'_>, class: ClassKey, name: &str, arguments: &[Argument]) -> Option<Constant> {
        if !arguments.is_empty() {
            return None;
        }
        if let Some(method) = self.index.find_method(class, name) {
            return self.returned(frame, Some(class), self.index.method_body(method));
        }
        match name.to_ascii_lowercase().as_str() {
            "gettable" => self.index.model(class)?.table.clone().map(Constant::String),
            "getkeyname" => Some(Constant::String(self.index.model(class)?.primary_key.clone())),
            _ => None,
        }
    }

    /// What a body returns that is nothing but a `return`.
    fn returned(&self, frame: &Frame<'_>, class: Option<ClassKey>, body: BodyKey) -> Option<Constant> {
        let item = self.index.body(body);
        let [statement] = *item.block else { return None };
        let Statement::Return(Some(value)) = *item.statement(statement) else { return None };
        let locals = Locals::new();
        self.value(&Frame { body, class, locals: &locals, depth: frame.depth }, value)
    }
}

const fn compares(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::Identical | BinaryOp::NotIdentical | BinaryOp::Spaceship)
}

impl Index {
    /// What a method without parameters returns, where it is one constant or configured; `class` is what `static` means in it.
    #[must_use]
    pub fn returned_constant(&self, method: MethodRef, class: ClassKey) -> Option<Constant> {
        let locals = Locals::new();
        let body = self.method_body(method);
        Evaluator::new(self, true).returned(&Frame::new(body, Some(class), &locals), Some(class), body)
    }
}
