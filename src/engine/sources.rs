//! The migrations of a project, and what they read besides code.

use std::collections::{BTreeMap, BTreeSet};

use super::lower_all;
use crate::config::{Settings, Silent, Version};
use crate::finding::FileId;
use crate::hir::{Callee, Expr, Literal};
use crate::index::{BodyKey, Index, IndexOptions};
use crate::migrate::{Files, MigrationFile, migration_files, sorted};
use crate::workspace::{FileKind, Loaded, SourceFile, Workspace};

/// The folder of a project's own migrations.
pub(super) const FOLDER: &str = "database/migrations";

/// A file in a folder of migrations: its name, its path as messages show it, and its text where the project does not list it.
pub type FolderFile = (String, String, Option<String>);

/// What the command line adds to a project.
#[derive(Debug, Default)]
pub struct MigrationSources {
    /// The files of each folder that was named.
    pub folders: Vec<Vec<FolderFile>>,
    /// Folders were named: the project's own do not count.
    pub is_named: bool,
    /// Texts by path.
    pub texts: BTreeMap<String, String>,
}

/// The texts that string literals ending in `.sql` may name, by path.
#[must_use]
pub fn named_texts(
    loaded: &Loaded,
    sources: &MigrationSources,
    read: &dyn Fn(&str) -> Option<String>,
) -> BTreeMap<String, String> {
    let own = loaded.workspace.files().filter(|(_, file)| is_migration(&file.path)).map(|(_, file)| (&file.path, &file.text));
    let named = sources.folders.iter().flatten();
    let extra = named.clone().filter_map(|(_, path, text)| Some((path, text.as_ref()?)));
    let known = named.filter_map(|(_, path, _)| {
        let file = loaded.workspace.file(loaded.workspace.find(path)?);
        Some((&file.path, &file.text))
    });
    let mut texts = BTreeMap::new();
    for (path, code) in own.chain(extra).chain(known) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for literal in code.split(['\'', '"']).filter(|text| text.to_ascii_lowercase().ends_with(".sql") && text.len() < 200) {
            for base in ["", "database", "storage", "storage/app", "resources", folder] {
                let path = normal(&format!("{base}/{literal}"));
                if let Some(text) = read(&path) {
                    texts.insert(path, text);
                }
            }
        }
    }
    texts
}

/// A path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn is_migration(path: &str) -> bool {
    path.rsplit('/').skip(1).any(|folder| folder.eq_ignore_ascii_case("migrations"))
}

/// The index of a project with its migrations, in the order in which they run.
#[must_use]
pub fn migration_sources(
    loaded: &Loaded,
    settings: &Settings,
    sources: MigrationSources,
) -> (Index, Workspace, Files, Vec<MigrationFile>) {
    let mut files: Vec<SourceFile> = loaded.workspace.files().map(|(_, file)| file.clone()).collect();
    for (_, path, text) in sources.folders.iter().flatten() {
        if let Some(text) = text {
            files.push(SourceFile { path: path.clone(), text: text.clone(), kind: FileKind::Php, examined: true });
        }
    }
    let workspace = Workspace::from_files(files);
    let trees = lower_all(&workspace, &Silent);
    let paths: Vec<String> = workspace.files().map(|(_, file)| file.path.clone()).collect();
    let laravel = settings.project.laravel.or(loaded.versions.laravel).unwrap_or(Version::NEWEST_LARAVEL);
    let laravel = crate::index::Version::new(laravel.0, laravel.1, laravel.2);
    let index = Index::build_with(trees, IndexOptions { laravel, paths: paths.clone() });
    let migrations = if sources.is_named { named(&workspace, &sources) } else { own_migrations(&index, &paths) };
    let files = migration_context(&index, paths, sources.texts);
    (index, workspace, files, migrations)
}

/// What migrations find beside their code.
#[must_use]
pub fn migration_context(index: &Index, paths: Vec<String>, texts: BTreeMap<String, String>) -> Files {
    let mut files = Files { texts, ..Files::default() };
    for (id, path) in (0..).map(FileId).zip(&paths) {
        let name = path.strip_prefix("config/").and_then(|rest| rest.strip_suffix(".php"));
        if let (Some(name), Some(body)) = (name, index.top_level(id).next()) {
            files.configuration.insert(name.replace('/', "."), body);
        }
    }
    files.blueprint_macros = blueprint_macros(index);
    files.paths = paths;
    files
}

fn migration(path: &str, file: FileId) -> MigrationFile {
    let name = path.rsplit('/').next().unwrap_or(path);
    MigrationFile { path: path.to_owned(), name: name.replace(".php", ""), file }
}

