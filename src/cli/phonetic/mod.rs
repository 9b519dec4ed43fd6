//! `mandant phonetic`: codes, vectors, and the project's own encoder under test.

mod args;
mod steps;
mod summary;
mod verify;

use std::fmt::Write as _;
use std::io::{self, BufRead, BufWriter, Write};

pub(super) use args::Phonetic;
use args::{CodeFormat, Command, Compare, Encode, VectorFormat, Vectors};

use super::Outcome;
use super::args::Common;
use super::diagnostics::Failure;
use super::environment::{self, Environment};
use crate::phonetic::vectors::{self, PhpTest, Table};
use crate::phonetic::{Fault, Faults, Variants, encode, encode_with};

/// Runs one of the commands.
pub(super) fn run(phonetic: &Phonetic, common: &Common, environment: &Environment) -> Result<Outcome, Failure> {
    match &phonetic.command {
        Command::Encode(encode) => encode_names(encode),
        Command::Compare(compare) => compare_names(compare),
        Command::Vectors(vectors) => print_vectors(vectors),
        Command::Verify(verify) => verify::run(verify, common, environment),
    }
}

fn encode_names(arguments: &Encode) -> Result<Outcome, Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut codes = Codes { format: arguments.format, steps: arguments.steps, count: 0 };
    let ended = write_codes(arguments, &mut codes, &mut out);
    // What was read before a mistake is printed.
    let written = out.flush().map_err(|error| Failure::from_output(&error));
    ended.and(written).map(|()| Outcome::Clear)
}

fn write_codes(arguments: &Encode, codes: &mut Codes, out: &mut dyn Write) -> Result<(), Failure> {
    let fails = |error: io::Error| Failure::from_output(&error);
    codes.begin(out).map_err(fails)?;
    for name in &arguments.names {
        if name != "-" {
            codes.name(name, out).map_err(fails)?;
            continue;
        }
        for (line, bytes) in environment::standard_input_lines().split(b'\n').enumerate() {
            let bytes =
                bytes.map_err(|error| Failure::usage(format!("Standard input cannot be read: {}", error.kind()), None))?;
            let Ok(text) = str::from_utf8(&bytes) else {
                let help = "Convert it first, as with iconv -f latin1 -t utf-8".to_owned();
                return Err(Failure::usage(format!("Line {} of standard input is not UTF-8", line + 1), Some(help)));
            };
            codes.name(text.strip_suffix('\r').unwrap_or(text), out).map_err(fails)?;
        }
    }
    codes.end(out).map_err(fails)
}

/// Codes on their way to standard output.
struct Codes {
    format: CodeFormat,
    steps: bool,
    count: usize,
}

impl Codes {
    fn begin(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.format {
            CodeFormat::Json => write!(out, "["),
            CodeFormat::Tsv => writeln!(out, "name\tcode"),
            CodeFormat::Plain => Ok(()),
        }
    }

    fn name(&mut self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        self.count += 1;
        if self.steps {
            return out.write_all(steps::drawn(name).as_bytes());
        }
        let code = encode(name);
        match self.format {
            CodeFormat::Plain => writeln!(out, "{code}"),
            CodeFormat::Json => {
                let comma = if self.count == 1 { "" } else { "," };
                write!(out, "{comma}\n{{\"name\":{},\"code\":\"{code}\"}}", serde_json::Value::from(name))
            }
            // A tab in a name would be a column more.
            CodeFormat::Tsv => writeln!(out, "{}\t{code}", name.replace(['\t', '\n', '\r'], " ")),
        }
    }

    fn end(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.format == CodeFormat::Json { writeln!(out, "\n]") } else { Ok(()) }
    }
}

fn compare_names(arguments: &Compare) -> Result<Outcome, Failure> {
    let (left, right) = (encode(&arguments.left), encode(&arguments.right));
    let word = if left == right { "same" } else { "different" };
    let shown = |code: &str| if code.is_empty() { "–".to_owned() } else { code.to_owned() };
    print(&format!("{word}  {}  {}\n", shown(&left), shown(&right)))
}

fn print(text: &str) -> Result<Outcome, Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Failure::from_output(&error))?;
    Ok(Outcome::Clear)
}

fn print_vectors(arguments: &Vectors) -> Result<Outcome, Failure> {
    if arguments.faults {
        return print(&fault_table());
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let table = match arguments.format {
        VectorFormat::Json => Some(Table::Json),
        VectorFormat::Csv => Some(Table::Csv),
        VectorFormat::Tsv => Some(Table::Tsv),
        VectorFormat::Phpunit | VectorFormat::Pest => None,
    };
    let written = match table {
        Some(table) if arguments.arguable => vectors::write_arguable(&vectors::arguable(), table, &mut out),
        Some(table) => vectors::write_vectors(&set(arguments), table, &mut out),
        None if arguments.arguable => {
            let help = "Arguable inputs have two codes: take json, csv or tsv".to_owned();
            return Err(Failure::usage("There is no test of arguable inputs", Some(help)));
        }
        None => {
            let is_pest = arguments.format == VectorFormat::Pest;
            let test = PhpTest { is_pest, class: class_name(&arguments.class)?, method: &arguments.method };
            vectors::write_php(&set(arguments), test, &mut out)
        }
    };
    written.and_then(|()| out.flush()).map_err(|error| Failure::from_output(&error))?;
    Ok(Outcome::Clear)
}

fn set(arguments: &Vectors) -> Vec<vectors::Vector> {
    if arguments.full { vectors::full() } else { vectors::compact() }
}

/// A class name that may stand in PHP code.
fn class_name(name: &str) -> Result<&str, Failure> {
    let name = name.trim_start_matches('\\');
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|sign: char| sign.is_ascii_digit())
            && part.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
    };
    if name.split('\\').all(is_part) {
        Ok(name)
    } else {
        Err(Failure::usage(format!("`{name}` is no class name"), Some(r"Name it as in App\Matching\NameCode".to_owned())))
    }
}

/// The wrong encoders, how many compact vectors expose each, and the first of these.
fn fault_table() -> String {
    let vectors = vectors::compact();
    let mut table = format!("{} vectors\n\n| id | what is wrong | exposed by | such as | right | wrong |\n", vectors.len());
    table.push_str("|---|---|---:|---|---|---|\n");
    for fault in Fault::ALL {
        let wrong = |input: &str| encode_with(input, Variants::default(), Faults::one(fault));
        let exposing: Vec<_> = vectors.iter().filter(|vector| wrong(&vector.input) != vector.code).collect();
        let shortest = exposing.iter().min_by_key(|vector| vector.input.chars().count());
        let example = shortest.map_or_else(Default::default, |vector| {
            let shown = |code: &str| if code.is_empty() { "–".to_owned() } else { code.to_owned() };
            format!("{} | {} | {}", vector.input, shown(&vector.code), shown(&wrong(&vector.input)))
        });
        let _ = writeln!(table, "| {} | {} | {} | {example} |", fault.id(), fault.what(), exposing.len());
    }
    table
}
