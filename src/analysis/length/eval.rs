//! The lengths of expressions at a point of a function.

use super::aliases::Aliases;
use super::bound::{Length, Most, Value};
use super::columns;
use super::trace::{State, Trace, Tracer};
use super::walk::join;
use crate::finding::{Location, Message};
use crate::hir::{
    ArrayItem, BinaryOp, Body, Callee, CastKind, Expr, ExprId, FileHir, Literal, MemberName, MemberNameKind, Symbol, UnaryOp,
};
use crate::index::{BodyKey, ClassKey, Constant, Locals};
use crate::specs::ValueKind;

/// Expressions within expressions that are evaluated.
const NESTING: u32 = 150;
/// Characters of a number as a text.
pub(super) const NUMBER: u32 = 24;

/// The longest text that a constant holds.
pub(super) fn constant_length(constant: &Constant) -> Option<u32> {
    let length = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    match constant {
        Constant::String(text) | Constant::Class(text) => Some(length(text)),
        Constant::Array(items) => {
            items.iter().map(|(_, item)| constant_length(item)).try_fold(0, |most, item| Some(most.max(item?)))
        }
        Constant::Null => Some(0),
        _ => Some(NUMBER),
    }
}

/// A run over one function.
pub(super) struct Walk<'w, 'p> {
    pub(super) tracer: &'w mut Tracer<'p>,
    pub(super) body: BodyKey,
    pub(super) hir: &'p FileHir,
    pub(super) code: &'p Body,
    /// Variables that something else may change.
    pub(super) aliases: Aliases,
    /// False while a fixed point is sought.
    pub(super) recording: bool,
    pub(super) trace: Trace,
    pub(super) depth: u32,
}

impl Walk<'_, '_> {
    fn class(&self) -> Option<ClassKey> {
        self.code.class.map(|class| ClassKey { file: self.body.file, class })
    }

    fn constant(&self, expr: ExprId) -> Option<Constant> {
        self.tracer.project.index.configured_value(self.body, expr, self.class(), &Locals::new())
    }

    /// A number that is known: a literal, a constant, a default of the configuration.
    pub(super) fn number(&self, expr: ExprId) -> Option<i64> {
        if let Some(Constant::Int(number)) = self.constant(expr) {
            return Some(number);
        }
        // `config('names.limit', 80)` of a key that no file of the project sets.
        match self.code.expr(expr) {
            Expr::Call { callee: Callee::Function(name), arguments, .. }
                if self.hir.text(name.fallback.unwrap_or(name.name)).eq_ignore_ascii_case("config") =>
            {
                self.number(arguments.get(1)?.value)
            }
            Expr::Cast(CastKind::Int, operand) => self.number(*operand),
            Expr::Variable(name) => self.number(self.only_value(*name)?),
            _ => None,
        }
    }

    /// The value of a variable that is assigned once, and that is no parameter.
    fn only_value(&self, name: Symbol) -> Option<ExprId> {
        let is_it = |expr: ExprId| matches!(self.code.expr(expr), Expr::Variable(other) if *other == name);
        let signature = self.tracer.project.index.signature(self.body);
        let is_parameter = signature.is_some_and(|signature| signature.parameters.iter().any(|parameter| parameter.name == name));
        let changes = self.code.exprs.iter().any(|expr| match expr {
            Expr::CompoundAssign(_, target, _) => is_it(*target),
            Expr::Unary(op, operand) => {
                let steps = [UnaryOp::PreIncrement, UnaryOp::PreDecrement, UnaryOp::PostIncrement, UnaryOp::PostDecrement];
                steps.contains(op) && is_it(*operand)
            }
            _ => false,
        });
        if is_parameter || changes || self.aliases.hold(&format!("${}", self.hir.text(name))) {
            return None;
        }
        let mut values = self.code.exprs.iter().filter_map(|expr| match expr {
            Expr::Assign { target, value, .. } if is_it(*target) => Some(*value),
            _ => None,
        });
        let value = values.next()?;
        (values.next().is_none()
            && matches!(self.code.expr(value), Expr::Literal(_) | Expr::ClassConstant(..) | Expr::Call { .. }))
        .then_some(value)
    }

