use super::*;
use crate::git::{GitError, Repository};

fn repository(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(files);
    folder.git(&["init", "-q"]);
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", "first"]);
    folder
}

const INDEX: SourceChoice = SourceChoice::Index { file: None };

#[test]
fn the_index_is_read_and_not_the_work_tree() {
    let folder = repository(&[
        ("site/composer.json", r#"{"require": {"laravel/framework": "^11.0"}}"#),
        ("site/mandant.toml", "# committed\n"),
        ("site/app/A.php", "<?php committed"),
        ("site/app/B.php", "<?php b"),
        ("site/app/Gone.php", "<?php gone"),
    ]);
    folder.write("site/app/A.php", b"<?php staged");
    folder.write("site/app/New.php", b"<?php new");
    folder.git(&["add", "-A"]);
    folder.git(&["rm", "-q", "--cached", "site/app/Gone.php"]);
    folder.write("site/app/A.php", b"<?php later");
    folder.write("site/app/Untracked.php", b"<?php");
    folder.write("site/mandant.toml", b"# later\n");
    let project = only(folder.discover_in(&INDEX, &["."]).unwrap());
    let loaded = load(&project);
    assert_eq!(project.root(), folder.real("site"));
    assert_eq!(files(&loaded), ["app/A.php", "(app/B.php)", "app/New.php"]);
    assert_eq!(text(&loaded, "app/A.php"), "<?php staged");
    assert_eq!(project.config().map(|config| config.text.as_str()), Some("# committed\n"));
    assert_eq!(loaded.versions.laravel, Some(Version(11, 0, 0)));
    let named = load(&only(folder.discover_in(&INDEX, &["site/app/New.php", "site/app/B.php"]).unwrap()));
    assert_eq!(files(&named), ["(app/A.php)", "(app/B.php)", "app/New.php"]);
    let error = folder.discover_in(&INDEX, &["site/app/Untracked.php"]).unwrap_err();
    assert!(matches!(error, InputError::NotInIndex(_)), "{error}");
}

#[test]
fn the_index_of_a_commit_in_progress_counts() {
    let folder = repository(&[("composer.json", "{}"), ("A.php", "<?php committed")]);
    std::fs::copy(folder.path(".git/index"), folder.path(".git/next-index.lock")).unwrap();
    folder.write("A.php", b"<?php staged");
    folder.git(&["add", "-A"]);
    let examined =
        |file: Option<PathBuf>| files(&load(&only(folder.discover_in(&SourceChoice::Index { file }, &["."]).unwrap())));
    assert_eq!(examined(None), ["A.php"]);
    assert_eq!(examined(Some(folder.path(".git/next-index.lock"))), ["(A.php)"]);
    let foreign = repository(&[("B.php", "<?php")]);
    assert_eq!(examined(Some(foreign.path(".git/index"))), ["A.php"]);
}

#[test]
fn before_the_first_commit_everything_is_staged() {
    let folder = Folder::new(&[("composer.json", "{}"), ("A.php", "<?php")]);
    folder.git(&["init", "-q"]);
    folder.git(&["add", "-A"]);
    assert_eq!(files(&load(&only(folder.discover_in(&INDEX, &["."]).unwrap()))), ["A.php"]);
    assert_eq!(Repository::open(folder.0.path(), None).unwrap().head(), None);
}

#[test]
fn nothing_staged_is_no_mistake() {
    let folder = repository(&[("composer.json", "{}"), ("A.php", "<?php")]);
    assert_eq!(files(&load(&only(folder.discover_in(&INDEX, &["."]).unwrap()))), ["(A.php)"]);
}

#[test]
fn a_revision_is_read() {
    let folder = repository(&[("composer.json", "{}"), ("app/A.php", "<?php old"), ("app/Gone.php", "<?php")]);
    folder.write("app/A.php", b"<?php new");
    std::fs::remove_file(folder.path("app/Gone.php")).unwrap();
    folder.write("app/Later.php", b"<?php");
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", "second"]);
    let at = |revision: &str, paths: &[&str]| folder.discover_in(&SourceChoice::Revision(revision.to_owned()), paths);
    let loaded = load(&only(at("HEAD~1", &["."]).unwrap()));
    assert_eq!(files(&loaded), ["app/A.php", "app/Gone.php"]);
    assert_eq!(text(&loaded, "app/A.php"), "<?php old");
    // A path that only one side has is no mistake.
    assert_eq!(files(&load(&only(at("HEAD~1", &["app/Later.php"]).unwrap()))), ["(app/A.php)", "(app/Gone.php)"]);
    assert_eq!(files(&load(&only(at("HEAD~1", &["app/Gone.php"]).unwrap()))), ["(app/A.php)", "app/Gone.php"]);
    let error = at("no-such-branch", &["."]).unwrap_err();
    assert_eq!(error, InputError::Git(GitError::UnknownRevision("no-such-branch".to_owned())));
    assert!(matches!(at("--output=x", &["."]).unwrap_err(), InputError::Git(GitError::UnknownRevision(_))));
}

#[test]
fn disk_and_index_hold_the_same_files() {
    let folder = repository(&[
        ("composer.json", "{}"),
        ("app/A.php", "<?php"),
        ("app/Http/Controllers/vendor/V.php", "<?php"),
        ("vendor/autoload.php", "<?php"),
        ("vendor/x/X.php", "<?php"),
        (".github/script.php", "<?php"),
        ("tests/ATest.php", "<?php"),
        ("Modules/Blog/composer.json", "{}"),
        ("Modules/Blog/artisan", ""),
        ("Modules/Blog/B.php", "<?php"),
        ("storage/framework/views/v.php", "<?php"),
        ("lang/de/a.php", "<?php"),
        ("a b/ü\u{1}.php", "<?php"),
    ]);
    let told = |projects: Vec<ProjectInput>| {
        let all = projects.iter().map(|project| (project.root().to_path_buf(), load(project)));
        all.map(|(root, loaded)| (root, loaded.workspace.files().map(|(_, file)| file.path.clone()).collect())).collect()
    };
    let disk: Vec<(PathBuf, Vec<String>)> = told(folder.discover(&["."]).unwrap());
    assert_eq!(disk, told(folder.discover_in(&INDEX, &["."]).unwrap()));
    assert_eq!(disk, told(folder.discover_in(&SourceChoice::Revision("HEAD".to_owned()), &["."]).unwrap()));
    assert_eq!(disk[0].1.len(), 3);
}

#[test]
fn large_objects_are_not_kept() {
    let folder = repository(&[("composer.json", "{}"), ("A.php", "<?php a"), ("C.php", "<?php c")]);
    folder.write("B.php", &vec![b'x'; 3 << 20]);
    folder.git(&["add", "-A"]);
    let loaded = load(&only(folder.discover_in(&INDEX, &["."]).unwrap()));
    assert_eq!(files(&loaded), ["(A.php)", "(C.php)"]);
    assert_eq!(text(&loaded, "C.php"), "<?php c");
    assert_eq!(skips(&loaded.skipped), ["B.php skip.too-large incomplete 3145728 1048576"]);
}

#[cfg(unix)]
#[test]
fn links_of_the_index_are_told() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new(&[("site/composer.json", "{}"), ("site/app/A.php", "<?php"), ("outside/O.php", "<?php")]);
    symlink("../../outside", folder.path("site/app/out")).unwrap();
    symlink("..", folder.path("site/app/up")).unwrap();
    symlink("/etc", folder.path("site/app/etc")).unwrap();
    symlink("A.php", folder.path("site/app/Again.php")).unwrap();
    folder.git(&["init", "-q"]);
    folder.git(&["add", "-A"]);
    let loaded = load(&only(folder.discover_in(&INDEX, &["site"]).unwrap()));
    assert_eq!(files(&loaded), ["app/A.php"]);
    assert_eq!(
        skips(&loaded.skipped),
        ["app/etc skip.link-outside design", "app/out skip.link-outside design", "app/up skip.symlink-loop design"]
    );
}

