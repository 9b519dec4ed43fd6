//! Expectations in comments, and the comparison with what was found.
//!
//! `//~ violates: RULE "text"`, `//~ conditional: RULE`, `//~ undetermined: QUESTION "text"` and `//~ proves: PROOF` at the
//! end of the line on which the site starts, or `//~v …` on a line above it; several are put apart by ` ; `.
//! `//~ no-site` says that the line holds none. `todo-…` before an expectation says that it is not met yet, and turns red
//! once it is; `todo-ok` is a false alarm, met by any proof or by no site at all.

use super::case::Case;
use super::run::{Answer, Found, Site};

/// What the author of a case expects of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    Site(Found, String),
    Ok,
    NoSite,
}

#[derive(Clone, Debug)]
struct Expectation {
    path: String,
    line: usize,
    wanted: Wanted,
    text: Option<String>,
    is_todo: bool,
}

impl Expectation {
    fn fits(&self, site: &Site) -> bool {
        let fits = match &self.wanted {
            Wanted::Site(found, id) => *found == site.found && *id == site.id,
            Wanted::Ok => site.found == Found::Proven,
            Wanted::NoSite => false,
        };
        fits && self.text.as_ref().is_none_or(|text| site.text.contains(text.as_str()))
    }
}

/// The expectations of all files of a case that are its own.
fn expectations(case: &Case) -> Result<Vec<Expectation>, String> {
    let mut list = Vec::new();
    for file in case.files.values().filter(|file| !file.is_base) {
        let mut for_next: Vec<String> = Vec::new();
        for (number, line) in file.text.lines().enumerate() {
            let Some((code, comment)) = line.split_once("//~") else {
                let here = (number + 1, std::mem::take(&mut for_next));
                read(&mut list, &file.path, here.0, &here.1)?;
                continue;
            };
            if let Some(above) = comment.strip_prefix('v') {
                for_next.push(above.to_owned());
                continue;
            }
            let mut here = std::mem::take(&mut for_next);
            here.push(comment.to_owned());
            if code.trim().is_empty() {
                return Err(format!("{}:{}: a line of its own needs `//~v`", file.path, number + 1));
            }
            read(&mut list, &file.path, number + 1, &here)?;
        }
    }
    Ok(list)
}

fn read(list: &mut Vec<Expectation>, path: &str, line: usize, comments: &[String]) -> Result<(), String> {
    for part in comments.iter().flat_map(|comment| comment.split(" ; ")) {
        let part = part.trim();
        let (is_todo, rest) = part.strip_prefix("todo-").map_or((false, part), |rest| (true, rest));
        let (word, rest) = rest.split_once(':').unwrap_or((rest, ""));
        let (id, text) =
            rest.split_once('"').map_or((rest, None), |(id, text)| (id, Some(text.trim_end().trim_end_matches('"').to_owned())));
        // What follows the id is prose for the reader.
        let id = id.split_whitespace().next().unwrap_or_default().to_owned();
        let wanted = match word.split_whitespace().next().unwrap_or_default() {
            "violates" => Wanted::Site(Found::Violated, id),
            "conditional" => Wanted::Site(Found::Conditional, id),
            "undetermined" => Wanted::Site(Found::Undetermined, id),
            "proves" => Wanted::Site(Found::Proven, id),
            "ok" => Wanted::Ok,
            "no-site" => Wanted::NoSite,
            other => return Err(format!("{path}:{line}: `{other}` is no expectation")),
        };
        list.push(Expectation { path: path.to_owned(), line, wanted, text, is_todo });
    }
    Ok(())
}

