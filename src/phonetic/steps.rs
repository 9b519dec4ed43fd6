//! What each step of the procedure makes of a name, for people.

use super::letters::{Sign, for_each_sign};
use super::table::{END, Row, row_of};
use super::variants::Variants;

/// A letter and what becomes of its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The letter, `A` to `Z`.
    pub letter: char,
    /// The row of the table that holds.
    pub row: &'static Row,
    /// The digits after step 1.
    pub encoded: String,
    /// Those that step 2 keeps.
    pub merged: String,
    /// Those that step 3 keeps.
    pub kept: String,
}

/// The letters of each word with their digits after each step. Words without letters are left out.
#[must_use]
pub fn steps(name: &str) -> Vec<Vec<Step>> {
    let mut words: Vec<Vec<u8>> = vec![Vec::new()];
    for_each_sign(name, Variants::default(), |sign| match (sign, words.last_mut()) {
        (Sign::Space, _) => words.push(Vec::new()),
        (Sign::Letter(letter) | Sign::Umlaut(letter), Some(word)) => word.push(letter),
        (Sign::Eszett, Some(word)) => word.extend(b"SS"),
        _ => {}
    });
    words.retain(|word| !word.is_empty());
    words.iter().map(|word| of_word(word)).collect()
}

fn of_word(letters: &[u8]) -> Vec<Step> {
    let number = |at: Option<usize>| at.and_then(|at| letters.get(at)).map_or(END, |letter| letter - b'A');
    let mut last = None;
    let mut is_empty = true;
    let mut found = Vec::new();
    for (at, letter) in letters.iter().enumerate() {
        let Some(row) = row_of(number(at.checked_sub(1)), letter - b'A', number(Some(at + 1))) else { continue };
        let mut step =
            Step { letter: char::from(*letter), row, encoded: row.digits.to_owned(), merged: String::new(), kept: String::new() };
        for digit in row.digits.chars() {
            if last != Some(digit) {
                step.merged.push(digit);
                if digit != '0' || is_empty {
                    step.kept.push(digit);
                }
                is_empty = false;
            }
            last = Some(digit);
        }
        found.push(step);
    }
    found
}
