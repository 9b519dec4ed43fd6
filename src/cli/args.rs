//! The arguments as clap reads them.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::catalog::Language;
use crate::config::Date;
use crate::engine::Output;
use crate::finding::{Confidence, Severity};
use crate::report::{Format, LogsFormat};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
  0  clear
  1  findings at or above --fail-on
  2  the arguments or the configuration cannot be used
  3  something could not be examined";

const LOGS_EXIT_CODES: &str = "\
Exit codes:
  0  clear
  1  personal data was found
  2  the arguments or the configuration cannot be used
  3  a file could not be read to its end";

/// Keeps tenants apart: static analysis for multi-tenant Laravel applications
#[derive(Debug, Parser)]
#[command(name = "mandant", version, styles = STYLES, max_term_width = 100, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Examine a project
    #[command(after_help = EXIT_CODES)]
    Check(Check),
    /// Show a database's schema, what the pending migrations do to it, and superfluous indexes
    #[command(after_help = EXIT_CODES)]
    Schema(Schema),
    /// Scan stored log files for personal data; prints where it stands, never what it is
    #[command(after_help = LOGS_EXIT_CODES)]
    Logs(super::logs::Logs),
    /// Show the page of a rule
    Explain(Explain),
    /// List all questions and their rules
    Rules,
    /// Kölner Phonetik: codes, vectors, and your own encoder under test
    #[command(after_help = EXIT_CODES)]
    Phonetic(super::phonetic::Phonetic),
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Language of the sentences; formats for programs do not depend on it
    #[arg(long, global = true, value_name = "LANGUAGE", default_value = "en")]
    pub(super) lang: Language,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
}

/// A format of `mandant schema`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaFormat {
    /// For people
    Pretty,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// A dump, or the output of SHOW INDEX as TSV, CSV or JSON, also compressed; may be repeated [default: database/schema/*.sql]
    #[arg(long = "snapshot", value_name = "FILE", help_heading = "Input")]
    pub(super) snapshots: Vec<PathBuf>,
    /// A folder of migrations; may be repeated [default: database/migrations and what the project registers]
    #[arg(long = "migrations", value_name = "DIR", help_heading = "Input")]
    pub(super) migrations: Vec<PathBuf>,
    /// The snapshot of another connection; may be repeated
    #[arg(long = "connection", value_name = "NAME=FILE", value_parser = connection, help_heading = "Input")]
    pub(super) connections: Vec<(String, PathBuf)>,
    /// Read this file instead of the project's mandant.toml
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(super) config: Option<PathBuf>,
    /// Show the schema as the pending migrations leave it
    #[arg(long, help_heading = "Output")]
    pub(super) after: bool,
    /// Show only what the pending migrations change
    #[arg(long, help_heading = "Output")]
    pub(super) diff: bool,
    /// Format of standard output
    #[arg(long, value_name = "FORMAT", default_value = "pretty", help_heading = "Output")]
    pub(super) format: SchemaFormat,
}

/// `other=other.sql`
fn connection(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), PathBuf::from(file))),
        _ => Err("must be NAME=FILE, such as tenant=tenant.sql".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// Id of the rule, such as tenant/unscoped-query
    pub(super) rule: String,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct Check {
    /// Files and folders to examine; the project around them is read, too [default: the working folder]
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Format of standard output [default: pretty on a terminal, else concise]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub(super) format: Option<Format>,
    /// Write another report of the same run, such as sarif=mandant.sarif; may be repeated
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = output, help_heading = "Output")]
    pub(super) outputs: Vec<Output>,
    /// List the proven sites, too
    #[arg(long, help_heading = "Output")]
    pub(super) proven: bool,
    /// Print findings, what was not done, and totals only
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub(super) quiet: bool,
    /// Print everything that is known
    #[arg(short, long, help_heading = "Output")]
    pub(super) verbose: bool,

    /// A dump of the production database, on which pending migrations are evaluated; may be repeated [default: database/schema/*.sql]
    #[arg(long = "snapshot", value_name = "FILE", help_heading = "Input")]
    pub(super) snapshots: Vec<PathBuf>,
    /// Examine what is staged, as the index of git holds it
    #[arg(long, help_heading = "Input")]
    pub(super) staged: bool,
    /// Report only what is new since a revision of git
    #[arg(long, value_name = "REVISION", help_heading = "Input")]
    pub(super) diff_base: Option<String>,
    /// Examine the text on standard input as if it were this file
    #[arg(long, value_name = "PATH", conflicts_with_all = ["paths", "staged", "diff_base"], help_heading = "Input")]
    pub(super) stdin_path: Option<PathBuf>,
    /// Read this file instead of the project's mandant.toml
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    pub(super) config: Option<PathBuf>,

    /// Limit the run to a rule, a question, or a family as in tenant/; may be repeated
    #[arg(long = "rule", value_name = "ID", value_delimiter = ',', help_heading = "Selection")]
    pub(super) rules: Vec<String>,
    /// Fail on findings of this severity and above
    #[arg(long, value_name = "SEVERITY", default_value = "error", help_heading = "Selection")]
    pub(super) fail_on: Severity,
    /// Fail on sites that could not be decided, too
    #[arg(long, help_heading = "Selection")]
    pub(super) fail_on_undetermined: bool,
    /// Hide findings of less confidence
    #[arg(long, value_name = "CONFIDENCE", default_value = "low", help_heading = "Selection")]
    pub(super) min_confidence: Confidence,

    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// The day on which suppressions are judged [default: `SOURCE_DATE_EPOCH`, else the clock]
    #[arg(long, value_name = "DATE", hide = true)]
    pub(super) today: Option<Date>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(super) const fn resolve(self, is_terminal: bool, colors_wanted: bool) -> bool {
        match self {
            Self::Auto => is_terminal && colors_wanted,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// `sarif=mandant.sarif`
pub(super) fn output(text: &str) -> Result<Output, String> {
    let (format, file) = text.split_once('=').ok_or("must be FORMAT=FILE, such as sarif=mandant.sarif")?;
    if file.is_empty() {
        return Err("names no file".to_owned());
    }
    let format = Format::from_str(format, false).map_err(|_| {
        let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<String> = names.map(|name| name.get_name().to_owned()).collect();
        format!("no format `{format}`; formats: {}", names.join(", "))
    })?;
    Ok(Output { format, file: PathBuf::from(file) })
}

/// Names for the command line of types that know nothing of it.
macro_rules! value_enum {
    ($type:ty { $($variant:ident = $name:literal $help:literal),+ $(,)? }) => {
        impl ValueEnum for $type {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$variant),+]
            }

            fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
                Some(match self {
                    $(Self::$variant => clap::builder::PossibleValue::new($name).help($help)),+
                })
            }
        }
    };
}

value_enum!(Format {
    Pretty = "pretty" "for people at a terminal",
    Concise = "concise" "one line for each site",
    Json = "json" "for programs; the schema is a contract",
    Sarif = "sarif" "SARIF 2.1.0, for code scanning",
    Github = "github" "annotations of a GitHub workflow",
});
value_enum!(LogsFormat {
    Pretty = "pretty" "for people at a terminal",
    Concise = "concise" "one line for each place",
    Json = "json" "for programs; the schema is a contract",
});
value_enum!(Language { English = "en" "English", German = "de" "German" });
value_enum!(Severity {
    Note = "note" "advice, and what is safe under an assumption",
    Warning = "warning" "to be mended",
    Error = "error" "data of others is within reach",
});
value_enum!(Confidence {
    Low = "low" "all findings",
    Medium = "medium" "without the doubtful ones",
    High = "high" "only the certain ones",
});
