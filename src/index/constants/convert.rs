//! PHP's conversions between the types of constants.

use super::{Constant, ConstantKey};

impl Constant {
    /// `(bool)`
    pub(super) fn truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::String(text) | Self::Class(text) => !text.is_empty() && text != "0",
            Self::Array(items) => !items.is_empty(),
        }
    }

    /// `(string)`; none for arrays and for floats that PHP writes with an exponent.
    pub(super) fn to_text(&self) -> Option<String> {
        match self {
            Self::Null => Some(String::new()),
            Self::Bool(value) => Some(if *value { "1" } else { "" }.to_owned()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => float_text(*value),
            Self::String(text) | Self::Class(text) => Some(text.clone()),
            Self::Array(_) => None,
        }
    }

    /// A number, where it is one or a string that holds nothing else.
    pub(super) fn to_number(&self) -> Option<Self> {
        match self {
            Self::Null => Some(Self::Int(0)),
            Self::Bool(value) => Some(Self::Int(i64::from(*value))),
            Self::Int(_) | Self::Float(_) => Some(self.clone()),
            Self::String(text) => {
                let text = text.trim_matches(|char: char| char.is_ascii_whitespace());
                let is_number = text.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
                match text.parse::<i64>() {
                    Ok(value) => Some(Self::Int(value)),
                    Err(_) if is_number => text.parse::<f64>().ok().map(Self::Float),
                    Err(_) => None,
                }
            }
            Self::Class(_) | Self::Array(_) => None,
        }
    }

    /// `(int)` of what converts without loss of meaning.
    pub(super) fn to_int(&self) -> Option<i64> {
        match self.to_number()? {
            Self::Int(value) => Some(value),
            Self::Float(value) => truncated(value),
            _ => None,
        }
    }

    /// `(float)`
    pub(super) fn to_float(&self) -> Option<f64> {
        match self.to_number()? {
            #[expect(clippy::cast_precision_loss, reason = "PHP converts in the same way")]
            Self::Int(value) => Some(value as f64),
            Self::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The array key that PHP makes of a value.
    pub(in crate::index) fn to_key(&self) -> Option<ConstantKey> {
        match self {
            Self::Null => Some(ConstantKey::String(String::new())),
            Self::Bool(value) => Some(ConstantKey::Int(i64::from(*value))),
            Self::Int(value) => Some(ConstantKey::Int(*value)),
            Self::Float(value) => truncated(*value).map(ConstantKey::Int),
            Self::String(text) | Self::Class(text) => Some(string_key(text)),
            Self::Array(_) => None,
        }
    }
}

impl From<ConstantKey> for Constant {
    fn from(key: ConstantKey) -> Self {
        match key {
            ConstantKey::Int(value) => Self::Int(value),
            ConstantKey::String(text) => Self::String(text),
        }
    }
}

/// A string key; a decimal integer in its shortest form is an integer.
fn string_key(text: &str) -> ConstantKey {
    match text.parse::<i64>() {
        Ok(value) if value.to_string() == text => ConstantKey::Int(value),
        _ => ConstantKey::String(text.to_owned()),
    }
}

fn truncated(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (value.abs() < 9.0e15).then_some(value.trunc() as i64)
}

/// A float with PHP's default precision of 14 digits, where it needs no exponent.
fn float_text(value: f64) -> Option<String> {
    if value == 0.0 {
        return Some("0".to_owned());
    }
    if !value.is_finite() || value.abs() >= 1.0e15 || value.abs() < 1.0e-4 {
        return None;
    }
    let digits = value.abs().log10().floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 18")]
    let decimals = (13.0 - digits).max(0.0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    Some(text.to_owned())
}

/// An array under construction.
#[derive(Debug, Default)]
pub(super) struct ArrayBuilder {
    items: Vec<(ConstantKey, Constant)>,
    next: i64,
}

/// Larger arrays are no constants here.
pub(super) const MAX_ITEMS: usize = 4_096;

impl ArrayBuilder {
    pub(super) fn push(&mut self, value: Constant) -> Option<()> {
        self.items.push((ConstantKey::Int(self.next), value));
        self.next = self.next.checked_add(1)?;
        (self.items.len() <= MAX_ITEMS).then_some(())
    }

    pub(super) fn insert(&mut self, key: ConstantKey, value: Constant) -> Option<()> {
        if let ConstantKey::Int(number) = key {
            self.next = self.next.max(number.checked_add(1)?);
        }
        match self.items.iter_mut().find(|(known, _)| *known == key) {
            Some(slot) => slot.1 = value,
            None => self.items.push((key, value)),
        }
        (self.items.len() <= MAX_ITEMS).then_some(())
    }

    /// `...$items`, `array_merge`: string keys overwrite, integer keys are given anew.
    pub(super) fn merge(&mut self, items: &[(ConstantKey, Constant)]) -> Option<()> {
        for (key, value) in items {
            match key {
                ConstantKey::Int(_) => self.push(value.clone())?,
                ConstantKey::String(_) => self.insert(key.clone(), value.clone())?,
            }
        }
        Some(())
    }

    pub(super) fn finish(self) -> Constant {
        Constant::Array(self.items)
    }
}

/// An array of values in order.
pub(super) fn list(values: impl IntoIterator<Item = Constant>) -> Option<Constant> {
    let mut array = ArrayBuilder::default();
    for value in values {
        array.push(value)?;
    }
    Some(array.finish())
}
