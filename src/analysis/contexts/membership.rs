//! Membership: values of a request or of a caller that were found among what belongs to the user.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::flow::{CallEvent, Fact, Origin, Origins, Root, Types, Value, actual};
use crate::index::{ClassKey, ConstantKey, Index};

/// What belongs to a user, in terms of the project's models.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Among {
    /// The values of a column: the user's own, or of rows of the user's.
    Column(Arc<str>),
    /// The primary keys of rows of a class, which a relation of the user leads to.
    RowsOf(Arc<str>),
}

/// A value that was found among what belongs to the user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// The value.
    pub value: Origin,
    /// Where it was found.
    pub among: Among,
}

impl Member {
    /// True where a value is among the tenants of the user: `key` is their key in other tables, `root` their class.
    pub(super) fn is_tenant(&self, value: &Origin, key: &str, root: Option<&str>) -> bool {
        self.value == *value
            && match &self.among {
                Among::Column(column) => **column == *key,
                Among::RowsOf(class) => Some(&**class) == root,
            }
    }
}

/// Whose rows and columns are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Owner {
    /// The object, or the value that is its key.
    pub(super) value: Origin,
    /// Among what the value must be found to be the user's own: one of these is enough. Nothing, for the user.
    pub(super) among: BTreeSet<Among>,
}

impl Owner {
    pub(super) fn user() -> Self {
        Self::object(&Root::User, None)
    }

    /// An object of the code at hand, and its class.
    fn object(root: &Root, class: Option<&str>) -> Self {
        let among = class.filter(|_| *root != Root::User).map(|class| Among::RowsOf(class.into()));
        Self { value: Origin::of(root.clone()), among: among.into_iter().collect() }
    }

    /// True for the user whom an ability is asked about: its first parameter.
    pub(super) fn is_user_of_ability(&self) -> bool {
        self.is_user() || self.value == Origin::of(Root::Parameter(0))
    }

    /// True for the one who is logged in.
    pub(super) fn is_user(&self) -> bool {
        self.value.root == Root::User
    }
}

/// A value that is true, or something, only if a value is among those of an owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Membership {
    pub(super) value: Origin,
    pub(super) owner: Owner,
    pub(super) among: Among,
}

/// What belongs to the user's own is the user's own, too: the folder of a company of the user's.
pub(super) fn close(members: &mut BTreeSet<Member>, links: &BTreeSet<Membership>) {
    loop {
        let is_own =
            |owner: &Owner| members.iter().any(|member| member.value == owner.value && owner.among.contains(&member.among));
        let found = links.iter().filter(|link| is_own(&link.owner));
        let found: Vec<Member> = found.map(|link| Member { value: link.value.clone(), among: link.among.clone() }).collect();
        let before = members.len();
        members.extend(found);
        if members.len() == before {
            return;
        }
    }
}

/// What is known of a value: on every path.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// What holds where the value is true, or something.
    pub(super) memberships: BTreeSet<Membership>,
    /// What holds of the rows that it asks for or holds: there may be none.
    pub(super) of_rows: BTreeSet<Membership>,
    /// The rows of an owner that it is, or their keys.
    pub(super) own: Option<(Owner, Among)>,
    /// Columns that a query compares with values before it is known whose rows it asks for.
    pub(super) compared: BTreeSet<(Arc<str>, Origin)>,
}

impl Fact for Told {
    fn join(&mut self, other: &Self) -> bool {
        let size = |told: &Self| (told.memberships.len(), told.of_rows.len(), told.own.is_some(), told.compared.len());
        let before = size(self);
        self.memberships.retain(|membership| other.memberships.contains(membership));
        self.of_rows.retain(|membership| other.of_rows.contains(membership));
        self.compared.retain(|compared| other.compared.contains(compared));
        if self.own != other.own {
            self.own = None;
        }
        before != size(self)
    }
}

impl Told {
    fn is_nothing(&self) -> bool {
        self.memberships.is_empty() && self.of_rows.is_empty() && self.own.is_none() && self.compared.is_empty()
    }

