//! What to do about a statement that fails: the guard that lets it pass, or what to find out.

use super::Found;
use super::redundancy::table_in_code;
use crate::finding::Message;
use crate::index::Version;
use crate::migrate::OperationFailure;
use crate::rules::QuestionContext;
use crate::schema::sql::{AlterOperation, Statement};
use crate::schema::{ErrorClass, Index, same_name};

/// Since this version `Schema` knows indexes.
const HAS_INDEX: Version = Version::new(11, 0, 0);
/// Longer code is not repeated.
const MOST: usize = 100;

/// Advice, and code to write instead.
pub(super) fn of(context: QuestionContext<'_>, found: Found<'_>, failure: &OperationFailure) -> (Option<Message>, Vec<String>) {
    let Some(error) = &failure.error.sql else {
        let help = match failure.error.class {
            ErrorClass::NoActiveTransaction => Some(Message::new("migration.help.transaction")),
            _ => None,
        };
        return (help, Vec::new());
    };
    let table = table_in_code(found, error.table.as_deref().unwrap_or_default());
    let name = |name: Option<&String>| name.cloned().unwrap_or_default();
    let guarded = |condition: String| guard(context, found, &table, &condition);
    match error.class {
        ErrorClass::DuplicateKeyName => {
            let same = failure
                .obstacle
                .as_ref()
                .and_then(|obstacle| obstacle.index.as_ref())
                .is_some_and(|there| serves(failure, there));
            if !same {
                return (Some(Message::new("migration.help.other-name")), Vec::new());
            }
            let condition = format!("! {}", has_index(context, &table, &name(error.index.as_ref())));
            (Some(Message::new("migration.help.index-exists")), guarded(condition))
        }
        ErrorClass::DuplicateColumn => {
            let condition = format!("! Schema::hasColumn('{table}', '{}')", name(error.column.as_ref()));
            (Some(Message::new("migration.help.guard")), guarded(condition))
        }
        ErrorClass::TableExists => {
            (Some(Message::new("migration.help.guard")), guarded(format!("! Schema::hasTable('{table}')")))
        }
        ErrorClass::IndexMissing => {
            let condition = has_index(context, &table, &name(error.index.as_ref()));
            (Some(Message::new("migration.help.guard")), guarded(condition))
        }
        ErrorClass::ColumnMissing if drops_column(failure) => {
            let condition = format!("Schema::hasColumn('{table}', '{}')", name(error.column.as_ref()));
            (Some(Message::new("migration.help.guard")), guarded(condition))
        }
        ErrorClass::TableMissing => match &failure.statement {
            Some(Statement::DropTables(..)) => {
                (Some(Message::new("migration.help.drop-if-exists")), vec![format!("Schema::dropIfExists('{table}');")])
            }
            _ => (Some(Message::new("migration.help.table-missing")), Vec::new()),
        },
        ErrorClass::KeyColumnMissing | ErrorClass::ColumnMissing => {
            (Some(Message::new("migration.help.column-missing")), Vec::new())
        }
        ErrorClass::DuplicateForeignKeyName => (Some(Message::new("migration.help.other-constraint-name")), Vec::new()),
        ErrorClass::IdentifierTooLong => (Some(Message::new("migration.help.shorter-name")), Vec::new()),
        ErrorClass::KeyTooLong => (Some(Message::new("migration.help.shorter-key")), Vec::new()),
        ErrorClass::IndexNeededByForeignKey => (Some(Message::new("migration.help.index-needed")), Vec::new()),
        _ => (None, Vec::new()),
    }
}

/// True where the index that is there has the columns of the one that is refused.
fn serves(failure: &OperationFailure, there: &Index) -> bool {
    let Some(Statement::AlterTable(_, operations, _)) = &failure.statement else { return false };
    operations.iter().any(|operation| match operation {
        AlterOperation::AddKey(key) => {
            key.kind == there.kind
                && key.parts.len() == there.parts.len()
                && key.parts.iter().zip(there.columns()).all(|(part, column)| same_name(&part.column, column))
        }
        _ => false,
    })
}

fn drops_column(failure: &OperationFailure) -> bool {
    let Some(Statement::AlterTable(_, operations, _)) = &failure.statement else { return false };
    operations.iter().any(|operation| matches!(operation, AlterOperation::DropColumn(..)))
}

/// The question for an index. The framework compares names in lower case with the name as it is written.
fn has_index(context: QuestionContext<'_>, table: &str, name: &str) -> String {
    let name = name.to_lowercase();
    if context.index.options().laravel >= HAS_INDEX {
        format!("Schema::hasIndex('{table}', '{name}')")
    } else {
        format!("DB::select(\"show index from `{table}` where Key_name = '{name}'\")")
    }
}

/// The operation inside a question for what exists.
fn guard(context: QuestionContext<'_>, found: Found<'_>, table: &str, condition: &str) -> Vec<String> {
    let at = found.operation.at;
    let text = &context.workspace.file(at.file).text;
    let range = usize::try_from(at.span.start).unwrap_or(usize::MAX)..usize::try_from(at.span.end).unwrap_or(usize::MAX);
    let code = text.get(range).unwrap_or_default();
    let code = if code.contains('\n') { code.lines().map(str::trim).collect::<Vec<_>>().join("") } else { code.to_owned() };
    if code.is_empty() || code.len() > MOST {
        return vec![format!("if ({condition}) {{"), "    …".to_owned(), "}".to_owned()];
    }
    let mut lines = vec![format!("if ({condition}) {{")];
    match code.strip_prefix('$').and_then(|rest| rest.split("->").next()) {
        Some(variable) => {
            lines.push(format!("    Schema::table('{table}', function (Blueprint ${variable}) {{"));
            lines.push(format!("        {code};"));
            lines.push("    });".to_owned());
        }
        None => lines.push(format!("    {code};")),
    }
    lines.push("}".to_owned());
    lines
}
