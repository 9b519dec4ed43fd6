//! The `mandant` command.

fn main() {}
