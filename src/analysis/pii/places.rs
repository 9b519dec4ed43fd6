//! Code that writes: calls, exceptions that are thrown, what is echoed, what others take from a method.

use std::sync::Arc;

use super::calls::CallSite;
use super::evaluator::Unit;
use crate::finding::{Location, Span};
use crate::flow::Project;
use crate::hir::{BodyKind, Callee, ClassRef, Expr, ExprId, Literal, MemberNameKind, Statement, StatementId, TypeHint, UnaryOp};
use crate::index::{BodyKey, ClassKey, Index};
use crate::specs::{SinkForm, SinkRow};

/// Methods that write, on an object of which only the name is known.
const LEVELS: [&str; 8] = ["emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"];

/// Code that may write, before a row was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Candidate {
    /// A call.
    Call(ExprId),
    /// `throw`, and what is thrown.
    Thrown(ExprId, ExprId),
    /// `print`
    Print(ExprId),
    /// `echo`
    Echo(StatementId),
    /// All that a function returns.
    Returned,
}

/// Code that writes.
pub(super) struct Place<'p> {
    pub(super) body: BodyKey,
    /// The expression that stands for it.
    pub(super) expr: ExprId,
    pub(super) at: Location,
    pub(super) row: SinkRow,
    pub(super) source: Source<'p>,
}

