//! Frames whose labels are many, far apart, or in each other's way.

use super::fixture::{at, evidence, finding, site, text, violation};
use super::*;
use crate::finding::{EvidenceRole, Location};

/// A report with one finding: the place of the site, then labels.
fn drawn(file: &str, primary: &str, labels: &[(&str, &str)], options: &ReportOptions) -> String {
    let workspace = Workspace::from_texts([("app/X.php", file)]);
    let place = |needle: &str| -> Location { at(&workspace, "X.php", needle) };
    let mut violation = violation("tenant/unscoped-query", Severity::Error, text("Headline"));
    violation.evidence =
        labels.iter().map(|(needle, note)| evidence(EvidenceRole::MissingGuard, place(needle), text(note))).collect();
    let finding = finding(site("tenant/query", place(primary), "", 1), violation);
    let report = RunReport { findings: vec![finding], ..RunReport::default() };
    let written = written(Format::Pretty, &report, &workspace, &ReportOptions { quiet: true, ..options.clone() });
    let frame = written.lines().skip(1).take_while(|line| !line.starts_with("  confidence"));
    frame.collect::<Vec<_>>().join("\n")
}

#[test]
fn labels_inside_of_labels() {
    let line = "<?php\nreturn Student::where('school_id', '!=', $id)->where('phone', $phone)->first();\n";
    let primary = "Student::where('school_id', '!=', $id)->where('phone', $phone)->first()";
    let labels = [
        ("Student", "reaches every school"),
        ("Student::where", "starts here"),
        ("'!='", "everybody but this one"),
        ("$phone", "the caller chooses this value"),
    ];
    insta::assert_snapshot!(drawn(line, primary, &labels, &options()));
}

#[test]
fn labels_far_apart_are_one_frame_with_gaps() {
    let filler = |from: usize, to: usize| (from..=to).map(|line| format!("// {line}")).collect::<Vec<_>>().join("\n") + "\n";
    let text = format!("<?php\n$request->one();\n{}$x->two();\n{}Student::all();\n", filler(3, 9), filler(11, 104));
    let labels = [("$request->one()", "first"), ("$x->two()", "second"), ("Student::all()", "third")];
    insta::assert_snapshot!(drawn(&text, "Student::all()", &labels, &options()));
}

#[test]
fn labels_behind_the_cut_share_its_place() {
    let text = format!("<?php\nStudent::first({}$a, $b);\n", "'x', ".repeat(60));
    let labels = [("$a", "first"), ("$b", "second")];
    insta::assert_snapshot!(drawn(&text, &text[6..text.len() - 2], &labels, &options()));
}

#[test]
fn long_labels_are_broken() {
    let label = "a label that is longer than any label should ever be, and that would not fit into eighty columns";
    insta::assert_snapshot!(drawn("<?php\nStudent::all();\n", "Student::all()", &[("Student", label)], &options()));
}
