//! Calls by the name of what they call.

use rustc_hash::FxHashMap;

use super::{BodyKey, CallSite, Index};
use crate::finding::FileId;
use crate::hir::{Callee, Expr, FileHir, MemberNameKind, Symbol};

/// The calls of each method or function name.
#[derive(Debug, Default)]
pub(super) struct CallIndex {
    calls: FxHashMap<Box<str>, Vec<CallSite>>,
}

impl CallIndex {
    pub(super) fn build(hirs: &[FileHir]) -> Self {
        let mut by_name: Vec<Vec<CallSite>> = Vec::new();
        let mut known: FxHashMap<Box<str>, usize> = FxHashMap::default();
        for (file, hir) in (0..).map(FileId).zip(hirs) {
            let mut slots: Vec<Option<usize>> = vec![None; hir.interface.strings.len()];
            for (body, item) in hir.bodies() {
                for (expr, call) in item.exprs() {
                    let Some(name) = called_name(call) else { continue };
                    let slot = *slots[name.0 as usize].get_or_insert_with(|| slot_of(hir.text(name), &mut known, &mut by_name));
                    by_name[slot].push(CallSite { body: BodyKey::new(file, body), expr });
                }
            }
        }
        let calls = known.into_iter().map(|(name, slot)| (name, std::mem::take(&mut by_name[slot]))).collect();
        Self { calls }
    }
}

fn slot_of(name: &str, known: &mut FxHashMap<Box<str>, usize>, by_name: &mut Vec<Vec<CallSite>>) -> usize {
    let name = super::class_basename(name).to_ascii_lowercase().into_boxed_str();
    *known.entry(name).or_insert_with(|| {
        by_name.push(Vec::new());
        by_name.len() - 1
    })
}

/// The fixed name that a call names: of a method, a static method or a function.
#[must_use]
pub fn called_name(expr: &Expr) -> Option<Symbol> {
    let Expr::Call { callee, .. } = expr else { return None };
    match callee {
        Callee::Function(name) => Some(name.name),
        Callee::Method { name, .. } | Callee::Static { name, .. } => match name.kind {
            MemberNameKind::Fixed(name) => Some(name),
            MemberNameKind::Dynamic(_) => None,
        },
        Callee::Value(_) | Callee::New(_) => None,
    }
}

impl Index {
    /// All calls of methods, static methods and functions of that name, first-class ones included; sorted. Functions are
    /// found by the last part of their name.
    #[must_use]
    pub fn calls_named(&self, name: &str) -> &[CallSite] {
        let calls = &self.calls.calls;
        let found = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            calls.get(name.to_ascii_lowercase().as_str())
        } else {
            calls.get(name)
        };
        found.map_or(&[], Vec::as_slice)
    }
}
