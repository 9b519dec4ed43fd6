//! Policies: which columns of a row an ability compares with what belongs to the user.
//!
//! Facts: `laravel/framework:src/Illuminate/Auth/Access/Gate.php (getPolicyFor, guessPolicyName, callPolicyBefore)`.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::client::{QueryEvent, QueryMachine};
use super::ownership::ComparedWith;
use super::query::Entry;
use crate::analysis::contexts::{Among, asked_before_all, defined_ability, granted, is_role_question, membership};
use crate::finding::Location;
use crate::flow::Project;
use crate::hir::{
    Argument, BinaryOp, Callee, Expr, ExprId, Literal, MemberName, MemberNameKind, Statement, Symbol, TypeHint, UnaryOp,
};
use crate::index::inflect::{camel, snake};
use crate::index::walk::{Guard, walk};
use crate::index::{BodyKey, ClassKey, ConstantKey, Index, Locals, Model, RelationKind, class_basename};

/// Among the columns of a guarantee: the row itself is among the user's own.
pub(super) const WHOLE_ROW: &str = "*";
/// Helpers of a policy that are followed.
const DEPTH: usize = 4;

/// What an ability guarantees about the row that it is asked for, where it allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Guarantee {
    /// Columns of the row that equal what belongs to the user.
    pub(super) columns: BTreeSet<Arc<str>>,
    /// Where users of a role pass without that comparison.
    pub(super) role: Option<Location>,
}

impl Guarantee {
    /// True where a row for which it allows is of the tenant, by the key or as a whole.
    pub(super) fn covers(&self, key: &str) -> bool {
        self.columns.contains(key) || self.columns.contains(WHOLE_ROW)
    }
}

/// What the policy of a model guarantees for an ability: nothing where there is none, or it compares nothing.
pub(super) fn guarantee(project: Project<'_>, model: &str, ability: &str) -> Guarantee {
    guarantee_at(project, model, ability, 0)
}

fn guarantee_at(project: Project<'_>, model: &str, ability: &str, depth: usize) -> Guarantee {
    let index = project.index;
    let Some((body, before)) = ability_body(index, model, ability) else { return Guarantee::default() };
    // `function view(User $user, Customer $customer)`
    let reader = Reader { project, index, body, row: Some(1), user: Some(0), depth, passes_role: Cell::new(false) };
    let mut columns = reader.function().unwrap_or_default();
    if grants_row(project, body, model) {
        columns.insert(WHOLE_ROW.into());
    }
    let role = before.or_else(|| reader.passes_role.get().then_some(body)).map(|body| index.declaration_of(body));
    Guarantee { columns, role: role.or_else(|| asked_before_all(project)) }
}

/// True where code that answers an ability allows it only for a row that is among the user's own.
fn grants_row(project: Project<'_>, body: BodyKey, model: &str) -> bool {
    let is_row = |among: &Among| matches!(among, Among::RowsOf(class) if class.eq_ignore_ascii_case(model));
    granted(project, body).iter().any(|(asked, among)| *asked == 1 && is_row(among))
}

/// The code that answers an ability, if it is found.
pub(super) fn answers(index: &Index, model: &str, ability: &str) -> Option<BodyKey> {
    ability_body(index, model, ability).map(|(body, _)| body)
}

/// The code that answers an ability, and the `before` that lets its users pass without being asked.
fn ability_body(index: &Index, model: &str, ability: &str) -> Option<(BodyKey, Option<BodyKey>)> {
    if let Some(body) = defined_ability(index, ability) {
        return Some((body, None));
    }
    let policy = policy_of(index, model)?;
    let before = index.find_method(policy, "before").map(|before| index.method_body(before));
    let method = index.find_method(policy, &camel(&ability.replace('-', "_")))?;
    Some((index.method_body(method), before.filter(|before| may_allow(index, *before))))
}

/// The policy of a model: registered, named by its attribute, or guessed from its name.
fn policy_of(index: &Index, model: &str) -> Option<ClassKey> {
    registered(index, model)
        .or_else(|| by_gate(index, model))
        .or_else(|| by_attribute(index, model))
        .or_else(|| guessed(index, model))
}

