//! Call resolution: which code and which framework symbol each call may reach.
//!
//! A function is read together with the closures inside it, without regard to the order of
//! statements: a variable has the union of the types assigned to it. What the types leave open stays
//! open; nothing is guessed from a method's name.

use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::hints::{HintReader, builder_type, is_collection};
use super::types::{Type, Types};
use crate::finding::FileId;
use crate::hir::{
    Argument, ArrayItem, BinaryOp, Body, BodyId, BodyKind, Callee, CastKind, ClassRef, Expr, ExprId, FileHir, Literal,
    MemberName, MemberNameKind, Statement, Symbol, UnaryOp,
};
use crate::index::{BodyKey, ClassKey, Index, MethodRef, RelationKind};
use crate::specs::{CollectionMethod, QueryMethodKind, Returns, Specs};

/// What a call may reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Code of the project, sorted.
    pub targets: Vec<BodyKey>,
    /// The framework's or a package's symbol, `Class::method` or `function`.
    pub symbol: Option<Arc<str>>,
    /// The model whose builder the call opens or extends.
    pub model: Option<Arc<str>>,
    /// The local scope among the targets is called through a builder.
    pub is_scope: bool,
    /// A relation method of a loaded row.
    pub relation: Option<Arc<str>>,
    /// The receiver or the callee could not be resolved.
    pub unresolved: bool,
}

/// The types of a body's expressions, and its calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyTypes {
    types: Vec<Types>,
    /// In order of the expressions.
    calls: Vec<(ExprId, Call)>,
}

impl BodyTypes {
    /// The types of an expression.
    #[must_use]
    pub fn of(&self, expr: ExprId) -> &Types {
        &self.types[expr.0 as usize]
    }

    /// What a call may reach.
    #[must_use]
    pub fn call(&self, expr: ExprId) -> Option<&Call> {
        let place = self.calls.binary_search_by_key(&expr, |(at, _)| *at).ok()?;
        self.calls.get(place).map(|(_, call)| call)
    }

    /// The calls in order.
    pub fn calls(&self) -> impl Iterator<Item = (ExprId, &Call)> {
        self.calls.iter().map(|(expr, call)| (*expr, call))
    }
}

/// The types and calls of every body of a project.
#[derive(Debug, Default)]
pub struct Resolution {
    files: Vec<Vec<BodyTypes>>,
    empty: BodyTypes,
}

/// What the first round learnt about code without type hints.
#[derive(Debug, Default)]
struct Learnt {
    returns: BTreeMap<BodyKey, Types>,
    properties: BTreeMap<(ClassKey, String), Types>,
}

/// What a file would have liked to learn from others.
#[derive(Debug, Default)]
struct Asked {
    returns: BTreeSet<BodyKey>,
    properties: BTreeSet<(ClassKey, String)>,
}

impl Asked {
    /// True where the answers would be others now.
    fn is_answered_by(&self, learnt: &Learnt) -> bool {
        self.returns.iter().any(|key| learnt.returns.get(key).is_some_and(|types| !types.is_unknown()))
            || self.properties.iter().any(|key| learnt.properties.contains_key(key))
    }
}

/// A file after a round.
#[derive(Debug, Default)]
struct FileRound {
    bodies: Vec<BodyTypes>,
    learnt: Learnt,
    asked: Asked,
}

impl Resolution {
    /// Resolves the calls of a project in two rounds: the second knows what functions without a
    /// declared type return and what constructors put into untyped properties. It visits only the
    /// files that asked for such a fact.
    #[must_use]
    pub fn build(index: &Index, specs: &Specs) -> Self {
        let nothing = Learnt::default();
        let ids: Vec<FileId> = index.files().map(|(id, _)| id).collect();
        let mut files: Vec<FileRound> =
            ids.par_iter().with_max_len(1).map(|file| resolve_file(index, specs, &nothing, *file)).collect();
        let mut learnt = Learnt {
            returns: files.iter_mut().flat_map(|file| std::mem::take(&mut file.learnt.returns)).collect(),
            ..Learnt::default()
        };
        for (key, types) in files.iter_mut().flat_map(|file| std::mem::take(&mut file.learnt.properties)) {
            learnt.properties.entry(key).or_insert_with(Types::none).join(&types);
        }
        files.par_iter_mut().zip(ids).with_max_len(1).for_each(|(round, file)| {
            if round.asked.is_answered_by(&learnt) {
                round.bodies = Vec::new();
                round.bodies = resolve_file(index, specs, &learnt, file).bodies;
            }
        });
        Self { files: files.into_iter().map(|round| round.bodies).collect(), empty: BodyTypes::default() }
    }

    /// The types and calls of a body.
    #[must_use]
    pub fn body(&self, key: BodyKey) -> &BodyTypes {
        self.files.get(key.file.0 as usize).and_then(|file| file.get(key.body.0 as usize)).unwrap_or(&self.empty)
    }

    /// What a call may reach.
    #[must_use]
    pub fn call(&self, key: BodyKey, expr: ExprId) -> Option<&Call> {
        self.body(key).call(expr)
    }
}

fn resolve_file(index: &Index, specs: &Specs, learnt: &Learnt, file: FileId) -> FileRound {
    let hir = index.hir(file);
    let mut resolver = FileResolver {
        index,
        specs,
        learnt,
        hir,
        file,
        bodies: hir.bodies.iter().map(|_| BodyTypes::default()).collect(),
        done: vec![false; hir.bodies.len()],
        out: Learnt::default(),
        asked: RefCell::default(),
    };
    for (id, body) in hir.bodies() {
        if !matches!(body.kind, BodyKind::Closure { .. }) {
            resolver.function(id);
        }
    }
    // Closures in initializers and in code that was never reached.
    for (id, _) in hir.bodies() {
        if !resolver.done[id.0 as usize] {
            resolver.body(id, &mut Variables::default(), &[]);
        }
    }
    FileRound { bodies: resolver.bodies, learnt: resolver.out, asked: resolver.asked.into_inner() }
}

