//! SQL as text: which tables a statement reads, and whether it compares the tenant key.

use std::ops::ControlFlow;

use super::guard::looks_like_key;
use super::query::Operand;
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select, SetExpr, Statement, TableFactor, Value,
    Visit, Visitor,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;

/// What a condition in SQL says about the tenant key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RawCondition {
    /// Compares it with a bound value, on every alternative.
    LimitsKey,
    /// Holds for no row, as `1 = 0` does.
    Never,
    /// Holds an `or` outside parentheses.
    Alternatives,
    /// Nothing.
    Other,
}

/// A condition of `whereRaw`.
pub(super) fn raw_condition(sql: &str, key: &str) -> RawCondition {
    let parsed = Parser::new(&MySqlDialect {}).try_with_sql(sql).and_then(|mut parser| parser.parse_expr());
    match parsed {
        Ok(condition) if limits(&condition, key) => RawCondition::LimitsKey,
        Ok(condition) if is_never(&condition) => RawCondition::Never,
        Ok(Expr::BinaryOp { op: BinaryOperator::Or | BinaryOperator::Xor, .. }) => RawCondition::Alternatives,
        Ok(_) => RawCondition::Other,
        // What the parser does not know is read as words: an `or` outside parentheses counts.
        Err(_) if has_word_outside_parentheses(sql, "or") => RawCondition::Alternatives,
        Err(_) => RawCondition::Other,
    }
}

/// `1 = 0`, `false`
fn is_never(condition: &Expr) -> bool {
    match condition {
        Expr::Nested(inner) => is_never(inner),
        Expr::Value(value) => matches!(&value.value, Value::Boolean(false)) || value.to_string() == "0",
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => match (&**left, &**right) {
            (Expr::Value(left), Expr::Value(right)) => {
                matches!((&left.value, &right.value), (Value::Number(left, _), Value::Number(right, _)) if left != right)
            }
            _ => false,
        },
        _ => false,
    }
}

fn has_word_outside_parentheses(sql: &str, word: &str) -> bool {
    let mut depth = 0_usize;
    let mut outside = String::with_capacity(sql.len());
    for character in sql.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            other if depth == 0 => outside.push(other),
            _ => {}
        }
    }
    outside.split(|character: char| !character.is_alphanumeric()).any(|found| found.eq_ignore_ascii_case(word))
}

/// The binding that a positional placeholder behind `key =` takes.
pub(super) fn key_binding<'b>(sql: &str, key: &str, bindings: &'b [Operand]) -> Option<&'b Operand> {
    let lower = sql.to_ascii_lowercase();
    let key = key.to_ascii_lowercase();
    let place = lower.match_indices(&key).find_map(|(start, _)| {
        let rest = lower[start + key.len()..].trim_start_matches(['`', '"', ' ']);
        let rest = rest.strip_prefix("<=>").or_else(|| rest.strip_prefix('='))?;
        rest.trim_start().starts_with('?').then_some(start)
    })?;
    bindings.get(lower[..place].matches('?').count())
}

/// True where a condition compares the key with a bound value on every alternative.
fn limits(condition: &Expr, key: &str) -> bool {
    match condition {
        Expr::Nested(inner) => limits(inner, key),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => limits(left, key) || limits(right, key),
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => limits(left, key) && limits(right, key),
        Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::Spaceship, right } => {
            is_key(left, key) && is_bound(right) || is_key(right, key) && is_bound(left)
        }
        Expr::InList { expr, list, negated: false } => is_key(expr, key) && list.iter().all(is_bound),
        _ => false,
    }
}

fn is_key(expr: &Expr, key: &str) -> bool {
    let last = match expr {
        Expr::Identifier(name) => Some(name),
        Expr::CompoundIdentifier(parts) => parts.last(),
        _ => None,
    };
    last.is_some_and(|name| name.value.eq_ignore_ascii_case(key))
}

fn is_bound(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, Value::Placeholder(_)))
        || matches!(expr, Expr::Identifier(name) if name.value.starts_with(':'))
}

/// What a statement does with a table that tenants share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatementFacts {
    /// Tables that it reads or writes, lower-cased, in order of appearance.
    pub(super) tables: Vec<String>,
    /// Each `select`, `update` and `delete` that touches tables compares the key with a bound value.
    pub(super) limits_key: bool,
    /// It changes the schema or the session, not rows.
    pub(super) is_definition: bool,
}

/// Reads a statement; `None` where it is no SQL that the parser knows. `is_owned` tells the tables of tenants.
pub(super) fn statement(sql: &str, key: &str, is_owned: &dyn Fn(&str) -> bool) -> Option<StatementFacts> {
    let statements = Parser::parse_sql(&MySqlDialect {}, sql).ok()?;
    let mut tables = Tables::default();
    let mut selects = Selects { key, is_owned, limited: true };
    let mut is_definition = true;
    for statement in &statements {
        let _ = Visit::visit(statement, &mut tables);
        let selection = match statement {
            Statement::Query(_) | Statement::Insert(_) => None,
            Statement::Update(update) => Some(update.selection.as_ref()),
            Statement::Delete(delete) => Some(delete.selection.as_ref()),
            _ => continue,
        };
        is_definition = false;
        if let Some(selection) = selection {
            selects.limited &= selection.is_some_and(|condition| limits(condition, key));
        }
        let _ = Visit::visit(statement, &mut selects);
    }
    Some(StatementFacts { tables: tables.names, limits_key: selects.limited, is_definition })
}