/// Where what is written comes from.
pub(super) enum Source<'p> {
    /// The arguments of a call.
    Call(CallSite<'p>),
    /// The text of a new exception of a class.
    Thrown(CallSite<'p>, Arc<str>),
    /// These expressions.
    Printed(Vec<ExprId>),
    /// An expression that is returned.
    Returned(ExprId),
}

/// Calls by a name that some sink has, calls by a computed name, and what else may write; sorted.
pub(super) fn candidates(project: Project<'_>) -> Vec<(BodyKey, Candidate)> {
    let taints = project.specs.taints();
    let mut found = Vec::new();
    for name in taints.sink_names() {
        found.extend(project.index.calls_named(name).iter().map(|call| (call.body, Candidate::Call(call.expr))));
    }
    let returning = taints.returning_methods();
    for (file, hir) in project.index.files() {
        for (id, body) in hir.bodies() {
            let key = BodyKey { file, body: id };
            for (expr, code) in body.exprs() {
                match code {
                    Expr::Call { callee: Callee::Static { name, .. } | Callee::Method { name, .. }, .. }
                        if matches!(name.kind, MemberNameKind::Dynamic(_)) =>
                    {
                        found.push((key, Candidate::Call(expr)));
                    }
                    Expr::Throw(thrown) if matches!(body.expr(*thrown), Expr::Call { .. }) => {
                        found.push((key, Candidate::Thrown(expr, *thrown)));
                    }
                    Expr::Unary(UnaryOp::Print, _) if body.class.is_some() => found.push((key, Candidate::Print(expr))),
                    _ => {}
                }
            }
            let statements = body.statements.iter().zip(0_u32..).filter(|_| body.class.is_some());
            for (_, number) in statements.filter(|(statement, _)| matches!(statement, Statement::Echo(_))) {
                found.push((key, Candidate::Echo(StatementId(number))));
            }
            let method = match body.kind {
                BodyKind::Method(class, index) => hir.class(class).methods.get(index as usize),
                _ => None,
            };
            let is_named = method
                .is_some_and(|method| returning.binary_search(&hir.text(method.name).to_ascii_lowercase().as_str()).is_ok());
            if is_named || first_class(project.index, key).is_some() {
                found.push((key, Candidate::Returned));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The class of the object that a function takes first and gives back, as its declaration names it.
fn first_class(index: &Index, body: BodyKey) -> Option<&str> {
    let signature = index.signature(body)?;
    match signature.parameters.first()?.hint.as_ref()? {
        TypeHint::Named(class) => Some(index.hir(body.file).text(*class)),
        _ => None,
    }
}

impl<'p> Unit<'_, 'p> {
    /// The places that a candidate is.
    pub(super) fn places(&mut self, body: BodyKey, candidate: Candidate) -> Vec<Place<'p>> {
        match candidate {
            Candidate::Call(expr) => self.sink(body, expr).into_iter().collect(),
            Candidate::Thrown(expr, thrown) => self.thrown(body, expr, thrown).into_iter().collect(),
            Candidate::Print(expr) => {
                let operand = match self.project().index.body(body).expr(expr) {
                    Expr::Unary(_, operand) => vec![*operand],
                    _ => Vec::new(),
                };
                self.printed(body, operand).into_iter().collect()
            }
            Candidate::Echo(statement) => {
                let values = match self.project().index.body(body).statement(statement) {
                    Statement::Echo(values) => values.to_vec(),
                    _ => Vec::new(),
                };
                self.printed(body, values).into_iter().collect()
            }
            Candidate::Returned => self.returned(body),
        }
    }

    /// A class and all that it is, in lower case. An exception of a package of which nothing is known is one by its name.
    fn symbols_of_class(&mut self, class: &Arc<str>) -> Vec<String> {
        let mut symbols = self.evaluator.lineage(class).to_vec();
        if self.is_throwable(class) {
            symbols.push("throwable".to_owned());
        }
        symbols
    }

    fn enclosing_class(&self, body: BodyKey) -> Option<ClassKey> {
        let index = self.project().index;
        index.body_class(body).or_else(|| index.body_class(index.enclosing(body)))
    }

    /// An exception whose text is put together where it is thrown.
    fn thrown(&mut self, body: BodyKey, expr: ExprId, thrown: ExprId) -> Option<Place<'p>> {
        let site = self.site(body, thrown)?;
        let code = self.project().index.body(body);
        let is_literal = |value: ExprId| matches!(code.expr(value), Expr::Literal(_));
        if site.arguments.iter().all(|argument| is_literal(argument.value)) {
            return None;
        }
        let class = self.class_made(body, thrown)?;
        let symbols = self.symbols_of_class(&class);
        let row = self.project().specs.taints().sink_of_form(SinkForm::Thrown, symbols.iter().map(String::as_str))?.clone();
        Some(Place { body, expr, at: self.at(body, expr), row, source: Source::Thrown(site, class) })
    }

    /// The class of the object that an expression makes.
    fn class_made(&self, body: BodyKey, expr: ExprId) -> Option<Arc<str>> {
        if let Some(class) = self.types(body, expr).classes().next() {
            return Some(Arc::clone(class));
        }
        match self.project().index.body(body).expr(expr) {
            Expr::Call {
                callee: Callee::New(ClassRef::Named(class)) | Callee::Static { class: ClassRef::Named(class), .. },
                ..
            }
            | Expr::ClassConstant(ClassRef::Named(class), _) => Some(self.text(body, class.name).into()),
            _ => None,
        }
    }

    fn printed(&mut self, body: BodyKey, values: Vec<ExprId>) -> Option<Place<'p>> {
        let (expr, last) = (*values.first()?, *values.last()?);
        let class: Arc<str> = self.project().index.class_name(self.enclosing_class(body)?).into();
        let lineage = self.evaluator.lineage(&class);
        let row = self.project().specs.taints().sink_of_form(SinkForm::Printed, lineage.iter().map(String::as_str))?.clone();
        let code = self.project().index.body(body);
        let span = Span::new(code.expr_span(expr).start, code.expr_span(last).end);
        Some(Place { body, expr, at: Location::new(body.file, span), row, source: Source::Printed(values) })
    }

    /// What others take from a method: the context of an exception, the record that a processor gives back.
    fn returned(&mut self, body: BodyKey) -> Vec<Place<'p>> {
        let index = self.project().index;
        let taints = self.project().specs.taints();
        let symbol = index.symbol(body);
        let method = symbol.rsplit_once("::").filter(|_| index.closure_parent(body).is_none()).map(|(_, name)| name);
        let by_method = method.zip(index.body_class(body)).and_then(|(method, class)| {
            let method = method.to_ascii_lowercase();
            let classes = self.symbols_of_class(&Arc::from(index.class_name(class)));
            let symbols: Vec<String> = classes.iter().map(|class| format!("{class}::{method}")).collect();
            taints.sink_of_form(SinkForm::Returned, symbols.iter().map(String::as_str)).cloned()
        });
        let by_class = || {
            let class = first_class(index, body)?.to_ascii_lowercase();
            taints.sink_of_form(SinkForm::Returned, [class.as_str()]).cloned()
        };
        let Some(row) = by_method.or_else(by_class) else { return Vec::new() };
        let flow = self.evaluator.flow(body);
        let place = |expr: &ExprId| {
            let source = Source::Returned(*expr);
            Place { body, expr: *expr, at: self.at(body, *expr), row: row.clone(), source }
        };
        flow.returns.iter().map(place).collect()
    }

    /// The sink that a call is, if any.
    fn sink(&mut self, body: BodyKey, expr: ExprId) -> Option<Place<'p>> {
        let site = self.site(body, expr)?;
        let code = self.project().index.body(body);
        let Expr::Call { callee, first_class, .. } = code.expr(expr) else { return None };
        if *first_class {
            return None;
        }
        let taints = self.project().specs.taints();
        let symbols = match site.name {
            Some(_) => self.symbols(&site),
            None => self.dynamic_symbols(&site, *callee),
        };
        let has_code = self.project().resolution.call(body, expr).is_some_and(|call| !call.targets.is_empty());
        // A function or method of the project is a sink where a row names it; one that has a sink's name alone is none.
        let exact = if has_code && matches!(callee, Callee::Function(_)) { 1 } else { symbols.len() };
        let known = symbols.iter().take(exact).map(String::as_str).filter(|symbol| !has_code || !symbol.starts_with('*'));
        let row = taints.sink(known).cloned().or_else(|| self.by_receiver(&site))?;
        if site.arguments.is_empty() && site.receiver.is_none() && matches!(row.form, SinkForm::Called) {
            return None;
        }
        let returns = matches!(site.name, Some("print_r" | "var_export")) && site.arguments.len() > 1;
        let is_elsewhere = match row.id.as_str() {
            "php/console-stream" => !self.is_console_stream(&site),
            "php/log-file" => !self.names_log(body, site.arguments.first()?.value, 0),
            "php/printed-format" => self.printed(body, vec![expr]).is_none(),
            _ if row.form == SinkForm::Throws => !self.throws_reported(&site),
            _ => false,
        };
        let place = Place { body, expr, at: site.at, row, source: Source::Call(site) };
        (!returns && !is_elsewhere).then_some(place)
    }

    /// True where the exception that `throw_if($condition, …)` throws is one that the handler writes.
    fn throws_reported(&mut self, site: &CallSite<'p>) -> bool {
        let class = site.arguments.get(1).and_then(|exception| self.class_made(site.body, exception.value));
        let Some(class) = class else { return false };
        let symbols = self.symbols_of_class(&class);
        self.project().specs.taints().sink_of_form(SinkForm::Thrown, symbols.iter().map(String::as_str)).is_some()
    }

    fn is_console_stream(&self, site: &CallSite<'p>) -> bool {
        let code = self.project().index.body(site.body);
        let stream = site.arguments.first().map(|first| code.expr(first.value));
        matches!(stream, Some(Expr::Constant(name)) if {
            let name = self.text(site.body, name.fallback.unwrap_or(name.name));
            matches!(name, "STDERR" | "STDOUT")
        })
    }

    /// True for a path of which a literal part names a log.
    fn names_log(&self, body: BodyKey, path: ExprId, depth: u32) -> bool {
        let code = self.project().index.body(body);
        match code.expr(path) {
            Expr::Literal(Literal::String(text)) => {
                let text = self.text(body, *text).to_ascii_lowercase();
                std::path::Path::new(&text).extension().is_some_and(|kind| kind == "log") || text.contains("logs/")
            }
            expr if depth < 8 => {
                let mut found = false;
                expr.for_each_operand(|operand| found |= self.names_log(body, operand, depth + 1));
                found
            }
            _ => false,
        }
    }

    /// `Log::{$level}()`: what every level is.
    fn dynamic_symbols(&mut self, site: &CallSite<'p>, callee: Callee) -> Vec<String> {
        let classes: Vec<Arc<str>> = match callee {
            Callee::Static { class: ClassRef::Named(class), .. } => {
                let written = self.text(site.body, class.name);
                let alias = self.project().specs.alias(written).filter(|_| self.project().index.resolve_class(written).is_none());
                vec![alias.unwrap_or(written).into()]
            }
            Callee::Method { receiver, .. } => self.types(site.body, receiver).classes().cloned().collect(),
            _ => Vec::new(),
        };
        let mut symbols = Vec::new();
        for class in classes {
            symbols.extend(
                self.evaluator
                    .lineage(&class)
                    .iter()
                    .filter(|class| !class.contains("command"))
                    .map(|class| format!("{class}::info")),
            );
        }
        symbols
    }

    /// `$this->logger->info()` where the class of the logger is not known.
    fn by_receiver(&self, site: &CallSite<'p>) -> Option<SinkRow> {
        let receiver = site.receiver?;
        let name = site.name?.to_ascii_lowercase();
        let symbol = match name.as_str() {
            "log" => "psr\\log\\loggerinterface::log",
            level if LEVELS.contains(&level) => "psr\\log\\loggerinterface::info",
            _ => return None,
        };
        if !self.types(site.body, receiver).is_unknown() {
            return None;
        }
        let word = self.word(site.body, receiver)?.to_ascii_lowercase();
        let is_logger = word == "log" || word.ends_with("logger");
        is_logger.then(|| self.project().specs.taints().sink([symbol]).cloned()).flatten()
    }
}
