//! Places: relative, percent-encoded addresses, and columns in UTF-16 units.

use serde_sarif::sarif::{ArtifactLocation, Location as SarifLocation, Message, PhysicalLocation, Region};

use crate::finding::{FileId, Location};
use crate::report::view::View;
use crate::workspace::Workspace;

/// A place without a message.
pub(super) fn location(view: &View<'_>, at: Location) -> SarifLocation {
    let physical = PhysicalLocation::builder().artifact_location(artifact(view.path(at.file))).region(region(view, at)).build();
    SarifLocation::builder().physical_location(physical).build()
}

/// A place and what it shows.
pub(super) fn told(view: &View<'_>, at: Location, message: &str) -> SarifLocation {
    let mut location = location(view, at);
    location.message = Some(Message::from(message));
    location
}

/// A whole file.
pub(super) fn file(path: &str) -> SarifLocation {
    let physical = PhysicalLocation::builder().artifact_location(artifact(path)).build();
    SarifLocation::builder().physical_location(physical).build()
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(encoded(path)).uri_base_id("%SRCROOT%").build()
}

fn region(view: &View<'_>, at: Location) -> Region {
    let (start, end) = view.workspace.range(at);
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    Region::builder()
        .start_line(number(start.line))
        .start_column(number(utf16_column(view.workspace, at.file, at.span.start)))
        .end_line(number(end.line))
        .end_column(number(utf16_column(view.workspace, at.file, at.span.end)))
        .build()
}

/// The column of a byte offset in UTF-16 units, from 1.
pub(crate) fn utf16_column(workspace: &Workspace, file: FileId, offset: u32) -> usize {
    let text = &workspace.file(file).text;
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let line_start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    text[line_start..offset].chars().map(char::len_utf16).sum::<usize>() + 1
}

/// A path as a relative address: every byte that is not unreserved is percent-encoded.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    out
}
