//! The relations of models.

use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

use super::attributes::{is_this, primary_key, table};
use super::inflect::{plural, snake};
use super::model::{Relation, RelationKind};
use super::values::Place;
use super::walk::statements;
use super::{ClassKey, Constant, Index, MethodRef, class_basename};
use crate::hir::{Argument, BinaryOp, BuiltinType, Callee, ClassRef, Expr, ExprId, Statement, TypeHint};

/// A relation that is made from another one's method is followed this deep.
const MAX_DEPTH: u32 = 4;
/// Further results of one method are not looked at.
const MAX_RETURNS: usize = 64;
const RELATIONS: &str = "Illuminate\\Database\\Eloquent\\Relations\\";

/// Methods after a relation's call that leave its rows what they are.
const NEUTRAL: &[&str] = &[
    "as",
    "chaperone",
    "inrandomorder",
    "inverse",
    "latest",
    "limit",
    "oldest",
    "orderby",
    "orderbydesc",
    "orderbypivot",
    "orderbyraw",
    "reorder",
    "select",
    "take",
    "using",
    "with",
    "withcount",
    "withdefault",
    "withpivot",
    "withpivotvalue",
    "withtimestamps",
];

/// Methods that run the query: what they return is no relation.
const TERMINALS: &[&str] = &[
    "all",
    "attach",
    "average",
    "avg",
    "chunk",
    "count",
    "create",
    "createmany",
    "cursor",
    "decrement",
    "delete",
    "detach",
    "doesntexist",
    "each",
    "exists",
    "find",
    "findmany",
    "findorfail",
    "first",
    "firstor",
    "firstorcreate",
    "firstorfail",
    "firstornew",
    "firstwhere",
    "forcedelete",
    "get",
    "getresults",
    "increment",
    "isempty",
    "isnotempty",
    "make",
    "map",
    "max",
    "min",
    "paginate",
    "pluck",
    "save",
    "savemany",
    "simplepaginate",
    "sole",
    "sum",
    "sync",
    "syncwithoutdetaching",
    "toarray",
    "toggle",
    "update",
    "updateorcreate",
    "value",
];

impl RelationKind {
    /// The kind of a method of `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/HasRelationships.php`, in lower case.
    #[must_use]
    pub fn of_method(name: &str) -> Option<Self> {
        Some(match name {
            "hasone" => Self::HasOne,
            "hasmany" => Self::HasMany,
            "belongsto" => Self::BelongsTo,
            "belongstomany" => Self::BelongsToMany,
            "hasonethrough" => Self::HasOneThrough,
            "hasmanythrough" => Self::HasManyThrough,
            "morphone" => Self::MorphOne,
            "morphmany" => Self::MorphMany,
            "morphto" => Self::MorphTo,
            "morphtomany" => Self::MorphToMany,
            "morphedbymany" => Self::MorphedByMany,
            _ => return None,
        })
    }

    /// True where the relation gives several rows.
    #[must_use]
    pub const fn is_many(self) -> bool {
        matches!(
            self,
            Self::HasMany
                | Self::BelongsToMany
                | Self::HasManyThrough
                | Self::MorphMany
                | Self::MorphToMany
                | Self::MorphedByMany
        )
    }
}

/// The relations of a model by method name: own methods, those of traits and parents.
pub(super) fn relations(index: &Index, model: ClassKey, candidates: &mut Candidates) -> BTreeMap<String, Relation> {
    let finder = Finder { index, model };
    let mut found = BTreeMap::new();
    for (name, method) in index.all_methods(model) {
        if candidates.contains(index, method)
            && let Some(relation) = finder.of_method(name, method, 0)
        {
            found.insert(name.to_owned(), relation);
        }
    }
    found
}

/// Whether a method may return a relation, asked once for all models that have it.
#[derive(Debug, Default)]
pub(super) struct Candidates(FxHashMap<MethodRef, bool>);

impl Candidates {
    fn contains(&mut self, index: &Index, method: MethodRef) -> bool {
        *self.0.entry(method).or_insert_with(|| {
            let item = index.method(method);
            let place = Place::new(index, index.method_body(method), None);
            let is_chain = |expr: &ExprId| matches!(place.item().expr(*expr), Expr::Call { .. } | Expr::Variable(_));
            !item.is_static
                && !item.is_abstract
                && !returns_something_else(item.signature.return_hint.as_ref())
                && returned(place).iter().any(is_chain)
        })
    }
}

