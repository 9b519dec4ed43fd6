//! Statements.

use super::machine::{Flow, Frame, Halt, Machine, Outcome};
use super::objects::Object;
use super::operators;
use super::value::{Array, ObjectId, Value};
use crate::hir::{CatchClause, ExprId, LoopKind, Statement, StatementId, SwitchCase};

/// Rounds of a loop without a known end.
const MAX_ROUNDS: u32 = 10_000;

impl Machine<'_> {
    pub(super) fn block(&mut self, frame: &mut Frame, block: &[StatementId]) -> Outcome<Flow> {
        for &statement in block {
            match self.run_one(frame, statement)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn run_one(&mut self, frame: &mut Frame, statement: StatementId) -> Outcome<Flow> {
        self.burn()?;
        let body = self.index.body(frame.body);
        match body.statement(statement) {
            Statement::Expr(expr) => {
                let depth = (self.depth, self.at.len());
                match self.eval(frame, *expr) {
                    Ok(_) => {}
                    // A statement that cannot be followed is told; those after it run.
                    Err(Halt::Stuck(reason)) => {
                        let at = self.location(frame.body, *expr);
                        self.gaps.push((Some(at), reason));
                        self.depth = depth.0;
                        self.at.truncate(depth.1);
                    }
                    Err(halt) => return Err(halt),
                }
            }
            Statement::Echo(exprs) => {
                for expr in exprs {
                    self.eval(frame, *expr)?;
                }
            }
            Statement::Block(block) => return self.block(frame, block),
            Statement::If { branches, otherwise } => {
                for (condition, block) in branches {
                    let value = self.eval(frame, *condition)?;
                    if self.truth(&value)? {
                        return self.block(frame, block);
                    }
                }
                return self.block(frame, otherwise.as_deref().unwrap_or_default());
            }
            Statement::Loop(kind, condition, block) => return self.condition_loop(frame, *kind, *condition, block),
            Statement::For { init, conditions, steps, block } => {
                for expr in init {
                    self.eval(frame, *expr)?;
                }
                return self.for_loop(frame, conditions, steps, block);
            }
            Statement::Foreach { subject, key, value, by_reference, block } => {
                return self.foreach(frame, *subject, (*key, *value), *by_reference, block);
            }
            Statement::Switch(subject, cases) => return self.switch(frame, *subject, cases),
            Statement::Return(value) => {
                let value = value.map_or(Ok(Value::Null), |value| self.eval(frame, value))?;
                return Ok(Flow::Return(value));
            }
            Statement::Break(levels) => return Ok(Flow::Break(*levels)),
            Statement::Continue(levels) => return Ok(Flow::Continue(*levels)),
            Statement::Try { block, catches, finally } => return self.guarded(frame, block, catches, finally.as_deref()),
            Statement::StaticVariables(variables) => {
                for (name, value) in variables {
                    let value = value.map_or(Ok(Value::Null), |value| self.eval(frame, value))?;
                    let name = self.text_of(frame.body, *name);
                    frame.scope.set(name, value);
                }
            }
            Statement::Unset(targets) => {
                for target in targets {
                    self.unset(frame, *target)?;
                }
            }
            Statement::Error(_) => return Self::stuck("the code does not parse"),
            Statement::InlineHtml | Statement::Declaration | Statement::Global(_) | Statement::Constants(_) => {}
        }
        Ok(Flow::Next)
    }

    fn condition_loop(&mut self, frame: &mut Frame, kind: LoopKind, condition: ExprId, block: &[StatementId]) -> Outcome<Flow> {
        let mut first = kind == LoopKind::DoWhile;
        for _ in 0..MAX_ROUNDS {
            if !first {
                let value = self.eval(frame, condition)?;
                if !self.truth(&value)? {
                    return Ok(Flow::Next);
                }
            }
            first = false;
            match after_round(self.block(frame, block)?) {
                Round::Again => {}
                Round::Over(flow) => return Ok(flow),
            }
        }
        Self::stuck("a loop does not end")
    }

    fn for_loop(&mut self, frame: &mut Frame, conditions: &[ExprId], steps: &[ExprId], block: &[StatementId]) -> Outcome<Flow> {
        for _ in 0..MAX_ROUNDS {
            let mut goes_on = true;
            for condition in conditions {
                let value = self.eval(frame, *condition)?;
                goes_on = self.truth(&value)?;
            }
            if !goes_on {
                return Ok(Flow::Next);
            }
            match after_round(self.block(frame, block)?) {
                Round::Again => {}
                Round::Over(flow) => return Ok(flow),
            }
            for step in steps {
                self.eval(frame, *step)?;
            }
        }
        Self::stuck("a loop does not end")
    }

    fn foreach(
        &mut self,
        frame: &mut Frame,
        subject: ExprId,
        (key_target, value_target): (Option<ExprId>, ExprId),
        by_reference: bool,
        block: &[StatementId],
    ) -> Outcome<Flow> {
        let value = self.eval(frame, subject)?;
        let Some(items) = self.items(&value)? else { return Ok(Flow::Next) };
        for (key, item) in items.entries {
            self.burn()?;
            self.assign(frame, value_target, item)?;
            if let Some(target) = key_target {
                self.assign(frame, target, key.value())?;
            }
            let flow = self.block(frame, block)?;
            if by_reference {
                let item = self.eval(frame, value_target)?;
                let mut array = self.eval(frame, subject)?.as_array().cloned().unwrap_or_default();
                array.set(key, item);
                self.assign(frame, subject, Value::array(array))?;
            }
            match after_round(flow) {
                Round::Again => {}
                Round::Over(flow) => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    /// What a loop runs over. Of a value that is not known: nothing, or one item that is not known.
    pub(crate) fn items(&mut self, value: &Value) -> Outcome<Option<Array>> {
        Ok(match value {
            Value::Array(array) => Some((**array).clone()),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Closure(_) => None,
            Value::Object(id) => match self.object(*id) {
                Object::Collection(items) | Object::Row(items) => Some(items.clone()),
                Object::Instance { properties, .. } => {
                    Some(properties.iter().map(|(name, value)| (name.as_ref().into(), value.clone())).collect())
                }
                Object::Query(_) => {
                    let result = self.call_method(*id, "get", Vec::new())?;
                    return self.items(&result);
                }
                _ => None,
            },
            Value::Unknown(unknown) => {
                let cause = unknown.cause.clone();
                if let Some(likely) = unknown.likely.as_array().filter(|array| array.len() > 0) {
                    return Ok(Some(likely.clone()));
                }
                if !self.decide(cause.clone(), false) {
                    return Ok(None);
                }
                Some(Array::list([Value::unknown(cause, Value::Null)]))
            }
        })
    }

    fn switch(&mut self, frame: &mut Frame, subject: ExprId, cases: &[SwitchCase]) -> Outcome<Flow> {
        let subject = self.eval(frame, subject)?;
        let mut start = None;
        for (place, case) in cases.iter().enumerate() {
            let Some(value) = case.value else { continue };
            let value = self.eval(frame, value)?;
            let equal = self.binary_values(crate::hir::BinaryOp::Equal, &subject, &value)?;
            if self.truth(&equal)? {
                start = Some(place);
                break;
            }
        }
        let Some(start) = start.or_else(|| cases.iter().position(|case| case.value.is_none())) else { return Ok(Flow::Next) };
        for case in &cases[start..] {
            match self.block(frame, &case.block)? {
                Flow::Next => {}
                Flow::Break(levels) | Flow::Continue(levels) if levels <= 1 => return Ok(Flow::Next),
                Flow::Break(levels) => return Ok(Flow::Break(levels - 1)),
                Flow::Continue(levels) => return Ok(Flow::Continue(levels - 1)),
                flow @ Flow::Return(_) => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn guarded(
        &mut self,
        frame: &mut Frame,
        block: &[StatementId],
        catches: &[CatchClause],
        finally: Option<&[StatementId]>,
    ) -> Outcome<Flow> {
        let depth = (self.depth, self.at.len());
        self.tries += 1;
        let mut result = self.block(frame, block);
        self.tries = self.tries.saturating_sub(1);
        if let Err(Halt::Throw(exception)) = result
            && let Some(clause) = self.catching(frame, exception, catches)
        {
            // The frames between the throw and the handler are gone.
            self.depth = depth.0;
            self.at.truncate(depth.1);
            if let Some(variable) = clause.variable {
                let name = self.text_of(frame.body, variable);
                frame.scope.set(name, Value::Object(exception));
            }
            result = self.block(frame, &clause.block);
        }
        if let Some(finally) = finally
            && !matches!(result, Err(Halt::Exit | Halt::Stuck(_)))
        {
            match self.block(frame, finally)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        result
    }

    fn catching<'c>(&self, frame: &Frame, exception: ObjectId, catches: &'c [CatchClause]) -> Option<&'c CatchClause> {
        let class = self.class_of(exception);
        catches
            .iter()
            .find(|clause| clause.types.iter().any(|name| self.is_exception(&class, self.text_of(frame.body, name.name))))
    }

    /// True where an exception of one class is caught by the name of another.
    pub(crate) fn is_exception(&self, class: &str, caught: &str) -> bool {
        let caught = caught.trim_start_matches('\\');
        if self.index.name_is_a(class, caught) {
            return true;
        }
        let parents = exception_parents(class);
        parents.iter().any(|parent| parent.eq_ignore_ascii_case(caught))
    }

    fn unset(&mut self, frame: &mut Frame, target: ExprId) -> Outcome<()> {
        let body = self.index.body(frame.body);
        match body.expr(target) {
            crate::hir::Expr::Variable(name) => frame.scope.unset(self.text_of(frame.body, *name)),
            crate::hir::Expr::Index(base, Some(index)) => {
                let index = self.eval(frame, *index)?;
                let array = self.eval(frame, *base)?;
                if let (Some(key), Value::Array(array)) = (operators::key(&index), array) {
                    let mut array = (*array).clone();
                    array.remove(&key);
                    self.assign(frame, *base, Value::array(array))?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

enum Round {
    Again,
    Over(Flow),
}

fn after_round(flow: Flow) -> Round {
    match flow {
        Flow::Next => Round::Again,
        Flow::Continue(levels) if levels <= 1 => Round::Again,
        Flow::Break(levels) if levels <= 1 => Round::Over(Flow::Next),
        Flow::Break(levels) => Round::Over(Flow::Break(levels - 1)),
        Flow::Continue(levels) => Round::Over(Flow::Continue(levels - 1)),
        flow @ Flow::Return(_) => Round::Over(flow),
    }
}

/// The classes that an exception of PHP or of the framework is, itself included.
fn exception_parents(class: &str) -> Vec<&str> {
    let mut line = vec![class];
    let mut current = class;
    for _ in 0..8 {
        current = match current {
            "Illuminate\\Database\\UniqueConstraintViolationException" => "Illuminate\\Database\\QueryException",
            "Illuminate\\Database\\QueryException" => "PDOException",
            "PDOException" | "OutOfBoundsException" | "UnexpectedValueException" | "RangeException" => "RuntimeException",
            "Illuminate\\Database\\Eloquent\\ModelNotFoundException" => "Illuminate\\Database\\RecordsNotFoundException",
            "Illuminate\\Database\\RecordsNotFoundException" => "RuntimeException",
            "BadMethodCallException" => "BadFunctionCallException",
            "BadFunctionCallException" | "InvalidArgumentException" | "DomainException" | "LengthException" => "LogicException",
            "OutOfRangeException" => "LogicException",
            "RuntimeException" | "LogicException" | "ErrorException" | "JsonException" => "Exception",
            "ArgumentCountError" => "TypeError",
            "DivisionByZeroError" => "ArithmeticError",
            "TypeError" | "ValueError" | "ArithmeticError" | "UnhandledMatchError" | "AssertionError" => "Error",
            "Exception" | "Error" => "Throwable",
            _ => break,
        };
        line.push(current);
    }
    line
}
