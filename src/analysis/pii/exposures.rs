//! What of a value is exposed where it is written.

use std::sync::Arc;

use super::evaluator::{Owner, Unit};
use super::value::{Mark, Treatment, Value, What};
use crate::finding::{Location, Message};
use crate::specs::{Kind, Meaning};

/// Personal data at a sink.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// The data.
    pub mark: Mark,
    /// The key under which it is written.
    pub key: Option<String>,
}

/// What a sink is found to expose.
#[derive(Default)]
pub(super) struct Exposed {
    pub(super) found: Vec<Exposure>,
    pub(super) treatment: Option<Treatment>,
    pub(super) treated: Vec<Kind>,
    pub(super) open: Option<Message>,
}

impl Exposed {
    fn add(&mut self, mark: Mark, key: Option<&str>) {
        let is_known = |known: &Exposure| {
            known.mark.kind == mark.kind
                && known.mark.what == mark.what
                && known.mark.word == mark.word
                && known.key.as_deref() == key
        };
        if !self.found.iter().any(is_known) {
            self.found.push(Exposure { mark, key: key.map(str::to_owned) });
        }
    }

    /// Adds all that a value holds, the deepest included.
    pub(super) fn collect(&mut self, unit: &Unit<'_, '_>, key: Option<&str>, value: &Value, at: Location) {
        let mut parts: Vec<(Option<String>, Value)> = Vec::new();
        value.visit(key, 0, &mut |key, part| {
            parts.push((key.map(str::to_owned), Value { shape: None, ..part.clone() }));
        });
        for (key, part) in parts {
            self.part(unit, key.as_deref(), part, at);
        }
    }

    fn part(&mut self, unit: &Unit<'_, '_>, key: Option<&str>, value: Value, at: Location) {
        let vocabulary = unit.vocabulary();
        if value.treatment.is_some_and(|treatment| treatment != Treatment::Thing) {
            self.treatment = self.treatment.max(value.treatment);
            if let Some(kind) = key.and_then(|key| vocabulary.possible_kind_of(key)) {
                self.treated.push(kind);
            }
        }
        let inert = value.marks.iter().find(|mark| mark.inert).cloned();
        // `'type' => strtolower($parts[0])`: the key says that something harmless was made of a text, a secret or a dump.
        // Of a name or a number it says nothing: `'label' => trim($customer->name)`.
        let is_harmless = key.is_some_and(|key| vocabulary.meaning(key) == Some(Meaning::Decoy));
        let is_part = |mark: &Mark| mark.what.is_dump() || matches!(mark.kind, Kind::Secret | Kind::FreeText | Kind::Health);
        let is_told_by_key = |mark: &Mark| is_harmless && mark.is_derived() && is_part(mark);
        for mark in value.marks.into_iter().filter(|mark| !mark.inert && !is_told_by_key(mark)) {
            self.add(mark, key);
        }
        // A part of a dump of which nothing else says what it is: the key under which it is written may.
        if let Some(part) = inert
            && let Some(named) = key.and_then(|key| unit.by_name(key, Owner::Open, at))
        {
            for mark in named.marks.into_iter().filter(|mark| mark.what == What::Field) {
                self.add(Mark { trace: Arc::clone(&part.trace), ..mark }, key);
            }
        }
        for glimpse in value.glimpses {
            if glimpse.is_masked() {
                self.treatment = self.treatment.max(Some(Treatment::Mask));
                self.treated.push(glimpse.mark.kind);
            } else {
                self.add(glimpse.mark, key);
            }
        }
        for class in &value.objects {
            if let Some(mark) = unit.whole_model(class, false, at) {
                self.add(mark, key);
            }
        }
        let given = value.given.first().map(|given| (Message::new("pii.reason.no-caller").text("name", "parameter"), given.at));
        let Some((why, place, word, through)) = value
            .unknown
            .map(|unknown| (unknown.why, unknown.at, unknown.word, unknown.through))
            .or_else(|| given.map(|(why, at)| (why, at, None, false)))
        else {
            return;
        };
        let by_word = word.as_deref().and_then(|word| unit.by_name(word, Owner::Open, place));
        let owner = word.as_deref().map_or(Owner::Open, |word| unit.owner_named(word));
        let by_key = || key.and_then(|key| unit.by_name(key, owner, at));
        let named = match by_word {
            Some(named) if !named.marks.is_empty() => Some(named),
            Some(clean) => by_key().filter(|named| named.marks.iter().any(|mark| mark.what == What::Field)).or(Some(clean)),
            None => by_key(),
        };
        match named {
            Some(named) => named.marks.into_iter().for_each(|mark| self.add(mark.unsure(), key)),
            None => {
                let is_ambiguous = [word.as_deref(), key]
                    .into_iter()
                    .flatten()
                    .any(|name| matches!(vocabulary.meaning(name), Some(Meaning::Maybe(kind)) if kind != Kind::Secret));
                let is_neutral = [word.as_deref(), key].into_iter().flatten().all(|name| vocabulary.meaning(name).is_none());
                if through || is_ambiguous {
                    self.open.get_or_insert(why);
                } else if is_neutral {
                    self.open.get_or_insert(
                        Message::new("pii.reason.neutral").text("name", word.as_deref().or(key).unwrap_or("value")),
                    );
                }
            }
        }
    }
}
