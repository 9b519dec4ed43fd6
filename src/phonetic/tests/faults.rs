//! The known faults: each changes the code of some compact vector.

use super::super::vectors::compact;
use super::super::*;

#[test]
fn every_fault_is_exposed_by_the_compact_set() {
    let vectors = compact();
    for fault in Fault::ALL {
        let exposing =
            vectors.iter().filter(|vector| encode_with(&vector.input, Variants::default(), Faults::one(fault)) != vector.code);
        assert!(exposing.count() > 0, "{}: {}", fault.id(), fault.what());
    }
}

/// Two faults with the same answers would be one fault counted twice.
#[test]
fn faults_are_distinct_on_the_compact_set() {
    let vectors = compact();
    let answers = |fault| {
        let code = |vector: &vectors::Vector| encode_with(&vector.input, Variants::default(), Faults::one(fault));
        vectors.iter().map(code).collect::<Vec<_>>()
    };
    let all: Vec<_> = Fault::ALL.into_iter().map(|fault| (fault, answers(fault))).collect();
    for (at, (fault, answer)) in all.iter().enumerate() {
        for (other, theirs) in &all[at + 1..] {
            assert!(answer != theirs, "{} and {} give the same codes", fault.id(), other.id());
        }
    }
}

#[test]
fn faults_do_what_they_say() {
    for (fault, name, code) in [
        (Fault::CkSoft, "Becker", "1847"),
        (Fault::ZerosFirst, "Hoffmann", "036"),
        (Fault::ScAtStart, "Scan", "846"),
        (Fault::HSeparates, "Buchkremer", "144767"),
        (Fault::ZeroByLetter, "Hans", "68"),
        (Fault::FinalP, "Kopp", "413"),
        (Fault::FinalC, "Eric", "074"),
        (Fault::FirstCEverywhere, "Niclas", "6458"),
        (Fault::FirstCMissing, "Claus", "858"),
        (Fault::MergeByLetter, "XX", "48"),
        (Fault::XBehind4, "GX", "448"),
        (Fault::XBehind4, "XX", "4848"),
        (Fault::LastEmitted, "GX", "448"),
        (Fault::LastEmitted, "Hoffmann", "36"),
        (Fault::PaddedTo4, "B", "1000"),
        (Fault::MergePairsOnce, "LLL", "55"),
    ] {
        assert_eq!(encode_with(name, Variants::default(), Faults::one(fault)), code, "{} {name}", fault.id());
    }
}

/// What is the right encoder in other words is none of the faults: it is not counted.
#[test]
fn equivalent_changes_change_nothing() {
    for name in surnames() {
        let code = encode(name);
        assert_eq!(encode(&name.to_uppercase().replace("PH", "F")), code, "{name}");
        assert_eq!(encode(&name.to_uppercase().replace('Ä', "AE").replace('Ö', "OE").replace('Ü', "UE")), code, "{name}");
    }
}
