//! The call graph and its strongly connected components, callees first.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::resolve::Resolution;
use crate::finding::FileId;
use crate::hir::{BodyKind, FileHir};
use crate::index::{BodyKey, Index};

/// Who calls whom. Closures belong to the function around them.
#[derive(Debug, Default)]
pub struct CallGraph {
    functions: Vec<BodyKey>,
    callees: Vec<Vec<u32>>,
    callers: Vec<Vec<u32>>,
    /// The numbers of functions by file and body, [`NO_FUNCTION`] for closures.
    numbers: Vec<Vec<u32>>,
    levels: Vec<Vec<Vec<u32>>>,
}

/// Stands for the number of a body that is a closure.
const NO_FUNCTION: u32 = u32::MAX;

impl CallGraph {
    /// The call graph of a project.
    #[must_use]
    pub fn build(index: &Index, resolution: &Resolution) -> Self {
        let mut graph = Self::default();
        for (file, hir) in index.files() {
            let mut number = |id, kind: &BodyKind| {
                if matches!(kind, BodyKind::Closure { .. }) {
                    return NO_FUNCTION;
                }
                graph.functions.push(BodyKey { file, body: id });
                u32::try_from(graph.functions.len() - 1).unwrap_or(NO_FUNCTION)
            };
            graph.numbers.push(hir.bodies().map(|(id, body)| number(id, &body.kind)).collect());
        }
        let files: Vec<_> = index.files().collect();
        let called: Vec<Vec<Vec<u32>>> =
            files.into_par_iter().map(|(file, hir)| graph.callees_in(resolution, file, hir)).collect();
        graph.callees = called.into_iter().flatten().collect();
        graph.callers = vec![Vec::new(); graph.functions.len()];
        for (from, callees) in graph.callees.iter().enumerate() {
            for to in callees {
                graph.callers[*to as usize].push(u32::try_from(from).unwrap_or(u32::MAX));
            }
        }
        graph.levels = levels(&graph.callees);
        graph
    }

    fn number(&self, key: BodyKey) -> Option<u32> {
        let number = *self.numbers.get(key.file.0 as usize)?.get(key.body.0 as usize)?;
        (number != NO_FUNCTION).then_some(number)
    }

    /// What each function of a file calls.
    fn callees_in(&self, resolution: &Resolution, file: FileId, hir: &FileHir) -> Vec<Vec<u32>> {
        let enclosing = enclosing_functions(hir);
        let mut by_body: Vec<Vec<u32>> = vec![Vec::new(); enclosing.len()];
        for (id, _) in hir.bodies() {
            let callees = &mut by_body[enclosing[id.0 as usize].0 as usize];
            for (_, call) in resolution.body(BodyKey { file, body: id }).calls() {
                callees.extend(call.targets.iter().filter_map(|target| self.number(*target)));
            }
        }
        let functions =
            by_body.into_iter().zip(hir.bodies()).filter(|(_, (id, _))| self.number(BodyKey { file, body: *id }).is_some());
        let sorted = functions.map(|(mut callees, _)| {
            callees.sort_unstable();
            callees.dedup();
            callees
        });
        sorted.collect()
    }

    /// The functions that reach one of the given ones by calls, with these.
    #[must_use]
    pub fn reaching(&self, functions: impl IntoIterator<Item = BodyKey>) -> FxHashSet<BodyKey> {
        let mut reached = FxHashSet::default();
        let mut waiting: Vec<BodyKey> = functions.into_iter().collect();
        while let Some(function) = waiting.pop() {
            if reached.insert(function) {
                waiting.extend(self.callers(function));
            }
        }
        reached
    }

    /// The functions of a component level by level: those of one level do not call each other, and
    /// call only functions of earlier levels and of their own component.
    pub fn levels(&self) -> impl Iterator<Item = Vec<Vec<BodyKey>>> {
        self.levels.iter().map(|level| {
            level.iter().map(|component| component.iter().map(|number| self.functions[*number as usize]).collect()).collect()
        })
    }

