//! Conformance vectors: inputs with the codes that the rules give.
//!
//! The compact set is made to expose mistakes: a few for each letter, context, boundary and step, each with
//! the rule it exercises. The full set adds all short strings over the letters that matter, and surnames.
//! Inputs on which respectable implementations differ are in neither; they are a list of their own.

mod php;
mod write;

use std::collections::BTreeSet;

pub use php::{PhpTest, write_php};
pub use write::{Table, write_arguable, write_vectors};

use super::{Faults, Variants, encode, encode_with, surnames};

/// An input and its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// The name.
    pub input: String,
    /// Its code.
    pub code: String,
    /// The rule it exercises: a row of the table or a step of the procedure.
    pub rule: &'static str,
    /// What it shows.
    pub why: String,
}

/// An input on which implementations differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguable {
    /// The name.
    pub input: &'static str,
    /// The code of the reference.
    pub code: String,
    /// The code of the other reading.
    pub other: String,
    /// The point on which they differ.
    pub point: &'static str,
}

/// Values that the literature, or the tests of several implementations, state.
pub const PUBLISHED: [(&str, &str); 72] = [
    ("Breschnew", "17863"),
    ("Wikipedia", "3412"),
    ("Müller-Lüdenscheidt", "65752682"),
    ("HeinzClassen", "068586"),
    ("Müller", "657"),
    ("Schmidt", "862"),
    ("Schneider", "8627"),
    ("Fischer", "387"),
    ("Weber", "317"),
    ("Wagner", "3467"),
    ("Becker", "147"),
    ("Schäfer", "837"),
    ("Peter", "127"),
    ("Hoffmann", "0366"),
    ("Mönchengladbach", "664645214"),
    ("Eberhard", "01772"),
    ("Eberhardt", "01772"),
    ("Celsius", "8588"),
    ("Christstollen", "478256"),
    ("Xanthippe", "48621"),
    ("Zacharias", "8478"),
    ("Holzbau", "0581"),
    ("Arbeitsamt", "071862"),
    ("Hamburg", "06174"),
    ("Hannover", "0637"),
    ("Aabjoe", "01"),
    ("Aaclan", "0856"),
    ("Aychlmajr", "04567"),
    ("Heithabu", "021"),
    ("shch", "84"),
    ("xch", "484"),
    ("acl", "085"),
    ("cx", "48"),
    ("ax", "048"),
    ("Auerbach", "0714"),
    ("Ohrbach", "0714"),
    ("Moskowitz", "68438"),
    ("Moskovitsch", "68438"),
    ("Ceniow", "863"),
    ("Tsenyuv", "863"),
    ("Schulz", "858"),
    ("Axel", "0485"),
    ("Cater", "427"),
    ("scx", "8"),
    ("bcx", "148"),
    ("Christopher", "478237"),
    ("Niall", "65"),
    ("Zimmermann", "86766"),
    ("Claßen", "4586"),
    ("über", "017"),
    ("Mähne", "66"),
    ("Röhre", "77"),
    ("Woodcock", "3844"),
    ("Czerny", "876"),
    ("Canada", "462"),
    ("Kanada", "462"),
    ("Papst", "1182"),
    ("Qualle", "45"),
    ("China", "46"),
    ("Code", "42"),
    ("Gustav", "4823"),
    ("Juergen", "0746"),
    ("Jürgen", "0746"),
    ("Meme", "66"),
    ("Hans", "068"),
    ("Buchkremer", "14767"),
    ("Mülhler", "657"),
    ("Rothschild", "72852"),
    ("Dominic", "2668"),
    ("Eric", "078"),
    ("Dietzsch", "28"),
    ("Kopp", "41"),
];

