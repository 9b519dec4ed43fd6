//! Rows that a query hangs on: what is said of the queries that loaded them.

use super::super::picked_tenant;
use super::super::row_verdict::LoadedRow;
use super::{Fault, Judge, QueryVerdict};
use crate::analysis::tenancy::{EAGER_LOAD, Entry, Guard, LAZY_LOAD, Operand, Protection};

impl Judge<'_, '_> {
    /// `Company::with('customers')->get()`: one query loads the rows of them all.
    pub(super) fn loaded_with_all_tenants(&self, guard: &Guard) -> Option<QueryVerdict> {
        let (Protection::Key(operand) | Protection::RowKey(operand)) = &guard.protection else { return None };
        let is_load = *self.execution.query.entry.spec == *EAGER_LOAD;
        let mut rows = operand.rows.iter().filter(|_| is_load);
        let row = rows.find(|row| picked_tenant::goes_over_all(self.context, self.facts, row))?;
        Some(if self.is_operators() { QueryVerdict::Operator(Fault::Unscoped) } else { QueryVerdict::OfOpenRow(row.at) })
    }

    /// What is said of the tenant's row that a key was read from, where the client picks it.
    pub(super) fn picked_tenant(&self, row: &Entry) -> Option<QueryVerdict> {
        picked_tenant::verdict_on(self.context, self.facts, (row, self.execution.function), self.depth)
            .filter(|_| *row != self.execution.query.entry)
    }

    /// What the query says that loaded the row at hand, where it spoils the key.
    pub(super) fn parent(&self, row: &Entry) -> Option<QueryVerdict> {
        if *row == self.execution.query.entry {
            return None;
        }
        let function = self.execution.function;
        let (is_said_elsewhere, is_load) = (self.is_said_elsewhere(), self.is_load());
        let (context, facts, depth) = (self.context, self.facts, self.depth);
        LoadedRow { context, facts, function, is_said_elsewhere, is_load, depth }.verdict(row)
    }

    /// The same of a row that the object keeps. What is to be said of it is said where it is loaded.
    pub(super) fn parent_in_property(&self, operand: &Operand) -> Option<QueryVerdict> {
        let function = self.execution.function;
        let (context, facts, depth, is_load) = (self.context, self.facts, self.depth, self.is_load());
        let own = operand.origins.iter().flat_map(|value| context.tenancy.rows_of_property(function, value));
        let rows = own.filter(|row| **row != self.execution.query.entry);
        QueryVerdict::worst(rows.filter_map(|row| {
            let function = context.index.enclosing(row.body);
            LoadedRow { context, facts, function, is_said_elsewhere: true, is_load, depth }.verdict(row)
        }))
    }

    /// The rows come with the query that loads the row, or are read from a row that was handed over: what is to be
    /// said is said where the row is chosen.
    fn is_said_elsewhere(&self) -> bool {
        let spec = &*self.execution.query.entry.spec;
        spec == EAGER_LOAD || spec == LAZY_LOAD && !self.execution.through_call.is_empty()
    }

    pub(super) fn is_load(&self) -> bool {
        let spec = &*self.execution.query.entry.spec;
        spec == EAGER_LOAD || spec == LAZY_LOAD
    }
}
