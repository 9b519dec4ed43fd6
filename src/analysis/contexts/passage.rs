//! What holds behind a middleware of the project, read from its code: is somebody logged in wherever it passes the
//! request on, and which values of the request name a tenant that the user belongs to?

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::membership::{
    Among, Member, Membership, Told, chosen, equal, of_callers, of_user, own_key, own_rows, relation, substitute, told,
    value_of_caller,
};
use super::roles::role_asked;
use crate::finding::Location;
use crate::flow::{
    CallEvent, Client, Condition, Machine, Origin, Origins, ParameterAt, Project, Root, State, Summaries, Summary, Types, Value,
    actual_of, analyse,
};
use crate::hir::{BinaryOp, Expr, ExprId};
use crate::index::{BodyKey, ConstantKey, Locals};
use crate::specs::MiddlewareKind;

/// What holds where a request is passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Passed {
    /// Somebody is logged in.
    pub(super) user: bool,
    /// Values that are among the user's own: of the request, or of a parameter.
    pub(super) members: BTreeSet<Member>,
    /// Questions about the user's role that were answered with a yes.
    pub(super) roles: BTreeSet<Arc<str>>,
    /// Values that are among those of an owner that only a caller knows.
    pub(super) memberships: BTreeSet<Membership>,
}

impl Passed {
    fn meet(&mut self, other: &Self) -> bool {
        let size = |passed: &Self| (passed.user, passed.members.len(), passed.roles.len(), passed.memberships.len());
        let before = size(self);
        self.memberships.retain(|membership| other.memberships.contains(membership));
        self.user &= other.user;
        self.members.retain(|member| other.members.contains(member));
        self.roles.retain(|role| other.roles.contains(role));
        before != size(self)
    }

    fn add(&mut self, other: &Self) {
        self.user |= other.user;
        self.members.extend(other.members.iter().cloned());
        self.roles.extend(other.roles.iter().cloned());
        self.memberships.extend(other.memberships.iter().cloned());
    }

    /// Somebody is logged in.
    fn by_user() -> Self {
        Self { user: true, ..Self::default() }
    }

    /// These values are among those of their owners, the user among them.
    fn by_memberships(memberships: &BTreeSet<Membership>) -> Self {
        Self { members: of_user(memberships), memberships: memberships.clone(), ..Self::default() }
    }

    /// The same in the terms of a caller.
    fn of_caller(&self, event: &CallEvent<'_, Told>) -> Self {
        let memberships = of_callers(event, &self.memberships);
        let mut members = substitute(event, &self.members);
        members.extend(of_user(&memberships));
        Self { members, memberships, ..self.clone() }
    }
}

/// What a function asks and finds about values of the request and of its parameters.
#[derive(Debug, Default)]
pub(super) struct Checks {
    /// Values that it holds against the user's own; none where the function could not be read.
    asked: Option<BTreeSet<Origin>>,
    /// Values that are the user's own wherever it ends.
    pub(super) members: BTreeSet<Member>,
}

impl Checks {
    /// False for a value that the function holds against nothing of the user's.
    pub(super) fn may_ask(&self, value: &Origin) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.contains(value))
    }
}

/// What holds at a point; none where the point cannot be reached.
#[derive(Clone, Debug, PartialEq)]
struct Held(Option<Passed>);

impl Default for Held {
    fn default() -> Self {
        Self(Some(Passed::default()))
    }
}

/// Where the function passes the request on.
#[derive(Clone, Debug, Default, PartialEq)]
struct Passing {
    /// What holds at every such place; none where there is none.
    passed: Option<Passed>,
    /// What holds where the function ends.
    end: Option<Passed>,
    /// Values that are held against the user's own somewhere.
    asked: BTreeSet<Origin>,
    /// What every answer says that may be a yes; none where all are a no.
    answers: Option<BTreeSet<Membership>>,
}

#[derive(Clone, Debug, PartialEq)]
struct PassageClient;

/// The parameter that passes the request on: `handle($request, $next)`.
const NEXT: u16 = 1;
/// Functions behind the middleware that are followed.
const DEPTH: usize = 8;

impl Client for PassageClient {
    type Fact = Told;
    type Store = Held;
    type Effects = Passing;

    fn join_stores(&self, into: &mut Held, from: &Held) -> bool {
        match (&mut into.0, &from.0) {
            (_, None) => false,
            (None, Some(_)) => {
                into.0.clone_from(&from.0);
                true
            }
            (Some(into), Some(from)) => into.meet(from),
        }
    }

