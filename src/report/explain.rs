//! `mandant explain RULE` and `mandant rules`.

use std::io::{self, Write};

use super::ReportOptions;
use super::pretty::layout::{Paint, Style, join, pad, wrap};
use super::view;
use crate::catalog::{Block, Catalogue, Doc, Rule, Section, Words};
use crate::finding::{Message, Verdict};
use crate::workspace::Workspace;

/// Writes a rule's page. False where there is no such rule; then the nearest one is named.
///
/// # Errors
///
/// Where the writer fails.
pub fn explain(id: &str, options: &ReportOptions, out: &mut dyn Write) -> io::Result<bool> {
    let catalogue = Catalogue::load();
    let page = Page::new(options);
    let Some(rule) = catalogue.rule(id) else {
        writeln!(out, "{}", page.say(&unknown(catalogue, id)))?;
        return Ok(false);
    };
    page.head(rule, out)?;
    let first = rule.doc.section("What it checks").map(|section| section.blocks.as_slice()).unwrap_or_default();
    writeln!(out)?;
    page.wrapped("", rule.title.get(options.language), out)?;
    page.blocks("  ", first, out)?;
    for heading in Doc::HEADINGS.iter().skip(1) {
        if let Some(section) = rule.doc.section(heading) {
            page.section(section, out)?;
        }
    }
    page.bears_on(rule, catalogue, out)?;
    Ok(true)
}

/// Writes all questions with their rules.
///
/// # Errors
///
/// Where the writer fails.
pub fn rules(options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    let catalogue = Catalogue::load();
    let page = Page::new(options);
    let width = catalogue.rules().iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for question in catalogue.questions() {
        let (id, title) = (page.paint.apply(Style::Bold, &question.id), question.title.get(options.language));
        writeln!(out, "{id}  {title}")?;
        for rule in question.rules.iter().filter_map(|id| catalogue.rule(id)) {
            let severity = pad(&page.word(view::severity(rule.severity)), 9);
            let severity = page.paint.apply(Style::of(rule.severity), &severity);
            let head = format!("  {severity}{}  ", pad(&rule.id, width));
            let indent = width + 13;
            let mut text = rule.title.get(options.language).to_owned();
            if rule.verdict == Verdict::Conditional {
                text = format!("{text} ({})", page.say(&Message::new("rules.conditional")));
            }
            let lines = wrap(&text, options.width.saturating_sub(indent).max(20));
            writeln!(out, "{head}{}", lines.join(&format!("\n{}", " ".repeat(indent))))?;
        }
        writeln!(out)?;
    }
    let total =
        Message::new("rules.total").count("questions", catalogue.questions().len()).count("rules", catalogue.rules().len());
    writeln!(out, "{}", page.say(&total))
}

fn unknown(catalogue: &Catalogue, id: &str) -> Message {
    let distance = |rule: &&Rule| strsim::damerau_levenshtein(&rule.id, id);
    let near = catalogue.rules().iter().min_by_key(distance).filter(|rule| distance(rule) <= 4);
    match near {
        Some(near) => Message::new("explain.unknown.near").text("id", id).text("near", near.id.clone()),
        None => Message::new("explain.unknown").text("id", id),
    }
}

struct Page<'a> {
    options: &'a ReportOptions,
    words: Words,
    paint: Paint,
    nowhere: Workspace,
}

impl<'a> Page<'a> {
    fn new(options: &'a ReportOptions) -> Self {
        let words = Words::new(options.language);
        Self { options, words, paint: Paint::new(options.color), nowhere: Workspace::default() }
    }

    fn say(&self, message: &Message) -> String {
        self.words.render(message, &self.nowhere)
    }

    fn word(&self, severity: &str) -> String {
        self.say(&match severity {
            "error" => Message::new("word.error"),
            "warning" => Message::new("word.warning"),
            _ => Message::new("word.note"),
        })
    }

    fn head(&self, rule: &Rule, out: &mut dyn Write) -> io::Result<()> {
        let facts = [
            self.word(view::severity(rule.severity)),
            self.say(&Message::new("explain.question").text("id", rule.question.clone())),
            self.say(&Message::new("explain.since").text("version", rule.since.clone())),
        ];
        let facts = facts.join(" · ");
        let id = self.paint.apply(Style::Bold, &rule.id);
        let gap = self.options.width.saturating_sub(rule.id.len() + facts.chars().count()).max(2);
        writeln!(out, "{id}{}{}", " ".repeat(gap), self.paint.apply(Style::Dim, &facts))
    }

    fn section(&self, section: &Section, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "\n  {}", self.paint.apply(Style::Bold, &section.heading))?;
        self.blocks("    ", &section.blocks, out)
    }

    fn blocks(&self, indent: &str, blocks: &[Block], out: &mut dyn Write) -> io::Result<()> {
        for block in blocks {
            match block {
                Block::Paragraph(text) => self.wrapped(indent, text, out)?,
                Block::Item { term, text } => self.item(indent, term, text, out)?,
                Block::Code { text, path, .. } => self.code(indent, path, text, out)?,
            }
        }
        Ok(())
    }

    fn wrapped(&self, indent: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        for line in wrap(text, self.options.width.saturating_sub(indent.len()).max(20)) {
            writeln!(out, "{indent}{line}")?;
        }
        Ok(())
    }

    fn item(&self, indent: &str, term: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        const TERM: usize = 14;
        let room = self.options.width.saturating_sub(indent.len() + TERM).max(20);
        for (index, line) in wrap(text, room).iter().enumerate() {
            writeln!(out, "{indent}{}{line}", pad(if index == 0 { term } else { "" }, TERM))?;
        }
        Ok(())
    }

    /// Code without the lines that every PHP file begins with.
    fn code(&self, indent: &str, path: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        if !path.is_empty() {
            writeln!(out, "{indent}{}", self.paint.apply(Style::Dim, &format!("// {path}")))?;
        }
        let shown = text.lines().skip_while(|line| *line == "<?php" || line.is_empty() || line.starts_with("namespace "));
        for line in shown.skip_while(|line| line.is_empty() || line.starts_with("use ")).skip_while(|line| line.is_empty()) {
            writeln!(out, "{}", format!("{indent}{line}").trim_end())?;
        }
        Ok(())
    }

    fn bears_on(&self, rule: &Rule, catalogue: &Catalogue, out: &mut dyn Write) -> io::Result<()> {
        let controls = rule.owasp.iter().chain(&rule.controls).filter_map(|id| catalogue.control(id));
        let references = rule.cwe.iter().cloned().chain(controls.map(|control| control.reference.clone()));
        let heading = self.say(&Message::new("explain.bears-on"));
        writeln!(out, "\n  {}", self.paint.apply(Style::Bold, &heading))?;
        for line in join(&references.collect::<Vec<_>>(), " · ", self.options.width.saturating_sub(4)) {
            writeln!(out, "    {line}")?;
        }
        if let Some(pages) = &self.options.rule_pages {
            writeln!(out, "    {pages}/{}", rule.id)?;
        }
        Ok(())
    }
}
