//! Lowering of every fixture of `fixtures/syntax`: snapshots, and what holds for any file.
#![allow(clippy::disallowed_methods, reason = "tests read their fixtures")]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "tests")]

use std::path::Path;

use mandant::finding::Span;
use mandant::hir::{BodyKind, Callee, ClassKind, ErrorReason, Expr, FileHir, Interface, Statement, StatementId, Symbol, dump};
use mandant::syntax::{Lowerer, lower};
use proptest::prelude::*;

fn fixtures() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/syntax");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    files.iter().map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), read(path))).collect()
}

#[test]
fn fixtures_are_lowered_as_recorded() {
    let mut lowerer = Lowerer::new();
    for (name, text) in fixtures() {
        insta::assert_snapshot!(name, dump(&lowerer.lower(&text)));
    }
}

#[test]
fn only_broken_fixtures_have_errors() {
    for (name, text) in fixtures() {
        let hir = lower(&text);
        let mut errors = hir.interface.errors.iter().filter(|error| error.reason != ErrorReason::Unsupported);
        assert_eq!(errors.next().is_some(), name.starts_with("broken"), "{name}");
        let marked = hir.bodies.iter().any(|body| body.has_errors) || hir.interface.classes.iter().any(|class| class.has_errors);
        assert_eq!(marked, name.starts_with("broken"), "{name}");
    }
}

#[test]
fn a_lowerer_can_be_used_again() {
    let mut lowerer = Lowerer::new();
    for (name, text) in fixtures() {
        assert_eq!(lowerer.lower(&text), lower(&text), "{name}");
    }
}

#[test]
fn stored_trees_are_read_back() {
    for (name, text) in fixtures() {
        let hir = lower(&text);
        let interface = Interface::load(&hir.interface.store().unwrap()).unwrap();
        let bodies = FileHir::load_bodies(&hir.store_bodies().unwrap()).unwrap();
        assert_eq!(FileHir { interface, bodies }, hir, "{name}");
    }
    assert!(FileHir::load_bodies(&[0xff; 12]).is_err());
}

/// Everything that holds for any text.
fn check(text: &str, hir: &FileHir) {
    let span = |span: Span| {
        assert!(span.start <= span.end, "{span:?}");
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {}", text.len());
    };
    let symbol = |symbol: Symbol| assert!((symbol.0 as usize) < hir.interface.strings.len());
    for comment in &hir.interface.comments {
        span(comment.span);
        assert_eq!(hir.text(comment.text), &text[comment.span.start as usize..comment.span.end as usize]);
    }
    hir.interface.errors.iter().for_each(|error| span(error.span));
    hir.interface.errors.windows(2).for_each(|pair| assert!(pair[0].span.start <= pair[1].span.start));
    for class in &hir.interface.classes {
        [class.span, class.name_span].into_iter().for_each(span);
        class.name.into_iter().for_each(symbol);
        for method in &class.methods {
            [method.span, method.name_span].into_iter().for_each(span);
            assert!(matches!(hir.body(method.body).kind, BodyKind::Method(..)));
        }
        for property in &class.properties {
            span(property.span);
            if let Some(default) = property.default {
                assert!((default.expr.0 as usize) < hir.body(default.body).exprs.len());
            }
            property.hooks.iter().for_each(|hook| assert!(matches!(hir.body(hook.body).kind, BodyKind::Hook(..))));
        }
    }
    for function in &hir.interface.functions {
        [function.span, function.name_span].into_iter().for_each(span);
        assert!(matches!(hir.body(function.body).kind, BodyKind::Function(_)));
    }
    for (id, body) in hir.bodies() {
        span(body.span);
        assert_eq!(body.exprs.len(), body.expr_spans.len());
        assert_eq!(body.statements.len(), body.statement_spans.len());
        body.expr_spans.iter().chain(&body.statement_spans).copied().for_each(span);
        for (parent, expr) in body.exprs() {
            expr.for_each_operand(|operand| assert!(operand < parent, "{expr:?}"));
            if let Expr::Closure(inner) = expr {
                assert!(matches!(hir.body(*inner).kind, BodyKind::Closure { parent, .. } if parent == id));
            }
            if let Expr::Call { arguments, callee, .. } = expr {
                arguments.iter().for_each(|argument| span(argument.span));
                if let Callee::Method { name, .. } | Callee::Static { name, .. } = callee {
                    span(name.span);
                }
            }
        }
        let mut seen = vec![0; body.statements.len()];
        let mut open: Vec<StatementId> = body.block.to_vec();
        while let Some(statement) = open.pop() {
            seen[statement.0 as usize] += 1;
            body.statement(statement).for_each_block(|block| open.extend(block));
        }
        assert!(seen.iter().all(|count| *count == 1), "each statement stands in one block: {seen:?} of {body:#?}");
    }
}

