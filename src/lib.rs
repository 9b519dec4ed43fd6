//! `mandant` answers, without running the code, whether a PHP/Laravel application keeps its tenants apart.

pub mod catalog;
pub mod finding;
pub mod hir;
pub mod report;
pub mod workspace;
