//! What values have passed before a query: rules on the request's input, by `validate()`, by a validator that was asked,
//! by a form request; and queries that throw where they find no row. A value that was found among the rows of a tenant is
//! a key of that tenant.
//!
//! Facts: `laravel/framework:src/Illuminate/Validation/Validator.php (validate, validated, fails, passes)`.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::values::ValuePlace;
use super::{RuleKind, ValidationRule};
use crate::analysis::tenancy::client::{QueryClient, QueryEvent, QueryMachine, QueryState, QueryValue, is_own_call};
use crate::analysis::tenancy::query::{Entry, Operation, Operator, Predicate, Query, Subject};
use crate::analysis::tenancy::row_check::form_requests;
use crate::analysis::tenancy::state::QueryFact;
use crate::finding::Location;
use crate::flow::{Given, Origin, Origins, Project, Root, Substitution, Summary, Value};
use crate::hir::{Expr, ExprId, Literal, Statement};
use crate::index::{BodyKey, Index};
use crate::specs::Connective;

/// A check that a value has passed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassedCheck {
    /// The rules on the request's input: the expression that gives them.
    Rules(ValuePlace),
    /// A query has found the row whose primary key the value is, and would have thrown otherwise.
    Found(Box<FoundKey>),
}

/// A key that a query has found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoundKey {
    /// The query.
    pub query: Entry,
    /// The key.
    pub value: Origin,
}

/// The checks that values have passed on every path.
pub type PassedChecks = BTreeSet<PassedCheck>;

impl PassedCheck {
    /// A key that a query has found; none for a value that may be another one when it is read again.
    pub(in crate::analysis::tenancy) fn found(query: &Query, key: &str) -> Option<Self> {
        let is_alternative = |told: &Operation| {
            matches!(told, Operation::Where(Connective::Or, ..) | Operation::Group { connective: Connective::Or, .. })
        };
        if query.operations.iter().any(is_alternative) {
            return None;
        }
        let mut values = query.operations.iter().filter_map(|told| match told {
            Operation::Where(_, Predicate::Compare(column, Operator::Equal | Operator::In, operand), _)
                if column.name.eq_ignore_ascii_case(key) && operand.constant.is_none() =>
            {
                only_stable(&operand.origins)
            }
            _ => None,
        });
        let value = values.next()?;
        Some(Self::Found(Box::new(FoundKey { query: query.entry.clone(), value })))
    }

    /// The key that a query has found.
    pub(in crate::analysis::tenancy) fn found_value(&self) -> Option<&Origin> {
        match self {
            Self::Found(found) => Some(&found.value),
            Self::Rules(_) => None,
        }
    }

    /// The property of the object at hand that a value was read from.
    fn property(&self) -> Option<&str> {
        match self {
            Self::Found(found) if found.value.root == Root::This => found.value.path.first().map(|name| &**name),
            _ => None,
        }
    }

    /// A check in the code that it calls, as a caller knows the value.
    pub(in crate::analysis::tenancy) fn of_caller(&self, actual: Substitution<'_>) -> Option<Self> {
        let Self::Found(found) = self else { return Some(self.clone()) };
        let mut value = Origins::none();
        value.insert(found.value.clone());
        let value = only_stable(&value.substitute(actual))?;
        Some(Self::Found(Box::new(FoundKey { value, ..(**found).clone() })))
    }
}

/// Brings the checks that values have passed in a callee to its caller. What is known of properties of the caller's own
/// object ends where the callee writes to them.
pub(in crate::analysis::tenancy) fn passed_by(
    machine: &mut QueryMachine<'_>,
    passed: &mut PassedChecks,
    (event, actual): (&QueryEvent<'_>, Substitution<'_>),
    summary: &Summary<QueryClient>,
) {
    let is_own = is_own_call(machine, event, summary);
    let holds =
        |check: &PassedCheck| !is_own || check.property().is_none_or(|name| !summary.effects.own_writes.contains_key(name));
    passed.retain(holds);
    passed.extend(summary.effects.passed.iter().filter(|check| holds(check)).filter_map(|check| check.of_caller(actual)));
    if is_own && machine.recording {
        for (name, rows) in &summary.effects.own_writes {
            machine.effects.own_writes.entry(Arc::clone(name)).or_default().extend(rows.iter().cloned());
        }
    }
}

