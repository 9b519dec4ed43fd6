//! Cases: PHP files with their expectations, laid over a base project and examined in memory.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod case;
pub(crate) mod expect;
pub(crate) mod run;
