//! From a stream of bytes to statements, at constant memory.
//!
//! Quotes, comments of all kinds and `DELIMITER` are followed, so that a semicolon in a text ends nothing. Statements that the caller
//! does not want (`INSERT`s of gigabytes) are passed over without being kept.

use std::io::{self, Read};

use memchr::{memchr, memchr2, memmem};

/// Bytes that are read at once.
const BLOCK: usize = 1 << 18;
/// Longer statements are not kept.
const MAX_STATEMENT: usize = 64 << 20;
/// What lines of dumps begin with that do not go on with rows.
const STARTS: &[&[u8]] = &[
    b"insert ",
    b"replace ",
    b"/*",
    b"--",
    b"\n",
    b"\r",
    b"unlock ",
    b"lock ",
    b"commit",
    b"set ",
    b"create ",
    b"drop ",
    b"alter ",
    b"use ",
];
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
    /// The program that wrote the stream escapes the ends of lines in texts: rows that nobody wants end with their line.
    pub lines_are_whole: bool,
    /// Bytes read.
    pub bytes: u64,
}

impl<R: Read> Splitter<R> {
    /// A splitter at the beginning of a stream.
    pub fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BLOCK * 2],
            end: 0,
            start: 0,
            at: 0,
            line: 1,
            counted: 0,
            delimiter: b";".to_vec(),
            head: Vec::new(),
            is_done: false,
            lines_are_whole: false,
            bytes: 0,
        }
    }

    /// Reads more; false at the end of the input.
    fn fill(&mut self, keep_from: usize) -> io::Result<bool> {
        if self.is_done {
            return Ok(false);
        }
        if keep_from > 0 && (keep_from >= BLOCK || keep_from == self.end) {
            self.count_lines(keep_from);
            self.buffer.copy_within(keep_from..self.end, 0);
            self.start = self.start.saturating_sub(keep_from);
            self.at -= keep_from;
            self.end -= keep_from;
            self.counted = 0;
        }
        // What was read once is not cleared again.
        if self.buffer.len() < self.end + BLOCK {
            self.buffer.resize(self.end + BLOCK, 0);
        }
        let before = self.end;
        while self.end < before + BLOCK {
            match self.input.read(&mut self.buffer[self.end..before + BLOCK]) {
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
            let keeps = wanted(&self.buffer[self.start..head_end]);
            let line = self.line;
            if keeps {
                return self.scan(line, keeps).map(Some);
            }
            self.head.clear();
            self.head.extend_from_slice(&self.buffer[self.start..head_end]);
            // A comment before the rows may be the dump's end.
            let is_bare = self.head.first().is_some_and(u8::is_ascii_alphabetic);
            let is_whole = is_bare && self.lines_are_whole && self.delimiter == b";";
            return if is_whole { self.pass_lines(line).map(Some) } else { self.scan(line, keeps).map(Some) };
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

    /// To the end of the line that ends a statement.
    fn pass_lines(&mut self, line: u64) -> io::Result<Piece<'_>> {
        let mut passed = 0;
        let mut unfinished = false;
        loop {
            let rest = &self.buffer[self.at..self.end];
            if let Some(found) = memchr(b'\n', rest) {
                let ends = rest[..found].trim_ascii_end().ends_with(b";");
                self.at += found + 1;
                self.line += 1;
                self.counted = self.at;
                if ends && self.begins_statement()? {
                    break;
                }
                continue;
            }
            // The line goes on; its last bytes stay, for what stands before its end.
            let at = self.end.saturating_sub(2).max(self.at);
            passed += at - self.start;
            (self.at, self.start, self.counted) = (at, at, at);
            if !self.fill(at)? {
                unfinished = !self.ends_whole();
                self.at = self.end;
                break;
            }
        }
        passed += self.at - self.start;
        self.start = self.at;
        let text = &self.head[..passed.min(self.head.len())];
        let text = if unfinished { text } else { text.trim_ascii_end() };
        Ok(Piece { text: text.strip_suffix(b";").unwrap_or(text), line, skipped: true, too_long: false, unfinished })
    }

    /// True where the input ends as a statement does: it may lack its delimiter.
    fn ends_whole(&self) -> bool {
        let tail = self.buffer[..self.end].trim_ascii_end();
        tail.ends_with(b";") || tail.ends_with(b")")
    }

    /// True where a dump goes on with a statement or a comment, or ends.
    fn begins_statement(&mut self) -> io::Result<bool> {
        self.ahead(8, self.at)?;
        let rest = &self.buffer[self.at..self.end];
        Ok(rest.is_empty()
            || STARTS.iter().any(|start| rest.len() >= start.len() && rest[..start.len()].eq_ignore_ascii_case(start)))
    }

    /// From the beginning of a statement to its delimiter.
    fn scan(&mut self, line: u64, keeps: bool) -> io::Result<Piece<'_>> {
        let (mut state, mut keeps, mut too_long, mut dropped) = (State::Code, keeps, false, false);
        let unfinished = loop {
            if self.at >= self.end {
                if keeps && self.end - self.start > MAX_STATEMENT {
                    (keeps, too_long) = (false, true);
                    self.head = self.buffer[self.start..self.start + HEAD].to_vec();
                }
                // What is not kept leaves the buffer; a few bytes stay, for what two bytes say together.
                let keep_from = if keeps { self.start } else { self.at };
                dropped |= !keeps && keep_from > self.start;
                if !self.fill(keep_from)? {
                    break true;
                }
            }
            if let Some(end) = self.step(&mut state)? {
                let piece_end = end.min(self.end);
                self.at = (end + self.delimiter.len()).min(self.end);
                let from = std::mem::replace(&mut self.start, self.at);
                let text = if dropped { &self.head[..] } else { &self.buffer[from.min(piece_end)..piece_end] };
                return Ok(Piece { text, line, skipped: !keeps, too_long, unfinished: false });
            }
        };
        let unfinished = unfinished && (keeps || !self.ends_whole());
        self.at = self.end;
        let from = std::mem::replace(&mut self.start, self.at);
        let text = if dropped { &self.head[..] } else { &self.buffer[from..self.end] };
        Ok(Piece { text, line, skipped: !keeps, too_long, unfinished })
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
