//! The three steps of the procedure, drawn below each other.

use std::fmt::Write as _;

use crate::phonetic::{Place, Row, Step, steps};

/// The steps of a name as a table of columns, one for each letter.
pub(super) fn drawn(name: &str) -> String {
    let words = steps(name);
    let mut text = String::new();
    for word in &words {
        let line = |of: &dyn Fn(&Step) -> String| {
            word.iter().fold(String::new(), |mut line, step| {
                let _ = write!(line, "{:<3}", of(step));
                line
            })
        };
        let rows: [(&str, String, String); 4] = [
            ("letters", line(&|step| step.letter.to_string()), "fold, upper case, other signs out".to_owned()),
            ("1. encode", line(&|step| dash(&step.encoded)), remarks(word)),
            ("2. merge", line(&|step| step.merged.clone()), "equal neighbours become one".to_owned()),
            ("3. drop 0", line(&|step| step.kept.clone()), "0 stays only in front".to_owned()),
        ];
        for (title, columns, remark) in rows {
            let _ = writeln!(text, "  {title:<9}  {columns}  {remark}");
        }
    }
    let codes = words.iter().map(|word| word.iter().map(|step| &*step.kept).collect::<String>());
    let codes: Vec<String> = codes.filter(|code| !code.is_empty()).collect();
    let _ = writeln!(text, "  {}", dash(&codes.join(" ")));
    text
}

fn dash(digits: &str) -> String {
    if digits.is_empty() { "–".to_owned() } else { digits.to_owned() }
}

/// The rows that looked at a neighbour, each once.
fn remarks(word: &[Step]) -> String {
    let mut seen: Vec<String> = Vec::new();
    for step in word {
        let Some(remark) = remark(step.row, step.letter) else { continue };
        if !seen.contains(&remark) {
            seen.push(remark);
        }
    }
    seen.join("; ")
}

fn remark(row: &Row, letter: char) -> Option<String> {
    let digits = row.digits;
    Some(match row.place {
        Place::Anywhere if digits.is_empty() => format!("{letter} has no digit"),
        Place::Anywhere => return None,
        Place::First => format!("{letter} in front is {digits}"),
        Place::FirstBefore(others) => format!("{letter} in front of {} is {digits}", listed(others)),
        Place::After(others) => format!("{letter} behind {} is {digits}", listed(others)),
        Place::Before(others) => format!("{letter} before {} is {digits}", listed(others)),
    })
}

/// `A, B or C`
fn listed(letters: &str) -> String {
    let letters: Vec<String> = letters.chars().map(String::from).collect();
    match letters.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => letters.concat(),
    }
}
