//! From a stream of bytes to statements, at constant memory.
//!
//! Quotes, comments of all kinds and `DELIMITER` are followed, so that a semicolon in a text ends nothing. Statements that the caller
//! does not want (`INSERT`s of gigabytes) are passed over without being kept.

use std::io::{self, Read};

use memchr::{memchr, memchr2, memmem};

use super::rows_of_dumps::{behind_values, ends_inside_text, follows_statement, takes_row, whole_part};

/// Bytes that are read at once.
const BLOCK: usize = 1 << 18;
/// Where a read begins in the buffer is a multiple of this.
const ALIGNMENT: usize = 64;
/// Longer statements are not kept.
const MAX_STATEMENT: usize = 64 << 20;
/// So much is looked at of what follows a line.
const LOOK_AHEAD: usize = 32;
/// What the rows of a statement end with.
const ROW_END: &[u8] = b");";
/// So much of a statement is looked at to decide whether it is wanted.
const HEAD: usize = 512;

/// A statement of a stream.
#[derive(Debug)]
pub struct Piece<'s> {
    /// Its text without the delimiter; only the beginning, where it was passed over.
    pub text: &'s [u8],
    /// The line on which it begins.
    pub line: u64,
    /// The caller did not want it.
    pub skipped: bool,
    /// It was too long to be kept.
    pub too_long: bool,
    /// The input ended inside it.
    pub unfinished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Code,
    /// In a text or name that this byte ends.
    Quote(u8),
    LineComment,
    /// A comment that is passed over.
    BlockComment,
}

/// Inside a text of rows.
const TEXT: State = State::Quote(b'\'');

/// Where a statement begins.
#[derive(Clone, Copy, Debug)]
struct Begin {
    line: u64,
    /// In the stream.
    offset: u64,
}

/// Splits a stream into statements.
#[derive(Debug)]
pub struct Splitter<R> {
    input: R,
    buffer: Vec<u8>,
    /// Bytes of the buffer that the input has filled.
    end: usize,
    /// The beginning of the statement in the buffer.
    start: usize,
    /// Where scanning goes on.
    at: usize,
    /// Number of lines before `counted` in the buffer.
    line: u64,
    counted: usize,
    delimiter: Vec<u8>,
    /// The beginning of a statement that is passed over.
    head: Vec<u8>,
    is_done: bool,
    /// Bytes that are read at once.
    block: usize,
    /// Where rows may end.
    row_end: memmem::Finder<'static>,
    /// A dump program wrote the stream: among the rows that nobody wants are no comments.
    pub rows_are_plain: bool,
    /// Bytes read.
    pub bytes: u64,
}

impl<R: Read> Splitter<R> {
    /// A splitter at the beginning of a stream.
    pub fn new(input: R) -> Self {
        Self::with_block(input, BLOCK)
    }

    /// A splitter that reads so many bytes at once.
    pub(super) fn with_block(input: R, block: usize) -> Self {
        Self {
            input,
            buffer: vec![0; block * 2],
            end: 0,
            start: 0,
            at: 0,
            line: 1,
            counted: 0,
            delimiter: b";".to_vec(),
            head: Vec::new(),
            is_done: false,
            block,
            row_end: memmem::Finder::new(ROW_END),
            rows_are_plain: false,
            bytes: 0,
        }
    }

