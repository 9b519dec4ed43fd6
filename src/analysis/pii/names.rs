//! What a property, key or variable holds, by its name, its receiver and its type.

use std::sync::Arc;

use super::evaluator::{Owner, Unit};
use super::types::is_plain;
use super::value::{Mark, Unknown, Value, What};
use crate::finding::{Location, Message};
use crate::index::ClassKey;
use crate::specs::{Kind, Meaning};

/// Personal columns of a table above which its rows are taken for persons.
const PERSONAL_COLUMNS: usize = 3;

impl Unit<'_, '_> {
    /// The word of a name without what says that it is a container: `hostData` is a host.
    fn bare(name: &str) -> &str {
        let endings = [
            "_data",
            "Data",
            "_info",
            "Info",
            "_details",
            "Details",
            "_model",
            "Model",
            "_record",
            "Record",
            "_array",
            "Array",
            "_row",
            "_payload",
            "Payload",
            "_attributes",
            "Attributes",
        ];
        let stripped = endings.iter().find_map(|ending| name.strip_suffix(ending));
        stripped.filter(|rest| !rest.is_empty()).unwrap_or(name)
    }

    /// Who goes by a name.
    pub(super) fn owner_named(&self, name: &str) -> Owner {
        if let Some(owner) = self.evaluator.names.borrow().owners.get(name) {
            return *owner;
        }
        let owner = self.read_owner(name);
        self.evaluator.names.borrow_mut().owners.insert(name.into(), owner);
        owner
    }

    /// What a name says.
    pub(super) fn meaning(&self, name: &str) -> Option<Meaning> {
        if let Some(meaning) = self.evaluator.names.borrow().meanings.get(name) {
            return *meaning;
        }
        let meaning = self.vocabulary().meaning(name);
        self.evaluator.names.borrow_mut().meanings.insert(name.into(), meaning);
        meaning
    }

    fn read_owner(&self, name: &str) -> Owner {
        let vocabulary = self.vocabulary();
        let bare = Self::bare(name);
        if vocabulary.is_person(bare) {
            Owner::Person
        } else if vocabulary.is_thing(bare) {
            Owner::Thing
        } else {
            Owner::Open
        }
    }

    /// Who the objects of a class are: by the class's name, or by what its table holds.
    pub(super) fn owner_of_class(&self, class: &str) -> Owner {
        if let Some(owner) = self.evaluator.names.borrow().classes.get(class) {
            return *owner;
        }
        let owner = self.read_class(class);
        self.evaluator.names.borrow_mut().classes.insert(class.into(), owner);
        owner
    }

    fn read_class(&self, class: &str) -> Owner {
        let short = class.rsplit('\\').next().unwrap_or(class);
        match self.owner_named(short) {
            Owner::Open => {}
            owner => return owner,
        }
        let index = self.project().index;
        let Some(key) = index.resolve_class(class) else { return Owner::Open };
        if index.user_model() == Some(key) {
            return Owner::Person;
        }
        let is_person = self.personal_columns(key).is_some_and(|columns| {
            columns.len() >= PERSONAL_COLUMNS
                && columns.iter().any(|(_, kind)| matches!(kind, Kind::PersonName | Kind::Identifier))
        });
        if is_person { Owner::Person } else { Owner::Open }
    }

    /// The columns of a model's table that hold personal data. `None` where its table is not known.
    pub(super) fn personal_columns(&self, class: ClassKey) -> Option<Vec<(String, Kind)>> {
        let index = self.project().index;
        let model = index.model(class)?;
        let table = model.table.as_deref().and_then(|table| index.tables().get(table));
        let mut names: Vec<&str> = table.into_iter().flat_map(|table| table.columns.keys().map(String::as_str)).collect();
        names.extend(model.fillable.iter().flatten().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return None;
        }
        let owner = self.owner_named(model.name.rsplit('\\').next().unwrap_or(&model.name));
        let kind = |name: &str| match self.meaning(name) {
            Some(Meaning::Personal(kind)) if owner != Owner::Thing || kind == Kind::Secret => Some(kind),
            Some(Meaning::Maybe(kind)) if owner == Owner::Person => Some(kind),
            _ => None,
        };
        Some(names.into_iter().filter_map(|name| Some((name.to_owned(), kind(name)?))).collect())
    }

