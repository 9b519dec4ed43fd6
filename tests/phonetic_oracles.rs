//! The reference beside encoders that others wrote: the crate rphonetic, and abydos of Python.
//!
//! On a list of German words and names, and on all short strings over the letters on which the rules turn. Where
//! an oracle is known to depart from the rules, the departure is named and its words are counted, not skipped in
//! silence. abydos needs Python, and the list is Debian's wngerman; `.ci/run` installs both. Where they are missing
//! the test is reported as skipped, and fails in CI.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests start programs, read files and tell what was compared"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};

use mandant::phonetic::{encode, surnames};
use rphonetic::Encoder;

/// Debian's list of German words.
const WORDS: &str = "/usr/share/dict/ngerman";
/// The letters on which the rules turn: vowels, H, the letters that look at others and those they look at.
const LETTERS: &str = "ACDEHKLPSTXZ";

fn skip(what: &str) {
    assert!(std::env::var("CI").is_err(), "{what} is not installed, and CI must have it");
    eprintln!("SKIPPED: {what} is not installed");
}

/// Words of letters alone: what a space or a sign means is not what is compared.
fn words() -> Option<Vec<String>> {
    let text = std::fs::read(WORDS).ok()?;
    let text = String::from_utf8(text).unwrap();
    let is_plain = |word: &&str| word.chars().all(|sign| sign.is_ascii_alphabetic() || "äöüÄÖÜß".contains(sign));
    let mut words: Vec<String> = text.lines().filter(is_plain).map(str::to_owned).collect();
    words.extend(surnames().map(str::to_owned));
    Some(words)
}

fn strings() -> Vec<String> {
    let mut all = Vec::new();
    let mut last = vec![String::new()];
    for _ in 0..4 {
        last = last.iter().flat_map(|start| LETTERS.chars().map(move |letter| format!("{start}{letter}"))).collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// rphonetic takes a C for the first letter as long as no digit was emitted, so behind a leading H, too.
fn is_known_of_rphonetic(word: &str) -> bool {
    let upper = word.to_uppercase();
    let behind = upper.trim_start_matches('H');
    upper.starts_with('H') && (behind.starts_with("CL") || behind.starts_with("CR"))
}

#[test]
fn agrees_with_rphonetic() {
    let mut inputs = strings();
    match words() {
        Some(words) => inputs.extend(words),
        None => skip("wngerman"),
    }
    let oracle = rphonetic::Cologne;
    let differs = |word: &&String| encode(word) != *oracle.encode(word);
    let different: Vec<&String> = inputs.iter().filter(differs).collect();
    let (known, unknown): (Vec<&String>, Vec<&String>) = different.into_iter().partition(|word| is_known_of_rphonetic(word));
    let shown: Vec<_> = unknown.iter().take(20).map(|word| (word, encode(word), oracle.encode(word))).collect();
    assert!(unknown.is_empty(), "{} of {} differ: {shown:?}", unknown.len(), inputs.len());
    println!("{} inputs, {} of them the known departure behind a leading H", inputs.len(), known.len());
    assert!(!known.is_empty(), "rphonetic no longer departs: take the exception out");
}

/// One code a line for one name a line.
const ABYDOS: &str = "
import sys
from abydos.phonetic import Koelner
encode = Koelner().encode
sys.stdin.reconfigure(encoding='utf-8')
sys.stdout.write('ready\\n')
for line in sys.stdin:
    sys.stdout.write(encode(line.rstrip('\\n')) + '\\n')
";

#[test]
fn agrees_with_abydos() {
    let python = std::env::var("MANDANT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has = Command::new(&python).args(["-c", "from abydos.phonetic import Koelner"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        return skip("abydos");
    }
    let mut inputs = strings();
    match words() {
        Some(words) => inputs.extend(words),
        None => skip("wngerman"),
    }
    let mut child = Command::new(&python).args(["-c", ABYDOS]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut names = child.stdin.take().unwrap();
    let text = inputs.join("\n");
    let writer = std::thread::spawn(move || names.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let codes = String::from_utf8(output.stdout).unwrap();
    let mut lines = codes.lines();
    assert_eq!(lines.next(), Some("ready"));
    let codes: Vec<&str> = lines.collect();
    assert_eq!(codes.len(), inputs.len());
    let differing = inputs.iter().zip(codes).filter(|(word, code)| encode(word) != **code);
    let different: Vec<_> = differing.map(|(word, code)| (word, encode(word), code)).collect();
    assert!(different.is_empty(), "{} of {} differ: {:?}", different.len(), inputs.len(), &different[..different.len().min(20)]);
    println!("{} inputs", inputs.len());
}
