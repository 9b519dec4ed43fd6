//! Types that say something about what a value holds.

use crate::hir::{BuiltinType, TypeHint};

/// Classes of packages that hold what was put into them.
pub(super) fn is_bag(class: &str) -> bool {
    let short = class.rsplit('\\').next().unwrap_or(class);
    matches!(
        short,
        "Collection"
            | "EloquentCollection"
            | "stdClass"
            | "Stringable"
            | "Fluent"
            | "LengthAwarePaginator"
            | "Paginator"
            | "ArrayObject"
            | "ParameterBag"
            | "HeaderBag"
            | "InputBag"
            | "ServerBag"
            | "ValidatedInput"
            | "Model"
            | "Authenticatable"
            | "LazyCollection"
            | "Arrayable"
            | "JsonSerializable"
            | "Optional"
            | "HtmlString"
    )
}

/// Numbers, truth values and dates.
pub(super) fn is_plain(hint: &TypeHint) -> bool {
    match hint {
        TypeHint::Builtin(
            BuiltinType::Int
            | BuiltinType::Float
            | BuiltinType::Bool
            | BuiltinType::False
            | BuiltinType::True
            | BuiltinType::Null
            | BuiltinType::Void
            | BuiltinType::Never
            | BuiltinType::Callable,
        ) => true,
        TypeHint::Union(parts) => parts.iter().all(is_plain),
        _ => false,
    }
}
