//! Files below the folders that a user names, each once, and parts of them: for inputs too big to be held.
#![expect(clippy::disallowed_methods, reason = "files are listed and opened here, in `workspace`")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::discover::InputError;
use super::stream;

/// A file to be read in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    /// The path as it was named or found, with `/`.
    pub path: String,
    /// Its size when it was listed.
    pub size: u64,
    real: PathBuf,
}

/// What was found below the named paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredFiles {
    /// The files by path; one that several links lead to stands there once.
    pub files: Vec<StoredFile>,
    /// What could not be looked at, by path, with the reason.
    pub unreadable: Vec<(String, String)>,
}

impl StoredFiles {
    /// Lists all files below the paths. Links are followed.
    ///
    /// # Errors
    /// Where a named path does not exist.
    pub fn list(paths: &[PathBuf]) -> Result<Self, InputError> {
        let mut found = Found::default();
        for named in paths {
            let start = fs::canonicalize(named).map_err(|error| stream::unreadable(named, &error))?;
            for entry in WalkDir::new(named).follow_links(true) {
                match entry {
                    Ok(entry) if entry.file_type().is_dir() => {}
                    Ok(entry) => {
                        let below = entry.path().strip_prefix(named).unwrap_or(Path::new(""));
                        let direct = if below.as_os_str().is_empty() { start.clone() } else { start.join(below) };
                        found.add(entry.path(), &direct);
                    }
                    // A folder inside of itself: what it holds is listed where it is met first.
                    Err(error) if error.loop_ancestor().is_some() => {}
                    Err(error) => {
                        let kind = error.io_error().map_or(io::ErrorKind::Other, io::Error::kind);
                        found.refuse(error.path().unwrap_or(named), kind.to_string());
                    }
                }
            }
        }
        Ok(found.listed())
    }
}

/// Files and failures by their real paths.
#[derive(Default)]
struct Found {
    /// A path without links is better than one with.
    files: BTreeMap<PathBuf, (bool, StoredFile)>,
    unreadable: BTreeMap<PathBuf, (String, String)>,
}

impl Found {
    fn add(&mut self, path: &Path, direct: &Path) {
        let looked = fs::canonicalize(path).and_then(|real| fs::metadata(&real).map(|facts| (real, facts)));
        let (real, facts) = match looked {
            Ok(looked) => looked,
            Err(error) => return self.refuse(path, error.kind().to_string()),
        };
        if !facts.is_file() {
            return self.refuse(path, "it is no file".to_owned());
        }
        let is_linked = real != direct;
        let file = StoredFile { path: shown(path), size: facts.len(), real: real.clone() };
        let known = self.files.entry(real).or_insert_with(|| (is_linked, file.clone()));
        if (is_linked, &file.path) < (known.0, &known.1.path) {
            *known = (is_linked, file);
        }
    }

    fn refuse(&mut self, path: &Path, reason: String) {
        // What it leads to cannot be told, but where it stands can.
        let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok()).unwrap_or_default();
        let told = (shown(path), reason);
        let known = self.unreadable.entry(folder.join(path.file_name().unwrap_or_default())).or_insert_with(|| told.clone());
        if told < *known {
            *known = told;
        }
    }

    fn listed(self) -> StoredFiles {
        let mut files: Vec<StoredFile> = self.files.into_values().map(|(_, file)| file).collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let mut unreadable: Vec<(String, String)> = self.unreadable.into_values().collect();
        unreadable.sort();
        StoredFiles { files, unreadable }
    }
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let shown = path.display().to_string();
    if std::path::MAIN_SEPARATOR == '/' { shown } else { shown.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// A file that several threads read at once.
#[derive(Debug)]
pub struct StoredBytes(File);

impl StoredFile {
    /// Opens it.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(&self) -> io::Result<StoredBytes> {
        File::open(&self.real).map(StoredBytes)
    }
}

impl StoredBytes {
    /// Reads from a place until the buffer is full or the file ends. Returns the number of bytes.
    ///
    /// # Errors
    /// Where reading fails.
    pub fn read_at(&self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_some(&mut buffer[filled..], from + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    #[cfg(unix)]
    fn read_some(&self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.0, buffer, from)
    }

    #[cfg(windows)]
    fn read_some(&self, buffer: &mut [u8], from: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.0, buffer, from)
    }
}
