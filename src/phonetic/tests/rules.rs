//! The published values and the decisions, one by one.

use super::super::vectors::PUBLISHED;
use super::super::*;

fn all(pairs: &[(&str, &str)]) {
    for (name, code) in pairs {
        assert_eq!(encode(name), *code, "{name}");
    }
}

#[test]
fn published_values() {
    all(&PUBLISHED);
    all(&[("Heinz Classen", "068 4586")]);
}

#[test]
fn the_worked_example_stage_by_stage() {
    let words = steps("Müller-Lüdenscheidt");
    let [word] = &words[..] else { panic!("one word: {words:?}") };
    let stage = |of: fn(&Step) -> &str| word.iter().map(of).collect::<String>();
    assert_eq!(stage(|step| &step.encoded), "60550750206880022");
    assert_eq!(stage(|step| &step.merged), "6050750206802");
    assert_eq!(stage(|step| &step.kept), "65752682");
}

#[test]
fn every_row_of_the_table() {
    all(&[
        ("A", "0"),
        ("E", "0"),
        ("I", "0"),
        ("J", "0"),
        ("O", "0"),
        ("U", "0"),
        ("Y", "0"),
        ("Ä", "0"),
        ("Ö", "0"),
        ("Ü", "0"),
        ("H", ""),
        ("B", "1"),
        ("P", "1"),
        ("PA", "1"),
        ("PH", "3"),
        ("D", "2"),
        ("T", "2"),
        ("DA", "2"),
        ("TA", "2"),
        ("DC", "8"),
        ("DS", "8"),
        ("DZ", "8"),
        ("TC", "8"),
        ("TS", "8"),
        ("TZ", "8"),
        ("F", "3"),
        ("V", "3"),
        ("W", "3"),
        ("G", "4"),
        ("K", "4"),
        ("Q", "4"),
        ("CA", "4"),
        ("CH", "4"),
        ("CK", "4"),
        ("CL", "45"),
        ("CO", "4"),
        ("CQ", "4"),
        ("CR", "47"),
        ("CU", "4"),
        ("CX", "48"),
        ("C", "8"),
        ("CE", "8"),
        ("CI", "8"),
        ("CZ", "8"),
        ("SCA", "8"),
        ("ZCA", "8"),
        ("BCA", "14"),
        ("BCH", "14"),
        ("BCK", "14"),
        ("BCO", "14"),
        ("BCQ", "14"),
        ("BCU", "14"),
        ("BCX", "148"),
        ("BCL", "185"),
        ("BCR", "187"),
        ("BCE", "18"),
        ("BC", "18"),
        ("X", "48"),
        ("AX", "048"),
        ("SCX", "8"),
        ("KX", "48"),
        ("QX", "48"),
        ("L", "5"),
        ("M", "6"),
        ("N", "6"),
        ("R", "7"),
        ("S", "8"),
        ("Z", "8"),
        ("ß", "8"),
    ]);
}

#[test]
fn precedence_of_s_and_z_before_c() {
    all(&[("SCH", "8"), ("ZCH", "8"), ("ASCHA", "08"), ("Schuh", "8"), ("SCAN", "86")]);
}

#[test]
fn h_has_no_digit_and_is_a_neighbour() {
    all(&[("Buschs", "18"), ("Möglichkeit", "64542"), ("SHCH", "84"), ("THS", "28"), ("Heithabu", "021"), ("HH", "")]);
}

#[test]
fn zero_belongs_to_the_code() {
    all(&[("Hans", "068"), ("Hug", "04"), ("Amon", "066"), ("Edit", "022"), ("AHA", "0"), ("HA", "0")]);
}

#[test]
fn the_end_of_a_word_is_before_no_letter() {
    all(&[("Marc", "678"), ("Kopp", "41"), ("Rat", "72"), ("Rad", "72"), ("C", "8"), ("Dominic", "2668")]);
}

#[test]
fn x_merges_digit_by_digit() {
    all(&[("GX", "48"), ("XX", "4848"), ("XC", "48"), ("XCH", "484"), ("XS", "48")]);
}

#[test]
fn inner_and_first_lists() {
    all(&[("Niclas", "6858"), ("Claus", "458"), ("Alice", "058"), ("Cäsar", "487"), ("Cölln", "456"), ("Cüppers", "4178")]);
}

#[test]
fn eszett_in_all_forms() {
    all(&[("bißchen", "186"), ("Claßen", "4586"), ("GROẞ", "478"), ("groß", "478"), ("ẞ", "8")]);
}

#[test]
fn umlauts_in_all_forms() {
    for (forms, code) in [(["Müller", "Mueller", "Mu\u{308}ller", "MÜLLER"], "657"), (["Cä", "Cae", "Ca\u{308}", "CÄ"], "4")]
    {
        forms.iter().for_each(|form| assert_eq!(encode(form), code, "{form:?}"));
    }
}

#[test]
fn other_letters_leave() {
    all(&[("Émile", "65"), ("E\u{301}mile", "65"), ("Černý", "076"), ("Мария", ""), ("李", ""), ("42", ""), ("", "")]);
    all(&[("T's", "8"), ("O'Neil", "065"), ("Мария Müller", "657"), ("Müller Мария", "657"), (" \u{a0}Hans \t Ott ", "068 02")]);
    // The sign for kelvin is a K, the long s an S, and a ligature its letters: such is their upper case.
    all(&[("\u{212a}urt", "472"), ("Weiſs", "38"), ("ﬁscher", "387")]);
}

#[test]
fn words_have_their_own_first_letter() {
    all(&[("Anna Clara", "06 457"), ("Carl Craft", "475 4732"), ("a c", "0 8"), ("H h", "")]);
}

#[test]
fn the_variants_differ_where_they_say() {
    let with = |name: &str, variants| encode_with(name, variants, Faults::NONE);
    let of = Variants::default();
    assert_eq!(with("Cäsar", Variants { umlaut: Umlaut::OutsideTheLists, ..of }), "887");
    assert_eq!(with("Ca\u{308}sar", Variants { umlaut: Umlaut::OutsideTheLists, ..of }), "887");
    assert_eq!(with("bißchen", Variants { eszett: Eszett::OwnLetter, ..of }), "1846");
    assert_eq!(with("GROẞ", Variants { capital_eszett: CapitalEszett::Dropped, ..of }), "47");
    assert_eq!(with("Émile", Variants { accented: Accented::Folded, ..of }), "065");
    assert_eq!(with("Łukasz", Variants { accented: Accented::Folded, ..of }), "548");
    assert_eq!(with("Heinz Classen", Variants { words: Words::Joined, ..of }), "0684586");
    assert_eq!(with("Heinz Classen", Variants { words: Words::OneWord, ..of }), "068586");
    assert_eq!(with("T's", Variants { other_signs: OtherSigns::RemovedLast, ..of }), "28");
    assert_eq!(with("HCL", Variants { first_c: FirstC::ByCode, ..of }), "45");
    assert_eq!(with("HCL", of), "85");
}