    fn widen_stores(&self, _previous: &Held, _next: &mut Held) {}

    fn parameter(&self, _machine: &Machine<'_, Self>, _store: &mut Held, _parameter: ParameterAt, _types: &Types) -> Told {
        Told::default()
    }

    fn this(&self, _machine: &Machine<'_, Self>, _store: &mut Held) -> Option<Told> {
        None
    }

    fn call(&self, machine: &mut Machine<'_, Self>, state: &mut State<Self>, event: &CallEvent<'_, Told>) -> Option<Value<Told>> {
        if event.name.is_none() && event.receiver.is_some_and(is_next) {
            pass(machine, &state.store, &Passed::default());
            return Some(Value::unknown());
        }
        if event.arguments.iter().any(|given| is_next(&given.value)) && passes_to_package(machine, event) {
            pass(machine, &state.store, &Passed::by_user());
            return Some(Value::unknown());
        }
        if logs_in(event) {
            hold(&mut state.store, &Passed::by_user());
        }
        machine.effects.asked.extend(rows_asked_about(event));
        if let Some(held) = &mut state.store.0 {
            merge(held, event);
        }
        if let Some(slot) = written_slot(event) {
            let given = event.arguments.get(1).map(|given| &given.value);
            if let Some(held) = &mut state.store.0 {
                replace(held, slot, given);
            }
        }
        if let Some(value) = relation(machine.project.index, machine.class(), event) {
            return Some(value);
        }
        let told = found_by_closure(machine, state, event).or_else(|| told(machine.project.index, event))?;
        if matches!(event.name, Some("findOrFail" | "firstOrFail" | "sole")) {
            hold(&mut state.store, &Passed::by_memberships(&told.memberships));
        }
        let origins = event.receiver.map_or_else(Origins::unknown, |receiver| receiver.origins.member("row", None));
        Some(Value { fact: told, ..Value::from_origins(origins) })
    }

    fn enter(
        &self,
        machine: &mut Machine<'_, Self>,
        state: &mut State<Self>,
        event: &CallEvent<'_, Told>,
        summary: &Summary<Self>,
    ) -> Value<Told> {
        if event.arguments.iter().any(|given| is_next(&given.value))
            && let Some(passed) = &summary.effects.passed
        {
            pass(machine, &state.store, &passed.of_caller(event));
        }
        machine.effects.asked.extend(summary.effects.asked.iter().filter_map(|value| value_of_caller(event, value)));
        match &summary.effects.end {
            Some(end) => hold(&mut state.store, &end.of_caller(event)),
            None => state.store.0 = None,
        }
        let mut value = summary.returns.substitute(&|origin| actual_of(event, origin), &|value| value.fact.of_caller(event));
        // Of the answers only those count that may be a yes.
        if let Some(answers) = &summary.effects.answers {
            value.fact.memberships.extend(of_callers(event, answers));
        }
        value
    }

    fn escape(&self, _machine: &mut Machine<'_, Self>, _state: &mut State<Self>, _event: &CallEvent<'_, Told>) {}

    fn property(
        &self,
        machine: &mut Machine<'_, Self>,
        _state: &mut State<Self>,
        (receiver, types): (&Value<Told>, &Types),
        name: &str,
        _at: (ExprId, Location),
    ) -> Option<Told> {
        // `$user->companies->first()->id`: the key of a row says which row it is.
        if let Some(own @ (_, Among::RowsOf(class))) = &receiver.fact.own {
            let is_key = machine.project.index.model_named(class).is_some_and(|model| model.primary_key == name);
            return is_key.then(|| Told { own: Some(own.clone()), ..Told::default() });
        }
        let own = own_rows(machine.project.index, machine.class(), (receiver, types), name)?;
        Some(Told { own: Some(own), ..Told::default() })
    }

    fn assigned(
        &self,
        _machine: &mut Machine<'_, Self>,
        _object: (&Value<Told>, &Types),
        _name: &str,
        _value: &Value<Told>,
        _at: (ExprId, Location),
    ) {
    }

    fn copy(&self, _machine: &mut Machine<'_, Self>, _state: &mut State<Self>, value: &Value<Told>, _expr: ExprId) -> Told {
        value.fact.clone()
    }

