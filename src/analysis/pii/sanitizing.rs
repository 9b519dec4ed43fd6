//! What a sanitizer of the project leaves of a value.

use std::sync::Arc;

use super::evaluator::Unit;
use super::facts::{Facts, Standing};
use super::value::{Failure, Mark, Treatment, Value, What, kind_words};
use crate::finding::{Location, Message};
use crate::specs::{Kind, Meaning};

impl Unit<'_, '_> {
    /// What a sanitizer of the project leaves of a value.
    pub(super) fn sanitized(&self, value: Value, facts: &Facts, at: Location) -> Value {
        match facts.standing {
            Standing::Trusted => Self::treated(&value, Treatment::Sanitizer),
            Standing::OnlyElsewhere => Self::failed(value, facts, at, &Message::new("pii.sanitizer.environment")),
            Standing::Read => self.cleaned(&value, facts, None, at),
        }
    }

    fn failed(mut value: Value, facts: &Facts, at: Location, why: &Message) -> Value {
        let place = facts.at.unwrap_or(at);
        for mark in &mut value.marks {
            let failure = Failure { name: Arc::clone(&facts.name), at: place, why: why.clone() };
            *mark = mark.after(
                at,
                Message::new("pii.step.sanitizer").text("name", facts.name.rsplit('\\').next().unwrap_or(&facts.name)),
            );
            mark.failure = Some(Arc::new(failure));
        }
        if let Some(shape) = &mut value.shape {
            let shape = Arc::make_mut(shape);
            for item in shape.items.values_mut().chain(&mut shape.rest).chain(&mut shape.keys) {
                *item = Self::failed(std::mem::take(item), facts, at, why);
            }
        }
        value
    }

    fn cleaned(&self, value: &Value, facts: &Facts, key: Option<&str>, at: Location) -> Value {
        if key.is_some_and(|key| facts.covers_key(key)) {
            return Self::treated(value, Treatment::Sanitizer);
        }
        let mut left = Value {
            treatment: Some(Treatment::Sanitizer),
            is_text: value.is_text,
            unknown: value.unknown.clone(),
            ..Value::default()
        };
        if facts.masks_everything && key.is_none() && value.shape.is_none() && !value.marks.iter().any(|mark| mark.what.is_dump())
        {
            left.unknown = None;
            return left;
        }
        for mark in &value.marks {
            if let Some(why) = self.slips(mark, facts, value.is_text || mark_is_text(mark)) {
                let one = Self::failed(Value::of(mark.clone()), facts, at, &why);
                one.marks.into_iter().for_each(|mark| left.add(mark));
            }
        }
        for class in &value.objects {
            let mark = self.whole_model(class, false, at);
            if let Some(mark) = mark
                && let Some(why) = self.slips(&mark, facts, false)
            {
                Self::failed(Value::of(mark), facts, at, &why).marks.into_iter().for_each(|mark| left.add(mark));
            }
        }
        left.given = value
            .given
            .iter()
            .cloned()
            .map(|mut given| {
                given.sanitizers.extend(facts.body);
                given
            })
            .collect();
        if let Some(shape) = &value.shape {
            for (name, item) in &shape.items {
                let is_within = item.shape.is_some() && !facts.is_deep && !facts.covers_key(name);
                let cleaned = if is_within {
                    Self::failed(item.clone(), facts, at, &Message::new("pii.sanitizer.nested"))
                } else {
                    self.cleaned(item, facts, Some(name), at)
                };
                left.set(Some(name), cleaned);
            }
            if let Some(rest) = &shape.rest {
                left.set(None, self.cleaned(rest, facts, key, at));
            }
            if let Some(keys) = &shape.keys {
                left.add_key(&self.cleaned(keys, facts, None, at));
            }
        }
        // What is not known, was cleaned as far as the sanitizer goes.
        if left
            .unknown
            .as_ref()
            .is_some_and(|unknown| !value.is_text && unknown.word.as_deref().is_none_or(|word| self.vocabulary().is_dump(word)))
            && self.covers_dump(facts, &What::Named).is_none()
        {
            left.unknown = None;
        }
        left
    }

    /// Why a mark gets through; `None` where it does not.
    fn slips(&self, mark: &Mark, facts: &Facts, is_text: bool) -> Option<Message> {
        match (&mark.what, is_text) {
            (What::Exception, _) => (!facts.patterns.contains(&Kind::Contact)).then(|| Message::new("pii.sanitizer.text")),
            (what, true) if what.is_dump() => Some(Message::new("pii.sanitizer.text")),
            (what, false) if what.is_dump() => self.covers_dump(facts, what),
            _ if facts.patterns.contains(&mark.kind) => None,
            _ => Some(Message::new("pii.sanitizer.field").message("kind", Message::new(kind_words(mark.kind)))),
        }
    }

    /// The kind that a sanitizer forgets in an array of any content.
    fn covers_dump(&self, facts: &Facts, what: &What) -> Option<Message> {
        let wanted: &[(&str, Kind)] = match what {
            What::Headers => &[("authorization", Kind::Secret)],
            _ => &[("name", Kind::PersonName), ("phone", Kind::Contact), ("email", Kind::Contact)],
        };
        let vocabulary = self.vocabulary();
        let knows = |word: &str, kind: Kind| {
            facts.covers_key(word)
                || facts.patterns.contains(&kind)
                || facts.equal.iter().chain(&facts.parts).any(|key| matches!(vocabulary.meaning(key), Some(Meaning::Personal(found)) if found == kind && kind == Kind::PersonName))
        };
        let missing = wanted.iter().find(|(word, kind)| !knows(word, *kind));
        missing.map(|(word, _)| Message::new("pii.sanitizer.key").text("name", *word))
    }
}

/// True for the body of a request or an answer as it came.
fn mark_is_text(mark: &Mark) -> bool {
    let word = mark.word.to_ascii_lowercase();
    mark.what.is_dump()
        && matches!(
            word.as_str(),
            "getcontent" | "body" | "getbody" | "getcontents" | "rawbody" | "raw_body" | "getpayload" | "__tostring"
        )
}
