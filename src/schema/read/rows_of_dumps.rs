//! How dump programs write rows: texts in single quotes, all quotes and ends of lines in them escaped, no comments among them.
//!
//! Whether a place lies inside a text is then a matter of counting, which takes a fraction of the time that following each text takes.

use memchr::{memchr, memchr_iter, memmem};

/// Names and list of columns are not looked for any further.
const MAX_HEAD: usize = 1 << 14;
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
    let mut quotes = memchr_iter(b'\'', part).count();
    let mut other_quotes = memchr_iter(b'"', part).count();
    let mut escaped = None;
    for at in memchr_iter(b'\\', part) {
        if escaped == Some(at) {
            escaped = None;
            continue;
        }
        escaped = Some(at + 1);
        match part.get(at + 1)? {
            b'\'' => quotes -= 1,
            b'"' => other_quotes -= 1,
            _ => {}
        }
    }
    (other_quotes == 0).then_some(begins_inside ^ !quotes.is_multiple_of(2))
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
