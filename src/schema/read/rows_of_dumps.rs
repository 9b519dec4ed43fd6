//! How dump programs write rows: texts in single quotes, all quotes and ends of lines in them escaped, no comments among them.
//!
//! Whether a place lies inside a text is then a matter of counting, which takes a fraction of the time that following each text takes.

use memchr::{memchr, memchr_iter, memmem};

/// Names and list of columns are not looked for any further.
const MAX_HEAD: usize = 1 << 14;
/// Quotes of so many bytes are counted at once, unless an escape is escaped among them.
const CHUNK: usize = 256;
/// What lines of dumps begin with that do not go on with rows.
const STARTS: &[&[u8]] =
    &[b"insert ", b"replace ", b"/*", b"--", b"unlock ", b"lock ", b"commit", b"set ", b"create ", b"drop ", b"alter ", b"use "];

/// Where the first row of an `INSERT` may begin: behind names that hold nothing which could be taken for a text or comment.
pub(super) fn behind_values(statement: &[u8]) -> Option<usize> {
    const WORD: &[u8] = b" VALUES";
    if !statement.first()?.is_ascii_alphabetic() {
        return None;
    }
    let head = &statement[..statement.len().min(MAX_HEAD)];
    let head = &head[..memmem::find(head, WORD)?];
    let is_plain = memchr_iter(b'`', head).count().is_multiple_of(2)
        && head.iter().all(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"`_$,.() \r\n".contains(byte));
    is_plain.then_some(head.len() + WORD.len())
}

/// Whether the end of a part of rows lies inside a text, where it is known whether its beginning does, and no escape goes beyond it.
/// None, where rows are not written as dump programs do.
pub(super) fn ends_inside_text(part: &[u8], begins_inside: bool) -> Option<bool> {
    let (mut is_inside, mut rest) = (begins_inside, part);
    while !rest.is_empty() {
        let chunk = &rest[..rest.len().min(CHUNK)];
        let (length, is_odd) = count_quotes(chunk).or_else(|| follow_escapes(chunk))?;
        is_inside ^= is_odd;
        rest = rest.get(length..)?;
    }
    Some(is_inside)
}

/// How far the quotes were counted, and whether their number is odd; None, where an escape is escaped or an unexpected sign stands.
/// A loop without branches: the compiler makes one of it that takes many bytes at once.
fn count_quotes(chunk: &[u8]) -> Option<(usize, bool)> {
    let (mut quotes, mut others) = (0u8, 0u8);
    for (&before, &byte) in chunk.iter().zip(&chunk[1..]) {
        let is_escaped = before == b'\\';
        quotes ^= u8::from((byte == b'\'') & !is_escaped);
        others |= u8::from((byte == b'"') & !is_escaped) | u8::from((byte == b'\\') & is_escaped);
    }
    let first = chunk[0];
    let is_odd = (quotes == 1) ^ (first == b'\'');
    // An escape at the end takes a byte of the next chunk.
    let length = chunk.len() + usize::from(chunk.ends_with(b"\\"));
    (others == 0 && first != b'"').then_some((length, is_odd))
}

/// The same, one escape after another.
fn follow_escapes(chunk: &[u8]) -> Option<(usize, bool)> {
    let mut quotes = memchr_iter(b'\'', chunk).count();
    let mut others = memchr_iter(b'"', chunk).count();
    let mut escaped = None;
    for at in memchr_iter(b'\\', chunk) {
        if escaped == Some(at) {
            escaped = None;
            continue;
        }
        escaped = Some(at + 1);
        match chunk.get(at + 1) {
            Some(b'\'') => quotes -= 1,
            Some(b'"') => others -= 1,
            _ => {}
        }
    }
    let length = chunk.len() + usize::from(escaped == Some(chunk.len()));
    (others == 0).then_some((length, !quotes.is_multiple_of(2)))
}

/// The part up to which neither an escape nor the end of rows is cut.
pub(super) fn whole_part(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b")").unwrap_or(part);
    let escapes = part.iter().rev().take_while(|&&byte| byte == b'\\').count();
    &part[..part.len() - escapes]
}

/// True for a line, or the rest of one, behind which the next row stands.
pub(super) fn takes_row(line: &[u8]) -> bool {
    line.trim_ascii_end().last().is_none_or(|&byte| byte == b',')
}

/// True for what stands behind a statement: a new line, and another statement, a comment or nothing.
pub(super) fn follows_statement(rest: &[u8]) -> bool {
    let next = rest.trim_ascii_start();
    let is_new_line = memchr(b'\n', &rest[..rest.len() - next.len()]).is_some();
    let begins = |start: &&[u8]| next.len() >= start.len() && next[..start.len()].eq_ignore_ascii_case(start);
    next.is_empty() || is_new_line && STARTS.iter().any(begins)
}