    pub(super) fn text(&self, expr: ExprId) -> Option<String> {
        self.constant(expr)?.as_str().map(str::to_owned)
    }

    pub(super) fn longest_of(&self, expr: ExprId) -> Option<u32> {
        constant_length(&self.constant(expr)?)
    }

    /// The path of a variable, an element or a property: the variable first.
    pub(super) fn path(&self, expr: ExprId) -> Option<Vec<String>> {
        let fixed = |name: &MemberName| match name.kind {
            MemberNameKind::Fixed(symbol) => Some(self.hir.text(symbol)),
            MemberNameKind::Dynamic(_) => None,
        };
        match self.code.expr(expr) {
            Expr::Variable(name) => Some(vec![format!("${}", self.hir.text(*name))]),
            Expr::StaticProperty(_, name) => Some(vec![format!("self::${}", fixed(name)?)]),
            Expr::Property { receiver, name, .. } => {
                let mut path = self.path(*receiver)?;
                path.push(format!("->{}", fixed(name)?));
                Some(path)
            }
            Expr::Index(base, Some(key)) => {
                let key = match self.constant(*key)? {
                    Constant::String(text) => text,
                    Constant::Int(number) => number.to_string(),
                    _ => return None,
                };
                let mut path = self.path(*base)?;
                path.push(key);
                Some(path)
            }
            // `$request->input('name')` is read as `$request->name` is.
            Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } => {
                let method = fixed(name)?.to_ascii_lowercase();
                let is_reader =
                    matches!(method.as_str(), "input" | "get" | "post" | "query" | "string" | "str" | "validated" | "json");
                let key = arguments.first().filter(|_| is_reader).and_then(|key| self.text(key.value))?;
                self.is_request(*receiver).then_some(())?;
                let mut path = self.path(*receiver).unwrap_or_else(|| vec!["request()".to_owned()]);
                path.extend(key.split('.').map(|part| format!("->{part}")));
                Some(path)
            }
            Expr::Assign { target, .. } => self.path(*target),
            _ => None,
        }
    }

    pub(super) fn read<'s>(state: &'s State, path: &[String]) -> Option<&'s Value> {
        let (root, keys) = path.split_first()?;
        keys.iter().try_fold(state.values.get(root)?, |value, key| value.element(key))
    }

    pub(super) fn write(state: &mut State, path: &[String], value: Value) {
        let Some((root, keys)) = path.split_first() else { return };
        let open = || Value::text(Length::unknown(Message::new("length.nothing-known"), None));
        state.values.entry(root.clone()).or_insert_with(open).set(keys, value);
        state
            .measures
            .retain(|variable, measured| variable != root && (measured.first() != Some(root) || !measured.starts_with(path)));
    }

    /// True for the request of the client: by its type, by a spec row, or by the helper.
    pub(super) fn is_request(&self, expr: ExprId) -> bool {
        let project = self.tracer.project;
        let types = project.resolution.body(self.body).of(expr);
        let is_class = types.classes().any(|class| {
            matches!(project.specs.instance_value(class), Some((ValueKind::Request, _)))
                || project.index.resolve_class(class).is_some_and(|class| project.index.is_a(class, "Illuminate\\Http\\Request"))
        });
        let is_helper = matches!(self.code.expr(expr), Expr::Call { callee: Callee::Function(name), arguments, .. }
            if arguments.is_empty() && self.hir.text(name.fallback.unwrap_or(name.name)) == "request");
        is_class || is_helper
    }

    pub(super) fn unknown(&self, why: Message, expr: ExprId) -> Value {
        Value::text(Length::unknown(why, Some(self.location(expr))))
    }

    fn short(&self, expr: ExprId) -> Value {
        Value::text(Length::characters(NUMBER, "length.type", Some(self.location(expr))))
    }

    /// Evaluates an expression, and those in it.
    pub(super) fn eval(&mut self, state: &mut State, expr: ExprId) -> Value {
        self.tracer.fuel = self.tracer.fuel.saturating_sub(1);
        if self.depth >= NESTING || self.tracer.fuel == 0 {
            return self.unknown(Message::new("length.deep"), expr);
        }
        self.depth += 1;
        let value = self.expression(state, expr);
        self.depth -= 1;
        if self.recording && matches!(self.code.expr(expr), Expr::Variable(_) | Expr::Property { .. } | Expr::Index(..)) {
            match self.trace.values.get_mut(&expr) {
                Some(known) => known.join(&value),
                None => {
                    self.trace.values.insert(expr, value.clone());
                }
            }
        }
        value
    }

    fn expression(&mut self, state: &mut State, expr: ExprId) -> Value {
        let code = self.code;
        if let Some(name) = self.path(expr).and_then(|path| path.into_iter().next()).filter(|name| self.aliases.hold(name)) {
            let mut operands = Vec::new();
            code.expr(expr).for_each_operand(|operand| operands.push(operand));
            for operand in operands {
                self.eval(state, operand);
            }
            return self.unknown(Message::new("length.reference").text("name", name), expr);
        }
        match code.expr(expr) {
            Expr::Literal(Literal::String(text)) => {
                let length = u32::try_from(self.hir.text(*text).chars().count()).unwrap_or(u32::MAX);
                Value::text(Length::characters(length, "length.literal", Some(self.location(expr))))
            }
            Expr::Literal(_) => self.short(expr),
            Expr::Variable(_) => self.place(state, expr),
            Expr::Property { receiver, .. } => {
                self.eval(state, *receiver);
                self.place(state, expr)
            }
            Expr::Index(base, key) => {
                let array = self.eval(state, *base);
                if let Some(key) = key {
                    self.eval(state, *key);
                }
                let known = self.path(expr).and_then(|path| Self::read(state, &path).cloned());
                known.unwrap_or_else(|| Value::text(array.longest()))
            }
            Expr::Interpolation(parts) | Expr::Concat(parts) => self.concatenation(state, expr, parts),
            Expr::Array(items) => self.array(state, expr, items),
            Expr::Assign { target, value, .. } => self.assignment(state, *target, *value),
            Expr::CompoundAssign(op, target, value) => self.compound(state, expr, (*op, *target, *value)),
            Expr::Ternary(condition, then, otherwise) => self.ternary(state, *condition, *then, *otherwise),
            Expr::Match(subject, arms) => self.match_arms(state, expr, *subject, arms),
            Expr::Binary(BinaryOp::Coalesce, left, right) => {
                let mut value = self.eval(state, *left);
                value.join(&self.eval(&mut state.clone(), *right));
                value
            }
            Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) => {
                self.eval(state, *left);
                let mut inner = state.clone();
                self.assume(&mut inner, *left, *op == BinaryOp::And);
                self.eval(&mut inner, *right);
                join(state, &inner);
                self.short(expr)
            }
            Expr::Binary(_, left, right) => {
                self.eval(state, *left);
                self.eval(state, *right);
                self.short(expr)
            }
            Expr::Unary(UnaryOp::Silence | UnaryOp::Clone, operand)
            | Expr::Cast(CastKind::String | CastKind::Array | CastKind::Object, operand) => self.eval(state, *operand),
            Expr::Unary(_, operand) | Expr::Cast(_, operand) => {
                self.eval(state, *operand);
                self.short(expr)
            }
            Expr::Call { callee, arguments, .. } => self.call(state, expr, *callee, arguments),
            Expr::Closure(closure) => {
                if self.recording {
                    self.trace.closures.insert(*closure, state.clone());
                }
                self.unknown(Message::new("length.object").text("class", "Closure"), expr)
            }
            Expr::Constant(_) | Expr::ClassConstant(..) => match self.longest_of(expr) {
                Some(most) => Value::text(Length::characters(most, "length.literal", Some(self.location(expr)))),
                None => self.unknown(Message::new("length.nothing-known"), expr),
            },
            Expr::Isset(_) | Expr::Empty(_) | Expr::InstanceOf(..) => self.short(expr),
            other => {
                let mut operands = Vec::new();
                other.for_each_operand(|operand| operands.push(operand));
                for operand in operands {
                    self.eval(state, operand);
                }
                self.unknown(Message::new("length.nothing-known"), expr)
            }
        }
    }

    fn array(&mut self, state: &mut State, expr: ExprId, items: &[ArrayItem]) -> Value {
        let mut array = Value::text(Length::characters(0, "length.literal", Some(self.location(expr))));
        for (position, item) in items.iter().enumerate() {
            let key = match item.key {
                Some(key) => {
                    self.eval(state, key);
                    self.text(key)
                }
                None => Some(position.to_string()),
            };
            let Some(value) = item.value else { continue };
            let value = self.eval(state, value);
            match key {
                Some(key) if !item.spread => array.set(&[key], value),
                _ => array.length = array.length.clone().worse(&value.longest()),
            }
        }
        array
    }

    fn assignment(&mut self, state: &mut State, target: ExprId, source: ExprId) -> Value {
        let value = self.eval(state, source);
        let measured = self.measured(state, source);
        self.assign(state, target, &value);
        if let (Expr::Variable(name), Some(measured)) = (self.code.expr(target), measured) {
            state.measures.insert(format!("${}", self.hir.text(*name)), measured);
        }
        value
    }

    fn compound(&mut self, state: &mut State, expr: ExprId, (op, target, value): (BinaryOp, ExprId, ExprId)) -> Value {
        let before = self.eval(state, target);
        let added = self.eval(state, value);
        let value = match op {
            BinaryOp::Concat => Value::text(sum(&before.length, &added.length, self.location(expr))),
            BinaryOp::Coalesce => {
                let mut both = before;
                both.join(&added);
                both
            }
            _ => self.short(expr),
        };
        self.assign(state, target, &value);
        value
    }

    fn ternary(&mut self, state: &mut State, condition: ExprId, then: Option<ExprId>, otherwise: ExprId) -> Value {
        let tested = self.eval(state, condition);
        let mut other = state.clone();
        self.assume(state, condition, true);
        self.assume(&mut other, condition, false);
        let mut value = match then {
            Some(then) => self.eval(state, then),
            None => tested,
        };
        value.join(&self.eval(&mut other, otherwise));
        join(state, &other);
        value
    }

    /// A variable or a property: what is known here, else what its kind says.
    fn place(&mut self, state: &State, expr: ExprId) -> Value {
        let path = self.path(expr);
        if let Some(value) = path.as_ref().and_then(|path| Self::read(state, path)) {
            return value.clone();
        }
        let project = self.tracer.project;
        let at = self.location(expr);
        match self.code.expr(expr) {
            Expr::Variable(name) => {
                let name = format!("${}", self.hir.text(*name));
                if matches!(project.specs.value(&name), Some((ValueKind::Request, _))) {
                    return Value::text(Length::unbounded(Message::new("length.request"), Some(at)));
                }
                self.unknown(Message::new("length.variable").text("name", name), expr)
            }
            Expr::Property { receiver, name, .. } => {
                let MemberNameKind::Fixed(symbol) = name.kind else {
                    return self.unknown(Message::new("length.nothing-known"), expr);
                };
                let name = self.hir.text(symbol).to_owned();
                self.property(*receiver, &name, at)
            }
            _ => self.unknown(Message::new("length.nothing-known"), expr),
        }
    }

    fn property(&mut self, receiver: ExprId, name: &str, at: Location) -> Value {
        let project = self.tracer.project;
        if self.is_request(receiver) {
            return self.request_field(receiver, &[name.to_owned()], at);
        }
        for class in project.resolution.body(self.body).of(receiver).classes() {
            let Some(class) = project.index.resolve_class(class) else { continue };
            if project.index.is_model(class) {
                return Value::text(columns::attribute(project.index, class, name, at));
            }
            if matches!(name, "value" | "name")
                && let Some(length) = self.tracer.of_enum(class, at)
            {
                return Value::text(length);
            }
            if let Some((holder, property)) = project.index.find_property(class, name) {
                let Some(body) = project.index.top_level(holder.file).next() else { continue };
                if let Some(length) = property.hint.as_ref().and_then(|hint| self.tracer.of_hint(body, hint, at)) {
                    return Value::text(length);
                }
            }
        }
        Value::text(Length::unknown(Message::new("length.property").text("name", name), Some(at)))
    }

    /// A field of the request: bounded by the rules of its form request, else chosen by the client.
    pub(super) fn request_field(&mut self, receiver: ExprId, keys: &[String], at: Location) -> Value {
        let project = self.tracer.project;
        for class in project.resolution.body(self.body).of(receiver).classes() {
            let Some(class) = project.index.resolve_class(class) else { continue };
            let rules = super::validation::of_form_request(project.index, class);
            if let Some(value) = rules.and_then(|rules| keys.iter().try_fold(rules, |value, key| value.element(key).cloned())) {
                return value;
            }
        }
        Value::text(Length::unbounded(Message::new("length.request"), Some(at)))
    }

    fn concatenation(&mut self, state: &mut State, expr: ExprId, parts: &[ExprId]) -> Value {
        let mut length = Length::characters(0, "length.concatenation", Some(self.location(expr)));
        for part in parts {
            let part = self.eval(state, *part);
            length = sum(&length, &part.length, self.location(expr));
        }
        Value::text(length)
    }

    fn match_arms(&mut self, state: &mut State, expr: ExprId, subject: ExprId, arms: &[crate::hir::MatchArm]) -> Value {
        self.eval(state, subject);
        let is_true = matches!(self.constant(subject), Some(Constant::Bool(true)));
        let mut result: Option<Value> = None;
        let mut left = state.clone();
        let mut ends: Option<State> = None;
        for arm in arms {
            let mut inner = left.clone();
            for condition in &arm.conditions {
                self.eval(&mut inner, *condition);
            }
            if is_true && arm.conditions.len() == 1 {
                self.assume(&mut inner, arm.conditions[0], true);
            }
            if is_true {
                arm.conditions.iter().for_each(|condition| self.assume(&mut left, *condition, false));
            }
            if matches!(self.code.expr(arm.result), Expr::Throw(_)) {
                continue;
            }
            let value = self.eval(&mut inner, arm.result);
            match &mut result {
                Some(known) => known.join(&value),
                None => result = Some(value),
            }
            match &mut ends {
                Some(known) => {
                    join(known, &inner);
                }
                None => ends = Some(inner),
            }
        }
        if let Some(ends) = ends {
            *state = ends;
        }
        result.unwrap_or_else(|| self.unknown(Message::new("length.nothing-known"), expr))
    }

    /// Assigns to a variable, a property, an element or a pattern.
    pub(super) fn assign(&mut self, state: &mut State, target: ExprId, value: &Value) {
        if let Expr::Array(items) = self.code.expr(target) {
            for (position, item) in items.iter().enumerate() {
                let Some(inner) = item.value else { continue };
                let key = item.key.map_or_else(|| Some(position.to_string()), |key| self.text(key));
                let element = key.and_then(|key| value.element(&key).cloned()).unwrap_or_else(|| Value::text(value.longest()));
                self.assign(state, inner, &element);
            }
            return;
        }
        match (self.path(target), self.code.expr(target)) {
            (Some(path), _) => Self::write(state, &path, value.clone()),
            // `$list[] = $x`: one more element.
            (None, Expr::Index(base, _)) => {
                if let Some(path) = self.path(*base) {
                    let start = Value::text(Length::characters(0, "length.literal", None));
                    let mut array = Self::read(state, &path).cloned().unwrap_or(start);
                    array.length = array.length.worse(&value.longest());
                    Self::write(state, &path, array);
                }
            }
            _ => {}
        }
    }
}

/// The length of one text behind another.
fn sum(one: &Length, other: &Length, at: Location) -> Length {
    match (one.most, other.most) {
        (Most::Characters(left), Most::Characters(right)) => {
            Length::characters(left.saturating_add(right), "length.concatenation", Some(at))
        }
        _ => one.clone().worse(other),
    }
}
