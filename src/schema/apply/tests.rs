//! Statements on a server: what it refuses, and what it leaves.

use super::*;
use crate::schema::sql::{Dialect, parse};

fn run(server: &mut Server, sql: &str) -> Result<Vec<Demand>, Failure> {
    let statement = parse(sql, Dialect::default()).unwrap().unwrap();
    execute(server, &statement, Origin::Unknown, Mode::Live)
}

fn server(statements: &[&str]) -> Server {
    let mut server = Server::default();
    for sql in statements {
        run(&mut server, sql).unwrap_or_else(|failure| panic!("{sql}: {failure:?}"));
    }
    server
}

fn errno(server: &mut Server, sql: &str) -> u16 {
    match run(server, sql) {
        Err(Failure::Server(error)) => error.errno,
        other => panic!("{sql}: {other:?}"),
    }
}

const USERS: &str =
    "create table users (id bigint unsigned not null auto_increment primary key, name varchar(255), email varchar(255))";

#[test]
fn a_refused_statement_changes_nothing() {
    let mut server = server(&[USERS]);
    let before = server.clone();
    assert_eq!(errno(&mut server, "alter table users add column level int, add index i (missing)"), 1072);
    assert_eq!(server, before);
}

#[test]
fn names_are_taken_in_any_case() {
    let mut server = server(&[USERS, "alter table users add index Name_Index (name)"]);
    assert_eq!(errno(&mut server, "alter table users add index name_index (email)"), 1061);
    assert_eq!(errno(&mut server, "alter table users add NAME int"), 1060);
    assert_eq!(errno(&mut server, "create table users (id int)"), 1050);
}

#[test]
fn the_index_of_a_foreign_key_is_needed() {
    let mut server = server(&[
        USERS,
        "create table posts (id int primary key, user_id bigint unsigned)",
        "alter table posts add constraint posts_user foreign key (user_id) references users (id)",
    ]);
    assert!(server.table(None, "posts").unwrap().index("posts_user").is_some_and(|index| index.implicit));
    assert_eq!(errno(&mut server, "alter table posts drop index posts_user"), 1553);
    assert_eq!(errno(&mut server, "drop table users"), 1451);
    run(&mut server, "alter table posts add index both (user_id, id)").unwrap();
    assert!(server.table(None, "posts").unwrap().index("posts_user").is_none(), "the server drops the one that it made");
}

#[test]
fn a_dropped_column_leaves_the_rest_of_its_index() {
    let mut server = server(&[USERS, "alter table users add index i (name, email)", "alter table users drop column name"]);
    assert_eq!(server.table(None, "users").unwrap().index("i").unwrap().columns().collect::<Vec<_>>(), ["email"]);
    run(&mut server, "alter table users drop column email").unwrap();
    assert!(server.table(None, "users").unwrap().index("i").is_none());
}

#[test]
fn a_unique_asks_for_the_rows() {
    let mut server = server(&[USERS]);
    assert_eq!(run(&mut server.clone(), "alter table users add unique u (email)").unwrap(), [], "a new table has no rows");
    run(&mut server, "insert into users values (1, 'a', 'b')").unwrap();
    let demands = run(&mut server, "alter table users add unique u (email)").unwrap();
    assert!(matches!(&demands[..], [Demand::NoDuplicates { columns, .. }] if columns == &["email"]));
}

#[test]
fn copies_share_what_they_have_in_common() {
    let mut server = server(&[USERS, "create table posts (id int)"]);
    let before = server.clone();
    run(&mut server, "alter table posts add title varchar(40)").unwrap();
    let tables = |server: &Server| server.database().unwrap().tables.clone();
    assert_eq!(tables(&before).differing(&tables(&server)), ["posts"]);
    assert!(before.table(None, "posts").unwrap().column("title").is_none());
}
