//! The result of a run, as it is kept beside `mandant.toml` for check, report and gate.

use serde::{Deserialize, Serialize};

/// The file's name where nobody names another.
pub const SAVED_NAME: &str = "mandant-verify.json";

/// What a run of an encoder showed. Inputs in it are vectors and surnames of the lists, no data of the project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// The class.
    pub class: String,
    /// The method.
    pub method: String,
    /// The file that declares it, relative to the project's root.
    pub file: String,
    /// Its hash; the result holds for this text alone.
    pub file_hash: String,
    /// Hash of the rules.
    pub rules_hash: String,
    /// Vectors that were run.
    pub vectors: usize,
    /// Those with a wrong answer, exceptions among them.
    pub wrong: usize,
    /// Those with an exception.
    pub errors: usize,
    /// Arguable inputs that it reads in another way; none of them counts.
    pub arguable: usize,
    /// Surnames that were run.
    pub names: usize,
    /// Those with a wrong code.
    pub wrong_names: usize,
    /// What goes wrong, the most frequent first.
    pub classes: Vec<BugClass>,
    /// What else was checked and does not hold.
    pub checks: Vec<FailedCheck>,
    /// Bytes that the encoder printed.
    pub noise: u64,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema_version: u32,
    encoders: Vec<Verification>,
}

impl Verification {
    /// The results of a saved file.
    ///
    /// # Errors
    /// Where the text is none, with the reason.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if file.schema_version == 1 { Ok(file.encoders) } else { Err(format!("version {}", file.schema_version)) }
    }

    /// The file of some results, sorted.
    #[must_use]
    pub fn print_all(mut results: Vec<Self>) -> String {
        results.sort_by(|a, b| (&a.class, &a.method).cmp(&(&b.class, &b.method)));
        // Strings and numbers always have a form in JSON.
        serde_json::to_string_pretty(&File { schema_version: 1, encoders: results }).unwrap_or_default() + "\n"
    }

    /// True where nothing is wrong.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.wrong == 0 && self.wrong_names == 0 && self.checks.is_empty()
    }
}

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BugClass {
    /// Id of the known fault; none for what no known fault explains.
    pub fault: Option<String>,
    /// The row of the table or the step that is broken.
    pub rule: String,
    /// Vectors that it makes wrong.
    pub vectors: usize,
    /// The smallest of their inputs.
    pub input: String,
    /// What was given for it.
    pub got: String,
    /// What is right.
    pub right: String,
    /// Surnames that it makes wrong.
    pub names: usize,
    /// The first of them, with what was given and what is right.
    pub name: Option<(String, String, String)>,
}

/// Something that holds for every encoder and matcher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// A long name raises an error.
    LongName,
    /// The order of two names matters.
    Symmetry,
    /// A name does not match itself, or is less than wholly similar to itself.
    Identity,
    /// A similarity below 0 or above 1.
    Range,
    /// Names that match are less similar than the threshold.
    Threshold,
    /// No boolean, or no number.
    ReturnType,
    /// An exception for ordinary names.
    Error,
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedCheck {
    /// Which one.
    pub kind: CheckKind,
    /// The call that shows it.
    pub call: String,
    /// What came of it.
    pub got: String,
    /// Calls of this kind that failed.
    pub calls: usize,
}
