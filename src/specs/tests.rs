#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn embedded_rows_are_well_formed() {
    let specs = Specs::embedded().unwrap();
    assert_eq!(specs.query_method("OrWhere").unwrap().connective, Connective::Or);
    assert_eq!(specs.value("illuminate\\support\\facades\\auth::user").unwrap().0, ValueKind::User);
    assert_eq!(specs.value("Illuminate\\Http\\Request::input").unwrap().0, ValueKind::Request);
    assert_eq!(specs.returned_class("app", true), Some("{0}"));
    assert_eq!(specs.returned_class("app", false), Some("Illuminate\\Contracts\\Foundation\\Application"));
    assert!(specs.is_builder_only("whereHas") && !specs.is_builder_only("get"));
}

#[test]
fn a_user_row_may_replace_a_disabled_one() {
    let text = "[[spec]]\nid = \"mine\"\nrole = \"value\"\nkind = \"tenant-context\"\nsymbol = \"current_tenant\"\n";
    let rows = Row::parse_file("mandant.toml", text).unwrap();
    let specs = Specs::with_user_rows(&rows, &["laravel/session#get".to_owned()]).unwrap();
    assert_eq!(specs.value("current_tenant").unwrap(), (ValueKind::TenantContext, "mine"));
    assert!(specs.value("session").is_none());
}

#[test]
fn two_rows_of_one_id_are_an_error() {
    let text = "[[spec]]\nid = \"laravel/env\"\nrole = \"value\"\nkind = \"environment\"\nsymbol = \"x\"\n";
    let rows = Row::parse_file("mandant.toml", text).unwrap();
    assert!(Specs::with_user_rows(&rows, &[]).unwrap_err().to_string().contains("taken"));
}
