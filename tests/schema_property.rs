//! Random schemas and random sequences of operations give the same indexes and the same errors here and in the real server.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr, reason = "tests start programs")]

#[path = "support/database.rs"]
mod database;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Stdio;

use mandant::schema::apply::{Failure, Mode, execute};
use mandant::schema::sql::{Dialect, parse};
use mandant::schema::{Origin, Server};

/// Schemas that are tried.
const ROUNDS: usize = 300;
/// Operations on each.
const OPERATIONS: usize = 10;

/// `splitmix64`: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    fn is_rare(&mut self) -> bool {
        self.below(6) == 0
    }
}

const TABLES: &[&str] = &["one", "two", "three"];
const COLUMNS: &[&str] = &["id", "a", "b", "c", "d", "e"];
const NAMES: &[&str] = &["i1", "i2", "i3", "I1", "one_a_foreign", "two_b_foreign"];

fn column_type(random: &mut Random) -> &'static str {
    random.pick(&["bigint unsigned", "bigint unsigned", "int", "varchar(20)", "varchar(900)", "text", "date"])
}

fn columns(random: &mut Random) -> String {
    let count = 1 + random.below(3);
    let mut chosen: Vec<String> = Vec::new();
    for _ in 0..count {
        let column = random.pick(COLUMNS).to_owned();
        if !chosen.iter().any(|found| found.starts_with(&column)) || random.is_rare() {
            let suffix = if random.is_rare() { " desc" } else { "" };
            chosen.push(format!("{column}{suffix}"));
        }
    }
    chosen.join(", ")
}

fn create(random: &mut Random, table: &str) -> String {
    let mut items = vec!["id bigint unsigned not null auto_increment primary key".to_owned()];
    for column in &COLUMNS[1..4] {
        let null = random.pick(&["null", "not null"]);
        items.push(format!("{column} {} {null}", column_type(random)));
    }
    for name in ["i1", "i2"] {
        if random.below(2) == 0 {
            items.push(format!(
                "{} {name} ({})",
                random.pick(&["key", "key", "unique key"]),
                random.pick(&["a", "b", "a, b", "b, c", "c(5)"])
            ));
        }
    }
    format!("create table {table} ({})", items.join(", "))
}

fn operation(random: &mut Random) -> String {
    let table = random.pick(TABLES);
    let (name, other) = (random.pick(NAMES), random.pick(NAMES));
    let (column, second) = (random.pick(COLUMNS), random.pick(COLUMNS));
    let list = columns(random);
    match random.below(18) {
        0..=2 => format!("alter table {table} add index {name} ({list})"),
        3 => format!("alter table {table} add unique {name} ({list})"),
        4 => format!("alter table {table} add index ({list})"),
        5 => format!("alter table {table} drop index {name}"),
        6 => format!("alter table {table} rename index {name} to {other}"),
        7 => format!("alter table {table} add column {column} {} null", column_type(random)),
        8 => format!("alter table {table} drop column {column}"),
        9 => format!("alter table {table} rename column {column} to {second}"),
        10 => format!("alter table {table} modify {column} {} null", column_type(random)),
        11..=12 => {
            let to = random.pick(TABLES);
            let constraint = format!("{table}_{column}_foreign");
            format!("alter table {table} add constraint {constraint} foreign key ({column}) references {to} (id)")
        }
        13 => format!("alter table {table} drop foreign key {table}_{column}_foreign"),
        14 => format!("alter table {table} drop index {name}, add index {name} ({list})"),
        15 => format!("alter table {table} add index if not exists {name} ({list})"),
        16 => format!("create or replace index {name} on {table} ({list})"),
        _ => format!("alter table {table} add column e int null, add index {name} (e), add index {other} ({column}, e)"),
    }
}

/// Table, index, columns with lengths and directions.
type Indexes = BTreeMap<(String, String), String>;

/// The name of an index without its case. Of an index that is replaced by the same one, server 10.11.14 keeps the old spelling,
/// 10.11.19 takes the new one.
fn folded(name: &str) -> String {
    if name == "PRIMARY" { name.to_owned() } else { name.to_lowercase() }
}

fn own_indexes(server: &Server) -> Indexes {
    let mut found = Indexes::new();
    for table in server.database().unwrap().tables.values() {
        for index in &table.indexes {
            let part = |part: &mandant::schema::IndexPart| {
                let length = part.length.map(|length| format!("({length})")).unwrap_or_default();
                format!("{}{length}{}", part.column, if part.descending { " desc" } else { "" })
            };
            let columns: Vec<String> = index.parts.iter().map(part).collect();
            let kind = if index.kind.is_unique() { "unique" } else { "plain" };
            let text = format!("{kind} {} {}", index.index_type(), columns.join(","));
            found.insert((table.name.clone(), folded(&index.name)), text);
        }
    }
    found
}

