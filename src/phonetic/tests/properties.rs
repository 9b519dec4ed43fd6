//! What holds for any text.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::super::*;

/// Names and hostile texts: letters that matter often, marks, other scripts, signs.
fn text() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        8 => prop::sample::select("ABCDEHKLPQRSTXZabchksxz".chars().collect::<Vec<_>>()),
        2 => prop::sample::select("ÄÖÜäöüßẞéÉçČñøåŁ".chars().collect::<Vec<_>>()),
        2 => prop::sample::select(vec!['\u{308}', '\u{301}', '\u{323}', '\u{304}', '\u{327}', '\u{338}', '\u{344}', '\u{30c}']),
        1 => prop::sample::select(vec![' ', '-', '\'', '\u{a0}', 'ﬁ', 'ſ', '\u{212a}', '\u{212b}', 'ı', 'ǰ', 'ẖ', 'ǟ']),
        1 => any::<char>(),
    ];
    prop::collection::vec(sign, 0..24).prop_map(|signs| signs.into_iter().filter(|sign| *sign != '\u{345}').collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn one_pass_and_stages_agree(name in text()) {
        prop_assert_eq!(encode(&name), encode_with(&name, Variants::default(), Faults::NONE));
        let kept: Vec<String> = steps(&name).iter().map(|word| word.iter().map(|step| &*step.kept).collect()).collect();
        let kept: Vec<String> = kept.into_iter().filter(|code| !code.is_empty()).collect();
        prop_assert_eq!(encode(&name), kept.join(" "));
    }

    #[test]
    fn composed_and_decomposed_names_have_one_code(name in text()) {
        let (composed, apart): (String, String) = (name.nfc().collect(), name.nfd().collect());
        prop_assert_eq!(encode(&name), encode(&composed));
        prop_assert_eq!(encode(&name), encode(&apart));
    }

    /// The letters by their definition, with a library's normalisation.
    #[test]
    fn the_letters_are_those_of_the_composed_upper_case(name in text()) {
        let upper: String = name.nfc().collect::<String>().to_uppercase().nfc().collect();
        let plain: String = upper.chars().map(|sign| match sign {
            'Ä' => "A".to_owned(),
            'Ö' => "O".to_owned(),
            'Ü' => "U".to_owned(),
            'ẞ' => "SS".to_owned(),
            'A'..='Z' => sign.to_string(),
            _ if sign.is_whitespace() => " ".to_owned(),
            _ => String::new(),
        }).collect();
        prop_assert_eq!(encode(&name), encode(&plain));
    }

    #[test]
    fn a_code_is_digits_in_order(name in text()) {
        for code in encode(&name).split(' ') {
            prop_assert!(code.bytes().all(|digit| (b'0'..=b'8').contains(&digit)));
            prop_assert!(!code.bytes().skip(1).any(|digit| digit == b'0'));
        }
    }

    #[test]
    fn upper_and_lower_case_have_one_code(name in "[a-zäöüß]{0,12}") {
        prop_assert_eq!(encode(&name), encode(&name.to_uppercase()));
    }
}

/// Long inputs have the code that their repetition has.
#[test]
fn a_megabyte_is_a_name_like_any_other() {
    for (unit, code) in
        [("badela", "125"), ("Mu\u{308}", "6"), ("ß", ""), ("\u{308}", ""), ("Ä", ""), ("x", "48"), ("Ott ", "02 ")]
    {
        let times = (1 << 20) / unit.len();
        let long = encode(&unit.repeat(times));
        let expected = match unit {
            "ß" => "8".to_owned(),
            "Ä" => "0".to_owned(),
            _ => code.repeat(times),
        };
        assert!(long == expected.trim_end(), "{unit}: {} digits", long.len());
    }
}
