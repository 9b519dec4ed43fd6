//! Doc comments, as far as they give types.

use super::Lowering;
use super::types::TypeReader;
use crate::finding::Span;
use crate::hir::{DocProperty, Symbol, TypeHint};

/// The types that a doc comment gives.
#[derive(Default)]
pub(super) struct Doc {
    /// `@var`, with the variable where it is named.
    pub(super) variables: Vec<(Option<Symbol>, TypeHint)>,
    /// `@param`
    pub(super) parameters: Vec<(Symbol, TypeHint)>,
    /// `@return`
    pub(super) returns: Option<TypeHint>,
    /// `@property`
    pub(super) properties: Vec<DocProperty>,
    /// `@mixin`
    pub(super) mixins: Vec<TypeHint>,
}

impl Doc {
    /// The type of a parameter.
    pub(super) fn parameter(&self, name: Symbol) -> Option<TypeHint> {
        self.parameters.iter().rfind(|(known, _)| *known == name).map(|(_, hint)| hint.clone())
    }

    /// The type of the declared property or of the variable of this name.
    pub(super) fn variable(&self, name: Symbol) -> Option<TypeHint> {
        self.variables.iter().rfind(|(known, _)| known.is_none_or(|known| known == name)).map(|(_, hint)| hint.clone())
    }
}

/// The tags of a comment: name, and the text from behind the name to the end of the comment.
fn tags(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = text.strip_prefix("/**").unwrap_or(text);
    let text = text.strip_suffix("*/").unwrap_or(text);
    text.split_inclusive('\n')
        .scan(0, move |start, line| {
            let line_start = *start;
            *start += line.len();
            let content = line.trim_start_matches([' ', '\t', '*']);
            let offset = line_start + (line.len() - content.len());
            Some(content.strip_prefix('@').and_then(|tag| {
                let length = tag.find(|next: char| !(next.is_ascii_alphanumeric() || next == '-')).unwrap_or(tag.len());
                Some((tag.get(..length)?, text.get(offset + 1 + length..)?))
            }))
        })
        .flatten()
}

/// A variable at the start of a text, with what may stand before its `$`.
fn variable_name(text: &str) -> Option<&str> {
    let name = text.trim_start_matches([' ', '\t']).trim_start_matches(['&', '.']).strip_prefix('$')?;
    let is_name = |next: char| next.is_alphanumeric() || next == '_' || !next.is_ascii();
    let name = name.split(|next| !is_name(next)).next()?;
    (!name.is_empty()).then_some(name)
}

impl<'t> Lowering<'t> {
    /// Reads a doc comment. Type parameters that it declares stay known until [`Lowering::templates`] is cut.
    pub(super) fn doc(&mut self, comment: Option<Span>) -> Doc {
        let mut doc = Doc::default();
        let Some(comment) = comment else { return doc };
        let text = self.slice(comment);
        if !text.contains('@') {
            return doc;
        }
        for (tag, rest) in tags(text) {
            if tag.contains("template") {
                self.templates.extend(rest.split_whitespace().next());
            }
        }
        for (tag, rest) in tags(text) {
            self.tag(&mut doc, tag, rest);
        }
        doc
    }

    fn tag(&mut self, doc: &mut Doc, tag: &str, rest: &'t str) {
        let tag = tag.strip_prefix("phpstan-").or_else(|| tag.strip_prefix("psalm-")).unwrap_or(tag);
        match tag {
            "var" | "param" | "return" | "mixin" | "property" | "property-read" | "property-write" => {}
            _ => return,
        }
        let rest = rest.trim_start_matches([' ', '\t']);
        let (hint, after) = if rest.starts_with(['$', '&']) && !is_this(rest) {
            (None, rest)
        } else if rest.starts_with(['\r', '\n']) || rest.is_empty() {
            return;
        } else {
            let mut reader = TypeReader::new(rest, true);
            let hint = self.read_type(&mut reader);
            (Some(hint), reader.rest())
        };
        let name = variable_name(after).map(|name| self.interner.intern(name));
        match (tag, name, hint) {
            ("var", name, Some(hint)) => doc.variables.push((name, hint)),
            ("param", Some(name), Some(hint)) => doc.parameters.push((name, hint)),
            ("return", _, Some(hint)) => doc.returns = Some(hint),
            ("mixin", _, Some(hint)) => doc.mixins.push(hint),
            ("property" | "property-read" | "property-write", Some(name), hint) => {
                doc.properties.push(DocProperty { name, doc_type: hint.unwrap_or(TypeHint::Unknown) });
            }
            _ => {}
        }
    }
}

fn is_this(text: &str) -> bool {
    text.strip_prefix("$this").is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
}
