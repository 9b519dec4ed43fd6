use super::*;
use crate::index::{GlobalScope, ScopeCode, ScopeIdentifier, ScopeRoute};

const SCOPES: &str = r"
    class TenantScope implements Scope { function apply(Builder $b, Model $m) {} }
    class ActiveScope implements Scope { function apply(Builder $b, Model $m) {} }
    trait BelongsToCompany { protected static function bootBelongsToCompany(): void { static::addGlobalScope(new TenantScope); } }
    ";

fn show(index: &Index, scope: &GlobalScope) -> String {
    let identifier = match &scope.identifier {
        ScopeIdentifier::Class(name) => crate::index::class_basename(name).to_owned(),
        ScopeIdentifier::Named(name) => format!("'{name}'"),
        ScopeIdentifier::Anonymous => "-".to_owned(),
    };
    let code = match &scope.code {
        ScopeCode::Class(class) => crate::index::class_basename(index.class_name(*class)).to_owned(),
        ScopeCode::Closure(body) => format!("closure of {}", index.symbol(*body).trim_start_matches("App\\Models\\")),
        ScopeCode::External(name) => format!("external {}", crate::index::class_basename(name)),
        ScopeCode::Unknown => "unknown".to_owned(),
    };
    let route = match scope.route {
        ScopeRoute::Trait(class) => format!("trait {}", crate::index::class_basename(index.class_name(class))),
        route => format!("{route:?}").to_lowercase(),
    };
    format!("{identifier} {code} via {route}{}", if scope.conditional { " if" } else { "" })
}

fn scopes_of(index: &Index, name: &str) -> Vec<String> {
    model(index, name).global_scopes.iter().map(|scope| show(index, scope)).collect()
}

/// The scopes of a model `X` whose class body is given.
fn scopes(body: &str) -> Vec<String> {
    scopes_of(&models(&format!("{SCOPES} class X extends Model {{ {body} }}")), "X")
}

fn booted(code: &str) -> Vec<String> {
    scopes(&format!("protected static function booted() {{ {code} }}"))
}

#[test]
fn add_global_scope_takes_objects_classes_names_and_closures() {
    assert_eq!(booted("static::addGlobalScope(new TenantScope);"), ["TenantScope TenantScope via booted"]);
    assert_eq!(booted("static::addGlobalScope(new TenantScope());"), ["TenantScope TenantScope via booted"]);
    assert_eq!(booted("self::addGlobalScope(TenantScope::class);"), ["TenantScope TenantScope via booted"]);
    assert_eq!(booted("static::addGlobalScope('t', new TenantScope);"), ["'t' TenantScope via booted"]);
    assert_eq!(booted("static::addGlobalScope('t', function (Builder $b) {});"), ["'t' closure of X::booted via booted"]);
    assert_eq!(booted("static::addGlobalScope('t', fn (Builder $b) => $b);"), ["'t' closure of X::booted via booted"]);
    assert_eq!(booted("static::addGlobalScope(fn (Builder $b) => $b);"), ["- closure of X::booted via booted"]);
    assert_eq!(booted("static::addGlobalScope(TenantScope::class, new TenantScope);"), ["TenantScope TenantScope via booted"]);
    assert_eq!(booted("static::addGlobalScope(app(TenantScope::class));"), ["TenantScope TenantScope via booted"]);
    assert_eq!(booted("$s = new TenantScope; static::addGlobalScope($s);"), ["TenantScope TenantScope via booted"]);
    assert_eq!(booted("static::addGlobalScope(new \\Vendor\\TeamScope);"), ["TeamScope external TeamScope via booted"]);
    assert_eq!(booted("static::addGlobalScope($unknown);"), ["- unknown via booted"]);
    assert_eq!(
        booted("static::addGlobalScope(new class implements Scope { function apply($b, $m) {} });"),
        ["class@anonymous class@anonymous via booted"]
    );
}

