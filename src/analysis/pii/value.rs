//! What is known about the personal data in a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding::{Confidence, EvidenceRole, Location, Message};
use crate::specs::Kind;

/// Steps kept of a flow.
const TRACE_LIMIT: usize = 12;
/// Different marks kept of one value.
const MARK_LIMIT: usize = 24;
/// Keys kept of one array.
const SHAPE_LIMIT: usize = 128;

/// One step of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its part in the argument.
    pub role: EvidenceRole,
    /// The place.
    pub at: Location,
    /// What happens there.
    pub note: Message,
    /// The step before.
    pub before: Option<Arc<Self>>,
    length: usize,
}

/// What a mark stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// One datum.
    Field,
    /// Whatever a client sent.
    Request,
    /// The headers of a request or an answer.
    Headers,
    /// Whatever another server answered.
    Response,
    /// The attributes of a model.
    Model(Arc<str>),
    /// An array or text of a generic name whose content is not known.
    Named,
    /// The text of an exception.
    Exception,
}

impl What {
    /// True where many things may be in it.
    #[must_use]
    pub const fn is_dump(&self) -> bool {
        !matches!(self, Self::Field | Self::Exception)
    }
}

/// A sanitizer that a value passed without being cleaned.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The sanitizer.
    pub name: Arc<str>,
    /// Its code.
    pub at: Location,
    /// Why it does not help.
    pub why: Message,
}

/// Personal data in a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// What kind.
    pub kind: Kind,
    /// A datum, or a dump.
    pub what: What,
    /// The name by which it was recognised.
    pub word: Arc<str>,
    /// How sure.
    pub confidence: Confidence,
    /// A part of a dump of which nothing says that it is personal; what is read from it may be.
    pub inert: bool,
    /// The sanitizer that did not help.
    pub failure: Option<Arc<Failure>>,
    /// How it came here.
    pub trace: Arc<Step>,
}

impl Mark {
    /// A mark at its source.
    #[must_use]
    pub fn new(kind: Kind, what: What, word: &str, at: Location) -> Self {
        let template = match &what {
            What::Field => "pii.step.field",
            What::Request => "pii.step.request",
            What::Headers => "pii.step.headers",
            What::Response => "pii.step.response",
            What::Model(_) => "pii.step.model",
            What::Named => "pii.step.named",
            What::Exception => "pii.step.exception",
        };
        let mut note = Message::new(template).text("name", word);
        if matches!(what, What::Field) {
            note = note.message("kind", Message::new(kind_words(kind)));
        }
        let confidence = if what == What::Named { Confidence::Medium } else { Confidence::High };
        let trace = Arc::new(Step { role: EvidenceRole::Source, at, note, before: None, length: 1 });
        Self { kind, what, word: word.into(), confidence, inert: false, failure: None, trace }
    }

    /// The mark after one more step.
    #[must_use]
    pub fn after(&self, at: Location, note: Message) -> Self {
        let mut mark = self.clone();
        if mark.trace.length < TRACE_LIMIT && mark.trace.at != at {
            let length = mark.trace.length + 1;
            mark.trace = Arc::new(Step { role: EvidenceRole::Step, at, note, before: Some(mark.trace), length });
        }
        mark
    }

    /// The same mark, less sure.
    #[must_use]
    pub fn unsure(mut self) -> Self {
        self.confidence = self.confidence.min(Confidence::Medium);
        self
    }

    /// The steps, the source first.
    #[must_use]
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps = vec![&*self.trace];
        while let Some(before) = steps.last().and_then(|step| step.before.as_deref()) {
            steps.push(before);
        }
        steps.reverse();
        steps
    }

    /// True where a function made something of it on the way.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.steps().iter().any(|step| step.note.template == "pii.step.through")
    }

    fn is_like(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.what == other.what
            && self.word == other.word
            && self.inert == other.inert
            && self.failure.is_some() == other.failure.is_some()
    }
}

/// The template of the words for a kind.
#[must_use]
pub const fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::PersonName => "pii.kind.person-name",
        Kind::Contact => "pii.kind.contact",
        Kind::Address => "pii.kind.address",
        Kind::Health => "pii.kind.health",
        Kind::FreeText => "pii.kind.free-text",
        Kind::Financial => "pii.kind.financial",
        Kind::Identifier => "pii.kind.identifier",
        Kind::Secret => "pii.kind.secret",
    }
}

