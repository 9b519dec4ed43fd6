use super::*;

fn show(index: &Index, name: &str) -> Vec<String> {
    let hooks = model(index, name).creating.iter().map(|hook| {
        format!("{}{}{}", hook.column, if hook.only_if_empty { " empty" } else { "" }, if hook.conditional { " if" } else { "" })
    });
    hooks.collect()
}

fn hooks(body: &str) -> Vec<String> {
    show(
        &models(&format!(
            "class Company extends Model {{}} class X extends Model {{ function company() {{ return $this->belongsTo(Company::class); }} {body} }}"
        )),
        "X",
    )
}

fn creating(code: &str) -> Vec<String> {
    hooks(&format!("protected static function booted() {{ static::creating(function (X $m) {{ {code} }}); }}"))
}

#[test]
fn every_form_of_setting_a_column_is_seen() {
    assert_eq!(creating("$m->company_id = auth()->user()->company_id;"), ["company_id"]);
    assert_eq!(creating("$m->company_id ??= 1;"), ["company_id empty"]);
    assert_eq!(creating("$m->setAttribute('company_id', 1);"), ["company_id"]);
    assert_eq!(creating("$m['company_id'] = 1;"), ["company_id"]);
    assert_eq!(creating("$m->fill(['a' => 1, 'b' => 2]);"), ["a", "b"]);
    assert_eq!(creating("$m->forceFill(['a' => 1]);"), ["a"]);
    assert_eq!(creating("$m->{'company_id'} = 1;"), ["company_id"]);
    assert_eq!(creating("$m->company()->associate(tenant());"), ["company_id"]);
    assert_eq!(creating("$other->company_id = 1; $x = $m->company_id;"), Vec::<String>::new());
}

#[test]
fn conditions_are_told_apart() {
    assert_eq!(creating("if (! $m->company_id) { $m->company_id = 1; }"), ["company_id empty"]);
    assert_eq!(creating("if (empty($m->company_id) && auth()->check()) { $m->company_id = 1; }"), ["company_id empty if"]);
    assert_eq!(creating("if ($m->company_id === null) { $m->company_id = 1; }"), ["company_id empty"]);
    assert_eq!(creating("if ($m->company_id) { return; } $m->company_id = 1;"), ["company_id empty"]);
    assert_eq!(creating("if (auth()->check()) { $m->company_id = 1; }"), ["company_id if"]);
    assert_eq!(creating("if (! $m->other_id) { $m->company_id = 1; }"), ["company_id if"]);
    assert_eq!(creating("if ($m->company_id) { $m->company_id = 1; }"), ["company_id if"]);
}

#[test]
fn listeners_are_found_wherever_they_are_registered() {
    assert_eq!(hooks("static function boot() { parent::boot(); self::saving(fn ($x) => $x->a = 1); }"), ["a"]);
    assert_eq!(
        hooks("static function booted() { static::registerModelEvent('creating', function ($x) { $x->a = 1; }); }"),
        ["a"]
    );
    assert_eq!(
        hooks("static function booted() { static::registerModelEvent('created', function ($x) { $x->a = 1; }); }"),
        Vec::<String>::new()
    );
    assert_eq!(hooks("static function booted() { static::created(function ($x) { $x->a = 1; }); }"), Vec::<String>::new());
    assert_eq!(
        hooks("static function booted() { static::creating(static::stamp(...)); } static function stamp($x) { $x->a = 1; }"),
        ["a"]
    );
    assert_eq!(hooks("static function booted() { if (tenant()) { static::creating(function ($x) { $x->a = 1; }); } }"), ["a if"]);
    let text = "trait T { static function bootT() { static::creating(function (Model $m) { $m->company_id = 1; }); } } class X extends Model { use T; }";
    assert_eq!(show(&models(text), "X"), ["company_id"]);
}

#[test]
fn methods_that_the_listener_calls_are_followed() {
    assert_eq!(
        hooks("static function booted() { static::creating(fn ($m) => $m->stamp()); } function stamp() { $this->a = 1; }"),
        ["a"]
    );
    assert_eq!(
        hooks(
            "static function booted() { static::creating(function ($m) { self::stamp(1, $m); }); } static function stamp($n, $row) { $row->a = $n; }"
        ),
        ["a"]
    );
    assert_eq!(
        hooks(
            "static function booted() { static::creating(function ($m) { if (x()) { $m->stamp(); } }); } function stamp() { $this->a = 1; }"
        ),
        ["a if"]
    );
}

#[test]
fn observers_are_found_by_call_attribute_and_provider() {
    let text = r"class XObserver { function creating(Model $x) { $x->a = 1; } function saving($x) { $x->b = 1; } function created($x) { $x->c = 1; } }";
    let with = |code: &str| show(&models(&format!("{text} {code}")), "X");
    assert_eq!(with("class X extends Model { static function booted() { static::observe(XObserver::class); } }"), ["a", "b"]);
    assert_eq!(with("class X extends Model { static function booted() { static::observe([new XObserver]); } }"), ["a", "b"]);
    assert_eq!(with("#[ObservedBy(XObserver::class)] class X extends Model {}"), ["a", "b"]);
    assert_eq!(with("#[ObservedBy([XObserver::class])] class Base extends Model {} class X extends Base {}"), ["a", "b"]);
    let provider = "class X extends Model {} class P extends \\Illuminate\\Support\\ServiceProvider { function boot() { X::observe(XObserver::class); } }";
    assert_eq!(with(provider), ["a", "b"]);
    let listed = "class X extends Model {} class P extends \\Illuminate\\Foundation\\Support\\Providers\\EventServiceProvider { protected $observers = [X::class => [XObserver::class]]; }";
    assert_eq!(with(listed), ["a", "b"]);
    assert_eq!(with("class X extends Model {}"), Vec::<String>::new());
}
