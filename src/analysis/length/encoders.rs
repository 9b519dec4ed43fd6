//! Encoders that a project defines: those that the configuration names, and functions that code letters one by one.

use std::collections::BTreeSet;

use crate::finding::Location;
use crate::flow::Project;
use crate::hir::{BinaryOp, Body, BodyKind, Callee, ClassRef, Expr, ExprId, FileHir, Literal, Statement};
use crate::index::{BodyKey, Index};
use crate::specs::{LengthEffect, Specs};

/// Letters that a function must tell apart to be one that codes them.
const LETTERS: usize = 8;
/// Digits that it must give.
const DIGITS: usize = 3;
/// A length below this in a comparison is no limit of a name.
const LEAST_LIMIT: i64 = 10;

/// A function that makes a phonetic code.
#[derive(Clone, Debug)]
pub struct Encoder {
    /// Its code.
    pub body: BodyKey,
    /// `Class::method`, or the function's name.
    pub symbol: String,
    /// The texts over which it walks letter by letter.
    pub walks: Vec<ExprId>,
    /// Comparisons of a length with a limit.
    pub guards: Vec<Guard>,
}

/// A comparison of a length with a limit.
#[derive(Clone, Debug)]
pub struct Guard {
    /// The comparison.
    pub at: Location,
    /// A class that its branches use and that does not exist, with its place.
    pub unresolved: Option<(String, Location)>,
}

/// The encoders of a project, in order of their places.
#[must_use]
pub fn encoders(project: Project<'_>, named: &[String]) -> Vec<Encoder> {
    let index = project.index;
    let mut bodies: BTreeSet<BodyKey> = named.iter().filter_map(|name| declared(index, name)).collect();
    let coders: BTreeSet<BodyKey> = index
        .bodies()
        .filter(|(key, body)| codes_letters(index.hir(key.file), body))
        .map(|(key, _)| index.enclosing(key))
        .collect();
    if !coders.is_empty() {
        bodies.extend(index.bodies().map(|(key, _)| key).filter(|key| is_encoder(project, *key, &coders)));
    }
    let of = |body: BodyKey| {
        let (hir, code) = (index.hir(body.file), index.body(body));
        Encoder { body, symbol: index.symbol(body), walks: walks(hir, code), guards: guards(index, project.specs, body) }
    };
    bodies.into_iter().map(of).collect()
}

/// The code of `Class::method` or of a function.
fn declared(index: &Index, name: &str) -> Option<BodyKey> {
    match name.split_once("::") {
        Some((class, method)) => {
            let class = index.resolve_class(class.trim_start_matches('\\'))?;
            Some(index.method_body(index.find_method(class, method)?))
        }
        None => Some(index.function_body(index.function_named(name.trim_start_matches('\\'))?)),
    }
}

