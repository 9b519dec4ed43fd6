//! Big inputs that are read as streams, and folders that the user names.
#![expect(clippy::disallowed_methods, reason = "files are opened here, in `workspace`")]

use std::fs::{self, File};
use std::path::Path;

use super::discover::InputError;
use super::source::ReadFailure;

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> InputError {
    match error.kind() {
        std::io::ErrorKind::NotFound => InputError::NoSuchPath(path.display().to_string()),
        kind => InputError::Unreadable { path: path.display().to_string(), failure: ReadFailure::Failed(kind.to_string()) },
    }
}

/// Opens a file that is too big to be held, such as a dump.
///
/// # Errors
/// Where there is no such file, or it cannot be opened.
pub fn open_stream(path: &Path) -> Result<File, InputError> {
    // Not opened before it is known to be a file: opening a pipe waits for its other end.
    let facts = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !facts.is_file() {
        let failure = ReadFailure::Failed("it is no file".to_owned());
        return Err(InputError::Unreadable { path: path.display().to_string(), failure });
    }
    File::open(path).map_err(|error| unreadable(path, &error))
}

/// The names of the files directly in a folder, sorted.
///
/// # Errors
/// Where there is no such folder, or it cannot be listed.
pub fn file_names(folder: &Path) -> Result<Vec<String>, InputError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// True for a folder that exists.
#[must_use]
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// A path below a folder, with `/`; none for one that lies elsewhere.
#[must_use]
pub fn relative_path(folder: &Path, path: &Path) -> Option<String> {
    super::paths::relative(&super::disk::absolute(folder), &super::disk::absolute(path))
}
