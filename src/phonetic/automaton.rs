//! The table as an automaton: the compiler starts at the beginning of a word and follows the rows, the merging
//! of equal digits and the dropping of 0 to every place that letters can lead to.
//!
//! A letter is encoded as soon as its row is certain. One whose row asks for the letter behind it (P, D, T and C)
//! waits in the state until that is known.

use super::table::{DIGITS, END, KIND, Letter, NO_DIGIT};

/// No letter, and no end of a word either.
pub(super) const OTHER: Letter = END + 1;

/// Letters, [`END`], [`OTHER`], and what fills the row up to a power of two, so that no look-up needs a check.
const SIGNS: usize = 32;

/// Enough for all; what is more than there are stays unused.
const STATES: usize = 48;

/// A state: what each sign does in it.
#[derive(Clone, Copy)]
pub(super) struct State([Step; SIGNS]);

/// What a sign does in a state.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The state behind it. A reference, not a number: each look-up waits for the one before, and so for nothing
    /// but the look-up.
    pub(super) next: &'static State,
    /// The digits that it adds, three at most: four bits for each, the first in the lowest.
    pub(super) digits: u32,
    /// The bits of these digits.
    pub(super) bits: u32,
}

static AUTOMATON: [State; STATES] = {
    let plan = plan();
    let mut states = [State([Step { next: &AUTOMATON[0], digits: 0, bits: 0 }; SIGNS]); STATES];
    let mut state = 0;
    while state < STATES {
        let mut sign = 0;
        while sign < SIGNS {
            let Planned { next, added } = plan[state][sign];
            states[state].0[sign] = Step { next: &AUTOMATON[next], digits: added.digits, bits: added.bits };
            sign += 1;
        }
        state += 1;
    }
    states
};

impl State {
    /// The state at the start of a word.
    #[inline]
    pub(super) fn start() -> &'static Self {
        &AUTOMATON[0]
    }

    /// What the next letter, [`END`] or [`OTHER`] does.
    #[inline]
    pub(super) fn step(&self, sign: Letter) -> Step {
        self.0[usize::from(sign) % SIGNS]
    }
}

/// What is known of a place between two letters.
#[derive(Clone, Copy)]
struct Place {
    /// The row of [`DIGITS`]: the letter that waits, or [`END`], and the kind of the letter before it.
    row: u8,
    /// The last digit before merging, or [`NO_DIGIT`] at the start of the word's code.
    last: u8,
}

impl Place {
    const START: Self = Self { row: KIND[END as usize] | END, last: NO_DIGIT };

    /// The place behind a sign, and the digits between.
    const fn step(self, sign: Letter) -> (Self, Added) {
        if sign > END {
            return (self, Added::NONE);
        }
        let (added, last) = Added::NONE.push(DIGITS[self.row as usize][sign as usize], self.last);
        if sign == END {
            return (Self::START, added);
        }
        let waiting = self.row & 31;
        let kind = if waiting == END { self.row & !31 } else { KIND[waiting as usize] };
        let row = kind | sign;
        if asks_for_next(row) {
            return (Self { row: first_like(row), last }, added);
        }
        let (added, last) = added.push(DIGITS[row as usize][END as usize], last);
        (Self { row: KIND[sign as usize] | END, last }, added)
    }
}

/// Digits, as [`Step`] has them.
#[derive(Clone, Copy)]
struct Added {
    digits: u32,
    bits: u32,
}

impl Added {
    const NONE: Self = Self { digits: 0, bits: 0 };

    /// Adds what stays of the digits of a letter. Returns the last digit before merging, too.
    const fn push(mut self, mut digits: u8, mut last: u8) -> (Self, u8) {
        while digits & 15 != NO_DIGIT {
            let digit = digits & 15;
            let is_repeated = digit == last;
            let is_late_zero = digit == 0 && last != NO_DIGIT;
            if !is_repeated && !is_late_zero {
                self.digits |= (digit as u32) << self.bits;
                self.bits += 4;
            }
            last = digit;
            digits = digits >> 4 | NO_DIGIT << 4;
        }
        (self, last)
    }
}

/// True where the digits depend on the letter behind.
const fn asks_for_next(row: u8) -> bool {
    let mut next = 0;
    while next < END {
        if DIGITS[row as usize][next as usize] != DIGITS[row as usize][END as usize] {
            return true;
        }
        next += 1;
    }
    false
}

/// The first row that is like this one for all letters to come, as that of D is for T.
const fn first_like(row: u8) -> u8 {
    let mut other = 0;
    while other < row {
        let mut next = 0;
        while next <= END && DIGITS[other as usize][next as usize] == DIGITS[row as usize][next as usize] {
            next += 1;
        }
        if next > END && KIND[(other & 31) as usize] == KIND[(row & 31) as usize] {
            return other;
        }
        other += 1;
    }
    row
}

/// A step before there are states to refer to.
#[derive(Clone, Copy)]
struct Planned {
    next: usize,
    added: Added,
}

/// The steps in all places, numbered in the order in which they are met.
#[expect(clippy::large_stack_arrays, reason = "only the compiler runs it")]
const fn plan() -> [[Planned; SIGNS]; STATES] {
    let mut plan = [[Planned { next: 0, added: Added::NONE }; SIGNS]; STATES];
    let mut places = [Place::START; STATES];
    let mut met = 1;
    let mut state = 0;
    while state < met {
        let mut sign: Letter = 0;
        while sign <= OTHER {
            let (behind, added) = places[state].step(sign);
            let mut next = 0;
            while next < met && (places[next].row != behind.row || places[next].last != behind.last) {
                next += 1;
            }
            if next == met {
                // More than `STATES` do not compile.
                places[met] = behind;
                met += 1;
            }
            plan[state][sign as usize] = Planned { next, added };
            sign += 1;
        }
        state += 1;
    }
    plan
}
