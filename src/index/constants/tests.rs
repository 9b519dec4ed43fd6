#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::hir::{Expr, Statement};
use crate::syntax::lower;

const CLASSES: &str = r"namespace App;
    interface HasKey { const KEY = 'company_id'; }
    abstract class Base implements HasKey { const TABLE = 'base'; const BOTH = static::TABLE . '/' . self::TABLE; const A = self::B; const B = self::A;
        public static function column() { return static::KEY; } }
    class Child extends Base { const TABLE = 'child'; const PARENT = parent::TABLE; const LIST = ['a', 'k' => 'b', ...self::MORE]; const MORE = ['c'];
        public function name(): string { return 'fixed'; } public function dynamic() { return time(); } }
    enum Status: string { case Open = 'open'; case Shut = 'sh' . 'ut'; const DEFAULT = self::Open; }
    trait T { const IN_TRAIT = 1; }
    ";

/// The value of an expression at the end of a file in the namespace `App`.
fn eval(code: &str) -> Option<Constant> {
    let index = Index::build(vec![lower(&format!("<?php {CLASSES} return {code};"))]);
    let body = index.top_level(FileId(0)).next()?;
    let item = index.body(body);
    let value = item.block.iter().find_map(|&statement| match item.statement(statement) {
        Statement::Return(Some(value)) => Some(*value),
        _ => None,
    })?;
    assert!(!matches!(item.expr(value), Expr::Error(_)), "{code}");
    index.constant_value(FileId(0), ExprRef { body: body.body, expr: value }, index.resolve_class("App\\Child"))
}

fn text(code: &str) -> Option<String> {
    fn show(value: &Constant) -> String {
        match value {
            Constant::Null => "null".to_owned(),
            Constant::Bool(value) => value.to_string(),
            Constant::Int(value) => value.to_string(),
            Constant::Float(value) => format!("{value:?}"),
            Constant::String(text) => format!("'{text}'"),
            Constant::Class(name) => format!("{name}::class"),
            Constant::Array(items) => {
                let item = |(key, value): &(ConstantKey, Constant)| match key {
                    ConstantKey::Int(key) => format!("{key}: {}", show(value)),
                    ConstantKey::String(key) => format!("{key}: {}", show(value)),
                };
                format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
            }
        }
    }
    eval(code).as_ref().map(show)
}

#[track_caller]
fn is(code: &str, expected: &str) {
    assert_eq!(text(code).as_deref(), Some(expected), "{code}");
}

#[track_caller]
fn unknown(code: &str) {
    assert_eq!(text(code), None, "{code}");
}

#[test]
fn literals_and_operators() {
    is("1 + 2 * 3", "7");
    is("'a' . 'b' . 3 . true . null", "'ab31'");
    is("PHP_INT_MAX + 1", "9.223372036854776e18");
    is("6 / 3", "2");
    is("7 / 2", "3.5");
    is("7 % 4", "3");
    is("2 ** 10", "1024");
    is("-3", "-3");
    is("!true", "false");
    is("'5' + 1", "6");
    is("0.1 . ''", "'0.1'");
    is("1.0 . 'x'", "'1x'");
    is("(string) 12 . (int) '7'", "'127'");
    is("1 <=> 2", "-1");
    is("PHP_EOL", "'\n'");
    unknown("1 / 0");
    unknown("1 % 0");
    unknown("'a' + 1");
    unknown("$x");
    unknown("time()");
    unknown("UNKNOWN_CONSTANT");
}

#[test]
fn comparisons_follow_php_8() {
    is("1 == '1'", "true");
    is("1 === '1'", "false");
    is("0 == 'a'", "false");
    is("null == false", "true");
    is("null == ''", "true");
    is("'abc' === 'abc'", "true");
    is("'1e3' == '1000'", "true");
    is("'abc' == 'ABC'", "false");
    is("Child::class === 'App\\Child'", "true");
    unknown("Status::Open === 'open'");
}

#[test]
fn choices_evaluate_only_what_runs() {
    is("true ? 1 : $x", "1");
    is("false ?: 2", "2");
    is("null ?? 'd'", "'d'");
    is("'v' ?? $x", "'v'");
    is("['a' => 1]['b'] ?? 2", "2");
    is("false && $x", "false");
    is("true || $x", "true");
    is("match (2) { 1 => 'a', 2, 3 => 'b', default => 'c' }", "'b'");
    is("match ('z') { 'a' => 1, default => 2 }", "2");
    unknown("$x ?? 'd'");
    unknown("$x ? 1 : 1");
    unknown("match (9) { 1 => 2 }");
}

#[test]
fn arrays_have_phps_keys() {
    is("[1, 2]", "[0: 1, 1: 2]");
    is("['5' => 'a', 'b']", "[5: 'a', 6: 'b']");
    is("[true => 'x', '01' => 'y']", "[1: 'x', 01: 'y']");
    is("['a' => 1, ...['a' => 2, 'b']]", "[a: 2, 0: 'b']");
    is("['a', 'b'][1]", "'b'");
    is("['x' => ['y' => 7]]['x']['y']", "7");
    is("[1] + [2, 3]", "[0: 1, 1: 3]");
    unknown("[1, $x]");
    unknown("[...$x]");
}

