//! The sources of a run and their positions.

use crate::finding::{FileId, Location};

/// What a file is to the analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// PHP that is lowered and examined.
    Php,
}

/// One file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the project's root, with `/`.
    pub path: String,
    /// The text; bytes that are no UTF-8 have been replaced.
    pub text: String,
    /// What it is.
    pub kind: FileKind,
    /// Findings in it are reported. False for the project around the paths that the user named.
    pub examined: bool,
}

/// A place for people: line and column count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// The files of one project, in order of their paths.
#[derive(Debug, Default)]
pub struct Workspace {
    files: Vec<SourceFile>,
}

impl Workspace {
    /// A workspace of the given files, sorted by path.
    #[must_use]
    pub fn from_files(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// A workspace of PHP texts, all examined: for tests and for code that is not on disk.
    pub fn from_texts<P: Into<String>, T: Into<String>>(texts: impl IntoIterator<Item = (P, T)>) -> Self {
        let files = texts.into_iter().map(|(path, text)| SourceFile {
            path: path.into(),
            text: text.into(),
            kind: FileKind::Php,
            examined: true,
        });
        Self::from_files(files.collect())
    }

    /// A file.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The files with their ids, in order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(u32::try_from(index).unwrap_or(u32::MAX)), file))
    }

    /// The position of a byte offset; an offset inside a character counts as its start.
    #[must_use]
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let text = &self.file(file).text;
        let mut offset = (offset as usize).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Position { line, column: before[line_start..].chars().count() + 1 }
    }

    /// Start and exclusive end of a location.
    #[must_use]
    pub fn range(&self, at: Location) -> (Position, Position) {
        (self.position(at.file, at.span.start), self.position(at.file, at.span.end))
    }
}
