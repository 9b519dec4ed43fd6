//! Texts without words: a template's id and its arguments.

/// An argument of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Argument {
    /// A name or a piece of code, inserted as it is.
    Text(String),
    /// A number; templates choose singular or plural by it.
    Count(u64),
    /// A text of its own.
    Message(Message),
    /// A place, written `path:line:column` or `Basename.php:line` as the template says.
    Place(super::Location),
}

/// A text: the id of a template of the catalogue, and typed arguments for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// Id of the template, for example `tenant.query.unscoped.headline`.
    pub template: &'static str,
    /// The arguments by name.
    pub arguments: Vec<(&'static str, Argument)>,
}

impl Message {
    /// A text without arguments.
    #[must_use]
    pub const fn new(template: &'static str) -> Self {
        Self { template, arguments: Vec::new() }
    }

    /// Adds a name or a piece of code.
    #[must_use]
    pub fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, Argument::Text(value.into())));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn count(mut self, name: &'static str, value: usize) -> Self {
        self.arguments.push((name, Argument::Count(value as u64)));
        self
    }

    /// Adds a text of its own.
    #[must_use]
    pub fn message(mut self, name: &'static str, value: Self) -> Self {
        self.arguments.push((name, Argument::Message(value)));
        self
    }

    /// Adds a place.
    #[must_use]
    pub fn place(mut self, name: &'static str, value: super::Location) -> Self {
        self.arguments.push((name, Argument::Place(value)));
        self
    }
}
