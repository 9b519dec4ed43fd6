//! Columns, line breaks and colours.

use unicode_width::UnicodeWidthStr;

use crate::finding::Severity;

/// What a piece of text is; nothing is told by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Style {
    Error,
    Warning,
    Note,
    Help,
    Bold,
    Dim,
}

impl Style {
    pub(in crate::report) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Note => Self::Note,
        }
    }
}

/// Colours, where they are wanted.
#[derive(Clone, Copy, Debug)]
pub(in crate::report) struct Paint {
    pub(in crate::report) color: bool,
}

impl Paint {
    pub(in crate::report) const fn new(color: bool) -> Self {
        Self { color }
    }

    pub(in crate::report) fn apply(self, style: Style, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match style {
            Style::Error => "1;31",
            Style::Warning => "1;33",
            Style::Note => "36",
            Style::Help => "32",
            Style::Bold => "1",
            Style::Dim => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Columns of a text without escape sequences.
pub(in crate::report) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text with spaces up to a number of columns.
pub(in crate::report) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with spaces before it.
pub(in crate::report) fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Lines of at most this many columns, broken at spaces. A longer word gets a line of its own.
pub(in crate::report) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let room = width(word);
        let Some(line) = lines.last_mut() else { break };
        if used == 0 {
            line.push_str(word);
            used = room;
        } else if used + 1 + room <= columns {
            line.push(' ');
            line.push_str(word);
            used += 1 + room;
        } else {
            lines.push(word.to_owned());
            used = room;
        }
    }
    lines
}

/// Puts pieces into lines with a separator between them; a line never ends inside a piece.
pub(in crate::report) fn join(pieces: &[String], separator: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width(line) + width(separator) + width(piece) <= columns => {
                line.push_str(separator);
                line.push_str(piece);
            }
            Some(line) => {
                line.push_str(separator.trim_end());
                lines.push(piece.clone());
            }
            None => lines.push(piece.clone()),
        }
    }
    lines
}