#[test]
fn outside_a_repository_there_is_no_index() {
    let folder = Folder::new(&[("A.php", "<?php")]);
    let error = folder.discover_in(&INDEX, &["."]).unwrap_err();
    assert!(matches!(error, InputError::Git(GitError::NotARepository(_))), "{error}");
}

#[test]
fn what_git_calls_local_to_a_repository_is_scrubbed() {
    let folder = repository(&[("composer.json", "{}"), ("A.php", "<?php")]);
    let output = std::process::Command::new("git")
        .args(["-C", &folder.0.path().display().to_string(), "rev-parse", "--local-env-vars"])
        .output()
        .unwrap();
    let scrubbed = crate::git::scrubbed_variables();
    for variable in String::from_utf8_lossy(&output.stdout).lines() {
        let is_kept = ["GIT_CONFIG_COUNT", "GIT_NO_REPLACE_OBJECTS", "GIT_INTERNAL_SUPER_PREFIX", "GIT_REF_STORAGE_FORMAT"];
        assert!(scrubbed.contains(&variable) || is_kept.contains(&variable), "{variable}");
    }
}

#[cfg(unix)]
#[test]
fn no_program_that_a_repository_names_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let folder =
        repository(&[("composer.json", "{}"), ("A.php", "<?php a"), (".gitattributes", "*.php filter=evil diff=evil\n")]);
    folder.write("A.php", b"<?php b");
    folder.git(&["add", "-A"]);
    folder.write("evil.sh", format!("#!/bin/sh\ntouch {}\n", folder.path("ran").display()).as_bytes());
    let evil = folder.path("evil.sh");
    std::fs::set_permissions(&evil, PermissionsExt::from_mode(0o755)).unwrap();
    let settings =
        ["core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.smudge", "core.pager"];
    for setting in settings {
        folder.git(&["config", setting, &evil.display().to_string()]);
    }
    std::fs::copy(&evil, folder.path(".git/hooks/post-index-change")).unwrap();
    let loaded = load(&only(folder.discover_in(&INDEX, &["."]).unwrap()));
    load(&only(folder.discover_in(&SourceChoice::Revision("HEAD".to_owned()), &["."]).unwrap()));
    assert_eq!(files(&loaded), ["A.php"]);
    assert_eq!(text(&loaded, "A.php"), "<?php b");
    assert!(!folder.path("ran").exists());
}