    /// The functions that call a function, in order of their places.
    pub fn callers(&self, key: BodyKey) -> impl Iterator<Item = BodyKey> {
        let callers = self.number(key).map_or(&[][..], |number| &self.callers[number as usize]);
        callers.iter().map(|caller| self.functions[*caller as usize])
    }

    /// The functions that each function calls, in order of their places.
    #[must_use]
    pub fn callees_by_caller(&self) -> FxHashMap<BodyKey, Vec<BodyKey>> {
        let called = |callees: &Vec<u32>| callees.iter().map(|callee| self.functions[*callee as usize]).collect();
        self.functions.iter().zip(&self.callees).map(|(caller, callees)| (*caller, called(callees))).collect()
    }

    /// The number of functions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.functions.len()
    }

    /// True for a project without functions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.functions.is_empty()
    }
}

/// For each body the function around it; itself for functions.
fn enclosing_functions(hir: &FileHir) -> Vec<crate::hir::BodyId> {
    hir.bodies()
        .map(|(id, _)| {
            let mut at = id;
            while let BodyKind::Closure { parent, .. } = hir.body(at).kind {
                at = parent;
            }
            at
        })
        .collect()
}

/// Tarjan's algorithm without recursion; then the longest path over components gives the levels.
fn levels(callees: &[Vec<u32>]) -> Vec<Vec<Vec<u32>>> {
    let mut search = Search {
        callees,
        index: vec![u32::MAX; callees.len()],
        low: vec![0; callees.len()],
        on_stack: vec![false; callees.len()],
        stack: Vec::new(),
        next: 0,
        components: Vec::new(),
        component_of: vec![u32::MAX; callees.len()],
    };
    for node in 0..callees.len() {
        if search.index[node] == u32::MAX {
            search.run(node);
        }
    }
    let mut level_of = vec![0_usize; search.components.len()];
    let mut levels: Vec<Vec<Vec<u32>>> = Vec::new();
    for (number, component) in search.components.iter().enumerate() {
        let below = component.iter().flat_map(|node| &callees[*node as usize]);
        let level = below
            .map(|callee| search.component_of[*callee as usize] as usize)
            .filter(|callee| *callee != number)
            .map(|callee| level_of[callee] + 1)
            .max()
            .unwrap_or(0);
        level_of[number] = level;
        if levels.len() <= level {
            levels.resize(level + 1, Vec::new());
        }
        levels[level].push(component.clone());
    }
    levels
}

struct Search<'g> {
    callees: &'g [Vec<u32>],
    index: Vec<u32>,
    low: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    next: u32,
    components: Vec<Vec<u32>>,
    component_of: Vec<u32>,
}

impl Search<'_> {
    fn enter(&mut self, node: usize) {
        self.index[node] = self.next;
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(u32::try_from(node).unwrap_or(u32::MAX));
        self.on_stack[node] = true;
    }

    fn run(&mut self, root: usize) {
        self.enter(root);
        let mut path = vec![(root, 0_usize)];
        while let Some((node, next)) = path.pop() {
            match self.callees[node].get(next) {
                Some(callee) => {
                    path.push((node, next + 1));
                    let callee = *callee as usize;
                    if self.index[callee] == u32::MAX {
                        self.enter(callee);
                        path.push((callee, 0));
                    } else if self.on_stack[callee] {
                        self.low[node] = self.low[node].min(self.index[callee]);
                    }
                }
                None => {
                    if let Some((parent, _)) = path.last() {
                        self.low[*parent] = self.low[*parent].min(self.low[node]);
                    }
                    if self.low[node] == self.index[node] {
                        self.close(node);
                    }
                }
            }
        }
    }

    fn close(&mut self, node: usize) {
        let number = u32::try_from(self.components.len()).unwrap_or(u32::MAX);
        let mut component = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.on_stack[member as usize] = false;
            self.component_of[member as usize] = number;
            component.push(member);
            if member as usize == node {
                break;
            }
        }
        component.sort_unstable();
        self.components.push(component);
    }
}
