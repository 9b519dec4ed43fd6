//! The identity of a site: it survives edits elsewhere in the file, renamed variables and reformatting.

use rustc_hash::FxHashMap;

use super::Site;
use crate::finding::{Fingerprint, QuestionId};
use crate::hir::{BodyId, Callee, ClassRef, Expr, ExprId, FileHir, Literal, MemberName, MemberNameKind, Symbol};
use crate::index::Index;
use crate::workspace::Workspace;

/// Changes whenever the form of fingerprints does.
const VERSION: u8 = 1;

/// Gives fingerprints to the sites of one question, in order of their places.
#[derive(Debug)]
pub struct Fingerprints<'p> {
    question: QuestionId,
    index: &'p Index,
    workspace: &'p Workspace,
    seen: FxHashMap<[u8; 32], u32>,
}

impl<'p> Fingerprints<'p> {
    /// Starts a question.
    #[must_use]
    pub fn new(question: QuestionId, index: &'p Index, workspace: &'p Workspace) -> Self {
        Self { question, index, workspace, seen: FxHashMap::default() }
    }

    /// The fingerprint of a site: version, question, path, enclosing symbol, code with variables
    /// renamed by position, and an ordinal among equals.
    pub fn of(&mut self, site: &Site) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[VERSION]);
        let mut part = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        part(self.question);
        part(&self.workspace.file(site.at.file).path);
        part(&self.index.symbol(site.body));
        part(site.subject.as_deref().unwrap_or_default());
        if let Some(expr) = site.expr {
            let mut code = Code { hir: self.index.hir(site.body.file), names: FxHashMap::default(), text: String::new() };
            code.expr(site.body.body, expr);
            part(&code.text);
        }
        let same = hasher.finalize();
        let ordinal = self.seen.entry(*same.as_bytes()).or_default();
        *ordinal += 1;
        let mut hasher = blake3::Hasher::new();
        hasher.update(same.as_bytes());
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
