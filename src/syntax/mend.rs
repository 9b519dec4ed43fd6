//! Valid PHP that the grammar does not know, rewritten into PHP that it does, byte for byte of the same length.
//!
//! Only texts that did not parse come here. Names and literals are always read from the original, so that rewriting
//! inside a string or a comment does no harm and nothing that matters is lost.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Uses of `__halt_compiler` that are looked at in one file.
const MAX_HALTS: usize = 8;

/// What may be `__halt_compiler();`, behind which everything is data: each time the word and its end mark.
pub(super) fn halts(text: &str) -> Vec<Range<usize>> {
    static WORD: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(["__halt_compiler"]).ok());
    let Some(word) = &*WORD else { return Vec::new() };
    let halts = word.find_iter(text).filter_map(|found| {
        let mut end = found.end();
        for mark in ["(", ")"] {
            let rest = text.get(end..)?;
            let mark_at = rest.len() - rest.trim_start().len();
            rest.get(mark_at..)?.starts_with(mark).then_some(())?;
            end += mark_at + 1;
        }
        let rest = text.get(end..)?;
        let mark_at = rest.len() - rest.trim_start().len();
        let rest = rest.get(mark_at..)?;
        let length = if rest.starts_with(';') {
            1
        } else if rest.starts_with("?>") {
            2
        } else {
            return None;
        };
        Some(found.start()..end + mark_at + length)
    });
    halts.take(MAX_HALTS).collect()
}

/// The text with what the grammar does not know rewritten, or as it is.
pub(super) fn mend(text: &str) -> Cow<'_, str> {
    static WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        AhoCorasick::builder().ascii_case_insensitive(true).build(["readonly", "final", "void", "declare"]).ok()
    });
    let mut mender = Mender { text: text.as_bytes(), out: None, done: 0 };
    if let Some(words) = &*WORDS {
        for found in words.find_iter(text) {
            if found.start() >= mender.done && mender.is_word(found.range()) {
                match found.pattern().as_usize() {
                    0 => mender.readonly(found.range()),
                    1 => mender.final_word(found.range()),
                    2 => mender.void(found.range()),
                    _ => mender.declare(found.end()),
                }
            }
        }
    }
    mender.beyond_the_basic_plane();
    mender.trailing_commas();
    match mender.out.map(String::from_utf8) {
        Some(Ok(out)) => Cow::Owned(out),
        _ => Cow::Borrowed(text),
    }
}

