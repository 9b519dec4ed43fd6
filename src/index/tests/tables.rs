use super::*;
use crate::index::Table;

/// Tables of migrations whose `up` methods are given by path.
fn tables(migrations: &[(&str, &str)]) -> Index {
    let texts: Vec<_> = migrations
        .iter()
        .map(|(path, up)| {
            let imports = r"use Illuminate\Database\Migrations\Migration; use Illuminate\Database\Schema\Blueprint;
                use Illuminate\Support\Facades\Schema;";
            (
                (*path).to_owned(),
                format!("{imports}\nreturn new class extends Migration {{ public function up(): void {{ {up} }} }};"),
            )
        })
        .collect();
    let mut files: Vec<_> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("app/Models/Company.php", r"namespace App\Models; class Company extends \Illuminate\Database\Eloquent\Model {}"));
    index(&files)
}

fn one(up: &str) -> Index {
    tables(&[("database/migrations/2024_01_01_000000_a.php", up)])
}

fn columns(table: &Table) -> Vec<String> {
    table
        .columns
        .iter()
        .map(|(name, column)| {
            let length = column.length.map(|length| format!("({length})")).unwrap_or_default();
            format!("{name} {}{length}{}", column.kind, if column.nullable { " null" } else { "" })
        })
        .collect()
}

#[test]
fn columns_have_kind_length_and_nullability() {
    let index = one(r"Schema::create('customers', function (Blueprint $table) {
        $table->id();
        $table->string('name');
        $table->string('phone', 20)->nullable()->index();
        $table->char('country', 2)->nullable(false);
        $table->text('notes')->nullable();
        $table->timestamps();
        $table->softDeletes();
        $table->rememberToken();
        $table->nullableMorphs('owner');
        $table->index(['name', 'phone']);
        $table->macroColumn('x');
    });");
    assert_eq!(
        columns(&index.tables()["customers"]),
        [
            "country char(2)",
            "created_at timestamp null",
            "deleted_at timestamp null",
            "id id",
            "name string(255)",
            "notes text null",
            "owner_id unsignedBigInteger null",
            "owner_type string(255) null",
            "phone string(20) null",
            "remember_token string(100) null",
            "updated_at timestamp null",
        ]
    );
}

#[test]
fn foreign_keys_are_found_in_every_form() {
    let index = one(r"Schema::create('a', function (Blueprint $table) {
        $table->foreignId('company_id')->constrained()->cascadeOnDelete();
        $table->foreignId('owner_id')->nullable()->constrained('users');
        $table->unsignedBigInteger('branch_id');
        $table->foreign('branch_id')->references('id')->on('branches')->onDelete('cascade');
        $table->foreignIdFor(\App\Models\Company::class, 'tenant_id')->constrained();
        $table->foreignIdFor(\App\Models\Company::class, 'plain_id');
        $table->unsignedBigInteger('team_id')->references('uuid')->on('teams');
        $table->foreignId('call_id');
    });");
    let keys = &index.tables()["a"].foreign_keys;
    let key = |column: &str| keys.get(column).map(|(table, column)| format!("{table}.{column}"));
    assert_eq!(key("company_id").as_deref(), Some("companies.id"));
    assert_eq!(key("owner_id").as_deref(), Some("users.id"));
    assert_eq!(key("branch_id").as_deref(), Some("branches.id"));
    assert_eq!(key("tenant_id").as_deref(), Some("companies.id"));
    assert_eq!(key("team_id").as_deref(), Some("teams.uuid"));
    assert_eq!(key("plain_id"), None);
    assert_eq!(key("call_id"), None);
}

#[test]
fn later_migrations_change_drop_and_rename() {
    let index = tables(&[
        (
            "database/migrations/2024_02_01_000000_b.php",
            r"Schema::table('a', function (Blueprint $table) {
                $table->string('name', 50)->nullable()->change();
                $table->dropColumn(['x', 'y']);
                $table->dropConstrainedForeignId('company_id');
                $table->renameColumn('old', 'new');
            });
            Schema::rename('b', 'c'); Schema::dropIfExists('d');",
        ),
        (
            "database/migrations/2024_01_01_000000_a.php",
            r"Schema::create('a', function (Blueprint $table) {
                $table->string('name'); $table->integer('x'); $table->integer('y'); $table->integer('old');
                $table->foreignId('company_id')->constrained();
            });
            Schema::create('b', fn (Blueprint $table) => $table->id());
            Schema::create('d', fn (Blueprint $table) => $table->id());",
        ),
    ]);
    assert_eq!(index.tables().keys().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(columns(&index.tables()["a"]), ["name string(50) null", "new integer"]);
    assert!(index.tables()["a"].foreign_keys.is_empty());
}

