//! The sets of vectors: what they hold, and that all readings agree on them.

use std::collections::BTreeSet;

use super::super::vectors::{arguable, compact, full, is_undisputed};
use super::super::*;

#[test]
fn sizes_and_uniqueness() {
    let (compact, full) = (compact(), full());
    assert!((300..600).contains(&compact.len()), "{}", compact.len());
    assert!((3000..9000).contains(&full.len()), "{}", full.len());
    let inputs: BTreeSet<&str> = full.iter().map(|vector| &*vector.input).collect();
    assert_eq!(inputs.len(), full.len());
    assert_eq!(full[..compact.len()], compact[..]);
}

#[test]
fn every_row_and_step_has_vectors() {
    let rules: BTreeSet<&str> = compact().iter().map(|vector| vector.rule).collect();
    for row in &TABLE {
        assert!(rules.contains(row.id), "{}", row.id);
    }
    for fault in Fault::ALL {
        assert!(rules.contains(fault.rule()), "{}: no vector for {}", fault.id(), fault.rule());
    }
}

#[test]
fn every_reading_gives_the_code_of_a_vector() {
    for vector in full() {
        assert!(is_undisputed(&vector.input), "{}", vector.input);
        assert!(!vector.input.contains(char::is_whitespace), "{}", vector.input);
        assert_eq!(vector.code, encode_with(&vector.input, Variants::default(), Faults::NONE), "{}", vector.input);
    }
}

#[test]
fn arguable_inputs_differ_in_the_reading_they_name() {
    let inputs = arguable();
    for input in &inputs {
        assert_ne!(input.code, input.other, "{}", input.input);
    }
    for (point, _) in Variants::OTHERS {
        assert!(inputs.iter().any(|input| input.point == point), "{point}");
    }
}
