//! Postel's table, row by row as it is printed, and the form in which the encoder reads it.
//!
//! The compiler turns [`TABLE`] into [`DIGITS`]: for each kind of previous letter, each letter and each
//! letter behind it the digits of the first row that fits. The table stays the only place where a rule
//! stands.

/// A letter by its number, A is 0; [`END`] stands for no letter.
pub(super) type Letter = u8;

/// Behind the last letter of a word, and before the first.
pub(super) const END: Letter = 26;

/// Where a row holds. The neighbours are letters, H among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Wherever the letter stands.
    Anywhere,
    /// As the first letter of a word.
    First,
    /// As the first letter of a word, before one of these.
    FirstBefore(&'static str),
    /// Directly behind one of these.
    After(&'static str),
    /// Directly before one of these.
    Before(&'static str),
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// A short name, as vectors and reports show it.
    pub id: &'static str,
    /// The letters.
    pub letters: &'static str,
    /// Where they stand.
    pub place: Place,
    /// Their digits: none, one or two.
    pub digits: &'static str,
}

const fn row(id: &'static str, letters: &'static str, place: Place, digits: &'static str) -> Row {
    Row { id, letters, place, digits }
}

/// The table; of several rows that fit, the first holds. Umlauts and ß are folded before.
pub const TABLE: [Row; 20] = [
    row("vowel", "AEIJOUY", Place::Anywhere, "0"),
    row("h", "H", Place::Anywhere, ""),
    row("b", "B", Place::Anywhere, "1"),
    row("ph", "P", Place::Before("H"), "3"),
    row("p", "P", Place::Anywhere, "1"),
    row("dt-before-csz", "DT", Place::Before("CSZ"), "8"),
    row("dt", "DT", Place::Anywhere, "2"),
    row("fvw", "FVW", Place::Anywhere, "3"),
    row("gkq", "GKQ", Place::Anywhere, "4"),
    row("c-first-hard", "C", Place::FirstBefore("AHKLOQRUX"), "4"),
    row("c-first-soft", "C", Place::First, "8"),
    row("c-after-sz", "C", Place::After("SZ"), "8"),
    row("c-hard", "C", Place::Before("AHKOQUX"), "4"),
    row("c-soft", "C", Place::Anywhere, "8"),
    row("x-after-ckq", "X", Place::After("CKQ"), "8"),
    row("x", "X", Place::Anywhere, "48"),
    row("l", "L", Place::Anywhere, "5"),
    row("mn", "MN", Place::Anywhere, "6"),
    row("r", "R", Place::Anywhere, "7"),
    row("sz", "SZ", Place::Anywhere, "8"),
];

/// What the rows ask of the letter before: the lists of its `After`.
const AFTER: [&str; 2] = ["SZ", "CKQ"];

/// The kind of a letter as the previous one, in the place that it has in a row's number: behind S and Z,
/// behind C, K and Q, behind any other, and at the start of a word.
pub(super) const KIND: [u8; 32] = kinds();
/// The kind of no letter at all.
const START: u8 = 3 << 5;
/// Stands for no digit.
pub(super) const NO_DIGIT: u8 = 15;

/// Digits of a letter in its place, by the kind of the letter before and the letter itself, and by the
/// letter behind: the first digit in the low four bits, the second above, or [`NO_DIGIT`].
pub(super) const DIGITS: [[u8; 32]; 128] = digits();

const fn kinds() -> [u8; 32] {
    let mut kinds = [START; 32];
    let mut letter = 0;
    while letter < END {
        kinds[letter as usize] = if holds(AFTER[0], letter) {
            1 << 5
        } else if holds(AFTER[1], letter) {
            2 << 5
        } else {
            0
        };
        letter += 1;
    }
    kinds
}

const fn holds(letters: &str, letter: Letter) -> bool {
    let letters = letters.as_bytes();
    let mut at = 0;
    while at < letters.len() {
        if letters[at] - b'A' == letter {
            return true;
        }
        at += 1;
    }
    false
}

const fn fits(place: Place, kind: u8, next: Letter) -> bool {
    match place {
        Place::Anywhere => true,
        Place::First => kind == START,
        Place::FirstBefore(letters) => kind == START && holds(letters, next),
        // A list that is no kind would compile into a table that never uses it.
        Place::After(letters) => match letters.as_bytes() {
            b"SZ" => kind == 1 << 5,
            b"CKQ" => kind == 2 << 5,
            _ => panic!("not among AFTER"),
        },
        Place::Before(letters) => holds(letters, next),
    }
}

const fn digits() -> [[u8; 32]; 128] {
    let mut table = [[0xff; 32]; 128];
    let mut row = TABLE.len();
    // From the last row to the first, so that the first that fits is the one that stays.
    while row > 0 {
        row -= 1;
        let letters = TABLE[row].letters.as_bytes();
        let code = packed(TABLE[row].digits.as_bytes());
        let mut at = 0;
        while at < letters.len() {
            let mut kind = 0;
            while kind <= START {
                let mut next = 0;
                while next <= END {
                    if fits(TABLE[row].place, kind, next) {
                        table[(kind | (letters[at] - b'A')) as usize][next as usize] = code;
                    }
                    next += 1;
                }
                kind += 1 << 5;
            }
            at += 1;
        }
    }
    table
}

const fn packed(digits: &[u8]) -> u8 {
    match digits {
        [] => 0xff,
        [one] => 0xf0 | (*one - b'0'),
        [first, second] => (*second - b'0') << 4 | (*first - b'0'),
        _ => panic!("a letter has at most two digits"),
    }
}

/// The row that holds for a letter between its neighbours.
#[must_use]
pub(super) fn row_of(previous: Letter, letter: Letter, next: Letter) -> Option<&'static Row> {
    let kind = KIND[usize::from(previous & 31)];
    TABLE.iter().find(|row| holds(row.letters, letter) && fits(row.place, kind, next))
}
