//! Eloquent models.

use std::collections::BTreeMap;

use super::{BodyKey, ClassKey, Index, MethodRef};
use crate::finding::Location;
use crate::hir::ExprId;

/// An Eloquent model: a class that reaches `Illuminate\Database\Eloquent\Model`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The class.
    pub class: ClassKey,
    /// Its name.
    pub name: String,
    /// Its table; none where it is set at run time.
    pub table: Option<String>,
    /// Its connection, where it names one.
    pub connection: Option<String>,
    /// Its primary key, `id` by default.
    pub primary_key: String,
    /// `$fillable`, where it is declared and constant.
    pub fillable: Option<Vec<String>>,
    /// `$guarded`, where it is declared and constant. Laravel's default is `['*']`.
    pub guarded: Option<Vec<String>>,
    /// `$hidden`
    pub hidden: Vec<String>,
    /// `$visible`, where it is declared and constant.
    pub visible: Option<Vec<String>>,
    /// `$casts` and `casts()`: attribute to what is written, class names fully qualified.
    pub casts: BTreeMap<String, String>,
    /// `$with`
    pub with: Vec<String>,
    /// Relations by the name of their method.
    pub relations: BTreeMap<String, Relation>,
    /// Local scopes by the lower-cased name under which they are called.
    pub local_scopes: BTreeMap<String, MethodRef>,
    /// Global scopes in order of registration.
    pub global_scopes: Vec<GlobalScope>,
    /// What the model fills in by itself before it is written.
    pub creating: Vec<CreatingHook>,
    /// Uses `SoftDeletes`.
    pub soft_deletes: bool,
    /// An abstract class: never a row of its own.
    pub is_abstract: bool,
    /// The class of its query builder, where it is no plain Eloquent one.
    pub builder: Option<String>,
}

/// The kind of a relation, by the method that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are Laravel's own")]
pub enum RelationKind {
    HasOne,
    HasMany,
    BelongsTo,
    BelongsToMany,
    HasOneThrough,
    HasManyThrough,
    MorphOne,
    MorphMany,
    MorphTo,
    MorphToMany,
    MorphedByMany,
}

/// A relation method of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relation {
    /// The method's name.
    pub name: String,
    /// The kind.
    pub kind: RelationKind,
    /// The class of the related model; none where it is not constant, and for `morphTo`.
    pub related: Option<String>,
    /// For the kinds *through*, the class in between.
    pub through: Option<String>,
    /// For the many-to-many kinds, the pivot table.
    pub pivot: Option<String>,
    /// The foreign key: on the related table (has, morph), on the own one (belongs to, morph to), on the table in between
    /// (through) or on the pivot, where it points to this model. Laravel's default where the call names none.
    pub foreign_key: Option<String>,
    /// The key on the other side of the foreign key: of the own row (has, through, many to many) or of the related one (belongs to).
    pub local_key: Option<String>,
    /// The key that points to or from the related row: on the related table (through) or on the pivot (many to many).
    pub related_key: Option<String>,
    /// For the morph kinds, the column that holds the class.
    pub morph_type: Option<String>,
    /// The body that holds the call; of another method where this one returns that method's relation.
    pub body: BodyKey,
    /// The call that makes the relation.
    pub call: ExprId,
    /// Further methods that may constrain it follow the call.
    pub is_chained: bool,
}

/// How a global scope is named for its removal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeIdentifier {
    /// By its class, for class and object scopes.
    Class(String),
    /// By a string.
    Named(String),
    /// By nothing: a closure without a name.
    Anonymous,
}

/// What a global scope runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeCode {
    /// A scope class on disk.
    Class(ClassKey),
    /// A closure, or the method that a first-class callable names.
    Closure(BodyKey),
    /// A scope class that is not on disk.
    External(String),
    /// Not resolved.
    Unknown,
}

/// Where a global scope or hook is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeRoute {
    /// In `booted()` of the class or of a parent.
    Booted,
    /// In `boot()` of the class or of a parent, or in a `#[Boot]` method.
    Boot,
    /// By a trait's boot method or by a trait's `booted()`.
    Trait(ClassKey),
    /// By a trait that is not on disk.
    ExternalTrait,
    /// By `#[ScopedBy]` or `#[ObservedBy]`.
    Attribute,
    /// From outside the class: a provider.
    Provider,
}

/// A global scope of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalScope {
    /// Its name.
    pub identifier: ScopeIdentifier,
    /// The call, attribute or trait use that registers it.
    pub registered: Location,
    /// What it runs.
    pub code: ScopeCode,
    /// Where it is registered.
    pub route: ScopeRoute,
    /// Registered only under a condition.
    pub conditional: bool,
    /// The code outside of models that registers it, wherever it does.
    pub registered_in: Vec<BodyKey>,
}

