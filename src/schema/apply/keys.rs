//! Indexes of a table.

use super::{Demand, Failure, MAX_NAME, Mode, Work, too_long};
use crate::schema::sql::{ForeignDefinition, KeyDefinition};
use crate::schema::{Column, ErrorClass, Index, IndexKind, IndexPart, RowFacts, SqlError, Table, same_name};

/// Bytes of a key at most.
fn max_key_bytes(table: &Table) -> u32 {
    match table.engine.as_deref() {
        Some("myisam" | "mrg_myisam" | "merge") => 1000,
        Some("aria") => 2300,
        _ => 3072,
    }
}

/// Indexes of a table.
const MAX_KEYS: usize = 64;
/// Columns of an index.
const MAX_PARTS: usize = 32;

fn missing_column(column: &str, table: &Table) -> SqlError {
    let message = format!("Key column '{column}' doesn't exist in table");
    SqlError::new(ErrorClass::KeyColumnMissing, 1072, message).on(&table.name).column(column)
}

pub(super) fn missing_key(name: &str, table: &Table) -> SqlError {
    let message = format!("Can't DROP INDEX `{name}`; check that it exists");
    SqlError::new(ErrorClass::IndexMissing, 1091, message).on(&table.name).index(name)
}

fn duplicate_key(name: &str, table: &Table) -> SqlError {
    let message = format!("Duplicate key name '{name}'");
    SqlError::new(ErrorClass::DuplicateKeyName, 1061, message).on(&table.name).index(name)
}

fn too_long_key(table: &Table, index: &str) -> SqlError {
    let message = format!("Specified key was too long; max key length is {} bytes", max_key_bytes(table));
    SqlError::new(ErrorClass::KeyTooLong, 1071, message).on(&table.name).index(index)
}

/// A key to be added: one that is asked for, or the one that a foreign key makes for itself.
struct NewKey<'k> {
    definition: std::borrow::Cow<'k, KeyDefinition>,
    implicit: bool,
}

/// The key that a foreign key makes for itself.
fn key_of_foreign(foreign: &ForeignDefinition) -> KeyDefinition {
    KeyDefinition {
        kind: IndexKind::Plain,
        name: foreign.name.clone().or_else(|| foreign.index.clone()),
        parts: foreign
            .columns
            .iter()
            .map(|column| crate::schema::sql::KeyPart { column: column.clone(), length: None, descending: false })
            .collect(),
        algorithm: None,
        if_not_exists: false,
        or_replace: false,
        ignored: false,
        without_overlaps: None,
    }
}

/// True where one of the keys is on a column.
pub(super) fn are_on(keys: &[KeyDefinition], column: &str) -> bool {
    keys.iter().flat_map(|key| &key.parts).any(|part| same_name(&part.column, column))
}

