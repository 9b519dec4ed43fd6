//! Runs the `up` methods of migrations, as far as table names and columns are constant.
//!
//! `laravel/framework:src/Illuminate/Database/Schema/Builder.php`

use std::collections::BTreeMap;

use super::Table;
use super::blueprint::apply;
use crate::finding::FileId;
use crate::hir::{
    Argument, BinaryOp, Body, BodyId, Callee, ClassRef, Expr, ExprId, Literal, MemberName, MemberNameKind, Statement,
    StatementId, Symbol, UnaryOp,
};
use crate::index::values::Place;
use crate::index::{BodyKey, ClassKey, Constant, Index, Locals, MethodRef};

const MIGRATION: &str = "Illuminate\\Database\\Migrations\\Migration";
const SCHEMA: &[&str] = &["illuminate\\support\\facades\\schema", "schema"];
/// Helpers that helpers call are followed this deep.
const MAX_DEPTH: u32 = 6;
/// Statements that the migrations of a project run at most.
const MAX_STEPS: u32 = 100_000;

/// The tables after all migrations: in order of their file names over all folders, as the migrator runs them.
///
/// `laravel/framework:src/Illuminate/Database/Migrations/Migrator.php (getMigrationFiles)`
pub(in crate::index) fn tables(index: &Index) -> BTreeMap<String, Table> {
    let mut migrations: Vec<_> = index
        .classes()
        .filter(|&class| index.is_a(class, MIGRATION) && is_migration_path(index, class.file))
        .filter_map(|class| Some((class, index.find_method(class, "up")?)))
        .collect();
    migrations.sort_by_key(|(class, _)| (file_name(index, class.file), *class));
    let mut runner = Runner { index, tables: BTreeMap::new(), steps: 0 };
    for (class, up) in migrations {
        runner.run(&Frame { class, body: index.method_body(up), blueprint: None, depth: 0 }, Locals::new());
    }
    runner.tables
}

fn path(index: &Index, file: FileId) -> Option<&str> {
    index.options().paths.get(file.0 as usize).map(String::as_str)
}

fn is_migration_path(index: &Index, file: FileId) -> bool {
    path(index, file).is_none_or(|path| path.split('/').rev().skip(1).any(|folder| folder.eq_ignore_ascii_case("migrations")))
}

fn file_name(index: &Index, file: FileId) -> &str {
    path(index, file).and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

/// A body being run.
#[derive(Clone, Debug)]
struct Frame {
    class: ClassKey,
    body: BodyKey,
    /// The variable that holds the Blueprint, and its table.
    blueprint: Option<(String, String)>,
    depth: u32,
}

struct Runner<'i> {
    index: &'i Index,
    tables: BTreeMap<String, Table>,
    steps: u32,
}