/// A part of a value that a mask leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse {
    /// Of what.
    pub mark: Mark,
    /// Characters from its beginning.
    pub leading: u32,
    /// Other characters.
    pub other: u32,
}

impl Glimpse {
    /// True where so little is shown that the value counts as masked.
    #[must_use]
    pub const fn is_masked(&self) -> bool {
        let shown = self.leading.saturating_add(self.other);
        let is_prefix_of_number = matches!(self.mark.kind, Kind::Contact) && self.other == 0 && self.leading <= 6;
        (shown <= 4 || is_prefix_of_number) && !matches!(self.mark.kind, Kind::FreeText | Kind::Health)
    }
}

/// A parameter of the function under analysis, and what was read from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Given {
    /// Its position.
    pub position: u16,
    /// Keys and properties read from it.
    pub path: Vec<Arc<str>>,
    /// It became a text on the way.
    pub as_text: bool,
    /// Sanitizers that it passed.
    pub sanitizers: Vec<crate::index::BodyKey>,
    /// Where it is read.
    pub at: Location,
}

/// A value of which something is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Unknown {
    /// Why.
    pub why: Message,
    /// Where.
    pub at: Location,
    /// The name by which the value goes.
    pub word: Option<Arc<str>>,
    /// Personal data went into it.
    pub through: bool,
}

/// What made a value harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// The answer to a question about things, not about persons.
    Thing,
    /// A hash or a key.
    Pseudonym,
    /// A mask.
    Mask,
    /// A sanitizer.
    Sanitizer,
}

/// The items of an array or object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// By key.
    pub items: BTreeMap<Arc<str>, Value>,
    /// Items whose keys are not known.
    pub rest: Option<Value>,
    /// What keys hold that are not constant.
    pub keys: Option<Value>,
}

/// What is known about a value. The default is one without personal data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    /// Personal data in it, the shape apart.
    pub marks: Vec<Mark>,
    /// What masks leave of personal data.
    pub glimpses: Vec<Glimpse>,
    /// Parameters that it depends on.
    pub given: Vec<Given>,
    /// Its items.
    pub shape: Option<Arc<Shape>>,
    /// The models whose rows it may be.
    pub objects: Vec<Arc<str>>,
    /// What is not known about it.
    pub unknown: Option<Unknown>,
    /// What made something in it harmless.
    pub treatment: Option<Treatment>,
    /// It is a text, whatever it was before.
    pub is_text: bool,
}

impl Value {
    /// A value with one mark.
    #[must_use]
    pub fn of(mark: Mark) -> Self {
        Self { marks: vec![mark], ..Self::default() }
    }

    /// A value of which nothing is known.
    #[must_use]
    pub fn unknown(why: Message, at: Location) -> Self {
        Self { unknown: Some(Unknown { why, at, word: None, through: false }), ..Self::default() }
    }

    /// A harmless value.
    #[must_use]
    pub fn treated(treatment: Treatment) -> Self {
        Self { treatment: Some(treatment), ..Self::default() }
    }