impl Work<'_> {
    /// Adds keys, and those that new foreign keys need. Indexes that foreign keys made for themselves and that are covered now go.
    pub(super) fn add_keys(
        &mut self,
        table: &mut Table,
        keys: &[KeyDefinition],
        foreign: &[ForeignDefinition],
    ) -> Result<(), Failure> {
        let explicit = keys.iter().map(|key| NewKey { definition: std::borrow::Cow::Borrowed(key), implicit: false });
        let made = foreign.iter().map(|key| NewKey { definition: std::borrow::Cow::Owned(key_of_foreign(key)), implicit: true });
        let mut new: Vec<NewKey<'_>> = explicit.chain(made).collect();
        drop_covered(table, &mut new);
        for key in &new {
            if let Some(name) = &key.definition.name
                && name.chars().count() > MAX_NAME
            {
                return Err(too_long(name).on(&table.name).into());
            }
        }
        if table.indexes.len() + new.len() > MAX_KEYS {
            let message = format!("Too many keys specified; max {MAX_KEYS} keys allowed");
            return Err(SqlError::new(ErrorClass::TooManyKeys, 1069, message).on(&table.name).into());
        }
        // The server looks at the columns of all keys first, then at their names.
        let mut indexes = Vec::with_capacity(new.len());
        for key in &new {
            indexes.push(self.index_of(table, &key.definition, key.implicit)?);
        }
        for (key, mut index) in new.iter().zip(indexes) {
            index.name = name_of(table, &key.definition)?;
            check_columns(table, &index)?;
            if index.kind.is_unique() && table.rows != RowFacts::Empty && self.mode == Mode::Live {
                self.demands.push(Demand::NoDuplicates {
                    table: table.name.clone(),
                    index: index.name.clone(),
                    columns: index.columns().map(str::to_owned).collect(),
                });
            }
            if index.kind == IndexKind::Primary {
                for column in table.columns.iter_mut().filter(|column| index.columns().any(|part| same_name(part, &column.name)))
                {
                    column.nullable = false;
                }
                table.indexes.insert(0, index);
            } else {
                table.indexes.push(index);
            }
        }
        self.check_partition(table)
    }

    fn check_partition(&self, table: &Table) -> Result<(), Failure> {
        let Some(columns) = &table.partition_columns else { return Ok(()) };
        if self.mode == Mode::Restore {
            return Ok(());
        }
        for index in table.indexes.iter().filter(|index| index.kind.is_unique()) {
            let covers = |column: &String| table.column(column).is_none() || index.columns().any(|part| same_name(part, column));
            if !columns.iter().all(covers) {
                let what = if index.kind == IndexKind::Primary { "PRIMARY KEY" } else { "UNIQUE INDEX" };
                let message = format!("A {what} must include all columns in the table's partitioning function");
                let error = SqlError::new(ErrorClass::PartitionUniqueNeedsAllColumns, 1503, message);
                return Err(error.on(&table.name).index(&index.name).into());
            }
        }
        Ok(())
    }

    fn index_of(&self, table: &Table, key: &KeyDefinition, implicit: bool) -> Result<Index, Failure> {
        if key.parts.len() > MAX_PARTS {
            let message = format!("Too many key parts specified; max {MAX_PARTS} parts allowed");
            return Err(SqlError::new(ErrorClass::SqlError, 1070, message).on(&table.name).into());
        }
        if key.kind == IndexKind::Primary && table.primary().is_some() {
            let error = SqlError::new(ErrorClass::MultiplePrimaryKey, 1068, "Multiple primary key defined");
            return Err(error.on(&table.name).into());
        }
        let mut index = Index {
            name: key.name.clone().unwrap_or_default(),
            kind: key.kind,
            parts: Vec::new(),
            algorithm: None,
            ignored: key.ignored,
            implicit,
            without_overlaps: key.without_overlaps.clone(),
            origin: self.origin,
        };
        self.add_parts(table, key, &mut index)?;
        Ok(index)
    }

    fn add_parts(&self, table: &Table, key: &KeyDefinition, index: &mut Index) -> Result<(), Failure> {
        let (mut bytes, mut is_hash) = (0, false);
        for part in &key.parts {
            let Some(column) = table.column(&part.column) else {
                return Err(with_index(missing_column(&part.column, table), key).into());
            };
            if key.kind == IndexKind::Primary && column.generated.is_some() && self.mode == Mode::Live {
                let message = "Primary key cannot be defined upon a generated column";
                return Err(SqlError::new(ErrorClass::SqlError, 1903, message).on(&table.name).column(&column.name).into());
            }
            let mut length = part.length;
            if self.mode == Mode::Live {
                check_kind(table, column, index)?;
                let measured = measure(table, column, part.length, index)?;
                is_hash |= measured.is_hash;
                length = measured.length;
                bytes += measured.bytes;
            } else if index.kind == IndexKind::Unique && part.length.is_none() && column.data_type.is_blob() {
                is_hash = true;
            }
            if bytes > max_key_bytes(table) && !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial | IndexKind::Unique)
            {
                return Err(too_long_key(table, &index.name).into());
            }
            if matches!(index.kind, IndexKind::Fulltext) {
                length = None;
            }
            // A length of the whole column is no prefix.
            if length.is_some()
                && column.data_type.is_text()
                && !column.data_type.is_blob()
                && length >= column.data_type.length()
            {
                length = None;
            }
            index.parts.push(IndexPart { column: column.name.clone(), length, descending: part.descending });
        }
        if let Some(period) = &key.without_overlaps
            && let Some((_, start, end)) = table.periods.iter().find(|(name, ..)| same_name(name, period))
        {
            for column in [end, start] {
                index.parts.push(IndexPart { column: column.clone(), length: None, descending: false });
            }
        }
        is_hash |= bytes > max_key_bytes(table) && index.kind == IndexKind::Unique;
        if is_hash {
            index.algorithm = Some("HASH".to_owned());
        }
        Ok(())
    }

    /// Indexes on a column whose type is another one now: what they take of it is measured again.
    pub(super) fn measure_again(&self, table: &mut Table, changed: &str) -> Result<(), Failure> {
        for place in 0..table.indexes.len() {
            if !table.indexes[place].columns().any(|column| same_name(column, changed)) {
                continue;
            }
            let index = &table.indexes[place];
            let key = KeyDefinition {
                kind: index.kind,
                name: Some(index.name.clone()),
                parts: index
                    .parts
                    .iter()
                    .map(|part| crate::schema::sql::KeyPart {
                        column: part.column.clone(),
                        length: part.length,
                        descending: part.descending,
                    })
                    .collect(),
                algorithm: None,
                if_not_exists: false,
                or_replace: false,
                ignored: index.ignored,
                without_overlaps: index.without_overlaps.clone(),
            };
            let mut again = Index { parts: Vec::new(), algorithm: None, ..index.clone() };
            self.add_parts(table, &key, &mut again)?;
            table.indexes[place] = again;
        }
        Ok(())
    }

    pub(super) fn drop_key(&self, table: &mut Table, name: &str, optional: bool) -> Result<(), Failure> {
        match table.indexes.iter().position(|index| same_name(&index.name, name)) {
            Some(at) => {
                table.indexes.remove(at);
                Ok(())
            }
            None if optional || self.mode == Mode::Restore => Ok(()),
            None => Err(missing_key(name, table).into()),
        }
    }
}

