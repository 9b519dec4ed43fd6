//! The constant evaluator: runs code of the project for one class, as far as it depends on constants
//! alone. It answers questions such as "does this model opt out", where a method reads properties
//! with default values. What depends on anything else has no answer.

use rustc_hash::FxHashMap;

use crate::hir::{
    Argument, BinaryOp, Body, Callee, CastKind, ClassRef, Expr, ExprId, ExprRef, Literal, MemberName, MemberNameKind, Statement,
    StatementId, Symbol, UnaryOp,
};
use crate::index::{BodyKey, ClassKey, Constant, Index};

/// Steps before an evaluation gives up.
const FUEL: u32 = 20_000;
/// Calls within calls.
const DEPTH: u32 = 16;

/// Values of the evaluation: constants, and the object that is asked about.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// A constant.
    Constant(Constant),
    /// An object of which only the class is known.
    Object(ClassKey),
}

/// Evaluates expressions where some variables are known.
#[derive(Debug)]
pub struct Evaluator<'e> {
    index: &'e Index,
    fuel: u32,
    depth: u32,
}

type Variables = FxHashMap<Symbol, Known>;

enum Flow {
    Next,
    Return(Known),
}

impl<'e> Evaluator<'e> {
    /// An evaluator over a project.
    #[must_use]
    pub const fn new(index: &'e Index) -> Self {
        Self { index, fuel: FUEL, depth: 0 }
    }

    /// The truth of a condition in a body where parameters and `$this` are known.
    pub fn holds(&mut self, body: BodyKey, expr: ExprId, known: &[(&str, Known)]) -> Option<bool> {
        let hir = self.index.hir(body.file);
        let mut variables = Variables::default();
        let code = self.index.body(body);
        for (_, value) in code.exprs() {
            if let Expr::Variable(name) = value
                && let Some((_, known)) = known.iter().find(|(known, _)| *known == hir.text(*name))
            {
                variables.insert(*name, known.clone());
            }
        }
        // Plain assignments before the condition: `$table = $model->getTable();`
        for statement in &code.statements {
            if let Statement::Expr(assigned) = statement
                && assigned.0 < expr.0
                && let Expr::Assign { target, value, .. } = code.expr(*assigned)
                && let Expr::Variable(name) = code.expr(*target)
                && let Some(value) = self.eval(body, code, *value, &mut variables)
            {
                variables.insert(*name, value);
            }
        }
        self.eval(body, code, expr, &mut variables).map(|value| truth(&value))
    }

    fn eval(&mut self, key: BodyKey, body: &Body, expr: ExprId, variables: &mut Variables) -> Option<Known> {
        self.fuel = self.fuel.checked_sub(1)?;
        let hir = self.index.hir(key.file);
        match body.expr(expr) {
            Expr::Literal(literal) => Some(Known::Constant(match literal {
                Literal::Null => Constant::Null,
                Literal::Bool(value) => Constant::Bool(*value),
                Literal::Int(value) => Constant::Int(*value),
                Literal::Float(bits) => Constant::Float(f64::from_bits(*bits)),
                Literal::String(text) => Constant::String(hir.text(*text).to_owned()),
            })),
            Expr::Variable(name) => variables.get(name).cloned(),
            Expr::Assign { target, value, .. } => {
                let value = self.eval(key, body, *value, variables)?;
                if let Expr::Variable(name) = body.expr(*target) {
                    variables.insert(*name, value.clone());
                }
                Some(value)
            }
            Expr::Unary(UnaryOp::Not, operand) => {
                let value = self.eval(key, body, *operand, variables)?;
                Some(Known::Constant(Constant::Bool(!truth(&value))))
            }
            Expr::Cast(CastKind::Bool, operand) => {
                let value = self.eval(key, body, *operand, variables)?;
                Some(Known::Constant(Constant::Bool(truth(&value))))
            }
            Expr::Cast(CastKind::Array, operand) => self.eval(key, body, *operand, variables),
            Expr::Binary(op, left, right) => self.binary(key, body, *op, (*left, *right), variables),
            Expr::Ternary(condition, then, otherwise) => {
                let tested = self.eval(key, body, *condition, variables)?;
                match (truth(&tested), then) {
                    (true, Some(then)) => self.eval(key, body, *then, variables),
                    (true, None) => Some(tested),
                    (false, _) => self.eval(key, body, *otherwise, variables),
                }
            }
            Expr::Property { receiver, name, .. } => {
                let Some(Known::Object(class)) = self.eval(key, body, *receiver, variables) else { return None };
                self.property(class, hir.text(fixed(*name)?))
            }
            Expr::Call { callee, arguments, first_class: false } => self.call(key, body, *callee, arguments, variables),
            _ => {
                let class = body.class.map(|class| ClassKey { file: key.file, class });
                self.index.constant_value(key.file, ExprRef { body: key.body, expr }, class).map(Known::Constant)
            }
        }
    }

