//! What a model says of itself: its table, keys, fillable columns, casts and builder.

use std::collections::BTreeMap;

use super::external::Externals;
use super::inflect::{plural_studly, singular, snake};
use super::values::Place;
use super::{BodyKey, ClassKey, Constant, Index, MethodRef, Version, class_basename};
use crate::hir::{Attribute, Callee, Expr, ExprId, ExprRef, Statement, Symbol, TypeHint};

const ATTRIBUTES: &str = "Illuminate\\Database\\Eloquent\\Attributes\\";
const ELOQUENT_BUILDER: &str = "Illuminate\\Database\\Eloquent\\Builder";
const PIVOT: &str = "Illuminate\\Database\\Eloquent\\Relations\\Concerns\\AsPivot";

/// A value that the code fixes, leaves to the default, or sets at run time.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Setting {
    /// Not declared, or declared as null.
    Default,
    /// Fixed.
    Known(Constant),
    /// Declared, but not constant.
    Unknown,
}

impl Setting {
    fn text(self) -> Option<String> {
        match self {
            Self::Known(value) => value.as_str().map(str::to_owned),
            Self::Default | Self::Unknown => None,
        }
    }

    fn texts(self) -> Option<Vec<String>> {
        match self {
            Self::Known(value) => value.strings(),
            Self::Default | Self::Unknown => None,
        }
    }
}

/// The default of a property of the class, of its traits or parents.
pub(super) fn property(index: &Index, class: ClassKey, name: &str) -> Setting {
    let Some((holder, property)) = index.find_property(class, name) else { return Setting::Default };
    let Some(default) = property.default else { return Setting::Default };
    match index.constant_value(holder.file, default, Some(class)) {
        Some(Constant::Null) => Setting::Default,
        Some(value) => Setting::Known(value),
        None => Setting::Unknown,
    }
}

/// A class attribute of Eloquent's own (13 and later): of the class, of a trait that it names, of its parents.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (resolveClassAttribute)`
fn class_attribute<'i>(index: &'i Index, class: ClassKey, name: &str) -> Option<(ClassKey, &'i Attribute)> {
    if index.options().laravel < Version::new(13, 0, 0) {
        return None;
    }
    let line = std::iter::once(class).chain(index.parent_slice(class).iter().copied());
    line.flat_map(|class| std::iter::once(class).chain(index.used_traits(class)))
        .find_map(|holder| own_attribute(index, holder, name).map(|found| (holder, found)))
}

fn own_attribute<'i>(index: &'i Index, class: ClassKey, name: &str) -> Option<&'i Attribute> {
    let hir = index.hir(class.file);
    let is_wanted = |found: &str| {
        found.get(..ATTRIBUTES.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(ATTRIBUTES))
            && found[ATTRIBUTES.len()..].eq_ignore_ascii_case(name)
    };
    index.class(class).attributes.iter().find(|attribute| is_wanted(hir.text(attribute.name.name)))
}

/// An argument of an attribute, by name or position.
fn attribute_argument(index: &Index, holder: ClassKey, attribute: &Attribute, position: usize, name: &str) -> Setting {
    let hir = index.hir(holder.file);
    let named = attribute.arguments.iter().find(|(found, _)| found.is_some_and(|found| hir.text(found) == name));
    let found = named.or_else(|| attribute.arguments.get(position).filter(|(name, _)| name.is_none()));
    match found.map(|(_, value)| index.constant_value(holder.file, *value, Some(holder))) {
        None | Some(Some(Constant::Null)) => Setting::Default,
        Some(Some(value)) => Setting::Known(value),
        Some(None) => Setting::Unknown,
    }
}

/// The columns of `#[Fillable]` and its like: one array, or one argument each.
fn attribute_columns(index: &Index, class: ClassKey, name: &str) -> Option<Vec<String>> {
    let (holder, attribute) = class_attribute(index, class, name)?;
    let values = attribute.arguments.iter().map(|(_, value)| index.constant_value(holder.file, *value, Some(holder))?.strings());
    values.collect::<Option<Vec<_>>>().map(|lists| lists.concat())
}

