//! The rules' pages keep their promises: every bad example gives the rule, every good one gives no finding of it.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "test code: what is missing fails the test"
)]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use mandant::catalog::{Catalogue, Rule};
use support::case::{self, Case, CaseFile};
use support::run::{self, Found, Site};

/// Pages that are ahead of the analysis: red once they hold. What `phonetic verify` finds, it finds by running PHP, and a page shows
/// no snapshot.
const NOT_YET: [&str; 3] =
    ["tenant/relies-on-fail-open-scope/Bad", "phonetic/nonconforming/Bad", "migration/pending-unknown/Bad"];

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for rule in Catalogue::load().rules() {
        for heading in ["Bad", "Good"] {
            let name = format!("{}/{heading}", rule.id);
            let is_due = !NOT_YET.contains(&name.as_str());
            trials.push(Trial::test(name, move || match (examples(rule, heading), is_due) {
                (Ok(()), false) => Err("holds now: take it out of NOT_YET".into()),
                (Err(_), false) => Ok(()),
                (result, true) => result,
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn examples(rule: &Rule, heading: &str) -> Result<(), Failed> {
    let doc = &rule.doc;
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in doc.files(heading) {
        count += 1;
        wrong.extend(mistake(rule, heading, path, &sites(path, text)));
    }
    if count == 0 {
        wrong.push("no complete file stands there".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn sites(path: &str, text: &str) -> Vec<Site> {
    let mut case: Case = case::folder_case("docs".to_owned(), &case::fixtures().join("docs/app"));
    case.files.retain(|_, file| !file.is_base);
    let file = CaseFile { path: path.to_owned(), text: text.to_owned(), told: (path.to_owned(), 1), is_base: false };
    case.files.insert(path.to_owned(), file);
    // What a comment of the example suppresses is not what it shows.
    let is_suppressed = |site: &Site| {
        let above = text.lines().nth(site.line.saturating_sub(2)).unwrap_or_default();
        above.contains(&format!("mandant-ignore {}:", site.id))
    };
    run::run(&case).sites.into_iter().filter(|site| site.path == path && !is_suppressed(site)).collect()
}

fn mistake(rule: &Rule, heading: &str, path: &str, sites: &[Site]) -> Option<String> {
    let accused: Vec<&Site> = sites.iter().filter(|site| site.found != Found::Proven).collect();
    let told = || accused.iter().map(|site| format!("{:?} {}", site.found, site.id)).collect::<Vec<_>>().join(", ");
    if heading == "Good" {
        let of_question = accused.iter().any(|site| site.question == rule.question);
        return of_question.then(|| format!("{path} is good, but gives {}", told()));
    }
    let promised = [Found::Violated, Found::Conditional];
    let is_kept = accused.len() == 1 && accused.iter().all(|site| site.id == rule.id && promised.contains(&site.found));
    (!is_kept).then(|| format!("{path} promises {} alone, but gives [{}]", rule.id, told()))
}
