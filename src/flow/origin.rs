//! Provenance: where a value comes from. The base domain that every client shares.

use std::sync::Arc;

/// The outermost source of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// Written in the code.
    Literal,
    /// The logged-in user.
    User,
    /// Whether somebody is logged in; `false` for the opposite question.
    UserPresence(bool),
    /// Chosen by the client.
    Request,
    /// The tenant that a tenancy package holds.
    TenantContext,
    /// A configuration value.
    Configuration,
    /// The session.
    Session,
    /// An environment variable.
    Environment,
    /// How the code runs.
    Runtime,
    /// A row of a model, read from the database.
    Row(Arc<str>),
    /// A parameter of the function under analysis.
    Parameter(u16),
    /// The object of the method under analysis.
    This,
    /// What a call of a framework or package gives.
    Call(Arc<str>),
    /// Not known.
    Unknown,
}

/// Where a value comes from: a source, and the members read on the way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The source.
    pub root: Root,
    /// Properties, keys and methods (`name()`) read from it, in order.
    pub path: Vec<Arc<str>>,
    /// The model whose column the last member is.
    pub column_of: Option<Arc<str>>,
}

/// Members kept on a path; a longer one keeps its end.
const PATH_LIMIT: usize = 4;
/// Sources kept for a value; with more it may be anything.
const ORIGIN_LIMIT: usize = 8;

impl Origin {
    /// A source itself.
    #[must_use]
    pub const fn of(root: Root) -> Self {
        Self { root, path: Vec::new(), column_of: None }
    }

    /// A member of this origin.
    #[must_use]
    pub fn member(&self, name: &str, column_of: Option<&Arc<str>>) -> Self {
        let mut path = self.path.clone();
        if path.len() >= PATH_LIMIT {
            path.remove(0);
        }
        path.push(name.into());
        Self { root: self.root.clone(), path, column_of: column_of.cloned() }
    }

    /// The last member read.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.path.last().map(|name| &**name)
    }

    /// True for the column of that name of a row or of the user.
    #[must_use]
    pub fn is_column(&self, column: &str) -> bool {
        self.last() == Some(column)
    }
}

/// What a caller knows of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actual {
    /// The sources there.
    pub origins: Origins,
    /// So many members of the path they are told of: the elements of an array whose keys are known.
    pub members: usize,
}

/// What a caller knows of each source; none where it is the same there.
pub type Substitution<'s> = &'s dyn Fn(&Origin) -> Option<Actual>;

/// The sources that a value may have, sorted. Values are copied far more often than their sources change, so that
/// copies share them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origins(Option<Arc<Vec<Origin>>>);

impl Origins {
    /// No value.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// One source.
    #[must_use]
    pub fn one(root: Root) -> Self {
        Self(Some(Arc::new(vec![Origin::of(root)])))
    }

    /// A value of which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::one(Root::Unknown)
    }

    /// The sources.
    pub fn iter(&self) -> impl Iterator<Item = &Origin> {
        self.as_slice().iter()
    }

    fn as_slice(&self) -> &[Origin] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// True for copies of one another, which need not be compared.
    fn is_shared_with(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (mine, theirs) => mine.is_none() && theirs.is_none(),
        }
    }

    /// True where there is no source.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Adds a source.
    pub fn insert(&mut self, origin: Origin) {
        if let Err(place) = self.as_slice().binary_search(&origin) {
            if self.as_slice().len() >= ORIGIN_LIMIT {
                let unknown = Origin::of(Root::Unknown);
                if let Err(place) = self.as_slice().binary_search(&unknown) {
                    self.own().insert(place, unknown);
                }
            } else {
                self.own().insert(place, origin);
            }
        }
    }

    fn own(&mut self) -> &mut Vec<Origin> {
        Arc::make_mut(self.0.get_or_insert_default())
    }

    /// Adds the sources of another value; true where something was new.
    pub fn join(&mut self, other: &Self) -> bool {
        if self.is_shared_with(other) || other.is_empty() {
            return false;
        }
        if self.is_empty() {
            self.clone_from(other);
            return true;
        }
        let before = self.as_slice().len();
        for origin in other.iter() {
            // Looked for before it is copied.
            if self.as_slice().binary_search(origin).is_err() {
                self.insert(origin.clone());
            }
        }
        self.as_slice().len() != before
    }

    /// Adds the sources of an operand: what is written in the code shapes a result, and is a source of it only where
    /// there is no other.
    pub fn join_operand(&mut self, operand: &Self) {
        let is_written = |origin: &Origin| origin.root == Root::Literal;
        if self.iter().all(is_written) {
            let own = std::mem::replace(self, operand.clone());
            if self.iter().all(is_written) {
                self.join(&own);
            }
            return;
        }
        operand.iter().filter(|origin| !is_written(origin)).for_each(|origin| self.insert(origin.clone()));
    }

    /// The origins of a member.
    #[must_use]
    pub fn member(&self, name: &str, column_of: Option<&Arc<str>>) -> Self {
        let mut origins = Self::none();
        self.iter().for_each(|origin| origins.insert(origin.member(name, column_of)));
        origins
    }

    /// The origins of a property: of the model by its type, else of the row that the value is.
    #[must_use]
    pub fn property(&self, name: &str, model: Option<&Arc<str>>) -> Self {
        let mut origins = Self::none();
        for origin in self.iter() {
            let row = match &origin.root {
                Root::Row(class) if origin.path.is_empty() => Some(class),
                _ => None,
            };
            origins.insert(origin.member(name, model.or(row)));
        }
        origins
    }

    /// Puts what a caller knows in the place of parameters and `$this`.
    #[must_use]
    pub fn substitute(&self, actual: Substitution<'_>) -> Self {
        let mut origins = Self::none();
        for origin in self.iter() {
            match actual(origin) {
                None => origins.insert(origin.clone()),
                Some(given) => {
                    for outer in given.origins.iter() {
                        let mut whole = outer.clone();
                        for (position, name) in origin.path.iter().enumerate().skip(given.members) {
                            let column_of = if position + 1 == origin.path.len() { origin.column_of.as_ref() } else { None };
                            whole = whole.member(name, column_of);
                        }
                        origins.insert(whole);
                    }
                }
            }
        }
        origins
    }

    /// True where every source satisfies the predicate, and there is one.
    #[must_use]
    pub fn all(&self, predicate: impl Fn(&Origin) -> bool) -> bool {
        !self.is_empty() && self.iter().all(predicate)
    }

    /// True where some source satisfies the predicate.
    #[must_use]
    pub fn any(&self, predicate: impl Fn(&Origin) -> bool) -> bool {
        self.iter().any(predicate)
    }
}
