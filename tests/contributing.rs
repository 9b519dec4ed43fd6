//! What CONTRIBUTING.md shows is what works: its blocks are taken out of the page and run.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads the page")]

#[path = "contributing/model_scope.rs"]
mod model_scope;

use std::path::Path;

use mandant::analysis::tenancy::{Tenancy, TenantOptions};
use mandant::config::{Known, Settings, Silent};
use mandant::engine;
use mandant::finding::Outcome;
use mandant::flow::{CallGraph, Project, Resolution};
use mandant::index::{Index, IndexOptions};
use mandant::rules::{FoundQueries, LengthInput, PiiInput, QUESTIONS, Question, QuestionContext};
use mandant::specs::{Row, Specs};
use mandant::workspace::Workspace;

use model_scope::TenantModel;

const CUSTOMER: &str = "<?php
namespace App\\Models;
class Customer extends \\Illuminate\\Database\\Eloquent\\Model
{
    protected $fillable = ['company_id', 'phone'];
}
";

const BRANCH: &str = "<?php
namespace App\\Models;
class Branch extends \\Illuminate\\Database\\Eloquent\\Model
{
    protected static function booted(): void
    {
        static::addGlobalScope('company', function ($query) {
            $query->where('company_id', \\Illuminate\\Support\\Facades\\Auth::user()?->company_id);
        });
    }
}
";

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("CONTRIBUTING.md")).unwrap()
}

/// The fenced blocks of a language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(fence)) => open = Some((fence == language, String::new())),
            (Some((is_wanted, text)), Some(_)) => {
                if *is_wanted {
                    found.push(std::mem::take(text));
                }
                open = None;
            }
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn settings(text: &str) -> Settings {
    Settings::parse(text, Known { rules: &[], questions: &[] }).unwrap()
}

/// Asks something about a project of these files.
fn ask<T>(files: &[(&str, &str)], settings: &Settings, specs: &Specs, then: impl FnOnce(QuestionContext<'_>) -> T) -> T {
    let workspace = Workspace::from_texts(files.iter().copied());
    let trees = engine::lower_all(&workspace, &Silent);
    let paths: Vec<String> = workspace.files().map(|(_, file)| file.path.clone()).collect();
    let index = Index::build_with(trees, IndexOptions { paths: paths.clone(), ..IndexOptions::default() });
    let resolution = Resolution::build(&index, specs);
    let graph = CallGraph::build(&index, &resolution);
    let project = Project { index: &index, resolution: &resolution, specs };
    let options = TenantOptions {
        key: settings.tenant.key.clone(),
        models: settings.tenant.models.clone(),
        shared: settings.tenant.shared,
    };
    let tenancy = Tenancy::build(project, &graph, &paths, &options);
    let lengths = LengthInput::new(project, &graph, &[], 100);
    let pii = PiiInput::new(project, &graph, &[]);
    then(QuestionContext {
        index: &index,
        tenancy: &tenancy,
        workspace: &workspace,
        verified: &[],
        lengths: &lengths,
        pii: &pii,
        found: &FoundQueries::default(),
        migrations: None,
    })
}

/// The verdicts on the queries of the page's service, in one word each.
fn verdicts(service: &str, settings: &Settings, specs: &Specs) -> Vec<&'static str> {
    let files = [("app/Models/Customer.php", CUSTOMER), ("app/Services/CallService.php", service)];
    ask(&files, settings, specs, |context| {
        let question = QUESTIONS.iter().find(|question| question.id == "tenant/query").unwrap();
        let judged = (question.ask)(context).unwrap();
        judged.iter().map(|judged| word(&judged.outcome)).collect()
    })
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Proven { .. } => "proven",
        Outcome::Conditional { .. } => "conditional",
        Outcome::Violated(_) => "violated",
        Outcome::Undetermined(_) => "undetermined",
    }
}

#[test]
fn the_row_of_the_page_changes_the_verdict_of_the_page() {
    let page = page();
    let service = blocks(&page, "php").remove(0);
    let rows = blocks(&page, "toml");
    let configured = settings(&rows[0]);
    let without_row = Settings { specs: Vec::new(), ..configured.clone() };
    let embedded = Specs::embedded().unwrap();

    assert_eq!(verdicts(&service, &without_row, &embedded), ["proven"]);

    let with_row = engine::specs(&configured, &[]).unwrap();
    assert_eq!(verdicts(&service, &configured, &with_row), ["undetermined"]);

    let shared = Row::parse_file("rules/specs/packages/acme.toml", &rows[1]).unwrap();
    let with_shared = Specs::with_user_rows(&shared, &[]).unwrap();
    assert_eq!(verdicts(&service, &without_row, &with_shared), ["undetermined"]);
}

#[test]
fn the_rule_of_the_page_is_the_one_that_is_compiled() {
    assert_eq!(blocks(&page(), "rust"), [include_str!("contributing/model_scope.rs")]);
}

#[test]
fn the_rule_of_the_page_finds_the_model_without_a_scope() {
    let settings =
        settings("[tenant]\nkey = \"company_id\"\nmodels = [\"App\\\\Models\\\\Customer\", \"App\\\\Models\\\\Branch\"]\n");
    let files = [("app/Models/Customer.php", CUSTOMER), ("app/Models/Branch.php", BRANCH)];
    let found = ask(&files, &settings, &Specs::embedded().unwrap(), |context| {
        assert!(TenantModel::not_run(context).is_none());
        let sites = TenantModel::sites(context);
        let judged = sites.iter().map(|site| {
            let subject = TenantModel::place(context, site).subject.unwrap();
            (subject, word(&TenantModel::judge(context, site)))
        });
        judged.collect::<std::collections::BTreeMap<_, _>>()
    });
    let expected = [("App\\Models\\Branch".to_owned(), "proven"), ("App\\Models\\Customer".to_owned(), "violated")];
    assert_eq!(found, expected.into());
}
