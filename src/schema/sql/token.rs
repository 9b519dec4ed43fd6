//! Tokens of a statement, comments taken out, conditional comments opened as the server opens them.

/// Which server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// `101100` for `MariaDB` 10.11; comments `/*!NNNNN */` of a higher version are comments.
    pub version: u32,
    /// A `MariaDB`: it passes over `/*!50700` to `/*!99999`, and reads `/*M!`.
    pub is_mariadb: bool,
    /// Double quotes enclose names.
    pub ansi_quotes: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { version: 101_100, is_mariadb: true, ansi_quotes: false }
    }
}

impl Dialect {
    /// True where the text of `/*!version …*/` is code.
    fn runs(self, version: Option<u32>, is_mariadb_comment: bool) -> bool {
        if is_mariadb_comment && !self.is_mariadb {
            return false;
        }
        match version {
            None => true,
            Some(version) if self.is_mariadb && !is_mariadb_comment && (50_700..=99_999).contains(&version) => false,
            Some(version) => version <= self.version,
        }
    }
}

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A word or a name without quotes; `@x` and `@@x` as well.
    Word,
    /// A name in backticks, or in double quotes where they enclose names.
    Quoted,
    /// A text in quotes.
    Text,
    /// A number.
    Number,
    /// Any other sign.
    Sign,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its kind.
    pub kind: TokenKind,
    /// Its text without quotes and with escapes resolved.
    pub text: String,
    /// Bytes before it in the statement.
    pub at: usize,
    /// Bytes before its end.
    pub end: usize,
    /// Enclosed in double quotes: a name in some dialects, a text in others.
    pub double_quoted: bool,
}

impl Token {
    /// True for this keyword, in any case.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// True for this sign.
    #[must_use]
    pub fn is_sign(&self, sign: char) -> bool {
        self.kind == TokenKind::Sign && self.text.starts_with(sign)
    }
}

struct Scanner<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    dialect: Dialect,
    tokens: Vec<Token>,
}

/// The tokens of a text.
#[must_use]
pub fn tokenize(text: &str, dialect: Dialect) -> Vec<Token> {
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, dialect, tokens: Vec::new() };
    while scanner.at < scanner.bytes.len() {
        scanner.step();
    }
    scanner.tokens
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, text: String, at: usize) {
        self.tokens.push(Token { kind, text, at, end: self.at, double_quoted: false });
    }

    fn step(&mut self) {
        let start = self.at;
        match self.peek(0) {
            byte if byte.is_ascii_whitespace() || byte == 0 => self.at += 1,
            b'#' => self.line_comment(),
            b'-' if self.peek(1) == b'-' && (self.peek(2).is_ascii_whitespace() || self.at + 2 >= self.bytes.len()) => {
                self.line_comment();
            }
            b'/' if self.peek(1) == b'*' => self.block_comment(),
            // The end of a conditional comment that was opened.
            b'*' if self.peek(1) == b'/' => self.at += 2,
            b'`' => {
                let text = self.quoted(b'`', false);
                self.push(TokenKind::Quoted, text, start);
            }
            b'\'' => {
                let text = self.quoted(b'\'', true);
                self.push(TokenKind::Text, text, start);
            }
            b'"' => {
                let text = self.quoted(b'"', !self.dialect.ansi_quotes);
                let kind = if self.dialect.ansi_quotes { TokenKind::Quoted } else { TokenKind::Text };
                self.push(kind, text, start);
                if let Some(token) = self.tokens.last_mut() {
                    token.double_quoted = true;
                }
            }
            byte if byte.is_ascii_digit() || (byte == b'.' && self.peek(1).is_ascii_digit() && !self.follows_name()) => {
                self.number();
            }
            byte if is_word(byte) || byte == b'@' => {
                while self.at < self.bytes.len() && (is_word(self.peek(0)) || matches!(self.peek(0), b'@')) {
                    self.at += 1;
                }
                let text = self.slice(start).to_owned();
                self.push(TokenKind::Word, text, start);
            }
            _ => {
                let sign = self.text[start..].chars().next().unwrap_or(' ');
                self.at += sign.len_utf8();
                self.push(TokenKind::Sign, sign.to_string(), start);
            }
        }
    }

    fn slice(&self, start: usize) -> &str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// After a name a dot leads to the next part of it, also where that begins with a digit.
    fn follows_name(&self) -> bool {
        self.tokens.last().is_some_and(|token| matches!(token.kind, TokenKind::Word | TokenKind::Quoted) && token.end == self.at)
    }

    fn line_comment(&mut self) {
        self.at = self.text[self.at..].find('\n').map_or(self.bytes.len(), |found| self.at + found + 1);
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let (opens, is_mariadb) = match (self.peek(2), self.peek(3)) {
            (b'!', _) => (3, false),
            (b'M', b'!') => (4, true),
            _ => (0, false),
        };
        if opens > 0 {
            let digits = self.bytes[start + opens..].iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
            let digits = if digits < 5 { 0 } else { digits };
            let version = self.text[start + opens..start + opens + digits].parse().ok();
            if self.dialect.runs(version, is_mariadb) {
                self.at = start + opens + digits;
                return;
            }
        }
        // A comment may hold comments of the plain kind where it is a conditional one that is passed over.
        let mut depth = 0;
        while self.at < self.bytes.len() {
            if self.peek(0) == b'/' && self.peek(1) == b'*' && (depth == 0 || opens > 0) {
                depth += 1;
                self.at += 2;
            } else if self.peek(0) == b'*' && self.peek(1) == b'/' {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return;
                }
            } else {
                self.at += 1;
            }
        }
    }

    fn quoted(&mut self, quote: u8, escapes: bool) -> String {
        self.at += 1;
        let mut text = Vec::new();
        while self.at < self.bytes.len() {
            let byte = self.peek(0);
            if byte == quote {
                self.at += 1;
                if self.peek(0) != quote || self.at >= self.bytes.len() {
                    break;
                }
                text.push(quote);
                self.at += 1;
            } else if byte == b'\\' && escapes {
                let sign = self.peek(1);
                match sign {
                    b'n' => text.push(b'\n'),
                    b't' => text.push(b'\t'),
                    b'r' => text.push(b'\r'),
                    b'0' => text.push(0),
                    b'b' => text.push(8),
                    b'Z' => text.push(26),
                    b'%' | b'_' => text.extend([b'\\', sign]),
                    _ => text.push(sign),
                }
                self.at += 2;
            } else {
                text.push(byte);
                self.at += 1;
            }
        }
        self.at = self.at.min(self.bytes.len());
        String::from_utf8_lossy(&text).into_owned()
    }

    fn number(&mut self) {
        let start = self.at;
        while is_word(self.peek(0)) || (self.peek(0) == b'.' && self.peek(1).is_ascii_digit()) {
            self.at += 1;
        }
        if self.peek(0) == b'.' && !self.slice(start).contains('.') {
            self.at += 1;
        }
        if matches!(self.bytes[self.at - 1], b'e' | b'E') && matches!(self.peek(0), b'+' | b'-') {
            self.at += 1;
            while self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
        }
        let text = self.slice(start).to_owned();
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            || text.starts_with("0x")
            || text.starts_with("0b")
            || text.trim_end_matches(|sign: char| sign.is_ascii_digit() || matches!(sign, '-' | '+')).ends_with(['e', 'E']);
        self.push(if is_number { TokenKind::Number } else { TokenKind::Word }, text, start);
    }
}

/// Part of a word; names may hold any letter of any script.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}