    /// A property of an object whose classes are known.
    pub(super) fn member_of_class(&self, class: &str, name: &str, at: Location) -> Option<Value> {
        let index = self.project().index;
        let key = index.resolve_class(class);
        if let Some(model) = key.and_then(|key| index.model(key)) {
            if model.relations.contains_key(name) {
                return Some(Value::default());
            }
            let cast = model.casts.get(name).map(|cast| cast.to_ascii_lowercase());
            let is_plain = cast
                .as_deref()
                .is_some_and(|cast| matches!(cast, "int" | "integer" | "bool" | "boolean" | "float" | "double" | "timestamp"));
            if is_plain {
                return Some(Value::default());
            }
        }
        let declared = key.filter(|key| !index.is_model(*key)).and_then(|key| index.find_property(key, name));
        if declared.is_some_and(|(_, property)| property.hint.as_ref().is_some_and(is_plain)) {
            return Some(Value::default());
        }
        let owner = self.owner_of_class(class);
        let value = match self.meaning(name) {
            Some(Meaning::Personal(kind)) if owner != Owner::Thing || kind == Kind::Secret => Self::field(kind, name, at),
            Some(Meaning::Maybe(kind)) if owner == Owner::Person && kind != Kind::Secret => Self::field(kind, name, at),
            Some(Meaning::Dump) if key.is_some() => return None,
            // Whose name or number it is, neither the class nor its table says.
            Some(Meaning::Maybe(Kind::PersonName | Kind::Contact | Kind::Address))
                if owner == Owner::Open && key.is_some_and(|key| index.is_model(key)) =>
            {
                let why = Message::new("pii.reason.property").text("name", name);
                Value { unknown: Some(Unknown { why, at, word: Some(name.into()), through: false }), ..Value::default() }
            }
            _ if key.is_some_and(|key| index.is_model(key)) => Value::default(),
            _ => return None,
        };
        Some(value)
    }

    /// A datum at its source.
    pub(super) fn field(kind: Kind, name: &str, at: Location) -> Value {
        Value::of(Mark::new(kind, What::Field, name, at))
    }

    /// What a name alone says of a value of which nothing else is known.
    pub(super) fn by_name(&self, name: &str, owner: Owner, at: Location) -> Option<Value> {
        match self.meaning(name)? {
            Meaning::Personal(Kind::Secret) => Some(Self::field(Kind::Secret, name, at)),
            Meaning::Personal(kind) if owner != Owner::Thing => Some(Value::of(Mark::new(kind, What::Field, name, at))),
            Meaning::Maybe(kind) if owner == Owner::Person && kind != Kind::Secret => {
                Some(Value::of(Mark::new(kind, What::Field, name, at).unsure()))
            }
            Meaning::Personal(_) | Meaning::Decoy => Some(Value::default()),
            Meaning::Maybe(_) if owner == Owner::Thing => Some(Value::default()),
            Meaning::Dump => Some(Value::of(Mark::new(Kind::FreeText, What::Named, name, at))),
            Meaning::Maybe(_) => None,
        }
    }

    /// What is read from a value under a key.
    pub(super) fn element(&self, base: &Value, key: Option<&str>, word: Option<&str>, at: Location) -> Value {
        let mut found = Value::default();
        if let Some(shape) = &base.shape {
            match key.and_then(|key| shape.items.get(key)) {
                Some(item) => return item.clone(),
                None if key.is_some() => {
                    if let Some(rest) = &shape.rest {
                        found.join(rest);
                    }
                }
                None => {
                    shape.items.values().chain(&shape.rest).for_each(|item| found.join(item));
                }
            }
        }
        for mark in &base.marks {
            if let Some(mark) = self.part_of(mark, key, at) {
                found.add(mark);
            }
        }
        for given in &base.given {
            let mut given = given.clone();
            given.path.push(key.unwrap_or("*").into());
            if given.path.len() <= 6 {
                found.given.push(given);
            }
        }
        for class in &base.objects {
            if let Some(value) = key.and_then(|key| self.member_of_class(class, key, at)) {
                found.join(&value);
            }
        }
        if let Some(unknown) = &base.unknown {
            let word = word.or(unknown.word.as_deref());
            let owner = word.map_or(Owner::Open, |word| self.owner_named(word));
            match key.and_then(|key| self.by_name(key, owner, at)) {
                Some(value) => found.join(&value),
                None => {
                    // A number is no name: the element goes by the name of the list.
                    let named = key.filter(|key| !key.bytes().all(|byte| byte.is_ascii_digit()));
                    let name: Option<Arc<str>> = named.or(word).map(Arc::from);
                    found.unknown = Some(Unknown { word: name, ..unknown.clone() });
                }
            }
        }
        found.treatment = found.treatment.max(base.treatment);
        found
    }

