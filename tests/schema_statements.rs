//! Each statement of `tests/oracle/statements.sql`, one after another, gives the same error here and in the real server.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, reason = "tests start programs and read files")]

#[path = "support/database.rs"]
mod database;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use mandant::schema::apply::{Failure, Mode, execute};
use mandant::schema::sql::{Dialect, parse};
use mandant::schema::{Origin, Server};

/// The numbers of errors by line, as the server's client prints them.
fn errors_of_server(server: &database::Server, script: &Path) -> BTreeMap<usize, u16> {
    assert!(server.client().args(["--execute", "create database x"]).status().unwrap().success());
    let mut client = server.client();
    client.args(["--force", "x"]).stdin(fs::File::open(script).unwrap()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = client.output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let errors = text.lines().filter_map(|line| line.strip_prefix("ERROR "));
    errors
        .map(|error| {
            let line = error.split(" at line ").nth(1).unwrap().split(':').next().unwrap();
            (line.parse().unwrap(), error.split(' ').next().unwrap().parse().unwrap())
        })
        .collect()
}

/// The number of the error that the evaluator gives.
fn own_error(server: &mut Server, sql: &str) -> Option<u16> {
    let Ok(statement) = parse(sql, Dialect::default()) else { return Some(1064) };
    match execute(server, &statement.unwrap(), Origin::Unknown, Mode::Live) {
        Ok(_) => None,
        Err(Failure::Server(error)) => Some(error.errno),
        Err(Failure::Unknown(reason)) => panic!("{sql}: {reason}"),
    }
}

#[test]
fn each_statement_gives_the_error_of_the_server() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/statements.sql");
    let Some(server) = database::Server::start() else { return };
    let theirs = errors_of_server(&server, &script);
    let mut own = Server::default();
    let mut wrong = Vec::new();
    let text = fs::read_to_string(&script).unwrap();
    for (place, sql) in text.lines().enumerate() {
        let (error, their) = (own_error(&mut own, sql), theirs.get(&(place + 1)).copied());
        if error != their {
            wrong.push(format!("line {}: {sql}: {error:?}, the server {their:?}", place + 1));
        }
    }
    eprintln!("{} statements, {} of which are refused", text.lines().count(), theirs.len());
    assert!(theirs.len() > 80, "the server refuses too few");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
