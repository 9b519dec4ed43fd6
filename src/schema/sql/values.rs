//! Rows of `INSERT` statements.

use super::ast::TableName;

/// The table of an `INSERT` or `REPLACE`, from the beginning of its text.
#[must_use]
pub fn insert_target(text: &[u8]) -> Option<TableName> {
    let head = String::from_utf8_lossy(&text[..before_values(text)]);
    match super::parse(&head, super::Dialect::default()) {
        Ok(Some(super::Statement::Insert(name))) => Some(name),
        _ => None,
    }
}

/// Where the first list begins: what stands before it names the table. A comment may hold any sign.
fn before_values(text: &[u8]) -> usize {
    let mut is_name = false;
    let is_list = |&byte: &u8| {
        is_name ^= byte == b'`';
        byte == b'(' && !is_name
    };
    let end = text.len().min(1024);
    if text.first().is_none_or(u8::is_ascii_alphabetic) { text[..end].iter().position(is_list).unwrap_or(end) } else { end }
}

/// Reads the rows of an `INSERT`, one at a time.
#[derive(Debug)]
pub struct RowReader<'t> {
    text: &'t [u8],
    at: usize,
    columns: Option<Vec<String>>,
}

impl<'t> RowReader<'t> {
    /// A reader for a whole statement.
    #[must_use]
    pub fn new(text: &'t [u8]) -> Self {
        let mut reader = Self { text, at: 0, columns: None };
        reader.head();
        reader
    }

    /// The columns that the statement names; none where it has no list.
    #[must_use]
    pub fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// Up to the first row behind `VALUES`.
    fn head(&mut self) {
        let mut columns = Vec::new();
        let mut depth = 0;
        while self.at < self.text.len() {
            match self.text[self.at] {
                quote @ (b'`' | b'"' | b'\'') => {
                    let name = self.quoted(quote);
                    if depth == 1 {
                        columns.push(String::from_utf8_lossy(&name).into_owned());
                    }
                }
                b'(' => {
                    depth += 1;
                    self.at += 1;
                }
                b')' => {
                    depth -= 1;
                    self.at += 1;
                }
                byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let start = self.at;
                    while self.text.get(self.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
                        self.at += 1;
                    }
                    let word = &self.text[start..self.at];
                    if depth == 0 && (word.eq_ignore_ascii_case(b"VALUES") || word.eq_ignore_ascii_case(b"VALUE")) {
                        break;
                    }
                    if depth == 1 {
                        columns.push(String::from_utf8_lossy(word).into_owned());
                    }
                }
                _ => self.at += 1,
            }
        }
        self.columns = (!columns.is_empty()).then_some(columns);
    }

    /// A text in quotes, escapes resolved.
    fn quoted(&mut self, quote: u8) -> Vec<u8> {
        let mut value = Vec::new();
        self.at += 1;
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            if byte == b'\\' && quote != b'`' {
                let escaped = self.text.get(self.at).copied().unwrap_or_default();
                self.at += 1;
                value.push(match escaped {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'0' => 0,
                    b'Z' => 26,
                    other => other,
                });
            } else if byte == quote {
                if self.text.get(self.at) != Some(&quote) {
                    break;
                }
                value.push(quote);
                self.at += 1;
            } else {
                value.push(byte);
            }
        }
        value
    }

    /// The next row; `None` for a value that is null.
    pub fn next_row(&mut self) -> Option<Vec<Option<Vec<u8>>>> {
        while *self.text.get(self.at)? != b'(' {
            if self.text[self.at] == b';' {
                return None;
            }
            self.at += 1;
        }
        self.at += 1;
        let mut row = Vec::new();
        loop {
            row.push(self.value()?);
            match self.text.get(self.at)? {
                b',' => self.at += 1,
                b')' => {
                    self.at += 1;
                    return Some(row);
                }
                _ => return None,
            }
        }
    }

    #[expect(clippy::option_option, reason = "the outer one is the end of the text, the inner one a null")]
    fn value(&mut self) -> Option<Option<Vec<u8>>> {
        let mut bare = Vec::new();
        let mut text = None;
        loop {
            match *self.text.get(self.at)? {
                quote @ (b'\'' | b'"') => text = Some(self.quoted(quote)),
                b',' | b')' => break,
                b'(' => {
                    // A function: its text is the value.
                    let mut depth = 0;
                    loop {
                        match *self.text.get(self.at)? {
                            b'(' => depth += 1,
                            b')' => depth -= 1,
                            _ => {}
                        }
                        bare.push(self.text[self.at]);
                        self.at += 1;
                        if depth == 0 {
                            break;
                        }
                    }
                }
                byte => {
                    if !byte.is_ascii_whitespace() {
                        bare.push(byte);
                    }
                    self.at += 1;
                }
            }
        }
        // `_binary 'x'` is a text with an introducer.
        Some(match text {
            Some(text) => Some(text),
            None if bare.eq_ignore_ascii_case(b"NULL") => None,
            None => Some(bare),
        })
    }
}
