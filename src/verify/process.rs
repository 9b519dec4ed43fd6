//! One process of PHP: tasks through its standard input, answers from its standard output.
//!
//! The code of the project runs here and nowhere else: with a scrubbed environment, in a temporary folder that goes
//! with the run, without functions that start programs, and within limits of time, memory and output.
#![expect(clippy::disallowed_methods, reason = "the one place that starts php, and writes what it runs")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use serde::Deserialize;
use serde_json::json;

use super::{Stop, Target, Task};

/// The program that PHP runs.
const DRIVER: &str = include_str!("driver.php");
/// Bytes that PHP may print in all; answers have a few hundred kilobytes.
const MOST_OUTPUT: usize = 32 << 20;
/// The longest line that is kept: a code of a long name is a long line, noise is longer.
const LONGEST_LINE: u64 = 8 << 20;
/// What PHP may not call: what starts programs or reaches other machines.
const DISABLED: &str = "exec,shell_exec,system,passthru,popen,proc_open,pcntl_exec,pcntl_fork,pcntl_alarm,mail,dl,\
    fsockopen,pfsockopen,stream_socket_client,curl_exec,curl_multi_exec,posix_kill,putenv";

/// A line of the driver.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    ready: bool,
    methods: Vec<String>,
    end: Option<String>,
    at: Option<serde_json::Value>,
    message: Option<String>,
    noise: u64,
    id: Option<usize>,
    /// A string.
    pub(super) text: Option<String>,
    /// A boolean.
    pub(super) truth: Option<bool>,
    /// A number.
    pub(super) number: Option<f64>,
    /// The name of any other type.
    #[serde(rename = "type")]
    pub(super) other: Option<String>,
    /// Class and message of an exception.
    pub(super) error: Option<String>,
}

/// The answers, one for each task.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) lines: Vec<Line>,
    /// Names of all methods of the class, in lower case.
    pub(super) methods: Vec<String>,
    /// Bytes that the encoder printed.
    pub(super) noise: u64,
}

/// Starts PHP and gives it the tasks that `plan` makes of the class's methods.
pub(super) fn run(target: &Target, plan: &dyn Fn(&[String]) -> Vec<Task>) -> Result<Answers, Stop> {
    let folder = tempfile::Builder::new().prefix("mandant-verify-").tempdir().map_err(|error| Stop::Start(error.to_string()))?;
    let driver = folder.path().join("driver.php");
    std::fs::write(&driver, DRIVER).map_err(|error| Stop::Start(error.to_string()))?;
    let mut command = Command::new(&target.php);
    command.env_clear().env("LC_ALL", "C.UTF-8").env("HOME", folder.path()).env("TMPDIR", folder.path());
    if let Some(path) = &target.search_path {
        command.env("PATH", path);
    }
    let settings = [
        format!("memory_limit={}M", target.memory_mib),
        format!("disable_functions={DISABLED}"),
        format!("sys_temp_dir={}", folder.path().display()),
    ];
    let fixed = [
        "display_errors=0",
        "log_errors=0",
        "max_execution_time=0",
        "allow_url_fopen=0",
        "allow_url_include=0",
        "zend.exception_string_param_max_len=0",
    ];
    for setting in settings.iter().map(String::as_str).chain(fixed) {
        command.args(["-d", setting]);
    }
    command.arg("-f").arg(&driver).current_dir(folder.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Stop::NoPhp,
        kind => Stop::Start(kind.to_string()),
    })?;
    // The name of the folder is as good as any secret that the encoder cannot guess.
    let mark = folder.path().file_name().map(|name| format!("@{}@", name.to_string_lossy())).unwrap_or_default();
    let mut session = Session { child, mark, deadline: Instant::now() + target.time_limit, target };
    let answers = session.run(plan);
    // Dead or done: nothing is left behind.
    let _ = session.child.kill();
    let _ = session.child.wait();
    answers
}

struct Session<'t> {
    child: Child,
    mark: String,
    deadline: Instant,
    target: &'t Target,
}

