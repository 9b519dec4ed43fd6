//! Contents of objects through `git cat-file --batch`.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::Child;

use super::{GitError, ObjectId};

/// The content of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blob {
    /// The bytes.
    Bytes(Vec<u8>),
    /// Larger than the limit: its size.
    TooLarge(u64),
    /// The repository does not have it (a partial clone, a damaged one).
    Missing,
}

/// Asks for all objects and reads the answers; asking has a thread of its own, so that neither pipe can fill up.
pub(super) fn read(mut child: Child, objects: &[&ObjectId], limit: u64) -> Result<Vec<Blob>, GitError> {
    let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed("it has no pipes"));
    };
    let blobs = std::thread::scope(|scope| {
        scope.spawn(move || ask(stdin, objects));
        let mut answers = BufReader::with_capacity(1 << 16, stdout);
        objects.iter().map(|_| answer(&mut answers, limit)).collect::<io::Result<Vec<Blob>>>()
    });
    // An answer that could not be read matters more than how git ended.
    let blobs = blobs.map_err(|error| failed(&error.kind().to_string()));
    let ended = child.wait().map_err(|error| failed(&error.kind().to_string()))?;
    match blobs {
        Ok(_) if !ended.success() => Err(failed("it ended early")),
        other => other,
    }
}

fn failed(message: &str) -> GitError {
    GitError::Failed { command: "cat-file", message: message.to_owned() }
}

/// A broken pipe means that git ended; the reading side reports it.
fn ask(stdin: impl Write, objects: &[&ObjectId]) {
    let mut stdin = BufWriter::new(stdin);
    for object in objects {
        if writeln!(stdin, "{object}").is_err() {
            return;
        }
    }
    let _ = stdin.flush();
}

/// `<object> blob <size>\n<bytes>\n` or `<object> missing\n`
fn answer(answers: &mut impl BufRead, limit: u64) -> io::Result<Blob> {
    let mut header = String::new();
    if answers.read_line(&mut header)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let Some(size) = header.trim_end().rsplit_once(' ').and_then(|(_, size)| size.parse::<u64>().ok()) else {
        return Ok(Blob::Missing);
    };
    if size > limit {
        io::copy(&mut answers.by_ref().take(size + 1), &mut io::sink())?;
        return Ok(Blob::TooLarge(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    answers.by_ref().take(size).read_to_end(&mut bytes)?;
    let mut newline = [0];
    answers.read_exact(&mut newline)?;
    Ok(Blob::Bytes(bytes))
}
