//! `mandant` answers, without running the code, whether a PHP/Laravel application keeps its tenants apart.

pub mod finding;
pub mod hir;
pub mod index;
pub mod syntax;
pub mod workspace;
pub mod analysis;
pub mod flow;
pub mod specs;
