//! What does not change the meaning of a program changes no verdict and no fingerprint.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "test code: what is missing fails the test"
)]

mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use support::case::{self, Case};
use support::run::{self, Answer};

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![Trial::test("the transforms change texts", are_not_idle)];
    for case in case::all() {
        trials.push(Trial::test(case.name.clone(), move || examine(&case)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

type Transform = fn(&str) -> String;

const TRANSFORMS: [(&str, Transform); 3] =
    [("comments between statements", spaced), ("renamed variables", renamed), ("CRLF", crlf)];

fn examine(case: &Case) -> Result<(), Failed> {
    let before = identities(&run::run(case));
    let mut wrong = Vec::new();
    for (name, transform) in TRANSFORMS {
        let mut changed = case.clone();
        // What is bound by a variable's name is another program once that is renamed.
        let binds = name == "renamed variables" && case.files.values().any(|file| binds_by_name(&file.text));
        for file in changed.files.values_mut().filter(|_| !binds) {
            file.text = transform(&file.text);
        }
        wrong.extend(difference(name, &before, &identities(&run::run(&changed))));
    }
    let mut texts: Vec<(String, String)> = case.files.values().map(|file| (file.path.clone(), file.text.clone())).collect();
    texts.reverse();
    wrong.extend(difference("file order", &before, &identities(&run::run_texts(texts, &case.config, case.snapshot.as_deref()))));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Routes with parameters in their paths, resources among them, and closures whose parameters Filament fills.
fn binds_by_name(text: &str) -> bool {
    let by_route = text.contains("Route::") && (text.contains("/{") || text.contains("'{") || text.contains("esource("));
    by_route || text.contains("modifyQueryUsing")
}

/// A transform that leaves most cases as they are would prove nothing.
fn are_not_idle() -> Result<(), Failed> {
    let cases = case::all();
    for (name, transform) in TRANSFORMS {
        let files = || cases.iter().flat_map(|case| case.files.values()).filter(|file| !file.is_base);
        let changed = files().filter(|file| transform(&file.text) != file.text).count();
        if changed * 2 < files().count() {
            return Err(format!("{name}: changes {changed} of {} files", files().count()).into());
        }
    }
    Ok(())
}

/// Everything about the sites that must not depend on layout and names.
fn identities(answer: &Answer) -> Vec<String> {
    let told = answer.sites.iter().map(|site| {
        format!(
            "{} {} {:?} {} {} {} {}",
            site.path, site.question, site.found, site.id, site.symbol, site.subject, site.fingerprint
        )
    });
    let mut list: Vec<String> = told.collect();
    list.sort();
    list
}

fn difference(name: &str, before: &[String], after: &[String]) -> Option<String> {
    if before == after {
        return None;
    }
    let lost = before.iter().filter(|site| !after.contains(site)).map(|site| format!("  - {site}"));
    let new = after.iter().filter(|site| !before.contains(site)).map(|site| format!("  + {site}"));
    Some(std::iter::once(format!("{name}:")).chain(lost).chain(new).collect::<Vec<_>>().join("\n"))
}

/// A blank line and a comment before every statement that starts a line.
fn spaced(text: &str) -> String {
    if text.contains("<<<") {
        return text.to_owned();
    }
    let mut spaced = String::new();
    let mut may_start = false;
    for line in text.lines() {
        let code = line.trim_start();
        let starts = ["$", "return ", "if (", "foreach (", "DB::", "Customer::"].iter().any(|word| code.starts_with(word));
        if may_start && starts {
            spaced.push_str("\n        // A remark.\n");
        }
        spaced.push_str(line);
        spaced.push('\n');
        let end = line.split("//").next().unwrap_or_default().trim_end();
        may_start = end.ends_with(';')
            || end.ends_with('{') && !end.contains("match")
            || end.ends_with('}')
            || (may_start && end.is_empty());
    }
    spaced
}

/// Local variables under other names, where nothing but the variable bears the name.
fn renamed(text: &str) -> String {
    let mut renamed = text.to_owned();
    for name in [
        "customer",
        "customers",
        "query",
        "company",
        "companyId",
        "user",
        "own",
        "phone",
        "name",
        "search",
        "id",
        "request",
        "table",
    ] {
        if is_renamable(text, name) {
            renamed = replace_variable(&renamed, name);
        }
    }
    renamed
}

/// False for promoted and static properties, named arguments, `compact()` and quoted names of captures.
fn is_renamable(text: &str, name: &str) -> bool {
    let variable = format!("${name}");
    let declares = |line: &str| {
        let words = ["private ", "protected ", "public ", "readonly ", "var ", "static ", "global "];
        let is_declaration = words.iter().any(|word| line.trim_start().starts_with(word)) || line.contains("__construct");
        is_declaration && !line.contains("function ") || line.contains("__construct") || line.contains(&format!("::{variable}"))
    };
    let is_declared = text.lines().any(|line| line.contains(&variable) && declares(line));
    !is_declared && !text.contains("compact(") && !text.contains("<<<") && !text.contains(&format!("{name}: "))
}

fn replace_variable(text: &str, name: &str) -> String {
    let variable = format!("${name}");
    let mut parts = text.split(&variable);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let continues = part.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        replaced.push_str(&variable);
        if !continues {
            replaced.push_str("Renamed");
        }
        replaced.push_str(part);
    }
    replaced
}

/// Line ends of another system; a line break within a string would change the string.
fn crlf(text: &str) -> String {
    let breaks_strings = text.contains("<<<") || text.lines().any(|line| line.matches('\'').count() % 2 == 1);
    if breaks_strings { text.to_owned() } else { text.replace('\n', "\r\n") }
}
