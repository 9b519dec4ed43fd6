//! Objects on the heap.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::value::{Array, ObjectId, Value};
use crate::index::ClassKey;
use crate::migrate::laravel::{Blueprint, Query};
use crate::schema::SqlError;

/// Attributes of a fluent object, in the order in which they were set.
pub(crate) type Attributes = Array;

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Object {
    /// Of a class of the project.
    Instance { class: ClassKey, properties: BTreeMap<Rc<str>, Value> },
    /// `Illuminate\Database\Schema\Blueprint`
    Blueprint(Box<Blueprint>),
    /// A column, foreign key or command of a Blueprint.
    Fluent { kind: FluentKind, attributes: Attributes },
    /// `Illuminate\Database\Schema\Builder`
    Schema { connection: String },
    /// `Illuminate\Database\Connection`
    Connection { name: String },
    /// `Illuminate\Database\Query\Builder`, also that of a model
    Query(Box<Query>),
    /// `Illuminate\Support\Collection`
    Collection(Array),
    /// `Illuminate\Support\Stringable`
    Stringable(Rc<str>),
    /// `Illuminate\Database\Query\Expression`
    Expression(Value),
    /// `stdClass`: the row of a result
    Row(Array),
    /// An exception, of the project, of PHP or of the framework.
    Exception(Box<Exception>),
    /// Of a class whose code is not here.
    Foreign { class: String },
}

/// What a fluent object stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FluentKind {
    Column {
        blueprint: ObjectId,
    },
    /// `foreignId` and its kin
    ForeignIdColumn {
        blueprint: ObjectId,
    },
    ForeignKey,
    Command,
}

/// An exception.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    /// Its class, fully qualified.
    pub class: String,
    pub message: String,
    pub code: Value,
    pub previous: Value,
    /// The server's error that it carries.
    pub sql: Option<SqlError>,
    /// The statement that the server refused.
    pub statement: Option<String>,
}
