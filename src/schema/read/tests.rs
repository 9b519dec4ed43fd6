//! Dumps and listings, whole and broken.

use std::io::Cursor;

use super::*;
use crate::schema::RowFacts;

const HEAD: &str = "-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB\n--\n-- Host: localhost    Database: shop\n\
    -- Server version\t10.11.14-MariaDB\n/*!40101 SET NAMES utf8mb4 */;\n";
const TABLE: &str = "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `a` text,\n  PRIMARY KEY (`id`)\n);\n";
const END: &str = "-- Dump completed on 2026-11-23  5:00:00\n";

fn of(text: impl AsRef<[u8]>) -> Snapshot {
    read("x.sql", Cursor::new(text.as_ref().to_vec()), ReadOptions::default()).unwrap()
}

fn kinds(snapshot: &Snapshot) -> Vec<&ProblemKind> {
    snapshot.problems.iter().map(|problem| &problem.kind).collect()
}

fn pieces(text: &str, lines_are_whole: bool) -> Vec<(String, u64, bool, bool)> {
    let mut splitter = Splitter::new(Cursor::new(text.as_bytes().to_vec()));
    splitter.lines_are_whole = lines_are_whole;
    let mut found = Vec::new();
    while let Some(piece) = splitter.next(|head| !head.starts_with(b"INSERT")).unwrap() {
        found.push((String::from_utf8_lossy(piece.text).into_owned(), piece.line, piece.skipped, piece.unfinished));
    }
    found
}

#[test]
fn a_semicolon_in_a_text_ends_nothing() {
    let text = "select ';' , \"a;\\\";\", `b;`; -- no; end\n/* no; end */ # nor; here\nselect 2;\nDELIMITER ;;\nbegin; end;;\nDELIMITER ;\nselect 3";
    let found: Vec<String> = pieces(text, false).into_iter().map(|piece| piece.0).collect();
    assert_eq!(found.len(), 4);
    assert_eq!(found[0], "select ';' , \"a;\\\";\", `b;`");
    assert!(found[1].ends_with("select 2") && found[2] == "begin; end" && found[3] == "select 3");
}

#[test]
fn rows_are_passed_over_in_both_ways_alike() {
    let rows = "INSERT INTO `t` VALUES (1,'a;\\nb'),(2,'it''s; /* not */ -- a comment');\n";
    let many = format!("{TABLE}{rows}INSERT INTO `t` VALUES\n(3,'x'),\n(4,'y;');\n\nCREATE TABLE `u` (`id` int);\n");
    let (careful, by_lines) = (pieces(&many, false), pieces(&many, true));
    assert_eq!(careful.len(), 4);
    let brief = |pieces: &[(String, u64, bool, bool)]| -> Vec<(u64, bool, bool)> {
        pieces.iter().map(|(_, line, skipped, unfinished)| (*line, *skipped, *unfinished)).collect()
    };
    assert_eq!(brief(&careful), brief(&by_lines));
    assert_eq!(by_lines[3].0, "CREATE TABLE `u` (`id` int)");
    assert_eq!((by_lines[1].1, by_lines[2].1, by_lines[3].1), (6, 7, 11));
}

#[test]
fn a_line_longer_than_the_buffer_is_passed_over() {
    let row = format!("({},'{}')", 7, "x;".repeat(500));
    let long = vec![row; 2_000].join(",");
    let text = format!(
        "{HEAD}{TABLE}INSERT INTO `t` VALUES {long};\nINSERT INTO `t` VALUES {long};\nCREATE TABLE `u` (`id` int);\n{END}"
    );
    let snapshot = of(&text);
    assert_eq!(snapshot.problems, []);
    assert_eq!(snapshot.data.values().copied().collect::<Vec<_>>(), [2]);
    assert_eq!(snapshot.bytes, text.len() as u64);
    let tables = &snapshot.server.database().unwrap().tables;
    assert_eq!(tables.get("t").unwrap().rows, RowFacts::AtLeast(2));
    assert_eq!(tables.get("u").unwrap().origin, crate::schema::Origin::Snapshot(0, 13));
}

