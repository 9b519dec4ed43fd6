use super::*;
use crate::index::{Relation, RelationKind};

fn relation(body: &str) -> Option<Relation> {
    let index = models(&format!(
        "class Order extends Model {{}} class Company extends Model {{ protected $primaryKey = 'uuid'; }} class Customer extends Model {{ {body} }}"
    ));
    let customer = model(&index, "Customer");
    customer.relations.get("rel").cloned()
}

fn show(relation: &Relation) -> String {
    let text = |value: &Option<String>| value.as_deref().map_or("?", crate::index::class_basename).to_owned();
    let mut shown =
        format!("{:?} {} {}->{}", relation.kind, text(&relation.related), text(&relation.foreign_key), text(&relation.local_key));
    for (label, value) in [
        ("through", &relation.through),
        ("pivot", &relation.pivot),
        ("and", &relation.related_key),
        ("type", &relation.morph_type),
    ] {
        if value.is_some() {
            shown = format!("{shown} {label} {}", text(value));
        }
    }
    if relation.is_chained {
        shown.push_str(" chained");
    }
    shown
}

fn rel(code: &str) -> String {
    relation(&format!("function rel() {{ return {code}; }}")).as_ref().map_or_else(|| "none".to_owned(), show)
}

#[test]
fn keys_default_as_in_laravel() {
    assert_eq!(rel("$this->hasMany(Order::class)"), "HasMany Order customer_id->id");
    assert_eq!(rel("$this->hasOne(Order::class)"), "HasOne Order customer_id->id");
    assert_eq!(rel("$this->belongsTo(Company::class)"), "BelongsTo Company rel_uuid->uuid");
    assert_eq!(rel("$this->belongsTo(Order::class)"), "BelongsTo Order rel_id->id");
    assert_eq!(
        rel("$this->belongsToMany(Order::class)"),
        "BelongsToMany Order customer_id->id pivot customer_order and order_id"
    );
    assert_eq!(
        rel("$this->hasManyThrough(Order::class, Company::class)"),
        "HasManyThrough Order customer_id->id through Company and company_uuid"
    );
    assert_eq!(rel("$this->morphMany(Order::class, 'owner')"), "MorphMany Order owner_id->id type owner_type");
    assert_eq!(rel("$this->morphTo()"), "MorphTo ? rel_id->? type rel_type");
    assert_eq!(rel("$this->morphTo('ownerThing')"), "MorphTo ? owner_thing_id->? type owner_thing_type");
    assert_eq!(
        rel("$this->morphToMany(Order::class, 'taggable')"),
        "MorphToMany Order taggable_id->id pivot taggables and order_id type taggable_type"
    );
    assert_eq!(
        rel("$this->morphedByMany(Order::class, 'taggable')"),
        "MorphedByMany Order customer_id->id pivot taggables and taggable_id type taggable_type"
    );
}

#[test]
fn keys_are_those_that_the_call_names() {
    assert_eq!(rel("$this->hasMany(Order::class, 'buyer_id', 'uuid')"), "HasMany Order buyer_id->uuid");
    assert_eq!(rel("$this->hasMany(related: Order::class, foreignKey: 'buyer_id')"), "HasMany Order buyer_id->id");
    assert_eq!(rel("$this->belongsTo(Order::class, null, 'code')"), "BelongsTo Order rel_id->code");
    assert_eq!(rel("$this->belongsTo(Order::class, relation: 'mainOrder')"), "BelongsTo Order main_order_id->id");
    assert_eq!(rel("$this->hasMany(Order::class, $key)"), "HasMany Order ?->id");
    assert_eq!(
        rel("$this->belongsToMany(Order::class, 'pivot', 'a_id', 'b_id')"),
        "BelongsToMany Order a_id->id pivot pivot and b_id"
    );
    assert_eq!(
        rel("$this->belongsToMany(Order::class, Company::class)"),
        "BelongsToMany Order customer_id->id pivot companies and order_id"
    );
}