#[test]
fn class_constants_are_late_bound_where_php_does() {
    is("Child::TABLE", "'child'");
    is("Child::PARENT", "'base'");
    is("Child::BOTH", "'child/base'");
    is("Base::TABLE", "'base'");
    is("Child::KEY", "'company_id'");
    is("Child::LIST", "[0: 'a', k: 'b', 1: 'c']");
    is("static::TABLE", "'child'");
    unknown("Child::NOTHING");
    unknown("\\Vendor\\X::TABLE");
    unknown("Child::A");
}

#[test]
fn class_names_are_fully_qualified() {
    is("Child::class", "App\\Child::class");
    is("child::class", "App\\Child::class");
    is("\\Vendor\\X::class", "Vendor\\X::class");
    is("static::class", "App\\Child::class");
    is("Child::class . '@run'", "'App\\Child@run'");
}

#[test]
fn cases_of_an_enum_are_their_backing_values() {
    is("Status::Open", "'open'");
    is("Status::Shut->value", "'shut'");
    is("Status::Open->name", "'Open'");
    is("Status::DEFAULT", "'open'");
}

#[test]
fn methods_that_return_one_constant_are_followed() {
    is("Child::column()", "'company_id'");
    is("(new Child)->name()", "'fixed'");
    is("app(Child::class)->name()", "'fixed'");
    unknown("(new Child)->dynamic()");
    unknown("Child::column(1)");
}

#[test]
fn pure_functions_of_strings() {
    is("strtolower('ABC')", "'abc'");
    is("\\strtoupper('abc')", "'ABC'");
    is("ucfirst('abc')", "'Abc'");
    is("trim(' a ')", "'a'");
    is("rtrim('a//', '/')", "'a'");
    is("sprintf('%s_%d%%', 'a', 5)", "'a_5%'");
    is("sprintf('%2$s-%1$s', 'a', 'b')", "'b-a'");
    is("sprintf('%03d', 7)", "'007'");
    is("implode(',', ['a', 'b'])", "'a,b'");
    is("explode('.', 'a.b')", "[0: 'a', 1: 'b']");
    is("str_replace('a', 'b', 'aa')", "'bb'");
    is("substr('abcdef', 1, -1)", "'bcde'");
    is("mb_substr('äöü', 1, 1)", "'ö'");
    is("strlen('äö')", "4");
    is("mb_strlen('äö')", "2");
    is("str_starts_with('abc', 'ab')", "true");
    is("class_basename(Child::class)", "'Child'");
    is("\\Illuminate\\Support\\Str::snake('UserName')", "'user_name'");
    unknown("substr('ä', 0, 1)");
    unknown("str_repeat('a', 1000000)");
    unknown("sprintf('%f', 1)");
    unknown("strtolower($x)");
}

#[test]
fn pure_functions_of_arrays() {
    is("count(['a', 'b'])", "2");
    is("array_merge(['a' => 1], ['a' => 2], [3])", "[a: 2, 0: 3]");
    is("in_array('a', ['b', 'a'])", "true");
    is("in_array('1', [1], true)", "false");
    is("array_keys(['x' => 1])", "[0: 'x']");
    is("array_values(['x' => 1])", "[0: 1]");
    is("array_flip(['x'])", "[x: 0]");
    is("array_unique(['a', 'b', 'a'])", "[0: 'a', 1: 'b']");
    is("array_diff(['a', 'b'], ['b'])", "[0: 'a']");
    is("range(1, 3)", "[0: 1, 1: 2, 2: 3]");
    is("max(1, 3, 2)", "3");
    is("isset(['a' => 1]['a'])", "true");
    is("empty([])", "true");
    unknown("range(1, 1000000)");
}

#[test]
fn interpolation_needs_every_part() {
    unknown("\"a{$x}b\"");
    is("<<<'EOT'\nplain\nEOT", "'plain'");
}

#[test]
fn constants_that_double_each_other_end() {
    let doubled = |level: u32| format!("const C{level} = [...self::C{below}, ...self::C{below}];", below = level - 1);
    let constants = (1..60).fold("const C0 = ['x', 'x'];".to_owned(), |text, level| text + &doubled(level));
    let index = Index::build(vec![lower(&format!("<?php class D {{ {constants} const ALL = self::C59; }}"))]);
    let class = index.resolve_class("D").unwrap();
    let (holder, constant) = index.find_constant(class, "ALL").unwrap();
    assert_eq!(index.constant_value(holder.file, constant.value.unwrap(), Some(class)), None);
}

#[test]
fn known_local_variables_are_used() {
    let index = Index::build(vec![lower("<?php return \"$table.id\";")]);
    let body = index.top_level(FileId(0)).next().unwrap();
    let item = index.body(body);
    let Statement::Return(Some(value)) = item.statement(item.block[0]) else { panic!() };
    let locals = Locals::from([("table".to_owned(), Constant::String("customers".to_owned()))]);
    assert_eq!(index.constant_with(body, *value, None, &locals), Some(Constant::String("customers.id".to_owned())));
    assert_eq!(index.constant_with(body, *value, None, &Locals::new()), None);
}
