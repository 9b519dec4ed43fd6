//! Where a class is declared, for commands that name one.

use crate::hir::Symbol;
use crate::syntax::Lowerer;
use crate::workspace::Loaded;

/// A class that the project declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The file, relative to the project's root.
    pub path: String,
    /// The class as it is declared.
    pub class: String,
    /// Names of its own methods.
    pub methods: Vec<String>,
    /// Hash of the file's text.
    pub hash: String,
}

/// The declaration of a class, by its full name or by its last part where only one class has it.
#[must_use]
pub fn declared(loaded: &Loaded, class: &str, path: Option<&str>) -> Option<Declared> {
    let wanted = class.trim_start_matches('\\');
    let base = wanted.rsplit('\\').next().unwrap_or(wanted);
    let mut lowerer = Lowerer::new();
    let mut found = Vec::new();
    for (_, file) in loaded.workspace.files() {
        if path.is_some_and(|path| path != file.path) || !file.text.contains(base) {
            continue;
        }
        let hir = lowerer.lower(&file.text);
        let text = |symbol: Symbol| hir.text(symbol).to_owned();
        for class in &hir.interface.classes {
            let Some(name) = class.name.map(text) else { continue };
            let is_whole = name.eq_ignore_ascii_case(wanted);
            let is_last = !wanted.contains('\\') && name.rsplit('\\').next().is_some_and(|last| last.eq_ignore_ascii_case(base));
            if is_whole || is_last {
                let methods = class.methods.iter().map(|method| text(method.name)).collect();
                let hash = blake3::hash(file.text.as_bytes()).to_hex().to_string();
                found.push((is_whole, Declared { path: file.path.clone(), class: name, methods, hash }));
            }
        }
    }
    if let Some(place) = found.iter().position(|(is_whole, _)| *is_whole) {
        return Some(found.swap_remove(place).1);
    }
    if found.len() == 1 { found.pop().map(|(_, declared)| declared) } else { None }
}
