//! Who runs a piece of code, in words.

use super::QuestionContext;
use crate::analysis::contexts::{Context, PanelKind};
use crate::finding::Message;
use crate::specs::ContextKind;

/// The entry point's name; a closure has that of the route.
pub(super) fn symbol_of(context: QuestionContext<'_>, place: &Context) -> String {
    context.index.symbol(place.entry)
}

/// Who runs the code, in words.
pub(super) fn context_note(context: QuestionContext<'_>, place: &Context) -> Message {
    let template = match (place.kind, place.is_routed) {
        _ if place.panel == Some(PanelKind::Tenant) => "tenant.context.panel",
        _ if place.panel == Some(PanelKind::Operators) => "tenant.context.operators-panel",
        (ContextKind::Console, _) => "tenant.context.console",
        (ContextKind::Queue, _) => "tenant.context.queue",
        (ContextKind::Public, true) => "tenant.context.public-route",
        (ContextKind::Public, false) => "tenant.context.public",
        (ContextKind::Http, _) => "tenant.context.http",
        (ContextKind::Authenticated, true) => "tenant.context.logged-in-route",
        (ContextKind::Authenticated, false) => "tenant.context.logged-in",
    };
    Message::new(template).text("symbol", symbol_of(context, place))
}
