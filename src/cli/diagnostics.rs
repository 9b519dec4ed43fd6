//! Mistakes in arguments and configuration, drawn for people.

use std::fmt::{self, Write};
use std::io;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::Outcome;
use crate::config::{ConfigError, Known, nearest};
use crate::workspace::InputError;

/// Why a command did not run.
#[derive(Debug)]
pub(super) enum Failure {
    /// A mistake without a place in a file.
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// Mistakes in a configuration file.
    Config {
        /// The file.
        path: String,
        /// Its text.
        text: String,
        /// The mistakes.
        errors: Vec<ConfigError>,
    },
    /// Something could not be examined to its end.
    Incomplete {
        /// What happened.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// Nobody reads the output any more.
    Closed,
}

impl Failure {
    pub(super) fn usage(message: impl Into<String>, help: Option<String>) -> Self {
        Self::Usage { message: message.into(), help }
    }

    pub(super) fn incomplete(message: impl Into<String>, help: Option<String>) -> Self {
        Self::Incomplete { message: message.into(), help }
    }

    /// How the command ends with it.
    pub(super) const fn outcome(&self) -> Outcome {
        if matches!(self, Self::Incomplete { .. }) { Outcome::Incomplete } else { Outcome::Usage }
    }

    /// An argument names a rule that does not exist.
    pub(super) fn no_rule(id: &str, known: Known<'_>) -> Self {
        let near = nearest(id, known.rules.iter().chain(known.questions).copied());
        let near = near.map_or_else(String::new, |near| format!(" Did you mean `{near}`?"));
        Self::usage(format!("No rule `{id}`.{near} All {}: mandant rules", known.rules.len()), None)
    }

    /// Standard output cannot be written; a closed pipe is no reason to complain.
    pub(super) fn from_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            kind => Self::usage(format!("Standard output cannot be written: {kind}"), None),
        }
    }
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        let message = error.to_string();
        let mut letters = message.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        Self::usage(first + letters.as_str(), None)
    }
}

/// The text of a failure.
pub(super) fn render(failure: &Failure, color: bool) -> String {
    match failure {
        Failure::Closed => String::new(),
        Failure::Usage { message, help } | Failure::Incomplete { message, help } => {
            let help = help.as_ref().map_or_else(String::new, |help| format!("\n  help: {}", shown(help)));
            format!("{}: {}{help}\n", headline(color), shown(message))
        }
        Failure::Config { path, text, errors } => {
            errors.iter().map(|error| config_error(error, path, text, color)).collect::<Vec<_>>().join("\n")
        }
    }
}

fn headline(color: bool) -> &'static str {
    if color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" }
}

/// Text from elsewhere for one line of a terminal: what would steer it is replaced.
fn shown(text: &str) -> String {
    text.chars().map(|sign| if steers(sign) { char::REPLACEMENT_CHARACTER } else { sign }).collect()
}

fn steers(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The same for a whole text whose bytes must keep their places: each sign becomes one of the same length.
fn shown_in_place(text: &str) -> String {
    let replace = |sign: char| match sign.len_utf8() {
        _ if !steers(sign) || sign == '\n' || sign == '\t' => sign,
        1 if sign == '\r' => ' ',
        1 => '?',
        2 => '¿',
        _ => char::REPLACEMENT_CHARACTER,
    };
    text.chars().map(replace).collect()
}

fn config_error(error: &ConfigError, path: &str, text: &str, color: bool) -> String {
    const LONGEST_LINE: usize = 400;
    let mut drawn = format!("{}: {}\n", headline(color), shown(&error.message));
    let source = shown_in_place(text);
    let first = source.get(..error.span.start).map_or(0, |before| before.matches('\n').count());
    let last = source.get(..error.span.end).map_or(0, |before| before.matches('\n').count());
    if source.lines().skip(first).take(last + 1 - first).any(|line| line.len() > LONGEST_LINE) {
        // A frame around a line of this length helps nobody.
        let _ = writeln!(drawn, "  at {}:{}: {}", shown(path), first + 1, shown(&error.label));
    } else {
        let frame = Frame { error, source: Lines { name: shown(path), text: source } };
        let styles = if color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).without_cause_chain();
        let mut report = String::new();
        if handler.render_report(&mut report, &frame).is_ok() {
            // The handler's own headline is empty; what follows is the frame.
            let frame = report.lines().skip_while(|line| !line.contains('╭'));
            frame.for_each(|line| drawn.extend([line.trim_end(), "\n"]));
        }
    }
    if let Some(help) = &error.help {
        let _ = writeln!(drawn, "  help: {}", shown(help));
    }
    drawn
}

