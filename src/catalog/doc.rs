//! A rule's page: a small, fixed subset of Markdown.

/// A rule's page, split at its headings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doc {
    /// The text as written.
    pub text: &'static str,
    /// The parts under `##`, in order.
    pub sections: Vec<Section>,
}

/// What stands under one heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// `How it decides`
    pub heading: String,
    /// Its paragraphs, lists and code.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines joined by spaces.
    Paragraph(String),
    /// `- **term**: text`, or `- text` with an empty term.
    Item {
        /// The word in bold.
        term: String,
        /// What is said about it.
        text: String,
    },
    /// Fenced code.
    Code {
        /// Language of the fence, `php`.
        language: String,
        /// Path that the fence gives to a complete file; empty for a fragment.
        path: String,
        /// The lines between the fences.
        text: String,
    },
}

impl Doc {
    /// Headings that every page has, in this order.
    pub const HEADINGS: [&'static str; 7] = ["What it checks", "Why", "How it decides", "Bad", "Good", "Limits", "Suppress"];

    /// Splits a page.
    #[must_use]
    pub fn parse(text: &'static str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(heading) = line.strip_prefix("## ") {
                sections.push(Section { heading: heading.trim().to_owned(), blocks: Vec::new() });
            } else if let Some(section) = sections.last_mut() {
                section.read(line, &mut lines);
            }
        }
        Self { text, sections }
    }

    /// The part under a heading.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.heading == heading)
    }

    /// The complete files under a heading: path and text.
    pub fn files<'a>(&'a self, heading: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.section(heading).into_iter().flat_map(|section| &section.blocks).filter_map(|block| match block {
            Block::Code { path, text, .. } if !path.is_empty() => Some((path.as_str(), text.as_str())),
            _ => None,
        })
    }
}

impl Section {
    fn read(&mut self, line: &str, rest: &mut std::str::Lines<'_>) {
        if let Some(info) = line.strip_prefix("```") {
            let (language, path) = info.split_once(' ').unwrap_or((info, ""));
            let text: Vec<&str> = rest.take_while(|line| !line.starts_with("```")).collect();
            self.blocks.push(Block::Code {
                language: language.to_owned(),
                path: path.trim().to_owned(),
                text: text.join("\n") + "\n",
            });
        } else if let Some(item) = line.strip_prefix("- ") {
            let bold = item.strip_prefix("**").and_then(|item| item.split_once("**:"));
            let (term, text) = bold.unwrap_or(("", item));
            self.blocks.push(Block::Item { term: term.to_owned(), text: text.trim().to_owned() });
        } else if !line.trim().is_empty() {
            self.blocks.push(Block::Paragraph(line.trim().to_owned()));
        }
    }
}