/// All that is wrong with an answer; empty where every expectation is met and every site expected.
pub(crate) fn compare(case: &Case, answer: &Answer) -> Vec<String> {
    let expectations = match expectations(case) {
        Ok(expectations) => expectations,
        Err(mistake) => return vec![mistake],
    };
    let mut wrong: Vec<String> = answer.faults.clone();
    // Conformance is found by running PHP, which a case in memory does not.
    let is_asked = |question: &&&str| {
        **question != "phonetic/conformance"
            && (**question != "migration/operation" || case.name.starts_with("migration-operation"))
    };
    wrong.extend(answer.not_run.iter().filter(is_asked).map(|question| format!("{question} was not run")));
    if answer.unparsed > 0 && !case.name.contains("broken") {
        wrong.push(format!("{} regions do not parse", answer.unparsed));
    }
    let own = |path: &str| case.files.get(path).is_some_and(|file| !file.is_base);
    let mut open: Vec<&Site> = answer.sites.iter().filter(|site| own(&site.path)).collect();
    let told = |path: &str, line: usize| {
        let file = &case.files[path];
        format!("fixtures/{}:{}", file.told.0, file.told.1 + line - 1)
    };
    let mut todos = Vec::new();
    for expectation in &expectations {
        let place = told(&expectation.path, expectation.line);
        let here = |site: &&Site| site.path == expectation.path && site.line == expectation.line;
        if expectation.is_todo {
            todos.push(expectation);
            continue;
        }
        if expectation.wanted == Wanted::NoSite {
            wrong.extend(
                open.iter().filter(|site| here(site)).map(|site| format!("{place}: no site is expected, found {}", brief(site))),
            );
            continue;
        }
        match open.iter().position(|site| here(site) && expectation.fits(site)) {
            Some(position) => {
                open.remove(position);
            }
            None => {
                let found: Vec<String> = answer.sites.iter().filter(here).map(brief).collect();
                wrong.push(format!("{place}: expected {}, found [{}]", wanted(expectation), found.join("; ")));
            }
        }
    }
    // What is left on a line with a todo is what is known to be wrong there.
    for todo in todos {
        let place = told(&todo.path, todo.line);
        let here: Vec<usize> = (0..open.len()).filter(|at| open[*at].path == todo.path && open[*at].line == todo.line).collect();
        let met = match &todo.wanted {
            Wanted::Ok => here.iter().all(|at| open[*at].found == Found::Proven),
            Wanted::NoSite => here.is_empty(),
            Wanted::Site(..) => here.iter().any(|at| todo.fits(open[*at])),
        };
        if met {
            wrong.push(format!("{place}: no longer to do, take `todo-` away: {}", wanted(todo)));
        }
        if let Some(at) = here.iter().rev().find(|at| !met || todo.fits(open[**at])) {
            open.remove(*at);
        }
    }
    let is_ok_case = case.name.rsplit('/').next().is_some_and(|name| name.starts_with("ok_"));
    for site in open {
        if site.found != Found::Proven || is_ok_case && site.question != "tenant/scope" {
            let first = site.text.replace('\n', " | ");
            wrong.push(format!("{}: not expected: {} [{first}]", told(&site.path, site.line), brief(site)));
        }
    }
    wrong.extend(misnamed(case, &expectations));
    wrong
}

/// `bad_` cases hold a violation, `ok_` cases none.
fn misnamed(case: &Case, expectations: &[Expectation]) -> Option<String> {
    let name = case.name.rsplit('/').next().unwrap_or_default();
    let accuses =
        |expectation: &Expectation| matches!(&expectation.wanted, Wanted::Site(found, _) if *found < Found::Undetermined);
    let violates = |expectation: &Expectation| matches!(&expectation.wanted, Wanted::Site(found, _) if *found != Found::Proven);
    if name.starts_with("bad_") && !expectations.iter().any(accuses) {
        return Some(format!("{}: a bad case expects a finding", case.name));
    }
    if name.starts_with("ok_") && expectations.iter().any(violates) {
        return Some(format!("{}: an ok case expects no finding", case.name));
    }
    None
}

/// Number of expectations that are not met yet.
pub(crate) fn todo_count(case: &Case) -> usize {
    expectations(case).map(|list| list.iter().filter(|expectation| expectation.is_todo).count()).unwrap_or_default()
}

fn wanted(expectation: &Expectation) -> String {
    let text = expectation.text.as_ref().map(|text| format!(" \"{text}\"")).unwrap_or_default();
    match &expectation.wanted {
        Wanted::Site(found, id) => format!("{} {id}{text}", word(*found)),
        Wanted::Ok => "ok".to_owned(),
        Wanted::NoSite => "no-site".to_owned(),
    }
}

fn brief(site: &Site) -> String {
    format!("{} {} ({}, {})", word(site.found), site.id, site.question, site.subject)
}

const fn word(found: Found) -> &'static str {
    match found {
        Found::Violated => "violates:",
        Found::Conditional => "conditional:",
        Found::Undetermined => "undetermined:",
        Found::Proven => "proves:",
    }
}