/// Inputs on which implementations differ, with the name of the point.
const DISPUTED: [(&str, &str); 21] = [
    ("Cäsar", "umlaut-behind-c"),
    ("Cölln", "umlaut-behind-c"),
    ("Cüppers", "umlaut-behind-c"),
    ("bißchen", "eszett-as-own-letter"),
    ("Füßchen", "eszett-as-own-letter"),
    ("Ußcx", "eszett-as-own-letter"),
    ("GROẞ", "capital-eszett-dropped"),
    ("STRAẞE", "capital-eszett-dropped"),
    ("Émile", "accents-folded"),
    ("Černý", "accents-folded"),
    ("François", "accents-folded"),
    ("Łukasz", "accents-folded"),
    ("Ørsted", "accents-folded"),
    ("Heinz Classen", "words-joined"),
    ("Heinz Classen", "words-as-one"),
    ("Anna Maria Ott", "words-joined"),
    ("T's", "other-signs-as-neighbours"),
    ("Pat's", "other-signs-as-neighbours"),
    ("C.H. Beck", "other-signs-as-neighbours"),
    ("HCL", "first-c-by-code"),
    ("HCR", "first-c-by-code"),
];

/// The arguable inputs with both codes.
#[must_use]
pub fn arguable() -> Vec<Arguable> {
    let reading = |point| Variants::OTHERS.into_iter().find(|(name, _)| *name == point).map(|(_, variant)| variant);
    let both = |(input, point): (&'static str, &'static str)| {
        let other = encode_with(input, reading(point)?, Faults::NONE);
        Some(Arguable { input, code: encode(input).into(), other, point })
    };
    DISPUTED.into_iter().filter_map(both).collect()
}

/// True where every reading of the rules gives the same code.
#[must_use]
pub fn is_undisputed(input: &str) -> bool {
    let code = encode(input);
    Variants::OTHERS.iter().all(|(_, variants)| encode_with(input, *variants, Faults::NONE) == code)
}

/// The compact set.
#[must_use]
pub fn compact() -> Vec<Vector> {
    let mut set = Set::default();
    set.letters();
    set.contexts();
    set.merging();
    set.zeros();
    set.folding();
    set.lengths();
    for (input, _) in PUBLISHED {
        set.add(input, "published", "a value that the literature or several implementations' tests state");
    }
    set.vectors
}

/// The full set: the compact one, all strings of up to three letters over those that matter, and surnames.
#[must_use]
pub fn full() -> Vec<Vector> {
    const LETTERS: &[u8] = b"ABCDEHKLPRSTXZ";
    let mut set = Set::default();
    compact().into_iter().for_each(|vector| set.push(vector));
    let mut strings = vec![String::new()];
    for _ in 0..3 {
        strings = strings
            .iter()
            .flat_map(|start| LETTERS.iter().map(move |letter| format!("{start}{}", char::from(*letter))))
            .collect();
        strings.iter().for_each(|input| set.add(input, "exhaustive", "one of all strings of this length over ABCDEHKLPRSTXZ"));
    }
    surnames().for_each(|name| set.add(name, "surname", "a German surname"));
    set.vectors
}

/// Vectors in the making: each input once, none that is disputed.
#[derive(Default)]
struct Set {
    vectors: Vec<Vector>,
    inputs: BTreeSet<String>,
}

impl Set {
    fn push(&mut self, vector: Vector) {
        if self.inputs.insert(vector.input.clone()) {
            self.vectors.push(vector);
        }
    }

    fn add(&mut self, input: &str, rule: &'static str, why: impl Into<String>) {
        if is_undisputed(input) {
            self.push(Vector { input: input.to_owned(), code: encode(input).into(), rule, why: why.into() });
        }
    }

    /// Each letter alone, at the end and in lower case.
    fn letters(&mut self) {
        self.add("", "empty", "no letters, no code");
        for letter in 'A'..='Z' {
            let row = row_name(letter);
            self.add(&letter.to_string(), row, format!("{letter} alone"));
            if !"AEIJOUY".contains(letter) {
                self.add(&format!("A{letter}"), row, format!("{letter} at the end"));
            }
        }
        for letters in ["bpdtfvw", "gkqcx", "lmnrsz", "ahejiouy"] {
            self.add(letters, "fold", "lower-case letters");
        }
    }

