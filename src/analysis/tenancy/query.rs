//! The model of a query: what a builder was told between its entry point and the call that runs it.
//!
//! Operations are kept in call order, since the order decides how `or` binds. Where paths meet, what
//! they have in common stays a prefix and the rest becomes an [`Operation::Either`].

use std::sync::Arc;

use super::execution::Execution;
use crate::finding::Location;
use crate::flow::{Origins, Substitution};
use crate::index::{BodyKey, Constant};
use crate::specs::Connective;

/// The identity of a builder object within one function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// Made by an expression.
    Made(BodyKey, crate::hir::ExprId),
    /// Handed in as a parameter.
    Parameter(u16),
    /// Given back by a call; the number tells several apart.
    Returned(BodyKey, crate::hir::ExprId, u16),
    /// A clone.
    Copy(BodyKey, crate::hir::ExprId),
    /// Kept in a property of `$this` from before.
    Property(Arc<str>),
}

/// How a query begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// `Model::where(…)`, `Model::query()`, `(new Model)->newQuery()`
    Model,
    /// Without the model's global scopes: `newModelQuery()`, `newQueryWithoutScopes()`.
    UnscopedModel,
    /// `DB::table('t')`
    Table,
    /// A relation method of a row.
    Relation,
    /// A builder from code that is not followed.
    Foreign,
    /// A parameter of the function under analysis.
    Parameter(u16),
    /// The closure of a sub-query or a nested group.
    Nested,
    /// No query: a row is created.
    Created,
    /// The look-up by the path of a request that fills a parameter.
    Bound,
    /// A builder that the object keeps in a property.
    Kept,
    /// No query: the value that a middleware puts into the attributes of a request.
    Attribute,
}

/// Where a query begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The body that holds the expression.
    pub body: BodyKey,
    /// The expression.
    pub expr: crate::hir::ExprId,
    /// Its place.
    pub at: Location,
    /// How it begins.
    pub kind: EntryKind,
    /// The spec row or mechanism that makes it an entry.
    pub spec: Arc<str>,
}

/// What a query is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A model, by its class.
    Model(Arc<str>),
    /// A table, by its name; the alias where one is given.
    Table(Arc<str>, Option<Arc<str>>),
    /// Not known, and why.
    Unknown(Unknown),
}

/// What could not be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unknown {
    /// The class is computed.
    Class,
    /// The table's name is computed.
    Table,
    /// The relation cannot be found on the model.
    Relation,
    /// The builder went through code that is not followed.
    Code,
    /// The builder is kept in a property, where other methods of the object reach it.
    Kept,
    /// The name of the method is computed.
    Method,
    /// SQL is built at run time.
    Sql,
    /// The array is built at run time.
    Array,
    /// The function is too large, or calls itself in a way that does not settle.
    Size,
    /// The code does not parse.
    Syntax,
    /// Code of a package, which does not know the application's own scopes.
    Package,
    /// A condition array or callback is not known.
    Argument,
    /// A foreign key is compared with a value of unknown source.
    Owner,
}

/// A column as the query names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Column {
    /// Table or alias before the dot.
    pub qualifier: Option<Arc<str>>,
    /// The column; empty where a parameter names it.
    pub name: Arc<str>,
    /// The parameter of the function under analysis that names it, by its position.
    pub parameter: Option<u16>,
}

impl Column {
    /// A column without a table.
    #[must_use]
    pub fn plain(name: &str) -> Self {
        Self { qualifier: None, name: name.into(), parameter: None }
    }

    /// A column that a parameter names.
    #[must_use]
    pub fn of_parameter(qualifier: Option<&str>, position: u16) -> Self {
        Self { qualifier: qualifier.map(Into::into), name: "".into(), parameter: Some(position) }
    }

    /// A column from its text, `customers.company_id`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().trim_matches('`');
        match text.rsplit_once('.') {
            Some((qualifier, name)) => Self { qualifier: Some(unquoted(qualifier)), name: unquoted(name), parameter: None },
            None => Self { qualifier: None, name: unquoted(text), parameter: None },
        }
    }
}

