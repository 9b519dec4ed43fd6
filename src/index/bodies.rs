//! Bodies across files: whose they are and what lies inside them.

use rustc_hash::FxHashMap;

use super::{BodyKey, ClassKey, Index};
use crate::finding::{FileId, Location};
use crate::hir::{Body, BodyId, BodyKind, FileHir, Signature};

/// The closures directly inside each body that has any.
#[derive(Debug, Default)]
pub(super) struct BodyTree {
    closures: FxHashMap<BodyKey, Vec<BodyKey>>,
}

impl BodyTree {
    pub(super) fn build(hirs: &[FileHir]) -> Self {
        let mut closures: FxHashMap<BodyKey, Vec<BodyKey>> = FxHashMap::default();
        for (file, hir) in (0..).map(FileId).zip(hirs) {
            for (body, item) in hir.bodies() {
                if let BodyKind::Closure { parent, .. } = item.kind {
                    closures.entry(BodyKey::new(file, parent)).or_default().push(BodyKey::new(file, body));
                }
            }
        }
        Self { closures }
    }
}

impl Index {
    /// A body.
    #[must_use]
    pub fn body(&self, body: BodyKey) -> &Body {
        self.hir(body.file).body(body.body)
    }

    /// All bodies, by file and order of allocation.
    pub fn bodies(&self) -> impl Iterator<Item = (BodyKey, &Body)> {
        self.files().flat_map(|(file, hir)| hir.bodies().map(move |(id, body)| (BodyKey::new(file, id), body)))
    }

    /// The class around a body.
    #[must_use]
    pub fn body_class(&self, body: BodyKey) -> Option<ClassKey> {
        self.body(body).class.map(|class| ClassKey::new(body.file, class))
    }

    /// Parameters and return type; none for top-level code and initial values.
    #[must_use]
    pub fn signature(&self, body: BodyKey) -> Option<&Signature> {
        let hir = self.hir(body.file);
        match &hir.body(body.body).kind {
            BodyKind::Function(index) => Some(&hir.interface.functions.get(*index as usize)?.signature),
            BodyKind::Method(class, index) => Some(&hir.class(*class).methods.get(*index as usize)?.signature),
            BodyKind::Hook(class, property, hook) => {
                Some(&hir.class(*class).properties.get(*property as usize)?.hooks.get(*hook as usize)?.signature)
            }
            BodyKind::Closure { signature, .. } => Some(signature),
            BodyKind::TopLevel | BodyKind::Initializers => None,
        }
    }

    /// The body around a closure.
    #[must_use]
    pub fn closure_parent(&self, body: BodyKey) -> Option<BodyKey> {
        match self.body(body).kind {
            BodyKind::Closure { parent, .. } => Some(BodyKey::new(body.file, parent)),
            _ => None,
        }
    }

    /// The function, method or top-level code around a closure; any other body itself.
    #[must_use]
    pub fn enclosing(&self, body: BodyKey) -> BodyKey {
        let mut current = body;
        for _ in 0..self.hir(body.file).bodies.len() {
            match self.closure_parent(current) {
                Some(parent) => current = parent,
                None => break,
            }
        }
        current
    }

    /// The closures directly inside a body, in order of allocation.
    #[must_use]
    pub fn closures_of(&self, body: BodyKey) -> &[BodyKey] {
        self.tree.closures.get(&body).map_or(&[], Vec::as_slice)
    }

    /// The closures inside a body, those inside them included; sorted.
    #[must_use]
    pub fn closures_within(&self, body: BodyKey) -> Vec<BodyKey> {
        let mut found = self.closures_of(body).to_vec();
        let mut next = 0;
        while let Some(&closure) = found.get(next) {
            found.extend(self.closures_of(closure));
            next += 1;
        }
        found.sort_unstable();
        found
    }

    /// The symbol of the function around a body: `App\X::method`, `App\fn`; the class for initial values; empty for top-level code.
    #[must_use]
    pub fn symbol(&self, body: BodyKey) -> String {
        let body = self.enclosing(body);
        let hir = self.hir(body.file);
        let class_name = |class| self.class_name(ClassKey::new(body.file, class));
        match hir.body(body.body).kind {
            BodyKind::Function(index) => hir.text(hir.interface.functions[index as usize].name).to_owned(),
            BodyKind::Method(class, index) => {
                format!("{}::{}", class_name(class), hir.text(hir.class(class).methods[index as usize].name))
            }
            BodyKind::Hook(class, property, hook) => {
                let property = &hir.class(class).properties[property as usize];
                let hook = &property.hooks[hook as usize];
                format!("{}::${}::{}", class_name(class), hir.text(property.name), hir.text(hook.name))
            }
            BodyKind::Initializers => hir.body(body.body).class.map(|class| class_name(class).to_owned()).unwrap_or_default(),
            BodyKind::TopLevel | BodyKind::Closure { .. } => String::new(),
        }
    }

    /// Where a body is declared: the name of its function or method, else the start of its code.
    #[must_use]
    pub fn declaration_of(&self, body: BodyKey) -> Location {
        let hir = self.hir(body.file);
        let code = hir.body(body.body);
        let span = match code.kind {
            BodyKind::Function(index) => hir.interface.functions[index as usize].name_span,
            BodyKind::Method(class, index) => hir.class(class).methods[index as usize].name_span,
            _ => code.span,
        };
        Location::new(body.file, span)
    }

    /// The top-level bodies of a file.
    pub fn top_level(&self, file: FileId) -> impl Iterator<Item = BodyKey> {
        self.hir(file).interface.top_level.iter().map(move |&body: &BodyId| BodyKey::new(file, body))
    }
}