    /// Each letter that looks at its neighbours, beside each letter.
    fn contexts(&mut self) {
        for other in 'A'..='Z' {
            self.add(&format!("P{other}"), if other == 'H' { "ph" } else { "p" }, format!("P before {other}"));
            for dental in ['D', 'T'] {
                let rule = if "CSZ".contains(other) { "dt-before-csz" } else { "dt" };
                self.add(&format!("{dental}{other}"), rule, format!("{dental} before {other}"));
            }
            let rule = if "AHKLOQRUX".contains(other) { "c-first-hard" } else { "c-first-soft" };
            self.add(&format!("C{other}"), rule, format!("C as the first letter, before {other}"));
            let rule = if "AHKOQUX".contains(other) { "c-hard" } else { "c-soft" };
            self.add(&format!("RC{other}"), rule, format!("C inside a word, before {other}"));
            let rule = if "CKQ".contains(other) { "x-after-ckq" } else { "x" };
            self.add(&format!("{other}X"), rule, format!("X behind {other}"));
        }
        for other in "AHKLOQRUX".chars() {
            self.add(&format!("SC{other}"), "c-after-sz", format!("C behind S wins over {other} behind it"));
            self.add(&format!("ZC{other}"), "c-after-sz", format!("C behind Z wins over {other} behind it"));
        }
        for input in ["TCH", "DCH", "XCH", "CCH", "ATCHA", "ACHT"] {
            self.add(input, "c-hard", "the letter S or Z makes C soft, the code 8 does not");
        }
        for input in ["SCX", "ZCX", "ASCX"] {
            self.add(input, "x-after-ckq", "X behind C, where the C is 8");
        }
        for input in ["SHCH", "ZHCA", "SHCK", "CHX", "KHX", "PHH", "THS", "DHZ", "THC", "CHA", "RCHL"] {
            self.add(input, "h", "H is a neighbour like any other letter");
        }
        for input in ["Cacao", "Coccaro", "Chicco", "Rocco Sacco", "Carcuac"] {
            self.add(input, "c-hard", "several hard C in one word");
        }
        for input in ["Marc", "Isaac", "Franc", "Zdenec"] {
            self.add(input, "c-soft", "C at the end is before none of the letters");
        }
    }

    /// Step 2.
    fn merging(&mut self) {
        for pair in ["BP", "PB", "DT", "TD", "FV", "VW", "WF", "GK", "KQ", "QG", "LL", "MN", "NM", "RR", "SZ", "ZS", "CK", "KC"] {
            self.add(pair, "merge", "neighbours with equal codes become one digit");
            self.add(&format!("{pair}{pair}"), "merge", "four letters with equal codes become one digit");
        }
        for letter in "BDFGKLMNPQRSTVWZX".chars() {
            self.add(&format!("{letter}{letter}{letter}"), "merge", "a run of three letters");
            self.add(&format!("{letter}A{letter}"), "merge", "a vowel keeps equal digits apart");
            self.add(&format!("{letter}H{letter}"), "h", "H keeps no digits apart");
        }
        for input in ["GX", "KX", "XX", "XS", "XZ", "XG", "XK", "SX", "AGXA", "XCH", "XXX", "GXG", "XAX", "CXS"] {
            self.add(input, "merge", "the two digits of X merge one by one");
        }
        for input in ["DSZSS", "SCHZ", "TZSCH", "MNMNM", "GKQGK", "RRRR", "Dietzsch", "BPBPB", "FVWFV"] {
            self.add(input, "merge", "a long run becomes one digit");
        }
        for input in ["MAM", "NON", "LIL", "Babbo", "Dodo", "Kiki", "Lola", "Susi", "Bibi", "Vivi", "Rory", "MAMA", "Nanni"] {
            self.add(input, "merge", "0 is dropped after merging, so both digits stay");
        }
    }

