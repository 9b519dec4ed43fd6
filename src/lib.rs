//! `mandant` answers, without running the code, whether a PHP/Laravel application keeps its tenants apart.

pub mod analysis;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod engine;
pub mod finding;
pub mod flow;
pub mod git;
pub mod hir;
pub mod index;
pub mod report;
pub mod rules;
pub mod specs;
pub mod syntax;
pub mod triage;
pub mod workspace;
