//! The lowered tree as readable text, for tests and for looking at it.

mod code;

use std::fmt::Write;

use crate::hir::{
    Attribute, Body, BodyId, BodyKind, Class, ExprId, ExprRef, FileHir, Function, Initializer, NameRef, Parameter, Property,
    Signature, StatementId, Symbol, TraitAdaptation, TypeHint,
};

/// What is still to be written. A stack of these takes the place of recursion.
enum Part {
    Text(String),
    Expr(ExprId),
    Block(Box<[StatementId]>, usize),
    Statement(StatementId, usize),
}

/// The lowered tree of a file as text: declarations first, then one section for each body.
#[must_use]
pub fn dump(hir: &FileHir) -> String {
    let mut dump = Dump { hir, out: String::new() };
    dump.interface();
    for (id, body) in hir.bodies() {
        dump.body(id, body);
    }
    dump.out
}

struct Dump<'h> {
    hir: &'h FileHir,
    out: String,
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

impl Dump<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "");
    }

    fn text(&self, symbol: Symbol) -> &str {
        self.hir.text(symbol)
    }

    fn names(&self, names: &[NameRef]) -> String {
        names.iter().map(|name| self.text(name.name)).collect::<Vec<_>>().join(", ")
    }

    fn hint(&self, hint: &TypeHint) -> String {
        let join = |parts: &[TypeHint], sign: &str| parts.iter().map(|part| self.hint(part)).collect::<Vec<_>>().join(sign);
        match hint {
            TypeHint::Builtin(builtin) => format!("{builtin:?}").to_lowercase(),
            TypeHint::Named(name) => self.text(*name).to_owned(),
            TypeHint::SelfClass => "self".to_owned(),
            TypeHint::StaticClass => "static".to_owned(),
            TypeHint::ParentClass => "parent".to_owned(),
            TypeHint::Union(parts) => format!("({})", join(parts, "|")),
            TypeHint::Intersection(parts) => format!("({})", join(parts, "&")),
            TypeHint::Generic(base, arguments) => format!("{}<{}>", self.hint(base), join(arguments, ", ")),
            TypeHint::ArrayOf(inner) => format!("{}[]", self.hint(inner)),
            TypeHint::ClassString(inner) => format!("class-string<{}>", self.hint(inner)),
            TypeHint::Unknown => "?".to_owned(),
        }
    }

    fn typed(&self, text: &mut String, hint: Option<&TypeHint>, doc: Option<&TypeHint>) {
        if let Some(hint) = hint {
            let _ = write!(text, " : {}", self.hint(hint));
        }
        if let Some(doc) = doc {
            let _ = write!(text, " @ {}", self.hint(doc));
        }
    }

    fn initial(&self, value: ExprRef) -> String {
        format!("#{} {}", value.body.0, self.expr_text(value.body, value.expr))
    }

    fn initializer(&self, value: Initializer) -> String {
        value.map_or(String::new(), |value| format!(" = {}", self.initial(value)))
    }

    fn attributes(&self, attributes: &[Attribute]) -> String {
        let one = |attribute: &Attribute| {
            let arguments = attribute.arguments.iter().map(|(name, value)| {
                let name = name.map_or(String::new(), |name| format!("{}: ", self.text(name)));
                format!("{name}{}", self.initial(*value))
            });
            format!(" #[{}({})]", self.text(attribute.name.name), arguments.collect::<Vec<_>>().join(", "))
        };
        attributes.iter().map(one).collect()
    }

    fn interface(&mut self) {
        let interface = &self.hir.interface;
        for import in &interface.imports {
            let (name, alias) = (self.text(import.name).to_owned(), self.text(import.alias).to_owned());
            self.line(0, &format!("use {:?} {name} as {alias}", import.kind));
        }
        for class in &interface.classes {
            self.class(class);
        }
        for function in &interface.functions {
            self.function(0, "function", function);
        }
        for comment in &interface.comments {
            let text = quoted(self.text(comment.text));
            self.line(0, &format!("comment {text}"));
        }
        for error in &interface.errors {
            self.line(0, &format!("error {:?} {}..{}", error.reason, error.span.start, error.span.end));
        }
    }

    fn class(&mut self, class: &Class) {
        let name = class.name.map_or("-", |name| self.text(name));
        let mut head = format!("{:?} {name}", class.kind);
        if class.is_abstract {
            head.push_str(" abstract");
        }
        if let Some(parent) = class.parent {
            let _ = write!(head, " extends {}", self.text(parent.name));
        }
        if !class.interfaces.is_empty() {
            let _ = write!(head, " implements {}", self.names(&class.interfaces));
        }
        head.push_str(&self.attributes(&class.attributes));
        if class.has_errors {
            head.push_str(" !");
        }
        self.line(0, &head);
        for used in &class.trait_uses {
            let traits = self.names(&used.traits);
            self.line(2, &format!("use {traits}"));
            for adaptation in &used.adaptations {
                let text = self.adaptation(adaptation);
                self.line(4, &text);
            }
        }
        for constant in &class.constants {
            let text = format!("const {}{}", self.text(constant.name), self.initializer(constant.value));
            self.line(2, &text);
        }
        for case in &class.cases {
            let text = format!("case {}{}", self.text(case.name), self.initializer(case.value));
            self.line(2, &text);
        }
        for property in &class.properties {
            self.property(property);
        }
        for property in &class.doc_properties {
            let text = format!("@property {} {}", self.text(property.name), self.hint(&property.doc_type));
            self.line(2, &text);
        }
        for mixin in &class.mixins {
            let text = format!("@mixin {}", self.hint(mixin));
            self.line(2, &text);
        }
        for method in &class.methods {
            let flags = [(method.is_static, " static"), (method.is_abstract, " abstract")];
            let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
            let visibility = format!("{:?}", method.visibility).to_lowercase();
            let attributes = self.attributes(&method.attributes);
            let text = format!("method {} {visibility}{flags} #{}{attributes}", self.text(method.name), method.body.0);
            self.line(2, &text);
            self.signature(4, &method.signature, method.body);
        }
    }

    fn adaptation(&self, adaptation: &TraitAdaptation) -> String {
        match adaptation {
            TraitAdaptation::InsteadOf { used, method, instead_of } => {
                format!("{}::{} insteadof {}", self.text(used.name), self.text(*method), self.names(instead_of))
            }
            TraitAdaptation::Alias { of, method, alias, visibility } => {
                let of = of.map_or(String::new(), |of| format!("{}::", self.text(of.name)));
                let alias = alias.map_or("-", |alias| self.text(alias));
                format!("{of}{} as {alias} {visibility:?}", self.text(*method))
            }
        }
    }

    fn property(&mut self, property: &Property) {
        let visibility = format!("{:?}", property.visibility).to_lowercase();
        let mut text = format!("property {} {visibility}", self.text(property.name));
        if property.is_static {
            text.push_str(" static");
        }
        if property.promoted {
            text.push_str(" promoted");
        }
        self.typed(&mut text, property.hint.as_ref(), property.doc_type.as_ref());
        text.push_str(&self.initializer(property.default));
        text.push_str(&self.attributes(&property.attributes));
        self.line(2, &text);
        for hook in &property.hooks {
            self.function(4, "hook", hook);
        }
    }

    fn function(&mut self, indent: usize, word: &str, function: &Function) {
        let attributes = self.attributes(&function.attributes);
        let text = format!("{word} {} #{}{attributes}", self.text(function.name), function.body.0);
        self.line(indent, &text);
        self.signature(indent + 2, &function.signature, function.body);
    }

    fn signature(&mut self, indent: usize, signature: &Signature, body: BodyId) {
        for parameter in &signature.parameters {
            let text = self.parameter(parameter, body);
            self.line(indent, &text);
        }
        let mut returns = "returns".to_owned();
        self.typed(&mut returns, signature.return_hint.as_ref(), signature.doc_return.as_ref());
        if signature.by_reference {
            returns.push_str(" &");
        }
        if returns.len() > "returns".len() {
            self.line(indent, &returns);
        }
    }

    fn parameter(&self, parameter: &Parameter, body: BodyId) -> String {
        let mut text = format!("${}", self.text(parameter.name));
        let flags = [(parameter.by_reference, " &"), (parameter.variadic, " ..."), (parameter.promoted, " promoted")];
        text.extend(flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word));
        self.typed(&mut text, parameter.hint.as_ref(), parameter.doc_type.as_ref());
        text.push_str(&self.attributes(&parameter.attributes));
        if let Some(default) = parameter.default {
            let _ = write!(text, " = {}", self.expr_text(body, default));
        }
        text
    }

    fn body(&mut self, id: BodyId, body: &Body) {
        let kind = match &body.kind {
            BodyKind::Closure { parent, kind, is_static, captures, .. } => {
                let captures = captures
                    .iter()
                    .map(|capture| format!(" {}${}", if capture.by_reference { "&" } else { "" }, self.text(capture.name)));
                let captures: String = captures.collect();
                format!("{kind:?} in #{}{}{captures}", parent.0, if *is_static { " static" } else { "" })
            }
            kind => format!("{kind:?}"),
        };
        let flags = [(body.is_generator, " generator"), (body.has_errors, " !")];
        let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
        let class = body.class.map_or(String::new(), |class| format!(" class {}", class.0));
        self.line(0, &format!("body #{} {kind}{class}{flags}", id.0));
        if let BodyKind::Closure { signature, .. } = &body.kind {
            self.signature(2, signature, id);
        }
        for (_, name, hint) in &body.doc_variables {
            let text = format!("@var ${} {}", self.text(*name), self.hint(hint));
            self.line(2, &text);
        }
        let text = self.run(body, Part::Block(body.block.clone(), 2));
        self.out.push_str(&text);
    }

    fn expr_text(&self, body: BodyId, expr: ExprId) -> String {
        self.run(self.hir.body(body), Part::Expr(expr))
    }

    /// Writes a part and what it holds, without recursion.
    fn run(&self, body: &Body, first: Part) -> String {
        let mut out = String::new();
        let mut work = vec![first];
        while let Some(part) = work.pop() {
            let mut parts = Vec::new();
            match part {
                Part::Text(text) => out.push_str(&text),
                Part::Expr(id) => self.expr(body.expr(id), &mut parts),
                Part::Block(block, indent) => parts.extend(block.iter().map(|id| Part::Statement(*id, indent))),
                Part::Statement(id, indent) => {
                    let _ = write!(out, "{:indent$}", "");
                    self.statement(body.statement(id), indent, &mut parts);
                }
            }
            work.extend(parts.into_iter().rev());
        }
        out
    }
}
