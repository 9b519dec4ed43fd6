//! Finds, configures and reads the projects of a run. Stands in for the engine, which will do this and go on from here.

use super::diagnostics::Failure;
use crate::config::{CheckOptions, Known, Progress, Settings};
use crate::workspace::{self, ConfigText, Loaded, ProjectInput};

/// A project with its settings and texts.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) project: ProjectInput,
    pub(super) settings: Settings,
    pub(super) loaded: Loaded,
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
        let loaded = project.load(&settings.project, progress);
        prepared.push(Prepared { project, settings, loaded });
    }
    progress.finish();
    Ok(prepared)
}

fn settings(config: Option<&ConfigText>, known: Known<'_>) -> Result<Settings, Failure> {
    let Some(ConfigText { path, text }) = config else { return Ok(Settings::default()) };
    Settings::parse(text, known).map_err(|errors| Failure::Config { path: path.clone(), text: text.clone(), errors })
}
