//! How a reader names a place that writes, and the channel that it writes to.

use super::calls::CallSite;
use super::evaluator::Unit;
use super::places::{Place, Source};
use crate::hir::{Callee, ClassRef, Expr, ExprId, Literal};

impl<'p> Unit<'_, 'p> {
    /// What is called, as a reader names it.
    pub(super) fn readable(&self, place: &Place<'p>) -> String {
        let short = |name: &str| name.rsplit('\\').next().unwrap_or(name).to_owned();
        match &place.source {
            Source::Call(site) => self.readable_call(site),
            Source::Thrown(_, class) => format!("throw {}", short(class)),
            Source::Printed(_) => "echo".to_owned(),
            Source::Returned(_) => {
                let symbol = self.project().index.symbol(place.body);
                short(&symbol)
            }
        }
    }

    fn readable_call(&self, site: &CallSite<'p>) -> String {
        let code = self.project().index.body(site.body);
        let name = site.name.unwrap_or("{…}");
        match code.expr(site.expr) {
            Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), .. }, .. } => {
                let class = self.text(site.body, class.name);
                format!("{}::{name}", class.rsplit('\\').next().unwrap_or(class))
            }
            Expr::Call { callee: Callee::Method { receiver, .. }, .. } => match self.root_class(site, *receiver) {
                Some(class) => format!("{class}::{name}"),
                None => match self.word(site.body, *receiver) {
                    Some(word) => format!("{word}->{name}"),
                    None => format!("->{name}"),
                },
            },
            _ => name.rsplit('\\').next().unwrap_or(name).to_owned(),
        }
    }

    /// The class at which a chain begins.
    fn root_class(&self, site: &CallSite<'p>, receiver: ExprId) -> Option<&'p str> {
        let code = self.project().index.body(site.body);
        let mut at = receiver;
        for _ in 0..8 {
            match code.expr(at) {
                Expr::Call { callee: Callee::Static { class: ClassRef::Named(class), .. }, .. } => {
                    let class = self.text(site.body, class.name);
                    return Some(class.rsplit('\\').next().unwrap_or(class));
                }
                Expr::Call { callee: Callee::Method { receiver, .. }, .. } => at = *receiver,
                _ => return None,
            }
        }
        None
    }

    /// The channel that a chain names: `Log::channel('calls')->info()`.
    pub(super) fn channel(&self, place: &Place<'p>) -> Option<String> {
        let Source::Call(site) = &place.source else { return None };
        let code = self.project().index.body(site.body);
        let mut at = site.receiver?;
        for _ in 0..8 {
            let Expr::Call { callee, arguments, .. } = code.expr(at) else { return None };
            let name = match callee {
                Callee::Static { name, .. } | Callee::Method { name, .. } => self.fixed(site.body, *name)?,
                Callee::Function(name) => self.text(site.body, name.fallback.unwrap_or(name.name)),
                _ => return None,
            };
            if matches!(name.to_ascii_lowercase().as_str(), "channel" | "driver" | "logs")
                && let Some(first) = arguments.first()
                && let Expr::Literal(Literal::String(channel)) = code.expr(first.value)
            {
                return Some(self.text(site.body, *channel).to_owned());
            }
            match callee {
                Callee::Method { receiver, .. } => at = *receiver,
                _ => return None,
            }
        }
        None
    }
}
