//! German surnames, to say how many people a mistake concerns.

/// The list; `data/README.md` names its source and licence.
const SURNAMES: &str = include_str!("../../data/surnames-de.txt");

/// German surnames, sorted, each once.
pub fn surnames() -> impl Iterator<Item = &'static str> {
    SURNAMES.lines()
}
