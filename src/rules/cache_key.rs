//! Does a cache key hold the tenant? Reads where its parts come from.

use super::QuestionContext;
use crate::analysis::tenancy::{CacheCall, TenantFacts, is_client_written, names_tenant};
use crate::flow::{HintReader, Origin, Origins, Root};

/// What the parts of a key say; worse ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum KeyPart {
    /// A tenant, a person, or a row that belongs to one.
    Tenant,
    /// Not known.
    Unknown,
    /// Nothing that belongs to a tenant.
    Tenantless,
}

/// Reads the key of one cache call.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyReader<'k, 'p> {
    pub(super) context: QuestionContext<'p>,
    pub(super) facts: &'k TenantFacts,
    pub(super) call: &'k CacheCall,
}

impl KeyReader<'_, '_> {
    /// What a key says, where these values limit the query that it stands for: one part that holds the tenant is enough.
    pub(super) fn read(&self, key: &Origins, limits: &[&Origins]) -> KeyPart {
        let is_limit = |origin: &Origin| {
            let tells = !matches!(origin.root, Root::Literal | Root::Unknown | Root::Call(_) | Root::Runtime);
            tells && limits.iter().any(|limit| limit.any(|known| known == origin))
        };
        key.iter()
            .map(|origin| if is_limit(origin) { KeyPart::Tenant } else { self.part(origin) })
            .min()
            .unwrap_or(KeyPart::Tenantless)
    }

    fn part(&self, origin: &Origin) -> KeyPart {
        let last = origin.last();
        let names_tenant = origin.path.iter().any(|member| self.names_tenant(member));
        let is_key = last.is_some_and(is_key_member);
        let of_anchor = origin.column_of.as_deref().is_some_and(|class| self.is_anchor(class));
        match &origin.root {
            Root::User => known(last.is_none() || is_key || names_tenant || last.is_some_and(names_person)),
            Root::TenantContext => KeyPart::Tenant,
            Root::Session => known(names_tenant || last == Some("getId()")),
            Root::Row(class) => known(names_tenant || (last.is_none() || is_key) && (of_anchor || self.is_anchor(class))),
            Root::Literal | Root::Configuration | Root::Environment | Root::Runtime | Root::UserPresence(_) | Root::Request => {
                KeyPart::Tenantless
            }
            Root::Call(_) if names_tenant => KeyPart::Tenant,
            Root::Call(symbol) => unless(is_plain(symbol) && !is_key),
            Root::Parameter(position) => self.parameter(*position, origin, names_tenant || of_anchor && is_key, is_key),
            Root::This => self.own_member(origin, names_tenant, of_anchor && is_key, is_key),
            Root::Unknown => KeyPart::Unknown,
        }
    }

    /// A parameter of which no caller tells more.
    fn parameter(&self, position: u16, origin: &Origin, holds: bool, is_key: bool) -> KeyPart {
        if holds {
            return KeyPart::Tenant;
        }
        if !origin.path.is_empty() {
            return unless(!is_key);
        }
        let index = self.context.index;
        let hir = index.hir(self.call.function.file);
        let parameter = index.signature(self.call.function).and_then(|signature| signature.parameters.get(position as usize));
        let Some(parameter) = parameter else { return KeyPart::Unknown };
        let name = hir.text(parameter.name);
        let class = index.body_class(self.call.function);
        let types = HintReader { index, hir, class }.read_both(parameter.hint.as_ref(), parameter.doc_type.as_ref());
        if self.names_tenant(name) || types.classes().any(|class| self.is_anchor(class)) {
            return KeyPart::Tenant;
        }
        unless(!is_key_name(name) && !name.to_ascii_lowercase().contains("key"))
    }

    /// A property of the object: what Livewire lets the client write says nothing.
    fn own_member(&self, origin: &Origin, names_tenant: bool, of_anchor: bool, is_key: bool) -> KeyPart {
        let Some(first) = origin.path.first() else { return KeyPart::Tenantless };
        let class = self.context.index.body_class(self.call.function);
        if class.is_some_and(|class| origin.path.len() == 1 && is_client_written(self.context.index, class, first)) {
            return KeyPart::Tenantless;
        }
        if names_tenant || of_anchor {
            return KeyPart::Tenant;
        }
        unless(!is_key && !origin.path.iter().any(|member| is_key_name(member) || is_key_question(member)))
    }

    /// A row whose id leads to one tenant, or to one person.
    fn is_anchor(&self, class: &str) -> bool {
        self.facts.models.contains(class)
            || self.facts.root.as_deref().is_some_and(|root| root.eq_ignore_ascii_case(class))
            || self.context.index.name_is_a(class, "Illuminate\\Contracts\\Auth\\Authenticatable")
    }

    fn names_tenant(&self, name: &str) -> bool {
        names_tenant(&self.facts.key, name)
    }
}

const fn known(holds: bool) -> KeyPart {
    if holds { KeyPart::Tenant } else { KeyPart::Tenantless }
}

const fn unless(is_harmless: bool) -> KeyPart {
    if is_harmless { KeyPart::Tenantless } else { KeyPart::Unknown }
}

/// `id`, `branch_id`, `uuid`, `getKey()`
fn is_key_member(name: &str) -> bool {
    matches!(name, "id" | "uuid" | "ulid" | "getKey()" | "getRouteKey()" | "getAuthIdentifier()")
        || name.ends_with("_id")
        || name.ends_with("_uuid")
}

/// `branchId`, `branch_id`, `id`, `ids`
fn is_key_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_key_member(name)
        || matches!(lower.as_str(), "ids" | "uuid")
        || ["Id", "Ids", "Uuid", "ID"].iter().any(|end| name.ends_with(end))
}

/// `$this->cacheKey()`, which could not be followed.
fn is_key_question(member: &str) -> bool {
    member.ends_with("()") && member.to_ascii_lowercase().contains("key")
}

fn names_person(name: &str) -> bool {
    matches!(name, "email" | "username" | "phone")
}

/// A function of PHP or of the framework that knows no tenant: the clock, a hash, a random number.
fn is_plain(symbol: &str) -> bool {
    let lower = symbol.to_ascii_lowercase();
    if lower.contains("tenant") {
        return false;
    }
    let is_native = !symbol.contains("::") && !symbol.contains('\\');
    is_native || ["illuminate\\", "carbon\\", "date"].iter().any(|package| lower.starts_with(package))
}
