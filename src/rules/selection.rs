//! By what a query selects its rows: something about a person, an id that is unique over all tenants, a value from
//! outside.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::QuestionContext;
use crate::analysis::tenancy::{Execution, Operand, Operation, Operator, Predicate, Subject, TenantFacts};
use crate::finding::Location;
use crate::flow::{Origin, Root};
use crate::specs::{ColumnKind, Connective};

/// The selection of an execution.
pub(super) struct Selection<'s, 'p> {
    pub(super) context: QuestionContext<'p>,
    pub(super) facts: &'s TenantFacts,
    pub(super) execution: &'s Execution,
    pub(super) subject: &'s Subject,
}

impl Selection<'_, '_> {
    /// A column about a person that selects the row.
    pub(super) fn person_column(&self) -> Option<String> {
        let specs = self.context.tenancy.project.specs;
        let of_query = find_column(&self.execution.query.operations, false, &|name, operator, _| {
            matches!(operator, Operator::Equal | Operator::In | Operator::Other) && specs.column(name) == Some(ColumnKind::Person)
        });
        of_query.or_else(|| {
            let search = self.execution.search.iter().flatten();
            let mut columns = search.map(|(column, _)| column.to_string());
            columns.find(|column| specs.column(column) == Some(ColumnKind::Person))
        })
    }

    /// An id that a provider gave or that was drawn at random, on every alternative, and no write. `is_login`: nobody is
    /// logged in as far as is known, so that a user may be looked up by what people log in with.
    pub(super) fn unique_id(&self, is_login: bool) -> Option<Location> {
        let writes = self.execution.writes || self.context.tenancy.is_written(&self.execution.query.entry);
        if writes {
            return None;
        }
        let (unique, other) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
        find_column(&self.execution.query.operations, false, &|name, _, operand| {
            let is_login = is_login && self.is_of_users() && (self.is_login_column(name) || self.is_kept_key(name, operand));
            let columns = if is_login || is_credential(operand) || self.is_external_id(name) { &unique } else { &other };
            columns.borrow_mut().insert(name.to_owned());
            false
        });
        let unique: Vec<String> = unique.into_inner().difference(&other.into_inner()).cloned().collect();
        if unique.is_empty() {
            return None;
        }
        self.context.tenancy.read_unique(self.facts, &self.execution.query, &unique).map(|guard| guard.at)
    }

    /// True where an argument, a value of the request or something unknown selects.
    pub(super) fn is_from_outside(&self) -> bool {
        let is_inside = |origin: &Origin| {
            matches!(
                origin.root,
                Root::Literal | Root::Call(_) | Root::Configuration | Root::Environment | Root::Runtime | Root::Row(_)
            )
        };
        let is_outside = |operand: &Operand| {
            operand.constant.is_none() && !operand.is_query && operand.origins.any(|origin| !is_inside(origin))
        };
        find_column(&self.execution.query.operations, true, &|_, _, operand| is_outside(operand)).is_some()
    }

    /// `find($transaction->invoice_id)`: a key of an object of which neither class nor caller is known.
    pub(super) fn is_by_unknown_object(&self) -> bool {
        let is_unknown = |origin: &Origin| {
            let is_key = origin.last().is_some_and(|name| name == "id" || name.ends_with("_id"));
            is_key && origin.column_of.is_none() && matches!(origin.root, Root::Parameter(_))
        };
        self.execution.query.operations.iter().any(|told| {
            matches!(told, Operation::Where(_, Predicate::Compare(_, Operator::Equal | Operator::In, operand), _)
                if operand.origins.all(is_unknown))
        })
    }

    /// A column of the type of random ids that is no key of a row.
    fn is_drawn_at_random(&self, column: &str) -> bool {
        let model = self.context.tenancy.model(self.subject);
        let table = model.and_then(|model| self.context.index.tables().get(model.table.as_deref()?));
        let is_random = |declared: &crate::index::Column| matches!(declared.kind.as_str(), "uuid" | "ulid");
        let is_key = model.is_some_and(|model| model.primary_key.eq_ignore_ascii_case(column));
        table.is_some_and(|table| {
            !is_key && !table.foreign_keys.contains_key(column) && table.columns.get(column).is_some_and(is_random)
        })
    }

    fn is_of_users(&self) -> bool {
        self.context.tenancy.model(self.subject).is_some_and(|model| self.context.index.user_model() == Some(model.class))
    }

