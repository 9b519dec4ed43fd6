//! Every published value, every rule, and what holds for any text.

mod faults;
mod properties;
mod rules;
mod vectors;
