//! Expressions and statements as text.

use super::{Dump, Part, quoted};
use crate::hir::{
    Argument, ArrayItem, Callee, ClassRef, Expr, ExprId, FunctionName, Literal, MemberName, MemberNameKind, Statement,
    StatementId, Symbol,
};

impl Dump<'_> {
    fn class_ref(&self, class: ClassRef, parts: &mut Vec<Part>) {
        match class {
            ClassRef::Named(name) => parts.push(Part::Text(self.text(name.name).to_owned())),
            ClassRef::SelfClass => parts.push(Part::Text("self".to_owned())),
            ClassRef::StaticClass => parts.push(Part::Text("static".to_owned())),
            ClassRef::ParentClass => parts.push(Part::Text("parent".to_owned())),
            ClassRef::Dynamic(expr) => parts.push(Part::Expr(expr)),
            ClassRef::Anonymous(id) => parts.push(Part::Text(format!("class {}", id.0))),
        }
    }

    fn member(&self, name: MemberName, parts: &mut Vec<Part>) {
        match name.kind {
            MemberNameKind::Fixed(name) => parts.push(Part::Text(self.text(name).to_owned())),
            MemberNameKind::Dynamic(expr) => braced("{", [expr], "}", parts),
        }
    }

    fn function_name(&self, name: FunctionName) -> String {
        let fallback = name.fallback.map_or(String::new(), |fallback| format!("~{}", self.text(fallback)));
        format!("{}{fallback}", self.text(name.name))
    }

    fn literal(&self, literal: Literal) -> String {
        match literal {
            Literal::Null => "null".to_owned(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Float(bits) => format!("{:?}", f64::from_bits(bits)),
            Literal::String(text) => quoted(self.text(text)),
        }
    }

    pub(super) fn expr(&self, expr: &Expr, parts: &mut Vec<Part>) {
        match expr {
            Expr::Literal(literal) => parts.push(Part::Text(self.literal(*literal))),
            Expr::Variable(name) => parts.push(Part::Text(format!("${}", self.text(*name)))),
            Expr::Constant(name) => parts.push(Part::Text(self.function_name(*name))),
            Expr::Closure(body) => parts.push(Part::Text(format!("(closure #{})", body.0))),
            Expr::Error(reason) => parts.push(Part::Text(format!("(error {reason:?})"))),
            Expr::Array(items) => array(items, parts),
            Expr::Call { callee, arguments, first_class } => self.call(*callee, arguments, *first_class, parts),
            Expr::Property { receiver, name, null_safe } => {
                parts.push(Part::Text(if *null_safe { "(?-> " } else { "(-> " }.to_owned()));
                parts.push(Part::Expr(*receiver));
                parts.push(Part::Text(" ".to_owned()));
                self.member(*name, parts);
                parts.push(Part::Text(")".to_owned()));
            }
            Expr::StaticProperty(class, name) => self.scoped("(::$ ", *class, *name, parts),
            Expr::ClassConstant(class, name) => self.scoped("(:: ", *class, *name, parts),
            Expr::InstanceOf(operand, class) => {
                braced("(instanceof ", [*operand], " ", parts);
                self.class_ref(*class, parts);
                parts.push(Part::Text(")".to_owned()));
            }
            Expr::Match(subject, arms) => {
                braced("(match ", [*subject], "", parts);
                for arm in arms {
                    let word = if arm.conditions.is_empty() { " [default" } else { " [" };
                    braced(word, arm.conditions.iter().copied(), " => ", parts);
                    braced("", [arm.result], "]", parts);
                }
                parts.push(Part::Text(")".to_owned()));
            }
            _ => operator(expr, parts),
        }
    }

    fn scoped(&self, open: &str, class: ClassRef, name: MemberName, parts: &mut Vec<Part>) {
        parts.push(Part::Text(open.to_owned()));
        self.class_ref(class, parts);
        parts.push(Part::Text(" ".to_owned()));
        self.member(name, parts);
        parts.push(Part::Text(")".to_owned()));
    }

    fn call(&self, callee: Callee, arguments: &[Argument], first_class: bool, parts: &mut Vec<Part>) {
        match callee {
            Callee::Function(name) => parts.push(Part::Text(format!("(call {}", self.function_name(name)))),
            Callee::Value(value) => braced("(call-value ", [value], "", parts),
            Callee::Method { receiver, name, null_safe } => {
                let open = if null_safe { "(?call " } else { "(call " };
                braced(open, [receiver], " -> ", parts);
                self.member(name, parts);
            }
            Callee::Static { class, name } => {
                parts.push(Part::Text("(call ".to_owned()));
                self.class_ref(class, parts);
                parts.push(Part::Text(" :: ".to_owned()));
                self.member(name, parts);
            }
            Callee::New(class) => {
                parts.push(Part::Text("(new ".to_owned()));
                self.class_ref(class, parts);
            }
        }
        for argument in arguments {
            let name = argument.name.map_or(String::new(), |name| format!("{}: ", self.text(name)));
            parts.push(Part::Text(format!(" {name}{}", if argument.spread { "..." } else { "" })));
            parts.push(Part::Expr(argument.value));
        }
        parts.push(Part::Text(if first_class { " ...)" } else { ")" }.to_owned()));
    }

    pub(super) fn statement(&self, statement: &Statement, indent: usize, parts: &mut Vec<Part>) {
        let inner = indent + 2;
        let block = |block: &[StatementId]| Part::Block(block.into(), inner);
        let end = |parts: &mut Vec<Part>| parts.push(Part::Text("\n".to_owned()));
        let word = |text: &str| Part::Text(format!("{:indent$}{text}", ""));
        match statement {
            Statement::If { branches, otherwise } => {
                for (index, (condition, then)) in branches.iter().enumerate() {
                    if index > 0 {
                        parts.push(word(""));
                    }
                    braced(if index > 0 { "elseif " } else { "if " }, [*condition], "\n", parts);
                    parts.push(block(then));
                }
                if let Some(otherwise) = otherwise {
                    parts.extend([word("else\n"), block(otherwise)]);
                }
            }
            Statement::Block(inner) => parts.extend([Part::Text("block\n".to_owned()), block(inner)]),
            Statement::Loop(kind, condition, then) => {
                braced(&format!("{kind:?} "), [*condition], "\n", parts);
                parts.push(block(then));
            }
            Statement::For { init, conditions, steps, block: then } => {
                braced("for ", init.iter().copied(), "; ", parts);
                braced("", conditions.iter().copied(), "; ", parts);
                braced("", steps.iter().copied(), "\n", parts);
                parts.push(block(then));
            }
            Statement::Foreach { subject, key, value, by_reference, block: then } => {
                braced("foreach ", [*subject], " as ", parts);
                if let Some(key) = key {
                    braced("", [*key], " => ", parts);
                }
                braced(if *by_reference { "&" } else { "" }, [*value], "\n", parts);
                parts.push(block(then));
            }
            Statement::Switch(subject, cases) => {
                braced("switch ", [*subject], "\n", parts);
                for case in cases {
                    parts.push(word(if case.value.is_some() { "case " } else { "default" }));
                    braced("", case.value, "\n", parts);
                    parts.push(block(&case.block));
                }
            }
            Statement::Try { block: guarded, catches, finally } => {
                parts.extend([Part::Text("try\n".to_owned()), block(guarded)]);
                for clause in catches {
                    let variable = clause.variable.map_or(String::new(), |name| format!(" ${}", self.text(name)));
                    parts.push(word(&format!("catch {}{variable}\n", self.names(&clause.types))));
                    parts.push(block(&clause.block));
                }
                if let Some(finally) = finally {
                    parts.extend([word("finally\n"), block(finally)]);
                }
            }
            _ => {
                self.simple_statement(statement, parts);
                end(parts);
            }
        }
    }

    fn simple_statement(&self, statement: &Statement, parts: &mut Vec<Part>) {
        let names = |names: &[Symbol]| names.iter().map(|name| format!(" ${}", self.text(*name))).collect::<Vec<_>>().concat();
        match statement {
            Statement::Expr(value) => parts.push(Part::Expr(*value)),
            Statement::Echo(values) => braced("echo ", values.iter().copied(), "", parts),
            Statement::Unset(values) => braced("unset ", values.iter().copied(), "", parts),
            Statement::Return(value) => braced("return ", *value, "", parts),
            Statement::Break(levels) => parts.push(Part::Text(format!("break {levels}"))),
            Statement::Continue(levels) => parts.push(Part::Text(format!("continue {levels}"))),
            Statement::Global(variables) => parts.push(Part::Text(format!("global{}", names(variables)))),
            Statement::StaticVariables(variables) => {
                parts.push(Part::Text("static".to_owned()));
                for (name, value) in variables {
                    braced(&format!(" ${}{}", self.text(*name), if value.is_some() { " = " } else { "" }), *value, "", parts);
                }
            }
            Statement::Constants(constants) => {
                parts.push(Part::Text("const".to_owned()));
                for (name, value) in constants {
                    braced(&format!(" {} = ", self.text(*name)), [*value], "", parts);
                }
            }
            Statement::InlineHtml => parts.push(Part::Text("html".to_owned())),
            Statement::Declaration => parts.push(Part::Text("declaration".to_owned())),
            Statement::Error(reason) => parts.push(Part::Text(format!("error {reason:?}"))),
            _ => {}
        }
    }
}