/// A mistake as miette draws it: only the place and its label.
struct Frame<'a> {
    error: &'a ConfigError,
    source: Lines,
}

/// A text that gives miette the whole lines of a place.
struct Lines {
    name: String,
    text: String,
}

impl SourceCode for Lines {
    fn read_span<'a>(&'a self, span: &SourceSpan, _: usize, _: usize) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &self.text;
        let (Some(before), Some(after)) = (text.get(..span.offset()), text.get(span.offset() + span.len()..)) else {
            return Err(MietteError::OutOfBounds);
        };
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let end = text.len() - after.len() + after.find('\n').unwrap_or(after.len());
        let (data, at) = (&text.as_bytes()[start..end], SourceSpan::from(start..end));
        let (line, column) = (before.matches('\n').count(), before[start..].chars().count());
        let lines = text[start..end].matches('\n').count() + 1;
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, at, line, column, lines)))
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.error.message)
    }
}

impl fmt::Display for Frame<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Frame<'_> {}

impl Diagnostic for Frame<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.error.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(Some(shown(&self.error.label)), span))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    const KNOWN: Known<'static> = Known { rules: &["tenant/unscoped-query", "pii/logged"], questions: &["tenant/query"] };

    fn drawn(text: &str) -> String {
        let errors = Settings::parse(text, KNOWN).unwrap_err();
        render(&Failure::Config { path: "mandant.toml".to_owned(), text: text.to_owned(), errors }, false)
    }

    #[test]
    fn a_mistake_is_drawn_with_its_place_and_cure() {
        insta::assert_snapshot!(drawn("[pii]\nsanitisers = [\"App\\\\X::clean\"]\n\n[phonetic]\nmax_length = 0\n"), @r#"
    error: Unknown key `sanitisers` in [pii]
       ╭─[mandant.toml:2:1]
     2 │ sanitisers = ["App\\X::clean"]
       · ─────┬────
       ·      ╰── did you mean `sanitizers`?
       ╰────
      help: Known keys: sanitizers

    error: `max_length` is out of range: `0`
       ╭─[mandant.toml:5:14]
     5 │ max_length = 0
       ·              ┬
       ·              ╰── at least 1
       ╰────
    "#);
    }

    #[test]
    fn mistakes_at_the_end_of_a_file_and_over_lines() {
        insta::assert_snapshot!(drawn("[project\n"), @r"
    error: No TOML: unclosed table, expected `]`
       ╭─[mandant.toml:1:8]
     1 │ [project
       ·        ┬
       ·        ╰── here
       ╰────
    ");
        insta::assert_snapshot!(drawn("[rules]\n\"pii/logged\" = [\n  1,\n]\n"), @r#"
    error: `pii/logged` must be "off", "note", "warning" or "error"
       ╭─[mandant.toml:2:16]
     2 │ ╭─▶ "pii/logged" = [
     3 │ │     1,
     4 │ ├─▶ ]
       · ╰──── this is a list
       ╰────
    "#);
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let drawn = drawn("[pii]\n\"a\\u001b[31m\u{202e}x\" = 1 # \u{85}\u{7f}\n");
        assert!(!drawn.contains(|sign: char| steers(sign) && sign != '\n'), "{drawn:?}");
        assert!(render(&Failure::usage("a\u{1b}b\nc", None), false).starts_with("error: a\u{fffd}b\u{fffd}c"));
    }

    #[test]
    fn a_line_of_any_length_is_survived() {
        let text = format!("[project]\nexclude = [\"{}\"]\nphp = 8\n", "x".repeat(70_000) + "{");
        let told = drawn(&text);
        assert!(told.contains("at mandant.toml:2") && told.contains("mandant.toml:3"), "{}", &told[..200]);
    }

    #[test]
    fn a_rule_that_does_not_exist() {
        let told = |id: &str| render(&Failure::no_rule(id, KNOWN), false);
        assert_eq!(
            told("tenant/unscoped-querys"),
            "error: No rule `tenant/unscoped-querys`. Did you mean `tenant/unscoped-query`? All 2: mandant rules\n"
        );
        assert_eq!(told("x"), "error: No rule `x`. All 2: mandant rules\n");
    }
}