fn unquoted(text: &str) -> Arc<str> {
    text.trim_matches(['`', '"', ' ']).into()
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `=` with a value that is not known to be null, `<=>`.
    Equal,
    /// `in (…)`
    In,
    /// `!=`, `<>`
    NotEqual,
    /// `not in (…)`
    NotIn,
    /// `is null`
    IsNull,
    /// Anything else: `<`, `like`, `is not null`.
    Other,
}

/// The right side of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operand {
    /// Where it comes from.
    pub origins: Origins,
    /// Its constant value.
    pub constant: Option<Arc<Constant>>,
    /// The queries that loaded the rows it was read from.
    pub rows: Vec<Entry>,
    /// A sub-query instead of a value.
    pub is_query: bool,
    /// The sub-query, where it is known.
    pub query: Option<Box<Query>>,
    /// `null` is among its values.
    pub may_be_null: bool,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// A column compared with a value.
    Compare(Column, Operator, Operand),
    /// Two columns compared.
    Columns(Column, Operator, Column),
    /// A row of a relation exists, or does not.
    Exists {
        /// The relation.
        relation: Option<Arc<str>>,
        /// What the sub-query is about.
        subject: Subject,
        /// `doesntHave` and the like, and counts that zero satisfies.
        negated: bool,
        /// What the sub-query was told.
        operations: Vec<Operation>,
    },
    /// SQL, none where it is built at run time, and its bindings.
    Raw(Option<Arc<str>>, Vec<Operand>),
    /// A condition without meaning for the questions.
    Other,
}

/// Which global scopes a call removes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removed {
    /// All of them.
    All,
    /// These, by class or name.
    These(Vec<Arc<str>>),
    /// All but these.
    AllBut(Vec<Arc<str>>),
    /// Those of the scope class that registered the macro.
    ScopeOf(Arc<str>),
    /// Not known.
    Unknown,
}

/// An assumption under which a path is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumption {
    /// The condition.
    pub at: Location,
    /// Where its value comes from.
    pub origins: Origins,
    /// Whether it holds.
    pub holds: bool,
    /// The condition compares, so that its truth is not the truth of the value.
    pub is_comparison: bool,
    /// The condition's constant value says otherwise: the path is never taken.
    pub is_impossible: bool,
    /// The condition's body and expression, for a closer look.
    pub expr: (BodyKey, crate::hir::ExprId),
}

/// A path of an [`Operation::Either`].
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// What is assumed on it.
    pub when: Vec<Assumption>,
    /// What the builder was told on it.
    pub operations: Vec<Operation>,
}

/// One thing that a builder was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// A condition.
    Where(Connective, Predicate, Location),
    /// Conditions in parentheses.
    Group {
        /// How the group joins what stands before it.
        connective: Connective,
        /// `whereNot`
        negated: bool,
        /// What stands in it.
        operations: Vec<Operation>,
        /// The call.
        at: Location,
    },
    /// A local scope: the framework puts what it adds, and what stands before it, in parentheses
    /// where either holds an `or`. `laravel/framework:src/Illuminate/Database/Eloquent/Builder.php (callScope)`
    Scope {
        /// The scope's name as called.
        name: Arc<str>,
        /// What it adds.
        operations: Vec<Operation>,
        /// The call.
        at: Location,
    },
    /// Different on different paths.
    Either(Vec<Alternative>),
    /// Told again and again, from no time on.
    Repeat(Vec<Operation>),
    /// Global scopes are taken away.
    Remove(Removed, Location),
    /// The rest runs on the query below Eloquent: scopes that are not applied yet never are.
    Unscope(Location),
    /// The global scopes are applied here (`toBase`).
    ApplyScopes(Location),
    /// Another table.
    Join {
        /// The table.
        subject: Subject,
        /// The conditions of the join.
        on: Vec<Operation>,
        /// `left join` and the like do not limit the table before them.
        outer: bool,
        /// The call.
        at: Location,
    },
    /// Another query's rows are added.
    Union(Box<Query>, Location),
    /// Code that is not followed may have told it anything.
    Opaque(Unknown, Location),
}

