//! Listings of indexes: `SHOW INDEX` and `information_schema.STATISTICS` as TSV, CSV or JSON.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use super::{Problem, ProblemKind, ReadOptions, Snapshot};
use crate::schema::{Column, Index, IndexKind, IndexPart, Origin};

/// True for what begins with a row of column names, or with JSON.
pub(super) fn looks_like_listing(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = String::from_utf8_lossy(&head[..head.len().min(4096)]);
    let text = text.trim_start();
    if text.starts_with('[') || text.starts_with('{') {
        return true;
    }
    let first = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    (first.contains("key_name") || first.contains("index_name")) && first.contains("column_name") && !first.contains("create ")
}

/// One row of a listing: a column of an index.
type Row = BTreeMap<String, String>;

pub(super) fn read(mut input: impl BufRead, snapshot: &mut Snapshot, options: ReadOptions) -> io::Result<()> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    snapshot.bytes = bytes.len() as u64;
    if std::str::from_utf8(&bytes).is_err() {
        snapshot.problems.push(Problem { line: 1, kind: ProblemKind::Encoding });
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let rows = if text.starts_with('[') || text.starts_with('{') { json_rows(text) } else { table_rows(text) };
    match rows {
        Ok(rows) => add_rows(snapshot, &rows, options.number),
        Err(problem) => snapshot.problems.push(problem),
    }
    Ok(())
}

/// An array of objects, or an object with one: `{"data": [...]}`.
fn json_rows(text: &str) -> Result<Vec<(u64, Row)>, Problem> {
    let unreadable =
        |expected: String| Problem { line: 1, kind: ProblemKind::Unreadable { expected, statement: "JSON".to_owned() } };
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    let items = match &value {
        serde_json::Value::Array(items) => Some(items),
        serde_json::Value::Object(fields) => fields.values().find_map(serde_json::Value::as_array),
        _ => None,
    };
    let Some(items) = items else { return Err(unreadable("an array of rows".to_owned())) };
    let text_of = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    };
    let row = |item: &serde_json::Value| {
        item.as_object().map(|fields| fields.iter().map(|(key, value)| (key.to_ascii_lowercase(), text_of(value))).collect())
    };
    Ok(items.iter().filter_map(row).map(|row| (1, row)).collect())
}

/// Columns separated by tabs, commas, semicolons or the bars of a client's table.
fn table_rows(text: &str) -> Result<Vec<(u64, Row)>, Problem> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = ['\t', ',', ';'].into_iter().max_by_key(|sign| first.matches(*sign).count()).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true)
        .quoting(delimiter != '\t')
        .from_reader(text.as_bytes());
    let unreadable = |error: &csv::Error| Problem {
        line: error.position().map_or(1, csv::Position::line),
        kind: ProblemKind::Unreadable { expected: error.to_string(), statement: "a row".to_owned() },
    };
    let headers: Vec<String> = match reader.headers() {
        Ok(headers) => headers.iter().map(|name| name.trim().to_ascii_lowercase()).collect(),
        Err(error) => return Err(unreadable(&error)),
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(1, csv::Position::line);
        rows.push((line, headers.iter().cloned().zip(record.iter().map(|value| value.trim().to_owned())).collect()));
    }
    Ok(rows)
}

fn add_rows(snapshot: &mut Snapshot, rows: &[(u64, Row)], number: u32) {
    let get = |row: &Row, names: &[&str]| names.iter().find_map(|name| row.get(*name)).cloned().filter(|value| value != "NULL");
    let database = snapshot.server.databases.entry(String::new()).or_default();
    for (line, row) in rows {
        let (table, index) = (get(row, &["table", "table_name"]), get(row, &["key_name", "index_name"]));
        let (Some(table), Some(name), Some(column)) = (table, index, get(row, &["column_name"])) else {
            let missing = ["table", "key_name", "column_name"].join(", ");
            snapshot.problems.push(Problem { line: *line, kind: ProblemKind::Columns { missing } });
            continue;
        };
        let origin = Origin::Snapshot(number, *line);
        let found = database.tables.get_or_default(&table);
        if found.name.is_empty() {
            (found.name, found.origin) = (table, origin);
        }
        if found.column(&column).is_none() {
            let nullable = get(row, &["null", "nullable"]).is_some_and(|value| value.eq_ignore_ascii_case("yes"));
            found.columns.push(Column { name: column.clone(), nullable, origin, ..Column::default() });
        }
        let is_unique = get(row, &["non_unique"]).is_some_and(|value| value == "0");
        let kind_name = get(row, &["index_type"]).unwrap_or_default().to_ascii_uppercase();
        let kind = match kind_name.as_str() {
            _ if name.eq_ignore_ascii_case("PRIMARY") => IndexKind::Primary,
            "FULLTEXT" => IndexKind::Fulltext,
            "SPATIAL" => IndexKind::Spatial,
            _ if is_unique => IndexKind::Unique,
            _ => IndexKind::Plain,
        };
        let is_whole = matches!(kind, IndexKind::Fulltext | IndexKind::Spatial);
        let part = IndexPart {
            column,
            length: get(row, &["sub_part"]).and_then(|value| value.parse().ok()).filter(|_| !is_whole),
            descending: get(row, &["collation"]).is_some_and(|value| value == "D"),
        };
        let ignored = get(row, &["ignored"]).is_some_and(|value| value.eq_ignore_ascii_case("yes"))
            || get(row, &["visible", "is_visible"]).is_some_and(|value| value.eq_ignore_ascii_case("no"));
        match found.indexes.iter_mut().find(|index| index.name == name) {
            Some(index) => index.parts.push(part),
            None => found.indexes.push(Index {
                name,
                kind,
                parts: vec![part],
                algorithm: (kind_name == "HASH").then_some(kind_name),
                ignored,
                implicit: false,
                without_overlaps: None,
                origin,
            }),
        }
    }
}
