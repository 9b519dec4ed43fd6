//! Who chose the value that a validation rule tests: the application, or the client.

use super::QuestionContext;
use crate::analysis::contexts::{Context, Place};
use crate::analysis::tenancy::{TestedValue, ValidationRule, is_client_written, subject_name};
use crate::finding::Location;
use crate::flow::{Origin, Root};
use crate::index::BodyKey;
use crate::specs::ContextKind;

/// What the callers of a validation say about the value that a rule tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tested {
    /// The application chose it, wherever the rule is asked: the places that give it.
    Own(Vec<Location>),
    /// A client chooses it here.
    Chosen(Location),
    /// Where it comes from could not be resolved: its name, and the place that gives it.
    Unresolved(String, Location),
    /// Nobody is known who gives it.
    NotKnown,
}

/// Who chose a value; worse ones are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chooser {
    Application,
    /// Nobody calls the function, or the whole array is not known.
    Nobody,
    Unresolved(String),
    Client,
}

/// Reads the values that a rule tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct TestedReader<'r, 'p> {
    pub(super) context: QuestionContext<'p>,
    pub(super) rule: &'r ValidationRule,
}

impl TestedReader<'_, '_> {
    pub(super) fn read(&self) -> Tested {
        let told = self.rule.tested.iter().map(|value| (self.chooser(value), value.at));
        let Some((worst, at)) = told.max_by(|(left, _), (right, _)| left.cmp(right)) else { return Tested::NotKnown };
        match worst {
            Chooser::Client => Tested::Chosen(at),
            Chooser::Unresolved(name) => Tested::Unresolved(name, at),
            Chooser::Nobody => Tested::NotKnown,
            Chooser::Application => {
                let mut places: Vec<Location> = self.rule.tested.iter().map(|value| value.at).collect();
                places.dedup();
                Tested::Own(places)
            }
        }
    }

    fn chooser(&self, tested: &TestedValue) -> Chooser {
        if tested.value.constant.is_some() {
            return Chooser::Application;
        }
        let tenancy = self.context.tenancy;
        let function = self.context.index.enclosing(tested.function);
        let contexts = tenancy.contexts.of(self.context.index, function, tested.at);
        if !contexts.is_empty() && contexts.iter().all(|context| context.kind == ContextKind::Console) {
            return Chooser::Application;
        }
        let worst = tested.value.origins.iter().map(|origin| self.of_origin(tested, function, contexts, origin)).max();
        match worst {
            Some(Chooser::Unresolved(_)) if tested.is_one_of_many => Chooser::Nobody,
            Some(worst) => worst,
            None => Chooser::Nobody,
        }
    }

    fn of_origin(&self, tested: &TestedValue, function: BodyKey, contexts: &[Context], origin: &Origin) -> Chooser {
        if origin.column_of.is_some() && origin.last().is_some_and(is_key) {
            return Chooser::Application;
        }
        match &origin.root {
            Root::Literal | Root::User | Root::TenantContext => Chooser::Application,
            Root::Row(_) if origin.path.is_empty() || origin.last().is_some_and(is_key) => Chooser::Application,
            Root::Request => self.unless_checked(function, contexts, origin, Chooser::Client),
            Root::This if self.is_input(tested, origin) => Chooser::Client,
            Root::Parameter(_) => {
                let faces_clients = |context: &Context| {
                    matches!(context.kind, ContextKind::Http | ContextKind::Public | ContextKind::Authenticated)
                        && context.entry == function
                };
                let is_clients = contexts.iter().any(faces_clients);
                let chooser = if is_clients { Chooser::Client } else { Chooser::Nobody };
                self.unless_checked(function, contexts, origin, chooser)
            }
            _ => Chooser::Unresolved(self.name(origin)),
        }
    }

    /// A value that stands among the user's own, by what is asked before, tells the user nothing new.
    fn unless_checked(&self, function: BodyKey, contexts: &[Context], origin: &Origin, chooser: Chooser) -> Chooser {
        let Some(class) = subject_name(self.context.tenancy, &self.rule.subject) else { return chooser };
        let is_own = |context: &Context| Place { context, function }.is_own_row(origin, &class);
        if !contexts.is_empty() && contexts.iter().all(is_own) { Chooser::Application } else { chooser }
    }

    /// A property that the client writes: of a Livewire component.
    fn is_input(&self, tested: &TestedValue, origin: &Origin) -> bool {
        let index = self.context.index;
        let class = index.body_class(tested.function);
        class.zip(origin.path.first()).is_some_and(|(class, property)| is_client_written(index, class, property))
    }

    /// The value as the code names it.
    fn name(&self, origin: &Origin) -> String {
        let start = match &origin.root {
            // A longer path names where a part of the value comes from.
            Root::This if origin.path.len() <= 2 => "$this".to_owned(),
            Root::Call(symbol) => format!("{symbol}()"),
            Root::Configuration => "config()".to_owned(),
            Root::Environment => "env()".to_owned(),
            Root::Session => "session()".to_owned(),
            Root::Row(class) => crate::analysis::tenancy::short_name(class).to_string(),
            _ => return self.rule.field.clone().unwrap_or_default(),
        };
        origin.path.iter().fold(start, |name, member| format!("{name}->{member}"))
    }
}

/// The key of a row, or of another one that it belongs to.
fn is_key(member: &str) -> bool {
    matches!(member, "id" | "uuid" | "ulid" | "getKey()") || member.ends_with("_id") || member.ends_with("_uuid")
}