/// The one source of a value, where it gives the same whenever it is read: a field of the input, an argument.
fn only_stable(origins: &Origins) -> Option<Origin> {
    let mut all = origins.iter();
    let only = all.next().filter(|_| all.next().is_none())?;
    let is_stable = match only.root {
        Root::Request => !only.path.is_empty(),
        Root::Parameter(_) => true,
        // What the object keeps stays until somebody writes it: `$this->data['project_id']`.
        Root::This => only.path.first().is_some_and(|first| !first.ends_with("()")),
        _ => false,
    };
    is_stable.then(|| only.clone())
}

/// A field that was found in a column of rows of a tenant.
#[derive(Clone, Debug, PartialEq)]
pub struct PassedField {
    /// Where the value stands in the input, without the `*` of lists.
    pub path: Vec<String>,
    /// The items of a list were looked at, and not the list.
    pub is_list: bool,
    /// The table.
    pub subject: Subject,
    /// The column.
    pub column: String,
    /// The rule, or the query.
    pub at: Location,
    /// A query has found it, and no rule.
    pub is_of_query: bool,
    /// The value itself, where it is no field of the input.
    pub found: Option<Origin>,
}

impl PassedField {
    /// The field that a rule looks up; none for a rule of another kind.
    #[must_use]
    pub fn of(name: &str, rule: &ValidationRule) -> Option<Self> {
        Some(Self {
            path: name.split('.').filter(|part| *part != "*").map(str::to_owned).collect(),
            is_list: name.ends_with(".*"),
            subject: rule.subject.clone(),
            column: rule.column.clone().filter(|_| rule.kind == RuleKind::Exists)?,
            at: rule.at,
            is_of_query: false,
            found: None,
        })
    }

    /// The key of a row that a query has found, there.
    #[must_use]
    pub fn of_row(value: &Origin, subject: Subject, column: &str, at: Location) -> Self {
        let is_input = value.root == Root::Request;
        let parts = value.path.iter().flat_map(|part| part.split('.')).filter(|_| is_input);
        Self {
            path: parts.map(str::to_owned).collect(),
            is_list: false,
            subject,
            column: column.to_owned(),
            at,
            is_of_query: true,
            found: (!is_input).then(|| value.clone()),
        }
    }

    /// True for the field's value in the input of the request, or the value that was found.
    #[must_use]
    pub fn is(&self, value: &Origin) -> bool {
        if let Some(found) = &self.found {
            return found == value;
        }
        let parts = value.path.iter().flat_map(|part| part.split('.')).filter(|part| *part != "*");
        value.root == Root::Request && parts.eq(self.path.iter().map(String::as_str))
    }
}

/// What a call says of the request's input; its value, where it is one that the framework's own code would hide.
pub(in crate::analysis::tenancy) fn call(
    machine: &QueryMachine<'_>,
    state: &mut QueryState,
    event: &QueryEvent<'_>,
) -> Option<QueryValue> {
    if let Some(rules) = made(event) {
        return Some(Value { fact: QueryFact { validators: vec![rules], ..QueryFact::default() }, ..Value::unknown() });
    }
    let (name, receiver) = (event.name?, event.receiver?);
    let place = |given: &Given<QueryFact>| ValuePlace { body: event.body, expr: given.expr };
    if let [rules] = receiver.fact.validators.as_slice() {
        match name {
            "after" | "stopOnFirstFailure" => return Some(receiver.clone()),
            "fails" | "passes" => {
                state.store.tested.insert((event.body, event.expr), (*rules, name == "passes"));
                return None;
            }
            "validate" | "validated" | "safe" => {
                state.store.passed.insert(PassedCheck::Rules(*rules));
                return Some(Value::from_origins(Origins::one(Root::Request)));
            }
            _ => return None,
        }
    }
    match (name, event.arguments) {
        ("validate", [rules, ..]) | ("validateWithBag", [_, rules, ..]) if is_input(receiver) => {
            state.store.passed.insert(PassedCheck::Rules(place(rules)));
            None
        }
        // `$this->validate($request, […])` of controllers
        ("validate", [request, rules, ..]) | ("validateWithBag", [_, request, rules, ..])
            if is_input(&request.value) && machine.class().is_some() =>
        {
            state.store.passed.insert(PassedCheck::Rules(place(rules)));
            Some(Value::from_origins(Origins::one(Root::Request)))
        }
        _ => None,
    }
}