fn braced(open: &str, values: impl IntoIterator<Item = ExprId>, close: &str, parts: &mut Vec<Part>) {
    parts.push(Part::Text(open.to_owned()));
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            parts.push(Part::Text(" ".to_owned()));
        }
        parts.push(Part::Expr(value));
    }
    parts.push(Part::Text(close.to_owned()));
}

fn array(items: &[ArrayItem], parts: &mut Vec<Part>) {
    parts.push(Part::Text("[".to_owned()));
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            parts.push(Part::Text(", ".to_owned()));
        }
        if let Some(key) = item.key {
            braced("", [key], " => ", parts);
        }
        let sign = match (item.by_reference, item.spread) {
            (true, _) => "&",
            (_, true) => "...",
            _ => "",
        };
        braced(sign, item.value, "", parts);
    }
    parts.push(Part::Text("]".to_owned()));
}

/// Expressions that are a word and their operands, in the order of the source.
fn operator(expr: &Expr, parts: &mut Vec<Part>) {
    let (word, operands): (String, Vec<ExprId>) = match expr {
        Expr::Assign { target, value, by_reference } => {
            (if *by_reference { "=&" } else { "=" }.to_owned(), vec![*target, *value])
        }
        Expr::CompoundAssign(operator, target, value) => (format!("{operator:?}="), vec![*target, *value]),
        Expr::Binary(operator, left, right) => (format!("{operator:?}"), vec![*left, *right]),
        Expr::Unary(operator, operand) => (format!("{operator:?}"), vec![*operand]),
        Expr::Cast(kind, operand) => (format!("cast {kind:?}"), vec![*operand]),
        Expr::Include(kind, operand) => (format!("{kind:?}"), vec![*operand]),
        Expr::Exit(operand) => ("exit".to_owned(), operand.iter().copied().collect()),
        other => {
            let word = match other {
                Expr::DynamicVariable(_) => "$$",
                Expr::Interpolation(_) => "interpolation",
                Expr::Concat(_) => "concat",
                Expr::Ternary(_, None, _) => "?:",
                Expr::Ternary(..) => "?",
                Expr::Index(..) => "index",
                Expr::Isset(_) => "isset",
                Expr::Empty(_) => "empty",
                Expr::Throw(_) => "throw",
                Expr::Yield(..) => "yield",
                Expr::YieldFrom(_) => "yield-from",
                _ => "-",
            };
            let mut operands = Vec::new();
            other.for_each_operand(|operand| operands.push(operand));
            (word.to_owned(), operands)
        }
    };
    let open = if operands.is_empty() { format!("({word}") } else { format!("({word} ") };
    braced(&open, operands, ")", parts);
}