/// The name of a new index; one that is taken is refused.
fn name_of(table: &Table, key: &KeyDefinition) -> Result<String, SqlError> {
    let first = key.parts.first().map(|part| part.column.as_str()).or(key.without_overlaps.as_deref()).unwrap_or_default();
    let name = match (&key.name, key.kind) {
        (_, IndexKind::Primary) => "PRIMARY".to_owned(),
        (Some(name), _) if name.is_empty() || name.eq_ignore_ascii_case("PRIMARY") => {
            let message = format!("Incorrect index name '{name}'");
            return Err(SqlError::new(ErrorClass::SqlError, 1280, message).on(&table.name).index(name));
        }
        (Some(name), _) => name.clone(),
        (None, _) => free_name(table, first),
    };
    if table.index(&name).is_some() {
        return Err(duplicate_key(&name, table));
    }
    Ok(name)
}

/// No column twice, and none that counts by itself in a unique that is kept as a hash.
fn check_columns(table: &Table, index: &Index) -> Result<(), SqlError> {
    let mut seen: Vec<&str> = Vec::new();
    for column in index.columns() {
        if seen.iter().any(|found| same_name(found, column)) {
            let message = format!("Duplicate column name '{column}'");
            return Err(SqlError::new(ErrorClass::DuplicateColumn, 1060, message).on(&table.name).column(column));
        }
        seen.push(column);
        if index.algorithm.is_some() && table.column(column).is_some_and(|found| found.auto_increment) {
            let message = format!("AUTO_INCREMENT column `{column}` cannot be used in the UNIQUE index `{}`", index.name);
            return Err(SqlError::new(ErrorClass::SqlError, 4169, message).on(&table.name).index(&index.name).column(column));
        }
    }
    Ok(())
}

fn with_index(error: SqlError, key: &KeyDefinition) -> SqlError {
    match &key.name {
        Some(name) => error.index(name),
        None => error,
    }
}

/// Takes out what foreign keys made or would make for themselves and another index covers.
fn drop_covered(table: &mut Table, new: &mut Vec<NewKey<'_>>) {
    let columns = |key: &NewKey<'_>| key.definition.parts.iter().map(|part| part.column.clone()).collect::<Vec<_>>();
    let leads = |key: &NewKey<'_>, wanted: &[String]| {
        let parts = &key.definition.parts;
        !matches!(key.definition.kind, IndexKind::Fulltext | IndexKind::Spatial)
            && wanted.len() <= parts.len()
            && wanted.iter().zip(parts).all(|(name, part)| same_name(name, &part.column) && part.length.is_none())
    };
    let covered_by_new: Vec<bool> = table
        .indexes
        .iter()
        .map(|index| {
            let wanted: Vec<String> = index.columns().map(str::to_owned).collect();
            index.implicit && new.iter().any(|key| leads(key, &wanted) && (!key.implicit || wanted.len() < columns(key).len()))
        })
        .collect();
    let mut covered = covered_by_new.iter();
    table.indexes.retain(|_| !covered.next().copied().unwrap_or_default());
    let keep: Vec<bool> = new
        .iter()
        .enumerate()
        .map(|(place, key)| {
            let wanted = columns(key);
            let by_existing = table.indexes.iter().any(|index| covers(index, &wanted));
            let by_new = new.iter().enumerate().any(|(other_place, other)| {
                other_place != place
                    && leads(other, &wanted)
                    && (!other.implicit || columns(other).len() > wanted.len() || other_place < place)
            });
            !key.implicit || !(by_existing || by_new)
        })
        .collect();
    let mut keep = keep.iter();
    new.retain(|_| keep.next().copied().unwrap_or(true));
}