/// A column that a model sets by itself before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatingHook {
    /// The column.
    pub column: String,
    /// The assignment.
    pub at: Location,
    /// The body that holds the value.
    pub body: BodyKey,
    /// The value.
    pub value: ExprId,
    /// Set only under a condition, other than that it is not set yet.
    pub conditional: bool,
    /// Set only where it is not set yet.
    pub only_if_empty: bool,
}

/// The models by class name.
#[derive(Debug, Default)]
pub(super) struct Models {
    sorted: Vec<Model>,
    by_class: BTreeMap<ClassKey, usize>,
    by_table: BTreeMap<String, usize>,
}

impl Models {
    /// `extends` tells whether a class is a child of another one.
    pub(super) fn new(mut models: Vec<Model>, extends: impl Fn(ClassKey, ClassKey) -> bool) -> Self {
        models.sort_by(|a, b| a.name.cmp(&b.name).then(a.class.cmp(&b.class)));
        let by_class = models.iter().enumerate().map(|(index, model)| (model.class, index)).collect();
        let mut by_table: BTreeMap<String, usize> = BTreeMap::new();
        for (index, model) in models.iter().enumerate().filter(|(_, model)| !model.is_abstract) {
            let Some(table) = &model.table else { continue };
            let known = by_table.entry(table.clone()).or_insert(index);
            if extends(models[*known].class, model.class) {
                *known = index;
            }
        }
        Self { sorted: models, by_class, by_table }
    }
}

/// Why mass assignment does not write a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// `$fillable` does not name it.
    NotFillable,
    /// `$guarded` names it.
    Guarded,
}

impl Dropped {
    /// The property that decides.
    #[must_use]
    pub const fn property(self) -> &'static str {
        match self {
            Self::NotFillable => "fillable",
            Self::Guarded => "guarded",
        }
    }
}

impl Model {
    /// Whether mass assignment leaves a column out silently. A model that guards everything and lists nothing refuses loudly.
    /// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/GuardsAttributes.php (isFillable, totallyGuarded)`
    #[must_use]
    pub fn drops(&self, column: &str) -> Option<Dropped> {
        let named = |list: &[String]| list.iter().any(|known| known == column);
        match self.fillable.as_deref() {
            Some(fillable) if !fillable.is_empty() => (!named(fillable)).then_some(Dropped::NotFillable),
            _ => self.guarded.as_deref().filter(|guarded| named(guarded)).map(|_| Dropped::Guarded),
        }
    }

    /// The hook that fills a column of every row that is created.
    #[must_use]
    pub fn filling_hook(&self, column: &str) -> Option<&CreatingHook> {
        self.creating.iter().find(|hook| hook.column == column && !hook.conditional)
    }
}

impl Index {
    /// True where the class is an Eloquent model.
    #[must_use]
    pub fn is_model(&self, class: ClassKey) -> bool {
        self.is_a(class, "Illuminate\\Database\\Eloquent\\Model")
    }

    /// The model that a class is.
    #[must_use]
    pub fn model(&self, class: ClassKey) -> Option<&Model> {
        self.models.by_class.get(&class).map(|&index| &self.models.sorted[index])
    }

    /// The model of a class name.
    #[must_use]
    pub fn model_named(&self, name: &str) -> Option<&Model> {
        self.model(self.resolve_class(name)?)
    }

    /// The column by which other tables point to a model's rows, as Laravel names it.
    /// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (getForeignKey)`
    #[must_use]
    pub fn foreign_key(&self, model: &Model) -> String {
        super::relations::foreign_key(self, model.class)
    }

    /// The model whose rows a column of a model points to: by a relation, else by the schema.
    #[must_use]
    pub fn parent_by(&self, model: &Model, column: &str) -> Option<&Model> {
        let belongs =
            |relation: &&Relation| relation.kind == RelationKind::BelongsTo && relation.foreign_key.as_deref() == Some(column);
        let by_relation = model.relations.values().find(belongs).and_then(|relation| relation.related.as_deref());
        by_relation.and_then(|class| self.model_named(class)).or_else(|| {
            let (table, _) = self.tables().get(model.table.as_deref()?)?.foreign_keys.get(column)?;
            self.model_for_table(table)
        })
    }

    /// All models, by class name.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.models.sorted.iter()
    }

    /// The concrete model of a table; where several have it, the one that the others extend, else the first by class name.
    #[must_use]
    pub fn model_for_table(&self, table: &str) -> Option<&Model> {
        self.models.by_table.get(table).map(|&index| &self.models.sorted[index])
    }
}