    /// Reads more; false at the end of the input.
    fn fill(&mut self, keep_from: usize) -> io::Result<bool> {
        if self.is_done {
            return Ok(false);
        }
        // Moved only where more leaves than stays, so that no byte is moved often.
        if keep_from > ALIGNMENT && self.end - keep_from <= keep_from {
            self.count_lines(keep_from);
            // The kernel copies to an aligned place several times as fast.
            let to = (self.end - keep_from).next_multiple_of(ALIGNMENT) - (self.end - keep_from);
            self.buffer.copy_within(keep_from..self.end, to);
            let by = keep_from - to;
            self.start = self.start.saturating_sub(by).max(to);
            (self.at, self.end, self.counted) = (self.at - by, self.end - by, self.counted.max(keep_from) - by);
        }
        // What was read once is not cleared again.
        if self.buffer.len() < self.end + self.block {
            self.buffer.resize(self.end + self.block, 0);
        }
        let before = self.end;
        while self.end < before + self.block {
            match self.input.read(&mut self.buffer[self.end..before + self.block]) {
                Ok(0) => {
                    self.is_done = true;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.bytes += (self.end - before) as u64;
        Ok(self.end > before)
    }

    fn count_lines(&mut self, up_to: usize) {
        if up_to > self.counted {
            self.line += memchr::memchr_iter(b'\n', &self.buffer[self.counted..up_to]).count() as u64;
            self.counted = up_to;
        }
    }

    /// Makes sure that so many bytes lie ahead, if the input has them.
    fn ahead(&mut self, count: usize, keep_from: usize) -> io::Result<()> {
        let mut keep_from = keep_from;
        while self.at + count > self.end {
            let before = self.at;
            if !self.fill(keep_from)? {
                break;
            }
            keep_from = keep_from.saturating_sub(before - self.at);
        }
        Ok(())
    }

    /// The next statement. `wanted` sees the beginning of each, up to some hundred bytes.
    ///
    /// # Errors
    /// Where the input cannot be read.
    pub fn next(&mut self, mut wanted: impl FnMut(&[u8]) -> bool) -> io::Result<Option<Piece<'_>>> {
        loop {
            self.at = self.at.max(self.start);
            self.skip_blanks()?;
            if self.at >= self.end {
                return Ok(None);
            }
            self.start = self.at;
            self.count_lines(self.start);
            if self.take_delimiter_command()? {
                continue;
            }
            self.ahead(HEAD, self.start)?;
            let head_end = (self.start + HEAD).min(self.end);
            let begin = Begin { line: self.line, offset: self.offset(self.start) };
            let keeps = wanted(&self.buffer[self.start..head_end]);
            self.head.clear();
            self.head.extend_from_slice(&self.buffer[self.start..head_end]);
            if !keeps && self.rows_are_plain && self.delimiter == b";" {
                return self.pass_rows(begin).map(Some);
            }
            return self.scan(begin, State::Code, keeps).map(Some);
        }
    }

    /// Passes over blanks and a byte order mark.
    fn skip_blanks(&mut self) -> io::Result<()> {
        loop {
            self.ahead(3, self.at)?;
            let rest = &self.buffer[self.at..self.end];
            if rest.starts_with(b"\xef\xbb\xbf") {
                self.at += 3;
            } else if rest.first().is_some_and(u8::is_ascii_whitespace) {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    /// `DELIMITER ;;`, a command of the client.
    fn take_delimiter_command(&mut self) -> io::Result<bool> {
        const WORD: &[u8] = b"DELIMITER";
        self.ahead(WORD.len() + 1, self.start)?;
        let rest = &self.buffer[self.start..self.end];
        let is_command = rest.len() > WORD.len() && rest[..WORD.len()].eq_ignore_ascii_case(WORD) && rest[WORD.len()] == b' ';
        if !is_command {
            return Ok(false);
        }
        self.ahead(256, self.start)?;
        let rest = &self.buffer[self.start + WORD.len()..self.end];
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let new = rest[..end].trim_ascii().to_vec();
        if !new.is_empty() {
            self.delimiter = new;
        }
        self.start += WORD.len() + end;
        self.at = self.start;
        Ok(true)
    }

    /// Number of bytes of the stream before a place in the buffer.
    fn offset(&self, at: usize) -> u64 {
        self.bytes - (self.end - at) as u64
    }

    /// To the delimiter of an `INSERT` as dump programs write it: escapes are looked at, quotes are counted. What does not look like
    /// that is scanned like any other statement, from the last place up to which it did.
    fn pass_rows(&mut self, begin: Begin) -> io::Result<Piece<'_>> {
        let mut state = State::Code;
        let Some(values) = behind_values(&self.buffer[self.at..self.end]) else {
            return self.scan(begin, state, false);
        };
        self.at += values;
        self.count_lines(self.at);
        loop {
            let found = memchr(b'\n', &self.buffer[self.at..self.end]);
            // The part of the line, if not the line, in which rows may end more than once.
            let mut left = found.unwrap_or(self.end - self.at);
            while let Some(end) = self.row_end.find(&self.buffer[self.at..self.at + left]) {
                let length = end + ROW_END.len();
                match ends_inside_text(&self.buffer[self.at..self.at + length], state == TEXT) {
                    Some(true) => state = TEXT,
                    Some(false) if self.is_before(length, follows_statement)? => {
                        self.pass(length, 0);
                        return Ok(self.unwanted(begin, self.at - 1));
                    }
                    _ => return self.scan(begin, state, false),
                }
                self.pass(length, 0);
                left -= length;
            }
            let part = &self.buffer[self.at..self.at + left];
            let part = if found.is_some() { part } else { whole_part(part) };
            let (length, takes_row) = (part.len(), takes_row(part));
            let is_text = ends_inside_text(part, state == TEXT);
            let goes_on = match is_text {
                None => false,
                Some(_) if found.is_none() => true,
                Some(is_text) => !is_text && takes_row && self.is_before(length, |rest| rest.starts_with(b"\n("))?,
            };
            if !goes_on {
                return self.scan(begin, state, false);
            }
            state = if is_text == Some(true) { TEXT } else { State::Code };
            if found.is_some() {
                self.pass(length + 1, 1);
            } else {
                self.pass(length, 0);
                if !self.fill(self.at)? {
                    return self.scan(begin, state, false);
                }
            }
        }
    }

    /// Looks at what stands so many bytes ahead.
    fn is_before(&mut self, length: usize, what: fn(&[u8]) -> bool) -> io::Result<bool> {
        self.ahead(length + LOOK_AHEAD, self.at)?;
        Ok(what(&self.buffer[self.at + length..self.end]))
    }

    /// Goes on behind so many bytes, with so many ends of lines among them.
    fn pass(&mut self, length: usize, lines: u64) {
        self.at += length;
        self.line += lines;
        (self.start, self.counted) = (self.at, self.at);
    }

    /// The beginning of a statement that was passed over up to `end`, and ended there.
    fn unwanted(&self, begin: Begin, end: usize) -> Piece<'_> {
        let length = usize::try_from(self.offset(end) - begin.offset).unwrap_or(usize::MAX);
        let text = &self.head[..length.min(self.head.len())];
        Piece { text, line: begin.line, skipped: true, too_long: false, unfinished: false }
    }

    /// True where the input ends as a statement does: it may lack its delimiter.
    fn ends_whole(&self) -> bool {
        let tail = self.buffer[..self.end].trim_ascii_end();
        tail.ends_with(b";") || tail.ends_with(b")")
    }

    /// To the delimiter of a statement, from a place inside it.
    fn scan(&mut self, begin: Begin, state: State, keeps: bool) -> io::Result<Piece<'_>> {
        let (mut state, mut keeps, mut too_long) = (state, keeps, false);
        let found = loop {
            if self.at >= self.end {
                if keeps && self.end - self.start > MAX_STATEMENT {
                    (keeps, too_long) = (false, true);
                }
                // What is not kept leaves the buffer.
                let keep_from = if keeps { self.start } else { self.at };
                if !self.fill(keep_from)? {
                    break None;
                }
            }
            if let Some(end) = self.step(&mut state)? {
                break Some(end);
            }
        };
        let end = found.map_or(self.end, |end| end.min(self.end));
        self.at = if found.is_some() { (end + self.delimiter.len()).min(self.end) } else { self.end };
        let from = std::mem::replace(&mut self.start, self.at).min(end);
        let unfinished = found.is_none() && (keeps || !self.ends_whole());
        Ok(if keeps {
            Piece { text: &self.buffer[from..end], line: begin.line, skipped: false, too_long, unfinished }
        } else {
            Piece { too_long, unfinished, ..self.unwanted(begin, end) }
        })
    }

    /// Moves on inside what is buffered; the delimiter's place, where it was met.
    fn step(&mut self, state: &mut State) -> io::Result<Option<usize>> {
        match *state {
            State::Code => self.code(state),
            State::Quote(quote) => {
                self.quote(quote, state)?;
                Ok(None)
            }
            State::LineComment => {
                let rest = &self.buffer[self.at..self.end];
                match memchr(b'\n', rest) {
                    Some(found) => {
                        self.at += found + 1;
                        *state = State::Code;
                    }
                    None => self.at = self.end,
                }
                Ok(None)
            }
            State::BlockComment => {
                let rest = &self.buffer[self.at..self.end];
                match memmem::find(rest, b"*/") {
                    Some(found) => {
                        self.at += found + 2;
                        *state = State::Code;
                    }
                    // The star may be the last byte of the buffer.
                    None if rest.len() > 1 && !self.is_done => self.at = self.end - 1,
                    None => self.at = self.end,
                }
                if *state == State::BlockComment && self.at + 1 == self.end {
                    let keep_from = self.start.min(self.at);
                    if !self.fill(keep_from)? {
                        self.at = self.end;
                    }
                }
                Ok(None)
            }
        }
    }

    fn quote(&mut self, quote: u8, state: &mut State) -> io::Result<()> {
        let rest = &self.buffer[self.at..self.end];
        let found = if quote == b'`' { memchr(quote, rest) } else { memchr2(quote, b'\\', rest) };
        match found {
            None => self.at = self.end,
            Some(found) if rest[found] == quote => {
                // Two quotes are one inside: the second one opens the text again.
                self.at += found + 1;
                *state = State::Code;
            }
            Some(found) => {
                self.at += found + 1;
                if self.at >= self.end {
                    let keep_from = self.start.min(self.at);
                    self.fill(keep_from)?;
                }
                self.at = (self.at + 1).min(self.end);
            }
        }
        Ok(())
    }

    fn code(&mut self, state: &mut State) -> io::Result<Option<usize>> {
        let first = self.delimiter.first().copied().unwrap_or(b';');
        while let Some(&byte) = self.buffer[..self.end].get(self.at) {
            if byte == first {
                self.ahead_in_statement(self.delimiter.len())?;
                if self.buffer[self.at..self.end].starts_with(&self.delimiter) {
                    return Ok(Some(self.at));
                }
            }
            match byte {
                b'\'' | b'"' | b'`' => {
                    self.at += 1;
                    *state = State::Quote(byte);
                    return Ok(None);
                }
                b'#' => {
                    *state = State::LineComment;
                    return Ok(None);
                }
                b'-' | b'/' => {
                    self.ahead_in_statement(4)?;
                    let rest = &self.buffer[self.at..self.end];
                    if rest.starts_with(b"--") && rest.get(2).is_none_or(u8::is_ascii_whitespace) {
                        *state = State::LineComment;
                        return Ok(None);
                    }
                    // The text of a conditional comment is code; its end is passed over like any other sign.
                    if rest.starts_with(b"/*") && !rest.starts_with(b"/*!") && !rest.starts_with(b"/*M!") {
                        self.at += 2;
                        *state = State::BlockComment;
                        return Ok(None);
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        Ok(None)
    }

    fn ahead_in_statement(&mut self, count: usize) -> io::Result<()> {
        let keep_from = self.start.min(self.at);
        self.ahead(count, keep_from)
    }
}
