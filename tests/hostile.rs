//! Inputs that nobody writes on purpose: each ends with a clear message and the right exit code, in time.
#![allow(clippy::format_collect, reason = "texts of tests are built once")]
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

/// Far above what any input takes; a hang is what it is there for.
const PATIENCE: Duration = Duration::from_secs(60);

const MODEL: &str = r"<?php
namespace App\Models;
use Illuminate\Database\Eloquent\Model;
class Customer extends Model
{
    protected $fillable = ['company_id', 'name', 'phone'];
    public function company() { return $this->belongsTo(Company::class); }
}
";

struct Project(TempDir);

/// What a run said.
#[derive(Debug)]
struct Told {
    code: i32,
    out: String,
    err: String,
}

/// A query without a limit.
const QUERY: &str = "\\App\\Models\\Customer::where('phone', $p)->first()";

impl Project {
    /// A project with one tenant-owned model.
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("composer.json", "{}");
        project.write("mandant.toml", "[tenant]\nkey = \"company_id\"\nmodels = [\"App\\\\Models\\\\Customer\"]\n");
        project.write("app/Models/Customer.php", MODEL);
        project
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Told {
        told(self.0.path(), arguments)
    }

    /// The exit code of a check of the whole project in every format; no run may panic or leave a fault.
    fn check(&self) -> Told {
        let told = self.run(&[
            "check",
            "--format",
            "concise",
            "--output",
            "json=.out.json",
            "--output",
            "sarif=.out.sarif",
            "--output",
            "pretty=.out.txt",
        ]);
        assert!(!told.err.contains("panicked"), "{}", told.err);
        assert!(matches!(told.code, 0 | 1 | 3), "{told:?}");
        told
    }
}