    /// A column that is unique over all tenants.
    fn is_login_column(&self, column: &str) -> bool {
        let model = self.context.tenancy.model(self.subject);
        let table = model.and_then(|model| self.context.index.tables().get(model.table.as_deref()?));
        table.is_some_and(|table| table.is_unique(column))
    }

    /// The key of a row, which the server has kept in the session between two steps of a log-in.
    fn is_kept_key(&self, column: &str, operand: &Operand) -> bool {
        let model = self.context.tenancy.model(self.subject);
        model.is_some_and(|model| model.primary_key == column) && operand.origins.all(|origin| origin.root == Root::Session)
    }

    fn is_external_id(&self, column: &str) -> bool {
        // However it is drawn, a row's own key is the id by which the application hands the row to everybody.
        if self.context.tenancy.model(self.subject).is_some_and(|model| model.primary_key.eq_ignore_ascii_case(column)) {
            return false;
        }
        if self.context.tenancy.project.specs.column(column) == Some(ColumnKind::ExternalId) {
            return true;
        }
        if self.is_drawn_at_random(column) {
            return true;
        }
        // `retell_call_id` where no relation, table or foreign key goes by that name.
        let Some(stem) = column.strip_suffix("_id") else { return false };
        let index = self.context.index;
        let own_table = self.context.tenancy.model(self.subject).and_then(|model| model.table.as_deref()).unwrap_or_default();
        let is_foreign_key = index.tables().values().any(|table| table.foreign_keys.contains_key(column));
        let named = |model: &crate::index::Model| {
            let table = model.table.as_deref().unwrap_or_default();
            table.strip_suffix('s') == Some(stem) || table == stem
        };
        let of_relation = index.models().any(|model| {
            named(model) || model.relations.values().any(|relation| relation.foreign_key.as_deref() == Some(column))
        });
        stem.contains('_') && !is_foreign_key && !of_relation && !own_table.is_empty()
    }
}

/// The token that a client shows who it is by: whoever has it is let in. `$request->bearerToken()`
fn is_credential(operand: &Operand) -> bool {
    let is_token = |origin: &Origin| origin.root == Root::Request && origin.last() == Some("bearerToken()");
    operand.constant.is_none() && operand.origins.all(is_token)
}

/// The first column, in any group, that a predicate accepts.
fn find_column(
    operations: &[Operation],
    into_relations: bool,
    accepts: &dyn Fn(&str, Operator, &Operand) -> bool,
) -> Option<String> {
    operations.iter().find_map(|operation| match operation {
        Operation::Where(_, Predicate::Compare(column, operator, operand), _) if accepts(&column.name, *operator, operand) => {
            Some(column.name.to_string())
        }
        Operation::Where(_, Predicate::Raw(_, bindings), _) => {
            bindings.iter().any(|binding| accepts("", Operator::Other, binding)).then(String::new)
        }
        Operation::Where(_, Predicate::Exists { operations, .. }, _) if into_relations => find_column(operations, true, accepts),
        Operation::Group { operations, .. } | Operation::Scope { operations, .. } | Operation::Repeat(operations) => {
            find_column(operations, into_relations, accepts)
        }
        Operation::Either(paths) => paths.iter().find_map(|path| find_column(&path.operations, into_relations, accepts)),
        _ => None,
    })
}

/// True where a foreign key is compared with a value of an unknown source, which may well be a trusted row's; where no
/// caller is known, an argument is one.
pub(super) fn is_pinned_by_unknown(execution: &Execution, has_callers: bool) -> bool {
    let is_unknown = |origin: &Origin| match origin.root {
        Root::Unknown | Root::Call(_) => true,
        Root::Parameter(_) => !has_callers,
        _ => false,
    };
    is_pinned(&execution.query.operations, &|column, operand| {
        column.ends_with("_id") && operand.constant.is_none() && operand.origins.all(is_unknown)
    })
}

/// True where a comparison that accepts stands among conditions that all must hold.
fn is_pinned(operations: &[Operation], accepts: &dyn Fn(&str, &Operand) -> bool) -> bool {
    operations.iter().any(|told| match told {
        Operation::Where(Connective::And, Predicate::Compare(column, Operator::Equal | Operator::In, operand), _) => {
            accepts(&column.name, operand)
        }
        Operation::Group { connective: Connective::And, negated: false, operations, .. } => is_pinned(operations, accepts),
        _ => false,
    })
}