fn named(workspace: &Workspace, sources: &MigrationSources) -> Vec<MigrationFile> {
    let mut found = Vec::new();
    for folder in &sources.folders {
        let names: Vec<String> = folder.iter().map(|(name, ..)| name.clone()).collect();
        let (taken, _) = migration_files(&names);
        for (_, path, _) in folder.iter().filter(|(name, ..)| taken.contains(&name)) {
            found.extend(workspace.find(path).map(|file| migration(path, file)));
        }
    }
    sorted(found)
}

/// The migrations in `database/migrations` and in folders that providers register.
#[must_use]
pub fn own_migrations(index: &Index, paths: &[String]) -> Vec<MigrationFile> {
    let mut folders = registered(index, paths);
    folders.push(FOLDER.to_owned());
    let mut found = Vec::new();
    for folder in folders {
        for (id, path) in (0..).map(FileId).zip(paths) {
            let Some((parent, name)) = path.rsplit_once('/') else { continue };
            let name = [name.to_owned()];
            let (taken, _) = migration_files(&name);
            if parent == folder && !taken.is_empty() {
                found.push(migration(path, id));
            }
        }
    }
    sorted(found)
}

/// The folders of `loadMigrationsFrom(__DIR__.'/../migrations')`.
fn registered(index: &Index, paths: &[String]) -> Vec<String> {
    let mut folders = BTreeSet::new();
    for (key, body) in index.bodies() {
        for (_, expr) in body.exprs() {
            let Expr::Call { callee: Callee::Method { name, .. }, arguments, .. } = expr else { continue };
            let crate::hir::MemberNameKind::Fixed(name) = name.kind else { continue };
            if !index.hir(key.file).text(name).eq_ignore_ascii_case("loadMigrationsFrom") {
                continue;
            }
            for argument in arguments {
                let list = match body.expr(argument.value) {
                    Expr::Array(items) => items.iter().filter_map(|item| item.value).collect(),
                    _ => vec![argument.value],
                };
                folders.extend(list.into_iter().filter_map(|expr| folder(index, key, expr, paths)));
            }
        }
    }
    folders.into_iter().filter(|folder| !folder.starts_with("vendor/")).collect()
}

/// A folder relative to the root, from `__DIR__.'…'`, `base_path('…')`, `database_path('…')` or a literal.
fn folder(index: &Index, key: BodyKey, expr: crate::hir::ExprId, paths: &[String]) -> Option<String> {
    let hir = index.hir(key.file);
    let body = index.body(key);
    let text = |expr: crate::hir::ExprId| match body.expr(expr) {
        Expr::Literal(Literal::String(text)) => Some(hir.text(*text).to_owned()),
        Expr::Constant(name) if hir.text(name.name).ends_with("__DIR__") => {
            let path = paths.get(key.file.0 as usize)?;
            Some(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned())
        }
        _ => None,
    };
    let path = match body.expr(expr) {
        Expr::Concat(parts) => parts.iter().map(|part| text(*part)).collect::<Option<Vec<_>>>()?.concat(),
        Expr::Call { callee: Callee::Function(name), arguments, .. } => {
            let base = match hir.text(name.fallback.unwrap_or(name.name)) {
                "base_path" => "",
                "database_path" => "database/",
                "app_path" => "app/",
                _ => return None,
            };
            let rest = arguments.first().map_or(Some(String::new()), |argument| text(argument.value))?;
            format!("{base}{rest}")
        }
        _ => text(expr)?,
    };
    Some(normal(&path))
}

/// `Blueprint::macro('name', function () { … })`
fn blueprint_macros(index: &Index) -> BTreeMap<String, BodyKey> {
    let mut macros = BTreeMap::new();
    for (key, body) in index.bodies() {
        let hir = index.hir(key.file);
        for (_, expr) in body.exprs() {
            let Expr::Call { callee: Callee::Static { class: crate::hir::ClassRef::Named(class), name }, arguments, .. } = expr
            else {
                continue;
            };
            let crate::hir::MemberNameKind::Fixed(name) = name.kind else { continue };
            let is_macro = hir.text(name) == "macro" && hir.text(class.name).ends_with("Schema\\Blueprint");
            let (Some(first), Some(second)) = (arguments.first(), arguments.get(1)) else { continue };
            if let (true, Expr::Literal(Literal::String(name)), Expr::Closure(closure)) =
                (is_macro, body.expr(first.value), body.expr(second.value))
            {
                macros.insert(hir.text(*name).to_ascii_lowercase(), BodyKey::new(key.file, *closure));
            }
        }
    }
    macros
}
