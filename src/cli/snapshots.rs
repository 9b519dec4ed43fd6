//! The files of snapshots: named, configured, or found by convention.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::diagnostics::Failure;
use crate::config::Settings;
use crate::engine::{self, Databases, MigrationSources, Snapshots};
use crate::schema::read::{ReadOptions, Snapshot, read};
use crate::workspace::{self, Loaded, ProjectInput};

/// Files that `artisan schema:dump` writes come before others.
const PREFERRED: [&str; 2] = ["mysql-schema", "mariadb-schema"];

/// The snapshots' files.
#[derive(Clone, Debug)]
pub(super) struct SnapshotFiles {
    /// As messages name them, and where they are.
    default: Vec<(String, PathBuf)>,
    others: BTreeMap<String, PathBuf>,
}

impl SnapshotFiles {
    /// Those that are named; else the configured one; else the first in `database/schema`.
    pub(super) fn new(
        named: &[PathBuf],
        connections: &[(String, PathBuf)],
        project: &ProjectInput,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let shown = |path: &PathBuf| (path.display().to_string(), path.clone());
        let mut default: Vec<(String, PathBuf)> = named.iter().map(shown).collect();
        let root = project.root();
        if default.is_empty()
            && let Some(named) = &settings.migration.snapshot
        {
            default.push((named.clone(), root.join(named)));
        }
        let folder = root.join("database/schema");
        if default.is_empty() && workspace::is_folder(&folder) {
            let files = workspace::file_names(&folder)?;
            let found: Vec<&String> = files.iter().filter(|name| is_dump(name)).collect();
            let first = found.iter().find(|name| PREFERRED.iter().any(|start| name.starts_with(start))).or(found.first());
            default.extend(first.map(|name| (format!("database/schema/{name}"), folder.join(name))));
        }
        let mut others = BTreeMap::new();
        for (name, path) in connections {
            if others.insert(name.clone(), path.clone()).is_some() {
                return Err(Failure::usage(format!("The connection `{name}` is named twice"), None));
            }
        }
        Ok(Self { default, others })
    }

    /// Reads all of them.
    pub(super) fn snapshots(&self) -> Result<Snapshots, Failure> {
        let mut snapshots = Snapshots::default();
        for (number, (name, path)) in (0..).zip(&self.default) {
            snapshots.default.push(snapshot(name, path, number)?);
        }
        for (name, path) in &self.others {
            snapshots.others.insert(name.clone(), snapshot(&path.display().to_string(), path, 0)?);
        }
        Ok(snapshots)
    }

    /// Opens one again.
    pub(super) fn again(&self, connection: &str, place: usize) -> io::Result<Box<dyn io::Read>> {
        let path = self.others.get(connection).or_else(|| self.default.get(place).map(|(_, path)| path));
        let path = path.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        match workspace::open_stream(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(io::Error::other(error.to_string())),
        }
    }

    /// The databases of a project that is examined.
    pub(super) fn databases(self, project: &ProjectInput, loaded: &Loaded) -> Result<Databases, Failure> {
        let snapshots = self.snapshots()?;
        let read = |path: &str| project.read_text(path).ok().flatten();
        let texts = engine::named_texts(loaded, &MigrationSources::default(), &read);
        Ok(Databases::new(snapshots, texts, Box::new(move |connection, place| self.again(connection, place))))
    }
}

fn is_dump(name: &str) -> bool {
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    Path::new(plain).extension().is_some_and(|extension| extension == "sql" || extension == "dump")
}

fn snapshot(name: &str, path: &Path, number: u32) -> Result<Snapshot, Failure> {
    let file = workspace::open_stream(path)?;
    read(name, file, ReadOptions { number })
        .map_err(|error| Failure::usage(format!("`{name}` cannot be read: {}", error.kind()), None))
}