type Variables = FxHashMap<Symbol, Types>;

struct FileResolver<'p> {
    index: &'p Index,
    specs: &'p Specs,
    learnt: &'p Learnt,
    hir: &'p FileHir,
    file: FileId,
    bodies: Vec<BodyTypes>,
    done: Vec<bool>,
    out: Learnt,
    asked: RefCell<Asked>,
}

impl<'p> FileResolver<'p> {
    fn key(&self, body: BodyId) -> BodyKey {
        BodyKey { file: self.file, body }
    }

    fn class_of(&self, body: &Body) -> Option<ClassKey> {
        body.class.map(|class| ClassKey { file: self.file, class })
    }

    fn hints(&self, class: Option<ClassKey>) -> HintReader<'p> {
        HintReader { index: self.index, hir: self.hir, class }
    }

    fn function(&mut self, id: BodyId) {
        self.body(id, &mut Variables::default(), &[]);
        let body = self.hir.body(id);
        let mut returned = Types::none();
        let mut returns_value = false;
        for statement in &body.statements {
            if let Statement::Return(Some(value)) = statement {
                returned.join(self.bodies[id.0 as usize].of(*value));
                returns_value = true;
            }
        }
        if returns_value {
            self.out.returns.insert(self.key(id), returned);
        }
    }

    /// Types the expressions of a body; `given` are the types that a caller knows for its parameters.
    fn body(&mut self, id: BodyId, variables: &mut Variables, given: &[Types]) {
        let hir = self.hir;
        let body = hir.body(id);
        let class = self.class_of(body);
        self.done[id.0 as usize] = true;
        self.bind_parameters(id, class, variables, given);
        for (_, name, hint) in &body.doc_variables {
            let types = self.hints(class).read(hint);
            if !types.is_unknown() {
                variables.insert(*name, types);
            }
        }
        // What a loop assigns late is read early in its next round.
        let rounds = usize::from(has_loop(body));
        for round in 0..=rounds {
            self.bodies[id.0 as usize] = BodyTypes { types: vec![Types::none(); body.exprs.len()], calls: Vec::new() };
            for (expr, _) in body.exprs() {
                let types = self.expr(id, expr, class, variables, round == rounds);
                self.bodies[id.0 as usize].types[expr.0 as usize] = types;
            }
            for statement in &body.statements {
                self.bind_statement(id, class, statement, variables);
            }
        }
        for value in &body.exprs {
            if let Expr::Closure(closure) = value
                && !self.done[closure.0 as usize]
            {
                self.closure(*closure, variables, &[]);
            }
        }
    }

    fn closure(&mut self, closure: BodyId, variables: &Variables, given: &[Types]) -> Types {
        let mut inner = variables.clone();
        self.body(closure, &mut inner, given);
        let body = self.hir.body(closure);
        let mut returned = Types::none();
        for statement in &body.statements {
            if let Statement::Return(Some(value)) = statement {
                returned.join(self.bodies[closure.0 as usize].of(*value));
            }
        }
        returned
    }

    fn bind_parameters(&self, id: BodyId, class: Option<ClassKey>, variables: &mut Variables, given: &[Types]) {
        let body = self.hir.body(id);
        if let Some(class) = class {
            let this = self.hir.bodies.first().map(|_| self.index.class_name(class));
            if let (Some(this), Some(symbol)) = (this, self.this_symbol(body)) {
                variables.entry(symbol).or_insert_with(|| Types::instance(this));
            }
        }
        let Some(signature) = self.index.signature(self.key(id)) else { return };
        let scope_model = self.scope_model(id, class);
        for (position, parameter) in signature.parameters.iter().enumerate() {
            let mut types = self.hints(class).read_both(parameter.hint.as_ref(), parameter.doc_type.as_ref());
            if let Some(known) = given.get(position)
                && !known.is_unknown()
                && !matches!(types.iter().next(), Some(Type::Instance(_)))
            {
                types = known.clone();
            }
            if position == 0
                && let Some(model) = &scope_model
            {
                types = Types::one(Type::Query(Some(Arc::clone(model))));
            }
            if parameter.variadic {
                types = types.many();
            }
            variables.insert(parameter.name, types);
        }
    }

    fn this_symbol(&self, body: &Body) -> Option<Symbol> {
        body.exprs.iter().find_map(|expr| match expr {
            Expr::Variable(name) if self.hir.text(*name) == "this" => Some(*name),
            _ => None,
        })
    }

    /// The model of a local scope's first parameter.
    fn scope_model(&self, id: BodyId, class: Option<ClassKey>) -> Option<Arc<str>> {
        let class = class?;
        let BodyKind::Method(_, index) = self.hir.body(id).kind else { return None };
        let method = &self.index.class(class).methods[index as usize];
        let name = self.hir.text(method.name);
        let is_scope = name.len() > 5 && name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("scope"))
            || method.attributes.iter().any(|attribute| {
                self.hir.text(attribute.name.name).eq_ignore_ascii_case("Illuminate\\Database\\Eloquent\\Attributes\\Scope")
            });
        (is_scope && self.index.is_model(class)).then(|| self.index.class_name(class).into())
    }

    fn bind_statement(&mut self, id: BodyId, class: Option<ClassKey>, statement: &Statement, variables: &mut Variables) {
        match statement {
            Statement::Foreach { subject, value, .. } => {
                let elements = self.bodies[id.0 as usize].of(*subject).elements();
                self.assign(id, class, *value, &elements, variables);
            }
            Statement::Try { catches, .. } => {
                for clause in catches {
                    let Some(variable) = clause.variable else { continue };
                    let types: Types = clause.types.iter().map(|name| Type::Instance(self.hir.text(name.name).into())).collect();
                    variables.entry(variable).or_insert_with(Types::none).join(&types);
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, id: BodyId, class: Option<ClassKey>, target: ExprId, types: &Types, variables: &mut Variables) {
        let hir = self.hir;
        let body = hir.body(id);
        match body.expr(target) {
            Expr::Variable(name) => variables.entry(*name).or_insert_with(Types::none).join(types),
            Expr::Property { receiver, name, .. } => {
                if let (Expr::Variable(this), MemberNameKind::Fixed(property), Some(class)) =
                    (body.expr(*receiver), name.kind, class)
                    && hir.text(*this) == "this"
                    && !types.is_unknown()
                {
                    let key = (class, hir.text(property).to_owned());
                    self.out.properties.entry(key).or_insert_with(Types::none).join(types);
                }
            }
            Expr::Array(items) => {
                let elements = types.elements();
                for item in items.iter().filter_map(|item| item.value) {
                    self.assign(id, class, item, &elements, variables);
                }
            }
            _ => {}
        }
    }

    fn expr(&mut self, id: BodyId, expr: ExprId, class: Option<ClassKey>, variables: &mut Variables, last: bool) -> Types {
        let hir = self.hir;
        let body = hir.body(id);
        let of = |resolver: &Self, expr: ExprId| resolver.bodies[id.0 as usize].of(expr).clone();
        match body.expr(expr) {
            Expr::Literal(Literal::Null) => Types::one(Type::Null),
            Expr::Literal(Literal::String(text)) => self.class_string(hir.text(*text)),
            Expr::Literal(_)
            | Expr::Interpolation(_)
            | Expr::Concat(_)
            | Expr::Isset(_)
            | Expr::Empty(_)
            | Expr::Cast(CastKind::Int | CastKind::Float | CastKind::String | CastKind::Bool, _) => Types::one(Type::Scalar),
            Expr::Variable(name) => variables.get(name).cloned().unwrap_or_else(Types::unknown),
            Expr::Array(items) => self.array(id, items),
            Expr::Binary(BinaryOp::Coalesce, left, right) => joined(&of(self, *left), &of(self, *right)),
            Expr::Binary(..) => Types::one(Type::Scalar),
            Expr::Unary(UnaryOp::Clone | UnaryOp::Silence, operand) => of(self, *operand),
            Expr::Unary(..) => Types::one(Type::Scalar),
            Expr::Assign { target, value, .. } => {
                let types = of(self, *value);
                self.assign(id, class, *target, &types, variables);
                types
            }
            Expr::CompoundAssign(BinaryOp::Coalesce, target, value) => {
                let types = of(self, *value);
                self.assign(id, class, *target, &types, variables);
                joined(&of(self, *target), &types)
            }
            Expr::Ternary(condition, then, otherwise) => joined(&of(self, then.unwrap_or(*condition)), &of(self, *otherwise)),
            Expr::Match(_, arms) => {
                let mut types = Types::none();
                arms.iter().for_each(|arm| types.join(&of(self, arm.result)));
                types
            }
            Expr::Property { receiver, name, .. } => self.property(&of(self, *receiver), *name),
            Expr::StaticProperty(named, name) => {
                let owner = self.class_ref(id, class, *named);
                self.static_property(&owner, *name)
            }
            Expr::ClassConstant(named, name) => self.class_constant(id, class, *named, *name, expr),
            Expr::Index(base, _) => of(self, *base).elements(),
            Expr::Closure(_) => Types::one(Type::Closure),
            Expr::InstanceOf(operand, named) => {
                if let Expr::Variable(name) = body.expr(*operand) {
                    let narrowed = self.class_ref(id, class, *named);
                    let variable = variables.entry(*name).or_insert_with(Types::none);
                    if variable.is_unknown() {
                        variable.join(&narrowed);
                    }
                }
                Types::one(Type::Scalar)
            }
            Expr::Call { callee, arguments, first_class } => {
                let (call, types) = self.call(id, class, *callee, arguments, variables, last);
                self.bodies[id.0 as usize].calls.push((expr, call));
                if *first_class { Types::one(Type::Closure) } else { types }
            }
            _ => Types::unknown(),
        }
    }

    /// A string that names a class of the project stands for it.
    fn class_string(&self, text: &str) -> Types {
        let looks_qualified = text.contains('\\');
        match self.index.resolve_class(text).filter(|_| looks_qualified) {
            Some(class) => Types::one(Type::ClassName(self.index.class_name(class).into())),
            None => Types::one(Type::Scalar),
        }
    }

    fn array(&self, id: BodyId, items: &[ArrayItem]) -> Types {
        let mut elements = Types::none();
        for item in items {
            let Some(value) = item.value else { continue };
            let types = self.bodies[id.0 as usize].of(value);
            if item.spread {
                elements.join(&types.elements());
            } else {
                elements.join(types);
            }
        }
        if elements.is_unknown() || elements.iter().all(|one| *one == Type::Scalar) {
            Types::one(Type::Array)
        } else {
            elements.many()
        }
    }

    /// The instance types of a class reference.
    fn class_ref(&self, id: BodyId, class: Option<ClassKey>, named: ClassRef) -> Types {
        match named {
            ClassRef::Named(name) => {
                let name = self.hir.text(name.name);
                let name = if self.index.resolve_class(name).is_none() { self.specs.alias(name).unwrap_or(name) } else { name };
                match self.index.resolve_class(name) {
                    Some(class) => Types::instance(self.index.class_name(class)),
                    None => Types::instance(name),
                }
            }
            ClassRef::SelfClass | ClassRef::StaticClass => {
                class.map_or_else(Types::unknown, |class| Types::instance(self.index.class_name(class)))
            }
            ClassRef::ParentClass => class
                .and_then(|class| self.index.class(class).parent)
                .map_or_else(Types::unknown, |parent| Types::instance(self.hir.text(parent.name))),
            ClassRef::Dynamic(expr) => {
                let types = self.bodies[id.0 as usize].of(expr);
                let instances: Types =
                    types.class_names().chain(types.classes()).map(|class| Type::Instance(Arc::clone(class))).collect();
                if instances.is_unknown() { Types::unknown() } else { instances }
            }
            ClassRef::Anonymous(anonymous) => {
                Types::instance(self.index.class_name(ClassKey { file: self.file, class: anonymous }))
            }
        }
    }

    fn property(&self, receiver: &Types, name: MemberName) -> Types {
        let MemberNameKind::Fixed(name) = name.kind else { return Types::unknown() };
        let name = self.hir.text(name);
        let mut types = Types::none();
        for class in receiver.classes() {
            types.join(&self.property_of(class, name));
        }
        if types.is_unknown() { Types::unknown() } else { types }
    }

    fn property_of(&self, class: &str, name: &str) -> Types {
        let Some(key) = self.index.resolve_class(class) else { return Types::unknown() };
        if let Some((declaring, property)) = self.index.find_property(key, name) {
            let reader = HintReader { index: self.index, hir: self.index.hir(declaring.file), class: Some(declaring) };
            let types = reader.read_both(property.hint.as_ref(), property.doc_type.as_ref());
            if !types.is_unknown() {
                return types;
            }
            let key = (declaring, name.to_owned());
            if let Some(learnt) = self.learnt.properties.get(&key) {
                return learnt.clone();
            }
            self.asked.borrow_mut().properties.insert(key);
            return self.default_class_name(declaring, property);
        }
        if let Some((declaring, doc)) = self.index.doc_property(key, name) {
            return HintReader { index: self.index, hir: self.index.hir(declaring.file), class: Some(declaring) }.read(doc);
        }
        let relation = self.index.model(key).and_then(|model| model.relations.get(name));
        relation.map_or_else(Types::unknown, relation_value)
    }

    /// `protected $model = Customer::class`
    fn default_class_name(&self, declaring: ClassKey, property: &crate::hir::Property) -> Types {
        let value = property.default.and_then(|default| self.index.constant_value(declaring.file, default, Some(declaring)));
        match value {
            Some(crate::index::Constant::Class(name)) => Types::one(Type::ClassName(name.as_str().into())),
            Some(crate::index::Constant::String(text)) => self.class_string(&text),
            _ => Types::unknown(),
        }
    }

    fn static_property(&self, owner: &Types, name: MemberName) -> Types {
        self.property(owner, name)
    }

    fn class_constant(&self, id: BodyId, class: Option<ClassKey>, named: ClassRef, name: MemberName, expr: ExprId) -> Types {
        let MemberNameKind::Fixed(constant) = name.kind else { return Types::unknown() };
        if self.hir.text(constant).eq_ignore_ascii_case("class") {
            return self.class_ref(id, class, named).classes().map(|class| Type::ClassName(Arc::clone(class))).collect();
        }
        let value = self.index.constant_value(self.file, crate::hir::ExprRef { body: id, expr }, class);
        match value {
            Some(crate::index::Constant::Class(name)) => Types::one(Type::ClassName(name.as_str().into())),
            Some(_) => Types::one(Type::Scalar),
            None => self.class_ref(id, class, named),
        }
    }

    fn call(
        &mut self,
        id: BodyId,
        class: Option<ClassKey>,
        callee: Callee,
        arguments: &[Argument],
        variables: &Variables,
        last: bool,
    ) -> (Call, Types) {
        let (call, mut types) = match callee {
            Callee::Function(name) => self.function_call(id, name, arguments),
            Callee::Value(value) => self.value_call(id, value),
            Callee::Method { receiver, name, .. } => self.method_call(id, receiver, name, arguments),
            Callee::Static { class: named, name } => self.static_call(id, class, named, name, arguments),
            Callee::New(named) => self.instantiation(id, class, named),
        };
        let given = self.callback_parameters(id, callee, &call, arguments);
        // Once for each closure: a second round over nested closures would cost 2^depth.
        if last {
            let bound = self.macro_variables(callee, variables);
            let variables = bound.as_ref().unwrap_or(variables);
            for argument in arguments {
                if let Some(returned) = self.callback(id, argument.value, &given, variables)
                    && matches!(callee, Callee::Method { name, .. } if self.fixed_name(name).is_some_and(is_mapping))
                {
                    types = returned.many();
                }
            }
        }
        (call, types)
    }

    /// In a macro of a builder `$this` is the builder.
    fn macro_variables(&self, callee: Callee, variables: &Variables) -> Option<Variables> {
        let Callee::Static { class: ClassRef::Named(named), name } = callee else { return None };
        let kind = builder_type(self.index, self.hir.text(named.name))?;
        if !self.fixed_name(name).is_some_and(|name| name.eq_ignore_ascii_case("macro")) {
            return None;
        }
        let mut bound = variables.clone();
        let this = self.hir.bodies.iter().find_map(|body| self.this_symbol(body))?;
        bound.insert(this, Types::one(kind));
        Some(bound)
    }

    fn fixed_name(&self, name: MemberName) -> Option<&'p str> {
        match name.kind {
            MemberNameKind::Fixed(name) => Some(self.hir.text(name)),
            MemberNameKind::Dynamic(_) => None,
        }
    }

    fn callback(&mut self, id: BodyId, value: ExprId, given: &Callback, variables: &Variables) -> Option<Types> {
        let hir = self.hir;
        match hir.body(id).expr(value) {
            Expr::Closure(closure) => Some(self.closure(*closure, variables, &given.positional)),
            Expr::Array(items) => {
                for item in items {
                    let Some(Expr::Closure(closure)) = item.value.map(|value| hir.body(id).expr(value)) else { continue };
                    let key = item.key.and_then(|key| self.string_literal(id, key));
                    let types = key.and_then(|key| given.by_relation.as_ref().map(|model| self.relation_query(model, key)));
                    self.closure(*closure, variables, types.as_slice());
                }
                None
            }
            _ => None,
        }
    }

    fn string_literal(&self, id: BodyId, expr: ExprId) -> Option<&'p str> {
        match self.hir.body(id).expr(expr) {
            Expr::Literal(Literal::String(text)) => Some(self.hir.text(*text)),
            _ => None,
        }
    }

    /// The builder type of a relation path (`appointments.staff as x`) of a model.
    fn relation_query(&self, model: &str, path: &str) -> Types {
        let mut class: Arc<str> = model.into();
        for step in path.split(" as ").next().unwrap_or(path).split('.') {
            let name = step.split(':').next().unwrap_or(step);
            let related = self
                .index
                .resolve_class(&class)
                .and_then(|key| self.index.model(key))
                .and_then(|model| model.relations.get(name))
                .and_then(|relation| relation.related.as_deref());
            match related {
                Some(related) => class = related.into(),
                None => return Types::one(Type::Query(None)),
            }
        }
        Types::one(Type::Query(Some(class)))
    }

    /// What the framework gives to the closures among a call's arguments.
    fn callback_parameters(&self, id: BodyId, callee: Callee, call: &Call, arguments: &[Argument]) -> Callback {
        let receiver = match callee {
            Callee::Method { receiver, .. } => self.bodies[id.0 as usize].of(receiver).clone(),
            Callee::Static { .. } => call.model.iter().map(|model| Type::Query(Some(Arc::clone(model)))).collect(),
            _ => return self.function_callback(id, callee, arguments),
        };
        let (Callee::Method { name, .. } | Callee::Static { name, .. }) = callee else { return Callback::default() };
        let Some(name) = self.fixed_name(name) else { return Callback::default() };
        if name.eq_ignore_ascii_case("addGlobalScope") {
            let model = self.bodies_class(id);
            return Callback { positional: vec![Types::one(Type::Query(model))], by_relation: None };
        }
        let query = receiver.iter().find(|one| matches!(one, Type::Query(_) | Type::TableQuery));
        let query = query.cloned().or_else(|| call.model.as_ref().map(|model| Type::Query(Some(Arc::clone(model)))));
        if let (Some(query), Some(method)) = (query, self.specs.query_method(name)) {
            let first = arguments.first().and_then(|argument| self.string_literal(id, argument.value));
            return self.builder_callback(&query, method.kind, first);
        }
        let elements = receiver.elements();
        if receiver.iter().any(|one| matches!(one, Type::Many(_))) {
            let positional = if name.eq_ignore_ascii_case("reduce") { vec![Types::unknown(), elements] } else { vec![elements] };
            return Callback { positional, by_relation: None };
        }
        Callback::default()
    }

    fn bodies_class(&self, id: BodyId) -> Option<Arc<str>> {
        self.class_of(self.hir.body(id)).map(|class| self.index.class_name(class).into())
    }

    fn builder_callback(&self, query: &Type, kind: QueryMethodKind, first: Option<&str>) -> Callback {
        let model = match query {
            Type::Query(model) => model.clone(),
            _ => None,
        };
        let row = || model.as_ref().map_or_else(Types::unknown, |model| Types::instance(model));
        let positional = match kind {
            QueryMethodKind::WhereHas | QueryMethodKind::WhereDoesntHave | QueryMethodKind::WhereRelation => {
                match (&model, first) {
                    (Some(model), Some(path)) => vec![self.relation_query(model, path)],
                    _ => vec![Types::one(Type::Query(None))],
                }
            }
            QueryMethodKind::WhereHasMorph => vec![Types::one(Type::Query(None))],
            QueryMethodKind::WhereExists | QueryMethodKind::Join | QueryMethodKind::OuterJoin | QueryMethodKind::WhereIn => {
                vec![Types::one(Type::TableQuery)]
            }
            QueryMethodKind::RunEach => vec![row()],
            QueryMethodKind::RunChunk => vec![row().many()],
            QueryMethodKind::EagerLoad => {
                return Callback { positional: vec![Types::one(Type::Query(None))], by_relation: model };
            }
            _ => vec![Types::one(query.clone())],
        };
        Callback { positional, by_relation: model }
    }

    fn function_callback(&self, id: BodyId, callee: Callee, arguments: &[Argument]) -> Callback {
        let Callee::Function(name) = callee else { return Callback::default() };
        let name = self.hir.text(name.fallback.unwrap_or(name.name));
        let list = match name.to_ascii_lowercase().as_str() {
            "array_map" => arguments.get(1),
            "array_filter" | "array_walk" | "usort" | "uasort" | "tap" => arguments.first(),
            _ => None,
        };
        let Some(list) = list else { return Callback::default() };
        let types = self.bodies[id.0 as usize].of(list.value);
        let positional = if name.eq_ignore_ascii_case("tap") { types.clone() } else { types.elements() };
        Callback { positional: vec![positional], by_relation: None }
    }

    fn function_call(&self, id: BodyId, name: crate::hir::FunctionName, arguments: &[Argument]) -> (Call, Types) {
        if let Some(function) = self.index.function(self.hir, &name) {
            let target = self.index.function_body(function);
            let types = self.returned(target, None);
            return (Call { targets: vec![target], ..Call::default() }, types);
        }
        let symbol = self.hir.text(name.fallback.unwrap_or(name.name));
        let types = self.symbol_type(id, symbol, arguments);
        let types = if types.is_unknown() { self.native_type(id, symbol, arguments) } else { types };
        (Call { symbol: Some(symbol.into()), ..Call::default() }, types)
    }

    fn native_type(&self, id: BodyId, symbol: &str, arguments: &[Argument]) -> Types {
        let argument =
            |position: usize| arguments.get(position).map(|argument| self.bodies[id.0 as usize].of(argument.value).clone());
        match symbol.to_ascii_lowercase().as_str() {
            "tap" | "array_filter" | "array_values" | "array_reverse" | "array_slice" | "array_unique" | "collect"
            | "optional" | "array_merge" => argument(0).unwrap_or_else(Types::unknown),
            "reset" | "end" | "current" | "array_pop" | "array_shift" | "head" | "last" => {
                argument(0).map_or_else(Types::unknown, |types| types.elements())
            }
            "get_class" => argument(0)
                .map_or_else(Types::unknown, |types| types.classes().map(|class| Type::ClassName(Arc::clone(class))).collect()),
            _ => Types::unknown(),
        }
    }

    /// The type of a framework call by the specs.
    fn symbol_type(&self, id: BodyId, symbol: &str, arguments: &[Argument]) -> Types {
        match self.specs.returned_class(symbol, !arguments.is_empty()) {
            Some("{0}") => {
                let first = arguments.first().map(|argument| self.bodies[id.0 as usize].of(argument.value));
                first.map_or_else(Types::unknown, |types| {
                    let named: Types = types.class_names().map(|class| Type::Instance(Arc::clone(class))).collect();
                    if named.is_unknown() { Types::unknown() } else { named }
                })
            }
            Some("{user}") => self.user_type(),
            Some(class) => Types::instance(class),
            None => Types::unknown(),
        }
    }

    fn user_type(&self) -> Types {
        self.index.user_model().map_or_else(Types::unknown, |class| Types::instance(self.index.class_name(class)))
    }

    fn value_call(&self, id: BodyId, value: ExprId) -> (Call, Types) {
        let types = self.bodies[id.0 as usize].of(value);
        let mut call = Call { unresolved: true, ..Call::default() };
        let mut returned = Types::none();
        for class in types.classes() {
            let method = self.index.resolve_class(class).and_then(|class| self.index.find_method(class, "__invoke"));
            if let Some(method) = method {
                call.targets.push(self.index.method_body(method));
                call.unresolved = false;
                returned.join(&self.returned_by_method(method, class));
            }
        }
        if types.iter().any(|one| *one == Type::Closure) {
            call.unresolved = false;
        }
        (call, if returned.is_unknown() { Types::unknown() } else { returned })
    }

    fn instantiation(&self, id: BodyId, class: Option<ClassKey>, named: ClassRef) -> (Call, Types) {
        let types = self.class_ref(id, class, named);
        let mut call = Call { unresolved: types.is_unknown(), ..Call::default() };
        for class in types.classes() {
            match self.index.resolve_class(class).and_then(|class| self.index.find_method(class, "__construct")) {
                Some(constructor) => call.targets.push(self.index.method_body(constructor)),
                None => call.symbol = Some(format!("{class}::__construct").into()),
            }
        }
        (call, types)
    }

    fn static_call(
        &self,
        id: BodyId,
        class: Option<ClassKey>,
        named: ClassRef,
        name: MemberName,
        arguments: &[Argument],
    ) -> (Call, Types) {
        let owner = self.class_ref(id, class, named);
        let Some(name) = self.fixed_name(name) else {
            return (Call { unresolved: true, model: self.only_model(&owner), ..Call::default() }, Types::unknown());
        };
        let mut call = Call { unresolved: owner.is_unknown(), ..Call::default() };
        let mut types = Types::none();
        for class in owner.classes() {
            types.join(&self.member_call(id, class, name, arguments, true, &mut call));
        }
        call.targets.sort_unstable();
        call.targets.dedup();
        (call, if types.is_unknown() { Types::unknown() } else { types })
    }

    fn only_model(&self, owner: &Types) -> Option<Arc<str>> {
        owner.classes().find(|class| self.index.resolve_class(class).is_some_and(|key| self.index.is_model(key))).cloned()
    }

    fn method_call(&self, id: BodyId, receiver: ExprId, name: MemberName, arguments: &[Argument]) -> (Call, Types) {
        let receiver = self.bodies[id.0 as usize].of(receiver).clone();
        let Some(name) = self.fixed_name(name) else {
            return (
                Call { unresolved: true, ..Call::default() },
                if has_query(&receiver) { receiver } else { Types::unknown() },
            );
        };
        let mut call = Call::default();
        let mut types = Types::none();
        let mut is_known = false;
        for one in receiver.iter() {
            match one {
                Type::Instance(class) => types.join(&self.member_call(id, class, name, arguments, false, &mut call)),
                Type::Query(model) => types.join(&self.query_call(model.as_ref(), name, &mut call)),
                Type::TableQuery => types.join(&self.table_query_call(name)),
                Type::Many(element) => types.join(&self.collection_call(element, name)),
                Type::Closure | Type::Array | Type::Scalar | Type::ClassName(_) => {}
                Type::Null => continue,
            }
            is_known = true;
        }
        call.unresolved |= !is_known;
        call.targets.sort_unstable();
        call.targets.dedup();
        (call, if types.is_unknown() { Types::unknown() } else { types })
    }

    /// A method of a class: code of the project, a forward to a model's builder, or a framework symbol.
    fn member_call(
        &self,
        id: BodyId,
        class: &Arc<str>,
        name: &str,
        arguments: &[Argument],
        is_static: bool,
        call: &mut Call,
    ) -> Types {
        let Some(key) = self.index.resolve_class(class) else {
            return self.external_call(id, class, name, arguments, call);
        };
        if let Some(method) = self.index.find_method(key, name) {
            return self.project_call(key, class, method, call);
        }
        if self.index.is_model(key) {
            return self.model_call(class, name, is_static, call);
        }
        let implementations = self.implementations(key, name);
        if !implementations.is_empty() {
            let mut types = Types::none();
            for method in implementations {
                call.targets.push(self.index.method_body(method));
                types.join(&self.returned_by_method(method, class));
            }
            return types;
        }
        match self.index.external_parent(key) {
            Some(parent) => {
                let parent: Arc<str> = parent.into();
                self.external_call(id, &parent, name, arguments, call)
            }
            None => {
                call.symbol = Some(format!("{class}::{name}").into());
                Types::unknown()
            }
        }
    }

    fn project_call(&self, key: ClassKey, class: &Arc<str>, method: MethodRef, call: &mut Call) -> Types {
        let declared = self.index.method(method);
        let mut types = self.returned_by_method(method, class);
        if declared.is_abstract {
            for implementation in self.implementations(key, self.index.hir(method.declaring.file).text(declared.name)) {
                call.targets.push(self.index.method_body(implementation));
                if types.is_unknown() {
                    types = self.returned_by_method(implementation, class);
                }
            }
        } else {
            call.targets.push(self.index.method_body(method));
        }
        let name = self.index.hir(method.declaring.file).text(declared.name);
        if let Some(relation) = self.index.model(key).and_then(|model| model.relations.get(name)) {
            call.relation = Some(name.into());
            return Types::one(Type::Query(relation.related.as_deref().map(Arc::from)));
        }
        types
    }

    /// Methods of that name in the classes below an interface or abstract class.
    fn implementations(&self, key: ClassKey, name: &str) -> Vec<MethodRef> {
        let below = self.index.descendants(key).iter();
        let mut methods: Vec<MethodRef> = below
            .filter_map(|class| self.index.find_method(*class, name))
            .filter(|method| !self.index.method(*method).is_abstract)
            .collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    fn external_call(&self, id: BodyId, class: &Arc<str>, name: &str, arguments: &[Argument], call: &mut Call) -> Types {
        let symbol: Arc<str> = format!("{class}::{name}").into();
        let types = self.symbol_type(id, &symbol, arguments);
        let opens_table = self
            .specs
            .entry(&symbol)
            .is_some_and(|(kind, _)| matches!(kind, crate::specs::EntryKind::Table | crate::specs::EntryKind::Query));
        call.symbol = Some(symbol);
        if opens_table {
            return Types::one(Type::TableQuery);
        }
        if builder_type(self.index, class).is_some() {
            return Types::one(Type::Query(None));
        }
        if is_collection(self.index, class) {
            return Types::one(Type::Array);
        }
        types
    }

    /// A method that a model does not declare: its builder's, or the framework model's own.
    fn model_call(&self, class: &Arc<str>, name: &str, is_static: bool, call: &mut Call) -> Types {
        let model = Some(Arc::clone(class));
        if !is_static && is_row_method(name) {
            call.symbol = Some(format!("Illuminate\\Database\\Eloquent\\Model::{name}").into());
            return if is_row_copy(name) { Types::instance(class) } else { Types::unknown() };
        }
        if RelationKind::of_method(&name.to_ascii_lowercase()).is_some() {
            // The relation of a model that its method declares; a query on that model, never on this one.
            return Types::one(Type::Query(None));
        }
        call.model.clone_from(&model);
        if self.specs.entry(name).is_some_and(|(kind, _)| kind == crate::specs::EntryKind::Model) {
            return Types::one(Type::Query(model));
        }
        let types = self.query_call(model.as_ref(), name, call);
        let is_builders =
            is_static || !call.targets.is_empty() || self.specs.query_method(name).is_some() || starts_with_where(name);
        if !is_builders {
            // A method of a package's trait, most likely: `$user->currentAccessToken()`.
            call.model = None;
            return Types::unknown();
        }
        types
    }

    /// A method of a model's builder.
    fn query_call(&self, model: Option<&Arc<str>>, name: &str, call: &mut Call) -> Types {
        call.model = model.cloned();
        let key = model.and_then(|model| self.index.resolve_class(model));
        if let Some(facts) = key.and_then(|key| self.index.model(key)) {
            if let Some(builder) = facts.builder.as_deref().and_then(|builder| self.index.resolve_class(builder))
                && let Some(method) = self.index.find_method(builder, name)
            {
                call.targets.push(self.index.method_body(method));
                return Types::one(Type::Query(model.cloned()));
            }
            if let Some(scope) = facts.local_scopes.get(&name.to_ascii_lowercase()) {
                call.targets.push(self.index.method_body(*scope));
                call.is_scope = true;
                let returned = self.returned_by_method(*scope, model.map_or("", |model| model));
                let ends_query = returned.iter().any(|one| matches!(one, Type::Many(_) | Type::Instance(_) | Type::Array));
                return if ends_query && !has_query(&returned) { returned } else { Types::one(Type::Query(model.cloned())) };
            }
        }
        let Some(method) = self.specs.query_method(name) else {
            return if starts_with_where(name) || model.is_none() || key.is_some() {
                Types::one(Type::Query(model.cloned()))
            } else {
                Types::unknown()
            };
        };
        let row = || model.map_or_else(Types::unknown, |model| Types::instance(model));
        match (method.kind, method.returns) {
            (QueryMethodKind::ToBase | QueryMethodKind::GetQuery, _) => Types::one(Type::Query(model.cloned())),
            (QueryMethodKind::Inspect, _)
                if matches!(name.to_ascii_lowercase().as_str(), "getmodel" | "make" | "getrelated" | "newmodelinstance") =>
            {
                row()
            }
            (_, Returns::Query) => Types::one(Type::Query(model.cloned())),
            (_, Returns::Row) => row(),
            (_, Returns::Rows) => row().many(),
            (_, Returns::Number | Returns::Boolean) => Types::one(Type::Scalar),
            (_, Returns::Value | Returns::Nothing) => Types::unknown(),
        }
    }

    fn table_query_call(&self, name: &str) -> Types {
        match self.specs.query_method(name).map(|method| method.returns) {
            Some(Returns::Query) => Types::one(Type::TableQuery),
            Some(Returns::Rows) => Types::one(Type::Array),
            Some(Returns::Number | Returns::Boolean) => Types::one(Type::Scalar),
            None if starts_with_where(name) => Types::one(Type::TableQuery),
            _ => Types::unknown(),
        }
    }

    fn collection_call(&self, element: &Type, name: &str) -> Types {
        match self.specs.collection_method(name) {
            Some(CollectionMethod::Element) => Types::one(element.clone()),
            Some(CollectionMethod::Same) => Types::one(Type::Many(Box::new(element.clone()))),
            Some(CollectionMethod::Groups) => Types::one(Type::Many(Box::new(Type::Many(Box::new(element.clone()))))),
            None => Types::unknown(),
        }
    }

    fn returned_by_method(&self, method: MethodRef, class: &str) -> Types {
        self.returned(self.index.method_body(method), Some(class))
    }

    /// What a function returns: as declared, else as the first round saw it.
    fn returned(&self, body: BodyKey, called_on: Option<&str>) -> Types {
        let Some(signature) = self.index.signature(body) else { return Types::unknown() };
        let class = self.index.body(body).class.map(|class| ClassKey { file: body.file, class });
        let called = called_on.and_then(|class| self.index.resolve_class(class));
        let hir = self.index.hir(body.file);
        let reader = HintReader { index: self.index, hir, class: called.or(class) };
        let declared = reader.read_both(signature.return_hint.as_ref(), signature.doc_return.as_ref());
        let vague =
            declared.is_unknown() || declared.iter().all(|one| matches!(one, Type::Array | Type::Query(None) | Type::Null));
        if !vague {
            return declared;
        }
        match self.learnt.returns.get(&body) {
            Some(learnt) if !learnt.is_unknown() => learnt.clone(),
            _ => {
                self.asked.borrow_mut().returns.insert(body);
                declared
            }
        }
    }
}

/// What a call gives to the closures among its arguments.
#[derive(Debug, Default)]
struct Callback {
    positional: Vec<Types>,
    by_relation: Option<Arc<str>>,
}

fn joined(left: &Types, right: &Types) -> Types {
    let mut types = left.clone();
    types.join(right);
    types
}

fn has_loop(body: &Body) -> bool {
    body.statements
        .iter()
        .any(|statement| matches!(statement, Statement::Loop(..) | Statement::For { .. } | Statement::Foreach { .. }))
}

fn has_query(types: &Types) -> bool {
    types.iter().any(|one| matches!(one, Type::Query(_) | Type::TableQuery))
}

fn is_mapping(name: &str) -> bool {
    ["map", "mapwithkeys", "flatmap", "transform", "maptogroups"].contains(&name.to_ascii_lowercase().as_str())
}

fn starts_with_where(name: &str) -> bool {
    name.len() > 5 && name.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("where"))
}

