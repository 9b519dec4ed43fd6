//! Lines and columns of a text.

/// Bytes between two counts of characters: what a look-up has to walk at most.
const STRIDE: usize = 256;

/// Where the lines of a text begin, and how many characters stand before a byte: both without walking the text,
/// so that a file of one line of a million bytes costs no more than any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineIndex {
    /// Offset of each line's first byte.
    starts: Vec<u32>,
    /// For every [`STRIDE`] bytes; empty for a text of ASCII alone.
    counts: Vec<Counts>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    /// Characters that begin before.
    characters: u32,
    /// Characters among them that are two UTF-16 units.
    wide: u32,
}

impl Counts {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.characters += u32::from(!is_continuation(*byte));
            self.wide += u32::from(*byte >= 0xF0);
        }
    }
}

const fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

impl LineIndex {
    pub(super) fn new(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(offset, _)| to_u32(offset + 1))).collect();
        let mut counts = Vec::new();
        if !text.is_ascii() {
            let mut before = Counts::default();
            for block in text.as_bytes().chunks(STRIDE) {
                counts.push(before);
                before.add(block);
            }
            counts.push(before);
        }
        Self { starts, counts }
    }

    /// Number of lines; a text that ends with a newline has an empty last one.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The line of an offset, from 0.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1)
    }

    /// The bytes of a line, from 0, without its newline.
    pub(super) fn bytes(&self, line: usize, text: &str) -> Option<std::ops::Range<usize>> {
        let start = *self.starts.get(line)? as usize;
        let end = self.starts.get(line + 1).map_or(text.len(), |next| *next as usize - 1);
        let end = if text.as_bytes()[start..end].ends_with(b"\r") { end - 1 } else { end };
        Some(start..end)
    }

    /// Characters between the start of an offset's line and the offset.
    pub(super) fn characters(&self, offset: usize, text: &str) -> usize {
        let (start, end) = self.both(offset, text);
        (end.characters - start.characters) as usize
    }

    /// UTF-16 units between the start of an offset's line and the offset.
    pub(super) fn units(&self, offset: usize, text: &str) -> usize {
        let (start, end) = self.both(offset, text);
        (end.characters - start.characters + end.wide - start.wide) as usize
    }

    fn both(&self, offset: usize, text: &str) -> (Counts, Counts) {
        let start = self.starts[self.line(offset)] as usize;
        (self.before(start, text), self.before(offset, text))
    }

    fn before(&self, offset: usize, text: &str) -> Counts {
        let block = offset / STRIDE;
        let Some(counts) = self.counts.get(block) else {
            return Counts { characters: to_u32(offset), wide: 0 };
        };
        let mut counts = *counts;
        counts.add(&text.as_bytes()[block * STRIDE..offset]);
        counts
    }
}

fn to_u32(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