fn told(folder: &Path, arguments: &[&str]) -> Told {
    let mut command = Command::cargo_bin("mandant").unwrap();
    command.current_dir(folder).env_clear().timeout(PATIENCE);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Told { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Checks a project with one more file; nothing may be left unexamined but what does not parse.
fn with(path: &str, text: impl AsRef<[u8]>) -> Told {
    let project = Project::new();
    project.write(path, text);
    project.check()
}

/// Checks code below a query that has a finding: it shows that the file was not left out.
fn examined(code: &str) -> Told {
    let told = with("app/X.php", format!("<?php\nfunction probe($p) {{ return {QUERY}; }}\n{code}\n"));
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.out.contains("app/X.php:2:29: error[tenant/unscoped-query]"), "{told:?}");
    told
}

/// The same for a method's body that works on a builder `$q` of all rows, and sends it: the query is told, and not as safe.
fn examined_method(body: &str) {
    let told = with("app/X.php", method(&format!("$q = Customer::query();\n{body}\nreturn $q->get();")));
    assert!(told.out.contains("app/X.php:8:6: "), "{told:?}");
}

/// A class with the given members.
fn class(members: &str) -> String {
    format!("<?php\nnamespace App\\Services;\nuse App\\Models\\Customer;\nclass Big\n{{\n{members}\n}}\n")
}

fn method(body: &str) -> String {
    class(&format!("    public function run($x, $y)\n    {{\n{body}\n    }}"))
}

#[test]
fn a_missing_path_exits_with_2() {
    let told = Project::new().run(&["check", "nowhere"]);
    assert_eq!((told.code, told.err.as_str()), (2, "error: There is no file or folder `nowhere`\n"));
}

#[test]
fn a_folder_without_php_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let told = told(folder.path(), &["check"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("holds no PHP file"), "{told:?}");
}

#[test]
fn unknown_ids_and_keys_exit_with_2_and_say_where() {
    let project = Project::new();
    let told = project.run(&["check", "--rule", "tenant/unscoped-querys"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("Did you mean `tenant/unscoped-query`?"), "{told:?}");
    for (text, words) in [
        ("[tenant]\nkeys = \"a\"\n", "mandant.toml:2:1"),
        ("[rules]\n\"tenant/unscoped-querys\" = \"off\"\n", "tenant/unscoped-query"),
        ("[tenant\n", "mandant.toml:1"),
        ("[tenant]\nkey = 1\n", "mandant.toml:2"),
    ] {
        project.write("mandant.toml", text);
        let told = project.run(&["check"]);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{text}");
        assert!(told.err.contains(words), "{text}: {}", told.err);
    }
}

#[test]
fn a_configuration_that_is_no_utf8_exits_with_2() {
    let project = Project::new();
    project.write("mandant.toml", b"[tenant]\nkey = \"\xff\"\n");
    let told = project.run(&["check"]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("UTF-8"), "{told:?}");
}

#[test]
fn small_oddities_are_read() {
    let chain = "Customer::where('phone', $p)->first();";
    for (name, text) in [
        ("empty", Vec::new()),
        ("only_tag", b"<?php".to_vec()),
        ("no_php", b"just text".to_vec()),
        ("bom", format!("\u{feff}<?php\nuse App\\Models\\Customer;\n{chain}\n").into_bytes()),
        ("crlf", format!("<?php\r\nuse App\\Models\\Customer;\r\n{chain}\r\n").into_bytes()),
        ("nul", b"<?php \0 $a = '\0';".to_vec()),
        ("unclosed", b"<?php class A { function f() { if (".to_vec()),
    ] {
        let told = with(&format!("app/{name}.php"), text);
        let expected = i32::from(matches!(name, "bom" | "crlf"));
        assert_eq!(told.code, expected, "{name}: {told:?}");
    }
}

#[test]
fn a_finding_stands_at_the_same_line_with_any_line_end() {
    let text = "<?php\nuse App\\Models\\Customer;\nfunction f($p) {\n    return Customer::where('phone', $p)->first();\n}\n";
    let plain = with("app/X.php", text);
    assert!(plain.out.contains("app/X.php:4:12: error[tenant/unscoped-query]"), "{}", plain.out);
    assert_eq!(plain.out, with("app/X.php", text.replace('\n', "\r\n")).out);
}

#[test]
fn invalid_utf8_is_read_with_a_reservation() {
    let told =
        with("app/X.php", b"<?php\nuse App\\Models\\Customer;\n$a = '\xe4\xf6';\nCustomer::where('name', '\xfc')->first();\n");
    assert_eq!(told.code, 1, "{told:?}");
}

#[test]
fn a_file_of_50_mb_is_reported_and_makes_the_run_incomplete() {
    let told = with("app/Huge.php", vec![b' '; 50 << 20]);
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.out.contains("app/Huge.php"), "{told:?}");
}

#[test]
fn deep_parentheses_end() {
    examined(&format!("$a = {}1{};", "(".repeat(100_000), ")".repeat(100_000)));
    examined(&format!("$a = {}1{};", "[".repeat(100_000), "]".repeat(100_000)));
    examined(&format!("$a = {}1;", "!".repeat(100_000)));
    examined(&format!("{}$a = 1;", "if ($x) { ".repeat(50_000)));
}

#[test]
fn long_chains_end() {
    examined(&format!("$a{};", "->b()".repeat(100_000)));
    examined(&format!("$a{};", "->b".repeat(100_000)));
    examined(&format!("$a{};", "[0]".repeat(100_000)));
    let told = examined(&format!("\\App\\Models\\Customer::query(){}->get();", "->where('a', 1)".repeat(60_000)));
    assert!(told.out.contains("app/X.php:3:1: undetermined[tenant/query] the function is too large"), "{told:?}");
}

#[test]
fn long_operator_rows_end() {
    for operator in [".", "+", "&&", "||", "??"] {
        let row = vec!["$b"; 100_000].join(&format!(" {operator} "));
        examined(&format!("$a = {row};"));
        examined(&format!("if ({row}) {{ $c = 1; }}"));
    }
    examined(&format!("$a = {}1{};", "$x ? 1 : (".repeat(10_000), ")".repeat(10_000)));
    examined(&("if ($x) { $a = 1; } else".repeat(10_000) + " { $a = 2; }"));
}

#[test]
fn a_finding_far_in_a_line_is_drawn_without_escapes() {
    let project = Project::new();
    let filler = "\u{1b}[2J\u{1b}]0;x\u{7}".repeat(70_000);
    project.write(
        "app/X.php",
        format!(
            "<?php use App\\Models\\Customer; /* {filler} */ Customer::where('phone', $p)->first(); $b = '{}';",
            "\u{1b}".repeat(1000)
        ),
    );
    for format in ["pretty", "concise", "json", "sarif", "github"] {
        let told = project.run(&["check", "--format", format]);
        assert_eq!(told.code, 1, "{format}: {}", told.err);
        assert!(!told.out.contains('\u{1b}') && !told.err.contains("panicked"), "{format}");
        assert!(told.out.len() < 400_000, "{format}: {} bytes", told.out.len());
    }
}

#[cfg(unix)]
#[test]
fn a_symlink_loop_is_no_loop() {
    let project = Project::new();
    std::os::unix::fs::symlink(project.0.path(), project.0.path().join("app/self")).unwrap();
    std::os::unix::fs::symlink("b", project.0.path().join("app/a")).unwrap();
    std::os::unix::fs::symlink("a", project.0.path().join("app/b")).unwrap();
    assert_eq!(project.check().code, 0);
}

#[cfg(unix)]
#[test]
fn odd_names_of_files_stay_on_their_line() {
    for name in [
        "new\nline.php",
        "quo'te\"s.php",
        "per%0Acent.php",
        "Zwölf 漢字 👩‍👩‍👧.php",
        "::error::x.php",
        "\u{1b}[31m.php",
        "\u{202e}.php",
    ] {
        let project = Project::new();
        project.write(&format!("app/{name}"), "<?php\nuse App\\Models\\Customer;\nCustomer::where('phone', $p)->first();\n");
        for format in ["pretty", "concise", "json", "sarif", "github"] {
            let told = project.run(&["check", "--format", format]);
            assert_eq!(told.code, 1, "{name:?} {format}: {told:?}");
            let is_control = |character: char| {
                character.is_control() && character != '\n' || character == '\u{202e}' && !matches!(format, "json" | "sarif")
            };
            assert!(!told.out.contains(is_control), "{name:?} {format}: {}", told.out);
            if format == "github" {
                assert!(told.out.lines().all(|line| !line.starts_with("::error::")), "{}", told.out);
            }
        }
    }
}

#[test]
fn deep_closures_end() {
    let nested =
        |depth: usize, open: &str, close: &str| format!("{}$q->where('a', 1);{}", open.repeat(depth), close.repeat(depth));
    examined_method(&nested(200, "$q->where(function ($q) use ($x) { ", " });"));
    examined_method(&nested(200, "$q->when($x, function ($q) use ($x) { ", " });"));
    examined_method(&nested(40, "foreach ($x as $y) { $q->when($y, function ($q) use ($x, $y) { ", " }); }"));
    let arrows = format!("{}$q->where('a', 1){};", "$q->when($x, fn ($q) => ".repeat(200), ", fn ($q) => $q)".repeat(200));
    examined_method(&arrows);
    examined_method(&format!("{}$q->where('a', $y);{}", "while ($x) { ".repeat(60), " }".repeat(60)));
}

#[test]
fn methods_that_call_each_other_settle() {
    let mut members = String::new();
    for number in 0..30 {
        let (next, other) = ((number + 1) % 30, (number + 7) % 30);
        writeln!(members, "function m{number}($q, $x) {{ if ($x) {{ return $this->m{next}($q->where('a', $x), $x); }} return $this->m{other}($q->orWhere('b', 1), $x); }}").unwrap();
    }
    let run = "function run($x) { return $this->m0(Customer::query(), $x)->get(); }";
    let told = with("app/X.php", class(&format!("{run}\n{members}")));
    assert!(told.out.contains("app/X.php:6:"), "{told:?}");
    let own =
        "function run() { return $this->a(Customer::query())->get(); }\nfunction a($q) { return $this->a($q->where('a', 1)); }";
    let told = with("app/X.php", class(own));
    assert!(told.out.contains("app/X.php:6:"), "{told:?}");
}

#[test]
fn a_method_of_5000_lines_ends() {
    let mut body = "foreach ($x as $row) {\n".to_owned();
    for number in 0..2500 {
        writeln!(body, "if ($row['f{number}']) {{\n    $q->where('c{number}', $row['v']);\n    $z['k{number}'] = $y;\n}}")
            .unwrap();
    }
    body.push('}');
    examined_method(&body);
}

#[test]
fn a_large_switch_ends() {
    let mut body = "switch ($x) {\n".to_owned();
    for number in 0..2000 {
        writeln!(body, "case 'c{number}': $q->where('c{number}', $y); {}", if number % 3 == 0 { "" } else { "break;" }).unwrap();
    }
    body.push('}');
    examined_method(&body);
    let arms: String = (0..2000).map(|number| format!("'a{number}' => $q->where('a{number}', $y),\n")).collect();
    examined_method(&format!("$q = match ($x) {{ {arms} }};"));
}

#[test]
fn a_class_of_500_methods_ends() {
    let members: String = (0..500)
        .map(|number| format!("function m{number}($x) {{ return Customer::where('f{number}', $x)->first(); }}\n"))
        .collect();
    let told = with("app/X.php", class(&members));
    assert_eq!(told.out.matches("error[tenant/unscoped-query]").count(), 500);
}

#[test]
fn circles_of_classes_end() {
    let told = with(
        "app/X.php",
        "<?php\nnamespace App;\nclass A extends A {}\nclass B extends C {}\nclass C extends B {}\ntrait T { use U; }\ntrait U { use T; }\n\
         class D { use T; function f() { return $this->g(); } }\ninterface I extends J {}\ninterface J extends I {}\nclass E implements I {}\n\
         class M extends \\App\\Models\\Customer { use T; }\nclass N extends M {}\nN::where('a', 1)->get();\nA::where('a', 1)->get();\n(new B)->f();\n",
    );
    assert!(!told.err.contains("panicked"));
}

#[test]
fn two_classes_of_one_name_are_no_fault() {
    let project = Project::new();
    project.write("app/Models/Other.php", MODEL);
    project.write("app/X.php", "<?php\nuse App\\Models\\Customer;\nCustomer::where('phone', $p)->first();\n");
    let told = project.check();
    assert!(told.code == 1 || told.out.contains("undetermined"), "{told:?}");
}

/// A log line of a customer's telephone number: it shows that the file was not left out.
const LOG: &str = "\\Illuminate\\Support\\Facades\\Log::info('x', ['line' => $c->phone])";

#[test]
fn personal_data_in_circles_of_methods_is_found() {
    let mut members = String::new();
    for number in 0..30 {
        let (next, other) = ((number + 1) % 30, (number + 7) % 30);
        writeln!(
            members,
            "function m{number}($v) {{ if ($v) {{ return $this->m{next}([$v]) . $v; }} return $this->m{other}(json_encode($v)); }}"
        )
        .unwrap();
    }
    let run = "function run(Customer $c) { \\Illuminate\\Support\\Facades\\Log::info($this->m0($c->phone)); }";
    let told = with("app/X.php", class(&format!("{run}\n{members}")));
    assert!(told.out.contains("app/X.php:6:") && told.out.contains("pii/"), "{told:?}");
}

#[test]
fn a_method_of_5000_lines_that_logs_ends() {
    let mut body = "foreach ($x as $row) {\n".to_owned();
    for number in 0..1250 {
        writeln!(body, "if ($row['f{number}']) {{\n    $z['k{number}'] = $y;\n    $text .= $z['k{number}'] . $row['v'];\n}}")
            .unwrap();
        if number % 50 == 0 {
            writeln!(body, "\\Illuminate\\Support\\Facades\\Log::info($text, $z);").unwrap();
        }
    }
    body.push('}');
    let told = with("app/X.php", method(&format!("$c = Customer::first(); {LOG};\n{body}")));
    assert!(told.out.contains("pii/logged"), "{told:?}");
}

#[test]
fn a_class_of_500_methods_that_log_ends() {
    let members: String = (0..500)
        .map(|number| format!("function m{number}(Customer $c) {{ {LOG}; return $this->m{}($c); }}\n", (number * 7 + 1) % 500))
        .collect();
    let told = with("app/X.php", class(&members));
    assert_eq!(told.out.matches("error[pii/logged]").count(), 500);
}

#[test]
fn a_chain_of_20000_functions_ends() {
    let project = Project::new();
    for file in 0..20 {
        let functions: String = (file * 1000..(file + 1) * 1000)
            .map(|number| format!("function f{number}($v) {{ return f{}($v); }}\n", number + 1))
            .collect();
        project.write(&format!("app/F{file}.php"), format!("<?php\nnamespace App;\n{functions}"));
    }
    let last = format!(
        "<?php\nnamespace App;\nfunction f20000($v) {{ \\Illuminate\\Support\\Facades\\Log::info($v); return $v; }}\nfunction run(\\App\\Models\\Customer $c) {{ {LOG}; \\Illuminate\\Support\\Facades\\Log::info(f0($c->phone)); }}\n"
    );
    project.write("app/Last.php", last);
    let told = project.check();
    assert!(told.out.contains("app/Last.php:4:") && told.out.contains("pii/logged"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_working_directory_that_was_deleted_is_said() {
    let folder = TempDir::new().unwrap();
    let gone = folder.path().join("gone");
    let script =
        format!("mkdir '{0}' && cd '{0}' && rmdir '{0}' && exec '{1}' check", gone.display(), env!("CARGO_BIN_EXE_mandant"));
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds no PHP file"), "{output:?}");
}