/// Methods of a loaded row that the framework's model declares itself.
/// `laravel/framework:src/Illuminate/Database/Eloquent/Model.php`
fn is_row_method(name: &str) -> bool {
    const METHODS: [&str; 62] = [
        "save",
        "savequietly",
        "saveorfail",
        "update",
        "updatequietly",
        "updateorfail",
        "delete",
        "deletequietly",
        "deleteorfail",
        "forcedelete",
        "restore",
        "push",
        "pushquietly",
        "touch",
        "increment",
        "decrement",
        "fresh",
        "refresh",
        "replicate",
        "load",
        "loadmissing",
        "loadcount",
        "loadmorph",
        "loadsum",
        "loadexists",
        "fill",
        "forcefill",
        "setattribute",
        "getattribute",
        "getattributes",
        "getoriginal",
        "toarray",
        "tojson",
        "attributestoarray",
        "relationstoarray",
        "getkey",
        "getkeyname",
        "gettable",
        "getfillable",
        "isdirty",
        "isclean",
        "waschanged",
        "getchanges",
        "getdirty",
        "is",
        "isnot",
        "only",
        "except",
        "makehidden",
        "makevisible",
        "append",
        "setappends",
        "setrelation",
        "unsetrelation",
        "relationloaded",
        "getrelation",
        "trashed",
        "exists",
        "syncoriginal",
        "setraw",
        "notify",
        "can",
    ];
    METHODS.contains(&name.to_ascii_lowercase().as_str())
}

fn is_row_copy(name: &str) -> bool {
    const METHODS: [&str; 18] = [
        "fresh",
        "refresh",
        "replicate",
        "load",
        "loadmissing",
        "loadcount",
        "loadmorph",
        "loadsum",
        "loadexists",
        "fill",
        "forcefill",
        "makehidden",
        "makevisible",
        "append",
        "setappends",
        "setrelation",
        "unsetrelation",
        "setattribute",
    ];
    METHODS.contains(&name.to_ascii_lowercase().as_str())
}

/// The types of a relation read as a property.
fn relation_value(relation: &crate::index::Relation) -> Types {
    let Some(related) = relation.related.as_deref() else { return Types::unknown() };
    let row = Types::instance(related);
    match relation.kind {
        RelationKind::HasOne | RelationKind::BelongsTo | RelationKind::HasOneThrough | RelationKind::MorphOne => row,
        RelationKind::HasMany
        | RelationKind::BelongsToMany
        | RelationKind::HasManyThrough
        | RelationKind::MorphMany
        | RelationKind::MorphToMany
        | RelationKind::MorphedByMany => row.many(),
        RelationKind::MorphTo => Types::unknown(),
    }
}
