//! The encoder beside the crate rphonetic, on the same German surnames, in the same run and with the same allocator.
//!
//! `cargo bench --bench phonetic` prints the time for all names, the slowest and the median of the samples, and asserts
//! nothing. Both sides make a code for each name and drop it.

use divan::Bencher;
use divan::counter::ItemsCount;
use mandant::phonetic;
use mimalloc::MiMalloc;
use rphonetic::Encoder;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    divan::main();
}

fn names() -> Vec<&'static str> {
    phonetic::surnames().collect()
}

#[divan::bench]
fn mandant(bencher: Bencher<'_, '_>) {
    let names = names();
    bencher.counter(ItemsCount::new(names.len())).bench_local(|| {
        for name in &names {
            divan::black_box(phonetic::encode(divan::black_box(name)));
        }
    });
}

#[divan::bench]
fn rphonetic(bencher: Bencher<'_, '_>) {
    let names = names();
    let encoder = rphonetic::Cologne;
    bencher.counter(ItemsCount::new(names.len())).bench_local(|| {
        for name in &names {
            divan::black_box(encoder.encode(divan::black_box(name)));
        }
    });
}
