//! The progress of a run, on a terminal's standard error.

use std::sync::Once;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::catalog::Language;
use crate::config::{Phase, Progress};

/// A run that ends sooner shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

/// A bar that is there while something is to be done.
#[derive(Debug)]
pub(super) struct Bar {
    drawn: ProgressBar,
    language: Language,
    begin: Instant,
    shown: Once,
}

impl Bar {
    pub(super) fn new(language: Language) -> Self {
        Self::with_template(language, "{msg} {bar:30} {human_pos}/{human_len}")
    }

    /// A bar for a run whose steps are bytes.
    pub(super) fn of_bytes(language: Language) -> Self {
        Self::with_template(language, "{msg} {bar:30} {bytes}/{total_bytes}, {bytes_per_sec}")
    }

    fn with_template(language: Language, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        Self { drawn: bar, language, begin: Instant::now(), shown: Once::new() }
    }

    fn show(&self) {
        const DRAWS_PER_SECOND: u8 = 8;
        if self.begin.elapsed() > PATIENCE {
            self.shown.call_once(|| self.drawn.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND)));
        }
    }
}

impl Progress for Bar {
    fn begin(&self, phase: Phase, steps: usize) {
        self.drawn.set_length(steps as u64);
        self.drawn.set_position(0);
        self.drawn.set_message(word(phase, self.language));
        self.show();
    }

    fn advance(&self, steps: usize) {
        self.drawn.inc(steps as u64);
        self.show();
    }

    fn finish(&self) {
        self.drawn.finish_and_clear();
    }
}

const fn word(phase: Phase, language: Language) -> &'static str {
    match (phase, language) {
        (Phase::Read, Language::English) => "reading",
        (Phase::Parse, Language::English) => "parsing",
        (Phase::Index, Language::English) => "indexing",
        (Phase::Judge, Language::English) => "judging",
        (Phase::Read, Language::German) => "Lesen",
        (Phase::Parse, Language::German) => "Zerlegen",
        (Phase::Index, Language::German) => "Verknüpfen",
        (Phase::Judge, Language::German) => "Bewerten",
    }
}
