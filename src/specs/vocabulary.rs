//! What names say about the data behind them: the words for personal data, English and German.
//!
//! The words are data (`rules/specs/pii/vocabulary.toml`), to which a user's rows are added.

use rustc_hash::FxHashMap;

use super::row::{Row, RowError};

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The name of a person.
    PersonName,
    /// A telephone number or an e-mail address.
    Contact,
    /// Where somebody lives.
    Address,
    /// Anything about somebody's health.
    Health,
    /// Text that a person wrote or said.
    FreeText,
    /// Bank accounts, cards, income.
    Financial,
    /// What identifies a person or their device: date of birth, IP address, log-in name.
    Identifier,
    /// What opens a door: passwords, tokens, keys. Not personal, and never to be logged.
    Secret,
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Self; 8] = [
        Self::PersonName,
        Self::Contact,
        Self::Address,
        Self::Health,
        Self::FreeText,
        Self::Financial,
        Self::Identifier,
        Self::Secret,
    ];

    /// The name in specs and reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::PersonName => "person-name",
            Self::Contact => "contact",
            Self::Address => "address",
            Self::Health => "health",
            Self::FreeText => "free-text",
            Self::Financial => "financial",
            Self::Identifier => "identifier",
            Self::Secret => "secret",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

/// What a name says about the data behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// Personal data.
    Personal(Kind),
    /// Personal data where the receiver, the type or the flow says that a person is meant.
    Maybe(Kind),
    /// Whatever was sent.
    Dump,
    /// Looks like personal data and is none.
    Decoy,
}

/// How a symbol fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// As a whole and as the end of a longer name.
    End,
    /// As a whole.
    Whole,
    /// As the end of a longer name.
    LongerEnd,
}

/// What a symbol says, and for which form of a name.
type Words<T> = FxHashMap<String, Vec<(Fit, T)>>;

/// The words for persons, or for things.
#[derive(Clone, Copy, Debug)]
struct Named;

/// All words in force.
#[derive(Debug, Default)]
pub struct Vocabulary {
    meanings: Words<Meaning>,
    beginnings: Vec<(String, Meaning)>,
    persons: Words<Named>,
    things: Words<Named>,
}

impl Vocabulary {
    /// The kind of personal data that a name stands for by itself.
    #[must_use]
    pub fn kind_of(&self, name: &str) -> Option<Kind> {
        match self.meaning(name) {
            Some(Meaning::Personal(kind)) => Some(kind),
            _ => None,
        }
    }

    /// The same, where a name that may as well be of no person counts, too: `name`, `from`, `city`.
    #[must_use]
    pub fn possible_kind_of(&self, name: &str) -> Option<Kind> {
        match self.meaning(name) {
            Some(Meaning::Personal(kind) | Meaning::Maybe(kind)) => Some(kind),
            _ => None,
        }
    }

    /// What a name says; none where it says nothing.
    #[must_use]
    pub fn meaning(&self, name: &str) -> Option<Meaning> {
        let name = normalize(name);
        let found = self.lookup(&name);
        let Some((meaning, length)) = found else {
            return self.beginning(&name);
        };
        if let Some(begins) = self.beginning(&name) {
            return Some(begins);
        }
        let owner = name.get(..name.len() - length).unwrap_or_default().trim_end_matches('_');
        Some(match meaning {
            // The name of a customer; the telephone number of a branch.
            Meaning::Maybe(kind) if self.is_person(owner) => Meaning::Personal(kind),
            Meaning::Personal(kind) | Meaning::Maybe(kind) if kind != Kind::Secret && self.is_thing(owner) => Meaning::Decoy,
            meaning => meaning,
        })
    }

    /// The words for what is, or may be, personal data, in lower case and divided by underscores: a name that means
    /// such data ends with one of them.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let is_data = |meaning: &Meaning| matches!(meaning, Meaning::Personal(_) | Meaning::Maybe(_));
        let ends = self.meanings.iter().filter(move |(_, known)| known.iter().any(|(_, meaning)| is_data(meaning)));
        let begins = self.beginnings.iter().filter(move |(_, meaning)| is_data(meaning));
        // Of a name that is told by its beginning the end may be anything.
        ends.map(|(word, _)| word.as_str()).chain(begins.map(|_| ""))
    }

    /// True for a word for a person: `customer`, `oldPatient`.
    #[must_use]
    pub fn is_person(&self, name: &str) -> bool {
        let name = normalize(name);
        let person = longest(&self.persons, &name);
        person.is_some_and(|(_, length)| longest(&self.things, &name).is_none_or(|(_, other)| other < length))
    }

    /// True for a word for something that is no person: `service`, `mainBranch`.
    #[must_use]
    pub fn is_thing(&self, name: &str) -> bool {
        let name = normalize(name);
        let thing = longest(&self.things, &name);
        thing.is_some_and(|(_, length)| longest(&self.persons, &name).is_none_or(|(_, other)| other < length))
    }

    /// True for a generic name of an array or text that holds whatever was sent.
    #[must_use]
    pub fn is_dump(&self, name: &str) -> bool {
        self.meaning(name) == Some(Meaning::Dump)
    }

    fn lookup(&self, name: &str) -> Option<(Meaning, usize)> {
        longest(&self.meanings, name)
    }

    /// What the beginning of a name says.
    fn beginning(&self, name: &str) -> Option<Meaning> {
        let begins = |(word, _): &&(String, Meaning)| name.len() > word.len() && name.starts_with(word.as_str());
        self.beginnings.iter().find(begins).map(|(_, meaning)| *meaning)
    }

    pub(super) fn add(&mut self, row: &Row) -> Result<(), RowError> {
        let meaning = match row.kind.as_str() {
            "person" => {
                add_words(&mut self.persons, &row.symbols, Named);
                return Ok(());
            }
            "thing" => {
                add_words(&mut self.things, &row.symbols, Named);
                return Ok(());
            }
            "dump" => Meaning::Dump,
            "decoy" => Meaning::Decoy,
            kind => match kind.strip_prefix("maybe-") {
                Some(kind) => Meaning::Maybe(Kind::parse(kind).ok_or_else(|| row.unknown_kind())?),
                None => Meaning::Personal(Kind::parse(kind).ok_or_else(|| row.unknown_kind())?),
            },
        };
        for symbol in &row.symbols {
            if let Some(word) = symbol.strip_suffix('*') {
                self.beginnings.push((word.to_ascii_lowercase(), meaning));
            }
        }
        add_words(&mut self.meanings, &row.symbols, meaning);
        Ok(())
    }
}