/// A builder.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where it begins.
    pub entry: Entry,
    /// What it is about.
    pub subject: Subject,
    /// What it was told, in order.
    pub operations: Vec<Operation>,
}

/// Operations kept for one builder; beyond, it may have been told anything.
const OPERATION_LIMIT: usize = 400;
/// Nesting and alternatives weighed together, so that joins stay small.
const WEIGHT_LIMIT: usize = 600;

impl Query {
    /// A builder that was told nothing yet.
    #[must_use]
    pub const fn new(entry: Entry, subject: Subject) -> Self {
        Self { entry, subject, operations: Vec::new() }
    }

    /// Adds an operation.
    pub fn push(&mut self, operation: Operation) {
        if self.operations.len() < OPERATION_LIMIT {
            self.operations.push(operation);
        } else if !matches!(self.operations.last(), Some(Operation::Opaque(..))) {
            self.operations.push(Operation::Opaque(Unknown::Size, self.entry.at));
        }
    }

    /// Joins what two paths told the builder; true where this one changed.
    pub fn join(&mut self, other: &Self, when: &[Assumption], other_when: &[Assumption]) -> bool {
        if self.operations == other.operations {
            return false;
        }
        if self.subject != other.subject {
            self.subject = Subject::Unknown(Unknown::Code);
        }
        let joined = join_operations(&self.operations, &other.operations, when, other_when);
        if joined == self.operations {
            return false;
        }
        self.operations = joined;
        if weight(&self.operations) > WEIGHT_LIMIT {
            self.operations = vec![Operation::Opaque(Unknown::Size, self.entry.at)];
        }
        true
    }

    /// Brings a builder that grows in a loop to a fixed form.
    pub fn widen(&mut self, previous: &Self) {
        if self.operations == previous.operations {
            return;
        }
        let common = common_prefix(&previous.operations, &self.operations);
        let mut repeated = Vec::new();
        flatten(&self.operations[common..], &mut repeated);
        repeated.dedup();
        let mut operations = self.operations[..common].to_vec();
        if let Some(Operation::Repeat(known)) = operations.last_mut() {
            for operation in repeated {
                if !known.contains(&operation) {
                    known.push(operation);
                }
            }
        } else {
            operations.push(Operation::Repeat(repeated));
        }
        self.operations = operations;
    }

    /// Puts what a caller knows in the place of parameters.
    #[must_use]
    pub fn substitute(&self, actual: Substitution<'_>) -> Self {
        Self { entry: self.entry.clone(), subject: self.subject.clone(), operations: substitute_all(&self.operations, actual) }
    }
}

fn weight(operations: &[Operation]) -> usize {
    operations
        .iter()
        .map(|operation| match operation {
            Operation::Either(alternatives) => 1 + alternatives.iter().map(|path| weight(&path.operations)).sum::<usize>(),
            Operation::Group { operations, .. } | Operation::Scope { operations, .. } | Operation::Repeat(operations) => {
                1 + weight(operations)
            }
            Operation::Union(query, _) => 1 + weight(&query.operations),
            _ => 1,
        })
        .sum()
}

/// The operations of all paths in a row.
fn flatten(operations: &[Operation], into: &mut Vec<Operation>) {
    for operation in operations {
        match operation {
            Operation::Either(alternatives) => alternatives.iter().for_each(|path| flatten(&path.operations, into)),
            Operation::Repeat(inner) => flatten(inner, into),
            other if !into.contains(other) => into.push(other.clone()),
            _ => {}
        }
    }
}