/// The table of a model: `getTable()`, what the constructor sets, `$table`, `#[Table]`, else the plural of its name.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php (getTable, initializeModelAttributes)`
pub(super) fn table(index: &Index, class: ClassKey) -> Option<String> {
    if let Some(method) = index.find_method(class, "getTable") {
        return index.returned_constant(method, class)?.as_str().map(str::to_owned);
    }
    match assigned_in_constructor(index, class, "table") {
        Setting::Default => {}
        setting => return setting.text(),
    }
    let declared = index.find_property(class, "table").map(|(holder, _)| holder);
    let is_own = declared.is_some_and(|holder| index.parent_slice(class).iter().all(|&parent| !holds(index, parent, holder)));
    let attribute = |own: bool| {
        let found = if own {
            (index.options().laravel >= Version::new(13, 0, 0))
                .then(|| own_attribute(index, class, "Table"))
                .flatten()
                .map(|a| (class, a))
        } else {
            class_attribute(index, class, "Table")
        };
        found.map_or(Setting::Default, |(holder, found)| attribute_argument(index, holder, found, 0, "name"))
    };
    if !is_own && attribute(true) != Setting::Default {
        return attribute(true).text();
    }
    for setting in [property(index, class, "table"), attribute(false)] {
        if setting != Setting::Default {
            return setting.text();
        }
    }
    Some(default_table(index, class))
}

/// True where a property of `holder` is one of `class`: its own, or of its traits.
fn holds(index: &Index, class: ClassKey, holder: ClassKey) -> bool {
    class == holder || index.trait_slice(class).contains(&holder)
}

fn default_table(index: &Index, class: ClassKey) -> String {
    if let Some(table) = index.external_parent(class).and_then(|parent| Externals::known().table(parent)) {
        return table.to_owned();
    }
    let name = class_basename(index.class_name(class));
    if index.uses_trait(class, PIVOT) {
        // laravel/framework:src/Illuminate/Database/Eloquent/Relations/Concerns/AsPivot.php (getTable)
        return snake(&singular(name));
    }
    if index.uses_trait(class, "Parental\\HasParent")
        && let Some(parent) = index.parent(class)
        && let Some(table) = table(index, parent)
    {
        return table;
    }
    snake(&plural_studly(name))
}

/// What the constructor assigns to `$this->name`.
fn assigned_in_constructor(index: &Index, class: ClassKey, name: &str) -> Setting {
    let Some(method) = index.find_method(class, "__construct") else { return Setting::Default };
    let place = Place::new(index, index.method_body(method), Some(class));
    let mut setting = Setting::Default;
    for (_, expr) in place.item().exprs() {
        let value = match expr {
            Expr::Assign { target, value, .. } if is_own_property(place, *target, name) => *value,
            Expr::CompoundAssign(_, target, value) if is_own_property(place, *target, name) => *value,
            Expr::Call { callee: Callee::Method { receiver, name: method, .. }, arguments, .. }
                if is_this(place, *receiver) && is_setter(place.fixed(*method), name) =>
            {
                let Some(first) = arguments.first() else { continue };
                first.value
            }
            _ => continue,
        };
        setting = place.constant(value).map_or(Setting::Unknown, Setting::Known);
    }
    setting
}

fn is_setter(method: Option<&str>, property: &str) -> bool {
    method
        .and_then(|method| method.get(..3).filter(|set| set.eq_ignore_ascii_case("set")).map(|_| &method[3..]))
        .is_some_and(|rest| rest.eq_ignore_ascii_case(property))
}

pub(super) fn is_this(place: Place<'_>, expr: ExprId) -> bool {
    matches!(place.item().expr(expr), Expr::Variable(name) if *name == Symbol::THIS)
}

fn is_own_property(place: Place<'_>, expr: ExprId, name: &str) -> bool {
    matches!(place.item().expr(expr), Expr::Property { receiver, name: found, .. }
        if is_this(place, *receiver) && place.fixed(*found) == Some(name))
}

