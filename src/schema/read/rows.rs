//! The rows of a dump, looked at once more where a new unique needs it.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};

use super::Splitter;
use crate::schema::sql::{RowReader, insert_target};
use crate::schema::{Table, same_name};

/// Hashes that are kept at once; a table of more rows is read in parts.
const MAX_HASHES: usize = 2 << 20;

/// A unique that a migration adds: the table as the snapshot has it, and the columns.
#[derive(Clone, Debug)]
pub struct UniqueCheck<'t> {
    /// The database in the dump.
    pub database: String,
    /// The table as it is in the dump.
    pub table: &'t Table,
    /// The columns of the unique.
    pub columns: Vec<String>,
}

/// Whether rows of a dump collide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// No two rows are equal in the columns.
    None,
    /// Two rows are.
    Found,
    /// The rows do not tell: a column is not in the dump.
    Unknown,
}

/// Looks for rows that are equal in the columns of a unique. `open` gives the stream again for each part.
///
/// # Errors
/// Where the dump cannot be read again.
pub fn check_uniques<R: Read + 'static>(
    checks: &[UniqueCheck<'_>],
    mut open: impl FnMut() -> io::Result<R>,
) -> io::Result<Vec<Duplicates>> {
    let mut results = vec![Duplicates::None; checks.len()];
    for (check, result) in checks.iter().zip(&mut results) {
        let mut parts: u64 = 1;
        let mut part: u64 = 0;
        while part < parts {
            let mut pass = Pass { check, seen: HashSet::new(), parts, part, is_full: false, result: Duplicates::None };
            pass.run(&mut open)?;
            if pass.is_full {
                // Too many rows for one pass: all of them again, in more parts.
                parts *= 8;
                part = 0;
                continue;
            }
            if pass.result != Duplicates::None {
                *result = pass.result;
                break;
            }
            part += 1;
        }
    }
    Ok(results)
}

struct Pass<'c> {
    check: &'c UniqueCheck<'c>,
    seen: HashSet<[u8; 16]>,
    parts: u64,
    part: u64,
    is_full: bool,
    result: Duplicates,
}

impl Pass<'_> {
    fn run<R: Read + 'static>(&mut self, open: &mut impl FnMut() -> io::Result<R>) -> io::Result<()> {
        let name = self.check.table.name.clone();
        let mut splitter = Splitter::new(super::decompressed(open()?)?);
        let mut current = String::new();
        let is_target = |head: &[u8]| insert_target(head).is_some_and(|target| target.name == name) || is_use(head).is_some();
        while let Some(piece) = splitter.next(is_target)? {
            if let Some(database) = is_use(piece.text) {
                current = database;
                continue;
            }
            let Some(target) = insert_target(piece.text).filter(|target| !piece.skipped && target.name == name) else { continue };
            if target.database.as_deref().unwrap_or(&current) == self.check.database && !self.statement(piece.text) {
                break;
            }
        }
        Ok(())
    }

    /// False where the answer is known.
    fn statement(&mut self, text: &[u8]) -> bool {
        let mut rows = RowReader::new(text);
        let names: Vec<String> = match rows.columns() {
            Some(columns) => columns.to_vec(),
            None => self.check.table.columns.iter().map(|column| column.name.clone()).collect(),
        };
        let places: Vec<Option<usize>> =
            self.check.columns.iter().map(|column| names.iter().position(|name| same_name(name, column))).collect();
        let Some(places) = places.into_iter().collect::<Option<Vec<usize>>>() else {
            self.result = Duplicates::Unknown;
            return false;
        };
        while let Some(row) = rows.next_row() {
            let Some(hash) = self.hash(&row, &places) else { continue };
            let share = u64::from_le_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]);
            if share % self.parts != self.part {
                continue;
            }
            if !self.seen.insert(hash) {
                self.result = Duplicates::Found;
                return false;
            }
            if self.seen.len() > MAX_HASHES {
                self.is_full = true;
                return false;
            }
        }
        true
    }

    /// The hash of a row in the columns; none where one of them is null: nulls do not collide.
    fn hash(&self, row: &[Option<Vec<u8>>], places: &[usize]) -> Option<[u8; 16]> {
        let mut hasher = blake3::Hasher::new();
        for (place, name) in places.iter().zip(&self.check.columns) {
            let value = row.get(*place)?.as_ref()?;
            let is_text = self.check.table.column(name).is_some_and(|column| {
                let collation = column.data_type.collation.as_ref().or(self.check.table.collation.as_ref());
                column.data_type.is_text() && !collation.is_some_and(|name| name.ends_with("_bin"))
            });
            let folded = if is_text { fold(value) } else { value.clone() };
            hasher.update(&(folded.len() as u64).to_le_bytes());
            hasher.update(&folded);
        }
        let mut hash = [0; 16];
        hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        Some(hash)
    }
}

/// A text as a collation that knows neither case nor accents compares it; blanks at its end do not count.
fn fold(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value);
    let accents: BTreeMap<char, &str> = BTreeMap::from([
        ('ä', "a"),
        ('á', "a"),
        ('à', "a"),
        ('â', "a"),
        ('å', "a"),
        ('ã', "a"),
        ('ö', "o"),
        ('ó', "o"),
        ('ò', "o"),
        ('ô', "o"),
        ('õ', "o"),
        ('ü', "u"),
        ('ú', "u"),
        ('ù', "u"),
        ('û', "u"),
        ('é', "e"),
        ('è', "e"),
        ('ê', "e"),
        ('ë', "e"),
        ('í', "i"),
        ('ì', "i"),
        ('î', "i"),
        ('ï', "i"),
        ('ç', "c"),
        ('ñ', "n"),
        ('ß', "ss"),
        ('ý', "y"),
    ]);
    let mut folded = String::with_capacity(text.len());
    for sign in text.trim_end_matches(' ').chars().flat_map(char::to_lowercase) {
        match accents.get(&sign) {
            Some(plain) => folded.push_str(plain),
            None => folded.push(sign),
        }
    }
    folded.into_bytes()
}

fn is_use(head: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&head[..head.len().min(200)]);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("--"))?;
    let rest = line.get(..4).filter(|word| word.eq_ignore_ascii_case("use ")).map(|_| line[4..].trim())?;
    Some(rest.trim_end_matches(';').trim_matches('`').to_owned())
}
