//! The sources of a run and their positions.
//!
//! [`discover_in`] finds projects and lists their files, [`ProjectInput::load`] reads them. Nothing else in this crate
//! reads files: configuration, specs and schema reach the other parts as text. All bytes of a run come from one
//! [`Source`], so that a snippet shows what was analysed.

mod discover;
mod disk;
mod files;
mod lines;
mod listing;
mod paths;
mod project;
mod source;
mod stored;
mod stream;
mod versions;

pub use discover::{InputError, discover, discover_in, read_text};
pub use files::{FileKind, Position, SourceFile, Workspace};
pub use project::{ConfigText, LeftOut, Loaded, ProjectInput};
pub use source::{Read, ReadFailure, Source};
pub use stored::{StoredBytes, StoredFile, StoredFiles};
pub use stream::{file_names, is_folder, open_stream, relative_path};
pub use versions::{Version, Versions};

#[cfg(test)]
mod tests;
