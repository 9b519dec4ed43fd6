use std::time::Instant;

use super::*;
use crate::finding::{FileId, Location, Span};

fn workspace(text: &str) -> Workspace {
    Workspace::from_texts([("a.php", text)])
}

/// What the index must agree with: a walk over the text.
fn walked(text: &str, offset: usize) -> (usize, usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = &before[before.rfind('\n').map_or(0, |newline| newline + 1)..];
    (before.matches('\n').count() + 1, line.chars().count() + 1, line.encode_utf16().count() + 1)
}

fn assert_positions(text: &str) {
    let workspace = workspace(text);
    for offset in 0..=text.len() + 2 {
        let at = u32::try_from(offset).unwrap();
        let position = workspace.position(FileId(0), at);
        let found = (position.line, position.column, workspace.utf16_column(FileId(0), at));
        assert_eq!(found, walked(text, offset), "at {offset} of {text:?}");
    }
}

#[test]
fn positions_agree_with_a_walk() {
    for text in ["", "\n", "a", "a\n", "\n\na", "<?php\r\n\r\necho 1;\r\n", "ä\n😀 b\nü", "\u{feff}<?php"] {
        assert_positions(text);
    }
    // Across the strides, with characters that lie on their borders.
    assert_positions(&"aä😀\n".repeat(200));
    assert_positions(&"é".repeat(700));
    assert_positions(&format!("{}😀{}\n{}", "x".repeat(254), "y".repeat(300), "ß".repeat(300)));
}

proptest::proptest! {
    #[test]
    fn positions_agree_with_a_walk_on_any_text(text in "[a\n\rä😀]{0,600}") {
        assert_positions(&text);
    }
}

#[test]
fn lines_and_snippets() {
    let workspace = workspace("one\r\ntwo ä\n\nlast");
    let lines: Vec<Option<&str>> = (0..6).map(|line| workspace.line(FileId(0), line)).collect();
    assert_eq!(lines, [None, Some("one"), Some("two ä"), Some(""), Some("last"), None]);
    assert_eq!(workspace.line_count(FileId(0)), 4);
    assert_eq!(workspace.line_span(FileId(0), 2), Some(Span::new(5, 11)));
    let snippet = |start, end| workspace.snippet(Location::new(FileId(0), Span::new(start, end)));
    assert_eq!((snippet(5, 8), snippet(9, 10), snippet(13, 400), snippet(8, 2)), ("two", "", "last", ""));
}

#[test]
fn a_line_of_a_million_bytes_is_no_trap() {
    let text = format!("<?php ${}ä = 1;", "a".repeat(1 << 20));
    let workspace = workspace(&text);
    let begin = Instant::now();
    for step in 0..20_000_u32 {
        let offset = (1 << 20) - step;
        assert_eq!(workspace.position(FileId(0), offset).column, offset as usize + 1);
    }
    // A walk from the line's start would read 20 GB.
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}

#[test]
fn files_are_found_by_path_and_hashed() {
    let workspace = Workspace::from_texts([("b.php", "2"), ("a.php", "1")]);
    assert_eq!((workspace.find("b.php"), workspace.find("c.php"), workspace.len()), (Some(FileId(1)), None, 2));
    assert_eq!(workspace.tree_hash(), Workspace::from_texts([("a.php", "1"), ("b.php", "2")]).tree_hash());
    assert_ne!(workspace.tree_hash(), Workspace::from_texts([("a.php", "1b"), (".php", "2")]).tree_hash());
}
