//! Expressions of generated columns: what they stand on, and what the server does not let them hold.

use super::{Failure, Mode, Work};
use crate::schema::sql::{Dialect, Token, TokenKind, tokenize};
use crate::schema::{Column, ErrorClass, SqlError, Table, same_name};

/// Functions that no generated column may use.
const FORBIDDEN: &str = "last_insert_id found_rows row_count sleep benchmark load_file get_lock release_lock release_all_locks is_free_lock \
    is_used_lock values count sum avg min max group_concat std stddev stddev_pop stddev_samp variance var_pop var_samp bit_and bit_or \
    bit_xor json_arrayagg json_objectagg row_number rank dense_rank lag lead ntile first_value last_value nth_value";
/// Functions whose result depends on more than their arguments: for columns that are neither stored nor in an index.
const VARYING: &str = "rand uuid uuid_short now current_timestamp localtime localtimestamp curdate current_date curtime current_time sysdate \
    utc_date utc_time utc_timestamp user current_user session_user system_user database schema version connection_id from_unixtime \
    date_format dayname monthname unix_timestamp()";
/// Those of them that need no parentheses.
const BARE: &str =
    "current_timestamp current_date current_time current_user localtime localtimestamp utc_date utc_time utc_timestamp";
/// Words of expressions that may stand where names of columns do.
const KEYWORDS: &str = "and or xor not is null true false unknown in between like rlike regexp escape case when then else end div mod \
    interval binary distinct as using collate from for both leading trailing sounds soundex separator over default exists any all some \
    char varchar nchar national signed unsigned integer int bigint decimal dec double precision float real date datetime time year json \
    character charset set inet4 inet6 microsecond second minute hour day week month quarter second_microsecond minute_microsecond \
    minute_second hour_microsecond hour_second hour_minute day_microsecond day_second day_minute day_hour year_month ascii unicode byte \
    match against boolean mode row select where group order by limit";
/// What names of character sets, collations and types stand behind.
const BEFORE_OTHER_NAMES: &str = "collate using set as";

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

/// What an expression is made of.
#[derive(Debug, Default)]
struct Expression {
    columns: Vec<String>,
    /// Functions and variables; with empty parentheses, where a function has such.
    functions: Vec<String>,
    /// Columns of other tables, as they are written.
    foreign: Option<String>,
    has_query: bool,
    /// `a->'$.b'`, which `MariaDB` does not know.
    has_arrow: bool,
}

impl Expression {
    fn read(text: &str, table: &str) -> Self {
        let tokens = tokenize(text, Dialect::default());
        let mut expression = Self::default();
        for (place, token) in tokens.iter().enumerate() {
            let (before, next) = (place.checked_sub(1).map(|at| &tokens[at]), tokens.get(place + 1));
            if token.is_sign('>') && before.is_some_and(|minus| minus.is_sign('-') && minus.end == token.at) {
                expression.has_arrow = true;
            }
            match role(before, token, next) {
                Role::Query => expression.has_query = true,
                Role::Function => {
                    let is_empty = next.is_some() && tokens.get(place + 2).is_some_and(|token| token.is_sign(')'));
                    let end = if is_empty { "()" } else { "" };
                    expression.functions.push(token.text.to_ascii_lowercase() + end);
                }
                Role::Column => expression.columns.push(token.text.clone()),
                Role::Qualifier if token.text != table => expression.foreign = Some(token.text.clone()),
                _ => {}
            }
        }
        expression
    }
}

/// What a token of an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Column,
    /// The table before a column.
    Qualifier,
    Function,
    Query,
    Other,
}

fn role(before: Option<&Token>, token: &Token, next: Option<&Token>) -> Role {
    let is_next = |sign| next.is_some_and(|next| next.is_sign(sign));
    match token.kind {
        TokenKind::Quoted if is_next('(') => Role::Other,
        TokenKind::Quoted | TokenKind::Word if is_next('.') => Role::Qualifier,
        TokenKind::Quoted => Role::Column,
        TokenKind::Word if token.is("select") => Role::Query,
        TokenKind::Word if token.text.starts_with('@') || is_next('(') || is_one_of(BARE, &token.text) => Role::Function,
        // `_utf8mb4'text'`
        TokenKind::Word if next.is_some_and(|next| next.kind == TokenKind::Text) => Role::Other,
        TokenKind::Word if before.is_some_and(|word| is_one_of(BEFORE_OTHER_NAMES, &word.text)) => Role::Other,
        TokenKind::Word if is_one_of(KEYWORDS, &token.text) => Role::Other,
        TokenKind::Word => Role::Column,
        _ => Role::Other,
    }
}

