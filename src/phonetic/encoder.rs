//! The encoder: one pass, no allocation beyond the result.

use compact_str::CompactString;

use super::automaton::{OTHER, State};
use super::letters::{Sign, for_each_sign};
use super::table::{END, Letter};
use super::variants::Variants;

/// A byte that only [`letters`](super::letters) can read, and white space.
const UNUSUAL: Letter = OTHER + 1;

/// What each byte of a text is: the number of its letter, [`OTHER`], or [`UNUSUAL`].
static SIGNS: [Letter; 256] = {
    let mut signs = [OTHER; 256];
    let mut foreign = 0x80;
    while foreign < 256 {
        signs[foreign] = UNUSUAL;
        foreign += 1;
    }
    let mut letter = 0;
    while letter < END {
        signs[(b'A' + letter) as usize] = letter;
        signs[(b'a' + letter) as usize] = letter;
        letter += 1;
    }
    // German letters are told by their second byte: behind any other first byte nobody reads on. Of ß one S:
    // two would merge.
    signs[0xc3] = OTHER;
    let german = [(0x84, b'A'), (0xa4, b'A'), (0x96, b'O'), (0xb6, b'O'), (0x9c, b'U'), (0xbc, b'U'), (0x9f, b'S')];
    let mut at = 0;
    while at < german.len() {
        signs[german[at].0] = german[at].1 - b'A';
        at += 1;
    }
    // As `char::is_whitespace` has it.
    let spaces = [b' ', b'\t', b'\n', 0x0b, 0x0c, b'\r'];
    at = 0;
    while at < spaces.len() {
        signs[spaces[at] as usize] = UNUSUAL;
        at += 1;
    }
    signs
};

/// Bits of digits from which on there is no room for another letter: a register holds 64, a letter adds 12 at most.
const FULL: u32 = 56;

/// A code in the making.
#[derive(Clone, Copy)]
struct Code {
    state: &'static State,
    /// Four bits for each digit, the first in the lowest.
    digits: u64,
    /// The bits in use.
    bits: u32,
}

/// Sixteen digits. Checking text is faster where it is aligned.
#[repr(align(16))]
struct Text([u8; 16]);

impl Code {
    #[inline]
    fn new() -> Self {
        Self { state: State::start(), digits: 0, bits: 0 }
    }

    /// The next letter of the word, [`END`] or [`OTHER`].
    #[inline]
    fn step(&mut self, sign: Letter) {
        let step = self.state.step(sign);
        self.state = step.next;
        self.digits |= u64::from(step.digits) << (self.bits % 64);
        self.bits += step.bits;
    }

    #[inline]
    fn text(self) -> CompactString {
        let mut text = Text([0; 16]);
        let (front, back) = text.0.split_at_mut(8);
        front.copy_from_slice(&eight_digits(self.digits & 0xffff_ffff));
        back.copy_from_slice(&eight_digits(self.digits >> 32));
        let text = std::str::from_utf8(&text.0).unwrap_or_default();
        CompactString::new(text.get(..self.bits as usize / 4).unwrap_or_default())
    }
}

/// Eight digits of four bits as text: all of them at once, each to a byte of its own.
#[inline]
const fn eight_digits(mut digits: u64) -> [u8; 8] {
    digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff;
    digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff;
    digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    (digits | 0x3030_3030_3030_3030).to_le_bytes()
}

/// The code of a usual name: one word of ASCII and German letters, with few digits. `None` for any other.
#[inline]
fn usual(name: &str) -> Option<CompactString> {
    let mut code = Code::new();
    for byte in name.bytes() {
        let sign = SIGNS[usize::from(byte)];
        if sign >= UNUSUAL {
            return None;
        }
        code.step(sign);
        if code.bits >= FULL {
            return None;
        }
    }
    code.step(END);
    Some(code.text())
}

/// The code of any text, from its start: a mark changes the letter that stands before it.
#[cold]
#[inline(never)]
fn any(name: &str) -> CompactString {
    let mut text = CompactString::const_new("");
    let mut code = Code::new();
    for_each_sign(name, Variants::default(), |sign| {
        match sign {
            Sign::Letter(letter) | Sign::Umlaut(letter) => code.step(letter - b'A'),
            Sign::Eszett => code.step(b'S' - b'A'),
            Sign::Space => code.step(END),
            Sign::Other => {}
        }
        if code.bits >= FULL || sign == Sign::Space {
            text.push_str(&code.text());
            (code.digits, code.bits) = (0, 0);
        }
        if sign == Sign::Space && !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    });
    code.step(END);
    text.push_str(&code.text());
    if text.ends_with(' ') {
        text.pop();
    }
    text
}

/// The code of a name, with the words' codes apart.
pub(super) fn encode(name: &str) -> CompactString {
    match usual(name) {
        Some(code) => code,
        None => any(name),
    }
}
