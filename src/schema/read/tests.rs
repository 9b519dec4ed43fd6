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

/// Text, line, whether it was skipped, whether it is unfinished.
type Pieces = Vec<(String, u64, bool, bool)>;

fn pieces_of(mut splitter: Splitter<Cursor<Vec<u8>>>) -> Pieces {
    let mut found = Vec::new();
    while let Some(piece) = splitter.next(|head| !head.starts_with(b"INSERT")).unwrap() {
        found.push((String::from_utf8_lossy(piece.text).into_owned(), piece.line, piece.skipped, piece.unfinished));
    }
    found
}

fn pieces(text: &str, rows_are_plain: bool) -> Pieces {
    let mut splitter = Splitter::new(Cursor::new(text.as_bytes().to_vec()));
    splitter.rows_are_plain = rows_are_plain;
    pieces_of(splitter)
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
    let found = pieces(&many, true);
    assert_eq!(pieces(&many, false), found);
    assert_eq!(found[3].0, "CREATE TABLE `u` (`id` int)");
    assert_eq!(found.iter().map(|piece| piece.1).collect::<Vec<_>>(), [1, 6, 7, 11]);
}

/// Values, most of which dump programs write.
fn value() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let sign = prop_oneof![
        20 => "[a-z ();,`#-]",
        5 => prop::sample::select(vec!["\\'", "\\\"", "\\\\", "\\n", "\\r", "''", ");", "),(", "/*", "--"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["\n", "\r\n", "\"", ");\n", "),\n(", ";\nINSERT INTO t VALUES (1);\n"]).prop_map(str::to_owned),
    ];
    prop_oneof![
        1 => prop::sample::select(vec!["NULL", "-1.5e3", "0x00FF", "_binary ''"]).prop_map(str::to_owned),
        3 => prop::collection::vec(sign, 0..12).prop_map(|signs| format!("'{}'", signs.concat())),
    ]
}

/// Statements of a dump, now and then one that no dump program writes, but no comments among rows.
fn statement() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let row = prop::collection::vec(value(), 1..4).prop_map(|values| format!("({})", values.join(",")));
    let head = prop::sample::select(vec![
        "INSERT INTO `t` VALUES ",
        "INSERT INTO `t` VALUES\n",
        "INSERT INTO `t` (`a`, `b`) VALUES (1,2),\n",
        "INSERT INTO `t`\n(`a`) VALUES ",
        "INSERT INTO `it's` VALUES ",
        "INSERT INTO `a;b` VALUES ",
        "INSERT INTO `t` SELECT ",
    ]);
    let between = prop::sample::select(vec![",", ",", ",\n", ",\r\n", ",\n\n", ", "]);
    let end = prop::sample::select(vec![
        ");\n",
        ");\n",
        ");\n",
        ");\r\n",
        ");\n\n",
        ");",
        ")\n;\n",
        ") ON DUPLICATE KEY UPDATE `a` = 1;\n",
        ")",
    ]);
    let rows = (head, prop::collection::vec(row, 1..8), between, end).prop_map(|(head, rows, between, end)| {
        let rows = rows.join(between);
        format!("{head}{}{end}", rows.strip_suffix(')').unwrap_or(&rows))
    });
    let others = prop::sample::select(vec![
        "/*!40000 ALTER TABLE `t` ENABLE KEYS */;\n",
        "UNLOCK TABLES;\n",
        "--\n-- Table `it's`\n--\n\n",
        "CREATE TABLE `u` (`id` int COMMENT 'a;b');\n",
        "select 1;\n",
        "\n",
    ]);
    prop_oneof![4 => rows, 1 => others.prop_map(str::to_owned)]
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn rows_are_passed_over_as_they_are_scanned(
        statements in proptest::collection::vec(statement(), 0..8), cut in 0usize..400, block in 1usize..300
    ) {
        let mut text = statements.concat();
        if cut < text.len() && cut % 4 == 0 && text.is_char_boundary(cut) {
            text.truncate(cut);
        }
        let mut quick = Splitter::with_block(Cursor::new(text.clone().into_bytes()), block);
        quick.rows_are_plain = true;
        proptest::prop_assert_eq!(pieces_of(quick), pieces(&text, false), "{}", text);
    }
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
fn a_line_that_no_program_wrote_is_read_with_care() {
    let rows = "INSERT INTO `t` VALUES (1,'a'),\n(2,'it\\'s;\\nb');\n";
    let odd = "INSERT INTO `t` VALUES (3,'a\nDROP TABLE `u`;\nINSERT INTO `u` VALUES (1);\n');\n";
    for (before, count) in [(String::new(), 1), (rows.repeat(3), 4), (rows.repeat(10_000), 10_001)] {
        let text = format!("{HEAD}{TABLE}CREATE TABLE `u` (`id` int);\n{before}{odd}CREATE TABLE `v` (`id` int);\n{END}");
        let lines = text.lines().count() as u64;
        let snapshot = of(&text);
        assert_eq!(snapshot.problems, []);
        assert_eq!(snapshot.data.values().copied().collect::<Vec<_>>(), [count], "{lines} lines");
        assert!(snapshot.server.table(None, "u").is_some());
        let origin = &snapshot.server.table(None, "v").unwrap().origin;
        assert_eq!(*origin, crate::schema::Origin::Snapshot(0, lines - 1));
    }
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
