//! Runs the project's own phonetic encoder against the reference and says what is wrong with it.
//!
//! The only part, beside `git`, that starts a program, and the only one that runs code of the project. [`verify`] does so
//! when it is asked to by name; everything else reads the [`Verification`] that it leaves.

mod checks;
mod diagnose;
mod process;
mod saved;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use saved::{BugClass, CheckKind, FailedCheck, SAVED_NAME, Verification};

use crate::phonetic::vectors::Vector;
use crate::phonetic::{encode, surnames};
use process::Line;

/// What runs, and within which limits.
#[derive(Clone, Debug)]
pub struct Target {
    /// The class, without a leading backslash.
    pub class: String,
    /// The method that encodes.
    pub method: String,
    /// The file that declares the class, absolute.
    pub file: PathBuf,
    /// `vendor/autoload.php` of the project; without it the file is loaded alone.
    pub autoload: Option<PathBuf>,
    /// The project's root, absolute.
    pub root: PathBuf,
    /// The program.
    pub php: PathBuf,
    /// Where programs are searched.
    pub search_path: Option<OsString>,
    /// Time after which PHP is stopped.
    pub time_limit: Duration,
    /// Memory that PHP may use.
    pub memory_mib: u64,
}

/// A call of a method of the class.
#[derive(Clone, Debug)]
struct Task {
    method: String,
    arguments: Vec<String>,
}

impl Task {
    fn new(method: &str, arguments: &[&str]) -> Self {
        Self { method: method.to_owned(), arguments: arguments.iter().map(|text| (*text).to_owned()).collect() }
    }

    /// The call for people; a long name by its length.
    fn shown(&self) -> String {
        let shown = |text: &String| match text.chars().count() {
            0..=40 => format!("'{text}'"),
            length => format!("a name of {length} characters"),
        };
        format!("{}({})", self.method, self.arguments.iter().map(shown).collect::<Vec<_>>().join(", "))
    }
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// There is no such program.
    NoPhp,
    /// PHP could not be started, and why.
    Start(String),
    /// The file does not declare the class.
    NoClass,
    /// The class has no such method.
    NoMethod {
        /// Those that it has.
        methods: Vec<String>,
    },
    /// Loading the class failed.
    Load {
        /// PHP's message.
        message: String,
    },
    /// A fatal error, such as no memory left.
    Fatal {
        /// PHP's message.
        message: String,
        /// The call.
        at: Option<String>,
    },
    /// The code called `exit()`.
    Exit {
        /// The call.
        at: Option<String>,
    },
    /// PHP was stopped after the time limit.
    Time {
        /// The limit.
        seconds: u64,
        /// The call.
        at: Option<String>,
    },
    /// PHP printed without end.
    TooMuchOutput,
    /// PHP ended without a word.
    Ended {
        /// The call.
        at: Option<String>,
    },
}

/// What the encoder gave for an input.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    /// A code.
    Code(String),
    /// Something that is no string.
    Other(String),
    /// An exception.
    Error(String),
}

impl Given {
    fn of(line: &Line) -> Self {
        if let Some(code) = &line.text {
            return Self::Code(code.clone());
        }
        if let Some(error) = &line.error {
            return Self::Error(error.clone());
        }
        let other = match (&line.truth, &line.number) {
            (Some(truth), _) => format!("bool {truth}"),
            (_, Some(number)) => format!("number {number}"),
            _ => line.other.clone().unwrap_or_else(|| "NULL".to_owned()),
        };
        Self::Other(other)
    }

    fn shown(&self) -> String {
        match self {
            Self::Code(code) if code.is_empty() => "–".to_owned(),
            Self::Code(code) | Self::Other(code) | Self::Error(code) => code.clone(),
        }
    }
}

/// An input with what is right and what was given.
#[derive(Clone, Debug)]
struct Answer {
    input: String,
    code: String,
    rule: &'static str,
    given: Given,
}

impl Answer {
    fn is_wrong(&self) -> bool {
        self.given != Given::Code(self.code.clone())
    }
}

/// Runs an encoder on vectors, surnames and long names, and says what is wrong.
///
/// # Errors
/// Where PHP is missing, or the code could not be run to its end; nothing is left behind then either.
pub fn verify(target: &Target, vectors: &[Vector]) -> Result<Verification, Stop> {
    let names: Vec<&str> = surnames().collect();
    let arguable = crate::phonetic::vectors::arguable();
    let plan = |methods: &[String]| {
        let encode = |input: &str| Task::new(&target.method, &[input]);
        let mut tasks: Vec<Task> = vectors.iter().map(|vector| encode(&vector.input)).collect();
        tasks.extend(names.iter().map(|name| encode(name)));
        tasks.extend(arguable.iter().map(|input| encode(input.input)));
        tasks.extend(checks::plan(methods, &target.method));
        tasks
    };
    let answers = process::run(target, &plan)?;
    let (on_vectors, rest) = answers.lines.split_at(vectors.len());
    let (on_names, rest) = rest.split_at(names.len());
    let (on_arguable, on_checks) = rest.split_at(arguable.len());
    let of_vector = |(vector, line): (&Vector, &Line)| Answer {
        input: vector.input.clone(),
        code: vector.code.clone(),
        rule: vector.rule,
        given: Given::of(line),
    };
    let on_vectors: Vec<Answer> = vectors.iter().zip(on_vectors).map(of_vector).collect();
    let of_name = |(name, line): (&&str, &Line)| Answer {
        input: (*name).to_owned(),
        code: encode(name).into(),
        rule: "surname",
        given: Given::of(line),
    };
    let on_names: Vec<Answer> = names.iter().zip(on_names).map(of_name).collect();
    let differs =
        |(input, line): (&crate::phonetic::vectors::Arguable, &Line)| Given::of(line) != Given::Code(input.code.clone());
    Ok(Verification {
        class: target.class.clone(),
        method: target.method.clone(),
        file: String::new(),
        file_hash: String::new(),
        rules_hash: rules_hash(),
        vectors: vectors.len(),
        wrong: on_vectors.iter().filter(|answer| answer.is_wrong()).count(),
        errors: on_vectors.iter().filter(|answer| matches!(answer.given, Given::Error(_))).count(),
        arguable: arguable.iter().zip(on_arguable).filter(|pair| differs(*pair)).count(),
        names: names.len(),
        wrong_names: on_names.iter().filter(|answer| answer.is_wrong()).count(),
        classes: diagnose::classes(&on_vectors, &on_names),
        checks: checks::failed(&checks::plan(&answers.methods, &target.method), on_checks),
        noise: answers.noise,
    })
}

/// Hash of the rules: of everything that the reference says.
#[must_use]
pub fn rules_hash() -> String {
    let mut hasher = blake3::Hasher::new();
    for vector in crate::phonetic::vectors::full() {
        hasher.update(vector.input.as_bytes()).update(b"\t").update(vector.code.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}
