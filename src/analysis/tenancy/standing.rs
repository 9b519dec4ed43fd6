//! Who chose the tenant that a value names: the application, the code, the client, or nobody that is known.

use super::guard::is_fixed;
use super::infer::TenantFacts;
use super::query::Operand;
use crate::flow::{Origin, Project, Root};
use crate::hir::Visibility;
use crate::index::{BodyKey, ClassKey, Constant, Index, Model, class_basename};

/// Who chose the tenant that a value names; worse ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The application: the tenant of the user, of a tenant package, or of a row at hand.
    Tenant,
    /// Not known.
    Unknown,
    /// The client.
    Client,
    /// Nobody: `null`.
    Nobody,
    /// The code, once and for all, at least on one path.
    Fixed,
}

/// Reads values of one function.
#[derive(Clone, Copy, Debug)]
pub struct StandingReader<'s, 'p> {
    /// The project.
    pub project: Project<'p>,
    /// The key, and the tables that have it.
    pub facts: &'s TenantFacts,
    /// The function that the values are told of.
    pub function: BodyKey,
}

impl StandingReader<'_, '_> {
    /// Who chose the tenant that a value names.
    #[must_use]
    pub fn of(&self, value: &Operand) -> Standing {
        if value.is_query {
            return Standing::Unknown;
        }
        match value.constant.as_deref() {
            Some(Constant::Null) => return Standing::Nobody,
            Some(_) => return Standing::Fixed,
            None => {}
        }
        let has = |wanted| value.origins.any(|origin| self.of_origin(origin) == wanted);
        if value.origins.is_empty() || has(Standing::Unknown) && !has(Standing::Client) {
            return Standing::Unknown;
        }
        match () {
            () if has(Standing::Client) => Standing::Client,
            () if is_fixed(value) || has(Standing::Fixed) => Standing::Fixed,
            () => Standing::Tenant,
        }
    }

    /// Who chose the tenant that a value of one source names.
    #[must_use]
    pub fn of_origin(&self, origin: &Origin) -> Standing {
        let tenant_if = |holds: bool| if holds { Standing::Tenant } else { Standing::Unknown };
        match &origin.root {
            Root::Request => Standing::Client,
            Root::Literal if origin.path.is_empty() => Standing::Fixed,
            Root::TenantContext => Standing::Tenant,
            Root::User => tenant_if(self.is_key_of_user(origin)),
            Root::Session => tenant_if(origin.path.iter().any(|member| names_tenant(&self.facts.key, member))),
            Root::This if self.is_input(origin) => Standing::Client,
            _ => tenant_if(self.is_key_of_row(origin)),
        }
    }

    /// `$user->company_id`, `$user->company->id`, `$user->companies->pluck('id')`
    fn is_key_of_user(&self, origin: &Origin) -> bool {
        let names = |member: &str| names_tenant(&self.facts.key, member);
        if is_beyond_scalar(origin) {
            return false;
        }
        let is_tenant = || self.user_model().is_some_and(|user| self.is_root(&user.name));
        match origin.path.as_slice() {
            [] => is_tenant(),
            [only] if is_plain_key(only) => is_tenant(),
            path => path.iter().any(|member| names(member) || self.leads_to_root(member)),
        }
    }

    /// A relation of the user that leads to tenants.
    fn leads_to_root(&self, member: &str) -> bool {
        let relation = self.user_model().and_then(|user| user.relations.get(member.trim_end_matches("()")));
        relation.and_then(|relation| relation.related.as_deref()).is_some_and(|class| self.is_root(class))
    }

    /// The key of a row at hand, or of the tenant's own.
    fn is_key_of_row(&self, origin: &Origin) -> bool {
        let Some(last) = origin.last() else {
            return matches!(&origin.root, Root::Row(class) if self.is_root(class));
        };
        let class = match (&origin.column_of, &origin.root) {
            (Some(class), _) => Some(class),
            (None, Root::Row(class)) if origin.path.len() == 1 => Some(class),
            _ => None,
        };
        let is_key = last.eq_ignore_ascii_case(&self.facts.key);
        class.is_some_and(|class| is_key || is_plain_key(last) && self.is_root(class))
    }

    /// A property that the client writes: of a Livewire component.
    fn is_input(&self, origin: &Origin) -> bool {
        let class = self.project.index.body_class(self.function);
        let [property] = origin.path.as_slice() else { return false };
        class.is_some_and(|class| is_client_written(self.project.index, class, property))
    }

    fn user_model(&self) -> Option<&Model> {
        self.project.index.model(self.project.index.user_model()?)
    }

    fn is_root(&self, class: &str) -> bool {
        self.facts.root.as_deref().is_some_and(|root| root.eq_ignore_ascii_case(class))
    }
}

/// A public property of a Livewire component that is not locked.
#[must_use]
pub fn is_client_written(index: &Index, class: ClassKey, property: &str) -> bool {
    let Some((declaring, property)) = index.find_property(class, property) else { return false };
    let hir = index.hir(declaring.file);
    let is_locked = property.attributes.iter().any(|attribute| class_basename(hir.text(attribute.name.name)) == "Locked");
    index.is_a(class, "Livewire\\Component") && property.visibility == Visibility::Public && !property.is_static && !is_locked
}

/// `company_id`, `companyId`, `company`, `currentCompany`, `currentCompanyId`, `tenantSlug`
#[must_use]
pub fn names_tenant(key: &str, name: &str) -> bool {
    let plain = |name: &str| name.trim_end_matches("()").replace(['_', '-'], "").to_ascii_lowercase();
    let name = plain(name);
    let key = plain(key);
    let stem = key.strip_suffix("uuid").or_else(|| key.strip_suffix("id")).unwrap_or(&key);
    let is_current = || ["current", "active", "selected"].iter().any(|which| name.strip_prefix(which) == Some(stem));
    let names_stem = !stem.is_empty()
        && (name == stem
            || is_current()
            || name.contains(stem) && ["id", "uuid", "slug", "key"].iter().any(|end| name.ends_with(end)));
    name.contains(&key) || names_stem || name.contains("tenant")
}

/// A member of what is no object: code that is not read was asked with a key or a text, and its answer is read on.
/// `Cache::get('colleague.'.auth()->id())->company_id`
pub(super) fn is_beyond_scalar(origin: &Origin) -> bool {
    let Some((_, before)) = origin.path.split_last() else { return false };
    origin.root == Root::Literal || before.iter().any(|member| is_plain_key(member) || **member == *"id()")
}

/// The key of a row itself.
fn is_plain_key(member: &str) -> bool {
    matches!(member, "id" | "uuid" | "getKey()" | "getAuthIdentifier()")
}
