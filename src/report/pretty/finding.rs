//! One finding: headline, frames, what was looked for, advice, references.

use std::io::{self, Write};

use super::Page;
use super::frame::{self, Label, Look};
use super::layout::{Style, join, wrap};
use crate::catalog::safe;
use crate::finding::{Confidence, Evidence, EvidenceRole, Finding};
use crate::report::view;

/// Columns that a frame's gutter takes beside the source.
const GUTTER: usize = 9;
/// Columns before the code of a rewrite.
const REWRITE: usize = 10;

impl Page<'_> {
    pub(super) fn finding(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        self.headline(finding, out)?;
        let flow = view::flow(finding);
        let number = |evidence: &Evidence| flow.iter().position(|step| std::ptr::eq(*step, evidence)).map(|index| index + 1);
        let (here, elsewhere): (Vec<&Evidence>, Vec<&Evidence>) =
            finding.violation.evidence.iter().partition(|evidence| evidence.at.file == finding.site.at.file);
        let mut labels = vec![Label { span: finding.site.at.span, text: None, primary: true }];
        labels.extend(here.into_iter().map(|evidence| Label {
            span: evidence.at.span,
            text: Some(self.label(evidence, number(evidence))),
            primary: false,
        }));
        write!(out, "{}", frame::draw(&self.view, finding.site.at.file, &labels, self.look(finding)))?;
        self.elsewhere(finding, &elsewhere, number, out)?;
        self.looked_for(&finding.violation.looked_for, out)?;
        self.remarks(finding, out)?;
        self.advice(finding, out)?;
        self.references(finding, out)?;
        writeln!(out)
    }

    fn headline(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let violation = &finding.violation;
        let word = match violation.severity {
            crate::finding::Severity::Error => self.view.word("word.error"),
            crate::finding::Severity::Warning => self.view.word("word.warning"),
            crate::finding::Severity::Note => self.view.word("word.note"),
        };
        let head = format!("{word}[{}]:", violation.rule);
        let lines = wrap(&format!("{head} {}", self.view.say(&violation.message)), self.columns);
        let rule = self.linked(violation.rule, &self.paint.apply(Style::Bold, violation.rule));
        let painted = format!("{}[{rule}]:", self.severity(violation.severity));
        for (index, line) in lines.iter().enumerate() {
            match line.strip_prefix(&head).filter(|_| index == 0) {
                Some(rest) => writeln!(out, "{painted}{}", self.paint.apply(Style::Bold, rest))?,
                None => writeln!(out, "  {}", self.paint.apply(Style::Bold, line))?,
            }
        }
        Ok(())
    }

    fn look(&self, finding: &Finding) -> Look {
        Look { color: self.options.color, columns: self.columns - GUTTER, severity: finding.violation.severity }
    }

    fn label(&self, evidence: &Evidence, number: Option<usize>) -> String {
        let note = self.view.say(&evidence.note);
        number.map_or_else(|| note.clone(), |number| format!("{number}. {note}"))
    }

    /// Evidence in other files: the nearest miss with its source, the others as lines.
    fn elsewhere(
        &self,
        finding: &Finding,
        evidence: &[&Evidence],
        number: impl Fn(&Evidence) -> Option<usize>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let framed = evidence.iter().position(|evidence| is_argument(evidence.role)).unwrap_or(0);
        for (index, evidence) in evidence.iter().enumerate() {
            let because = self.view.words.companion(&evidence.note, "because", self.view.workspace);
            let number = number(evidence);
            let sentence = because.clone().unwrap_or_else(|| self.label(evidence, number));
            if index == framed || self.options.verbose {
                self.told(&self.view.word("finding.because"), &sentence, out)?;
                let text = because.is_some().then(|| self.label(evidence, number));
                let label = Label { span: evidence.at.span, text, primary: false };
                write!(out, "{}", frame::draw(&self.view, evidence.at.file, &[label], self.look(finding)))?;
            } else {
                let sentence = format!("{sentence} ({})", self.view.place(evidence.at));
                self.told(&self.view.word("finding.and"), &sentence, out)?;
            }
        }
        Ok(())
    }

    fn remarks(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let violation = &finding.violation;
        if let Some(sql) = &violation.sql {
            self.told(&self.view.word("finding.sql"), &safe::text(sql), out)?;
        }
        for also in &violation.also {
            let start = self.view.start(also.at);
            let near = also.at.file == finding.site.at.file;
            let place = if near { format!("{}:{}", start.line, start.column) } else { self.view.place(also.at) };
            let text = format!("{} ({place}): {}", also.rule, self.view.say(&also.message));
            self.told(&self.view.word("finding.also"), &text, out)?;
        }
        if let Some(assumption) = &finding.assumption {
            self.told(&self.view.word("finding.assumes"), &self.view.say(assumption), out)?;
        }
        if let Some(root) = finding.root {
            self.told(&self.view.word("finding.follows"), &format!("{:08x}", root.0 >> 32), out)?;
        }
        Ok(())
    }

    fn advice(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let violation = &finding.violation;
        let help = violation.help.as_ref().map(|help| self.view.say(help));
        let help = help.or_else(|| (!violation.rewrite.is_empty()).then(|| self.view.word("finding.rewrite")));
        let Some(help) = help else { return Ok(()) };
        let head = self.view.word("finding.help");
        for (index, line) in wrap(&format!("{head}: {help}"), self.columns - 2).iter().enumerate() {
            match line.strip_prefix(&head).filter(|_| index == 0) {
                Some(rest) => writeln!(out, "  {}{rest}", self.paint.apply(Style::Help, &head))?,
                None => writeln!(out, "    {line}")?,
            }
        }
        for line in &violation.rewrite {
            writeln!(out, "{}{}", " ".repeat(REWRITE), self.paint.apply(Style::Help, &safe::text(line)))?;
        }
        Ok(())
    }

    fn references(&self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let mut pieces = vec![match finding.violation.confidence {
            Confidence::High => self.view.word("word.confidence.high"),
            Confidence::Medium => self.view.word("word.confidence.medium"),
            Confidence::Low => self.view.word("word.confidence.low"),
        }];
        if let Some(rule) = self.view.rule(finding) {
            let control = rule.controls.first().and_then(|id| self.view.catalogue.control(id));
            pieces.extend(control.map(|control| control.reference.clone()));
            pieces.extend(rule.cwe.first().cloned());
        }
        if self.options.verbose {
            pieces.extend(finding.violation.specs.iter().map(|spec| safe::name(spec)));
        }
        pieces.push(format!("mandant explain {}", finding.violation.rule));
        pieces.push(format!("{:08x}", finding.site.fingerprint.0 >> 32));
        for line in join(&pieces, " · ", self.columns - 2) {
            writeln!(out, "  {}", self.paint.apply(Style::Dim, &line))?;
        }
        Ok(())
    }
}

/// Evidence that is worth its source; the rest is background.
const fn is_argument(role: EvidenceRole) -> bool {
    !matches!(role, EvidenceRole::Context | EvidenceRole::Schema | EvidenceRole::Spec)
}
