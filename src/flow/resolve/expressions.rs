//! The types of expressions other than calls.

use std::sync::Arc;

use super::{FileResolver, MODEL, Variables};
use crate::flow::hints::HintReader;
use crate::flow::types::{Type, Types};
use crate::hir::{ArrayItem, BinaryOp, BodyId, CastKind, ClassRef, Expr, ExprId, Literal, MemberName, MemberNameKind, UnaryOp};
use crate::index::{ClassKey, Constant, RelationKind};
use crate::specs::QueryMethodKind;

impl FileResolver<'_> {
    pub(super) fn expr(
        &mut self,
        id: BodyId,
        expr: ExprId,
        class: Option<ClassKey>,
        variables: &mut Variables,
        last: bool,
    ) -> Types {
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
    pub(super) fn class_string(&self, text: &str) -> Types {
        let named = text.contains('\\').then(|| self.index.resolve_class(text)).flatten();
        match named {
            Some(class) => Types::one(Type::ClassName(self.index.class_name(class).into())),
            None => Types::one(Type::Scalar),
        }
    }

    pub(super) fn array(&self, id: BodyId, items: &[ArrayItem]) -> Types {
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
    pub(super) fn class_ref(&self, id: BodyId, class: Option<ClassKey>, named: ClassRef) -> Types {
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
                // `class-string<Model>` names no model.
                let named = types.class_names().filter(|class| ***class != *MODEL);
                let instances: Types = named.chain(types.classes()).map(|class| Type::Instance(Arc::clone(class))).collect();
                if instances.is_unknown() { Types::unknown() } else { instances }
            }
            ClassRef::Anonymous(anonymous) => {
                Types::instance(self.index.class_name(ClassKey { file: self.file, class: anonymous }))
            }
        }
    }

    pub(super) fn property(&self, receiver: &Types, name: MemberName) -> Types {
        let MemberNameKind::Fixed(name) = name.kind else { return Types::unknown() };
        let name = self.hir.text(name);
        let mut types = Types::none();
        for class in receiver.classes() {
            types.join(&self.property_of(class, name));
        }
        // `->orWhere->active()`: the builder again, for one scope.
        if self.specs.query_method(name).is_some_and(|method| method.kind == QueryMethodKind::Where) {
            receiver.iter().filter(|one| matches!(one, Type::Query(_))).for_each(|one| types.insert(one.clone()));
        }
        if types.is_unknown() { Types::unknown() } else { types }
    }

    pub(super) fn property_of(&self, class: &str, name: &str) -> Types {
        let Some(key) = self.index.resolve_class(class) else { return Types::unknown() };
        if let Some((declaring, property)) = self.index.find_property(key, name) {
            let reader = HintReader { index: self.index, hir: self.index.hir(declaring.file), class: Some(declaring) };
            let types = reader.read_both(property.hint.as_ref(), property.doc_type.as_ref());
            if !is_vague(&types) {
                return types;
            }
            let key = (declaring, name.to_owned());
            let learnt = self.learnt.properties.get(&key).cloned().filter(|learnt| !is_vague(learnt));
            self.asked.borrow_mut().properties.insert(key);
            let told = learnt.unwrap_or_else(|| self.default_class_names(declaring, property, name));
            return if told.is_unknown() { types } else { told };
        }
        if let Some((declaring, doc)) = self.index.doc_property(key, name) {
            return HintReader { index: self.index, hir: self.index.hir(declaring.file), class: Some(declaring) }.read(doc);
        }
        let relation = self.index.model(key).and_then(|model| model.relations.get(name));
        relation.map_or_else(Types::unknown, relation_value)
    }

    /// The classes that a property names, where it is declared and in each class below that declares it anew.
    fn default_class_names(&self, declaring: ClassKey, property: &crate::hir::Property, name: &str) -> Types {
        let own = self.default_class_name(declaring, property);
        if !own.is_unknown() {
            return own;
        }
        let mut below = Types::none();
        for class in self.index.descendants(declaring) {
            let anew = self.index.find_property(*class, name).filter(|(declaring, _)| declaring == class);
            let types = anew.map_or_else(Types::none, |(declaring, property)| self.default_class_name(declaring, property));
            if types.class_names().next().is_some() {
                below.join(&types);
            }
        }
        if below.is_unknown() { own } else { below }
    }

    /// `protected $model = Customer::class`
    pub(super) fn default_class_name(&self, declaring: ClassKey, property: &crate::hir::Property) -> Types {
        let value = property.default.and_then(|default| self.index.constant_value(declaring.file, default, Some(declaring)));
        match value {
            Some(value @ (Constant::Class(_) | Constant::String(_) | Constant::Array(_))) => self.constant_types(&value),
            _ => Types::unknown(),
        }
    }

    pub(super) fn static_property(&self, owner: &Types, name: MemberName) -> Types {
        self.property(owner, name)
    }

    pub(super) fn class_constant(
        &self,
        id: BodyId,
        class: Option<ClassKey>,
        named: ClassRef,
        name: MemberName,
        expr: ExprId,
    ) -> Types {
        let MemberNameKind::Fixed(constant) = name.kind else { return Types::unknown() };
        if self.hir.text(constant).eq_ignore_ascii_case("class") {
            return self.class_ref(id, class, named).classes().map(|class| Type::ClassName(Arc::clone(class))).collect();
        }
        let value = self.index.constant_value(self.file, crate::hir::ExprRef { body: id, expr }, class);
        value.map_or_else(|| self.class_ref(id, class, named), |value| self.constant_types(&value))
    }

    /// The types of a constant: the names of classes in it, also in maps, as what they name.
    fn constant_types(&self, value: &Constant) -> Types {
        match value {
            Constant::Class(name) => Types::one(Type::ClassName(name.as_str().into())),
            Constant::String(text) => self.class_string(text),
            Constant::Array(items) => {
                let mut elements = Types::none();
                items.iter().for_each(|(_, item)| elements.join(&self.constant_types(item)));
                if elements.iter().all(|one| matches!(one, Type::Scalar | Type::Null | Type::Array)) {
                    return Types::one(Type::Array);
                }
                elements.many()
            }
            Constant::Null => Types::one(Type::Null),
            Constant::Bool(_) | Constant::Int(_) | Constant::Float(_) => Types::one(Type::Scalar),
        }
    }
}

/// True for types that say no more than a hint such as `string` or `array` does.
pub(super) fn is_vague(types: &Types) -> bool {
    types.is_unknown() || types.iter().all(|one| matches!(one, Type::Array | Type::Query(None) | Type::Null | Type::Scalar))
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

fn joined(left: &Types, right: &Types) -> Types {
    let mut types = left.clone();
    types.join(right);
    types
}
