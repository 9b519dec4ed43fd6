//! `mandant` answers, without running the code, whether a PHP/Laravel application keeps its tenants apart.
//!
//! # Map
//!
//! A run is a line from texts to a report; each part takes plain data from the one before it.
//!
//! ```text
//! workspace ─→ syntax ─→ hir ─→ index ─→ flow ─→ analysis ─→ rules ─→ triage ─→ report
//!  the only    never     owned   classes   values   queries,   sites and  suppress,  writes to
//!  file reads  fails     trees   models    calls    scopes     verdicts   compare    dyn Write
//! ```
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`] | arguments, environment, clock, terminals, exit codes |
//! | [`engine`] | the line above; parallel only over independent units |
//! | [`report`] | formats; each owns its form, and none adds or drops anything |
//! | [`triage`] | severities, suppressions, comparison with a base; relabels, never deletes |
//! | [`rules`] | the questions: each enumerates sites and gives every site one verdict |
//! | [`analysis`] | tenancy: key, models, builders, scopes, guards; personal data on its way to logs; the contexts in which code runs |
//! | [`migrate`] | migrations, run symbolically on a schema; what becomes of it, and why one fails |
//! | [`schema`] | databases: read from dumps, changed by SQL as the server changes them |
//! | [`flow`] | control flow, values and their origins, call resolution, summaries |
//! | [`index`] | what crosses files: hierarchy, models, relations, global scopes, tables |
//! | [`specs`] | rows that say what names of the framework mean: data, not code |
//! | [`hir`] | the owned tree of one file, which knows no other file |
//! | [`syntax`] | from text to tree; the only part that knows the grammar |
//! | [`workspace`] | projects, files, positions; the only reader of files |
//! | [`git`] | the only part, beside [`verify`], that starts a program |
//! | [`catalog`] | rules, questions, proofs and all sentences, English and German |
//! | [`phonetic`] | Kölner Phonetik: encoder, vectors, known faults; uses nothing else |
//! | [`verify`] | runs the project's own encoder with PHP; the only part that runs code of the project |
//! | [`logs`] | scans stored log files for personal data: streams, places, never a value |
//! | [`finding`] | findings, evidence, verdicts, places: no input, no output |
//! | [`config`] | `mandant.toml`, checked; options; progress |
//!
//! # Arrows
//!
//! Each row uses rows below it only: `cli` → `engine` → `triage`, `report`, `rules` → `analysis` → `flow` → `index` →
//! `specs`, `hir`; `syntax` → `hir`; `catalog` → `workspace` → `git`; `finding` and `config` at the bottom. Questions do
//! not use each other. `tests/architecture.rs` holds the full table against the sources.
//!
//! # Invariants
//!
//! 1. Only [`workspace`] reads files, only [`git`] and [`verify`] start programs, only [`cli`] reads environment and clock and prints
//!    (`clippy.toml`).
//! 2. Parsing never fails, and one file or one question never ends a run: regions that do not parse, files that were
//!    skipped and questions that stopped are in the report.
//! 3. `examined = proven + conditional + violated + undetermined` for each question, in every format. What is not
//!    understood is undetermined, never silence.
//! 4. Every finding has evidence, every proof a name of `rules/catalog/proofs.toml`.
//! 5. The report is a function of the input's bytes and the settings: sorted, without clock, hash order or absolute paths.
//! 6. The names of node kinds stand in `syntax/kinds.rs` alone.
//! 7. No sentence stands in a rule: messages are ids with typed arguments.
//! 8. The exit code does not depend on the format.

pub mod analysis;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod engine;
pub mod finding;
pub mod flow;
pub mod git;
pub mod hir;
pub mod index;
pub mod logs;
pub mod migrate;
pub mod phonetic;
pub mod report;
pub mod rules;
pub mod schema;
pub mod specs;
pub mod syntax;
pub mod triage;
pub mod verify;
pub mod workspace;
