//! Files as blocks: parts of plain ones, compressed ones from the beginning to the end.

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;

use super::Failure;
use super::fields::Words;
use super::part::Part;
use super::scan::ScanOptions;
use super::window::{CONTEXT, Window};
use crate::config::Progress;
use crate::workspace::StoredBytes;

/// How a file has to be read, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    /// Nobody unpacks it here.
    Other(&'static str),
    Utf16,
}

impl Packing {
    pub(super) fn of(first: &[u8]) -> Self {
        match first {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'B', b'Z', b'h', b'1'..=b'9', b'1', ..] => Self::Other("bzip2"),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Other("xz"),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Other("zstd"),
            [b'P', b'K', 3, 4, ..] => Self::Other("zip"),
            [b'7', b'z', 0xbc, 0xaf, ..] => Self::Other("7z"),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            _ => Self::Plain,
        }
    }
}

/// What each thread keeps between blocks.
#[derive(Debug)]
pub(super) struct Scratch<'v> {
    pub(super) words: Words<'v>,
    pub(super) buffer: Vec<u8>,
}

impl Scratch<'_> {
    fn scan(&mut self, window: &Window<'_>, limit: usize) -> Part {
        Part::of(window, &window.hits(&mut self.words), limit)
    }
}

/// A block of a plain file.
pub(super) fn block(file: &StoredBytes, from: u64, options: ScanOptions, scratch: &mut Scratch<'_>) -> io::Result<Part> {
    let front = usize::try_from(from).map_or(CONTEXT, |from| from.min(CONTEXT));
    let mut buffer = std::mem::take(&mut scratch.buffer);
    buffer.resize(front + options.block + CONTEXT, 0);
    let read = file.read_at(&mut buffer, from - front as u64);
    let part = read.map(|read| {
        let end = read.min(front + options.block);
        scratch.scan(&Window { text: &buffer[..read], block: front.min(end)..end }, options.limit)
    });
    scratch.buffer = buffer;
    part
}

/// A file from its beginning, which tells how far it is.
struct Counted<'f> {
    file: &'f StoredBytes,
    at: u64,
    progress: &'f dyn Progress,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        self.progress.advance(read);
        Ok(read)
    }
}

/// A compressed file. What was unpacked before a fault is scanned.
pub(super) fn gzip(
    file: &StoredBytes,
    options: ScanOptions,
    scratch: &mut Scratch<'_>,
    progress: &dyn Progress,
) -> (Part, Option<Failure>) {
    const PACKED: usize = 1 << 16;
    let packed = BufReader::with_capacity(PACKED, Counted { file, at: 0, progress });
    stream(MultiGzDecoder::new(packed), options, scratch)
}

/// A text from its beginning to its end, block by block.
pub(super) fn stream(mut text: impl Read, options: ScanOptions, scratch: &mut Scratch<'_>) -> (Part, Option<Failure>) {
    let mut whole = Part::default();
    let mut failure = None;
    let mut buffer = std::mem::take(&mut scratch.buffer);
    buffer.resize(CONTEXT + options.block + CONTEXT, 0);
    let (mut front, mut filled, mut at_end) = (0, 0, false);
    loop {
        while !at_end && filled < front + options.block + CONTEXT {
            match text.read(&mut buffer[filled..front + options.block + CONTEXT]) {
                Ok(0) => at_end = true,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failure = Some(damage(&error));
                    at_end = true;
                }
            }
        }
        let end = filled.min(front + options.block);
        let part = scratch.scan(&Window { text: &buffer[..filled], block: front..end }, options.limit);
        whole.append(part, options.limit);
        if end == filled && at_end {
            break;
        }
        let kept = end.saturating_sub(CONTEXT);
        buffer.copy_within(kept..filled, 0);
        (front, filled) = (end - kept, filled - kept);
    }
    scratch.buffer = buffer;
    (whole, failure)
}

fn damage(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Failure::Damaged,
        kind => Failure::Unreadable(kind.to_string()),
    }
}
