//! The arguments of `mandant phonetic`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::engine::Output;
use crate::report::Format;

#[derive(Debug, Args)]
pub(in crate::cli) struct Phonetic {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the codes of names
    Encode(Encode),
    /// Say whether two names have one code
    Compare(Compare),
    /// Print conformance vectors
    Vectors(Vectors),
    /// Run the project's own encoder against the vectors, with PHP
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(super) struct Encode {
    /// Names; `-` reads them from standard input, one a line
    #[arg(value_name = "NAME", required = true)]
    pub(super) names: Vec<String>,
    /// One code a line, one object or one row for each name
    #[arg(long, value_name = "FORMAT", default_value = "plain")]
    pub(super) format: CodeFormat,
    /// Show the three steps
    #[arg(long, conflicts_with = "format")]
    pub(super) steps: bool,
}

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// A name
    #[arg(value_name = "A")]
    pub(super) left: String,
    /// Another name
    #[arg(value_name = "B")]
    pub(super) right: String,
}

/// How codes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CodeFormat {
    /// One code a line
    Plain,
    /// A list of objects
    Json,
    /// Name and code, tab-separated
    Tsv,
}

#[derive(Debug, Args)]
pub(super) struct Vectors {
    /// How they are written; the first two columns of a table are input and code
    #[arg(long, value_name = "FORMAT", default_value = "tsv")]
    pub(super) format: VectorFormat,
    /// Thousands: all short strings over the letters that matter, and surnames
    #[arg(long, conflicts_with = "arguable")]
    pub(super) full: bool,
    /// Inputs on which respectable implementations differ
    #[arg(long)]
    pub(super) arguable: bool,
    /// The wrong encoders and the vectors that expose them
    #[arg(long, conflicts_with_all = ["full", "arguable", "format"])]
    pub(super) faults: bool,
    /// The class under test, for phpunit and pest
    #[arg(long, value_name = "CLASS", default_value = r"App\Services\PhoneticMatcher")]
    pub(super) class: String,
    /// Its method
    #[arg(long, value_name = "METHOD", default_value = "encode")]
    pub(super) method: String,
}

/// How vectors are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum VectorFormat {
    /// One object with a list
    Json,
    /// RFC 4180
    Csv,
    /// Tab-separated
    Tsv,
    /// A test class for `PHPUnit`
    Phpunit,
    /// A test for Pest
    Pest,
}
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Class and method, as in `App\Matching\NameCode::encode`
    #[arg(value_name = "CLASS::METHOD", required_unless_present = "class", conflicts_with_all = ["class", "method"])]
    pub(super) encoder: Option<String>,
    /// The class that encodes
    #[arg(long, value_name = "CLASS")]
    pub(super) class: Option<String>,
    /// Its method [default: encode]
    #[arg(long, value_name = "METHOD")]
    pub(super) method: Option<String>,
    /// The file that declares the class [default: found in the project]
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// The PHP program
    #[arg(long, value_name = "PROGRAM", default_value = "php")]
    pub(super) php: PathBuf,
    /// Load the file alone, with stand-ins, even if the project has a vendor/autoload.php
    #[arg(long)]
    pub(super) alone: bool,
    /// Run the full set of vectors
    #[arg(long)]
    pub(super) full: bool,
    /// Seconds after which PHP is stopped
    #[arg(long, value_name = "SECONDS", default_value = "20", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) time_limit: u64,
    /// Memory that PHP may use, in MiB
    #[arg(long, value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u64).range(16..=65536))]
    pub(super) memory_limit: u64,
    /// Where the result is kept for check, report and gate [default: phonetic.verified of mandant.toml, else mandant-verify.json at the project's root]
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
    /// Keep no result
    #[arg(long, conflicts_with = "save")]
    pub(super) no_save: bool,
    /// Format of standard output [default: the summary for people]
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
    /// Write another report of the same run, such as sarif=phonetic.sarif; may be repeated
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = crate::cli::args::output)]
    pub(super) outputs: Vec<Output>,
}
