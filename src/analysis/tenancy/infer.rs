//! Inference of the tenant key and of the models that it separates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::client::QueryClient;
use super::derived::{Derived, Owner};
use super::guard::OwnedTables;
use super::query::{Operation, Operator, Predicate, Subject};
use super::scopes::{ScopeTable, is_excluded_for, scope_body};
use crate::finding::{Location, LookedFor, Message};
use crate::flow::{Root, SummaryTable};
use crate::hir::{Expr, MemberNameKind};
use crate::index::inflect::studly;
use crate::index::{CreatingHook, Index, Model, RelationKind, Table, class_basename};
use crate::specs::Specs;

/// What the configuration says about tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantOptions {
    /// The key, instead of an inferred one.
    pub key: Option<String>,
    /// Models that belong to tenants, beside the inferred ones.
    pub models: Vec<String>,
    /// `false`: no table is shared between tenants.
    pub shared: Option<bool>,
}

/// The tenant key and what it separates.
#[derive(Clone, Debug, PartialEq)]
pub struct TenantFacts {
    /// The column.
    pub key: String,
    /// Why this one.
    pub why: Message,
    /// Classes of the models whose tables have it, sorted.
    pub models: BTreeSet<Arc<str>>,
    /// Tables that have it.
    pub tables: BTreeSet<String>,
    /// Tables that lack it, and belong to tenants by the rows that theirs belong to.
    pub(super) derived: Derived,
    /// Models that have the key whose tables hold personal data.
    pub personal: BTreeSet<Arc<str>>,
    /// The class of the tenant itself.
    pub root: Option<String>,
    /// Models whose scope asks for the key while migrations create their table without it.
    pub lacking: BTreeSet<Arc<str>>,
    /// Migrations create the users' table without the key.
    pub users_lack_key: bool,
}

/// Why no key could be inferred: what was looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct NotInferred {
    /// The reason in one sentence.
    pub reason: Message,
    /// What was looked for and found.
    pub looked_for: Vec<LookedFor>,
}

impl TenantFacts {
    /// True for the rows of tenants: by the key, or by the rows that they belong to.
    #[must_use]
    pub fn owns(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Model(class) => self.is_owned_model(class),
            Subject::Table(table, _) => self.is_owned_table(table),
            Subject::Unknown(_) => false,
        }
    }

    /// True for rows that have the key.
    #[must_use]
    pub fn has_key(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Model(class) => self.models.contains(class),
            Subject::Table(table, _) => self.tables.contains(&**table),
            Subject::Unknown(_) => false,
        }
    }

    /// True for a model without the key whose rows belong to one who logs in, and to no tenant by themselves.
    #[must_use]
    pub fn is_of_user(&self, class: &str) -> bool {
        self.derived.of_users.contains(class)
    }

    /// The row that each row of a table without the key belongs to.
    #[must_use]
    pub fn owner_of(&self, table: &str) -> Option<&Owner> {
        self.derived.tables.get(table)
    }
}

impl OwnedTables for TenantFacts {
    fn is_owned_model(&self, class: &str) -> bool {
        self.models.contains(class) || self.derived.models.contains(class)
    }

    fn is_owned_table(&self, table: &str) -> bool {
        self.tables.contains(table) || self.derived.tables.contains_key(table)
    }

    fn is_of_user(&self, class: &str) -> bool {
        Self::is_of_user(self, class)
    }
}

/// Columns that separate tenants by convention, where most tables have one.
const CONVENTIONAL_KEYS: [&str; 6] = ["company_id", "tenant_id", "team_id", "account_id", "organization_id", "workspace_id"];

struct Votes<'i> {
    index: &'i Index,
    scopes: BTreeMap<String, (usize, Location)>,
    hooks: BTreeMap<String, (usize, Location)>,
    user_queries: BTreeMap<String, (usize, Location)>,
    tables: BTreeMap<String, usize>,
    table_count: usize,
}

