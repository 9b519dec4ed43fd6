//! `mandant` answers, without running the code, whether a PHP/Laravel application keeps its tenants apart.

pub mod cli;
pub mod config;
pub mod finding;
pub mod git;
pub mod hir;
pub mod workspace;
