//! The same bytes in give the same bytes out.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests lay out folders")]

use std::path::Path;

use assert_cmd::Command;

const FORMATS: [&str; 5] = ["pretty", "concise", "json", "sarif", "github"];

/// What all formats say, but for the time that pretty shows.
fn reports(folder: &Path, threads: &str) -> Vec<String> {
    let report = |format: &&str| {
        let mut command = Command::cargo_bin("mandant").unwrap();
        command.current_dir(folder).env_clear();
        let output = command
            .args(["check", "--proven", "--verbose", "--today", "2027-01-15", "--threads", threads, "--format", *format])
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let stable = |line: &&str| !(*format == "pretty" && line.ends_with(" s"));
        text.lines().filter(stable).collect::<Vec<_>>().join("\n")
    };
    FORMATS.iter().map(report).collect()
}

/// An application of 60 files that call each other.
fn files() -> Vec<(String, String)> {
    let mut files = vec![
        ("composer.json".to_owned(), "{}".to_owned()),
        ("mandant.toml".to_owned(), "[tenant]\nkey = \"company_id\"\n".to_owned()),
    ];
    for number in 0..20 {
        let next = (number + 7) % 20;
        files.push((
            format!("app/Models/M{number}.php"),
            format!("<?php\nnamespace App\\Models;\nuse Illuminate\\Database\\Eloquent\\Model;\nclass M{number} extends Model {{ protected $fillable = ['company_id', 'name', 'phone'];\n public function next() {{ return $this->hasMany(M{next}::class); }} }}\n"),
        ));
        files.push((
            format!("app/Services/S{number}.php"),
            format!("<?php\nnamespace App\\Services;\nuse App\\Models\\M{number};\nclass S{number} {{\n function limit($q, $x) {{ return $x ? $q->where('company_id', $x) : (new S{next})->limit($q, $x); }}\n function all($x) {{ return $this->limit(M{number}::query(), $x)->get(); }}\n function one($p) {{ return M{number}::where('phone', $p)->orWhere('name', $p)->first(); }} }}\n"),
        ));
        files.push((
            format!("app/Http/Controllers/C{number}.php"),
            format!("<?php\nnamespace App\\Http\\Controllers;\nuse App\\Models\\M{number};\nuse Illuminate\\Http\\Request;\nclass C{number} {{\n function index(Request $r) {{ return M{number}::where('company_id', auth()->user()->company_id)->with('next')->get(); }}\n function show(Request $r, $t) {{ M{number}::firstOrCreate(['phone' => $r->input('p')]); return \\DB::table($t)->get(); }} }}\n"),
        ));
    }
    files
}

fn write(folder: &Path, files: &[(String, String)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn neither_threads_nor_the_order_on_disk_change_a_byte() {
    let outer = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (one, two) = (outer.path().join("app"), other.path().join("app"));
    let mut files = files();
    write(&one, &files);
    // A fixed shuffle.
    files.sort_by_key(|(path, _)| {
        path.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)) ^ (hash >> 7))
    });
    files.reverse();
    write(&two, &files);
    let first = reports(&one, "1");
    assert!(first.iter().all(|text| text.contains("tenant/unscoped-query")), "nothing is found");
    assert_eq!(first, reports(&one, "1"));
    assert_eq!(first, reports(&one, "2"));
    assert_eq!(first, reports(&two, "2"));
}

#[test]
fn the_documented_application_gives_the_same_bytes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/docs/app");
    let first = reports(&folder, "1");
    assert_eq!(first, reports(&folder, "1"));
    assert_eq!(first, reports(&folder, "2"));
}
