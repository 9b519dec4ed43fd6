//! Expressions.

use super::kinds::{Field, Kind};
use super::tree::At;
use super::{Lowering, MAX_DEPTH, literals, operators};
use crate::finding::Span;
use crate::hir::{
    ArrayItem, BinaryOp, CastKind, ClassRef, ErrorReason, Expr, ExprId, ImportKind, IncludeKind, Literal, MatchArm, UnaryOp,
};

impl Lowering<'_> {
    /// An expression with its operands.
    pub(super) fn expr(&mut self, at: At) -> ExprId {
        if self.depth >= MAX_DEPTH {
            return self.error_expr(self.span(at), ErrorReason::TooDeep);
        }
        self.depth += 1;
        let id = self.chain(at);
        self.depth -= 1;
        id
    }

    /// The expression in a role, or an error where it is missing.
    pub(super) fn expr_in(&mut self, parent: At, field: Field) -> ExprId {
        let child = self.tree.children(parent).find(|&child| self.tree.field(child) == field && self.is_operand(child));
        match child {
            Some(child) => self.expr(child),
            None => self.absent(parent),
        }
    }

    /// The only operand of a node, or an error where it is missing.
    pub(super) fn only_operand(&mut self, parent: At) -> ExprId {
        match self.tree.children(parent).find(|&child| self.is_operand(child)) {
            Some(child) => self.expr(child),
            None => self.absent(parent),
        }
    }

    pub(super) fn absent(&mut self, parent: At) -> ExprId {
        let end = self.span(parent).end;
        self.error_expr(Span::new(end, end), ErrorReason::Syntax)
    }

    fn is_operand(&self, at: At) -> bool {
        let kind = self.kind(at);
        kind.is_expression() || matches!(kind, Kind::RelativeScope | Kind::SequenceExpression | Kind::ByRef)
    }

    /// The leftmost operand of a node that is lowered from the inside out, in a loop.
    fn leftmost(&self, at: At) -> Option<At> {
        let tree = self.tree;
        let left = match tree.kind(at) {
            Kind::MemberCall | Kind::NullsafeMemberCall | Kind::MemberAccess | Kind::NullsafeMemberAccess => {
                tree.child(at, Field::Object)
            }
            Kind::FunctionCall => tree.child(at, Field::Function).filter(|&child| !tree.kind(child).is_name()),
            Kind::ScopedCall | Kind::ScopedPropertyAccess => {
                tree.child(at, Field::Scope).filter(|&child| self.is_value_scope(child))
            }
            Kind::ClassConstantAccess => {
                tree.children(at).find(|&child| self.is_operand(child)).filter(|&child| self.is_value_scope(child))
            }
            Kind::Binary => tree.child(at, Field::Left).filter(|&left| !self.is_power_of_prefixed(at, left)),
            Kind::ConditionalExpression => tree.child(at, Field::Condition),
            Kind::Subscript | Kind::Parenthesized => tree.operand(at),
            _ => None,
        };
        left.filter(|&left| self.is_operand(left))
    }

    fn is_value_scope(&self, at: At) -> bool {
        let kind = self.kind(at);
        !kind.is_name() && kind != Kind::RelativeScope
    }

    /// Goes down to the leftmost operand and builds what stands around it on the way back.
    fn chain(&mut self, at: At) -> ExprId {
        let mut inner = at;
        let mark = self.scratch.spine.len();
        while let Some(left) = self.leftmost(inner) {
            self.scratch.spine.push(inner);
            inner = left;
        }
        let mut value = self.head(inner);
        // The parts of a concatenation stand on the stack of operands until it ends.
        let parts = self.scratch.operands.len();
        let mut concat: Option<Span> = None;
        while self.scratch.spine.len() > mark
            && let Some(around) = self.scratch.spine.pop()
        {
            if self.kind(around) == Kind::Parenthesized {
                continue;
            }
            if self.is_concat(around) {
                if concat.is_none() {
                    self.scratch.operands.push(value);
                }
                concat = Some(self.span(around));
                let right = self.expr_in(around, Field::Right);
                self.scratch.operands.push(right);
                continue;
            }
            if let Some(span) = concat.take() {
                let operands = self.take_operands(parts);
                value = self.push(Expr::Concat(operands), span);
            }
            value = self.around(around, value);
        }
        if let Some(span) = concat {
            let operands = self.take_operands(parts);
            value = self.push(Expr::Concat(operands), span);
        }
        value
    }

    fn is_concat(&self, at: At) -> bool {
        self.kind(at) == Kind::Binary
            && self.tree.child(at, Field::Operator).is_some_and(|operator| self.kind(operator) == Kind::Dot)
    }

    /// A node whose leftmost operand is lowered.
    fn around(&mut self, at: At, left: ExprId) -> ExprId {
        match self.kind(at) {
            Kind::MemberCall => self.method_call(at, left, false),
            Kind::NullsafeMemberCall => self.method_call(at, left, true),
            Kind::MemberAccess => self.property(at, left, false),
            Kind::NullsafeMemberAccess => self.property(at, left, true),
            Kind::FunctionCall => self.value_call(at, left),
            Kind::ScopedCall => self.static_call(at, ClassRef::Dynamic(left)),
            Kind::ScopedPropertyAccess => self.static_property(at, ClassRef::Dynamic(left)),
            Kind::ClassConstantAccess => self.class_constant(at, ClassRef::Dynamic(left)),
            Kind::Subscript => self.subscript(at, left),
            Kind::Binary => self.binary(at, left),
            Kind::ConditionalExpression => self.ternary(at, left),
            _ => left,
        }
    }

    fn subscript(&mut self, at: At, base: ExprId) -> ExprId {
        let index = self.tree.operands(at).nth(1);
        let index = index.map(|index| self.expr(index));
        self.push(Expr::Index(base, index), self.span(at))
    }

    fn binary(&mut self, at: At, left: ExprId) -> ExprId {
        let operator = self.tree.child(at, Field::Operator).map(|operator| self.kind(operator));
        if operator == Some(Kind::InstanceOf) {
            let right = self.tree.children(at).find(|&child| self.tree.field(child) == Field::Right);
            let class = match right {
                Some(right) => self.class_operand(right),
                None => ClassRef::Dynamic(self.absent(at)),
            };
            return self.push(Expr::InstanceOf(left, class), self.span(at));
        }
        let right = self.expr_in(at, Field::Right);
        match operator.and_then(operators::binary) {
            Some(operator) => self.push(Expr::Binary(operator, left, right), self.span(at)),
            None => self.error_expr(self.span(at), ErrorReason::Syntax),
        }
    }

    /// `-$a ** 2`, which the grammar takes for `(-$a) ** 2`.
    fn is_power_of_prefixed(&self, at: At, left: At) -> bool {
        matches!(self.kind(left), Kind::UnaryOp | Kind::Cast | Kind::ErrorSuppression)
            && self.tree.child(at, Field::Operator).is_some_and(|operator| self.kind(operator) == Kind::Power)
    }

    /// PHP's meaning of such a power: the prefixes apply to the result.
    fn power_of_prefixed(&mut self, at: At) -> ExprId {
        let end = self.span(at).end;
        let mut prefixes = Vec::new();
        let mut base = self.tree.child(at, Field::Left);
        while let Some(prefix) =
            base.filter(|&base| matches!(self.kind(base), Kind::UnaryOp | Kind::Cast | Kind::ErrorSuppression))
        {
            prefixes.push(prefix);
            base = self.tree.operand(prefix);
        }
        let start = base.map_or(end, |base| self.span(base).start);
        let left = match base {
            Some(base) => self.expr(base),
            None => self.absent(at),
        };
        let right = self.expr_in(at, Field::Right);
        let mut value = self.push(Expr::Binary(BinaryOp::Power, left, right), Span::new(start, end));
        for prefix in prefixes.into_iter().rev() {
            let expr = match self.kind(prefix) {
                Kind::Cast => Expr::Cast(self.cast_kind(prefix), value),
                Kind::ErrorSuppression => Expr::Unary(UnaryOp::Silence, value),
                _ => {
                    let operator = self.tree.children(prefix).find_map(|child| operators::unary(self.kind(child)));
                    Expr::Unary(operator.unwrap_or(UnaryOp::Plus), value)
                }
            };
            value = self.push(expr, Span::new(self.span(prefix).start, end));
        }
        value
    }

    fn ternary(&mut self, at: At, condition: ExprId) -> ExprId {
        let then = self.tree.child(at, Field::Body).filter(|&then| self.is_operand(then));
        let then = then.map(|then| self.expr(then));
        let otherwise = self.expr_in(at, Field::Alternative);
        self.push(Expr::Ternary(condition, then, otherwise), self.span(at))
    }

    /// An expression without a leftmost operand.
    fn head(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        match self.kind(at) {
            Kind::VariableName => {
                let name = self.variable_symbol(at);
                self.push(Expr::Variable(name), span)
            }
            Kind::String => self.single_quoted(at),
            Kind::EncapsedString => self.double_quoted(at),
            Kind::Heredoc => self.heredoc(at),
            Kind::Nowdoc => self.nowdoc(at),
            Kind::ShellCommand => self.backticks(at),
            Kind::Integer => self.push(Expr::Literal(literals::integer(self.text_of(at))), span),
            Kind::Float => self.push(Expr::Literal(literals::float(self.text_of(at))), span),
            Kind::Boolean => {
                let value = self.text_of(at).eq_ignore_ascii_case("true");
                self.push(Expr::Literal(Literal::Bool(value)), span)
            }
            Kind::Null => self.push(Expr::Literal(Literal::Null), span),
            Kind::Name | Kind::QualifiedName | Kind::RelativeName | Kind::RelativeScope => self.constant(at),
            Kind::FunctionCall => self.function_call(at),
            Kind::ScopedCall => {
                let class = self.scope(at);
                self.static_call(at, class)
            }
            Kind::ScopedPropertyAccess => {
                let class = self.scope(at);
                self.static_property(at, class)
            }
            Kind::ClassConstantAccess => {
                let class = self.scope(at);
                self.class_constant(at, class)
            }
            Kind::ObjectCreation => self.creation(at),
            Kind::ArrayCreation => self.array(at),
            Kind::ListLiteral => self.pattern(at),
            Kind::AnonymousFunction => self.closure(at),
            Kind::ArrowFunction => self.arrow_function(at),
            Kind::MatchExpression => self.match_expr(at),
            Kind::Binary if self.tree.child(at, Field::Left).is_some() => self.power_of_prefixed(at),
            _ => self.simple_operator(at),
        }
    }

    /// Operators and keywords with fixed operands.
    fn simple_operator(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        match self.kind(at) {
            Kind::Assignment | Kind::ReferenceAssignment => self.assignment(at),
            Kind::AugmentedAssignment => self.compound_assignment(at),
            Kind::UnaryOp => self.unary(at),
            Kind::Update => self.update(at),
            Kind::Cast => self.cast(at),
            Kind::Yield => self.yield_expr(at),
            Kind::Clone => self.clone_expr(at),
            Kind::SequenceExpression | Kind::Parenthesized | Kind::ByRef => self.only_operand(at),
            Kind::ErrorSuppression => {
                let operand = self.only_operand(at);
                self.push(Expr::Unary(UnaryOp::Silence, operand), span)
            }
            Kind::Print => {
                let operand = self.only_operand(at);
                self.push(Expr::Unary(UnaryOp::Print, operand), span)
            }
            Kind::Throw => {
                let operand = self.only_operand(at);
                self.push(Expr::Throw(operand), span)
            }
            Kind::DynamicVariableName => {
                let operand = self.only_operand(at);
                self.push(Expr::DynamicVariable(operand), span)
            }
            Kind::Include => self.include(at, IncludeKind::Include),
            Kind::IncludeOnce => self.include(at, IncludeKind::IncludeOnce),
            Kind::Require => self.include(at, IncludeKind::Require),
            Kind::RequireOnce => self.include(at, IncludeKind::RequireOnce),
            Kind::ArgumentPlaceholder => self.error_expr(span, ErrorReason::Unsupported),
            _ => self.error_expr(span, ErrorReason::Syntax),
        }
    }

    fn include(&mut self, at: At, kind: IncludeKind) -> ExprId {
        let operand = self.only_operand(at);
        self.push(Expr::Include(kind, operand), self.span(at))
    }

    fn constant(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let text = self.text_of(at);
        match text.len() {
            3 | 4 if text.eq_ignore_ascii_case("die") || text.eq_ignore_ascii_case("exit") => {
                return self.push(Expr::Exit(None), span);
            }
            5 | 6 if text.starts_with('\\') => {
                let literal = match text.to_ascii_lowercase().as_str() {
                    "\\true" => Some(Literal::Bool(true)),
                    "\\false" => Some(Literal::Bool(false)),
                    "\\null" => Some(Literal::Null),
                    _ => None,
                };
                if let Some(literal) = literal {
                    return self.push(Expr::Literal(literal), span);
                }
            }
            _ => {}
        }
        let name = self.function_name(at, ImportKind::Constant);
        self.push(Expr::Constant(name), span)
    }

    fn assignment(&mut self, at: At) -> ExprId {
        let by_reference = self.kind(at) == Kind::ReferenceAssignment;
        let target = self.expr_in(at, Field::Left);
        let value = self.expr_in(at, Field::Right);
        self.push(Expr::Assign { target, value, by_reference }, self.span(at))
    }

    fn compound_assignment(&mut self, at: At) -> ExprId {
        let operator = self.tree.child(at, Field::Operator).and_then(|operator| operators::binary(self.kind(operator)));
        let target = self.expr_in(at, Field::Left);
        let value = self.expr_in(at, Field::Right);
        match operator {
            Some(operator) => self.push(Expr::CompoundAssign(operator, target, value), self.span(at)),
            None => self.error_expr(self.span(at), ErrorReason::Syntax),
        }
    }

    fn unary(&mut self, at: At) -> ExprId {
        let operator = self.tree.children(at).find_map(|child| operators::unary(self.kind(child)));
        let operand = self.only_operand(at);
        match operator {
            Some(operator) => self.push(Expr::Unary(operator, operand), self.span(at)),
            None => self.error_expr(self.span(at), ErrorReason::Syntax),
        }
    }

    fn update(&mut self, at: At) -> ExprId {
        let first = self.tree.children(at).map(|child| self.kind(child)).find(|kind| *kind != Kind::Comment);
        let increments = self.tree.child_of(at, Kind::Increment).is_some();
        let operator = match (first, increments) {
            (Some(Kind::Increment), _) => UnaryOp::PreIncrement,
            (Some(Kind::Decrement), _) => UnaryOp::PreDecrement,
            (_, true) => UnaryOp::PostIncrement,
            (_, false) => UnaryOp::PostDecrement,
        };
        let operand = self.expr_in(at, Field::Argument);
        self.push(Expr::Unary(operator, operand), self.span(at))
    }

    fn cast(&mut self, at: At) -> ExprId {
        let kind = self.cast_kind(at);
        let operand = self.expr_in(at, Field::Value);
        self.push(Expr::Cast(kind, operand), self.span(at))
    }

    fn cast_kind(&self, at: At) -> CastKind {
        let name = self.tree.child(at, Field::Type).map_or("", |name| self.text_of(name));
        match name.trim().to_ascii_lowercase().as_str() {
            "int" | "integer" => CastKind::Int,
            "float" | "double" | "real" => CastKind::Float,
            "bool" | "boolean" => CastKind::Bool,
            "array" => CastKind::Array,
            "object" => CastKind::Object,
            "unset" => CastKind::Unset,
            "void" => CastKind::Void,
            _ => CastKind::String,
        }
    }

    fn yield_expr(&mut self, at: At) -> ExprId {
        self.current.body.is_generator = true;
        let span = self.span(at);
        if self.tree.child_of(at, Kind::YieldFrom).is_some() {
            let operand = self.only_operand(at);
            return self.push(Expr::YieldFrom(operand), span);
        }
        let item = self.tree.child_of(at, Kind::ArrayElementInitializer);
        let item = item.map(|item| self.array_item(item));
        let (key, value) = item.map_or((None, None), |item| (item.key, item.value));
        self.push(Expr::Yield(key, value), span)
    }

    fn match_expr(&mut self, at: At) -> ExprId {
        let subject = self.expr_in(at, Field::Condition);
        let tree = self.tree;
        let mut arms = Vec::new();
        for arm in tree.child(at, Field::Body).into_iter().flat_map(|block| tree.children(block)) {
            if !matches!(tree.kind(arm), Kind::MatchConditional | Kind::MatchDefault) {
                continue;
            }
            let mark = self.scratch.operands.len();
            for condition in tree.child(arm, Field::Conditions).into_iter().flat_map(|list| tree.operands(list)) {
                let condition = self.expr(condition);
                self.scratch.operands.push(condition);
            }
            let conditions = self.take_operands(mark);
            let result = self.expr_in(arm, Field::Result);
            arms.push(MatchArm { conditions, result });
        }
        self.push(Expr::Match(subject, arms.into()), self.span(at))
    }

    fn array(&mut self, at: At) -> ExprId {
        let tree = self.tree;
        let elements = || tree.children(at).filter(|&child| tree.kind(child) == Kind::ArrayElementInitializer);
        let mut items = Vec::with_capacity(elements().count());
        for element in elements() {
            let item = self.array_item(element);
            items.push(item);
        }
        self.push(Expr::Array(items.into()), self.span(at))
    }

    /// `value`, `key => value`, `&value`, `...value`
    fn array_item(&mut self, at: At) -> ArrayItem {
        let mut item = ArrayItem { key: None, value: None, by_reference: false, spread: false };
        let tree = self.tree;
        for child in tree.children(at) {
            match tree.kind(child) {
                Kind::Arrow => item.key = item.value.take(),
                Kind::VariadicUnpacking => {
                    item.spread = true;
                    item.value = Some(self.only_operand(child));
                }
                Kind::ByRef => {
                    item.by_reference = true;
                    item.value = Some(self.only_operand(child));
                }
                _ if self.is_operand(child) => item.value = Some(self.expr(child)),
                _ => {}
            }
        }
        item
    }

    /// `[$a, , 'k' => $b]`, `list(…)`
    fn pattern(&mut self, at: At) -> ExprId {
        const NOTHING: ArrayItem = ArrayItem { key: None, value: None, by_reference: false, spread: false };
        let mut items = Vec::new();
        let mut item = NOTHING;
        let tree = self.tree;
        for child in tree.children(at) {
            match tree.kind(child) {
                Kind::Comma => items.push(std::mem::replace(&mut item, NOTHING)),
                Kind::Arrow => item.key = item.value.take(),
                Kind::ByRef => {
                    item.by_reference = true;
                    item.value = Some(self.only_operand(child));
                }
                _ if self.is_operand(child) => item.value = Some(self.expr(child)),
                _ => {}
            }
        }
        if item.value.is_some() || item.key.is_some() {
            items.push(item);
        }
        self.push(Expr::Array(items.into()), self.span(at))
    }
}
