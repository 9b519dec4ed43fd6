//! The encoder: one pass, no allocation beyond the result.
#![expect(clippy::inline_always, reason = "a step that is called, not inlined, keeps its state in memory: measured")]

use compact_str::CompactString;

use super::letters::{Sign, for_each_sign};
use super::table::{DIGITS, END, KIND, Letter};
use super::variants::Variants;

/// Bits of digits after which they go to the result: a register holds 16 digits of four bits, a letter has two.
const FULL: u32 = 56;

/// White space among the numbers of letters.
const SPACE: u8 = 27;
/// A sign of ASCII that is no letter.
const OTHER: u8 = 28;
/// The first byte of German letters beyond ASCII.
const GERMAN: u8 = 29;
/// Any other byte beyond ASCII.
const FOREIGN: u8 = 30;

/// What each byte is: the number of its letter, or one of the kinds above.
const SIGNS: [u8; 256] = {
    let mut signs = [OTHER; 256];
    let mut foreign = 0x80;
    while foreign < 256 {
        signs[foreign] = FOREIGN;
        foreign += 1;
    }
    signs[0xc3] = GERMAN;
    let mut letter = 0;
    while letter < END {
        signs[(b'A' + letter) as usize] = letter;
        signs[(b'a' + letter) as usize] = letter;
        letter += 1;
    }
    let mut at = 0;
    // As `char::is_whitespace` has it.
    let spaces = [b' ', b'\t', b'\n', 0x0b, 0x0c, b'\r'];
    while at < spaces.len() {
        signs[spaces[at] as usize] = SPACE;
        at += 1;
    }
    signs
};

/// The digits that may follow at the start of a word: all.
const ANY: u16 = 0x1ff;
/// Behind a digit, 0 is dropped.
const NO_ZERO: u16 = 0x1fe;
/// Stands for no digit; no set of digits holds it.
const NONE: usize = 15;

/// What a digit makes of the set of digits that may follow: what is kept of it and what is added.
const AFTER: [(u16, u16); 16] = {
    let mut after = [(0, NO_ZERO); 16];
    let mut digit = 0;
    while digit < NONE {
        after[digit] = (0, NO_ZERO & !(1 << digit));
        digit += 1;
    }
    after[NONE] = (!0, 0);
    after
};

/// A code in the making. A letter is encoded when the letter behind it is known.
///
/// Passed by value, so that all of it stays in registers: digits that went through memory one by one would
/// have to be waited for when they are read together.
#[derive(Clone, Copy)]
struct State {
    /// The kind of the letter before the current one.
    kind: u8,
    current: Letter,
    /// The digits that stay if they come next: not the last one, and 0 only in front.
    allowed: u16,
    /// Four bits for each digit, the first in the lowest.
    digits: u64,
    /// The bits in use.
    bits: u32,
}

const START: State = State { kind: KIND[END as usize], current: END, allowed: ANY, digits: 0, bits: 0 };

impl State {
    #[inline(always)]
    fn push(&mut self, digit: u8) {
        // Added always, as nothing where it does not stay: a branch here would be a coin toss.
        let stays = u32::from(self.allowed) >> digit & 1;
        self.digits |= (u64::from(digit) & u64::from(stays).wrapping_neg()) << (self.bits & 63);
        self.bits += stays * 4;
        let (kept, added) = AFTER[usize::from(digit & 15)];
        self.allowed = self.allowed & kept | added;
    }

    /// The next letter of the word, or [`END`]: encodes the one before it.
    #[inline(always)]
    fn step(&mut self, next: Letter, code: &mut CompactString) {
        let digits = DIGITS[usize::from((self.kind | self.current) & 127)][usize::from(next & 31)];
        // From the letter itself, not from the row: each look-up would have to wait for the one before it.
        self.kind = KIND[usize::from(self.current & 31)];
        self.current = next;
        self.push(digits & 15);
        if digits < 0xf0 {
            self.push(digits >> 4);
        }
        if self.bits >= FULL {
            write(self.digits, self.bits, code);
            (self.digits, self.bits) = (0, 0);
        }
    }

    /// The end of a word. A space behind the last word is taken away in the end.
    #[inline(never)]
    fn space(mut self, code: &mut CompactString) -> Self {
        self.step(END, code);
        if self.allowed != ANY {
            write(self.digits, self.bits, code);
            code.push(' ');
        }
        START
    }
}

/// Moves digits to the result.
#[cold]
#[inline(never)]
fn write(digits: u64, bits: u32, code: &mut CompactString) {
    code.push_str(text(digits, &mut [0; 16]).get(..bits as usize / 4).unwrap_or_default());
}

/// Sixteen digits as text.
#[inline(always)]
fn text(digits: u64, bytes: &mut [u8; 16]) -> &str {
    // Each four bits move to a byte of their own.
    let mut spread = u128::from(digits);
    spread = (spread | spread << 32) & 0x0000_0000_ffff_ffff_0000_0000_ffff_ffff;
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff_0000_ffff_0000_ffff;
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff;
    spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f;
    *bytes = (spread | 0x3030_3030_3030_3030_3030_3030_3030_3030).to_le_bytes();
    std::str::from_utf8(bytes).unwrap_or_default()
}

/// Runs over a text of ASCII and German letters. `None` where it holds others, or marks.
#[inline(always)]
fn run(name: &str, code: &mut CompactString) -> Option<State> {
    let mut state = START;
    let mut bytes = name.bytes();
    while let Some(byte) = bytes.next() {
        let mut sign = SIGNS[usize::from(byte)];
        if sign >= END {
            sign = match sign {
                OTHER => continue,
                SPACE => {
                    state = state.space(code);
                    continue;
                }
                GERMAN => german(bytes.next()?)?,
                _ => return None,
            };
        }
        state.step(sign, code);
    }
    Some(state)
}

/// The letter for the second byte of a German letter. One S stands for ß: two would merge.
#[inline(always)]
const fn german(byte: u8) -> Option<Letter> {
    match byte {
        0x84 | 0xa4 => Some(0),
        0x96 | 0xb6 => Some(b'O' - b'A'),
        0x9c | 0xbc => Some(b'U' - b'A'),
        0x9f => Some(b'S' - b'A'),
        _ => None,
    }
}

/// Runs over any text.
#[cold]
#[inline(never)]
fn run_any(name: &str, code: &mut CompactString) -> State {
    let mut state = START;
    code.clear();
    for_each_sign(name, Variants::default(), |sign| match sign {
        Sign::Letter(letter) | Sign::Umlaut(letter) => state.step(letter - b'A', code),
        Sign::Eszett => state.step(b'S' - b'A', code),
        Sign::Space => state = state.space(code),
        Sign::Other => {}
    });
    state
}

/// The code of a name, with the words' codes apart.
pub(super) fn encode(name: &str) -> CompactString {
    let mut code = CompactString::const_new("");
    let mut state = match run(name, &mut code) {
        Some(state) => state,
        None => run_any(name, &mut code),
    };
    state.step(END, &mut code);
    let mut bytes = [0; 16];
    let rest = text(state.digits, &mut bytes).get(..state.bits as usize / 4).unwrap_or_default();
    if code.is_empty() {
        // The usual name comes here only.
        return CompactString::new(rest);
    }
    code.push_str(rest);
    if state.allowed == ANY && code.ends_with(' ') {
        code.pop();
    }
    code
}
