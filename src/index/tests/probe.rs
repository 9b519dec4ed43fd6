//! Prints the facts of a folder: `MANDANT_PROBE=folder cargo test --lib index::tests::probe -- --ignored --nocapture`
