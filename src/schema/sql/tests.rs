//! Statements that dumps and migrations hold.

use super::*;
use crate::schema::IndexKind;

fn one(text: &str) -> Statement {
    parse(text, Dialect::default()).unwrap_or_else(|error| panic!("{text}: {error:?}")).unwrap()
}

fn operations(text: &str) -> Vec<AlterOperation> {
    let Statement::AlterTable(_, operations, _) = one(text) else { panic!("{text} is no ALTER TABLE") };
    operations
}

#[test]
fn keys_in_all_their_forms() {
    let names = |text: &str| -> Vec<(Option<String>, IndexKind, bool)> {
        let keys = operations(text).into_iter().map(|operation| match operation {
            AlterOperation::AddKey(key) => (key.name, key.kind, key.if_not_exists),
            other => panic!("{other:?}"),
        });
        keys.collect()
    };
    let key = |name: &str, kind, optional| (Some(name.to_owned()), kind, optional);
    assert_eq!(names("ALTER TABLE t ADD INDEX IF NOT EXISTS i (a)"), [key("i", IndexKind::Plain, true)]);
    assert_eq!(
        names("create or replace unique index `i` on `t` (`a` desc, b(10)) using hash"),
        [key("i", IndexKind::Unique, false)]
    );
    assert_eq!(
        names(
            "ALTER TABLE t ADD UNIQUE KEY (a), ADD FULLTEXT f (b) WITH PARSER ngram, ADD SPATIAL INDEX s (c), ADD PRIMARY KEY (id)"
        ),
        [
            (None, IndexKind::Unique, false),
            key("f", IndexKind::Fulltext, false),
            key("s", IndexKind::Spatial, false),
            (None, IndexKind::Primary, false),
        ]
    );
}

#[test]
fn drops_and_renames_in_all_their_forms() {
    let found = operations(
        "alter table t drop key if exists `i`, drop primary key, rename index a to b, drop foreign key f, drop c, rename column x to y",
    );
    assert!(matches!(
        &found[..],
        [
            AlterOperation::DropKey(_, true),
            AlterOperation::DropPrimary,
            AlterOperation::RenameKey(..),
            AlterOperation::DropForeign(_, false),
            AlterOperation::DropColumn(_, false),
            AlterOperation::RenameColumn(..),
        ]
    ));
}

#[test]
fn odd_options_lose_no_index() {
    let Statement::CreateTable(create) = one(
        "CREATE TABLE `t` (`id` int NOT NULL, `x` varchar(20) COMMENT 'a, KEY `no` (`id`)', KEY `i` (`x`) USING BTREE COMMENT 'k' KEY_BLOCK_SIZE=4, \
         CONSTRAINT `c` CHECK (`x` <> ',')) ENGINE=Aria PAGE_CHECKSUM=1 TRANSACTIONAL=0 WITH SYSTEM VERSIONING PARTITION BY HASH (`id`) PARTITIONS 4",
    ) else {
        panic!("no CREATE TABLE")
    };
    let keys = create.items.iter().filter(|item| matches!(item, TableItem::Key(_))).count();
    let columns = create.items.iter().filter(|item| matches!(item, TableItem::Column(_))).count();
    assert_eq!((columns, keys), (2, 1));
}

#[test]
fn a_syntax_error_is_placed() {
    let error = parse("alter table `t` add index `i` (`a`", Dialect::default()).unwrap_err();
    assert!(!error.expected.is_empty());
    let error = parse("create index i on t a)", Dialect::default()).unwrap_err();
    assert_eq!(error.near, "a)");
}