impl<'i> Runner<'i> {
    fn place(&self, frame: &Frame) -> Place<'i> {
        Place::new(self.index, frame.body, Some(frame.class))
    }

    fn run(&mut self, frame: &Frame, mut locals: Locals) {
        if frame.depth <= MAX_DEPTH {
            let block = &self.index.body(frame.body).block;
            self.block(frame, block, &mut locals);
        }
    }

    /// True where the block certainly leaves the function.
    fn block(&mut self, frame: &Frame, block: &[StatementId], locals: &mut Locals) -> bool {
        block.iter().any(|&statement| self.statement(frame, statement, locals))
    }

    fn statement(&mut self, frame: &Frame, statement: StatementId, locals: &mut Locals) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return true;
        }
        let body: &'i Body = self.index.body(frame.body);
        match body.statement(statement) {
            Statement::Expr(expr) => {
                self.expr(frame, *expr, locals);
                matches!(body.expr(*expr), Expr::Throw(_) | Expr::Exit(_))
            }
            Statement::Return(value) => {
                if let Some(value) = value {
                    self.expr(frame, *value, locals);
                }
                true
            }
            Statement::Continue(_) | Statement::Break(_) => true,
            Statement::Block(block) => self.block(frame, block, locals),
            Statement::If { branches, otherwise } => self.branches(frame, branches, otherwise.as_deref(), locals),
            Statement::Foreach { subject, value, block, .. } => {
                self.each(frame, (*subject, *value), block, locals);
                false
            }
            Statement::Try { block, finally, .. } => {
                let left = self.block(frame, block, locals);
                if let Some(block) = finally {
                    self.block(frame, block, locals);
                }
                left
            }
            Statement::Loop(_, _, block) | Statement::For { block, .. } => {
                self.block(frame, block, locals);
                false
            }
            Statement::Switch(_, cases) => {
                for case in cases {
                    self.block(frame, &case.block, locals);
                }
                false
            }
            _ => false,
        }
    }

    /// Runs the branches of an `if` that may run: one, where the condition asks for tables or columns that are known.
    fn branches(
        &mut self,
        frame: &Frame,
        branches: &[(ExprId, Box<[StatementId]>)],
        otherwise: Option<&[StatementId]>,
        locals: &mut Locals,
    ) -> bool {
        let mut is_certain = true;
        for (condition, block) in branches {
            match self.condition(frame, *condition, locals) {
                Some(true) => return self.block(frame, block, locals) && is_certain,
                Some(false) => {}
                None => {
                    is_certain = false;
                    self.block(frame, block, &mut locals.clone());
                }
            }
        }
        otherwise.is_some_and(|block| self.block(frame, block, locals) && is_certain)
    }

    /// `Schema::hasColumn()` of a table that the migrations create, and constants. Not `Schema::hasTable()`: a table that is there
    /// already, from a dump or for tests, may have other columns elsewhere; all are kept.
    fn condition(&self, frame: &Frame, condition: ExprId, locals: &Locals) -> Option<bool> {
        let place = self.place(frame);
        match place.item().expr(condition) {
            Expr::Unary(UnaryOp::Not, inner) => self.condition(frame, *inner, locals).map(|holds| !holds),
            Expr::Call { callee, arguments, .. } => {
                if self.schema_call(frame, *callee)? != "hascolumn" {
                    return None;
                }
                let text = |position: usize| self.text(frame, arguments.get(position)?.value, locals);
                let (table, column) = text(0).zip(text(1))?;
                let table = self.tables.get(&table)?;
                let has = table.columns.contains_key(&column);
                (has || table.created).then_some(has)
            }
            Expr::Binary(op, left, right) => {
                let of_driver = self.driver_condition(frame, (*op, *left, *right), locals);
                of_driver.or_else(|| self.truth(frame, condition, locals))
            }
            _ => self.truth(frame, condition, locals),
        }
    }

    fn truth(&self, frame: &Frame, condition: ExprId, locals: &Locals) -> Option<bool> {
        self.constant(frame, condition, locals).map(|value| value != Constant::Null && value != Constant::Bool(false))
    }

    /// `config('database.default') !== 'sqlite'`: production runs on a server, whatever the configuration's default is.
    fn driver_condition(&self, frame: &Frame, (op, left, right): (BinaryOp, ExprId, ExprId), locals: &Locals) -> Option<bool> {
        let is_equality = match op {
            BinaryOp::Equal | BinaryOp::Identical => true,
            BinaryOp::NotEqual | BinaryOp::NotIdentical => false,
            _ => return None,
        };
        let place = self.place(frame);
        let written = |expr: ExprId| match place.item().expr(expr) {
            Expr::Literal(Literal::String(text)) => Some(place.text(*text)),
            _ => None,
        };
        let (name, asked) = written(left).zip(Some(right)).or_else(|| written(right).zip(Some(left)))?;
        let is_server = match name {
            "sqlite" | "testing" | ":memory:" => false,
            "mysql" | "mariadb" => true,
            _ => return None,
        };
        let is_fixed = self.index.constant_with(frame.body, asked, Some(frame.class), locals).is_some();
        (!is_fixed).then_some(is_server == is_equality)
    }

    fn each(&mut self, frame: &Frame, (subject, value): (ExprId, ExprId), block: &[StatementId], locals: &mut Locals) {
        let place = self.place(frame);
        let items = self.constant(frame, subject, locals);
        let name = match place.item().expr(value) {
            Expr::Variable(name) => Some(place.text(*name)),
            _ => None,
        };
        match (items.as_ref().and_then(Constant::as_array), name) {
            (Some(items), Some(name)) => {
                for (_, item) in items {
                    locals.insert(name.to_owned(), item.clone());
                    self.block(frame, block, locals);
                }
            }
            _ => {
                self.block(frame, block, locals);
            }
        }
    }

    fn constant(&self, frame: &Frame, expr: ExprId, locals: &Locals) -> Option<Constant> {
        let value = self.index.configured_value(frame.body, expr, Some(frame.class), locals);
        value.or_else(|| self.kept(frame, expr))
    }

    /// `$this->tables`, where the class declares what it holds and nothing assigns it.
    fn kept(&self, frame: &Frame, expr: ExprId) -> Option<Constant> {
        let place = self.place(frame);
        let name = self.own_property(frame.body, expr)?;
        let (declaring, property) = self.index.find_property(frame.class, name)?;
        let hir = self.index.hir(frame.class.file);
        let is_assigned = |(id, body): (BodyId, &Body)| {
            let body_key = BodyKey::new(frame.class.file, id);
            body.class == Some(frame.class.class)
                && body.exprs().any(
                    |(_, expr)| matches!(expr, Expr::Assign { target, .. } if self.own_property(body_key, *target) == Some(name)),
                )
        };
        if place.body.file != frame.class.file || hir.bodies().any(is_assigned) {
            return None;
        }
        self.index.constant_value(declaring.file, property.default?, Some(frame.class))
    }

    /// The name of a property of `$this`.
    fn own_property(&self, body: BodyKey, expr: ExprId) -> Option<&str> {
        let hir = self.index.hir(body.file);
        let code = self.index.body(body);
        match code.expr(expr) {
            Expr::Property { receiver, name: MemberName { kind: MemberNameKind::Fixed(name), .. }, .. }
                if matches!(code.expr(*receiver), Expr::Variable(Symbol::THIS)) =>
            {
                Some(hir.text(*name))
            }
            _ => None,
        }
    }

    fn text(&self, frame: &Frame, expr: ExprId, locals: &Locals) -> Option<String> {
        self.constant(frame, expr, locals)?.as_str().map(str::to_owned)
    }

    fn expr(&mut self, frame: &Frame, expr: ExprId, locals: &mut Locals) {
        let place = self.place(frame);
        match place.item().expr(expr) {
            Expr::Assign { target, value, .. } => {
                if let Expr::Variable(name) = place.item().expr(*target) {
                    match self.constant(frame, *value, locals) {
                        Some(value) => locals.insert(place.text(*name).to_owned(), value),
                        None => locals.remove(place.text(*name)),
                    };
                }
                self.expr(frame, *value, locals);
            }
            Expr::Binary(_, left, right) => {
                // `Schema::hasColumn(…) || Schema::table(…)`
                for operand in [*left, *right] {
                    if matches!(place.item().expr(operand), Expr::Call { .. }) {
                        self.expr(frame, operand, locals);
                    }
                }
            }
            Expr::Call { callee, arguments, first_class: false } => {
                if let Some(name) = self.schema_call(frame, *callee) {
                    self.schema(frame, &name, arguments, locals);
                } else if let Some((variable, table)) = &frame.blueprint
                    && let Some(chain) = blueprint_chain(place, expr, variable)
                {
                    apply(place, &mut self.tables, table, &chain, expr, locals);
                } else {
                    self.helper(frame, *callee, arguments, locals);
                }
            }
            _ => {}
        }
    }

    /// The lower-cased name of a method of the Schema facade, also after `connection()`.
    fn schema_call(&self, frame: &Frame, callee: Callee) -> Option<String> {
        let place = self.place(frame);
        let is_schema = |class: ClassRef| match class {
            ClassRef::Named(name) => SCHEMA.contains(&place.text(name.name).to_ascii_lowercase().as_str()),
            _ => false,
        };
        let name = match callee {
            Callee::Static { class, name } if is_schema(class) => name,
            Callee::Method { receiver, name, .. } => match place.item().expr(receiver) {
                Expr::Call { callee: Callee::Static { class, .. }, .. } if is_schema(*class) => name,
                _ => return None,
            },
            _ => return None,
        };
        place.fixed(name).map(str::to_ascii_lowercase)
    }

    fn schema(&mut self, frame: &Frame, name: &str, arguments: &[Argument], locals: &Locals) {
        let place = self.place(frame);
        let argument = |position: usize| arguments.get(position).map(|argument| argument.value);
        if name == "withoutforeignkeyconstraints" {
            if let Some(body) = argument(0).and_then(|closure| place.callable(closure)) {
                self.run(&Frame { body, depth: frame.depth + 1, ..frame.clone() }, locals.clone());
            }
            return;
        }
        let Some(table) = argument(0).and_then(|table| self.text(frame, table, locals)) else { return };
        match name {
            "create" | "createifnotexists" => {
                self.tables.entry(table.clone()).or_default().created = true;
                self.blueprint(frame, table, argument(1), locals);
            }
            "table" => self.blueprint(frame, table, argument(1), locals),
            "whentablehascolumn" | "whentablehasindex" | "whentabledoesnthavecolumn" | "whentabledoesnthaveindex" => {
                let column = argument(1).and_then(|column| self.text(frame, column, locals)).unwrap_or_default();
                let has = self.tables.get(&table).is_some_and(|table| table.columns.contains_key(&column));
                if name.ends_with("index") || has == name.starts_with("whentablehas") {
                    self.blueprint(frame, table, argument(2), locals);
                }
            }
            "drop" | "dropifexists" => {
                self.tables.remove(&table);
            }
            "rename" => {
                if let Some(to) = argument(1).and_then(|to| self.text(frame, to, locals))
                    && let Some(moved) = self.tables.remove(&table)
                {
                    self.tables.insert(to, moved);
                }
            }
            "dropcolumns" => {
                let columns =
                    argument(1).and_then(|columns| self.constant(frame, columns, locals)?.strings()).unwrap_or_default();
                if let Some(table) = self.tables.get_mut(&table) {
                    for column in &columns {
                        table.drop_column(column);
                    }
                }
            }
            _ => {}
        }
    }

    /// Runs the closure of `create` or `table`.
    fn blueprint(&mut self, frame: &Frame, table: String, closure: Option<ExprId>, locals: &Locals) {
        let Some(body) = closure.and_then(|closure| self.place(frame).callable(closure)) else { return };
        let Some(parameter) = self.index.signature(body).and_then(|signature| signature.parameters.first()) else { return };
        let variable = self.index.hir(body.file).text(parameter.name).to_owned();
        let inner = Frame { body, blueprint: Some((variable, table)), depth: frame.depth + 1, class: frame.class };
        self.run(&inner, locals.clone());
    }

    /// A method of the migration, or one that gets the Blueprint, with the constants that it is given.
    fn helper(&mut self, frame: &Frame, callee: Callee, arguments: &[Argument], locals: &Locals) {
        let place = self.place(frame);
        let (class, name) = match callee {
            Callee::Method { receiver, name, .. } => match place.item().expr(receiver) {
                Expr::Variable(variable) if *variable == Symbol::THIS => (Some(frame.class), name),
                _ => (place.object(receiver).and_then(|class| class.key), name),
            },
            Callee::Static { class, name } => (place.class_ref(class).and_then(|class| class.key), name),
            Callee::Value(closure) => {
                if let Some(body) = place.callable(closure) {
                    self.run(&Frame { body, depth: frame.depth + 1, ..frame.clone() }, locals.clone());
                }
                return;
            }
            _ => return,
        };
        let Some((class, name)) = class.zip(place.fixed(name)) else { return };
        let Some(method) = self.index.find_method(class, name) else { return };
        self.method(frame, class, method, arguments, locals);
    }

    fn method(&mut self, frame: &Frame, class: ClassKey, method: MethodRef, arguments: &[Argument], locals: &Locals) {
        let place = self.place(frame);
        let hir = self.index.hir(method.declaring.file);
        let mut given = Locals::new();
        let mut blueprint = None;
        for (position, parameter) in self.index.method(method).signature.parameters.iter().enumerate() {
            let name = hir.text(parameter.name).to_owned();
            let body = self.index.method_body(method);
            let value = match place.argument(arguments, position, &name) {
                Some(value) => {
                    if let (Some((variable, table)), Expr::Variable(found)) = (&frame.blueprint, place.item().expr(value))
                        && place.text(*found) == variable
                    {
                        blueprint = Some((name.clone(), table.clone()));
                    }
                    self.constant(frame, value, locals)
                }
                None => {
                    parameter.default.and_then(|default| self.index.constant_with(body, default, Some(class), &Locals::new()))
                }
            };
            given.extend(value.map(|value| (name, value)));
        }
        let inner = Frame { class, body: self.index.method_body(method), blueprint, depth: frame.depth + 1 };
        self.run(&inner, given);
    }
}

/// One call of a chain on a Blueprint: name and arguments.
pub(super) type Link<'b> = (&'b str, &'b [Argument]);

/// The calls of a chain that starts at the Blueprint's variable, first call first.
fn blueprint_chain<'i>(place: Place<'i>, expr: ExprId, variable: &str) -> Option<Vec<Link<'i>>> {
    let mut links = Vec::new();
    let mut expr = expr;
    loop {
        match place.item().expr(expr) {
            Expr::Call { callee: Callee::Method { receiver, name, .. }, arguments, .. } => {
                links.push((place.fixed(*name)?, &**arguments));
                expr = *receiver;
            }
            Expr::Variable(name) if place.text(*name) == variable => {
                links.reverse();
                return Some(links);
            }
            _ => return None,
        }
    }
}