    /// What a callee's value says in the terms of its caller.
    pub(super) fn of_caller(&self, event: &CallEvent<'_, Self>) -> Self {
        let own = self.own.as_ref().and_then(|(owner, among)| Some((owner_of_caller(event, owner)?, among.clone())));
        Self {
            memberships: of_callers(event, &self.memberships),
            of_rows: of_callers(event, &self.of_rows),
            own,
            compared: BTreeSet::new(),
        }
    }
}

/// What is said of the user's own.
pub(super) fn of_user(memberships: &BTreeSet<Membership>) -> BTreeSet<Member> {
    let own = memberships.iter().filter(|membership| membership.owner.is_user());
    own.map(|membership| Member { value: membership.value.clone(), among: membership.among.clone() }).collect()
}

/// What a value of an owner is: a column of it, or the key of rows that belong to it.
pub(super) fn own_key(value: &Value<Told>) -> Option<(Owner, Among)> {
    if value.fact.own.is_some() {
        return value.fact.own.clone();
    }
    let mut origins = value.origins.iter();
    let only = origins.next().filter(|_| value.origins.iter().count() == 1)?;
    let [column] = only.path.as_slice() else { return None };
    let is_column = !column.ends_with("()") && matches!(only.root, Root::User | Root::This | Root::Parameter(_));
    is_column.then(|| (Owner::object(&only.root, None), Among::Column(Arc::clone(column))))
}

/// The one value that a client or a caller chooses; a row stands for its key.
pub(super) fn chosen(origins: &Origins) -> Option<Origin> {
    let mut found = origins.iter().map(key_or_row);
    let only = found.next().filter(|origin| matches!(origin.root, Root::Request | Root::Parameter(_)))?;
    found.all(|other| other == only).then_some(only)
}

/// `$folder` of `$folder->getKey()`, and of `$folder->id` where that is a row's column.
#[must_use]
pub fn key_or_row(origin: &Origin) -> Origin {
    let is_key = |last: &str| last == "getKey()" || last == "id" && origin.column_of.is_some();
    match origin.path.split_last() {
        Some((last, path)) if is_key(last) => Origin { path: path.to_vec(), ..origin.clone() },
        _ => origin.clone(),
    }
}

/// The item of a list that holds no other.
fn only_item(list: &Value<Told>) -> Option<&Value<Told>> {
    let shape = list.shape.as_ref().filter(|shape| shape.items.len() == 1 && shape.rest.is_none())?;
    shape.items.values().next()
}

/// The rows that a relation of an owner leads to.
pub(super) fn own_rows(
    index: &Index,
    this: Option<ClassKey>,
    (receiver, types): (&Value<Told>, &Types),
    name: &str,
) -> Option<(Owner, Among)> {
    let mut origins = receiver.origins.iter();
    let owner = origins.next().filter(|origin| origin.path.is_empty())?.root.clone();
    if origins.next().is_some() || !matches!(owner, Root::User | Root::This | Root::Parameter(_)) {
        return None;
    }
    let of_this = || this.filter(|_| owner == Root::This).and_then(|class| index.model(class));
    let model = types.classes().find_map(|class| index.model_named(class)).or_else(of_this)?;
    let related = model.relations.get(name)?.related.as_deref()?;
    Some((Owner::object(&owner, Some(&model.name)), Among::RowsOf(related.into())))
}

/// `$user->companies()`
pub(super) fn relation(index: &Index, this: Option<ClassKey>, event: &CallEvent<'_, Told>) -> Option<Value<Told>> {
    let (receiver, name) = (event.receiver?, event.name?);
    let own = own_rows(index, this, (receiver, event.receiver_types?), name)?;
    let origins = receiver.origins.member(&format!("{name}()"), None);
    Some(Value { fact: Told { own: Some(own), ..Told::default() }, ..Value::from_origins(origins) })
}

