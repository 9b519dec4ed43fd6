//! The schema for people.

use std::io::{self, Write};

use super::json::{assumption, drop_statement};
use super::{SchemaView, problem_message};
use crate::catalog::{Words, safe};
use crate::finding::Message;
use crate::migrate::SchemaRun;
use crate::migrate::{Change, MigrationResult, Status, StepOutcome};
use crate::report::ReportOptions;
use crate::schema::{Index, Origin};
use crate::workspace::Workspace;

/// Columns that names of files take at most before what follows them.
const NAME: usize = 72;

pub(super) fn write(
    run: &SchemaRun,
    workspace: &Workspace,
    view: SchemaView,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let words = Words::new(options.language);
    let mut page = Page { run, workspace, words: &words, out };
    page.head()?;
    page.problems()?;
    if !view.diff {
        page.tables(view.after)?;
    }
    page.migrations(view.diff || view.after)?;
    page.redundant(view.diff || view.after)?;
    page.assumptions()
}

struct Page<'p> {
    run: &'p SchemaRun,
    workspace: &'p Workspace,
    words: &'p Words,
    out: &'p mut dyn Write,
}

impl Page<'_> {
    fn say(&self, message: &Message) -> String {
        self.words.render(message, self.workspace)
    }

    fn line(&mut self, message: &Message) -> io::Result<()> {
        let text = self.say(message);
        writeln!(self.out, "{text}")
    }

    fn head(&mut self) -> io::Result<()> {
        let evaluation = &self.run.evaluation;
        let tables = evaluation.before.database().map_or(0, |database| database.tables.len());
        let pending = evaluation.migrations.iter().filter(|migration| migration.status != Status::Recorded).count();
        let recorded = evaluation.migrations.len() - pending;
        if self.run.from_scratch {
            return self.line(&Message::new("schema.from-scratch").count("pending", pending));
        }
        let mut server = self.run.server_version.clone().unwrap_or_default();
        server.truncate(server.find("-0+").unwrap_or(server.len()));
        let head = Message::new("schema.head")
            .text("snapshot", safe::text(&self.run.names.join(", ")))
            .text("server", safe::text(&server))
            .count("tables", tables)
            .count("recorded", recorded)
            .count("all", evaluation.migrations.len())
            .count("pending", pending);
        self.line(&head)?;
        if !self.run.knows_recorded {
            self.line(&Message::new("schema.pending-unknown"))?;
        }
        Ok(())
    }

    fn problems(&mut self) -> io::Result<()> {
        for (name, problem) in &self.run.problems {
            let line = if problem.line == u64::MAX { String::new() } else { problem.line.to_string() };
            let what = self.say(&problem_message(problem));
            let at = if line.is_empty() { safe::text(name) } else { format!("{}:{line}", safe::text(name)) };
            writeln!(self.out, "! {at}: {what}")?;
        }
        for found in &self.run.disagreements {
            let message = Message::new("schema.disagreement")
                .text("table", safe::text(&found.table))
                .text("index", found.index.as_deref().map(safe::text).unwrap_or_default())
                .text("first", safe::text(&found.first))
                .text("second", safe::text(&found.second));
            let text = self.say(&message);
            writeln!(self.out, "! {text}")?;
        }
        Ok(())
    }

    fn tables(&mut self, after: bool) -> io::Result<()> {
        let evaluation = &self.run.evaluation;
        let server = if after { &evaluation.after } else { &evaluation.before };
        for table in server.database().into_iter().flat_map(|database| database.tables.values()) {
            writeln!(self.out, "\n{}", safe::text(&table.name))?;
            for index in &table.indexes {
                writeln!(self.out, "  {}", described(index))?;
            }
            for key in &table.foreign_keys {
                let (columns, references) = (key.columns.join(", "), key.references.join(", "));
                let line = format!("foreign {} ({columns}) → {} ({references})", key.name, key.table);
                writeln!(self.out, "  {}", safe::text(&line))?;
            }
        }
        Ok(())
    }

    fn migrations(&mut self, details: bool) -> io::Result<()> {
        let pending: Vec<&MigrationResult> =
            self.run.evaluation.migrations.iter().filter(|migration| migration.status != Status::Recorded).collect();
        if pending.is_empty() {
            writeln!(self.out)?;
            return self.line(&Message::new("schema.nothing-pending"));
        }
        writeln!(self.out)?;
        let mut stopped = false;
        for migration in pending {
            let word = match migration.status {
                Status::Fails => "schema.word.fails",
                Status::Undetermined => "schema.word.undetermined",
                _ => "schema.word.ok",
            };
            let note = match (migration.status, stopped) {
                (Status::Fails, false) => "schema.note.stops",
                (_, true) => "schema.note.not-reached",
                _ => "",
            };
            stopped |= migration.status == Status::Fails;
            let word = self.say(&Message::new(word));
            let note = if note.is_empty() { String::new() } else { self.say(&Message::new(note)) };
            let name = format!("{}.php", safe::text(&migration.file.name));
            let line = format!("{word:<12} {name:<NAME$} {note}");
            writeln!(self.out, "{}", line.trim_end())?;
            if details || migration.status != Status::Ok {
                self.changes(migration)?;
            }
        }
        Ok(())
    }

    fn changes(&mut self, migration: &MigrationResult) -> io::Result<()> {
        let stays = if migration.status == Status::Fails { self.say(&Message::new("schema.note.stays")) } else { String::new() };
        for change in &migration.changes {
            let line = format!("{:<60} {stays}", safe::text(&told(change)));
            writeln!(self.out, "             {}", line.trim_end())?;
        }
        if let Some(error) = &migration.error {
            let at = error.at.map(|at| {
                let position = self.workspace.position(at.file, at.span.start);
                format!("{}:{}", self.workspace.file(at.file).path, position.line)
            });
            let number = error.sql.as_ref().map_or(String::new(), |sql| format!("{} ", sql.errno));
            let words = error.sql.as_ref().map_or(error.message.as_str(), |sql| sql.message.as_str());
            let line = format!("! {number}{words}  {}", at.unwrap_or_default());
            writeln!(self.out, "             {}", safe::text(line.trim_end()))?;
            if let Some(earlier) = self.earlier(error.sql.as_ref()) {
                writeln!(self.out, "             {earlier}")?;
            }
        }
        for (at, reason) in &migration.gaps {
            let at = at.map(|at| format!("{}:", self.workspace.position(at.file, at.span.start).line)).unwrap_or_default();
            writeln!(self.out, "             ? {at} {}", safe::text(reason))?;
        }
        Ok(())
    }

    /// Where the index comes from that is in the way.
    fn earlier(&self, error: Option<&crate::schema::SqlError>) -> Option<String> {
        let error = error.filter(|error| error.errno == 1061)?;
        let table = self.run.evaluation.after.table(None, error.table.as_deref()?)?;
        let index = table.index(error.index.as_deref()?)?;
        let message = match index.origin {
            Origin::Snapshot(number, line) => {
                let place = usize::try_from(number).ok()?;
                let name = self.run.names.get(place).cloned().unwrap_or_default();
                Message::new("schema.there-since.snapshot").text("snapshot", safe::text(&name)).text("line", line.to_string())
            }
            Origin::Migration(_) => Message::new("schema.there-since.migration")
                .text("file", crate::migrate::origin_name(&self.run.evaluation, index.origin)),
            Origin::Unknown => return None,
        };
        let text = self.say(&message.text("index", safe::text(&described(index))));
        Some(text)
    }

    fn redundant(&mut self, after: bool) -> io::Result<()> {
        let evaluation = &self.run.evaluation;
        let found = if after { &evaluation.redundant_after } else { &evaluation.redundant_before };
        if found.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        self.line(&Message::new("schema.redundant").count("n", found.len()))?;
        for redundant in found {
            let message = Message::new("schema.redundant.row")
                .text("table", safe::text(&redundant.table))
                .text("index", safe::text(&described(&redundant.index)))
                .text("of", safe::text(&described(&redundant.of)))
                .text("drop", safe::text(&drop_statement(redundant)))
                .count("implicit", usize::from(redundant.may_be_implicit));
            self.line(&message)?;
        }
        Ok(())
    }

    fn assumptions(&mut self) -> io::Result<()> {
        let migrations = &self.run.evaluation.migrations;
        let mut all: Vec<String> = migrations.iter().flat_map(|migration| &migration.assumptions).map(assumption).collect();
        all.sort();
        all.dedup();
        all.insert(0, "driver mysql or mariadb".to_owned());
        let statements = migrations.iter().flat_map(|migration| &migration.steps);
        let unknown = statements.clone().filter(|step| matches!(step.outcome, StepOutcome::Unknown(_))).count()
            + migrations.iter().map(|migration| migration.gaps.len()).sum::<usize>();
        writeln!(self.out)?;
        let count = Message::new("schema.statements").count("n", statements.count()).count("unknown", unknown);
        self.line(&count)?;
        let message = Message::new("schema.assumes").text("what", safe::text(&all.join("; ")));
        self.line(&message)
    }
}

fn described(index: &Index) -> String {
    safe::text(&index.to_string())
}

fn told(change: &Change) -> String {
    match change {
        Change::TableAdded(table) => format!("{table}  + table"),
        Change::TableDropped(table) => format!("{table}  - table"),
        Change::ColumnAdded(table, column, kind) => format!("{table}  + column {column} {kind}"),
        Change::ColumnDropped(table, column) => format!("{table}  - column {column}"),
        Change::ColumnChanged(table, column) => format!("{table}  ~ column {column}"),
        Change::IndexAdded(table, index) => format!("{table}  + {}", described(index)),
        Change::IndexDropped(table, index) => format!("{table}  - {}", described(index)),
        Change::ForeignAdded(table, key) => format!("{table}  + foreign {} ({})", key.name, key.columns.join(", ")),
        Change::ForeignDropped(table, name) => format!("{table}  - foreign {name}"),
    }
}
