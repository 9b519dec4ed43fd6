//! Which body or class each region without meaning belongs to.

use super::Lowering;
use crate::finding::Span;
use crate::hir::{BodyId, BodyKind, ClassId, ErrorReason, ParseError};

/// Whose a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Body(BodyId),
    Class(ClassId),
}

/// A stretch of text with its owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    span: Span,
    owner: Owner,
}

impl Lowering<'_> {
    /// Notes whose text a span is.
    pub(super) fn region(&mut self, span: Span, owner: Owner) {
        self.regions.push(Region { span, owner });
    }

    /// Adds the parser's errors to lowering's own, in order of the text, and marks the innermost owner of each.
    pub(super) fn place_errors(&mut self) {
        let syntax = self.tree.errors.iter().map(|&span| ParseError { span, reason: ErrorReason::Syntax });
        let missing = self.tree.missing.iter().map(|&span| ParseError { span, reason: ErrorReason::MissingToken });
        self.interface.errors.extend(syntax.chain(missing));
        if self.interface.errors.is_empty() {
            return;
        }
        self.interface.errors.sort_by_key(|error| (error.span.start, error.span.end, error.reason));
        self.interface.errors.dedup();
        // Outer regions come before inner ones, so that the last one that holds an error is the innermost.
        self.regions.sort_by_key(|region| (region.span.start, std::cmp::Reverse(region.span.end)));
        let mut around: Vec<Region> = Vec::new();
        let mut next = 0;
        let mut marked = Vec::new();
        for error in &self.interface.errors {
            while let Some(&region) = self.regions.get(next)
                && region.span.start <= error.span.start
            {
                around.retain(|open| open.span.end >= region.span.start);
                around.push(region);
                next += 1;
            }
            let holds = |region: &&Region| region.span.end >= error.span.end;
            if let Some(owner) = around.iter().rfind(holds).map(|region| region.owner) {
                marked.push((owner, error.reason));
            }
        }
        for (owner, reason) in marked {
            self.mark(owner, reason);
        }
    }

    fn mark(&mut self, owner: Owner, reason: ErrorReason) {
        if reason == ErrorReason::Unsupported {
            return;
        }
        match owner {
            Owner::Class(class) => {
                self.class_mut(class).has_errors = true;
                for body in &mut self.bodies {
                    body.has_errors |= body.class == Some(class) && body.kind == BodyKind::Initializers;
                }
            }
            Owner::Body(id) => {
                let mut next = Some(id);
                while let Some(body) = next.and_then(|id| self.bodies.get_mut(id.0 as usize)) {
                    if body.has_errors {
                        return;
                    }
                    body.has_errors = true;
                    next = match &body.kind {
                        BodyKind::Closure { parent, .. } => Some(*parent),
                        _ => None,
                    };
                }
            }
        }
    }
}