/// `$connection`, `getConnectionName()`, `#[Connection]`
pub(super) fn connection(index: &Index, class: ClassKey) -> Option<String> {
    if let Some(method) = index.find_method(class, "getConnectionName") {
        return index.returned_constant(method, class)?.as_str().map(str::to_owned);
    }
    match property(index, class, "connection") {
        Setting::Default => {
            let (holder, attribute) = class_attribute(index, class, "Connection")?;
            attribute_argument(index, holder, attribute, 0, "name").text()
        }
        setting => setting.text(),
    }
}

/// `$primaryKey`, `getKeyName()`, `#[Table(key: …)]`, else `id`.
pub(super) fn primary_key(index: &Index, class: ClassKey) -> String {
    let method = index.find_method(class, "getKeyName").and_then(|method| index.returned_constant(method, class));
    let declared = method.and_then(|key| key.as_str().map(str::to_owned));
    declared
        .or_else(|| property(index, class, "primaryKey").text())
        .or_else(|| {
            let (holder, attribute) = class_attribute(index, class, "Table")?;
            attribute_argument(index, holder, attribute, 1, "key").text()
        })
        .unwrap_or_else(|| "id".to_owned())
}

/// A property that is a list of columns, with what its attribute adds.
fn columns(index: &Index, class: ClassKey, name: &str, attribute: &str) -> Option<Vec<String>> {
    let declared = property(index, class, name);
    let is_unknown = declared == Setting::Unknown;
    match (declared.texts(), attribute_columns(index, class, attribute)) {
        _ if is_unknown => None,
        (Some(mut own), Some(added)) => {
            own.extend(added.into_iter().filter(|column| !own.contains(column)).collect::<Vec<_>>());
            Some(own)
        }
        (own, added) => own.or(added),
    }
}

/// `$fillable`, `#[Fillable]`
pub(super) fn fillable(index: &Index, class: ClassKey) -> Option<Vec<String>> {
    columns(index, class, "fillable", "Fillable")
}

/// `$guarded`, `#[Guarded]`, `#[Unguarded]`
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/GuardsAttributes.php (initializeGuardsAttributes)`
pub(super) fn guarded(index: &Index, class: ClassKey) -> Option<Vec<String>> {
    let is_pivot = index.uses_trait(class, PIVOT);
    let declared = match property(index, class, "guarded") {
        Setting::Default => is_pivot.then(Vec::new),
        Setting::Known(Constant::Bool(false)) => Some(Vec::new()),
        Setting::Known(value) => value.strings(),
        Setting::Unknown => return None,
    };
    let is_default = match &declared {
        None => true,
        Some(columns) => {
            if is_pivot {
                columns.is_empty()
            } else {
                columns.as_slice() == ["*"]
            }
        }
    };
    if is_default && class_attribute(index, class, "Unguarded").is_some() {
        return Some(Vec::new());
    }
    attribute_columns(index, class, "Guarded").filter(|_| is_default).or(declared)
}

/// `$visible`, `#[Visible]`
pub(super) fn visible(index: &Index, class: ClassKey) -> Option<Vec<String>> {
    columns(index, class, "visible", "Visible").filter(|columns| !columns.is_empty())
}

/// `$hidden`, `#[Hidden]`
pub(super) fn hidden(index: &Index, class: ClassKey) -> Vec<String> {
    columns(index, class, "hidden", "Hidden").unwrap_or_default()
}

/// `$with`
pub(super) fn with(index: &Index, class: ClassKey) -> Vec<String> {
    let Setting::Known(value) = property(index, class, "with") else { return Vec::new() };
    let text = |item: &Constant| item.as_str().map(str::to_owned);
    value.as_array().map(|items| items.iter().filter_map(|(_, item)| text(item)).collect()).unwrap_or_default()
}

