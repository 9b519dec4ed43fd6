//! Values of configuration files, as they are where the environment sets nothing.

use rustc_hash::FxHashMap;

use super::constants::Locals;
use super::{BodyKey, Constant, ConstantKey, Index};
use crate::finding::FileId;
use crate::hir::{ArrayItem, Callee, Expr, ExprId, Statement};

/// The files of the folder `config` by their name without extension.
#[derive(Debug, Default)]
pub(super) struct ConfigFiles {
    files: FxHashMap<Box<str>, FileId>,
}

impl ConfigFiles {
    pub(super) fn build(paths: &[String]) -> Self {
        let named =
            |path: &str| path.strip_prefix("config/")?.strip_suffix(".php").map(|name| name.replace('/', ".").into_boxed_str());
        let files = (0..).map(FileId).zip(paths).filter_map(|(file, path)| Some((named(path)?, file)));
        Self { files: files.collect() }
    }
}

impl Index {
    /// The value of a configuration key, `auth.providers.users.model`, in the files of the folder `config`. Of `env(name, default)`
    /// it is the default: what the environment sets is not known here. Needs [`IndexOptions::paths`](super::IndexOptions::paths).
    #[must_use]
    pub fn config_default(&self, key: &str) -> Option<Constant> {
        let mut segments = key.split('.');
        let file = *self.config.files.get(segments.next()?)?;
        let body = self.top_level(file).next()?;
        let item = self.body(body);
        let mut expr = item.block.iter().rev().find_map(|&statement| match item.statement(statement) {
            Statement::Return(Some(value)) => Some(*value),
            _ => None,
        })?;
        for segment in segments {
            let Expr::Array(items) = item.expr(expr) else { return None };
            expr = self.config_item(body, items, segment)?;
        }
        self.config_value(body, expr, 0)
    }

    fn config_item(&self, body: BodyKey, items: &[ArrayItem], key: &str) -> Option<ExprId> {
        let is_wanted = |expr: ExprId| match self.constant_with(body, expr, None, &Locals::new())?.to_key()? {
            ConstantKey::String(found) => Some(found == key),
            ConstantKey::Int(found) => Some(found.to_string() == key),
        };
        items.iter().rev().find(|item| item.key.is_some_and(|key| is_wanted(key) == Some(true)))?.value
    }

    /// A value of a configuration file, `env()` at any place inside it replaced by its default.
    fn config_value(&self, body: BodyKey, expr: ExprId, depth: u32) -> Option<Constant> {
        if depth > 32 {
            return None;
        }
        let hir = self.hir(body.file);
        match self.body(body).expr(expr) {
            Expr::Call { callee: Callee::Function(name), arguments, .. }
                if hir.text(name.fallback.unwrap_or(name.name)).eq_ignore_ascii_case("env") =>
            {
                match arguments.get(1) {
                    Some(default) => self.config_value(body, default.value, depth + 1),
                    None => Some(Constant::Null),
                }
            }
            Expr::Cast(_, inner) => self.config_value(body, *inner, depth + 1),
            Expr::Array(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (position, item) in items.iter().enumerate() {
                    let key = match item.key {
                        Some(key) => self.constant_with(body, key, None, &Locals::new())?.to_key()?,
                        None => ConstantKey::Int(i64::try_from(position).ok()?),
                    };
                    values.push((key, self.config_value(body, item.value.filter(|_| !item.spread)?, depth + 1)?));
                }
                Some(Constant::Array(values))
            }
            _ => self.constant_with(body, expr, None, &Locals::new()),
        }
    }
}