#[test]
fn add_global_scopes_takes_a_list_and_names() {
    assert_eq!(
        booted("static::addGlobalScopes([TenantScope::class, new ActiveScope, 'mine' => fn ($b) => $b]);"),
        ["TenantScope TenantScope via booted", "ActiveScope ActiveScope via booted", "'mine' closure of X::booted via booted"]
    );
    assert_eq!(booted("foreach ([TenantScope::class, ActiveScope::class] as $s) { static::addGlobalScope(new $s); }").len(), 2);
}

#[test]
fn a_scope_under_a_condition_says_so() {
    assert_eq!(
        booted("if (auth()->check()) { static::addGlobalScope(new TenantScope); }"),
        ["TenantScope TenantScope via booted if"]
    );
    assert_eq!(
        booted("if (app()->runningInConsole()) { return; } static::addGlobalScope(new TenantScope);"),
        ["TenantScope TenantScope via booted if"]
    );
    assert_eq!(booted("config('x') && static::addGlobalScope(new TenantScope);"), ["TenantScope TenantScope via booted if"]);
    assert_eq!(
        booted("{ static::addGlobalScope(new TenantScope); } if ($a) { return; }"),
        ["TenantScope TenantScope via booted"]
    );
    assert_eq!(booted("return; static::addGlobalScope(new TenantScope);"), Vec::<String>::new());
}

#[test]
fn booted_is_inherited_unless_it_is_overridden_without_its_parent() {
    let index = models(&format!(
        "{SCOPES} abstract class Base extends Model {{ protected static function booted() {{ static::addGlobalScope(new TenantScope); }} }}
        class Inherits extends Base {{}}
        class Loses extends Base {{ protected static function booted() {{ static::addGlobalScope(new ActiveScope); }} }}
        class Keeps extends Base {{ protected static function booted() {{ parent::booted(); static::addGlobalScope(new ActiveScope); }} }}"
    ));
    assert_eq!(scopes_of(&index, "Inherits"), ["TenantScope TenantScope via booted"]);
    assert_eq!(scopes_of(&index, "Loses"), ["ActiveScope ActiveScope via booted"]);
    assert_eq!(scopes_of(&index, "Keeps"), ["TenantScope TenantScope via booted", "ActiveScope ActiveScope via booted"]);
}

#[test]
fn boot_runs_the_traits_only_through_its_parent() {
    let with =
        "use BelongsToCompany; protected static function boot() { parent::boot(); static::addGlobalScope(new ActiveScope); }";
    assert_eq!(scopes(with), ["TenantScope TenantScope via trait BelongsToCompany", "ActiveScope ActiveScope via boot"]);
    let without = "use BelongsToCompany; protected static function boot() { static::addGlobalScope(new ActiveScope); }";
    assert_eq!(scopes(without), ["ActiveScope ActiveScope via boot"]);
    assert_eq!(scopes("use BelongsToCompany;"), ["TenantScope TenantScope via trait BelongsToCompany"]);
}

#[test]
fn the_boot_method_of_a_trait_bears_its_name() {
    let index = models(&format!(
        "{SCOPES} trait Renamed {{ static function bootBelongsToCompany() {{ static::addGlobalScope(new TenantScope); }} }}
        class A extends Model {{ use Renamed; }}
        trait Outer {{ use BelongsToCompany; }} class B extends Model {{ use Outer; }}
        class Base extends Model {{ use BelongsToCompany; }} class C extends Base {{}}
        class D extends Model {{ use BelongsToCompany; protected static function bootBelongsToCompany(): void {{}} }}
        class E extends Model {{}}"
    ));
    assert_eq!(scopes_of(&index, "A"), Vec::<String>::new());
    assert_eq!(scopes_of(&index, "B"), ["TenantScope TenantScope via trait BelongsToCompany"]);
    assert_eq!(scopes_of(&index, "C"), ["TenantScope TenantScope via trait BelongsToCompany"]);
    assert_eq!(scopes_of(&index, "D"), Vec::<String>::new(), "the class hides the trait's method");
    assert_eq!(scopes_of(&index, "E"), Vec::<String>::new());
}

