//! What the server refuses in the definition of a column, whatever the table.

use super::{Mode, Work};
use crate::schema::sql::ColumnDefinition;
use crate::schema::{Column, ErrorClass, SqlError, Table};

/// Signs of a comment at most.
const MAX_COMMENT: usize = 1024;
/// Bytes of a row at most.
const MAX_ROW: u32 = 65_535;

impl Work<'_> {
    pub(super) fn check_definition(&self, table: &Table, definition: &ColumnDefinition) -> Result<(), SqlError> {
        if self.mode == Mode::Restore {
            return Ok(());
        }
        let name = &definition.name;
        let refuse =
            |errno: u16, message: String| Err(SqlError::new(ErrorClass::SqlError, errno, message).on(&table.name).column(name));
        if name.is_empty() || name.ends_with(' ') {
            return refuse(1166, format!("Incorrect column name '{name}'"));
        }
        if definition.comment.as_ref().is_some_and(|comment| comment.chars().count() > MAX_COMMENT) {
            return refuse(1629, format!("Comment for field '{name}' is too long (max = {MAX_COMMENT})"));
        }
        let kind = &definition.data_type;
        if kind.name == "varchar" {
            let column = Column { data_type: kind.clone(), ..Column::default() };
            let most = MAX_ROW / table.bytes_per_character(&column);
            if kind.length().is_some_and(|length| length > most) {
                return refuse(
                    1074,
                    format!("Column length too big for column '{name}' (max = {most}); use BLOB or TEXT instead"),
                );
            }
        }
        let number = |place: usize| kind.arguments.get(place).and_then(|text| text.trim().parse::<u32>().ok());
        match kind.name.as_str() {
            "char" | "binary" if number(0).is_some_and(|length| length > 255) => {
                return refuse(1074, format!("Column length too big for column '{name}' (max = 255); use BLOB or TEXT instead"));
            }
            "decimal" | "numeric" => {
                let (precision, scale) = (number(0).unwrap_or(10), number(1).unwrap_or(0));
                if precision > 65 {
                    return refuse(1426, format!("Too big precision specified for '{name}'. Maximum is 65"));
                }
                if scale > precision {
                    let message = "For float(M,D), double(M,D) or decimal(M,D), M must be >= D";
                    return refuse(1427, format!("{message} (column '{name}')"));
                }
            }
            "enum" | "set" => {
                let lower: Vec<String> = kind.arguments.iter().map(|value| value.trim_end().to_lowercase()).collect();
                if let Some(twice) = lower.iter().enumerate().find(|(place, value)| lower[..*place].contains(value)) {
                    return refuse(
                        1291,
                        format!("Column '{name}' has duplicated value '{}' in {}", twice.1, kind.name.to_uppercase()),
                    );
                }
            }
            _ => {}
        }
        if definition.default.as_deref().is_some_and(|value| !is_possible(definition, value)) {
            return refuse(1067, format!("Invalid default value for '{name}'"));
        }
        Ok(())
    }
}

/// The server takes no row of more bytes, whatever the engine; texts count only by where they are.
pub(super) fn check_row_size(table: &Table) -> Result<(), SqlError> {
    let bytes = |column: &Column| -> u32 {
        let length = column.data_type.length().unwrap_or(0);
        match column.data_type.name.as_str() {
            "varchar" => {
                let bytes = length.saturating_mul(table.bytes_per_character(column));
                bytes.saturating_add(if bytes > 255 { 2 } else { 1 })
            }
            "varbinary" => length.saturating_add(2),
            "char" => length.saturating_mul(table.bytes_per_character(column)),
            "binary" => length,
            _ => 0,
        }
    };
    if table
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
        .fold(0, |sum: u32, column| sum.saturating_add(bytes(column)))
        <= MAX_ROW
    {
        return Ok(());
    }
    let message = "Row size too large. The maximum row size for the used table type, not counting BLOBs, is 65535. This includes storage \
                   overhead, check the manual. You have to change some columns to TEXT or BLOBs";
    Err(SqlError::new(ErrorClass::SqlError, 1118, message).on(&table.name))
}

/// True unless a literal default cannot be a value of the type. Expressions are taken as they are.
fn is_possible(definition: &ColumnDefinition, value: &str) -> bool {
    let kind = &definition.data_type;
    let is_word = ["null", "true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_word || value.contains(['(', '\'', '"']) {
        return true;
    }
    match kind.name.as_str() {
        "char" | "varchar" => {
            let is_moment = value.to_ascii_lowercase().starts_with("current_");
            is_moment || kind.length().is_none_or(|most| value.trim_end().chars().count() <= most as usize)
        }
        "enum" => {
            kind.arguments.iter().any(|allowed| allowed.trim_end().eq_ignore_ascii_case(value.trim_end()) || !value.is_ascii())
        }
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => {
            !value.starts_with(char::is_alphabetic) || value.to_ascii_lowercase().starts_with("current_")
        }
        "date" | "datetime" | "timestamp" => !value.starts_with(|sign: char| sign.is_ascii_digit()) || is_day(value),
        _ => true,
    }
}

/// False for days that no calendar has, and for the zero day, which Laravel's strict mode forbids.
fn is_day(value: &str) -> bool {
    let day = value.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<Option<u32>> = day.split('-').map(|part| part.parse().ok()).collect();
    let [Some(year), Some(month), Some(day)] = parts[..] else { return true };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=most).contains(&day)
}