#[test]
fn invariants_hold_for_fixtures() {
    for (_, text) in fixtures() {
        check(&text, &lower(&text));
    }
}

#[test]
fn invariants_hold_for_every_beginning_of_a_fixture() {
    let mut lowerer = Lowerer::new();
    for (_, text) in fixtures() {
        for end in (0..text.len()).step_by(17).filter(|end| text.is_char_boundary(*end)) {
            check(&text[..end], &lowerer.lower(&text[..end]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_lowered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let text = format!("<?php {}", String::from_utf8_lossy(&bytes));
        check(&text, &lower(&text));
    }

    #[test]
    fn any_tokens_are_lowered(tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..60)) {
        let text = format!("<?php {}", tokens.join(" "));
        check(&text, &lower(&text));
    }

    #[test]
    fn mutated_fixtures_are_lowered(pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(),
                                    length in 0usize..30, token in prop::sample::select(TOKENS)) {
        let files = fixtures();
        let text = &files[pick.index(files.len())].1;
        let bounds: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let from = cut.index(bounds.len());
        let to = (from + length).min(bounds.len() - 1);
        let mutated = format!("{} {token} {}", &text[..bounds[from]], &text[bounds[to]..]);
        check(&mutated, &lower(&mutated));
    }
}

const TOKENS: &[&str] = &[
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ",",
    "$a",
    "->",
    "?->",
    "::",
    "=>",
    "=",
    "&",
    "...",
    "?",
    ":",
    "??",
    ".",
    "+",
    "-",
    "!",
    "@",
    "class",
    "A",
    "extends",
    "implements",
    "interface",
    "trait",
    "enum",
    "case",
    "function",
    "fn",
    "static",
    "public",
    "readonly",
    "final",
    "use",
    "namespace",
    "if",
    "else",
    "elseif",
    "while",
    "for",
    "foreach",
    "as",
    "switch",
    "match",
    "default",
    "return",
    "new",
    "instanceof",
    "yield",
    "throw",
    "try",
    "catch",
    "finally",
    "echo",
    "'s'",
    "\"x $a {$b->c} y\"",
    "<<<X\n$a\nX",
    "1",
    "?>",
    "<?=",
    "<?php",
    "/** @var A $a */",
    "#[A(1)]",
    "`x`",
    "__halt_compiler",
    "declare",
    "(void)",
    "const",
    "self",
    "parent",
    "\\",
    "list",
    "clone",
    "include",
    "\u{1F600}",
    "\u{FFFD}",
    "global",
    "unset",
    "goto",
    "abstract",
    "insteadof",
    "\"",
    "'",
    "/*",
    "<<<'",
];

fn run_deep(text: &str) -> FileHir {
    let hir = lower(text);
    check(text, &hir);
    hir
}

#[test]
fn chains_of_any_length_are_whole() {
    let count = 100_000;
    let hir = run_deep(&format!("<?php $x{};", "->a()".repeat(count)));
    let calls = hir.bodies[0].exprs.iter().filter(|expr| matches!(expr, Expr::Call { callee: Callee::Method { .. }, .. }));
    assert_eq!(calls.count(), count);
    assert!(hir.interface.errors.is_empty());

    let hir = run_deep(&format!("<?php $x = 'a'{};", " . $b".repeat(count)));
    assert!(hir.bodies[0].exprs.iter().any(|expr| matches!(expr, Expr::Concat(parts) if parts.len() == count + 1)));

    let hir = run_deep(&format!("<?php $x = 1{};", " + 1".repeat(count)));
    assert_eq!(hir.bodies[0].exprs.iter().filter(|expr| matches!(expr, Expr::Binary(..))).count(), count);

    let hir = run_deep(&format!("<?php $x{};", "[0]".repeat(count)));
    assert_eq!(hir.bodies[0].exprs.iter().filter(|expr| matches!(expr, Expr::Index(..))).count(), count);

    let hir = run_deep(&format!("<?php if ($a) {{}} {}", "else if ($b) { f(); }".repeat(5_000)));
    let branches = hir.bodies[0].statements.iter().filter_map(|statement| match statement {
        Statement::If { branches, .. } => Some(branches.len()),
        _ => None,
    });
    assert_eq!(branches.max(), Some(5_001));
    assert!(dump(&hir).len() > 5_000);
}

#[test]
fn deep_nesting_ends_in_an_error() {
    let count = 100_000;
    let nested = [
        format!("<?php {}1{};", "[".repeat(count), "]".repeat(count)),
        format!("<?php {}{}", "if ($a) {".repeat(count), "}".repeat(count)),
        format!("<?php {}1;", "!".repeat(count)),
        format!("<?php {}1{};", "f(".repeat(count), ")".repeat(count)),
        format!("<?php {}{}", "{".repeat(count), "}".repeat(count)),
        format!("<?php {}1;", "$a = ".repeat(count)),
        format!("<?php {}1{};", "fn () => (".repeat(count), ")".repeat(count)),
    ];
    for text in nested {
        let hir = run_deep(&text);
        let too_deep = hir.interface.errors.iter().filter(|error| error.reason == ErrorReason::TooDeep).count();
        assert!(too_deep > 0, "{}", &text[..20]);
        assert!(hir.bodies[0].has_errors);
    }
    let text = format!("<?php {}1{};", "(".repeat(count), ")".repeat(count));
    run_deep(&text);
}

#[test]
fn unclosed_nesting_does_not_overflow() {
    for open in ["(", "[", "{", "f(", "if (", "function () {", "\"{$a[", "class A { function f() {", "match (1) { 1 => "] {
        run_deep(&format!("<?php {}", open.repeat(2_000)));
    }
}

fn slice(text: &str, span: Span) -> &str {
    &text[span.start as usize..span.end as usize]
}

#[test]
fn spans_cover_what_they_name() {
    let text = "<?php\nuse A\\B;\nuse C;\n\nf();\nuse D;\n#[X] abstract class K extends B {\n  #[Y] public static function m(int $p = 1): int\n  { return $this->a(1)->b(x: 2); }\n}\n";
    let hir = lower(text);
    assert_eq!(hir.interface.import_block.map(|block| slice(text, block)), Some("use A\\B;\nuse C;"));
    let class = &hir.interface.classes[0];
    assert_eq!(class.kind, ClassKind::Class);
    assert!(slice(text, class.span).starts_with("#[X] abstract class") && slice(text, class.span).ends_with("}\n}"));
    assert_eq!(slice(text, class.name_span), "K");
    assert_eq!(class.parent.map(|parent| slice(text, parent.span)), Some("B"));
    let method = &class.methods[0];
    assert!(slice(text, method.span).starts_with("#[Y] public") && slice(text, method.span).ends_with('}'));
    assert_eq!(slice(text, method.signature.parameters[0].span), "int $p = 1");
    let body = hir.body(method.body);
    assert_eq!(slice(text, body.span), "{ return $this->a(1)->b(x: 2); }");
    let calls: Vec<&str> = body
        .exprs()
        .filter(|(_, expr)| matches!(expr, Expr::Call { .. }))
        .map(|(id, _)| slice(text, body.expr_span(id)))
        .collect();
    assert_eq!(calls, ["$this->a(1)", "$this->a(1)->b(x: 2)"]);
    let arguments: Vec<&str> = body
        .exprs
        .iter()
        .filter_map(|expr| match expr {
            Expr::Call { arguments, .. } => Some(slice(text, arguments[0].span)),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, ["1", "x: 2"]);
}

#[test]
fn an_error_marks_what_it_lies_in() {
    let text =
        "<?php class A { function ok() { return 1; } function bad() { $x = ; } }\nclass B { public $p = ; function f() {} }";
    let hir = lower(text);
    let marks: Vec<bool> = hir.interface.classes[0].methods.iter().map(|method| hir.body(method.body).has_errors).collect();
    assert_eq!(marks, [false, true]);
    assert!(!hir.interface.classes[0].has_errors);
    assert!(hir.interface.classes[1].has_errors);
    assert_eq!(hir.interface.classes[1].methods.len(), 1);
}
