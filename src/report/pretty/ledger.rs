//! The ledger: a table where it fits, without the two columns of triage where it is narrow, else blocks.

use std::io::{self, Write};

use super::Page;
use super::layout::{Style, join, pad, pad_left, width};
use crate::finding::LedgerRow;
use crate::report::view;

/// Below this many columns suppressed sites have no column.
const NARROW: usize = 80;

/// Names of the columns and how to read them from a row.
struct Column {
    head: String,
    value: fn(&LedgerRow) -> usize,
}

impl Page<'_> {
    pub(super) fn ledger(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.view.report;
        if report.ledger.is_empty() && report.not_run.is_empty() {
            return writeln!(out, "{}", self.view.word("ledger.empty"));
        }
        let total = view::total(&report.ledger);
        let columns = self.ledger_columns(total.baselined > 0);
        let without_triage = &columns[..5];
        let wide = self.columns >= NARROW;
        let layouts = [(columns.as_slice(), 3, wide), (&columns, 2, wide), (without_triage, 3, true), (without_triage, 2, true)];
        let fitting = layouts.into_iter().find(|(columns, gap, allowed)| *allowed && self.fits(columns, *gap));
        match fitting {
            Some((columns, gap, _)) => self.ledger_table(columns, gap, &total, out),
            None => self.ledger_blocks(&total, out),
        }
    }

    fn ledger_columns(&self, with_baseline: bool) -> Vec<Column> {
        let view = &self.view;
        let mut columns = vec![
            Column { head: view.word("ledger.examined"), value: LedgerRow::examined },
            Column { head: view.word("ledger.proven"), value: |row| row.proven },
            Column { head: view.word("ledger.conditional"), value: |row| row.conditional },
            Column { head: view.word("ledger.violated"), value: |row| row.violated },
            Column { head: view.word("ledger.undetermined"), value: |row| row.undetermined },
            Column { head: view.word("ledger.suppressed"), value: |row| row.suppressed },
        ];
        if with_baseline {
            columns.push(Column { head: view.word("ledger.baselined"), value: |row| row.baselined });
        }
        columns
    }

    fn question_width(&self) -> usize {
        let report = self.view.report;
        let ids = report.ledger.iter().map(|row| row.question).chain(report.not_run.iter().map(|row| row.question));
        let heads = [width(&self.view.word("ledger.question")), width(&self.view.word("ledger.all"))];
        ids.map(str::len).chain(heads).max().unwrap_or_default()
    }

    fn fits(&self, columns: &[Column], gap: usize) -> bool {
        let needed: usize = columns.iter().map(|column| width(&column.head) + gap).sum();
        self.question_width() + needed <= self.columns
    }

    fn ledger_table(&self, columns: &[Column], gap: usize, total: &LedgerRow, out: &mut dyn Write) -> io::Result<()> {
        let (report, first) = (self.view.report, self.question_width());
        let heads: Vec<&str> = columns.iter().map(|column| column.head.as_str()).collect();
        let gaps = " ".repeat(gap);
        let head = format!("{}{gaps}{}", pad(&self.view.word("ledger.question"), first), heads.join(&gaps));
        writeln!(out, "{}", self.paint.apply(Style::Bold, &head))?;
        let line = |name: &str, row: &LedgerRow| {
            let number = |column: &Column| pad_left(&self.view.words.number((column.value)(row)), width(&column.head) + gap);
            format!("{}{}", pad(name, first), columns.iter().map(number).collect::<String>())
        };
        for row in &report.ledger {
            writeln!(out, "{}", line(row.question, row))?;
        }
        for question in &report.not_run {
            let word = self.paint.apply(Style::Error, &self.view.word("not-run.word"));
            writeln!(out, "{}{}{word}", pad(question.question, first), " ".repeat(gap))?;
        }
        // Where nothing ran there is no sum: zeroes would say that something was found to be fine.
        if report.ledger.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.paint.apply(Style::Bold, &line(&self.view.word("ledger.all"), total)))
    }

    fn ledger_blocks(&self, total: &LedgerRow, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.ledger_columns(true);
        let block = |row: &LedgerRow| {
            let piece = |column: &Column| format!("{} {}", self.view.words.number((column.value)(row)), column.head);
            let pieces: Vec<String> = columns.iter().map(piece).collect();
            join(&pieces, ", ", self.columns - 3)
        };
        let all = self.view.word("ledger.all");
        let rows = self.view.report.ledger.iter().map(|row| (row.question, row));
        let sum = [(all.as_str(), total)].into_iter().filter(|_| !self.view.report.ledger.is_empty());
        for (name, row) in rows.chain(sum) {
            writeln!(out, "{}", self.paint.apply(Style::Bold, name))?;
            for line in block(row) {
                writeln!(out, "  {line}")?;
            }
        }
        for question in &self.view.report.not_run {
            let word = self.paint.apply(Style::Error, &self.view.word("not-run.word"));
            writeln!(out, "{}\n  {word}", self.paint.apply(Style::Bold, question.question))?;
        }
        Ok(())
    }
}
