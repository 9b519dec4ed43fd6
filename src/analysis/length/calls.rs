//! Calls: what rows, validation and the code behind a call say about the length of its result.

use super::bound::{Length, Value};
use super::eval::{NUMBER, Walk};
use super::trace::State;
use crate::finding::Message;
use crate::hir::{Argument, Callee, ClassRef, Expr, ExprId, MemberName, MemberNameKind, Symbol};
use crate::specs::{LengthEffect, LengthRow, ValueKind};

/// The class whose static methods a Stringable has as methods.
const STR: &str = "illuminate\\support\\str";

impl Walk<'_, '_> {
    /// The row of a function or of a method of a Stringable.
    pub(super) fn function_row(&self, expr: ExprId) -> Option<&LengthRow> {
        let Expr::Call { callee, .. } = self.code.expr(expr) else { return None };
        let fixed = |name: &MemberName| match name.kind {
            MemberNameKind::Fixed(symbol) => Some(self.hir.text(symbol).to_ascii_lowercase()),
            MemberNameKind::Dynamic(_) => None,
        };
        let symbol = match callee {
            Callee::Function(name) => self.hir.text(name.fallback.unwrap_or(name.name)).to_ascii_lowercase(),
            Callee::Static { class: ClassRef::Named(class), name } => {
                let class = self.hir.text(class.name).to_ascii_lowercase();
                format!("{}::{}", if class == "str" { STR } else { &class }, fixed(name)?)
            }
            Callee::Method { receiver, name, .. } if self.is_stringable(*receiver) => format!("{STR}::{}", fixed(name)?),
            _ => return None,
        };
        self.tracer.project.specs.lengths().function(&symbol)
    }

