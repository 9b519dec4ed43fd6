//! Resource routes: one registration, several actions.

use crate::index::inflect::singular;

/// An action of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ResourceAction {
    /// The controller's method.
    pub(super) method: &'static str,
    /// The path behind the group's prefix.
    pub(super) uri: String,
}

/// The kind of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceKind {
    /// `Route::resource`
    Full,
    /// `Route::apiResource`
    Api,
    /// `Route::singleton`
    Singleton,
    /// `Route::apiSingleton`
    ApiSingleton,
}

impl ResourceKind {
    pub(super) fn of_method(name: &str) -> Option<Self> {
        Some(match name {
            "resource" | "resources" | "softdeletableresources" => Self::Full,
            "apiresource" | "apiresources" => Self::Api,
            "singleton" | "singletons" => Self::Singleton,
            "apisingleton" | "apisingletons" => Self::ApiSingleton,
            _ => return None,
        })
    }
}

/// The actions of a resource of that name: `photos.comments` makes `photos/{photo}/comments/{comment}`.
pub(super) fn actions(name: &str, kind: ResourceKind) -> Vec<ResourceAction> {
    let segments: Vec<&str> = name.trim_matches('/').split('.').collect();
    let Some((last, parents)) = segments.split_last() else { return Vec::new() };
    let parameter = |segment: &str| {
        let word = segment.rsplit('/').next().unwrap_or(segment);
        format!("{{{}}}", singular(word).replace('-', "_"))
    };
    let mut base = String::new();
    for parent in parents {
        base = format!("{base}{parent}/{}/", parameter(parent));
    }
    base.push_str(last);
    let of_row = format!("{base}/{}", parameter(last));
    let action = |method, uri: String| ResourceAction { method, uri };
    let mut found = Vec::new();
    let is_singleton = matches!(kind, ResourceKind::Singleton | ResourceKind::ApiSingleton);
    let has_forms = matches!(kind, ResourceKind::Full | ResourceKind::Singleton);
    let row = if is_singleton { base.clone() } else { of_row };
    if !is_singleton {
        found.push(action("index", base.clone()));
    }
    if has_forms {
        found.push(action("create", format!("{base}/create")));
    }
    found.push(action("store", base));
    found.push(action("show", row.clone()));
    if has_forms {
        found.push(action("edit", format!("{row}/edit")));
    }
    found.push(action("update", row.clone()));
    found.push(action("destroy", row));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_resource_names_its_parent() {
        let found = actions("photo-albums.comments", ResourceKind::Api);
        let show = found.iter().find(|action| action.method == "show").map(|action| action.uri.as_str());
        assert_eq!(show, Some("photo-albums/{photo_album}/comments/{comment}"));
        assert!(!found.iter().any(|action| action.method == "edit"));
    }

    #[test]
    fn a_singleton_has_no_parameter_of_its_own() {
        let found = actions("profile", ResourceKind::Singleton);
        assert!(found.iter().all(|action| !action.uri.contains('{') && action.method != "index"));
    }
}
