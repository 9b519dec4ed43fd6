//! SQL as text: which tables a statement reads, and whether it compares the tenant key.

use std::ops::ControlFlow;

use super::query::Operand;
use sqlparser::ast::{BinaryOperator, Expr, Ident, ObjectName, Query, SetExpr, Statement, TableFactor, Value, Visit, Visitor};
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

/// Reads a statement; `None` where it is no SQL that the parser knows.
pub(super) fn statement(sql: &str, key: &str) -> Option<StatementFacts> {
    let statements = Parser::parse_sql(&MySqlDialect {}, sql).ok()?;
    let mut tables = Tables::default();
    let mut limits_key = true;
    let mut is_definition = true;
    for statement in &statements {
        let _ = Visit::visit(statement, &mut tables);
        match statement {
            Statement::Query(query) => {
                is_definition = false;
                limits_key &= query_limits(query, key);
            }
            Statement::Update(update) => {
                is_definition = false;
                limits_key &= update.selection.as_ref().is_some_and(|condition| limits(condition, key));
            }
            Statement::Delete(delete) => {
                is_definition = false;
                limits_key &= delete.selection.as_ref().is_some_and(|condition| limits(condition, key));
            }
            Statement::Insert(insert) => {
                is_definition = false;
                limits_key &= insert
                    .source
                    .as_ref()
                    .is_none_or(|source| matches!(*source.body, SetExpr::Values(_)) || query_limits(source, key));
            }
            _ => {}
        }
    }
    Some(StatementFacts { tables: tables.names, limits_key, is_definition })
}

fn query_limits(query: &Query, key: &str) -> bool {
    set_limits(&query.body, key)
}

fn set_limits(body: &SetExpr, key: &str) -> bool {
    match body {
        SetExpr::Select(select) => {
            let derived = select.from.iter().all(|from| match &from.relation {
                TableFactor::Derived { subquery, .. } => query_limits(subquery, key),
                _ => false,
            });
            derived && !select.from.is_empty() || select.selection.as_ref().is_some_and(|condition| limits(condition, key))
        }
        SetExpr::Query(query) => query_limits(query, key),
        SetExpr::SetOperation { left, right, .. } => set_limits(left, key) && set_limits(right, key),
        _ => true,
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

    #[test]
    fn statements() {
        let facts =
            statement("select * from customers c join calls on calls.customer_id = c.id where c.company_id = ?", "company_id")
                .unwrap();
        assert_eq!(facts.tables, ["customers", "calls"]);
        assert!(facts.limits_key);
        assert!(!statement("select count(*) from customers", "company_id").unwrap().limits_key);
        assert!(!statement("update customers set a = 1 where id = ?", "company_id").unwrap().limits_key);
        assert!(statement("create table t (id int)", "company_id").unwrap().is_definition);
        assert!(statement("this is no sql", "company_id").is_none());
    }
}