/// A column of what belongs to an owner. The key by which a pivot points to rows is the key of the rows.
fn column_of(index: &Index, among: Among, column: &str) -> Among {
    let column = column.rsplit('.').next().unwrap_or(column);
    let Among::RowsOf(class) = &among else { return Among::Column(column.into()) };
    let is_key = index.model_named(class).map_or(column == "id", |model| {
        let table = model.table.as_ref().and_then(|table| index.tables().get(table));
        let is_own = table.is_some_and(|table| table.columns.contains_key(column));
        column == model.primary_key || !is_own && column == index.foreign_key(model)
    });
    if is_key { among } else { Among::Column(column.into()) }
}

/// What is left of an owner's rows behind a link of a chain that keeps some of them, or their keys.
fn kept(index: &Index, event: &CallEvent<'_, Told>) -> Option<(Owner, Among)> {
    let (owner, among) = event.receiver?.fact.own.clone()?;
    match event.name? {
        "getKey" | "get" | "all" | "toArray" | "values" | "unique" | "first" | "firstOrFail" | "sole" | "last" | "latest"
        | "oldest" | "limit" | "take" | "select" | "where" | "whereIn" | "wherePivot" | "wherePivotIn" | "modelKeys" | "ids"
        | "collect" => Some((owner, among)),
        "pluck" | "value" => {
            let column = event.arguments.first()?.value.text()?;
            Some((owner, column_of(index, among, column)))
        }
        _ => None,
    }
}

/// What a call's result says: `in_array($id, $user->tenants()->pluck('id')->all())`,
/// `$user->tenants()->where('id', $id)->exists()`, `$user->tenants->contains($id)`.
pub(super) fn told(index: &Index, event: &CallEvent<'_, Told>) -> Option<Told> {
    let memberships = answered(index, event);
    let known = match of_model(index, event) {
        Some(of_model) => Told { memberships, ..of_model },
        None => Told { memberships, of_rows: of_rows(index, event), own: kept(index, event), compared: BTreeSet::new() },
    };
    (!known.is_nothing()).then_some(known)
}

/// `Seat::where('user_id', $user->id)->where('company_id', $id)`: rows of a model that belong to the user, or to a row that
/// another value names, in any order of the conditions.
fn of_model(index: &Index, event: &CallEvent<'_, Told>) -> Option<Told> {
    let class = event.call.model.as_ref()?;
    let known = event.receiver.map(|receiver| receiver.fact.clone()).unwrap_or_default();
    if known.own.is_some() {
        return None;
    }
    let mut told = Told { compared: known.compared, ..Told::default() };
    let user = index.user_model().and_then(|user| index.model(user)).map(|user| index.foreign_key(user));
    let mut is_users = false;
    for (column, given) in compared_columns(index, class, event)? {
        is_users |= user.as_ref().is_some_and(|key| *column == **key) && given.origins.all(is_key_of_user);
        told.compared.extend(chosen(&given.origins).map(|value| (column, value)));
    }
    let rows = Among::RowsOf(Arc::clone(class));
    if is_users {
        let of_rows = told
            .compared
            .iter()
            .map(|(column, value)| membership(((Owner::user(), column_of(index, rows.clone(), column)), value.clone())));
        told.of_rows = of_rows.collect();
        told.own = Some((Owner::user(), rows));
        told.compared.clear();
    } else {
        told.of_rows = linked(index, class, &told.compared);
    }
    if matches!(event.name, Some("firstWhere" | "find" | "findOrFail")) {
        return Some(Told { memberships: told.of_rows, ..Told::default() });
    }
    Some(told)
}

/// The columns that a link of a chain compares with values: `where('id', $id)`, `where(['id' => $id])`, `find($id)`.
fn compared_columns<'e>(index: &Index, class: &str, event: &'e CallEvent<'_, Told>) -> Option<Vec<(Arc<str>, &'e Value<Told>)>> {
    let given = event.arguments;
    let first = &given.first()?.value;
    match (event.name?, given.len()) {
        ("find" | "findOrFail", 1) => Some(vec![(index.model_named(class)?.primary_key.as_str().into(), first)]),
        ("where" | "firstWhere", 1) => {
            let shape = first.shape.as_ref().filter(|shape| shape.rest.is_none())?;
            let columns = shape.items.iter().filter_map(|(key, value)| match key {
                ConstantKey::String(column) => Some((column.as_str().into(), value)),
                ConstantKey::Int(_) => None,
            });
            Some(columns.collect())
        }
        ("where" | "firstWhere", count) => {
            let is_equality = count == 2 || given.get(1).and_then(|operator| operator.value.text()) == Some("=");
            is_equality.then(|| Some(vec![(first.text()?.into(), &given.last()?.value)]))?
        }
        _ => None,
    }
}

