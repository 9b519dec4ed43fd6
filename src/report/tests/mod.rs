mod fixture;
mod frames;
mod hostile;
mod machines;

use std::time::Duration;

use super::*;
use fixture::{incomplete, report, workspace};

fn written(format: Format, report: &RunReport, workspace: &Workspace, options: &ReportOptions) -> String {
    let mut out = Vec::new();
    write(format, report, workspace, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn options() -> ReportOptions {
    ReportOptions { elapsed: Some(Duration::from_millis(240)), ..ReportOptions::default() }
}

fn said(format: Format, options: &ReportOptions) -> String {
    let workspace = workspace();
    written(format, &report(&workspace), &workspace, options)
}

#[test]
fn pretty() {
    insta::assert_snapshot!(said(Format::Pretty, &options()));
}

#[test]
fn pretty_verbose_with_proofs() {
    insta::assert_snapshot!(said(Format::Pretty, &ReportOptions { verbose: true, proven: true, ..options() }));
}

#[test]
fn pretty_narrow() {
    insta::assert_snapshot!(said(Format::Pretty, &ReportOptions { width: 60, ..options() }));
}

#[test]
fn pretty_quiet_in_german() {
    insta::assert_snapshot!(said(Format::Pretty, &ReportOptions { quiet: true, language: Language::German, ..options() }));
}

#[test]
fn pretty_incomplete() {
    let workspace = workspace();
    insta::assert_snapshot!(written(Format::Pretty, &incomplete(&workspace), &workspace, &options()));
}

#[test]
fn concise() {
    insta::assert_snapshot!(said(Format::Concise, &ReportOptions { proven: true, ..options() }));
}

#[test]
fn github() {
    insta::assert_snapshot!(said(Format::Github, &options()));
}

#[test]
fn json() {
    insta::assert_snapshot!(said(Format::Json, &ReportOptions { proven: true, ..options() }));
}

#[test]
fn explain_a_rule() {
    let mut out = Vec::new();
    assert!(explain("tenant/or-escapes-scope", &options(), &mut out).unwrap());
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn explain_names_the_nearest_rule() {
    let mut out = Vec::new();
    assert!(!explain("tenant/unscoped-querys", &options(), &mut out).unwrap());
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text, "No rule `tenant/unscoped-querys`. Did you mean `tenant/unscoped-query`? All of them: mandant rules\n");
}

#[test]
fn list_of_rules() {
    let mut out = Vec::new();
    rules(&options(), &mut out).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn german_is_german() {
    let german = ReportOptions { language: Language::German, ..options() };
    let text = said(Format::Pretty, &german);
    for words in ["Fehler[tenant/unscoped-query]:", "Prüffrage", "1.240", "0,24 s", "Gewissheit mittel", "gesucht"] {
        assert!(text.contains(words), "{words}");
    }
    for machine in [Format::Json, Format::Sarif] {
        assert_eq!(said(machine, &german), said(machine, &options()));
    }
}

#[test]
fn colour_and_links_change_nothing_else() {
    let colored =
        ReportOptions { color: true, hyperlinks: true, rule_pages: Some("https://example.org/rules".to_owned()), ..options() };
    let text = said(Format::Pretty, &colored);
    assert!(text.contains("\u{1b}]8;;https://example.org/rules/tenant/unscoped-query\u{1b}\\"));
    assert_eq!(without_escapes(&text), said(Format::Pretty, &options()));
}

/// The text without colours and hyperlinks.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        let end =
            if after.starts_with(']') { after.find("\u{1b}\\").map(|end| end + 2) } else { after.find('m').map(|end| end + 1) };
        rest = &after[end.unwrap()..];
    }
    out + rest
}

#[test]
fn counts_are_of_open_and_shown_findings() {
    let counts = Counts::of(&report(&workspace()));
    assert_eq!(counts, Counts { errors: 3, warnings: 1, notes: 1 });
    assert_eq!(counts.at_least(Severity::Warning), 4);
}

#[test]
fn twice_the_same() {
    for format in [Format::Pretty, Format::Concise, Format::Json, Format::Sarif, Format::Github] {
        assert_eq!(said(format, &options()), said(format, &options()));
    }
}
