//! A hand-made run over an invented application: a booking service for music schools.

use crate::finding::*;
use crate::workspace::Workspace;

const CALL_HOOK: &str = r"<?php

namespace App\Http\Hooks;

class CallHook
{
    public function __invoke(Request $request)
    {
        $phone = Phone::normalise($request->input('caller'));
        $call = Call::start($request->input('call_id'));
        $student = Student::where('phone', $phone)->first();

        return $student->name;
    }
}
";

const TRAIT: &str = r"<?php

namespace App\Models\Concerns;

trait BelongsToSchool
{
    public static function bootBelongsToSchool(): void
    {
        static::addGlobalScope('school', function (Builder $query): void {
            if (Auth::check()) {
                $query->where('school_id', Auth::user()->school_id);
            }
        });
    }
}
";

const FINDER: &str = r"<?php

namespace App\Services;

class StudentFinder
{
    public function find(School $school, string $phone, string $email): ?Student
    {
        return Student::query()
            ->where('school_id', $school->id)
            ->where('phone', $phone)
            ->orWhere('email', $email)
            ->first();
    }

    public function fallback(School $school): ?Student
    {
        return Student::where('school_id', '!=', $school->id)->where('email', 'anna.huber@example.org')->first();
    }

    public function any(string $model): mixed
    {
        return $model::newQuery()->sole();
    }
}
";

const ROUTES: &str = "<?php\n\nRoute::post('/hooks/calls', CallHook::class);\n";

const REMINDER: &str = r"<?php

namespace App\Jobs;

class SendReminder
{
    public function handle(): void
    {
        $body = json_encode(['to' => $student->phone, 'text' => $text]);
        if ($this->sms->post($body)->failed()) {
            Log::warning('sms refused', ['body' => LogScrubber::clean($body)]);
        }
    }
}
";

const SCRUBBER: &str = r"<?php

namespace App\Support;

class LogScrubber
{
    public static function clean(mixed $data): mixed
    {
        if (! is_array($data)) {
            return $data;
        }

        return array_map(self::mask(...), $data);
    }
}
";

pub(super) fn workspace() -> Workspace {
    Workspace::from_texts([
        ("app/Http/Hooks/CallHook.php", CALL_HOOK),
        ("app/Models/Concerns/BelongsToSchool.php", TRAIT),
        ("app/Services/StudentFinder.php", FINDER),
        ("app/Jobs/SendReminder.php", REMINDER),
        ("app/Support/LogScrubber.php", SCRUBBER),
        ("routes/api.php", ROUTES),
    ])
}

/// The place of a text in the file whose path ends so.
pub(super) fn at(workspace: &Workspace, path: &str, text: &str) -> Location {
    let (id, file) = workspace.files().find(|(_, file)| file.path.ends_with(path)).unwrap();
    let start = file.text.find(text).unwrap();
    Location::new(id, Span::new(u32::try_from(start).unwrap(), u32::try_from(start + text.len()).unwrap()))
}

pub(super) fn text(text: &str) -> Message {
    Message::new("test.text").text("text", text)
}

pub(super) fn evidence(role: EvidenceRole, at: Location, note: Message) -> Evidence {
    Evidence { role, at, note }
}

fn looked_for(what: &str, found: &str, detail: Message) -> LookedFor {
    LookedFor { what: text(what), found: text(found), detail: Some(detail) }
}

pub(super) fn violation(rule: RuleId, severity: Severity, message: Message) -> Violation {
    Violation {
        rule,
        severity,
        confidence: Confidence::High,
        message,
        evidence: Vec::new(),
        looked_for: Vec::new(),
        also: Vec::new(),
        specs: Vec::new(),
        help: None,
        rewrite: Vec::new(),
        sql: None,
        root: None,
    }
}

pub(super) fn site(question: QuestionId, at: Location, symbol: &str, fingerprint: u64) -> SiteFacts {
    let subject = Some("App\\Models\\Student".to_owned());
    SiteFacts { question, at, symbol: symbol.to_owned(), subject, fingerprint: Fingerprint(fingerprint) }
}

pub(super) fn finding(site: SiteFacts, violation: Violation) -> Finding {
    Finding { site, verdict: Verdict::Violated, violation, assumption: None, status: Status::Open, root: None, shown: true }
}

