//! Numbers and strings: what the source writes to what it means.

use super::Lowering;
use super::kinds::{Field, Kind};
use super::tree::At;
use crate::finding::Span;
use crate::hir::{Expr, ExprId, Literal, MemberName, MemberNameKind};

/// Where a string with escapes stands; it decides which quote `\` escapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Double,
    Backtick,
    Heredoc,
}

/// An integer as PHP reads it; beyond 64 bits it is a float.
pub(super) fn integer(text: &str) -> Literal {
    let digits: String = text.chars().filter(|digit| *digit != '_').collect();
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.get(1..).unwrap_or_default())
    } else {
        (10, lower.as_str())
    };
    if let Ok(value) = i64::from_str_radix(digits, radix) {
        return Literal::Int(value);
    }
    if radix == 10 {
        return float(digits);
    }
    let value = digits
        .chars()
        .fold(0.0, |value: f64, digit| value.mul_add(f64::from(radix), f64::from(digit.to_digit(radix).unwrap_or(0))));
    Literal::Float(value.to_bits())
}

/// A float, underscores allowed.
pub(super) fn float(text: &str) -> Literal {
    let digits: String = text.chars().filter(|digit| *digit != '_').collect();
    Literal::Float(digits.parse::<f64>().unwrap_or(0.0).to_bits())
}

/// A string in single quotes, without them.
fn unescape_single(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes().get(at + 1) {
            Some(b'\\') => out.push('\\'),
            Some(b'\'') => out.push('\''),
            _ => {
                out.push('\\');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
}

/// The number at the start of `digits`, of at most `most` digits, and how many those are.
fn leading_number(digits: &[u8], radix: u32, most: usize) -> Option<(u32, usize)> {
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let count = digits.iter().take(most).take_while(is_digit).count();
    let text = std::str::from_utf8(digits.get(..count)?).ok()?;
    Some((u32::from_str_radix(text, radix).ok()?, count))
}

/// One escape behind its backslash: appends what it means, gives its length.
fn escape(rest: &[u8], quoting: Quoting, out: &mut Vec<u8>) -> usize {
    let simple = match rest.first() {
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'v') => 0x0b,
        Some(b'e') => 0x1b,
        Some(b'f') => 0x0c,
        Some(b'\\') => b'\\',
        Some(b'$') => b'$',
        Some(b'"') if quoting == Quoting::Double => b'"',
        Some(b'`') if quoting == Quoting::Backtick => b'`',
        Some(b'0'..=b'7') => {
            let Some((value, length)) = leading_number(rest, 8, 3) else { return 0 };
            out.push(value.to_le_bytes()[0]);
            return length;
        }
        Some(b'x') => {
            if let Some((value, length)) = leading_number(&rest[1..], 16, 2) {
                out.push(value.to_le_bytes()[0]);
                return 1 + length;
            }
            out.extend_from_slice(b"\\x");
            return 1;
        }
        Some(b'u') if rest.get(1) == Some(&b'{') => {
            if let Some((value, length)) = leading_number(&rest[2..], 16, 8)
                && rest.get(2 + length) == Some(&b'}')
                && let Some(character) = char::from_u32(value)
            {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return 3 + length;
            }
            out.extend_from_slice(b"\\u");
            return 1;
        }
        _ => {
            out.push(b'\\');
            return 0;
        }
    };
    out.push(simple);
    1
}

/// A string with the escapes of double quotes. Bytes that are no UTF-8 become U+FFFD.
fn unescape_double(text: &str, quoting: Quoting) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        let length = escape(&rest[at + 1..], quoting, &mut out);
        rest = &rest[at + 1 + length..];
    }
    out.extend_from_slice(rest);
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Takes the indentation of the closing word off each line. `starts_line` where the text begins a line.
fn dedent(text: &str, indent: usize, starts_line: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index == 0 && !starts_line {
            out.push_str(line);
            continue;
        }
        let blank = line.bytes().take(indent).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        out.push_str(&line[blank..]);
    }
    out
}

/// The lines of a heredoc or nowdoc.
struct Lines {
    span: Span,
    indent: usize,
}