/// Infers the key and its models, or says what was missing.
///
/// # Errors
/// Where nothing points to a key, or the configuration says that no table is shared.
pub(super) fn infer(
    index: &Index,
    specs: &Specs,
    scopes: &ScopeTable,
    summaries: &SummaryTable<QueryClient>,
    options: &TenantOptions,
) -> Result<TenantFacts, Box<NotInferred>> {
    if options.shared == Some(false) {
        let reason = Message::new("tenant.infer.not-shared");
        return Err(Box::new(NotInferred { reason, looked_for: Vec::new() }));
    }
    let votes = Votes::count(index, scopes, summaries);
    let (key, why) = match &options.key {
        Some(key) => (key.clone(), Message::new("tenant.infer.configured").text("key", key)),
        None => votes.decide().ok_or_else(|| Box::new(votes.nothing_found()))?,
    };
    Ok(facts(index, specs, scopes, key, why, &options.models))
}

impl<'i> Votes<'i> {
    fn count(index: &'i Index, scopes: &ScopeTable, summaries: &SummaryTable<QueryClient>) -> Self {
        let mut votes = Self {
            index,
            scopes: BTreeMap::new(),
            hooks: BTreeMap::new(),
            user_queries: BTreeMap::new(),
            tables: BTreeMap::new(),
            table_count: index.tables().len(),
        };
        for model in index.models().filter(|model| !model.is_abstract) {
            for (column, at) in scope_columns(index, scopes, model) {
                votes.scopes.entry(column).or_insert((0, at)).0 += 1;
            }
            for hook in model.creating.iter().filter(|hook| is_filled_from_user(index, hook)) {
                votes.hooks.entry(hook.column.clone()).or_insert((0, hook.at)).0 += 1;
            }
        }
        for (_, summary) in summaries.iter() {
            for execution in &summary.effects.executions {
                for operation in &execution.query.operations {
                    if let Operation::Where(_, Predicate::Compare(column, Operator::Equal, operand), at) = operation
                        && looks_like_tenant_key(&column.name)
                        && operand.origins.any(|origin| origin.root == Root::User && origin.is_column(&column.name))
                    {
                        votes.user_queries.entry(column.name.to_string()).or_insert((0, *at)).0 += 1;
                    }
                }
            }
        }
        for table in index.tables().values() {
            for key in CONVENTIONAL_KEYS.iter().filter(|key| table.columns.contains_key(**key)) {
                *votes.tables.entry((*key).to_owned()).or_default() += 1;
            }
        }
        votes
    }

    fn decide(&self) -> Option<(String, Message)> {
        let most = |votes: &BTreeMap<String, (usize, Location)>| {
            let best = votes.iter().max_by(|a, b| a.1.0.cmp(&b.1.0).then(b.0.cmp(a.0)));
            best.map(|(column, (count, at))| (column.clone(), *count, *at))
        };
        if let Some((key, count, at)) = most(&self.scopes) {
            let why = Message::new("tenant.infer.scope").text("key", &key).count("models", count).place("at", at);
            return Some((key, why));
        }
        if let Some((key, count, at)) = most(&self.hooks) {
            let why = Message::new("tenant.infer.hook").text("key", &key).count("models", count).place("at", at);
            return Some((key, why));
        }
        if let Some((key, count, at)) = most(&self.user_queries).filter(|(_, count, _)| *count >= 2) {
            let why = Message::new("tenant.infer.user-query").text("key", &key).count("queries", count).place("at", at);
            return Some((key, why));
        }
        let (key, count) = self.tables.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        let is_usual = count * 2 >= self.table_count || count * 4 >= self.table_count && is_tied_to_users(self.index, key);
        if *count < 3 || !is_usual {
            return None;
        }
        let why = Message::new("tenant.infer.tables").text("key", key).count("tables", *count).count("of", self.table_count);
        Some((key.clone(), why))
    }

