//! Frames: lines of source with labels under them. miette draws them; what it gets is already cut and cleaned.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents, ThemeCharacters, ThemeStyles,
};

use super::layout::wrap;
use super::snippet::{self, Line};
use crate::finding::{FileId, Location, Severity, Span};
use crate::report::view::View;

/// Lines between two labels that are still shown; more of them become a gap.
const GAP: usize = 3;
/// Columns of a label before it is broken.
const LABEL: usize = 48;

/// A place to underline, and what to write under it.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) span: Span,
    pub(super) text: Option<String>,
    pub(super) primary: bool,
}

/// How a frame looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) color: bool,
    pub(super) columns: usize,
    pub(super) severity: Severity,
}

/// Draws the labels of one file. The first primary label, or the first one, gives the frame its place.
pub(super) fn draw(view: &View<'_>, file: FileId, labels: &[Label], look: Look) -> String {
    let Some(anchor) = labels.iter().find(|label| label.primary).or_else(|| labels.first()) else {
        return String::new();
    };
    let place = view.place(Location::new(file, anchor.span));
    let text = &view.workspace.file(file).text;
    let groups = groups(text, on_lines(view, file, labels));
    let frames: Vec<Vec<String>> = groups.iter().map(|group| render(group, &place, look)).collect();
    splice(&frames)
}

/// A label on the line where it begins: bytes of that line.
#[derive(Clone, Debug)]
struct OnLine<'a> {
    line: Line<'a>,
    range: Range<usize>,
    text: Option<String>,
    primary: bool,
}

fn on_lines<'a>(view: &View<'a>, file: FileId, labels: &[Label]) -> Vec<OnLine<'a>> {
    let text = &view.workspace.file(file).text;
    let boundary = |offset: u32| {
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let mut labels: Vec<OnLine<'a>> = labels
        .iter()
        .map(|label| {
            let (start, end) = (boundary(label.span.start), boundary(label.span.end));
            let line = snippet::line_at(text, start, view.workspace.position(file, label.span.start).line);
            // A span of many lines is drawn as its first line.
            let shown = line.text.trim_end().len();
            let from = (start - line.start).min(line.text.len());
            let to = end.saturating_sub(line.start).min(shown).max(from);
            OnLine { line, range: from..to, text: label.text.clone(), primary: label.primary }
        })
        .collect();
    // Labels that begin at one place keep the order of the argument.
    labels.sort_by_key(|label| (label.line.number, label.range.start, !label.primary));
    let mut labels = apart(labels);
    name_primary(view, &mut labels);
    labels
}

/// miette leads a line down from every underline beside another label; one without words would lead nowhere.
fn name_primary(view: &View<'_>, labels: &mut [OnLine<'_>]) {
    for index in 0..labels.len() {
        let (label, number) = (&labels[index], labels[index].line.number);
        let shared = labels.iter().filter(|other| other.line.number == number).count() > 1;
        if label.primary && label.text.is_none() && shared {
            labels[index].text = Some(view.word("finding.here"));
        }
    }
}

/// Underlines never overlap: of two that begin at one place one is made, and an outer one ends where an inner begins.
fn apart(labels: Vec<OnLine<'_>>) -> Vec<OnLine<'_>> {
    let mut out: Vec<OnLine<'_>> = Vec::with_capacity(labels.len());
    for label in labels {
        match out.last_mut().filter(|last| last.line.number == label.line.number) {
            Some(last) if last.range.start == label.range.start => {
                last.range.end = last.range.end.max(label.range.end);
                last.primary |= label.primary;
                last.text = joined(last.text.take(), label.text);
                continue;
            }
            Some(last) if label.range.start < last.range.end => {
                let kept = &last.line.text[last.range.start..label.range.start];
                let trimmed = kept.trim_end_matches(|character: char| "->?:( ,".contains(character));
                let length = if trimmed.is_empty() { kept.len() } else { trimmed.len() };
                last.range.end = last.range.start + length;
            }
            _ => {}
        }
        out.push(label);
    }
    out
}

/// Lines that are drawn together.
struct Group<'a> {
    lines: Vec<Line<'a>>,
    labels: Vec<OnLine<'a>>,
}

fn groups<'a>(text: &'a str, labels: Vec<OnLine<'a>>) -> Vec<Group<'a>> {
    let single = labels.iter().all(|label| label.line.number == labels[0].line.number);
    let mut groups: Vec<Group<'a>> = Vec::new();
    for label in labels {
        let group = groups
            .last_mut()
            .filter(|group| group.lines.last().is_some_and(|line| label.line.number.saturating_sub(line.number) <= GAP));
        match group {
            Some(group) => group.extend(text, label),
            None => groups.push(Group { lines: vec![label.line], labels: vec![label] }),
        }
    }
    if let ([group], true) = (groups.as_mut_slice(), single) {
        group.add_context(text);
    }
    groups
}

impl<'a> Group<'a> {
    fn extend(&mut self, text: &'a str, label: OnLine<'a>) {
        while let Some(last) = self.lines.last().filter(|last| last.number < label.line.number) {
            let Some(next) = snippet::line_after(text, last) else { break };
            self.lines.push(next);
        }
        self.labels.push(label);
    }