    fn binary(
        &mut self,
        key: BodyKey,
        body: &Body,
        op: BinaryOp,
        operands: (ExprId, ExprId),
        variables: &mut Variables,
    ) -> Option<Known> {
        let boolean = |value| Some(Known::Constant(Constant::Bool(value)));
        let left = self.eval(key, body, operands.0, variables);
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let decides = op == BinaryOp::Or;
                let left = left.as_ref().map(truth);
                if left == Some(decides) {
                    return boolean(decides);
                }
                let right = self.eval(key, body, operands.1, variables).as_ref().map(truth);
                if right == Some(decides) {
                    return boolean(decides);
                }
                (left.is_some() && right.is_some()).then_some(Known::Constant(Constant::Bool(!decides)))
            }
            BinaryOp::Coalesce => match left? {
                Known::Constant(Constant::Null) => self.eval(key, body, operands.1, variables),
                value => Some(value),
            },
            BinaryOp::Identical | BinaryOp::Equal => boolean(left? == self.eval(key, body, operands.1, variables)?),
            BinaryOp::NotIdentical | BinaryOp::NotEqual => boolean(left? != self.eval(key, body, operands.1, variables)?),
            _ => None,
        }
    }

    /// The default value of a property; `null` for one that the class does not declare.
    fn property(&self, class: ClassKey, name: &str) -> Option<Known> {
        let Some((declaring, property)) = self.index.find_property(class, name) else {
            let is_closed = self.index.external_parent(class).is_none_or(|_| !self.index.is_model(class));
            return (is_closed || self.index.is_model(class)).then_some(Known::Constant(Constant::Null));
        };
        match property.default {
            Some(default) => self.index.constant_value(declaring.file, default, Some(class)).map(Known::Constant),
            None => Some(Known::Constant(Constant::Null)),
        }
    }

    fn call(
        &mut self,
        key: BodyKey,
        body: &Body,
        callee: Callee,
        arguments: &[Argument],
        variables: &mut Variables,
    ) -> Option<Known> {
        let hir = self.index.hir(key.file);
        match callee {
            Callee::Function(name) => {
                let values: Vec<Option<Known>> =
                    arguments.iter().map(|argument| self.eval(key, body, argument.value, variables)).collect();
                self.function(hir.text(name.fallback.unwrap_or(name.name)), &values)
            }
            Callee::Method { receiver, name, .. } => {
                let Some(Known::Object(class)) = self.eval(key, body, receiver, variables) else { return None };
                let name = hir.text(fixed(name)?);
                let values: Vec<Option<Known>> =
                    arguments.iter().map(|argument| self.eval(key, body, argument.value, variables)).collect();
                self.method(class, name, &values)
            }
            Callee::Static { class: ClassRef::SelfClass | ClassRef::StaticClass, name } => {
                let class = body.class.map(|class| ClassKey { file: key.file, class })?;
                self.method(class, hir.text(fixed(name)?), &[])
            }
            _ => None,
        }
    }

    fn function(&self, name: &str, values: &[Option<Known>]) -> Option<Known> {
        let boolean = |value| Some(Known::Constant(Constant::Bool(value)));
        match (name.to_ascii_lowercase().as_str(), values) {
            ("in_array", [Some(Known::Constant(needle)), Some(Known::Constant(Constant::Array(items))), ..]) => {
                boolean(items.iter().any(|(_, item)| item == needle))
            }
            ("method_exists", [Some(Known::Object(class)), Some(Known::Constant(Constant::String(method)))]) => {
                boolean(self.index.find_method(*class, method).is_some())
            }
            ("property_exists", [Some(Known::Object(class)), Some(Known::Constant(Constant::String(property)))]) => {
                boolean(self.index.find_property(*class, property).is_some())
            }
            ("get_class", [Some(Known::Object(class))]) => {
                Some(Known::Constant(Constant::Class(self.index.class_name(*class).to_owned())))
            }
            ("empty", [Some(value)]) => boolean(!truth(value)),
            _ => None,
        }
    }

    /// A method of the project, or one of the framework's model that only reads declarations.
    fn method(&mut self, class: ClassKey, name: &str, values: &[Option<Known>]) -> Option<Known> {
        if let Some(method) = self.index.find_method(class, name) {
            return self.run(self.index.method_body(method), class, values);
        }
        let model = self.index.model(class)?;
        let list = |items: &[String]| {
            let items = items.iter().enumerate().map(|(position, item)| {
                let key = crate::index::ConstantKey::Int(i64::try_from(position).unwrap_or(i64::MAX));
                (key, Constant::String(item.clone()))
            });
            Some(Known::Constant(Constant::Array(items.collect())))
        };
        match name.to_ascii_lowercase().as_str() {
            "gettable" => model.table.clone().map(|table| Known::Constant(Constant::String(table))),
            "getfillable" => list(model.fillable.as_deref().unwrap_or_default()),
            "getguarded" => list(model.guarded.as_deref()?),
            "getkeyname" => Some(Known::Constant(Constant::String(model.primary_key.clone()))),
            _ => None,
        }
    }

    fn run(&mut self, key: BodyKey, class: ClassKey, values: &[Option<Known>]) -> Option<Known> {
        if self.depth >= DEPTH {
            return None;
        }
        let body = self.index.body(key);
        let mut variables = Variables::default();
        variables.insert(Symbol::THIS, Known::Object(class));
        if let Some(signature) = self.index.signature(key) {
            for (position, parameter) in signature.parameters.iter().enumerate() {
                if let Some(Some(value)) = values.get(position) {
                    variables.insert(parameter.name, value.clone());
                }
            }
        }
        self.depth += 1;
        let flow = self.block(key, body, &body.block, &mut variables);
        self.depth -= 1;
        match flow? {
            Flow::Return(value) => Some(value),
            Flow::Next => Some(Known::Constant(Constant::Null)),
        }
    }

    fn block(&mut self, key: BodyKey, body: &Body, block: &[StatementId], variables: &mut Variables) -> Option<Flow> {
        for statement in block {
            match body.statement(*statement) {
                Statement::Expr(expr) => {
                    self.eval(key, body, *expr, variables)?;
                }
                Statement::Return(Some(value)) => return self.eval(key, body, *value, variables).map(Flow::Return),
                Statement::Return(None) => return Some(Flow::Return(Known::Constant(Constant::Null))),
                Statement::If { branches, otherwise } => {
                    let mut taken = None;
                    for (condition, block) in branches {
                        let tested = self.eval(key, body, *condition, variables)?;
                        if truth(&tested) {
                            taken = Some(&**block);
                            break;
                        }
                    }
                    let taken = taken.or(otherwise.as_deref()).unwrap_or_default();
                    if let Flow::Return(value) = self.block(key, body, taken, variables)? {
                        return Some(Flow::Return(value));
                    }
                }
                Statement::Block(block) => {
                    if let Flow::Return(value) = self.block(key, body, block, variables)? {
                        return Some(Flow::Return(value));
                    }
                }
                Statement::InlineHtml | Statement::Declaration => {}
                _ => return None,
            }
        }
        Some(Flow::Next)
    }
}

fn fixed(name: MemberName) -> Option<Symbol> {
    match name.kind {
        MemberNameKind::Fixed(name) => Some(name),
        MemberNameKind::Dynamic(_) => None,
    }
}

/// The truth of a value in PHP.
fn truth(value: &Known) -> bool {
    match value {
        Known::Object(_) => true,
        Known::Constant(constant) => match constant {
            Constant::Null => false,
            Constant::Bool(value) => *value,
            Constant::Int(value) => *value != 0,
            Constant::Float(value) => *value != 0.0,
            Constant::String(text) => !text.is_empty() && text != "0",
            Constant::Array(items) => !items.is_empty(),
            Constant::Class(_) => true,
        },
    }
}