/// True where an index serves a foreign key on these columns.
pub(super) fn covers(index: &Index, columns: &[String]) -> bool {
    !matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) && index.algorithm.is_none() && index.leads_with(columns)
}

/// `email`, `email_2`, …: the name of an index without one.
fn free_name(table: &Table, column: &str) -> String {
    let column = table.column(column).map_or(column, |found| found.name.as_str());
    if table.index(column).is_none() && !column.eq_ignore_ascii_case("PRIMARY") {
        return column.to_owned();
    }
    (2..100).map(|number| format!("{column}_{number}")).find(|name| table.index(name).is_none()).unwrap_or_default()
}

/// What an index of this kind asks of its columns.
fn check_kind(table: &Table, column: &Column, index: &Index) -> Result<(), SqlError> {
    let is_second = !index.parts.is_empty();
    match index.kind {
        IndexKind::Spatial if !column.data_type.is_spatial() || is_second => {
            let message = "Incorrect arguments to SPATIAL INDEX".to_string();
            Err(SqlError::new(ErrorClass::SqlError, 1210, message).on(&table.name).index(&index.name))
        }
        IndexKind::Spatial if column.nullable => {
            let message = "All parts of a SPATIAL index must be NOT NULL";
            Err(SqlError::new(ErrorClass::SpatialNullable, 1252, message).on(&table.name).index(&index.name).column(&column.name))
        }
        IndexKind::Fulltext if !column.data_type.is_text() || matches!(column.data_type.name.as_str(), "enum" | "set") => {
            let message = format!("Column '{}' cannot be part of FULLTEXT index", column.name);
            Err(SqlError::new(ErrorClass::SqlError, 1283, message).on(&table.name).index(&index.name).column(&column.name))
        }
        _ => Ok(()),
    }
}

struct Measured {
    length: Option<u32>,
    bytes: u32,
    is_hash: bool,
}

/// How many bytes of an index a column takes, and what becomes of one that is too long.
fn measure(table: &Table, column: &Column, length: Option<u32>, index: &Index) -> Result<Measured, SqlError> {
    let plain = Measured { length, bytes: 0, is_hash: false };
    if matches!(index.kind, IndexKind::Fulltext | IndexKind::Spatial) {
        return Ok(plain);
    }
    let (character, most) = (table.bytes_per_character(column), max_key_bytes(table));
    let whole = match column.data_type.name.as_str() {
        "char" | "varchar" | "binary" | "varbinary" => column.data_type.length().unwrap_or(1).saturating_mul(character),
        "bigint" | "double" | "datetime" => 8,
        "tinyint" | "year" => 1,
        "smallint" => 2,
        "mediumint" | "date" => 3,
        "uuid" => 16,
        "decimal" => column.data_type.length().unwrap_or(10).div_ceil(2),
        _ => 4,
    };
    if let Some(length) = length {
        if !column.data_type.is_text() && !column.data_type.is_blob() && !column.data_type.name.ends_with("binary") {
            let message = "Incorrect prefix key; the used key part isn't a string, the used length is longer than the key part, \
                           or the storage engine doesn't support unique prefix keys";
            return Err(SqlError::new(ErrorClass::SqlError, 1089, message).on(&table.name).index(&index.name));
        }
        let bytes = length.saturating_mul(character);
        if bytes > most && index.kind == IndexKind::Plain {
            return Ok(Measured { length: Some(most / character), bytes: most, is_hash: false });
        }
        return Ok(Measured { length: Some(length), bytes, is_hash: false });
    }
    if column.data_type.is_blob() {
        return match index.kind {
            IndexKind::Unique => Ok(Measured { length: None, bytes: 0, is_hash: true }),
            IndexKind::Primary => {
                let message = format!("BLOB/TEXT column '{}' used in key specification without a key length", column.name);
                Err(SqlError::new(ErrorClass::KeyTooLong, 1170, message).on(&table.name).column(&column.name))
            }
            _ => Ok(Measured { length: Some(longest(column, character, most)), bytes: most, is_hash: false }),
        };
    }
    if whole > most {
        return match index.kind {
            IndexKind::Plain => Ok(Measured { length: Some(most / character), bytes: most, is_hash: false }),
            IndexKind::Unique => Ok(Measured { length: None, bytes: 0, is_hash: true }),
            _ => Err(too_long_key(table, &index.name)),
        };
    }
    Ok(Measured { bytes: whole, ..plain })
}

/// The prefix that a plain index on a text gets.
fn longest(column: &Column, character: u32, most: u32) -> u32 {
    let most = if column.data_type.name.starts_with("tiny") { 255 } else { most };
    most / character
}
