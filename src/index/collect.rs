//! The models of a project, from everything that says something of them.

use super::attributes::{builder, casts, connection, fillable, guarded, hidden, primary_key, table, visible, with};
use super::boot::boot_events;
use super::hierarchy::is_class;
use super::hooks::{Attached, Subject, attached_outside};
use super::relations::{Candidates, relations};
use super::scopes::{booted_scopes, local_scopes, scopes_from_outside};
use super::{ClassKey, Index, Model};

/// The framework itself, where it is on disk after all.
const MODEL: &str = "Illuminate\\Database\\Eloquent\\Model";
const SOFT_DELETES: &str = "Illuminate\\Database\\Eloquent\\SoftDeletes";

/// All models, in order of their classes.
pub(super) fn models(index: &Index) -> Vec<Model> {
    let mut outside = scopes_from_outside(index);
    let attached = attached_outside(index);
    let classes = index
        .classes()
        .filter(|&class| index.is_model(class) && is_class(index.class(class).kind) && index.class_name(class) != MODEL);
    let mut candidates = Candidates::default();
    let mut models = Vec::new();
    for class in classes {
        let mut model = model(index, class, &mut candidates);
        model.global_scopes.extend(outside.remove(&class).unwrap_or_default());
        let subject = Subject { index, model: class, relations: &model.relations };
        let mut hooks = Vec::new();
        for attached in attached.get(&class).into_iter().flatten() {
            match attached {
                Attached::Call(call) => subject.registered(call, &mut hooks),
                Attached::Observer(observer) => subject.observer(*observer, false, &mut hooks),
            }
        }
        model.creating.extend(hooks);
        models.push(model);
    }
    models
}

fn model(index: &Index, class: ClassKey, candidates: &mut Candidates) -> Model {
    let events = boot_events(index, class);
    let relations = relations(index, class, candidates);
    let creating = Subject { index, model: class, relations: &relations }.booted_hooks(&events);
    Model {
        class,
        name: index.class_name(class).to_owned(),
        table: table(index, class),
        connection: connection(index, class),
        primary_key: primary_key(index, class),
        fillable: fillable(index, class),
        guarded: guarded(index, class),
        hidden: hidden(index, class),
        visible: visible(index, class),
        casts: casts(index, class),
        with: with(index, class),
        relations,
        local_scopes: local_scopes(index, class),
        global_scopes: booted_scopes(index, class, &events),
        creating,
        soft_deletes: index.uses_trait(class, SOFT_DELETES),
        is_abstract: index.class(class).is_abstract,
        builder: builder(index, class),
    }
}
