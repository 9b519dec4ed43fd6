//! PHP in, facts out. Each fact with its near miss.
#![allow(clippy::unwrap_used, reason = "tests")]

mod bodies;
mod hierarchy;
mod hooks;
mod members;
mod models;
mod relations;
mod scopes;
mod tables;
mod users;

use super::{ClassKey, Index, IndexOptions, Model, Version};
use crate::syntax::lower;

/// The index of some files, for the newest Laravel. The opening tag is added.
fn index(files: &[(&str, &str)]) -> Index {
    index_for(IndexOptions::default().laravel, files)
}

fn index_for(laravel: Version, files: &[(&str, &str)]) -> Index {
    let paths = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    Index::build_with(files.iter().map(|(_, text)| lower(&format!("<?php\n{text}"))).collect(), IndexOptions { laravel, paths })
}

/// One file in the namespace of models.
fn models(text: &str) -> Index {
    models_for(IndexOptions::default().laravel, text)
}

fn models_for(laravel: Version, text: &str) -> Index {
    const IMPORTS: &str = r"namespace App\Models;
        use Illuminate\Database\Eloquent\{Model, SoftDeletes, Scope};
        use Illuminate\Database\Eloquent\Attributes\{ScopedBy, ObservedBy};
        use Illuminate\Database\Eloquent\Builder;
        ";
    index_for(laravel, &[("app/Models/All.php", &format!("{IMPORTS}{text}"))])
}

fn class(index: &Index, name: &str) -> ClassKey {
    index.resolve_class(name).or_else(|| index.resolve_class(&format!("App\\Models\\{name}"))).unwrap()
}

fn model<'i>(index: &'i Index, name: &str) -> &'i Model {
    index.model(class(index, name)).unwrap()
}

fn names(index: &Index, classes: &[ClassKey]) -> Vec<String> {
    classes.iter().map(|&class| index.class_name(class).to_owned()).collect()
}

#[test]
fn an_index_may_be_shared_between_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Index>();
}

#[test]
fn long_chains_and_self_references_end() {
    let chain = "->where('a', 1)".repeat(20_000);
    let concat = "'a' . ".repeat(10_000);
    let text = format!(
        "class Order extends Model {{}} class X extends Model {{
            protected $table = {concat} 'b';
            function a() {{ return $this->hasMany(Order::class){chain}; }}
            function b($q) {{ $q = $q->where('a', 1); $r = $r; return $q; }}
            static function booted() {{ static::addGlobalScope(fn ($b) => $b{chain}); static::booted(); }}
        }}"
    );
    let index = models(&text);
    assert!(model(&index, "X").relations["a"].is_chained);
    assert_eq!(model(&index, "X").table.as_ref().map(String::len), Some(10_001));
}

#[test]
fn the_same_files_give_the_same_facts() {
    let text = r"trait A { function x() { return $this->hasMany(M2::class); } static function bootA() { static::addGlobalScope('a', fn ($q) => $q); } }
        class M1 extends Model { use A; function y() { return $this->belongsTo(M2::class); } } class M2 extends M1 { function scopeZ($q) {} }";
    let facts = || {
        let index = models(text);
        let names: Vec<_> = index.classes().map(|class| index.all_methods(class)).collect();
        format!("{:?} {:?} {names:?}", index.models().collect::<Vec<_>>(), index.tables())
    };
    assert_eq!(facts(), facts());
}
