use super::*;

fn versions(files: &[(&str, &str)], settings: &config::Project) -> Loaded {
    let folder = Folder::new(&[files, &[("mandant.toml", ""), ("A.php", "<?php")]].concat());
    only(folder.discover(&["."]).unwrap()).load(settings, &Silent)
}

fn told(files: &[(&str, &str)]) -> String {
    let found = versions(files, &config::Project::default()).versions;
    let version = |version: Option<Version>| version.map(|version| version.to_string()).unwrap_or_default();
    format!("{} {} {}", version(found.laravel), version(found.php), found.from.unwrap_or_default())
}

const LOCK: (&str, &str) = (
    "composer.lock",
    r#"{"packages": [{"name": "laravel/framework", "version": "v11.46.1"}, {"name": "stancl/tenancy", "version": "v3.8.4"}],
        "platform": {"php": "^8.1"}}"#,
);

#[test]
fn the_lock_file_tells_first() {
    assert_eq!(told(&[LOCK]), "11.46.1 8.1 composer.lock");
    let composer = ("composer.json", r#"{"require": {"php": "^8.2", "laravel/framework": "^10.0|^11.0"}}"#);
    assert_eq!(told(&[LOCK, composer]), "11.46.1 8.2 composer.lock");
    assert_eq!(told(&[composer]), "11 8.2 composer.json");
    let platform = ("composer.json", r#"{"require": {"php": ">=8.1 <8.4"}, "config": {"platform": {"php": "8.3.7"}}}"#);
    assert_eq!(told(&[LOCK, platform]), "11.46.1 8.3.7 composer.lock");
    let illuminate = ("composer.json", r#"{"require": {"illuminate/support": "~9.1 || ^10", "php": ">= 8.0 < 9"}}"#);
    assert_eq!(told(&[illuminate]), "10 8 composer.json");
}

#[test]
fn where_nothing_says_the_newest_ones_count() {
    assert_eq!(told(&[]), "13 8.4 ");
    assert_eq!(told(&[("composer.json", r#"{"require": {"laravel/framework": "dev-master"}}"#)]), "13 8.4 ");
}

#[test]
fn settings_win() {
    let settings =
        config::Project { laravel: Some(Version(10, 0, 0)), php: Some(Version(8, 1, 0)), ..config::Project::default() };
    let found = versions(&[LOCK], &settings).versions;
    assert_eq!((found.laravel, found.php), (Some(Version(10, 0, 0)), Some(Version(8, 1, 0))));
    assert_eq!(found.from.as_deref(), Some("mandant.toml"));
    assert_eq!(found.packages["stancl/tenancy"], "v3.8.4");
}

#[test]
fn a_broken_file_is_told() {
    let loaded = versions(&[("composer.lock", "{\n<<<<<<< HEAD\n"), ("composer.json", "[]")], &config::Project::default());
    assert_eq!(skips(&loaded.skipped), ["composer.lock skip.versions reservation no JSON at line 2, column 1"]);
    assert_eq!(loaded.versions.laravel, Some(Version(13, 0, 0)));
}
