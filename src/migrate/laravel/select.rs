//! Queries that migrations ask: `SHOW`, and `SELECT` on `information_schema`. A query on other tables depends on their rows.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, ObjectName, Query as SqlQuery,
    Select, SelectItem, SetExpr, Statement, TableFactor, UnaryOperator, Value as SqlValue,
};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;

use super::catalog::{self, Rows};
use crate::migrate::php::{Array, Cause, Machine, Object, Outcome, Value, operators};
use crate::schema::Table;
use crate::schema::sql::{Dialect, Token, tokenize};

/// A row while a condition is looked at.
struct Scope<'r> {
    rows: &'r Rows,
    row: &'r [Value],
    database: &'r str,
}

impl Machine<'_> {
    /// The rows of a query, as a list of objects.
    pub(crate) fn select(&mut self, connection: &str, sql: &str) -> Outcome<Value> {
        self.require(connection)?;
        self.trace.asked = true;
        let tokens = tokenize(sql, Dialect::default());
        let first = tokens.first().map(|token| token.text.to_ascii_uppercase()).unwrap_or_default();
        if matches!(first.as_str(), "SHOW" | "DESCRIBE" | "DESC") {
            return self.show(connection, sql, &tokens);
        }
        match Parser::parse_sql(&MySqlDialect {}, sql) {
            Ok(statements) => match statements.first() {
                Some(Statement::Query(query)) => self.query_rows(connection, query),
                _ => Ok(Value::opaque("a query that is none")),
            },
            Err(_) => Ok(Value::opaque("a query that could not be read")),
        }
    }

    fn objects(&mut self, columns: &[String], rows: Vec<Vec<Value>>) -> Value {
        let mut objects = Vec::with_capacity(rows.len());
        for row in rows {
            let fields = columns.iter().map(|name| name.as_str().into()).zip(row).collect();
            objects.push(self.make(Object::Row(fields)));
        }
        Value::list(objects)
    }

    fn show(&mut self, connection: &str, sql: &str, tokens: &[Token]) -> Outcome<Value> {
        let from = tokens.iter().position(|token| token.is("FROM") || token.is("IN"));
        let is = |word: &str| tokens.iter().take(4).any(|token| token.is(word));
        let is_describe = !tokens.first().is_some_and(|token| token.is("SHOW"));
        let name_at = if is_describe { Some(1) } else { from.map(|place| place + 1) };
        let mut name = name_at.and_then(|place| tokens.get(place)).map(|token| token.text.clone()).unwrap_or_default();
        if let Some(place) = name_at
            && tokens.get(place + 1).is_some_and(|token| token.is_sign('.'))
        {
            name = tokens.get(place + 2).map(|token| token.text.clone()).unwrap_or_default();
        }
        let rows = if is("TABLES") {
            self.show_tables(connection)
        } else if is("INDEX") || is("INDEXES") || is("KEYS") || is("COLUMNS") || is("FIELDS") || is_describe {
            self.rows_of(connection, &name)?;
            let Some(table) = self.world.server(connection).and_then(|server| server.table(None, &name)) else {
                return Ok(Value::list([]));
            };
            if is("COLUMNS") || is("FIELDS") || is_describe { catalog::show_columns(table) } else { catalog::show_index(table) }
        } else if is("CREATE") {
            let table = tokens.get(3).map(|token| token.text.clone()).unwrap_or_default();
            self.rows_of(connection, &table)?;
            return Ok(Value::opaque("the text of SHOW CREATE TABLE"));
        } else {
            return Ok(Value::opaque("what SHOW prints"));
        };
        let columns: Vec<String> = rows.columns.iter().map(|name| (*name).to_owned()).collect();
        let like = tokens.iter().position(|token| token.is("LIKE")).and_then(|place| tokens.get(place + 1));
        let condition = tokens.iter().find(|token| token.is("WHERE")).map(|token| &sql[token.end..]);
        let mut kept = rows.rows.clone();
        if let (Some(pattern), None) = (like, condition) {
            kept.retain(|row| row.first().and_then(operators::text).is_some_and(|text| like_matches(&text, &pattern.text)));
        }
        if let Some(condition) = condition {
            let parsed = Parser::new(&MySqlDialect {})
                .try_with_sql(condition.trim_end_matches(';'))
                .and_then(|mut parser| parser.parse_expr());
            let Ok(condition) = parsed else { return Ok(Value::opaque("a condition that could not be read")) };
            let database = self.world.server(connection).map(|server| server.current.clone()).unwrap_or_default();
            let mut found = Vec::new();
            for row in kept {
                let scope = Scope { rows: &rows, row: &row, database: &database };
                match scope.value(&condition) {
                    Some(value) if operators::truth(&value) => found.push(row),
                    Some(_) => {}
                    None => return Ok(Value::opaque("a condition that is not understood")),
                }
            }
            kept = found;
        }
        Ok(self.objects(&columns, kept))
    }

    fn show_tables(&mut self, connection: &str) -> Rows {
        let database = self.world.server(connection).and_then(|server| server.database());
        let names = database.into_iter().flat_map(|database| database.tables.keys().chain(&database.views));
        Rows { columns: vec!["Tables_in_database"], rows: names.map(|name| vec![Value::text(name)]).collect() }
    }

    fn query_rows(&mut self, connection: &str, query: &SqlQuery) -> Outcome<Value> {
        let SetExpr::Select(select) = &*query.body else { return Ok(Value::opaque("a union")) };
        let Some(from) = select.from.first() else { return self.select_without_table(connection, select) };
        let TableFactor::Table { name, .. } = &from.relation else { return Ok(Value::opaque("a query of a query")) };
        let parts = name_parts(name);
        let is_catalog = parts.len() == 2 && parts[0].eq_ignore_ascii_case("information_schema");
        if !is_catalog {
            return self.select_from_rows(connection, select, &parts.join("."));
        }
        if select.from.len() > 1 || !from.joins.is_empty() {
            return Ok(Value::opaque("a join of information_schema"));
        }
        let Some(server) = self.world.server(connection) else { return Ok(Value::list([])) };
        let Some(rows) = catalog::table(server, &parts[1]) else {
            return Ok(Value::opaque(format!("information_schema.{}", parts[1])));
        };
        let database = server.current.clone();
        let Some((columns, mut found)) = evaluate(select, &rows, &database) else {
            return Ok(Value::opaque("a query of information_schema that is not understood"));
        };
        if let Some(sqlparser::ast::LimitClause::LimitOffset { limit: Some(Expr::Value(limit)), offset: None, .. }) =
            &query.limit_clause
            && let SqlValue::Number(number, _) = &limit.value
        {
            found.truncate(number.parse().unwrap_or(usize::MAX));
        }
        Ok(self.objects(&columns, found))
    }

    /// `SELECT DATABASE()`, `SELECT VERSION()`, `SELECT EXISTS (…)`
    fn select_without_table(&mut self, connection: &str, select: &Select) -> Outcome<Value> {
        let mut fields = Array::default();
        for item in &select.projection {
            let (name, expr) = match item {
                SelectItem::UnnamedExpr(expr) => (expr.to_string(), expr),
                SelectItem::ExprWithAlias { expr, alias } => (alias.value.clone(), expr),
                _ => return Ok(Value::opaque("a query without a table")),
            };
            let value = match expr {
                Expr::Exists { subquery, negated } => {
                    let rows = self.query_rows(connection, subquery)?;
                    crate::migrate::php::map(&rows, |rows| {
                        Value::Int(i64::from((rows.as_array().is_some_and(|rows| rows.len() > 0)) != *negated))
                    })
                }
                expr => {
                    let database = self.world.server(connection).map(|server| server.current.clone()).unwrap_or_default();
                    let rows = Rows::default();
                    let scope = Scope { rows: &rows, row: &[], database: &database };
                    match scope.value(expr) {
                        Some(value) => value,
                        None => Value::opaque(format!("the value of {expr}")),
                    }
                }
            };
            fields.set(name.as_str().into(), value);
        }
        let row = self.make(Object::Row(fields));
        Ok(Value::list([row]))
    }

    /// A query on a table with rows: the table must be there, and what it gives depends on the rows.
    fn select_from_rows(&mut self, connection: &str, select: &Select, table: &str) -> Outcome<Value> {
        self.rows_of(connection, table)?;
        if select.from.len() == 1 && select.from.iter().all(|from| from.joins.is_empty()) {
            let missing = self.world.server(connection).and_then(|server| missing_in(server.table(None, table)?, select));
            if let Some(column) = missing {
                return self.unknown_column(connection, table, &column, &select.to_string());
            }
        }
        let cause = Cause::Rows(table.to_owned());
        let is_aggregate = select.projection.iter().all(|item| {
            matches!(item, SelectItem::UnnamedExpr(Expr::Function(_)) | SelectItem::ExprWithAlias { expr: Expr::Function(_), .. })
        });
        if !is_aggregate || !matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty()) {
            return Ok(Value::unknown(cause, Value::list([])));
        }
        let mut fields = Array::default();
        for item in &select.projection {
            let name = match item {
                SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
                other => other.to_string(),
            };
            fields.set(name.as_str().into(), Value::unknown(cause.clone(), Value::Int(0)));
        }
        let row = self.make(Object::Row(fields));
        Ok(Value::list([row]))
    }
}

