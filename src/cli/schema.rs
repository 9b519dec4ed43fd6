//! `mandant schema`.

use std::io::{self, Write};
use std::path::Path;

use super::args::{Common, Schema, SchemaFormat};
use super::diagnostics::Failure;
use super::environment::Environment;
use super::pipeline::{self, Prepared};
use super::snapshots::SnapshotFiles;
use super::{Outcome, known};
use crate::config::{Date, Silent};
use crate::engine::{self, CheckOptions, MigrationSources, is_grave};
use crate::migrate::{SchemaRun, Status};
use crate::report::{self, ReportOptions, SchemaView};
use crate::workspace;

/// Deep code is lowered and run recursively, within limits that fit this stack.
const STACK: usize = 64 << 20;

pub(super) fn run(schema: &Schema, common: &Common, environment: &Environment) -> Result<Outcome, Failure> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let pool = pool.map_err(|error| Failure::usage(format!("The threads cannot be started: {error}"), None))?;
    pool.install(|| examine(schema, common, environment))
}

fn examine(schema: &Schema, common: &Common, environment: &Environment) -> Result<Outcome, Failure> {
    let (rules, questions) = (known::rules(), known::questions());
    // The day does not matter: nothing is suppressed here.
    let mut options = CheckOptions::new(Date::default());
    options.config.clone_from(&schema.config);
    let mut prepared = pipeline::prepare(&options, known::known(&rules, &questions), &Silent)?;
    if prepared.len() > 1 {
        let names: Vec<&str> = prepared.iter().map(|project| project.project.name()).collect();
        let help = format!("Run it in one of them: {}", names.join(", "));
        return Err(Failure::usage(format!("This folder holds {} projects", prepared.len()), Some(help)));
    }
    let Some(project) = prepared.pop() else {
        return Err(Failure::usage("This folder holds no project", None));
    };
    let opened = SnapshotFiles::new(&schema.snapshots, &schema.connections, &project.project, &project.settings)?;
    let sources = sources(schema, &project)?;
    let (index, workspace, files, migrations) = engine::migration_sources(&project.loaded, &project.settings, sources);
    let reopen = |connection: &str, place: usize| opened.again(connection, place);
    let run = engine::migrations(&index, files, migrations, &opened.snapshots()?, false, &reopen)
        .map_err(|error| Failure::usage(format!("A snapshot cannot be read: {error}"), None))?;
    let view = SchemaView { after: schema.after, diff: schema.diff };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = match schema.format {
        SchemaFormat::Json => report::schema_json(&run, &workspace, view, &mut out),
        SchemaFormat::Pretty => {
            let color = common.color.resolve(environment.stdout_is_terminal, environment.colors_wanted);
            let shown = ReportOptions { language: common.lang, color, ..ReportOptions::default() };
            report::schema_pretty(&run, &workspace, view, &shown, &mut out)
        }
    };
    written.and_then(|()| out.flush()).map_err(|error| Failure::from_output(&error))?;
    Ok(ended(&run))
}

fn ended(run: &SchemaRun) -> Outcome {
    let is = |status: Status| run.evaluation.migrations.iter().any(|migration| migration.status == status);
    if is(Status::Fails) {
        Outcome::Findings
    } else if !run.disagreements.is_empty() || run.problems.iter().any(|(_, problem)| is_grave(problem)) {
        Outcome::Incomplete
    } else {
        Outcome::Clear
    }
}

/// The texts of migrations that are no files of the project's listing.
fn sources(schema: &Schema, project: &Prepared) -> Result<MigrationSources, Failure> {
    let root = project.project.root();
    let mut sources = MigrationSources::default();
    for folder in &schema.migrations {
        let names = workspace::file_names(folder)?;
        let mut texts = Vec::new();
        for name in names.iter().filter(|name| name.contains(".php")) {
            let path = folder.join(name);
            let relative = workspace::relative_path(root, &path).unwrap_or_else(|| path.display().to_string());
            let is_known = project.loaded.workspace.find(&relative).is_some();
            let text = if is_known || Path::new(name).extension().is_none_or(|extension| extension != "php") {
                None
            } else {
                Some(workspace::read_text(&path)?)
            };
            texts.push((name.clone(), relative, text));
        }
        sources.folders.push(texts);
    }
    sources.is_named = !schema.migrations.is_empty();
    let read = |path: &str| project.project.read_text(path).ok().flatten();
    sources.texts = engine::named_texts(&project.loaded, &sources, &read);
    Ok(sources)
}
