//! Expressions over abstract values.

use super::super::value::KnownEnd;
use super::{
    Arc, ArrayItem, BTreeSet, BinaryOp, BodyKey, BodyKind, CLOSURE_DEPTH, Callee, Client, ClosureKind, ClosureValue, Constant,
    ConstantKey, Expr, ExprId, ExprRef, Fact, Literal, Machine, MemberName, MemberNameKind, Origins, Root, State, Symbol,
    UnaryOp, Value, constant_key, root_of,
};

impl<C: Client> Machine<'_, C> {
    /// Evaluates an expression. Chains are followed without recursion.
    pub fn eval(&mut self, state: &mut State<C>, expr: ExprId) -> Value<C::Fact> {
        let code = self.code();
        let mut outer = Vec::new();
        let mut at = expr;
        while let Some(inner) = leading_operand(code.expr(at)) {
            outer.push(at);
            at = inner;
        }
        let mut value = self.eval_leaf(state, at);
        while let Some(next) = outer.pop() {
            value = self.eval_onto(state, next, value);
        }
        let client = self.client;
        client.evaluated(self, expr, &value);
        value
    }

    pub(super) fn spend(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0
    }

    /// An expression without a leading operand.
    pub(super) fn eval_leaf(&mut self, state: &mut State<C>, expr: ExprId) -> Value<C::Fact> {
        if !self.spend() {
            return Value::unknown();
        }
        let code = self.code();
        match code.expr(expr) {
            Expr::Literal(literal) => Value::constant(self.literal(*literal)),
            Expr::Variable(name) => self.variable(state, *name),
            Expr::Interpolation(parts) | Expr::Concat(parts) => self.concatenation(state, parts),
            Expr::Array(items) => self.array(state, items),
            Expr::Assign { target, value, .. } => {
                let value = self.eval(state, *value);
                self.assign(state, *target, value.clone());
                value
            }
            Expr::CompoundAssign(op, target, value) => self.compound_assign(state, *op, *target, *value),
            Expr::Ternary(condition, then, otherwise) => self.ternary(state, *condition, *then, *otherwise),
            Expr::Match(subject, arms) => {
                let subject = self.eval(state, *subject);
                self.match_arms(state, &subject, arms)
            }
            Expr::Call { .. } => self.call(state, expr, None),
            Expr::StaticProperty(_, name) => self.static_property(state, *name),
            Expr::Closure(body) => self.closure_value(state, BodyKey { file: self.body.file, body: *body }),
            Expr::ClassConstant(..) | Expr::Constant(_) => self.constant(expr),
            Expr::Isset(operands) => {
                let mut value = Value::from_origins(Origins::none());
                for operand in operands {
                    value.origins.join(&self.eval(state, *operand).origins);
                }
                value
            }
            Expr::Empty(operand)
            | Expr::InstanceOf(operand, _)
            | Expr::Throw(operand)
            | Expr::YieldFrom(operand)
            | Expr::Include(_, operand) => Value::from_origins(self.eval(state, *operand).origins),
            Expr::Exit(operand) => {
                if let Some(operand) = operand {
                    self.eval(state, *operand);
                }
                Value::unknown()
            }
            Expr::Yield(key, value) => {
                for operand in key.iter().chain(value) {
                    self.eval(state, *operand);
                }
                Value::unknown()
            }
            _ => Value::unknown(),
        }
    }

    /// An expression whose leading operand has been evaluated.
    pub(super) fn eval_onto(&mut self, state: &mut State<C>, expr: ExprId, first: Value<C::Fact>) -> Value<C::Fact> {
        if !self.spend() {
            return Value::unknown();
        }
        let code = self.code();
        match code.expr(expr) {
            Expr::Call { .. } => self.call(state, expr, Some(first)),
            Expr::Property { receiver, name, .. } => self.property(state, expr, *receiver, *name, &first),
            Expr::Index(_, key) => {
                let key = key.map(|key| self.eval(state, key));
                first.element(key.as_ref().and_then(constant_key).as_ref())
            }
            Expr::Binary(op, _, right) => self.binary(state, *op, first, *right),
            Expr::Unary(UnaryOp::Clone, _) => {
                let fact = self.client.copy(self, state, &first, expr);
                Value { fact, ..first }
            }
            Expr::Unary(UnaryOp::Silence, _) => first,
            Expr::Unary(UnaryOp::Not, _) => Value::from_origins(first.origins),
            Expr::Unary(..) | Expr::Cast(..) => Value { fact: first.fact, ..Value::from_origins(first.origins) },
            _ => Value::unknown(),
        }
    }

    pub(super) fn literal(&self, literal: Literal) -> Constant {
        match literal {
            Literal::Null => Constant::Null,
            Literal::Bool(value) => Constant::Bool(value),
            Literal::Int(value) => Constant::Int(value),
            Literal::Float(bits) => Constant::Float(f64::from_bits(bits)),
            Literal::String(text) => Constant::String(self.hir().text(text).to_owned()),
        }
    }

    pub(super) fn constant(&self, expr: ExprId) -> Value<C::Fact> {
        let at = ExprRef { body: self.body.body, expr };
        match self.project.index.constant_value(self.body.file, at, self.class()) {
            Some(constant) => Value::constant(constant),
            None => Value::of(Root::Literal),
        }
    }

    pub(super) fn variable(&self, state: &State<C>, name: Symbol) -> Value<C::Fact> {
        if let Some(value) = state.variables.get(name) {
            return value.clone();
        }
        if name == Symbol::THIS {
            return Value::of(Root::This);
        }
        let text = self.hir().text(name);
        match self.project.specs.value(&format!("${text}")) {
            Some((kind, _)) => Value::of(root_of(kind)),
            None => Value::unknown(),
        }
    }

    pub(super) fn concatenation(&mut self, state: &mut State<C>, parts: &[ExprId]) -> Value<C::Fact> {
        let mut result: Value<C::Fact> = Value::from_origins(Origins::none());
        let mut text = Some(String::new());
        for (position, part) in parts.iter().enumerate() {
            let value = self.eval(state, *part);
            result.origins.join_operand(&value.origins);
            result.fact.join(&value.fact);
            let piece = value.constant.as_deref().and_then(constant_text);
            text = text.zip(piece).map(|(text, piece)| text + &piece);
            if position == 0 {
                result.known_start = value.text().map(Arc::from).or_else(|| value.known_start.clone());
            }
            result.known_end = end_of(result.known_end.as_ref(), &value);
        }
        result.constant = text.map(|text| Arc::new(Constant::String(text)));
        result
    }

    pub(super) fn array(&mut self, state: &mut State<C>, items: &[ArrayItem]) -> Value<C::Fact> {
        let mut array: Value<C::Fact> = Value { shape: Some(Arc::default()), ..Value::default() };
        let mut next = 0_i64;
        for item in items {
            let Some(value) = item.value else { continue };
            let key = item.key.map(|key| self.eval(state, key));
            let value = self.eval(state, value);
            array.fact.join(&value.fact);
            if item.spread {
                spread_into(&mut array, &value);
                continue;
            }
            let key = match &key {
                Some(key) => constant_key(key),
                None => {
                    next += 1;
                    Some(ConstantKey::Int(next - 1))
                }
            };
            array.set_element(key, value);
        }
        array
    }

    pub(super) fn compound_assign(
        &mut self,
        state: &mut State<C>,
        op: BinaryOp,
        target: ExprId,
        value: ExprId,
    ) -> Value<C::Fact> {
        let mut before = self.eval(state, target);
        if op == BinaryOp::Coalesce {
            let mut other = state.clone();
            let value = self.eval(&mut other, value);
            self.join_states(state, &other);
            before.join(&value);
            before.may_be_null = value.may_be_null;
        } else {
            let value = self.eval(state, value);
            before.origins.join_operand(&value.origins);
            before.fact.join(&value.fact);
            before.constant =
                match (op, before.constant.as_deref().and_then(constant_text), value.constant.as_deref().and_then(constant_text))
                {
                    (BinaryOp::Concat, Some(left), Some(right)) => Some(Arc::new(Constant::String(left + &right))),
                    _ => None,
                };
        }
        self.assign(state, target, before.clone());
        before
    }

    pub(super) fn ternary(
        &mut self,
        state: &mut State<C>,
        condition: ExprId,
        then: Option<ExprId>,
        otherwise: ExprId,
    ) -> Value<C::Fact> {
        let tested = self.eval(state, condition);
        let mut other = state.clone();
        self.assume(state, condition, &tested, true);
        self.assume(&mut other, condition, &tested, false);
        let mut value = match then {
            Some(then) => self.eval(state, then),
            None => tested,
        };
        value.join(&self.eval(&mut other, otherwise));
        self.join_states(state, &other);
        value
    }

    pub(super) fn match_arms(
        &mut self,
        state: &mut State<C>,
        subject: &Value<C::Fact>,
        arms: &[crate::hir::MatchArm],
    ) -> Value<C::Fact> {
        let mut result: Option<Value<C::Fact>> = None;
        let mut joined: Option<State<C>> = None;
        for arm in arms {
            let mut inner = state.clone();
            for condition in &arm.conditions {
                let tested = self.eval(&mut inner, *condition);
                if subject.constant.as_deref() == Some(&Constant::Bool(true)) {
                    self.assume(&mut inner, *condition, &tested, true);
                }
            }
            let value = self.eval(&mut inner, arm.result);
            match &mut result {
                Some(known) => {
                    known.join(&value);
                }
                None => result = Some(value),
            }
            match &mut joined {
                Some(known) => {
                    self.join_states(known, &inner);
                }
                None => joined = Some(inner),
            }
        }
        if let Some(joined) = joined {
            *state = joined;
        }
        result.unwrap_or_else(Value::unknown)
    }

    pub(super) fn binary(&mut self, state: &mut State<C>, op: BinaryOp, left: Value<C::Fact>, right: ExprId) -> Value<C::Fact> {
        if matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce) {
            let mut other = state.clone();
            let right = self.eval(&mut other, right);
            self.join_states(state, &other);
            if op == BinaryOp::Coalesce {
                let mut value = left;
                value.join(&right);
                value.may_be_null = right.may_be_null;
                return value;
            }
            let mut origins = left.origins;
            origins.join(&right.origins);
            return Value::from_origins(origins);
        }
        let right = self.eval(state, right);
        let mut value = Value::from_origins(left.origins.clone());
        value.origins.join_operand(&right.origins);
        if is_comparison(op) {
            value.fact = self.client.comparison(self, op, (&left, &right));
            return value;
        }
        value.fact = left.fact;
        value.fact.join(&right.fact);
        value
    }

    pub(super) fn property(
        &mut self,
        state: &mut State<C>,
        expr: ExprId,
        receiver: ExprId,
        name: MemberName,
        object: &Value<C::Fact>,
    ) -> Value<C::Fact> {
        let Some(text) = self.fixed_name(name) else {
            return Value { fact: object.fact.clone(), ..Value::from_origins(object.origins.clone()) };
        };
        let code = self.code();
        if let (Expr::Variable(variable), MemberNameKind::Fixed(symbol)) = (code.expr(receiver), name.kind)
            && *variable == Symbol::THIS
            && let Some(value) = state.this_properties.get(symbol)
        {
            return value.clone();
        }
        let types = self.types(receiver);
        let model = types.classes().find(|class| self.is_model(class));
        let origins = match self.stands_for(receiver, text) {
            Some(root) => Origins::one(root).member(text, None),
            None => object.origins.property(text, model),
        };
        let at = (expr, self.location(expr));
        let fact = self.client.property(self, state, (object, types), text, at).unwrap_or_default();
        Value { fact, ..Value::from_origins(origins) }
    }

    /// What `$this` stands for where a property that its class does not declare is read: input, in a form request.
    fn stands_for(&self, receiver: ExprId, property: &str) -> Option<Root> {
        let Expr::Variable(name) = self.code().expr(receiver) else { return None };
        let class = self.class().filter(|_| *name == Symbol::THIS)?;
        let kind = self.instance_kind(self.project.index.class_name(class))?;
        self.project.index.find_property(class, property).is_none().then(|| root_of(kind))
    }

    /// A static property: what was assigned on this path, else what its class assigns anywhere.
    pub(super) fn static_property(&mut self, state: &State<C>, name: MemberName) -> Value<C::Fact> {
        let MemberNameKind::Fixed(symbol) = name.kind else { return Value::unknown() };
        if let Some(value) = state.this_properties.get(symbol) {
            return value.clone();
        }
        let Some(class) = self.code().class.filter(|_| self.depth < CLOSURE_DEPTH) else { return Value::unknown() };
        let hir = self.hir();
        let mut assigned: Option<Value<C::Fact>> = None;
        for (id, body) in hir.bodies().filter(|(_, body)| body.class == Some(class)) {
            for expr in &body.exprs {
                let Expr::Assign { target, value, .. } = expr else { continue };
                let is_it = matches!(body.expr(*target), Expr::StaticProperty(_, target) if target.kind == name.kind);
                if !is_it || matches!(body.expr(*value), Expr::Literal(Literal::Null)) {
                    continue;
                }
                let value = self.eval_elsewhere(BodyKey { file: self.body.file, body: id }, *value);
                match &mut assigned {
                    Some(known) => {
                        known.join(&value);
                    }
                    None => assigned = Some(value),
                }
            }
        }
        assigned.unwrap_or_else(Value::unknown)
    }

    /// Evaluates an expression of another body, where nothing is known.
    pub(super) fn eval_elsewhere(&mut self, body: BodyKey, expr: ExprId) -> Value<C::Fact> {
        let outer = std::mem::replace(&mut self.body, body);
        let recording = std::mem::replace(&mut self.recording, false);
        self.depth += 1;
        let mut state = State::default();
        let value = self.eval(&mut state, expr);
        self.depth -= 1;
        self.recording = recording;
        self.body = outer;
        value
    }

    /// Assigns to a variable, a property of `$this`, an element or a pattern.
    pub fn assign(&mut self, state: &mut State<C>, target: ExprId, value: Value<C::Fact>) {
        let code = self.code();
        match code.expr(target) {
            Expr::Variable(name) => {
                state.variables.set(*name, value);
            }
            Expr::Property { receiver, name, .. } => {
                if let (Expr::Variable(this), MemberNameKind::Fixed(symbol)) = (code.expr(*receiver), name.kind)
                    && *this == Symbol::THIS
                {
                    let client = self.client;
                    client.assigned_own(self, self.hir().text(symbol), &value);
                    state.this_properties.set(symbol, value);
                } else {
                    let object = self.eval(state, *receiver);
                    if let Some(text) = self.fixed_name(*name) {
                        let at = (target, self.location(target));
                        let (client, types) = (self.client, self.types(*receiver));
                        client.assigned(self, (&object, types), text, &value, at);
                    }
                }
            }
            Expr::StaticProperty(_, name) => {
                if let MemberNameKind::Fixed(symbol) = name.kind {
                    state.this_properties.set(symbol, value);
                }
            }
            Expr::Index(base, key) => {
                let key = key.map(|key| self.eval(state, key));
                let key = key.as_ref().and_then(constant_key);
                let mut array = match code.expr(*base) {
                    Expr::Variable(_) | Expr::Property { .. } | Expr::Index(..) => self.eval(state, *base),
                    _ => return,
                };
                array.set_element(key, value);
                self.assign(state, *base, array);
            }
            Expr::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    let key = match item.key {
                        Some(key) => constant_key(&self.eval(state, key)),
                        None => Some(ConstantKey::Int(i64::try_from(position).unwrap_or(i64::MAX))),
                    };
                    if let Some(target) = item.value {
                        let element = value.element(key.as_ref());
                        self.assign(state, target, element);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn closure_value(&mut self, state: &State<C>, body: BodyKey) -> Value<C::Fact> {
        let code = self.project.index.body(body);
        let BodyKind::Closure { kind, captures, .. } = &code.kind else { return Value::unknown() };
        let names: BTreeSet<Symbol> = match kind {
            ClosureKind::Closure => captures.iter().map(|capture| capture.name).chain([Symbol::THIS]).collect(),
            ClosureKind::Arrow => self.names_in(body),
        };
        let closure = ClosureValue { body, captured: state.variables.of(names) };
        if self.recording && !self.consumed.contains(&body) {
            self.pending.insert(body, closure.clone());
        }
        Value { closures: vec![closure], ..Value::of(Root::Literal) }
    }

    /// The variables that an arrow function and the ones inside it name.
    pub(super) fn names_in(&self, body: BodyKey) -> BTreeSet<Symbol> {
        let mut names = BTreeSet::new();
        let mut waiting = vec![body];
        while let Some(next) = waiting.pop() {
            for expr in &self.project.index.body(next).exprs {
                match expr {
                    Expr::Variable(name) => {
                        names.insert(*name);
                    }
                    Expr::Closure(inner) => waiting.push(BodyKey { file: body.file, body: *inner }),
                    _ => {}
                }
            }
        }
        names
    }
}

/// How a text ends, a piece of which follows another one.
fn end_of<F: Fact>(before: Option<&KnownEnd>, piece: &Value<F>) -> Option<KnownEnd> {
    let is_after_dot = matches!(before, Some(KnownEnd::Text(text)) if text.ends_with('.'));
    match piece.as_parameter() {
        Some(position) if is_after_dot => Some(KnownEnd::Parameter(position)),
        _ => piece.end(),
    }
}

fn constant_text(constant: &Constant) -> Option<String> {
    match constant {
        Constant::String(text) | Constant::Class(text) => Some(text.clone()),
        Constant::Int(number) => Some(number.to_string()),
        Constant::Null => Some(String::new()),
        _ => None,
    }
}

fn spread_into<F: Fact>(array: &mut Value<F>, value: &Value<F>) {
    match &value.shape {
        Some(shape) => {
            for (key, item) in &shape.items {
                let key = matches!(key, ConstantKey::String(_)).then(|| key.clone());
                array.set_element(key, item.clone());
            }
            if let Some(rest) = &shape.rest {
                array.set_element(None, rest.clone());
            }
        }
        None => array.set_element(None, value.clone()),
    }
}

/// The operand that is evaluated first and may be a long chain.
fn leading_operand(expr: &Expr) -> Option<ExprId> {
    match expr {
        Expr::Call { callee: Callee::Method { receiver, .. } | Callee::Value(receiver), .. }
        | Expr::Property { receiver, .. } => Some(*receiver),
        Expr::Index(base, _) => Some(*base),
        Expr::Binary(_, left, _) => Some(*left),
        Expr::Unary(_, operand) | Expr::Cast(_, operand) => Some(*operand),
        _ => None,
    }
}

/// The result is a truth, and holds nothing of the operands.
const fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::Identical
            | BinaryOp::NotEqual
            | BinaryOp::NotIdentical
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
    )
}