/// The first plain name in a part of a statement that is no column of its table. Sub-queries and aliases are left alone.
fn missing_in(table: &Table, part: &impl sqlparser::ast::Visit) -> Option<String> {
    let mut missing = None;
    let mut has_query = 0;
    let _ = sqlparser::ast::visit_expressions(part, |expr: &Expr| {
        match expr {
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => has_query += 1,
            Expr::Identifier(name) if name.quote_style != Some('"') && table.column(&name.value).is_none() => {
                missing.get_or_insert_with(|| name.value.clone());
            }
            _ => {}
        }
        std::ops::ControlFlow::<()>::Continue(())
    });
    missing.filter(|name| has_query == 0 && !name.starts_with('@') && !is_word_of_sql(name))
}

/// Words that stand where a column could, and are none.
fn is_word_of_sql(name: &str) -> bool {
    ["CURRENT_TIMESTAMP", "CURRENT_DATE", "NOW", "TRUE", "FALSE", "DEFAULT", "UNSIGNED", "SIGNED"]
        .iter()
        .any(|word| name.eq_ignore_ascii_case(word))
}

/// The table and the column of an `UPDATE` or `DELETE` on one table that it does not have.
pub(super) fn missing_column(server: &crate::schema::Server, sql: &str) -> Option<(String, String)> {
    let statements = Parser::parse_sql(&MySqlDialect {}, sql).ok()?;
    let statement = statements.first()?;
    let (relation, joins) = match statement {
        Statement::Update(update) => (&update.table.relation, &update.table.joins),
        Statement::Delete(delete) => {
            let from = match &delete.from {
                sqlparser::ast::FromTable::WithFromKeyword(tables) | sqlparser::ast::FromTable::WithoutKeyword(tables) => tables,
            };
            let first = from.first()?;
            (&first.relation, &first.joins)
        }
        _ => return None,
    };
    let TableFactor::Table { name, alias: None, .. } = relation else { return None };
    let name = name_parts(name).pop()?;
    let table = server.table(None, &name).filter(|_| joins.is_empty())?;
    if let Statement::Update(update) = statement {
        for assignment in &update.assignments {
            if let sqlparser::ast::AssignmentTarget::ColumnName(column) = &assignment.target
                && let Some(column) = name_parts(column).pop()
                && table.column(&column).is_none()
            {
                return Some((name, column));
            }
        }
    }
    missing_in(table, statement).map(|column| (name, column))
}

