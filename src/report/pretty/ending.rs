//! What stands under the ledger: what was inferred, what was left out, the totals, what to do next.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Page;
use super::layout::{Style, join, pad, width, wrap};
use crate::catalog::{Language, safe};
use crate::finding::{Message, SkipKind};
use crate::report::Counts;
use crate::report::view;

impl Page<'_> {
    pub(super) fn facts(&self, out: &mut dyn Write) -> io::Result<()> {
        let view = &self.view;
        writeln!(out)?;
        self.row(&view.word("summary.inferred"), &self.inferred(), out)?;
        self.row(&view.word("summary.left-out"), &self.left_out(), out)?;
        self.row(&view.word("summary.reserved"), &self.reserved(), out)
    }

    fn head_width(&self) -> usize {
        let view = &self.view;
        let heads = [view.word("summary.inferred"), view.word("summary.left-out"), view.word("summary.next")];
        heads.iter().map(|head| width(head)).max().unwrap_or_default() + 2
    }

    /// A head and lines beside it; nothing where there are no lines.
    fn row(&self, head: &str, lines: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
        let columns = self.head_width().max(width(head) + 2);
        let room = self.columns.saturating_sub(columns).max(20);
        let lines = lines.iter().flat_map(|pieces| join(pieces, " · ", room));
        for (index, line) in lines.flat_map(|line| wrap(&line, room)).enumerate() {
            let head = if index == 0 { head } else { "" };
            let gap = " ".repeat(columns - width(head));
            writeln!(out, "{}{gap}{line}", self.paint.apply(Style::Bold, head))?;
        }
        Ok(())
    }

    fn inferred(&self) -> Vec<Vec<String>> {
        let (view, inferred, project) = (&self.view, &self.view.report.inferred, &self.view.report.project);
        let mut lines = Vec::new();
        if let Some(key) = &inferred.tenant_key {
            lines.push(vec![match &inferred.why {
                Some(why) => {
                    let line = Message::new("summary.key.because").text("key", key.clone()).message("why", why.clone());
                    view.say(&line)
                }
                None => view.say(&Message::new("summary.key").text("key", key.clone())),
            }]);
        }
        let mut facts = Vec::new();
        if !inferred.tenant_models.is_empty() {
            facts.push(view.counted("summary.models", inferred.tenant_models.len()));
        }
        let mut versions = Vec::new();
        versions
            .extend(project.laravel.as_ref().map(|it| view.say(&Message::new("summary.laravel").text("version", it.clone()))));
        versions.extend(project.php.as_ref().map(|it| view.say(&Message::new("summary.php").text("version", it.clone()))));
        if !versions.is_empty() {
            let from = project.versions_from.as_ref();
            let from = from.map(|it| format!(" {}", view.say(&Message::new("summary.versions-from").text("file", it.clone()))));
            facts.push(versions.join(", ") + &from.unwrap_or_default());
        }
        if !facts.is_empty() {
            lines.push(facts);
        }
        lines.extend(inferred.schema.as_ref().map(|schema| vec![view.say(schema)]));
        lines
    }

    fn left_out(&self) -> Vec<Vec<String>> {
        let view = &self.view;
        let mut first = Vec::new();
        if view.report.left_out_tests > 0 {
            first.push(view.counted("summary.tests", view.report.left_out_tests));
        }
        first.push(view.word("summary.vendor"));
        let mut lines = vec![first];
        lines.extend(self.skipped(SkipKind::ByDesign));
        if view.report.unresolved_calls > 0 {
            lines.push(vec![view.counted("summary.unresolved", view.report.unresolved_calls)]);
        }
        lines
    }

    fn reserved(&self) -> Vec<Vec<String>> {
        let mut lines = self.skipped(SkipKind::Reservation);
        let regions = &self.view.report.unparsed;
        if !regions.is_empty() {
            let mut line = self.view.counted("summary.unparsed", regions.len());
            line.push_str(": ");
            let places: Vec<String> = regions.iter().map(|at| self.view.place(*at)).collect();
            line.push_str(&self.some(&places));
            lines.push(vec![line]);
        }
        lines
    }

    /// Inputs of a kind, by reason.
    fn skipped(&self, kind: SkipKind) -> Vec<Vec<String>> {
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for skipped in self.view.skipped(kind) {
            reasons.entry(self.view.say(&skipped.reason)).or_default().push(safe::name(&skipped.path));
        }
        let line = |(reason, paths): (String, Vec<String>)| {
            let count = self.view.counted("summary.files", paths.len());
            vec![format!("{count}: {reason} ({})", self.some(&paths))]
        };
        reasons.into_iter().map(line).collect()
    }

    /// The first names, and how many more there are.
    fn some(&self, names: &[String]) -> String {
        let shown = if self.options.verbose { names.len() } else { 3 };
        let mut pieces: Vec<String> = names.iter().take(shown).cloned().collect();
        if names.len() > shown {
            pieces.push(self.view.counted("list.more", names.len() - shown));
        }
        pieces.join(", ")
    }

    pub(super) fn suppressions(&self, out: &mut dyn Write) -> io::Result<()> {
        let view = &self.view;
        if !self.options.verbose || view.report.suppressions.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        let word = self.paint.apply(Style::Bold, &view.word("list.suppressed.word"));
        writeln!(out, "{word}: {}", view.counted("list.suppressed", view.report.suppressions.len()))?;
        for suppression in &view.report.suppressions {
            let place = suppression.at.map_or_else(|| safe::name(&suppression.path), |at| view.place(at));
            writeln!(out, "  {}  {place}", safe::name(&suppression.rule))?;
            let mut pieces = vec![safe::text(&suppression.reason)];
            pieces.extend(suppression.owner.as_deref().map(safe::name));
            let until = suppression.until.as_ref();
            pieces.extend(until.map(|date| view.say(&Message::new("list.suppressed.until").text("date", date.clone()))));
            pieces.push(view.counted("list.suppressed.matches", suppression.matches));
            for line in join(&pieces, " · ", self.columns - 4) {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    }

    pub(super) fn totals(&self, out: &mut dyn Write) -> io::Result<()> {
        let (view, report, counts) = (&self.view, self.view.report, Counts::of(self.view.report));
        let notes = if self.options.verbose || counts.notes == 0 {
            view.counted("summary.notes", counts.notes)
        } else {
            view.counted("summary.notes-hidden", counts.notes)
        };
        let errors = view.counted("summary.errors", counts.errors);
        let warnings = view.counted("summary.warnings", counts.warnings);
        let mut pieces = vec![format!("{errors}, {warnings}, {notes}")];
        let total = view::total(&report.ledger);
        if total.suppressed > 0 {
            pieces.push(view.counted("summary.suppressed", total.suppressed));
        }
        if total.baselined > 0 {
            pieces.push(view.counted("summary.baselined", total.baselined));
        }
        let hidden = report.findings.iter().filter(|finding| !finding.shown).count();
        if hidden > 0 {
            pieces.push(view.counted("summary.hidden", hidden));
        }
        pieces.push(match self.options.elapsed {
            Some(elapsed) => {
                let seconds = format!("{:.2}", elapsed.as_secs_f64());
                let seconds = if self.options.language == Language::German { seconds.replace('.', ",") } else { seconds };
                view.say(&Message::new("summary.files-in").count("n", report.files).text("seconds", seconds))
            }
            None => view.counted("summary.files", report.files),
        });
        for line in join(&pieces, " · ", self.columns) {
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    pub(super) fn next(&self, out: &mut dyn Write) -> io::Result<()> {
        let view = &self.view;
        let worst = view.open().max_by(|a, b| {
            // Of several the first.
            a.violation.severity.cmp(&b.violation.severity).then(std::cmp::Ordering::Greater)
        });
        let mut steps = Vec::new();
        if let Some(finding) = worst {
            steps.push((format!("mandant explain {}", finding.violation.rule), view.word("next.explain")));
        }
        if !self.options.proven && !view.report.proven.is_empty() {
            steps.push(("mandant check --proven".to_owned(), view.word("next.proven")));
        }
        let columns = steps.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
        let line = |(command, what): &(String, String)| format!("{}  {what}", pad(command, columns));
        let fits = steps.iter().all(|step| self.head_width() + width(&line(step)) <= self.columns);
        let lines = steps.iter().map(|step| if fits { line(step) } else { step.0.clone() });
        let head = view.word("summary.next");
        let indent = self.head_width();
        for (index, line) in lines.enumerate() {
            let head = if index == 0 { head.as_str() } else { "" };
            let gap = " ".repeat(indent.saturating_sub(width(head)));
            writeln!(out, "{}{gap}{line}", self.paint.apply(Style::Bold, head))?;
        }
        Ok(())
    }
}