    /// One line before and one behind, where they say something.
    fn add_context(&mut self, text: &'a str) {
        let before = self.lines.first().and_then(|line| snippet::line_before(text, line));
        let after = self.lines.last().and_then(|line| snippet::line_after(text, line));
        if let Some(line) = before.filter(Line::has_words) {
            self.lines.insert(0, line);
        }
        self.lines.extend(after.filter(Line::has_words));
    }
}

/// The lines of a frame, from the `╭` on.
fn render(group: &Group<'_>, place: &str, look: Look) -> Vec<String> {
    let mut text = String::new();
    let mut spans: Vec<Underline> = Vec::new();
    for line in &group.lines {
        let own: Vec<&OnLine<'_>> = group.labels.iter().filter(|label| label.line.number == line.number).collect();
        let ranges: Vec<Range<usize>> = own.iter().map(|label| label.range.clone()).collect();
        let drawn = snippet::draw(line.text, &ranges, look.columns);
        for (label, range) in own.into_iter().zip(drawn.labels) {
            let (start, end) = (text.len() + range.start, text.len() + range.end);
            match spans.last_mut().filter(|last| start < last.end) {
                // Labels behind the cut share its place.
                Some(last) => last.text = joined(last.text.take(), label.text.clone()),
                None => spans.push(Underline { start, end, text: label.text.clone(), primary: label.primary }),
            }
        }
        text.push_str(&drawn.text);
        text.push('\n');
    }
    let first = group.lines.first().map_or(1, |line| line.number);
    let source = Source { text, first, name: place.to_owned() };
    let primaries: Vec<bool> = spans.iter().map(|span| span.primary).collect();
    let spans = spans.into_iter().map(Underline::labeled).collect();
    let handler = GraphicalReportHandler::new_themed(theme(&primaries, look))
        .with_context_lines(group.lines.len())
        .with_wrap_lines(false)
        .with_links(false)
        .without_primary_span_start();
    let mut out = String::new();
    // Writing to a String cannot fail, and the source can always be read.
    let _ = handler.render_report(&mut out, &Frame { source, spans });
    let lines = out.lines().map(str::trim_end).skip_while(|line| !line.contains('╭'));
    lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A label in the drawn text.
struct Underline {
    start: usize,
    end: usize,
    text: Option<String>,
    primary: bool,
}

impl Underline {
    fn labeled(self) -> LabeledSpan {
        LabeledSpan::new(self.text.as_deref().map(wrap_label), self.start, self.end - self.start)
    }
}

fn joined(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Some(format!("{one}\n{other}")),
        (one, other) => one.or(other),
    }
}

fn wrap_label(text: &str) -> String {
    let lines: Vec<String> = text.lines().flat_map(|line| wrap(line, LABEL)).collect();
    lines.join("\n")
}

/// Frames of one file become one: the head of the first, gaps, the foot of the last.
fn splice(frames: &[Vec<String>]) -> String {
    let gutter = |frame: &[String]| frame.first().map_or(0, |line| line.chars().take_while(|it| *it == ' ').count());
    let widest = frames.iter().map(|frame| gutter(frame)).max().unwrap_or_default();
    let last = frames.len().saturating_sub(1);
    let mut out = String::new();
    for (index, frame) in frames.iter().enumerate() {
        let inner = frame.len().saturating_sub(1);
        let shown = match index {
            0 if last == 0 => 0..frame.len(),
            0 => 0..inner,
            index if index == last => 1..frame.len(),
            _ => 1..inner,
        };
        let missing = " ".repeat(widest - gutter(frame));
        if index > 0 {
            out.push_str(&" ".repeat(widest));
            out.push_str("⋮\n");
        }
        for line in frame.get(shown).unwrap_or_default() {
            out.push_str(&missing);
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn theme(primaries: &[bool], look: Look) -> GraphicalTheme {
    if !look.color {
        return GraphicalTheme { characters: ThemeCharacters::unicode(), styles: ThemeStyles::none() };
    }
    let mut styles = ThemeStyles::ansi();
    let primary = match look.severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
        Severity::Note => styles.advice,
    };
    styles.link = styles.linum;
    styles.highlights = primaries.iter().map(|is_primary| if *is_primary { primary } else { styles.advice }).collect();
    if styles.highlights.is_empty() {
        styles.highlights.push(primary);
    }
    GraphicalTheme { characters: ThemeCharacters::unicode(), styles }
}

/// The drawn lines, which know the numbers of the lines that they stand for.
#[derive(Debug)]
struct Source {
    text: String,
    first: usize,
    name: String,
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.as_str().read_span(span, before, after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            *read.span(),
            read.line() + self.first - 1,
            read.column(),
            read.line_count(),
        )))
    }
}

/// A diagnostic without words.
#[derive(Debug)]
struct Frame {
    source: Source,
    spans: Vec<LabeledSpan>,
}

impl fmt::Display for Frame {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Frame {}

impl Diagnostic for Frame {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.spans.iter().cloned()))
    }
}
