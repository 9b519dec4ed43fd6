//! Lists of sites and of things that were not done.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Page;
use super::layout::{Style, join, pad, pad_left, width, wrap};
use crate::catalog::safe;
use crate::finding::{Location, LookedFor, Message, NotRun, SkipKind};

/// Places of a group that are listed without `--verbose`.
const PLACES: usize = 12;
/// Columns of a list's reason before its places go to lines of their own.
const REASON: usize = 52;

/// Sites with one reason.
struct Group {
    reason: String,
    places: Vec<Location>,
}

impl Page<'_> {
    /// What could not be decided, by reason.
    pub(super) fn undetermined(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut groups: BTreeMap<String, Vec<Location>> = BTreeMap::new();
        for site in self.view.undecided() {
            groups.entry(self.grouped(&site.reason)).or_default().push(site.site.at);
        }
        let count = groups.values().map(Vec::len).sum();
        if count == 0 {
            return Ok(());
        }
        let word = self.paint.apply(Style::Bold, &self.view.word("word.undetermined"));
        writeln!(out, "{word}: {}", self.view.counted("list.undetermined", count))?;
        self.groups(groups, out)
    }

    /// Safe sites, by proof.
    pub(super) fn proven(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.options.proven || self.view.report.proven.is_empty() {
            return Ok(());
        }
        let mut groups: BTreeMap<String, Vec<Location>> = BTreeMap::new();
        for site in &self.view.report.proven {
            let text = self.view.catalogue.proof(site.proof).map(|proof| proof.text.get(self.options.language));
            let reason = text.map_or_else(|| site.proof.to_owned(), |text| format!("{}: {text}", site.proof));
            groups.entry(reason).or_default().push(site.site.at);
        }
        let word = self.paint.apply(Style::Bold, &self.view.word("word.proven"));
        writeln!(out, "{word}: {}", self.view.counted("list.proven", self.view.report.proven.len()))?;
        self.groups(groups, out)
    }

    /// A reason without the details that differ from site to site.
    fn grouped(&self, reason: &Message) -> String {
        let group = self.view.words.companion(reason, "group", self.view.workspace);
        group.unwrap_or_else(|| self.view.say(reason))
    }

    fn groups(&self, groups: BTreeMap<String, Vec<Location>>, out: &mut dyn Write) -> io::Result<()> {
        let mut groups: Vec<Group> = groups.into_iter().map(|(reason, places)| Group { reason, places }).collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.places.len()));
        let count = |group: &Group| self.view.words.number(group.places.len());
        let digits = groups.iter().map(|group| width(&count(group))).max().unwrap_or_default();
        let longest = groups.iter().map(|group| width(&group.reason)).filter(|columns| *columns <= REASON).max();
        let reason = longest.unwrap_or_default();
        for group in &groups {
            let head = format!("  {}  ", pad_left(&count(group), digits));
            let places = self.places(&group.places);
            let indent = width(&head) + reason + 2;
            if width(&group.reason) <= reason && self.columns >= indent + 24 {
                let lines = join(&places, ", ", self.columns - indent - 1);
                let lines = lines.join(&format!("\n{}", " ".repeat(indent)));
                writeln!(out, "{head}{}  {lines}", pad(&group.reason, reason))?;
            } else {
                let indent = " ".repeat(width(&head));
                let reason = wrap(&group.reason, self.columns - indent.len()).join(&format!("\n{indent}"));
                writeln!(out, "{head}{reason}")?;
                for line in join(&places, ", ", self.columns - indent.len() - 3) {
                    writeln!(out, "{indent}  {line}")?;
                }
            }
        }
        writeln!(out)
    }

    /// `path:line`, and `:line` for more of the same file.
    fn places(&self, places: &[Location]) -> Vec<String> {
        let mut places = places.to_vec();
        places.sort_unstable();
        let shown = if self.options.verbose { places.len() } else { PLACES };
        let mut pieces = Vec::new();
        let mut last = None;
        for at in places.iter().take(shown) {
            let line = self.view.start(*at).line;
            let path = if last == Some(at.file) { String::new() } else { self.view.shown_path(at.file) };
            pieces.push(format!("{path}:{line}"));
            last = Some(at.file);
        }
        if places.len() > shown {
            pieces.push(self.view.counted("list.more", places.len() - shown));
        }
        pieces
    }

    /// Questions that could not be asked, loudly.
    pub(super) fn not_run(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut groups: Vec<Vec<&NotRun>> = Vec::new();
        for question in &self.view.report.not_run {
            let same = |other: &NotRun| {
                family(other.question) == family(question.question)
                    && other.reason == question.reason
                    && other.looked_for == question.looked_for
            };
            match groups.iter_mut().find(|group| group.first().is_some_and(|other| same(other))) {
                Some(group) => group.push(question),
                None => groups.push(vec![question]),
            }
        }
        for group in groups {
            self.not_run_group(&group, out)?;
        }
        Ok(())
    }

    fn not_run_group(&self, group: &[&NotRun], out: &mut dyn Write) -> io::Result<()> {
        let Some(first) = group.first() else { return Ok(()) };
        let family = family(first.question);
        let asked = self.view.report.ledger.iter().any(|row| self::family(row.question) == family);
        let title = self.view.catalogue.family(family).map(|family| family.title.get(self.options.language));
        let questions = || group.iter().map(|question| question.question).collect::<Vec<_>>().join(", ");
        let what = title.filter(|_| !asked && group.len() > 1).map_or_else(questions, str::to_uppercase);
        let headline = Message::new("not-run.headline").text("what", what).message("reason", first.reason.clone());
        for line in wrap(&self.view.say(&headline), self.columns) {
            writeln!(out, "{}", self.paint.apply(Style::Error, &line))?;
        }
        let rows: &[LookedFor] = &first.looked_for;
        self.looked_for(rows, out)?;
        if let Some(advice) = self.view.words.companion(&first.reason, "advice", self.view.workspace) {
            for line in wrap(&advice, self.columns - 2) {
                writeln!(out, "  {line}")?;
            }
        }
        if group.iter().any(|question| question.required) {
            writeln!(out, "  {}", self.view.word("not-run.required"))?;
        }
        writeln!(out)
    }

    /// What could not be read, and faults of the tool.
    pub(super) fn incomplete(&self, out: &mut dyn Write) -> io::Result<()> {
        let view = &self.view;
        let not_read = view.word("incomplete.not-read");
        let skipped = view.skipped(SkipKind::Incomplete);
        let skipped = skipped.map(|skipped| (safe::name(&skipped.path), not_read.clone(), &skipped.reason));
        let fault = view.word("incomplete.fault");
        let faults = view.report.faults.iter().map(|reason| (fault.clone(), String::new(), reason));
        let things: Vec<_> = skipped.chain(faults).collect();
        if things.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        for line in wrap(&view.counted("incomplete.headline", things.len()), self.columns) {
            writeln!(out, "{}", self.paint.apply(Style::Error, &line))?;
        }
        for (head, word, reason) in things {
            let colon = if word.is_empty() { "" } else { ": " };
            let advice = view.words.companion(reason, "advice", view.workspace);
            writeln!(out, "  {head}")?;
            let text = format!("{word}{colon}{}", view.say(reason));
            for line in wrap(&text, self.columns - 4).into_iter().chain(advice.iter().flat_map(|it| wrap(it, self.columns - 4))) {
                writeln!(out, "    {line}")?;
            }
        }
        Ok(())
    }
}

fn family(question: &str) -> &str {
    question.split('/').next().unwrap_or_default()
}