#[test]
fn the_related_class_may_be_named_in_many_ways() {
    assert_eq!(rel("$this->hasMany('App\\Models\\Order')"), "HasMany Order customer_id->id");
    assert_eq!(rel("$this->hasMany('\\\\App\\\\Models\\\\Order')"), "HasMany Order customer_id->id");
    assert_eq!(rel("$this->hasMany(self::class, 'parent_id')"), "HasMany Customer parent_id->id");
    assert_eq!(rel("$this->hasMany(static::class, 'parent_id')"), "HasMany Customer parent_id->id");
    assert_eq!(rel("$this->hasMany(get_class($this), 'parent_id')"), "HasMany Customer parent_id->id");
    assert_eq!(rel("$this->hasMany(\\Vendor\\Thing::class)"), "HasMany Thing customer_id->id");
    assert_eq!(rel("$this->hasMany(config('x'))"), "HasMany ? customer_id->id");
}

#[test]
fn what_follows_the_call_is_told_apart() {
    assert_eq!(rel("$this->belongsTo(Order::class)->withDefault()"), "BelongsTo Order rel_id->id");
    assert_eq!(rel("$this->hasMany(Order::class)->orderBy('x')->latest()"), "HasMany Order customer_id->id");
    assert_eq!(rel("$this->hasMany(Order::class)->where('open', 1)"), "HasMany Order customer_id->id chained");
    assert_eq!(rel("$this->hasMany(Order::class)->withoutGlobalScopes()"), "HasMany Order customer_id->id chained");
    assert_eq!(rel("$this->hasMany(Order::class)->first()"), "none");
    assert_eq!(rel("$this->hasMany(Order::class)->where('a', 1)->count()"), "none");
    assert_eq!(rel("$this->other->hasMany(Order::class)"), "none");
    assert_eq!(rel("Order::query()->where('customer_id', $this->id)"), "none");
}

#[test]
fn relations_are_found_through_variables_branches_and_other_methods() {
    let via = |body: &str| relation(body).as_ref().map(show);
    assert_eq!(via("function rel() { $r = $this->hasMany(Order::class); return $r; }").unwrap(), "HasMany Order customer_id->id");
    let constrained = "function rel() { $r = $this->hasMany(Order::class); $r->where('a', 1); return $r; }";
    assert_eq!(via(constrained).unwrap(), "HasMany Order customer_id->id chained");
    assert_eq!(via("function rel() { $r = $r->where('a', 1); return $r; }"), None, "ends");
    let branches = "function rel() { return $this->x ? $this->hasMany(Order::class) : $this->hasMany(Company::class); }";
    assert_eq!(via(branches).unwrap(), "HasMany ? customer_id->id chained");
    let delegated =
        "function orders() { return $this->hasMany(Order::class); } function rel() { return $this->orders()->where('a', 1); }";
    let found = relation(delegated).unwrap();
    assert_eq!((show(&found).as_str(), found.name.as_str()), ("HasMany Order customer_id->id chained", "rel"));
    assert_eq!(via("function rel() { return $this->rel(); }"), None);
    assert_eq!(via("static function rel() { return $this->hasMany(Order::class); }"), None);
    assert_eq!(via("function rel(): int { return $this->hasMany(Order::class); }"), None);
}

#[test]
fn relations_come_from_traits_and_parents_and_are_named_after_the_model() {
    let index = models(
        r"class Order extends Model {} class Company extends Model {}
        trait Tenanted { function company() { return $this->belongsTo(Company::class); } function mine() { return $this->hasMany(self::class); } }
        class Base extends Model { function orders() { return $this->hasMany(Order::class); } }
        class Customer extends Base { use Tenanted; }
        class Vip extends Customer { function orders() { return parent::orders()->where('vip', 1); } }",
    );
    let show_all = |name: &str| model(&index, name).relations.values().map(show).collect::<Vec<_>>();
    assert_eq!(
        show_all("Customer"),
        ["BelongsTo Company company_id->id", "HasMany Customer customer_id->id", "HasMany Order customer_id->id"]
    );
    assert_eq!(show_all("Vip")[2], "HasMany Order vip_id->id chained");
}

#[test]
fn declared_types_help_where_the_code_does_not_show_the_relation() {
    let hints = r"/** @return \Illuminate\Database\Eloquent\Relations\HasMany<Order, $this> */
        function rel(): \Illuminate\Database\Eloquent\Relations\HasMany { return $this->make(); }";
    let found = relation(hints).unwrap();
    assert_eq!((found.kind, found.related.as_deref()), (RelationKind::HasMany, Some("App\\Models\\Order")));
    let plain = "function rel(): \\Illuminate\\Support\\Collection { return $this->make(); }";
    assert_eq!(relation(plain), None);
}
