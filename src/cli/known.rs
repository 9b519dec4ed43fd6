//! The questions and rules that arguments and configuration may name.

use crate::catalog::Catalogue;
use crate::config::Known;

pub(super) fn questions() -> Vec<&'static str> {
    Catalogue::load().questions().iter().map(|question| question.id.as_str()).collect()
}

pub(super) fn rules() -> Vec<&'static str> {
    Catalogue::load().rules().iter().map(|rule| rule.id.as_str()).collect()
}

pub(super) const fn known<'a>(rules: &'a [&'a str], questions: &'a [&'a str]) -> Known<'a> {
    Known { rules, questions }
}