/// `$policies` of a provider.
fn registered(index: &Index, model: &str) -> Option<ClassKey> {
    let providers =
        index.classes().filter(|class| index.is_a(*class, "Illuminate\\Foundation\\Support\\Providers\\AuthServiceProvider"));
    providers.into_iter().find_map(|provider| {
        let (holder, property) = index.find_property(provider, "policies")?;
        let map = index.constant_value(holder.file, property.default?, Some(provider))?;
        let is_model = |key: &ConstantKey| matches!(key, ConstantKey::String(name) if name.eq_ignore_ascii_case(model));
        let (_, policy) = map.as_array()?.iter().find(|(key, _)| is_model(key))?;
        index.resolve_class(policy.as_str()?)
    })
}

/// `Gate::policy(Customer::class, CustomerPolicy::class)`
fn by_gate(index: &Index, model: &str) -> Option<ClassKey> {
    index.calls_named("policy").iter().find_map(|call| {
        let Expr::Call { arguments, .. } = index.body(call.body).expr(call.expr) else { return None };
        let [of, policy, ..] = &**arguments else { return None };
        let text =
            |argument: &Argument| index.constant_with(call.body, argument.value, index.body_class(call.body), &Locals::new());
        let is_model = text(of)?.as_str()?.trim_start_matches('\\').eq_ignore_ascii_case(model);
        is_model.then(|| index.resolve_class(text(policy)?.as_str()?))?
    })
}

/// `#[UsePolicy(CustomerPolicy::class)]`
fn by_attribute(index: &Index, model: &str) -> Option<ClassKey> {
    let class = index.resolve_class(model)?;
    let hir = index.hir(class.file);
    let attribute =
        index.class(class).attributes.iter().find(|attribute| class_basename(hir.text(attribute.name.name)) == "UsePolicy")?;
    let (_, value) = attribute.arguments.first()?;
    index.resolve_class(index.constant_value(class.file, *value, Some(class))?.as_str()?)
}

/// `App\Models\Customer` is asked by `App\Policies\CustomerPolicy` or `App\Models\Policies\CustomerPolicy`.
fn guessed(index: &Index, model: &str) -> Option<ClassKey> {
    let name = format!("{}Policy", class_basename(model));
    let mut namespace: Vec<&str> = model.split('\\').collect();
    namespace.pop();
    let within = model.replacen("\\Models\\", "\\Policies\\", 1) + "Policy";
    if let Some(class) = index.resolve_class(&within).filter(|_| model.contains("\\Models\\")) {
        return Some(class);
    }
    while !namespace.is_empty() {
        if let Some(class) = index.resolve_class(&format!("{}\\Policies\\{name}", namespace.join("\\"))) {
            return Some(class);
        }
        namespace.pop();
    }
    None
}

/// True for code that returns something else than `null` and `false`.
fn may_allow(index: &Index, body: BodyKey) -> bool {
    let code = index.body(body);
    code.statements.iter().any(|statement| match statement {
        Statement::Return(Some(value)) => !matches!(code.expr(*value), Expr::Literal(Literal::Null | Literal::Bool(false))),
        _ => false,
    })
}

/// The columns that equal what belongs to the user; none where the answer can only be no.
type Implied = Option<BTreeSet<Arc<str>>>;

/// The row, or a row that it belongs to.
struct RowOf<'i> {
    model: Option<&'i Model>,
}

/// A column of the row, or of a row that it belongs to.
struct ColumnOf<'i> {
    model: Option<&'i Model>,
    name: Arc<str>,
}

/// Reads one function of a policy: what holds where it answers yes.
struct Reader<'i> {
    project: Project<'i>,
    index: &'i Index,
    body: BodyKey,
    /// The parameters that are the row and the user; none for a row that is `$this`.
    row: Option<usize>,
    user: Option<usize>,
    depth: usize,
    /// Users of a role are let through without a comparison.
    passes_role: Cell<bool>,
}