struct Mender<'t> {
    text: &'t [u8],
    out: Option<Vec<u8>>,
    /// End of the last run of modifiers that was rewritten.
    done: usize,
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// `public`, `private(set)` and the like.
fn is_visibility(word: &[u8]) -> bool {
    let name = word.split(|byte| *byte == b'(').next().unwrap_or_default();
    [&b"public"[..], b"protected", b"private"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

impl Mender<'_> {
    fn is_word(&self, range: Range<usize>) -> bool {
        let before = range.start.checked_sub(1).and_then(|at| self.text.get(at));
        let after = self.text.get(range.end);
        !before.is_some_and(|byte| is_name_byte(*byte) || matches!(byte, b'$' | b'>' | b'\\'))
            && !after.is_some_and(|byte| is_name_byte(*byte))
    }

    fn replace(&mut self, at: usize, with: &[u8]) {
        let out = self.out.get_or_insert_with(|| self.text.to_vec());
        if let Some(place) = out.get_mut(at..at + with.len()) {
            place.copy_from_slice(with);
        }
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.text.get(at).is_some_and(|byte| is_blank(*byte)) {
            at += 1;
        }
        at
    }

    /// The word that ends before `at`, blanks between left aside.
    fn word_before(&self, mut at: usize) -> Range<usize> {
        while at > 0 && is_blank(self.text[at - 1]) {
            at -= 1;
        }
        let end = at;
        while at > 0 && is_name_byte(self.text[at - 1]) {
            at -= 1;
        }
        at..end
    }

    /// The word at `at`, with `(set)` behind a visibility.
    fn modifier_at(&self, at: usize) -> Range<usize> {
        let rest = self.text.get(at..).unwrap_or_default();
        let mut length = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
        if rest.get(length..length + 5).is_some_and(|set| set.eq_ignore_ascii_case(b"(set)")) {
            length += 5;
        }
        at..at + length
    }

    fn readonly(&mut self, word: Range<usize>) {
        let next = self.skip_blanks(word.end);
        if self.text.get(next) == Some(&b'(') {
            // A function of this name; but after a modifier a type in parentheses.
            let before = self.text.get(self.word_before(word.start)).unwrap_or_default();
            if !is_visibility(before) && !self.is_type(next) {
                self.replace(word.end - 1, b"_");
                return;
            }
        }
        self.modifiers(word);
    }

    /// True where what stands in parentheses is followed by more of a type or by a variable.
    fn is_type(&self, open: usize) -> bool {
        let rest = self.text.get(open..).unwrap_or_default();
        let Some(close) = rest.iter().take(200).position(|byte| *byte == b')') else { return false };
        let next = self.skip_blanks(open + close + 1);
        matches!(self.text.get(next), Some(b'|' | b'$' | b'&'))
    }

    fn final_word(&mut self, word: Range<usize>) {
        let before = self.text.get(self.word_before(word.start)).unwrap_or_default();
        if before.eq_ignore_ascii_case(b"as") {
            let next = self.skip_blanks(word.end);
            // `as final;` gets a name to stand for it, `as final name;` loses the word.
            let with: &[u8] = if self.text.get(next) == Some(&b';') { b"_inal" } else { b"     " };
            self.replace(word.start, with);
            return;
        }
        self.modifiers(word);
    }

    /// Modifiers of a promoted parameter: visibility first, then `readonly`, and never `final`.
    fn modifiers(&mut self, first: Range<usize>) {
        let text = self.text;
        let before = text.get(self.word_before(first.start)).unwrap_or_default();
        let start = if is_visibility(before) { self.word_before(first.start).start } else { first.start };
        let (mut visibility, mut readonly, mut is_final) = (Vec::new(), false, false);
        let mut at = start;
        let mut end = start;
        loop {
            let range = self.modifier_at(at);
            let word = text.get(range.clone()).unwrap_or_default();
            if word.eq_ignore_ascii_case(b"readonly") {
                readonly = true;
            } else if word.eq_ignore_ascii_case(b"final") {
                is_final = true;
            } else if is_visibility(word) {
                visibility.push(word);
            } else {
                let starts_other = [&b"function"[..], b"class", b"const", b"abstract", b"static", b"fn"];
                if starts_other.iter().any(|other| word.eq_ignore_ascii_case(other)) {
                    return;
                }
                break;
            }
            end = range.end;
            at = self.skip_blanks(range.end);
            if text.get(range.end..at).is_some_and(|blanks| blanks.contains(&b'\n')) {
                break;
            }
        }
        if text.get(start..end).is_none_or(|run| run.contains(&b'\n')) {
            return;
        }
        let mut words: Vec<&[u8]> = if visibility.is_empty() { vec![b"public"] } else { visibility.clone() };
        let fits = |words: &[&[u8]]| words.iter().map(|word| word.len() + 1).sum::<usize>() <= end - start + 1;
        if readonly {
            words.push(b"readonly");
            if !fits(&words) {
                words.pop();
            }
        }
        if fits(&words) && (readonly || is_final) {
            let mut with = words.join(&b' ');
            with.resize(end - start, b' ');
            self.replace(start, &with);
            self.done = end;
        }
    }

    /// `(void) f();`
    fn void(&mut self, word: Range<usize>) {
        let open = self.word_before(word.start).end;
        let close = self.skip_blanks(word.end);
        if open == 0 || self.text.get(open - 1) != Some(&b'(') || self.text.get(close) != Some(&b')') {
            return;
        }
        let callee = self.word_before(open - 1);
        let is_statement = matches!(
            callee.end.checked_sub(1).map(|at| self.text[at]),
            None | Some(b';' | b'{' | b'}' | b':' | b')' | b'/' | b'>')
        );
        if callee.is_empty() && is_statement || self.text.get(callee).is_some_and(|word| word.eq_ignore_ascii_case(b"php")) {
            self.replace(word.start, b"bool");
        }
    }

    /// `declare(a=1, b=2)`: only the first directive stays.
    fn declare(&mut self, end: usize) {
        let open = self.skip_blanks(end);
        if self.text.get(open) != Some(&b'(') {
            return;
        }
        let inside = self.text.get(open..).unwrap_or_default();
        let Some(close) = inside.iter().take(300).position(|byte| *byte == b')') else { return };
        if let Some(comma) = inside[..close].iter().position(|byte| *byte == b',') {
            self.replace(open + comma, &vec![b' '; close - comma]);
        }
    }

    /// `use A\{B, C,};`
    fn trailing_commas(&mut self) {
        for (comma, _) in self.text.iter().enumerate().filter(|(_, byte)| **byte == b',') {
            if self.text.get(self.skip_blanks(comma + 1)) == Some(&b'}') {
                self.replace(comma, b" ");
            }
        }
    }

    /// Characters of four bytes may stand in names, but the grammar does not take them.
    fn beyond_the_basic_plane(&mut self) {
        let starts = self.text.iter().enumerate().filter(|(_, byte)| **byte >= 0xF0).map(|(at, _)| at);
        for at in starts {
            self.replace(at, b"____");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str) {
        assert_eq!(before.len(), after.len());
        assert_eq!(mend(before), after);
    }

    #[test]
    fn promotion_gets_the_order_that_the_grammar_knows() {
        check("(readonly public int $x)", "(public readonly int $x)");
        check("(final public int $x)", "(public       int $x)");
        check("(readonly int $x)", "(public   int $x)");
        check("(public final readonly ?A $x)", "(public readonly       ?A $x)");
        check("(readonly public private(set) int $x)", "(public private(set) readonly int $x)");
        check("(readonly (A&B)|null $x)", "(public   (A&B)|null $x)");
        check("final readonly class A {}", "final readonly class A {}");
        check("final public function f() {}", "final public function f() {}");
        check("// it is readonly\npublic $x;", "// it is public  \npublic $x;");
    }

    #[test]
    fn readonly_may_be_a_function() {
        check("function readonly() {}", "function readonl_() {}");
        check("return readonly ($x);", "return readonl_ ($x);");
        check("$this->readonly($x);", "$this->readonly($x);");
    }

    #[test]
    fn other_rewritings() {
        check("<?php (void) f();", "<?php (bool) f();");
        check("{ ( VOID ) f(); }", "{ ( bool ) f(); }");
        check("f(void);", "f(void);");
        check("declare(strict_types=1, ticks = 2);", "declare(strict_types=1           );");
        check("use T { f as final; g as final h; }", "use T { f as _inal; g as       h; }");
        check("use A\\{B,\n  C,\n};", "use A\\{B,\n  C \n};");
        check("$\u{1F600}x = 1;", "$____x = 1;");
    }

    #[test]
    fn data_starts_behind_the_mark() {
        let text = "<?php f(); __HALT_compiler ( ) ; \u{0}data";
        let halts = halts(text);
        assert_eq!(halts.len(), 1);
        assert_eq!(&text[halts[0].clone()], "__HALT_compiler ( ) ;");
        assert!(super::halts("'__halt_compiler'").is_empty());
    }
}
