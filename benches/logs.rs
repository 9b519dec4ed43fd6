//! `mandant logs` beside `grep -cE` with the usual expressions for telephone numbers, names and e-mail addresses.
//!
//! `cargo bench --bench logs` prints medians, their ratio and the peak memory, and asserts nothing.
//! `MANDANT_BENCH_MEGABYTES` is the size of the log, 64 by default; it is generated in a temporary folder. Both sides
//! are whole processes, alternating. grep stops at the first match of a line and says how many lines; `mandant` finds
//! every value, its place and kind, and more kinds.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement writes files, starts programs and prints"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 7;
const MEGABYTE: usize = 1 << 20;
const EXPRESSIONS: &str = r#"\+[0-9]{10,}|"(phone|name|email)"\s*:\s*"[^"]+"|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"#;

fn main() {
    let megabytes = std::env::var("MANDANT_BENCH_MEGABYTES").ok().and_then(|number| number.parse().ok()).unwrap_or(64);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("laravel.log");
    generate(&log, megabytes * MEGABYTE);
    println!("{megabytes} MiB, median of {ROUNDS} rounds\n");
    println!("{:<34} {:>9} {:>9} {:>12} {:>10}", "", "grep ms", "logs ms", "grep / logs", "peak MiB");
    for locale in ["C", "C.UTF-8"] {
        for threads in ["1", "2"] {
            let mut rounds: Vec<(Duration, Duration)> = Vec::new();
            let mut peak = 0;
            for _ in 0..ROUNDS {
                let mut grep = Command::new("grep");
                let (grep, _) = timed(grep.env("LC_ALL", locale).args(["-cE", EXPRESSIONS]).arg(&log));
                let mut logs = Command::new(env!("CARGO_BIN_EXE_mandant"));
                let (logs, memory) = timed(logs.arg("logs").arg(&log).args(["--threads", threads]));
                rounds.push((grep, logs));
                peak = peak.max(memory);
            }
            let middle = |of: &dyn Fn(&(Duration, Duration)) -> f64| {
                let mut all: Vec<f64> = rounds.iter().map(of).collect();
                all.sort_by(f64::total_cmp);
                all[ROUNDS / 2]
            };
            println!(
                "{:<34} {:>9.1} {:>9.1} {:>12.2} {:>10}",
                format!("{threads} threads, grep in the locale {locale}"),
                middle(&|(grep, _)| grep.as_secs_f64() * 1e3),
                middle(&|(_, logs)| logs.as_secs_f64() * 1e3),
                middle(&|(grep, logs)| grep.as_secs_f64() / logs.as_secs_f64()),
                peak / 1024,
            );
        }
    }
}

/// Runs a program. Returns its time and the most memory that it had, in KiB, where the system tells.
/// What it prints goes to a file: grep, told to print to nowhere, stops at the first match.
fn timed(command: &mut Command) -> (Duration, u64) {
    let printed = tempfile::tempfile().unwrap();
    let begin = Instant::now();
    let mut child = command.stdout(printed).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let told = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = told.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default().max(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    (begin.elapsed(), peak)
}

/// Lines as an application, a web server and stack traces write them; 2 % hold a person.
fn generate(path: &Path, size: usize) {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut written = 0;
    let mut line = String::new();
    while written < size {
        line.clear();
        let (a, b, c) = (random(100_000), random(1000), random(60));
        match random(100) {
            0..45 => writeln!(line, "[2025-01-{:02} 10:{c:02}:{c:02}] production.INFO: Call processed {{\"call_id\":\"call_{a:032x}\",\"status\":\"completed\",\"duration_ms\":{a},\"branch_id\":{b},\"agent\":{{\"id\":\"agent_{b}\",\"version\":3}},\"cost\":0.{b}}} []", c % 28 + 1),
            45..70 => writeln!(line, "10.0.{c}.{c} - - [2025-01-01 10:00:{c:02}] \"GET /api/v2/appointments?page={b}&from=2025-01-01 HTTP/1.1\" 200 {a} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\" rt=0.{b}"),
            70..90 => writeln!(line, "#{c} /var/www/app/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php({b}): Illuminate\\Routing\\Middleware\\SubstituteBindings->handle(Object(Illuminate\\Http\\Request), Object(Closure))"),
            90..98 => writeln!(line, "[2025-01-01 10:00:{c:02}] production.DEBUG: select * from `services` where `company_id` = {b} and `active` = 1 order by `position` asc {{\"time\":{c}.5,\"connection\":\"mysql\",\"trace_id\":\"{a:032x}\"}} []"),
            _ => writeln!(line, "[2025-01-01 10:00:{c:02}] production.INFO: Booking {{\"name\":\"Hans Maier\",\"phone\":\"+4917000{a:05}\",\"email\":\"hans{b}@example.org\",\"service\":\"Schnitt\"}} []"),
        }
        .unwrap();
        out.write_all(line.as_bytes()).unwrap();
        written += line.len();
    }
    out.flush().unwrap();
}
