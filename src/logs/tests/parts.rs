//! Blocks: wherever they end, the result is the same.

use std::io::Read;

use proptest::prelude::*;

use crate::logs::fields::Words;
use crate::logs::part::Part;
use crate::logs::read::{Scratch, stream};
use crate::logs::scan::ScanOptions;
use crate::logs::window::LONGEST;
use crate::specs::Specs;

/// A text that comes in small portions.
struct Portions<'t>(&'t [u8]);

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(self.0.len()).min(7777);
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn scanned(specs: &Specs, text: &[u8], block: usize) -> Part {
    let mut scratch = Scratch { words: Words::new(specs.vocabulary()), buffer: Vec::new() };
    let (part, failure) = stream(Portions(text), ScanOptions { limit: usize::MAX, block }, &mut scratch);
    assert_eq!(failure, None);
    part
}

/// Pieces of logs; some are far longer than a value may be.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"{\"phone\":\"0151 1234567\"}\n".to_vec()),
        Just(b"{\"customer\":{\"name\":\"Hans Maier\"}} ".to_vec()),
        Just("+4915112345678 jürgen@example.org\r\n".as_bytes().to_vec()),
        Just(b"{\"transcript\":\"".to_vec()),
        Just(b"\\\"email\\\":\\\"a@example.org\\\" ".to_vec()),
        Just(b"'vorname' => 'Hans',".to_vec()),
        (1_usize..9000).prop_map(|length| vec![b'.'; length]),
        (1_usize..9000).prop_map(|length| "ü".repeat(length).into_bytes()),
        Just(b"\"\n".to_vec()),
        Just(b"\xff\xfe\n".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn where_blocks_end_changes_nothing(pieces in prop::collection::vec(piece(), 1..40), block in 1_usize..30_000) {
        let specs = Specs::embedded().unwrap();
        let text = pieces.concat();
        let whole = scanned(&specs, &text, 1 << 24);
        // A block of one byte is the hardest, and the slowest.
        let block = if text.len() < 3000 { block % 40 + 1 } else { block + 500 };
        let divided = scanned(&specs, &text, block);
        prop_assert_eq!(&whole.places, &divided.places);
        prop_assert_eq!(whole.totals, divided.totals);
        prop_assert_eq!((whole.breaks, whole.tail, whole.bytes), (divided.breaks, divided.tail, divided.bytes));
        prop_assert_eq!(whole.bytes, text.len() as u64);
    }
}

#[test]
fn lines_and_columns_count_characters() {
    let specs = Specs::embedded().unwrap();
    let text = "erste\r\nÄÖ +4915112345678\n\nÜ hans@example.org\n";
    for block in [1, 2, 3, 5, 1000] {
        let part = scanned(&specs, text.as_bytes(), block);
        let places: Vec<_> = part.places.iter().map(|place| (place.line, place.column, place.length)).collect();
        assert_eq!(places, [(2, 4, 14), (4, 3, 16)], "{block}");
        assert_eq!(part.breaks, 4);
    }
}

#[test]
fn of_a_value_without_end_the_beginning_is_told_and_the_rest_is_looked_at() {
    let specs = Specs::embedded().unwrap();
    let mut text = b"{\"transcript\":\"".to_vec();
    text.extend(std::iter::repeat_n(b'a', 3 * LONGEST));
    text.extend(b" +4915112345678 \"}");
    for block in [1000, 1 << 20] {
        let part = scanned(&specs, &text, block);
        let places: Vec<_> = part.places.iter().map(|place| (place.length, place.is_longer)).collect();
        assert_eq!(places, [(LONGEST, true), (14, false)]);
    }
}

#[test]
fn places_beyond_the_limit_are_counted() {
    let specs = Specs::embedded().unwrap();
    let mut scratch = Scratch { words: Words::new(specs.vocabulary()), buffer: Vec::new() };
    let text = b"+4915112345678\n".repeat(100);
    let (part, _) = stream(&text[..], ScanOptions { limit: 7, block: 50 }, &mut scratch);
    assert_eq!((part.places.len(), part.totals.sum(), part.breaks), (7, 100, 100));
    assert_eq!(part.places.iter().map(|place| place.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
}
