//! Which files are migrations, in which order they run, and which class each holds.

use std::collections::BTreeMap;

use crate::finding::FileId;
use crate::hir::{Callee, ClassRef, Expr, Statement};
use crate::index::{ClassKey, Index, inflect};

/// A migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationFile {
    /// Its path, as messages show it.
    pub path: String,
    /// Its name: the file's without `.php`.
    pub name: String,
    /// The file in the index.
    pub file: FileId,
}

/// Why the migrator does not take a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotMigration {
    /// The name does not end in `.php`.
    Extension,
    /// The name has no `_`.
    Name,
}

/// The files of a folder that the migrator takes, and those that it does not.
///
/// `laravel/framework:src/Illuminate/Database/Migrations/Migrator.php (getMigrationFiles)`: `*_*.php`
#[must_use]
pub fn migration_files(names: &[String]) -> (Vec<&String>, Vec<(&String, NotMigration)>) {
    let mut others = Vec::new();
    let mut found = Vec::new();
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        let Some(stem) = name.strip_suffix(".php") else {
            if name.contains(".php") {
                others.push((name, NotMigration::Extension));
            }
            continue;
        };
        if stem.contains('_') {
            found.push(name);
        } else {
            others.push((name, NotMigration::Name));
        }
    }
    (found, others)
}

/// The order in which migrations run: by name over all folders. Of two of the same name the later folder's runs.
#[must_use]
pub fn sorted(files: Vec<MigrationFile>) -> Vec<MigrationFile> {
    let mut by_name: BTreeMap<String, MigrationFile> = BTreeMap::new();
    for file in files {
        by_name.insert(file.name.clone(), file);
    }
    by_name.into_values().collect()
}

/// The class of a migration: the anonymous one that the file returns, else the one that the name asks for.
///
/// `laravel/framework:src/Illuminate/Database/Migrations/Migrator.php (resolvePath)`
pub(crate) fn class_of(index: &Index, migration: &MigrationFile) -> Option<ClassKey> {
    for body in index.top_level(migration.file) {
        let code = index.body(body);
        for statement in &code.block {
            if let Statement::Return(Some(value)) = code.statement(*statement)
                && let Expr::Call { callee: Callee::New(ClassRef::Anonymous(class)), .. } = code.expr(*value)
            {
                return Some(ClassKey::new(migration.file, *class));
            }
        }
    }
    let wanted = inflect::studly(&migration.name.split('_').skip(4).collect::<Vec<_>>().join("_"));
    let hir = index.hir(migration.file);
    let position = hir.interface.classes.iter().position(|class| {
        class.name.is_some_and(|name| crate::index::class_basename(hir.text(name)).eq_ignore_ascii_case(&wanted))
    })?;
    Some(ClassKey::new(migration.file, crate::hir::ClassId(u32::try_from(position).ok()?)))
}
