//! What the migrator takes, and what becomes of schemas.

use super::*;
use crate::finding::FileId;
use crate::schema::apply::{Mode, execute};
use crate::schema::sql::{Dialect, parse};
use crate::schema::{Origin, Server};

fn server(statements: &[&str]) -> Server {
    let mut server = Server::default();
    for sql in statements {
        let statement = parse(sql, Dialect::default()).unwrap().unwrap();
        execute(&mut server, &statement, Origin::Unknown, Mode::Live).unwrap();
    }
    server
}

#[test]
fn the_migrator_takes_files_by_their_names() {
    let names = ["2026_01_01_a.php", "tweaks.php", "customer_tweaks.php", "2026_01_02_b.php.backup", "README.md", ".2026_x.php"];
    let names = names.map(str::to_owned);
    let (taken, others) = migration_files(&names);
    assert_eq!(taken, ["2026_01_01_a.php", "customer_tweaks.php"]);
    assert_eq!(others, [(&names[1], NotMigration::Name), (&names[3], NotMigration::Extension)]);
}

#[test]
fn digits_come_before_letters_and_the_later_folder_wins() {
    let file = |path: &str, name: &str, id| MigrationFile { path: path.to_owned(), name: name.to_owned(), file: FileId(id) };
    let found = sorted(vec![
        file("a/2025_09_22_fix.php", "2025_09_22_fix", 0),
        file("a/2025_09_22_112232_x.php", "2025_09_22_112232_x", 1),
        file("b/2025_09_22_fix.php", "2025_09_22_fix", 2),
    ]);
    assert_eq!(
        found.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["a/2025_09_22_112232_x.php", "b/2025_09_22_fix.php"]
    );
}

#[test]
fn changes_tell_what_is_new_and_what_is_gone() {
    let before = server(&["create table t (id int primary key, a int)", "create table u (id int)"]);
    let after = server(&["create table t (id int primary key, b varchar(20), key t_b (b))", "create table v (id int)"]);
    let told: Vec<String> = between(&before, &after)
        .iter()
        .map(|change| match change {
            Change::TableAdded(table) => format!("+{table}"),
            Change::TableDropped(table) => format!("-{table}"),
            Change::ColumnAdded(table, column, kind) => format!("+{table}.{column} {kind}"),
            Change::ColumnDropped(table, column) => format!("-{table}.{column}"),
            Change::IndexAdded(table, index) => format!("+{table}#{}", index.name),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(told, ["+t.b varchar(20)", "-t.a", "+t#t_b", "-u", "+v", "+v.id int(11)"]);
}

#[test]
fn a_change_is_the_same_where_kind_and_thing_are() {
    let column = |table: &str, name: &str, kind: &str| Change::ColumnAdded(table.to_owned(), name.to_owned(), kind.to_owned());
    assert!(column("t", "a", "int").same_place(&column("t", "A", "varchar(20)")));
    assert!(!column("t", "a", "int").same_place(&column("u", "a", "int")));
    assert!(!column("t", "a", "int").same_place(&Change::ColumnDropped("t".to_owned(), "a".to_owned())));
}