/// A row that a query finds by its key and by a foreign key belongs to the row that the second one names.
fn linked(index: &Index, class: &str, compared: &BTreeSet<(Arc<str>, Origin)>) -> BTreeSet<Membership> {
    let Some(model) = index.model_named(class) else { return BTreeSet::new() };
    let keys = compared.iter().filter(|(column, _)| **column == *model.primary_key);
    let links = keys.flat_map(|(_, key)| {
        let owners = compared.iter().filter_map(|(column, value)| owner_by(index, class, column, value));
        owners.map(|owner| membership(((owner, Among::RowsOf(class.into())), key.clone())))
    });
    links.collect()
}

/// The row that a foreign key of a class names.
fn owner_by(index: &Index, class: &str, column: &str, value: &Origin) -> Option<Owner> {
    let parent = index.parent_by(index.model_named(class)?, column)?;
    let among = BTreeSet::from([Among::RowsOf(parent.name.as_str().into()), Among::Column(column.into())]);
    Some(Owner { value: value.clone(), among })
}

/// What two values say that are equal: `$contact->folder_id === $folder->id`, `$request->tenant === $user->tenant_id`.
pub(super) fn equal(index: &Index, left: &Value<Told>, right: &Value<Told>) -> BTreeSet<Membership> {
    let mut memberships = BTreeSet::new();
    for (one, other) in [(left, right), (right, left)] {
        let Some(value) = chosen(&other.origins) else { continue };
        if let Some(own) = own_key(one).filter(|(owner, _)| owner.is_user()) {
            memberships.insert(membership((own, value.clone())));
        }
        let mut origins = one.origins.iter();
        let row = origins.next().filter(|_| origins.next().is_none()).and_then(foreign_key);
        memberships.extend(row.and_then(|(class, column, row)| {
            let owner = owner_by(index, class, column, &value)?;
            Some(membership(((owner, Among::RowsOf(class.into())), row)))
        }));
    }
    memberships
}

/// The class, the column and the row of `$contact->folder_id`, where a client or a caller chooses the row.
fn foreign_key(column: &Origin) -> Option<(&str, &str, Origin)> {
    let class = column.column_of.as_deref()?;
    let (last, path) = column.path.split_last()?;
    let row = Origin { root: column.root.clone(), path: path.to_vec(), column_of: None };
    let is_chosen = path.is_empty() && matches!(row.root, Root::Parameter(_)) || row.root == Root::Request;
    is_chosen.then_some((class, &**last, row))
}

/// `$user->id`, `Auth::id()`
fn is_key_of_user(origin: &Origin) -> bool {
    let is_key = |member: &str| matches!(member, "id" | "uuid" | "getKey()" | "getAuthIdentifier()");
    origin.root == Root::User && matches!(origin.path.as_slice(), [only] if is_key(only))
}

/// What a yes says.
fn answered(index: &Index, event: &CallEvent<'_, Told>) -> BTreeSet<Membership> {
    let argument = |place: usize| event.arguments.get(place).map(|given| &given.value);
    match (event.name, event.receiver) {
        (Some("in_array"), None) => {
            let own = argument(1).and_then(|list| list.fact.own.clone());
            own.zip(argument(0).and_then(|value| chosen(&value.origins))).into_iter().map(membership).collect()
        }
        (Some("contains" | "containsStrict" | "find" | "findOrFail"), Some(receiver)) if event.arguments.len() == 1 => {
            let value = argument(0).and_then(|value| chosen(&value.origins));
            receiver.fact.own.clone().zip(value).into_iter().map(membership).collect()
        }
        (Some("contains" | "firstWhere"), Some(_)) => compared(index, event).into_iter().collect(),
        (Some("exists" | "first" | "firstOrFail" | "sole" | "count" | "isNotEmpty" | "value"), Some(receiver)) => {
            receiver.fact.of_rows.clone()
        }
        _ => BTreeSet::new(),
    }
}