#[test]
fn an_imported_trait_that_is_not_used_protects_nothing() {
    let index = index(&[
        (
            "app/Traits/T.php",
            "namespace App\\Traits; trait T { static function bootT() { static::addGlobalScope('t', fn ($b) => $b); } }",
        ),
        (
            "app/Models/X.php",
            "namespace App\\Models; use App\\Traits\\T; class X extends \\Illuminate\\Database\\Eloquent\\Model {}",
        ),
        (
            "app/Models/Y.php",
            "namespace App\\Models; use App\\Traits\\T; class Y extends \\Illuminate\\Database\\Eloquent\\Model { use T; }",
        ),
    ]);
    assert!(model(&index, "X").global_scopes.is_empty());
    assert_eq!(model(&index, "Y").global_scopes.len(), 1);
}

#[test]
fn booted_of_a_trait_runs_unless_the_class_has_its_own() {
    let index = models(&format!(
        "{SCOPES} trait Tenanted {{ protected static function booted() {{ static::addGlobalScope(new TenantScope); }} }}
        class A extends Model {{ use Tenanted; }}
        class B extends Model {{ use Tenanted; protected static function booted() {{}} }}
        class C extends Model {{ use Tenanted {{ booted as tenantBooted; }} protected static function booted() {{ static::tenantBooted(); }} }}"
    ));
    assert_eq!(scopes_of(&index, "A"), ["TenantScope TenantScope via trait Tenanted"]);
    assert_eq!(scopes_of(&index, "B"), Vec::<String>::new());
    assert_eq!(scopes_of(&index, "C"), ["TenantScope TenantScope via trait Tenanted"]);
}

#[test]
fn helpers_are_followed() {
    let helper = "protected static function booted() { static::register(); }
        private static function register() { self::really(); } static function really() { static::addGlobalScope(new TenantScope); }";
    assert_eq!(scopes(helper), ["TenantScope TenantScope via booted"]);
    let other = "protected static function booted() {} static function register() { static::addGlobalScope(new TenantScope); }";
    assert_eq!(scopes(other), Vec::<String>::new());
    let cycle = "protected static function booted() { static::booted(); static::a(); } static function a() { static::booted(); }";
    assert_eq!(scopes(cycle), Vec::<String>::new());
}

fn attributes(laravel: Version) -> Index {
    models_for(
        laravel,
        &format!(
            "{SCOPES} #[ScopedBy(TenantScope::class)] class A extends Model {{}}
            #[ScopedBy([TenantScope::class, ActiveScope::class])] class B extends Model {{}}
            #[ScopedBy(TenantScope::class), ScopedBy(ActiveScope::class)] class C extends Model {{}}
            class Child extends A {{}}
            #[ScopedBy(TenantScope::class)] trait T {{}} class D extends Model {{ use T; }}
            #[\\Attribute] class Mine extends ScopedBy {{}} #[Mine(TenantScope::class)] class E extends Model {{}}
            #[ScopedBy(TenantScope::class)] class F extends Model {{ static function boot() {{}} }}"
        ),
    )
}

#[test]
fn scoped_by_takes_one_several_and_repeats() {
    let index = attributes(Version::new(11, 0, 0));
    assert_eq!(scopes_of(&index, "A"), ["TenantScope TenantScope via attribute"]);
    assert_eq!(scopes_of(&index, "B").len(), 2);
    assert_eq!(scopes_of(&index, "C").len(), 2);
    assert_eq!(scopes_of(&index, "F"), Vec::<String>::new(), "boot() without its parent reads no attributes");
}

