//! The vectors as tables and as JSON.

use std::io::{self, Write};

use super::{Arguable, Vector};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One object with a list.
    Json,
    /// RFC 4180, with a header.
    Csv,
    /// Tab-separated, with a header.
    Tsv,
}

/// Writes vectors; the first two columns are input and code.
///
/// # Errors
/// What the writer says.
pub fn write_vectors(vectors: &[Vector], form: Table, out: &mut dyn Write) -> io::Result<()> {
    let rows = vectors.iter().map(|vector| [&*vector.input, &*vector.code, vector.rule, &*vector.why]);
    write_rows("vectors", ["input", "code", "rule", "why"], rows, form, out)
}

/// Writes the inputs on which implementations differ.
///
/// # Errors
/// What the writer says.
pub fn write_arguable(inputs: &[Arguable], form: Table, out: &mut dyn Write) -> io::Result<()> {
    let rows = inputs.iter().map(|input| [input.input, &*input.code, &*input.other, input.point]);
    write_rows("arguable", ["input", "code", "other", "point"], rows, form, out)
}

fn write_rows<'a>(
    list: &str,
    header: [&str; 4],
    rows: impl Iterator<Item = [&'a str; 4]>,
    form: Table,
    out: &mut dyn Write,
) -> io::Result<()> {
    match form {
        Table::Json => {
            write!(out, "{{\"{list}\":[")?;
            for (at, row) in rows.enumerate() {
                let cells = header.iter().zip(row).map(|(name, cell)| format!("\"{name}\":{}", json(cell)));
                let comma = if at == 0 { "" } else { "," };
                write!(out, "{comma}\n{{{}}}", cells.collect::<Vec<_>>().join(","))?;
            }
            writeln!(out, "\n]}}")
        }
        Table::Csv => {
            writeln!(out, "{}", header.join(","))?;
            for row in rows {
                writeln!(out, "{}", row.map(csv).join(","))?;
            }
            Ok(())
        }
        Table::Tsv => {
            writeln!(out, "{}", header.join("\t"))?;
            for row in rows {
                writeln!(out, "{}", row.join("\t"))?;
            }
            Ok(())
        }
    }
}

fn csv(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
