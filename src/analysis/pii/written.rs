//! What a place writes: arguments, texts of exceptions, what callbacks return, columns.

use super::calls::CallSite;
use super::evaluator::Unit;
use super::places::{Place, Source};
use super::value::{Value, What};
use crate::finding::{Location, Message};
use crate::hir::{Argument, Expr, ExprId, MemberNameKind};
use crate::index::BodyKey;
use crate::specs::{Kind, SinkForm, SinkKind, SinkRow};

/// A value that is written: its key, where there is one, and its place.
pub(super) type Written = (Option<String>, Value, Location);

impl<'p> Unit<'_, 'p> {
    /// True where all that is written are literals.
    pub(super) fn is_plain(&self, place: &Place<'p>) -> bool {
        let code = self.project().index.body(place.body);
        let is_literal = |expr: ExprId| matches!(code.expr(expr), Expr::Literal(_));
        match &place.source {
            Source::Call(site) if place.row.form == SinkForm::Called && !site.arguments.is_empty() => {
                let matters = |(position, _): &(usize, &Argument)| place.row.args.is_empty() || place.row.args.contains(position);
                site.arguments.iter().enumerate().filter(matters).all(|(_, argument)| is_literal(argument.value))
            }
            Source::Call(_) | Source::Thrown(..) => false,
            Source::Printed(values) => values.iter().all(|value| is_literal(*value)),
            Source::Returned(value) => is_literal(*value),
        }
    }

    /// What is written.
    pub(super) fn written(&mut self, place: &Place<'p>) -> Vec<Written> {
        match &place.source {
            Source::Call(site) => match place.row.form {
                SinkForm::Callback => self.called_back(site, &place.row),
                SinkForm::Columns => self.columns(site, false),
                SinkForm::FillableColumns => self.columns(site, true),
                SinkForm::Throws => self.text_of_exception(site),
                _ => self.given_to(site, &place.row),
            },
            Source::Thrown(site, _) => {
                let value = self.call(site.body, site.expr);
                vec![(None, Self::as_message(value), site.at)]
            }
            Source::Printed(values) => values.iter().map(|value| self.plainly(place.body, *value)).collect(),
            Source::Returned(expr) => {
                let (key, value, at) = self.plainly(place.body, *expr);
                // What the function is given, others wrote.
                let value = self.substitute(&value, &mut |_, _| Value::default());
                vec![(key, value, at)]
            }
        }
    }

    fn plainly(&mut self, body: BodyKey, expr: ExprId) -> Written {
        (None, self.eval(body, expr), self.at(body, expr))
    }

    /// The text of an exception that is thrown. What another exception says is told where that one is written.
    fn as_message(mut value: Value) -> Value {
        value.marks.retain(|mark| mark.what != What::Exception);
        value.marks = value.marks.into_iter().map(super::value::Mark::unsure).collect();
        value.objects.clear();
        value
    }

    /// `throw_if($condition, X::class, $message)`, `throw_if($condition, new X($message))`
    fn text_of_exception(&mut self, site: &CallSite<'p>) -> Vec<Written> {
        let mut written = Vec::new();
        for argument in site.arguments.iter().skip(1) {
            let is_call = matches!(self.project().index.body(site.body).expr(argument.value), Expr::Call { .. });
            let value = if is_call { self.call(site.body, argument.value) } else { self.eval(site.body, argument.value) };
            written.push((None, Self::as_message(value), self.at(site.body, argument.value)));
        }
        written
    }

    /// The arguments of a call that a row names.
    fn given_to(&mut self, site: &CallSite<'p>, row: &SinkRow) -> Vec<Written> {
        let mut written = Vec::new();
        let mut key = None;
        for (position, argument) in site.arguments.iter().enumerate() {
            let is_written = row.args.is_empty() || row.args.contains(&position) || argument.name.is_some();
            if !is_written {
                continue;
            }
            let at = self.at(site.body, argument.value);
            let value = self.eval(site.body, argument.value);
            written.push((key.take(), value, at));
            if matches!(row.kind, SinkKind::Context | SinkKind::Activity | SinkKind::Tracker) && position == 0 {
                key = self.key(site.body, argument.value);
            }
        }
        if row.args.is_empty()
            && site.arguments.is_empty()
            && let Some(receiver) = site.receiver
        {
            written.push(self.plainly(site.body, receiver));
        }
        written
    }

    /// What the callbacks return that a call is given: closures, and objects that can be called.
    fn called_back(&mut self, site: &CallSite<'p>, row: &SinkRow) -> Vec<Written> {
        let mut written = Vec::new();
        for (position, argument) in site.arguments.iter().enumerate() {
            if !row.args.is_empty() && !row.args.contains(&position) {
                continue;
            }
            let at = self.at(site.body, argument.value);
            let value = match self.callable(site.body, argument.value) {
                Some(callable) => self.applied(&callable, vec![Value::default()], at),
                None => Value::unknown(Message::new("pii.reason.closure"), at),
            };
            written.push((None, value, at));
        }
        written
    }

    /// The columns of the enclosing class that a call names; all that hold personal data where it names none.
    fn columns(&mut self, site: &CallSite<'p>, only_fillable: bool) -> Vec<Written> {
        let index = self.project().index;
        let Some(class) = index.body_class(index.enclosing(site.body)) else { return Vec::new() };
        let name = index.class_name(class).to_owned();
        let named = site.arguments.first().map(|first| (self.keys(site.body, first.value), self.at(site.body, first.value)));
        if let Some((keys, at)) = named {
            let Some(keys) = keys else { return vec![(None, Value::unknown(Message::new("pii.reason.dynamic"), at), at)] };
            if !keys.iter().any(|key| key == "*") {
                return keys.into_iter().map(|key| (None, self.column(&name, &key, at), at)).collect();
            }
        }
        let Some(columns) = self.personal_columns(class) else {
            let why = Message::new("pii.reason.property").text("name", &name);
            return vec![(None, Value::unknown(why, site.at), site.at)];
        };
        let left_out = self.left_out(site);
        let fillable = index.model(class).and_then(|model| model.fillable.as_ref());
        let is_written = |(column, _): &&(String, Kind)| {
            !left_out.contains(column) && (!only_fillable || fillable.is_none_or(|fillable| fillable.contains(column)))
        };
        columns.iter().filter(is_written).map(|(column, kind)| (None, Self::field(*kind, column, site.at), site.at)).collect()
    }

    /// `name`, `user.name`
    fn column(&self, class: &str, path: &str, at: Location) -> Value {
        match path.rsplit_once(['.', '>']) {
            Some((relation, column)) => {
                let owner = self.owner_named(relation.trim_end_matches('-'));
                self.by_name(column, owner, at).unwrap_or_default()
            }
            None => self.member_of_class(class, path, at).unwrap_or_default(),
        }
    }

    /// The columns that `logExcept()` takes out, beside a call.
    fn left_out(&self, site: &CallSite<'p>) -> Vec<String> {
        let code = self.project().index.body(site.body);
        let mut left_out = Vec::new();
        for (_, expr) in code.exprs() {
            if let Expr::Call { callee: crate::hir::Callee::Method { name, .. }, arguments, .. } = expr
                && matches!(name.kind, MemberNameKind::Fixed(name) if self.text(site.body, name) == "logExcept")
                && let Some(first) = arguments.first()
            {
                left_out.extend(self.keys(site.body, first.value).unwrap_or_default());
            }
        }
        left_out
    }
}
