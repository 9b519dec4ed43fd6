//! What the framework does with the calls of a migration: facades, Schema builder, Blueprint, grammar, connection, queries.
//!
//! Nothing of the framework is run; its rules are written here once more, each with the place that it follows.

mod blueprint;
mod catalog;
mod collection;
mod columns;
mod config;
mod connection;
mod facade;
mod grammar;
mod helpers;
mod model;
mod query;
mod schema;
mod select;
mod text;

pub(crate) use blueprint::{Blueprint, has_method};
pub(crate) use connection::commits;
pub(crate) use query::Query;