    fn leave(&self, machine: &mut Machine<'_, Self>, state: &State<Self>, value: &Value<Told>) {
        if !machine.recording || value.truth() == Some(false) {
            return;
        }
        // What holds on the way there holds with the answer.
        let held = state.store.0.iter().flat_map(|held| &held.memberships);
        let said: BTreeSet<Membership> = value.fact.memberships.iter().chain(held).cloned().collect();
        match &mut machine.effects.answers {
            Some(answers) => answers.retain(|membership| said.contains(membership)),
            None => machine.effects.answers = Some(said),
        }
    }

    fn assume(&self, machine: &mut Machine<'_, Self>, state: &mut State<Self>, condition: &Condition<'_, Told>) {
        if !condition.holds && asks_for_table(machine, condition.expr) {
            state.store.0 = None;
            return;
        }
        let code = machine.project.index.body(machine.body);
        let is_something = condition.holds != matches!(code.expr(condition.expr), Expr::Empty(_));
        let is_presence = |origin: &Origin| match &origin.root {
            Root::UserPresence(present) => *present == condition.holds,
            Root::User => is_something && condition.operands.is_none(),
            _ => false,
        };
        if !condition.value.origins.is_empty() && condition.value.origins.all(is_presence) {
            hold(&mut state.store, &Passed::by_user());
        }
        let memberships = &condition.value.fact.memberships;
        machine.effects.asked.extend(memberships.iter().map(|membership| membership.value.clone()));
        if condition.holds {
            hold(&mut state.store, &Passed::by_memberships(memberships));
            let asks_user = condition.value.origins.any(|origin| origin.root == Root::User)
                || condition
                    .operands
                    .is_some_and(|sides| sides.iter().any(|side| side.origins.any(|origin| origin.root == Root::User)));
            let role = role_asked(machine.project, machine.body, condition.expr).filter(|_| asks_user);
            hold(&mut state.store, &Passed { roles: role.into_iter().collect(), ..Passed::default() });
        }
        assume_comparison(machine, state, condition);
    }

    fn comparison(&self, machine: &Machine<'_, Self>, operator: BinaryOp, (left, right): (&Value<Told>, &Value<Told>)) -> Told {
        match operator {
            BinaryOp::Equal | BinaryOp::Identical => {
                Told { memberships: equal(machine.project.index, left, right), ..Told::default() }
            }
            _ => Told::default(),
        }
    }

    fn abandon(&self, effects: &mut Passing) {
        effects.passed = Some(Passed::default());
        effects.end = Some(Passed::default());
        effects.answers = Some(BTreeSet::new());
    }

    fn finish(&self, machine: &mut Machine<'_, Self>, store: &Held, _returned: &Value<Told>) {
        machine.effects.end.clone_from(&store.0);
    }
}

/// `$user === null`, `$request->header('tenant') == $user->tenant_id`
fn assume_comparison(
    machine: &mut Machine<'_, PassageClient>,
    state: &mut State<PassageClient>,
    condition: &Condition<'_, Told>,
) {
    let Some([left, right]) = condition.operands else { return };
    let code = machine.project.index.body(machine.body);
    let Expr::Binary(operator, ..) = code.expr(condition.expr) else { return };
    let are_equal = matches!(operator, BinaryOp::Equal | BinaryOp::Identical) == condition.holds;
    for (one, other) in [(left, right), (right, left)] {
        let is_user = !one.origins.is_empty() && one.origins.all(|origin| origin.root == Root::User);
        if is_user && other.is_null() && !are_equal {
            hold(&mut state.store, &Passed::by_user());
        }
    }
    let memberships = equal(machine.project.index, left, right);
    machine.effects.asked.extend(of_user(&memberships).into_iter().map(|member| member.value));
    if are_equal {
        hold(&mut state.store, &Passed::by_memberships(&memberships));
    }
}

/// `$user->companies->contains(fn ($own) => $own->id === $company->id)`: one of the user's own rows is it.
fn found_by_closure(
    machine: &mut Machine<'_, PassageClient>,
    state: &State<PassageClient>,
    event: &CallEvent<'_, Told>,
) -> Option<Told> {
    let own = event.receiver.filter(|_| matches!(event.name, Some("contains" | "first" | "firstWhere")))?.fact.own.clone()?;
    let [closure] = event.arguments.first()?.value.closures.as_slice() else { return None };
    let item = Value { fact: Told { own: Some(own), ..Told::default() }, ..Value::unknown() };
    let [left, right] = machine.compared_by(state, closure, &[item])?;
    let found = [(&left, &right), (&right, &left)].into_iter().filter_map(|(one, other)| {
        let (owner, among) = one.fact.own.clone()?;
        Some(Membership { value: chosen(&other.origins)?, owner, among })
    });
    let memberships: BTreeSet<Membership> = found.collect();
    (!memberships.is_empty()).then(|| Told { memberships, ..Told::default() })
}

