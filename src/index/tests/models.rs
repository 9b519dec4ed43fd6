use super::*;

fn table(body: &str) -> Option<String> {
    model(&models(body), "Ticket").table.clone()
}

#[test]
fn a_model_is_what_reaches_eloquents_model() {
    let index = models(
        r"abstract class Base extends Model {} class Customer extends Base {} class Note {} interface HasModel {}
        class User extends \Illuminate\Foundation\Auth\User {} class Role extends \Spatie\Permission\Models\Role {}
        class Odd extends \Vendor\Model {}",
    );
    let names: Vec<_> = index.models().map(|model| model.name.trim_start_matches("App\\Models\\")).collect();
    assert_eq!(names, ["Base", "Customer", "Role", "User"]);
    assert!(model(&index, "Base").is_abstract && !model(&index, "Customer").is_abstract);
    assert!(!index.is_model(class(&index, "Odd")));
    assert_eq!(model(&index, "Role").table.as_deref(), Some("roles"));
    assert_eq!(index.model_for_table("customers").unwrap().name, "App\\Models\\Customer");
    assert!(index.model_for_table("bases").is_none(), "an abstract class has no rows");
}

#[test]
fn the_table_is_declared_or_derived() {
    let index = models("class UserStatus extends Model {} class Staff extends Model {} class HTTPLog extends Model {}");
    assert_eq!(model(&index, "UserStatus").table.as_deref(), Some("user_statuses"));
    assert_eq!(model(&index, "Staff").table.as_deref(), Some("staff"));
    assert_eq!(model(&index, "HTTPLog").table.as_deref(), Some("h_t_t_p_logs"));
    assert_eq!(table("class Ticket extends Model { protected $table = 'crm_x'; }").as_deref(), Some("crm_x"));
    assert_eq!(table("class Ticket extends Model { protected $table; }").as_deref(), Some("tickets"));
    assert_eq!(table("class Ticket extends Model { const T = 'a'; protected $table = self::T . '_b'; }").as_deref(), Some("a_b"));
    assert_eq!(table("trait T { protected $table = 't'; } class Ticket extends Model { use T; }").as_deref(), Some("t"));
    assert_eq!(table("class B extends Model { protected $table = 'b'; } class Ticket extends B {}").as_deref(), Some("b"));
    assert_eq!(
        table("class B extends Model {} class Ticket extends B {}").as_deref(),
        Some("tickets"),
        "named after the subclass"
    );
}

#[test]
fn a_table_that_is_set_at_run_time_is_unknown() {
    assert_eq!(table("class Ticket extends Model { function getTable() { return config('x.table'); } }"), None);
    assert_eq!(table("class Ticket extends Model { function getTable() { return 'fixed'; } }").as_deref(), Some("fixed"));
    let set = "class Ticket extends Model { function __construct(array $a = []) { $this->setTable(config('t')); parent::__construct($a); } }";
    assert_eq!(table(set), None);
    let set = "class Ticket extends Model { function __construct() { $this->table = 'ctor'; parent::__construct(); } }";
    assert_eq!(table(set).as_deref(), Some("ctor"));
    let other = "class Ticket extends Model { function __construct() { $this->tables = config('t'); } }";
    assert_eq!(table(other).as_deref(), Some("tickets"));
}

#[test]
fn the_table_attribute_counts_from_13_on() {
    let text = r"use Illuminate\Database\Eloquent\Attributes\{Table, Connection};
        #[Table('attr', key: 'uuid'), Connection('crm')] class Ticket extends Model {}
        #[Table(name: 'other')] class Y extends Model { protected $table = 'own'; }
        class Child extends Ticket {}
        class Base extends Model { protected $table = 'base'; } #[Table('mine')] class Z extends Base {}";
    let new = models(text);
    assert_eq!(model(&new, "Ticket").table.as_deref(), Some("attr"));
    assert_eq!((model(&new, "Ticket").primary_key.as_str(), model(&new, "Ticket").connection.as_deref()), ("uuid", Some("crm")));
    assert_eq!(model(&new, "Y").table.as_deref(), Some("own"));
    assert_eq!(model(&new, "Child").table.as_deref(), Some("attr"));
    assert_eq!(model(&new, "Z").table.as_deref(), Some("mine"), "its own attribute before the inherited property");
    let old = models_for(Version::new(12, 0, 0), text);
    assert_eq!(model(&old, "Ticket").table.as_deref(), Some("tickets"));
    assert_eq!((model(&old, "Ticket").primary_key.as_str(), model(&old, "Ticket").connection.as_deref()), ("id", None));
}

