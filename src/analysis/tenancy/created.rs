//! Rows that are made or filled from an array that names a key: `Model::create([…])`, `new Model([…])`, `$row->fill([…])`.

use std::sync::Arc;

use super::client::{QueryEvent, QueryMachine};
use super::conditions::operand;
use super::query::Operand;
use crate::finding::Location;
use crate::flow::Type;
use crate::hir::ExprId;
use crate::index::{BodyKey, ConstantKey, Index, Model};

/// An array of columns that is written to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct FilledRow {
    /// The call.
    pub at: Location,
    /// The body that holds it.
    pub body: BodyKey,
    /// The expression.
    pub expr: ExprId,
    /// The model's class.
    pub model: Arc<str>,
    /// The method; `new` for a constructor.
    pub method: Arc<str>,
    /// The columns that look like keys, with what is written.
    pub columns: Vec<(Arc<str>, Operand)>,
}

/// Methods that write an array through `$fillable` and `$guarded`.
/// `laravel/framework:src/Illuminate/Database/Eloquent/Concerns/GuardsAttributes.php`
const MASS_ASSIGNING: [&str; 7] = ["create", "createquietly", "make", "fill", "update", "updatequietly", "updateorfail"];
/// Methods that write it as it is.
const DIRECT: [&str; 5] = ["forcecreate", "forcecreatequietly", "forcefill", "insert", "insertgetid"];

impl FilledRow {
    /// True where `$fillable` and `$guarded` decide what is written.
    #[must_use]
    pub fn is_mass_assigned(&self) -> bool {
        &*self.method == "new" || MASS_ASSIGNING.iter().any(|name| name.eq_ignore_ascii_case(&self.method))
    }
}

/// Remembers an array that is written to a model and names a key.
pub(super) fn note(machine: &mut QueryMachine<'_>, event: &QueryEvent<'_>) {
    if !machine.recording {
        return;
    }
    let Some(given) = event.arguments.first() else { return };
    let Some(shape) = &given.value.shape else { return };
    let Some((method, model)) = written_model(machine, event) else { return };
    let columns: Vec<(Arc<str>, Operand)> = shape
        .items
        .iter()
        .filter_map(|(key, value)| match key {
            ConstantKey::String(column) if super::guard::looks_like_key(column) => Some((column.as_str().into(), operand(value))),
            _ => None,
        })
        .collect();
    let row = FilledRow { at: event.at, body: event.body, expr: event.expr, model, method, columns };
    if !row.columns.is_empty() && !machine.effects.filled_rows.contains(&row) {
        machine.effects.filled_rows.push(row);
    }
}

fn written_model(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<(Arc<str>, Arc<str>)> {
    let index = machine.project.index;
    let is_model = |class: &str| index.resolve_class(class).is_some_and(|key| index.is_model(key));
    if let Some(class) = event.call.symbol.as_deref().and_then(|symbol| symbol.strip_suffix("::__construct")) {
        return is_model(class).then(|| ("new".into(), class.into()));
    }
    let name = event.name?;
    if !MASS_ASSIGNING.iter().chain(&DIRECT).any(|known| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    // A relation sets its own key beside the array.
    if event.call.relation.is_some() {
        return None;
    }
    let of_receiver = || {
        event.receiver_types.into_iter().flat_map(crate::flow::Types::iter).find_map(|one| match one {
            Type::Instance(class) if is_model(class) => Some(Arc::clone(class)),
            _ => None,
        })
    };
    let model = event.call.model.clone().filter(|_| event.receiver.is_none()).or_else(of_receiver)?;
    Some((name.into(), model))
}

/// Why a column of an array is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// `$fillable` does not name it.
    NotFillable,
    /// `$guarded` names it.
    Guarded,
}

/// Whether mass assignment leaves a column out silently. A model that guards everything and lists nothing refuses loudly.
#[must_use]
pub fn is_dropped(model: &Model, column: &str) -> Option<Dropped> {
    let named = |list: &[String]| list.iter().any(|known| known == column);
    match model.fillable.as_deref() {
        Some(fillable) if !fillable.is_empty() => (!named(fillable)).then_some(Dropped::NotFillable),
        _ => model.guarded.as_deref().filter(|guarded| named(guarded)).map(|_| Dropped::Guarded),
    }
}

/// True where the application turns the guard of mass assignment off, or off around a place.
#[must_use]
pub fn is_unguarded(index: &Index, at: Location) -> bool {
    let around = |site: &crate::index::CallSite| {
        let span = index.body(site.body).expr_span(site.expr);
        site.body.file == at.file && span.start <= at.span.start && at.span.end <= span.end
    };
    !index.calls_named("unguard").is_empty() || index.calls_named("unguarded").iter().any(around)
}
