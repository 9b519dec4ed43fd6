//! What the files of a project say together: classes with what they inherit, models with their tables, relations and
//! scopes, calls by name, constant values.
//!
//! The framework and other packages are not on disk here; what is known of their classes is data (`rules/specs/laravel/`).
//! Everything is built once from the lowered files and never changes. What could not be resolved is absent or says so.

mod attributes;
mod bodies;
mod boot;
mod calls;
mod collect;
mod config;
mod constants;
mod empty;
mod external;
mod hierarchy;
mod hooks;
pub mod inflect;
mod keys;
mod members;
mod methods;
mod model;
mod names;
mod options;
mod outside;
mod relations;
mod request_attributes;
mod scopes;
mod tables;
mod users;
mod values;
pub(crate) mod walk;

use std::collections::BTreeMap;

pub use calls::called_name;
pub use constants::{Constant, ConstantKey, Locals};
pub use external::{ExternalClass, ExternalKind};
pub use keys::{BodyKey, CallSite, ClassKey, FunctionKey, MethodRef};
pub use model::{CreatingHook, Dropped, GlobalScope, Model, Relation, RelationKind, ScopeCode, ScopeIdentifier, ScopeRoute};
pub use names::{DuplicateClass, class_basename};
pub use options::{IndexOptions, Version};
pub use tables::{Column, Table};

use bodies::BodyTree;
use calls::CallIndex;
use config::ConfigFiles;
use external::Externals;
pub use hierarchy::NamedType;
use hierarchy::{Hierarchy, all_classes};
use methods::MethodTables;
use model::Models;
use names::Names;
use request_attributes::{RequestAttributes, request_attributes};

use crate::finding::FileId;
use crate::hir::{Class, ExprId, FileHir, Function, FunctionName};

/// The cross-file facts of a project.
#[derive(Debug)]
pub struct Index {
    hirs: Vec<FileHir>,
    options: IndexOptions,
    names: Names,
    hierarchy: Hierarchy,
    methods: MethodTables,
    tree: BodyTree,
    calls: CallIndex,
    config: ConfigFiles,
    models: Models,
    tables: BTreeMap<String, Table>,
    user_model: Option<ClassKey>,
    request_attributes: RequestAttributes,
}

impl Index {
    /// The index of files in order of their paths, for the newest framework. A file's position is its [`FileId`].
    #[must_use]
    pub fn build(hirs: Vec<FileHir>) -> Self {
        Self::build_with(hirs, IndexOptions::default())
    }

    /// [`Index::build`] for a given framework version, and with the files' paths. Files that only help editors
    /// (`_ide_helper.php`) declare each model once more: they are emptied.
    #[must_use]
    pub fn build_with(mut hirs: Vec<FileHir>, options: IndexOptions) -> Self {
        for (hir, _) in hirs.iter_mut().zip(&options.paths).filter(|(_, path)| options::is_stub(path)) {
            *hir = FileHir::default();
        }
        let of_classes = || {
            let names = Names::build(&hirs);
            let (hierarchy, methods) = rayon::join(|| Hierarchy::build(&hirs, &names), || MethodTables::build(&hirs, &names));
            (names, hierarchy, methods)
        };
        let of_bodies = || (BodyTree::build(&hirs), CallIndex::build(&hirs));
        let ((names, hierarchy, methods), (tree, calls)) = rayon::join(of_classes, of_bodies);
        let config = ConfigFiles::build(&options.paths);
        let (models, tables) = (Models::default(), BTreeMap::new());
        let mut index = Self {
            hirs,
            options,
            names,
            hierarchy,
            methods,
            tree,
            calls,
            config,
            models,
            tables,
            user_model: None,
            request_attributes: RequestAttributes::new(),
        };
        index.models = Models::new(collect::models(&index), |class, of| index.parent_slice(class).contains(&of));
        index.tables = tables::tables(&index);
        index.user_model = index.find_user_model();
        index.request_attributes = request_attributes(&index);
        index
    }

    /// What the index was built with.
    #[must_use]
    pub fn options(&self) -> &IndexOptions {
        &self.options
    }

    /// What code of the project puts into the attributes of requests under a name; none where nothing does.
    #[must_use]
    pub fn request_attribute(&self, name: &str) -> Option<&[(BodyKey, ExprId)]> {
        self.request_attributes.get(name).map(Vec::as_slice)
    }

    /// The expressions whose values code of the project puts into the attributes of requests.
    pub fn set_attributes(&self) -> impl Iterator<Item = (BodyKey, ExprId)> {
        self.request_attributes.values().flatten().copied()
    }

    /// A file.
    #[must_use]
    pub fn hir(&self, file: FileId) -> &FileHir {
        &self.hirs[file.0 as usize]
    }

    /// All files in order.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &FileHir)> {
        (0..).map(FileId).zip(&self.hirs)
    }

    /// A class.
    #[must_use]
    pub fn class(&self, class: ClassKey) -> &Class {
        self.hir(class.file).class(class.class)
    }

    /// The fully qualified name of a class; `class@anonymous` where it has none.
    #[must_use]
    pub fn class_name(&self, class: ClassKey) -> &str {
        self.class(class).name.map_or("class@anonymous", |name| self.hir(class.file).text(name))
    }

    /// All classes, by file and order.
    pub fn classes(&self) -> impl Iterator<Item = ClassKey> {
        all_classes(&self.hirs).into_iter()
    }

    /// The class of a name, with or without a leading backslash, in any case.
    #[must_use]
    pub fn resolve_class(&self, name: &str) -> Option<ClassKey> {
        self.names.class(name)
    }

    /// Names that several classes have, sorted.
    #[must_use]
    pub fn duplicate_classes(&self) -> &[DuplicateClass] {
        self.names.duplicates()
    }

    /// What is known of a class that is not on disk.
    #[must_use]
    pub fn external_class(&self, name: &str) -> Option<&ExternalClass> {
        Externals::known().row(&crate::specs::folded(name))
    }

    /// The function that a name means: the namespaced one, else the global one.
    #[must_use]
    pub fn function(&self, hir: &FileHir, name: &FunctionName) -> Option<FunctionKey> {
        self.function_named(hir.text(name.name)).or_else(|| self.function_named(hir.text(name.fallback?)))
    }

    /// The function of a fully qualified name.
    #[must_use]
    pub fn function_named(&self, name: &str) -> Option<FunctionKey> {
        self.names.function(name)
    }

    /// A function.
    #[must_use]
    pub fn function_decl(&self, function: FunctionKey) -> &Function {
        &self.hir(function.file).interface.functions[function.index as usize]
    }

    /// The code of a function.
    #[must_use]
    pub fn function_body(&self, function: FunctionKey) -> BodyKey {
        BodyKey::new(function.file, self.function_decl(function).body)
    }

    /// The tables that migrations make, by name.
    #[must_use]
    pub fn tables(&self) -> &BTreeMap<String, Table> {
        &self.tables
    }
}

#[cfg(test)]
mod tests;