    /// Step 3.
    fn zeros(&mut self) {
        for vowel in "AEIJOUY".chars() {
            self.add(&format!("{vowel}B"), "drop-zero", format!("{vowel} in front keeps its 0"));
            self.add(&format!("H{vowel}B"), "drop-zero", format!("{vowel} behind a first H: the 0 is the first digit"));
            self.add(&format!("B{vowel}"), "drop-zero", format!("{vowel} at the end has no digit in the code"));
            self.add(&format!("B{vowel}D"), "drop-zero", format!("{vowel} inside has no digit in the code"));
        }
        for input in ["AA", "AEIOU", "AHA", "HAH", "HA", "HHA", "AHB", "HHAB", "BAA", "AYB", "JA", "HJB"] {
            self.add(input, "drop-zero", "0 stays only as the first digit");
        }
        for input in ["H", "HH", "HHH"] {
            self.add(input, "h", "H alone has no code");
        }
        for input in ["HB", "HC", "HCA", "HCK", "HCE", "HX", "HS", "HPH"] {
            self.add(input, "h", "a first H has no digit");
        }
    }

    /// Step 1: upper case, umlauts, ß, what is no letter.
    fn folding(&mut self) {
        for (umlaut, plain) in [('Ä', 'A'), ('Ö', 'O'), ('Ü', 'U')] {
            for umlaut in [umlaut, umlaut.to_lowercase().next().unwrap_or(umlaut)] {
                self.add(&umlaut.to_string(), "fold", format!("{umlaut} is {plain}"));
                self.add(&format!("{umlaut}B"), "fold", format!("{umlaut} in front is {plain}"));
                self.add(&format!("B{umlaut}B"), "fold", format!("{umlaut} keeps equal digits apart as {plain} does"));
                self.add(&format!("H{umlaut}B"), "fold", format!("{umlaut} behind H is {plain}"));
                let apart = format!("{plain}\u{308}");
                self.add(&format!("B{apart}B"), "fold", format!("{plain} with a combining diaeresis is {umlaut}"));
            }
        }
        for input in ["ß", "Groß", "Weiß", "Straße", "Fuß", "Preuß", "LßL", "Aßmann", "Geßner"] {
            self.add(input, "fold", "ß is SS");
        }
        for input in ["müller", "MÜLLER", "mÜLLER", "schmidt", "SCHMIDT", "sChMiDt", "wIKIpEDIA", "xaver", "mu\u{308}ller"] {
            self.add(input, "fold", "upper and lower case are the same");
        }
        for input in ["Mueller", "Schroeder", "Jaeger", "Goethe", "Uebel"] {
            self.add(input, "fold", "AE, OE, UE have the code of the umlaut");
        }
        for input in ["B2B", "L.L", "42", "-", "Schmidt.", "Schmidt7", "¡Olé!", "Müller!", "Мария", "李"] {
            self.add(input, "fold", "what is no letter leaves");
        }
    }

    /// Codes and names of any length.
    fn lengths(&mut self) {
        for input in ["Schwarzenbergerstett", "Oberhausmeisterin", "Donaudampfschifffahrt", "Wolfeschlegelstein", "Bartholomew"] {
            self.add(input, "length", "a code of any length");
        }
        for times in [3, 10, 30, 60] {
            self.add(&"Badelagima".repeat(times), "length", format!("a name of {} letters", 10 * times));
        }
    }
}

/// The row of a letter, for those whose row does not depend on their neighbours.
fn row_name(letter: char) -> &'static str {
    match letter {
        'P' => "p",
        'D' | 'T' => "dt",
        'C' => "c-soft",
        'X' => "x",
        _ => super::TABLE.iter().find(|row| row.letters.contains(letter)).map_or("fold", |row| row.id),
    }
}
