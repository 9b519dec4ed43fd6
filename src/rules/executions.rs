//! Where the queries of an entry are sent, and the place that reports give them.

use crate::analysis::tenancy::{Entry, EntryQueries, Execution, SentBy};
use crate::finding::Location;
use crate::specs::QueryMethodKind;

/// The place of a query for reports: from the entry point to the end of the chain that sends it.
pub(super) fn site_span(entry: &Entry, executions: &[Execution]) -> Location {
    let mut at = entry.at;
    for execution in executions.iter().filter(|execution| execution.at.file == at.file && execution.through_call.is_empty()) {
        if execution.at.span.start <= at.span.start && execution.at.span.end > at.span.end {
            at.span.end = execution.at.span.end;
        }
    }
    at
}

/// Where the queries of an entry are sent; a builder that nothing sends is taken as handed to code outside.
pub(super) fn executions_of(queries: &EntryQueries) -> Vec<Execution> {
    if !queries.executions.is_empty() {
        return queries.executions.clone();
    }
    let handed = queries
        .handed_out
        .iter()
        .map(|(query, function)| Execution::new(query.clone(), SentBy::loading("", "php/return"), query.entry.at, *function));
    handed.collect()
}

/// True for the methods that search by an array and create or change what they find.
pub(super) const fn is_find_or_write(kind: QueryMethodKind) -> bool {
    matches!(kind, QueryMethodKind::FindOrWrite | QueryMethodKind::FindOrWriteUnscoped | QueryMethodKind::Upsert)
}