impl Reader<'_> {
    /// What holds on every path that answers yes.
    fn function(&self) -> Implied {
        let code = self.index.body(self.body);
        let returned: Vec<ExprId> = code
            .statements
            .iter()
            .filter_map(|statement| match statement {
                Statement::Return(Some(value)) => Some(*value),
                _ => None,
            })
            .collect();
        let mut all: Implied = None;
        walk(code, |expr, guards| {
            if !returned.contains(&expr) {
                return;
            }
            let mut here = self.implied(expr, true);
            for guard in guards {
                let more = match guard {
                    Guard::If(condition) => self.implied(*condition, true),
                    Guard::IfNot(condition) => self.implied(*condition, false),
                    Guard::Each(_) | Guard::Sometimes => Some(BTreeSet::new()),
                };
                here = both(here, more);
            }
            let conditions = guards.iter().filter_map(|guard| match guard {
                Guard::If(condition) => Some(*condition),
                _ => None,
            });
            if here.as_ref().is_some_and(BTreeSet::is_empty) && conditions.chain([expr]).any(|asked| self.asks_role(asked)) {
                self.passes_role.set(true);
                return;
            }
            all = either(all.take(), here);
        });
        all
    }

    /// What holds where an expression is true, or false.
    fn implied(&self, expr: ExprId, truth: bool) -> Implied {
        let code = self.index.body(self.body);
        match code.expr(expr) {
            Expr::Literal(Literal::Bool(value)) => (*value == truth).then(BTreeSet::new),
            Expr::Literal(Literal::Null) => (!truth).then(BTreeSet::new),
            Expr::Unary(UnaryOp::Not, inner) => self.implied(*inner, !truth),
            Expr::Cast(_, inner) => self.implied(*inner, truth),
            // `$user->isAdmin() || …`: users of the role pass, the others are compared.
            Expr::Binary(BinaryOp::Or, left, right) if truth && (self.asks_role(*left) || self.asks_role(*right)) => {
                self.passes_role.set(true);
                self.implied(if self.asks_role(*left) { *right } else { *left }, truth)
            }
            Expr::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) => {
                let (left, right) = (self.implied(*left, truth), self.implied(*right, truth));
                if (*op == BinaryOp::And) == truth { both(left, right) } else { either(left, right) }
            }
            Expr::Binary(op, left, right) => {
                let is_equal = match op {
                    BinaryOp::Equal | BinaryOp::Identical => truth,
                    BinaryOp::NotEqual | BinaryOp::NotIdentical => !truth,
                    _ => false,
                };
                let column = is_equal.then(|| self.compared(*left, *right).or_else(|| self.compared(*right, *left))).flatten();
                Some(column.into_iter().collect())
            }
            Expr::Ternary(condition, Some(then), otherwise) => either(
                both(self.implied(*condition, true), self.implied(*then, truth)),
                both(self.implied(*condition, false), self.implied(*otherwise, truth)),
            ),
            Expr::Call { callee, arguments, .. } => self.call(*callee, arguments, truth),
            _ => Some(BTreeSet::new()),
        }
    }

    /// `$user->isAdmin()`, `$user->hasRole('root')`, `$user->is_admin`
    fn asks_role(&self, expr: ExprId) -> bool {
        let (receiver, name) = match self.index.body(self.body).expr(expr) {
            Expr::Call { callee: Callee::Method { receiver, name, .. }, .. } => (*receiver, *name),
            Expr::Property { receiver, name, .. } => (*receiver, *name),
            _ => return false,
        };
        self.is_user(receiver) && self.fixed(name).is_some_and(is_role_question)
    }

    fn call(&self, callee: Callee, arguments: &[Argument], truth: bool) -> Implied {
        let nothing = Some(BTreeSet::new());
        let name = match callee {
            Callee::Method { name, .. } | Callee::Static { name, .. } => self.fixed(name),
            Callee::Function(name) => Some(self.text(name.fallback.unwrap_or(name.name))),
            _ => None,
        };
        match (name, callee) {
            // `Response::deny()` answers no.
            (Some("deny" | "denyAsNotFound" | "denyWithStatus"), Callee::Static { .. }) => (!truth).then(BTreeSet::new),
            (Some("in_array"), Callee::Function(_)) if truth => {
                let column = arguments.first().and_then(|value| self.column(value.value));
                let list = arguments.get(1).and_then(|list| self.own_rows(list.value));
                let found = column.filter(|column| list.as_ref().is_some_and(|list| self.leads_to(column, list)));
                Some(found.into_iter().map(|column| column.name).collect())
            }
            (Some("is" | "contains"), Callee::Method { receiver, .. }) if truth => {
                let Some(given) = arguments.last() else { return nothing };
                let column = self.compared(receiver, given.value).or_else(|| self.compared(given.value, receiver));
                Some(column.into_iter().collect())
            }
            // `Gate::forUser($user)->allows('view-folder', $folder)`
            (Some("allows" | "check" | "can"), _) if truth && arguments.get(1).is_some_and(|row| self.is_row(row.value)) => {
                Some(arguments.first().and_then(|ability| self.ability(ability.value)).unwrap_or_default())
            }
            // `$user->belongsToCompany($customer->company_id)`
            (Some(name), Callee::Method { receiver, .. }) if truth && self.is_user(receiver) => {
                let column = arguments.first().and_then(|given| self.column(given.value));
                let list = self.membership(name);
                let found = column.filter(|column| list.as_ref().is_some_and(|list| self.leads_to(column, list)));
                Some(found.into_iter().map(|column| column.name).collect())
            }
            (Some(name), Callee::Method { receiver, .. }) if self.is_variable(receiver, "this") => {
                self.helper(name, arguments, truth).unwrap_or(nothing)
            }
            _ => nothing,
        }
    }

    /// What another ability guarantees about the same row.
    fn ability(&self, name: ExprId) -> Option<BTreeSet<Arc<str>>> {
        let (name, model) = (self.string(name)?, self.row_model().filter(|_| self.depth < DEPTH)?);
        let guarantee = guarantee_at(self.project, &model.name, name, self.depth + 1);
        self.passes_role.set(self.passes_role.get() || guarantee.role.is_some());
        Some(guarantee.columns)
    }

    /// `$this->sameCompany($user, $customer)`
    fn helper(&self, name: &str, arguments: &[Argument], truth: bool) -> Option<Implied> {
        if !truth || self.depth >= DEPTH {
            return None;
        }
        let class = self.index.body_class(self.body)?;
        let method = self.index.find_method(class, name)?;
        let place =
            |wanted: Option<usize>| arguments.iter().position(|given| self.parameter(given.value) == wanted && wanted.is_some());
        let (row, user) = (place(self.row), place(self.user));
        row.is_some().then(|| {
            let body = self.index.method_body(method);
            let reader = Reader {
                project: self.project,
                index: self.index,
                body,
                row,
                user,
                depth: self.depth + 1,
                passes_role: Cell::new(false),
            };
            let implied = reader.function();
            self.passes_role.set(self.passes_role.get() || reader.passes_role.get());
            implied
        })
    }

    /// Where a method of the user looks its argument up.
    fn membership(&self, name: &str) -> Option<Among> {
        let method = self.index.find_method(self.index.user_model()?, name)?;
        membership(self.project, self.index.method_body(method))
    }

    /// The column of the row, or of the row that it belongs to, where the other side is the same of the user's; the whole
    /// row where it is the user's own.
    fn compared(&self, side: ExprId, other: ExprId) -> Option<Arc<str>> {
        let column = self.column(side)?;
        let own = self.own_value(other).or_else(|| self.own_rows(other))?;
        if self.is_users(&column, &own) {
            return Some(WHOLE_ROW.into());
        }
        self.leads_to(&column, &own).then(|| Arc::clone(&column.name))
    }

    /// `$note->user_id === $user->id`
    fn is_users(&self, column: &ColumnOf<'_>, own: &Among) -> bool {
        let Some(user) = self.index.user_model().and_then(|user| self.index.model(user)) else { return false };
        let is_key = matches!(own, Among::Column(of_user) if **of_user == *user.primary_key);
        let owner = column.model.and_then(|model| self.index.parent_by(model, &column.name));
        is_key && owner.is_some_and(|owner| owner.name == user.name)
    }

    /// True where a column of the row holds what was found among the user's own.
    fn leads_to(&self, column: &ColumnOf<'_>, own: &Among) -> bool {
        let is_key = column.model.is_some_and(|model| model.primary_key == *column.name);
        match own {
            Among::Column(of_user) => {
                **of_user == *column.name || is_key && column.model.is_some_and(|model| self.points_to(of_user, model))
            }
            Among::RowsOf(class) => column.model.is_some_and(|model| {
                is_key && model.name == **class
                    || model.relations.values().any(|relation| {
                        relation.foreign_key.as_deref() == Some(&*column.name) && relation.related.as_deref() == Some(class)
                    })
            }),
        }
    }

    /// True for a foreign key of the user that leads to rows of a model.
    fn points_to(&self, column: &str, model: &Model) -> bool {
        let user = self.index.user_model().and_then(|user| self.index.model(user));
        let mut relations = user.into_iter().flat_map(|user| user.relations.values());
        relations.any(|relation| {
            relation.kind == RelationKind::BelongsTo
                && relation.foreign_key.as_deref() == Some(column)
                && relation.related.as_deref() == Some(&*model.name)
        })
    }

    /// A column of the user, or the key of a row that a relation of the user leads to; the user stands for their key.
    fn own_value(&self, expr: ExprId) -> Option<Among> {
        let code = self.index.body(self.body);
        if self.is_user(expr) {
            let user = self.index.model(self.index.user_model()?)?;
            return Some(Among::Column(user.primary_key.as_str().into()));
        }
        if let Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } = code.expr(expr) {
            // `$user->companyId()` is the user's `company_id`.
            let named =
                self.fixed(*name).filter(|name| name.ends_with("Id") && arguments.is_empty() && self.is_user(*receiver))?;
            let plain = named.strip_prefix("get").or_else(|| named.strip_prefix("current")).unwrap_or(named);
            return Some(Among::Column(snake(plain).into()));
        }
        let Expr::Property { receiver, name, .. } = code.expr(expr) else { return None };
        let name = self.fixed(*name)?;
        if self.is_user(*receiver) {
            return self.own_relation(name).or_else(|| Some(Among::Column(name.into())));
        }
        self.own_rows(*receiver).filter(|_| name == "id")
    }

    /// The rows that a relation of the user leads to, as a chain keeps them or their keys.
    fn own_rows(&self, expr: ExprId) -> Option<Among> {
        match self.index.body(self.body).expr(expr) {
            Expr::Property { receiver, name, .. } => self.own_relation(self.fixed(*name)?).filter(|_| self.is_user(*receiver)),
            Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } => {
                let name = self.fixed(*name)?;
                if self.is_user(*receiver) {
                    return self.own_relation(name);
                }
                let own = self.own_rows(*receiver)?;
                match name {
                    "pluck" => {
                        let column = self.string(arguments.first()?.value)?;
                        let column = column.rsplit('.').next().unwrap_or(column);
                        Some(if column == "id" { own } else { Among::Column(column.into()) })
                    }
                    "get" | "all" | "toArray" | "values" | "first" | "modelKeys" | "ids" => Some(own),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn own_relation(&self, name: &str) -> Option<Among> {
        let user = self.index.model(self.index.user_model()?)?;
        user.relations.get(name)?.related.as_deref().map(|class| Among::RowsOf(class.into()))
    }

    fn row_model(&self) -> Option<&Model> {
        let hint = self.index.signature(self.body)?.parameters.get(self.row?)?.hint.as_ref()?;
        let TypeHint::Named(class) = hint else { return None };
        self.index.model_named(self.index.hir(self.body.file).text(*class))
    }

    fn string(&self, expr: ExprId) -> Option<&str> {
        match self.index.body(self.body).expr(expr) {
            Expr::Literal(Literal::String(text)) => Some(self.text(*text)),
            _ => None,
        }
    }

    /// `company_id` of `$customer->company_id` and of `$customer->company->id`, of `$visit->customer->company_id`, too; the
    /// foreign key of `$customer->company`.
    fn column(&self, expr: ExprId) -> Option<ColumnOf<'_>> {
        let code = self.index.body(self.body);
        let Expr::Property { receiver, name, .. } = code.expr(expr) else { return None };
        let name = self.fixed(*name)?;
        let key_of =
            |model: Option<&Model>, relation: &str| model?.relations.get(relation)?.foreign_key.as_deref().map(Arc::<str>::from);
        if let Expr::Property { receiver: inner, name: relation, .. } = code.expr(*receiver)
            && name == "id"
        {
            let RowOf { model } = self.row_of(*inner)?;
            return Some(ColumnOf { model, name: key_of(model, self.fixed(*relation)?)? });
        }
        let RowOf { model } = self.row_of(*receiver)?;
        Some(ColumnOf { model, name: key_of(model, name).unwrap_or_else(|| name.into()) })
    }

    /// The row, or a row that it belongs to.
    fn row_of(&self, expr: ExprId) -> Option<RowOf<'_>> {
        if self.is_row(expr) {
            return Some(RowOf { model: self.row_model() });
        }
        let Expr::Property { receiver, name, .. } = self.index.body(self.body).expr(expr) else { return None };
        let relation = self.row_of(*receiver)?.model?.relations.get(self.fixed(*name)?)?;
        let owner = self.index.model_named(relation.related.as_deref()?)?;
        (relation.kind == RelationKind::BelongsTo).then_some(RowOf { model: Some(owner) })
    }

    fn is_user(&self, expr: ExprId) -> bool {
        if self.user.is_some() && self.parameter(expr) == self.user {
            return true;
        }
        let code = self.index.body(self.body);
        // `auth()->user()`, `Auth::user()`
        match code.expr(expr) {
            Expr::Call { callee: Callee::Method { name, .. } | Callee::Static { name, .. }, .. } => {
                self.fixed(*name) == Some("user")
            }
            _ => false,
        }
    }

    fn is_row(&self, expr: ExprId) -> bool {
        self.row.is_some() && self.parameter(expr) == self.row
    }

    /// The position of the parameter that an expression is.
    fn parameter(&self, expr: ExprId) -> Option<usize> {
        let Expr::Variable(name) = self.index.body(self.body).expr(expr) else { return None };
        self.index.signature(self.body)?.parameters.iter().position(|parameter| parameter.name == *name)
    }

    fn is_variable(&self, expr: ExprId, name: &str) -> bool {
        matches!(self.index.body(self.body).expr(expr), Expr::Variable(found) if self.text(*found) == name)
    }

    fn fixed(&self, name: MemberName) -> Option<&str> {
        match name.kind {
            MemberNameKind::Fixed(name) => Some(self.text(name)),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    fn text(&self, symbol: Symbol) -> &str {
        self.index.hir(self.body.file).text(symbol)
    }
}

/// Both hold; a path that cannot be taken stays so.
fn both(left: Implied, right: Implied) -> Implied {
    let mut left = left?;
    left.extend(right?);
    Some(left)
}

/// One of both holds.
fn either(left: Implied, right: Implied) -> Implied {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.intersection(&right).cloned().collect()),
        (only, None) | (None, only) => only,
    }
}