/// True for the parameter that passes the request on.
fn is_next(value: &Value<Told>) -> bool {
    value.origins.iter().any(|origin| origin.root == Root::Parameter(NEXT) && origin.path.is_empty())
}

fn pass(machine: &mut Machine<'_, PassageClient>, store: &Held, more: &Passed) {
    let Some(held) = &store.0 else { return };
    if !machine.recording {
        return;
    }
    let mut held = held.clone();
    held.add(more);
    match &mut machine.effects.passed {
        Some(passed) => {
            passed.meet(&held);
        }
        None => machine.effects.passed = Some(held),
    }
}

fn hold(store: &mut Held, more: &Passed) {
    if let Some(held) = &mut store.0 {
        held.add(more);
    }
}

/// `parent::handle($request, $next)` of a class that authenticates.
fn passes_to_package(machine: &Machine<'_, PassageClient>, event: &CallEvent<'_, Told>) -> bool {
    let Some(symbol) = event.call.symbol.as_deref() else { return false };
    let class = symbol.split_once("::").map_or(symbol, |(class, _)| class);
    machine.project.specs.middleware().kind(class) == Some(MiddlewareKind::Authenticates)
}

/// The values by which rows were found whose keys a call holds against the user:
/// `in_array($company->id, $user->companies->pluck('id')->all())`.
fn rows_asked_about(event: &CallEvent<'_, Told>) -> Vec<Origin> {
    let given = event.arguments.iter().map(|given| &given.value);
    let is_users = |value: &Value<Told>| value.origins.all(|origin| origin.root == Root::User);
    let is_asked = match (event.name, event.receiver) {
        (Some("in_array"), None) => given.clone().any(is_users),
        // `$user->belongsToCompany($company->id)`, `$user->companies->contains($company->id)`
        (Some(_), Some(receiver)) => is_users(receiver),
        _ => false,
    };
    if !is_asked {
        return Vec::new();
    }
    let found_by = |origin: &Origin| {
        let (key, path) = origin.path.split_last()?;
        let is_chosen = matches!(origin.root, Root::Request | Root::Parameter(_));
        (is_chosen && matches!(&**key, "id" | "uuid" | "getKey()")).then(|| Origin {
            path: path.to_vec(),
            column_of: None,
            ..origin.clone()
        })
    };
    given.flat_map(|value| value.origins.iter()).filter_map(found_by).collect()
}

/// A call that logs somebody in, or fails.
/// `laravel/framework:src/Illuminate/Auth/SessionGuard.php (login, loginUsingId)`, `GuardHelpers.php (authenticate, setUser)`
fn logs_in(event: &CallEvent<'_, Told>) -> bool {
    let is_guard = event.call.symbol.as_deref().is_some_and(|symbol| {
        let class = symbol.split_once("::").map_or("", |(class, _)| class);
        class.starts_with("Illuminate\\") && class.contains("Auth")
    });
    let authenticates = matches!(event.name, Some("authenticate" | "login" | "setUser"));
    is_guard && authenticates
}

/// The value of the request that a call replaces: `$request->headers->set('tenant', …)`.
fn written_slot(event: &CallEvent<'_, Told>) -> Option<Origin> {
    let receiver = event.receiver?;
    let bag = receiver.origins.iter().find(|origin| origin.root == Root::Request)?;
    let key = event.arguments.first()?.value.text()?;
    let request = Origin::of(Root::Request);
    match (event.name?, bag.last()) {
        ("set", Some("headers")) => Some(request.member("header()", None).member(key, None)),
        ("set", Some("cookies")) => Some(request.member("cookie()", None).member(key, None)),
        ("set" | "add", Some("query" | "request")) | ("offsetSet", _) => Some(request.member(key, None)),
        _ => None,
    }
}

