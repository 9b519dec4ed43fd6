//! What holds for encoders and matchers whatever their codes: long names, `matches()` and `similarity()`.

use super::process::Line;
use super::{CheckKind, FailedCheck, Given, Task};

/// Pairs of names that sound alike, differ in one sound, or have nothing in common.
const PAIRS: [(&str, &str); 18] = [
    ("Müller", "Mueller"),
    ("Meyer", "Maier"),
    ("Schmidt", "Schmitt"),
    ("Hoffmann", "Hofmann"),
    ("Becker", "Bäcker"),
    ("Fischer", "Vischer"),
    ("Schulz", "Schulze"),
    ("Weber", "Wagner"),
    ("Hans", "Anna"),
    ("Bauer", "Brauer"),
    ("Krause", "Krauß"),
    ("Peters", "Petersen"),
    ("Aaaa", "Bbbbbbbb"),
    ("Ott", "Otto"),
    ("Lange", "Lang"),
    ("World", "Word"),
    ("Huber", "Bär"),
    ("Jansen", "Janßen"),
];
/// Names that each have a code, as a name and with itself.
const NAMES: [&str; 8] = ["Müller", "Hoffmann", "Becker", "Schäfer", "Wagner", "Groß", "Zimmermann", "Xaver"];
/// Letters of long names: above any limit that a guard may have, and far above.
const LONG: [usize; 3] = [101, 300, 5000];
/// Names that match are as similar as this at least.
const THRESHOLD: f64 = 0.65;

fn long(letters: usize) -> String {
    "Badelagima".chars().cycle().take(letters).collect()
}

/// The calls: two matcher methods are called where the class has them.
pub(super) fn plan(methods: &[String], encoder: &str) -> Vec<Task> {
    let mut tasks: Vec<Task> = LONG.iter().map(|letters| Task::new(encoder, &[&long(*letters)])).collect();
    for method in ["matches", "similarity"] {
        if !methods.iter().any(|name| name == method) {
            continue;
        }
        for (left, right) in PAIRS {
            tasks.push(Task::new(method, &[left, right]));
            tasks.push(Task::new(method, &[right, left]));
        }
        tasks.extend(NAMES.iter().map(|name| Task::new(method, &[name, name])));
        for letters in LONG {
            tasks.push(Task::new(method, &[&long(letters), "Müller"]));
        }
    }
    tasks
}

/// The checks that failed, one of each kind and method, with the first call that shows it.
pub(super) fn failed(tasks: &[Task], lines: &[Line]) -> Vec<FailedCheck> {
    let mut failed: Vec<(String, FailedCheck)> = Vec::new();
    let mut add = |kind: CheckKind, task: &Task, got: String| match failed
        .iter_mut()
        .find(|(method, known)| known.kind == kind && *method == task.method)
    {
        Some((_, known)) => known.calls += 1,
        None => failed.push((task.method.clone(), FailedCheck { kind, call: task.shown(), got, calls: 1 })),
    };
    let answers: Vec<(&Task, &Line)> = tasks.iter().zip(lines).collect();
    let of = |method: &str, arguments: [&String; 2]| {
        answers.iter().find(|(task, _)| task.method == method && task.arguments.iter().eq(arguments)).map(|(_, line)| *line)
    };
    for (task, line) in &answers {
        if line.error.is_some() {
            let is_long = task.arguments.iter().any(|name| name.chars().count() > 100);
            add(if is_long { CheckKind::LongName } else { CheckKind::Error }, task, Given::of(line).shown());
            continue;
        }
        let [left, right] = &task.arguments[..] else { continue };
        let is_typed = if task.method == "matches" { line.truth.is_some() } else { line.number.is_some() };
        if !is_typed {
            add(CheckKind::ReturnType, task, Given::of(line).shown());
            continue;
        }
        let shown = || Given::of(line).shown();
        if left == right && (line.truth == Some(false) || line.number.is_some_and(|number| number < 1.0)) {
            add(CheckKind::Identity, task, shown());
        }
        if line.number.is_some_and(|number| !(0.0..=1.0).contains(&number)) {
            add(CheckKind::Range, task, shown());
        }
        let Some(swapped) = of(&task.method, [right, left]) else { continue };
        let is_same = line.truth == swapped.truth
            && match (line.number, swapped.number) {
                (Some(one), Some(other)) => (one - other).abs() < 1e-9,
                (one, other) => one == other,
            };
        if !is_same && left < right {
            add(CheckKind::Symmetry, task, format!("{}, and {} in the other order", shown(), Given::of(swapped).shown()));
        }
        let matching = of("matches", [left, right]).and_then(|line| line.truth);
        if matching == Some(true) && line.number.is_some_and(|number| number < THRESHOLD) {
            add(CheckKind::Threshold, task, shown());
        }
    }
    failed.into_iter().map(|(_, check)| check).collect()
}