/// A question about loaded rows: to a policy, or to a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// What holds where the answer is yes.
    pub(super) columns: Vec<(Entry, Arc<str>)>,
    /// Where users of a role pass without the comparison.
    pub(super) role: Option<Location>,
    /// Who knows the answer: a policy, or the values of a list.
    pub(super) with: ComparedWith,
    /// What the answer has to be; none where a `no` is an exception.
    pub(super) answer: Option<bool>,
}

/// `$this->authorize('view', $customer)`, `$user->can('view', $customer)`, `Gate::denies('view', $customer)`
pub(super) fn asked(machine: &QueryMachine<'_>, event: &QueryEvent<'_>) -> Option<Asked> {
    let (first, answer) = match event.name? {
        "authorize" => (0, None),
        "authorizeForUser" => (1, None),
        "can" | "allows" | "check" => (0, Some(true)),
        "cannot" | "cant" | "denies" => (0, Some(false)),
        _ => return None,
    };
    let ability = event.arguments.get(first)?.value.text()?.to_owned();
    let row = event.arguments.get(first + 1)?;
    let model = machine.types(row.expr).classes().next()?;
    let guarantee = guarantee(machine.project, model, &ability);
    let entries = row.value.fact.rows.iter();
    let columns = entries.flat_map(|entry| guarantee.columns.iter().map(|column| (entry.clone(), Arc::clone(column)))).collect();
    Some(Asked { columns, role: guarantee.role, with: ComparedWith::Policy, answer })
}
