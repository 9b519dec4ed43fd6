//! What the questions on lengths share.

use std::sync::OnceLock;

use super::QuestionContext;
use crate::analysis::length::{Encoder, Length, Tracer, Value, encoders};
use crate::finding::{Location, Message};
use crate::flow::{CallGraph, Project, Type, Types};
use crate::hir::{Callee, Expr, ExprId, Statement};
use crate::index::{BodyKey, Index};

/// What the questions on lengths ask.
#[derive(Debug)]
pub struct LengthInput<'p> {
    /// Declarations, calls and rows.
    pub project: Project<'p>,
    /// Who calls whom.
    pub graph: &'p CallGraph,
    /// Encoders that the configuration names.
    pub named: &'p [String],
    /// Characters above which an input counts as unbounded.
    pub limit: u32,
    encoders: OnceLock<Vec<Encoder>>,
}

impl<'p> LengthInput<'p> {
    /// The input of questions that were not asked yet.
    #[must_use]
    pub const fn new(project: Project<'p>, graph: &'p CallGraph, named: &'p [String], limit: u32) -> Self {
        Self { project, graph, named, limit, encoders: OnceLock::new() }
    }

    /// The project's encoders, for both questions.
    pub(super) fn encoders(&self) -> &[Encoder] {
        self.encoders.get_or_init(|| encoders(self.project, self.named))
    }
}

/// The longest text over which an encoder walks, whatever its callers give. `None` where it is not seen to walk.
pub(super) fn walked(tracer: &mut Tracer<'_>, context: QuestionContext<'_>, encoder: &Encoder) -> Option<Length> {
    let body = encoder.body;
    let signature = context.index.signature(body)?;
    let hir = context.index.hir(body.file);
    let open = signature.parameters.iter().map(|parameter| {
        let why = Message::new("length.parameter").text("name", hir.text(parameter.name));
        Value::text(Length::unbounded(why, Some(Location::new(body.file, parameter.span))))
    });
    let trace = tracer.trace_with(body, &open.collect::<Vec<_>>());
    let lengths = encoder.walks.iter().filter_map(|walk| trace.value(*walk)).map(Value::longest);
    lengths.reduce(|worst, length| worst.worse(&length))
}

/// The loop or call by which an expression runs once for each row, if any.
pub(super) fn over_rows(context: QuestionContext<'_>, body: BodyKey, expr: ExprId) -> Option<Location> {
    let index = context.index;
    let code = index.body(body);
    let types = context.lengths.project.resolution.body(body);
    let span = code.expr_span(expr);
    for (at, statement) in code.statements.iter().enumerate() {
        if let Statement::Foreach { subject, .. } = statement
            && code.statement_spans[at].contains(span)
            && !code.expr_span(*subject).contains(span)
            && are_rows(index, types.of(*subject))
        {
            return Some(Location::new(body.file, code.expr_span(*subject)));
        }
    }
    let parent = index.closure_parent(body)?;
    let outer = index.body(parent);
    let outer_types = context.lengths.project.resolution.body(parent);
    for (id, call) in outer.exprs() {
        let Expr::Call { callee: Callee::Method { receiver, .. }, arguments, .. } = call else { continue };
        let is_given =
            arguments.iter().any(|given| matches!(outer.expr(given.value), Expr::Closure(closure) if *closure == body.body));
        if is_given {
            return if are_rows(index, outer_types.of(*receiver)) {
                Some(Location::new(parent.file, outer.expr_span(*receiver)))
            } else {
                over_rows(context, parent, id)
            };
        }
    }
    None
}

/// True for a collection of rows, or a query that gives one.
fn are_rows(index: &Index, types: &Types) -> bool {
    types.iter().any(|one| match one {
        Type::Query(_) | Type::TableQuery => true,
        Type::Many(element) => {
            matches!(&**element, Type::Instance(class) if index.resolve_class(class).is_some_and(|class| index.is_model(class)))
        }
        _ => false,
    })
}
