//! `// mandant-ignore RULE: reason (owner, until YYYY-MM-DD)` and `[[suppress]]`.

use super::TriageOptions;
use crate::config::{Date, Globs, Settings};
use crate::finding::{FileId, Location, RunReport, SiteFacts, Span, Status, SuppressionUse};
use crate::hir::{Class, Comment, FileHir, Method};
use crate::index::Index;
use crate::workspace::Workspace;

/// A suppression in force.
#[derive(Debug)]
struct Suppression {
    /// Rule or question.
    rule: String,
    place: Place,
    reason: String,
    owner: Option<String>,
    until: Option<Date>,
    matches: usize,
}

#[derive(Debug)]
enum Place {
    /// Files by their paths.
    Paths(Globs, String),
    /// A comment, and the code that it covers.
    Code { comment: Location, covers: Span },
}

impl Suppression {
    fn covers(&self, site: &SiteFacts, rule: Option<&str>, workspace: &Workspace) -> bool {
        let named = self.rule == site.question || rule == Some(self.rule.as_str());
        named
            && match &self.place {
                Place::Paths(globs, _) => globs.is_match(&workspace.file(site.at.file).path),
                Place::Code { comment, covers } => {
                    comment.file == site.at.file && covers.contains(Span::new(site.at.span.start, site.at.span.start))
                }
            }
    }
}

/// Marks what suppressions cover. An expired one covers nothing, nor does one without a reason.
pub(super) fn apply(report: &mut RunReport, index: &Index, workspace: &Workspace, settings: &Settings, options: TriageOptions) {
    let mut suppressions = configured(settings);
    for (file, hir) in index.files() {
        suppressions.extend(hir.interface.comments.iter().filter_map(|comment| inline(workspace, file, hir, comment)));
    }
    suppressions
        .retain(|suppression| !suppression.reason.is_empty() && suppression.until.is_none_or(|until| until >= options.today));
    for finding in &mut report.findings {
        let covering = suppressions
            .iter_mut()
            .find(|suppression| suppression.covers(&finding.site, Some(finding.violation.rule), workspace));
        if let Some(suppression) = covering {
            suppression.matches += 1;
            finding.status = Status::Suppressed;
        }
    }
    for site in &mut report.undetermined {
        if let Some(suppression) = suppressions.iter_mut().find(|suppression| suppression.covers(&site.site, None, workspace)) {
            suppression.matches += 1;
            site.status = Status::Suppressed;
        }
    }
    report.suppressions = suppressions.into_iter().map(|suppression| usage(suppression, workspace)).collect();
}

fn usage(suppression: Suppression, workspace: &Workspace) -> SuppressionUse {
    let (path, at) = match suppression.place {
        Place::Paths(_, pattern) => (pattern, None),
        Place::Code { comment, .. } => (workspace.file(comment.file).path.clone(), Some(comment)),
    };
    SuppressionUse {
        rule: suppression.rule,
        path,
        at,
        reason: suppression.reason,
        owner: suppression.owner,
        until: suppression.until.map(|until| until.to_string()),
        matches: suppression.matches,
    }
}

fn configured(settings: &Settings) -> Vec<Suppression> {
    let entries = settings.suppress.iter().filter_map(|entry| {
        Some(Suppression {
            rule: entry.rule.clone(),
            place: Place::Paths(Globs::new(std::slice::from_ref(&entry.path)).ok()?, entry.path.clone()),
            reason: entry.reason.clone(),
            owner: entry.owner.clone(),
            until: entry.until,
            matches: 0,
        })
    });
    entries.collect()
}

fn inline(workspace: &Workspace, file: FileId, hir: &FileHir, comment: &Comment) -> Option<Suppression> {
    let text = hir.text(comment.text);
    let (_, rest) = text.split_once("mandant-ignore ")?;
    let rest = rest.lines().next()?.trim().trim_end_matches("*/").trim();
    let (rule, rest) = rest.split_once(':').unwrap_or((rest, ""));
    let (reason, owner, until) = parts(rest.trim());
    Some(Suppression {
        rule: rule.trim().to_owned(),
        place: Place::Code { comment: Location::new(file, comment.span), covers: covered(workspace, file, hir, comment.span) },
        reason,
        owner,
        until,
        matches: 0,
    })
}

/// `reason (owner, until 2027-01-31)`
fn parts(text: &str) -> (String, Option<String>, Option<Date>) {
    let inner = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let Some((reason, details)) = inner else { return (text.to_owned(), None, None) };
    let mut owner = None;
    let mut until = None;
    for detail in details.split(',').map(str::trim) {
        match detail.strip_prefix("until ").map(str::parse::<Date>) {
            Some(Ok(date)) => until = Some(date),
            _ => owner = Some(detail.to_owned()),
        }
    }
    (reason.trim().to_owned(), owner, until)
}

/// The code that a comment covers: its line, the statement or declaration that follows it.
fn covered(workspace: &Workspace, file: FileId, hir: &FileHir, comment: Span) -> Span {
    let text = &workspace.file(file).text;
    let line_start = text[..comment.start as usize].rfind('\n').map_or(0, |newline| newline + 1);
    let alone = text[line_start..comment.start as usize].trim().is_empty();
    let line_end = text[comment.end as usize..].find('\n').map_or(text.len(), |newline| comment.end as usize + newline);
    let offset = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
    if !alone {
        return Span::new(offset(line_start), offset(line_end));
    }
    let next = offset(next_code(text, comment.end as usize));
    let declarations = hir
        .interface
        .classes
        .iter()
        .flat_map(|class: &Class| std::iter::once(class.span).chain(class.methods.iter().map(|method: &Method| method.span)));
    let functions = hir.interface.functions.iter().map(|function| function.span);
    let statements = hir.bodies.iter().flat_map(|body| body.statement_spans.iter().copied());
    let starting = declarations.chain(functions).chain(statements).filter(|span| span.start == next);
    starting.max_by_key(|span| span.len()).unwrap_or_else(|| Span::new(next, next))
}

/// The offset of the next code behind an offset: blanks and further comments left out.
fn next_code(text: &str, mut at: usize) -> usize {
    loop {
        let rest = &text[at..];
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        let skipped = if trimmed.starts_with("//") || trimmed.starts_with("# ") {
            trimmed.find('\n')
        } else if trimmed.starts_with("/*") {
            trimmed.find("*/").map(|end| end + 2)
        } else {
            None
        };
        match skipped {
            Some(length) => at += length,
            None => return at,
        }
    }
}
