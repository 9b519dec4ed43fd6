//! What the index has to know besides the code.

/// A version of a package, `11.46.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub patch: u32,
}

impl Version {
    /// A version from its numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }
}

/// Facts about the project that its PHP files do not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexOptions {
    /// The framework's version; its rules on scopes and attributes depend on it.
    pub laravel: Version,
    /// The files' paths, by [`FileId`](crate::finding::FileId). With them migrations are ordered by file name over all folders,
    /// and only those in a folder `migrations` count; without them, by file and by their parent class alone.
    pub paths: Vec<String>,
}

/// True for a file that declares the project's classes again for editors and is never run.
pub(super) fn is_stub(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with("_ide_helper") || name == ".phpstorm.meta.php"
}

impl Default for IndexOptions {
    /// The newest framework that is known here.
    fn default() -> Self {
        Self { laravel: Version::new(13, u32::MAX, u32::MAX), paths: Vec::new() }
    }
}