    fn nothing_found(&self) -> NotInferred {
        let row = |what: &'static str, votes: &BTreeMap<String, (usize, Location)>| LookedFor {
            what: Message::new(what),
            found: if votes.is_empty() {
                Message::new("looked-for.none")
            } else {
                let columns: Vec<&str> = votes.keys().map(String::as_str).collect();
                Message::new("tenant.infer.found-columns").text("columns", columns.join(", "))
            },
            detail: None,
        };
        let tables = self.tables.iter().map(|(key, count)| format!("{key}: {count}")).collect::<Vec<_>>().join(", ");
        NotInferred {
            reason: Message::new("tenant.infer.nothing"),
            looked_for: vec![
                row("tenant.infer.look.scope", &self.scopes),
                row("tenant.infer.look.hook", &self.hooks),
                row("tenant.infer.look.user-query", &self.user_queries),
                LookedFor {
                    what: Message::new("tenant.infer.look.tables"),
                    found: if tables.is_empty() {
                        Message::new("looked-for.none")
                    } else {
                        Message::new("tenant.infer.found-tables").text("tables", tables).count("of", self.table_count)
                    },
                    detail: None,
                },
            ],
        }
    }
}

/// True where users belong to what a column names: they have it themselves, a table joins both, or code asks for the
/// current one. An `account_id` may well be an account at some other service.
fn is_tied_to_users(index: &Index, key: &str) -> bool {
    let users = index.user_model().and_then(|class| index.model(class)).and_then(|model| model.table.clone());
    let users = users.as_deref().unwrap_or("users");
    let current = format!("current_{key}");
    let is_tied = |(name, table): (&String, &Table)| match name.as_str() {
        name if name == users => table.columns.contains_key(key) || table.columns.contains_key(&current),
        _ => table.columns.contains_key(key) && table.columns.contains_key("user_id"),
    };
    let stem = studly(key.trim_end_matches("_id"));
    let asked = [format!("current{stem}"), format!("current{stem}Id"), format!("getCurrent{stem}")];
    index.tables().iter().any(is_tied) || asked.iter().any(|name| !index.calls_named(name).is_empty())
}

/// The columns that a model's global scopes compare with a value of the moment.
fn scope_columns(index: &Index, scopes: &ScopeTable, model: &Model) -> BTreeMap<String, Location> {
    let mut columns = BTreeMap::new();
    for body in model.global_scopes.iter().filter_map(|scope| scope_body(index, &scope.code)) {
        for path in scopes.paths(body).unwrap_or_default() {
            collect_columns(&path.operations, &mut columns);
        }
    }
    columns
}

/// True where a scope limits a model by a column and does not ask first whether the table has it.
fn is_limited_without_asking(index: &Index, scopes: &ScopeTable, model: &Model, key: &str) -> bool {
    let bodies = model.global_scopes.iter().filter_map(|scope| scope_body(index, &scope.code));
    let paths = bodies.flat_map(|body| scopes.paths(body).unwrap_or_default().iter().map(move |path| (body, path)));
    let mut columns = BTreeMap::new();
    for (_, path) in paths.filter(|(body, path)| !is_excluded_for(index, *body, model, key, &path.when)) {
        collect_columns(&path.operations, &mut columns);
    }
    columns.contains_key(key)
}

fn collect_columns(operations: &[Operation], columns: &mut BTreeMap<String, Location>) {
    for operation in operations {
        match operation {
            Operation::Where(_, Predicate::Compare(column, Operator::Equal | Operator::In, operand), at)
                if operand.constant.is_none() && looks_like_tenant_key(&column.name) =>
            {
                columns.entry(column.name.to_string()).or_insert(*at);
            }
            Operation::Group { operations, .. } | Operation::Scope { operations, .. } => collect_columns(operations, columns),
            Operation::Either(paths) => paths.iter().for_each(|path| collect_columns(&path.operations, columns)),
            _ => {}
        }
    }
}

/// A key, and not that of the user, whose own rows are no tenant.
fn looks_like_tenant_key(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    (column.ends_with("_id") || column.ends_with("_uuid") || column == "tenant")
        && !matches!(column.as_str(), "user_id" | "created_by_id" | "creator_id")
}

/// `$model->company_id = auth()->user()->company_id`
fn is_filled_from_user(index: &Index, hook: &CreatingHook) -> bool {
    if !looks_like_tenant_key(&hook.column) {
        return false;
    }
    let hir = index.hir(hook.body.file);
    let body = index.body(hook.body);
    let mut waiting = vec![hook.value];
    while let Some(expr) = waiting.pop() {
        if let Expr::Property { name, .. } = body.expr(expr)
            && let MemberNameKind::Fixed(name) = name.kind
            && hir.text(name).eq_ignore_ascii_case(&hook.column)
        {
            return true;
        }
        body.expr(expr).for_each_operand(|operand| waiting.push(operand));
    }
    false
}