impl Session<'_> {
    fn run(&mut self, plan: &dyn Fn(&[String]) -> Vec<Task>) -> Result<Answers, Stop> {
        let (Some(mut input), Some(output)) = (self.child.stdin.take(), self.child.stdout.take()) else {
            return Err(Stop::Start("no pipe".to_owned()));
        };
        let lines = self.read(output);
        let target = self.target;
        let header = json!({
            "mark": self.mark, "class": target.class, "method": target.method, "file": target.file,
            "autoload": target.autoload, "root": target.root,
        });
        // PHP that has ended already has said why.
        let _ = writeln!(input, "{header}");
        let ready = self.next(&lines, None)?;
        if !ready.ready {
            return Err(stop(&ready, &[]));
        }
        let tasks = plan(&ready.methods);
        let sent: String = tasks
            .iter()
            .enumerate()
            .map(|(id, task)| json!({"id": id, "method": task.method, "arguments": task.arguments}).to_string() + "\n")
            .collect();
        // PHP answers while tasks are still being written: both pipes are finite.
        let writer = thread::spawn(move || {
            let _ = input.write_all(sent.as_bytes());
        });
        let mut answers = Vec::with_capacity(tasks.len());
        let ended = loop {
            let line = match self.next(&lines, tasks.get(answers.len())) {
                Ok(line) => line,
                Err(error) => break Err(error),
            };
            if line.end.as_deref() == Some("done") {
                break Ok(line.noise);
            }
            if line.end.is_some() {
                break Err(stop(&line, &tasks));
            }
            if line.id == Some(answers.len()) {
                answers.push(line);
            }
        };
        if ended.is_err() {
            let _ = self.child.kill();
        }
        let _ = writer.join();
        let noise = ended?;
        if answers.len() < tasks.len() {
            return Err(Stop::Ended { at: tasks.get(answers.len()).map(Task::shown) });
        }
        Ok(Answers { lines: answers, methods: ready.methods, noise })
    }

    /// Reads what PHP prints and passes the driver's lines on.
    fn read(&self, output: impl Read + Send + 'static) -> Receiver<Result<Line, Stop>> {
        let (send, receive) = mpsc::channel();
        let mark = self.mark.clone().into_bytes();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut total = 0;
            loop {
                let mut line = Vec::new();
                let read = output.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
                total += line.len();
                let found = match read {
                    Ok(0) | Err(_) => return,
                    Ok(_) if total > MOST_OUTPUT => Err(Stop::TooMuchOutput),
                    Ok(_) => match line.strip_prefix(&*mark).map(serde_json::from_slice) {
                        Some(Ok(line)) => Ok(line),
                        Some(Err(_)) | None => continue,
                    },
                };
                let is_last = found.is_err();
                if send.send(found).is_err() || is_last {
                    return;
                }
            }
        });
        receive
    }

    fn next(&self, lines: &Receiver<Result<Line, Stop>>, task: Option<&Task>) -> Result<Line, Stop> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => {
                Err(Stop::Time { seconds: self.target.time_limit.as_secs(), at: task.map(Task::shown) })
            }
            Err(RecvTimeoutError::Disconnected) => Err(Stop::Ended { at: task.map(Task::shown) }),
        }
    }
}

/// Why the driver ended before it was done.
fn stop(line: &Line, tasks: &[Task]) -> Stop {
    let at = line.at.as_ref().and_then(serde_json::Value::as_u64).and_then(|id| tasks.get(usize::try_from(id).ok()?));
    let at = at.map(Task::shown);
    let message = line.message.clone().unwrap_or_default();
    match line.end.as_deref() {
        Some("no-class") => Stop::NoClass,
        Some("no-method") => Stop::NoMethod { methods: line.methods.clone() },
        Some("load") => Stop::Load { message },
        Some("fatal") => Stop::Fatal { message, at },
        Some("exit") => Stop::Exit { at },
        _ => Stop::Ended { at },
    }
}