fn common_prefix(left: &[Operation], right: &[Operation]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

fn join_operations(
    left: &[Operation],
    right: &[Operation],
    left_when: &[Assumption],
    right_when: &[Assumption],
) -> Vec<Operation> {
    let common = common_prefix(left, right);
    let mut joined = left[..common].to_vec();
    let (left, right) = (&left[common..], &right[common..]);
    // A path that an earlier join already lists stays listed.
    if let [Operation::Either(known)] = left {
        if known.iter().any(|path| path.operations == right) {
            joined.push(Operation::Either(known.clone()));
            return joined;
        }
        let mut paths = known.clone();
        paths.push(Alternative { when: right_when.to_vec(), operations: right.to_vec() });
        joined.push(Operation::Either(paths));
        return joined;
    }
    joined.push(Operation::Either(vec![
        Alternative { when: left_when.to_vec(), operations: left.to_vec() },
        Alternative { when: right_when.to_vec(), operations: right.to_vec() },
    ]));
    joined
}

/// Puts what a caller knows in the place of parameters.
#[must_use]
pub(super) fn substitute_all(operations: &[Operation], actual: Substitution<'_>) -> Vec<Operation> {
    operations.iter().map(|operation| operation.substitute(actual)).collect()
}

impl Operation {
    fn substitute(&self, actual: Substitution<'_>) -> Self {
        match self {
            Self::Where(connective, predicate, at) => Self::Where(*connective, predicate.substitute(actual), *at),
            Self::Group { connective, negated, operations, at } => Self::Group {
                connective: *connective,
                negated: *negated,
                operations: substitute_all(operations, actual),
                at: *at,
            },
            Self::Scope { name, operations, at } => {
                Self::Scope { name: Arc::clone(name), operations: substitute_all(operations, actual), at: *at }
            }
            Self::Either(alternatives) => Self::Either(
                alternatives
                    .iter()
                    .map(|path| Alternative {
                        when: path.when.iter().map(|assumption| assumption.substitute(actual)).collect(),
                        operations: substitute_all(&path.operations, actual),
                    })
                    .collect(),
            ),
            Self::Repeat(operations) => Self::Repeat(substitute_all(operations, actual)),
            Self::Join { subject, on, outer, at } => {
                Self::Join { subject: subject.clone(), on: substitute_all(on, actual), outer: *outer, at: *at }
            }
            Self::Union(query, at) => Self::Union(Box::new(query.substitute(actual)), *at),
            Self::Remove(..) | Self::Unscope(_) | Self::ApplyScopes(_) | Self::Opaque(..) => self.clone(),
        }
    }
}

impl Assumption {
    fn substitute(&self, actual: Substitution<'_>) -> Self {
        Self { origins: self.origins.substitute(actual), ..self.clone() }
    }
}

impl Predicate {
    fn substitute(&self, actual: Substitution<'_>) -> Self {
        match self {
            Self::Compare(column, operator, operand) => {
                let operand = Operand { origins: operand.origins.substitute(actual), ..operand.clone() };
                Self::Compare(column.clone(), *operator, operand)
            }
            Self::Exists { relation, subject, negated, operations } => Self::Exists {
                relation: relation.clone(),
                subject: subject.clone(),
                negated: *negated,
                operations: substitute_all(operations, actual),
            },
            other => other.clone(),
        }
    }
}

/// What happens to the queries that begin at one place.
#[derive(Clone, Debug, Default)]
pub struct EntryQueries {
    /// What it is about, as far as the entry tells.
    pub subject: Option<Subject>,
    /// Where it is sent.
    pub executions: Vec<Execution>,
    /// Builders that begin here and are handed to code that nothing here calls.
    pub handed_out: Vec<(Query, BodyKey)>,
}

/// SQL as text that is sent to the database.
#[derive(Clone, Debug, PartialEq)]
pub struct RawSql {
    /// The call.
    pub at: Location,
    /// The body that holds it.
    pub body: BodyKey,
    /// The expression.
    pub expr: crate::hir::ExprId,
    /// The text; none where it is built at run time.
    pub text: Option<Arc<str>>,
    /// How it begins, where only that is known.
    pub start: Option<Arc<str>>,
    /// The bindings in order.
    pub bindings: Vec<Operand>,
    /// The spec row.
    pub spec: Arc<str>,
}

/// A call with an unresolved receiver whose method only builders have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnresolvedQuery {
    /// The call.
    pub at: Location,
    /// The body that holds it.
    pub body: BodyKey,
    /// The expression.
    pub expr: crate::hir::ExprId,
    /// The method.
    pub method: Arc<str>,
}
