//! What a run of an encoder showed, for people.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::catalog::{Language, Words};
use crate::finding::Message;
use crate::rules::{bug_in_words, check_in_words};
use crate::verify::Verification;
use crate::workspace::Workspace;

pub(super) fn drawn(result: &Verification, workspace: &Workspace, language: Language, saved: Option<&Message>) -> String {
    let words = Words::new(language);
    let say = |message: &Message| words.render(message, workspace);
    let counted = |template| {
        Message::new(template)
            .text("encoder", format!("{}::{}", result.class, result.method))
            .count("vectors", result.vectors)
            .count("right", result.vectors - result.wrong)
            .count("wrong", result.wrong - result.errors)
            .count("errors", result.errors)
            .count("arguable", result.arguable)
            .count("names", result.names)
            .count("wrong_names", result.wrong_names)
            .count("percent", (result.wrong_names * 100 + result.names / 2) / result.names.max(1))
            .count("noise", usize::try_from(result.noise).unwrap_or(usize::MAX))
    };
    let verdict = if result.conforms() { "phonetic.verify.conforms" } else { "phonetic.verify.not-conforming" };
    let mut text = format!("{}  {}\n", say(&counted("phonetic.verify.title")), say(&Message::new(verdict)));
    let _ = writeln!(text, "  {}", say(&counted("phonetic.verify.counts")));
    if result.arguable > 0 {
        let _ = writeln!(text, "  {}", say(&counted("phonetic.verify.arguable")));
    }
    if !result.classes.is_empty() {
        let head = [
            "phonetic.verify.what",
            "phonetic.verify.wrong",
            "phonetic.verify.smallest",
            "phonetic.verify.names",
            "phonetic.verify.name",
        ];
        let mut rows = vec![head.map(|template| say(&Message::new(template)))];
        for class in &result.classes {
            let example = |(input, got, right): (&str, &str, &str)| {
                say(&Message::new("phonetic.conformance.example").text("input", input).text("got", got).text("right", right))
            };
            rows.push([
                say(&bug_in_words(class)),
                words.number(class.vectors),
                example((&class.input, &class.got, &class.right)),
                words.number(class.names),
                class.name.as_ref().map_or_else(|| "–".to_owned(), |(name, got, right)| example((name, got, right))),
            ]);
        }
        let _ = write!(text, "\n{}", table(&rows));
    }
    if !result.checks.is_empty() {
        text.push('\n');
    }
    for check in &result.checks {
        let call = Message::new("phonetic.check.call").text("call", &check.call).text("got", &check.got);
        let _ = writeln!(text, "  {}: {}", say(&check_in_words(check.kind)), say(&call));
    }
    let _ = writeln!(text, "\n  {}", say(&counted("phonetic.verify.affected")));
    if result.noise > 0 {
        let _ = writeln!(text, "  {}", say(&counted("phonetic.verify.noise")));
    }
    if let Some(saved) = saved {
        let _ = writeln!(text, "  {}", say(saved));
    }
    text
}

/// Columns as wide as their widest cell; numbers to the right.
fn table(rows: &[[String; 5]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let space = " ".repeat(widths[column] - cell.width());
            let is_number = matches!(column, 1 | 3);
            let (before, behind) = if is_number { (&*space, "") } else { ("", &*space) };
            line.extend(["  ", before, cell, behind]);
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