impl Lowering<'_> {
    fn string_literal(&mut self, text: &str, span: Span) -> ExprId {
        let symbol = self.interner.intern(text);
        self.push(Expr::Literal(Literal::String(symbol)), span)
    }

    /// `'…'`
    pub(super) fn single_quoted(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let text = self.text_of(at).trim_start_matches(['b', 'B']);
        let text = text.strip_prefix('\'').unwrap_or(text);
        let text = text.strip_suffix('\'').unwrap_or(text);
        if !text.contains('\\') {
            return self.string_literal(text, span);
        }
        let mut out = std::mem::take(&mut self.scratch.name);
        out.clear();
        unescape_single(text, &mut out);
        let id = self.string_literal(&out, span);
        self.scratch.name = out;
        id
    }

    /// `"…"`
    pub(super) fn double_quoted(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let text = self.text_of(at);
        let opening = if text.starts_with(['b', 'B']) { 2 } else { 1 };
        let closing = u32::from(span.len() > opening && text.ends_with('"'));
        let inner = Span::new((span.start + opening).min(span.end), span.end - closing);
        if self.tree.operand(at).is_none() {
            let text = self.slice(inner);
            if !text.contains('\\') {
                return self.string_literal(text, span);
            }
            return self.string_literal(&unescape_double(text, Quoting::Double), span);
        }
        self.interpolation(at, &Lines { span: inner, indent: 0 }, Quoting::Double, span)
    }

    /// `` `…` ``
    pub(super) fn backticks(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let closing = u32::from(span.len() > 1 && self.text_of(at).ends_with('`'));
        let inner = Span::new((span.start + 1).min(span.end), span.end - closing);
        self.interpolation(at, &Lines { span: inner, indent: 0 }, Quoting::Backtick, span)
    }

    /// The lines between the opening and the closing word.
    fn lines(&self, at: At) -> Lines {
        let span = self.span(at);
        let start = self.tree.child(at, Field::Identifier).map_or(span.start, |word| self.span(word).end);
        let end = self.tree.child(at, Field::EndTag).map_or(span.end, |word| self.span(word).start);
        let text = self.slice(Span::new(start, end.max(start)));
        let (Some(first), Some(last)) = (text.find('\n'), text.rfind('\n')) else {
            return Lines { span: Span::new(start, start), indent: 0 };
        };
        let indent = text.len() - last - 1;
        let content = text.get(first + 1..last).unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        let offset = |bytes: usize| start + u32::try_from(bytes).unwrap_or(0);
        Lines { span: Span::new(offset(first + 1), offset(first + 1 + content.len())), indent }
    }

    /// `<<<'X'`
    pub(super) fn nowdoc(&mut self, at: At) -> ExprId {
        let lines = self.nowdoc_lines(at);
        let text = dedent(self.slice(lines.span), lines.indent, true);
        self.string_literal(&text, self.span(at))
    }

    /// Nowdocs are leaves: their words are found in the text.
    fn nowdoc_lines(&self, at: At) -> Lines {
        let span = self.span(at);
        let text = self.text_of(at);
        let (Some(first), Some(last)) = (text.find('\n'), text.rfind('\n')) else {
            return Lines { span: Span::new(span.start, span.start), indent: 0 };
        };
        let indent = text[last + 1..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let content = text.get(first + 1..last).unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        let offset = |bytes: usize| span.start + u32::try_from(bytes).unwrap_or(0);
        Lines { span: Span::new(offset(first + 1), offset(first + 1 + content.len())), indent }
    }

    /// `<<<X`
    pub(super) fn heredoc(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let lines = self.lines(at);
        let body = self.tree.child_of(at, Kind::HeredocBody);
        if let Some(body) = body.filter(|&body| self.tree.operand(body).is_some()) {
            return self.interpolation(body, &lines, Quoting::Heredoc, span);
        }
        let text = dedent(self.slice(lines.span), lines.indent, true);
        let text = if text.contains('\\') { unescape_double(&text, Quoting::Heredoc) } else { text };
        self.string_literal(&text, span)
    }

    fn text_part(&mut self, part: Span, lines: &Lines, quoting: Quoting) {
        if part.is_empty() {
            return;
        }
        let text = self.slice(part);
        let undented;
        let text = if lines.indent > 0 {
            undented = dedent(text, lines.indent, part.start == lines.span.start);
            undented.as_str()
        } else {
            text
        };
        if text.is_empty() {
            return;
        }
        let id = if text.contains('\\') {
            self.string_literal(&unescape_double(text, quoting), part)
        } else {
            self.string_literal(text, part)
        };
        self.scratch.operands.push(id);
    }

    /// The parts of a string: the text between expressions is read as it stands.
    fn interpolation(&mut self, at: At, lines: &Lines, quoting: Quoting, span: Span) -> ExprId {
        let mark = self.scratch.operands.len();
        let mut position = lines.span.start;
        let mut open_brace = None;
        let tree = self.tree;
        for child in tree.children(at) {
            let child_span = self.span(child);
            match tree.kind(child) {
                Kind::OpenBrace => {
                    self.text_part(Span::new(position, child_span.start), lines, quoting);
                    position = child_span.end;
                    open_brace = Some(child_span.end);
                }
                Kind::CloseBrace => {
                    position = child_span.end.max(position);
                    open_brace = None;
                }
                kind if kind.is_expression() => {
                    if open_brace.is_none() {
                        self.text_part(Span::new(position, child_span.start), lines, quoting);
                    }
                    let id = if open_brace.is_some() { self.expr(child) } else { self.simple_part(child) };
                    let (id, end) = if open_brace.is_some() { (id, child_span.end) } else { self.null_safe_part(id, child) };
                    self.scratch.operands.push(id);
                    position = end;
                }
                _ => {}
            }
        }
        self.text_part(Span::new(position, lines.span.end.max(position)), lines, quoting);
        let parts = self.take_operands(mark);
        self.push(Expr::Interpolation(parts), span)
    }

    /// `$a`, `$a[key]`, `$a->b`, `${a}` outside braces.
    fn simple_part(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        match self.kind(at) {
            Kind::Subscript => {
                let mut operands = self.tree.operands(at);
                let (Some(base), Some(index)) = (operands.next(), operands.next()) else { return self.expr(at) };
                if !self.kind(index).is_name() {
                    return self.expr(at);
                }
                let base = self.expr(base);
                let key = self.string_literal(self.text_of(index), self.span(index));
                self.push(Expr::Index(base, Some(key)), span)
            }
            Kind::DynamicVariableName => self.braced_name(at),
            _ => self.expr(at),
        }
    }

    /// `$a?->b` outside braces, of which the grammar sees only the variable. Gives the end of the part, too.
    fn null_safe_part(&mut self, variable: ExprId, at: At) -> (ExprId, u32) {
        let span = self.span(at);
        let behind = self.text.get(span.end as usize..).and_then(|rest| rest.strip_prefix("?->"));
        let name = behind.filter(|_| self.kind(at) == Kind::VariableName).unwrap_or_default();
        let is_name = |next: char| next.is_ascii_alphanumeric() || next == '_' || !next.is_ascii();
        let name = name.split(|next| !is_name(next)).next().unwrap_or_default();
        if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
            return (variable, span.end);
        }
        let start = span.end + 3;
        let end = start + u32::try_from(name.len()).unwrap_or(0);
        let kind = MemberNameKind::Fixed(self.interner.intern(name));
        let name = MemberName { kind, span: Span::new(start, end) };
        let property = Expr::Property { receiver: variable, name, null_safe: true };
        (self.push(property, Span::new(span.start, end)), end)
    }

    /// `${name}` and `${name[index]}` in a string mean the variable of that name.
    fn braced_name(&mut self, at: At) -> ExprId {
        let span = self.span(at);
        let Some(inner) = self.tree.operand(at) else { return self.expr(at) };
        match self.kind(inner) {
            Kind::Name => {
                let name = self.symbol_of(inner);
                self.push(Expr::Variable(name), span)
            }
            Kind::Subscript => {
                let mut operands = self.tree.operands(inner);
                let (Some(base), Some(index)) = (operands.next(), operands.next()) else { return self.expr(at) };
                if self.kind(base) != Kind::Name {
                    return self.expr(at);
                }
                let name = self.symbol_of(base);
                let base = self.push(Expr::Variable(name), self.span(base));
                let index = self.expr(index);
                self.push(Expr::Index(base, Some(index)), span)
            }
            _ => self.expr(at),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn integers_in_every_notation() {
        for (text, value) in
            [("0", 0), ("42", 42), ("1_000_000", 1_000_000), ("0x1F", 31), ("0b101", 5), ("0o17", 15), ("017", 15), ("0O7", 7)]
        {
            assert_eq!(integer(text), Literal::Int(value), "{text}");
        }
        assert_eq!(integer("9223372036854775808"), Literal::Float(9_223_372_036_854_775_808.0_f64.to_bits()));
        assert_eq!(integer("0xFFFFFFFFFFFFFFFF"), Literal::Float(18_446_744_073_709_551_615.0_f64.to_bits()));
        assert_eq!(float("1_0.5e1"), Literal::Float(105.0_f64.to_bits()));
        assert_eq!(float(".5"), Literal::Float(0.5_f64.to_bits()));
        assert_eq!(float("6."), Literal::Float(6.0_f64.to_bits()));
    }

    #[test]
    fn escapes_in_single_quotes() {
        let mut out = String::new();
        unescape_single(r"a\'b\\c\nd\", &mut out);
        assert_eq!(out, r"a'b\c\nd\");
    }

    #[test]
    fn escapes_in_double_quotes() {
        let read = |text| unescape_double(text, Quoting::Double);
        assert_eq!(read(r#"\n\t\r\v\e\f\\\$\""#), "\n\t\r\x0b\x1b\x0c\\$\"");
        assert_eq!(read(r"\101\x41\u{41}\u{1F600}"), "AAA\u{1F600}");
        assert_eq!(read(r"\q\xg\u{zz}\8"), r"\q\xg\u{zz}\8");
        assert_eq!(read(r"\xC3\xA4"), "ä");
        assert_eq!(read(r"\xFF"), "\u{FFFD}");
        assert_eq!(unescape_double(r#"\"\`"#, Quoting::Heredoc), r#"\"\`"#);
        assert_eq!(unescape_double(r#"\"\`"#, Quoting::Backtick), r#"\"`"#);
    }

    #[test]
    fn indentation_is_that_of_the_closing_word() {
        assert_eq!(dedent("    a\n      b\n\n    c", 4, true), "a\n  b\n\nc");
        assert_eq!(dedent(" x\n    y", 4, false), " x\ny");
    }
}