    fn is_stringable(&self, mut expr: ExprId) -> bool {
        loop {
            match self.code.expr(expr) {
                Expr::Call { callee: Callee::Method { receiver, .. }, .. } => expr = *receiver,
                Expr::Call { callee: Callee::Function(name), .. } => {
                    return self.hir.text(name.fallback.unwrap_or(name.name)).eq_ignore_ascii_case("str");
                }
                Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), name }, .. } => {
                    let class = self.hir.text(class.name).to_ascii_lowercase();
                    let is_of =
                        matches!(name.kind, MemberNameKind::Fixed(symbol) if self.hir.text(symbol).eq_ignore_ascii_case("of"));
                    return (class == STR || class == "str") && is_of;
                }
                _ => return false,
            }
        }
    }

    /// The argument at a position of a function; the object of a Stringable's method is the first.
    pub(super) fn argument(&self, arguments: &[Argument], position: usize) -> Option<ExprId> {
        const NAMES: [(&str, usize); 7] =
            [("string", 0), ("value", 0), ("start", 1), ("length", 2), ("limit", 1), ("subject", 2), ("max_phonemes", 1)];
        let named =
            arguments.iter().find(|argument| argument.name.is_some_and(|name| NAMES.contains(&(self.hir.text(name), position))));
        let positional = || arguments.get(position).filter(|argument| argument.name.is_none() && !argument.spread);
        named.or_else(positional).map(|argument| argument.value)
    }

    pub(super) fn call(&mut self, state: &mut State, expr: ExprId, callee: Callee, arguments: &[Argument]) -> Value {
        let receiver = match callee {
            Callee::Method { receiver, .. } | Callee::Value(receiver) => Some((receiver, self.eval(state, receiver))),
            _ => None,
        };
        let given: Vec<Value> = arguments.iter().map(|argument| self.eval(state, argument.value)).collect();
        if self.recording {
            match self.trace.arguments.get_mut(&expr) {
                Some(known) => known.iter_mut().zip(&given).for_each(|(known, value)| known.join(value)),
                None => {
                    self.trace.arguments.insert(expr, given.clone());
                }
            }
        }
        self.forget(state, expr, callee, arguments);
        if let Some(value) = self.by_row(expr, callee, arguments, &given, receiver.as_ref()) {
            return value;
        }
        if let Some(value) = self.validated(state, expr, callee, arguments) {
            return value;
        }
        if let Some(path) = self.path(expr) {
            let at = self.location(expr);
            let known = Self::read(state, &path).cloned();
            let keys: Vec<String> = path.iter().skip(1).map(|key| key.trim_start_matches("->").to_owned()).collect();
            return known.unwrap_or_else(|| match callee {
                Callee::Method { receiver, .. } => self.request_field(receiver, &keys, at),
                _ => Value::text(Length::unbounded(Message::new("length.request"), Some(at))),
            });
        }
        self.by_code(expr, callee, arguments, &given)
    }

    /// What a call may change: variables that it takes by reference, and the object's properties.
    fn forget(&self, state: &mut State, expr: ExprId, callee: Callee, arguments: &[Argument]) {
        const BY_REFERENCE: [(&str, usize); 6] =
            [("preg_match", 2), ("preg_match_all", 2), ("parse_str", 1), ("mb_parse_str", 1), ("similar_text", 2), ("exec", 1)];
        let index = self.tracer.project.index;
        let targets = self.tracer.project.resolution.call(self.body, expr).map(|call| &*call.targets).unwrap_or_default();
        let name = match callee {
            Callee::Function(name) => self.hir.text(name.fallback.unwrap_or(name.name)).to_ascii_lowercase(),
            _ => String::new(),
        };
        for (position, argument) in arguments.iter().enumerate() {
            let by_code = targets.iter().filter_map(|target| index.signature(*target)).any(|signature| {
                let parameter = signature.parameters.get(position).or(signature.parameters.last().filter(|last| last.variadic));
                parameter.is_some_and(|parameter| parameter.by_reference)
            });
            if (by_code || BY_REFERENCE.contains(&(&name, position)))
                && let Some(path) = self.path(argument.value)
            {
                let told = Message::new("length.call").text("call", self.callee_name(callee));
                Self::write(state, &path, Value::text(Length::unknown(told, Some(self.location(argument.value)))));
            }
        }
        let is_this = |expr: ExprId| matches!(self.code.expr(expr), Expr::Variable(name) if *name == Symbol::THIS);
        let is_own = match callee {
            Callee::Method { receiver, .. } => is_this(receiver),
            Callee::Static { class, .. } => !matches!(class, ClassRef::Named(_)),
            _ => false,
        };
        if is_own || arguments.iter().any(|argument| is_this(argument.value)) {
            state.values.remove("$this");
        }
    }

    /// What a row says about a call.
    fn by_row(
        &self,
        expr: ExprId,
        callee: Callee,
        arguments: &[Argument],
        given: &[Value],
        receiver: Option<&(ExprId, Value)>,
    ) -> Option<Value> {
        let row = self.function_row(expr)?;
        let at = Some(self.location(expr));
        let is_method = matches!(callee, Callee::Method { .. });
        let value_at = |position: usize| -> Option<&Value> {
            match (is_method, position) {
                (true, 0) => receiver.map(|(_, value)| value),
                (true, position) => given.get(position - 1),
                (false, position) => {
                    let expr = self.argument(arguments, position)?;
                    arguments.iter().position(|argument| argument.value == expr).and_then(|place| given.get(place))
                }
            }
        };
        let number_at = |position: usize| {
            let shifted = if is_method { position.checked_sub(1)? } else { position };
            self.number(self.argument(arguments, shifted)?)
        };
        let kept = |position: usize| value_at(position).map(|value| Value::text(value.longest()));
        let unknown = || Value::text(Length::unknown(Message::new("length.nothing-known"), at));
        Some(match row.effect {
            LengthEffect::Short(most) => Value::text(Length::characters(most, "length.short", at)),
            LengthEffect::Measure(_) => Value::text(Length::characters(NUMBER, "length.type", at)),
            LengthEffect::Keep | LengthEffect::Pieces => kept(row.argument).unwrap_or_else(unknown),
            LengthEffect::Cut => {
                let most = number_at(row.argument).or_else(|| self.default_cut(expr));
                let cut = most.and_then(|most| u32::try_from(most).ok()).map(|most| Length::characters(most, "length.cut", at));
                let input = kept(0).unwrap_or_else(unknown);
                match cut {
                    Some(cut) => Value::text(input.length.better(cut)),
                    None => input,
                }
            }
        })
    }

    /// `Str::limit` cuts at 100 where nothing is said.
    fn default_cut(&self, expr: ExprId) -> Option<i64> {
        let Expr::Call { callee, arguments, .. } = self.code.expr(expr) else { return None };
        let (Callee::Static { name, .. } | Callee::Method { name, .. }) = callee else { return None };
        let MemberNameKind::Fixed(symbol) = name.kind else { return None };
        let is_method = matches!(callee, Callee::Method { .. });
        let has_limit = arguments.len() > usize::from(!is_method);
        (self.hir.text(symbol).eq_ignore_ascii_case("limit") && !has_limit).then_some(100)
    }

    /// What the code behind a call gives.
    fn by_code(&mut self, expr: ExprId, callee: Callee, arguments: &[Argument], given: &[Value]) -> Value {
        let project = self.tracer.project;
        let call = project.resolution.call(self.body, expr);
        let targets = call.map(|call| call.targets.clone()).unwrap_or_default();
        let mut result: Option<Value> = None;
        for target in targets {
            let value = self.tracer.returned(target, given);
            match &mut result {
                Some(known) => known.join(&value),
                None => result = Some(value),
            }
        }
        if let Some(result) = result {
            return result;
        }
        let at = self.location(expr);
        if let Some(symbol) = call.and_then(|call| call.symbol.as_deref()) {
            match project.specs.value(symbol) {
                Some((ValueKind::Request, _)) => {
                    return Value::text(Length::unbounded(Message::new("length.request"), Some(at)));
                }
                Some((ValueKind::Configuration, _)) => {
                    if let Some(most) = self.longest_of(expr) {
                        return Value::text(Length::characters(most, "length.literal", Some(at)));
                    }
                }
                _ => {}
            }
        }
        let is_helper =
            matches!(callee, Callee::Function(name) if self.hir.text(name.fallback.unwrap_or(name.name)) == "request");
        if is_helper && !arguments.is_empty() {
            return Value::text(Length::unbounded(Message::new("length.request"), Some(at)));
        }
        let types = project.resolution.body(self.body).of(expr);
        let model = types.classes().next().map(ToString::to_string);
        match model {
            Some(class) => self.unknown(Message::new("length.object").text("class", class), expr),
            None => self.unknown(Message::new("length.call").text("call", self.callee_name(callee)), expr),
        }
    }

    /// The name of what is called, for people.
    pub(super) fn callee_name(&self, callee: Callee) -> String {
        let fixed = |name: MemberName| match name.kind {
            MemberNameKind::Fixed(symbol) => format!("{}()", self.hir.text(symbol)),
            MemberNameKind::Dynamic(_) => "()".to_owned(),
        };
        match callee {
            Callee::Function(name) => format!("{}()", self.hir.text(name.fallback.unwrap_or(name.name))),
            Callee::Method { name, .. } | Callee::Static { name, .. } => fixed(name),
            Callee::Value(_) => "()".to_owned(),
            Callee::New(_) => "new".to_owned(),
        }
    }
}
