//! The arguments of `mandant phonetic`.

use clap::{Args, Subcommand, ValueEnum};

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
