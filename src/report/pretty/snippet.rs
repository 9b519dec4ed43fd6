//! One line of source, fit to be drawn: cut to a window, cleaned, masked, with the labels' places in it.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use crate::catalog::safe;

/// What stands where a line was cut.
const CUT: char = '…';
/// Columns of a tab stop.
const TAB: usize = 4;
/// Columns before the first label where a line is cut on the left.
const LEAD: usize = 12;

/// A line of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Number, from 1.
    pub(super) number: usize,
    /// Offset of its first byte in the file.
    pub(super) start: usize,
    /// Its text without the line break.
    pub(super) text: &'a str,
}

impl Line<'_> {
    /// True where it says something.
    pub(super) fn has_words(&self) -> bool {
        self.text.trim_end() != "<?php" && self.text.chars().any(char::is_alphanumeric)
    }
}

/// The line that holds an offset.
pub(super) fn line_at(text: &str, offset: usize, number: usize) -> Line<'_> {
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[offset..].find('\n').map_or(text.len(), |newline| offset + newline);
    let line = &text[start..end];
    Line { number, start, text: line.strip_suffix('\r').unwrap_or(line) }
}

/// The line behind a line.
pub(super) fn line_after<'a>(text: &'a str, line: &Line<'_>) -> Option<Line<'a>> {
    let newline = text[line.start..].find('\n')?;
    Some(line_at(text, line.start + newline + 1, line.number + 1))
}

/// The line before a line.
pub(super) fn line_before<'a>(text: &'a str, line: &Line<'_>) -> Option<Line<'a>> {
    let newline = line.start.checked_sub(1)?;
    Some(line_at(text, newline, line.number - 1))
}

/// A line as it is drawn.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    /// The text.
    pub(super) text: String,
    /// Bytes of each label in it.
    pub(super) labels: Vec<Range<usize>>,
}

/// Draws a line in at most `columns` columns; `labels` are bytes of the line, in order.
pub(super) fn draw(line: &str, labels: &[Range<usize>], columns: usize) -> Drawn {
    let cells = cells(line);
    let window = window(&cells, labels, columns);
    let mut text = String::new();
    if window.start > 0 {
        text.push(CUT);
    }
    // Where each character of the line begins in the drawn text, and where the last one ends.
    let mut starts = vec![0; window.start];
    for cell in &cells[window.clone()] {
        starts.push(text.len());
        cell.write(&mut text);
    }
    let end = text.len();
    if window.end < cells.len() {
        text.push(CUT);
    }
    starts.resize(cells.len() + 1, end);
    let labels = labels.iter().map(|label| {
        let start = starts[index(&cells, label.start)];
        let stop = starts[index(&cells, label.end)];
        start..stop.max(next_boundary(&text, start))
    });
    let labels = labels.collect();
    Drawn { text, labels }
}

/// The end of the character at an offset, so that every label is at least one character wide.
fn next_boundary(text: &str, offset: usize) -> usize {
    text[offset..].chars().next().map_or(offset, |character| offset + character.len_utf8())
}

/// A character of the line and what is drawn for it.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// First byte in the line.
    at: usize,
    /// First column in the whole line.
    column: usize,
    /// Columns that it takes.
    width: usize,
    /// What is drawn: the character itself, a space for each column, or a mask for each column.
    shown: char,
}

impl Cell {
    fn write(&self, out: &mut String) {
        let times = if matches!(self.shown, ' ' | safe::MASK) { self.width } else { 1 };
        out.extend(std::iter::repeat_n(self.shown, times));
    }
}

fn cells(line: &str) -> Vec<Cell> {
    let original: Vec<(usize, char)> = line.char_indices().collect();
    let mut masked: Vec<char> = original.iter().map(|(_, character)| *character).collect();
    safe::mask(&mut masked);
    let mut column = 0;
    let cells = original.iter().zip(masked).map(|((at, character), masked)| {
        let (shown, width) = match *character {
            '\t' => (' ', TAB - column % TAB),
            character if masked == safe::MASK => (safe::MASK, character.width().unwrap_or(1).max(1)),
            character => {
                let shown = safe::visible(character);
                (shown, shown.width().unwrap_or(1))
            }
        };
        let cell = Cell { at: *at, column, width, shown };
        column += width;
        cell
    });
    cells.collect()
}

/// The cell that holds a byte; the number of cells for what lies behind the line.
fn index(cells: &[Cell], byte: usize) -> usize {
    cells.partition_point(|cell| cell.at < byte)
}

/// The cells that are shown.
fn window(cells: &[Cell], labels: &[Range<usize>], columns: usize) -> Range<usize> {
    let total = cells.last().map_or(0, |cell| cell.column + cell.width);
    // Characters without width could go on for ever.
    let most = columns * 4;
    if total <= columns && cells.len() <= most {
        return 0..cells.len();
    }
    let column = |byte: usize| cells.get(index(cells, byte)).map_or(total, |cell| cell.column);
    let first = labels.iter().map(|label| column(label.start)).min().unwrap_or(0);
    let last = labels.iter().map(|label| column(label.end)).max().unwrap_or(0);
    let left = if last < columns { 0 } else { first.saturating_sub(LEAD) };
    let room = columns.saturating_sub(if left > 0 { 2 } else { 1 });
    let start = cells.partition_point(|cell| cell.column < left);
    let end = cells.partition_point(|cell| cell.column + cell.width <= left + room);
    start..end.clamp(start, start + most.min(cells.len() - start))
}
