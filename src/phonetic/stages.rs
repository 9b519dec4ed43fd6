//! The rules once more, stage by stage as Postel describes them: slower than the encoder, written without
//! its table, and able to read them in other ways, right and wrong.
//!
//! Tests hold the two against each other. The readings are [`Variants`]; the mistakes are [`Faults`].

use super::faults::{Fault, Faults};
use super::letters::{Sign, for_each_sign};
use super::variants::{Eszett, FirstC, OtherSigns, Umlaut, Variants, Words};

/// A letter with what its neighbours need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    letter: u8,
    is_umlaut: bool,
}

/// ß, where it is a letter of its own.
const OWN_ESZETT: u8 = 0xdf;
/// A sign that is no letter, where it stays until the letters are encoded.
const SIGN: u8 = b'.';

/// The code of a name in a reading of the rules, with faults.
#[must_use]
pub fn encode_with(name: &str, variants: Variants, faults: Faults) -> String {
    let mut words = vec![Vec::new()];
    let text = filtered(name, faults);
    for_each_sign(&text, variants, |sign| {
        let word = words.last_mut();
        match (sign, word) {
            (Sign::Space, _) if variants.words != Words::OneWord => words.push(Vec::new()),
            (Sign::Letter(letter), Some(word)) => word.push(Item { letter, is_umlaut: false }),
            (Sign::Umlaut(letter), Some(word)) if !faults.has(Fault::UmlautsDropped) => {
                word.push(Item { letter, is_umlaut: true });
            }
            (Sign::Eszett, Some(word)) if !faults.has(Fault::EszettDropped) => match variants.eszett {
                Eszett::DoubleS => word.extend([Item { letter: b'S', is_umlaut: false }; 2]),
                Eszett::OwnLetter => word.push(Item { letter: OWN_ESZETT, is_umlaut: false }),
            },
            (Sign::Other | Sign::Space, Some(word)) if variants.other_signs == OtherSigns::RemovedLast => {
                word.push(Item { letter: SIGN, is_umlaut: false });
            }
            _ => {}
        }
    });
    let codes: Vec<String> = words.into_iter().map(|word| Word::new(word, variants, faults).code()).collect();
    let codes: Vec<String> = codes.into_iter().filter(|code| !code.is_empty()).collect();
    codes.join(if variants.words == Words::Apart { " " } else { "" })
}

/// The text that remains where upper-casing goes wrong.
fn filtered(name: &str, faults: Faults) -> String {
    let stays = |sign: &char| {
        !(faults.has(Fault::LowerCaseLost) && sign.is_ascii_lowercase()
            || faults.has(Fault::LowerUmlautsLost) && matches!(sign, 'ä' | 'ö' | 'ü'))
    };
    name.chars().filter(stays).collect()
}

/// A word on its way through the stages.
struct Word {
    items: Vec<Item>,
    variants: Variants,
    faults: Faults,
}

impl Word {
    fn new(mut items: Vec<Item>, variants: Variants, faults: Faults) -> Self {
        if faults.has(Fault::InputCutAt100) {
            items.truncate(100);
        }
        if faults.has(Fault::InputCutAt20) {
            items.truncate(20);
        }
        if faults.has(Fault::MergeLetters) {
            items.dedup_by_key(|item| item.letter);
        }
        if faults.has(Fault::HRemovedAfterPh) {
            for at in 1..items.len() {
                if items[at].letter == b'H' && items[at - 1].letter == b'P' {
                    items[at - 1].letter = b'F';
                }
            }
        }
        if faults.has(Fault::HRemovedFirst) || faults.has(Fault::HRemovedAfterPh) {
            items.retain(|item| item.letter != b'H');
        }
        if faults.has(Fault::VowelsRemovedFirst) {
            let mut is_first = true;
            items.retain(|item| std::mem::take(&mut is_first) || !b"AEIJOUY".contains(&item.letter));
        }
        Self { items, variants, faults }
    }

    /// The letter at a distance, with 0 for none.
    fn neighbour(&self, at: usize, step: isize, skips_h: bool) -> u8 {
        let mut at = at;
        loop {
            let Some(next) = at.checked_add_signed(step) else { return 0 };
            match self.items.get(next) {
                Some(item) if item.letter == b'H' && skips_h => at = next,
                Some(item) => return item.letter,
                None => return 0,
            }
        }
    }

    fn previous(&self, at: usize) -> u8 {
        self.neighbour(at, -1, self.faults.has(Fault::PreviousSkipsH))
    }

    fn next(&self, at: usize) -> u8 {
        self.neighbour(at, 1, self.faults.has(Fault::NextSkipsH))
    }