fn caller(workspace: &Workspace) -> Finding {
    let hook = "CallHook.php";
    let query = at(workspace, hook, "Student::where('phone', $phone)->first()");
    let scope = at(workspace, "BelongsToSchool.php", "Auth::check()");
    let mut violation = violation("tenant/unscoped-query", Severity::Error, Message::new("test.caller-selects"));
    violation.evidence = vec![
        evidence(EvidenceRole::Source, at(workspace, hook, "$request->input('caller')"), Message::new("test.caller-chooses")),
        evidence(EvidenceRole::MissingGuard, query, Message::new("test.no-key").text("key", "school_id")),
        evidence(EvidenceRole::NearMiss, scope, Message::new("test.needs-user").text("model", "Student")),
        evidence(EvidenceRole::Context, at(workspace, "api.php", "Route::post"), text("POST /hooks/calls: no authentication")),
    ];
    violation.looked_for = vec![
        looked_for("constraint in the chain", "none", text("where('phone'), first()")),
        looked_for("check after the query", "none", text("$student is used at 13")),
        looked_for("global scope of Student", "fail-open", Message::new("test.scope-at").place("at", scope)),
        looked_for("a user at this entry point", "none", text("POST /hooks/calls, routes/api.php:3: throttle only")),
    ];
    violation.specs = vec!["laravel/eloquent#static-forward".to_owned(), "laravel/request#input".to_owned()];
    violation.help = Some(text("Start from the school whose number was called, which is a trusted row:"));
    violation.rewrite = vec!["$school->students()->where('phone', $phone)->first()".to_owned()];
    finding(site("tenant/query", query, "App\\Http\\Hooks\\CallHook::__invoke", 0x7c1e_09ab_52d0_4f6e), violation)
}

fn or_escapes(workspace: &Workspace) -> Finding {
    let path = "StudentFinder.php";
    let chain = FINDER.split_once("return ").unwrap().1.split_once(';').unwrap().0;
    let mut violation = violation(
        "tenant/or-escapes-scope",
        Severity::Error,
        text("A student of another school matches by e-mail address alone"),
    );
    violation.evidence = vec![
        evidence(EvidenceRole::MissingGuard, at(workspace, path, "Student::query()"), text("reaches every school")),
        evidence(EvidenceRole::Guard, at(workspace, path, "->where('school_id', $school->id)"), text("this limit …")),
        evidence(
            EvidenceRole::MissingGuard,
            at(workspace, path, "->orWhere('email', $email)"),
            text("… does not hold for this alternative"),
        ),
    ];
    violation.sql = Some("… where `school_id` = ? and `phone` = ? or `email` = ?".to_owned());
    violation.also = vec![Also {
        rule: "tenant/untrusted-tenant-id",
        at: at(workspace, path, "$school->id"),
        message: text("the request chooses `$school`; no membership check found"),
    }];
    violation.help = Some(text("Put the alternatives in one group:"));
    violation.rewrite = vec!["->where(fn ($q) => $q->where('phone', $phone)->orWhere('email', $email))".to_owned()];
    finding(
        site("tenant/query", at(workspace, path, chain), "App\\Services\\StudentFinder::find", 0xe04b_7731_0000_0001),
        violation,
    )
}

fn foreign(workspace: &Workspace) -> Finding {
    let path = "StudentFinder.php";
    let query =
        at(workspace, path, "Student::where('school_id', '!=', $school->id)->where('email', 'anna.huber@example.org')->first()");
    let mut violation =
        violation("tenant/foreign-tenant", Severity::Error, text("The fallback reads the students of every other school"));
    violation.evidence =
        vec![evidence(EvidenceRole::MissingGuard, at(workspace, path, "'!='"), text("everybody but this school"))];
    violation.confidence = Confidence::Medium;
    finding(site("tenant/query", query, "App\\Services\\StudentFinder::fallback", 0x51d2_0c9e_0000_0002), violation)
}

fn flow(workspace: &Workspace) -> Finding {
    let (job, scrubber) = ("SendReminder.php", "LogScrubber.php");
    let call = at(workspace, job, "Log::warning('sms refused', ['body' => LogScrubber::clean($body)])");
    let mut violation = violation(
        "pii/ineffective-sanitizer",
        Severity::Warning,
        text("`LogScrubber::clean` lets a phone number through to the log"),
    );
    violation.evidence = vec![
        evidence(EvidenceRole::Source, at(workspace, job, "$student->phone"), text("phone of a student")),
        evidence(EvidenceRole::Step, at(workspace, job, "json_encode"), text("becomes a string")),
        evidence(EvidenceRole::Step, at(workspace, scrubber, "return $data"), text("no masking on this path")),
        evidence(EvidenceRole::Sink, call, text("reaches channel `default` in clear")),
    ];
    violation.help = Some(text("Clean the array before it becomes a string"));
    finding(site("pii/log-call", call, "App\\Jobs\\SendReminder::handle", 0x2f9a_6610_40c1_be87), violation)
}

