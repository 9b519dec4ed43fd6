//! Errors of the server, by number, state and words.

/// What went wrong, by a stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it; the numbers are in the table below")]
pub enum ErrorClass {
    DuplicateKeyName,
    IndexMissing,
    KeyColumnMissing,
    DuplicateColumn,
    TableExists,
    IndexNeededByForeignKey,
    MultiplePrimaryKey,
    TableMissing,
    IdentifierTooLong,
    DuplicateForeignKeyName,
    ForeignKeyError,
    ColumnMissing,
    KeyTooLong,
    TooManyKeys,
    DuplicateRow,
    AutoIncrementNeedsKey,
    SpatialNullable,
    PartitionUniqueNeedsAllColumns,
    ForeignKeyOnPartitioned,
    NotBaseTable,
    SyntaxError,
    SqlError,
    NoActiveTransaction,
    PhpError,
}

impl ErrorClass {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DuplicateKeyName => "duplicate-key-name",
            Self::IndexMissing => "index-missing",
            Self::KeyColumnMissing => "key-column-missing",
            Self::DuplicateColumn => "duplicate-column",
            Self::TableExists => "table-exists",
            Self::IndexNeededByForeignKey => "index-needed-by-fk",
            Self::MultiplePrimaryKey => "multiple-primary-key",
            Self::TableMissing => "table-missing",
            Self::IdentifierTooLong => "identifier-too-long",
            Self::DuplicateForeignKeyName => "duplicate-fk-name",
            Self::ForeignKeyError => "fk-error",
            Self::ColumnMissing => "column-missing",
            Self::KeyTooLong => "key-too-long",
            Self::TooManyKeys => "too-many-keys",
            Self::DuplicateRow => "duplicate-row",
            Self::AutoIncrementNeedsKey => "autoinc-needs-key",
            Self::SpatialNullable => "spatial-nullable",
            Self::PartitionUniqueNeedsAllColumns => "partition-unique-needs-all-cols",
            Self::ForeignKeyOnPartitioned => "fk-on-partitioned",
            Self::NotBaseTable => "not-base-table",
            Self::SyntaxError => "syntax-error",
            Self::SqlError => "sql-error",
            Self::NoActiveTransaction => "no-active-transaction",
            Self::PhpError => "php-error",
        }
    }
}

/// An error as the server gives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SqlError {
    /// What went wrong.
    pub class: ErrorClass,
    /// The server's number.
    pub errno: u16,
    /// The SQLSTATE.
    pub state: &'static str,
    /// The server's words, without values of rows.
    pub message: String,
    /// The table that it names or concerns.
    pub table: Option<String>,
    /// The index or constraint.
    pub index: Option<String>,
    /// The column.
    pub column: Option<String>,
}

impl SqlError {
    /// An error by its class and number.
    #[must_use]
    pub fn new(class: ErrorClass, errno: u16, message: impl Into<String>) -> Self {
        Self { class, errno, state: state(errno), message: message.into(), table: None, index: None, column: None }
    }

    /// With the table.
    #[must_use]
    pub fn on(mut self, table: &str) -> Self {
        self.table = Some(table.to_owned());
        self
    }

    /// With the index.
    #[must_use]
    pub fn index(mut self, index: &str) -> Self {
        self.index = Some(index.to_owned());
        self
    }

    /// With the column.
    #[must_use]
    pub fn column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// The words of PDO: `SQLSTATE[42000]: Syntax error or access violation: 1061 Duplicate key name 'x'`
    #[must_use]
    pub fn pdo_message(&self) -> String {
        let meaning = match self.state {
            "42000" => "Syntax error or access violation",
            "42S01" => "Base table or view already exists",
            "42S02" => "Base table or view not found",
            "42S21" => "Column already exists",
            "42S22" => "Column not found",
            "23000" => "Integrity constraint violation",
            "22001" => "String data, right truncated",
            "22003" => "Numeric value out of range",
            "22007" => "Invalid datetime format",
            _ => "General error",
        };
        format!("SQLSTATE[{}]: {meaning}: {} {}", self.state, self.errno, self.message)
    }
}

/// `mysql/include/mysqld_error` (`sql_state.h`)
const fn state(errno: u16) -> &'static str {
    match errno {
        1050 => "42S01",
        1051 | 1109 | 1146 | 1965 => "42S02",
        1054 => "42S22",
        1060 => "42S21",
        1022 | 1048 | 1052 | 1062 | 1216 | 1217 | 1451 | 1452 | 1557 | 4025 => "23000",
        1292 => "22007",
        1406 => "22001",
        1264 => "22003",
        1059
        | 1061
        | 1063
        | 1064
        | 1065
        | 1067
        | 1068
        | 1069
        | 1070
        | 1071
        | 1072
        | 1073
        | 1074
        | 1075
        | 1089
        | 1091
        | 1101
        | 1103
        | 1090
        | 1113
        | 1115
        | 1138
        | 1144
        | 1166
        | 1170
        | 1171
        | 1176
        | 1176..=1178
        | 1252
        | 1118
        | 1163
        | 1253
        | 1280
        | 1281
        | 1286
        | 1426
        | 1427
        | 1701 => "42000",
        4029 => "01000",
        _ => "HY000",
    }
}
