//! What the questions of a family have in common: their domains over the engines.

pub mod contexts;
pub mod length;
pub mod pii;
pub mod routes;
pub mod tenancy;
