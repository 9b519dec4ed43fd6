//! Snapshots: from the bytes of a file to a [`Server`].

mod dump;
mod listing;
mod rows;
mod rows_of_dumps;
mod splitter;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, Read};

pub use rows::{Duplicates, UniqueCheck, check_uniques};
pub use splitter::{Piece, Splitter};

use super::Server;

/// Something in a snapshot that could not be used; nothing is passed over in silence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line on which the statement begins.
    pub line: u64,
    /// What it is.
    pub kind: ProblemKind,
}

/// Kinds of problems.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A statement that is not understood: what was expected, and the table, if it is known.
    Unreadable {
        /// What was expected.
        expected: String,
        /// What it begins with.
        statement: String,
    },
    /// A statement that the server refuses.
    Refused {
        /// The server's words.
        message: String,
    },
    /// The file ends inside a statement, or without the line that a complete dump ends with.
    Truncated,
    /// Bytes that are no UTF-8.
    Encoding,
    /// UTF-16, of which nothing was read.
    Utf16,
    /// A statement of more bytes than are kept.
    TooLong,
    /// The compressed stream is damaged.
    Compression {
        /// What the decoder says.
        message: String,
    },
    /// A listing without the columns that name table, index and column.
    Columns {
        /// What is missing.
        missing: String,
    },
}

/// What wrote a snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotKind {
    /// Statements.
    #[default]
    Dump,
    /// The output of `SHOW INDEX` or of `information_schema.STATISTICS`: indexes only.
    Listing,
}

/// What a snapshot says.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Its name in messages.
    pub name: String,
    /// What it is.
    pub kind: SnapshotKind,
    /// The schema.
    pub server: Server,
    /// The names in each table that may be the migrations table, by database and table, in order.
    pub migrations: BTreeMap<(String, String), Vec<String>>,
    /// Tables whose columns are a migrations table's.
    pub migration_tables: BTreeSet<(String, String)>,
    /// The server's version as the dump's head tells it.
    pub server_version: Option<String>,
    /// The database as the dump's head tells it.
    pub header_database: Option<String>,
    /// Tables with data, and the number of `INSERT` statements.
    pub data: BTreeMap<(String, String), u64>,
    /// Bytes read, decompressed.
    pub bytes: u64,
    /// What could not be used.
    pub problems: Vec<Problem>,
}

/// How a snapshot is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Number of the snapshot, for origins.
    pub number: u32,
}

/// Reads a snapshot: a dump or a listing, compressed or not.
///
/// # Errors
/// Where the input cannot be read at all.
pub fn read(name: &str, input: impl Read + 'static, options: ReadOptions) -> io::Result<Snapshot> {
    let mut input = decompressed(input)?;
    let head = input.fill_buf()?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        let problems = vec![Problem { line: 1, kind: ProblemKind::Utf16 }];
        return Ok(Snapshot { name: name.to_owned(), problems, ..Snapshot::default() });
    }
    let kind = if listing::looks_like_listing(head) { SnapshotKind::Listing } else { SnapshotKind::Dump };
    let mut snapshot = Snapshot { name: name.to_owned(), kind, ..Snapshot::default() };
    match kind {
        SnapshotKind::Listing => listing::read(input, &mut snapshot, options)?,
        SnapshotKind::Dump => dump::read(input, &mut snapshot, options)?,
    }
    snapshot.problems.sort();
    Ok(snapshot)
}

/// The plain bytes of a file that may be compressed with gzip.
pub(crate) fn decompressed(input: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut input = io::BufReader::with_capacity(1 << 16, input);
    if input.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(io::BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(input))));
    }
    Ok(Box::new(input))
}

#[cfg(test)]
mod tests;