#[test]
fn what_was_added_behind_the_end_is_read_with_care() {
    let text = format!(
        "{HEAD}{TABLE}{END}INSERT INTO `t` VALUES (1,'a);\nDROP TABLE `t`;\n');\nALTER TABLE `t` ADD INDEX `t_a` (`a`(10));\n"
    );
    let snapshot = of(&text);
    assert_eq!(snapshot.problems, []);
    assert!(snapshot.server.table(None, "t").unwrap().index("t_a").is_some());
}

#[test]
fn a_cut_dump_is_told() {
    assert_eq!(kinds(&of(format!("{HEAD}{TABLE}{END}"))), Vec::<&ProblemKind>::new());
    for cut in [
        format!("{HEAD}{TABLE}"),
        format!("{HEAD}{TABLE}INSERT INTO `t` VALUES (1,'a'),(2,'b"),
        format!("{HEAD}{TABLE}INSERT INTO `t` VALUES (1,'a'),(2,'b')"),
        format!("{HEAD}CREATE TABLE `t` (\n  `id` int NOT NULL,\n"),
        "CREATE TABLE `t` (\n  `id` int NOT NULL,\n".to_owned(),
        String::new(),
    ] {
        assert!(kinds(&of(&cut)).contains(&&ProblemKind::Truncated), "{cut}");
    }
}

#[test]
fn encodings_that_are_not_utf8_are_told() {
    let mut latin = format!("{HEAD}CREATE TABLE `t` (`id` int COMMENT 'gr").into_bytes();
    latin.push(0xfc);
    latin.extend_from_slice(format!("n');\n{END}").as_bytes());
    let snapshot = of(&latin);
    assert_eq!(kinds(&snapshot), [&ProblemKind::Encoding]);
    assert!(snapshot.server.table(None, "t").is_some());
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(TABLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(kinds(&of(&wide)), [&ProblemKind::Utf16]);
    let marked = format!("\u{feff}{TABLE}");
    assert_eq!(of(&marked).problems, []);
    assert!(of(&marked).server.table(None, "t").is_some());
}

#[test]
fn a_damaged_archive_is_told() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(format!("{HEAD}{TABLE}{END}").as_bytes()).unwrap();
    let whole = encoder.finish().unwrap();
    assert_eq!(of(&whole).problems, []);
    let cut = of(&whole[..whole.len() - 20]);
    assert!(cut.problems.iter().any(|problem| matches!(problem.kind, ProblemKind::Compression { .. } | ProblemKind::Truncated)));
}

#[test]
fn a_statement_that_cannot_be_read_is_told_and_loses_no_other() {
    let snapshot = of(format!("CREATE TABLE `odd` (`id` int, FROBNICATE);\n{TABLE}"));
    assert!(matches!(kinds(&snapshot)[..], [ProblemKind::Unreadable { .. }]), "{:?}", snapshot.problems);
    assert!(snapshot.server.table(None, "t").is_some());
}

#[test]
fn listings_give_indexes() {
    let text = "Table\tNon_unique\tKey_name\tSeq_in_index\tColumn_name\tCollation\tSub_part\tNull\tIndex_type\n\
        t\t0\tPRIMARY\t1\tid\tA\tNULL\t\tBTREE\nt\t1\tt_a\t1\ta\tA\t10\tYES\tBTREE\nt\t1\tt_a\t2\tid\tA\tNULL\t\tBTREE\n";
    let snapshot = of(text);
    assert_eq!((snapshot.kind, snapshot.problems.len()), (SnapshotKind::Listing, 0));
    let table = snapshot.server.table(None, "t").unwrap();
    let index = table.index("t_a").unwrap();
    assert_eq!(index.columns().collect::<Vec<_>>(), ["a", "id"]);
    assert_eq!(index.parts[0].length, Some(10));
}

#[test]
fn rows_of_the_migrations_table_are_kept() {
    let text = "CREATE TABLE `app_migrations` (`id` int, `migration` varchar(255), `batch` int);\n\
        INSERT INTO `app_migrations` VALUES (1,'2026_01_01_000000_a',1),(2,'it''s',1);\n";
    let snapshot = of(text);
    let names: Vec<&String> = snapshot.migrations.values().flatten().collect();
    assert_eq!(names, ["2026_01_01_000000_a", "it's"]);
}