struct Round {
    statements: Vec<String>,
    errors: Vec<Option<u16>>,
    indexes: Indexes,
}

fn own_round(seed: u64) -> Round {
    let mut random = Random(seed);
    let mut statements: Vec<String> = TABLES.iter().map(|table| create(&mut random, table)).collect();
    statements.extend((0..OPERATIONS).map(|_| operation(&mut random)));
    let mut server = Server::default();
    let mut errors = Vec::new();
    for sql in &statements {
        let statement = parse(sql, Dialect::default()).unwrap().unwrap();
        errors.push(match execute(&mut server, &statement, Origin::Unknown, Mode::Live) {
            Ok(_) => None,
            Err(Failure::Server(error)) => Some(error.errno),
            Err(Failure::Unknown(reason)) => panic!("{sql}: {reason}"),
        });
    }
    Round { indexes: own_indexes(&server), statements, errors }
}

/// What the server's client prints.
fn answer(server: &database::Server, arguments: &[&str], script: &str) -> (String, String) {
    let mut client = server.client();
    client.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = client.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let script = script.to_owned();
    let writer = std::thread::spawn(move || input.write_all(script.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn random_operations_give_the_same_indexes_as_the_server() {
    let Some(server) = database::Server::start() else { return };
    let rounds: Vec<Round> = (0..ROUNDS).map(|round| own_round(u64::try_from(round).unwrap() * 7919 + 1)).collect();
    let mut script = String::new();
    let mut places = BTreeMap::new();
    let mut line = 1;
    for (number, round) in rounds.iter().enumerate() {
        writeln!(script, "create database r{number}; use r{number};").unwrap();
        line += 1;
        for place in 0..round.statements.len() {
            writeln!(script, "{};", round.statements[place]).unwrap();
            places.insert(line, (number, place));
            line += 1;
        }
    }
    let (_, errors) = answer(&server, &["--force"], &script);
    let mut theirs: BTreeMap<(usize, usize), u16> = BTreeMap::new();
    for text in errors.lines().filter_map(|text| text.strip_prefix("ERROR ")) {
        let errno = text.split(' ').next().unwrap().parse().unwrap();
        let line: usize = text.split(" at line ").nth(1).unwrap().split(':').next().unwrap().parse().unwrap();
        theirs.insert(places[&line], errno);
    }
    let query = "select table_schema, table_name, index_name, if(non_unique, 'plain', 'unique'), index_type, group_concat(concat(column_name, \
                 if(sub_part is null, '', concat('(', sub_part, ')')), if(collation = 'D', ' desc', '')) order by seq_in_index separator ',') \
                 from information_schema.statistics where table_schema like 'r%' group by 1, 2, 3, 4, 5";
    let (rows, _) = answer(&server, &["--batch", "--skip-column-names"], query);
    let mut indexes: BTreeMap<usize, Indexes> = BTreeMap::new();
    for row in rows.lines() {
        let fields: Vec<&str> = row.split('\t').collect();
        let number = fields[0].trim_start_matches('r').parse().unwrap();
        let text = format!("{} {} {}", fields[3], fields[4], fields[5]);
        indexes.entry(number).or_default().insert((fields[1].to_owned(), folded(fields[2])), text);
    }
    let mut wrong = Vec::new();
    for (number, round) in rounds.iter().enumerate() {
        let errors: Vec<Option<u16>> = (0..round.statements.len()).map(|place| theirs.get(&(number, place)).copied()).collect();
        if errors == round.errors && indexes.get(&number).unwrap_or(&Indexes::new()) == &round.indexes {
            continue;
        }
        let told = round.statements.iter().zip(&round.errors).zip(&errors).map(|((sql, own), their)| {
            format!("  {} {sql}: {own:?}, the server {their:?}", if own == their { ' ' } else { '!' })
        });
        let told: Vec<String> = told.collect();
        wrong.push(format!(
            "round {number}\n{}\n  own    {:?}\n  server {:?}",
            told.join("\n"),
            round.indexes,
            indexes.get(&number)
        ));
    }
    eprintln!("{} of {ROUNDS} rounds agree", ROUNDS - wrong.len());
    assert!(
        wrong.is_empty(),
        "{} rounds differ:\n{}",
        wrong.len(),
        wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
}