/// True for code that tells single letters apart and gives digits for them: by `switch`, by `match` over letters or
/// lists of letters, or by an array from letters to digits.
fn codes_letters(hir: &FileHir, body: &Body) -> bool {
    let text = |expr: ExprId| match body.expr(expr) {
        Expr::Literal(Literal::String(text)) => Some(hir.text(*text)),
        _ => None,
    };
    let is_digits = |text: &&str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut lists: Vec<&str> = Vec::new();
    for statement in &body.statements {
        if let Statement::Switch(_, cases) = statement {
            lists.extend(cases.iter().filter_map(|case| text(case.value?)));
        }
    }
    for (id, expr) in body.exprs() {
        match expr {
            Expr::Match(..) => {
                let span = body.expr_span(id);
                let within = body.exprs().filter(|(inner, _)| span.contains(body.expr_span(*inner)));
                lists.extend(within.filter_map(|(inner, _)| text(inner)));
            }
            Expr::Array(items) => {
                let coded = items.iter().filter(|item| item.value.and_then(text).is_some_and(|digits| is_digits(&digits)));
                lists.extend(coded.filter_map(|item| text(item.key?)));
            }
            _ => {}
        }
    }
    // Longer lists are words, and words in lower case are, too.
    let is_list = |text: &&str| {
        (1..=10).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphabetic())
            && (text.len() == 1 || text.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    let letters: BTreeSet<u8> = lists.iter().filter(|text| is_list(text)).flat_map(|text| text.bytes()).collect();
    if letters.len() < LETTERS {
        return false;
    }
    let literals = body.exprs.iter().filter_map(|expr| match expr {
        Expr::Literal(Literal::String(text)) => Some(hir.text(*text)),
        _ => None,
    });
    literals.filter(is_digits).collect::<BTreeSet<_>>().len() >= DIGITS
}

/// True for a function with a loop and a parameter that codes letters, itself or by one that it calls.
fn is_encoder(project: Project<'_>, key: BodyKey, coders: &BTreeSet<BodyKey>) -> bool {
    let index = project.index;
    let body = index.body(key);
    if matches!(body.kind, BodyKind::Closure { .. })
        || index.signature(key).is_none_or(|signature| signature.parameters.is_empty())
    {
        return false;
    }
    let within: Vec<BodyKey> = std::iter::once(key).chain(index.closures_within(key)).collect();
    let is_loop =
        |statement: &Statement| matches!(statement, Statement::For { .. } | Statement::Foreach { .. } | Statement::Loop(..));
    let walks_over = within.iter().any(|inner| !walks(index.hir(inner.file), index.body(*inner)).is_empty());
    if !body.statements.iter().any(is_loop) || !walks_over {
        return false;
    }
    let calls = |inner: &BodyKey| {
        project.resolution.body(*inner).calls().any(|(_, call)| call.targets.iter().any(|target| coders.contains(target)))
    };
    coders.contains(&key) || within.iter().any(calls)
}

/// Texts that are read letter by letter: `$name[$i]`, `mb_substr($name, $i, 1)`, `str_split($name)`.
fn walks(hir: &FileHir, body: &Body) -> Vec<ExprId> {
    let is_variable = |expr: &ExprId| matches!(body.expr(*expr), Expr::Variable(_) | Expr::Property { .. });
    let moves = |expr: &ExprId| !matches!(body.expr(*expr), Expr::Literal(_));
    let found = body.exprs.iter().filter_map(|expr| match expr {
        Expr::Index(base, Some(key)) if is_variable(base) && matches!(body.expr(*key), Expr::Variable(_)) => Some(*base),
        Expr::Call { callee: Callee::Function(name), arguments, .. } => {
            let first = arguments.first().map(|argument| argument.value).filter(is_variable)?;
            match hir.text(name.fallback.unwrap_or(name.name)).to_ascii_lowercase().as_str() {
                "str_split" | "mb_str_split" => Some(first),
                "substr" | "mb_substr" => arguments
                    .get(1)
                    .filter(|start| moves(&start.value) && matches!(body.expr(start.value), Expr::Variable(_)))
                    .map(|_| first),
                _ => None,
            }
        }
        _ => None,
    });
    found.collect()
}

/// The conditions that compare a length with a limit.
fn guards(index: &Index, specs: &Specs, key: BodyKey) -> Vec<Guard> {
    let (hir, body) = (index.hir(key.file), index.body(key));
    let measures = |expr: ExprId| match body.expr(expr) {
        Expr::Call { callee: Callee::Function(name), .. } => {
            let name = hir.text(name.fallback.unwrap_or(name.name)).to_ascii_lowercase();
            matches!(specs.lengths().function(&name), Some(row) if matches!(row.effect, LengthEffect::Measure(_)))
        }
        _ => false,
    };
    let holders: BTreeSet<_> = body
        .exprs
        .iter()
        .filter_map(|expr| match expr {
            Expr::Assign { target, value, .. } if measures(*value) => match body.expr(*target) {
                Expr::Variable(name) => Some(*name),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let is_length = |expr: ExprId| measures(expr) || matches!(body.expr(expr), Expr::Variable(name) if holders.contains(name));
    let is_limit = |expr: ExprId| {
        let value = index.configured_value(key, expr, index.body_class(key), &crate::index::Locals::new());
        matches!(value, Some(crate::index::Constant::Int(number)) if number >= LEAST_LIMIT)
    };
    let compares = |expr: &Expr| match expr {
        Expr::Binary(BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::Less | BinaryOp::LessEqual, left, right) => {
            is_length(*left) && is_limit(*right) || is_length(*right) && is_limit(*left)
        }
        _ => false,
    };
    let mut found = Vec::new();
    for (id, _) in body.exprs().filter(|(_, expr)| compares(expr)) {
        let span = body.expr_span(id);
        let around = body.statements.iter().enumerate().filter(|(_, statement)| matches!(statement, Statement::If { .. }));
        let around =
            around.map(|(at, _)| body.statement_spans[at]).filter(|outer| outer.contains(span)).min_by_key(|outer| outer.len());
        let unresolved = around.and_then(|outer| {
            let names = unresolved_classes(index, key);
            names.into_iter().find(|(_, at)| outer.contains(at.span))
        });
        found.push(Guard { at: Location::new(key.file, span), unresolved });
    }
    found
}

/// Classes that a function uses and that do not exist: names without an import in a namespace of the project, where
/// no class of that name is declared.
#[must_use]
pub fn unresolved_classes(index: &Index, key: BodyKey) -> Vec<(String, Location)> {
    let (hir, body) = (index.hir(key.file), index.body(key));
    let Some(class) = index.body_class(key) else { return Vec::new() };
    let Some((namespace, _)) = index.class_name(class).rsplit_once('\\') else { return Vec::new() };
    let is_missing = |name: &str| {
        name.rsplit_once('\\').is_some_and(|(of, _)| of.eq_ignore_ascii_case(namespace)) && index.resolve_class(name).is_none()
    };
    let named = |class: &ClassRef| match class {
        ClassRef::Named(name) => Some(*name),
        _ => None,
    };
    let used = body.exprs.iter().filter_map(|expr| match expr {
        Expr::Call { callee: Callee::Static { class, .. } | Callee::New(class), .. }
        | Expr::ClassConstant(class, _)
        | Expr::StaticProperty(class, _) => named(class),
        _ => None,
    });
    used.map(|name| (hir.text(name.name).to_owned(), Location::new(key.file, name.span)))
        .filter(|(name, _)| is_missing(name))
        .collect()
}