struct Finder<'i> {
    index: &'i Index,
    model: ClassKey,
}

impl Finder<'_> {
    fn of_method(&self, name: &str, method: MethodRef, depth: u32) -> Option<Relation> {
        let item = self.index.method(method);
        if item.is_static || item.is_abstract || depth > MAX_DEPTH || returns_something_else(item.signature.return_hint.as_ref())
        {
            return None;
        }
        let place = Place::new(self.index, self.index.method_body(method), Some(self.model));
        let mut found: Option<Relation> = None;
        for value in returned(place) {
            let Some(relation) = self.chain(place, name, value, depth) else { continue };
            match &mut found {
                None => found = Some(relation),
                Some(first) => {
                    first.is_chained = true;
                    if first.related != relation.related {
                        first.related = None;
                    }
                }
            }
        }
        let mut relation = found.or_else(|| self.by_hint(place, name, method))?;
        if relation.related.is_none() && relation.kind != RelationKind::MorphTo {
            relation.related = self.documented(method);
        }
        Some(relation)
    }

    /// The relation at the bottom of a chain of calls on `$this`.
    fn chain(&self, place: Place<'_>, name: &str, expr: ExprId, depth: u32) -> Option<Relation> {
        let mut expr = expr;
        let mut is_chained = false;
        // A variable may be assigned a chain that starts with itself.
        let mut hops = 0;
        loop {
            let settled = place.settled(expr);
            hops += u32::from(settled != expr);
            if hops > MAX_DEPTH {
                return None;
            }
            is_chained |= settled != expr && has_methods_called(place, expr);
            expr = settled;
            let Expr::Call { callee, arguments, first_class: false } = place.item().expr(expr) else { return None };
            let (method, lower) = match callee {
                Callee::Method { name, .. } | Callee::Static { class: ClassRef::ParentClass, name } => {
                    let method = place.fixed(*name)?;
                    (method, method.to_ascii_lowercase())
                }
                _ => return None,
            };
            if let Callee::Method { receiver, .. } = callee
                && !is_this(place, *receiver)
            {
                if TERMINALS.contains(&lower.as_str()) {
                    return None;
                }
                is_chained |= !NEUTRAL.contains(&lower.as_str());
                expr = *receiver;
                continue;
            }
            let mut relation = match RelationKind::of_method(&lower) {
                Some(kind) => self.relation(place, name, kind, expr, arguments),
                None => self.delegated(place, *callee, method, depth)?,
            };
            name.clone_into(&mut relation.name);
            relation.is_chained |= is_chained;
            return Some(relation);
        }
    }

    /// The relation that another method of the model returns.
    fn delegated(&self, place: Place<'_>, callee: Callee, name: &str, depth: u32) -> Option<Relation> {
        let method = match callee {
            Callee::Static { .. } => self.index.parent_method(self.index.body_class(place.body)?, name)?,
            _ => self.index.find_method(self.model, name)?,
        };
        if self.index.method_body(method) == place.body {
            return None;
        }
        self.of_method(name, method, depth + 1)
    }

    /// A method that declares to return a relation which its code does not show.
    fn by_hint(&self, place: Place<'_>, name: &str, method: MethodRef) -> Option<Relation> {
        let TypeHint::Named(hint) = self.index.method(method).signature.return_hint.as_ref()? else { return None };
        let class = place.text(*hint);
        let kind = class
            .get(..RELATIONS.len())
            .filter(|prefix| prefix.eq_ignore_ascii_case(RELATIONS))
            .map(|_| &class[RELATIONS.len()..])?;
        let kind = RelationKind::of_method(&kind.to_ascii_lowercase())?;
        Some(Relation {
            name: name.to_owned(),
            kind,
            related: None,
            through: None,
            pivot: None,
            foreign_key: None,
            related_key: None,
            local_key: None,
            morph_type: None,
            body: place.body,
            call: *returned(place).first()?,
            is_chained: true,
        })
    }

    /// The first type argument of `@return HasMany<Post>`.
    fn documented(&self, method: MethodRef) -> Option<String> {
        let TypeHint::Generic(_, arguments) = self.index.method(method).signature.doc_return.as_ref()? else { return None };
        let hir = self.index.hir(method.declaring.file);
        match arguments.first()? {
            TypeHint::Named(name) => {
                let name = hir.text(*name);
                Some(self.index.resolve_class(name).map_or(name, |class| self.index.class_name(class)).to_owned())
            }
            TypeHint::SelfClass | TypeHint::StaticClass => Some(self.index.class_name(self.model).to_owned()),
            _ => None,
        }
    }

    fn relation(&self, place: Place<'_>, name: &str, kind: RelationKind, call: ExprId, arguments: &[Argument]) -> Relation {
        let call_arguments = Arguments { place, arguments };
        let related = (kind != RelationKind::MorphTo).then(|| call_arguments.class(0, "related")).flatten();
        let mut relation = Relation {
            name: name.to_owned(),
            kind,
            related,
            through: None,
            pivot: None,
            foreign_key: None,
            related_key: None,
            local_key: None,
            morph_type: None,
            body: place.body,
            call,
            is_chained: false,
        };
        self.keys(&mut relation, &call_arguments);
        relation
    }

    /// Foreign and local keys and the pivot table, with Laravel's defaults.
    fn keys(&self, relation: &mut Relation, call: &Arguments<'_>) {
        let own_key = || Some(primary_key(self.index, self.model));
        let own_foreign_key = || Some(foreign_key(self.index, self.model));
        let related = relation.related.clone();
        let related_key = || Some(self.key_of(related.as_deref()?));
        let related_foreign_key = || Some(self.foreign_key_of(related.as_deref()?));
        match relation.kind {
            RelationKind::HasOne | RelationKind::HasMany => {
                relation.foreign_key = call.text(1, "foreignKey", own_foreign_key);
                relation.local_key = call.text(2, "localKey", own_key);
            }
            RelationKind::BelongsTo => {
                let base = call.text(3, "relation", || Some(relation.name.clone()));
                let key = || Some(format!("{}_{}", snake(&base?), related_key().unwrap_or_else(|| "id".to_owned())));
                relation.foreign_key = call.text(1, "foreignKey", key);
                relation.local_key = call.text(2, "ownerKey", related_key);
            }
            RelationKind::HasOneThrough | RelationKind::HasManyThrough => {
                relation.through = call.class(1, "through");
                relation.foreign_key = call.text(2, "firstKey", own_foreign_key);
                let through = relation.through.clone();
                relation.related_key = call.text(3, "secondKey", || Some(self.foreign_key_of(through.as_deref()?)));
                relation.local_key = call.text(4, "localKey", own_key);
            }
            RelationKind::MorphOne | RelationKind::MorphMany => {
                let base = call.text(1, "name", || None);
                relation.morph_type = call.text(2, "type", || Some(format!("{}_type", base.as_deref()?)));
                relation.foreign_key = call.text(3, "id", || Some(format!("{}_id", base.as_deref()?)));
                relation.local_key = call.text(4, "localKey", own_key);
            }
            RelationKind::MorphTo => {
                let base = call.text(0, "name", || Some(relation.name.clone())).map(|name| snake(&name));
                relation.morph_type = call.text(1, "type", || Some(format!("{}_type", base.as_deref()?)));
                relation.foreign_key = call.text(2, "id", || Some(format!("{}_id", base.as_deref()?)));
                relation.local_key = call.text(3, "ownerKey", || None);
            }
            RelationKind::BelongsToMany => {
                relation.pivot = call.pivot(1, || Some(self.joining_table(related.as_deref()?)));
                relation.foreign_key = call.text(2, "foreignPivotKey", own_foreign_key);
                relation.related_key = call.text(3, "relatedPivotKey", related_foreign_key);
                relation.local_key = call.text(4, "parentKey", own_key);
            }
            RelationKind::MorphToMany | RelationKind::MorphedByMany => {
                let base = call.text(1, "name", || None);
                let morph_id = || Some(format!("{}_id", base.as_deref()?));
                relation.morph_type = base.as_deref().map(|name| format!("{name}_type"));
                relation.pivot = call.pivot(2, || Some(morph_table(base.as_deref()?)));
                if relation.kind == RelationKind::MorphToMany {
                    relation.foreign_key = call.text(3, "foreignPivotKey", morph_id);
                    relation.related_key = call.text(4, "relatedPivotKey", related_foreign_key);
                } else {
                    relation.foreign_key = call.text(3, "foreignPivotKey", own_foreign_key);
                    relation.related_key = call.text(4, "relatedPivotKey", morph_id);
                }
                relation.local_key = call.text(5, "parentKey", own_key);
            }
        }
    }

    fn key_of(&self, class: &str) -> String {
        self.index.resolve_class(class).map_or_else(|| "id".to_owned(), |class| primary_key(self.index, class))
    }

    fn foreign_key_of(&self, class: &str) -> String {
        format!("{}_{}", snake(class_basename(class)), self.key_of(class))
    }

    /// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/HasRelationships.php (joiningTable)`
    fn joining_table(&self, related: &str) -> String {
        let mut segments = [related, self.index.class_name(self.model)].map(|name| snake(class_basename(name)));
        segments.sort_unstable();
        segments.join("_").to_ascii_lowercase()
    }
}

/// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (getForeignKey)`
pub(super) fn foreign_key(index: &Index, model: ClassKey) -> String {
    format!("{}_{}", snake(class_basename(index.class_name(model))), primary_key(index, model))
}

/// The pivot table of a morphic relation: its name with the last word in the plural.
fn morph_table(name: &str) -> String {
    match name.rsplit_once('_') {
        Some((words, last)) => format!("{words}_{}", plural(last)),
        None => plural(name),
    }
}

struct Arguments<'a> {
    place: Place<'a>,
    arguments: &'a [Argument],
}

impl Arguments<'_> {
    fn class(&self, position: usize, name: &str) -> Option<String> {
        let value = self.place.argument(self.arguments, position, name)?;
        let class = self.place.named_value(value).or_else(|| match self.place.item().expr(value) {
            Expr::Call { callee: Callee::Function(function), arguments, .. }
                if self.place.text(function.fallback.unwrap_or(function.name)) == "get_class" =>
            {
                arguments
                    .first()
                    .filter(|first| is_this(self.place, first.value))
                    .and_then(|_| self.place.class_ref(ClassRef::StaticClass))
            }
            _ => None,
        });
        class.map(|class| class.name)
    }

    /// A text argument; the default where it is absent or null, none where it is not constant.
    fn text(&self, position: usize, name: &str, default: impl FnOnce() -> Option<String>) -> Option<String> {
        match self.place.argument(self.arguments, position, name) {
            None => default(),
            Some(value) => match self.place.constant(value)? {
                Constant::Null => default(),
                value => value.as_str().map(str::to_owned),
            },
        }
    }

    /// A pivot table: a name, or the class of the pivot's model.
    fn pivot(&self, position: usize, default: impl FnOnce() -> Option<String>) -> Option<String> {
        let name = self.text(position, "table", default)?;
        if !name.contains('\\') {
            return Some(name);
        }
        let class = self.place.index.resolve_class(&name)?;
        table(self.place.index, class)
    }
}