#[test]
fn loops_helpers_and_guards_are_followed() {
    let index = one(r"Schema::create('a', fn (Blueprint $table) => $table->id());
        foreach (['a', 'b'] as $name) {
            if (! Schema::hasColumn($name, 'company_id')) {
                Schema::table($name, function (Blueprint $t) use ($name) { $t->foreignId('company_id'); });
            }
        }
        if (Schema::hasTable('a')) { return; }
        if (! Schema::hasTable('a')) { Schema::create('a', fn ($table) => $table->uuid('extra')); }
        $this->add('c', 'team_id');
    }
    private function add(string $table, string $column, string $kind = 'integer') {
        Schema::table($table, function (Blueprint $blueprint) use ($column, $kind) {
            $blueprint->addColumn($kind, $column);
            $this->common($blueprint);
        });
    }
    private function common(Blueprint $t) { $t->uuid('key');");
    assert_eq!(index.tables().keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(columns(&index.tables()["a"]), ["company_id foreignId", "extra uuid", "id id"]);
    assert_eq!(columns(&index.tables()["c"]), ["key uuid", "team_id integer"]);
}

#[test]
fn a_table_without_a_constant_name_is_ignored() {
    let index = one(r"Schema::create(config('x.table'), fn (Blueprint $table) => $table->id());
        Schema::create($this->table, fn (Blueprint $table) => $table->id());");
    assert!(index.tables().is_empty());
}

#[test]
fn only_up_of_a_migration_in_its_folder_counts() {
    let up = r"Schema::create('a', fn (Blueprint $table) => $table->id());
        } public function down(): void { Schema::dropIfExists('a');";
    assert_eq!(one(up).tables().len(), 1);
    assert!(tables(&[("app/Setup.php", up)]).tables().is_empty());
    assert_eq!(tables(&[("Modules/Crm/Database/Migrations/2024_x.php", up)]).tables().len(), 1);
}

#[test]
fn tables_from_elsewhere_are_known_by_what_migrations_add() {
    let index = one(r"if (! Schema::hasTable('old')) { return; }
        if (! Schema::hasColumn('old', 'x')) { Schema::table('old', fn (Blueprint $table) => $table->uuid('x')); }
        if (! Schema::hasColumn('old', 'y')) { return; }
        Schema::table('old', fn (Blueprint $table) => $table->uuid('z'));");
    assert_eq!(columns(&index.tables()["old"]), ["x uuid", "z uuid"]);
    assert!(!index.tables()["old"].created);
}

#[test]
fn unique_columns_are_known_by_their_indexes() {
    let index = tables(&[
        (
            "database/migrations/2024_01_01_000000_a.php",
            r"Schema::create('users', function (Blueprint $table) {
                $table->id();
                $table->string('email')->unique();
                $table->string('login');
                $table->string('handle')->unique('by_handle');
                $table->string('phone')->unique();
                $table->string('badge')->unique();
                $table->integer('company_id');
                $table->unique('login');
                $table->unique(['company_id', 'badge']);
            });",
        ),
        (
            "database/migrations/2024_01_02_000000_b.php",
            r"Schema::table('users', function (Blueprint $table) {
                $table->dropUnique('by_handle');
                $table->dropUnique(['badge']);
                $table->dropColumn('phone');
                $table->renameColumn('login', 'account_name');
            });",
        ),
    ]);
    let users = &index.tables()["users"];
    let unique =
        ["email", "login", "account_name", "handle", "phone", "badge", "company_id", "id"].map(|name| users.is_unique(name));
    assert_eq!(unique, [true, false, true, false, false, false, false, false]);
}

#[test]
fn tables_that_a_property_lists_are_known() {
    let migration = |assigned: &str| {
        format!(
            r"use Illuminate\Database\Migrations\Migration; use Illuminate\Database\Schema\Blueprint;
            use Illuminate\Support\Facades\Schema;
            return new class extends Migration {{
                private array $names = ['bills', 'budgets'];
                public function up(): void {{
                    {assigned}
                    foreach ($this->names as $name) {{
                        Schema::table($name, function (Blueprint $table) {{ $table->bigInteger('group_id'); }});
                    }}
                }}
            }};"
        )
    };
    let names = |text: &str| {
        let index = index(&[("database/migrations/2024_01_01_000000_a.php", text)]);
        index.tables().keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&migration("")), ["bills", "budgets"]);
    assert_eq!(names(&migration("$this->names = config('names');")), Vec::<String>::new());
}
