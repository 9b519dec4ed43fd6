//! From wrong answers to the faults that explain them.

use super::{Answer, BugClass, Given};
use crate::phonetic::{Fault, Faults, Variants, encode_with};

/// Faults of one encoder that are looked for; one with more is written anew sooner than mended.
const MOST_FAULTS: usize = 12;
/// Wrong answers that two faults together must explain, where no single one helps.
const PAIR_GAIN: usize = 2;

/// What goes wrong, the most frequent first; what no known fault explains comes last, by the rule it breaks.
pub(super) fn classes(vectors: &[Answer], names: &[Answer]) -> Vec<BugClass> {
    if !vectors.iter().chain(names).any(Answer::is_wrong) {
        return Vec::new();
    }
    let faults = explanation(vectors);
    let mut classes: Vec<BugClass> = faults.iter().filter_map(|fault| class_of(fault, faults, vectors, names)).collect();
    classes.sort_by(|a, b| b.vectors.cmp(&a.vectors).then_with(|| a.fault.cmp(&b.fault)));
    classes.extend(unexplained(faults, vectors, names));
    classes
}

fn code(input: &str, faults: Faults) -> String {
    encode_with(input, Variants::default(), faults)
}

fn is_explained(answer: &Answer, faults: Faults) -> bool {
    matches!(&answer.given, Given::Code(given) if *given == code(&answer.input, faults))
}

/// What the compound fault consists of: as much as it, in words that say what to mend.
const PARTS: [Fault; 3] = [Fault::ZerosFirst, Fault::ZeroByLetter, Fault::XBehind4];

/// The set of faults whose answers are nearest to those of the encoder.
fn explanation(vectors: &[Answer]) -> Faults {
    // Exceptions are explained by no fault.
    let codes: Vec<&Answer> = vectors.iter().filter(|answer| matches!(answer.given, Given::Code(_))).collect();
    let missed = |faults: Faults| codes.iter().filter(|answer| !is_explained(answer, faults)).count();
    let mut best = (missed(Faults::NONE), Faults::NONE);
    for _ in 0..MOST_FAULTS {
        let with_one = Fault::ALL.into_iter().map(|fault| best.1.with(fault)).map(|faults| (missed(faults), faults));
        let mut next = with_one.min_by_key(|(missed, _)| *missed).unwrap_or(best);
        if next.0 >= best.0 {
            next = pair(best.1, best.0, &missed).unwrap_or(best);
        }
        if next.0 >= best.0 {
            break;
        }
        best = next;
    }
    if best.1.has(Fault::LastEmitted) {
        let parts = PARTS.into_iter().fold(best.1.without(Fault::LastEmitted), Faults::with);
        if missed(parts) <= best.0 {
            best = (missed(parts), parts);
        }
    }
    // What another fault made needless is taken out again.
    for fault in best.1.iter().collect::<Vec<_>>() {
        let without = best.1.without(fault);
        if missed(without) <= best.0 {
            best = (missed(without), without);
        }
    }
    best.1
}

/// Two faults that only together change the answers for the better.
fn pair(known: Faults, missed_before: usize, missed: &dyn Fn(Faults) -> usize) -> Option<(usize, Faults)> {
    if missed_before < PAIR_GAIN {
        return None;
    }
    let mut best: Option<(usize, Faults)> = None;
    for (at, first) in Fault::ALL.into_iter().enumerate() {
        for second in Fault::ALL.into_iter().skip(at + 1) {
            let faults = known.with(first).with(second);
            let count = missed(faults);
            if best.is_none_or(|(least, _)| count < least) {
                best = Some((count, faults));
            }
        }
    }
    best.filter(|(count, _)| count + PAIR_GAIN <= missed_before)
}

/// A fault with what it makes wrong: inputs whose answer is wrong, explained by the set, and another without it.
fn class_of(fault: Fault, faults: Faults, vectors: &[Answer], names: &[Answer]) -> Option<BugClass> {
    let without = faults.without(fault);
    let is_its = |answer: &&Answer| {
        answer.is_wrong()
            && is_explained(answer, faults)
            && (code(&answer.input, without) != code(&answer.input, faults)
                || code(&answer.input, Faults::one(fault)) != answer.code)
    };
    let wrong: Vec<&Answer> = vectors.iter().filter(is_its).collect();
    // An input that shows this fault alone says more than a shorter one that shows several.
    let is_alone = |answer: &Answer| is_explained(answer, Faults::one(fault));
    let smallest = wrong.iter().min_by_key(|answer| (!is_alone(answer), answer.input.chars().count(), answer.input.clone()))?;
    let wrong_names: Vec<&Answer> = names.iter().filter(is_its).collect();
    let example = wrong_names.iter().min_by_key(|answer| (!is_alone(answer), answer.input.chars().count(), answer.input.clone()));
    Some(BugClass {
        fault: Some(fault.id().to_owned()),
        rule: fault.rule().to_owned(),
        vectors: wrong.len(),
        input: short(&smallest.input),
        got: short(&smallest.given.shown()),
        right: short(&shown(&smallest.code)),
        names: wrong_names.len(),
        name: example.map(|answer| (answer.input.clone(), answer.given.shown(), shown(&answer.code))),
    })
}

/// A text of any length for a cell of a table, with its length where it is cut.
fn short(text: &str) -> String {
    const MOST: usize = 28;
    let length = text.chars().count();
    if length <= MOST {
        return text.to_owned();
    }
    format!("{}… ({length})", text.chars().take(12).collect::<String>())
}

fn shown(code: &str) -> String {
    if code.is_empty() { "–".to_owned() } else { code.to_owned() }
}

/// Wrong answers that the faults do not give, by the rule of the vector.
fn unexplained(faults: Faults, vectors: &[Answer], names: &[Answer]) -> Vec<BugClass> {
    let is_open = |answer: &&Answer| answer.is_wrong() && !is_explained(answer, faults);
    let mut classes: Vec<BugClass> = Vec::new();
    let mut open: Vec<&Answer> = vectors.iter().filter(is_open).collect();
    open.sort_by_key(|answer| (answer.input.chars().count(), answer.input.clone()));
    for answer in open {
        // An exception is one thing that goes wrong, whatever the rule of the vector.
        let rule = if matches!(answer.given, Given::Error(_)) { "error" } else { answer.rule };
        if let Some(class) = classes.iter_mut().find(|class| class.rule == rule) {
            class.vectors += 1;
            continue;
        }
        classes.push(BugClass {
            fault: None,
            rule: rule.to_owned(),
            vectors: 1,
            input: short(&answer.input),
            got: short(&answer.given.shown()),
            right: short(&shown(&answer.code)),
            names: 0,
            name: None,
        });
    }
    let open: Vec<&Answer> = names.iter().filter(is_open).collect();
    if let (Some(first), Some(class)) = (open.first(), classes.first_mut()) {
        class.names = open.len();
        class.name = Some((first.input.clone(), first.given.shown(), shown(&first.code)));
    }
    classes
}