/// Looks whether each `select` of a statement, at any depth, that reads tables of tenants limits them.
struct Selects<'s> {
    key: &'s str,
    is_owned: &'s dyn Fn(&str) -> bool,
    limited: bool,
}

impl Visitor for Selects<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.set(&query.body);
        ControlFlow::Continue(())
    }
}

impl Selects<'_> {
    fn set(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => self.limited &= self.select(select),
            SetExpr::SetOperation { left, right, .. } => {
                self.set(left);
                self.set(right);
            }
            _ => {}
        }
    }

    fn select(&self, select: &Select) -> bool {
        let mut names = Vec::new();
        let mut reads_owned = false;
        let mut conditions: Vec<&Expr> = select.selection.iter().collect();
        for from in &select.from {
            for factor in std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)) {
                let TableFactor::Table { name, alias, .. } = factor else { continue };
                let Some(name) = name.0.last().and_then(|part| part.as_ident()) else { continue };
                reads_owned |= (self.is_owned)(&name.value.to_ascii_lowercase());
                names.push(name.value.as_str());
                names.extend(alias.iter().map(|alias| alias.name.value.as_str()));
            }
            conditions.extend(from.joins.iter().filter_map(|join| match &join.join_operator {
                JoinOperator::Join(JoinConstraint::On(on)) | JoinOperator::Inner(JoinConstraint::On(on)) => Some(on),
                _ => None,
            }));
        }
        !reads_owned || conditions.into_iter().any(|condition| limits(condition, self.key) || is_correlated(condition, &names))
    }
}

/// True where a condition compares a key with one of a row of the query around it: `calls.customer_id = c.id`.
fn is_correlated(condition: &Expr, own: &[&str]) -> bool {
    let outer_key = |expr: &Expr| match expr {
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., table, column] => {
                looks_like_key(&column.value) && !own.iter().any(|name| name.eq_ignore_ascii_case(&table.value))
            }
            _ => false,
        },
        _ => false,
    };
    let some_key = |expr: &Expr| match expr {
        Expr::Identifier(column) => looks_like_key(&column.value),
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|column| looks_like_key(&column.value)),
        _ => false,
    };
    match condition {
        Expr::Nested(inner) => is_correlated(inner, own),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => is_correlated(left, own) || is_correlated(right, own),
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            outer_key(left) && some_key(right) || outer_key(right) && some_key(left)
        }
        _ => false,
    }
}

#[derive(Default)]
struct Tables {
    names: Vec<String>,
}

impl Visitor for Tables {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        let last: Option<&Ident> = relation.0.last().and_then(|part| part.as_ident());
        if let Some(name) = last {
            let name = name.value.to_ascii_lowercase();
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn raw_conditions() {
        assert_eq!(raw_condition("company_id = ?", "company_id"), RawCondition::LimitsKey);
        assert_eq!(raw_condition("c.company_id = :company and x > 1", "company_id"), RawCondition::LimitsKey);
        assert_eq!(raw_condition("a = 1 or b = 2", "company_id"), RawCondition::Alternatives);
        assert_eq!(raw_condition("(a = 1 or b = 2)", "company_id"), RawCondition::Other);
        assert_eq!(raw_condition("lower(name) = ?", "company_id"), RawCondition::Other);
        assert_eq!(raw_condition("company_id = ? or company_id = ?", "company_id"), RawCondition::LimitsKey);
        assert_eq!(raw_condition("company_id <> ?", "company_id"), RawCondition::Other);
        assert_eq!(raw_condition("1 = 0", "company_id"), RawCondition::Never);
        assert_eq!(raw_condition("1 = 1", "company_id"), RawCondition::Other);
    }

    fn read(sql: &str) -> Option<StatementFacts> {
        statement(sql, "company_id", &|table| ["customers", "calls"].contains(&table))
    }

    fn limits_key(sql: &str) -> bool {
        read(sql).unwrap().limits_key
    }

    #[test]
    fn statements() {
        let facts = read("select * from customers c join calls on calls.customer_id = c.id where c.company_id = ?").unwrap();
        assert_eq!(facts.tables, ["customers", "calls"]);
        assert!(facts.limits_key);
        assert!(!limits_key("select count(*) from customers"));
        assert!(!limits_key("update customers set a = 1 where id = ?"));
        assert!(read("create table t (id int)").unwrap().is_definition);
        assert!(read("this is no sql").is_none());
    }

    #[test]
    fn every_select_needs_a_limit() {
        assert!(!limits_key("select id, (select count(*) from calls where phone = ?) from customers where company_id = ?"));
        assert!(!limits_key("select * from customers where company_id = ? union select * from customers"));
        assert!(!limits_key("select * from (select * from customers) t where t.company_id = ?"));
        assert!(!limits_key("with open as (select * from customers) select * from open"));
        assert!(!limits_key("insert into copies select * from customers"));
        assert!(!limits_key("select id, (select 1 from calls where calls.a = c.b) from customers c where company_id = ?"));
    }

    #[test]
    fn a_sub_select_may_follow_the_row_around_it() {
        assert!(limits_key(
            "select id, (select count(*) from calls where calls.customer_id = c.id) from customers c where company_id = ?"
        ));
        assert!(limits_key("select * from (select * from customers where company_id = ?) t"));
        assert!(limits_key("select * from plans where id in (select plan_id from customers where company_id = ?)"));
        assert!(limits_key("select * from calls join customers c on c.id = calls.customer_id and c.company_id = ?"));
    }
}
