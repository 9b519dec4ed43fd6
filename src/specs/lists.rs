//! Functions that pass lists on, and the methods of loaded rows.

use super::{Row, RowError};

/// What a method of a loaded row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowMethod {
    /// Writes the row.
    Writes,
    /// Gives the row itself, or a copy of it.
    Same,
    /// Loads relations of the row, and gives the row.
    Loads,
    /// Gives something about the row.
    Reads,
    /// Says or changes something of the model itself, and sends no query, called on a row or on the class.
    OfModel,
}

/// What a function makes of its arguments, of which the first one is often a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionResult {
    /// The same elements.
    First,
    /// One of the elements.
    ElementOfFirst,
    /// The class of the object.
    ClassOfFirst,
    /// An array of the keys that it names, and no others.
    KeysOfFirst,
    /// What the callback among its arguments gives.
    OfCallback,
}

/// What a function gives to its callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListCallback {
    /// The elements of its first argument.
    ElementsOfFirst,
    /// The elements of its second argument.
    ElementsOfSecond,
    /// The first argument itself.
    First,
}

impl RowMethod {
    pub(super) fn parse(row: &Row) -> Result<Self, RowError> {
        match row.kind.as_str() {
            "writes" => Ok(Self::Writes),
            "same" => Ok(Self::Same),
            "loads" => Ok(Self::Loads),
            "reads" => Ok(Self::Reads),
            "of-model" => Ok(Self::OfModel),
            _ => Err(row.unknown_kind()),
        }
    }
}

impl FunctionResult {
    pub(super) fn parse(row: &Row) -> Result<Self, RowError> {
        match row.kind.as_str() {
            "first" => Ok(Self::First),
            "element-of-first" => Ok(Self::ElementOfFirst),
            "keys-of-first" => Ok(Self::KeysOfFirst),
            "of-callback" => Ok(Self::OfCallback),
            "class-of-first" => Ok(Self::ClassOfFirst),
            _ => Err(row.unknown_kind()),
        }
    }
}

impl ListCallback {
    pub(super) fn parse(row: &Row) -> Result<Self, RowError> {
        match row.kind.as_str() {
            "elements-of-first" => Ok(Self::ElementsOfFirst),
            "elements-of-second" => Ok(Self::ElementsOfSecond),
            "first" => Ok(Self::First),
            _ => Err(row.unknown_kind()),
        }
    }
}
