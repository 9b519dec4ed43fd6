//! Who runs a piece of code: by its class's parents, interfaces and folder, then through the callers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::finding::FileId;
use crate::flow::CallGraph;
use crate::hir::{Expr, Literal};
use crate::index::{BodyKey, Index, class_basename};
use crate::specs::{ContextKind, ContextRow, Specs};

/// The contexts in which a function may run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contexts {
    /// The kinds, each with the function that gives it: the entry point.
    pub kinds: BTreeMap<ContextKind, BodyKey>,
}

/// The contexts of all functions.
#[derive(Debug, Default)]
pub struct ContextTable {
    contexts: BTreeMap<BodyKey, Contexts>,
}

impl ContextTable {
    /// Reads the contexts of a project; `paths` are the files' paths by their id.
    #[must_use]
    pub fn build(index: &Index, specs: &Specs, graph: &CallGraph, paths: &[String]) -> Self {
        let mut contexts: BTreeMap<BodyKey, Contexts> = BTreeMap::new();
        let mut waiting = VecDeque::new();
        let mut own = BTreeSet::new();
        for (key, _) in index.bodies() {
            if index.enclosing(key) != key {
                continue;
            }
            if let Some(kind) = own_context(index, specs, key, paths) {
                contexts.insert(key, Contexts { kinds: BTreeMap::from([(kind, key)]) });
                own.insert(key);
                waiting.push_back(key);
            }
        }
        let callees = graph.callees_by_caller();
        while let Some(caller) = waiting.pop_front() {
            let given = contexts.get(&caller).cloned().unwrap_or_default();
            for callee in callees.get(&caller).into_iter().flatten() {
                if own.contains(callee) {
                    continue;
                }
                let known = contexts.entry(*callee).or_default();
                let before = known.kinds.len();
                for (kind, entry) in &given.kinds {
                    known.kinds.entry(*kind).or_insert(*entry);
                }
                if known.kinds.len() != before {
                    waiting.push_back(*callee);
                }
            }
        }
        Self { contexts }
    }

    /// The contexts of a function; none where no caller is found.
    #[must_use]
    pub fn of(&self, function: BodyKey) -> Option<&Contexts> {
        self.contexts.get(&function).filter(|contexts| !contexts.kinds.is_empty())
    }
}

fn own_context(index: &Index, specs: &Specs, key: BodyKey, paths: &[String]) -> Option<ContextKind> {
    let class = index.body_class(key);
    let path = paths.get(key.file.0 as usize).map_or("", String::as_str);
    if is_script(index, key.file, path) {
        return Some(ContextKind::Console);
    }
    let fits = |row: &&ContextRow| {
        let by_class = class.is_some_and(|class| row.extends.iter().any(|parent| index.is_a(class, parent)));
        let by_name = class.is_some_and(|class| {
            let name = class_basename(index.class_name(class)).to_ascii_lowercase();
            row.names.iter().any(|part| name.contains(&part.to_ascii_lowercase()))
        });
        by_class || by_name || row.folders.iter().any(|folder| is_in_folder(path, folder))
    };
    specs.contexts().iter().find(fits).map(|row| row.kind)
}

/// A file that starts the application by itself, and is not the web's entry: somebody runs it at the command line.
fn is_script(index: &Index, file: FileId, path: &str) -> bool {
    let hir = index.hir(file);
    let starts = |text: &str| text.ends_with("vendor/autoload.php") || text.ends_with("bootstrap/app.php");
    let names_start = |expr: &Expr| matches!(expr, Expr::Literal(Literal::String(text)) if starts(hir.text(*text)));
    !is_in_folder(path, "public/")
        && index.top_level(file).any(|body| {
            let body = index.body(body);
            body.exprs.iter().any(|expr| matches!(expr, Expr::Include(..))) && body.exprs.iter().any(names_start)
        })
}

/// A folder at the root or of a module: `app/Jobs/` fits `Modules/Billing/app/Jobs/Send.php`.
fn is_in_folder(path: &str, folder: &str) -> bool {
    path.starts_with(folder) || path.split_once(folder).is_some_and(|(before, _)| before.ends_with('/'))
}