fn name_parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|part| part.as_ident().map(|ident| ident.value.clone())).collect()
}

/// Columns and rows of a query on one table. None where a part is not understood.
fn evaluate(select: &Select, rows: &Rows, database: &str) -> Option<(Vec<String>, Vec<Vec<Value>>)> {
    if select.having.is_some() {
        return None;
    }
    let mut kept = Vec::new();
    for row in &rows.rows {
        let scope = Scope { rows, row, database };
        let keeps = match &select.selection {
            Some(condition) => operators::truth(&scope.value(condition)?),
            None => true,
        };
        if keeps {
            kept.push(row);
        }
    }
    let mut columns = Vec::new();
    let mut expressions = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) => {
                columns.extend(rows.columns.iter().map(|name| name.to_ascii_uppercase()));
                expressions.push(None);
            }
            SelectItem::UnnamedExpr(expr) => {
                columns.push(match expr {
                    Expr::Identifier(name) => name.value.clone(),
                    Expr::CompoundIdentifier(names) => names.last()?.value.clone(),
                    other => other.to_string(),
                });
                expressions.push(Some(expr));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                columns.push(alias.value.clone());
                expressions.push(Some(expr));
            }
            _ => return None,
        }
    }
    let is_aggregate = expressions.iter().flatten().any(|expr| is_count(expr));
    let is_grouped = !matches!(&select.group_by, GroupByExpr::Expressions(list, _) if list.is_empty());
    if is_grouped && is_aggregate {
        return None;
    }
    if is_aggregate {
        let values: Option<Vec<Value>> = expressions
            .iter()
            .map(|expr| expr.filter(|expr| is_count(expr)).map(|_| Value::Int(i64::try_from(kept.len()).unwrap_or(i64::MAX))))
            .collect();
        return Some((columns, vec![values?]));
    }
    let mut result: Vec<Vec<Value>> = Vec::new();
    for row in kept {
        let scope = Scope { rows, row, database };
        let mut values = Vec::new();
        for expr in &expressions {
            match expr {
                None => values.extend(row.iter().cloned()),
                Some(expr) => values.push(scope.value(expr)?),
            }
        }
        if (select.distinct.is_some() || is_grouped) && result.contains(&values) {
            continue;
        }
        result.push(values);
    }
    Some((columns, result))
}