fn add_words<T: Copy>(words: &mut Words<T>, symbols: &[String], meaning: T) {
    for symbol in symbols.iter().filter(|symbol| !symbol.ends_with('*')) {
        let (fit, word) = match (symbol.strip_prefix('='), symbol.strip_prefix("*_")) {
            (Some(word), _) => (Fit::Whole, word),
            (_, Some(word)) => (Fit::LongerEnd, word),
            _ => (Fit::End, symbol.as_str()),
        };
        words.entry(normalize(word)).or_default().push((fit, meaning));
    }
}

/// The longest word that fits a name in its normal form, and its length. Of two of one length the first one added.
fn longest<T: Copy>(words: &Words<T>, name: &str) -> Option<(T, usize)> {
    let mut from = 0;
    loop {
        let end = &name[from..];
        let fits = |fit: Fit| match fit {
            Fit::End => true,
            Fit::Whole => from == 0,
            Fit::LongerEnd => from > 0,
        };
        let found = words.get(end).and_then(|known| known.iter().find(|(fit, _)| fits(*fit)));
        if let Some((_, meaning)) = found {
            return Some((*meaning, end.len()));
        }
        from += end.find('_')? + 1;
    }
}

/// A name in lower case, its parts divided by single underscores.
fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    let mut signs = name.chars().peekable();
    while let Some(sign) = signs.next() {
        let divides = sign.is_uppercase()
            && (before.is_lowercase()
                || before.is_ascii_digit()
                || before.is_uppercase() && signs.peek().is_some_and(|next| next.is_lowercase()));
        if divides && !normal.ends_with('_') && !normal.is_empty() {
            normal.push('_');
        }
        match sign {
            'ä' | 'Ä' => normal.push_str("ae"),
            'ö' | 'Ö' => normal.push_str("oe"),
            'ü' | 'Ü' => normal.push_str("ue"),
            'ß' => normal.push_str("ss"),
            _ if sign.is_alphanumeric() => normal.extend(sign.to_lowercase()),
            _ if !normal.ends_with('_') && !normal.is_empty() => normal.push('_'),
            _ => {}
        }
        before = sign;
    }
    normal.truncate(normal.trim_end_matches('_').len());
    normal
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::specs::Specs;

    #[test]
    fn names_are_divided_at_humps_and_signs() {
        for (name, normal) in [
            ("customerPhone", "customer_phone"),
            ("X-Forwarded-For", "x_forwarded_for"),
            ("IPAddress", "ip_address"),
            ("Straße", "strasse"),
            ("data.customer.name", "data_customer_name"),
            ("_name_", "name"),
            ("address1", "address1"),
        ] {
            assert_eq!(normalize(name), normal);
        }
    }

    #[test]
    fn words_for_personal_data() {
        let specs = Specs::embedded().unwrap();
        let vocabulary = specs.vocabulary();
        for (name, kind) in [
            ("customer_name", Kind::PersonName),
            ("patientName", Kind::PersonName),
            ("Vorname", Kind::PersonName),
            ("existing_customer_name", Kind::PersonName),
            ("from_number", Kind::Contact),
            ("customerEmail", Kind::Contact),
            ("host_email", Kind::Contact),
            ("Straße", Kind::Address),
            ("reason_for_visit", Kind::Health),
            ("transcript", Kind::FreeText),
            ("iban", Kind::Financial),
            ("geburtsdatum", Kind::Identifier),
            ("newPassword", Kind::Secret),
            ("company_api_key", Kind::Secret),
        ] {
            assert_eq!(vocabulary.kind_of(name), Some(kind), "{name}");
        }
    }

    #[test]
    fn what_looks_like_personal_data_and_is_none() {
        let specs = Specs::embedded().unwrap();
        let vocabulary = specs.vocabulary();
        for name in [
            "service_name",
            "company_name",
            "branchName",
            "function_name",
            "route_name",
            "phone_number_id",
            "has_phone",
            "fallback_email",
            "customer_id",
            "customer_ids",
            "email_count",
            "phone_type",
            "customer_keys",
            "phone_masked",
            "to_number",
            "branch_phone",
            "status",
            "email_verified_at",
            "file_name",
            "password_reset_at",
            "retell_call_id",
        ] {
            assert_eq!(vocabulary.possible_kind_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_name_of_nobody_in_particular_is_ambiguous() {
        let specs = Specs::embedded().unwrap();
        let vocabulary = specs.vocabulary();
        assert_eq!(vocabulary.meaning("name"), Some(Meaning::Maybe(Kind::PersonName)));
        assert_eq!(vocabulary.meaning("from"), Some(Meaning::Maybe(Kind::Contact)));
        assert_eq!(vocabulary.meaning("call_from_queue"), None);
        assert!(vocabulary.is_dump("full_payload") && !vocabulary.is_dump("metadata"));
        assert!(vocabulary.is_person("existingCustomer") && !vocabulary.is_person("customerService"));
    }
}
