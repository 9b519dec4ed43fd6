//! Panels of Filament: which classes are pages of which panel, and for whom the panel is.
//!
//! `filament/filament:packages/panels/src/FilamentServiceProvider.php (packageBooted)`: the middleware that identifies the
//! tenant runs for requests of Livewire, too.

use crate::hir::{Argument, Expr};
use crate::index::{BodyKey, ClassKey, Constant, Index, Locals};

/// For whom the pages of a panel are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanelKind {
    /// Users of one tenant, which Filament holds: `->tenant(Team::class)`.
    Tenant,
    /// Operators: the panel knows no tenant while another one does, and those who enter it log in elsewhere than tenants.
    Operators,
}

struct Panel {
    has_tenant: bool,
    guard: Option<String>,
    /// Where its classes are discovered.
    namespaces: Vec<String>,
    /// Classes that it names.
    classes: Vec<String>,
    /// What stands before its pages, for requests of Livewire, too.
    middleware: Vec<String>,
}

/// The panels of a project.
pub(super) struct Panels(Vec<Panel>);

impl Panels {
    pub(super) fn read(index: &Index) -> Self {
        let is_provider = |class: &ClassKey| index.is_a(*class, "Filament\\PanelProvider") && index.is_concrete(*class);
        Self(index.classes().filter(is_provider).map(|provider| Panel::read(index, provider)).collect())
    }

    /// For whom a class of Filament is; none where that is not known, or not the same in all its panels.
    pub(super) fn kind_of(&self, class: &str) -> Option<PanelKind> {
        let mut kinds = self.0.iter().filter(|panel| panel.holds(class)).map(|panel| self.kind(panel));
        let first = kinds.next()??;
        kinds.all(|kind| kind == Some(first)).then_some(first)
    }

    /// The middleware that stands before a class of Filament in each of its panels.
    ///
    /// `filament/filament:packages/panels/src/Panel/Concerns/HasMiddleware.php (tenantMiddleware)`: what is persistent runs
    /// for requests of Livewire as well; the rest has run for the page that the component is on.
    pub(super) fn middleware_of(&self, class: &str) -> Vec<String> {
        let mut panels = self.0.iter().filter(|panel| panel.holds(class));
        let Some(first) = panels.next() else { return Vec::new() };
        let others: Vec<&Panel> = panels.collect();
        let is_in_all = |name: &&String| others.iter().all(|panel| panel.middleware.contains(name));
        first.middleware.iter().filter(is_in_all).cloned().collect()
    }

    fn kind(&self, panel: &Panel) -> Option<PanelKind> {
        if panel.has_tenant {
            return Some(PanelKind::Tenant);
        }
        let mut of_tenants = self.0.iter().filter(|other| other.has_tenant).peekable();
        let is_apart = of_tenants.peek().is_some() && panel.guard.is_some() && of_tenants.all(|other| other.guard != panel.guard);
        is_apart.then_some(PanelKind::Operators)
    }
}

impl Panel {
    fn read(index: &Index, provider: ClassKey) -> Self {
        let calls = |name: &str| -> Vec<(BodyKey, &[Argument])> {
            let sites = index.calls_named(name).iter().filter(|site| index.body_class(site.body) == Some(provider));
            let arguments = sites.filter_map(|site| match index.body(site.body).expr(site.expr) {
                Expr::Call { arguments, .. } => Some((site.body, &**arguments)),
                _ => None,
            });
            arguments.collect()
        };
        let values = |names: &[&str], key: &str, position: usize| -> Vec<Constant> {
            let all = names.iter().flat_map(|name| calls(name));
            all.filter_map(|(body, arguments)| {
                let hir = index.hir(body.file);
                let is_it = |argument: &&Argument| argument.name.is_some_and(|name| hir.text(name) == key);
                let argument = arguments.iter().find(is_it).or_else(|| arguments.get(position))?;
                index.constant_with(body, argument.value, Some(provider), &Locals::new())
            })
            .collect()
        };
        let texts = |values: Vec<Constant>| values.into_iter().filter_map(|value| value.as_str().map(str::to_owned));
        let discovering =
            ["discoverResources", "discoverPages", "discoverWidgets", "discoverClusters", "discoverLivewireComponents"];
        let middleware = values(&["middleware", "authMiddleware", "tenantMiddleware"], "middleware", 0);
        let named = values(&["resources", "pages", "widgets", "livewireComponents"], "", 0);
        Self {
            has_tenant: !calls("tenant").is_empty(),
            guard: texts(values(&["authGuard"], "guard", 0)).next(),
            namespaces: texts(values(&discovering, "for", 1)).map(|name| format!("{}\\", name.trim_matches('\\'))).collect(),
            classes: named.iter().filter_map(Constant::strings).flatten().collect(),
            middleware: middleware.iter().filter_map(Constant::strings).flatten().collect(),
        }
    }

    fn holds(&self, class: &str) -> bool {
        self.classes.iter().any(|name| name.eq_ignore_ascii_case(class))
            || self.namespaces.iter().any(|namespace| class.starts_with(namespace.as_str()))
    }
}