#[test]
fn inheritance_of_scoped_by_depends_on_the_version() {
    let has = |laravel, name: &str| !scopes_of(&attributes(laravel), name).is_empty();
    assert!(!has(Version::new(10, 43, 0), "A") && has(Version::new(10, 44, 0), "A"));
    assert!(!has(Version::new(13, 1, 9), "Child") && has(Version::new(13, 2, 0), "Child"));
    assert!(!has(Version::new(12, 32, 0), "D") && has(Version::new(12, 32, 1), "D"));
    assert!(!has(Version::new(11, 50, 0), "E") && has(Version::new(12, 0, 0), "E"));
}

#[test]
fn a_provider_registers_for_the_very_class() {
    let index = index(&[
        (
            "app/Models/A.php",
            "namespace App\\Models; class A extends \\Illuminate\\Database\\Eloquent\\Model {} class B extends A {} class C extends A {}",
        ),
        (
            "app/Providers/P.php",
            r"namespace App\Providers; use App\Models\{A, B, C};
            class P extends \Illuminate\Support\ServiceProvider { function boot() {
                A::addGlobalScope('a', fn ($q) => $q);
                foreach ([B::class, C::class] as $model) { $model::addGlobalScope('each', fn ($q) => $q); }
            } }
            class Middleware { function handle() { B::addGlobalScope('late', fn ($q) => $q); \Other::addGlobalScope('x', fn ($q) => $q); } }",
        ),
    ]);
    assert_eq!(scopes_of(&index, "A"), ["'a' closure of App\\Providers\\P::boot via provider".replace("App\\Models\\", "")]);
    assert_eq!(scopes_of(&index, "B").len(), 2);
    assert!(scopes_of(&index, "B")[1].starts_with("'late'") && scopes_of(&index, "B")[1].ends_with(" if"));
    assert_eq!(scopes_of(&index, "C"), ["'each' closure of App\\Providers\\P::boot via provider"]);
}

#[test]
fn scopes_of_known_traits_that_are_not_on_disk_count() {
    assert_eq!(scopes("use SoftDeletes;"), ["SoftDeletingScope external SoftDeletingScope via externaltrait"]);
    assert_eq!(
        scopes("use \\Stancl\\Tenancy\\Database\\Concerns\\BelongsToTenant;"),
        ["TenantScope external TenantScope via externaltrait"]
    );
    assert_eq!(scopes("use \\Vendor\\BelongsToTenant;"), Vec::<String>::new());
}

#[test]
fn a_scope_of_the_same_identifier_replaces_the_one_before() {
    let code = "static::addGlobalScope('t', new TenantScope); static::addGlobalScope('t', new ActiveScope);";
    assert_eq!(booted(code), ["'t' ActiveScope via booted"]);
}

#[test]
fn boot_attributes_and_when_booted_run() {
    let code = "#[\\Illuminate\\Database\\Eloquent\\Attributes\\Boot] static function tenancy() { static::addGlobalScope(new TenantScope); }";
    assert_eq!(scopes(code), ["TenantScope TenantScope via boot"]);
    let old = models_for(Version::new(12, 21, 0), &format!("{SCOPES} class X extends Model {{ {code} }}"));
    assert_eq!(scopes_of(&old, "X"), Vec::<String>::new());
    let late = "static function boot() { parent::boot(); static::whenBooted(fn () => static::addGlobalScope(new TenantScope)); }";
    assert_eq!(scopes(late), ["TenantScope TenantScope via boot"]);
}

#[test]
fn local_scopes_are_methods_with_a_prefix_or_an_attribute() {
    let text = r"trait T { function scopeOfTeam($q) {} }
        class Base extends Model { function scopeActive($q) {} function scope() {} function unscoped() {} }
        class X extends Base {
            use T;
            #[\Illuminate\Database\Eloquent\Attributes\Scope] protected function popular(Builder $q) {}
            #[\Illuminate\Database\Eloquent\Attributes\Scope] private function hidden(Builder $q) {}
        }";
    let names = |index: &Index| model(index, "X").local_scopes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&models(text)), ["active", "ofteam", "popular"]);
    assert_eq!(names(&models_for(Version::new(12, 3, 0), text)), ["active", "ofteam"]);
}