fn others(workspace: &Workspace) -> Vec<Finding> {
    let scope = at(workspace, "BelongsToSchool.php", "Auth::check()");
    let mut conditional = finding(
        site("tenant/query", scope, "", 3),
        violation("tenant/relies-on-fail-open-scope", Severity::Note, text("Limited by the log-in")),
    );
    conditional.verdict = Verdict::Conditional;
    conditional.assumption = Some(text("a user is logged in"));
    let mut suppressed = finding(
        site("tenant/query", at(workspace, "api.php", "Route"), "", 4),
        violation("tenant/unscoped-query", Severity::Error, text("Suppressed")),
    );
    suppressed.status = Status::Suppressed;
    let mut baselined = suppressed.clone();
    baselined.site.fingerprint = Fingerprint(5);
    baselined.status = Status::Baselined;
    let mut hidden = suppressed.clone();
    hidden.site.fingerprint = Fingerprint(6);
    hidden.status = Status::Open;
    hidden.shown = false;
    vec![conditional, suppressed, baselined, hidden]
}

fn row(question: QuestionId, numbers: [usize; 6]) -> LedgerRow {
    let [proven, conditional, violated, undetermined, suppressed, baselined] = numbers;
    LedgerRow { question, proven, conditional, violated, undetermined, suppressed, baselined }
}

pub(super) fn report(workspace: &Workspace) -> RunReport {
    let mut findings = vec![caller(workspace), flow(workspace), or_escapes(workspace), foreign(workspace)];
    findings.extend(others(workspace));
    let unknown = at(workspace, "StudentFinder.php", "$model::newQuery()");
    let reminder = at(workspace, "SendReminder.php", "$this->sms->post($body)");
    let undetermined = |at: Location, name: &str, fingerprint| Undetermined {
        site: site("tenant/query", at, "App\\Services\\StudentFinder::any", fingerprint),
        reason: Message::new("test.unknown-class").text("name", name),
        status: Status::Open,
    };
    let proven = Proven {
        site: site("tenant/query", reminder, "App\\Jobs\\SendReminder::handle", 9),
        proof: "explicit-constraint",
        note: text("limited by `school_id`"),
        evidence: vec![evidence(EvidenceRole::Guard, reminder, text("the constraint"))],
    };
    RunReport {
        project: ProjectFacts {
            root: ".".to_owned(),
            laravel: Some("11.46".to_owned()),
            php: Some("8.3".to_owned()),
            versions_from: Some("composer.lock".to_owned()),
            commit: Some("4f2a91c07be35d6a1f08c94be27d3365a90b1e44".to_owned()),
            tree: "aa".to_owned(),
            config_hash: "bb".to_owned(),
            rules_hash: "cc".to_owned(),
        },
        inferred: Inference {
            tenant_key: Some("school_id".to_owned()),
            tenant_models: vec!["App\\Models\\Lesson".to_owned(), "App\\Models\\Student".to_owned()],
            why: Some(text("the global scope in BelongsToSchool.php:10 limits by it")),
            schema: None,
        },
        ledger: vec![
            row("tenant/query", [1, 1, 6, 2, 1, 1]),
            row("tenant/write", [0, 0, 0, 0, 0, 0]),
            row("pii/log-call", [1_240, 0, 1, 0, 0, 0]),
        ],
        findings,
        undetermined: vec![undetermined(reminder, "$this->sms", 7), undetermined(unknown, "$model", 8)],
        proven: vec![proven],
        unresolved_calls: 1_234,
        suppressions: vec![SuppressionUse {
            rule: "tenant/unscoped-query".to_owned(),
            path: "routes/api.php".to_owned(),
            at: Some(at(workspace, "api.php", "<?php")),
            reason: "the table is shared".to_owned(),
            owner: Some("platform team".to_owned()),
            until: Some("2027-03-31".to_owned()),
            matches: 1,
        }],
        skipped: vec![Skipped {
            path: "resources/views/board.blade.php".to_owned(),
            kind: SkipKind::ByDesign,
            reason: Message::new("skip.blade"),
        }],
        left_out_tests: 38,
        files: 412,
        ..RunReport::default()
    }
}

/// A run in which little went as it should.
pub(super) fn incomplete(workspace: &Workspace) -> RunReport {
    let not_run = |question: QuestionId| NotRun {
        question,
        reason: Message::new("not-run.no-tenant-key"),
        looked_for: vec![
            looked_for("a column that global scopes limit", "4 scopes", text("on deleted_at and published_at")),
            LookedFor { what: text("a tenancy package"), found: text("none"), detail: None },
        ],
        required: question == "tenant/query",
    };
    let skipped = |path: &str, kind, reason| Skipped { path: path.to_owned(), kind, reason };
    let size = Message::new("skip.too-large").count("size", 9_600_000).count("limit", 1 << 20);
    RunReport {
        not_run: vec![not_run("tenant/query"), not_run("tenant/write")],
        skipped: vec![
            skipped("app/Legacy/Import.php", SkipKind::Incomplete, size),
            skipped("app/Legacy/Old.php", SkipKind::Reservation, Message::new("skip.not-utf8")),
        ],
        unparsed: vec![at(workspace, "CallHook.php", "Call::start")],
        faults: vec![Message::new("fault.panic").text("question", "tenant/cache").text("path", "app/Services/Stats.php")],
        files: 1,
        ..RunReport::default()
    }
}
