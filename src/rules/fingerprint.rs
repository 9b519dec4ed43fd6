//! The identity of a site: it survives edits elsewhere in the file, renamed variables and reformatting.

use rustc_hash::FxHashMap;

use super::Site;
use crate::finding::{Fingerprint, QuestionId};
use crate::hir::{BodyId, Callee, ClassRef, Expr, ExprId, FileHir, Literal, MemberName, MemberNameKind, Symbol};
use crate::index::Index;
use crate::workspace::Workspace;

/// Changes whenever the form of fingerprints does.
const VERSION: u8 = 1;

/// What a site is, without its ordinal among equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content([u8; 32]);

impl Content {
    /// Of a site of a question: version, question, path, enclosing symbol, code with variables renamed by position.
    #[must_use]
    pub fn of(question: QuestionId, site: &Site, index: &Index, workspace: &Workspace) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[VERSION]);
        let mut part = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        part(question);
        part(&workspace.file(site.at.file).path);
        part(&index.symbol(site.body));
        part(site.subject.as_deref().unwrap_or_default());
        if let Some(expr) = site.expr {
            let mut code = Code { hir: index.hir(site.body.file), names: FxHashMap::default(), text: String::new() };
            code.expr(site.body.body, expr);
            part(&code.text);
        }
        Self(*hasher.finalize().as_bytes())
    }
}

/// Gives fingerprints to the sites of one question, in order of their places.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: FxHashMap<Content, u32>,
}

impl Fingerprints {
    /// The fingerprint of the next site: its content and an ordinal among equals.
    pub fn next(&mut self, content: Content) -> Fingerprint {
        let ordinal = self.seen.entry(content).or_default();
        *ordinal += 1;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&content.0);
        hasher.update(&ordinal.to_le_bytes());
        let bytes = hasher.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&bytes.as_bytes()[..8]);
        Fingerprint(u64::from_be_bytes(first))
    }
}

/// Expressions that are written out; what a longer one holds beyond does not change its identity.
const LIMIT: usize = 4_000;

struct Code<'h> {
    hir: &'h FileHir,
    names: FxHashMap<Symbol, usize>,
    text: String,
}

impl Code<'_> {
    fn expr(&mut self, body: BodyId, root: ExprId) {
        let mut waiting = vec![(body, root)];
        let mut count = 0;
        while let Some((body, expr)) = waiting.pop() {
            count += 1;
            if count > LIMIT {
                return;
            }
            let code = self.hir.body(body);
            let expr = code.expr(expr);
            self.token(expr);
            if let Expr::Closure(inner) = expr {
                let inner_body = self.hir.body(*inner);
                for statement in &inner_body.statements {
                    if let crate::hir::Statement::Return(Some(value)) | crate::hir::Statement::Expr(value) = statement {
                        waiting.push((*inner, *value));
                    }
                }
            }
            let mut operands = Vec::new();
            expr.for_each_operand(|operand| operands.push((body, operand)));
            waiting.extend(operands.into_iter().rev());
        }
    }

    fn token(&mut self, expr: &Expr) {
        use std::fmt::Write as _;
        let text = match expr {
            Expr::Variable(name) => {
                let next = self.names.len();
                format!("${}", *self.names.entry(*name).or_insert(next))
            }
            Expr::Literal(Literal::String(text)) => format!("s{:?}", self.hir.text(*text)),
            Expr::Literal(literal) => format!("{literal:?}"),
            Expr::Call { callee, arguments, first_class } => {
                format!("call {} {} {first_class}", self.callee(*callee), arguments.len())
            }
            Expr::Property { name, .. } => format!("->{}", self.member(*name)),
            Expr::StaticProperty(class, name) | Expr::ClassConstant(class, name) => {
                format!("{}::{}", self.class(*class), self.member(*name))
            }
            Expr::Constant(name) => self.hir.text(name.name).to_owned(),
            Expr::Binary(op, ..) => format!("{op:?}"),
            Expr::Unary(op, ..) => format!("{op:?}"),
            Expr::Cast(kind, _) => format!("{kind:?}"),
            Expr::Array(items) => format!("array {}", items.len()),
            other => format!("{:?}", std::mem::discriminant(other)),
        };
        let _ = write!(self.text, "{text};");
    }

    fn callee(&self, callee: Callee) -> String {
        match callee {
            Callee::Function(name) => self.hir.text(name.name).to_owned(),
            Callee::Value(_) => "value".to_owned(),
            Callee::Method { name, .. } => self.member(name),
            Callee::Static { class, name } => format!("{}::{}", self.class(class), self.member(name)),
            Callee::New(class) => format!("new {}", self.class(class)),
        }
    }

    fn class(&self, class: ClassRef) -> String {
        match class {
            ClassRef::Named(name) => self.hir.text(name.name).to_owned(),
            other => format!("{:?}", std::mem::discriminant(&other)),
        }
    }

    fn member(&self, name: MemberName) -> String {
        match name.kind {
            MemberNameKind::Fixed(name) => self.hir.text(name).to_owned(),
            MemberNameKind::Dynamic(_) => "computed".to_owned(),
        }
    }
}