fn refused(table: &Table, column: &Column, what: &str) -> SqlError {
    let message =
        format!("Function or expression '{what}' cannot be used in the GENERATED ALWAYS AS clause of `{}`", column.name);
    SqlError::new(ErrorClass::SqlError, 1901, message).on(&table.name).column(&column.name)
}

impl Work<'_> {
    /// Before keys are looked at: functions. `is_key` tells which columns are in an index.
    pub(super) fn check_functions(&self, table: &Table, names: &[&str], is_key: impl Fn(&str) -> bool) -> Result<(), Failure> {
        for (column, expression) in self.generated(table, names) {
            if expression.has_arrow {
                let message = "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version for \
                               the right syntax to use near '->'";
                return Err(SqlError::new(ErrorClass::SyntaxError, 1064, message).on(&table.name).column(&column.name).into());
            }
            if expression.has_query {
                return Err(refused(table, column, "select ...").into());
            }
            if let Some(other) = &expression.foreign {
                return Err(refused(table, column, other).into());
            }
            let is_kept = column.stored || is_key(&column.name);
            for function in &expression.functions {
                let name = function.trim_end_matches("()");
                let varies = name.starts_with('@') || is_one_of(VARYING, name) || is_one_of(VARYING, function);
                if is_one_of(FORBIDDEN, name) || is_kept && varies {
                    return Err(refused(table, column, &format!("{name}()")).into());
                }
            }
        }
        Ok(())
    }

    /// After keys were looked at: columns.
    pub(super) fn check_sources(&self, table: &Table, names: &[&str]) -> Result<(), Failure> {
        for (column, expression) in self.generated(table, names) {
            if let Some(missing) = expression.columns.iter().find(|name| table.column(name).is_none()) {
                return Err(missing_source(table, missing).into());
            }
            let place = |name: &str| table.columns.iter().position(|found| same_name(&found.name, name));
            let is_later = |name: &&String| {
                place(name) >= place(&column.name) && table.column(name).is_some_and(|source| source.generated.is_some())
            };
            if let Some(later) = expression.columns.iter().find(is_later) {
                let message = format!("Expression for field `{}` is referring to uninitialized field `{later}`", column.name);
                return Err(SqlError::new(ErrorClass::SqlError, 4029, message).on(&table.name).column(&column.name).into());
            }
            let counts = |name: &&String| table.column(name).is_some_and(|source| source.auto_increment);
            let is_kept =
                column.stored || table.indexes.iter().any(|index| index.columns().any(|part| same_name(part, &column.name)));
            if is_kept && let Some(source) = expression.columns.iter().find(counts) {
                let source = table.column(source).unwrap_or(column);
                return Err(refused(table, source, "AUTO_INCREMENT").into());
            }
        }
        Ok(())
    }

    /// What generated columns stand on cannot go.
    pub(super) fn check_dropped(&self, table: &Table, dropped: &[&str]) -> Result<(), Failure> {
        if self.mode == Mode::Restore || dropped.is_empty() {
            return Ok(());
        }
        let expressions = table.columns.iter().filter_map(|column| column.generated.as_deref());
        for expression in expressions.map(|text| Expression::read(text, &table.name)) {
            let is_gone = |name: &&String| table.column(name).is_none() && dropped.iter().any(|gone| same_name(gone, name));
            if let Some(missing) = expression.columns.iter().find(is_gone) {
                return Err(missing_source(table, missing).into());
            }
        }
        Ok(())
    }

    fn generated<'t>(&self, table: &'t Table, names: &[&str]) -> Vec<(&'t Column, Expression)> {
        if self.mode == Mode::Restore {
            return Vec::new();
        }
        let columns = table.columns.iter().filter(|column| names.iter().any(|name| same_name(name, &column.name)));
        columns.filter_map(|column| Some((column, Expression::read(column.generated.as_deref()?, &table.name)))).collect()
    }
}

fn missing_source(table: &Table, column: &str) -> SqlError {
    let message = format!("Unknown column '{column}' in 'GENERATED ALWAYS AS'");
    SqlError::new(ErrorClass::ColumnMissing, 1054, message).on(&table.name).column(column)
}

/// The expression with another name of a column.
pub(super) fn renamed(text: &str, from: &str, to: &str) -> String {
    let tokens = tokenize(text, Dialect::default());
    let (mut changed, mut copied) = (String::new(), 0);
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1).map(|at| &tokens[at]);
        if role(before, token, tokens.get(place + 1)) == Role::Column && same_name(&token.text, from) {
            changed.push_str(text.get(copied..token.at).unwrap_or_default());
            changed.extend(["`", &to.replace('`', "``"), "`"]);
            copied = token.end;
        }
    }
    changed + text.get(copied..).unwrap_or_default()
}
