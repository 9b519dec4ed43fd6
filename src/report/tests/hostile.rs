//! Sources and names that try to get out of the report.

use super::fixture::{at, evidence, finding, site, text, violation};
use super::*;
use crate::finding::{EvidenceRole, Location, Span, Undetermined};

const FAR: usize = 70_000;

pub(super) fn hostile() -> Workspace {
    let far = format!("<?php\n{}Student::all();\n", "/* x */ ".repeat(FAR / 8));
    let long = format!("<?php Student::first('{}');\n", "y".repeat(1 << 20));
    Workspace::from_texts([
        ("app/Ansi.php", "<?php\n$a = '\u{1b}[2J\u{1b}]0;owned\u{7}'; Student::all(); // \u{9b}31m\n".to_owned()),
        ("app/Bidi.php", "<?php\n/* \u{202e} } \u{2066}if ($isAdmin)\u{2069} \u{2066} */ Student::all();\n".to_owned()),
        ("app/Crlf.php", "<?php\r\n// one\r\nStudent::all();\r\n// two\r\n".to_owned()),
        ("app/Far.php", far),
        ("app/Long.php", long),
        ("app/New\nline::error,%0A.php", "<?php Student::all();\n".to_owned()),
        (
            "app/Secret.php",
            "<?php\n$password = 'hunter2-hunter2'; Student::all('+49 151 23456789', 'a.b@example.org');\n".to_owned(),
        ),
        ("app/Tabs.php", "<?php\n\t\t$a\t= Student::all();\n".to_owned()),
        ("app/Wide.php", "<?php\n$名前 = '👩‍👩‍👧 é 漢字'; Student::all('漢字');\n".to_owned()),
        ("app/Zwölf Ä%.php", "<?php Student::all();".to_owned()),
    ])
}

pub(super) fn hostile_report(workspace: &Workspace) -> RunReport {
    let message = "evil\u{1b}[31m\n::error::pwned %0A \u{202e}";
    let sites = workspace.files().map(|(id, file)| {
        let start = file.text.find("Student").unwrap();
        let end = file.text[start..].find(';').unwrap() + start;
        Location::new(id, Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap()))
    });
    let sites: Vec<Location> = sites.collect();
    let findings = sites.iter().zip(1..).map(|(at, fingerprint)| {
        let mut violation = violation("tenant/unscoped-query", Severity::Error, text(message));
        violation.evidence = vec![evidence(EvidenceRole::MissingGuard, *at, text("here\u{1b}[0m"))];
        violation.rewrite = vec!["$x\u{1b}[1m = 'anna@example.org'".to_owned()];
        finding(site("tenant/query", *at, "App\\X\u{1b}", fingerprint), violation)
    });
    let undetermined = Undetermined { site: site("tenant/query", sites[0], "", 99), reason: text(message), status: Status::Open };
    RunReport { findings: findings.collect(), undetermined: vec![undetermined], files: 10, ..RunReport::default() }
}

#[test]
fn hostile_sources_are_drawn_harmless() {
    let workspace = hostile();
    insta::assert_snapshot!(written(Format::Pretty, &hostile_report(&workspace), &workspace, &options()));
}

#[test]
fn no_format_lets_a_control_through() {
    let workspace = hostile();
    let report = hostile_report(&workspace);
    for format in [Format::Pretty, Format::Concise, Format::Github, Format::Json, Format::Sarif] {
        let text = written(format, &report, &workspace, &options());
        let control = text.chars().find(|character| character.is_control() && *character != '\n');
        assert_eq!(control, None, "{format:?}");
        assert!(!text.contains("hunter2"), "{format:?}");
        if !matches!(format, Format::Json) {
            assert!(!text.contains('\u{202e}'), "{format:?}");
        }
        assert!(text.len() < 400_000, "{format:?}: {}", text.len());
    }
}

#[test]
fn a_workflow_command_cannot_be_smuggled_in() {
    let workspace = hostile();
    let text = written(Format::Github, &hostile_report(&workspace), &workspace, &options());
    for line in text.lines().filter(|line| line.starts_with("::")) {
        assert!(
            line.starts_with("::error file=app/") || line.starts_with("::notice title=tenant/query undetermined::"),
            "{line}"
        );
    }
    assert!(text.contains("file=app/New%0Aline%3A%3Aerror%2C%250A.php,line=1"));
}

#[test]
fn columns_are_characters_or_utf16() {
    let workspace = hostile();
    let report = hostile_report(&workspace);
    let json: serde_json::Value = serde_json::from_str(&written(Format::Json, &report, &workspace, &options())).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&written(Format::Sarif, &report, &workspace, &options())).unwrap();
    let wide = report.findings.iter().position(|it| it.site.at.file == at(&workspace, "Wide.php", "S").file).unwrap();
    assert_eq!(json["findings"][wide]["start"]["column"], 21);
    let location = &sarif["runs"][0]["results"][wide]["locations"][0]["physicalLocation"];
    assert_eq!(location["region"]["startColumn"], 24);
    let last = &sarif["runs"][0]["results"][9]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(last, "app/Zw%C3%B6lf%20%C3%84%25.php");
}

#[test]
fn spans_outside_of_the_text_are_clamped() {
    let workspace = Workspace::from_texts([("app/Empty.php", ""), ("app/Short.php", "<?php é")]);
    let findings = workspace.files().flat_map(|(id, _)| {
        [Span::new(0, 0), Span::new(7, 7), Span::new(6, 7), Span::new(500, 900)].map(|span| {
            let at = Location::new(id, span);
            finding(site("tenant/query", at, "", 1), violation("tenant/unscoped-query", Severity::Error, text("x")))
        })
    });
    let report = RunReport { findings: findings.collect(), ..RunReport::default() };
    for format in [Format::Pretty, Format::Concise, Format::Github, Format::Json, Format::Sarif] {
        assert!(!written(format, &report, &workspace, &options()).is_empty());
    }
}
