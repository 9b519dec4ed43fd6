//! Tables, columns, indexes and foreign keys, as the server holds them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Tables;

/// What a definition comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A statement of a snapshot: number of the snapshot and line.
    Snapshot(u32, u64),
    /// A migration, by its position among those that were evaluated.
    Migration(u32),
    /// Nothing says.
    #[default]
    Unknown,
}

/// The type of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DataType {
    /// The type's name in lower case: `varchar`, `bigint`.
    pub name: String,
    /// What stands in the parentheses: numbers, or the values of an `enum`.
    pub arguments: Vec<String>,
    /// `unsigned`
    pub unsigned: bool,
    /// `zerofill`
    pub zerofill: bool,
    /// `character set`
    pub charset: Option<String>,
    /// `collate`
    pub collation: Option<String>,
}

impl DataType {
    /// `varchar(32)`, `bigint(20) unsigned`, as `information_schema` prints it.
    #[must_use]
    pub fn display(&self) -> String {
        let mut text = self.name.clone();
        let arguments = match self.name.as_str() {
            "enum" | "set" => self.arguments.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect(),
            _ => self.arguments.clone(),
        };
        if !arguments.is_empty() {
            text.push('(');
            text.push_str(&arguments.join(","));
            text.push(')');
        }
        if self.unsigned {
            text.push_str(" unsigned");
        }
        if self.zerofill {
            text.push_str(" zerofill");
        }
        text
    }

    /// A type of text that is compared by a collation.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.name.as_str(), "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set")
    }

    /// A type whose values lie outside the row, so that an index needs a length.
    #[must_use]
    pub fn is_blob(&self) -> bool {
        matches!(
            self.name.as_str(),
            "tinytext" | "text" | "mediumtext" | "longtext" | "tinyblob" | "blob" | "mediumblob" | "longblob"
        )
    }

    /// A geometry.
    #[must_use]
    pub fn is_spatial(&self) -> bool {
        matches!(
            self.name.as_str(),
            "geometry"
                | "point"
                | "linestring"
                | "polygon"
                | "multipoint"
                | "multilinestring"
                | "multipolygon"
                | "geometrycollection"
        )
    }

    /// The first number in the parentheses.
    #[must_use]
    pub fn length(&self) -> Option<u32> {
        self.arguments.first()?.trim().parse().ok()
    }
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Takes null.
    pub nullable: bool,
    /// The default as text; `None` where there is none.
    pub default: Option<String>,
    /// `auto_increment`
    pub auto_increment: bool,
    /// The expression of a generated column.
    pub generated: Option<String>,
    /// Kept in the row, where it is generated.
    pub stored: bool,
    /// `comment`
    pub comment: Option<String>,
    /// Where it was defined.
    pub origin: Origin,
}

/// The kind of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexKind {
    /// `PRIMARY KEY`
    Primary,
    /// `UNIQUE KEY`
    Unique,
    /// `KEY`
    Plain,
    /// `FULLTEXT KEY`
    Fulltext,
    /// `SPATIAL KEY`
    Spatial,
}

impl IndexKind {
    /// A constraint on the rows.
    #[must_use]
    pub const fn is_unique(self) -> bool {
        matches!(self, Self::Primary | Self::Unique)
    }
}

/// A column of an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexPart {
    /// The column, spelt as the table spells it.
    pub column: String,
    /// Only so many characters of it.
    pub length: Option<u32>,
    /// `DESC`
    pub descending: bool,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Index {
    /// Its name; `PRIMARY` for the primary key.
    pub name: String,
    /// Its kind.
    pub kind: IndexKind,
    /// Its columns in order.
    pub parts: Vec<IndexPart>,
    /// `HASH` for a unique over a text without a length; nothing: the kind decides.
    pub algorithm: Option<String>,
    /// The optimizer does not use it.
    pub ignored: bool,
    /// Made by a foreign key for itself; dropped silently as soon as another index covers it.
    pub implicit: bool,
    /// `WITHOUT OVERLAPS`: the period it ends with.
    pub without_overlaps: Option<String>,
    /// Where it was defined.
    pub origin: Origin,
}

impl Index {
    /// `BTREE`, `HASH`, `FULLTEXT` or `SPATIAL`.
    #[must_use]
    pub fn index_type(&self) -> &str {
        match (self.kind, &self.algorithm) {
            (IndexKind::Fulltext, _) => "FULLTEXT",
            (IndexKind::Spatial, _) => "SPATIAL",
            (_, Some(algorithm)) => algorithm,
            (_, None) => "BTREE",
        }
    }

    /// The names of its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.column.as_str())
    }

    /// True where its first columns are these, in any order of the same set.
    #[must_use]
    pub fn leads_with(&self, columns: &[String]) -> bool {
        columns.len() <= self.parts.len()
            && self.parts.iter().zip(columns).all(|(part, column)| same_name(&part.column, column) && part.length.is_none())
    }
}