fn facts(index: &Index, specs: &Specs, scopes: &ScopeTable, key: String, why: Message, configured: &[String]) -> TenantFacts {
    let mut facts = TenantFacts {
        root: tenant_root(index, &key),
        key,
        why,
        models: BTreeSet::new(),
        tables: BTreeSet::new(),
        derived: Derived::default(),
        personal: BTreeSet::new(),
        lacking: BTreeSet::new(),
        users_lack_key: false,
    };
    let users = index.user_model().and_then(|class| index.model(class));
    facts.users_lack_key = users.is_some_and(|users| lacks_key(index, users, &facts.key));
    for (name, table) in index.tables() {
        if table.columns.contains_key(&facts.key) {
            facts.tables.insert(name.clone());
        }
    }
    for model in index.models().filter(|model| !model.is_abstract) {
        let is_named = configured.iter().any(|name| name.trim_start_matches('\\').eq_ignore_ascii_case(&model.name));
        if is_named || has_key(index, scopes, model, &facts.key) {
            facts.models.insert(model.name.as_str().into());
            facts.tables.extend(model.table.clone());
            if holds_personal_data(index, specs, model) {
                facts.personal.insert(model.name.as_str().into());
            }
        } else if lacks_key(index, model, &facts.key) && is_limited_without_asking(index, scopes, model, &facts.key) {
            facts.lacking.insert(model.name.as_str().into());
        }
    }
    facts.derived = Derived::read(index, &facts);
    facts
}

/// True where migrations create a model's table, and no migration gives it the key.
fn lacks_key(index: &Index, model: &Model, key: &str) -> bool {
    let table = model.table.as_ref().and_then(|table| index.tables().get(table));
    table.is_some_and(|table| table.created && !table.columns.is_empty() && !table.columns.contains_key(key))
}

/// True where the model's table has the key: by migrations, else by what the model says of itself.
fn has_key(index: &Index, scopes: &ScopeTable, model: &Model, key: &str) -> bool {
    let columns = model.table.as_ref().and_then(|table| index.tables().get(table)).map(|table| &table.columns);
    if columns.is_some_and(|columns| columns.contains_key(key)) {
        return true;
    }
    let lists = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| list.iter().any(|column| column == key));
    let by_relation = || {
        model
            .relations
            .values()
            .any(|relation| relation.kind == RelationKind::BelongsTo && relation.foreign_key.as_deref() == Some(key))
    };
    let is_declared = lists(&model.fillable) || lists(&model.guarded) || model.creating.iter().any(|hook| hook.column == key);
    // Migrations that create the table without the key weigh more than anything that the model says.
    is_declared && !lacks_key(index, model, key)
        || columns.is_none()
            && (by_relation() || scope_columns(index, scopes, model).contains_key(key) && model.fillable.is_none())
}

fn holds_personal_data(index: &Index, specs: &Specs, model: &Model) -> bool {
    let table = model.table.as_ref().and_then(|table| index.tables().get(table));
    let from_table = table.into_iter().flat_map(|table| table.columns.keys().map(String::as_str));
    let declared = model.fillable.iter().chain(&model.guarded).flatten().map(String::as_str);
    let mut columns = from_table.chain(declared);
    // `name` alone names things as often as persons.
    columns.any(|column| column != "name" && specs.column(column) == Some(crate::specs::ColumnKind::Person))
        || model.relations.values().any(|relation| {
            relation.related.as_deref().is_some_and(|class| class_basename(class).eq_ignore_ascii_case("customer"))
        })
}

/// `company_id` → the model `Company`.
fn tenant_root(index: &Index, key: &str) -> Option<String> {
    let stem = key.strip_suffix("_id").or_else(|| key.strip_suffix("_uuid")).unwrap_or(key);
    let studly: String = stem
        .split('_')
        .map(|word| word.get(..1).map(str::to_ascii_uppercase).unwrap_or_default() + word.get(1..).unwrap_or_default())
        .collect();
    index.models().find(|model| class_basename(&model.name) == studly).map(|model| model.name.clone())
}
