//! How long a cold run takes, as a ratio to parsing alone, and how it grows with the corpus.
//!
//! `cargo bench --bench cold` prints a table and asserts nothing: a wall clock is no test. `MANDANT_BENCH_CORPUS`
//! names a folder; without it the bundled applications are repeated under other namespaces.
//! Both sides are whole processes, alternating, with the same number of threads. Of the times and of the ratios of
//! neighbouring runs the medians count: a machine that is busy for a while slows both sides of a pair.
//! The other side parses all PHP files of the folder, also those that a run leaves out (tests, language files), by
//! tree-sitter with the system's allocator; Blade templates and the dependencies at its top are no PHP of the project.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads files, starts programs and prints"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const THREADS: usize = 2;
const ROUNDS: usize = 11;
/// PHP files of the corpus that is made of the bundled applications, at least.
const FILES: usize = 300;
/// The argument by which this program calls itself to parse a folder.
const PARSE: &str = "--parse-only";

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == PARSE) {
        parse_all(Path::new(&arguments[at + 1]));
        return;
    }
    let temporary = tempfile::tempdir().unwrap();
    let named = std::env::var_os("MANDANT_BENCH_CORPUS").map(PathBuf::from);
    let texts = named.as_deref().map_or_else(bundled, read);
    println!("{THREADS} threads, median of {ROUNDS} rounds\n");
    println!("{:<8} {:>7} {:>9} {:>10} {:>10} {:>8}", "corpus", "files", "KiB", "parse ms", "check ms", "ratio");
    for times in [1, 2, 4] {
        let folder = match &named {
            Some(folder) if times == 1 => folder.clone(),
            _ => write(&temporary.path().join(times.to_string()), &texts, times),
        };
        let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
        let Measured { parse, check, ratio } = measure(&folder);
        println!(
            "{:<8} {:>7} {:>9} {:>10.1} {:>10.1} {:>8.2}",
            format!("{times}x"),
            texts.len() * times,
            bytes * times / 1024,
            parse.as_secs_f64() * 1e3,
            check.as_secs_f64() * 1e3,
            ratio
        );
    }
}

/// Medians.
struct Measured {
    parse: Duration,
    check: Duration,
    ratio: f64,
}

/// Runs parsing alone and the whole check in turn.
fn measure(folder: &Path) -> Measured {
    let myself = std::env::current_exe().unwrap();
    let threads = THREADS.to_string();
    let options = ["check", "--quiet", "--format", "concise", "--threads", &threads];
    let (mut parse, mut check, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let alone = wall(Command::new(&myself).arg(PARSE).arg(folder));
        let whole = wall(Command::new(env!("CARGO_BIN_EXE_mandant")).args(options).arg(folder));
        ratio.push(whole.as_secs_f64() / alone.as_secs_f64());
        parse.push(alone);
        check.push(whole);
    }
    parse.sort_unstable();
    check.sort_unstable();
    ratio.sort_unstable_by(f64::total_cmp);
    Measured { parse: parse[ROUNDS / 2], check: check[ROUNDS / 2], ratio: ratio[ROUNDS / 2] }
}

fn wall(command: &mut Command) -> Duration {
    let started = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let elapsed = started.elapsed();
    // 0, 1 and 3 are the ends of a run; anything else measures nothing.
    assert!(matches!(status.code(), Some(0 | 1 | 3)), "{command:?}: {status}");
    elapsed
}

/// Parses every PHP file of a folder, the largest first, and keeps nothing.
fn parse_all(folder: &Path) {
    let mut files = php_files(folder);
    files.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut parser = tree_sitter::Parser::new();
                parser.set_language(&tree_sitter::Language::new(tree_sitter_php::LANGUAGE_PHP)).unwrap();
                while let Some((path, _)) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    std::hint::black_box(parser.parse(std::fs::read(path).unwrap(), None).unwrap().root_node().has_error());
                }
            });
        }
    });
}

fn php_files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let hidden = |name: &std::ffi::OsStr| name == "vendor" || name == "node_modules" || name == ".git";
    let entries = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| entry.depth() != 1 || !hidden(entry.file_name()));
    let files = entries.filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let php = files.filter(|entry| {
        let name = entry.file_name().to_string_lossy();
        name.ends_with(".php") && !name.ends_with(".blade.php")
    });
    php.map(|entry| (entry.path().to_owned(), entry.metadata().unwrap().len())).collect()
}

/// Paths and texts of the PHP files of a folder.
fn read(folder: &Path) -> Vec<(String, String)> {
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
    php_files(folder).iter().map(|(path, _)| (name(path), text(path))).collect()
}

/// The bundled applications, repeated until they are a corpus of some size.
fn bundled() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut applications = Vec::new();
    for folder in ["apps/booking", "docs/app"].map(|name| root.join(name)).iter().filter(|folder| folder.is_dir()) {
        applications.push(read(folder));
    }
    let once: usize = applications.iter().map(Vec::len).sum();
    let mut texts = Vec::new();
    for copy in 0..FILES.div_ceil(once.max(1)) {
        for (number, application) in applications.iter().enumerate() {
            let named = format!("A{copy}N{number}");
            texts.extend(application.iter().map(|(path, text)| (format!("modules/{named}/{path}"), renamed(text, &named))));
        }
    }
    texts
}

/// A text whose classes stand below another namespace.
fn renamed(text: &str, name: &str) -> String {
    text.replace("namespace App", &format!("namespace App\\{name}")).replace("use App\\", &format!("use App\\{name}\\"))
}

/// Writes a corpus so many times into a folder that is one project.
fn write(folder: &Path, texts: &[(String, String)], times: usize) -> PathBuf {
    for copy in 0..times {
        for (path, text) in texts {
            let file = folder.join(format!("modules/c{copy}")).join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, renamed(text, &format!("C{copy}"))).unwrap();
        }
    }
    std::fs::write(folder.join("composer.json"), "{}").unwrap();
    folder.to_owned()
}