    /// What of a mark is in the part under a key.
    fn part_of(&self, mark: &Mark, key: Option<&str>, at: Location) -> Option<Mark> {
        let is_structure = mark.what.is_dump() || !matches!(mark.kind, Kind::FreeText | Kind::Secret | Kind::Health);
        let Some(key) = key.filter(|key| !key.bytes().all(|byte| byte.is_ascii_digit())) else {
            return Some(mark.clone());
        };
        if mark.what == What::Exception && key == "response" {
            // The answer of a server that an exception carries is more than its text.
            return Some(Mark::new(Kind::FreeText, What::Response, key, at));
        }
        let meaning = self.meaning(key);
        if mark.what == What::Exception || !is_structure {
            // What was made of a text or a secret still is of it, but not its id, its type or its date.
            return (meaning != Some(Meaning::Decoy)).then(|| mark.clone());
        }
        if mark.what == What::Request && matches!(key, "headers" | "server" | "cookies") {
            return Some(Mark { kind: Kind::Identifier, what: What::Headers, word: key.into(), ..mark.clone() });
        }
        let owner = self.owner_named(&mark.word);
        let is_person = self.owner_named(key) == Owner::Person;
        let as_field = |kind: Kind| {
            let note = Message::new("pii.step.key").text("name", key);
            let mut field = Mark { kind, what: What::Field, word: key.into(), inert: false, ..mark.after(at, note) };
            field.failure.clone_from(&mark.failure);
            Some(field)
        };
        match meaning {
            Some(Meaning::Personal(kind)) => as_field(kind),
            Some(Meaning::Maybe(kind)) if owner == Owner::Person && kind != Kind::Secret => as_field(kind),
            Some(Meaning::Maybe(Kind::PersonName)) if is_person && mark.what.is_dump() => {
                Some(Mark { word: key.into(), inert: false, ..mark.clone() })
            }
            Some(Meaning::Dump) if mark.what.is_dump() => Some(Mark { word: key.into(), inert: false, ..mark.clone() }),
            Some(Meaning::Decoy) => None,
            _ => Some(Mark { word: key.into(), inert: true, ..mark.clone() }),
        }
    }

    /// True for a column that the rows of a model show when they are written as a whole.
    pub(super) fn shows(&self, class: &str, column: &str) -> bool {
        let index = self.project().index;
        let Some(model) = index.resolve_class(class).and_then(|key| index.model(key)) else { return true };
        let is_visible = model.visible.as_ref().is_none_or(|visible| visible.iter().any(|name| name == column));
        is_visible && !model.hidden.iter().any(|name| name == column)
    }

    /// What the rows of a model hold when they are written as a whole.
    pub(super) fn whole_model(&self, class: &str, with_hidden: bool, at: Location) -> Option<Mark> {
        let index = self.project().index;
        let key = index.resolve_class(class)?;
        index.model(key)?;
        let columns = self.personal_columns(key);
        let short = class.rsplit('\\').next().unwrap_or(class);
        let mark = |kind| Mark::new(kind, What::Model(class.into()), short, at);
        match columns {
            Some(columns) => {
                let mut shown = columns.iter().filter(|(name, _)| with_hidden || self.shows(class, name)).map(|(_, kind)| *kind);
                let first = shown.next()?;
                let worst = shown.fold(first, |worst, kind| if kind == Kind::Secret { kind } else { worst });
                Some(mark(if worst == Kind::Secret && first != Kind::Secret && !with_hidden { first } else { worst }))
            }
            None => (self.owner_of_class(class) == Owner::Person).then(|| mark(Kind::PersonName).unsure()),
        }
    }
}
