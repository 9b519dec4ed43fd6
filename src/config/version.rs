//! Versions of Laravel and PHP.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A version; parts that nobody named are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The newest Laravel that the specs know.
    pub const NEWEST_LARAVEL: Self = Self(13, 0, 0);
    /// The newest PHP that the specs know.
    pub const NEWEST_PHP: Self = Self(8, 4, 0);
}

/// The text is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no version: one to three numbers with points between them")]
pub struct NoVersion;

/// `v11.46.0`, `11.46`, `8`; what follows the numbers (`-beta.1`, `+build`, `.4`) does not count.
impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let end = text.find(['-', '+', '@', ' ']).unwrap_or(text.len());
        let mut parts = text[..end].split('.');
        let first = parts.next().ok_or(NoVersion)?.parse().map_err(|_| NoVersion)?;
        let mut next = || match parts.next() {
            None | Some("x" | "*") => Ok(0),
            Some(part) => part.parse().map_err(|_| NoVersion),
        };
        Ok(Self(first, next()?, next()?))
    }
}

/// Without trailing zeros: `11`, `11.46`, `8.2.10`.
impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self(major, 0, 0) => write!(formatter, "{major}"),
            Self(major, minor, 0) => write!(formatter, "{major}.{minor}"),
            Self(major, minor, patch) => write!(formatter, "{major}.{minor}.{patch}"),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