/// What a link of a chain says of the rows that it leaves, and what the links before it say.
fn of_rows(index: &Index, event: &CallEvent<'_, Told>) -> BTreeSet<Membership> {
    let Some(receiver) = event.receiver else { return BTreeSet::new() };
    let here = match event.name {
        Some("where" | "wherePivot" | "whereIn" | "wherePivotIn") => compared(index, event),
        Some("whereKey") => {
            let value = event.arguments.first().and_then(|given| chosen(&given.value.origins));
            receiver.fact.own.clone().zip(value).map(membership)
        }
        Some("get" | "latest" | "select" | "limit") => None,
        _ => return BTreeSet::new(),
    };
    receiver.fact.of_rows.iter().cloned().chain(here).collect()
}

/// `where('id', $id)`; of a list only one that holds nothing else, since one hit of many is enough.
fn compared(index: &Index, event: &CallEvent<'_, Told>) -> Option<Membership> {
    let argument = |place: usize| event.arguments.get(place).map(|given| &given.value);
    let is_equality = event.arguments.len() == 2 || argument(1).and_then(Value::text) == Some("=");
    let given = event.arguments.last().filter(|_| is_equality).map(|given| &given.value)?;
    let is_list = matches!(event.name, Some("whereIn" | "wherePivotIn"));
    let value = chosen(&if is_list { only_item(given)? } else { given }.origins)?;
    let (owner, among) = event.receiver?.fact.own.clone()?;
    Some(membership(((owner, column_of(index, among, argument(0)?.text()?)), value)))
}

fn membership(((owner, among), value): ((Owner, Among), Origin)) -> Membership {
    Membership { value, owner, among }
}

/// Memberships of a callee in the terms of its caller.
pub(super) fn of_callers(event: &CallEvent<'_, Told>, memberships: &BTreeSet<Membership>) -> BTreeSet<Membership> {
    memberships.iter().filter_map(|membership| of_caller(event, membership)).collect()
}

/// A callee's membership in the terms of its caller.
fn of_caller(event: &CallEvent<'_, Told>, membership: &Membership) -> Option<Membership> {
    let owner = owner_of_caller(event, &membership.owner)?;
    let value = value_of_caller(event, &membership.value)?;
    Some(Membership { value, owner, among: membership.among.clone() })
}

/// The object whose rows they are, as the caller knows it.
pub(super) fn owner_of_caller(event: &CallEvent<'_, Told>, owner: &Owner) -> Option<Owner> {
    let value = match &owner.value.root {
        Root::User | Root::Request => return Some(owner.clone()),
        root if owner.value.path.is_empty() => root,
        _ => return None,
    };
    let origins = actual(event, value)?;
    let mut all = origins.iter();
    let only = all.next().filter(|_| all.next().is_none())?;
    let is_object = only.path.is_empty() && matches!(only.root, Root::User | Root::This | Root::Parameter(_));
    match () {
        () if is_object && only.root == Root::User => Some(Owner::user()),
        () if is_object => Some(Owner { value: Origin::of(only.root.clone()), among: owner.among.clone() }),
        () => Some(Owner { value: chosen(&origins)?, among: owner.among.clone() }),
    }
}

pub(super) fn value_of_caller(event: &CallEvent<'_, Told>, value: &Origin) -> Option<Origin> {
    match &value.root {
        Root::Request => Some(value.clone()),
        root if value.path.is_empty() => chosen(&actual(event, root)?),
        _ => None,
    }
}

pub(super) fn substitute(event: &CallEvent<'_, Told>, members: &BTreeSet<Member>) -> BTreeSet<Member> {
    let of_caller = |member: &Member| Some(Member { value: value_of_caller(event, &member.value)?, among: member.among.clone() });
    members.iter().filter_map(of_caller).collect()
}