/// `Validator::make($request->all(), […])`
fn made(event: &QueryEvent<'_>) -> Option<ValuePlace> {
    let symbol = event.call.symbol.as_deref()?;
    let makes = ["Illuminate\\Support\\Facades\\Validator::make", "Illuminate\\Validation\\Factory::make", "validator"];
    let [data, rules, ..] = event.arguments else { return None };
    (makes.contains(&symbol) && is_input(&data.value)).then_some(ValuePlace { body: event.body, expr: rules.expr })
}

/// The request, or all of its input.
fn is_input(value: &QueryValue) -> bool {
    value.origins.all(|origin| origin.root == Root::Request && origin.path.is_empty())
}

/// The rules of the form requests among a function's parameters, unless the request changes its input once more.
/// `laravel/framework:src/Illuminate/Validation/ValidatesWhenResolvedTrait.php (validateResolved)`
#[must_use]
pub(in crate::analysis::tenancy) fn of_form_requests(index: &Index, function: BodyKey) -> Vec<ValuePlace> {
    let requests = form_requests(index, function).into_iter();
    let lasting = requests.filter(|class| index.find_method(*class, "passedValidation").is_none());
    let rules = lasting.filter_map(|class| index.find_method(class, "rules"));
    rules.filter_map(|method| returned(index, index.method_body(method))).collect()
}

/// The one array that a function gives back.
fn returned(index: &Index, function: BodyKey) -> Option<ValuePlace> {
    let code = index.body(function);
    let mut all = code.statements.iter().filter_map(|statement| match statement {
        Statement::Return(Some(value)) => Some(*value),
        _ => None,
    });
    let only = all.next().filter(|value| matches!(code.expr(*value), Expr::Array(_)))?;
    all.next().is_none().then_some(ValuePlace { body: function, expr: only })
}

/// The rules that the fields of an array must pass, whatever their values are.
#[must_use]
pub(in crate::analysis::tenancy) fn rules_of<'r>(
    project: Project<'_>,
    rules: &'r [ValidationRule],
    given: ValuePlace,
) -> Vec<(String, &'r ValidationRule)> {
    let index = project.index;
    let Some(array) = array_of(project, given) else { return Vec::new() };
    let code = index.body(array.body);
    let Expr::Array(items) = code.expr(array.expr) else { return Vec::new() };
    let mut found = Vec::new();
    for item in items {
        let (Some(key), Some(value)) = (item.key, item.value) else { continue };
        let Expr::Literal(Literal::String(name)) = code.expr(key) else { continue };
        let name = index.hir(array.body.file).text(*name);
        let is_of_field = |rule: &&ValidationRule| {
            let is_it = |expr: ExprId| code.expr_span(expr) == rule.at.span;
            let is_listed = || match code.expr(value) {
                Expr::Array(listed) => listed.iter().filter_map(|one| one.value).any(is_it),
                _ => false,
            };
            rule.body == array.body && (is_it(value) || is_listed())
        };
        found.extend(rules.iter().filter(is_of_field).map(|rule| (name.to_owned(), rule)));
    }
    found
}

/// The array itself, or the one that a method of the project gives: `$request->validate($this->rules())`.
fn array_of(project: Project<'_>, given: ValuePlace) -> Option<ValuePlace> {
    match project.index.body(given.body).expr(given.expr) {
        Expr::Array(_) => Some(given),
        Expr::Call { .. } => match project.resolution.call(given.body, given.expr)?.targets.as_slice() {
            [target] => returned(project.index, *target),
            _ => None,
        },
        _ => None,
    }
}
