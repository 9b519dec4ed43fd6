//! `CREATE TABLE`.

use super::{Failure, Mode, Work, table_exists};
use crate::schema::sql::{CreateTable, KeyDefinition, KeyPart, TableItem};
use crate::schema::{IndexKind, RowFacts, Table};

impl Work<'_> {
    pub(super) fn create_table(&mut self, create: &CreateTable) -> Result<(), Failure> {
        let Some(name) = &create.name else { return Err(Failure::Unknown("the table has no name".to_owned())) };
        let is_there = if create.temporary { self.table(name).is_some_and(|table| table.temporary) } else { self.exists(name) };
        if is_there && self.mode == Mode::Live && !create.or_replace {
            if create.if_not_exists && !self.is_view(name) {
                return Ok(());
            }
            return if create.if_not_exists { Ok(()) } else { Err(table_exists(&name.name).into()) };
        }
        let mut table = match &create.like {
            Some(like) => {
                let Some(model) = self.table(like) else { return Err(self.missing(like).into()) };
                let mut table = model.clone();
                table.foreign_keys.clear();
                table
            }
            None => Table::default(),
        };
        table.name.clone_from(&name.name);
        (table.origin, table.temporary, table.rows) = (self.origin, create.temporary, RowFacts::Empty);
        let options = &create.options;
        table.engine = options.engine.clone().or(table.engine);
        table.row_format = options.row_format.clone().or(table.row_format);
        table.charset = options.charset.clone().or(table.charset);
        table.collation = options.collation.clone().or(table.collation);
        table.partition_columns = options.partition_columns.clone().or(table.partition_columns);
        if create.like.is_none() {
            self.fill(create, name, &mut table)?;
        }
        if let Some((from, names)) = &create.query {
            let Some(source) = self.table(from) else { return Err(self.missing(from).into()) };
            let selected = source
                .columns
                .iter()
                .filter(|column| names.is_empty() || names.iter().any(|name| crate::schema::same_name(name, &column.name)));
            table.columns.extend(selected.map(|column| crate::schema::Column { auto_increment: false, ..column.clone() }));
            table.rows = source.rows;
        } else if create.from_query {
            return Err(Failure::Unknown("the columns of the table come from a query".to_owned()));
        }
        if self.mode == Mode::Restore {
            table.rows = RowFacts::Unknown;
        }
        let database = self.database_mut(name)?;
        if create.temporary {
            database.tables.insert(super::temporary_key(&name.name), table);
            return Ok(());
        }
        database.views.remove(&name.name);
        database.tables.insert(name.name.clone(), table);
        Ok(())
    }

    fn fill(&mut self, create: &CreateTable, name: &crate::schema::sql::TableName, table: &mut Table) -> Result<(), Failure> {
        let mut keys: Vec<KeyDefinition> = Vec::new();
        let mut foreign = Vec::new();
        for item in &create.items {
            match item {
                TableItem::Column(column) => {
                    self.add_column(table, column)?;
                    keys.extend(keys_of_column(column));
                    foreign.extend(column.references.as_deref().map(|references| {
                        let mut references = references.clone();
                        references.columns.push(column.name.clone());
                        references
                    }));
                }
                TableItem::Key(key) => keys.push(key.clone()),
                TableItem::Foreign(key) => foreign.push(key.clone()),
                TableItem::Check(check) => table.checks.extend(check.clone()),
                TableItem::Period(period, start, end) => {
                    table.periods.push((period.clone(), start.clone(), end.clone()));
                }
            }
        }
        let partitioned = table.partition_columns.is_some();
        if partitioned && !foreign.is_empty() && self.mode == Mode::Live {
            return Err(super::foreign::on_partitioned(&table.name).into());
        }
        let generated: Vec<String> =
            table.columns.iter().filter(|column| column.generated.is_some()).map(|column| column.name.clone()).collect();
        let generated: Vec<&str> = generated.iter().map(String::as_str).collect();
        self.check_functions(table, &generated, |name| super::keys::are_on(&keys, name))?;
        self.add_keys(table, &keys, &foreign)?;
        self.check_auto_increment(table)?;
        self.check_sources(table, &generated)?;
        for key in &foreign {
            self.add_foreign(table, name, key)?;
        }
        Ok(())
    }
}

/// The keys that a column's definition asks for.
pub(super) fn keys_of_column(column: &crate::schema::sql::ColumnDefinition) -> Vec<KeyDefinition> {
    let key = |kind, name: Option<&str>| KeyDefinition {
        kind,
        name: name.map(str::to_owned),
        parts: vec![KeyPart { column: column.name.clone(), length: None, descending: false }],
        algorithm: None,
        if_not_exists: false,
        or_replace: false,
        ignored: false,
        without_overlaps: None,
    };
    let mut keys = Vec::new();
    if column.primary {
        keys.push(key(IndexKind::Primary, None));
    }
    if column.unique {
        keys.push(key(IndexKind::Unique, None));
    }
    keys
}
