use super::*;

fn declared(index: &Index, name: &str, method: &str) -> Option<String> {
    let found = index.find_method(class(index, name), method)?;
    Some(format!("{}::{}", index.class_name(found.declaring), index.method_name(found)))
}

fn family() -> Index {
    index(&[(
        "a.php",
        r"
        interface Port { const OPEN = 1; function dial(); }
        trait One { public $own = 1; const SPEED = 9; function run() {} function jump() {} function walk() {} }
        trait Two { function run() {} protected function jump() {} }
        trait Nest { use One; }
        class Base { public $base; const KIND = 'b'; function walk() {} function sit() {} }
        /** @property int $age */
        abstract class Middle extends Base implements Port {
            use One, Two { One::run insteadof Two; Two::run as protected second; jump as leap; Two::jump insteadof One; }
            function sit() {}
        }
        class Leaf extends Middle { public $own = 2; }
        class Nested { use Nest; }",
    )])
}

#[test]
fn a_method_is_the_classs_own_then_its_traits_then_its_parents() {
    let index = family();
    assert_eq!(declared(&index, "Middle", "SIT").as_deref(), Some("Middle::sit"));
    assert_eq!(declared(&index, "Middle", "walk").as_deref(), Some("One::walk"), "a trait's method hides an inherited one");
    assert_eq!(declared(&index, "Base", "walk").as_deref(), Some("Base::walk"));
    assert_eq!(declared(&index, "Leaf", "walk").as_deref(), Some("One::walk"));
    assert_eq!(declared(&index, "Nested", "walk").as_deref(), Some("One::walk"));
    assert_eq!(declared(&index, "Leaf", "fly"), None);
    assert_eq!(declared(&index, "Leaf", "dial").as_deref(), Some("Port::dial"));
}

#[test]
fn insteadof_and_as_decide_between_traits() {
    let index = family();
    assert_eq!(declared(&index, "Middle", "run").as_deref(), Some("One::run"));
    assert_eq!(declared(&index, "Middle", "second").as_deref(), Some("Two::run"));
    assert_eq!(declared(&index, "Middle", "jump").as_deref(), Some("Two::jump"));
    assert_eq!(declared(&index, "Middle", "leap").as_deref(), Some("One::jump"));
    assert_eq!(declared(&index, "Two", "second"), None);
}

#[test]
fn the_parents_method_is_the_one_above() {
    let index = family();
    let found = index.parent_method(class(&index, "Middle"), "sit").unwrap();
    assert_eq!(index.class_name(found.declaring), "Base");
    assert_eq!(index.parent_method(class(&index, "Base"), "sit"), None);
}

#[test]
fn properties_and_constants_are_inherited() {
    let index = family();
    let holder = |name: &str, property: &str| {
        let (holder, _) = index.find_property(class(&index, name), property)?;
        Some(index.class_name(holder).to_owned())
    };
    assert_eq!(holder("Leaf", "own").as_deref(), Some("Leaf"));
    assert_eq!(holder("Middle", "own").as_deref(), Some("One"));
    assert_eq!(holder("Middle", "base").as_deref(), Some("Base"));
    assert_eq!(holder("Middle", "BASE"), None);
    let constant = |name: &str| {
        let (holder, _) = index.find_constant(class(&index, "Leaf"), name)?;
        Some(index.class_name(holder).to_owned())
    };
    assert_eq!(constant("OPEN").as_deref(), Some("Port"));
    assert_eq!(constant("KIND").as_deref(), Some("Base"));
    assert_eq!(constant("SPEED").as_deref(), Some("One"));
    assert_eq!(constant("open"), None);
}

#[test]
fn documented_properties_are_inherited() {
    let index = family();
    assert!(index.doc_property(class(&index, "Leaf"), "age").is_some());
    assert!(index.doc_property(class(&index, "Base"), "age").is_none());
}

#[test]
fn traits_that_use_each_other_end() {
    let index = index(&[("a.php", "trait A { use B; } trait B { use A; } class C { use A; }")]);
    assert_eq!(declared(&index, "C", "run"), None);
    assert!(index.find_property(class(&index, "C"), "x").is_none());
    assert_eq!(index.traits(class(&index, "C")).len(), 2);
}

#[test]
fn functions_are_namespaced_first_then_global() {
    let index = index(&[
        ("a.php", "namespace App; function tenant() {} tenant(); helper(); nothing();"),
        ("b.php", "function helper() {} function tenant() {}"),
    ]);
    let mut found = Vec::new();
    let body = index.top_level(crate::finding::FileId(0)).next().unwrap();
    for (_, expr) in index.body(body).exprs() {
        if let crate::hir::Expr::Call { callee: crate::hir::Callee::Function(name), .. } = expr {
            let hir = index.hir(body.file);
            found.push(index.function(hir, name).map(|function| index.symbol(index.function_body(function))));
        }
    }
    assert_eq!(found, [Some("App\\tenant".to_owned()), Some("helper".to_owned()), None]);
    assert!(index.function_named("\\APP\\Tenant").is_some());
}
