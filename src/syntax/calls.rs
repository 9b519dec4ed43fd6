//! Calls, object creation and access to members.

use super::Lowering;
use super::kinds::{Field, Kind};
use super::tree::At;
use crate::finding::Span;
use crate::hir::{
    Argument, Callee, ClassKind, ClassRef, ErrorReason, Expr, ExprId, ImportKind, MemberName, MemberNameKind, UnaryOp,
};

/// The arguments of a call, and whether it is `f(...)`.
type Arguments = (Box<[Argument]>, bool);

impl Lowering<'_> {
    fn call(&mut self, callee: Callee, (arguments, first_class): Arguments, span: Span) -> ExprId {
        self.push(Expr::Call { callee, arguments, first_class }, span)
    }

    /// `$x->m()`, `$x?->m()`
    pub(super) fn method_call(&mut self, at: At, receiver: ExprId, null_safe: bool) -> ExprId {
        let name = self.member_name(at);
        let arguments = self.arguments_of(at);
        self.call(Callee::Method { receiver, name, null_safe }, arguments, self.span(at))
    }

    /// `$x->name`, `$x?->name`
    pub(super) fn property(&mut self, at: At, receiver: ExprId, null_safe: bool) -> ExprId {
        let name = self.member_name(at);
        self.push(Expr::Property { receiver, name, null_safe }, self.span(at))
    }

    /// `$f()`
    pub(super) fn value_call(&mut self, at: At, callee: ExprId) -> ExprId {
        let arguments = self.arguments_of(at);
        self.call(Callee::Value(callee), arguments, self.span(at))
    }

    /// `C::m()`
    pub(super) fn static_call(&mut self, at: At, class: ClassRef) -> ExprId {
        let name = self.member_name(at);
        let arguments = self.arguments_of(at);
        self.call(Callee::Static { class, name }, arguments, self.span(at))
    }

    /// `C::$name`
    pub(super) fn static_property(&mut self, at: At, class: ClassRef) -> ExprId {
        let name = self.tree.child(at, Field::Name);
        let name = match name {
            Some(name) if self.kind(name) == Kind::VariableName => {
                MemberName { kind: MemberNameKind::Fixed(self.variable_symbol(name)), span: self.span(name) }
            }
            Some(name) => {
                let kind = MemberNameKind::Dynamic(self.only_operand(name));
                MemberName { kind, span: self.span(name) }
            }
            None => self.no_name(at),
        };
        self.push(Expr::StaticProperty(class, name), self.span(at))
    }

    /// `C::NAME`, `C::{expr}`
    pub(super) fn class_constant(&mut self, at: At, class: ClassRef) -> ExprId {
        let tree = self.tree;
        let mut behind = tree.children(at).skip_while(|&child| tree.kind(child) != Kind::DoubleColon).skip(1);
        let braced = behind.clone().any(|child| tree.kind(child) == Kind::OpenBrace);
        let name = behind.find(|&child| tree.kind(child).is_expression());
        let name = match name {
            Some(name) if braced => {
                let inner = tree.operand(name).unwrap_or(name);
                let value = self.expr(inner);
                MemberName { kind: MemberNameKind::Dynamic(value), span: self.span(name) }
            }
            Some(name) => MemberName { kind: MemberNameKind::Fixed(self.symbol_of(name)), span: self.span(name) },
            None => self.no_name(at),
        };
        self.push(Expr::ClassConstant(class, name), self.span(at))
    }

    fn no_name(&mut self, at: At) -> MemberName {
        let end = self.span(at).end;
        MemberName { kind: MemberNameKind::Dynamic(self.absent(at)), span: Span::new(end, end) }
    }

    /// The name behind `->` or `::`.
    fn member_name(&mut self, at: At) -> MemberName {
        let tree = self.tree;
        let Some(name) = tree.child(at, Field::Name) else { return self.no_name(at) };
        let span = self.span(name);
        let kind = match self.kind(name) {
            Kind::Name if tree.child_of(at, Kind::OpenBrace).is_none() => MemberNameKind::Fixed(self.symbol_of(name)),
            _ => MemberNameKind::Dynamic(self.expr(name)),
        };
        MemberName { kind, span }
    }

    /// The class before `::`, where it is a name.
    pub(super) fn scope(&mut self, at: At) -> ClassRef {
        let tree = self.tree;
        let scope = tree.children(at).find(|&child| tree.kind(child).is_name() || tree.kind(child) == Kind::RelativeScope);
        match scope {
            Some(scope) => self.class_ref(scope),
            None => ClassRef::Dynamic(self.absent(at)),
        }
    }

    /// A class after `new` or `instanceof`.
    pub(super) fn class_operand(&mut self, at: At) -> ClassRef {
        let kind = self.kind(at);
        if kind.is_name() || kind == Kind::RelativeScope { self.class_ref(at) } else { ClassRef::Dynamic(self.expr(at)) }
    }

    fn arguments_of(&mut self, call: At) -> Arguments {
        match self.tree.child_of(call, Kind::Arguments) {
            Some(arguments) => self.arguments(arguments),
            None => (Box::default(), false),
        }
    }

    /// The arguments between parentheses.
    pub(super) fn arguments(&mut self, at: At) -> Arguments {
        let tree = self.tree;
        let is_argument = |&child: &At| tree.kind(child) == Kind::Argument;
        let mut arguments = Vec::with_capacity(tree.children(at).filter(is_argument).count());
        let mut first_class = false;
        for child in tree.children(at) {
            match tree.kind(child) {
                Kind::Argument => {
                    let argument = self.argument(child);
                    arguments.push(argument);
                }
                Kind::VariadicPlaceholder => first_class = true,
                _ => {}
            }
        }
        (arguments.into(), first_class)
    }

    fn argument(&mut self, at: At) -> Argument {
        let tree = self.tree;
        let name = tree.child(at, Field::Name);
        let name_symbol = name.map(|name| self.symbol_of(name));
        let mut spread = false;
        let value = tree.children(at).find(|&child| {
            let kind = tree.kind(child);
            Some(child) != name && (kind.is_expression() || matches!(kind, Kind::VariadicUnpacking | Kind::RelativeScope))
        });
        let value = match value {
            Some(value) if tree.kind(value) == Kind::VariadicUnpacking => {
                spread = true;
                self.only_operand(value)
            }
            Some(value) => self.expr(value),
            None => self.absent(at),
        };
        Argument { name: name_symbol, value, spread, span: self.span(at) }
    }

    /// A call of a named function; `isset`, `empty` and `exit` look like one.
    pub(super) fn function_call(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let Some(function) = self.tree.child(at, Field::Function) else {
            let callee = self.absent(at);
            return self.value_call(at, callee);
        };
        let name = self.text_of(function);
        match name.len() {
            3 | 4 if name.eq_ignore_ascii_case("die") || name.eq_ignore_ascii_case("exit") => {
                let operand = self.argument_values(at).first().copied();
                self.push(Expr::Exit(operand), span)
            }
            5 if name.eq_ignore_ascii_case("isset") => {
                let operands = self.argument_values(at);
                self.push(Expr::Isset(operands), span)
            }
            5 if name.eq_ignore_ascii_case("empty") => {
                let operand = self.argument_values(at).first().copied();
                match operand {
                    Some(operand) => self.push(Expr::Empty(operand), span),
                    None => self.error_expr(span, ErrorReason::Syntax),
                }
            }
            _ => {
                let callee = Callee::Function(self.function_name(function, ImportKind::Function));
                let arguments = self.arguments_of(at);
                self.call(callee, arguments, span)
            }
        }
    }

    fn argument_values(&mut self, call: At) -> Box<[ExprId]> {
        let (arguments, _) = self.arguments_of(call);
        arguments.iter().map(|argument| argument.value).collect()
    }

    /// `clone $x`; with more than one argument a call of the function `clone`.
    pub(super) fn clone_expr(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let Some(list) = self.tree.child_of(at, Kind::Arguments) else {
            let operand = self.only_operand(at);
            return self.push(Expr::Unary(UnaryOp::Clone, operand), span);
        };
        let arguments = self.arguments(list);
        if let ([argument], false) = (&*arguments.0, arguments.1)
            && !argument.spread
        {
            return self.push(Expr::Unary(UnaryOp::Clone, argument.value), span);
        }
        let name = self.interner.intern("clone");
        let name_span = Span::new(span.start, (span.start + 5).min(span.end));
        let callee = Callee::Function(crate::hir::FunctionName { name, fallback: None, span: name_span });
        self.call(callee, arguments, span)
    }

    /// `new C(…)`, `new class (…) { … }`
    pub(super) fn creation(&mut self, at: At) -> ExprId {
        let tree = self.tree;
        let span = self.span(at);
        if let Some(class) = tree.child_of(at, Kind::AnonymousClass) {
            let arguments = self.arguments_of(class);
            let id = self.class_like(class, ClassKind::Anonymous, None);
            return self.call(Callee::New(crate::hir::ClassRef::Anonymous(id)), arguments, span);
        }
        let class = tree.children(at).find(|&child| tree.kind(child).is_expression() || tree.kind(child) == Kind::RelativeScope);
        let class = match class {
            Some(class) => self.class_operand(class),
            None => ClassRef::Dynamic(self.absent(at)),
        };
        let arguments = self.arguments_of(at);
        self.call(Callee::New(class), arguments, span)
    }
}
