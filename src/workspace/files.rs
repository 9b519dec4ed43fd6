//! The texts of a project and their positions.

use std::sync::OnceLock;

use super::lines::LineIndex;
use crate::finding::{FileId, Location, Span};

/// What a file is to the analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// PHP that is lowered and examined.
    Php,
}

/// One file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the project's root, with `/`. It may hold any character: who prints it escapes it.
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
    /// Beside `files`: made when a position of the file is first asked for.
    lines: Vec<OnceLock<LineIndex>>,
}

impl Workspace {
    /// A workspace of the given files, sorted by path.
    #[must_use]
    pub fn from_files(mut files: Vec<SourceFile>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let lines = files.iter().map(|_| OnceLock::new()).collect();
        Self { files, lines }
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
        self.files.iter().enumerate().map(|(index, file)| (file_id(index), file))
    }

    /// Number of files.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True without files.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file of a path, relative to the root with `/`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok().map(file_id)
    }

    /// The position of a byte offset; an offset inside a character counts as its start.
    #[must_use]
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        let (lines, text) = (self.lines(file), &self.file(file).text);
        let offset = floor(text, offset);
        Position { line: lines.line(offset) + 1, column: lines.characters(offset, text) + 1 }
    }

    /// Start and exclusive end of a location.
    #[must_use]
    pub fn range(&self, at: Location) -> (Position, Position) {
        (self.position(at.file, at.span.start), self.position(at.file, at.span.end))
    }

    /// The column of a byte offset in UTF-16 units, from 1, as SARIF counts.
    #[must_use]
    pub fn utf16_column(&self, file: FileId, offset: u32) -> usize {
        let text = &self.file(file).text;
        let offset = floor(text, offset);
        self.lines(file).units(offset, text) + 1
    }

    /// Number of lines of a file.
    #[must_use]
    pub fn line_count(&self, file: FileId) -> usize {
        self.lines(file).len()
    }

    /// The bytes of a line, from 1, without its line break.
    #[must_use]
    pub fn line_span(&self, file: FileId, line: usize) -> Option<Span> {
        let range = self.lines(file).bytes(line.checked_sub(1)?, &self.file(file).text)?;
        Some(Span::new(u32::try_from(range.start).ok()?, u32::try_from(range.end).ok()?))
    }

    /// The text of a line, from 1, without its line break.
    #[must_use]
    pub fn line(&self, file: FileId, line: usize) -> Option<&str> {
        let text = &self.file(file).text;
        text.get(self.lines(file).bytes(line.checked_sub(1)?, text)?)
    }

    /// The text of a location; offsets inside a character count as its start.
    #[must_use]
    pub fn snippet(&self, at: Location) -> &str {
        let text = &self.file(at.file).text;
        let start = floor(text, at.span.start);
        let end = floor(text, at.span.end);
        text.get(start..end).unwrap_or_default()
    }

    /// Hash over the paths and texts.
    #[must_use]
    pub fn tree_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for file in &self.files {
            for part in [&file.path, &file.text] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    fn lines(&self, file: FileId) -> &LineIndex {
        self.lines[file.0 as usize].get_or_init(|| LineIndex::new(&self.file(file).text))
    }
}

/// The start of the character that holds the byte, or the end of the text.
fn floor(text: &str, offset: u32) -> usize {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn file_id(index: usize) -> FileId {
    FileId(u32::try_from(index).unwrap_or(u32::MAX))
}
