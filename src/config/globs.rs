//! Patterns for paths relative to the project's root.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// A list of patterns. `*` ends at a slash, `**` does not; a pattern that names a folder covers all below it; one
/// without a slash covers every file or folder of that name.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    set: GlobSet,
    /// The pattern that each glob of the set is from.
    origin: Vec<usize>,
}

impl Globs {
    /// The patterns, ready to match.
    ///
    /// # Errors
    /// The first pattern that is none, with the reason.
    pub fn new<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Result<Self, String> {
        let (mut builder, mut origin) = (GlobSetBuilder::new(), Vec::new());
        for (index, pattern) in patterns.into_iter().enumerate() {
            for form in forms(pattern.as_ref()) {
                let glob = GlobBuilder::new(&form).literal_separator(true).build();
                builder.add(glob.map_err(|error| error.kind().to_string())?);
                origin.push(index);
            }
        }
        let set = builder.build().map_err(|error| error.kind().to_string())?;
        Ok(Self { set, origin })
    }

    /// The number of the first pattern that covers a path.
    #[must_use]
    pub fn matched(&self, path: &str) -> Option<usize> {
        self.set.matches(path).first().map(|index| self.origin[*index])
    }

    /// True where a pattern covers the path.
    #[must_use]
    pub fn is_match(&self, path: &str) -> bool {
        self.set.is_match(path)
    }
}

/// A pattern as globs: for the path itself and for what is below it.
fn forms(pattern: &str) -> Vec<String> {
    let anchored = pattern.strip_prefix("./").or_else(|| pattern.strip_prefix('/'));
    let (anywhere, pattern) = match anchored {
        Some(rest) => (false, rest),
        None => (!pattern.trim_end_matches('/').contains('/'), pattern),
    };
    let pattern = pattern.trim_end_matches('/');
    let pattern = if anywhere { format!("**/{pattern}") } else { pattern.to_owned() };
    if pattern.ends_with("**") {
        return vec![pattern];
    }
    let below = format!("{pattern}/**");
    vec![pattern, below]
}