/// `$casts` with what `casts()` adds; the items that are not constant are left out one by one.
///
/// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/HasAttributes.php (initializeHasAttributes)`
pub(super) fn casts(index: &Index, class: ClassKey) -> BTreeMap<String, String> {
    let mut casts = BTreeMap::new();
    if let Some((holder, property)) = index.find_property(class, "casts")
        && let Some(ExprRef { body, expr }) = property.default
    {
        cast_items(Place::new(index, BodyKey::new(holder.file, body), Some(class)), expr, &mut casts, 0);
    }
    if let Some(method) = index.find_method(class, "casts") {
        cast_method(index, class, method, &mut casts, 0);
    }
    casts
}

fn cast_method(index: &Index, class: ClassKey, method: MethodRef, casts: &mut BTreeMap<String, String>, depth: u32) {
    let place = Place::new(index, index.method_body(method), Some(class));
    for statement in super::walk::statements(place.item()) {
        if let Statement::Return(Some(value)) = place.item().statement(statement) {
            cast_items(place, *value, casts, depth);
        }
    }
}

fn cast_items(place: Place<'_>, expr: ExprId, casts: &mut BTreeMap<String, String>, depth: u32) {
    if depth > 8 {
        return;
    }
    match place.item().expr(place.settled(expr)) {
        Expr::Array(items) => {
            for item in items {
                let Some(value) = item.value else { continue };
                if item.spread {
                    cast_items(place, value, casts, depth + 1);
                } else if let Some(key) = item.key.and_then(|key| place.constant(key))
                    && let (Some(key), Some(value)) = (key.as_str(), cast_text(place, value))
                {
                    casts.insert(key.to_owned(), value);
                }
            }
        }
        Expr::Call { callee: Callee::Static { class: crate::hir::ClassRef::ParentClass, name }, .. } => {
            let host = place.index.body_class(place.body);
            let parent = host.zip(place.fixed(*name)).and_then(|(host, name)| place.index.parent_method(host, name));
            if let (Some(parent), Some(class)) = (parent, place.class) {
                cast_method(place.index, class, parent, casts, depth + 1);
            }
        }
        Expr::Call { callee: Callee::Function(name), arguments, .. }
            if place.text(name.fallback.unwrap_or(name.name)) == "array_merge" =>
        {
            arguments.iter().for_each(|argument| cast_items(place, argument.value, casts, depth + 1));
        }
        _ => {}
    }
}

/// What a cast says: its text or class; of `AsEnumCollection::of(X::class)` the class that is called.
fn cast_text(place: Place<'_>, expr: ExprId) -> Option<String> {
    if let Expr::Call { callee: Callee::Static { class, .. }, .. } = place.item().expr(expr) {
        return place.class_ref(*class).map(|class| class.name);
    }
    place.constant(expr)?.as_str().map(str::to_owned)
}

/// The class of the model's query builder, where it is no plain Eloquent one: `newEloquentBuilder()`, `#[UseEloquentBuilder]`
/// (12.19), `$builder` (11).
pub(super) fn builder(index: &Index, class: ClassKey) -> Option<String> {
    let found = if let Some(method) = index.find_method(class, "newEloquentBuilder") {
        made_builder(index, class, method)
    } else {
        let attribute = own_attribute(index, class, "UseEloquentBuilder")
            .filter(|_| index.options().laravel >= Version::new(12, 19, 0))
            .and_then(|attribute| attribute_argument(index, class, attribute, 0, "builderClass").text());
        attribute.or_else(|| property(index, class, "builder").text().filter(|_| index.options().laravel.major >= 11))
    };
    found.filter(|name| !name.eq_ignore_ascii_case(ELOQUENT_BUILDER))
}

fn made_builder(index: &Index, class: ClassKey, method: MethodRef) -> Option<String> {
    let place = Place::new(index, index.method_body(method), Some(class));
    let returned =
        super::walk::statements(place.item()).into_iter().find_map(|statement| match place.item().statement(statement) {
            Statement::Return(Some(value)) => place.object(*value),
            _ => None,
        });
    returned.map(|class| class.name).or_else(|| match index.method(method).signature.return_hint.as_ref()? {
        TypeHint::Named(name) => Some(place.text(*name).to_owned()),
        _ => None,
    })
}
