//! All files: blocks on several threads, results in order.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::fields::Words;
use super::part::Part;
use super::read::{self, Packing, Scratch};
use super::{Failure, Scanned};
use crate::config::{Phase, Progress};
use crate::specs::Vocabulary;
use crate::workspace::{StoredBytes, StoredFile};

/// How to scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanOptions {
    /// Places that are told of each file; all are counted.
    pub limit: usize,
    /// Bytes of a block.
    pub block: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { limit: 1000, block: 1 << 20 }
    }
}

/// Units whose results are held at a time.
const BATCH: usize = 128;

/// What one thread does at a time: a block of a plain file, or all of a compressed one.
struct Unit<'f> {
    file: &'f StoredFile,
    input: Input,
    is_last: bool,
}

enum Input {
    Block(Arc<StoredBytes>, u64),
    Gzip(Arc<StoredBytes>),
    None(Failure),
}

/// Scans the files and hands over, in their order, what was found in each.
///
/// # Errors
/// Where `put` fails.
pub fn scan(
    files: &[StoredFile],
    vocabulary: &Vocabulary,
    options: ScanOptions,
    progress: &dyn Progress,
    put: &mut dyn FnMut(Scanned<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let size: u64 = files.iter().map(|file| file.size).sum();
    progress.begin(Phase::Read, usize::try_from(size).unwrap_or(usize::MAX));
    let idle: Mutex<Vec<Scratch<'_>>> = Mutex::default();
    let held = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    let examine = |unit: &Unit<'_>| {
        let scratch = held().pop();
        let mut scratch = scratch.unwrap_or_else(|| Scratch { words: Words::new(vocabulary), buffer: Vec::new() });
        let examined = unit.examine(options, progress, &mut scratch);
        held().push(scratch);
        examined
    };
    let mut units = files.iter().flat_map(|file| units(file, options.block));
    let mut whole = (Part::default(), None);
    loop {
        let batch: Vec<Unit<'_>> = units.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let parts: Vec<(Part, Option<Failure>)> = batch.par_iter().with_max_len(1).map(examine).collect();
        for (unit, (part, failure)) in batch.iter().zip(parts) {
            whole.0.append(part, options.limit);
            whole.1 = whole.1.or(failure);
            if unit.is_last {
                put(scanned(unit.file, std::mem::take(&mut whole)))?;
            }
        }
    }
}

fn scanned(file: &StoredFile, (part, failure): (Part, Option<Failure>)) -> Scanned<'_> {
    let is_cut = part.tail > 0;
    Scanned {
        path: &file.path,
        places: part.places,
        totals: part.totals,
        // The last line may lack its end.
        lines: part.breaks + u64::from(is_cut),
        bytes: part.bytes,
        failure,
    }
}

/// The units of a file, one at least. It is opened when the first one is asked for.
fn units(file: &StoredFile, block: usize) -> Box<dyn Iterator<Item = Unit<'_>> + Send + '_> {
    let one = |input: Input| std::iter::once(Unit { file, input, is_last: true });
    let mut first = [0; 8];
    let opened = file.open().and_then(|opened| opened.read_at(&mut first, 0).map(|length| (opened, length)));
    let (opened, length) = match opened {
        Ok((opened, length)) => (Arc::new(opened), length),
        Err(error) => return Box::new(one(Input::None(unreadable(&error)))),
    };
    match Packing::of(&first[..length]) {
        Packing::Gzip => Box::new(one(Input::Gzip(opened))),
        Packing::Other(name) => Box::new(one(Input::None(Failure::Packed(name)))),
        Packing::Utf16 => Box::new(one(Input::None(Failure::Utf16))),
        Packing::Plain => {
            let block = block as u64;
            let blocks = file.size.div_ceil(block).max(1);
            Box::new((0..blocks).map(move |number| Unit {
                file,
                input: Input::Block(Arc::clone(&opened), number * block),
                is_last: number + 1 == blocks,
            }))
        }
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::Unreadable(error.kind().to_string())
}

impl Unit<'_> {
    fn examine(&self, options: ScanOptions, progress: &dyn Progress, scratch: &mut Scratch<'_>) -> (Part, Option<Failure>) {
        match &self.input {
            Input::Block(file, from) => match read::block(file, *from, options, scratch) {
                Ok(part) => {
                    progress.advance(usize::try_from(part.bytes).unwrap_or_default());
                    (part, None)
                }
                Err(error) => (Part::default(), Some(unreadable(&error))),
            },
            Input::Gzip(file) => read::gzip(file, options, scratch, progress),
            Input::None(failure) => (Part::default(), Some(failure.clone())),
        }
    }
}