    /// Stage 1: the digits of each letter.
    fn encoded(&self) -> Vec<&'static str> {
        let mut codes: Vec<&'static str> = Vec::with_capacity(self.items.len());
        let mut seen_hard_c = false;
        for at in 0..self.items.len() {
            let mut code = self.digits(at, &codes);
            if self.items[at].letter == b'C' && code == "4" {
                if seen_hard_c && self.faults.has(Fault::OneHardC) {
                    code = "8";
                }
                seen_hard_c = true;
            }
            codes.push(code);
        }
        codes
    }

    fn digits(&self, at: usize, codes: &[&'static str]) -> &'static str {
        let has = |fault| self.faults.has(fault);
        let next = self.next(at);
        match self.items[at].letter {
            b'J' if has(Fault::JIgnored) => "",
            b'J' if has(Fault::JAs4) => "4",
            b'Y' if has(Fault::YIgnored) => "",
            b'A' | b'E' | b'I' | b'J' | b'O' | b'U' | b'Y' => "0",
            b'H' if has(Fault::HAsZero) => "0",
            b'B' => "1",
            b'P' if next == b'H' && !has(Fault::PhAsP) || next == 0 && has(Fault::FinalP) => "3",
            b'P' => "1",
            letter @ (b'D' | b'T') => self.dental(letter, next),
            b'W' if has(Fault::WIgnored) => "",
            b'V' if has(Fault::VAs1) => "1",
            b'F' | b'V' | b'W' => "3",
            b'Q' if has(Fault::QIgnored) => "",
            b'G' | b'K' | b'Q' => "4",
            b'C' => self.c(at, codes),
            b'X' => self.x(at),
            b'L' if has(Fault::LAndRSwapped) => "7",
            b'R' if has(Fault::LAndRSwapped) => "5",
            b'L' => "5",
            b'N' if has(Fault::MAndNDiffer) => "9",
            b'M' | b'N' => "6",
            b'R' => "7",
            b'Z' if has(Fault::ZAs2) => "2",
            b'S' | b'Z' | OWN_ESZETT => "8",
            _ => "",
        }
    }

    fn dental(&self, letter: u8, next: u8) -> &'static str {
        let has = |fault| self.faults.has(fault);
        let is_listed = match next {
            b'C' => !has(Fault::DtNotC),
            b'S' => !has(Fault::DtNotS),
            b'Z' => !has(Fault::DtNotZ),
            0 => return if has(Fault::FinalDt) { "8" } else { "2" },
            _ => false,
        };
        let is_exempt = has(Fault::DtPlain) || has(Fault::OnlyT) && letter == b'D' || has(Fault::OnlyD) && letter == b'T';
        if is_listed && !is_exempt { "8" } else { "2" }
    }

    fn x(&self, at: usize) -> &'static str {
        let has = |fault| self.faults.has(fault);
        if has(Fault::XAs8) {
            return "8";
        }
        if has(Fault::XAs4) {
            return "4";
        }
        match self.previous(at) {
            b'K' | b'Q' => "8",
            b'C' if !has(Fault::XBehindC) => "8",
            _ if has(Fault::XAs84) => "84",
            _ => "48",
        }
    }

    fn c(&self, at: usize, codes: &[&'static str]) -> &'static str {
        let has = |fault| self.faults.has(fault);
        let next = self.next(at);
        let is_first = match self.variants.first_c {
            FirstC::ByLetter => self.items[..at].iter().all(|item| item.letter == SIGN),
            FirstC::ByCode => codes.iter().all(|code| code.is_empty()),
        };
        let is_last = next == 0;
        if has(Fault::CAlways4) {
            return "4";
        }
        if has(Fault::CAlways8) {
            return "8";
        }
        if is_last {
            let is_hard = if is_first { has(Fault::LoneC) } else { has(Fault::FinalC) };
            return if is_hard { "4" } else { "8" };
        }
        let reads_umlauts = self.variants.umlaut == Umlaut::Folded;
        if !reads_umlauts && self.items.get(at + 1).is_some_and(|item| item.is_umlaut) {
            return "8";
        }
        let is_after_first_s = at == 1 && self.previous(at) == b'S' && has(Fault::ScAtStart);
        if !is_first && !is_after_first_s && self.is_softened(at, codes) {
            return "8";
        }
        let is_in_first_place = is_first && !has(Fault::FirstCMissing) || is_after_first_s;
        if self.is_hard(next, is_in_first_place) { "4" } else { "8" }
    }

    /// True behind S and Z.
    fn is_softened(&self, at: usize, codes: &[&'static str]) -> bool {
        let has = |fault| self.faults.has(fault);
        if has(Fault::CBehindCode) {
            return codes.last().is_some_and(|code| code.ends_with('8'));
        }
        match self.previous(at) {
            b'S' => !has(Fault::ScHard) && !has(Fault::OnlyZc),
            b'Z' => !has(Fault::ScHard) && !has(Fault::OnlySc),
            _ => false,
        }
    }

    fn is_hard(&self, next: u8, is_first: bool) -> bool {
        let has = |fault| self.faults.has(fault);
        let pick = |first: Fault, inner: Fault| !has(if is_first { first } else { inner });
        match next {
            b'A' => pick(Fault::FirstCNotA, Fault::CNotA),
            b'H' => pick(Fault::FirstCNotH, Fault::CNotH),
            b'K' => pick(Fault::FirstCNotK, Fault::CkSoft),
            b'L' => is_first && !has(Fault::FirstCNotL) || !is_first && has(Fault::FirstCEverywhere),
            b'O' => pick(Fault::FirstCNotO, Fault::CNotO),
            b'Q' => pick(Fault::FirstCNotQ, Fault::CNotQ),
            b'R' => is_first && !has(Fault::FirstCNotR) || !is_first && has(Fault::FirstCEverywhere),
            b'U' => pick(Fault::FirstCNotU, Fault::CNotU),
            b'X' => pick(Fault::FirstCNotX, Fault::CNotX),
            b'E' => has(Fault::CBeforeE),
            b'I' => has(Fault::CBeforeI),
            _ => false,
        }
    }

    /// Stages 2 and 3: equal neighbours become one, 0 stays only in front.
    fn code(&self) -> String {
        let has = |fault| self.faults.has(fault);
        let codes = self.encoded();
        let mut digits = if has(Fault::LastEmitted) { last_emitted(&codes) } else { self.merged_and_dropped(&codes) };
        if has(Fault::CutAt8) {
            digits.truncate(8);
        }
        if has(Fault::CutAt4) {
            digits.truncate(4);
        }
        while has(Fault::PaddedTo4) && digits.len() < 4 {
            digits.push('0');
        }
        digits
    }

    fn merged_and_dropped(&self, codes: &[&'static str]) -> String {
        let has = |fault| self.faults.has(fault);
        let mut codes = codes.to_vec();
        let starts_with_zero = codes.iter().find(|code| !code.is_empty()).is_some_and(|code| *code == "0");
        if has(Fault::ZerosFirst) {
            let first = codes.iter().position(|code| !code.is_empty());
            let stays = |(at, code): &(usize, &str)| *code != "0" || Some(*at) == first;
            codes = codes.into_iter().enumerate().filter(stays).map(|(_, code)| code).collect();
        }
        let merged = self.merged(&codes);
        let mut is_first = true;
        let loses_zero = has(Fault::ZeroByLetter)
            && starts_with_zero
            && self.items.first().is_some_and(|item| !b"AEIJOUY".contains(&item.letter));
        let keeps_first = !has(Fault::NoZero) && !loses_zero;
        merged
            .chars()
            .filter(|digit| {
                let first = std::mem::take(&mut is_first);
                *digit != '0' || has(Fault::AllZeros) || first && keeps_first
            })
            .collect()
    }

    fn merged(&self, codes: &[&'static str]) -> String {
        let has = |fault| self.faults.has(fault);
        if has(Fault::NoMerge) || has(Fault::MergeLetters) {
            return codes.concat();
        }
        if has(Fault::MergePairsOnce) {
            return halved(&codes.concat());
        }
        let mut merged = String::new();
        // What the next digits are compared with.
        let mut last = "";
        for (at, code) in codes.iter().enumerate() {
            if code.is_empty() {
                if has(Fault::HSeparates) && self.items.get(at).is_some_and(|item| item.letter == b'H') {
                    last = "";
                }
                continue;
            }
            if has(Fault::MergeByLetter) {
                if last != *code {
                    merged.push_str(code);
                }
                last = code;
                continue;
            }
            for digit in 0..code.len() {
                let one = &code[digit..=digit];
                if one != last || has(Fault::XBehind4) && code.len() == 2 {
                    merged.push_str(one);
                }
                last = one;
            }
        }
        merged
    }
}

/// Each pair of equal digits becomes one, once.
fn halved(digits: &str) -> String {
    let mut halved = String::new();
    let mut rest = digits.chars().peekable();
    while let Some(digit) = rest.next() {
        halved.push(digit);
        rest.next_if_eq(&digit);
    }
    halved
}

/// Merging and dropping in one loop that looks at the result alone.
fn last_emitted(codes: &[&'static str]) -> String {
    let mut digits = String::new();
    for (at, code) in codes.iter().enumerate() {
        let is_late_zero = *code == "0" && at > 0;
        let is_repeated = code.len() == 1 && digits.ends_with(code);
        if !is_late_zero && !is_repeated {
            digits.push_str(code);
        }
    }
    digits
}
