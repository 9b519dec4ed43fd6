#![allow(clippy::disallowed_methods, reason = "tests lay out folders")]

mod disk;
mod git;
mod positions;
mod versions;

use std::path::PathBuf;

use super::*;
use crate::config::{self, Silent, SourceChoice};
use crate::finding::{Argument, SkipKind, Skipped};

/// A temporary folder with files in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = std::process::Command::new("git");
        let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let output = command.arg("-C").arg(self.0.path()).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn discover(&self, paths: &[&str]) -> Result<Vec<ProjectInput>, InputError> {
        discover(&paths.iter().map(|path| self.path(path)).collect::<Vec<_>>())
    }

    fn discover_in(&self, source: &SourceChoice, paths: &[&str]) -> Result<Vec<ProjectInput>, InputError> {
        discover_in(source, &paths.iter().map(|path| self.path(path)).collect::<Vec<_>>())
    }

    /// The one project of these paths, read with the default settings.
    fn load(&self, paths: &[&str]) -> Loaded {
        only(self.discover(paths).unwrap()).load(&config::Project::default(), &Silent)
    }

    fn real(&self, path: &str) -> PathBuf {
        std::fs::canonicalize(self.0.path()).unwrap().join(path)
    }
}

fn only(mut projects: Vec<ProjectInput>) -> ProjectInput {
    assert_eq!(projects.len(), 1, "{projects:?}");
    projects.remove(0)
}

fn load(project: &ProjectInput) -> Loaded {
    project.load(&config::Project::default(), &Silent)
}

/// Paths of the files; those that are not examined in parentheses.
fn files(loaded: &Loaded) -> Vec<String> {
    let told = |file: &SourceFile| if file.examined { file.path.clone() } else { format!("({})", file.path) };
    loaded.workspace.files().map(|(_, file)| told(file)).collect()
}

/// `path template kind argument…`
fn skips(skipped: &[Skipped]) -> Vec<String> {
    let argument = |argument: &Argument| match argument {
        Argument::Text(text) => text.clone(),
        Argument::Count(count) => count.to_string(),
        other => format!("{other:?}"),
    };
    let told = |skipped: &Skipped| {
        let arguments: Vec<String> = skipped.reason.arguments.iter().map(|(_, value)| argument(value)).collect();
        let kind = match skipped.kind {
            SkipKind::ByDesign => "design",
            SkipKind::Incomplete => "incomplete",
            SkipKind::Reservation => "reservation",
        };
        format!("{} {} {kind} {}", skipped.path, skipped.reason.template, arguments.join(" ")).trim_end().to_owned()
    };
    skipped.iter().map(told).collect()
}

fn roots(folder: &Folder, projects: &[ProjectInput]) -> Vec<String> {
    let base = folder.real("");
    projects.iter().map(|project| project.root().strip_prefix(&base).unwrap().to_string_lossy().into_owned()).collect()
}

fn text<'a>(loaded: &'a Loaded, path: &str) -> &'a str {
    &loaded.workspace.file(loaded.workspace.find(path).unwrap()).text
}
