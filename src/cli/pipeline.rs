//! Finds, configures and reads the projects of a run.

use super::diagnostics::Failure;
use crate::config::{Known, Progress, Settings, SpecRow};
use crate::engine::{self, CheckOptions};
use crate::specs::Specs;
use crate::verify::{self, Verification};
use crate::workspace::{self, ConfigText, Loaded, ProjectInput};

/// A project with its settings and texts.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) project: ProjectInput,
    pub(super) settings: Settings,
    pub(super) specs: Specs,
    pub(super) loaded: Loaded,
    /// Saved results of `mandant phonetic verify`.
    pub(super) verified: Vec<Verification>,
}

/// The projects that the options name, read.
pub(super) fn prepare(options: &CheckOptions, known: Known<'_>, progress: &dyn Progress) -> Result<Vec<Prepared>, Failure> {
    let config = match &options.config {
        Some(path) => Some(ConfigText { path: path.display().to_string(), text: workspace::read_text(path)? }),
        None => None,
    };
    let mut prepared = Vec::new();
    for project in workspace::discover_in(&options.source, &options.paths)? {
        let settings = settings(config.as_ref().or(project.config()), known)?;
        let (specs, loaded) = rayon::join(|| specs(&project, &settings), || project.load(&settings.project, progress));
        let specs = specs?;
        let verified = verified(&project, &settings)?;
        prepared.push(Prepared { project, settings, specs, loaded, verified });
    }
    progress.finish();
    Ok(prepared)
}

/// The rows in force; the files that the configuration names are read here.
fn specs(project: &ProjectInput, settings: &Settings) -> Result<Specs, Failure> {
    let mut rows = Vec::new();
    for path in &settings.project.spec_files {
        let text = project.read_text(path)?;
        let text = text.ok_or_else(|| Failure::usage(format!("`{path}` of [project] spec_files does not exist"), None))?;
        rows.extend(SpecRow::parse_file(&text).map_err(|errors| Failure::Config { path: path.clone(), text, errors })?);
    }
    engine::specs(settings, &rows)
        .map_err(|error| Failure::usage(error.to_string(), Some("Mend the row in mandant.toml".to_owned())))
}

/// The file in which `mandant phonetic verify` keeps its results, from the project's root.
pub(super) fn verified_file(settings: &Settings) -> &str {
    settings.phonetic.verified.as_deref().unwrap_or(verify::SAVED_NAME)
}

/// What `mandant phonetic verify` left there.
fn verified(project: &ProjectInput, settings: &Settings) -> Result<Vec<Verification>, Failure> {
    let file = verified_file(settings);
    let Some(text) = project.read_text(file)? else { return Ok(Vec::new()) };
    Verification::parse_all(&text).map_err(|reason| {
        let help = "Delete it, or let mandant phonetic verify write it anew".to_owned();
        Failure::usage(format!("`{file}` is no saved result: {reason}"), Some(help))
    })
}

fn settings(config: Option<&ConfigText>, known: Known<'_>) -> Result<Settings, Failure> {
    let Some(ConfigText { path, text }) = config else { return Ok(Settings::default()) };
    Settings::parse(text, known).map_err(|errors| Failure::Config { path: path.clone(), text: text.clone(), errors })
}
