//! Names as Laravel derives them: English plurals, snake and studly case.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    uninflected: FxHashSet<String>,
    uninflected_plural: FxHashSet<String>,
    uninflected_singular: FxHashSet<String>,
    uninflected_endings: Vec<String>,
    uninflected_plural_endings: Vec<String>,
    uninflected_singular_endings: Vec<String>,
    plural: Vec<Rule>,
    singular: Vec<Rule>,
    irregular: toml::Table,
}

/// An ending and what becomes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    endings: Vec<String>,
    /// The ending is the whole word.
    #[serde(default)]
    word: bool,
    /// A letter stands before the ending, and it is none of these.
    not_after: Option<String>,
    #[serde(default)]
    strip: usize,
    #[serde(default)]
    add: String,
}

impl Rule {
    fn applies(&self, word: &str) -> bool {
        self.endings.iter().any(|ending| {
            word.strip_suffix(ending.as_str()).is_some_and(|before| {
                let letter_fits = |letters: &String| before.chars().next_back().is_some_and(|last| !letters.contains(last));
                (!self.word || before.is_empty()) && self.not_after.as_ref().is_none_or(letter_fits)
            })
        })
    }

    fn apply(&self, word: &str) -> String {
        let kept = word.len().checked_sub(self.strip).and_then(|end| word.get(..end)).unwrap_or(word);
        format!("{kept}{}", self.add)
    }
}

/// One direction of inflection.
#[derive(Debug, Default)]
struct Direction {
    uninflected: FxHashSet<String>,
    endings: Vec<String>,
    irregular: FxHashMap<String, String>,
    rules: Vec<Rule>,
}

#[derive(Debug, Default)]
struct Inflector {
    plural: Direction,
    singular: Direction,
}

const DATA: &str = include_str!("../../rules/specs/laravel/plurals.toml");

static INFLECTOR: LazyLock<Inflector> = LazyLock::new(|| toml::from_str::<Data>(DATA).map(Inflector::from).unwrap_or_default());

impl From<Data> for Inflector {
    fn from(data: Data) -> Self {
        let words: Vec<_> =
            data.irregular.iter().filter_map(|(one, many)| Some((one.clone(), many.as_str()?.to_owned()))).collect();
        let mut flipped = FxHashMap::default();
        for (one, many) in &words {
            // `axes` is the plural of two words; the first in the alphabet is Doctrine's choice.
            flipped.entry(many.clone()).or_insert_with(|| one.clone());
        }
        let both = |own: FxHashSet<String>| own.into_iter().chain(data.uninflected.iter().cloned()).collect();
        let endings = |own: Vec<String>| own.into_iter().chain(data.uninflected_endings.iter().cloned()).collect();
        Self {
            plural: Direction {
                uninflected: both(data.uninflected_plural),
                endings: endings(data.uninflected_plural_endings),
                irregular: words.into_iter().collect(),
                rules: data.plural,
            },
            singular: Direction {
                uninflected: both(data.uninflected_singular),
                endings: endings(data.uninflected_singular_endings),
                irregular: flipped,
                rules: data.singular,
            },
        }
    }
}

impl Direction {
    /// `doctrine/inflector:src/RulesetInflector.php (inflect)`
    fn inflect(&self, word: &str) -> String {
        let lower = word.to_ascii_lowercase();
        let left_alone = |ending: &String| lower.strip_suffix(ending.as_str()).is_some_and(|before| !before.is_empty());
        if self.uninflected.contains(&lower) || self.endings.iter().any(left_alone) {
            return word.to_owned();
        }
        if let Some(other) = self.irregular.get(&lower) {
            return if word.starts_with(|first: char| first.is_ascii_uppercase()) { upper_first(other) } else { other.clone() };
        }
        self.rules.iter().find(|rule| rule.applies(&lower)).map_or_else(|| word.to_owned(), |rule| rule.apply(word))
    }
}

/// Gives a word the case of another one: all lower, all upper, or the first letter upper.
///
/// `laravel/framework:src/Illuminate/Support/Pluralizer.php (matchCase)`
fn match_case(word: String, like: &str) -> String {
    if like.to_lowercase() == like {
        word.to_lowercase()
    } else if like.to_uppercase() == like {
        word.to_uppercase()
    } else if upper_first(like) == like {
        upper_first(&word)
    } else {
        word
    }
}

fn upper_first(word: &str) -> String {
    match word.as_bytes().first() {
        Some(first) if first.is_ascii_lowercase() => format!("{}{}", char::from(first.to_ascii_uppercase()), &word[1..]),
        _ => word.to_owned(),
    }
}

/// The plural of an English word.
///
/// `laravel/framework:src/Illuminate/Support/Pluralizer.php (plural)`
#[must_use]
pub fn plural(word: &str) -> String {
    let ends_in_letter = word.chars().next_back().is_some_and(|last| last.is_ascii_alphanumeric() || last >= '\u{80}');
    if !ends_in_letter || ["recommended", "related"].contains(&word.to_ascii_lowercase().as_str()) {
        return word.to_owned();
    }
    match_case(INFLECTOR.plural.inflect(word), word)
}

/// The singular of an English word.
///
/// `laravel/framework:src/Illuminate/Support/Pluralizer.php (singular)`
#[must_use]
pub fn singular(word: &str) -> String {
    match_case(INFLECTOR.singular.inflect(word), word)
}

/// The plural of the last word of a name in studly case.
///
/// `laravel/framework:src/Illuminate/Support/Str.php (pluralStudly)`
#[must_use]
pub fn plural_studly(name: &str) -> String {
    let last = name.char_indices().skip(1).filter(|(_, char)| char.is_ascii_uppercase()).last().map_or(0, |(at, _)| at);
    format!("{}{}", &name[..last], plural(&name[last..]))
}

/// `UserProfile` to `user_profile`.
///
/// `laravel/framework:src/Illuminate/Support/Str.php (snake)`
#[must_use]
pub fn snake(name: &str) -> String {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let mut result = String::with_capacity(name.len() + 4);
    let mut word_start = true;
    for char in name.chars() {
        if char.is_whitespace() {
            word_start = true;
            continue;
        }
        let char = if word_start { char.to_ascii_uppercase() } else { char };
        word_start = false;
        if char.is_ascii_uppercase() && !result.is_empty() {
            result.push('_');
        }
        result.extend(char.to_lowercase());
    }
    result
}

/// `user_profile` to `UserProfile`.
///
/// `laravel/framework:src/Illuminate/Support/Str.php (studly)`
#[must_use]
pub fn studly(name: &str) -> String {
    name.split(['-', '_', ' ']).map(upper_first).collect()
}

/// `user_profile` to `userProfile`.
///
/// `laravel/framework:src/Illuminate/Support/Str.php (camel)`
#[must_use]
pub fn camel(name: &str) -> String {
    let studly = studly(name);
    match studly.as_bytes().first() {
        Some(first) if first.is_ascii_uppercase() => format!("{}{}", char::from(first.to_ascii_lowercase()), &studly[1..]),
        _ => studly,
    }
}

#[cfg(test)]
mod tests;