fn is_count(expr: &Expr) -> bool {
    matches!(expr, Expr::Function(function) if name_parts(&function.name).last().is_some_and(|name| name.eq_ignore_ascii_case("count")))
}

impl Scope<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        let place = self.rows.columns.iter().position(|column| column.eq_ignore_ascii_case(name))?;
        self.row.get(place).cloned()
    }

    /// The value of an expression. None where it is not understood.
    fn value(&self, expr: &Expr) -> Option<Value> {
        Some(match expr {
            Expr::Identifier(name) => match self.column(&name.value) {
                Some(value) => value,
                // A text in double quotes is read as a name by some dialects.
                None if name.quote_style == Some('"') => Value::text(&name.value),
                None => return None,
            },
            Expr::CompoundIdentifier(names) => self.column(&names.last()?.value)?,
            Expr::Nested(inner) => self.value(inner)?,
            Expr::Value(value) => literal(&value.value)?,
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Value::Bool(!operators::truth(&self.value(expr)?)),
            Expr::IsNull(inner) => Value::Bool(self.value(inner)?.is_null()),
            Expr::IsNotNull(inner) => Value::Bool(!self.value(inner)?.is_null()),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right)?,
            Expr::InList { expr, list, negated } => {
                let value = self.value(expr)?;
                let mut found = false;
                for item in list {
                    found |= same(&value, &self.value(item)?);
                }
                Value::Bool(found != *negated)
            }
            Expr::Like { expr, pattern, negated, .. } => {
                let (value, pattern) = (operators::text(&self.value(expr)?)?, operators::text(&self.value(pattern)?)?);
                Value::Bool(like_matches(&value, &pattern) != *negated)
            }
            Expr::Function(function) => self.function(function)?,
            _ => return None,
        })
    }

    fn binary(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Option<Value> {
        let left = self.value(left)?;
        if *op == BinaryOperator::And && !operators::truth(&left) {
            return Some(Value::Bool(false));
        }
        let right = self.value(right)?;
        Some(Value::Bool(match op {
            BinaryOperator::And => operators::truth(&left) && operators::truth(&right),
            BinaryOperator::Or => operators::truth(&left) || operators::truth(&right),
            BinaryOperator::Eq => same(&left, &right),
            BinaryOperator::NotEq => !left.is_null() && !right.is_null() && !same(&left, &right),
            BinaryOperator::Gt => operators::compare(&left, &right).is_gt(),
            BinaryOperator::GtEq => operators::compare(&left, &right).is_ge(),
            BinaryOperator::Lt => operators::compare(&left, &right).is_lt(),
            BinaryOperator::LtEq => operators::compare(&left, &right).is_le(),
            _ => return None,
        }))
    }

    fn function(&self, function: &Function) -> Option<Value> {
        let name = name_parts(&function.name).pop()?.to_ascii_lowercase();
        let argument = || match &function.args {
            FunctionArguments::List(list) => match list.args.first()? {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.value(expr),
                _ => None,
            },
            _ => None,
        };
        Some(match name.as_str() {
            "database" | "schema" => Value::text(self.database),
            "version" => Value::text("10.11.11-MariaDB"),
            "lower" | "lcase" => Value::text(operators::text(&argument()?)?.to_lowercase()),
            "upper" | "ucase" => Value::text(operators::text(&argument()?)?.to_uppercase()),
            _ => return None,
        })
    }
}

fn literal(value: &SqlValue) -> Option<Value> {
    Some(match value {
        SqlValue::Number(number, _) => number.parse().map_or_else(|_| Value::text(number), Value::Int),
        SqlValue::SingleQuotedString(text) | SqlValue::DoubleQuotedString(text) => Value::text(text),
        SqlValue::Boolean(value) => Value::Bool(*value),
        SqlValue::Null => Value::Null,
        _ => return None,
    })
}

/// `=`: texts do not depend on their case.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Text(left), Value::Text(right)) => left.to_lowercase() == right.to_lowercase(),
        _ => operators::loosely_equal(left, right),
    }
}

/// `LIKE`: `%` any text, `_` any sign; the case does not matter.
pub(super) fn like_matches(text: &str, pattern: &str) -> bool {
    fn matches(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|skipped| matches(&text[skipped..], rest)),
            Some(('\\', rest)) if !rest.is_empty() => text.first() == rest.first() && matches(&text[1..], &rest[1..]),
            Some(('_', rest)) => !text.is_empty() && matches(&text[1..], rest),
            Some((sign, rest)) => text.first() == Some(sign) && matches(&text[1..], rest),
        }
    }
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.to_lowercase().chars().collect(), pattern.to_lowercase().chars().collect());
    matches(&text, &pattern)
}