/// In one line: `unique customers_email_unique (email)`
impl fmt::Display for Index {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            IndexKind::Primary => write!(out, "primary (")?,
            IndexKind::Unique => write!(out, "unique {} (", self.name)?,
            IndexKind::Plain => write!(out, "index {} (", self.name)?,
            IndexKind::Fulltext => write!(out, "fulltext {} (", self.name)?,
            IndexKind::Spatial => write!(out, "spatial {} (", self.name)?,
        }
        for (place, part) in self.parts.iter().enumerate() {
            write!(out, "{}{}", if place == 0 { "" } else { ", " }, part.column)?;
            part.length.map_or(Ok(()), |length| write!(out, "({length})"))?;
            out.write_str(if part.descending { " desc" } else { "" })?;
        }
        out.write_str(")")
    }
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The database of the other table, where it is another one.
    pub database: Option<String>,
    /// The other table.
    pub table: String,
    /// Columns of the other table.
    pub references: Vec<String>,
    /// `on delete`, in lower case.
    pub on_delete: Option<String>,
    /// `on update`, in lower case.
    pub on_update: Option<String>,
    /// Where it was defined.
    pub origin: Origin,
}

/// What a dump tells of the rows of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RowFacts {
    /// The dump holds no data.
    #[default]
    Unknown,
    /// The table is empty: it was created here, or the dump holds data of other tables and none of this one.
    Empty,
    /// So many rows at least, from the dump.
    AtLeast(u64),
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Table {
    /// Its name, spelt as it was created.
    pub name: String,
    /// Its columns in order.
    pub columns: Vec<Column>,
    /// Its indexes in order.
    pub indexes: Vec<Index>,
    /// Its foreign keys in order.
    pub foreign_keys: Vec<ForeignKey>,
    /// Names of its `CHECK` constraints.
    pub checks: Vec<String>,
    /// Names of its periods, with the two columns.
    pub periods: Vec<(String, String, String)>,
    /// `ENGINE`, in lower case.
    pub engine: Option<String>,
    /// `ROW_FORMAT`, in lower case.
    pub row_format: Option<String>,
    /// `DEFAULT CHARSET`
    pub charset: Option<String>,
    /// `COLLATE`
    pub collation: Option<String>,
    /// The columns that partitions depend on; none for a table without partitions.
    pub partition_columns: Option<Vec<String>>,
    /// Gone when the session ends.
    pub temporary: bool,
    /// What is known of its rows.
    pub rows: RowFacts,
    /// Where it was created.
    pub origin: Origin,
}

impl Table {
    /// The column of a name, in any case.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| same_name(&column.name, name))
    }

    /// The index of a name, in any case.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| same_name(&index.name, name))
    }

    /// The primary key.
    #[must_use]
    pub fn primary(&self) -> Option<&Index> {
        self.indexes.iter().find(|index| index.kind == IndexKind::Primary)
    }

    /// Bytes that one character of a column takes in an index at most.
    #[must_use]
    pub fn bytes_per_character(&self, column: &Column) -> u32 {
        if !column.data_type.is_text() {
            return 1;
        }
        let charset = column.data_type.charset.as_deref().or(self.charset.as_deref());
        let collation = column.data_type.collation.as_deref().or(self.collation.as_deref());
        let of = charset.or_else(|| collation.and_then(|name| name.split('_').next())).unwrap_or("utf8mb4");
        match of.to_ascii_lowercase().as_str() {
            "latin1" | "ascii" | "binary" | "latin2" | "latin5" | "latin7" | "cp1250" | "cp1251" | "cp1252" | "koi8r" => 1,
            "ucs2" | "gbk" | "big5" | "sjis" => 2,
            "utf8" | "utf8mb3" => 3,
            _ => 4,
        }
    }
}

/// A database of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Database {
    /// Tables by name. Names of tables depend on their case, as on Linux.
    pub tables: Tables,
    /// Views.
    pub views: BTreeSet<String>,
    /// Sequences.
    pub sequences: BTreeSet<String>,
}

/// A server: databases, and the state of the session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// Databases by name. The one of the connection may have no name: the empty text.
    pub databases: BTreeMap<String, Database>,
    /// The database of unqualified names.
    pub current: String,
    /// `FOREIGN_KEY_CHECKS`
    pub foreign_key_checks: bool,
    /// `ANSI_QUOTES` is in `sql_mode`.
    pub ansi_quotes: bool,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            databases: BTreeMap::from([(String::new(), Database::default())]),
            current: String::new(),
            foreign_key_checks: true,
            ansi_quotes: false,
        }
    }
}

impl Server {
    /// The database of the connection.
    #[must_use]
    pub fn database(&self) -> Option<&Database> {
        self.databases.get(&self.current)
    }

    /// A table of the connection's database, or of another one.
    #[must_use]
    pub fn table(&self, database: Option<&str>, name: &str) -> Option<&Table> {
        self.databases.get(database.unwrap_or(&self.current))?.tables.get(name)
    }
}

/// Names of columns, indexes and constraints do not depend on their case.
#[must_use]
pub fn same_name(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left == right || (left.chars().flat_map(char::to_lowercase).eq(right.chars().flat_map(char::to_lowercase)))
}