    /// True where nothing about it matters.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.marks.is_empty()
            && self.glimpses.is_empty()
            && self.given.is_empty()
            && self.shape.is_none()
            && self.objects.is_empty()
            && self.unknown.is_none()
    }

    /// Adds a mark, unless one like it is there.
    pub fn add(&mut self, mark: Mark) {
        if self.marks.len() < MARK_LIMIT && !self.marks.iter().any(|known| known.is_like(&mark)) {
            self.marks.push(mark);
        }
    }

    /// Adds what the value is on another path.
    pub fn join(&mut self, other: &Self) {
        self.join_own(other, u32::max);
        self.is_text &= other.is_text;
        match (&mut self.shape, &other.shape) {
            (_, None) => {}
            (None, Some(shape)) => self.shape = Some(Arc::clone(shape)),
            (Some(mine), Some(theirs)) if Arc::ptr_eq(mine, theirs) => {}
            (Some(mine), Some(theirs)) => Arc::make_mut(mine).join(theirs),
        }
    }

    /// Adds what stands beside it in a text.
    pub fn append(&mut self, other: &Self) {
        self.join_own(other, u32::saturating_add);
    }

    fn join_own(&mut self, other: &Self, shown: fn(u32, u32) -> u32) {
        other.marks.iter().for_each(|mark| self.add(mark.clone()));
        for glimpse in &other.glimpses {
            match self.glimpses.iter_mut().find(|known| known.mark.is_like(&glimpse.mark)) {
                Some(known) => {
                    known.leading = shown(known.leading, glimpse.leading);
                    known.other = shown(known.other, glimpse.other);
                }
                None => self.glimpses.push(glimpse.clone()),
            }
        }
        for given in &other.given {
            if self.given.len() < MARK_LIMIT && !self.given.contains(given) {
                self.given.push(given.clone());
            }
        }
        for object in &other.objects {
            if !self.objects.contains(object) {
                self.objects.push(Arc::clone(object));
            }
        }
        match (&mut self.unknown, &other.unknown) {
            (Some(mine), Some(theirs)) => mine.through |= theirs.through,
            (unknown @ None, Some(theirs)) => *unknown = Some(theirs.clone()),
            _ => {}
        }
        self.treatment = self.treatment.max(other.treatment);
    }

    /// Puts a value under a key, or among those without a known key.
    pub fn set(&mut self, key: Option<&str>, value: Self) {
        let shape = Arc::make_mut(self.shape.get_or_insert_with(Arc::default));
        match key {
            Some(key) if shape.items.len() < SHAPE_LIMIT || shape.items.contains_key(key) => {
                shape.items.insert(key.into(), value);
            }
            _ => shape.add_rest(&value),
        }
    }

    /// Adds what a key holds that is not constant.
    pub fn add_key(&mut self, key: &Self) {
        if !key.is_clean() {
            Arc::make_mut(self.shape.get_or_insert_with(Arc::default)).add_key(key);
        }
    }

    /// True where something in it is personal.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        let mut found = false;
        self.visit(None, 0, &mut |_, part| {
            let shows = |mark: &Mark| !mark.inert;
            found |= part.marks.iter().any(shows) || !part.glimpses.is_empty() || !part.objects.is_empty();
        });
        found
    }

    /// All values in the shape, the deepest included, with the key of each; and the value itself first.
    pub fn visit<'v>(&'v self, key: Option<&'v str>, depth: u32, each: &mut dyn FnMut(Option<&'v str>, &'v Self)) {
        each(key, self);
        if let Some(shape) = self.shape.as_deref().filter(|_| depth < 16) {
            for (name, item) in &shape.items {
                let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
                item.visit(if is_number { key } else { Some(name) }, depth + 1, each);
            }
            for part in shape.rest.iter().chain(&shape.keys) {
                part.visit(key, depth + 1, each);
            }
        }
    }

    /// The value after one more step.
    #[must_use]
    pub fn after(mut self, at: Location, note: &Message) -> Self {
        for mark in &mut self.marks {
            *mark = mark.after(at, note.clone());
        }
        self
    }
}

impl Shape {
    /// Adds a value whose key is not known.
    pub fn add_rest(&mut self, value: &Value) {
        match &mut self.rest {
            Some(rest) => rest.join(value),
            None => self.rest = Some(value.clone()),
        }
    }

    /// Adds what a key holds.
    pub fn add_key(&mut self, key: &Value) {
        match &mut self.keys {
            Some(keys) => keys.join(key),
            None => self.keys = Some(key.clone()),
        }
    }

    fn join(&mut self, other: &Self) {
        if let Some(keys) = &other.keys {
            self.add_key(keys);
        }
        for (key, value) in &other.items {
            let has_room = self.items.len() < SHAPE_LIMIT;
            match self.items.get_mut(key) {
                Some(known) => known.join(value),
                None if has_room => {
                    self.items.insert(Arc::clone(key), value.clone());
                }
                None => self.add_rest(value),
            }
        }
        if let Some(rest) = &other.rest {
            self.add_rest(rest);
        }
    }
}
