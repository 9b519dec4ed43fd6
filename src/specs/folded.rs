//! Names without regard to the case of ASCII letters, as PHP compares those of classes, functions and methods.

use std::ops::Deref;

use arrayvec::ArrayString;

/// Bytes of a folded name that need no allocation: class names are looked up all the time.
const SHORT: usize = 96;

/// A name without its leading backslash and in lower case.
pub(crate) enum Folded {
    /// It fits the stack.
    Short(ArrayString<SHORT>),
    /// It does not.
    Long(String),
}

impl Folded {
    pub(crate) fn into_owned(self) -> String {
        match self {
            Self::Short(name) => name.as_str().to_owned(),
            Self::Long(name) => name,
        }
    }
}

impl Deref for Folded {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Short(name) => name,
            Self::Long(name) => name,
        }
    }
}

/// A name without its leading backslash and in lower case.
pub(crate) fn folded(name: &str) -> Folded {
    lower(name.strip_prefix('\\').unwrap_or(name))
}

/// A name in lower case.
pub(crate) fn lower(name: &str) -> Folded {
    match ArrayString::from(name) {
        Ok(mut short) => {
            short.make_ascii_lowercase();
            Folded::Short(short)
        }
        Err(_) => Folded::Long(name.to_ascii_lowercase()),
    }
}