#[test]
fn a_pivot_has_a_singular_table() {
    let index = models(
        r"class CompanyUser extends \Illuminate\Database\Eloquent\Relations\Pivot {}
        class Taggable extends \Illuminate\Database\Eloquent\Relations\MorphPivot { protected $table = 'taggables'; }
        class PlainUsers extends Model {}",
    );
    assert_eq!(model(&index, "CompanyUser").table.as_deref(), Some("company_user"));
    assert_eq!(model(&index, "Taggable").table.as_deref(), Some("taggables"));
    assert_eq!(model(&index, "PlainUsers").table.as_deref(), Some("plain_users"));
}

#[test]
fn lists_of_columns_come_from_properties_of_the_whole_line() {
    let index = models(
        r"trait Hides { protected $hidden = ['secret']; }
        class Base extends Model { protected $guarded = []; protected $fillable = ['a']; const COLUMNS = ['x', 'y']; }
        class Ticket extends Base { use Hides; protected $fillable = [...self::COLUMNS, 'z']; protected $with = ['company']; protected $primaryKey = 'uuid'; }
        class Y extends Model { protected $guarded = ['*']; } class Z extends Model { protected $guarded = false; }
        class P extends \Illuminate\Database\Eloquent\Relations\Pivot {}
        class Plain extends Model {}",
    );
    assert_eq!(model(&index, "P").guarded, Some(Vec::new()), "a pivot guards nothing");
    let x = model(&index, "Ticket");
    let texts = |list: &[&str]| Some(list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
    assert_eq!(x.fillable, texts(&["x", "y", "z"]));
    assert_eq!(x.guarded, Some(Vec::new()));
    assert_eq!((x.hidden.as_slice(), x.with.as_slice()), (&["secret".to_owned()][..], &["company".to_owned()][..]));
    assert_eq!(x.primary_key, "uuid");
    assert_eq!(model(&index, "Y").guarded, texts(&["*"]));
    assert_eq!(model(&index, "Z").guarded, Some(Vec::new()));
    assert_eq!((&model(&index, "Plain").fillable, &model(&index, "Plain").guarded), (&None, &None));
}

#[test]
fn attributes_for_columns_count_from_13_on() {
    let text = r"use Illuminate\Database\Eloquent\Attributes\{Fillable, Guarded, Hidden, Unguarded};
        #[Fillable('a', 'b'), Hidden(['s'])] class Ticket extends Model { protected $fillable = ['c']; }
        #[Unguarded] class Y extends Model {}";
    let index = models(text);
    assert_eq!(model(&index, "Ticket").fillable.as_deref().unwrap(), ["c", "a", "b"]);
    assert_eq!(model(&index, "Ticket").hidden, ["s"]);
    assert_eq!(model(&index, "Y").guarded, Some(Vec::new()));
    let old = models_for(Version::new(12, 0, 0), text);
    assert_eq!((model(&old, "Ticket").fillable.as_deref().unwrap().len(), &model(&old, "Y").guarded), (1, &None));
}

#[test]
fn casts_are_merged_item_by_item() {
    let index = models(
        r"class Base extends Model { protected $casts = ['a' => 'array', 'b' => Money::class]; protected function casts(): array { return ['p' => 'int']; } }
        class Ticket extends Base { protected function casts(): array { return [...parent::casts(), 'b' => 'string', 'c' => AsEnum::of(Kind::class), 'd' => $x]; } }
        class Y extends Base { protected function casts(): array { return array_merge(parent::casts(), ['e' => 'date']); } }",
    );
    let casts =
        |name: &str| model(&index, name).casts.iter().map(|(name, cast)| format!("{name}:{cast}")).collect::<Vec<_>>().join(" ");
    assert_eq!(casts("Base"), "a:array b:App\\Models\\Money p:int");
    assert_eq!(casts("Ticket"), "a:array b:string c:App\\Models\\AsEnum p:int");
    assert_eq!(casts("Y"), "a:array b:App\\Models\\Money e:date p:int");
}

#[test]
fn the_builder_is_the_one_that_the_model_makes() {
    let builder = |text: &str, laravel: Version| model(&models_for(laravel, text), "Ticket").builder.clone();
    let newest = IndexOptions::default().laravel;
    let made = "class Ticket extends Model { function newEloquentBuilder($query) { return new TicketBuilder($query); } }";
    assert_eq!(builder(made, newest).as_deref(), Some("App\\Models\\TicketBuilder"));
    let hinted = "class Ticket extends Model { function newEloquentBuilder($query): TicketBuilder { return make($query); } }";
    assert_eq!(builder(hinted, newest).as_deref(), Some("App\\Models\\TicketBuilder"));
    let property = "class Ticket extends Model { protected static string $builder = TicketBuilder::class; }";
    assert_eq!(builder(property, newest).as_deref(), Some("App\\Models\\TicketBuilder"));
    assert_eq!(builder(property, Version::new(10, 0, 0)), None);
    let attribute =
        "#[\\Illuminate\\Database\\Eloquent\\Attributes\\UseEloquentBuilder(TicketBuilder::class)] class Ticket extends Model {}";
    assert_eq!(builder(attribute, newest).as_deref(), Some("App\\Models\\TicketBuilder"));
    assert_eq!(builder(attribute, Version::new(12, 18, 0)), None);
    assert_eq!(
        builder("class Ticket extends Model { function newEloquentBuilder($q): Builder { return new Builder($q); } }", newest),
        None
    );
}

#[test]
fn soft_deletes_are_a_trait_of_the_line() {
    let index = models("class Base extends Model { use SoftDeletes; } class Ticket extends Base {} class Y extends Model {}");
    assert!(model(&index, "Ticket").soft_deletes && !model(&index, "Y").soft_deletes);
}

#[test]
fn configured_names_are_known_where_the_configuration_is_on_disk() {
    let config = "return ['table' => 'crm_tickets', 'env' => env('T', 'from_default'), 'bare' => env('T'), 'user' => ['model' => \\App\\Models\\User::class]];";
    let model_file = r"namespace App\Models; use Illuminate\Database\Eloquent\Model;
        function user_class() { return config('crm.user.model'); }
        class A extends Model { function getTable() { return config('crm.table'); } function user() { return $this->belongsTo(user_class()); } }
        class B extends Model { function getTable() { return config('crm.env', 'x'); } }
        class C extends Model { function getTable() { return config('other.table', 'x'); } }
        class D extends Model { function getTable() { return config('crm.bare'); } }";
    let index = index(&[("app/Models/All.php", model_file), ("config/crm.php", config)]);
    assert_eq!(model(&index, "A").table.as_deref(), Some("crm_tickets"));
    assert_eq!(model(&index, "A").relations["user"].related.as_deref(), Some("App\\Models\\User"));
    assert_eq!(model(&index, "B").table.as_deref(), Some("from_default"));
    assert_eq!(model(&index, "C").table, None);
    assert_eq!(model(&index, "D").table, None);
    assert!(index.config_default("crm.user").is_some());
    assert_eq!(index.config_default("crm.nothing"), None);
    assert_eq!(index.config_default("crm.table.deeper"), None);
}

#[test]
fn stubs_for_editors_declare_nothing() {
    let stub = "namespace App\\Models { class A extends \\Eloquent {} }";
    let index = index(&[
        ("_ide_helper_models.php", stub),
        (
            "app/Models/A.php",
            "namespace App\\Models; class A extends \\Illuminate\\Database\\Eloquent\\Model { protected $table = 'real'; }",
        ),
    ]);
    assert_eq!(index.models().count(), 1);
    assert_eq!(model(&index, "A").table.as_deref(), Some("real"));
    assert!(index.duplicate_classes().is_empty());
}

#[test]
fn a_table_of_several_models_is_of_the_one_that_the_others_extend() {
    let index = models(
        r"class Account extends Person { protected $table = 'people'; } class Person extends Model { protected $table = 'people'; }
        class Worker extends Account { protected $table = 'people'; } class Alien extends Model { protected $table = 'ships'; }
        class Bot extends Model { protected $table = 'ships'; }",
    );
    assert_eq!(index.model_for_table("people").unwrap().name, "App\\Models\\Person");
    assert_eq!(index.model_for_table("ships").unwrap().name, "App\\Models\\Alien");
}
