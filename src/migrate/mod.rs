//! Migrations, evaluated on a schema.
//!
//! [`evaluate()`] takes the project's code and the snapshots of its databases, runs the `up()` of every migration in the order of the
//! framework's migrator, and tells for each whether it works, what it changes, and what it leaves behind where it fails.
//! `php` runs the code, `laravel` knows what the framework makes of its calls, and `schema` what the server makes of the statements.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "methods of PHP and of the framework share one signature, so that one table can lead to all of them"
)]
#![expect(clippy::format_push_string, reason = "statements are short, and read better as they are built")]

mod changes;
mod connections;
mod evaluate;
mod files;
mod laravel;
mod operations;
mod outcome;
mod php;
mod world;

pub use changes::{Change, between};
pub use connections::connections;
pub use evaluate::{
    Assumption, ConnectionInput, Evaluation, Gap, Input, MigrationError, MigrationResult, Recorded, RedundantIndex, Status,
    evaluate, origin_name,
};
pub use files::{MigrationFile, NotMigration, migration_files, sorted};
pub use operations::{Operation, OperationFailure, OperationOutcome, Unreversed};
pub use outcome::{Disagreement, SchemaRun};
pub use php::Cause;
pub use world::{ConnectionConfig, Files, Obstacle, Step, StepOutcome};

#[cfg(test)]
mod tests;