/// `$request->merge(['tenant' => …])`
fn merge(held: &mut Passed, event: &CallEvent<'_, Told>) {
    let is_request = event
        .receiver
        .is_some_and(|receiver| receiver.origins.all(|origin| origin.root == Root::Request && origin.path.is_empty()));
    let is_merge = matches!(event.name, Some("merge" | "replace" | "mergeIfMissing"));
    let Some(shape) = event.arguments.first().and_then(|given| given.value.shape.as_ref()).filter(|_| is_request && is_merge)
    else {
        return;
    };
    for (key, value) in &shape.items {
        if let ConstantKey::String(key) = key {
            let given = (event.name != Some("mergeIfMissing")).then_some(value);
            replace(held, Origin::of(Root::Request).member(key, None), given);
        }
    }
}

/// A value of the request is replaced: it names what is put there from now on.
fn replace(held: &mut Passed, slot: Origin, given: Option<&Value<Told>>) {
    held.members.retain(|member| member.value != slot);
    if let Some((_, among)) = given.and_then(own_key).filter(|(owner, _)| owner.is_user()) {
        held.members.insert(Member { value: slot, among });
    }
}

/// `Schema::hasTable('memberships')` where migrations make that table.
fn asks_for_table(machine: &Machine<'_, PassageClient>, expr: ExprId) -> bool {
    let index = machine.project.index;
    let call = machine.project.resolution.body(machine.body).call(expr);
    let is_question = call.and_then(|call| call.symbol.as_deref()).is_some_and(|symbol| symbol.ends_with("Schema::hasTable"));
    let Expr::Call { arguments, .. } = index.body(machine.body).expr(expr) else { return false };
    let table = arguments.first().and_then(|table| index.constant_with(machine.body, table.value, None, &Locals::new()));
    is_question && table.as_ref().and_then(|table| table.as_str()).is_some_and(|table| index.tables().contains_key(table))
}

/// Summaries made when they are asked for.
struct OnDemand<'p> {
    project: Project<'p>,
    known: Mutex<FxHashMap<BodyKey, Option<Arc<Summary<PassageClient>>>>>,
    depth: Mutex<usize>,
}

impl Summaries<PassageClient> for OnDemand<'_> {
    fn get(&self, key: BodyKey) -> Option<Arc<Summary<PassageClient>>> {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        {
            let mut depth = self.depth.lock().unwrap_or_else(PoisonError::into_inner);
            if *depth >= DEPTH {
                return None;
            }
            *depth += 1;
        }
        // In work: a recursion finds nothing.
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, None);
        let summary = Arc::new(analyse(self.project, &PassageClient, self, key));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Some(Arc::clone(&summary)));
        *self.depth.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        Some(summary)
    }
}

/// Judges middleware by its code.
pub(super) struct PassageReader<'p> {
    summaries: OnDemand<'p>,
}

impl<'p> PassageReader<'p> {
    pub(super) fn new(project: Project<'p>) -> Self {
        Self { summaries: OnDemand { project, known: Mutex::default(), depth: Mutex::new(0) } }
    }

    /// Where a method of an object looks its first argument up, if it answers yes only for what it finds there.
    pub(super) fn membership(&self, method: BodyKey) -> Option<Among> {
        let summary = self.summaries.get(method)?;
        let of_this = summary.effects.answers.iter().flatten().find(|membership| {
            membership.owner.value == Origin::of(Root::This) && membership.value == Origin::of(Root::Parameter(0))
        });
        of_this.map(|membership| membership.among.clone())
    }

    /// What an ability's code has found wherever it says yes, in terms of its parameters. The user is its first one.
    pub(super) fn granted(&self, code: BodyKey) -> BTreeSet<Membership> {
        let Some(summary) = self.summaries.get(code) else { return BTreeSet::new() };
        summary.effects.answers.iter().flatten().cloned().collect()
    }

    /// What a function asks and finds about values of the request and of its parameters.
    pub(super) fn checks(&self, function: BodyKey) -> Checks {
        let Some(summary) = self.summaries.get(function) else { return Checks::default() };
        let members = summary.effects.end.as_ref().map(|passed| passed.members.clone()).unwrap_or_default();
        Checks { asked: Some(summary.effects.asked.clone()), members }
    }

    /// What holds wherever the code passes the request on; none where it never does.
    pub(super) fn passed(&self, handle: BodyKey) -> Option<Passed> {
        self.summaries.get(handle)?.effects.passed.clone()
    }
}