/// The expressions that a method may return, branches apart.
fn returned(place: Place<'_>) -> Vec<ExprId> {
    let body = place.item();
    let mut open: Vec<_> = statements(body)
        .into_iter()
        .filter_map(|statement| match body.statement(statement) {
            Statement::Return(Some(value)) => Some(*value),
            _ => None,
        })
        .rev()
        .collect();
    let mut found = Vec::new();
    while let Some(expr) = open.pop().filter(|_| found.len() < MAX_RETURNS) {
        match body.expr(expr) {
            Expr::Ternary(condition, then, otherwise) => open.extend([*otherwise, then.unwrap_or(*condition)]),
            Expr::Binary(BinaryOp::Coalesce, left, right) => open.extend([*right, *left]),
            Expr::Match(_, arms) => open.extend(arms.iter().rev().map(|arm| arm.result)),
            Expr::Assign { value, .. } => open.push(*value),
            _ => found.push(expr),
        }
    }
    found
}

/// True where methods are called on the variable besides what it is assigned.
fn has_methods_called(place: Place<'_>, variable: ExprId) -> bool {
    let Expr::Variable(name) = place.item().expr(variable) else { return false };
    let is_variable = |expr: ExprId| matches!(place.item().expr(expr), Expr::Variable(other) if other == name);
    place
        .item()
        .exprs()
        .any(|(_, expr)| matches!(expr, Expr::Call { callee: Callee::Method { receiver, .. }, .. } if is_variable(*receiver)))
}

/// True for a declared return type that no relation has.
fn returns_something_else(hint: Option<&TypeHint>) -> bool {
    match hint {
        Some(TypeHint::Builtin(builtin)) => !matches!(builtin, BuiltinType::Mixed | BuiltinType::Object),
        Some(TypeHint::Union(hints)) => hints.iter().all(|hint| returns_something_else(Some(hint))),
        Some(TypeHint::SelfClass | TypeHint::StaticClass | TypeHint::ParentClass) => true,
        _ => false,
    }
}
