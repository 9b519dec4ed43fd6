use super::*;
use crate::index::BodyKey;

fn example() -> Index {
    index(&[
        (
            "a.php",
            r"namespace App;
            class X {
                public $size = 1;
                function run() { return array_map(fn ($x) => (function () { return $this->Get(); })(), []); }
            }
            function helper() { $f = fn () => \strlen('a'); $this?->GET(...); X::get(); }
            $job = new class { function handle() { fn () => 1; } };",
        ),
        ("b.php", "get(); $name(); $x->{$get}();"),
    ])
}

fn closures(index: &Index) -> Vec<(BodyKey, String)> {
    let is_closure = |body: &BodyKey| index.closure_parent(*body).is_some();
    index.bodies().map(|(body, _)| body).filter(is_closure).map(|body| (body, index.symbol(body))).collect()
}

#[test]
fn closures_belong_to_the_function_around_them() {
    let index = example();
    let mut symbols: Vec<_> = closures(&index).into_iter().map(|(_, symbol)| symbol).collect();
    symbols.sort();
    assert_eq!(symbols, ["App\\X::run", "App\\X::run", "App\\helper", "class@anonymous::handle"]);
    let run = index.method_body(index.find_method(class(&index, "App\\X"), "run").unwrap());
    assert_eq!((index.closures_of(run).len(), index.closures_within(run).len()), (1, 2));
    for closure in index.closures_within(run) {
        assert_eq!(index.enclosing(closure), run);
        assert!(index.signature(closure).is_some());
    }
}

#[test]
fn top_level_code_has_no_symbol_and_no_signature() {
    let index = example();
    let top = index.top_level(crate::finding::FileId(1)).next().unwrap();
    assert_eq!(index.symbol(top), "");
    assert!(index.signature(top).is_none());
    assert_eq!(index.enclosing(top), top);
}

#[test]
fn calls_are_found_by_the_lower_cased_name_of_what_they_call() {
    let index = example();
    let sites: Vec<_> = index.calls_named("get").iter().map(|site| index.symbol(site.body)).collect();
    assert_eq!(sites.len(), 4);
    assert_eq!(sites.iter().filter(|symbol| *symbol == "App\\helper").count(), 2);
    assert_eq!(index.calls_named("GET").len(), 4);
    assert_eq!(index.calls_named("strlen").len(), 1);
    assert!(index.calls_named("name").is_empty());
    let sorted = |name| index.calls_named(name).windows(2).all(|pair| pair[0] < pair[1]);
    assert!(sorted("get"));
}
